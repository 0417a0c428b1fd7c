//! Contracts that hold over the whole program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed, and says what it saw"
)]

mod assets;
mod attention;
mod attention_stage;
mod cli;
mod export;
mod export_sheet;
mod files;
mod golden;
mod interact;
mod lesson;
mod page;
mod positions;
mod presenter;
mod reference;
mod reference_attention;
mod reference_rwkv;
mod reference_transformer;
mod registry;
mod reload;
mod rooms;
mod session;
mod soft;
mod window;
