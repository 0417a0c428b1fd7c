//! Matrix products compiled for the widest vectors that the processor has.
//!
//! ndarray's `dot` spends 41–52 µs on a row of 128 times a 256×512 matrix; these loops about half.
//! `pulp` picks the instruction set at run time, so the crate needs no `unsafe` of its own.

use ndarray::linalg::general_mat_mul;
use pulp::{Arch, Simd, WithSimd};

use super::{Array2, shape, slice, slice_mut};

/// Up to so many rows are multiplied row by row.
const FEW: usize = 3;

/// Whether to multiply without packing the matrix first, as a general product does. That is quicker
/// for few rows, and for a training block of rows as long as the matrix stays in the nearest caches
/// while it is read again.
fn is_small(rows: usize, w: &Array2<f32>) -> bool {
    !w.is_empty() && (rows <= FEW || is_block(rows, w))
}

/// Whether these are as many rows as training has in a block, and the matrix w stays in the nearest
/// caches while they pass by.
#[must_use]
pub fn is_block(rows: usize, w: &Array2<f32>) -> bool {
    const BLOCK: usize = 16;
    const CACHED: usize = 1 << 15;
    (FEW + 1..=BLOCK).contains(&rows) && w.len() <= CACHED
}

/// `x · w`; x is (rows, k), w is (k, n), the result (rows, n).
#[must_use]
pub fn dot(x: &Array2<f32>, w: &Array2<f32>) -> Array2<f32> {
    let mut y = Array2::zeros([x.nrows(), w.ncols()]);
    add_dot(x, w, &mut y);
    y
}

/// `y += x · w`; x is (rows, k), w is (k, n), y is (rows, n).
pub fn add_dot(x: &Array2<f32>, w: &Array2<f32>, y: &mut Array2<f32>) {
    if is_small(x.nrows(), w) {
        let [k, n] = shape(w);
        let (x, w, y) = (slice(x), slice(w), slice_mut(y));
        Arch::new().dispatch(RowsTimesMatrix::<false> { x, w, y, k, n });
    } else {
        general_mat_mul(1.0, x, w, 1.0, y);
    }
}

/// `dx += dy · wᵀ`; dy is (rows, n), w is (k, n), dx is (rows, k).
pub fn add_dot_transposed(dy: &Array2<f32>, w: &Array2<f32>, dx: &mut Array2<f32>) {
    if is_small(dy.nrows(), w) {
        let (k, n) = (w.nrows(), w.ncols());
        let w = slice(w);
        for (dy, dx) in slice(dy).chunks_exact(n).zip(slice_mut(dx).chunks_exact_mut(k)) {
            Arch::new().dispatch(RowTimesTransposed { dy, w, dx });
        }
    } else {
        general_mat_mul(1.0, dy, &w.t(), 1.0, dx);
    }
}

/// `dw += xᵀ · dy`; x is (rows, k), dy is (rows, n), dw is (k, n).
pub fn add_transposed_dot(x: &Array2<f32>, dy: &Array2<f32>, dw: &mut Array2<f32>) {
    if !dw.is_empty() && is_block(x.nrows(), dw) {
        let [k, n] = shape(dy);
        let (x, w, y) = (slice(x), slice(dy), slice_mut(dw));
        Arch::new().dispatch(RowsTimesMatrix::<true> { x, w, y, k, n });
    } else {
        general_mat_mul(1.0, &x.t(), dy, 1.0, dw);
    }
}

/// y += x · w, or y += xᵀ · w: a block of y stays in registers while the rows of w pass by. Nothing
/// is packed, which for few rows costs a general product as much as the product itself.
struct RowsTimesMatrix<'a, const TRANSPOSED: bool> {
    x: &'a [f32],     // (rows, k), or (k, rows) if transposed
    w: &'a [f32],     // (k, n)
    y: &'a mut [f32], // (rows, n)
    k: usize,
    n: usize,
}

