//! Files and dialogs: where the learner says what to open and where to save.
//!
//! A place is asked for by the system's own dialog. Where no dialog comes (there is no desktop
//! portal, or no screen) a field in the window takes a path instead and asks before it replaces a
//! file, as dialogs do. What is saved is what was on the stage when the dialog was asked for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::exporting::{self, Progress, Writer};
use super::messages::text_error_text;
use super::own_text::{self, Weights};
use super::session::{self, Loaded, Remark, Session, SessionError};
use super::state::{ModelChoice, PathSheet, State};
use super::update::{self, Effect};
use crate::checkpoint::{self, Checkpoint};
use crate::export::{MelodyFormat, melody};
use crate::lesson::Library;
use crate::tasks;
use crate::tasks::text::{Division, TextError};
use crate::view::command::{Export, Purpose, Sheet};
use crate::view::tr_with;

/// Positions of the sequences that a text is divided for in the window.
const TEXT_LENGTH: usize = 64;
/// The largest lesson file that is read.
const LARGEST_LESSON: u64 = 4 * 1024 * 1024;
/// Sessions in the menu of those used last.
const RECENT: usize = 8;
/// A dialog that is gone sooner was never there: nobody cancels so fast.
const NEVER_SHOWN: Duration = Duration::from_millis(400);

/// What came of asking for a file.
pub enum Answer {
    /// It was read, or why it cannot be.
    Opened(Result<Opened, String>),
    /// This share of it is drawn.
    Writing(f32),
    /// It was written, or why it cannot be.
    Saved(Result<PathBuf, String>),
    /// No dialog came; the window has to ask.
    NoDialog(Purpose),
    /// Nothing can be learned from the text that was chosen.
    NoText(PathBuf, TextError),
    /// There is such a file already; the window has to ask.
    Exists(Purpose, PathBuf),
    /// The learner does not want it any more.
    Cancelled,
}

/// What was read from a file or folder.
pub enum Opened {
    /// A folder of lessons.
    Lessons(PathBuf, Library),
    /// Weights, and an input that they can read.
    Model(PathBuf, Box<Checkpoint>, String),
    /// A session, or why it is none.
    Session(PathBuf, Result<Box<Loaded>, SessionError>),
    /// A text, divided for training.
    Text(PathBuf, Arc<Division>),
}

/// What is to be written once a place is chosen. A newer wish replaces an older one.
#[derive(Default)]
pub struct Slot(Mutex<Option<Writer>>);

impl Slot {
    /// Keeps what is on the stage now, where something is to be saved.
    pub fn prepare(&self, purpose: &Purpose, state: &State) {
        let Purpose::Save(export) = purpose else { return };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = writer(*export, state);
    }

    /// A session is saved as it is when it is written, with or without a dialog before.
    pub fn refresh(&self, purpose: &Purpose, state: &State) {
        if matches!(purpose, Purpose::Save(Export::Session)) {
            self.prepare(purpose, state);
        }
    }

    fn take(&self) -> Option<Writer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A native dialog that is about to be shown.
pub struct Dialog {
    dialog: rfd::FileDialog,
}

impl Dialog {
    /// The dialog for a purpose, in the folder used last.
    #[must_use]
    pub fn new(purpose: &Purpose, state: &State) -> Self {
        let mut dialog = rfd::FileDialog::new();
        if let Some(folder) = &state.kept.folder {
            dialog = dialog.set_directory(folder);
        }
        let (name, extensions) = kind(purpose);
        if !extensions.is_empty() {
            dialog = dialog.add_filter(name, extensions);
        }
        if let Purpose::Save(export) = purpose {
            dialog = dialog.set_file_name(suggested(*export, state));
        }
        Self { dialog }
    }

