//! Sessions: saved, opened again in another window, and everything is as it was, to the last bit.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use egui_kittest::kittest::Queryable;
use proptest::prelude::*;
use unrolled::app::screenshot::Headless;
use unrolled::app::session::{FORMAT, Session, SessionError};
use unrolled::app::state::{Kept, Run};
use unrolled::checkpoint;
use unrolled::laboratory::Laboratory;
use unrolled::lesson::{Control, Library};
use unrolled::trace::Trace;
use unrolled::trace::timeline::{Granularity, Timeline, TimelineCommand};
use unrolled::view::command::{
    BreakpointCommand, CompareCommand, Export, InterveneCommand, Purpose, Sheet, ThemeChoice,
};
use unrolled::view::{Command, Hidden, Language, Panel, Selection, VIEWS};

use crate::files::Folder;
use crate::interact::{lstm, window};

fn new() -> Headless {
    Headless::new(Kept::default(), Library::embedded())
}

fn all(headless: &mut Headless, commands: Vec<Command>) {
    commands.into_iter().for_each(|command| headless.command(command));
}

/// A hash of the names, positions and bits of all values.
fn values_hash(trace: &Trace) -> u64 {
    let mut hasher = DefaultHasher::new();
    let graph = trace.graph();
    for named in graph.names() {
        named.name.hash(&mut hasher);
        let id = graph.find(&named.name).unwrap();
        for (position, node) in graph.everywhere(id) {
            position.hash(&mut hasher);
            graph.value(*node).iter().for_each(|value| value.to_bits().hash(&mut hasher));
        }
    }
    hasher.finish()
}

/// Hashes of all runs on the stage, with the position of their losses.
fn hashes(headless: &Headless) -> Vec<(String, u64, Option<usize>)> {
    let state = &headless.state;
    let of = |run: &Run| {
        let loss = run.backward.as_ref().map(|backward| backward.position());
        (run.label.clone(), values_hash(&run.trace), loss)
    };
    state.run.iter().chain(&state.others).chain(&state.baseline).map(of).collect()
}

fn save(headless: &mut Headless, path: &Path) {
    headless.command(Command::Choose(Purpose::Save(Export::Session)));
    headless.command(Command::TypedPath(path.display().to_string(), false));
    assert_eq!(headless.state.kept.session.as_deref(), Some(path), "{:?}", headless.state.message);
}

fn open(path: &Path) -> Headless {
    let mut headless = new();
    headless.command(Command::OpenPath(path.to_owned()));
    headless
}

fn said(headless: &Headless) -> String {
    headless.state.message.as_ref().map_or(String::new(), |message| message.text.clone())
}

/// Saves and opens again; what was opened must be what was saved.
#[track_caller]
fn check(name: &str, mut headless: Headless) -> Headless {
    let folder = Folder::new(&format!("session {name}"));
    let path = folder.0.join("课堂 一.unrolled");
    save(&mut headless, &path);
    let opened = open(&path);
    assert_eq!(opened.state.message, None);
    assert_eq!(Session::of(&opened.state), Session::of(&headless.state));
    assert!(!hashes(&headless).is_empty());
    assert_eq!(hashes(&opened), hashes(&headless));
    opened
}

#[test]
fn an_lstm_with_interventions_and_a_walk_back_is_as_it_was() {
    let mut headless = lstm();
    all(
        &mut headless,
        vec![
            Command::Stop(4),
            Command::SetInput("([{<>}])".to_owned()),
            Command::Intervene("forget_gate[2..4] = 0".to_owned()),
            Command::Intervene("cell[3][5] *= 0.1".to_owned()),
            Command::Intervene("w_xf[0][1] = 0.30000001".to_owned()),
            Command::Interventions(InterveneCommand::Rest(1)),
            Command::ShowDifference(true),
            Command::LossAt(Some(5)),
            Command::Breakpoint(BreakpointCommand::Add("min(forget_gate[now]) < 0.1".to_owned())),
            Command::Breakpoint(BreakpointCommand::Add("now == 3".to_owned())),
            Command::Breakpoint(BreakpointCommand::Switch(1, false)),
            Command::Pin(Selection::new("hidden", None)),
            Command::Select(Some(Selection { offset: -1, ..Selection::new("cell", Some(7)) })),
            Command::ToggleView("heatmap".to_owned()),
            Command::Timeline(TimelineCommand::Granularity(Granularity::Operation)),
            Command::Timeline(TimelineCommand::Speed(2.5)),
            Command::WalkBack(true),
        ],
    );
    for _ in 0..40 {
        headless.command(Command::Timeline(TimelineCommand::Forward(None)));
    }
    let opened = check("lstm", headless);
    let state = &opened.state;
    assert_eq!(state.back.as_ref().map(Timeline::cursor), Some(40));
    assert_eq!((state.interventions.len(), state.resting.len(), state.marks.len()), (2, 1, 2));
    assert!(state.baseline.is_some() && state.first_difference.is_some());
}

