//! Gradients of one scalar with respect to every node, by walking the graph backward.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::graph::{Graph, Node, NodeId, Value};
use super::ops::{Attribute, Local};
use crate::tensor::{Shape, from_vec, kernel, shape, slice, slice_mut};

/// ∂loss/∂value for every node that the loss depends on.
#[derive(Clone, Debug, Default)]
pub struct Gradients {
    of: Vec<Option<Array2<f32>>>,
}

impl Gradients {
    /// The gradient with respect to a node, shaped like its value; `None` where the loss does not
    /// depend on it.
    #[must_use]
    pub fn of(&self, node: NodeId) -> Option<&Array2<f32>> {
        self.of.get(node.index())?.as_ref()
    }

    /// Takes a gradient out.
    pub fn take(&mut self, node: NodeId) -> Option<Array2<f32>> {
        self.of.get_mut(node.index())?.take()
    }
}

impl Graph {
    /// The gradients of the sum of `of`'s entries (of the scalar itself, if it is 1×1).
    #[must_use]
    pub fn gradients(&self, of: NodeId) -> Gradients {
        self.gradients_from(&[(of, Array2::ones(self.value(of).raw_dim()))])
    }

    /// The gradients of Σ entries(seed ⊙ value) over all given nodes.
    #[must_use]
    pub fn gradients_from(&self, seeds: &[(NodeId, Array2<f32>)]) -> Gradients {
        let mut pass = BackwardPass::new(self, seeds);
        while pass.tick().is_some() {}
        pass.finish()
    }

    /// The gradients of parameters, as [`Graph::gradients`] gives them: every other one is given
    /// back as soon as it was passed on, while it is still in the caches.
    #[must_use]
    pub fn parameter_gradients(&self, of: NodeId) -> Gradients {
        let seed = Array2::ones(self.value(of).raw_dim());
        let mut pass = BackwardPass::new(self, &[(of, seed)]);
        pass.keeps_all = false;
        while pass.tick().is_some() {}
        pass.finish()
    }
}

impl Graph {
    /// What a node with this gradient adds to the gradient of a node that it was computed from,
    /// shaped like that node's value; 0 if it was not computed from it.
    #[must_use]
    pub fn share(&self, id: NodeId, gradient: &Array2<f32>, of: NodeId) -> Array2<f32> {
        let mut pass = BackwardPass::new(self, &[(id, gradient.clone())]);
        let _ = pass.tick();
        let share = pass.finish().take(of);
        share.unwrap_or_else(|| Array2::zeros(self.value(of).raw_dim()))
    }
}

/// The chain rule, one node at a tick, from the last node to the first.
pub struct BackwardPass<'g> {
    graph: &'g Graph,
    of: Vec<Option<Array2<f32>>>,
    next: usize,
    /// Whether the gradients of other nodes than parameters are asked for afterwards.
    keeps_all: bool,
    /// Products x·W of few rows whose share xᵀ·dy of ∂W waits: a weight that is used at every
    /// position gets one large matrix product at the end instead of one rank-1 update per position.
    waiting: BTreeMap<NodeId, Vec<NodeId>>,
    /// Transposed copies of parameters, made once and used at every position.
    transposed: BTreeMap<NodeId, Array2<f32>>,
}

impl<'g> BackwardPass<'g> {
    /// A pass that starts from the given gradients.
    #[must_use]
    pub fn new(graph: &'g Graph, seeds: &[(NodeId, Array2<f32>)]) -> Self {
        let mut of = vec![None; graph.len()];
        let mut next = 0;
        for (node, seed) in seeds {
            match &mut of[node.index()] {
                Some(sum) => *sum += seed,
                empty => *empty = Some(seed.clone()),
            }
            next = next.max(node.index() + 1);
        }
        Self {
            graph,
            of,
            next,
            keeps_all: true,
            waiting: BTreeMap::new(),
            transposed: BTreeMap::new(),
        }
    }

