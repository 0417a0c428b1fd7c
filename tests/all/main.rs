//! Contracts that hold over the whole program.
mod assets;
mod cli;
mod export;
mod soft;
