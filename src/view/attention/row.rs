//! The steps of one row of attention in numbers: scores, scaled, masked, softmax, weighted sum. Each
//! is a strip under the map whose cells stand under the map's columns.

use egui::{
    Align2, FontId, Mesh, Rect, RichText, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::super::{Command, Scene, Selection, cells, number, theme, tr_with};
use super::axis::Names;
use super::tiles::Lens;
use crate::palette::{Scale, ink_on};
use crate::trace::attention::{Grid, Map, Part, STEPS};

/// The height of a strip, and from one to the next.
pub const STRIP: f32 = 16.0;
pub const STEP: f32 = 19.0;
const SENTENCE: f32 = 38.0;
/// Numbers are written into cells of at least this width.
const ROOM_FOR_NUMBERS: f32 = 33.0;
pub const FONT: FontId = FontId::proportional(12.0);

/// Which row, and where its map is drawn.
pub struct Place {
    pub position: usize,
    pub lens: Lens,
    pub area: Rect,
}

impl Place {
    /// The rectangle of a strip that begins at `top`.
    pub fn strip(&self, top: f32) -> Rect {
        Rect::from_min_max(pos2(self.area.left(), top), pos2(self.area.right(), top + STRIP))
    }

    /// Writes what a strip shows at its left; gives the response of those words.
    pub fn label(&self, ui: &mut Ui, top: f32, words: &str, hint: &str) {
        let dark = ui.visuals().dark_mode;
        let left = ui.max_rect().left();
        let rect = Rect::from_min_max(pos2(left, top), pos2(self.area.left() - 6.0, top + STRIP));
        let painter = ui.painter().with_clip_rect(rect.expand2(vec2(2.0, 2.0)));
        painter.text(
            rect.right_center(),
            Align2::RIGHT_CENTER,
            words,
            FONT,
            theme::weak_text(dark),
        );
        ui.interact(rect, ui.scope_id().with(("strip", words)), Sense::hover()).on_hover_text(hint);
    }
}

/// The steps that a map has, each with its words; the weights are the last.
fn steps(scene: &Scene<'_>, map: &Map) -> Vec<(String, &'static str, &'static str)> {
    let words = [
        ("attention.score", "attention.score_hint"),
        ("attention.scaled", "attention.scaled_hint"),
        ("attention.biased", "attention.biased_hint"),
        ("attention.masked", "attention.masked_hint"),
        ("attention.weight", "attention.weight_hint"),
    ];
    if map.part == Part::Contribution {
        return Vec::new();
    }
    let all = STEPS.iter().zip(words).map(|(step, (key, hint))| (map.step(step), key, hint));
    all.filter(|(name, ..)| scene.trace.graph().find(name).is_some()).collect()
}

/// The room that the steps of a row and what stands below them take.
pub fn height(scene: &Scene<'_>, map: &Map) -> f32 {
    let strips = steps(scene, map).len() + usize::from(map.sum(scene.trace).is_some());
    let own = strips as f32 * STEP + SENTENCE;
    own + theme::GAP_SMALL + super::evidence::height(scene, map)
}

/// Draws the steps of a row, and one of its columns in numbers.
pub fn ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    map: &Map,
    grid: &Grid,
    place: &Place,
    (column, scale): (Option<usize>, &Scale),
) {
    let dark = ui.visuals().dark_mode;
    let position = place.position as i32;
    let present = grid.row(place.position).map_or(0, |row| row.len());
    let mut top = ui.cursor().top();
    let mut shown = Vec::new();
    let marked = column.unwrap_or_else(|| strongest(grid, place.position));
    let all = steps(scene, map);
    let last = all.len().saturating_sub(1);
    for (at, (name, key, hint)) in all.into_iter().enumerate() {
        let words = scene.tr(key);
        place.label(ui, top, words, scene.tr(hint));
        let is_done = scene.is_done_at(&name, place.position);
        let row = scene.trace.row(&name, position).filter(|_| is_done);
        if let Some(row) = row {
            let row: Vec<f32> = row.iter().take(present.max(1)).copied().collect();
            let finite = row.iter().filter(|x| x.is_finite());
            let largest = finite.fold(0.0_f32, |largest, x| largest.max(x.abs()));
            let own = if at == last { *scale } else { Scale::signed(largest, dark) };
            strip_ui(ui, place, top, &row, &own, marked - grid.columns.start);
            if let Some(entry) = row.get(marked - grid.columns.start) {
                shown.push(format!("{words} {}", number(*entry)));
            }
        }
        top += STEP;
    }
    if let Some(name) = map.sum(scene.trace) {
        sum_ui(ui, scene, &name, place, top);
        top += STEP;
    }
    let rect =
        Rect::from_min_size(pos2(ui.max_rect().left(), top), vec2(ui.max_rect().width(), SENTENCE));
    let mut line = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    let text = sentence(scene, map, grid, place.position, marked, &shown);
    line.add(egui::Label::new(RichText::new(text).small()).wrap());
    ui.advance_cursor_after_rect(rect);
}

