//! The window without a screen: every page draws, every control has a name, nothing panics.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use proptest::prelude::*;
use unrolled::app::screenshot::Headless;
use unrolled::app::state::{Kept, Measured, ModelChoice};
use unrolled::app::update;
use unrolled::lesson::{Control, Library};
use unrolled::models;
use unrolled::trace::timeline::{Granularity, TimelineCommand};
use unrolled::training::live::{Control as RaceControl, Phase, TrainCommand};
use unrolled::view::command::{
    BreakpointCommand, CompareCommand, InterveneCommand, Sheet, Spot, ThemeChoice,
};
use unrolled::view::{Command, Language, Selection, VIEWS, theme, tr};

use crate::soft::Soft;

/// A window whose missing glyphs and nameless controls make the test fail.
fn window(
    language: Language,
    theme_choice: ThemeChoice,
    size: [f32; 2],
) -> Harness<'static, Headless> {
    let library = Library::embedded();
    build(Harness::builder().with_size(size), library, language, theme_choice)
}

fn build(
    builder: egui_kittest::HarnessBuilder<Headless>,
    library: Library,
    language: Language,
    theme_choice: ThemeChoice,
) -> Harness<'static, Headless> {
    let kept = Kept { language, theme: theme_choice, ..Kept::default() };
    let headless = Headless::new(kept, library);
    let mut is_new = true;
    let mut harness = builder.renderer(Soft::default()).build_ui_state(
        move |ui, headless: &mut Headless| {
            if std::mem::take(&mut is_new) {
                theme::apply(ui.ctx());
            } else {
                headless.ui(ui);
            }
        },
        headless,
    );
    harness.run_steps(2);
    harness
}

/// Someone may type characters that no font has; they are drawn as boxes.
fn lesson_for_typing(id: &str) -> Harness<'static, Headless> {
    let builder = Harness::builder().with_size([1280.0, 800.0]).allow_missing_glyphs();
    let mut harness = build(builder, Library::embedded(), Language::English, ThemeChoice::Light);
    harness.state_mut().command(Command::OpenLesson(id.to_owned()));
    harness.run_steps(3);
    harness
}

pub fn lesson(id: &str) -> Harness<'static, Headless> {
    let mut harness = window(Language::English, ThemeChoice::Light, [1280.0, 800.0]);
    harness.state_mut().command(Command::OpenLesson(id.to_owned()));
    harness.run_steps(3);
    harness
}

#[test]
fn every_stop_of_every_lesson_draws_in_both_languages_and_themes() {
    for language in Language::ALL {
        for choice in [ThemeChoice::Light, ThemeChoice::Dark] {
            let mut harness = window(language, choice, [1280.0, 800.0]);
            let ids: Vec<String> = harness.state().state.library.ids().map(str::to_owned).collect();
            assert!(!ids.is_empty());
            for id in ids {
                harness.state_mut().command(Command::OpenLesson(id.clone()));
                let stops =
                    harness.state().state.lesson.as_ref().map_or(0, |l| l.lesson.stops.len());
                for stop in 0..=stops {
                    harness.state_mut().command(Command::Stop(stop));
                    harness.run_steps(2);
                    let state = &harness.state().state;
                    assert!(state.message.is_none(), "{id} {stop}: {:?}", state.message);
                    assert!(state.input_error.is_none(), "{id} {stop}");
                }
            }
        }
    }
}

#[test]
fn every_view_draws_every_model_at_every_stage_of_its_run() {
    let mut harness = lesson("lstm");
    for id in models::ids() {
        harness.state_mut().command(Command::SetModel(id.clone()));
        for view in VIEWS {
            harness.state_mut().command(Command::ToggleView(view.id.to_owned()));
        }
        let ticks = harness.state().state.run.as_ref().map_or(0, |run| run.trace.ticks().len());
        assert!(ticks > 0, "{id}");
        for cursor in [0, 1, 7, ticks / 2, ticks] {
            harness.state_mut().command(Command::Timeline(TimelineCommand::Cursor(cursor)));
            harness.run_steps(2);
        }
    }
}

