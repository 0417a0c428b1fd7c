//! LaTeX to a texture, kept until it is asked for again.
//!
//! RaTeX (KaTeX's layout in pure Rust) stands behind this one file. Formulas are drawn white on nothing and tinted with the colour
//! of the text, so that both themes share a picture.

use std::collections::BTreeMap;

use egui::{
    Align2, Color32, ColorImage, Context, FontId, Pos2, Rect, Response, Sense, TextStyle,
    TextureHandle, TextureId, TextureOptions, Ui, Vec2,
};
use egui::{WidgetInfo, pos2, vec2};
use ratex_types::color::Color;
use ratex_types::display_item::DisplayList;

use super::theme;

/// Formulas kept before all are forgotten. A lesson has about a hundred; live numbers make more.
const CAPACITY: usize = 2000;
/// Transparent points around a formula, so that interpolation does not cut its edge.
const PADDING: f32 = 1.0;
/// Below this size in points a formula that is too wide is no longer set smaller, but its picture shrunk.
const SMALLEST: f32 = 8.0;

/// A formula ready to paint. Lengths are in points.
#[derive(Clone)]
pub struct Typeset {
    /// White glyphs on transparent.
    pub texture: TextureHandle,
    /// Of the whole picture.
    pub size: Vec2,
    /// From the picture's top to the baseline.
    pub ascent: f32,
    /// From the baseline to the picture's bottom.
    pub descent: f32,
}

impl Typeset {
    /// Paints the formula with its left edge and baseline at `at`, on whole pixels so that it stays sharp.
    pub fn paint(&self, painter: &egui::Painter, at: Pos2, tint: Color32) {
        self.paint_in(painter, Rect::from_min_size(at - vec2(0.0, self.ascent), self.size), tint);
    }

    fn paint_in(&self, painter: &egui::Painter, rect: Rect, tint: Color32) {
        let density = painter.pixels_per_point();
        let corner = ((rect.min.to_vec2() * density).round() / density).to_pos2();
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(self.texture.id(), Rect::from_min_size(corner, rect.size()), whole, tint);
    }
}

/// What changes a formula's picture besides its source: display style, size and pixel density (as bits).
type Setting = (bool, u32, u32);

/// All formulas typeset so far.
#[derive(Default)]
pub struct MathCache {
    formulas: BTreeMap<Setting, BTreeMap<String, Result<Typeset, String>>>,
}

impl MathCache {
    /// The formula `tex` at `pt` points, typeset now if it was not before.
    ///
    /// # Errors
    /// Gives RaTeX's message if `tex` is not LaTeX that it knows, or if it has Chinese characters.
    pub fn get(
        &mut self,
        ctx: &Context,
        tex: &str,
        display: bool,
        pt: f32,
    ) -> Result<&Typeset, &str> {
        if self.len() > CAPACITY {
            self.formulas.clear();
        }
        let density = ctx.pixels_per_point();
        let known = self.formulas.entry((display, pt.to_bits(), density.to_bits())).or_default();
        if !known.contains_key(tex) {
            known.insert(tex.to_owned(), typeset(ctx, tex, display, pt));
        }
        match known.get(tex) {
            Some(Ok(formula)) => Ok(formula),
            Some(Err(message)) => Err(message),
            None => Err("the formula was not kept"),
        }
    }

