//! The window: state, what changes it, and drawing it with or without a screen.
//!
//! `state` is plain data, `update` the only place that changes it, `effects`, `files`, `trainers` and `watch` the only
//! places that touch threads, files and dialogs; `layout` draws, `window` and `screenshot` put it on a
//! screen or into a picture.

pub mod actions;
mod bars;
mod course_map;
pub mod effects;
mod export_sheet;
pub mod exporting;
pub mod figure;
pub mod files;
mod hide;
mod inbox;
mod interventions;
mod key_sheet;
pub mod keys;
pub mod layout;
pub mod messages;
pub mod offscreen;
mod own_page;
pub mod own_text;
pub mod presenter;
pub mod progress;
pub mod reload;
pub mod screenshot;
pub mod search;
pub mod session;
pub mod settings;
mod settings_sheet;
mod sheets;
pub mod shortcut;
mod shot;
pub mod state;
mod stepping;
mod stops;
pub mod trainers;
pub mod training;
pub mod update;
mod watch;
pub mod window;

pub use screenshot::{Request as ScreenshotRequest, screenshot};
pub use window::{Start, StartError, run};
