//! Accuracy against length: trained models on freshly drawn held-out sequences of one length.
//!
//! A task whose configuration has `shortest` and `longest` can be asked for sequences of any one
//! length, also of those that training never drew.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::{Value as Json, json};

use super::evaluate::{Measured, measure_on};
use crate::checkpoint::Checkpoint;
use crate::models::{self, ConfigError};
use crate::tasks::{self, Example, LONGEST_INPUT, Measure, Task};
use crate::tensor::random::Random;

/// Held-out sequences for one point: with 400 the standard error of a share is at most 2.5 points.
pub const SEQUENCES: usize = 400;
/// The longest sequences that are asked for, as counted by the task.
pub const LONGEST: usize = 200;
/// The seed of the sequences.
pub const SEED: u64 = 3;

const STREAM: u64 = 4;
/// One sequence in eight is held out; among the short ones there may be none.
const DRAWS: usize = 64 * SEQUENCES;
/// Between the ends of a range there are at most so many steps.
const STEPS: usize = 10;

/// From which length to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// The shortest, at least 1.
    pub shortest: usize,
    /// The longest, at most [`LONGEST`].
    pub longest: usize,
}

/// Why a text is no range of lengths.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LengthsError {
    /// It is not two numbers.
    #[error("`{0}` is no range of lengths")]
    Unreadable(String),
    /// The second is not larger than the first.
    #[error("the lengths {0}..{1} end before they begin")]
    Reversed(usize, usize),
    /// The first is 0.
    #[error("there are no sequences of length 0")]
    Empty,
    /// The second is too large.
    #[error("sequences of length {0} are too long to be measured")]
    TooLong(usize),
}

impl LengthsError {
    /// How to mend it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable(_) => {
                "write two whole numbers with two dots between them: \"5..30\"".to_owned()
            }
            Self::Reversed(from, to) if from == to => {
                format!("let them end later: \"{from}..{}\"", from + 1)
            }
            Self::Reversed(from, to) => format!("turn them round: \"{to}..{from}\""),
            Self::Empty => "begin with 1 or more".to_owned(),
            Self::TooLong(_) => format!("end with {LONGEST} or less"),
        }
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.shortest, self.longest)
    }
}

impl FromStr for Lengths {
    type Err = LengthsError;

    fn from_str(text: &str) -> Result<Self, LengthsError> {
        let unreadable = || LengthsError::Unreadable(text.to_owned());
        let (from, to) = text.split_once("..").ok_or_else(unreadable)?;
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| unreadable());
        let (shortest, longest) = (number(from)?, number(to)?);
        match (shortest, longest) {
            (0, _) => Err(LengthsError::Empty),
            _ if shortest >= longest => Err(LengthsError::Reversed(shortest, longest)),
            _ if longest > LONGEST => Err(LengthsError::TooLong(longest)),
            _ => Ok(Self { shortest, longest }),
        }
    }
}

impl Lengths {
    /// The lengths that the shipped model `id` was trained on; `None` where its task has none to
    /// choose, or its score is no share.
    #[must_use]
    pub fn trained(id: &str) -> Option<Self> {
        let (_, recipe) = models::find_recipe(models::base(id))?;
        let config: Json = serde_json::from_str(recipe.task_config).ok()?;
        let length = |key: &str| Some(usize::try_from(config.get(key)?.as_u64()?).ok()?.max(1));
        let lengths = Self { shortest: length("shortest")?, longest: length("longest")? };
        let task = (tasks::find(recipe.task)?.build)(&config).ok()?;
        (task.measure() == Measure::Accuracy).then_some(lengths)
    }

    /// What is shown where nobody says: the trained lengths, and as far again.
    #[must_use]
    pub fn and_beyond(self) -> Self {
        let longest = (2 * self.longest).min(LONGEST);
        Self { shortest: self.shortest.min(longest.saturating_sub(1)), longest }
    }

