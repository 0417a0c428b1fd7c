//! Training in front of the learner: what commands and reports change, and the stage that follows.

use std::sync::Arc;

use super::state::{ModelChoice, State};
use super::update::{self, Effect};
use crate::lesson::{Control as StageControl, Stage};
use crate::tasks::{self, Split};
use crate::tensor::random::Random;
use crate::training::live::{Control, Live, Order, Phase, Report, TrainCommand};
use crate::training::race;
use crate::view::training::SPEC;

/// The task that is raced for: where a model of it is on the stage, a race can be started.
pub(super) const TASK: &str = "remember";
/// Seconds of training between two runs for the stage.
const FOLLOWED_EVERY: f64 = 0.2;

/// A race and what of it stands on the stage.
#[derive(Clone, Default)]
pub struct LiveTraining {
    /// The race.
    pub live: Live,
    /// The weights last put on the stage, by contestant and update.
    shown: Option<(&'static str, usize)>,
    /// The contestant's seconds then.
    shown_at: f64,
}

/// Carries out a learner's command.
pub(super) fn command(state: &mut State, command: TrainCommand) -> Vec<Effect> {
    let training = state.training.get_or_insert_default();
    let begins = !matches!(training.live.phase(), Phase::Running | Phase::Paused)
        && matches!(command, TrainCommand::Start | TrainCommand::Step);
    if begins && training.live.follows().is_none() {
        // The stage follows the contestant that is on it.
        let model = state.run.as_ref().map(|run| run.checkpoint.card.model.as_str());
        let lane = training.live.lanes().iter().position(|lane| Some(lane.spec.id) == model);
        training.live.apply(TrainCommand::Follow(lane));
    }
    let is_new = matches!(command, TrainCommand::Rewind | TrainCommand::Set(_)) || begins;
    if is_new {
        training.shown = None;
    }
    let mut effects = effects(training.live.apply(command));
    effects.extend(put_on_stage(state));
    effects
}

/// Takes what a thread reports.
pub(super) fn report(state: &mut State, report: Report) -> Vec<Effect> {
    let Some(training) = &mut state.training else { return Vec::new() };
    if training.live.take(report) { put_on_stage(state) } else { Vec::new() }
}

/// What a stop's stage says about a race. Its model comes to the stage, so the stage follows no
/// contestant unless the stop says which.
pub(super) fn enter(state: &mut State, stage: Option<&Stage>) -> Vec<Effect> {
    unfollow(state);
    let Some(stage) = stage.filter(|stage| stage.views.iter().any(|view| view.text == SPEC.id))
    else {
        return Vec::new();
    };
    let training = state.training.get_or_insert_default();
    let mut orders = Vec::new();
    for (name, value) in &stage.controls {
        match value {
            StageControl::Number(value) => {
                if let Some(control) = Control::named(name, *value) {
                    orders.extend(training.live.apply(TrainCommand::Set(control)));
                }
            }
            StageControl::Text(model) if name == "follow" => {
                let lanes = training.live.lanes();
                let lane = lanes.iter().position(|lane| lane.spec.id == model || lane.id == model);
                training.live.apply(TrainCommand::Follow(lane));
            }
            _ => {}
        }
    }
    effects(orders)
}

/// Another page is opened: the race waits.
pub(super) fn leave(state: &mut State) -> Vec<Effect> {
    let Some(training) = &mut state.training else { return Vec::new() };
    effects(training.live.apply(TrainCommand::Pause))
}

/// Another model is wanted on the stage.
pub(super) fn unfollow(state: &mut State) {
    if let Some(training) = &mut state.training {
        training.live.apply(TrainCommand::Follow(None));
        training.shown = None;
    }
}

fn effects(orders: Vec<Order>) -> Vec<Effect> {
    orders.into_iter().map(Effect::Train).collect()
}

/// Runs the followed contestant's weights on the stage, a few times a second at most while they
/// change.
fn put_on_stage(state: &mut State) -> Vec<Effect> {
    let Some(training) = &mut state.training else { return Vec::new() };
    let Some((lane, step, parameters)) = training.live.on_stage() else { return Vec::new() };
    let changes = training.live.phase() == Phase::Running && training.live.checkpoint().is_none();
    let is_soon = (lane.seconds - training.shown_at).abs() < FOLLOWED_EVERY;
    let is_same = training.shown == Some((lane.id, step));
    let must_wait = training.shown.is_some() && changes && (is_soon || state.pending.is_some());
    if is_same || must_wait {
        return Vec::new();
    }
    let plan = race::plan(lane.id, training.live.settings());
    let id = format!("{} @ {step}", lane.id);
    let checkpoint = plan.and_then(|plan| plan.checkpoint(id, step, parameters, f64::NAN));
    let checkpoint = match checkpoint {
        Ok(checkpoint) => Arc::new(checkpoint),
        Err(error) => {
            update::fail(state, error.to_string());
            return Vec::new();
        }
    };
    training.shown = Some((lane.id, step));
    training.shown_at = lane.seconds;
    let reads = state.run.as_ref().map(|run| run.checkpoint.card.task.as_str());
    if reads != Some(checkpoint.card.task.as_str()) {
        let example = tasks::draw(&*checkpoint.task, &mut Random::new(1, 0), Split::HeldOut);
        state.input = checkpoint.task.text(&example.sequence);
    }
    state.model = ModelChoice::Opened(checkpoint);
    update::run(state)
}