/// Networks in layers and both directions, models that write on and memories are drawn before any
/// such model is shipped: with new weights, and with a value that is no number.
const BUILT: [(&str, &str, &str, &str, &str); 8] = [
    (
        "lstm-brackets",
        r#"{"source":{"symbols":{"count":9,"embedding":16}},"hidden":8,"outputs":9,"predicts_symbols":true,"layers":2,"bidirectional":true,"residual":true}"#,
        "brackets",
        r#"{"depth":8,"longest":48}"#,
        "([{<>}])",
    ),
    (
        "gru-brackets",
        r#"{"source":{"symbols":{"count":32,"embedding":6}},"hidden":8,"outputs":7,"predicts_symbols":true,"bidirectional":true,"convention":"keeps","reset":"after"}"#,
        "tagging",
        r#"{"longest":12}"#,
        "the big dogs watch the play near a quiet watch",
    ),
    (
        "rnn-brackets",
        r#"{"source":{"numbers":2},"hidden":8,"outputs":1,"predicts_symbols":false,"activation":"tanh","layers":3,"residual":true}"#,
        "adding",
        r#"{"length":6}"#,
        "",
    ),
    (
        "lstm-brackets",
        r#"{"source":{"numbers":51},"hidden":8,"outputs":16,"predicts_symbols":true}"#,
        "melody",
        r#"{"figures":12,"parts":3}"#,
        "",
    ),
    (
        "transformer-rope-echo",
        r#"{"symbols":10,"outputs":9,"size":16,"heads":2,"feed_forward":16,"encoder_layers":1,"decoder_layers":1,"norm":"pre","activation":"relu","positions":"rope"}"#,
        "echo",
        r#"{"letters":8,"shortest":2,"longest":12,"order":"either"}"#,
        "abcd",
    ),
    (
        "rwkv-recall",
        r#"{"symbols":9,"hidden":8,"layers":2,"outputs":9,"inner":12}"#,
        "brackets",
        r#"{"depth":8,"longest":48}"#,
        "([{<>}])",
    ),
    (
        "rwkv-recall",
        r#"{"symbols":9,"hidden":8,"layers":2,"outputs":9,"inner":12,"form":"parallel"}"#,
        "brackets",
        r#"{"depth":8,"longest":48}"#,
        "([{<>}])",
    ),
    (
        "hopfield-letters",
        r#"{"units":100,"rule":"hebb","state":"binary"}"#,
        "letters",
        r#"{"count":4,"flipped":25}"#,
        "A~25",
    ),
];

/// Puts a model with new weights on the stage.
fn show_built(harness: &mut Harness<'_, Headless>, at: usize) {
    let (of, config, task, task_config, input) = BUILT[at];
    let (spec, shipped) = models::find_recipe(of).unwrap();
    let recipe = models::Recipe { config, task, task_config, ..shipped.clone() };
    let checkpoint = unrolled::checkpoint::untrained(spec, &recipe)
        .unwrap_or_else(|error| panic!("{of} {task}: {error}"));
    let mut random = unrolled::tensor::random::Random::new(1, 0);
    let example = checkpoint.task.generate(&mut random);
    let example = checkpoint.task.text(&example.sequence);
    let input = if input.is_empty() { example } else { input.to_owned() };
    harness.state_mut().state.model = ModelChoice::Opened(checkpoint.into());
    harness.state_mut().command(Command::SetInput(input));
    let state = &harness.state().state;
    assert!(state.input_error.is_none(), "{task}: {:?}", state.input_error);
    assert!(state.message.is_none(), "{task}: {:?}", state.message);
}

#[test]
fn every_view_draws_networks_of_every_build_also_where_they_are_broken() {
    let choices = [(Language::English, ThemeChoice::Light), (Language::Chinese, ThemeChoice::Dark)];
    let mut shown = std::collections::BTreeSet::new();
    for (language, choice) in choices {
        let mut harness = window(language, choice, [1440.0, 900.0]);
        harness.state_mut().command(Command::OpenLesson("lstm".to_owned()));
        for at in 0..BUILT.len() {
            show_built(&mut harness, at);
            let broken = ["hidden[2..9]=nan", "state[2..9]=inf", "decay[2..9]=nan"].map(Some);
            for breaking in [None].into_iter().chain(broken) {
                let run = harness.state().state.run.as_ref().unwrap().trace.clone();
                if let Some(text) = breaking {
                    let value = text.split('[').next().unwrap();
                    let has = |name: &str| name.rsplit('.').next() == Some(value);
                    let Some(name) = run.value_names().find(|name| has(name)) else { continue };
                    let text = text.replace(value, name);
                    harness.state_mut().command(Command::Intervene(text));
                }
                let ticks = harness.state().state.run.as_ref().unwrap().trace.ticks().len();
                for view in VIEWS.iter().filter(|view| (view.applies)(&run)) {
                    shown.insert(view.id);
                    harness.state_mut().state.views = vec![view.id.to_owned()];
                    for cursor in [0, 1, ticks / 3, ticks / 2, ticks] {
                        let to = TimelineCommand::Cursor(cursor);
                        harness.state_mut().command(Command::Timeline(to));
                        harness.run_steps(1);
                    }
                }
            }
            harness.state_mut().state.interventions.clear();
            // A short run has no position to break.
            harness.state_mut().command(Command::DismissMessage);
        }
    }
    let all: std::collections::BTreeSet<_> = VIEWS.iter().map(|view| view.id).collect();
    assert_eq!(shown, all, "a view was never drawn");
}

