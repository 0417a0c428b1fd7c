//! Products of each sequence with itself alone, where the rows of several stand below each other.
//!
//! A batch for attention is one tall array: the rows of the first sequence, then those of the next.
//! What a query is compared with are only the keys of its own sequence, so nothing is computed that
//! a mask would have to take away again.

use ndarray::{Array2, Axis, linalg::general_mat_mul};

use super::{Attribute, Local, Op, Reads};
use crate::tape::Var;
use crate::tape::backward::Sink;
use crate::tape::equation::Tex;

/// x·yᵀ within each of some equal parts: (parts·m, k), (parts·n, k) → (parts·m, n).
pub struct DotTransposedWithin;

/// x·y within each of some equal parts: (parts·m, n), (parts·n, k) → (parts·m, k).
pub struct DotWithin;

fn parts(attribute: &Attribute) -> usize {
    if let Attribute::Parts(parts) = attribute { (*parts).max(1) } else { 1 }
}

/// Adds a product to z, part by part: `product` is of how many rows x, y and z have in each.
fn each(parts: usize, [x, y]: [&Array2<f32>; 2], z: &mut Array2<f32>, [turn_x, turn_y]: [bool; 2]) {
    let rows = |array: &Array2<f32>| (array.nrows() / parts).max(1);
    let (x_rows, y_rows, z_rows) = (rows(x), rows(y), rows(z));
    let all = x.axis_chunks_iter(Axis(0), x_rows).zip(y.axis_chunks_iter(Axis(0), y_rows));
    for (mut z, (x, y)) in z.axis_chunks_iter_mut(Axis(0), z_rows).zip(all) {
        let x = if turn_x { x.reversed_axes() } else { x };
        let y = if turn_y { y.reversed_axes() } else { y };
        general_mat_mul(1.0, &x, &y, 1.0, &mut z);
    }
}

impl Op for DotTransposedWithin {
    fn name(&self) -> &'static str {
        "product with the transpose within sequences"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        let parts = parts(attribute);
        let mut z = Array2::zeros([x[0].nrows(), x[1].nrows() / parts]);
        each(parts, [x[0], x[1]], &mut z, [false, true]);
        z
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let parts = parts(local.attribute);
        let (x, y, dz) = (local.inputs[0], local.inputs[1], local.gradient);
        dx.add(0, |dx| each(parts, [dz, y], dx, [false, false]));
        dx.add(1, |dy| each(parts, [dz, x], dy, [true, false]));
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::product(format!(r"{}\,{{{}}}^{{\top}}", x[0].as_matrix_factor(), x[1].as_base()))
    }

    fn factor(&self, x: &[Tex], _: &Tex, input: usize, _: &Attribute) -> Tex {
        Tex::atom(x[1 - input.min(1)].as_base())
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[4, 3], [6, 3]], Attribute::Parts(2))
    }
}

impl Op for DotWithin {
    fn name(&self) -> &'static str {
        "matrix product within sequences"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        let mut z = Array2::zeros([x[0].nrows(), x[1].ncols()]);
        each(parts(attribute), [x[0], x[1]], &mut z, [false, false]);
        z
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let parts = parts(local.attribute);
        let (x, y, dz) = (local.inputs[0], local.inputs[1], local.gradient);
        dx.add(0, |dx| each(parts, [dz, y], dx, [false, true]));
        dx.add(1, |dy| each(parts, [x, dz], dy, [true, false]));
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::product(format!(r"{}\,{}", x[0].as_matrix_factor(), x[1].as_matrix_factor()))
    }

    fn factor(&self, x: &[Tex], _: &Tex, input: usize, _: &Attribute) -> Tex {
        Tex::atom(format!(r"{}^{{\top}}", x[1 - input.min(1)].as_base()))
    }

    fn factor_is_first(&self, input: usize) -> bool {
        input == 1
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[4, 3], [6, 2]], Attribute::Parts(2))
    }
}

impl Var<'_> {
    /// x·yᵀ within each of `parts` equal parts of the rows: (parts·m, k), (parts·n, k) →
    /// (parts·m, n).
    #[must_use]
    pub fn dot_transposed_within(self, other: Self, parts: usize) -> Self {
        if parts == 1 {
            return self.dot_transposed(other);
        }
        let nodes = [self.node(), other.node()];
        self.tape().apply(&DotTransposedWithin, Attribute::Parts(parts), &nodes)
    }

    /// x·y within each of `parts` equal parts of the rows: (parts·m, n), (parts·n, k) →
    /// (parts·m, k).
    #[must_use]
    pub fn dot_within(self, other: Self, parts: usize) -> Self {
        if parts == 1 {
            return self.dot(other);
        }
        let nodes = [self.node(), other.node()];
        self.tape().apply(&DotWithin, Attribute::Parts(parts), &nodes)
    }
}
