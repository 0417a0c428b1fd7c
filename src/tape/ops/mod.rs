//! Operations as data: name, forward, backward and LaTeX of each stand side by side.
//!
//! To add one, write its impl in a file of this folder and add a line to [`OPS`]; the registry
//! test then checks its gradient by finite differences, its name and its LaTeX.

pub mod activation;
pub mod algebra;
pub mod arrange;
pub mod leaf;
pub mod memory;
pub mod norm;
pub mod parts;
pub mod rotate;
pub mod select;

use std::ops::Range;
use std::sync::Arc;

use ndarray::Array2;

use super::backward::Sink;
use super::equation::Tex;
use super::graph::Value;
use super::intervention::Edit;

/// Every op that computes something, in teaching order.
pub const OPS: &[&dyn Op] = &[
    &algebra::Dot,
    &algebra::Add,
    &algebra::Subtract,
    &algebra::Multiply,
    &algebra::Divide,
    &algebra::Maximum,
    &algebra::Scale,
    &algebra::Complement,
    &algebra::Sum,
    &arrange::Beside,
    &arrange::Stack,
    &arrange::Transpose,
    &arrange::Columns,
    &arrange::Reshape,
    &norm::Standardise,
    &parts::DotTransposedWithin,
    &parts::DotWithin,
    &rotate::Rotate,
    &memory::Copy,
    &memory::DotTransposed,
    &memory::Inner,
    &memory::LogSumExp,
    &memory::Sign,
    &activation::Sigmoid,
    &activation::Tanh,
    &activation::Relu,
    &activation::Exp,
    &activation::Ln,
    &activation::Square,
    &activation::Silu,
    &activation::Softplus,
    &activation::SquaredRelu,
    &activation::Gelu,
    &activation::GeluTanh,
    &select::Softmax,
    &select::LogSoftmax,
    &select::Embed,
    &select::Pick,
    &select::Intervene,
];

/// One kind of operation.
pub trait Op: Sync {
    /// The name by which messages and the timeline call it.
    fn name(&self) -> &'static str;

    /// The result; shapes as the op's documentation says.
    ///
    /// # Panics
    /// If the shapes do not fit, which would be a bug of a model.
    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32>;

    /// Adds each input's share of the gradient: (∂output/∂input)ᵀ · gradient.
    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>);

    /// What [`Op::backward`] looks at besides the gradient and the shapes.
    fn reads(&self) -> Reads {
        Reads::Both
    }

    /// How the op is written, from how its inputs are written.
    fn latex(&self, x: &[Tex], attribute: &Attribute) -> Tex;

    /// How the derivative of the result by input number `input` is written, from how the inputs and
    /// the result are: what the chain rule multiplies the gradient by. Entry by entry for an
    /// elementwise op, else a matrix.
    fn factor(&self, x: &[Tex], y: &Tex, input: usize, attribute: &Attribute) -> Tex;

    /// An input's share of the gradient `dy` as the chain rule writes it: the gradient and the factor
    /// beside each other.
    fn share(&self, dy: &Tex, x: &[Tex], y: &Tex, input: usize, attribute: &Attribute) -> Tex {
        let factor = self.factor(x, y, input, attribute);
        match factor.text.as_str() {
            "1" if self.is_elementwise() => dy.clone(),
            "-1" if self.is_elementwise() => Tex::sum(format!("-{}", dy.as_factor())),
            _ if self.factor_is_first(input) => {
                Tex::product(format!(r"{}\,{}", factor.as_matrix_factor(), dy.as_matrix_factor()))
            }
            _ if self.is_elementwise() => {
                Tex::elementwise(format!(r"{} \odot {}", dy.as_factor(), factor.as_factor()))
            }
            _ => Tex::product(format!(r"{}\,{}", dy.as_matrix_factor(), factor.as_matrix_factor())),
        }
    }

    /// Whether that factor stands before the gradient rather than behind it: ∂L/∂W = xᵀ·∂L/∂(xW).
    fn factor_is_first(&self, _input: usize) -> bool {
        false
    }

    /// Whether entry (r, c) depends on the inputs' entries (r, c) alone, so that the inspector
    /// may put numbers into the formula.
    fn is_elementwise(&self) -> bool {
        true
    }

    /// Whether this stands for a value that comes from outside.
    fn is_leaf(&self) -> bool {
        false
    }

    /// Inputs on which the gradient is checked: shapes, and the attribute to use.
    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 3]], Attribute::None)
    }
}

/// Which values a backward step looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// None.
    Nothing,
    /// The inputs' values.
    Inputs,
    /// The op's result.
    Output,
    /// The inputs' values and the result.
    Both,
}

/// An op's constants.
#[derive(Clone, Debug, Default)]
pub enum Attribute {
    /// It has none.
    #[default]
    None,
    /// A factor.
    Factor(f32),
    /// One row number for each row of the result, or one column number for each column.
    Rows(Arc<[usize]>),
    /// One column number for each row, or none for a row that does not count.
    Targets(Arc<[Option<usize>]>),
    /// Rows and columns of the result.
    Shape([usize; 2]),
    /// In how many equal parts the rows stand below each other.
    Parts(usize),
    /// Cosine and sine of each row and pair of columns.
    Turns(rotate::Turns),
    /// An intervention, and where it acts.
    Edit(Edit, Place),
}

/// The rows and units (columns) that an intervention acts on; all if `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Rows.
    pub rows: Option<Range<usize>>,
    /// Columns.
    pub units: Option<Range<usize>>,
}

/// What an op's backward step may look at.
pub struct Local<'a> {
    /// The inputs' values, if [`Op::reads`] says so.
    pub inputs: &'a [&'a Value],
    /// The op's result, if [`Op::reads`] says so.
    pub output: &'a Value,
    /// The gradient with respect to the result, of the same shape.
    pub gradient: &'a Array2<f32>,
    /// The op's constants.
    pub attribute: &'a Attribute,
}
