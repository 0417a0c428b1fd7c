//! The inspector while walking back: the gradient of the selected value, the paths that it came
//! by, and what the chain rule passes on.

use egui::{RichText, Sense, Ui, vec2};
use ndarray::Array2;

use super::{Command, Scene, Selection, cells, number, theme, tr_with, words};
use crate::palette::Scale;
use crate::tape::equation::{Subscript, Tex};
use crate::tape::{EVERYWHERE, NodeId};
use crate::tensor::slice;
use crate::trace::Backward;

/// The height of a strip of cells.
const STRIP_HEIGHT: f32 = 16.0;
/// Paths written out; a weight has one for every position.
const PATHS_SHOWN: usize = 4;

/// Draws the section for a node.
pub fn ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    backward: &Backward,
    node: NodeId,
    selection: &Selection,
) {
    let graph = scene.trace.graph();
    ui.add_space(theme::GAP);
    ui.label(RichText::new(scene.tr("inspector.gradient")).strong());
    let Some(gradient) = backward.gradient(node) else {
        ui.label(RichText::new(scene.tr("inspector.no_gradient")).weak());
        return;
    };
    if !scene.is_shown(node) {
        let color = theme::warning(ui.visuals().dark_mode);
        ui.label(RichText::new(scene.tr("inspector.not_reached")).color(color));
        return;
    }
    let unit = selection.unit.unwrap_or(0).min(gradient.ncols().saturating_sub(1));
    let symbol = graph.gradient_symbol(backward.of(), node, Subscript::Absolute);
    let entry = gradient.get([0, unit]).copied().unwrap_or(0.0);
    let is_vector = gradient.nrows() == 1;
    let right =
        if is_vector { format!(r"{symbol}[{unit}] = {}", Tex::number(entry).text) } else { symbol };
    scene.memory.math.show(ui, &right, true);
    strip_ui(ui, scene, gradient, selection);
    if is_vector {
        paths_ui(ui, scene, backward, node, unit);
    }
    passed_on_ui(ui, scene, backward, node, gradient, unit);
}

/// A gradient as cells; a click chooses the unit.
fn strip_ui(ui: &mut Ui, scene: &mut Scene<'_>, gradient: &Array2<f32>, selection: &Selection) {
    let dark = ui.visuals().dark_mode;
    let entries = slice(gradient);
    let (rows, columns) = gradient.dim();
    let largest = entries.iter().fold(0.0_f32, |largest, entry| largest.max(entry.abs()));
    let width = ui.available_width();
    let height = (width * rows as f32 / columns as f32).clamp(STRIP_HEIGHT, width);
    let height = if rows == 1 { STRIP_HEIGHT } else { height };
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    let words = scene.tr("inspector.gradient");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    cells::paint(ui.painter(), rect, entries, columns, &Scale::signed(largest, dark));
    let stroke = egui::Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    ui.painter().rect_stroke(rect, 0.0, stroke, egui::StrokeKind::Outside);
    if let Some(unit) = selection.unit.filter(|unit| rows == 1 && *unit < columns) {
        let cell = cells::cell_rect(rect, entries.len(), columns, unit);
        cells::frame(ui.painter(), cell, theme::accent(dark));
    }
    let pointer = response.interact_pointer_pos().or(response.hover_pos());
    let Some(at) = pointer.and_then(|at| cells::cell_at(rect, entries.len(), columns, at)) else {
        return;
    };
    let clicked = response.clicked();
    response.on_hover_text_at_pointer(format!("[{}] {}", at % columns, number(entries[at])));
    if clicked && rows == 1 {
        let selection = Selection { unit: Some(at), ..selection.clone() };
        scene.commands.push(Command::Select(Some(selection)));
    }
}

