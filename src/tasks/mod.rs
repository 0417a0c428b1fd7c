//! Tasks: seeded generators of examples, what counts as right, and how typed input is read.
//!
//! To add one, write its file, ending in its `SPEC`, and name it here twice: `pub mod` and
//! [`TASKS`].

pub mod adding;
pub mod brackets;
pub mod copy;
pub mod dates;
pub mod echo;
pub mod letters;
pub mod melody;
pub mod names;
pub mod nearest;
pub mod numerals;
pub mod recall;
pub mod remember;
pub mod scoring;
pub mod sentiment;
pub mod stories;
pub mod tagging;
pub mod text;
pub mod translate;
pub mod words;

use std::cell::{Cell, RefCell};

use ndarray::Array2;
use serde_json::Value as Json;

use crate::models::{ConfigError, Feed, Input, Step};
use crate::tape::Var;
use crate::tensor::random::Random;
pub use scoring::cross_entropy;

/// Every task.
pub const TASKS: &[TaskSpec] = &[
    letters::SPEC,
    brackets::SPEC,
    tagging::SPEC,
    sentiment::SPEC,
    melody::SPEC,
    numerals::SPEC,
    remember::SPEC,
    adding::SPEC,
    names::SPEC,
    copy::SPEC,
    echo::SPEC,
    dates::SPEC,
    recall::SPEC,
    translate::SPEC,
    stories::SPEC,
    text::SPEC,
];

/// The longest input that is accepted: enough for any lesson, short enough that a recorded run
/// stays within some tens of megabytes.
pub const LONGEST_INPUT: usize = 1000;

/// One sequence in this many is held out of training.
const HELD_OUT_SHARE: u64 = 8;

/// What the rest of the program knows about a task.
pub struct TaskSpec {
    /// The name on the command line and in recipes.
    pub id: &'static str,
    /// What has to be done, in one sentence.
    pub description: &'static str,
    /// Builds the task from its configuration.
    pub build: fn(&Json) -> Result<Box<dyn Task>, ConfigError>,
    /// The smallest configuration that a tiny model learns within seconds, for the registry test.
    pub tiny: &'static str,
}

/// A task with its difficulty fixed.
pub trait Task: Send + Sync {
    /// A random example, of either split; see [`Task::draw`].
    fn generate(&self, random: &mut Random) -> Example;

    /// A random example of the given split.
    fn draw(&self, random: &mut Random, split: Split) -> Example {
        loop {
            let example = self.generate(random);
            if example.sequence.is_held_out() == (split == Split::HeldOut) {
                return example;
            }
        }
    }

    /// What a model should answer along a sequence, as far as that is known.
    fn targets(&self, sequence: &Sequence) -> Targets;

