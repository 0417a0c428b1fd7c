//! An architecture being trained and measured in front of the learner: what it did at every update,
//! its score on what is held out, and weights kept on the way.
//!
//! Pure: no threads and no clocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ndarray::Axis;
use rayon::prelude::*;

use super::plan::Plan;
use super::{Progress, Trainer, writing};
use crate::models::{ConfigError, Recipe};
use crate::nn::{Binder, Parameters};
use crate::tape::Tape;
use crate::tasks::{self, Batch, Example, Split, Tally, Task};
use crate::tensor::random::Random;

/// From one measurement to the next, in updates; kept checkpoints are measured besides.
const MEASURED_EVERY: usize = 100;
/// Each kept checkpoint is at least this far along against the one before: about forty on the way
/// to any number of updates that someone would wait for.
const KEPT_RATIO: f64 = 1.3;
/// Held-out sequences that confirm that the goal is reached.
const CONFIRMED_ON: usize = 1000;
/// Characters that a model writes at every measurement.
const WRITTEN: usize = 160;
/// Sequences for measuring have a stream of random numbers of their own, so that measuring changes
/// nothing about the training.
pub(super) const MEASURING_STREAM: u64 = 4;

/// Weights on the way, and what was measured on them.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Updates done.
    pub step: usize,
    /// The weights.
    pub parameters: Parameters,
    /// The score on held-out sequences, by length.
    pub scores: Vec<(usize, f64)>,
    /// How large the gradient of the loss is at every position.
    pub profiles: Vec<Profile>,
    /// What the model writes behind the exam's beginning, with that; empty where it does not write.
    pub written: Vec<usize>,
}

impl Snapshot {
    /// The score at a length, where that was measured.
    #[must_use]
    pub fn score_at(&self, length: usize) -> Option<f64> {
        self.scores.iter().find(|(of, _)| *of == length).map(|(_, score)| *score)
    }
}

/// ‖∂L/∂v_t‖ of a value v along the probe sequences, averaged over them. L is the loss of one
/// sequence, at its last position.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The value: `hidden`, or `cell` where there is one.
    pub value: &'static str,
    /// The norm at each position; NaN or infinite where it is no number.
    pub norms: Vec<f64>,
}

/// The goal was reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reached {
    /// After so many updates.
    pub step: usize,
    /// The score on the sequences that confirmed it.
    pub score: f64,
}

/// What a contestant is measured by; nothing of it is drawn for training.
pub struct Exam {
    /// How answers are scored.
    pub task: Box<dyn Task>,
    /// Held-out sequences, by length.
    pub held_out: Vec<(usize, Vec<Batch>)>,
    /// Sequences along which the gradient is measured, where it is.
    pub probe: Option<Batch>,
    /// The length at which a score is a goal, and that score.
    pub goal: Option<(usize, f64)>,
    /// What the model goes on with at every measurement, where it writes.
    pub beginning: Vec<usize>,
}

/// An architecture being trained and measured.
pub struct Contestant {
    recipe: Recipe,
    pub(super) trainer: Trainer,
    pub(super) exam: Exam,
    history: Vec<Progress>,
    kept: Vec<Arc<Snapshot>>,
    latest: Option<Arc<Snapshot>>,
    next_kept: usize,
    reached: Option<Reached>,
    diverged: Option<usize>,
}

impl Contestant {
    /// A plan before the first update and not yet measured.
    ///
    /// # Errors
    /// If its configurations make no model or task.
    pub fn new(plan: &Plan, exam: Exam) -> Result<Self, ConfigError> {
        Ok(Self {
            recipe: plan.recipe.clone(),
            trainer: plan.trainer()?,
            exam,
            history: Vec::new(),
            kept: Vec::new(),
            latest: None,
            next_kept: 0,
            reached: None,
            diverged: None,
        })
    }

    /// The recipe that it follows.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// What every update did, in order.
    #[must_use]
    pub fn history(&self) -> &[Progress] {
        &self.history
    }

    /// Checkpoints on the way: the initial weights, then ever further apart.
    #[must_use]
    pub fn kept(&self) -> &[Arc<Snapshot>] {
        &self.kept
    }

    /// The last that was measured; none before the first call of [`Contestant::measure_start`] or
    /// [`Contestant::step`].
    #[must_use]
    pub fn latest(&self) -> Option<&Arc<Snapshot>> {
        self.latest.as_ref()
    }

