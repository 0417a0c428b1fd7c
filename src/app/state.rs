//! All that the window knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use image::RgbaImage;
use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::laboratory::{Contestant, Laboratory};
use crate::lesson::{
    Breakpoint, Diagnostic, Found, Lesson, Library, Marks, Seen, SeenRun, Setting,
};
use crate::models::{self, Diagram};
use crate::tape::Intervention;
use crate::tasks::InputError;
use crate::trace::importance::{Importance, Progress};
use crate::trace::jacobian::Jacobians;
use crate::trace::timeline::Timeline;
use crate::trace::{Backward, SharedTrace};
use crate::training::lengths::{Lengths, Piece, Points};
use crate::view::command::{Purpose, Sheet, Spot, ThemeChoice};
use crate::view::export::Choice;
use crate::view::{Hidden, Language, Looks, Selection};

use super::own_text::OwnText;
use super::presenter::Presenter;
use super::progress::Read;
use super::session::Resume;
use super::settings::Scale;
use super::training::LiveTraining;

/// Inputs that the learner typed, kept so that none is lost.
pub const INPUTS_KEPT: usize = 50;

/// Runs beside the one on the stage.
pub const BESIDE_AT_MOST: usize = 3;

/// In narrower windows the inspector is shown only when it is asked for.
const ROOM_FOR_INSPECTOR: f32 = 1100.0;

/// The window's state. Only [`update`](super::update::update) changes it.
#[derive(Clone)]
pub struct State {
    /// What is kept from session to session.
    pub kept: Kept,
    /// All lessons.
    pub library: Library,
    /// The lesson on the page; none on the course map.
    pub lesson: Option<OpenLesson>,
    /// What the stage shows.
    pub run: Option<Run>,
    /// What was asked of the worker and is not there yet.
    pub pending: Option<RunRequest>,
    /// The number of the last run that was asked for.
    pub runs: u64,
    /// The text of the input field, as typed.
    pub input: String,
    /// Why that text cannot be run.
    pub input_error: Option<InputError>,
    /// Where the learner stands in the run.
    pub timeline: Timeline,
    /// The value that the learner looks at.
    pub selection: Option<Selection>,
    /// Values kept in the inspector.
    pub pinned: Vec<Selection>,
    /// Interventions in force, on values and on weights.
    pub interventions: Vec<Intervention>,
    /// Interventions switched off, and where they stood among those in force.
    pub resting: Vec<(usize, Intervention)>,
    /// The value that is about to be changed, while the panel for that is open.
    pub intervening: Option<Spot>,
    /// Whether values are shown minus what they are without interventions.
    pub shows_difference: bool,
    /// The first position and value that differ from the run without interventions.
    pub first_difference: Option<(usize, String)>,
    /// Conditions at which playing stops.
    pub breakpoints: Vec<Breakpoint>,
    /// Where each of them holds in the run on the stage.
    pub marks: Vec<Marks>,
    /// What is shown beside the run: other models on the same input, or runs that were kept.
    pub beside: Vec<Beside>,
    /// The runs of those, as far as they could be made.
    pub others: Vec<Run>,
    /// The run without interventions, while some are in force.
    pub baseline: Option<Run>,
    /// The position of the loss that gradients are of; the last one if nobody chose.
    pub loss_at: Option<usize>,
    /// The laboratory's controls, while it is on the stage.
    pub laboratory: Option<Laboratory>,
    /// The Jacobians that a view asked for.
    pub measured: Option<Measured>,
    /// How much the answers depend on each token, once a view asked for it.
    pub importance: Option<Explained>,
    /// Accuracy by length, as far as it was measured.
    pub lengths: LengthChart,
    /// Where the learner stands in the backward pass, while walking back.
    pub back: Option<Timeline>,
    /// Ids of the views on the stage.
    pub views: Vec<String>,
    /// What was chosen within views.
    pub looks: Looks,
    /// Controls that a teacher hid.
    pub hidden: BTreeSet<Hidden>,
    /// The presenter mode.
    pub presenter: Presenter,
    /// The folder that the lessons came from, if they are not the program's own.
    pub lessons: Option<PathBuf>,
    /// What of a session waits for its run.
    pub resuming: Option<Resume>,
    /// The model on the stage: a shipped one's id or an opened file.
    pub model: ModelChoice,
    /// A race in front of the learner, if there was one.
    pub training: Option<LiveTraining>,
    /// The page for a text of the learner's own.
    pub own: OwnText,
    /// Something the learner should know.
    pub message: Option<Message>,
    /// What lies open over the page.
    pub sheet: Option<Sheet>,
    /// The path that is being typed, where no dialog came.
    pub path: PathSheet,
    /// The window's picture, while it is being saved.
    pub picture: Option<Arc<RgbaImage>>,
}

