//! Remember the first symbol: one of eight letters, then distractors, then a question mark, at
//! which the letter has to be named (after Hochreiter & Schmidhuber 1997, §5.2, task 2a).

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Example, InputError, Sequence, Targets, Task, TaskSpec, parse_symbols};
use crate::models::ConfigError;
use crate::tensor::random::Random;

/// Letters to remember, then distractors, then the question.
const SYMBOLS: [&str; 13] = ["a", "b", "c", "d", "e", "f", "g", "h", ".", "-", "+", "*", "?"];
/// How many symbols are read.
pub const N_SYMBOLS: usize = SYMBOLS.len();
/// Letters to remember.
const LETTERS: usize = 8;
/// The number of the question mark.
const QUESTION: usize = 12;

/// How many letters there are and how long one has to be remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remember {
    /// Letters that are used, 2 to 8.
    pub letters: usize,
    /// Positions, including the letter and the question.
    pub length: usize,
    /// Whether the letter counts as the answer at every position, so that there is a loss at each.
    #[serde(default)]
    pub asks_everywhere: bool,
    /// The fewest positions, where lengths are drawn between this and `length`: what is learned on
    /// short sequences carries over to longer ones. Otherwise all have the same length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortest: Option<usize>,
}

impl Task for Remember {
    fn generate(&self, random: &mut Random) -> Example {
        let mut symbols = vec![random.below(self.letters.clamp(2, LETTERS))];
        let length = match self.shortest {
            Some(shortest) => shortest + random.below((self.length + 1).saturating_sub(shortest)),
            None => self.length,
        };
        while symbols.len() + 1 < length {
            symbols.push(LETTERS + random.below(QUESTION - LETTERS));
        }
        if length > 1 {
            symbols.push(QUESTION);
        }
        let sequence = Sequence::Symbols(symbols);
        Example::new(self, sequence)
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let letter = symbols.first().copied().filter(|symbol| *symbol < LETTERS);
        let asks = |symbol: &usize| self.asks_everywhere || *symbol == QUESTION;
        Targets::Symbols(symbols.iter().map(|s| letter.filter(|_| asks(s))).collect())
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let nearest = |character: char| match character {
            '？' => Some("?"),
            '。' | '．' => Some("."),
            'A'..='H' => SYMBOLS.get(character as usize - 'A' as usize).copied(),
            _ => None,
        };
        parse_symbols(text, &SYMBOLS, nearest).map(Sequence::Symbols)
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS[..LETTERS]
    }
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "remember",
    description: "Name the first symbol at the question mark, past everything in between",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Remember>("remember", config)?)),
    tiny: r#"{"letters":2,"length":5}"#,
};
