//! Every word on screen, in every language of the interface. The texts stand in `assets/i18n`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A language of the interface and the lessons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

impl Language {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The short name in file names and on the command line.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The language with this short name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }
}

/// Each language calls itself by its own name.
impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::English => "English",
            Self::Chinese => "简体中文",
        })
    }
}

/// The words for a dotted key such as `transport.play`. A key that nobody has written words for gives itself, so that the gap is
/// seen.
#[must_use]
pub fn tr(language: Language, key: &'static str) -> &'static str {
    table(language).get(key).map_or(key, String::as_str)
}

/// [`tr`] with `{name}` replaced by its value.
#[must_use]
pub fn tr_with(language: Language, key: &'static str, values: &[(&str, &str)]) -> String {
    let mut rest = tr(language, key);
    let mut filled = String::with_capacity(rest.len());
    // Left to right, so that braces inside a value stay as they are.
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, tail)| Some((values.iter().find(|(n, _)| *n == name)?.1, tail)));
        if let Some((value, tail)) = known {
            filled.push_str(value);
            rest = tail;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled + rest
}

/// What an operation is called, by its name on the tape; that name where it has no other.
#[must_use]
pub fn operation(language: Language, name: &'static str) -> &'static str {
    let key = format!("operation.{}", name.replace(' ', "_"));
    table(language).get(&key).map_or(name, String::as_str)
}

type Words = BTreeMap<String, String>;

static ENGLISH: LazyLock<Words> =
    LazyLock::new(|| parse(include_str!("../../assets/i18n/en.toml")));
static CHINESE: LazyLock<Words> =
    LazyLock::new(|| parse(include_str!("../../assets/i18n/zh.toml")));

fn table(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// The files are part of the program and a test reads them, so what is not TOML here can only be empty.
fn parse(text: &str) -> Words {
    let mut words = Words::new();
    flatten("", &text.parse::<toml::Table>().unwrap_or_default(), &mut words);
    words
}

fn flatten(prefix: &str, table: &toml::Table, words: &mut Words) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&path, inner, words),
            toml::Value::String(text) => {
                words.insert(path, text.clone());
            }
            other => {
                words.insert(path, other.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn the_files_are_toml() {
        for text in
            [include_str!("../../assets/i18n/en.toml"), include_str!("../../assets/i18n/zh.toml")]
        {
            text.parse::<toml::Table>().expect("a word list is TOML");
        }
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        let keys = |language| table(language).keys().collect::<BTreeSet<_>>();
        let differing: Vec<_> = keys(Language::English)
            .symmetric_difference(&keys(Language::Chinese))
            .copied()
            .collect();
        assert!(differing.is_empty(), "in one language only: {differing:?}");
        assert!(table(Language::English).len() > 100);
    }

    #[test]
    fn no_words_are_empty_and_placeholders_agree() {
        for (key, english) in table(Language::English) {
            let chinese = &table(Language::Chinese)[key];
            assert!(!english.trim().is_empty() && !chinese.trim().is_empty(), "{key} is empty");
            assert_eq!(placeholders(english), placeholders(chinese), "{key}");
        }
    }

    #[test]
    fn values_are_filled_in_and_unknown_things_stay_visible() {
        let filled = tr_with(
            Language::English,
            "timeline.position_of",
            &[("position", "{3}"), ("length", "20")],
        );
        assert_eq!(filled, "Position {3} of 20");
        assert_eq!(tr(Language::Chinese, "no.such_key"), "no.such_key");
        assert_eq!(tr_with(Language::English, "a {hole", &[]), "a {hole");
    }

    #[test]
    fn every_operation_has_words_of_its_own() {
        let mut names: Vec<_> = crate::tape::OPS.iter().map(|op| op.name()).collect();
        names.push("input");
        for name in names {
            let key = format!("operation.{}", name.replace(' ', "_"));
            // Functions are called by their own names in both languages.
            let is_function = name.chars().any(char::is_uppercase)
                || ["sigmoid", "tanh", "exp", "softmax", "softplus", "log softmax", "log sum exp"]
                    .contains(&name);
            assert_eq!(table(Language::Chinese).contains_key(&key), !is_function, "{name}");
        }
    }

    #[test]
    fn codes_read_back() {
        for language in Language::ALL {
            assert_eq!(Language::from_code(language.code()), Some(language));
        }
        assert_eq!(Language::from_code("fr"), None);
    }
}