    /// The lengths to measure: both ends, round numbers between them, and the ends of the trained
    /// range.
    #[must_use]
    pub fn marks(self, trained: Option<Self>) -> Vec<usize> {
        let Self { shortest, longest } = self;
        let span = longest.saturating_sub(shortest);
        let step = [1, 2, 5, 10, 20].into_iter().find(|step| span / step <= STEPS).unwrap_or(50);
        let ends = trained.into_iter().flat_map(|t| [t.shortest, t.longest]);
        let ends = ends.chain([shortest, longest]).filter(|at| (shortest..=longest).contains(at));
        let round = (shortest..=longest).filter(|at| at.is_multiple_of(step));
        let mut marks: Vec<usize> = round.chain(ends).collect();
        marks.sort_unstable();
        marks.dedup();
        marks
    }
}

/// What was found at one length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point {
    /// So many answers were right.
    Measured(Measured),
    /// The model's table of positions ends at so many, before these sequences do.
    TableEnds(usize),
    /// There are no held-out sequences of this length, or the model cannot be run.
    Nothing,
}

/// Which shipped model, and how long the sequences are.
pub type Piece = (String, usize);

/// What was found while the program runs. A model's id says which weights it has, so that nothing
/// is ever out of date.
#[derive(Clone, Debug, Default)]
pub struct Points {
    found: BTreeMap<Piece, Point>,
}

impl Points {
    /// What was found for a model at a length.
    #[must_use]
    pub fn at(&self, model: &str, length: usize) -> Option<&Point> {
        self.found.get(&(model.to_owned(), length))
    }

    /// Keeps what was found.
    pub fn insert(&mut self, piece: Piece, point: Point) {
        self.found.insert(piece, point);
    }
}

/// The task of a checkpoint with sequences of one length.
///
/// # Errors
/// If its configuration has no such lengths.
pub fn task_at(checkpoint: &Checkpoint, length: usize) -> Result<Box<dyn Task>, ConfigError> {
    let of = &checkpoint.card.task;
    let error = |reason: &str| ConfigError { of: of.clone(), reason: reason.to_owned() };
    let mut config = checkpoint.card.task_config.clone();
    for key in ["shortest", "longest"] {
        *config.get_mut(key).ok_or_else(|| error("it has no lengths to choose"))? = json!(length);
    }
    let spec = tasks::find(of).ok_or_else(|| error("there is no such task"))?;
    (spec.build)(&config)
}