#[test]
fn a_click_on_a_block_of_the_network_goes_to_the_moment_when_it_was_computed() {
    let mut harness = lesson("lstm");
    show_built(&mut harness, 0);
    harness.state_mut().state.views = vec!["network".to_owned()];
    // The picture scrolls to the cursor first.
    harness.run_steps(4);
    harness.get_by_label("layer1.backward.hidden 2").click();
    harness.run_steps(2);
    let state = &harness.state().state;
    assert_eq!(state.selection.as_ref().unwrap().name, "layer1.backward.hidden");
    let trace = &state.run.as_ref().unwrap().trace;
    let tick = state.timeline.tick(&**trace).unwrap();
    assert_eq!(Some(tick.node), trace.node("layer1.backward.hidden", 2));
    assert_eq!(tick.position, 2);
}

#[test]
fn a_cell_is_chosen_by_its_layer_and_direction() {
    let mut harness = lesson("lstm");
    show_built(&mut harness, 0);
    harness.state_mut().state.views = vec!["gates".to_owned()];
    let forget = Selection::new("layer0.forward.forget_gate", Some(3));
    harness.state_mut().command(Command::Select(Some(forget)));
    harness.run_steps(2);
    harness.get_by_label("layer 2 ←").click();
    harness.run_steps(2);
    let selection = harness.state().state.selection.clone().unwrap();
    assert_eq!(selection, Selection::new("layer1.backward.forget_gate", Some(3)));
}

/// Draws the decay of an RWKV in one of its forms, with a channel chosen.
fn decay(at: usize) -> Harness<'static, Headless> {
    let mut harness = lesson("lstm");
    show_built(&mut harness, at);
    harness.state_mut().state.views = vec!["decay".to_owned()];
    let selection = Selection::new("layer1.time.decay", Some(3));
    harness.state_mut().command(Command::Select(Some(selection)));
    harness.state_mut().command(Command::Timeline(TimelineCommand::End));
    harness.run_steps(2);
    harness
}

#[test]
fn a_decay_at_its_ends_is_set_from_its_view_and_both_forms_hold() {
    for at in [5, 6] {
        for (key, w) in [("decay.keep_all", "-20"), ("decay.keep_none", "20")] {
            let mut harness = decay(at);
            harness.get_by_label(tr(Language::English, key)).click();
            harness.run_steps(3);
            let state = &harness.state().state;
            let texts: Vec<String> = state.interventions.iter().map(ToString::to_string).collect();
            assert_eq!(texts, [format!("layer1.time.time_decay[0][3] = {w}")]);
            let trace = &state.run.as_ref().unwrap().trace;
            for name in trace.value_names() {
                let value = trace.over_time(name);
                let broken = value.iter().flatten().filter(|x| !x.is_finite()).count();
                assert_eq!(broken, 0, "{name} with w = {w}");
            }
            let words = ["decay.answer", "decay.same_answer"].map(|key| tr(Language::English, key));
            let is_said = words.map(|words| harness.query_by_label(words).is_some());
            assert!(is_said[0] != is_said[1], "w = {w}: {is_said:?}");
            let baseline = state.baseline.as_ref().unwrap();
            let before = baseline.trace.value("prediction", 4);
            assert!(before != trace.value("prediction", 4), "w = {w}");
        }
    }
}

#[test]
fn the_layers_of_a_decay_are_chosen_and_the_running_sums_point_to_the_other_form() {
    let mut harness = decay(5);
    let words = tr(Language::English, "decay.to_parallel");
    assert!(harness.query_by_label(words).is_some());
    harness.get_by_label("layer 1").click();
    harness.run_steps(2);
    let selection = harness.state().state.selection.clone().unwrap();
    assert_eq!(selection, Selection::new("layer0.time.decay", Some(3)));
    let harness = decay(6);
    assert!(harness.query_by_label(words).is_none());
    let words = tr(Language::English, "decay.contribution");
    assert!(harness.query_by_label(words).is_some());
}