    /// Shows it and does what was wanted with the path. Blocks until the learner has chosen.
    pub fn ask(self, purpose: Purpose, slot: &Slot, done: Progress<'_>) -> Answer {
        let start = Instant::now();
        let path = match purpose {
            Purpose::Folder => self.dialog.pick_folder(),
            Purpose::File | Purpose::Text => self.dialog.pick_file(),
            Purpose::Save(_) => self.dialog.save_file(),
        };
        match path {
            // The dialog has asked whether to replace what is there, unless the name gets an ending.
            Some(path) => {
                let replace = !lacks_ending(&purpose, &path);
                take((purpose, path, replace), slot, done)
            }
            None if start.elapsed() < NEVER_SHOWN => Answer::NoDialog(purpose),
            None => Answer::Cancelled,
        }
    }
}

/// Reads or writes at a path. A file that is there is replaced only if the last of the three says so.
/// `done` hears the share of what takes long.
pub fn take(
    (purpose, path, replace): (Purpose, PathBuf, bool),
    slot: &Slot,
    done: Progress<'_>,
) -> Answer {
    match purpose {
        Purpose::File if is_text(&path) => open_text(path),
        Purpose::Text => open_text(path),
        Purpose::Folder | Purpose::File => Answer::Opened(open(&path)),
        Purpose::Save(_) => {
            let mut path = path;
            if lacks_ending(&purpose, &path) {
                path.as_mut_os_string().push(format!(".{}", session::ENDING));
            }
            if !replace && path.is_file() {
                return Answer::Exists(purpose, path);
            }
            match slot.take() {
                Some(write) => Answer::Saved(write(&path, done).map(|()| path)),
                None => Answer::Cancelled,
            }
        }
    }
}

/// Carries out what follows from an answer.
pub fn answered(state: &mut State, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Opened(Ok(Opened::Lessons(path, library))) => {
            state.kept.folder = path.parent().map(Path::to_owned);
            state.lessons = Some(path);
            return update::show_library(state, library);
        }
        Answer::Opened(Ok(Opened::Model(path, checkpoint, input))) => {
            state.kept.folder = path.parent().map(Path::to_owned);
            return update::show_model(state, ModelChoice::Opened(checkpoint.into()), input);
        }
        Answer::Opened(Ok(Opened::Session(path, Ok(loaded)))) => {
            remember(state, &path);
            return session::restore(state, *loaded);
        }
        Answer::Opened(Ok(Opened::Session(path, Err(error)))) => {
            let shown = path.display().to_string();
            if matches!(error, SessionError::File { is_missing: true, .. }) {
                state.kept.recent.retain(|known| *known != path);
            }
            update::fail(state, session::error_text(state.kept.language, &shown, &error));
        }
        Answer::Opened(Ok(Opened::Text(path, text))) => {
            state.kept.folder = path.parent().map(Path::to_owned);
            return own_text::show(state, text);
        }
        Answer::NoText(path, error) => {
            let reason = text_error_text(state.kept.language, &error);
            let words = [("path", &*path.display().to_string()), ("reason", &reason)];
            update::fail(state, tr_with(state.kept.language, "text.refused", &words));
        }
        Answer::Saved(Ok(path)) => {
            if is_session(&path) {
                remember(state, &path);
            }
            let shown = path.display().to_string();
            state.kept.folder = path.parent().map(Path::to_owned);
            let text = tr_with(state.kept.language, "common.saved", &[("path", &shown)]);
            update::tell(state, text);
        }
        Answer::Opened(Err(text)) | Answer::Saved(Err(text)) => update::fail(state, text),
        Answer::Writing(share) => {
            let percent = format!("{:.0}", 100.0 * share);
            let words = [("percent", percent.as_str())];
            update::tell(state, tr_with(state.kept.language, "export.writing", &words));
        }
        Answer::NoDialog(purpose) => ask_path(state, purpose),
        Answer::Exists(purpose, path) => {
            let path = path.display().to_string();
            state.path = PathSheet { purpose: Some(purpose), path, exists: true };
            state.sheet = Some(Sheet::Path);
        }
        Answer::Cancelled => {}
    }
    Vec::new()
}

/// Opens the field for a path, with a name to begin from.
pub fn ask_path(state: &mut State, purpose: Purpose) {
    let mut path = state.kept.folder.clone().or_else(std::env::home_dir).unwrap_or_default();
    if let Purpose::Save(export) = &purpose {
        path.push(suggested(*export, state));
    }
    let path = path.display().to_string();
    state.path = PathSheet { purpose: Some(purpose), path, exists: false };
    state.sheet = Some(Sheet::Path);
}

/// A path as typed: `~` is the learner's home.
#[must_use]
pub fn typed(text: &str) -> PathBuf {
    let text = text.trim();
    match (text.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => text.into(),
    }
}

