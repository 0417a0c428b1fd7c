//! What is to be trained: an architecture, a task and the numbers of a recipe, under what a learner
//! has chosen. A race, training on a text and the command line all begin with one.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Trainer;
use crate::checkpoint::{self, Card, Checkpoint};
use crate::models::{self, ConfigError, Model, ModelSpec, Recipe};
use crate::nn::Parameters;
use crate::tasks::text::{Division, Text};
use crate::tasks::{self, Task};

/// An architecture, a task and a recipe whose configurations are not those it was written with.
#[derive(Clone)]
pub struct Plan {
    /// The name of its weights.
    pub name: String,
    /// The architecture.
    pub spec: &'static ModelSpec,
    /// Steps, batch, learning rate and seed; its configurations are not used.
    pub recipe: Recipe,
    /// The architecture's configuration.
    pub config: Json,
    /// The task's configuration.
    pub task_config: Json,
    /// The text, where that is what is learned.
    pub text: Option<Arc<Division>>,
}

impl Plan {
    /// A shipped model's recipe, its configurations to be changed.
    ///
    /// # Errors
    /// If there is no such model.
    pub fn shipped(id: &str) -> Result<Self, ConfigError> {
        let error = |reason: String| ConfigError { of: id.to_owned(), reason };
        let (spec, recipe) =
            models::find_recipe(id).ok_or_else(|| error("there is no such model".to_owned()))?;
        let read = |json| serde_json::from_str::<Json>(json).map_err(|e| error(e.to_string()));
        Ok(Self {
            name: id.to_owned(),
            spec,
            recipe: recipe.clone(),
            config: read(recipe.config)?,
            task_config: read(recipe.task_config)?,
            text: None,
        })
    }

    /// The architecture at its sizes.
    ///
    /// # Errors
    /// If there is none of these sizes.
    pub fn model(&self) -> Result<Box<dyn Model>, ConfigError> {
        (self.spec.build)(&self.config)
    }

    /// The task.
    ///
    /// # Errors
    /// If its configuration does not make one.
    pub fn task(&self) -> Result<Box<dyn Task>, ConfigError> {
        if let Some(text) = &self.text {
            return Ok(Box::new(Text::on(Arc::clone(text))));
        }
        let spec = tasks::find(self.recipe.task).ok_or_else(|| ConfigError {
            of: self.recipe.task.to_owned(),
            reason: "there is no such task".to_owned(),
        })?;
        (spec.build)(&self.task_config)
    }

    /// A trainer at the beginning.
    ///
    /// # Errors
    /// If the configurations make no model or task.
    pub fn trainer(&self) -> Result<Trainer, ConfigError> {
        Trainer::new(self.model()?, self.task()?, &self.recipe)
    }

    /// Weights on the way as a model that can run; without a score, NaN stands for it.
    ///
    /// # Errors
    /// If the configurations make no model or task.
    pub fn checkpoint(
        &self,
        id: String,
        step: usize,
        parameters: &Parameters,
        score: f64,
    ) -> Result<Checkpoint, ConfigError> {
        let (model, task) = (self.model()?, self.task()?);
        let card = Card {
            id,
            model: self.spec.id.to_owned(),
            config: self.config.clone(),
            task: self.recipe.task.to_owned(),
            task_config: self.task_config.clone(),
            seed: self.recipe.seed,
            steps: step,
            parameters: parameters.count(),
            measure: task.measure().name().to_owned(),
            score,
            recipe_sha256: checkpoint::recipe_sha256(&self.recipe),
        };
        let (spec, parameters) = (self.spec, parameters.clone());
        Ok(Checkpoint { card, spec, model, task, parameters, origin: None })
    }
}
