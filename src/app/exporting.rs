//! What the export sheet's choice means for a window: what can be exported now, under which name, and
//! the work itself, which any thread can do.

use std::path::Path;
use std::sync::Arc;

use image::{ExtendedColorType, RgbaImage};

use super::figure::{self, ExportError, Page, Steps};
use super::screenshot::Headless;
use super::state::State;
use super::update::Effect;
use crate::checkpoint;
use crate::export::{Heatmap, PictureFormat, figure as pages, table};
use crate::trace::Trace;
use crate::view::command::{Export, Purpose};
use crate::view::export::{Choice, Format, What};
use crate::view::{self, Selection, VIEWS};

/// Hears the share of a work that is done.
pub type Progress<'a> = &'a mut dyn FnMut(f32);
/// Work that writes something to a path.
pub type Writer = Box<dyn FnOnce(&Path, Progress<'_>) -> Result<(), String> + Send>;
/// Work that makes the bytes for a path.
type Maker = Box<dyn FnOnce(&Path, Progress<'_>) -> Result<Vec<u8>, ExportError> + Send>;

/// What can be exported now: the views on the stage, the selected value, the run, the window.
#[must_use]
pub fn offers(state: &State) -> Vec<What> {
    let mut offers = Vec::new();
    if let Some(run) = &state.run {
        let is_shown = |view: &&view::ViewSpec| {
            // A race that nobody began and a laboratory that is closed have nothing to show.
            let has_content = match view.id {
                "training" => state.training.is_some(),
                "laboratory" => state.laboratory.is_some(),
                _ => true,
            };
            state.views.iter().any(|id| id == view.id) && (view.applies)(&run.trace) && has_content
        };
        let shown = VIEWS.iter().filter(is_shown);
        offers.extend(shown.map(|view| What::View(view.id.to_owned())));
        offers.extend(value(state).map(|_| What::Value));
        offers.push(What::Run);
    }
    offers.push(What::Window);
    offers
}

/// The selected value, if it has numbers of its own.
#[must_use]
pub fn value(state: &State) -> Option<&Selection> {
    let run = state.run.as_ref()?;
    state.selection.as_ref().filter(|selection| run.trace.graph().find(&selection.name).is_some())
}

/// The choice that was made last, as far as it can be made now.
#[must_use]
pub fn choice(state: &State) -> Choice {
    let mut choice = state.kept.export.clone();
    let offers = offers(state);
    if !offers.contains(&choice.what) {
        choice.what = offers.into_iter().next().unwrap_or(What::Window);
    }
    if !choice.what.formats().contains(&choice.format) {
        choice.format = choice.what.formats()[0];
    }
    let last = state.run.as_ref().map_or(0, |run| run.trace.n_positions().saturating_sub(1));
    choice.positions = choice.positions.map(|[from, to]| [from.min(to).min(last), to.min(last)]);
    choice
}

/// The steps of an animation.
#[must_use]
pub fn steps(state: &State, choice: &Choice) -> Steps {
    let last = state.run.as_ref().map_or(0, |run| run.trace.n_positions().saturating_sub(1));
    let [from, to] = choice.positions.unwrap_or([0, last]);
    Steps { from, to, by: choice.by }
}

/// What follows when a place is to be asked for: a picture of the window is taken before a dialog
/// stands in front of it.
#[must_use]
pub fn choose(state: &mut State, purpose: Purpose) -> Effect {
    state.picture = None;
    match &purpose {
        Purpose::Save(Export::Chosen(_)) if choice(state).what == What::Window => Effect::Picture,
        _ => Effect::Choose(purpose),
    }
}

/// Takes the window's picture; asks where to save it.
#[must_use]
pub fn pictured(state: &mut State, picture: RgbaImage) -> Vec<Effect> {
    state.picture = Some(Arc::new(picture));
    vec![Effect::Choose(Purpose::Save(Export::Chosen(Format::Png)))]
}

/// What a file is called where nobody has called it anything else: what stands behind the model's name.
#[must_use]
pub fn name(state: &State) -> String {
    match choice(state).what {
        What::View(id) => id,
        What::Value => value(state).map_or_else(String::new, |selection| selection.name.clone()),
        What::Run => "run".to_owned(),
        What::Window => "window".to_owned(),
    }
}

/// The work; `None` where there is nothing to export.
#[must_use]
pub fn writer(state: &State) -> Option<Writer> {
    let choice = choice(state);
    let work: Maker = match &choice.what {
        What::View(id) => {
            let (id, steps, state) = (id.clone(), steps(state, &choice), state.clone());
            Box::new(move |path, done| {
                // What is wrong with the name is said before anything is drawn.
                figure::format_of(path)?;
                Page::new(Headless::of(state), &id, figure::SIZE)?.write_as(path, Some(steps), done)
            })
        }
        What::Value => {
            let (trace, name) =
                (Arc::clone(&state.run.as_ref()?.trace), value(state)?.name.clone());
            Box::new(move |path, _| of_value(&trace, &name, path))
        }
        What::Run => {
            let trace = Arc::clone(&state.run.as_ref()?.trace);
            Box::new(move |path, _| of_run(&trace, path))
        }
        What::Window => {
            let picture = Arc::clone(state.picture.as_ref()?);
            Box::new(move |path, _| of_window(&picture, path))
        }
    };
    Some(Box::new(move |path, done| {
        let bytes = work(path, done).map_err(|error| error.to_string())?;
        checkpoint::write_file(path, &bytes)
            .map_err(|error| format!("{error}; choose another place"))
    }))
}

/// One value of a run as a picture or a table.
fn of_value(trace: &Trace, name: &str, path: &Path) -> Result<Vec<u8>, ExportError> {
    let missing = || ExportError::NoValues(name.to_owned());
    if let Some(format) = PictureFormat::of(path) {
        let heatmap = Heatmap::of(trace, name).ok_or_else(missing)?;
        return Ok(pages::render(&heatmap, format)?);
    }
    match table::TableFormat::of(path) {
        Some(format) => table::value(trace, name, format)?.ok_or_else(missing),
        None => Err(ending(path, &What::Value)),
    }
}

fn of_run(trace: &Trace, path: &Path) -> Result<Vec<u8>, ExportError> {
    let format = table::TableFormat::of(path).ok_or_else(|| ending(path, &What::Run))?;
    Ok(table::run(trace, None, format)?)
}

fn of_window(picture: &RgbaImage, path: &Path) -> Result<Vec<u8>, ExportError> {
    if PictureFormat::of(path) != Some(PictureFormat::Png) {
        return Err(ending(path, &What::Window));
    }
    let (width, height) = picture.dimensions();
    Ok(pages::png(picture.as_raw(), width, height, ExtendedColorType::Rgba8)?)
}

fn ending(path: &Path, what: &What) -> ExportError {
    figure::wrong_ending(path, what.formats())
}
