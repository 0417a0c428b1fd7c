//! The palette: one field that finds lessons, values, models, views, commands and settings.

mod entries;
pub(super) mod ui;

use frizbee::{CaseMatching, Config, Matcher};

use super::state::State;
use crate::lesson::PageText;
use crate::view::{Command, tr_with};

/// What can be found, and what comes of choosing it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its name among what was chosen before.
    pub id: String,
    /// What it is called in the window's language.
    pub title: String,
    /// What helps to tell it from others: its keys, its lesson, what it means.
    pub detail: String,
    /// What it can be found by besides: the other language, ids, symbols.
    pub also: Vec<String>,
    /// What choosing it does.
    pub command: Command,
}

/// The groups of what is found, in the order in which they stand where nothing was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Chosen not long ago.
    Recent,
    /// Lessons and the headings of their stops.
    Lesson,
    /// Named values of the run.
    Value,
    /// Models that can be put on the stage.
    Model,
    /// Views that can be shown.
    View,
    /// Actions.
    Action,
    /// Settings.
    Setting,
    /// Words in the text of a lesson.
    Text,
}

impl Entry {
    /// Whether this is a lesson as a whole.
    fn is_lesson(&self) -> bool {
        self.kind == Kind::Lesson && matches!(self.command, Command::OpenLesson(_))
    }
}

impl Kind {
    /// The key of its words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Recent => "search.recent",
            Self::Lesson => "search.lessons",
            Self::Value => "search.values",
            Self::Model => "search.models",
            Self::View => "search.views",
            Self::Action => "search.actions",
            Self::Setting => "search.settings",
            Self::Text => "search.text",
        }
    }

    /// No group pushes the others out of sight.
    const fn at_most(self) -> usize {
        match self {
            Self::Text => 8,
            _ => 6,
        }
    }
}

/// Of what a match of every letter would score, what is near enough: `frgt` finds `forget`, and
/// letters strewn over a sentence find nothing.
const NEAR_ENOUGH: f32 = 0.72;
/// Whoever types the name of a lesson means it rather than one of its stops.
const WHOLE_LESSON: f32 = 0.5;
/// A word of so many letters may be mistyped in one, if nothing is found otherwise.
const LONG_WORD: usize = 5;
/// Longer queries are cut; nobody types them.
const LONGEST_QUERY: usize = 100;
/// Around words found in a text, so many bytes of it are shown.
const AROUND: [usize; 2] = [24, 84];

