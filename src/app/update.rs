//! What commands do: from a state and a command to the next state and what has to be done outside.
//!
//! Pure: no files, threads, clocks or window, so that every sequence of commands can be tested.

use std::path::PathBuf;

use super::state::{
    BESIDE_AT_MOST, Beside, Explained, Finished, INPUTS_KEPT, MeasureRequest, Measured, Message,
    ModelChoice, OpenLesson, Outcome, Run, RunRequest, State,
};
use super::stops::{arrive, go_to_stop, open_lesson};
use super::{
    exporting, files, interventions, own_text, presenter, session, settings, stepping, training,
};
use crate::laboratory::Laboratory;
use crate::lesson::{Control, Library};
use crate::models;
use crate::tasks::{self, Split};
use crate::tensor::random::Random;
use crate::trace::Trace;
use crate::trace::importance::Progress;
use crate::trace::timeline::TimelineCommand;
use crate::training::lengths::{Piece, Point};
use crate::training::live::Order;
use crate::view::command::{CompareCommand, Purpose, Sheet};
use crate::view::{Command, Language, Selection, VIEWS};

/// Symbols change places by random numbers of their own.
const SHUFFLE_STREAM: u64 = 5;

/// Something to be done outside the state.
pub enum Effect {
    /// Run a model.
    Run(RunRequest),
    /// Measure the Jacobians of runs, when there is nothing to run.
    Measure(MeasureRequest),
    /// Measure how much the answers of a run depend on each token, when there is nothing to run.
    Explain(Run),
    /// Measure accuracy by length, one piece after the other, when there is nothing else to do.
    /// What was asked for before and is not begun is given up.
    MeasureLengths(Vec<Piece>),
    /// Ask for a place by a dialog, then open or save there.
    Choose(Purpose),
    /// Take a picture of the window, then ask where to save it.
    Picture,
    /// Open or save at this path; a file there is replaced only if so said.
    Take(Purpose, PathBuf, bool),
    /// Have the threads of a race do something.
    Train(Order),
}

/// Carries out a learner's command.
pub fn update(state: &mut State, command: Command) -> Vec<Effect> {
    match command {
        Command::Timeline(command) => stepping::step(state, command),
        Command::WalkBack(back) => stepping::walk_back(state, back),
        Command::LossAt(position) => {
            state.loss_at = position;
            return run(state);
        }
        Command::Control(name, setting) => return set_control(state, &name, &setting),
        Command::Laboratory(laboratory) => return set_laboratory(state, *laboratory),
        Command::Measure(name) => return measure(state, name),
        Command::Explain => return explain(state),
        Command::ShuffleSource => return shuffle_source(state),
        Command::MeasureLengths(pieces) => return measure_lengths(state, pieces),
        Command::Compare(command) => return compare(state, command),
        Command::Select(selection) => state.selection = selection,
        Command::Pin(selection) => {
            if !state.pinned.contains(&selection) {
                state.pinned.push(selection);
            }
        }
        Command::Unpin(at) => {
            if at < state.pinned.len() {
                state.pinned.remove(at);
            }
        }
        Command::SetInput(text) => return set_input(state, text),
        Command::EditToken(position, text) => return edit_token(state, position, &text),
        Command::SetModel(id) => {
            training::unfollow(state);
            return set_model(state, id);
        }
        Command::RestoreInput => return restore_input(state),
        Command::Reset => return reset(state),
        Command::OpenLesson(id) => return update(state, Command::OpenStop(id, 0)),
        Command::OpenStop(id, stop) => {
            let mut effects = training::leave(state);
            effects.extend(open_lesson(state, &id, stop));
            return effects;
        }
        Command::OpenMap => {
            state.lesson = None;
            return training::leave(state);
        }
        Command::Train(command) => return training::command(state, command),
        Command::OpenOwnText => return own_text::open(state),
        Command::TrainText(command) => return own_text::command(state, command),
        Command::Stop(stop) => return go_to_stop(state, stop),
        Command::GoTo { name, position } => go_to(state, name, position),
        Command::Answer(question, choice, is_right) => {
            if is_right {
                state.kept.right.insert(question.clone());
            } else {
                state.kept.right.remove(&question);
            }
            state.kept.answers.insert(question, choice);
        }
        // While a run is on its way the stage shows what is no longer asked for.
        Command::TaskDone(task) => {
            if state.pending.is_none() {
                state.kept.done.insert(task);
            }
        }
        Command::TryAgain(task) => {
            state.kept.done.remove(&task);
            return reset(state);
        }
        Command::ShowNotes(shown) => state.kept.instructor_notes = shown,
        Command::ToggleView(id) => toggle_view(state, &id),
        Command::SetLook(key, look) => state.looks.set(key, look),
        Command::Intervene(text) => return interventions::intervene(state, &text),
        Command::Interventions(command) => return interventions::change(state, command),
        Command::AskIntervention(spot) => state.intervening = spot,
        Command::ShowDifference(shown) => state.shows_difference = shown,
        Command::Breakpoint(command) => stepping::breakpoint(state, command),
        Command::SetLanguage(language) => set_language(state, language),
        Command::SetTheme(theme) => state.kept.theme = theme,
        Command::Sheet(sheet) => state.sheet = sheet,
        Command::Settings(command) => settings::change(state, command),
        Command::ShowInspector(shown) => state.kept.inspector = Some(shown),
        Command::Export(choice) => state.kept.export = choice,
        Command::Choose(purpose) => return vec![exporting::choose(state, purpose)],
        Command::AskPath(purpose) => files::ask_path(state, purpose),
        Command::TypedPath(path, replace) => return typed_path(state, path, replace),
        Command::SaveSession => return vec![files::save_session(state)],
        Command::Hide(control, true) => {
            state.hidden.insert(control);
        }
        Command::Hide(control, false) => {
            state.hidden.remove(&control);
        }
        Command::ShowAll => state.hidden.clear(),
        Command::Present(command) => presenter::change(state, command),
        Command::OpenPath(path) => return vec![Effect::Take(Purpose::File, path, false)],
        Command::DismissMessage => state.message = None,
    }
    Vec::new()
}

