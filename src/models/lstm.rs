//! Long short-term memory: a cell state that is changed only by what its gates let through.
//!
//! ```text
//! i_t = σ(x_t W_xi + h_{t-1} W_hi + b_i)        input gate
//! f_t = σ(x_t W_xf + h_{t-1} W_hf + b_f)        forget gate
//! g_t = tanh(x_t W_xg + h_{t-1} W_hg + b_g)     candidate
//! o_t = σ(x_t W_xo + h_{t-1} W_ho + b_o)        output gate
//! c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t               cell state
//! h_t = o_t ⊙ tanh(c_t)                         hidden state
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x_t | (rows, inputs) | the input |
//! | i, f, g, o, c, h | (rows, hidden) | gates, candidate and states; c_{-1} = h_{-1} = 0 |
//!
//! Source: Hochreiter & Schmidhuber 1997, *Long Short-Term Memory*, Neural Computation 9(8), with
//! the forget gate of Gers, Schmidhuber & Cummins 2000, §3. No peephole connections, as in PyTorch.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::diagram::{Diagram, Mark};
use super::recurrent::{self, Cell, Sizes, share, signed};
use super::{ConfigError, Feed, Input, KeptShare, Model, ModelSpec, Outputs, Recipe, TextModel};
use crate::nn::{Binder, Init};
use crate::tape::{Tape, Var};

/// The forget gate's bias starts here, so that a new cell keeps what it has (Gers et al. 2000;
/// Jozefowicz et al. 2015, §5).
const FORGET_BIAS: f32 = 1.0;

/// Sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Inputs, hidden units, outputs.
    #[serde(flatten)]
    pub sizes: Sizes,
}

/// One gate's parameters on a tape.
#[derive(Clone, Copy)]
struct Gate<'t> {
    w_x: Var<'t>, // (inputs, hidden)
    w_h: Var<'t>, // (hidden, hidden)
    b: Var<'t>,   // (1, hidden)
}

impl<'t> Gate<'t> {
    fn new(p: &Binder<'t>, letter: char, inputs: usize, hidden: usize, bias: f32) -> Self {
        let square = [hidden, hidden];
        Self {
            w_x: p.weight(&format!("w_x{letter}"), &format!("W_{{x{letter}}}"), [inputs, hidden]),
            w_h: p.parameter(
                &format!("w_h{letter}"),
                &format!("W_{{h{letter}}}"),
                square,
                Init::Orthogonal(1.0),
            ),
            b: p.bias(&format!("b_{letter}"), &format!("b_{letter}"), hidden, bias),
        }
    }

    fn sum(self, x: Var<'t>, h: Var<'t>) -> Var<'t> {
        x.dot(self.w_x) + h.dot(self.w_h) + self.b // (rows, hidden)
    }
}

/// The cell's parameters on a tape.
pub struct Lstm<'t> {
    input: Gate<'t>,
    forget: Gate<'t>,
    candidate: Gate<'t>,
    output: Gate<'t>,
    hidden: usize,
}

/// What is carried from one position to the next.
#[derive(Clone, Copy)]
pub struct State<'t> {
    /// The hidden state, (rows, hidden).
    pub h: Var<'t>,
    /// The cell state, (rows, hidden).
    pub c: Var<'t>,
}

impl<'t> Lstm<'t> {
    /// Declares the parameters.
    #[must_use]
    pub fn new(p: &Binder<'t>, inputs: usize, hidden: usize) -> Self {
        Self {
            input: Gate::new(p, 'i', inputs, hidden, 0.0),
            forget: Gate::new(p, 'f', inputs, hidden, FORGET_BIAS),
            candidate: Gate::new(p, 'g', inputs, hidden, 0.0),
            output: Gate::new(p, 'o', inputs, hidden, 0.0),
            hidden,
        }
    }
}

impl<'t> Cell<'t> for Lstm<'t> {
    type State = State<'t>;

    fn zero_state(&self, tape: &'t Tape, rows: usize, position: i32) -> State<'t> {
        State {
            h: tape.initial("hidden", "h", position, Array2::zeros([rows, self.hidden])),
            c: tape.initial("cell", "c", position, Array2::zeros([rows, self.hidden])),
        }
    }

    fn step(&self, x: Var<'t>, State { h, c }: State<'t>) -> State<'t> {
        let i = self.input.sum(x, h).sigmoid().named("input_gate", "i");
        let f = self.forget.sum(x, h).sigmoid().named("forget_gate", "f");
        let g = self.candidate.sum(x, h).tanh().named("candidate", "g");
        let o = self.output.sum(x, h).sigmoid().named("output_gate", "o");
        let c = (f * c + i * g).named("cell", "c");
        let h = (o * c.tanh()).named("hidden", "h");
        State { h, c }
    }

    fn hidden(state: State<'t>) -> Var<'t> {
        state.h
    }
}

