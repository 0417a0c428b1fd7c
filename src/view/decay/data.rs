//! What a run says about its decay: every channel's raw parameter, factor and half-life, and the
//! slopes of runs that count distances with ALiBi.

use super::super::scope;
use crate::trace::{Trace, half_life};

/// The parameter w of every channel; the decay is exp(−exp(w)).
pub const RAW: &str = "time_decay";
/// The factor in force, where a run names it.
pub const FACTOR: &str = "decay";
/// What token shift mixes: the share of the current token, what it gives, and its words.
pub const MIXES: [Mix; 3] = [
    Mix { share: "mix_r", input: "receptance_input", symbol: "R", words: "decay.row_mix_r" },
    Mix { share: "mix_k", input: "key_input", symbol: "K", words: "decay.row_mix_k" },
    Mix { share: "mix_v", input: "value_input", symbol: "V", words: "decay.row_mix_v" },
];
/// What token shift mixes.
pub const SHIFTED: &str = "ln1";
/// What ALiBi adds to the scores.
const BIAS: &str = "bias";

/// Slopes closer than this are one.
const ROUNDING: f32 = 1e-6;

/// One of the inputs that token shift mixes from two tokens.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// The parameter: the share of the current token.
    pub share: &'static str,
    /// The value that is mixed.
    pub input: &'static str,
    /// The letter of what is computed from it.
    pub symbol: &'static str,
    /// The key of the strip's name.
    pub words: &'static str,
}

/// How long one channel remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel {
    /// The raw parameter w.
    pub raw: f32,
    /// The factor kept from token to token in the run: exp(−exp(w)), unless it was changed.
    pub factor: f32,
    /// Its half-life in tokens.
    pub life: f32,
}

impl Channel {
    /// A channel with the raw parameter w, and the factor in force, if the run names one.
    pub fn new(raw: f32, factor: Option<f32>) -> Self {
        // What ran counts: where the factor was rounded to 1, nothing was forgotten.
        let factor = factor.unwrap_or_else(|| (-raw.exp()).exp());
        Self { raw, factor, life: half_life(factor) }
    }

    /// What is left of a token that is `distance` tokens back, 0 to 1.
    pub fn left(&self, distance: f32) -> f32 {
        match distance {
            _ if self.life.is_nan() => f32::NAN,
            _ if distance <= 0.0 || self.life.is_infinite() => 1.0,
            _ if self.life <= 0.0 => 0.0,
            _ => (-distance / self.life).exp2(),
        }
    }
}

/// The layers of a run whose channels decay, by their scopes.
pub fn layers(trace: &Trace) -> Vec<&str> {
    let names = trace.graph().names().iter();
    let raw = names.map(|named| scope::split(&named.name)).filter(|(_, name)| *name == RAW);
    raw.map(|(scope, _)| scope).collect()
}

/// The channels of a layer as they are at a position.
pub fn channels(trace: &Trace, layer: &str, position: usize) -> Vec<Channel> {
    let row = |name: &str| trace.row(&scope::join(layer, name), position as i32);
    let Some(raw) = row(RAW) else { return Vec::new() };
    let factors = row(FACTOR);
    let factor = |at: usize| factors.as_ref().and_then(|factors| factors.get(at)).copied();
    raw.iter().enumerate().map(|(at, raw)| Channel::new(*raw, factor(at))).collect()
}

/// The channels in order of their half-lives, the longest first.
pub fn order(channels: &[Channel]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..channels.len()).collect();
    // What is no number stands in front, where it is seen.
    let rank = |channel: &Channel| (!channel.life.is_nan(), -channel.life, channel.raw);
    let longest_first = |a: &Channel, b: &Channel| {
        let (a, b) = (rank(a), rank(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2))
    };
    order.sort_by(|a, b| longest_first(&channels[*a], &channels[*b]));
    order
}

