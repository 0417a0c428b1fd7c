//! The layers of encoder and decoder: sub-layers that read the residual stream and add to it.

use serde::{Deserialize, Serialize};

use crate::nn::Binder;
use crate::nn::heads::{Asked, Heads, Memory, Sight};
use crate::nn::layer::{LayerNorm, Linear};
use crate::nn::positions::Distance;
use crate::tape::Var;

/// Where the stream is normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// What a sub-layer reads (Xiong et al. 2020).
    Pre,
    /// The stream itself, after a sub-layer has added to it (Vaswani et al. 2017).
    Post,
}

/// The activation of a feed-forward network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// max(0, x), as in the paper.
    Relu,
    /// x·Φ(x).
    Gelu,
}

/// The sizes of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Numbers in a row of the stream.
    pub size: usize,
    /// Heads of each attention.
    pub heads: usize,
    /// Units of the inner layer.
    pub feed_forward: usize,
    /// Where the stream is normalised.
    pub norm: Norm,
    /// The inner layer's activation.
    pub activation: Activation,
}

/// A sub-layer's place on the stream: "add & norm" in the paper's figure 1.
struct Residual<'t> {
    norm: LayerNorm<'t>,
    place: Norm,
}

impl<'t> Residual<'t> {
    fn new(p: &Binder<'t>, shape: &Shape) -> Self {
        Self { norm: LayerNorm::new(p, "norm", shape.size), place: shape.norm }
    }

    /// What the sub-layer reads.
    fn before(&self, z: Var<'t>) -> Var<'t> {
        match self.place {
            Norm::Pre => self.norm.apply(z).named("normed", r"\bar{z}"),
            Norm::Post => z,
        }
    }

    /// The stream with what the sub-layer says.
    fn after(&self, z: Var<'t>, said: Var<'t>) -> Var<'t> {
        let update = said.named("update", "u");
        match self.place {
            Norm::Pre => (z + update).named("stream", "z"),
            Norm::Post => self.norm.apply((z + update).named("sum", "a")).named("stream", "z"),
        }
    }
}

/// A small network that every position has for itself (§3.3).
struct FeedForward<'t> {
    residual: Residual<'t>,
    inner: Linear<'t>, // (size, feed_forward)
    outer: Linear<'t>, // (feed_forward, size)
    activation: Activation,
}

impl<'t> FeedForward<'t> {
    /// Declares `feed_forward.w_1` and so on.
    fn new(p: &Binder<'t>, shape: &Shape) -> Self {
        let _scope = p.tape().scope("feed_forward");
        Self {
            residual: Residual::new(p, shape),
            inner: Linear::new(p, "1", shape.size, shape.feed_forward),
            outer: Linear::new(p, "2", shape.feed_forward, shape.size),
            activation: shape.activation,
        }
    }

    fn apply(&self, z: Var<'t>) -> Var<'t> {
        let _scope = z.tape().scope("feed_forward");
        let x = self.inner.apply(self.residual.before(z));
        let inner = match self.activation {
            Activation::Relu => x.relu(),
            Activation::Gelu => x.gelu(),
        }
        .named("inner", "f"); // (positions, feed_forward)
        self.residual.after(z, self.outer.apply(inner))
    }
}

/// Attention to all of the source, then feed forward.
pub struct EncoderLayer<'t> {
    heads: Heads<'t>,
    residual: Residual<'t>,
    feed_forward: FeedForward<'t>,
}

impl<'t> EncoderLayer<'t> {
    /// Declares the parameters.
    #[must_use]
    pub fn new(p: &Binder<'t>, shape: &Shape) -> Self {
        let heads = Heads::new(p, shape.size, shape.heads);
        let residual = {
            let _scope = p.tape().scope("self");
            Residual::new(p, shape)
        };
        Self { heads, residual, feed_forward: FeedForward::new(p, shape) }
    }

    /// (positions, size) → (positions, size).
    #[must_use]
    pub fn apply(&self, z: Var<'t>, sight: &Sight<'t>) -> Var<'t> {
        let tape = z.tape();
        let x = {
            let _scope = tape.scope("self");
            self.residual.before(z)
        };
        // The only attention of the layer, so its heads have no scope between: `layer0.head0`.
        let said = {
            let _section = tape.section(&tape.scoped("self"));
            self.heads.attend(x, Memory::Own, sight)
        };
        let z = {
            let _scope = tape.scope("self");
            self.residual.after(z, said)
        };
        self.feed_forward.apply(z)
    }
}

/// Attention to the answer so far, then to the source if there is one, then feed forward.
pub struct DecoderLayer<'t> {
    to_own: (Heads<'t>, Residual<'t>),
    to_source: Option<(Heads<'t>, Residual<'t>)>,
    feed_forward: FeedForward<'t>,
}

impl<'t> DecoderLayer<'t> {
    /// Declares the parameters; without those of the attention to a source where there is none.
    #[must_use]
    pub fn new(p: &Binder<'t>, shape: &Shape, reads_source: bool) -> Self {
        let attention = |name| {
            let _scope = p.tape().scope(name);
            (Heads::new(p, shape.size, shape.heads), Residual::new(p, shape))
        };
        let to_own = attention("self");
        let to_source = reads_source.then(|| attention("cross"));
        Self { to_own, to_source, feed_forward: FeedForward::new(p, shape) }
    }

    /// The keys and values of what the encoder gives, (source, size), for every step of the answer.
    #[must_use]
    pub fn ready(&self, memory: Var<'t>, distance: &Distance) -> Vec<Asked<'t>> {
        let _scope = memory.tape().scope("cross");
        self.to_source.as_ref().map_or_else(Vec::new, |(heads, _)| heads.ready(memory, distance))
    }

    /// (positions, size) → (positions, size).
    #[must_use]
    pub fn apply(
        &self,
        z: Var<'t>,
        (own, to_own): (Memory<'_, 't>, &Sight<'t>),
        source: Option<(&[Asked<'t>], &Sight<'t>)>,
    ) -> Var<'t> {
        let mut z = attended(z, "self", &self.to_own, own, to_own);
        if let (Some(attention), Some((source, to_source))) = (&self.to_source, source) {
            z = attended(z, "cross", attention, Memory::Ready(source), to_source);
        }
        self.feed_forward.apply(z)
    }
}

/// The stream after an attention.
fn attended<'t>(
    z: Var<'t>,
    name: &str,
    (heads, residual): &(Heads<'t>, Residual<'t>),
    memory: Memory<'_, 't>,
    sight: &Sight<'t>,
) -> Var<'t> {
    let _scope = z.tape().scope(name);
    residual.after(z, heads.attend(residual.before(z), memory, sight))
}
