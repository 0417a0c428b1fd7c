//! What leaves the program: tables for other programs, figures for papers and slides.
//!
//! Everything here is a pure function from a trace to text or bytes; nothing touches a file.

pub mod chart;
mod csv;
pub mod figure;
pub mod gif;
pub mod heatmap;
pub mod melody;
pub mod picture;
pub mod points;
pub mod svg;
pub mod table;

pub use chart::LineChart;
pub use figure::{Figure, FigureError, PictureFormat};
pub use heatmap::Heatmap;
pub use melody::MelodyFormat;
pub use picture::Picture;
pub use table::{GradientOf, TableFormat};

/// The part of a path after its last dot, in lower case.
fn extension(path: &std::path::Path) -> String {
    path.extension().map_or(String::new(), |e| e.to_string_lossy().to_lowercase())
}
