//! What commands do: from a state and a command to the next state and what has to be done outside.
//!
//! Pure: no files, threads, clocks or window, so that every sequence of commands can be tested.

use std::path::PathBuf;
use std::sync::Arc;

use super::state::{INPUTS_KEPT, Message, ModelChoice, Outcome, RunRequest, State};
use super::stops::{arrive, go_to_stop, open_lesson};
use crate::lesson::Library;
use crate::models;
use crate::tape::Intervention;
use crate::tasks::{self, Split};
use crate::tensor::random::Random;
use crate::trace::Trace;
use crate::trace::timeline::TimelineCommand;
use crate::view::command::Export;
use crate::view::{Command, Language, Selection, VIEWS, tr_with};

/// Something to be done outside the state.
pub enum Effect {
    /// Run a model.
    Run(RunRequest),
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
                state.timeline.apply(command, &run.trace);
            }
        }
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
            let whole = (export == Export::Melody).then(|| Selection::new("melody", None));
            if let Some(selection) = whole.or_else(|| state.selection.clone()) {
                return vec![Effect::Save(export, selection)];
            }
        }
        Command::DismissMessage => state.message = None,
    }
    Vec::new()
}

/// Takes the worker's answer to request number `number`; an old one is dropped.
pub fn finished(state: &mut State, number: u64, outcome: Outcome) {
    if state.pending.as_ref().is_none_or(|pending| pending.number != number) {
        return;
    }
    state.pending = None;
    match outcome {
        Outcome::Done(run) => {
            state.input_error = None;
            if let Some(old) = &state.run {
                if old.checkpoint.card.id == run.checkpoint.card.id {
                    state.timeline.carry_over(&old.trace, &run.trace);
                } else {
                    state.timeline.apply(TimelineCommand::Home, &run.trace);
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
        state.timeline.apply(TimelineCommand::Home, &run.trace);
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
        state.timeline.apply(TimelineCommand::Position(position), &run.trace);
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
        let matches = run
            .trace
            .value_names()
            .any(|name| (0..run.trace.n_positions()).any(|t| intervention.matches(name, t as i32)));
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
