//! Opening lessons and entering their stops: what the stage is told.

use std::sync::Arc;

use super::state::{Beside, ModelChoice, OpenLesson, State};
use super::update::{Effect, fail, run, set_laboratory};
use crate::laboratory::Laboratory;
use crate::lesson::{Answer, Expression, Lesson, Stage, evaluate};
use crate::models;
use crate::tape::Intervention;
use crate::trace::Trace;
use crate::trace::timeline::{Granularity, TimelineCommand};
use crate::view::{Selection, tr_with};

/// Opens a lesson at a stop; says so if there is no such lesson.
pub(super) fn open_lesson(state: &mut State, id: &str, stop: usize) -> Vec<Effect> {
    let Some(found) = state.library.get(state.kept.language.code(), id) else {
        let text = tr_with(state.kept.language, "error.unknown_lesson", &[("id", id)]);
        fail(state, text);
        return Vec::new();
    };
    state.lesson = Some(OpenLesson {
        lesson: Arc::new(found.lesson.clone()),
        diagnostics: found.diagnostics,
        stop: 0,
        arriving: false,
    });
    state.selection = None;
    go_to_stop(state, stop)
}

/// Enters a stop: its model, input, interventions and views; the rest when its run is there.
pub(super) fn go_to_stop(state: &mut State, stop: usize) -> Vec<Effect> {
    let Some(open) = &mut state.lesson else { return Vec::new() };
    let lesson = Arc::clone(&open.lesson);
    open.stop = stop.min(lesson.stops.len());
    open.arriving = true;
    let stop = open.stop;
    let farthest = state.kept.progress.entry(lesson.id.clone()).or_default();
    *farthest = (*farthest).max(stop);
    state.kept.place = Some((lesson.id.clone(), stop));
    let setting = lesson.setting_at(stop.checked_sub(1));
    let mut interventions = Vec::new();
    for text in &setting.set {
        match text.parse::<Intervention>() {
            Ok(intervention) => interventions.push(intervention),
            Err(error) => fail(state, error.to_string()),
        }
    }
    if let Some(stage) = lesson.stage_at(stop.checked_sub(1)) {
        let views: Vec<String> = stage.views.iter().map(|view| view.text.clone()).collect();
        if !views.is_empty() {
            state.views = views;
        }
    }
    let model = models::resolve(setting.model);
    state.loss_at = None;
    state.back = None;
    let laboratory = laboratory_at(state, &lesson, stop);
    let compare = lesson.stage_at(stop.checked_sub(1)).map(|stage| stage.compare.as_slice());
    let compare = compare.unwrap_or_default().iter().map(|model| models::resolve(&model.text));
    let beside: Vec<Beside> =
        compare.map(|id| Beside { model: ModelChoice::Shipped(id), kept: None }).collect();
    let is_there = state.run.is_some()
        && state.pending.is_none()
        && state.input_error.is_none()
        && matches!(&state.model, ModelChoice::Shipped(id) if *id == model)
        && state.input == setting.input
        && state.interventions == interventions
        && laboratory.is_none()
        && state.laboratory.is_none()
        && state
            .beside
            .iter()
            .map(|beside| beside.model.id())
            .eq(beside.iter().map(|b| b.model.id()))
        && state.beside.iter().all(|beside| beside.kept.is_none());
    if is_there {
        arrive(state);
        return Vec::new();
    }
    state.model = ModelChoice::Shipped(model);
    setting.input.clone_into(&mut state.input);
    state.interventions = interventions;
    state.resting.clear();
    state.intervening = None;
    state.beside = beside;
    if let Some(laboratory) = laboratory {
        return set_laboratory(state, laboratory);
    }
    state.laboratory = None;
    run(state)
}

/// The laboratory as a stop's controls say; none where it has no controls.
fn laboratory_at(state: &mut State, lesson: &Lesson, stop: usize) -> Option<Laboratory> {
    let stage = lesson.stage_at(stop.checked_sub(1)).filter(|stage| !stage.controls.is_empty())?;
    let mut laboratory = Laboratory::default();
    for (name, setting) in &stage.controls {
        if let Err(error) = laboratory.set(name, setting) {
            fail(state, error);
        }
    }
    Some(laboratory)
}

/// Goes where the stop's stage says, now that its run is there.
pub(super) fn arrive(state: &mut State) {
    let (Some(open), Some(run)) = (&mut state.lesson, &state.run) else { return };
    if !std::mem::take(&mut open.arriving) {
        return;
    }
    let lesson = Arc::clone(&open.lesson);
    let trace = Arc::clone(&run.trace);
    let Some(stage) = lesson.stage_at(open.stop.checked_sub(1)) else {
        state.timeline.apply(TimelineCommand::Position(0), &*trace);
        return;
    };
    apply_stage(state, stage, &trace);
}

fn apply_stage(state: &mut State, stage: &Stage, trace: &Trace) {
    if let Some(granularity) = stage.granularity {
        let granularity = match granularity {
            crate::lesson::Granularity::Token => Granularity::Token,
            crate::lesson::Granularity::Layer => Granularity::Layer,
            crate::lesson::Granularity::Operation => Granularity::Operation,
        };
        state.timeline.apply(TimelineCommand::Granularity(granularity), trace);
    }
    let position = stage.at.as_ref().map_or(Some(0), |at| integer(at, trace, 0));
    if let Some(position) = position {
        state.timeline.apply(TimelineCommand::Position(position), trace);
    }
    let now = state.timeline.position(trace);
    let unit = stage.unit.as_ref().and_then(|unit| integer(unit, trace, now));
    let name = stage.focus.as_ref().map(|focus| focus.text.clone());
    let name = name.or_else(|| unit.and(state.selection.as_ref().map(|s| s.name.clone())));
    if let Some(name) = name.filter(|name| trace.graph().find(name).is_some()) {
        let unit = unit.or(state.selection.as_ref().and_then(|selection| selection.unit));
        state.selection = Some(Selection::new(name, unit));
    }
}

fn integer(expression: &Expression, trace: &Trace, now: usize) -> Option<usize> {
    match evaluate(&expression.source, trace, now) {
        Ok(Answer::Integer(at)) => usize::try_from(at).ok(),
        _ => None,
    }
}
