//! What is drawn, one view a file, and what all views share.
pub mod flow;
pub mod math;
pub mod theme;
pub mod words;
