//! Scores on sequences that training never saw.

use rayon::prelude::*;

use crate::models::Model;
use crate::nn::{Binder, Parameters};
use crate::tape::Tape;
use crate::tasks::{self, Example, Rollout, Sequence, Split, Tally, Task};
use crate::tensor::random::Random;

/// Held-out examples that a score is computed on.
pub const EXAMPLES: usize = 2000;
/// The seed of the score that is recorded with the weights.
pub const RECORDED_SEED: u64 = 1;
/// The seed of the score that `unrolled eval` computes anew, on other sequences.
pub const FRESH_SEED: u64 = 2;

const EVALUATION_STREAM: u64 = 3;
const ROWS: usize = 32;
/// Parts whose scores are compared for the standard error.
const GROUPS: usize = 20;

/// A score and how far chance may have moved it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The score.
    pub score: f64,
    /// Its standard error, from how much groups of examples differ.
    pub standard_error: f64,
    /// The answers that were counted.
    pub answers: usize,
}

/// The score of a model on `examples` freshly drawn held-out sequences.
#[must_use]
pub fn score(
    model: &dyn Model,
    task: &dyn Task,
    parameters: &Parameters,
    seed: u64,
    examples: usize,
) -> f64 {
    measure(model, task, parameters, seed, examples).score
}

/// [`score`] with its standard error.
#[must_use]
pub fn measure(
    model: &dyn Model,
    task: &dyn Task,
    parameters: &Parameters,
    seed: u64,
    examples: usize,
) -> Measured {
    let mut random = Random::new(seed, EVALUATION_STREAM);
    let drawn: Vec<Example> =
        (0..examples).map(|_| tasks::draw(task, &mut random, Split::HeldOut)).collect();
    // Nobody gives this up on the way.
    measure_on(model, task, parameters, &drawn, &mut || true).unwrap_or(Measured {
        score: f64::NAN,
        standard_error: f64::NAN,
        answers: 0,
    })
}

/// The score on given examples; `None` as soon as that is not wanted any more.
pub(super) fn measure_on(
    model: &dyn Model,
    task: &dyn Task,
    parameters: &Parameters,
    examples: &[Example],
    is_wanted: &mut dyn FnMut() -> bool,
) -> Option<Measured> {
    // Answers within one sequence depend on each other, so whole sequences are grouped.
    let rows = examples.len().div_ceil(GROUPS).max(1);
    let mut groups: Vec<Tally> = Vec::with_capacity(GROUPS);
    for some in examples.chunks(rows * rayon::current_num_threads().max(1)) {
        if !is_wanted() {
            return None;
        }
        groups.par_extend(some.par_chunks(rows).map(|group| tally(model, task, parameters, group)));
    }
    // Added up in order, so that the last digit does not depend on the threads.
    let total = groups.iter().fold(Tally::default(), |total, group| Tally {
        sum: total.sum + group.sum,
        count: total.count + group.count,
    });
    let count = groups.len() as f64;
    let variance = groups.iter().map(|group| (group.score() - total.score()).powi(2)).sum::<f64>()
        / (count - 1.0);
    Some(Measured {
        score: total.score(),
        standard_error: (variance / count).sqrt(),
        answers: total.count,
    })
}

fn tally(model: &dyn Model, task: &dyn Task, parameters: &Parameters, group: &[Example]) -> Tally {
    let mut tally = Tally::default();
    if task.is_written_by_model() {
        group.iter().for_each(|example| {
            task.judge(&written(model, task, parameters, example), example, &mut tally);
        });
        return tally;
    }
    for batch in tasks::batches(task, group.to_vec(), ROWS, model.reads_whole_source()) {
        let tape = Tape::lean();
        let outputs = model.forward(&Binder::stored(&tape, parameters), &batch);
        let scores: Vec<_> = outputs.scores.iter().map(|scores| scores.value()).collect();
        task.score(&scores, &batch.from(outputs.first), &mut tally);
    }
    tally
}

/// An example as the model goes on with what is given of it.
fn written(
    model: &dyn Model,
    task: &dyn Task,
    parameters: &Parameters,
    example: &Example,
) -> Sequence {
    let rollout = Rollout::new(task, &example.sequence).within(model.longest());
    let tape = Tape::lean();
    let _ = model.forward(&Binder::stored(&tape, parameters), &rollout);
    rollout.finish()
}
