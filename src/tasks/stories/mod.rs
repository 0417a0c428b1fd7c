//! Stories: after every word, which one comes next. The stories are drawn word by word from a small
//! grammar with a memory, so that the probability of each next word is known exactly.
//!
//! ```text
//! a boy named tom enters the forest . he sees the dogs that sleep . he leaves the forest .
//! ```
//!
//! | to foretell | needs |
//! |---|---|
//! | `he` or `she`, and `they` once there are two | who was introduced |
//! | `leaves the forest` | the places that were entered and not left, the last one first |
//! | `the dogs that he sees sleep` | the number of the dogs, beyond a clause with another subject |
//! | `she sees tom` | the other's name |
//!
//! A position reads a word and answers with the next one, or with the end behind the last; the first
//! word has nothing before it and is not foretold. The score is how much the loss lies above that of
//! the grammar itself, as a share of the grammar's entropy: 0 is the best that can be done.

mod grammar;

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::scoring::{cross_entropy, log_softmax};
use super::{
    Batch, Example, InputError, LONGEST_INPUT, Measure, Sequence, Tally, Targets, Task, TaskSpec,
    words,
};
use crate::models::{ConfigError, Input};
use crate::tape::Var;
use crate::tensor::random::Random;
use grammar::{DEEPEST, END, Limits, SHORTEST_STORY, State, WORDS};

/// What is written: the words, then the end.
const OUTPUTS: [&str; 56] = words::all(&[&WORDS, &["∎"]]);

/// The least that stories may be limited to.
const SHORTEST_LIMIT: usize = 20;
/// The most that they may be limited to.
const LONGEST_LIMIT: usize = 200;

/// How long stories are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The most places that one can be in at once, 1 to 3.
    pub depth: usize,
    /// The most words, 20 to 200; the fewest are a third of them.
    pub longest: usize,
}

/// The task, with its entropy.
#[derive(Clone, Debug, PartialEq)]
pub struct Stories {
    limits: Limits,
    entropy: f64,
}

impl Stories {
    /// The task of this size.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let longest = config.longest.clamp(SHORTEST_LIMIT, LONGEST_LIMIT);
        let shortest = (longest / 3).max(SHORTEST_STORY);
        let limits = Limits { depth: config.depth.clamp(1, DEEPEST), shortest, longest };
        Self { limits, entropy: grammar::totals(limits).entropy_per_word() }
    }

    /// The entropy of a word after those before it, in nats: what the best model's loss would be.
    #[must_use]
    pub fn entropy(&self) -> f64 {
        self.entropy
    }

    /// The probability of each output after the words that were read; `None` where no story of the
    /// grammar begins like this.
    #[must_use]
    pub fn probabilities(&self, read: &[usize]) -> Option<Vec<f64>> {
        let state = read.iter().try_fold(State::new(self.limits), |s, word| s.after(*word))?;
        let mut all = vec![0.0; OUTPUTS.len()];
        for (word, probability) in state.probabilities() {
            all[word] = probability;
        }
        Some(all)
    }
}

impl Task for Stories {
    fn generate(&self, random: &mut Random) -> Example {
        let mut state = State::new(self.limits);
        let mut symbols = Vec::new();
        loop {
            let next = state.probabilities();
            let mut left = f64::from(random.uniform());
            let chosen = next.iter().find(|(_, probability)| {
                left -= probability;
                left < 0.0
            });
            // Rounding may leave a rest behind the last word.
            let Some((word, _)) = chosen.or(next.last()) else { break };
            let Some(after) = state.after(*word) else { break };
            if after.is_end() {
                break;
            }
            symbols.push(*word);
            state = after;
        }
        let sequence = Sequence::Symbols(symbols);
        let targets = self.targets(&sequence);
        Example { sequence, targets }
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let Sequence::Symbols(symbols) = sequence else { return Targets::Symbols(Vec::new()) };
        let next = symbols.iter().skip(1).copied().chain([END]);
        Targets::Symbols(symbols.iter().zip(next).map(|(_, next)| Some(next)).collect())
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let mut symbols = Vec::new();
        for (at, word) in words_and_stops(text) {
            let spelled = word.to_lowercase();
            let known = WORDS.iter().position(|known| *known == spelled);
            let unknown = || words::unknown(&word, at, &WORDS.join(" "), &WORDS);
            symbols.push(known.ok_or_else(unknown)?);
        }
        match symbols.len() {
            0 => Err(InputError::Empty { allowed: WORDS.join(" ") }),
            found if found > LONGEST_INPUT => {
                Err(InputError::TooLong { found, longest: LONGEST_INPUT })
            }
            _ => Ok(Sequence::Symbols(symbols)),
        }
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &WORDS
    }

