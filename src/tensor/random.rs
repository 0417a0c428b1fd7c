//! Seeded random numbers that are the same on every machine and in every release.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::{Array2, Shape, from_vec};

/// A stream of random numbers, fixed by its seed and stream number.
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream number `stream` of `seed`; streams of one seed do not overlap.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Uniform in [0, 1), with 24 random bits.
    pub fn uniform(&mut self) -> f32 {
        // The upper 24 bits fill a mantissa exactly, so no rounding can give 1.
        (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform over 0..n; 0 when n is 0.
    pub fn below(&mut self, n: usize) -> usize {
        // Multiply and shift: the bias is below n / 2³², far under what a task could notice.
        ((u64::from(self.0.next_u32()) * n as u64) >> 32) as usize
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.uniform() < probability
    }

    /// Standard normal (Box–Muller).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.uniform()).cos()
    }

    /// One of the items.
    ///
    /// # Panics
    /// If there are none.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// An array of independent draws.
    pub fn array(&mut self, shape: Shape, mut draw: impl FnMut(&mut Self) -> f32) -> Array2<f32> {
        let entries = (0..shape[0] * shape[1]).map(|_| draw(self)).collect();
        from_vec(shape, entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_a_seed_never_changes() {
        // Shipped weights depend on these numbers; written down when the first model was trained.
        let mut random = Random::new(1, 0);
        let first: Vec<usize> = (0..6).map(|_| random.below(1000)).collect();
        assert_eq!(first, [549, 402, 984, 80, 211, 596]);
        let mut other = Random::new(1, 1);
        assert_ne!(first, (0..6).map(|_| other.below(1000)).collect::<Vec<_>>());
    }

    #[test]
    fn normal_draws_have_mean_zero_and_variance_one() {
        let mut random = Random::new(3, 0);
        let draws: Vec<f32> = (0..20_000).map(|_| random.normal()).collect();
        let mean = draws.iter().sum::<f32>() / 20_000.0;
        let variance = draws.iter().map(|x| x * x).sum::<f32>() / 20_000.0;
        // Three standard errors: 1/√20000 for the mean, √2/√20000 for the variance.
        assert!(mean.abs() < 0.022, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
    }
}
