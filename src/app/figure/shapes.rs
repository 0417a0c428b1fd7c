//! What a frame of the window is made of, as marks on a page: the drawing of the screen becomes a
//! vector drawing, so that no view is drawn by a second hand.

use egui::epaint::text::ByteRangeExt as _;
use egui::epaint::{
    CircleShape, ColorMode, EllipseShape, Mesh, PathShape, RectShape, TextShape, Vertex,
};
use egui::{
    Color32, CornerRadius, FontFamily, Pos2, Rect, Shape, Stroke, StrokeKind, TextureId, Vec2, pos2,
};

use super::super::offscreen::{Rasteriser, Texture};
use crate::export::picture::{Bounds, Face, Ink, Mark, Pen, Picture, Placed};
use crate::view::math::MathCache;
use crate::view::theme;

/// A picture of numbers with no more pixels than this is drawn as rectangles, which are sharp in
/// every reader; a larger one as an image.
const MOST_CELLS: usize = 20_000;
/// Pieces of a curve.
const PIECES: usize = 24;
/// So far a shape may stand out over its clip without being cut.
const TOLERANCE: f32 = 0.5;

/// Takes a frame apart. `math` knows formulas by their pictures.
pub fn picture(
    shapes: &[egui::epaint::ClippedShape],
    size: Vec2,
    textures: &Rasteriser,
    math: &MathCache,
) -> Picture {
    let mut translator = Translator { textures, math, clip: Rect::EVERYTHING, marks: Vec::new() };
    for clipped in shapes {
        translator.clip = clipped.clip_rect;
        translator.shape(&clipped.shape);
    }
    Picture { size: size.into(), marks: translator.marks }
}

struct Translator<'a> {
    textures: &'a Rasteriser,
    math: &'a MathCache,
    clip: Rect,
    marks: Vec<Placed>,
}

