//! Sentiment: a short review, and at its last word whether it praises (+) or complains (−).
//!
//! The words of praise alone do not tell: a negation turns what follows it, and what comes after
//! `but` decides, so there is something to remember and something to forget.
//!
//! ```text
//! review    = the THING was opinion [in the end]
//!           | the THING was opinion and [the THING was] opinion    both praise or both complain
//!           | the THING was opinion [at first] but [the THING was] opinion [in the end]
//! opinion   = [DEGREE] word of this verdict | NEGATION [very] word of the other
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Example, Sequence, Targets, Task, TaskSpec, words};
use crate::models::ConfigError;
use crate::tensor::random::Random;

const THINGS: &[&str] = &["film", "story", "music", "acting", "ending"];
const PRAISE: &[&str] = &["good", "great", "funny", "clever", "moving"];
const COMPLAINT: &[&str] = &["bad", "dull", "boring", "weak", "slow"];
const NEGATIONS: &[&str] = &["not", "never", "hardly"];
const DEGREES: &[&str] = &["very", "really", "quite"];
const JOINTS: &[&str] = &["the", "was", "and", "but", "at", "first", "in", "end"];

const WORDS: [&str; 29] = words::all(&[THINGS, PRAISE, COMPLAINT, NEGATIONS, DEGREES, JOINTS]);

const VERDICTS: [&str; 2] = ["+", "−"];

/// How much a review may say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentiment {
    /// The most opinions in a review, 1 or 2.
    pub opinions: usize,
}

impl Task for Sentiment {
    fn generate(&self, random: &mut Random) -> Example {
        let verdict = random.below(2);
        let said = review(verdict, self.opinions > 1, random);
        let symbols: Vec<usize> = said.iter().map(|word| words::number(word, &WORDS)).collect();
        let mut targets = vec![None; symbols.len() - 1];
        targets.push(Some(verdict));
        Example { sequence: Sequence::Symbols(symbols), targets: Targets::Symbols(targets) }
    }

    fn targets(&self, sequence: &Sequence) -> Targets {
        let symbols = sequence.symbols();
        let Some(before) = symbols.len().checked_sub(1) else {
            return Targets::Symbols(Vec::new());
        };
        let mut targets = vec![None; before];
        targets.push(verdict(symbols.iter().filter_map(|symbol| WORDS.get(*symbol).copied())));
        Targets::Symbols(targets)
    }

    fn input_symbols(&self) -> &'static [&'static str] {
        &WORDS
    }

    fn joint(&self) -> &'static str {
        " "
    }

    fn output_symbols(&self) -> &'static [&'static str] {
        &VERDICTS
    }
}

/// The verdict of a review, 0 for praise: that of its last opinion, if its opinions after the last
/// `but` agree; none where they do not, or where there is no opinion.
fn verdict<'a>(review: impl Iterator<Item = &'a str>) -> Option<usize> {
    let (mut said, mut is_turned, mut is_clear) = (None, false, true);
    for word in review {
        if NEGATIONS.contains(&word) {
            is_turned = !is_turned;
        } else if word == "but" {
            (said, is_turned, is_clear) = (None, false, true);
        } else if PRAISE.contains(&word) || COMPLAINT.contains(&word) {
            let here = usize::from(COMPLAINT.contains(&word) != is_turned);
            is_clear &= said.is_none_or(|before| before == here);
            (said, is_turned) = (Some(here), false);
        }
    }
    said.filter(|_| is_clear)
}

fn review(verdict: usize, may_have_two: bool, random: &mut Random) -> Vec<&'static str> {
    let mut said = vec!["the", *random.choose(THINGS), "was"];
    let is_followed = may_have_two && random.chance(0.7);
    let is_turned = is_followed && random.chance(0.6);
    said.extend(opinion(if is_turned { 1 - verdict } else { verdict }, random));
    if is_turned && random.chance(0.4) {
        said.extend(["at", "first"]);
    }
    if is_followed {
        said.push(if is_turned { "but" } else { "and" });
        if random.chance(0.5) {
            said.extend(["the", *random.choose(THINGS), "was"]);
        }
        said.extend(opinion(verdict, random));
    }
    if (is_turned || !is_followed) && random.chance(0.3) {
        said.extend(["in", "the", "end"]);
    }
    said
}

fn opinion(verdict: usize, random: &mut Random) -> Vec<&'static str> {
    let of = |verdict| if verdict == 0 { PRAISE } else { COMPLAINT };
    let mut said = Vec::new();
    let is_negated = random.chance(0.5);
    if is_negated {
        said.push(*random.choose(NEGATIONS));
    }
    if random.chance(0.4) {
        said.push(if is_negated { "very" } else { *random.choose(DEGREES) });
    }
    said.push(*random.choose(of(if is_negated { 1 - verdict } else { verdict })));
    said
}

/// The registry entry.
pub const SPEC: TaskSpec = TaskSpec {
    id: "sentiment",
    description: "Say after a review whether it praises, past negations and second thoughts",
    build: |config: &Json| Ok(Box::new(ConfigError::read::<Sentiment>("sentiment", config)?)),
    tiny: r#"{"opinions":1}"#,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn verdict_of(text: &str) -> &'static str {
        let task = Sentiment { opinions: 2 };
        let Targets::Symbols(targets) = task.targets(&task.parse(text).unwrap()) else { panic!() };
        assert!(targets[..targets.len() - 1].iter().all(Option::is_none));
        targets[targets.len() - 1].map_or("?", |verdict| VERDICTS[verdict])
    }

    #[test]
    fn negations_turn_and_but_decides() {
        assert_eq!(verdict_of("The film was not bad."), "+");
        assert_eq!(verdict_of("the story was never boring and very funny"), "+");
        assert_eq!(verdict_of("the film was good at first but dull in the end"), "−");
        assert_eq!(verdict_of("the music was hardly very clever"), "−");
        assert_eq!(verdict_of("the film was not not bad"), "−");
        assert_eq!(verdict_of("the film was good and bad"), "?");
        assert_eq!(verdict_of("the end"), "?");
    }

    #[test]
    fn counting_words_of_praise_tells_little() {
        let task = Sentiment { opinions: 2 };
        let mut random = Random::new(1, 0);
        let mut counts: BTreeMap<Vec<usize>, [usize; 2]> = BTreeMap::new();
        for _ in 0..4000 {
            let Example { sequence, targets } = task.generate(&mut random);
            let (Sequence::Symbols(symbols), Targets::Symbols(targets)) = (sequence, targets)
            else {
                panic!()
            };
            let of =
                |group: &[&str]| symbols.iter().filter(|s| group.contains(&WORDS[**s])).count();
            let bag = vec![of(PRAISE), of(COMPLAINT)];
            counts.entry(bag).or_default()[targets.last().unwrap().unwrap()] += 1;
        }
        let all: usize = counts.values().flatten().sum();
        let right: usize = counts.values().filter_map(|verdicts| verdicts.iter().max()).sum();
        assert!((right as f64) < 0.6 * all as f64, "{right} of {all}");
        let praise: usize = counts.values().map(|verdicts| verdicts[0]).sum();
        assert!((0.47..0.53).contains(&(praise as f64 / all as f64)), "{praise} of {all}");
    }
}
