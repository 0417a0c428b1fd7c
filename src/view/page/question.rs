//! Questions, whose answers are computed from the run, and tasks, whose completion is seen in it.

use egui::{Frame, Margin, RichText, Ui};

use super::{Page, blocks, inline};
use crate::lesson::{Answer, Expression, Question, Try, evaluate, plain_text};
use crate::view::{Command, Scene, theme};

/// A question before the step that answers it.
pub fn predict(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>, question: &Question) {
    boxed(ui, |ui| {
        title(ui, scene.tr("lesson.predict"));
        ask(ui, scene, page, question);
    });
}

/// The checks at the end of a lesson.
pub fn quiz(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>, questions: &[Question]) {
    boxed(ui, |ui| {
        title(ui, scene.tr("lesson.check_understanding"));
        for (at, question) in questions.iter().enumerate() {
            if at > 0 {
                ui.add_space(theme::GAP_LARGE);
            }
            ask(ui, scene, page, question);
        }
    });
}

/// A task that ticks itself off.
pub fn task(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>, task: &Try) {
    let key = page.next_key();
    let dark = ui.visuals().dark_mode;
    let holds = matches!(
        evaluate(&task.condition.source, &scene.values(), scene.now()),
        Ok(Answer::Bool(true))
    );
    let is_done = page.done.contains(&key);
    if holds && !is_done {
        scene.commands.push(Command::TaskDone(key.clone()));
    }
    boxed(ui, |ui| {
        title(ui, scene.tr("lesson.try"));
        inline::paragraph(ui, scene, page, &task.task);
        ui.add_space(theme::GAP_SMALL);
        if is_done || holds {
            ui.label(
                RichText::new(format!("✓ {}", scene.tr("lesson.done")))
                    .color(theme::success(dark))
                    .strong(),
            );
            inline::paragraph(ui, scene, page, &task.done);
        } else {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(format!("○ {}", scene.tr("lesson.not_yet"))).weak());
                if !task.hint.is_empty() {
                    ui.label(RichText::new(scene.tr("lesson.hint")).color(theme::accent(dark)))
                        .on_hover_text(plain_text(&task.hint));
                }
            });
        }
        intervention_ui(ui, scene, &key);
    });
}

/// A field for an intervention, so that a task can be done where it is set.
fn intervention_ui(ui: &mut Ui, scene: &mut Scene<'_>, key: &str) {
    let name = scene.trace.kept_share().map_or("hidden", |kept| kept.value);
    crate::view::intervene::ui(ui, scene, key, &format!("{name}[3..7]=0"));
}

fn ask(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>, question: &Question) {
    let key = page.next_key();
    let dark = ui.visuals().dark_mode;
    inline::paragraph(ui, scene, page, &question.question);
    ui.add_space(theme::GAP_SMALL);
    let given = page.answers.get(&key).copied();
    let right = answer(scene, &question.answer);
    for (at, choice) in question.choices.iter().enumerate() {
        let (mark, ink) = match (given, &right) {
            (Some(_), Ok(right)) if at == *right => ("✓", theme::success(dark)),
            (Some(given), Ok(_)) if at == given => ("✗", theme::error(dark)),
            (Some(given), Err(_)) if at == given => ("●", theme::accent(dark)),
            _ => ("", theme::weak_text(dark)),
        };
        let words = plain_text(choice);
        let row = ui.horizontal_top(|ui| {
            let size = egui::vec2(22.0, theme::LESSON_LINE_HEIGHT);
            let (rect, button) = ui.allocate_exact_size(size, egui::Sense::click());
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::RadioButton, true, &words));
            let text = ui.vertical(|ui| inline::paragraph(ui, scene, page, choice)).response;
            let text = ui.interact(text.rect, button.id.with("text"), egui::Sense::click());
            text.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &words));
            let is_hot = button.hovered() || text.hovered() || button.has_focus();
            let ring = if is_hot { theme::accent(dark) } else { ink };
            ui.painter().circle_stroke(rect.center(), 8.0, egui::Stroke::new(1.2, ring));
            ui.painter().text(
                rect.center(),
                egui::Align2::CENTER_CENTER,
                mark,
                egui::FontId::proportional(13.0),
                ink,
            );
            button.clicked() || text.clicked()
        });
        if row.inner {
            scene.commands.push(Command::Answer(key.clone(), at));
        }
    }
    let Some(given) = given else { return };
    ui.add_space(theme::GAP_SMALL);
    match right {
        Ok(right) => {
            let (word, color) = if given == right {
                (scene.tr("lesson.right"), theme::success(dark))
            } else {
                (scene.tr("lesson.not_quite"), theme::error(dark))
            };
            blocks::aside(ui, |ui| {
                ui.label(RichText::new(word).color(color).strong());
                if let Some(why) = question.why.get(given).filter(|why| !why.is_empty()) {
                    inline::paragraph(ui, scene, page, why);
                }
                if !question.because.is_empty() {
                    inline::paragraph(ui, scene, page, &question.because);
                }
            });
        }
        Err(message) => {
            ui.label(RichText::new(message).color(theme::warning(dark)));
        }
    }
}

/// The right choice, computed from the run; why not, if it cannot be.
fn answer(scene: &Scene<'_>, expression: &Expression) -> Result<usize, String> {
    match evaluate(&expression.source, &scene.values(), scene.now()) {
        Ok(Answer::Integer(choice)) => {
            usize::try_from(choice).map_err(|_| format!("{} = {choice}", expression.source))
        }
        Ok(other) => Err(format!("{} = {}", expression.source, other.display())),
        Err(error) => Err(error.to_string()),
    }
}

fn title(ui: &mut Ui, text: &str) {
    let dark = ui.visuals().dark_mode;
    ui.label(RichText::new(text).strong().small().color(theme::accent(dark)));
    ui.add_space(theme::GAP_SMALL);
}

fn boxed(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let dark = ui.visuals().dark_mode;
    ui.add_space(theme::GAP_SMALL);
    Frame::new()
        .fill(theme::stage(dark))
        .inner_margin(Margin::same(14))
        .corner_radius(2 * theme::RADIUS)
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            content(ui);
        });
}
