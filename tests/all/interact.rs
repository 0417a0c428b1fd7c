//! Walking back, intervening, marks and comparison: sequences of commands, and what is drawn.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use unrolled::app::screenshot::Headless;
use unrolled::app::state::Kept;
use unrolled::lesson::Library;
use unrolled::models;
use unrolled::trace::timeline::{Granularity, TimelineCommand};
use unrolled::view::command::{
    BreakpointCommand, CompareCommand, InterveneCommand, Sheet, Spot, ThemeChoice,
};
use unrolled::view::{Command, Language, Selection, VIEWS, tr};

use crate::soft;

/// The LSTM reading a bracket string of depth 4, all of it done.
pub fn lstm() -> Headless {
    let mut headless = Headless::new(Kept::default(), Library::embedded());
    headless.command(Command::OpenLesson("lstm".to_owned()));
    headless.command(Command::SetInput("([{<>}])".to_owned()));
    headless.command(Command::Timeline(TimelineCommand::End));
    headless
}

pub fn window(
    headless: Headless,
    language: Language,
    choice: ThemeChoice,
) -> Harness<'static, Headless> {
    let mut headless = headless;
    headless.command(Command::SetLanguage(language));
    headless.command(Command::SetTheme(choice));
    soft::open(Harness::builder().with_size([1280.0, 800.0]), headless)
}

fn texts(headless: &Headless) -> Vec<String> {
    headless.state.interventions.iter().map(ToString::to_string).collect()
}

fn message(headless: &Headless) -> String {
    headless.state.message.as_ref().map_or(String::new(), |message| message.text.clone())
}

#[test]
fn walking_back_starts_at_the_loss_and_ends_with_the_first_token() {
    let mut headless = lstm();
    headless.command(Command::WalkBack(true));
    let run = headless.state.run.clone().unwrap();
    let backward = run.backward.clone().unwrap();
    let back = headless.state.back.clone().unwrap();
    assert_eq!((back.cursor(), back.position(&*backward)), (0, backward.position()));
    let mut positions = Vec::new();
    loop {
        headless.command(Command::Timeline(TimelineCommand::Forward(None)));
        let back = headless.state.back.as_ref().unwrap();
        positions.push(back.position(&*backward));
        if back.cursor() == backward.ticks().all().len() {
            break;
        }
    }
    let expected: Vec<usize> = (0..=backward.position()).rev().collect();
    assert_eq!(positions, expected);
    // The forward timeline stays at its end, and is where one is again afterwards.
    headless.command(Command::WalkBack(false));
    assert!(headless.state.back.is_none());
    assert_eq!(headless.state.timeline.cursor(), run.trace.ticks().len());
}

#[test]
fn the_loss_can_be_taken_elsewhere_while_walking_back() {
    let mut headless = lstm();
    headless.command(Command::WalkBack(true));
    headless.command(Command::Timeline(TimelineCommand::Forward(None)));
    headless.command(Command::LossAt(Some(3)));
    let run = headless.state.run.clone().unwrap();
    let backward = run.backward.clone().unwrap();
    assert_eq!(backward.position(), 3);
    let back = headless.state.back.as_ref().unwrap();
    assert!(back.cursor() <= backward.ticks().all().len());
    // A position behind the loss is before the first step of the walk.
    headless.command(Command::Timeline(TimelineCommand::Position(6)));
    assert_eq!(headless.state.back.as_ref().unwrap().cursor(), 0);
}

#[test]
fn an_intervention_is_switched_off_and_on_in_its_place() {
    let mut headless = lstm();
    for text in ["cell[2] *= 0.5", "cell[2] = clamp(-0.1, 0.1)", "hidden[4][1] = 0"] {
        headless.command(Command::Intervene(text.to_owned()));
    }
    headless.command(Command::Interventions(InterveneCommand::Rest(0)));
    assert_eq!(texts(&headless), ["cell[2] = clamp(-0.1, 0.1)", "hidden[4][1] = 0"]);
    assert_eq!(headless.state.resting.len(), 1);
    headless.command(Command::Interventions(InterveneCommand::Wake(0)));
    assert_eq!(texts(&headless)[0], "cell[2] *= 0.5");
    headless.command(Command::Interventions(InterveneCommand::LiftAll));
    assert!(texts(&headless).is_empty() && headless.state.baseline.is_none());
    assert_eq!(headless.state.first_difference, None);
}

