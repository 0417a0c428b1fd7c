//! The encoding as a picture: positions by units, heads by distances, or angles by pairs.

use egui::{Align2, FontId, Rect, Response, Sense, Stroke, Ui, pos2, vec2};
use ndarray::Array2;

use super::values::Rotary;
use super::{Chosen, Scene};
use crate::palette::Scale;
use crate::view::{cells, heatmap, number, theme, tr_with};

/// Room for the numbers of the rows, for those of the columns and for a title.
const LEFT: f32 = 30.0;
const BOTTOM: f32 = 16.0;
const TITLE: f32 = 26.0;
/// Room for the scale beside the title.
const SCALE: f32 = 116.0;
const FONT: f32 = 11.0;
/// A row is no higher than this.
const HIGHEST: f32 = 26.0;
/// Numbers are at least so far apart.
const APART: f32 = 14.0;

/// A picture's frame.
struct Picture<'a> {
    id: &'static str,
    title: &'a str,
    across: &'a str,
    matrix: &'a Array2<f32>,
    scale: Scale,
}

/// What is added to the symbols: a row for each position, a column for each unit.
pub(super) fn rows_ui(
    ui: &Ui,
    scene: &Scene<'_>,
    rect: Rect,
    rows: &Array2<f32>,
    is_table: bool,
    chosen: &mut Chosen,
) {
    let dark = ui.visuals().dark_mode;
    let largest = rows.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let rect = if is_table { rect.with_max_y(rect.bottom() - TITLE) } else { rect };
    let used = scene.trace.source();
    let picture = Picture {
        id: "rows",
        title: scene.tr("positions.rows"),
        across: scene.tr("positions.units"),
        matrix: rows,
        scale: Scale::signed(largest, dark),
    };
    let (plot, response) = picture.ui(ui, scene, rect);
    let height = plot.height() / rows.nrows().max(1) as f32;
    if is_table {
        // What this run has used of it, and where it ends.
        let y = plot.top() + used.min(rows.nrows()) as f32 * height;
        let line = Stroke::new(theme::LINE, theme::accent(dark));
        ui.painter().vline(plot.left() - 3.0, plot.top()..=y, line);
        let line = Stroke::new(theme::LINE, theme::error(dark));
        ui.painter().hline(plot.x_range(), plot.bottom() + 1.0, line);
        let count = rows.nrows().to_string();
        let words = tr_with(scene.language, "positions.table_ends", &[("count", &count)]);
        let font = FontId::proportional(FONT + 1.0);
        let at = pos2(plot.left(), rect.bottom() + 1.0);
        ui.painter().text(at, Align2::LEFT_TOP, words, font, theme::error(dark));
    }
    let pair = [2 * chosen.pair, 2 * chosen.pair + 2];
    mark_columns(ui, plot, rows.ncols(), pair);
    mark_row(ui, plot, rows.nrows(), chosen.row);
    let Some((row, column)) = pointed(&response, plot, rows.dim()) else { return };
    if response.clicked() {
        chosen.pair = column / 2;
        chosen.row = row;
    }
    let text = format!("position[{row}][{column}] = {}", number(rows[[row, column]]));
    response.on_hover_text_at_pointer(text);
}

/// The angle by which each pair was turned: a row for each position, a column for each pair.
pub(super) fn angles_ui(
    ui: &Ui,
    scene: &Scene<'_>,
    rect: Rect,
    rotary: &Rotary,
    chosen: &mut Chosen,
) {
    let dark = ui.visuals().dark_mode;
    let angles = rotary.angles();
    let picture = Picture {
        id: "angles",
        title: scene.tr("positions.angles"),
        across: scene.tr("positions.pairs"),
        matrix: &angles,
        scale: Scale::signed(std::f32::consts::PI, dark),
    };
    let (plot, response) = picture.ui(ui, scene, rect);
    mark_columns(ui, plot, angles.ncols(), [chosen.pair, chosen.pair + 1]);
    mark_row(ui, plot, angles.nrows(), chosen.row);
    let Some((row, pair)) = pointed(&response, plot, angles.dim()) else { return };
    if response.clicked() {
        chosen.pair = pair;
        chosen.row = row;
    }
    let words = [
        ("pair", pair.to_string()),
        ("position", row.to_string()),
        ("angle", number(angles[[row, pair]])),
        ("degrees", format!("{:.1}", angles[[row, pair]].to_degrees()).replace('-', "−")),
    ];
    let words: Vec<(&str, &str)> = words.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let text = tr_with(scene.language, "positions.angle_of", &words);
    response.on_hover_text_at_pointer(text);
}

