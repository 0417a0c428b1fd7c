//! The tape: a forward pass written as equations, recorded value by value.
//!
//! ```
//! use unrolled::tape::Tape;
//! use unrolled::tensor::row;
//!
//! let tape = Tape::recording();
//! let x = tape.input("input", "x", row(&[1.0, -2.0]));
//! let y = (x.tanh() * x).named("squashed", "y");
//! assert_eq!(tape.graph().name(tape.graph().find("squashed").unwrap()).symbol, "y");
//! assert_eq!(y.value().dim(), (1, 2));
//! ```
//!
//! A [`Var`] is a copyable handle to a node; operators on it compute at once and record what was
//! computed. Nothing else in the crate does arithmetic for a model, so the recorded [`Graph`] is
//! the lesson's mathematics ([`Equation`]), the trainer's graph ([`Gradients`]) and the trace.

pub mod backward;
mod chain;
mod edit;
pub mod equation;
pub mod graph;
pub mod intervention;
pub mod ops;

use std::cell::{Cell, Ref, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use ndarray::Array2;
use smallvec::SmallVec;

pub use backward::{BackwardPass, Gradients};
pub use equation::Equation;
pub use graph::{EVERYWHERE, Graph, NameId, Named, Node, NodeId, SectionId, Value};
pub use intervention::Intervention;
pub use ops::{Attribute, OPS, Op, Reads};

/// Which values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every node's value, as gradients and the inspector need.
    Record,
    /// Named values only; an unnamed value is given back when the position after its own ends.
    Lean,
    /// Named values, and those unnamed ones that a backward step reads.
    Train,
}

/// A scope, and where in the source a name is spelled: its address and length.
type Spelling = (SectionId, usize, usize);

/// A forward pass in the making.
pub struct Tape {
    graph: RefCell<Graph>,
    mode: Mode,
    interventions: Vec<Intervention>,
    /// Where rows are positions: the last parts of the names of values whose rows are units instead.
    rows_are_units: Option<Vec<&'static str>>,
    /// Initial states by name, where they are not what the model says.
    starts_from: HashMap<String, Array2<f32>>,
    position: Cell<i32>,
    section: Cell<SectionId>,
    prefix: RefCell<Arc<str>>,
    /// The scope that the prefix belongs to.
    scope: Cell<SectionId>,
    /// Names by scope and by where they are spelled in the source, which is quicker than by
    /// spelling. Every position spells the same names in the same order, so the next one is
    /// looked for behind the last one.
    spelled: RefCell<Vec<(Spelling, NameId)>>,
    last_spelled: Cell<usize>,
    /// First nodes of the previous and the current position, for lean mode.
    starts: Cell<[usize; 2]>,
}

impl Tape {
    /// A tape that keeps every value.
    #[must_use]
    pub fn recording() -> Self {
        Self::new(Mode::Record, Vec::new())
    }

    /// A tape that keeps named values only.
    #[must_use]
    pub fn lean() -> Self {
        Self::new(Mode::Lean, Vec::new())
    }

    /// A tape that keeps what [`Graph::parameter_gradients`] needs.
    #[must_use]
    pub fn training() -> Self {
        Self::new(Mode::Train, Vec::new())
    }

    /// A tape of the given mode on which `interventions` apply, in their order, wherever a value
    /// of a matching name is named.
    #[must_use]
    pub fn new(mode: Mode, interventions: Vec<Intervention>) -> Self {
        let mut graph = Graph::default();
        let section = graph.intern_section("");
        Self {
            graph: RefCell::new(graph),
            mode,
            interventions,
            rows_are_units: None,
            starts_from: HashMap::new(),
            position: Cell::new(0),
            section: Cell::new(section),
            prefix: RefCell::new("".into()),
            scope: Cell::new(section),
            spelled: RefCell::default(),
            last_spelled: Cell::new(0),
            starts: Cell::new([0, 0]),
        }
    }

    /// The same with other initial states, by their names with scopes: (rows, units) each.
    #[must_use]
    pub fn starting_from(self, states: HashMap<String, Array2<f32>>) -> Self {
        Self { starts_from: states, ..self }
    }

    /// The same for one sequence, whose values have a row for each position from the one they are
    /// named at: interventions on some positions change those rows. Values by the last parts of
    /// their names that have a row for each unit instead are changed as a whole.
    #[must_use]
    pub fn rows_are_positions(self, but_for: impl Iterator<Item = &'static str>) -> Self {
        Self { rows_are_units: Some(but_for.collect()), ..self }
    }

