//! Session files: all that a learner chose, as JSON, so that tomorrow it is as it was today.
//!
//! Nothing that is computed is written: the same model, input and interventions give the same run. A
//! model is named with a hash of its file, so that another one in its place is noticed. What a newer
//! version added is passed over when it is read, and what cannot be read is said and left out; see
//! `read` and `restore`.

mod read;
mod restore;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::state::{Beside, ModelChoice, State};
use crate::checkpoint::{self, Checkpoint};
use crate::laboratory::{Contestant, Laboratory};
use crate::lesson::{Breakpoint, Library};
use crate::tape::Intervention;
use crate::trace::Walk;
use crate::trace::timeline::{Granularity, Timeline, TimelineCommand};
use crate::view::{Hidden, Language, Looks, Panel, Selection};

pub use read::{Remark, SessionError, error_text};
pub use restore::{Resume, restore};
pub(super) use restore::{fall_back, problem, resume};

/// The number of the format; a newer program may write a larger one.
pub const FORMAT: u64 = 1;
/// How the names of session files end.
pub const ENDING: &str = "unrolled";
/// Far above any session, far below what would exhaust memory.
pub const LARGEST: u64 = 4 * 1024 * 1024;

/// What a session file holds. The order of the fields is that in the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Session {
    /// The number of the format. Its name says what the file is.
    #[serde(rename = "unrolled_session")]
    pub format: u64,
    /// The version of the program that wrote it.
    pub program: String,
    /// The language of all words.
    pub language: Language,
    /// The folder of the lessons, if they are not the program's own.
    pub lessons: Option<String>,
    /// The lesson on the page; none on the course map.
    pub place: Option<Place>,
    /// The model on the stage.
    pub model: Option<SavedModel>,
    /// The laboratory's controls, while it is on the stage.
    pub laboratory: Option<Laboratory>,
    /// The text of the input field, as typed.
    pub input: String,
    /// The input of the run on the stage, where the one in the field cannot be read.
    pub input_on_stage: Option<String>,
    /// Interventions in force, on values and on weights.
    pub interventions: Vec<Intervention>,
    /// Interventions switched off, and where they stood.
    pub resting: Vec<(usize, Intervention)>,
    /// Whether values are shown minus what they are without interventions.
    pub shows_difference: bool,
    /// What is shown beside the run.
    pub beside: Vec<SavedRun>,
    /// Where the learner stands in the run.
    pub timeline: SavedTimeline,
    /// Where the learner stands in the backward pass, while walking back.
    pub back: Option<SavedTimeline>,
    /// The position of the loss that gradients are of, if one was chosen.
    pub loss_at: Option<usize>,
    /// The value that the learner looks at.
    pub selection: Option<Selection>,
    /// Values kept in the inspector.
    pub pinned: Vec<Selection>,
    /// Conditions at which playing stops.
    pub breakpoints: Vec<Breakpoint>,
    /// Ids of the views on the stage.
    pub views: Vec<String>,
    /// What was chosen within views.
    pub looks: Looks,
    /// Controls that a teacher hid.
    pub hidden: BTreeSet<Hidden>,
    /// What the presenter mode shows.
    pub panels: BTreeSet<Panel>,
}

/// A lesson and a stop of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The lesson's id.
    pub lesson: String,
    /// The stop; 0 is the opening.
    pub stop: usize,
    /// Whether the stop's own stage was still on its way.
    #[serde(default)]
    pub arriving: bool,
}

/// A model, and how to tell whether it is the same when it is wanted again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SavedModel {
    /// A shipped one.
    Shipped {
        /// Its id.
        id: String,
        /// The SHA-256 of its file.
        sha256: String,
    },
    /// One from a file.
    Opened {
        /// What it is called.
        id: String,
        /// The file.
        path: String,
        /// The SHA-256 of the file.
        sha256: String,
    },
    /// An untrained one, as the laboratory's controls say.
    Laboratory {
        /// The controls.
        controls: Box<Laboratory>,
        /// Which of the compared ones.
        contestant: Contestant,
    },
    /// The weights of a race, which no file has.
    Training {
        /// What they were called.
        id: String,
    },
}

/// What was shown beside the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedRun {
    /// The model.
    pub model: SavedModel,
    /// The input and the interventions of a run that was kept as it was.
    #[serde(default)]
    pub kept: Option<(String, Vec<Intervention>)>,
}

/// A place in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedTimeline {
    /// Operations done.
    pub cursor: usize,
    /// How far a step goes.
    pub granularity: Granularity,
    /// The speed of playing; 0 where none was chosen.
    pub speed: f32,
}

