//! Markdown events to blocks and stops.
//!
//! The tree is built on an explicit stack and its depth is bounded, because whoever reads a tree of blocks recurses over it:
//! a file of ten thousand `>` must not overflow them.

mod frame;
mod leaf;

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::diagnostic::{Reporter, SourceMap};
use super::{Block, Inline, Located, Stop, plain_text};
use frame::{Frame, Kind, flatten, join_lines, stage_link};

/// Quotes, lists and emphasis nested deeper than this are read as if they were not nested.
const MAX_DEPTH: usize = 24;
/// A note in a note has no meaning, and each level is read again.
const MAX_NOTE_DEPTH: usize = 2;
/// Each unclosed fence means to read the rest again; a file with more of them is not a lesson.
const MAX_RECOVERIES: usize = 16;
/// Stands before a line of Markdown so that `- x` or `1. x` in a choice stays text. It is punctuation, so that emphasis
/// may start right after it.
const LINE_GUARD: char = '·';

/// Reads the body of a lesson, which starts at `base` of the file. The first stop is the opening.
pub(super) fn document(body: &str, base: usize, reporter: &mut Reporter) -> Vec<Stop> {
    let mut builder = Builder::new(Mode::Document, reporter);
    let mut start = 0;
    for _ in 0..=MAX_RECOVERIES {
        builder.map = SourceMap::starting_at(base + start);
        builder.run(body.get(start..).unwrap_or_default());
        match builder.resume_at.take() {
            Some(offset) => start += offset,
            None => break,
        }
    }
    builder.stops
}

/// Reads the text of a `note` block.
pub(super) fn note(
    text: &str,
    map: &SourceMap,
    depth: usize,
    reporter: &mut Reporter,
) -> Vec<Block> {
    if depth > MAX_NOTE_DEPTH {
        reporter.error(
            map.at(0),
            "a note cannot stand in a note",
            "put the text into the outer note",
        );
        return Vec::new();
    }
    let mut builder = Builder::new(Mode::Note(depth), reporter);
    builder.map = map.clone();
    builder.run(text);
    builder.stops.into_iter().flat_map(|stop| stop.blocks).collect()
}

/// Reads text that is part of a line: a question, a choice, a goal.
pub(super) fn inlines(text: &str, map: &SourceMap, reporter: &mut Reporter) -> Vec<Inline> {
    let mut builder = Builder::new(Mode::Line, reporter);
    builder.map = map.clone();
    builder.run(&format!("{LINE_GUARD}{text}"));
    let blocks = builder.stops.into_iter().flat_map(|stop| stop.blocks).collect();
    let mut inlines = join_lines(flatten(blocks));
    if let Some(Inline::Text(first)) = inlines.first_mut()
        && first.starts_with(LINE_GUARD)
    {
        first.remove(0);
        if first.is_empty() {
            inlines.remove(0);
        }
    }
    inlines
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Document,
    /// Inside so many notes.
    Note(usize),
    Line,
}

struct Builder<'a, 'b> {
    mode: Mode,
    reporter: &'a mut Reporter<'b>,
    map: SourceMap,
    /// For each open element, whether it has a frame of its own.
    framed: Vec<bool>,
    frames: Vec<Frame>,
    /// The opening and the stops so far.
    stops: Vec<Stop>,
    anchors: BTreeSet<String>,
    /// Where the outermost element that is being read starts.
    outermost: usize,
    /// Where to go on reading after a fence that was never closed.
    resume_at: Option<usize>,
}

impl<'a, 'b> Builder<'a, 'b> {
    fn new(mode: Mode, reporter: &'a mut Reporter<'b>) -> Self {
        Self {
            mode,
            reporter,
            map: SourceMap::default(),
            framed: Vec::new(),
            frames: Vec::new(),
            stops: vec![Stop::default()],
            anchors: BTreeSet::new(),
            outermost: 0,
            resume_at: None,
        }
    }

