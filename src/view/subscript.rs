//! Symbols with a subscript in running words: `Gain of W_h` with a small h below the line.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, FontId};

/// How large a subscript is against the letters around it.
const SIZE: f32 = 0.75;

/// Text in which the letters behind `_` stand small and low.
#[must_use]
pub fn job(text: &str, font: &FontId, color: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    let plain = TextFormat::simple(font.clone(), color);
    let small = FontId::new(font.size * SIZE, font.family.clone());
    let low = TextFormat { valign: Align::BOTTOM, ..TextFormat::simple(small, color) };
    for (at, part) in text.split('_').enumerate() {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (below, rest) = if at == 0 { ("", part) } else { part.split_at(end) };
        job.append(below, 0.0, low.clone());
        job.append(rest, 0.0, plain.clone());
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_behind_an_underscore_are_small() {
        let font = FontId::proportional(12.0);
        let job = job("Gain of W_h, and b", &font, Color32::WHITE);
        assert_eq!(job.text, "Gain of Wh, and b");
        let small = job.sections.iter().filter(|section| section.format.font_id.size < 12.0);
        let lengths: Vec<usize> =
            small.map(|section| section.byte_range.end.0 - section.byte_range.start.0).collect();
        assert_eq!(lengths.iter().sum::<usize>(), 1);
    }
}
