//! From keys to commands.

use egui::Context;

use super::actions::{Situation, pressed};
use super::settings_sheet;
use super::shortcut::Shortcut;
use super::state::State;
use crate::view::Command;

/// The commands of the keys pressed in this frame. What a field of text or a control with the focus
/// needs for itself is left to it.
#[must_use]
pub fn commands(ctx: &Context, state: &State) -> Vec<Command> {
    if settings_sheet::waits_for_key(ctx) {
        return Vec::new();
    }
    let is_typing = ctx.text_edit_focused();
    let has_focus = ctx.memory(|memory| memory.focused().is_some());
    let situation = Situation { state, width: ctx.content_rect().width() };
    let mut commands = Vec::new();
    ctx.input_mut(|input| {
        input.events.retain(|event| {
            let Some(shortcut) = Shortcut::of_event(event) else { return true };
            let is_free = if is_typing {
                shortcut.works_while_typing()
            } else {
                !(has_focus && shortcut.belongs_to_focus())
            };
            let command = is_free.then(|| pressed(shortcut, &situation)).flatten();
            let is_left = command.is_none();
            commands.extend(command);
            is_left
        });
    });
    commands
}