    /// Handles the next node that a gradient has reached, and says which; `None` at the end.
    pub fn tick(&mut self) -> Option<NodeId> {
        while self.next > 0 {
            self.next -= 1;
            let (earlier, rest) = self.of.split_at_mut(self.next);
            let Some(place) = rest.first_mut() else { continue };
            let Some(gradient) = &*place else { continue };
            let id = NodeId(self.next as u32);
            let node = self.graph.node(id);
            let mut sink = Sink {
                graph: self.graph,
                id,
                inputs: &node.inputs,
                earlier,
                keeps_all: self.keeps_all,
                heir: None,
                is_waiting: false,
                waiting: &mut self.waiting,
                transposed: &mut self.transposed,
            };
            let value = |node: &'g Node| &node.value;
            self.graph.with(&node.inputs, value, |inputs| {
                let (output, attribute) = (&node.value, &node.attribute);
                node.op.backward(&Local { inputs, output, gradient, attribute }, &mut sink);
            });
            let (heir, is_done) = (sink.heir, !sink.is_waiting && !node.is_leaf());
            if let Some(heir) = heir {
                earlier[heir.index()] = place.take();
            } else if is_done && !self.keeps_all {
                *place = None;
            }
            return Some(id);
        }
        None
    }

    /// The gradients reached so far, with every parameter's contributions added up.
    #[must_use]
    pub fn finish(mut self) -> Gradients {
        for (weight, products) in std::mem::take(&mut self.waiting) {
            let [k, n] = shape(self.graph.value(weight));
            let (mut x, mut dy) = (Vec::new(), Vec::new());
            for product in products {
                let Some(gradient) = &self.of[product.index()] else { continue };
                dy.extend_from_slice(slice(gradient));
                x.extend_from_slice(slice(self.graph.value(self.graph.node(product).inputs[0])));
            }
            let rows = x.len() / k.max(1);
            let sum = self.of[weight.index()].get_or_insert_with(|| Array2::zeros([k, n]));
            kernel::add_transposed_dot(&from_vec([rows, k], x), &from_vec([rows, n], dy), sum);
        }
        Gradients { of: self.of }
    }
}

/// Where an op puts the gradients of its inputs.
pub struct Sink<'a> {
    graph: &'a Graph,
    id: NodeId,
    inputs: &'a [NodeId],
    earlier: &'a mut [Option<Array2<f32>>],
    keeps_all: bool,
    /// The input that gets the whole gradient as it is, when the node itself needs it no more.
    heir: Option<NodeId>,
    /// Whether the node's gradient is needed at the end.
    is_waiting: bool,
    waiting: &'a mut BTreeMap<NodeId, Vec<NodeId>>,
    transposed: &'a mut BTreeMap<NodeId, Array2<f32>>,
}

