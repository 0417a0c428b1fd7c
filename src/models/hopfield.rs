//! The Hopfield network: a memory whose stored patterns are the valleys of an energy, so that a
//! damaged pattern runs downhill to the whole one.
//!
//! ```text
//! s_0 = u_0                                              the picture that is given
//! s_t = s_{t-1} + u_t ⊙ (sgn(a_{t-1}; s_{t-1}) − s_{t-1})     the units chosen by u_t are updated
//!
//! a_t = s_t W                                            field, Hebb's rule
//! E_t = −½ a_t s_tᵀ                                      energy
//! W   = 1/N Σ ξᵀ ξ over the stored patterns ξ, with 0 on its diagonal
//!
//! p_t = softmax(β s_t Xᵀ)                                likeness to each stored pattern
//! a_t = p_t X                                            field, modern rule: X holds the patterns
//! E_t = ½ s_t s_tᵀ − 1/β ln Σ exp(β s_t Xᵀ)              energy, up to a constant
//! ```
//!
//! | symbol | shape | |
//! |---|---|---|
//! | u_t | (rows, N) | the picture at position 0; later 1 at the units to update, 0 elsewhere |
//! | s_t | (rows, N) | the state of the N units, ±1 |
//! | a_t | (rows, N) | what the others tell each unit to be |
//! | sgn(a; s) | (rows, N) | the sign of a; where a is 0, s |
//! | W | (N, N) | weights of Hebb's rule, symmetric |
//! | X | (patterns, N) | the stored patterns of the modern rule |
//!
//! Sources: Hopfield 1982, *Neural networks and physical systems with emergent collective
//! computational abilities*, PNAS 79(8), pp. 2554–2558; his units are 0 or 1, ±1 is the same
//! network shifted. Modern rule: Ramsauer et al. 2021, *Hopfield Networks is All You Need*
//! (arXiv 2008.02217), eqs. 2 and 3, without the terms of the energy that do not depend on s. There
//! the state is continuous, a itself without its sign ([`State::Continuous`]). With the sign the
//! energy falls just as well: ln Σ exp is convex, so it gains at least a_i times what s_i moves.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::diagram::{Diagram, Mark};
use super::recurrent::{share, signed};
use super::{ConfigError, Feed, Input, Model, ModelSpec, Outputs, Recipe, Step};
use crate::nn::{Binder, Init, Parameters};
use crate::tape::Var;

/// Sizes and the rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// N.
    pub units: usize,
    /// How patterns are stored and recalled.
    pub rule: Rule,
    /// What a unit can be.
    pub state: State,
}

/// How patterns are stored and recalled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Added up in one matrix: units that agree in a pattern pull at each other.
    Hebb,
    /// Kept one by one and attended to.
    Modern {
        /// How many there are.
        patterns: usize,
        /// β: how much the likest pattern stands out.
        beta: f32,
    },
}

/// What a unit can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// +1 or −1.
    Binary,
    /// Any number: an update takes the field as it is.
    Continuous,
}

