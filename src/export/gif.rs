//! Pictures of the same size one after the other, as an animation that repeats for ever.
//!
//! One palette serves all frames and nothing is dithered, so that what stands still looks still; a
//! frame holds only the rectangle that changed.

use std::collections::BTreeMap;

use gif::{Encoder, Frame, Repeat};
use image::RgbImage;
use image::imageops::crop_imm;

use super::figure::FigureError;
use crate::palette::Rgb;

/// More frames than this make a file that no slide shows.
pub const MOST_FRAMES: usize = 200;
/// How many colours a palette holds.
const COLORS: usize = 256;
/// Of a colour's 8 bits so many are kept while the palette is chosen, where there are more colours than it holds.
const KEPT_BITS: u32 = 5;

/// Frames so far, as they are drawn: of each only what changed.
#[derive(Default)]
pub struct Animation {
    size: [u32; 2],
    last: RgbImage,
    parts: Vec<Part>,
    counts: BTreeMap<Rgb, u64>,
}

/// What changed from one frame to the next.
struct Part {
    corner: [u32; 2],
    image: RgbImage,
}

impl Animation {
    /// Adds a frame, which has the size of the others.
    pub fn push(&mut self, frame: RgbImage) {
        let before = (!self.parts.is_empty()).then_some(&self.last);
        // A frame in which nothing changed still takes its time.
        let [left, top, right, bottom] = changed(before, &frame).unwrap_or([0, 0, 1, 1]);
        let image = crop_imm(&frame, left, top, right - left, bottom - top).to_image();
        // Neighbours are mostly alike.
        for run in image.as_raw().as_chunks::<3>().0.chunk_by(|a, b| a == b) {
            *self.counts.entry(run[0]).or_default() += run.len() as u64;
        }
        self.parts.push(Part { corner: [left, top], image });
        self.size = [frame.width(), frame.height()];
        self.last = frame;
    }

    /// Writes all; each frame is shown for `hundredths` of a second, the last one for `rest`.
    ///
    /// # Errors
    /// If there is no frame, or one is too large.
    pub fn write(&self, hundredths: u16, rest: u16) -> Result<Vec<u8>, FigureError> {
        if self.parts.is_empty() {
            return Err(FigureError("there are no frames".to_owned()));
        }
        let side = |side: u32| u16::try_from(side).map_err(|e| FigureError(e.to_string()));
        let failed = |error: gif::EncodingError| FigureError(error.to_string());
        let palette = Palette::of(&self.counts);
        let mut bytes = Vec::new();
        let [width, height] = [side(self.size[0])?, side(self.size[1])?];
        let mut encoder =
            Encoder::new(&mut bytes, width, height, &palette.bytes()).map_err(failed)?;
        encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
        for (at, Part { corner: [left, top], image }) in self.parts.iter().enumerate() {
            let buffer: Vec<u8> = image.pixels().map(|pixel| palette.at(pixel.0)).collect();
            let frame = Frame {
                delay: if at + 1 == self.parts.len() { rest } else { hundredths },
                left: side(*left)?,
                top: side(*top)?,
                width: side(image.width())?,
                height: side(image.height())?,
                buffer: buffer.into(),
                ..Frame::default()
            };
            encoder.write_frame(&frame).map_err(failed)?;
        }
        drop(encoder);
        Ok(bytes)
    }
}

/// The smallest rectangle outside of which two pictures are alike: left, top, right, bottom.
fn changed(before: Option<&RgbImage>, image: &RgbImage) -> Option<[u32; 4]> {
    let Some(before) = before else { return Some([0, 0, image.width(), image.height()]) };
    let different = image
        .enumerate_pixels()
        .filter(|(x, y, pixel)| before.get_pixel_checked(*x, *y) != Some(*pixel));
    different
        .map(|(x, y, _)| [x, y, x + 1, y + 1])
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}

/// Colours and which of them stands for which.
struct Palette {
    colors: Vec<Rgb>,
    indices: BTreeMap<Rgb, u8>,
}

impl Palette {
    /// All colours of some pictures where they fit; else the nearest of those chosen by median cut.
    fn of(counts: &BTreeMap<Rgb, u64>) -> Self {
        let colors = if counts.len() <= COLORS {
            counts.keys().copied().collect()
        } else {
            median_cut(counts)
        };
        let nearest = |color: &Rgb| {
            let distance = |other: &Rgb| distance(*color, *other);
            let best = (0..colors.len()).min_by_key(|at| distance(&colors[*at]));
            (*color, best.unwrap_or(0) as u8)
        };
        let indices = counts.keys().map(nearest).collect();
        Self { colors, indices }
    }

    fn at(&self, color: Rgb) -> u8 {
        self.indices.get(&color).copied().unwrap_or(0)
    }

    fn bytes(&self) -> Vec<u8> {
        self.colors.concat()
    }
}

/// The square of a distance between colours; the eye sees green best and blue least.
fn distance(a: Rgb, b: Rgb) -> u32 {
    let part = |k: usize, weight: u32| weight * u32::from(a[k].abs_diff(b[k])).pow(2);
    part(0, 3) + part(1, 6) + part(2, 2)
}