    /// The weights as they are now.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        self.trainer.parameters()
    }

    /// Updates so far.
    #[must_use]
    pub fn updates(&self) -> usize {
        self.trainer.updates()
    }

    /// When the goal was reached first.
    #[must_use]
    pub fn reached(&self) -> Option<Reached> {
        self.reached
    }

    /// The first update whose loss or gradient was no finite number, if there was one. Training
    /// ends there; the weights stay as they were before it.
    #[must_use]
    pub fn diverged(&self) -> Option<usize> {
        self.diverged
    }

    /// Whether no further update is made: the recipe's are done, or training diverged.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.trainer.is_finished() || self.diverged.is_some()
    }

    /// One update, and what is to be measured after it. Given up as soon as `cancelled` is set;
    /// then false, and the contestant is of no more use until it is rewound.
    pub fn step(&mut self, cancelled: &AtomicBool) -> bool {
        if !self.measure_start(cancelled) {
            return false;
        }
        if self.is_finished() {
            return true;
        }
        let Some(progress) = self.trainer.step_unless(cancelled) else { return false };
        self.history.push(progress);
        if !(progress.loss.is_finite() && progress.gradient_norm.is_finite()) {
            self.diverged = Some(progress.step);
        }
        let is_due = progress.step >= self.next_kept
            || progress.step.is_multiple_of(MEASURED_EVERY)
            || self.is_finished();
        !is_due || self.measure(cancelled).is_some()
    }

    /// Measures the initial weights, unless that is done. False where it was cancelled.
    pub fn measure_start(&mut self, cancelled: &AtomicBool) -> bool {
        self.latest.is_some() || self.measure(cancelled).is_some()
    }

    /// Back to the identical initial weights, optimiser and stream of examples.
    pub fn rewind(&mut self) {
        self.trainer.rewind();
        self.history.clear();
        self.kept.clear();
        self.latest = None;
        self.next_kept = 0;
        self.reached = None;
        self.diverged = None;
    }

    /// Scores and gradients of the present weights; none where it was cancelled.
    fn measure(&mut self, cancelled: &AtomicBool) -> Option<()> {
        let mut scores = Vec::with_capacity(self.exam.held_out.len());
        for (length, batches) in &self.exam.held_out {
            scores.push((*length, self.score(batches, cancelled)?));
        }
        let snapshot = Arc::new(Snapshot {
            step: self.updates(),
            parameters: self.parameters().clone(),
            scores,
            profiles: self.profiles(),
            written: self.written(),
        });
        if let (None, Some((length, goal))) = (self.reached, self.exam.goal)
            && snapshot.score_at(length) >= Some(goal)
        {
            let mut random = Random::new(self.recipe.seed, MEASURING_STREAM + 1);
            let more = draw(&*self.exam.task, &mut random, CONFIRMED_ON);
            let score = self.score(&more, cancelled)?;
            if score >= goal {
                self.reached = Some(Reached { step: snapshot.step, score });
            }
        }
        if snapshot.step >= self.next_kept {
            self.kept.push(Arc::clone(&snapshot));
            let next = (snapshot.step as f64 * KEPT_RATIO).ceil() as usize;
            self.next_kept = next.max(snapshot.step + 1);
        }
        self.latest = Some(snapshot);
        Some(())
    }

    /// A score; none where it was cancelled.
    fn score(&self, batches: &[Batch], cancelled: &AtomicBool) -> Option<f64> {
        let tally = |batch: &Batch| {
            if cancelled.load(Ordering::Relaxed) {
                return None;
            }
            let tape = Tape::lean();
            let binder = Binder::stored(&tape, self.parameters());
            let outputs = self.trainer.model().forward(&binder, batch);
            let scores: Vec<_> = outputs.scores.iter().map(|scores| scores.value()).collect();
            let mut tally = Tally::default();
            self.exam.task.score(&scores, batch, &mut tally);
            Some(tally)
        };
        let tallies = batches.par_iter().map(tally).collect::<Option<Vec<Tally>>>()?;
        let total = tallies.iter().fold(Tally::default(), |total, tally| Tally {
            sum: total.sum + tally.sum,
            count: total.count + tally.count,
        });
        Some(total.score())
    }

    /// What the model writes with these weights, always with the same luck.
    fn written(&self) -> Vec<usize> {
        match self.exam.beginning.as_slice() {
            [] => Vec::new(),
            beginning => {
                let (model, seed) = (self.trainer.model(), self.recipe.seed);
                writing::written(model, self.parameters(), beginning, WRITTEN, seed)
            }
        }
    }

    /// The gradient's norm along the probe, for each state that the cell carries on.
    fn profiles(&self) -> Vec<Profile> {
        let Some(probe) = &self.exam.probe else { return Vec::new() };
        let tape = Tape::recording();
        let binder = Binder::stored(&tape, self.parameters());
        let outputs = self.trainer.model().forward(&binder, &probe.input);
        // Rows do not touch each other, so each row's gradient of the sum is that of its own loss.
        let loss = self.exam.task.loss(&outputs.scores, probe).node();
        let graph = tape.finish();
        let gradients = graph.gradients(loss);
        let profile = |value: &'static str| {
            let nodes = graph.everywhere(graph.find(value)?).iter();
            let norms = nodes.filter(|(position, _)| *position >= 0).map(|(_, node)| {
                let Some(gradient) = gradients.of(*node) else { return 0.0 };
                let norm = |row: ndarray::ArrayView1<'_, f32>| {
                    row.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt()
                };
                let rows = gradient.axis_iter(Axis(0));
                rows.map(norm).sum::<f64>() / gradient.nrows().max(1) as f64
            });
            Some(Profile { value, norms: norms.collect() })
        };
        ["hidden", "cell"].into_iter().filter_map(profile).collect()
    }
}

/// Held-out sequences in batches.
pub(super) fn draw(task: &dyn Task, random: &mut Random, count: usize) -> Vec<Batch> {
    let mut examples = Vec::with_capacity(count);
    examples.resize_with(count, || tasks::draw(task, random, Split::HeldOut));
    in_batches(task, &examples)
}

/// Sequences of one length in batches.
pub(super) fn in_batches(task: &dyn Task, examples: &[Example]) -> Vec<Batch> {
    /// Rows that one thread works on at a time.
    const ROWS: usize = 32;
    examples.chunks(ROWS).map(|examples| Batch::new(task, examples)).collect()
}
