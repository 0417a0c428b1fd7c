//! The encoder–decoder of two GRUs: one reads the source, the other writes the answer, with one
//! context vector between them or with attention over everything that was read.
//!
//! ```text
//! h_t = GRU(x_t, h_{t-1})                    encoder, t = 0 … S−1
//! h_{S-1}                                    the decoder's first state is the encoder's last
//!
//! without attention                          with attention
//! c_t = h_{S-1} of the encoder               h_t = GRU(x_t, h_{t-1})            decoder, t = S …
//! h_t = GRU([x_t; c_t], h_{t-1})             e_t, α_t, c_t as in nn::attention, s = h_t
//! s_t = h_t W_hy + b_y                       a_t = tanh([c_t; h_t] W_c)         attentional state
//!                                            s_t = a_t W_ay + b_y
//! p_t = softmax(s_t)
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x_t | (rows, embedding) | a symbol of the source, or of the answer so far |
//! | h | (rows, hidden) | hidden state of the encoder or decoder; h_{-1} = 0 |
//! | e, α | (rows, S·rows) | scores and shares of the source's positions |
//! | c | (rows, hidden) | context: what the decoder gets of the source |
//! | a | (rows, hidden) | context and hidden state put together |
//! | s, p | (rows, outputs) | scores, prediction |
//!
//! Without attention: Cho et al. 2014 (arXiv 1406.1078), §2.2: the decoder reads one context c at
//! every step. It starts from the encoder's last state and answers from h alone, as in Sutskever et
//! al. 2014 (arXiv 1409.3215), where Cho has one more layer for each. With attention: Luong et al.
//! 2015 (arXiv 1508.04025), §3 and eq. 5, global attention, with one layer of GRUs for its four of
//! LSTMs and without input feeding; the additive score is that of Bahdanau et al. 2015 (arXiv
//! 1409.0473), but asked by h_t as Luong does, so that the scores are the only difference. Source
//! and answer share one table of symbols.

mod drawing;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::diagram::Diagram;
use super::gru::{Convention, Gru, Reset};
use super::recurrent::{self, Cell, share, signed};
use super::{Axes, ConfigError, Feed, Input, KeptShare, Model, ModelSpec, Outputs, Recipe, Step};
use crate::nn::Binder;
use crate::nn::attention::{Attention, Score, Widths};
use crate::nn::layer::{Embedding, Linear};
use crate::tape::{Tape, Var};

/// Sizes, and how attention is scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Symbols that are read, of source and answer.
    pub symbols: usize,
    /// Numbers for each.
    pub embedding: usize,
    /// Units of both hidden states.
    pub hidden: usize,
    /// Symbols that are written.
    pub outputs: usize,
    /// How attention is scored; without it, the encoder's last state is all that the decoder gets.
    pub attention: Option<Score>,
}

/// The parameters on a tape.
struct Parts<'t> {
    tape: &'t Tape,
    table: Embedding<'t>,
    encoder: Gru<'t>,
    decoder: Gru<'t>,
    attention: Option<(Attention<'t>, Var<'t>)>, // and W_c: (2·hidden, hidden)
    readout: Linear<'t>,
}

impl<'t> Parts<'t> {
    /// Declares the parameters.
    fn new(p: &Binder<'t>, config: &Config) -> Self {
        let Config { symbols, embedding, hidden, outputs, attention } = *config;
        let tape = p.tape();
        let table = Embedding::new(p, symbols, embedding);
        let gru = |inputs| Gru::new(p, inputs, hidden, Convention::Keeps, Reset::After);
        let encoder = {
            let _scope = tape.scope("encoder");
            gru(embedding)
        };
        let _scope = tape.scope("decoder");
        let decoder = gru(if attention.is_some() { embedding } else { embedding + hidden });
        let attention = attention.map(|score| {
            let widths = Widths { query: hidden, key: hidden, layer: hidden };
            (Attention::new(p, score, widths), p.weight("w_c", "W_c", [2 * hidden, hidden]))
        });
        let name = if attention.is_some() { "ay" } else { "hy" };
        Self {
            tape,
            table,
            encoder,
            decoder,
            attention,
            readout: Linear::new(p, name, hidden, outputs),
        }
    }

