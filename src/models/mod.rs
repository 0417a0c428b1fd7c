//! Architectures: one a file, written as their equations, in teaching order.
//!
//! To add one, write its file, ending in its `SPEC`, and name it here twice: `pub mod` and
//! [`MODELS`]. The registry tests then prove that it builds, that its shapes and names are right,
//! that its gradients are those of its forward pass and that it learns its task at a tiny size.

pub mod aft;
pub mod diagram;
pub mod gru;
pub mod hopfield;
pub mod lstm;
pub mod recurrent;
pub mod residual;
pub mod rnn;
pub mod rwkv;
pub mod seq2seq;
pub mod transformer;

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use diagram::Diagram;

use crate::nn::{Binder, Parameters};
use crate::tape::{Tape, Var};

/// Every architecture, in teaching order.
pub const MODELS: &[ModelSpec] = &[
    hopfield::SPEC,
    rnn::SPEC,
    lstm::SPEC,
    gru::SPEC,
    seq2seq::SPEC,
    transformer::SPEC,
    aft::SPEC,
    rwkv::SPEC,
];

/// What the rest of the program knows about an architecture.
pub struct ModelSpec {
    /// The name on the command line and in lessons.
    pub id: &'static str,
    /// The name in sentences, the same in every language.
    pub title: &'static str,
    /// The paper and the section or equations that the file follows.
    pub source: &'static str,
    /// The year of that paper.
    pub year: u16,
    /// Builds the architecture from its configuration.
    pub build: fn(&Json) -> Result<Box<dyn Model>, ConfigError>,
    /// The models that are trained and shipped, the first being the one to show.
    pub recipes: &'static [Recipe],
    /// What each named value means.
    pub values: &'static [ValueDoc],
    /// Other ways to write the same function, chosen by a colon after the model's id.
    pub variants: &'static [Variant],
    /// How it is made to foretell a text character by character; `None` where it is not.
    pub text: Option<TextModel>,
}

impl ModelSpec {
    /// The ids of the shipped models, their variants, and their checkpoints from during training.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let ids = self.recipes.iter().flat_map(|recipe| {
            let variants = self.variants.iter();
            let variants = variants.map(|variant| format!("{}:{}", recipe.id, variant.id));
            let early = recipe.kept.iter().map(|percent| format!("{}@{percent}", recipe.id));
            std::iter::once(recipe.id.to_owned()).chain(variants).chain(early)
        });
        ids.collect()
    }
}

/// How an architecture is made to foretell a text of the learner's own.
#[derive(Clone, Copy, Debug)]
pub struct TextModel {
    /// Its configuration at such sizes.
    pub config: fn(&TextSizes) -> Json,
    /// [`TextSizes::hidden`], where nobody chooses: what trains within minutes.
    pub hidden: usize,
    /// Layers, where nobody chooses.
    pub layers: usize,
    /// The largest learning rate.
    pub learning_rate: f32,
}

/// The sizes of a model of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextSizes {
    /// Characters that are read, and that are chosen among.
    pub symbols: usize,
    /// Units of a hidden state, or numbers in a row of the stream.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Positions of a training sequence.
    pub length: usize,
}

/// Another way to write the same function: a different configuration whose parameters are computed
/// from the trained ones.
pub struct Variant {
    /// The name after the colon, such as `updates` in `gru-brackets:updates`.
    pub id: &'static str,
    /// The configuration and parameters of the rewritten model.
    pub rewrite: Rewrite,
}

/// From a configuration and its parameters to others of the same function.
pub type Rewrite = fn(&Json, &Parameters) -> Result<(Json, Parameters), ConfigError>;

/// Which named value says how much of the memory a step keeps, so that it has a half-life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptShare {
    /// The value.
    pub value: &'static str,
    /// Whether the share kept is 1 minus the value.
    pub is_complement: bool,
}

impl KeptShare {
    /// The share kept where the value's entry is `entry`.
    #[must_use]
    pub fn share(self, entry: f32) -> f32 {
        if self.is_complement { 1.0 - entry } else { entry }
    }
}

/// An architecture with its sizes fixed; its weights are kept apart in [`Parameters`].
pub trait Model: Send + Sync {
    /// Declares the parameters and runs the model over `input`.
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t>;

    /// The smallest input that the model accepts, on which new parameters are declared.
    fn example(&self) -> Input;

