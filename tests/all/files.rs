//! Opening and saving where no dialog comes: a path is typed in the window.

use std::fs;
use std::path::{Path, PathBuf};

use egui_kittest::kittest::Queryable;
use unrolled::app::screenshot::Headless;
use unrolled::view::command::{Export, Purpose, Sheet, ThemeChoice};
use unrolled::view::export::{Choice, Format, What};
use unrolled::view::{Command, Language, Selection};

use crate::interact::{lstm, window};

/// A folder of its own, whose name has spaces and Chinese characters; gone at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let name = format!("unrolled {} 课程 {name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An LSTM's cell selected, and the field for a path to save its numbers to.
fn saving(folder: &Folder) -> Headless {
    let mut headless = lstm();
    headless.state.kept.folder = Some(folder.0.clone());
    headless.command(Command::Select(Some(Selection::new("cell", None))));
    let choice = Choice { what: What::Value, format: Format::Csv, ..Choice::default() };
    headless.command(Command::Export(choice));
    headless.command(Command::Choose(Purpose::Save(Export::Chosen(Format::Csv))));
    assert_eq!(headless.state.sheet, Some(Sheet::Path));
    headless
}

fn message(headless: &Headless) -> (String, bool) {
    let message = headless.state.message.as_ref().expect("something is said");
    (message.text.clone(), message.is_error)
}

fn typed(path: &Path) -> Command {
    Command::TypedPath(path.display().to_string(), false)
}

#[test]
fn where_no_dialog_comes_a_typed_path_with_chinese_and_spaces_is_written() {
    let folder = Folder::new("typed");
    let mut headless = saving(&folder);
    let suggested = PathBuf::from(&headless.state.path.path);
    assert_eq!(suggested, folder.0.join("lstm-brackets-cell.csv"));
    headless.command(typed(&suggested));
    let (text, is_error) = message(&headless);
    assert!(!is_error && text.contains("lstm-brackets-cell.csv"), "{text}");
    assert_eq!(headless.state.sheet, None);
    assert!(fs::read_to_string(&suggested).unwrap().starts_with("position,token,row"));
    assert_eq!(folder.names().len(), 1, "nothing unfinished is left");
}

#[test]
fn a_file_that_exists_is_replaced_only_after_it_was_asked() {
    let folder = Folder::new("exists");
    let path = folder.0.join("细胞 状态.csv");
    fs::write(&path, "mine").unwrap();
    let mut headless = saving(&folder);
    headless.command(typed(&path));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert!(headless.state.path.exists && headless.state.sheet == Some(Sheet::Path));
    let mut harness = window(headless, Language::English, ThemeChoice::Light);
    harness.get_by_label("Replace it").click();
    harness.run_steps(3);
    assert!(fs::read_to_string(&path).unwrap().starts_with("position,token,row"));
}

#[test]
fn enter_in_the_field_saves() {
    let folder = Folder::new("enter");
    let mut harness = window(saving(&folder), Language::English, ThemeChoice::Light);
    harness.run_steps(3);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(3);
    assert_eq!(folder.names(), ["lstm-brackets-cell.csv"]);
    assert_eq!(harness.state().state.sheet, None);
}

#[test]
fn a_cancelled_question_leaves_everything_as_it_was() {
    let folder = Folder::new("cancelled");
    let mut headless = saving(&folder);
    headless.command(Command::Sheet(None));
    assert_eq!(headless.state.sheet, None);
    assert!(headless.state.message.is_none() && folder.names().is_empty());
}

#[test]
fn what_cannot_be_written_or_read_is_said_with_its_path() {
    let folder = Folder::new("errors");
    let mut headless = saving(&folder);
    let nowhere = folder.0.join("no such folder").join("cell.csv");
    headless.command(typed(&nowhere));
    let (text, is_error) = message(&headless);
    assert!(is_error && text.contains("no such folder"), "{text}");
    headless.command(Command::OpenPath(folder.0.join("missing.safetensors")));
    let (text, is_error) = message(&headless);
    assert!(is_error && text.contains("missing.safetensors"), "{text}");
    assert!(headless.state.run.is_some(), "the stage stays");
    assert!(folder.names().is_empty());
}
