//! Lessons: Markdown that drives the stage, as plain data.
//!
//! [`parse`] turns a file into a [`Lesson`] and [`Diagnostic`]s and never refuses; [`evaluate`] computes an expression over a
//! trace seen through [`Values`]; [`check`] proves a lesson against a real trace; [`Library`] holds the lessons of all languages.

pub mod breakpoint;
mod check;
mod diagnostic;
mod expression;
mod fence;
mod fields;
mod intervention;
mod library;
mod markdown;
mod parity;
mod parse;
mod rules;
mod text;
mod values;
mod visit;

pub use crate::tasks::nearest::{did_you_mean, nearest};
use crate::training::lengths::Lengths;
pub use breakpoint::{Breakpoint, Marks, marks};
pub use check::{Known, Provide, check, check_stop, check_with};
pub use diagnostic::{Diagnostic, Place, Severity};
pub use expression::{
    Answer, ExpressionError, FUNCTIONS, Function, ValueSource, Values, evaluate, sources,
};
pub use intervention::{NoEffect, in_hint, no_effect};
pub use library::{Found, Library};
pub use parity::{parity, same_stage};
pub use parse::{parse, parse_bytes};
pub use text::PageText;
pub use values::{Seen, SeenRun, plain_name};
pub use visit::{Formula, Part, count_asked, formulas, parts, plain_text};

/// One lesson: its front matter, its opening and the stops that the learner walks through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lesson {
    /// The name without the number, `lstm` for `05-lstm.md`.
    pub id: String,
    /// The number in the file name, which is the teaching order.
    pub number: u32,
    /// Title from the front matter.
    pub title: String,
    /// The problem that its model was built to solve, one sentence for the course map.
    pub problem: Vec<Inline>,
    /// Id of the shipped model that the lesson steps through.
    pub model: Located,
    /// The curated input that shows the effect.
    pub input: String,
    /// What the learner can do afterwards.
    pub goals: Vec<Vec<Inline>>,
    /// The papers and pages that the lesson rests on.
    pub sources: Vec<Vec<Inline>>,
    /// What the stage shows beside the opening.
    pub stage: Option<Stage>,
    /// The blocks before the first stop.
    pub intro: Vec<Block>,
    /// The line of the file at which each of them begins.
    pub intro_lines: Vec<usize>,
    /// One for each level-2 heading.
    pub stops: Vec<Stop>,
}

/// A level-2 heading and all that follows it up to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stop {
    /// The heading.
    pub title: Vec<Inline>,
    /// The heading as an address, unique in the lesson.
    pub anchor: String,
    /// What the stage shows from here on; without one it stays as it was.
    pub stage: Option<Stage>,
    /// The text.
    pub blocks: Vec<Block>,
    /// The line of the file at which each block begins.
    pub lines: Vec<usize>,
    /// Where the heading stands.
    pub place: Place,
}

/// The settings of a `stage` block. What it leaves out falls back to the lesson's own model, input and no interventions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// Ids of the views to show.
    pub views: Vec<Located>,
    /// Name of the value to select.
    pub focus: Option<Located>,
    /// The position to go to.
    pub at: Option<Expression>,
    /// How far a step goes.
    pub granularity: Option<Granularity>,
    /// Another input.
    pub input: Option<String>,
    /// Another shipped model.
    pub model: Option<Located>,
    /// Models to show beside it on the same timeline.
    pub compare: Vec<Located>,
    /// Interventions, such as `forget_gate[3..7]=0`.
    pub set: Vec<Located>,
    /// The unit to select.
    pub unit: Option<Expression>,
    /// The position whose loss gradients are taken of.
    pub loss: Option<Expression>,
    /// The lengths that accuracy is measured at.
    pub lengths: Option<Lengths>,
    /// Laboratory controls by name.
    pub controls: Vec<(String, Control)>,
    /// Where the block stands.
    pub place: Place,
}

/// How far a step of the timeline goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Granularity {
    /// To the next position of the sequence.
    Token,
    /// To the next layer.
    Layer,
    /// To the next operation.
    Operation,
}

/// The setting of a laboratory control.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// A slider.
    Number(f64),
    /// A choice.
    Text(String),
    /// A switch.
    Switch(bool),
}

/// A word of the lesson that names something outside it, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// An expression over the trace, as written, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expression {
    /// The text to give to [`evaluate`].
    pub source: String,
    /// Where its first character stands.
    pub place: Place,
}

