//! Contracts that hold over the whole program.
mod assets;
mod lesson;
mod soft;
