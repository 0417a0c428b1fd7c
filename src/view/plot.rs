//! The one look of curves: few lines of one weight across, numbers that say no more and no less than
//! their step, the horizontal axis named, and each curve called by its name where it ends.

use egui::{Align2, Color32, FontId, Rect, RichText, Ui, pos2};
use egui_plot::{GridInput, GridMark, Plot, PlotPoint, PlotResponse, PlotUi};

use super::theme;

/// Letters of an axis.
const AXIS_SIZE: f32 = 11.5;
/// Letters of a curve's name, and how far apart names are at least.
const NAME_SIZE: f32 = 12.0;
const LINE_HEIGHT: f32 = 14.0;
/// No more lines across than this.
const MOST_LINES: f64 = 5.0;
/// Lines across, at least, where the round steps have it.
const FEWEST_LINES: usize = 3;
/// Distances of labelled marks, in units of the closest grid lines that egui would draw.
const APART_ACROSS: f64 = 8.0;
const APART_UPWARD: f64 = 4.0;
/// Numbers that differ by less than this share of their size are one number.
const SAME: f64 = 1e-6;
/// Room above and below the curves, as a share of their range.
const MARGIN: f64 = 0.08;

/// A chart's frame.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// A name that no other chart of the view has.
    pub id: &'a str,
    /// Its size, the room at its left and below included.
    pub size: egui::Vec2,
    /// The ends of the horizontal axis.
    pub x: [f64; 2],
    /// The ends of the vertical axis; see [`range`].
    pub y: [f64; 2],
    /// What the horizontal axis counts.
    pub x_name: &'a str,
}

impl Frame<'_> {
    /// Draws the frame and what `draw` puts into it.
    pub fn show<'a>(
        &self,
        ui: &mut Ui,
        draw: impl FnOnce(&mut PlotUi<'a>) + 'a,
    ) -> PlotResponse<()> {
        let dark = ui.visuals().dark_mode;
        let font = FontId::proportional(AXIS_SIZE);
        let Self { x, y, .. } = *self;
        let name = RichText::new(self.x_name).size(AXIS_SIZE).color(theme::weak_text(dark));
        let drawing = ui.scope(|ui| {
            ui.style_mut().text_styles.insert(egui::TextStyle::Body, font);
            Plot::new(self.id)
                .width(self.size.x)
                .height(self.size.y)
                .allow_scroll(false)
                .allow_zoom(false)
                .allow_drag(false)
                .allow_boxed_zoom(false)
                .allow_axis_zoom_drag(false)
                .show_background(false)
                .show_grid([false, true])
                .grid_color(theme::grid_line(dark))
                .grid_fade(0.0)
                .x_grid_spacer(|input| few(&input))
                .y_grid_spacer(|input| lines(&input))
                .y_axis_formatter(|mark, _| label(mark.value, mark.step_size))
                .y_axis_min_width(34.0)
                .x_axis_label(name)
                .default_x_bounds(x[0], x[1])
                .default_y_bounds(y[0], y[1])
                .show(ui, move |plot| {
                    plot.set_plot_bounds_x(x[0]..=x[1]);
                    plot.set_plot_bounds_y(y[0]..=y[1]);
                    draw(plot);
                })
        });
        drawing.inner
    }
}

/// The ends of an axis on which some numbers have room: what is all one number stands in the middle.
#[must_use]
pub fn range(numbers: impl Iterator<Item = f64>) -> [f64; 2] {
    let finite = numbers.filter(|number| number.is_finite());
    let (low, high) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    if low > high {
        return [-1.0, 1.0];
    }
    let size = low.abs().max(high.abs());
    if high - low <= SAME * size {
        let around = if size == 0.0 { 1.0 } else { 0.05 * size };
        return [low - around, high + around];
    }
    let margin = MARGIN * (high - low);
    [low - margin, high + margin]
}

/// A mark's number with as many decimals as its step has.
#[must_use]
pub fn label(value: f64, step: f64) -> String {
    let power = if step > 0.0 { (step.log10() + SAME).floor() } else { 0.0 };
    let decimals = (-power).clamp(0.0, 9.0);
    let value = if value.abs() < 1e-3 * step { 0.0 } else { value };
    format!("{value:.*}", decimals as usize).replace('-', "−")
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `least`.
fn round_step(least: f64) -> f64 {
    let least = least.max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|m| m * power);
    steps.into_iter().find(|step| *step >= least * (1.0 - SAME)).unwrap_or(power)
}

fn marks((low, high): (f64, f64), step: f64) -> Vec<GridMark> {
    // Ends that a step meets but for rounding count.
    let first = (low / step - SAME).ceil();
    // Counted, so that a range that cannot be counted through has no marks rather than no end.
    let count = ((high / step + SAME).floor() - first + 1.0).clamp(0.0, 100.0) as u32;
    let value = |k: u32| (first + f64::from(k)) * step;
    (0..count).map(|k| GridMark { value: value(k), step_size: step }).collect()
}

