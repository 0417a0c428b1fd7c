//! Lessons that changed on disk while they are read: the learner stays where they are.

use std::sync::Arc;

use super::state::{OpenLesson, State};
use super::stops::go_to_stop;
use super::update::{Effect, fail};
use crate::lesson::{Lesson, Library, Severity, same_stage};
use crate::view::{Language, tr_with};

/// Takes the lessons of a folder that was read again, or why it could not be.
///
/// A lesson that was whole and is broken now, or gone, stays on the page as it was, with a word about it.
pub fn reloaded(state: &mut State, read: Result<Library, String>) -> Vec<Effect> {
    let language = state.kept.language;
    let mut library = match read {
        Ok(library) => library,
        Err(problem) => {
            match &mut state.lesson {
                Some(open) => open.stale = Some(problem),
                None => fail(state, problem),
            }
            return Vec::new();
        }
    };
    let Some(open) = &mut state.lesson else {
        state.library = library;
        return Vec::new();
    };
    if let Some(problem) = worse(open, &library, language) {
        open.stale = Some(problem);
        library.keep(&state.library, &open.lesson.id, &open.language);
        state.library = library;
        return Vec::new();
    }
    state.library = library;
    let Some(found) = state.library.get(language.code(), &open.lesson.id) else {
        return Vec::new();
    };
    let old = Arc::clone(&open.lesson);
    let stop = moved(&old, found.lesson, open.stop);
    let (before, after) = (open.stop.checked_sub(1), stop.checked_sub(1));
    let is_same = old.setting_at(before) == found.lesson.setting_at(after)
        && same_stage(old.stage_at(before), found.lesson.stage_at(after));
    *open = OpenLesson { stop, arriving: open.arriving, ..OpenLesson::new(found) };
    let new = Arc::clone(&open.lesson);
    state.kept.place = Some((new.id.clone(), stop));
    let renamed = |key: String| renamed(&old, &new, key);
    let answers = std::mem::take(&mut state.kept.answers).into_iter();
    state.kept.answers = answers.map(|(key, choice)| (renamed(key), choice)).collect();
    let right = std::mem::take(&mut state.kept.right).into_iter();
    state.kept.right = right.map(renamed).collect();
    let done = std::mem::take(&mut state.kept.done).into_iter();
    state.kept.done = done.map(renamed).collect();
    // What the learner typed, changed and selected stays unless this stop now asks for something else.
    if is_same { Vec::new() } else { go_to_stop(state, stop) }
}

/// What is said if the library has the open lesson no more, or only with errors that it had not before.
fn worse(open: &OpenLesson, library: &Library, language: Language) -> Option<String> {
    let found = library.get(&open.language, &open.lesson.id);
    let Some(found) = found.filter(|found| found.language == open.language) else {
        return Some(tr_with(language, "error.lesson_gone", &[("file", &open.file)]));
    };
    let is_error = |severity: Severity| severity == Severity::Error;
    if open.diagnostics.iter().any(|diagnostic| is_error(diagnostic.severity)) {
        return None;
    }
    let error = found.diagnostics.iter().find(|diagnostic| is_error(diagnostic.severity))?;
    Some(format!("{}:{error}", found.file))
}

/// The number that a stop has after the change: that of the same heading, or else the same number.
fn moved(old: &Lesson, new: &Lesson, stop: usize) -> usize {
    let Some(stop_idx) = stop.checked_sub(1) else { return 0 };
    let anchor = old.stops.get(stop_idx).map(|stop| stop.anchor.as_str());
    let same = new.stops.iter().position(|stop| Some(stop.anchor.as_str()) == anchor);
    same.map_or_else(|| stop.min(new.stops.len()), |stop_idx| stop_idx + 1)
}

