//! Running text with formulas, live values and links that move the stage.

use egui::text::TextFormat;
use egui::{FontId, Rect, RichText, Sense, Stroke, Ui};

use super::Page;
use crate::lesson::{Answer, Expression, Inline, Located, evaluate, sources};
use crate::view::flow::Flow;
use crate::view::{Command, Scene, Selection, theme};

/// Something in the text that answers to the pointer.
enum Hot {
    Nothing,
    Live(Expression),
    Stage(Option<Located>, Option<Expression>),
    Web(String),
    Problem(String),
}

/// How text looks where it stands.
#[derive(Clone, Copy, Default)]
struct Look {
    strong: bool,
    emphasis: bool,
}

/// Draws a paragraph.
pub fn paragraph(ui: &mut Ui, scene: &mut Scene<'_>, page: &Page<'_>, inlines: &[Inline]) {
    let flow = Flow::lesson(ui);
    draw(ui, scene, page, flow, inlines, Look::default());
}

/// Draws a heading; `large` for a stop's title.
pub fn heading(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    page: &Page<'_>,
    inlines: &[Inline],
    large: bool,
) {
    let size = if large { 22.0 } else { 17.0 };
    let flow = Flow::new(ui, FontId::new(size, theme::bold_family()), size * 1.4);
    draw(ui, scene, page, flow, inlines, Look { strong: true, emphasis: false });
}

fn draw(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    page: &Page<'_>,
    flow: Flow,
    inlines: &[Inline],
    look: Look,
) {
    let mut writer = Writer { flow, after_chinese: false, hot: Vec::new(), links: Vec::new() };
    writer.write(ui, scene, inlines, look);
    let Writer { flow, hot, links, .. } = writer;
    let flown = flow.show(ui);
    let id = flown.response.id.with(("inline", page.stop));
    for (at, (rect, hot)) in flown.boxes.iter().zip(&hot).enumerate() {
        touch(ui, scene, *rect, id.with(at), hot);
    }
    for (at, (rects, link)) in flown.spans.iter().zip(&links).enumerate() {
        for (row, rect) in rects.iter().enumerate() {
            touch(ui, scene, *rect, id.with(("link", at, row)), link);
        }
    }
}

struct Writer {
    flow: Flow,
    after_chinese: bool,
    hot: Vec<Hot>,
    links: Vec<Hot>,
}

impl Writer {
    fn write(&mut self, ui: &Ui, scene: &mut Scene<'_>, inlines: &[Inline], look: Look) {
        for inline in inlines {
            match inline {
                Inline::Text(text) => {
                    self.after_chinese = text.chars().next_back().is_some_and(|c| c > '\u{2e80}');
                    // Chinese does not slant; it is emphasised by weight.
                    let is_chinese = text.chars().any(|c| c > '\u{2e80}');
                    let look = Look {
                        strong: look.strong || (look.emphasis && is_chinese),
                        emphasis: look.emphasis && !is_chinese,
                    };
                    let format = self.format(ui, look);
                    self.flow.styled(text, format);
                }
                Inline::SoftBreak => {
                    // A line end in the source is no space between Chinese characters.
                    if !self.after_chinese {
                        self.flow.text(" ");
                    }
                }
                Inline::HardBreak => self.flow.text("\n"),
                Inline::Strong(inner) => {
                    self.write(ui, scene, inner, Look { strong: true, ..look });
                }
                Inline::Emphasis(inner) => {
                    self.write(ui, scene, inner, Look { emphasis: true, ..look });
                }
                Inline::Code(code) => {
                    let format = TextFormat {
                        font_id: FontId::monospace(theme::LESSON_SIZE * 0.9),
                        ..self.format(ui, look)
                    };
                    self.flow.styled(code, format);
                }
                Inline::Math(tex) => {
                    if self.flow.math(ui, &mut scene.memory.math, &tex.text).is_ok() {
                        self.hot.push(Hot::Nothing);
                    }
                }
                Inline::Live(expression) => self.live(ui, scene, expression),
                Inline::StageLink { text, target, position, .. } => {
                    self.link(ui, scene, text, Hot::Stage(target.clone(), position.clone()));
                }
                Inline::Link { text, url } => {
                    self.link(ui, scene, text, Hot::Web(url.clone()));
                }
            }
        }
    }

    fn format(&self, ui: &Ui, look: Look) -> TextFormat {
        let mut format = self.flow.format();
        if look.strong {
            format.font_id.family = theme::bold_family();
            format.color = theme::strong_text(ui.visuals().dark_mode);
        }
        format.italics = look.emphasis;
        format
    }

    /// A value computed from the run at the cursor.
    fn live(&mut self, ui: &Ui, scene: &Scene<'_>, expression: &Expression) {
        let dark = ui.visuals().dark_mode;
        let font = FontId::monospace(theme::LESSON_SIZE * 0.95);
        if is_ahead(scene, &expression.source) {
            self.flow.words(ui, "…", &font, theme::weak_text(dark));
            self.hot.push(Hot::Problem(scene.tr("inspector.not_computed").to_owned()));
            return;
        }
        match evaluate(&expression.source, &scene.values(), scene.now()) {
            Ok(answer) => {
                self.flow.words(ui, &answer.display(), &font, theme::accent(dark));
                self.hot.push(Hot::Live(expression.clone()));
            }
            Err(error) => {
                self.flow.words(ui, "—", &font, theme::error(dark));
                let hint = error.hint.map_or(String::new(), |hint| format!(" ({hint})"));
                self.hot
                    .push(Hot::Problem(format!("{}: {}{hint}", expression.source, error.message)));
            }
        }
    }

