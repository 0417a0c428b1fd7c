//! One model's curve, where it ends, and its name there.

use egui::{Align2, Color32, FontId, Pos2, Rect, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

use super::{FONT, Frame};
use crate::training::evaluate::Measured;
use crate::training::lengths::Point;
use crate::view::{Scene, theme, tr_with};

/// Names at the ends of curves are at least so far apart.
const LINE_HEIGHT: f32 = 16.0;
const RADIUS: f32 = 3.5;

/// Where a curve ends, and what stands there.
pub(super) struct End {
    at: Pos2,
    /// The whole curve.
    line: Vec<Pos2>,
    text: String,
    color: Color32,
}

/// One model's accuracies.
pub(super) struct Curve<'a> {
    pub(super) model: &'a str,
    pub(super) name: &'a str,
    pub(super) color: Color32,
    pub(super) marks: &'a [usize],
    /// Whether another curve lies below it: then it is drawn dashed, so that both are seen.
    pub(super) is_over: bool,
}

impl Curve<'_> {
    /// Draws what is known; gives where the curve ends, if it has begun.
    pub(super) fn ui(&self, ui: &Ui, scene: &Scene<'_>, frame: &Frame) -> Option<End> {
        let mut line: Vec<Pos2> = Vec::new();
        for length in self.marks {
            match scene.points.at(self.model, *length) {
                Some(Point::Measured(measured)) => {
                    let at = pos2(frame.x(*length), frame.y(measured.score));
                    line.push(at);
                }
                Some(Point::TableEnds(table)) => {
                    self.line_ui(ui, scene, frame, &line);
                    return self.table_end_ui(ui, scene, line, *table);
                }
                Some(Point::Nothing) => {}
                None => break,
            }
        }
        self.line_ui(ui, scene, frame, &line);
        let at = *line.last()?;
        Some(End { at, line, text: self.name.to_owned(), color: self.color })
    }

    fn line_ui(&self, ui: &Ui, scene: &Scene<'_>, frame: &Frame, line: &[Pos2]) {
        let stroke = Stroke::new(theme::LINE, self.color);
        if self.is_over {
            ui.painter().extend(Shape::dashed_line(line, stroke, 6.0, 6.0));
        } else {
            ui.painter().add(Shape::line(line.to_vec(), stroke));
        }
        for length in self.marks {
            if let Some(Point::Measured(measured)) = scene.points.at(self.model, *length) {
                self.point_ui(ui, scene, frame, (*length, measured));
            }
        }
    }

    fn point_ui(
        &self,
        ui: &Ui,
        scene: &Scene<'_>,
        frame: &Frame,
        (length, measured): (usize, &Measured),
    ) {
        let (x, y) = (frame.x(length), |share: f64| frame.y(share.clamp(0.0, 1.0)));
        let (score, error) = (measured.score, measured.standard_error);
        let bar = y(score + error)..=y(score - error);
        ui.painter().vline(x, bar, Stroke::new(theme::HAIRLINE, self.color));
        let at = pos2(x, y(score));
        let place = Rect::from_center_size(at, vec2(4.0 * RADIUS, 4.0 * RADIUS));
        let id = ui.scope_id().with(("length", self.model, length));
        let response = ui.interact(place, id, Sense::hover());
        let dark = ui.visuals().dark_mode;
        let radius = if response.hovered() { 1.5 * RADIUS } else { RADIUS };
        ui.painter().circle(at, radius, self.color, Stroke::new(1.0, theme::stage(dark)));
        let right = (score * measured.answers as f64).round();
        let words = [
            ("model", self.model.to_owned()),
            ("length", length.to_string()),
            ("right", format!("{right:.0}")),
            ("count", measured.answers.to_string()),
            ("percent", format!("{:.1}", 100.0 * score)),
            ("error", format!("{:.1}", 100.0 * error)),
        ];
        let words: Vec<(&str, &str)> = words.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let told = tr_with(scene.language, "views.lengths_point", &words);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &told));
        response.on_hover_text_at_pointer(told);
    }

    /// The model reads no longer sequences: a bar across the end of its curve, and words.
    fn table_end_ui(
        &self,
        ui: &Ui,
        scene: &Scene<'_>,
        line: Vec<Pos2>,
        table: usize,
    ) -> Option<End> {
        let at = *line.last()? + vec2(3.0 * RADIUS, 0.0);
        let stroke = Stroke::new(theme::LINE, self.color);
        ui.painter().line_segment([at - vec2(3.0 * RADIUS, 0.0), at], stroke);
        ui.painter().vline(at.x, at.y - 9.0..=at.y + 9.0, Stroke::new(3.0, self.color));
        let table = table.to_string();
        let text = tr_with(scene.language, "views.lengths_table", &[("count", &table)]);
        let place = Rect::from_center_size(at, vec2(10.0, 22.0));
        let id = ui.scope_id().with(("length", self.model, "end"));
        let response = ui.interact(place, id, Sense::hover());
        let told = format!("{}: {text}", self.model);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &told));
        let words = [("model", self.model), ("count", table.as_str())];
        let hint = tr_with(scene.language, "views.lengths_table_hint", &words);
        response.on_hover_text_at_pointer(hint);
        Some(End { at, line, text: format!("{}: {text}", self.name), color: self.color })
    }
}