/// What a purpose's files are called, and how their names may end; a folder has no ending.
fn kind(purpose: &Purpose) -> (&'static str, &'static [&'static str]) {
    match purpose {
        Purpose::Folder => ("lessons", &[]),
        Purpose::File => ("unrolled", &["safetensors", "txt", session::ENDING]),
        Purpose::Text => ("text", &["txt", "text", "md"]),
        Purpose::Save(Export::Weights) => ("safetensors", &["safetensors"]),
        Purpose::Save(Export::Session) => ("session", &[session::ENDING]),
        Purpose::Save(Export::Chosen(format)) => (format.ending(), format.endings()),
        Purpose::Save(Export::Melody) => ("melody", &["mid", "wav"]),
    }
}

/// A file name to begin from, such as `lstm-brackets-cell.png`.
fn suggested(export: Export, state: &State) -> String {
    let model = state.run.as_ref().map_or("unrolled", |run| run.trace.model());
    // The weights of a run are those of its model, whatever is selected.
    let model = model.split(" @ ").next().unwrap_or(model);
    let what = match export {
        Export::Session => return suggested_session(state),
        Export::Melody => "melody".to_owned(),
        Export::Weights => "weights".to_owned(),
        Export::Chosen(_) => exporting::name(state),
    };
    let ending = kind(&Purpose::Save(export)).1[0];
    // A file opened from disk is called by its name; characters that paths use are none of a name.
    let safe = |c: char| if "/\\:*?\"<>|".contains(c) || c.is_control() { '-' } else { c };
    format!("{model}-{what}").chars().map(safe).collect::<String>() + "." + ending
}

/// What writes an export of what is on the stage now; `None` where there is nothing to save.
fn writer(export: Export, state: &State) -> Option<Writer> {
    match export {
        Export::Session => {
            let bytes = Session::of(state).to_bytes().map_err(|error| error.to_string());
            Some(Box::new(move |path, _| {
                checkpoint::write_file(path, &bytes?).map_err(|error| error.to_string())
            }))
        }
        Export::Weights => {
            let weights = Weights::of(state)?;
            Some(Box::new(move |path, _| save_weights(weights, path)))
        }
        Export::Chosen(_) => exporting::writer(state),
        Export::Melody => {
            let run = state.run.clone()?;
            Some(Box::new(move |path, _| save_melody(run.trace.notes(), path)))
        }
    }
}

/// Writes weights with their card.
fn save_weights(weights: Weights, path: &Path) -> Result<(), String> {
    if path.extension().is_none_or(|extension| extension != "safetensors") {
        return Err(format!("{}: end the name in .safetensors", path.display()));
    }
    let (card, parameters) = weights.scored();
    checkpoint::save(path, &card, &parameters).map_err(|error| error.to_string())
}

/// Writes notes as the score or the sound that the file's ending asks for.
fn save_melody(notes: &[u8], path: &Path) -> Result<(), String> {
    let format = MelodyFormat::of(path)
        .ok_or_else(|| format!("{}: end the name in .mid or .wav", path.display()))?;
    let bytes = melody::render(notes, format);
    checkpoint::write_file(path, &bytes).map_err(|error| error.to_string())
}

/// Whether a file that is opened is a text by its name.
fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("txt"))
}

/// Reads a text and divides it for training.
fn open_text(path: PathBuf) -> Answer {
    let divided = checkpoint::read_text(&path)
        .and_then(|corpus| Division::new(Arc::new(corpus), TEXT_LENGTH));
    match divided {
        Ok(text) => Answer::Opened(Ok(Opened::Text(path, Arc::new(text)))),
        Err(error) => Answer::NoText(path, error),
    }
}

/// Reads a folder of lessons or a file of weights.
fn open(path: &Path) -> Result<Opened, String> {
    if path.is_dir() {
        let library = read_lessons(path).map_err(|error| error.to_string())?;
        return Ok(Opened::Lessons(path.to_owned(), library));
    }
    if is_session(path) {
        let read = read_session(path).map(Box::new);
        return Ok(Opened::Session(path.to_owned(), read));
    }
    let checkpoint = open_model(path)?;
    let mut random = crate::tensor::random::Random::new(1, 0);
    let example = tasks::draw(&*checkpoint.task, &mut random, tasks::Split::HeldOut);
    let input = checkpoint.task.text(&example.sequence);
    Ok(Opened::Model(path.to_owned(), Box::new(checkpoint), input))
}

/// A model from a file. The window calls it by its file, so that nobody takes it for a shipped one.
fn open_model(path: &Path) -> Result<Checkpoint, String> {
    let mut checkpoint = checkpoint::open(path).map_err(|error| error.to_string())?;
    if let Some(name) = path.file_name() {
        checkpoint.card.id = name.to_string_lossy().into_owned();
    }
    Ok(checkpoint)
}