/// Takes the worker's answer to request number `number`; an old one is dropped.
pub fn finished(state: &mut State, number: u64, outcome: Outcome) -> Vec<Effect> {
    let Some(request) = state.pending.take_if(|pending| pending.number == number) else {
        return Vec::new();
    };
    if let Some(problem) = session::problem(state, number, &outcome) {
        return session::fall_back(state, problem);
    }
    match outcome {
        Outcome::Done(finished) => {
            let Finished { run, others, baseline } = *finished;
            state.input_error = None;
            state.baseline = baseline;
            state.others.clear();
            let mut beside = std::mem::take(&mut state.beside).into_iter();
            for other in others {
                let kept = beside.next();
                match other {
                    Ok(run) => {
                        state.others.push(run);
                        state.beside.extend(kept);
                    }
                    // What cannot run here is said, and no longer asked for.
                    Err(text) => fail(state, text),
                }
            }
            if request.loss.is_some() {
                state.loss_at = run.backward.as_ref().map(|backward| backward.position());
            }
            carry_back(state, &run);
            if let Some(old) = &state.run {
                let is_same_model = old.checkpoint.card.id == run.checkpoint.card.id;
                if is_same_model || is_in_training(&run.checkpoint.card.id) {
                    state.timeline.carry_over(&*old.trace, &*run.trace);
                } else {
                    state.timeline.apply(TimelineCommand::Home, &*run.trace);
                }
            }
            keep_selection(state, &run.trace);
            if run.checkpoint.card.task == training::TASK {
                state.training.get_or_insert_default();
            }
            state.first_difference = state
                .baseline
                .as_ref()
                .and_then(|baseline| run.trace.first_difference(&baseline.trace));
            state.run = Some(run);
            stepping::set_marks(state);
            arrive(state);
            session::resume(state, number);
        }
        // The text stays in the field, the last run on the stage.
        Outcome::Unreadable(error) => state.input_error = Some(error),
        Outcome::Failed(text) => fail(state, text),
    }
    Vec::new()
}

/// Keeps the place in the backward pass in a new run, as far as that has one.
fn carry_back(state: &mut State, run: &Run) {
    let old = state.run.as_ref().and_then(|old| old.backward.clone());
    match (&mut state.back, old, &run.backward) {
        (Some(timeline), Some(old), Some(new)) => timeline.carry_over(&*old, &**new),
        (_, _, Some(_)) => {}
        _ => state.back = None,
    }
}

