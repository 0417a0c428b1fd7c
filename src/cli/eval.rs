//! `unrolled eval`: are the recorded scores true?

use std::path::PathBuf;

use clap::Args;
use indicatif::ProgressBar;
use serde_json::{Value as Json, json};

use super::list::rounded;
use super::output::Table;
use super::{Usage, model};
use crate::checkpoint::{Checkpoint, recipe_sha256};
use crate::models::{self, ConfigError};
use crate::tasks::{Measure, text};
use crate::training::evaluate::{self, EXAMPLES, FRESH_SEED, Measured};

/// A fresh score may differ from the recorded one by so many standard errors of their difference.
const TOLERANCE: f64 = 3.0;

/// Recompute held-out scores on fresh data and compare them with the recorded ones
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled eval lstm-brackets
  unrolled eval --all --json
  unrolled eval my.safetensors --examples 10000
  unrolled eval my.safetensors --text my.txt

The fresh sequences are none that training or the recorded score has used. The exit status is 1 if a
score is below its target, or differs from the recorded one by more than 3 standard errors of their
difference, or a file does not fit its own description.")]
pub struct Options {
    /// Shipped models or weights files
    #[arg(value_name = "MODEL", required_unless_present = "all")]
    models: Vec<String>,
    /// Every shipped model
    #[arg(long, conflicts_with = "models")]
    all: bool,
    /// The text that a model of one's own was trained on
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    text: Option<PathBuf>,
    /// Sequences that the score is computed on
    #[arg(long, value_name = "N", default_value_t = EXAMPLES as u32,
        value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    examples: u32,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let which: Vec<&str> = if options.all {
        models::recipes().map(|(_, recipe)| recipe.id).collect()
    } else {
        options.models.iter().map(String::as_str).collect()
    };
    let mut table = Table::new(&[
        "id",
        "task",
        "measure",
        "recorded",
        "fresh",
        "standard error",
        "target",
        "verdict",
    ]);
    let (mut failed, mut errors) = (0, Vec::new());
    let bar = ProgressBar::new(which.len() as u64);
    for which in &which {
        match model::load(which) {
            Ok(checkpoint) => {
                let fresh = match fresh(&checkpoint, options) {
                    Ok(fresh) => fresh,
                    Err(error) => {
                        errors.push(error);
                        continue;
                    }
                };
                let (row, is_right) = judge(&checkpoint, options.examples as usize, fresh);
                table.push(row);
                failed += usize::from(!is_right);
            }
            // A name that does not exist is a mistake in the command, whatever else is asked.
            Err(error) if error.is::<Usage>() => return Err(error),
            Err(error) => errors.push(error),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    table.write(options.json)?;
    match (errors.pop(), failed) {
        (None, 0) => Ok(()),
        (None, failed) => {
            anyhow::bail!("{failed} of {} models fail; see the column `verdict`", which.len())
        }
        (Some(last), _) => {
            for error in errors {
                super::output::note(&format!("error: {error:#}"));
            }
            Err(last)
        }
    }
}

/// The score of a model on fresh data; of a text, on what was held out of it.
fn fresh(checkpoint: &Checkpoint, options: &Options) -> anyhow::Result<Measured> {
    let Checkpoint { card, model, task, parameters, .. } = checkpoint;
    if card.task != text::SPEC.id {
        let examples = options.examples as usize;
        return Ok(evaluate::measure(&**model, &**task, parameters, FRESH_SEED, examples));
    }
    let config: text::Config = ConfigError::read(text::SPEC.id, &card.task_config)?;
    let Some(file) = &options.text else {
        let (id, title) = (&card.id, &config.title);
        anyhow::bail!(
            "{id} foretells a text that is not in its file; give the text with --text, it was called {title}"
        );
    };
    let text = super::train::text::again(&config, file)?;
    Ok(crate::training::text::score(&**model, &text, parameters))
}

/// A row of the table, and whether everything in it is right.
fn judge(checkpoint: &Checkpoint, examples: usize, fresh: Measured) -> (Vec<Json>, bool) {
    let Checkpoint { card, task, parameters, .. } = checkpoint;
    let measure = task.measure();
    // A variant is the same function, so it has its model's target.
    let recipe = models::find_recipe(models::base(&card.id)).map(|(_, recipe)| recipe);
    // What was kept during training has no target of its own.
    let target = recipe.filter(|_| !card.id.contains('@')).map(model::target);
    let mut faults = Vec::new();
    let mut notes = Vec::new();
    if target.is_some_and(|target| !measure.reaches(fresh.score, target)) {
        faults.push("below the target".to_owned());
    }
    let tolerance = tolerance(measure, &fresh, examples);
    // Written so that a NaN is a fault, too.
    if !((fresh.score - card.score).abs() <= tolerance) {
        faults.push(format!("more than {tolerance:.2e} from the recorded score"));
    }
    if card.parameters != parameters.count() {
        let found = parameters.count();
        faults.push(format!("{found} parameters, where its card says {}", card.parameters));
    }
    if recipe.is_some_and(|recipe| recipe_sha256(recipe) != card.recipe_sha256) {
        notes.push("trained with another recipe than the present one".to_owned());
    } else if recipe.is_none() {
        notes.push("no model of this program, so it has no target".to_owned());
    }
    let is_right = faults.is_empty();
    let verdict = if is_right { vec!["right".to_owned()] } else { faults };
    let verdict = [verdict, notes].concat().join("; ");
    let row = vec![
        json!(card.id),
        json!(card.task),
        json!(measure.name()),
        rounded(card.score),
        rounded(fresh.score),
        rounded(fresh.standard_error),
        target.map_or(Json::Null, rounded),
        json!(verdict),
    ];
    (row, is_right)
}

/// How far apart two scores of the same model may be by chance.
fn tolerance(measure: Measure, fresh: &Measured, examples: usize) -> f64 {
    // The recorded score has an error of its own, which shrinks with √examples like any mean's.
    let both = (1.0 + examples as f64 / EXAMPLES as f64).sqrt();
    let by_error = TOLERANCE * fresh.standard_error * both;
    match measure {
        // All right says little about how rare mistakes are: up to 3 in n remain likely (Hanley &
        // Lippman-Hand 1983, the rule of three).
        Measure::Accuracy => by_error.max(3.0 / examples.min(EXAMPLES) as f64),
        Measure::MeanSquaredError | Measure::AboveEntropy => by_error,
        // The same parts of the same text: only other processors add in another order.
        Measure::BitsPerCharacter => 1e-3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tolerance_counts_both_errors_and_never_trusts_perfection() {
        let fresh = Measured { score: 0.9, standard_error: 0.01, answers: 1000 };
        let t = tolerance(Measure::Accuracy, &fresh, EXAMPLES);
        assert!((t - 0.03 * 2.0_f64.sqrt()).abs() < 1e-12);
        let perfect = Measured { score: 1.0, standard_error: 0.0, answers: 1000 };
        assert!((tolerance(Measure::Accuracy, &perfect, EXAMPLES) - 0.0015).abs() < 1e-12);
    }
}
