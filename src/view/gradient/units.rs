//! ∂L/∂value of every unit at every position: columns are the chart's positions, colours the powers of
//! ten, blue below zero and orange above.

use egui::{
    Align2, ColorImage, ComboBox, FontId, Rect, RichText, Sense, TextureOptions, Ui, pos2, vec2,
};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::super::{Command, Other, Scene, Selection, cells, laboratory, number, theme, tr_with};
use super::axis::TICKS_WIDTH;
use super::{RunFlow, reached};
use crate::palette::{ABSENT, Scale, is_absent};
use crate::trace::timeline::TimelineCommand;
use crate::trace::{Trace, flow};

/// Powers of ten between the strongest colour and the background.
const DECADES: f32 = 8.0;
const RAMP: egui::Vec2 = vec2(110.0, 8.0);
const LEGEND: f32 = 18.0;

/// The key of what the learner chose here.
const LOOK: &str = "gradient.units";

/// Which run's gradient is shown, and whether only what comes along the direct path.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
struct Choice {
    run: usize,
    direct: bool,
}

/// Draws it.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, flows: &[RunFlow], gutter: f32, height: f32) {
    let mut choice: Choice = scene.look(LOOK);
    let runs: Vec<Other<'_>> = scene.all_runs().collect();
    choice.run = choice.run.min(runs.len().saturating_sub(1));
    let Some(Other { label: _, trace, backward: Some(backward) }) = runs.get(choice.run).copied()
    else {
        return;
    };
    let states = flow::states(trace);
    let selected = scene.selection.map(|selection| selection.name.as_str());
    let names = offered(trace, backward.position());
    let Some(name) = selected
        .and_then(|selected| names.iter().find(|name| **name == selected))
        .copied()
        .or_else(|| flows.get(choice.run).and_then(|flow| usual(&flow.curves)))
    else {
        return;
    };
    let state = states.iter().find(|state| state.name == name);
    let direct = state.and_then(|state| flow::direct_path(trace, backward, state));
    let shows_direct = choice.direct && direct.is_some();
    let rows = if shows_direct { direct.clone() } else { backward.over_time(trace, name) };
    let Some(rows) = rows else { return };
    let largest = rows.iter().filter(|g| g.is_finite()).fold(0.0_f32, |m, g| m.max(g.abs()));
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("∂L/∂").strong());
        if scene.for_print {
            ui.label(RichText::new(name).monospace());
            if runs.len() > 1 {
                ui.label(RichText::new(runs[choice.run].label_beside(scene.label)).small());
            }
            if shows_direct {
                ui.label(RichText::new(scene.tr("gradient.direct_only")).small());
            }
            return;
        }
        let combo = ComboBox::from_id_salt("gradient of")
            .selected_text(RichText::new(name).monospace())
            .show_ui(ui, |ui| {
                for other in &names {
                    let text = RichText::new(*other).monospace();
                    if ui.selectable_label(*other == name, text).clicked() {
                        let unit = scene.selection.and_then(|selection| selection.unit);
                        scene.commands.push(Command::Select(Some(Selection::new(*other, unit))));
                    }
                }
            });
        let words = scene.tr("gradient.of_value");
        combo.response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::ComboBox, true, format!("{words}: {name}"))
        });
        if runs.len() > 1 {
            let colors = super::colors(scene, ui.visuals().dark_mode);
            for (at, (run, color)) in runs.iter().zip(colors).enumerate() {
                let beside = run.label_beside(scene.label);
                let words = laboratory::setting_words(scene.language, beside);
                let text = RichText::new(words).small().color(color);
                if ui.selectable_label(at == choice.run, text).clicked() {
                    choice.run = at;
                }
            }
        }
        if direct.is_some() {
            let words = RichText::new(scene.tr("gradient.direct_only")).small();
            let hint = scene.tr("gradient.direct_hint");
            ui.checkbox(&mut choice.direct, words).on_hover_text(hint);
        }
    });
    scene.keep_look(LOOK, &choice);
    let key = format!("gradient {} {name} {shows_direct}", choice.run);
    picture_ui(ui, scene, &key, name, &rows, largest, (gutter, height), choice.run);
    if largest > 0.0 {
        ui.horizontal(|ui| {
            ui.spacing_mut().interact_size.y = LEGEND;
            ui.add_space(gutter);
            legend_ui(ui, scene, largest);
        });
    }
}