    /// The configuration that [`ModelSpec::build`] makes this model from.
    fn config(&self) -> Json;

    /// The model as its papers draw it.
    fn diagram(&self) -> Diagram;

    /// Which value says how much of the memory a step keeps, if one does.
    fn kept_share(&self) -> Option<KeptShare> {
        None
    }

    /// Whether the model reads a source as a whole before it goes on, be it from both ends or with
    /// attention, so that the sources of one batch must be of one length.
    fn reads_whole_source(&self) -> bool {
        false
    }

    /// Whether a run of the learner's is read at once like one of the trainer's, after the model has
    /// written it position by position.
    fn reads_at_once(&self) -> bool {
        false
    }

    /// How many positions a source and an answer may each have, where a learned table of positions
    /// ends.
    fn longest(&self) -> Option<usize> {
        None
    }

    /// The weights that hold the given patterns, for a memory that is not trained by gradients.
    fn store(&self, patterns: &[Vec<f32>]) -> Option<Parameters> {
        let _ = patterns;
        None
    }

    /// New parameters.
    fn init(&self, seed: u64) -> Parameters {
        let tape = Tape::lean();
        let binder = Binder::new(&tape, seed);
        let _ = self.forward(&binder, &self.example());
        binder.into_parameters()
    }
}

/// What a model reads, position by position. It may depend on the answers so far.
pub trait Feed {
    /// The number of parallel sequences.
    fn rows(&self) -> usize;

    /// How many positions an encoder reads before a decoder begins; all where there is none.
    fn source(&self) -> usize;

    /// The number of positions, where all of them are known before the model answers anything, so
    /// that it may read them at once.
    fn known(&self) -> Option<usize>;

    /// What stands at `position`, which is asked for in order; `None` behind the end. `scores` are
    /// the model's answers at the position before, if it gives any before it reads on.
    fn at(&self, position: usize, scores: Option<Var<'_>>) -> Option<Step>;
}

/// What parallel sequences read at one position.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// One symbol number a row.
    Symbols(Vec<usize>),
    /// (rows, features).
    Numbers(Array2<f32>),
}

/// A batch of inputs, position by position; rows are parallel sequences.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// For each position one symbol number a row.
    Symbols(Vec<Vec<usize>>),
    /// For each position (rows, features).
    Numbers(Vec<Array2<f32>>),
}

impl Input {
    /// The number of positions.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Symbols(positions) => positions.len(),
            Self::Numbers(positions) => positions.len(),
        }
    }

    /// Whether there is no position.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of parallel sequences; 1 where there is no position.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Symbols(positions) => positions.first().map_or(1, Vec::len),
            Self::Numbers(positions) => positions.first().map_or(1, Array2::nrows),
        }
    }
}

impl Feed for Input {
    fn rows(&self) -> usize {
        Self::rows(self)
    }

    fn source(&self) -> usize {
        self.len()
    }

    fn known(&self) -> Option<usize> {
        Some(self.len())
    }

    fn at(&self, position: usize, _: Option<Var<'_>>) -> Option<Step> {
        match self {
            Self::Symbols(positions) => positions.get(position).cloned().map(Step::Symbols),
            Self::Numbers(positions) => positions.get(position).cloned().map(Step::Numbers),
        }
    }
}

/// What a model computes for a task.
pub struct Outputs<'t> {
    /// Scores before softmax, or estimates: (rows, outputs) for each position from `first` on.
    pub scores: Vec<Var<'t>>,
    /// The first position with an answer: 0, or where the source ends that an encoder reads.
    pub first: usize,
}

impl<'t> Outputs<'t> {
    /// The scores at a position.
    #[must_use]
    pub fn at(&self, position: usize) -> Option<Var<'t>> {
        self.scores.get(position.checked_sub(self.first)?).copied()
    }
}