/// Whether a file is a session, by the ending of its name.
#[must_use]
pub fn is_session(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(session::ENDING))
}

/// Whether the file is to be a session and its name does not say so.
fn lacks_ending(purpose: &Purpose, path: &Path) -> bool {
    matches!(purpose, Purpose::Save(Export::Session)) && !is_session(path)
}

/// Reads a session and all that it names.
///
/// # Errors
/// If the file cannot be read or is no session.
pub fn read_session(path: &Path) -> Result<Loaded, SessionError> {
    let file = |error: std::io::Error| SessionError::File {
        is_missing: error.kind() == std::io::ErrorKind::NotFound,
        problem: error.to_string(),
    };
    let bytes = std::fs::metadata(path).map_err(file)?.len();
    if bytes > session::LARGEST {
        return Err(SessionError::TooLarge(bytes));
    }
    load_session(&std::fs::read(path).map_err(file)?, path.parent())
}

/// Reads what a session names: lessons and models, those of a folder that moved beside the session.
///
/// # Errors
/// If the bytes are no session.
pub fn load_session(bytes: &[u8], folder: Option<&Path>) -> Result<Loaded, SessionError> {
    let (session, mut remarks) = Session::parse(bytes)?;
    let found = |name: &str| {
        let path = PathBuf::from(name);
        let beside = folder.zip(path.file_name()).map(|(folder, name)| folder.join(name));
        if path.exists() { path } else { beside.filter(|beside| beside.exists()).unwrap_or(path) }
    };
    let mut library = None;
    if let Some(name) = &session.lessons {
        let path = found(name);
        match read_lessons(&path) {
            Ok(read) => library = Some((path, read)),
            Err(error) => remarks.push(Remark::NoFolder(name.clone(), error.to_string())),
        }
    }
    let open = |name: &str| open_model(&found(name)).map(Arc::new);
    let models = session.opened().map(|name| (name.to_owned(), open(name))).collect();
    Ok(Loaded { session, remarks, library, models })
}

/// Saves the session where it was saved last, or asks where.
pub fn save_session(state: &State) -> Effect {
    let purpose = Purpose::Save(Export::Session);
    match &state.kept.session {
        Some(path) => Effect::Take(purpose, path.clone(), true),
        None => Effect::Choose(purpose),
    }
}

/// From now on this is the session that is open.
fn remember(state: &mut State, path: &Path) {
    let kept = &mut state.kept;
    kept.folder = path.parent().map(Path::to_owned);
    kept.session = Some(path.to_owned());
    kept.recent.retain(|known| known != path);
    kept.recent.insert(0, path.to_owned());
    kept.recent.truncate(RECENT);
}

/// A name for a session: that of the open one, or of its lesson.
fn suggested_session(state: &State) -> String {
    let open = state.kept.session.as_ref().and_then(|path| path.file_name());
    let lesson = state.lesson.as_ref().map_or("unrolled", |open| open.lesson.id.as_str());
    let new = || format!("{lesson}.{}", session::ENDING);
    open.map_or_else(new, |name| name.to_string_lossy().into_owned())
}

/// Why a folder holds no lessons.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder cannot be read.
    #[error("{0}: {1}; choose a folder that you may read")]
    Unreadable(String, std::io::Error),
    /// It has no lesson in it.
    #[error("{0} has no lessons in it; a lesson is a file such as en/05-lstm.md")]
    Empty(String),
}

/// Reads the lessons of a folder: `en/NN-id.md`, `zh/NN-id.md`, or files of one language.
///
/// # Errors
/// If the folder cannot be read or holds no lesson.
pub fn read_lessons(folder: &Path) -> Result<Library, FolderError> {
    let name = folder.display().to_string();
    let unreadable = |error| FolderError::Unreadable(name.clone(), error);
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).map_err(unreadable)?.flatten() {
        if entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    for inner in folders {
        for entry in std::fs::read_dir(&inner).map_err(unreadable)?.flatten() {
            let path = entry.path();
            let is_lesson = path.extension().is_some_and(|extension| extension == "md")
                && entry
                    .metadata()
                    .is_ok_and(|data| data.is_file() && data.len() <= LARGEST_LESSON);
            if is_lesson {
                let relative =
                    path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
                files.push((relative, std::fs::read(&path).map_err(unreadable)?));
            }
        }
    }
    let library = Library::from_files(&files);
    if library.ids().next().is_none() { Err(FolderError::Empty(name)) } else { Ok(library) }
}