/// Puts the laboratory on the stage: its first model, the others beside it, on its sequence.
pub(super) fn set_laboratory(state: &mut State, laboratory: Laboratory) -> Vec<Effect> {
    let runs = laboratory.runs().into_iter();
    let mut runs = runs.map(|(own, kind)| ModelChoice::Laboratory(Box::new(own), kind));
    let Some(first) = runs.next() else { return Vec::new() };
    state.model = first;
    // What was kept to compare with stays; the sequence and the other runs are new.
    let kept: Vec<Beside> = std::mem::take(&mut state.beside)
        .into_iter()
        .filter(|beside| state.laboratory.is_some() && beside.kept.is_some())
        .collect();
    state.beside = runs.map(|model| Beside { model, kept: None }).chain(kept).collect();
    state.beside.truncate(BESIDE_AT_MOST);
    state.input = laboratory.input();
    state.laboratory = Some(laboratory);
    run(state)
}

fn set_control(state: &mut State, name: &str, setting: &Control) -> Vec<Effect> {
    let mut laboratory = state.laboratory.clone().unwrap_or_default();
    match laboratory.set(name, setting) {
        Ok(()) => set_laboratory(state, laboratory),
        Err(error) => {
            fail(state, error);
            Vec::new()
        }
    }
}

/// Asks for the Jacobians of the runs on the stage, once.
fn measure(state: &mut State, name: String) -> Vec<Effect> {
    let Some(run) = &state.run else { return Vec::new() };
    let number = run.number;
    let is_known = |known: &Measured| known.number == number && known.name == name;
    if state.measured.as_ref().is_some_and(is_known) {
        return Vec::new();
    }
    let runs = std::iter::once(run).chain(&state.others).cloned().collect();
    state.measured = Some(Measured { number, name: name.clone(), jacobians: Vec::new() });
    vec![Effect::Measure(MeasureRequest { number, name, runs })]
}

/// Takes the Jacobians that were asked for; those of an old run are dropped.
pub fn measured(state: &mut State, measured: Measured) {
    let is_wanted =
        |known: &Measured| known.number == measured.number && known.name == measured.name;
    if state.measured.as_ref().is_some_and(is_wanted) {
        state.measured = Some(measured);
    }
}

/// Asks how much the answers of the run on the stage depend on each token, once.
fn explain(state: &mut State) -> Vec<Effect> {
    let Some(run) = &state.run else { return Vec::new() };
    let number = run.number;
    // What is asked of the old run while a new one is on its way would be dropped.
    let is_known = state.importance.as_ref().is_some_and(|known| known.number == number);
    if is_known || state.pending.is_some() {
        return Vec::new();
    }
    let effect = Effect::Explain(run.clone());
    state.importance = Some(Explained { number, progress: Progress::Running });
    vec![effect]
}

/// Takes what was measured; that of an old run is dropped.
pub fn explained(state: &mut State, explained: Explained) {
    if state.importance.as_ref().is_some_and(|known| known.number == explained.number) {
        state.importance = Some(explained);
    }
}

/// Lets the symbols of the source change places. The run with its own order stays beside, unless
/// it is there from an earlier time.
fn shuffle_source(state: &mut State) -> Vec<Effect> {
    let Some(run) = &state.run else { return Vec::new() };
    let trace = &run.trace;
    let mut tokens = trace.tokens()[..trace.given()].to_vec();
    let source = &mut tokens[..trace.source().min(trace.given())];
    let before = source.to_vec();
    let mut random = Random::new(state.runs, SHUFFLE_STREAM);
    for last in (1..source.len()).rev() {
        source.swap(last, random.below(last + 1));
    }
    if *source == before[..] {
        // By chance, or because all are alike.
        source.rotate_left(1.min(before.len()));
    }
    let has_same_symbols = |text: &str| {
        let sorted = |text: &str| {
            let mut symbols: Vec<char> = text.chars().collect();
            symbols.sort_unstable();
            symbols
        };
        sorted(text) == sorted(trace.text())
    };
    let is_there = state.beside.iter().any(|beside| {
        beside.model.id() == state.model.id()
            && beside.kept.as_ref().is_some_and(|(input, _)| has_same_symbols(input))
    });
    let (text, shuffled) = (trace.text().to_owned(), tokens.join(trace.joint()));
    if !is_there {
        let kept = Some((text, state.interventions.clone()));
        state.beside.push(Beside { model: state.model.clone(), kept });
        let surplus = state.beside.len().saturating_sub(BESIDE_AT_MOST);
        state.beside.drain(..surplus);
    }
    set_input(state, shuffled)
}

