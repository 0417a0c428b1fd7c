//! How alike positions are by their distance.

use egui::{Align2, Color32, FontId, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};
use ndarray::Array2;

use super::Scene;
use super::values::{Rotary, products};
use crate::view::{number, theme, tr_with};

/// Room for numbers on the left and below, for a title, and for names at the ends of curves.
const LEFT: f32 = 46.0;
const BOTTOM: f32 = 30.0;
const TITLE: f32 = 20.0;
const NAMES: f32 = 56.0;
const FONT: f32 = 11.0;
const LINE_HEIGHT: f32 = 14.0;
/// A point of a curve is told where the pointer is so near.
const NEAR: f32 = 14.0;

/// A curve over distances.
struct Curve {
    name: String,
    color: Color32,
    points: Vec<(i32, f32)>,
}

/// What a chart shows.
struct Chart<'a> {
    title: String,
    axis: &'a str,
    dots: Vec<(i32, f32)>,
    curves: Vec<Curve>,
}

/// Inner products of the rows that are added to symbols; those of one row as a curve.
pub(super) fn rows_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, rows: &Array2<f32>, row: usize) {
    let now = row.min(rows.nrows().saturating_sub(1));
    let own = rows.dot(&rows.row(now));
    let points = (0_i32..).zip(own.iter()).map(|(at, x)| (at - now as i32, *x)).collect();
    let dark = ui.visuals().dark_mode;
    let position = now.to_string();
    let words = [("position", position.as_str())];
    let chart = Chart {
        title: tr_with(scene.language, "positions.products", &words),
        axis: scene.tr("positions.distance"),
        dots: products(rows, rows),
        curves: vec![Curve { name: format!("p[{now}]"), color: theme::accent(dark), points }],
    };
    chart.ui(ui, rect);
}

/// The bias of each head.
pub(super) fn bias_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, bias: &Array2<f32>) {
    let colors = theme::series(ui.visuals().dark_mode);
    let curves = bias.rows().into_iter().enumerate().map(|(head, row)| Curve {
        name: tr_with(scene.language, "positions.head_of", &[("head", &head.to_string())]),
        color: colors[head % colors.len()],
        points: (0_i32..).zip(row.iter().copied()).collect(),
    });
    let chart = Chart {
        title: scene.tr("positions.bias_chart").to_owned(),
        axis: scene.tr("positions.distance"),
        dots: Vec::new(),
        curves: curves.collect(),
    };
    chart.ui(ui, rect);
}

/// Products of the turned queries and keys of the run; as a curve those of one query and key, as if
/// the key stood at each distance.
pub(super) fn rotary_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, rotary: &Rotary, row: usize) {
    let now = row.min(rotary.positions().saturating_sub(1));
    let products_now = rotary.if_everywhere(now);
    let points = (0_i32..).zip(products_now).map(|(at, x)| (at - now as i32, x)).collect();
    let dark = ui.visuals().dark_mode;
    let position = now.to_string();
    let words = [("position", position.as_str())];
    let chart = Chart {
        title: tr_with(scene.language, "positions.rotary_products", &words),
        axis: scene.tr("positions.distance"),
        dots: products(&rotary.turned_query, &rotary.turned_key),
        curves: vec![Curve { name: format!("q[{now}]"), color: theme::accent(dark), points }],
    };
    chart.ui(ui, rect);
}