    /// A kept formula by its picture: elements of SVG in the colour of `ink`, and their width and height.
    #[must_use]
    pub fn outline(&self, texture: TextureId, ink: [u8; 3]) -> Option<(String, Vec2)> {
        let known = self.formulas.iter().find_map(|(setting, known)| {
            let is_it = |kept: &Result<Typeset, String>| {
                kept.as_ref().is_ok_and(|kept| kept.texture.id() == texture)
            };
            known.iter().find(|(_, kept)| is_it(kept)).map(|(tex, _)| (setting, tex))
        });
        let ((display, pt, _), tex) = known?;
        let pt = f32::from_bits(*pt);
        let [r, g, b] = ink.map(|channel| f32::from(channel) / 255.0);
        let list = lay_out(tex, *display, Color { r, g, b, a: 1.0 }).ok()?;
        let options = ratex_svg::SvgOptions {
            font_size: f64::from(pt),
            padding: f64::from(PADDING),
            embed_glyphs: true,
            ..Default::default()
        };
        let syntax = ratex_svg::SvgColorSyntax::Rgb;
        let svg = ratex_svg::render_to_svg_with_color_syntax(&list, &options, syntax);
        let (_, inner) = svg.split_once('>')?;
        let size =
            vec2(list.width as f32, list.total_height() as f32) * pt + Vec2::splat(2.0 * PADDING);
        Some((inner.strip_suffix("</svg>")?.to_owned(), size))
    }

    /// How many formulas are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.formulas.values().map(BTreeMap::len).sum()
    }

    /// Whether no formula is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A formula as a widget: centred on a row of its own, no wider than the column (`display`), or standing on the baseline of
    /// the text beside it. What cannot be typeset is shown as its source, with the reason on hover.
    ///
    /// Beside text, egui centres things in the row, so the widget is as far above as below the text's middle. Where a row may have
    /// tall formulas, use [`Flow`](super::flow::Flow), which knows them before it places the row.
    pub fn show(&mut self, ui: &mut Ui, tex: &str, display: bool) -> Response {
        if display { self.display(ui, tex) } else { self.inline(ui, tex) }
    }

    fn inline(&mut self, ui: &mut Ui, tex: &str) -> Response {
        let font = ui
            .style()
            .override_font_id
            .clone()
            .unwrap_or_else(|| TextStyle::Body.resolve(ui.style()));
        let text_baseline = baseline_below_middle(ui, &font);
        let tint = ui.visuals().text_color();
        match self.get(&ui.ctx().clone(), tex, false, font.size * theme::MATH_INLINE_RATIO) {
            Ok(formula) => {
                let height = centred_height(formula.ascent, formula.descent, text_baseline);
                let (rect, response) =
                    ui.allocate_exact_size(vec2(formula.size.x, height), Sense::hover());
                formula.paint(
                    ui.painter(),
                    pos2(rect.left(), rect.center().y + text_baseline),
                    tint,
                );
                labelled(ui, response, tex)
            }
            Err(message) => show_error(ui, tex, message),
        }
    }

    /// A formula at `pt` points as a widget of its own size.
    pub fn show_sized(&mut self, ui: &mut Ui, tex: &str, pt: f32) -> Response {
        let tint = ui.visuals().text_color();
        match self.get(&ui.ctx().clone(), tex, true, pt) {
            Ok(formula) => {
                let (rect, response) = ui.allocate_exact_size(formula.size, Sense::hover());
                formula.paint_in(ui.painter(), rect, tint);
                labelled(ui, response, tex)
            }
            Err(message) => show_error(ui, tex, message),
        }
    }

    fn display(&mut self, ui: &mut Ui, tex: &str) -> Response {
        let full = TextStyle::Body.resolve(ui.style()).size * theme::MATH_DISPLAY_RATIO;
        let room = ui.available_width();
        let tint = ui.visuals().text_color();
        let ctx = ui.ctx().clone();
        let natural = match self.get(&ctx, tex, true, full) {
            Ok(formula) => formula.size.x,
            Err(message) => return show_error(ui, tex, message),
        };
        // Half points, so that dragging a panel's edge does not fill the cache.
        let pt = if natural > room {
            ((full * room / natural * 2.0).floor() / 2.0).max(SMALLEST)
        } else {
            full
        };
        match self.get(&ctx, tex, true, pt) {
            Ok(formula) => {
                let shrink = (room / formula.size.x).min(1.0);
                let (row, response) = ui.allocate_exact_size(
                    vec2(room.max(1.0), formula.size.y * shrink),
                    Sense::hover(),
                );
                let rect = Align2::CENTER_CENTER.align_size_within_rect(formula.size * shrink, row);
                formula.paint_in(ui.painter(), rect, tint);
                labelled(ui, response, tex)
            }
            Err(message) => show_error(ui, tex, message),
        }
    }
}

