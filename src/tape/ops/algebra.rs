//! Products and sums.
//!
//! A smaller operand is repeated: one row (a bias) over all rows, one column over all columns.

use std::ops::{Add as AddOperator, Div, Mul, Sub};

use ndarray::Array2;

use super::{Attribute, Local, Op, Reads};
use crate::tape::backward::Sink;
use crate::tape::equation::Tex;
use crate::tape::{Value, Var};
use crate::tensor::{from_vec, kernel, scalar, shape, slice, slice_mut};

/// The matrix product x·w: (rows, k), (k, n) → (rows, n).
pub struct Dot;

impl Op for Dot {
    fn name(&self) -> &'static str {
        "matrix product"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        assert!(x[0].ncols() == x[1].nrows(), "{:?} · {:?} do not fit", x[0].dim(), x[1].dim());
        kernel::dot(x[0], x[1])
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add_product(local);
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
        (vec![[2, 3], [3, 4]], Attribute::None)
    }
}

macro_rules! elementwise_pair {
    ($(#[$doc:meta])* $op:ident, $name:literal, $forward:expr, $reads:expr, $backward:expr,
     $latex:expr, $factor:expr) => {
        $(#[$doc])*
        pub struct $op;

        impl Op for $op {
            fn name(&self) -> &'static str {
                $name
            }

            fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
                pairwise(x[0], x[1], $forward)
            }

            fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
                $backward(local.gradient, local.inputs, dx);
            }

            fn reads(&self) -> Reads {
                $reads
            }

            fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
                $latex(&x[0], &x[1])
            }

            fn factor(&self, x: &[Tex], _: &Tex, input: usize, _: &Attribute) -> Tex {
                $factor(x, input)
            }

            fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
                (vec![[2, 3], [1, 3]], Attribute::None)
            }
        }
    };
}

elementwise_pair!(
    /// a + b.
    Add, "sum", |a, b| a + b, Reads::Nothing,
    |dy: &Array2<f32>, _: &[&Value], dx: &mut Sink<'_>| {
        add_share(1, dy, dx, dy, |dy, _| dy);
        add_whole(0, dy, dx);
    },
    |a: &Tex, b: &Tex| Tex::sum(match b.text.strip_prefix('-') {
        Some(positive) => format!("{} - {positive}", a.text),
        None => format!("{} + {}", a.text, b.text),
    }),
    |_: &[Tex], _| Tex::atom("1")
);
elementwise_pair!(
    /// a − b.
    Subtract, "difference", |a, b| a - b, Reads::Nothing,
    |dy: &Array2<f32>, _: &[&Value], dx: &mut Sink<'_>| {
        add_share(1, dy, dx, dy, |dy, _| -dy);
        add_whole(0, dy, dx);
    },
    |a: &Tex, b: &Tex| Tex::sum(format!("{} - {}", a.text, b.as_factor())),
    |_: &[Tex], input| if input == 0 { Tex::atom("1") } else { Tex::sum("-1") }
);
elementwise_pair!(
    /// a ⊙ b, entry by entry.
    Multiply, "elementwise product", |a, b| a * b, Reads::Inputs,
    |dy: &Array2<f32>, x: &[&Value], dx: &mut Sink<'_>| {
        add_share(0, dy, dx, x[1], |dy, b| dy * b);
        add_share(1, dy, dx, x[0], |dy, a| dy * a);
    },
    |a: &Tex, b: &Tex| Tex::elementwise(format!(r"{} \odot {}", a.as_factor(), b.as_factor())),
    |x: &[Tex], input: usize| x[1 - input.min(1)].clone()
);

