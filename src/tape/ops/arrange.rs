//! The same numbers in another arrangement: side by side, below each other, turned, chosen.

use std::sync::Arc;

use ndarray::{Array2, Axis};

use super::{Attribute, Local, Op, Reads};
use crate::tape::backward::Sink;
use crate::tape::equation::Tex;
use crate::tape::{Tape, Var};
use crate::tensor::{from_vec, slice, slice_mut};

/// Values side by side: (rows, m), (rows, n), … → (rows, m + n + …).
pub struct Beside;

impl Op for Beside {
    fn name(&self) -> &'static str {
        "side by side"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        let rows = x[0].nrows();
        assert!(x.iter().all(|x| x.nrows() == rows), "columns of different lengths stand together");
        let columns = x.iter().map(|x| x.ncols()).sum();
        let mut entries = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            for x in x {
                entries.extend_from_slice(&slice(x)[row * x.ncols()..(row + 1) * x.ncols()]);
            }
        }
        from_vec([rows, columns], entries)
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let mut first = 0;
        for input in 0..local.inputs.len() {
            let columns = dx.shape(input)[1];
            let part = local.gradient.slice_axis(Axis(1), (first..first + columns).into());
            dx.add(input, |dx| *dx += &part);
            first += columns;
        }
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    /// The first and the last; what stands between follows from them.
    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        let text = match x {
            all if all.len() <= 2 => {
                all.iter().map(|x| x.text.as_str()).collect::<Vec<_>>().join(r";\, ")
            }
            [first, .., last] => format!(r"{};\, \ldots;\, {}", first.text, last.text),
            _ => String::new(),
        };
        Tex::atom(format!(r"\left[{text}\right]"))
    }

    fn factor(&self, x: &[Tex], _: &Tex, input: usize, _: &Attribute) -> Tex {
        Tex::atom(match (x.len(), input) {
            (2, 0) => r"\left[I;\, 0\right]^{\top}".to_owned(),
            (2, _) => r"\left[0;\, I\right]^{\top}".to_owned(),
            _ => format!(r"\mathbf{{I}}_{{{input}}}^{{\top}}"),
        })
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 3], [2, 2], [2, 1]], Attribute::None)
    }
}

impl Var<'_> {
    /// The two values side by side: (rows, m), (rows, n) → (rows, m + n).
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        self.binary(&Beside, other)
    }
}

/// Values below each other: (m, k), (n, k), … → (m + n + …, k).
pub struct Stack;

impl Op for Stack {
    fn name(&self) -> &'static str {
        "stack of rows"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        let columns = x[0].ncols();
        assert!(x.iter().all(|x| x.ncols() == columns), "rows of different lengths are stacked");
        let entries: Vec<f32> = x.iter().flat_map(|x| slice(x)).copied().collect();
        from_vec([x.iter().map(|x| x.nrows()).sum(), columns], entries)
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let mut first = 0;
        for input in 0..local.inputs.len() {
            let rows = dx.shape(input)[0];
            let part = local.gradient.slice_axis(Axis(0), (first..first + rows).into());
            dx.add(input, |dx| *dx += &part);
            first += rows;
        }
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    /// The first and the last; what stands between follows from them.
    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        let text = match x {
            all if all.len() <= 2 => {
                all.iter().map(|x| x.text.as_str()).collect::<Vec<_>>().join(r" \\ ")
            }
            [first, .., last] => format!(r"{} \\ \vdots \\ {}", first.text, last.text),
            _ => String::new(),
        };
        Tex::atom(format!(r"\begin{{bmatrix}} {text} \end{{bmatrix}}"))
    }

    fn factor(&self, _: &[Tex], _: &Tex, input: usize, _: &Attribute) -> Tex {
        Tex::atom(format!(r"\mathbf{{I}}_{{{input}}}"))
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 3], [1, 3], [2, 3]], Attribute::None)
    }
}

/// Rows become columns: (m, n) → (n, m).
pub struct Transpose;