impl Chart<'_> {
    fn all(&self) -> impl Iterator<Item = &(i32, f32)> {
        let curves = self.curves.iter().flat_map(|curve| &curve.points);
        self.dots.iter().chain(curves).filter(|(_, y)| y.is_finite())
    }

    fn ui(&self, ui: &Ui, rect: Rect) {
        let dark = ui.visuals().dark_mode;
        let weak = theme::weak_text(dark);
        let title = FontId::proportional(FONT + 1.0);
        ui.painter().text(rect.left_top(), Align2::LEFT_TOP, &self.title, title, weak);
        let plot = Rect::from_min_max(
            rect.min + vec2(LEFT, TITLE + 4.0),
            (rect.max - vec2(NAMES, BOTTOM)).max(rect.min + vec2(LEFT + 1.0, TITLE + 5.0)),
        );
        // Zero is always there, so that the size of a difference can be judged.
        let [low, high] =
            self.all().fold([0.0_f32; 2], |[low, high], (_, y)| [low.min(*y), high.max(*y)]);
        let high = if low < high { high } else { low + 1.0 };
        let (first, last) = self.all().fold((0, 1), |(a, b), (x, _)| (a.min(*x), b.max(*x)));
        let at = |(x, y): (i32, f32)| {
            let across = (x - first) as f32 / (last - first) as f32;
            let up = (y - low) / (high - low);
            pos2(plot.left() + across * plot.width(), plot.bottom() - up * plot.height())
        };
        axes(ui, plot, &at, (first, last), [low, high], self.axis);
        let dot = theme::future(dark);
        for point in &self.dots {
            ui.painter().circle_filled(at(*point), 1.6, dot);
        }
        let mut free = plot.top() - LINE_HEIGHT;
        let mut curves: Vec<&Curve> = self.curves.iter().collect();
        let end = |curve: &Curve| curve.points.last().map_or(0.0, |point| at(*point).y);
        curves.sort_by(|a, b| end(a).total_cmp(&end(b)));
        for curve in curves {
            let points: Vec<Pos2> = curve.points.iter().map(|point| at(*point)).collect();
            let marks = points.clone();
            ui.painter().line(points, Stroke::new(theme::LINE, curve.color));
            marks.iter().for_each(|mark| {
                ui.painter().circle_filled(*mark, 2.4, curve.color);
            });
            let Some(last) = marks.last() else { continue };
            // A short curve ends among the dots; its name stands beside them.
            let place = pos2(plot.right() + 6.0, last.y.max(free + LINE_HEIGHT));
            let font = FontId::proportional(FONT + 1.0);
            ui.painter().text(place, Align2::LEFT_CENTER, &curve.name, font, curve.color);
            free = place.y;
        }
        self.told_ui(ui, plot, &at);
    }

    /// The nearest point of a curve, in words.
    fn told_ui(&self, ui: &Ui, plot: Rect, at: &dyn Fn((i32, f32)) -> Pos2) {
        let id = ui.scope_id().with("positions chart");
        let response = ui.interact(plot.expand(4.0), id, Sense::hover());
        let title = &self.title;
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, title));
        let Some(pointer) = response.hover_pos() else { return };
        let points = self.curves.iter().flat_map(|curve| {
            curve.points.iter().map(move |point| (at(*point).distance(pointer), curve, point))
        });
        let Some((distance, curve, (x, y))) = points.min_by(|a, b| a.0.total_cmp(&b.0)) else {
            return;
        };
        if distance <= NEAR {
            let axis = self.axis;
            let x = x.to_string().replace('-', "−");
            let text = format!("{}\n{axis} {x}: {}", curve.name, number(*y));
            response.on_hover_text_at_pointer(text);
        }
    }
}

fn axes(
    ui: &Ui,
    plot: Rect,
    at: &dyn Fn((i32, f32)) -> Pos2,
    (first, last): (i32, i32),
    [low, high]: [f32; 2],
    name: &str,
) {
    let dark = ui.visuals().dark_mode;
    let (weak, font) = (theme::weak_text(dark), FontId::proportional(FONT));
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    let mut levels = vec![0.0, low, high];
    levels.dedup();
    for level in levels {
        let y = at((first, level)).y;
        ui.painter().hline(plot.x_range(), y, line);
        let zero = at((first, 0.0)).y;
        if level == 0.0 || (y - zero).abs() > LINE_HEIGHT {
            let text = short(level);
            let place = pos2(plot.left() - 6.0, y);
            ui.painter().text(place, Align2::RIGHT_CENTER, text, font.clone(), weak);
        }
    }
    for distance in [first, 0, last] {
        let x = at((distance, low)).x;
        let zero = at((0, low)).x;
        if distance == 0 || (x - zero).abs() > 2.0 * LINE_HEIGHT {
            let text = distance.to_string().replace('-', "−");
            let place = pos2(x, plot.bottom() + 3.0);
            ui.painter().text(place, Align2::CENTER_TOP, text, font.clone(), weak);
        }
    }
    if first < 0 {
        let x = at((0, low)).x;
        ui.painter().vline(x, plot.y_range(), line);
    }
    let place = pos2(plot.center().x, plot.bottom() + BOTTOM);
    ui.painter().text(place, Align2::CENTER_BOTTOM, name, font, weak);
}

/// A number of an axis.
fn short(level: f32) -> String {
    let text = if level.abs() >= 10.0 { format!("{level:.0}") } else { format!("{level:.2}") };
    if level == 0.0 { "0".to_owned() } else { text.replace('-', "−") }
}
