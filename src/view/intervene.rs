//! The field in which an intervention is typed.

use egui::Ui;

use super::{Command, Scene};

/// Below this width there is no room for a button beside the field.
const NARROW: f32 = 300.0;

/// Draws the field; `key` tells fields apart, and `example` shows how an intervention is written.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, key: &str, example: &str) {
    let id = egui::Id::unique(("intervention", key));
    let mut text: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    // In a narrow column the button stands below the field, so that the example can be read.
    let is_narrow = ui.available_width() < NARROW;
    let layout = if is_narrow {
        egui::Layout::top_down(egui::Align::Min)
    } else {
        egui::Layout::left_to_right(egui::Align::Center)
    };
    let height = if is_narrow { 2.4 } else { 1.0 } * ui.spacing().interact_size.y;
    ui.allocate_ui_with_layout(egui::vec2(ui.available_width(), height), layout, |ui| {
        let words = scene.tr("intervene.title");
        let hint = super::tr_with(scene.language, "intervene.example", &[("example", example)]);
        let width = ui.available_width() - if is_narrow { 8.0 } else { 96.0 };
        let field = egui::TextEdit::singleline(&mut text).hint_text(hint).desired_width(width);
        let response = ui.add(field);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, words));
        let entered =
            response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let button = ui.button(words).on_hover_text(scene.tr("intervene.hint"));
        if (button.clicked() || entered) && !text.trim().is_empty() {
            scene.commands.push(Command::Intervene(text.clone()));
        }
    });
    ui.data_mut(|data| data.insert_temp(id, text));
}
