//! Errors and choices in the learner's words.

use crate::tasks::{InputError, listed};
use crate::view::command::ThemeChoice;
use crate::view::{Language, tr, tr_with};

/// An input error in the learner's language.
#[must_use]
pub fn input_error_text(language: Language, error: &InputError) -> String {
    match error {
        InputError::Empty { allowed } => {
            tr_with(language, "error.input_empty", &[("example", &listed(allowed))])
        }
        InputError::TooLong { found, longest } => {
            let (length, limit) = (found.to_string(), longest.to_string());
            tr_with(language, "error.input_long", &[("length", &length), ("limit", &limit)])
        }
        InputError::BeyondTable { found, longest } => {
            let (length, limit) = (found.to_string(), longest.to_string());
            tr_with(language, "error.input_beyond_table", &[("length", &length), ("limit", &limit)])
        }
        InputError::Unknown { found, at, allowed, nearest } => {
            let (at, allowed) = (at.to_string(), listed(allowed));
            let words = [
                ("token", found.as_str()),
                ("position", at.as_str()),
                ("allowed", allowed.as_str()),
            ];
            let mut text = tr_with(language, "error.unknown_token", &words);
            if let Some(nearest) = nearest {
                text.push_str(&tr_with(language, "error.nearest", &[("nearest", nearest)]));
            }
            text
        }
    }
}

/// The name of a theme choice.
#[must_use]
pub fn theme_words(language: Language, theme: ThemeChoice) -> &'static str {
    tr(
        language,
        match theme {
            ThemeChoice::System => "menu.theme_system",
            ThemeChoice::Light => "menu.theme_light",
            ThemeChoice::Dark => "menu.theme_dark",
        },
    )
}
