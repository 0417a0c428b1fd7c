//! Elementwise functions compiled for the widest vectors that the processor has; and the products,
//! which have a file of their own.
//!
//! `pulp` picks the instruction set at run time, so the crate needs no `unsafe` of its own.

use pulp::{Arch, Simd, WithSimd};

pub use super::product::{add_dot, add_dot_transposed, add_transposed_dot, dot, is_block};
use super::{Array2, from_vec, shape, slice};

/// Applies `f` to every entry, vectorised where `f` is straight-line arithmetic.
#[must_use]
pub fn map(x: &Array2<f32>, f: impl Fn(f32) -> f32) -> Array2<f32> {
    from_vec(shape(x), Arch::new().dispatch(Map { x: slice(x), f }))
}

/// `f(x[i], y[i], z[i])` of three slices of one length.
#[must_use]
pub fn map3(x: &[f32], y: &[f32], z: &[f32], f: impl Fn(f32, f32, f32) -> f32) -> Vec<f32> {
    Arch::new().dispatch(Map3 { x, y, z, f })
}

/// `sum[i] += f(x[i], y[i], z[i])` of four slices of one length.
pub fn add_map3(
    sum: &mut [f32],
    x: &[f32],
    y: &[f32],
    z: &[f32],
    f: impl Fn(f32, f32, f32) -> f32,
) {
    Arch::new().dispatch(AddMap3 { sum, x, y, z, f });
}

/// The exponential function, within 2 units in the last place for −87 < x < 88; saturates outside.
///
/// Cody–Waite reduction and the Cephes polynomial (Moshier 1989), without branches or calls, so
/// that loops over it become vector code. NaN stays NaN.
#[inline(always)]
#[must_use]
pub fn exp(x: f32) -> f32 {
    // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = if x < -87.3 { -87.3 } else { x };
    let x = if x > 88.3 { 88.3 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 5e-1;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    (p * r * r + r + 1.0) * power
}

/// The logistic function 1/(1+e⁻ˣ).
#[inline(always)]
#[must_use]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent, within 4 units in the last place: the rational function of degree
/// 13/6 that Eigen uses, exact to rounding beyond |x| = 7.9 where it is ±1. NaN stays NaN.
#[inline(always)]
#[must_use]
pub fn tanh(x: f32) -> f32 {
    const LIMIT: f32 = 7.905_311;
    let x = if x > LIMIT { LIMIT } else { x };
    let x = if x < -LIMIT { -LIMIT } else { x };
    let s = x * x;
    let p = -2.760_768_5e-16 * s + 2.000_188e-13;
    let p = p * s - 8.604_672e-11;
    let p = p * s + 5.122_297e-8;
    let p = p * s + 1.485_722_4e-5;
    let p = p * s + 6.372_619_3e-4;
    let p = p * s + 4.893_524_6e-3;
    let q = 1.198_258_4e-6 * s + 1.185_347_1e-4;
    let q = q * s + 2.268_434_6e-3;
    let q = q * s + 4.893_525e-3;
    x * p / q
}

struct Map<'a, F> {
    x: &'a [f32],
    f: F,
}

impl<F: Fn(f32) -> f32> WithSimd for Map<'_, F> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f32> {
        // Not `collect`: that is a function of its own, which is compiled without wide vectors.
        let mut y = self.x.to_vec();
        for y in &mut y {
            *y = (self.f)(*y);
        }
        y
    }
}

struct Map3<'a, F> {
    x: &'a [f32],
    y: &'a [f32],
    z: &'a [f32],
    f: F,
}

impl<F: Fn(f32, f32, f32) -> f32> WithSimd for Map3<'_, F> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f32> {
        let mut result = self.z.to_vec();
        for (z, (x, y)) in result.iter_mut().zip(self.x.iter().zip(self.y)) {
            *z = (self.f)(*x, *y, *z);
        }
        result
    }
}

struct AddMap3<'a, F> {
    sum: &'a mut [f32],
    x: &'a [f32],
    y: &'a [f32],
    z: &'a [f32],
    f: F,
}

impl<F: Fn(f32, f32, f32) -> f32> WithSimd for AddMap3<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let given = self.x.iter().zip(self.y).zip(self.z);
        for (sum, ((x, y), z)) in self.sum.iter_mut().zip(given) {
            *sum += (self.f)(*x, *y, *z);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, ours: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, relative: f64) {
        for step in -2000..=2000 {
            let x = step as f32 * 0.02;
            let (got, want) = (f64::from(ours(x)), exact(f64::from(x)));
            let error = (got - want).abs() / want.abs().max(1e-30);
            assert!(error <= relative || want == 0.0, "{name}({x}) = {got}, exactly {want}");
        }
        assert!(ours(f32::NAN).is_nan(), "{name}(NaN)");
    }

    #[test]
    fn elementwise_functions_are_exact_to_rounding() {
        check("exp", exp, f64::exp, 2.5e-7);
        check("sigmoid", sigmoid, |x| 1.0 / (1.0 + (-x).exp()), 4e-7);
        check("tanh", tanh, f64::tanh, 5e-7);
    }
}
