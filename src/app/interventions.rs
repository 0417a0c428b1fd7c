//! What interventions are in force: adding, resting and lifting them.

use super::state::State;
use super::update::{Effect, fail, run};
use crate::lesson::nearest;
use crate::tape::Intervention;
use crate::view::command::InterveneCommand;
use crate::view::tr_with;

/// Applies an intervention as written; says so where it would change nothing.
pub(super) fn intervene(state: &mut State, text: &str) -> Vec<Effect> {
    let intervention: Intervention = match text.parse() {
        Ok(intervention) => intervention,
        Err(error) => {
            fail(state, format!("{error}"));
            return Vec::new();
        }
    };
    if let Some(text) = matches_nothing(state, &intervention) {
        fail(state, text);
        return Vec::new();
    }
    state.message = None;
    // A later setting of exactly the same entries makes an earlier one void.
    if intervention.edit.is_setting() {
        state.interventions.retain(|earlier| {
            !(earlier.edit.is_setting()
                && earlier.pattern == intervention.pattern
                && earlier.positions == intervention.positions
                && earlier.units == intervention.units)
        });
    }
    state.interventions.push(intervention);
    run(state)
}

/// Why an intervention would change nothing in the run on the stage, if so.
fn matches_nothing(state: &State, intervention: &Intervention) -> Option<String> {
    let run = state.run.as_ref()?;
    let names = run.trace.graph().names();
    let mut matching = names.iter().filter(|named| {
        let mut positions = 0..run.trace.n_positions() as i32;
        let is_edited = named.is_parameter && intervention.names(&named.name);
        is_edited || positions.any(|t| intervention.matches(&named.name, t))
    });
    if matching.next().is_some() {
        return None;
    }
    let words = [("name", intervention.pattern.as_str()), ("model", run.trace.model())];
    let mut text = tr_with(state.kept.language, "error.no_such_value", &words);
    let known: Vec<&str> = run.trace.value_names().collect();
    text.push_str(&known.join(", "));
    let all = names.iter().map(|named| named.name.as_str());
    if let Some(nearest) = nearest(&intervention.pattern, all) {
        let hint = [("nearest", nearest)];
        text.push('.');
        text.push_str(&tr_with(state.kept.language, "error.nearest", &hint));
    }
    Some(text)
}

/// Rests, wakes and lifts interventions.
pub(super) fn change(state: &mut State, command: InterveneCommand) -> Vec<Effect> {
    match command {
        InterveneCommand::Lift(at) if at < state.interventions.len() => {
            state.interventions.remove(at);
        }
        InterveneCommand::Rest(at) if at < state.interventions.len() => {
            let resting = state.interventions.remove(at);
            state.resting.push((at, resting));
        }
        InterveneCommand::Wake(at) if at < state.resting.len() => {
            let (place, woken) = state.resting.remove(at);
            // Back to its place: edits of the same entries apply in their order.
            let place = place.min(state.interventions.len());
            state.interventions.insert(place, woken);
        }
        InterveneCommand::Forget(at) => {
            if at < state.resting.len() {
                state.resting.remove(at);
            }
            return Vec::new();
        }
        InterveneCommand::LiftAll => {
            state.resting.clear();
            state.interventions.clear();
        }
        _ => return Vec::new(),
    }
    run(state)
}
