//! Attention of one query over encoder states: scores, shares, their weighted sum.
//!
//! ```text
//! e = s Hᵀ                        dot               Luong et al. 2015, eq. 8
//! e = (s W_a) Hᵀ                  general           the same
//! e = (v_aᵀ tanh([S; H] W_a)ᵀ)    concat            the same; S has s in every row
//! e = s W_a                       location          there, eq. 9: the query alone decides
//! e = tanh(s W_a + H U_a + b)v_a  additive          Bahdanau et al. 2015, §A.1.2
//! e = s Hᵀ / √d                   scaled dot        Vaswani et al. 2017, eq. 1
//! α = softmax(e)                  shares of the source's positions
//! c = α H                         context
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | s | (rows, queries) | the query, such as a decoder's hidden state |
//! | H | (source·rows, keys) | encoder states: position 0 of all rows, then position 1, … |
//! | K | (source·rows, width) | H U_a + b, computed once |
//! | e, α | (rows, source·rows) | scores and shares |
//! | c | (rows, keys) | the context |
//!
//! Sources: Luong et al. 2015 (arXiv 1508.04025), §3.1; Bahdanau et al. 2015 (arXiv 1409.0473);
//! Vaswani et al. 2017 (arXiv 1706.03762). Several rows are sequences side by side: each has only its
//! own columns, and a mask of −∞ takes away those of the others. One row has no mask.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{Binder, Init};
use crate::tape::Var;

/// How well a query and an encoder state fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// Their scalar product.
    Dot,
    /// Their product with a matrix in between.
    General,
    /// A layer over their sum.
    Additive,
    /// A layer over both side by side.
    Concat,
    /// Their scalar product, divided by √ of their size.
    ScaledDot,
    /// The query alone, with a column for each position of the source.
    Location {
        /// Positions that there are columns for; those behind have no share.
        longest: usize,
    },
}

/// The numbers in a query, in an encoder state, and in the layer of an additive or concat score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widths {
    /// Of a query.
    pub query: usize,
    /// Of an encoder state.
    pub key: usize,
    /// Of the layer.
    pub layer: usize,
}

/// A score's parameters on a tape.
pub struct Attention<'t> {
    score: Scorer<'t>,
}

enum Scorer<'t> {
    Dot,
    General(Var<'t>), // (query, key)
    Additive {
        w_a: Var<'t>, // (query, layer)
        u_a: Var<'t>, // (key, layer)
        b_a: Var<'t>, // (1, layer)
        v_a: Var<'t>, // (layer, 1)
    },
    Concat {
        w_a: Var<'t>, // (query + key, layer)
        v_a: Var<'t>, // (layer, 1)
    },
    ScaledDot,
    Location(Var<'t>), // (query, longest)
}

/// Encoder states as attention looks into them.
#[derive(Clone, Copy)]
pub struct Memory<'t> {
    h: Var<'t>,         // (source·rows, key)
    k: Option<Var<'t>>, // (source·rows, layer)
    mask: Option<Var<'t>>,
    source: usize,
}

impl<'t> Attention<'t> {
    /// Declares the parameters.
    #[must_use]
    pub fn new(p: &Binder<'t>, score: Score, widths: Widths) -> Self {
        let Widths { query, key, layer } = widths;
        let v_a = || p.parameter("v_a", "v_a", [layer, 1], Init::Xavier);
        let score = match score {
            Score::Dot => Scorer::Dot,
            Score::General => {
                Scorer::General(p.parameter("w_a", "W_a", [query, key], Init::Identity(1.0)))
            }
            Score::Additive => Scorer::Additive {
                w_a: p.weight("w_a", "W_a", [query, layer]),
                u_a: p.weight("u_a", "U_a", [key, layer]),
                b_a: p.bias("b_a", "b_a", layer, 0.0),
                v_a: v_a(),
            },
            Score::Concat => {
                Scorer::Concat { w_a: p.weight("w_a", "W_a", [query + key, layer]), v_a: v_a() }
            }
            Score::ScaledDot => Scorer::ScaledDot,
            Score::Location { longest } => {
                Scorer::Location(p.weight("w_a", "W_a", [query, longest]))
            }
        };
        Self { score }
    }

