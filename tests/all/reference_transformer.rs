//! The Transformer's parts against numbers of PyTorch: attention of several heads, the layers of
//! encoder and decoder, the whole, and the ways to know positions.
//!
//! A case's sequences stand below each other, as in a batch of training.

use ndarray::{Array2, Axis, concatenate, s};
use unrolled::models::transformer::layer::{Activation, DecoderLayer, EncoderLayer, Norm, Shape};
use unrolled::nn::heads::{Asked, Heads, Memory, Sight, attention};
use unrolled::nn::layer::{Embedding, LayerNorm};
use unrolled::nn::positions::{self, Added, Distance, Places, Positions};
use unrolled::nn::{Binder, Init, Parameters};
use unrolled::tape::{Gradients, Graph, NodeId, Tape, Var};
use unrolled::tensor::random::Random;
use unrolled::tensor::{from_vec, row};

use crate::golden::{Golden, cases};
use crate::reference::{follow, gradient};

cases! {
    mha_self: |g| multi_head(g, false);
    mha_causal: |g| multi_head(g, false);
    mha_cross: |g| multi_head(g, true);
    layernorm: layer_norm;
    encoder_layer_post_norm_relu: |g| encoder_layer(g, Norm::Post, Activation::Relu);
    encoder_layer_pre_norm_gelu: |g| encoder_layer(g, Norm::Pre, Activation::Gelu);
    decoder_layer_post_norm_relu: |g| decoder_layer(g, Norm::Post, Activation::Relu);
    decoder_layer_pre_norm_gelu: |g| decoder_layer(g, Norm::Pre, Activation::Gelu);
    transformer_full: whole;
    pos_sinusoidal: sinusoidal;
    pos_learned: learned;
    pos_alibi: alibi;
    pos_rope: rope;
}

/// From the standardised rows to them: through the shift and the gain.
const STANDARDISED: &[usize] = &[0, 1];
/// Further to the rows as they were.
const GIVEN: &[usize] = &[0, 1, 0];

/// Parameters by PyTorch's name and ours, without what follows the last dot.
enum Piece {
    /// `in_proj_weight` and so on; the scope of our heads.
    Attention(String, String),
    /// A linear layer; the scope and the letter of ours.
    Linear(String, String, &'static str),
    /// A LayerNorm; its scope.
    Norm(String, String),
}

impl Piece {
    fn attention(theirs: &str, ours: &str) -> Self {
        Self::Attention(theirs.to_owned(), ours.to_owned())
    }

    fn fetch(&self, golden: &Golden, heads: usize, parameters: &mut Parameters) {
        let turned = |array: &Array2<f32>| array.t().as_standard_layout().into_owned();
        let matrix = |name: String| golden.matrix(&format!("param.{name}"));
        match self {
            Self::Attention(theirs, ours) => {
                let (w, b) = (
                    matrix(format!("{theirs}in_proj_weight")),
                    matrix(format!("{theirs}in_proj_bias")),
                );
                let size = w.ncols();
                let width = size / heads;
                for (block, letter) in ["q", "k", "v"].iter().enumerate() {
                    for head in 0..heads {
                        let rows = block * size + head * width..block * size + (head + 1) * width;
                        let part = turned(&w.slice(s![rows.clone(), ..]).to_owned());
                        parameters.push(format!("{ours}head{head}.w_{letter}"), part);
                        let part = b.slice(s![.., rows]).as_standard_layout().into_owned();
                        parameters.push(format!("{ours}head{head}.b_{letter}"), part);
                    }
                }
                parameters.push(
                    format!("{ours}w_o"),
                    turned(&matrix(format!("{theirs}out_proj.weight"))),
                );
                parameters.push(format!("{ours}b_o"), matrix(format!("{theirs}out_proj.bias")));
            }
            Self::Linear(theirs, ours, letter) => {
                parameters
                    .push(format!("{ours}w_{letter}"), turned(&matrix(format!("{theirs}.weight"))));
                parameters.push(format!("{ours}b_{letter}"), matrix(format!("{theirs}.bias")));
            }
            Self::Norm(theirs, ours) => {
                parameters.push(format!("{ours}gain_norm"), matrix(format!("{theirs}.weight")));
                parameters.push(format!("{ours}shift_norm"), matrix(format!("{theirs}.bias")));
            }
        }
    }

