//! The page on which a learner trains a model of their own text: what is read, what commands change,
//! and what the stage shows of it.

use std::sync::Arc;

use super::state::State;
use super::training::{self, LiveTraining, Training};
use super::update::{self, Effect};
use crate::checkpoint::{Card, Checkpoint};
use crate::models::Model;
use crate::nn::Parameters;
use crate::tasks::text::Division;
use crate::training::course::{Course as _, TextCourse};
use crate::training::live::{Live, Order, TrainCommand};
use crate::training::text::{self, TextSettings};

/// The architecture that is offered first.
const FIRST: &str = "lstm";
/// The views beside the page.
const VIEWS: [&str; 2] = ["prediction", "diagram"];

/// The page.
#[derive(Clone, Default)]
pub struct OwnText {
    /// The training, once a text was read.
    pub training: Option<LiveTraining<TextCourse>>,
    /// Whether the page is open, if no lesson is.
    pub is_open: bool,
}

/// Opens the page; what was trained there is still there.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let mut effects = training::leave(state);
    state.own.is_open = true;
    state.lesson = None;
    state.laboratory = None;
    state.beside.clear();
    state.others.clear();
    state.interventions.clear();
    state.resting.clear();
    state.back = None;
    state.views = VIEWS.map(str::to_owned).to_vec();
    effects.extend(follow(state));
    effects
}

/// A text was read: the page is for it from now on.
pub fn show(state: &mut State, text: Arc<Division>) -> Vec<Effect> {
    let before = state.own.training.take();
    let settings = before.as_ref().map(|before| before.live.settings().settings.clone());
    let Some(settings) = settings.or_else(|| TextSettings::of(FIRST)) else { return Vec::new() };
    let course = TextCourse { settings, text };
    // What was trained on another text ends.
    let ended = before.as_ref().map(|_| Effect::Train(Order::End));
    let live = match before {
        Some(before) => before.live.after(course),
        None => Live::new(course),
    };
    state.own.training = Some(LiveTraining::of(live));
    state.input.clear();
    ended.into_iter().chain(open(state)).collect()
}

/// Carries out a learner's command.
pub(super) fn command(state: &mut State, command: TrainCommand) -> Vec<Effect> {
    let mut effects = training::apply::<TextCourse>(state, command);
    if matches!(command, TrainCommand::Set(_)) {
        effects.extend(follow(state));
    }
    effects
}

/// The newest weights come to the stage; before the first update, new ones.
fn follow(state: &mut State) -> Vec<Effect> {
    let Some(training) = &mut state.own.training else { return Vec::new() };
    training.follow(0);
    let Some(lane) = training.live.lanes().first() else { return Vec::new() };
    if lane.parameters.is_some() {
        return training::put_on_stage::<TextCourse>(state);
    }
    let course = training.live.settings();
    let untrained = course.plan(0).and_then(|plan| {
        let parameters = plan.model()?.init(plan.recipe.seed);
        plan.checkpoint(format!("{} @ 0", plan.name), 0, &parameters, f64::NAN)
    });
    match untrained {
        Ok(checkpoint) => training::stage(state, checkpoint),
        Err(error) => {
            update::fail(state, error.to_string());
            Vec::new()
        }
    }
}

impl Training for TextCourse {
    fn of(state: &mut State) -> Option<&mut LiveTraining<Self>> {
        state.own.training.as_mut()
    }
}

/// Weights that are about to be saved: those of the page, or those on the stage.
pub struct Weights {
    card: Card,
    parameters: Parameters,
    /// The model and the text that they are to be scored on, if they are on their way.
    scored_by: Option<(Box<dyn Model>, Arc<Division>)>,
}

impl Weights {
    /// What there is to be saved now.
    #[must_use]
    pub fn of(state: &State) -> Option<Self> {
        let training = state.own.training.as_ref().filter(|_| state.own.is_open);
        if let Some(live) = training.map(|training| &training.live)
            && let Some(lane) = live.lanes().first()
            && let Some(parameters) = &lane.parameters
        {
            let (course, step) = (live.settings(), lane.updates());
            let plan = course.plan(0).ok()?;
            let checkpoint = plan.checkpoint(plan.name.clone(), step, parameters, f64::NAN).ok()?;
            let Checkpoint { card, parameters, model, .. } = checkpoint;
            return Some(Self { card, parameters, scored_by: Some((model, course.text.clone())) });
        }
        let Checkpoint { card, parameters, .. } = &*state.run.as_ref()?.checkpoint;
        Some(Self { card: card.clone(), parameters: parameters.clone(), scored_by: None })
    }

    /// Card and weights, scored on all that is held out. That may take seconds: not for a frame.
    #[must_use]
    pub fn scored(self) -> (Card, Parameters) {
        let Self { mut card, parameters, scored_by } = self;
        if let Some((model, text)) = scored_by {
            card.score = text::score(&*model, &text, &parameters).score;
        }
        (card, parameters)
    }
}
