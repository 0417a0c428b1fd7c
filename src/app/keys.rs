//! Keys, the same for every model.

use egui::{Context, Key, Modifiers};

use super::presenter::GROWS;
use super::state::{Sheet, State};
use crate::trace::timeline::{Granularity, TimelineCommand};
use crate::view::command::{
    BreakpointCommand, CompareCommand, Export, PresentCommand, Purpose, Spot,
};
use crate::view::{Command, Panel};

/// The sheet of keys: what is pressed, and the key of its words.
pub const SHEET: &[(&str, &str)] = &[
    ("Space", "keys.play"),
    ("← →", "keys.step"),
    ("Shift ← →", "keys.token"),
    ("Ctrl ← →", "keys.stop"),
    ("Home  End", "keys.ends"),
    ("T  L  O", "keys.granularity"),
    ("G", "keys.go_to"),
    ("W", "keys.walk_back"),
    ("Shift W", "keys.loss_here"),
    ("B", "keys.breakpoint"),
    ("N  Shift N", "keys.marks"),
    ("C", "keys.change"),
    ("D", "keys.difference"),
    ("K", "keys.keep"),
    ("R", "keys.reset"),
    ("+  −", "keys.speed"),
    ("I", "keys.inspector"),
    ("Ctrl S  Ctrl O", "keys.session"),
    ("F5", "keys.present"),
    ("1 – 4  S  N  B", "keys.presenting"),
    ("Ctrl +  Ctrl −  Ctrl 0", "keys.zoom"),
    ("?", "keys.help"),
];

