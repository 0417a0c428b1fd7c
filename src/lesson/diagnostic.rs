//! What is wrong with a lesson, where it is wrong and how to mend it.

use std::fmt;

/// A position in a lesson file; both numbers start at 1 and the column counts characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line in the file.
    pub line: usize,
    /// Character in the line.
    pub column: usize,
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something does not work as written.
    Error,
    /// The lesson works, but it is probably not what the author meant.
    Warning,
}

/// One remark on a lesson file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// Line in the file, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A diagnostic for something that does not work as written.
    #[must_use]
    pub fn error(place: Place, message: impl Into<String>, hint: Option<String>) -> Self {
        Self::new(Severity::Error, place, message.into(), hint)
    }

    /// A diagnostic for something that works but looks like an oversight.
    #[must_use]
    pub fn warning(place: Place, message: impl Into<String>, hint: Option<String>) -> Self {
        Self::new(Severity::Warning, place, message.into(), hint)
    }

    fn new(severity: Severity, place: Place, message: String, hint: Option<String>) -> Self {
        Self { severity, line: place.line, column: place.column, message, hint }
    }
}

impl fmt::Display for Diagnostic {
    /// Writes `line:column: severity: message (hint)`, so that `file:` in front makes it clickable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}: {severity}: {}", self.line, self.column, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Collects diagnostics while a source text is read, and turns byte offsets into places.
pub(super) struct Reporter<'a> {
    source: &'a str,
    line_starts: Vec<usize>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let mut line_starts = vec![0];
        line_starts.extend(source.match_indices('\n').map(|(newline, _)| newline + 1));
        Self { source, line_starts, diagnostics: Vec::new() }
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    pub(super) fn place(&self, offset: usize) -> Place {
        let line = self.line_starts.partition_point(|&start| start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self.source.as_bytes().get(start..offset).unwrap_or_default();
        // Counting the bytes that start a character needs no char boundary at `offset`.
        let column = 1 + before.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        Place { line, column }
    }

    pub(super) fn error(
        &mut self,
        offset: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let place = self.place(offset);
        self.diagnostics.push(Diagnostic::error(place, message, some_text(hint)));
    }

    pub(super) fn warning(
        &mut self,
        offset: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let place = self.place(offset);
        self.diagnostics.push(Diagnostic::warning(place, message, some_text(hint)));
    }
}

/// Where the pieces of an extracted text (a fence's body, a string in it) stand in the lesson file.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceMap {
    /// (offset in the text, offset in the file), ascending.
    pieces: Vec<(usize, usize)>,
    /// Escapes make a string differ from its source; then every offset maps to the string's start.
    collapsed: bool,
}

impl SourceMap {
    pub(super) fn starting_at(offset: usize) -> Self {
        Self { pieces: vec![(0, offset)], collapsed: false }
    }

    pub(super) fn push(&mut self, text_offset: usize, source_offset: usize) {
        self.pieces.push((text_offset, source_offset));
    }

    pub(super) fn at(&self, offset: usize) -> usize {
        let after = self.pieces.partition_point(|&(text_offset, _)| text_offset <= offset);
        match self.pieces.get(after.saturating_sub(1)) {
            Some(&(_, source)) if self.collapsed => source,
            Some(&(text_offset, source)) => source + offset.saturating_sub(text_offset),
            None => offset,
        }
    }

    /// The map of a string value whose quoted form `raw` starts at `raw_offset` of the text mapped by `self`.
    pub(super) fn of_string(&self, raw: &str, raw_offset: usize, value: &str) -> Self {
        let Some(quotes) = raw.find(value) else {
            return Self { pieces: vec![(0, self.at(raw_offset))], collapsed: true };
        };
        let line_starts =
            std::iter::once(0).chain(value.match_indices('\n').map(|(newline, _)| newline + 1));
        let pieces =
            line_starts.map(|start| (start, self.at(raw_offset + quotes + start))).collect();
        Self { pieces, collapsed: false }
    }
}

/// The candidate that the author most likely meant, if one is near enough to be worth offering.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody types a name this long, and the distance is quadratic.
    const LONGEST: usize = 80;
    let letters: Vec<char> = word.chars().collect();
    if letters.is_empty() || letters.len() > LONGEST {
        return None;
    }
    let tolerance = (letters.len() / 3).max(1);
    let distance = |candidate: &str| {
        // `forget_gate` for `layer0.forget_gate`: the right name without its module.
        let is_tail = candidate.strip_suffix(word).is_some_and(|module| module.ends_with('.'));
        if is_tail { 0 } else { edit_distance(&letters, candidate) }
    };
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 4 * LONGEST)
        .map(|candidate| (distance(candidate), candidate))
        .filter(|&(distance, _)| distance <= tolerance)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, substitutions and swaps of neighbours from one word to the other.
fn edit_distance(from: &[char], to: &str) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=from.len()).collect();
    let mut previous = None;
    for (to_idx, letter) in to.chars().enumerate() {
        let mut next = vec![to_idx + 1];
        for (from_idx, &expected) in from.iter().enumerate() {
            let cell = |row: &[usize], idx: usize| row.get(idx).copied().unwrap_or(usize::MAX - 1);
            let substituted = cell(&row, from_idx) + usize::from(expected != letter);
            let mut best =
                substituted.min(cell(&row, from_idx + 1) + 1).min(cell(&next, from_idx) + 1);
            let neighbour = from_idx.checked_sub(1);
            if let Some(neighbour) = neighbour
                .filter(|&idx| from.get(idx) == Some(&letter) && previous == Some(expected))
            {
                best = best.min(cell(&before, neighbour) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        previous = Some(letter);
    }
    row.last().copied().unwrap_or(0)
}

/// `did you mean "…"?`, or nothing when no candidate is near.
pub(super) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

fn some_text(hint: impl Into<String>) -> Option<String> {
    Some(hint.into()).filter(|hint| !hint.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_offers_typing_slips_and_missing_modules_only() {
        let names = ["forget_gate", "input_gate", "layer0.cell"];
        assert_eq!(nearest("forgot_gate", names), Some("forget_gate"));
        assert_eq!(nearest("cell", names), Some("layer0.cell"));
        assert_eq!(nearest("mni", ["min", "max"]), Some("min"));
        assert_eq!(nearest("attention", names), None);
        assert_eq!(nearest("", names), None);
    }

    #[test]
    fn places_count_characters_from_one() {
        let reporter = Reporter::new("ab\n遗忘门 x\n");
        assert_eq!(reporter.place(0), Place { line: 1, column: 1 });
        // Three Chinese characters take nine bytes.
        assert_eq!(reporter.place(3 + 9), Place { line: 2, column: 4 });
        assert_eq!(reporter.place(999).line, 3);
    }
}
