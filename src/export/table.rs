//! A value, or a whole run, as CSV, JSON or safetensors.
//!
//! | key | shape | |
//! |---|---|---|
//! | `value.NAME` | (positions, units) | a named value, one row a position |
//! | `initial.NAME` | (1, units) | the state before the first position |
//! | `parameter.NAME` | as declared | a weight |
//! | `gradient.NAME` | as the value or weight | the gradient with respect to it |
//! | `initial_gradient.NAME` | as the state | the gradient with respect to an initial state |
//!
//! A value that has several rows at a position is written position by position, `value.NAME[3]`.

use std::path::Path;

use ndarray::{Array2, Axis, concatenate};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::csv;
use crate::checkpoint::{self, CheckpointError};
use crate::tape::{Gradients, Named, NodeId};
use crate::trace::Trace;

/// The named values whose columns stand for [`Trace::symbols`].
pub(super) const OVER_SYMBOLS: [&str; 2] = ["scores", "prediction"];

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated, one header line; a whole run has one line for each entry.
    Csv,
    /// One object.
    Json,
    /// Arrays by name, and everything else as JSON under the metadata key `unrolled`.
    Safetensors,
}

impl TableFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Json, Self::Safetensors];

    /// How file names end.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Safetensors => "safetensors",
        }
    }

    /// The format that a path asks for by its ending.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let extension = super::extension(path);
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }
}

/// Gradients and what they are of.
#[derive(Clone, Debug)]
pub struct GradientOf {
    /// The value whose sum was differentiated, such as `cell[5]`.
    pub label: String,
    /// Its gradients.
    pub gradients: Gradients,
}

impl GradientOf {
    /// The gradients of the sum of `name`'s entries at `position`; `None` if there is no such value.
    #[must_use]
    pub fn new(trace: &Trace, name: &str, position: usize) -> Option<Self> {
        let node = trace.node(name, i32::try_from(position).ok()?)?;
        Some(Self { label: format!("{name}[{position}]"), gradients: trace.gradients(node) })
    }
}

/// A whole run: every named value and parameter, and every gradient if asked for.
///
/// # Errors
/// If there is more than the format can hold.
pub fn run(
    trace: &Trace,
    gradients: Option<&GradientOf>,
    format: TableFormat,
) -> Result<Vec<u8>, CheckpointError> {
    let names: Vec<&Named> = trace.graph().names().iter().collect();
    write(trace, &names, gradients, format)
}

/// One value over all positions (or one parameter); `None` if there is none of that name.
///
/// # Errors
/// If there is more than the format can hold.
pub fn value(
    trace: &Trace,
    name: &str,
    format: TableFormat,
) -> Result<Option<Vec<u8>>, CheckpointError> {
    let Some(named) = trace.graph().find(name).map(|id| trace.graph().name(id)) else {
        return Ok(None);
    };
    if format == TableFormat::Csv && !named.is_parameter {
        return Ok(Some(csv::wide(trace, named).into_bytes()));
    }
    write(trace, &[named], None, format).map(Some)
}

/// Several values over all positions, or parameters; names that the run does not have are left out.
///
/// # Errors
/// If there is more than the format can hold.
pub fn values(
    trace: &Trace,
    names: &[String],
    format: TableFormat,
) -> Result<Vec<u8>, CheckpointError> {
    if let [name] = names
        && let Some(table) = value(trace, name, format)?
    {
        return Ok(table);
    }
    let ids = names.iter().filter_map(|name| trace.graph().find(name));
    let named: Vec<&Named> = ids.map(|id| trace.graph().name(id)).collect();
    write(trace, &named, None, format)
}

fn write(
    trace: &Trace,
    names: &[&Named],
    gradients: Option<&GradientOf>,
    format: TableFormat,
) -> Result<Vec<u8>, CheckpointError> {
    match format {
        TableFormat::Csv => Ok(csv::long(trace, names, gradients).into_bytes()),
        TableFormat::Json => {
            let mut bytes = serde_json::to_vec(&document(trace, names, gradients))
                .map_err(|e| CheckpointError::Card("JSON".to_owned(), e.to_string()))?;
            bytes.push(b'\n');
            Ok(bytes)
        }
        TableFormat::Safetensors => safetensors(trace, names, gradients),
    }
}

/// A named value's or parameter's formula as it ran at the last position; empty for what comes
/// from outside.
#[must_use]
pub fn formula(trace: &Trace, name: &str) -> String {
    let graph = trace.graph();
    let nodes = graph.find(name).map_or(&[][..], |id| graph.everywhere(id));
    // The last that was computed: behind the end of what is read from there stands a given state.
    let last = nodes.iter().rev().find(|(_, node)| !graph.node(*node).is_leaf());
    last.map_or(String::new(), |(_, node)| {
        let equation = graph.equation(*node, &|_, symbol| symbol);
        if equation.right.is_empty() { String::new() } else { equation.latex() }
    })
}

