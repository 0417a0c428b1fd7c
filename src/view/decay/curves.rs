//! What is left of a token against how far it is back: a curve for every channel.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::super::{Scene, cells, half_life, number, theme, tr_with};
use super::Drawn;
use super::data::{Channel, slopes};
use crate::palette::Scale;

/// Room for the numbers at the left and below.
const NUMBERS: [f32; 2] = [40.0, 20.0];
/// How many pieces a curve is drawn in.
const PIECES: usize = 90;
/// Where a logarithmic axis begins and ends, in tokens.
const DECADES: [f32; 2] = [0.1, 1e5];
/// A curve is pointed at from no further away.
const REACH: f32 = 14.0;
/// A shorter input has an axis of this many tokens.
const SHORTEST: f32 = 8.0;
/// At most so many slopes are drawn.
const SLOPES: usize = 4;

/// Distances in tokens from left to right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Axis {
    /// From 0 to as far as this input reaches.
    Linear(f32),
    /// Powers of ten.
    Decades,
}

impl Axis {
    /// The distance at a share of the width.
    fn distance(self, share: f32) -> f32 {
        match self {
            Self::Linear(last) => share * last,
            Self::Decades => DECADES[0] * (DECADES[1] / DECADES[0]).powf(share),
        }
    }

    /// The share of the width at which a distance stands.
    fn share(self, distance: f32) -> f32 {
        match self {
            Self::Linear(last) => distance / last,
            Self::Decades => (distance / DECADES[0]).ln() / (DECADES[1] / DECADES[0]).ln(),
        }
    }

    /// Where the axis is labelled.
    fn labels(self) -> Vec<f32> {
        match self {
            Self::Linear(last) => {
                let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0];
                let step = steps.into_iter().find(|step| last / step <= 8.0).unwrap_or(500.0);
                (0..=(last / step) as usize).map(|at| at as f32 * step).collect()
            }
            Self::Decades => (-1..=5).map(|power| 10_f32.powi(power)).collect(),
        }
    }
}

/// Draws the curves; gives the channel that is pointed at.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, drawn: &Drawn<'_>, height: f32) -> Option<usize> {
    let dark = ui.visuals().dark_mode;
    let axis = axis_ui(ui, scene);
    let size = vec2(ui.available_width(), height);
    let (outer, response) = ui.allocate_exact_size(size, Sense::click());
    let words = scene.tr("decay.curves");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    let rect = Rect::from_min_max(
        outer.min + vec2(NUMBERS[0], theme::GAP),
        outer.max - vec2(theme::GAP, NUMBERS[1]),
    );
    let painter = ui.painter().clone();
    grid(&painter, scene, rect, axis, dark);
    let scale = Scale::unit(dark);
    for channel in &drawn.channels {
        let color = theme::color(scale.rgb(half_life::tint(channel.life)));
        curve(&painter, rect, axis, channel, Stroke::new(theme::HAIRLINE, color));
    }
    slopes_ui(&painter, scene, rect, axis, dark);
    let pointed = response.hover_pos().and_then(|at| nearest(rect, axis, &drawn.channels, at));
    if let Some(channel) = drawn.chosen.and_then(|at| drawn.channels.get(at)) {
        curve(&painter, rect, axis, channel, Stroke::new(1.5 * theme::LINE, theme::accent(dark)));
        half_mark(&painter, rect, axis, channel, dark);
    }
    if let Some(at) = pointed {
        let channel = &drawn.channels[at];
        let stroke = Stroke::new(theme::LINE, theme::strong_text(dark));
        curve(&painter, rect, axis, channel, stroke);
        let clicked = response.clicked();
        let words = drawn.words(scene, at);
        response.on_hover_text_at_pointer(words);
        if clicked {
            drawn.choose(scene, at);
        }
    }
    pointed
}

/// The key of that choice.
const LOOK: &str = "decay.axis";

/// The choice between this input's distances and powers of ten.
fn axis_ui(ui: &mut Ui, scene: &mut Scene<'_>) -> Axis {
    let mut is_long: bool = scene.look(LOOK);
    let last = (scene.trace.n_positions().saturating_sub(1) as f32).max(SHORTEST);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP_SMALL;
        theme::compact(ui);
        ui.spacing_mut().interact_size.y = 18.0;
        ui.spacing_mut().button_padding.y = 1.0;
        ui.label(egui::RichText::new(scene.tr("decay.curves")).small().weak());
        if scene.for_print {
            return;
        }
        for (long, key) in [(false, "decay.near"), (true, "decay.far")] {
            let words = egui::RichText::new(scene.tr(key)).small();
            let hint = scene.tr("decay.axis_hint");
            if ui.selectable_label(is_long == long, words).on_hover_text(hint).clicked() {
                is_long = long;
            }
        }
    });
    scene.keep_look(LOOK, &is_long);
    if is_long { Axis::Decades } else { Axis::Linear(last) }
}

