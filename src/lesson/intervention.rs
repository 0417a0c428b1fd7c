//! Interventions that a lesson names: where they are written, and whether they change anything.

use super::{Inline, Values, did_you_mean, plain_text};
use crate::tape::Intervention;

/// Why an intervention changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoEffect {
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
}

/// Why an intervention changes nothing in a run of these values; `None` if it does change something.
#[must_use]
pub fn no_effect(intervention: &Intervention, values: &dyn Values) -> Option<NoEffect> {
    let names = values.names();
    let name_only = Intervention { positions: None, units: None, ..intervention.clone() };
    let (parameters, meant): (Vec<&String>, Vec<&String>) = names
        .iter()
        .filter(|name| name_only.matches(name, 0))
        .partition(|name| values.is_parameter(name));
    let Some(first) = meant.first() else {
        if !parameters.is_empty() {
            let message = format!("`{}` is a parameter", intervention.pattern);
            let hint = "interventions act on values that are computed, such as `hidden`";
            return Some(NoEffect { message, hint: Some(hint.to_owned()) });
        }
        let name = intervention.pattern.trim_end_matches('*');
        let message = format!("there is no value called `{name}`");
        let computed = names.iter().filter(|name| !values.is_parameter(name)).map(String::as_str);
        return Some(NoEffect { message, hint: did_you_mean(name, computed) });
    };
    let message = format!("`{intervention}` changes nothing");
    let n_positions = i32::try_from(values.n_positions()).unwrap_or(i32::MAX);
    // An initial state stands before position 0.
    let mut touched = (-1..n_positions)
        .filter(|position| intervention.matches(first, *position))
        .flat_map(|position| meant.iter().map(move |name| values.row(name, i64::from(position))))
        .flatten()
        .peekable();
    if touched.peek().is_none() {
        let hint = format!("the input has the positions 0 to {}", n_positions - 1);
        return Some(NoEffect { message, hint: Some(hint) });
    }
    let n_units = touched.map(|row| row.len()).max().unwrap_or(0);
    if intervention.units.as_ref().is_some_and(|units| units.start >= n_units) {
        let hint = format!("`{first}` has the units 0 to {}", n_units.saturating_sub(1));
        return Some(NoEffect { message, hint: Some(hint) });
    }
    None
}

/// The interventions that a hint gives: itself, or those in backticks.
#[must_use]
pub fn in_hint(hint: &[Inline]) -> Vec<Intervention> {
    let whole = read(&plain_text(hint));
    let quoted = hint.iter().filter_map(|inline| match inline {
        Inline::Code(code) => read(code),
        _ => None,
    });
    if whole.is_some() { whole.into_iter().collect() } else { quoted.collect() }
}

/// Only what begins with a name: `Set h = 0` is a sentence, although it can be read as an intervention.
fn read(text: &str) -> Option<Intervention> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '*');
    let intervention: Intervention = text.trim().parse().ok()?;
    intervention.pattern.chars().all(is_of_name).then_some(intervention)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_an_intervention_or_quotes_some() {
        #[track_caller]
        fn check(hint: &[Inline], expected: &[&str]) {
            let found: Vec<String> = in_hint(hint).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected);
        }
        let text = |text: &str| Inline::Text(text.to_owned());
        let code = |code: &str| Inline::Code(code.to_owned());
        check(&[text("cell[7]=clamp(-1,1)")], &["cell[7] = clamp(-1, 1)"]);
        check(&[text("Write "), code("h[2]=0"), text(" or "), code("cell")], &["h[2] = 0"]);
        check(&[text("Set h = 0")], &[]);
    }
}
