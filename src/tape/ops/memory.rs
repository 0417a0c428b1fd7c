//! What an associative memory needs: likeness to stored rows, energies, and a sign that keeps.

use ndarray::Array2;

use super::{Attribute, Local, Op};
use crate::tape::Var;
use crate::tape::backward::Sink;
use crate::tape::equation::Tex;
use crate::tensor::{from_vec, kernel, shape, slice, slice_mut};

/// A field below this is 0 on paper: fields of Hebb's weights are multiples of 1/N, which is at
/// least 1/4096, and what is left of a sum that cancels is rounding.
const ROUNDING: f32 = 1e-4;

/// x·yᵀ, each row of one with each row of the other: (rows, k), (n, k) → (rows, n).
pub struct DotTransposed;

impl Op for DotTransposed {
    fn name(&self) -> &'static str {
        "product with the transpose"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        assert!(x[0].ncols() == x[1].ncols(), "{:?} · {:?}ᵀ do not fit", x[0].dim(), x[1].dim());
        let mut y = Array2::zeros([x[0].nrows(), x[1].nrows()]);
        kernel::add_dot_transposed(x[0], x[1], &mut y);
        y
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add(0, |dx| *dx += &kernel::dot(local.gradient, local.inputs[1]));
        dx.add(1, |dy| kernel::add_transposed_dot(local.gradient, local.inputs[0], dy));
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        times_transposed(&x[0], &x[1])
    }

    fn factor(&self, x: &[Tex], _: &Tex, input: usize, _: &Attribute) -> Tex {
        Tex::atom(x[1 - input.min(1)].as_base())
    }

    /// The other way round for y: ∂L/∂y = (∂L/∂(xyᵀ))ᵀ x.
    fn share(&self, dy: &Tex, x: &[Tex], y: &Tex, input: usize, attribute: &Attribute) -> Tex {
        let factor = self.factor(x, y, input, attribute);
        let dy = if input == 1 {
            format!(r"{}^{{\top}}", dy.as_base_of_power())
        } else {
            dy.as_matrix_factor()
        };
        Tex::product(format!(r"{dy}\,{}", factor.as_matrix_factor()))
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 3], [4, 3]], Attribute::None)
    }
}

/// The inner product of each row of one with the same row of the other: (rows, k), (rows, k) →
/// (rows, 1).
pub struct Inner;

impl Op for Inner {
    fn name(&self) -> &'static str {
        "inner product"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        assert!(x[0].dim() == x[1].dim(), "{:?} and {:?} do not fit", x[0].dim(), x[1].dim());
        let rows = x[0].rows().into_iter().zip(x[1].rows());
        from_vec([x[0].nrows(), 1], rows.map(|(a, b)| a.dot(&b)).collect())
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        for (input, other) in [(0, 1), (1, 0)] {
            dx.add(input, |dx| *dx += &(&**local.inputs[other] * local.gradient));
        }
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        times_transposed(&x[0], &x[1])
    }

    fn factor(&self, x: &[Tex], _: &Tex, input: usize, _: &Attribute) -> Tex {
        Tex::atom(x[1 - input.min(1)].as_base())
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 3], [2, 3]], Attribute::None)
    }
}

fn times_transposed(x: &Tex, y: &Tex) -> Tex {
    // Braces keep a symbol that has an index and a layer above it apart from the sign.
    Tex::product(format!(r"{}\,{{{}}}^{{\top}}", x.as_matrix_factor(), y.as_base()))
}

/// ln Σ eˣ over each row, shifted by the row's largest entry so that nothing overflows: (rows, n)
/// → (rows, 1). Its gradient is softmax.
pub struct LogSumExp;

impl Op for LogSumExp {
    fn name(&self) -> &'static str {
        "log sum exp"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        let entry = |row: ndarray::ArrayView1<'_, f32>| {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            row.iter().map(|x| kernel::exp(x - top)).sum::<f32>().ln() + top
        };
        from_vec([x[0].nrows(), 1], x[0].rows().into_iter().map(entry).collect())
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add(0, |dx| {
            let columns = dx.ncols();
            let entries = slice_mut(dx).iter_mut().zip(slice(local.inputs[0]));
            for (at, (dx, x)) in entries.enumerate() {
                let row = [at / columns, 0];
                *dx += kernel::exp(x - local.output[row]) * local.gradient[row];
            }
        });
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::product(format!(r"\ln \sum e^{{{}}}", x[0].text))
    }

    fn factor(&self, x: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::atom(format!(r"\operatorname{{softmax}}\left({}\right)", x[0].text))
    }

    fn is_elementwise(&self) -> bool {
        false
    }
}

/// The sign of a, and where a is 0 what s was: +1, −1 or s (Hopfield 1982).
///
/// It is flat except where it jumps, so nothing is passed back through a; s counts where it is
/// kept.
pub struct Sign;

impl Op for Sign {
    fn name(&self) -> &'static str {
        "sign"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        assert!(x[0].dim() == x[1].dim(), "{:?} and {:?} do not fit", x[0].dim(), x[1].dim());
        let entry = |(a, s): (&f32, &f32)| match *a {
            a if a > ROUNDING => 1.0,
            a if a < -ROUNDING => -1.0,
            // A field that is no number must not look like a decision.
            a if a.is_nan() => a,
            _ => *s,
        };
        from_vec(shape(x[0]), slice(x[0]).iter().zip(slice(x[1])).map(entry).collect())
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let (a, dy) = (local.inputs[0], local.gradient);
        dx.add_each(1, a, dy, dy, |a, _, dy| if a.abs() > ROUNDING { 0.0 } else { dy });
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::atom(format!(r"\operatorname{{sgn}}\left({};\, {}\right)", x[0].text, x[1].text))
    }

    fn factor(&self, x: &[Tex], _: &Tex, input: usize, _: &Attribute) -> Tex {
        // Iverson's bracket: 1 where the field is 0 and the old sign stays.
        let kept = format!(r"\left[{} = 0\right]", x[0].text);
        Tex::atom(if input == 0 { "0".to_owned() } else { kept })
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 3], [2, 3]], Attribute::None)
    }
}

/// x as it is, as a value that can have a name of its own.
pub struct Copy;

impl Op for Copy {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        x[0].clone()
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add(0, |dx| *dx += local.gradient);
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        x[0].clone()
    }

    fn factor(&self, _: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::atom("1")
    }
}

impl Var<'_> {
    /// x·yᵀ: (rows, k), (n, k) → (rows, n).
    #[must_use]
    pub fn dot_transposed(self, other: Self) -> Self {
        self.binary(&DotTransposed, other)
    }

    /// The inner product of each row with the same row of the other: → (rows, 1).
    #[must_use]
    pub fn inner(self, other: Self) -> Self {
        self.binary(&Inner, other)
    }

    /// ln Σ eˣ over each row: → (rows, 1).
    #[must_use]
    pub fn log_sum_exp(self) -> Self {
        self.unary(&LogSumExp)
    }

    /// +1 or −1, and where this is 0 what `before` was.
    #[must_use]
    pub fn sign(self, before: Self) -> Self {
        self.binary(&Sign, before)
    }

    /// The same numbers as a value of its own.
    #[must_use]
    pub fn copied(self) -> Self {
        self.unary(&Copy)
    }
}
