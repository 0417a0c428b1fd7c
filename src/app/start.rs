//! Where the window begins, and pictures of it without a screen.

use std::path::PathBuf;

use image::RgbaImage;

use crate::view::words::Language;

/// What the window shows first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The course map, or where the learner left off.
    Home,
    /// The lesson of this id.
    Lesson(String),
    /// A folder of lessons.
    Folder(PathBuf),
    /// A weights file, or a folder of them.
    Checkpoint(PathBuf),
    /// A session file.
    Session(PathBuf),
}

/// Which frame of the window is wanted as a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenshotRequest {
    /// The lesson's id.
    pub lesson: String,
    /// Which of its stops, from 1; the opening if `None`.
    pub stop: Option<usize>,
    /// The step on the timeline, from 0; where the stop leads if `None`.
    pub step: Option<usize>,
    /// Dark or light.
    pub dark: bool,
    /// The language of words and lesson.
    pub language: Language,
    /// Width and height in points.
    pub size: [u32; 2],
}

/// Why there is no window or picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The window cannot be opened.
    #[error("the window cannot be opened: {0}")]
    Window(String),
    /// There is no such lesson.
    #[error("there is no lesson `{0}`; `unrolled list lessons` shows those there are")]
    Lesson(String),
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// If there is no display, or what is to be shown cannot be read.
pub fn run(_start: Start) -> Result<(), StartError> {
    Err(StartError::Window("this version has none yet".to_owned()))
}

/// Draws one frame of the window.
///
/// # Errors
/// If there is no such lesson.
pub fn screenshot(request: &ScreenshotRequest) -> Result<RgbaImage, StartError> {
    Err(StartError::Lesson(request.lesson.clone()))
}
