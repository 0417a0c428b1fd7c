//! The Transformer: an encoder and a decoder of nothing but attention and small networks, joined by
//! one residual stream from the symbols to the answer.
//!
//! ```text
//! x = E[token]·√d                          input
//! z = x + p                                stream, from which every sub-layer reads
//! pre-norm:  z ← z + f(LN(z))              and to which it adds
//! post-norm: z ← LN(z + f(z))              as in the paper
//! encoder layer:  f = attention to all of the source; feed forward
//! decoder layer:  f = attention to the answer so far; to the source; feed forward
//! feed forward:   f(z) = act(z W_1 + b_1) W_2 + b_2
//! s = z W_s + b_s                          scores, for each position of the answer
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | x, z | (positions, d) | symbols, the residual stream |
//! | q, k, v | (positions, d/heads) | of each head; see [`crate::nn::heads`] |
//! | s, p | (positions, outputs) | scores, prediction |
//!
//! Rows are positions. In the parallel form those of the source stand in values named at position
//! 0, those of the answer in values named where the source ends, under a mask that hides what comes
//! later. In the step form the answer's positions are computed one by one, with the keys and values
//! of the earlier ones kept. The numbers are the same.
//!
//! A model of text has no encoder: nothing but a decoder that reads what it goes on with, as GPT
//! does. Its layers have no attention to a source, and answers begin at the first position.
//!
//! Source: Vaswani et al. 2017 (arXiv 1706.03762), §3; pre-norm: Xiong et al. 2020 (arXiv
//! 2002.04745), with a last normalisation on both sides. The paper multiplies by the embedding's
//! transpose to get scores; here the answer's symbols are not numbered like those that are read, so
//! scores have a matrix of their own. The decoder alone: Radford et al. 2018, *Improving Language
//! Understanding by Generative Pre-Training*, §3.1, with pre-norm and GELU as in GPT-2 (Radford et
//! al. 2019, §2.3), and ALiBi, which does not end where training sequences did (Press et al. 2022). There is no dropout: examples are drawn anew at every update.

mod docs;
mod drawing;
pub mod layer;
mod recipes;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use self::layer::{Activation, DecoderLayer, EncoderLayer, Norm, Shape};
use super::{
    ConfigError, Diagram, Feed, Input, Model, ModelSpec, Outputs, Step, TextModel, Variant,
};
use crate::nn::heads::{Asked, Cache, Memory, Sight};
use crate::nn::layer::{Embedding, LayerNorm, Linear};
use crate::nn::positions::{Added, Places, Positions};
use crate::nn::{Binder, Init, Parameters};
use crate::tape::{Tape, Var};

/// Heads of each attention in a model of text.
const TEXT_HEADS: usize = 4;

/// Sizes and choices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Symbols that are read, in source and answer.
    pub symbols: usize,
    /// Symbols that are chosen among.
    pub outputs: usize,
    /// Numbers in a row of the stream.
    pub size: usize,
    /// Heads of each attention, of size/heads units.
    pub heads: usize,
    /// Units of the inner layer of a feed-forward network.
    pub feed_forward: usize,
    /// Layers of the encoder; without any there is only a decoder.
    pub encoder_layers: usize,
    /// Layers of the decoder.
    pub decoder_layers: usize,
    /// Where the stream is normalised.
    pub norm: Norm,
    /// The inner layer's activation.
    pub activation: Activation,
    /// How it is told where a symbol stands.
    pub positions: Positions,
    /// Whether a learner's run is made in the parallel form.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_once: bool,
}

impl Config {
    /// Why no model can be made of it, if none can.
    fn problem(&self) -> Option<&'static str> {
        let Self { symbols, outputs, size, heads, feed_forward, .. } = *self;
        let sizes = [symbols, outputs, size, heads, feed_forward, self.decoder_layers];
        if sizes.contains(&0) {
            return Some("no size may be 0");
        }
        if !size.is_multiple_of(heads) {
            return Some("`size` must be a multiple of `heads`");
        }
        if self.positions == Positions::Rope && !(size / heads).is_multiple_of(2) {
            return Some("rotary positions need an even number of units in a head");
        }
        (self.positions.longest() == Some(0)).then_some("a table of positions needs a row")
    }

    /// Whether a source is read by an encoder before the decoder begins.
    fn reads_source(&self) -> bool {
        self.encoder_layers > 0
    }

    fn shape(&self) -> Shape {
        Shape {
            size: self.size,
            heads: self.heads,
            feed_forward: self.feed_forward,
            norm: self.norm,
            activation: self.activation,
        }
    }
}

/// The parameters on a tape.
struct Network<'t> {
    tape: &'t Tape,
    config: Config,
    embedding: Embedding<'t>,
    added: Added<'t>,
    encoder: Vec<EncoderLayer<'t>>,
    decoder: Vec<DecoderLayer<'t>>,
    /// The last normalisation of the encoder's and of the decoder's stream, in pre-norm.
    last: [Option<LayerNorm<'t>>; 2],
    readout: Linear<'t>,
}