    /// What does not depend on the query, at the current position, which is to be the source's first:
    /// `states` holds (rows, key) for each position. From its length on, a row has no position; where
    /// no lengths are given, all have as many as there are states.
    ///
    /// # Panics
    /// If there is no state, which would be a bug of a model.
    #[must_use]
    pub fn memory(&self, states: &[Var<'t>], lengths: Option<&[usize]>) -> Memory<'t> {
        let tape = states[0].tape();
        let (source, rows) = (states.len(), states[0].shape()[0]);
        let h = tape.stack(states).named("states", "H");
        let k = match self.score {
            Scorer::Additive { u_a, b_a, .. } => Some((h.dot(u_a) + b_a).named("keys", "K")),
            _ => None,
        };
        let is_masked = rows > 1 || lengths.is_some();
        let mask = is_masked.then(|| {
            let length = |row: usize| lengths.and_then(|all| all.get(row)).copied();
            let mask = Array2::from_shape_fn([rows, source * rows], |(row, column)| {
                let is_own = column % rows == row;
                let is_there = column / rows < length(row).unwrap_or(source);
                if is_own && is_there { 0.0 } else { f32::NEG_INFINITY }
            });
            tape.input("mask", "M", mask)
        });
        Memory { h, k, mask, source }
    }

    /// The context of queries (rows, query) at the current position: (rows, key). Names the scores,
    /// the shares and the context.
    #[must_use]
    pub fn context(&self, s: Var<'t>, memory: &Memory<'t>) -> Var<'t> {
        let e = self.scores(s, memory).named("score", "e"); // (rows, source·rows)
        let e = memory.mask.map_or(e, |mask| e + mask);
        let alpha = e.softmax().named("attention", r"\alpha");
        alpha.dot(memory.h).named("context", "c")
    }

    /// Scores of all positions: (rows, source·rows), or one row for all where each has only its own
    /// columns anyway.
    fn scores(&self, s: Var<'t>, memory: &Memory<'t>) -> Var<'t> {
        let Memory { h, source, .. } = *memory;
        let [rows, width] = s.shape();
        match self.score {
            Scorer::Dot => s.dot_transposed(h),
            Scorer::General(w_a) => s.dot(w_a).dot_transposed(h),
            Scorer::ScaledDot => s.dot_transposed(h).scale(1.0 / (width as f32).sqrt()),
            Scorer::Additive { w_a, v_a, .. } => {
                let q = s.dot(w_a); // (rows, layer)
                // One query is added to every key.
                let q = if rows == 1 { q } else { repeated(q, source) };
                let sum = memory.k.map_or(q, |k| q + k);
                sum.tanh().dot(v_a).transposed()
            }
            Scorer::Concat { w_a, v_a } => {
                let both = repeated(s, source).beside(h); // (source·rows, query + key)
                both.dot(w_a).tanh().dot(v_a).transposed()
            }
            Scorer::Location(w_a) => {
                let all = s.dot(w_a); // (rows, longest)
                let known = source.min(all.shape()[1]);
                let columns: Vec<usize> = (0..known * rows).map(|column| column / rows).collect();
                let e = all.columns(&columns); // (rows, known·rows)
                if known == source {
                    return e;
                }
                let behind = [rows, (source - known) * rows];
                e.beside(s.tape().constant(Array2::from_elem(behind, f32::NEG_INFINITY)))
            }
        }
    }
}

/// The same rows for every position of the source: (rows, n) → (source·rows, n).
fn repeated(s: Var<'_>, source: usize) -> Var<'_> {
    s.tape().stack(&vec![s; source])
}
