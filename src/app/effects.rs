//! What has to be done outside the state: threads, and what they are told and answer.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::files::{self, Answer, Opened, Slot};
use super::inbox::{Inbox, Job, Work};
use super::reload;
use super::state::{
    Beside, Explained, Finished, MeasureRequest, Measured, ModelChoice, Outcome, Run, RunRequest,
    State,
};
use super::stops;
use super::trainers::Trainers;
use super::training;
use super::update::{self, Effect};
use super::watch::Watch;
use crate::checkpoint::{self, Checkpoint};
use crate::lesson::Library;
use crate::tape::Intervention;
use crate::trace::importance::{self, Progress};
use crate::trace::{Backward, Trace, jacobian};
use crate::training::lengths::{self, Piece, Point};

/// Runs models; keeps those that were loaded.
#[derive(Default)]
pub struct Runner {
    loaded: HashMap<String, Arc<Checkpoint>>,
}

impl Runner {
    /// Carries out a request.
    pub fn run(&mut self, request: RunRequest) -> Outcome {
        let checkpoint = match self.checkpoint(&request.model) {
            Ok(checkpoint) => checkpoint,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let sequence = match checkpoint.parse(&request.input) {
            Ok(sequence) => sequence,
            Err(error) => return Outcome::Unreadable(error),
        };
        let recorded = |interventions: &[Intervention]| {
            Trace::record_edited(&checkpoint, sequence.clone(), interventions)
        };
        let trace = recorded(&request.interventions);
        let loss = request.loss.as_ref();
        let loss_at = loss.and_then(|loss| stops::loss_position(loss, &trace)).or(request.loss_at);
        let request = RunRequest { loss_at, ..request };
        let finish = |trace| Run {
            label: request.model.label(),
            ..finish(request.number, &checkpoint, trace, loss_at)
        };
        let run = finish(trace);
        let baseline = (!request.interventions.is_empty()).then(|| finish(recorded(&[])));
        let others =
            request.beside.iter().map(|beside| self.run_beside(&request, beside)).collect();
        Outcome::Done(Box::new(Finished { run, others, baseline }))
    }

    fn run_beside(&mut self, request: &RunRequest, beside: &Beside) -> Result<Run, String> {
        let checkpoint = self.checkpoint(&beside.model).map_err(|error| error.to_string())?;
        let (input, interventions) = match &beside.kept {
            Some((input, interventions)) => (input, interventions),
            None => (&request.input, &request.interventions),
        };
        let label = beside.label();
        let sequence = checkpoint.parse(input).map_err(|error| format!("{label}: {error}"))?;
        let trace = Trace::record_edited(&checkpoint, sequence, interventions);
        Ok(Run { label, ..finish(request.number, &checkpoint, trace, request.loss_at) })
    }

    /// A shipped model's accuracy at a length; `None` as soon as it is not wanted any more. That a
    /// model cannot be loaded was said when it was to be run.
    pub fn measure_length(
        &mut self,
        (id, length): &Piece,
        is_wanted: &mut dyn FnMut() -> bool,
    ) -> Option<Point> {
        let checkpoint = self.checkpoint(&ModelChoice::Shipped(id.clone()));
        let Ok(checkpoint) = checkpoint else { return Some(Point::Nothing) };
        let (seed, sequences) = (lengths::SEED, lengths::SEQUENCES);
        lengths::measure(&checkpoint, *length, seed, sequences, is_wanted)
    }

    fn checkpoint(
        &mut self,
        model: &ModelChoice,
    ) -> Result<Arc<Checkpoint>, checkpoint::CheckpointError> {
        match model {
            ModelChoice::Opened(checkpoint) => Ok(Arc::clone(checkpoint)),
            ModelChoice::Laboratory(laboratory, kind) => laboratory.build(*kind).map(Arc::new),
            ModelChoice::Shipped(id) => {
                if let Some(checkpoint) = self.loaded.get(id) {
                    return Ok(Arc::clone(checkpoint));
                }
                let checkpoint = Arc::new(checkpoint::shipped(id)?);
                self.loaded.insert(id.clone(), Arc::clone(&checkpoint));
                Ok(checkpoint)
            }
        }
    }
}

/// A finished run, with the backward pass from its loss at a position.
fn finish(number: u64, checkpoint: &Arc<Checkpoint>, trace: Trace, loss_at: Option<usize>) -> Run {
    let backward = Backward::new(&trace, loss_at.unwrap_or(usize::MAX)).map(Arc::new);
    let diagram = Arc::new(checkpoint.model.diagram());
    let (checkpoint, trace) = (Arc::clone(checkpoint), Arc::new(trace));
    Run { number, checkpoint, diagram, trace, backward, label: String::new() }
}

/// The Jacobians of some runs; `None` as soon as they are not wanted any more.
pub fn measure(request: &MeasureRequest, is_wanted: &mut dyn FnMut() -> bool) -> Option<Measured> {
    let mut jacobians = Vec::new();
    for Run { checkpoint, trace, backward, .. } in &request.runs {
        let model = &*checkpoint.model;
        let measured = backward.as_ref().and_then(|backward| {
            jacobian::of_loss(model, trace, backward, &request.name, is_wanted)
        });
        if !is_wanted() {
            return None;
        }
        jacobians.push(measured.map(Arc::new));
    }
    Some(Measured { number: request.number, name: request.name.clone(), jacobians })
}

/// How much a run's answers depend on each token; `None` as soon as that is not wanted any more.
pub fn explain(run: &Run, is_wanted: &mut dyn FnMut() -> bool) -> Option<Explained> {
    let found = importance::measure(&run.checkpoint, &run.trace, is_wanted);
    if found.is_none() && !is_wanted() {
        return None;
    }
    let progress = found.map_or(Progress::Impossible, |found| Progress::Done(Arc::new(found)));
    Some(Explained { number: run.number, progress })
}

/// Accuracy at a length, unless something else is wanted before; then it is begun anew afterwards,
/// or given up where another chart was asked for.
fn measure_length(inbox: &mut Inbox, runner: &mut Runner, piece: Piece) -> Option<Event> {
    let (chart, _) = inbox.chart();
    let point = runner.measure_length(&piece, &mut || inbox.chart() == (chart, true));
    match point {
        Some(point) => Some(Event::MeasuredLength(piece, point)),
        None => {
            if inbox.chart().0 == chart {
                inbox.put_back(piece);
            }
            None
        }
    }
}

/// An answer from outside.
enum Event {
    Reread(PathBuf, Result<Library, String>),
    Ran(u64, Outcome),
    Measured(Measured),
    Explained(Explained),
    MeasuredLength(Piece, Point),
    File(Answer),
}

/// Carries effects out on threads of their own; the window asks for answers in every frame.
pub struct Threads {
    requests: Sender<Work>,
    events: Receiver<Event>,
    answer: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
    trainers: Trainers,
    /// What is to be written once a place is chosen.
    slot: Arc<Slot>,
    /// The folder that the lessons came from, if they are not the program's own.
    watch: Option<(PathBuf, Watch)>,
}

impl Threads {
    /// Starts the worker; `wake` is called when there is an answer.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(wake: Arc<dyn Fn() + Send + Sync>) -> std::io::Result<Self> {
        let (requests, inbox) = channel();
        let (answer, events) = channel();
        let (outbox, wake_worker) = (answer.clone(), Arc::clone(&wake));
        std::thread::Builder::new().name("model".to_owned()).spawn(move || {
            let mut runner = Runner::default();
            let mut inbox = Inbox::new(inbox);
            while let Some(job) = inbox.next() {
                let event = match job {
                    Job::Run(request) => Some(Event::Ran(request.number, runner.run(request))),
                    Job::Measure(request) => {
                        measure(&request, &mut || inbox.has_no_other()).map(Event::Measured)
                    }
                    Job::Explain(run) => {
                        explain(&run, &mut || inbox.is_current()).map(Event::Explained)
                    }
                    Job::Length(piece) => measure_length(&mut inbox, &mut runner, piece),
                };
                let Some(event) = event else { continue };
                if outbox.send(event).is_err() {
                    return;
                }
                wake_worker();
            }
        })?;
        let trainers = Trainers::new(Arc::clone(&wake));
        let slot = Arc::default();
        Ok(Self { requests, events, answer, wake, trainers, slot, watch: None })
    }

