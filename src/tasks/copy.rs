//! Copying: some letters are read, and then, at as many question marks, given again in their
//! order, each as the digit that stands for it: a → 1, b → 2 and so on.
//!
//! The answers are not read back, so the whole list has to be held until its last symbol is out.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Example, InputError, LONGEST_INPUT, Sequence, Targets, Task, TaskSpec, parse_symbols};
use crate::models::ConfigError;
use crate::tensor::random::Random;

/// Letters, then the question.
const SYMBOLS: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "?"];
/// What each letter is called in the answer.
const ANSWERS: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];
/// The number of the question mark.
const QUESTION: usize = 8;

/// How much has to be held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// Letters that are used, 2 to 8.
    pub letters: usize,
    /// The fewest letters in a list.
    pub shortest: usize,
    /// The most letters in a list.
    pub longest: usize,
}

impl Copy {
    fn letters(&self) -> usize {
        self.letters.clamp(2, QUESTION)
    }
}

impl Task for Copy {
    fn generate(&self, random: &mut Random) -> Example {
        let most = self.longest.clamp(1, LONGEST_INPUT / 2);
        let fewest = self.shortest.clamp(1, most);
        let length = fewest + random.below(most - fewest + 1);
        let letters = (0..length).map(|_| random.below(self.letters()));
        let sequence = Sequence::Symbols(asked(letters.collect()));
        Example::new(self, sequence)
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let mut letters = symbols.iter().filter(|symbol| **symbol != QUESTION);
        let target = |s: &usize| if *s == QUESTION { letters.next().copied() } else { None };
        Targets::Symbols(symbols.iter().map(target).collect())
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let nearest = |character: char| {
            let lower = character.to_ascii_lowercase();
            SYMBOLS[..self.letters()].iter().find(|s| s.starts_with(lower)).copied()
        };
        // The question marks are added here; those that were typed after the letters are too.
        let letters = text.trim_end_matches(|c: char| c.is_whitespace() || "?？".contains(c));
        let found = parse_symbols(letters, &SYMBOLS[..self.letters()], nearest)?;
        match found.len() {
            n if 2 * n > LONGEST_INPUT => {
                Err(InputError::TooLong { found: 2 * n, longest: LONGEST_INPUT })
            }
            _ => Ok(Sequence::Symbols(asked(found))),
        }
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS
    }

    fn text(&self, sequence: &Sequence) -> String {
        self.tokens(sequence).concat().trim_end_matches(SYMBOLS[QUESTION]).to_owned()
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &ANSWERS
    }
}

/// Letters and as many questions.
fn asked(mut letters: Vec<usize>) -> Vec<usize> {
    letters.resize(2 * letters.len(), QUESTION);
    letters
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "copy",
    description: "Give a list of letters again in its order, each as the digit that stands for it",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Copy>("copy", config)?)),
    tiny: r#"{"letters":8,"shortest":2,"longest":3}"#,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_are_asked_for_in_their_order() {
        let task = Copy { letters: 8, shortest: 3, longest: 6 };
        let sequence = task.parse("b a h").unwrap();
        assert_eq!(task.tokens(&sequence).concat(), "bah???");
        assert_eq!(task.text(&sequence), "bah");
        assert_eq!(task.parse("bah???"), Ok(sequence.clone()));
        let wanted = vec![None, None, None, Some(1), Some(0), Some(7)];
        assert_eq!(task.targets(&sequence), Targets::Symbols(wanted));
        assert_eq!([1, 0, 7].map(|symbol| ANSWERS[symbol]), ["2", "1", "8"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let task = Copy { letters: 4, shortest: 3, longest: 6 };
        let message = |text: &str| task.parse(text).unwrap_err().to_string();
        assert!(message("???").contains("empty"));
        assert!(message("ab?c").contains("`?` (character 3)"));
        assert!(message("aB").contains("did you mean `b`"));
        assert!(message("abe").contains("`e` (character 3); it knows a b c d"));
        assert!(message(&"a".repeat(501)).contains("1002 symbols"));
        assert!(task.parse(&"a".repeat(500)).is_ok());
    }
}
