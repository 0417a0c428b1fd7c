//! A race: several architectures trained for the same task, with the same seed and so on the same
//! examples, measured while they train.
//!
//! Pure: no threads and no clocks. A [`Race`] takes all contestants one update further at a time;
//! the window and `unrolled race` give each [`Contestant`] a thread of its own instead, which
//! changes no number.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ndarray::Axis;
use rayon::prelude::*;
use serde_json::{Value as Json, json};

use super::{Progress, Trainer};
use crate::checkpoint::{self, Card, Checkpoint};
use crate::models::{self, ConfigError, Model, ModelSpec, Recipe};
use crate::nn::{Binder, Parameters};
use crate::tape::Tape;
use crate::tasks::{self, Batch, Split, Tally, Task};
use crate::tensor::random::Random;

/// The shipped models that race, in teaching order; each recipe says all but what [`Settings`] say.
pub const CONTESTANTS: [&str; 3] = ["rnn-remember", "lstm-remember", "gru-remember"];
/// How many may race.
pub const PLACES: std::ops::RangeInclusive<usize> = 2..=4;
/// The held-out score at the length trained for that has to be reached.
pub const GOAL: f64 = 0.99;
/// Lengths at which held-out sequences are scored, besides the one trained for.
pub const LENGTHS: [usize; 6] = [10, 20, 30, 50, 75, 100];

/// Hidden units that can be chosen.
pub const HIDDEN: std::ops::RangeInclusive<usize> = 2..=128;
/// Lengths that can be chosen.
pub const LENGTH: std::ops::RangeInclusive<usize> = 5..=100;
/// Learning rates that can be chosen; the largest overflows within a few updates.
pub const LEARNING_RATE: std::ops::RangeInclusive<f32> = 1e-5..=1e38;

/// From one measurement to the next, in updates; kept checkpoints are measured besides.
const MEASURED_EVERY: usize = 100;
/// Each kept checkpoint is at least this far along against the one before: about forty on the way
/// to any number of updates that someone would wait for.
const KEPT_RATIO: f64 = 1.3;
/// Held-out sequences a length.
const HELD_OUT: usize = 128;
/// Held-out sequences that confirm that the goal is reached.
const CONFIRMED_ON: usize = 1000;
/// Sequences over which gradients are averaged.
const PROBED: usize = 16;
/// Rows that one thread works on at a time.
const ROWS: usize = 32;
/// Sequences for measuring have a stream of random numbers of their own, so that measuring changes
/// nothing about the training.
const MEASURING_STREAM: u64 = 4;

/// What the learner chooses.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Ids of shipped models, two to four; their recipes say the rest.
    pub contestants: Vec<&'static str>,
    /// Units of the hidden state.
    pub hidden: usize,
    /// Positions of the longest training sequence; the goal is asked for at this length.
    pub length: usize,
    /// The largest learning rate.
    pub learning_rate: f32,
    /// The seed of initial weights and training data.
    pub seed: u64,
}

impl Default for Settings {
    /// As the shipped models were trained.
    fn default() -> Self {
        let learning_rate =
            models::find_recipe(CONTESTANTS[0]).map_or(1e-3, |(_, recipe)| recipe.learning_rate);
        Self { contestants: CONTESTANTS.to_vec(), hidden: 32, length: 50, learning_rate, seed: 1 }
    }
}

impl Settings {
    /// The same within the bounds of what can be chosen.
    #[must_use]
    pub fn within_bounds(mut self) -> Self {
        let Self { hidden, length, learning_rate, .. } = &mut self;
        *hidden = (*hidden).clamp(*HIDDEN.start(), *HIDDEN.end());
        *length = (*length).clamp(*LENGTH.start(), *LENGTH.end());
        *learning_rate = if learning_rate.is_nan() {
            *LEARNING_RATE.start()
        } else {
            learning_rate.clamp(*LEARNING_RATE.start(), *LEARNING_RATE.end())
        };
        self
    }

    /// The lengths at which held-out sequences are scored, in order.
    #[must_use]
    pub fn lengths(&self) -> Vec<usize> {
        let mut lengths = LENGTHS.to_vec();
        if !lengths.contains(&self.length) {
            lengths.push(self.length);
            lengths.sort_unstable();
        }
        lengths
    }
}

