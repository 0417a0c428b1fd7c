//! What one step does to a gradient, and all steps together: singular values on a logarithmic axis.
//! Folded away until somebody asks, because they take the worker longer than a frame.

use egui::{
    Align2, CollapsingHeader, Color32, FontId, Rect, RichText, Sense, Shape, Stroke, Ui, pos2, vec2,
};

use super::super::{Command, Scene, number, theme, tr_with};
use super::axis::{Plane, TICKS_WIDTH};
use crate::trace::flow;
use crate::trace::jacobian::{Jacobians, Spread, Steps};

const ROW: f32 = 22.0;
const PRODUCT_HEIGHT: f32 = 130.0;
const FONT: FontId = FontId::proportional(12.0);

/// A run's Jacobians, its name and its colour.
struct Of<'a> {
    label: String,
    color: Color32,
    jacobians: &'a Jacobians,
}

/// The key of whether it is unfolded.
const LOOK: &str = "gradient.singular";

/// Draws the folded part.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, gutter: f32) {
    let title = RichText::new(scene.tr("gradient.singular"));
    let is_open: bool = scene.look(LOOK);
    if scene.for_print && !is_open {
        return;
    }
    let header = CollapsingHeader::new(title).id_salt("singular values").open(Some(is_open));
    let header = header.show(ui, |ui| {
        let states = flow::states(scene.trace);
        let selected = scene.selection.map(|selection| selection.name.as_str());
        let state = states.iter().find(|state| Some(state.name.as_str()) == selected);
        let Some(state) = state.or(states.last()) else { return };
        let found = scene.jacobians.filter(|(name, _)| *name == state.name);
        let Some((_, found)) = found.filter(|(_, found)| !found.is_empty()) else {
            scene.commands.push(Command::Measure(state.name.clone()));
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(RichText::new(scene.tr("gradient.measuring")).weak());
            });
            return;
        };
        let colors = theme::series(ui.visuals().dark_mode);
        let runs: Vec<Of<'_>> = scene
            .all_runs()
            .zip(found)
            .enumerate()
            .filter_map(|(at, (run, jacobians))| {
                let (label, color) = (run.label.to_owned(), colors[at % colors.len()]);
                Some(Of { label, color, jacobians: jacobians.as_deref()? })
            })
            .collect();
        steps_ui(ui, scene, &runs);
        product_ui(ui, scene, &runs, gutter);
    });
    if header.header_response.clicked() {
        scene.keep_look(LOOK, &!is_open);
    }
    header.header_response.on_hover_text(scene.tr("gradient.singular_hint"));
}

