//! Echo: letters are read, then an arrow, and the model writes the letters again, reading back what
//! it has written: in their order after →, from the last to the first after ←.
//!
//! ```text
//! a b c c →  a b c c          read
//!         a  b c c ∎          wanted
//! ```
//!
//! Nothing but the length makes it hard: what an encoder passes on has always the same size, so
//! that the share of answers that are right from the first letter to the end falls with the length.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::scoring::{right_sequences, while_right};
use super::{
    Batch, Example, InputError, LONGEST_INPUT, Sequence, Tally, Targets, Task, TaskSpec, Token,
    parse_symbols,
};
use crate::models::ConfigError;
use crate::tensor::argmax;
use crate::tensor::random::Random;

/// Letters, then the two arrows. What is written is read back as the same letters.
const SYMBOLS: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "→", "←"];
/// What is written.
const OUTPUTS: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "∎"];
const LETTERS: usize = 8;
const COPY: usize = 8;
const REVERSE: usize = 9;
const END: usize = 8;

/// How each arrow may be typed; the longer spelling of two comes first.
const ARROWS: [(&str, usize); 8] = [
    ("→", COPY),
    ("->", COPY),
    (">", COPY),
    ("＞", COPY),
    ("←", REVERSE),
    ("<-", REVERSE),
    ("<", REVERSE),
    ("＜", REVERSE),
];

/// How many symbols more than wanted a model may write before it is stopped.
const BEYOND: usize = 4;
/// The most letters, so that they, the arrow and the answer fit into what is recorded.
const MOST: usize = (LONGEST_INPUT - 1 - BEYOND) / 2;

/// How many letters there are and how they are wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// Letters that are used, 2 to 8.
    pub letters: usize,
    /// The fewest letters in a list.
    pub shortest: usize,
    /// The most letters in a list.
    pub longest: usize,
    /// Which arrows there are.
    pub order: Order,
}

/// In which order letters are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// In their own: always →.
    Copy,
    /// From the last to the first: always ←.
    Reverse,
    /// As the arrow says, either with the same chance.
    Either,
}

impl Order {
    fn arrows(self) -> &'static [usize] {
        match self {
            Self::Copy => &[COPY],
            Self::Reverse => &[REVERSE],
            Self::Either => &[COPY, REVERSE],
        }
    }
}

impl Echo {
    fn letters(&self) -> &'static [&'static str] {
        &SYMBOLS[..self.letters.clamp(2, LETTERS)]
    }

    /// The arrow that is meant where none is typed.
    fn arrow(&self) -> usize {
        self.order.arrows()[0]
    }
}

impl Task for Echo {
    fn generate(&self, random: &mut Random) -> Example {
        let most = self.longest.clamp(1, MOST);
        let fewest = self.shortest.clamp(1, most);
        let length = fewest + random.below(most - fewest + 1);
        let mut symbols: Vec<usize> =
            (0..length).map(|_| random.below(self.letters().len())).collect();
        let arrow = *random.choose(self.order.arrows());
        let answer = answer(&symbols, arrow);
        symbols.push(arrow);
        symbols.extend(answer);
        Example::new(self, Sequence::Symbols(symbols))
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let source = self.source(sequence);
        let Some(arrow) = symbols.get(source) else {
            return Targets::Symbols(vec![None; symbols.len()]);
        };
        let mut answer = answer(&symbols[..source], *arrow);
        answer.push(END);
        while_right(source, &answer, &symbols[source + 1..])
    }

    fn parse(&self, text: &str) -> Result<Sequence, InputError> {
        let text = text.trim_end();
        let typed = ARROWS.iter().find_map(|(spelled, arrow)| {
            text.strip_suffix(spelled).map(|letters| (letters, *spelled, *arrow))
        });
        let (letters, spelled, arrow) = typed.unwrap_or((text, "", self.arrow()));
        if !self.order.arrows().contains(&arrow) {
            return Err(InputError::Unknown {
                found: spelled.to_owned(),
                at: letters.chars().count() + 1,
                allowed: format!("{} {}", self.letters().join(" "), SYMBOLS[self.arrow()]),
                nearest: Some(SYMBOLS[self.arrow()].to_owned()),
            });
        }
        let nearest = |character: char| {
            let lower = character.to_ascii_lowercase();
            self.letters().iter().find(|letter| letter.starts_with(lower)).copied()
        };
        let too_long = |found: usize| InputError::TooLong { found, longest: MOST };
        let mut symbols = match parse_symbols(letters, self.letters(), nearest) {
            Ok(symbols) if symbols.len() > MOST => return Err(too_long(symbols.len())),
            Err(InputError::TooLong { found, .. }) => return Err(too_long(found)),
            other => other?,
        };
        symbols.push(arrow);
        Ok(Sequence::Symbols(symbols))
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &SYMBOLS
    }