/// The slopes by which the heads of a run lower the scores of distant tokens, each once, the largest
/// first; none where it does not.
pub fn slopes(trace: &Trace) -> Vec<f32> {
    let heads = trace.value_names().filter(|name| scope::split(name).1 == BIAS);
    let mut slopes: Vec<f32> = heads.filter_map(|name| slope(trace, name)).collect();
    slopes.sort_by(|a, b| b.total_cmp(a));
    slopes.dedup_by(|a, b| (*a - *b).abs() <= ROUNDING);
    slopes
}

/// The slope of a head, from the last position that has a bias.
fn slope(trace: &Trace, name: &str) -> Option<f32> {
    let rows = trace.over_time(name)?;
    let last = rows.rows().into_iter().rev().find(|row| row.iter().any(|x| x.is_finite()))?;
    slope_of(&last.to_vec())
}

/// How much a row of biases falls from each column to the one before it, if it falls by the same
/// everywhere up to its own position, where it is 0. What is behind that is masked.
fn slope_of(row: &[f32]) -> Option<f32> {
    let own = row.iter().rposition(|bias| *bias == 0.0)?;
    let before = row.get(..own).filter(|before| !before.is_empty())?;
    let slope = -before.last()?;
    let falls = |(at, bias): (usize, &f32)| {
        let wanted = -slope * (own - at) as f32;
        (bias - wanted).abs() <= 1e-3 * wanted.abs()
    };
    (slope > 0.0 && before.iter().enumerate().all(falls)).then_some(slope)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these are exact")]
mod tests {
    use super::*;

    #[test]
    fn half_lives_are_those_of_what_ran_also_at_the_ends() {
        // w = ln ln 2 gives the factor exp(−ln 2) = ½.
        let half = Channel::new(std::f32::consts::LN_2.ln(), None);
        assert!((half.factor - 0.5).abs() < 1e-6 && (half.life - 1.0).abs() < 1e-5, "{half:?}");
        assert!((half.left(3.0) - 0.125).abs() < 1e-5);
        // At −20 the factor 1 − 2·10⁻⁹ is 1 in f32, so nothing is lost.
        let kept = Channel::new(-20.0, None);
        assert!(kept.life.is_infinite() && kept.left(1e6) == 1.0, "{kept:?}");
        // At 20 everything is lost at once.
        let lost = Channel::new(20.0, None);
        assert!(lost.life == 0.0 && lost.left(1.0) == 0.0 && lost.left(0.0) == 1.0, "{lost:?}");
    }

    #[test]
    fn a_changed_factor_has_its_own_half_life() {
        let changed = Channel::new(0.0, Some(0.99));
        assert!((changed.life - half_life(0.99)).abs() < 1e-3, "{changed:?}");
        let never = Channel::new(0.0, Some(1.0));
        assert!(never.life.is_infinite() && never.left(1e9) == 1.0);
        let broken = Channel::new(0.0, Some(f32::NAN));
        assert!(broken.life.is_nan() && broken.left(1.0).is_nan());
    }

    #[test]
    fn channels_are_sorted_by_half_life_and_nothing_is_lost() {
        let channels: Vec<Channel> =
            [1.0, -3.0, f32::NAN, 0.0, -20.0].map(|raw| Channel::new(raw, None)).to_vec();
        let order = order(&channels);
        assert_eq!(order[1..], [4, 1, 3, 0]);
        assert_eq!(order[0], 2, "what is no number stands in front, where it is seen");
    }

    #[test]
    fn a_slope_is_read_only_from_a_row_that_falls_evenly() {
        let masked = f32::NEG_INFINITY;
        assert_eq!(slope_of(&[-0.75, -0.5, -0.25, 0.0, masked]), Some(0.25));
        assert_eq!(slope_of(&[-0.75, -0.6, -0.25, 0.0]), None, "bent");
        assert_eq!(slope_of(&[0.0, 0.0, 0.0]), None, "no bias at all");
        assert_eq!(slope_of(&[0.0, masked]), None, "nothing stands before the first");
        assert_eq!(slope_of(&[f32::NAN; 3]), None);
    }
}