    /// Reads what a learner typed: a sentence of its words, where a task does not say otherwise.
    ///
    /// # Errors
    /// If the model could not read it; says what, where and what is allowed.
    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        words::parse(text, self.input_symbols()).map(Sequence::Symbols)
    }

    /// The symbols that may be read, in the order of their numbers; empty where numbers are read.
    fn input_symbols(&self) -> &[&'static str] {
        &[]
    }

    /// What each position reads, as text.
    fn tokens(&self, sequence: &Sequence) -> Vec<String> {
        let token = |symbol: &usize| self.input_symbols().get(*symbol).copied().unwrap_or_default();
        match sequence {
            Sequence::Symbols(symbols) => symbols.iter().map(|s| token(s).to_owned()).collect(),
            Sequence::Numbers(numbers) => numbers.iter().map(|n| format!("{n:?}")).collect(),
        }
    }

    /// A sequence as it would be typed: what is given, without what the model adds itself.
    fn text(&self, sequence: &Sequence) -> String {
        self.tokens(&sequence.beginning(self.given(sequence))).join(self.joint())
    }

    /// What stands between two tokens when they are put together to be typed.
    fn joint(&self) -> &'static str {
        ""
    }

    /// What was written after what is given, as one would read it.
    fn written(&self, sequence: &Sequence) -> String {
        let tokens = self.tokens(sequence);
        tokens.get(self.given(sequence)..).unwrap_or_default().join(self.joint())
    }

    /// Where an input that can be read leaves what the task is about, so that nobody knows the right
    /// answer; `None` where it does not, or where there is nothing to leave.
    fn remark(&self, sequence: &Sequence) -> Option<Remark> {
        let _ = sequence;
        None
    }

    /// How many positions of a sequence are given; what follows them the model writes itself,
    /// reading its own answers. All of them where it only reads; the source and the symbol after it
    /// where a decoder begins there.
    fn given(&self, sequence: &Sequence) -> usize {
        sequence.len().min(self.source(sequence) + 1)
    }

    /// How many positions an encoder reads before a decoder begins: those before the symbol that
    /// tells it to. All of them where a model only reads.
    fn source(&self, sequence: &Sequence) -> usize {
        sequence.len()
    }

    /// How many positions a sequence may have that begins with what is `given`: a model that writes
    /// on and does not end is stopped there.
    fn longest(&self, given: &Sequence) -> usize {
        let _ = given;
        LONGEST_INPUT
    }

    /// What the model reads next, from what it has read and its scores at the last position;
    /// `None` where the sequence ends. Asked from the last given position on.
    fn next(&self, read: &Sequence, scores: &[f32]) -> Option<Token> {
        let _ = (read, scores);
        None
    }

    /// Whether sequences go on after what is given, so that a score needs the model's own answers.
    fn is_written_by_model(&self) -> bool {
        false
    }

    /// Whether what counts depends on what is read later, so that a model that reads only from left
    /// to right is left to chance.
    fn looks_ahead(&self) -> bool {
        false
    }

    /// The patterns of ±1 that an associative memory stores instead of learning from examples;
    /// empty where there is something to learn.
    fn patterns(&self) -> Vec<Vec<f32>> {
        Vec::new()
    }

    /// A sequence as MIDI note numbers; empty where it is no melody.
    fn notes(&self, sequence: &Sequence) -> Vec<u8> {
        let _ = sequence;
        Vec::new()
    }

    /// Adds up how well a sequence that the model has written fits an example.
    fn judge(&self, written: &Sequence, example: &Example, tally: &mut Tally) {
        tally.count += 1;
        tally.sum += f64::from(u8::from(*written == example.sequence));
    }

    /// The symbols that the model chooses among; empty where it answers with a number.
    fn output_symbols(&self) -> &[&'static str];

    /// Numbers that a model gives at each position: a score for each output symbol, or an estimate.
    fn outputs(&self) -> usize {
        self.output_symbols().len().max(1)
    }

    /// The sum over all counted rows of the loss; (1, 1).
    fn loss<'t>(&self, scores: &[Var<'t>], batch: &Batch) -> Var<'t> {
        scoring::cross_entropy(scores, batch)
    }

    /// Adds up how well the scores fit.
    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        scoring::right_answers(scores, batch, tally);
    }

    /// How a tally becomes a score.
    fn measure(&self) -> Measure {
        Measure::Accuracy
    }
}

/// What a score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The share of right answers: more is better.
    Accuracy,
    /// The mean squared error: less is better.
    MeanSquaredError,
    /// By how much the loss lies above the entropy of what is to be foretold, as a share of that
    /// entropy: less is better, and 0 the best that can be done.
    AboveEntropy,
    /// What foretelling a character costs on average, log₂ of one over its probability: less is
    /// better.
    BitsPerCharacter,
}

impl Measure {
    /// The words for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::MeanSquaredError => "mean squared error",
            Self::AboveEntropy => "loss above entropy",
            Self::BitsPerCharacter => "bits per character",
        }
    }

    /// Whether `score` reaches `target`.
    #[must_use]
    pub fn reaches(self, score: f64, target: f64) -> bool {
        match self {
            Self::Accuracy => score >= target,
            Self::MeanSquaredError | Self::AboveEntropy | Self::BitsPerCharacter => score <= target,
        }
    }
}

/// Numbers added up over answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Right answers, squared errors, or what answers cost.
    pub sum: f64,
    /// Answers.
    pub count: usize,
}

impl Tally {
    /// The share or mean; NaN before the first answer.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.sum / self.count as f64
    }
}

/// One input, without a batch around it.
#[derive(Clone, Debug, PartialEq)]
pub enum Sequence {
    /// Symbol numbers.
    Symbols(Vec<usize>),
    /// For each position the same number of features.
    Numbers(Vec<Vec<f32>>),
}

impl Sequence {
    /// The number of positions.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Symbols(symbols) => symbols.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether there is no position.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of its symbols; none where it has features instead.
    #[must_use]
    pub fn symbols(&self) -> &[usize] {
        match self {
            Self::Symbols(symbols) => symbols,
            Self::Numbers(_) => &[],
        }
    }

