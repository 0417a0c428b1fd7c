//! Contracts between the rooms.

mod lesson;
