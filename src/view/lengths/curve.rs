//! One model's curve, where it ends, and its name there.

use egui::{Align2, Color32, FontId, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};

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
    text: String,
    color: Color32,
}

/// One model's accuracies.
pub(super) struct Curve<'a> {
    pub(super) model: &'a str,
    pub(super) name: &'a str,
    pub(super) color: Color32,
    pub(super) marks: &'a [usize],
}

impl Curve<'_> {
    /// Draws what is known; gives where the curve ends, if it has begun.
    pub(super) fn ui(&self, ui: &Ui, scene: &Scene<'_>, frame: &Frame) -> Option<End> {
        let mut before: Option<Pos2> = None;
        for length in self.marks {
            match scene.points.at(self.model, *length) {
                Some(Point::Measured(measured)) => {
                    let at = pos2(frame.x(*length), frame.y(measured.score));
                    if let Some(before) = before {
                        let line = Stroke::new(theme::LINE, self.color);
                        ui.painter().line_segment([before, at], line);
                    }
                    self.point_ui(ui, scene, frame, (*length, measured));
                    before = Some(at);
                }
                Some(Point::TableEnds(table)) => {
                    return self.table_end_ui(ui, scene, before, *table);
                }
                Some(Point::Nothing) => {}
                None => break,
            }
        }
        before.map(|at| End { at, text: self.name.to_owned(), color: self.color })
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
        last: Option<Pos2>,
        table: usize,
    ) -> Option<End> {
        let at = last? + vec2(3.0 * RADIUS, 0.0);
        let line = Stroke::new(theme::LINE, self.color);
        ui.painter().line_segment([at - vec2(3.0 * RADIUS, 0.0), at], line);
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
        Some(End { at, text: format!("{}: {text}", self.name), color: self.color })
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
