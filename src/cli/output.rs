//! Where the command line writes.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value as Json};

use crate::checkpoint;

/// Writes to standard output. A reader that has gone away, such as `head`, has read enough.
pub fn write(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("standard output cannot be written")
        }
        _ => Ok(()),
    }
}

/// Writes a line of JSON to standard output.
pub fn write_json(json: &Json) -> anyhow::Result<()> {
    write(format!("{json:#}\n").as_bytes())
}

/// Writes a line to standard error, whether or not anybody reads it.
pub fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a file atomically, or standard output for `-`.
pub fn write_to(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if path.as_os_str() == "-" {
        return write(bytes);
    }
    checkpoint::write_file(path, bytes).with_context(|| {
        format!("{} cannot be written; choose another place with --out", path.display())
    })
}

/// Rows under headings, as aligned text or as JSON.
pub struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<Json>>,
}

impl Table {
    /// An empty table.
    pub fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row, which has an entry for each heading.
    pub fn push(&mut self, row: Vec<Json>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }

    /// Writes it to standard output.
    pub fn write(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json { write_json(&self.json()) } else { write(self.text().as_bytes()) }
    }

    /// One object a row.
    fn json(&self) -> Json {
        let object = |row: &Vec<Json>| {
            let key = |heading: &&str| heading.replace(' ', "_");
            let fields = self.columns.iter().map(key).zip(row.iter().cloned());
            Json::Object(fields.collect::<Map<_, _>>())
        };
        self.rows.iter().map(object).collect()
    }

    /// Numbers to the right, words to the left, nothing after the last word of a line.
    fn text(&self) -> String {
        let headings = self.columns.iter().map(|heading| (*heading).to_owned()).collect();
        let cells: Vec<Vec<String>> = std::iter::once(headings)
            .chain(self.rows.iter().map(|row| row.iter().map(cell).collect()))
            .collect();
        let width =
            |column: usize| cells.iter().map(|row| width_of(&row[column])).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let is_number = |column: usize| {
            self.rows.iter().any(|row| row[column].is_number())
                && self.rows.iter().all(|row| row[column].is_number() || row[column].is_null())
        };
        let numbers: Vec<bool> = (0..self.columns.len()).map(is_number).collect();
        let mut text = String::new();
        for row in &cells {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let padding = " ".repeat(widths[column] - width_of(cell));
                let (before, after) =
                    if numbers[column] { (&*padding, "") } else { ("", &*padding) };
                line = line + before + cell.as_str() + after + "  ";
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// The columns that a text takes on a terminal, where Chinese characters are twice as wide.
fn width_of(text: &str) -> usize {
    let is_wide = |c: char| matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffe6}');
    text.chars().map(|c| 1 + usize::from(is_wide(c))).sum()
}

fn cell(json: &Json) -> String {
    match json {
        Json::Null => "–".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(entries) => entries.iter().map(cell).collect::<Vec<_>>().join("×"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_is_aligned_text_or_objects() {
        let mut table = Table::new(&["id", "in all", "shape"]);
        table.push(vec![json!("σ-net"), json!(12), json!([3, 4])]);
        table.push(vec![json!("b"), Json::Null, json!([1, 40])]);
        assert_eq!(table.text(), "id     in all  shape\nσ-net      12  3×4\nb           –  1×40\n");
        assert_eq!(table.json()[0]["in_all"], 12);
    }
}