    /// Starts what an effect asks for.
    pub fn perform(&mut self, effect: Effect, state: &mut State) {
        match effect {
            Effect::Run(request) => self.ask(Work::Run(request), state),
            Effect::Measure(request) => self.ask(Work::Measure(request), state),
            Effect::Explain(run) => self.ask(Work::Explain(Box::new(run)), state),
            Effect::MeasureLengths(pieces) => self.ask(Work::Lengths(pieces), state),
            // The window itself takes its picture.
            Effect::Picture => {}
            Effect::Choose(purpose) => {
                let (dialog, slot) = (files::Dialog::new(&purpose, state), Arc::clone(&self.slot));
                slot.prepare(&purpose, state);
                self.background(move |done| dialog.ask(purpose, &slot, done));
            }
            Effect::Take(purpose, path, replace) => {
                let slot = Arc::clone(&self.slot);
                slot.refresh(&purpose, state);
                self.background(move |done| files::take((purpose, path, replace), &slot, done));
            }
            Effect::Train(order) => {
                if let Err(text) = self.trainers.perform(order) {
                    update::fail(state, text);
                }
            }
        }
    }

    fn ask(&self, work: Work, state: &mut State) {
        if self.requests.send(work).is_err() {
            let text = "the model's thread has ended; start the program again";
            update::fail(state, text.to_owned());
        }
    }

