//! The learner's own text on the left, its model on the stage.

use egui::{CentralPanel, Panel, RichText, Ui};

use super::state::{Run, State};
use super::{bars, layout};
use crate::tasks::text;
use crate::view::{Command, Hidden, Memory, own_text, timeline_bar, tr};

/// Draws the page.
pub(super) fn ui(ui: &mut Ui, state: &State, memory: &mut Memory, commands: &mut Vec<Command>) {
    let live = state.own.training.as_ref().map(|training| &training.live);
    let width = ui.available_width();
    let size = (width * layout::LESSON_SHARE).clamp(320.0, 620.0);
    let panel = Panel::left("own text").default_size(size).size_range(280.0..=width * 0.6);
    let panel = panel.frame(layout::page_frame(ui));
    // What stood on the stage before has nothing to do with the text.
    let is_own = |run: &&Run| run.checkpoint.card.task == text::SPEC.id;
    let Some(run) = state.run.as_ref().filter(is_own).filter(|_| live.is_some()) else {
        panel.show(ui, |ui| own_text::ui(ui, live, state.kept.language, commands));
        CentralPanel::default().show(ui, |ui| {
            ui.centered_and_justified(|ui| {
                ui.label(RichText::new(tr(state.kept.language, "text.waiting")).weak());
            });
        });
        return;
    };
    let mut scene = layout::scene(state, run, memory, commands);
    Panel::bottom("timeline")
        .frame(bars::bar_frame(ui))
        .show(ui, |ui| timeline_bar::ui(ui, &mut scene));
    panel.show(ui, |ui| own_text::ui(ui, live, state.kept.language, scene.commands));
    if state.shows_inspector(width) && !state.hides(Hidden::Inspector) {
        layout::inspector_panel(ui, state, &mut scene);
    }
    layout::stage_panel(ui, state, &mut scene);
}
