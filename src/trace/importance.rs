//! How much an answer depends on each token read before it, found by other means than the weights of
//! attention, which are no explanation (Jain & Wallace 2019, *Attention is not Explanation*): the
//! gradient times the input, and what happens when the token is left out.

use std::ops::Range;

use ndarray::Array2;

use super::{Trace, edited, tape_for};
use crate::checkpoint::Checkpoint;
use crate::nn::{Binder, Parameters};
use crate::tape::{Attribute, Intervention, Mode, NodeId};
use crate::tasks::{Batch, Example, Sequence, Targets};
use crate::tensor::argmax;

/// Longer runs are not measured: every token costs another run.
pub const LONGEST: usize = 160;

/// How much each answer depends on each token.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// The positions that answer, one a row.
    pub rows: Range<usize>,
    /// The tokens read, one a column: those of the source where there is one.
    pub columns: Range<usize>,
    /// For each row the output symbol that was answered.
    pub answers: Vec<usize>,
    /// ∂(score of the answer)/∂(embedding of the token) · embedding: (rows, columns), NaN where the
    /// token comes behind the answer or has no embedding.
    pub gradient: Array2<f32>,
    /// By how much −ln p of the answer grows when the token is left out and everything else stays,
    /// the answer as written too: (rows, columns), NaN where that cannot be done.
    pub left_out: Array2<f32>,
}

/// How far such a measurement has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    /// It goes on.
    Running,
    /// It cannot be made of this run.
    Impossible,
    /// It is made.
    Done(T),
}

impl Importance {
    /// The two rows of a position: gradient times input, and left out.
    #[must_use]
    pub fn of(&self, position: usize) -> Option<[Vec<f32>; 2]> {
        let row = position.checked_sub(self.rows.start)?;
        let both = [&self.gradient, &self.left_out];
        (row < self.rows.len()).then(|| both.map(|of| of.row(row).to_vec()))
    }
}

/// Measures a run of symbols; `None` where it has no scores, is longer than [`LONGEST`], or as soon
/// as the answer is not wanted any more.
pub fn measure(
    checkpoint: &Checkpoint,
    trace: &Trace,
    is_wanted: &mut dyn FnMut() -> bool,
) -> Option<Importance> {
    let Sequence::Symbols(symbols) = trace.sequence() else { return None };
    if symbols.len() > LONGEST || trace.symbols().is_empty() {
        return None;
    }
    let n = trace.n_positions();
    let columns = if trace.source() < n { 0..trace.source() } else { 0..n };
    let answer = |position: usize| Some(argmax(&trace.row("scores", position as i32)?.to_vec()));
    let first = (0..n).find(|position| answer(*position).is_some())?;
    let answers: Vec<usize> = (first..n).map_while(answer).collect();
    let rows = first..first + answers.len();
    let mut gradient = Array2::from_elem([rows.len(), columns.len()], f32::NAN);
    let embedded = embedded(trace, symbols);
    for (row, (position, answer)) in rows.clone().zip(&answers).enumerate() {
        let found = gradient_times_input(trace, &embedded, position, *answer)?;
        for (column, of) in columns.clone().enumerate().filter(|(_, of)| *of <= position) {
            gradient[[row, column]] = found[of];
        }
        if !is_wanted() {
            return None;
        }
    }
    let left_out = left_out(checkpoint, trace, symbols, (&rows, &columns), &answers, is_wanted)?;
    Some(Importance { rows, columns, answers, gradient, left_out })
}

/// For each position the rows of nodes that hold its embedding.
fn embedded(trace: &Trace, symbols: &[usize]) -> Vec<Vec<(NodeId, usize)>> {
    let graph = trace.graph();
    let look_ups: Vec<_> = graph
        .nodes()
        .filter_map(|(id, node)| match &node.attribute {
            Attribute::Rows(rows) if node.op.name() == "table look-up" => {
                Some((id, *node.inputs.first()?, usize::try_from(node.position).ok()?, rows))
            }
            _ => None,
        })
        .collect();
    // A table of positions is read with other numbers than those of the symbols.
    let is_of_symbols = |table: NodeId| {
        look_ups.iter().filter(|look_up| look_up.1 == table).all(|(_, _, start, rows)| {
            symbols.get(*start..*start + rows.len()).is_some_and(|read| *read == ***rows)
        })
    };
    let mut embedded = vec![Vec::new(); symbols.len()];
    for (id, table, start, rows) in &look_ups {
        if is_of_symbols(*table) {
            (0..rows.len()).for_each(|row| embedded[start + row].push((*id, row)));
        }
    }
    embedded
}

