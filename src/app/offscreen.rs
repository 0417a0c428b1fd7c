//! Draws egui's triangles on the processor: pictures of the window with no screen, no graphics driver and no C library.
//!
//! Tests, `unrolled screenshot` and exported views share it, so the same pixels come out on every machine.

use std::collections::HashMap;

use egui::epaint::{ImageData, ImageDelta, Mesh, Primitive, Vertex, textures::TextureFilter};
use egui::{
    ClippedPrimitive, Color32, Context, Pos2, RawInput, Rect, TextureId, TexturesDelta, Ui, Vec2,
    ViewportId, pos2,
};
use image::{Rgba, RgbaImage};

/// Red, green, blue and alpha in 0..=255, multiplied by alpha, as egui blends them.
type Pixel = [f32; 4];

/// A painter that keeps egui's textures from frame to frame.
#[derive(Default)]
pub struct Rasteriser {
    textures: HashMap<TextureId, Texture>,
}

/// A picture that triangles are filled with.
pub struct Texture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Row by row.
    pub pixels: Vec<Color32>,
    /// Whether nothing is mixed between two pixels.
    pub nearest: bool,
}

/// The picture while it is painted.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Pixel>,
}

/// The pixels that one triangle may touch: `left..right` by `top..bottom`.
#[derive(Clone, Copy)]
struct Window {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

/// One corner of a triangle, in pixels, and what is interpolated from it.
#[derive(Clone, Copy)]
struct Corner {
    at: Vec2,
    uv: Pos2,
    color: Pixel,
}

impl Rasteriser {
    /// Takes over new, changed and freed textures. Call for every frame, also for those that are not painted.
    pub fn apply(&mut self, delta: &mut TexturesDelta) {
        for (id, changes) in delta.set.drain() {
            for change in changes {
                self.change(id, &change);
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    /// A texture of the frames so far.
    #[must_use]
    pub fn texture(&self, id: TextureId) -> Option<&Texture> {
        self.textures.get(&id)
    }

    fn change(&mut self, id: TextureId, change: &ImageDelta) {
        let ImageData::Color(image) = &change.image;
        let [width, height] = image.size;
        match change.pos {
            None => {
                let nearest = change.options.magnification == TextureFilter::Nearest;
                self.textures
                    .insert(id, Texture { width, height, pixels: image.pixels.clone(), nearest });
            }
            Some([left, top]) => {
                let Some(texture) = self.textures.get_mut(&id) else { return };
                for (y, row) in image.pixels.chunks_exact(width).enumerate() {
                    let start = (top + y) * texture.width + left;
                    texture.pixels[start..start + width].copy_from_slice(row);
                }
            }
        }
    }

    /// Paints tessellated shapes on a transparent picture of `width` by `height` pixels.
    #[must_use]
    pub fn paint(
        &self,
        width: usize,
        height: usize,
        pixels_per_point: f32,
        shapes: &[ClippedPrimitive],
    ) -> RgbaImage {
        let mut canvas = Canvas { width, height, pixels: vec![[0.0; 4]; width * height] };
        for shape in shapes {
            let Primitive::Mesh(mesh) = &shape.primitive else { continue };
            let Some(texture) = self.textures.get(&mesh.texture_id) else { continue };
            let clip = canvas.clip(shape.clip_rect * pixels_per_point);
            canvas.mesh(mesh, texture, pixels_per_point, clip);
        }
        canvas.into_image()
    }
}

impl Canvas {
    fn clip(&self, rect: Rect) -> Window {
        Window {
            left: whole(rect.min.x.round(), self.width),
            top: whole(rect.min.y.round(), self.height),
            right: whole(rect.max.x.round(), self.width),
            bottom: whole(rect.max.y.round(), self.height),
        }
    }

    fn mesh(&mut self, mesh: &Mesh, texture: &Texture, pixels_per_point: f32, clip: Window) {
        for triangle in mesh.indices.chunks_exact(3) {
            let [Some(a), Some(b), Some(c)] =
                [0, 1, 2].map(|k| mesh.vertices.get(triangle[k] as usize))
            else {
                continue;
            };
            let [a, b, c] = [a, b, c].map(|vertex| Corner::new(vertex, pixels_per_point));
            let area = edge(a.at, b.at, c.at);
            if area > 0.0 {
                self.triangle([a, b, c], area, texture, clip);
            } else if area < 0.0 {
                self.triangle([a, c, b], -area, texture, clip);
            }
        }
    }

    /// Paints a triangle given clockwise on the screen. `area` is twice its area.
    fn triangle(&mut self, corners: [Corner; 3], area: f32, texture: &Texture, clip: Window) {
        let [a, b, c] = corners;
        let sides = [(b.at, c.at), (c.at, a.at), (a.at, b.at)];
        let owns = sides.map(|(from, to)| owns_its_pixels(from, to));
        // A plain fill has one texel for the whole triangle.
        let plain = (a.uv == b.uv && b.uv == c.uv).then(|| texture.sample(a.uv));
        let window = clip.around(&corners);
        for y in window.top..window.bottom {
            let mut inside = false;
            for x in window.left..window.right {
                let center = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
                let weights = sides.map(|(from, to)| edge(from, to, center));
                if (0..3).any(|i| weights[i] < 0.0 || (weights[i] == 0.0 && !owns[i])) {
                    // A triangle is convex: once left, a row does not enter it again.
                    if inside {
                        break;
                    }
                    continue;
                }
                inside = true;
                let share = weights.map(|weight| weight / area);
                let texel = plain.unwrap_or_else(|| texture.sample(mix_uv(&corners, share)));
                let color: Pixel =
                    std::array::from_fn(|i| mix(&corners, share, i) * texel[i] / 255.0);
                blend(&mut self.pixels[y * self.width + x], color);
            }
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from f32 to u8 saturates"
    )]
    fn into_image(self) -> RgbaImage {
        let pixel = |x: u32, y: u32| {
            Rgba(self.pixels[y as usize * self.width + x as usize].map(|c| (c + 0.5) as u8))
        };
        RgbaImage::from_fn(self.width as u32, self.height as u32, pixel)
    }
}

impl Window {
    fn around(self, corners: &[Corner; 3]) -> Self {
        let low = corners.iter().fold(Vec2::INFINITY, |low, corner| low.min(corner.at));
        let high = corners.iter().fold(-Vec2::INFINITY, |high, corner| high.max(corner.at));
        Self {
            left: whole(low.x.floor(), self.right).max(self.left),
            top: whole(low.y.floor(), self.bottom).max(self.top),
            right: whole(high.x.ceil(), self.right),
            bottom: whole(high.y.ceil(), self.bottom),
        }
    }
}

impl Corner {
    fn new(vertex: &Vertex, pixels_per_point: f32) -> Self {
        Self {
            at: vertex.pos.to_vec2() * pixels_per_point,
            uv: vertex.uv,
            color: pixel(vertex.color),
        }
    }
}

impl Texture {
    fn sample(&self, uv: Pos2) -> Pixel {
        let (x, y) = (uv.x * self.width as f32, uv.y * self.height as f32);
        if self.nearest {
            return self.texel(x.floor(), y.floor());
        }
        let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
        let (right_share, bottom_share) = (x - 0.5 - left, y - 0.5 - top);
        let texels = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
            .map(|(dx, dy)| self.texel(left + dx, top + dy));
        std::array::from_fn(|i| {
            let above = texels[0][i] + (texels[1][i] - texels[0][i]) * right_share;
            let below = texels[2][i] + (texels[3][i] - texels[2][i]) * right_share;
            above + (below - above) * bottom_share
        })
    }

    /// The texel at these whole coordinates; beyond an edge, the edge's.
    fn texel(&self, x: f32, y: f32) -> Pixel {
        let x = whole(x, self.width.saturating_sub(1));
        let y = whole(y, self.height.saturating_sub(1));
        self.pixels.get(y * self.width + x).copied().map_or([0.0; 4], pixel)
    }
}

/// Draws `ui` for some frames without a window and gives the picture of the last one. egui needs about three frames until sizes that
/// depend on each other have settled. `size` is in points.
pub fn screenshot(
    size: Vec2,
    pixels_per_point: f32,
    frames: usize,
    ctx: &Context,
    mut ui: impl FnMut(&mut Ui),
) -> RgbaImage {
    let mut rasteriser = Rasteriser::default();
    let mut shapes = Vec::new();
    for frame in 0..frames.max(1) {
        // As on a screen, larger text leaves the window as it is and has fewer points to stand on.
        let points = size / ctx.zoom_factor();
        let mut output = ctx.run_ui(input(points, pixels_per_point, frame), |root| ui(root));
        rasteriser.apply(&mut output.textures_delta);
        shapes = output.shapes;
    }
    let pixels = size * pixels_per_point;
    let density = ctx.pixels_per_point();
    let triangles = ctx.tessellate(shapes, density);
    let [width, height] = [pixels.x, pixels.y].map(|side| whole(side.round(), usize::MAX));
    rasteriser.paint(width, height, density, &triangles)
}

/// What a frame is told: the page's size and the time, no pointer and no keys.
pub(super) fn input(size: Vec2, pixels_per_point: f32, frame: usize) -> RawInput {
    const FRAMES_PER_SEC: f64 = 60.0;
    let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), size));
    let mut input =
        RawInput { screen_rect, time: Some(frame as f64 / FRAMES_PER_SEC), ..Default::default() };
    input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point =
        Some(pixels_per_point);
    input
}

/// Twice the area of the triangle from the side `from`–`to` to `point`; positive on the inner side.
fn edge(from: Vec2, to: Vec2, point: Vec2) -> f32 {
    (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x)
}

/// The top-left rule: of two triangles with a common side exactly one paints the pixels whose centres lie on it.
#[expect(clippy::float_cmp, reason = "only a side that is exactly level is a top side")]
fn owns_its_pixels(from: Vec2, to: Vec2) -> bool {
    (from.y == to.y && to.x > from.x) || to.y < from.y
}

fn mix(corners: &[Corner; 3], share: [f32; 3], channel: usize) -> f32 {
    (0..3).map(|k| share[k] * corners[k].color[channel]).sum()
}

fn mix_uv(corners: &[Corner; 3], share: [f32; 3]) -> Pos2 {
    let axis = |of: fn(&Pos2) -> f32| (0..3).map(|k| share[k] * of(&corners[k].uv)).sum();
    pos2(axis(|uv| uv.x), axis(|uv| uv.y))
}

fn blend(under: &mut Pixel, over: Pixel) {
    let seen = 1.0 - over[3] / 255.0;
    for (under, over) in under.iter_mut().zip(over) {
        *under = over + *under * seen;
    }
}

fn pixel(color: Color32) -> Pixel {
    color.to_array().map(f32::from)
}

/// A rounded coordinate as an index, between 0 and `last`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from f32 to usize saturates"
)]
fn whole(coordinate: f32, last: usize) -> usize {
    (coordinate as usize).min(last)
}
