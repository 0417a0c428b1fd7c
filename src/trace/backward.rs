//! Backpropagation through a finished run: the gradient of one loss with respect to every value, in
//! the order in which the chain rule reaches them (Werbos 1990, *Backpropagation Through Time*).

use std::collections::HashMap;

use ndarray::Array2;

use super::{LOSS, Tick, Ticks, Trace, Walk};
use crate::tape::{BackwardPass, Gradients, NodeId};

/// The gradients of the loss at one position.
pub struct Backward {
    position: usize,
    of: NodeId,
    gradients: Gradients,
    ticks: Ticks,
    /// For each node how many ticks are done when its gradient is complete.
    reached: HashMap<NodeId, usize>,
    parameter_norm: f32,
}

impl Backward {
    /// Walks backward from the loss at `position`; where there is none, from the nearest loss before
    /// it, else from the first behind it. `None` where the run has no loss.
    #[must_use]
    pub fn new(trace: &Trace, position: usize) -> Option<Self> {
        let graph = trace.graph();
        let losses = graph.everywhere(graph.find(LOSS)?);
        let behind =
            losses.partition_point(|(at, _)| usize::try_from(*at).is_ok_and(|at| at <= position));
        let (at, of) = *losses.get(behind.saturating_sub(1))?;
        let mut pass = BackwardPass::new(graph, &[(of, Array2::ones([1, 1]))]);
        let mut all: Vec<Tick> = Vec::new();
        let mut reached = HashMap::new();
        while let Some(node) = pass.tick() {
            let entry = graph.node(node);
            if let (false, Ok(position)) = (entry.is_leaf(), usize::try_from(entry.position)) {
                let towards = trace.towards(node);
                all.push(Tick { node, position, section: entry.section, towards });
            }
            reached.insert(node, all.len());
        }
        let gradients = pass.finish();
        let squares = graph.names().iter().filter(|named| named.is_parameter).flat_map(|named| {
            let node = graph.find(&named.name).and_then(|name| graph.at(name, 0));
            node.and_then(|node| gradients.of(node)).into_iter().flatten()
        });
        let squares = squares.map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>();
        Some(Self {
            position: usize::try_from(at).unwrap_or(0),
            of,
            gradients,
            ticks: Ticks::new(all, trace.n_positions()),
            reached,
            parameter_norm: squares.sqrt() as f32,
        })
    }

    /// The position of the loss.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// The loss.
    #[must_use]
    pub fn of(&self) -> NodeId {
        self.of
    }

    /// The order in which the chain rule is applied, one operation a tick.
    #[must_use]
    pub fn ticks(&self) -> &Ticks {
        &self.ticks
    }

    /// ∂L/∂value for a node, shaped like its value; `None` where the loss does not depend on it.
    #[must_use]
    pub fn gradient(&self, node: NodeId) -> Option<&Array2<f32>> {
        self.gradients.of(node)
    }

    /// How many ticks are done when a node's gradient is complete; `None` where it has none.
    #[must_use]
    pub fn reached_when(&self, node: NodeId) -> Option<usize> {
        self.reached.get(&node).copied()
    }

    /// Whether a node's gradient is complete when `cursor` ticks are done.
    #[must_use]
    pub fn is_reached(&self, node: NodeId, cursor: usize) -> bool {
        self.reached_when(node).is_some_and(|reached| reached <= cursor)
    }

    /// The norm of the gradient with respect to all parameters together, before any clipping.
    #[must_use]
    pub fn parameter_norm(&self) -> f32 {
        self.parameter_norm
    }

    /// ∂L/∂value for every position: (positions, units); 0 where the loss does not depend on it, NaN
    /// where there is no such value.
    #[must_use]
    pub fn over_time(&self, trace: &Trace, name: &str) -> Option<Array2<f32>> {
        let mut rows = trace.over_time(name)?;
        for (position, mut row) in rows.rows_mut().into_iter().enumerate() {
            let Some(node) = trace.node(name, position as i32) else { continue };
            let gradient = self.gradient(node).map(|g| g.row(trace.row_of(node, position as i32)));
            let start = trace.graph().node(node).position;
            let first = trace.first_column(name, start);
            for (column, entry) in row.iter_mut().enumerate().filter(|(_, entry)| !entry.is_nan()) {
                let of = |g: ndarray::ArrayView1<'_, f32>| g.get(column - first).copied();
                *entry = gradient.and_then(of).unwrap_or(0.0);
            }
        }
        Some(rows)
    }

    /// ‖∂L/∂value‖ for every position, summed in double precision; NaN where there is no such value.
    #[must_use]
    pub fn norms(&self, trace: &Trace, name: &str) -> Option<Vec<f32>> {
        let norm = |row: ndarray::ArrayView1<'_, f32>| {
            row.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>().sqrt() as f32
        };
        Some(self.over_time(trace, name)?.rows().into_iter().map(norm).collect())
    }
}

impl Walk for Backward {
    fn walk(&self) -> &Ticks {
        &self.ticks
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn the_walk_ends_with_the_gradients_of_the_whole_pass() {
        let trace = example("([{<>}])");
        let backward = Backward::new(&trace, 5).unwrap();
        assert_eq!(backward.position(), 5);
        let whole = trace.gradients(backward.of());
        let end = backward.ticks().all().len();
        for tick in backward.ticks().all() {
            assert_eq!(backward.gradient(tick.node), whole.of(tick.node));
            assert!(backward.is_reached(tick.node, end) && !backward.is_reached(tick.node, 0));
            assert!(tick.position <= 5);
        }
        let norms = backward.norms(&trace, "hidden").unwrap();
        assert!(norms[5] > 0.0 && norms[6] == 0.0, "{norms:?}");
    }

    #[test]
    fn a_position_without_a_loss_takes_the_nearest_before_it() {
        // The bracket string is not closed, so its last position has no target.
        let trace = example("([{<");
        assert_eq!(Backward::new(&trace, 3).unwrap().position(), 2);
    }
}
