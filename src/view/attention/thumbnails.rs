//! Many maps at once: the heads of a layer, or all layers and heads of the model. A click opens one.

use std::rc::Rc;

use egui::{Align2, FontId, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::super::{Scene, heatmap, theme, tr_with};
use super::axis::Names;
use super::drawn::{self, Drawn, Key, What};
use super::tiles::{Coloring, Lens};
use super::{Look, change, head_words, part_words, select, words};
use crate::trace::attention::{Map, Part};

const TITLE: f32 = 20.0;
const SMALLEST: f32 = 34.0;
const GAP: f32 = 8.0;
/// Room at the left for the names of layers.
const LAYER: f32 = 58.0;
const FONT: FontId = FontId::proportional(12.0);

/// A map to draw: its place in the list, and what is written above it.
struct Thumbnail {
    at: usize,
    drawn: Rc<Drawn>,
    title: String,
}

/// Draws the heads of one layer as large as they fit.
pub fn heads_ui(ui: &mut Ui, scene: &mut Scene<'_>, maps: &[Map], heads: &[Map]) {
    let all: Vec<Thumbnail> = heads
        .iter()
        .filter_map(|map| {
            let at = maps.iter().position(|other| other == map)?;
            let drawn = picture(scene, maps, at)?;
            Some(Thumbnail { at, drawn, title: head_words(scene, map) })
        })
        .collect();
    let coloring = coloring(ui, scene, &all);
    let room = ui.available_size() - vec2(0.0, heatmap::legend_height());
    let columns = (1..=all.len().max(1)).max_by(|a, b| {
        let side = |columns: &usize| side(room, *columns, all.len().div_ceil(*columns), 0.0);
        side(a).total_cmp(&side(b))
    });
    let columns = columns.unwrap_or(1);
    let side = side(room, columns, all.len().div_ceil(columns), 0.0).max(SMALLEST);
    ScrollArea::vertical().id_salt("heads").max_height(room.y).auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for row in all.chunks(columns) {
            row_ui(ui, scene, maps, (row, side, TITLE), coloring, "");
        }
    });
    heatmap::legend_ui(ui, &coloring.scale);
}

/// Draws all maps: a section for each part, a row for each layer with the highest on top.
pub fn overview_ui(ui: &mut Ui, scene: &mut Scene<'_>, maps: &[Map]) {
    let all: Vec<Thumbnail> = (0..maps.len())
        .filter_map(|at| {
            Some(Thumbnail { at, drawn: picture(scene, maps, at)?, title: String::new() })
        })
        .collect();
    let coloring = coloring(ui, scene, &all);
    let mut parts: Vec<Part> = maps.iter().map(|map| map.part).collect();
    parts.dedup();
    let room = ui.available_size() - vec2(0.0, heatmap::legend_height());
    let rows: Vec<&[Thumbnail]> = all
        .chunk_by(|a, b| {
            let place = |thumbnail: &Thumbnail| (maps[thumbnail.at].part, maps[thumbnail.at].layer);
            place(a) == place(b)
        })
        .collect();
    let widest = rows.iter().map(|row| row.len()).max().unwrap_or(1);
    let titles = parts.len() as f32 * (TITLE + GAP);
    let height = (room.y - titles) / rows.len().max(1) as f32 - GAP;
    let width = (room.x - LAYER) / widest as f32 - GAP;
    let side = height.min(width).max(SMALLEST);
    ScrollArea::vertical().id_salt("layers").max_height(room.y).auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for part in parts {
            let dark = ui.visuals().dark_mode;
            let (rect, _) = ui.allocate_exact_size(vec2(room.x, TITLE), Sense::hover());
            let title = part_words(scene, part);
            let at = rect.left_center();
            ui.painter().text(at, Align2::LEFT_CENTER, title, FONT, theme::text(dark));
            for row in rows.iter().rev() {
                let Some(map) = row.first().map(|first| &maps[first.at]) else { continue };
                if map.part == part {
                    let number = (map.layer + 1).to_string();
                    let layer = tr_with(scene.language, "views.layer", &[("number", &number)]);
                    row_ui(ui, scene, maps, (row, side, 0.0), coloring, &layer);
                }
            }
            ui.add_space(GAP);
        }
    });
    heatmap::legend_ui(ui, &coloring.scale);
}

/// The side of squares in so many columns and rows.
fn side(room: egui::Vec2, columns: usize, rows: usize, left: f32) -> f32 {
    let width = (room.x - left) / columns as f32 - GAP;
    let height = room.y / rows as f32 - TITLE - GAP;
    width.min(height)
}

fn picture(scene: &mut Scene<'_>, maps: &[Map], at: usize) -> Option<Rc<Drawn>> {
    let key = key(scene, at);
    super::drawn(scene, maps, &key)
}

