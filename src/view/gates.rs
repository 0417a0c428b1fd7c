//! All values of the cell side by side over time, and one unit's life as curves.

use egui::{RichText, ScrollArea, Ui, vec2};
use egui_plot::{Line, PlotPoints, VLine};

use super::numbers::Numbers;
use super::{Command, Scene, Selection, ViewSpec, cells, heatmap, plot, scope, theme};
use crate::models::Range;
use crate::palette::Scale;
use crate::trace::Trace;

/// A picture is not narrower than this while there is room for one beside it.
const NARROWEST: f32 = 230.0;
/// The height of the curves.
const PLOT_HEIGHT: f32 = 140.0;
const LOW_PLOT_HEIGHT: f32 = 124.0;
/// A stage that is lower has less room for each.
const LOW: f32 = 500.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "gates",
    title: "views.gates",
    hint: "views.gates_hint",
    // A cell without a gate has only its state, which the heatmap shows.
    applies: |trace| {
        let values = values(trace, scope::cells(trace)[0]);
        values.iter().any(|name| trace.range(name) == Range::Unit)
    },
    ui,
    numbers,
};

/// A cell's gates and states, in order of computation; the hidden state last.
fn values(trace: &Trace, cell: &str) -> Vec<String> {
    let own = || trace.value_names().filter(|name| scope::split(name).0 == cell);
    let is_gate_or_state =
        |name: &&str| scope::is_within_cell(name) && scope::split(name).1 != scope::HIDDEN;
    let hidden = own().filter(|name| scope::split(name).1 == scope::HIDDEN);
    own().filter(is_gate_or_state).chain(hidden).map(str::to_owned).collect()
}

fn numbers(scene: &mut Scene<'_>) -> Numbers {
    Numbers::Values(values(scene.trace, scope::shown(scene)))
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let cell = scope::shown(scene);
    scope::chooser_ui(ui, scene, cell);
    let names = values(scene.trace, cell);
    let unit = scene.selection.and_then(|selection| selection.unit);
    let room = ui.available_size();
    // On a low stage, as while presenting, the pictures stand three in a row and the curves stay in sight.
    let is_low = room.y < LOW;
    let plot = if is_low { LOW_PLOT_HEIGHT } else { PLOT_HEIGHT };
    let curves = if unit.is_some() { plot + 64.0 } else { 24.0 };
    ScrollArea::vertical().id_salt("gates").auto_shrink(false).show(ui, |ui| {
        let columns = if is_low { 3 } else { ((room.x / NARROWEST) as usize).clamp(1, 3) };
        let rows = names.len().div_ceil(columns).max(1);
        let width = (room.x - theme::GAP_LARGE * columns as f32) / columns as f32;
        let height = ((room.y - curves) / rows as f32 - 60.0).clamp(48.0, 260.0);
        // A scale is said once, where it is used first.
        let mut said = Vec::new();
        for row in names.chunks(columns) {
            ui.horizontal_top(|ui| {
                for name in row {
                    ui.allocate_ui(vec2(width, height + 48.0), |ui| {
                        ui.vertical(|ui| {
                            let scale = scene.picture_scale(ui, name);
                            let ends = [scale.low, scale.high].map(f32::to_bits);
                            let is_new = !said.contains(&ends);
                            said.push(ends);
                            title_ui(ui, scene, name, is_new.then_some(&scale));
                            heatmap::picture_ui(ui, scene, name, vec2(width, height));
                        });
                    });
                }
            });
        }
        cells::broken_ui(ui, scene, &names);
        match unit {
            Some(unit) => curves_ui(ui, scene, &names, unit, plot),
            None if scene.for_print => {}
            None => {
                ui.label(RichText::new(scene.tr("views.choose_unit")).small().weak());
            }
        }
    });
}