#[test]
fn an_attention_head_that_was_looked_at_is_looked_at_again() {
    let mut headless = new();
    headless.command(Command::OpenLesson("transformer".to_owned()));
    headless.state.views = vec!["attention".to_owned(), "ladder".to_owned()];
    let mut harness = window(headless, Language::English, ThemeChoice::Light);
    for label in ["Overview", "Lines"] {
        harness.get_all_by_label(label).next().unwrap().click();
        harness.run_steps(2);
    }
    let name = "encoder.layer0.head1.attention";
    harness.state_mut().command(Command::Select(Some(Selection::new(name, Some(2)))));
    harness.run_steps(3);
    let state = &harness.state().state;
    let looks: Vec<&str> = state.looks.keys().collect();
    assert!(looks.contains(&"attention") && looks.contains(&"ladder"), "{looks:?}");
    let saved = Session::of(state);
    let folder = Folder::new("session looks");
    let path = folder.0.join("looks.unrolled");
    save(harness.state_mut(), &path);
    // A drawn window finds everything as it was chosen, and changes nothing about it.
    let mut again = window(open(&path), Language::English, ThemeChoice::Light);
    again.run_steps(3);
    assert_eq!(Session::of(&again.state().state), saved);
    assert_eq!(hashes(again.state()), hashes(harness.state()));
    let look: serde_json::Value = again.state().state.looks.get("attention");
    assert_eq!(look["look"], "lines");
}

#[test]
fn the_laboratory_has_its_controls_and_kept_runs_again() {
    let mut headless = new();
    all(
        &mut headless,
        vec![
            Command::OpenLesson("vanishing-gradient".to_owned()),
            Command::Control("gain".to_owned(), Control::Number(1.37)),
            Command::Control("length".to_owned(), Control::Number(9.0)),
            Command::Compare(CompareCommand::Keep),
            Command::Control("versus".to_owned(), Control::Text("gain = 0.5".to_owned())),
        ],
    );
    let opened = check("laboratory", headless);
    let laboratory = opened.state.laboratory.as_ref().unwrap();
    assert!((laboratory.gain - 1.37).abs() < 1e-6 && laboratory.versus == "gain = 0.5");
}

#[test]
fn compared_and_kept_runs_stand_beside_again() {
    let mut headless = lstm();
    all(
        &mut headless,
        vec![
            Command::Intervene("cell[2] = 0".to_owned()),
            Command::Compare(CompareCommand::Keep),
            Command::Interventions(InterveneCommand::LiftAll),
            Command::SetInput("((({}".to_owned()),
            Command::Compare(CompareCommand::Add("gru-brackets".to_owned())),
            Command::Timeline(TimelineCommand::Position(2)),
        ],
    );
    let opened = check("compare", headless);
    assert_eq!(opened.state.others.len(), 2);
}

#[test]
fn an_input_that_cannot_be_read_is_in_the_field_again_over_the_run_before() {
    let mut headless = lstm();
    headless.command(Command::SetInput("(((x".to_owned()));
    assert!(headless.state.input_error.is_some());
    let opened = check("unreadable", headless);
    assert_eq!(opened.state.input, "(((x");
    assert!(opened.state.input_error.is_some());
    assert_eq!(opened.state.run.as_ref().unwrap().trace.text(), "([{<>}])");
}

