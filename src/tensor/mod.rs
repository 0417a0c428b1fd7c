//! Rank-2 `f32` arrays: shapes, seeded random numbers and the few kernels that earn their place.
//!
//! Every value in Unrolled is an [`Array2`]: a vector is a row, a scalar is 1×1. All arrays are
//! in standard (row-major, contiguous) layout, which the kernels rely on and [`slice()`] checks.

pub mod kernel;
mod product;
pub mod random;
pub mod singular;

pub use ndarray::{Array2, ArrayView2};

/// Rows and columns.
pub type Shape = [usize; 2];

/// The shape of an array as `[rows, columns]`.
#[must_use]
pub fn shape(array: &Array2<f32>) -> Shape {
    [array.nrows(), array.ncols()]
}

/// The entries in row-major order.
///
/// # Panics
/// If the array is not in standard layout, which would be a bug of ours.
#[must_use]
pub fn slice(array: &Array2<f32>) -> &[f32] {
    array.as_slice().unwrap_or_else(|| layout_bug())
}

/// The entries in row-major order, to be written.
///
/// # Panics
/// If the array is not in standard layout, which would be a bug of ours.
#[must_use]
pub fn slice_mut(array: &mut Array2<f32>) -> &mut [f32] {
    array.as_slice_mut().unwrap_or_else(|| layout_bug())
}

/// An array from its entries in row-major order.
///
/// # Panics
/// If the number of entries is not rows × columns, which would be a bug of ours.
#[must_use]
pub fn from_vec(shape: Shape, entries: Vec<f32>) -> Array2<f32> {
    let found = entries.len();
    Array2::from_shape_vec(shape, entries)
        .unwrap_or_else(|_| panic!("{found} entries do not fill {}×{}", shape[0], shape[1]))
}

/// A 1×n array.
#[must_use]
pub fn row(entries: &[f32]) -> Array2<f32> {
    from_vec([1, entries.len()], entries.to_vec())
}

/// A 1×1 array.
#[must_use]
pub fn scalar(value: f32) -> Array2<f32> {
    Array2::from_elem([1, 1], value)
}

/// The index of the largest entry; the first of equals; 0 for an empty slice. NaN never wins.
#[must_use]
pub fn argmax(entries: &[f32]) -> usize {
    let mut best = 0;
    for (at, value) in entries.iter().enumerate() {
        if *value > entries[best] || entries[best].is_nan() {
            best = at;
        }
    }
    best
}

fn layout_bug() -> ! {
    panic!("an array on the tape is not in standard layout")
}
