//! Everything about the selected value: what it means, the formula that computed it, with this
//! run's numbers, its shape, its distribution and, for a kept share, its half-life.

use egui::{RichText, ScrollArea, Ui};

use super::{Command, Hidden, Scene, Selection, broken, number, theme, tr_with};
use crate::models::Axes;
use crate::tape::{Graph, NodeId};
use crate::trace::statistics::summary;
use crate::trace::{Place, Trace, half_life};

/// The size of a formula that is cut into lines, and the smallest that one is set in.
const CUT_SIZE: f32 = 14.5;
const SMALLEST_MATH: f32 = 12.0;

/// Draws the inspector for the selection and the pinned values.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, pinned: &[Selection]) {
    ScrollArea::vertical().id_salt("inspector").auto_shrink(false).show(ui, |ui| {
        match scene.selection.cloned() {
            Some(selection) => selection_ui(ui, scene, &selection),
            None => {
                ui.add_space(theme::GAP);
                ui.label(RichText::new(scene.tr("inspector.choose")).weak());
            }
        }
        if !pinned.is_empty() {
            ui.add_space(theme::GAP_LARGE);
            ui.label(RichText::new(scene.tr("inspector.pinned")).strong());
        }
        for (at, selection) in pinned.iter().enumerate() {
            pinned_ui(ui, scene, at, selection);
        }
    });
}

fn selection_ui(ui: &mut Ui, scene: &mut Scene<'_>, selection: &Selection) {
    let mut place = selection.place(scene.now());
    let name = selection.name.as_str();
    // A value of the source has none where the answer is written: the nearest one is meant.
    let elsewhere = nearest(scene.trace, &place);
    place.position = elsewhere.as_ref().map_or(place.position, |(at, _)| *at);
    let node = scene.trace.find(&place);
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui
                .small_button(scene.tr("inspector.pin"))
                .on_hover_text(scene.tr("inspector.pin_hint"))
                .clicked()
            {
                scene.commands.push(Command::Pin(selection.clone()));
            }
            if !scene.hides(Hidden::Interventions) {
                let change = ui.small_button(scene.tr("intervene.change"));
                let hint = format!("{}  (C)", scene.tr("intervene.change_hint"));
                if change.on_hover_text(hint).clicked() {
                    super::intervene::ask(scene, name, place.position, selection.unit);
                }
            }
            // What is left of the row; a long name shows its whole self when pointed at.
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let title = RichText::new(name).monospace().strong().size(theme::BODY_SIZE);
                ui.add(egui::Label::new(title).truncate());
            });
        });
    });
    if let Some(meaning) = scene.meaning(name).filter(|_| selection.path.is_empty()) {
        ui.label(meaning);
    }
    if let Some((_, [from, to])) = elsewhere {
        let ends = [from.to_string(), to.to_string()];
        let words = [("from", ends[0].as_str()), ("to", ends[1].as_str())];
        let words = tr_with(scene.language, "inspector.exists_at", &words);
        ui.label(RichText::new(words).small().weak());
    }
    let Some(node) = node else {
        let words = tr_with(
            scene.language,
            "inspector.absent",
            &[("name", name), ("position", &place.position.to_string())],
        );
        ui.label(RichText::new(words).weak());
        return;
    };
    facts_ui(ui, scene, node, place.position);
    formula_ui(ui, scene, node);
    if let Some((_, backward)) = scene.walk_back() {
        super::inspector_back::ui(ui, scene, backward, node, selection);
    }
    if !scene.is_done(node) && !scene.trace.graph().node(node).is_leaf() {
        ui.add_space(theme::GAP);
        ui.label(
            RichText::new(scene.tr("inspector.not_computed"))
                .color(theme::warning(ui.visuals().dark_mode)),
        );
        return;
    }
    if scene.trace.graph().value(node).nrows() > 1 {
        super::weights::ui(ui, scene, node, name);
    } else {
        numbers_ui(ui, scene, (node, place.position), selection);
    }
    distribution_ui(ui, scene, node, name);
    // While walking back, its paths stand above.
    if scene.walk_back().is_none() {
        super::gradient::inspect::ui(ui, scene, node, selection);
    }
    let is_parameter =
        scene.trace.graph().find(name).is_some_and(|id| scene.trace.graph().name(id).is_parameter);
    if !is_parameter {
        ui.add_space(theme::GAP);
        let unit = selection.unit.map_or(String::new(), |unit| format!("[{unit}]"));
        let example = format!("{name}[{}]{unit}=0", place.position.max(0));
        super::intervene::ui(ui, scene, "inspector", &example);
    }
}

