//! RWKV's time mixing: an average over all earlier values that fades with distance, channel by
//! channel (Peng et al. 2023, arXiv 2305.13048, eqs. 11–16 and 19, and appendix D for the form that
//! does not overflow).

use ndarray::Array2;

use super::{Form, Layer, shifted};
use crate::models::residual::by_channel;
use crate::nn::Binder;
use crate::nn::layer::LayerNorm;
use crate::tape::{Tape, Var};

/// Where the running maximum starts: below every exponent, and finite.
const LOWEST: f32 = -1e38;

/// The parameters of time mixing.
pub struct TimeMix<'t> {
    form: Form,
    hidden: usize,
    norm: LayerNorm<'t>,
    mix_r: Var<'t>,      // (1, hidden)
    mix_k: Var<'t>,      // (1, hidden)
    mix_v: Var<'t>,      // (1, hidden)
    time_decay: Var<'t>, // (1, hidden)
    time_first: Var<'t>, // (1, hidden)
    w_r: Var<'t>,        // (hidden, hidden)
    w_k: Var<'t>,        // (hidden, hidden)
    w_v: Var<'t>,        // (hidden, hidden)
    w_o: Var<'t>,        // (hidden, hidden)
}

/// What time mixing carries from one position to the next.
pub struct State<'t> {
    /// The input before, normalised: (rows, hidden).
    before: Var<'t>,
    memory: Memory<'t>,
}

/// What is kept of earlier positions.
enum Memory<'t> {
    /// Σ e^… v and Σ e^…, both divided by e^max: (rows, hidden) each.
    Sums { numerator: Var<'t>, denominator: Var<'t>, max: Var<'t> },
    /// Everything, as attention keeps it.
    All { keys: Vec<Var<'t>>, values: Vec<Var<'t>>, decays: Vec<Var<'t>> },
}

impl<'t> TimeMix<'t> {
    /// Declares the parameters, starting as in the official code (BlinkDL/RWKV-LM,
    /// RWKV-v4neo/src/model.py, `RWKV_TimeMix`): decays from e^(−e^(−5)), half gone after about a
    /// hundred tokens, to e^(−e^3), gone at once, spread over the channels; a bonus in zigzag; token
    /// shift by layer and channel. The matrices start by Xavier: zeros, as there, show nothing
    /// before training.
    #[must_use]
    pub fn new(p: &Binder<'t>, form: Form, layer: Layer, hidden: usize) -> Self {
        let square = |name, symbol| p.weight(name, symbol, [hidden, hidden]);
        let depth = layer.depth();
        let rest = layer.rest();
        let along = |c: usize| c as f32 / hidden as f32;
        let decay = |c: usize| {
            let along = c as f32 / hidden.saturating_sub(1).max(1) as f32;
            -5.0 + 8.0 * along.powf(0.7 + 1.3 * depth)
        };
        let first = |c: usize| 0.3_f32.ln() + 0.5 * ((c + 1) % 3) as f32 - 0.5;
        Self {
            form,
            hidden,
            norm: LayerNorm::new(p, "ln1", hidden),
            mix_r: p.row("mix_r", r"\mu_r", hidden, |c| along(c).powf(0.5 * rest)),
            mix_k: p.row("mix_k", r"\mu_k", hidden, |c| along(c).powf(rest)),
            mix_v: p.row("mix_v", r"\mu_v", hidden, |c| along(c).powf(rest) + 0.3 * depth),
            time_decay: p.row("time_decay", "w", hidden, decay),
            time_first: p.row("time_first", "u", hidden, first),
            w_r: square("w_r", "W_r"),
            w_k: square("w_k", "W_k"),
            w_v: square("w_v", "W_v"),
            w_o: square("w_o", "W_o"),
        }
    }

    /// The state before the first position.
    #[must_use]
    pub fn start(&self, tape: &'t Tape, rows: usize) -> State<'t> {
        let filled = |name, symbol, with: f32| {
            tape.initial(name, symbol, -1, Array2::from_elem([rows, self.hidden], with))
        };
        let memory = match self.form {
            Form::Recurrent => Memory::Sums {
                numerator: filled("numerator", "a", 0.0),
                denominator: filled("denominator", "b", 0.0),
                max: filled("max", "m", LOWEST),
            },
            Form::Parallel => {
                Memory::All { keys: Vec::new(), values: Vec::new(), decays: Vec::new() }
            }
        };
        State { before: filled("ln1", r"\hat{x}", 0.0), memory }
    }

    /// The stream (rows, hidden) with what time mixing adds to it.
    #[must_use]
    pub fn step(&self, x: Var<'t>, state: &mut State<'t>) -> Var<'t> {
        let a = self.norm.apply(x).named("ln1", r"\hat{x}");
        let before = std::mem::replace(&mut state.before, a);
        let x_r = shifted(a, before, self.mix_r).named("receptance_input", "{x^r}");
        let x_k = shifted(a, before, self.mix_k).named("key_input", "{x^k}");
        let x_v = shifted(a, before, self.mix_v).named("value_input", "{x^v}");
        let r = x_r.dot(self.w_r).sigmoid().named("receptance", "r");
        let k = x_k.dot(self.w_k).named("key", "k");
        let v = x_v.dot(self.w_v).named("value", "v");
        // The share that stays of what is remembered, 0 to 1, and what the current key gets on top.
        let d = self.time_decay.exp().scale(-1.0).exp().named("decay", "d"); // (1, hidden)
        let u = self.time_first.copied().named("bonus", "u"); // (1, hidden)
        let wkv = match &mut state.memory {
            Memory::Sums { numerator, denominator, max } => {
                let past = [*numerator, *denominator, *max];
                let wkv = read(past, k, v, u);
                [*numerator, *denominator, *max] = write(past, k, v, d);
                wkv
            }
            Memory::All { keys, values, decays } => {
                keys.push(k);
                values.push(v);
                decays.push(d);
                attend(keys, values, decays, u)
            }
        };
        let o = (r * wkv).dot(self.w_o).named("output", "o");
        (x + o).named("stream", "{x'}")
    }
}

/// wkv = (Σ e^… v + e^(u+k) v_t) / (Σ e^… + e^(u+k)), with the larger exponent taken out of all.
fn read<'t>([a, b, m]: [Var<'t>; 3], k: Var<'t>, v: Var<'t>, u: Var<'t>) -> Var<'t> {
    let now = u + k;
    let top = m.max(now);
    let (past, present) = ((m - top).exp(), (now - top).exp());
    ((past * a + present * v) / (past * b + present)).named("wkv", r"\mathit{wkv}")
}