/// A piece of a lesson that stands on its own lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Running text.
    Paragraph(Vec<Inline>),
    /// A heading inside a stop; the level is 1 to 6.
    Heading(u8, Vec<Inline>),
    /// A list.
    List {
        /// The first number of an ordered list.
        start: Option<u64>,
        /// The blocks of each item.
        items: Vec<Vec<Block>>,
    },
    /// A quotation.
    Quote(Vec<Block>),
    /// Program text.
    Code {
        /// The first word after the fence, or nothing.
        language: String,
        /// The text.
        text: String,
    },
    /// A displayed equation in TeX.
    Math(Located),
    /// A table.
    Table {
        /// The cells of the first row.
        header: Vec<Vec<Inline>>,
        /// The cells of the other rows.
        rows: Vec<Vec<Vec<Inline>>>,
    },
    /// A horizontal rule.
    Rule,
    /// A question that the next step answers.
    Predict(Question),
    /// The checks at the end of a lesson.
    Quiz(Vec<Question>),
    /// A task whose completion is seen in the trace.
    Try(Try),
    /// A remark for the instructor.
    Note(Vec<Block>),
}

/// A multiple-choice question whose answer is computed from the trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// What is asked.
    pub question: Vec<Inline>,
    /// What can be chosen.
    pub choices: Vec<Vec<Inline>>,
    /// Computes the index of the right choice, from 0.
    pub answer: Expression,
    /// Why it is right.
    pub because: Vec<Inline>,
    /// For each choice, the misconception that it reveals; shorter than `choices` when some say nothing.
    pub why: Vec<Vec<Inline>>,
    /// Where the question stands.
    pub place: Place,
}

/// A task for the learner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Try {
    /// What to do.
    pub task: Vec<Inline>,
    /// True over the learner's own trace once it is done.
    pub condition: Expression,
    /// Help on demand.
    pub hint: Vec<Inline>,
    /// What to say when it is done.
    pub done: Vec<Inline>,
    /// Where the task stands.
    pub place: Place,
}

/// A piece of running text.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// Strong emphasis.
    Strong(Vec<Inline>),
    /// Emphasis.
    Emphasis(Vec<Inline>),
    /// Program text.
    Code(String),
    /// An equation in TeX.
    Math(Located),
    /// A value computed from the trace.
    Live(Expression),
    /// A link that moves the stage.
    StageLink {
        /// What is shown.
        text: Vec<Inline>,
        /// The value to select, if any.
        target: Option<Located>,
        /// The position to go to, if any.
        position: Option<Expression>,
        /// Where the link stands.
        place: Place,
    },
    /// A link to a page.
    Link {
        /// What is shown.
        text: Vec<Inline>,
        /// The address.
        url: String,
    },
    /// A line end in the source, a space on the page.
    SoftBreak,
    /// A forced line end.
    HardBreak,
}

/// What must run for a stop's expressions to have meaning.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting<'a> {
    /// Id of the model.
    pub model: &'a str,
    /// Its input.
    pub input: &'a str,
    /// The interventions in force.
    pub set: Vec<&'a str>,
    /// The models shown beside it.
    pub compare: Vec<&'a str>,
    /// The position whose loss gradients are taken of, as an expression.
    pub loss: Option<&'a str>,
    /// The controls of the laboratory, which stands in the place of model and input where there are some.
    pub controls: &'a [(String, Control)],
}

impl Stage {
    /// The controls of the laboratory. Beside the view of a race the same key sets the race.
    #[must_use]
    pub fn laboratory(&self) -> &[(String, Control)] {
        let is_race = self.views.iter().any(|view| view.text == "training");
        if is_race { &[] } else { &self.controls }
    }
}

impl Lesson {
    /// The title up to its colon, where there is little room.
    #[must_use]
    pub fn short_title(&self) -> &str {
        self.title.split([':', '：']).next().unwrap_or(&self.title)
    }

    /// The stage in force at a stop: its own, or the last one before it. `None` as the stop means the opening.
    #[must_use]
    pub fn stage_at(&self, stop_idx: Option<usize>) -> Option<&Stage> {
        let n_stops = stop_idx.map_or(0, |stop_idx| stop_idx.saturating_add(1));
        let stops = self.stops.iter().take(n_stops);
        stops.filter_map(|stop| stop.stage.as_ref()).next_back().or(self.stage.as_ref())
    }

    /// The model, input and interventions in force at a stop. `None` as the stop means the opening.
    #[must_use]
    pub fn setting_at(&self, stop_idx: Option<usize>) -> Setting<'_> {
        let stage = self.stage_at(stop_idx);
        let model = stage.and_then(|stage| stage.model.as_ref()).unwrap_or(&self.model);
        let input = stage.and_then(|stage| stage.input.as_ref()).unwrap_or(&self.input);
        let set = stage.map(|stage| stage.set.as_slice()).unwrap_or_default();
        Setting {
            model: &model.text,
            input,
            set: set.iter().map(|intervention| intervention.text.as_str()).collect(),
            compare: stage.map_or_else(Vec::new, |stage| {
                stage.compare.iter().map(|model| model.text.as_str()).collect()
            }),
            loss: stage.and_then(|stage| stage.loss.as_ref()).map(|loss| loss.source.as_str()),
            controls: stage.map_or(&[], Stage::laboratory),
        }
    }
}
