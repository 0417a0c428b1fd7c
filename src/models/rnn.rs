//! The simple recurrent network: one layer that reads its own last state.
//!
//! ```text
//! h_t = φ(x_t W_xh + h_{t-1} W_hh + b_h)      φ = tanh, ReLU or σ
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x_t | (rows, inputs) | the input |
//! | h_t | (rows, hidden) | the hidden state; h_{-1} = 0 |
//! | W_xh, W_hh | (inputs, hidden), (hidden, hidden) | weights, the same at every position |
//!
//! Source: Elman 1990, *Finding Structure in Time*, Cognitive Science 14, pp. 182–187.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::diagram::{Diagram, Mark};
use super::recurrent::{self, Cell, Sizes};
use super::{ConfigError, Feed, Input, Model, ModelSpec, Outputs, Recipe, TextModel};
use crate::nn::{Binder, Init};
use crate::tape::{Tape, Var};

/// Sizes and the choice of φ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Inputs, hidden units, outputs.
    #[serde(flatten)]
    pub sizes: Sizes,
    /// φ.
    pub activation: Activation,
}

/// The function that bends the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Between −1 and 1, slope at most 1.
    Tanh,
    /// max(0, x): slope 0 or 1, unbounded above.
    Relu,
    /// Between 0 and 1, slope at most ¼.
    Sigmoid,
}

/// The cell's parameters on a tape.
pub struct Rnn<'t> {
    activation: Activation,
    w_xh: Var<'t>, // (inputs, hidden)
    w_hh: Var<'t>, // (hidden, hidden)
    b_h: Var<'t>,  // (1, hidden)
}

impl<'t> Rnn<'t> {
    /// Declares the parameters.
    #[must_use]
    pub fn new(p: &Binder<'t>, inputs: usize, hidden: usize, activation: Activation) -> Self {
        Self {
            activation,
            w_xh: p.weight("w_xh", "W_{xh}", [inputs, hidden]),
            w_hh: p.parameter("w_hh", "W_{hh}", [hidden, hidden], Init::Orthogonal(1.0)),
            b_h: p.bias("b_h", "b_h", hidden, 0.0),
        }
    }
}

impl<'t> Cell<'t> for Rnn<'t> {
    type State = Var<'t>;

    fn zero_state(&self, tape: &'t Tape, rows: usize, position: i32) -> Var<'t> {
        tape.initial("hidden", "h", position, Array2::zeros([rows, self.w_hh.shape()[0]]))
    }

    fn step(&self, x: Var<'t>, h: Var<'t>) -> Var<'t> {
        let sum = x.dot(self.w_xh) + h.dot(self.w_hh) + self.b_h; // (rows, hidden)
        match self.activation {
            Activation::Tanh => sum.tanh(),
            Activation::Relu => sum.relu(),
            Activation::Sigmoid => sum.sigmoid(),
        }
        .named("hidden", "h")
    }

    fn hidden(state: Var<'t>) -> Var<'t> {
        state
    }
}

impl Model for Config {
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t> {
        let new = |inputs| Rnn::new(p, inputs, self.sizes.hidden, self.activation);
        recurrent::run(p, &self.sizes, new, input)
    }

    fn example(&self) -> Input {
        self.sizes.example()
    }

    fn reads_whole_source(&self) -> bool {
        self.sizes.bidirectional
    }

    fn config(&self) -> Json {
        json!(self)
    }

    fn diagram(&self) -> Diagram {
        let mut d = Diagram::new([60.0, 48.0], [13.0, 13.0, 33.0, 20.0]);
        let letter = match self.activation {
            Activation::Tanh => "tanh",
            Activation::Relu => "ReLU",
            Activation::Sigmoid => "σ",
        };
        let middle = 23.5;
        let before = d.previous("hidden", [6.0, middle]);
        let x = d.place("input", [22.0, 42.0], Mark::Strip);
        let sum = d.operand("hidden", &[0], 0, [22.0, middle], Mark::Sign("+"));
        let layer = d.place("hidden", [34.0, middle], Mark::Layer(letter));
        d.place("prediction", [34.0, 6.0], Mark::Strip);
        let after = d.place("hidden", [54.0, middle], Mark::Strip);
        d.wire(before, &[[10.5, middle], [19.6, middle]]);
        d.wire(x, &[[22.0, 39.0], [22.0, middle + 2.4]]);
        d.wire(sum, &[[24.0, middle], [29.0, middle]]);
        d.wire(layer, &[[38.6, middle], [49.0, middle]]);
        d.wire(after, &[[43.0, middle], [43.0, 14.5], [34.0, 14.5], [34.0, 9.6]]);
        d
    }
}

