//! An associative memory as pictures: what was given, what the state is now, what the field asks
//! for; beneath, the energy at every flip.

use egui::{Align2, FontId, Rect, RichText, Sense, Stroke, StrokeKind, Ui, vec2};
use egui_plot::{Line, MarkerShape, Plot, PlotPoints, Points, VLine};

use super::numbers::Numbers;
use super::{Command, Scene, Selection, Shown, ViewSpec, cells, theme, tr_with};
use crate::palette::Scale;
use crate::tensor::slice;
use crate::trace::{Place, Trace};

/// Pixels on a side.
const SIDE: usize = 10;
/// Room for a picture's name.
const NAME_HEIGHT: f32 = 22.0;
/// A picture is no larger than this.
const LARGEST: f32 = 300.0;
/// The least height of the curve.
const CURVE_HEIGHT: f32 = 110.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "pixels",
    title: "views.pixels",
    hint: "views.pixels_hint",
    applies: |trace| {
        let is_picture = |name| trace.value(name, 0).is_some_and(|v| v.len() == SIDE * SIDE);
        is_picture("input") && is_picture("state")
    },
    ui,
    numbers,
};

fn numbers(_: &mut Scene<'_>) -> Numbers {
    Numbers::Values(["input", "state", "field", "energy"].map(str::to_owned).to_vec())
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let room = ui.available_size();
    let below = CURVE_HEIGHT + 64.0 + NAME_HEIGHT;
    let side = ((room.x - 2.0 * theme::GAP_LARGE) / 3.0).min(room.y - below).clamp(60.0, LARGEST);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP_LARGE;
        given_ui(ui, scene, side);
        for name in ["state", "field"] {
            picture_ui(ui, scene, name, side);
        }
    });
    let count = flipped(scene).len().to_string();
    ui.label(tr_with(scene.language, "views.pixels_flips", &[("count", &count)]));
    let names = ["state", "field", "energy"].map(str::to_owned);
    cells::broken_ui(ui, scene, &names);
    energy_ui(ui, scene);
}

/// A square with its name above it.
fn square(ui: &mut Ui, name: &str, side: f32) -> (Rect, egui::Response) {
    let size = vec2(side, side + NAME_HEIGHT);
    let (outer, response) = ui.allocate_exact_size(size, Sense::click());
    let color = theme::text(ui.visuals().dark_mode);
    let font = FontId::monospace(12.5);
    ui.painter().text(outer.left_top(), Align2::LEFT_TOP, name, font, color);
    (Rect::from_min_size(outer.min + vec2(0.0, NAME_HEIGHT), vec2(side, side)), response)
}

/// From page to ink: −1 to 1.
fn ink(dark: bool) -> Scale {
    Scale::sequential(-1.0, 1.0, dark)
}

/// The picture that was given; a click flips one of its pixels and the network runs again.
fn given_ui(ui: &mut Ui, scene: &mut Scene<'_>, side: f32) {
    let dark = ui.visuals().dark_mode;
    let (rect, response) = square(ui, scene.tr("views.pixels_given"), side);
    let Some(given) = scene.trace.value("input", 0).map(slice) else { return };
    let words = scene.tr("views.pixels_flip");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    cells::paint(ui.painter(), rect, given, SIDE, &ink(dark));
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    ui.painter().rect_stroke(rect, 0.0, line, StrokeKind::Outside);
    let pointed = response.hover_pos().and_then(|at| cells::cell_at(rect, SIDE * SIDE, SIDE, at));
    let Some(pixel) = pointed else { return };
    let cell = cells::cell_rect(rect, SIDE * SIDE, SIDE, pixel);
    cells::frame(ui.painter(), cell, theme::accent(dark));
    if response.on_hover_text(words).clicked() {
        scene.commands.push(Command::SetInput(toggled(given, pixel)));
    }
}

/// A picture as it is typed, with one pixel turned.
fn toggled(given: &[f32], pixel: usize) -> String {
    let typed = |(at, value): (usize, &f32)| {
        if (*value > 0.0) == (at == pixel) { '.' } else { '#' }
    };
    let pixels: Vec<char> = given.iter().enumerate().map(typed).collect();
    let rows: Vec<String> = pixels.chunks(SIDE).map(|row| row.iter().collect()).collect();
    rows.join("/")
}

