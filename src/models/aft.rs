//! The attention-free Transformer, AFT-full: attention without queries to compare with keys; what a
//! position counts for another is its key and a learned number for the pair of positions.
//!
//! ```text
//! x̂_t = LayerNorm(x_t)
//! q_t = x̂_t W_q,   k_t = x̂_t W_k,   v_t = x̂_t W_v
//! A_{ti} = softmax over i ≤ t of k_i + w_{ti}          channel by channel
//! y_t = σ(q_t) ⊙ Σ_i A_{ti} ⊙ v_i
//! x'_t = x_t + y_t
//! x''_t = x'_t + GELU(LayerNorm(x'_t) W_1 + b_1) W_2 + b_2
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x, x̂, q, k, v, y | (rows, hidden) | stream, normalised, query, key, value, output |
//! | w | (longest, longest) | a number for each pair of positions, the same for all channels |
//! | A | (hidden, t + 1) | the share of each position; of several sequences below each other |
//!
//! Zhai et al. 2021, arXiv 2105.14103, §3, eq. 2, written with softmax, which is the same quotient
//! and does not overflow. w is a table of its own, not the product of two thin ones (§3.2), which
//! would save parameters where there are thousands of positions.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::diagram::Mark;
use super::recurrent::{self, share, signed};
use super::residual::{self, Block, Sizes, by_channel};
use super::{
    Axes, ConfigError, Diagram, Feed, Input, Model, ModelSpec, Outputs, Recipe, TextModel,
};
use crate::nn::layer::{LayerNorm, Linear};
use crate::nn::{Binder, Init};
use crate::tape::{Tape, Var};

/// What the model is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Symbols, channels, layers.
    #[serde(flatten)]
    pub sizes: Sizes,
    /// Numbers between the two matrices of the feed-forward part.
    pub inner: usize,
    /// Positions that the table w knows.
    pub longest: usize,
}

/// The parameters of AFT's own operation.
pub struct Aft<'t> {
    longest: usize,
    w_q: Var<'t>, // (hidden, hidden)
    w_k: Var<'t>, // (hidden, hidden)
    w_v: Var<'t>, // (hidden, hidden)
    w: Var<'t>,   // (longest, longest)
}

impl<'t> Aft<'t> {
    /// Declares the parameters; w starts out small, as in §4.1 of the paper.
    #[must_use]
    pub fn new(p: &Binder<'t>, hidden: usize, longest: usize) -> Self {
        Self {
            longest,
            w_q: p.weight("w_q", "W_q", [hidden, hidden]),
            w_k: p.weight("w_k", "W_k", [hidden, hidden]),
            w_v: p.weight("w_v", "W_v", [hidden, hidden]),
            w: p.parameter("w", "w", [longest, longest], Init::Normal(0.01)),
        }
    }

    /// Query, key and value of a position: (rows, hidden) each.
    #[must_use]
    pub fn project(&self, x: Var<'t>) -> [Var<'t>; 3] {
        let q = x.dot(self.w_q).named("query", "q");
        let k = x.dot(self.w_k).named("key", "k");
        let v = x.dot(self.w_v).named("value", "v");
        [q, k, v]
    }

    /// What a position finds among the positions whose keys and values are given, from the first on:
    /// those up to its own, or all where it may look ahead. (rows, hidden).
    #[must_use]
    pub fn attend(
        &self,
        position: usize,
        q: Var<'t>,
        keys: &[Var<'t>],
        values: &[Var<'t>],
    ) -> Var<'t> {
        let tape = q.tape();
        // Longer inputs are refused before they come here; without that the last row would count on.
        let known = |position: usize| position.min(self.longest.saturating_sub(1));
        let seen: Vec<usize> = (0..keys.len()).map(known).collect();
        let w = self.w.rows(&[known(position)]).columns(&seen).named("position_bias", "w"); // (1, n)
        let share = (by_channel(tape, keys) + w).softmax().named("contribution", "A");
        // (rows · hidden, n), and each row with the values of its channel:
        let mixed = share.inner(by_channel(tape, values)).reshaped(q.shape());
        let mixed = mixed.named("mixed", r"\bar{v}");
        (q.sigmoid().named("gate", "g") * mixed).named("output", "y")
    }
}

/// One layer.
struct Layer<'t> {
    tape: &'t Tape,
    norm: LayerNorm<'t>,
    aft: Aft<'t>,
    norm2: LayerNorm<'t>,
    first: Linear<'t>,
    second: Linear<'t>,
}

