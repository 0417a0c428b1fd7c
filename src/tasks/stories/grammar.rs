//! The grammar of the stories: a state, and for each state the words that may come next with their
//! weights. A word leads from one state to exactly one other, so what has been read says in which
//! state the story is, and the probability of every next word is known exactly.

use std::collections::BTreeMap;

use super::super::words;

/// Boys and girls, in this order wherever there are two of something.
const CHILDREN: [&str; 2] = ["boy", "girl"];
const NAMES: [[&str; 4]; 2] = [["tom", "ben", "leo", "max"], ["anna", "mia", "lucy", "emma"]];
const PRONOUNS: [&str; 2] = ["he", "she"];
const OBJECTS: [&str; 2] = ["him", "her"];
const PLACES: [&str; 6] = ["forest", "garden", "castle", "house", "cave", "tower"];
/// One, then several.
const ANIMALS: [[&str; 4]; 2] =
    [["dog", "cat", "bird", "horse"], ["dogs", "cats", "birds", "horses"]];
/// What one does, then what several do.
const ALONE: [[&str; 4]; 2] =
    [["sleeps", "sings", "waits", "runs"], ["sleep", "sing", "wait", "run"]];
const TO_ANOTHER: [[&str; 4]; 2] =
    [["sees", "likes", "hears", "follows"], ["see", "like", "hear", "follow"]];
const ENTER: [&str; 2] = ["enters", "enter"];
const LEAVE: [&str; 2] = ["leaves", "leave"];
const OTHERS: &[&str] = &["meets", "they", "named", "that", "a", "the", "."];

/// Every word, in the order of its number.
pub const WORDS: [&str; 55] = words::all(&[
    OTHERS,
    &CHILDREN,
    &PRONOUNS,
    &OBJECTS,
    &NAMES[0],
    &NAMES[1],
    &ENTER,
    &LEAVE,
    &PLACES,
    &ANIMALS[0],
    &ANIMALS[1],
    &ALONE[0],
    &ALONE[1],
    &TO_ANOTHER[0],
    &TO_ANOTHER[1],
]);
/// What comes after the last word.
pub const END: usize = WORDS.len();

/// The most places that one can be in at once.
pub const DEEPEST: usize = 3;
/// Words of `they leave the forest .`.
const WAY_OUT: usize = 5;
/// Words of `he meets a girl named anna .`: no sentence after the first one is longer.
const LONGEST_SENTENCE: usize = 7;
/// Words of the shortest story: `a boy named tom enters the forest . he leaves the forest .`
pub const SHORTEST_STORY: usize = 13;

/// How long stories are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most places that one can be in at once.
    pub depth: usize,
    /// The fewest words.
    pub shortest: usize,
    /// The most words.
    pub longest: usize,
}

/// Somebody who does something: a boy, a girl, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    One(usize),
    Both,
}

impl Who {
    fn number(self) -> usize {
        usize::from(self == Self::Both)
    }

    fn pronoun(self) -> &'static str {
        match self {
            Self::One(sex) => PRONOUNS[sex],
            Self::Both => "they",
        }
    }
}

/// Where in a sentence a story is: what has just been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Nothing.
    Beginning,
    /// `he meets`, or the other way round.
    Meets,
    /// `a` of somebody new, who is a boy, a girl or not yet known.
    New(Option<usize>),
    /// `a boy`, then `a boy named`.
    Child(usize),
    Named(usize),
    /// `a boy named tom` at the very beginning.
    First,
    /// `enters`, then `enters the`.
    Enter,
    EnterThe,
    /// `leaves`, then `leaves the`.
    Leave,
    LeaveThe,
    /// A sentence that may say nothing more.
    Stop,
    /// The end of a sentence.
    Turn,
    /// Who does something.
    Subject(Who),
    /// `he sees`.
    Sees(Who),
    /// `he sees a` or `he sees the`.
    Article {
        is_definite: bool,
    },
    /// `he sees the dogs`, of which there are one or several, and `that`.
    Seen(usize),
    SeenThat(usize),
    /// `the` at the beginning of a sentence.
    The,
    /// `the dogs`, `the dogs that`, `the dogs that he`.
    Animal(usize),
    AnimalThat(usize),
    AnimalThatWho(usize, Who),
    /// What an animal does at the end of its sentence.
    Does(usize),
    /// After the last word.
    End,
}

