//! How long recording a run, its gradients and a training step take: `cargo bench --bench models`.
//!
//! The cell loops do what `tests/reference/bench_peer.py` does in PyTorch (`RecordedLSTM`): T = 100
//! positions of one sequence, as many inputs as hidden units, every gate kept, then every gate's
//! gradient. The time to free what was recorded is part of each measurement, as it is there.
//!
//! The Transformer's encoder is 2 layers of 64 numbers and 4 heads over 64 positions, every matrix of
//! every head kept, and its backward pass with every gradient kept. Beside it: `--only tiny`, the last
//! line, `nn.TransformerEncoder`, which gives none of them.
//!
//! The training step is a whole update: 32 examples drawn, forward, loss, backward, clipping, Adam.
//! Beside it: `python tests/reference/bench_peer.py --only training --out peer.json`, which is
//! PyTorch's `nn.LSTM` forward and backward alone, on one thread and on two. `RAYON_NUM_THREADS=1`
//! puts ours on one thread. On a machine that others use, compare the quickest runs, in turns.

#![allow(clippy::expect_used, reason = "a benchmark of what does not exist had better stop")]

use divan::{Bencher, black_box};
use unrolled::models::lstm::{self, Lstm};
use unrolled::models::recurrent::{Cell, Sizes, Source};
use unrolled::models::transformer::layer::{Activation, EncoderLayer, Norm, Shape};
use unrolled::models::{self, Input, Recipe};
use unrolled::nn::heads::Sight;
use unrolled::nn::positions::{Distance, Places};
use unrolled::nn::{Binder, Parameters};
use unrolled::tape::{Graph, NodeId, Tape};
use unrolled::tasks;
use unrolled::tensor::Array2;
use unrolled::tensor::random::Random;
use unrolled::training::Trainer;

/// Positions.
const LENGTH: usize = 100;

fn main() {
    divan::main();
}

/// The weights and the input of a cell with as many inputs as hidden units.
struct Loop {
    hidden: usize,
    parameters: Parameters,
    input: Vec<Array2<f32>>,
}

impl Loop {
    fn new(hidden: usize) -> Self {
        let tape = Tape::lean();
        let binder = Binder::new(&tape, 0);
        let _ = Lstm::new(&binder, hidden, hidden);
        let mut random = Random::new(0, 0);
        let input = (0..LENGTH).map(|_| random.array([1, hidden], Random::normal)).collect();
        Self { hidden, parameters: binder.into_parameters(), input }
    }

    /// Steps the cell over the input; gives the hidden state's nodes, in order.
    fn run(&self, tape: &Tape) -> Vec<NodeId> {
        let cell = Lstm::new(&Binder::stored(tape, &self.parameters), self.hidden, self.hidden);
        let mut state = cell.zero_state(tape, 1, -1);
        let step = |(t, x): (usize, &Array2<f32>)| {
            tape.set_position(t);
            state = cell.step(tape.input("input", "x", x.clone()), state);
            state.h.node()
        };
        self.input.iter().enumerate().map(step).collect()
    }
}

#[divan::bench(args = [64, 128])]
fn lstm_cell_forward(bencher: Bencher<'_, '_>, hidden: usize) {
    let cell = Loop::new(hidden);
    bencher.bench_local(|| {
        let tape = Tape::recording();
        black_box(cell.run(&tape));
        black_box(tape.finish()).len()
    });
}

#[divan::bench(args = [64, 128])]
fn lstm_cell_backward(bencher: Bencher<'_, '_>, hidden: usize) {
    let cell = Loop::new(hidden);
    let tape = Tape::recording();
    let h = cell.run(&tape);
    let graph = tape.finish();
    let ones = |node| (node, Array2::ones(graph.value(node).raw_dim()));
    let seeds = [ones(h[LENGTH - 1]), ones(h[0])];
    bencher.bench_local(|| black_box(graph.gradients_from(&seeds)).of(h[0]).is_some());
}

/// The encoder's layers, as PyTorch's `nn.TransformerEncoderLayer(64, 4, 256, norm_first=True)`.
const LAYER: Shape =
    Shape { size: 64, heads: 4, feed_forward: 256, norm: Norm::Pre, activation: Activation::Relu };