    /// Dialogs and files may take as long as they like.
    fn background(&self, work: impl FnOnce(&mut dyn FnMut(f32)) -> Answer + Send + 'static) {
        let (answer, wake) = (self.answer.clone(), Arc::clone(&self.wake));
        let thread = std::thread::Builder::new().name("file".to_owned());
        // Without a thread nothing can be asked; the next click tries again.
        let _ = thread.spawn(move || {
            // The window may be gone by now.
            let say = |said| {
                if answer.send(Event::File(said)).is_ok() {
                    wake();
                }
            };
            say(work(&mut |share| say(Answer::Writing(share))));
        });
    }

    /// Takes all answers that have come.
    pub fn collect(&mut self, state: &mut State) {
        let reports: Vec<_> = self.trainers.collect().collect();
        for report in reports {
            for effect in training::report(state, report) {
                self.perform(effect, state);
            }
        }
        while let Ok(event) = self.events.try_recv() {
            let folder = match &event {
                Event::File(Answer::Opened(Ok(Opened::Lessons(path, _)))) => Some(path.clone()),
                Event::File(Answer::Opened(Ok(Opened::Session(_, Ok(loaded))))) => {
                    loaded.library.as_ref().map(|(path, _)| path.clone())
                }
                // Another folder was opened since.
                Event::Reread(path, _)
                    if self.watch.as_ref().is_none_or(|(watched, _)| watched != path) =>
                {
                    continue;
                }
                _ => None,
            };
            for effect in take(state, event) {
                self.perform(effect, state);
            }
            if let Some(folder) = folder {
                self.watch(folder, state);
            }
        }
    }

    /// From now on the lessons of this folder are read again when they change.
    fn watch(&mut self, folder: PathBuf, state: &mut State) {
        let (answer, wake) = (self.answer.clone(), Arc::clone(&self.wake));
        let path = folder.clone();
        let changed = move || {
            let read = files::read_lessons(&path).map_err(|error| error.to_string());
            // The window may be gone by now.
            if answer.send(Event::Reread(path.clone(), read)).is_ok() {
                wake();
            }
        };
        match Watch::start(&folder, changed) {
            Ok(watch) => self.watch = Some((folder, watch)),
            Err(problem) => update::fail(state, problem),
        }
    }
}

fn take(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Ran(number, outcome) => return update::finished(state, number, outcome),
        Event::Measured(measured) => update::measured(state, measured),
        Event::Explained(explained) => update::explained(state, explained),
        Event::MeasuredLength(piece, point) => update::measured_length(state, piece, point),
        Event::Reread(_, read) => return reload::reloaded(state, read),
        Event::File(answer) => return files::answered(state, answer),
    }
    Vec::new()
}
