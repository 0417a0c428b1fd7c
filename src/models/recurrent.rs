//! What the RNN, the LSTM and the GRU share: symbols or numbers come in, a cell is stepped over
//! them, scores go out.
//!
//! ```text
//! x_t = E[token]          input, from a table (symbols) or as it is (numbers)
//! h_t = cell(x_t, h_{t-1})
//! s_t = h_t W_hy + b_y    scores at every position
//! p_t = softmax(s_t)      prediction, where the outputs are symbols
//!
//! several layers:     x_t of layer l+1 is h_t of layer l, or with residual connections x_t + h_t
//! in both directions: h_t = [→h_t ; ←h_t], the second read from the end
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x | (rows, inputs) | the input |
//! | h | (rows, hidden) | the hidden state; twice as wide where both directions are joined |
//! | u | (rows, hidden) | what a layer with a residual connection passes on |
//! | s, p | (rows, outputs) | scores, prediction |

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{Axes, Feed, Input, Outputs, Range, Step, TextSizes, ValueDoc};
use crate::nn::Binder;
use crate::nn::layer::{Embedding, Linear};
use crate::tape::{Section, Tape, Var};

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
    /// Cells on top of each other, each reading the hidden state of the one below.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub layers: usize,
    /// Whether each layer has a second cell that reads from the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bidirectional: bool,
    /// Whether a layer passes on its input plus its hidden state (He et al. 2016; between LSTM
    /// layers: Wu et al. 2016, §3.1). The first layer does where it reads as many numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub residual: bool,
}

fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_one(layers: &usize) -> bool {
    *layers == 1
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
    /// One layer, read from left to right.
    #[must_use]
    pub fn single(source: Source, hidden: usize, outputs: usize, predicts_symbols: bool) -> Self {
        let (layers, bidirectional, residual) = (1, false, false);
        Self { source, hidden, outputs, predicts_symbols, layers, bidirectional, residual }
    }

    /// Those of a model of text. Characters are read as rows half as wide as the hidden state.
    #[must_use]
    pub fn of_text(sizes: &TextSizes) -> Self {
        let TextSizes { symbols, hidden, layers, .. } = *sizes;
        let source = Source::Symbols { count: symbols, embedding: hidden.div_ceil(2) };
        Self { layers, ..Self::single(source, hidden, symbols, true) }
    }

    /// The part of the tape for a layer; values of a single layer have no scope before their names.
    fn scope<'t>(&self, tape: &'t Tape, layer: usize) -> Section<'t> {
        if self.layers > 1 { tape.scope(&format!("layer{layer}")) } else { tape.section("cell") }
    }

    /// What a layer passes on.
    fn pass_on<'t>(&self, layer: usize, x: Var<'t>, h: Var<'t>) -> Var<'t> {
        let adds = self.residual && self.layers > 1 && (layer > 0 || x.shape()[1] == h.shape()[1]);
        if adds { (x + h).named("stream", "u") } else { h }
    }

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

    /// The state before the first step, for `rows` parallel sequences: at position −1, or behind
    /// the end of a sequence that is read from there.
    fn zero_state(&self, tape: &'t Tape, rows: usize, position: i32) -> Self::State;

    /// One step: the input (rows, inputs) and the state before give the state after.
    fn step(&self, x: Var<'t>, state: Self::State) -> Self::State;

    /// The hidden state (rows, hidden), from which scores are read.
    fn hidden(state: Self::State) -> Var<'t>;
}

/// Steps layers of cells over an input and reads scores at every position. `new` declares a cell
/// that reads the given number of numbers.
pub fn run<'t, C: Cell<'t>>(
    p: &Binder<'t>,
    sizes: &Sizes,
    new: impl Fn(usize) -> C,
    input: &dyn Feed,
) -> Outputs<'t> {
    let tape = p.tape();
    let width = sizes.hidden * if sizes.bidirectional { 2 } else { 1 };
    let layers: Vec<Layer<C>> = (0..sizes.layers)
        .map(|layer| {
            let inputs = if layer == 0 { sizes.inputs() } else { width };
            let _scope = sizes.scope(tape, layer);
            if !sizes.bidirectional {
                return Layer { forward: new(inputs), backward: None };
            }
            let directed = |name| {
                let _scope = tape.scope(name);
                new(inputs)
            };
            Layer { forward: directed("forward"), backward: Some(directed("backward")) }
        })
        .collect();
    let embedding = match sizes.source {
        Source::Symbols { count, embedding } => Some(Embedding::new(p, count, embedding)),
        Source::Numbers(_) => None,
    };
    let ends = Ends { tape, sizes, embedding, readout: Linear::new(p, "hy", width, sizes.outputs) };
    let scores = if sizes.bidirectional {
        from_both_ends(&ends, &layers, input)
    } else {
        from_left_to_right(&ends, &layers, input)
    };
    Outputs { scores, first: 0 }
}

/// A layer's cell, and the one that reads from the end (Schuster & Paliwal 1997).
struct Layer<C> {
    forward: C,
    backward: Option<C>,
}

