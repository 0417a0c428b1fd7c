//! The maps of a run whose rows and columns are both positions: attention weights of every head, and
//! what earlier positions contribute where a model attends without saying so.

use std::borrow::Cow;
use std::ops::Range;

use ndarray::{Array2, ArrayView1, Axis, s};

use super::Trace;
use crate::models::Axes;
use crate::tape::NodeId;

/// The names that the steps of attention have within a scope, in their order; the last two are the
/// weighted sum.
pub const STEPS: [&str; 7] =
    ["score", "scaled", "biased", "masked", "attention", "mixed", "context"];

/// Which positions look at which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Those of the source at each other.
    Encoder,
    /// Those of the answer at each other.
    Decoder,
    /// Those of the answer at the source.
    Cross,
    /// Every position at those before it, for each channel: e^{k − distance·decay}, divided by the
    /// sum of them.
    Contribution,
}

/// One map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The value's name.
    pub name: String,
    /// What looks at what.
    pub part: Part,
    /// The number of its layer, from 0.
    pub layer: usize,
    /// The number of its head, from 0.
    pub head: usize,
}

/// All maps of a run, in order of part, layer and head.
#[must_use]
pub fn maps(trace: &Trace) -> Vec<Map> {
    let mut maps: Vec<Map> = found(trace).collect();
    maps.sort_by_key(|map| (map.part, map.layer, map.head));
    maps
}

/// Whether a run has any map.
#[must_use]
pub fn has_maps(trace: &Trace) -> bool {
    found(trace).next().is_some()
}

fn found(trace: &Trace) -> impl Iterator<Item = Map> {
    trace.value_names().filter_map(|name| {
        let (scope, last) = name.rsplit_once('.').unwrap_or(("", name));
        // This is asked for in every frame, and what axes stand for takes a while to find.
        if !matches!(last, "attention" | "contribution") {
            return None;
        }
        let part = match (last, trace.axes(name)) {
            ("attention", Axes::Source) => Part::Cross,
            ("attention", Axes::Own) if scope.starts_with("encoder") => Part::Encoder,
            ("attention", Axes::Own) => Part::Decoder,
            ("contribution", Axes::UnitsByPosition) => Part::Contribution,
            _ => return None,
        };
        let number = |prefix: &str| {
            scope.split('.').find_map(|part| part.strip_prefix(prefix)?.parse().ok()).unwrap_or(0)
        };
        Some(Map { name: name.to_owned(), part, layer: number("layer"), head: number("head") })
    })
}

impl Map {
    /// The scope that the steps of this attention stand in.
    #[must_use]
    pub fn scope(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(scope, _)| scope)
    }

    /// The full name of a step in the same scope.
    #[must_use]
    pub fn step(&self, step: &str) -> String {
        match self.scope() {
            "" => step.to_owned(),
            scope => format!("{scope}.{step}"),
        }
    }

    /// The value that the weights make: what an ablation of the head sets to 0.
    #[must_use]
    pub fn sum(&self, trace: &Trace) -> Option<String> {
        let names = STEPS[5..].iter().map(|step| self.step(step));
        names.into_iter().find(|name| trace.graph().find(name).is_some())
    }

    /// The number of channels of a contribution; 1 for weights of attention.
    #[must_use]
    pub fn channels(&self, trace: &Trace) -> usize {
        let nodes = trace.graph().find(&self.name).map(|id| trace.graph().everywhere(id));
        let first = nodes.and_then(|nodes| nodes.first());
        match self.part {
            Part::Contribution => first.map_or(1, |(_, node)| trace.graph().value(*node).nrows()),
            _ => 1,
        }
    }

    /// The weights; of a contribution those of `channel`, or the mean of all channels.
    #[must_use]
    pub fn grid(&self, trace: &Trace, channel: Option<usize>) -> Option<Grid> {
        self.grid_of(trace, channel, &|node| Some(Cow::Borrowed(trace.graph().value(node))))
    }

    /// What `get` gives of the nodes, such as gradients, instead of the weights.
    #[must_use]
    pub fn grid_of<'a>(
        &self,
        trace: &'a Trace,
        channel: Option<usize>,
        get: &dyn Fn(NodeId) -> Option<Cow<'a, Array2<f32>>>,
    ) -> Option<Grid> {
        let nodes = trace.graph().everywhere(trace.graph().find(&self.name)?);
        let mut parts = Vec::new();
        for (start, node) in nodes {
            let (Ok(at), Some(value)) = (usize::try_from(*start), get(*node)) else { continue };
            let value = match (self.part, channel) {
                (Part::Contribution, None) => {
                    Cow::Owned(value.mean_axis(Axis(0))?.insert_axis(Axis(0)))
                }
                (Part::Contribution, Some(channel)) => {
                    let channel = channel.min(value.nrows().saturating_sub(1));
                    Cow::Owned(value.slice(s![channel..=channel, ..]).to_owned())
                }
                _ => value,
            };
            parts.push((at, trace.first_column(&self.name, *start), value));
        }
        let rows = parts.iter().map(|part| part.0).min()?
            ..parts.iter().map(|part| part.0 + part.2.nrows()).max()?;
        let columns = parts.iter().map(|part| part.1).min()?
            ..parts.iter().map(|part| part.1 + part.2.ncols()).max()?;
        let mut grid = Grid {
            weights: Array2::zeros([rows.len(), columns.len()]),
            present: vec![0; rows.len()],
            rows,
            columns,
        };
        for (at, first, value) in parts {
            let (top, left) = (at - grid.rows.start, first - grid.columns.start);
            let (height, width) = value.dim();
            grid.weights.slice_mut(s![top..top + height, left..left + width]).assign(&*value);
            grid.present[top..top + height].fill(left + width);
        }
        Some(grid)
    }
}