/// The values to choose from: first those that there are where the loss is, as the decoder's before
/// the encoder's.
fn offered(trace: &Trace, loss: usize) -> Vec<&str> {
    let mut names: Vec<&str> =
        trace.value_names().filter(|name| *name != crate::trace::LOSS).collect();
    names.sort_by_key(|name| trace.node(name, loss as i32).is_none());
    names
}

/// The state to show where no value is chosen: the one with a gradient at the most positions; of
/// several the last, which is nearest to the loss.
fn usual(curves: &[flow::Curve]) -> Option<&str> {
    let reached =
        |curve: &&flow::Curve| curve.sizes.iter().filter_map(|size| size.number()).count();
    curves.iter().max_by_key(reached).map(|curve| curve.state.name.as_str())
}

/// A gradient's share of the colour scale: its sign, and its power of ten below the largest. Where
/// there is no such value there is no colour.
fn shade(gradient: f32, largest: f32) -> f32 {
    if is_absent(gradient) {
        return ABSENT;
    }
    if !gradient.is_finite() {
        return f32::NAN;
    }
    if gradient == 0.0 || largest == 0.0 {
        return 0.0;
    }
    // In double precision, because f32's quotient of the smallest by the largest is 0.
    let below = (f64::from(largest) / f64::from(gradient.abs())).log10() as f32;
    gradient.signum() * (1.0 - below / DECADES).max(0.0)
}

#[expect(clippy::too_many_arguments, reason = "a picture has a place, a name and a scale")]
fn picture_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    key: &str,
    name: &str,
    rows: &Array2<f32>,
    largest: f32,
    (gutter, height): (f32, f32),
    run: usize,
) {
    let dark = ui.visuals().dark_mode;
    let (positions, units) = rows.dim();
    let reached = reached(scene);
    let room = vec2(ui.available_width(), height);
    let (outer, response) = ui.allocate_exact_size(room, Sense::click_and_drag());
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("∂L/∂{name}")));
    let all = reached.len().max(1) as f32;
    let width = (outer.width() - gutter - TICKS_WIDTH) / all;
    let rect = Rect::from_min_size(
        outer.min + vec2(gutter, 0.0),
        vec2(width * positions as f32, outer.height()),
    );
    let id = {
        let key = format!("{key} {dark}");
        let known = scene.memory.textures.get(&key).filter(|(of, _)| *of == scene.run);
        if let Some((_, texture)) = known {
            texture.id()
        } else {
            let scale = Scale::signed(1.0, dark);
            let at = (0..units).flat_map(|unit| (0..positions).map(move |t| (t, unit)));
            let pixels = at.map(|at| theme::color(scale.rgb(shade(rows[at], largest)))).collect();
            let image = ColorImage::new([positions, units], pixels);
            let texture = ui.ctx().load_texture(&key, image, TextureOptions::NEAREST);
            let id = texture.id();
            scene.memory.textures.insert(key, (scene.run, texture));
            id
        }
    };
    let painter = ui.painter();
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    painter.image(id, rect, uv, egui::Color32::WHITE);
    for (position, _) in reached.iter().enumerate().filter(|(_, reached)| !**reached) {
        let left = rect.left() + position as f32 * width;
        let veil = Rect::from_min_size(pos2(left, rect.top()), vec2(width + 0.5, rect.height()));
        painter.rect_filled(veil.intersect(rect), 0.0, theme::stage(dark));
    }
    let edge = egui::Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    painter.rect_stroke(rect, 0.0, edge, egui::StrokeKind::Outside);
    let column = vec2(width, rect.height());
    let now =
        Rect::from_min_size(pos2(rect.left() + scene.now() as f32 * width, rect.top()), column);
    cells::frame(painter, now, theme::accent(dark));
    let cell = rect.height() / units.max(1) as f32;
    let every = [1, 2, 4, 8, 16, 32].into_iter().find(|n| *n as f32 * cell >= 14.0).unwrap_or(64);
    for unit in (0..units).step_by(every) {
        let at = pos2(rect.left() - 5.0, rect.top() + (unit as f32 + 0.5) * cell);
        let font = FontId::monospace(10.5);
        painter.text(at, Align2::RIGHT_CENTER, unit.to_string(), font, theme::weak_text(dark));
    }
    let at = |point: egui::Pos2| {
        let position = ((point.x - rect.left()) / width).max(0.0) as usize;
        let unit = ((point.y - rect.top()) / cell).max(0.0) as usize;
        (position.min(positions.saturating_sub(1)), unit.min(units.saturating_sub(1)))
    };
    if let Some(point) = response.hover_pos().filter(|point| rect.contains(*point)) {
        let (position, unit) = at(point);
        let gradient = rows[[position, unit]];
        let text = if is_absent(gradient) {
            let at = [("name", name), ("position", &position.to_string())];
            tr_with(scene.language, "inspector.absent", &at)
        } else {
            format!("∂L/∂{name}[{position}][{unit}] = {}", number(gradient))
        };
        response.clone().on_hover_text_at_pointer(text);
    }
    if let Some(point) =
        response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged())
    {
        let (position, unit) = at(point);
        if run == 0 {
            scene.commands.push(Command::Select(Some(Selection::new(name, Some(unit)))));
        }
        scene.commands.push(Command::Timeline(TimelineCommand::Position(position)));
    }
}

