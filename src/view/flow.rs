//! A paragraph of text, inline formulas and other boxes that all stand on one baseline and wrap together.
//!
//! egui's wrapping layout places a row before it has seen the tall things in it. Here the paragraph is one galley: a formula is
//! two unbreakable spaces, moved apart by its width and in a row as high as it needs, and is painted over them afterwards.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Color32, FontId, Galley, Label, Rect, Response, Role, Ui, WidgetInfo, pos2, vec2,
};

use super::math::{MathCache, Typeset, baseline_below_middle, centred_height};
use super::theme;

/// Stands in the text where something else is painted.
const PLACE: &str = "\u{a0}";

/// How far slanted letters lean over, against their size.
const LEAN: f32 = 0.2;

/// A paragraph under construction.
pub struct Flow {
    job: LayoutJob,
    boxes: Vec<Inset>,
    /// First and last character of each span, counted through the paragraph.
    spans: Vec<std::ops::Range<usize>>,
    /// What a screen reader says: the text with the source of its formulas.
    spoken: String,
    font: FontId,
    color: Color32,
    baseline: f32,
    line_height: f32,
    place_width: f32,
}

/// Something in the text that is not text. Its left end is on the baseline.
struct Inset {
    ascent: f32,
    descent: f32,
    content: Content,
}

enum Content {
    Nothing,
    Formula(Typeset),
    Words(Arc<Galley>, Color32),
}

/// Where things of a paragraph were drawn.
pub struct Flown {
    /// The whole paragraph.
    pub response: Response,
    /// One rectangle for every formula, word box and hole, in the order they were added.
    pub boxes: Vec<Rect>,
    /// For every span the rectangles of its parts, one in each row, in the order they were added.
    pub spans: Vec<Vec<Rect>>,
}

impl Flow {
    /// An empty paragraph of lesson text.
    #[must_use]
    pub fn lesson(ui: &Ui) -> Self {
        Self::new(ui, theme::lesson_style().resolve(ui.style()), theme::LESSON_LINE_HEIGHT)
    }

    /// An empty paragraph in this font, with rows at least `line_height` points high.
    #[must_use]
    pub fn new(ui: &Ui, font: FontId, line_height: f32) -> Self {
        let place_width =
            ui.painter().layout_no_wrap(PLACE.to_owned(), font.clone(), Color32::WHITE).size().x;
        Self {
            job: LayoutJob::default(),
            boxes: Vec::new(),
            spans: Vec::new(),
            spoken: String::new(),
            baseline: baseline_below_middle(ui, &font),
            color: ui.visuals().text_color(),
            font,
            line_height,
            place_width,
        }
    }

    /// The format of plain text here; change it for emphasis, code or links and give it to [`Flow::styled`].
    #[must_use]
    pub fn format(&self) -> TextFormat {
        TextFormat {
            line_height: Some(self.line_height),
            valign: Align::Center,
            ..TextFormat::simple(self.font.clone(), self.color)
        }
    }

    /// Plain text.
    pub fn text(&mut self, text: &str) {
        self.styled(text, self.format());
    }

    /// Text that looks different.
    pub fn styled(&mut self, text: &str, format: TextFormat) {
        self.spoken.push_str(text);
        // The last slanted letter leans over the blank behind it.
        let was_slanted = self.job.sections.last().is_some_and(|last| last.format.italics);
        let leans = was_slanted && !format.italics && text.starts_with(' ');
        let lead = if leans { self.font.size * LEAN } else { 0.0 };
        self.job.append(&text.replace(PLACE, " "), lead, format);
    }

    /// Text that wraps like any other and whose rectangles are reported: a link.
    pub fn span(&mut self, text: &str, format: TextFormat) {
        let start = self.job.text.chars().count();
        self.styled(text, format);
        self.spans.push(start..self.job.text.chars().count());
    }

    /// An inline formula. What cannot be typeset appears as its source in the error colour; the reason is returned.
    ///
    /// # Errors
    /// The reason why `tex` could not be typeset.
    pub fn math(&mut self, ui: &Ui, cache: &mut MathCache, tex: &str) -> Result<(), String> {
        match cache.get(ui.ctx(), tex, false, self.font.size * theme::MATH_INLINE_RATIO) {
            Ok(formula) => {
                let content = Content::Formula(formula.clone());
                let inset = Inset { ascent: formula.ascent, descent: formula.descent, content };
                self.spoken.push_str(tex);
                self.inset(formula.size.x + 2.0 * theme::MATH_MARGIN, inset);
                Ok(())
            }
            Err(message) => {
                let message = message.to_owned();
                self.styled(
                    tex,
                    TextFormat { color: ui.visuals().error_fg_color, ..self.format() },
                );
                Err(message)
            }
        }
    }