#[test]
fn what_the_model_wrote_cannot_be_edited() {
    // A double click is over within 0.3 s.
    let builder = Harness::builder().with_size([1280.0, 800.0]).with_step_dt(0.02);
    let mut harness = build(builder, Library::embedded(), Language::English, ThemeChoice::Light);
    harness.state_mut().command(Command::OpenLesson("lstm".to_owned()));
    harness.run_steps(3);
    show_built(&mut harness, 3);
    harness.state_mut().command(Command::Timeline(TimelineCommand::End));
    harness.run_steps(2);
    let trace = harness.state().state.run.as_ref().unwrap().trace.clone();
    assert_eq!(trace.given(), 1);
    for (position, opens) in [(1, false), (0, true)] {
        let label = format!("{position}: {}", trace.tokens()[position]);
        for _ in 0..2 {
            harness.get_by_label(&label).click();
            harness.run_steps(1);
        }
        harness.run_steps(2);
        let words = tr(Language::English, "timeline.edit_token");
        assert_eq!(harness.query_by_label(words).is_some(), opens, "{label}");
        // What is clicked sooner would be the third click of a triple one.
        harness.run_steps(30);
    }
}

#[test]
fn a_click_turns_a_pixel_of_the_given_picture_and_the_memory_runs_again() {
    let mut harness = lesson("lstm");
    let memory = BUILT.iter().position(|built| built.0.starts_with("hopfield")).unwrap();
    show_built(&mut harness, memory);
    harness.state_mut().state.views = vec!["pixels".to_owned()];
    harness.run_steps(2);
    let before = harness.state().state.run.as_ref().unwrap().trace.text().to_owned();
    let given = tr(Language::English, "views.pixels_flip");
    let place = harness.get_by_label(given).rect().center();
    harness.hover_at(place);
    harness.run_steps(1);
    harness.get_by_label(given).click();
    harness.run_steps(2);
    let after = &harness.state().state.run.as_ref().unwrap().trace;
    let turned = before.chars().zip(after.text().chars()).filter(|(a, b)| a != b).count();
    assert_eq!(turned, 1, "{before} {}", after.text());
}

#[test]
fn where_numbers_end_is_said_once() {
    let mut harness = lesson("lstm");
    harness.state_mut().command(Command::SetInput("([{<>}])".to_owned()));
    harness.state_mut().command(Command::Intervene("cell[3]=inf".to_owned()));
    harness.state_mut().state.views = vec!["heatmap".to_owned()];
    harness.state_mut().command(Command::Select(Some(Selection::new("cell", None))));
    let words = "cell is not a finite number from position 3 on";
    for (position, is_said) in [(2, false), (5, true)] {
        let to = TimelineCommand::Position(position);
        harness.state_mut().command(Command::Timeline(to));
        harness.run_steps(2);
        assert_eq!(harness.query_all_by_label(words).count(), usize::from(is_said));
    }
}

#[test]
fn the_shortest_input_and_the_smallest_window_draw() {
    let mut harness = window(Language::Chinese, ThemeChoice::Dark, [960.0, 600.0]);
    harness.state_mut().command(Command::OpenLesson("lstm".to_owned()));
    harness.state_mut().command(Command::SetInput("(".to_owned()));
    for view in VIEWS {
        harness.state_mut().command(Command::ToggleView(view.id.to_owned()));
        harness.run_steps(2);
    }
}

/// The laboratory at the ends of its controls: overflow, a gain of 0, one position, eight layers.
#[test]
fn the_laboratory_draws_at_its_extremes() {
    let number = Control::Number;
    let word = |word: &str| Control::Text(word.to_owned());
    let extremes: [&[(&str, Control)]; 5] = [
        &[("length", number(1.0))],
        &[("gain", number(0.0)), ("length", number(20.0))],
        &[("preset", word("explode")), ("gain", number(10.0)), ("length", number(200.0))],
        &[("start", word("identity")), ("activation", word("relu")), ("gain", number(10.0))],
        &[("preset", word("residual")), ("hidden", number(4.0))],
    ];
    for (language, choice) in
        [(Language::English, ThemeChoice::Light), (Language::Chinese, ThemeChoice::Dark)]
    {
        let mut harness = window(language, choice, [1280.0, 800.0]);
        harness.state_mut().command(Command::OpenLesson("lstm".to_owned()));
        harness.state_mut().state.views = vec!["gradient".to_owned(), "laboratory".to_owned()];
        harness.run_steps(2);
        harness.get_by_label(tr(language, "laboratory.open")).click();
        harness.run_steps(2);
        for controls in extremes {
            for (name, setting) in controls {
                let command = Command::Control((*name).to_owned(), setting.clone());
                harness.state_mut().command(command);
            }
            harness.run_steps(2);
            let state = &harness.state().state;
            assert!(state.message.is_none(), "{controls:?}: {:?}", state.message);
        }
    }
}

