//! A finished run as the learner sees it: immutable, asked by name and position.
//!
//! A trace is made by running a checkpoint on an input; training knows nothing of it. The order of
//! computation is cut into [`Tick`]s, which the [`timeline`] steps through.

pub mod attention;
pub mod backward;
mod cost;
pub mod flow;
pub mod importance;
pub mod jacobian;
mod judged;
pub mod statistics;
mod ticks;
pub mod timeline;

use std::borrow::Cow;
use std::sync::Arc;

use ndarray::{Array2, ArrayView1, s};

use crate::checkpoint::Checkpoint;
use crate::models::{Axes, KeptShare, Outputs, Range, ValueDoc, recurrent};
use crate::nn::{Binder, Parameters};
use crate::palette::ABSENT;
use crate::tape::{EVERYWHERE, Gradients, Graph, Intervention, Mode, NodeId, Tape};
use crate::tasks::{Batch, Example, Remark, Rollout, Sequence, Targets, Task};

pub use backward::Backward;
pub use cost::Cost;
pub use ticks::{Tick, Ticks, Walk};

/// A recorded run.
pub struct Trace {
    graph: Graph,
    /// Nodes of the run itself; the losses stand behind them.
    n_run: usize,
    ticks: Ticks,
    /// For each node the named value that it is a step towards; itself, if it has a name.
    towards: Vec<NodeId>,
    tokens: Vec<String>,
    given: usize,
    source: usize,
    is_cut: bool,
    joint: &'static str,
    text: String,
    /// What is written up to each position from the last given one on, as one would read it.
    written: Vec<String>,
    remark: Option<Remark>,
    notes: Vec<u8>,
    targets: Targets,
    judged: Vec<Option<bool>>,
    sequence: Sequence,
    symbols: Vec<&'static str>,
    values: &'static [ValueDoc],
    interventions: Vec<Intervention>,
    kept_share: Option<KeptShare>,
    model: String,
}

/// Which value at which position: how the program points at what it shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The named value or parameter.
    pub name: String,
    /// The position; ignored for parameters.
    pub position: i32,
    /// Which of the nodes that it was computed from; empty for the value itself.
    pub path: Vec<usize>,
}

impl Place {
    /// A named value at a position.
    #[must_use]
    pub fn new(name: impl Into<String>, position: i32) -> Self {
        Self { name: name.into(), position, path: Vec::new() }
    }
}

