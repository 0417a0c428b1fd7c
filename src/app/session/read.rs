//! Reading a session file: field by field, so that one that is damaged or of a newer version costs no
//! more than itself.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{FORMAT, LARGEST, Session};
use crate::view::{Language, tr, tr_with};

/// No list in a session is longer; one that is could only slow the window down.
const MOST: usize = 1000;

/// Why nothing of a session can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// The system cannot read it; whether it is not there, and what the system says.
    File {
        /// Whether there is no such file.
        is_missing: bool,
        /// What the system says.
        problem: String,
    },
    /// There is nothing in it.
    Empty,
    /// It has this many bytes.
    TooLarge(u64),
    /// It ends before it is complete.
    Cut,
    /// It is no JSON; the line where it stops to be.
    NotJson(usize),
    /// It is JSON, and no session.
    NotSession,
}

/// What a learner should know about a session that was opened all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A newer version of the program wrote it.
    Newer(String),
    /// Something in a field could not be read.
    Unread(&'static str),
    /// This program has no such model.
    NoModel(String),
    /// A model is not the one of that time.
    Changed(String),
    /// A model's file cannot be opened.
    NoFile(String, String),
    /// Weights that were in training are in no file.
    Training(String),
    /// There is no such lesson.
    NoLesson(String),
    /// A folder of lessons cannot be read.
    NoFolder(String, String),
    /// The model cannot read the input, or not run at all.
    NotRun(String),
}

impl Session {
    /// Reads a session; gives also what was left out.
    ///
    /// # Errors
    /// If the bytes are no session at all.
    pub fn parse(bytes: &[u8]) -> Result<(Self, Vec<Remark>), SessionError> {
        if bytes.len() as u64 > LARGEST {
            return Err(SessionError::TooLarge(bytes.len() as u64));
        }
        if bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            return Err(SessionError::Empty);
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            if error.is_eof() { SessionError::Cut } else { SessionError::NotJson(error.line()) }
        })?;
        let Value::Object(map) = value else { return Err(SessionError::NotSession) };
        let format = map.get("unrolled_session").and_then(Value::as_u64);
        let format = format.filter(|format| *format > 0).ok_or(SessionError::NotSession)?;
        let mut fields = Fields { map, remarks: Vec::new() };
        let program: String = fields.take("program");
        if format > FORMAT {
            fields.remarks.push(Remark::Newer(program.clone()));
        }
        let session = Self {
            format: FORMAT,
            program,
            language: fields.take("language"),
            lessons: fields.take("lessons"),
            place: fields.take("place"),
            model: fields.take("model"),
            laboratory: fields.take("laboratory"),
            input: fields.take("input"),
            input_on_stage: fields.take("input_on_stage"),
            interventions: fields.list("interventions"),
            resting: fields.list("resting"),
            shows_difference: fields.take("shows_difference"),
            beside: fields.list("beside"),
            timeline: fields.take("timeline"),
            back: fields.take("back"),
            loss_at: fields.take("loss_at"),
            selection: fields.take("selection"),
            pinned: fields.list("pinned"),
            breakpoints: fields.list("breakpoints"),
            views: fields.list("views"),
            looks: fields.take("looks"),
            hidden: fields.set("hidden"),
            panels: fields.set("panels"),
        };
        Ok((session, fields.remarks))
    }
}

/// The fields that are not read yet, and what was wrong with those that are.
struct Fields {
    map: Map<String, Value>,
    remarks: Vec<Remark>,
}

impl Fields {
    fn take<T: DeserializeOwned + Default>(&mut self, name: &'static str) -> T {
        match self.map.get_mut(name).map(Value::take) {
            None | Some(Value::Null) => T::default(),
            Some(value) => T::deserialize(value).unwrap_or_else(|_| {
                self.remarks.push(Remark::Unread(name));
                T::default()
            }),
        }
    }

    /// What can be read of a list.
    fn list<T: DeserializeOwned>(&mut self, name: &'static str) -> Vec<T> {
        let values: Vec<Value> = self.take(name);
        let count = values.len();
        let read: Vec<T> =
            values.into_iter().filter_map(|value| T::deserialize(value).ok()).take(MOST).collect();
        if read.len() < count {
            self.remarks.push(Remark::Unread(name));
        }
        read
    }

    fn set<T: DeserializeOwned + Ord>(&mut self, name: &'static str) -> BTreeSet<T> {
        self.list(name).into_iter().collect()
    }
}

/// Why a session cannot be opened, in the learner's language.
#[must_use]
pub fn error_text(language: Language, path: &str, error: &SessionError) -> String {
    let (key, problem) = match error {
        SessionError::File { is_missing: true, .. } => ("session.missing", String::new()),
        SessionError::File { problem, .. } => ("session.unreadable", problem.clone()),
        SessionError::Empty => ("session.empty", String::new()),
        SessionError::TooLarge(bytes) => ("session.large", (bytes / 1_000_000).to_string()),
        SessionError::Cut => ("session.cut", String::new()),
        SessionError::NotJson(line) => ("session.not_json", line.to_string()),
        SessionError::NotSession => ("session.not_session", String::new()),
    };
    tr_with(language, key, &[("path", path), ("problem", &problem)])
}

impl Remark {
    /// The remark in the learner's language.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let (key, id, problem) = match self {
            Self::Newer(version) => ("session.newer", version.as_str(), ""),
            Self::Unread(field) => ("session.unread", *field, ""),
            Self::NoModel(id) => ("session.no_model", id.as_str(), ""),
            Self::Changed(id) => ("session.changed", id.as_str(), ""),
            Self::NoFile(path, problem) => ("session.no_file", path.as_str(), problem.as_str()),
            Self::Training(id) => ("session.training", id.as_str(), ""),
            Self::NoLesson(id) => ("session.no_lesson", id.as_str(), ""),
            Self::NoFolder(path, problem) => ("session.no_folder", path.as_str(), problem.as_str()),
            Self::NotRun(problem) => ("session.not_run", "", problem.as_str()),
        };
        tr_with(language, key, &[("name", id), ("problem", problem)])
    }
}

/// All remarks, one after the other.
pub(super) fn texts(language: Language, remarks: &[Remark]) -> String {
    let texts: Vec<String> = remarks.iter().map(|remark| remark.text(language)).collect();
    texts.join(tr(language, "session.between"))
}
