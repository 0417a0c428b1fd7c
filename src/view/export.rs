//! What is exported, and how: the choice that the export sheet shows and changes.

use serde::{Deserialize, Serialize};

use crate::trace::timeline::Granularity;

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Pixels, two to a point.
    #[default]
    Png,
    /// Vectors.
    Svg,
    /// A range of steps, one after the other.
    Gif,
    /// A comma-separated table.
    Csv,
    /// Numbers with their names, formulas and meanings.
    Json,
    /// Arrays by name, for NumPy and PyTorch.
    Safetensors,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Png, Self::Svg, Self::Gif, Self::Csv, Self::Json, Self::Safetensors];

    /// How file names end.
    #[must_use]
    pub fn ending(self) -> &'static str {
        self.endings()[0]
    }

    /// The same for a dialog.
    #[must_use]
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["png"],
            Self::Svg => &["svg"],
            Self::Gif => &["gif"],
            Self::Csv => &["csv"],
            Self::Json => &["json"],
            Self::Safetensors => &["safetensors"],
        }
    }
}

/// What is exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A view of the stage, by its id.
    View(String),
    /// The selected value.
    Value,
    /// Everything that ran.
    Run,
    /// The window as it is.
    Window,
}

impl What {
    /// The formats that it can have.
    #[must_use]
    pub fn formats(&self) -> &'static [Format] {
        use Format::{Csv, Gif, Json, Png, Safetensors, Svg};
        match self {
            Self::View(_) => &[Png, Svg, Gif, Csv, Json, Safetensors],
            Self::Value => &[Png, Svg, Csv, Json, Safetensors],
            Self::Run => &[Csv, Json, Safetensors],
            Self::Window => &[Png],
        }
    }
}

/// What the export sheet says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// What.
    pub what: What,
    /// How.
    pub format: Format,
    /// Of an animation, the first and the last position; all where nobody chose.
    pub positions: Option<[usize; 2]>,
    /// Of an animation, how far one frame is from the next.
    pub by: Granularity,
}

impl Default for Choice {
    fn default() -> Self {
        let (format, by) = (Format::default(), Granularity::default());
        Self { what: What::View(String::new()), format, positions: None, by }
    }
}
