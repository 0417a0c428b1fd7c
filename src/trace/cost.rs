//! What a run costs: how many operations there are, and how many have to wait for each other.

use std::ops::Range;

use super::Trace;
use crate::tape::{Graph, Node, NodeId};

/// Operations of a part of a run. A matrix product is one operation, however large: what is counted
/// is what has to be started, and what cannot be started before something else has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// All operations.
    pub operations: usize,
    /// The longest chain of operations of which each reads the one before: with any number of
    /// processors no run has fewer steps (Vaswani et al. 2017, table 1, "sequential operations").
    pub critical_path: usize,
    /// Multiplications inside matrix products.
    pub multiplications: u64,
}

impl Trace {
    /// What was computed for some positions, from what was there before.
    #[must_use]
    pub fn cost(&self, positions: Range<usize>) -> Cost {
        let is_here = |node: &Node| {
            let position = usize::try_from(node.position);
            !node.is_leaf() && position.is_ok_and(|position| positions.contains(&position))
        };
        let mut cost = Cost::default();
        let mut depth = vec![0; self.n_run];
        for (id, node) in self.graph.nodes().take(self.n_run) {
            let before = node.inputs.iter().map(|input| depth[input.index()]).max().unwrap_or(0);
            depth[id.index()] = before;
            if is_here(node) {
                depth[id.index()] += 1;
                cost.operations += 1;
                cost.critical_path = cost.critical_path.max(depth[id.index()]);
                cost.multiplications += multiplications(&self.graph, id);
            }
        }
        cost
    }
}

/// Multiplications of a matrix product: rows × columns of the result × what is summed over.
fn multiplications(graph: &Graph, id: NodeId) -> u64 {
    let node = graph.node(id);
    let summed = match (node.op.name(), node.inputs.first()) {
        ("matrix product" | "product with the transpose", Some(x)) => graph.value(*x).ncols(),
        _ => 0,
    };
    (graph.value(id).len() * summed) as u64
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;

    #[test]
    fn a_recurrent_network_waits_for_every_position() {
        let [short, long] = ["([{<", "([{<([{<"].map(|text| example(text).cost(0..usize::MAX));
        assert_eq!(long.operations, 2 * short.operations);
        assert_eq!(long.multiplications, 2 * short.multiplications);
        // Each position adds the same number of steps to the chain through the cell state.
        let one = example("(").cost(0..usize::MAX);
        let step = (long.critical_path - short.critical_path) / 4;
        assert_eq!(long.critical_path, one.critical_path + 7 * step);
        assert!(step >= 4 && one.critical_path > step, "{one:?} {step}");
        let trace = example("([{<");
        let half = trace.cost(0..2);
        assert_eq!(2 * half.operations, short.operations);
        assert!(half.critical_path < short.critical_path);
    }

    #[test]
    fn a_product_multiplies_rows_by_columns_by_what_is_summed() {
        // An LSTM of 32 units on embeddings of 8 and 9 outputs: four gates from x and h, the readout.
        let trace = example("(");
        let embedding = trace.value("input", 0).unwrap().ncols();
        let wanted = 4 * 32 * (embedding + 32) + 32 * 9;
        assert_eq!(trace.cost(0..1).multiplications, wanted as u64);
    }
}