/// What is stored, on a tape.
enum Memory<'t> {
    Hebb { w: Var<'t> },
    Modern { x: Var<'t>, beta: f32 },
}

impl<'t> Memory<'t> {
    fn new(p: &Binder<'t>, config: &Config) -> Self {
        let units = config.units;
        // Before anything is stored, nothing is.
        let blank =
            |name, symbol, rows| p.parameter(name, symbol, [rows, units], Init::Constant(0.0));
        match config.rule {
            Rule::Hebb => Self::Hebb { w: blank("w", "W", units) },
            Rule::Modern { patterns, beta } => {
                Self::Modern { x: blank("patterns", "X", patterns), beta }
            }
        }
    }

    /// The field and the energy of a state.
    fn recall(&self, s: Var<'t>) -> Var<'t> {
        match *self {
            Self::Hebb { w } => {
                let a = s.dot(w).named("field", "a"); // (rows, N)
                let _ = a.inner(s).scale(-0.5).named("energy", "E"); // (rows, 1)
                a
            }
            Self::Modern { x, beta } => {
                let likeness = s.dot_transposed(x).scale(beta); // (rows, patterns)
                let p = likeness.softmax().named("attention", "p");
                let a = p.dot(x).named("field", "a"); // (rows, N)
                let e = s.inner(s).scale(0.5) - likeness.log_sum_exp().scale(beta.recip());
                let _ = e.named("energy", "E"); // (rows, 1)
                a
            }
        }
    }
}

impl Config {
    /// The chosen units take what their fields say; the others stay.
    fn update<'t>(&self, u: Var<'t>, s: Var<'t>, a: Var<'t>) -> Var<'t> {
        let told = match self.state {
            State::Binary => a.sign(s),
            State::Continuous => a,
        };
        s + u * (told - s)
    }

    fn build(config: &Json) -> Result<Box<dyn Model>, ConfigError> {
        let config: Self = ConfigError::read("hopfield", config)?;
        match config.rule {
            Rule::Modern { beta, .. } if !(beta > 0.0 && beta.recip().is_finite()) => {
                let reason = format!("beta is {beta}; it has to be above 0");
                Err(ConfigError { of: "hopfield".to_owned(), reason })
            }
            _ => Ok(Box::new(config)),
        }
    }
}

impl Model for Config {
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t> {
        let tape = p.tape();
        let memory = Memory::new(p, self);
        let mut before: Option<Var<'t>> = None;
        let mut scores: Vec<Var<'t>> = Vec::new();
        while let Some(step) = input.at(scores.len(), scores.last().copied()) {
            tape.set_position(scores.len());
            let Step::Numbers(numbers) = step else {
                panic!("symbols were given to a model of numbers")
            };
            let u = {
                let _section = tape.section("input");
                tape.input("input", "u", numbers)
            };
            let _section = tape.section("cell");
            let s = match (before, scores.last()) {
                (Some(s), Some(a)) => self.update(u, s, *a),
                _ => u.copied(),
            };
            let s = s.named("state", "s");
            before = Some(s);
            scores.push(memory.recall(s));
        }
        Outputs { scores, first: 0 }
    }

    fn example(&self) -> Input {
        Input::Numbers(vec![Array2::zeros([1, self.units])])
    }

    fn config(&self) -> Json {
        json!(self)
    }

    /// Hebb's rule, or the patterns themselves; none where there are no patterns or they are not
    /// of this network's size and number.
    fn store(&self, patterns: &[Vec<f32>]) -> Option<Parameters> {
        let units = self.units;
        if patterns.is_empty() || patterns.iter().any(|pattern| pattern.len() != units) {
            return None;
        }
        let x = Array2::from_shape_fn([patterns.len(), units], |(k, unit)| patterns[k][unit]);
        let mut parameters = Parameters::default();
        match self.rule {
            Rule::Hebb => {
                let mut w = x.t().dot(&x) / units as f32; // (N, N)
                w.diag_mut().fill(0.0);
                parameters.push("w", w);
            }
            Rule::Modern { patterns: count, .. } if count == patterns.len() => {
                parameters.push("patterns", x);
            }
            Rule::Modern { .. } => return None,
        }
        Some(parameters)
    }