/// What is found by a query, group by group, the best group first. Nothing typed finds what was chosen
/// last, and all lessons.
#[must_use]
pub fn find(state: &State, query: &str) -> Vec<Entry> {
    let query: String = query.trim().chars().take(LONGEST_QUERY).collect();
    let entries = entries::all(state);
    if query.is_empty() {
        return untyped(state, entries);
    }
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut scored = score(&entries, &words, false);
    let texts = in_texts(state, &words);
    if scored.is_empty() && texts.is_empty() {
        scored = score(&entries, &words, true);
    }
    // The best first; of equals, the one that stands first in the course or the registry.
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut found: Vec<Entry> = Vec::new();
    let mut kinds = Vec::new();
    for (at, _) in &scored {
        let kind = entries[*at].kind;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    for kind in kinds {
        let of_kind = scored.iter().map(|(at, _)| &entries[*at]).filter(|e| e.kind == kind);
        found.extend(of_kind.take(kind.at_most()).cloned());
    }
    let new: Vec<Entry> = texts
        .into_iter()
        .filter(|text| found.iter().all(|known| known.command != text.command))
        .take(Kind::Text.at_most())
        .collect();
    found.extend(new);
    found
}

fn untyped(state: &State, entries: Vec<Entry>) -> Vec<Entry> {
    let recent = state.kept.used.iter().rev();
    let recent = recent.filter_map(|id| entries.iter().find(|entry| entry.id == *id).cloned());
    let recent: Vec<Entry> = recent.map(|entry| Entry { kind: Kind::Recent, ..entry }).collect();
    let lessons = entries.into_iter().filter(Entry::is_lesson);
    recent.into_iter().take(Kind::Recent.at_most()).chain(lessons).collect()
}

/// How well entries match all words, as a share of a perfect match; those that do not are left out.
fn score(entries: &[Entry], words: &[&str], allows_typos: bool) -> Vec<(usize, f32)> {
    let mut of = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        for name in std::iter::once(&entry.title).chain(&entry.also) {
            of.push(at);
            names.push(name);
        }
    }
    let mut totals: Vec<Option<f32>> = vec![Some(0.0); entries.len()];
    for word in words {
        let mut best: Vec<Option<f32>> = vec![None; entries.len()];
        let mut note = |at: usize, share: f32| {
            let known = best[at].unwrap_or(0.0);
            best[at] = Some(known.max(share));
        };
        if word.is_ascii() {
            let typos = u16::from(allows_typos && word.len() >= LONG_WORD);
            let config = Config {
                max_typos: Some(typos),
                casing: CaseMatching::Ignore,
                ..Config::default()
            };
            let perfect = f32::from(config.scoring.match_score) * word.len() as f32;
            let enough = if typos > 0 { 0.5 } else { NEAR_ENOUGH };
            for found in Matcher::new(*word, &config).match_list(&names) {
                let share = f32::from(found.score) / perfect;
                if share >= enough {
                    let whole = if found.exact { 1.0 } else { 0.0 };
                    note(of[found.index as usize], share + whole);
                }
            }
        } else {
            // Chinese has no letters to leave out: what is typed stands there or does not.
            for (name, at) in names.iter().zip(&of) {
                if let Some(place) = name.find(word) {
                    note(*at, 1.0 + 1.0 / (1.0 + place as f32));
                }
            }
        }
        for (total, best) in totals.iter_mut().zip(best) {
            *total = total.zip(best).map(|(total, best)| total + best);
        }
    }
    let bonus = |at: usize| if entries[at].is_lesson() { WHOLE_LESSON } else { 0.0 };
    let totals = totals.into_iter().enumerate();
    totals.filter_map(|(at, total)| Some((at, total? + bonus(at)))).collect()
}

/// Stops whose text has all the words in it, those of the window's language first.
fn in_texts(state: &State, words: &[&str]) -> Vec<Entry> {
    let folded: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
    // A single letter is in every text.
    if folded.iter().all(|word| word.len() < 2) {
        return Vec::new();
    }
    let language = state.kept.language.code();
    let found = state.library.texts().iter().filter_map(|page| Some((page, page.find(&folded)?)));
    let (own, other): (Vec<_>, Vec<_>) = found.partition(|(page, _)| page.language == language);
    let entry = |(page, at): (&PageText, usize)| Entry {
        kind: Kind::Text,
        id: format!("stop {} {}", page.lesson, page.stop),
        title: page.around(at, AROUND[0], AROUND[1]),
        detail: place(state, &page.lesson, page.stop),
        also: Vec::new(),
        command: open(&page.lesson, page.stop),
    };
    let mut entries: Vec<Entry> = Vec::new();
    for entry in own.into_iter().chain(other).map(entry) {
        if entries.iter().all(|known| known.command != entry.command) {
            entries.push(entry);
        }
    }
    entries
}

fn open(lesson: &str, stop: usize) -> Command {
    match stop {
        0 => Command::OpenLesson(lesson.to_owned()),
        stop => Command::OpenStop(lesson.to_owned(), stop),
    }
}

/// A lesson's short title and the number of a stop.
fn place(state: &State, lesson: &str, stop: usize) -> String {
    let language = state.kept.language;
    let found = state.library.get(language.code(), lesson);
    let short = found.map_or(lesson.to_owned(), |found| found.lesson.short_title().to_owned());
    match stop {
        0 => short,
        stop => {
            let index = stop.to_string();
            tr_with(language, "search.stop_of", &[("lesson", &short), ("index", &index)])
        }
    }
}

#[cfg(test)]
mod tests;