/// Where a value that does not exist at a place is nearest, before it if anywhere, with the first and
/// last position of those where it is.
fn nearest(trace: &Trace, place: &Place) -> Option<(i32, [i32; 2])> {
    let last = i32::try_from(trace.n_positions()).ok()?;
    let exists = |at: i32| trace.find(&Place { position: at, ..place.clone() }).is_some();
    if place.position >= last || exists(place.position) {
        return None;
    }
    let first = (0..last).find(|at| exists(*at))?;
    let end = (0..last).rev().find(|at| exists(*at))?;
    let before = (0..place.position).rev().find(|at| exists(*at));
    Some((before.unwrap_or(first), [first, end]))
}

/// Shape, with what its rows and columns are, and where it stands.
fn facts_ui(ui: &mut Ui, scene: &Scene<'_>, node: NodeId, position: i32) {
    let entry = scene.trace.graph().node(node);
    let (rows, columns) = entry.value.dim();
    let is_parameter = entry.name.is_some_and(|name| scene.trace.graph().name(name).is_parameter);
    let shape = if is_parameter {
        format!("{rows} × {columns}")
    } else {
        let (rows, columns) = (rows.to_string(), columns.to_string());
        let name = entry.name.map_or("", |name| &scene.trace.graph().name(name).name);
        let key = match (scene.trace.axes(name), rows.as_str()) {
            (Axes::UnitsByPosition, _) => "inspector.shape_by_position",
            (Axes::Source | Axes::Own, "1") => "inspector.shape_weights",
            (Axes::Source | Axes::Own, _) => "inspector.shape_positions",
            (Axes::Units, "1") => "inspector.shape_row",
            (Axes::Units, _) => "inspector.shape_rows",
        };
        tr_with(scene.language, key, &[("rows", &rows), ("units", &columns)])
    };
    egui::Grid::new("facts").num_columns(2).spacing([8.0, 2.0]).show(ui, |ui| {
        let caption = |key| RichText::new(scene.tr(key)).weak().small();
        ui.label(caption("inspector.shape"));
        ui.label(RichText::new(shape).small());
        ui.end_row();
        if is_parameter {
            let hint = scene.tr("inspector.parameter_hint");
            ui.label(caption("inspector.parameter")).on_hover_text(hint);
        } else {
            ui.label(caption("inspector.position"));
            ui.label(RichText::new(position.to_string().replace('-', "−")).small());
        }
    });
}

/// The formula derived from the tape; each value in it can be clicked.
fn formula_ui(ui: &mut Ui, scene: &mut Scene<'_>, node: NodeId) {
    let graph = scene.trace.graph();
    let equation = graph.equation(node, &|_, symbol| symbol);
    heading(ui, scene.tr("inspector.formula"));
    formula_lines(ui, scene, &equation.latex());
    if equation.terms.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(scene.tr("inspector.comes_from")).weak().small());
        let now = scene.now() as i32;
        for (term, count) in counted(scene, &equation.terms) {
            let Some(name) = scene.trace.graph().node(term).name else { continue };
            let name = scene.trace.graph().name(name).name.clone();
            let shown = if count > 1 { format!("{name} × {count}") } else { name.clone() };
            let text = RichText::new(shown).monospace().small();
            let link = ui.link(text).on_hover_text(term_hint(scene, term, &name));
            if link.clicked() {
                let position = scene.trace.graph().node(term).position;
                let offset = if position == crate::tape::EVERYWHERE { 0 } else { position - now };
                let unit = scene.selection.and_then(|selection| selection.unit);
                scene.commands.push(Command::Select(Some(Selection {
                    name,
                    path: Vec::new(),
                    offset,
                    unit,
                })));
            }
        }
    });
}

/// Terms of one name as one, with how many they are; the last of them stands for all.
fn counted(scene: &Scene<'_>, terms: &[NodeId]) -> Vec<(NodeId, usize)> {
    let name = |term: NodeId| scene.trace.graph().node(term).name;
    let mut counted: Vec<(NodeId, usize)> = Vec::new();
    for term in terms {
        match counted.iter_mut().find(|(other, _)| name(*other) == name(*term)) {
            Some((last, count)) => (*last, *count) = (*term, *count + 1),
            None => counted.push((*term, 1)),
        }
    }
    counted
}

fn term_hint(scene: &Scene<'_>, node: NodeId, name: &str) -> String {
    let (rows, columns) = scene.trace.graph().value(node).dim();
    let meaning = scene.meaning(name).unwrap_or_else(|| scene.tr("inspector.parameter_hint"));
    format!("{meaning} · {rows} × {columns}")
}