impl<'t> Layer<'t> {
    fn new(p: &Binder<'t>, config: &Config) -> Self {
        let Config { sizes: Sizes { hidden, .. }, inner, longest } = *config;
        let tape = p.tape();
        let (norm, aft) = {
            let _scope = tape.scope("attention");
            (LayerNorm::new(p, "ln1", hidden), Aft::new(p, hidden, longest))
        };
        let _scope = tape.scope("feed_forward");
        Self {
            tape,
            norm,
            aft,
            norm2: LayerNorm::new(p, "ln2", hidden),
            first: Linear::new(p, "1", hidden, inner),
            second: Linear::new(p, "2", inner, hidden),
        }
    }
}

/// Keys and values of all positions so far.
type Seen<'t> = [Vec<Var<'t>>; 2];

impl<'t> Block<'t> for Layer<'t> {
    type State = Seen<'t>;

    fn start(&self, _: &'t Tape, _: usize) -> Seen<'t> {
        [Vec::new(), Vec::new()]
    }

    fn step(&self, x: Var<'t>, [keys, values]: &mut Seen<'t>) -> Var<'t> {
        let x = {
            let _scope = self.tape.scope("attention");
            let a = self.norm.apply(x).named("ln1", r"\hat{x}");
            let [q, k, v] = self.aft.project(a);
            keys.push(k);
            values.push(v);
            let y = self.aft.attend(keys.len() - 1, q, keys, values);
            (x + y).named("stream", "{x'}")
        };
        let _scope = self.tape.scope("feed_forward");
        let a = self.norm2.apply(x).named("ln2", r"\hat{x}");
        let z = self.first.apply(a).gelu().named("inner", "z"); // (rows, inner)
        let y = self.second.apply(z).named("output", "y");
        (x + y).named("stream", "{x''}")
    }
}

impl Model for Config {
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t> {
        residual::run(p, &self.sizes, false, |_| Layer::new(p, self), input)
    }

    fn example(&self) -> Input {
        self.sizes.example()
    }

    fn config(&self) -> Json {
        json!(self)
    }

    fn longest(&self) -> Option<usize> {
        Some(self.longest)
    }

    fn diagram(&self) -> Diagram {
        let mut d = Diagram::new([84.0, 84.0], [5.0, 3.0, 74.0, 71.0]);
        let stream = 12.0;
        let [q_at, k_at, v_at] = [26.0, 46.0, 66.0];
        // LayerNorm is g ⊙ (x standardised) + s, so the stream is where this path ends.
        let x = d.operand("attention.ln1", &[0, 1, 0], 0, [stream, 80.0], Mark::Strip);
        let a = d.place("attention.ln1", [q_at, 69.0], Mark::Strip);
        d.wire(x, &[[stream, 77.0], [stream, 35.4]]);
        d.wire(x, &[[stream, 69.0], [q_at - 4.5, 69.0]]);
        d.branch(a, &[[q_at + 4.5, 69.0], [v_at, 69.0]]);
        let mut layers = Vec::new();
        for (value, at) in
            [("attention.query", q_at), ("attention.key", k_at), ("attention.value", v_at)]
        {
            layers.push(d.place(value, [at, 57.0], Mark::Layer("W")));
            let start = if (at - q_at).abs() < 0.1 { 66.0 } else { 69.0 };
            d.wire(a, &[[at, start], [at, 61.6]]);
        }
        let gate = d.place("attention.gate", [q_at, 44.0], Mark::Layer("σ"));
        let mixed = d.place("attention.mixed", [56.0, 44.0], Mark::Strip);
        let output = d.place("attention.output", [q_at, 33.0], Mark::Sign("×"));
        d.wire(layers[0], &[[q_at, 53.0], [q_at, 48.6]]);
        d.wire(layers[1], &[[k_at, 53.0], [k_at, 50.0], [54.0, 50.0], [54.0, 47.2]]);
        d.wire(layers[2], &[[v_at, 53.0], [v_at, 50.0], [58.0, 50.0], [58.0, 47.2]]);
        d.wire(gate, &[[q_at, 40.0], [q_at, 35.4]]);
        d.wire(mixed, &[[56.0, 41.0], [56.0, 33.0], [q_at + 2.4, 33.0]]);
        let x = d.place("attention.stream", [stream, 33.0], Mark::Sign("+"));
        d.wire(output, &[[q_at - 2.0, 33.0], [stream + 2.4, 33.0]]);
        let a = d.place("feed_forward.ln2", [q_at + 4.0, 24.0], Mark::Strip);
        let z = d.place("feed_forward.inner", [k_at + 2.0, 24.0], Mark::Layer("GELU"));
        let y = d.place("feed_forward.output", [k_at + 2.0, 10.0], Mark::Layer("W"));
        d.wire(x, &[[stream, 31.0], [stream, 12.4]]);
        d.wire(x, &[[stream, 24.0], [q_at - 0.7, 24.0]]);
        d.wire(a, &[[q_at + 8.5, 24.0], [k_at - 2.7, 24.0]]);
        d.wire(z, &[[k_at + 2.0, 20.0], [k_at + 2.0, 14.6]]);
        let next = d.place("feed_forward.stream", [stream, 10.0], Mark::Sign("+"));
        d.wire(y, &[[k_at - 2.5, 10.0], [stream + 2.4, 10.0]]);
        d.branch(next, &[[stream, 8.0], [stream, 0.5]]);
        d
    }
}