impl Translator<'_> {
    /// Adds a mark that takes `bounds` on the page, cut where it must be.
    fn add(&mut self, extent: Rect, mark: Mark) {
        let is_seen = self.clip.is_positive() && self.clip.intersects(extent);
        if !extent.is_finite() || !is_seen {
            return;
        }
        let is_whole = self.clip.expand(TOLERANCE).contains_rect(extent);
        let clip = (!is_whole).then(|| bounds(self.clip));
        self.marks.push(Placed { clip, mark });
    }

    fn shape(&mut self, shape: &Shape) {
        let extent = shape.visual_bounding_rect();
        match shape {
            Shape::Noop | Shape::Callback(_) => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(shape)),
            Shape::Circle(CircleShape { center, radius, fill, stroke }) => {
                let radii = Vec2::splat(*radius);
                self.ellipse(extent, *center, radii, *fill, *stroke);
            }
            Shape::Ellipse(EllipseShape { center, radius, fill, stroke, .. }) => {
                self.ellipse(extent, *center, *radius, *fill, *stroke);
            }
            Shape::LineSegment { points, stroke } => {
                self.path(extent, points.to_vec(), false, Color32::TRANSPARENT, pen(*stroke));
            }
            Shape::Path(PathShape { points, closed, fill, stroke }) => {
                let color = match &stroke.color {
                    ColorMode::Solid(color) => *color,
                    ColorMode::UV(color) => color(extent, extent.center()),
                };
                let pen = pen(Stroke::new(stroke.width, color));
                self.path(extent, points.clone(), *closed, *fill, pen);
            }
            Shape::Band(band) => {
                let below = band.points.iter().map(|point| pos2(point.x, point.y.min));
                let above = band.points.iter().rev().map(|point| pos2(point.x, point.y.max));
                self.path(extent, below.chain(above).collect(), true, band.fill, pen(band.stroke));
            }
            Shape::Rect(rect) => self.rectangle(extent, rect),
            Shape::Text(text) => self.text(text),
            Shape::Mesh(mesh) => self.mesh(mesh),
            Shape::QuadraticBezier(curve) => {
                let at = |piece: usize| curve.sample(piece as f32 / PIECES as f32);
                let points = (0..=PIECES).map(at).collect();
                let pen = pen(Stroke::new(curve.stroke.width, solid(&curve.stroke.color)));
                self.path(extent, points, curve.closed, curve.fill, pen);
            }
            Shape::CubicBezier(curve) => {
                let at = |piece: usize| curve.sample(piece as f32 / PIECES as f32);
                let points = (0..=PIECES).map(at).collect();
                let pen = pen(Stroke::new(curve.stroke.width, solid(&curve.stroke.color)));
                self.path(extent, points, curve.closed, curve.fill, pen);
            }
        }
    }

    fn ellipse(&mut self, extent: Rect, center: Pos2, radii: Vec2, fill: Color32, stroke: Stroke) {
        let (fill, pen) = (ink(fill), pen(stroke));
        if fill.is_some() || pen.is_some() {
            self.add(
                extent,
                Mark::Ellipse { center: center.into(), radii: radii.into(), fill, pen },
            );
        }
    }

    fn path(
        &mut self,
        extent: Rect,
        points: Vec<Pos2>,
        closed: bool,
        fill: Color32,
        pen: Option<Pen>,
    ) {
        let fill = ink(fill).filter(|_| closed);
        if points.len() > 1 && (fill.is_some() || pen.is_some()) {
            let points = points.into_iter().map(Into::into).collect();
            self.add(extent, Mark::Path { points, closed, fill, pen });
        }
    }

    fn rectangle(&mut self, extent: Rect, shape: &RectShape) {
        if let Some(brush) = &shape.brush {
            self.image(brush.fill_texture_id, shape.rect, brush.uv, shape.fill);
        }
        let fill = ink(shape.fill).filter(|_| shape.brush.is_none() && shape.blur_width == 0.0);
        let pen = pen(shape.stroke);
        if fill.is_none() && pen.is_none() {
            return;
        }
        // A line is drawn about the outline; the window draws it inside, outside or about it.
        let half = shape.stroke.width / 2.0;
        let by = match (&pen, shape.stroke_kind) {
            (None, _) | (_, StrokeKind::Middle) => 0.0,
            (_, StrokeKind::Inside) => -half,
            (_, StrokeKind::Outside) => half,
        };
        let CornerRadius { nw, ne, sw, se } = shape.corner_radius;
        let radius = f32::from(nw.max(ne).max(sw).max(se));
        let rect = shape.rect;
        let radius = radius.min(rect.width() / 2.0).min(rect.height() / 2.0).max(0.0);
        if !shape.rect.is_positive() {
            // A rectangle without area is a line, if it has an edge.
            let ends = vec![shape.rect.min, shape.rect.max];
            return self.path(extent, ends, false, Color32::TRANSPARENT, pen);
        }
        let outline =
            |rect: Rect, fill, pen| Mark::Rectangle { bounds: bounds(rect), radius, fill, pen };
        if by == 0.0 {
            self.add(extent, outline(rect, fill, pen));
        } else {
            if fill.is_some() {
                self.add(extent, outline(rect, fill, None));
            }
            self.add(extent, outline(rect.expand(by), None, pen));
        }
    }

    fn mesh(&mut self, mesh: &Mesh) {
        let mut cells = Vec::new();
        let mut indices = mesh.indices.as_slice();
        while !indices.is_empty() {
            if let Some((quad, rest)) = indices.split_first_chunk::<6>()
                && let Some((rect, [first, .., last])) = quad_of(mesh, *quad)
            {
                indices = rest;
                if first.uv != last.uv {
                    let uv = Rect::from_min_max(first.uv, last.uv);
                    self.image(mesh.texture_id, rect, uv, first.color);
                } else if let Some(ink) = ink(first.color) {
                    cells.push((bounds(rect), ink));
                }
                continue;
            }
            let Some((triangle, rest)) = indices.split_first_chunk::<3>() else { break };
            indices = rest;
            let corners = triangle.map(|index| mesh.vertices.get(index as usize));
            let [Some(a), Some(b), Some(c)] = corners else { continue };
            let points = vec![a.pos, b.pos, c.pos];
            self.path(Rect::from_points(&points), points, true, mean([a, b, c]), None);
        }
        if !cells.is_empty() {
            self.add(mesh.calc_bounds(), Mark::Cells(cells));
        }
    }

    /// A texture, or a part of it, in a rectangle.
    fn image(&mut self, id: TextureId, rect: Rect, uv: Rect, tint: Color32) {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let [r, g, b, alpha] = tint.to_srgba_unmultiplied();
        if alpha == 0 {
            return;
        }
        if uv == whole
            && let Some((elements, size)) = self.math.outline(id, [r, g, b])
        {
            let mark = Mark::Drawing { bounds: bounds(rect), size: size.into(), elements };
            return self.add(rect, mark);
        }
        let Some(texture) = self.textures.texture(id) else { return };
        let [left, right] = [uv.left(), uv.right()].map(|u| pixel(u, texture.width));
        let [top, bottom] = [uv.top(), uv.bottom()].map(|v| pixel(v, texture.height));
        let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
        if width == 0 || height == 0 {
            return;
        }
        let part = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
        let colors = part.map(|(x, y)| tinted(texture, x, y, tint));
        let mark = if texture.nearest && width * height <= MOST_CELLS {
            let step = rect.size() / Vec2::new(width as f32, height as f32);
            Mark::Cells(merged(&colors.collect::<Vec<_>>(), width, rect.min, step))
        } else {
            Mark::Image {
                bounds: bounds(rect),
                pixels: [width as u32, height as u32],
                rgba: colors.flat_map(|color| color.to_srgba_unmultiplied()).collect(),
                smooth: !texture.nearest,
            }
        };
        self.add(rect, mark);
    }

    fn text(&mut self, shape: &TextShape) {
        for run in runs(shape) {
            let turn = egui::emath::Rot2::from_angle(shape.angle);
            let at = shape.pos + turn * run.from;
            let ends = [vec(0.0, -run.size), vec(run.width, 0.4 * run.size)].map(|d| at + turn * d);
            let extent = Rect::from_points(&ends);
            if let Some(ink) = ink(run.color) {
                self.add(
                    extent,
                    Mark::Text {
                        at: at.into(),
                        text: run.text,
                        size: run.size,
                        width: run.width,
                        ink,
                        face: run.face,
                        turned: shape.angle.to_degrees(),
                    },
                );
            }
        }
    }
}