/// A path that the learner types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathSheet {
    /// What it is for; none as long as nothing was asked for.
    pub purpose: Option<Purpose>,
    /// The path as far as it is known.
    pub path: String,
    /// Whether there is such a file already, which the learner may want replaced.
    pub exists: bool,
}

/// What is kept from session to session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The language of all words.
    pub language: Language,
    /// Light, dark or as the system.
    pub theme: ThemeChoice,
    /// Where the learner left off: the lesson and its stop.
    pub place: Option<(String, usize)>,
    /// The stops read in each lesson.
    pub progress: BTreeMap<String, Read>,
    /// Answers given, by question.
    pub answers: BTreeMap<String, usize>,
    /// Questions that were answered rightly, on the run that was there then.
    pub right: BTreeSet<String>,
    /// Tasks done.
    pub done: BTreeSet<String>,
    /// Inputs typed, the last one last, with the model they were typed for.
    pub inputs: Vec<(String, String)>,
    /// Whether the inspector is shown; where nobody chose, it is in a window that has room for it.
    pub inspector: Option<bool>,
    /// Whether the notes for the instructor are on the page.
    pub instructor_notes: bool,
    /// The size of everything on screen, in percent.
    pub scale: Scale,
    /// Whether nothing moves by itself but the run.
    pub reduces_motion: bool,
    /// Shortcuts that the learner chose, by the action's id; empty for none. Ids that nobody knows
    /// here stay, for they are another version's.
    pub keys: BTreeMap<String, String>,
    /// What was chosen in the palette, the last one last.
    pub used: Vec<String>,
    /// What was exported last, and how.
    pub export: Choice,
    /// The folder where something was saved or opened last.
    pub folder: Option<PathBuf>,
    /// The file of the session that is open, where it is saved again.
    pub session: Option<PathBuf>,
    /// Session files used last, the newest first.
    pub recent: Vec<PathBuf>,
}

/// The lesson on the page.
#[derive(Clone)]
pub struct OpenLesson {
    /// The lesson.
    pub lesson: Arc<Lesson>,
    /// The language that it is in, which may not be the one asked for.
    pub language: String,
    /// The file that it was read from, relative to the lessons' folder.
    pub file: String,
    /// Why the file's present content is not on the page, if it is not.
    pub stale: Option<String>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// The stop; 0 is the opening.
    pub stop: usize,
    /// A stage that waits for its run: where to go and what to look at when that is there.
    pub arriving: bool,
}

impl OpenLesson {
    /// A lesson at its opening, with nothing on the way.
    #[must_use]
    pub fn new(found: Found<'_>) -> Self {
        Self {
            lesson: Arc::new(found.lesson.clone()),
            language: found.language.to_owned(),
            file: found.file.to_owned(),
            stale: None,
            diagnostics: found.diagnostics,
            stop: 0,
            arriving: false,
        }
    }
}

impl OpenLesson {
    /// The lengths that the stop in force measures accuracy at.
    #[must_use]
    pub fn lengths(&self) -> Option<Lengths> {
        self.lesson.stage_at(self.stop.checked_sub(1))?.lengths
    }
}

/// Which model runs.
#[derive(Clone)]
pub enum ModelChoice {
    /// A shipped model.
    Shipped(String),
    /// One that was opened from a file.
    Opened(Arc<Checkpoint>),
    /// An untrained one, as the laboratory's controls say.
    Laboratory(Box<Laboratory>, Contestant),
}

