//! What is known of a training while it is run elsewhere, and what a learner can ask of it.
//!
//! Pure: reports come from the threads that train, commands from the learner; what has to be done
//! outside is given back as an [`Order`].

use std::sync::Arc;

use super::Progress;
use super::contestant::{Reached, Snapshot};
use super::course::{Course, Subject};
use super::race::Settings;
use crate::models::ModelSpec;
use crate::nn::Parameters;

/// A loss above so many times the first is worse than any guess.
const FAR_TOO_LARGE: f32 = 2.0;
/// So many updates in a row are no accident of one batch.
const LASTING: usize = 20;

/// What a learner asks of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TrainCommand {
    /// Begin, or go on.
    Start,
    /// Wait after the present update.
    Pause,
    /// One update of every contestant.
    Step,
    /// Back to the identical initial weights.
    Rewind,
    /// End the training; what was found stays to be looked at.
    Stop,
    /// Choose otherwise; the training begins anew.
    Set(Control),
    /// Look at a kept checkpoint, or at the newest weights.
    ShowCheckpoint(Option<usize>),
    /// Put a contestant's weights on the stage, or leave the stage alone.
    Follow(Option<usize>),
}

/// What a learner can choose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Control {
    /// Units of the hidden state.
    Hidden(usize),
    /// Positions of the longest sequence.
    Length(usize),
    /// The largest learning rate.
    LearningRate(f32),
    /// The seed of initial weights and data.
    Seed(u64),
    /// The architecture's id.
    Model(&'static str),
    /// Layers.
    Layers(usize),
    /// Updates.
    Steps(usize),
}

impl Control {
    /// The control that a lesson calls `name`.
    #[must_use]
    pub fn named(name: &str, value: f64) -> Option<Self> {
        Some(match name {
            "hidden" => Self::Hidden(value as usize),
            "length" => Self::Length(value as usize),
            "learning_rate" => Self::LearningRate(value as f32),
            "seed" => Self::Seed(value as u64),
            _ => return None,
        })
    }
}

/// What has to be done by the threads.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Start threads for these choices and have them wait; those before end at once. Their
    /// reports bear the number.
    Prepare(u64, Subject),
    /// Train until told otherwise.
    Go,
    /// Wait after the present update.
    Wait,
    /// One update, then wait.
    Once,
    /// Back to the start, then wait; reports bear a new number from then on.
    Rewind(u64),
    /// End at once.
    End,
}

/// What happened since the report before.
#[derive(Clone, Debug)]
pub struct Report {
    /// The number of the start or rewind that it belongs to.
    pub generation: u64,
    /// Which contestant.
    pub contestant: usize,
    /// Updates made.
    pub progress: Vec<Progress>,
    /// Checkpoints kept.
    pub kept: Vec<Arc<Snapshot>>,
    /// The last measurement.
    pub latest: Option<Arc<Snapshot>>,
    /// The weights now.
    pub parameters: Parameters,
    /// Seconds of training so far, pauses left out.
    pub seconds: f64,
    /// When the goal was reached, and after how many seconds.
    pub reached: Option<(Reached, f64)>,
    /// The first update that was not finite.
    pub diverged: Option<usize>,
    /// Whether no further update comes.
    pub is_finished: bool,
}

/// Whether training goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has been started.
    #[default]
    Ready,
    /// Updates are being made.
    Running,
    /// The threads wait.
    Paused,
    /// The threads have ended; the numbers stay.
    Stopped,
}

