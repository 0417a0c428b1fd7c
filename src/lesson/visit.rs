//! Walks over a lesson's text in reading order.

use super::{Block, Expression, Inline, Lesson, Located, Place, Question, Try};

/// A part of the text that depends on the trace.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A value in running text.
    Live(&'a Expression),
    /// A link that moves the stage.
    StageLink {
        /// The value to select, if any.
        target: Option<&'a Located>,
        /// The position to go to, if any.
        position: Option<&'a Expression>,
        /// Where the link stands.
        place: Place,
    },
    /// A prediction.
    Predict(&'a Question),
    /// The checks at the end; an item for the whole block.
    Quiz(&'a [Question]),
    /// A task.
    Try(&'a Try),
    /// An instructor's note; what it holds follows.
    Note,
}

/// A formula of the text.
#[derive(Clone, Copy, Debug)]
pub struct Formula<'a> {
    /// Its TeX, and where it stands.
    pub tex: &'a Located,
    /// Whether it stands on a line of its own.
    pub display: bool,
}

/// The parts of some blocks that depend on the trace, in reading order.
#[must_use]
pub fn parts(blocks: &[Block]) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    walk_blocks(blocks, &mut |piece| {
        found.extend(match piece {
            Piece::Inline(Inline::Live(expression)) => Some(Part::Live(expression)),
            Piece::Inline(Inline::StageLink { target, position, place, .. }) => {
                Some(Part::StageLink {
                    target: target.as_ref(),
                    position: position.as_ref(),
                    place: *place,
                })
            }
            Piece::Block(Block::Predict(question)) => Some(Part::Predict(question)),
            Piece::Block(Block::Quiz(checks)) => Some(Part::Quiz(checks)),
            Piece::Block(Block::Try(task)) => Some(Part::Try(task)),
            Piece::Block(Block::Note(_)) => Some(Part::Note),
            _ => None,
        });
    });
    found
}

/// All formulas of a lesson: front matter, headings and every block.
#[must_use]
pub fn formulas<'a>(lesson: &'a Lesson) -> Vec<Formula<'a>> {
    let mut found = Vec::new();
    let mut visit = |piece: Piece<'a>| {
        found.extend(match piece {
            Piece::Inline(Inline::Math(tex)) => Some(Formula { tex, display: false }),
            Piece::Block(Block::Math(tex)) => Some(Formula { tex, display: true }),
            _ => None,
        });
    };
    for line in std::iter::once(&lesson.problem).chain(&lesson.goals).chain(&lesson.sources) {
        walk_inlines(line, &mut visit);
    }
    walk_blocks(&lesson.intro, &mut visit);
    for stop in &lesson.stops {
        walk_inlines(&stop.title, &mut visit);
        walk_blocks(&stop.blocks, &mut visit);
    }
    found
}

/// How many questions and tasks some blocks hold.
#[must_use]
pub fn count_asked(blocks: &[Block]) -> usize {
    let asked = parts(blocks).into_iter().map(|part| match part {
        Part::Predict(_) | Part::Try(_) => 1,
        Part::Quiz(checks) => checks.len(),
        _ => 0,
    });
    asked.sum()
}

/// The text without its marks, for outlines, window titles and screen readers. Live values show their expression.
#[must_use]
pub fn plain_text(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text(text) | Inline::Code(text) => text.clone(),
            Inline::Math(tex) => tex.text.clone(),
            Inline::Live(expression) => expression.source.clone(),
            Inline::Strong(inner) | Inline::Emphasis(inner) => plain_text(inner),
            Inline::StageLink { text, .. } | Inline::Link { text, .. } => plain_text(text),
            Inline::SoftBreak | Inline::HardBreak => " ".to_owned(),
        })
        .collect()
}

/// What a walk meets; it goes on into what the piece holds.
pub(super) enum Piece<'a> {
    Block(&'a Block),
    Inline(&'a Inline),
}

pub(super) fn walk_blocks<'a>(blocks: &'a [Block], visit: &mut dyn FnMut(Piece<'a>)) {
    for block in blocks {
        visit(Piece::Block(block));
        match block {
            Block::Paragraph(inlines) | Block::Heading(_, inlines) => walk_inlines(inlines, visit),
            Block::List { items, .. } => items.iter().for_each(|item| walk_blocks(item, visit)),
            Block::Quote(inner) | Block::Note(inner) => walk_blocks(inner, visit),
            Block::Table { header, rows } => {
                let cells = header.iter().chain(rows.iter().flatten());
                cells.for_each(|cell| walk_inlines(cell, visit));
            }
            Block::Predict(question) => walk_question(question, visit),
            Block::Quiz(checks) => checks.iter().for_each(|check| walk_question(check, visit)),
            Block::Try(task) => {
                for inlines in [&task.task, &task.hint, &task.done] {
                    walk_inlines(inlines, visit);
                }
            }
            Block::Code { .. } | Block::Math(_) | Block::Rule => {}
        }
    }
}

fn walk_question<'a>(question: &'a Question, visit: &mut dyn FnMut(Piece<'a>)) {
    let texts = [&question.question, &question.because];
    for inlines in texts.into_iter().chain(&question.choices).chain(&question.why) {
        walk_inlines(inlines, visit);
    }
}

fn walk_inlines<'a>(inlines: &'a [Inline], visit: &mut dyn FnMut(Piece<'a>)) {
    for inline in inlines {
        visit(Piece::Inline(inline));
        match inline {
            Inline::StageLink { text: inner, .. }
            | Inline::Strong(inner)
            | Inline::Emphasis(inner)
            | Inline::Link { text: inner, .. } => walk_inlines(inner, visit),
            Inline::Text(_)
            | Inline::Code(_)
            | Inline::Math(_)
            | Inline::Live(_)
            | Inline::SoftBreak
            | Inline::HardBreak => {}
        }
    }
}
