//! Toy Chinese → English: a sentence is read character by character, and the model writes it in
//! English wordpieces, reading back what it has written.
//!
//! ```text
//! 他 昨 天 在 公 园 里 看 了 一 本 书 →  he read a book in the park yesterday          read
//!                                    he read a book in the park yesterday ∎        wanted
//! ```
//!
//! The language stands in `table.rs`. Time and place come first in Chinese and last in English,
//! relative clauses stand before their nouns and behind them, 把 moves the object before the verb,
//! and 被 becomes a passive, so alignments cross. Aspect becomes tense: 了 the past, 着 and 正在 the
//! progressive, 过 `have …`. Every sentence has exactly one translation, so the share of sentences
//! that are right from the first piece to the end is a fair score. As it has one, a sentence is held
//! out together with its answer, and never occurs in training.

mod chart;
mod compile;
mod grammar;
mod table;

use std::sync::LazyLock;

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::scoring::{cross_entropy, right_sequences, while_right};
use super::{
    Batch, Example, InputError, Measure, Remark, Sequence, Tally, Targets, Task, TaskSpec, Token,
    visible, words,
};
use crate::models::ConfigError;
use crate::tape::Var;
use crate::tensor::argmax;
use crate::tensor::random::Random;
use chart::Reading;
use grammar::{GRAMMAR, Tree};

/// The fewest characters of a drawn sentence.
const SHORTEST: usize = 4;
/// The most characters of a drawn sentence, whatever is configured.
const LONGEST: usize = 20;
/// The most characters that may be typed.
const LONGEST_SOURCE: usize = 40;
/// More pieces than any translation of that many characters has; a model that has not ended by then
/// is stopped.
const LONGEST_ANSWER: usize = 60;

/// Where a sentence ends and its translation begins.
const ARROW: &str = "→";
/// What is left out of a typed sentence.
const PUNCTUATION: &str = "。，！？、；：“”‘’.,!?;:\"'→";

/// What is read: Chinese characters, the end of them, and the answer so far.
static SYMBOLS: LazyLock<Vec<&str>> =
    LazyLock::new(|| [&GRAMMAR.characters, &[ARROW][..], &GRAMMAR.pieces].concat());
/// What is written.
static OUTPUTS: LazyLock<Vec<&str>> = LazyLock::new(|| [&GRAMMAR.pieces, &["∎"][..]].concat());

/// Which sentences are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translate {
    /// How much they may say.
    pub sentences: Sentences,
    /// The most characters in one, up to 20.
    pub longest: usize,
}

/// How much a sentence may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sentences {
    /// A pronoun with a verb or two.
    Short,
    /// All but relative clauses.
    Simple,
    /// All.
    Full,
}

impl Translate {
    fn tree(&self, random: &mut Random) -> Tree {
        let (shortest, start) = match self.sentences {
            Sentences::Short => (1, GRAMMAR.short),
            Sentences::Simple | Sentences::Full => (SHORTEST, GRAMMAR.sentence),
        };
        // Below that hardly a sentence would fit, and drawing would take for ever.
        let longest = self.longest.clamp(8, LONGEST);
        loop {
            let tree = Tree::grow(start, random);
            let length = tree.chinese().len();
            let may = self.sentences == Sentences::Full || !tree.has_clause();
            if may && (shortest..=longest).contains(&length) {
                return tree;
            }
        }
    }
}

