//! Contracts that hold over the whole program.

mod assets;
mod golden;
mod lesson;
mod reference;
mod soft;
