//! The text of lessons as one can search it: a page for each opening and each stop, in each language.

use super::visit::{Piece, walk_blocks};
use super::{Block, Inline, Lesson, plain_text};

/// What stands on one page of a lesson.
#[derive(Clone, Debug)]
pub struct PageText {
    /// The lesson's id.
    pub lesson: String,
    /// The language that it is written in.
    pub language: String,
    /// The stop; 0 is the opening.
    pub stop: usize,
    /// The heading; of the opening, the lesson's title.
    pub title: String,
    /// All text without its marks, on one line.
    pub text: String,
    /// The same in small letters, byte for byte at the same place.
    folded: String,
}

impl PageText {
    fn new(lesson: &Lesson, language: &str, stop: usize, title: String, text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let folded = text.to_ascii_lowercase();
        let (lesson, language) = (lesson.id.clone(), language.to_owned());
        Self { lesson, language, stop, title, text, folded }
    }

    /// The place in the text of the first of these words, if all of them occur. Words are in small letters.
    #[must_use]
    pub fn find(&self, words: &[&str]) -> Option<usize> {
        let places = words.iter().map(|word| self.folded.find(word));
        places.collect::<Option<Vec<_>>>()?.first().copied()
    }

    /// Some text around a place, cut between characters.
    #[must_use]
    pub fn around(&self, at: usize, before: usize, after: usize) -> String {
        let start = self.text.floor_char_boundary(at.saturating_sub(before));
        let end = self.text.ceil_char_boundary((at + after).min(self.text.len()));
        let [left, right] =
            [start > 0, end < self.text.len()].map(|is_cut| if is_cut { "…" } else { "" });
        format!("{left}{}{right}", self.text.get(start..end).unwrap_or_default().trim())
    }
}

/// The pages of a lesson, from its opening on.
pub(super) fn pages(lesson: &Lesson, language: &str) -> Vec<PageText> {
    let mut opening = plain_text(&lesson.problem);
    for goal in &lesson.goals {
        opening.push(' ');
        opening.push_str(&plain_text(goal));
    }
    opening.push(' ');
    opening.push_str(&text(&lesson.intro));
    let opening = PageText::new(lesson, language, 0, lesson.title.clone(), &opening);
    let stops = lesson.stops.iter().enumerate().map(|(at, stop)| {
        PageText::new(lesson, language, at + 1, plain_text(&stop.title), &text(&stop.blocks))
    });
    std::iter::once(opening).chain(stops).collect()
}

/// The words of some blocks; live values show their expression, formulas their TeX.
fn text(blocks: &[Block]) -> String {
    let mut text = String::new();
    walk_blocks(blocks, &mut |piece| match piece {
        Piece::Block(Block::Math(tex)) => {
            text.push(' ');
            text.push_str(&tex.text);
        }
        Piece::Block(Block::Code { text: code, .. }) => {
            text.push(' ');
            text.push_str(code);
        }
        Piece::Block(_) | Piece::Inline(Inline::SoftBreak | Inline::HardBreak) => text.push(' '),
        Piece::Inline(Inline::Text(words) | Inline::Code(words)) => text.push_str(words),
        Piece::Inline(Inline::Math(tex)) => text.push_str(&tex.text),
        Piece::Inline(Inline::Live(expression)) => text.push_str(&expression.source),
        Piece::Inline(_) => {}
    });
    text
}

#[cfg(test)]
mod tests {
    use crate::lesson::Library;

    #[test]
    fn every_page_of_both_languages_can_be_found_by_its_words() {
        let library = Library::embedded();
        let found = |words: &[&str]| -> Vec<(&str, &str, usize)> {
            let pages = library.texts().iter().filter(|page| page.find(words).is_some());
            pages.map(|page| (page.lesson.as_str(), page.language.as_str(), page.stop)).collect()
        };
        assert!(found(&["schmidhuber", "hochreiter"]).contains(&("lstm", "en", 0)));
        assert!(found(&["长短期记忆"]).contains(&("lstm", "zh", 0)));
        assert!(found(&["no such words"]).is_empty());
        let lessons = library.ids().count();
        assert!(library.texts().len() > 12 * lessons);
    }

    #[test]
    fn text_around_a_place_is_cut_between_characters() {
        let library = Library::embedded();
        for page in library.texts() {
            for at in 0..page.text.len().min(300) {
                assert!(page.around(at, 7, 11).chars().count() <= 24);
            }
        }
    }
}