impl Trace {
    /// Runs a model on a sequence, recording everything.
    #[must_use]
    pub fn record(
        checkpoint: &Checkpoint,
        sequence: Sequence,
        interventions: Vec<Intervention>,
    ) -> Self {
        Self::record_with(checkpoint, &checkpoint.parameters, sequence, interventions)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a run owns its sequence, though a rollout makes it anew"
    )]
    fn record_with(
        checkpoint: &Checkpoint,
        parameters: &Parameters,
        sequence: Sequence,
        interventions: Vec<Intervention>,
    ) -> Self {
        let task = &*checkpoint.task;
        let model = &*checkpoint.model;
        let tape = tape_for(checkpoint, Mode::Record, interventions.clone());
        let rollout = Rollout::new(task, &sequence).within(model.longest());
        let binder = Binder::stored(&tape, parameters);
        let stepped = (!model.reads_at_once()).then(|| model.forward(&binder, &rollout));
        if stepped.is_none() {
            let tape = tape_for(checkpoint, Mode::Lean, interventions.clone());
            let _ = model.forward(&Binder::stored(&tape, parameters), &rollout);
        }
        let is_cut = rollout.is_cut();
        let sequence = rollout.finish();
        let source = task.source(&sequence).min(sequence.len());
        let outputs = stepped.unwrap_or_else(|| {
            let targets = task.targets(&sequence);
            let example = Example { sequence: sequence.clone(), targets };
            model.forward(&binder, &Batch::new(task, &[example]))
        });
        let n_run = tape.graph().len();
        let targets = task.targets(&sequence);
        let judged = judged::judged(task, &sequence, &targets, &outputs);
        add_losses(&tape, &outputs, &targets);
        let graph = tape.finish();
        let tokens = task.tokens(&sequence);
        let towards = towards(&graph);
        Self {
            ticks: Ticks::new(ticks(&graph, &towards, n_run), tokens.len()),
            towards,
            n_run,
            graph,
            tokens,
            given: task.given(&sequence),
            source,
            is_cut,
            joint: task.joint(),
            text: task.text(&sequence),
            written: written(task, &sequence),
            remark: task.remark(&sequence),
            notes: task.notes(&sequence),
            targets,
            judged,
            sequence,
            symbols: task.output_symbols().to_vec(),
            values: checkpoint.spec.values,
            interventions,
            kept_share: checkpoint.model.kept_share(),
            model: checkpoint.card.id.clone(),
        }
    }

    /// Like [`Trace::record`], where interventions may also name weights: `w_hf[3][5] = 0` sets the
    /// weight in row 3, column 5.
    #[must_use]
    pub fn record_edited(
        checkpoint: &Checkpoint,
        sequence: Sequence,
        interventions: &[Intervention],
    ) -> Self {
        let parameters = edited(checkpoint, interventions);
        Self::record_with(checkpoint, &parameters, sequence, interventions.to_vec())
    }

    /// The nodes and names.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The order of computation.
    #[must_use]
    pub fn ticks(&self) -> &[Tick] {
        self.ticks.all()
    }

    /// The named value that a node is a step towards; itself, if it has a name.
    #[must_use]
    pub fn towards(&self, node: NodeId) -> NodeId {
        self.towards[node.index()]
    }

    /// What each position read, as text.
    #[must_use]
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The input as it would be typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the model has written when it has read up to a position, as one would read it; `None`
    /// before that and where a model only reads.
    #[must_use]
    pub fn written(&self, position: usize) -> Option<&str> {
        let at = (position + 1).checked_sub(self.given)?;
        let last = self.written.len().checked_sub(1)?;
        self.written.get(at.min(last)).map(String::as_str)
    }

    /// Where the input leaves what its task is about, so that nobody knows the right answer.
    #[must_use]
    pub fn remark(&self) -> Option<&Remark> {
        self.remark.as_ref()
    }

    /// The sequence as MIDI note numbers; empty where it is no melody.
    #[must_use]
    pub fn notes(&self) -> &[u8] {
        &self.notes
    }

    /// The input.
    #[must_use]
    pub fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// How many positions were given; the model wrote the others.
    #[must_use]
    pub fn given(&self) -> usize {
        self.given
    }

    /// How many positions an encoder read before a decoder began; all where there is none.
    #[must_use]
    pub fn source(&self) -> usize {
        self.source
    }

    /// Whether the model was stopped before it had ended its answer.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// What stands between two tokens when they are put together to be typed.
    #[must_use]
    pub fn joint(&self) -> &'static str {
        self.joint
    }

    /// What should be answered along the sequence.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Whether the answer at a position is right, as the task counts; `None` where it counts none.
    #[must_use]
    pub fn is_right(&self, position: usize) -> Option<bool> {
        self.judged.get(position).copied().flatten()
    }

    /// The last position with a loss, from which gradients flow unless another is chosen.
    #[must_use]
    pub fn last_loss(&self) -> Option<usize> {
        let losses = self.graph.everywhere(self.graph.find(LOSS)?);
        losses.last().and_then(|(position, _)| usize::try_from(*position).ok())
    }

    /// Whether a node is computed when `cursor` ticks are done. What is given from outside always
    /// is; a loss is when its position is complete.
    #[must_use]
    pub fn is_done(&self, node: NodeId, cursor: usize) -> bool {
        let entry = self.graph.node(node);
        let position = usize::try_from(entry.position);
        if node.index() >= self.n_run {
            return position.is_ok_and(|position| cursor >= self.ticks.end_of(position));
        }
        let is_outside = position.is_err() || position.is_ok_and(|at| at >= self.n_positions());
        let last = self.ticks.last(cursor);
        (entry.is_leaf() && is_outside) || last.is_some_and(|last| node <= last.node)
    }

    /// The number of positions.
    #[must_use]
    pub fn n_positions(&self) -> usize {
        self.tokens.len()
    }

    /// The symbols that the columns of a prediction stand for; empty for a model of numbers.
    #[must_use]
    pub fn symbols(&self) -> &[&'static str] {
        &self.symbols
    }

    /// What was changed from outside.
    #[must_use]
    pub fn interventions(&self) -> &[Intervention] {
        &self.interventions
    }

    /// The model's id.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The names of the values that have a position, in order of first appearance.
    pub fn value_names(&self) -> impl Iterator<Item = &str> {
        let named = self.graph.names().iter().filter(|named| !named.is_parameter);
        named.map(|named| named.name.as_str())
    }

    /// What a value means, by its dotted name.
    #[must_use]
    pub fn doc(&self, name: &str) -> Option<&'static ValueDoc> {
        let mut docs = self.values.iter().chain(std::iter::once(&recurrent::LOSS));
        docs.find(|doc| doc.is_about(name))
    }

    /// What the rows and columns of a value stand for.
    #[must_use]
    pub fn axes(&self, name: &str) -> Axes {
        self.doc(name).map_or(Axes::Units, |doc| doc.axes)
    }

    /// The position that column 0 stands for in a value whose columns are positions, where it is
    /// named at `position`.
    #[must_use]
    pub fn first_column(&self, name: &str, position: i32) -> usize {
        let is_decoder = usize::try_from(position).is_ok_and(|position| position >= self.source);
        if self.axes(name) == Axes::Own && is_decoder { self.source } else { 0 }
    }

    /// Where the entries of a value lie; signed if the model does not say.
    #[must_use]
    pub fn range(&self, name: &str) -> Range {
        self.doc(name).map_or(Range::Signed, |doc| doc.range)
    }

    /// The node that bears `name` at `position`, or at an earlier one and has a row for this.
    #[must_use]
    pub fn node(&self, name: &str, position: i32) -> Option<NodeId> {
        let id = self.graph.find(name)?;
        if let Some(node) = self.graph.at(id, position) {
            return Some(node);
        }
        let nodes = self.graph.everywhere(id);
        let before = nodes.partition_point(|(start, _)| *start <= position).checked_sub(1)?;
        let (start, node) = *nodes.get(before)?;
        let rows = i32::try_from(self.graph.value(node).nrows()).ok()?;
        let has_row = position.checked_sub(start).is_some_and(|row| row < rows);
        (has_row && self.axes(name) != Axes::UnitsByPosition).then_some(node)
    }

    /// The row of a node that belongs to a position; 0 for what belongs to none.
    #[must_use]
    pub fn row_of(&self, node: NodeId, position: i32) -> usize {
        let node = self.graph.node(node);
        let row = position.checked_sub(node.position).and_then(|row| usize::try_from(row).ok());
        let last = node.value.nrows().saturating_sub(1);
        if node.position == EVERYWHERE { 0 } else { row.unwrap_or(0).min(last) }
    }

    /// The row of the value called `name` that belongs to `position`.
    #[must_use]
    pub fn row(&self, name: &str, position: i32) -> Option<ArrayView1<'_, f32>> {
        let node = self.node(name, position)?;
        let row = self.row_of(node, position);
        let value = self.graph.value(node);
        (row < value.nrows()).then(|| value.row(row))
    }

    /// The value called `name` at `position`: (rows, columns).
    #[must_use]
    pub fn value(&self, name: &str, position: i32) -> Option<&Array2<f32>> {
        Some(self.graph.value(self.node(name, position)?))
    }

    /// The node at a place.
    #[must_use]
    pub fn find(&self, place: &Place) -> Option<NodeId> {
        let mut node = self.node(&place.name, place.position)?;
        if !place.path.is_empty() {
            // An intervention stands between a value's name and its calculation.
            while self.graph.node(node).op.name() == "intervention" {
                node = *self.graph.node(node).inputs.first()?;
            }
        }
        for input in &place.path {
            node = *self.graph.node(node).inputs.get(*input)?;
        }
        Some(node)
    }

    /// The place of a node, through the named value that it is a step towards.
    #[must_use]
    pub fn place_of(&self, node: NodeId) -> Option<Place> {
        if let Some(name) = self.graph.node(node).name {
            let position = match self.graph.node(node).position {
                EVERYWHERE => 0,
                position => position,
            };
            return Some(Place::new(self.graph.name(name).name.clone(), position));
        }
        let towards = Some(self.towards(node)).filter(|towards| *towards != node)?;
        let mut place = self.place_of(towards)?;
        place.path = self.path(towards, node)?;
        Some(place)
    }

    fn path(&self, from: NodeId, to: NodeId) -> Option<Vec<usize>> {
        for (at, input) in self.graph.node(from).inputs.iter().enumerate() {
            if *input == to {
                return Some(vec![at]);
            }
            if self.graph.node(*input).name.is_none()
                && let Some(rest) = self.path(*input, to)
            {
                return Some([vec![at], rest].concat());
            }
        }
        None
    }

    /// A value's row for every position: (positions, units), or (positions, positions) where its
    /// columns stand for positions. Where there is no value stands [`ABSENT`], which no view draws.
    #[must_use]
    pub fn over_time(&self, name: &str) -> Option<Array2<f32>> {
        let nodes = self.graph.everywhere(self.graph.find(name)?);
        let widest = || nodes.iter().map(|(_, node)| self.graph.value(*node).ncols()).max();
        let columns = match self.axes(name) {
            Axes::Units => widest()?,
            Axes::Source | Axes::Own => self.n_positions(),
            Axes::UnitsByPosition => return None,
        };
        let mut rows = Array2::from_elem([self.n_positions(), columns], ABSENT);
        for (start, node) in nodes {
            let Ok(position) = usize::try_from(*start) else { continue };
            let value = self.graph.value(*node);
            let first = self.first_column(name, *start);
            let end = position + value.nrows();
            if end <= rows.nrows() && first + value.ncols() <= columns {
                rows.slice_mut(s![position..end, first..first + value.ncols()]).assign(value);
            }
        }
        Some(rows)
    }

    /// A value as one picture whose rows are positions: over time, or, of what has at each position a
    /// row for every unit and a column for every earlier position, that of the last position turned.
    #[must_use]
    pub fn as_picture(&self, name: &str) -> Option<Array2<f32>> {
        if self.axes(name) != Axes::UnitsByPosition {
            return self.over_time(name);
        }
        let (_, last) = self.graph.everywhere(self.graph.find(name)?).last()?;
        Some(self.graph.value(*last).t().as_standard_layout().into_owned())
    }

    /// The first position at which a value is not what it is in another run of the model, and the
    /// value computed first there.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<(usize, String)> {
        let differs = |name: &str, position: i32| {
            let (Some(ours), Some(theirs)) =
                (self.value(name, position), other.value(name, position))
            else {
                return self.value(name, position).is_some();
            };
            let bits = |x: &Array2<f32>| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            ours.dim() != theirs.dim() || bits(ours) != bits(theirs)
        };
        (0..self.n_positions()).find_map(|position| {
            let at = i32::try_from(position).ok()?;
            let differing = self.value_names().filter(|name| differs(name, at));
            let name = differing.min_by_key(|name| self.node(name, at))?;
            Some((position, name.to_owned()))
        })
    }

    /// Gradients of the sum of a value's entries with respect to everything before it.
    #[must_use]
    pub fn gradients(&self, of: NodeId) -> Gradients {
        self.graph.gradients(of)
    }

    /// Which value says how much of the memory a step keeps, if one does.
    #[must_use]
    pub fn kept_share(&self) -> Option<KeptShare> {
        self.kept_share
    }
}

