//! A learner's own text: read from bytes, with a vocabulary of its characters, and divided into what
//! training may see and what it never does.

use std::collections::BTreeMap;
use std::ops::Range;

use super::characters::{RARE, normalised};
use crate::tasks::Sequence;
use crate::tensor::random::Random;

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: u64 = 5_000_000;
/// The shortest text that says anything, in characters.
pub const SHORTEST: usize = 500;
/// The most symbols in a vocabulary; rarer characters become one symbol. Enough for any alphabet,
/// and for nine in ten of the characters of a Chinese text.
pub const MOST_SYMBOLS: usize = 1024;
/// A sequence is no longer than this part of a text, so that some can be held out of any text.
const PARTS: usize = 40;
/// The longest title that is kept, in characters.
pub const LONGEST_TITLE: usize = 100;

/// Why a text cannot be learned from, in a form that the window translates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// The file is too large to be learned from in minutes.
    #[error(
        "the file has {bytes} bytes; at most {LARGEST_FILE} are read. Take a part of it, such as its first chapters"
    )]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// The bytes are no text.
    #[error(
        "this is no text file: byte {at} is 0, as in a program or a picture. Choose a .txt file"
    )]
    Binary {
        /// The first byte that no text has, from 1.
        at: usize,
    },
    /// The bytes are in an unknown encoding.
    #[error(
        "byte {at}, in line {line}, is not UTF-8. Open the file in an editor and save it with the encoding UTF-8"
    )]
    NotUtf8 {
        /// The first byte that does not fit, from 1.
        at: usize,
        /// Its line, from 1.
        line: usize,
    },
    /// Half of a character of UTF-16 is missing.
    #[error("the UTF-16 text breaks off inside a character at byte {at}; copy the file again")]
    BrokenUtf16 {
        /// The first byte of the fault, from 1.
        at: usize,
    },
    /// There is too little of it.
    #[error("the text has {characters} characters; at least {SHORTEST} are needed to learn from")]
    TooShort {
        /// How many there are.
        characters: usize,
    },
    /// There is nothing to foretell.
    #[error(
        "the text has only the one character `{character}`, over and over; nothing is to be foretold"
    )]
    OneCharacter {
        /// The character, made visible.
        character: String,
    },
    /// Nothing could be held out that is not trained on as well.
    #[error(
        "the text repeats the same {length} characters over and over, so that nothing can be held out to measure by; add other lines to it"
    )]
    Repeats {
        /// How long the parts are that are compared.
        length: usize,
    },
}

/// A text and its vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpus {
    title: String,
    vocabulary: Vec<char>,
    /// For each character its number in the vocabulary.
    symbols: Vec<u16>,
    rare: usize,
    hash: String,
}

