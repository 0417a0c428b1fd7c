//! How the window looks: the only place in the views that names fonts, pixels and colours.
//!
//! Calm, data first: one accent, colour otherwise only for data, whitespace instead of boxes. The accent is violet because the
//! colour maps use blue, orange and green.

#![allow(clippy::disallowed_methods, reason = "this is the place for colours")]

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::style::{HandleShape, WidgetVisuals};
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin,
    RichText, Shadow, Stroke, Style, TextStyle, Theme, Vec2, Visuals,
};

use crate::palette::{self, Rgb};

/// The smallest gap, between things that belong together.
pub const GAP_SMALL: f32 = 4.0;
/// A menu that is longer scrolls.
pub const MENU_HEIGHT: f32 = 420.0;
/// The gap between neighbours.
pub const GAP: f32 = 8.0;
/// The gap between groups; also the margin inside panels.
pub const GAP_LARGE: f32 = 16.0;
/// The gap between sections of a lesson.
pub const GAP_SECTION: f32 = 28.0;
/// A thin line: grids, axes, panel edges.
pub const HAIRLINE: f32 = 1.0;
/// A line that carries data, or marks what is selected.
pub const LINE: f32 = 2.0;
/// Rounding of buttons and highlights.
pub const RADIUS: u8 = 5;
/// The longest movement on screen, in seconds.
pub const ANIMATION_SECS: f32 = 0.15;

/// Interface text, in points.
pub const BODY_SIZE: f32 = 15.0;
/// Where many buttons stand in a row.
pub const COMPACT_SIZE: f32 = 13.5;
/// Lesson text is a little larger: it is read, not glanced at.
pub const LESSON_SIZE: f32 = 16.0;
/// From one line of lesson text to the next.
pub const LESSON_LINE_HEIGHT: f32 = 26.0;
/// Inline mathematics against the text around it: KaTeX letters are smaller than Noto Sans at the same size.
pub const MATH_INLINE_RATIO: f32 = 1.12;
/// The formula of the operation at the cursor.
pub const OPERATION_SIZE: f32 = 19.0;
/// Lines of lesson text are no longer than this, about seventy letters.
pub const LESSON_MAX_WIDTH: f32 = 620.0;
/// On each side of inline mathematics, because Chinese puts no space there.
pub const MATH_MARGIN: f32 = 1.0;
/// Display mathematics against the text around it.
pub const MATH_DISPLAY_RATIO: f32 = 1.25;

/// The font file that has every character of every lesson, for exporters that cannot fall back to another font.
pub static COMPLETE_FONT: &[u8] = include_bytes!("../../assets/fonts/UnrolledSansSC.otf");
static LATIN_FONT: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Latin.ttf");
static CHINESE_BOLD_FONT: &[u8] = include_bytes!("../../assets/fonts/UnrolledSansSC-Bold.otf");
static LATIN_BOLD_FONT: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Latin-Bold.ttf");

/// Fonts and both themes. Call once, before the first frame.
pub fn apply(ctx: &Context) {
    install_fonts(ctx);
    ctx.set_style_of(Theme::Light, style(false));
    ctx.set_style_of(Theme::Dark, style(true));
}

/// Lets nothing on screen move by itself, or all that usually does.
pub fn reduce_motion(ctx: &Context, reduced: bool) {
    let secs = if reduced { 0.0 } else { ANIMATION_SECS };
    for theme in [Theme::Light, Theme::Dark] {
        if ctx.style_of(theme).animation_time.to_bits() != secs.to_bits() {
            ctx.style_mut_of(theme, |style| style.animation_time = secs);
        }
    }
}