    fn check(&self, run: &Run<'_>) {
        let of = |name: String| run.gradient(run.node(&name));
        let turned = |array: Array2<f32>| array.t().as_standard_layout().into_owned();
        let check = |name: String, parts: Vec<Array2<f32>>| {
            run.golden.check(&format!("grad.param.{name}"), &parts);
        };
        match self {
            Self::Attention(theirs, ours) => {
                let blocks = |kind: &str| -> Vec<Array2<f32>> {
                    let letters = ["q", "k", "v"].into_iter();
                    let names =
                        letters.flat_map(|letter| (0..run.heads).map(move |head| (head, letter)));
                    names
                        .map(|(head, letter)| {
                            turned(of(format!("{ours}head{head}.{kind}_{letter}")))
                        })
                        .collect()
                };
                check(format!("{theirs}in_proj_weight"), blocks("w"));
                check(format!("{theirs}in_proj_bias"), blocks("b"));
                check(format!("{theirs}out_proj.weight"), vec![turned(of(format!("{ours}w_o")))]);
                check(format!("{theirs}out_proj.bias"), vec![of(format!("{ours}b_o"))]);
            }
            Self::Linear(theirs, ours, letter) => {
                check(format!("{theirs}.weight"), vec![turned(of(format!("{ours}w_{letter}")))]);
                check(format!("{theirs}.bias"), vec![of(format!("{ours}b_{letter}"))]);
            }
            Self::Norm(theirs, ours) => {
                check(format!("{theirs}.weight"), vec![of(format!("{ours}gain_norm"))]);
                check(format!("{theirs}.bias"), vec![of(format!("{ours}shift_norm"))]);
            }
        }
    }
}

/// A finished run and its gradients.
struct Run<'g> {
    golden: &'g Golden,
    graph: Graph,
    gradients: Gradients,
    heads: usize,
    sequences: usize,
}

impl<'g> Run<'g> {
    /// Ends a run whose loss is Σ cot ⊙ y, and checks loss and y.
    fn new(golden: &'g Golden, tape: Tape, y: NodeId, heads: usize, sequences: usize) -> Self {
        let graph = tape.finish();
        let cot = golden.matrix("input.cot_y");
        let loss = (&cot * graph.value(y)).sum();
        golden.check("loss", [&Array2::from_elem([1, 1], loss)]);
        golden.check("output.y", [graph.value(y)]);
        let gradients = graph.gradients_from(&[(y, cot)]);
        let run = Self { golden, graph, gradients, heads, sequences };
        golden.check("grad.output.y", [&run.gradient(y)]);
        run
    }

    fn node(&self, name: &str) -> NodeId {
        let id = self.graph.find(name).unwrap_or_else(|| panic!("no `{name}`"));
        self.graph.everywhere(id)[0].1
    }

    fn gradient(&self, node: NodeId) -> Array2<f32> {
        gradient(&self.graph, &self.gradients, node)
    }

    /// A traced value of ours and its gradient.
    fn traced(&self, theirs: &str, node: NodeId) {
        self.golden.check(&format!("trace.{theirs}"), [self.graph.value(node)]);
        self.golden.check(&format!("grad.trace.{theirs}"), [&self.gradient(node)]);
    }

    /// What the heads of an attention compute, [sequence, head, position, …] there.
    fn heads(&self, theirs: &str, ours: &str) {
        let names = [
            ("q", "query"),
            ("k", "key"),
            ("v", "value"),
            ("scores", "scaled"),
            ("weights", "attention"),
            ("ctx", "mixed"),
        ];
        for (letter, name) in names {
            let nodes = (0..self.heads).map(|head| self.node(&format!("{ours}head{head}.{name}")));
            let nodes: Vec<NodeId> = nodes.collect();
            let of = |value: &dyn Fn(NodeId) -> Array2<f32>| -> Vec<Array2<f32>> {
                let values: Vec<_> = nodes.iter().map(|node| value(*node)).collect();
                parts(&values, self.sequences)
            };
            let values = of(&|node| self.graph.value(node).clone());
            self.golden.check(&format!("trace.{theirs}{letter}"), &values);
            let gradients = of(&|node| self.gradient(node));
            self.golden.check(&format!("grad.trace.{theirs}{letter}"), &gradients);
        }
    }