/// How a shipped model is trained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recipe {
    /// The name of the shipped model, such as `lstm-brackets`.
    pub id: &'static str,
    /// The architecture's configuration, JSON.
    pub config: &'static str,
    /// The task's id.
    pub task: &'static str,
    /// The task's configuration, JSON.
    pub task_config: &'static str,
    /// Updates.
    pub steps: usize,
    /// Sequences in an update.
    pub batch: usize,
    /// The largest learning rate.
    pub learning_rate: f32,
    /// Gradients are scaled down to this norm.
    pub clip: f32,
    /// The seed of initial weights and training data.
    pub seed: u64,
    /// The held-out score that the shipped weights must reach, in the task's measure.
    pub target: f32,
    /// How much of each weight an update takes away, times the learning rate (AdamW's λ); keeps a
    /// model from learning its examples by heart. Where it is 0 it is not part of the recipe's hash.
    #[serde(skip_serializing_if = "is_zero")]
    pub weight_decay: f32,
    /// Percents of training after which the weights are shipped as well, as `lstm-remember@10`.
    /// Not part of what decides the result, so not of its hash.
    #[serde(skip)]
    pub kept: &'static [u8],
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &f32) -> bool {
    *number == 0.0
}

/// What a named value means, in each language: part of the model's file, so that a model stays one
/// file.
#[derive(Clone, Copy, Debug)]
pub struct ValueDoc {
    /// The name, without scopes.
    pub name: &'static str,
    /// One English sentence or phrase.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
    /// The range within which its entries lie, for the colour scale.
    pub range: Range,
    /// What its rows and columns stand for.
    pub axes: Axes,
}

impl ValueDoc {
    /// Whether this is about a value with such a dotted name: the last parts are the same, and any
    /// scopes before ours, as in `cross.attention`, are among its scopes in this order.
    #[must_use]
    pub fn is_about(&self, name: &str) -> bool {
        let mut ours = self.name.rsplit('.');
        let mut parts = name.rsplit('.');
        ours.next() == parts.next() && ours.all(|scope| parts.any(|part| part == scope))
    }

    /// The same for a value with such rows and columns.
    #[must_use]
    pub const fn over(self, axes: Axes) -> Self {
        Self { axes, ..self }
    }
}

/// What the rows and columns of a value stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// A row for each position, from the one that the value is named at; a column for each unit.
    Units,
    /// A row for each position; a column for each position of the source.
    Source,
    /// A row for each position; a column for each position from the first one of the part, encoder
    /// or decoder, that the value is in.
    Own,
    /// A row for each unit; a column for each position from the first.
    UnitsByPosition,
}

/// Where a value's entries lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Between 0 and 1: gates and probabilities.
    Unit,
    /// On both sides of 0.
    Signed,
}

/// Why a configuration does not make a model or task.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the configuration of `{of}` is not usable: {reason}")]
pub struct ConfigError {
    /// The architecture or task.
    pub of: String,
    /// What is wrong.
    pub reason: String,
}

impl ConfigError {
    /// Reads a configuration.
    ///
    /// # Errors
    /// If a field is missing, unknown or of the wrong type.
    pub fn read<T: for<'de> Deserialize<'de>>(of: &str, config: &Json) -> Result<T, Self> {
        T::deserialize(config).map_err(|e| Self { of: of.to_owned(), reason: e.to_string() })
    }
}

/// The architecture called `id`.
#[must_use]
pub fn find(id: &str) -> Option<&'static ModelSpec> {
    MODELS.iter().find(|spec| spec.id == id)
}

/// The shipped model called `id`, with its architecture.
#[must_use]
pub fn find_recipe(id: &str) -> Option<(&'static ModelSpec, &'static Recipe)> {
    recipes().find(|(_, recipe)| recipe.id == id)
}

/// The id of the model that is meant: an architecture's id stands for its first recipe, and a
/// variant's name after a colon stays.
#[must_use]
pub fn resolve(id: &str) -> String {
    let (base, variant) =
        id.split_once(':').map_or((id, ""), |(base, _)| (base, &id[base.len()..]));
    let first = find(base).and_then(|spec| spec.recipes.first());
    format!("{}{variant}", first.map_or(base, |recipe| recipe.id))
}

/// A shipped model's id without its variant or the share of training after which it was kept.
#[must_use]
pub fn base(id: &str) -> &str {
    id.split([':', '@']).next().unwrap_or(id)
}

/// The ids of all shipped models, their variants, and their checkpoints from during training.
#[must_use]
pub fn ids() -> Vec<String> {
    MODELS.iter().flat_map(ModelSpec::ids).collect()
}

/// All shipped models with their architectures, in teaching order.
pub fn recipes() -> impl Iterator<Item = (&'static ModelSpec, &'static Recipe)> {
    MODELS.iter().flat_map(|spec| spec.recipes.iter().map(move |recipe| (spec, recipe)))
}
