//! What a learner can ask for. Views push these; the application carries them out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::export::{Choice, Format};
use super::{Hidden, Language, Panel};
use crate::laboratory::Laboratory;
use crate::lesson::Control;
use crate::trace::Place;
use crate::trace::timeline::TimelineCommand;
use crate::training::lengths::Piece;
use crate::training::live::TrainCommand;

/// One wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Move through the run.
    Timeline(TimelineCommand),
    /// Train models in front of the learner.
    Train(TrainCommand),
    /// Open the page for a text of the learner's own.
    OpenOwnText,
    /// Train a model of that text.
    TrainText(TrainCommand),
    /// Look at a value; at none.
    Select(Option<Selection>),
    /// Keep a value in the inspector.
    Pin(Selection),
    /// Let a kept value go.
    Unpin(usize),
    /// Run the model on this input. The text is kept as typed, also if it cannot be read.
    SetInput(String),
    /// Replace what one position reads.
    EditToken(usize, String),
    /// Run another shipped model; on the same input, if it reads the same.
    SetModel(String),
    /// Take back the last input that the learner typed.
    RestoreInput,
    /// Back to the lesson's input and the start.
    Reset,
    /// Open a lesson at its beginning.
    OpenLesson(String),
    /// Open a lesson at a stop; 0 is the opening.
    OpenStop(String, usize),
    /// The course map.
    OpenMap,
    /// Go to a stop of the lesson; 0 is the opening.
    Stop(usize),
    /// Go to a position and look at a value there.
    GoTo {
        /// The value.
        name: Option<String>,
        /// The position.
        position: Option<usize>,
    },
    /// Answer a question of the lesson, named by its place in the file; and whether that is right on
    /// the run in front of the learner.
    Answer(String, usize, bool),
    /// A task of the lesson is done.
    TaskDone(String),
    /// Undo a task of the lesson and all that was changed for it.
    TryAgain(String),
    /// Show or hide the notes for the instructor.
    ShowNotes(bool),
    /// Keep what was chosen within a view, under its key.
    SetLook(String, serde_json::Value),
    /// Show or hide a view.
    ToggleView(String),
    /// Apply an intervention, as written.
    Intervene(String),
    /// Change the interventions in force.
    Interventions(InterveneCommand),
    /// Open the panel in which a value is changed; close it.
    AskIntervention(Option<Spot>),
    /// Show values minus what they are without interventions.
    ShowDifference(bool),
    /// Change the conditions at which playing stops, or go to where one holds.
    Breakpoint(BreakpointCommand),
    /// Walk through the backward pass from the loss; forward again.
    WalkBack(bool),
    /// Take gradients of the loss at this position; of the last one.
    LossAt(Option<usize>),
    /// Set a control of the laboratory.
    Control(String, Control),
    /// Put the laboratory on the stage with these controls.
    Laboratory(Box<Laboratory>),
    /// Measure the Jacobians of the cell that holds this state.
    Measure(String),
    /// Measure how much the answers depend on each token.
    Explain,
    /// Let the symbols of the source change places, and keep the run beside that has them in order.
    ShuffleSource,
    /// Measure shipped models on held-out sequences of these lengths.
    MeasureLengths(Vec<Piece>),
    /// Change what is shown beside the run.
    Compare(CompareCommand),
    /// Speak another language.
    SetLanguage(Language),
    /// Light, dark or as the system.
    SetTheme(ThemeChoice),
    /// Open a sheet over the page; close the one that is open.
    Sheet(Option<Sheet>),
    /// Change what is kept about how the program looks and is used.
    Settings(SettingsCommand),
    /// Show or hide the inspector.
    ShowInspector(bool),
    /// Choose what the export sheet says.
    Export(Choice),
    /// Ask where to open or save something.
    Choose(Purpose),
    /// Have a path typed, without a dialog.
    AskPath(Purpose),
    /// The path typed where no dialog came, and whether a file there may be replaced.
    TypedPath(String, bool),
    /// Open a folder of lessons, a file of weights, a session or a text.
    OpenPath(PathBuf),
    /// Save the session where it was saved last, or ask where.
    SaveSession,
    /// Hide a control, or show it again.
    Hide(Hidden, bool),
    /// Show all controls again.
    ShowAll,
    /// Present the lesson to a class.
    Present(PresentCommand),
    /// The message has been read.
    DismissMessage,
}

