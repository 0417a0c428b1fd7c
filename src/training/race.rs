//! A race: several architectures trained for the same task, with the same seed and so on the same
//! examples, measured while they train.
//!
//! Pure: no threads and no clocks. A [`Race`] takes all contestants one update further at a time;
//! the window and `unrolled race` give each [`Contestant`] a thread of its own instead, which
//! changes no number.

use std::sync::atomic::AtomicBool;

use serde_json::{Value as Json, json};

use super::contestant::{Contestant, Exam, MEASURING_STREAM, draw};
use super::plan::Plan;
use crate::models::{self, ConfigError, Recipe};
use crate::tasks::{self, Batch, Split, Task};
use crate::tensor::random::Random;

/// Held-out sequences a length.
const HELD_OUT: usize = 128;
/// Sequences over which gradients are averaged.
const PROBED: usize = 16;

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

/// The plan of a contestant.
///
/// # Errors
/// If there is no such model.
pub fn plan(id: &str, settings: &Settings) -> Result<Plan, ConfigError> {
    let mut plan = Plan::shipped(id)?;
    plan.config["hidden"] = json!(settings.hidden);
    plan.task_config["length"] = json!(settings.length);
    if let Some(shortest) = plan.task_config.get("shortest").and_then(Json::as_u64) {
        plan.task_config["shortest"] = json!(shortest.min(settings.length as u64));
    }
    plan.recipe =
        Recipe { learning_rate: settings.learning_rate, seed: settings.seed, ..plan.recipe };
    Ok(plan)
}

/// The plan's task with sequences of one length.
fn task_of(plan: &Plan, length: usize) -> Result<Box<dyn Task>, ConfigError> {
    let mut plan = plan.clone();
    plan.task_config["length"] = json!(length);
    if let Some(config) = plan.task_config.as_object_mut() {
        config.remove("shortest");
    }
    plan.task()
}

/// The shortest training sequence under settings, if lengths differ.
#[must_use]
pub fn shortest(settings: &Settings) -> Option<usize> {
    let plan = plan(settings.contestants.first()?, settings).ok()?;
    plan.task_config.get("shortest")?.as_u64().map(|shortest| shortest as usize)
}

/// How many symbols an answer is chosen from; a guess that favours none of them costs the logarithm of
/// that number.
#[must_use]
pub fn choices(settings: &Settings) -> Option<usize> {
    let plan = plan(settings.contestants.first()?, settings).ok()?;
    let task = task_of(&plan, settings.length).ok()?;
    Some(task.output_symbols().len()).filter(|count| *count > 1)
}

/// The shipped model `id` under settings, before the first update and not yet measured.
///
/// # Errors
/// If there is no such model, or the settings do not make one.
pub fn contestant(id: &str, settings: &Settings) -> Result<Contestant, ConfigError> {
    let settings = settings.clone().within_bounds();
    let plan = plan(id, &settings)?;
    let mut random = Random::new(settings.seed, MEASURING_STREAM);
    let mut held_out = Vec::new();
    for length in settings.lengths() {
        let task = task_of(&plan, length)?;
        held_out.push((length, draw(&*task, &mut random, HELD_OUT)));
    }
    let task = task_of(&plan, settings.length)?;
    let mut probed = Vec::new();
    probed.resize_with(PROBED, || tasks::draw(&*task, &mut random, Split::HeldOut));
    let probe = Some(Batch::new(&*task, &probed));
    let goal = Some((settings.length, GOAL));
    Contestant::new(&plan, Exam { task, held_out, probe, goal, beginning: Vec::new() })
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
        let contestants = settings.contestants.iter().map(|id| contestant(id, settings));
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