    /// A LayerNorm whose result is the value called `ours`.
    fn norm(&self, theirs: &str, ours: &str) {
        let node = self.node(ours);
        self.traced(&format!("{theirs}.y"), node);
        let standardised = follow(&self.graph, node, STANDARDISED);
        self.traced(&format!("{theirs}.xhat"), standardised);
        let given = self.graph.value(follow(&self.graph, node, GIVEN));
        let [mean, variance] = moments(given, self.graph.value(standardised), LayerNorm::EPSILON);
        self.golden.check(&format!("trace.{theirs}.mean"), [&mean]);
        self.golden.check(&format!("trace.{theirs}.var"), [&variance]);
    }

    fn feed_forward(&self) {
        let inner = self.node("feed_forward.inner");
        self.traced("ff_pre", follow(&self.graph, inner, &[0]));
        self.traced("ff_act", inner);
        self.traced("ff_out", self.node("feed_forward.update"));
    }
}

/// For each sequence the rows of each head.
fn parts(heads: &[Array2<f32>], sequences: usize) -> Vec<Array2<f32>> {
    let of = |sequence: usize| {
        heads.iter().map(move |head| {
            let rows = head.nrows() / sequences;
            head.slice(s![sequence * rows..(sequence + 1) * rows, ..]).to_owned()
        })
    };
    (0..sequences).flat_map(of).collect()
}

/// Mean and variance of each row, from what was taken away from its entries and divided out: the
/// two that lie farthest apart.
fn moments(x: &Array2<f32>, standardised: &Array2<f32>, epsilon: f32) -> [Array2<f32>; 2] {
    let of = |(x, y): (ndarray::ArrayView1<'_, f32>, ndarray::ArrayView1<'_, f32>)| {
        let place = |better: &dyn Fn(f32, f32) -> bool| {
            (0..y.len()).reduce(|best, at| if better(y[at], y[best]) { at } else { best }).unwrap()
        };
        let (low, high) = (place(&|a, b| a < b), place(&|a, b| a > b));
        let [x_low, x_high, y_low, y_high] = [x[low], x[high], y[low], y[high]].map(f64::from);
        let scale = (x_high - x_low) / (y_high - y_low);
        ((x_low - y_low * scale) as f32, (scale * scale - f64::from(epsilon)) as f32)
    };
    let rows: Vec<_> = x.rows().into_iter().zip(standardised.rows()).map(of).collect();
    let column =
        |pick: fn(&(f32, f32)) -> f32| from_vec([rows.len(), 1], rows.iter().map(pick).collect());
    [column(|row| row.0), column(|row| row.1)]
}

fn fetched(golden: &Golden, pieces: &[Piece], heads: usize) -> Parameters {
    let mut parameters = Parameters::default();
    pieces.iter().for_each(|piece| piece.fetch(golden, heads, &mut parameters));
    parameters
}

/// 0 where `keep` allows to look, −∞ elsewhere, for queries of each sequence; `keep` has a row for
/// each query, or for each sequence.
fn mask(golden: &Golden, sequences: usize, queries: usize) -> Option<Array2<f32>> {
    if !golden.has("input.keep") {
        return None;
    }
    let (keep, shape) = (golden.integers("input.keep"), golden.shape("input.keep"));
    let is_of_queries = shape[0] == queries;
    Some(Array2::from_shape_fn([sequences * queries, shape[1]], |(at, key)| {
        let line = if is_of_queries { at % queries } else { at / queries };
        if keep[line * shape[1] + key] == 1 { 0.0 } else { f32::NEG_INFINITY }
    }))
}

