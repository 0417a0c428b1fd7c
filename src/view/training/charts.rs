//! The charts of a race: one colour a contestant, named where its curve ends.

use egui::{Align2, Color32, FontId, RichText, Ui, Vec2, pos2, vec2};
use egui_plot::{
    GridInput, GridMark, HLine, HoverPosition, Line, LineStyle, MarkerShape, Plot, PlotPoint,
    PlotPoints, Points, VLine,
};

use crate::training::live::{Lane, Live};
use crate::training::race::{self, GOAL};
use crate::view::{Scene, theme, tr_with};

/// Points of a loss curve; more updates are averaged.
pub(in crate::view) const POINTS: usize = 240;
/// An axis that ends above it shows shares, in percent.
const SHARES: f64 = 50.0;
/// Room for names at the ends of curves.
const NAMES: f32 = 54.0;
/// Letters of an axis.
const AXIS_SIZE: f32 = 11.5;
/// Names are at least so far apart.
const LINE_HEIGHT: f32 = 14.0;

/// The colour of a contestant.
pub(super) fn color(dark: bool, at: usize) -> Color32 {
    let colors = theme::series(dark);
    colors[at % colors.len()]
}

/// A number of any size in few characters.
pub(super) fn plain(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        size if (1e-3..1e4).contains(&size) => {
            let text = format!("{number:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => format!("{number:.0e}"),
    }
}

/// A curve in a chart.
pub(in crate::view) struct Curve {
    /// Its name, beside its end.
    pub name: String,
    /// Its colour.
    pub color: Color32,
    /// Its points.
    pub points: Vec<[f64; 2]>,
    /// Whether it is dashed.
    pub is_dashed: bool,
    /// Whether its points are marked.
    pub has_marks: bool,
}

/// A chart's frame.
pub(in crate::view) struct Chart<'a> {
    /// What egui knows it by.
    pub id: &'static str,
    /// The words above it.
    pub title: String,
    /// Its width and height, with room for names.
    pub size: Vec2,
    /// Whether y is drawn as its logarithm.
    pub is_logarithmic: bool,
    /// Where x begins and ends.
    pub x: [f64; 2],
    /// Where y begins and ends; as far as the curves go, where nothing is said.
    pub y: Option<[f64; 2]>,
    /// A line across, and what it says.
    pub level: Option<(f64, String)>,
    /// Where numbers cease to be finite, and its words.
    pub breaks: Vec<(f64, String)>,
    /// What x is.
    pub x_name: &'a str,
}

/// The training loss over the updates, averaged where there are more than can be seen.
pub(super) fn loss_ui(ui: &mut Ui, scene: &Scene<'_>, live: &Live, size: Vec2) {
    let dark = ui.visuals().dark_mode;
    let last = live.lanes().iter().map(Lane::updates).max().unwrap_or(0);
    let share = last.div_ceil(POINTS).max(1);
    let mut curves = Vec::new();
    let mut breaks = Vec::new();
    for (at, lane) in live.lanes().iter().enumerate() {
        let finite = lane.history.iter().filter(|progress| progress.loss.is_finite());
        let finite: Vec<[f64; 2]> =
            finite.map(|progress| [progress.step as f64, f64::from(progress.loss)]).collect();
        let mean = |chunk: &[[f64; 2]]| {
            let count = chunk.len().max(1) as f64;
            let sum = chunk.iter().fold([0.0; 2], |sum, p| [sum[0] + p[0], sum[1] + p[1]]);
            [sum[0] / count, sum[1] / count]
        };
        curves.push(Curve {
            name: lane.spec.title.to_owned(),
            color: color(dark, at),
            points: finite.chunks(share).map(mean).collect(),
            is_dashed: false,
            has_marks: last < 2,
        });
        if let Some(step) = lane.diverged {
            let words = [("model", lane.spec.title), ("step", &step.to_string())];
            let words = tr_with(scene.language, "training.not_finite", &words);
            breaks.push((step as f64, words));
        }
    }
    chart_ui(
        ui,
        &Chart {
            id: "loss",
            title: if share > 1 {
                let words = [("count", share.to_string())];
                tr_with(scene.language, "training.loss_mean", &[("count", words[0].1.as_str())])
            } else {
                scene.tr("training.loss").to_owned()
            },
            size,
            is_logarithmic: true,
            x: [0.0, last.max(10) as f64],
            y: None,
            level: guessing(scene, live),
            breaks,
            x_name: scene.tr("training.update"),
        },
        &curves,
    );
}

/// The loss of one who gives every possible answer the same probability.
fn guessing(scene: &Scene<'_>, live: &Live) -> Option<(f64, String)> {
    let count = race::choices(live.settings())?;
    let loss = (count as f64).ln();
    let words = [("count", count.to_string()), ("loss", format!("{loss:.2}"))];
    let words = words.each_ref().map(|(name, value)| (*name, value.as_str()));
    Some((loss, tr_with(scene.language, "training.guessing", &words)))
}

