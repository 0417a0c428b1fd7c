//! Key–value recall: pairs of a letter and a digit, then a question mark and one of the letters;
//! the digit that stood after it is wanted there (associative recall as in Ba et al. 2016, §4.1).
//!
//! ```text
//! a 3 b 7 c 1 ? b      read
//!               7      wanted
//! ```
//!
//! Which of the pairs is asked for is only known at the end, so all of them have to be kept, or
//! looked up again.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Example, InputError, Sequence, Targets, Task, TaskSpec, parse_symbols};
use crate::models::ConfigError;
use crate::tensor::random::Random;

/// Digits, the question, then letters, so that the letters that are used can be the first ones.
const SYMBOLS: [&str; 27] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "?", "a", "b", "c", "d", "e", "f", "g", "h",
    "i", "j", "k", "l", "m", "n", "o", "p",
];
/// How many digits there are; their numbers are the answers.
const VALUES: usize = 10;
const QUESTION: usize = VALUES;
/// The number of the first letter.
const KEY: usize = QUESTION + 1;
const KEYS: usize = SYMBOLS.len() - KEY;

/// How many pairs there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    /// Letters that are used, 2 to 16.
    pub keys: usize,
    /// The fewest pairs.
    pub shortest: usize,
    /// The most pairs, at most one a letter.
    pub longest: usize,
}

impl Recall {
    fn keys(&self) -> usize {
        self.keys.clamp(2, KEYS)
    }
}

impl Task for Recall {
    fn generate(&self, random: &mut Random) -> Example {
        let most = self.longest.clamp(1, self.keys());
        let fewest = self.shortest.clamp(1, most);
        let pairs = fewest + random.below(most - fewest + 1);
        // The first letters of a shuffle (Fisher–Yates) are different ones.
        let mut keys: Vec<usize> = (KEY..KEY + self.keys()).collect();
        for at in 0..pairs {
            let other = at + random.below(keys.len() - at);
            keys.swap(at, other);
        }
        let mut symbols = Vec::with_capacity(2 * pairs + 2);
        for key in &keys[..pairs] {
            symbols.extend([*key, random.below(VALUES)]);
        }
        symbols.extend([QUESTION, *random.choose(&keys[..pairs])]);
        Example::new(self, Sequence::Symbols(symbols))
    }

    /// The digit at the last position; none where the symbols are not pairs and a question, or
    /// where the letter has no digit or several.
    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let mut targets = vec![None; symbols.len()];
        if let (Some(last), Some(answer)) = (targets.last_mut(), answer(symbols)) {
            *last = Some(answer);
        }
        Targets::Symbols(targets)
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let nearest = |character: char| {
            let half = match character {
                '？' => '?',
                '０'..='９' => char::from_u32(character as u32 - 0xFEE0)?,
                other => other.to_ascii_lowercase(),
            };
            SYMBOLS[..KEY + self.keys()].iter().find(|symbol| symbol.starts_with(half)).copied()
        };
        parse_symbols(text, &SYMBOLS[..KEY + self.keys()], nearest).map(Sequence::Symbols)
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS[..VALUES]
    }
}

/// The digit after the letter that is asked for.
fn answer(symbols: &[usize]) -> Option<usize> {
    let (pairs, question) = symbols.split_at_checked(symbols.len().checked_sub(2)?)?;
    let is_pair = |pair: &[usize]| matches!(pair, [key, value] if *key >= KEY && *value < VALUES);
    if question[0] != QUESTION || !pairs.chunks(2).all(is_pair) {
        return None;
    }
    let mut values = pairs.chunks(2).filter(|pair| pair[0] == question[1]).map(|pair| pair[1]);
    let value = values.next()?;
    values.all(|other| other == value).then_some(value)
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "recall",
    description: "Give the digit that stood after the letter that is asked for",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Recall>("recall", config)?)),
    tiny: r#"{"keys":4,"shortest":1,"longest":2}"#,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const TASK: Recall = Recall { keys: 8, shortest: 2, longest: 8 };

    fn wanted(text: &str) -> Option<&'static str> {
        let Targets::Symbols(targets) = TASK.targets(&TASK.parse(text).unwrap()) else { panic!() };
        assert!(targets[..targets.len() - 1].iter().all(Option::is_none));
        targets[targets.len() - 1].map(|symbol| TASK.output_symbols()[symbol])
    }

    #[test]
    fn the_digit_after_the_letter_is_wanted() {
        assert_eq!(wanted("a3b7c1?b"), Some("7"));
        assert_eq!(wanted("a3 b7 c1 ? a"), Some("3"));
        assert_eq!(wanted("a3b7a3?a"), Some("3"));
        for none in ["a3b7a4?a", "a3b7?c", "a3b7", "a3b?a", "3a?a", "a3??", "a3?a?a", "?a", "?"] {
            assert_eq!(wanted(none), None, "{none}");
        }
    }

    #[test]
    fn letters_are_different_and_every_pair_is_asked_for() {
        let mut random = Random::new(1, 0);
        let mut asked = BTreeSet::new();
        for _ in 0..2000 {
            let Example { sequence, .. } = TASK.generate(&mut random);
            let symbols = sequence.symbols();
            let keys: Vec<usize> =
                symbols[..symbols.len() - 2].iter().step_by(2).copied().collect();
            assert!((2..=8).contains(&keys.len()), "{symbols:?}");
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{symbols:?}");
            let place = keys.iter().position(|key| *key == symbols[symbols.len() - 1]);
            asked.insert((keys.len(), place.unwrap()));
        }
        assert_eq!(asked.len(), (2..=8).sum::<usize>());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let message = |text: &str| TASK.parse(text).unwrap_err().to_string();
        assert!(message(" ").contains("empty"));
        assert!(message("a3？a").contains("did you mean `?`"));
        assert!(message("a３?a").contains("did you mean `3`"));
        assert!(message("A3?a").contains("did you mean `a`"));
        assert!(message("a3b7?i").contains("`i` (character 6); it knows 0 1 2"));
        assert!(message(&"a1".repeat(501)).contains("1002 symbols"));
        assert!(TASK.parse(&"a1".repeat(250)).is_ok());
    }
}
