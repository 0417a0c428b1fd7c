//! Text: after every character, which one comes next, in a text of the learner's own. The vocabulary
//! belongs to the trained model, not to the program: it is part of the task's configuration, and so
//! of the card of a weights file.
//!
//! ```text
//! t h e ␣ c a t ⏎  →  h e ␣ c a t ⏎ …          read and foretold, position by position
//! ```
//!
//! A position reads a character and answers with the next one. The score is what a character costs
//! on average, in bits: log₂ of one over the probability that the model gave to what came. Who knows
//! only how often each character occurs pays [`Division::unigram`].
//!
//! The text itself stays where it is. A model that is opened from a file knows its vocabulary alone:
//! its task then has no examples but one that runs through that vocabulary.

pub mod characters;
pub mod corpus;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use corpus::{Corpus, Division, TextError};

use super::scoring::log_softmax;
use super::{
    Batch, Example, InputError, LONGEST_INPUT, Measure, Sequence, Split, Tally, Targets, Task,
    TaskSpec, visible,
};
use crate::models::ConfigError;
use crate::tensor::random::Random;
use characters::{RARE, as_str, is_symbol, nearest, normalised, shown};
use corpus::{LONGEST_TITLE, MOST_SYMBOLS};

/// Characters that a message names before it breaks off.
const NAMED: usize = 100;
/// Positions of a sequence.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 8..=256;
/// Draws of one split before the other will do, where there is no text and so nothing to be trained.
const DRAWS: usize = 1000;

/// What a model of a text knows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Its characters in the order of their numbers.
    pub vocabulary: String,
    /// Positions of a sequence.
    pub length: usize,
    /// The name of the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// [`Corpus::hash`], by which the text is known again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// [`Division::unigram`]; 0 where there is no text.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unigram: f64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

impl Config {
    /// Why no task can be made of it, if none can. Cards come from strangers.
    fn problem(&self) -> Option<String> {
        let count = self.vocabulary.chars().take(MOST_SYMBOLS + 1).count();
        if !(2..=MOST_SYMBOLS).contains(&count) {
            return Some(format!("a vocabulary has 2 to {MOST_SYMBOLS} characters"));
        }
        let mut before = None;
        for character in self.vocabulary.chars() {
            if !is_symbol(character) {
                return Some(format!("{} is no character of a text", code(character)));
            }
            if before >= Some(character) {
                let character = code(character);
                return Some(format!("{character} stands twice or out of order in the vocabulary"));
            }
            before = Some(character);
        }
        if !LENGTHS.contains(&self.length) {
            return Some(format!("`length` is not within {LENGTHS:?}"));
        }
        let title = &self.title;
        if title.chars().nth(LONGEST_TITLE).is_some() || title.chars().any(char::is_control) {
            return Some("the title is no name of a file".to_owned());
        }
        if self.text.len() > 16 || !self.text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some("`text` is no hash of a text".to_owned());
        }
        (!(0.0..=64.0).contains(&self.unigram)).then(|| "`unigram` is no number of bits".to_owned())
    }
}

/// A character by its code, whatever it is.
fn code(character: char) -> String {
    format!("U+{:04X}", character as u32)
}

/// The task, with its text where that is there.
#[derive(Clone, Debug)]
pub struct Text {
    config: Config,
    vocabulary: Vec<char>,
    symbols: Vec<&'static str>,
    text: Option<Arc<Division>>,
}

impl Text {
    /// The task of a configuration, without its text.
    ///
    /// # Errors
    /// If the configuration is no description of a text.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        match config.problem() {
            Some(reason) => Err(ConfigError { of: SPEC.id.to_owned(), reason }),
            None => Ok(Self::of(config, None)),
        }
    }

    /// The task of a text, divided for training.
    #[must_use]
    pub fn on(division: Arc<Division>) -> Self {
        let corpus = division.corpus();
        let config = Config {
            vocabulary: corpus.vocabulary().iter().collect(),
            length: division.length().clamp(*LENGTHS.start(), *LENGTHS.end()),
            title: corpus.title().to_owned(),
            text: corpus.hash().to_owned(),
            unigram: division.unigram(),
        };
        Self::of(config, Some(division))
    }

    fn of(config: Config, text: Option<Arc<Division>>) -> Self {
        let vocabulary: Vec<char> = config.vocabulary.chars().collect();
        let symbols = vocabulary.iter().map(|character| shown(*character)).collect();
        Self { config, vocabulary, symbols, text }
    }

    /// What is written to a card.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The held-out parts of the text, at most `most` of them, evenly spread over it; none where the
    /// text is not there.
    #[must_use]
    pub fn held_out(&self, most: usize) -> Vec<Example> {
        let Some(division) = &self.text else { return Vec::new() };
        let all = division.held_out();
        let chosen = all.min(most);
        let numbers = (0..chosen).map(|at| at * all / chosen.max(1));
        numbers.filter_map(|number| division.part(number)).map(example).collect()
    }

    /// The number of a character.
    #[must_use]
    pub fn number(&self, character: char) -> Option<usize> {
        self.vocabulary.binary_search(&character).ok()
    }

    /// What may be typed, as a message names it.
    fn allowed(&self) -> String {
        let named: Vec<&str> = self.symbols.iter().take(NAMED).copied().collect();
        let rest = if self.symbols.len() > NAMED { " …" } else { "" };
        named.join(" ") + rest
    }
}

