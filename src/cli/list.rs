//! `unrolled list`: what there is, from the registries.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::output::Table;
use super::{model, screenshot};
use crate::checkpoint::{self, Checkpoint};
use crate::export::table::formula;
use crate::lesson::Library;
use crate::tape::EVERYWHERE;
use crate::tensor::random::Random;
use crate::trace::Trace;
use crate::view::{Language, VIEWS, tr};
use crate::{models, tasks, tensor};

/// Show what there is: models, lessons, tasks, views, or the values of a model
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled list models
  unrolled list values lstm-brackets
  unrolled list values gru --lang zh --json")]
pub struct Options {
    #[command(subcommand)]
    what: What,
    /// Write JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Shipped models with their tasks, sizes and scores
    Models,
    /// Lessons in their order
    Lessons,
    /// Tasks that models are trained for
    Tasks,
    /// Ways to look at a run
    Views,
    /// What a model computes: names, shapes, symbols, meanings, and formulas derived from a run
    Values {
        /// A shipped model or a weights file
        model: String,
        /// The language of the meanings: en or zh
        #[arg(long, default_value = "en", value_parser = screenshot::language)]
        lang: Language,
    },
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let table = match &options.what {
        What::Models => models()?,
        What::Lessons => lessons(),
        What::Tasks => tasks(),
        What::Views => views(),
        What::Values { model, lang } => values(model, *lang)?,
    };
    table.write(options.json)
}

fn models() -> anyhow::Result<Table> {
    let mut table = Table::new(&[
        "id",
        "model",
        "year",
        "task",
        "parameters",
        "measure",
        "target",
        "score",
        "variants",
    ]);
    for (spec, recipe) in models::recipes() {
        let untrained = checkpoint::untrained(spec, recipe)?;
        let score = checkpoint::shipped(recipe.id).ok().map(|shipped| shipped.card.score);
        table.push(vec![
            json!(recipe.id),
            json!(spec.title),
            json!(spec.year),
            json!(recipe.task),
            json!(untrained.parameters.count()),
            json!(untrained.task.measure().name()),
            json!(model::target(recipe)),
            score.map_or(Json::Null, rounded),
            json!(spec.variants.iter().map(|variant| variant.id).collect::<Vec<_>>().join(" ")),
        ]);
    }
    Ok(table)
}

fn tasks() -> Table {
    let mut table = Table::new(&["id", "description", "models"]);
    for spec in tasks::TASKS {
        let models = models::recipes().filter(|(_, recipe)| recipe.task == spec.id);
        let models: Vec<&str> = models.map(|(_, recipe)| recipe.id).collect();
        table.push(vec![json!(spec.id), json!(spec.description), json!(models.join(" "))]);
    }
    table
}

fn lessons() -> Table {
    let mut table = Table::new(&["id", "number", "title", "model", "stops", "languages"]);
    let library = Library::embedded();
    for id in library.ids() {
        let Some(found) = library.get("en", id) else { continue };
        let languages: Vec<&str> = library.languages(id).collect();
        table.push(vec![
            json!(id),
            json!(found.lesson.number),
            json!(found.lesson.title),
            json!(found.lesson.model.text),
            json!(found.lesson.stops.len()),
            json!(languages.join(" ")),
        ]);
    }
    table
}

fn views() -> Table {
    let mut table = Table::new(&["id", "title", "shows"]);
    for view in VIEWS {
        let words = |key| json!(tr(Language::English, key));
        table.push(vec![json!(view.id), words(view.title), words(view.hint)]);
    }
    table
}

fn values(which: &str, language: Language) -> anyhow::Result<Table> {
    let checkpoint = model_to_show(which)?;
    let sequence = checkpoint.task.generate(&mut Random::new(0, 0)).sequence;
    let trace = Trace::record(&checkpoint, sequence, Vec::new());
    let mut table = Table::new(&["name", "shape", "symbol", "meaning", "formula"]);
    let names = || trace.graph().names().iter();
    let values = names().filter(|named| !named.is_parameter);
    for named in values.chain(names().filter(|named| named.is_parameter)) {
        let nodes = trace.graph().find(&named.name).map(|id| trace.graph().everywhere(id));
        let Some((position, node)) = nodes.and_then(<[_]>::last) else { continue };
        let meaning = match trace.doc(&named.name) {
            _ if *position == EVERYWHERE => "",
            Some(doc) if language == Language::Chinese => doc.zh,
            Some(doc) => doc.en,
            None => "",
        };
        table.push(vec![
            json!(named.name),
            json!(tensor::shape(trace.graph().value(*node))),
            json!(named.symbol),
            json!(meaning),
            json!(formula(&trace, &named.name)),
        ]);
    }
    Ok(table)
}

/// Names and formulas do not depend on training.
fn model_to_show(which: &str) -> anyhow::Result<Checkpoint> {
    match model::recipe(which) {
        Ok((spec, recipe)) => {
            let shipped = checkpoint::shipped(recipe.id);
            shipped.or_else(|_| Ok(checkpoint::untrained(spec, recipe)?))
        }
        Err(_) => model::load(which),
    }
}

/// A score as it is shown: six digits after the point, without the noise of binary fractions.
pub fn rounded(x: f64) -> Json {
    json!((x * 1e6).round() / 1e6)
}