/// The share of held-out sequences answered rightly, by their length.
pub(super) fn scores_ui(ui: &mut Ui, scene: &Scene<'_>, live: &Live, size: Vec2) {
    let dark = ui.visuals().dark_mode;
    let curves: Vec<Curve> = live
        .lanes()
        .iter()
        .enumerate()
        .filter_map(|(at, lane)| {
            let snapshot = live.snapshot(lane)?;
            let points = snapshot.scores.iter().map(|(t, score)| [*t as f64, 100.0 * score]);
            Some(Curve {
                name: lane.spec.title.to_owned(),
                color: color(dark, at),
                points: points.collect(),
                is_dashed: false,
                has_marks: true,
            })
        })
        .collect();
    let chart = Chart {
        id: "scores",
        title: scene.tr("training.scores").to_owned(),
        size,
        is_logarithmic: false,
        x: [0.0, 106.0],
        y: Some([0.0, 106.0]),
        level: Some((100.0 * GOAL, String::new())),
        breaks: Vec::new(),
        x_name: "T",
    };
    chart_ui(ui, &chart, &curves);
}

/// ‖∂L/∂h_t‖ by position, and of the cell state where there is one.
pub(super) fn gradients_ui(ui: &mut Ui, scene: &Scene<'_>, live: &Live, size: Vec2) {
    let dark = ui.visuals().dark_mode;
    let mut curves = Vec::new();
    let mut breaks = Vec::new();
    for (at, lane) in live.lanes().iter().enumerate() {
        let Some(snapshot) = live.snapshot(lane) else { continue };
        for profile in &snapshot.profiles {
            let is_state = profile.value == "hidden";
            let symbol = if is_state { "h" } else { "c" };
            let points = profile.norms.iter().enumerate().map(|(t, norm)| [t as f64, *norm]);
            let name = if snapshot.profiles.len() > 1 {
                format!("{} {symbol}", lane.spec.title)
            } else {
                lane.spec.title.to_owned()
            };
            curves.push(Curve {
                name,
                color: color(dark, at),
                points: points.filter(|point| point[1].is_finite()).collect(),
                is_dashed: !is_state,
                has_marks: false,
            });
            if let Some(t) = profile.norms.iter().rposition(|norm| !norm.is_finite()) {
                let words = [("model", lane.spec.title), ("position", &t.to_string())];
                let words = tr_with(scene.language, "training.not_finite_at", &words);
                breaks.push((t as f64, words));
            }
        }
    }
    let chart = Chart {
        id: "gradients",
        title: scene.tr("training.gradients").to_owned(),
        size,
        is_logarithmic: true,
        x: [0.0, live.settings().length.saturating_sub(1) as f64],
        y: None,
        level: None,
        breaks,
        x_name: "t",
    };
    chart_ui(ui, &chart, &curves);
}