/// A tape on which interventions apply to a model's values.
fn tape_for(checkpoint: &Checkpoint, mode: Mode, interventions: Vec<Intervention>) -> Tape {
    let docs = checkpoint.spec.values.iter();
    let by_unit = docs.filter(|doc| doc.axes == Axes::UnitsByPosition);
    let last = |doc: &ValueDoc| doc.name.rsplit('.').next().unwrap_or(doc.name);
    Tape::new(mode, interventions).rows_are_positions(by_unit.map(last))
}

/// The parameters with the interventions on weights applied.
fn edited<'c>(checkpoint: &'c Checkpoint, interventions: &[Intervention]) -> Cow<'c, Parameters> {
    let is_weight = |intervention: &Intervention| {
        checkpoint.parameters.iter().any(|(name, _)| intervention.names(name))
    };
    let mut parameters = Cow::Borrowed(&checkpoint.parameters);
    for intervention in interventions.iter().filter(|intervention| is_weight(intervention)) {
        let named = parameters.to_mut().iter_mut().filter(|(name, _)| intervention.names(name));
        named.for_each(|(_, weights)| intervention.edit_weights(weights));
    }
    parameters
}

/// The name of the losses.
pub const LOSS: &str = "loss";

/// Puts what each answer costs behind the run, as a named value like any other, so that gradients
/// can start from it.
fn add_losses(tape: &Tape, outputs: &Outputs<'_>, targets: &Targets) {
    let last = (outputs.first + outputs.scores.len()).saturating_sub(1);
    for (position, scores) in (outputs.first..).zip(&outputs.scores) {
        tape.set_position(position);
        let loss = match targets {
            Targets::Symbols(symbols) => {
                let Some(target) = symbols.get(position).copied().flatten() else { continue };
                scores.log_softmax().pick(&[Some(target)]).scale(-1.0)
            }
            Targets::LastNumber(number) if position == last => {
                (*scores - tape.constant(crate::tensor::scalar(*number))).square()
            }
            // What is recalled from patterns is judged by where the run ends; nothing is learned.
            Targets::LastNumber(_) | Targets::Pattern(_) => continue,
        };
        let _ = loss.named(LOSS, "L");
    }
}