impl ModelChoice {
    /// The model's id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Shipped(id) => id,
            Self::Opened(checkpoint) => &checkpoint.card.id,
            Self::Laboratory(_, contestant) => contestant.id(),
        }
    }

    /// What its run is called beside others.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Laboratory(laboratory, contestant) => laboratory.label(*contestant),
            _ => self.id().to_owned(),
        }
    }
}

/// Something shown beside the run on the same timeline.
#[derive(Clone)]
pub struct Beside {
    /// The model.
    pub model: ModelChoice,
    /// A run that was kept as it was: its input and interventions. Without it, the model reads what
    /// the model on the stage reads.
    pub kept: Option<(String, Vec<Intervention>)>,
}

impl Beside {
    /// What it is called in views.
    #[must_use]
    pub fn label(&self) -> String {
        let id = self.model.id();
        if let ModelChoice::Laboratory(laboratory, contestant) = &self.model {
            // Its input says little; its settings are what it was kept for.
            let summary = laboratory.summary();
            return match &self.kept {
                Some(_) if !summary.is_empty() => format!("{id}, {summary}"),
                _ => laboratory.label(*contestant),
            };
        }
        match &self.kept {
            None => id.to_owned(),
            Some((input, interventions)) => {
                let changes: Vec<String> = interventions.iter().map(ToString::to_string).collect();
                let changes = if changes.is_empty() {
                    String::new()
                } else {
                    format!(" | {}", changes.join(", "))
                };
                format!("{id}: {input}{changes}")
            }
        }
    }
}

/// A finished run and the model that made it.
#[derive(Clone)]
pub struct Run {
    /// A number that no other run of this session has.
    pub number: u64,
    /// The model.
    pub checkpoint: Arc<Checkpoint>,
    /// The model as its papers draw it.
    pub diagram: Arc<Diagram>,
    /// What was recorded.
    pub trace: SharedTrace,
    /// The gradients of its loss, if it has one.
    pub backward: Option<Arc<Backward>>,
    /// What it is called beside others.
    pub label: String,
}

impl Run {
    /// The run as expressions see it.
    #[must_use]
    pub fn seen(&self) -> SeenRun<'_> {
        SeenRun { label: &self.label, trace: &self.trace, backward: self.backward.as_deref() }
    }
}

/// Jacobians of the runs on the stage, which take longer than a frame and are made when asked for.
#[derive(Clone)]
pub struct MeasureRequest {
    /// The number of the runs.
    pub number: u64,
    /// The state that is looked at.
    pub name: String,
    /// The runs.
    pub runs: Vec<Run>,
}

/// What was measured, or is about to be.
#[derive(Clone)]
pub struct Measured {
    /// The number of the runs.
    pub number: u64,
    /// The state that was looked at.
    pub name: String,
    /// For each run; empty while it is being measured.
    pub jacobians: Vec<Option<Arc<Jacobians>>>,
}

/// How much the answers of a run depend on each token, or that it is being measured.
#[derive(Clone)]
pub struct Explained {
    /// The number of the run.
    pub number: u64,
    /// What was found.
    pub progress: Progress<Arc<Importance>>,
}

/// Accuracy by length: what was found, and what is being measured.
#[derive(Clone, Debug, Default)]
pub struct LengthChart {
    /// What was found.
    pub points: Points,
    /// What was asked for last and is not there yet.
    pub asked: Vec<Piece>,
}

/// What the worker is asked to do.
#[derive(Clone)]
pub struct RunRequest {
    /// Later requests have larger numbers and cancel earlier ones.
    pub number: u64,
    /// The model.
    pub model: ModelChoice,
    /// The input as typed.
    pub input: String,
    /// What to change from outside.
    pub interventions: Vec<Intervention>,
    /// What to run beside it.
    pub beside: Vec<Beside>,
    /// The position of the loss that gradients are of; the last one if nobody chose.
    pub loss_at: Option<usize>,
    /// An expression that says that position instead, as a lesson's stop does.
    pub loss: Option<String>,
}

