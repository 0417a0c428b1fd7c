//! Names: which words of a sentence are part of a person's name.
//!
//! Some first names are also words: `teddy bears are on sale`, `teddy roosevelt was a president`.
//! What stands before them is the same in both readings; only what comes next tells. So a model
//! that reads from left to right has to say `name` or `–` before it can know.
//!
//! The score counts that one ambiguous word of a sentence. Every other word can be tagged by
//! itself; counted along, they would make a model that only guesses look good.
//!
//! ```text
//! sentence  = BEFORE AMBIGUOUS (SURNAME DONE [and DONE] | THINGS OF IT STATE [and STATE]) END
//! ```
//!
//! Each beginning has so many ends that about the same share of either reading is held out. With
//! few ends, the rarer reading in training is the more frequent one in what is held out, and a
//! model that has learned these shares by heart is not at chance but below.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Batch, Example, Sequence, Tally, Targets, Task, TaskSpec, words};
use crate::models::{ConfigError, Input};
use crate::tensor::random::Random;
use crate::tensor::{argmax, slice};

/// Words that are a first name or not, and what they say something about where they are not.
const AMBIGUOUS: &[&str] =
    &["teddy", "rose", "mark", "bill", "jack", "sunny", "will", "may", "grant", "frank"];
/// For each ambiguous word what follows it where it is no name.
const THINGS: &[&str] = &[
    "bears", "gardens", "sheets", "boards", "hammers", "days", "forms", "flowers", "letters",
    "answers",
];
const SURNAMES: &[&str] = &["roosevelt", "smith", "jones", "wilson", "taylor"];
/// What may come before either reading.
const BEFORE: &[&[&str]] = &[
    &[],
    &["today"],
    &["he", "said"],
    &["we", "think", "that"],
    &["he", "said", "that", "today"],
    &["yesterday", "he", "said"],
    &["yesterday", "we", "think"],
];
/// What a person does.
const DONE: &[&[&str]] =
    &[&["was", "late"], &["came", "home"], &["was", "a", "president"], &["sings"]];
/// What things are.
const STATE: &[&[&str]] =
    &[&["were", "late"], &["are", "on", "sale"], &["cost", "nothing"], &["are", "old"]];

/// What may come last in either reading.
const END: &[&[&str]] =
    &[&[], &["again"], &["today"], &["yesterday"], &["he", "said"], &["we", "think"]];

/// The words of the sentence around a name.
const AROUND: &[&str] = &[
    "today",
    "yesterday",
    "he",
    "we",
    "said",
    "think",
    "that",
    "was",
    "were",
    "are",
    "late",
    "came",
    "home",
    "a",
    "president",
    "sings",
    "on",
    "sale",
    "cost",
    "nothing",
    "old",
    "again",
    "and",
];

const WORDS: [&str; 48] = words::all(&[AMBIGUOUS, THINGS, SURNAMES, AROUND]);

const TAGS: [&str; 2] = ["name", "–"];
const NAME: usize = 0;
const OTHER: usize = 1;

/// How many words are ambiguous.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Ambiguous words that are used, 1 to 10.
    pub ambiguous: usize,
}

impl Task for Names {
    fn generate(&self, random: &mut Random) -> Example {
        // What comes before and the word itself are drawn first; the reading is a fair coin.
        let before = *random.choose(BEFORE);
        let word = random.below(self.ambiguous.clamp(1, AMBIGUOUS.len()));
        let is_name = random.chance(0.5);
        let mut said = before.to_vec();
        said.push(AMBIGUOUS[word]);
        said.push(if is_name { *random.choose(SURNAMES) } else { THINGS[word] });
        let happens = if is_name { DONE } else { STATE };
        let first = random.below(happens.len());
        said.extend(happens[first]);
        if random.chance(0.5) {
            let second = (first + 1 + random.below(happens.len() - 1)) % happens.len();
            said.push("and");
            said.extend(happens[second]);
        }
        said.extend(*random.choose(END));
        let mut tags = vec![Some(OTHER); said.len()];
        if is_name {
            tags[before.len()..before.len() + 2].fill(Some(NAME));
        }
        let symbols = said.iter().map(|word| words::number(word, &WORDS)).collect();
        Example { sequence: Sequence::Symbols(symbols), targets: Targets::Symbols(tags) }
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let tag = |(at, symbol): (usize, &usize)| match kind(*symbol) {
            Kind::Ambiguous => symbols.get(at + 1).and_then(|next| match kind(*next) {
                Kind::Surname => Some(NAME),
                Kind::Thing => Some(OTHER),
                Kind::Ambiguous | Kind::Around => None,
            }),
            Kind::Surname => Some(NAME),
            Kind::Thing | Kind::Around => Some(OTHER),
        };
        Targets::Symbols(symbols.iter().enumerate().map(tag).collect())
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &WORDS
    }

