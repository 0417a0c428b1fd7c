//! Errors and choices in the learner's words.

use crate::tasks::text::TextError;
use crate::tasks::text::corpus::{LARGEST_FILE, SHORTEST};
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

/// Why nothing can be learned from a text, in the learner's language.
#[must_use]
pub fn text_error_text(language: Language, error: &TextError) -> String {
    let said = |key, words: &[(&str, String)]| {
        let words: Vec<(&str, &str)> = words.iter().map(|(name, is)| (*name, &**is)).collect();
        tr_with(language, key, &words)
    };
    match error {
        TextError::File { reason, .. } => reason.clone(),
        TextError::TooLarge { bytes } => {
            let of = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
            said("text.too_large", &[("size", of(*bytes)), ("limit", of(LARGEST_FILE))])
        }
        TextError::Binary { at } => said("text.binary", &[("at", at.to_string())]),
        TextError::NotUtf8 { at, line } => {
            said("text.not_utf8", &[("at", at.to_string()), ("line", line.to_string())])
        }
        TextError::BrokenUtf16 { at } => said("text.broken", &[("at", at.to_string())]),
        TextError::TooShort { characters } => {
            let least = SHORTEST.to_string();
            said("text.too_short", &[("found", characters.to_string()), ("least", least)])
        }
        TextError::OneCharacter { character } => {
            said("text.one_character", &[("character", character.clone())])
        }
        TextError::Repeats { length } => said("text.repeats", &[("length", length.to_string())]),
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
