//! Comma-separated tables.

use std::fmt::Write as _;

use super::table::{GradientOf, OVER_SYMBOLS, gradient_of};
use crate::tape::Named;
use crate::trace::Trace;

/// One line for each entry.
pub(super) fn long(trace: &Trace, names: &[&Named], gradients: Option<&GradientOf>) -> String {
    let mut csv = "kind,name,position,token,row,unit,value".to_owned();
    csv += if gradients.is_some() { ",gradient\n" } else { "\n" };
    for named in names {
        let Some(id) = trace.graph().find(&named.name) else { continue };
        for (position, node) in trace.graph().everywhere(id) {
            let kind = match position {
                _ if named.is_parameter => "parameter",
                -1 => "initial",
                _ => "value",
            };
            let token = usize::try_from(*position).ok().and_then(|at| trace.tokens().get(at));
            let token = token.map_or(String::new(), |token| quoted(token));
            let position = if named.is_parameter { String::new() } else { position.to_string() };
            let slope = gradients.map(|of| gradient_of(trace, &of.gradients, *node));
            for ((row, unit), entry) in trace.graph().value(*node).indexed_iter() {
                let name = quoted(&named.name);
                // Writing to a string cannot fail.
                let _ = write!(csv, "{kind},{name},{position},{token},{row},{unit},{entry}");
                if let Some(slope) = &slope {
                    let _ = write!(csv, ",{}", slope[[row, unit]]);
                }
                csv.push('\n');
            }
        }
    }
    csv
}

/// One line for each position and row, one column for each unit.
pub(super) fn wide(trace: &Trace, named: &Named) -> String {
    let Some(id) = trace.graph().find(&named.name) else { return String::new() };
    let nodes = trace.graph().everywhere(id);
    let units = nodes.iter().map(|(_, node)| trace.graph().value(*node).ncols()).max().unwrap_or(0);
    let last = named.name.rsplit('.').next().unwrap_or_default();
    let symbols = if OVER_SYMBOLS.contains(&last) { trace.symbols() } else { &[] };
    let mut csv = "position,token,row".to_owned();
    for unit in 0..units {
        let heading = symbols.get(unit).map_or_else(|| unit.to_string(), |s| quoted(s));
        csv = csv + "," + heading.as_str();
    }
    csv.push('\n');
    for (position, node) in nodes {
        let token = usize::try_from(*position).ok().and_then(|at| trace.tokens().get(at));
        let token = token.map_or(String::new(), |token| quoted(token));
        for (row, entries) in trace.graph().value(*node).rows().into_iter().enumerate() {
            let _ = write!(csv, "{position},{token},{row}");
            for entry in entries {
                let _ = write!(csv, ",{entry}");
            }
            // Attention to earlier positions alone has fewer entries at first.
            (entries.len()..units).for_each(|_| csv.push(','));
            csv.push('\n');
        }
    }
    csv
}

/// A CSV field (RFC 4180): in quotes where it has to be.
pub(super) fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
