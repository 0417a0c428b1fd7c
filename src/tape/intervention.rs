//! Changing values from outside while a model runs: clamp, scale, replace, ablate.
//!
//! Written `NAME[POSITIONS][UNITS] = EDIT`, for example
//! `forget_gate[3..7] = 0`, `cell[5][2] *= 0.5`, `hidden[..][0..4] = clamp(-1, 1)`, and for the
//! weights of attention `attention[5] = uniform`, `= shift(1)`, `= onehot(2)`.
//! A name may end in `*`; positions and units may be left out, and count from 0.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::edit::{edit_rows, within};

pub use super::edit::Edit;

/// One change to values of one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Intervention {
    /// The name of the value, or its beginning and `*`.
    pub pattern: String,
    /// The positions that it applies to; all if `None`.
    pub positions: Option<Range<usize>>,
    /// The units (columns) that it applies to; all if `None`.
    pub units: Option<Range<usize>>,
    /// What it does to the entries.
    pub edit: Edit,
}

impl Intervention {
    /// Whether it is about the value or weights called `name`.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == self.pattern,
        }
    }

    /// Edits a weight matrix; the positions are its rows, the units its columns.
    pub fn edit_weights(&self, weights: &mut Array2<f32>) {
        let rows = within(self.positions.as_ref(), weights.nrows());
        edit_rows(weights, self.edit, rows, self.units.as_ref());
    }

    /// The rows that it applies to of a value called `name` that is named at `position` and has a row
    /// for each position from there on; `None` if it applies to none.
    #[must_use]
    pub fn rows(&self, name: &str, position: i32, rows: usize) -> Option<Range<usize>> {
        if !self.names(name) {
            return None;
        }
        let Some(positions) = &self.positions else { return Some(0..rows) };
        // An initial state (position −1) is edited only when asked for without positions.
        let first = usize::try_from(position).ok()?;
        let row = |position: usize| position.saturating_sub(first).min(rows);
        let rows = row(positions.start)..row(positions.end);
        (!rows.is_empty()).then_some(rows)
    }

    /// Whether it applies to the value called `name` at `position`.
    #[must_use]
    pub fn matches(&self, name: &str, position: i32) -> bool {
        // An initial state (position −1) is edited only when asked for without positions.
        self.names(name)
            && self.positions.as_ref().is_none_or(|range| {
                usize::try_from(position).is_ok_and(|position| range.contains(&position))
            })
    }
}

impl fmt::Display for Intervention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pattern)?;
        let range = |range: &Range<usize>| match (range.start, range.end) {
            (start, end) if end == start + 1 => format!("[{start}]"),
            (start, usize::MAX) => format!("[{start}..]"),
            (start, end) => format!("[{start}..{end}]"),
        };
        match (&self.positions, &self.units) {
            (None, None) => {}
            (Some(positions), None) => write!(f, "{}", range(positions))?,
            (None, Some(units)) => write!(f, "[..]{}", range(units))?,
            (Some(positions), Some(units)) => write!(f, "{}{}", range(positions), range(units))?,
        }
        match self.edit {
            Edit::Replace(value) => write!(f, " = {value}"),
            Edit::Scale(factor) => write!(f, " *= {factor}"),
            Edit::Clamp(low, high) => write!(f, " = clamp({low}, {high})"),
            Edit::Uniform => write!(f, " = uniform"),
            Edit::Shift(by) => write!(f, " = shift({by})"),
            Edit::OneHot(column) => write!(f, " = onehot({column})"),
        }
    }
}

/// Why an intervention cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot read the intervention `{text}`: {reason}. Write for example `forget_gate[3..7]=0`, `cell[5][2]*=0.5` or `hidden=clamp(-1,1)`"
)]
pub struct InterventionError {
    text: String,
    reason: String,
}

impl FromStr for Intervention {
    type Err = InterventionError;

