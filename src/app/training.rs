//! Training in front of the learner: what commands and reports change, and the stage that follows.

use std::sync::Arc;

use super::state::{ModelChoice, State};
use super::update::{self, Effect};
use crate::checkpoint::Checkpoint;
use crate::lesson::{Control as StageControl, Stage};
use crate::models::ConfigError;
use crate::tasks::{self, Split};
use crate::tensor::random::Random;
use crate::training::course::{Course, TextCourse};
use crate::training::live::{Control, Live, Order, Phase, Report, TrainCommand};
use crate::training::race::Settings;
use crate::view::training::SPEC;

/// The task that is raced for: where a model of it is on the stage, a race can be started.
pub(super) const TASK: &str = "remember";
/// Positions of an example at most: what can be looked over.
const STAGED: usize = 50;
/// Seconds of training between two runs for the stage.
const FOLLOWED_EVERY: f64 = 0.2;

/// A training and what of it stands on the stage.
#[derive(Clone)]
pub struct LiveTraining<C = Settings> {
    /// The training.
    pub live: Live<C>,
    /// The weights last put on the stage, by contestant and update.
    shown: Option<(&'static str, usize)>,
    /// The contestant's seconds then.
    shown_at: f64,
}

impl Default for LiveTraining {
    fn default() -> Self {
        Self::of(Live::default())
    }
}

impl<C: Course> LiveTraining<C> {
    /// A training of which nothing is on the stage.
    #[must_use]
    pub fn of(live: Live<C>) -> Self {
        Self { live, shown: None, shown_at: 0.0 }
    }

    /// From now on a contestant's weights are on the stage.
    pub(super) fn follow(&mut self, lane: usize) {
        self.live.apply(TrainCommand::Follow(Some(lane)));
        self.shown = None;
    }

    fn unfollow(&mut self) {
        self.live.apply(TrainCommand::Follow(None));
        self.shown = None;
    }