    /// The letters, and the arrow where it is not the one that is added by itself.
    fn text(&self, sequence: &Sequence) -> String {
        let given = self.tokens(&sequence.beginning(self.given(sequence))).concat();
        given.trim_end_matches(SYMBOLS[self.arrow()]).to_owned()
    }

    fn source(&self, sequence: &Sequence) -> usize {
        let symbols = sequence.symbols();
        symbols.iter().position(|symbol| *symbol >= COPY).unwrap_or(symbols.len())
    }

    fn longest(&self, given: &Sequence) -> usize {
        given.len() + self.source(given) + BEYOND
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

/// The letters as the arrow wants them.
fn answer(letters: &[usize], arrow: usize) -> Vec<usize> {
    let mut answer = letters.to_vec();
    if arrow == REVERSE {
        answer.reverse();
    }
    answer
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "echo",
    description: "Write a list of letters again, in its order or from the last to the first",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Echo>("echo", config)?)),
    tiny: r#"{"letters":3,"shortest":1,"longest":3,"order":"reverse"}"#,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Feed;
    use crate::tape::Tape;
    use crate::tasks::Rollout;

    const TASK: Echo = Echo { letters: 8, shortest: 5, longest: 30, order: Order::Either };

    /// What a model writes that gives the wanted symbol the highest score.
    fn written(task: &Echo, given: &Sequence) -> Sequence {
        let mut read = given.clone();
        loop {
            let Targets::Symbols(wanted) = task.targets(&read) else { panic!() };
            let mut scores = [0.0; OUTPUTS.len()];
            scores[wanted[wanted.len() - 1].unwrap()] = 1.0;
            let Some(token) = task.next(&read, &scores) else { return read };
            read.push(token);
        }
    }

    #[test]
    fn letters_come_again_as_the_arrow_says() {
        let echo = |text: &str| TASK.tokens(&written(&TASK, &TASK.parse(text).unwrap())).concat();
        assert_eq!(echo("abbh"), "abbh→abbh");
        assert_eq!(echo("abbh←"), "abbh←hbba");
        let Targets::Symbols(wanted) = TASK.targets(&TASK.parse("ba←").unwrap()) else {
            panic!()
        };
        assert_eq!(wanted, [None, None, Some(0)]);
        let mut random = Random::new(1, 0);
        for _ in 0..200 {
            let Example { sequence, .. } = TASK.generate(&mut random);
            let source = TASK.source(&sequence);
            assert!((5..=30).contains(&source) && sequence.len() == 2 * source + 1);
            let given = sequence.beginning(TASK.given(&sequence));
            assert_eq!(written(&TASK, &given), sequence);
            assert_eq!(TASK.parse(&TASK.text(&sequence)), Ok(given));
        }
    }

    #[test]
    fn an_arrow_may_be_typed_or_left_out() {
        for (text, read) in
            [("a b", "ab→"), ("ab ->", "ab→"), ("ab>", "ab→"), ("ab＜", "ab←"), ("ab<-\n", "ab←")]
        {
            assert_eq!(TASK.tokens(&TASK.parse(text).unwrap()).concat(), read, "{text}");
        }
        let task = Echo { order: Order::Reverse, ..TASK };
        let sequence = task.parse("abc").unwrap();
        assert_eq!(task.tokens(&sequence).concat(), "abc←");
        assert_eq!(task.text(&sequence), "abc");
        assert_eq!(TASK.text(&sequence), "abc←");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let message = |text: &str| TASK.parse(text).unwrap_err().to_string();
        assert!(message(" ").contains("empty"));
        assert!(message("→").contains("empty"));
        assert!(message("ab→c").contains("`U+2192` (character 3)"));
        assert!(message("abC").contains("did you mean `c`"));
        assert!(message("abz").contains("`z` (character 3); it knows a b c d e f g h"));
        assert!(message(&"a".repeat(500)).contains("500 symbols; at most 497"));
        assert!(message(&"a".repeat(5000)).contains("5000 symbols; at most 497"));
        let task = Echo { order: Order::Copy, ..TASK };
        let message = task.parse("ab <-").unwrap_err().to_string();
        assert!(message.contains("`<-` (character 4)"), "{message}");
        assert!(message.contains("did you mean `→`"), "{message}");
    }

    #[test]
    fn a_model_that_never_ends_is_stopped_a_little_after_the_answer() {
        let tape = Tape::lean();
        let mut scores = vec![0.0; OUTPUTS.len()];
        scores[0] = 1.0;
        let scores = tape.constant(crate::tensor::row(&scores));
        for letters in [3, MOST] {
            let rollout = Rollout::new(&TASK, &TASK.parse(&"b".repeat(letters)).unwrap());
            let mut position = 0;
            while rollout.at(position, Some(scores)).is_some() {
                position += 1;
            }
            assert!(rollout.is_cut());
            assert_eq!(rollout.finish().len(), 2 * letters + 1 + BEYOND);
        }
    }
}
