//! The bars along the top: what is open, what it reads, menus, and what the learner should know.

use egui::{Align, Frame, Layout, Margin, Panel, RichText, Ui, vec2};

use super::menus;
use super::messages::input_error_text;
use super::state::State;
use crate::lesson::Lesson;
use crate::view::command::InterveneCommand;
use crate::view::{Command, Hidden, theme, tr, tr_with};

/// The frame of a bar.
pub(super) fn bar_frame(ui: &Ui) -> Frame {
    Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(12, 8))
}

/// What is open, what it reads, and the menus.
pub(super) fn top_bar(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    Panel::top("bar").frame(bar_frame(ui)).show(ui, |ui| {
        ui.horizontal(|ui| {
            let home = egui::Button::new(
                RichText::new("Unrolled").family(theme::bold_family()).size(17.0),
            )
            .frame(false);
            let home = ui.add(home);
            if !state.hides(Hidden::Lessons)
                && home.on_hover_text(words("menu.course_map")).clicked()
            {
                commands.push(Command::OpenMap);
            }
            if let Some(open) = &state.lesson {
                lesson_switch(ui, state, &open.lesson, commands);
                if !state.hides(Hidden::Model) {
                    model_menu(ui, state, commands);
                }
                if !state.hides(Hidden::Input) {
                    input_field(ui, state, commands);
                }
            } else if state.own.is_open {
                ui.label(RichText::new(words("text.title")).strong());
                if state.own.training.is_some() {
                    input_field(ui, state, commands);
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                menus::ui(ui, state, commands);
            });
        });
    });
}

fn lesson_switch(ui: &mut Ui, state: &State, lesson: &Lesson, commands: &mut Vec<Command>) {
    let ids: Vec<&str> = state.library.ids().collect();
    let at = ids.iter().position(|id| *id == lesson.id).unwrap_or(0);
    let mut arrow = |ui: &mut Ui, icon: &str, to: Option<&&str>, key: &'static str| {
        let button = ui.add_enabled(
            to.is_some(),
            egui::Button::new(icon).frame(false).min_size(vec2(26.0, 26.0)),
        );
        let label = tr(state.kept.language, key);
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
        if let (true, Some(id)) = (button.on_hover_text(label).clicked(), to) {
            commands.push(Command::OpenLesson((*id).to_owned()));
        }
    };
    let is_free = !state.hides(Hidden::Lessons);
    let others = if is_free { ids.as_slice() } else { &[] };
    arrow(ui, "◀", at.checked_sub(1).and_then(|at| others.get(at)), "lesson.previous_lesson");
    let short = lesson.short_title();
    ui.label(RichText::new(format!("{:02} {short}", lesson.number)).strong());
    arrow(ui, "▶", others.get(at + 1), "lesson.next_lesson");
}

/// The model on the stage, and the others that could stand there.
fn model_menu(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    ui.add_space(theme::GAP);
    let current = state.model.id();
    let menu = ui.menu_button(RichText::new(current).monospace(), |ui| {
        for spec in crate::models::MODELS {
            ui.menu_button(spec.title, |ui| {
                egui::ScrollArea::vertical().max_height(theme::MENU_HEIGHT).show(ui, |ui| {
                    for id in spec.ids() {
                        let text = RichText::new(&id).monospace();
                        if ui.selectable_label(id == current, text).clicked() {
                            commands.push(Command::SetModel(id));
                            ui.close();
                        }
                    }
                });
            });
        }
    });
    menu.response.on_hover_text(tr(state.kept.language, "views.model_hint"));
}

/// The whole input as text; the model runs again at every change, and what it cannot read stays.
fn input_field(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    /// A narrower field shows too little to type in; tokens can still be edited on the timeline.
    const NARROWEST: f32 = 90.0;
    let language = state.kept.language;
    let reserved = menus::width(ui.ctx().content_rect().width());
    if ui.available_width() < reserved + NARROWEST {
        return;
    }
    ui.add_space(theme::GAP);
    let label = ui.label(RichText::new(tr(language, "menu.input")).weak().small());
    let mut text = state.input.clone();
    let width = (ui.available_width() - reserved).clamp(0.5 * NARROWEST, 420.0);
    let dark = ui.visuals().dark_mode;
    let mut field =
        egui::TextEdit::singleline(&mut text).font(egui::TextStyle::Monospace).desired_width(width);
    if state.input_error.is_some() {
        field = field.text_color(theme::error(dark));
    }
    let response =
        ui.add(field).labelled_by(label.id).on_hover_text(tr(language, "menu.input_hint"));
    if response.changed() {
        commands.push(Command::SetInput(text));
    }
    if state.has_other_input() {
        let words = tr(language, "menu.restore_input");
        let button = ui.button("↺");
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
        if button.on_hover_text(words).clicked() {
            commands.push(Command::RestoreInput);
        }
    }
}

