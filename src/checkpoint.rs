//! Weights on disk: safetensors with a card that says what they are.
//!
//! The card is JSON under the single metadata key `unrolled`, because the order of several keys
//! would differ from run to run.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use ndarray::Array2;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::models::{self, ConfigError, Input, Model, ModelSpec, Recipe};
use crate::nn::{Binder, Parameters};
use crate::tape::Tape;
use crate::tasks::text::corpus::LARGEST_FILE as LARGEST_TEXT;
use crate::tasks::text::{Corpus, TextError};
use crate::tasks::{self, InputError, Sequence, Task};
use crate::tensor::random::Random;
use crate::tensor::{shape, slice};

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/models");

const CARD_KEY: &str = "unrolled";
/// Far above any shipped model, far below what would exhaust memory.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;
/// No size in a configuration is larger; a damaged one could ask for more memory than there is.
const LARGEST_SIZE: f64 = 4096.0;
/// The same for a task, whose numbers may also count what it asks for.
const LARGEST_DIFFICULTY: f64 = 10_000.0;

/// What the weights are and how they came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The name, such as `lstm-brackets`.
    pub id: String,
    /// The architecture's id.
    pub model: String,
    /// The architecture's configuration.
    pub config: Json,
    /// The task's id.
    pub task: String,
    /// The task's configuration.
    pub task_config: Json,
    /// The seed of initial weights and training data.
    pub seed: u64,
    /// Updates.
    pub steps: usize,
    /// The number of weights.
    pub parameters: usize,
    /// The measure of the score.
    pub measure: String,
    /// The held-out score when training ended.
    pub score: f64,
    /// SHA-256 of the recipe's JSON.
    pub recipe_sha256: String,
}

/// A trained model, ready to run.
pub struct Checkpoint {
    /// What it is.
    pub card: Card,
    /// Its registry entry.
    pub spec: &'static ModelSpec,
    /// The architecture.
    pub model: Box<dyn Model>,
    /// The task that it was trained for.
    pub task: Box<dyn Task>,
    /// Its weights.
    pub parameters: Parameters,
    /// The file that it was read from, if it was.
    pub origin: Option<Origin>,
}

/// Where a model was read from, and what was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub path: PathBuf,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl Checkpoint {
    /// Reads what a learner typed.
    ///
    /// # Errors
    /// If the task cannot read it, or the model has not learned so many positions.
    pub fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let sequence = self.task.parse(text)?;
        let found = self.task.source(&sequence);
        match self.model.longest() {
            Some(longest) if found > longest => Err(InputError::BeyondTable { found, longest }),
            _ => Ok(sequence),
        }
    }
}