/// Letters of one look in one row.
struct Run {
    /// From the text's corner to where the baseline begins.
    from: Vec2,
    text: String,
    width: f32,
    size: f32,
    color: Color32,
    face: Face,
}

/// The runs of a text: its rows, and in each what has a look of its own.
fn runs(shape: &TextShape) -> Vec<Run> {
    let job = &shape.galley.job;
    let mut letters = job.text.char_indices().peekable();
    let mut runs: Vec<Run> = Vec::new();
    let mut last_look = None;
    for row in &shape.galley.rows {
        let mut is_first = true;
        for glyph in &row.row.glyphs {
            // What stands for letters that had no room is none of the text's own.
            let byte = letters.peek().map_or(job.text.len(), |(byte, _)| *byte);
            if letters.peek().is_some_and(|(_, letter)| *letter == glyph.chr) {
                letters.next();
            }
            let is_in =
                |section: &egui::text::LayoutSection| section.byte_range.as_usize().contains(&byte);
            let found = job.sections.iter().position(is_in);
            let at = found.unwrap_or(job.sections.len().saturating_sub(1));
            let Some(section) = job.sections.get(at) else { continue };
            let color = shape.override_text_color.unwrap_or(section.format.color);
            let color = if color == Color32::PLACEHOLDER { shape.fallback_color } else { color };
            let from = row.pos.to_vec2() + glyph.pos.to_vec2();
            // Letters of several fonts are told apart, so that a reader that lacks one of them sets
            // the others as they are.
            let look = Some((at, glyph.font_face_ascent, glyph.font_face_height));
            match runs.last_mut().filter(|_| !is_first && look == last_look) {
                Some(run) => {
                    run.text.push(glyph.chr);
                    run.width = from.x + glyph.advance_width - run.from.x;
                }
                None => runs.push(Run {
                    from,
                    text: glyph.chr.to_string(),
                    width: glyph.advance_width,
                    size: section.format.font_id.size,
                    color: color.gamma_multiply(shape.opacity_factor),
                    face: face(&section.format.font_id.family),
                }),
            }
            (is_first, last_look) = (false, look);
        }
        if row.ends_with_newline {
            letters.next_if(|(_, letter)| *letter == '\n');
        }
    }
    runs.into_iter().filter_map(trimmed).collect()
}

