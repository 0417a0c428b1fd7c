//! RWKV-4: a recurrent network that can be trained and read like attention without queries.
//!
//! ```text
//! x_t = LayerNorm(E[token])                                  in front of layer 0
//!
//! time mixing, x̂_t = LayerNorm(x_t), and the same for k and v:
//! r_t = σ((μ_r ⊙ x̂_t + (1 − μ_r) ⊙ x̂_{t-1}) W_r)             token shift
//! wkv_t = (Σ_{i<t} e^{−(t−1−i)·e^w + k_i} v_i + e^{u + k_t} v_t) / (the same without v)
//! x'_t = x_t + (r_t ⊙ wkv_t) W_o
//!
//! wkv without overflow, d = e^{−e^w}, the sums being a·e^m and b·e^m:
//! wkv_t = (e^{m−n} a + e^{u+k−n} v) / (e^{m−n} b + e^{u+k−n})   n = max(m, u + k)
//! m' = max(m + ln d, k)                                        m_{−1} = −10³⁸
//! a' = e^{m + ln d − m'} a + e^{k − m'} v                      a_{−1} = 0
//! b' = e^{m + ln d − m'} b + e^{k − m'}                        b_{−1} = 0
//!
//! wkv as attention, channel by channel:
//! A_{ti} = softmax over i ≤ t of k_i + (t − 1 − i) ln d, and of u + k_t for i = t
//! wkv_t = Σ_i A_{ti} ⊙ v_i
//!
//! channel mixing, x̂'_t = LayerNorm(x'_t), token shift as above:
//! r_t = σ(x^r_t W_r),   k_t = ReLU(x^k_t W_k)²
//! x''_t = x'_t + r_t ⊙ k_t W_v
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x, x̂, x', x'' | (rows, hidden) | the stream before and behind each part, normalised |
//! | x^r, x^k, x^v | (rows, hidden) | the inputs of receptance, key and value after token shift |
//! | r, k, v | (rows, hidden) | receptance, key, value; k in channel mixing (rows, inner) |
//! | d, u | (1, hidden) | the share that a step keeps, and the bonus of the current key |
//! | a, b, m | (rows, hidden) | numerator, denominator, and the exponent taken out of both |
//! | A | (hidden, t + 1) | the share of each position; of several sequences below each other |
//!
//! Peng et al. 2023, arXiv 2305.13048, §3 and appendix D. The matrices are those of RWKV-4's released
//! weights, transposed.

pub mod channel_mix;
mod drawing;
pub mod time_mix;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::recurrent::{self, share, signed};
use super::residual::{self, Block, Sizes};
use super::{
    Axes, ConfigError, Diagram, Feed, Input, KeptShare, Model, ModelSpec, Outputs, Recipe,
    TextModel, Variant,
};
use crate::nn::layer::LayerNorm;
use crate::nn::{Binder, Parameters};
use crate::tape::{Tape, Var};
use channel_mix::ChannelMix;
use time_mix::TimeMix;

/// Positions that the parallel form reads: their shares, one for each channel and each pair of
/// positions, fill some hundred megabytes.
const LONGEST_AT_ONCE: usize = 256;

/// What the model is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Symbols, channels, layers.
    #[serde(flatten)]
    pub sizes: Sizes,
    /// Numbers between the two matrices of channel mixing.
    pub inner: usize,
    /// How wkv is computed.
    #[serde(default, skip_serializing_if = "Form::is_recurrent")]
    pub form: Form,
}

/// How wkv is computed; the numbers are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// From three numbers a channel, whatever the length.
    #[default]
    Recurrent,
    /// From all keys and values so far.
    Parallel,
}

impl Form {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    fn is_recurrent(&self) -> bool {
        *self == Self::Recurrent
    }
}

/// Which layer of how many, for what starts out differently in each.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// Its number from 0.
    pub index: usize,
    /// How many there are.
    pub of: usize,
}

impl Layer {
    /// 0 at the first layer, 1 at the last.
    fn depth(self) -> f32 {
        self.index as f32 / self.of.saturating_sub(1).max(1) as f32
    }