    fn joint(&self) -> &'static str {
        " "
    }

    fn looks_ahead(&self) -> bool {
        true
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &TAGS
    }

    fn score(&self, scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
        let Input::Symbols(read) = &batch.input else { return };
        for ((scores, targets), read) in scores.iter().zip(&batch.symbols).zip(read) {
            let rows = slice(scores).chunks_exact(TAGS.len());
            for ((scores, target), symbol) in rows.zip(targets).zip(read) {
                if let (Some(target), Kind::Ambiguous) = (target, kind(*symbol)) {
                    tally.count += 1;
                    tally.sum += f64::from(u8::from(argmax(scores) == *target));
                }
            }
        }
    }
}

/// What a word can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ambiguous,
    Thing,
    Surname,
    Around,
}

/// The groups stand in this order in [`WORDS`].
fn kind(symbol: usize) -> Kind {
    const THING: usize = AMBIGUOUS.len();
    const SURNAME: usize = THING + THINGS.len();
    const REST: usize = SURNAME + SURNAMES.len();
    match symbol {
        0..THING => Kind::Ambiguous,
        THING..SURNAME => Kind::Thing,
        SURNAME..REST => Kind::Surname,
        _ => Kind::Around,
    }
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "names",
    description: "Tag names: whether teddy is one is told by the word after it",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Names>("names", config)?)),
    tiny: r#"{"ambiguous":4}"#,
};

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::tensor::from_vec;

    fn tags(text: &str) -> Vec<&'static str> {
        let task = Names { ambiguous: 10 };
        let Targets::Symbols(tags) = task.targets(&task.parse(text).unwrap()) else { panic!() };
        tags.into_iter().map(|tag| tag.map_or("?", |tag| TAGS[tag])).collect()
    }

    #[test]
    fn the_word_after_tells() {
        assert_eq!(tags("he said teddy bears are on sale"), ["–"; 7]);
        let president = ["–", "–", "name", "name", "–", "–", "–"];
        assert_eq!(tags("He said Teddy Roosevelt was a president."), president);
        assert_eq!(tags("teddy"), ["?"]);
    }

    #[test]
    fn what_stands_before_tells_nothing() {
        let task = Names { ambiguous: 10 };
        let mut random = Random::new(1, 0);
        let mut counts: BTreeMap<Vec<usize>, [usize; 2]> = BTreeMap::new();
        let mut lengths = BTreeSet::new();
        for _ in 0..70_000 {
            let Example { sequence, targets } = task.generate(&mut random);
            let (Sequence::Symbols(symbols), Targets::Symbols(tags)) = (sequence, targets) else {
                panic!()
            };
            lengths.insert(symbols.len());
            let at = symbols.iter().position(|s| kind(*s) == Kind::Ambiguous).unwrap();
            assert!(symbols[at + 1..].iter().all(|s| kind(*s) != Kind::Ambiguous));
            counts.entry(symbols[..=at].to_vec()).or_default()[tags[at].unwrap()] += 1;
        }
        assert!(lengths.len() >= 6, "{lengths:?}");
        assert_eq!(counts.len(), BEFORE.len() * AMBIGUOUS.len());
        for (before, [names, others]) in counts {
            // 4.5 standard deviations of a fair coin, so that 70 of them stay inside.
            let limit = 4.5 * 0.5 * ((names + others) as f64).sqrt();
            let mean = (names + others) as f64 / 2.0;
            assert!((names as f64 - mean).abs() < limit, "{before:?}: {names} {others}");
        }
    }

    #[test]
    fn only_the_ambiguous_word_counts() {
        let task = Names { ambiguous: 10 };
        let sequence = task.parse("he said teddy roosevelt sings").unwrap();
        let targets = task.targets(&sequence);
        let batch = Batch::new(&task, &[Example { sequence, targets }]);
        let mut tally = Tally::default();
        task.score(&vec![from_vec([1, 2], vec![1.0, 0.0]); 5], &batch, &mut tally);
        assert_eq!(tally, Tally { sum: 1.0, count: 1 });
        task.score(&vec![from_vec([1, 2], vec![0.0, 1.0]); 5], &batch, &mut tally);
        assert_eq!(tally, Tally { sum: 1.0, count: 2 });
    }
}
