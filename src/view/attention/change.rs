//! Changing attention from outside: a head switched off, its weights spread evenly, moved on or put
//! on one token. What comes of it is the run's, beside the run without it.

use egui::{RichText, Ui};

use super::super::command::InterveneCommand;
use super::super::{Command, Scene, theme, tr_with};
use super::axis::Names;
use super::current_row;
use crate::tape::intervention::Edit;
use crate::trace::Trace;
use crate::trace::attention::{Map, Part};

/// Where among the run's interventions the one stands that switches a head off.
pub fn switched_off(trace: &Trace, map: &Map) -> Option<usize> {
    let sum = map.sum(trace)?;
    let is_off = |edit: Edit| matches!(edit, Edit::Replace(value) if value == 0.0);
    trace.interventions().iter().rposition(|intervention| {
        intervention.names(&sum)
            && intervention.positions.is_none()
            && intervention.units.is_none()
            && is_off(intervention.edit)
    })
}

/// The menu of changes to a map.
pub fn menu_ui(ui: &mut Ui, scene: &mut Scene<'_>, map: &Map) {
    let words = RichText::new(scene.tr("intervene.change")).size(theme::COMPACT_SIZE);
    let menu = ui.menu_button(words, |ui| {
        if map.part != Part::Contribution {
            head_ui(ui, scene, map);
            ui.separator();
        }
        weights_ui(ui, scene, map);
        let name = &map.name;
        let edited: Vec<usize> = (0..scene.trace.interventions().len())
            .filter(|at| scene.trace.interventions()[*at].pattern == *name)
            .collect();
        if !edited.is_empty() && ui.button(scene.tr("attention.lift")).clicked() {
            // From the last to the first, so that the numbers of the others stay.
            let lifts = edited.iter().rev().map(|at| InterveneCommand::Lift(*at));
            scene.commands.extend(lifts.map(Command::Interventions));
            ui.close();
        }
    });
    menu.response.on_hover_text(scene.tr("attention.change_hint"));
}

fn head_ui(ui: &mut Ui, scene: &mut Scene<'_>, map: &Map) {
    let Some(sum) = map.sum(scene.trace) else { return };
    let (words, command) = match switched_off(scene.trace, map) {
        Some(at) => ("attention.switch_on", Command::Interventions(InterveneCommand::Lift(at))),
        None => ("attention.switch_off", Command::Intervene(format!("{sum} = 0"))),
    };
    let hint = tr_with(scene.language, "attention.switch_hint", &[("name", &sum)]);
    if ui.button(scene.tr(words)).on_hover_text(hint).clicked() {
        scene.commands.push(command);
        ui.close();
    }
}

/// Presets for the weights of the current row, or of all.
fn weights_ui(ui: &mut Ui, scene: &mut Scene<'_>, map: &Map) {
    let names = Names::of(scene, map);
    let nodes = scene.trace.graph().find(&map.name).map(|id| scene.trace.graph().everywhere(id));
    let Some((start, _)) = nodes.and_then(|nodes| nodes.first()).copied() else { return };
    let rows = 0..scene.trace.n_positions();
    let row = current_row(scene, map, &rows);
    let mut all = scene.memory.attention.settings.all_rows || row.is_none();
    ui.horizontal(|ui| {
        if let Some(row) = row {
            let words =
                tr_with(scene.language, "attention.this_row", &[("position", &row.to_string())]);
            if ui.selectable_label(!all, words).clicked() {
                all = false;
            }
        }
        if ui.selectable_label(all, scene.tr("attention.all_rows")).clicked() {
            all = true;
        }
    });
    scene.memory.attention.settings.all_rows = all;
    let place = match row {
        Some(row) if !all => format!("{}[{row}]", map.name),
        _ => map.name.clone(),
    };
    // The column that was clicked last, if it is one of these weights.
    let selected = scene.selection.filter(|selection| selection.name == map.name);
    let unit = selected.and_then(|selection| selection.unit).unwrap_or(0);
    let column = scene.trace.first_column(&map.name, start) + unit;
    let token = names.read(column);
    for (words, edit) in [
        (scene.tr("attention.uniform").to_owned(), "uniform".to_owned()),
        (scene.tr("attention.shifted").to_owned(), "shift(1)".to_owned()),
        (
            tr_with(scene.language, "attention.one_hot", &[("token", token)]),
            format!("onehot({unit})"),
        ),
        (scene.tr("attention.none").to_owned(), "0".to_owned()),
    ] {
        let text = format!("{place} = {edit}");
        if ui.button(words).on_hover_text(RichText::new(&text).monospace()).clicked() {
            scene.commands.push(Command::Intervene(text));
            ui.close();
        }
    }
}