/// A contestant as far as reports tell.
#[derive(Clone)]
pub struct Lane {
    /// The id of its recipe.
    pub id: &'static str,
    /// Its architecture.
    pub spec: &'static ModelSpec,
    /// What every update did.
    pub history: Vec<Progress>,
    /// Checkpoints on the way.
    pub kept: Vec<Arc<Snapshot>>,
    /// The last measurement.
    pub latest: Option<Arc<Snapshot>>,
    /// The weights now; none before the first report.
    pub parameters: Option<Parameters>,
    /// Seconds of training so far.
    pub seconds: f64,
    /// When the goal was reached, and after how many seconds.
    pub reached: Option<(Reached, f64)>,
    /// The first update that was not finite.
    pub diverged: Option<usize>,
    /// Whether no further update comes.
    pub is_finished: bool,
    /// The update from which on the loss has been far above the first.
    too_large_since: Option<usize>,
}

impl Lane {
    fn new((id, spec): (&'static str, &'static ModelSpec)) -> Self {
        Self {
            id,
            spec,
            history: Vec::new(),
            kept: Vec::new(),
            latest: None,
            parameters: None,
            seconds: 0.0,
            reached: None,
            diverged: None,
            is_finished: false,
            too_large_since: None,
        }
    }

    /// The update from which on every loss has been more than twice the first, if that lasts:
    /// training diverges without an overflow, as it does where every cell saturates.
    #[must_use]
    pub fn diverges_since(&self) -> Option<usize> {
        self.too_large_since.filter(|since| self.updates() >= since + LASTING)
    }

    fn add(&mut self, progress: Vec<Progress>) {
        for update in progress {
            self.history.push(update);
            // Written so that NaN counts as too large.
            let is_fair = update.loss <= FAR_TOO_LARGE * self.history[0].loss;
            self.too_large_since =
                if is_fair { None } else { self.too_large_since.or(Some(update.step)) };
        }
    }

    /// Updates so far.
    #[must_use]
    pub fn updates(&self) -> usize {
        self.history.last().map_or(0, |progress| progress.step)
    }
}

/// A training as the window knows it; a race, unless it says otherwise.
#[derive(Clone)]
pub struct Live<C = Settings> {
    settings: C,
    phase: Phase,
    lanes: Vec<Lane>,
    generation: u64,
    checkpoint: Option<usize>,
    follow: Option<usize>,
}

impl Default for Live {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl<C: Course> Live<C> {
    /// A training that has not been started.
    #[must_use]
    pub fn new(settings: C) -> Self {
        let settings = settings.within_bounds();
        let lanes = settings.lanes().into_iter().map(Lane::new).collect();
        let phase = Phase::Ready;
        Self { settings, phase, lanes, generation: C::NUMBERS, checkpoint: None, follow: None }
    }

    /// Another of its kind, which takes no report of what ran before it.
    #[must_use]
    pub fn after(&self, settings: C) -> Self {
        Self { generation: self.generation + 1, ..Self::new(settings) }
    }

    /// What was chosen.
    #[must_use]
    pub fn settings(&self) -> &C {
        &self.settings
    }

    /// Whether training goes on.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The contestants.
    #[must_use]
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// The kept checkpoint that is looked at; none for the newest weights.
    #[must_use]
    pub fn checkpoint(&self) -> Option<usize> {
        self.checkpoint
    }

    /// The contestant whose weights are on the stage.
    #[must_use]
    pub fn follows(&self) -> Option<usize> {
        self.follow
    }

    /// The updates after which checkpoints were kept, by the contestant that has most of them.
    #[must_use]
    pub fn kept_steps(&self) -> Vec<usize> {
        let longest = self.lanes.iter().max_by_key(|lane| lane.kept.len());
        longest.map_or_else(Vec::new, |lane| lane.kept.iter().map(|kept| kept.step).collect())
    }

