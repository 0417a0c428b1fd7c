//! Normalisation.

use ndarray::Array2;

use super::{Attribute, Local, Op};
use crate::tape::Var;
use crate::tape::backward::Sink;
use crate::tape::equation::Tex;
use crate::tensor::{from_vec, shape, slice, slice_mut};

/// Each row with its mean taken away, divided by its standard deviation: (x − μ) / √(σ² + ε), the
/// variance σ² being over the n entries, divided by n (Ba et al. 2016, arXiv 1607.06450, eq. 4).
pub struct Standardise;

impl Standardise {
    fn epsilon(attribute: &Attribute) -> f32 {
        if let Attribute::Factor(epsilon) = attribute { *epsilon } else { 1e-5 }
    }

    /// A row's mean and 1/√(σ² + ε).
    fn moments(row: &[f32], epsilon: f32) -> (f32, f32) {
        let n = row.len().max(1) as f32;
        let mean = row.iter().sum::<f32>() / n;
        let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / n;
        (mean, 1.0 / (variance + epsilon).sqrt())
    }
}

impl Op for Standardise {
    fn name(&self) -> &'static str {
        "normalisation of each row"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        let mut y = Vec::with_capacity(x[0].len());
        for row in slice(x[0]).chunks(x[0].ncols().max(1)) {
            let (mean, scale) = Self::moments(row, Self::epsilon(attribute));
            y.extend(row.iter().map(|x| (x - mean) * scale));
        }
        from_vec(shape(x[0]), y)
    }

    /// dx = (dy − mean(dy) − y · mean(dy ⊙ y)) / √(σ² + ε).
    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let columns = local.gradient.ncols().max(1);
        let epsilon = Self::epsilon(local.attribute);
        let (x, y, dy) = (slice(local.inputs[0]), slice(local.output), slice(local.gradient));
        dx.add(0, |dx| {
            let rows = slice_mut(dx).chunks_mut(columns).zip(x.chunks(columns));
            for ((dx, x), (y, dy)) in rows.zip(y.chunks(columns).zip(dy.chunks(columns))) {
                let n = columns as f32;
                let (_, scale) = Self::moments(x, epsilon);
                let mean = dy.iter().sum::<f32>() / n;
                let along = dy.iter().zip(y).map(|(dy, y)| dy * y).sum::<f32>() / n;
                for (dx, (dy, y)) in dx.iter_mut().zip(dy.iter().zip(y)) {
                    *dx += scale * (dy - mean - y * along);
                }
            }
        });
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        let x = &x[0];
        Tex::atom(format!(
            r"\frac{{{} - \mu}}{{\sqrt{{\sigma^{{2}} + \varepsilon}}}}",
            x.as_factor()
        ))
    }

    fn factor(&self, _: &[Tex], y: &Tex, _: usize, _: &Attribute) -> Tex {
        let y = y.as_base();
        Tex::atom(format!(
            r"\frac{{1}}{{\sqrt{{\sigma^{{2}} + \varepsilon}}}}\left(I - \tfrac{{1}}{{n}}\mathbf{{1}}^{{\top}}\mathbf{{1}} - \tfrac{{1}}{{n}}{y}^{{\top}}{y}\right)"
        ))
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[2, 5]], Attribute::Factor(1e-5))
    }
}

impl Var<'_> {
    /// Each row with mean 0 and variance 1.
    #[must_use]
    pub fn standardised(self, epsilon: f32) -> Self {
        self.with(&Standardise, Attribute::Factor(epsilon))
    }
}