/// Asks for accuracies that nobody has asked for yet. Views ask in every frame until they are there.
fn measure_lengths(state: &mut State, pieces: Vec<Piece>) -> Vec<Effect> {
    if pieces.iter().all(|piece| state.lengths.asked.contains(piece)) {
        return Vec::new();
    }
    state.lengths.asked.clone_from(&pieces);
    vec![Effect::MeasureLengths(pieces)]
}

/// Takes the accuracy of a model at a length.
pub fn measured_length(state: &mut State, piece: Piece, point: Point) {
    state.lengths.asked.retain(|asked| *asked != piece);
    state.lengths.points.insert(piece, point);
}

/// Shows other models or kept runs beside the one on the stage.
fn compare(state: &mut State, command: CompareCommand) -> Vec<Effect> {
    match command {
        CompareCommand::Add(id) => {
            state.beside.push(Beside { model: ModelChoice::Shipped(id), kept: None });
        }
        CompareCommand::Keep => {
            let kept = Some((state.input.clone(), state.interventions.clone()));
            state.beside.push(Beside { model: state.model.clone(), kept });
        }
        CompareCommand::Remove(at) if at < state.beside.len() => {
            state.beside.remove(at);
        }
        CompareCommand::Remove(_) => return Vec::new(),
    }
    // Four runs are what one can still tell apart.
    let surplus = state.beside.len().saturating_sub(BESIDE_AT_MOST);
    state.beside.drain(..surplus);
    run(state)
}

/// Whether these are weights on their way, which come to the stage without being asked for.
fn is_in_training(id: &str) -> bool {
    id.contains(" @ ")
}

/// Shows other lessons, as read from a folder.
pub fn show_library(state: &mut State, library: Library) -> Vec<Effect> {
    let first = library.ids().next().map(str::to_owned);
    let place = state.lesson.as_ref().map(|open| (open.lesson.id.clone(), open.stop));
    state.library = library;
    match place {
        // A folder that changed on disk is read again; the learner stays where they were.
        Some((id, stop)) if state.library.get(state.kept.language.code(), &id).is_some() => {
            open_lesson(state, &id, stop)
        }
        _ => first.map_or_else(Vec::new, |id| open_lesson(state, &id, 0)),
    }
}

/// Puts an opened model on the stage, with an input that it can read.
pub fn show_model(state: &mut State, model: ModelChoice, input: String) -> Vec<Effect> {
    // The lesson about its architecture stands beside it, if there is one.
    let mut effects = Vec::new();
    if let ModelChoice::Opened(checkpoint) = &model {
        let of = |id: &str| models::find_recipe(&models::resolve(id)).map(|(spec, _)| spec.id);
        let language = state.kept.language.code();
        let same = |id: &&str| {
            let found = state.library.get(language, id);
            found.is_some_and(|found| of(&found.lesson.model.text) == Some(checkpoint.spec.id))
        };
        let lesson = state.library.ids().find(same).map(str::to_owned);
        effects = lesson.map_or_else(Vec::new, |id| open_lesson(state, &id, 0));
    }
    state.model = model;
    state.input = input;
    state.interventions.clear();
    effects.extend(run(state));
    effects
}

/// Says that something went wrong.
pub fn fail(state: &mut State, text: String) {
    state.message = Some(Message { text, is_error: true });
}

/// Says that something was done.
pub fn tell(state: &mut State, text: String) {
    state.message = Some(Message { text, is_error: false });
}

/// Asks for a run of what the state says.
pub(super) fn run(state: &mut State) -> Vec<Effect> {
    state.runs += 1;
    let request = RunRequest {
        number: state.runs,
        model: state.model.clone(),
        input: state.input.clone(),
        interventions: state.interventions.clone(),
        beside: state.beside.clone(),
        loss_at: state.loss_at,
        loss: None,
    };
    state.pending = Some(request.clone());
    vec![Effect::Run(request)]
}

fn set_input(state: &mut State, text: String) -> Vec<Effect> {
    if state.input == text {
        return Vec::new();
    }
    let model = state.model.id().to_owned();
    // Growing the last input by typing replaces it; anything else is kept beside it.
    if let Some((of, last)) = state.kept.inputs.last_mut()
        && *of == model
        && (text.starts_with(last.as_str()) || last.starts_with(&text))
    {
        last.clone_from(&text);
    } else {
        state.kept.inputs.push((model, text.clone()));
        let surplus = state.kept.inputs.len().saturating_sub(INPUTS_KEPT);
        state.kept.inputs.drain(..surplus);
    }
    state.input = text;
    run(state)
}

