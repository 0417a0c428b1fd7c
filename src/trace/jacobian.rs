//! Jacobians of a run, from backward passes alone: no finite differences, no formulas of a cell's own.
//!
//! ```text
//! ∂s_t/∂s_{t−1}   one step: the model runs on position t alone, as many copies as the state has units,
//!                 from the run's own state before it; row i is the gradient of unit i
//! ∂s_T/∂s_t       the whole way: the model runs on the sequence, as many copies, and the gradients of
//!                 the units of s_T reach every earlier s_t through all paths
//! ```
//!
//! Of a cell with two states each is looked at with the other held fixed, and both together.

use std::collections::HashMap;

use ndarray::{Array2, s};

use super::flow::{State, states, weights};
use super::{Backward, Trace};
use crate::models::{Feed, Model, Step};
use crate::nn::{Binder, Parameters};
use crate::tape::{Graph, Intervention, Mode, NodeId, Tape, Var};
use crate::tasks::Sequence;
use crate::tensor;
use crate::tensor::singular::{geometric_mean, singular_values};

/// Values of one sweep over the sequence are kept to about this size.
const SWEEP_BYTES: usize = 64 << 20;
/// Singular values below the largest times this are f32's rounding, not the model's.
const RESOLVED: f64 = 3e-6;

/// One step's Jacobians for every position, and the whole way back from one.
#[derive(Clone, Debug)]
pub struct Jacobians {
    /// The states of the cell that was looked at.
    pub states: Vec<State>,
    /// ∂s_t/∂s_{t−1}: each state with the others held, then all together where there are several.
    pub steps: Vec<Steps>,
    /// The position that the whole way leads back from.
    pub from: usize,
    /// ∂s_T/∂s_t of the first state, by t.
    pub whole: Vec<Option<Spread>>,
}

/// The singular values of a step's Jacobian at every position.
#[derive(Clone, Debug)]
pub struct Steps {
    /// Which of the states; all if there are several.
    pub of: Vec<usize>,
    /// For each position the largest first; `None` where an entry is infinite or NaN.
    pub singular_values: Vec<Option<Vec<f64>>>,
}

/// How far a Jacobian stretches lengths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The largest singular value.
    pub largest: f64,
    /// Their geometric mean; `None` where some are too small for f32 beside the largest.
    pub mean: Option<f64>,
    /// The smallest; `None` likewise.
    pub smallest: Option<f64>,
}

impl Spread {
    fn of(matrix: &Array2<f32>) -> Option<Self> {
        let values = singular_values(matrix)?;
        let (largest, smallest) = (*values.first()?, *values.last()?);
        let is_resolved = smallest > RESOLVED * largest;
        Some(Self {
            largest,
            mean: is_resolved.then(|| geometric_mean(&values)),
            smallest: is_resolved.then_some(smallest),
        })
    }
}

/// The Jacobians of the cell that holds the state called `name`, or of the last one; `None` where the
/// run carries no state, or as soon as `is_wanted` says no.
#[must_use]
pub fn jacobians(
    model: &dyn Model,
    trace: &Trace,
    name: &str,
    from: usize,
    is_wanted: &mut dyn FnMut() -> bool,
) -> Option<Jacobians> {
    let all = states(trace);
    let scope = all.iter().find(|state| state.name == name).or(all.last())?.scope.clone();
    let cell: Vec<State> = all.iter().filter(|state| state.scope == scope).cloned().collect();
    let mut parameters = Parameters::default();
    for (name, node) in weights(trace) {
        parameters.push(name, trace.graph().value(node).clone());
    }
    let run = Run { model, trace, parameters, all, cell };
    let steps = run.steps(is_wanted)?;
    let from = from.min(trace.n_positions().saturating_sub(1));
    let whole = run.whole(from, is_wanted)?;
    Some(Jacobians { states: run.cell, steps, from, whole })
}

/// The Jacobians from the loss's position.
#[must_use]
pub fn of_loss(
    model: &dyn Model,
    trace: &Trace,
    backward: &Backward,
    name: &str,
    is_wanted: &mut dyn FnMut() -> bool,
) -> Option<Jacobians> {
    jacobians(model, trace, name, backward.position(), is_wanted)
}

