//! What opens over the page: the field for a position, the sheet of keys.

use egui::{RichText, Ui};

use super::state::State;
use crate::lesson::Breakpoint;
use crate::view::command::{BreakpointCommand, Purpose};
use crate::view::{Command, theme, tr, tr_with};

/// The width of the sheet of conditions.
const SHEET_WIDTH: f32 = 460.0;
/// Positions named there.
const POSITIONS_SHOWN: usize = 12;

/// Asks for a position and goes there.
pub(super) fn position_field(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let last = state.run.as_ref().map_or(0, |run| run.trace.n_positions().saturating_sub(1));
    let id = egui::Id::unique("position to go to");
    let modal = egui::Modal::new(id).show(ui.ctx(), |ui| {
        ui.horizontal(|ui| {
            let label = ui.label(format!("{} 0–{last}", words("timeline.go_to")));
            let mut text: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
            let field = egui::TextEdit::singleline(&mut text).desired_width(80.0);
            let field = ui.add(field).labelled_by(label.id);
            field.request_focus();
            if ui.input(|input| input.key_pressed(egui::Key::Enter)) {
                if let Ok(position) = text.trim().parse::<usize>() {
                    commands.push(Command::GoTo { name: None, position: Some(position.min(last)) });
                }
                commands.push(Command::Sheet(None));
                text.clear();
            }
            ui.data_mut(|data| data.insert_temp(id, text));
        });
    });
    if modal.should_close() {
        commands.push(Command::Sheet(None));
    }
}

/// Asks for a path where no dialog came, and whether a file that is there may be replaced.
pub(super) fn path_field(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let Some(purpose) = &state.path.purpose else { return };
    let (title, button) = match purpose {
        Purpose::Folder => ("path.folder", "path.open"),
        Purpose::File => ("path.file", "path.open"),
        Purpose::Text => ("path.text", "path.open"),
        Purpose::Save(_) => ("path.save", "path.write"),
    };
    let id = egui::Id::unique("path to type");
    let mut closes = false;
    let modal = egui::Modal::new(id).show(ui.ctx(), |ui| {
        ui.set_width(SHEET_WIDTH);
        ui.heading(words(title));
        ui.label(RichText::new(words("path.hint")).weak());
        ui.add_space(theme::GAP);
        // The text of this opening of the sheet; the path that it began with belongs to it.
        let known: Option<(String, String)> = ui.data(|data| data.get_temp(id));
        let (began, mut text) = known
            .filter(|(began, _)| *began == state.path.path)
            .unwrap_or_else(|| (state.path.path.clone(), state.path.path.clone()));
        let field = egui::TextEdit::singleline(&mut text).desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::TextInput, true, words("path.label"))
        });
        // Asked first, because a field that gets the focus back has not lost it.
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if ui.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
        let asks = state.path.exists && text == state.path.path;
        if asks {
            let color = theme::warning(ui.visuals().dark_mode);
            ui.label(RichText::new(words("path.exists")).color(color));
        }
        ui.add_space(theme::GAP);
        ui.horizontal(|ui| {
            let is_named = !text.trim().is_empty();
            let go = egui::Button::new(words(if asks { "path.replace" } else { button }));
            // Enter alone replaces nothing.
            if ui.add_enabled(is_named, go).clicked() || (entered && is_named && !asks) {
                commands.push(Command::TypedPath(text.clone(), asks));
                closes = true;
            }
            if ui.button(words("common.cancel")).clicked() {
                commands.push(Command::Sheet(None));
                closes = true;
            }
        });
        ui.data_mut(|data| data.insert_temp(id, (began, text)));
    });
    if modal.should_close() && !closes {
        commands.push(Command::Sheet(None));
        closes = true;
    }
    if closes {
        ui.data_mut(|data| data.remove::<(String, String)>(id));
    }
}

/// The conditions at which playing stops, and the field for another.
pub(super) fn breakpoints(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let id = egui::Id::unique("breakpoints");
    let modal = egui::Modal::new(id).show(ui.ctx(), |ui| {
        ui.set_width(SHEET_WIDTH);
        ui.heading(words("timeline.breakpoint"));
        ui.label(RichText::new(words("timeline.breakpoint_hint")).weak());
        ui.add_space(theme::GAP);
        for (at, breakpoint) in state.breakpoints.iter().enumerate() {
            breakpoint_ui(ui, state, at, breakpoint, commands);
        }
        ui.horizontal(|ui| {
            let mut text: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
            let field = egui::TextEdit::singleline(&mut text)
                .font(egui::TextStyle::Monospace)
                .hint_text("min(forget_gate[now]) < 0.1")
                .desired_width(SHEET_WIDTH - 90.0);
            let field = ui.add(field);
            let label = words("timeline.add_breakpoint");
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, label));
            let entered =
                field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if ui.button(words("timeline.add")).clicked() || entered {
                let add = BreakpointCommand::Add(std::mem::take(&mut text));
                commands.push(Command::Breakpoint(add));
                field.request_focus();
            } else if state.breakpoints.is_empty() && ui.memory(|m| m.focused().is_none()) {
                field.request_focus();
            }
            ui.data_mut(|data| data.insert_temp(id, text));
        });
        ui.add_space(theme::GAP);
        ui.horizontal(|ui| {
            let any = state.marks.iter().any(|marks| !marks.at.is_empty());
            for (key, command) in [
                ("timeline.previous_mark", BreakpointCommand::Previous),
                ("timeline.next_mark", BreakpointCommand::Next),
            ] {
                if ui.add_enabled(any, egui::Button::new(words(key))).clicked() {
                    commands.push(Command::Breakpoint(command));
                }
            }
            if ui.button(words("common.close")).clicked() {
                commands.push(Command::Sheet(None));
            }
        });
    });
    if modal.should_close() {
        commands.push(Command::Sheet(None));
    }
}

/// One condition, where it holds, or why it cannot be computed.
fn breakpoint_ui(
    ui: &mut Ui,
    state: &State,
    at: usize,
    breakpoint: &Breakpoint,
    commands: &mut Vec<Command>,
) {
    let language = state.kept.language;
    let dark = ui.visuals().dark_mode;
    ui.horizontal(|ui| {
        let mut is_on = breakpoint.is_on;
        let text = RichText::new(&breakpoint.condition).monospace();
        if ui.checkbox(&mut is_on, text).changed() {
            commands.push(Command::Breakpoint(BreakpointCommand::Switch(at, is_on)));
        }
        let words = tr(language, "common.remove");
        let button = ui.small_button("×");
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
        if button.on_hover_text(words).clicked() {
            commands.push(Command::Breakpoint(BreakpointCommand::Remove(at)));
        }
    });
    let Some(marks) = state.marks.get(at).filter(|_| breakpoint.is_on) else { return };
    let (text, color) = match (&marks.error, marks.at.as_slice()) {
        (Some(error), _) => (error.clone(), theme::error(dark)),
        (None, []) => (tr(language, "timeline.holds_nowhere").to_owned(), theme::warning(dark)),
        (None, found) => {
            let mut shown: Vec<String> =
                found.iter().take(POSITIONS_SHOWN).map(ToString::to_string).collect();
            if found.len() > POSITIONS_SHOWN {
                shown.push("…".to_owned());
            }
            let words = [("positions", shown.join(", "))];
            let words = words.each_ref().map(|(key, text)| (*key, text.as_str()));
            (tr_with(language, "timeline.holds_at", &words), theme::weak_text(dark))
        }
    };
    ui.label(RichText::new(text).small().color(color));
}