impl Model for Config {
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t> {
        let new = |inputs| Lstm::new(p, inputs, self.sizes.hidden);
        recurrent::run(p, &self.sizes, new, input)
    }

    fn example(&self) -> Input {
        self.sizes.example()
    }

    fn kept_share(&self) -> Option<KeptShare> {
        Some(KeptShare { value: "forget_gate", is_complement: false })
    }

    fn reads_whole_source(&self) -> bool {
        self.sizes.bidirectional
    }

    fn config(&self) -> Json {
        json!(self)
    }

    /// The cell with its conveyor along the top, as in Olah 2015, *Understanding LSTM Networks*.
    fn diagram(&self) -> Diagram {
        let mut d = Diagram::new([84.0, 66.0], [13.0, 6.0, 58.0, 46.0]);
        let (conveyor, gates, bus) = (14.0, 34.0, 46.0);
        let columns = [21.0, 32.0, 43.0, 54.0];
        let last = 64.0;
        let c_before = d.previous("cell", [6.0, conveyor]);
        let h_before = d.previous("hidden", [6.0, bus]);
        let x = d.place("input", [16.5, 60.0], Mark::Strip);
        let f = d.place("forget_gate", [columns[0], gates], Mark::Layer("σ"));
        let i = d.place("input_gate", [columns[1], gates], Mark::Layer("σ"));
        let g = d.place("candidate", [columns[2], gates], Mark::Layer("tanh"));
        let o = d.place("output_gate", [columns[3], gates], Mark::Layer("σ"));
        let kept = d.operand("cell", &[0], 0, [columns[0], conveyor], Mark::Sign("×"));
        let written = d.operand("cell", &[1], 0, [columns[2], 23.0], Mark::Sign("×"));
        let sum = d.place("cell", [columns[2], conveyor], Mark::Sign("+"));
        let squashed = d.operand("hidden", &[1], 0, [last, 22.5], Mark::Sign("tanh"));
        let shown = d.place("hidden", [last, gates], Mark::Sign("×"));
        let c_after = d.place("cell", [78.0, conveyor], Mark::Strip);
        d.place("hidden", [78.0, bus], Mark::Strip);
        d.wire(c_before, &[[10.5, conveyor], [18.6, conveyor]]);
        d.wire(kept, &[[23.0, conveyor], [40.6, conveyor]]);
        d.wire(sum, &[[45.0, conveyor], [73.0, conveyor]]);
        d.wire(f, &[[columns[0], 30.0], [columns[0], 16.4]]);
        d.wire(i, &[[columns[1], 30.0], [columns[1], 23.0], [40.6, 23.0]]);
        d.wire(g, &[[columns[2], 30.0], [columns[2], 25.4]]);
        d.wire(written, &[[columns[2], 21.0], [columns[2], 16.4]]);
        d.wire(o, &[[58.6, gates], [61.6, gates]]);
        d.wire(c_after, &[[last, conveyor], [last, 19.8]]);
        d.wire(squashed, &[[last, 24.8], [last, 31.6]]);
        d.wire(shown, &[[last, 36.0], [last, bus], [73.0, bus]]);
        d.branch(h_before, &[[10.5, bus], [columns[3], bus]]);
        d.branch(x, &[[16.5, 57.0], [16.5, bus]]);
        for gate in columns {
            d.wire(h_before, &[[gate, bus], [gate, 38.6]]);
        }
        d
    }
}