impl<'t> Network<'t> {
    fn new(p: &Binder<'t>, config: &Config) -> Self {
        let (tape, size) = (p.tape(), config.size);
        // Of variance 1 after the factor √d, like what is added for positions.
        let deviation = 1.0 / (size as f32).sqrt();
        let embedding = Embedding::starting(p, config.symbols, size, Init::Normal(deviation));
        let added = config.positions.declared(p, size);
        let layer = |part: &str, layer: usize| tape.scope(&format!("{part}.layer{layer}"));
        let encoder = (0..config.encoder_layers).map(|number| {
            let _layer = layer("encoder", number);
            EncoderLayer::new(p, &config.shape())
        });
        let encoder = encoder.collect();
        let decoder = (0..config.decoder_layers).map(|number| {
            let _layer = layer("decoder", number);
            DecoderLayer::new(p, &config.shape(), config.reads_source())
        });
        let decoder = decoder.collect();
        let last =
            [("encoder", config.reads_source()), ("decoder", true)].map(|(name, is_there)| {
                let _part = tape.scope(name);
                (is_there && config.norm == Norm::Pre).then(|| LayerNorm::new(p, "norm", size))
            });
        let readout = Linear::new(p, "s", size, config.outputs);
        Self { tape, config: config.clone(), embedding, added, encoder, decoder, last, readout }
    }

    /// Symbols and their positions as rows of the stream.
    fn stream(
        &self,
        symbols: &[usize],
        places: std::ops::Range<usize>,
        sequences: usize,
    ) -> Var<'t> {
        let _section = self.tape.section("input");
        let scale = (self.config.size as f32).sqrt();
        let x = self.embedding.rows(symbols).scale(scale).named("input", "x");
        self.added.to(x, places, sequences)
    }

    /// How queries and keys see each other.
    fn sight(&self, places: &Places, mask: Option<Var<'t>>) -> Sight<'t> {
        let Config { positions, heads, size, .. } = self.config;
        let distance = positions.between(heads, size / heads, places);
        Sight { sequences: places.sequences, mask, distance }
    }

    /// What the decoder reads of the source, (sequences·source, size).
    fn encode(&self, symbols: &[usize], source: usize, sequences: usize) -> Var<'t> {
        let _scope = self.tape.scope("encoder");
        let mut z = self.stream(symbols, 0..source, sequences);
        let places = Places::new(sequences, 0..source, 0..source);
        let sight = self.sight(&places, None);
        for (number, layer) in self.encoder.iter().enumerate() {
            let _layer = self.tape.scope(&format!("layer{number}"));
            z = layer.apply(z, &sight);
        }
        let _section = self.tape.section("encoder.memory");
        match self.last {
            [Some(norm), _] => norm.apply(z),
            [None, _] => z.copied(),
        }
        .named("memory", "m")
    }

    /// The keys and values of the source that each layer of the decoder asks.
    fn asked(&self, memory: Var<'t>, source: usize, sequences: usize) -> Vec<Vec<Asked<'t>>> {
        let _scope = self.tape.scope("decoder");
        let places = Places::new(sequences, 0..0, 0..source);
        let distance = self.sight(&places, None).distance;
        let asked = |(number, layer): (usize, &DecoderLayer<'t>)| {
            let _layer = self.tape.scope(&format!("layer{number}"));
            layer.ready(memory, &distance)
        };
        self.decoder.iter().enumerate().map(asked).collect()
    }

    /// Scores for rows of the decoder; `asked` is empty where there is no source.
    fn decode(
        &self,
        symbols: &[usize],
        own: &Places,
        asked: &[Vec<Asked<'t>>],
        source: usize,
        mut caches: Option<&mut Vec<Cache<'t>>>,
    ) -> Var<'t> {
        let z = {
            let _scope = self.tape.scope("decoder");
            let sequences = own.sequences;
            let mut z = self.stream(symbols, own.queries.clone(), sequences);
            let mask = caches.is_none().then(|| self.tape.constant(own.mask()).named("mask", "M"));
            let to_own = self.sight(own, mask);
            let queries = own.queries.clone();
            let to_source = self.sight(&Places::new(sequences, queries, 0..source), None);
            for (number, layer) in self.decoder.iter().enumerate() {
                let _layer = self.tape.scope(&format!("layer{number}"));
                let memory = match &mut caches {
                    Some(caches) => Memory::Earlier(&mut caches[number]),
                    None => Memory::Own,
                };
                let asked = asked.get(number).map(|asked| (&asked[..], &to_source));
                z = layer.apply(z, (memory, &to_own), asked);
            }
            let _section = self.tape.section("output");
            self.last[1].map_or(z, |norm| norm.apply(z).named("normed", r"\bar{z}"))
        };
        let _section = self.tape.section("output");
        let s = self.readout.apply(z).named("scores", "s");
        let _ = s.softmax().named("prediction", "p");
        s
    }
}

