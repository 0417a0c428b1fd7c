//! The window drawn into a picture, without a screen: the same state, the same layout.

use std::collections::VecDeque;
use std::path::PathBuf;

use egui::{Context, vec2};
use image::RgbaImage;

use super::effects::{self, Runner};
use super::files::{self, Slot};
use super::settings::Scale;
use super::state::{Beside, Kept, ModelChoice, State};
use super::trainers::Inline;
use super::update::{self, Effect};
use super::{exporting, layout, offscreen, presenter, training, window};
use crate::lesson::Library;
use crate::tape::Intervention;
use crate::trace::timeline::TimelineCommand;
use crate::training::lengths::Piece;
use crate::training::live::TrainCommand;
use crate::view::command::{PresentCommand, Sheet, ThemeChoice};
use crate::view::{Command, Language, Memory, theme};

/// Frames until the layout has settled: sizes that depend on each other need a few.
const FRAMES: usize = 4;

/// The size of a window that nobody has made larger or smaller, in points.
const USUAL_SIZE: egui::Vec2 = vec2(1280.0, 800.0);

/// What to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The lesson's id; none for the course map.
    pub lesson: Option<String>,
    /// A session to open instead.
    pub session: Option<PathBuf>,
    /// Whether the presenter mode is on.
    pub presents: bool,
    /// The stop; 0 is the opening.
    pub stop: usize,
    /// Operations done, if not where the stop's stage begins.
    pub step: Option<usize>,
    /// A text to train on instead of a lesson; an empty path for the page without one.
    pub text: Option<PathBuf>,
    /// Updates that every contestant of a race makes first.
    pub updates: usize,
    /// Whether the dark theme is used.
    pub dark: bool,
    /// The language of all words.
    pub language: Language,
    /// Width and height in points.
    pub size: [u32; 2],
    /// Pixels to a point.
    pub pixels_per_point: f32,
    /// The size of text and controls.
    pub zoom: Scale,
    /// What lies open over the page.
    pub sheet: Option<Sheet>,
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScreenshotError {
    /// There is no such lesson.
    #[error("there is no lesson `{id}`; the lessons are: {known}")]
    NoLesson {
        /// The id asked for.
        id: String,
        /// The ids there are.
        known: String,
    },
    /// The lesson has no such stop.
    #[error("lesson `{lesson}` has stops 0 to {last}, and {stop} was asked for")]
    NoStop {
        /// The lesson.
        lesson: String,
        /// The stop asked for.
        stop: usize,
        /// The last stop.
        last: usize,
    },
    /// The run has fewer operations.
    #[error("this run has {count} operations, and the picture was asked for after {step}")]
    NoStep {
        /// The operations asked for.
        step: usize,
        /// The operations there are.
        count: usize,
    },
    /// The picture would be empty or larger than any screen.
    #[error("a size from 100x100 to 8000x8000 is possible, and {0}x{1} was asked for")]
    Size(u32, u32),
    /// The lesson's model or input failed.
    #[error("{0}")]
    Run(String),
}

/// A window without a screen: effects are carried out at once, on this thread.
pub struct Headless {
    /// The state, as a window has it.
    pub state: State,
    pub(super) memory: Memory,
    runner: Runner,
    trainers: Inline,
    lengths: VecDeque<Piece>,
    slot: Slot,
}

impl Headless {
    /// A window on the course map.
    #[must_use]
    pub fn new(kept: Kept, library: Library) -> Self {
        Self::of(State::new(kept, library))
    }

    /// A window that stands where another one does.
    #[must_use]
    pub fn of(state: State) -> Self {
        Self {
            state,
            memory: Memory::default(),
            runner: Runner::default(),
            trainers: Inline::default(),
            lengths: VecDeque::new(),
            slot: Slot::default(),
        }
    }

    /// A model on an input, with changes from outside, other models beside it and no lesson.
    ///
    /// # Errors
    /// If the model cannot be loaded or the input not be read.
    pub fn with_model(
        kept: Kept,
        model: ModelChoice,
        input: &str,
        interventions: Vec<Intervention>,
        beside: Vec<ModelChoice>,
    ) -> Result<Self, ScreenshotError> {
        let mut headless = Self::new(kept, Library::default());
        headless.state.model = model;
        input.clone_into(&mut headless.state.input);
        headless.state.interventions = interventions;
        let beside = beside.into_iter().map(|model| Beside { model, kept: None });
        headless.state.beside = beside.collect();
        let effects = update::run(&mut headless.state);
        headless.perform(effects);
        match (&headless.state.input_error, &headless.state.message) {
            (Some(error), _) => Err(ScreenshotError::Run(error.to_string())),
            (None, Some(message)) if message.is_error => {
                Err(ScreenshotError::Run(message.text.clone()))
            }
            _ => Ok(headless),
        }
    }

