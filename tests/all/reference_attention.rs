//! Attention of one query over encoder states against PyTorch's numbers: each sequence by itself, as
//! the learner sees it, and all side by side, as they are trained.

use std::ops::Range;

use ndarray::{Array2, s};
use unrolled::nn::attention::{Attention, Score, Widths};
use unrolled::nn::{Binder, Parameters};
use unrolled::tape::{Gradients, Graph, NodeId, Tape};
use unrolled::tensor::scalar;

use crate::golden::{Golden, cases};
use crate::reference::{follow, gradient};

cases! {
    attention_dot: |g| attention(g, Score::Dot, &[]);
    attention_scaled_dot: |g| attention(g, Score::ScaledDot, &[]);
    attention_general: |g| attention(g, Score::General, &[("W", "w_a", false)]);
    attention_additive: |g| attention(g, Score::Additive, &[
        ("W", "w_a", true),
        ("U", "u_a", true),
        ("b", "b_a", false),
        ("v", "v_a", true),
    ]);
    attention_concat: |g| attention(g, Score::Concat, &[("W_a", "w_a", true), ("v", "v_a", true)]);
    attention_location: |g| {
        let longest = g.shape("input.h")[1];
        attention(g, Score::Location { longest }, &[("W_a", "w_a", true)]);
    };
}

/// A parameter's name there, ours, and whether rows and columns are exchanged.
type Weight = (&'static str, &'static str, bool);

fn attention(golden: &Golden, score: Score, weights: &[Weight]) {
    let turned = |array: Array2<f32>, is_turned: bool| {
        if is_turned { array.t().as_standard_layout().into_owned() } else { array }
    };
    let mut parameters = Parameters::default();
    for (theirs, ours, is_turned) in weights {
        parameters.push(*ours, turned(golden.matrix(&format!("param.{theirs}")), *is_turned));
    }
    let sequences = golden.shape("input.h")[0];
    for side_by_side in [1, sequences] {
        let groups = (0..sequences).step_by(side_by_side);
        let runs: Vec<Run> = groups
            .map(|first| Run::new(golden, score, &parameters, first..first + side_by_side))
            .collect();
        let loss = runs.iter().map(|run| run.graph.value(run.loss)[[0, 0]]).sum::<f32>();
        golden.check("loss", [&scalar(loss)]);
        let all = |of: &dyn Fn(&Run) -> Vec<Array2<f32>>| -> Vec<Array2<f32>> {
            runs.iter().flat_map(of).collect()
        };
        for (name, value) in [
            ("trace.scores", "score"),
            ("trace.weights", "attention"),
            ("output.context", "context"),
        ] {
            golden
                .check(name, &all(&|run| run.shown(value, &|node| run.graph.value(node).clone())));
            golden.check(
                &format!("grad.{name}"),
                &all(&|run| run.shown(value, &|node| run.gradient(node))),
            );
        }
        if golden.has("trace.hidden") {
            golden.check("trace.hidden", &all(&|run| run.layer(&|n| run.graph.value(n).clone())));
            golden.check("grad.trace.hidden", &all(&|run| run.layer(&|n| run.gradient(n))));
        }
        golden.check("grad.input.s", &all(&|run| run.given(&run.queries)));
        golden.check("grad.input.h", &all(&|run| run.given(&run.states)));
        for (theirs, ours, is_turned) in weights {
            let of = |run: &Run| {
                let node = run.graph.at(run.graph.find(ours).unwrap(), 0).unwrap();
                run.gradient(node)
            };
            let sum = runs.iter().map(of).reduce(|sum, share| sum + share).unwrap();
            golden.check(&format!("grad.param.{theirs}"), [&turned(sum, *is_turned)]);
        }
    }
}

/// Some of a case's sequences side by side.
struct Run {
    graph: Graph,
    gradients: Gradients,
    loss: NodeId,
    rows: usize,
    source: usize,
    /// For each position of the source.
    states: Vec<NodeId>,
    /// For each step of the decoder.
    queries: Vec<NodeId>,
}

