use super::*;
use crate::app::screenshot::Headless;
use crate::app::settings;
use crate::app::state::Kept;
use crate::lesson::Library;
use crate::view::Language;
use crate::view::command::{SettingsCommand, Sheet, ThemeChoice};

fn lstm() -> Headless {
    let mut headless = Headless::new(Kept::default(), Library::embedded());
    headless.command(Command::OpenLesson("lstm".to_owned()));
    headless
}

/// What the first of a kind does that is found by a query.
#[track_caller]
fn first(state: &State, query: &str, kind: Kind) -> Command {
    let found = find(state, query);
    let entry = found.iter().find(|entry| entry.kind == kind);
    let titles: Vec<&str> = found.iter().map(|entry| entry.title.as_str()).collect();
    entry.unwrap_or_else(|| panic!("{query}: no {kind:?} in {titles:?}")).command.clone()
}

#[test]
fn everything_is_found_by_what_it_is_called() {
    let state = &lstm().state;
    let open = |id: &str| Command::OpenLesson(id.to_owned());
    assert_eq!(first(state, "lstm", Kind::Lesson), open("lstm"));
    assert_eq!(first(state, "vanishing", Kind::Lesson), open("vanishing-gradient"));
    assert_eq!(first(state, "attention", Kind::Lesson), open("attention"));
    let Command::Select(Some(value)) = first(state, "forget_gate", Kind::Value) else { panic!() };
    assert_eq!(value.name, "forget_gate");
    let model = Command::SetModel("gru-brackets".to_owned());
    assert_eq!(first(state, "gru-brackets", Kind::Model), model);
    assert_eq!(first(state, "heatmap", Kind::View), Command::ToggleView("heatmap".to_owned()));
    assert_eq!(first(state, "course map", Kind::Action), Command::OpenMap);
    assert_eq!(first(state, "all keys", Kind::Action), Command::Sheet(Some(Sheet::Keys)));
    assert_eq!(first(state, "theme dark", Kind::Setting), Command::SetTheme(ThemeChoice::Dark));
    let Command::OpenLesson(id) = first(state, "Schuster Paliwal", Kind::Text) else { panic!() };
    assert_eq!(id, "bidirectional");
}

#[test]
fn chinese_finds_in_an_english_window_and_english_in_a_chinese_one() {
    let mut headless = lstm();
    let open = Command::OpenLesson("rwkv".to_owned());
    assert_eq!(first(&headless.state, "课程地图", Kind::Action), Command::OpenMap);
    assert_eq!(first(&headless.state, "彭博", Kind::Text), open);
    headless.command(Command::SetLanguage(Language::Chinese));
    assert_eq!(first(&headless.state, "Course map", Kind::Action), Command::OpenMap);
    assert_eq!(
        first(&headless.state, "注意力", Kind::Lesson),
        Command::OpenLesson("attention".to_owned())
    );
}

#[test]
fn letters_left_out_or_mistyped_still_find_and_nonsense_does_not() {
    let state = &lstm().state;
    let value = |query| match first(state, query, Kind::Value) {
        Command::Select(Some(selection)) => selection.name,
        other => panic!("{other:?}"),
    };
    assert_eq!(value("frgt"), "forget_gate");
    assert_eq!(value("forgat"), "forget_gate");
    for nonsense in ["qqqqzzzz", "xyzzyxyzzy", "⊗⊗", "🦀🦀"] {
        let found = find(state, nonsense);
        assert!(found.is_empty(), "{nonsense}: {}", found[0].title);
    }
    // No query is refused, however odd or long.
    for odd in ["^", "!a", "'", "$x", "\\", "\0", &"long ".repeat(5000), "一", "é", " "] {
        let _ = find(state, odd);
    }
}

#[test]
fn what_was_chosen_last_comes_first_where_nothing_is_typed() {
    let mut headless = lstm();
    assert!(find(&headless.state, "").iter().all(|entry| entry.kind == Kind::Lesson));
    for id in ["Action map", "stop gru 0", "Action map", "gone since"] {
        let used = SettingsCommand::Used(id.to_owned());
        settings::change(&mut headless.state, used);
    }
    let found = find(&headless.state, " ");
    let recent: Vec<&str> =
        found.iter().filter(|e| e.kind == Kind::Recent).map(|e| e.id.as_str()).collect();
    assert_eq!(recent, ["Action map", "stop gru 0"]);
    assert_eq!(found.len() - 2, headless.state.library.ids().count());
}

#[test]
fn on_the_course_map_nothing_is_offered_that_needs_a_run() {
    let state = State::new(Kept::default(), Library::embedded());
    for entry in entries::all(&state) {
        let needs = matches!(entry.kind, Kind::Value | Kind::Model | Kind::View);
        assert!(!needs && entry.command != Command::OpenMap, "{}", entry.title);
    }
}

#[test]
fn every_entry_has_a_name_of_its_own() {
    let mut ids: Vec<String> =
        entries::all(&lstm().state).into_iter().map(|entry| entry.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
