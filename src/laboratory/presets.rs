//! Settings of the laboratory that show one thing each.

use super::{Contestant, Laboratory, Start};
use crate::models::rnn::Activation;

/// Controls that show one effect, as a button.
pub struct Preset {
    /// The name in lessons; the button's words are `laboratory.preset_` and it.
    pub id: &'static str,
    /// The controls.
    pub controls: fn() -> Laboratory,
}

/// What can be shown at a press; a test measures that each does what it says.
pub const PRESETS: &[Preset] = &[
    // A factor of ½ at each step, and tanh takes its share: nothing is left of the first symbol.
    Preset {
        id: "vanish",
        controls: || Laboratory { gain: 0.5, contestants: vec![Contestant::Rnn], ..standard() },
    },
    Preset { id: "explode", controls: exploding },
    Preset { id: "clipped", controls: || Laboratory { clip: 1.0, ..exploding() } },
    // Le et al. 2015: ReLU and the identity, where tanh with Gaussian weights lets go.
    Preset {
        id: "irnn",
        controls: || Laboratory {
            start: Start::Identity,
            activation: Activation::Relu,
            contestants: vec![Contestant::Rnn],
            versus: "start = gaussian, activation = tanh".to_owned(),
            ..standard()
        },
    },
    // Gers et al. 2000; Jozefowicz et al. 2015: the forget gate starts open.
    Preset { id: "lstm", controls: || gated(Contestant::Lstm) },
    Preset { id: "gru", controls: || gated(Contestant::Gru) },
    // He et al. 2016: with a sum past every layer the gradient reaches the lowest one.
    Preset {
        id: "residual",
        controls: || Laboratory {
            length: 20,
            layers: 8,
            residual: true,
            contestants: vec![Contestant::Lstm],
            versus: "residual = false".to_owned(),
            ..standard()
        },
    },
];

fn standard() -> Laboratory {
    Laboratory::default()
}

/// Beyond a gain of 1 a tanh network is chaotic (Sompolinsky et al. 1988): its states stay bounded, its
/// gradients do not.
fn exploding() -> Laboratory {
    Laboratory { gain: 5.0, contestants: vec![Contestant::Rnn], ..standard() }
}

fn gated(contestant: Contestant) -> Laboratory {
    let contestants = vec![contestant, Contestant::Rnn];
    Laboratory { gain: 0.5, forget_bias: 4.0, contestants, ..standard() }
}
