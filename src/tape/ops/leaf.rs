//! Values that come from outside: parameters and inputs. They have no backward step.

use ndarray::Array2;

use super::{Attribute, Local, Op};
use crate::tape::backward::Sink;
use crate::tape::equation::Tex;

macro_rules! leaf {
    ($(#[$doc:meta])* $op:ident, $name:literal) => {
        $(#[$doc])*
        pub struct $op;

        impl Op for $op {
            fn name(&self) -> &'static str {
                $name
            }

            fn forward(&self, _: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
                Array2::zeros([0, 0])
            }

            fn backward(&self, _: &Local<'_>, _: &mut Sink<'_>) {}

            fn latex(&self, _: &[Tex], _: &Attribute) -> Tex {
                Tex::atom(concat!(r"\text{", $name, "}"))
            }

            fn factor(&self, _: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
                Tex::atom("1")
            }

            fn is_elementwise(&self) -> bool {
                false
            }

            fn is_leaf(&self) -> bool {
                true
            }
        }
    };
}

leaf!(
    /// A trained weight or bias.
    Parameter,
    "parameter"
);
leaf!(
    /// A token's numbers, an initial state, a target.
    Input,
    "input"
);