/// Without the space at its end, which no reader sees; `None` if nothing is left.
fn trimmed(mut run: Run) -> Option<Run> {
    let length = run.text.trim_end().len();
    if length == 0 {
        return None;
    }
    if length < run.text.len() {
        let (all, kept) = (run.text.chars().count(), run.text[..length].chars().count());
        // A space is about a quarter of the size of the letters.
        run.width -= (all - kept) as f32 * 0.26 * run.size;
        run.text.truncate(length);
    }
    Some(run)
}

fn face(family: &FontFamily) -> Face {
    match family {
        FontFamily::Monospace => Face::Mono,
        family if *family == theme::bold_family() => Face::Bold,
        _ => Face::Sans,
    }
}

/// Two triangles that make an upright rectangle of one colour or one picture: the rectangle and its
/// corners from the upper left to the lower right.
#[expect(clippy::float_cmp, reason = "only corners written by the library are exactly level")]
fn quad_of(mesh: &Mesh, indices: [u32; 6]) -> Option<(Rect, [Vertex; 4])> {
    let [a, b, c, d, e, f] = indices;
    // This is how the window's library writes rectangles.
    if d != c || e != b {
        return None;
    }
    let mut corners = [Vertex::default(); 4];
    for (corner, index) in corners.iter_mut().zip([a, b, c, f]) {
        *corner = *mesh.vertices.get(index as usize)?;
    }
    let [nw, ne, sw, se] = corners;
    let is_upright = nw.pos.y == ne.pos.y
        && sw.pos.y == se.pos.y
        && nw.pos.x == sw.pos.x
        && ne.pos.x == se.pos.x;
    let is_plain = corners.iter().all(|corner| corner.color == nw.color);
    (is_upright && is_plain).then(|| (Rect::from_min_max(nw.pos, se.pos), corners))
}

/// Rows of pixels as rectangles, neighbours of one colour together.
fn merged(colors: &[Color32], width: usize, corner: Pos2, step: Vec2) -> Vec<(Bounds, Ink)> {
    let mut cells = Vec::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if let Some(ink) = ink(run[0]) {
                let min = corner + vec(x as f32, y as f32) * step;
                let max = corner + vec((x + run.len()) as f32, (y + 1) as f32) * step;
                cells.push((bounds(Rect::from_min_max(min, max)), ink));
            }
            x += run.len();
        }
    }
    cells
}

fn tinted(texture: &Texture, x: usize, y: usize, tint: Color32) -> Color32 {
    let own = texture.pixels.get(y * texture.width + x).copied().unwrap_or_default();
    own * tint
}

/// The pixel at a share of a side.
fn pixel(share: f32, side: usize) -> usize {
    ((share * side as f32).round().max(0.0) as usize).min(side)
}

fn mean(corners: [&Vertex; 3]) -> Color32 {
    let [a, b, c] = corners.map(|corner| corner.color);
    a.lerp_to_gamma(b, 0.5).lerp_to_gamma(c, 1.0 / 3.0)
}

fn solid(mode: &ColorMode) -> Color32 {
    if let ColorMode::Solid(color) = mode { *color } else { Color32::TRANSPARENT }
}

fn vec(x: f32, y: f32) -> Vec2 {
    Vec2::new(x, y)
}

fn bounds(rect: Rect) -> Bounds {
    Bounds { min: rect.min.into(), max: rect.max.into() }
}

fn ink(color: Color32) -> Option<Ink> {
    let [r, g, b, alpha] = color.to_srgba_unmultiplied();
    (alpha > 0).then(|| Ink { rgb: [r, g, b], opacity: f32::from(alpha) / 255.0 })
}

fn pen(stroke: Stroke) -> Option<Pen> {
    let ink = ink(stroke.color).filter(|_| stroke.width > 0.0)?;
    Some(Pen { ink, width: stroke.width })
}
