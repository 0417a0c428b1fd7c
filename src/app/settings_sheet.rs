//! The sheet of settings: how the program looks, and its keys.

use egui::{Button, Id, Key, Modal, RichText, ScrollArea, Ui, vec2};

use super::actions::{ACTIONS, Action, Group};
use super::messages::theme_words;
use super::settings::{NORMAL_SCALE, taken};
use super::shortcut::Shortcut;
use super::state::State;
use crate::view::command::{SettingsCommand, ThemeChoice};
use crate::view::{Command, Language, theme, tr, tr_with};

const LOOK_WIDTH: f32 = 310.0;
const KEYS_WIDTH: f32 = 470.0;
/// Of the window's height, what heading, buttons and margins need.
const AROUND: f32 = 150.0;
/// The width of a key's button.
const KEY_WIDTH: f32 = 120.0;

/// What the sheet knows between frames: the action whose key is about to be pressed, and the last
/// press that was refused, with the words of the action that has it.
#[derive(Clone, Default)]
struct Asking {
    action: Option<&'static str>,
    refused: Option<(&'static str, String, &'static str)>,
    forgets: bool,
}

fn id() -> Id {
    Id::unique("settings")
}

/// Whether the next key that is pressed is to be an action's.
pub(super) fn waits_for_key(ctx: &egui::Context) -> bool {
    ctx.data(|data| data.get_temp::<Asking>(id())).is_some_and(|asking| asking.action.is_some())
}

/// Draws the sheet.
pub(super) fn ui(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let mut asking: Asking = ui.data(|data| data.get_temp(id())).unwrap_or_default();
    let was_asking = asking.action.is_some();
    listen(ui, state, &mut asking, commands);
    let modal = Modal::new(id()).show(ui.ctx(), |ui| {
        let room = ui.ctx().content_rect().size();
        ui.set_max_width(room.x - 2.0 * theme::GAP_SECTION);
        ui.heading(words("settings.title"));
        ui.add_space(theme::GAP);
        ScrollArea::both().max_height(room.y - AROUND).show(ui, |ui| {
            ui.horizontal_top(|ui| {
                ui.vertical(|ui| {
                    ui.set_width(LOOK_WIDTH);
                    look(ui, state, &mut asking, commands);
                });
                ui.add_space(theme::GAP_LARGE);
                ui.vertical(|ui| {
                    ui.set_width(KEYS_WIDTH);
                    keys(ui, state, room.y - AROUND, &mut asking, commands);
                });
            });
        });
        ui.add_space(theme::GAP);
        if ui.button(words("common.close")).clicked() {
            commands.push(Command::Sheet(None));
        }
    });
    // Escape ends the wait for a key first.
    let closes = modal.should_close() && !was_asking;
    if closes {
        commands.push(Command::Sheet(None));
    }
    if closes || commands.contains(&Command::Sheet(None)) {
        asking = Asking::default();
    }
    ui.data_mut(|data| data.insert_temp(id(), asking));
}

/// A row of the left half: what is set, and the controls that set it.
fn row(ui: &mut Ui, words: &str, controls: impl FnOnce(&mut Ui)) {
    ui.label(RichText::new(words).small().weak());
    ui.horizontal_wrapped(controls);
    ui.add_space(theme::GAP_SMALL);
}

fn look(ui: &mut Ui, state: &State, asking: &mut Asking, commands: &mut Vec<Command>) {
    let language = state.kept.language;
    let words = |key| tr(language, key);
    row(ui, words("settings.language"), |ui| {
        for choice in Language::ALL {
            if ui.selectable_label(choice == language, choice.to_string()).clicked() {
                commands.push(Command::SetLanguage(choice));
            }
        }
    });
    row(ui, words("settings.theme"), |ui| {
        for choice in [ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark] {
            let text = theme_words(language, choice);
            if ui.selectable_label(choice == state.kept.theme, text).clicked() {
                commands.push(Command::SetTheme(choice));
            }
        }
    });
    row(ui, words("settings.scale"), |ui| {
        let scale = state.kept.scale;
        let mut step = |ui: &mut Ui, text: &str, key, to: u32| {
            let button =
                ui.add_enabled(to != scale.percent(), Button::new(text).min_size(vec2(30.0, 26.0)));
            let label = words(key);
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
            if button.on_hover_text(label).clicked() {
                commands.push(Command::Settings(SettingsCommand::Scale(to)));
            }
        };
        step(ui, "−", "actions.smaller", scale.step(-1));
        let percent = scale.percent().to_string();
        ui.monospace(tr_with(language, "settings.percent", &[("percent", &percent)]));
        step(ui, "+", "actions.larger", scale.step(1));
        step(ui, "↺", "actions.normal_size", NORMAL_SCALE);
    });
    ui.add_space(theme::GAP_SMALL);
    let mut reduced = state.kept.reduces_motion;
    let toggle = ui.checkbox(&mut reduced, words("settings.motion"));
    if toggle.on_hover_text(words("settings.motion_hint")).changed() {
        commands.push(Command::Settings(SettingsCommand::ReduceMotion(reduced)));
    }
    let mut notes = state.kept.instructor_notes;
    let toggle = ui.checkbox(&mut notes, words("menu.instructor_notes"));
    if toggle.on_hover_text(words("menu.instructor_notes_hint")).changed() {
        commands.push(Command::ShowNotes(notes));
    }
    ui.add_space(theme::GAP);
    forget(ui, state, asking, commands);
}