    fn from_str(text: &str) -> Result<Self, InterventionError> {
        let fail = |reason: String| InterventionError { text: text.to_owned(), reason };
        let (target, edit) =
            text.split_once('=').ok_or_else(|| fail("there is no `=` in it".to_owned()))?;
        let (target, scales) = match target.trim_end().strip_suffix('*') {
            // `name* = 0` is a pattern, `name *= 0` a scaling; the space tells them apart.
            Some(rest) if rest.ends_with([']', ' ']) || !target.ends_with(' ') => (rest, true),
            _ => (target, false),
        };
        let number = |text: &str| {
            let text = text.trim();
            // A score of −∞ gets no share of attention; what is no number would only spread.
            let number = text.parse::<f32>().ok().filter(|number| !number.is_nan());
            number.ok_or_else(|| fail(format!("`{text}` is not a number")))
        };
        let edit = edit.trim();
        let edit = if scales {
            Edit::Scale(number(edit)?)
        } else if let Some(bounds) = edit.strip_prefix("clamp(").and_then(|e| e.strip_suffix(')')) {
            let (low, high) =
                bounds.split_once(',').ok_or_else(|| fail("clamp needs two numbers".to_owned()))?;
            Edit::Clamp(number(low)?, number(high)?)
        } else if edit == "uniform" {
            Edit::Uniform
        } else if let Some(by) = edit.strip_prefix("shift(").and_then(|e| e.strip_suffix(')')) {
            let by = by.trim().parse().ok();
            Edit::Shift(by.ok_or_else(|| fail("shift needs a whole number".to_owned()))?)
        } else if let Some(column) = edit.strip_prefix("onehot(").and_then(|e| e.strip_suffix(')'))
        {
            let column = column.trim().parse().ok();
            let reason = "onehot needs a whole number from 0 up";
            Edit::OneHot(column.ok_or_else(|| fail(reason.to_owned()))?)
        } else {
            Edit::Replace(number(edit)?)
        };
        let mut parts = target.trim().split('[');
        let pattern = parts.next().unwrap_or_default().trim().to_owned();
        if pattern.is_empty() {
            return Err(fail("it names no value".to_owned()));
        }
        let mut ranges = [None, None];
        for (at, part) in parts.enumerate() {
            let inner =
                part.trim().strip_suffix(']').ok_or_else(|| fail("a `]` is missing".to_owned()))?;
            let place = ranges.get_mut(at).ok_or_else(|| {
                fail("it has more than the two brackets for positions and units".to_owned())
            })?;
            *place = range(inner).map_err(&fail)?;
        }
        let [positions, units] = ranges;
        Ok(Self { pattern, positions, units, edit })
    }
}

impl TryFrom<String> for Intervention {
    type Error = InterventionError;

    fn try_from(text: String) -> Result<Self, InterventionError> {
        text.parse()
    }
}

impl From<Intervention> for String {
    fn from(intervention: Intervention) -> Self {
        intervention.to_string()
    }
}

fn range(text: &str) -> Result<Option<Range<usize>>, String> {
    let index = |text: &str, otherwise: usize| {
        let text = text.trim();
        if text.is_empty() {
            return Ok(otherwise);
        }
        text.parse::<usize>().map_err(|_| format!("`{text}` is not a whole number from 0 up"))
    };
    match text.split_once("..") {
        Some((start, end)) if start.trim().is_empty() && end.trim().is_empty() => Ok(None),
        Some((start, end)) => {
            let (start, end) = (index(start, 0)?, index(end, usize::MAX)?);
            if start < end {
                Ok(Some(start..end))
            } else {
                Err(format!("the range {start}..{end} is empty"))
            }
        }
        None if text.trim().is_empty() => Err("a bracket is empty".to_owned()),
        None => {
            let at = index(text, 0)?;
            Ok(Some(at..at.saturating_add(1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_rows_of_a_value_that_has_several() {
        let rows = |text: &str, position, rows| {
            text.parse::<Intervention>().unwrap().rows("attention", position, rows)
        };
        assert_eq!(rows("attention[5] = uniform", 0, 9), Some(5..6));
        assert_eq!(rows("attention[5] = uniform", 5, 1), Some(0..1));
        assert_eq!(rows("attention[5..] = shift(1)", 3, 4), Some(2..4));
        assert_eq!(rows("attention[5] = uniform", 6, 9), None);
        assert_eq!(rows("attention[9] = uniform", 0, 9), None);
        assert_eq!(rows("attention = onehot(2)", -1, 1), Some(0..1));
        assert_eq!(rows("attention[0] = onehot(2)", -1, 1), None);
        assert_eq!(rows("other = onehot(2)", 0, 1), None);
    }
}