/// Why weights cannot be loaded or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// No shipped model of that name.
    #[error("there is no model `{0}`; `unrolled list models` shows those there are")]
    Unknown(String),
    /// The file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file is larger than any model that this program runs.
    #[error(
        "{path} has {bytes} bytes, more than the {LARGEST_FILE} that are accepted; is it a weights file?"
    )]
    TooLarge {
        /// The file.
        path: String,
        /// Its size.
        bytes: u64,
    },
    /// The bytes are not safetensors.
    #[error(
        "{0}: not a whole safetensors file ({1}); copy it again or train the model anew with `unrolled train`"
    )]
    Format(String, safetensors::SafeTensorError),
    /// The file has no card, or an unreadable one.
    #[error(
        "{0}: the file does not say which model it is ({1}); only weights written by `unrolled train` can be opened"
    )]
    Card(String, String),
    /// The card names something that this version does not have, or a bad configuration.
    #[error("{0}: {1}")]
    Config(String, ConfigError),
    /// A weight is missing, or has the wrong shape or type.
    #[error("{file}: weight `{name}` {problem}; the file does not fit its own description")]
    Weight {
        /// The file.
        file: String,
        /// The weight.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// The SHA-256 of a recipe, in hexadecimal.
#[must_use]
pub fn recipe_sha256(recipe: &Recipe) -> String {
    let json = serde_json::to_string(recipe).unwrap_or_default();
    sha256(json.as_bytes())
}

/// The SHA-256 of the file of a shipped model; `None` if there is none of that name.
#[must_use]
pub fn shipped_sha256(id: &str) -> Option<String> {
    let id = models::resolve(id);
    let (base, variant) = id.split_once(':').map_or((id.as_str(), None), |(b, v)| (b, Some(v)));
    let (spec, _) = models::find_recipe(models::base(base))?;
    let is_known = variant.is_none_or(|variant| spec.variants.iter().any(|v| v.id == variant));
    let file = SHIPPED.get_file(format!("{base}.safetensors")).filter(|_| is_known)?;
    Some(sha256(file.contents()))
}

/// A SHA-256 in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A model of a recipe before any training: new weights, no steps, no score.
///
/// # Errors
/// If the recipe's configuration does not make a model and a task.
pub fn untrained(spec: &'static ModelSpec, recipe: &Recipe) -> Result<Checkpoint, ConfigError> {
    let read = |of: &str, json: &str| {
        serde_json::from_str::<Json>(json)
            .map_err(|e| ConfigError { of: of.to_owned(), reason: e.to_string() })
    };
    let (config, task_config) =
        (read(recipe.id, recipe.config)?, read(recipe.task, recipe.task_config)?);
    let model = (spec.build)(&config)?;
    let task_spec = tasks::find(recipe.task).ok_or_else(|| ConfigError {
        of: recipe.task.to_owned(),
        reason: "there is no such task".to_owned(),
    })?;
    let task = (task_spec.build)(&task_config)?;
    let parameters = model.init(recipe.seed);
    let card = Card {
        id: recipe.id.to_owned(),
        model: spec.id.to_owned(),
        config,
        task: recipe.task.to_owned(),
        task_config,
        seed: recipe.seed,
        steps: 0,
        parameters: parameters.count(),
        measure: task.measure().name().to_owned(),
        score: f64::NAN,
        recipe_sha256: recipe_sha256(recipe),
    };
    Ok(Checkpoint { card, spec, model, task, parameters, origin: None })
}

/// A shipped model, or one of its variants: `gru-brackets:updates`. An architecture's id stands for
/// its first recipe.
///
/// # Errors
/// If there is none of that name, or its embedded file is damaged.
pub fn shipped(id: &str) -> Result<Checkpoint, CheckpointError> {
    let id = models::resolve(id);
    let id = id.as_str();
    let (base, variant) = id.split_once(':').map_or((id, None), |(base, v)| (base, Some(v)));
    let unknown = || CheckpointError::Unknown(id.to_owned());
    let file = SHIPPED.get_file(format!("{base}.safetensors")).ok_or_else(unknown)?;
    let name = format!("the built-in model {base}");
    let mut checkpoint = from_bytes(&name, file.contents())?;
    if let Some(variant) = variant {
        let variant = checkpoint.spec.variants.iter().find(|known| known.id == variant);
        let rewrite = variant.ok_or_else(unknown)?.rewrite;
        let config = |error| CheckpointError::Config(name.clone(), error);
        let (rewritten, parameters) =
            rewrite(&checkpoint.card.config, &checkpoint.parameters).map_err(config)?;
        checkpoint.model = (checkpoint.spec.build)(&rewritten).map_err(config)?;
        checkpoint.parameters = parameters;
        checkpoint.card.config = rewritten;
        id.clone_into(&mut checkpoint.card.id);
    }
    Ok(checkpoint)
}

/// A model from a file.
///
/// # Errors
/// If the file cannot be read or is not a model of this program; the message says why.
pub fn open(path: &Path) -> Result<Checkpoint, CheckpointError> {
    let name = path.display().to_string();
    let file_error = |error| CheckpointError::File { path: name.clone(), error };
    let bytes = std::fs::metadata(path).map_err(file_error)?.len();
    if bytes > LARGEST_FILE {
        return Err(CheckpointError::TooLarge { path: name, bytes });
    }
    let bytes = std::fs::read(path).map_err(file_error)?;
    let sha256 = sha256(&bytes);
    // Told from any folder, as long as the program knows the one that it was started in.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let checkpoint = from_bytes(&name, &bytes)?;
    Ok(Checkpoint { origin: Some(Origin { path, sha256 }), ..checkpoint })
}

/// A text to learn from; one that is too large is refused before it is read.
///
/// # Errors
/// If the file cannot be read, or nothing can be learned from it; the message says why.
pub fn read_text(path: &Path) -> Result<Corpus, TextError> {
    let file_error = |error: std::io::Error| TextError::File {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let metadata = std::fs::metadata(path).map_err(file_error)?;
    if metadata.is_dir() {
        return Err(file_error(std::io::ErrorKind::IsADirectory.into()));
    }
    // Not by the size alone: that of a pipe is 0, and a file may grow meanwhile.
    if metadata.len() > LARGEST_TEXT {
        return Err(TextError::TooLarge { bytes: metadata.len() });
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(file_error)?;
    file.take(LARGEST_TEXT + 1).read_to_end(&mut bytes).map_err(file_error)?;
    let title = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    Corpus::read(&title, &bytes)
}

/// A model from the bytes of a file called `file` in messages.
///
/// # Errors
/// If the bytes are not a model of this program; the message says why.
pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
    let format = |error| CheckpointError::Format(file.to_owned(), error);
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(format)?;
    let card_error = |reason: String| CheckpointError::Card(file.to_owned(), reason);
    let card = metadata.metadata().as_ref().and_then(|metadata| metadata.get(CARD_KEY));
    let card = card.ok_or_else(|| card_error(format!("no metadata `{CARD_KEY}`")))?;
    let card: Card = serde_json::from_str(card).map_err(|e| card_error(e.to_string()))?;
    let config = |error| CheckpointError::Config(file.to_owned(), error);
    let unknown = |what: &str, of: &str| {
        config(ConfigError {
            of: of.to_owned(),
            reason: format!("this version has no such {what}"),
        })
    };
    let parts = [
        (&card.model, &card.config, LARGEST_SIZE),
        (&card.task, &card.task_config, LARGEST_DIFFICULTY),
    ];
    for (of, json, largest) in parts {
        if let Some(size) = too_large(json, largest) {
            let reason = format!("{size} is more than {largest}, which no size may exceed");
            return Err(config(ConfigError { of: of.clone(), reason }));
        }
    }
    let spec = models::find(&card.model).ok_or_else(|| unknown("model", &card.model))?;
    let model = (spec.build)(&card.config).map_err(config)?;
    let task = tasks::find(&card.task).ok_or_else(|| unknown("task", &card.task))?;
    let task = (task.build)(&card.task_config).map_err(config)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
    let declared = declared(&*model, &*task);
    let declared =
        declared.map_err(|reason| config(ConfigError { of: card.id.clone(), reason }))?;
    let parameters = read_parameters(file, &tensors, &declared)?;
    Ok(Checkpoint { card, spec, model, task, parameters, origin: None })
}

/// The first number in a configuration that is beyond all reason.
fn too_large(json: &Json, largest: f64) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64().filter(|number| number.abs() > largest),
        Json::Array(entries) => entries.iter().find_map(|entry| too_large(entry, largest)),
        Json::Object(fields) => fields.values().find_map(|field| too_large(field, largest)),
        _ => None,
    }
}