/// Draws curves in a chart, each with its name where it ends.
pub(in crate::view) fn chart_ui(ui: &mut Ui, chart: &Chart<'_>, curves: &[Curve]) {
    let dark = ui.visuals().dark_mode;
    let is_logarithmic = chart.is_logarithmic;
    // What is 0 or less has no logarithm: the curve has a gap there.
    let shown = |points: &[[f64; 2]]| -> Vec<[f64; 2]> {
        let positive = points.iter().filter(|point| !is_logarithmic || point[1] > 0.0);
        positive.map(|[x, y]| [*x, if is_logarithmic { y.log10() } else { *y }]).collect()
    };
    let curves: Vec<(&Curve, Vec<[f64; 2]>)> =
        curves.iter().map(|curve| (curve, shown(&curve.points))).collect();
    let entries = curves.iter().flat_map(|(_, points)| points.iter().map(|point| point[1]));
    let (low, high) = entries
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    let y = match chart.y {
        Some(y) => y,
        None if low > high => [-1.0, 1.0],
        // At least one power of ten, so that noise does not look like a change.
        None => {
            let level = chart.level.as_ref().map_or(high, |(level, _)| level.log10());
            let high = high.max(level);
            [low.min(high - 1.0) - 0.08, high + 0.08]
        }
    };
    ui.set_min_width(chart.size.x);
    ui.add(egui::Label::new(RichText::new(&chart.title).small().weak()).truncate());
    let width = chart.size.x - NAMES;
    let x_name = chart.x_name.to_owned();
    let axis_font = FontId::proportional(AXIS_SIZE);
    let drawing = ui.scope(|ui| {
        ui.style_mut().text_styles.insert(egui::TextStyle::Body, axis_font);
        Plot::new(chart.id)
            .width(width)
            .height(chart.size.y)
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
            .default_x_bounds(chart.x[0], chart.x[1])
            .default_y_bounds(y[0], y[1])
            .y_axis_min_width(34.0)
            .y_grid_spacer(move |input| match (is_logarithmic, y[1] < SHARES) {
                (true, _) => powers(&input),
                (false, true) => few(&input),
                (false, false) => shares(),
            })
            .y_axis_formatter(move |mark, _| {
                if is_logarithmic { plain(10_f64.powf(mark.value)) } else { plain(mark.value) }
            })
            .label_formatter(move |at| {
                let HoverPosition::NearDataPoint { plot_name, position, .. } = at else {
                    return None;
                };
                let y = if is_logarithmic { 10_f64.powf(position.y) } else { position.y };
                let x = plain(position.x.round());
                Some(format!("{plot_name}\n{x_name} = {x}\n{}", super::super::number(y as f32)))
            })
            .show(ui, |plot| {
                plot.set_plot_bounds_x(chart.x[0]..=chart.x[1]);
                plot.set_plot_bounds_y(y[0]..=y[1]);
                if let Some((level, _)) = &chart.level {
                    let level = if is_logarithmic { level.log10() } else { *level };
                    let line = HLine::new("", level).color(theme::success(dark)).allow_hover(false);
                    plot.hline(line.style(LineStyle::dashed_dense()).width(theme::HAIRLINE));
                }
                for (x, words) in &chart.breaks {
                    let line = VLine::new(words.clone(), *x).color(theme::error(dark));
                    plot.vline(line.width(theme::HAIRLINE));
                }
                for (curve, points) in &curves {
                    let line = Line::new(curve.name.clone(), PlotPoints::from(points.clone()));
                    let line = line.color(curve.color).width(theme::LINE);
                    plot.line(if curve.is_dashed {
                        line.style(LineStyle::dashed_dense())
                    } else {
                        line
                    });
                    if curve.has_marks {
                        let marks = Points::new(curve.name.clone(), points.clone());
                        plot.points(
                            marks.color(curve.color).radius(3.0).shape(MarkerShape::Circle),
                        );
                    }
                }
            })
    });
    let response = drawing.inner;
    let ends = curves.iter().filter_map(|(curve, points)| {
        let last = points.last()?;
        let y = response.transform.position_from_point(&PlotPoint::new(last[0], last[1])).y;
        Some((y, curve.name.as_str(), curve.color))
    });
    names_ui(ui, response.response.rect, ends.collect());
    let frame = *response.transform.frame();
    if let Some((level, words)) = &chart.level {
        let level = if is_logarithmic { level.log10() } else { *level };
        let y = response.transform.position_from_point(&PlotPoint::new(chart.x[0], level)).y;
        let font = FontId::proportional(12.0);
        let at = pos2(frame.right() - 6.0, y - 2.0);
        ui.painter().text(at, Align2::RIGHT_BOTTOM, words, font, theme::success(dark));
    }
    for (line, (_, words)) in chart.breaks.iter().enumerate() {
        let at = frame.left_top() + vec2(6.0, 4.0 + LINE_HEIGHT * line as f32);
        let font = FontId::proportional(12.0);
        ui.painter().text(at, Align2::LEFT_TOP, words, font, theme::error(dark));
    }
}

/// Names beside the ends of their curves, moved apart where they would overlap.
fn names_ui(ui: &Ui, rect: egui::Rect, mut ends: Vec<(f32, &str, Color32)>) {
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let room = LINE_HEIGHT * ends.len() as f32;
    let mut free = rect.top();
    let mut left = room;
    for (y, name, color) in ends {
        // The names below must still fit above the bottom.
        let lowest = (rect.bottom() - left).max(rect.top());
        let top = (y - LINE_HEIGHT / 2.0).max(free).min(lowest.max(free));
        let at = pos2(rect.right() + 4.0, top);
        ui.painter().text(at, Align2::LEFT_TOP, name, FontId::proportional(12.0), color);
        free = top + LINE_HEIGHT;
        left -= LINE_HEIGHT;
    }
}

/// A line at each power of ten, or at some of them where there are many.
fn powers(input: &GridInput) -> Vec<GridMark> {
    let (low, high) = (input.bounds.0.ceil() as i64, input.bounds.1.floor() as i64);
    let step = [1, 2, 5, 10, 20].into_iter().find(|step| (high - low) / step <= 4).unwrap_or(50);
    let first = low + (step - low.rem_euclid(step)) % step;
    let marks = (0..).map(|k| first + k * step).take_while(|mark| *mark <= high);
    marks.map(|mark| GridMark { value: mark as f64, step_size: step as f64 }).collect()
}

/// Marks at steps of 1, 2 or 5 times a power of ten, far enough apart for egui to label them all.
fn few(input: &GridInput) -> Vec<GridMark> {
    /// In units of the closest grid lines that are drawn.
    const LABELLED: f64 = 8.0;
    let (low, high) = input.bounds;
    let least = (input.base_step_size * LABELLED).max(1.0);
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= least);
    let step = step.unwrap_or(power);
    let first = (low / step).ceil() as i64;
    let marks = (first..).map(|k| k as f64 * step).take_while(|mark| *mark <= high);
    marks.map(|value| GridMark { value, step_size: step }).collect()
}

fn shares() -> Vec<GridMark> {
    [0.0, 25.0, 50.0, 75.0, 100.0].map(|value| GridMark { value, step_size: 25.0 }).to_vec()
}