/// Measures a model on `sequences` held-out sequences of one length; `None` as soon as that is not
/// wanted any more.
pub fn measure(
    checkpoint: &Checkpoint,
    length: usize,
    seed: u64,
    sequences: usize,
    is_wanted: &mut dyn FnMut() -> bool,
) -> Option<Point> {
    let Ok(task) = task_at(checkpoint, length) else { return Some(Point::Nothing) };
    // Every length has sequences of its own, and every model the same ones.
    let mut random = Random::new(seed, STREAM + length as u64);
    let drawn = (0..DRAWS).map(|_| task.generate(&mut random));
    let held_out = drawn.filter(|example| example.sequence.is_held_out());
    let examples: Vec<Example> = held_out.take(sequences).collect();
    let Some(longest) = examples.iter().map(|example| example.sequence.len()).max() else {
        return Some(Point::Nothing);
    };
    if longest > LONGEST_INPUT {
        return Some(Point::Nothing);
    }
    if let Some(table) = checkpoint.model.longest() {
        let parts = examples.iter().map(|example| {
            let source = task.source(&example.sequence);
            source.max(example.sequence.len() - source)
        });
        if parts.max() > Some(table) {
            return Some(Point::TableEnds(table));
        }
    }
    let parameters = &checkpoint.parameters;
    let measured = measure_on(&*checkpoint.model, &*task, parameters, &examples, is_wanted)?;
    Some(Point::Measured(measured))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint;
    use crate::tasks::InputError;

    #[test]
    fn a_range_is_two_numbers_in_their_order() {
        assert_eq!("5..30".parse(), Ok(Lengths { shortest: 5, longest: 30 }));
        assert_eq!(" 5 .. 30 ".parse(), Ok(Lengths { shortest: 5, longest: 30 }));
        for (text, hint) in [
            ("30..5", "5..30"),
            ("7..7", "7..8"),
            ("0..5", "1 or more"),
            ("5..900", "200 or less"),
            ("5-30", "5..30"),
            ("a..b", "5..30"),
            ("5..", "5..30"),
            ("-5..30", "5..30"),
            ("", "5..30"),
        ] {
            let error = text.parse::<Lengths>().unwrap_err();
            assert!(error.hint().contains(hint), "{text}: {error}; {}", error.hint());
        }
    }

    #[test]
    fn round_lengths_are_measured_and_the_ends_of_what_was_trained() {
        let marks = |text: &str, trained: Option<&str>| {
            let trained = trained.map(|trained| trained.parse::<Lengths>().unwrap());
            text.parse::<Lengths>().unwrap().marks(trained)
        };
        assert_eq!(marks("3..8", None), [3, 4, 5, 6, 7, 8]);
        assert_eq!(marks("5..30", Some("5..12")), [5, 10, 12, 15, 20, 25, 30]);
        assert_eq!(marks("8..33", Some("2..16")), [8, 10, 15, 16, 20, 25, 30, 33]);
        assert!(marks("1..200", None).len() <= STEPS + 2);
    }

    #[test]
    fn sequences_are_held_out_and_of_the_asked_length() {
        let checkpoint = checkpoint::shipped("lstm-copy-2").unwrap();
        let task = task_at(&checkpoint, 9).unwrap();
        let example = task.generate(&mut Random::new(1, 0));
        assert_eq!(example.sequence.len(), 18);
        assert_eq!(Lengths::trained("lstm-copy-2"), Some(Lengths { shortest: 3, longest: 6 }));
        // The adding problem has one length, and its score is no share.
        assert_eq!(Lengths::trained("lstm-adding"), None);
    }

    #[test]
    fn a_model_is_right_on_trained_lengths_and_less_so_beyond() {
        let checkpoint = checkpoint::shipped("lstm-copy-2").unwrap();
        let at = |length: usize| match measure(&checkpoint, length, SEED, 200, &mut || true) {
            Some(Point::Measured(measured)) => measured,
            other => panic!("{other:?}"),
        };
        let (short, long) = (at(4), at(20));
        assert_eq!((short.answers, long.answers), (800, 4000));
        assert!(short.score > checkpoint.card.score - 0.1, "{short:?}");
        assert!(long.score < short.score - 0.2, "{short:?} {long:?}");
        assert!(long.standard_error > 0.0 && long.standard_error < 0.05, "{long:?}");
        assert_eq!(at(4), short);
    }

    #[test]
    fn where_a_table_of_positions_ends_there_is_a_mark_and_a_longer_input_is_refused() {
        let (spec, recipe) = models::find_recipe("transformer-learned-echo").unwrap();
        let checkpoint = checkpoint::untrained(spec, recipe).unwrap();
        let at = |length: usize| measure(&checkpoint, length, SEED, 20, &mut || true).unwrap();
        // An answer of 31 letters stands behind its arrow, so at 32 positions.
        assert!(matches!(at(31), Point::Measured(measured) if measured.answers == 20));
        assert_eq!(at(32), Point::TableEnds(32));
        assert!(checkpoint.parse(&"a".repeat(32)).is_ok());
        let error = checkpoint.parse(&"a".repeat(33)).unwrap_err();
        assert_eq!(error, InputError::TooLong { found: 33, longest: 32 });
    }

    #[test]
    fn what_is_not_wanted_any_more_is_given_up() {
        let checkpoint = checkpoint::shipped("lstm-copy-2").unwrap();
        let mut asked = 0;
        let mut twice = || {
            asked += 1;
            asked < 3
        };
        assert_eq!(measure(&checkpoint, 6, SEED, 100, &mut twice), None);
    }
}