fn grid(painter: &Painter, scene: &Scene<'_>, rect: Rect, axis: Axis, dark: bool) {
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    let (font, color) = (FontId::monospace(11.0), theme::weak_text(dark));
    for share in [0.0, 0.5, 1.0] {
        let y = rect.bottom() - share * rect.height();
        painter.hline(rect.x_range(), y, line);
        let at = pos2(rect.left() - 6.0, y);
        painter.text(at, Align2::RIGHT_CENTER, share.to_string(), font.clone(), color);
    }
    let at = rect.right_bottom() + vec2(0.0, 3.0);
    let small = FontId::proportional(11.5);
    let words = scene.tr("decay.distance");
    let words = painter.text(at, Align2::RIGHT_TOP, words, small, color);
    for distance in axis.labels() {
        let x = rect.left() + axis.share(distance) * rect.width();
        if x > words.left() - theme::GAP_LARGE {
            continue;
        }
        let text = if distance < 1e4 { distance.to_string() } else { format!("{distance:.0e}") };
        painter.text(pos2(x, rect.bottom() + 3.0), Align2::CENTER_TOP, text, font.clone(), color);
    }
}

/// Where a curve stands at a share of the width.
fn point(rect: Rect, axis: Axis, channel: &Channel, share: f32) -> Pos2 {
    let left = channel.left(axis.distance(share));
    pos2(rect.left() + share * rect.width(), rect.bottom() - left * rect.height())
}

fn curve(painter: &Painter, rect: Rect, axis: Axis, channel: &Channel, stroke: Stroke) {
    if channel.life.is_nan() {
        return;
    }
    let points = (0..=PIECES).map(|at| point(rect, axis, channel, at as f32 / PIECES as f32));
    painter.add(Shape::line(points.collect(), stroke));
}

/// Where half is left, with the half-life beside it.
fn half_mark(painter: &Painter, rect: Rect, axis: Axis, channel: &Channel, dark: bool) {
    let share = axis.share(channel.life);
    let at = pos2(rect.left() + share * rect.width(), rect.center().y);
    if !(0.0..=1.0).contains(&share) {
        return;
    }
    painter.circle(at, 4.0, theme::stage(dark), Stroke::new(theme::LINE, theme::accent(dark)));
    let (align, step) =
        if share < 0.8 { (Align2::LEFT_BOTTOM, 8.0) } else { (Align2::RIGHT_BOTTOM, -8.0) };
    let text = cells::tokens(channel.life);
    let at = at + vec2(step, -4.0);
    painter.text(at, align, text, FontId::monospace(12.0), theme::accent(dark));
}

/// e^(−slope · distance) of runs beside this one that count distances with ALiBi, dashed.
fn slopes_ui(painter: &Painter, scene: &Scene<'_>, rect: Rect, axis: Axis, dark: bool) {
    let color = theme::series(dark)[1];
    let all = scene.others.iter().flat_map(|run| slopes(run.trace));
    for (at, slope) in all.take(SLOPES).enumerate() {
        let channel = Channel::new(slope.ln(), None);
        let points: Vec<Pos2> =
            (0..=PIECES).map(|at| point(rect, axis, &channel, at as f32 / PIECES as f32)).collect();
        let stroke = Stroke::new(1.5 * theme::HAIRLINE, color);
        painter.extend(Shape::dashed_line(&points, stroke, 6.0, 4.0));
        let text = tr_with(scene.language, "decay.slope", &[("slope", &number(slope))]);
        named(painter, rect, at, &text, color);
    }
}

/// A name in the upper right corner, where curves are rare.
fn named(painter: &Painter, rect: Rect, line: usize, text: &str, color: Color32) {
    let at = rect.right_top() + vec2(-4.0, 4.0 + 15.0 * line as f32);
    painter.text(at, Align2::RIGHT_TOP, text, FontId::proportional(12.0), color);
}

/// The channel whose curve is nearest to a point, if one is near.
fn nearest(rect: Rect, axis: Axis, channels: &[Channel], at: Pos2) -> Option<usize> {
    if !rect.expand(theme::GAP_SMALL).contains(at) {
        return None;
    }
    let share = ((at.x - rect.left()) / rect.width()).clamp(0.0, 1.0);
    // Steep curves are further from a point upward than they are to its side.
    let away = |channel: &Channel| {
        let near = [-4.0, -2.0, 0.0, 2.0, 4.0].map(|dx| {
            let share = (share + dx / rect.width()).clamp(0.0, 1.0);
            point(rect, axis, channel, share).distance(at)
        });
        near.into_iter().fold(f32::INFINITY, f32::min)
    };
    let all = channels.iter().map(away).enumerate();
    let nearest = all.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (nearest.1 <= REACH).then_some(nearest.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_axes_give_back_the_distance_of_a_place() {
        for axis in [Axis::Linear(40.0), Axis::Decades] {
            for share in [0.0, 0.25, 1.0] {
                assert!((axis.share(axis.distance(share)) - share).abs() < 1e-5, "{axis:?}");
            }
            let labels = axis.labels();
            assert!(labels.len() <= 9, "{labels:?}");
            assert!(labels.iter().all(|at| (-1e-6..1.001).contains(&axis.share(*at))));
        }
    }

    #[test]
    fn the_curve_under_the_pointer_is_found_and_none_far_from_all() {
        let rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(200.0, 100.0));
        let channels = [3.0, -20.0, -1.0].map(|raw| Channel::new(raw, None));
        let axis = Axis::Linear(10.0);
        for (at, channel) in channels.iter().enumerate() {
            let place = point(rect, axis, channel, 0.2);
            assert_eq!(nearest(rect, axis, &channels, place), Some(at));
        }
        assert_eq!(nearest(rect, axis, &channels, pos2(120.0, 60.0)), None);
        let broken = [Channel::new(f32::NAN, None)];
        assert_eq!(nearest(rect, axis, &broken, pos2(20.0, 60.0)), None);
    }
}