/// The parameters that a model declares, as zeros; or why it cannot do its task. What passes here
/// can be run on every input that the task accepts.
fn declared(model: &dyn Model, task: &dyn Task) -> Result<Parameters, String> {
    let input = model.example();
    let sequence = task.generate(&mut Random::new(0, 0)).sequence;
    let fits = match (&input, &sequence) {
        (Input::Symbols(_), Sequence::Symbols(_)) => true,
        (Input::Numbers(read), Sequence::Numbers(given)) => {
            read.first().map(Array2::ncols) == given.first().map(Vec::len)
        }
        _ => false,
    };
    if !fits {
        return Err("the model does not read what the task gives".to_owned());
    }
    let tape = Tape::lean();
    let binder = Binder::blank(&tape);
    let outputs = model.forward(&binder, &input);
    let wanted = task.outputs();
    if outputs.scores.last().is_none_or(|scores| scores.shape()[1] != wanted) {
        return Err(format!("the model does not give the {wanted} outputs that the task asks for"));
    }
    let parameters = binder.into_parameters();
    if let Some((name, _)) = parameters.iter().find(|(_, array)| array.is_empty()) {
        return Err(format!("weight `{name}` would have no entries"));
    }
    if let Some(table) = parameters.get("embedding")
        && table.nrows() < task.input_symbols().len()
    {
        return Err(format!("{} symbols are fewer than the task has", table.nrows()));
    }
    Ok(parameters)
}