struct Run<'a> {
    model: &'a dyn Model,
    trace: &'a Trace,
    parameters: Parameters,
    all: Vec<State>,
    cell: Vec<State>,
}

/// Copies of what the run read, from one position on.
struct Copies<'a> {
    trace: &'a Trace,
    rows: usize,
    positions: std::ops::Range<usize>,
}

impl Feed for Copies<'_> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn source(&self) -> usize {
        self.positions.len()
    }

    fn known(&self) -> Option<usize> {
        Some(self.positions.len())
    }

    fn at(&self, position: usize, _: Option<Var<'_>>) -> Option<Step> {
        let at = Some(self.positions.start + position).filter(|at| *at < self.positions.end)?;
        Some(match self.trace.sequence() {
            Sequence::Symbols(symbols) => Step::Symbols(vec![*symbols.get(at)?; self.rows]),
            Sequence::Numbers(all) => Step::Numbers(copies(&tensor::row(all.get(at)?), self.rows)),
        })
    }
}

fn copies(row: &Array2<f32>, rows: usize) -> Array2<f32> {
    Array2::from_shape_fn([rows, row.ncols()], |(_, column)| row[[0, column]])
}

impl Run<'_> {
    fn n_positions(&self) -> usize {
        self.trace.n_positions()
    }

    /// Runs the model on some positions in so many copies, beginning with the given states.
    fn forward(&self, feed: &Copies<'_>, from: HashMap<String, Array2<f32>>) -> Graph {
        let shift = feed.positions.start;
        let interventions = self.trace.interventions().iter();
        let shifted = interventions.filter_map(|intervention| shifted(intervention, shift));
        let tape = Tape::new(Mode::Record, shifted.collect()).starting_from(from);
        let _ = self.model.forward(&Binder::stored(&tape, &self.parameters), feed);
        tape.finish()
    }

    /// Every step's Jacobian of all states of the cell together, and its singular values by parts.
    fn steps(&self, is_wanted: &mut dyn FnMut() -> bool) -> Option<Vec<Steps>> {
        let each = (0..self.cell.len()).map(|state| vec![state]);
        let together = (self.cell.len() > 1).then(|| (0..self.cell.len()).collect());
        let mut parts: Vec<Steps> =
            each.chain(together).map(|of| Steps { of, singular_values: Vec::new() }).collect();
        for position in 0..self.n_positions() {
            if !is_wanted() {
                return None;
            }
            let blocks = self.step(position)?;
            let sizes: Vec<usize> = blocks.iter().map(|row| row[0].nrows()).collect();
            for part in &mut parts {
                let size: usize = part.of.iter().map(|state| sizes[*state]).sum();
                let mut matrix = Array2::zeros([size, size]);
                let mut row = 0;
                for of in &part.of {
                    let mut column = 0;
                    for by in &part.of {
                        let block = &blocks[*of][*by];
                        let (rows, columns) = block.dim();
                        matrix
                            .slice_mut(s![row..row + rows, column..column + columns])
                            .assign(block);
                        column += columns;
                    }
                    row += sizes[*of];
                }
                part.singular_values.push(singular_values(&matrix));
            }
        }
        Some(parts)
    }

    /// ∂(state of the cell at t)/∂(state of the cell one step before), block by block.
    fn step(&self, position: usize) -> Option<Vec<Vec<Array2<f32>>>> {
        let units: Vec<usize> =
            self.cell.iter().map(|state| self.units(state)).collect::<Option<_>>()?;
        // One copy for each unit of each state of the cell.
        let rows: usize = units.iter().sum();
        let mut from = HashMap::new();
        for state in &self.all {
            let before = if state.from_the_end { position as i32 + 1 } else { position as i32 - 1 };
            let value = self.trace.value(&state.name, before)?;
            from.insert(state.name.clone(), copies(value, rows));
        }
        let positions = position..position + 1;
        let graph = self.forward(&Copies { trace: self.trace, rows, positions }, from);
        let mut first = 0;
        let mut seeds = Vec::new();
        for (state, units) in self.cell.iter().zip(&units) {
            let after = node(&graph, &state.name, 0)?;
            let is_own = |(row, unit): (usize, usize)| f32::from(u8::from(row == first + unit));
            seeds.push((after, Array2::from_shape_fn([rows, *units], is_own)));
            first += units;
        }
        let gradients = graph.gradients_from(&seeds);
        let mut first = 0;
        let mut blocks = Vec::new();
        for height in &units {
            let row = self.cell.iter().zip(&units).map(|(by, width)| {
                let before = node(&graph, &by.name, if by.from_the_end { 1 } else { -1 })?;
                let rows = s![first..first + height, ..];
                Some(match gradients.of(before) {
                    Some(gradient) => gradient.slice(rows).to_owned(),
                    None => Array2::zeros([*height, *width]),
                })
            });
            blocks.push(row.collect::<Option<Vec<_>>>()?);
            first += height;
        }
        Some(blocks)
    }

    /// ∂s_T/∂s_t of the cell's first state for every t, through all paths there are.
    fn whole(
        &self,
        from: usize,
        is_wanted: &mut dyn FnMut() -> bool,
    ) -> Option<Vec<Option<Spread>>> {
        let state = self.cell.first()?;
        let units = self.units(state)?;
        let n_positions = self.n_positions();
        let mut matrices = vec![Array2::<f32>::zeros([units, units]); n_positions];
        // A cell that reads from the end depends on what comes later; others need no more than T.
        let end = if self.all.iter().any(|s| s.from_the_end) { n_positions } else { from + 1 };
        let at_once = (SWEEP_BYTES / self.trace.graph().bytes().max(1)).clamp(1, units);
        let mut first = 0;
        while first < units {
            if !is_wanted() {
                return None;
            }
            let rows = at_once.min(units - first);
            let feed = Copies { trace: self.trace, rows, positions: 0..end };
            let graph = self.forward(&feed, self.beginnings(rows)?);
            let is_own = |(row, unit): (usize, usize)| f32::from(u8::from(first + row == unit));
            let seed = Array2::from_shape_fn([rows, units], is_own);
            let gradients =
                graph.gradients_from(&[(node(&graph, &state.name, from as i32)?, seed)]);
            for (position, matrix) in matrices.iter_mut().enumerate().take(end) {
                let gradient =
                    node(&graph, &state.name, position as i32).and_then(|node| gradients.of(node));
                if let Some(gradient) = gradient {
                    matrix.slice_mut(s![first..first + rows, ..]).assign(gradient);
                }
            }
            first += rows;
        }
        let depends = |position: usize| {
            if state.from_the_end { position >= from } else { position <= from }
        };
        let mut spreads = Vec::with_capacity(n_positions);
        for (position, matrix) in matrices.iter().enumerate() {
            if !is_wanted() {
                return None;
            }
            spreads.push(Spread::of(matrix).filter(|_| depends(position)));
        }
        Some(spreads)
    }

    /// The run's own states before its first step.
    fn beginnings(&self, rows: usize) -> Option<HashMap<String, Array2<f32>>> {
        let end = self.n_positions() as i32;
        let before = |state: &State| {
            let at = if state.from_the_end { end } else { -1 };
            Some((state.name.clone(), copies(self.trace.value(&state.name, at)?, rows)))
        };
        self.all.iter().map(before).collect()
    }

    fn units(&self, state: &State) -> Option<usize> {
        Some(self.trace.value(&state.name, 0)?.ncols())
    }
}