fn sight(tape: &Tape, sequences: usize, mask: Option<Array2<f32>>) -> Sight<'_> {
    let mask = mask.map(|mask| tape.constant(mask));
    Sight { sequences, mask, distance: Distance::Unknown }
}

fn count(golden: &Golden, key: &str) -> usize {
    golden.hyper(key) as usize
}

fn multi_head(golden: &Golden, is_cross: bool) {
    let (heads, sequences) = (count(golden, "heads"), golden.shape("input.x")[0]);
    let [queries, size] = [golden.shape("input.x")[1], golden.shape("input.x")[2]];
    let pieces = [Piece::attention("", "")];
    let parameters = fetched(golden, &pieces, heads);
    let tape = Tape::recording();
    let attention = Heads::new(&Binder::stored(&tape, &parameters), size, heads);
    let x = tape.constant(golden.matrix("input.x"));
    // A causal mask is our own; one of padding is given.
    let mask = match mask(golden, sequences, queries) {
        Some(_) if !is_cross => Some(Places::new(sequences, 0..queries, 0..queries).mask()),
        given => given,
    };
    let sight = sight(&tape, sequences, mask);
    let memory = is_cross.then(|| tape.constant(golden.matrix("input.memory")));
    let asked = memory.map(|memory| attention.ready(memory, &Distance::Unknown));
    let y = attention.attend(x, asked.as_deref().map_or(Memory::Own, Memory::Ready), &sight);
    let nodes = (x.node(), memory.map(Var::node), y.node());
    drop(sight);
    let run = Run::new(golden, tape, nodes.2, heads, sequences);
    run.heads("", "");
    golden.check("grad.input.x", [&run.gradient(nodes.0)]);
    if let Some(memory) = nodes.1 {
        golden.check("grad.input.memory", [&run.gradient(memory)]);
    }
    pieces.iter().for_each(|piece| piece.check(&run));
}

fn layer_norm(golden: &Golden) {
    let epsilon = golden.hyper("eps");
    let tape = Tape::recording();
    let parameter = |name: &'static str| {
        tape.parameter(name, name, golden.matrix(&format!("param.{name}")).into())
    };
    let x = tape.constant(golden.matrix("input.x"));
    let (gain, shift) = (parameter("weight"), parameter("bias"));
    let standardised = x.standardised(epsilon);
    let y = gain * standardised + shift;
    let nodes = [x, standardised, gain, shift, y].map(Var::node);
    let [x, standardised, gain, shift, y] = nodes;
    let run = Run::new(golden, tape, y, 1, 1);
    run.traced("xhat", standardised);
    let [mean, variance] = moments(run.graph.value(x), run.graph.value(standardised), epsilon);
    golden.check("trace.mean", [&mean]);
    golden.check("trace.var", [&variance]);
    for (name, node) in [("input.x", x), ("param.weight", gain), ("param.bias", shift)] {
        golden.check(&format!("grad.{name}"), [&run.gradient(node)]);
    }
}

fn shape(golden: &Golden, size: usize, norm: Norm, activation: Activation) -> Shape {
    let (heads, feed_forward) = (count(golden, "heads"), count(golden, "F"));
    Shape { size, heads, feed_forward, norm, activation }
}

/// A layer's parameters; `subs` are its sub-layers in PyTorch's order.
fn layer_pieces(theirs: &str, ours: &str, subs: &[&str]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, sub) in subs.iter().enumerate() {
        pieces.push(Piece::Norm(format!("{theirs}norm{}", number + 1), format!("{ours}{sub}.")));
    }
    // The encoder's only attention has no scope of its own.
    let own = if subs.len() == 2 { String::new() } else { "self.".to_owned() };
    pieces.push(Piece::attention(&format!("{theirs}self_attn."), &format!("{ours}{own}")));
    if subs.len() == 3 {
        let (theirs, ours) = (format!("{theirs}multihead_attn."), format!("{ours}cross."));
        pieces.push(Piece::attention(&theirs, &ours));
    }
    let ours = format!("{ours}feed_forward.");
    pieces.push(Piece::Linear(format!("{theirs}linear1"), ours.clone(), "1"));
    pieces.push(Piece::Linear(format!("{theirs}linear2"), ours, "2"));
    pieces
}

