//! Numbers as coloured cells: the one way in which every view draws a vector.

use egui::{
    Color32, Mesh, Painter, Pos2, Rect, Response, Shape, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::{Scene, Selection, number, theme};
use crate::palette::Scale;
use crate::trace::Place;

/// Letters of the tokens below a picture; single letters are no smaller than the least.
const TOKEN_SIZE: f32 = 11.5;
const LEAST_TOKEN_SIZE: f32 = 9.0;
/// A letter's width as a share of its size, and a little room beside it.
const LETTER_SHARE: f32 = 0.68;
/// Between words that stand beside each other.
const TOKEN_GAP: f32 = 5.0;
/// In narrower columns a token without room leaves no dot.
const LEAST_DOTTED: f32 = 4.0;

/// Paints entries row by row into `columns` columns that fill `rect`.
pub fn paint(painter: &Painter, rect: Rect, entries: &[f32], columns: usize, scale: &Scale) {
    let mut mesh = Mesh::default();
    for (at, entry) in entries.iter().enumerate() {
        let cell = cell_rect(rect, entries.len(), columns, at);
        mesh.add_colored_rect(cell, theme::color(scale.rgb(*entry)));
    }
    painter.add(Shape::mesh(mesh));
}

/// The rectangle of entry `at` of `count`.
#[must_use]
pub fn cell_rect(rect: Rect, count: usize, columns: usize, at: usize) -> Rect {
    let columns = columns.max(1);
    let rows = count.div_ceil(columns).max(1);
    let size = vec2(rect.width() / columns as f32, rect.height() / rows as f32);
    let corner = vec2((at % columns) as f32 * size.x, (at / columns) as f32 * size.y);
    Rect::from_min_size(rect.min + corner, size)
}

/// Which entry of `count` is at a point.
#[must_use]
pub fn cell_at(rect: Rect, count: usize, columns: usize, point: Pos2) -> Option<usize> {
    if !rect.contains(point) || rect.width() <= 0.0 || rect.height() <= 0.0 {
        return None;
    }
    let columns = columns.max(1);
    let rows = count.div_ceil(columns).max(1);
    let share = (point - rect.min) / rect.size();
    let column = ((share.x * columns as f32) as usize).min(columns - 1);
    let row = ((share.y * rows as f32) as usize).min(rows - 1);
    Some(row * columns + column).filter(|at| *at < count)
}

/// How many columns make cells of `count` entries about square in a rectangle.
#[must_use]
pub fn square_columns(size: egui::Vec2, count: usize) -> usize {
    let ideal = (count as f32 * size.x / size.y.max(1.0)).sqrt();
    (ideal.round() as usize).clamp(1, count.max(1))
}

/// Frames a cell as the selected one.
pub fn frame(painter: &Painter, rect: Rect, color: Color32) {
    painter.rect_stroke(rect, 0.0, Stroke::new(theme::LINE, color), StrokeKind::Outside);
}

/// One vector as a block of cells: hovering says which entry of which value, a click selects it.
pub fn block_ui(
    ui: &Ui,
    scene: &mut Scene<'_>,
    response: &Response,
    rect: Rect,
    selection: &Selection,
    scale: &Scale,
) {
    let place = selection.place(scene.now());
    let pointed = vector_ui(ui, scene, response, rect, &place, scale);
    if response.clicked() && scene.trace.find(&place).is_some_and(|node| scene.is_done(node)) {
        let unit = pointed.or(selection.unit);
        scene.commands.push(super::Command::Select(Some(Selection { unit, ..selection.clone() })));
    }
}

/// One vector as a block of cells; an outline where it is not computed yet. Hovering says which
/// entry of which value; gives the unit under the pointer.
#[must_use]
pub fn vector_ui(
    ui: &Ui,
    scene: &mut Scene<'_>,
    response: &Response,
    rect: Rect,
    place: &Place,
    scale: &Scale,
) -> Option<usize> {
    let dark = ui.visuals().dark_mode;
    let node = scene.trace.find(place);
    let units = node.map_or(0, |node| scene.trace.graph().value(node).ncols());
    if response.secondary_clicked() {
        let at = response.interact_pointer_pos();
        let columns = square_columns(rect.size(), units);
        let pointed = at.and_then(|at| cell_at(rect, units, columns, at));
        super::intervene::ask(scene, &place.name, place.position, pointed);
    }
    let shown = node.and_then(|node| scene.entries(node));
    let Some(entries) = shown.map(|entries| entries[..units.min(entries.len())].to_vec()) else {
        let stroke = Stroke::new(theme::HAIRLINE, theme::future(dark));
        ui.painter().rect_stroke(rect, 1.0, stroke, StrokeKind::Inside);
        return None;
    };
    let columns = square_columns(rect.size(), entries.len());
    paint(ui.painter(), rect, &entries, columns, scale);
    let stroke = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Outside);
    if let Some(unit) = scene.unit(entries.len()) {
        let cell = cell_rect(rect, entries.len(), columns, unit);
        frame(ui.painter(), cell, theme::accent(dark));
    }
    let pointed = response.hover_pos().and_then(|at| cell_at(rect, entries.len(), columns, at));
    if let Some(unit) = pointed {
        let text = entry_text(scene, &place.name, &place.path, place.position, unit, entries[unit]);
        response.clone().on_hover_text_at_pointer(text);
    }
    pointed
}

/// Room for [`broken_ui`].
pub const BROKEN_HEIGHT: f32 = 20.0;

