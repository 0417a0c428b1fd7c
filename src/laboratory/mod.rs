//! The gradient laboratory: untrained recurrent models whose size, initial weights and depth are
//! the learner's to choose, on one sequence of the task of remembering its first symbol.
//!
//! Everything that it shows comes from running these models and a backward pass through them, so
//! each control does what it does to a real network.

mod presets;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::checkpoint::{Card, Checkpoint, CheckpointError};
use crate::lesson::Control;
use crate::models::recurrent::{Sizes, Source};
use crate::models::rnn::Activation;
use crate::models::{Model, ModelSpec, gru, lstm, rnn};
use crate::nn::{Binder, Init, Parameters};
use crate::tape::Tape;
use crate::tasks::{TaskSpec, remember};
use crate::tensor::random::Random;

pub use presets::{PRESETS, Preset};

/// The shortest and the longest sequence: a letter and a question, to some hundreds of steps.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 1..=200;
/// Hidden units.
pub const HIDDEN: std::ops::RangeInclusive<usize> = 1..=64;
/// The gain of the recurrent weights: the spectral radius of an orthogonal or identity start.
pub const GAINS: std::ops::RangeInclusive<f32> = 0.0..=10.0;
/// The initial bias of the gate that keeps.
pub const FORGET_BIASES: std::ops::RangeInclusive<f32> = -4.0..=8.0;
/// Layers.
pub const LAYERS: std::ops::RangeInclusive<usize> = 1..=8;
/// The threshold of clipping; 0 clips nothing.
pub const CLIPS: std::ops::RangeInclusive<f32> = 0.0..=100.0;

/// Models compared at once.
const MOST_CONTESTANTS: usize = 4;

/// Numbers that stand for a symbol.
const EMBEDDING: usize = 8;
/// Letters that may have to be remembered.
const LETTERS: usize = 8;

/// One of the architectures that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contestant {
    /// The simple recurrent network.
    Rnn,
    /// Long short-term memory.
    Lstm,
    /// The gated recurrent unit.
    Gru,
}

impl Contestant {
    /// All of them, in teaching order.
    pub const ALL: [Self; 3] = [Self::Rnn, Self::Lstm, Self::Gru];

    /// The name on the stage.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Rnn => "rnn",
            Self::Lstm => "lstm",
            Self::Gru => "gru",
        }
    }

    fn spec(self) -> &'static ModelSpec {
        match self {
            Self::Rnn => &rnn::SPEC,
            Self::Lstm => &lstm::SPEC,
            Self::Gru => &gru::SPEC,
        }
    }
}

/// How the recurrent weights start out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Rows orthonormal (Saxe et al. 2014).
    Orthogonal,
    /// Normal with deviation 1/√hidden, so that the spectral radius is about 1 (Ginibre 1965).
    Gaussian,
    /// Uniform in ±√(6/(2·hidden)) (Glorot & Bengio 2010).
    Xavier,
    /// The identity (Le et al. 2015).
    Identity,
}

impl Start {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Orthogonal, Self::Gaussian, Self::Xavier, Self::Identity];

    fn init(self, hidden: usize, gain: f32) -> Init {
        match self {
            Self::Orthogonal => Init::Orthogonal(gain),
            Self::Gaussian => Init::Normal(gain / (hidden as f32).sqrt()),
            Self::Xavier => Init::Uniform(gain * (3.0 / hidden as f32).sqrt()),
            Self::Identity => Init::Identity(gain),
        }
    }
}