impl Op for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        x[0].t().as_standard_layout().into_owned()
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add(0, |dx| *dx += &local.gradient.t());
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::atom(format!(r"{{{}}}^{{\top}}", x[0].as_base_of_power()))
    }

    fn factor(&self, _: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::atom(r"\mathbf{1}")
    }

    fn share(&self, dy: &Tex, _: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::atom(format!(r"{{{}}}^{{\top}}", dy.as_base_of_power()))
    }

    fn is_elementwise(&self) -> bool {
        false
    }
}

/// Some columns, in the order asked for; one may be asked for more than once: (rows, n) →
/// (rows, columns asked for).
pub struct Columns;

impl Columns {
    fn asked(attribute: &Attribute) -> &[usize] {
        if let Attribute::Rows(columns) = attribute { columns } else { &[] }
    }
}

impl Op for Columns {
    fn name(&self) -> &'static str {
        "columns"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        x[0].select(Axis(1), Self::asked(attribute)).as_standard_layout().into_owned()
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add(0, |dx| {
            for (at, column) in Self::asked(local.attribute).iter().enumerate() {
                let mut sum = dx.column_mut(*column);
                sum += &local.gradient.column(at);
            }
        });
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn latex(&self, x: &[Tex], attribute: &Attribute) -> Tex {
        let columns = match Self::asked(attribute) {
            [only] => only.to_string(),
            [first, .., last] => format!(r"{first}\ldots {last}"),
            [] => String::new(),
        };
        Tex::atom(format!(r"{}[:,\, {columns}]", x[0].as_base()))
    }

    fn factor(&self, _: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::atom(r"\mathbf{E}^{\top}")
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 4]], Attribute::Rows(Arc::new([2, 0, 2])))
    }
}

/// The same entries, row by row, in rows of another length: (m, n) → a shape of as many entries.
pub struct Reshape;

impl Op for Reshape {
    fn name(&self) -> &'static str {
        "other rows"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        let Attribute::Shape(shape) = attribute else { return x[0].clone() };
        from_vec(*shape, slice(x[0]).to_vec())
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let entries = slice(local.gradient);
        dx.add(0, |dx| slice_mut(dx).iter_mut().zip(entries).for_each(|(dx, dy)| *dx += dy));
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    /// Which numbers they are does not change, and neither does how they are written.
    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        x[0].clone()
    }

    fn factor(&self, _: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::atom("1")
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 6]], Attribute::Shape([4, 3]))
    }
}

impl Tape {
    /// Values side by side: (rows, m), (rows, n), … → (rows, m + n + …).
    ///
    /// # Panics
    /// If there are none, which would be a bug of a model.
    #[must_use]
    pub fn beside<'t>(&'t self, columns: &[Var<'t>]) -> Var<'t> {
        let nodes: Vec<_> = columns.iter().map(|column| column.node()).collect();
        self.apply(&Beside, Attribute::None, &nodes)
    }

    /// Values below each other: (m, k), (n, k), … → (m + n + …, k).
    ///
    /// # Panics
    /// If there are none, which would be a bug of a model.
    #[must_use]
    pub fn stack<'t>(&'t self, rows: &[Var<'t>]) -> Var<'t> {
        let nodes: Vec<_> = rows.iter().map(|row| row.node()).collect();
        self.apply(&Stack, Attribute::None, &nodes)
    }
}

impl Var<'_> {
    /// Rows become columns: (m, n) → (n, m).
    #[must_use]
    pub fn transposed(self) -> Self {
        self.unary(&Transpose)
    }

    /// The same entries, row by row, in rows of another length.
    #[must_use]
    pub fn reshaped(self, shape: [usize; 2]) -> Self {
        if self.shape() == shape { self } else { self.with(&Reshape, Attribute::Shape(shape)) }
    }

    /// Some columns in the given order: → (rows, columns asked for).
    #[must_use]
    pub fn columns(self, columns: &[usize]) -> Self {
        self.with(&Columns, Attribute::Rows(columns.into()))
    }

    /// Some rows in the given order: → (rows asked for, columns).
    #[must_use]
    pub fn rows(self, rows: &[usize]) -> Self {
        self.tape().embed(self, rows)
    }
}