impl Task for Translate {
    fn generate(&self, random: &mut Random) -> Example {
        let tree = self.tree(random);
        let (mut symbols, mut answer) = (tree.chinese(), tree.english());
        let source = symbols.len();
        symbols.push(arrow());
        symbols.extend(answer.iter().map(|piece| arrow() + 1 + piece));
        let targets = {
            let written = answer.clone();
            answer.push(end());
            while_right(source, &answer, &written)
        };
        Example { sequence: Sequence::Symbols(symbols), targets }
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let Sequence::Symbols(symbols) = sequence else { return Targets::Symbols(Vec::new()) };
        let source = source(symbols);
        let Some(mut answer) = english(&symbols[..source]).filter(|_| source < symbols.len())
        else {
            return Targets::Symbols(vec![None; symbols.len()]);
        };
        answer.push(end());
        let written = symbols[source + 1..].iter().map(|s| s.saturating_sub(arrow() + 1));
        while_right(source, &answer, &written.collect::<Vec<_>>())
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let typed: Vec<(usize, char)> = (1..)
            .zip(text.chars())
            .filter(|(_, c)| !c.is_whitespace() && !PUNCTUATION.contains(*c))
            .collect();
        let mut symbols = Vec::new();
        for (position, (at, character)) in typed.iter().enumerate() {
            match number(*character) {
                Some(symbol) => symbols.push(symbol),
                None => return Err(unknown(&typed, position, *at)),
            }
        }
        match symbols.len() {
            0 => Err(InputError::Empty { allowed: allowed() }),
            found if found > LONGEST_SOURCE => {
                Err(InputError::TooLong { found, longest: LONGEST_SOURCE })
            }
            _ => {
                symbols.push(arrow());
                Ok(Sequence::Symbols(symbols))
            }
        }
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS
    }

    fn text(&self, sequence: &Sequence) -> String {
        let Sequence::Symbols(symbols) = sequence else { return String::new() };
        chinese(&symbols[..source(symbols)])
    }

    fn written(&self, sequence: &Sequence) -> String {
        let Sequence::Symbols(symbols) = sequence else { return String::new() };
        let mut said = String::new();
        for symbol in symbols.iter().skip(source(symbols) + 1) {
            let piece = SYMBOLS.get(*symbol).copied().unwrap_or_default();
            match piece.strip_prefix("##") {
                Some(rest) => said.push_str(rest),
                None if said.is_empty() => said.push_str(piece),
                None => said.extend([" ", piece]),
            }
        }
        said
    }

    fn remark(&self, sequence: &Sequence) -> Option<Remark> {
        let Sequence::Symbols(symbols) = sequence else { return None };
        remark(&symbols[..source(symbols)])
    }

    fn given(&self, sequence: &Sequence) -> usize {
        let Sequence::Symbols(symbols) = sequence else { return sequence.len() };
        symbols.len().min(source(symbols) + 1)
    }

    fn source(&self, sequence: &Sequence) -> usize {
        let Sequence::Symbols(symbols) = sequence else { return sequence.len() };
        source(symbols)
    }

    fn longest(&self, given: &Sequence) -> usize {
        given.len() + LONGEST_ANSWER
    }

    fn next(&self, read: &Sequence, scores: &[f32]) -> Option<Token> {
        let _ = read;
        let piece = argmax(scores);
        (piece < end()).then(|| Token::Symbol(arrow() + 1 + piece))
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &OUTPUTS
    }

    fn loss<'t>(&self, scores: &[Var<'t>], batch: &Batch) -> Var<'t> {
        cross_entropy(scores, batch)
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        right_sequences(scores, batch, tally);
    }

    fn measure(&self) -> Measure {
        Measure::Accuracy
    }
}

/// The number of the arrow among what is read.
fn arrow() -> usize {
    GRAMMAR.characters.len()
}

/// The number of the end among what is written.
fn end() -> usize {
    GRAMMAR.pieces.len()
}

/// How many symbols come before the arrow.
fn source(symbols: &[usize]) -> usize {
    symbols.iter().position(|symbol| *symbol == arrow()).unwrap_or(symbols.len())
}

fn number(character: char) -> Option<usize> {
    let mut utf8 = [0; 4];
    let character: &str = character.encode_utf8(&mut utf8);
    GRAMMAR.characters.iter().position(|known| *known == character)
}

fn chinese(symbols: &[usize]) -> String {
    symbols.iter().filter_map(|s| GRAMMAR.characters.get(*s).copied()).collect()
}

