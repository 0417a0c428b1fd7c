//! The right end of the top bar: search, files, language, theme, settings, keys.

use egui::{Button, Id, RichText, Theme, Ui, vec2};

use super::actions;
use super::state::State;
use crate::view::command::{Export, PresentCommand, Purpose, Sheet, ThemeChoice};
use crate::view::{Command, Hidden, Language, theme, tr};

/// In narrower windows the search is an icon alone.
const ROOM_FOR_SEARCH: f32 = 1200.0;

/// The room that is kept free for them in a window of this width, in points.
pub(super) fn width(window: f32) -> f32 {
    if window >= ROOM_FOR_SEARCH { 470.0 } else { 330.0 }
}

/// Draws them from right to left.
pub(super) fn ui(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    ui.spacing_mut().item_spacing.x = theme::GAP_SMALL;
    icon(ui, state, "?", "help", Command::Sheet(Some(Sheet::Keys)), commands);
    icon(ui, state, "⚙", "settings", Command::Sheet(Some(Sheet::Settings)), commands);
    let is_dark = ui.theme() == Theme::Dark;
    let (sign, other) =
        if is_dark { ("☀", ThemeChoice::Light) } else { ("🌙", ThemeChoice::Dark) };
    let name = words(if is_dark { "menu.theme_light" } else { "menu.theme_dark" });
    let button = ui.add(quiet(sign));
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    if button.on_hover_text(name).clicked() {
        commands.push(Command::SetTheme(other));
    }
    for other in Language::ALL.into_iter().filter(|other| *other != state.kept.language) {
        let button = ui.add(quiet(&other.to_string()));
        if button.on_hover_text(words("menu.language")).clicked() {
            commands.push(Command::SetLanguage(other));
        }
    }
    ui.style_mut().visuals.button_frame = false;
    ui.menu_button(words("menu.file"), |ui| {
        ui.style_mut().visuals.button_frame = true;
        files(ui, state, commands);
    });
    ui.style_mut().visuals.button_frame = true;
    search(ui, state, commands);
}

/// A button that shows its frame only below the pointer.
fn quiet(text: &str) -> Button<'_> {
    Button::new(text).frame_when_inactive(false)
}

/// A button for an action, with its key in the hint.
fn icon(
    ui: &mut Ui,
    state: &State,
    sign: &str,
    action: &str,
    command: Command,
    commands: &mut Vec<Command>,
) {
    let Some(action) = actions::find(action) else { return };
    let name = tr(state.kept.language, action.words);
    let button = ui.add(quiet(sign).min_size(vec2(28.0, 28.0)));
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    if button.on_hover_text(hint(state, name, action)).clicked() {
        commands.push(command);
    }
}

/// What a button does, and its key.
fn hint(state: &State, text: &str, action: &actions::Action) -> String {
    let keys = action.keys(&state.kept.keys);
    if keys.is_empty() { text.to_owned() } else { format!("{text}  ({keys})") }
}

/// Looks like the field that it opens.
fn search(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let Some(action) = actions::find("palette") else { return };
    let keys = action.keys(&state.kept.keys);
    let has_room = ui.ctx().content_rect().width() >= ROOM_FOR_SEARCH;
    let id = Id::unique("open the palette");
    let button = if has_room {
        let weak = |text: String| RichText::new(text).weak().size(theme::COMPACT_SIZE);
        let text = weak(format!("🔍 {}", words("search.title")));
        let button = Button::new(text).right_text(weak(keys)).min_size(vec2(150.0, 28.0));
        ui.push_id(id, |ui| ui.add(button)).inner
    } else {
        ui.push_id(id, |ui| ui.add(quiet("🔍").min_size(vec2(28.0, 28.0)))).inner
    };
    let name = words("search.title");
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    if button.on_hover_text(hint(state, words("search.open_hint"), action)).clicked() {
        commands.push(Command::Sheet(Some(Sheet::Palette)));
    }
}

fn files(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    for (key, command) in [
        ("menu.open_lessons", Command::Choose(Purpose::Folder)),
        ("menu.open_file", Command::Choose(Purpose::File)),
        ("menu.own_text", Command::OpenOwnText),
    ] {
        if !state.hides(Hidden::Files) && ui.button(words(key)).clicked() {
            commands.push(command);
            ui.close();
        }
    }
    ui.separator();
    if ui.button(words("menu.export")).on_hover_text(words("export.hint")).clicked() {
        commands.push(Command::Sheet(Some(Sheet::Export)));
        ui.close();
    }
    let weights = Command::Choose(Purpose::Save(Export::Weights));
    let has_run = state.run.is_some();
    if ui.add_enabled(has_run, Button::new(words("menu.save_weights"))).clicked() {
        commands.push(weights);
        ui.close();
    }
    ui.separator();
    session_menu(ui, state, commands);
    ui.separator();
    let mut notes = state.kept.instructor_notes;
    let toggle = ui.checkbox(&mut notes, words("menu.instructor_notes"));
    if toggle.on_hover_text(words("menu.instructor_notes_hint")).changed() {
        commands.push(Command::ShowNotes(notes));
        ui.close();
    }
    ui.separator();
    if !state.hides(Hidden::Files)
        && ui.button(words("menu.open_path")).on_hover_text(words("menu.open_path_hint")).clicked()
    {
        commands.push(Command::AskPath(Purpose::File));
        ui.close();
    }
}

/// Sessions to open and save, and what a teacher does with them.
fn session_menu(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let mut chosen = None;
    let mut item = |ui: &mut Ui, key, hint: &str, command: Command| {
        if ui.button(words(key)).on_hover_text(hint).clicked() {
            chosen = Some(command);
            ui.close();
        }
    };
    if !state.hides(Hidden::Files) {
        item(ui, "menu.save_session", "Ctrl S", Command::SaveSession);
        let save_as = Command::Choose(Purpose::Save(Export::Session));
        item(ui, "menu.save_session_as", "Ctrl Shift S", save_as);
        ui.add_enabled_ui(!state.kept.recent.is_empty(), |ui| {
            ui.menu_button(words("menu.recent"), |ui| {
                for path in &state.kept.recent {
                    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
                    let button = ui.button(name.as_ref());
                    if button.on_hover_text(path.display().to_string()).clicked() {
                        commands.push(Command::OpenPath(path.clone()));
                        ui.close();
                    }
                }
            });
        });
        ui.separator();
    }
    item(ui, "menu.present", words("menu.present_hint"), Command::Present(PresentCommand::Toggle));
    item(ui, "hide.title", words("hide.hint"), Command::Sheet(Some(Sheet::Hide)));
    if !state.hidden.is_empty() {
        item(ui, "hide.show_all", words("hide.show_all_hint"), Command::ShowAll);
    }
    commands.extend(chosen);
}