impl Picture<'_> {
    fn ui(&self, ui: &Ui, scene: &Scene<'_>, rect: Rect) -> (Rect, Response) {
        let dark = ui.visuals().dark_mode;
        let (rows, columns) = self.matrix.dim();
        let weak = theme::weak_text(dark);
        let font = FontId::proportional(FONT + 1.0);
        let title = ui.painter().text(rect.left_top(), Align2::LEFT_TOP, self.title, font, weak);
        let corner = pos2(rect.right() - SCALE, rect.top());
        if corner.x > title.right() {
            let scale = Rect::from_min_size(corner, vec2(SCALE, title.height()));
            heatmap::ramp_ui(ui, &self.scale, scale, 36.0);
        }
        let room = Rect::from_min_max(
            rect.min + vec2(LEFT, TITLE),
            (rect.max - vec2(theme::GAP_SMALL, BOTTOM))
                .max(rect.min + vec2(LEFT + 1.0, TITLE + 1.0)),
        );
        let height = room.height().min(HIGHEST * rows as f32);
        let plot = Rect::from_min_size(room.min, vec2(room.width(), height));
        let entries: Vec<f32> = self.matrix.iter().copied().collect();
        cells::paint(ui.painter(), plot, &entries, columns, &self.scale);
        let cell = plot.height() / rows.max(1) as f32;
        let every = [1, 2, 4, 8, 16, 32].into_iter().find(|n| *n as f32 * cell >= APART);
        let font = FontId::proportional(FONT);
        for row in (0..rows).step_by(every.unwrap_or(64)) {
            let at = pos2(plot.left() - 6.0, plot.top() + (row as f32 + 0.5) * cell);
            let text = row.to_string();
            ui.painter().text(at, Align2::RIGHT_CENTER, text, font.clone(), weak);
        }
        let last = columns.saturating_sub(1).to_string();
        let y = plot.bottom() + 3.0;
        for (x, align, text) in [
            (plot.left(), Align2::LEFT_TOP, "0"),
            (plot.center().x, Align2::CENTER_TOP, self.across),
            (plot.right(), Align2::RIGHT_TOP, last.as_str()),
        ] {
            ui.painter().text(pos2(x, y), align, text, font.clone(), weak);
        }
        let id = ui.scope_id().with(("positions", self.id));
        let response = ui.interact(plot, id, Sense::click());
        let words = format!("{}: {}", scene.tr("views.positions"), self.title);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &words));
        (plot, response)
    }
}

fn pointed(
    response: &Response,
    plot: Rect,
    (rows, columns): (usize, usize),
) -> Option<(usize, usize)> {
    let at = response.interact_pointer_pos().or(response.hover_pos())?;
    let cell = cells::cell_at(plot, rows * columns, columns, at)?;
    Some((cell / columns, cell % columns))
}

fn mark_row(ui: &Ui, plot: Rect, rows: usize, row: usize) {
    if row < rows {
        let height = plot.height() / rows as f32;
        let corner = pos2(plot.left(), plot.top() + row as f32 * height);
        let rect = Rect::from_min_size(corner, vec2(plot.width(), height));
        cells::frame(ui.painter(), rect, theme::accent(ui.visuals().dark_mode));
    }
}

/// A line above the columns of the chosen pair.
fn mark_columns(ui: &Ui, plot: Rect, columns: usize, [from, to]: [usize; 2]) {
    let width = plot.width() / columns.max(1) as f32;
    let x = |column: usize| plot.left() + column as f32 * width;
    let line = Stroke::new(3.0, theme::accent(ui.visuals().dark_mode));
    ui.painter().hline(x(from)..=x(to), plot.top() - 3.0, line);
}