    /// Adds a position at the end; what does not fit the others is left out.
    pub fn push(&mut self, token: Token) {
        match (self, token) {
            (Self::Symbols(symbols), Token::Symbol(symbol)) => symbols.push(symbol),
            (Self::Numbers(numbers), Token::Numbers(features)) => numbers.push(features),
            _ => {}
        }
    }

    /// The first `count` positions.
    #[must_use]
    pub fn beginning(&self, count: usize) -> Self {
        match self {
            Self::Symbols(symbols) => Self::Symbols(symbols[..count.min(symbols.len())].to_vec()),
            Self::Numbers(numbers) => Self::Numbers(numbers[..count.min(numbers.len())].to_vec()),
        }
    }

    /// The sequence as a batch of one.
    #[must_use]
    pub fn input(&self) -> Input {
        match self {
            Self::Symbols(symbols) => Input::Symbols(symbols.iter().map(|s| vec![*s]).collect()),
            Self::Numbers(numbers) => {
                Input::Numbers(numbers.iter().map(|n| crate::tensor::row(n)).collect())
            }
        }
    }

    /// Whether training never sees this sequence. FNV-1a over its content decides, so that the
    /// split is the same for every seed.
    #[must_use]
    pub fn is_held_out(&self) -> bool {
        let hash = match self {
            Self::Symbols(symbols) => hash(symbols.iter().map(|s| *s as u64)),
            Self::Numbers(numbers) => {
                hash(numbers.iter().flatten().map(|x| u64::from(x.to_bits())))
            }
        };
        // The low bits of FNV mix poorly; fold the high ones in.
        (hash ^ (hash >> 32)).is_multiple_of(HELD_OUT_SHARE)
    }
}

/// FNV-1a over numbers, which is the same on every machine and in every release.
fn hash(numbers: impl Iterator<Item = u64>) -> u64 {
    let bytes = numbers.flat_map(u64::to_le_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What one position reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A symbol's number.
    Symbol(usize),
    /// Features.
    Numbers(Vec<f32>),
}

/// What should be answered along a sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// For each position an output symbol, or none where the answer does not count.
    Symbols(Vec<Option<usize>>),
    /// A number at the last position.
    LastNumber(f32),
    /// One of the stored patterns, by its number, when the model has come to rest.
    Pattern(usize),
}

/// Where a sequence leaves what a task knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The first position that does not fit; the number of all of them where only more is missing.
    pub position: usize,
    /// What stands there; empty where more is missing.
    pub found: String,
    /// The nearest input that is known, or the part that would fit there.
    pub nearest: Option<String>,
}

/// A sequence and what should be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What is read.
    pub sequence: Sequence,
    /// What should be answered.
    pub targets: Targets,
}

impl Example {
    /// A sequence with what a task wants along it.
    #[must_use]
    pub fn new(task: &dyn Task, sequence: Sequence) -> Self {
        let targets = task.targets(&sequence);
        Self { sequence, targets }
    }
}

/// Which sequences to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Those that training may see.
    Training,
    /// Those that it never sees.
    HeldOut,
}

/// A random example of the given split.
pub fn draw(task: &dyn Task, random: &mut Random, split: Split) -> Example {
    task.draw(random, split)
}

/// A sequence that a model reads and, where the task lets it, writes on.
pub struct Rollout<'a> {
    task: &'a dyn Task,
    given: usize,
    source: usize,
    longest: usize,
    sequence: RefCell<Sequence>,
    is_cut: Cell<bool>,
}

impl<'a> Rollout<'a> {
    /// Starts with what is given of a sequence.
    #[must_use]
    pub fn new(task: &'a dyn Task, sequence: &Sequence) -> Self {
        let given = task.given(sequence).min(sequence.len());
        let sequence = sequence.beginning(given);
        let longest = task.longest(&sequence).min(LONGEST_INPUT);
        let source = task.source(&sequence).min(given);
        let (sequence, is_cut) = (RefCell::new(sequence), Cell::new(false));
        Self { task, given, source, longest, sequence, is_cut }
    }

    /// Stopped where a model's table of positions ends, if it has one: the answer has a row for each
    /// of its own positions.
    #[must_use]
    pub fn within(self, table: Option<usize>) -> Self {
        let end = table.map_or(usize::MAX, |rows| self.source.saturating_add(rows));
        Self { longest: self.longest.min(end), ..self }
    }