/// Weights on the way, and what was measured on them.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Updates done.
    pub step: usize,
    /// The weights.
    pub parameters: Parameters,
    /// The share of held-out sequences answered rightly, by length.
    pub scores: Vec<(usize, f64)>,
    /// How large the gradient of the loss is at every position.
    pub profiles: Vec<Profile>,
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

/// An architecture being trained and measured.
pub struct Contestant {
    recipe: &'static Recipe,
    length: usize,
    trainer: Trainer,
    task: Box<dyn Task>,
    held_out: Vec<(usize, Vec<Batch>)>,
    probe: Batch,
    history: Vec<Progress>,
    kept: Vec<Arc<Snapshot>>,
    latest: Option<Arc<Snapshot>>,
    next_kept: usize,
    reached: Option<Reached>,
    diverged: Option<usize>,
}

/// What a recipe becomes under settings: the architecture's entry, configurations and numbers.
struct Plan {
    spec: &'static ModelSpec,
    recipe: &'static Recipe,
    config: Json,
    task_config: Json,
}

impl Plan {
    fn new(id: &str, settings: &Settings) -> Result<Self, ConfigError> {
        let error = |reason: String| ConfigError { of: id.to_owned(), reason };
        let (spec, recipe) =
            models::find_recipe(id).ok_or_else(|| error("there is no such model".to_owned()))?;
        let read = |json| serde_json::from_str::<Json>(json).map_err(|e| error(e.to_string()));
        let (mut config, mut task_config) = (read(recipe.config)?, read(recipe.task_config)?);
        config["hidden"] = json!(settings.hidden);
        task_config["length"] = json!(settings.length);
        if let Some(shortest) = task_config.get("shortest").and_then(Json::as_u64) {
            task_config["shortest"] = json!(shortest.min(settings.length as u64));
        }
        Ok(Self { spec, recipe, config, task_config })
    }

    fn model(&self) -> Result<Box<dyn Model>, ConfigError> {
        (self.spec.build)(&self.config)
    }

    /// The task, or the same with sequences of one length.
    fn task(&self, length: Option<usize>) -> Result<Box<dyn Task>, ConfigError> {
        let spec = tasks::find(self.recipe.task).ok_or_else(|| ConfigError {
            of: self.recipe.task.to_owned(),
            reason: "there is no such task".to_owned(),
        })?;
        let mut config = self.task_config.clone();
        if let Some(length) = length {
            config["length"] = json!(length);
            if let Some(config) = config.as_object_mut() {
                config.remove("shortest");
            }
        }
        (spec.build)(&config)
    }
}

/// The shortest training sequence under settings, if lengths differ.
#[must_use]
pub fn shortest(settings: &Settings) -> Option<usize> {
    let plan = Plan::new(settings.contestants.first()?, settings).ok()?;
    plan.task_config.get("shortest")?.as_u64().map(|shortest| shortest as usize)
}

/// How many symbols an answer is chosen from; a guess that favours none of them costs the logarithm of
/// that number.
#[must_use]
pub fn choices(settings: &Settings) -> Option<usize> {
    let plan = Plan::new(settings.contestants.first()?, settings).ok()?;
    Some(plan.task(None).ok()?.output_symbols().len()).filter(|count| *count > 1)
}

/// Weights of a contestant as a model that can run, called such as `lstm-remember @ 1200`.
///
/// # Errors
/// If the settings do not make a model.
pub fn checkpoint(
    id: &str,
    settings: &Settings,
    step: usize,
    parameters: &Parameters,
) -> Result<Checkpoint, ConfigError> {
    let plan = Plan::new(id, settings)?;
    let (model, task) = (plan.model()?, plan.task(None)?);
    let card = Card {
        id: format!("{id} @ {step}"),
        model: plan.spec.id.to_owned(),
        config: plan.config,
        task: plan.recipe.task.to_owned(),
        task_config: plan.task_config,
        seed: settings.seed,
        steps: step,
        parameters: parameters.count(),
        measure: task.measure().name().to_owned(),
        score: f64::NAN,
        recipe_sha256: checkpoint::recipe_sha256(plan.recipe),
    };
    Ok(Checkpoint { card, spec: plan.spec, model, task, parameters: parameters.clone() })
}

