//! The window: state, commands, and drawing it with or without a screen.
pub mod offscreen;
mod start;

pub use start::{ScreenshotRequest, Start, StartError, run, screenshot};
