//! `unrolled train`: a model from nothing, by its recipe or on a text of one's own.

pub mod text;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};

use super::list::rounded;
use super::{Usage, figure as figure_command, model, output};
use crate::checkpoint::{self, Card};
use crate::export::chart::Panel;
use crate::export::{LineChart, figure};
use crate::models::{self, ModelSpec, Recipe};
use crate::training::evaluate::{self, EXAMPLES, RECORDED_SEED};
use crate::training::{Progress, Trainer};

/// Train a model from scratch, with its recipe or on a text of your own, and write the weights
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled train lstm-brackets
  unrolled train gru --steps 2000 --seed 7 --out my-gru.safetensors --plot my-gru.svg
  unrolled train lstm --text my.txt --hidden 64 --out my.safetensors
  unrolled train --all                every shipped model anew, one after another

A text is UTF-8 or UTF-16, 500 characters to 5 MB. Its characters are the vocabulary, at most 1024;
rarer ones are read as □. One part in eight is held out to measure by.")]
pub struct Options {
    /// A model of `unrolled list models`
    #[arg(required_unless_present = "all")]
    model: Option<String>,
    /// Every shipped model, one after another
    #[arg(long, conflicts_with_all = ["model", "out", "plot", "text"])]
    all: bool,
    /// Learn this text, character by character, instead of the recipe's task
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// With --text: units of the hidden state, or of the stream, 8 to 256 [default: the architecture's]
    #[arg(long, value_name = "N", requires = "text")]
    hidden: Option<u32>,
    /// With --text: layers, 1 to 4 [default: the architecture's]
    #[arg(long, value_name = "N", requires = "text")]
    layers: Option<u32>,
    /// With --text: positions of a training sequence, 8 to 128 [default: 64]
    #[arg(long, value_name = "T", requires = "text")]
    length: Option<u32>,
    /// Updates [default: the recipe's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    steps: Option<u32>,
    /// The seed of initial weights and training data [default: the recipe's]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The largest learning rate [default: the recipe's]
    #[arg(long, value_name = "RATE", value_parser = learning_rate)]
    learning_rate: Option<f32>,
    /// The file to write [default: ID.safetensors; inside the repository, where nothing of the
    /// recipe is changed, assets/models/ID.safetensors]
    #[arg(long, value_name = "F.safetensors")]
    out: Option<PathBuf>,
    /// Draws loss and gradient norm over the updates: .svg or .png
    #[arg(long, value_name = "F")]
    plot: Option<PathBuf>,
    /// Write a summary as JSON
    #[arg(long)]
    json: bool,
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    // A name with a wrong ending is a mistake before the training rather than after it.
    options.plot.as_deref().map(figure_command::picture_format).transpose()?;
    if let Some(file) = &options.text {
        return text::run(options, file);
    }
    let recipes = match &options.model {
        Some(id) => vec![model::recipe(id)?],
        None => models::recipes().collect(),
    };
    let mut summaries = Vec::new();
    for (spec, recipe) in recipes {
        let recipe = Recipe {
            steps: options.steps.map_or(recipe.steps, |steps| steps as usize),
            seed: options.seed.unwrap_or(recipe.seed),
            learning_rate: options.learning_rate.unwrap_or(recipe.learning_rate),
            ..recipe.clone()
        };
        // Shipped weights are replaced only by the recipe that made them.
        let is_recipe =
            options.steps.is_none() && options.seed.is_none() && options.learning_rate.is_none();
        let path = options.out.clone().unwrap_or_else(|| default_path(recipe.id, is_recipe));
        must_be_weights(&path)?;
        must_be_writable(&path, "--out")?;
        if let Some(plot) = &options.plot {
            must_be_writable(plot, "--plot")?;
        }
        let (summary, history) = train(spec, &recipe, &path)?;
        plot(options, recipe.id, &recipe, &history)?;
        if !options.json {
            output::write(in_words(&summary).as_bytes())?;
        }
        summaries.push(summary);
    }
    if options.json { output::write_json(&json!(summaries)) } else { Ok(()) }
}