/// Names beside the ends of their curves: at the right edge moved apart where they would overlap.
pub(super) fn names_ui(ui: &Ui, plot: Rect, ends: Vec<End>) {
    let font = FontId::proportional(FONT);
    let reaches_edge = |end: &End| end.at.x > plot.right() - 2.0 * theme::GAP_LARGE;
    let (mut right, inside): (Vec<End>, Vec<End>) = ends.into_iter().partition(reaches_edge);
    for end in inside {
        // Above the curve's end, which may go on below; before it where there is no room behind.
        let galley = ui.painter().layout_no_wrap(end.text, font.clone(), end.color);
        let fits = end.at.x + theme::GAP + galley.size().x <= plot.right();
        let left = if fits { end.at.x + theme::GAP } else { end.at.x - galley.size().x };
        let is_high = end.at.y < plot.top() + 2.0 * LINE_HEIGHT;
        let y = if is_high { end.at.y + 6.0 } else { end.at.y - LINE_HEIGHT - 6.0 };
        let place = Rect::from_min_size(pos2(left, y), galley.size());
        // Curves that it stands upon do not shine through.
        let behind = theme::stage(ui.visuals().dark_mode).gamma_multiply(0.85);
        ui.painter().rect_filled(place.expand2(vec2(2.0, 0.0)), 2.0, behind);
        ui.painter().galley(place.min, galley, end.color);
    }
    // Names that would pile up at the edge stand where their curves are alone.
    let lines: Vec<Vec<Pos2>> = right.iter().map(|end| sampled(&end.line)).collect();
    let heights: Vec<f32> = right.iter().map(|end| end.at.y).collect();
    let mut taken: Vec<Rect> = Vec::new();
    let mut at = 0;
    right.retain(|end| {
        let own = at;
        at += 1;
        let is_near = |other: usize| (heights[other] - heights[own]).abs() < LINE_HEIGHT;
        if !(0..heights.len()).any(|other| other != own && is_near(other)) {
            return true;
        }
        let galley = ui.painter().layout_no_wrap(end.text.clone(), font.clone(), end.color);
        let Some(place) = alone(&lines, own, galley.size(), plot, &taken) else { return true };
        taken.push(place);
        ui.painter().galley(place.min, galley, end.color);
        false
    });
    right.sort_by(|a, b| a.at.y.total_cmp(&b.at.y));
    let mut room = LINE_HEIGHT * right.len() as f32;
    let mut free = plot.top() - LINE_HEIGHT;
    for end in right {
        // The names below must still fit above the bottom.
        let lowest = plot.bottom() + LINE_HEIGHT - room;
        let top = (end.at.y - LINE_HEIGHT / 2.0).max(free).min(lowest.max(free));
        let at = pos2(plot.right() + theme::GAP_SMALL, top);
        ui.painter().text(at, Align2::LEFT_TOP, end.text, font.clone(), end.color);
        free = top + LINE_HEIGHT;
        room -= LINE_HEIGHT;
    }
}

/// Points along a curve, close enough for measuring distances to it.
fn sampled(line: &[Pos2]) -> Vec<Pos2> {
    const STEPS: u8 = 12;
    let between = |pair: &[Pos2]| {
        let (from, to) = (pair[0], pair[1]);
        (0..=STEPS).map(move |k| from.lerp(to, f32::from(k) / f32::from(STEPS)))
    };
    line.windows(2).flat_map(between).collect()
}

/// The place beside a curve for a name of some size that is farthest from all other curves and from
/// names that stand already.
fn alone(lines: &[Vec<Pos2>], own: usize, size: Vec2, plot: Rect, taken: &[Rect]) -> Option<Rect> {
    const BESIDE: f32 = 7.0;
    /// A name that is so far from everything else is not mistaken for another's.
    const FAR: f32 = 60.0;
    let corners = |at: &Pos2| {
        let (right, left) = (at.x + BESIDE, at.x - BESIDE - size.x);
        let (below, above) = (at.y + BESIDE - 2.0, at.y - BESIDE + 2.0 - size.y);
        [pos2(right, above), pos2(right, below), pos2(left, above), pos2(left, below)]
    };
    let places = lines.get(own)?.iter().flat_map(corners);
    let places = places.map(|corner| Rect::from_min_size(corner, size));
    let nearest = |place: &Rect, line: &[Pos2]| {
        line.iter().map(|point| place.distance_to_pos(*point)).fold(f32::INFINITY, f32::min)
    };
    let freedom = |place: &Rect| {
        let others = lines.iter().enumerate().filter(|(at, _)| *at != own);
        others.map(|(_, line)| nearest(place, line)).fold(f32::INFINITY, f32::min).min(FAR)
    };
    let is_free = |place: &Rect| {
        plot.contains_rect(*place)
            && !taken.iter().any(|other| other.expand(4.0).intersects(*place))
            && nearest(place, &lines[own]) > 2.0
    };
    let places = places.filter(is_free).map(|place| (freedom(&place), place));
    let best = places.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(freedom, _)| *freedom > BESIDE).map(|(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_at_its_own_curve_and_far_from_others() {
        let plot = Rect::from_min_max(pos2(0.0, 0.0), pos2(400.0, 200.0));
        let flat = sampled(&[pos2(10.0, 190.0), pos2(390.0, 190.0)]);
        let falls = sampled(&[pos2(10.0, 20.0), pos2(200.0, 20.0), pos2(390.0, 190.0)]);
        let lines = [flat, falls];
        let size = vec2(50.0, 14.0);
        let name = alone(&lines, 1, size, plot, &[]).unwrap();
        let near = |line: &[Pos2]| {
            line.iter().map(|at| name.distance_to_pos(*at)).fold(f32::INFINITY, f32::min)
        };
        assert!(near(&lines[1]) < 12.0 && near(&lines[0]) > 50.0, "{name:?}");
        let second = alone(&lines, 1, size, plot, &[name]).unwrap();
        assert!(!second.intersects(name));
        // Where two curves are one, no place is one's own.
        assert_eq!(alone(&[lines[0].clone(), lines[0].clone()], 0, size, plot, &[]), None);
    }
}
