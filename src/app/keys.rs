//! Keys, the same for every model.

use egui::{Context, Key, Modifiers};

use super::state::{Sheet, State};
use crate::trace::timeline::{Granularity, TimelineCommand};
use crate::view::Command;
use crate::view::command::{BreakpointCommand, CompareCommand, Spot};

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
