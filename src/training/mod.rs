//! The trainer: one update is a pure step; nothing here knows that traces exist.

pub mod contestant;
pub mod course;
pub mod evaluate;
pub mod lengths;
pub mod live;
pub mod optimiser;
pub mod plan;
pub mod race;
pub mod text;
pub mod writing;

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use ndarray::Array2;
use rayon::prelude::*;

use crate::models::{ConfigError, Model, Outputs, Recipe};
use crate::nn::{Binder, Parameters};
use crate::tape::Tape;
use crate::tasks::{self, Batch, Example, Split, Tally, Task};
use crate::tensor::random::Random;
use optimiser::{Optimiser, clip_norm};

/// Rows that one thread works on at a time. The split does not depend on how many threads there
/// are, so the sums are the same on every machine.
const BLOCK_ROWS: usize = 16;
/// The part of training during which the learning rate rises from 0.
const WARM_UP: f32 = 0.02;
/// Training examples have a stream of random numbers of their own.
const TRAINING_STREAM: u64 = 2;

/// A model being trained.
pub struct Trainer {
    model: Box<dyn Model>,
    task: Box<dyn Task>,
    parameters: Parameters,
    optimiser: Optimiser,
    recipe: Recipe,
    step: usize,
    /// Whether a rule of the model's own has made the weights, so that there is nothing to descend.
    is_stored: bool,
    random: Random,
}

/// What one update did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Updates so far.
    pub step: usize,
    /// The mean loss of the batch before the update.
    pub loss: f32,
    /// The batch's score before the update, in the task's measure.
    pub score: f32,
    /// The norm of all gradients before clipping.
    pub gradient_norm: f32,
    /// The learning rate of the update.
    pub learning_rate: f32,
}

impl Trainer {
    /// A trainer at the beginning of a recipe.
    ///
    /// # Errors
    /// If the recipe's configuration does not make a model.
    pub fn new(
        model: Box<dyn Model>,
        task: Box<dyn Task>,
        recipe: &Recipe,
    ) -> Result<Self, ConfigError> {
        let stored = model.store(&task.patterns());
        let is_stored = stored.is_some();
        let parameters = stored.unwrap_or_else(|| model.init(recipe.seed));
        Ok(Self {
            optimiser: Optimiser::adam(&parameters, recipe.weight_decay),
            random: Random::new(recipe.seed, TRAINING_STREAM),
            recipe: recipe.clone(),
            step: 0,
            is_stored,
            model,
            task,
            parameters,
        })
    }

    /// Back to the initial weights, a new optimiser and the first examples.
    pub fn rewind(&mut self) {
        self.parameters = self.model.init(self.recipe.seed);
        self.optimiser = Optimiser::adam(&self.parameters, self.recipe.weight_decay);
        self.random = Random::new(self.recipe.seed, TRAINING_STREAM);
        self.step = 0;
    }

    /// The architecture.
    #[must_use]
    pub fn model(&self) -> &dyn Model {
        &*self.model
    }

    /// Updates so far.
    #[must_use]
    pub fn updates(&self) -> usize {
        self.step
    }

    /// Whether the recipe's updates are done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.is_stored || self.step >= self.recipe.steps
    }

    /// The weights as they are now.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// One update on freshly drawn examples. Where the loss or a gradient is not finite, the weights
    /// stay as they are.
    pub fn step(&mut self) -> Progress {
        let batches = self.draw();
        let weight = weight(&batches);
        let blocks = batches.par_iter().map(|batch| self.block(batch, weight)).collect();
        self.update(blocks)
    }

    /// [`Trainer::step`], given up as soon as `cancelled` is set; then nothing was updated, and the
    /// examples that were drawn are lost.
    pub fn step_unless(&mut self, cancelled: &AtomicBool) -> Option<Progress> {
        let batches = self.draw();
        let weight = weight(&batches);
        let block = |batch| (!cancelled.load(Ordering::Relaxed)).then(|| self.block(batch, weight));
        let blocks = batches.par_iter().map(block).collect::<Option<Vec<Block>>>()?;
        Some(self.update(blocks))
    }

    /// The next update's examples, in blocks.
    fn draw(&mut self) -> Vec<Batch> {
        let examples: Vec<Example> = (0..self.recipe.batch)
            .map(|_| tasks::draw(&*self.task, &mut self.random, Split::Training))
            .collect();
        tasks::batches(&*self.task, examples, BLOCK_ROWS, self.model.reads_whole_source())
    }

    fn block(&self, batch: &Batch, weight: f32) -> Block {
        block(&*self.model, &*self.task, &self.parameters, batch, weight)
    }

    fn update(&mut self, blocks: Vec<Block>) -> Progress {
        let mut sum = Vec::new();
        let (mut loss, mut tally) = (0.0, Tally::default());
        for block in blocks {
            loss += block.loss;
            tally.sum += block.tally.sum;
            tally.count += block.tally.count;
            if sum.is_empty() {
                sum = block.gradients;
            } else {
                sum.iter_mut().zip(&block.gradients).for_each(|(sum, block)| *sum += block);
            }
        }
        let gradient_norm = clip_norm(&mut sum, self.recipe.clip);
        let learning_rate = self.learning_rate();
        if loss.is_finite() && gradient_norm.is_finite() {
            self.optimiser.update(&mut self.parameters, &sum, learning_rate);
        }
        self.step += 1;
        let score = tally.score() as f32;
        Progress { step: self.step, loss, score, gradient_norm, learning_rate }
    }

    /// Rises over the first updates, then falls along half a cosine to nothing.
    fn learning_rate(&self) -> f32 {
        let done = self.step as f32 / self.recipe.steps.max(1) as f32;
        let rise = (done / WARM_UP + 1.0 / (WARM_UP * self.recipe.steps.max(1) as f32)).min(1.0);
        let fall = 0.5 * (1.0 + (std::f32::consts::PI * done).cos());
        self.recipe.learning_rate * rise * fall
    }
}

