//! The project's own models, ops and optimisers against numbers of PyTorch, SciPy and papers.
//!
//! `tests/reference/README.md` says what the numbers are. Sizes and hyper-parameters are read from
//! the files, so that sets of other seeds and shapes run unchanged:
//! `UNROLLED_REFERENCE=DIR cargo test --release --test all reference`.

use std::collections::HashMap;
use std::io::Write as _;

use ndarray::{Array2, Axis, concatenate, s};
use unrolled::models::gru::{self, Convention, Gru, Reset};
use unrolled::models::hopfield;
use unrolled::models::lstm::{self, Lstm};
use unrolled::models::recurrent::{Cell, Sizes, Source};
use unrolled::models::rnn::{self, Activation, Rnn};
use unrolled::models::{Input, Model};
use unrolled::nn::{Binder, Parameters};
use unrolled::tape::{Gradients, Graph, NodeId, Tape, Var};
use unrolled::tensor::{row, scalar};
use unrolled::training::optimiser::{Optimiser, Rule, clip_norm};

use crate::golden::{self, Golden, cases};

cases! {
    rnn_tanh: |g| rnn(g, Activation::Tanh);
    rnn_relu: |g| rnn(g, Activation::Relu);
    lstm: lstm_layer;
    gru: gru_layer;
    rnn_stacked_bidirectional: stacked_rnn;
    lstm_stacked_bidirectional: stacked_lstm;
    gru_stacked_bidirectional: stacked_gru;
    hopfield_binary: hopfield_of_signs;
    hopfield_modern: hopfield_of_numbers;
    embedding_cross_entropy: embedding_and_cross_entropy;
    activations: elementwise_functions;
    adam: adam_rule;
    adamw: adam_rule;
    sgd_momentum: |g| sgd_rule(g, false);
    sgd_nesterov: |g| sgd_rule(g, true);
    grad_clip_norm: clipping;
}

/// What each file of comparisons compares.
const FILES: &[&[&str]] = &[
    COMPARED,
    crate::reference_attention::COMPARED,
    crate::reference_rwkv::COMPARED,
    crate::reference_transformer::COMPARED,
];

/// Cases and checkpoints of models that are still to be written.
const NOT_YET: &[&str] = &[
    "attention_hard",
    "attention_local_p",
    "beam_search",
    "bert",
    "conv_seq2seq_fairseq",
    "conv_seq2seq_paper",
    "gnmt_scoring",
    "gnmt_translation",
    "gpt2",
    "hierarchical_attention",
    "int8_matmul",
    "llama",
    "mamba",
    "memn2n_adjacent",
    "memn2n_layerwise",
    "rmsnorm",
    "ssm_dense",
    "ssm_s4d_bilinear",
    "ssm_s4d_zoh",
    "text_cnn",
    "vit",
    "checkpoint gpt2",
    "checkpoint gpt2_base",
    "checkpoint bert",
    "checkpoint bert_legacy",
    "checkpoint rwkv",
    "checkpoint mamba",
    "checkpoint vit",
    "checkpoint llama",
];

/// Says of every case in the directory whether it is compared; nothing is skipped silently.
#[test]
fn every_case_of_the_directory_is_accounted_for() {
    let directory = golden::directory();
    let index = golden::index(&directory);
    let cases = index["cases"].as_array().unwrap();
    let names = |entries: &serde_json::Value, prefix: &str| -> Vec<String> {
        let name =
            |entry: &serde_json::Value| format!("{prefix}{}", entry["name"].as_str().unwrap());
        entries.as_array().into_iter().flatten().map(name).collect()
    };
    let compared: Vec<&str> = FILES.concat();
    let mut found = names(&index["cases"], "");
    found.extend(names(&index["checkpoints"], "checkpoint "));
    for name in &found {
        if NOT_YET.contains(&name.as_str()) {
            say(&format!("not yet: {name}"));
        } else if !compared.contains(&name.as_str()) {
            say(&format!("unknown: {name}"));
        }
    }
    for name in compared.iter().filter(|name| !found.iter().any(|found| found == *name)) {
        say(&format!("absent: {name}"));
    }
    assert!(found.iter().any(|name| compared.contains(&name.as_str())), "nothing to compare");
    for file in std::fs::read_dir(directory.join("cases")).unwrap() {
        let file = format!("cases/{}", file.unwrap().file_name().to_string_lossy());
        assert!(cases.iter().any(|case| case["file"] == file), "{file} is not in index.json");
    }
}

