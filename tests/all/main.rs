//! Contracts that hold over the whole program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what it expects by failing"
)]

mod assets;
mod cli;
mod export;
mod golden;
mod lesson;
mod reference;
mod rooms;
mod soft;
mod window;