impl Contestant {
    /// The shipped model `id` under settings, before the first update and not yet measured.
    ///
    /// # Errors
    /// If there is no such model, or the settings do not make one.
    pub fn new(id: &str, settings: &Settings) -> Result<Self, ConfigError> {
        let settings = settings.clone().within_bounds();
        let plan = Plan::new(id, &settings)?;
        let recipe = Recipe {
            learning_rate: settings.learning_rate,
            seed: settings.seed,
            ..plan.recipe.clone()
        };
        let mut random = Random::new(settings.seed, MEASURING_STREAM);
        let mut held_out = Vec::new();
        for length in settings.lengths() {
            let task = plan.task(Some(length))?;
            held_out.push((length, draw(&*task, &mut random, HELD_OUT)));
        }
        let task = plan.task(Some(settings.length))?;
        let mut probed = Vec::new();
        probed.resize_with(PROBED, || tasks::draw(&*task, &mut random, Split::HeldOut));
        let probe = Batch::new(&*task, &probed);
        Ok(Self {
            recipe: plan.recipe,
            length: settings.length,
            trainer: Trainer::new(plan.model()?, plan.task(None)?, &recipe)?,
            task,
            held_out,
            probe,
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
    pub fn recipe(&self) -> &'static Recipe {
        self.recipe
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
        let mut scores = Vec::with_capacity(self.held_out.len());
        for (length, batches) in &self.held_out {
            scores.push((*length, self.score(batches, cancelled)?));
        }
        let snapshot = Arc::new(Snapshot {
            step: self.updates(),
            parameters: self.parameters().clone(),
            scores,
            profiles: self.profiles(),
        });
        if self.reached.is_none() && snapshot.score_at(self.length) >= Some(GOAL) {
            let mut random = Random::new(self.recipe.seed, MEASURING_STREAM + 1);
            let more = draw(&*self.task, &mut random, CONFIRMED_ON);
            let score = self.score(&more, cancelled)?;
            if score >= GOAL {
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

    /// The share of right answers; none where it was cancelled.
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
            self.task.score(&scores, batch, &mut tally);
            Some(tally)
        };
        let tallies = batches.par_iter().map(tally).collect::<Option<Vec<Tally>>>()?;
        let total = tallies.iter().fold(Tally::default(), |total, tally| Tally {
            sum: total.sum + tally.sum,
            count: total.count + tally.count,
        });
        Some(total.score())
    }

    /// The gradient's norm along the probe, for each state that the cell carries on.
    fn profiles(&self) -> Vec<Profile> {
        let tape = Tape::recording();
        let binder = Binder::stored(&tape, self.parameters());
        let outputs = self.trainer.model().forward(&binder, &self.probe.input);
        // Rows do not touch each other, so each row's gradient of the sum is that of its own loss.
        let loss = self.task.loss(&outputs.scores, &self.probe).node();
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
fn draw(task: &dyn Task, random: &mut Random, count: usize) -> Vec<Batch> {
    let mut examples = Vec::with_capacity(count);
    examples.resize_with(count, || tasks::draw(task, random, Split::HeldOut));
    examples.chunks(ROWS).map(|examples| Batch::new(task, examples)).collect()
}

/// Two to four contestants who make their updates together.
pub struct Race {
    contestants: Vec<Contestant>,
}

impl Race {
    /// A race before the first update.
    ///
    /// # Errors
    /// If there are too few or too many contestants, an unknown one, or the settings do not make a
    /// model.
    pub fn new(settings: &Settings) -> Result<Self, ConfigError> {
        let places = settings.contestants.len();
        if !PLACES.contains(&places) {
            let reason = format!("{places} contestants; 2 to 4 can race");
            return Err(ConfigError { of: "race".to_owned(), reason });
        }
        let contestants = settings.contestants.iter().map(|id| Contestant::new(id, settings));
        Ok(Self { contestants: contestants.collect::<Result<_, _>>()? })
    }

    /// The contestants in the order of the settings.
    #[must_use]
    pub fn contestants(&self) -> &[Contestant] {
        &self.contestants
    }

    /// The contestants, to be trained apart.
    #[must_use]
    pub fn into_contestants(self) -> Vec<Contestant> {
        self.contestants
    }

    /// One update of every contestant that is not finished.
    pub fn step(&mut self) {
        let never = AtomicBool::new(false);
        for contestant in &mut self.contestants {
            contestant.step(&never);
        }
    }

    /// All contestants back to their start.
    pub fn rewind(&mut self) {
        self.contestants.iter_mut().for_each(Contestant::rewind);
    }
}

#[cfg(test)]
mod tests;