const ENCODER: &[&str] = &["self", "feed_forward"];
const DECODER: &[&str] = &["self", "cross", "feed_forward"];

/// What a layer's sub-layers compute, in either form of normalisation.
fn check_layer(run: &Run<'_>, subs: &[&str], norm: Norm) {
    let after = match subs.len() {
        2 => &["after_attention", "after_feed_forward"][..],
        _ => &["after_self_attention", "after_cross_attention", "after_feed_forward"],
    };
    for (number, (sub, after)) in subs.iter().zip(after).enumerate() {
        let (theirs, is_last) = (format!("norm{}", number + 1), number + 1 == subs.len());
        let (normed, sum) = match norm {
            Norm::Pre => ("normed", "stream"),
            Norm::Post => ("stream", "sum"),
        };
        run.norm(&theirs, &format!("{sub}.{normed}"));
        // In pre-norm that is the layer's result, which has been compared.
        if norm == Norm::Post || !is_last {
            run.traced(after, run.node(&format!("{sub}.{sum}")));
        }
    }
    let own = if subs.len() == 2 { "" } else { "self." };
    run.heads("self_attn.", own);
    run.traced("self_attn.y", run.node("self.update"));
    if subs.len() == 3 {
        run.heads("multihead_attn.", "cross.");
        run.traced("multihead_attn.y", run.node("cross.update"));
    }
    run.feed_forward();
}

fn encoder_layer(golden: &Golden, norm: Norm, activation: Activation) {
    let [sequences, size] = [golden.shape("input.x")[0], golden.shape("input.x")[2]];
    let pieces = layer_pieces("", "", ENCODER);
    let shape = shape(golden, size, norm, activation);
    let parameters = fetched(golden, &pieces, shape.heads);
    let tape = Tape::recording();
    let layer = EncoderLayer::new(&Binder::stored(&tape, &parameters), &shape);
    let x = tape.constant(golden.matrix("input.x"));
    let y = layer.apply(x, &sight(&tape, sequences, None)).node();
    let x = x.node();
    drop(layer);
    let run = Run::new(golden, tape, y, shape.heads, sequences);
    check_layer(&run, ENCODER, norm);
    golden.check("grad.input.x", [&run.gradient(x)]);
    pieces.iter().for_each(|piece| piece.check(&run));
}

fn decoder_layer(golden: &Golden, norm: Norm, activation: Activation) {
    let [sequences, queries, size] = [0, 1, 2].map(|axis| golden.shape("input.x")[axis]);
    let pieces = layer_pieces("", "", DECODER);
    let shape = shape(golden, size, norm, activation);
    let parameters = fetched(golden, &pieces, shape.heads);
    let tape = Tape::recording();
    let layer = DecoderLayer::new(&Binder::stored(&tape, &parameters), &shape, true);
    let x = tape.constant(golden.matrix("input.x"));
    let memory = tape.constant(golden.matrix("input.memory"));
    let asked = layer.ready(memory, &Distance::Unknown);
    let own = sight(&tape, sequences, mask(golden, sequences, queries));
    let source = sight(&tape, sequences, None);
    let y = layer.apply(x, (Memory::Own, &own), Some((&asked, &source))).node();
    let [x, memory] = [x, memory].map(Var::node);
    drop((layer, own, source));
    let run = Run::new(golden, tape, y, shape.heads, sequences);
    check_layer(&run, DECODER, norm);
    golden.check("grad.input.x", [&run.gradient(x)]);
    golden.check("grad.input.memory", [&run.gradient(memory)]);
    pieces.iter().for_each(|piece| piece.check(&run));
}

