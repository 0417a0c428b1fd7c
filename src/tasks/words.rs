//! Sentences of known words: how they are read, and what is offered for a word that is not known.

use super::nearest::nearest;
use super::{InputError, LONGEST_INPUT, visible};

/// Beyond that many characters nobody means a word, and distances are quadratic.
const LONGEST_WORD: usize = 40;

/// The words of several groups in one list, so that a task states its vocabulary once, grouped.
///
/// # Panics
/// While compiling, if the groups do not have `N` words.
#[must_use]
pub const fn all<const N: usize>(groups: &[&[&'static str]]) -> [&'static str; N] {
    let mut words = [""; N];
    let (mut group, mut found) = (0, 0);
    while group < groups.len() {
        let mut at = 0;
        while at < groups[group].len() {
            words[found] = groups[group][at];
            found += 1;
            at += 1;
        }
        group += 1;
    }
    assert!(found == N, "the groups have another number of words");
    words
}

/// The number of a word of the vocabulary; 0 for any other, which would be a bug of ours.
#[must_use]
pub fn number(word: &str, vocabulary: &[&str]) -> usize {
    let found = vocabulary.iter().position(|known| *known == word);
    debug_assert!(found.is_some(), "`{word}` is not in the vocabulary");
    found.unwrap_or(0)
}

/// The words of a text, each with the character from 1 at which it begins. Punctuation around
/// words is left out.
pub fn split(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_edge = |c: char| c.is_ascii_punctuation() || "。，、；：！？“”‘’…".contains(c);
    let mut at = 0;
    text.split_inclusive(char::is_whitespace).filter_map(move |piece| {
        let start = at;
        at += piece.chars().count();
        let word = piece.trim_end().trim_start_matches(is_edge);
        let skipped = piece.trim_end().chars().count() - word.chars().count();
        Some((start + skipped + 1, word.trim_end_matches(is_edge))).filter(|(_, w)| !w.is_empty())
    })
}

/// Reads a sentence; upper case is lower case, and punctuation is left out.
///
/// # Errors
/// If it is empty, too long, or has a word that is not in the vocabulary.
pub fn parse(text: &str, vocabulary: &[&str]) -> Result<Vec<usize>, InputError> {
    let mut found = Vec::new();
    for (at, word) in split(text) {
        let spelled = word.to_lowercase();
        let known = vocabulary.iter().position(|known| *known == spelled);
        found.push(known.ok_or_else(|| unknown(word, at, &vocabulary.join(" "), vocabulary))?);
    }
    match found.len() {
        0 => Err(InputError::Empty { allowed: vocabulary.join(" ") }),
        n if n > LONGEST_INPUT => Err(InputError::TooLong { found: n, longest: LONGEST_INPUT }),
        _ => Ok(found),
    }
}

/// The complaint about a word that begins at character `at`, with the nearest known one.
#[must_use]
pub fn unknown(word: &str, at: usize, allowed: &str, vocabulary: &[&str]) -> InputError {
    InputError::Unknown {
        found: shown(word),
        at,
        allowed: allowed.to_owned(),
        nearest: nearest(word, vocabulary.iter().copied()).map(str::to_owned),
    }
}

/// A word as a message may show it: not endless, and without what cannot be seen.
#[must_use]
pub fn shown(word: &str) -> String {
    let mut characters = word.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => visible(only),
        _ => {
            let shown = |c: char| if c.is_control() || visible(c).len() > 4 { '·' } else { c };
            let end = if word.chars().nth(LONGEST_WORD).is_some() { "…" } else { "" };
            word.chars().take(LONGEST_WORD).map(shown).collect::<String>() + end
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_read_whatever_its_case_and_punctuation() {
        let known = ["the", "film", "was", "good"];
        assert_eq!(parse(" The film,\twas “good”.\n", &known).unwrap(), [0, 1, 2, 3]);
        assert_eq!(parse("...", &known), Err(InputError::Empty { allowed: known.join(" ") }));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place_and_the_nearest_word() {
        let known = ["the", "film", "was", "good"];
        let message = |text: &str| parse(text, &known).unwrap_err().to_string();
        assert!(message("the (flim)").contains("`flim` (character 6)"));
        assert!(message("the flim").contains("did you mean `film`?"));
        assert!(!message("the spectroscope").contains("did you mean"));
        assert!(message("好 电影").contains("`好` (character 1)"));
        assert!(message("the \u{202e}\u{200b}").contains("`··` (character 5)"));
        assert!(message(&"x".repeat(1000)).contains("…`"));
        assert!(message(&"the ".repeat(1001)).contains("1001 symbols"));
    }
}