/// A formula: in one line where it fits, else cut into lines, and what cannot be cut is scrolled.
/// It is never too small to be read.
pub(super) fn formula_lines(ui: &mut Ui, scene: &mut Scene<'_>, latex: &str) {
    let full = theme::BODY_SIZE * theme::MATH_DISPLAY_RATIO;
    let room = ui.available_width();
    let ctx = ui.ctx().clone();
    let math = &mut scene.memory.math;
    let mut width =
        |latex: &str, size| math.get(&ctx, latex, true, size).map_or(0.0, |set| set.size.x);
    // A little smaller is better than two lines.
    if width(latex, full) <= room * full / CUT_SIZE {
        scene.memory.math.show(ui, latex, true);
        return;
    }
    let fits = |line: &str, at: usize| {
        width(line, CUT_SIZE) <= room - if at > 0 { theme::GAP_LARGE } else { 0.0 }
    };
    for (at, line) in broken::lines(latex, fits).into_iter().enumerate() {
        let indent = if at > 0 { theme::GAP_LARGE } else { 0.0 };
        let needed = scene.memory.math.get(&ctx, &line, true, CUT_SIZE);
        let needed = needed.map_or(0.0, |formula| formula.size.x);
        let room = room - indent;
        let line_ui = |ui: &mut Ui, scene: &mut Scene<'_>| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.add_space(indent);
                let size = if needed > room { SMALLEST_MATH } else { CUT_SIZE };
                scene.memory.math.show_sized(ui, &line, size);
            });
        };
        if needed * SMALLEST_MATH / CUT_SIZE > room {
            ScrollArea::horizontal().id_salt((latex, at)).show(ui, |ui| line_ui(ui, scene));
        } else {
            line_ui(ui, scene);
        }
    }
}

/// The selected entry, computed with this run's numbers.
fn numbers_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    (node, position): (NodeId, i32),
    selection: &Selection,
) {
    let value = scene.trace.graph().value(node);
    let units = value.ncols();
    let unit = selection.unit.unwrap_or(0).min(units.saturating_sub(1));
    ui.add_space(theme::GAP);
    ui.horizontal(|ui| {
        ui.label(RichText::new(scene.tr("inspector.numbers")).strong());
        if units > 1 {
            let mut chosen = unit;
            let label = ui.label(RichText::new(scene.tr("inspector.unit")).weak().small());
            let drag = ui
                .add(egui::DragValue::new(&mut chosen).range(0..=units - 1).speed(0.1))
                .labelled_by(label.id);
            if drag.on_hover_text(scene.tr("inspector.unit_hint")).changed() {
                let selection = Selection { unit: Some(chosen), ..selection.clone() };
                scene.commands.push(Command::Select(Some(selection)));
            }
        }
    });
    let graph = scene.trace.graph();
    let row = scene.trace.row_of(node, position);
    let numbers = graph.equation_with_numbers(node, row, unit);
    formula_lines(ui, scene, &numbers);
    products_ui(ui, scene, node, [row, unit]);
    let kept = scene.trace.kept_share().filter(|kept| {
        selection.path.is_empty() && selection.name.rsplit('.').next() == Some(kept.value)
    });
    if let Some(kept) = kept {
        let life = half_life(kept.share(graph.value(node)[[row, unit]]));
        let steps = super::cells::tokens(life);
        ui.horizontal(|ui| {
            ui.label(RichText::new(scene.tr("inspector.half_life")).weak().small());
            let words = tr_with(scene.language, "inspector.half_life_value", &[("steps", &steps)]);
            ui.label(words).on_hover_text(scene.tr("inspector.half_life_hint"));
        });
    }
}

/// The largest terms of the sums inside a matrix product: what this unit listens to.
fn products_ui(ui: &mut Ui, scene: &mut Scene<'_>, node: NodeId, [row, unit]: [usize; 2]) {
    const SHOWN: usize = 3;
    let graph = scene.trace.graph();
    let mut dots = Vec::new();
    collect_products(graph, node, true, &mut dots);
    if dots.is_empty() {
        return;
    }
    ui.add_space(theme::GAP_SMALL);
    ui.label(RichText::new(scene.tr("inspector.largest_terms")).weak().small());
    for dot in dots {
        let inputs = &graph.node(dot).inputs;
        let (x, w) = (graph.value(inputs[0]), graph.value(inputs[1]));
        if unit >= w.ncols() || row >= x.nrows() {
            continue;
        }
        let mut terms: Vec<(usize, f32)> =
            (0..w.nrows()).map(|k| (k, x[[row, k]] * w[[k, unit]])).collect();
        terms.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let latex = graph.equation(dot, &|_, symbol| symbol).right;
        ui.horizontal_wrapped(|ui| {
            scene.memory.math.show(ui, &latex, false);
            for (k, term) in terms.iter().take(SHOWN) {
                let hint = format!("[{k}]: {} × {}", number(x[[row, *k]]), number(w[[*k, unit]]));
                let text = RichText::new(format!("[{k}] {}", number(*term))).monospace().small();
                ui.label(text).on_hover_text(hint);
            }
        });
    }
}

