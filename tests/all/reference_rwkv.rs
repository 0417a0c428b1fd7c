//! AFT and RWKV-4 against PyTorch's numbers, those of Hugging Face's RWKV among them; and RWKV's two
//! forms with its shipped weights.

use ndarray::{Array2, s};
use unrolled::checkpoint;
use unrolled::models::aft::Aft;
use unrolled::models::residual::Sizes;
use unrolled::models::rwkv::{self, Form};
use unrolled::models::{Input, Model};
use unrolled::nn::{Binder, Parameters};
use unrolled::tape::{Gradients, Graph, Intervention, Mode, NodeId, Tape, Var};
use unrolled::tensor::random::Random;
use unrolled::trace::Trace;

use crate::golden::{Golden, cases};
use crate::reference::gradient;

cases! {
    aft_full: |g| aft(g, false);
    aft_full_causal: |g| aft(g, true);
    rwkv4: rwkv_4;
}

/// Which part of a value or of its gradient is asked for.
type Of<'a> = &'a dyn Fn(NodeId) -> Array2<f32>;

/// A (rows, n) value of every position as PyTorch keeps it: all positions of the first sequence,
/// then all of the next.
fn batch_first(steps: &[Array2<f32>]) -> Vec<Array2<f32>> {
    let row = |b: usize, step: &Array2<f32>| step.slice(s![b..=b, ..]).to_owned();
    (0..steps[0].nrows()).flat_map(|b| steps.iter().map(move |step| row(b, step))).collect()
}

fn transposed(matrix: &Array2<f32>) -> Array2<f32> {
    matrix.t().as_standard_layout().into_owned()
}

fn aft(golden: &Golden, is_causal: bool) {
    let [b, t, d] = ["B", "T", "D"].map(|size| golden.hyper(size) as usize);
    let mut parameters = Parameters::default();
    for name in ["W_q", "W_k", "W_v"] {
        let matrix = transposed(&golden.matrix(&format!("param.{name}")));
        parameters.push(name.to_lowercase(), matrix);
    }
    parameters.push("w", golden.matrix("param.w"));
    let x = golden.matrix("input.x");
    let cotangent = golden.matrix("input.cot_y");
    let step = |all: &Array2<f32>, t_at: usize| {
        Array2::from_shape_fn([b, d], |(row, c)| all[[row * t + t_at, c]])
    };

    let tape = Tape::recording();
    let cell = Aft::new(&Binder::stored(&tape, &parameters), d, t);
    let xs: Vec<Var> = (0..t).map(|at| tape.constant(step(&x, at))).collect();
    let mut projected = Vec::new();
    for (at, x) in xs.iter().enumerate() {
        tape.set_position(at);
        projected.push(cell.project(*x));
    }
    let [_, keys, values] = [0, 1, 2]
        .map(|which| -> Vec<Var> { projected.iter().map(|projected| projected[which]).collect() });
    let mut loss: Option<Var> = None;
    for (at, [q, ..]) in projected.iter().enumerate() {
        tape.set_position(at);
        let end = if is_causal { at + 1 } else { t };
        let y = cell.attend(at, *q, &keys[..end], &values[..end]);
        let share = (tape.constant(step(&cotangent, at)) * y).sum();
        loss = Some(loss.map_or(share, |loss| loss + share));
    }
    let loss = loss.unwrap();
    golden.check("loss", [&loss.value()]);
    let graph = tape.graph();
    let gradients = graph.gradients(loss.node());
    let value = |node: NodeId| graph.value(node).clone();
    let slope = |node: NodeId| gradient(&graph, &gradients, node);
    let steps = |name: &str, of: Of| -> Vec<Array2<f32>> {
        let name = graph.find(name).unwrap();
        (0..t).map(|at| of(graph.at(name, at as i32).unwrap())).collect()
    };
    for (prefix, of) in [("", &value as Of), ("grad.", &slope)] {
        for (theirs, ours) in
            [("trace.q", "query"), ("trace.k", "key"), ("trace.v", "value"), ("output.y", "output")]
        {
            golden.check(&format!("{prefix}{theirs}"), &batch_first(&steps(ours, of)));
        }
    }
    // [B, T, T, D]. A causal share of what lies ahead is never computed here; it is 0, and its slope
    // is that of the sum that it would be part of, times the value.
    let (shares, slopes) = (steps("contribution", &value), steps("contribution", &slope));
    let (mixed, values) = (steps("mixed", &slope), steps("value", &value));
    let entry = |of: &[Array2<f32>], ahead: &dyn Fn([usize; 4]) -> f32| {
        Array2::from_shape_fn([b * t * t, d], |(row, c)| {
            let [b_at, t_at, i] = [row / (t * t), row / t % t, row % t];
            of[t_at].get([b_at * d + c, i]).copied().unwrap_or_else(|| ahead([b_at, t_at, i, c]))
        })
    };
    golden.check("trace.weights", [&entry(&shares, &|_| 0.0)]);
    let ahead = |[b, t, i, c]: [usize; 4]| mixed[t][[b, c]] * values[i][[b, c]];
    golden.check("grad.trace.weights", [&entry(&slopes, &ahead)]);
    let inputs: Vec<Array2<f32>> = xs.iter().map(|x| slope(x.node())).collect();
    golden.check("grad.input.x", &batch_first(&inputs));
    let of = |name: &str| slope(graph.at(graph.find(name).unwrap(), 0).unwrap());
    for name in ["W_q", "W_k", "W_v"] {
        golden.check(&format!("grad.param.{name}"), [&transposed(&of(&name.to_lowercase()))]);
    }
    golden.check("grad.param.w", [&of("w")]);
}