    /// The state runs along the top; what its field says comes back from below.
    fn diagram(&self) -> Diagram {
        let mut d = Diagram::new([84.0, 64.0], [13.0, 13.0, 58.0, 39.0]);
        let (state, told, chosen) = (21.0, 36.0, 48.0);
        let before = d.previous("state", [6.0, state]);
        let field_before = d.previous("field", [6.0, told]);
        let u = d.place("input", [48.0, 58.0], Mark::Strip);
        let change = d.operand("state", &[1, 1], 0, [34.0, told], Mark::Sign("−"));
        let update = d.operand("state", &[1], 0, [chosen, told], Mark::Sign("×"));
        let sum = d.place("state", [chosen, state], Mark::Sign("+"));
        d.wire(before, &[[10.5, state], [chosen - 2.4, state]]);
        d.wire(before, &[[34.0, state], [34.0, told - 2.4]]);
        d.wire(change, &[[36.0, told], [chosen - 2.4, told]]);
        d.wire(u, &[[chosen, 55.0], [chosen, told + 2.4]]);
        d.wire(update, &[[chosen, told - 2.0], [chosen, state + 2.4]]);
        match self.state {
            State::Binary => {
                let sign = d.operand("state", &[1, 1, 0], 0, [22.0, told], Mark::Sign("sgn"));
                d.wire(field_before, &[[10.5, told], [19.6, told]]);
                d.wire(before, &[[22.0, state], [22.0, told - 2.4]]);
                d.wire(sign, &[[24.0, told], [31.6, told]]);
            }
            State::Continuous => d.wire(field_before, &[[10.5, told], [31.6, told]]),
        }
        let after = d.place("state", [78.0, state], Mark::Strip);
        d.wire(sum, &[[chosen + 2.0, state], [73.0, state]]);
        d.place("energy", [62.0, 6.0], Mark::Strip);
        d.wire(after, &[[62.0, state], [62.0, 9.6]]);
        let field = match self.rule {
            Rule::Hebb => {
                d.wire(after, &[[62.0, state], [62.0, told - 4.0]]);
                d.place("field", [62.0, told], Mark::Layer("W"))
            }
            Rule::Modern { .. } => {
                let p = d.place("attention", [62.0, 31.0], Mark::Layer("Xᵀ"));
                d.wire(after, &[[62.0, state], [62.0, 27.0]]);
                d.wire(p, &[[62.0, 35.0], [62.0, 40.0]]);
                d.place("field", [62.0, 44.0], Mark::Layer("X"))
            }
        };
        let at = if matches!(self.rule, Rule::Hebb) { told } else { 44.0 };
        d.place("field", [78.0, at], Mark::Strip);
        d.wire(field, &[[66.6, at], [73.0, at]]);
        d
    }
}

