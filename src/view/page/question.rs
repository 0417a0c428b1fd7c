//! Questions, whose answers are computed from the run, and tasks, whose completion is seen in it.

use egui::{Frame, Margin, RichText, Ui};

use super::{Page, blocks, inline};
use crate::lesson::{Answer, Expression, Question, Try, evaluate, in_hint, plain_text};
use crate::view::{Command, Scene, theme, tr_with};

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
        let mut marks = Vec::new();
        for (at, question) in questions.iter().enumerate() {
            if at > 0 {
                ui.add_space(theme::GAP_LARGE);
            }
            marks.push(ask(ui, scene, page, question));
        }
        // Only once all are answered: a score in between would be a race.
        if let Some(marks) = marks.into_iter().collect::<Option<Vec<bool>>>()
            && !marks.is_empty()
        {
            score(ui, scene, &marks);
        }
    });
}

fn score(ui: &mut Ui, scene: &Scene<'_>, marks: &[bool]) {
    let dark = ui.visuals().dark_mode;
    let n_right = marks.iter().filter(|is_right| **is_right).count();
    let (right, count) = (n_right.to_string(), marks.len().to_string());
    let words = [("right", right.as_str()), ("count", count.as_str())];
    let (key, color) = if n_right == marks.len() {
        ("lesson.all_right", theme::success(dark))
    } else {
        ("lesson.some_right", theme::strong_text(dark))
    };
    ui.add_space(theme::GAP_LARGE);
    ui.label(theme::lesson_text(tr_with(scene.language, key, &words)).color(color).strong());
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
        let shows_hint = ui
            .horizontal_wrapped(|ui| {
                if is_done || holds {
                    let text = format!("✓ {}", scene.tr("lesson.done"));
                    ui.label(RichText::new(text).color(theme::success(dark)).strong());
                    let again = small_button(ui, scene.tr("lesson.try_again"));
                    if again.on_hover_text(scene.tr("lesson.try_again_hint")).clicked() {
                        scene.commands.push(Command::TryAgain(key.clone()));
                    }
                    return false;
                }
                ui.label(RichText::new(format!("○ {}", scene.tr("lesson.not_yet"))).weak());
                !task.hint.is_empty() && hint_switch(ui, scene, &key)
            })
            .inner;
        // What was done speaks of the run that it was done to.
        if holds {
            inline::paragraph(ui, scene, page, &task.done);
        }
        if shows_hint {
            blocks::aside(ui, |ui| inline::paragraph(ui, scene, page, &task.hint));
            ui.add_space(theme::GAP_SMALL);
        }
        if !in_hint(&task.hint).is_empty() {
            intervention_ui(ui, scene, &key);
        }
    });
}

/// Opens and closes the hint, by pointer or key; gives whether it is open.
fn hint_switch(ui: &mut Ui, scene: &mut Scene<'_>, key: &str) -> bool {
    let look = format!("hint.{key}");
    let mut is_open: bool = scene.look(&look);
    let words = scene.tr(if is_open { "lesson.hide_hint" } else { "lesson.hint" });
    if small_button(ui, words).clicked() {
        is_open = !is_open;
        scene.keep_look(&look, &is_open);
    }
    is_open
}

fn small_button(ui: &mut Ui, words: &str) -> egui::Response {
    let accent = theme::accent(ui.visuals().dark_mode);
    ui.add(egui::Button::new(RichText::new(words).color(accent)).frame_when_inactive(false))
}

/// A field for an intervention, so that a task that is done by one can be done where it is set.
fn intervention_ui(ui: &mut Ui, scene: &mut Scene<'_>, key: &str) {
    let name = scene.trace.kept_share().map_or("hidden", |kept| kept.value);
    crate::view::intervene::ui(ui, scene, key, &format!("{name}[3..7]=0"));
}

/// Asks a question; gives whether the answer is right, once it is given and can be computed.
fn ask(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    page: &mut Page<'_>,
    question: &Question,
) -> Option<bool> {
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
            let is_right = right.as_ref().is_ok_and(|right| *right == at);
            scene.commands.push(Command::Answer(key.clone(), at, is_right));
        }
    }
    let given = given?;
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
            Some(given == right)
        }
        Err(message) => {
            ui.label(RichText::new(message).color(theme::warning(dark)));
            None
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