    /// 1 at the first layer, almost 0 at the last.
    fn rest(self) -> f32 {
        1.0 - self.index as f32 / self.of.max(1) as f32
    }
}

/// Token shift: μ of this position's input and 1 − μ of the one before, channel by channel.
fn shifted<'t>(a: Var<'t>, before: Var<'t>, mix: Var<'t>) -> Var<'t> {
    mix * a + mix.complement() * before
}

/// One layer.
struct Rwkv<'t> {
    tape: &'t Tape,
    /// In front of the first layer alone.
    pre_norm: Option<LayerNorm<'t>>,
    time: TimeMix<'t>,
    channel: ChannelMix<'t>,
}

impl<'t> Rwkv<'t> {
    fn new(p: &Binder<'t>, config: &Config, index: usize) -> Self {
        let Sizes { hidden, layers, .. } = config.sizes;
        let (tape, layer) = (p.tape(), Layer { index, of: layers });
        let pre_norm = (index == 0).then(|| LayerNorm::new(p, "pre_ln", hidden));
        let time = {
            let _scope = tape.scope("time");
            TimeMix::new(p, config.form, layer, hidden)
        };
        let _scope = tape.scope("channel");
        Self { tape, pre_norm, time, channel: ChannelMix::new(p, layer, hidden, config.inner) }
    }
}

impl<'t> Block<'t> for Rwkv<'t> {
    type State = (time_mix::State<'t>, Var<'t>);

    fn start(&self, tape: &'t Tape, rows: usize) -> Self::State {
        let time = {
            let _scope = tape.scope("time");
            self.time.start(tape, rows)
        };
        let _scope = tape.scope("channel");
        (time, self.channel.start(tape, rows))
    }

    fn step(&self, x: Var<'t>, (time, channel): &mut Self::State) -> Var<'t> {
        let x = match self.pre_norm {
            Some(norm) => norm.apply(x).named("pre_ln", "x"),
            None => x,
        };
        let x = {
            let _scope = self.tape.scope("time");
            self.time.step(x, time)
        };
        let _scope = self.tape.scope("channel");
        self.channel.step(x, channel)
    }
}

impl Model for Config {
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t> {
        residual::run(p, &self.sizes, self.reads_at_once(), |i| Rwkv::new(p, self, i), input)
    }

    fn example(&self) -> Input {
        self.sizes.example()
    }

    fn kept_share(&self) -> Option<KeptShare> {
        Some(KeptShare { value: "decay", is_complement: false })
    }

    fn reads_at_once(&self) -> bool {
        self.form == Form::Parallel
    }

    /// What the parallel form keeps grows with the square of the length.
    fn longest(&self) -> Option<usize> {
        (self.form == Form::Parallel).then_some(LONGEST_AT_ONCE)
    }

    fn config(&self) -> Json {
        json!(self)
    }

    fn diagram(&self) -> Diagram {
        drawing::diagram(self.form)
    }
}

