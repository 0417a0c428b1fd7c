//! The window on a real screen.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use egui::ViewportCommand;

use super::effects::Threads;
use super::session::{self, Session};
use super::shot::Shot;
use super::state::{Kept, State};
use super::update::{self, Effect};
use super::{exporting, files, layout};
use crate::lesson::Library;
use crate::trace::timeline::TimelineCommand;
use crate::view::command::ThemeChoice;
use crate::view::{Command, Memory, theme};

/// How often what the learner has is put away, so that nothing is lost when the power fails.
const AUTOSAVE: Duration = Duration::from_secs(5);
/// Where in the program's storage the last session is.
const SESSION_KEY: &str = "session";

/// Between two frames while something plays.
const FRAME: Duration = Duration::from_millis(33);

/// What the window shows first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Where the learner left off, or the course map.
    Home,
    /// A lesson by its id.
    Lesson(String),
    /// A folder of lessons.
    Folder(PathBuf),
    /// A file of weights.
    Checkpoint(PathBuf),
    /// A session.
    Session(PathBuf),
}

/// Why no window opens.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no screen, or a library is missing.
    #[error(
        "no window can be opened here: {0}\nWithout a display, `unrolled screenshot lstm --out lstm.png` draws the window into a file.\nOn Debian or Ubuntu the window needs: apt-get install libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libegl1 libgl1-mesa-dri"
    )]
    NoWindow(String),
    /// There is no such lesson.
    #[error("there is no lesson `{id}`; the lessons are: {known}")]
    NoLesson {
        /// The id asked for.
        id: String,
        /// The ids there are.
        known: String,
    },
}

/// The program on a screen.
struct Window {
    state: State,
    memory: Memory,
    threads: Threads,
    /// What was told to the system last: the title, and whether the window fills the screen.
    title: String,
    presents: bool,
    /// The picture of the window, while one is asked for.
    shot: Shot,
    /// Whether something was changed since the last save.
    is_unsaved: bool,
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// If there is no screen to open it on, or no such lesson.
pub fn run(start: Start) -> Result<(), StartError> {
    let library = Library::embedded();
    if let Start::Lesson(id) = &start
        && !library.ids().any(|known| known == id)
    {
        let known = library.ids().collect::<Vec<_>>().join(", ");
        return Err(StartError::NoLesson { id: id.clone(), known });
    }
    if !has_display() {
        let reason = "neither WAYLAND_DISPLAY nor DISPLAY is set".to_owned();
        return Err(StartError::NoWindow(reason));
    }
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Unrolled")
            .with_app_id("unrolled")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([960.0, 600.0])
            .with_icon(icon()),
        ..eframe::NativeOptions::default()
    };
    let create = move |context: &eframe::CreationContext<'_>| -> Result<
        Box<dyn eframe::App>,
        Box<dyn std::error::Error + Send + Sync>,
    > { Ok(Box::new(Window::new(context, library, start)?)) };
    // A missing library makes the window system's binding panic; that must read as a message.
    let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eframe::run_native("Unrolled", options, Box::new(create))
    }));
    match opened {
        Ok(result) => result.map_err(|error| StartError::NoWindow(error.to_string())),
        Err(_) => Err(StartError::NoWindow("a library of the window system is missing".to_owned())),
    }
}

/// The program's icon; the window system's own where it cannot be read.
fn icon() -> egui::IconData {
    let png = include_bytes!("../../assets/icon/unrolled.png");
    eframe::icon_data::from_png_bytes(png).unwrap_or_default()
}

/// On Linux a screen is announced in the environment; elsewhere there is one.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("WAYLAND_DISPLAY") || is_set("DISPLAY")
}