fn title_ui(ui: &mut Ui, scene: &mut Scene<'_>, name: &str, scale: Option<&Scale>) {
    ui.horizontal(|ui| {
        let graph = scene.trace.graph();
        if let Some(id) = graph.find(name) {
            let symbol = format!("{}_t", graph.name(id).symbol);
            scene.memory.math.show(ui, &symbol, false);
        }
        let is_selected = scene.selection.is_some_and(|selection| selection.name == name);
        let text = RichText::new(scope::split(name).1).monospace();
        let text =
            if is_selected { text.color(theme::accent(ui.visuals().dark_mode)) } else { text };
        let label = ui.add(egui::Label::new(text).sense(egui::Sense::click()));
        let label = match scene.meaning(name) {
            Some(meaning) => label.on_hover_text(meaning),
            None => label,
        };
        if label.clicked() {
            let unit = scene.selection.and_then(|s| s.unit);
            scene.commands.push(Command::Select(Some(Selection::new(name, unit))));
        }
        if let Some(scale) = scale.filter(|_| ui.available_width() > NARROWEST * 0.5) {
            heatmap::small_legend_ui(ui, scale);
        }
    });
}

/// One unit of every value as curves over positions, each named in its colour.
fn curves_ui(ui: &mut Ui, scene: &mut Scene<'_>, names: &[String], unit: usize, height: f32) {
    let dark = ui.visuals().dark_mode;
    let colors = theme::series(dark);
    ui.add_space(theme::GAP);
    ui.horizontal_wrapped(|ui| {
        let unit = unit.to_string();
        ui.label(super::tr_with(scene.language, "views.unit_over_time", &[("unit", &unit)]));
        for (at, name) in names.iter().enumerate() {
            let text = RichText::new(scope::split(name).1).monospace().small();
            let text = text.color(colors[at % colors.len()]);
            ui.label(text);
        }
    });
    let now = scene.now();
    let last = scene.trace.n_positions().saturating_sub(1);
    let curve = |name: &String| -> Vec<[f64; 2]> {
        let Some(matrix) = scene.over_time(name).filter(|matrix| unit < matrix.ncols()) else {
            return Vec::new();
        };
        (0..=last)
            .filter(|t| scene.is_shown_at(name, *t))
            .map(|t| [t as f64, f64::from(matrix[[t, unit]])])
            .filter(|point| point[1].is_finite())
            .collect()
    };
    let curves: Vec<(String, Vec<[f64; 2]>)> =
        names.iter().map(|name| (name.clone(), curve(name))).collect();
    let numbers = curves.iter().flat_map(|(_, points)| points.iter().map(|point| point[1]));
    let frame = plot::Frame {
        id: "unit over time",
        size: vec2(ui.available_width(), height),
        x: [-0.5, last as f64 + 0.5],
        y: plot::range(numbers.chain([0.0])),
        x_name: scene.tr("views.position_axis"),
    };
    frame.show(ui, |plot| {
        plot.vline(VLine::new("", now as f64).color(theme::accent(dark)).width(theme::HAIRLINE));
        for (at, (name, points)) in curves.into_iter().enumerate() {
            let line = Line::new(name, PlotPoints::from(points));
            plot.line(line.color(colors[at % colors.len()]).width(theme::LINE));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint;
    use crate::view::laboratory;

    #[test]
    fn only_what_has_gates_shows_them_and_only_what_the_laboratory_runs_leads_there() {
        for (id, input, has_gates, has_laboratory) in [
            ("rnn-brackets", "([])", false, true),
            ("lstm-brackets", "([])", true, true),
            ("gru-brackets", "([])", true, true),
            ("hopfield-letters", "A", false, false),
            ("attention-dates", "4th of may, 1987", true, false),
        ] {
            let checkpoint = checkpoint::shipped(id).unwrap();
            let sequence = checkpoint.task.parse(input).unwrap();
            let trace = Trace::record(&checkpoint, sequence, Vec::new());
            assert_eq!((SPEC.applies)(&trace), has_gates, "{id}");
            assert_eq!((laboratory::SPEC.applies)(&trace), has_laboratory, "{id}");
        }
    }
}
