//! Unrolled runs small, really trained sequence models step by step and shows what happens inside.

pub mod app;
pub mod checkpoint;
pub mod cli;
pub mod export;
pub mod lesson;
pub mod models;
pub mod nn;
pub mod palette;
pub mod tape;
pub mod tasks;
pub mod tensor;
pub mod trace;
pub mod training;
pub mod view;