/// A value of the network now; the units that have flipped since the start are marked.
fn picture_ui(ui: &mut Ui, scene: &mut Scene<'_>, name: &str, side: f32) {
    let dark = ui.visuals().dark_mode;
    let (rect, response) = square(ui, name, side);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
    let place = Place::new(name, latest(scene, name) as i32);
    let scale = match scene.shown() {
        Shown::Value if name == "state" => ink(dark),
        _ => scene.picture_scale(ui, name),
    };
    let pointed = cells::vector_ui(ui, scene, &response, rect, &place, &scale);
    if name == "state" {
        let flipped = flipped(scene);
        for unit in &flipped {
            let cell = cells::cell_rect(rect, SIDE * SIDE, SIDE, *unit);
            let radius = (0.14 * cell.width()).max(1.5);
            ui.painter().circle_filled(cell.center(), radius, theme::accent(dark));
        }
        if let Some(last) = last_flip(scene) {
            let cell = cells::cell_rect(rect, SIDE * SIDE, SIDE, last);
            cells::frame(ui.painter(), cell, theme::accent(dark));
        }
    }
    if response.clicked() {
        scene.commands.push(Command::Select(Some(Selection::new(name, pointed))));
    }
}

/// Whether a unit's state has another sign in one row than in another.
fn differs(a: f32, b: f32) -> bool {
    (a > 0.0) != (b > 0.0)
}

/// The last position for which a value is computed: until it is computed anew, it stays as it is.
fn latest(scene: &Scene<'_>, name: &str) -> usize {
    let now = scene.now();
    if scene.is_done_at(name, now) { now } else { now.saturating_sub(1) }
}

/// The units whose state is another now than at the start.
fn flipped(scene: &Scene<'_>) -> Vec<usize> {
    changed(scene, 0)
}

/// The unit that flipped last.
fn last_flip(scene: &Scene<'_>) -> Option<usize> {
    changed(scene, latest(scene, "state").checked_sub(1)?).first().copied()
}

/// The units whose state differs between a position and the last one.
fn changed(scene: &Scene<'_>, since: usize) -> Vec<usize> {
    let state = |t: usize| {
        let node = scene.trace.node("state", t as i32).filter(|node| scene.is_done(*node))?;
        Some(slice(scene.trace.graph().value(node)))
    };
    let (Some(before), Some(now)) = (state(since), state(latest(scene, "state"))) else {
        return Vec::new();
    };
    (0..now.len()).filter(|unit| differs(before[*unit], now[*unit])).collect()
}

/// The energy at every position so far.
fn energy_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let dark = ui.visuals().dark_mode;
    let Some(energy) = energy(scene.trace) else { return };
    ui.label(RichText::new(scene.tr("views.pixels_energy")).small().weak());
    let now = scene.now();
    let so_far: Vec<[f64; 2]> = energy
        .iter()
        .enumerate()
        .filter(|(t, value)| scene.is_done_at("energy", *t) && value.is_finite())
        .map(|(t, value)| [t as f64, f64::from(*value)])
        .collect();
    let finite = || energy.iter().copied().filter(|value| value.is_finite()).map(f64::from);
    let (low, high) = (finite().fold(f64::MAX, f64::min), finite().fold(f64::MIN, f64::max));
    let color = theme::series(dark)[0];
    Plot::new("energy")
        .height(ui.available_height().max(CURVE_HEIGHT) - 4.0)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .show_grid([false, true])
        .y_grid_spacer(egui_plot::uniform_grid_spacer(|input| super::gates::steps(input.bounds)))
        .set_margin_fraction(vec2(0.02, 0.1))
        .include_x(0.0)
        .include_x(energy.len().saturating_sub(1).max(1) as f64)
        .include_y(low.min(high))
        .include_y(high.max(low))
        .show(ui, |plot| {
            plot.vline(VLine::new("now", now as f64).color(theme::accent(dark)));
            let points: PlotPoints<'_> = so_far.iter().copied().collect();
            plot.line(Line::new("energy", points).color(color).width(theme::LINE));
            let points: PlotPoints<'_> = so_far.into_iter().collect();
            let marks = Points::new("energy", points).shape(MarkerShape::Circle);
            plot.points(marks.radius(2.5).color(color));
        });
}

/// The energy at every position.
fn energy(trace: &Trace) -> Option<Vec<f32>> {
    Some(trace.over_time("energy")?.column(0).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_turns_one_pixel_of_the_text() {
        let mut given = vec![-1.0; SIDE * SIDE];
        given[0] = 1.0;
        assert_eq!(toggled(&given, 0), [".........."; 10].join("/"));
        let with_last = format!("#........./{}/.........#", [".........."; 8].join("/"));
        assert_eq!(toggled(&given, 99), with_last);
    }
}