/// The translation of a sentence of the grammar.
fn english(characters: &[usize]) -> Option<Vec<usize>> {
    match chart::read(characters) {
        Reading::Known(trees) => trees.first().map(|tree| tree.english()),
        Reading::Unknown { .. } => None,
    }
}

/// Where a sentence leaves the grammar. The nearest sentence is one with a character changed, put in
/// or left out there; else what is offered is the character there that leads furthest.
fn remark(characters: &[usize]) -> Option<Remark> {
    let Reading::Unknown { at, expected } = chart::read(characters) else { return None };
    let with = |insert: Option<usize>, skip: usize| -> Vec<usize> {
        let rest = characters.get(at + skip..).unwrap_or_default();
        characters[..at].iter().copied().chain(insert).chain(rest.iter().copied()).collect()
    };
    let mut near = (Vec::new(), 0);
    for insert in expected.iter().map(|c| Some(*c)).chain([None]) {
        for skip in [0, 1] {
            if at + skip > characters.len() || (insert, skip) == (None, 0) {
                continue;
            }
            let sentence = with(insert, skip);
            match chart::read(&sentence) {
                Reading::Known(_) => near = (sentence, usize::MAX),
                Reading::Unknown { at: reached, .. } if insert.is_some() && reached > near.1 => {
                    near = (insert.into_iter().collect(), reached);
                }
                Reading::Unknown { .. } => {}
            }
            if near.1 == usize::MAX {
                break;
            }
        }
        if near.1 == usize::MAX {
            break;
        }
    }
    let nearest = Some(chinese(&near.0)).filter(|text| !text.is_empty());
    Some(Remark {
        position: at,
        found: chinese(characters.get(at..=at).unwrap_or_default()),
        nearest,
    })
}

fn allowed() -> String {
    format!("Chinese characters: {}", GRAMMAR.characters.concat())
}

/// The complaint about a character of what was typed, or about the foreign word that begins there.
fn unknown(typed: &[(usize, char)], position: usize, at: usize) -> InputError {
    let is_letter = |c: &char| c.is_ascii_alphanumeric();
    let of = |range: &[(usize, char)]| range.iter().map(|(_, c)| *c).collect::<String>();
    let letters: Vec<char> = (at..)
        .zip(&typed[position..])
        .take_while(|(at, typed)| *at == typed.0 && is_letter(&typed.1))
        .map(|(_, typed)| typed.1)
        .collect();
    let (found, nearest) = if letters.is_empty() {
        // A character that is not known is often half of a word of which the other half is.
        let before = position.checked_sub(1).map(|first| of(&typed[first..=position]));
        let after = typed.get(position..position + 2).map(of);
        (
            visible(typed[position].1),
            before.and_then(|w| similar(&w)).or(after.and_then(|w| similar(&w))),
        )
    } else {
        let word: String = letters.into_iter().collect();
        (words::shown(&word), meaning(&word))
    };
    InputError::Unknown { found, at, allowed: allowed(), nearest }
}

/// The Chinese word that an English one translates.
fn meaning(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let means = |english: &str| {
        english.split('|').any(|form| form.trim().replace(" ##", "").to_lowercase() == word)
    };
    GRAMMAR.words.iter().find(|(_, english)| means(english)).map(|(chinese, _)| chinese.clone())
}

/// The shortest known word that shares a character with two that stand together.
fn similar(pair: &str) -> Option<String> {
    let sharing = GRAMMAR.words.iter().filter(|(word, _)| word.chars().any(|c| pair.contains(c)));
    // First a word that begins alike, then a short one.
    let distance = |word: &&(String, String)| {
        (word.0.chars().next() != pair.chars().next(), word.0.chars().count())
    };
    sharing.min_by_key(distance).map(|(word, _)| word.clone())
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "translate",
    description: "Translate a sentence of a small language from Chinese into English",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Translate>("translate", config)?)),
    tiny: r#"{"sentences":"short","longest":8}"#,
};

#[cfg(test)]
mod tests;