/// The registry entry.
pub const SPEC: ModelSpec = ModelSpec {
    id: "rnn",
    title: "RNN",
    source: "Elman 1990, Finding Structure in Time, Cognitive Science 14:179–211",
    year: 1990,
    build: |config| Ok(Box::new(ConfigError::read::<Config>("rnn", config)?)),
    recipes: &[
        Recipe {
            id: "rnn-brackets",
            config: r#"{"source":{"symbols":{"count":9,"embedding":8}},"hidden":32,"outputs":9,"predicts_symbols":true,"activation":"tanh"}"#,
            ..BRACKETS
        },
        Recipe {
            id: "rnn-relu-brackets",
            config: r#"{"source":{"symbols":{"count":9,"embedding":8}},"hidden":32,"outputs":9,"predicts_symbols":true,"activation":"relu"}"#,
            ..BRACKETS
        },
        Recipe {
            id: "rnn-sigmoid-brackets",
            config: r#"{"source":{"symbols":{"count":9,"embedding":8}},"hidden":32,"outputs":9,"predicts_symbols":true,"activation":"sigmoid"}"#,
            ..BRACKETS
        },
        Recipe {
            id: "rnn-remember",
            config: r#"{"source":{"symbols":{"count":13,"embedding":8}},"hidden":32,"outputs":8,"predicts_symbols":true,"activation":"tanh"}"#,
            task: "remember",
            task_config: r#"{"letters":8,"length":50,"shortest":10}"#,
            steps: 6000,
            batch: 32,
            learning_rate: 5e-3,
            clip: 1.0,
            seed: 1,
            target: 0.0,
            kept: &[0, 1, 10],
            weight_decay: 0.0,
        },
        Recipe {
            id: "rnn-tagging",
            config: r#"{"source":{"symbols":{"count":32,"embedding":16}},"hidden":32,"outputs":7,"predicts_symbols":true,"activation":"tanh"}"#,
            task: "tagging",
            task_config: r#"{"longest":14}"#,
            steps: 1000,
            ..BRACKETS
        },
        Recipe {
            id: "rnn-sentiment",
            config: r#"{"source":{"symbols":{"count":29,"embedding":16}},"hidden":32,"outputs":2,"predicts_symbols":true,"activation":"tanh"}"#,
            task: "sentiment",
            task_config: r#"{"opinions":2}"#,
            steps: 2000,
            ..BRACKETS
        },
        Recipe {
            id: "rnn-melody",
            config: r#"{"source":{"numbers":51},"hidden":128,"outputs":16,"predicts_symbols":true,"activation":"tanh"}"#,
            task: "melody",
            task_config: r#"{"figures":12,"parts":3}"#,
            steps: 60000,
            // Without it, melodies that were seen are learned by heart and others miss the target.
            weight_decay: 0.1,
            ..BRACKETS
        },
        Recipe {
            id: "rnn-numerals",
            config: r#"{"source":{"symbols":{"count":43,"embedding":16}},"hidden":64,"outputs":14,"predicts_symbols":true,"activation":"tanh"}"#,
            task: "numerals",
            task_config: r#"{"largest":9999}"#,
            ..BRACKETS
        },
    ],
    values: &[
        recurrent::INPUT,
        recurrent::HIDDEN,
        recurrent::JOINED,
        recurrent::STREAM,
        recurrent::SCORES,
        recurrent::PREDICTION,
        recurrent::ESTIMATE,
    ],
    variants: &[],
    text: Some(TextModel {
        config: |sizes| {
            json!(Config { sizes: Sizes::of_text(sizes), activation: Activation::Tanh })
        },
        hidden: 128,
        layers: 1,
        learning_rate: 3e-3,
    }),
};

/// What the three shipped networks have in common.
const BRACKETS: Recipe = Recipe {
    id: "",
    config: "",
    task: "brackets",
    task_config: r#"{"depth":4,"longest":32}"#,
    steps: 6000,
    batch: 64,
    learning_rate: 3e-3,
    clip: 1.0,
    seed: 1,
    target: 0.95,
    kept: &[],
    weight_decay: 0.0,
};