/// Prints where the test harness does not catch it.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
}

/// A value of a recurrent case: its name there, our named value, and which of the nodes that this
/// was computed from is meant (`[]` is the value itself).
type Traced = (&'static str, &'static str, &'static [usize]);

/// How a PyTorch layer's packed weights and traces correspond to our cell.
struct Layout {
    /// Our letters for PyTorch's blocks, in its order.
    letters: &'static [char],
    traces: &'static [Traced],
    /// The sums before the gates' functions, side by side in PyTorch's order.
    before: &'static [(&'static str, &'static [usize])],
    /// The block whose two biases we keep apart, too.
    apart: Option<char>,
}

const RNN: Layout = Layout {
    letters: &['h'],
    traces: &[("h", "hidden", &[])],
    before: &[("hidden", &[0])],
    apart: None,
};

const LSTM: Layout = Layout {
    letters: &['i', 'f', 'g', 'o'],
    traces: &[
        ("i", "input_gate", &[]),
        ("f", "forget_gate", &[]),
        ("g", "candidate", &[]),
        ("o", "output_gate", &[]),
        ("c", "cell", &[]),
        ("tanh_c", "hidden", &[1]),
        ("h", "hidden", &[]),
    ],
    before: &[
        ("input_gate", &[0]),
        ("forget_gate", &[0]),
        ("candidate", &[0]),
        ("output_gate", &[0]),
    ],
    apart: None,
};

/// The candidate keeps its two biases apart, since the reset gate acts on one of them.
const GRU: Layout = Layout {
    letters: &['r', 'z', 'n'],
    traces: &[
        ("r", "reset_gate", &[]),
        ("z", "update_gate", &[]),
        ("hn", "candidate", &[0, 1, 1]),
        ("n", "candidate", &[]),
        ("h", "hidden", &[]),
    ],
    before: &[],
    apart: Some('n'),
};

fn rnn(golden: &Golden, activation: Activation) {
    let parameters = RNN.parameters(golden);
    let tape = Tape::recording();
    let [inputs, hidden] = sizes(golden);
    let cell = Rnn::new(&Binder::stored(&tape, &parameters), inputs, hidden, activation);
    let h = tape.initial("hidden", "h", -1, golden.matrix("input.h0"));
    check_cell(golden, &RNN, &tape, &parameters, &cell, h);
}

fn lstm_layer(golden: &Golden) {
    let parameters = LSTM.parameters(golden);
    let tape = Tape::recording();
    let [inputs, hidden] = sizes(golden);
    let cell = Lstm::new(&Binder::stored(&tape, &parameters), inputs, hidden);
    let start = lstm::State {
        h: tape.initial("hidden", "h", -1, golden.matrix("input.h0")),
        c: tape.initial("cell", "c", -1, golden.matrix("input.c0")),
    };
    check_cell(golden, &LSTM, &tape, &parameters, &cell, start);
}

fn gru_layer(golden: &Golden) {
    let parameters = GRU.parameters(golden);
    let tape = Tape::recording();
    let [inputs, hidden] = sizes(golden);
    let binder = Binder::stored(&tape, &parameters);
    let cell = Gru::new(&binder, inputs, hidden, Convention::Keeps, Reset::After);
    let h = tape.initial("hidden", "h", -1, golden.matrix("input.h0"));
    check_cell(golden, &GRU, &tape, &parameters, &cell, h);
}

fn stacked_rnn(golden: &Golden) {
    let activation = Activation::Tanh;
    check_stack(golden, &RNN, &rnn::Config { sizes: stack_sizes(golden), activation });
}

fn stacked_lstm(golden: &Golden) {
    check_stack(golden, &LSTM, &lstm::Config { sizes: stack_sizes(golden) });
}

fn stacked_gru(golden: &Golden) {
    let (convention, reset) = (Convention::Keeps, Reset::After);
    check_stack(golden, &GRU, &gru::Config { sizes: stack_sizes(golden), convention, reset });
}

/// Numbers that enter a cell, and its hidden units.
fn sizes(golden: &Golden) -> [usize; 2] {
    [golden.shape("input.x")[2], golden.shape("input.h0")[1]]
}

/// Which of a case's cells is meant: PyTorch's suffix, and the scopes before our names.
#[derive(Clone)]
struct Place {
    theirs: String,
    ours: String,
}

impl Layout {
    /// The parameters of a case with one cell.
    fn parameters(&self, golden: &Golden) -> Parameters {
        let mut parameters = Parameters::default();
        self.fetch(golden, &Place::only(), &mut parameters);
        parameters
    }

    /// PyTorch's blocks [gates·hidden, columns] as our matrices (columns, hidden), and its two
    /// biases as their sum.
    fn fetch(&self, golden: &Golden, place: &Place, parameters: &mut Parameters) {
        let Place { theirs, ours } = place;
        let biases =
            ["ih", "hh"].map(|which| golden.matrix(&format!("param.bias_{which}_{theirs}")));
        let hidden = biases[0].ncols() / self.letters.len();
        for (block, letter) in self.letters.iter().enumerate() {
            let rows = block * hidden..(block + 1) * hidden;
            for (matrix, which) in [("w_x", "ih"), ("w_h", "hh")] {
                let packed = golden.matrix(&format!("param.weight_{which}_{theirs}"));
                let part = packed.slice(s![rows.clone(), ..]);
                let part = part.t().as_standard_layout().into_owned();
                parameters.push(format!("{ours}{matrix}{letter}"), part);
            }
            let [input, state] = biases.each_ref().map(|b| b.slice(s![.., rows.clone()]));
            if self.apart == Some(*letter) {
                parameters.push(format!("{ours}b_{letter}"), input.to_owned());
                parameters.push(format!("{ours}b_h{letter}"), state.to_owned());
            } else {
                parameters.push(format!("{ours}b_{letter}"), &input + &state);
            }
        }
    }

    /// The gradients of our parameters, packed as PyTorch packs them.
    fn check_parameter_gradients(
        &self,
        golden: &Golden,
        place: &Place,
        graph: &Graph,
        gradients: &Gradients,
    ) {
        let Place { theirs, ours } = place;
        let of = |name: String| {
            let node = graph.find(&format!("{ours}{name}")).and_then(|name| graph.at(name, 0));
            gradient(graph, gradients, node.unwrap())
        };
        for (matrix, which) in [("w_x", "ih"), ("w_h", "hh")] {
            let blocks = self.letters.iter().map(|letter| {
                of(format!("{matrix}{letter}")).t().as_standard_layout().into_owned()
            });
            golden
                .check(&format!("grad.param.weight_{which}_{theirs}"), &blocks.collect::<Vec<_>>());
        }
        for which in ["ih", "hh"] {
            let blocks = self.letters.iter().map(|letter| {
                // One bias of ours stands for the sum of two of theirs, with the gradient of each.
                let is_own = which == "hh" && self.apart == Some(*letter);
                of(format!("b_{}{letter}", if is_own { "h" } else { "" }))
            });
            golden.check(&format!("grad.param.bias_{which}_{theirs}"), &blocks.collect::<Vec<_>>());
        }
    }
}

impl Place {
    /// The only cell of a case.
    fn only() -> Self {
        Self { theirs: "l0".to_owned(), ours: String::new() }
    }

    /// The cells of a stack, in the order in which PyTorch lists their states: for each layer the
    /// direction that reads forward, then the other.
    fn of_stack(layers: usize) -> Vec<Self> {
        let directions = [("forward", ""), ("backward", "_reverse")];
        let place = |layer: usize| {
            directions.map(|(direction, suffix)| Self {
                theirs: format!("l{layer}{suffix}"),
                ours: format!("layer{layer}.{direction}."),
            })
        };
        (0..layers).flat_map(place).collect()
    }

    /// Whether this cell reads from the end.
    fn is_backward(&self) -> bool {
        self.theirs.ends_with("_reverse")
    }
}

/// Runs a cell over the case's input and compares every value and gradient.
fn check_cell<'t, C: Cell<'t>>(
    golden: &Golden,
    layout: &Layout,
    tape: &'t Tape,
    parameters: &Parameters,
    cell: &C,
    start: C::State,
) {
    assert!(parameters.iter().all(|(name, _)| tape.graph().find(name).is_some()));
    let mut state = start;
    let (mut x, mut y, mut terms) = (Vec::new(), Vec::new(), Vec::new());
    for (t, (input, cotangent)) in
        golden.steps("input.x").into_iter().zip(golden.steps("input.cot_y")).enumerate()
    {
        tape.set_position(t);
        let input = tape.input("input", "x", input);
        state = cell.step(input, state);
        // The output is a node of its own, as it is in PyTorch, with a gradient of its own.
        let output = C::hidden(state).scale(1.0);
        x.push(input.node());
        y.push(output.node());
        terms.push((output * tape.constant(cotangent)).sum());
    }
    let last = terms[terms.len() - 1];
    let loss = terms[1..].iter().fold(terms[0], |sum, term| sum + *term);
    let graph = tape.graph();
    let steps = x.len();
    let everywhere = |(name, path): (&str, &[usize])| -> Vec<NodeId> {
        let name = graph.find(name).unwrap();
        (0..steps).map(|t| follow(&graph, graph.at(name, t as i32).unwrap(), path)).collect()
    };

    golden.check("loss", [graph.value(loss.node())]);
    golden.check("output.y", y.iter().map(|y| graph.value(*y)));
    let traces: Vec<(&str, Vec<NodeId>)> = layout
        .traces
        .iter()
        .map(|(theirs, ours, path)| (*theirs, everywhere((ours, path))))
        .collect();
    for (name, nodes) in &traces {
        golden.check(&format!("trace.{name}"), nodes.iter().map(|node| graph.value(*node)));
        if *name == "h" || *name == "c" {
            golden.check(&format!("output.{name}_n"), [graph.value(nodes[steps - 1])]);
        }
    }
    let before: Vec<Vec<NodeId>> = layout.before.iter().copied().map(everywhere).collect();
    if !before.is_empty() {
        let values = side_by_side(&before, |node| graph.value(node).clone());
        golden.check("trace.pre", &values);
    }

    let gradients = graph.gradients(loss.node());
    let of = |nodes: &[NodeId], gradients: &Gradients| -> Vec<Array2<f32>> {
        nodes.iter().map(|node| gradient(&graph, gradients, *node)).collect()
    };
    golden.check("grad.input.x", &of(&x, &gradients));
    golden.check("grad.output.y", &of(&y, &gradients));
    for (name, value) in [("h0", "hidden"), ("c0", "cell")] {
        if golden.has(&format!("input.{name}")) {
            let node = graph.at(graph.find(value).unwrap(), -1).unwrap();
            golden.check(&format!("grad.input.{name}"), &of(&[node], &gradients));
        }
    }
    for (name, nodes) in &traces {
        golden.check(&format!("grad.trace.{name}"), &of(nodes, &gradients));
    }
    if !before.is_empty() {
        let values = side_by_side(&before, |node| gradient(&graph, &gradients, node));
        golden.check("grad.trace.pre", &values);
    }
    layout.check_parameter_gradients(golden, &Place::only(), &graph, &gradients);

    let gradients = graph.gradients(last.node());
    for (name, nodes) in traces.iter().filter(|(name, _)| *name == "h" || *name == "c") {
        golden.check(&format!("grad_last.trace.{name}"), &of(nodes, &gradients));
    }
}

/// The sizes of a stacked case. Its readout is ours alone, so it has one output and is not compared.
fn stack_sizes(golden: &Golden) -> Sizes {
    let [inputs, hidden] = [golden.shape("input.x")[2], golden.shape("input.h0")[2]];
    let layers = golden.hyper("layers") as usize;
    let single = Sizes::single(Source::Numbers(inputs), hidden, 1, false);
    Sizes { layers, bidirectional: true, ..single }
}

/// Runs a whole model of stacked layers that read in both directions, from the case's initial
/// states, and compares every value and gradient.
fn check_stack(golden: &Golden, layout: &Layout, model: &dyn Model) {
    let layers = golden.hyper("layers") as usize;
    let places = Place::of_stack(layers);
    let hidden = golden.shape("input.h0")[2];
    let mut parameters = Parameters::default();
    places.iter().for_each(|place| layout.fetch(golden, place, &mut parameters));
    parameters.push("w_hy", Array2::zeros([2 * hidden, 1]));
    parameters.push("b_y", Array2::zeros([1, 1]));
    let carried: Vec<(&str, &str)> = [("h", "hidden"), ("c", "cell")]
        .into_iter()
        .filter(|(letter, _)| golden.has(&format!("input.{letter}0")))
        .collect();
    let mut states = HashMap::new();
    for (letter, name) in &carried {
        for (place, state) in places.iter().zip(golden.steps(&format!("input.{letter}0"))) {
            states.insert(format!("{}{name}", place.ours), state);
        }
    }
    let tape = Tape::recording().starting_from(states);
    let input = Input::Numbers(golden.steps("input.x"));
    let length = input.len();
    let _ = model.forward(&Binder::stored(&tape, &parameters), &input);
    let graph = tape.graph();
    assert!(parameters.iter().all(|(name, _)| graph.find(name).is_some()));
    let everywhere = |name: String, path: &[usize]| -> Vec<NodeId> {
        let name = graph.find(&name).unwrap();
        (0..length).map(|t| follow(&graph, graph.at(name, t as i32).unwrap(), path)).collect()
    };
    let y = everywhere(format!("layer{}.joined", layers - 1), &[]);
    golden.check("output.y", y.iter().map(|y| graph.value(*y)));
    let seeds: Vec<_> = y.iter().copied().zip(golden.steps("input.cot_y")).collect();
    let terms = seeds.iter().flat_map(|(y, seed)| graph.value(*y).iter().zip(seed));
    let loss = terms.map(|(y, seed)| f64::from(*y) * f64::from(*seed)).sum::<f64>();
    golden.check("loss", [&scalar(loss as f32)]);

    let gradients = graph.gradients_from(&seeds);
    let of = |nodes: &[NodeId]| -> Vec<Array2<f32>> {
        nodes.iter().map(|node| gradient(&graph, &gradients, *node)).collect()
    };
    golden.check("grad.output.y", &of(&y));
    golden.check("grad.input.x", &of(&everywhere("input".to_owned(), &[])));
    for place in &places {
        let Place { theirs, ours } = place;
        for (name, value, path) in layout.traces {
            let nodes = everywhere(format!("{ours}{value}"), path);
            let values = nodes.iter().map(|node| graph.value(*node));
            golden.check(&format!("trace.{name}_{theirs}"), values);
            golden.check(&format!("grad.trace.{name}_{theirs}"), &of(&nodes));
        }
        let before: Vec<Vec<NodeId>> = layout
            .before
            .iter()
            .map(|(value, path)| everywhere(format!("{ours}{value}"), path))
            .collect();
        if !before.is_empty() {
            let values = side_by_side(&before, |node| graph.value(node).clone());
            golden.check(&format!("trace.pre_{theirs}"), &values);
            let values = side_by_side(&before, |node| gradient(&graph, &gradients, node));
            golden.check(&format!("grad.trace.pre_{theirs}"), &values);
        }
        layout.check_parameter_gradients(golden, place, &graph, &gradients);
    }
    // A direction starts before the sequence's first position or behind its last, and ends at the
    // other end.
    for (letter, name) in &carried {
        let at = |place: &Place, position: i32| {
            graph.at(graph.find(&format!("{}{name}", place.ours)).unwrap(), position).unwrap()
        };
        let end = length as i32;
        let first = |place: &Place| at(place, if place.is_backward() { end } else { -1 });
        let last = |place: &Place| at(place, if place.is_backward() { 0 } else { end - 1 });
        let starts: Vec<NodeId> = places.iter().map(first).collect();
        golden.check(&format!("grad.input.{letter}0"), &of(&starts));
        let ends = places.iter().map(|place| graph.value(last(place)));
        golden.check(&format!("output.{letter}_n"), ends);
    }
}

/// The node that is reached by going to the given inputs, one after the other.
pub fn follow(graph: &Graph, node: NodeId, path: &[usize]) -> NodeId {
    path.iter().fold(node, |node, input| graph.node(node).inputs[*input])
}

/// A node's gradient; zeros where the loss does not depend on it.
pub fn gradient(graph: &Graph, gradients: &Gradients, node: NodeId) -> Array2<f32> {
    let zeros = || Array2::zeros(graph.value(node).raw_dim());
    gradients.of(node).cloned().unwrap_or_else(zeros)
}

/// For each position the arrays of several values next to each other.
fn side_by_side(values: &[Vec<NodeId>], array: impl Fn(NodeId) -> Array2<f32>) -> Vec<Array2<f32>> {
    let at = |t: usize| {
        let arrays: Vec<_> = values.iter().map(|nodes| array(nodes[t])).collect();
        let views: Vec<_> = arrays.iter().map(|array| array.view()).collect();
        concatenate(Axis(1), &views).unwrap()
    };
    (0..values[0].len()).map(at).collect()
}

/// A run of a Hopfield network that has stored the case's patterns.
struct Recall {
    parameters: Parameters,
    graph: Graph,
}

impl Recall {
    /// Starts from the tensor called `from`; each entry of `updates` chooses the units to update.
    fn new(golden: &Golden, rule: hopfield::Rule, from: &str, updates: &[Array2<f32>]) -> Self {
        let patterns = golden.steps("input.patterns");
        let units = patterns[0].len();
        let state = match rule {
            hopfield::Rule::Hebb => hopfield::State::Binary,
            hopfield::Rule::Modern { .. } => hopfield::State::Continuous,
        };
        let model = hopfield::Config { units, rule, state };
        let stored: Vec<Vec<f32>> = patterns.iter().map(|p| p.iter().copied().collect()).collect();
        let parameters = model.store(&stored).unwrap();
        let mut input = vec![row(&golden.matrix(from).into_iter().collect::<Vec<_>>())];
        input.extend_from_slice(updates);
        let tape = Tape::recording();
        let _ = model.forward(&Binder::stored(&tape, &parameters), &Input::Numbers(input));
        Self { graph: tape.finish(), parameters }
    }

    fn nodes(&self, name: &str) -> Vec<NodeId> {
        let name = self.graph.find(name).unwrap();
        self.graph.everywhere(name).iter().map(|(_, node)| *node).collect()
    }

    fn values(&self, name: &str) -> Vec<Array2<f32>> {
        self.nodes(name).into_iter().map(|node| self.graph.value(node).clone()).collect()
    }
}

fn hopfield_of_signs(golden: &Golden) {
    let units = golden.shape("input.probe")[0];
    let all = || Array2::ones([1, units]);
    let run = |from: &str, updates: &[Array2<f32>]| {
        Recall::new(golden, hopfield::Rule::Hebb, from, updates)
    };
    // One unit at a time.
    let order: Vec<usize> = golden.integers("input.order").iter().map(|u| *u as usize).collect();
    let one =
        |unit: &usize| Array2::from_shape_fn([1, units], |(_, u)| f32::from(u8::from(u == *unit)));
    let recall = run("input.probe", &order.iter().map(one).collect::<Vec<_>>());
    golden.check("output.W", [&**recall.parameters.get("w").unwrap()]);
    let states = recall.values("state").into_iter().step_by(units).collect::<Vec<_>>();
    golden.check("trace.async_states", &states);
    let fields = recall.values("field");
    let fields = fields.iter().zip(&order).map(|(fields, unit)| scalar(fields[[0, *unit]]));
    golden.check("trace.async_fields", &fields.collect::<Vec<_>>());
    golden.check("trace.async_energy", &recall.values("energy"));
    let patterns = golden.matrix("input.patterns");
    let overlap = |state: &Array2<f32>| state.dot(&patterns.t()) / units as f32;
    golden.check("output.async_overlap", &states.iter().map(overlap).collect::<Vec<_>>());
    // All units at once.
    let steps = golden.shape("trace.sync_states")[0] - 1;
    let recall = run("input.probe", &vec![all(); steps]);
    golden.check("trace.sync_states", &recall.values("state"));
    golden.check("trace.sync_energy", &recall.values("energy"));
    let recall = run("input.random_state", &[all()]);
    golden.check("output.random_field", [&recall.values("field")[0]]);
    golden.check("output.random_next", [&recall.values("state")[1]]);
}

fn hopfield_of_numbers(golden: &Golden) {
    let [patterns, units] = golden.shape("input.patterns")[..] else { panic!() };
    let steps = golden.shape("trace.weights")[0];
    let beta = golden.hyper("beta");
    let rule = hopfield::Rule::Modern { patterns, beta };
    let recall = Recall::new(golden, rule, "input.state", &vec![Array2::ones([1, units]); steps]);
    let (states, weights) = (recall.nodes("state"), recall.nodes("attention"));
    golden.check("trace.states", &recall.values("state"));
    golden.check("trace.weights", &recall.values("attention")[..steps]);
    // The terms that do not depend on the state are ours to add.
    let squares = golden.steps("input.patterns").into_iter().map(|p| p.iter().map(|x| x * x).sum());
    let longest = squares.fold(0.0, f32::max);
    let constant = (patterns as f32).ln() / beta + 0.5 * longest;
    let energies = recall.values("energy").into_iter().map(|energy| energy + constant);
    golden.check("trace.energy", &energies.collect::<Vec<_>>());
    let y = recall.graph.value(states[steps]);
    golden.check("output.y", [y]);
    let seed = row(&golden.matrix("input.cot_y").into_iter().collect::<Vec<_>>());
    golden.check("loss", [&scalar((y * &seed).sum())]);

    let gradients = recall.graph.gradients_from(&[(states[steps], seed)]);
    let of = |nodes: &[NodeId]| -> Vec<Array2<f32>> {
        nodes.iter().map(|node| gradient(&recall.graph, &gradients, *node)).collect()
    };
    golden.check("grad.output.y", &of(&states[steps..]));
    golden.check("grad.trace.states", &of(&states));
    golden.check("grad.trace.weights", &of(&weights[..steps]));
    golden.check("grad.input.state", &of(&recall.nodes("input")[..1]));
    golden.check("grad.input.patterns", &of(&recall.nodes("patterns")));
}

fn embedding_and_cross_entropy(golden: &Golden) {
    let ids: Vec<usize> = golden.integers("input.ids").iter().map(|id| *id as usize).collect();
    // A negative target, −100 in PyTorch, does not count.
    let targets: Vec<Option<usize>> =
        golden.integers("input.targets").iter().map(|t| usize::try_from(*t).ok()).collect();
    let mean = 1.0 / targets.iter().flatten().count() as f32;
    let smoothing = golden.hyper("smoothing");

    let tape = Tape::recording();
    let parameter =
        |name: &'static str, array: Array2<f32>| tape.parameter(name, name, array.into());
    let table = parameter("emb", golden.matrix("param.emb"));
    let w = golden.matrix("param.W");
    let symbols = w.nrows();
    let w = parameter("W", w.t().as_standard_layout().into_owned());
    let b = parameter("b", golden.matrix("param.b"));
    let x = tape.embed(table, &ids); // (rows, inputs)
    let logits = x.dot(w) + b; // (rows, symbols)
    let log_probs = logits.log_softmax();
    let nll = log_probs.pick(&targets).scale(-1.0); // (rows, 1)
    let sum = nll.sum();
    let loss = sum.scale(mean);
    let smooth = tape.constant(Array2::from_shape_fn([ids.len(), symbols], |(row, symbol)| {
        targets[row].map_or(0.0, |target| {
            let hit = f32::from(u8::from(target == symbol));
            (1.0 - smoothing) * hit + smoothing / symbols as f32
        })
    }));
    let smoothed = (smooth * log_probs).sum().scale(-mean);

    golden.check("loss", [&loss.value()]);
    golden.check("trace.x", [&x.value()]);
    golden.check("trace.logits", [&logits.value()]);
    golden.check("trace.probs", [&logits.softmax().value()]);
    golden.check("trace.log_probs", [&log_probs.value()]);
    golden.check("output.nll", [&nll.value()]);
    golden.check("output.loss_sum", [&sum.value()]);
    golden.check("output.perplexity", [&loss.exp().value()]);
    golden.check("output.loss_smoothed", [&smoothed.value()]);
    let graph = tape.graph();
    let gradients = graph.gradients(loss.node());
    let of = |var: Var<'_>| gradient(&graph, &gradients, var.node());
    golden.check("grad.param.emb", [&of(table)]);
    golden.check("grad.param.W", [&of(w).t().as_standard_layout().into_owned()]);
    golden.check("grad.param.b", [&of(b)]);
    golden.check("grad.trace.x", [&of(x)]);
    golden.check("grad.trace.logits", [&of(logits)]);
    golden.check("grad.trace.log_probs", [&of(log_probs)]);
    golden.check("grad.output.nll", [&of(nll)]);
    let gradients = graph.gradients(smoothed.node());
    golden.check("grad_smoothed.trace.logits", [&gradient(&graph, &gradients, logits.node())]);
    drop(graph);

    let extreme = tape.constant(golden.matrix("input.extreme_logits"));
    let log_softmax = extreme.log_softmax();
    golden.check("output.extreme_softmax", [&extreme.softmax().value()]);
    golden.check("output.extreme_log_softmax", [&log_softmax.value()]);
    // ln Σ eˣ = x − ln softmax(x), in whichever column.
    let first = vec![Some(0); extreme.shape()[0]];
    golden.check("output.extreme_logsumexp", [&(extreme - log_softmax).pick(&first).value()]);
}

fn elementwise_functions(golden: &Golden) {
    let tape = Tape::recording();
    let x = tape.constant(golden.matrix("input.x"));
    let functions = [
        ("sigmoid", x.sigmoid()),
        ("tanh", x.tanh()),
        ("relu", x.relu()),
        ("gelu", x.gelu()),
        ("gelu_new", x.gelu_tanh()),
        ("silu", x.silu()),
        ("softplus", x.softplus()),
        ("relu2", x.squared_relu()),
    ];
    let mut total: Option<Var<'_>> = None;
    for (name, y) in functions {
        let sum = y.sum();
        total = Some(total.map_or(sum, |total| total + sum));
        golden.check(&format!("output.{name}"), [&y.value()]);
        let graph = tape.graph();
        let slope = gradient(&graph, &graph.gradients(sum.node()), x.node());
        golden.check(&format!("output.d_{name}"), [&slope]);
    }
    let loss = total.unwrap().scale(1.0 / x.shape()[1] as f32);
    golden.check("loss", [&loss.value()]);
    let graph = tape.graph();
    golden.check("grad.input.x", [&gradient(&graph, &graph.gradients(loss.node()), x.node())]);
}

fn adam_rule(golden: &Golden) {
    let weight_decay = golden.hyper("weight_decay");
    // PyTorch's defaults, which the case does not list as hyper-parameters.
    let rule = Rule::Adam { beta1: 0.9, beta2: 0.999, weight_decay };
    optimise(golden, rule, &["m", "v"]);
}

fn sgd_rule(golden: &Golden, nesterov: bool) {
    let (momentum, weight_decay) = (golden.hyper("momentum"), golden.hyper("weight_decay"));
    optimise(golden, Rule::Sgd { momentum, nesterov, weight_decay }, &["buf"]);
}

/// Follows the given gradients; `memory` names what the optimiser remembers.
fn optimise(golden: &Golden, rule: Rule, memory: &[&str]) {
    let count = (0..usize::MAX).take_while(|k| golden.has(&format!("input.p{k}"))).count();
    let mut parameters = Parameters::default();
    for k in 0..count {
        parameters.push(format!("p{k}"), golden.matrix(&format!("input.p{k}")));
    }
    let steps: Vec<Vec<Array2<f32>>> = (0..count)
        .map(|k| {
            let p = golden.matrix(&format!("input.p{k}"));
            let split = |g: Array2<f32>| g.into_shape_with_order(p.raw_dim()).unwrap();
            golden.steps(&format!("input.g{k}")).into_iter().map(split).collect()
        })
        .collect();
    let mut optimiser = Optimiser::new(rule, &parameters);
    let mut found = vec![Vec::new(); count * (1 + memory.len())];
    for step in 0..steps[0].len() {
        let gradients: Vec<_> = steps.iter().map(|g| g[step].clone()).collect();
        optimiser.update(&mut parameters, &gradients, golden.hyper("lr"));
        let (first, second) = optimiser.memory();
        let values = parameters.iter().map(|(_, p)| &**p).chain(first).chain(second);
        for (found, value) in found.iter_mut().zip(values) {
            found.push(value.clone());
        }
    }
    let names = ["p"].iter().chain(memory).flat_map(|n| (0..count).map(move |k| format!("{n}{k}")));
    for (name, values) in names.zip(&found) {
        golden.check(&format!("output.{name}"), values);
    }
}

fn clipping(golden: &Golden) {
    for set in ["a", "b"] {
        let count =
            (0..usize::MAX).take_while(|k| golden.has(&format!("input.{set}.g{k}"))).count();
        let given: Vec<_> =
            (0..count).map(|k| golden.matrix(&format!("input.{set}.g{k}"))).collect();
        let mut clipped = given.clone();
        let norm = clip_norm(&mut clipped, golden.hyper("max_norm"));
        golden.check(&format!("output.{set}.total_norm"), [&scalar(norm)]);
        // The factor is not given back; it is what the largest entry was multiplied by.
        let pairs = given.iter().flatten().zip(clipped.iter().flatten());
        let (before, after) = pairs.max_by(|a, b| a.0.abs().total_cmp(&b.0.abs())).unwrap();
        golden.check(&format!("output.{set}.coef"), [&scalar(after / before)]);
        for (k, clipped) in clipped.iter().enumerate() {
            golden.check(&format!("output.{set}.clipped{k}"), [clipped]);
        }
    }
}
