//! The lesson beside the stage: one stop at a time, with live values, links that move the stage,
//! questions and tasks.

mod blocks;
mod inline;
mod question;
mod remarks;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use egui::{FontId, Rect, RichText, ScrollArea, Ui, vec2};

use super::{Command, Scene, theme, tr_with};
use crate::lesson::{Block, Diagnostic, Inline, Lesson, count_asked, plain_text};

pub use remarks::Remarks;

/// Dots for stops are so far apart where there is room; nearer than the least, or more of them than
/// anybody counts, they are numbers instead.
const DOT_PITCH: f32 = 16.0;
const LEAST_PITCH: f32 = 8.0;
const MOST_DOTS: usize = 21;
/// The button that leads on is at least so wide.
const NEXT_WIDTH: f32 = 96.0;

/// What the page shows and what the learner has done in it.
pub struct Page<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// The stop; 0 is the opening.
    pub stop: usize,
    /// Answers given, by question.
    pub answers: &'a BTreeMap<String, usize>,
    /// Tasks done.
    pub done: &'a BTreeSet<String>,
    /// The file that the lesson was read from.
    pub file: &'a str,
    /// Why the page does not show what that file holds now, if it does not.
    pub stale: Option<&'a str>,
    /// What is wrong with the lesson as it is written.
    pub diagnostics: &'a [Diagnostic],
    /// What is wrong with this stop on the run beside it.
    pub remarks: &'a [Diagnostic],
    /// Whether that run is the one that the stop asks for.
    pub is_own_run: bool,
    /// Whether the notes for the instructor are shown.
    pub notes: bool,
    /// The lesson after this one.
    pub next_lesson: Option<&'a str>,
    /// The number of the question or task being drawn, counted through the stop.
    pub counter: usize,
}

impl Page<'_> {
    /// The name of the next question or task; the same in every language.
    fn next_key(&mut self) -> String {
        self.counter += 1;
        format!("{}/{}/{}", self.lesson.id, self.stop, self.counter)
    }

    /// The lines of the file in which the blocks of this stop stand.
    fn lines(&self) -> Range<usize> {
        let lines = match self.stop.checked_sub(1) {
            None => &self.lesson.intro_lines,
            Some(stop) => {
                self.lesson.stops.get(stop).map_or(&self.lesson.intro_lines, |s| &s.lines)
            }
        };
        let end = self.lesson.stops.get(self.stop).map_or(usize::MAX, |next| next.place.line);
        lines.first().copied().unwrap_or(end)..end
    }

    /// Counts what is asked in blocks that are not drawn, so that the names after them stay the same.
    fn pass_over(&mut self, blocks: &[Block]) {
        self.counter += count_asked(blocks);
    }
}

/// Draws the page.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>) {
    let footer = 54.0;
    let scroll = ScrollArea::vertical().id_salt(("page", page.stop)).auto_shrink(false);
    let height = ui.available_height() - footer;
    let shown = scroll.max_height(height).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(theme::LESSON_MAX_WIDTH) - theme::GAP);
        remarks::above(ui, scene, page);
        if page.stop == 0 {
            opening_ui(ui, scene, page);
        } else if let Some(stop) = page.lesson.stops.get(page.stop - 1) {
            let count = page.lesson.stops.len().to_string();
            let words = [("index", page.stop.to_string()), ("count", count)];
            let words: Vec<(&str, &str)> = words.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let text = format!(
                "{}  ·  {}",
                page.lesson.title,
                tr_with(scene.language, "lesson.stop_of", &words)
            );
            ui.label(RichText::new(text).small().weak());
            ui.add_space(theme::GAP_SMALL);
            inline::heading(ui, scene, page, &stop.title, true);
            ui.add_space(theme::GAP);
            written_ui(ui, scene, page, &stop.blocks, &stop.lines);
        }
        ui.add_space(theme::GAP_SECTION);
    });
    let hidden = shown.content_size.y - shown.state.clamped_offset().y - shown.inner_rect.height();
    if hidden > theme::GAP_SECTION {
        more_ui(ui, scene, shown.inner_rect);
    }
    footer_ui(ui, scene, page);
}

/// Says at the lower edge of the page that it goes on.
fn more_ui(ui: &Ui, scene: &Scene<'_>, page: Rect) {
    let dark = ui.visuals().dark_mode;
    let words = format!("▾ {}", scene.tr("lesson.below"));
    let color = theme::weak_text(dark);
    let galley = ui.painter().layout_no_wrap(words, FontId::proportional(12.5), color);
    let corner = page.right_bottom() - galley.size() - vec2(theme::GAP_LARGE, 2.0);
    let behind = Rect::from_min_size(corner, galley.size()).expand2(vec2(8.0, 2.0));
    ui.painter().rect_filled(behind, theme::RADIUS, theme::panel(dark));
    ui.painter().galley(corner, galley, color);
}

/// The blocks of a stop, each with what is wrong in its lines right below it.
fn written_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    page: &mut Page<'_>,
    blocks: &[Block],
    lines: &[usize],
) {
    for (at, block) in blocks.iter().enumerate() {
        blocks::ui(ui, scene, page, std::slice::from_ref(block));
        let from = lines.get(at).copied().unwrap_or(usize::MAX);
        let to = lines.get(at + 1).copied().unwrap_or_else(|| page.lines().end);
        remarks::beside(ui, scene, page, from..to);
    }
}