/// Weights of positions over positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The positions that look, one a row.
    pub rows: Range<usize>,
    /// The positions looked at, one a column.
    pub columns: Range<usize>,
    /// (rows, columns); 0 where there is no weight.
    pub weights: Array2<f32>,
    /// For each row the number of columns that it has weights for.
    present: Vec<usize>,
}

impl Grid {
    /// The weight that a position has for another, if there is one.
    #[must_use]
    pub fn at(&self, position: usize, of: usize) -> Option<f32> {
        let column = of.checked_sub(self.columns.start)?;
        self.row(position)?.get(column).copied()
    }

    /// The weights that a position has, from the first column on.
    #[must_use]
    pub fn row(&self, position: usize) -> Option<ArrayView1<'_, f32>> {
        let row = position.checked_sub(self.rows.start)?;
        let present = *self.present.get(row)?;
        Some(self.weights.slice(s![row, ..present]))
    }

    /// How many columns the row of number `row` has weights for.
    #[must_use]
    pub fn present(&self, row: usize) -> usize {
        self.present.get(row).copied().unwrap_or(0)
    }

    /// The smallest and largest finite weights, and 0.
    #[must_use]
    pub fn extent(&self) -> [f32; 2] {
        let finite = self.weights.iter().filter(|weight| weight.is_finite());
        finite.fold([0.0, 0.0], |[low, high], weight| [low.min(*weight), high.max(*weight)])
    }

    /// Half the size, twice: each entry is the one farthest from 0 of four, so that no weight is lost
    /// where there are more positions than pixels.
    #[must_use]
    pub fn halved(weights: &Array2<f32>) -> Array2<f32> {
        let (rows, columns) = weights.dim();
        let mut half = Array2::zeros([rows.div_ceil(2), columns.div_ceil(2)]);
        for (row, entries) in weights.rows().into_iter().enumerate() {
            let mut into = half.row_mut(row / 2);
            for (column, entry) in entries.iter().enumerate() {
                let best: &mut f32 = &mut into[column / 2];
                if entry.abs() > best.abs() || entry.is_nan() {
                    *best = *entry;
                }
            }
        }
        half
    }
}

/// The mean of several maps of the same positions.
#[must_use]
pub fn mean(grids: &[Grid]) -> Option<Grid> {
    let mut mean = grids.first()?.clone();
    for grid in &grids[1..] {
        if grid.weights.dim() != mean.weights.dim() {
            return None;
        }
        mean.weights += &grid.weights;
    }
    mean.weights /= grids.len() as f32;
    Some(mean)
}

/// Attention rollout: how much each position of the highest layer gets of each position of the input,
/// if every layer passes on half of what it reads and half of what its attention mixes: the product
/// of ½(A + I) over the layers, the lowest first in `layers` (Abnar & Zuidema 2020, *Quantifying
/// Attention Flow in Transformers*, section 3).
#[must_use]
pub fn rollout(layers: &[Grid]) -> Option<Grid> {
    let mut product: Option<Grid> = None;
    for layer in layers {
        let n = layer.rows.len();
        if layer.rows != layer.columns {
            return None;
        }
        let half = (&layer.weights + &Array2::<f32>::eye(n)) * 0.5;
        product = Some(match product {
            Some(below) if below.rows == layer.rows => {
                Grid { weights: half.dot(&below.weights), ..below }
            }
            Some(_) => return None,
            None => Grid { weights: half, ..layer.clone() },
        });
    }
    product
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn grid(weights: Array2<f32>) -> Grid {
        let n = weights.nrows();
        Grid { rows: 0..n, columns: 0..n, weights, present: vec![n; n] }
    }

    #[test]
    fn rollout_is_the_product_of_the_layers_from_the_top_down() {
        let lower = grid(array![[0.0, 1.0], [1.0, 0.0]]);
        let upper = grid(array![[1.0, 0.0], [1.0, 0.0]]);
        // ½(A + I): lower ½ everywhere, upper [[1, 0], [½, ½]]; upper · lower is ½ everywhere, but
        // lower · upper would be [[¾, ¼], [¾, ¼]].
        let rolled = rollout(&[lower.clone(), upper.clone()]).unwrap();
        assert_eq!(rolled.weights, array![[0.5, 0.5], [0.5, 0.5]]);
        let other = rollout(&[upper, lower]).unwrap();
        assert_eq!(other.weights, array![[0.75, 0.25], [0.75, 0.25]]);
        assert!(rollout(&[]).is_none());
    }

    #[test]
    fn halving_keeps_the_entry_farthest_from_0() {
        let weights = array![[0.1, -0.9, 0.2], [0.3, 0.0, 0.0], [0.0, 0.0, 0.5]];
        assert_eq!(Grid::halved(&weights), array![[-0.9, 0.2], [0.0, 0.5]]);
    }

    #[test]
    fn the_mean_is_of_maps_of_one_shape() {
        let mean_of = mean(&[grid(array![[1.0]]), grid(array![[0.0]])]).unwrap();
        assert_eq!(mean_of.weights, array![[0.5]]);
        assert!(mean(&[grid(array![[1.0]]), grid(Array2::zeros([2, 2]))]).is_none());
    }

    #[test]
    fn a_model_without_attention_has_no_maps() {
        assert!(maps(&super::super::tests::example("([])")).is_empty());
    }
}
