//! All values of the cell side by side over time, and one unit's life as curves.

use egui::{RichText, ScrollArea, Ui, vec2};
use egui_plot::{Line, Plot, PlotPoints, VLine};

use super::numbers::Numbers;
use super::{Command, Scene, Selection, ViewSpec, cells, heatmap, scope, theme};
use crate::models::Range;
use crate::palette::Scale;
use crate::trace::Trace;

/// A picture is not narrower than this while there is room for one beside it.
const NARROWEST: f32 = 230.0;
/// The height of the curves.
const PLOT_HEIGHT: f32 = 130.0;

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
    let curves = if unit.is_some() { PLOT_HEIGHT + 64.0 } else { 24.0 };
    let room = ui.available_size();
    ScrollArea::vertical().id_salt("gates").auto_shrink(false).show(ui, |ui| {
        let columns = ((room.x / NARROWEST) as usize).clamp(1, 3);
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
            Some(unit) => curves_ui(ui, scene, &names, unit),
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
fn curves_ui(ui: &mut Ui, scene: &mut Scene<'_>, names: &[String], unit: usize) {
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
    Plot::new("unit over time")
        .height(PLOT_HEIGHT)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .y_grid_spacer(egui_plot::uniform_grid_spacer(|input| steps(input.bounds)))
        .set_margin_fraction(vec2(0.02, 0.12))
        .include_x(0.0)
        .include_x(last as f64)
        .show(ui, |plot| {
            plot.vline(VLine::new("now", now as f64).color(theme::accent(dark)));
            for (at, name) in names.iter().enumerate() {
                let Some(matrix) = scene.over_time(name) else { continue };
                if unit >= matrix.ncols() {
                    continue;
                }
                let points: PlotPoints<'_> = (0..=last)
                    .filter(|t| scene.is_shown_at(name, *t))
                    .map(|t| [t as f64, f64::from(matrix[[t, unit]])])
                    .filter(|point| point[1].is_finite())
                    .collect();
                let line = Line::new(name.clone(), points).color(colors[at % colors.len()]);
                plot.line(line.width(theme::LINE));
            }
        });
}

/// Three or four labelled lines over the height of a low plot: steps of 1, 2 or 5 times a power of
/// ten.
pub(super) fn steps((low, high): (f64, f64)) -> [f64; 3] {
    let least = ((high - low) / 4.0).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= least);
    [step.unwrap_or(power); 3]
}