/// The registry entry.
pub const SPEC: ModelSpec = ModelSpec {
    id: "aft",
    title: "AFT",
    source: "Zhai et al. 2021, arXiv 2105.14103, §3, eq. 2",
    year: 2021,
    build: |config| Ok(Box::new(ConfigError::read::<Config>("aft", config)?)),
    recipes: &[Recipe {
        id: "aft-stories",
        config: r#"{"symbols":55,"hidden":32,"layers":2,"outputs":56,"inner":128,"longest":64}"#,
        task: "stories",
        task_config: r#"{"depth":3,"longest":60}"#,
        steps: 2500,
        batch: 32,
        learning_rate: 5e-3,
        clip: 1.0,
        seed: 1,
        target: 0.3,
        kept: &[],
        weight_decay: 0.0,
    }],
    values: &[
        recurrent::INPUT,
        signed(
            "ln1",
            "The stream, normalised, as queries, keys and values are made of it",
            "归一化后的残差流，由它得到查询、键和值",
        ),
        signed(
            "query",
            "How much of what it finds this position will let through, before σ",
            "这个位置让多少找到的内容通过（取 σ 之前）",
        ),
        signed(
            "key",
            "How much this position counts for others, as an exponent, channel by channel",
            "这个位置对其他位置的分量有多大（作为指数），逐通道计算",
        ),
        signed("value", "What this position has to tell others", "这个位置要告诉其他位置的内容"),
        signed(
            "position_bias",
            "What the table w adds for each pair of this position and an earlier one",
            "表 w 为当前位置与每个较早位置的组合所加的数",
        )
        .over(Axes::Own),
        share(
            "contribution",
            "The share of each position up to this one, channel by channel",
            "逐通道：到当前为止每个位置所占的份额",
        )
        .over(Axes::UnitsByPosition),
        signed("mixed", "The average of the values by those shares", "按这些份额对值取的平均"),
        share("gate", "How much of it is let through", "让其中多少通过"),
        signed(
            "ln2",
            "The stream, normalised, as the feed-forward part reads it",
            "归一化后的残差流，供前馈部分读取",
        ),
        signed(
            "inner",
            "What the feed-forward part notices at this position",
            "前馈部分在这个位置注意到的内容",
        ),
        residual::OUTPUT,
        residual::STREAM,
        residual::LN_OUT,
        recurrent::SCORES,
        recurrent::PREDICTION,
    ],
    variants: &[],
    text: Some(TextModel {
        config: |sizes| {
            let inner = 4 * sizes.hidden;
            json!(Config { sizes: Sizes::of_text(sizes), inner, longest: sizes.length })
        },
        hidden: 32,
        layers: 2,
        learning_rate: 3e-3,
    }),
};