/// A decoder's layer without a source has no numbers of its own in PyTorch, whose decoder always has
/// one; it is its encoder's layer under a causal mask. The last position may look at all, so there the
/// layer that is compared with PyTorch gives the same.
#[test]
fn a_layer_of_a_decoder_alone_is_that_of_an_encoder_under_a_mask() {
    const POSITIONS: usize = 5;
    for norm in [Norm::Pre, Norm::Post] {
        let shape =
            Shape { size: 8, heads: 2, feed_forward: 12, norm, activation: Activation::Gelu };
        let tape = Tape::lean();
        let p = Binder::new(&tape, 4);
        let _ = DecoderLayer::new(&p, &shape, false);
        let parameters = p.into_parameters();
        // The encoder's only attention has no scope of its own.
        let mut renamed = Parameters::default();
        for (name, array) in parameters.iter() {
            let is_attention = !name.starts_with("self.norm");
            let ours = name.strip_prefix("self.").filter(|_| is_attention).unwrap_or(name);
            renamed.push(ours, (**array).clone());
        }
        let mut random = Random::new(5, 0);
        let x = random.array([POSITIONS, shape.size], Random::normal);
        let tape = Tape::recording();
        let mask = Places::new(1, 0..POSITIONS, 0..POSITIONS).mask();
        let own =
            Sight { sequences: 1, mask: Some(tape.constant(mask)), distance: Distance::Unknown };
        let layer = DecoderLayer::new(&Binder::stored(&tape, &parameters), &shape, false);
        let alone = layer.apply(tape.constant(x.clone()), (Memory::Own, &own), None).value();
        let tape = Tape::recording();
        let layer = EncoderLayer::new(&Binder::stored(&tape, &renamed), &shape);
        let whole = layer.apply(tape.constant(x.clone()), &sight(&tape, 1, None)).value();
        let apart = |row: usize| {
            let rows = alone.row(row).to_owned() - whole.row(row);
            rows.iter().fold(0.0, |worst: f32, apart| worst.max(apart.abs()))
        };
        assert!(apart(POSITIONS - 1) < 1e-6, "{norm:?}: {}", apart(POSITIONS - 1));
        assert!(apart(0) > 1e-3, "{norm:?}: nothing is hidden");
    }
}

/// PyTorch's whole has a last normalisation on both sides, as our pre-norm has.
fn whole(golden: &Golden) {
    let [sequences, size] = [golden.shape("input.tgt")[0], golden.shape("input.tgt")[2]];
    let (queries, layers) = (golden.shape("input.tgt")[1], count(golden, "layers"));
    let mut pieces = Vec::new();
    for (part, subs) in [("encoder", ENCODER), ("decoder", DECODER)] {
        for layer in 0..layers {
            let (theirs, ours) =
                (format!("{part}.layers.{layer}."), format!("{part}.layer{layer}."));
            pieces.extend(layer_pieces(&theirs, &ours, subs));
        }
        pieces.push(Piece::Norm(format!("{part}.norm"), format!("{part}.")));
    }
    let shape = shape(golden, size, Norm::Post, Activation::Relu);
    let parameters = fetched(golden, &pieces, shape.heads);
    let tape = Tape::recording();
    let p = Binder::stored(&tape, &parameters);
    let norm = |part: &str| {
        let _part = tape.scope(part);
        LayerNorm::new(&p, "norm", size)
    };
    let [src, tgt] = ["input.src", "input.tgt"].map(|name| tape.constant(golden.matrix(name)));
    let everything = sight(&tape, sequences, None);
    let mut nodes = Vec::new();
    let mut z = src;
    for layer in 0..layers {
        let _layer = tape.scope(&format!("encoder.layer{layer}"));
        z = EncoderLayer::new(&p, &shape).apply(z, &everything);
        nodes.push((format!("encoder.{layer}"), z.node()));
    }
    let memory = norm("encoder").apply(z);
    nodes.push(("memory".to_owned(), memory.node()));
    let own = sight(&tape, sequences, mask(golden, sequences, queries));
    let mut z = tgt;
    for layer in 0..layers {
        let _layer = tape.scope(&format!("decoder.layer{layer}"));
        let decoder = DecoderLayer::new(&p, &shape, true);
        let asked = decoder.ready(memory, &Distance::Unknown);
        z = decoder.apply(z, (Memory::Own, &own), Some((&asked, &everything)));
        nodes.push((format!("decoder.{layer}"), z.node()));
    }
    let y = norm("decoder").apply(z).node();
    let [src, tgt] = [src, tgt].map(Var::node);
    drop((everything, own, p));
    let run = Run::new(golden, tape, y, shape.heads, sequences);
    nodes.iter().for_each(|(name, node)| run.traced(name, *node));
    golden.check("grad.input.src", [&run.gradient(src)]);
    golden.check("grad.input.tgt", [&run.gradient(tgt)]);
    pieces.iter().for_each(|piece| piece.check(&run));
}