/// Three to five lines across where there is room for their numbers.
fn lines(input: &GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let least = ((high - low) / MOST_LINES).max(input.base_step_size * APART_UPWARD);
    let step = round_step(least);
    let found = marks(input.bounds, step);
    // Two numbers do not show how far the others are apart.
    if found.len() < FEWEST_LINES { marks(input.bounds, finer(step)) } else { found }
}

/// The round step below a round step.
fn finer(step: f64) -> f64 {
    let power = 10_f64.powf((step.log10() + SAME).floor());
    let below = [0.5, 1.0, 2.0].map(|m| m * power);
    below.into_iter().rfind(|below| *below < step * (1.0 - SAME)).unwrap_or(step)
}

/// Marks at whole numbers, far enough apart for egui to label them all.
#[must_use]
pub fn few(input: &GridInput) -> Vec<GridMark> {
    marks(input.bounds, round_step((input.base_step_size * APART_ACROSS).max(1.0)))
}

/// A curve's name at the right of its last point.
#[derive(Clone, Debug)]
pub struct End {
    /// Where the curve ends.
    pub at: [f64; 2],
    /// What it is called.
    pub name: String,
    /// Its colour.
    pub color: Color32,
}

/// Room at the right of a chart for the names of curves.
#[must_use]
pub fn names_width(ui: &Ui, names: &[&str]) -> f32 {
    let font = FontId::proportional(NAME_SIZE);
    let width = |name: &&str| {
        ui.painter().layout_no_wrap((*name).to_owned(), font.clone(), Color32::PLACEHOLDER).size().x
    };
    names.iter().map(width).fold(0.0, f32::max) + theme::GAP
}

/// Names beside the ends of their curves, right of the chart.
pub fn ends_ui(ui: &Ui, response: &PlotResponse<()>, ends: &[End]) {
    let height = |at: [f64; 2]| response.transform.position_from_point(&PlotPoint::from(at)).y;
    let ends = ends.iter().map(|end| (height(end.at), end.name.as_str(), end.color));
    names_ui(ui, response.response.rect, ends.collect());
}

/// Names beside the ends of their curves, moved apart where they would overlap.
pub fn names_ui(ui: &Ui, rect: Rect, mut ends: Vec<(f32, &str, Color32)>) {
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let room = LINE_HEIGHT * ends.len() as f32;
    let mut free = rect.top();
    let mut left = room;
    for (y, name, color) in ends {
        // The names below must still fit above the bottom.
        let lowest = (rect.bottom() - left).max(rect.top());
        let top = (y - LINE_HEIGHT / 2.0).max(free).min(lowest.max(free));
        let at = pos2(rect.right() + theme::GAP_SMALL, top);
        ui.painter().text(at, Align2::LEFT_TOP, name, FontId::proportional(NAME_SIZE), color);
        free = top + LINE_HEIGHT;
        left -= LINE_HEIGHT;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "the numbers are exact")]

    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        let input = GridInput { bounds: (low, high), base_step_size: (high - low) / 20.0 };
        lines(&input).iter().map(|mark| label(mark.value, mark.step_size)).collect()
    }

    #[test]
    fn numbers_of_an_axis_differ_and_have_a_minus() {
        assert_eq!(labels(-0.6, 0.6), ["−0.5", "0.0", "0.5"]);
        assert_eq!(labels(-48.5, -47.6), ["−48.4", "−48.2", "−48.0", "−47.8", "−47.6"]);
        assert_eq!(labels(-0.2, 1.8), ["0.0", "0.5", "1.0", "1.5"]);
        assert_eq!(labels(-5.4, 0.9), ["−4", "−2", "0"]);
        assert_eq!(labels(0.0, 1000.0), ["0", "200", "400", "600", "800", "1000"]);
        for power in -6..6 {
            let size = 10_f64.powi(power);
            for high in [1.0, 1.7, 2.3, 4.1, 9.9] {
                let labels = labels(-0.3 * high * size, high * size);
                assert!((3..=7).contains(&labels.len()), "{labels:?}");
                assert!(labels.windows(2).all(|pair| pair[0] != pair[1]), "{labels:?}");
            }
        }
    }

    #[test]
    fn what_is_all_one_number_has_room_around_it() {
        assert_eq!(range([0.0].into_iter()), [-1.0, 1.0]);
        assert_eq!(range([-40.0, -40.0].into_iter()), [-42.0, -38.0]);
        assert_eq!(range([f64::NAN].into_iter()), [-1.0, 1.0]);
        let [low, high] = range([0.0, 100.0, f64::INFINITY].into_iter());
        assert!(low < 0.0 && high > 100.0 && high < 110.0);
    }
}