#[test]
fn a_run_that_is_kept_stays_beside_the_laboratory_s_own() {
    let mut harness = lesson("lstm");
    let set = |harness: &mut Harness<'_, Headless>, name: &str, setting| {
        harness.state_mut().command(Command::Control(name.to_owned(), setting));
    };
    set(&mut harness, "preset", Control::Text("vanish".to_owned()));
    harness.state_mut().command(Command::Compare(CompareCommand::Keep));
    set(&mut harness, "gain", Control::Number(1.5));
    let labels = |harness: &Harness<'_, Headless>| -> Vec<String> {
        let state = &harness.state().state;
        state.run.iter().chain(&state.others).map(|run| run.label.clone()).collect()
    };
    assert_eq!(labels(&harness), ["rnn", "rnn, gain = 0.5"]);
    // The kept run has the weights that it was kept with.
    let state = &harness.state().state;
    let weight = |run: &unrolled::app::state::Run| run.trace.value("w_hh", 0).unwrap()[[0, 0]];
    let ratio = weight(state.run.as_ref().unwrap()) / weight(&state.others[0]);
    assert!((ratio - 3.0).abs() < 1e-3, "{ratio}");
    harness.state_mut().command(Command::Compare(CompareCommand::Remove(0)));
    assert_eq!(labels(&harness), ["rnn"]);
}

#[test]
fn singular_values_are_measured_when_they_are_unfolded() {
    let mut harness = lesson("lstm");
    harness.state_mut().state.views = vec!["gradient".to_owned()];
    harness.run_steps(2);
    assert!(harness.state().state.measured.is_none());
    harness.get_by_label(tr(Language::English, "gradient.singular")).click();
    harness.run_steps(4);
    let measured = harness.state().state.measured.as_ref().unwrap();
    assert!(measured.jacobians[0].is_some());
    // An answer about an old run is dropped.
    let old = Measured { number: 0, name: measured.name.clone(), jacobians: Vec::new() };
    update::measured(&mut harness.state_mut().state, old);
    assert!(!harness.state().state.measured.as_ref().unwrap().jacobians.is_empty());
}

#[test]
fn the_loss_can_be_chosen() {
    let mut harness = lesson("lstm");
    let at = |harness: &Harness<'_, Headless>| {
        harness.state().state.run.as_ref().unwrap().backward.as_ref().unwrap().position()
    };
    let last = at(&harness);
    harness.state_mut().command(Command::LossAt(Some(2)));
    assert_eq!((at(&harness), last > 2), (2, true));
    // A stop takes the last loss again unless it says otherwise.
    harness.state_mut().command(Command::Stop(1));
    let trace = &harness.state().state.run.as_ref().unwrap().trace;
    assert_eq!(Some(at(&harness)), trace.last_loss());
}

#[test]
fn a_learner_walks_through_a_lesson_by_its_buttons() {
    let mut harness = lesson("lstm");
    harness.get_by_label(tr(Language::English, "lesson.next_stop")).click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.lesson.as_ref().unwrap().stop, 1);
    let before = harness.state().state.timeline.cursor();
    harness.get_by_label(tr(Language::English, "timeline.step_back")).click();
    harness.run_steps(2);
    assert!(harness.state().state.timeline.cursor() < before);
    harness.get_by_label("简体中文").click();
    harness.run_steps(2);
    harness.get_by_label(tr(Language::Chinese, "lesson.next_stop"));
}

#[test]
fn keys_step_and_do_nothing_while_something_is_typed() {
    let mut harness = lesson("lstm");
    harness.state_mut().command(Command::Timeline(TimelineCommand::Home));
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(2);
    let after_one = harness.state().state.timeline.cursor();
    assert!(after_one > 0);
    harness.key_press(egui::Key::Home);
    harness.run_steps(2);
    assert_eq!(harness.state().state.timeline.cursor(), 0);
    let input = tr(Language::English, "menu.input");
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, input).focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::Space);
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(2);
    assert!(!harness.state().state.timeline.is_playing());
    assert_eq!(harness.state().state.timeline.cursor(), 0);
}

