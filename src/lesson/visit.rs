//! Walks over a lesson's text in reading order.

use super::{Block, Expression, Inline, Located, Place, Question, Try};

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

/// The parts of some blocks that depend on the trace, in reading order.
#[must_use]
pub fn parts(blocks: &[Block]) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    visit_blocks(blocks, &mut found);
    found
}

/// The text without its marks, for outlines, window titles and screen readers. Live values show their expression.
#[must_use]
pub fn plain_text(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text(text) | Inline::Code(text) | Inline::Math(text) => text.clone(),
            Inline::Live(expression) => expression.source.clone(),
            Inline::Strong(inner) | Inline::Emphasis(inner) => plain_text(inner),
            Inline::StageLink { text, .. } | Inline::Link { text, .. } => plain_text(text),
            Inline::SoftBreak | Inline::HardBreak => " ".to_owned(),
        })
        .collect()
}

fn visit_blocks<'a>(blocks: &'a [Block], found: &mut Vec<Part<'a>>) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) | Block::Heading(_, inlines) => visit_inlines(inlines, found),
            Block::List { items, .. } => items.iter().for_each(|item| visit_blocks(item, found)),
            Block::Quote(inner) => visit_blocks(inner, found),
            Block::Table { header, rows } => {
                let cells = header.iter().chain(rows.iter().flatten());
                cells.for_each(|cell| visit_inlines(cell, found));
            }
            Block::Predict(question) => {
                found.push(Part::Predict(question));
                visit_question(question, found);
            }
            Block::Quiz(checks) => {
                found.push(Part::Quiz(checks));
                for question in checks {
                    visit_question(question, found);
                }
            }
            Block::Try(task) => {
                found.push(Part::Try(task));
                for inlines in [&task.task, &task.hint, &task.done] {
                    visit_inlines(inlines, found);
                }
            }
            Block::Note(inner) => {
                found.push(Part::Note);
                visit_blocks(inner, found);
            }
            Block::Code { .. } | Block::Math(_) | Block::Rule => {}
        }
    }
}

fn visit_question<'a>(question: &'a Question, found: &mut Vec<Part<'a>>) {
    let texts = [&question.question, &question.because];
    for inlines in texts.into_iter().chain(&question.choices).chain(&question.why) {
        visit_inlines(inlines, found);
    }
}

fn visit_inlines<'a>(inlines: &'a [Inline], found: &mut Vec<Part<'a>>) {
    for inline in inlines {
        match inline {
            Inline::Live(expression) => found.push(Part::Live(expression)),
            Inline::StageLink { text, target, position, place } => {
                found.push(Part::StageLink {
                    target: target.as_ref(),
                    position: position.as_ref(),
                    place: *place,
                });
                visit_inlines(text, found);
            }
            Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Link { text: inner, .. } => {
                visit_inlines(inner, found);
            }
            Inline::Text(_)
            | Inline::Code(_)
            | Inline::Math(_)
            | Inline::SoftBreak
            | Inline::HardBreak => {}
        }
    }
}
