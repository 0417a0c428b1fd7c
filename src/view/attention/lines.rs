//! The same weights as lines from the tokens that look to those that are looked at: the stronger, the
//! more visible.

use egui::{Align2, FontId, Rect, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use super::super::{Command, Scene, theme};
use super::axis::Names;
use super::drawn::{self, Drawn, Key};
use super::{current_row, is_stepwise};
use crate::palette::Scale;
use crate::trace::attention::Map;
use crate::trace::timeline::TimelineCommand;

const FONT: FontId = FontId::monospace(13.0);
/// From token to token.
const SPACING: std::ops::RangeInclusive<f32> = 16.0..=40.0;
const HEADING: f32 = 22.0;
/// Tokens stand in columns of at most this width; the lines have the rest.
const COLUMN: f32 = 110.0;
/// Of more weights than this only one row is drawn.
const MANY: usize = 6000;
/// Weights that could not be seen are not drawn.
const FAINTEST: f32 = 0.012;

/// Draws tokens in two columns and lines between them.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, maps: &[Map], at: usize, key: &Key) {
    let map = &maps[at];
    let Some(drawn) = super::drawn(scene, maps, key) else { return };
    let (rows, columns) = drawn.grid.weights.dim();
    let scale = drawn::scale(ui, &[std::rc::Rc::clone(&drawn)]);
    let room = ui.available_size() - vec2(0.0, HEADING);
    let tallest = rows.max(columns).max(1) as f32;
    let spacing = (room.y / tallest).clamp(*SPACING.start(), *SPACING.end());
    let dark = ui.visuals().dark_mode;
    let (heading, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEADING), Sense::hover());
    let width = (room.x - 16.0).min(560.0);
    let column = COLUMN.min(0.3 * width);
    for (x, align, key) in [
        (heading.left() + column, Align2::RIGHT_CENTER, "attention.looking"),
        (heading.left() + width - column, Align2::LEFT_CENTER, "attention.looked_at"),
    ] {
        let font = FontId::proportional(12.0);
        let at = pos2(x, heading.center().y);
        ui.painter().text(at, align, scene.tr(key), font, theme::weak_text(dark));
    }
    ScrollArea::vertical().id_salt("lines").auto_shrink(false).show(ui, |ui| {
        let size = vec2(width, tallest * spacing + 4.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Image, true, scene.tr("attention.lines"))
        });
        let sides = [rect.left() + column, rect.right() - column];
        let pointed = response.hover_pos().and_then(|at| {
            let place = ((at.y - rect.top()) / spacing) as usize;
            match at.x {
                x if x <= sides[0] && place < rows => Some((true, place)),
                x if x >= sides[1] && place < columns => Some((false, place)),
                _ => None,
            }
        });
        let place = Place { rect, spacing, sides };
        lines_ui(ui, scene, map, (&drawn, &scale), &place, pointed);
        tokens_ui(ui, scene, map, &drawn, &place, pointed);
        if response.clicked()
            && let Some((true, row)) = pointed
        {
            let position = drawn.grid.rows.start + row;
            scene.memory.attention.settings.row = Some(position);
            if is_stepwise(scene.trace, map) {
                let there = TimelineCommand::Position(position);
                scene.commands.push(Command::Timeline(there));
            }
        }
    });
}

/// Where the tokens stand.
struct Place {
    rect: Rect,
    spacing: f32,
    /// Where the lines begin and end.
    sides: [f32; 2],
}

impl Place {
    fn y(&self, at: usize) -> f32 {
        self.rect.top() + (at as f32 + 0.5) * self.spacing
    }
}

fn lines_ui(
    ui: &Ui,
    scene: &Scene<'_>,
    map: &Map,
    (drawn, scale): (&Drawn, &Scale),
    place: &Place,
    pointed: Option<(bool, usize)>,
) {
    let dark = ui.visuals().dark_mode;
    let grid = &drawn.grid;
    let threshold = scene.memory.attention.settings.threshold;
    let clip = ui.clip_rect();
    let [below, above, ..] = theme::series(dark);
    let current = current_row(scene, map, &grid.rows).map(|row| row - grid.rows.start);
    let only_row = match pointed {
        Some((true, row)) => Some(row),
        None if grid.weights.len() > MANY => current,
        _ => None,
    };
    for row in 0..grid.rows.len() {
        let is_meant = only_row.is_none_or(|only| only == row);
        if !is_meant || !scene.is_shown_at(&map.name, grid.rows.start + row) {
            continue;
        }
        for (column, weight) in grid.weights.row(row).iter().enumerate().take(grid.present(row)) {
            let strength = weight.abs() / scale.high.max(f32::MIN_POSITIVE);
            let is_pointed = pointed.is_none_or(|(is_row, at)| is_row || at == column);
            let (from, to) = (place.y(row), place.y(column));
            let is_seen = from.max(to) >= clip.top() && from.min(to) <= clip.bottom();
            if !is_pointed || !is_seen || strength < FAINTEST || weight.abs() < threshold {
                continue;
            }
            let color = if *weight < 0.0 { below } else { above };
            let width = 1.0 + 1.5 * strength.min(1.0);
            let stroke = Stroke::new(width, color.gamma_multiply(strength.min(1.0)));
            let [left, right] = place.sides;
            ui.painter().line_segment([pos2(left + 5.0, from), pos2(right - 5.0, to)], stroke);
        }
    }
}

fn tokens_ui(
    ui: &Ui,
    scene: &Scene<'_>,
    map: &Map,
    drawn: &Drawn,
    place: &Place,
    pointed: Option<(bool, usize)>,
) {
    let dark = ui.visuals().dark_mode;
    let names = Names::of(scene, map);
    let grid = &drawn.grid;
    let clip = ui.clip_rect();
    let current = current_row(scene, map, &grid.rows).map(|row| row - grid.rows.start);
    let is_seen = |y: f32| y >= clip.top() - place.spacing && y <= clip.bottom() + place.spacing;
    for row in (0..grid.rows.len()).filter(|row| is_seen(place.y(*row))) {
        let is_marked = pointed == Some((true, row)) || current == Some(row);
        let color = if is_marked { theme::accent(dark) } else { theme::text(dark) };
        let at = pos2(place.sides[0], place.y(row));
        let text = names.row(grid.rows.start + row);
        ui.painter().text(at, Align2::RIGHT_CENTER, text, FONT, color);
    }
    for column in (0..grid.columns.len()).filter(|column| is_seen(place.y(*column))) {
        let is_marked = pointed == Some((false, column));
        let color = if is_marked { theme::accent(dark) } else { theme::text(dark) };
        let at = pos2(place.sides[1], place.y(column));
        let text = names.read(grid.columns.start + column);
        ui.painter().text(at, Align2::LEFT_CENTER, text, FONT, color);
        // Of one token the weight is written beside it.
        if let Some((true, row)) = pointed
            && let Some(weight) = drawn.grid.at(grid.rows.start + row, grid.columns.start + column)
            && scene.is_shown_at(&map.name, grid.rows.start + row)
        {
            let at = pos2(place.rect.right(), place.y(column));
            let text = format!("{weight:.2}").replace('-', "−");
            let font = FontId::monospace(11.0);
            ui.painter().text(at, Align2::RIGHT_CENTER, text, font, theme::weak_text(dark));
        }
    }
}