    /// Whether the model was stopped before it had ended.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut.get()
    }

    /// What was read and written.
    #[must_use]
    pub fn finish(self) -> Sequence {
        self.sequence.into_inner()
    }
}

impl Feed for Rollout<'_> {
    fn rows(&self) -> usize {
        1
    }

    fn source(&self) -> usize {
        self.source
    }

    fn known(&self) -> Option<usize> {
        None
    }

    fn at(&self, position: usize, scores: Option<Var<'_>>) -> Option<Step> {
        let mut sequence = self.sequence.borrow_mut();
        if position >= self.given && position == sequence.len() {
            let scores = scores?.value();
            let token = self.task.next(&sequence, scores.row(0).as_slice()?)?;
            if position >= self.longest {
                self.is_cut.set(true);
                return None;
            }
            sequence.push(token);
        }
        match &*sequence {
            Sequence::Symbols(symbols) => {
                symbols.get(position).map(|symbol| Step::Symbols(vec![*symbol]))
            }
            Sequence::Numbers(numbers) => {
                numbers.get(position).map(|features| Step::Numbers(crate::tensor::row(features)))
            }
        }
    }
}

/// Examples in batches of at most `rows`, neighbours of one length together. `of_one_source` keeps
/// sources of different lengths in different batches, for models that read them as a whole.
#[must_use]
pub fn batches(
    task: &dyn Task,
    mut examples: Vec<Example>,
    rows: usize,
    of_one_source: bool,
) -> Vec<Batch> {
    let batch = |examples: &[Example]| Batch::new(task, examples);
    let source = |example: &Example| task.source(&example.sequence);
    if of_one_source {
        examples.sort_by_key(|example| (source(example), example.sequence.len()));
        let groups = examples.chunk_by(|a, b| source(a) == source(b));
        return groups.flat_map(|group| group.chunks(rows)).map(batch).collect();
    }
    examples.sort_by_key(|example| example.sequence.len());
    examples.chunks(rows).map(batch).collect()
}

/// Examples side by side, shorter ones filled up at the end with what does not count.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// What is read.
    pub input: Input,
    /// For each position and row the output symbol that counts there.
    pub symbols: Vec<Vec<Option<usize>>>,
    /// For each row the number at its last position.
    pub numbers: Vec<f32>,
    /// For each row its length.
    pub lengths: Vec<usize>,
    /// How many positions an encoder reads: the fewest of all rows, where they differ.
    pub source: usize,
}

impl Feed for Batch {
    fn rows(&self) -> usize {
        self.lengths.len()
    }

    fn source(&self) -> usize {
        self.source
    }

    fn known(&self) -> Option<usize> {
        Some(self.input.len())
    }

    fn at(&self, position: usize, scores: Option<Var<'_>>) -> Option<Step> {
        self.input.at(position, scores)
    }
}

impl Batch {
    /// Puts examples of one task side by side.
    #[must_use]
    pub fn new(task: &dyn Task, examples: &[Example]) -> Self {
        let sources = examples.iter().map(|example| task.source(&example.sequence));
        let source = sources.min().unwrap_or(0);
        let lengths: Vec<usize> = examples.iter().map(|e| e.sequence.len()).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let features = examples.iter().find_map(|example| match &example.sequence {
            Sequence::Numbers(numbers) => numbers.first().map(Vec::len),
            Sequence::Symbols(_) => None,
        });
        let input = match features {
            Some(features) => Input::Numbers(
                (0..longest)
                    .map(|t| {
                        Array2::from_shape_fn([examples.len(), features], |(row, feature)| {
                            match &examples[row].sequence {
                                Sequence::Numbers(numbers) => {
                                    numbers.get(t).map_or(0.0, |n| n[feature])
                                }
                                Sequence::Symbols(_) => 0.0,
                            }
                        })
                    })
                    .collect(),
            ),
            None => Input::Symbols(
                (0..longest)
                    .map(|t| {
                        let symbol = |example: &Example| {
                            example.sequence.symbols().get(t).copied().unwrap_or(0)
                        };
                        examples.iter().map(symbol).collect()
                    })
                    .collect(),
            ),
        };
        let target = |example: &Example, t: usize| match &example.targets {
            Targets::Symbols(symbols) => symbols.get(t).copied().flatten(),
            Targets::LastNumber(_) | Targets::Pattern(_) => None,
        };
        let symbols =
            (0..longest).map(|t| examples.iter().map(|e| target(e, t)).collect()).collect();
        let numbers = examples.iter().map(|example| match example.targets {
            Targets::LastNumber(number) => number,
            Targets::Symbols(_) | Targets::Pattern(_) => 0.0,
        });
        Self { input, symbols, numbers: numbers.collect(), lengths, source }
    }

