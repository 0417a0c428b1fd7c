//! What can be trained in front of a learner, one architecture or several side by side: a race, or a
//! model of the learner's own text.

use std::sync::Arc;

use super::contestant::Contestant;
use super::live::Control;
use super::plan::Plan;
use super::race::{self, Settings};
use super::text::{self, TextSettings};
use crate::models::{self, ConfigError, ModelSpec};
use crate::tasks::text::Division;

/// What is trained, as the learner has chosen it.
pub trait Course: Clone + PartialEq + Send {
    /// The first report of a course bears a larger number than this; those of one kind of course are
    /// never taken for those of another.
    const NUMBERS: u64;

    /// The same within the bounds of what can be chosen.
    #[must_use]
    fn within_bounds(self) -> Self;

    /// The same after another choice.
    #[must_use]
    fn with(self, control: Control) -> Self;

    /// The architectures that are trained, each with the name of its weights.
    fn lanes(&self) -> Vec<(&'static str, &'static ModelSpec)>;

    /// The plan of one of them.
    ///
    /// # Errors
    /// If there is no such one, or the choices make no model.
    fn plan(&self, at: usize) -> Result<Plan, ConfigError>;

    /// What the threads are told.
    fn subject(&self) -> Subject;
}

/// A course of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// Architectures side by side.
    Race(Settings),
    /// A model of a text.
    Text(TextCourse),
}

impl Subject {
    /// How many architectures are trained.
    #[must_use]
    pub fn lanes(&self) -> usize {
        match self {
            Self::Race(settings) => settings.contestants.len(),
            Self::Text(_) => 1,
        }
    }

    /// One of them before its first update.
    ///
    /// # Errors
    /// If there is no such one, or the choices make no model.
    pub fn contestant(&self, at: usize) -> Result<Contestant, ConfigError> {
        match self {
            Self::Race(settings) => race::contestant(named(settings, at)?, settings),
            Self::Text(course) => text::contestant(&course.settings, &course.text),
        }
    }
}

fn named(settings: &Settings, at: usize) -> Result<&'static str, ConfigError> {
    settings.contestants.get(at).copied().ok_or_else(|| ConfigError {
        of: "race".to_owned(),
        reason: format!("there is no contestant {at}"),
    })
}

impl Course for Settings {
    const NUMBERS: u64 = 0;

    fn within_bounds(self) -> Self {
        Self::within_bounds(self)
    }

    fn with(mut self, control: Control) -> Self {
        match control {
            Control::Hidden(units) => self.hidden = units,
            Control::Length(positions) => self.length = positions,
            Control::LearningRate(rate) => self.learning_rate = rate,
            Control::Seed(seed) => self.seed = seed,
            // Those of a race have the layers and updates of their recipes.
            Control::Model(_) | Control::Layers(_) | Control::Steps(_) => {}
        }
        self
    }

    fn lanes(&self) -> Vec<(&'static str, &'static ModelSpec)> {
        let lane = |id: &&'static str| Some((*id, models::find_recipe(id)?.0));
        self.contestants.iter().filter_map(lane).collect()
    }

    fn plan(&self, at: usize) -> Result<Plan, ConfigError> {
        race::plan(named(self, at)?, self)
    }

    fn subject(&self) -> Subject {
        Subject::Race(self.clone())
    }
}

/// A text and what is chosen for its model.
#[derive(Clone, Debug)]
pub struct TextCourse {
    /// The choices.
    pub settings: TextSettings,
    /// The text.
    pub text: Arc<Division>,
}

impl PartialEq for TextCourse {
    /// One text is read once, so that there is no need to compare it character by character.
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings && Arc::ptr_eq(&self.text, &other.text)
    }
}

impl Course for TextCourse {
    const NUMBERS: u64 = 1 << 32;

    fn within_bounds(self) -> Self {
        Self { settings: self.settings.within_bounds(), ..self }
    }

    fn with(self, control: Control) -> Self {
        let Self { mut settings, text } = self;
        match control {
            // Sizes that suit one architecture need not suit another.
            Control::Model(model) => {
                settings = TextSettings::of(model).map_or(settings.clone(), |other| TextSettings {
                    steps: settings.steps,
                    seed: settings.seed,
                    ..other
                });
            }
            Control::Hidden(units) => settings.hidden = units,
            Control::Layers(layers) => settings.layers = layers,
            Control::Steps(steps) => settings.steps = steps,
            Control::LearningRate(rate) => settings.learning_rate = Some(rate),
            Control::Seed(seed) => settings.seed = seed,
            // The text is divided for sequences of one length when it is read.
            Control::Length(_) => {}
        }
        Self { settings, text }
    }

    fn lanes(&self) -> Vec<(&'static str, &'static ModelSpec)> {
        models::find(self.settings.model).map(|spec| (spec.id, spec)).into_iter().collect()
    }

    fn plan(&self, _: usize) -> Result<Plan, ConfigError> {
        self.settings.plan(Arc::clone(&self.text))
    }

    fn subject(&self) -> Subject {
        Subject::Text(self.clone())
    }
}