impl Corpus {
    /// Reads the bytes of a file called `title`: UTF-8, or UTF-16 where a mark at its beginning says
    /// so.
    ///
    /// # Errors
    /// If they are no text, or one that nothing can be learned from.
    pub fn read(title: &str, bytes: &[u8]) -> Result<Self, TextError> {
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(TextError::TooLarge { bytes: bytes.len() as u64 });
        }
        Self::of(title, &decoded(bytes)?)
    }

    /// A text called `title`.
    ///
    /// # Errors
    /// If nothing can be learned from it.
    pub fn of(title: &str, text: &str) -> Result<Self, TextError> {
        let characters: Vec<char> = normalised(text).collect();
        let first = characters.first().copied();
        if characters.len() < SHORTEST {
            return Err(TextError::TooShort { characters: characters.len() });
        }
        if let Some(first) = first.filter(|first| characters.iter().all(|c| c == first)) {
            let character = super::characters::shown(first).to_owned();
            return Err(TextError::OneCharacter { character });
        }
        let vocabulary = vocabulary(&characters);
        let rare = vocabulary.binary_search(&RARE).unwrap_or(0);
        let number = |character: &char| vocabulary.binary_search(character).unwrap_or(rare) as u16;
        let is_rare = |character: &&char| vocabulary.binary_search(character).is_err();
        let title: String =
            normalised(title).filter(|c| !c.is_control()).take(LONGEST_TITLE).collect();
        Ok(Self {
            title,
            symbols: characters.iter().map(number).collect(),
            rare: characters.iter().filter(is_rare).count(),
            hash: format!("{:016x}", crate::tasks::hash(characters.iter().map(|c| *c as u64))),
            vocabulary,
        })
    }

    /// The name of the file.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The characters in the order of their numbers, which is that of Unicode.
    #[must_use]
    pub fn vocabulary(&self) -> &[char] {
        &self.vocabulary
    }

    /// How many characters it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Whether there is none, which no text that was read has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// How many characters are too rare for the vocabulary.
    #[must_use]
    pub fn rare(&self) -> usize {
        self.rare
    }

    /// A hash of the normalised text, by which it is known again; 16 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The whole text as numbers of characters.
    #[cfg(test)]
    pub(super) fn symbols(&self) -> impl Iterator<Item = usize> {
        self.symbols.iter().map(|symbol| usize::from(*symbol))
    }

    fn sequence(&self, range: Range<usize>) -> Vec<usize> {
        let symbols = self.symbols.get(range).unwrap_or_default();
        symbols.iter().map(|symbol| usize::from(*symbol)).collect()
    }

    /// Whether training never sees the part of the text: its characters decide, not their numbers,
    /// so that another vocabulary changes nothing.
    fn is_held_out(&self, range: &Range<usize>) -> bool {
        let part = self.symbols.get(range.clone()).unwrap_or_default();
        let code =
            |symbol: &u16| self.vocabulary.get(usize::from(*symbol)).map_or(0, |c| *c as usize);
        Sequence::Symbols(part.iter().map(code).collect()).is_held_out()
    }
}

/// A text in parts of one length: one in eight, decided by a hash of the part itself, is held out,
/// and training draws its sequences from anywhere between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Division {
    corpus: std::sync::Arc<Corpus>,
    length: usize,
    /// Where parts begin that are held out.
    held_out: Vec<usize>,
    /// What lies between them, each with the number of sequences that begin in those before and in it.
    between: Vec<(Range<usize>, usize)>,
    unigram: f64,
}

impl Division {
    /// Divides a text for sequences of `length` characters, or fewer where it is short.
    ///
    /// # Errors
    /// If nothing would be held out or nothing be left to train on.
    pub fn new(corpus: std::sync::Arc<Corpus>, length: usize) -> Result<Self, TextError> {
        let length = length.min(corpus.len() / PARTS).max(1);
        // The last character of a sequence is only foretold.
        let part = length + 1;
        let parts = (0..corpus.len() / part).map(|at| at * part..(at + 1) * part);
        let held_out: Vec<usize> =
            parts.filter(|part| corpus.is_held_out(part)).map(|part| part.start).collect();
        let starts = held_out.iter().map(|start| start + part);
        let ends = held_out.iter().copied().chain([corpus.len()]);
        let mut total = 0;
        let mut between = Vec::with_capacity(held_out.len() + 1);
        for range in std::iter::once(0).chain(starts).zip(ends).map(|(start, end)| start..end) {
            if range.len() >= part {
                total += range.len() - length;
                between.push((range, total));
            }
        }
        if held_out.is_empty() || between.is_empty() {
            return Err(TextError::Repeats { length: part });
        }
        let mut division = Self { corpus, length, held_out, between, unigram: 0.0 };
        division.unigram = division.unigram_bits();
        Ok(division)
    }

    /// The text.
    #[must_use]
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// Positions of a sequence.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// How many parts are held out.
    #[must_use]
    pub fn held_out(&self) -> usize {
        self.held_out.len()
    }

    /// The share of the text that is held out.
    #[must_use]
    pub fn held_out_share(&self) -> f64 {
        (self.held_out.len() * (self.length + 1)) as f64 / self.corpus.len() as f64
    }