/// What one thread finds out about its rows.
struct Block {
    loss: f32,
    tally: Tally,
    gradients: Vec<Array2<f32>>,
}

/// The weight of each answer in the mean over all of them.
fn weight(batches: &[Batch]) -> f32 {
    let total: usize = batches.iter().map(Batch::count).sum();
    1.0 / total.max(1) as f32
}

/// The weighted loss of a batch and its gradients with respect to all parameters, in their order.
#[must_use]
pub fn gradients(
    model: &dyn Model,
    task: &dyn Task,
    parameters: &Parameters,
    batch: &Batch,
    weight: f32,
) -> (f32, Vec<Array2<f32>>) {
    let block = block(model, task, parameters, batch, weight);
    (block.loss, block.gradients)
}

/// The positions of a batch that a model answers.
fn answered<'a>(batch: &'a Batch, outputs: &Outputs<'_>) -> Cow<'a, Batch> {
    match outputs.first {
        0 => Cow::Borrowed(batch),
        first => Cow::Owned(batch.clone().from(first)),
    }
}

fn block(
    model: &dyn Model,
    task: &dyn Task,
    parameters: &Parameters,
    batch: &Batch,
    weight: f32,
) -> Block {
    let tape = Tape::training();
    let outputs = model.forward(&Binder::stored(&tape, parameters), batch);
    let batch = &answered(batch, &outputs);
    let mut tally = Tally::default();
    let scores: Vec<_> = outputs.scores.iter().map(|scores| scores.value()).collect();
    task.score(&scores, batch, &mut tally);
    let loss = task.loss(&outputs.scores, batch).scale(weight);
    let value = loss.value()[[0, 0]];
    let loss = loss.node();
    let graph = tape.finish();
    let mut gradients = graph.parameter_gradients(loss);
    let of = parameters
        .iter()
        .map(|(name, array)| {
            let node = graph.find(name).and_then(|name| graph.at(name, 0));
            node.and_then(|node| gradients.take(node))
                .unwrap_or_else(|| Array2::zeros(array.raw_dim()))
        })
        .collect();
    Block { loss: value, tally, gradients: of }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models;

    /// The gradients of all parameters from a graph that keeps everything.
    fn recorded(
        model: &dyn Model,
        task: &dyn Task,
        parameters: &Parameters,
        batch: &Batch,
    ) -> Vec<Array2<f32>> {
        let tape = Tape::recording();
        let outputs = model.forward(&Binder::stored(&tape, parameters), batch);
        let loss = task.loss(&outputs.scores, &answered(batch, &outputs)).scale(0.5).node();
        let graph = tape.finish();
        let gradients = graph.gradients(loss);
        let of = |(name, array): (&str, &std::sync::Arc<Array2<f32>>)| {
            let node = graph.find(name).and_then(|name| graph.at(name, 0));
            let gradient = node.and_then(|node| gradients.of(node)).cloned();
            gradient.unwrap_or_else(|| Array2::zeros(array.raw_dim()))
        };
        parameters.iter().map(of).collect()
    }

    #[test]
    fn a_tape_for_training_has_the_gradients_of_one_that_keeps_everything() {
        for (spec, recipe) in models::recipes() {
            let config = serde_json::from_str(recipe.config).unwrap();
            let model = (spec.build)(&config).unwrap();
            let config = serde_json::from_str(recipe.task_config).unwrap();
            let task = (tasks::find(recipe.task).unwrap().build)(&config).unwrap();
            let parameters = model.init(1);
            let mut random = Random::new(1, 0);
            for rows in [1, BLOCK_ROWS] {
                let draw = |_| tasks::draw(&*task, &mut random, Split::Training);
                let examples = (0..rows).map(draw).collect();
                for batch in tasks::batches(&*task, examples, rows, model.reads_whole_source()) {
                    let (_, got) = gradients(&*model, &*task, &parameters, &batch, 0.5);
                    assert_eq!(
                        got,
                        recorded(&*model, &*task, &parameters, &batch),
                        "{}",
                        recipe.id
                    );
                }
            }
        }
    }
}