/// The registry entry.
pub const SPEC: ModelSpec = ModelSpec {
    id: "rwkv",
    title: "RWKV",
    source: "Peng et al. 2023, arXiv 2305.13048, §3, appendix D",
    year: 2023,
    build: |config| Ok(Box::new(ConfigError::read::<Config>("rwkv", config)?)),
    recipes: &[
        STORIES,
        Recipe {
            id: "rwkv-recall",
            config: r#"{"symbols":27,"hidden":64,"layers":2,"outputs":10,"inner":256}"#,
            task: "recall",
            task_config: r#"{"keys":16,"shortest":2,"longest":8}"#,
            steps: 8000,
            learning_rate: 3e-3,
            target: 0.99,
            ..STORIES
        },
    ],
    values: &[
        recurrent::INPUT,
        signed(
            "pre_ln",
            "The input, normalised before it enters the first layer",
            "进入第一层之前经过归一化的输入",
        ),
        signed(
            "ln1",
            "The stream, normalised, as time mixing reads it",
            "归一化后的残差流，供时间混合读取",
        ),
        signed(
            "receptance_input",
            "Token shift: this position's input mixed with the one before, for the receptance",
            "词元移位：把当前位置的输入与前一位置的混合，用来算接受度",
        ),
        signed(
            "key_input",
            "Token shift: this position's input mixed with the one before, for the key",
            "词元移位：把当前位置的输入与前一位置的混合，用来算键",
        ),
        signed(
            "value_input",
            "Token shift: this position's input mixed with the one before, for the value",
            "词元移位：把当前位置的输入与前一位置的混合，用来算值",
        ),
        share(
            "receptance",
            "How much of what was found is let through, channel by channel",
            "逐通道决定让多少找到的内容通过",
        ),
        signed(
            "channel.key",
            "What channel mixing notices at this position: squared, and 0 where it is nothing",
            "通道混合在这个位置注意到的内容：取平方，没有注意到时为 0",
        ),
        signed(
            "key",
            "How much this position will count for later ones, as an exponent, channel by channel",
            "这个位置对后面各位置的分量有多大（作为指数），逐通道计算",
        ),
        signed("channel.value", "What it would add to the stream", "准备写入残差流的内容"),
        signed(
            "value",
            "What this position has to tell later ones",
            "这个位置要告诉后面各位置的内容",
        ),
        share(
            "decay",
            "The share of its memory that each channel keeps from one position to the next, e^(−e^w)",
            "每个通道从一个位置到下一个位置保留多少记忆，即 e^(−e^w)",
        ),
        signed(
            "bonus",
            "What is added to the key of the current position while it is the current one",
            "当前位置的键额外得到的奖励，只在它是当前位置时有效",
        ),
        signed(
            "numerator",
            "The faded sum of all values so far, weighted by their keys, divided by e^max",
            "到目前为止所有值按键加权、随距离衰减后的总和，再除以 e^max",
        ),
        signed("denominator", "The same sum of the weights alone", "同一总和中只取权重的部分"),
        signed(
            "max",
            "The largest exponent so far, taken out of both sums so that they do not overflow",
            "到目前为止最大的指数，从两个总和中提出，避免溢出",
        ),
        signed(
            "distance_bias",
            "What distance takes off the exponent of each earlier position, channel by channel",
            "逐通道：距离使每个较早位置的指数减少多少",
        )
        .over(Axes::UnitsByPosition),
        share(
            "contribution",
            "The share of each position up to this one in wkv, channel by channel",
            "逐通道：到当前为止每个位置在 wkv 中所占的份额",
        )
        .over(Axes::UnitsByPosition),
        signed(
            "wkv",
            "The average of all values so far, weighted by key and distance",
            "到目前为止所有值按键和距离加权的平均",
        ),
        signed(
            "ln2",
            "The stream, normalised, as channel mixing reads it",
            "归一化后的残差流，供通道混合读取",
        ),
        residual::OUTPUT,
        residual::STREAM,
        residual::LN_OUT,
        recurrent::SCORES,
        recurrent::PREDICTION,
    ],
    variants: &[Variant { id: "parallel", rewrite: as_attention }],
    text: Some(TextModel {
        config: |sizes| {
            let (inner, form) = (4 * sizes.hidden, Form::Recurrent);
            json!(Config { sizes: Sizes::of_text(sizes), inner, form })
        },
        hidden: 64,
        layers: 2,
        learning_rate: 4e-3,
    }),
};

/// Writes a trained model as attention.
fn as_attention(config: &Json, weights: &Parameters) -> Result<(Json, Parameters), ConfigError> {
    let config: Config = ConfigError::read("rwkv", config)?;
    Ok((json!(Config { form: Form::Parallel, ..config }), weights.clone()))
}

/// The model to show; what the others have in common with it.
const STORIES: Recipe = Recipe {
    id: "rwkv-stories",
    config: r#"{"symbols":55,"hidden":64,"layers":2,"outputs":56,"inner":256}"#,
    task: "stories",
    task_config: r#"{"depth":3,"longest":60}"#,
    steps: 3000,
    batch: 32,
    learning_rate: 4e-3,
    clip: 1.0,
    seed: 1,
    target: 0.05,
    kept: &[],
    weight_decay: 0.0,
};

#[cfg(test)]
mod tests;
