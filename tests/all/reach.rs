//! Every control can be reached by keyboard, has a name, and stands where it can be seen.

use std::collections::BTreeSet;

use egui::accesskit::{Action, Role};
use egui::{Event, Key, Modifiers, Pos2, Rect, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT;
use unrolled::app::screenshot::Headless;
use unrolled::app::settings::Scale;
use unrolled::app::state::Kept;
use unrolled::lesson::Library;
use unrolled::trace::timeline::TimelineCommand;
use unrolled::view::command::{BreakpointCommand, Sheet, Spot};
use unrolled::view::{Command, Language, Selection, VIEWS, tr};

use crate::soft;

type Window = Harness<'static, Headless>;

/// All sheets that lie over a page.
const SHEETS: [Sheet; 8] = [
    Sheet::Keys,
    Sheet::Position,
    Sheet::Breakpoints,
    Sheet::Palette,
    Sheet::Settings,
    Sheet::Hide,
    Sheet::Path,
    Sheet::Export,
];

fn window(language: Language, size: Vec2, scale: u32) -> Window {
    let kept = Kept { language, scale: Scale::new(scale), ..Kept::default() };
    let kept = Kept { reduces_motion: true, ..kept };
    let headless = Headless::new(kept, Library::embedded());
    // As on a screen, larger text leaves a window of the same pixels fewer points.
    soft::open(Harness::builder().with_size(size), headless)
}

fn command(window: &mut Window, command: Command) {
    window.state_mut().command(command);
    window.run_steps(2);
}

/// Roles of what holds other things, or is only looked at.
fn is_control(role: Role) -> bool {
    !matches!(
        role,
        Role::Window
            | Role::Pane
            | Role::GenericContainer
            | Role::Unknown
            | Role::Label
            | Role::TextRun
            | Role::Image
            | Role::ScrollBar
    )
}

/// What can be clicked or focused and has no name.
fn nameless(window: &Window) -> Vec<String> {
    let nodes = window.root().children_recursive().map(|node| node.accesskit_node());
    let nameless = nodes.filter(|node| {
        let acts = [Action::Click, Action::Focus];
        let is_active = acts.into_iter().any(|action| node.data().supports_action(action));
        let has_name = node.label().is_some_and(|label| !label.trim().is_empty());
        is_active && is_control(node.role()) && !has_name
    });
    nameless.map(|node| format!("{:?} at {:?}", node.role(), node.bounding_box())).collect()
}

#[track_caller]
fn check_names(window: &Window, page: &str) {
    let nameless = nameless(window);
    assert!(nameless.is_empty(), "{page}: controls without a name: {nameless:?}");
}

#[test]
fn every_control_of_every_page_has_a_name() {
    for language in Language::ALL {
        let mut window = window(language, Vec2::new(1280.0, 800.0), 100);
        check_names(&window, "course map");
        let ids: Vec<String> = window.state().state.library.ids().map(str::to_owned).collect();
        for id in &ids {
            command(&mut window, Command::OpenLesson(id.clone()));
            let stops = window.state().state.lesson.as_ref().map_or(0, |l| l.lesson.stops.len());
            for stop in 0..=stops {
                command(&mut window, Command::Stop(stop));
                check_names(&window, &format!("{id}, stop {stop}"));
            }
            // Every view of this lesson's model, one after the other.
            for view in VIEWS {
                window.state_mut().state.views = vec![view.id.to_owned()];
                window.run_steps(2);
                check_names(&window, &format!("{id}, view {}", view.id));
            }
        }
    }
}

#[test]
fn every_control_of_every_sheet_has_a_name() {
    for language in Language::ALL {
        for lesson in [None, Some("lstm")] {
            let mut window = window(language, Vec2::new(1280.0, 800.0), 100);
            if let Some(id) = lesson {
                command(&mut window, Command::OpenLesson(id.to_owned()));
                let add = BreakpointCommand::Add("now == 2".to_owned());
                command(&mut window, Command::Breakpoint(add));
                command(&mut window, Command::Intervene("hidden[2] = 0".to_owned()));
                command(&mut window, Command::Select(Some(Selection::new("cell", Some(1)))));
                let spot = Spot { name: "cell".to_owned(), position: 2, unit: Some(3) };
                command(&mut window, Command::AskIntervention(Some(spot)));
                check_names(&window, "changing a value");
                command(&mut window, Command::AskIntervention(None));
                let open = &window.state().state.lesson;
                let last = open.as_ref().map_or(0, |open| open.lesson.stops.len());
                command(&mut window, Command::Stop(last));
            }
            for sheet in SHEETS {
                command(&mut window, Command::Sheet(Some(sheet)));
                check_names(&window, &format!("{sheet:?}"));
            }
        }
    }
}

/// The name of what has the focus.
fn focused(window: &Window) -> Option<(Role, String)> {
    let mut nodes = window.root().children_recursive();
    let node = nodes.find(|node| node.accesskit_node().is_focused())?;
    let node = node.accesskit_node();
    Some((node.role(), node.label().or_else(|| node.value()).unwrap_or_default()))
}

/// Presses Tab until what has the focus is wanted.
#[track_caller]
fn tab_to(window: &mut Window, what: &str, is_wanted: impl Fn(Role, &str) -> bool) {
    let mut seen = Vec::new();
    for _ in 0..250 {
        window.key_press(Key::Tab);
        window.run_steps(2);
        if let Some((role, name)) = focused(window) {
            if is_wanted(role, &name) {
                return;
            }
            seen.push(name);
        }
    }
    panic!("{what} is not reached by Tab, only {seen:?}");
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(3);
}

fn type_text(window: &mut Window, text: &str) {
    window.event(Event::Text(text.to_owned()));
    window.run_steps(3);
}

/// From the course map through a whole lesson and back, without a pointer.
#[test]
fn a_lesson_is_walked_by_keyboard_alone() {
    let none = Modifiers::NONE;
    let mut window = window(Language::English, Vec2::new(1280.0, 800.0), 100);
    tab_to(&mut window, "the LSTM's card", |role, name| {
        role == Role::Button && name.starts_with("05 LSTM")
    });
    press(&mut window, none, Key::Enter);
    let state = |window: &Window| window.state().state.lesson.as_ref().map(|l| l.stop);
    assert_eq!(state(&window), Some(0));
    // Through the run.
    press(&mut window, none, Key::Home);
    let cursor = |window: &Window| window.state().state.timeline.cursor();
    assert_eq!(cursor(&window), 0);
    press(&mut window, none, Key::ArrowRight);
    let after = cursor(&window);
    assert!(after > 0);
    press(&mut window, none, Key::ArrowLeft);
    assert_eq!(cursor(&window), 0);
    // A token is edited in place.
    tab_to(&mut window, "the first token", |_, name| name.starts_with("0: "));
    press(&mut window, none, Key::F2);
    press(&mut window, Modifiers::COMMAND, Key::A);
    type_text(&mut window, "{");
    press(&mut window, none, Key::Enter);
    assert!(window.state().state.input.starts_with('{'), "{}", window.state().state.input);
    press(&mut window, none, Key::R);
    assert!(window.state().state.input.starts_with('('), "{}", window.state().state.input);
    // Every stop, and a prediction on the way.
    let lesson = window.state().state.lesson.as_ref().unwrap().lesson.clone();
    let mut answered = 0;
    for stop in 1..=lesson.stops.len() {
        press(&mut window, Modifiers::COMMAND, Key::ArrowRight);
        assert_eq!(state(&window), Some(stop));
        let blocks = &lesson.stops[stop - 1].blocks;
        let asks = unrolled::lesson::count_asked(blocks) > 0;
        let has_choice = window
            .root()
            .children_recursive()
            .any(|node| node.accesskit_node().role() == Role::RadioButton);
        if asks && has_choice {
            tab_to(&mut window, "a choice", |role, _| role == Role::RadioButton);
            press(&mut window, none, Key::Space);
            answered += 1;
            assert_eq!(window.state().state.kept.answers.len(), answered, "stop {stop}");
            press(&mut window, none, Key::Escape);
        }
    }
    assert!(answered >= 3, "two predictions and the checks");
    // The palette, by key; chosen by name; the focus is where it was.
    press(&mut window, Modifiers::COMMAND, Key::K);
    type_text(&mut window, "heatmap");
    press(&mut window, none, Key::Enter);
    assert!(window.state().state.views.iter().any(|view| view == "heatmap"));
    assert_eq!(window.state().state.sheet, None);
    press(&mut window, none, Key::M);
    assert!(window.state().state.lesson.is_none());
    let kept = &window.state().state.kept;
    assert!((0..=lesson.stops.len()).all(|stop| kept.progress["lstm"].has(stop)));
}

#[test]
fn the_palette_gives_the_focus_back() {
    let mut window = window(Language::English, Vec2::new(1280.0, 800.0), 100);
    tab_to(&mut window, "a card", |_, name| name.starts_with("02 "));
    let before = focused(&window);
    for close in [(Modifiers::NONE, Key::Escape), (Modifiers::COMMAND, Key::K)] {
        press(&mut window, Modifiers::COMMAND, Key::K);
        let field = (Role::TextInput, tr(Language::English, "search.title").to_owned());
        assert_eq!(focused(&window), Some(field), "{close:?}");
        press(&mut window, close.0, close.1);
        assert_eq!(window.state().state.sheet, None);
        assert_eq!(focused(&window), before, "{close:?}");
    }
}

#[test]
fn a_key_is_given_to_an_action_in_the_settings() {
    let mut window = window(Language::English, Vec2::new(1280.0, 800.0), 100);
    press(&mut window, Modifiers::COMMAND, Key::Comma);
    assert_eq!(window.state().state.sheet, Some(Sheet::Settings));
    let words = tr(Language::English, "actions.reset");
    let is_row = |_: Role, name: &str| name.starts_with(&format!("{words}: "));
    tab_to(&mut window, "the row of “reset”", is_row);
    // What another action has is refused; the same press is not carried out either.
    press(&mut window, Modifiers::NONE, Key::Enter);
    press(&mut window, Modifiers::COMMAND, Key::K);
    assert_eq!(window.state().state.sheet, Some(Sheet::Settings));
    assert!(window.state().state.kept.keys.is_empty());
    press(&mut window, Modifiers::NONE, Key::Enter);
    press(&mut window, Modifiers::COMMAND, Key::J);
    assert_eq!(window.state().state.kept.keys["reset"], "Ctrl+J");
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(window.state().state.sheet, None);
}

/// A control that can be clicked, as far as it can be seen.
struct Control {
    name: String,
    whole: Rect,
    seen: Rect,
}

/// What can be clicked, by layer: whole, and the part of it that is not clipped away.
fn controls(window: &Window) -> Vec<Vec<Control>> {
    // A build without debug assertions keeps no names with its widgets; the tree for screen readers
    // has them.
    let density = window.ctx.pixels_per_point();
    let nodes = window.root().children_recursive().map(|node| node.accesskit_node());
    let named: Vec<(Rect, String)> = nodes
        .filter(|node| is_control(node.role()))
        .filter_map(|node| {
            let [min, max] = node.bounding_box().map(|b| [[b.x0, b.y0], [b.x1, b.y1]])?;
            let [min, max] = [min, max].map(|at| Pos2::from(at.map(|x| x as f32)) / density);
            Some((Rect::from_min_max(min, max), node.label()?))
        })
        .collect();
    let name_at = |rect: Rect| {
        let is_same = |(own, _): &&(Rect, String)| {
            (own.min - rect.min).length() < 1.0 && (own.max - rect.max).length() < 1.0
        };
        named.iter().find(is_same).map(|(_, name)| name.clone())
    };
    window.ctx.viewport(|viewport| {
        let layers = viewport.prev_pass.widgets.layers();
        let of = |rects: &[egui::WidgetRect]| -> Vec<Control> {
            let clickable = rects.iter().filter(|widget| widget.sense.senses_click());
            clickable
                .filter_map(|widget| {
                    // What has no name is ground, not a control; the tests of names hold that.
                    let name = name_at(widget.rect)?;
                    Some(Control { name, whole: widget.rect, seen: widget.interact_rect })
                })
                .collect()
        };
        layers.map(|(_, rects)| of(rects)).collect()
    })
}

/// Two neighbours may share an edge; more of both is an overlap.
const SHARED_EDGE: f32 = 3.0;
/// A control that is seen is seen so far that one can click it.
const CLICKABLE: f32 = 8.0;

fn misplaced(window: &Window) -> BTreeSet<String> {
    let screen = window.ctx.content_rect();
    let mut found = BTreeSet::new();
    let layers = controls(window);
    // Every page has the bar at the top; a page without controls would pass whatever it looks like.
    assert!(layers.iter().map(Vec::len).sum::<usize>() >= 5, "no controls are found");
    for layer in layers {
        for (at, a) in layer.iter().enumerate() {
            let beyond = !screen.expand(1.0).contains_rect(a.whole);
            // What is in a list that scrolls goes on beyond the list's edge, not beyond the window's.
            let is_cut = a.seen.is_positive() && a.whole.height() <= screen.height();
            let leaves =
                a.whole.right() > screen.right() + 1.0 && a.seen.right() > screen.right() - 1.0;
            if beyond && is_cut && leaves {
                found.insert(format!("“{}” leaves the window: {:?}", a.name, a.whole));
            }
            for b in &layer[at + 1..] {
                let both = a.seen.intersect(b.seen);
                let holds = a.seen.contains_rect(b.seen) || b.seen.contains_rect(a.seen);
                if both.width() > SHARED_EDGE && both.height() > SHARED_EDGE && !holds {
                    found
                        .insert(format!("“{}” {:?} and “{}” {:?}", a.name, a.seen, b.name, b.seen));
                }
            }
            let sliver = a.seen.is_positive()
                && a.seen.width() < CLICKABLE.min(a.whole.width())
                && a.seen.right() > screen.right() - CLICKABLE;
            if sliver {
                found.insert(format!("“{}” is cut off at the window's edge", a.name));
            }
        }
    }
    found
}

#[track_caller]
fn check_places(window: &Window, page: &str) {
    let misplaced = misplaced(window);
    assert!(misplaced.is_empty(), "{page}: {misplaced:#?}");
}

fn check_size(size: [f32; 2], scale: u32) {
    for language in Language::ALL {
        let mut window = window(language, Vec2::from(size), scale);
        let place = |page: &str| format!("{page}, {size:?}, {scale} %, {language}");
        check_places(&window, &place("course map"));
        for sheet in [Sheet::Keys, Sheet::Palette, Sheet::Settings] {
            command(&mut window, Command::Sheet(Some(sheet)));
            check_places(&window, &place(&format!("{sheet:?}")));
        }
        command(&mut window, Command::Sheet(None));
        for id in ["lstm", "vanishing-gradient", "transformer"] {
            command(&mut window, Command::OpenLesson(id.to_owned()));
            command(&mut window, Command::Timeline(TimelineCommand::End));
            check_places(&window, &place(id));
            command(&mut window, Command::Stop(2));
            check_places(&window, &place(&format!("{id}, stop 2")));
            command(&mut window, Command::Sheet(Some(Sheet::Breakpoints)));
            check_places(&window, &place("breakpoints"));
            command(&mut window, Command::Sheet(None));
        }
    }
}

#[test]
fn nothing_overlaps_or_leaves_the_smallest_window() {
    check_size([960.0, 600.0], 75);
    check_size([960.0, 600.0], 100);
}

#[test]
fn nothing_overlaps_or_leaves_usual_windows() {
    for scale in [75, 100, 150] {
        check_size([1280.0, 800.0], scale);
        check_size([1920.0, 1080.0], scale);
    }
}

#[test]
fn nothing_overlaps_or_leaves_large_windows_of_large_text() {
    check_size([1920.0, 1080.0], 200);
    check_size([3840.0, 2160.0], 100);
    check_size([3840.0, 2160.0], 200);
}