/// The arrays of one name: its key's ending, whether it is an initial state, and its entries.
fn stacked(
    trace: &Trace,
    named: &Named,
    pick: &dyn Fn(NodeId) -> Array2<f32>,
) -> Vec<(String, bool, Array2<f32>)> {
    let Some(id) = trace.graph().find(&named.name) else { return Vec::new() };
    let name = || named.name.clone();
    let nodes = trace.graph().everywhere(id);
    if named.is_parameter {
        return nodes.iter().map(|(_, node)| (name(), false, pick(*node))).collect();
    }
    let (before, along) = nodes.split_at(nodes.partition_point(|(position, _)| *position < 0));
    let mut arrays: Vec<_> = before.iter().map(|(_, node)| (name(), true, pick(*node))).collect();
    let rows: Vec<Array2<f32>> = along.iter().map(|(_, node)| pick(*node)).collect();
    let is_row_each = rows.iter().all(|row| row.nrows() == 1) && rows.len() == trace.n_positions();
    let views: Vec<_> = rows.iter().map(|rows| rows.view()).collect();
    match concatenate(Axis(0), &views) {
        Ok(all) if is_row_each => arrays.push((name(), false, all)),
        _ => arrays.extend(
            along
                .iter()
                .zip(rows)
                .map(|((position, _), rows)| (format!("{}[{position}]", named.name), false, rows)),
        ),
    }
    arrays
}

pub(super) fn gradient_of(trace: &Trace, gradients: &Gradients, node: NodeId) -> Array2<f32> {
    let zeros = || Array2::zeros(trace.graph().value(node).raw_dim());
    gradients.of(node).cloned().unwrap_or_else(zeros)
}

fn safetensors(
    trace: &Trace,
    names: &[&Named],
    gradients: Option<&GradientOf>,
) -> Result<Vec<u8>, CheckpointError> {
    let mut arrays = Vec::new();
    for named in names {
        let kind = if named.is_parameter { "parameter" } else { "value" };
        for (key, is_initial, array) in
            stacked(trace, named, &|node| trace.graph().value(node).clone())
        {
            arrays.push((format!("{}.{key}", if is_initial { "initial" } else { kind }), array));
        }
        if let Some(GradientOf { gradients, .. }) = gradients {
            for (key, is_initial, array) in
                stacked(trace, named, &|node| gradient_of(trace, gradients, node))
            {
                let kind = if is_initial { "initial_gradient" } else { "gradient" };
                arrays.push((format!("{kind}.{key}"), array));
            }
        }
    }
    let texts = |of: &dyn Fn(&Named) -> String| {
        names
            .iter()
            .map(|named| (named.name.clone(), of(named)))
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, json!(text)))
            .collect::<serde_json::Map<_, _>>()
    };
    let card = json!({
        "model": trace.model(),
        "input": trace.text(),
        "tokens": trace.tokens(),
        "output_symbols": trace.symbols(),
        "interventions": trace.interventions(),
        "gradient_of": gradients.map(|gradients| &gradients.label),
        "symbols": texts(&|named| named.symbol.clone()),
        "formulas": texts(&|named| formula(trace, &named.name)),
        "meanings": texts(&|named| meaning(trace, &named.name).to_owned()),
    });
    checkpoint::to_bytes("the trace", &card, arrays.iter().map(|(name, array)| (&**name, array)))
}

fn meaning(trace: &Trace, name: &str) -> &'static str {
    trace.doc(name).map_or("", |doc| doc.en)
}

#[derive(Serialize)]
struct Document<'a> {
    model: &'a str,
    input: &'a str,
    tokens: &'a [String],
    output_symbols: &'a [&'a str],
    interventions: Vec<String>,
    gradient_of: Option<&'a str>,
    values: InOrder<Entry<'a>>,
    parameters: InOrder<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    symbol: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    formula: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    meaning: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial: Option<Vec<f32>>,
    entries: Vec<Vec<f32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_gradient: Option<Vec<f32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gradient: Option<Vec<Vec<f32>>>,
}

/// A JSON object that keeps its order, and its numbers as short as they are.
struct InOrder<T>(Vec<(String, T)>);

impl<T: Serialize> Serialize for InOrder<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

fn document<'a>(
    trace: &'a Trace,
    names: &[&'a Named],
    gradients: Option<&'a GradientOf>,
) -> Document<'a> {
    let (mut values, mut parameters) = (Vec::new(), Vec::new());
    for named in names {
        let arrays = stacked(trace, named, &|node| trace.graph().value(node).clone());
        let slopes = gradients.map(|gradients| {
            stacked(trace, named, &|node| gradient_of(trace, &gradients.gradients, node))
        });
        let (initials, along): (Vec<_>, Vec<_>) =
            arrays.into_iter().enumerate().partition(|(_, (_, is_initial, _))| *is_initial);
        let slope = |at: usize| slopes.as_ref().map(|slopes| &slopes[at].2);
        for (at, (key, _, array)) in &along {
            let entry = Entry {
                symbol: &named.symbol,
                formula: formula(trace, &named.name),
                meaning: meaning(trace, &named.name),
                initial: initials.first().map(|(_, (_, _, array))| array.iter().copied().collect()),
                entries: rows(array),
                initial_gradient: initials
                    .first()
                    .and_then(|(at, _)| Some(slope(*at)?.iter().copied().collect())),
                gradient: slope(*at).map(rows),
            };
            if named.is_parameter { &mut parameters } else { &mut values }
                .push((key.clone(), entry));
        }
    }
    Document {
        model: trace.model(),
        input: trace.text(),
        tokens: trace.tokens(),
        output_symbols: trace.symbols(),
        interventions: trace.interventions().iter().map(ToString::to_string).collect(),
        gradient_of: gradients.map(|gradients| gradients.label.as_str()),
        values: InOrder(values),
        parameters: InOrder(parameters),
    }
}

fn rows(array: &Array2<f32>) -> Vec<Vec<f32>> {
    array.rows().into_iter().map(|row| row.to_vec()).collect()
}
