//! Dates: a written date is read, character by character, and the model writes it as ISO 8601 does,
//! reading back what it has written.
//!
//! ```text
//! 4 t h ␣ o f ␣ m a r c h , ␣ 1 9 8 7 →  1 9 8 7 - 0 3 - 0 4          read
//!                                     1  9 8 7 - 0 3 - 0 4 ∎          wanted
//! ```
//!
//! The two tables at the top of `forms.rs` have all forms of a date; what is drawn is written by them, and what
//! is typed is read back by them. The share of dates that are right from the first character to the
//! end is the score. A date is held out in one form, not in all: to be right there, a model has to
//! know the form from other dates and the date from other forms.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::scoring::{right_sequences, while_right};
use super::{
    Batch, Example, InputError, Sequence, Tally, Targets, Task, TaskSpec, Token, visible, words,
};
use crate::models::ConfigError;
use crate::tensor::argmax;
use crate::tensor::random::Random;
use calendar::Date;
use forms::{CHINESE, ENGLISH, HAN, read, write};

mod calendar;
mod forms;

/// What is written, digits first; and, but for the end, read back.
const OUTPUTS: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "-", "∎"];
const END: usize = 11;
const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "-"];
const PUNCTUATION: &[&str] = &[SPACE, ",", "."];
const LETTERS: &[&str] = &[
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t", "u", "v", "w", "x", "y", "z",
];
const SIGNS: &[&str] = &["年", "月", "日", "号", "星", "期"];
/// What is read: the characters of a date, the end of it, and the answer so far.
const SYMBOLS: [&str; 58] = words::all(&[DIGITS, PUNCTUATION, LETTERS, SIGNS, &HAN, &["→"]]);
const ARROW: usize = SYMBOLS.len() - 1;
/// A space, so that it can be seen.
const SPACE: &str = "␣";
const TYPED_SPACE: char = ' ';
/// What may be typed, in short.
const ALLOWED: &str = "a–z 0–9 , . - 年 月 日 号 星 期 〇 一 二 三 四 五 六 七 八 九 十";

/// The most characters that may be typed: twice those of the longest date.
const LONGEST: usize = 60;
/// More characters than an answer has, which is ten; a model that has not ended by then is stopped.
const LONGEST_ANSWER: usize = 14;

/// Which dates there are, and how they are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// In which forms.
    pub forms: Forms,
    /// The first date, from 1900-01-01 on.
    #[serde(default = "Date::first")]
    pub first: Date,
    /// The last date, up to 2099-12-31.
    #[serde(default = "Date::last")]
    pub last: Date,
}

/// In which language dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forms {
    /// In each of the forms, all with the same chance.
    All,
    /// In English ones.
    English,
    /// In Chinese ones.
    Chinese,
}

impl Task for Dates {
    fn generate(&self, random: &mut Random) -> Example {
        let english: &[_] = if self.forms == Forms::Chinese { &[] } else { ENGLISH };
        let chinese: &[_] = if self.forms == Forms::English { &[] } else { CHINESE };
        let form = random.below(english.len() + chinese.len());
        let form = english.get(form).unwrap_or_else(|| &chinese[form - english.len()]);
        let days = self.last.day_number().saturating_sub(self.first.day_number());
        let date = self.first.after(random.below(days + 1));
        let mut symbols = numbers(&write(form, date));
        symbols.push(ARROW);
        symbols.extend(numbers(&date.to_string()));
        Example::new(self, Sequence::Symbols(symbols))
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let source = self.source(sequence);
        let Some(date) = read(&text(&symbols[..source])).filter(|_| source < symbols.len()) else {
            return Targets::Symbols(vec![None; symbols.len()]);
        };
        let mut answer = numbers(&date.to_string());
        answer.push(END);
        while_right(source, &answer, &symbols[source + 1..])
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        // The end of the date is added here; one that was typed is not needed twice.
        let typed = text.trim_end();
        let typed = ["→", "->"].iter().find_map(|arrow| typed.strip_suffix(arrow));
        let mut symbols = Vec::new();
        let mut is_after_space = true;
        for (at, character) in typed.unwrap_or(text).trim_end().chars().enumerate() {
            let known = plain(character);
            // One space is meant, however many there are, and none before the date.
            if !(is_after_space && known == TYPED_SPACE) {
                symbols.push(number(known).ok_or_else(|| InputError::Unknown {
                    found: visible(character),
                    at: at + 1,
                    allowed: ALLOWED.to_owned(),
                    nearest: nearest(character).map(str::to_owned),
                })?);
            }
            is_after_space = known == TYPED_SPACE;
        }
        match symbols.len() {
            0 => Err(InputError::Empty { allowed: ALLOWED.to_owned() }),
            found if found > LONGEST => Err(InputError::TooLong { found, longest: LONGEST }),
            _ => {
                symbols.push(ARROW);
                Ok(Sequence::Symbols(symbols))
            }
        }
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS
    }

    fn text(&self, sequence: &Sequence) -> String {
        text(&sequence.symbols()[..self.source(sequence)])
    }

    fn source(&self, sequence: &Sequence) -> usize {
        let symbols = sequence.symbols();
        symbols.iter().position(|symbol| *symbol == ARROW).unwrap_or(symbols.len())
    }

    fn longest(&self, given: &Sequence) -> usize {
        given.len() + LONGEST_ANSWER
    }

    fn next(&self, _: &Sequence, scores: &[f32]) -> Option<Token> {
        Some(argmax(scores)).filter(|symbol| *symbol < END).map(Token::Symbol)
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &OUTPUTS
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        right_sequences(scores, batch, tally);
    }
}

/// A character as dates are written here: half width, lower case.
fn plain(character: char) -> char {
    let half = match character {
        '！'..='～' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
        '␣' => TYPED_SPACE,
        '。' => '.',
        '、' => ',',
        '–' | '—' | '−' => '-',
        '零' | '○' => '〇',
        '號' => '号',
        other if other.is_whitespace() => TYPED_SPACE,
        other => other,
    };
    half.to_ascii_lowercase()
}

/// The number of a character.
fn number(character: char) -> Option<usize> {
    let mut spelled = [0; 4];
    let spelled: &str = match character {
        TYPED_SPACE => SPACE,
        other => other.encode_utf8(&mut spelled),
    };
    SYMBOLS[..ARROW].iter().position(|symbol| *symbol == spelled)
}

/// What was probably meant by a character that cannot be read.
fn nearest(character: char) -> Option<&'static str> {
    match plain(character) {
        '/' | '_' | '~' => Some("-"),
        ';' | ':' => Some(","),
        '\'' | '’' | '·' => Some("."),
        '周' | '週' => Some("星期"),
        '天' => Some("日"),
        '廿' => Some("二十"),
        '元' => Some("一"),
        _ => None,
    }
}

fn numbers(text: &str) -> Vec<usize> {
    text.chars().filter_map(number).collect()
}

fn text(symbols: &[usize]) -> String {
    let typed = |symbol: &usize| match SYMBOLS.get(*symbol).copied().unwrap_or_default() {
        SPACE => " ",
        other => other,
    };
    symbols.iter().map(typed).collect()
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "dates",
    description: "Write an English or Chinese date as ISO 8601 does",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Dates>("dates", config)?)),
    // The year, which English forms have last, tells most: so little has to be kept for long that
    // even a network of sigmoids can. Who guesses is right one time in three.
    tiny: r#"{"forms":"english","first":"1999-12-31","last":"2000-01-02"}"#,
};

#[cfg(test)]
mod tests;