/// A sequence with the character behind it as an example.
fn example(mut symbols: Vec<usize>) -> Example {
    let next = symbols.iter().skip(1).map(|symbol| Some(*symbol)).collect();
    symbols.pop();
    Example { sequence: Sequence::Symbols(symbols), targets: Targets::Symbols(next) }
}

impl Task for Text {
    fn generate(&self, random: &mut Random) -> Example {
        match &self.text {
            Some(_) => self.draw(random, Split::Training),
            None => {
                // Around the vocabulary, from anywhere: always the same next.
                let symbols = self.vocabulary.len();
                let start = random.below(symbols);
                let length = 2 + random.below(self.config.length - 1);
                let along = (start..start + length).map(|symbol| symbol % symbols).collect();
                Example::new(self, Sequence::Symbols(along))
            }
        }
    }

    /// Held-out parts as they are; sequences for training from anywhere between them.
    fn draw(&self, random: &mut Random, split: Split) -> Example {
        match (&self.text, split) {
            (Some(division), Split::Training) => example(division.draw(random)),
            (Some(division), Split::HeldOut) => {
                let number = random.below(division.held_out());
                example(division.part(number).unwrap_or_default())
            }
            (None, _) => {
                let is_of =
                    |example: &Example| example.sequence.is_held_out() == (split == Split::HeldOut);
                let mut drawn = self.generate(random);
                // So small a vocabulary may have no sequence of a split at all.
                for _ in 0..DRAWS {
                    if is_of(&drawn) {
                        break;
                    }
                    drawn = self.generate(random);
                }
                drawn
            }
        }
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let next = sequence.symbols().iter().skip(1).map(|symbol| Some(*symbol));
        // Nobody knows what comes behind what was typed.
        Targets::Symbols(next.chain((!sequence.is_empty()).then_some(None)).collect())
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let mut found = Vec::new();
        for (at, character) in (1..).zip(normalised(text)) {
            let unknown = || InputError::Unknown {
                found: visible(character),
                at,
                allowed: self.allowed(),
                nearest: nearest(character, |known| self.number(known).is_some())
                    .map(|near| shown(near).to_owned()),
            };
            found.push(self.number(character).ok_or_else(unknown)?);
        }
        match found.len() {
            0 => Err(InputError::Empty { allowed: self.allowed() }),
            n if n > LONGEST_INPUT => Err(InputError::TooLong { found: n, longest: LONGEST_INPUT }),
            _ => Ok(Sequence::Symbols(found)),
        }
    }

    fn input_symbols(&self) -> &[&'static str] {
        &self.symbols
    }

    /// A space is typed as what it is, the end of a line as its sign, since inputs have one line.
    fn text(&self, sequence: &Sequence) -> String {
        let typed = |symbol: &usize| match self.vocabulary.get(*symbol) {
            Some(' ') => " ",
            Some(character) => shown(*character),
            None => as_str(RARE),
        };
        sequence.symbols().iter().map(typed).collect()
    }

    fn output_symbols(&self) -> &[&'static str] {
        &self.symbols
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        for (scores, targets) in scores.iter().zip(&batch.symbols) {
            for (row, target) in targets.iter().enumerate() {
                if let Some(target) = target {
                    tally.count += 1;
                    tally.sum -= log_softmax(scores, row, *target) / std::f64::consts::LN_2;
                }
            }
        }
    }

    fn measure(&self) -> Measure {
        Measure::BitsPerCharacter
    }
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "text",
    description: "Foretell each next character of a text of one's own, whose vocabulary is the model's",
    build: |config: &Json| Ok(Box::new(Text::new(ConfigError::read::<Config>("text", config)?)?)),
    tiny: r#"{"vocabulary":"abcdefgh","length":24}"#,
};