/// The column with the largest weight of a row, as a position.
fn strongest(grid: &Grid, position: usize) -> usize {
    let row = grid.row(position).map(|row| row.to_vec()).unwrap_or_default();
    let sizes: Vec<f32> = row.iter().map(|weight| weight.abs()).collect();
    grid.columns.start + if sizes.is_empty() { 0 } else { crate::tensor::argmax(&sizes) }
}

/// One column in words: its token, and every step of its weight; or that nothing is attended to.
fn sentence(
    scene: &Scene<'_>,
    map: &Map,
    grid: &Grid,
    position: usize,
    column: usize,
    steps: &[String],
) -> String {
    let names = Names::of(scene, map);
    let row = grid.row(position).map(|row| row.to_vec()).unwrap_or_default();
    let sum: f32 = row.iter().sum();
    if !row.is_empty() && row.iter().all(|weight| *weight == 0.0) {
        return scene.tr("attention.nothing").to_owned();
    }
    let steps = match (steps, grid.at(position, column)) {
        ([], Some(weight)) => format!("{} {}", scene.tr("attention.weight"), number(weight)),
        _ => steps.join(" → "),
    };
    let (at, sum) = (position.to_string(), number(sum));
    let values = [
        ("position", at.as_str()),
        ("token", names.read(column)),
        ("steps", &steps),
        ("sum", &sum),
    ];
    tr_with(scene.language, "attention.row_sentence", &values)
}

/// Entries under the columns that they belong to; −∞, which a mask makes, is left white and crossed.
fn strip_ui(ui: &Ui, place: &Place, top: f32, row: &[f32], scale: &Scale, marked: usize) {
    let dark = ui.visuals().dark_mode;
    let rect = place.strip(top);
    let painter = ui.painter().with_clip_rect(rect.expand(1.0));
    let lens = place.lens;
    let mut mesh = Mesh::default();
    let every = (1.0 / lens.cell.x).ceil().max(1.0) as usize;
    let seen = lens.seen(0, rect.left(), rect.right(), row.len());
    let cell_at = |column: usize, wide: usize| {
        let cell = lens.rect(0, column, [1, wide]);
        Rect::from_min_max(pos2(cell.left(), rect.top()), pos2(cell.right(), rect.bottom()))
    };
    for column in seen.clone().step_by(every) {
        let cell = cell_at(column, every);
        let part = &row[column..(column + every).min(row.len())];
        let farthest = part.iter().copied().reduce(|a, b| if b.abs() > a.abs() { b } else { a });
        match farthest {
            Some(entry) if entry == f32::NEG_INFINITY => {
                let stroke = Stroke::new(theme::HAIRLINE, theme::future(dark));
                painter.line_segment([cell.left_bottom(), cell.right_top()], stroke);
            }
            Some(entry) => mesh.add_colored_rect(cell, theme::color(scale.rgb(entry))),
            None => {}
        }
    }
    painter.add(Shape::mesh(mesh));
    if lens.cell.x >= ROOM_FOR_NUMBERS {
        for column in seen {
            let entry = row[column];
            let cell = cell_at(column, 1);
            let (text, ink) = if entry == f32::NEG_INFINITY {
                ("−∞".to_owned(), theme::weak_text(dark))
            } else {
                let text = format!("{entry:.2}").replace('-', "−");
                (text, theme::color(ink_on(scale.rgb(entry))))
            };
            painter.text(cell.center(), Align2::CENTER_CENTER, text, FontId::monospace(10.0), ink);
        }
    }
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    let whole = cell_at(0, row.len()).intersect(rect);
    painter.rect_stroke(whole, 0.0, line, StrokeKind::Inside);
    if marked < row.len() {
        let stroke = Stroke::new(theme::HAIRLINE, theme::accent(dark));
        painter.rect_stroke(cell_at(marked, 1), 0.0, stroke, StrokeKind::Inside);
    }
}

/// What the weights make of the values; a click looks at it.
fn sum_ui(ui: &mut Ui, scene: &mut Scene<'_>, name: &str, place: &Place, top: f32) {
    place.label(ui, top, scene.tr("attention.sum"), scene.tr("attention.sum_hint"));
    let is_done = scene.is_done_at(name, place.position);
    let row = scene.trace.row(name, place.position as i32).filter(|_| is_done);
    let Some(row) = row.map(|row| row.to_vec()) else { return };
    let scale = scene.scale(ui, name);
    let width = place.area.width().max(120.0).min(ui.max_rect().right() - place.area.left());
    let rect = Rect::from_min_size(pos2(place.area.left(), top), vec2(width, STRIP));
    cells::paint(ui.painter(), rect, &row, row.len(), &scale);
    let dark = ui.visuals().dark_mode;
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    ui.painter().rect_stroke(rect, 0.0, line, StrokeKind::Outside);
    let response = ui.interact(rect, ui.scope_id().with("sum"), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    let unit = response.hover_pos().and_then(|at| cells::cell_at(rect, row.len(), row.len(), at));
    if let Some(unit) = unit {
        let text = format!("{name}[{}][{unit}] = {}", place.position, number(row[unit]));
        response.clone().on_hover_text_at_pointer(text);
    }
    if response.clicked() {
        scene.commands.push(Command::Select(Some(Selection::new(name, unit))));
    }
}
