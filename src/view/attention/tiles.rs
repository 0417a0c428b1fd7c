//! A map as textures of a few hundred cells a side, so that a large one is not coloured at once, and
//! moving over it, into it and along it costs no more than some rectangles.

use std::collections::HashMap;

use egui::{
    Color32, ColorImage, Painter, Pos2, Rect, TextureHandle, TextureOptions, Ui, Vec2, pos2, vec2,
};

use super::super::theme;
use super::drawn::{Drawn, Key};
use crate::palette::Scale;

/// Cells along the side of a tile.
pub const SIDE: usize = 128;
/// Cells that are coloured in one frame, a millisecond's work; the others follow in the next ones.
const PER_FRAME: usize = 3 * SIDE * SIDE;
/// More are not kept.
const KEPT: usize = 400;

/// From cells to points on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    /// Where the first cell begins.
    pub origin: Pos2,
    /// The size of a cell.
    pub cell: Vec2,
}

impl Lens {
    /// The row and column at a point.
    pub fn at(&self, point: Pos2, [rows, columns]: [usize; 2]) -> Option<[usize; 2]> {
        let cell = (point - self.origin) / self.cell;
        let is_inside = cell.x >= 0.0 && cell.y >= 0.0;
        let (row, column) = (cell.y as usize, cell.x as usize);
        (is_inside && row < rows && column < columns).then_some([row, column])
    }

    /// The rectangle of some cells.
    pub fn rect(&self, row: usize, column: usize, [rows, columns]: [usize; 2]) -> Rect {
        let corner = self.origin + vec2(column as f32, row as f32) * self.cell;
        Rect::from_min_size(corner, vec2(columns as f32, rows as f32) * self.cell)
    }

    /// The rows or columns of `n` that are seen between two points of one axis.
    pub fn seen(&self, axis: usize, low: f32, high: f32, n: usize) -> std::ops::Range<usize> {
        let (origin, cell) = (self.origin[axis], self.cell[axis].max(1e-6));
        let at = |point: f32| ((point - origin) / cell).max(0.0);
        (at(low).floor() as usize).min(n)..(at(high).ceil() as usize).min(n)
    }
}

/// How weights become colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coloring {
    /// The scale.
    pub scale: Scale,
    /// Weights smaller than this are not drawn.
    pub threshold: f32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TileKey {
    key: Key,
    level: usize,
    place: [usize; 2],
    coloring: [u32; 3],
}

/// The textures of all maps on the stage.
#[derive(Default)]
pub struct Tiles {
    textures: HashMap<TileKey, TextureHandle>,
    /// Cells coloured in this frame.
    made: usize,
}

impl Tiles {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.textures.clear();
    }

    /// A new frame.
    pub fn begin(&mut self) {
        self.made = 0;
        if self.textures.len() > KEPT {
            self.textures.clear();
        }
    }

    /// Draws what is seen of a map within `clip`.
    pub fn paint(
        &mut self,
        ui: &Ui,
        (key, drawn): (&Key, &Drawn),
        coloring: Coloring,
        lens: Lens,
        clip: Rect,
    ) {
        let (rows, columns) = drawn.grid.weights.dim();
        let whole = lens.rect(0, 0, [rows, columns]);
        let clip = clip.intersect(whole).intersect(ui.clip_rect());
        if !clip.is_positive() {
            return;
        }
        let painter = ui.painter().with_clip_rect(clip);
        // Where a cell is less than a pixel, the level on which it is about one.
        let pixels = lens.cell.min_elem() * ui.ctx().pixels_per_point();
        let wanted = if pixels < 1.0 { (1.0 / pixels.max(1e-6)).log2().ceil() as usize } else { 0 };
        let level = wanted.min(drawn.smaller.len());
        let is_whole = self.paint_level(ui, &painter, (key, drawn), coloring, (lens, clip), level);
        if !is_whole {
            ui.ctx().request_repaint();
        }
    }

    /// Draws one level as far as its tiles are there; over a coarser one where some are not.
    fn paint_level(
        &mut self,
        ui: &Ui,
        painter: &Painter,
        (key, drawn): (&Key, &Drawn),
        coloring: Coloring,
        (lens, clip): (Lens, Rect),
        level: usize,
    ) -> bool {
        let (rows, columns) = drawn.grid.weights.dim();
        let side = SIDE << level;
        let seen = [
            lens.seen(1, clip.top(), clip.bottom(), rows),
            lens.seen(0, clip.left(), clip.right(), columns),
        ];
        let [down, across] = seen.map(|seen| seen.start / side..seen.end.div_ceil(side));
        let Scale { low, high, dark, .. } = coloring.scale;
        let coded = [coloring.threshold.to_bits(), high.to_bits() ^ low.to_bits().rotate_left(7)];
        let coloring_key = [coded[0], coded[1], u32::from(dark)];
        let tiles: Vec<TileKey> = down
            .flat_map(|y| across.clone().map(move |x| [y, x]))
            .map(|place| TileKey { key: key.clone(), level, place, coloring: coloring_key })
            .collect();
        let coarsest = drawn.smaller.len();
        if level < coarsest && tiles.iter().any(|tile| !self.textures.contains_key(tile)) {
            self.paint_level(ui, painter, (key, drawn), coloring, (lens, clip), coarsest);
        }
        let mut is_whole = true;
        for tile_key in tiles {
            let tile = tile_key.place;
            if !self.textures.contains_key(&tile_key) {
                if self.made >= PER_FRAME {
                    is_whole = false;
                    continue;
                }
                let image = colored(drawn, level, tile, coloring);
                self.made += image.pixels.len();
                let texture = ui.ctx().load_texture("attention", image, TextureOptions::NEAREST);
                self.textures.insert(tile_key.clone(), texture);
            }
            let Some(texture) = self.textures.get(&tile_key) else { continue };
            let [width, height] = texture.size();
            let rect = lens.rect(tile[0] * side, tile[1] * side, [height << level, width << level]);
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), rect, uv, Color32::WHITE);
        }
        is_whole
    }
}

/// The pixels of one tile.
fn colored(drawn: &Drawn, level: usize, [y, x]: [usize; 2], coloring: Coloring) -> ColorImage {
    let weights = match level.checked_sub(1) {
        None => &drawn.grid.weights,
        Some(smaller) => &drawn.smaller[smaller],
    };
    let (rows, columns) = weights.dim();
    let [top, left] = [y * SIDE, x * SIDE];
    let [height, width] = [(rows - top).min(SIDE), (columns - left).min(SIDE)];
    let mut pixels = Vec::with_capacity(width * height);
    for row in top..top + height {
        let present = if level == 0 { drawn.grid.present(row) } else { columns };
        for column in left..left + width {
            let weight = weights[[row, column]];
            let is_seen = column < present && !(weight.abs() < coloring.threshold);
            pixels.push(if is_seen {
                theme::color(coloring.scale.rgb(weight))
            } else {
                Color32::TRANSPARENT
            });
        }
    }
    ColorImage::new([width, height], pixels)
}