/// Forgetting cannot be undone, so it takes two clicks.
fn forget(ui: &mut Ui, state: &State, asking: &mut Asking, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let kept = &state.kept;
    let any = !(kept.progress.is_empty() && kept.answers.is_empty() && kept.done.is_empty());
    if !asking.forgets {
        let button = ui.add_enabled(any, Button::new(words("settings.forget")));
        asking.forgets = button.on_hover_text(words("settings.forget_hint")).clicked();
        return;
    }
    ui.label(words("settings.forget_hint"));
    ui.horizontal(|ui| {
        let color = theme::error(ui.visuals().dark_mode);
        if ui.button(RichText::new(words("settings.forget_now")).color(color)).clicked() {
            commands.push(Command::Settings(SettingsCommand::ForgetProgress));
            asking.forgets = false;
        }
        if ui.button(words("common.cancel")).clicked() {
            asking.forgets = false;
        }
    });
}

fn keys(ui: &mut Ui, state: &State, height: f32, asking: &mut Asking, commands: &mut Vec<Command>) {
    let language = state.kept.language;
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr(language, "settings.keys")).small().weak());
        let any = ACTIONS.iter().any(|action| state.kept.keys.contains_key(action.id()));
        let button =
            ui.add_enabled(any, Button::new(tr(language, "settings.default_keys")).small());
        if button.clicked() {
            commands.push(Command::Settings(SettingsCommand::DefaultKeys));
            asking.refused = None;
        }
    });
    let scroll = ScrollArea::vertical().id_salt("keys").max_height(height - 36.0);
    scroll.show(ui, |ui| {
        theme::compact(ui);
        for group in Group::ALL {
            ui.add_space(theme::GAP_SMALL);
            ui.label(RichText::new(tr(language, group.words())).small().weak());
            for action in ACTIONS.iter().filter(|action| action.group == group) {
                key_row(ui, state, action, asking, commands);
            }
        }
    });
}

/// One action: its key, which a click sets anew; without it; its own again.
fn key_row(
    ui: &mut Ui,
    state: &State,
    action: &'static Action,
    asking: &mut Asking,
    commands: &mut Vec<Command>,
) {
    let language = state.kept.language;
    let dark = ui.visuals().dark_mode;
    let words = tr(language, action.words);
    let keys = action.keys(&state.kept.keys);
    let is_own = !state.kept.keys.contains_key(action.id());
    ui.horizontal(|ui| {
        let is_asked = asking.action == Some(action.id());
        let text = if is_asked { tr(language, "settings.press") } else { keys.as_str() };
        let mut text = RichText::new(text).monospace().size(theme::COMPACT_SIZE);
        if is_asked || !is_own {
            text = text.color(theme::accent(dark));
        }
        let button = ui.add(Button::new(text).min_size(vec2(KEY_WIDTH, 22.0)).selected(is_asked));
        let label = format!("{words}: {keys}");
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
        if button.on_hover_text(tr(language, "settings.set_key")).clicked() {
            asking.action = (!is_asked).then_some(action.id());
            asking.refused = None;
        }
        let mut small = |ui: &mut Ui, is_possible, icon, key, to: Option<String>| {
            let button = ui.add_enabled(is_possible, Button::new(icon).frame(false));
            let hint = tr(language, key);
            let label = format!("{hint}: {words}");
            let info = || egui::WidgetInfo::labeled(egui::Role::Button, is_possible, &label);
            button.widget_info(info);
            if button.on_hover_text(hint).clicked() {
                let command = SettingsCommand::Key(action.id().to_owned(), to);
                commands.push(Command::Settings(command));
            }
        };
        small(ui, !keys.is_empty(), "×", "settings.no_key", Some(String::new()));
        small(ui, !is_own, "↺", "settings.own_key", None);
        ui.label(RichText::new(words).size(theme::COMPACT_SIZE));
    });
    if let Some((id, keys, other)) = &asking.refused
        && *id == action.id()
    {
        let other = tr(language, other);
        let values = [("keys", keys.as_str()), ("action", other)];
        let text = tr_with(language, "settings.taken", &values);
        ui.label(RichText::new(text).small().color(theme::error(dark)));
    }
}

/// Takes the next press for the action that waits for one; a press that another action has is refused.
fn listen(ui: &Ui, state: &State, asking: &mut Asking, commands: &mut Vec<Command>) {
    let Some(action) = asking.action else { return };
    let pressed = ui.input_mut(|input| {
        let mut pressed = None;
        input.events.retain(|event| {
            let Some(shortcut) = Shortcut::of_event(event) else { return true };
            pressed = Some(shortcut);
            false
        });
        pressed
    });
    let Some(shortcut) = pressed else { return };
    if shortcut == Shortcut::new(egui::Modifiers::NONE, Key::Escape) {
        asking.action = None;
    } else if shortcut.may_be_chosen() {
        match taken(&state.kept, action, shortcut) {
            Some(other) => asking.refused = Some((action, shortcut.to_string(), other.words)),
            None => {
                let keys = Some(shortcut.to_string());
                commands.push(Command::Settings(SettingsCommand::Key(action.to_owned(), keys)));
            }
        }
        asking.action = None;
    }
}