    /// Reads the source: the state before it and that after each position.
    fn encode(&self, input: &dyn Feed) -> Vec<Var<'t>> {
        let _scope = self.tape.scope("encoder");
        let mut states = vec![self.encoder.zero_state(self.tape, input.rows(), -1)];
        // One position at least is left to answer at.
        let most = input.known().map_or(usize::MAX, |known| known.saturating_sub(1));
        for position in 0..input.source().min(most) {
            let Some(step) = input.at(position, None) else { break };
            self.tape.set_position(position);
            let x = self.read(step);
            states.push(self.encoder.step(x, states[position]));
        }
        states
    }

    /// Writes the answer: scores at every position behind the source.
    fn decode(&self, states: &[Var<'t>], input: &dyn Feed) -> Vec<Var<'t>> {
        // A source without a position leaves what was there before it.
        let (before, after) = states.split_at(1);
        let read = if after.is_empty() { before } else { after };
        let last = read[read.len() - 1];
        let first = after.len();
        let mut h = {
            let _scope = self.tape.scope("decoder");
            match first {
                0 => self.decoder.zero_state(self.tape, input.rows(), -1),
                _ => last.copied().named("hidden", "h"),
            }
        };
        let memory = self.attention.as_ref().map(|(attention, _)| {
            let _scope = self.tape.scope("encoder");
            self.tape.set_position(0);
            attention.memory(read, None)
        });
        let mut scores: Vec<Var<'t>> = Vec::new();
        while let Some(step) = input.at(first + scores.len(), scores.last().copied()) {
            self.tape.set_position(first + scores.len());
            let answer = {
                let _scope = self.tape.scope("decoder");
                let x = self.read(step);
                if let (Some((attention, w_c)), Some(memory)) = (&self.attention, &memory) {
                    h = self.decoder.step(x, h);
                    let _section = self.tape.section("attention");
                    let c = attention.context(h, memory);
                    c.beside(h).dot(*w_c).tanh().named("attentional", "a")
                } else {
                    let c = last.copied().named("context", "c");
                    h = self.decoder.step(x.beside(c), h); // reads (rows, embedding + hidden)
                    h
                }
            };
            let _section = self.tape.section("output");
            let s = self.readout.apply(answer).named("scores", "s");
            let _ = s.softmax().named("prediction", "p");
            scores.push(s);
        }
        scores
    }

    /// The input of a position: (rows, embedding).
    fn read(&self, step: Step) -> Var<'t> {
        match step {
            Step::Symbols(symbols) => self.table.rows(&symbols).named("input", "x"),
            Step::Numbers(_) => panic!("numbers were given to a model of symbols"),
        }
    }
}

impl Model for Config {
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t> {
        let parts = Parts::new(p, self);
        let states = parts.encode(input);
        Outputs { first: states.len() - 1, scores: parts.decode(&states, input) }
    }

    fn example(&self) -> Input {
        Input::Symbols(vec![vec![0]])
    }

    fn kept_share(&self) -> Option<KeptShare> {
        Some(KeptShare { value: "update_gate", is_complement: false })
    }

    fn reads_whole_source(&self) -> bool {
        true
    }

    fn config(&self) -> Json {
        json!(self)
    }

    fn diagram(&self) -> Diagram {
        if self.attention.is_some() {
            drawing::with_attention()
        } else {
            drawing::with_one_context()
        }
    }
}

