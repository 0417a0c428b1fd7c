//! The field in which an intervention is typed.

use egui::Ui;

use super::{Command, Scene};

/// Draws the field; `key` tells fields apart, and `example` shows how an intervention is written.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, key: &str, example: &str) {
    let id = egui::Id::unique(("intervention", key));
    let mut text: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        let words = scene.tr("intervene.title");
        let hint = super::tr_with(scene.language, "intervene.example", &[("example", example)]);
        let field = egui::TextEdit::singleline(&mut text)
            .hint_text(hint)
            .desired_width(ui.available_width() - 96.0);
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