/// What can be done about the interventions that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterveneCommand {
    /// Lift one that is in force.
    Lift(usize),
    /// Switch one off without losing it.
    Rest(usize),
    /// Switch one on again that rests.
    Wake(usize),
    /// Lose one that rests.
    Forget(usize),
    /// Lift all, and lose those that rest.
    LiftAll,
}

/// What can be done about the conditions at which playing stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BreakpointCommand {
    /// Watch another, as typed.
    Add(String),
    /// Lose one.
    Remove(usize),
    /// Switch one on or off.
    Switch(usize, bool),
    /// Go to the next position where one holds.
    Next,
    /// Go to the one before.
    Previous,
}

/// What can lie open over the page, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// All keys.
    Keys,
    /// The field for a position to go to.
    Position,
    /// The conditions at which playing stops.
    Breakpoints,
    /// The field that finds lessons, values, models and commands.
    Palette,
    /// How the program looks and is used.
    Settings,
    /// The field for a path, where no dialog came.
    Path,
    /// The controls that can be hidden.
    Hide,
    /// What to export, and how.
    Export,
}

/// What can be set once and for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsCommand {
    /// The size of everything on screen, in percent.
    Scale(u32),
    /// Whether nothing moves by itself but the run.
    ReduceMotion(bool),
    /// Another shortcut for an action, written as `Ctrl+S`; nothing for none; `None` for its own.
    Key(String, Option<String>),
    /// Every action has its own shortcuts again.
    DefaultKeys,
    /// Nothing was read, answered or done.
    ForgetProgress,
    /// Something was chosen in the palette, by what names it there.
    Used(String),
}

/// A value that is about to be changed, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Its name.
    pub name: String,
    /// The position; −1 for an initial state.
    pub position: i32,
    /// The unit, if one is meant.
    pub unit: Option<usize>,
}

/// What can be done while presenting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PresentCommand {
    /// Begin or end.
    Toggle,
    /// Show or hide a panel.
    Panel(Panel),
    /// Open or close the window with the instructor's notes.
    Notes,
    /// Darken everything but a circle round the pointer, or no more.
    Spotlight,
    /// Make that circle larger by a factor.
    Radius(f32),
    /// A black screen, or no more.
    Blank,
}

/// What can be done about the runs beside the one on the stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareCommand {
    /// Run another shipped model on the same input.
    Add(String),
    /// Keep the run as it is now, whatever becomes of the input and the interventions.
    Keep,
    /// Let one go.
    Remove(usize),
}

/// What a place in the file system is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A folder of lessons to open.
    Folder,
    /// A file to open; its ending says what it is.
    File,
    /// A text to learn from.
    Text,
    /// A file to write.
    Save(Export),
}

/// What can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// What the export sheet says, in this format.
    Chosen(Format),
    /// The notes of the whole run, MIDI or WAV, whatever is selected.
    Melody,
    /// The session: all that the learner chose.
    Session,
    /// The weights on the stage, safetensors.
    Weights,
}

/// The choice of a theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A value that the learner looks at. It follows the cursor, so it holds no position of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The named value or parameter.
    pub name: String,
    /// Which step of its calculation; empty for the value itself.
    pub path: Vec<usize>,
    /// 0 for the cursor's position, −1 for the one before.
    pub offset: i32,
    /// The unit (column), if one is chosen.
    pub unit: Option<usize>,
}

impl Selection {
    /// A value at the cursor's position.
    #[must_use]
    pub fn new(name: impl Into<String>, unit: Option<usize>) -> Self {
        Self { name: name.into(), path: Vec::new(), offset: 0, unit }
    }

    /// Where it is when the cursor is at `now`.
    #[must_use]
    pub fn place(&self, now: usize) -> Place {
        let position = i32::try_from(now).unwrap_or(i32::MAX).saturating_add(self.offset);
        Place { name: self.name.clone(), position, path: self.path.clone() }
    }
}