/// How far below the middle of its row text of this font stands.
#[must_use]
pub fn baseline_below_middle(ui: &Ui, font: &FontId) -> f32 {
    let galley = ui.painter().layout_no_wrap("x".to_owned(), font.clone(), Color32::WHITE);
    galley
        .rows
        .first()
        .and_then(|row| row.glyphs.first())
        .map_or(0.0, |x| x.font_ascent - x.font_height / 2.0)
}

/// The height of a box whose middle is the row's middle and that holds both parts of something standing on the row's baseline.
#[must_use]
pub fn centred_height(ascent: f32, descent: f32, baseline_below_middle: f32) -> f32 {
    2.0 * (ascent - baseline_below_middle).max(descent + baseline_below_middle)
}

fn labelled(ui: &Ui, response: Response, tex: &str) -> Response {
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, ui.is_enabled(), tex));
    response
}

fn show_error(ui: &mut Ui, tex: &str, message: &str) -> Response {
    ui.colored_label(ui.visuals().error_fg_color, tex).on_hover_text(message)
}

/// Whether the page can typeset `tex`, on a line of its own (`display`) or beside text.
///
/// # Errors
/// Gives the message that the page would show instead.
pub fn check(tex: &str, display: bool) -> Result<(), String> {
    lay_out(tex, display, Color::WHITE).map(|_| ())
}

/// Everything but the ink.
fn lay_out(tex: &str, display: bool, color: Color) -> Result<DisplayList, String> {
    if let Some(foreign) = tex.chars().find(|&c| is_beyond_katex(c)) {
        return Err(format!(
            "a formula cannot hold '{foreign}': write such words in the text beside it"
        ));
    }
    let source =
        if display { format!("\\displaystyle {tex}") } else { format!("\\textstyle {tex}") };
    let parse = ratex_parser::parser::parse;
    // A message counts characters, so it should be about the formula as its author wrote it.
    let message = |error| parse(tex).err().unwrap_or(error).to_string();
    let nodes = parse(&source).map_err(message)?;
    let ink = ratex_layout::LayoutOptions { color, ..Default::default() };
    Ok(ratex_layout::to_display_list(&ratex_layout::layout(&nodes, &ink)))
}

#[expect(clippy::cast_possible_truncation, reason = "lengths need no double precision")]
fn typeset(ctx: &Context, tex: &str, display: bool, pt: f32) -> Result<Typeset, String> {
    let density = ctx.pixels_per_point();
    let list = lay_out(tex, display, Color::WHITE)?;
    let options = ratex_render::RenderOptions {
        font_size: pt,
        padding: PADDING,
        device_pixel_ratio: density,
        background_color: Color { r: 0.0, g: 0.0, b: 0.0, a: 0.0 },
        ..Default::default()
    };
    let png = ratex_render::render_to_png(&list, &options)?;
    let picture = image::load_from_memory(&png).map_err(|e| e.to_string())?.to_rgba8();
    let pixels = [picture.width() as usize, picture.height() as usize];
    let colors = ColorImage::from_rgba_unmultiplied(pixels, picture.as_raw());
    let size = vec2(picture.width() as f32, picture.height() as f32) / density;
    let ascent = list.height as f32 * pt + PADDING;
    Ok(Typeset {
        texture: ctx.load_texture("formula", colors, TextureOptions::LINEAR),
        size,
        ascent,
        descent: size.y - ascent,
    })
}

/// KaTeX's fonts lack East Asian writing. RaTeX would look for a system font, and the picture would differ between machines.
fn is_beyond_katex(c: char) -> bool {
    let mathematical_letters = '\u{1d400}'..='\u{1d7ff}';
    c >= '\u{2e80}' && !mathematical_letters.contains(&c)
}