/// Gradient times input of the score of `answer` at `position`, for every position.
fn gradient_times_input(
    trace: &Trace,
    embedded: &[Vec<(NodeId, usize)>],
    position: usize,
    answer: usize,
) -> Option<Vec<f32>> {
    let graph = trace.graph();
    let scores = trace.node("scores", position as i32)?;
    let mut seed = Array2::zeros(graph.value(scores).raw_dim());
    *seed.get_mut([trace.row_of(scores, position as i32), answer])? = 1.0;
    let gradients = graph.gradients_from(&[(scores, seed)]);
    let product = |(node, row): &(NodeId, usize)| {
        // What a score does not depend on has gradient 0.
        gradients.of(*node).map_or(0.0, |dx| dx.row(*row).dot(&graph.value(*node).row(*row)))
    };
    let sum = |nodes: &Vec<(NodeId, usize)>| match nodes.as_slice() {
        [] => f32::NAN,
        nodes => nodes.iter().map(product).sum(),
    };
    Some(embedded.iter().map(sum).collect())
}

fn left_out(
    checkpoint: &Checkpoint,
    trace: &Trace,
    symbols: &[usize],
    (rows, columns): (&Range<usize>, &Range<usize>),
    answers: &[usize],
    is_wanted: &mut dyn FnMut() -> bool,
) -> Option<Array2<f32>> {
    let parameters = edited(checkpoint, trace.interventions());
    let whole = costs(checkpoint, &parameters, trace.interventions().to_vec(), symbols);
    let mut change = Array2::from_elem([rows.len(), columns.len()], f32::NAN);
    for (column, of) in columns.clone().enumerate() {
        let rest = [&symbols[..of], &symbols[of + 1..]].concat();
        // A source of one token would leave nothing to read.
        if columns.len() < 2 || rest.is_empty() {
            break;
        }
        let interventions = trace.interventions().iter().filter_map(|i| moved(i, of)).collect();
        let without = costs(checkpoint, &parameters, interventions, &rest);
        for (row, (position, answer)) in rows.clone().zip(answers).enumerate() {
            let cost = |costs: &[Option<Vec<f32>>], position: Option<usize>| {
                costs.get(position?)?.as_ref()?.get(*answer).copied()
            };
            // Behind the token every position is one earlier.
            let before = cost(&whole, Some(position));
            let after = cost(&without, position.checked_sub(1));
            if let (true, Some(before), Some(after)) = (of <= position, before, after) {
                change[[row, column]] = after - before;
            }
        }
        if !is_wanted() {
            return None;
        }
    }
    Some(change)
}

/// −ln p of every symbol at every position, of a sequence that is read as it stands.
fn costs(
    checkpoint: &Checkpoint,
    parameters: &Parameters,
    interventions: Vec<Intervention>,
    symbols: &[usize],
) -> Vec<Option<Vec<f32>>> {
    let example = Example {
        sequence: Sequence::Symbols(symbols.to_vec()),
        targets: Targets::Symbols(vec![None; symbols.len()]),
    };
    let tape = tape_for(checkpoint, Mode::Lean, interventions);
    let batch = Batch::new(&*checkpoint.task, &[example]);
    let outputs = checkpoint.model.forward(&Binder::stored(&tape, parameters), &batch);
    let cost = |position| Some((-outputs.at(position)?.log_softmax().value()).row(0).to_vec());
    (0..symbols.len()).map(cost).collect()
}

/// An intervention on the sequence without the token at `of`: what it changed behind that is one
/// position earlier. `None` if it changed that position only.
fn moved(intervention: &Intervention, of: usize) -> Option<Intervention> {
    let Some(range) = &intervention.positions else { return Some(intervention.clone()) };
    let earlier = |at: usize| if at > of && at != usize::MAX { at - 1 } else { at };
    let moved = earlier(range.start)..earlier(range.end);
    (!moved.is_empty()).then(|| Intervention { positions: Some(moved), ..intervention.clone() })
}

/// Spearman's rank correlation of the sizes of two lists of numbers, ties at their mean rank; `None`
/// for fewer than three pairs of finite numbers, or where one list is all the same.
#[must_use]
pub fn rank_correlation(a: &[f32], b: &[f32]) -> Option<f32> {
    let pairs = a.iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite());
    let (a, b): (Vec<f32>, Vec<f32>) = pairs.map(|(a, b)| (a.abs(), b.abs())).unzip();
    if a.len() < 3 {
        return None;
    }
    let [a, b] = [ranks(&a), ranks(&b)];
    let middle = (a.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum()
    };
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    (scale > 0.0).then(|| (product(&a, &b) / scale) as f32)
}

