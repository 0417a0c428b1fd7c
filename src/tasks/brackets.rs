//! Nested brackets: predict the next symbol of a balanced string of four kinds of brackets.
//!
//! Which bracket opens next is chance, but which one may close is certain: the last one that is
//! still open. So what counts is whether, where the next symbol closes, the model gives the right
//! one of the four closing symbols the highest score (as Suzgun et al. 2019 and Hewitt et al. 2020
//! measure Dyck languages).

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Batch, Example, InputError, Sequence, Tally, Targets, Task, TaskSpec, parse_symbols};
use crate::models::ConfigError;
use crate::tensor::argmax;
use crate::tensor::random::Random;

/// Opening symbols, then closing symbols in the same order, then the end.
const SYMBOLS: [&str; 9] = ["(", "[", "{", "<", ")", "]", "}", ">", "∎"];
/// Kinds of brackets.
const KINDS: usize = 4;
/// The number of the end symbol, which is only predicted.
const END: usize = 2 * KINDS;

/// How deep and how long the strings are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brackets {
    /// The most brackets that are open at once.
    pub depth: usize,
    /// The longest string.
    pub longest: usize,
}

impl Task for Brackets {
    fn generate(&self, random: &mut Random) -> Example {
        let length = 2 * (1 + random.below((self.longest / 2).max(1)));
        // Strings differ in how readily they open, so that great depths are met often enough.
        let opens = 0.4 + 0.4 * random.uniform();
        let mut open = Vec::new();
        let mut symbols = Vec::with_capacity(length);
        while symbols.len() < length {
            let must_close =
                open.len() >= self.depth.max(1) || open.len() == length - symbols.len();
            if open.is_empty() || (!must_close && random.chance(opens)) {
                let kind = random.below(KINDS);
                open.push(kind);
                symbols.push(kind);
            } else if let Some(kind) = open.pop() {
                symbols.push(KINDS + kind);
            }
        }
        let sequence = Sequence::Symbols(symbols);
        Example::new(self, sequence)
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let next = symbols.iter().skip(1).map(|symbol| Some(*symbol));
        let depth = symbols.iter().fold(0_i32, |d, s| if *s < KINDS { d + 1 } else { d - 1 });
        Targets::Symbols(next.chain([(depth == 0).then_some(END)]).collect())
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        // Chinese input methods write full-width brackets.
        let nearest = |character| match character {
            '（' => Some("("),
            '）' => Some(")"),
            '［' | '【' | '「' | '〔' => Some("["),
            '］' | '】' | '」' | '〕' => Some("]"),
            '｛' => Some("{"),
            '｝' => Some("}"),
            '＜' | '《' | '〈' | '«' | '‹' => Some("<"),
            '＞' | '》' | '〉' | '»' | '›' => Some(">"),
            _ => None,
        };
        parse_symbols(text, &SYMBOLS[..END], nearest).map(Sequence::Symbols)
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS[..END]
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        for (scores, targets) in scores.iter().zip(&batch.symbols) {
            for (row, target) in targets.iter().enumerate() {
                if let Some(target @ KINDS..END) = target {
                    let closing: Vec<f32> = (KINDS..END).map(|s| scores[[row, s]]).collect();
                    tally.count += 1;
                    tally.sum += f64::from(u8::from(KINDS + argmax(&closing) == *target));
                }
            }
        }
    }
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "brackets",
    description: "Predict the next symbol of a balanced string of brackets ([{<",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Brackets>("brackets", config)?)),
    tiny: r#"{"depth":2,"longest":8}"#,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_balanced_and_no_deeper_than_asked() {
        let task = Brackets { depth: 3, longest: 20 };
        let mut random = Random::new(1, 0);
        let mut deepest = 0;
        for _ in 0..500 {
            let Sequence::Symbols(symbols) = task.generate(&mut random).sequence else { panic!() };
            assert!(symbols.len() <= 20);
            let mut open = Vec::new();
            for symbol in symbols {
                if symbol < KINDS {
                    open.push(symbol);
                } else {
                    assert_eq!(open.pop(), Some(symbol - KINDS));
                }
                deepest = deepest.max(open.len());
            }
            assert!(open.is_empty());
        }
        assert_eq!(deepest, 3);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let task = Brackets { depth: 3, longest: 20 };
        let message = |text: &str| task.parse(text).unwrap_err().to_string();
        assert!(message("").contains("empty"));
        assert!(message(" \n").contains("empty"));
        assert!(message("(（").contains("did you mean `(`"));
        assert!(message("((🙂").contains("U+1F642` (character 3)"));
        assert!(message("\u{7}").contains("U+0007"));
        assert!(message(&"(".repeat(10_000)).contains("10000 symbols"));
        assert_eq!(task.parse("( [ ]").unwrap(), Sequence::Symbols(vec![0, 1, 5]));
    }
}
