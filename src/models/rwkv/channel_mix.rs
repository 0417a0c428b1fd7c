//! RWKV's channel mixing: what a feed-forward layer is in a Transformer, behind a gate (Peng et al.
//! 2023, arXiv 2305.13048, eqs. 17–18).

use ndarray::Array2;

use super::{Layer, shifted};
use crate::nn::Binder;
use crate::nn::layer::LayerNorm;
use crate::tape::{Tape, Var};

/// The parameters of channel mixing.
pub struct ChannelMix<'t> {
    hidden: usize,
    norm: LayerNorm<'t>,
    mix_r: Var<'t>, // (1, hidden)
    mix_k: Var<'t>, // (1, hidden)
    w_r: Var<'t>,   // (hidden, hidden)
    w_k: Var<'t>,   // (hidden, inner)
    w_v: Var<'t>,   // (inner, hidden)
}

impl<'t> ChannelMix<'t> {
    /// Declares the parameters, token shift starting as in the official code
    /// (RWKV-v4neo/src/model.py, `RWKV_ChannelMix`).
    #[must_use]
    pub fn new(p: &Binder<'t>, layer: Layer, hidden: usize, inner: usize) -> Self {
        let mix = |c: usize| (c as f32 / hidden as f32).powf(layer.rest());
        Self {
            hidden,
            norm: LayerNorm::new(p, "ln2", hidden),
            mix_r: p.row("mix_r", r"\mu_r", hidden, mix),
            mix_k: p.row("mix_k", r"\mu_k", hidden, mix),
            w_r: p.weight("w_r", "W_r", [hidden, hidden]),
            w_k: p.weight("w_k", "W_k", [hidden, inner]),
            w_v: p.weight("w_v", "W_v", [inner, hidden]),
        }
    }

    /// The state before the first position: the input before, normalised.
    #[must_use]
    pub fn start(&self, tape: &'t Tape, rows: usize) -> Var<'t> {
        tape.initial("ln2", r"\hat{x}", -1, Array2::zeros([rows, self.hidden]))
    }

    /// The stream (rows, hidden) with what channel mixing adds to it.
    #[must_use]
    pub fn step(&self, x: Var<'t>, before: &mut Var<'t>) -> Var<'t> {
        let a = self.norm.apply(x).named("ln2", r"\hat{x}");
        let before = std::mem::replace(before, a);
        let x_r = shifted(a, before, self.mix_r).named("receptance_input", "{x^r}");
        let x_k = shifted(a, before, self.mix_k).named("key_input", "{x^k}");
        let r = x_r.dot(self.w_r).sigmoid().named("receptance", "{r'}");
        let k = x_k.dot(self.w_k).squared_relu().named("key", "{k'}"); // (rows, inner)
        let v = k.dot(self.w_v).named("value", "{v'}");
        let o = (r * v).named("output", "o");
        (x + o).named("stream", "{x''}")
    }
}