/// All that the rest of a story depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    limits: (usize, usize, usize),
    place: Place,
    /// The words so far.
    said: usize,
    /// The boy's and the girl's name, once they are introduced.
    names: [Option<&'static str>; 2],
    /// The places that were entered and not left.
    inside: Vec<&'static str>,
}

impl State {
    /// Before the first word.
    pub fn new(limits: Limits) -> Self {
        let limits = (limits.depth, limits.shortest, limits.longest);
        Self { limits, place: Place::Beginning, said: 0, names: [None; 2], inside: Vec::new() }
    }

    /// Whether the story is over.
    pub fn is_end(&self) -> bool {
        self.place == Place::End
    }

    /// The words that may come next with their probabilities, none of which is 0; nothing after the
    /// end.
    pub fn probabilities(&self) -> Vec<(usize, f64)> {
        let choices = self.choices();
        let total: f64 = choices.iter().map(|choice| choice.1).sum();
        choices.into_iter().map(|(word, weight, _)| (number(word), weight / total)).collect()
    }

    /// The state after a word; `None` where the word cannot come next.
    pub fn after(&self, word: usize) -> Option<Self> {
        let (word, _, place) = self.choices().into_iter().find(|c| number(c.0) == word)?;
        let mut next = self.clone();
        next.place = place;
        next.said += usize::from(place != Place::End);
        match self.place {
            Place::Named(sex) => next.names[sex] = Some(word),
            Place::EnterThe => next.inside.push(word),
            Place::LeaveThe => next.inside.truncate(self.inside.len() - 1),
            _ => {}
        }
        Some(next)
    }

    /// The same state with the first names and places in the table: what follows has the same
    /// probabilities, only other words.
    fn renamed(&self) -> Self {
        let names = [0, 1].map(|sex| self.names[sex].map(|_| NAMES[sex][0]));
        let inside = PLACES[..self.inside.len()].to_vec();
        Self { names, inside, ..self.clone() }
    }

