//! What the RNN, the LSTM and the GRU share: symbols or numbers come in, a cell is stepped over
//! them, scores go out.
//!
//! ```text
//! x_t = E[token]          input, from a table (symbols) or as it is (numbers)
//! h_t = cell(x_t, h_{t-1})
//! s_t = h_t W_hy + b_y    scores at every position
//! p_t = softmax(s_t)      prediction, where the outputs are symbols
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x | (rows, inputs) | the input |
//! | h | (rows, hidden) | the hidden state |
//! | s, p | (rows, outputs) | scores, prediction |

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{Input, Outputs, Range, ValueDoc};
use crate::nn::Binder;
use crate::nn::layer::{Embedding, Linear};
use crate::tape::{Tape, Var};

/// The sizes that every recurrent model has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// What comes in.
    pub source: Source,
    /// Units of the hidden state.
    pub hidden: usize,
    /// Numbers that go out at each position.
    pub outputs: usize,
    /// Whether those are scores of symbols, so that softmax makes them a prediction.
    pub predicts_symbols: bool,
}

/// What comes in at each position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// One of `count` symbols, looked up in a table of rows of `embedding` numbers.
    Symbols {
        /// How many symbols there are.
        count: usize,
        /// Numbers for each.
        embedding: usize,
    },
    /// That many numbers, as they are.
    Numbers(usize),
}

impl Sizes {
    /// Numbers that enter the cell at each position.
    #[must_use]
    pub fn inputs(&self) -> usize {
        match self.source {
            Source::Symbols { embedding, .. } => embedding,
            Source::Numbers(features) => features,
        }
    }

    /// The smallest input: one position of one sequence.
    #[must_use]
    pub fn example(&self) -> Input {
        match self.source {
            Source::Symbols { .. } => Input::Symbols(vec![vec![0]]),
            Source::Numbers(features) => Input::Numbers(vec![Array2::zeros([1, features])]),
        }
    }
}

/// A recurrent cell on a tape: one step is the primitive, a sequence is a loop over it.
pub trait Cell<'t> {
    /// What is carried from one position to the next.
    type State: Copy;

    /// The state before the first position, for `rows` parallel sequences.
    fn zero_state(&self, tape: &'t Tape, rows: usize) -> Self::State;

    /// One step: the input (rows, inputs) and the state before give the state after.
    fn step(&self, x: Var<'t>, state: Self::State) -> Self::State;

    /// The hidden state (rows, hidden), from which scores are read.
    fn hidden(state: Self::State) -> Var<'t>;
}

/// Steps a cell over an input and reads scores at every position.
pub fn run<'t, C: Cell<'t>>(p: &Binder<'t>, sizes: &Sizes, cell: &C, input: &Input) -> Outputs<'t> {
    let tape = p.tape();
    let embedding = match sizes.source {
        Source::Symbols { count, embedding } => Some(Embedding::new(p, count, embedding)),
        Source::Numbers(_) => None,
    };
    let readout = Linear::new(p, "hy", sizes.hidden, sizes.outputs);
    let mut state = cell.zero_state(tape, input.rows());
    let mut scores = Vec::with_capacity(input.len());
    for t in 0..input.len() {
        tape.set_position(t);
        let x = {
            let _section = tape.section("input");
            match (input, embedding) {
                (Input::Symbols(symbols), Some(table)) => {
                    table.rows(&symbols[t]).named("input", "x")
                }
                (Input::Numbers(numbers), None) => tape.input("input", "x", numbers[t].clone()),
                _ => {
                    panic!("symbols were given to a model of numbers, or numbers to one of symbols")
                }
            }
        };
        state = {
            let _section = tape.section("cell");
            cell.step(x, state)
        };
        let _section = tape.section("output");
        let s = readout.apply(C::hidden(state));
        scores.push(if sizes.predicts_symbols {
            let s = s.named("scores", "s");
            let _ = s.softmax().named("prediction", "p");
            s
        } else {
            s.named("estimate", r"\hat{y}")
        });
    }
    Outputs { scores }
}

/// The meaning of a value between −∞ and ∞.
pub(super) const fn signed(name: &'static str, en: &'static str, zh: &'static str) -> ValueDoc {
    ValueDoc { name, en, zh, range: Range::Signed }
}

/// The meaning of a value between 0 and 1.
pub(super) const fn share(name: &'static str, en: &'static str, zh: &'static str) -> ValueDoc {
    ValueDoc { name, en, zh, range: Range::Unit }
}

pub(super) const INPUT: ValueDoc = signed(
    "input",
    "What the model reads at this position, as numbers",
    "模型在这个位置读到的内容，用数值表示",
);
pub(super) const HIDDEN: ValueDoc = signed(
    "hidden",
    "The hidden state: what the model passes on and lets others see",
    "隐藏状态：模型传给下一步、也让外部看到的内容",
);
pub(super) const SCORES: ValueDoc =
    signed("scores", "A score for every possible next symbol", "下一个符号每种可能的得分");
pub(super) const PREDICTION: ValueDoc = share(
    "prediction",
    "The probability of every possible next symbol",
    "下一个符号每种可能的概率",
);
pub(super) const ESTIMATE: ValueDoc =
    signed("estimate", "The model's estimate of the answer so far", "模型到目前为止对答案的估计");
