//! The chain rule as it is written: what a node's gradient passes on to what it was computed from.

use ndarray::Array2;

use super::equation::{Subscript, Tex};
use super::graph::{Graph, NodeId};

/// Terms of a sum over many entries that are written out.
const TERMS_WRITTEN: usize = 3;

impl Graph {
    /// How a node is written in a formula: its symbol, or what it was computed as.
    #[must_use]
    pub fn written(&self, id: NodeId, subscript: Subscript) -> Tex {
        let node = self.node(id);
        if node.name.is_some() || node.is_leaf() {
            return Tex::atom(self.symbol(id, subscript));
        }
        let inputs: Vec<Tex> =
            node.inputs.iter().map(|input| self.written(*input, subscript)).collect();
        node.op.latex(&inputs, &node.attribute)
    }

    /// ∂L/∂value in LaTeX.
    #[must_use]
    pub fn gradient_symbol(&self, of: NodeId, id: NodeId, subscript: Subscript) -> String {
        let value = self.written(id, subscript).as_base();
        format!(r"\frac{{\partial {}}}{{\partial {value}}}", self.written(of, subscript).as_base())
    }

    /// A node's share of the gradient of its input number `input`, as the chain rule has it:
    /// `\frac{\partial L_{3}}{\partial f_{3}} \odot c_{2}`.
    #[must_use]
    pub fn chain(&self, of: NodeId, id: NodeId, input: usize, subscript: Subscript) -> String {
        let node = self.node(id);
        let gradient = Tex::atom(self.gradient_symbol(of, id, subscript));
        let inputs: Vec<Tex> = node.inputs.iter().map(|x| self.written(*x, subscript)).collect();
        let result = self.written(id, subscript);
        let share = node.op.share(&gradient, &inputs, &result, input, &node.attribute);
        // A repeated operand gathers the gradients of all its copies.
        if node.op.is_elementwise() && self.is_repeated(id, input) {
            return format!(r"\sum {}", share.as_factor());
        }
        share.text
    }

    /// The same for one entry with this run's numbers, up to the equals sign before the result;
    /// `None` where no short sum gives it.
    #[must_use]
    pub fn chain_with_numbers(
        &self,
        id: NodeId,
        input: usize,
        gradient: &Array2<f32>,
        unit: usize,
    ) -> Option<String> {
        let node = self.node(id);
        let entry = |value: &Array2<f32>, column: usize| {
            value.get([0, column.min(value.ncols().checked_sub(1)?)]).copied()
        };
        if node.op.is_elementwise() && !self.is_repeated(id, input) {
            let number = |x: &NodeId| entry(self.value(*x), unit).map(Tex::number);
            let inputs: Vec<Tex> = node.inputs.iter().map(number).collect::<Option<_>>()?;
            let result = number(&id)?;
            let factor = node.op.factor(&inputs, &result, input, &node.attribute);
            let gradient = Tex::number(entry(gradient, unit)?);
            let share = Tex::product(format!(
                r"{} \cdot {}",
                gradient.as_factor(),
                factor.as_matrix_factor().replace(r"\odot", r"\cdot")
            ));
            return Some(share.text);
        }
        if node.op.name() == "matrix product" && input == 0 {
            return Some(self.largest_terms(id, gradient, unit));
        }
        None
    }

    /// The largest terms of Σ ∂L/∂yₖ · W[unit, k].
    fn largest_terms(&self, id: NodeId, gradient: &Array2<f32>, unit: usize) -> String {
        let weights = self.value(self.node(id).inputs[1]);
        let row = weights.row(unit.min(weights.nrows().saturating_sub(1)));
        let mut terms: Vec<(f32, f32)> =
            gradient.row(0).iter().copied().zip(row.iter().copied()).collect();
        terms.sort_by(|a, b| (b.0 * b.1).abs().total_cmp(&(a.0 * a.1).abs()));
        let written: Vec<String> = terms
            .iter()
            .take(TERMS_WRITTEN)
            .map(|(g, w)| {
                format!(r"{} \cdot {}", Tex::number(*g).as_factor(), Tex::number(*w).as_factor())
            })
            .collect();
        let rest = if terms.len() > TERMS_WRITTEN { r" + \cdots" } else { "" };
        format!("{}{rest}", written.join(" + "))
    }

    /// Whether an operand is smaller than the result, so that it was repeated along it.
    fn is_repeated(&self, id: NodeId, input: usize) -> bool {
        self.value(self.node(id).inputs[input]).dim() != self.value(id).dim()
    }

    /// The nodes that were computed from a node, in order.
    #[must_use]
    pub fn consumers(&self, id: NodeId) -> Vec<NodeId> {
        let later = self.nodes().skip(id.index() + 1);
        later.filter(|(_, node)| node.inputs.contains(&id)).map(|(later, _)| later).collect()
    }
}

#[cfg(test)]
mod tests;
