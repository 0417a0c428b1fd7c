//! `unrolled check`: lessons without mistakes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::output;
use crate::app::effects::Runner;
use crate::app::files::read_lessons;
use crate::app::state::{Finished, Outcome, RunRequest};
use crate::laboratory::Laboratory;
use crate::lesson::{self, Diagnostic, Library, Setting, Severity};
use crate::models;
use crate::tape::Intervention;
use crate::view::{VIEWS, math};

/// What the controls of a race have beyond those of the laboratory.
const RACE_CONTROLS: [&str; 2] = ["learning_rate", "follow"];

/// Look for mistakes in lessons: syntax, names, expressions, and whether both languages say the same
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled check                      the lessons that are built in
  unrolled check my-lessons/          a folder of one's own
  unrolled check en/05-lstm.md        one lesson")]
pub struct Options {
    /// A lesson, or a folder of lessons [default: the built-in lessons]
    path: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// A remark and the file that it is about.
type Remark = (String, Diagnostic);

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let library = match &options.path {
        None => Library::embedded(),
        Some(path) if path.is_dir() => read_lessons(path)?,
        Some(path) => one_lesson(path)?,
    };
    let mut remarks: Vec<Remark> = library
        .diagnostics()
        .map(|(file, diagnostic)| (file.to_owned(), diagnostic.clone()))
        .collect();
    let mut runs = Runs::default();
    let mut count = 0;
    for id in library.ids() {
        let languages: Vec<&str> = library.languages(id).collect();
        for language in &languages {
            count += 1;
            remarks.extend(check(&library, language, id, &mut runs));
        }
        // What is wrong in one language would be said of the other as well.
        let files: Vec<&str> = languages.iter().filter_map(|l| library.file(l, id)).collect();
        let is_own = |(file, found): &Remark| {
            files.contains(&file.as_str()) && found.severity == Severity::Error
        };
        if !remarks.iter().any(is_own) {
            remarks.extend(compare(&library, &languages, id, options.path.is_none()));
        }
    }
    remarks.sort_by(|a, b| (&a.0, a.1.line, a.1.column).cmp(&(&b.0, b.1.line, b.1.column)));
    remarks.dedup();
    report(&remarks, count, options)
}

fn one_lesson(path: &Path) -> anyhow::Result<Library> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("{} cannot be read; check the path", path.display()))?;
    // The folder says the language, if it is one: `en/05-lstm.md`.
    let parts: Vec<_> = path.iter().rev().take(2).collect();
    let name: PathBuf = parts.into_iter().rev().collect();
    let library = Library::from_files(&[(name.to_string_lossy().into_owned(), bytes)]);
    anyhow::ensure!(
        library.ids().next().is_some(),
        "{}: a lesson's file name is a number and an id, such as 05-lstm.md",
        path.display()
    );
    Ok(library)
}

/// One lesson in one language, run on the models that its stops ask for.
fn check(library: &Library, language: &str, id: &str, runs: &mut Runs) -> Vec<Remark> {
    let Some(found) = library.get(language, id) else { return Vec::new() };
    let file = library.file(language, id).unwrap_or(id).to_owned();
    let views: Vec<&str> = VIEWS.iter().map(|view| view.id).collect();
    let mut ids = models::ids();
    ids.extend(models::MODELS.iter().map(|spec| spec.id.to_owned()));
    let models: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut provide = |setting: &Setting<'_>, read: &mut dyn FnMut(&dyn lesson::Values)| {
        runs.get(setting).map(|run| read(&run.seen()))
    };
    let controls = [&Laboratory::CONTROLS[..], &RACE_CONTROLS].concat();
    let known = lesson::Known {
        views: &views,
        models: &models,
        controls: &controls,
        typeset: &math::check,
    };
    let mut diagnostics = lesson::check_with(found.lesson, &mut provide, &known);
    diagnostics.extend(wrong_controls(found.lesson));
    diagnostics.into_iter().map(|diagnostic| (file.clone(), diagnostic)).collect()
}

/// Settings of the laboratory that it cannot have.
fn wrong_controls(lesson: &lesson::Lesson) -> Vec<Diagnostic> {
    let stops = lesson.stops.iter().filter_map(|stop| stop.stage.as_ref());
    let of = |stage: &lesson::Stage| {
        let (_, errors) = Laboratory::with(stage.laboratory());
        let place = stage.place;
        let unknown = |error: &String| !error.contains("there is no control");
        // A name that there is not has been reported with the one that was meant.
        errors
            .into_iter()
            .filter(unknown)
            .map(move |error| Diagnostic::error(place, error, None))
            .collect::<Vec<_>>()
    };
    lesson.stage.iter().chain(stops).flat_map(of).collect()
}

/// A lesson against its translation; the shipped lessons have one.
fn compare(
    library: &Library,
    languages: &[&str],
    id: &str,
    must_be_translated: bool,
) -> Vec<Remark> {
    let (Some(english), Some(chinese)) = (library.get("en", id), library.get("zh", id)) else {
        return Vec::new();
    };
    if languages.len() < 2 {
        let file = languages.first().and_then(|language| library.file(language, id)).unwrap_or(id);
        let text = "the lesson has no translation; it should be in lessons/en and lessons/zh";
        let missing = Diagnostic::error(english.lesson.model.place, text, None);
        return must_be_translated.then(|| (file.to_owned(), missing)).into_iter().collect();
    }
    let file = library.file("zh", id).unwrap_or(id);
    let parity = lesson::parity(english.lesson, chinese.lesson).into_iter();
    parity.map(|diagnostic| (file.to_owned(), diagnostic)).collect()
}

/// Runs of models, kept because both languages need the same.
#[derive(Default)]
struct Runs {
    finished: HashMap<String, Result<Finished, String>>,
}

impl Runs {
    fn get(&mut self, setting: &Setting<'_>) -> Result<&Finished, String> {
        let run = self.finished.entry(format!("{setting:?}")).or_insert_with(|| record(setting));
        run.as_ref().map_err(Clone::clone)
    }
}

/// What the window would run for a setting.
fn record(setting: &Setting<'_>) -> Result<Finished, String> {
    // What cannot be read is reported where it stands.
    let set = setting.set.iter().filter_map(|text| text.parse::<Intervention>().ok()).collect();
    match Runner::default().run(RunRequest::of(setting, set)) {
        Outcome::Done(finished) => Ok(*finished),
        Outcome::Unreadable(error) => {
            Err(format!("the input `{}` cannot be run: {error}", setting.input))
        }
        Outcome::Failed(error) => Err(error),
    }
}

fn report(remarks: &[Remark], lessons: usize, options: &Options) -> anyhow::Result<()> {
    if options.json {
        let rows = remarks.iter().map(|(file, d)| {
            let severity = if d.severity == Severity::Error { "error" } else { "warning" };
            json!({"file": file, "line": d.line, "column": d.column, "severity": severity,
                "message": d.message, "hint": d.hint})
        });
        output::write_json(&rows.collect())?;
    } else {
        for (file, diagnostic) in remarks {
            output::write(format!("{file}:{diagnostic}\n").as_bytes())?;
        }
    }
    let errors = remarks.iter().filter(|(_, d)| d.severity == Severity::Error).count();
    let warnings = remarks.len() - errors;
    // What is shipped has not even warnings.
    let failed = errors > 0 || (warnings > 0 && options.path.is_none());
    anyhow::ensure!(!failed, "{lessons} lessons have {errors} errors and {warnings} warnings");
    output::note(&format!("{lessons} lessons checked, {warnings} warnings"));
    Ok(())
}
