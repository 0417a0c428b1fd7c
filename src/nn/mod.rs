//! Parameters: what a model declares, how it is initialised, and the layers that all models share.

pub mod attention;
pub mod heads;
pub mod layer;
pub mod positions;

use std::cell::RefCell;
use std::sync::Arc;

use ndarray::Array2;

use crate::tape::{Tape, Var};
use crate::tensor::random::Random;
use crate::tensor::{Shape, shape};

/// A model's weights by name, in the order in which the model declares them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    entries: Vec<(String, Arc<Array2<f32>>)>,
}

impl Parameters {
    /// The number of arrays.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of numbers.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.iter().map(|(_, array)| array.len()).sum()
    }

    /// Names and arrays in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<Array2<f32>>)> {
        self.entries.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// Names and arrays in order, to be changed; a shared array is copied first.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Array2<f32>)> {
        self.entries.iter_mut().map(|(name, array)| (name.as_str(), Arc::make_mut(array)))
    }

    /// The array called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Array2<f32>>> {
        self.entries.iter().find(|entry| entry.0 == name).map(|entry| &entry.1)
    }

    /// The array called `name`, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Array2<f32>> {
        let entry = self.entries.iter_mut().find(|entry| entry.0 == name)?;
        Some(Arc::make_mut(&mut entry.1))
    }

    /// Adds an array at the end.
    pub fn push(&mut self, name: impl Into<String>, array: Array2<f32>) {
        self.entries.push((name.into(), Arc::new(array)));
    }
}

/// How a parameter starts out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Every entry the same.
    Constant(f32),
    /// Normal with this standard deviation.
    Normal(f32),
    /// Uniform between minus this and this.
    Uniform(f32),
    /// Uniform in ±√(6/(rows+columns)) (Glorot & Bengio 2010, eq. 16).
    Xavier,
    /// Rows (or columns, if fewer) orthonormal (Saxe et al. 2014), times this gain: products of
    /// many such matrices with gain 1 neither grow nor shrink.
    Orthogonal(f32),
    /// The identity matrix times this gain (Le et al. 2015, §3).
    Identity(f32),
}

impl Init {
    fn draw(self, shape: Shape, random: &mut Random) -> Array2<f32> {
        match self {
            Self::Constant(value) => Array2::from_elem(shape, value),
            Self::Normal(deviation) => random.array(shape, |r| deviation * r.normal()),
            Self::Uniform(bound) => random.array(shape, |r| bound * (2.0 * r.uniform() - 1.0)),
            Self::Xavier => {
                let bound = (6.0 / (shape[0] + shape[1]) as f32).sqrt();
                random.array(shape, |r| bound * (2.0 * r.uniform() - 1.0))
            }
            Self::Orthogonal(gain) => orthogonal(shape, random) * gain,
            Self::Identity(gain) => {
                Array2::from_shape_fn(shape, |(row, column)| if row == column { gain } else { 0.0 })
            }
        }
    }
}

/// Where a model's parameters come from when it is put on a tape.
///
/// A model declares each parameter once, where it uses it: the same declaration makes the
/// parameter when a model is new and fetches it when it is loaded.
pub struct Binder<'t> {
    tape: &'t Tape,
    source: RefCell<Source<'t>>,
    start: Option<Start>,
}

/// Chooses how the parameter of a name starts out, given how its model would have it.
pub type Start = Box<dyn Fn(&str, Init) -> Init>;

enum Source<'t> {
    Stored(&'t Parameters),
    New(Box<Random>, Parameters),
    Blank(Parameters),
}

impl<'t> Binder<'t> {
    /// Fetches parameters from a store.
    #[must_use]
    pub fn stored(tape: &'t Tape, parameters: &'t Parameters) -> Self {
        Self { tape, source: RefCell::new(Source::Stored(parameters)), start: None }
    }

    /// Makes new parameters.
    #[must_use]
    pub fn new(tape: &'t Tape, seed: u64) -> Self {
        let random = Box::new(Random::new(seed, INIT_STREAM));
        let source = RefCell::new(Source::New(random, Parameters::default()));
        Self { tape, source, start: None }
    }

    /// The same with other ways to start out, for experiments with initial weights.
    #[must_use]
    pub fn starting(self, start: Start) -> Self {
        Self { start: Some(start), ..self }
    }

    /// Makes parameters of zeros: enough to learn their names and shapes without drawing them.
    #[must_use]
    pub fn blank(tape: &'t Tape) -> Self {
        Self { tape, source: RefCell::new(Source::Blank(Parameters::default())), start: None }
    }

