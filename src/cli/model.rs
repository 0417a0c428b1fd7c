//! Which model is meant, and what is run on it.

use std::path::Path;

use anyhow::Context as _;

use super::Usage;
use crate::checkpoint::{self, Checkpoint, CheckpointError};
use crate::lesson::{did_you_mean, no_effect};
use crate::models::{self, ModelSpec, Recipe};
use crate::tape::Intervention;
use crate::trace::Trace;

/// Where to look when a model's name is not known.
const SEE_MODELS: &str = "`unrolled list models` shows those there are";

/// The recipe called `id`, or the first of the architecture called so.
pub fn recipe(id: &str) -> anyhow::Result<(&'static ModelSpec, &'static Recipe)> {
    let of_architecture = || {
        let spec = models::find(id)?;
        Some((spec, spec.recipes.first()?))
    };
    models::find_recipe(id).or_else(of_architecture).ok_or_else(|| {
        let names = models::recipes().map(|(_, recipe)| recipe.id);
        Usage(format!("there is no model `{id}`; {}", meant(id, names, SEE_MODELS))).into()
    })
}

/// A recipe's target as it is written: as an `f32`, 0.99 is a hair above.
pub fn target(recipe: &Recipe) -> f64 {
    (f64::from(recipe.target) * 1e6).round() / 1e6
}

/// A trained model: a shipped one by name, or a weights file.
pub fn load(which: &str) -> anyhow::Result<Checkpoint> {
    let path = Path::new(which);
    let looks_like_a_file = which.contains(['/', '\\']) || path.extension().is_some();
    if looks_like_a_file || (path.is_file() && recipe(which).is_err()) {
        return Ok(checkpoint::open(path)?);
    }
    let base = models::base(which);
    let (spec, recipe) = recipe(base)?;
    let rest = &which[base.len()..];
    let id = match (rest.strip_prefix(':'), rest.strip_prefix('@')) {
        (Some(variant), _) => known_variant(spec, recipe, variant)?,
        (_, Some(percent)) => known_checkpoint(recipe, percent)?,
        _ => recipe.id.to_owned(),
    };
    checkpoint::shipped(&id).map_err(|error| match error {
        CheckpointError::Unknown(id) => anyhow::anyhow!(
            "this program was built without the weights of `{id}`; make them with `unrolled train {id} --out {id}.safetensors` and give that file instead of the name"
        ),
        other => other.into(),
    })
}

/// The id of a model's variant, checked.
fn known_variant(spec: &ModelSpec, recipe: &Recipe, variant: &str) -> anyhow::Result<String> {
    let known: Vec<&str> = spec.variants.iter().map(|variant| variant.id).collect();
    if known.contains(&variant) {
        return Ok(format!("{}:{variant}", recipe.id));
    }
    let there_are = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let id = recipe.id;
    Err(Usage(format!("{id} has no variant `{variant}`; there are: {there_are}")).into())
}

/// The id of a checkpoint from during training, checked.
fn known_checkpoint(recipe: &Recipe, percent: &str) -> anyhow::Result<String> {
    let id = recipe.id;
    let known: Vec<String> = recipe.kept.iter().map(|percent| format!("{id}@{percent}")).collect();
    let asked = format!("{id}@{percent}");
    if known.contains(&asked) {
        return Ok(asked);
    }
    let there_are = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Usage(format!("{id} was not kept after {percent} % of training; there are: {there_are}"))
        .into())
}

/// Runs a model on what was typed.
pub fn record(
    checkpoint: &Checkpoint,
    input: &str,
    interventions: &[Intervention],
) -> anyhow::Result<Trace> {
    let sequence = checkpoint.parse(input).context("--input")?;
    let trace = Trace::record_edited(checkpoint, sequence, interventions);
    let is_weight = |intervention: &&Intervention| {
        checkpoint.parameters.iter().any(|(name, _)| intervention.names(name))
    };
    for intervention in interventions.iter().filter(|intervention| !is_weight(intervention)) {
        must_match(&trace, intervention)?;
    }
    Ok(trace)
}

/// The name of a value or parameter of a run, checked.
pub fn known_name<'a>(trace: &Trace, name: &'a str) -> anyhow::Result<&'a str> {
    if trace.graph().find(name).is_some() {
        return Ok(name);
    }
    let names = trace.graph().names().iter().map(|named| named.name.as_str());
    Err(unknown_value(trace, name, names).into())
}

fn unknown_value<'a>(trace: &Trace, name: &str, names: impl Iterator<Item = &'a str>) -> Usage {
    let model = trace.model();
    let otherwise = format!("`unrolled list values {model}` shows those there are");
    Usage(format!("{model} has no value `{name}`; {}", meant(name, names, &otherwise)))
}

/// A sentence that offers the nearest name, or else where to look.
fn meant<'a>(word: &str, names: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    did_you_mean(word, names).unwrap_or_else(|| otherwise.to_owned())
}

/// An intervention that changes nothing is a mistake that would go unnoticed.
fn must_match(trace: &Trace, intervention: &Intervention) -> anyhow::Result<()> {
    let Some(unmatched) = no_effect(intervention, trace) else { return Ok(()) };
    let model = trace.model();
    let otherwise = format!("`unrolled list values {model}` shows those there are");
    let hint = unmatched.hint.unwrap_or(otherwise);
    Err(Usage(format!("{}; {hint}", unmatched.message)).into())
}
