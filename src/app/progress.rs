//! How far the learner has come in a lesson: stops read, questions answered, tasks done.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};

use super::state::Kept;
use crate::lesson::{Lesson, Part, parts};

/// The stops of a lesson that were read; 0 is the opening.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Read(BTreeSet<usize>);

impl Read {
    /// Remembers a stop.
    pub fn add(&mut self, stop: usize) {
        self.0.insert(stop);
    }

    /// Whether a stop was read.
    #[must_use]
    pub fn has(&self, stop: usize) -> bool {
        self.0.contains(&stop)
    }
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Versions before kept only the farthest stop; those before it count as read.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Kept {
            Farthest(usize),
            Stops(BTreeSet<usize>),
        }
        /// No lesson has more stops; a number that was changed by hand must not fill the memory.
        const STOPS_AT_MOST: usize = 1000;
        Ok(Self(match Kept::deserialize(deserializer)? {
            Kept::Farthest(stop) => (0..=stop.min(STOPS_AT_MOST)).collect(),
            Kept::Stops(stops) => stops,
        }))
    }
}

/// How many there are, how many the learner came to, and how many of those were right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub total: usize,
    /// Those answered or done.
    pub made: usize,
    /// Those that were right when they were answered.
    pub right: usize,
}

/// What the learner has done in one lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whether the lesson was ever opened.
    pub is_begun: bool,
    /// For each stop, without the opening, whether it was read.
    pub stops: Vec<bool>,
    /// Predictions.
    pub predictions: Count,
    /// The checks at the end.
    pub checks: Count,
    /// Tasks; `right` says nothing.
    pub tasks: Count,
}

impl Progress {
    /// What is kept of a lesson.
    #[must_use]
    pub fn of(kept: &Kept, lesson: &Lesson) -> Self {
        let read = kept.progress.get(&lesson.id);
        let mut progress = Self {
            is_begun: read.is_some(),
            stops: (1..=lesson.stops.len())
                .map(|stop| read.is_some_and(|read| read.has(stop)))
                .collect(),
            ..Self::default()
        };
        let pages = std::iter::once(&lesson.intro).chain(lesson.stops.iter().map(|s| &s.blocks));
        for (stop, blocks) in pages.enumerate() {
            // The names that the page gives its questions: counted through the stop, from 1.
            let mut counter = 0;
            let mut key = || {
                counter += 1;
                format!("{}/{stop}/{counter}", lesson.id)
            };
            for part in parts(blocks) {
                match part {
                    Part::Predict(_) => progress.predictions.answer(kept, &key()),
                    Part::Quiz(checks) => {
                        checks.iter().for_each(|_| progress.checks.answer(kept, &key()));
                    }
                    Part::Try(_) => {
                        progress.tasks.total += 1;
                        progress.tasks.made += usize::from(kept.done.contains(&key()));
                    }
                    _ => {}
                }
            }
        }
        progress
    }

    /// How many stops were read.
    #[must_use]
    pub fn n_read(&self) -> usize {
        self.stops.iter().filter(|is_read| **is_read).count()
    }
}

impl Count {
    fn answer(&mut self, kept: &Kept, key: &str) {
        self.total += 1;
        self.made += usize::from(kept.answers.contains_key(key));
        self.right += usize::from(kept.right.contains(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Library;

    #[test]
    fn the_farthest_stop_of_older_versions_counts_as_all_before_it() {
        let read: Read = serde_json::from_str("2").unwrap();
        assert_eq!(read, serde_json::from_str("[0, 1, 2]").unwrap());
        assert!(read.has(2) && !read.has(3));
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Read>(&written).unwrap(), read);
        let absurd: Read = serde_json::from_str("18446744073709551615").unwrap();
        assert!(absurd.has(1000) && !absurd.has(1001));
    }

    #[test]
    fn questions_are_counted_by_the_names_that_the_page_gives_them() {
        let library = Library::embedded();
        let lesson = library.get("en", "lstm").unwrap().lesson;
        let mut kept = Kept::default();
        let none = Progress::of(&kept, lesson);
        assert!(!none.is_begun && none.checks.total == 3 && none.predictions.total >= 2);
        // The quiz is at the end; its checks are the last questions there.
        let last = lesson.stops.len();
        for counter in 1..=9 {
            kept.answers.insert(format!("lstm/{last}/{counter}"), 0);
        }
        kept.right.insert(format!("lstm/{last}/1"));
        kept.progress.entry("lstm".to_owned()).or_default().add(last);
        let some = Progress::of(&kept, lesson);
        assert_eq!((some.checks.made, some.n_read()), (3, 1));
        assert!(some.is_begun && some.stops[last - 1]);
    }
}
