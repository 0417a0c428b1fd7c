//! Contracts that hold over the whole program.
mod assets;
mod soft;