/// Latin first, because an accent is placed on its letter only if both come from one font; then the complete font.
/// Numbers stay in egui's own monospaced font, Hack.
pub fn install_fonts(ctx: &Context) {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in [
        ("latin", LATIN_FONT),
        ("bold", LATIN_BOLD_FONT),
        ("bold chinese", CHINESE_BOLD_FONT),
        ("complete", COMPLETE_FONT),
    ] {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
    }
    let ours = |list: &[&str], fallbacks: &[String]| -> Vec<String> {
        list.iter().map(|&name| name.to_owned()).chain(fallbacks.iter().cloned()).collect()
    };
    // egui's own fonts stay behind ours, for the icons that its widgets draw and for emoji that someone types.
    let fallbacks = fonts.families.remove(&FontFamily::Proportional).unwrap_or_default();
    fonts.families.insert(FontFamily::Proportional, ours(&["latin", "complete"], &fallbacks));
    fonts.families.insert(FontFamily::Monospace, ours(&["Hack", "latin", "complete"], &fallbacks));
    fonts
        .families
        .insert(bold_family(), ours(&["bold", "bold chinese", "latin", "complete"], &fallbacks));
    ctx.set_fonts(fonts);
}

/// The frame of what lies open over the page.
pub fn sheet(ui: &egui::Ui) -> egui::Frame {
    egui::Frame::popup(ui.style()).inner_margin(Margin::same(18))
}

/// Sets buttons closer together, where many stand in a row.
pub fn compact(ui: &mut egui::Ui) {
    let spacing = ui.spacing_mut();
    spacing.button_padding = Vec2::new(7.0, 3.0);
    spacing.item_spacing = Vec2::new(2.0, 2.0);
    spacing.interact_size.y = 24.0;
}

/// The family for headings and **strong** words. Chinese is bold for all words of lessons and interface, and regular where
/// something else is typed.
#[must_use]
pub fn bold_family() -> FontFamily {
    FontFamily::Name("bold".into())
}

/// The text style of a lesson's title.
#[must_use]
pub fn title_style() -> TextStyle {
    TextStyle::Name("title".into())
}

/// The text style of running lesson text; see also [`lesson_text`].
#[must_use]
pub fn lesson_style() -> TextStyle {
    TextStyle::Name("lesson".into())
}

/// Running lesson text with room between the lines.
pub fn lesson_text(text: impl Into<String>) -> RichText {
    RichText::new(text).text_style(lesson_style()).line_height(Some(LESSON_LINE_HEIGHT))
}

/// A colour of the palette as egui's.
#[must_use]
pub const fn color([r, g, b]: Rgb) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// The page that data is drawn on.
#[must_use]
pub const fn stage(dark: bool) -> Color32 {
    color(palette::background(dark))
}

/// Lesson, inspector and bars, a shade off the stage.
#[must_use]
pub const fn panel(dark: bool) -> Color32 {
    color(if dark { [29, 31, 37] } else { [248, 248, 246] })
}

/// Running text.
#[must_use]
pub const fn text(dark: bool) -> Color32 {
    color(if dark { [222, 224, 229] } else { [36, 39, 45] })
}

/// Headings and strong words.
#[must_use]
pub const fn strong_text(dark: bool) -> Color32 {
    color(if dark { [250, 250, 252] } else { [10, 11, 14] })
}

/// Captions, units, hints; still 4.5 : 1 against the panel.
#[must_use]
pub const fn weak_text(dark: bool) -> Color32 {
    color(if dark { [154, 160, 172] } else { [98, 104, 115] })
}

/// The one accent: what can be acted on, and where we are.
#[must_use]
pub const fn accent(dark: bool) -> Color32 {
    color(if dark { [170, 160, 255] } else { [88, 70, 196] })
}

/// Text on the accent.
#[must_use]
pub const fn on_accent(dark: bool) -> Color32 {
    color(if dark { [20, 16, 48] } else { [255, 255, 255] })
}

/// Behind what is selected or active, under text.
#[must_use]
pub const fn highlight(dark: bool) -> Color32 {
    color(if dark { [54, 50, 88] } else { [231, 228, 250] })
}

/// Grids, axes, separators.
#[must_use]
pub const fn grid_line(dark: bool) -> Color32 {
    color(if dark { [54, 57, 66] } else { [222, 223, 226] })
}

