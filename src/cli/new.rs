//! `unrolled new`: a lesson to begin from.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::{Usage, model, output};
use crate::app::files::{FolderError, read_lessons};
use crate::checkpoint::{self, Checkpoint};
use crate::models::{Axes, Range};
use crate::tasks::{self, Split};
use crate::tensor::random::Random;
use crate::trace::Trace;
use crate::view::Language;

/// What a lesson begins as, in each language.
const TEMPLATES: [(Language, &str); 2] = [
    (Language::English, include_str!("../../assets/templates/lesson.en.md")),
    (Language::Chinese, include_str!("../../assets/templates/lesson.zh.md")),
];

/// Write a template to begin from
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled new lesson forgetting                      my-lessons/en/01-forgetting.md and …/zh/…
  unrolled new lesson heads --model transformer-translate --folder course")]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A lesson in English and Chinese that runs as it is; `unrolled open FOLDER` follows every save
    Lesson(Lesson),
}

#[derive(Debug, Args)]
struct Lesson {
    /// What the lesson is called in file names and addresses, such as forgetting
    name: String,
    /// The folder of lessons to write to
    #[arg(long, value_name = "DIR", default_value = "my-lessons")]
    folder: PathBuf,
    /// The shipped model that it steps through
    #[arg(long, value_name = "ID", default_value = "lstm-brackets")]
    model: String,
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let What::Lesson(lesson) = &options.what;
    let id = checked(&lesson.name)?;
    let (_, recipe) = model::recipe(&lesson.model)?;
    let checkpoint = model::load(recipe.id)?;
    let number = next_number(&lesson.folder, id)?;
    let files = TEMPLATES.map(|(language, template)| {
        let path = lesson.folder.join(language.code()).join(format!("{number:02}-{id}.md"));
        (path, filled(template, &checkpoint, id))
    });
    for (path, _) in &files {
        if path.exists() {
            let shown = path.display();
            return Err(Usage(format!("{shown} exists; choose another name or folder")).into());
        }
    }
    for (path, text) in files {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| {
                format!("{} cannot be made; choose another --folder", folder.display())
            })?;
        }
        checkpoint::write_file(&path, text.as_bytes())?;
        output::write(format!("{}\n", path.display()).as_bytes())?;
    }
    let folder = quoted(&lesson.folder);
    output::note(&format!(
        "`unrolled open {folder}` shows it and follows every save; `unrolled check {folder}` looks for mistakes"
    ));
    Ok(())
}

/// A path as one can copy it into a command.
fn quoted(path: &Path) -> String {
    let shown = path.display().to_string();
    if shown.contains(char::is_whitespace) { format!("'{shown}'") } else { shown }
}

/// A name that file names and addresses can hold.
fn checked(name: &str) -> anyhow::Result<&str> {
    let is_fine = |c: char| c.is_alphanumeric() || c == '-';
    if name.is_empty() || !name.chars().all(is_fine) || name.starts_with('-') {
        let text = format!("`{name}` is no name for a lesson: use letters, digits and hyphens");
        return Err(Usage(text).into());
    }
    Ok(name)
}

/// The number after the last lesson of a folder, which need not exist.
fn next_number(folder: &Path, id: &str) -> anyhow::Result<u32> {
    if !folder.exists() {
        return Ok(1);
    }
    let library = match read_lessons(folder) {
        Ok(library) => library,
        Err(FolderError::Empty(_)) => return Ok(1),
        Err(error) => return Err(error.into()),
    };
    if library.ids().any(|known| known == id) {
        let shown = folder.display();
        return Err(Usage(format!("{shown} has a lesson `{id}`; choose another name")).into());
    }
    let numbers = library.ids().filter_map(|id| library.get("en", id));
    Ok(numbers.map(|found| found.lesson.number).max().unwrap_or(0) + 1)
}

/// A template with a model's own names and numbers in it.
fn filled(template: &str, checkpoint: &Checkpoint, id: &str) -> String {
    let task = &*checkpoint.task;
    let example = tasks::draw(task, &mut Random::new(1, 0), Split::HeldOut);
    let input = task.text(&example.sequence);
    let trace = Trace::record(checkpoint, example.sequence, Vec::new());
    let (value, first, last) = subject(&trace);
    let largest = trace.row(&value, first).map_or(0.0, |row| row.fold(0.0_f32, |a, b| a.max(*b)));
    let much = largest.ceil() as i32 + 4;
    let words = [
        ("{title}", id.replace('-', " ")),
        ("{model}", checkpoint.card.id.clone()),
        ("{input}", input),
        ("{value}", value),
        ("{first}", first.to_string()),
        ("{last}", last.to_string()),
        ("{much}", much.to_string()),
        ("{more}", (much + 4).to_string()),
    ];
    words.iter().fold(template.to_owned(), |text, (key, word)| text.replace(key, word))
}

/// A value for the template to talk about, the first and the last position that it is computed for:
/// a state if there is one, else whatever has units of either sign.
fn subject(trace: &Trace) -> (String, i32, i32) {
    let positions = trace.n_positions() as i32;
    let along = |name: &str| {
        let mut there = (0..positions).filter(|at| trace.row(name, *at).is_some());
        let first = there.next()?;
        Some((name.to_owned(), first, there.next_back()?))
    };
    let is_fit = |name: &&str| {
        trace.doc(name).is_some()
            && trace.axes(name) == Axes::Units
            && trace.range(name) != Range::Unit
    };
    let is_state = |name: &&str| {
        let last = name.rsplit('.').next().unwrap_or_default();
        matches!(last, "hidden" | "state" | "stream")
    };
    let fit: Vec<&str> = trace.value_names().filter(is_fit).collect();
    let states = fit.iter().copied().filter(|name| is_state(name));
    let mut found = states.chain(fit.iter().copied()).filter_map(along);
    found.next().unwrap_or_else(|| ("input".to_owned(), 0, positions - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_letters_digits_and_hyphens() {
        assert!(checked("forget-gate-2").is_ok() && checked("遗忘门").is_ok());
        for wrong in ["", "a/b", "../a", "a b", "-a", "a.md"] {
            assert!(checked(wrong).unwrap_err().is::<Usage>(), "{wrong}");
        }
    }
}
