//! Numbers that belong to no named value, such as the points of a curve: one row for each thing that
//! was measured, as CSV, JSON or safetensors.
//!
//! In safetensors a column of numbers is `column.NAME` with shape (rows, 1); names stand in the metadata.

use std::fmt::Write as _;

use ndarray::Array2;
use serde_json::{Map, Value, json};

use super::TableFormat;
use super::csv::quoted;
use crate::checkpoint::{self, CheckpointError};
use crate::trace::Trace;

/// Columns of the same length, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// From left to right.
    pub columns: Vec<(String, Column)>,
}

/// The entries of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Words.
    Names(Vec<String>),
    /// Numbers.
    Numbers(Vec<f64>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Names(names) => names.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Names(names) => json!(names),
            // What is not a finite number has no JSON but `null`.
            Self::Numbers(numbers) => json!(numbers),
        }
    }
}

/// Writes what was measured of a run.
///
/// # Errors
/// If there is more than the format can hold.
pub fn write(
    trace: &Trace,
    points: &Points,
    format: TableFormat,
) -> Result<Vec<u8>, CheckpointError> {
    let interventions: Vec<String> =
        trace.interventions().iter().map(ToString::to_string).collect();
    let mut card = json!({
        "model": trace.model(),
        "input": trace.text(),
        "tokens": trace.tokens(),
        "interventions": interventions,
    });
    match format {
        TableFormat::Csv => Ok(csv(points).into_bytes()),
        TableFormat::Json => {
            card["columns"] = columns(points, |_| true);
            let mut bytes = serde_json::to_vec(&card)
                .map_err(|e| CheckpointError::Card("JSON".to_owned(), e.to_string()))?;
            bytes.push(b'\n');
            Ok(bytes)
        }
        TableFormat::Safetensors => {
            card["columns"] = columns(points, |column| matches!(column, Column::Names(_)));
            let numbers = points.columns.iter().filter_map(|(name, column)| {
                let Column::Numbers(numbers) = column else { return None };
                let narrow = numbers.iter().map(|number| *number as f32).collect();
                let array = Array2::from_shape_vec((numbers.len(), 1), narrow).ok()?;
                Some((format!("column.{name}"), array))
            });
            let arrays: Vec<_> = numbers.collect();
            let arrays = arrays.iter().map(|(name, array)| (&**name, array));
            checkpoint::to_bytes("the table", &card, arrays)
        }
    }
}

fn columns(points: &Points, is_wanted: impl Fn(&Column) -> bool) -> Value {
    let wanted = points.columns.iter().filter(|(_, column)| is_wanted(column));
    Value::Object(wanted.map(|(name, column)| (name.clone(), column.json())).collect::<Map<_, _>>())
}

fn csv(points: &Points) -> String {
    let names: Vec<String> = points.columns.iter().map(|(name, _)| quoted(name)).collect();
    let mut csv = names.join(",") + "\n";
    let rows = points.columns.iter().map(|(_, column)| column.len()).max().unwrap_or(0);
    for row in 0..rows {
        for (at, (_, column)) in points.columns.iter().enumerate() {
            if at > 0 {
                csv.push(',');
            }
            match column {
                Column::Names(names) => {
                    csv += &names.get(row).map_or(String::new(), |name| quoted(name));
                }
                Column::Numbers(numbers) => {
                    // Writing to a string cannot fail.
                    let _ = numbers.get(row).map(|number| write!(csv, "{number}"));
                }
            }
        }
        csv.push('\n');
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_lines_and_names_are_quoted_where_they_must_be() {
        let points = Points {
            columns: vec![
                ("run".to_owned(), Column::Names(vec!["a,b".to_owned(), "c".to_owned()])),
                ("length".to_owned(), Column::Numbers(vec![5.0, 0.25])),
            ],
        };
        assert_eq!(csv(&points), "run,length\n\"a,b\",5\nc,0.25\n");
        assert_eq!(csv(&Points::default()), "\n");
    }
}