#[test]
fn a_session_in_chinese_with_hidden_controls_and_panels_comes_back_so() {
    let mut headless = lstm();
    all(
        &mut headless,
        vec![
            Command::SetLanguage(Language::Chinese),
            Command::Hide(Hidden::Model, true),
            Command::Hide(Hidden::Interventions, true),
            Command::Present(unrolled::view::command::PresentCommand::Panel(Panel::Timeline)),
        ],
    );
    let opened = check("hidden", headless);
    assert_eq!(opened.state.kept.language, Language::Chinese);
    assert!(opened.state.hides(Hidden::Model) && !opened.state.hides(Hidden::Input));
    assert!(!opened.state.presenter.panels.contains(&Panel::Timeline));
}

/// A shipped model's weights in a file of the learner's own.
fn own_model(folder: &Folder, seed: usize) -> PathBuf {
    let path = folder.0.join("mine.safetensors");
    let mut checkpoint = checkpoint::shipped("lstm-brackets").unwrap();
    checkpoint.card.steps += seed;
    checkpoint::save(&path, &checkpoint.card, &checkpoint.parameters).unwrap();
    path
}

#[test]
fn a_model_from_a_file_is_opened_again_and_one_that_changed_or_went_is_named() {
    let folder = Folder::new("session model");
    let weights = own_model(&folder, 0);
    let mut headless = new();
    headless.command(Command::OpenPath(weights.clone()));
    headless.command(Command::SetInput("([])".to_owned()));
    headless.command(Command::ToggleView("heatmap".to_owned()));
    let path = folder.0.join("own.unrolled");
    save(&mut headless, &path);
    let opened = open(&path);
    assert_eq!((hashes(&opened), said(&opened)), (hashes(&headless), String::new()));
    own_model(&folder, 1);
    let opened = open(&path);
    assert!(said(&opened).contains("mine.safetensors is not the one"), "{}", said(&opened));
    assert_eq!(opened.state.input, "([])");
    // Session and weights were moved together to another folder.
    let elsewhere = Folder::new("session elsewhere");
    fs::copy(&weights, elsewhere.0.join("mine.safetensors")).unwrap();
    fs::copy(&path, elsewhere.0.join("own.unrolled")).unwrap();
    fs::remove_file(&weights).unwrap();
    assert_eq!(open(&elsewhere.0.join("own.unrolled")).state.model.id(), "mine.safetensors");
    // The lesson and its own model stand where the weights are gone; views are the session's.
    let opened = open(&path);
    assert!(said(&opened).contains("cannot be opened"), "{}", said(&opened));
    assert_eq!(opened.state.model.id(), "lstm-brackets");
    assert_eq!(opened.state.views, headless.state.views);
    assert!(opened.state.run.is_some() && opened.state.lesson.is_some());
}

#[test]
fn a_session_of_a_newer_version_says_so_and_opens_what_is_known() {
    let folder = Folder::new("session newer");
    let path = folder.0.join("newer.unrolled");
    let mut headless = lstm();
    headless.command(Command::Intervene("cell[2] = 0".to_owned()));
    let bytes = Session::of(&headless.state).to_bytes().unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    json["unrolled_session"] = (FORMAT + 1).into();
    json["program"] = "9.1.0".into();
    json["holograms"] = serde_json::json!([1, 2]);
    json["panels"] = serde_json::json!(["stereo"]);
    json["views"] = serde_json::json!(["hologram", "heatmap"]);
    json["hidden"] = serde_json::json!(["teleport", "model"]);
    json["interventions"] = serde_json::json!(["cell[2] = 0", "cell[2] := entangled"]);
    json["timeline"] = serde_json::json!({"cursor": 10_000_000, "warp": 9});
    fs::write(&path, json.to_string()).unwrap();
    let opened = open(&path);
    let text = said(&opened);
    assert!(text.contains("Unrolled 9.1.0") && text.contains("interventions"), "{text}");
    assert_eq!(opened.state.views, ["heatmap"]);
    assert!(opened.state.hides(Hidden::Model));
    assert_eq!(opened.state.presenter.panels.len(), 3, "no panels were chosen: the usual ones");
    assert_eq!(hashes(&opened), hashes(&headless));
    let run = opened.state.run.as_ref().unwrap();
    assert_eq!(opened.state.timeline.cursor(), run.trace.ticks().len());
}

