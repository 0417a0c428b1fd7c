//! Curves over positions or steps.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::figure::{
    DrawError, FINE, Figure, GRID, HAIRLINE, HEADER, INK, LABEL_SIZE, MARGIN, WEAK_INK, color,
    header, text,
};
use crate::palette::Scale;
use crate::trace::Trace;

const WIDTH: i32 = 860 * FINE;
const PANEL_HEIGHT: i32 = 260 * FINE;
/// Up to so many points each is marked.
const MARKED: usize = 64;
/// More lines than this say nothing to a reader of a legend.
const LONGEST_LEGEND: usize = 12;

/// One or more panels above each other over one horizontal axis.
#[derive(Clone, Debug)]
pub struct LineChart {
    /// The first line.
    pub title: String,
    /// The second line.
    pub caption: String,
    /// What runs from left to right.
    pub x_label: String,
    /// Names of whole numbers on the horizontal axis; numbers where this is empty.
    pub x_names: Vec<String>,
    /// From top to bottom.
    pub panels: Vec<Panel>,
}

/// Curves with a vertical axis of their own.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What runs from bottom to top.
    pub y_label: String,
    /// Whether equal steps upward are equal factors; what is not above 0 is then left out. An axis
    /// over less than a factor of ten is drawn with equal differences all the same.
    pub is_logarithmic: bool,
    /// Names and points; a point that is not finite leaves a gap.
    pub curves: Vec<(String, Vec<(f64, f64)>)>,
}

impl Panel {
    fn spans_a_decade(&self) -> bool {
        let heights = self.curves.iter().flat_map(|(_, points)| points).map(|point| point.1);
        let (low, high) = extent(heights.filter(|y| *y > 0.0), 0.0);
        high > 10.0 * low
    }
}

impl LineChart {
    /// The units of a named value as curves; `None` if there is none of that name.
    #[must_use]
    pub fn of(trace: &Trace, name: &str) -> Option<Self> {
        let entries = trace.as_picture(name)?;
        let last = name.rsplit('.').next().unwrap_or(name);
        let symbols =
            if super::table::OVER_SYMBOLS.contains(&last) { trace.symbols() } else { &[] };
        let curves = entries.columns().into_iter().enumerate().map(|(unit, column)| {
            let name =
                symbols.get(unit).map_or_else(|| format!("unit {unit}"), |s| (*s).to_owned());
            let points = column.iter().enumerate().map(|(at, y)| (at as f64, f64::from(*y)));
            (name, points.collect())
        });
        let (title, caption) = super::heatmap::words(trace, name);
        Some(Self {
            title,
            caption,
            x_label: "position".to_owned(),
            x_names: trace.tokens().to_vec(),
            panels: vec![Panel {
                y_label: name.to_owned(),
                is_logarithmic: false,
                curves: curves.collect(),
            }],
        })
    }
}

impl Figure for LineChart {
    fn size(&self) -> (u32, u32) {
        let height = 2 * MARGIN + HEADER + PANEL_HEIGHT * self.panels.len() as i32;
        (WIDTH.unsigned_abs(), height.unsigned_abs())
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), DrawError<DB>> {
        header(area, &self.title, &self.caption)?;
        let below = area.margin(MARGIN + HEADER, MARGIN, MARGIN, MARGIN);
        for (panel, area) in self.panels.iter().zip(below.split_evenly((self.panels.len(), 1))) {
            self.draw_panel(panel, &area)?;
        }
        Ok(())
    }
}

