//! Where a symbol stands, told to a model that has no order of its own.
//!
//! ```text
//! sinusoidal  x_t = E[token]·√d + p_t     p_t[2i] = sin(t / 10000^{2i/d}), p_t[2i+1] = cos(…)
//! learned     x_t = E[token]·√d + P[t]    a row of a table for each position that it has
//! alibi       e_{qk} − m·|q − k|          a slope m for each head, taken from its scores
//! rope        (q_t R_t)·(k_s R_s)ᵀ        queries and keys turned by angles t·θ_i
//! none        nothing
//! ```
//!
//! Sources: Vaswani et al. 2017 (arXiv 1706.03762), §3.5; Press et al. 2022 (arXiv 2108.12409), §3
//! and its code for the slopes; Su et al. 2021 (arXiv 2104.09864), §3.4. ALiBi and RoPE are written
//! for models that read from left to right only. That an encoder takes the distance without its
//! sign, and that in cross attention the k-th symbol of the answer is taken to stand beside the k-th
//! of the source, are choices of ours.

use std::ops::Range;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{Binder, Init};
use crate::tape::Var;
use crate::tape::ops::rotate::Turns;

/// The base of wavelengths, in both papers.
const BASE: f64 = 10_000.0;

/// How a model is told where a symbol stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Positions {
    /// Not at all.
    None,
    /// Sines and cosines of many wavelengths are added to symbols.
    Sinusoidal,
    /// Rows of a learned table are added to symbols.
    Learned {
        /// How many rows the table has.
        longest: usize,
    },
    /// Scores fall with the distance.
    Alibi,
    /// Queries and keys are turned.
    Rope,
}

/// What is added to symbols.
#[derive(Clone, Copy)]
pub enum Added<'t> {
    /// Nothing.
    Nothing,
    /// Sines and cosines.
    Waves,
    /// Rows of a table, (longest, size).
    Table(Var<'t>),
}

impl Positions {
    /// How many positions there can be, where a table ends.
    #[must_use]
    pub fn longest(self) -> Option<usize> {
        if let Self::Learned { longest } = self { Some(longest) } else { None }
    }

    /// Declares the table `positions`, (longest, size), where there is one: one for source and
    /// answer, as large as symbols are.
    #[must_use]
    pub fn declared<'t>(self, p: &Binder<'t>, size: usize) -> Added<'t> {
        match self {
            Self::Sinusoidal => Added::Waves,
            Self::Learned { longest } => {
                Added::Table(p.parameter("positions", "P", [longest, size], Init::Normal(1.0)))
            }
            Self::None | Self::Alibi | Self::Rope => Added::Nothing,
        }
    }

    /// How attention of `heads` heads of `width` units knows the distance between queries and keys.
    #[must_use]
    pub fn between(self, heads: usize, width: usize, places: &Places) -> Distance {
        let each = |range: &Range<usize>| {
            rotations(range.clone(), width, BASE).repeat(places.sequences).into()
        };
        match self {
            Self::Alibi => Distance::Bias { slopes: slopes(heads), apart: places.distances() },
            Self::Rope => {
                Distance::Turns { queries: each(&places.queries), keys: each(&places.new_keys) }
            }
            Self::None | Self::Sinusoidal | Self::Learned { .. } => Distance::Unknown,
        }
    }
}

impl<'t> Added<'t> {
    /// x with what is added for its positions, as the named values `position` and `stream`: the
    /// rows of `sequences` sequences below each other, (sequences·positions, size) → the same. A
    /// table that has run out repeats its last row; who gives the input refuses it before.
    #[must_use]
    pub fn to(self, x: Var<'t>, positions: Range<usize>, sequences: usize) -> Var<'t> {
        let tape = x.tape();
        let position = match self {
            Self::Nothing => return x.copied().named("stream", "z"),
            Self::Waves => {
                let rows = waves(positions.clone(), x.shape()[1]);
                let (n, size) = rows.dim();
                let repeated = rows.broadcast([sequences, n, size]).map(|rows| {
                    let entries = rows.iter().copied().collect();
                    crate::tensor::from_vec([sequences * n, size], entries)
                });
                tape.constant(repeated.unwrap_or(rows))
            }
            Self::Table(table) => {
                let last = table.shape()[0].saturating_sub(1);
                let rows: Vec<usize> = positions.map(|at| at.min(last)).collect();
                table.rows(&rows.repeat(sequences))
            }
        };
        (x + position.named("position", "p")).named("stream", "z")
    }
}

/// Where queries and keys stand, counted from the first of their own source or answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Sequences below each other.
    pub sequences: usize,
    /// The positions of queries in each.
    pub queries: Range<usize>,
    /// The positions of keys in each.
    pub keys: Range<usize>,
    /// The positions of those keys that are not known from earlier steps.
    pub new_keys: Range<usize>,
}

impl Places {
    /// Queries and keys that are all new.
    #[must_use]
    pub fn new(sequences: usize, queries: Range<usize>, keys: Range<usize>) -> Self {
        Self { sequences, queries, new_keys: keys.clone(), keys }
    }