/// The registry entry.
pub const SPEC: ModelSpec = ModelSpec {
    id: "lstm",
    title: "LSTM",
    source: "Hochreiter & Schmidhuber 1997, Neural Computation 9(8); forget gate: Gers et al. 2000",
    year: 1997,
    build: |config| Ok(Box::new(ConfigError::read::<Config>("lstm", config)?)),
    recipes: &[
        Recipe {
            id: "lstm-brackets",
            config: r#"{"source":{"symbols":{"count":9,"embedding":8}},"hidden":32,"outputs":9,"predicts_symbols":true}"#,
            task: "brackets",
            task_config: r#"{"depth":8,"longest":48}"#,
            steps: 8000,
            batch: 64,
            learning_rate: 5e-3,
            clip: 1.0,
            seed: 1,
            target: 0.99,
            kept: &[],
            weight_decay: 0.0,
        },
        Recipe {
            id: "lstm-adding",
            config: r#"{"source":{"numbers":2},"hidden":32,"outputs":1,"predicts_symbols":false}"#,
            task: "adding",
            task_config: r#"{"length":50}"#,
            steps: 6000,
            batch: 64,
            learning_rate: 5e-3,
            clip: 1.0,
            seed: 1,
            target: 0.01,
            kept: &[],
            weight_decay: 0.0,
        },
        Recipe {
            id: "lstm-remember",
            config: r#"{"source":{"symbols":{"count":13,"embedding":8}},"hidden":32,"outputs":8,"predicts_symbols":true}"#,
            task: "remember",
            task_config: r#"{"letters":8,"length":50,"shortest":10}"#,
            steps: 6000,
            batch: 32,
            learning_rate: 5e-3,
            clip: 1.0,
            seed: 1,
            target: 0.99,
            kept: &[0, 1, 10],
            weight_decay: 0.0,
        },
        Recipe {
            id: "lstm-names",
            config: r#"{"source":{"symbols":{"count":48,"embedding":16}},"hidden":16,"outputs":2,"predicts_symbols":true,"bidirectional":true}"#,
            ..NAMES
        },
        Recipe {
            // What it has to know is to its right: that it is left to chance is the content.
            id: "lstm-names-forward",
            config: r#"{"source":{"symbols":{"count":48,"embedding":16}},"hidden":16,"outputs":2,"predicts_symbols":true}"#,
            target: 0.0,
            ..NAMES
        },
        Recipe {
            id: "lstm-copy-2",
            config: r#"{"source":{"symbols":{"count":9,"embedding":32}},"hidden":32,"outputs":8,"predicts_symbols":true,"layers":2}"#,
            ..COPY
        },
        Recipe {
            id: "lstm-copy-2-residual",
            config: r#"{"source":{"symbols":{"count":9,"embedding":32}},"hidden":32,"outputs":8,"predicts_symbols":true,"layers":2,"residual":true}"#,
            ..COPY
        },
        Recipe {
            id: "lstm-copy-4",
            config: r#"{"source":{"symbols":{"count":9,"embedding":32}},"hidden":32,"outputs":8,"predicts_symbols":true,"layers":4}"#,
            ..COPY
        },
        Recipe {
            id: "lstm-copy-4-residual",
            config: r#"{"source":{"symbols":{"count":9,"embedding":32}},"hidden":32,"outputs":8,"predicts_symbols":true,"layers":4,"residual":true}"#,
            ..COPY
        },
        Recipe {
            // Eight plain layers do not learn as fast as this learning rate asks: the content.
            id: "lstm-copy-8",
            config: r#"{"source":{"symbols":{"count":9,"embedding":32}},"hidden":32,"outputs":8,"predicts_symbols":true,"layers":8}"#,
            target: 0.0,
            ..COPY
        },
        Recipe {
            id: "lstm-copy-8-residual",
            config: r#"{"source":{"symbols":{"count":9,"embedding":32}},"hidden":32,"outputs":8,"predicts_symbols":true,"layers":8,"residual":true}"#,
            ..COPY
        },
    ],
    values: &[
        recurrent::INPUT,
        share("input_gate", "How much of the candidate is written", "候选状态有多少被写入"),
        share("forget_gate", "How much of the cell state is kept", "细胞状态有多少被保留"),
        signed("candidate", "What could be written to the cell state", "可以写入细胞状态的新内容"),
        share(
            "output_gate",
            "How much of the cell state is shown as hidden state",
            "细胞状态有多少显露为隐藏状态",
        ),
        signed("cell", "The cell state: the memory itself", "细胞状态：记忆本身"),
        recurrent::HIDDEN,
        recurrent::JOINED,
        recurrent::STREAM,
        recurrent::SCORES,
        recurrent::PREDICTION,
        recurrent::ESTIMATE,
    ],
    variants: &[],
    text: Some(TextModel {
        config: |sizes| json!(Config { sizes: Sizes::of_text(sizes) }),
        hidden: 128,
        layers: 1,
        learning_rate: 5e-3,
    }),
};

/// What the two taggers of names have in common.
const NAMES: Recipe = Recipe {
    id: "",
    config: "",
    task: "names",
    task_config: r#"{"ambiguous":10}"#,
    steps: 1000,
    batch: 64,
    learning_rate: 5e-3,
    clip: 1.0,
    seed: 1,
    target: 0.98,
    kept: &[],
    weight_decay: 0.0,
};

/// What the stacks have in common; only the number of layers and the residual connections differ.
/// The embedding is as wide as the hidden state, so that the residual path leads through all layers.
/// The learning rate is a high one: with 0.01 and more updates, eight plain layers train as well.
const COPY: Recipe = Recipe {
    id: "",
    config: "",
    task: "copy",
    task_config: r#"{"letters":8,"shortest":3,"longest":6}"#,
    steps: 800,
    batch: 32,
    learning_rate: 3e-2,
    clip: 1.0,
    seed: 1,
    target: 0.95,
    kept: &[],
    weight_decay: 0.0,
};
