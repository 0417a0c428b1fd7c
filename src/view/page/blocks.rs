//! Paragraphs, lists, equations, tables and the parts that ask something.

use egui::{Frame, Margin, RichText, Ui};

use super::{Page, inline, question};
use crate::lesson::{Block, Inline};
use crate::view::{Scene, theme};

/// Draws blocks one under the other.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>, blocks: &[Block]) {
    for block in blocks {
        block_ui(ui, scene, page, block);
        let is_drawn = page.notes || !matches!(block, Block::Note(_));
        ui.add_space(if is_drawn { theme::GAP } else { 0.0 });
    }
}

fn block_ui(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>, block: &Block) {
    match block {
        Block::Paragraph(inlines) => inline::paragraph(ui, scene, page, inlines),
        Block::Heading(_, inlines) => {
            ui.add_space(theme::GAP);
            inline::heading(ui, scene, page, inlines, false);
        }
        Block::List { start, items } => {
            for (at, blocks) in items.iter().enumerate() {
                let mark =
                    start.map_or("•".to_owned(), |start| format!("{}.", start + at as u64));
                item(ui, &mark, |ui| {
                    for block in blocks {
                        block_ui(ui, scene, page, block);
                    }
                });
            }
        }
        Block::Quote(blocks) => aside(ui, |ui| self::ui(ui, scene, page, blocks)),
        Block::Code { text, .. } => {
            Frame::new()
                .fill(ui.visuals().code_bg_color)
                .inner_margin(Margin::same(10))
                .corner_radius(theme::RADIUS)
                .show(ui, |ui| {
                    ui.label(RichText::new(text.trim_end()).monospace());
                });
        }
        Block::Math(tex) => {
            ui.add_space(theme::GAP_SMALL);
            scene.memory.math.show(ui, &tex.text, true);
        }
        Block::Table { header, rows } => table(ui, scene, page, header, rows),
        Block::Rule => {
            ui.separator();
        }
        Block::Predict(asked) => question::predict(ui, scene, page, asked),
        Block::Quiz(asked) => question::quiz(ui, scene, page, asked),
        Block::Try(task) => question::task(ui, scene, page, task),
        Block::Note(blocks) if page.notes => note(ui, scene, page, blocks),
        Block::Note(blocks) => page.pass_over(blocks),
    }
}

/// One item of a list: a mark at the left, everything else indented.
pub fn item(ui: &mut Ui, mark: &str, content: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let size = egui::vec2(22.0, theme::LESSON_LINE_HEIGHT);
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        ui.allocate_ui_with_layout(size, layout, |ui| {
            ui.add_space(2.0);
            ui.label(theme::lesson_text(mark).color(theme::weak_text(ui.visuals().dark_mode)));
        });
        ui.vertical(content);
    });
}

/// A note for the instructor: beside the text, not part of it.
fn note(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>, blocks: &[Block]) {
    let quiet = theme::weak_text(ui.visuals().dark_mode);
    beside(ui, quiet, |ui| {
        ui.label(RichText::new(scene.tr("lesson.instructor_note")).small().color(quiet));
        ui.add_space(theme::GAP_SMALL);
        self::ui(ui, scene, page, blocks);
    });
}

/// Text set apart by a line at its left.
pub fn aside(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let accent = theme::accent(ui.visuals().dark_mode);
    beside(ui, accent, content);
}

/// Something set apart by a line of this colour at its left.
pub fn beside(ui: &mut Ui, color: egui::Color32, content: impl FnOnce(&mut Ui)) {
    let frame = Frame::new().inner_margin(Margin { left: 14, right: 0, top: 2, bottom: 2 });
    let response = frame.show(ui, content).response;
    let rect = response.rect;
    let line = [rect.left_top(), rect.left_bottom()];
    ui.painter().line_segment(line, egui::Stroke::new(theme::LINE, color));
}

fn table(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    page: &Page<'_>,
    header: &[Vec<Inline>],
    rows: &[Vec<Vec<Inline>>],
) {
    let columns = header.len().max(1);
    let width = (ui.available_width() - theme::GAP_LARGE * (columns - 1) as f32) / columns as f32;
    let mut row_ui = |ui: &mut Ui, cells: &[Vec<Inline>], is_header: bool| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP_LARGE;
            for cell in cells {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    if is_header {
                        inline::paragraph(ui, scene, page, &[Inline::Strong(cell.clone())]);
                    } else {
                        inline::paragraph(ui, scene, page, cell);
                    }
                });
            }
        });
    };
    row_ui(ui, header, true);
    ui.separator();
    for row in rows {
        row_ui(ui, row, false);
    }
}