/// Says under a picture where what it shows stopped being a finite number; nothing else.
pub fn broken_ui(ui: &mut Ui, scene: &mut Scene<'_>, names: &[String]) {
    if let Some(words) = scene.broken(names) {
        let color = theme::error(ui.visuals().dark_mode);
        ui.label(egui::RichText::new(words).small().color(color));
    }
}

/// How an entry is called when it is pointed at: `forget_gate[3][5] = 0.882`.
#[must_use]
pub fn entry_text(
    scene: &Scene<'_>,
    name: &str,
    path: &[usize],
    position: i32,
    unit: usize,
    value: f32,
) -> String {
    let names = scene.trace.entry_names(name);
    let what = names.get(unit).map_or(String::new(), |symbol| format!(" “{symbol}”"));
    let entry = if path.is_empty() {
        format!("{name}[{position}][{unit}]{what}")
    } else {
        format!("{name}[{position}] · [{unit}]")
    };
    scene.entry_text(&entry, value)
}

/// The tokens of a run under a picture whose columns are positions.
pub fn tokens_below(ui: &Ui, scene: &Scene<'_>, rect: Rect) {
    let dark = ui.visuals().dark_mode;
    let tokens = scene.trace.tokens();
    let width = rect.width() / tokens.len().max(1) as f32;
    // Single letters become a little smaller before any of them is left out.
    let size = (width / LETTER_SHARE).clamp(LEAST_TOKEN_SIZE, TOKEN_SIZE);
    let font = egui::FontId::monospace(size);
    let now = scene.now();
    let weak = theme::weak_text(dark);
    let galley = |t: usize| {
        let color = if t == now { theme::accent(dark) } else { weak };
        ui.painter().layout_no_wrap(scene.token(t).to_owned(), font.clone(), color)
    };
    let middle = |t: usize| rect.left() + (t as f32 + 0.5) * width;
    let widths: Vec<f32> = (0..tokens.len()).map(|t| galley(t).size().x).collect();
    // The last may reach over the end of its column, but not over the edge of what is drawn.
    let edge = ui.clip_rect().right().max(rect.right());
    for (t, place) in placed(&widths, width, now, edge - rect.left()).into_iter().enumerate() {
        let top = rect.bottom() + 3.0;
        if let Some(left) = place {
            ui.painter().galley(pos2(rect.left() + left, top), galley(t), weak);
        } else if width >= LEAST_DOTTED {
            let at = pos2(middle(t), top + 0.5 * size);
            ui.painter().circle_filled(at, 0.8, theme::future(dark));
        }
    }
}

/// Where texts of some widths begin below columns of one width so that none touches another, that at
/// the cursor first; nothing for those that have no room. No text ends behind `edge`.
fn placed(widths: &[f32], column: f32, now: usize, edge: f32) -> Vec<Option<f32>> {
    let left = |t: usize| {
        let middle = (t as f32 + 0.5) * column;
        (middle - widths[t] / 2.0).min(edge - widths[t])
    };
    // Texts narrower than their columns need no gap beyond their own.
    let gap = |t: usize| if widths[t] < column { 0.0 } else { TOKEN_GAP };
    let kept = widths.get(now).map(|width| [left(now), left(now) + width]);
    let mut free = f32::NEG_INFINITY;
    (0..widths.len())
        .map(|t| {
            let [from, to] = [left(t), left(t) + widths[t]];
            let is_clear = |[start, end]: [f32; 2]| to + gap(t) <= start || end + gap(t) <= from;
            if t != now && !(from >= free && kept.is_none_or(is_clear)) {
                return None;
            }
            free = to + gap(t);
            Some(from)
        })
        .collect()
}

/// Whether the cursor or the run is another than when `who` asked last, so that the place at the
/// cursor has to be brought into sight.
#[must_use]
pub fn has_moved(ui: &Ui, scene: &Scene<'_>, who: &str) -> bool {
    let id = egui::Id::unique(("cursor", who));
    let place = (scene.run, scene.timeline.cursor());
    let before: Option<(u64, usize)> = ui.data(|data| data.get_temp(id));
    ui.data_mut(|data| data.insert_temp(id, place));
    before != Some(place)
}

/// A half-life as it is written: a number of tokens of three digits, as a power of ten where it is a long or a very
/// small one, or ∞.
#[must_use]
pub fn tokens(life: f32) -> String {
    match life {
        _ if !life.is_finite() => number(life),
        _ if life == 0.0 => "0".to_owned(),
        _ if !(1e-3..1e5).contains(&life) => format!("{life:.1e}").replace('-', "−"),
        _ if life < 0.1 => format!("{life:.3}"),
        _ if life < 10.0 => format!("{life:.2}"),
        _ if life < 100.0 => format!("{life:.1}"),
        _ => format!("{life:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_written_where_they_have_room_and_the_one_at_the_cursor_always() {
        let shown = |widths: &[f32], now| {
            let all = placed(widths, 20.0, now, 20.0 * widths.len() as f32);
            all.iter().map(Option::is_some).collect::<Vec<_>>()
        };
        // One long word takes the place of its neighbours alone.
        assert_eq!(shown(&[10.0, 50.0, 10.0, 10.0, 10.0], 4), [true, false, true, true, true]);
        assert_eq!(shown(&[10.0, 50.0, 10.0, 10.0, 10.0], 1), [false, true, false, true, true]);
        assert_eq!(shown(&[18.0; 5], 0), [true; 5]);
        assert!(placed(&[], 20.0, 0, 0.0).is_empty());
        let last = placed(&[10.0, 50.0], 20.0, 1, 40.0);
        assert_eq!(last, [None, Some(-10.0)]);
    }
}
