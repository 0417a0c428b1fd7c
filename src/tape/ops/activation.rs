//! Functions of each entry by itself.

use ndarray::Array2;

use super::{Attribute, Local, Op};
use crate::tape::Var;
use crate::tape::backward::Sink;
use crate::tape::equation::Tex;
use crate::tensor::kernel;

/// √(2/π), of the tanh form of the Gaussian error linear unit.
const SQRT_2_OVER_PI: f32 = 0.797_884_56;

/// What the logarithm takes for 0: far below every share that counts, far above what f32 rounds to 0.
const SMALLEST: f32 = 1e-30;

/// An op by its function of `x` and its slope, which may use `x` and the result `y`; then how both
/// are written.
macro_rules! elementwise {
    ($(#[$doc:meta])* $op:ident.$method:ident, $name:literal, |$x:ident| $forward:expr,
     |$sx:ident, $sy:ident| $slope:expr, $latex:expr, $factor:expr) => {
        $(#[$doc])*
        pub struct $op;

        impl Op for $op {
            fn name(&self) -> &'static str {
                $name
            }

            fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
                kernel::map(x[0], |$x| $forward)
            }

            fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
                dx.add_each(0, local.inputs[0], local.output, local.gradient, |$sx, $sy, dy| {
                    let _ = ($sx, $sy);
                    dy * $slope
                });
            }

            fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
                $latex(&x[0])
            }

            fn factor(&self, x: &[Tex], y: &Tex, _: usize, _: &Attribute) -> Tex {
                $factor(&x[0], y)
            }
        }

        impl<'t> Var<'t> {
            $(#[$doc])*
            #[must_use]
            pub fn $method(self) -> Self {
                self.unary(&$op)
            }
        }
    };
}

fn call(function: &str) -> impl Fn(&Tex) -> Tex {
    move |x| Tex::atom(format!(r"{function}\left({}\right)", x.text))
}

