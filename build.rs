//! Has the package built again when a model or lesson is added, because both are embedded.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]

fn main() {
    for folder in ["assets/models", "lessons"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
