//! Weights on disk: safetensors with a card that says what they are.
//!
//! The card is JSON under the single metadata key `unrolled`, because the order of several keys
//! would differ from run to run.

use std::collections::HashMap;
use std::path::Path;

use include_dir::{Dir, include_dir};
use ndarray::Array2;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::models::{self, ConfigError, Model, ModelSpec, Recipe};
use crate::nn::Parameters;
use crate::tasks::{self, Task};
use crate::tensor::{shape, slice};

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/models");

const CARD_KEY: &str = "unrolled";
/// Far above any shipped model, far below what would exhaust memory.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;

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
    Sha256::digest(json.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A shipped model.
///
/// # Errors
/// If there is none of that name, or its embedded file is damaged.
pub fn shipped(id: &str) -> Result<Checkpoint, CheckpointError> {
    let file = SHIPPED.get_file(format!("{id}.safetensors"));
    let file = file.ok_or_else(|| CheckpointError::Unknown(id.to_owned()))?;
    from_bytes(&format!("the built-in model {id}"), file.contents())
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
    from_bytes(&name, &bytes)
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
    let spec = models::find(&card.model).ok_or_else(|| unknown("model", &card.model))?;
    let model = (spec.build)(&card.config).map_err(config)?;
    let task = tasks::find(&card.task).ok_or_else(|| unknown("task", &card.task))?;
    let task = (task.build)(&card.task_config).map_err(config)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
    let parameters = read_parameters(file, &tensors, &model.init(card.seed))?;
    Ok(Checkpoint { card, spec, model, task, parameters })
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

/// Writes arrays as safetensors with one JSON metadata entry, atomically: a reader sees the old
/// file or the whole new one.
///
/// # Errors
/// If the file cannot be written.
pub fn write<'a>(
    path: &Path,
    card: &Json,
    arrays: impl Iterator<Item = (&'a str, &'a Array2<f32>)>,
) -> Result<(), CheckpointError> {
    let name = path.display().to_string();
    let file_error = |error| CheckpointError::File { path: name.clone(), error };
    let arrays: Vec<(&str, Vec<usize>, Vec<u8>)> = arrays
        .map(|(name, array)| {
            let bytes = slice(array).iter().flat_map(|x| x.to_le_bytes()).collect();
            (name, shape(array).to_vec(), bytes)
        })
        .collect();
    let format = |error| CheckpointError::Format(path.display().to_string(), error);
    let mut views = Vec::with_capacity(arrays.len());
    for (name, shape, bytes) in &arrays {
        views.push((*name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(format)?));
    }
    let metadata = HashMap::from([(CARD_KEY.to_owned(), card.to_string())]);
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(format)?;
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, bytes).map_err(file_error)?;
    std::fs::rename(&unfinished, path).map_err(file_error)
}

/// Writes a model.
///
/// # Errors
/// If the file cannot be written.
pub fn save(path: &Path, card: &Card, parameters: &Parameters) -> Result<(), CheckpointError> {
    let card = serde_json::to_value(card)
        .map_err(|e| CheckpointError::Card(path.display().to_string(), e.to_string()))?;
    write(path, &card, parameters.iter().map(|(name, array)| (name, &**array)))
}