    /// The tape that parameters are put on.
    #[must_use]
    pub fn tape(&self) -> &'t Tape {
        self.tape
    }

    /// Declares a parameter; `symbol` is its LaTeX. The scopes of the tape stand before its name.
    ///
    /// # Panics
    /// If the store has no such parameter or one of another shape; a checkpoint is compared with
    /// the declarations when it is loaded, so that would be a bug of ours.
    #[must_use]
    pub fn parameter(&self, name: &str, symbol: &str, wanted: Shape, init: Init) -> Var<'t> {
        self.declare(name, symbol, wanted, |name, random| {
            let init = self.start.as_ref().map_or(init, |start| start(name, init));
            init.draw(wanted, random)
        })
    }

    /// A row (1, units) of which every unit's entry starts out at a number of its own.
    #[must_use]
    pub fn row(
        &self,
        name: &str,
        symbol: &str,
        units: usize,
        start: impl Fn(usize) -> f32,
    ) -> Var<'t> {
        let row = |_: &str, _: &mut Random| Array2::from_shape_fn([1, units], |(_, c)| start(c));
        self.declare(name, symbol, [1, units], row)
    }

    fn declare(
        &self,
        name: &str,
        symbol: &str,
        wanted: Shape,
        draw: impl FnOnce(&str, &mut Random) -> Array2<f32>,
    ) -> Var<'t> {
        let name = &self.tape.scoped(name);
        let array = match &mut *self.source.borrow_mut() {
            Source::Stored(parameters) => {
                let array = parameters.get(name).unwrap_or_else(|| panic!("no parameter `{name}`"));
                let found = shape(array);
                assert!(found == wanted, "parameter `{name}` is {found:?}, declared {wanted:?}");
                Arc::clone(array)
            }
            Source::New(random, parameters) => {
                parameters.push(name, draw(name, random));
                Arc::clone(&parameters.entries[parameters.len() - 1].1)
            }
            Source::Blank(parameters) => {
                parameters.push(name, Array2::zeros(wanted));
                Arc::clone(&parameters.entries[parameters.len() - 1].1)
            }
        };
        self.tape.parameter(name, symbol, array)
    }

    /// A weight matrix (inputs, outputs), initialised by [`Init::Xavier`].
    #[must_use]
    pub fn weight(&self, name: &str, symbol: &str, shape: Shape) -> Var<'t> {
        self.parameter(name, symbol, shape, Init::Xavier)
    }

    /// A bias row (1, units), initialised to `start`.
    #[must_use]
    pub fn bias(&self, name: &str, symbol: &str, units: usize, start: f32) -> Var<'t> {
        self.parameter(name, symbol, [1, units], Init::Constant(start))
    }

    /// The parameters that were made.
    #[must_use]
    pub fn into_parameters(self) -> Parameters {
        match self.source.into_inner() {
            Source::New(_, parameters) | Source::Blank(parameters) => parameters,
            Source::Stored(parameters) => parameters.clone(),
        }
    }
}

/// Initial weights have a stream of random numbers of their own, so that a change to a task's
/// generator does not change them.
const INIT_STREAM: u64 = 1;

/// Gram–Schmidt on normal vectors, in double precision.
fn orthogonal([rows, columns]: Shape, random: &mut Random) -> Array2<f32> {
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut v: Vec<f64> = (0..length).map(|_| f64::from(random.normal())).collect();
        for b in &basis {
            let along: f64 = b.iter().zip(&v).map(|(b, v)| b * v).sum();
            v.iter_mut().zip(b).for_each(|(v, b)| *v -= along * b);
        }
        let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        // A draw that lies in the span already would be divided by almost 0; draw again.
        if norm > 1e-6 {
            basis.push(v.into_iter().map(|v| v / norm).collect());
        }
    }
    Array2::from_shape_fn([rows, columns], |(r, c)| {
        (if rows <= columns { basis[r][c] } else { basis[c][r] }) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orthogonal_start_has_orthonormal_rows() {
        let w = Init::Orthogonal(1.0).draw([5, 5], &mut Random::new(1, 0));
        let gram = w.dot(&w.t());
        for ((r, c), entry) in gram.indexed_iter() {
            assert!((entry - f32::from(u8::from(r == c))).abs() < 1e-5);
        }
    }

    #[test]
    fn declarations_make_and_then_fetch() {
        let tape = Tape::recording();
        let binder = Binder::new(&tape, 3);
        let _ = binder.weight("w", "W", [2, 3]);
        let _ = binder.bias("b", "b", 3, 1.0);
        let parameters = binder.into_parameters();
        assert_eq!(parameters.count(), 9);
        let tape = Tape::recording();
        let fetched = Binder::stored(&tape, &parameters).weight("w", "W", [2, 3]).value();
        assert_eq!(fetched, **parameters.get("w").unwrap());
    }
}