    /// What has been recorded so far.
    pub fn graph(&self) -> Ref<'_, Graph> {
        self.graph.borrow()
    }

    /// Ends the recording.
    #[must_use]
    pub fn finish(self) -> Graph {
        self.graph.into_inner()
    }

    /// Says that the values to come belong to position `position` of the sequence.
    pub fn set_position(&self, position: usize) {
        self.position.set(position as i32);
        let [previous, current] = self.starts.get();
        let mut graph = self.graph.borrow_mut();
        if self.mode != Mode::Record {
            for node in &mut graph.nodes[previous..current] {
                if node.name.is_none() && !node.is_read {
                    node.value = Value::GivenBack(node.value.shape());
                }
            }
        }
        self.starts.set([current, graph.len()]);
    }

    /// Says which part of the model the values to come belong to, until the guard is dropped.
    #[must_use]
    pub fn section(&self, label: &str) -> Section<'_> {
        let section = self.graph.borrow_mut().intern_section(label);
        Section { tape: self, outer: self.section.replace(section), outer_scope: None }
    }

    /// Like [`Tape::section`], and puts `name` and a dot before the names given inside.
    #[must_use]
    pub fn scope(&self, name: &str) -> Section<'_> {
        let outer = Arc::clone(&self.prefix.borrow());
        let inner: Arc<str> = format!("{outer}{name}.").into();
        let mut section = self.section(inner.trim_end_matches('.'));
        *self.prefix.borrow_mut() = inner;
        section.outer_scope = Some((self.scope.replace(self.section.get()), outer));
        section
    }

    /// Like [`Tape::scope`], but the values to come belong to `section`: a part of a part that is
    /// stepped through as one.
    #[must_use]
    pub fn scope_within(&self, name: &str, section: SectionId) -> Section<'_> {
        let scope = self.scope(name);
        self.section.set(section);
        scope
    }

    /// The section that values belong to now.
    #[must_use]
    pub fn current_section(&self) -> SectionId {
        self.section.get()
    }

    /// A name with the scopes around it before it: `layer0.forward.hidden`.
    #[must_use]
    pub fn scoped(&self, name: &str) -> String {
        format!("{}{name}", self.prefix.borrow())
    }

    /// A parameter: not copied, and part of no position. Its name is taken as it is.
    #[must_use]
    pub fn parameter(&self, name: &str, symbol: &str, value: Arc<Array2<f32>>) -> Var<'_> {
        let node = self.push_leaf(&ops::leaf::Parameter, Value::Shared(value), EVERYWHERE);
        let mut graph = self.graph.borrow_mut();
        let name = graph.intern(name.to_owned(), symbol, true);
        graph.label(node, name, EVERYWHERE);
        Var { tape: self, node }
    }

    /// A value that comes from outside, at the current position.
    #[must_use]
    pub fn input(&self, name: &'static str, symbol: &'static str, value: Array2<f32>) -> Var<'_> {
        self.constant(value).named(name, symbol)
    }

    /// A value that comes from outside and has no name.
    #[must_use]
    pub fn constant(&self, value: Array2<f32>) -> Var<'_> {
        let node = self.push_leaf(&ops::leaf::Input, Value::Own(value), self.position.get());
        Var { tape: self, node }
    }

    /// The state before the first step: (rows, units) of zeros or whatever `value` holds.
    ///
    /// `position` is −1, or the length of the sequence where it is read from its end.
    #[must_use]
    pub fn initial(
        &self,
        name: &'static str,
        symbol: &'static str,
        position: i32,
        value: Array2<f32>,
    ) -> Var<'_> {
        let given = self.starts_from.get(&self.scoped(name)).cloned();
        let value = given.unwrap_or(value);
        let position = self.position.replace(position);
        let initial = self.input(name, symbol, value);
        self.position.set(position);
        initial
    }

    fn push_leaf(&self, op: &'static dyn Op, value: Value, position: i32) -> NodeId {
        self.graph.borrow_mut().push(Node {
            op,
            attribute: Attribute::None,
            inputs: SmallVec::new(),
            value,
            is_read: false,
            name: None,
            position,
            section: self.section.get(),
        })
    }

    /// Applies an op to nodes of this tape.
    pub(crate) fn apply(
        &self,
        op: &'static dyn Op,
        attribute: Attribute,
        inputs: &[NodeId],
    ) -> Var<'_> {
        let mut graph = self.graph.borrow_mut();
        let value = graph.with(inputs, |node| &*node.value, |x| op.forward(x, &attribute));
        let reads = if self.mode == Mode::Train { op.reads() } else { Reads::Nothing };
        if matches!(reads, Reads::Inputs | Reads::Both) {
            inputs.iter().for_each(|id| graph.nodes[id.index()].is_read = true);
        }
        let node = graph.push(Node {
            op,
            attribute,
            inputs: SmallVec::from_slice(inputs),
            value: Value::Own(value),
            is_read: matches!(reads, Reads::Output | Reads::Both),
            name: None,
            position: self.position.get(),
            section: self.section.get(),
        });
        Var { tape: self, node }
    }

    fn name_id(&self, name: &'static str, symbol: &'static str) -> NameId {
        let key = (self.scope.get(), name.as_ptr() as usize, name.len());
        let mut spelled = self.spelled.borrow_mut();
        let next = self.last_spelled.get() + 1;
        let at = match spelled.get(next) {
            Some(entry) if entry.0 == key => next,
            _ => spelled.iter().position(|entry| entry.0 == key).unwrap_or_else(|| {
                let full = format!("{}{name}", self.prefix.borrow());
                spelled.push((key, self.graph.borrow_mut().intern(full, symbol, false)));
                spelled.len() - 1
            }),
        };
        self.last_spelled.set(at);
        spelled[at].1
    }
}

