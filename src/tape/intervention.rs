//! Changing values from outside while a model runs: clamp, scale, replace, ablate.
//!
//! Written `NAME[POSITIONS][UNITS] = EDIT`, for example
//! `forget_gate[3..7] = 0`, `cell[5][2] *= 0.5`, `hidden[..][0..4] = clamp(-1, 1)`.
//! A name may end in `*`; positions and units may be left out, and count from 0.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::equation::Tex;

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
    /// What it does to each entry.
    pub edit: Edit,
}

/// What an intervention does to an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edit {
    /// Sets it; ablation is setting it to 0.
    Replace(f32),
    /// Multiplies it.
    Scale(f32),
    /// Moves it to the nearest number between the two.
    Clamp(f32, f32),
}

impl Edit {
    /// The entry after the edit.
    #[must_use]
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Self::Replace(value) => value,
            Self::Scale(factor) => factor * x,
            // Not `f32::clamp`, which panics on bounds in the wrong order.
            Self::Clamp(low, high) => {
                if x < low {
                    low
                } else if x > high {
                    high
                } else {
                    x
                }
            }
        }
    }

    /// The derivative of the edited entry by the entry.
    #[must_use]
    pub fn slope(self, x: f32) -> f32 {
        match self {
            Self::Replace(_) => 0.0,
            Self::Scale(factor) => factor,
            Self::Clamp(low, high) => f32::from(u8::from((low..=high).contains(&x))),
        }
    }

    /// The edit in LaTeX.
    #[must_use]
    pub fn latex(self) -> String {
        match self {
            Self::Replace(value) => format!(r"\leftarrow {}", Tex::number(value).text),
            Self::Scale(factor) => format!(r"\times {}", Tex::number(factor).text),
            Self::Clamp(low, high) => {
                format!(r"\in [{}, {}]", Tex::number(low).text, Tex::number(high).text)
            }
        }
    }
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
        let within = |range: &Option<Range<usize>>, at: usize| {
            range.as_ref().is_none_or(|range| range.contains(&at))
        };
        for ((row, column), weight) in weights.indexed_iter_mut() {
            if within(&self.positions, row) && within(&self.units, column) {
                *weight = self.edit.apply(*weight);
            }
        }
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
            text.parse::<f32>().map_err(|_| fail(format!("`{text}` is not a number")))
        };
        let edit = edit.trim();
        let edit = if scales {
            Edit::Scale(number(edit)?)
        } else if let Some(bounds) = edit.strip_prefix("clamp(").and_then(|e| e.strip_suffix(')')) {
            let (low, high) =
                bounds.split_once(',').ok_or_else(|| fail("clamp needs two numbers".to_owned()))?;
            Edit::Clamp(number(low)?, number(high)?)
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