#[test]
fn what_is_no_session_is_said_and_nothing_is_lost() {
    let folder = Folder::new("session bad");
    let path = folder.0.join("坏 bad.unrolled");
    let bytes = Session::of(&lstm().state).to_bytes().unwrap();
    let mut headless = lstm();
    headless.command(Command::SetInput("((([".to_owned()));
    let before = (Session::of(&headless.state), hashes(&headless));
    for at in (1..bytes.len() - 2).step_by(61) {
        assert_eq!(Session::parse(&bytes[..at]).unwrap_err(), SessionError::Cut, "{at}");
    }
    let half = bytes[..bytes.len() / 2].to_vec();
    let many = vec![b'['; 50_000_000];
    for (content, words) in [
        (half, "ends in the middle"),
        (Vec::new(), "is empty"),
        (vec![0; 4096], "is empty"),
        (many, "50 MB"),
        (b"unrolled".to_vec(), "is not a session"),
        (vec![0xff, 0xfe, 0, 1, 2], "is not a session"),
        (b"[[[[".repeat(1000), "is not a session"),
        (b"{\"a\": 1}".to_vec(), "is not a session"),
        (b"[1, 2]".to_vec(), "is not a session"),
        (b"{\"unrolled_session\": \"one\"}".to_vec(), "is not a session"),
    ] {
        fs::write(&path, content).unwrap();
        headless.command(Command::OpenPath(path.clone()));
        assert!(said(&headless).contains(words), "{words}: {}", said(&headless));
        assert!(said(&headless).contains("坏 bad.unrolled"));
        assert_eq!((Session::of(&headless.state), hashes(&headless)), before);
    }
    fs::remove_file(&path).unwrap();
    headless.state.kept.recent = vec![path.clone()];
    headless.command(Command::OpenPath(path.clone()));
    assert!(said(&headless).contains("is no longer there"));
    assert!(headless.state.kept.recent.is_empty(), "it is no longer offered");
    fs::create_dir(&path).unwrap();
    headless.command(Command::OpenPath(path));
    assert!(said(&headless).contains("no lessons"), "{}", said(&headless));
    assert_eq!((Session::of(&headless.state), hashes(&headless)), before);
}

#[test]
fn a_lesson_that_is_not_there_leaves_the_course_map() {
    let folder = Folder::new("session lesson");
    let path = folder.0.join("lesson.unrolled");
    let text = r#"{"unrolled_session": 1, "place": {"lesson": "quantum", "stop": 2}}"#;
    fs::write(&path, text).unwrap();
    let mut headless = lstm();
    headless.command(Command::OpenPath(path));
    assert!(said(&headless).contains("quantum"), "{}", said(&headless));
    assert!(headless.state.lesson.is_none());
}

#[test]
fn a_model_that_cannot_read_the_input_any_more_gives_way_to_the_lessons_own() {
    let folder = Folder::new("session input");
    let path = folder.0.join("input.unrolled");
    let mut session = Session::of(&lstm().state);
    session.input = "no brackets".to_owned();
    fs::write(&path, session.to_bytes().unwrap()).unwrap();
    let opened = open(&path);
    assert!(said(&opened).contains("could not run"), "{}", said(&opened));
    assert!(opened.state.run.is_some() && opened.state.resuming.is_none());
}

#[test]
fn control_s_asks_once_and_saves_there_from_then_on() {
    let folder = Folder::new("session keys");
    let mut headless = lstm();
    headless.state.kept.folder = Some(folder.0.clone());
    let mut harness = window(headless, Language::English, ThemeChoice::Light);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::S);
    harness.run_steps(3);
    assert_eq!(harness.state().state.sheet, Some(Sheet::Path));
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Save").click();
    harness.run_steps(3);
    let path = folder.0.join("lstm.unrolled");
    let first = fs::read(&path).unwrap();
    assert_eq!(harness.state().state.kept.recent, std::slice::from_ref(&path));
    harness.state_mut().command(Command::SetInput("(((".to_owned()));
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::S);
    harness.run_steps(3);
    assert_eq!(harness.state().state.sheet, None);
    let second = fs::read(&path).unwrap();
    assert!(first != second && Session::parse(&second).unwrap().0.input == "(((");
    // The same session is the same bytes.
    assert_eq!(second, Session::of(&harness.state().state).to_bytes().unwrap());
}