#[test]
fn an_input_that_cannot_be_read_stays_in_the_field_and_the_old_run_on_the_stage() {
    let mut harness = lesson_for_typing("lstm");
    let long = "(".repeat(10_000);
    for text in ["", " ", "(🙂)", "שלום", "(\u{0}\u{7})", "(（）)", long.as_str(), "()x"] {
        let run = harness.state().state.run.as_ref().unwrap().number;
        harness.state_mut().command(Command::SetInput(text.to_owned()));
        harness.run_steps(2);
        let state = &harness.state().state;
        assert_eq!(state.input, text);
        assert!(state.input_error.is_some(), "{text:?}");
        assert_eq!(state.run.as_ref().unwrap().number, run);
    }
    harness.state_mut().command(Command::SetInput("([])".to_owned()));
    harness.run_steps(2);
    assert!(harness.state().state.input_error.is_none());
    assert_eq!(harness.state().state.run.as_ref().unwrap().trace.n_positions(), 4);
    // Nothing typed is lost: the last readable input can be taken back after a lesson's own.
    harness.state_mut().command(Command::Reset);
    harness.state_mut().command(Command::RestoreInput);
    assert_eq!(harness.state().state.input, "([])");
}

#[test]
fn an_edited_token_changes_the_run_and_not_the_place() {
    let mut harness = lesson("lstm");
    harness.state_mut().command(Command::SetInput("([{<>}])".to_owned()));
    harness.state_mut().command(Command::Timeline(TimelineCommand::Position(3)));
    let cursor = harness.state().state.timeline.cursor();
    harness.state_mut().command(Command::EditToken(1, "{".to_owned()));
    let state = &harness.state().state;
    assert_eq!(state.input, "({{<>}])");
    assert_eq!(state.timeline.cursor(), cursor);
}

#[track_caller]
fn check_refused(harness: &mut Harness<'_, Headless>, text: &str, said: &str) {
    harness.state_mut().command(Command::Intervene(text.to_owned()));
    harness.run_steps(1);
    let state = &harness.state().state;
    let message = state.message.as_ref().map(|message| message.text.as_str()).unwrap_or_default();
    assert!(message.contains(said), "{text}: {message}");
    assert!(state.interventions.is_empty(), "{text}");
}

#[test]
fn an_intervention_that_matches_nothing_names_the_values_there_are() {
    let mut harness = lesson("lstm");
    check_refused(&mut harness, "forgot_gate=0", "forget_gate");
    check_refused(&mut harness, "nonsense", "there is no `=` in it");
    check_refused(&mut harness, "cell[99]=1", "forget_gate");
    // Bounds in the wrong order are an edit like any other; the window goes on.
    harness.state_mut().command(Command::Intervene("cell=clamp(2,1)".to_owned()));
    harness.run_steps(1);
    assert_eq!(harness.state().state.interventions.len(), 1);
    assert!(harness.state().state.message.is_none());
}

/// A page as it looks with one view, compared with its picture in `tests/snapshots`; where a change
/// is meant, make it anew with `UPDATE_SNAPSHOTS=true cargo test --release --test all picture`. The
/// lesson is a short one of the test's own, so that rewording a lesson changes no picture.
fn check_picture(name: &str, model: &str, language: Language, choice: ThemeChoice, view: &str) {
    let lesson = format!(
        "+++\ntitle = \"Fixture\"\nmodel = \"{model}\"\ninput = \"([{{<>}}])\"\n+++\n\n$h_t$ at `= now`.\n\n\
         ~~~stage\nviews = [\"{view}\"]\nfocus = \"hidden\"\nat = \"4\"\nunit = \"5\"\n~~~\n"
    );
    let file = format!("{}/01-fixture.md", language.code());
    let library = Library::from_files(&[(file, lesson.into_bytes())]);
    let mut harness =
        build(Harness::builder().with_size([960.0, 600.0]), library, language, choice);
    harness.state_mut().command(Command::OpenLesson("fixture".to_owned()));
    harness.run_steps(4);
    harness.snapshot(name);
}

#[test]
fn the_lstm_diagram_looks_as_in_its_picture() {
    let (language, choice) = (Language::English, ThemeChoice::Light);
    check_picture("lstm-diagram-light", "lstm-brackets", language, choice, "diagram");
}

