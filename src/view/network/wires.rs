//! What connects the blocks of an unrolled network: wires upward, arrows along time, residual paths
//! and the paths by which answers are read.

use egui::epaint::CubicBezierShape;
use egui::{Color32, Painter, Pos2, Shape, Stroke, Ui, Vec2, pos2, vec2};

use super::super::{Scene, scope, theme};
use super::plan::{Frame, Kind, Row};
use crate::trace::Trace;

/// A line of the drawing: strong where it has carried something, an outline before.
pub(super) fn ink(scene: &Scene<'_>, name: &str, t: usize, dark: bool) -> Stroke {
    let is_done = scene.is_shown_at(name, t);
    let color = if is_done { theme::weak_text(dark) } else { theme::future(dark) };
    Stroke::new(if is_done { 1.3 } else { theme::HAIRLINE }, color)
}

pub(super) fn wires(ui: &Ui, scene: &Scene<'_>, frame: &Frame<'_>, t: usize, is_answered: bool) {
    let dark = ui.visuals().dark_mode;
    let painter = ui.painter();
    let rows = &frame.plan.rows;
    let positions = scene.trace.n_positions();
    let trace = scene.trace;
    for wire in &frame.plan.wires {
        let (from, to) = (&rows[wire.from], &rows[wire.to]);
        let (Some(name), Some(_)) = (from.name_at(trace, t), to.name_at(trace, t)) else {
            continue;
        };
        // Where a decoder's first state is the encoder's last, nothing is read.
        if from.kind == Kind::Input && !reads(trace, to, t) {
            continue;
        }
        if to.kind == Kind::Answer && !is_answered {
            continue;
        }
        let x = frame.wire_x(wire, t);
        let start = pos2(x, frame.block(from, t).top());
        let stroke = ink(scene, name, t, dark);
        arrow(painter, &[start, pos2(x, frame.block(to, t).bottom())], stroke);
    }
    for path in &frame.plan.around {
        let (from, to) = (&rows[path.from], &rows[path.to]);
        let Some(name) = from.name_at(trace, t) else { continue };
        let stroke = ink(scene, name, t, dark);
        let (from, to) = (frame.block(from, t), frame.block(to, t));
        let beside = frame.left(t) + 0.045 * frame.plan.column;
        let bend = from.top() - 0.3 * frame.plan.gap;
        let middle = frame.left(t) + 0.5 * frame.plan.column;
        let corners = [
            pos2(middle, from.top()),
            pos2(middle, bend),
            pos2(beside, bend),
            pos2(beside, to.center().y),
            pos2(to.left(), to.center().y),
        ];
        arrow(painter, &corners, stroke);
    }
    for row in rows {
        let Kind::Cell { .. } = row.kind else { continue };
        let here = frame.block(row, t);
        let Some(name) = row.name_at(trace, t) else { continue };
        let is_backward = scope::reads_backward(trace, scope::split(name).0);
        let stroke = ink(scene, name, t, dark);
        let y = here.center().y;
        let next = if is_backward { t.checked_sub(1) } else { Some(t + 1) };
        if next.is_none_or(|next| row.name_at(trace, next).is_none()) {
            continue;
        }
        if is_backward && t > 0 {
            let end = frame.block(row, t - 1).right();
            arrow(painter, &[pos2(here.left(), y), pos2(end, y)], stroke);
        } else if !is_backward && t + 1 < positions {
            let end = frame.block(row, t + 1).left();
            arrow(painter, &[pos2(here.right(), y), pos2(end, y)], stroke);
        }
    }
    if t + 1 >= scene.trace.given() && t + 1 < positions {
        fed_back(ui, scene, frame, t);
    }
}

/// Whether a cell reads at a position what the model is given there: its own part's, of several.
fn reads(trace: &Trace, cell: &Row, t: usize) -> bool {
    let own = scope::join(scope::split(cell.name()).0, "input");
    trace.graph().find(&own).is_none() || trace.node(&own, t as i32).is_some()
}

/// The path by which an answer becomes what is read next.
fn fed_back(ui: &Ui, scene: &Scene<'_>, frame: &Frame<'_>, t: usize) {
    let dark = ui.visuals().dark_mode;
    let (Some(read), Some(answers)) = (frame.plan.rows.first(), frame.plan.rows.last()) else {
        return;
    };
    let (start, end) = (frame.block(answers, t), frame.block(read, t + 1));
    let (start, end) = (start.right_center(), end.left_center() - vec2(5.0, 0.0));
    let between = frame.left(t + 1);
    let is_read = read.name_at(scene.trace, t + 1).is_some_and(|n| scene.is_done_at(n, t + 1));
    let color = if is_read { theme::accent(dark) } else { theme::future(dark) };
    let points = [start, pos2(between + 6.0, start.y), pos2(between - 6.0, end.y), end];
    let stroke = Stroke::new(1.5, color);
    ui.painter().add(CubicBezierShape::from_points_stroke(
        points,
        false,
        Color32::TRANSPARENT,
        stroke,
    ));
    head(ui.painter(), end + vec2(5.0, 0.0), vec2(1.0, 0.0), color);
}

/// A line with an arrow head at its end.
fn arrow(painter: &Painter, points: &[Pos2], stroke: Stroke) {
    let [.., before, end] = points else { return };
    let along = (*end - *before).normalized();
    painter.add(Shape::line(points.to_vec(), stroke));
    head(painter, *end, along, stroke.color);
}

fn head(painter: &Painter, tip: Pos2, along: Vec2, color: Color32) {
    let side = vec2(-along.y, along.x) * 3.2;
    let base = tip - along * 5.5;
    let corners = vec![tip, base + side, base - side];
    painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
}