#[test]
fn the_first_difference_is_where_the_intervention_begins() {
    let mut headless = lstm();
    headless.command(Command::Intervene("cell[3..] = 0".to_owned()));
    assert_eq!(headless.state.first_difference, Some((3, "cell".to_owned())));
    // Scaling by 1 changes nothing, and that is said as such.
    headless.command(Command::Interventions(InterveneCommand::LiftAll));
    headless.command(Command::Intervene("cell *= 1".to_owned()));
    assert!(headless.state.baseline.is_some());
    assert_eq!(headless.state.first_difference, None);
}

#[test]
fn a_weight_is_edited_through_the_same_words_and_back() {
    let mut headless = lstm();
    let weight = |headless: &Headless| {
        headless.state.run.as_ref().unwrap().trace.value("w_hf", 0).unwrap()[[3, 5]].to_bits()
    };
    let learned = weight(&headless);
    for value in ["0.1", "0.2", "0.3"] {
        headless.command(Command::Intervene(format!("w_hf[3][5] = {value}")));
    }
    // Dragging leaves one intervention, not one for every frame.
    assert_eq!(texts(&headless), ["w_hf[3][5] = 0.3"]);
    assert_eq!(weight(&headless), 0.3_f32.to_bits());
    headless.command(Command::Interventions(InterveneCommand::Lift(0)));
    assert_eq!(weight(&headless), learned);
}

#[test]
fn a_name_that_does_not_exist_is_answered_with_the_nearest() {
    let mut headless = lstm();
    headless.command(Command::Intervene("forgot_gate[2] = 0".to_owned()));
    assert!(message(&headless).contains("Did you mean “forget_gate”?"), "{}", message(&headless));
}

/// Positions where playing stopped, until the end.
fn play(headless: &mut Headless) -> Vec<usize> {
    let mut stops = Vec::new();
    for _ in 0..20 {
        headless.command(Command::Timeline(TimelineCommand::TogglePlay));
        while headless.state.timeline.is_playing() {
            headless.command(Command::Timeline(TimelineCommand::Elapse(0.3)));
        }
        let run = headless.state.run.as_ref().unwrap();
        if headless.state.timeline.cursor() == run.trace.ticks().len() {
            break;
        }
        stops.push(headless.state.timeline.position(&*run.trace));
    }
    stops
}

#[test]
fn playing_stops_at_every_mark_and_says_why() {
    let mut headless = lstm();
    headless.command(Command::Timeline(TimelineCommand::Home));
    let add = |text: &str| Command::Breakpoint(BreakpointCommand::Add(text.to_owned()));
    headless.command(add("now == 2 || now == 5"));
    assert_eq!(headless.state.marks[0].at, [2, 5]);
    headless.command(Command::Timeline(TimelineCommand::TogglePlay));
    while headless.state.timeline.is_playing() {
        headless.command(Command::Timeline(TimelineCommand::Elapse(0.3)));
    }
    assert!(message(&headless).contains("now == 2 || now == 5"), "{}", message(&headless));
    headless.command(Command::Timeline(TimelineCommand::Home));
    assert_eq!(play(&mut headless), [2, 5]);
    for granularity in [Granularity::Layer, Granularity::Operation] {
        headless.command(Command::Timeline(TimelineCommand::Granularity(granularity)));
        headless.command(Command::Timeline(TimelineCommand::Home));
        assert_eq!(play(&mut headless), [2, 5], "{granularity:?}");
    }
}

#[test]
fn conditions_that_err_or_never_hold_stop_nothing() {
    let mut headless = lstm();
    headless.command(Command::Timeline(TimelineCommand::Home));
    for text in ["min(forgot_gate[now]) < 0.1", "min(forget_gate[now]) > 2", "("] {
        headless.command(Command::Breakpoint(BreakpointCommand::Add(text.to_owned())));
    }
    let marks = &headless.state.marks;
    assert!(marks[0].error.as_ref().unwrap().contains("forget_gate"), "{marks:?}");
    assert_eq!((marks[1].at.len(), &marks[1].error), (0, &None));
    assert!(marks[2].error.is_some());
    assert!(play(&mut headless).is_empty());
}

