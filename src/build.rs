//! Lessons, weights and words are part of the program: it is built anew when one of them changes.

fn main() {
    for folder in ["lessons", "assets"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
