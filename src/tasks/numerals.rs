//! Number words: an English number is read, and the model writes it in Chinese numerals, reading
//! back what it has written.
//!
//! ```text
//! three hundred four →  三 百 零 四          read
//!                    三 百 零 四 ∎           wanted
//! ```
//!
//! | English | Chinese | rule |
//! |---|---|---|
//! | twelve | 十二 | 10 to 19 begin with 十 |
//! | one hundred ten | 一百一十 | elsewhere a ten is 一十 |
//! | three hundred four | 三百零四 | missing places between digits are one 零, however many |
//! | one thousand ten | 一千零一十 | |
//! | two thousand | 二千 | missing places at the end are nothing |
//!
//! The score is the share of numbers that are right from the first symbol to the end.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::scoring::{right_sequences, while_right};
use super::{Batch, Example, InputError, Sequence, Tally, Targets, Task, TaskSpec, Token, words};
use crate::models::ConfigError;
use crate::tensor::argmax;
use crate::tensor::random::Random;

/// 1 to 19.
const SMALL: &[&str] = &[
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
/// 20 to 90.
const TENS: &[&str] =
    &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const POWERS: &[&str] = &["hundred", "thousand"];
const ENGLISH: [&str; 29] = words::all(&[SMALL, TENS, POWERS]);
/// The digits 0 to 9, then ten, hundred, thousand.
const CHINESE: &[&str] =
    &["零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "千"];

/// What is read: English words, the end of them, and the answer so far.
const SYMBOLS: [&str; 43] = words::all(&[&ENGLISH, &["→"], CHINESE]);
const ARROW: usize = ENGLISH.len();
const ANSWER: usize = ARROW + 1;
/// What is written.
const OUTPUTS: [&str; 14] = words::all(&[CHINESE, &["∎"]]);
const TEN: usize = 10;
const END: usize = 13;

/// The largest number that is ever used.
const LARGEST: usize = 9999;
/// The smallest limit, which leaves enough numbers to hold some out.
const SMALLEST_LIMIT: usize = 99;
/// More symbols than the longest answer has, which is seven; a model that has not ended by then
/// is stopped.
const LONGEST_ANSWER: usize = 10;

/// How large the numbers are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numerals {
    /// The largest number, 99 to 9999.
    pub largest: usize,
}

impl Numerals {
    fn largest(&self) -> usize {
        self.largest.clamp(SMALLEST_LIMIT, LARGEST)
    }
}

impl Task for Numerals {
    fn generate(&self, random: &mut Random) -> Example {
        // Short numbers and zeros are the exceptions of the rules, and rare among all numbers, so
        // both are drawn more often. But not too often: there are only nine numbers of one digit,
        // and those of them that are held out should not decide the score.
        let digits = self.largest().to_string().len();
        let number = loop {
            let more = (0..3).map(|_| random.below(digits)).max().unwrap_or(0);
            let mut number = 1 + random.below(9);
            for _ in 0..more {
                number *= 10;
                if random.chance(0.75) {
                    number += 1 + random.below(9);
                }
            }
            if number <= self.largest() {
                break number;
            }
        };
        let answer = chinese(number);
        let mut symbols = english(number);
        symbols.push(ARROW);
        symbols.extend(answer.iter().map(|symbol| ANSWER + symbol));
        let sequence = Sequence::Symbols(symbols);
        Example::new(self, sequence)
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let source = source(symbols);
        let Some(number) = read_english(&symbols[..source]).filter(|_| source < symbols.len())
        else {
            return Targets::Symbols(vec![None; symbols.len()]);
        };
        let mut answer = chinese(number);
        answer.push(END);
        let written: Vec<usize> =
            symbols[source + 1..].iter().map(|s| s.saturating_sub(ANSWER)).collect();
        while_right(source, &answer, &written)
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let largest = self.largest();
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
        let mut symbols = if digits.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            let number = digits.parse().ok().filter(|number| (1..=largest).contains(number));
            let number = number.ok_or_else(|| InputError::Unknown {
                found: words::shown(text.trim()),
                at: 1 + text.chars().take_while(|c| c.is_whitespace()).count(),
                allowed: format!("numbers from 1 to {largest}"),
                nearest: digits
                    .parse()
                    .ok()
                    .map(|number: i64| number.clamp(1, largest as i64).to_string()),
            })?;
            english(number)
        } else {
            // The end of the words is added here; one that was typed is not needed twice.
            let typed = text.trim_end().trim_end_matches(SYMBOLS[ARROW]);
            words::parse(&typed.replace('-', " "), &ENGLISH)?
        };
        symbols.push(ARROW);
        Ok(Sequence::Symbols(symbols))
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS
    }

    fn text(&self, sequence: &Sequence) -> String {
        self.tokens(&sequence.beginning(self.source(sequence))).join(self.joint())
    }

    fn joint(&self) -> &'static str {
        " "
    }

    fn next(&self, read: &Sequence, scores: &[f32]) -> Option<Token> {
        let _ = read;
        Some(argmax(scores)).filter(|s| *s < END).map(|symbol| Token::Symbol(ANSWER + symbol))
    }

    fn source(&self, sequence: &Sequence) -> usize {
        source(sequence.symbols())
    }

    fn longest(&self, given: &Sequence) -> usize {
        given.len() + LONGEST_ANSWER
    }

    fn is_written_by_model(&self) -> bool {
        true
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &OUTPUTS
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        right_sequences(scores, batch, tally);
    }
}

