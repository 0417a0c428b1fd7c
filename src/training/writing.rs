//! What a model writes: each next symbol is drawn with the probability that the model gives it.

use std::cell::RefCell;

use crate::models::{Feed, Model, Step};
use crate::nn::{Binder, Parameters};
use crate::tape::{Tape, Var};
use crate::tensor::random::Random;

/// What a model writes has a stream of random numbers of its own.
const WRITING_STREAM: u64 = 5;

/// What a model writes behind `beginning`: each next character is drawn with the probability that
/// the model gives it. As many as `count` together with the beginning, or fewer where its table of
/// positions ends.
#[must_use]
pub fn written(
    model: &dyn Model,
    parameters: &Parameters,
    beginning: &[usize],
    count: usize,
    seed: u64,
) -> Vec<usize> {
    let end = model.longest().map_or(count, |longest| longest.min(count));
    let random = RefCell::new(Random::new(seed, WRITING_STREAM));
    let writer = Writer { read: RefCell::new(beginning.to_vec()), random, end };
    let tape = Tape::lean();
    let _ = model.forward(&Binder::stored(&tape, parameters), &writer);
    writer.read.into_inner()
}

/// A sequence that a model goes on with by chance.
struct Writer {
    read: RefCell<Vec<usize>>,
    random: RefCell<Random>,
    end: usize,
}

impl Feed for Writer {
    fn rows(&self) -> usize {
        1
    }

    fn source(&self) -> usize {
        self.read.borrow().len()
    }

    fn known(&self) -> Option<usize> {
        None
    }

    fn at(&self, position: usize, scores: Option<Var<'_>>) -> Option<Step> {
        let mut read = self.read.borrow_mut();
        if position >= self.end {
            return None;
        }
        if position == read.len() {
            let shares = scores?.softmax().value();
            let mut left = self.random.borrow_mut().uniform();
            let chosen = shares.iter().position(|share| {
                left -= share;
                left < 0.0
            });
            // Rounding may leave a rest behind the last.
            read.push(chosen.unwrap_or(shares.len().saturating_sub(1)));
        }
        read.get(position).map(|symbol| Step::Symbols(vec![*symbol]))
    }
}