    fn run(&mut self, text: &str) {
        let options = Options::ENABLE_TABLES | Options::ENABLE_MATH;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            if self.frames.is_empty() {
                self.outermost = range.start;
            }
            match event {
                Event::Start(tag) => self.start(tag, range.start),
                Event::End(tag) => self.end(tag, text, range),
                Event::Text(piece) => self.text(&piece, range.start),
                Event::Code(code) => self.code(&code, text, &range),
                Event::InlineMath(tex) => {
                    let tex = self.located(tex.into_string(), range.start);
                    self.inline(Inline::Math(tex));
                }
                Event::DisplayMath(tex) => {
                    let tex = self.located(tex.into_string(), range.start);
                    self.display_math(tex);
                }
                Event::SoftBreak => self.inline(Inline::SoftBreak),
                Event::HardBreak => self.inline(Inline::HardBreak),
                Event::Rule => self.block(Block::Rule),
                Event::Html(html) | Event::InlineHtml(html) => self.html(&html, range.start),
                // Their extensions are off.
                Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
            }
        }
    }

    fn at(&self, offset: usize) -> usize {
        let guard = if self.mode == Mode::Line { LINE_GUARD.len_utf8() } else { 0 };
        self.map.at(offset.saturating_sub(guard))
    }

    fn located(&self, text: String, offset: usize) -> Located {
        Located { text, place: self.reporter.place(self.at(offset)) }
    }

    fn start(&mut self, tag: Tag, offset: usize) {
        let is_deep = self.frames.len() >= MAX_DEPTH;
        let in_list = matches!(self.frames.last(), Some(Frame { kind: Kind::List { .. }, .. }));
        let kind = match tag {
            Tag::BlockQuote(_) if !is_deep => Some(Kind::Quote),
            Tag::List(start) if !is_deep => Some(Kind::List { start, items: Vec::new() }),
            Tag::Strong if !is_deep => Some(Kind::Strong),
            Tag::Emphasis if !is_deep => Some(Kind::Emphasis),
            Tag::Item if in_list => Some(Kind::Item),
            Tag::Paragraph => Some(Kind::Paragraph),
            Tag::Heading { level, .. } => Some(Kind::Heading(level)),
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                Some(Kind::Code(Some(info.into_string()), SourceMap::default()))
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => Some(Kind::Code(None, SourceMap::default())),
            Tag::Link { dest_url, .. } => Some(Kind::Link(dest_url.into_string())),
            Tag::Image { dest_url, .. } => {
                let hint = "the page shows its text as a link; let a view show the picture";
                self.reporter.warning(self.at(offset), "pictures are not shown", hint);
                Some(Kind::Link(dest_url.into_string()))
            }
            Tag::Table(_) => Some(Kind::Table { rows: Vec::new() }),
            Tag::TableHead | Tag::TableRow => Some(Kind::Row(Vec::new())),
            Tag::TableCell => Some(Kind::Cell),
            _ => None,
        };
        // Text that stands beside blocks in a tight list item is a paragraph before them.
        if kind.as_ref().is_some_and(|kind| !kind.is_inline()) {
            self.flush_paragraph();
        }
        self.framed.push(kind.is_some());
        self.frames.extend(kind.map(|kind| Frame::new(kind, offset)));
    }

    fn end(&mut self, tag: TagEnd, text: &str, range: Range<usize>) {
        if !self.framed.pop().unwrap_or(false) {
            if matches!(tag, TagEnd::Item | TagEnd::List(_) | TagEnd::BlockQuote(_)) {
                self.flush_paragraph();
            }
            return;
        }
        self.flush_paragraph();
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let Frame { kind, blocks, mut inlines, start } = frame;
        match kind {
            Kind::Paragraph => blocks.into_iter().for_each(|block| self.block(block)),
            Kind::Heading(level) => self.heading(level, inlines, start),
            Kind::Quote => self.block(Block::Quote(blocks)),
            Kind::List { start, items } => self.block(Block::List { start, items }),
            Kind::Item => {
                if let Some(Frame { kind: Kind::List { items, .. }, .. }) = self.frames.last_mut() {
                    items.push(blocks);
                }
            }
            Kind::Code(info, map) => {
                let body = inlines.pop().map(|inline| plain_text(&[inline])).unwrap_or_default();
                self.code_block(info.as_deref(), body, map, text, range);
            }
            Kind::Strong => self.inline(Inline::Strong(inlines)),
            Kind::Emphasis => self.inline(Inline::Emphasis(inlines)),
            Kind::Link(url) => {
                let source = text.get(range.clone()).unwrap_or_default();
                let url_offset = range.start + source.rfind("stage:").unwrap_or(0);
                let at = |offset: usize| self.reporter.place(self.at(url_offset + offset));
                let link = stage_link(&url, &inlines, at);
                if let Some(meant) = frame::meant_stage_link(&url).filter(|_| link.is_none()) {
                    self.reporter.error(
                        self.at(range.start),
                        format!("`{url}` is not a stage link"),
                        format!("write `{meant}`"),
                    );
                }
                self.inline(link.unwrap_or(Inline::Link { text: inlines, url }));
            }
            Kind::Cell => {
                if let Some(Frame { kind: Kind::Row(cells), .. }) = self.frames.last_mut() {
                    cells.push(inlines);
                }
            }
            Kind::Row(cells) => {
                if let Some(Frame { kind: Kind::Table { rows }, .. }) = self.frames.last_mut() {
                    rows.push(cells);
                }
            }
            Kind::Table { mut rows } => {
                let header = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
                self.block(Block::Table { header, rows });
            }
        }
    }

    fn heading(&mut self, level: HeadingLevel, title: Vec<Inline>, offset: usize) {
        let starts_stop =
            self.mode == Mode::Document && self.frames.is_empty() && level == HeadingLevel::H2;
        if !starts_stop {
            self.block(Block::Heading(level as u8, title));
            return;
        }
        let anchor = frame::anchor(&plain_text(&title), &mut self.anchors);
        self.stops.push(Stop {
            title,
            anchor,
            place: self.reporter.place(self.at(offset)),
            ..Stop::default()
        });
    }

    fn inline(&mut self, inline: Inline) {
        match self.frames.last_mut() {
            Some(frame) => frame.inlines.push(inline),
            None => self.block(Block::Paragraph(vec![inline])),
        }
    }

    fn block(&mut self, block: Block) {
        if let Some(frame) = self.frames.last_mut() {
            frame.blocks.push(block);
            return;
        }
        let line = self.reporter.place(self.at(self.outermost)).line;
        if let Some(stop) = self.stops.last_mut() {
            stop.blocks.push(block);
            stop.lines.push(line);
        }
    }

    /// Makes a paragraph of the text that waits in the innermost frame, if that frame holds blocks.
    fn flush_paragraph(&mut self) {
        let Some(frame) = self.frames.last_mut().filter(|frame| frame.kind.holds_blocks()) else {
            return;
        };
        let offset = frame.start;
        let inlines = join_lines(std::mem::take(&mut frame.inlines));
        if inlines.is_empty() {
            return;
        }
        let remark = frame::unread_marks(&inlines);
        frame.blocks.push(Block::Paragraph(inlines));
        if let Some((message, hint)) = remark {
            self.reporter.warning(self.at(offset), message, hint);
        }
    }
}