    /// What is looked at of a contestant: the chosen checkpoint, or the last measurement. A
    /// contestant that has not come as far shows its last.
    #[must_use]
    pub fn snapshot<'a>(&self, lane: &'a Lane) -> Option<&'a Arc<Snapshot>> {
        let chosen = self.checkpoint.and_then(|at| lane.kept.get(at));
        chosen.or(lane.latest.as_ref())
    }

    /// The weights for the stage, and after how many updates they were so.
    #[must_use]
    pub fn on_stage(&self) -> Option<(&Lane, usize, &Parameters)> {
        let lane = self.lanes.get(self.follow?)?;
        if let Some(kept) = self.checkpoint.and_then(|at| lane.kept.get(at)) {
            return Some((lane, kept.step, &kept.parameters));
        }
        Some((lane, lane.updates(), lane.parameters.as_ref()?))
    }

    /// Carries out a command; gives what the threads have to do, in order.
    pub fn apply(&mut self, command: TrainCommand) -> Vec<Order> {
        use Phase::{Paused, Ready, Running, Stopped};
        match command {
            TrainCommand::Start => match self.phase {
                Running => Vec::new(),
                Paused => {
                    self.phase = Running;
                    vec![Order::Go]
                }
                Ready | Stopped => {
                    let prepare = self.begin();
                    self.phase = Running;
                    vec![prepare, Order::Go]
                }
            },
            TrainCommand::Pause if self.phase == Running => {
                self.phase = Paused;
                vec![Order::Wait]
            }
            TrainCommand::Step => match self.phase {
                Running | Paused => {
                    self.phase = Paused;
                    vec![Order::Once]
                }
                Ready | Stopped => vec![self.begin(), Order::Once],
            },
            TrainCommand::Rewind => match self.phase {
                Ready => Vec::new(),
                Running | Paused => {
                    self.clear();
                    self.phase = Paused;
                    vec![Order::Rewind(self.generation)]
                }
                Stopped => vec![self.begin()],
            },
            TrainCommand::Stop if matches!(self.phase, Running | Paused) => {
                self.phase = Stopped;
                vec![Order::End]
            }
            TrainCommand::Set(control) => self.set(control),
            TrainCommand::ShowCheckpoint(at) => {
                let kept = self.kept_steps().len();
                self.checkpoint = at.filter(|at| *at < kept);
                Vec::new()
            }
            TrainCommand::Follow(lane) => {
                self.follow = lane.filter(|lane| *lane < self.lanes.len());
                Vec::new()
            }
            TrainCommand::Pause | TrainCommand::Stop => Vec::new(),
        }
    }

    /// Takes a report; one that was sent before the last start or rewind is dropped. Whether it
    /// was taken.
    pub fn take(&mut self, report: Report) -> bool {
        if report.generation != self.generation || self.phase == Phase::Stopped {
            return false;
        }
        let Some(lane) = self.lanes.get_mut(report.contestant) else { return false };
        lane.add(report.progress);
        lane.kept.extend(report.kept);
        lane.latest = report.latest;
        lane.parameters = Some(report.parameters);
        lane.seconds = report.seconds;
        lane.reached = report.reached;
        lane.diverged = report.diverged;
        lane.is_finished = report.is_finished;
        if self.phase == Phase::Running && self.lanes.iter().all(|lane| lane.is_finished) {
            self.phase = Phase::Paused;
        }
        true
    }

    /// Whether all updates of all contestants are done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.lanes.iter().all(|lane| lane.is_finished)
    }

    /// Threads for the present settings, waiting.
    fn begin(&mut self) -> Order {
        self.clear();
        self.phase = Phase::Paused;
        Order::Prepare(self.generation, self.settings.subject())
    }

    /// Forgets all that was reported.
    fn clear(&mut self) {
        self.generation += 1;
        self.checkpoint = None;
        self.lanes = self.settings.lanes().into_iter().map(Lane::new).collect();
    }

    /// Other settings need other models: what ran for the old ones ends.
    fn set(&mut self, control: Control) -> Vec<Order> {
        let settings = self.settings.clone().with(control).within_bounds();
        if settings == self.settings {
            return Vec::new();
        }
        self.settings = settings;
        let was_there = matches!(self.phase, Phase::Running | Phase::Paused);
        self.clear();
        self.phase = Phase::Ready;
        if was_there { vec![Order::End] } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests;