/// All controls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Laboratory {
    /// Positions of the sequence.
    pub length: usize,
    /// Hidden units.
    pub hidden: usize,
    /// The factor of the recurrent weights.
    pub gain: f32,
    /// How the recurrent weights start out.
    pub start: Start,
    /// The simple network's φ.
    pub activation: Activation,
    /// The initial bias of the gate that keeps: the LSTM's forget gate, the GRU's update gate.
    pub forget_bias: f32,
    /// Layers on top of each other.
    pub layers: usize,
    /// Whether layers pass their input on.
    pub residual: bool,
    /// The norm that clipping scales the gradient of all weights down to; 0 clips nothing.
    pub clip: f32,
    /// The seed of weights and sequence.
    pub seed: u64,
    /// What is compared, the first on the stage; never empty.
    pub contestants: Vec<Contestant>,
    /// Settings that the first of them runs with once more, beside itself: `residual = false`, several
    /// after commas; empty for none.
    pub versus: String,
}

impl Default for Laboratory {
    fn default() -> Self {
        Self {
            length: 50,
            hidden: 32,
            gain: 1.0,
            start: Start::Orthogonal,
            activation: Activation::Tanh,
            forget_bias: 1.0,
            layers: 1,
            residual: false,
            clip: 0.0,
            seed: 1,
            contestants: Contestant::ALL.to_vec(),
            versus: String::new(),
        }
    }
}

impl Laboratory {
    /// The names of the controls in lessons.
    pub const CONTROLS: [&'static str; 13] = [
        "preset",
        "length",
        "hidden",
        "gain",
        "start",
        "activation",
        "forget_bias",
        "layers",
        "residual",
        "clip",
        "seed",
        "models",
        "versus",
    ];

    /// Sets a control from a lesson or the window; what is beyond its range is brought into it.
    ///
    /// # Errors
    /// If there is no such control or the setting is not of its kind; says which there are.
    pub fn set(&mut self, name: &str, setting: &Control) -> Result<(), String> {
        let wrong = |wanted: &str| format!("the control `{name}` takes {wanted}");
        let number = || match setting {
            Control::Number(number) if number.is_finite() => Ok(*number),
            _ => Err(wrong("a number")),
        };
        let text = || match setting {
            Control::Text(text) => Ok(text.as_str()),
            _ => Err(wrong("a word in quotes")),
        };
        let whole = |range: std::ops::RangeInclusive<usize>| {
            let number = number()?.round().max(0.0) as usize;
            Ok::<usize, String>(number.clamp(*range.start(), *range.end()))
        };
        let real = |range: std::ops::RangeInclusive<f32>| {
            Ok::<f32, String>((number()? as f32).clamp(*range.start(), *range.end()))
        };
        match name {
            "length" => self.length = whole(LENGTHS)?,
            "hidden" => self.hidden = whole(HIDDEN)?,
            "gain" => self.gain = real(GAINS)?,
            "start" => {
                self.start = choice(text()?)
                    .map_err(|_| wrong("orthogonal, gaussian, xavier or identity"))?;
            }
            "activation" => {
                self.activation = choice(text()?).map_err(|_| wrong("tanh, relu or sigmoid"))?;
            }
            "forget_bias" => self.forget_bias = real(FORGET_BIASES)?,
            "layers" => self.layers = whole(LAYERS)?,
            "residual" => match setting {
                Control::Switch(on) => self.residual = *on,
                _ => return Err(wrong("true or false")),
            },
            "clip" => self.clip = real(CLIPS)?,
            "seed" => self.seed = number()?.max(0.0) as u64,
            "preset" => {
                let found = PRESETS.iter().find(|preset| Ok(preset.id) == text());
                let known = || PRESETS.iter().map(|p| p.id).collect::<Vec<_>>().join(", ");
                *self = (found.ok_or_else(|| wrong(&known()))?.controls)();
            }
            "versus" => {
                text()?.clone_into(&mut self.versus);
                self.varied()?;
            }
            "models" => {
                let models: Result<Vec<Contestant>, _> =
                    text()?.split([' ', ',']).filter(|id| !id.is_empty()).map(choice).collect();
                let models = models.ok().filter(|models| !models.is_empty());
                self.contestants = models.ok_or_else(|| wrong("some of rnn, lstm, gru"))?;
            }
            _ => {
                let known = Self::CONTROLS.join(", ");
                return Err(format!("there is no control `{name}`; there are {known}"));
            }
        }
        Ok(())
    }

