//! The window: state, what changes it, and drawing it with or without a screen.
//!
//! `state` is plain data, `update` the only place that changes it, `effects` the only place that
//! touches threads, files and dialogs; `layout` draws, `window` and `screenshot` put it on a
//! screen or into a picture.

mod bars;
mod course_map;
pub mod effects;
mod interventions;
pub mod keys;
pub mod layout;
pub mod messages;
pub mod offscreen;
pub mod screenshot;
mod sheets;
pub mod state;
mod stepping;
mod stops;
pub mod update;
pub mod window;

pub use screenshot::{Request as ScreenshotRequest, screenshot};
pub use window::{Start, StartError, run};
