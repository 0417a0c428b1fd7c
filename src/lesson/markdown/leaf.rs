//! The pieces that hold no others: text, program text, mathematics and fenced blocks.

use std::ops::Range;

use super::frame::{Frame, Kind, unclosed_body};
use super::{Builder, Mode};
use crate::lesson::diagnostic::SourceMap;
use crate::lesson::fence::{self, Fence, RawFence};
use crate::lesson::{Block, Expression, Inline, Located};

impl Builder<'_, '_> {
    pub(super) fn code_block(
        &mut self,
        info: Option<&str>,
        mut body: String,
        mut map: SourceMap,
        text: &str,
        range: Range<usize>,
    ) {
        let offset = self.at(range.start);
        let language = info.and_then(|info| info.split_whitespace().next()).unwrap_or_default();
        let source = text.get(range.clone()).unwrap_or_default();
        if let Some(unclosed) = info.is_some().then(|| unclosed_body(source, language)).flatten() {
            self.reporter.error(
                offset,
                format!("this {language} block is never closed"),
                "end it with a line of ~~~ or ``` like the one that opens it",
            );
            // Only at the top can reading go on: further in, the end of the quote or list item has ended the block.
            if self.mode == Mode::Document && self.frames.is_empty() {
                source.get(unclosed.clone()).unwrap_or_default().clone_into(&mut body);
                map = SourceMap::starting_at(self.at(range.start + unclosed.start));
                self.resume_at = Some(range.start + unclosed.end);
            }
        }
        let note_depth = match self.mode {
            Mode::Note(depth) => depth,
            _ => 0,
        };
        let fence = RawFence { language, text: &body, map: &map, offset, note_depth };
        match fence::read(&fence, self.reporter) {
            Fence::Block(block) => self.block(block),
            Fence::Stage(stage) => {
                let target = self.stops.last_mut().filter(|_| self.mode == Mode::Document);
                match target.map(|stop| &mut stop.stage) {
                    Some(empty @ None) => *empty = Some(*stage),
                    Some(Some(_)) => self.reporter.error(
                        offset,
                        "this stop has a `stage` block already; this one has no effect",
                        "join the two, or start another stop with a ## heading",
                    ),
                    None => self.reporter.error(
                        offset,
                        "a `stage` block has no effect inside a note or a question",
                        "put it right after the stop's heading",
                    ),
                }
            }
        }
    }

    pub(super) fn text(&mut self, piece: &str, offset: usize) {
        let at = self.at(offset);
        if let Some(Frame { kind: Kind::Code(_, map), inlines, .. }) = self.frames.last_mut() {
            let length = match inlines.first() {
                Some(Inline::Text(text)) => text.len(),
                _ => 0,
            };
            map.push(length, at);
        }
        match self.frames.last_mut().and_then(|frame| frame.inlines.last_mut()) {
            Some(Inline::Text(text)) => text.push_str(piece),
            _ => self.inline(Inline::Text(piece.to_owned())),
        }
    }

    pub(super) fn code(&mut self, code: &str, text: &str, range: &Range<usize>) {
        // The space tells `= x` from a quoted `==`.
        let Some(source) = code.strip_prefix("= ").map(str::trim) else {
            self.inline(Inline::Code(code.to_owned()));
            return;
        };
        let raw = text.get(range.clone()).unwrap_or_default();
        let offset = range.start + raw.find(source).unwrap_or(0);
        self.inline(Inline::Live(Expression {
            source: source.to_owned(),
            place: self.reporter.place(self.at(offset)),
        }));
    }

    pub(super) fn html(&mut self, html: &str, offset: usize) {
        if html.trim_start().starts_with("<!--") || html.trim().is_empty() {
            return;
        }
        self.reporter.warning(
            self.at(offset),
            "HTML is shown as it is written",
            "write it in Markdown",
        );
        self.text(html, offset);
    }

    pub(super) fn display_math(&mut self, tex: Located) {
        let holds_blocks = self.frames.last().is_none_or(|frame| frame.kind.holds_blocks());
        if holds_blocks {
            self.flush_paragraph();
            self.block(Block::Math(tex));
        } else {
            self.inline(Inline::Math(tex));
        }
    }
}