/// Drawings of what has not been computed yet at the current step.
#[must_use]
pub const fn future(dark: bool) -> Color32 {
    color(if dark { [82, 86, 97] } else { [188, 191, 198] })
}

/// Something went wrong or was answered wrongly.
#[must_use]
pub const fn error(dark: bool) -> Color32 {
    color(if dark { [232, 108, 101] } else { [153, 0, 36] })
}

/// Something needs attention: an intervention in force, an untrained model.
#[must_use]
pub const fn warning(dark: bool) -> Color32 {
    color(if dark { [228, 194, 84] } else { [160, 92, 0] })
}

/// A right answer, a finished stop.
#[must_use]
pub const fn success(dark: bool) -> Color32 {
    color(if dark { [127, 227, 188] } else { [0, 126, 92] })
}

/// What a spotlight leaves dark, and where it leaves all as it is.
#[must_use]
pub const fn shade() -> Color32 {
    Color32::from_rgba_premultiplied(0, 0, 0, 168)
}

/// A picture in its own colours.
#[must_use]
pub const fn as_it_is() -> Color32 {
    Color32::WHITE
}

/// A black screen, for when all shall look at the speaker.
#[must_use]
pub const fn blank() -> Color32 {
    Color32::BLACK
}

/// The look of everything in one of the two themes.
#[must_use]
pub fn style(dark: bool) -> Style {
    let mut style = Style {
        text_styles: text_styles(),
        visuals: visuals(dark),
        animation_time: ANIMATION_SECS,
        ..Style::default()
    };
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::splat(GAP);
    spacing.button_padding = Vec2::new(10.0, 5.0);
    spacing.interact_size = Vec2::new(44.0, 28.0);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(8);
    spacing.slider_rail_height = 4.0;
    spacing.slider_width = 160.0;
    spacing.tooltip_width = 380.0;
    spacing.indent = GAP_LARGE;
    style.interaction.tooltip_delay = 0.35;
    style
}

fn text_styles() -> BTreeMap<TextStyle, FontId> {
    let regular = |size| FontId::new(size, FontFamily::Proportional);
    BTreeMap::from([
        (title_style(), FontId::new(27.0, bold_family())),
        (TextStyle::Heading, FontId::new(19.0, bold_family())),
        (lesson_style(), regular(LESSON_SIZE)),
        (TextStyle::Body, regular(BODY_SIZE)),
        (TextStyle::Button, regular(14.5)),
        (TextStyle::Small, regular(12.5)),
        (TextStyle::Monospace, FontId::new(13.5, FontFamily::Monospace)),
    ])
}

fn visuals(dark: bool) -> Visuals {
    let mut v = if dark { Visuals::dark() } else { Visuals::light() };
    let widget = |fill: Rgb, ink: Color32, edge: Stroke| WidgetVisuals {
        bg_fill: color(fill),
        weak_bg_fill: color(fill),
        bg_stroke: edge,
        corner_radius: CornerRadius::same(RADIUS),
        fg_stroke: Stroke::new(1.2, ink),
        expansion: 0.0,
    };
    let [rest, hover, press] = if dark {
        [[44, 47, 55], [56, 59, 69], [68, 72, 84]]
    } else {
        [[236, 236, 234], [226, 226, 224], [212, 212, 211]]
    };
    let line = Stroke::new(HAIRLINE, grid_line(dark));
    v.widgets.noninteractive = WidgetVisuals {
        bg_fill: panel(dark),
        weak_bg_fill: panel(dark),
        ..widget(rest, text(dark), line)
    };
    v.widgets.inactive = widget(rest, text(dark), Stroke::NONE);
    v.widgets.hovered = widget(hover, strong_text(dark), Stroke::NONE);
    v.widgets.active = widget(press, strong_text(dark), Stroke::NONE);
    v.widgets.open = widget(hover, strong_text(dark), Stroke::NONE);
    v.weak_text_color = Some(weak_text(dark));
    v.hyperlink_color = accent(dark);
    v.selection.bg_fill = highlight(dark);
    v.selection.stroke = Stroke::new(1.2, if dark { strong_text(dark) } else { accent(dark) });
    v.text_cursor.stroke = Stroke::new(LINE, accent(dark));
    v.warn_fg_color = warning(dark);
    v.error_fg_color = error(dark);
    v.panel_fill = panel(dark);
    v.window_fill = panel(dark);
    v.window_stroke = line;
    v.extreme_bg_color = stage(dark);
    v.code_bg_color = color(if dark { [40, 43, 50] } else { [238, 238, 235] });
    v.faint_bg_color = color(if dark { [33, 35, 42] } else { [243, 243, 240] });
    let shade = if dark { 110 } else { 28 };
    v.window_shadow =
        Shadow { offset: [0, 6], blur: 24, spread: 0, color: Color32::from_black_alpha(shade) };
    v.popup_shadow =
        Shadow { offset: [0, 3], blur: 12, spread: 0, color: Color32::from_black_alpha(shade) };
    v.window_corner_radius = CornerRadius::same(2 * RADIUS);
    v.menu_corner_radius = CornerRadius::same(RADIUS);
    v.slider_trailing_fill = true;
    v.handle_shape = HandleShape::Circle;
    v.indent_has_left_vline = false;
    v.collapsing_header_frame = false;
    v
}

