//! Putting a session on the stage: its run is asked for, and what belongs to the run is set when that
//! is there.

use std::sync::Arc;

use super::read::texts;
use super::{Loaded, Models, Remark, SavedModel, SavedRun, SavedTimeline};
use crate::app::messages::input_error_text;
use crate::app::presenter::Presenter;
use crate::app::state::{BESIDE_AT_MOST, Beside, ModelChoice, OpenLesson, Outcome, State};
use crate::app::stops::go_to_stop;
use crate::app::training;
use crate::app::update::{Effect, fail, run};
use crate::checkpoint;
use crate::laboratory::Laboratory;
use crate::lesson::Library;
use crate::models;
use crate::view::{self, Looks, Panel};

/// What of a session waits for its run.
#[derive(Clone, Debug, PartialEq)]
pub struct Resume {
    /// The number of that run.
    pub number: u64,
    /// Where to stand in it.
    pub timeline: SavedTimeline,
    /// Where to stand in its backward pass, if that is walked through.
    pub back: Option<SavedTimeline>,
    /// The text of the input field, where that is not what the run reads.
    pub typed: Option<String>,
}

/// Restores a session, and says what of it could not be.
pub fn restore(state: &mut State, loaded: Loaded) -> Vec<Effect> {
    let Loaded { session, mut remarks, library, models } = loaded;
    let mut effects = training::leave(state);
    state.message = None;
    state.sheet = None;
    state.intervening = None;
    state.resuming = None;
    if let Some((folder, library)) = library {
        (state.library, state.lessons) = (library, Some(folder));
    } else if state.lessons.take().is_some() {
        state.library = Library::embedded();
    }
    state.kept.language = session.language;
    let views = session.views;
    let asked = views.len();
    let views: Vec<String> = views.into_iter().filter(|id| view::find(id).is_some()).collect();
    if views.len() < asked {
        remarks.push(Remark::Unread("views"));
    }
    state.breakpoints = session.breakpoints;
    state.pinned = session.pinned;
    state.hidden = session.hidden;
    let mut panels = session.panels;
    if !panels.contains(&Panel::Lesson) && !panels.contains(&Panel::Stage) {
        panels = Presenter::default().panels;
    }
    state.presenter.panels = panels;
    let place = session.place.and_then(|place| {
        let found = state.library.get(session.language.code(), &place.lesson);
        if found.is_none() {
            remarks.push(Remark::NoLesson(place.lesson.clone()));
        }
        Some((OpenLesson::new(found?), place))
    });
    let Some((mut open, place)) = place else {
        state.lesson = None;
        state.own.is_open = false;
        show(state, views, session.looks);
        say(state, &remarks);
        return effects;
    };
    open.stop = place.stop.min(open.lesson.stops.len());
    if open.stop < place.stop {
        remarks.push(Remark::Unread("stop"));
    }
    let (lesson, stop) = (Arc::clone(&open.lesson), open.stop);
    state.kept.progress.entry(lesson.id.clone()).or_default().add(stop);
    state.kept.place = Some((lesson.id.clone(), stop));
    state.lesson = Some(open);
    let model = match &session.model {
        _ if place.arriving => None,
        Some(saved) => match choice(saved, &models, &mut remarks) {
            Ok(model) => Some(model),
            Err(remark) => {
                remarks.push(remark);
                None
            }
        },
        None => None,
    };
    let Some(model) = model else {
        // The stop's own stage, with the session's views.
        effects.extend(go_to_stop(state, stop));
        show(state, views, session.looks);
        say(state, &remarks);
        return effects;
    };
    effects.extend(training::enter(state, lesson.stage_at(stop.checked_sub(1))));
    show(state, views, session.looks);
    state.laboratory = session.laboratory.map(Laboratory::within_ranges);
    state.model = model;
    state.selection = session.selection;
    state.interventions = session.interventions;
    state.resting = session.resting;
    state.shows_difference = session.shows_difference;
    state.loss_at = session.loss_at;
    state.back = None;
    let kept = |SavedRun { model, kept }: SavedRun| match choice(&model, &models, &mut remarks) {
        Ok(model) => Some(Beside { model, kept }),
        Err(remark) => {
            remarks.push(remark);
            None
        }
    };
    state.beside = session.beside.into_iter().filter_map(kept).take(BESIDE_AT_MOST).collect();
    let (input, typed) = match session.input_on_stage {
        Some(on_stage) => (on_stage, Some(session.input)),
        None => (session.input, None),
    };
    state.input = input;
    effects.extend(run(state));
    let (timeline, back) = (session.timeline, session.back);
    state.resuming = Some(Resume { number: state.runs, timeline, back, typed });
    say(state, &remarks);
    effects
}

