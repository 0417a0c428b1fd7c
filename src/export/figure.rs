//! The page of a figure: SVG or PNG, light, with a title and a caption, the same bytes every time.
//!
//! Everything is laid out in fine pixels, four to a point: lines of a bitmap are smooth once it has
//! been reduced, and an SVG, whose coordinates are whole numbers here, is exact.

use std::path::Path;
use std::sync::OnceLock;

use image::imageops::{FilterType, resize};
use image::{ExtendedColorType, ImageEncoder as _, RgbImage, codecs::png::PngEncoder};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;

use crate::palette::Rgb;

/// Fine pixels in a point.
pub(super) const FINE: i32 = 4;
/// Fine pixels in a pixel of a PNG, which therefore has two to a point, as slides and print want.
const REDUCED: u32 = 2;
/// Frames and axes.
pub(super) const HAIRLINE: u32 = 2;
/// The space around everything.
pub(super) const MARGIN: i32 = 16 * FINE;
/// What the title and the caption take.
pub(super) const HEADER: i32 = 52 * FINE;
/// The size of numbers and tokens.
pub(super) const LABEL_SIZE: i32 = 11 * FINE;
const TITLE_SIZE: i32 = 16 * FINE;
const CAPTION_SIZE: i32 = 12 * FINE;
/// Numbers, titles.
pub(super) const INK: RGBColor = RGBColor(36, 39, 45);
/// Captions, axes.
pub(super) const WEAK_INK: RGBColor = RGBColor(98, 104, 115);
/// Grids.
pub(super) const GRID: RGBColor = RGBColor(226, 227, 230);
const FAMILY: &str = "sans-serif";

/// The only font of figures: every character of every lesson in one file, because plotters does
/// not fall back to a second.
static FONT: &[u8] = include_bytes!("../../assets/fonts/UnrolledSansSC.otf");

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Lines and text, for papers.
    Svg,
    /// Pixels, two to a point, for slides.
    Png,
}

impl PictureFormat {
    /// The format that a path asks for by its ending.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match &*super::extension(path) {
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }
}

/// Why a figure cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the figure cannot be drawn: {0}")]
pub struct FigureError(pub(super) String);

/// Where a figure is drawn on.
pub type Area<'a, DB> = DrawingArea<DB, Shift>;
/// What goes wrong on a backend.
pub type DrawError<DB> = DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>;

/// Something that can be drawn on a page of its own.
pub trait Figure {
    /// Width and height in fine pixels.
    fn size(&self) -> (u32, u32);

    /// Draws everything.
    ///
    /// # Errors
    /// If the backend fails.
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), DrawError<DB>>;
}

/// A figure as the bytes of a file.
///
/// # Errors
/// If the figure is too large to be drawn.
pub fn render(figure: &impl Figure, format: PictureFormat) -> Result<Vec<u8>, FigureError> {
    /// Far above any screen; below what would exhaust memory.
    const LARGEST_SIDE: u32 = 20_000;
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let fine = FINE.unsigned_abs();
    let (width, height) = figure.size();
    if width > LARGEST_SIDE || height > LARGEST_SIDE {
        let reason = format!("{}×{} pixels are too many", width / fine, height / fine);
        return Err(FigureError(reason));
    }
    if !REGISTERED.get_or_init(|| register_font(FAMILY, FontStyle::Normal, FONT).is_ok()) {
        return Err(FigureError("the built-in font cannot be read".to_owned()));
    }
    match format {
        PictureFormat::Svg => {
            let mut svg = String::new();
            let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
            draw(figure, &area)?;
            drop(area);
            // The nominal size; the view box keeps the fine coordinates.
            let fine_size = format!("width=\"{width}\" height=\"{height}\"");
            let nominal = format!("width=\"{}\" height=\"{}\"", width / fine, height / fine);
            Ok(svg.replacen(&fine_size, &nominal, 1).into_bytes())
        }
        PictureFormat::Png => {
            let mut pixels = vec![255; width as usize * height as usize * 3];
            let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
            draw(figure, &area)?;
            drop(area);
            let picture = RgbImage::from_raw(width, height, pixels)
                .ok_or_else(|| FigureError("its pixels do not fit".to_owned()))?;
            let (width, height) = (width / REDUCED, height / REDUCED);
            let small = resize(&picture, width, height, FilterType::Triangle);
            png(small.as_raw(), small.width(), small.height(), ExtendedColorType::Rgb8)
        }
    }
}

/// Pixels as a PNG file.
///
/// # Errors
/// If the pixels do not fit the size.
pub fn png(
    pixels: &[u8],
    width: u32,
    height: u32,
    color: ExtendedColorType,
) -> Result<Vec<u8>, FigureError> {
    let mut bytes = Vec::new();
    let written = PngEncoder::new(&mut bytes).write_image(pixels, width, height, color);
    written.map_err(|e| FigureError(e.to_string()))?;
    Ok(bytes)
}

fn draw<DB: DrawingBackend>(
    figure: &impl Figure,
    area: &DrawingArea<DB, Shift>,
) -> Result<(), FigureError> {
    let drawn = area.fill(&WHITE).and_then(|()| figure.draw(area)).and_then(|()| area.present());
    drawn.map_err(|e| FigureError(e.to_string()))
}

/// Title and caption, each cut to the page's width.
pub(super) fn header<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    title: &str,
    caption: &str,
) -> Result<(), DrawError<DB>> {
    let room = area.dim_in_pixel().0.saturating_sub(2 * MARGIN.unsigned_abs());
    let title_style = text(TITLE_SIZE, INK);
    let caption_style = text(CAPTION_SIZE, WEAK_INK);
    area.draw_text(&cut(area, title, &title_style, room), &title_style, (MARGIN, MARGIN - FINE))?;
    let below = MARGIN + TITLE_SIZE + 6 * FINE;
    area.draw_text(&cut(area, caption, &caption_style, room), &caption_style, (MARGIN, below))
}

/// Text of this size and colour.
pub(super) fn text(size: i32, color: RGBColor) -> TextStyle<'static> {
    (FAMILY, size).into_font().color(&color)
}

/// A colour of the palette as plotters'.
pub(super) const fn color([r, g, b]: Rgb) -> RGBColor {
    RGBColor(r, g, b)
}

/// As much of a text as fits, with `…` where it was cut.
fn cut<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    text: &str,
    style: &TextStyle<'_>,
    room: u32,
) -> String {
    // A text far longer than the page need not be measured whole.
    const LONGEST: usize = 400;
    let fits = |text: &str| area.estimate_text_size(text, style).is_ok_and(|(w, _)| w <= room);
    let mut kept: String = text.chars().take(LONGEST).collect();
    if kept.len() == text.len() && fits(text) {
        return kept;
    }
    while kept.pop().is_some() {
        let shortened = format!("{}…", kept.trim_end());
        if fits(&shortened) {
            return shortened;
        }
    }
    kept
}