/// What is written after what is given, up to each position; nothing where nothing can be.
fn written(task: &dyn Task, sequence: &Sequence) -> Vec<String> {
    let given = task.given(sequence);
    if task.source(sequence) >= sequence.len() {
        return Vec::new();
    }
    (given..=sequence.len()).map(|end| task.written(&sequence.beginning(end))).collect()
}

/// Which named value each node is a step towards.
fn towards(graph: &Graph) -> Vec<NodeId> {
    let mut towards: Vec<NodeId> = (0..graph.len() as u32).map(NodeId).collect();
    for (id, node) in graph.nodes().rev() {
        for input in &node.inputs {
            let known = towards[input.index()] != *input;
            if graph.node(*input).name.is_none() && !known {
                towards[input.index()] = towards[id.index()];
            }
        }
    }
    towards
}

/// Cuts the order of computation into ticks; the nodes from `n_run` on are no part of it.
fn ticks(graph: &Graph, towards: &[NodeId], n_run: usize) -> Vec<Tick> {
    let computed = graph.nodes().take(n_run).filter(|(_, node)| {
        // A position's input counts as a step although nothing is calculated there.
        !node.is_leaf() || (node.name.is_some() && node.position >= 0)
    });
    computed
        .map(|(id, node)| Tick {
            node: id,
            position: node.position.max(0) as usize,
            section: node.section,
            towards: towards[id.index()],
        })
        .collect()
}