    /// Words that do not wrap and whose rectangle is reported: a live value, a term with hover text.
    pub fn words(&mut self, ui: &Ui, words: &str, font: &FontId, color: Color32) {
        let galley = ui.painter().layout_no_wrap(words.to_owned(), font.clone(), color);
        let below_middle = baseline_below_middle(ui, font);
        let half = galley.size().y / 2.0;
        self.spoken.push_str(words);
        let width = galley.size().x;
        let inset = Inset {
            ascent: half + below_middle,
            descent: half - below_middle,
            content: Content::Words(galley, color),
        };
        self.inset(width, inset);
    }

    /// Room for a widget, which the caller puts into the reported rectangle.
    pub fn hole(&mut self, width: f32, ascent: f32, descent: f32) {
        self.inset(width, Inset { ascent, descent, content: Content::Nothing });
    }

    fn inset(&mut self, width: f32, inset: Inset) {
        let height =
            centred_height(inset.ascent, inset.descent, self.baseline).max(self.line_height);
        let format = TextFormat { line_height: Some(height), ..self.format() };
        // The space between letters stands before a letter, so it is the second place that is moved away from the first.
        let moved =
            TextFormat { extra_letter_spacing: width - 2.0 * self.place_width, ..format.clone() };
        self.job.append(PLACE, 0.0, format);
        self.job.append(PLACE, 0.0, moved);
        self.boxes.push(inset);
    }

    /// Lays the paragraph out over the available width and draws it.
    pub fn show(mut self, ui: &mut Ui) -> Flown {
        self.job.wrap.max_width = ui.available_width();
        let galley = ui.painter().layout_job(self.job);
        let response = ui.add(Label::new(Arc::clone(&galley)));
        let spoken = self.spoken;
        response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), &spoken));
        let corner = response.rect.min;
        let mut places = galley.rows.iter().flat_map(|row| {
            let row_corner = corner + row.pos.to_vec2();
            row.glyphs
                .iter()
                .filter(|glyph| PLACE.starts_with(glyph.chr))
                .map(move |glyph| row_corner + glyph.pos.to_vec2())
        });
        let mut rects = Vec::new();
        for inset in &self.boxes {
            let (Some(left), Some(last)) = (places.next(), places.next()) else { break };
            let right = last.x + self.place_width;
            let rect = Rect::from_min_max(
                pos2(left.x, left.y - inset.ascent),
                pos2(right, left.y + inset.descent),
            );
            inset.content.paint(ui, rect, self.color);
            rects.push(rect);
        }
        let spans = self.spans.iter().map(|span| rows_of(&galley, corner, span)).collect();
        Flown { response, boxes: rects, spans }
    }
}

/// The rectangles that some characters of a galley take, one in each row.
fn rows_of(galley: &Galley, corner: egui::Pos2, span: &std::ops::Range<usize>) -> Vec<Rect> {
    let mut rects = Vec::new();
    let mut first = 0;
    for row in &galley.rows {
        let in_row = row.glyphs.iter().enumerate().filter(|(at, _)| span.contains(&(first + at)));
        let row_corner = corner + row.pos.to_vec2();
        let rect = in_row.fold(Rect::NOTHING, |rect, (_, glyph)| {
            let middle = row_corner.y + row.size.y / 2.0;
            let half = glyph.font_height / 2.0;
            let left = row_corner.x + glyph.pos.x;
            let glyph_rect = Rect::from_min_max(
                pos2(left, middle - half),
                pos2(left + glyph.advance_width, middle + half),
            );
            rect.union(glyph_rect)
        });
        if rect.is_positive() {
            rects.push(rect);
        }
        first += row.glyphs.len() + usize::from(row.ends_with_newline);
    }
    rects
}

impl Content {
    fn paint(&self, ui: &Ui, rect: Rect, color: Color32) {
        match self {
            Self::Nothing => {}
            Self::Words(galley, color) => ui.painter().galley(rect.min, Arc::clone(galley), *color),
            Self::Formula(formula) => formula.paint(
                ui.painter(),
                rect.min + vec2(theme::MATH_MARGIN, formula.ascent),
                color,
            ),
        }
    }
}