impl Window {
    fn new(
        context: &eframe::CreationContext<'_>,
        library: Library,
        start: Start,
    ) -> std::io::Result<Self> {
        theme::apply(&context.egui_ctx);
        let kept: Kept = context
            .storage
            .and_then(|storage| eframe::get_value(storage, eframe::APP_KEY))
            .unwrap_or_default();
        let stored = |key| context.storage.and_then(|storage| storage.get_string(key));
        let place = kept.place.clone();
        let ctx = context.egui_ctx.clone();
        let threads = Threads::start(Arc::new(move || ctx.request_repaint()))?;
        let mut window = Self {
            state: State::new(kept, library),
            memory: Memory::default(),
            threads,
            title: String::new(),
            presents: false,
            shot: Shot::default(),
            is_unsaved: false,
        };
        let last = stored(SESSION_KEY).filter(|_| start == Start::Home);
        let last = last.and_then(|text| files::load_session(text.as_bytes(), None).ok());
        if start != Start::Home {
            window.state.kept.session = None;
        }
        match start {
            Start::Home => {
                if let Some(loaded) = last {
                    let effects = session::restore(&mut window.state, loaded);
                    window.perform(effects);
                } else if let Some((id, stop)) = place {
                    window.command(Command::OpenStop(id, stop));
                    window.state.message = None;
                }
            }
            Start::Lesson(id) => window.command(Command::OpenLesson(id)),
            Start::Folder(path) | Start::Session(path) => window.command(Command::OpenPath(path)),
            Start::Checkpoint(path) => {
                let first = window.state.library.ids().next().map(str::to_owned);
                first.into_iter().for_each(|id| window.command(Command::OpenLesson(id)));
                window.command(Command::OpenPath(path));
            }
        }
        Ok(window)
    }

    fn command(&mut self, command: Command) {
        let effects = update::update(&mut self.state, command);
        self.perform(effects);
    }

    /// Tells the system what concerns the whole window: its title, and whether it fills the screen.
    fn frame(&mut self, ctx: &egui::Context) {
        let title = title(&self.state);
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
        let presents = self.state.presenter.is_on;
        if presents != self.presents {
            ctx.send_viewport_cmd(ViewportCommand::Fullscreen(presents));
            self.presents = presents;
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Picture => self.shot.ask(),
                effect => self.threads.perform(effect, &mut self.state),
            }
        }
    }
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.threads.collect(&mut self.state);
        if let Some(picture) = self.shot.frame(ui.ctx()) {
            let effects = exporting::pictured(&mut self.state, picture);
            self.perform(effects);
        }
        apply_look(ui.ctx(), &self.state);
        if self.state.is_moving() {
            let elapsed = ui.input(|input| input.stable_dt);
            self.command(Command::Timeline(TimelineCommand::Elapse(elapsed)));
            ui.request_repaint_after(FRAME);
        }
        let dropped = ui.input(|input| input.raw.dropped_files.clone());
        for file in &dropped {
            self.command(Command::OpenPath(file.path().to_owned()));
        }
        let commands = layout::ui(ui, &self.state, &mut self.memory);
        if !commands.is_empty() {
            self.is_unsaved = true;
            ui.request_repaint();
        }
        // A window where nothing moves draws no frames, and only frames are followed by a save.
        if self.is_unsaved {
            ui.request_repaint_after(AUTOSAVE + FRAME);
        }
        let effects = layout::carry_out(&mut self.state, commands);
        self.perform(effects);
        self.frame(ui.ctx());
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.is_unsaved = false;
        eframe::set_value(storage, eframe::APP_KEY, &self.state.kept);
        let session = Session::of(&self.state).to_bytes().ok();
        if let Some(text) = session.and_then(|bytes| String::from_utf8(bytes).ok()) {
            storage.set_string(SESSION_KEY, text);
        }
    }

    fn auto_save_interval(&self) -> Duration {
        AUTOSAVE
    }
}

/// The session's name, as far as it has one, and the program's.
fn title(state: &State) -> String {
    let name = state.kept.session.as_ref().and_then(|path| path.file_stem());
    name.map_or("Unrolled".to_owned(), |name| format!("{} — Unrolled", name.to_string_lossy()))
}

/// Puts the chosen theme, size and movement in force. Call it in every frame.
pub fn apply_look(ctx: &egui::Context, state: &State) {
    let kept = &state.kept;
    ctx.set_theme(match kept.theme {
        ThemeChoice::System => egui::ThemePreference::System,
        ThemeChoice::Light => egui::ThemePreference::Light,
        ThemeChoice::Dark => egui::ThemePreference::Dark,
    });
    // The keys for the size are actions like all others, and the size is kept.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    ctx.set_zoom_factor(kept.scale.factor() * state.presenter.zoom());
    theme::reduce_motion(ctx, kept.reduces_motion);
}
