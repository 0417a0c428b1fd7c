//! What opens over the page: the field for a position, the sheet of keys.

use egui::{RichText, Ui};

use super::keys;
use super::state::State;
use crate::view::{Command, theme, tr};

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
                commands.push(Command::AskPosition(false));
                text.clear();
            }
            ui.data_mut(|data| data.insert_temp(id, text));
        });
    });
    if modal.should_close() {
        commands.push(Command::AskPosition(false));
    }
}

/// All keys.
pub(super) fn key_sheet(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let modal = egui::Modal::new(egui::Id::unique("keys")).show(ui.ctx(), |ui| {
        ui.heading(words("keys.title"));
        ui.add_space(theme::GAP);
        egui::Grid::new("key sheet").num_columns(2).spacing([28.0, 8.0]).show(ui, |ui| {
            for (key, meaning) in keys::SHEET {
                ui.label(RichText::new(*key).monospace());
                ui.label(words(meaning));
                ui.end_row();
            }
        });
        ui.add_space(theme::GAP);
        if ui.button(words("common.close")).clicked() {
            commands.push(Command::ToggleKeys);
        }
    });
    if modal.should_close() {
        commands.push(Command::ToggleKeys);
    }
}
