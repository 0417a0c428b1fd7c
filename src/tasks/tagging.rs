//! Word classes: one tag for each word of a sentence, as it is read.
//!
//! Some words are a noun or a verb. Only what stands to their left tells: after a determiner or an
//! adjective they are nouns, after a pronoun, a noun or an adverb verbs. So a model that looks at
//! one word at a time must guess, and one that remembers the last tag need not.
//!
//! ```text
//! sentence    = subject [ADV] (INTRANSITIVE | TRANSITIVE object) [PREP object]
//! subject     = PRON | (ANY | MANY) {ADJ} PLURAL        at most two ADJ
//! object      = (ANY | ONE) {ADJ} (SINGULAR | NOUN-OR-VERB)
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Example, Sequence, Targets, Task, TaskSpec, words};
use crate::models::ConfigError;
use crate::tensor::random::Random;

const PRONOUNS: &[&str] = &["we", "they", "you"];
const ANY: &[&str] = &["the", "my"];
const MANY: &[&str] = &["some"];
const ONE: &[&str] = &["a"];
const ADJECTIVES: &[&str] = &["big", "new", "quiet", "long"];
const PLURAL: &[&str] = &["children", "friends", "teachers", "dogs"];
const SINGULAR: &[&str] = &["garden", "film", "song"];
const ADVERBS: &[&str] = &["often", "never"];
const PREPOSITIONS: &[&str] = &["in", "near", "after"];
const VERBS: &[&str] = &["sing", "like", "find", "need"];
/// Nouns after a determiner or adjective, verbs after a subject.
const NOUN_OR_VERB: &[&str] = &["play", "watch", "walk", "run", "cook"];

const INTRANSITIVE: &[&str] = &["sing", "play", "walk", "run", "cook"];
const TRANSITIVE: &[&str] = &["like", "find", "need", "play", "watch"];

const WORDS: [&str; 32] = words::all(&[
    PRONOUNS,
    ANY,
    MANY,
    ONE,
    ADJECTIVES,
    PLURAL,
    SINGULAR,
    ADVERBS,
    PREPOSITIONS,
    VERBS,
    NOUN_OR_VERB,
]);

const TAGS: [&str; 7] = ["DET", "ADJ", "NOUN", "PRON", "VERB", "ADV", "PREP"];
const DET: usize = 0;
const ADJ: usize = 1;
const NOUN: usize = 2;
const PRON: usize = 3;
const VERB: usize = 4;
const ADV: usize = 5;
const PREP: usize = 6;

/// Which tag the words of a group have, where they can have only one.
const LEXICON: [(&[&str], usize); 10] = [
    (PRONOUNS, PRON),
    (ANY, DET),
    (MANY, DET),
    (ONE, DET),
    (ADJECTIVES, ADJ),
    (PLURAL, NOUN),
    (SINGULAR, NOUN),
    (ADVERBS, ADV),
    (PREPOSITIONS, PREP),
    (VERBS, VERB),
];

/// How long the sentences are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tagging {
    /// The most words.
    pub longest: usize,
}

/// Sentences are at least that long, so that no limit leaves too few of them.
const SHORTEST_LIMIT: usize = 5;

/// A sentence on its way: words with their tags.
type Tagged = Vec<(&'static str, usize)>;

impl Task for Tagging {
    fn generate(&self, random: &mut Random) -> Example {
        let mut sentence = sentence(random);
        while sentence.len() > self.longest.max(SHORTEST_LIMIT) {
            sentence = self::sentence(random);
        }
        let symbols = sentence.iter().map(|(word, _)| words::number(word, &WORDS));
        Example {
            sequence: Sequence::Symbols(symbols.collect()),
            targets: Targets::Symbols(sentence.iter().map(|(_, tag)| Some(*tag)).collect()),
        }
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let mut left = None;
        let tags = symbols.iter().map(|symbol| {
            left = tag(WORDS.get(*symbol).copied().unwrap_or_default(), left);
            left
        });
        Targets::Symbols(tags.collect())
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &WORDS
    }

    fn joint(&self) -> &'static str {
        " "
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &TAGS
    }
}