/// Colours that stand for all (Heckbert 1982): the box with the widest side, weighed by how often
/// its colours occur, is cut at its median until there are enough.
fn median_cut(counts: &BTreeMap<Rgb, u64>) -> Vec<Rgb> {
    let mut rough: BTreeMap<Rgb, (Rgb, u64)> = BTreeMap::new();
    for (color, count) in counts {
        let key = color.map(|channel| channel >> (8 - KEPT_BITS));
        let (most, sum) = rough.entry(key).or_insert((*color, 0));
        // The one that occurs most stands for its like, so that the page stays white.
        if counts[most] < *count {
            *most = *color;
        }
        *sum += count;
    }
    let all: Vec<(Rgb, u64)> = rough.into_values().collect();
    let mut boxes = vec![all];
    while boxes.len() < COLORS {
        let Some(at) = (0..boxes.len())
            .filter(|at| boxes[*at].len() > 1)
            .max_by_key(|at| importance(&boxes[*at]))
        else {
            break;
        };
        let mut whole = boxes.swap_remove(at);
        let (axis, _) = widest(&whole);
        whole.sort_by_key(|(color, _)| (color[axis], *color));
        let half = whole.iter().map(|(_, count)| count).sum::<u64>() / 2;
        let mut sum = 0;
        let cut = whole.iter().position(|(_, count)| {
            sum += count;
            sum > half
        });
        let cut = cut.unwrap_or(0).clamp(1, whole.len() - 1);
        let rest = whole.split_off(cut);
        boxes.extend([whole, rest]);
    }
    let mut colors: Vec<Rgb> = boxes
        .iter()
        .filter_map(|own| own.iter().max_by_key(|(color, count)| (*count, *color)))
        .map(|(color, _)| *color)
        .collect();
    colors.sort_unstable();
    colors.dedup();
    colors
}

fn widest(colors: &[(Rgb, u64)]) -> (usize, u8) {
    let span = |axis: usize| {
        let channel = || colors.iter().map(|(color, _)| color[axis]);
        channel().max().unwrap_or(0) - channel().min().unwrap_or(0)
    };
    let axes = (0..3).map(|axis| (axis, span(axis)));
    axes.max_by_key(|(axis, span)| (*span, 2 - axis)).unwrap_or((0, 0))
}

/// Which box is cut next: the widest, those with many pixels before those with few.
fn importance(colors: &[(Rgb, u64)]) -> u64 {
    let count: u64 = colors.iter().map(|(_, count)| count).sum();
    u64::from(widest(colors).1) * (u64::from(count.ilog2()) + 1)
}

#[cfg(test)]
mod tests {
    use image::Rgb as Pixel;

    use super::*;

    fn frame(at: u32, colors: u32) -> RgbImage {
        RgbImage::from_fn(40, 30, |x, y| {
            let shade = ((x + 40 * y) * colors / 1200) as u8;
            if x == at { Pixel([255, 0, 0]) } else { Pixel([shade, shade / 2, 255 - shade]) }
        })
    }

    fn read(bytes: &[u8]) -> (Vec<(u16, [u16; 4])>, RgbImage) {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(bytes).unwrap();
        let mut canvas = RgbImage::new(u32::from(decoder.width()), u32::from(decoder.height()));
        let mut frames = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            frames.push((frame.delay, [frame.left, frame.top, frame.width, frame.height]));
            let (left, top) = (u32::from(frame.left), u32::from(frame.top));
            for (at, pixel) in frame.buffer.chunks(4).enumerate() {
                let at = at as u32;
                let (x, y) = (at % u32::from(frame.width), at / u32::from(frame.width));
                canvas.put_pixel(left + x, top + y, Pixel([pixel[0], pixel[1], pixel[2]]));
            }
        }
        (frames, canvas)
    }

    fn written(frames: &[RgbImage]) -> Vec<u8> {
        let mut animation = Animation::default();
        frames.iter().for_each(|frame| animation.push(frame.clone()));
        animation.write(20, 90).unwrap()
    }

    #[test]
    fn few_colours_come_back_exactly_and_only_what_changed_is_written() {
        let frames = [frame(3, 100), frame(4, 100), frame(4, 100)];
        let bytes = written(&frames);
        assert_eq!(bytes, written(&frames));
        let (read, last) = read(&bytes);
        assert_eq!(read, [(20, [0, 0, 40, 30]), (20, [3, 0, 2, 30]), (90, [0, 0, 1, 1])]);
        assert_eq!(last, frames[2]);
    }

    #[test]
    fn many_colours_come_back_nearly() {
        let many = RgbImage::from_fn(64, 64, |x, y| Pixel([(4 * x) as u8, (4 * y) as u8, 128]));
        let (_, last) = read(&written(std::slice::from_ref(&many)));
        for (a, b) in many.pixels().zip(last.pixels()) {
            assert!((0..3).all(|k| a.0[k].abs_diff(b.0[k]) < 24), "{a:?} {b:?}");
        }
        assert!(Animation::default().write(1, 1).is_err());
    }
}
