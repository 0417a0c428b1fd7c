//! The presenter mode, driven by its keys, and controls that a teacher hid.

use egui::{Key, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use unrolled::app::screenshot::Headless;
use unrolled::lesson::plain_text;
use unrolled::view::command::{PresentCommand, Sheet, ThemeChoice};
use unrolled::view::{Command, Hidden, Language, Panel};

use crate::interact::{lstm, window};

fn presenting() -> Harness<'static, Headless> {
    let mut harness = window(lstm(), Language::English, ThemeChoice::Light);
    press(&mut harness, Key::F5);
    assert!(harness.state().state.presenter.is_on);
    harness
}

fn press(harness: &mut Harness<'static, Headless>, key: Key) {
    harness.key_press(key);
    harness.run_steps(3);
}

fn stop(harness: &Harness<'static, Headless>) -> usize {
    harness.state().state.lesson.as_ref().unwrap().stop
}

/// The mean brightness, 0 to 255, of a square of 40 points about a point.
fn brightness(harness: &mut Harness<'static, Headless>, at: egui::Pos2) -> f32 {
    let picture = harness.render().unwrap();
    let corner = at - vec2(20.0, 20.0);
    let pixels = (0..1600_u32).map(|k| (corner.x as u32 + k % 40, corner.y as u32 + k / 40));
    let sum: u32 = pixels.map(|(x, y)| u32::from(picture.get_pixel(x, y).0[1])).sum();
    sum as f32 / 1600.0
}

#[test]
fn f5_leaves_only_the_chosen_panels_and_escape_brings_the_window_back() {
    let mut harness = presenting();
    for gone in ["File", "Theme", "Gates", "Inspector"] {
        assert!(harness.query_by_label(gone).is_none(), "{gone} is not for the class");
    }
    assert!(harness.query_by_label("Play").is_some());
    press(&mut harness, Key::Num3);
    assert!(harness.query_by_label("Play").is_none(), "the timeline is hidden");
    press(&mut harness, Key::Num4);
    assert!(harness.query_by_label("Pin").is_some() || harness.state().state.selection.is_none());
    press(&mut harness, Key::Num1);
    assert!(harness.query_by_label("Next stop").is_none(), "the lesson is hidden");
    press(&mut harness, Key::Num2);
    assert!(harness.state().state.presenter.panels.contains(&Panel::Stage), "something stays");
    press(&mut harness, Key::Num1);
    press(&mut harness, Key::Num2);
    assert!(harness.query_by_label("Next stop").is_some(), "the lesson alone");
    press(&mut harness, Key::Escape);
    assert!(!harness.state().state.presenter.is_on);
    assert!(harness.query_by_label("File").is_some() && harness.query_by_label("Play").is_some());
}

#[test]
fn a_clicker_goes_from_stop_to_stop_and_blanks_the_screen() {
    let mut harness = presenting();
    press(&mut harness, Key::PageDown);
    press(&mut harness, Key::PageDown);
    assert_eq!(stop(&harness), 2);
    press(&mut harness, Key::PageUp);
    assert_eq!(stop(&harness), 1);
    press(&mut harness, Key::Period);
    assert!(brightness(&mut harness, pos2(640.0, 400.0)) < 1.0);
    // The next page ends the darkness first, so that nothing goes by unseen.
    press(&mut harness, Key::PageDown);
    assert!(brightness(&mut harness, pos2(640.0, 700.0)) > 100.0);
    assert_eq!(stop(&harness), 1);
}

#[test]
fn the_spotlight_follows_the_pointer_and_grows() {
    let mut harness = presenting();
    let (near, far) = (pos2(900.0, 500.0), pos2(1240.0, 120.0));
    harness.hover_at(near);
    let before = [near, far].map(|at| brightness(&mut harness, at));
    press(&mut harness, Key::S);
    let after = [near, far].map(|at| brightness(&mut harness, at));
    assert!(after[0] > 0.9 * before[0], "{before:?} {after:?}");
    assert!(after[1] < 0.5 * before[1], "{before:?} {after:?}");
    let radius = harness.state().state.presenter.radius;
    press(&mut harness, Key::Plus);
    let speed = harness.state().state.timeline.speed();
    assert!(harness.state().state.presenter.radius > radius && (speed - 1.0).abs() < 1e-6);
    for _ in 0..100 {
        harness.state_mut().command(Command::Present(PresentCommand::Radius(0.1)));
    }
    assert!(harness.state().state.presenter.radius >= 40.0);
}

#[test]
fn the_bar_comes_when_the_pointer_is_at_the_upper_edge() {
    let mut harness = presenting();
    assert!(harness.query_by_label("End presentation").is_none());
    harness.hover_at(pos2(600.0, 2.0));
    harness.run_steps(3);
    harness.get_by_label("Spotlight").click();
    harness.run_steps(2);
    assert!(harness.state().state.presenter.spotlight);
    harness.get_by_label("End presentation").click();
    harness.run_steps(3);
    assert!(!harness.state().state.presenter.is_on);
}

#[test]
fn notes_of_the_stop_and_the_next_stops_title_stand_in_a_window_of_their_own() {
    let mut harness = presenting();
    let stops = harness.state().state.lesson.as_ref().unwrap().lesson.stops.clone();
    let next = format!("Next: {}", plain_text(&stops[0].title));
    let notes = |harness: &Harness<'static, Headless>| harness.query_by_label(&next).is_some();
    assert!(!notes(&harness));
    press(&mut harness, Key::N);
    assert!(notes(&harness), "the next stop is named");
    assert!(!harness.state().state.kept.instructor_notes, "the page itself has none");
    press(&mut harness, Key::N);
    assert!(!notes(&harness));
}

#[test]
fn hidden_controls_are_gone_with_their_keys_and_come_back() {
    let mut headless = lstm();
    for control in Hidden::ALL {
        headless.command(Command::Hide(control, true));
    }
    let mut harness = window(headless, Language::English, ThemeChoice::Light);
    for gone in ["lstm-brackets", "Input", "Gates", "Inspector", "Token", "Backward"] {
        assert!(harness.query_by_label(gone).is_none(), "{gone} is hidden");
    }
    assert!(harness.query_by_label("Play").is_some());
    for key in [Key::W, Key::O, Key::K, Key::C, Key::B] {
        press(&mut harness, key);
    }
    let state = &harness.state().state;
    assert!(state.back.is_none() && state.beside.is_empty() && state.sheet.is_none());
    harness.get_by_label("File").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Save session").is_none());
    harness.get_by_label("Show all controls").click();
    harness.run_steps(3);
    assert!(harness.state().state.hidden.is_empty());
    assert!(harness.query_by_label("Gates").is_some());
}

#[test]
fn the_sheet_hides_a_control() {
    let mut headless = lstm();
    headless.command(Command::Sheet(Some(Sheet::Hide)));
    let mut harness = window(headless, Language::English, ThemeChoice::Light);
    harness.get_by_label("Choosing a model").click();
    harness.run_steps(3);
    assert!(harness.state().state.hides(Hidden::Model));
    press(&mut harness, Key::Escape);
    assert!(harness.state().state.sheet.is_none());
}