/// Position by position, through all layers; so the answers can decide what is read next.
fn from_left_to_right<'t, C: Cell<'t>>(
    ends: &Ends<'t, '_>,
    layers: &[Layer<C>],
    input: &dyn Feed,
) -> Vec<Var<'t>> {
    let Ends { tape, sizes, .. } = *ends;
    let zero = |(layer, cells): (usize, &Layer<C>)| {
        let _scope = sizes.scope(tape, layer);
        cells.forward.zero_state(tape, input.rows(), -1)
    };
    let mut states: Vec<C::State> = layers.iter().enumerate().map(zero).collect();
    let mut scores: Vec<Var<'t>> = Vec::new();
    while let Some(step) = input.at(scores.len(), scores.last().copied()) {
        tape.set_position(scores.len());
        let mut x = ends.read(step);
        for (layer, (cells, state)) in layers.iter().zip(&mut states).enumerate() {
            let _scope = sizes.scope(tape, layer);
            *state = cells.forward.step(x, *state);
            x = sizes.pass_on(layer, x, C::hidden(*state));
        }
        scores.push(ends.answer(x));
    }
    scores
}

/// Layer by layer, each over the whole sequence in both directions.
fn from_both_ends<'t, C: Cell<'t>>(
    ends: &Ends<'t, '_>,
    layers: &[Layer<C>],
    input: &dyn Feed,
) -> Vec<Var<'t>> {
    let Ends { tape, sizes, .. } = *ends;
    let mut xs: Vec<Var<'t>> = Vec::new();
    while let Some(step) = input.at(xs.len(), None) {
        tape.set_position(xs.len());
        xs.push(ends.read(step));
    }
    for (layer, cells) in layers.iter().enumerate() {
        let _layer = sizes.scope(tape, layer);
        let directed = |name, cell: &C, start: i32, order: &mut dyn Iterator<Item = usize>| {
            let _direction = tape.scope(name);
            let mut state = cell.zero_state(tape, input.rows(), start);
            let step = |t| {
                tape.set_position(t);
                state = cell.step(xs[t], state);
                C::hidden(state)
            };
            order.map(step).collect::<Vec<Var<'t>>>()
        };
        let forward = directed("forward", &cells.forward, -1, &mut (0..xs.len()));
        let Some(cell) = &cells.backward else { continue };
        let mut backward = directed("backward", cell, xs.len() as i32, &mut (0..xs.len()).rev());
        backward.reverse();
        let _joined = tape.section("joined");
        for (t, (forward, backward)) in forward.into_iter().zip(backward).enumerate() {
            tape.set_position(t);
            let h = forward.beside(backward).named("joined", "h"); // (rows, 2·hidden)
            xs[t] = sizes.pass_on(layer, xs[t], h);
        }
    }
    let answer = |(t, x): (usize, Var<'t>)| {
        tape.set_position(t);
        ends.answer(x)
    };
    xs.into_iter().enumerate().map(answer).collect()
}

/// What stands before the first and behind the last layer.
struct Ends<'t, 's> {
    tape: &'t Tape,
    sizes: &'s Sizes,
    embedding: Option<Embedding<'t>>,
    readout: Linear<'t>,
}

impl<'t> Ends<'t, '_> {
    /// The input of a position: (rows, inputs).
    fn read(&self, step: Step) -> Var<'t> {
        let _section = self.tape.section("input");
        match (step, self.embedding) {
            (Step::Symbols(symbols), Some(table)) => table.rows(&symbols).named("input", "x"),
            (Step::Numbers(numbers), None) => self.tape.input("input", "x", numbers),
            _ => panic!("symbols were given to a model of numbers, or numbers to one of symbols"),
        }
    }

    /// The scores or the estimate of a position: (rows, outputs).
    fn answer(&self, x: Var<'t>) -> Var<'t> {
        let _section = self.tape.section("output");
        let s = self.readout.apply(x);
        if self.sizes.predicts_symbols {
            let s = s.named("scores", "s");
            let _ = s.softmax().named("prediction", "p");
            s
        } else {
            s.named("estimate", r"\hat{y}")
        }
    }
}

/// The meaning of a value between −∞ and ∞.
pub(super) const fn signed(name: &'static str, en: &'static str, zh: &'static str) -> ValueDoc {
    ValueDoc { name, en, zh, range: Range::Signed, axes: Axes::Units }
}

/// The meaning of a value between 0 and 1.
pub(super) const fn share(name: &'static str, en: &'static str, zh: &'static str) -> ValueDoc {
    ValueDoc { name, en, zh, range: Range::Unit, axes: Axes::Units }
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
pub(super) const JOINED: ValueDoc = signed(
    "joined",
    "The hidden states of both directions, side by side",
    "两个方向的隐藏状态拼接在一起",
);
pub(super) const STREAM: ValueDoc = signed(
    "stream",
    "What the layer passes on: its input plus its hidden state",
    "这一层向上传递的内容：输入加上隐藏状态",
);
/// The meaning of the loss, which every task with targets puts behind its run.
pub const LOSS: ValueDoc = signed(
    "loss",
    "How wrong the answer at this position is: −ln of the probability of the right symbol, or the squared error",
    "这个位置的回答错得多厉害：正确符号概率的负对数，或者误差的平方",
);
