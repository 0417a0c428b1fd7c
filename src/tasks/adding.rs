//! The adding problem: numbers from 0 to 1, two of them marked; their sum is asked for at the end.
//!
//! A model that ignores its input does best by always answering 1, with a mean squared error of
//! 1/6 ≈ 0.167. Source: Hochreiter & Schmidhuber 1997, §5.4; lengths as in Le et al. 2015, §4.1.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    Batch, Example, InputError, LONGEST_INPUT, Measure, Sequence, Tally, Targets, Task, TaskSpec,
};
use crate::models::ConfigError;
use crate::tape::Var;
use crate::tensor::from_vec;
use crate::tensor::random::Random;

/// How many numbers there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adding {
    /// Positions.
    pub length: usize,
}

impl Task for Adding {
    fn generate(&self, random: &mut Random) -> Example {
        let half = (self.length / 2).max(1);
        let marked =
            [random.below(half), half + random.below(self.length.saturating_sub(half).max(1))];
        let numbers = (0..self.length.max(2)).map(|t| {
            // Two decimals, so that what a learner types is exactly what the model reads.
            let value = random.below(101) as f32 / 100.0;
            vec![value, f32::from(u8::from(marked.contains(&t)))]
        });
        let sequence = Sequence::Numbers(numbers.collect());
        Example::new(self, sequence)
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let Sequence::Numbers(numbers) = sequence else { return Targets::LastNumber(0.0) };
        Targets::LastNumber(numbers.iter().map(|n| n[0] * n[1]).sum())
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let allowed = || {
            "numbers from 0 to 1 with spaces between, the two to add marked by `*`: 0.3 0.5* 0.1 0.9*".to_owned()
        };
        let mut numbers = Vec::new();
        let mut at = 0;
        for word in text.split_inclusive(char::is_whitespace) {
            let start = at + 1;
            at += word.chars().count();
            let word = word.trim_end();
            if word.is_empty() {
                continue;
            }
            let digits = word.strip_suffix(['*', '＊']);
            let unknown = |nearest: Option<String>| InputError::Unknown {
                found: word
                    .chars()
                    .take(12)
                    .map(|c| if c.is_control() { '·' } else { c })
                    .collect(),
                at: start,
                allowed: allowed(),
                nearest,
            };
            let value: f32 = digits.unwrap_or(word).parse().map_err(|_| unknown(None))?;
            if !(0.0..=1.0).contains(&value) {
                let nearest = value.is_finite().then(|| value.clamp(0.0, 1.0).to_string());
                return Err(unknown(nearest));
            }
            numbers.push(vec![value, f32::from(u8::from(digits.is_some()))]);
        }
        match numbers.len() {
            0 => Err(InputError::Empty { allowed: allowed() }),
            n if n > LONGEST_INPUT => Err(InputError::TooLong { found: n, longest: LONGEST_INPUT }),
            _ => Ok(Sequence::Numbers(numbers)),
        }
    }

    fn tokens(&self, sequence: &Sequence) -> Vec<String> {
        let Sequence::Numbers(numbers) = sequence else { return Vec::new() };
        let token = |n: &Vec<f32>| format!("{}{}", n[0], if n[1] > 0.5 { "*" } else { "" });
        numbers.iter().map(token).collect()
    }

    fn joint(&self) -> &'static str {
        " "
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &[]
    }

    fn loss<'t>(&self, scores: &[Var<'t>], batch: &Batch) -> Var<'t> {
        let last = scores[scores.len() - 1]; // (rows, 1); all rows have the same length
        let targets = from_vec([batch.numbers.len(), 1], batch.numbers.clone());
        (last - last.tape().constant(targets)).square().sum()
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        for (row, (target, length)) in batch.numbers.iter().zip(&batch.lengths).enumerate() {
            let error = f64::from(scores[length - 1][[row, 0]] - target);
            tally.count += 1;
            tally.sum += error * error;
        }
    }

    fn measure(&self) -> Measure {
        Measure::MeanSquaredError
    }
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "adding",
    description: "Add the two marked numbers of a long sequence",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Adding>("adding", config)?)),
    tiny: r#"{"length":4}"#,
};
