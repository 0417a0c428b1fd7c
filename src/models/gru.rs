//! The gated recurrent unit: one state, a gate that blends old with new, a gate that hides the old.
//!
//! ```text
//! r_t = σ(x_t W_xr + h_{t-1} W_hr + b_r)              reset gate
//! z_t = σ(x_t W_xz + h_{t-1} W_hz + b_z)              update gate
//! n_t = tanh(x_t W_xn + b_n + r_t ⊙ (h_{t-1} W_hn + b_hn))   candidate, reset after the product
//! n_t = tanh(x_t W_xn + b_n + (r_t ⊙ h_{t-1}) W_hn)          candidate, reset before the product
//! h_t = z_t ⊙ h_{t-1} + (1 − z_t) ⊙ n_t               z keeps
//! h_t = (1 − z_t) ⊙ h_{t-1} + z_t ⊙ n_t               z updates
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x_t | (rows, inputs) | the input |
//! | r, z, n, h | (rows, hidden) | gates, candidate, hidden state; h_{-1} = 0 |
//!
//! Sources: Cho et al. 2014 (arXiv 1406.1078), eqs. 5–8: reset before, z keeps. Chung et al. 2014
//! (arXiv 1412.3555), §3.2: z updates. PyTorch and cuDNN: reset after, z keeps. The two meanings of
//! z are the same function with the gate's weights negated ([`Config::with_convention`]); the two
//! places of the reset are not.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::diagram::{Diagram, Mark};
use super::recurrent::{self, Cell, Sizes, share, signed};
use super::{
    ConfigError, Feed, Input, KeptShare, Model, ModelSpec, Outputs, Recipe, TextModel, Variant,
};
use crate::nn::{Binder, Init, Parameters};
use crate::tape::{Tape, Var};

/// Sizes and conventions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Inputs, hidden units, outputs.
    #[serde(flatten)]
    pub sizes: Sizes,
    /// What z = 1 means.
    pub convention: Convention,
    /// Where the reset gate acts.
    pub reset: Reset,
}

/// What the update gate's 1 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Convention {
    /// Keep the old state (Cho et al. 2014; PyTorch).
    Keeps,
    /// Take the candidate (Chung et al. 2014).
    Updates,
}

/// Where the reset gate acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// On the state, before the product with W_hn (Cho et al. 2014).
    Before,
    /// On the product (PyTorch, cuDNN), which then needs a bias of its own.
    After,
}

impl Config {
    /// The same function written in the other convention: since 1 − σ(a) = σ(−a), the weights of z
    /// change their sign and nothing else changes.
    #[must_use]
    pub fn with_convention(
        &self,
        convention: Convention,
        parameters: &Parameters,
    ) -> (Self, Parameters) {
        let mut parameters = parameters.clone();
        if convention != self.convention {
            for name in ["w_xz", "w_hz", "b_z"] {
                if let Some(weights) = parameters.get_mut(name) {
                    weights.mapv_inplace(|w| -w);
                }
            }
        }
        (Self { convention, ..self.clone() }, parameters)
    }
}

/// The cell's parameters on a tape.
pub struct Gru<'t> {
    convention: Convention,
    hidden: usize,
    w_xr: Var<'t>, // (inputs, hidden)
    w_hr: Var<'t>, // (hidden, hidden)
    b_r: Var<'t>,  // (1, hidden)
    w_xz: Var<'t>,
    w_hz: Var<'t>,
    b_z: Var<'t>,
    w_xn: Var<'t>,
    w_hn: Var<'t>,
    b_n: Var<'t>,
    /// The product's own bias, where the reset acts after it.
    b_hn: Option<Var<'t>>,
}

impl<'t> Gru<'t> {
    /// Declares the parameters.
    #[must_use]
    pub fn new(
        p: &Binder<'t>,
        inputs: usize,
        hidden: usize,
        convention: Convention,
        reset: Reset,
    ) -> Self {
        let square =
            |name, symbol| p.parameter(name, symbol, [hidden, hidden], Init::Orthogonal(1.0));
        Self {
            convention,
            hidden,
            w_xr: p.weight("w_xr", "W_{xr}", [inputs, hidden]),
            w_hr: square("w_hr", "W_{hr}"),
            b_r: p.bias("b_r", "b_r", hidden, 0.0),
            w_xz: p.weight("w_xz", "W_{xz}", [inputs, hidden]),
            w_hz: square("w_hz", "W_{hz}"),
            b_z: p.bias("b_z", "b_z", hidden, 0.0),
            w_xn: p.weight("w_xn", "W_{xn}", [inputs, hidden]),
            w_hn: square("w_hn", "W_{hn}"),
            b_n: p.bias("b_n", "b_n", hidden, 0.0),
            b_hn: (reset == Reset::After).then(|| p.bias("b_hn", "b_{hn}", hidden, 0.0)),
        }
    }
}

