//! `unrolled train MODEL --text FILE`: a model of a text of one's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use super::{Options, Reporter, must_be_weights, must_be_writable, plot, updates};
use crate::checkpoint;
use crate::cli::list::rounded;
use crate::cli::{Usage, output};
use crate::models;
use crate::tasks::Task as _;
use crate::tasks::text::{Division, Text};
use crate::training::text::{self, HIDDEN, LAYERS, LENGTH, STEPS, TextSettings, learners};
use crate::training::writing;

/// Characters that the trained model writes, to be looked at.
const WRITTEN: usize = 240;

/// Does the command.
pub fn run(options: &Options, file: &Path) -> anyhow::Result<()> {
    let settings = settings(options)?;
    let path = options
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}-text.safetensors", settings.model)));
    must_be_weights(&path)?;
    must_be_writable(&path, "--out")?;
    if let Some(plot) = &options.plot {
        must_be_writable(plot, "--plot")?;
    }
    let corpus = Arc::new(checkpoint::read_text(file).map_err(|error| named(file, &error))?);
    let divided = Division::new(corpus, settings.length).map_err(|error| named(file, &error))?;
    let text = Arc::new(divided);
    let start = Instant::now();
    let plan = settings.plan(Arc::clone(&text))?;
    let mut trainer = plan.trainer()?;
    let mut reporter = Reporter::new(&plan.name, plan.recipe.steps);
    let history = updates(&mut trainer, &plan.recipe, &mut reporter, &mut |_| ())?;
    let (model, parameters) = (plan.model()?, trainer.parameters());
    let score = text::score(&*model, &text, parameters);
    let finished = plan.checkpoint(plan.name.clone(), history.len(), parameters, score.score)?;
    checkpoint::save(&path, &finished.card, parameters).context("the weights are lost")?;
    plot(options, &plan.name, &plan.recipe, &history)?;
    let task = Text::on(Arc::clone(&text));
    let beginning: Vec<usize> = text.part(0).unwrap_or_default().into_iter().take(1).collect();
    let written = writing::written(&*model, parameters, &beginning, WRITTEN, settings.seed);
    let corpus = text.corpus();
    let summary = json!({
        "id": finished.card.id,
        "text": corpus.title(),
        "characters": corpus.len(),
        "vocabulary": corpus.vocabulary().len(),
        "rare": corpus.rare(),
        "length": text.length(),
        "held_out": rounded(text.held_out_share()),
        "parameters": finished.card.parameters,
        "steps": history.len(),
        "seed": settings.seed,
        "measure": task.measure().name(),
        "score": rounded(score.score),
        "standard_error": rounded(score.standard_error),
        "unigram": rounded(text.unigram()),
        "seconds": (start.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        "file": path.display().to_string(),
        "written": task.text(&crate::tasks::Sequence::Symbols(written)),
    });
    if options.json {
        return output::write_json(&summary);
    }
    output::write(in_words(&summary).as_bytes())?;
    if !(score.score < text.unigram()) {
        output::note(
            "warning: this model foretells worse than the characters' frequencies alone; give it more --steps, or a smaller --learning-rate",
        );
    }
    Ok(())
}

/// What the options choose, within what can be chosen.
fn settings(options: &Options) -> anyhow::Result<TextSettings> {
    let id = options.model.as_deref().unwrap_or_default();
    let base = models::find_recipe(id).map_or(id, |(spec, _)| spec.id);
    let chosen = TextSettings::of(base).ok_or_else(|| {
        let known: Vec<&str> = learners().map(|spec| spec.id).collect();
        Usage(format!("`{id}` does not learn texts; these do: {}", known.join(", ")))
    })?;
    let number = |option: &str,
                  value: Option<u32>,
                  otherwise: usize,
                  bounds: &std::ops::RangeInclusive<usize>| {
        let value = value.map_or(otherwise, |value| value as usize);
        if bounds.contains(&value) {
            return Ok(value);
        }
        let (least, most) = (bounds.start(), bounds.end());
        Err(Usage(format!("--{option} {value}: with --text, {least} to {most}")))
    };
    Ok(TextSettings {
        hidden: number("hidden", options.hidden, chosen.hidden, &HIDDEN)?,
        layers: number("layers", options.layers, chosen.layers, &LAYERS)?,
        length: number("length", options.length, chosen.length, &LENGTH)?,
        steps: number("steps", options.steps, chosen.steps, &STEPS)?,
        seed: options.seed.unwrap_or(chosen.seed),
        learning_rate: options.learning_rate,
        ..chosen
    })
}

/// An error with the file that it is about, where it does not say so itself.
fn named(file: &Path, error: &crate::tasks::text::TextError) -> anyhow::Error {
    match error {
        crate::tasks::text::TextError::File { .. } => anyhow::anyhow!("{error}"),
        _ => anyhow::anyhow!("{}: {error}", file.display()),
    }
}

/// The text of a trained model, found in a file.
///
/// # Errors
/// If it cannot be read, or is another text.
pub fn again(task: &crate::tasks::text::Config, file: &Path) -> anyhow::Result<Arc<Division>> {
    let corpus = checkpoint::read_text(file).map_err(|error| named(file, &error))?;
    if corpus.hash() != task.text {
        anyhow::bail!(
            "{}: the model was trained on another text, called {} then, or on this one before it was changed",
            file.display(),
            task.title
        );
    }
    Ok(Arc::new(Division::new(Arc::new(corpus), task.length).map_err(|error| named(file, &error))?))
}

fn in_words(summary: &Json) -> String {
    let text = |key: &str| summary[key].as_str().unwrap_or_default().to_owned();
    let held_out = 100.0 * summary["held_out"].as_f64().unwrap_or_default();
    let rare = match summary["rare"].as_u64() {
        Some(rare) if rare > 0 => format!(", {rare} rarer ones read as □"),
        _ => String::new(),
    };
    format!(
        "{}: {} bits per character on the {held_out:.0} % of {} that were held out; {} by the frequencies of characters alone\n{} characters, {} in the vocabulary{rare}; {} parameters, {} updates in {} s, written to {}\n\n{}\n",
        text("id"),
        summary["score"],
        text("text"),
        summary["unigram"],
        summary["characters"],
        summary["vocabulary"],
        summary["parameters"],
        summary["steps"],
        summary["seconds"],
        text("file"),
        text("written").replace('⏎', "\n"),
    )
}