    /// The laboratory as a lesson's controls say, a preset first; and what is wrong with them.
    #[must_use]
    pub fn with(controls: &[(String, Control)]) -> (Self, Vec<String>) {
        let mut laboratory = Self::default();
        let (presets, others): (Vec<_>, Vec<_>) =
            controls.iter().partition(|(name, _)| name == "preset");
        let all = presets.into_iter().chain(others);
        let errors =
            all.filter_map(|(name, setting)| laboratory.set(name, setting).err()).collect();
        (laboratory, errors)
    }

    /// The same controls, each brought into its range; for those that come from a file.
    #[must_use]
    pub fn within_ranges(self) -> Self {
        let real = |value: f32, range: std::ops::RangeInclusive<f32>, default: f32| {
            let value = if value.is_finite() { value } else { default };
            value.clamp(*range.start(), *range.end())
        };
        let whole = |value: usize, range: std::ops::RangeInclusive<usize>| {
            value.clamp(*range.start(), *range.end())
        };
        let default = Self::default();
        let mut contestants = self.contestants;
        contestants.truncate(MOST_CONTESTANTS);
        if contestants.is_empty() {
            contestants = default.contestants;
        }
        Self {
            length: whole(self.length, LENGTHS),
            hidden: whole(self.hidden, HIDDEN),
            gain: real(self.gain, GAINS, default.gain),
            forget_bias: real(self.forget_bias, FORGET_BIASES, default.forget_bias),
            layers: whole(self.layers, LAYERS),
            clip: real(self.clip, CLIPS, default.clip),
            contestants,
            ..self
        }
    }

    /// The runs that are compared, each with the controls that it has; the first is on the stage.
    #[must_use]
    pub fn runs(&self) -> Vec<(Self, Contestant)> {
        let plain = Self { versus: String::new(), ..self.clone() };
        let mut runs: Vec<(Self, Contestant)> =
            self.contestants.iter().map(|contestant| (plain.clone(), *contestant)).collect();
        if let (Ok(Some(varied)), Some(first)) = (self.varied(), self.contestants.first()) {
            runs.insert(1, (varied, *first));
        }
        runs
    }

    /// What a run is called: its architecture, and what it has otherwise than the others.
    #[must_use]
    pub fn label(&self, contestant: Contestant) -> String {
        let id = contestant.id();
        if self.versus.is_empty() { id.to_owned() } else { format!("{id}, {}", self.versus) }
    }