    /// One query, which sees itself and all before it, whose keys are known.
    #[must_use]
    pub fn step(sequences: usize, at: usize) -> Self {
        Self { sequences, queries: at..at + 1, keys: 0..at + 1, new_keys: at..at + 1 }
    }

    /// How far each key is from each query: (sequences·queries, keys).
    #[must_use]
    pub fn distances(&self) -> Array2<f32> {
        let (n, first) = (self.queries.len(), self.queries.start);
        Array2::from_shape_fn([self.sequences * n, self.keys.len()], |(row, key)| {
            (first + row % n).abs_diff(self.keys.start + key) as f32
        })
    }

    /// 0 where a query may look, −∞ where a key comes after it: (sequences·queries, keys).
    #[must_use]
    pub fn mask(&self) -> Array2<f32> {
        let (n, first) = (self.queries.len(), self.queries.start);
        Array2::from_shape_fn([self.sequences * n, self.keys.len()], |(row, key)| {
            if self.keys.start + key > first + row % n { f32::NEG_INFINITY } else { 0.0 }
        })
    }
}

/// What attention knows of the distance between queries and keys.
#[derive(Clone, Debug)]
pub enum Distance {
    /// Nothing.
    Unknown,
    /// Scores fall by a slope times the distance.
    Bias {
        /// One for each head.
        slopes: Vec<f32>,
        /// (queries, keys).
        apart: Array2<f32>,
    },
    /// Queries and keys are turned by their positions.
    Turns {
        /// For each row of queries and each pair of units.
        queries: Turns,
        /// For each row of keys and each pair of units.
        keys: Turns,
    },
}

/// The sinusoidal rows of some positions: (positions, size). Angles in double precision, since they
/// grow with the position and single precision would lose their last digits.
#[must_use]
pub fn waves(positions: Range<usize>, size: usize) -> Array2<f32> {
    let first = positions.start;
    let frequencies: Vec<f64> = (0..size).map(|unit| frequency(unit / 2, size, BASE)).collect();
    Array2::from_shape_fn([positions.len(), size], |(row, unit)| {
        let angle = (first + row) as f64 * frequencies[unit];
        (if unit % 2 == 0 { angle.sin() } else { angle.cos() }) as f32
    })
}

/// The angle by which pair number `pair` of `size` units turns from one position to the next.
#[must_use]
pub fn frequency(pair: usize, size: usize, base: f64) -> f64 {
    base.powf(-2.0 * pair as f64 / size as f64)
}

/// Cosine and sine for each position and pair of `width` units.
#[must_use]
pub fn rotations(positions: Range<usize>, width: usize, base: f64) -> Vec<[f32; 2]> {
    let frequencies: Vec<f64> = (0..width / 2).map(|pair| frequency(pair, width, base)).collect();
    let turn = |angle: f64| [angle.cos() as f32, angle.sin() as f32];
    let each = |at: usize| frequencies.iter().map(move |frequency| turn(at as f64 * frequency));
    positions.flat_map(each).collect()
}

/// The slope of each head: 2^{−8i/n} for n heads, i = 1 to n; where n is no power of two, those of
/// the next smaller power, then every second of twice as many.
#[must_use]
pub fn slopes(heads: usize) -> Vec<f32> {
    let of_power = |n: usize| (1..=n).map(move |i| (-8.0 * i as f64 / n as f64).exp2() as f32);
    if heads == 0 {
        return Vec::new();
    }
    let power = 1 << heads.ilog2();
    of_power(power).chain(of_power(2 * power).step_by(2)).take(heads).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Tape;
    use crate::tensor::random::Random;

    #[test]
    fn the_slopes_are_those_of_the_paper() {
        assert_eq!(slopes(4), [0.25, 0.0625, 1.0 / 64.0, 1.0 / 256.0]);
        // 8 heads of the paper: 1/2, 1/4, … 1/256.
        assert_eq!(slopes(8), (1..=8).map(|i| 0.5_f32.powi(i)).collect::<Vec<_>>());
    }

    #[test]
    fn a_rotated_product_depends_on_the_distance_alone() {
        let tape = Tape::recording();
        let mut random = Random::new(4, 0);
        let [q, k] = [0, 1].map(|_| tape.constant(random.array([1, 8], Random::normal)));
        let score = |at: usize, other: usize| {
            let turn = |at: usize| rotations(at..at + 1, 8, BASE).into();
            q.rotated(&turn(at)).dot_transposed(k.rotated(&turn(other))).value()[[0, 0]]
        };
        assert!((score(3, 1) - score(40, 38)).abs() < 1e-5);
        assert!((score(3, 1) - score(3, 2)).abs() > 1e-2);
    }

    #[test]
    fn distances_are_counted_within_each_sequence() {
        let places = Places::new(2, 1..3, 0..3);
        let of_one = [[1.0, 0.0, 1.0], [2.0, 1.0, 0.0]];
        assert_eq!(
            places.distances(),
            ndarray::arr2(&[of_one[0], of_one[1], of_one[0], of_one[1]])
        );
        let never = f32::NEG_INFINITY;
        let of_one = [[0.0, 0.0, never], [0.0; 3]];
        assert_eq!(places.mask(), ndarray::arr2(&[of_one[0], of_one[1], of_one[0], of_one[1]]));
    }
}