fn key(scene: &Scene<'_>, at: usize) -> Key {
    let channel = scene.memory.attention.settings.channel;
    Key { run: 0, what: What::Map(at), shown: scene.shown(), channel }
}

fn coloring(ui: &Ui, scene: &Scene<'_>, all: &[Thumbnail]) -> Coloring {
    let drawn: Vec<Rc<Drawn>> = all.iter().map(|one| Rc::clone(&one.drawn)).collect();
    let threshold = scene.memory.attention.settings.threshold;
    Coloring { scale: drawn::scale(ui, &drawn), threshold }
}

fn row_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    maps: &[Map],
    (row, side, title): (&[Thumbnail], f32, f32),
    coloring: Coloring,
    layer: &str,
) {
    let dark = ui.visuals().dark_mode;
    let left = if layer.is_empty() { 0.0 } else { LAYER };
    let size = vec2(left + row.len() as f32 * (side + GAP), side + title + GAP);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    if !layer.is_empty() {
        let at = pos2(rect.left(), rect.top() + side / 2.0);
        ui.painter().text(at, Align2::LEFT_CENTER, layer, FONT, theme::weak_text(dark));
    }
    for (place, thumbnail) in row.iter().enumerate() {
        let corner = pos2(rect.left() + left + place as f32 * (side + GAP), rect.top());
        let whole = Rect::from_min_size(corner, vec2(side, side + title));
        thumbnail_ui(ui, scene, maps, (thumbnail, whole, title), coloring);
    }
}

fn thumbnail_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    maps: &[Map],
    (thumbnail, whole, title): (&Thumbnail, Rect, f32),
    coloring: Coloring,
) {
    let dark = ui.visuals().dark_mode;
    let map = &maps[thumbnail.at];
    let drawn = &thumbnail.drawn;
    let spoken = words(scene, maps, map);
    let response = ui.interact(whole, ui.scope_id().with(("map", &map.name)), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &spoken));
    let (rows, columns) = drawn.grid.weights.dim();
    let side = whole.width();
    let cell = side / rows.max(columns).max(1) as f32;
    let corner = pos2(whole.left(), whole.top() + title);
    let lens = Lens { origin: corner, cell: vec2(cell, cell) };
    let area = lens.rect(0, 0, [rows, columns]);
    let mut tiles = std::mem::take(&mut scene.memory.attention.tiles);
    tiles.paint(ui, (&key(scene, thumbnail.at), drawn), coloring, lens, area);
    scene.memory.attention.tiles = tiles;
    for row in lens.seen(1, area.top(), area.bottom(), rows) {
        if !scene.is_shown_at(&map.name, drawn.grid.rows.start + row) {
            let rest = lens.rect(row, 0, [1, columns]);
            ui.painter().rect_filled(rest, 0.0, theme::stage(dark));
        }
    }
    let is_chosen = scene.memory.attention.settings.map.as_deref() == Some(map.name.as_str());
    let is_lit = is_chosen || response.hovered() || response.has_focus();
    let color = if is_lit { theme::accent(dark) } else { theme::grid_line(dark) };
    let stroke = Stroke::new(theme::HAIRLINE, color);
    ui.painter().rect_stroke(area, 0.0, stroke, StrokeKind::Outside);
    let is_off = change::switched_off(scene.trace, map).is_some();
    let off = scene.tr("attention.off");
    if title > 0.0 {
        let words = &thumbnail.title;
        let text = if is_off { format!("{words} · {off}") } else { words.clone() };
        let ink = if is_off { theme::warning(dark) } else { theme::text(dark) };
        ui.painter().text(whole.left_top(), Align2::LEFT_TOP, text, FONT, ink);
    } else if is_off {
        let at = area.center();
        ui.painter().text(at, Align2::CENTER_CENTER, off, FONT, theme::warning(dark));
    }
    let mut text = spoken;
    if let Some(strongest) = strongest(scene, map, drawn) {
        text.push('\n');
        text += &strongest;
    }
    if response.on_hover_text(text).clicked() {
        scene.memory.attention.settings.look = Some(Look::Matrix);
        scene.memory.attention.settings.over = super::Over::Head;
        select(scene, map);
    }
}

/// The largest weight of the current row, in words.
fn strongest(scene: &Scene<'_>, map: &Map, drawn: &Drawn) -> Option<String> {
    let row = super::current_row(scene, map, &drawn.grid.rows)?;
    let weights = drawn.grid.row(row)?.to_vec();
    let best = crate::tensor::argmax(&weights);
    let names = Names::of(scene, map);
    let column = drawn.grid.columns.start + best;
    let entry = format!("{}[{row}][{best}]", map.name);
    Some(format!("“{}”: {}", names.read(column), scene.entry_text(&entry, *weights.get(best)?)))
}
