//! TOML inside a lesson: every mistake becomes a diagnostic at its line, and the other keys are still read.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::diagnostic::{Reporter, SourceMap};
use super::{Expression, Inline, Located, markdown};
use crate::tasks::nearest::did_you_mean;

/// Reads `text` as TOML and hands its table to `read`.
pub(super) fn with_table<T>(
    text: &str,
    map: &SourceMap,
    reporter: &mut Reporter,
    read: impl FnOnce(&DeTable, &mut Reporter) -> T,
) -> T {
    let (table, errors) = DeTable::parse_recoverable(text);
    // One slip often gives a train of errors; the first tells where it is.
    if let Some(error) = errors.first() {
        let offset = error.span().map_or(0, |span| span.start);
        let message = error.message().replace('\n', ", ");
        reporter.error(
            map.at(offset),
            format!("this TOML cannot be read: {message}"),
            "write `key = \"text\"`, `key = 3` or `key = [\"a\", \"b\"]`, one key on a line; a backslash needs 'single quotes'",
        );
    }
    read(table.get_ref(), reporter)
}

/// A string of the TOML text, and where its characters stand in the lesson.
pub(super) struct TextValue {
    pub(super) text: String,
    pub(super) map: SourceMap,
}

impl TextValue {
    pub(super) fn offset(&self) -> usize {
        self.map.at(0)
    }

    fn located(self, reporter: &Reporter) -> Located {
        Located { place: reporter.place(self.offset()), text: self.text }
    }

    fn inlines(&self, reporter: &mut Reporter) -> Vec<Inline> {
        markdown::inlines(&self.text, &self.map, reporter)
    }
}

/// A table being read, with what its diagnostics need.
pub(super) struct Fields<'a> {
    table: &'a DeTable<'a>,
    text: &'a str,
    map: &'a SourceMap,
    /// What the table is, for messages: "`stage` block".
    what: &'a str,
    /// Where the table starts in the lesson.
    pub(super) offset: usize,
}

impl<'a> Fields<'a> {
    /// Starts to read a table; keys that are not in `known` are reported.
    pub(super) fn new(
        table: &'a DeTable<'a>,
        text: &'a str,
        map: &'a SourceMap,
        (what, offset): (&'a str, usize),
        known: &[&str],
        reporter: &mut Reporter,
    ) -> Self {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let hint = did_you_mean(name, known.iter().copied());
                reporter.warning(
                    map.at(key.span().start),
                    format!("`{name}` is not a key of {what}"),
                    hint.unwrap_or_else(|| format!("it knows {}", known.join(", "))),
                );
            }
        }
        Self { table, text, map, what, offset }
    }

    /// A key that holds a string.
    pub(super) fn string(&self, key: &str, reporter: &mut Reporter) -> Option<TextValue> {
        let value = self.table.get(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "text in quotes", reporter);
            return None;
        };
        Some(self.text_value(text, value.span()))
    }

    /// A key that names something outside the lesson.
    pub(super) fn located(&self, key: &str, reporter: &mut Reporter) -> Option<Located> {
        Some(self.string(key, reporter)?.located(reporter))
    }

    /// A key that holds a line of Markdown.
    pub(super) fn inlines(&self, key: &str, reporter: &mut Reporter) -> Vec<Inline> {
        let value = self.string(key, reporter);
        value.map(|value| value.inlines(reporter)).unwrap_or_default()
    }

    /// A key that holds a list of texts; a single text is reported and counts as a list of one.
    pub(super) fn strings(&self, key: &str, reporter: &mut Reporter) -> Vec<TextValue> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        if let Some(text) = value.get_ref().as_str() {
            reporter.error(
                self.map.at(value.span().start),
                format!("`{key}` should be a list of texts, but it is one text"),
                format!("put brackets around it: `{key} = [\"…\"]`"),
            );
            return vec![self.text_value(text, value.span())];
        }
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of texts such as [\"a\", \"b\"]", reporter);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => texts.push(self.text_value(text, item.span())),
                None => self.wrong_type(key, item, "text in quotes", reporter),
            }
        }
        texts
    }

    /// A key that lists things outside the lesson.
    pub(super) fn located_list(&self, key: &str, reporter: &mut Reporter) -> Vec<Located> {
        let values = self.strings(key, reporter);
        values.into_iter().map(|value| value.located(reporter)).collect()
    }

    /// A key that lists lines of Markdown.
    pub(super) fn inline_list(&self, key: &str, reporter: &mut Reporter) -> Vec<Vec<Inline>> {
        let values = self.strings(key, reporter);
        values.iter().map(|value| value.inlines(reporter)).collect()
    }

    /// A key that holds an expression; a bare number or boolean is one as well.
    pub(super) fn expression(&self, key: &str, reporter: &mut Reporter) -> Option<Expression> {
        let value = self.table.get(key)?;
        let located = match value.get_ref() {
            DeValue::String(text) => self.text_value(text, value.span()).located(reporter),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                let source = self.text.get(value.span()).unwrap_or_default();
                Located {
                    text: source.to_owned(),
                    place: reporter.place(self.map.at(value.span().start)),
                }
            }
            _ => {
                self.wrong_type(key, value, "an expression in quotes or a number", reporter);
                return None;
            }
        };
        Some(Expression { source: located.text, place: located.place })
    }

    /// The tables of a list of tables, `[[key]]`.
    pub(super) fn tables(
        &self,
        key: &str,
        reporter: &mut Reporter,
    ) -> Vec<(usize, &'a DeTable<'a>)> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in value.get_ref().as_array().into_iter().flatten() {
            match item.get_ref().as_table() {
                Some(table) => tables.push((self.map.at(item.span().start), table)),
                None => self.wrong_type(key, item, "a table", reporter),
            }
        }
        if !value.get_ref().is_array() {
            self.wrong_type(
                key,
                value,
                &format!("a list of tables, each under [[{key}]]"),
                reporter,
            );
        }
        tables
    }

    /// The entries of an inline table, in the order of the file.
    pub(super) fn entries(
        &self,
        key: &str,
        reporter: &mut Reporter,
    ) -> Vec<(&'a str, &'a Spanned<DeValue<'a>>)> {
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table such as { length = 50 }", reporter);
            return Vec::new();
        };
        let mut entries: Vec<(&Spanned<DeString>, &Spanned<DeValue>)> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries.into_iter().map(|(name, value)| (name.get_ref().as_ref(), value)).collect()
    }

    /// Reports keys that a block cannot do without.
    pub(super) fn require(&self, keys: &[&str], reporter: &mut Reporter) {
        for key in keys {
            if !self.table.contains_key(*key) {
                reporter.error(
                    self.offset,
                    format!("{} has no `{key}`", self.what),
                    format!("add a line `{key} = …`"),
                );
            }
        }
    }

    pub(super) fn wrong_type(
        &self,
        key: &str,
        value: &Spanned<DeValue>,
        expected: &str,
        reporter: &mut Reporter,
    ) {
        let is_list_of_one = value.get_ref().as_array().is_some_and(|items| items.len() == 1);
        reporter.error(
            self.map.at(value.span().start),
            format!(
                "`{key}` should be {expected}, but it is of type {}",
                value.get_ref().type_str()
            ),
            if is_list_of_one { "take the brackets away" } else { "" },
        );
    }

    fn text_value(&self, text: &str, span: Range<usize>) -> TextValue {
        let raw = self.text.get(span.clone()).unwrap_or_default();
        TextValue { text: text.to_owned(), map: self.map.of_string(raw, span.start, text) }
    }
}
