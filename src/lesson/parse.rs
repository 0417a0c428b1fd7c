//! A lesson file to a [`Lesson`]: front matter, then Markdown. Parsing never fails.

use std::borrow::Cow;

use super::diagnostic::{Reporter, SourceMap};
use super::fields::{Fields, with_table};
use super::{Diagnostic, Lesson, Place, markdown};

/// Longer files are cut: a lesson of this size is a mistake, and no reader should wait for it.
const MAX_BYTES: usize = 1 << 18;
/// A line longer than this is hard to review and to point into.
const MAX_LINE: usize = 4000;
const FRONT_MATTER_FENCE: &str = "+++";
const FRONT_MATTER_KEYS: [&str; 6] = ["title", "problem", "model", "input", "goals", "sources"];

/// Parses the bytes of a lesson file; bytes that are not UTF-8 are reported and replaced.
#[must_use]
pub fn parse_bytes(id: &str, bytes: &[u8]) -> (Lesson, Vec<Diagnostic>) {
    let Err(error) = std::str::from_utf8(bytes) else {
        return parse(id, &String::from_utf8_lossy(bytes));
    };
    let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
    let before = String::from_utf8_lossy(before);
    let place = Reporter::new(&before).place(before.len());
    let (lesson, mut diagnostics) = parse(id, &String::from_utf8_lossy(bytes));
    diagnostics.insert(
        0,
        Diagnostic::error(
            place,
            "the file is not UTF-8 from here on",
            Some("save it as UTF-8 in the editor".to_owned()),
        ),
    );
    (lesson, diagnostics)
}

/// Parses the text of a lesson file. `id` is the file's name without `.md`, such as `05-lstm`.
#[must_use]
pub fn parse(id: &str, source: &str) -> (Lesson, Vec<Diagnostic>) {
    let mut remarks = Vec::new();
    let source = clean(source, &mut remarks);
    let mut reporter = Reporter::new(&source);
    reporter.diagnostics = remarks;
    let (number, id) = split_id(id);
    let mut lesson = Lesson { id: id.to_owned(), number: number.unwrap_or(0), ..Lesson::default() };
    if source.trim().is_empty() {
        reporter.error(
            0,
            "the lesson is empty",
            "start it with +++, title = \"…\", model = \"…\", +++",
        );
        return (lesson, reporter.diagnostics);
    }
    let body_start = front_matter(&mut lesson, &mut reporter);
    let body = reporter.source().get(body_start..).unwrap_or_default();
    let mut stops = markdown::document(body, body_start, &mut reporter).into_iter();
    if let Some(opening) = stops.next() {
        lesson.stage = opening.stage;
        lesson.intro = opening.blocks;
        lesson.intro_lines = opening.lines;
    }
    lesson.stops = stops.collect();
    let mut diagnostics = reporter.diagnostics;
    diagnostics.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
    (lesson, diagnostics)
}

/// `05-lstm` to (5, `lstm`); without a number the whole is the id.
pub(super) fn split_id(name: &str) -> (Option<u32>, &str) {
    let numbered = name.split_once('-').and_then(|(number, id)| {
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        Some((number.parse().ok().filter(|_| is_number)?, id))
    });
    match numbered {
        Some((number, id)) => (Some(number), id),
        None => (None, name),
    }
}

/// Reads the front matter and returns where the body starts.
fn front_matter(lesson: &mut Lesson, reporter: &mut Reporter) -> usize {
    let source = reporter.source();
    let Some(first_line) =
        source.split_inclusive('\n').next().filter(|line| line.trim_end() == FRONT_MATTER_FENCE)
    else {
        reporter.error(
            0,
            "the lesson has no front matter",
            "start the file with +++, title = \"…\", model = \"…\", +++",
        );
        return 0;
    };
    let start = first_line.len();
    let lines = || source.get(start..).unwrap_or_default().split_inclusive('\n');
    let length_until = |ends: &dyn Fn(&str) -> bool| -> usize {
        lines().take_while(|line| !ends(line)).map(str::len).sum()
    };
    let is_fence = |line: &str| line.trim_end() == FRONT_MATTER_FENCE;
    let (end, body_start) = if let Some(fence) = lines().find(|line| is_fence(line)) {
        let end = start + length_until(&is_fence);
        (end, end + fence.len())
    } else {
        reporter.error(0, "the front matter is never closed", "end it with a line of +++");
        let end = start + length_until(&|line| line.trim().is_empty() || line.starts_with('#'));
        (end, end)
    };
    let text = source.get(start..end).unwrap_or_default();
    let map = SourceMap::starting_at(start);
    with_table(text, &map, reporter, |table, reporter| {
        let fields =
            Fields::new(table, text, &map, ("the front matter", 0), &FRONT_MATTER_KEYS, reporter);
        fields.require(&["title", "model"], reporter);
        let text_of = |key: &str, reporter: &mut Reporter| {
            fields.string(key, reporter).map(|value| value.text)
        };
        lesson.title = text_of("title", reporter).unwrap_or_default();
        lesson.problem = fields.inlines("problem", reporter);
        lesson.model = fields.located("model", reporter).unwrap_or_default();
        lesson.input = text_of("input", reporter).unwrap_or_default();
        lesson.goals = fields.inline_list("goals", reporter);
        lesson.sources = fields.inline_list("sources", reporter);
    });
    body_start
}

/// Cuts and mends what no part of a lesson may hold, so that nothing after it has to care.
fn clean<'a>(source: &'a str, remarks: &mut Vec<Diagnostic>) -> Cow<'a, str> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut kept = source;
    if source.len() > MAX_BYTES {
        kept = source.get(..source.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
        let message =
            format!("the file has {} bytes; only the first {} are read", source.len(), kept.len());
        remarks.push(Diagnostic::error(
            Place { line: 1, column: 1 },
            message,
            Some("split the lesson".to_owned()),
        ));
    }
    for (line_idx, line) in kept.lines().enumerate().filter(|(_, line)| line.len() > MAX_LINE) {
        let n_chars = line.chars().count();
        if n_chars > MAX_LINE {
            let place = Place { line: line_idx + 1, column: 1 };
            let message = format!("this line has {n_chars} characters");
            let hint = "break it; a line end inside a paragraph is only a space".to_owned();
            remarks.push(Diagnostic::warning(place, message, Some(hint)));
        }
    }
    let is_unwanted = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t' | '\r');
    let n_unwanted = kept.chars().filter(|&letter| is_unwanted(letter)).count();
    let Some(first) = kept.find(is_unwanted) else {
        return Cow::Borrowed(kept);
    };
    let place = Reporter::new(kept).place(first);
    let message = format!("{n_unwanted} control characters are read as spaces; the first is here");
    remarks.push(Diagnostic::warning(place, message, Some("delete them".to_owned())));
    Cow::Owned(kept.replace(is_unwanted, " "))
}
