//! The gradient of the inspected value: which loss it is of, its size and its entries.

use egui::{RichText, Sense, Ui, vec2};

use super::super::{Scene, Selection, cells, number, theme, tr_with};
use crate::palette::Scale;
use crate::tape::NodeId;
use crate::trace::statistics::summary;

/// Height of the strip of entries.
const STRIP: f32 = 14.0;

/// Draws it, where the run has a loss.
pub fn ui(ui: &mut Ui, scene: &Scene<'_>, node: NodeId, selection: &Selection) {
    let Some(backward) = scene.backward else { return };
    let dark = ui.visuals().dark_mode;
    let position = backward.position().to_string();
    let says = |key| tr_with(scene.language, key, &[("position", &position)]);
    ui.add_space(theme::GAP);
    ui.label(RichText::new(says("gradient.inspector")).strong());
    let Some(gradient) = backward.gradient(node) else {
        ui.label(RichText::new(says("gradient.none")).weak());
        return;
    };
    let Some(summary) = summary(gradient.iter()) else {
        let color = theme::color(crate::palette::NOT_A_NUMBER);
        ui.label(RichText::new("∞  NaN").monospace().color(color));
        return;
    };
    let scale = Scale::signed(summary.max.max(-summary.min), dark);
    let columns = gradient.ncols();
    let (rows, width) = (gradient.nrows() as f32, ui.available_width());
    let height =
        if rows > 1.0 { (width * rows / columns as f32).clamp(12.0, width) } else { STRIP };
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let name = format!("∂L/∂{}", selection.name);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &name));
    let entries = crate::tensor::slice(gradient);
    cells::paint(ui.painter(), rect, entries, columns, &scale);
    let pointed = response.hover_pos();
    if let Some(at) = pointed.and_then(|at| cells::cell_at(rect, entries.len(), columns, at)) {
        let index =
            if rows > 1.0 { format!("{}, {}", at / columns, at % columns) } else { at.to_string() };
        response.on_hover_text_at_pointer(format!("{name}[{index}] = {}", number(entries[at])));
    }
    // In double precision, because squares of what is below 10⁻¹⁹ are 0 in single.
    let squares = entries.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>();
    egui::Grid::new("gradient summary").num_columns(4).spacing([8.0, 2.0]).show(ui, |ui| {
        let unit = selection.unit.filter(|unit| gradient.nrows() == 1 && *unit < columns);
        let own = unit.map(|unit| (format!("[{unit}]"), entries[unit]));
        let caption = |key| scene.tr(key).to_owned();
        let all = [
            (caption("inspector.norm"), squares.sqrt() as f32),
            (caption("inspector.minimum"), summary.min),
            (caption("inspector.maximum"), summary.max),
        ];
        for (at, (words, value)) in all.into_iter().chain(own).enumerate() {
            ui.label(RichText::new(words).weak().small());
            ui.label(RichText::new(number(value)).monospace().small());
            if at % 2 == 1 {
                ui.end_row();
            }
        }
    });
    if summary.broken > 0 {
        let count = summary.broken.to_string();
        let words = tr_with(scene.language, "inspector.broken", &[("count", &count)]);
        ui.label(RichText::new(words).color(theme::error(dark)));
    }
}