/// The commands of the keys pressed in this frame. While something is typed, no key is a command.
#[must_use]
pub fn commands(ctx: &Context, state: &State) -> Vec<Command> {
    use TimelineCommand::{Back, End, Forward, Home, Speed, TogglePlay};
    let mut commands = Vec::new();
    if ctx.egui_wants_keyboard_input() {
        return commands;
    }
    let current = state.back.as_ref().unwrap_or(&state.timeline);
    let speed = current.speed();
    let now = state.run.as_ref().map(|run| match (&state.back, &run.backward) {
        (Some(back), Some(backward)) => back.position(&**backward),
        _ => state.timeline.position(&*run.trace),
    });
    let spot = state.selection.as_ref().zip(now).map(|(selection, now)| {
        let place = selection.place(now);
        Spot { name: place.name, position: place.position, unit: selection.unit }
    });
    let stop = state.lesson.as_ref().map_or(0, |open| open.stop);
    let timeline = Command::Timeline;
    let token = Some(Granularity::Token);
    let bindings = [
        (Modifiers::NONE, Key::Space, timeline(TogglePlay)),
        (Modifiers::NONE, Key::F5, Command::Present(PresentCommand::Toggle)),
        (
            Modifiers::COMMAND | Modifiers::SHIFT,
            Key::S,
            Command::Choose(Purpose::Save(Export::Session)),
        ),
        (Modifiers::COMMAND, Key::S, Command::SaveSession),
        (Modifiers::COMMAND, Key::O, Command::Choose(Purpose::File)),
        (Modifiers::COMMAND, Key::ArrowRight, Command::Stop(stop + 1)),
        (Modifiers::COMMAND, Key::ArrowLeft, Command::Stop(stop.saturating_sub(1))),
        (Modifiers::SHIFT, Key::ArrowRight, timeline(Forward(token))),
        (Modifiers::SHIFT, Key::ArrowLeft, timeline(Back(token))),
        (Modifiers::NONE, Key::ArrowRight, timeline(Forward(None))),
        (Modifiers::NONE, Key::ArrowLeft, timeline(Back(None))),
        (Modifiers::NONE, Key::Home, timeline(Home)),
        (Modifiers::NONE, Key::End, timeline(End)),
        (Modifiers::NONE, Key::T, timeline(TimelineCommand::Granularity(Granularity::Token))),
        (Modifiers::NONE, Key::L, timeline(TimelineCommand::Granularity(Granularity::Layer))),
        (Modifiers::NONE, Key::O, timeline(TimelineCommand::Granularity(Granularity::Operation))),
        (Modifiers::NONE, Key::G, Command::AskPosition(true)),
        (Modifiers::SHIFT, Key::W, Command::LossAt(now)),
        (Modifiers::NONE, Key::W, Command::WalkBack(state.back.is_none())),
        (Modifiers::NONE, Key::B, Command::AskBreakpoint(true)),
        (Modifiers::SHIFT, Key::N, Command::Breakpoint(BreakpointCommand::Previous)),
        (Modifiers::NONE, Key::N, Command::Breakpoint(BreakpointCommand::Next)),
        (Modifiers::NONE, Key::C, Command::AskIntervention(spot)),
        (Modifiers::NONE, Key::D, Command::ShowDifference(!state.shows_difference)),
        (Modifiers::NONE, Key::K, Command::Compare(CompareCommand::Keep)),
        (Modifiers::NONE, Key::R, Command::Reset),
        (
            Modifiers::NONE,
            Key::I,
            Command::ShowInspector(!state.shows_inspector(ctx.content_rect().width())),
        ),
        (Modifiers::NONE, Key::Plus, timeline(Speed(speed * 1.25))),
        (Modifiers::NONE, Key::Equals, timeline(Speed(speed * 1.25))),
        (Modifiers::NONE, Key::Minus, timeline(Speed(speed / 1.25))),
    ];
    ctx.input_mut(|input| {
        if state.presenter.is_on {
            for (key, command) in presenting(state, stop) {
                if input.consume_key(Modifiers::NONE, key) {
                    commands.push(command);
                }
            }
        }
        for (modifiers, key, command) in bindings {
            if input.consume_key(modifiers, key) {
                commands.push(command);
            }
        }
        // A question mark needs different keys on different keyboards; its text is the same.
        let asks = |event: &egui::Event| matches!(event, egui::Event::Text(text) if text == "?" || text == "？");
        if input.events.iter().any(asks) {
            commands.push(Command::ToggleKeys);
        }
        if state.sheet == Some(Sheet::Keys) && input.consume_key(Modifiers::NONE, Key::Escape) {
            commands.push(Command::ToggleKeys);
        }
    });
    commands
}

/// What keys mean while presenting, before what they mean otherwise. A clicker sends the page keys, and
/// `.` or B for a black screen.
fn presenting(state: &State, stop: usize) -> Vec<(Key, Command)> {
    use PresentCommand::{Blank, Notes, Radius, Spotlight, Toggle};
    let presenter = &state.presenter;
    let present = Command::Present;
    let page = |to| if presenter.is_blank { present(Blank) } else { Command::Stop(to) };
    let mut keys: Vec<(Key, Command)> = [Key::Num1, Key::Num2, Key::Num3, Key::Num4]
        .into_iter()
        .zip(Panel::ALL)
        .map(|(key, panel)| (key, present(PresentCommand::Panel(panel))))
        .collect();
    keys.extend([
        (Key::PageDown, page(stop + 1)),
        (Key::PageUp, page(stop.saturating_sub(1))),
        (Key::S, present(Spotlight)),
        (Key::N, present(Notes)),
        (Key::B, present(Blank)),
        (Key::Period, present(Blank)),
    ]);
    // A sheet or a panel over the page is closed first, by itself.
    if state.sheet.is_none() && state.intervening.is_none() {
        keys.push((Key::Escape, present(if presenter.is_blank { Blank } else { Toggle })));
    }
    if presenter.spotlight {
        keys.extend([
            (Key::Plus, present(Radius(GROWS))),
            (Key::Equals, present(Radius(GROWS))),
            (Key::Minus, present(Radius(GROWS.recip()))),
        ]);
    }
    keys
}
