//! A view on a page of its own, for papers and slides: the drawing of the stage itself, light and
//! without controls, under a title that says what it is, of which model and on which input.
//!
//! SVG takes the frame apart into vectors, PNG and GIF rasterise it. Everything here is a function of
//! a window's state, on whatever thread.

mod numbers;
mod page;
mod shapes;
mod steps;

use std::path::Path;

pub use page::Page;
pub use steps::Steps;

use crate::checkpoint::CheckpointError;
use crate::export::{FigureError, gif};
use crate::view::export::Format;

/// A page's width and height in points, where nobody asks for another.
pub const SIZE: [u32; 2] = [860, 560];
/// The smallest and the largest side of a page.
pub const SIDES: std::ops::RangeInclusive<u32> = 200..=4000;

/// The format that a path asks for by its ending.
///
/// # Errors
/// If there is no such format.
pub fn format_of(path: &Path) -> Result<Format, ExportError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let found = Format::ALL.into_iter().find(|known| Some(known.ending()) == ending.as_deref());
    found.ok_or_else(|| wrong_ending(path, &Format::ALL))
}

/// Says which endings there are.
pub(super) fn wrong_ending(path: &Path, formats: &[Format]) -> ExportError {
    let mut endings: Vec<String> =
        formats.iter().map(|format| format!(".{}", format.ending())).collect();
    let last = endings.pop().unwrap_or_default();
    let first = endings.join(", ");
    let endings = if first.is_empty() { last } else { format!("{first} or {last}") };
    ExportError::Ending { path: path.display().to_string(), endings }
}

/// Why something cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The name's ending says no format.
    #[error("{path}: end the name in {endings}")]
    Ending {
        /// The file.
        path: String,
        /// Those there are.
        endings: String,
    },
    /// A parameter, say, cannot be drawn over the positions.
    #[error("{0} has no values over the positions; choose another value")]
    NoValues(String),
    /// There is no such view, or not of this run.
    #[error("there is no view `{id}` of {model} on this input; there are: {known}")]
    NoView {
        /// The view asked for.
        id: String,
        /// The model.
        model: String,
        /// The views there are.
        known: String,
    },
    /// Nothing has run.
    #[error("nothing has run yet; choose a model and an input first")]
    NoRun,
    /// The page would be empty or larger than any slide.
    #[error(
        "a page is from {low}x{low} to {high}x{high} points, and {0}x{1} was asked for",
        low = SIDES.start(), high = SIDES.end()
    )]
    Size(u32, u32),
    /// There is no such step.
    #[error("this run has positions 0 to {last}, and steps {from} to {to} were asked for")]
    NoSteps {
        /// The first position asked for.
        from: usize,
        /// The last one.
        to: usize,
        /// The last one there is.
        last: usize,
    },
    /// An animation would be too long.
    #[error(
        "{count} frames are too many for an animation, which has at most {most}; choose fewer positions or larger steps",
        most = gif::MOST_FRAMES
    )]
    TooMany {
        /// The frames asked for.
        count: usize,
    },
    /// It cannot be drawn.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// It cannot be written as a table.
    #[error(transparent)]
    Table(#[from] CheckpointError),
}