/// Trains, scores on what was held out, and writes the file.
fn train(
    spec: &'static ModelSpec,
    recipe: &Recipe,
    path: &Path,
) -> anyhow::Result<(Json, Vec<Progress>)> {
    let start = Instant::now();
    let blank = checkpoint::untrained(spec, recipe)?;
    let again = checkpoint::untrained(spec, recipe)?;
    let mut trainer = Trainer::new(again.model, again.task, recipe)?;
    let mut reporter = Reporter::new(recipe.id, recipe.steps);
    let mut early = Vec::new();
    let history = updates(&mut trainer, recipe, &mut reporter, &mut |trainer| {
        for percent in recipe.kept {
            if trainer.updates() == recipe.steps * usize::from(*percent) / 100 {
                early.push((*percent, trainer.updates(), trainer.parameters().clone()));
            }
        }
    })?;
    let score =
        evaluate::score(&*blank.model, &*blank.task, trainer.parameters(), RECORDED_SEED, EXAMPLES);
    for (percent, steps, parameters) in early {
        let seed = RECORDED_SEED;
        let score = evaluate::score(&*blank.model, &*blank.task, &parameters, seed, EXAMPLES);
        let id = format!("{}@{percent}", recipe.id);
        let path = beside(path, percent);
        let card = Card { id, steps, score, ..blank.card.clone() };
        checkpoint::save(&path, &card, &parameters).context("the weights are lost")?;
    }
    // Where a rule of the model's own stores the weights, there are no updates.
    let card = Card { steps: history.len(), score, ..blank.card };
    checkpoint::save(path, &card, trainer.parameters()).context("the weights are lost")?;
    let summary = json!({
        "id": card.id,
        "task": card.task,
        "parameters": card.parameters,
        "steps": card.steps,
        "seed": card.seed,
        "measure": card.measure,
        "score": rounded(score),
        "target": model::target(recipe),
        "reaches_target": blank.task.measure().reaches(score, model::target(recipe)),
        "seconds": (start.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        "file": path.display().to_string(),
    });
    Ok((summary, history))
}

/// All updates of a recipe; `at` is called before the first and after each.
fn updates(
    trainer: &mut Trainer,
    recipe: &Recipe,
    reporter: &mut Reporter,
    at: &mut dyn FnMut(&Trainer),
) -> anyhow::Result<Vec<Progress>> {
    let mut history = Vec::with_capacity(recipe.steps);
    at(trainer);
    while !trainer.is_finished() {
        let progress = trainer.step();
        anyhow::ensure!(
            progress.loss.is_finite() && progress.gradient_norm.is_finite(),
            "{}: training diverged at step {}, the loss is {}; try a smaller --learning-rate than {}",
            recipe.id,
            progress.step,
            progress.loss,
            recipe.learning_rate
        );
        reporter.report(&progress);
        history.push(progress);
        at(trainer);
    }
    reporter.finish();
    Ok(history)
}

/// Draws the curves that are asked for.
fn plot(
    options: &Options,
    title: &str,
    recipe: &Recipe,
    history: &[Progress],
) -> anyhow::Result<()> {
    let Some(path) = &options.plot else { return Ok(()) };
    let format = figure_command::picture_format(path)?;
    output::write_to(path, &figure::render(&chart(title, recipe, history), format)?)
}

fn must_be_weights(path: &Path) -> anyhow::Result<()> {
    if path.extension().is_none_or(|extension| extension != "safetensors") {
        let shown = path.display();
        return Err(Usage(format!("--out {shown}: end the name in .safetensors")).into());
    }
    Ok(())
}

/// The file for weights from after a share of the training: `F@10.safetensors` beside `F.safetensors`.
fn beside(path: &Path, percent: u8) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}@{percent}.safetensors"))
}

fn in_words(summary: &Json) -> String {
    let verdict = if summary["reaches_target"] == json!(true) { "reaches" } else { "misses" };
    let text = |key: &str| summary[key].as_str().unwrap_or_default().to_owned();
    format!(
        "{}: {} {} on {EXAMPLES} held-out sequences, which {verdict} the target {}; {} parameters, {} updates in {} s, written to {}\n",
        text("id"),
        text("measure"),
        summary["score"],
        summary["target"],
        summary["parameters"],
        summary["steps"],
        summary["seconds"],
        text("file"),
    )
}