/// The sums with this position in them: what was there decays, e^k and e^k v are added. The new
/// maximum is taken out of all of them, so that no exponent is above 0. It cancels in wkv, so its
/// gradient is 0 but for rounding.
fn write<'t>([a, b, m]: [Var<'t>; 3], k: Var<'t>, v: Var<'t>, d: Var<'t>) -> [Var<'t>; 3] {
    let kept = m + d.ln();
    let top = kept.max(k).named("max", "m");
    let (past, present) = ((kept - top).exp(), (k - top).exp());
    let a = (past * a + present * v).named("numerator", "a");
    let b = (past * b + present).named("denominator", "b");
    [a, b, top]
}

/// The same wkv as attention: softmax over all positions up to this one gives each a share, channel
/// by channel, from its key less what decayed in between.
fn attend<'t>(keys: &[Var<'t>], values: &[Var<'t>], decays: &[Var<'t>], u: Var<'t>) -> Var<'t> {
    let (tape, n) = (u.tape(), keys.len());
    let Some((now, past)) = keys.split_last() else { return u };
    let [rows, hidden] = now.shape();
    let scored: Vec<Var<'t>> = past.iter().copied().chain([u + *now]).collect();
    // Between i and this position t lie the decays of i+1 … t−1.
    let between = Array2::from_shape_fn([n, n], |(j, i)| f32::from(u8::from(i < j && j < n - 1)));
    let faded = by_channel(tape, decays).ln().dot(tape.constant(between));
    let faded = faded.named("distance_bias", r"\delta"); // (hidden, n)
    let of_each = if rows == 1 {
        faded
    } else {
        faded.rows(&(0..rows * hidden).map(|row| row % hidden).collect::<Vec<_>>())
    };
    let share = (by_channel(tape, &scored) + of_each).softmax().named("contribution", "A");
    // (rows · hidden, n), and each row with the values of its channel:
    share.inner(by_channel(tape, values)).reshaped([rows, hidden]).named("wkv", r"\mathit{wkv}")
}