/// Their names of a block's parameters, ours, and whether the matrix is transposed.
const BLOCK: &[(&str, &str, bool)] = &[
    ("ln1.weight", "time.gain_ln1", false),
    ("ln1.bias", "time.shift_ln1", false),
    ("ln2.weight", "channel.gain_ln2", false),
    ("ln2.bias", "channel.shift_ln2", false),
    ("attention.time_decay", "time.time_decay", false),
    ("attention.time_first", "time.time_first", false),
    ("attention.time_mix_key", "time.mix_k", false),
    ("attention.time_mix_value", "time.mix_v", false),
    ("attention.time_mix_receptance", "time.mix_r", false),
    ("attention.key.weight", "time.w_k", true),
    ("attention.value.weight", "time.w_v", true),
    ("attention.receptance.weight", "time.w_r", true),
    ("attention.output.weight", "time.w_o", true),
    ("feed_forward.time_mix_key", "channel.mix_k", false),
    ("feed_forward.time_mix_receptance", "channel.mix_r", false),
    ("feed_forward.key.weight", "channel.w_k", true),
    ("feed_forward.receptance.weight", "channel.w_r", true),
    ("feed_forward.value.weight", "channel.w_v", true),
];

/// Their names of a block's values and ours.
const TRACED: &[(&str, &str)] = &[
    ("ln1", "time.ln1"),
    ("attention.mix_key", "time.key_input"),
    ("attention.k", "time.key"),
    ("attention.mix_value", "time.value_input"),
    ("attention.v", "time.value"),
    ("attention.mix_receptance", "time.receptance_input"),
    ("attention.r", "time.receptance"),
    ("attention.wkv", "time.wkv"),
    ("attention.out", "time.output"),
    ("after_time_mix", "time.stream"),
    ("ln2", "channel.ln2"),
    ("feed_forward.mix_key", "channel.key_input"),
    ("feed_forward.k", "channel.key"),
    ("feed_forward.mix_receptance", "channel.receptance_input"),
    ("feed_forward.r", "channel.receptance"),
    ("feed_forward.out", "channel.output"),
    ("out", "channel.stream"),
];

/// Their state's number and our value.
const STATES: [(usize, &str); 5] = [
    (0, "channel.ln2"),
    (1, "time.ln1"),
    (2, "time.numerator"),
    (3, "time.denominator"),
    (4, "time.max"),
];

/// Their names of all parameters, ours, and whether the matrix is transposed.
fn names(layers: usize) -> Vec<(String, String, bool)> {
    let around = [
        ("rwkv.embeddings.weight", "embedding", false),
        ("rwkv.blocks.0.pre_ln.weight", "layer0.gain_pre_ln", false),
        ("rwkv.blocks.0.pre_ln.bias", "layer0.shift_pre_ln", false),
        ("rwkv.ln_out.weight", "gain_ln_out", false),
        ("rwkv.ln_out.bias", "shift_ln_out", false),
        ("head.weight", "w_head", true),
    ];
    let around = around.map(|(theirs, ours, turned)| (theirs.into(), ours.into(), turned));
    let blocks = (0..layers).flat_map(|layer| {
        BLOCK.iter().map(move |(theirs, ours, turned)| {
            (format!("rwkv.blocks.{layer}.{theirs}"), format!("layer{layer}.{ours}"), *turned)
        })
    });
    around.into_iter().chain(blocks).collect()
}