/// The tag of a word after one of tag `left`; none where the grammar has no such place for it.
fn tag(word: &str, left: Option<usize>) -> Option<usize> {
    if NOUN_OR_VERB.contains(&word) {
        return match left {
            Some(DET | ADJ) => Some(NOUN),
            Some(PRON | NOUN | ADV) => Some(VERB),
            _ => None,
        };
    }
    LEXICON.iter().find(|(words, _)| words.contains(&word)).map(|(_, tag)| *tag)
}

fn sentence(random: &mut Random) -> Tagged {
    let mut said = Tagged::new();
    if random.chance(0.4) {
        said.push((*random.choose(PRONOUNS), PRON));
    } else {
        let determiners = if random.chance(0.3) { MANY } else { ANY };
        let determiner = *random.choose(determiners);
        phrase(determiner, (*random.choose(PLURAL), NOUN), random, &mut said);
    }
    if random.chance(0.3) {
        said.push((*random.choose(ADVERBS), ADV));
    }
    if random.chance(0.5) {
        said.push((*random.choose(INTRANSITIVE), VERB));
    } else {
        said.push((*random.choose(TRANSITIVE), VERB));
        object(random, &mut said);
    }
    if random.chance(0.4) {
        said.push((*random.choose(PREPOSITIONS), PREP));
        object(random, &mut said);
    }
    said
}

fn object(random: &mut Random, said: &mut Tagged) {
    let determiners = if random.chance(0.4) { ONE } else { ANY };
    let nouns = if random.chance(0.5) { NOUN_OR_VERB } else { SINGULAR };
    let (determiner, noun) = (*random.choose(determiners), *random.choose(nouns));
    phrase(determiner, (noun, NOUN), random, said);
}

fn phrase(
    determiner: &'static str,
    noun: (&'static str, usize),
    random: &mut Random,
    said: &mut Tagged,
) {
    said.push((determiner, DET));
    let adjectives = [0, 0, 1, 1, 2][random.below(5)];
    said.extend((0..adjectives).map(|_| (*random.choose(ADJECTIVES), ADJ)));
    said.push(noun);
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "tagging",
    description: "Tag each word of a sentence: what stands to its left tells noun from verb",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Tagging>("tagging", config)?)),
    tiny: r#"{"longest":6}"#,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn tags(text: &str) -> Vec<&'static str> {
        let task = Tagging { longest: 20 };
        let Targets::Symbols(tags) = task.targets(&task.parse(text).unwrap()) else { panic!() };
        tags.into_iter().map(|tag| tag.map_or("?", |tag| TAGS[tag])).collect()
    }

    #[test]
    fn the_same_word_is_a_noun_or_a_verb_by_what_is_left_of_it() {
        let wanted = ["DET", "ADJ", "NOUN", "VERB", "DET", "NOUN", "PREP", "DET", "ADJ", "NOUN"];
        assert_eq!(tags("The big dogs watch the play near a quiet watch"), wanted);
        assert_eq!(tags("they often cook"), ["PRON", "ADV", "VERB"]);
        assert_eq!(tags("play in run"), ["?", "PREP", "?"]);
    }

    #[test]
    fn who_looks_at_one_word_at_a_time_has_to_guess() {
        let task = Tagging { longest: 14 };
        let mut random = Random::new(1, 0);
        let mut counts: BTreeMap<usize, [usize; 7]> = BTreeMap::new();
        for _ in 0..3000 {
            let Example { sequence, targets } = task.generate(&mut random);
            let (Sequence::Symbols(symbols), Targets::Symbols(tags)) = (sequence, targets) else {
                panic!()
            };
            for (symbol, tag) in symbols.into_iter().zip(tags) {
                counts.entry(symbol).or_default()[tag.unwrap()] += 1;
            }
        }
        let all: usize = counts.values().flatten().sum();
        let right: usize = counts.values().map(|tags| tags.iter().max().unwrap()).sum();
        let best = right as f64 / all as f64;
        assert!((0.80..0.93).contains(&best), "{best}");
        assert_eq!(counts.len(), WORDS.len(), "a word is never used");
        for word in NOUN_OR_VERB {
            let of = counts[&words::number(word, &WORDS)];
            assert!(of[NOUN] > 200 && of[VERB] > 200, "{word}: {of:?}");
        }
    }
}
