//! Parts of the window that can be left out: controls that a teacher hides from students, and the
//! panels of the presenter mode.

use serde::{Deserialize, Serialize};

use super::Scene;

/// A control that can be hidden through a session file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// The course map and the way to other lessons.
    Lessons,
    /// The menu of models.
    Model,
    /// The input field and the editing of tokens.
    Input,
    /// The row that chooses views.
    Views,
    /// The inspector.
    Inspector,
    /// Changing values, and the list of interventions.
    Interventions,
    /// Comparing with other models.
    Compare,
    /// The controls of a race.
    Training,
    /// How far a step goes, and the speed of playing.
    Steps,
    /// Walking back from the loss, and the conditions at which playing stops.
    Walk,
    /// Opening and saving.
    Files,
}

impl Hidden {
    /// All of them, in the order of the sheet.
    pub const ALL: [Self; 11] = [
        Self::Lessons,
        Self::Model,
        Self::Input,
        Self::Views,
        Self::Inspector,
        Self::Interventions,
        Self::Compare,
        Self::Training,
        Self::Steps,
        Self::Walk,
        Self::Files,
    ];

    /// The key of its words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Lessons => "hide.lessons",
            Self::Model => "hide.model",
            Self::Input => "hide.input",
            Self::Views => "hide.views",
            Self::Inspector => "hide.inspector",
            Self::Interventions => "hide.interventions",
            Self::Compare => "hide.compare",
            Self::Training => "hide.training",
            Self::Steps => "hide.steps",
            Self::Walk => "hide.walk",
            Self::Files => "hide.files",
        }
    }
}

impl Scene<'_> {
    /// Whether a teacher hid a control.
    #[must_use]
    pub fn hides(&self, control: Hidden) -> bool {
        self.hidden.contains(&control)
    }
}

/// A panel of the presenter mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Panel {
    /// The lesson's text.
    Lesson,
    /// The views.
    Stage,
    /// The bar of tokens.
    Timeline,
    /// The inspector.
    Inspector,
}

impl Panel {
    /// All of them; their keys are 1 to 4.
    pub const ALL: [Self; 4] = [Self::Lesson, Self::Stage, Self::Timeline, Self::Inspector];

    /// The key of its words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Lesson => "present.lesson",
            Self::Stage => "present.stage",
            Self::Timeline => "present.timeline",
            Self::Inspector => "present.inspector",
        }
    }
}