fn read_parameters(
    file: &str,
    tensors: &SafeTensors<'_>,
    declared: &Parameters,
) -> Result<Parameters, CheckpointError> {
    let mut parameters = Parameters::default();
    for (name, wanted) in declared.iter() {
        let problem = |problem: String| CheckpointError::Weight {
            file: file.to_owned(),
            name: name.to_owned(),
            problem,
        };
        let tensor = tensors.tensor(name).map_err(|_| problem("is missing".to_owned()))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape(wanted) {
            return Err(problem(format!(
                "is {:?} {:?}, not F32 {:?}",
                tensor.dtype(),
                tensor.shape(),
                shape(wanted)
            )));
        }
        let entries: Vec<f32> =
            tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if let Some(at) = entries.iter().position(|entry| !entry.is_finite()) {
            return Err(problem(format!("has {} at entry {at}", entries[at])));
        }
        parameters.push(name, crate::tensor::from_vec(shape(wanted), entries));
    }
    Ok(parameters)
}

/// Arrays as safetensors with one JSON metadata entry.
///
/// # Errors
/// If two arrays have the same name, or there are more than the format can hold.
pub fn to_bytes<'a>(
    file: &str,
    card: &Json,
    arrays: impl Iterator<Item = (&'a str, &'a Array2<f32>)>,
) -> Result<Vec<u8>, CheckpointError> {
    let arrays: Vec<(&str, Vec<usize>, Vec<u8>)> = arrays
        .map(|(name, array)| {
            let bytes = slice(array).iter().flat_map(|x| x.to_le_bytes()).collect();
            (name, shape(array).to_vec(), bytes)
        })
        .collect();
    let format = |error| CheckpointError::Format(file.to_owned(), error);
    let mut views = Vec::with_capacity(arrays.len());
    for (name, shape, bytes) in &arrays {
        views.push((*name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(format)?));
    }
    let metadata = HashMap::from([(CARD_KEY.to_owned(), card.to_string())]);
    safetensors::serialize(views, Some(metadata)).map_err(format)
}

/// Writes a file atomically: a reader sees the old file or the whole new one.
///
/// # Errors
/// If the file cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let file_error = |error| CheckpointError::File { path: path.display().to_string(), error };
    // A device or a pipe is written to; renaming would put a file in its place.
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return std::fs::write(path, bytes).map_err(file_error);
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let result =
        std::fs::write(&unfinished, bytes).and_then(|()| std::fs::rename(&unfinished, path));
    result.map_err(|error| {
        // What is left of the attempt is of no use; that it cannot be removed either changes nothing.
        let _ = std::fs::remove_file(&unfinished);
        file_error(error)
    })
}

/// Writes a model.
///
/// # Errors
/// If the file cannot be written.
pub fn save(path: &Path, card: &Card, parameters: &Parameters) -> Result<(), CheckpointError> {
    let name = path.display().to_string();
    let card = serde_json::to_value(card)
        .map_err(|e| CheckpointError::Card(name.clone(), e.to_string()))?;
    let arrays = parameters.iter().map(|(name, array)| (name, &**array));
    write_file(path, &to_bytes(&name, &card, arrays)?)
}