fn collect_products(graph: &Graph, id: NodeId, is_root: bool, found: &mut Vec<NodeId>) {
    let node = graph.node(id);
    if !is_root && (node.name.is_some() || node.is_leaf()) {
        return;
    }
    if node.op.name() == "matrix product" {
        found.push(id);
        return;
    }
    for input in &node.inputs {
        collect_products(graph, *input, false, found);
    }
}

/// How the entries are spread, between the ends of the value's colour scale.
fn distribution_ui(ui: &mut Ui, scene: &mut Scene<'_>, node: NodeId, name: &str) {
    let value = scene.trace.graph().value(node);
    let Some(summary) = summary(value.iter()) else { return };
    heading(ui, scene.tr("inspector.histogram"));
    let scale = scene.scale(ui, name);
    super::histogram::ui(ui, scene, value.iter(), &summary, &scale);
    egui::Grid::new("summary").num_columns(4).spacing([8.0, 2.0]).show(ui, |ui| {
        for (at, (key, number_shown)) in [
            ("inspector.minimum", summary.min),
            ("inspector.maximum", summary.max),
            ("inspector.mean", summary.mean),
            ("inspector.norm", summary.norm),
        ]
        .into_iter()
        .enumerate()
        {
            ui.label(RichText::new(scene.tr(key)).weak().small());
            ui.label(RichText::new(number(number_shown)).monospace().small());
            if at % 2 == 1 {
                ui.end_row();
            }
        }
    });
    if summary.broken > 0 {
        let words =
            tr_with(scene.language, "inspector.broken", &[("count", &summary.broken.to_string())]);
        ui.label(RichText::new(words).color(theme::error(ui.visuals().dark_mode)));
    }
}

fn pinned_ui(ui: &mut Ui, scene: &mut Scene<'_>, at: usize, selection: &Selection) {
    let place = selection.place(scene.now());
    ui.horizontal(|ui| {
        let unit = selection.unit.map_or(String::new(), |unit| format!("[{unit}]"));
        let name = format!("{}[{}]{unit}", place.name, place.position).replace('-', "−");
        if ui
            .link(RichText::new(name).monospace())
            .on_hover_text(scene.tr("inspector.select_hint"))
            .clicked()
        {
            scene.commands.push(Command::Select(Some(selection.clone())));
        }
        let node = scene.trace.find(&place).filter(|node| scene.is_done(*node));
        let row = node.map_or(0, |node| scene.trace.row_of(node, place.position));
        let text = match node.map(|node| scene.trace.graph().value(node)) {
            Some(value) => match selection.unit.filter(|unit| *unit < value.ncols()) {
                Some(unit) => {
                    value.get([row, unit]).map_or_else(|| "NaN".to_owned(), |entry| number(*entry))
                }
                None => summary(value.iter())
                    .map_or("NaN".to_owned(), |s| format!("‖·‖ {}", number(s.norm))),
            },
            None => scene.tr("inspector.not_computed").to_owned(),
        };
        ui.label(RichText::new(text).monospace());
        if ui.small_button("×").on_hover_text(scene.tr("inspector.unpin")).clicked() {
            scene.commands.push(Command::Unpin(at));
        }
    });
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(theme::GAP);
    ui.label(RichText::new(text).strong());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint;

    #[test]
    fn a_value_of_the_source_is_shown_where_it_was_last() {
        let checkpoint = checkpoint::shipped("attention-dates").unwrap();
        let sequence = checkpoint.task.parse("4th of may, 1987").unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let source = i32::try_from(trace.source()).unwrap();
        let of = |name, at| nearest(&trace, &Place::new(name, at));
        assert_eq!(of("encoder.hidden", source + 3), Some((source - 1, [0, source - 1])));
        assert_eq!(of("encoder.hidden", 3), None);
        let written = of("decoder.hidden", 2).unwrap();
        assert_eq!(written.0, written.1[0]);
        assert!(written.0 >= source - 1, "{written:?}");
        assert_eq!(of("no_such_value", 3), None);
    }
}
