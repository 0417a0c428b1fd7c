//! The home page: every lesson as a card, in teaching order.

use egui::{CentralPanel, Frame, Margin, RichText, Ui, vec2};

use super::state::State;
use crate::lesson::Lesson;
use crate::view::{Command, theme, tr, tr_with};

/// Draws the page.
pub(super) fn ui(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let language = state.kept.language;
    let words = |key| tr(language, key);
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(40, 28));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(ui.available_width().min(980.0));
            ui.label(RichText::new(words("map.title")).text_style(theme::title_style()));
            ui.label(theme::lesson_text(words("app.tagline")));
            ui.add_space(theme::GAP_SECTION);
            let ids: Vec<String> = state.library.ids().map(str::to_owned).collect();
            if ids.is_empty() {
                ui.label(words("map.empty"));
            }
            for id in ids {
                if let Some(found) = state.library.get(language.code(), &id) {
                    card(ui, state, found.lesson, commands);
                    ui.add_space(theme::GAP);
                }
            }
        });
    });
}

fn card(ui: &mut Ui, state: &State, lesson: &Lesson, commands: &mut Vec<Command>) {
    let dark = ui.visuals().dark_mode;
    let language = state.kept.language;
    let frame = Frame::new()
        .fill(theme::stage(dark))
        .inner_margin(Margin::symmetric(20, 16))
        .corner_radius(2 * theme::RADIUS);
    let reached = state.kept.progress.get(&lesson.id).copied();
    let spec = crate::models::find_recipe(&lesson.model.text).map(|(spec, _)| spec);
    let response = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            let year = spec.map_or(String::new(), |spec| spec.year.to_string());
            ui.add_sized(
                vec2(64.0, 30.0),
                egui::Label::new(
                    RichText::new(year).monospace().size(17.0).color(theme::accent(dark)),
                ),
            );
            ui.vertical(|ui| {
                ui.label(
                    RichText::new(format!("{:02}  {}", lesson.number, lesson.title))
                        .text_style(egui::TextStyle::Heading),
                );
                for goal in &lesson.goals {
                    ui.label(RichText::new(crate::lesson::plain_text(goal)).weak());
                }
                ui.horizontal(|ui| {
                    let total = lesson.stops.len();
                    let text = match reached {
                        None => tr(language, "map.not_started").to_owned(),
                        Some(stop) if stop >= total => tr(language, "map.finished").to_owned(),
                        Some(stop) => {
                            let (done, total) = (stop.to_string(), total.to_string());
                            tr_with(language, "map.progress", &[("done", &done), ("total", &total)])
                        }
                    };
                    ui.label(RichText::new(text).small().weak());
                });
            });
        });
    });
    let id = egui::Id::unique(("card", &lesson.id));
    let card = ui.interact(response.response.rect, id, egui::Sense::click());
    card.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &lesson.title));
    if card.hovered() || card.has_focus() {
        let stroke = egui::Stroke::new(theme::LINE, theme::accent(dark));
        ui.painter().rect_stroke(card.rect, 2 * theme::RADIUS, stroke, egui::StrokeKind::Inside);
    }
    if card.clicked() {
        commands.push(Command::OpenLesson(lesson.id.clone()));
    }
}