impl<'t> Cell<'t> for Gru<'t> {
    type State = Var<'t>;

    fn zero_state(&self, tape: &'t Tape, rows: usize, position: i32) -> Var<'t> {
        tape.initial("hidden", "h", position, Array2::zeros([rows, self.hidden]))
    }

    fn step(&self, x: Var<'t>, h: Var<'t>) -> Var<'t> {
        let r = (x.dot(self.w_xr) + h.dot(self.w_hr) + self.b_r).sigmoid().named("reset_gate", "r");
        let z =
            (x.dot(self.w_xz) + h.dot(self.w_hz) + self.b_z).sigmoid().named("update_gate", "z");
        let recalled = match self.b_hn {
            Some(b_hn) => r * (h.dot(self.w_hn) + b_hn), // (rows, hidden)
            None => (r * h).dot(self.w_hn),              // (rows, hidden)
        };
        let n = (x.dot(self.w_xn) + self.b_n + recalled).tanh().named("candidate", "n");
        match self.convention {
            Convention::Keeps => z * h + z.complement() * n,
            Convention::Updates => z.complement() * h + z * n,
        }
        .named("hidden", "h")
    }

    fn hidden(state: Var<'t>) -> Var<'t> {
        state
    }
}

impl Model for Config {
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t> {
        let Self { sizes, convention, reset } = self;
        let new = |inputs| Gru::new(p, inputs, sizes.hidden, *convention, *reset);
        recurrent::run(p, sizes, new, input)
    }

    fn example(&self) -> Input {
        self.sizes.example()
    }

    fn kept_share(&self) -> Option<KeptShare> {
        let is_complement = self.convention == Convention::Updates;
        Some(KeptShare { value: "update_gate", is_complement })
    }

    fn reads_whole_source(&self) -> bool {
        self.sizes.bidirectional
    }

    fn config(&self) -> Json {
        json!(self)
    }

    /// One line of state along the top; the reset acts on what the candidate reads of it.
    fn diagram(&self) -> Diagram {
        let mut d = Diagram::new([84.0, 66.0], [13.0, 6.0, 58.0, 46.0]);
        let (state, signs, gates) = (14.0, 23.0, 34.0);
        // What the gates read runs along the bottom: the state above, the input below.
        let (bus_h, bus_x) = (44.5, 47.5);
        let [r_at, z_at, n_at] = [25.0, 40.0, 59.0];
        let h_before = d.previous("hidden", [6.0, state]);
        let x = d.place("input", [19.0, 60.0], Mark::Strip);
        let r = d.place("reset_gate", [r_at, gates], Mark::Layer("σ"));
        let z = d.place("update_gate", [z_at, gates], Mark::Layer("σ"));
        let n = d.place("candidate", [n_at, gates], Mark::Layer("tanh"));
        // Where the reset's product stands in the formula of n depends on the convention.
        let path: &[usize] = match self.reset {
            Reset::After => &[0, 1],
            Reset::Before => &[0, 1, 0],
        };
        let recalled = d.operand("candidate", path, 0, [r_at, signs], Mark::Sign("×"));
        let kept = d.operand("hidden", &[0], 0, [z_at, state], Mark::Sign("×"));
        let written = d.operand("hidden", &[1], 0, [n_at, signs], Mark::Sign("×"));
        let sum = d.place("hidden", [n_at, state], Mark::Sign("+"));
        d.place("hidden", [78.0, state], Mark::Strip);
        d.wire(h_before, &[[10.5, state], [z_at - 2.4, state]]);
        d.wire(kept, &[[z_at + 2.0, state], [n_at - 2.4, state]]);
        d.wire(sum, &[[n_at + 2.0, state], [73.0, state]]);
        d.wire(r, &[[r_at, 30.0], [r_at, signs + 2.4]]);
        d.wire(h_before, &[[16.5, state], [16.5, signs], [r_at - 2.4, signs]]);
        match self.convention {
            Convention::Keeps => {
                let minus = d.operand("hidden", &[1, 0], 0, [50.0, signs], Mark::Sign("1−"));
                d.wire(z, &[[z_at, 30.0], [z_at, state + 2.4]]);
                d.wire(z, &[[z_at, signs], [47.6, signs]]);
                d.wire(minus, &[[52.0, signs], [n_at - 2.4, signs]]);
            }
            Convention::Updates => {
                let minus = d.operand("hidden", &[0, 0], 0, [z_at, signs], Mark::Sign("1−"));
                d.wire(z, &[[z_at, 30.0], [z_at, signs + 2.4]]);
                d.wire(minus, &[[z_at, signs - 2.0], [z_at, state + 2.4]]);
                d.wire(
                    z,
                    &[[z_at + 4.5, gates], [48.5, gates], [48.5, signs], [n_at - 2.4, signs]],
                );
            }
        }
        d.wire(n, &[[n_at, 30.0], [n_at, signs + 2.4]]);
        d.wire(written, &[[n_at, signs - 2.0], [n_at, state + 2.4]]);
        d.wire(
            recalled,
            &[
                [r_at + 2.0, signs],
                [32.5, signs],
                [32.5, 41.5],
                [n_at - 1.5, 41.5],
                [n_at - 1.5, 38.6],
            ],
        );
        d.branch(h_before, &[[16.5, signs], [16.5, bus_h], [z_at - 1.5, bus_h]]);
        d.branch(x, &[[19.0, 57.0], [19.0, bus_x], [n_at + 1.5, bus_x]]);
        for gate in [r_at, z_at] {
            d.wire(h_before, &[[gate - 1.5, bus_h], [gate - 1.5, 38.6]]);
            d.wire(x, &[[gate + 1.5, bus_x], [gate + 1.5, 38.6]]);
        }
        d.wire(x, &[[n_at + 1.5, bus_x], [n_at + 1.5, 38.6]]);
        d
    }
}