#[test]
fn marks_follow_the_run_and_can_be_gone_to() {
    let mut headless = lstm();
    let add = BreakpointCommand::Add("token(now) == \"<\"".to_owned());
    headless.command(Command::Breakpoint(add));
    assert_eq!(headless.state.marks[0].at, [3]);
    headless.command(Command::SetInput("<()>".to_owned()));
    assert_eq!(headless.state.marks[0].at, [0]);
    headless.command(Command::Timeline(TimelineCommand::End));
    headless.command(Command::Breakpoint(BreakpointCommand::Previous));
    let run = headless.state.run.clone().unwrap();
    assert_eq!(headless.state.timeline.position(&*run.trace), 0);
    headless.command(Command::Breakpoint(BreakpointCommand::Switch(0, false)));
    assert!(headless.state.marks[0].at.is_empty());
}

#[test]
fn playing_backward_stops_at_marks_too() {
    let mut headless = lstm();
    let add = BreakpointCommand::Add("now == 2".to_owned());
    headless.command(Command::Breakpoint(add));
    headless.command(Command::WalkBack(true));
    headless.command(Command::Timeline(TimelineCommand::TogglePlay));
    while headless.state.back.as_ref().unwrap().is_playing() {
        headless.command(Command::Timeline(TimelineCommand::Elapse(0.3)));
    }
    let run = headless.state.run.clone().unwrap();
    let backward = run.backward.clone().unwrap();
    assert_eq!(headless.state.back.as_ref().unwrap().position(&*backward), 2);
}

#[test]
fn a_kept_run_stays_while_tokens_are_edited() {
    let mut headless = lstm();
    headless.command(Command::Compare(CompareCommand::Keep));
    headless.command(Command::EditToken(0, "{".to_owned()));
    let state = &headless.state;
    assert_eq!(state.run.as_ref().unwrap().trace.text(), "{[{<>}])");
    assert_eq!(state.others[0].trace.text(), "([{<>}])");
    headless.command(Command::Compare(CompareCommand::Add("rnn-brackets".to_owned())));
    assert_eq!(headless.state.others[1].trace.text(), "{[{<>}])");
    headless.command(Command::Compare(CompareCommand::Remove(0)));
    assert_eq!(headless.state.others.len(), 1);
}

#[test]
fn what_cannot_run_beside_is_said_and_let_go() {
    let mut headless = lstm();
    headless.command(Command::Compare(CompareCommand::Add("gru-adding".to_owned())));
    assert!(message(&headless).contains("gru-adding"), "{}", message(&headless));
    assert!(headless.state.beside.is_empty() && headless.state.others.is_empty());
}

/// Everything open, for every shipped model, at every stage of both walks.
fn check_drawn(language: Language, choice: ThemeChoice) {
    let mut harness = window(lstm(), language, choice);
    for id in models::ids() {
        let state = harness.state_mut();
        state.command(Command::SetModel(id.clone()));
        for view in VIEWS {
            if !state.state.views.iter().any(|shown| shown == view.id) {
                state.command(Command::ToggleView(view.id.to_owned()));
            }
        }
        state.command(Command::Select(Some(Selection::new("hidden", Some(1)))));
        state.command(Command::Compare(CompareCommand::Keep));
        state.command(Command::Intervene("hidden[1..] *= 0.5".to_owned()));
        state.command(Command::ShowDifference(true));
        let add = BreakpointCommand::Add("norm(hidden[now]) < 1".to_owned());
        state.command(Command::Breakpoint(add));
        harness.run_steps(2);
        harness.state_mut().command(Command::WalkBack(true));
        let run = harness.state().state.run.clone().unwrap();
        let ticks = run.backward.as_ref().map_or(0, |backward| backward.ticks().all().len());
        for cursor in [0, 1, 2, 3, 9, ticks / 2, ticks] {
            harness.state_mut().command(Command::Timeline(TimelineCommand::Cursor(cursor)));
            harness.run_steps(2);
        }
        let state = harness.state_mut();
        assert_eq!(state.state.back.is_some(), ticks > 0, "{id}");
        state.command(Command::WalkBack(false));
        let name = "hidden".to_owned();
        let spot = Spot { name, position: 2, unit: Some(3) };
        state.command(Command::AskIntervention(Some(spot)));
        harness.run_steps(2);
        harness.state_mut().command(Command::AskIntervention(None));
        harness.state_mut().command(Command::Sheet(Some(Sheet::Breakpoints)));
        harness.run_steps(2);
        let state = harness.state_mut();
        state.command(Command::Sheet(None));
        state.command(Command::Interventions(InterveneCommand::LiftAll));
        while !state.state.beside.is_empty() {
            state.command(Command::Compare(CompareCommand::Remove(0)));
        }
        state.command(Command::Breakpoint(BreakpointCommand::Remove(0)));
    }
}

