//! Optimisers, as PyTorch defines them, and clipping.
//!
//! ```text
//! Adam (Kingma & Ba 2015, algorithm 1)
//!   m ← β₁ m + (1−β₁) g        v ← β₂ v + (1−β₂) g²
//!   p ← p − η · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε)
//! AdamW (Loshchilov & Hutter 2019, algorithm 2): before that, p ← p − η λ p
//! SGD with momentum (Sutskever et al. 2013)
//!   m ← μ m + g (m = g at first)       p ← p − η m,  Nesterov: p ← p − η (g + μ m)
//! ```

use ndarray::{Array2, Zip};

use crate::nn::Parameters;

/// Kept out of the square root, so that the first steps have the right size.
const EPSILON: f32 = 1e-8;
/// Keeps the clipping factor finite where all gradients are zero; PyTorch's value.
const CLIP_EPSILON: f64 = 1e-6;

/// The rule by which an update is made from gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Adam, with decoupled weight decay (AdamW) where that is not 0.
    Adam {
        /// β₁, how long the mean gradient is remembered.
        beta1: f32,
        /// β₂, how long the mean square is remembered.
        beta2: f32,
        /// λ.
        weight_decay: f32,
    },
    /// Gradient descent with momentum; weight decay adds λp to the gradient.
    Sgd {
        /// μ.
        momentum: f32,
        /// Looks ahead by one step.
        nesterov: bool,
        /// λ.
        weight_decay: f32,
    },
}

/// A rule and what it remembers of earlier gradients.
#[derive(Clone, Debug)]
pub struct Optimiser {
    rule: Rule,
    steps: i32,
    first: Vec<Array2<f32>>,
    second: Vec<Array2<f32>>,
}

impl Optimiser {
    /// A new optimiser for the given parameters.
    #[must_use]
    pub fn new(rule: Rule, parameters: &Parameters) -> Self {
        let zeros = || parameters.iter().map(|(_, p)| Array2::zeros(p.raw_dim())).collect();
        Self { rule, steps: 0, first: zeros(), second: zeros() }
    }

    /// Adam with its customary constants, and AdamW's decay where that is not 0.
    #[must_use]
    pub fn adam(parameters: &Parameters, weight_decay: f32) -> Self {
        Self::new(Rule::Adam { beta1: 0.9, beta2: 0.999, weight_decay }, parameters)
    }

    /// The remembered means (m) and, for Adam, mean squares (v), in the parameters' order.
    #[must_use]
    pub fn memory(&self) -> (&[Array2<f32>], &[Array2<f32>]) {
        (&self.first, &self.second)
    }

    /// One update; gradients are in the parameters' order.
    pub fn update(
        &mut self,
        parameters: &mut Parameters,
        gradients: &[Array2<f32>],
        learning_rate: f32,
    ) {
        self.steps += 1;
        let state = self.first.iter_mut().zip(&mut self.second);
        for (((_, p), g), (m, v)) in parameters.iter_mut().zip(gradients).zip(state) {
            match self.rule {
                Rule::Adam { beta1, beta2, weight_decay } => {
                    let unbias1 = 1.0 - beta1.powi(self.steps);
                    let unbias2 = 1.0 - beta2.powi(self.steps);
                    Zip::from(p).and(g).and(m).and(v).for_each(|p, g, m, v| {
                        *p -= learning_rate * weight_decay * *p;
                        *m = beta1 * *m + (1.0 - beta1) * g;
                        *v = beta2 * *v + (1.0 - beta2) * g * g;
                        *p -= learning_rate * (*m / unbias1) / ((*v / unbias2).sqrt() + EPSILON);
                    });
                }
                Rule::Sgd { momentum, nesterov, weight_decay } => {
                    Zip::from(p).and(g).and(m).for_each(|p, g, m| {
                        let g = g + weight_decay * *p;
                        *m = momentum * *m + g;
                        *p -= learning_rate * if nesterov { g + momentum * *m } else { *m };
                    });
                }
            }
        }
    }
}

/// Scales all gradients down together so that their norm is at most `limit`; gives the norm before.
pub fn clip_norm(gradients: &mut [Array2<f32>], limit: f32) -> f32 {
    let squares = gradients.iter().flatten().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>();
    let norm = squares.sqrt();
    let factor = f64::from(limit) / (norm + CLIP_EPSILON);
    if factor < 1.0 {
        gradients.iter_mut().for_each(|gradient| *gradient *= factor as f32);
    }
    norm as f32
}