fn sinusoidal(golden: &Golden) {
    let [count, size] = [golden.shape("output.pe")[0], golden.shape("output.pe")[1]];
    golden.check("output.pe", [&positions::waves(0..count, size)]);
    let frequencies: Vec<f32> =
        (0..size / 2).map(|pair| positions::frequency(pair, size, 10_000.0) as f32).collect();
    golden.check("output.freq", [&row(&frequencies)]);
    let [sequences, n] = [golden.shape("input.x")[0], golden.shape("input.x")[1]];
    let tape = Tape::recording();
    let x = tape.constant(golden.matrix("input.x"));
    let y = Added::Waves.to(x.scale((size as f32).sqrt()), 0..n, sequences).node();
    let x = x.node();
    let run = Run::new(golden, tape, y, 1, sequences);
    golden.check("grad.input.x", [&run.gradient(x)]);
}

fn learned(golden: &Golden) {
    let mut parameters = Parameters::default();
    parameters.push("embedding", golden.matrix("param.tok"));
    parameters.push("positions", golden.matrix("param.pos"));
    let [symbols, size] = [golden.shape("param.tok")[0], golden.shape("param.tok")[1]];
    let longest = golden.shape("param.pos")[0];
    let [sequences, n] = [golden.shape("input.ids")[0], golden.shape("input.ids")[1]];
    let ids: Vec<usize> = golden.integers("input.ids").iter().map(|id| *id as usize).collect();
    let tape = Tape::recording();
    let p = Binder::stored(&tape, &parameters);
    let x = Embedding::starting(&p, symbols, size, Init::Constant(0.0)).rows(&ids);
    let y = Positions::Learned { longest }.declared(&p, size).to(x, 0..n, sequences).node();
    drop(p);
    let run = Run::new(golden, tape, y, 1, sequences);
    for (theirs, ours) in [("tok", "embedding"), ("pos", "positions")] {
        golden.check(&format!("grad.param.{theirs}"), [&run.gradient(run.node(ours))]);
    }
}