fn node(graph: &Graph, name: &str, position: i32) -> Option<NodeId> {
    graph.at(graph.find(name)?, position)
}

/// An intervention as a run that begins at position `by` sees it.
fn shifted(intervention: &Intervention, by: usize) -> Option<Intervention> {
    let positions = match &intervention.positions {
        None => None,
        Some(range) if range.end <= by => return None,
        Some(range) => Some(range.start.saturating_sub(by)..range.end - by),
    };
    Some(Intervention { positions, ..intervention.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laboratory::{Contestant, Laboratory};

    fn run(laboratory: &Laboratory, contestant: Contestant, set: &[&str]) -> (Trace, Jacobians) {
        let checkpoint = laboratory.build(contestant).unwrap();
        let sequence = checkpoint.task.parse(&laboratory.input()).unwrap();
        let set = set.iter().map(|text| text.parse().unwrap()).collect();
        let trace = Trace::record(&checkpoint, sequence, set);
        let last = usize::MAX;
        let found = jacobians(&*checkpoint.model, &trace, "", last, &mut || true).unwrap();
        (trace, found)
    }

    fn only(part: &Steps, position: usize) -> &[f64] {
        part.singular_values[position].as_deref().unwrap()
    }

    #[test]
    fn a_network_of_one_unit_has_the_jacobian_of_the_textbook() {
        // h_t = tanh(x w + h_{t−1} u + b), so ∂h_t/∂h_{t−1} = (1 − h_t²) u.
        let laboratory = Laboratory { hidden: 1, length: 6, gain: 0.8, ..Laboratory::default() };
        let (trace, found) = run(&laboratory, Contestant::Rnn, &[]);
        let u = f64::from(trace.value("w_hh", 0).unwrap()[[0, 0]]);
        let mut product = 1.0;
        for t in (0..6).rev() {
            let whole = found.whole[t].unwrap();
            assert!((whole.largest / product - 1.0).abs() < 1e-5, "{t}: {whole:?} {product}");
            let h = f64::from(trace.value("hidden", t as i32).unwrap()[[0, 0]]);
            let step = ((1.0 - h * h) * u).abs();
            assert!((only(&found.steps[0], t)[0] / step - 1.0).abs() < 1e-5, "{t}");
            product *= step;
        }
    }

    #[test]
    fn the_cell_s_own_step_is_its_forget_gate() {
        // With h held, c_t = f c_{t−1} + …, so the singular values of ∂c_t/∂c_{t−1} are the entries of f.
        let laboratory = Laboratory { hidden: 6, length: 4, ..Laboratory::default() };
        let (trace, found) = run(&laboratory, Contestant::Lstm, &[]);
        assert_eq!(found.steps.len(), 3);
        for t in 0..4 {
            let mut gate = trace.value("forget_gate", t as i32).unwrap().row(0).to_vec();
            gate.sort_by(|a, b| b.total_cmp(a));
            for (found, gate) in only(&found.steps[1], t).iter().zip(gate) {
                assert!((found / f64::from(gate) - 1.0).abs() < 1e-5, "{found} {gate}");
            }
            assert_eq!(only(&found.steps[2], t).len(), 12);
        }
    }

    #[test]
    fn the_whole_way_is_the_product_of_the_steps() {
        // |det ∂h_T/∂h_t| is the product of the steps' determinants; with n units the geometric mean
        // of singular values is |det|^(1/n).
        let laboratory = Laboratory { hidden: 4, length: 5, ..Laboratory::default() };
        let (_, found) = run(&laboratory, Contestant::Gru, &[]);
        let mut product = 1.0;
        for t in (0..5).rev() {
            let mean = found.whole[t].unwrap().mean.unwrap();
            assert!((mean / product - 1.0).abs() < 1e-4, "{t}: {mean} {product}");
            product *= geometric_mean(only(&found.steps[0], t));
        }
    }

    #[test]
    fn interventions_are_in_force_where_they_were() {
        let laboratory = Laboratory { hidden: 3, length: 5, ..Laboratory::default() };
        let (_, found) = run(&laboratory, Contestant::Rnn, &["hidden[2] *= 0"]);
        let whole = found.whole[1].unwrap().largest;
        assert_eq!((only(&found.steps[0], 2)[0], whole), (0.0, 0.0));
        assert!(only(&found.steps[0], 1)[0] > 0.1 && only(&found.steps[0], 3)[0] > 0.1);
    }

    #[test]
    fn layers_are_looked_at_one_by_one_and_work_that_is_not_wanted_ends() {
        let laboratory = Laboratory { hidden: 3, length: 4, layers: 3, ..Laboratory::default() };
        let checkpoint = laboratory.build(Contestant::Lstm).unwrap();
        let sequence = checkpoint.task.parse(&laboratory.input()).unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let model = &*checkpoint.model;
        let found = jacobians(model, &trace, "layer1.cell", 2, &mut || true).unwrap();
        assert_eq!(found.states[0].name, "layer1.hidden");
        assert!(found.whole[3].is_none() && found.whole[2].is_some());
        let mut left = 2;
        let mut is_wanted = || {
            left -= 1;
            left > 0
        };
        assert!(jacobians(model, &trace, "", 3, &mut is_wanted).is_none());
    }
}