fn turn(matrix: Array2<f32>, turned: bool) -> Array2<f32> {
    if turned { transposed(&matrix) } else { matrix }
}

/// A finished run, by names and positions.
struct Run {
    graph: Graph,
    positions: usize,
}

impl Run {
    fn steps(&self, name: &str, of: Of) -> Vec<Array2<f32>> {
        let id = self.graph.find(name).unwrap_or_else(|| panic!("no `{name}`"));
        (0..self.positions as i32).map(|at| of(self.graph.at(id, at).unwrap())).collect()
    }

    fn values(&self, name: &str) -> Vec<Array2<f32>> {
        self.steps(name, &|node| self.graph.value(node).clone())
    }
}

fn rwkv_4(golden: &Golden) {
    let layers = golden.hyper("layers") as usize;
    let [symbols, hidden, inner] = ["V", "D", "F"].map(|size| golden.hyper(size) as usize);
    let sizes = Sizes { symbols, hidden, layers, outputs: symbols };
    let mut parameters = Parameters::default();
    for (theirs, ours, turned) in names(layers) {
        parameters.push(ours, turn(golden.matrix(&format!("param.{theirs}")), turned));
    }
    let [b, t] = ["B", "T"].map(|size| golden.hyper(size) as usize);
    let ids = golden.integers("input.ids");
    let read = |at: usize| (0..b).map(|row| ids[row * t + at] as usize).collect();
    let input = Input::Symbols((0..t).map(read).collect());

    for form in [Form::Recurrent, Form::Parallel] {
        let model = rwkv::Config { sizes: sizes.clone(), inner, form };
        let (run, gradients, loss) = forward(&model, &parameters, &input);
        golden.check("loss", [&loss]);
        check_values(golden, &run, layers, form);
        check_gradients(golden, &run, &gradients, layers, form);
    }
    let model = rwkv::Config { sizes, inner, form: Form::Recurrent };
    check_rescaled(golden, &model, &parameters, &input);
}

/// The run, the gradients of the mean next-token cross-entropy, and that loss.
fn forward(
    model: &rwkv::Config,
    parameters: &Parameters,
    input: &Input,
) -> (Run, Gradients, Array2<f32>) {
    let tape = Tape::recording();
    let outputs = model.forward(&Binder::stored(&tape, parameters), input);
    let Input::Symbols(read) = input else { panic!("numbers") };
    let mut loss: Option<Var> = None;
    for (scores, next) in outputs.scores.iter().zip(&read[1..]) {
        let targets: Vec<Option<usize>> = next.iter().copied().map(Some).collect();
        let share = scores.log_softmax().pick(&targets).sum();
        loss = Some(loss.map_or(share, |loss| loss + share));
    }
    let n = (read.len() - 1) * read[0].len();
    let loss = loss.unwrap().scale(-1.0 / n as f32);
    let (node, value) = (loss.node(), loss.value());
    let run = Run { graph: tape.finish(), positions: read.len() };
    let gradients = run.graph.gradients(node);
    (run, gradients, value)
}

fn check_values(golden: &Golden, run: &Run, layers: usize, form: Form) {
    for (theirs, ours) in [
        ("trace.embedding", "input"),
        ("trace.pre_ln", "layer0.pre_ln"),
        ("trace.ln_out", "ln_out"),
        ("output.logits", "scores"),
    ] {
        golden.check(theirs, &batch_first(&run.values(ours)));
    }
    for layer in 0..layers {
        for (theirs, ours) in TRACED {
            let got = batch_first(&run.values(&format!("layer{layer}.{ours}")));
            golden.check(&format!("trace.blocks.{layer}.{theirs}"), &got);
        }
        if form == Form::Recurrent {
            for (theirs, ours) in [("num", "numerator"), ("den", "denominator"), ("max", "max")] {
                let got = run.values(&format!("layer{layer}.time.{ours}"));
                golden.check(&format!("trace.blocks.{layer}.attention.{theirs}"), &got);
            }
        }
    }
    if form == Form::Recurrent {
        for (number, ours) in STATES {
            let last: Vec<Array2<f32>> = (0..layers)
                .map(|layer| run.values(&format!("layer{layer}.{ours}")).pop().unwrap())
                .collect();
            // [B, D, layers]
            let [b, d] = [last[0].nrows(), last[0].ncols()];
            let state = Array2::from_shape_fn([b * d, layers], |(row, layer)| {
                last[layer][[row / d, row % d]]
            });
            golden.check(&format!("output.state.{number}"), [&state]);
        }
    }
}