/// The registry entry.
pub const SPEC: ModelSpec = ModelSpec {
    id: "gru",
    title: "GRU",
    source: "Cho et al. 2014, arXiv 1406.1078, eqs. 5–8; Chung et al. 2014, arXiv 1412.3555, §3.2",
    year: 2014,
    build: |config| Ok(Box::new(ConfigError::read::<Config>("gru", config)?)),
    recipes: &[
        Recipe {
            id: "gru-brackets",
            config: r#"{"source":{"symbols":{"count":9,"embedding":8}},"hidden":48,"outputs":9,"predicts_symbols":true,"convention":"keeps","reset":"after"}"#,
            ..BRACKETS
        },
        Recipe {
            id: "gru-before-brackets",
            config: r#"{"source":{"symbols":{"count":9,"embedding":8}},"hidden":48,"outputs":9,"predicts_symbols":true,"convention":"updates","reset":"before"}"#,
            ..BRACKETS
        },
        Recipe {
            id: "gru-adding",
            config: r#"{"source":{"numbers":2},"hidden":32,"outputs":1,"predicts_symbols":false,"convention":"keeps","reset":"after"}"#,
            task: "adding",
            task_config: r#"{"length":50}"#,
            steps: 6000,
            target: 0.01,
            ..BRACKETS
        },
        Recipe {
            id: "gru-remember",
            config: r#"{"source":{"symbols":{"count":13,"embedding":8}},"hidden":32,"outputs":8,"predicts_symbols":true,"convention":"keeps","reset":"after"}"#,
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
    ],
    values: &[
        recurrent::INPUT,
        share(
            "reset_gate",
            "How much of the old state the candidate may read",
            "计算候选状态时能读到多少旧状态",
        ),
        share("update_gate", "How old and new state are blended", "新旧状态按什么比例混合"),
        signed("candidate", "The new state that is proposed", "可能采用的新状态"),
        recurrent::HIDDEN,
        recurrent::JOINED,
        recurrent::STREAM,
        recurrent::SCORES,
        recurrent::PREDICTION,
        recurrent::ESTIMATE,
    ],
    variants: &[
        Variant {
            id: "updates",
            rewrite: |config, parameters| rewrite(Convention::Updates, config, parameters),
        },
        Variant {
            id: "keeps",
            rewrite: |config, parameters| rewrite(Convention::Keeps, config, parameters),
        },
    ],
    text: Some(TextModel {
        config: |sizes| {
            let (convention, reset) = (Convention::Keeps, Reset::After);
            json!(Config { sizes: Sizes::of_text(sizes), convention, reset })
        },
        hidden: 128,
        layers: 1,
        learning_rate: 5e-3,
    }),
};

/// Writes a trained model in a convention of z.
fn rewrite(
    convention: Convention,
    config: &Json,
    parameters: &Parameters,
) -> Result<(Json, Parameters), ConfigError> {
    let config: Config = ConfigError::read("gru", config)?;
    let (config, parameters) = config.with_convention(convention, parameters);
    Ok((json!(config), parameters))
}

/// What the shipped models have in common.
const BRACKETS: Recipe = Recipe {
    id: "",
    config: "",
    task: "brackets",
    task_config: r#"{"depth":8,"longest":48}"#,
    steps: 20000,
    batch: 64,
    learning_rate: 5e-3,
    clip: 1.0,
    seed: 1,
    target: 0.99,
    kept: &[],
    weight_decay: 0.0,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_meanings_of_z_are_the_same_function() {
        let config: Config = serde_json::from_str(SPEC.recipes[0].config).unwrap();
        let parameters = config.init(5);
        let input = Input::Symbols(vec![vec![0], vec![3], vec![7], vec![2]]);
        let run = |config: &Config, parameters: &Parameters| {
            let tape = Tape::recording();
            let outputs = config.forward(&Binder::stored(&tape, parameters), &input);
            outputs.scores[3].value()
        };
        let (other, negated) = config.with_convention(Convention::Updates, &parameters);
        assert_ne!(parameters, negated);
        let difference = run(&config, &parameters) - run(&other, &negated);
        assert!(difference.iter().all(|d| d.abs() < 1e-5), "{difference}");
    }
}