    /// The table: the words that may come next, their weights, and where they lead.
    fn choices(&self) -> Vec<(&'static str, f64, Place)> {
        let each = |words: &[&'static str], weight: f64, place: Place| {
            let share = weight / words.len() as f64;
            words.iter().map(|word| (*word, share, place)).collect::<Vec<_>>()
        };
        let both = |of: &dyn Fn(usize) -> Vec<(&'static str, f64, Place)>| [of(0), of(1)].concat();
        match self.place {
            Place::Beginning => vec![("a", 1.0, Place::New(None))],
            Place::Meets => {
                let other = self.names.iter().position(Option::is_none);
                vec![("a", 1.0, Place::New(other))]
            }
            Place::New(None) => both(&|sex| vec![(CHILDREN[sex], 1.0, Place::Child(sex))]),
            Place::New(Some(sex)) => vec![(CHILDREN[sex], 1.0, Place::Child(sex))],
            Place::Child(sex) => vec![("named", 1.0, Place::Named(sex))],
            Place::Named(sex) => {
                let is_first = self.names == [None; 2];
                each(&NAMES[sex], 1.0, if is_first { Place::First } else { Place::Stop })
            }
            Place::First => vec![(ENTER[0], 1.0, Place::Enter)],
            Place::Enter => vec![("the", 1.0, Place::EnterThe)],
            Place::EnterThe => {
                let is_new = |place: &&str| !self.inside.contains(place);
                let new: Vec<&str> = PLACES.into_iter().filter(|place| is_new(place)).collect();
                each(&new, 1.0, Place::Stop)
            }
            Place::Leave => vec![("the", 1.0, Place::LeaveThe)],
            Place::LeaveThe => {
                self.inside.last().map(|p| (*p, 1.0, Place::Stop)).into_iter().collect()
            }
            Place::Stop => vec![(".", 1.0, Place::Turn)],
            Place::Turn if self.inside.is_empty() => vec![("∎", 1.0, Place::End)],
            Place::Turn => {
                let all = self.all();
                let mut choices = vec![(all.pronoun(), 6.0, Place::Subject(all))];
                if self.may_say(LONGEST_SENTENCE) {
                    choices.push(("the", 2.0, Place::The));
                    if all == Who::Both {
                        choices.extend(both(&|sex| {
                            vec![(PRONOUNS[sex], 1.5, Place::Subject(Who::One(sex)))]
                        }));
                    }
                }
                choices
            }
            Place::Subject(who) => self.predicates(who),
            Place::Sees(who) => {
                let mut choices = vec![
                    ("a", 2.0, Place::Article { is_definite: false }),
                    ("the", 2.0, Place::Article { is_definite: true }),
                ];
                // One of two sees the other, by name or not.
                if let (Who::One(sex), [Some(_), Some(_)]) = (who, self.names) {
                    choices.push((OBJECTS[1 - sex], 2.0, Place::Stop));
                    choices.extend(self.names[1 - sex].map(|name| (name, 2.0, Place::Stop)));
                }
                choices
            }
            Place::Article { is_definite: false } => each(&ANIMALS[0], 1.0, Place::Seen(0)),
            Place::Article { is_definite: true } => {
                both(&|number| each(&ANIMALS[number], 1.0, Place::Seen(number)))
            }
            Place::Seen(number) => {
                vec![(".", 2.0, Place::Turn), ("that", 1.0, Place::SeenThat(number))]
            }
            Place::SeenThat(number) | Place::Does(number) => each(&ALONE[number], 1.0, Place::Stop),
            Place::The => both(&|number| each(&ANIMALS[number], 1.0, Place::Animal(number))),
            Place::Animal(number) => {
                let mut choices = each(&ALONE[number], 1.0, Place::Stop);
                choices.push(("that", 1.0, Place::AnimalThat(number)));
                choices
            }
            Place::AnimalThat(number) => {
                let who = self.all();
                vec![(who.pronoun(), 1.0, Place::AnimalThatWho(number, who))]
            }
            Place::AnimalThatWho(number, who) => {
                each(&TO_ANOTHER[who.number()], 1.0, Place::Does(number))
            }
            Place::End => Vec::new(),
        }
    }

    /// What somebody may do. Those who are together go in and out together, and verbs agree.
    fn predicates(&self, who: Who) -> Vec<(&'static str, f64, Place)> {
        let (depth, shortest, _) = self.limits;
        let number = who.number();
        let mut choices = Vec::new();
        let mut add = |words: &[&'static str], weight: f64, place: Place| {
            let share = weight / words.len() as f64;
            choices.extend(words.iter().map(|word| (*word, share, place)));
        };
        if who == self.all() {
            // The story ends outside, so that is not left too early. The pronoun is said already.
            if self.inside.len() > 1 || self.said - 1 + WAY_OUT >= shortest {
                add(&[LEAVE[number]], 8.0, Place::Leave);
            }
            if self.inside.len() < depth && self.may_say_after_pronoun(2 * WAY_OUT) {
                add(&[ENTER[number]], 1.5, Place::Enter);
            }
            if who != Who::Both && self.may_say_after_pronoun(LONGEST_SENTENCE) {
                add(&["meets"], 3.0, Place::Meets);
            }
        }
        if self.may_say_after_pronoun(LONGEST_SENTENCE) {
            add(&ALONE[number], 2.0, Place::Stop);
            add(&TO_ANOTHER[number], 4.0, Place::Sees(who));
        }
        choices
    }

    /// Everybody who has been introduced.
    fn all(&self) -> Who {
        match self.names {
            [Some(_), Some(_)] => Who::Both,
            [None, Some(_)] => Who::One(1),
            _ => Who::One(0),
        }
    }

    /// Whether all places can still be left after so many more words.
    fn may_say(&self, more: usize) -> bool {
        self.said + more + WAY_OUT * self.inside.len() <= self.limits.2
    }

    fn may_say_after_pronoun(&self, more: usize) -> bool {
        self.said - 1 + more + WAY_OUT * self.inside.len() <= self.limits.2
    }
}

fn number(word: &str) -> usize {
    if word == "∎" { END } else { words::number(word, &WORDS) }
}

/// What is known about all stories together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Totals {
    /// The mean number of words in a story, the end not counted.
    pub length: f64,
    /// The entropy of a story after its first word, in nats.
    pub entropy: f64,
    /// How many stories there are.
    pub stories: f64,
}

impl Totals {
    /// The entropy of a word or the end after what comes before, in nats: that of a story divided by
    /// what there is to foretell in it, which is everything but its first word.
    pub fn entropy_per_word(&self) -> f64 {
        self.entropy / self.length
    }
}