    /// Text that can be clicked. Live values in it are part of the text.
    fn link(&mut self, ui: &Ui, scene: &Scene<'_>, text: &[Inline], hot: Hot) {
        let color = theme::accent(ui.visuals().dark_mode);
        let format = TextFormat { color, ..self.flow.format() };
        self.flow.span(&spoken(scene, text), format);
        self.links.push(hot);
    }
}

/// Whether an expression reads a value of the current position that is not computed yet: in the
/// middle of a step the page knows no more than the stage shows.
fn is_ahead(scene: &Scene<'_>, source: &str) -> bool {
    let now = scene.now();
    let at_now = |position: Option<i64>| position.is_some_and(|at| usize::try_from(at) == Ok(now));
    let read = sources(source, &scene.values(), now);
    read.iter().filter(|value| at_now(value.position)).any(|value| {
        let node = scene.trace.node(&value.name, now as i32);
        node.is_some_and(|node| !scene.is_done(node))
    })
}

/// Inlines as plain text, with live values computed.
fn spoken(scene: &Scene<'_>, inlines: &[Inline]) -> String {
    let mut text = String::new();
    for inline in inlines {
        match inline {
            Inline::Live(expression) => {
                let answer = evaluate(&expression.source, &scene.values(), scene.now());
                text.push_str(&answer.map_or_else(|_| "—".to_owned(), |answer| answer.display()));
            }
            Inline::Strong(inner) | Inline::Emphasis(inner) => text.push_str(&spoken(scene, inner)),
            other => text.push_str(&crate::lesson::plain_text(std::slice::from_ref(other))),
        }
    }
    text
}

/// Lets a piece of text answer to the pointer.
fn touch(ui: &mut Ui, scene: &mut Scene<'_>, rect: Rect, id: egui::Id, hot: &Hot) {
    let dark = ui.visuals().dark_mode;
    match hot {
        Hot::Nothing => {}
        Hot::Problem(message) => {
            ui.interact(rect, id, Sense::hover()).on_hover_text(message);
        }
        Hot::Live(expression) => {
            let response = ui.interact(rect, id, Sense::click());
            let label = expression.source.clone();
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, &label));
            if response.hovered() {
                underline(ui, rect, theme::accent(dark));
            }
            let response = response.on_hover_text(format!(
                "{}\n{}",
                expression.source,
                scene.tr("lesson.live_hint")
            ));
            if response.clicked() {
                go_to_source(scene, expression);
            }
        }
        Hot::Stage(target, position) => {
            let response = ui.interact(rect, id, Sense::click());
            let at = position.as_ref().and_then(|position| position_of(scene, position));
            // The page answers the stage: a sentence about the current position is marked.
            if at == Some(scene.now()) {
                ui.painter().rect_filled(rect, 2.0, theme::accent(dark).gamma_multiply(0.16));
            }
            underline(
                ui,
                rect,
                theme::accent(dark).gamma_multiply(if response.hovered() { 1.0 } else { 0.5 }),
            );
            let name = target.as_ref().map(|target| target.text.clone());
            let label = name.clone().unwrap_or_default();
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, &label));
            if response.on_hover_text(scene.tr("lesson.stage_hint")).clicked() {
                scene.commands.push(Command::GoTo { name, position: at });
            }
        }
        Hot::Web(url) => {
            let response = ui.interact(rect, id, Sense::click());
            underline(ui, rect, theme::accent(dark).gamma_multiply(0.5));
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, url));
            if response.on_hover_text(RichText::new(url.clone())).clicked() {
                ui.ctx().open_url(egui::OpenUrl::new_tab(url.clone()));
            }
        }
    }
}

fn underline(ui: &Ui, rect: Rect, color: egui::Color32) {
    let line =
        [rect.left_bottom() - egui::vec2(0.0, 2.0), rect.right_bottom() - egui::vec2(0.0, 2.0)];
    ui.painter().line_segment(line, Stroke::new(theme::HAIRLINE, color));
}

/// The position that an expression names, if it names one of the run.
fn position_of(scene: &Scene<'_>, expression: &Expression) -> Option<usize> {
    match evaluate(&expression.source, &scene.values(), scene.now()).ok()? {
        Answer::Integer(at) => usize::try_from(at).ok(),
        _ => None,
    }
    .filter(|at| *at < scene.trace.n_positions())
}

/// A click on a live value goes to where it comes from.
fn go_to_source(scene: &mut Scene<'_>, expression: &Expression) {
    let now = scene.now();
    let read = sources(&expression.source, &scene.values(), now);
    let Some(source) = read.into_iter().next() else { return };
    let unit = scene.selection.and_then(|selection| selection.unit);
    let name = crate::lesson::plain_name(&source.name);
    scene.commands.push(Command::Select(Some(Selection::new(name, unit))));
    let position = source.position.and_then(|position| usize::try_from(position).ok());
    if let Some(position) = position.filter(|at| *at < scene.trace.n_positions() && *at != now) {
        scene.commands.push(Command::GoTo { name: None, position: Some(position) });
    }
}