impl<const TRANSPOSED: bool> WithSimd for RowsTimesMatrix<'_, TRANSPOSED> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        const ROWS: usize = 4;
        let Self { x, w, y, k, n } = self;
        let rows = y.len() / n;
        let from = |row| Factors::<TRANSPOSED> { x, row, k, rows };
        let mut y_blocks = y.chunks_exact_mut(ROWS * n);
        let mut row = 0;
        for y in &mut y_blocks {
            // Enough sums are under way at once to hide the latency of each.
            let done = blocks::<S, ROWS, 2, _>(simd, from(row), w, y, 0);
            let done = blocks::<S, ROWS, 1, _>(simd, from(row), w, y, done);
            rest::<S, ROWS, _>(simd, from(row), w, y, done);
            row += ROWS;
        }
        for y in y_blocks.into_remainder().chunks_exact_mut(n) {
            let done = blocks::<S, 1, 8, _>(simd, from(row), w, y, 0);
            let done = blocks::<S, 1, 1, _>(simd, from(row), w, y, done);
            rest::<S, 1, _>(simd, from(row), w, y, done);
            row += 1;
        }
    }
}

/// The factors of a block of rows.
#[derive(Clone, Copy)]
struct Factors<'a, const TRANSPOSED: bool> {
    x: &'a [f32],
    row: usize,
    k: usize,
    rows: usize,
}

impl<const TRANSPOSED: bool> Factors<'_, TRANSPOSED> {
    /// Calls `each` with every row of w, (n), and what each of `ROWS` rows multiplies it by.
    #[inline(always)]
    fn with<const ROWS: usize>(
        self,
        w: &[f32],
        n: usize,
        mut each: impl FnMut(&[f32], [f32; ROWS]),
    ) {
        let Self { x, row, k, rows } = self;
        if TRANSPOSED {
            for (x, w) in x.chunks_exact(rows).zip(w.chunks_exact(n)) {
                if let Some(x) = x[row..].first_chunk() {
                    each(w, *x);
                }
            }
        } else {
            let mut lines = [&x[..k]; ROWS];
            for (line, x) in lines.iter_mut().zip(x[row * k..].chunks_exact(k)) {
                *line = x;
            }
            for (at, w) in (0..k).zip(w.chunks_exact(n)) {
                let mut factors = [0.0; ROWS];
                for row in 0..ROWS {
                    factors[row] = lines[row][at];
                }
                each(w, factors);
            }
        }
    }
}

/// Computes blocks of all `ROWS` rows and of `VECTORS` vectors from column `column` on, while they
/// fit; gives the column behind the last.
#[inline(always)]
fn blocks<S: Simd, const ROWS: usize, const VECTORS: usize, const T: bool>(
    simd: S,
    x: Factors<'_, T>,
    w: &[f32],
    y: &mut [f32],
    mut column: usize,
) -> usize {
    let n = y.len() / ROWS;
    let width = VECTORS * S::F32_LANES;
    while column + width <= n {
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        x.with(
            w,
            n,
            #[inline(always)]
            |w, x: [f32; ROWS]| {
                let (w, _) = S::as_simd_f32s(&w[column..column + width]);
                for row in 0..ROWS {
                    let x = simd.splat_f32s(x[row]);
                    for vector in 0..VECTORS {
                        sums[row][vector] = simd.mul_add_e_f32s(x, w[vector], sums[row][vector]);
                    }
                }
            },
        );
        for (sums, y) in sums.iter().zip(y.chunks_exact_mut(n)) {
            let (y, _) = S::as_mut_simd_f32s(&mut y[column..column + width]);
            for (y, sum) in y.iter_mut().zip(sums) {
                *y = simd.add_f32s(*y, *sum);
            }
        }
        column += width;
    }
    column
}

