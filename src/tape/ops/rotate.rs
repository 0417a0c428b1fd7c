//! Rotary positions: pairs of columns turned by an angle that grows with the position.

use std::sync::Arc;

use ndarray::Array2;

use super::{Attribute, Local, Op, Reads};
use crate::tape::Var;
use crate::tape::backward::Sink;
use crate::tape::equation::Tex;
use crate::tensor::{from_vec, shape, slice, slice_mut};

/// Columns i and i + n/2 of each row turned as a point in the plane, each pair by an angle of its
/// own (Su et al. 2021, arXiv 2104.09864, eq. 34, which pairs neighbours; LLaMA pairs halves, as
/// here, which is the same with the columns in another order): (rows, n) → (rows, n). The inner
/// product of two rows that were turned depends on the difference of their angles alone.
pub struct Rotate;

/// Cosine and sine for each row and pair, row by row.
pub type Turns = Arc<[[f32; 2]]>;

/// Calls `turn` with the places of each pair and its cosine and sine.
fn pairs(
    [rows, columns]: [usize; 2],
    turns: &[[f32; 2]],
    mut turn: impl FnMut(usize, usize, [f32; 2]),
) {
    let half = columns / 2;
    assert!(turns.len() == rows * half, "{} turns for {rows}×{columns}", turns.len());
    for row in 0..rows {
        for (pair, by) in turns[row * half..(row + 1) * half].iter().enumerate() {
            let at = row * columns + pair;
            turn(at, at + half, *by);
        }
    }
}

fn turns(attribute: &Attribute) -> &[[f32; 2]] {
    if let Attribute::Turns(turns) = attribute { turns } else { &[] }
}

impl Op for Rotate {
    fn name(&self) -> &'static str {
        "rotation"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        let (given, mut y) = (slice(x[0]), slice(x[0]).to_vec());
        pairs(shape(x[0]), turns(attribute), |a, b, [cos, sin]| {
            y[a] = given[a] * cos - given[b] * sin;
            y[b] = given[b] * cos + given[a] * sin;
        });
        from_vec(shape(x[0]), y)
    }

    /// Turned back: the transpose of a rotation is its inverse.
    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let dy = slice(local.gradient);
        dx.add(0, |dx| {
            let shape = shape(dx);
            let dx = slice_mut(dx);
            pairs(shape, turns(local.attribute), |a, b, [cos, sin]| {
                dx[a] += dy[a] * cos + dy[b] * sin;
                dx[b] += dy[b] * cos - dy[a] * sin;
            });
        });
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::product(format!(r"{}\,\mathbf{{R}}_{{\theta}}", x[0].as_matrix_factor()))
    }

    fn factor(&self, _: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::atom(r"\mathbf{R}_{\theta}^{\top}")
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        let turn = |angle: f32| [angle.cos(), angle.sin()];
        (vec![[2, 4]], Attribute::Turns([0.0, 0.3, 1.1, -2.0].map(turn).into()))
    }
}

impl Var<'_> {
    /// Each row with its pairs of columns turned: (rows, n) → (rows, n).
    #[must_use]
    pub fn rotated(self, turns: &Turns) -> Self {
        self.with(&Rotate, Attribute::Turns(Arc::clone(turns)))
    }
}