/// The registry entry.
pub const SPEC: ModelSpec = ModelSpec {
    id: "seq2seq",
    title: "Encoder–decoder",
    source: "Cho et al. 2014, arXiv 1406.1078, §2.2; Luong et al. 2015, arXiv 1508.04025, §3",
    year: 2014,
    build: |config| Ok(Box::new(ConfigError::read::<Config>("seq2seq", config)?)),
    recipes: &[
        Recipe {
            id: "seq2seq-dates",
            config: r#"{"symbols":58,"embedding":24,"hidden":64,"outputs":12,"attention":null}"#,
            target: 0.9,
            ..DATES
        },
        Recipe {
            id: "attention-dates",
            config: r#"{"symbols":58,"embedding":24,"hidden":64,"outputs":12,"attention":"additive"}"#,
            ..DATES
        },
        Recipe {
            id: "attention-dot-dates",
            config: r#"{"symbols":58,"embedding":24,"hidden":64,"outputs":12,"attention":"dot"}"#,
            ..DATES
        },
        Recipe {
            id: "attention-general-dates",
            config: r#"{"symbols":58,"embedding":24,"hidden":64,"outputs":12,"attention":"general"}"#,
            target: 0.9,
            ..DATES
        },
        Recipe {
            id: "attention-concat-dates",
            config: r#"{"symbols":58,"embedding":24,"hidden":64,"outputs":12,"attention":"concat"}"#,
            ..DATES
        },
        Recipe {
            id: "attention-scaled-dates",
            config: r#"{"symbols":58,"embedding":24,"hidden":64,"outputs":12,"attention":"scaled_dot"}"#,
            ..DATES
        },
        Recipe {
            id: "attention-location-dates",
            config: r#"{"symbols":58,"embedding":24,"hidden":64,"outputs":12,"attention":{"location":{"longest":60}}}"#,
            ..DATES
        },
        Recipe {
            id: "seq2seq-echo",
            config: r#"{"symbols":10,"embedding":24,"hidden":64,"outputs":9,"attention":null}"#,
            target: 0.0,
            ..ECHO
        },
        Recipe {
            id: "attention-echo",
            config: r#"{"symbols":10,"embedding":24,"hidden":64,"outputs":9,"attention":"additive"}"#,
            ..ECHO
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
        signed(
            "states",
            "All hidden states of the encoder, one below the other: what attention looks into",
            "编码器的全部隐藏状态，一行一个位置：注意力查看的就是它们",
        ),
        signed(
            "keys",
            "What the additive score reads of every encoder state, computed once",
            "加性打分从每个编码器状态中读到的内容，只计算一次",
        ),
        signed(
            "score",
            "How well the decoder's state fits each position of the source",
            "解码器状态与源序列每个位置的匹配得分",
        )
        .over(Axes::Source),
        share(
            "attention",
            "How much of each position of the source goes into the context; the shares add up to 1",
            "源序列每个位置在上下文中所占的比例，总和为 1",
        )
        .over(Axes::Source),
        signed(
            "context",
            "What the decoder gets of the source at this step",
            "解码器这一步从源序列得到的内容",
        ),
        signed(
            "attentional",
            "The context and the decoder's state put together, from which the answer is read",
            "上下文与解码器状态合并后的结果，答案由它得出",
        ),
        recurrent::SCORES,
        recurrent::PREDICTION,
    ],
    variants: &[],
    text: None,
};

/// What the shipped models that read dates have in common.
const DATES: Recipe = Recipe {
    id: "",
    config: "",
    task: "dates",
    task_config: r#"{"forms":"all"}"#,
    steps: 2000,
    batch: 64,
    learning_rate: 5e-3,
    clip: 1.0,
    seed: 1,
    target: 0.99,
    kept: &[],
    weight_decay: 0.0,
};

/// What the shipped models that repeat letters have in common.
const ECHO: Recipe = Recipe {
    task: "echo",
    task_config: r#"{"letters":8,"shortest":1,"longest":30,"order":"copy"}"#,
    steps: 3000,
    ..DATES
};

#[cfg(test)]
mod tests;