    /// The batch without its first positions, which have no answers.
    #[must_use]
    pub fn from(self, first: usize) -> Self {
        let input = match self.input {
            Input::Symbols(mut positions) => {
                Input::Symbols(positions.split_off(first.min(positions.len())))
            }
            Input::Numbers(mut positions) => {
                Input::Numbers(positions.split_off(first.min(positions.len())))
            }
        };
        let symbols = self.symbols.into_iter().skip(first).collect();
        let lengths = self.lengths.into_iter().map(|n| n.saturating_sub(first)).collect();
        let source = self.source.saturating_sub(first);
        Self { input, symbols, lengths, source, ..self }
    }

    /// How many answers count.
    #[must_use]
    pub fn count(&self) -> usize {
        match self.symbols.iter().flatten().flatten().count() {
            0 => self.numbers.len(),
            symbols => symbols,
        }
    }
}

/// Why a typed input cannot be run, in a form that the window translates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// There is nothing in it.
    #[error("the input is empty; type at least one of {}", listed(allowed))]
    Empty {
        /// What may be typed.
        allowed: String,
    },
    /// A part of it is not in the model's vocabulary.
    #[error(
        "the model cannot read `{found}` (character {at}); it knows {}{}",
        listed(allowed),
        nearest.as_ref().map_or(String::new(), |nearest| format!("; did you mean `{nearest}`?"))
    )]
    Unknown {
        /// What was typed, made visible.
        found: String,
        /// Which character of the input, from 1.
        at: usize,
        /// What may be typed.
        allowed: String,
        /// The nearest thing that may be typed.
        nearest: Option<String>,
    },
    /// There is too much of it.
    #[error("the input has {found} symbols; at most {longest} fit. Shorten it")]
    TooLong {
        /// How many there are.
        found: usize,
        /// How many there may be.
        longest: usize,
    },
    /// The model's learned table of positions ends before it.
    #[error(
        "the model has learned {longest} positions and no more; the input has {found}. Shorten it"
    )]
    BeyondTable {
        /// How many positions a source has.
        found: usize,
        /// How many the table has.
        longest: usize,
    },
}

/// What may be typed, as a message lists it: of a long list, the beginning.
#[must_use]
pub fn listed(allowed: &str) -> String {
    /// Characters that one still reads.
    const READ: usize = 120;
    let Some((cut, _)) = allowed.char_indices().nth(READ) else { return allowed.to_owned() };
    let end = allowed[..cut].rfind(' ').unwrap_or(cut);
    format!("{} …", &allowed[..end])
}

/// A character as a message may show it: control and invisible characters by their code.
#[must_use]
pub fn visible(character: char) -> String {
    let shown = character.is_alphanumeric() || character.is_ascii_graphic();
    if shown { character.to_string() } else { format!("U+{:04X}", character as u32) }
}

/// Reads a string of one-character symbols, skipping white space.
///
/// # Errors
/// If it is empty, too long, or has a character that `nearest` cannot excuse.
pub fn parse_symbols(
    text: &str,
    symbols: &[&str],
    nearest: impl Fn(char) -> Option<&'static str>,
) -> Result<Vec<usize>, InputError> {
    let allowed = || symbols.join(" ");
    let mut found = Vec::new();
    for (at, character) in text.chars().enumerate() {
        if character.is_whitespace() {
            continue;
        }
        let mut spelled = [0; 4];
        let spelled: &str = character.encode_utf8(&mut spelled);
        match symbols.iter().position(|symbol| *symbol == spelled) {
            Some(symbol) => found.push(symbol),
            None => {
                return Err(InputError::Unknown {
                    found: visible(character),
                    at: at + 1,
                    allowed: allowed(),
                    nearest: nearest(character).map(str::to_owned),
                });
            }
        }
    }
    match found.len() {
        0 => Err(InputError::Empty { allowed: allowed() }),
        n if n > LONGEST_INPUT => Err(InputError::TooLong { found: n, longest: LONGEST_INPUT }),
        _ => Ok(found),
    }
}

/// The task called `id`.
#[must_use]
pub fn find(id: &str) -> Option<&'static TaskSpec> {
    TASKS.iter().find(|spec| spec.id == id)
}