/// Colours of curves in one plot: the hues of Okabe & Ito (2008), moved until every two stay apart also where one kind of cone is
/// missing; a test simulates that.
#[must_use]
pub const fn series(dark: bool) -> [Color32; 6] {
    let light =
        [[25, 90, 161], [210, 121, 0], [5, 163, 100], [173, 127, 172], [118, 77, 0], [76, 69, 82]];
    let bright = [
        [56, 148, 220],
        [231, 112, 62],
        [90, 224, 166],
        [179, 118, 145],
        [238, 216, 70],
        [203, 222, 246],
    ];
    let [a, b, c, d, e, f] = if dark { bright } else { light };
    [color(a), color(b), color(c), color(d), color(e), color(f)]
}

/// The colours of runs beside each other, one for each model's id: those of RNN, LSTM and GRU are the
/// same in every view. Where several runs share an architecture, they have colours in their order.
#[must_use]
pub fn run_colors<'a>(models: impl IntoIterator<Item = &'a str>, dark: bool) -> Vec<Color32> {
    const OWN: [&str; 3] = ["rnn", "lstm", "gru"];
    let architectures: Vec<&str> = models
        .into_iter()
        .map(|model| model.split(['-', ':', '@']).next().unwrap_or_default())
        .collect();
    let colors = series(dark);
    let is_shared = |at: usize| architectures[..at].contains(&architectures[at]);
    let by_order = (0..architectures.len()).any(is_shared);
    let own = |name: &str| OWN.iter().position(|own| *own == name).filter(|_| !by_order);
    let is_taken = |at: &usize| architectures.iter().any(|name| own(name) == Some(*at));
    let mut free = (0..colors.len()).filter(|at| !is_taken(at)).cycle();
    architectures
        .iter()
        .map(|name| own(name).or_else(|| free.next()).map_or(text(dark), |at| colors[at]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_architecture_has_one_colour_whatever_stands_beside_it() {
        for dark in [false, true] {
            let [rnn, lstm, gru, next, ..] = series(dark);
            let colors = |models: &[&str]| run_colors(models.iter().copied(), dark);
            assert_eq!(colors(&["rnn", "lstm", "gru"]), [rnn, lstm, gru]);
            assert_eq!(colors(&["lstm-remember", "gru:updates", "rnn@5"]), [lstm, gru, rnn]);
            assert_eq!(colors(&["lstm", "lstm"]), [rnn, lstm]);
            assert_eq!(colors(&["seq2seq-echo", "attention-echo"]), [rnn, lstm]);
            assert_eq!(colors(&["rwkv-recall", "lstm-brackets"]), [rnn, lstm]);
            assert_eq!(colors(&["rnn", "lstm", "gru", "rwkv-recall"])[3], next);
        }
    }
}