#[test]
fn the_gru_gates_look_as_in_their_picture() {
    let (language, choice) = (Language::Chinese, ThemeChoice::Dark);
    check_picture("gru-gates-dark-zh", "gru-brackets", language, choice, "gates");
}

/// A stop whose stage is a race of small models.
fn race(language: Language, choice: ThemeChoice) -> Harness<'static, Headless> {
    let lesson = "+++\ntitle = \"Race\"\nmodel = \"lstm-remember\"\ninput = \"c.-+*..-?\"\n+++\n\nText.\n\n\
         ## Stop\n\n~~~stage\nviews = [\"training\"]\n\
         controls = { hidden = 4, length = 9, learning_rate = 0.01, seed = 3 }\n~~~\n";
    let file = format!("{}/01-race.md", language.code());
    let library = Library::from_files(&[(file, lesson.as_bytes().to_vec())]);
    let builder = Harness::builder().with_size([1280.0, 800.0]);
    let mut harness = build(builder, library, language, choice);
    harness.state_mut().command(Command::OpenLesson("race".to_owned()));
    harness.state_mut().command(Command::Stop(1));
    harness.run_steps(2);
    harness
}

#[test]
fn a_stop_sets_up_its_race_and_the_race_draws_at_every_point() {
    for language in Language::ALL {
        for choice in [ThemeChoice::Light, ThemeChoice::Dark] {
            let mut harness = race(language, choice);
            let train = |command| Command::Train(command);
            for command in [
                TrainCommand::Step,
                TrainCommand::Step,
                TrainCommand::ShowCheckpoint(Some(0)),
                TrainCommand::Follow(Some(2)),
                TrainCommand::Stop,
                TrainCommand::Rewind,
                TrainCommand::Set(RaceControl::LearningRate(1e38)),
                TrainCommand::Step,
            ] {
                harness.state_mut().command(train(command));
                harness.run_steps(2);
            }
            // Weights of 1e38 soon give a product that is no number.
            (0..60).for_each(|_| harness.state_mut().command(train(TrainCommand::Step)));
            harness.run_steps(2);
            let training = harness.state().state.training.as_ref().unwrap();
            let settings = training.live.settings();
            assert_eq!((settings.hidden, settings.length, settings.seed), (4, 9, 3));
            assert!(training.live.lanes().iter().any(|lane| lane.diverged.is_some()));
            assert!(harness.state().state.message.is_none());
        }
    }
}

#[test]
fn the_stage_follows_the_weights_and_keeps_the_place() {
    let mut harness = race(Language::English, ThemeChoice::Light);
    let button = tr(Language::English, "training.single_step");
    harness.get_by_label(button).click();
    harness.run_steps(2);
    harness.state_mut().command(Command::Timeline(TimelineCommand::Position(4)));
    let cursor = harness.state().state.timeline.cursor();
    let first = harness.state().state.run.as_ref().unwrap().checkpoint.card.clone();
    assert_eq!((first.id.as_str(), first.steps), ("lstm-remember @ 1", 1));
    harness.get_by_label(button).click();
    harness.run_steps(2);
    let state = &harness.state().state;
    let run = state.run.as_ref().unwrap();
    assert_eq!(run.checkpoint.card.id, "lstm-remember @ 2");
    assert_eq!(run.trace.text(), "c.-+*..-?");
    assert_eq!(state.timeline.cursor(), cursor);
    // What ran is what was trained.
    let lane = &state.training.as_ref().unwrap().live.lanes()[1];
    assert_eq!(lane.parameters.as_ref(), Some(&run.checkpoint.parameters));
    // Another model from the menu is the learner's choice and stays.
    harness.state_mut().command(Command::SetModel("gru-remember".to_owned()));
    harness.state_mut().command(Command::Train(TrainCommand::Step));
    assert_eq!(harness.state().state.model.id(), "gru-remember");
}