/// What the learner should know, in the way until it is dismissed or mended.
pub(super) fn message_bar(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let dark = ui.visuals().dark_mode;
    let input_error =
        state.input_error.as_ref().map(|error| input_error_text(state.kept.language, error));
    let message = state.message.as_ref().map(|message| (message.text.clone(), message.is_error));
    let no_interventions = state.interventions.is_empty() && state.resting.is_empty();
    let cut = cut_words(state).or_else(|| remark_words(state));
    if input_error.is_none() && message.is_none() && cut.is_none() && no_interventions {
        return;
    }
    Panel::top("messages").frame(bar_frame(ui)).show(ui, |ui| {
        if let Some(text) = input_error {
            ui.label(RichText::new(text).color(theme::error(dark)));
        }
        if let Some(text) = cut {
            ui.label(RichText::new(text).color(theme::warning(dark)));
        }
        if let Some((text, is_error)) = message {
            ui.horizontal_wrapped(|ui| {
                let color = if is_error { theme::error(dark) } else { theme::success(dark) };
                ui.label(RichText::new(text).color(color));
                if ui.small_button(tr(state.kept.language, "common.close")).clicked() {
                    commands.push(Command::DismissMessage);
                }
            });
        }
        interventions_ui(ui, state, commands);
    });
}

/// Says so where the model was stopped before it had ended its answer.
fn cut_words(state: &State) -> Option<String> {
    let trace = state.run.as_ref().map(|run| &run.trace).filter(|trace| trace.is_cut())?;
    let count = (trace.n_positions() - trace.given()).to_string();
    Some(tr_with(state.kept.language, "views.cut", &[("count", &count)]))
}

/// Says so where the input can be read but is none of its task's, and what would be.
fn remark_words(state: &State) -> Option<String> {
    let language = state.kept.language;
    let remark = state.run.as_ref().and_then(|run| run.trace.remark())?;
    // Counted from 0, as positions are everywhere on screen.
    let position = remark.position.to_string();
    let words = [("found", remark.found.as_str()), ("position", position.as_str())];
    let key = if remark.found.is_empty() { "views.unfinished" } else { "views.outside" };
    let mut text = tr_with(language, key, &words);
    if let Some(nearest) = &remark.nearest {
        text.push_str(&tr_with(language, "error.nearest", &[("nearest", nearest)]));
    }
    Some(text)
}

/// What is in force: each can be switched off and on, or lifted; and what it changes.
fn interventions_ui(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    if state.interventions.is_empty() && state.resting.is_empty() {
        return;
    }
    let dark = ui.visuals().dark_mode;
    let words = |key| tr(state.kept.language, key);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(words("intervene.active")).color(theme::warning(dark)));
        // What is in force is said, whoever may change it.
        if state.hides(Hidden::Interventions) {
            for intervention in &state.interventions {
                ui.label(RichText::new(intervention.to_string()).monospace());
            }
            return;
        }
        for (at, intervention) in state.interventions.iter().enumerate() {
            let change = [InterveneCommand::Rest(at), InterveneCommand::Lift(at)];
            intervention_ui(ui, state, &intervention.to_string(), true, change, commands);
        }
        for (at, (_, intervention)) in state.resting.iter().enumerate() {
            let change = [InterveneCommand::Wake(at), InterveneCommand::Forget(at)];
            intervention_ui(ui, state, &intervention.to_string(), false, change, commands);
        }
        let all = ui.button(words("intervene.remove_all"));
        if all.clicked() {
            commands.push(Command::Interventions(InterveneCommand::LiftAll));
        }
        if state.baseline.is_none() {
            return;
        }
        ui.separator();
        let shown = state.shows_difference;
        let toggle = ui.selectable_label(shown, words("intervene.difference"));
        let hint = format!("{}  (D)", words("intervene.changed"));
        if toggle.on_hover_text(hint).clicked() {
            commands.push(Command::ShowDifference(!shown));
        }
        let text = match &state.first_difference {
            Some((position, name)) => {
                let position = position.to_string();
                let values = [("position", position.as_str()), ("name", name.as_str())];
                tr_with(state.kept.language, "intervene.first_difference", &values)
            }
            None => words("intervene.no_difference").to_owned(),
        };
        ui.label(RichText::new(text).small().weak());
    });
}

fn intervention_ui(
    ui: &mut Ui,
    state: &State,
    text: &str,
    is_on: bool,
    [switch, lift]: [InterveneCommand; 2],
    commands: &mut Vec<Command>,
) {
    ui.spacing_mut().item_spacing.x = theme::GAP_SMALL;
    let mut checked = is_on;
    let rich = RichText::new(text).monospace();
    let rich = if is_on { rich } else { rich.weak() };
    let hint = tr(state.kept.language, "intervene.switch_hint");
    if ui.checkbox(&mut checked, rich).on_hover_text(hint).changed() {
        commands.push(Command::Interventions(switch));
    }
    let hint = tr(state.kept.language, "intervene.remove_hint");
    let button = ui.small_button("×");
    let label = format!("{hint}: {text}");
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    if button.on_hover_text(hint).clicked() {
        commands.push(Command::Interventions(lift));
    }
    ui.add_space(theme::GAP);
}
