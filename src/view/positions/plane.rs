//! One pair of units as a point in the plane, which turns with the position.

use egui::{Align2, FontId, Pos2, Rect, Sense, Stroke, Ui, Vec2, pos2, vec2};
use ndarray::Array2;

use super::values::Rotary;
use super::{Chosen, Scene};
use crate::view::{number, theme, tr_with};

const TITLE: f32 = 18.0;
const FONT: f32 = 12.0;
/// Room around the circle for numbers.
const MARGIN: f32 = 26.0;
/// The length of an arrow's tip.
const TIP: f32 = 9.0;
/// An arc is drawn with a corner every so many radians.
const ARC_STEP: f32 = 0.1;
/// No more numbers than these stand beside points.
const NUMBERED: usize = 16;

/// Where a plane stands and how long its unit is.
struct Plane {
    centre: Pos2,
    unit: f32,
}

/// Units 2i + 1 and 2i of what is added: for sines and cosines a point on a circle, which turns by
/// the same angle from each position to the next.
pub(super) fn added_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, rows: &Array2<f32>, chosen: Chosen) {
    let (now, pair) = (chosen.row, chosen.pair);
    let dark = ui.visuals().dark_mode;
    let points: Vec<[f32; 2]> =
        rows.rows().into_iter().map(|row| [row[2 * pair + 1], row[2 * pair]]).collect();
    let units = [2 * pair, 2 * pair + 1].map(|unit| unit.to_string());
    let words = [("first", units[0].as_str()), ("second", &units[1])];
    let title = tr_with(scene.language, "positions.plane_units", &words);
    let plane = Plane::ui(ui, rect, &points, &title);
    for (at, point) in points.iter().enumerate() {
        let place = plane.at(*point);
        ui.painter().circle_filled(place, 2.2, theme::future(dark));
        if points.len() <= NUMBERED && at != now {
            plane.number(ui, *point, at, theme::weak_text(dark));
        }
    }
    if let Some(point) = points.get(now) {
        plane.arrow(ui, *point, theme::accent(dark));
        plane.number(ui, *point, now, theme::accent(dark));
    }
    let told = points.get(now).map(|[x, y]| {
        let named = |unit: usize, x: f32| format!("position[{now}][{unit}] = {}", number(x));
        format!("{}\n{}", named(2 * pair, *y), named(2 * pair + 1, *x))
    });
    told_ui(ui, rect, &title, told);
}

/// One pair of the query of a position, before and after it is turned.
pub(super) fn rotary_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, rotary: &Rotary, chosen: Chosen) {
    let dark = ui.visuals().dark_mode;
    let (now, pair) = (chosen.row, chosen.pair);
    let before = Rotary::point(&rotary.query, now, pair);
    let after = Rotary::point(&rotary.turned_query, now, pair);
    let angle = rotary.angles()[[now, pair]];
    let words = [("position", now.to_string()), ("angle", number(angle))];
    let words: Vec<(&str, &str)> = words.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let title = tr_with(scene.language, "positions.plane_turned", &words);
    let plane = Plane::ui(ui, rect, &[before, after], &title);
    plane.arc(ui, before, angle);
    plane.arrow(ui, before, theme::weak_text(dark));
    plane.label(ui, before, "q", theme::weak_text(dark));
    plane.arrow(ui, after, theme::accent(dark));
    plane.label(ui, after, "q̃", theme::accent(dark));
    let pair_of =
        |name: &str, [x, y]: [f32; 2]| format!("{name}[{now}] = ({}, {})", number(x), number(y));
    let told = format!("{}\n{}", pair_of("query", before), pair_of("rotated_query", after));
    told_ui(ui, rect, &title, Some(told));
}

fn told_ui(ui: &Ui, rect: Rect, title: &str, told: Option<String>) {
    let response = ui.interact(rect, ui.scope_id().with("positions plane"), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, title));
    if let Some(told) = told {
        response.on_hover_text_at_pointer(told);
    }
}

impl Plane {
    /// Draws the circle that the farthest point is on, and its axes.
    fn ui(ui: &Ui, rect: Rect, points: &[[f32; 2]], title: &str) -> Self {
        let dark = ui.visuals().dark_mode;
        let font = FontId::proportional(FONT);
        let weak = theme::weak_text(dark);
        ui.painter().text(rect.left_top(), Align2::LEFT_TOP, title, font, weak);
        let room = rect.with_min_y(rect.top() + TITLE);
        let radius = (0.5 * room.width().min(room.height()) - MARGIN).max(1.0);
        let farthest = points.iter().map(|[x, y]| x.hypot(*y)).fold(0.0_f32, f32::max);
        let plane = Self { centre: room.center(), unit: radius / farthest.max(f32::MIN_POSITIVE) };
        let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
        ui.painter().circle_stroke(plane.centre, radius, line);
        let centre = plane.centre;
        ui.painter().hline(centre.x - radius..=centre.x + radius, centre.y, line);
        ui.painter().vline(centre.x, centre.y - radius..=centre.y + radius, line);
        plane
    }

    fn at(&self, [x, y]: [f32; 2]) -> Pos2 {
        self.centre + self.unit * vec2(x, -y)
    }

    fn arrow(&self, ui: &Ui, point: [f32; 2], color: egui::Color32) {
        let (tip, stroke) = (self.at(point), Stroke::new(theme::LINE, color));
        ui.painter().line_segment([self.centre, tip], stroke);
        let back = -TIP * (tip - self.centre).normalized();
        for side in [back + 0.4 * back.rot90(), back - 0.4 * back.rot90()] {
            ui.painter().line_segment([tip, tip + side], stroke);
        }
    }

    /// From a point by an angle, counterclockwise where it is positive, half way out.
    fn arc(&self, ui: &Ui, from: [f32; 2], angle: f32) {
        let [x, y] = from.map(|entry| 0.5 * entry);
        let steps = (angle.abs() / ARC_STEP).ceil().max(1.0);
        let turned = |step: i32| {
            let (sin, cos) = (angle * step as f32 / steps).sin_cos();
            self.at([x * cos - y * sin, x * sin + y * cos])
        };
        let points: Vec<Pos2> = (0..=steps as i32).map(turned).collect();
        let line = Stroke::new(1.5, theme::accent(ui.visuals().dark_mode));
        ui.painter().line(points, line);
    }

    /// A position's number outside its point.
    fn number(&self, ui: &Ui, point: [f32; 2], at: usize, color: egui::Color32) {
        self.label(ui, point, &at.to_string(), color);
    }

    fn label(&self, ui: &Ui, point: [f32; 2], text: &str, color: egui::Color32) {
        let out = self.at(point) - self.centre;
        let out = if out == Vec2::ZERO { vec2(1.0, 0.0) } else { out.normalized() };
        let place = self.at(point) + 11.0 * out;
        let place = pos2(place.x, place.y);
        let font = FontId::proportional(FONT);
        ui.painter().text(place, Align2::CENTER_CENTER, text, font, color);
    }
}