    /// The settings that are not as they are by default, as one would write them.
    #[must_use]
    pub fn summary(&self) -> String {
        let (own, usual) = (json!(self), json!(Self::default()));
        let differs = |name: &&&str| own.get(**name) != usual.get(**name);
        let shown = Self::VARIED.iter().filter(differs).filter_map(|name| {
            // A gain of 0.5 is one in f32 as well; 0.3 would be written with all its digits.
            let value = own.get(*name)?;
            let number = value.as_f64().map(|number| format!("{}", number as f32));
            let word = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(format!("{name} = {}", number.unwrap_or_else(word)))
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    /// The laboratory with the settings of `versus`, which it keeps as its name; `None` where there
    /// are none.
    ///
    /// # Errors
    /// If one of them is not `CONTROL = SETTING`; says what is possible.
    pub fn varied(&self) -> Result<Option<Self>, String> {
        if self.versus.trim().is_empty() {
            return Ok(None);
        }
        let mut varied = self.clone();
        for item in self.versus.split(',') {
            let (name, setting) = item.split_once('=').ok_or_else(|| {
                format!("`{}` is no setting; write residual = false", item.trim())
            })?;
            let (name, setting) = (name.trim(), setting.trim());
            // All runs read one sequence and stand on one axis.
            if !Self::VARIED.contains(&name) {
                let known = Self::VARIED.join(", ");
                return Err(format!("`{name}` cannot be varied; there are {known}"));
            }
            let setting = match (setting.parse(), setting.parse()) {
                (Ok(on), _) => Control::Switch(on),
                (_, Ok(number)) => Control::Number(number),
                _ => Control::Text(setting.to_owned()),
            };
            varied.set(name, &setting)?;
        }
        Ok(Some(varied))
    }

    /// The controls that one run can have otherwise than the others.
    pub const VARIED: [&'static str; 8] =
        ["hidden", "gain", "start", "activation", "forget_bias", "layers", "residual", "seed"];

    /// The sequence that all contestants read, as it would be typed.
    #[must_use]
    pub fn input(&self) -> String {
        let mut random = Random::new(self.seed, 0);
        match self.task() {
            Ok(task) => task.text(&task.generate(&mut random).sequence),
            Err(_) => String::new(),
        }
    }

    /// A contestant with new weights.
    ///
    /// # Errors
    /// If the sizes make no model, which the ranges of the controls exclude.
    pub fn build(&self, contestant: Contestant) -> Result<Checkpoint, CheckpointError> {
        let error = |error| CheckpointError::Config(contestant.id().to_owned(), error);
        let task = self.task().map_err(error)?;
        let spec = contestant.spec();
        let source = Source::Symbols { count: remember::N_SYMBOLS, embedding: EMBEDDING };
        let sizes = Sizes {
            layers: self.layers,
            residual: self.residual,
            ..Sizes::single(source, self.hidden, task.outputs(), true)
        };
        let (convention, reset) = (gru::Convention::Keeps, gru::Reset::After);
        let model: Box<dyn Model> = match contestant {
            Contestant::Rnn => Box::new(rnn::Config { sizes, activation: self.activation }),
            Contestant::Lstm => Box::new(lstm::Config { sizes }),
            Contestant::Gru => Box::new(gru::Config { sizes, convention, reset }),
        };
        let parameters = self.weights(&*model);
        let card = Card {
            id: contestant.id().to_owned(),
            model: spec.id.to_owned(),
            config: model.config(),
            task: remember::SPEC.id.to_owned(),
            task_config: self.task_config(),
            seed: self.seed,
            steps: 0,
            parameters: parameters.count(),
            measure: task.measure().name().to_owned(),
            score: f64::NAN,
            recipe_sha256: String::new(),
        };
        Ok(Checkpoint { card, spec, model, task, parameters, origin: None })
    }

    fn weights(&self, model: &dyn Model) -> Parameters {
        let recurrent = self.start.init(self.hidden, self.gain);
        // The GRU's update gate keeps where it is open, so its bias means what the forget gate's does.
        let forget_bias = Init::Constant(self.forget_bias);
        let start = move |name: &str, init: Init| match name.rsplit('.').next().unwrap_or(name) {
            "b_f" | "b_z" => forget_bias,
            last if last.starts_with("w_h") && last != "w_hy" => recurrent,
            _ => init,
        };
        let tape = Tape::lean();
        let binder = Binder::new(&tape, self.seed).starting(Box::new(start));
        let _ = model.forward(&binder, &model.example());
        binder.into_parameters()
    }

    fn task_config(&self) -> serde_json::Value {
        json!({"letters": LETTERS, "length": self.length, "asks_everywhere": true})
    }

    fn task(&self) -> Result<Box<dyn crate::tasks::Task>, crate::models::ConfigError> {
        const TASK: TaskSpec = remember::SPEC;
        (TASK.build)(&self.task_config())
    }
}

/// A choice by the word that stands for it in files.
fn choice<T: for<'de> Deserialize<'de>>(word: &str) -> Result<T, serde_json::Error> {
    serde_json::from_value(json!(word))
}

#[cfg(test)]
mod tests;
