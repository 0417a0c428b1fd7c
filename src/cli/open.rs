//! `unrolled open`: the window on a lesson or a model of one's own.

use std::path::Path;

use clap::Args;

use super::Usage;
use crate::app::{self, Start, StartError, files, session};
use crate::checkpoint;
use crate::view::Language;

/// Open the window on a lesson, a folder of lessons, trained weights or a session
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unrolled open lstm                  a lesson
  unrolled open my-lessons/           a folder of Markdown lessons
  unrolled open my.safetensors        weights that `unrolled train` wrote, or a folder of them
  unrolled open class.unrolled        a session that was saved")]
pub struct Options {
    /// A lesson's id, a `.safetensors` file, a folder of either, or a `.unrolled` file [default: where
    /// you left off]
    #[arg(value_name = "X")]
    what: Option<String>,
}

/// Opens the window on the course map.
pub fn home() -> anyhow::Result<()> {
    Ok(app::run(Start::Home)?)
}

/// Does the command.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let start = options.what.as_deref().map_or(Ok(Start::Home), start)?;
    app::run(start).map_err(|error| match error {
        StartError::NoLesson { .. } => Usage(error.to_string()).into(),
        StartError::NoWindow(_) => error.into(),
    })
}

/// What is meant; weights are read once before the window opens, so that a damaged file is named.
fn start(what: &str) -> anyhow::Result<Start> {
    let path = Path::new(what);
    if path.is_dir() {
        let weights = files(path, "safetensors")?;
        for file in &weights {
            checkpoint::open(file)?;
        }
        let first = weights.into_iter().next();
        return Ok(first.map_or_else(|| Start::Folder(path.into()), Start::Checkpoint));
    }
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("safetensors") => {
            checkpoint::open(path)?;
            Ok(Start::Checkpoint(path.into()))
        }
        Some(session::ENDING) => {
            files::read_session(path).map_err(|error| {
                anyhow::anyhow!("{}", session::error_text(Language::English, what, &error))
            })?;
            Ok(Start::Session(path.into()))
        }
        Some("md") => Err(Usage(format!(
            "{what} is one lesson; open the folder that it is in: `unrolled open {}`",
            path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).display()
        ))
        .into()),
        Some(other) => Err(Usage(format!(
            "{what} cannot be opened: .{other} is not a file of this program, which are .safetensors and .unrolled"
        ))
        .into()),
        None if what.contains(['/', '\\']) => {
            Err(anyhow::anyhow!("{what}: there is no such file or folder"))
        }
        None => Ok(Start::Lesson(what.to_owned())),
    }
}

fn files(folder: &Path, extension: &str) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .map_err(|e| anyhow::anyhow!("{} cannot be read: {e}", folder.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_told_by_its_form() {
        assert_eq!(start("lstm").unwrap(), Start::Lesson("lstm".to_owned()));
        assert!(start("no/such").unwrap_err().to_string().contains("no such file"));
        assert!(start("a.md").unwrap_err().to_string().contains("`unrolled open .`"));
        assert!(start("a.exe").unwrap_err().is::<Usage>());
    }
}
