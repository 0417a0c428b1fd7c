//! Contracts that hold over the whole program.

mod assets;
mod cli;
mod export;
mod golden;
mod lesson;
mod reference;
mod registry;
mod rooms;
mod soft;
mod window;