impl RunRequest {
    /// What a lesson's stop asks for.
    #[must_use]
    pub fn of(setting: &Setting<'_>, interventions: Vec<Intervention>) -> Self {
        let shipped = |id: &&str| ModelChoice::Shipped(models::resolve(id));
        let mut models: Vec<ModelChoice> = vec![shipped(&setting.model)];
        models.extend(setting.compare.iter().map(shipped));
        let mut input = setting.input.to_owned();
        if !setting.controls.is_empty() {
            let (laboratory, _) = Laboratory::with(setting.controls);
            input = laboratory.input();
            let own = |(own, kind)| ModelChoice::Laboratory(Box::new(own), kind);
            models = laboratory.runs().into_iter().map(own).collect();
        }
        let model = models.remove(0);
        let beside = models.into_iter().map(|model| Beside { model, kept: None }).collect();
        let loss = setting.loss.map(str::to_owned);
        Self { number: 0, model, input, interventions, beside, loss_at: None, loss }
    }
}

impl Finished {
    /// The runs as expressions see them.
    #[must_use]
    pub fn seen(&self) -> Seen<'_> {
        let others = self.others.iter().flatten().map(Run::seen);
        Seen { runs: std::iter::once(self.run.seen()).chain(others).collect() }
    }
}

/// What the worker has run.
pub struct Finished {
    /// The model on the stage.
    pub run: Run,
    /// The others, and why some could not run.
    pub others: Vec<Result<Run, String>>,
    /// The same without interventions, where there are some.
    pub baseline: Option<Run>,
}

/// What the worker answers.
pub enum Outcome {
    /// It ran.
    Done(Box<Finished>),
    /// The input cannot be read by the model.
    Unreadable(InputError),
    /// The model cannot be loaded, or something else went wrong.
    Failed(String),
}

/// Something the learner should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What, where and how to fix it.
    pub text: String,
    /// Whether something failed.
    pub is_error: bool,
}

impl State {
    /// The state of a new window on the course map.
    #[must_use]
    pub fn new(kept: Kept, library: Library) -> Self {
        Self {
            kept,
            library,
            lesson: None,
            run: None,
            pending: None,
            runs: 0,
            input: String::new(),
            input_error: None,
            timeline: Timeline::default(),
            selection: None,
            pinned: Vec::new(),
            interventions: Vec::new(),
            resting: Vec::new(),
            intervening: None,
            shows_difference: false,
            first_difference: None,
            breakpoints: Vec::new(),
            marks: Vec::new(),
            beside: Vec::new(),
            others: Vec::new(),
            baseline: None,
            loss_at: None,
            laboratory: None,
            measured: None,
            importance: None,
            lengths: LengthChart::default(),
            back: None,
            views: vec!["diagram".to_owned()],
            looks: Looks::default(),
            hidden: BTreeSet::new(),
            presenter: Presenter::default(),
            lessons: None,
            resuming: None,
            model: ModelChoice::Shipped(String::new()),
            training: None,
            own: OwnText::default(),
            message: None,
            sheet: None,
            path: PathSheet::default(),
            picture: None,
        }
    }

    /// How much the answers of the run on the stage depend on each token, once a view asked for it.
    #[must_use]
    pub fn importance(&self) -> Option<Progress<&Importance>> {
        let number = self.run.as_ref()?.number;
        let explained = self.importance.as_ref().filter(|explained| explained.number == number)?;
        Some(match &explained.progress {
            Progress::Running => Progress::Running,
            Progress::Impossible => Progress::Impossible,
            Progress::Done(importance) => Progress::Done(importance),
        })
    }

    /// Whether the learner typed another input for the model on the stage.
    #[must_use]
    pub fn has_other_input(&self) -> bool {
        let id = self.model.id();
        self.kept.inputs.iter().any(|(of, text)| of == id && *text != self.input)
    }

    /// Whether the inspector is shown in a window of this width, in points.
    #[must_use]
    pub fn shows_inspector(&self, width: f32) -> bool {
        self.kept.inspector.unwrap_or(width >= ROOM_FOR_INSPECTOR)
    }

    /// Whether a teacher hid a control.
    #[must_use]
    pub fn hides(&self, control: Hidden) -> bool {
        self.hidden.contains(&control)
    }

    /// Whether anything on screen moves by itself.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.timeline.is_playing() || self.back.as_ref().is_some_and(Timeline::is_playing)
    }
}