/// Known views on the stage; where there is none, those that are there.
fn show(state: &mut State, views: Vec<String>, looks: Looks) {
    if !views.is_empty() {
        state.views = views;
    }
    state.looks = looks;
}

fn say(state: &mut State, remarks: &[Remark]) {
    if !remarks.is_empty() {
        fail(state, texts(state.kept.language, remarks));
    }
}

/// A saved model, if it is still there.
fn choice(
    saved: &SavedModel,
    models: &Models,
    remarks: &mut Vec<Remark>,
) -> Result<ModelChoice, Remark> {
    let mut compare = |id: &str, saved: &str, now: &str| {
        let remark = Remark::Changed(id.to_owned());
        if saved != now && !remarks.contains(&remark) {
            remarks.push(remark);
        }
    };
    match saved {
        SavedModel::Shipped { id, sha256 } => {
            let now = checkpoint::shipped_sha256(id).ok_or_else(|| Remark::NoModel(id.clone()))?;
            compare(id, sha256, &now);
            Ok(ModelChoice::Shipped(models::resolve(id)))
        }
        SavedModel::Opened { id, path, sha256 } => {
            let gone = |problem: &str| Remark::NoFile(path.clone(), problem.to_owned());
            let model = models.get(path).ok_or_else(|| gone(""))?.as_ref().map_err(|e| gone(e))?;
            let now = model.origin.as_ref().map_or("", |origin| origin.sha256.as_str());
            compare(id, sha256, now);
            Ok(ModelChoice::Opened(Arc::clone(model)))
        }
        SavedModel::Laboratory { controls, contestant } => {
            let controls = controls.as_ref().clone().within_ranges();
            Ok(ModelChoice::Laboratory(Box::new(controls), *contestant))
        }
        SavedModel::Training { id } => Err(Remark::Training(id.clone())),
    }
}

/// Goes where a session stood, now that its run is there.
pub(in crate::app) fn resume(state: &mut State, number: u64) {
    // A newer run was asked for since; what this one waited for is over.
    let Some(resume) = state.resuming.take_if(|resume| resume.number <= number) else { return };
    let Some(run) = state.run.as_ref().filter(|_| resume.number == number) else { return };
    state.timeline = resume.timeline.over(&*run.trace);
    let walk = resume.back.zip(run.backward.as_deref());
    state.back = walk.map(|(back, backward)| back.over(backward));
    if let Some(typed) = resume.typed {
        state.input_error = run.checkpoint.parse(&typed).err();
        state.input = typed;
    }
}

/// Why the run that a session waits for cannot be made, if it cannot.
pub(in crate::app) fn problem(state: &State, number: u64, outcome: &Outcome) -> Option<String> {
    let is_waited_for = state.resuming.as_ref().is_some_and(|resume| resume.number == number);
    match outcome {
        Outcome::Unreadable(error) if is_waited_for => {
            Some(input_error_text(state.kept.language, error))
        }
        Outcome::Failed(text) if is_waited_for => Some(text.clone()),
        _ => None,
    }
}

/// The stop's own stage, where a session's model cannot run any more.
pub(in crate::app) fn fall_back(state: &mut State, problem: String) -> Vec<Effect> {
    state.resuming = None;
    let stop = state.lesson.as_ref().map_or(0, |open| open.stop);
    let views = state.views.clone();
    let effects = go_to_stop(state, stop);
    state.views = views;
    say(state, &[Remark::NotRun(problem)]);
    effects
}
