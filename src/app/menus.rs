//! The right end of the top bar: search, files, language, theme, settings, keys.

use egui::{Button, Id, RichText, Theme, Ui, vec2};

use super::actions;
use super::state::State;
use crate::view::command::{Export, Purpose, Sheet, ThemeChoice};
use crate::view::{Command, Language, theme, tr};

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
    let (sign, other) = if is_dark { ("☀", ThemeChoice::Light) } else { ("🌙", ThemeChoice::Dark) };
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
    ] {
        if ui.button(words(key)).clicked() {
            commands.push(command);
            ui.close();
        }
    }
    ui.separator();
    let has_value = state.selection.is_some() && state.run.is_some();
    for (key, export) in [("menu.save_figure", Export::Figure), ("menu.save_table", Export::Table)]
    {
        let button = ui.add_enabled(has_value, Button::new(words(key)));
        if button.on_disabled_hover_text(words("inspector.choose")).clicked() {
            commands.push(Command::Choose(Purpose::Save(export)));
            ui.close();
        }
    }
    ui.separator();
    let mut notes = state.kept.instructor_notes;
    let toggle = ui.checkbox(&mut notes, words("menu.instructor_notes"));
    if toggle.on_hover_text(words("menu.instructor_notes_hint")).changed() {
        commands.push(Command::ShowNotes(notes));
        ui.close();
    }
    ui.separator();
    if ui.button(words("menu.open_path")).on_hover_text(words("menu.open_path_hint")).clicked() {
        commands.push(Command::AskPath(Purpose::File));
        ui.close();
    }
}
