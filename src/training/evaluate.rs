//! Scores on sequences that training never saw.

use rayon::prelude::*;

use crate::models::Model;
use crate::nn::{Binder, Parameters};
use crate::tape::Tape;
use crate::tasks::{self, Batch, Example, Split, Tally, Task};
use crate::tensor::random::Random;

/// Held-out examples that a score is computed on.
pub const EXAMPLES: usize = 2000;
/// The seed of the score that is recorded with the weights.
pub const RECORDED_SEED: u64 = 1;
/// The seed of the score that `unrolled eval` computes anew, on other sequences.
pub const FRESH_SEED: u64 = 2;

const EVALUATION_STREAM: u64 = 3;
const ROWS: usize = 32;

/// The score of a model on `examples` freshly drawn held-out sequences.
#[must_use]
pub fn score(
    model: &dyn Model,
    task: &dyn Task,
    parameters: &Parameters,
    seed: u64,
    examples: usize,
) -> f64 {
    let mut random = Random::new(seed, EVALUATION_STREAM);
    let mut examples: Vec<Example> =
        (0..examples).map(|_| tasks::draw(task, &mut random, Split::HeldOut)).collect();
    examples.sort_by_key(|example| example.sequence.len());
    let tallies: Vec<Tally> = examples
        .par_chunks(ROWS)
        .map(|examples| {
            let batch = Batch::new(examples);
            let tape = Tape::lean();
            let outputs = model.forward(&Binder::stored(&tape, parameters), &batch.input);
            let scores: Vec<_> = outputs.scores.iter().map(|scores| scores.value()).collect();
            let mut tally = Tally::default();
            task.score(&scores, &batch, &mut tally);
            tally
        })
        .collect();
    // Added up in order, so that the last digit does not depend on the threads.
    let sum = |total: Tally, tally: &Tally| Tally {
        sum: total.sum + tally.sum,
        count: total.count + tally.count,
    };
    tallies.iter().fold(Tally::default(), sum).score()
}
