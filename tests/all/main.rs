//! Contracts over the whole program, one file each.

mod golden;
mod reference;
mod registry;
mod rooms;
