//! The sheet where something to export is chosen: what, in which format, and of an animation which
//! steps.

use egui::{DragValue, RichText, Ui};

use super::exporting;
use super::state::State;
use crate::trace::timeline::Granularity;
use crate::view::command::{Export, Purpose};
use crate::view::export::{Choice, Format, What};
use crate::view::{self, Command, theme, tr, tr_with};

const WIDTH: f32 = 420.0;

/// Draws the sheet.
pub(super) fn ui(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let words = |key| tr(state.kept.language, key);
    let before = exporting::choice(state);
    let mut choice = before.clone();
    let modal = egui::Modal::new(egui::Id::unique("export")).show(ui.ctx(), |ui| {
        ui.set_width(WIDTH);
        ui.heading(words("export.title"));
        ui.label(RichText::new(words("export.hint")).weak());
        ui.add_space(theme::GAP);
        ui.label(RichText::new(words("export.what")).small().weak());
        what_ui(ui, state, &mut choice);
        ui.add_space(theme::GAP);
        ui.label(RichText::new(words("export.format")).small().weak());
        format_ui(ui, state, &mut choice);
        if choice.format == Format::Gif {
            steps_ui(ui, state, &mut choice);
        }
        ui.add_space(theme::GAP_LARGE);
        ui.horizontal(|ui| {
            if ui.button(RichText::new(words("export.save")).strong()).clicked() {
                commands.push(Command::Export(choice.clone()));
                commands.push(Command::Sheet(None));
                let export = Export::Chosen(choice.format);
                commands.push(Command::Choose(Purpose::Save(export)));
            }
            if ui.button(words("common.cancel")).clicked() {
                commands.push(Command::Sheet(None));
            }
        });
    });
    if choice != before {
        commands.push(Command::Export(choice));
    }
    if modal.should_close() {
        commands.push(Command::Sheet(None));
    }
}

/// A line for each thing that can be exported.
fn what_ui(ui: &mut Ui, state: &State, choice: &mut Choice) {
    let language = state.kept.language;
    ui.spacing_mut().item_spacing.y = theme::GAP_SMALL;
    for offer in exporting::offers(state) {
        let text = match &offer {
            What::View(id) => {
                let title = view::find(id).map_or(id.as_str(), |view| tr(language, view.title));
                tr_with(language, "export.view", &[("view", title)])
            }
            What::Value => {
                let name = exporting::value(state).map_or("", |selection| selection.name.as_str());
                tr_with(language, "export.value", &[("name", name)])
            }
            What::Run => tr(language, "export.run").to_owned(),
            What::Window => tr(language, "export.window").to_owned(),
        };
        if ui.radio(choice.what == offer, text).clicked() {
            choice.what = offer;
            if !choice.what.formats().contains(&choice.format) {
                choice.format = choice.what.formats()[0];
            }
        }
    }
    ui.spacing_mut().item_spacing.y = theme::GAP;
}

/// The formats that it can have, and what the chosen one is good for.
fn format_ui(ui: &mut Ui, state: &State, choice: &mut Choice) {
    ui.horizontal_wrapped(|ui| {
        theme::compact(ui);
        for format in choice.what.formats() {
            let name = match format {
                Format::Safetensors => "safetensors".to_owned(),
                other => other.ending().to_uppercase(),
            };
            let button = ui.selectable_label(choice.format == *format, name);
            if button.on_hover_text(tr(state.kept.language, hint(*format))).clicked() {
                choice.format = *format;
            }
        }
    });
    let hint = tr(state.kept.language, hint(choice.format));
    ui.label(RichText::new(hint).small().weak());
}

fn hint(format: Format) -> &'static str {
    match format {
        Format::Png => "export.png",
        Format::Svg => "export.svg",
        Format::Gif => "export.gif",
        Format::Csv => "export.csv",
        Format::Json => "export.json",
        Format::Safetensors => "export.safetensors",
    }
}

/// Which positions an animation shows, and how far one frame is from the next.
fn steps_ui(ui: &mut Ui, state: &State, choice: &mut Choice) {
    let words = |key| tr(state.kept.language, key);
    let Some(run) = &state.run else { return };
    let last = run.trace.n_positions().saturating_sub(1);
    let before = choice.positions.unwrap_or([0, last]);
    let [mut from, mut to] = before;
    ui.horizontal_wrapped(|ui| {
        for (key, position, range) in
            [("export.from", &mut from, 0..=before[1]), ("export.to", &mut to, before[0]..=last)]
        {
            let label = ui.label(words(key));
            let drag = ui.add(DragValue::new(position).range(range).speed(0.1));
            drag.labelled_by(label.id).on_hover_text(words("export.positions_hint"));
        }
        ui.add_space(theme::GAP);
        for (by, key) in [
            (Granularity::Token, "timeline.token"),
            (Granularity::Layer, "timeline.layer"),
            (Granularity::Operation, "timeline.operation"),
        ] {
            let button = ui.selectable_label(choice.by == by, words(key));
            if button.on_hover_text(words("export.by_hint")).clicked() {
                choice.by = by;
            }
        }
    });
    if [from, to] != before {
        choice.positions = Some([from, to]);
    }
}