/// The name of a question or task, `lesson/stop/number`, after its stop has moved.
fn renamed(old: &Lesson, new: &Lesson, key: String) -> String {
    let parts: Vec<&str> = key.split('/').collect();
    match parts.as_slice() {
        [id, stop, number] if *id == old.id => match stop.parse() {
            Ok(stop) => format!("{id}/{}/{number}", moved(old, new, stop)),
            Err(_) => key,
        },
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::{Kept, Message};
    use super::super::stops::open_lesson;
    use super::*;

    const FRONT: &str = "+++\ntitle = \"T\"\nmodel = \"lstm-brackets\"\ninput = \"()\"\n+++\n";

    fn library(body: &str) -> Library {
        Library::from_files(&[("en/01-x.md".to_owned(), format!("{FRONT}{body}").into_bytes())])
    }

    /// A window at stop 2 of a lesson, its second question answered.
    fn at_stop_two() -> State {
        let mut state = State::new(Kept::default(), library("## A\na\n## B\nb\n"));
        open_lesson(&mut state, "x", 2);
        state.kept.answers.insert("x/2/1".to_owned(), 1);
        state
    }

    fn stop(state: &State) -> usize {
        state.lesson.as_ref().expect("a lesson").stop
    }

    fn stale(state: &State) -> &str {
        state.lesson.as_ref().and_then(|open| open.stale.as_deref()).unwrap_or_default()
    }

    #[test]
    fn the_learner_stays_at_the_heading_where_they_were() {
        let mut state = at_stop_two();
        state.input = "([])".to_owned();
        assert!(reloaded(&mut state, Ok(library("## New\n## A\n## B\nother\n"))).is_empty());
        assert_eq!((stop(&state), state.kept.place.clone()), (3, Some(("x".to_owned(), 3))));
        assert_eq!(state.input, "([])", "what was typed stays");
        assert_eq!(state.kept.answers.get("x/3/1"), Some(&1), "answers move with their stop");
        // A heading that is written anew has no other name to go by than its number.
        reloaded(&mut state, Ok(library("## New\n## A\n## B, reworded\n")));
        assert_eq!(stop(&state), 3);
        reloaded(&mut state, Ok(library("## New\n")));
        assert_eq!(stop(&state), 1);
    }

    #[test]
    fn a_stop_whose_stage_changed_is_entered_again() {
        let mut state = at_stop_two();
        state.input = "([])".to_owned();
        let staged = "## A\n## B\n~~~stage\ninput = \"<>\"\n~~~\n";
        assert_eq!(reloaded(&mut state, Ok(library(staged))).len(), 1);
        assert_eq!(state.input, "<>");
    }

    #[test]
    fn the_last_good_version_stays_and_says_so() {
        let mut state = at_stop_two();
        let half = "## A\n## B\n~~~stage\ninput =";
        for (read, said) in [
            (Ok(library(half)), "en/01-x.md:8:1"),
            (Ok(Library::from_files(&[("en/01-x.md".to_owned(), Vec::new())])), "empty"),
            (Ok(Library::from_files(&[("zh/01-x.md".to_owned(), FRONT.into())])), "en/01-x.md"),
            (Ok(Library::default()), "en/01-x.md"),
            (Err("no folder".to_owned()), "no folder"),
        ] {
            reloaded(&mut state, read);
            assert!(stale(&state).contains(said), "{said}: {}", stale(&state));
            assert_eq!(stop(&state), 2);
            assert_eq!(state.lesson.as_ref().map(|open| open.lesson.stops.len()), Some(2));
            let kept = state.library.get("en", "x").expect("the library has it too");
            assert_eq!(kept.lesson.stops.len(), 2);
        }
        reloaded(&mut state, Ok(library("## A\n## B\nb\n")));
        assert_eq!(stale(&state), "");
        // On the course map there is only the bar to say it in.
        state.lesson = None;
        reloaded(&mut state, Err("no folder".to_owned()));
        let message = Message { text: "no folder".to_owned(), is_error: true };
        assert_eq!(state.message, Some(message));
    }

    #[test]
    fn a_lesson_that_was_broken_is_shown_as_it_is_now() {
        let broken = "## A\n~~~stage\nviews = \"gates\"\n~~~\n";
        let mut state = State::new(Kept::default(), library(broken));
        open_lesson(&mut state, "x", 0);
        reloaded(&mut state, Ok(library(&format!("{broken}## B\n"))));
        assert_eq!(state.lesson.as_ref().map(|open| open.lesson.stops.len()), Some(2));
        assert_eq!(stale(&state), "");
    }
}