#[test]
fn a_race_goes_on_from_stop_to_stop_and_waits_on_another_page() {
    let mut harness = race(Language::English, ThemeChoice::Light);
    let phase = |harness: &Harness<'_, Headless>| {
        harness.state().state.training.as_ref().map(|training| training.live.phase())
    };
    harness.state_mut().command(Command::Train(TrainCommand::Start));
    harness.state_mut().command(Command::Stop(0));
    harness.state_mut().command(Command::Stop(1));
    assert_eq!(phase(&harness), Some(Phase::Running));
    harness.state_mut().command(Command::OpenMap);
    assert_eq!(phase(&harness), Some(Phase::Paused));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\[\\](){}<>]{0,12}",
        ".{0,8}",
        Just("forget_gate[1..3]=0".to_owned()),
        Just("hidden *= 1e38".to_owned()),
        Just("cell=nan".to_owned()),
        Just("lstm".to_owned()),
        Just("gru-adding".to_owned()),
        Just("heatmap".to_owned()),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let timeline = prop_oneof![
        Just(TimelineCommand::Forward(None)),
        Just(TimelineCommand::Back(Some(Granularity::Operation))),
        Just(TimelineCommand::End),
        Just(TimelineCommand::TogglePlay),
        any::<usize>().prop_map(TimelineCommand::Position),
        any::<usize>().prop_map(TimelineCommand::Cursor),
        any::<f32>().prop_map(TimelineCommand::Speed),
        any::<f32>().prop_map(TimelineCommand::Elapse),
    ];
    let selection = || {
        (text(), any::<Option<usize>>(), any::<i32>())
            .prop_map(|(name, unit, offset)| Selection { offset, ..Selection::new(name, unit) })
    };
    prop_oneof![
        timeline.prop_map(Command::Timeline),
        selection().prop_map(|s| Command::Select(Some(s))),
        selection().prop_map(Command::Pin),
        any::<usize>().prop_map(Command::Unpin),
        text().prop_map(Command::SetInput),
        (0_usize..12, text()).prop_map(|(at, text)| Command::EditToken(at, text)),
        text().prop_map(Command::SetModel),
        Just(Command::RestoreInput),
        Just(Command::Reset),
        text().prop_map(Command::OpenLesson),
        Just(Command::OpenMap),
        any::<usize>().prop_map(Command::Stop),
        (any::<Option<usize>>(), text())
            .prop_map(|(position, name)| Command::GoTo { name: Some(name), position }),
        (text(), any::<usize>(), any::<bool>())
            .prop_map(|(key, choice, right)| Command::Answer(key, choice, right)),
        text().prop_map(Command::ToggleView),
        text().prop_map(Command::Intervene),
        any::<usize>().prop_map(|at| Command::Interventions(InterveneCommand::Lift(at))),
        any::<usize>().prop_map(|at| Command::Interventions(InterveneCommand::Rest(at))),
        any::<usize>().prop_map(|at| Command::Interventions(InterveneCommand::Wake(at))),
        any::<bool>().prop_map(Command::WalkBack),
        any::<bool>().prop_map(Command::ShowDifference),
        any::<Option<usize>>().prop_map(Command::LossAt),
        text().prop_map(|text| Command::Breakpoint(BreakpointCommand::Add(text))),
        Just(Command::Breakpoint(BreakpointCommand::Next)),
        Just(Command::Compare(CompareCommand::Keep)),
        any::<usize>().prop_map(|at| Command::Compare(CompareCommand::Remove(at))),
        (text(), any::<i32>(), any::<Option<usize>>()).prop_map(|(name, position, unit)| {
            Command::AskIntervention(Some(Spot { name, position, unit }))
        }),
        Just(Command::SetLanguage(Language::Chinese)),
        Just(Command::Train(TrainCommand::Start)),
        Just(Command::Train(TrainCommand::Pause)),
        Just(Command::Train(TrainCommand::Rewind)),
        Just(Command::Train(TrainCommand::Stop)),
        any::<Option<usize>>().prop_map(|at| Command::Train(TrainCommand::ShowCheckpoint(at))),
        any::<Option<usize>>().prop_map(|at| Command::Train(TrainCommand::Follow(at))),
        Just(Command::Sheet(Some(Sheet::Keys))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_commands_breaks_the_window(commands in prop::collection::vec(command(), 1..12)) {
        let mut headless = Headless::new(Kept::default(), Library::embedded());
        headless.command(Command::OpenLesson("lstm".to_owned()));
        let ctx = egui::Context::default();
        theme::apply(&ctx);
        for command in commands {
            headless.command(command);
            let state = &headless.state;
            prop_assert!(!state.views.is_empty());
            if let Some(run) = &state.run {
                prop_assert!(state.timeline.cursor() <= run.trace.ticks().len());
            }
        }
        let _ = unrolled::app::offscreen::screenshot(egui::vec2(960.0, 600.0), 1.0, 2, &ctx, |ui| headless.ui(ui));
    }
}