elementwise_pair!(
    /// a / b, entry by entry.
    Divide, "quotient", |a, b| a / b, Reads::Inputs,
    |dy: &Array2<f32>, x: &[&Value], dx: &mut Sink<'_>| {
        add_share(0, dy, dx, x[1], |dy, b| dy / b);
        let slope = pairwise(x[0], x[1], |a, b| -a / (b * b));
        add_share(1, dy, dx, &slope, |dy, slope| dy * slope);
    },
    |a: &Tex, b: &Tex| Tex::atom(format!(r"\frac{{{}}}{{{}}}", a.text, b.text)),
    |x: &[Tex], input: usize| match input {
        0 => Tex::atom(format!(r"\frac{{1}}{{{}}}", x[1].text)),
        _ => Tex::sum(format!(r"-\frac{{{}}}{{{}^{{2}}}}", x[0].text, x[1].as_base_of_power())),
    }
);
elementwise_pair!(
    /// The larger of a and b, entry by entry; the slope belongs to it, and to a where they are
    /// equal. NaN stays NaN.
    Maximum, "maximum", |a, b| if b > a || b.is_nan() { b } else { a }, Reads::Inputs,
    |dy: &Array2<f32>, x: &[&Value], dx: &mut Sink<'_>| {
        let second = pairwise(x[0], x[1], |a, b| if b > a { 1.0 } else { 0.0 });
        add_share(0, dy, dx, &second, |dy, second| dy * (1.0 - second));
        add_share(1, dy, dx, &second, |dy, second| dy * second);
    },
    |a: &Tex, b: &Tex| Tex::atom(format!(r"\max\left({},\, {}\right)", a.text, b.text)),
    |x: &[Tex], input: usize| {
        let sign = if input == 0 { r"\ge" } else { "<" };
        Tex::atom(format!(r"\left[{} {sign} {}\right]", x[0].text, x[1].text))
    }
);

/// k·x with a constant factor k.
pub struct Scale;

impl Scale {
    fn constant(attribute: &Attribute) -> f32 {
        if let Attribute::Factor(factor) = attribute { *factor } else { 1.0 }
    }
}

impl Op for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        let factor = Self::constant(attribute);
        kernel::map(x[0], |x| factor * x)
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let factor = Self::constant(local.attribute);
        let dy = local.gradient;
        dx.add_each(0, dy, dy, dy, |_, _, dy| factor * dy);
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn latex(&self, x: &[Tex], attribute: &Attribute) -> Tex {
        let factor = Self::constant(attribute);
        match factor {
            -1.0 => Tex::product(format!("-{}", x[0].as_factor())),
            0.5 => Tex::product(format!(r"\tfrac{{1}}{{2}}\, {}", x[0].as_factor())),
            -0.5 => Tex::product(format!(r"-\tfrac{{1}}{{2}}\, {}", x[0].as_factor())),
            _ => Tex::product(format!(
                r"{} \cdot {}",
                Tex::number(factor).as_factor(),
                x[0].as_factor()
            )),
        }
    }

    fn factor(&self, _: &[Tex], _: &Tex, _: usize, attribute: &Attribute) -> Tex {
        Tex::number(Self::constant(attribute))
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 3]], Attribute::Factor(-1.7))
    }
}

/// 1 − x.
pub struct Complement;

impl Op for Complement {
    fn name(&self) -> &'static str {
        "complement"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        kernel::map(x[0], |x| 1.0 - x)
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let dy = local.gradient;
        dx.add_each(0, dy, dy, dy, |_, _, dy| -dy);
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::sum(format!("1 - {}", x[0].as_factor()))
    }

    fn factor(&self, _: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::sum("-1")
    }
}

/// The sum of all entries: → (1, 1).
pub struct Sum;

impl Op for Sum {
    fn name(&self) -> &'static str {
        "total"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        // In double precision: a mean over thousands of rows keeps its last digits.
        scalar(x[0].iter().map(|x| f64::from(*x)).sum::<f64>() as f32)
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let dy = local.gradient[[0, 0]];
        dx.add(0, |dx| *dx += dy);
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::product(format!(r"\sum {}", x[0].as_factor()))
    }

    fn factor(&self, _: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::atom(r"\mathbf{1}")
    }

    fn is_elementwise(&self) -> bool {
        false
    }
}

impl Var<'_> {
    /// The matrix product.
    #[must_use]
    pub fn dot(self, other: Self) -> Self {
        self.binary(&Dot, other)
    }

    /// The larger of both, entry by entry.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        self.binary(&Maximum, other)
    }

    /// k·x.
    #[must_use]
    pub fn scale(self, factor: f32) -> Self {
        self.with(&Scale, Attribute::Factor(factor))
    }

    /// 1 − x.
    #[must_use]
    pub fn complement(self) -> Self {
        self.unary(&Complement)
    }

    /// The sum of all entries, 1×1.
    #[must_use]
    pub fn sum(self) -> Self {
        self.unary(&Sum)
    }
}