impl Walk for Trace {
    fn walk(&self) -> &Ticks {
        &self.ticks
    }
}

/// ln ½ / ln(share): after how many positions half is left where `share` is kept at each.
///
/// 0 for a share of 0; infinite for a share of 1 or more, which forgets nothing.
#[must_use]
pub fn half_life(share: f32) -> f32 {
    if share >= 1.0 {
        f32::INFINITY
    } else if share <= 0.0 {
        0.0
    } else {
        std::f32::consts::LN_2 / -share.ln()
    }
}

/// A trace that threads share.
pub type SharedTrace = Arc<Trace>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models;

    /// An LSTM with new weights: what a trace does must not depend on training.
    pub(super) fn example(text: &str) -> Trace {
        let (spec, recipe) = models::find_recipe("lstm-brackets").unwrap();
        let checkpoint = crate::checkpoint::untrained(spec, recipe).unwrap();
        let sequence = checkpoint.task.parse(text).unwrap();
        Trace::record(&checkpoint, sequence, Vec::new())
    }

    #[test]
    fn every_tick_leads_to_a_named_value_of_its_position() {
        let trace = example("([{<");
        assert_eq!(trace.n_positions(), 4);
        for tick in trace.ticks() {
            let target = trace.graph().node(tick.towards);
            assert!(target.name.is_some());
            assert_eq!(target.position, tick.position as i32);
            let place = trace.place_of(tick.node).unwrap();
            assert_eq!(trace.find(&place), Some(tick.node), "{place:?}");
        }
    }

    #[test]
    fn a_value_over_time_has_a_row_for_every_position() {
        let trace = example("([]");
        let gate = trace.over_time("forget_gate").unwrap();
        assert_eq!(gate.dim(), (3, 32));
        assert_eq!(gate.row(2), trace.value("forget_gate", 2).unwrap().row(0));
        assert!(trace.over_time("nothing").is_none());
    }

    #[test]
    fn a_half_life_is_the_time_to_half() {
        assert!((half_life(0.5) - 1.0).abs() < 1e-6);
        // 0.9^n = ½ at n = ln ½ / ln 0.9 = 6.579.
        assert!((half_life(0.9) - 6.579).abs() < 1e-3);
        assert_eq!((half_life(0.0), half_life(1.0)), (0.0, f32::INFINITY));
        assert!(half_life(f32::NAN).is_nan());
    }
}