    fn joint(&self) -> &'static str {
        " "
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &OUTPUTS
    }

    fn loss<'t>(&self, scores: &[Var<'t>], batch: &Batch) -> Var<'t> {
        cross_entropy(scores, batch)
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        let Input::Symbols(read) = &batch.input else { return };
        for row in 0..batch.lengths.len() {
            let mut state = Some(State::new(self.limits));
            for ((scores, targets), read) in scores.iter().zip(&batch.symbols).zip(read) {
                // Behind a word that the grammar does not know there, nothing can be compared.
                state = read.get(row).and_then(|word| state?.after(*word));
                let (Some(state), Some(target)) = (&state, targets[row]) else { continue };
                let next = state.probabilities();
                let Some((_, probability)) = next.iter().find(|(word, _)| *word == target) else {
                    continue;
                };
                tally.count += 1;
                tally.sum += (probability.ln() - log_softmax(scores, row, target)) / self.entropy;
            }
        }
    }

    fn measure(&self) -> Measure {
        Measure::AboveEntropy
    }
}

/// The words of a text and its full stops, each with the character from 1 at which it begins. Other
/// punctuation is left out.
fn words_and_stops(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (at, character) in (1..).zip(text.chars()) {
        let is_stop = ".。".contains(character);
        let is_skipped = character.is_whitespace()
            || (!is_stop && character.is_ascii_punctuation())
            || "，、；：！？“”‘’…∎".contains(character);
        if is_stop {
            found.push((at, ".".to_owned()));
        } else if let (true, Some(last)) = (goes_on && !is_skipped, found.last_mut()) {
            last.1.push(character);
        } else if !is_skipped {
            found.push((at, character.to_string()));
        }
        goes_on = !is_stop && !is_skipped;
    }
    found
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "stories",
    description: "Foretell each next word of a story whose grammar, and so its entropy, is known",
    build: |config: &Json| {
        Ok(Box::new(Stories::new(&ConfigError::read::<Config>("stories", config)?)))
    },
    tiny: r#"{"depth":1,"longest":30}"#,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::from_vec;

    fn task() -> Stories {
        Stories::new(&Config { depth: 3, longest: 60 })
    }

    #[test]
    fn drawn_stories_cost_the_entropy_and_have_the_length_that_is_computed() {
        const STORIES: usize = 5000;
        for config in [Config { depth: 3, longest: 60 }, Config { depth: 1, longest: 30 }] {
            let task = Stories::new(&config);
            let totals = grammar::totals(task.limits);
            let mut random = Random::new(1, 0);
            let (mut lengths, mut costs) = (Vec::new(), Vec::new());
            for _ in 0..STORIES {
                let Sequence::Symbols(mut symbols) = task.generate(&mut random).sequence else {
                    panic!()
                };
                lengths.push(symbols.len() as f64);
                symbols.push(END);
                let cost =
                    |at: usize| -task.probabilities(&symbols[..at]).unwrap()[symbols[at]].ln();
                costs.push((1..symbols.len()).map(cost).sum::<f64>());
            }
            let near = |found: &[f64], wanted: f64| {
                let mean = found.iter().sum::<f64>() / STORIES as f64;
                let variance = found.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
                let error = (variance / (STORIES * STORIES) as f64).sqrt();
                assert!((mean - wanted).abs() < 4.0 * error, "{mean} ± {error}, {wanted}");
            };
            near(&lengths, totals.length);
            near(&costs, totals.entropy);
            let full = lengths.iter().filter(|n| **n > config.longest as f64 - 6.0).count();
            println!(
                "{config:?}: H {:.6} nats, {totals:?}, {full} near the limit, {:?}",
                task.entropy(),
                lengths.iter().copied().fold((99.0_f64, 0.0_f64), |(a, b), n| (a.min(n), b.max(n)))
            );
        }
        let mut random = Random::new(2, 0);
        for _ in 0..8 {
            println!("{}", task().text(&task().generate(&mut random).sequence));
        }
    }

    #[test]
    fn who_knows_the_grammar_is_not_above_its_entropy_and_who_knows_nothing_is() {
        let task = task();
        let mut random = Random::new(3, 0);
        let (mut perfect, mut blind) = (Tally::default(), Tally::default());
        let examples: Vec<Example> = (0..20).map(|_| task.generate(&mut random)).collect();
        let batch = Batch::new(&task, &examples);
        let scores = |of: &dyn Fn(&[usize]) -> Vec<f32>| -> Vec<Array2<f32>> {
            let row = |example: &Example, t: usize| match &example.sequence {
                Sequence::Symbols(symbols) => of(&symbols[..=t.min(symbols.len() - 1)]),
                Sequence::Numbers(_) => panic!(),
            };
            let at = |t: usize| examples.iter().flat_map(|e| row(e, t)).collect();
            let positions = 0..batch.symbols.len();
            positions.map(|t| from_vec([examples.len(), OUTPUTS.len()], at(t))).collect()
        };
        // Any constant may be added to scores.
        let known = |read: &[usize]| -> Vec<f32> {
            let all = task.probabilities(read).unwrap();
            all.iter().map(|p| p.max(1e-30).ln() as f32 + 5.0).collect()
        };
        task.score(&scores(&known), &batch, &mut perfect);
        task.score(&scores(&|_| vec![0.0; OUTPUTS.len()]), &batch, &mut blind);
        assert!(perfect.score().abs() < 1e-5, "{}", perfect.score());
        assert_eq!(perfect.count, examples.iter().map(|e| e.sequence.len()).sum::<usize>());
        // ln 56 − H, as a share of H, but for the stories' own mean.
        let wanted = (OUTPUTS.len() as f64).ln() / task.entropy() - 1.0;
        assert!((blind.score() - wanted).abs() < 0.15, "{} instead of {wanted}", blind.score());
    }

    #[test]
    fn what_is_typed_is_read_with_its_full_stops() {
        let task = task();
        let story = "a boy named tom enters the forest . he sleeps .";
        let sequence = task.parse("A boy named Tom enters the forest. He sleeps.").unwrap();
        assert_eq!(task.text(&sequence), story);
        // What is not in the grammar runs all the same.
        let sequence = task.parse("tom the . . dogs").unwrap();
        let Targets::Symbols(targets) = task.targets(&sequence) else { panic!() };
        assert_eq!((targets.len(), targets[4]), (5, Some(END)));
        let Sequence::Symbols(symbols) = &sequence else { panic!() };
        assert_eq!(task.probabilities(symbols), None);
        let (mut tally, scores) = (Tally::default(), vec![Array2::zeros([1, OUTPUTS.len()]); 5]);
        let batch = Batch::new(&task, &[Example { targets: task.targets(&sequence), sequence }]);
        task.score(&scores, &batch, &mut tally);
        assert_eq!(tally, Tally::default());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let task = task();
        let message = |text: &str| task.parse(text).unwrap_err().to_string();
        assert!(message("a boy named tom. He slepes").contains("`slepes` (character 21)"));
        assert!(message("a boy named tom. He slepes").contains("did you mean `sleeps`?"));
        assert!(message(" ,").contains("empty"));
        assert!(message("他").contains("`他` (character 1)"));
        assert!(message(&"x".repeat(500)).contains("…` (character 1)"));
        assert!(message(&"a ".repeat(1001)).contains("1001 symbols"));
        assert!(task.parse(&"a ".repeat(500)).is_ok());
    }
}