/// The registry entry.
pub const SPEC: ModelSpec = ModelSpec {
    id: "hopfield",
    title: "Hopfield",
    source: "Hopfield 1982, PNAS 79:2554–2558; modern rule: Ramsauer et al. 2021, arXiv 2008.02217, eqs. 2–3",
    year: 1982,
    build: Config::build,
    recipes: &[
        Recipe { id: "hopfield-letters", ..LETTERS },
        Recipe { id: "hopfield-3", task_config: r#"{"count":3,"flipped":25}"#, ..LETTERS },
        Recipe { id: "hopfield-5", task_config: r#"{"count":5,"flipped":25}"#, ..LETTERS },
        Recipe {
            // Far more than 0.14·100 patterns' worth of likeness: what it forgets is the content.
            id: "hopfield-overloaded",
            task_config: r#"{"count":12,"flipped":25}"#,
            target: 0.0,
            ..LETTERS
        },
        Recipe {
            id: "hopfield-modern",
            config: r#"{"units":100,"rule":{"modern":{"patterns":12,"beta":0.1}},"state":"binary"}"#,
            task_config: r#"{"count":12,"flipped":25}"#,
            ..LETTERS
        },
    ],
    values: &[
        signed(
            "input",
            "First the picture that is given, then 1 at the unit that is updated",
            "先是给出的图案，之后只在要更新的单元处为 1",
        ),
        signed("state", "What every unit is now: +1 or −1", "每个单元现在的状态：+1 或 −1"),
        share(
            "attention",
            "How much the state is like each stored pattern, as shares",
            "当前状态与每个存储图案有多像，以份额表示",
        ),
        signed(
            "field",
            "What all the others together tell each unit to be",
            "其他单元合起来要求每个单元成为什么（局部场）",
        ),
        signed(
            "energy",
            "The energy: how badly the state fits what is stored. It never rises when one unit is updated",
            "能量：状态与存储内容有多不合。每次更新一个单元，它都不会升高",
        ),
    ],
    variants: &[],
    text: None,
};

/// What the shipped networks have in common. Their weights are stored at once, not trained.
const LETTERS: Recipe = Recipe {
    id: "",
    config: r#"{"units":100,"rule":"hebb","state":"binary"}"#,
    task: "letters",
    task_config: r#"{"count":4,"flipped":25}"#,
    steps: 0,
    batch: 1,
    learning_rate: 0.0,
    clip: 1.0,
    seed: 1,
    target: 0.95,
    kept: &[],
    weight_decay: 0.0,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Tape;
    use crate::tasks::{self, Rollout, Split};
    use crate::tensor::random::Random;

    /// The energies along a run from a noisy letter to rest.
    fn energies(recipe: &Recipe, seed: u64) -> Vec<f32> {
        let config: Config = serde_json::from_str(recipe.config).unwrap();
        let task = tasks::find(recipe.task).unwrap();
        let task = (task.build)(&serde_json::from_str(recipe.task_config).unwrap()).unwrap();
        let parameters = config.store(&task.patterns()).unwrap();
        let example = tasks::draw(&*task, &mut Random::new(seed, 0), Split::HeldOut);
        let tape = Tape::recording();
        let rollout = Rollout::new(&*task, &example.sequence);
        let _ = config.forward(&Binder::stored(&tape, &parameters), &rollout);
        let graph = tape.finish();
        let energies = graph.everywhere(graph.find("energy").unwrap()).iter();
        energies.map(|(_, node)| graph.value(*node)[[0, 0]]).collect()
    }

    #[test]
    fn the_energy_falls_at_every_flip() {
        for recipe in SPEC.recipes {
            for seed in 1..20 {
                let energies = energies(recipe, seed);
                assert!(energies.len() > 5, "{}: {energies:?}", recipe.id);
                let falls = energies.windows(2).all(|pair| pair[1] < pair[0]);
                assert!(falls, "{}: {energies:?}", recipe.id);
            }
        }
    }

    #[test]
    fn only_patterns_that_fit_are_stored() {
        let hebb = Config { units: 3, rule: Rule::Hebb, state: State::Binary };
        let modern = Config { rule: Rule::Modern { patterns: 2, beta: 1.0 }, ..hebb.clone() };
        let (one, two) = (vec![1.0, -1.0, 1.0], vec![1.0, 1.0, 1.0]);
        for config in [&hebb, &modern] {
            assert!(config.store(&[one.clone(), two.clone()]).is_some());
            assert!(config.store(&[]).is_none());
            assert!(config.store(&[vec![1.0, -1.0]]).is_none());
        }
        assert!(modern.store(std::slice::from_ref(&one)).is_none());
        // ξ₁ and ξ₂ agree in units 0 and 2 and differ in unit 1: (1+1)/3, (−1+1)/3.
        let w = hebb.store(&[one, two]).unwrap().get("w").unwrap().clone();
        let third = 2.0 / 3.0;
        assert_eq!(*w, ndarray::arr2(&[[0.0, 0.0, third], [0.0, 0.0, 0.0], [third, 0.0, 0.0]]));
    }

    #[test]
    fn a_beta_that_gives_no_energy_is_refused() {
        let config = |beta: f32| json!({"units": 3, "rule": {"modern": {"patterns": 2, "beta": beta}}, "state": "binary"});
        assert!(Config::build(&config(0.1)).is_ok());
        for beta in [0.0, -1.0, 1e-45] {
            let error = Config::build(&config(beta)).err().unwrap().to_string();
            assert!(error.contains("beta"), "{error}");
        }
    }
}