/// Ends a section or scope of a tape when dropped.
pub struct Section<'t> {
    tape: &'t Tape,
    outer: SectionId,
    outer_scope: Option<(SectionId, Arc<str>)>,
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        self.tape.section.set(self.outer);
        if let Some((scope, prefix)) = self.outer_scope.take() {
            self.tape.scope.set(scope);
            *self.tape.prefix.borrow_mut() = prefix;
        }
    }
}

/// A handle to a value on a tape; its operators read as mathematics.
#[derive(Clone, Copy)]
pub struct Var<'t> {
    tape: &'t Tape,
    node: NodeId,
}

impl<'t> Var<'t> {
    /// Gives the value its name at the current position, and applies the interventions on it.
    ///
    /// `name` is spelled the same in lessons, views, exports and on the command line; `symbol` is
    /// LaTeX without the position.
    #[must_use]
    pub fn named(self, name: &'static str, symbol: &'static str) -> Self {
        let id = self.tape.name_id(name, symbol);
        let position = self.tape.position.get();
        let mut var = self;
        if !self.tape.interventions.is_empty() {
            let full = self.tape.graph.borrow().name(id).name.clone();
            let last = full.rsplit('.').next();
            // Parallel sequences are changed alike.
            let units = self.tape.rows_are_units.as_ref();
            let is_whole = units.is_none_or(|units| units.iter().any(|name| Some(*name) == last));
            let n_rows = if is_whole { 1 } else { self.shape()[0] };
            for intervention in &self.tape.interventions {
                let Some(rows) = intervention.rows(&full, position, n_rows) else { continue };
                let rows = (rows.len() < n_rows).then_some(rows);
                let place = ops::Place { rows, units: intervention.units.clone() };
                var = var.edited(intervention.edit, place);
            }
        }
        self.tape.graph.borrow_mut().label(var.node, id, position);
        var
    }

    /// The node behind this handle.
    #[must_use]
    pub fn node(self) -> NodeId {
        self.node
    }

    /// The tape that this value is on.
    #[must_use]
    pub fn tape(self) -> &'t Tape {
        self.tape
    }

    /// A copy of the value.
    #[must_use]
    pub fn value(self) -> Array2<f32> {
        self.tape.graph.borrow().value(self.node).clone()
    }

    /// Rows and columns.
    #[must_use]
    pub fn shape(self) -> [usize; 2] {
        self.tape.graph.borrow().node(self.node).value.shape()
    }

    pub(crate) fn unary(self, op: &'static dyn Op) -> Self {
        self.with(op, Attribute::None)
    }

    pub(crate) fn with(self, op: &'static dyn Op, attribute: Attribute) -> Self {
        self.tape.apply(op, attribute, &[self.node])
    }

    pub(crate) fn binary(self, op: &'static dyn Op, other: Self) -> Self {
        self.tape.apply(op, Attribute::None, &[self.node, other.node])
    }
}

#[cfg(test)]
mod tests;