/// What a stop is called; 0 is the lesson's opening.
#[must_use]
pub fn title(page: &Page<'_>, stop: usize) -> String {
    let stop = stop.checked_sub(1).and_then(|at| page.lesson.stops.get(at));
    stop.map_or_else(|| page.lesson.title.clone(), |stop| plain_text(&stop.title))
}

/// Draws nothing but the instructor's notes of the stop; false where there are none.
pub fn notes_ui(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>) -> bool {
    let lesson = page.lesson;
    let stop = page.stop.checked_sub(1).and_then(|at| lesson.stops.get(at));
    let all = stop.map_or(&lesson.intro, |stop| &stop.blocks);
    let mut is_any = false;
    for block in all {
        match block {
            Block::Note(blocks) => {
                blocks::ui(ui, scene, page, blocks);
                is_any = true;
            }
            _ => page.pass_over(std::slice::from_ref(block)),
        }
    }
    is_any
}

fn opening_ui(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>) {
    let lesson = page.lesson;
    ui.label(RichText::new(&lesson.title).text_style(theme::title_style()));
    ui.add_space(theme::GAP_LARGE);
    written_ui(ui, scene, page, &lesson.intro, &lesson.intro_lines);
    if !lesson.goals.is_empty() {
        ui.add_space(theme::GAP_LARGE);
        ui.label(RichText::new(scene.tr("lesson.goals")).strong());
        listed(ui, scene, page, &lesson.goals);
    }
    if !lesson.sources.is_empty() {
        ui.add_space(theme::GAP_LARGE);
        ui.label(RichText::new(scene.tr("lesson.sources")).strong());
        listed(ui, scene, page, &lesson.sources);
    }
}

fn listed(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>, items: &[Vec<Inline>]) {
    for item in items {
        blocks::item(ui, "•", |ui| inline::paragraph(ui, scene, page, item));
    }
}

/// The way on: to the next stop, the next lesson, or back to the map.
fn next_of(scene: &Scene<'_>, page: &Page<'_>) -> (&'static str, Command) {
    let (words, command) = match page.next_lesson {
        _ if page.stop < page.lesson.stops.len() => {
            ("lesson.next_stop", Command::Stop(page.stop + 1))
        }
        Some(id) => ("lesson.next_lesson", Command::OpenLesson(id.to_owned())),
        None => ("menu.course_map", Command::OpenMap),
    };
    (scene.tr(words), command)
}

fn footer_ui(ui: &mut Ui, scene: &mut Scene<'_>, page: &Page<'_>) {
    let dark = ui.visuals().dark_mode;
    let last = page.lesson.stops.len();
    ui.separator();
    ui.horizontal(|ui| {
        let previous =
            ui.add_enabled(page.stop > 0, egui::Button::new("◀").min_size(vec2(36.0, 28.0)));
        let words = scene.tr("lesson.previous_stop");
        previous.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
        if previous.on_hover_text(format!("{words}  (Ctrl ←)")).clicked() {
            scene.commands.push(Command::Stop(page.stop - 1));
        }
        ui.spacing_mut().item_spacing.x = 0.0;
        let next = next_of(scene, page);
        // What the way on needs is not for dots.
        let font = egui::TextStyle::Button.resolve(ui.style());
        let button = ui.painter().layout_no_wrap(next.0.to_owned(), font, theme::text(dark));
        let button = (button.size().x + 2.0 * ui.spacing().button_padding.x).max(NEXT_WIDTH);
        let room = ui.available_width() - button - theme::GAP;
        let pitch = (room / (last + 1) as f32).min(DOT_PITCH);
        if last + 1 > MOST_DOTS || pitch < LEAST_PITCH {
            let words = [("index", page.stop.to_string()), ("count", last.to_string())];
            let words = words.each_ref().map(|(name, value)| (*name, value.as_str()));
            ui.add_space(theme::GAP);
            ui.label(RichText::new(tr_with(scene.language, "lesson.stop_short", &words)).weak());
        }
        let dots = if last + 1 > MOST_DOTS || pitch < LEAST_PITCH { 0 } else { last + 1 };
        for stop in 0..dots {
            let title = match stop {
                0 => page.lesson.title.clone(),
                _ => plain_text(&page.lesson.stops[stop - 1].title),
            };
            let (rect, dot) = ui.allocate_exact_size(vec2(pitch, 28.0), egui::Sense::click());
            let (radius, color) = match stop {
                _ if stop == page.stop => (5.0, theme::accent(dark)),
                _ if stop < page.stop => (3.5, theme::weak_text(dark)),
                // Fainter than those behind, but to be seen: 3 : 1 against the panel.
                _ => (3.0, theme::weak_text(dark).gamma_multiply(0.72)),
            };
            let radius = radius * (pitch / DOT_PITCH).max(0.6);
            ui.painter().circle_filled(rect.center(), radius, color);
            dot.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &title));
            if dot.on_hover_text(&title).clicked() {
                scene.commands.push(Command::Stop(stop));
            }
        }
        ui.spacing_mut().item_spacing.x = theme::GAP;
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let (words, command) = next;
            let text = RichText::new(words).color(theme::on_accent(dark));
            let next =
                egui::Button::new(text).fill(theme::accent(dark)).min_size(vec2(NEXT_WIDTH, 30.0));
            if ui.add(next).on_hover_text(format!("{words}  (Ctrl →)")).clicked() {
                scene.commands.push(command);
            }
        });
    });
}