/// Inside the repository, where the weights are embedded from; elsewhere, here.
fn default_path(id: &str, is_recipe: bool) -> PathBuf {
    let file = format!("{id}.safetensors");
    let shipped = Path::new("assets/models");
    let is_repository = shipped.is_dir()
        && std::fs::read_to_string("Cargo.toml")
            .is_ok_and(|manifest| manifest.contains("name = \"unrolled\""));
    if is_repository && is_recipe { shipped.join(file) } else { file.into() }
}

/// Says so before an hour of training rather than after it.
fn must_be_writable(path: &Path, option: &str) -> anyhow::Result<()> {
    if path.is_dir() {
        let reason = "is a folder; name a file in it, such as model.safetensors";
        return Err(Usage(format!("{option} {} {reason}", path.display())).into());
    }
    if path.exists() {
        return Ok(()); // A file is replaced, a device written to; neither is to be touched yet.
    }
    let mut probe = path.as_os_str().to_owned();
    probe.push(".unfinished");
    std::fs::File::create(&probe).and_then(|_| std::fs::remove_file(&probe)).with_context(|| {
        format!("{} cannot be written; choose another place with {option}", path.display())
    })
}

fn learning_rate(text: &str) -> Result<f32, String> {
    let rate = text.parse().ok().filter(|rate: &f32| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "a number above 0, such as 0.005".to_owned())
}

/// A bar on a terminal; elsewhere a line now and then.
struct Reporter {
    bar: ProgressBar,
    id: String,
    steps: usize,
    last_line: Instant,
}

impl Reporter {
    /// Between two lines where there is no terminal.
    const PAUSE: Duration = Duration::from_secs(5);

    fn new(id: &str, steps: usize) -> Self {
        let bar = ProgressBar::new(steps as u64);
        let template = "{prefix}  {wide_bar} {pos}/{len}  {msg}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(id.to_owned());
        Self { bar, id: id.to_owned(), steps, last_line: Instant::now() }
    }

    fn report(&mut self, progress: &Progress) {
        let Progress { step, loss, gradient_norm, .. } = *progress;
        if !self.bar.is_hidden() {
            self.bar.set_position(step as u64);
            self.bar.set_message(format!("loss {loss:.4}"));
        } else if self.last_line.elapsed() >= Self::PAUSE || step == self.steps {
            self.last_line = Instant::now();
            let (id, steps) = (&self.id, self.steps);
            output::note(&format!(
                "{id}: update {step} of {steps}, loss {loss:.4}, gradient norm {gradient_norm:.3}"
            ));
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Loss and gradient norm over the updates, averaged where there are more than can be seen.
fn chart(title: &str, recipe: &Recipe, history: &[Progress]) -> LineChart {
    const POINTS: usize = 600;
    let share = history.len().div_ceil(POINTS).max(1);
    let panel = |label: &str, of: fn(&Progress) -> f32| Panel {
        y_label: label.to_owned(),
        is_logarithmic: true,
        curves: vec![(
            label.to_owned(),
            history
                .chunks(share)
                .filter_map(|chunk| {
                    let mean = chunk.iter().map(|p| f64::from(of(p))).sum::<f64>();
                    Some((chunk.last()?.step as f64, mean / chunk.len() as f64))
                })
                .collect(),
        )],
    };
    LineChart {
        title: format!("Training of {title}"),
        caption: format!(
            "{} {}, seed {}, learning rate {}, {} sequences in an update{}",
            recipe.task,
            recipe.task_config,
            recipe.seed,
            recipe.learning_rate,
            recipe.batch,
            if share > 1 { format!("; means of {share} updates") } else { String::new() }
        ),
        x_label: "update".to_owned(),
        x_names: Vec::new(),
        panels: vec![panel("loss", |p| p.loss), panel("gradient norm", |p| p.gradient_norm)],
    }
}
