//! What AFT and RWKV share: symbols come in, blocks add to one stream of numbers, scores go out.
//!
//! ```text
//! x_t = E[token]                input
//! x_t = x_t + block_l(x_≤t)     each block adds to the stream what it finds, layer by layer
//! s_t = LayerNorm(x_t) W_head   scores at every position
//! p_t = softmax(s_t)            prediction
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x | (rows, width) | the stream |
//! | s, p | (rows, symbols out) | scores, prediction |

use serde::{Deserialize, Serialize};

use super::recurrent::signed;
use super::{Feed, Input, Outputs, Step, TextSizes, ValueDoc};
use crate::nn::layer::{Embedding, LayerNorm};
use crate::nn::{Binder, Init};
use crate::tape::{Tape, Var};

/// The sizes that both have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// How many symbols can come in.
    pub symbols: usize,
    /// Numbers of the stream, also called channels.
    pub hidden: usize,
    /// Blocks on top of each other.
    pub layers: usize,
    /// How many symbols can be answered.
    pub outputs: usize,
}

impl Sizes {
    /// Those of a model of text.
    #[must_use]
    pub fn of_text(sizes: &TextSizes) -> Self {
        let TextSizes { symbols, hidden, layers, .. } = *sizes;
        Self { symbols, hidden, layers, outputs: symbols }
    }

    /// The smallest input: one position of one sequence.
    #[must_use]
    pub fn example(&self) -> Input {
        Input::Symbols(vec![vec![0]])
    }
}

/// A block on a tape. What it looks back at is kept in a state of its own kind.
pub trait Block<'t> {
    /// What is carried from one position to the next.
    type State;

    /// The state before the first position, for `rows` parallel sequences.
    fn start(&self, tape: &'t Tape, rows: usize) -> Self::State;

    /// The stream (rows, width) behind the block at the next position.
    fn step(&self, x: Var<'t>, state: &mut Self::State) -> Var<'t>;
}

/// Runs blocks over an input, position by position through all blocks; or `at_once`: block by block
/// over all positions, where they are known. `new` declares the block of a layer.
pub fn run<'t, B: Block<'t>>(
    p: &Binder<'t>,
    sizes: &Sizes,
    at_once: bool,
    new: impl Fn(usize) -> B,
    input: &dyn Feed,
) -> Outputs<'t> {
    let tape = p.tape();
    let within = |layer: usize| tape.scope(&format!("layer{layer}"));
    let ends = Ends::new(p, sizes);
    let mut blocks: Vec<(B, B::State)> = (0..sizes.layers)
        .map(|layer| {
            let _scope = within(layer);
            let block = new(layer);
            let state = block.start(tape, input.rows());
            (block, state)
        })
        .collect();
    let mut scores: Vec<Var<'t>> = Vec::new();
    if at_once && input.known().is_some() {
        let mut xs: Vec<Var<'t>> = Vec::new();
        while let Some(step) = input.at(xs.len(), None) {
            tape.set_position(xs.len());
            xs.push(ends.read(step));
        }
        for (layer, (block, state)) in blocks.iter_mut().enumerate() {
            let _scope = within(layer);
            for (t, x) in xs.iter_mut().enumerate() {
                tape.set_position(t);
                *x = block.step(*x, state);
            }
        }
        for (t, x) in xs.into_iter().enumerate() {
            tape.set_position(t);
            scores.push(ends.answer(x));
        }
    } else {
        while let Some(step) = input.at(scores.len(), scores.last().copied()) {
            tape.set_position(scores.len());
            let mut x = ends.read(step);
            for (layer, (block, state)) in blocks.iter_mut().enumerate() {
                let _scope = within(layer);
                x = block.step(x, state);
            }
            scores.push(ends.answer(x));
        }
    }
    Outputs { scores, first: 0 }
}

/// What stands before the first and behind the last block.
struct Ends<'t> {
    tape: &'t Tape,
    embedding: Embedding<'t>,
    norm: LayerNorm<'t>,
    w_head: Var<'t>,
}

impl<'t> Ends<'t> {
    fn new(p: &Binder<'t>, sizes: &Sizes) -> Self {
        Self {
            tape: p.tape(),
            embedding: Embedding::new(p, sizes.symbols, sizes.hidden),
            norm: LayerNorm::new(p, "ln_out", sizes.hidden),
            w_head: p.parameter(
                "w_head",
                r"W_{\text{head}}",
                [sizes.hidden, sizes.outputs],
                Init::Orthogonal(0.5),
            ),
        }
    }

    /// The input of a position: (rows, width).
    fn read(&self, step: Step) -> Var<'t> {
        let _section = self.tape.section("input");
        match step {
            Step::Symbols(symbols) => self.embedding.rows(&symbols).named("input", "x"),
            Step::Numbers(_) => panic!("numbers were given to a model of symbols"),
        }
    }

    /// The scores of a position: (rows, outputs).
    fn answer(&self, x: Var<'t>) -> Var<'t> {
        let _section = self.tape.section("output");
        let o = self.norm.apply(x).named("ln_out", r"\hat{x}");
        let s = o.dot(self.w_head).named("scores", "s");
        let _ = s.softmax().named("prediction", "p");
        s
    }
}

/// Values of several positions as one matrix with a row for each channel of each sequence and a
/// column for each position: (rows, channels) each → (rows · channels, positions).
#[must_use]
pub fn by_channel<'t>(tape: &'t Tape, values: &[Var<'t>]) -> Var<'t> {
    let entries = values.first().map_or(0, |value| value.shape().iter().product());
    tape.stack(values).reshaped([values.len(), entries]).transposed()
}

pub(super) const LN_OUT: ValueDoc = signed(
    "ln_out",
    "The stream after the last block, normalised: what the scores are read from",
    "最后一块之后的残差流，经过归一化；得分由它算出",
);
pub(super) const STREAM: ValueDoc = signed(
    "stream",
    "The residual stream: everything before plus what this part adds",
    "残差流：此前的全部内容，加上这一部分新写入的内容",
);
pub(super) const OUTPUT: ValueDoc =
    signed("output", "What this part adds to the residual stream", "这一部分加进残差流的内容");