impl Sink<'_> {
    /// Lets `add` add to the gradient of input number `input`, which starts at zero.
    pub fn add(&mut self, input: usize, add: impl FnOnce(&mut Array2<f32>)) {
        let id = self.inputs[input];
        let shape = self.shape(input);
        add(self.earlier[id.index()].get_or_insert_with(|| Array2::zeros(shape)));
    }

    /// The shape of input number `input`.
    #[must_use]
    pub fn shape(&self, input: usize) -> Shape {
        self.graph.node(self.inputs[input]).value.shape()
    }

    /// Adds the node's own gradient `dy` to that of input number `input`, which it equals in shape:
    /// the last thing that a backward step does, since `dy` itself may become that gradient.
    pub fn pass_on(&mut self, input: usize, dy: &Array2<f32>) {
        let id = self.inputs[input];
        match &mut self.earlier[id.index()] {
            Some(sum) => *sum += dy,
            None if !self.keeps_all => self.heir = Some(id),
            empty => *empty = Some(dy.clone()),
        }
    }

    /// Adds `f` of the entries of x, y and z to the gradient of input number `input`, which they
    /// equal in shape. Where it is the first share, nothing has to start at zero.
    pub fn add_each(
        &mut self,
        input: usize,
        x: &Array2<f32>,
        y: &Array2<f32>,
        z: &Array2<f32>,
        f: impl Fn(f32, f32, f32) -> f32,
    ) {
        match &mut self.earlier[self.inputs[input].index()] {
            Some(sum) => kernel::add_map3(slice_mut(sum), slice(x), slice(y), slice(z), f),
            empty => {
                *empty = Some(from_vec(shape(z), kernel::map3(slice(x), slice(y), slice(z), f)));
            }
        }
    }

    /// Adds the gradients of both factors of y = x·w: dy·wᵀ to that of x, xᵀ·dy to that of w.
    ///
    /// Where w is a parameter, the second is put off to the end, except for a block of rows, which
    /// makes a large enough product of its own and is still in the caches.
    pub fn add_product(&mut self, local: &Local<'_>) {
        let (weight, dy) = (self.inputs[1], local.gradient);
        let is_parameter = self.graph.node(weight).is_leaf();
        let is_block = kernel::is_block(dy.nrows(), local.inputs[1]);
        let x = self.graph.node(self.inputs[0]);
        let is_input = x.is_leaf() && matches!(x.value, Value::Own(_));
        if is_parameter && is_block && (self.keeps_all || !is_input) {
            let (place, shape) = (&mut self.earlier[self.inputs[0].index()], x.value.shape());
            let w = self.transposed.entry(weight).or_insert_with(|| transposed(local.inputs[1]));
            kernel::add_dot(dy, w, place.get_or_insert_with(|| Array2::zeros(shape)));
        } else if self.keeps_all || !is_input {
            self.add(0, |dx| kernel::add_dot_transposed(dy, local.inputs[1], dx));
        }
        if is_parameter && !is_block {
            self.is_waiting = true;
            self.waiting.entry(weight).or_default().push(self.id);
        } else {
            self.add(1, |dw| kernel::add_transposed_dot(local.inputs[0], dy, dw));
        }
    }
}

fn transposed(w: &Array2<f32>) -> Array2<f32> {
    w.t().as_standard_layout().into_owned()
}

/// The largest difference between gradients and central differences over all entries of `inputs`,
/// relative to the largest gradient (or 1, if that is larger).
///
/// The loss is Σ weight ⊙ f(inputs), with the weights given, summed in double precision.
#[must_use]
pub fn gradient_error(
    op: &'static dyn super::Op,
    attribute: &Attribute,
    inputs: &[Array2<f32>],
    weight: impl Fn(usize) -> f32,
) -> f32 {
    const STEP: f32 = 1e-2;
    let loss = |inputs: &[Array2<f32>]| -> f64 {
        let references: Vec<&Array2<f32>> = inputs.iter().collect();
        let y = op.forward(&references, attribute);
        y.iter().enumerate().map(|(at, y)| f64::from(weight(at)) * f64::from(*y)).sum()
    };
    let tape = super::Tape::recording();
    let nodes: Vec<NodeId> = inputs.iter().map(|x| tape.constant(x.clone()).node()).collect();
    let y = tape.apply(op, attribute.clone(), &nodes);
    let mut at = 0;
    let seed = y.value().map(|_| {
        at += 1;
        weight(at - 1)
    });
    let gradients = tape.graph().gradients_from(&[(y.node(), seed)]);
    let (mut worst, mut scale) = (0.0_f32, 1.0_f32);
    for (k, input) in inputs.iter().enumerate() {
        for entry in 0..input.len() {
            let moved = |by: f32| {
                let mut moved = inputs.to_vec();
                crate::tensor::slice_mut(&mut moved[k])[entry] += by;
                loss(&moved)
            };
            // Richardson's extrapolation: exact up to the fifth derivative, which ln has near 0.
            let (near, far) = (moved(STEP) - moved(-STEP), moved(2.0 * STEP) - moved(-2.0 * STEP));
            let numeric = ((8.0 * near - far) / f64::from(12.0 * STEP)) as f32;
            let ours = gradients
                .of(nodes[k])
                .map_or(0.0, |gradient| crate::tensor::slice(gradient)[entry]);
            worst = worst.max((ours - numeric).abs());
            scale = scale.max(ours.abs());
        }
    }
    worst / scale
}
