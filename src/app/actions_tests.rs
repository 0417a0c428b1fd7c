use super::*;
use crate::app::state::Kept;
use crate::lesson::Library;
use crate::view::tr;

#[test]
fn no_two_actions_share_a_shortcut() {
    let none = BTreeMap::new();
    for (at, action) in ACTIONS.iter().enumerate() {
        let shortcuts = action.shortcuts(&none);
        assert_eq!(shortcuts.len(), action.shortcuts.len(), "{}: unreadable", action.id());
        for other in &ACTIONS[at + 1..] {
            assert_ne!(action.id(), other.id());
            // While presenting, the presenter's keys come first.
            if (action.when == When::Presenting) != (other.when == When::Presenting) {
                continue;
            }
            let shares = other.shortcuts(&none).iter().any(|known| shortcuts.contains(known));
            assert!(!shares, "{} and {}", action.id(), other.id());
        }
    }
}

#[test]
fn every_action_has_words_and_a_group_on_the_sheet() {
    for language in Language::ALL {
        for words in ACTIONS.iter().map(|action| action.words).chain(Group::ALL.map(Group::words)) {
            assert_ne!(tr(language, words), words, "{language}");
        }
    }
    assert!(ACTIONS.iter().all(|action| Group::ALL.contains(&action.group)));
}

/// The keys that the design promises, and what they do.
#[test]
fn the_promised_keys_are_there() {
    let promised = [
        ("Space", "play"),
        ("→", "forward"),
        ("←", "back"),
        ("Shift+→", "next_token"),
        ("Shift+←", "previous_token"),
        ("Ctrl+→", "next_stop"),
        ("Ctrl+←", "previous_stop"),
        ("Home", "start"),
        ("End", "end"),
        ("G", "go_to"),
        ("B", "breakpoints"),
        ("R", "reset"),
        ("+", "faster"),
        ("-", "slower"),
        ("?", "help"),
        ("Ctrl+K", "palette"),
        ("Ctrl+,", "settings"),
    ];
    for (keys, id) in promised {
        let shortcut: Shortcut = keys.parse().unwrap();
        let action = find(id).unwrap_or_else(|| panic!("no action {id}"));
        assert!(action.shortcuts(&BTreeMap::new()).contains(&shortcut), "{keys} {id}");
    }
}

#[test]
fn what_the_learner_chose_is_in_force_instead() {
    let mut state = State::new(Kept::default(), Library::default());
    let press = |state: &State, keys: &str| {
        pressed(keys.parse().unwrap(), &Situation { state, width: 1280.0 })
    };
    assert_eq!(press(&state, "Ctrl+K"), Some(Command::Sheet(Some(Sheet::Palette))));
    for (chosen, expected) in [("F9", None), ("", None), ("nonsense", Some(Sheet::Palette))] {
        state.kept.keys.insert("palette".to_owned(), chosen.to_owned());
        assert_eq!(press(&state, "Ctrl+K"), expected.map(|sheet| Command::Sheet(Some(sheet))));
    }
    state.kept.keys.insert("palette".to_owned(), "F9".to_owned());
    assert_eq!(press(&state, "F9"), Some(Command::Sheet(Some(Sheet::Palette))));
    // A sheet over the page keeps the keys of the page away.
    state.sheet = Some(Sheet::Palette);
    assert_eq!(press(&state, "F9"), Some(Command::Sheet(None)));
}

#[test]
fn a_lessons_keys_do_nothing_on_the_course_map() {
    let state = State::new(Kept::default(), Library::embedded());
    for action in ACTIONS.iter().filter(|action| action.when == When::Lesson) {
        let situation = Situation { state: &state, width: 1280.0 };
        assert_eq!(action.now(&situation), None, "{}", action.id());
    }
}
