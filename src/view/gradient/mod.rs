//! The gradient on its way back: its size at every position for all runs on one axis, the gradient of
//! every unit below it, and the singular values of the Jacobians that it is multiplied by.

mod axis;
mod chart;
mod hover;
pub mod inspect;
mod singular;
mod units;

use std::rc::Rc;

use egui::{RichText, ScrollArea, Ui};

use super::numbers::{Numbers, Table};
use super::{Command, Language, Scene, ViewSpec, laboratory, theme};
use crate::trace::flow::{self, Curve, Size, State};

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "gradient",
    title: "views.gradient_flow",
    hint: "gradient.hint",
    applies: |trace| trace.last_loss().is_some() && !flow::states(trace).is_empty(),
    ui,
    numbers,
};

/// Room for heading and legend of the units and for the folded part.
const BELOW: f32 = 126.0;
/// Chart and units together are at least this high; what does not fit is scrolled to.
const SMALLEST: f32 = 230.0;
/// A view is low below this height; even then the chart has this much.
const LOW: f32 = 400.0;
const SMALLEST_CHART: f32 = 120.0;

/// What is drawn of a run; made once for each run.
#[derive(Debug)]
pub struct RunFlow {
    /// What the run is called.
    label: String,
    /// ‖∂L/∂s_t‖ of every state, the lowest layer first.
    curves: Vec<Curve>,
    /// What arrives along the direct path of a state that has one: the state and the norms.
    direct: Vec<(State, Vec<f32>)>,
}

/// The curves of the runs on the stage.
#[derive(Debug, Default)]
pub struct Cache {
    run: Option<(u64, Language)>,
    flows: Rc<[RunFlow]>,
}

impl Cache {
    /// The runs' curves, made anew only for new runs.
    fn flows(scene: &mut Scene<'_>) -> Rc<[RunFlow]> {
        let language = scene.language;
        if scene.memory.gradient.run == Some((scene.run, language)) {
            return Rc::clone(&scene.memory.gradient.flows);
        }
        let flows: Rc<[RunFlow]> = scene
            .all_runs()
            .map(|run| {
                let label = laboratory::setting_words(language, run.label_beside(scene.label));
                let Some(backward) = run.backward else {
                    return RunFlow { label, curves: Vec::new(), direct: Vec::new() };
                };
                let norms = |rows: ndarray::Array2<f32>| {
                    let norm = |row: ndarray::ArrayView1<'_, f32>| row.dot(&row).sqrt();
                    rows.rows().into_iter().map(norm).collect()
                };
                let states = flow::states(run.trace);
                // Of several layers the highest is enough to compare with.
                let top = states.last().map_or(String::new(), |state| state.scope.clone());
                let states = states.into_iter().filter(|state| state.scope == top);
                let direct = states.filter_map(|state| {
                    let path = flow::direct_path(run.trace, backward, &state)?;
                    Some((state, norms(path)))
                });
                let curves = flow::curves(run.trace, backward);
                RunFlow { label, curves, direct: direct.collect() }
            })
            .collect();
        scene.memory.gradient = Self { run: Some((scene.run, language)), flows: Rc::clone(&flows) };
        flows
    }
}

/// The colours of the runs, in order.
fn colors(scene: &Scene<'_>, dark: bool) -> Vec<egui::Color32> {
    theme::run_colors(scene.all_runs().map(|run| run.trace.model()), dark)
}

/// Which positions a walk backward has reached; all where nobody walks.
fn reached(scene: &Scene<'_>) -> Vec<bool> {
    let count = scene.all_runs().map(|run| run.trace.n_positions()).max().unwrap_or(0);
    let Some((timeline, backward)) = scene.walk_back() else { return vec![true; count] };
    let states = flow::states(scene.trace);
    let is_reached = |position: usize| {
        states.iter().any(|state| {
            let node = scene.trace.node(&state.name, position as i32);
            node.is_some_and(|node| backward.is_reached(node, timeline.cursor()))
        })
    };
    (0..count).map(is_reached).collect()
}

/// The curves: how large the gradient of every state is at each position, and along the direct path.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let mut table = Table::new(&["run", "state", "path", "position", "gradient_norm"]);
    for flow in &*Cache::flows(scene) {
        let mut add = |state: &State, path: &str, norms: &mut dyn Iterator<Item = f32>| {
            for (position, norm) in norms.enumerate() {
                table.push([
                    flow.label.as_str().into(),
                    state.name.as_str().into(),
                    path.into(),
                    position.into(),
                    norm.into(),
                ]);
            }
        };
        for curve in &flow.curves {
            let norm = |size: &Size| match size {
                Size::Number(number) => *number,
                Size::Underflow | Size::Zero | Size::Independent => 0.0,
                Size::Infinite => f32::INFINITY,
                Size::NotANumber => f32::NAN,
            };
            add(&curve.state, "all", &mut curve.sizes.iter().map(norm));
        }
        for (state, norms) in &flow.direct {
            add(state, "direct", &mut norms.iter().copied());
        }
    }
    Numbers::Table(table)
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let flows = Cache::flows(scene);
    let room = ui.available_size();
    ScrollArea::vertical().id_salt("gradient").auto_shrink(false).show(ui, |ui| {
        header_ui(ui, scene, &flows);
        let used = ui.cursor().top() - ui.max_rect().top();
        let rest = (room.y - used - BELOW).max(SMALLEST);
        let gutter = chart::label_gutter(ui, scene, &flows);
        // Where another view shares the stage the chart has it all; the units are scrolled to.
        let chart = if room.y < LOW { room.y - used - theme::GAP } else { rest * 0.56 };
        chart::ui(ui, scene, &flows, gutter, chart.clamp(SMALLEST_CHART, 420.0));
        units::ui(ui, scene, &flows, gutter, (rest * 0.44).min(320.0));
        singular::ui(ui, scene, gutter);
    });
}

/// Of which loss the gradients are, to be chosen.
fn header_ui(ui: &mut Ui, scene: &mut Scene<'_>, flows: &[RunFlow]) {
    let Some(backward) = scene.backward else { return };
    let at = backward.position();
    if scene.for_print {
        let words = format!("{} {at}", scene.tr("gradient.loss_at"));
        ui.label(RichText::new(words).small().weak());
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let label = ui.label(RichText::new(scene.tr("gradient.loss_at")).small().weak());
        let mut position = at;
        let last = scene.trace.n_positions().saturating_sub(1);
        let drag = egui::DragValue::new(&mut position).range(0..=last).speed(0.2);
        let words = scene.tr("gradient.loss_at");
        let response =
            ui.add(drag).labelled_by(label.id).on_hover_text(scene.tr("gradient.loss_hint"));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, words));
        if response.changed() && position != at {
            scene.commands.push(Command::LossAt(Some(position)));
        }
        if scene.trace.last_loss() != Some(at)
            && ui.small_button(scene.tr("gradient.last_loss")).clicked()
        {
            scene.commands.push(Command::LossAt(None));
        }
        // Of one layer the cell's curve bears its name; of several there would be too many names.
        let has_cells = |flow: &RunFlow| {
            let is_deep =
                flow.curves.windows(2).any(|two| two[0].state.scope != two[1].state.scope);
            is_deep && flow.curves.iter().any(|curve| curve.state.is_cell())
        };
        if flows.iter().any(has_cells) {
            ui.add_space(theme::GAP);
            ui.label(RichText::new(scene.tr("gradient.dashed")).small().weak());
        }
    });
}