impl LineChart {
    fn draw_panel<DB: DrawingBackend>(
        &self,
        panel: &Panel,
        area: &DrawingArea<DB, Shift>,
    ) -> Result<(), DrawError<DB>> {
        let is_logarithmic = panel.is_logarithmic && panel.spans_a_decade();
        let height = |y: f64| match (is_logarithmic, y > 0.0) {
            (false, _) => y,
            (true, true) => y.log10(),
            (true, false) => f64::NAN,
        };
        let points = || panel.curves.iter().flat_map(|(_, points)| points);
        let (left, right) = extent(points().map(|point| point.0), 0.0);
        let (low, high) = extent(points().map(|point| height(point.1)), 0.06);
        let mut chart = ChartBuilder::on(area)
            .margin_bottom(6 * FINE)
            .margin_right(8 * FINE)
            .x_label_area_size(38 * FINE)
            .y_label_area_size(64 * FINE)
            .build_cartesian_2d(left..right, low..high)?;
        let labels = text(LABEL_SIZE, INK);
        let name_of_x = |x: &f64| self.name_of_x(*x);
        let name_of_y = |y: &f64| if is_logarithmic { power(*y) } else { plain(*y) };
        chart
            .configure_mesh()
            .bold_line_style(GRID.stroke_width(HAIRLINE))
            .light_line_style(TRANSPARENT)
            .axis_style(WEAK_INK.stroke_width(HAIRLINE))
            .label_style(labels.clone())
            .axis_desc_style(labels.clone())
            .x_desc(&self.x_label)
            .y_desc(&panel.y_label)
            .x_labels(16)
            .y_labels(8)
            .x_label_formatter(&name_of_x)
            .y_label_formatter(&name_of_y)
            .draw()?;
        let colors = colors(panel.curves.len());
        for ((name, points), color) in panel.curves.iter().zip(colors) {
            let style = color.stroke_width((FINE * 3 / 2).unsigned_abs());
            let placed: Vec<_> = points.iter().map(|(x, y)| (*x, height(*y))).collect();
            let mut is_first = true;
            for run in placed.split(|(_, y)| !y.is_finite()).filter(|run| !run.is_empty()) {
                let drawn = chart.draw_series(LineSeries::new(run.iter().copied(), style))?;
                if std::mem::take(&mut is_first) && panel.curves.len() <= LONGEST_LEGEND {
                    drawn.label(name).legend(move |(x, y)| {
                        PathElement::new([(x, y), (x + 16 * FINE, y)], style)
                    });
                }
                if points.len() <= MARKED {
                    let dot = |at: &(f64, f64)| Circle::new(*at, 2 * FINE, color.filled());
                    chart.draw_series(run.iter().map(dot))?;
                }
            }
        }
        if (2..=LONGEST_LEGEND).contains(&panel.curves.len()) {
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperRight)
                .background_style(WHITE.mix(0.85))
                .legend_area_size(22 * FINE)
                .label_font(labels)
                .draw()?;
        }
        Ok(())
    }

    fn name_of_x(&self, x: f64) -> String {
        let at = x.round();
        if self.x_names.is_empty() {
            return plain(x);
        }
        // Between two positions there is nothing to name.
        let is_whole = (x - at).abs() < 1e-6 && at >= 0.0;
        let token = is_whole.then(|| self.x_names.get(at as usize)).flatten();
        token.map_or(String::new(), |token| format!("{token}  {at}"))
    }
}

/// The smallest and largest finite number, `room` of the span apart from the ends, never equal.
fn extent(numbers: impl Iterator<Item = f64>, room: f64) -> (f64, f64) {
    let finite = numbers.filter(|x| x.is_finite());
    let (low, high) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    if low > high {
        return (0.0, 1.0);
    }
    let span = high - low;
    if span <= 1e-12 * high.abs().max(1e-12) {
        let half = high.abs().max(1.0) * 0.5;
        return (low - half, high + half);
    }
    (low - room * span, high + room * span)
}

/// One colour a curve, from the dark end of the sequential map to where it is still seen on white.
fn colors(count: usize) -> Vec<RGBColor> {
    let scale = Scale::sequential(-0.45, 1.0, false);
    let share = |at: usize| 1.0 - at as f32 / count.saturating_sub(1).max(1) as f32;
    (0..count).map(|at| color(scale.rgb(share(at)))).collect()
}

fn plain(x: f64) -> String {
    let rounded = if x.abs() < 1e-9 { 0.0 } else { (x * 1e6).round() / 1e6 };
    rounded.to_string().replace('-', "−")
}

fn power(exponent: f64) -> String {
    let y = 10_f64.powf(exponent);
    if (1e-3..1e4).contains(&y) { format!("{y:.3}") } else { format!("{y:.1e}") }
}