impl<'t> AddOperator for Var<'t> {
    type Output = Var<'t>;

    fn add(self, other: Self) -> Self {
        self.binary(&Add, other)
    }
}

impl<'t> Sub for Var<'t> {
    type Output = Var<'t>;

    fn sub(self, other: Self) -> Self {
        self.binary(&Subtract, other)
    }
}

/// Elementwise.
impl<'t> Div for Var<'t> {
    type Output = Var<'t>;

    fn div(self, other: Self) -> Self {
        self.binary(&Divide, other)
    }
}

/// Elementwise (⊙), not a matrix product.
impl<'t> Mul for Var<'t> {
    type Output = Var<'t>;

    fn mul(self, other: Self) -> Self {
        self.binary(&Multiply, other)
    }
}

/// f(a, b) entry by entry, repeating the smaller operand.
fn pairwise(a: &Array2<f32>, b: &Array2<f32>, f: impl Fn(f32, f32) -> f32) -> Array2<f32> {
    if a.dim() == b.dim() {
        let pairs = slice(a).iter().zip(slice(b));
        return from_vec(shape(a), pairs.map(|(a, b)| f(*a, *b)).collect());
    }
    // One row or column is repeated as often as the other operand has some, be it not at all.
    let common = |a: usize, b: usize| if a == 1 { b } else { a };
    let [rows, columns] = [common(a.nrows(), b.nrows()), common(a.ncols(), b.ncols())];
    let fits =
        |x: &Array2<f32>| [1, rows].contains(&x.nrows()) && [1, columns].contains(&x.ncols());
    assert!(fits(a) && fits(b), "{:?} and {:?} do not fit", a.dim(), b.dim());
    let mut y = Vec::with_capacity(rows * columns);
    for r in 0..rows {
        let (a, b) = (repeated_row(a, r), repeated_row(b, r));
        if a.len() == b.len() {
            y.extend(a.iter().zip(b).map(|(a, b)| f(*a, *b)));
        } else {
            y.extend((0..columns).map(|c| f(a[c.min(a.len() - 1)], b[c.min(b.len() - 1)])));
        }
    }
    from_vec([rows, columns], y)
}

/// Adds dy to the gradient of an input, summed where that input was repeated; the last share that
/// an op adds.
fn add_whole(input: usize, dy: &Array2<f32>, dx: &mut Sink<'_>) {
    if dx.shape(input) == shape(dy) {
        dx.pass_on(input, dy);
    } else {
        add_share(input, dy, dx, dy, |dy, _| dy);
    }
}

/// Adds `f(dy, other)` to the gradient of an input, summed over the rows or columns along which
/// that input was repeated.
fn add_share(
    input: usize,
    dy: &Array2<f32>,
    dx: &mut Sink<'_>,
    other: &Array2<f32>,
    f: impl Fn(f32, f32) -> f32,
) {
    let whole = shape(dy);
    if dx.shape(input) == whole && shape(other) == whole {
        dx.add_each(input, other, other, dy, |other, _, dy| f(dy, other));
        return;
    }
    dx.add(input, |dx| {
        let [rows, columns] = shape(dx);
        for r in 0..dy.nrows() {
            let (dy, other) = (repeated_row(dy, r), repeated_row(other, r));
            let start = if rows == 1 { 0 } else { r * columns };
            let dx = &mut slice_mut(dx)[start..start + columns];
            if dx.len() == dy.len() && other.len() == dy.len() {
                for ((dx, dy), other) in dx.iter_mut().zip(dy).zip(other) {
                    *dx += f(*dy, *other);
                }
            } else {
                for (c, dy) in dy.iter().enumerate() {
                    dx[c.min(columns - 1)] += f(*dy, other[c.min(other.len() - 1)]);
                }
            }
        }
    });
}

/// Row `r`, or the only row of an array that is repeated over all.
fn repeated_row(x: &Array2<f32>, r: usize) -> &[f32] {
    let columns = x.ncols();
    let start = if x.nrows() == 1 { 0 } else { r * columns };
    &slice(x)[start..start + columns]
}
