//! Training on a text of the learner's own: what can be chosen, the plan that it makes, and by what a
//! model of it is measured.

use std::sync::Arc;

use serde_json::json;

use super::contestant::{Contestant, Exam, in_batches};
use super::evaluate::{Measured, measure_on};
use super::plan::Plan;
use crate::models::{self, ConfigError, Model, ModelSpec, Recipe};
use crate::nn::Parameters;
use crate::tasks::text::{Division, Text};

/// What is chosen for a model of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextSettings {
    /// The architecture's id, one of [`learners`].
    pub model: &'static str,
    /// Units of the hidden state, or numbers of the stream.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Updates.
    pub steps: usize,
    /// Positions of a sequence.
    pub length: usize,
    /// The largest learning rate; the architecture's own where there is none.
    pub learning_rate: Option<f32>,
    /// The seed of initial weights and training data.
    pub seed: u64,
}

/// Hidden units that can be chosen.
pub const HIDDEN: std::ops::RangeInclusive<usize> = 8..=256;
/// Layers that can be chosen.
pub const LAYERS: std::ops::RangeInclusive<usize> = 1..=4;
/// Updates that can be chosen.
pub const STEPS: std::ops::RangeInclusive<usize> = 10..=20_000;
/// Lengths that can be chosen.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;
/// Sequences in an update.
pub const BATCH: usize = 32;
/// Held-out sequences that are scored while a learner watches.
const WATCHED: usize = 64;
/// Characters that a model goes on with when it writes.
const BEGINNING: usize = 8;
/// Held-out sequences that the recorded score is computed on, at most.
const SCORED: usize = 2000;

/// The architectures that can learn a text, in teaching order.
pub fn learners() -> impl Iterator<Item = &'static ModelSpec> {
    models::MODELS.iter().filter(|spec| spec.text.is_some())
}

impl TextSettings {
    /// What an architecture begins with: some minutes of training on two cores. `None` where it
    /// cannot learn a text.
    #[must_use]
    pub fn of(model: &str) -> Option<Self> {
        let spec = learners().find(|spec| spec.id == model)?;
        let models::TextModel { hidden, layers, .. } = spec.text?;
        let (model, steps, length) = (spec.id, 2000, 64);
        Some(Self { model, hidden, layers, steps, length, learning_rate: None, seed: 1 })
    }

    /// The same within the bounds of what can be chosen.
    #[must_use]
    pub fn within_bounds(self) -> Self {
        let clamp = |n: usize, bounds: std::ops::RangeInclusive<usize>| {
            n.clamp(*bounds.start(), *bounds.end())
        };
        Self {
            hidden: clamp(self.hidden, HIDDEN),
            layers: clamp(self.layers, LAYERS),
            steps: clamp(self.steps, STEPS),
            length: clamp(self.length, LENGTH),
            ..self
        }
    }

    /// The plan for a text that is divided for sequences of this length.
    ///
    /// # Errors
    /// If the architecture cannot learn a text.
    pub fn plan(&self, text: Arc<Division>) -> Result<Plan, ConfigError> {
        let spec = models::find(self.model);
        let Some((spec, of_text)) = spec.and_then(|spec| Some((spec, spec.text?))) else {
            let known: Vec<&str> = learners().map(|spec| spec.id).collect();
            let reason = format!("it does not learn texts; these do: {}", known.join(", "));
            return Err(ConfigError { of: self.model.to_owned(), reason });
        };
        let Self { hidden, layers, steps, seed, .. } = self.clone().within_bounds();
        let symbols = text.corpus().vocabulary().len();
        let sizes = models::TextSizes { symbols, hidden, layers, length: text.length() };
        let learning_rate = self.learning_rate.unwrap_or(of_text.learning_rate);
        let recipe = Recipe {
            id: spec.id,
            config: "",
            task: crate::tasks::text::SPEC.id,
            task_config: "",
            steps,
            batch: BATCH,
            learning_rate,
            clip: 1.0,
            seed,
            target: 0.0,
            weight_decay: 0.0,
            kept: &[],
        };
        let task_config = json!(Text::on(Arc::clone(&text)).config());
        let name = format!("{}-text", spec.id);
        Ok(Plan {
            name,
            spec,
            recipe,
            config: (of_text.config)(&sizes),
            task_config,
            text: Some(text),
        })
    }
}

/// A model under settings, before the first update and not yet measured.
///
/// # Errors
/// If the settings do not make a model.
pub fn contestant(
    settings: &TextSettings,
    text: &Arc<Division>,
) -> Result<Contestant, ConfigError> {
    let plan = settings.plan(Arc::clone(text))?;
    let task = Text::on(Arc::clone(text));
    let held_out = in_batches(&task, &task.held_out(WATCHED));
    let held_out = vec![(text.length(), held_out)];
    // It goes on with how the first held-out part begins.
    let part = text.part(0).unwrap_or_default();
    let beginning = part.into_iter().take(BEGINNING).collect();
    let exam = Exam { task: Box::new(task), held_out, probe: None, goal: None, beginning };
    Contestant::new(&plan, exam)
}

/// The score on the held-out parts of a text, 2000 of them at most, spread evenly: the same parts for
/// every model of this text and length.
#[must_use]
pub fn score(model: &dyn Model, text: &Arc<Division>, parameters: &Parameters) -> Measured {
    let task = Text::on(Arc::clone(text));
    let examples = task.held_out(SCORED);
    // Nobody gives this up on the way.
    let measured = measure_on(model, &task, parameters, &examples, &mut || true);
    measured.unwrap_or(Measured { score: f64::NAN, standard_error: f64::NAN, answers: 0 })
}