fn alibi(golden: &Golden) {
    let [sequences, heads, n, width] = [0, 1, 2, 3].map(|axis| golden.shape("input.q")[axis]);
    for heads in [heads, count(golden, "heads_odd")] {
        golden.check(&format!("output.slopes_{heads}"), [&row(&positions::slopes(heads))]);
    }
    let places = Places::new(1, 0..n, 0..n);
    let tape = Tape::recording();
    let inputs = ["q", "k", "v"].map(|name| {
        let steps = golden.matrix(&format!("input.{name}"));
        let of = |at: usize| tape.constant(steps.slice(s![at * n..(at + 1) * n, ..]).to_owned());
        (0..sequences * heads).map(of).collect::<Vec<_>>()
    });
    let mut nodes = Vec::new();
    for (at, query) in inputs[0].iter().enumerate() {
        // Each has the names of its own.
        tape.set_position(at);
        let distance = Positions::Alibi.between(heads, width, &places);
        let mask = Some(tape.constant(places.mask()));
        let sight = Sight { sequences: 1, mask, distance };
        let asked = Asked { key: inputs[1][at], value: inputs[2][at] };
        nodes.push(attention(*query, asked, &sight, at % heads).node());
    }
    let inputs = inputs.map(|nodes| nodes.into_iter().map(Var::node).collect::<Vec<_>>());
    let graph = tape.finish();
    let cot = {
        let all = golden.matrix("input.cot_y");
        (0..sequences * heads)
            .map(|at| all.slice(s![at * n..(at + 1) * n, ..]).to_owned())
            .collect::<Vec<_>>()
    };
    let seeds: Vec<_> = nodes.iter().copied().zip(cot.iter().cloned()).collect();
    let gradients = graph.gradients_from(&seeds);
    let of = |node: &NodeId| gradient(&graph, &gradients, *node);
    let values =
        |nodes: &[NodeId]| nodes.iter().map(|n| graph.value(*n).clone()).collect::<Vec<_>>();
    let loss: f32 = seeds.iter().map(|(node, cot)| (cot * graph.value(*node)).sum()).sum();
    golden.check("loss", [&Array2::from_elem([1, 1], loss)]);
    let named = |name: &str| -> Vec<NodeId> {
        graph.everywhere(graph.find(name).unwrap()).iter().map(|(_, node)| *node).collect()
    };
    // Above the diagonal, which the mask takes away, the file has 0.
    let bias = values(&named("bias")[..heads]).into_iter().map(|mut bias| {
        bias.indexed_iter_mut().filter(|((q, k), _)| k > q).for_each(|(_, bias)| *bias = 0.0);
        bias
    });
    golden.check("output.bias", &bias.collect::<Vec<_>>());
    for (theirs, ours) in
        [("trace.scores", "scaled"), ("trace.weights", "attention"), ("output.y", "mixed")]
    {
        let nodes = named(ours);
        golden.check(theirs, &values(&nodes));
        golden.check(&format!("grad.{theirs}"), &nodes.iter().map(of).collect::<Vec<_>>());
    }
    for (name, nodes) in ["q", "k", "v"].iter().zip(&inputs) {
        golden.check(&format!("grad.input.{name}"), &nodes.iter().map(of).collect::<Vec<_>>());
    }
}

fn rope(golden: &Golden) {
    let [sequences, heads, n, width] = [0, 1, 2, 3].map(|axis| golden.shape("input.q")[axis]);
    let (base, first) = (f64::from(golden.hyper("base")), count(golden, "offset"));
    let given: Vec<usize> =
        golden.integers("input.positions").iter().map(|at| *at as usize).collect();
    assert_eq!(given, (first..first + n).collect::<Vec<_>>());
    let turns = positions::rotations(first..first + n, width, base);
    let frequencies: Vec<f32> =
        (0..width / 2).map(|pair| positions::frequency(pair, width, base) as f32).collect();
    golden.check("trace.inv_freq", [&row(&frequencies)]);
    for (name, which) in [("cos", 0), ("sin", 1)] {
        let half = from_vec([n, width / 2], turns.iter().map(|turn| turn[which]).collect());
        golden.check(&format!("trace.{name}"), [&concatenate![Axis(1), half, half]]);
    }
    // All heads of all sequences below each other.
    let all = sequences * heads;
    let turns = turns.repeat(all).into();
    let tape = Tape::recording();
    let [q, k] = ["input.q", "input.k"].map(|name| tape.constant(golden.matrix(name)));
    let [q_rot, k_rot] = [q, k].map(|x| x.rotated(&turns));
    let scores = q_rot.dot_transposed_within(k_rot, all).scale(1.0 / (width as f32).sqrt());
    let nodes = [q, k, q_rot, k_rot, scores].map(Var::node);
    let graph = tape.finish();
    let cot = golden.matrix("input.cot_y");
    golden.check("loss", [&Array2::from_elem([1, 1], (&cot * graph.value(nodes[4])).sum())]);
    let gradients = graph.gradients_from(&[(nodes[4], cot)]);
    let names = ["input.q", "input.k", "output.q_rot", "output.k_rot", "output.scores"];
    for (name, node) in names.iter().zip(nodes) {
        golden.check(&format!("grad.{name}"), [&gradient(&graph, &gradients, node)]);
        if name.starts_with("output") {
            golden.check(name, [graph.value(node)]);
        }
    }
}