/// The colours between the largest gradient and those that are too small to be seen beside it.
fn legend_ui(ui: &mut Ui, scene: &Scene<'_>, largest: f32) {
    let dark = ui.visuals().dark_mode;
    let scale = Scale::signed(1.0, dark);
    let small = |text: String| RichText::new(text).monospace().small().weak();
    ui.label(small(number(-largest)));
    let (rect, _) = ui.allocate_exact_size(RAMP, Sense::hover());
    let ramp = scale.ramp(64);
    for (at, rgb) in ramp.iter().enumerate() {
        let piece = RAMP.x / ramp.len() as f32;
        let corner = rect.min + vec2(at as f32 * piece, 0.0);
        let piece = Rect::from_min_size(corner, vec2(piece + 0.5, RAMP.y));
        ui.painter().rect_filled(piece, 0.0, theme::color(*rgb));
    }
    ui.label(small(number(largest)));
    let decades = format!("{DECADES:.0}");
    let words = tr_with(scene.language, "gradient.scale", &[("decades", &decades)]);
    ui.add(egui::Label::new(RichText::new(words).small().weak()).extend());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_are_powers_of_ten_below_the_largest() {
        assert_eq!((shade(2.0, 2.0), shade(-2.0, 2.0)), (1.0, -1.0));
        // Four of eight powers of ten below.
        assert!((shade(-2e-4, 2.0) + 0.5).abs() < 1e-6);
        assert_eq!((shade(1e-12, 2.0), shade(0.0, 2.0), shade(0.0, 0.0)), (0.0, 0.0, 0.0));
        assert_eq!((shade(1e-45, 1e38), shade(1.0, 1.0)), (0.0, 1.0));
        assert!(shade(f32::NAN, 1.0).is_nan() && shade(f32::INFINITY, 1.0).is_nan());
    }

    #[test]
    fn what_does_not_exist_has_no_colour_and_what_is_no_number_has_its_own() {
        assert!(is_absent(shade(ABSENT, 2.0)));
        assert!(!is_absent(shade(f32::NAN, 2.0)));
        // The decoder of a translator has states only where it writes.
        let checkpoint = crate::checkpoint::shipped("attention-dates").unwrap();
        let sequence = checkpoint.task.parse("4th of march, 1987").unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let loss = trace.last_loss().unwrap();
        let backward = crate::trace::Backward::new(&trace, loss).unwrap();
        let names = offered(&trace, loss);
        let place = |name| names.iter().position(|known| *known == name).unwrap();
        assert!(place("decoder.hidden") < place("encoder.hidden"));
        assert_eq!(names.len(), trace.value_names().count() - 1);
        let rows = backward.over_time(&trace, "encoder.hidden").unwrap();
        let last = rows.row(loss).to_vec();
        assert!(last.iter().all(|entry| is_absent(shade(*entry, 1.0))));
        assert!(!is_absent(shade(rows[[0, 0]], 1.0)));
    }
}