#[test]
fn everything_draws_for_every_model_light_and_english() {
    check_drawn(Language::English, ThemeChoice::Light);
}

#[test]
fn everything_draws_for_every_model_dark_and_chinese() {
    check_drawn(Language::Chinese, ThemeChoice::Dark);
}

#[test]
fn keys_walk_back_open_the_panel_and_add_marks() {
    let mut headless = lstm();
    headless.command(Command::Select(Some(Selection::new("cell", Some(4)))));
    let mut harness = window(headless, Language::English, ThemeChoice::Light);
    harness.key_press(egui::Key::W);
    harness.run_steps(2);
    assert!(harness.state().state.back.is_some());
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(2);
    assert!(harness.state().state.back.as_ref().unwrap().cursor() > 0);
    harness.key_press(egui::Key::W);
    harness.key_press(egui::Key::C);
    harness.run_steps(3);
    assert!(harness.state().state.back.is_none());
    let spot = harness.state().state.intervening.clone().unwrap();
    assert_eq!((spot.name.as_str(), spot.unit), ("cell", Some(4)));
    harness.get_by_label(tr(Language::English, "intervene.apply")).click();
    harness.run_steps(3);
    assert_eq!(texts(harness.state()), [format!("cell[{}][4] = 0", spot.position)]);
    assert!(harness.state().state.intervening.is_none());
    harness.key_press(egui::Key::B);
    harness.run_steps(3);
    let field = tr(Language::English, "timeline.add_breakpoint");
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, field).type_text("now == 1");
    harness.run_steps(2);
    harness.get_by_label(tr(Language::English, "timeline.add")).click();
    harness.run_steps(2);
    assert_eq!(harness.state().state.marks[0].at, [1]);
}

#[test]
fn every_factor_typesets() {
    let ctx = egui::Context::default();
    let mut math = unrolled::view::math::MathCache::default();
    for op in unrolled::tape::OPS {
        let (shapes, attribute) = op.example();
        let letters = ["a", "b", "c"].map(unrolled::tape::equation::Tex::atom);
        let y = unrolled::tape::equation::Tex::sum("y + z");
        for input in 0..shapes.len() {
            let factor = op.factor(&letters[..shapes.len()], &y, input, &attribute);
            let _ = ctx.run_ui(egui::RawInput::default(), |ui| {
                let result = math.get(ui.ctx(), &factor.text, true, 18.0);
                assert!(result.is_ok(), "{}: {} {:?}", op.name(), factor.text, result.err());
            });
        }
    }
}

#[test]
fn a_right_click_on_a_value_asks_what_to_change() {
    let mut headless = lstm();
    headless.state.views = vec!["diagram".to_owned()];
    let mut harness = window(headless, Language::English, ThemeChoice::Light);
    let button = egui::accesskit::Role::Button;
    harness.get_by_role_and_label(button, "forget_gate").click_secondary();
    harness.run_steps(3);
    let spot = harness.state().state.intervening.clone().unwrap();
    assert_eq!((spot.name.as_str(), spot.position), ("forget_gate", 7));
    assert!(spot.unit.is_some(), "the middle of the place is a cell");
}