    /// Carries out a command and all that follows from it.
    pub fn command(&mut self, command: Command) {
        let effects = update::update(&mut self.state, command);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Run(request) => {
                    let number = request.number;
                    let outcome = self.runner.run(request);
                    let effects = update::finished(&mut self.state, number, outcome);
                    self.perform(effects);
                }
                Effect::Train(order) => {
                    for report in self.trainers.perform(order) {
                        let effects = training::report(&mut self.state, report);
                        self.perform(effects);
                    }
                }
                Effect::Measure(request) => {
                    if let Some(measured) = effects::measure(&request, &mut || true) {
                        update::measured(&mut self.state, measured);
                    }
                }
                Effect::Explain(run) => {
                    if let Some(explained) = effects::explain(&run, &mut || true) {
                        update::explained(&mut self.state, explained);
                    }
                }
                Effect::MeasureLengths(pieces) => self.lengths = pieces.into(),
                Effect::Picture => {
                    let picture = self.picture();
                    let effects = exporting::pictured(&mut self.state, picture);
                    self.perform(effects);
                }
                // There are no dialogs here: the window's own field asks for a path.
                Effect::Choose(purpose) => {
                    self.slot.prepare(&purpose, &self.state);
                    files::ask_path(&mut self.state, purpose);
                }
                Effect::Take(purpose, path, replace) => {
                    self.slot.refresh(&purpose, &self.state);
                    let answer = files::take((purpose, path, replace), &self.slot, &mut |_| ());
                    let effects = files::answered(&mut self.state, answer);
                    self.perform(effects);
                }
            }
        }
    }

    /// The window in its usual size.
    fn picture(&self) -> RgbaImage {
        let mut window = Self::of(self.state.clone());
        let ctx = Context::default();
        theme::apply(&ctx);
        offscreen::screenshot(USUAL_SIZE, 1.0, FRAMES, &ctx, |ui| window.ui(ui))
    }

    /// Draws a frame and carries out what it asked for.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        window::apply_look(ui.ctx(), &self.state.kept);
        let commands = layout::ui(ui, &self.state, &mut self.memory);
        let effects = layout::carry_out(&mut self.state, commands);
        self.perform(effects);
        // One piece a frame, so that charts grow before the learner here as well.
        self.measure_length();
    }

    /// Carries out what a view on a page asked for, to the end.
    pub(super) fn carry_out(&mut self, commands: Vec<Command>) {
        let effects = layout::carry_out(&mut self.state, commands);
        self.perform(effects);
        while self.measure_length() {}
    }

    /// Measures the next accuracy that was asked for; false where there is none.
    fn measure_length(&mut self) -> bool {
        let Some(piece) = self.lengths.pop_front() else { return false };
        if let Some(point) = self.runner.measure_length(&piece, &mut || true) {
            update::measured_length(&mut self.state, piece, point);
        }
        true
    }
}

/// Draws the window.
///
/// # Errors
/// If there is no such lesson or stop, the size is impossible, or the model cannot run.
pub fn screenshot(request: &Request, library: Library) -> Result<RgbaImage, ScreenshotError> {
    let [width, height] = request.size;
    if !(100..=8000).contains(&width) || !(100..=8000).contains(&height) {
        return Err(ScreenshotError::Size(width, height));
    }
    let theme = if request.dark { ThemeChoice::Dark } else { ThemeChoice::Light };
    let kept = Kept { language: request.language, theme, scale: request.zoom, ..Kept::default() };
    // What would still be on its way in a few frames is there in a picture.
    let kept = Kept { reduces_motion: true, ..kept };
    let mut headless = Headless::new(kept, library);
    if let Some(id) = &request.lesson {
        if !headless.state.library.ids().any(|known| known == id) {
            let known = headless.state.library.ids().collect::<Vec<_>>().join(", ");
            return Err(ScreenshotError::NoLesson { id: id.clone(), known });
        }
        headless.command(Command::OpenLesson(id.clone()));
        let last = headless.state.lesson.as_ref().map_or(0, |open| open.lesson.stops.len());
        if request.stop > last {
            return Err(ScreenshotError::NoStop { lesson: id.clone(), stop: request.stop, last });
        }
        headless.command(Command::Stop(request.stop));
        if let Some(message) = &headless.state.message {
            return Err(ScreenshotError::Run(message.text.clone()));
        }
    }
    if let Some(path) = &request.session {
        headless.command(Command::OpenPath(path.clone()));
        if headless.state.kept.session.as_ref() != Some(path) {
            let message = headless.state.message.take();
            return Err(ScreenshotError::Run(message.map(|m| m.text).unwrap_or_default()));
        }
    }
    if let Some(path) = &request.text {
        headless.command(Command::OpenOwnText);
        if !path.as_os_str().is_empty() {
            headless.command(Command::OpenPath(path.clone()));
        }
    }
    let train = if request.text.is_some() { Command::TrainText } else { Command::Train };
    for _ in 0..request.updates {
        headless.command(train(TrainCommand::Step));
    }
    if let Some(step) = request.step {
        let count = headless.state.run.as_ref().map_or(0, |run| run.trace.ticks().len());
        if step > count {
            return Err(ScreenshotError::NoStep { step, count });
        }
        headless.command(Command::Timeline(TimelineCommand::Cursor(step)));
    }
    headless.state.sheet = request.sheet;
    let ctx = Context::default();
    theme::apply(&ctx);
    if request.presents {
        headless.command(Command::Present(PresentCommand::Toggle));
    }
    // Larger type is fewer points to as many pixels.
    let zoom = if request.presents { presenter::ZOOM } else { 1.0 };
    let size = vec2(width as f32, height as f32) / zoom;
    Ok(offscreen::screenshot(size, request.pixels_per_point * zoom, FRAMES, &ctx, |ui| {
        headless.ui(ui);
        while headless.measure_length() {}
    }))
}
