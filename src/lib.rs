//! Unrolled runs small, really trained sequence models step by step and shows what happens inside.

pub mod lesson;
