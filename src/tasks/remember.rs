//! Remember the first symbol: one of eight letters, then distractors, then a question mark, at
//! which the letter has to be named (after Hochreiter & Schmidhuber 1997, §5.2, task 2a).

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::scoring::{cross_entropy, right_answers};
use super::{
    Batch, Example, InputError, Measure, Sequence, Tally, Targets, Task, TaskSpec, parse_symbols,
};
use crate::models::ConfigError;
use crate::tape::Var;
use crate::tensor::random::Random;

/// Letters to remember, then distractors, then the question.
const SYMBOLS: [&str; 13] = ["a", "b", "c", "d", "e", "f", "g", "h", ".", "-", "+", "*", "?"];
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
}

impl Task for Remember {
    fn generate(&self, random: &mut Random) -> Example {
        let mut symbols = vec![random.below(self.letters.clamp(2, LETTERS))];
        while symbols.len() + 1 < self.length {
            symbols.push(LETTERS + random.below(QUESTION - LETTERS));
        }
        symbols.push(QUESTION);
        let sequence = Sequence::Symbols(symbols);
        let targets = self.targets(&sequence);
        Example { sequence, targets }
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let Sequence::Symbols(symbols) = sequence else { return Targets::Symbols(Vec::new()) };
        let letter = symbols.first().copied().filter(|symbol| *symbol < LETTERS);
        Targets::Symbols(symbols.iter().map(|s| letter.filter(|_| *s == QUESTION)).collect())
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

    fn loss<'t>(&self, scores: &[Var<'t>], batch: &Batch) -> Var<'t> {
        cross_entropy(scores, batch)
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        right_answers(scores, batch, tally);
    }

    fn measure(&self) -> Measure {
        Measure::Accuracy
    }
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "remember",
    description: "Name the first symbol at the question mark, past everything in between",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Remember>("remember", config)?)),
    tiny: r#"{"letters":2,"length":5}"#,
};