elementwise!(
    /// σ(x) = 1/(1+e⁻ˣ), between 0 and 1.
    Sigmoid.sigmoid, "sigmoid", |x| kernel::sigmoid(x), |x, y| y * (1.0 - y), call(r"\sigma"),
    |_: &Tex, y: &Tex| Tex::elementwise(format!(r"{0} \odot \left(1 - {0}\right)", y.as_factor()))
);
elementwise!(
    /// tanh(x), between −1 and 1.
    Tanh.tanh, "tanh", |x| kernel::tanh(x), |x, y| 1.0 - y * y, call(r"\tanh"),
    |_: &Tex, y: &Tex| Tex::sum(format!("1 - {}^{{2}}", y.as_base()))
);
elementwise!(
    /// max(0, x); the slope at 0 is 0. NaN stays NaN.
    Relu.relu, "ReLU", |x| if x <= 0.0 { 0.0 } else { x }, |x, y| if y == 0.0 { 0.0 } else { 1.0 },
    call(r"\operatorname{ReLU}"), |x: &Tex, _: &Tex| Tex::atom(format!(r"\left[{} > 0\right]", x.text))
);
elementwise!(
    /// eˣ.
    Exp.exp, "exp", |x| kernel::exp(x), |x, y| y, |x: &Tex| Tex::atom(format!("e^{{{}}}", x.text)),
    |_: &Tex, y: &Tex| y.clone()
);
elementwise!(
    /// ln x; what is below 10⁻³⁰ counts as that, so that the logarithm of 0 is a number, −69, with
    /// which one can go on. NaN stays NaN.
    Ln.ln, "logarithm", |x| if x < SMALLEST { SMALLEST.ln() } else { x.ln() },
    |x, y| if x < SMALLEST { 0.0 } else { x.recip() }, call(r"\ln"),
    |x: &Tex, _: &Tex| Tex::atom(format!(r"\frac{{\left[{0} > 0\right]}}{{{0}}}", x.text))
);
elementwise!(
    /// x².
    Square.square, "square", |x| x * x, |x, y| 2.0 * x,
    |x: &Tex| Tex::atom(format!("{}^{{2}}", x.as_base())),
    |x: &Tex, _: &Tex| Tex::product(format!(r"2 \cdot {}", x.as_matrix_factor()))
);
elementwise!(
    /// x·σ(x) (Elfwing et al. 2018), also called swish.
    Silu.silu, "SiLU", |x| x * kernel::sigmoid(x),
    |x, y| { let s = kernel::sigmoid(x); s + y * (1.0 - s) }, call(r"\operatorname{SiLU}"),
    |x: &Tex, y: &Tex| Tex::sum(format!(
        r"{0} + {1} \odot \left(1 - {0}\right)", call(r"\sigma")(x).text, y.as_factor()
    ))
);
elementwise!(
    /// ln(1+eˣ), without overflow.
    Softplus.softplus, "softplus",
    |x| (if x > 0.0 { x } else { 0.0 }) + kernel::exp(if x > 0.0 { -x } else { x }).ln_1p(),
    |x, y| kernel::sigmoid(x), call(r"\operatorname{softplus}"), |x: &Tex, _: &Tex| call(r"\sigma")(x)
);
elementwise!(
    /// max(0, x)² (So et al. 2021), in RWKV's channel mix.
    SquaredRelu.squared_relu, "squared ReLU", |x| if x <= 0.0 { 0.0 } else { x * x },
    |x, y| if x <= 0.0 { 0.0 } else { 2.0 * x },
    |x: &Tex| Tex::atom(format!(r"\operatorname{{ReLU}}\left({}\right)^{{2}}", x.text)),
    |x: &Tex, _: &Tex| Tex::product(format!(r"2 \cdot {}", call(r"\operatorname{ReLU}")(x).text))
);
elementwise!(
    /// x·Φ(x), the Gaussian error linear unit by its definition (Hendrycks & Gimpel 2016).
    Gelu.gelu, "GELU", |x| x * normal_cdf(x),
    |x, y| normal_cdf(x) + x * 0.398_942_3 * (-0.5 * x * x).exp(), call(r"\operatorname{GELU}"),
    |x: &Tex, _: &Tex| Tex::sum(format!(
        r"{} + {} \odot {}", call(r"\Phi")(x).text, x.as_factor(), call(r"\varphi")(x).text
    ))
);
elementwise!(
    /// ½x(1+tanh(√(2/π)(x+0.044715x³))), the approximation that GPT-2 uses.
    GeluTanh.gelu_tanh, "GELU (tanh form)",
    |x| 0.5 * x * (1.0 + kernel::tanh(SQRT_2_OVER_PI * (x + 0.044_715 * x * x * x))),
    |x, y| {
        let t = kernel::tanh(SQRT_2_OVER_PI * (x + 0.044_715 * x * x * x));
        0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * SQRT_2_OVER_PI * (1.0 + 3.0 * 0.044_715 * x * x)
    },
    call(r"\operatorname{GELU}_{\tanh}"),
    |x: &Tex, _: &Tex| {
        // √(2/π) and 3·0.044715 as the slope above has them.
        let tanh = format!(
            r"\tanh\left(0.79788456 \cdot \left({0} + 0.044715 \cdot {1}^{{3}}\right)\right)",
            x.text, x.as_base()
        );
        Tex::sum(format!(
            r"0.5 \cdot \left(1 + {tanh}\right) + 0.39894228 \cdot {} \odot \left(1 - {tanh}^{{2}}\right) \odot \left(1 + 0.134145 \cdot {}^{{2}}\right)",
            x.as_factor(), x.as_base()
        ))
    }
);

/// Φ(x), the share of a standard normal below x, by the rational approximation 7.1.26 of
/// Abramowitz & Stegun for the error function (absolute error below 1.5·10⁻⁷), in double
/// precision so that the rounding adds nothing.
fn normal_cdf(x: f32) -> f32 {
    let z = f64::from(x) / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z.abs());
    let polynomial = t
        * (0.254_829_592
            + t * (-0.284_496_736
                + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let erf = 1.0 - polynomial * (-z * z).exp();
    (0.5 * (1.0 + erf.copysign(z))) as f32
}