    /// What a held-out character costs whoever knows only how often each occurs in what is not held
    /// out, in bits.
    #[must_use]
    pub fn unigram(&self) -> f64 {
        self.unigram
    }

    /// A held-out part, by its number: a sequence, and the character behind it.
    #[must_use]
    pub fn part(&self, number: usize) -> Option<Vec<usize>> {
        let start = *self.held_out.get(number)?;
        Some(self.corpus.sequence(start..start + self.length + 1))
    }

    /// A sequence from between the held-out parts, and the character behind it.
    #[must_use]
    pub fn draw(&self, random: &mut Random) -> Vec<usize> {
        let total = self.between.last().map_or(0, |(_, total)| *total);
        let at = random.below(total);
        let number = self.between.partition_point(|(_, before)| *before <= at);
        let Some((range, after)) = self.between.get(number) else { return Vec::new() };
        let start = range.end - self.length - (after - at);
        self.corpus.sequence(start..start + self.length + 1)
    }

    /// Cross-entropy of the held-out characters under the frequencies of the others. Each character
    /// counts once more than it occurs, so that none is impossible.
    fn unigram_bits(&self) -> f64 {
        let mut counts = vec![1_usize; self.corpus.vocabulary.len()];
        let within = self.between.iter().flat_map(|(range, _)| self.corpus.sequence(range.clone()));
        within.for_each(|symbol| counts[symbol] += 1);
        let total = (counts.iter().sum::<usize>() as f64).log2();
        let bits: Vec<f64> = counts.iter().map(|count| total - (*count as f64).log2()).collect();
        let parts = (0..self.held_out.len()).filter_map(|number| self.part(number));
        // The first character of a part is given, the others are foretold.
        let cost = parts.flat_map(|part| part.into_iter().skip(1)).map(|symbol| bits[symbol]);
        cost.sum::<f64>() / (self.held_out.len() * self.length) as f64
    }
}

/// The most frequent characters in the order of Unicode; where there are too many, with [`RARE`]
/// for the rest.
fn vocabulary(characters: &[char]) -> Vec<char> {
    let mut counts: BTreeMap<char, usize> = BTreeMap::new();
    characters.iter().for_each(|character| *counts.entry(*character).or_default() += 1);
    let mut by_count: Vec<(char, usize)> = counts.into_iter().collect();
    if by_count.len() > MOST_SYMBOLS {
        by_count.retain(|(character, _)| *character != RARE);
        // The sort is stable, so of equally frequent ones the first in Unicode stay.
        by_count.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        by_count.truncate(MOST_SYMBOLS - 1);
        by_count.push((RARE, 0));
    }
    let mut vocabulary: Vec<char> = by_count.into_iter().map(|(character, _)| character).collect();
    vocabulary.sort_unstable();
    vocabulary
}

/// The text that bytes stand for.
fn decoded(bytes: &[u8]) -> Result<String, TextError> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => {
            if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
                return Err(TextError::Binary { at: at + 1 });
            }
            let text = std::str::from_utf8(bytes).map_err(|error| {
                let valid = error.valid_up_to();
                let lines = bytes[..valid].iter().filter(|byte| **byte == b'\n').count();
                TextError::NotUtf8 { at: valid + 1, line: lines + 1 }
            })?;
            Ok(text.to_owned())
        }
    }
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Result<String, TextError> {
    /// Bytes of the mark at the beginning, and one because they are counted from 1.
    const BEFORE: usize = 3;
    let (units, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err(TextError::BrokenUtf16 { at: bytes.len() - 1 + BEFORE });
    }
    let mut text = String::new();
    let mut at = BEFORE;
    for character in char::decode_utf16(units.iter().map(|unit| read(*unit))) {
        match character {
            Ok('\0') => return Err(TextError::Binary { at }),
            Ok(character) => {
                text.push(character);
                at += 2 * character.len_utf16();
            }
            Err(_) => return Err(TextError::BrokenUtf16 { at }),
        }
    }
    Ok(text)
}