/// Models by the path that a session names, or why they cannot be opened.
pub type Models = BTreeMap<String, Result<Arc<Checkpoint>, String>>;

/// A session and what it needs from outside: all that there is to do before it can be restored.
pub struct Loaded {
    /// The session.
    pub session: Session,
    /// What could not be read of it.
    pub remarks: Vec<Remark>,
    /// Its lessons, if they are not the program's own.
    pub library: Option<(PathBuf, Library)>,
    /// The models that it opened, by the path that it names, or why they cannot be.
    pub models: Models,
}

impl Session {
    /// The session of a window.
    #[must_use]
    pub fn of(state: &State) -> Self {
        // What is on its way back from a file is not on the stage yet.
        let resume = state.resuming.as_ref();
        let typed = resume.and_then(|resume| resume.typed.clone());
        let on_stage = match (&typed, &state.input_error, &state.run) {
            (Some(_), ..) => Some(state.input.clone()),
            (None, Some(_), Some(run)) => Some(run.trace.text().to_owned()),
            _ => None,
        };
        let back = state.back.as_ref().map(SavedTimeline::of);
        let place = |open: &super::state::OpenLesson| Place {
            lesson: open.lesson.id.clone(),
            stop: open.stop,
            arriving: open.arriving,
        };
        let known = !matches!(&state.model, ModelChoice::Shipped(id) if id.is_empty());
        Self {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            language: state.kept.language,
            lessons: state.lessons.as_ref().map(|folder| folder.display().to_string()),
            place: state.lesson.as_ref().map(place),
            model: known.then(|| SavedModel::of(&state.model)),
            laboratory: state.laboratory.clone(),
            input: typed.unwrap_or_else(|| state.input.clone()),
            input_on_stage: on_stage,
            interventions: state.interventions.clone(),
            resting: state.resting.clone(),
            shows_difference: state.shows_difference,
            beside: state.beside.iter().map(SavedRun::of).collect(),
            timeline: resume.map_or_else(|| SavedTimeline::of(&state.timeline), |r| r.timeline),
            back: resume.map_or(back, |resume| resume.back),
            loss_at: state.loss_at,
            selection: state.selection.clone(),
            pinned: state.pinned.clone(),
            breakpoints: state.breakpoints.clone(),
            views: state.views.clone(),
            looks: state.looks.clone(),
            hidden: state.hidden.clone(),
            panels: state.presenter.panels.clone(),
        }
    }

    /// The session as a file; the same bytes for the same session.
    ///
    /// # Errors
    /// If something in it cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The files of the models that it opened.
    pub fn opened(&self) -> impl Iterator<Item = &str> {
        let beside = self.beside.iter().map(|beside| &beside.model);
        self.model.iter().chain(beside).filter_map(|model| match model {
            SavedModel::Opened { path, .. } => Some(path.as_str()),
            _ => None,
        })
    }
}

impl SavedModel {
    fn of(model: &ModelChoice) -> Self {
        match model {
            ModelChoice::Shipped(id) => {
                let sha256 = checkpoint::shipped_sha256(id).unwrap_or_default();
                Self::Shipped { id: id.clone(), sha256 }
            }
            ModelChoice::Laboratory(laboratory, contestant) => {
                Self::Laboratory { controls: laboratory.clone(), contestant: *contestant }
            }
            ModelChoice::Opened(checkpoint) => {
                let id = checkpoint.card.id.clone();
                match &checkpoint.origin {
                    Some(origin) => Self::Opened {
                        id,
                        path: origin.path.display().to_string(),
                        sha256: origin.sha256.clone(),
                    },
                    None => Self::Training { id },
                }
            }
        }
    }
}

impl SavedRun {
    fn of(beside: &Beside) -> Self {
        Self { model: SavedModel::of(&beside.model), kept: beside.kept.clone() }
    }
}

impl SavedTimeline {
    fn of(timeline: &Timeline) -> Self {
        let (cursor, granularity) = (timeline.cursor(), timeline.granularity());
        Self { cursor, granularity, speed: timeline.speed() }
    }

    /// The same place in a run; at its end where it is shorter.
    fn over(self, walk: &dyn Walk) -> Timeline {
        let mut timeline = Timeline::default();
        timeline.apply(TimelineCommand::Granularity(self.granularity), walk);
        if self.speed > 0.0 {
            timeline.apply(TimelineCommand::Speed(self.speed), walk);
        }
        timeline.apply(TimelineCommand::Cursor(self.cursor), walk);
        timeline
    }
}
