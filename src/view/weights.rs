//! A whole matrix in the inspector; the entries of a weight can be edited there.

use egui::{RichText, Sense, Ui, vec2};

use super::command::InterveneCommand;
use super::{Command, Hidden, Scene, cells, heatmap, number, theme, tr_with};
use crate::tape::NodeId;
use crate::tensor::slice;

/// The key of which entry is edited.
const LOOK: &str = "weights";

/// Which entry is edited: the weight's name, its row and column.
type Chosen = (String, usize, usize);

/// Draws a matrix: hovering says which entry, a click on a weight chooses the one to edit.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, node: NodeId, name: &str) {
    let graph = scene.trace.graph();
    let value = graph.value(node);
    let (rows, columns) = value.dim();
    let is_weight = graph.find(name).is_some_and(|id| graph.name(id).is_parameter)
        && !scene.hides(Hidden::Interventions);
    let scale = scene.scale(ui, name);
    ui.add_space(theme::GAP);
    let width = ui.available_width();
    let height = (width * rows as f32 / columns as f32).clamp(12.0, 1.2 * width);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
    let entries = slice(value);
    cells::paint(ui.painter(), rect, entries, columns, &scale);
    let mut chosen: Option<Chosen> = scene.look(LOOK);
    let pointed = response.interact_pointer_pos().or(response.hover_pos());
    let pointed = pointed.and_then(|at| cells::cell_at(rect, entries.len(), columns, at));
    if let Some(at) = pointed {
        let (row, column) = (at / columns, at % columns);
        let text = format!("{name}[{row}][{column}] = {}", number(entries[at]));
        let hint = if is_weight { scene.tr("inspector.weight_hint") } else { "" };
        response.clone().on_hover_ui_at_pointer(|ui| {
            ui.label(RichText::new(text).monospace());
            if !hint.is_empty() {
                ui.label(RichText::new(hint).small().weak());
            }
        });
        if response.clicked() {
            chosen = Some((name.to_owned(), row, column));
        }
    }
    heatmap::legend_ui(ui, &scale);
    let chosen = chosen
        .filter(|(of, row, column)| is_weight && of == name && *row < rows && *column < columns);
    if let Some((_, row, column)) = &chosen {
        let dark = ui.visuals().dark_mode;
        let at = row * columns + column;
        let cell = cells::cell_rect(rect, entries.len(), columns, at);
        cells::frame(ui.painter(), cell, theme::accent(dark));
        edit_ui(ui, scene, name, [*row, *column], entries[at]);
    }
    if chosen.is_some() {
        scene.keep_look(LOOK, &chosen);
    }
}

/// One weight to drag, and the way back to what was learned.
fn edit_ui(ui: &mut Ui, scene: &mut Scene<'_>, name: &str, [row, column]: [usize; 2], weight: f32) {
    let text = format!("{name}[{row}][{column}]");
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new(&text).monospace());
        let mut edited = weight;
        let drag = ui.add(egui::DragValue::new(&mut edited).speed(0.02).max_decimals(4));
        let drag = drag.labelled_by(label.id).on_hover_text(scene.tr("inspector.weight_hint"));
        if drag.changed() && edited.is_finite() {
            scene.commands.push(Command::Intervene(format!("{text} = {edited}")));
        }
        let interventions = scene.trace.interventions();
        let own = interventions.iter().position(|intervention| {
            intervention.pattern == name
                && intervention.positions == Some(row..row + 1)
                && intervention.units == Some(column..column + 1)
        });
        if let Some(at) = own
            && ui.button(scene.tr("inspector.reset_weight")).clicked()
        {
            scene.commands.push(Command::Interventions(InterveneCommand::Lift(at)));
        }
    });
    let learned = scene.baseline.and_then(|run| run.value(name, 0));
    if let Some(learned) = learned.and_then(|weights| weights.get([row, column]))
        && learned.to_bits() != weight.to_bits()
    {
        let words = tr_with(scene.language, "inspector.learned", &[("value", &number(*learned))]);
        ui.label(RichText::new(words).small().weak());
    }
}