#[test]
fn a_name_without_an_ending_gets_it_and_replaces_nothing_unasked() {
    let folder = Folder::new("session ending");
    let path = folder.0.join("lesson one");
    let whole = folder.0.join("lesson one.unrolled");
    fs::write(&whole, "mine").unwrap();
    let mut headless = lstm();
    headless.command(Command::Choose(Purpose::Save(Export::Session)));
    headless.command(Command::TypedPath(path.display().to_string(), false));
    assert!(headless.state.path.exists);
    assert_eq!(fs::read_to_string(&whole).unwrap(), "mine");
    headless.command(Command::TypedPath(whole.display().to_string(), true));
    assert!(Session::parse(&fs::read(&whole).unwrap()).is_ok());
}

#[test]
fn controls_from_a_file_are_within_their_ranges() {
    let wild = Laboratory {
        length: usize::MAX,
        hidden: 0,
        gain: f32::INFINITY,
        layers: 9999,
        contestants: Vec::new(),
        ..Laboratory::default()
    };
    let tamed = wild.within_ranges();
    assert_eq!((tamed.length, tamed.hidden, tamed.layers), (200, 1, 8));
    assert!(tamed.gain.is_finite() && !tamed.contestants.is_empty());
    assert_eq!(Laboratory::default().within_ranges(), Laboratory::default());
}

/// A session with something in every field.
fn full() -> serde_json::Value {
    let mut headless = lstm();
    all(
        &mut headless,
        vec![
            Command::Intervene("cell[2] = 0".to_owned()),
            Command::Compare(CompareCommand::Keep),
            Command::LossAt(Some(3)),
            Command::WalkBack(true),
            Command::Pin(Selection::new("hidden", Some(1))),
            Command::Select(Some(Selection::new("cell", Some(2)))),
            Command::Hide(Hidden::Walk, true),
        ],
    );
    headless.state.views = VIEWS.iter().take(8).map(|view| view.id.to_owned()).collect();
    for (key, look) in [
        ("diagram", serde_json::json!({"zoom": 2.0, "offset": [30.0, -4.0]})),
        ("attention", serde_json::json!({"threshold": 0.1, "row": 3})),
        ("weights", serde_json::json!(["w_xf", 0, 1])),
    ] {
        headless.state.looks.set(key.to_owned(), look);
    }
    serde_json::to_value(Session::of(&headless.state)).unwrap()
}

/// The paths of all values within a value.
fn paths(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    if !at.is_empty() {
        found.push(at.to_owned());
    }
    match value {
        serde_json::Value::Array(all) => {
            all.iter().enumerate().for_each(|(k, v)| paths(v, &format!("{at}/{k}"), found));
        }
        serde_json::Value::Object(all) => {
            all.iter().for_each(|(k, v)| paths(v, &format!("{at}/{k}"), found));
        }
        _ => {}
    }
}

/// Draws a frame of a window with what could be opened.
fn drawn(headless: Headless) {
    let mut harness = window(headless, Language::English, ThemeChoice::Dark);
    harness.run_steps(1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_that_were_tampered_with_never_panic(
        changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = serde_json::to_vec(&full()).unwrap();
        for (at, byte) in changes {
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
        }
        if Session::parse(&bytes).is_ok() {
            let folder = Folder::new("session bytes");
            let path = folder.0.join("x.unrolled");
            fs::write(&path, &bytes).unwrap();
            drawn(open(&path));
        }
    }

    #[test]
    fn values_that_were_exchanged_never_panic(
        changes in proptest::collection::vec((any::<u16>(), 0..9_usize), 1..6),
    ) {
        let mut json = full();
        for (at, with) in changes {
            let mut all = Vec::new();
            paths(&json, "", &mut all);
            let at = &all[usize::from(at) % all.len()];
            let with = [
                serde_json::json!(null),
                serde_json::json!(-1),
                serde_json::json!(u64::MAX),
                serde_json::json!(1e38),
                serde_json::json!(0),
                serde_json::json!("attention"),
                serde_json::json!([]),
                serde_json::json!({}),
                serde_json::json!(true),
            ][with].clone();
            if let Some(place) = json.pointer_mut(at) {
                *place = with;
            }
        }
        json["unrolled_session"] = 1.into();
        let folder = Folder::new("session values");
        let path = folder.0.join("x.unrolled");
        fs::write(&path, json.to_string()).unwrap();
        drawn(open(&path));
    }
}
