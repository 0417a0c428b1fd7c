//! The open elements of a Markdown tree, and small questions about source text.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::HeadingLevel;

use crate::lesson::diagnostic::SourceMap;
use crate::lesson::fence::LANGUAGES;
use crate::lesson::{Block, Expression, Inline, Located, Place};
use crate::tasks::nearest::nearest;

/// An element whose end has not been seen.
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) blocks: Vec<Block>,
    pub(super) inlines: Vec<Inline>,
    /// Where it starts in the text being read.
    pub(super) start: usize,
}

/// What the element is, with the parts that are neither blocks nor inlines.
pub(super) enum Kind {
    Paragraph,
    Heading(HeadingLevel),
    Quote,
    List {
        start: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    Item,
    /// The info string of a fence, if it is one, and where the body stands.
    Code(Option<String>, SourceMap),
    Strong,
    Emphasis,
    Link(String),
    Table {
        rows: Vec<Vec<Vec<Inline>>>,
    },
    Row(Vec<Vec<Inline>>),
    Cell,
}

impl Frame {
    pub(super) fn new(kind: Kind, start: usize) -> Self {
        Self { kind, blocks: Vec::new(), inlines: Vec::new(), start }
    }
}

impl Kind {
    pub(super) fn is_inline(&self) -> bool {
        matches!(self, Self::Strong | Self::Emphasis | Self::Link(_))
    }

    pub(super) fn holds_blocks(&self) -> bool {
        matches!(self, Self::Paragraph | Self::Quote | Self::Item)
    }
}

/// Reads `stage:name@position`; another address gives nothing. `place_at` takes an offset in `url`.
pub(super) fn stage_link(
    url: &str,
    text: &[Inline],
    place_at: impl Fn(usize) -> Place,
) -> Option<Inline> {
    let scheme = "stage:";
    let address = url.strip_prefix(scheme)?;
    let (name, position) = match address.split_once('@') {
        Some((name, position)) => (name, Some(position)),
        None => (address, None),
    };
    let target = Located { text: name.trim().to_owned(), place: place_at(scheme.len()) };
    let position = position.map(|position| Expression {
        source: position.trim().to_owned(),
        place: place_at(scheme.len() + name.len() + 1),
    });
    Some(Inline::StageLink {
        text: text.to_vec(),
        target: Some(target).filter(|target| !target.text.is_empty()),
        position,
        place: place_at(0),
    })
}

/// The stage link that was meant by an address that is none but looks like one: `stagecell@1`, `Stage:cell`, `cell@1`.
pub(super) fn meant_stage_link(url: &str) -> Option<String> {
    const SCHEME: &str = "stage";
    if url.contains("://") || url.starts_with("mailto:") {
        return None;
    }
    let (before, address) = match url.split_once([':', '：']) {
        Some((before, address)) => (before, Some(address)),
        None => (url, None),
    };
    let lower = before.to_lowercase();
    if let Some(address) = address.filter(|_| nearest(&lower, [SCHEME]).is_some()) {
        return Some(format!("{SCHEME}:{address}"));
    }
    let rest = before.get(SCHEME.len()..).filter(|_| lower.starts_with(SCHEME));
    match rest.filter(|rest| rest.contains('@') || !rest.contains(['.', '#'])) {
        Some(rest) => {
            let address = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '@');
            Some(format!("{SCHEME}:{address}"))
        }
        None => url.contains('@').then(|| format!("{SCHEME}:{url}")),
    }
}

/// If a fenced block is never closed: the part of its source that is most likely meant as its body.
pub(super) fn unclosed_body(source: &str, language: &str) -> Option<Range<usize>> {
    let marker = source.chars().next()?;
    let opening = source.chars().take_while(|&letter| letter == marker).count();
    let is_closing = |line: &str| {
        let line = line.trim_matches([' ', '\t', '\r', '>']);
        line.len() >= opening && line.chars().all(|letter| letter == marker)
    };
    let body_start = source.find('\n').map_or(source.len(), |newline| newline + 1);
    let body = source.get(body_start..).unwrap_or_default();
    if body.trim_end_matches('\n').lines().next_back().is_some_and(is_closing) {
        return None;
    }
    let is_ours = LANGUAGES.contains(&language);
    let mut end = body_start;
    for line in body.split_inclusive('\n') {
        let starts_something = ["## ", "~~~", "```"].iter().any(|start| line.starts_with(start));
        if starts_something || (is_ours && line.trim().is_empty()) {
            break;
        }
        end += line.len();
    }
    Some(body_start..end)
}

/// Running text has no line ends at its ends.
pub(super) fn join_lines(mut inlines: Vec<Inline>) -> Vec<Inline> {
    let is_break = |inline: &Inline| matches!(inline, Inline::SoftBreak | Inline::HardBreak);
    while inlines.last().is_some_and(is_break) {
        inlines.pop();
    }
    let leading = inlines.iter().take_while(|inline| is_break(inline)).count();
    inlines.drain(..leading);
    inlines
}

/// The running text of blocks, for places that have room for nothing else.
pub(super) fn flatten(blocks: Vec<Block>) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for block in blocks {
        if !inlines.is_empty() {
            inlines.push(Inline::HardBreak);
        }
        match block {
            Block::Paragraph(text) | Block::Heading(_, text) => inlines.extend(text),
            Block::Math(tex) => inlines.push(Inline::Math(tex)),
            Block::Code { text, .. } => inlines.push(Inline::Code(text)),
            Block::List { items, .. } => {
                inlines.extend(flatten(items.into_iter().flatten().collect()));
            }
            Block::Quote(inner) => inlines.extend(flatten(inner)),
            _ => {}
        }
    }
    inlines
}

/// Marks that were meant to do something and reached the page as text: (what happened, how to mend it).
pub(super) fn unread_marks(inlines: &[Inline]) -> Option<(&'static str, &'static str)> {
    let contains = |mark: &str| {
        let has_mark =
            |inline: &Inline| matches!(inline, Inline::Text(text) if text.contains(mark));
        inlines.iter().any(has_mark)
    };
    if contains("](stage:") {
        let hint = "an address with spaces goes into <>: [text](<stage:name@now + 1>)";
        return Some(("a link in this paragraph is not read as one", hint));
    }
    if contains("**") {
        let hint = "move punctuation out of the marks: **门**。 rather than **门。**";
        return Some(("a ** in this paragraph is shown as it is", hint));
    }
    // One alone is a sum of money; two were to hold a formula.
    let dollars = inlines.iter().map(|inline| match inline {
        Inline::Text(text) => text.matches('$').count(),
        _ => 0,
    });
    if dollars.sum::<usize>() > 1 {
        let hint = "close every brace, and put no space inside $…$";
        return Some(("a formula in this paragraph is not read as one", hint));
    }
    None
}

/// A heading as an address: letters and digits in lower case, joined by hyphens, unlike those in `taken`.
pub(super) fn anchor(title: &str, taken: &mut BTreeSet<String>) -> String {
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut anchor = if words.is_empty() { "stop".to_owned() } else { words.join("-") };
    if taken.contains(&anchor) {
        // Numbered by the stop itself, so that a thousand equal headings cost no search.
        anchor = format!("{anchor}-{}", taken.len() + 1);
    }
    while taken.contains(&anchor) {
        anchor.push('-');
    }
    taken.insert(anchor.clone());
    anchor
}
