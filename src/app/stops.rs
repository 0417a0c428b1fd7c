//! Opening lessons and entering their stops: what the stage is told.

use std::sync::Arc;

use super::state::{Beside, ModelChoice, OpenLesson, Run, RunRequest, State};
use super::training;
use super::update::{Effect, fail, run, set_laboratory};
use crate::laboratory::Laboratory;
use crate::lesson::{Answer, Expression, Lesson, Seen, Setting, Stage, evaluate};
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
    state.lesson = Some(OpenLesson::new(found));
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
    state.kept.progress.entry(lesson.id.clone()).or_default().add(stop);
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
    let mut effects = training::enter(state, lesson.stage_at(stop.checked_sub(1)));
    state.loss_at = None;
    state.back = None;
    let laboratory = laboratory_at(state, &lesson, stop);
    let compare = lesson.stage_at(stop.checked_sub(1)).map(|stage| stage.compare.as_slice());
    let compare = compare.unwrap_or_default().iter().map(|model| models::resolve(&model.text));
    let beside: Vec<Beside> =
        compare.map(|id| Beside { model: ModelChoice::Shipped(id), kept: None }).collect();
    let is_beside =
        |(old, new): (&Beside, &Beside)| old.kept.is_none() && old.model.id() == new.model.id();
    let same_beside =
        state.beside.len() == beside.len() && state.beside.iter().zip(&beside).all(is_beside);
    let loss = lesson.stage_at(stop.checked_sub(1)).and_then(|stage| stage.loss.as_ref());
    let loss = loss.map(|expression| expression.source.clone());
    let is_there = laboratory.is_none() && same_beside && runs(state, &setting, &interventions);
    if is_there && has_loss_at(state, loss.as_deref()) {
        arrive(state);
        return effects;
    }
    state.model = ModelChoice::Shipped(models::resolve(setting.model));
    setting.input.clone_into(&mut state.input);
    state.interventions = interventions;
    state.resting.clear();
    state.shows_difference = false;
    state.intervening = None;
    state.beside = beside;
    let asked = if let Some(laboratory) = laboratory {
        set_laboratory(state, laboratory)
    } else {
        state.laboratory = None;
        run(state)
    };
    effects.extend(with_loss(state, loss.as_deref(), asked));
    effects
}

/// Whether the gradients on the stage are those of the loss that a stop asks for.
fn has_loss_at(state: &State, loss: Option<&str>) -> bool {
    let Some(run) = &state.run else { return false };
    let Some(backward) = &run.backward else { return loss.is_none() };
    let wanted = match loss {
        Some(loss) => loss_position(loss, &run.trace),
        None => run.trace.last_loss(),
    };
    wanted == Some(backward.position())
}

/// The same requests for a run, with the loss that a stop asks for.
fn with_loss(state: &mut State, loss: Option<&str>, effects: Vec<Effect>) -> Vec<Effect> {
    if let Some(pending) = &mut state.pending {
        pending.loss = loss.map(str::to_owned);
    }
    let with_loss = |effect| match effect {
        Effect::Run(request) => {
            Effect::Run(RunRequest { loss: loss.map(str::to_owned), ..request })
        }
        other => other,
    };
    effects.into_iter().map(with_loss).collect()
}

/// The position that a stop's `loss` names.
pub(super) fn loss_position(expression: &str, trace: &Trace) -> Option<usize> {
    match evaluate(expression, trace, 0) {
        Ok(Answer::Integer(at)) => usize::try_from(at).ok(),
        _ => None,
    }
}

/// The laboratory as a stop's controls say; none where it has no controls.
fn laboratory_at(state: &mut State, lesson: &Lesson, stop: usize) -> Option<Laboratory> {
    let stage = lesson.stage_at(stop.checked_sub(1))?;
    let controls = Some(stage.laboratory()).filter(|controls| !controls.is_empty())?;
    let (laboratory, errors) = Laboratory::with(controls);
    errors.into_iter().for_each(|error| fail(state, error));
    Some(laboratory)
}

/// Whether the run on the stage is the one that the stop asks for.
pub(super) fn is_as_asked(state: &State) -> bool {
    let Some(open) = &state.lesson else { return false };
    let setting = open.lesson.setting_at(open.stop.checked_sub(1));
    let interventions: Vec<_> = setting.set.iter().filter_map(|text| text.parse().ok()).collect();
    runs(state, &setting, &interventions)
}

fn runs(state: &State, setting: &Setting<'_>, interventions: &[Intervention]) -> bool {
    let is_idle = state.run.is_some() && state.pending.is_none() && state.input_error.is_none();
    if !setting.controls.is_empty() {
        let (asked, _) = Laboratory::with(setting.controls);
        return is_idle
            && state.laboratory.as_ref() == Some(&asked)
            && state.input == asked.input()
            && state.interventions == interventions;
    }
    let model = models::resolve(setting.model);
    is_idle
        && state.laboratory.is_none()
        && matches!(&state.model, ModelChoice::Shipped(id) if *id == model)
        && state.input == setting.input
        && state.interventions == interventions
}

/// Goes where the stop's stage says, now that its run is there.
pub(super) fn arrive(state: &mut State) {
    let (Some(open), Some(run)) = (&mut state.lesson, &state.run) else { return };
    if !std::mem::take(&mut open.arriving) {
        return;
    }
    let lesson = Arc::clone(&open.lesson);
    let stop = open.stop;
    let (run, others) = (run.clone(), state.others.clone());
    let Some(stage) = lesson.stage_at(stop.checked_sub(1)) else {
        state.timeline.apply(TimelineCommand::Position(0), &*run.trace);
        return;
    };
    let values = Seen { runs: std::iter::once(&run).chain(&others).map(Run::seen).collect() };
    apply_stage(state, stage, &run.trace, &values);
}

fn apply_stage(state: &mut State, stage: &Stage, trace: &Trace, values: &Seen<'_>) {
    if let Some(granularity) = stage.granularity {
        let granularity = match granularity {
            crate::lesson::Granularity::Token => Granularity::Token,
            crate::lesson::Granularity::Layer => Granularity::Layer,
            crate::lesson::Granularity::Operation => Granularity::Operation,
        };
        state.timeline.apply(TimelineCommand::Granularity(granularity), trace);
    }
    let position = stage.at.as_ref().map_or(Some(0), |at| integer(at, values, 0));
    if let Some(position) = position {
        state.timeline.apply(TimelineCommand::Position(position), trace);
    }
    let now = state.timeline.position(trace);
    let unit = stage.unit.as_ref().and_then(|unit| integer(unit, values, now));
    let name = stage.focus.as_ref().map(|focus| focus.text.clone());
    let name = name.or_else(|| unit.and(state.selection.as_ref().map(|s| s.name.clone())));
    if let Some(name) = name.filter(|name| trace.graph().find(name).is_some()) {
        let unit = unit.or(state.selection.as_ref().and_then(|selection| selection.unit));
        state.selection = Some(Selection::new(name, unit));
    }
}

fn integer(expression: &Expression, values: &Seen<'_>, now: usize) -> Option<usize> {
    match evaluate(&expression.source, values, now) {
        Ok(Answer::Integer(at)) => usize::try_from(at).ok(),
        _ => None,
    }
}