/// A row of dots for each part of each run: the singular values of the step at the cursor.
fn steps_ui(ui: &mut Ui, scene: &Scene<'_>, runs: &[Of<'_>]) {
    let dark = ui.visuals().dark_mode;
    let now = scene.now();
    let position = now.to_string();
    let before = (now as i32 - 1).to_string().replace('-', "−");
    let words = [("position", position.as_str()), ("before", before.as_str())];
    ui.label(tr_with(scene.language, "gradient.steps", &words));
    let rows: Vec<(&Of<'_>, &Steps)> = runs
        .iter()
        .flat_map(|run| run.jacobians.steps.iter().map(move |steps| (run, steps)))
        .collect();
    let at = |steps: &'_ Steps| steps.singular_values.get(now).cloned().flatten();
    let all = rows.iter().filter_map(|(_, steps)| at(steps)).flatten().filter(|v| *v > 0.0);
    let [low, high] = all.fold([0.5_f64, 2.0_f64], |[low, high], v| [low.min(v), high.max(v)]);
    let (low, high) = (low.log10().max(-12.0), high.log10());
    let names: Vec<String> = rows.iter().map(|(run, steps)| part_name(scene, run, steps)).collect();
    let width =
        |name: &String| ui.painter().layout_no_wrap(name.clone(), FONT, Color32::WHITE).size().x;
    let gutter = names.iter().map(width).fold(0.0, f32::max).min(ui.available_width() * 0.5) + 12.0;
    for ((run, steps), name) in rows.iter().zip(&names) {
        let size = vec2(ui.available_width(), ROW);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
        let painter = ui.painter();
        let left = pos2(rect.left(), rect.center().y);
        painter.text(left, Align2::LEFT_CENTER, name, FONT, run.color);
        let axis =
            Rect::from_min_max(rect.min + vec2(gutter, 0.0), rect.max - vec2(TICKS_WIDTH, 0.0));
        let x = |value: f64| {
            let share = ((value.log10() - low) / (high - low)).clamp(0.0, 1.0) as f32;
            axis.left() + 4.0 + share * (axis.width() - 8.0)
        };
        let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
        painter.hline(axis.x_range(), rect.center().y, line);
        painter.vline(x(1.0), rect.y_range(), Stroke::new(theme::HAIRLINE, theme::future(dark)));
        let Some(values) = at(steps) else {
            let color = theme::color(crate::palette::NOT_A_NUMBER);
            painter.text(axis.center(), Align2::CENTER_CENTER, "∞  NaN", FONT, color);
            continue;
        };
        for value in &values {
            let dot = pos2(x(*value), rect.center().y);
            painter.circle_filled(dot, 3.0, run.color.gamma_multiply(0.55));
        }
        let ends = [values.first(), values.last()].map(|v| v.map_or(0.0, |v| *v as f32));
        let [largest, smallest] = ends.map(number);
        let words = [("largest", largest.as_str()), ("smallest", smallest.as_str())];
        response.on_hover_text(tr_with(scene.language, "gradient.extremes", &words));
    }
    ui.label(RichText::new(scene.tr("gradient.one")).small().weak());
}

/// `lstm ∂c/∂c, h held`.
fn part_name(scene: &Scene<'_>, run: &Of<'_>, steps: &Steps) -> String {
    let last = |state: usize| {
        let name = run.jacobians.states[state].name.as_str();
        name.rsplit('.').next().unwrap_or(name)
    };
    let names: Vec<&str> = steps.of.iter().map(|state| last(*state)).collect();
    let held: Vec<&str> =
        (0..run.jacobians.states.len()).filter(|s| !steps.of.contains(s)).map(last).collect();
    let scope = &run.jacobians.states[0].scope;
    let layer = if scope.is_empty() { String::new() } else { format!(" {scope}") };
    let what = names.join(" + ");
    let held = if held.is_empty() {
        String::new()
    } else {
        tr_with(scene.language, "gradient.held", &[("names", &held.join(", "))])
    };
    format!("{}{layer}: {what}{held}", run.label)
}

/// How far the product of all steps from t to T stretches: its largest, mean and smallest.
fn product_ui(ui: &mut Ui, scene: &Scene<'_>, runs: &[Of<'_>], gutter: f32) {
    let dark = ui.visuals().dark_mode;
    let Some(first) = runs.first() else { return };
    let name = |run: &Of<'_>| run.jacobians.states[0].name.clone();
    let from = first.jacobians.from.to_string();
    let words = [("name", name(first)), ("position", from)];
    let words = words.each_ref().map(|(key, text)| (*key, text.as_str()));
    ui.add_space(theme::GAP);
    ui.label(tr_with(scene.language, "gradient.product", &words));
    ui.label(RichText::new(scene.tr("gradient.product_lines")).small().weak());
    let size = vec2(ui.available_width(), PRODUCT_HEIGHT);
    let (outer, response) = ui.allocate_exact_size(size, Sense::hover());
    let words = scene.tr("gradient.singular");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    let rect =
        Rect::from_min_max(outer.min + vec2(gutter, 6.0), outer.max - vec2(TICKS_WIDTH, 6.0));
    let spreads = |run: &Of<'_>| run.jacobians.whole.clone();
    let parts: [fn(&Spread) -> Option<f64>; 3] =
        [|spread| Some(spread.largest), |spread| spread.mean, |spread| spread.smallest];
    let all =
        runs.iter().flat_map(spreads).flatten().flat_map(|spread| parts.map(|part| part(&spread)));
    let numbers = all.flatten().filter(|number| *number > 0.0);
    let extent = numbers.fold([f64::INFINITY, 0.0_f64], |[l, h], n| [l.min(n), h.max(n)]);
    let positions = runs.iter().map(|run| run.jacobians.whole.len()).max().unwrap_or(1);
    let plane = Plane::new(rect, positions, extent);
    let painter = ui.painter();
    plane.grid(painter, dark);
    let accent = Stroke::new(theme::HAIRLINE, theme::accent(dark));
    painter.vline(plane.x(scene.now()), rect.y_range(), accent);
    for run in runs {
        for (at, part) in parts.iter().enumerate() {
            let width = if at == 1 { theme::LINE } else { theme::HAIRLINE };
            let stroke = Stroke::new(width, run.color);
            let points = run.jacobians.whole.iter().enumerate().map(|(t, spread)| {
                let number = spread.as_ref().and_then(part).filter(|number| *number > 0.0);
                number.map(|number| pos2(plane.x(t), plane.y(number)))
            });
            let points: Vec<_> = points.collect();
            for piece in points.split(Option::is_none) {
                let piece: Vec<_> = piece.iter().flatten().copied().collect();
                painter.add(Shape::line(piece, stroke));
            }
        }
    }
    let Some(pointer) = response.hover_pos().filter(|at| rect.contains(*at)) else { return };
    let position = plane.position(pointer.x);
    let line = |run: &Of<'_>| {
        let spread = run.jacobians.whole.get(position)?.as_ref()?;
        let text = |part: Option<f64>| part.map_or("–".to_owned(), |part| number(part as f32));
        let parts = parts.map(|part| text(part(spread)));
        Some(format!("{}: {}", run.label, parts.join(" · ")))
    };
    let lines: Vec<String> = runs.iter().filter_map(line).collect();
    response.on_hover_text_at_pointer(format!("[{position}]\n{}", lines.join("\n")));
}
