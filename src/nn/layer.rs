//! Layers that more than one architecture uses.

use super::{Binder, Init};
use crate::tape::Var;
use crate::tensor::Shape;

/// A table with one row of numbers for each symbol.
#[derive(Clone, Copy)]
pub struct Embedding<'t> {
    table: Var<'t>, // (symbols, size)
}

impl<'t> Embedding<'t> {
    /// Declares the table `embedding`.
    #[must_use]
    pub fn new(p: &Binder<'t>, symbols: usize, size: usize) -> Self {
        Self::starting(p, symbols, size, Init::Normal(1.0))
    }

    /// The same with other initial numbers.
    #[must_use]
    pub fn starting(p: &Binder<'t>, symbols: usize, size: usize, init: Init) -> Self {
        Self { table: p.parameter("embedding", "E", [symbols, size], init) }
    }

    /// The rows of the given symbols: → (symbols given, size).
    #[must_use]
    pub fn rows(self, symbols: &[usize]) -> Var<'t> {
        self.table.tape().embed(self.table, symbols)
    }
}

/// y = x W + b.
#[derive(Clone, Copy)]
pub struct Linear<'t> {
    w: Var<'t>, // (inputs, outputs)
    b: Var<'t>, // (1, outputs)
}

impl<'t> Linear<'t> {
    /// Declares `w_{name}` and `b_{name}`, written W with that index.
    #[must_use]
    pub fn new(p: &Binder<'t>, name: &str, inputs: usize, outputs: usize) -> Self {
        Self::starting(p, name, [inputs, outputs], Init::Xavier)
    }

    /// The same with another initial matrix, (inputs, outputs).
    #[must_use]
    pub fn starting(p: &Binder<'t>, name: &str, shape: Shape, init: Init) -> Self {
        let (index, outputs) = (name.trim_start_matches('h'), shape[1]);
        Self {
            w: p.parameter(&format!("w_{name}"), &format!("W_{{{name}}}"), shape, init),
            b: p.bias(&format!("b_{index}"), &format!("b_{{{index}}}"), outputs, 0.0),
        }
    }

    /// (rows, inputs) → (rows, outputs).
    #[must_use]
    pub fn apply(self, x: Var<'t>) -> Var<'t> {
        x.dot(self.w) + self.b
    }
}

/// LayerNorm: each row normalised, then scaled and shifted unit by unit (Ba et al. 2016, arXiv
/// 1607.06450, §3).
#[derive(Clone, Copy)]
pub struct LayerNorm<'t> {
    gain: Var<'t>,  // (1, size)
    shift: Var<'t>, // (1, size)
}

impl<'t> LayerNorm<'t> {
    /// Added to the variance, as PyTorch does.
    pub const EPSILON: f32 = 1e-5;

    /// Declares `gain_{name}`, starting at 1, and `shift_{name}`, starting at 0.
    #[must_use]
    pub fn new(p: &Binder<'t>, name: &str, size: usize) -> Self {
        let (gain, shift) = (format!("gain_{name}"), format!("shift_{name}"));
        Self {
            gain: p.parameter(&gain, r"\gamma", [1, size], Init::Constant(1.0)),
            shift: p.parameter(&shift, r"\beta", [1, size], Init::Constant(0.0)),
        }
    }

    /// (rows, size) → (rows, size); each row by itself.
    #[must_use]
    pub fn apply(self, x: Var<'t>) -> Var<'t> {
        self.gain * x.standardised(Self::EPSILON) + self.shift
    }
}