    /// Weights that are to come to the stage, if they are others than those that are there. While
    /// they change, a few times a second at most.
    fn due(&mut self, is_running: bool) -> Option<Result<Checkpoint, ConfigError>> {
        let (lane, step, parameters) = self.live.on_stage()?;
        let changes = self.live.phase() == Phase::Running && self.live.checkpoint().is_none();
        let is_soon = (lane.seconds - self.shown_at).abs() < FOLLOWED_EVERY;
        let is_same = self.shown == Some((lane.id, step));
        let must_wait = self.shown.is_some() && changes && (is_soon || is_running);
        if is_same || must_wait {
            return None;
        }
        let plan = self.live.settings().plan(self.live.follows()?);
        let checkpoint = plan.and_then(|plan| {
            plan.checkpoint(format!("{} @ {step}", plan.name), step, parameters, f64::NAN)
        });
        let (id, seconds) = (lane.id, lane.seconds);
        if checkpoint.is_ok() {
            self.shown = Some((id, step));
            self.shown_at = seconds;
        }
        Some(checkpoint)
    }
}

/// A kind of training that the window knows.
pub(super) trait Training: Course {
    /// That of a state, if there is one.
    fn of(state: &mut State) -> Option<&mut LiveTraining<Self>>;
}

impl Training for Settings {
    fn of(state: &mut State) -> Option<&mut LiveTraining> {
        state.training.as_mut()
    }
}

/// Carries out a learner's command about a race.
pub(super) fn command(state: &mut State, command: TrainCommand) -> Vec<Effect> {
    let model = state.run.as_ref().map(|run| run.checkpoint.card.model.clone());
    let training = state.training.get_or_insert_default();
    if begins(&training.live, command) && training.live.follows().is_none() {
        // The stage follows the contestant that is on it.
        let mut lanes = training.live.lanes().iter();
        let lane = lanes.position(|lane| Some(lane.spec.id) == model.as_deref());
        training.live.apply(TrainCommand::Follow(lane));
    }
    apply::<Settings>(state, command)
}

/// Carries out a command about a training that there is.
pub(super) fn apply<C: Training>(state: &mut State, command: TrainCommand) -> Vec<Effect> {
    let Some(training) = C::of(state) else { return Vec::new() };
    let is_new = matches!(command, TrainCommand::Rewind | TrainCommand::Set(_));
    if is_new || begins(&training.live, command) {
        training.shown = None;
    }
    let orders = training.live.apply(command);
    let mut effects = Vec::new();
    if orders.iter().any(|order| matches!(order, Order::Prepare(..))) {
        // The threads are for one training at a time; what the other has found stays.
        effects.extend(stop_other::<C>(state));
    }
    effects.extend(orders.into_iter().map(Effect::Train));
    effects.extend(put_on_stage::<C>(state));
    effects
}

/// Whether a command needs threads that are not there.
fn begins<C: Course>(live: &Live<C>, command: TrainCommand) -> bool {
    !matches!(live.phase(), Phase::Running | Phase::Paused)
        && matches!(command, TrainCommand::Start | TrainCommand::Step)
}

fn stop_other<C: Training>(state: &mut State) -> Vec<Effect> {
    let orders = if C::NUMBERS == Settings::NUMBERS {
        state.own.training.as_mut().map(|own| own.live.apply(TrainCommand::Stop))
    } else {
        state.training.as_mut().map(|race| race.live.apply(TrainCommand::Stop))
    };
    effects(orders.unwrap_or_default())
}

/// Takes what a thread reports.
pub(super) fn report(state: &mut State, report: Report) -> Vec<Effect> {
    if report.generation > TextCourse::NUMBERS {
        let is_taken = TextCourse::of(state).is_some_and(|training| training.live.take(report));
        if is_taken { put_on_stage::<TextCourse>(state) } else { Vec::new() }
    } else {
        let is_taken = Settings::of(state).is_some_and(|training| training.live.take(report));
        if is_taken { put_on_stage::<Settings>(state) } else { Vec::new() }
    }
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

/// Another page is opened: what is trained waits.
pub(super) fn leave(state: &mut State) -> Vec<Effect> {
    state.own.is_open = false;
    let mut effects = Vec::new();
    if let Some(training) = &mut state.training {
        effects.extend(training.live.apply(TrainCommand::Pause));
    }
    if let Some(training) = &mut state.own.training {
        training.unfollow();
        effects.extend(training.live.apply(TrainCommand::Pause));
    }
    self::effects(effects)
}

/// Another model is wanted on the stage.
pub(super) fn unfollow(state: &mut State) {
    if let Some(training) = &mut state.training {
        training.unfollow();
    }
    if let Some(training) = &mut state.own.training {
        training.unfollow();
    }
}

fn effects(orders: Vec<Order>) -> Vec<Effect> {
    orders.into_iter().map(Effect::Train).collect()
}

/// Runs the followed contestant's weights on the stage, a few times a second at most while they
/// change.
pub(super) fn put_on_stage<C: Training>(state: &mut State) -> Vec<Effect> {
    let is_running = state.pending.is_some();
    match C::of(state).and_then(|training| training.due(is_running)) {
        Some(Ok(checkpoint)) => stage(state, checkpoint),
        Some(Err(error)) => {
            update::fail(state, error.to_string());
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Runs a model that is being trained, on an example where it cannot read what is there.
pub(super) fn stage(state: &mut State, checkpoint: Checkpoint) -> Vec<Effect> {
    let reads = state.run.as_ref().map(|run| run.checkpoint.card.task.as_str());
    let is_same_task = reads == Some(checkpoint.card.task.as_str());
    if !is_same_task || checkpoint.parse(&state.input).is_err() {
        let example = tasks::draw(&*checkpoint.task, &mut Random::new(1, 0), Split::HeldOut);
        let beginning = example.sequence.beginning(STAGED);
        state.input = checkpoint.task.text(&beginning);
    }
    state.model = ModelChoice::Opened(Arc::new(checkpoint));
    update::run(state)
}