/// How many symbols come before the arrow.
fn source(symbols: &[usize]) -> usize {
    symbols.iter().position(|symbol| *symbol == ARROW).unwrap_or(symbols.len())
}

/// A number from 1 to 9999 in English words.
fn english(number: usize) -> Vec<usize> {
    let small = |n: usize| (n > 0).then(|| n - 1);
    let word = |word: &str| words::number(word, &ENGLISH);
    let mut said = Vec::new();
    for (digit, power) in [(number / 1000, POWERS[1]), (number / 100 % 10, POWERS[0])] {
        if let Some(digit) = small(digit) {
            said.extend([digit, word(power)]);
        }
    }
    let rest = number % 100;
    if rest <= SMALL.len() {
        said.extend(small(rest));
    } else {
        said.push(word(TENS[rest / 10 - 2]));
        said.extend(small(rest % 10));
    }
    said
}

/// The number that English words mean, if they are what [`english`] says for it.
fn read_english(symbols: &[usize]) -> Option<usize> {
    let (hundred, thousand) = (ARROW - 2, ARROW - 1);
    let (mut total, mut part) = (0_usize, 0_usize);
    for symbol in symbols {
        match *symbol {
            s if s < SMALL.len() => part = part.saturating_add(s + 1),
            s if s < hundred => part = part.saturating_add(10 * (s - SMALL.len() + 2)),
            s if s == hundred => part = part.saturating_mul(100),
            s if s == thousand => {
                total = total.saturating_add(part.saturating_mul(1000));
                part = 0;
            }
            _ => return None,
        }
    }
    let number = total.saturating_add(part);
    ((1..=LARGEST).contains(&number) && english(number) == symbols).then_some(number)
}

