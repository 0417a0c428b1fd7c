//! Exporting from the window: the sheet, the path, and what is said where it cannot be written.

use std::fs;
use std::path::{Path, PathBuf};

use egui_kittest::kittest::Queryable;
use unrolled::app::exporting;
use unrolled::app::screenshot::Headless;
use unrolled::view::command::{Export, Purpose, Sheet, ThemeChoice};
use unrolled::view::export::{Choice, Format, What};
use unrolled::view::{Command, Language, Selection, tr};

use crate::files::Folder;
use crate::interact::{lstm, window};

/// Chooses something on the sheet and gives the path to write it to.
fn export(headless: &mut Headless, what: What, format: Format, path: &Path) -> (String, bool) {
    headless.command(Command::Export(Choice { what, format, ..Choice::default() }));
    headless.command(Command::Choose(Purpose::Save(Export::Chosen(format))));
    assert_eq!(headless.state.sheet, Some(Sheet::Path), "no dialog comes here");
    headless.command(Command::TypedPath(path.display().to_string(), true));
    let message = headless.state.message.take().expect("something is said");
    (message.text, message.is_error)
}

#[test]
fn all_that_the_sheet_offers_is_written_to_a_path_with_chinese_and_spaces() {
    let folder = Folder::new("export");
    let mut headless = lstm();
    headless.command(Command::Select(Some(Selection::new("cell", None))));
    headless.command(Command::ToggleView("heatmap".to_owned()));
    let offers = exporting::offers(&headless.state);
    assert!(offers.contains(&What::View("heatmap".to_owned())) && offers.contains(&What::Value));
    assert!(offers.contains(&What::Run) && offers.contains(&What::Window));
    let mut count = 0;
    for what in offers {
        for format in what.formats() {
            let path = folder.0.join(format!("第 {count} 个.{}", format.ending()));
            let (text, is_error) = export(&mut headless, what.clone(), *format, &path);
            assert!(!is_error, "{what:?} {format:?}: {text}");
            assert!(fs::metadata(&path).unwrap().len() > 200, "{what:?} {format:?}");
            count += 1;
        }
    }
    assert_eq!(folder.names().len(), count, "nothing unfinished is left");
}

#[test]
fn the_window_is_a_picture_without_the_sheet() {
    let folder = Folder::new("window");
    let mut headless = lstm();
    headless.command(Command::Sheet(Some(Sheet::Export)));
    headless.command(Command::Sheet(None));
    let path = folder.0.join("window.png");
    let (text, is_error) = export(&mut headless, What::Window, Format::Png, &path);
    assert!(!is_error, "{text}");
    let picture = image::open(&path).unwrap();
    assert_eq!((picture.width(), picture.height()), (1280, 800));
    let (text, is_error) =
        export(&mut headless, What::Window, Format::Png, &folder.0.join("window.svg"));
    assert!(is_error && text.contains("end the name in .png"), "{text}");
}

#[test]
fn what_cannot_be_written_is_said_and_leaves_nothing() {
    let folder = Folder::new("export errors");
    let mut headless = lstm();
    let gates = || What::View("gates".to_owned());
    headless.command(Command::ToggleView("gates".to_owned()));
    let (text, is_error) =
        export(&mut headless, gates(), Format::Svg, &folder.0.join("gates.docx"));
    assert!(is_error && text.contains(".png, .svg, .gif, .csv"), "{text}");
    let nowhere = folder.0.join("none").join("gates.svg");
    let (text, is_error) = export(&mut headless, gates(), Format::Svg, &nowhere);
    assert!(is_error && text.contains("none") && text.contains("another place"), "{text}");
    assert!(folder.names().is_empty());
}

/// A full disk and a folder where nobody may write, as this system has them.
#[cfg(target_os = "linux")]
#[test]
fn a_place_that_cannot_be_written_to_is_said() {
    let folder = Folder::new("refused");
    // Whoever runs this may be allowed to write anywhere, but nobody writes below a file.
    std::fs::write(folder.0.join("file"), "").unwrap();
    let path = folder.0.join("file").join("gates.svg");
    let mut headless = lstm();
    headless.command(Command::ToggleView("gates".to_owned()));
    let what = What::View("gates".to_owned());
    let (text, is_error) = export(&mut headless, what.clone(), Format::Svg, &path);
    assert!(is_error && text.contains("gates.svg"), "{text}");
    let (text, is_error) = export(&mut headless, what, Format::Svg, &folder.0.join("gates"));
    assert!(is_error && text.contains("end the name"), "{text}");
    assert_eq!(folder.names(), ["file"], "nothing unfinished is left");
}

/// Only Linux has a device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    // A device that is called like a picture stands for a disk that is full.
    let folder = Folder::new("full");
    let full = folder.0.join("gates.svg");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let mut headless = lstm();
    headless.command(Command::ToggleView("gates".to_owned()));
    let what = What::View("gates".to_owned());
    let (text, is_error) = export(&mut headless, what, Format::Svg, &full);
    assert!(is_error && text.contains("No space left"), "{text}");
    assert_eq!(folder.names(), ["gates.svg"], "nothing unfinished is left");
}

#[test]
fn the_sheet_is_reached_and_used_without_a_mouse() {
    for language in Language::ALL {
        let folder = Folder::new("sheet");
        let mut headless = lstm();
        headless.state.kept.folder = Some(folder.0.clone());
        let mut harness = window(headless, language, ThemeChoice::Light);
        harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::E);
        harness.run_steps(3);
        assert_eq!(harness.state().state.sheet, Some(Sheet::Export));
        let run = tr(language, "export.run");
        harness.get_by_label(run).focus();
        harness.run_steps(2);
        harness.key_press(egui::Key::Space);
        harness.run_steps(3);
        assert_eq!(harness.state().state.kept.export.what, What::Run);
        assert_eq!(harness.state().state.kept.export.format, Format::Csv);
        harness.get_by_label("JSON").click();
        harness.run_steps(3);
        harness.get_by_label(tr(language, "export.save")).click();
        harness.run_steps(3);
        let path = PathBuf::from(&harness.state().state.path.path);
        assert_eq!(path, folder.0.join("lstm-brackets-run.json"));
        let typed = Command::TypedPath(path.display().to_string(), false);
        harness.state_mut().command(typed);
        assert!(fs::read_to_string(path).unwrap().contains("\"forget_gate\""));
    }
}