/// The rank of each number from 0; equal ones share the mean of theirs.
fn ranks(numbers: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    let mut ranks = vec![0.0; numbers.len()];
    let mut first = 0;
    for equal in order.chunk_by(|a, b| numbers[*a].total_cmp(&numbers[*b]).is_eq()) {
        let rank = first as f64 + (equal.len() as f64 - 1.0) / 2.0;
        equal.iter().for_each(|at| ranks[*at] = rank);
        first += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;
    use crate::models;

    fn checkpoint() -> Checkpoint {
        let (spec, recipe) = models::find_recipe("lstm-brackets").unwrap();
        crate::checkpoint::untrained(spec, recipe).unwrap()
    }

    #[test]
    fn gradient_times_input_is_the_slope_of_the_score_along_the_embedding() {
        let (checkpoint, trace) = (checkpoint(), example("([{<"));
        let importance = measure(&checkpoint, &trace, &mut || true).unwrap();
        assert_eq!((importance.rows.clone(), importance.columns.clone()), (0..4, 0..4));
        // The embedding of one token is scaled from outside by 1 ± ε: the score's central difference.
        let (position, of, epsilon) = (3, 1, 1e-2);
        let answer = importance.answers[position];
        let score = |factor: f32| {
            let edit = format!("input[{of}] *= {factor}").parse().unwrap();
            let sequence = trace.sequence().clone();
            let run = Trace::record(&checkpoint, sequence, vec![edit]);
            run.row("scores", position as i32).unwrap()[answer]
        };
        let slope = (score(1.0 + epsilon) - score(1.0 - epsilon)) / (2.0 * epsilon);
        let found = importance.gradient[[position, of]];
        assert!((slope - found).abs() < 1e-3 * (1.0 + slope.abs()), "{slope} {found}");
        assert!(found != 0.0 && importance.gradient[[1, 2]].is_nan());
    }

    #[test]
    fn what_is_left_out_is_run_without() {
        let (checkpoint, trace) = (checkpoint(), example("([{<"));
        let importance = measure(&checkpoint, &trace, &mut || true).unwrap();
        let cost = |trace: &Trace, position: i32, answer: usize| {
            -trace.row("prediction", position).unwrap()[answer].ln()
        };
        let answer = importance.answers[3];
        let expected = cost(&example("({<"), 2, answer) - cost(&trace, 3, answer);
        assert!((importance.left_out[[3, 1]] - expected).abs() < 1e-5);
        assert!(importance.left_out[[0, 1]].is_nan() && importance.left_out[[0, 0]].is_nan());
    }

    #[test]
    fn interventions_stay_where_they_were_and_measuring_can_be_given_up() {
        let moved = |text: &str| {
            let moved = moved(&text.parse().unwrap(), 2);
            moved.map(|moved| moved.to_string())
        };
        assert_eq!(moved("cell[1] = 0").as_deref(), Some("cell[1] = 0"));
        assert_eq!(moved("cell[2] = 0"), None);
        assert_eq!(moved("cell[3..5] = 0").as_deref(), Some("cell[2..4] = 0"));
        assert_eq!(moved("cell[2..] = 0").as_deref(), Some("cell[2..] = 0"));
        assert_eq!(moved("cell = 0").as_deref(), Some("cell = 0"));
        assert!(measure(&checkpoint(), &example("([{<"), &mut || false).is_none());
    }

    #[test]
    fn ranks_correlate_by_size_with_ties_shared() {
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[-10.0, 20.0, -30.0]), Some(1.0));
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-1.0));
        // Ranks 0 1 2 3 and 0 1.5 1.5 3: Σ of products 4.5, of squares 5 and 4.5; 4.5/√22.5 = 0.9487.
        let tied = rank_correlation(&[1.0, 2.0, 3.0, 4.0], &[0.0, 5.0, 5.0, 9.0]).unwrap();
        assert!((tied - 0.948_683).abs() < 1e-5);
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[0.0, 0.0, 0.0]), None);
        assert_eq!(rank_correlation(&[1.0, f32::NAN, 3.0], &[1.0, 2.0, 3.0]), None);
    }
}
