//! The sheet of keys: every action that has one, as it is in force.

use egui::{Grid, RichText, ScrollArea, Ui, vec2};

use super::actions::{ACTIONS, Group};
use super::state::State;
use crate::view::{Command, theme, tr};

/// The groups of each column, about equally long.
const COLUMNS: [&[Group]; 2] =
    [&[Group::Run, Group::Presenter], &[Group::Values, Group::Course, Group::Files, Group::Window]];
const COLUMN_WIDTH: f32 = 350.0;
/// Of the window's height, what heading, buttons and margins need.
const AROUND: f32 = 150.0;

/// Draws the sheet.
pub(super) fn ui(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let modal = egui::Modal::new(egui::Id::unique("keys")).show(ui.ctx(), |ui| {
        ui.heading(words("keys.title"));
        ui.add_space(theme::GAP);
        let room = ui.ctx().content_rect().height() - AROUND;
        ScrollArea::vertical().max_height(room).show(ui, |ui| {
            theme::compact(ui);
            ui.spacing_mut().interact_size.y = 0.0;
            ui.horizontal_top(|ui| {
                for groups in COLUMNS {
                    let column = vec2(COLUMN_WIDTH, 0.0);
                    ui.allocate_ui_with_layout(column, *ui.layout(), |ui| {
                        ui.vertical(|ui| {
                            ui.set_width(COLUMN_WIDTH);
                            groups.iter().for_each(|group| group_ui(ui, state, *group));
                        });
                    });
                }
            });
        });
        ui.add_space(theme::GAP);
        ui.horizontal(|ui| {
            if ui.button(words("common.close")).clicked() {
                commands.push(Command::Sheet(None));
            }
        });
    });
    if modal.should_close() {
        commands.push(Command::Sheet(None));
    }
}

fn group_ui(ui: &mut Ui, state: &State, group: Group) {
    let language = state.kept.language;
    let bound = ACTIONS.iter().filter(|action| action.group == group).filter_map(|action| {
        let keys = action.shortcuts(&state.kept.keys);
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        (!keys.is_empty()).then(|| (action, keys.join("   ")))
    });
    let bound: Vec<_> = bound.collect();
    if bound.is_empty() {
        return;
    }
    ui.label(RichText::new(tr(language, group.words())).small().weak());
    Grid::new(group.words()).num_columns(2).spacing([18.0, 3.0]).show(ui, |ui| {
        for (action, keys) in bound {
            ui.scope(|ui| {
                ui.set_min_width(96.0);
                ui.label(RichText::new(keys).monospace().size(theme::COMPACT_SIZE));
            });
            ui.label(RichText::new(tr(language, action.words)).size(theme::COMPACT_SIZE));
            ui.end_row();
        }
    });
    ui.add_space(theme::GAP);
}