/// What each operation that used the value gave to its gradient, and their sum.
fn paths_ui(ui: &mut Ui, scene: &mut Scene<'_>, backward: &Backward, node: NodeId, unit: usize) {
    let graph = scene.trace.graph();
    let mut paths: Vec<(NodeId, f32)> = Vec::new();
    for path in graph.consumers(node) {
        let Some(gradient) = backward.gradient(path) else { continue };
        let share = graph.share(path, gradient, node);
        paths.push((path, share.get([0, unit]).copied().unwrap_or(0.0)));
    }
    if paths.is_empty() {
        return;
    }
    let count = paths.len().to_string();
    let words = if paths.len() == 1 {
        scene.tr("inspector.one_path").to_owned()
    } else {
        tr_with(scene.language, "inspector.paths", &[("count", &count)])
    };
    ui.label(RichText::new(words).weak().small());
    paths.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    for (path, share) in paths.iter().take(PATHS_SHOWN) {
        let Some(input) = graph.node(*path).inputs.iter().position(|input| *input == node) else {
            continue;
        };
        let formula = graph.chain(backward.of(), *path, input, Subscript::Absolute);
        ui.label(RichText::new(through(scene, *path)).small());
        scene.memory.math.show(ui, &formula, true);
        let gradient = backward.gradient(*path);
        numbers_ui(ui, scene, *path, input, gradient, unit, *share);
    }
    if paths.len() > 1 {
        let sum: Vec<String> = paths
            .iter()
            .take(PATHS_SHOWN)
            .map(|(_, share)| Tex::number(*share).as_factor())
            .collect();
        let rest = if paths.len() > PATHS_SHOWN { r" + \cdots" } else { "" };
        let total = paths.iter().map(|(_, share)| share).sum();
        let sum = format!("{}{rest} = {}", sum.join(" + "), Tex::number(total).text);
        super::inspector::formula_lines(ui, scene, &format!("[{unit}] = {sum}"));
    }
}

/// What the chain rule passes on from a node to each of its inputs.
fn passed_on_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    backward: &Backward,
    node: NodeId,
    gradient: &Array2<f32>,
    unit: usize,
) {
    let graph = scene.trace.graph();
    let inputs = graph.node(node).inputs.clone();
    if inputs.is_empty() {
        return;
    }
    ui.add_space(theme::GAP_SMALL);
    let words = tr_with(
        scene.language,
        "inspector.passed_on",
        &[("operation", words::operation(scene.language, graph.node(node).op.name()))],
    );
    ui.label(RichText::new(words).weak().small());
    let of = backward.of();
    for (input, to) in inputs.iter().enumerate() {
        let left = graph.gradient_symbol(of, *to, Subscript::Absolute);
        let share = graph.chain(of, node, input, Subscript::Absolute);
        scene.memory.math.show(ui, &format!(r"{left} \leftarrow {share}"), true);
        let passed = graph.share(node, gradient, *to);
        if graph.node(*to).position == EVERYWHERE {
            continue;
        }
        let own = unit.min(passed.ncols().saturating_sub(1));
        let entry = passed.get([0, own]).copied().unwrap_or(0.0);
        numbers_ui(ui, scene, node, input, Some(gradient), own, entry);
        let others = graph.consumers(*to).len().saturating_sub(1);
        if others > 0 {
            let count = others.to_string();
            let words = tr_with(scene.language, "inspector.other_paths", &[("count", &count)]);
            ui.label(RichText::new(words).small().weak());
        }
    }
}

/// One entry of a share with this run's numbers.
fn numbers_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    node: NodeId,
    input: usize,
    gradient: Option<&Array2<f32>>,
    unit: usize,
    share: f32,
) {
    let graph = scene.trace.graph();
    let numbers = gradient.and_then(|g| graph.chain_with_numbers(node, input, g, unit));
    let result = Tex::number(share).text;
    let text = match numbers {
        Some(numbers) => format!("[{unit}] = {numbers} = {result}"),
        None => format!("[{unit}] = {result}"),
    };
    super::inspector::formula_lines(ui, scene, &text);
}

/// Which operation a gradient came through, in words.
fn through(scene: &Scene<'_>, node: NodeId) -> String {
    let graph = scene.trace.graph();
    let target = graph.node(scene.trace.towards(node));
    let name = target
        .name
        .map_or(String::new(), |name| format!("{}[{}]", graph.name(name).name, target.position));
    let operation = words::operation(scene.language, graph.node(node).op.name());
    let words = [("operation", operation), ("name", name.as_str())];
    tr_with(scene.language, "inspector.through", &words)
}