/// Sums over all stories, exactly: states with other names are followed together, and all that
/// have equally many words behind them at once.
pub fn totals(limits: Limits) -> Totals {
    let mut totals = Totals { length: 0.0, entropy: 0.0, stories: 0.0 };
    // Each state with its probability, and the number of stories that come by it.
    let mut here = BTreeMap::from([(State::new(limits), (1.0, 1.0))]);
    while !here.is_empty() {
        let mut next: BTreeMap<State, (f64, f64)> = BTreeMap::new();
        for (state, (probability, count)) in here {
            if state.is_end() {
                totals.length += probability * state.said as f64;
                totals.stories += count;
                continue;
            }
            for (word, share) in state.probabilities() {
                if state.said > 0 {
                    totals.entropy -= probability * share * share.ln();
                }
                if let Some(after) = state.after(word) {
                    let sum = next.entry(after.renamed()).or_default();
                    sum.0 += probability * share;
                    sum.1 += count;
                }
            }
        }
        here = next;
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { depth: DEEPEST, shortest: 20, longest: 60 };

    /// Every state that can be reached, up to names.
    fn states() -> Vec<State> {
        let mut all = Vec::new();
        let mut here = std::collections::BTreeSet::from([State::new(LIMITS)]);
        while !here.is_empty() {
            let after = |state: &State| -> Vec<State> {
                let words = state.probabilities();
                words.iter().filter_map(|w| Some(state.after(w.0)?.renamed())).collect()
            };
            let next = here.iter().flat_map(after).collect();
            all.extend(std::mem::replace(&mut here, next));
        }
        all
    }

    #[test]
    fn probabilities_sum_to_one_in_every_state_and_no_word_leads_to_two() {
        let states = states();
        assert!(states.len() > 1000);
        let mut used = std::collections::BTreeSet::new();
        for state in states {
            assert!(state.said <= LIMITS.longest, "{state:?}");
            let next = state.probabilities();
            if state.is_end() {
                assert!(
                    next.is_empty() && state.inside.is_empty() && state.said >= 20,
                    "{state:?}"
                );
                continue;
            }
            let total: f64 = next.iter().map(|word| word.1).sum();
            assert!((total - 1.0).abs() < 1e-12 && next.iter().all(|w| w.1 > 0.0), "{state:?}");
            let words: std::collections::BTreeSet<usize> = next.iter().map(|w| w.0).collect();
            assert_eq!(words.len(), next.len(), "{state:?}");
            used.extend(words);
        }
        assert!(used.contains(&END) && used.len() > WORDS.len() - 12, "{}", used.len());
    }

    #[test]
    fn other_names_change_no_probability() {
        // What `totals` rests on: follow two stories that differ in names alone.
        let follow = |story: &str| -> Vec<f64> {
            let mut state = State::new(LIMITS);
            let step = |word: &str| {
                let word = number(word);
                let next = state.probabilities();
                let share = next.iter().find(|w| w.0 == word).unwrap().1;
                state = state.after(word).unwrap();
                share
            };
            story.split(' ').map(step).collect()
        };
        let one = "a boy named tom enters the forest . he enters the castle . he meets a girl named mia . she sees tom . they leave the castle . they leave the forest . ∎";
        let other = "a boy named leo enters the cave . he enters the garden . he meets a girl named anna . she sees leo . they leave the garden . they leave the cave . ∎";
        assert_eq!(follow(one), follow(other));
    }

    #[test]
    fn what_is_impossible_has_no_state() {
        let fits = |story: &str| {
            let mut state = Some(State::new(LIMITS));
            for word in story.split(' ') {
                state = state.and_then(|state| state.after(number(word)));
            }
            state.is_some()
        };
        let begin = "a girl named anna enters the forest .";
        assert!(fits(&format!(
            "{begin} she sleeps . she sees the dogs that sing . she leaves the forest . ∎"
        )));
        for wrong in [
            "he",
            "they",
            "she sleep",
            "she enters the forest",
            "she sees the dogs that sings",
            "the dogs that she sees sleeps",
            "she sleeps . she leaves the garden",
            "she sees tom",
            "she meets a girl",
            "∎",
        ] {
            assert!(!fits(&format!("{begin} {wrong}")), "{wrong}");
        }
    }
}