/// A number from 1 to 9999 in Chinese numerals, as outputs.
fn chinese(number: usize) -> Vec<usize> {
    let mut said = Vec::new();
    let mut is_gap = false;
    for place in (0..4_u32).rev() {
        let digit = number / 10_usize.pow(place) % 10;
        if digit == 0 {
            is_gap = !said.is_empty();
            continue;
        }
        if is_gap {
            said.push(0);
            is_gap = false;
        }
        // Only at the very beginning a single ten is 十 alone.
        if !(place == 1 && digit == 1 && said.is_empty()) {
            said.push(digit);
        }
        if place > 0 {
            said.push(TEN + place as usize - 1);
        }
    }
    said
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "numerals",
    description: "Write an English number in Chinese numerals",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Numerals>("numerals", config)?)),
    tiny: r#"{"largest":99}"#,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Feed;
    use crate::tape::Tape;
    use crate::tasks::Rollout;

    const TASK: Numerals = Numerals { largest: LARGEST };

    fn answer(number: usize) -> String {
        chinese(number).into_iter().map(|symbol| OUTPUTS[symbol]).collect()
    }

    #[test]
    fn numbers_are_written_as_both_languages_write_them() {
        for (number, words, numerals) in [
            (1, "one", "一"),
            (10, "ten", "十"),
            (15, "fifteen", "十五"),
            (19, "nineteen", "十九"),
            (20, "twenty", "二十"),
            (21, "twenty one", "二十一"),
            (100, "one hundred", "一百"),
            (101, "one hundred one", "一百零一"),
            (110, "one hundred ten", "一百一十"),
            (111, "one hundred eleven", "一百一十一"),
            (304, "three hundred four", "三百零四"),
            (999, "nine hundred ninety nine", "九百九十九"),
            (1000, "one thousand", "一千"),
            (1001, "one thousand one", "一千零一"),
            (1010, "one thousand ten", "一千零一十"),
            (1100, "one thousand one hundred", "一千一百"),
            (1101, "one thousand one hundred one", "一千一百零一"),
            (2000, "two thousand", "二千"),
            (2012, "two thousand twelve", "二千零一十二"),
            (6030, "six thousand thirty", "六千零三十"),
            (9999, "nine thousand nine hundred ninety nine", "九千九百九十九"),
        ] {
            assert_eq!(TASK.text(&Sequence::Symbols(english(number))), words);
            assert_eq!(answer(number), numerals);
        }
    }

    #[test]
    fn every_number_is_read_back_and_no_two_are_written_alike() {
        let mut seen = std::collections::BTreeSet::new();
        for number in 1..=LARGEST {
            assert_eq!(read_english(&english(number)), Some(number));
            let written = answer(number);
            assert!(chinese(number).len() < LONGEST_ANSWER, "{written}");
            assert!(seen.insert(written));
        }
        for wrong in
            ["twelve hundred", "hundred", "one one", "twenty eleven", "one thousand thousand"]
        {
            assert_eq!(read_english(&words::parse(wrong, &ENGLISH).unwrap()), None, "{wrong}");
        }
    }

    #[test]
    fn digits_hyphens_and_a_typed_arrow_are_read() {
        let sequence = TASK.parse("three hundred twenty-four").unwrap();
        for same in [" 324 ", "Three hundred, twenty four →", "324"] {
            assert_eq!(TASK.parse(same).as_ref(), Ok(&sequence), "{same}");
        }
        assert_eq!(TASK.tokens(&sequence).join(" "), "three hundred twenty four →");
        assert_eq!(TASK.text(&sequence), "three hundred twenty four");
        assert_eq!(TASK.parse("1,000"), TASK.parse("one thousand"));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let message = |text: &str| TASK.parse(text).unwrap_err().to_string();
        assert!(message("0").contains("did you mean `1`"));
        assert!(message(" 10000").contains("`10000` (character 2)"));
        assert!(message("10000").contains("did you mean `9999`"));
        assert!(message("-5").contains("did you mean `1`"));
        assert!(message("3.5").contains("numbers from 1 to 9999"));
        assert!(message(&"9".repeat(500)).contains("numbers from 1 to 9999"));
        assert!(message("three hundert").contains("`hundert` (character 7)"));
        assert!(message("three hundert").contains("did you mean `hundred`"));
        assert!(message("三百").contains("`三百` (character 1)"));
        assert!(message("→").contains("empty"));
    }

    #[test]
    fn what_the_model_writes_is_read_back_until_it_ends() {
        // Scores that ask for what is wanted write exactly the example.
        let mut random = Random::new(1, 0);
        for _ in 0..200 {
            let Example { sequence, .. } = TASK.generate(&mut random);
            let mut read = sequence.beginning(TASK.given(&sequence));
            loop {
                let Targets::Symbols(wanted) = TASK.targets(&read) else { panic!() };
                let mut scores = [0.0; OUTPUTS.len()];
                scores[wanted[wanted.len() - 1].unwrap()] = 1.0;
                let Some(token) = TASK.next(&read, &scores) else { break };
                read.push(token);
            }
            assert_eq!(read, sequence);
        }
    }

    #[test]
    fn a_model_that_never_ends_is_stopped() {
        let tape = Tape::lean();
        let mut scores = vec![0.0; OUTPUTS.len()];
        scores[3] = 1.0;
        let scores = tape.constant(crate::tensor::row(&scores));
        let rollout = Rollout::new(&TASK, &TASK.parse("one").unwrap());
        let mut position = 0;
        while rollout.at(position, Some(scores)).is_some() {
            position += 1;
        }
        assert!(rollout.is_cut());
        let read = rollout.finish();
        assert_eq!(read.len(), 2 + LONGEST_ANSWER);
        assert_eq!(TASK.text(&read), "one");
    }
}