fn check_gradients(golden: &Golden, run: &Run, gradients: &Gradients, layers: usize, form: Form) {
    let slope = |node: NodeId| gradient(&run.graph, gradients, node);
    for (theirs, ours, turned) in names(layers) {
        let node = run.graph.at(run.graph.find(&ours).unwrap(), 0).unwrap();
        golden.check(&format!("grad.param.{theirs}"), [&turn(slope(node), turned)]);
    }
    for (theirs, ours) in [
        ("trace.embedding", "input"),
        ("trace.pre_ln", "layer0.pre_ln"),
        ("trace.ln_out", "ln_out"),
        ("output.logits", "scores"),
    ] {
        golden.check(&format!("grad.{theirs}"), &batch_first(&run.steps(ours, &slope)));
    }
    for layer in 0..layers {
        for (theirs, ours) in TRACED {
            let got = batch_first(&run.steps(&format!("layer{layer}.{ours}"), &slope));
            golden.check(&format!("grad.trace.blocks.{layer}.{theirs}"), &got);
        }
        if form == Form::Recurrent {
            for (theirs, ours) in [("num", "numerator"), ("den", "denominator")] {
                let got = run.steps(&format!("layer{layer}.time.{ours}"), &slope);
                golden.check(&format!("grad.trace.blocks.{layer}.attention.{theirs}"), &got);
            }
            // What is taken out of both sums cancels.
            for slope in run.steps(&format!("layer{layer}.time.max"), &slope) {
                assert!(slope.iter().all(|s| s.abs() < 1e-6), "layer {layer}: {slope}");
            }
        }
    }
}

/// What transformers returned when it halved the stream behind every few blocks, against overflow in
/// half precision.
///
/// The weights that write to the stream should be divided alike, so that only the ε of LayerNorm
/// changes. These numbers are of a copy that was marked as divided already, by a run without
/// rescaling, and so was not: the third block adds twice as much as it should.
fn check_rescaled(golden: &Golden, model: &rwkv::Config, parameters: &Parameters, input: &Input) {
    let (every, layers) = (golden.hyper("rescale_every") as usize, model.sizes.layers);
    let halved: Vec<Intervention> = (0..layers)
        .filter(|layer| (layer + 1) % every == 0)
        .map(|layer| format!("layer{layer}.channel.stream *= 0.5").parse().unwrap())
        .collect();
    let tape = Tape::new(Mode::Record, halved);
    let outputs = model.forward(&Binder::stored(&tape, parameters), input);
    let scores: Vec<Array2<f32>> = outputs.scores.iter().map(|scores| scores.value()).collect();
    golden.check("output.rescaled_logits", &batch_first(&scores));
    let run = Run { graph: tape.finish(), positions: scores.len() };
    for layer in 0..layers {
        let got = run.values(&format!("layer{layer}.channel.stream"));
        golden.check(&format!("output.rescaled_hidden.{layer}"), &batch_first(&got));
    }
}

/// The learner sees the same numbers in both forms of every shipped model.
#[test]
fn a_shipped_rwkv_is_the_same_step_by_step_and_at_once() {
    for recipe in rwkv::SPEC.recipes {
        let stepped = checkpoint::shipped(recipe.id).unwrap();
        let parallel = checkpoint::shipped(&format!("{}:parallel", recipe.id)).unwrap();
        let mut random = Random::new(5, 100);
        for _ in 0..3 {
            let sequence = stepped.task.generate(&mut random).sequence;
            let given = sequence.beginning(stepped.task.given(&sequence));
            let [stepped, parallel] = [&stepped, &parallel]
                .map(|checkpoint| Trace::record(checkpoint, given.clone(), Vec::new()));
            assert_eq!(stepped.tokens(), parallel.tokens());
            for name in ["layer1.time.wkv", "layer1.channel.stream", "prediction"] {
                for at in 0..stepped.n_positions() as i32 {
                    let (a, b) =
                        (stepped.value(name, at).unwrap(), parallel.value(name, at).unwrap());
                    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-3 * a.abs().max(1.0);
                    assert!(a.iter().zip(b).all(near), "{}: {name}[{at}]: {a} {b}", recipe.id);
                }
            }
            assert!(parallel.value("layer1.time.contribution", 1).is_some());
        }
    }
}
