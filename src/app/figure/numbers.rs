//! What a view shows, written as a table.

use super::ExportError;
use crate::export::points::{self, Column, Points};
use crate::export::{TableFormat, table};
use crate::trace::Trace;
use crate::view::numbers::{Entry, Numbers, Table};

/// Named values as the whole run writes them; other numbers as a table of their own.
pub(super) fn write(
    trace: &Trace,
    numbers: &Numbers,
    format: TableFormat,
) -> Result<Vec<u8>, ExportError> {
    match numbers {
        Numbers::Values(names) => Ok(table::values(trace, names, format)?),
        Numbers::Table(table) => Ok(points::write(trace, &points_of(table), format)?),
    }
}

/// A column holds numbers where all of its entries are some.
fn points_of(table: &Table) -> Points {
    let column = |at: usize| {
        let entries = || table.rows.iter().filter_map(|row| row.get(at));
        let numbers: Option<Vec<f64>> = entries()
            .map(|entry| match entry {
                Entry::Number(number) => Some(*number),
                Entry::Text(_) => None,
            })
            .collect();
        numbers.map_or_else(|| Column::Names(entries().map(text).collect()), Column::Numbers)
    };
    let columns = table.columns.iter().enumerate();
    Points { columns: columns.map(|(at, name)| ((*name).to_owned(), column(at))).collect() }
}

fn text(entry: &Entry) -> String {
    match entry {
        Entry::Text(text) => text.clone(),
        Entry::Number(number) => number.to_string(),
    }
}
