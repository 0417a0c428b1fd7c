//! Sentences of known words: how they are read, and what is offered for a word that is not known.

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

/// The candidate that most resembles `word`, if any does: the ending of a dotted name, a part of a
/// name, or at most a third of the letters different.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    if word.is_empty() || word.chars().nth(LONGEST_WORD).is_some() {
        return None;
    }
    let cost = |candidate: &str| {
        let is_part = candidate.rsplit('.').next() == Some(&word)
            || candidate.split(['-', '_', '.']).any(|part| part == word);
        if is_part { 0 } else { distance(&word, &candidate.to_lowercase()) }
    };
    let best = candidates.into_iter().map(|c| (cost(c), c)).min_by_key(|(cost, _)| *cost)?;
    (best.0 <= word.chars().count().div_ceil(3)).then_some(best.1)
}

/// Letters to insert, delete, replace or swap with a neighbour (restricted Damerau–Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_parts_are_recognised_and_nonsense_is_not() {
        let names = ["input_gate", "forget_gate", "layer0.cell", "lstm-brackets"];
        assert_eq!(nearest("forgot_gate", names), Some("forget_gate"));
        assert_eq!(nearest("Forget_Gate", names), Some("forget_gate"));
        assert_eq!(nearest("cell", names), Some("layer0.cell"));
        assert_eq!(nearest("lsmt-brackets", names), Some("lstm-brackets"));
        assert_eq!(nearest("lstm", names), Some("lstm-brackets"));
        assert_eq!(nearest("attention", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"a".repeat(100_000), names), None);
    }

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