impl Run {
    fn new(golden: &Golden, score: Score, parameters: &Parameters, rows: Range<usize>) -> Self {
        // There, time is the second axis.
        let by_time = |name: &str| -> Vec<Array2<f32>> {
            let sequences = golden.steps(name);
            let at = |t: usize| {
                let rows = rows.clone().map(|row| sequences[row].slice(s![t..=t, ..]));
                ndarray::concatenate(ndarray::Axis(0), &rows.collect::<Vec<_>>()).unwrap()
            };
            (0..sequences[0].nrows()).map(at).collect()
        };
        let lengths = golden.integers("input.key_lengths")[rows.clone()].iter();
        let lengths: Vec<usize> = lengths.map(|length| *length as usize).collect();
        let width = |name: &str| golden.shape(name)[2];
        let layer = if golden.has("param.v") { golden.shape("param.v")[0] } else { 0 };
        let widths = Widths { query: width("input.s"), key: width("input.h"), layer };
        let tape = Tape::recording();
        let attention = Attention::new(&Binder::stored(&tape, parameters), score, widths);
        let states = by_time("input.h").into_iter().map(|h| tape.constant(h)).collect::<Vec<_>>();
        let memory = attention.memory(&states, Some(&lengths));
        let mut queries = Vec::new();
        let mut loss = tape.constant(scalar(0.0));
        for (s, cotangent) in by_time("input.s").into_iter().zip(by_time("input.cot_y")) {
            tape.set_position(states.len() + queries.len());
            let s = tape.constant(s);
            queries.push(s.node());
            loss = loss + (attention.context(s, &memory) * tape.constant(cotangent)).sum();
        }
        let (loss, states) = (loss.node(), states.iter().map(|h| h.node()).collect::<Vec<_>>());
        let graph = tape.finish();
        let gradients = graph.gradients(loss);
        let (rows, source) = (rows.len(), states.len());
        Self { graph, gradients, loss, rows, source, states, queries }
    }

    fn gradient(&self, node: NodeId) -> Array2<f32> {
        gradient(&self.graph, &self.gradients, node)
    }

    /// A named value or its gradient: for each sequence and step the row that is its own, in columns
    /// that stand for positions those of its own.
    fn shown(&self, name: &str, array: &dyn Fn(NodeId) -> Array2<f32>) -> Vec<Array2<f32>> {
        self.each(name, &|node, row| {
            let array = array(node);
            // One row of scores is that of all sequences.
            let own = array.row(row.min(array.nrows() - 1));
            let step = if own.len() == self.source * self.rows { self.rows } else { 1 };
            let first = if step == 1 { 0 } else { row };
            own.slice(s![first..; step]).to_owned().insert_axis(ndarray::Axis(0))
        })
    }

    /// The layer of an additive or concat score or its gradient: for each sequence and step a row for
    /// each position of the source.
    fn layer(&self, array: &dyn Fn(NodeId) -> Array2<f32>) -> Vec<Array2<f32>> {
        self.each("score", &|node, row| {
            array(follow(&self.graph, node, &[0, 0])).slice(s![row..; self.rows, ..]).to_owned()
        })
    }

    fn each(&self, name: &str, part: &dyn Fn(NodeId, usize) -> Array2<f32>) -> Vec<Array2<f32>> {
        let name = self.graph.find(name).unwrap();
        let at = |step: usize| self.graph.at(name, (self.source + step) as i32).unwrap();
        let steps = 0..self.queries.len();
        let of = |row: usize| steps.clone().map(move |step| part(at(step), row));
        (0..self.rows).flat_map(of).collect()
    }

    /// The gradients of what was given, for each sequence its times below each other.
    fn given(&self, nodes: &[NodeId]) -> Vec<Array2<f32>> {
        let row =
            |node: &NodeId, row: usize| self.gradient(*node).slice(s![row..=row, ..]).to_owned();
        (0..self.rows).flat_map(|r| nodes.iter().map(move |node| row(node, r))).collect()
    }
}