impl Model for Config {
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t> {
        let (tape, sequences) = (p.tape(), input.rows());
        let network = Network::new(p, self);
        // A decoder has at least the position that tells it to begin.
        let last = input.known().map_or(usize::MAX, |known| known.saturating_sub(1));
        let source = if self.reads_source() { input.source().min(last) } else { 0 };
        let mut columns: Vec<Vec<usize>> = Vec::new();
        while columns.len() < source
            && let Some(symbols) = symbols(input, columns.len(), None)
        {
            columns.push(symbols);
        }
        let source = columns.len();
        tape.set_position(0);
        let asked = if self.reads_source() {
            let memory = network.encode(&below(&columns, sequences), source, sequences);
            network.asked(memory, source, sequences)
        } else {
            Vec::new()
        };
        let mut scores: Vec<Var<'t>> = Vec::new();
        if input.known().is_some() {
            columns.clear();
            while let Some(symbols) = symbols(input, source + columns.len(), None) {
                columns.push(symbols);
            }
            if !columns.is_empty() {
                tape.set_position(source);
                let n = columns.len();
                let own = Places::new(sequences, 0..n, 0..n);
                let all = network.decode(&below(&columns, sequences), &own, &asked, source, None);
                // Where a tape is lean, what has no name is given back one position later: that of the
                // encoder at the first call, that of the decoder at the second.
                tape.set_position(source + n - 1);
                tape.set_position(source + n - 1);
                let at = |t: usize| {
                    let rows: Vec<usize> = (0..sequences).map(|row| row * n + t).collect();
                    all.rows(&rows) // (sequences, outputs)
                };
                scores = (0..n).map(at).collect();
            }
            return Outputs { scores, first: source };
        }
        let mut caches: Vec<Cache<'t>> = self.caches();
        while let Some(symbols) = symbols(input, source + scores.len(), scores.last().copied()) {
            let at = scores.len();
            tape.set_position(source + at);
            let own = Places::step(sequences, at);
            scores.push(network.decode(&symbols, &own, &asked, source, Some(&mut caches)));
        }
        Outputs { scores, first: source }
    }

    /// One symbol of a source, and the one that tells the decoder to begin.
    fn example(&self) -> Input {
        Input::Symbols(vec![vec![0], vec![0]])
    }

    fn config(&self) -> Json {
        json!(self)
    }

    fn reads_whole_source(&self) -> bool {
        self.reads_source()
    }

    fn reads_at_once(&self) -> bool {
        self.at_once
    }

    fn longest(&self) -> Option<usize> {
        self.positions.longest()
    }

    fn diagram(&self) -> Diagram {
        drawing::of(self)
    }
}

impl Config {
    fn caches<'t>(&self) -> Vec<Cache<'t>> {
        (0..self.decoder_layers).map(|_| Cache::default()).collect()
    }
}

/// The symbols of all sequences at a position.
fn symbols(input: &dyn Feed, position: usize, scores: Option<Var<'_>>) -> Option<Vec<usize>> {
    match input.at(position, scores)? {
        Step::Symbols(symbols) => Some(symbols),
        // A checkpoint whose task gives numbers is refused when it is loaded.
        Step::Numbers(_) => panic!("numbers were given to a model of symbols"),
    }
}

/// The symbols of the first sequence, below them those of the next.
fn below(positions: &[Vec<usize>], sequences: usize) -> Vec<usize> {
    let of = |row: usize| positions.iter().map(move |symbols| symbols[row]);
    (0..sequences).flat_map(of).collect()
}

/// The registry entry.
pub const SPEC: ModelSpec = ModelSpec {
    id: "transformer",
    title: "Transformer",
    source: "Vaswani et al. 2017, arXiv 1706.03762, §3; Xiong et al. 2020, arXiv 2002.04745",
    year: 2017,
    build: |config| {
        let config: Config = ConfigError::read("transformer", config)?;
        match config.problem() {
            Some(reason) => {
                Err(ConfigError { of: "transformer".to_owned(), reason: reason.to_owned() })
            }
            None => Ok(Box::new(config)),
        }
    },
    recipes: recipes::RECIPES,
    values: docs::VALUES,
    variants: &[Variant { id: "parallel", rewrite: at_once }],
    text: Some(TextModel {
        config: |sizes| {
            json!(Config {
                symbols: sizes.symbols,
                outputs: sizes.symbols,
                size: sizes.hidden.next_multiple_of(TEXT_HEADS),
                heads: TEXT_HEADS,
                feed_forward: 4 * sizes.hidden,
                encoder_layers: 0,
                decoder_layers: sizes.layers,
                norm: Norm::Pre,
                activation: Activation::Gelu,
                positions: Positions::Alibi,
                at_once: false,
            })
        },
        hidden: 64,
        layers: 2,
        learning_rate: 2e-3,
    }),
};

/// The same model, whose runs are made in the parallel form.
fn at_once(config: &Json, parameters: &Parameters) -> Result<(Json, Parameters), ConfigError> {
    let config: Config = ConfigError::read("transformer", config)?;
    Ok((json!(Config { at_once: true, ..config }), parameters.clone()))
}

#[cfg(test)]
mod tests;
