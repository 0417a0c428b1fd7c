//! Controls that a teacher hides: the sheet that chooses them, and which keys rest meanwhile.

use egui::{RichText, Ui};

use super::state::State;
use crate::trace::timeline::TimelineCommand;
use crate::view::command::{Purpose, Sheet};
use crate::view::{Command, Hidden, theme, tr};

/// The width of the sheet.
const SHEET_WIDTH: f32 = 420.0;

/// The sheet on which controls are hidden.
pub(super) fn sheet_ui(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let modal = egui::Modal::new(egui::Id::unique("hide controls")).show(ui.ctx(), |ui| {
        ui.set_width(SHEET_WIDTH);
        ui.heading(words("hide.title").trim_end_matches('…'));
        ui.label(RichText::new(words("hide.hint")).weak());
        ui.add_space(theme::GAP);
        for control in Hidden::ALL {
            let mut is_shown = !state.hidden.contains(&control);
            if ui.checkbox(&mut is_shown, words(control.words())).changed() {
                commands.push(Command::Hide(control, !is_shown));
            }
        }
        ui.add_space(theme::GAP);
        ui.horizontal(|ui| {
            let any = !state.hidden.is_empty();
            if ui.add_enabled(any, egui::Button::new(words("hide.show_all"))).clicked() {
                commands.push(Command::ShowAll);
            }
            if ui.button(words("menu.save_session")).on_hover_text("Ctrl S").clicked() {
                commands.push(Command::SaveSession);
            }
            if ui.button(words("common.close")).clicked() {
                commands.push(Command::Sheet(None));
            }
        });
    });
    if modal.should_close() {
        commands.push(Command::Sheet(None));
    }
}

/// Whether a key's command rests because its control is hidden. Lessons may still ask for it.
pub(super) fn rests(state: &State, command: &Command) -> bool {
    let control = match command {
        Command::OpenMap | Command::OpenLesson(_) => Hidden::Lessons,
        Command::SetModel(_) => Hidden::Model,
        Command::SetInput(_) | Command::EditToken(..) => Hidden::Input,
        Command::ToggleView(_) => Hidden::Views,
        Command::ShowInspector(_) => Hidden::Inspector,
        Command::Intervene(_)
        | Command::Interventions(_)
        | Command::AskIntervention(_)
        | Command::ShowDifference(_) => Hidden::Interventions,
        Command::Compare(_) => Hidden::Compare,
        Command::Train(_) => Hidden::Training,
        Command::Timeline(TimelineCommand::Granularity(_) | TimelineCommand::Speed(_)) => {
            Hidden::Steps
        }
        Command::WalkBack(_)
        | Command::LossAt(_)
        | Command::Breakpoint(_)
        | Command::Sheet(Some(Sheet::Breakpoints)) => Hidden::Walk,
        Command::Choose(Purpose::File | Purpose::Folder | Purpose::Save(_))
        | Command::SaveSession => Hidden::Files,
        _ => return false,
    };
    state.hidden.contains(&control)
}