/// The columns from `column` on, of which there are fewer than a vector has.
#[inline(always)]
fn rest<S: Simd, const ROWS: usize, const T: bool>(
    simd: S,
    x: Factors<'_, T>,
    w: &[f32],
    y: &mut [f32],
    column: usize,
) {
    let n = y.len() / ROWS;
    if column == n {
        return;
    }
    let mut sums = [simd.splat_f32s(0.0); ROWS];
    x.with(
        w,
        n,
        #[inline(always)]
        |w, x: [f32; ROWS]| {
            let w = simd.partial_load_f32s(&w[column..]);
            for row in 0..ROWS {
                sums[row] = simd.mul_add_e_f32s(simd.splat_f32s(x[row]), w, sums[row]);
            }
        },
    );
    for (sum, y) in sums.iter().zip(y.chunks_exact_mut(n)) {
        let y = &mut y[column..];
        let sum = simd.add_f32s(simd.partial_load_f32s(y), *sum);
        simd.partial_store_f32s(y, sum);
    }
}

/// dx += dy · wᵀ for one row: sums along the rows of w, eight rows at a time, so that enough of
/// them are under way to hide the latency of each.
struct RowTimesTransposed<'a> {
    dy: &'a [f32],     // (n)
    w: &'a [f32],      // (k, n)
    dx: &'a mut [f32], // (k)
}

impl WithSimd for RowTimesTransposed<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        const ROWS: usize = 8;
        let n = self.dy.len();
        let mut rows = self.w.chunks_exact(ROWS * n);
        let mut dx = self.dx.chunks_exact_mut(ROWS);
        for (w, dx) in (&mut rows).zip(&mut dx) {
            let sums = sums_along::<S, ROWS>(simd, w, self.dy);
            dx.iter_mut().zip(sums).for_each(|(dx, sum)| *dx += sum);
        }
        for (w, dx) in rows.remainder().chunks_exact(n).zip(dx.into_remainder()) {
            *dx += sums_along::<S, 1>(simd, w, self.dy)[0];
        }
    }
}

/// The products of `ROWS` rows, one after the other in `w`, with `dy`.
#[inline(always)]
fn sums_along<S: Simd, const ROWS: usize>(simd: S, w: &[f32], dy: &[f32]) -> [f32; ROWS] {
    let n = dy.len();
    let (dy, dy_rest) = S::as_simd_f32s(dy);
    let rows: [_; ROWS] = std::array::from_fn(|row| S::as_simd_f32s(&w[row * n..(row + 1) * n]));
    let mut sums = [simd.splat_f32s(0.0); ROWS];
    for (at, dy) in dy.iter().enumerate() {
        for row in 0..ROWS {
            sums[row] = simd.mul_add_e_f32s(rows[row].0[at], *dy, sums[row]);
        }
    }
    std::array::from_fn(|row| {
        let rest = rows[row].1.iter().zip(dy_rest).map(|(w, dy)| w * dy);
        simd.reduce_sum_f32s(sums[row]) + rest.sum::<f32>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::random::Random;

    #[test]
    fn the_row_products_equal_the_definition() {
        let mut random = Random::new(5, 0);
        for (rows, k, n) in [
            (1, 3, 5),
            (1, 64, 64),
            (2, 7, 130),
            (3, 65, 16),
            (9, 20, 33),
            (16, 9, 45),
            (16, 64, 64),
            (5, 6, 2),
            (17, 8, 8),
            (1, 1, 1),
        ] {
            let x = random.array([rows, k], Random::normal);
            let w = random.array([k, n], Random::normal);
            let y = dot(&x, &w);
            for r in 0..rows {
                for c in 0..n {
                    let want: f32 = (0..k).map(|i| x[[r, i]] * w[[i, c]]).sum();
                    assert!((y[[r, c]] - want).abs() < 1e-4, "{rows}×{k}×{n}");
                }
            }
            let mut dx = Array2::ones([rows, k]);
            add_dot_transposed(&y, &w, &mut dx);
            let want = y.dot(&w.t()) + 1.0;
            assert!((dx - want).iter().all(|e| e.abs() < 2e-3), "{rows}×{k}×{n}");
            let mut dw = Array2::ones([k, n]);
            add_transposed_dot(&x, &y, &mut dw);
            let want = x.t().dot(&y) + 1.0;
            assert!((dw - want).iter().all(|e| e.abs() < 2e-3), "{rows}×{k}×{n}");
        }
    }
}
