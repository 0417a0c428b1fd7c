//! How entries are spread: bars of one ink, so that none is lost on the page, above the colours that
//! the entries have in every picture.

use egui::{Align2, FontId, Rect, Sense, Ui, pos2, vec2};

use super::{Scene, number, theme};
use crate::palette::{Map, Scale};
use crate::trace::statistics::{Summary, histogram};

/// Bars.
const BINS: usize = 24;
const HEIGHT: f32 = 72.0;
/// The strip of colours, and the numbers below it.
const STRIP: f32 = 4.0;
const NUMBERS: f32 = 18.0;
const FONT: FontId = FontId::monospace(11.0);

/// The ends of the axis: those of the colours, or what a step of a calculation reaches beyond them.
fn ends(scale: &Scale, summary: &Summary) -> [f32; 2] {
    let end = scale.high.max(summary.max).max(-summary.min);
    match scale.map {
        Map::Sequential => [scale.low, end],
        Map::Signed => [-end, end],
    }
}

/// Draws it over the whole width.
pub fn ui<'a>(
    ui: &mut Ui,
    scene: &Scene<'_>,
    entries: impl Iterator<Item = &'a f32>,
    summary: &Summary,
    scale: &Scale,
) {
    let dark = ui.visuals().dark_mode;
    let [low, high] = ends(scale, summary);
    let counts = histogram(entries, low, high, BINS);
    let size = vec2(ui.available_width(), HEIGHT + STRIP + 2.0 + NUMBERS);
    let (outer, response) = ui.allocate_exact_size(size, Sense::hover());
    let words = scene.tr("inspector.histogram");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    let plot = Rect::from_min_size(outer.min, vec2(outer.width(), HEIGHT));
    let largest = counts.iter().copied().max().unwrap_or(0).max(1) as f32;
    let width = plot.width() / BINS as f32;
    let pointed = response.hover_pos().map(|at| ((at.x - plot.left()) / width) as usize);
    for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        // One entry among many is still to be seen.
        let height = (plot.height() * *count as f32 / largest).max(1.5);
        let left = plot.left() + at as f32 * width;
        let bar = Rect::from_min_max(
            pos2(left + 0.5, plot.bottom() - height),
            pos2(left + width - 0.5, plot.bottom()),
        );
        let ink = if pointed == Some(at) { theme::accent(dark) } else { theme::weak_text(dark) };
        ui.painter().rect_filled(bar, 0.0, ink);
    }
    let ramp = Scale { low: scale.low, high: scale.high, ..*scale };
    let pieces = 4 * BINS;
    for at in 0..pieces {
        let share = (at as f32 + 0.5) / pieces as f32;
        let piece = plot.width() / pieces as f32;
        let corner = pos2(plot.left() + at as f32 * piece, plot.bottom() + 2.0);
        let piece = Rect::from_min_size(corner, vec2(piece + 0.5, STRIP));
        let color = theme::color(ramp.rgb(low + share * (high - low)));
        ui.painter().rect_filled(piece.intersect(outer), 0.0, color);
    }
    let below = plot.bottom() + STRIP + 4.0;
    let weak = theme::weak_text(dark);
    let write = |x: f32, anchor: Align2, value: f32| {
        ui.painter().text(pos2(x, below), anchor, end(value), FONT, weak);
    };
    write(plot.left(), Align2::LEFT_TOP, low);
    write(plot.right(), Align2::RIGHT_TOP, high);
    if low < 0.0 && high > 0.0 {
        let zero = plot.left() - low / (high - low) * plot.width();
        write(zero, Align2::CENTER_TOP, 0.0);
    }
    if let Some(at) = pointed.filter(|at| *at < BINS) {
        let edge = |at: usize| number(low + (high - low) * at as f32 / BINS as f32);
        let text = format!("{} … {}: {}", edge(at), edge(at + 1), counts[at]);
        response.on_hover_text_at_pointer(text);
    }
}

/// A number at an end: whole where it is whole.
fn end(value: f32) -> String {
    let text = number(value);
    if text.contains('e') || !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "the numbers are exact")]

    use super::*;
    use crate::trace::statistics::summary;

    #[test]
    fn the_axis_holds_every_entry() {
        let entries = [-3.0, 0.5, 7.0_f32];
        let summary = summary(entries.iter()).unwrap();
        assert_eq!(ends(&Scale::signed(1.0, false), &summary), [-7.0, 7.0]);
        assert_eq!(ends(&Scale::signed(9.0, true), &summary), [-9.0, 9.0]);
        assert_eq!(ends(&Scale::unit(false), &summary)[1], 7.0);
        assert_eq!((end(1.0), end(-0.5), end(0.0)), ("1".into(), "−0.5".into(), "0".into()));
    }
}
