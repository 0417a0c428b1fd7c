//! Expressions over a trace: `argmin(forget_gate[now])`, `first(forget_gate.min < 0.2)`.
//!
//! rhai reads the text (`syntax`); what it means is decided here (`evaluate`, `functions`), because a trace is borrowed and its
//! names are dotted. There are no loops, no assignments and no user functions, so every expression ends.

mod actions;
mod evaluate;
mod functions;
mod operators;
mod syntax;
mod value;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::tasks::nearest::did_you_mean;
use evaluate::Run;
use syntax::Node;

pub use functions::{FUNCTIONS, Function};
use value::Value;

pub use value::Answer;

/// The names that an expression knows besides values and functions.
pub(super) const VARIABLES: [&str; 4] = ["now", "last_position", "n_positions", "tokens"];

/// How many compiled expressions a thread keeps; a lesson has about fifty.
const CACHE_SIZE: usize = 1024;

/// What an expression can see of a trace.
pub trait Values {
    /// How many positions the run has.
    fn n_positions(&self) -> usize;

    /// How many of them were given; the model wrote the others.
    fn n_given(&self) -> usize {
        self.n_positions()
    }

    /// The dotted names of all values.
    fn names(&self) -> Vec<String>;

    /// A value's entries at a position; `None` if there is no such name or position. Position −1 may hold an initial state.
    fn row(&self, name: &str, position: i64) -> Option<Vec<f32>>;

    /// The text of an entry of the output vocabulary.
    fn symbol(&self, index: usize) -> Option<String>;

    /// The text of the input token at a position.
    fn token(&self, position: usize) -> Option<String>;

    /// Whether the name is that of a parameter, which no position computes.
    fn is_parameter(&self, _name: &str) -> bool {
        false
    }

    /// Whether there is a value of that name; worth overriding where names can be looked up.
    fn has(&self, name: &str) -> bool {
        self.names().iter().any(|known| known == name)
    }
}

/// Why an expression has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// What is wrong.
    pub message: String,
    /// Where in the source, in characters from 0.
    pub offset: usize,
    /// How to mend it.
    pub hint: Option<String>,
}

impl ExpressionError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: 0, hint: None }
    }

    fn at(self, offset: usize) -> Self {
        Self { offset, ..self }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    fn nearest<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        Self { hint: did_you_mean(word, candidates), ..self }
    }
}

/// A value that an expression read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueSource {
    /// Its name.
    pub name: String,
    /// The position read, or `None` if the expression looked at all positions.
    pub position: Option<i64>,
}

/// Computes an expression at position `now` of a trace.
///
/// # Errors
/// When the text cannot be read, a name is unknown, types do not fit, a position is out of range or a condition never holds.
pub fn evaluate(source: &str, values: &dyn Values, now: usize) -> Result<Answer, ExpressionError> {
    let compiled = compile(source);
    let node = compiled.as_ref().as_ref().map_err(Clone::clone)?;
    let value = Run::new(values, now).value(node)?;
    Answer::of(&value).map_err(|error| error.at(node.offset))
}

/// Whether a condition holds at position `now` of a trace; one for each position is read there.
///
/// # Errors
/// As [`evaluate`], and when the expression is no condition.
pub(super) fn holds(
    source: &str,
    values: &dyn Values,
    now: usize,
) -> Result<bool, ExpressionError> {
    let compiled = compile(source);
    let node = compiled.as_ref().as_ref().map_err(Clone::clone)?;
    match Run::new(values, now).value(node)? {
        Value::Bool(truth) => Ok(truth),
        Value::Mask(mask) => Ok(mask.get(now).copied().unwrap_or(false)),
        other => {
            let message = format!("this gives {}, not a condition", other.kind());
            let hint = "compare it, for example min(forget_gate[now]) < 0.1";
            Err(ExpressionError::new(message).at(node.offset).hint(hint))
        }
    }
}

/// The values that an expression reads at position `now`, each once and in order, so that a click can go to them.
/// An expression that fails gives what it read up to there.
#[must_use]
pub fn sources(source: &str, values: &dyn Values, now: usize) -> Vec<ValueSource> {
    let mut run = Run::new(values, now);
    if let Ok(node) = compile(source).as_ref() {
        // Only the reads are of interest; `evaluate` reports the error.
        let _ = run.value(node);
    }
    run.reads
}

/// Compiles through a cache of the thread, because a page asks for the same expressions at every step.
fn compile(source: &str) -> Rc<Result<Node, ExpressionError>> {
    type Cache = BTreeMap<String, Rc<Result<Node, ExpressionError>>>;
    thread_local! {
        static CACHE: RefCell<Cache> = const { RefCell::new(Cache::new()) };
    }
    CACHE.with_borrow_mut(|cache| {
        if let Some(compiled) = cache.get(source) {
            return Rc::clone(compiled);
        }
        let compiled = Rc::new(syntax::compile(source));
        if cache.len() >= CACHE_SIZE {
            cache.clear();
        }
        cache.insert(source.to_owned(), Rc::clone(&compiled));
        compiled
    })
}

#[cfg(test)]
mod tests;