fn set_model(state: &mut State, id: String) -> Vec<Effect> {
    let base = |id: &str| models::base(id).to_owned();
    let task = |id: &str| models::find_recipe(&base(id)).map(|(_, recipe)| recipe.task);
    if task(&id) != task(state.model.id()) {
        // Another task reads another kind of input; start with an example of it.
        state.input = example(&base(&id)).unwrap_or_default();
    }
    state.model = ModelChoice::Shipped(id);
    state.laboratory = None;
    run(state)
}

/// An input that a shipped model can read: a held-out example of its task.
fn example(id: &str) -> Option<String> {
    let (_, recipe) = models::find_recipe(id)?;
    let task = tasks::find(recipe.task)?;
    let config = serde_json::from_str(recipe.task_config).ok()?;
    let task = (task.build)(&config).ok()?;
    let example = tasks::draw(&*task, &mut Random::new(1, 0), Split::HeldOut);
    Some(task.text(&example.sequence))
}

fn edit_token(state: &mut State, position: usize, text: &str) -> Vec<Effect> {
    let Some(current) = &state.run else { return Vec::new() };
    // What the model wrote follows from what is given, and is not typed.
    let mut tokens = current.trace.tokens()[..current.trace.given()].to_vec();
    if position >= tokens.len() || tokens[position] == text {
        return Vec::new();
    }
    text.clone_into(&mut tokens[position]);
    let edited = tokens.join(current.trace.joint());
    set_input(state, edited)
}

fn restore_input(state: &mut State) -> Vec<Effect> {
    let (model, current) = (state.model.id(), &state.input);
    let own = state.kept.inputs.iter().rev().find(|(of, text)| of == model && text != current);
    match own.map(|(_, text)| text.clone()) {
        Some(text) => {
            state.input = text;
            run(state)
        }
        None => Vec::new(),
    }
}

fn reset(state: &mut State) -> Vec<Effect> {
    state.resting.clear();
    if let Some(run) = &state.run {
        state.timeline.apply(TimelineCommand::Home, &*run.trace);
    }
    let Some(open) = &state.lesson else {
        state.interventions.clear();
        return run(state);
    };
    let stop = open.stop;
    go_to_stop(state, stop)
}

fn go_to(state: &mut State, name: Option<String>, position: Option<usize>) {
    if let Some(position) = position {
        stepping::step(state, TimelineCommand::Position(position));
    }
    let Some(run) = &state.run else { return };
    if let Some(name) = name.filter(|name| run.trace.graph().find(name).is_some()) {
        let unit = state.selection.as_ref().and_then(|selection| selection.unit);
        state.selection = Some(Selection::new(name, unit));
    }
}

/// A value that the new run does not have cannot stay selected.
fn keep_selection(state: &mut State, trace: &Trace) {
    let has = |selection: &Selection| trace.graph().find(&selection.name).is_some();
    if state.selection.as_ref().is_some_and(|selection| !has(selection)) {
        state.selection = None;
    }
}

fn toggle_view(state: &mut State, id: &str) {
    match state.views.iter().position(|view| view == id) {
        // The stage is never empty.
        Some(at) if state.views.len() > 1 => {
            state.views.remove(at);
        }
        Some(_) => {}
        None => {
            state.views.push(id.to_owned());
            // In the order of the menu, whatever the order of the clicks.
            state.views.sort_by_key(|id| VIEWS.iter().position(|view| view.id == id));
        }
    }
}

/// Opens or saves at the path that was typed. The text stays in the field until that is done.
fn typed_path(state: &mut State, path: String, replace: bool) -> Vec<Effect> {
    let Some(purpose) = state.path.purpose.clone() else { return Vec::new() };
    let place = files::typed(&path);
    state.path.path = path;
    state.path.exists = false;
    state.sheet.take_if(|sheet| *sheet == Sheet::Path);
    vec![Effect::Take(purpose, place, replace)]
}

fn set_language(state: &mut State, language: Language) {
    state.kept.language = language;
    let Some(open) = &mut state.lesson else { return };
    if let Some(found) = state.library.get(language.code(), &open.lesson.id) {
        let stop = open.stop.min(found.lesson.stops.len());
        *open = OpenLesson { stop, arriving: open.arriving, ..OpenLesson::new(found) };
    }
}
