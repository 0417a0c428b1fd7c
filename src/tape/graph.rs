//! What a finished run consists of: nodes in the order in which they were computed, and names.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use ndarray::Array2;
use smallvec::SmallVec;

use super::ops::{Attribute, Op};
use crate::tensor::{self, Shape};

/// The position of values that belong to no position, such as parameters.
pub const EVERYWHERE: i32 = i32::MIN;

/// A node's place in the order of computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The place as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A value's name, interned; see [`Graph::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

/// A part of a model that is stepped through as a whole ("layer" granularity), interned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(pub u16);

/// A node's array: its own, shared with a store of parameters, or given back.
#[derive(Clone, Debug)]
pub enum Value {
    /// Computed by this node.
    Own(Array2<f32>),
    /// A parameter, not copied.
    Shared(Arc<Array2<f32>>),
    /// Given back by a tape that does not keep everything; it was of this shape.
    GivenBack(Shape),
}

impl Value {
    /// Rows and columns, also of an array that was given back.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self {
            Self::GivenBack(shape) => *shape,
            array => tensor::shape(array),
        }
    }
}

impl Deref for Value {
    type Target = Array2<f32>;

    fn deref(&self) -> &Array2<f32> {
        match self {
            Self::Own(array) => array,
            Self::Shared(array) => array,
            // Only a model that reads an unnamed value of an earlier position, or an op that says
            // wrongly what its backward step reads.
            Self::GivenBack([rows, columns]) => {
                panic!("an unnamed value, {rows}×{columns}, is read after it was given back")
            }
        }
    }
}

/// The nodes that an op was applied to.
pub type Inputs = SmallVec<[NodeId; 3]>;

/// One computed value and how it came about.
#[derive(Clone)]
pub struct Node {
    /// What was computed.
    pub op: &'static dyn Op,
    /// The op's constants, such as a factor or row numbers.
    pub attribute: Attribute,
    /// What it was computed from, in the op's order.
    pub inputs: Inputs,
    /// The result; (rows, columns) as the op defines.
    pub value: Value,
    /// Whether a backward step will read the result; known on a tape for training.
    pub(super) is_read: bool,
    /// The name, if this is a named value or a parameter.
    pub name: Option<NameId>,
    /// The position in the sequence, [`EVERYWHERE`] for parameters, −1 for initial states.
    pub position: i32,
    /// The part of the model that it belongs to.
    pub section: SectionId,
}

impl Node {
    /// Whether nothing was computed here: a parameter, an input or an initial state.
    #[must_use]
    pub fn is_leaf(&self) -> bool {
        self.inputs.is_empty() && self.op.is_leaf()
    }
}

/// A name, its symbol and the nodes that bear it, in order of position.
#[derive(Clone, Debug)]
pub struct Named {
    /// Dotted and stable, such as `encoder.layer0.forget_gate`.
    pub name: String,
    /// LaTeX without the position, such as `f`.
    pub symbol: String,
    /// Whether this is a parameter.
    pub is_parameter: bool,
    nodes: Vec<(i32, NodeId)>,
}

/// All nodes of a run and their names.
#[derive(Clone, Default)]
pub struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) names: Vec<Named>,
    sections: Vec<String>,
    by_name: HashMap<String, NameId>,
}

impl Graph {
    /// The number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing was computed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node.
    ///
    /// # Panics
    /// If the id comes from another graph, which would be a bug of ours.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// All nodes in the order in which they were computed.
    #[must_use]
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> + ExactSizeIterator {
        self.nodes.iter().enumerate().map(|(at, node)| (NodeId(at as u32), node))
    }

    /// A node's array; rows are parallel sequences or positions, columns units.
    #[must_use]
    pub fn value(&self, id: NodeId) -> &Array2<f32> {
        &self.nodes[id.index()].value
    }

    /// Lets `f` look at what `get` gives of several nodes.
    pub(super) fn with<'a, T: 'a, R>(
        &'a self,
        ids: &[NodeId],
        get: impl Fn(&'a Node) -> &'a T,
        f: impl FnOnce(&[&'a T]) -> R,
    ) -> R {
        let get = |id: &NodeId| get(self.node(*id));
        // One and two inputs are nearly all of them; a list of its own would cost more than they.
        match ids {
            [x] => f(&[get(x)]),
            [x, y] => f(&[get(x), get(y)]),
            _ => f(&ids.iter().map(get).collect::<Vec<_>>()),
        }
    }

    /// All names in the order in which they first appeared.
    #[must_use]
    pub fn names(&self) -> &[Named] {
        &self.names
    }

    /// A name's entry.
    #[must_use]
    pub fn name(&self, id: NameId) -> &Named {
        &self.names[id.0 as usize]
    }

    /// The name spelled `name`, if any value bears it.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<NameId> {
        self.by_name.get(name).copied()
    }

    /// The node that bears `name` at `position`; parameters are found at every position.
    #[must_use]
    pub fn at(&self, name: NameId, position: i32) -> Option<NodeId> {
        let nodes = &self.name(name).nodes;
        if let [(EVERYWHERE, node)] = nodes[..] {
            return Some(node);
        }
        let found = nodes.binary_search_by_key(&position, |entry| entry.0).ok()?;
        Some(nodes[found].1)
    }

    /// The positions and nodes that bear `name`, in order; initial states are at −1.
    #[must_use]
    pub fn everywhere(&self, name: NameId) -> &[(i32, NodeId)] {
        &self.name(name).nodes
    }

    /// The label of a section.
    #[must_use]
    pub fn section(&self, id: SectionId) -> &str {
        &self.sections[usize::from(id.0)]
    }

    /// The total of all arrays in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let entries = |node: &Node| match &node.value {
            Value::GivenBack(_) => 0,
            array => array.len(),
        };
        self.nodes.iter().map(entries).sum::<usize>() * size_of::<f32>()
    }

    pub(super) fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        id
    }

    pub(super) fn intern(&mut self, name: String, symbol: &str, is_parameter: bool) -> NameId {
        if let Some(id) = self.by_name.get(&name) {
            return *id;
        }
        let id = NameId(self.names.len() as u32);
        self.by_name.insert(name.clone(), id);
        self.names.push(Named { name, symbol: symbol.to_owned(), is_parameter, nodes: Vec::new() });
        id
    }

    pub(super) fn intern_section(&mut self, label: &str) -> SectionId {
        let found = self.sections.iter().position(|known| known == label).unwrap_or_else(|| {
            self.sections.push(label.to_owned());
            self.sections.len() - 1
        });
        SectionId(found as u16)
    }

    /// Gives a node its name.
    ///
    /// # Panics
    /// If another node bears that name at that position: it could not be told from the first.
    pub(super) fn label(&mut self, node: NodeId, name: NameId, position: i32) {
        let entry = &mut self.names[name.0 as usize];
        // Nearly always at the end; a sequence that is read from its end names from the front.
        let at = entry.nodes.partition_point(|(known, _)| *known < position);
        let is_new = entry.nodes.get(at).is_none_or(|(known, _)| *known != position);
        assert!(is_new, "`{}` is named twice at position {position}", entry.name);
        entry.nodes.insert(at, (position, node));
        let node = &mut self.nodes[node.index()];
        node.name = Some(name);
        node.position = position;
    }
}
