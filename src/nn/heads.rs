//! Multi-head attention: every position asks all others, with several questions at once.
//!
//! ```text
//! q = x W_q + b_q,  k = m W_k + b_k,  v = m W_v + b_v     in each head, (rows, width)
//! e = q kᵀ,  ê = e / √width,  ē = ê + M                   score, scaled, masked
//! α = softmax(ē),  o = α v                                attention, mixed
//! y = [o_1; …; o_n] W_o + b_o
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x, m | (rows, size) | what asks and what is asked; the same in self attention |
//! | e, ê, ē, α | (queries, keys) | one row for each position that asks |
//! | M | (queries, keys) | 0, or −∞ where a query may not look |
//!
//! Source: Vaswani et al. 2017 (arXiv 1706.03762), §3.2. The biases are PyTorch's; the paper has
//! none. Rows of several sequences stand below each other, each attending to itself alone.

use super::layer::Linear;
use super::positions::Distance;
use super::{Binder, Init};
use crate::tape::Var;

/// The heads of one attention and what joins them.
pub struct Heads<'t> {
    heads: Vec<Head<'t>>,
    joining: Linear<'t>, // (size, size)
}

/// One head's weights, all (size, size/heads).
struct Head<'t> {
    query: Linear<'t>,
    key: Linear<'t>,
    value: Linear<'t>,
}

/// What a head is asked: (keys, width) each.
#[derive(Clone, Copy)]
pub struct Asked<'t> {
    /// The keys, turned where positions turn them.
    pub key: Var<'t>,
    /// The values.
    pub value: Var<'t>,
}

/// Keys and values of earlier positions, a row each, head by head.
#[derive(Default)]
pub struct Cache<'t> {
    heads: Vec<(Vec<Var<'t>>, Vec<Var<'t>>)>,
}

/// Where keys and values come from.
pub enum Memory<'a, 't> {
    /// The rows that ask.
    Own,
    /// The rows that ask and all earlier ones.
    Earlier(&'a mut Cache<'t>),
    /// Keys and values of each head, computed before.
    Ready(&'a [Asked<'t>]),
}

/// What the rows of an attention know about each other.
pub struct Sight<'t> {
    /// Sequences below each other.
    pub sequences: usize,
    /// What is added to scores: 0 or −∞, (queries, keys).
    pub mask: Option<Var<'t>>,
    /// The distances.
    pub distance: Distance,
}

impl<'t> Heads<'t> {
    /// Declares for each head `head0.w_q` and so on, then `w_o` and `b_o`.
    #[must_use]
    pub fn new(p: &Binder<'t>, size: usize, heads: usize) -> Self {
        let width = size / heads.max(1);
        // As if the matrices of all heads were one: each sees as many inputs as outputs.
        let init = Init::Uniform((6.0 / (2 * size.max(1)) as f32).sqrt());
        let head = |number: usize| {
            let _scope = p.tape().scope(&format!("head{number}"));
            let of = |name| Linear::starting(p, name, [size, width], init);
            Head { query: of("q"), key: of("k"), value: of("v") }
        };
        Self {
            heads: (0..heads).map(head).collect(),
            joining: Linear::starting(p, "o", [width * heads, size], init),
        }
    }

    /// The keys and values of each head, to be asked by others: m is (keys, size).
    #[must_use]
    pub fn ready(&self, m: Var<'t>, distance: &Distance) -> Vec<Asked<'t>> {
        let section = m.tape().current_section();
        let asked = |(number, head): (usize, &Head<'t>)| {
            let _scope = m.tape().scope_within(&format!("head{number}"), section);
            head.asked(m, distance)
        };
        self.heads.iter().enumerate().map(asked).collect()
    }

    /// What each row of x learns from the rows that it asks: (queries, size) → (queries, size).
    #[must_use]
    pub fn attend(&self, x: Var<'t>, mut memory: Memory<'_, 't>, sight: &Sight<'t>) -> Var<'t> {
        let tape = x.tape();
        let section = tape.current_section();
        let mut mixed = Vec::with_capacity(self.heads.len());
        for (number, head) in self.heads.iter().enumerate() {
            let _scope = tape.scope_within(&format!("head{number}"), section);
            let query = head.query.apply(x).named("query", "q");
            let asked = match &mut memory {
                Memory::Own => head.asked(x, &sight.distance),
                Memory::Earlier(cache) => cache.grown(number, head.asked(x, &sight.distance)),
                Memory::Ready(asked) => asked[number],
            };
            mixed.push(attention(query, asked, sight, number));
        }
        self.joining.apply(tape.beside(&mixed).named("joined", "o"))
    }
}

impl<'t> Head<'t> {
    fn asked(&self, m: Var<'t>, distance: &Distance) -> Asked<'t> {
        let key = self.key.apply(m).named("key", "k");
        let key = match distance {
            Distance::Turns { keys, .. } => key.rotated(keys).named("rotated_key", r"\tilde{k}"),
            Distance::Unknown | Distance::Bias { .. } => key,
        };
        Asked { key, value: self.value.apply(m).named("value", "v") }
    }
}

impl<'t> Cache<'t> {
    /// Adds a row to those of a head and gives all of them.
    fn grown(&mut self, head: usize, row: Asked<'t>) -> Asked<'t> {
        if self.heads.len() <= head {
            self.heads.resize_with(head + 1, Default::default);
        }
        let (keys, values) = &mut self.heads[head];
        keys.push(row.key);
        values.push(row.value);
        let tape = row.key.tape();
        if keys.len() == 1 {
            row
        } else {
            Asked { key: tape.stack(keys), value: tape.stack(values) }
        }
    }
}

/// Scaled dot-product attention of head number `head`: q is (queries, width), the result too.
#[must_use]
pub fn attention<'t>(q: Var<'t>, asked: Asked<'t>, sight: &Sight<'t>, head: usize) -> Var<'t> {
    let tape = q.tape();
    let width = q.shape()[1].max(1) as f32;
    let q = match &sight.distance {
        Distance::Turns { queries, .. } => q.rotated(queries).named("rotated_query", r"\tilde{q}"),
        Distance::Unknown | Distance::Bias { .. } => q,
    };
    let e = q.dot_transposed_within(asked.key, sight.sequences).named("score", "e");
    let mut e = e.scale(1.0 / width.sqrt()).named("scaled", r"\hat{e}");
    if let Distance::Bias { slopes, apart } = &sight.distance {
        let bias = tape.constant(apart * -slopes.get(head).copied().unwrap_or(0.0));
        e = (e + bias.named("bias", "B")).named("biased", r"\check{e}");
    }
    if let Some(mask) = sight.mask {
        e = (e + mask).named("masked", r"\bar{e}");
    }
    let weights = e.softmax().named("attention", r"\alpha");
    weights.dot_within(asked.value, sight.sequences).named("mixed", "o")
}
