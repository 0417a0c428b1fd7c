//! What commands do: from a state and a command to the next state and what has to be done outside.
//!
//! Pure: no files, threads, clocks or window, so that every sequence of commands can be tested.

use std::path::PathBuf;
use std::sync::Arc;

use super::state::{
    BESIDE_AT_MOST, Beside, Finished, INPUTS_KEPT, MeasureRequest, Measured, Message, ModelChoice,
    Outcome, Run, RunRequest, State,
};
use super::stops::{arrive, go_to_stop, open_lesson};
use crate::laboratory::Laboratory;
use crate::lesson::{Control, Library};
use crate::models;
use crate::tape::Intervention;
use crate::tasks::{self, Split};
use crate::tensor::random::Random;
use crate::trace::Trace;
use crate::trace::timeline::{Timeline, TimelineCommand};
use crate::view::command::{CompareCommand, Export};
use crate::view::{Command, Language, Selection, VIEWS, tr_with};

/// Something to be done outside the state.
pub enum Effect {
    /// Run a model.
    Run(RunRequest),
    /// Measure the Jacobians of runs, when there is nothing to run.
    Measure(MeasureRequest),
    /// Ask for a folder of lessons.
    ChooseLessons,
    /// Ask for a file of weights.
    ChooseWeights,
    /// Read a folder of lessons or a file of weights.
    Open(PathBuf),
    /// Ask where to save the selected value, and save it.
    Save(Export, Selection),
}

/// Carries out a learner's command.
pub fn update(state: &mut State, command: Command) -> Vec<Effect> {
    match command {
        Command::Timeline(command) => {
            if let Some(run) = &state.run {
                match (&mut state.back, &run.backward) {
                    (Some(back), Some(backward)) => back.apply(command, &**backward),
                    _ => state.timeline.apply(command, &*run.trace),
                }
            }
        }
        Command::WalkBack(back) => walk_back(state, back),
        Command::LossAt(position) => {
            state.loss_at = position;
            return run(state);
        }
        Command::Control(name, setting) => return set_control(state, &name, &setting),
        Command::Laboratory(laboratory) => return set_laboratory(state, *laboratory),
        Command::Measure(name) => return measure(state, name),
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
        Command::SetModel(id) => return set_model(state, id),
        Command::RestoreInput => return restore_input(state),
        Command::Reset => return reset(state),
        Command::OpenLesson(id) => return open_lesson(state, &id, 0),
        Command::OpenMap => state.lesson = None,
        Command::Stop(stop) => return go_to_stop(state, stop),
        Command::GoTo { name, position } => go_to(state, name, position),
        Command::Answer(question, choice) => {
            state.kept.answers.insert(question, choice);
        }
        Command::TaskDone(task) => {
            state.kept.done.insert(task);
        }
        Command::ToggleView(id) => toggle_view(state, &id),
        Command::Intervene(text) => return intervene(state, &text),
        Command::LiftIntervention(at) => {
            if at < state.interventions.len() {
                state.interventions.remove(at);
                return run(state);
            }
        }
        Command::SetLanguage(language) => set_language(state, language),
        Command::SetTheme(theme) => state.kept.theme = theme,
        Command::AskPosition(asks) => state.asks_position = asks,
        Command::ToggleKeys => state.shows_keys = !state.shows_keys,
        Command::ShowInspector(shown) => state.kept.inspector = Some(shown),
        Command::ChooseLessons => return vec![Effect::ChooseLessons],
        Command::ChooseWeights => return vec![Effect::ChooseWeights],
        Command::OpenPath(path) => return vec![Effect::Open(path)],
        Command::Save(export) => {
            if let Some(selection) = state.selection.clone() {
                return vec![Effect::Save(export, selection)];
            }
        }
        Command::DismissMessage => state.message = None,
    }
    Vec::new()
}

/// Takes the worker's answer to request number `number`; an old one is dropped.
pub fn finished(state: &mut State, number: u64, outcome: Outcome) {
    let Some(request) = state.pending.take_if(|pending| pending.number == number) else { return };
    match outcome {
        Outcome::Done(finished) => {
            let Finished { run, others, baseline } = *finished;
            state.input_error = None;
            state.baseline = baseline;
            state.others.clear();
            for other in others {
                match other {
                    Ok(run) => state.others.push(run),
                    Err(text) => fail(state, text),
                }
            }
            if request.loss.is_some() {
                state.loss_at = run.backward.as_ref().map(|backward| backward.position());
            }
            carry_back(state, &run);
            if let Some(old) = &state.run {
                if old.checkpoint.card.id == run.checkpoint.card.id {
                    state.timeline.carry_over(&*old.trace, &*run.trace);
                } else {
                    state.timeline.apply(TimelineCommand::Home, &*run.trace);
                }
            }
            keep_selection(state, &run.trace);
            state.run = Some(run);
            arrive(state);
        }
        // The text stays in the field, the last run on the stage.
        Outcome::Unreadable(error) => state.input_error = Some(error),
        Outcome::Failed(text) => fail(state, text),
    }
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

/// Walks backward from the loss, or forward again.
fn walk_back(state: &mut State, back: bool) {
    let Some(run) = &state.run else { return };
    state.back = (back && run.backward.is_some()).then(|| {
        let mut timeline = Timeline::default();
        timeline.apply(TimelineCommand::Granularity(state.timeline.granularity()), &*run.trace);
        timeline
    });
    // The chain rule uses the values of the whole run.
    if state.back.is_some() {
        state.timeline.apply(TimelineCommand::End, &*run.trace);
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
    let base = |id: &str| id.split(':').next().unwrap_or_default().to_owned();
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
    let Some(run) = &state.run else { return };
    if let Some(position) = position {
        state.timeline.apply(TimelineCommand::Position(position), &*run.trace);
    }
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

fn intervene(state: &mut State, text: &str) -> Vec<Effect> {
    let intervention: Intervention = match text.parse() {
        Ok(intervention) => intervention,
        Err(error) => {
            fail(state, format!("{error}"));
            return Vec::new();
        }
    };
    if let Some(run) = &state.run {
        let graph = run.trace.graph();
        let mut names = graph.names().iter();
        let matches = names.any(|named| {
            let positions = || 0..run.trace.n_positions() as i32;
            let is_edited = named.is_parameter && intervention.names(&named.name);
            is_edited || positions().any(|t| intervention.matches(&named.name, t))
        });
        if !matches {
            let words = [("name", intervention.pattern.as_str()), ("model", run.trace.model())];
            let mut text = tr_with(state.kept.language, "error.no_such_value", &words);
            let names: Vec<&str> = run.trace.value_names().collect();
            text.push_str(&names.join(", "));
            fail(state, text);
            return Vec::new();
        }
    }
    state.message = None;
    state.interventions.push(intervention);
    run(state)
}

fn set_language(state: &mut State, language: Language) {
    state.kept.language = language;
    let Some(open) = &mut state.lesson else { return };
    if let Some(found) = state.library.get(language.code(), &open.lesson.id) {
        open.lesson = Arc::new(found.lesson.clone());
        open.diagnostics = found.diagnostics;
        open.stop = open.stop.min(open.lesson.stops.len());
    }
}