const LAYERS: usize = 2;
const ENCODER_LENGTH: usize = 64;

fn encoder_layers<'t>(p: &Binder<'t>) -> Vec<EncoderLayer<'t>> {
    let layer = |layer| {
        let _scope = p.tape().scope(&format!("layer{layer}"));
        EncoderLayer::new(p, &LAYER)
    };
    (0..LAYERS).map(layer).collect()
}

#[divan::bench(args = [false, true])]
fn transformer_encoder(bencher: Bencher<'_, '_>, with_backward: bool) {
    let parameters = {
        let tape = Tape::lean();
        let binder = Binder::new(&tape, 0);
        let _ = encoder_layers(&binder);
        binder.into_parameters()
    };
    let input = Random::new(0, 0).array([ENCODER_LENGTH, LAYER.size], Random::normal);
    bencher.bench_local(|| {
        let tape = Tape::recording();
        let places = Places::new(1, 0..ENCODER_LENGTH, 0..ENCODER_LENGTH);
        let mask = Some(tape.constant(places.mask()));
        let sight = Sight { sequences: 1, mask, distance: Distance::Unknown };
        let mut z = tape.input("input", "x", input.clone());
        let first = z.node();
        for (number, layer) in
            encoder_layers(&Binder::stored(&tape, &parameters)).iter().enumerate()
        {
            let _scope = tape.scope(&format!("layer{number}"));
            z = layer.apply(z, &sight);
        }
        let loss = z.square().sum().scale(1.0 / input.len() as f32).node();
        drop(sight);
        let graph = tape.finish();
        let gradients = with_backward.then(|| graph.gradients(loss));
        black_box(gradients).is_some_and(|gradients| gradients.of(first).is_some())
    });
}

/// A shipped model's own run over a sequence of symbols 0 or of numbers 0.
fn recorded(recipe: &str) -> impl Fn() -> (Graph, Vec<NodeId>) {
    let (spec, recipe) = models::find_recipe(recipe).expect("a shipped model");
    let config = serde_json::from_str(recipe.config).expect("JSON");
    let model = (spec.build)(&config).expect("a model");
    let parameters = model.init(recipe.seed);
    let input = match model.example() {
        Input::Symbols(one) => Input::Symbols(vec![one[0].clone(); LENGTH]),
        Input::Numbers(one) => Input::Numbers(vec![one[0].clone(); LENGTH]),
    };
    move || {
        let tape = Tape::recording();
        let outputs = model.forward(&Binder::stored(&tape, &parameters), &input);
        let scores = outputs.scores.iter().map(|scores| scores.node()).collect();
        (tape.finish(), scores)
    }
}

fn recipes() -> impl Iterator<Item = &'static str> {
    models::recipes().map(|(_, recipe)| recipe.id)
}

#[divan::bench(args = recipes())]
fn recipe_forward(bencher: Bencher<'_, '_>, recipe: &str) {
    let record = recorded(recipe);
    bencher.bench_local(|| black_box(record()).0.len());
}

#[divan::bench(args = recipes())]
fn recipe_backward(bencher: Bencher<'_, '_>, recipe: &str) {
    let (graph, scores) = recorded(recipe)();
    let ones = |node: &NodeId| (*node, Array2::ones(graph.value(*node).raw_dim()));
    let seeds: Vec<_> = scores.iter().map(ones).collect();
    bencher.bench_local(|| black_box(graph.gradients_from(&seeds)).of(scores[0]).is_some());
}

/// One update of an LSTM of 64 units on 32 sequences of 100 positions.
#[divan::bench(sample_count = 20)]
fn training_step(bencher: Bencher<'_, '_>) {
    let sizes = Sizes::single(Source::Numbers(2), 64, 1, false);
    let (_, shipped) = models::find_recipe("lstm-adding").expect("a shipped model");
    let recipe = Recipe { batch: 32, ..shipped.clone() };
    let task = (tasks::adding::SPEC.build)(&serde_json::json!({ "length": LENGTH }));
    let model = Box::new(lstm::Config { sizes });
    let mut trainer = Trainer::new(model, task.expect("a task"), &recipe).expect("a trainer");
    bencher.bench_local(|| trainer.step().loss);
}
