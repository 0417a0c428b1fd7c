//! The home page: the course as a timeline, what each lesson is about, and what the learner has done in it.

use egui::{
    CentralPanel, FontId, Frame, Margin, Rect, RichText, ScrollArea, Sense, Stroke, Ui, UiBuilder,
    pos2, vec2,
};

use super::actions::{self, Situation};
use super::progress::{Count, Progress};
use super::state::State;
use crate::lesson::{Lesson, plain_text};
use crate::view::{Command, theme, tr, tr_with};

/// Lines are no longer than can be read.
const WIDTH: f32 = 860.0;
/// Left of the line, where the years stand.
const YEARS: f32 = 64.0;
/// From the line to the text.
const INDENT: f32 = 28.0;
const DOT: f32 = 4.5;
const STOP_DOT: f32 = 2.6;

/// Draws the page.
pub(super) fn ui(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let language = state.kept.language;
    let words = |key| tr(language, key);
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(32, 20));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let margin = ((ui.available_width() - WIDTH) / 2.0).max(0.0);
            let mut page = ui.available_rect_before_wrap();
            page.min.x += margin;
            page.max.x -= margin + theme::GAP_LARGE;
            let mut inner = ui.new_child(UiBuilder::new().max_rect(page));
            let ui_ = &mut inner;
            ui_.label(RichText::new(words("map.title")).text_style(theme::title_style()));
            ui_.label(theme::lesson_text(words("map.subtitle")));
            ui_.add_space(theme::GAP);
            resume(ui_, state, commands);
            ui_.add_space(theme::GAP_LARGE);
            lessons(ui_, state, commands);
            let used = inner.min_rect();
            ui.allocate_rect(used, Sense::hover());
        });
    });
}

/// Where the learner left off.
fn resume(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let language = state.kept.language;
    let situation = Situation { state, width: 0.0 };
    let resume = actions::find("resume").and_then(|action| action.now(&situation));
    let (Some(command), Some((id, stop))) = (resume, &state.kept.place) else { return };
    let Some(found) = state.library.get(language.code(), id) else { return };
    let lesson = found.lesson;
    let text = tr_with(language, "map.resume", &[("lesson", &lesson.title)]);
    ui.horizontal_wrapped(|ui| {
        let color = theme::accent(ui.visuals().dark_mode);
        if ui.button(RichText::new(text).strong().color(color)).clicked() {
            commands.push(command);
        }
        let at = stop.checked_sub(1).and_then(|at| lesson.stops.get(at));
        let at = at.map_or(tr(language, "map.opening").to_owned(), |at| plain_text(&at.title));
        let (index, count) = (stop.to_string(), lesson.stops.len().to_string());
        let words = [("stop", at.as_str()), ("index", &index), ("count", &count)];
        ui.label(RichText::new(tr_with(language, "map.resume_at", &words)).weak());
    });
}

/// Every lesson in teaching order along one line, with the year of each model where it comes in.
fn lessons(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let language = state.kept.language;
    let dark = ui.visuals().dark_mode;
    let ids: Vec<String> = state.library.ids().map(str::to_owned).collect();
    if ids.is_empty() {
        ui.label(tr(language, "map.empty"));
    }
    let mut known = Vec::new();
    let mut last: Option<f32> = None;
    for id in ids {
        let Some(found) = state.library.get(language.code(), &id) else { continue };
        let spec = crate::models::find_recipe(&crate::models::resolve(&found.lesson.model.text))
            .map(|(spec, _)| spec);
        let year = spec.filter(|spec| !known.contains(&spec.id)).map(|spec| {
            known.push(spec.id);
            spec.year
        });
        let dot = card(ui, state, found.lesson, year, commands);
        let x = ui.max_rect().left() + YEARS;
        if let Some(last) = last {
            let line = [pos2(x, last + 2.0 * DOT), pos2(x, dot - 2.0 * DOT)];
            ui.painter().line_segment(line, Stroke::new(theme::HAIRLINE, theme::grid_line(dark)));
        }
        last = Some(dot);
    }
}

/// One lesson; gives the height of its dot on the line.
fn card(
    ui: &mut Ui,
    state: &State,
    lesson: &Lesson,
    year: Option<u16>,
    commands: &mut Vec<Command>,
) -> f32 {
    let dark = ui.visuals().dark_mode;
    let progress = Progress::of(&state.kept, lesson);
    let place = ui.available_rect_before_wrap();
    let inside = Rect::from_min_max(
        pos2(place.left() + YEARS + INDENT, place.top() + theme::GAP),
        pos2(place.right() - theme::GAP, place.bottom()),
    );
    // The ground is drawn below the text, once it is known whether the pointer is there.
    let ground = ui.painter().add(egui::Shape::Noop);
    let mut text = ui.new_child(UiBuilder::new().max_rect(inside));
    text.spacing_mut().item_spacing.y = theme::GAP_SMALL;
    let title = text.horizontal_wrapped(|ui| {
        let number = RichText::new(format!("{:02}", lesson.number));
        ui.label(number.text_style(egui::TextStyle::Heading).color(theme::weak_text(dark)));
        ui.label(RichText::new(&lesson.title).text_style(egui::TextStyle::Heading));
    });
    let problem = plain_text(&lesson.problem);
    if !problem.is_empty() {
        text.label(problem);
    }
    marks(&mut text, state, &progress);
    let bottom = text.min_rect().bottom() + theme::GAP;
    let left = place.left() + YEARS + INDENT / 2.0;
    let row = Rect::from_min_max(pos2(left, place.top()), pos2(place.right(), bottom));
    let id = egui::Id::unique(("card", &lesson.id));
    let button = ui.interact(row, id, Sense::click());
    let name = format!("{:02} {}", lesson.number, lesson.title);
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    let is_hot = button.hovered() || button.has_focus();
    if is_hot {
        let fill = ui.visuals().faint_bg_color;
        ui.painter().set(ground, egui::Shape::rect_filled(row, theme::RADIUS, fill));
    }
    if button.has_focus() {
        let stroke = Stroke::new(theme::LINE, theme::accent(dark));
        ui.painter().rect_stroke(row, theme::RADIUS, stroke, egui::StrokeKind::Inside);
        button.scroll_to_me(None);
    }
    let dot = pos2(place.left() + YEARS, title.response.rect.center().y);
    let color = if year.is_some() { theme::accent(dark) } else { theme::grid_line(dark) };
    ui.painter().circle_filled(dot, if year.is_some() { DOT } else { DOT - 1.5 }, color);
    if let Some(year) = year {
        let font = FontId::monospace(theme::BODY_SIZE);
        let at = dot - vec2(3.0 * DOT, 0.0);
        ui.painter().text(at, egui::Align2::RIGHT_CENTER, year.to_string(), font, color);
    }
    if button.clicked() {
        commands.push(Command::OpenLesson(lesson.id.clone()));
    }
    ui.allocate_rect(Rect::from_min_max(place.min, pos2(place.right(), bottom)), Sense::hover());
    dot.y
}

/// What was done, as quiet marks: a dot for each stop, and numbers only where there is something to count.
fn marks(ui: &mut Ui, state: &State, progress: &Progress) {
    let language = state.kept.language;
    let dark = ui.visuals().dark_mode;
    let count = |key, count: &Count| {
        let [total, made, right] = [count.total, count.made, count.right].map(|n| n.to_string());
        let words = [("total", total.as_str()), ("made", &made), ("right", &right)];
        (count.made > 0).then(|| tr_with(language, key, &words))
    };
    let stops = (progress.n_read().to_string(), progress.stops.len().to_string());
    let stops = tr_with(language, "map.progress", &[("done", &stops.0), ("total", &stops.1)]);
    let texts = [
        (progress.n_read() > 0).then_some(stops.clone()),
        count("map.predictions", &progress.predictions),
        count("map.checks", &progress.checks),
        count("map.tasks", &progress.tasks),
    ];
    ui.horizontal(|ui| {
        let step = 3.2 * STOP_DOT;
        let size = vec2(step * progress.stops.len() as f32, 16.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.on_hover_text(stops);
        for (at, is_read) in progress.stops.iter().enumerate() {
            let center = pos2(rect.left() + STOP_DOT + step * at as f32, rect.center().y);
            if *is_read {
                ui.painter().circle_filled(center, STOP_DOT, theme::accent(dark));
            } else {
                let stroke = Stroke::new(theme::HAIRLINE, theme::future(dark));
                ui.painter().circle_stroke(center, STOP_DOT - 0.5, stroke);
            }
        }
        let texts: Vec<String> = texts.into_iter().flatten().collect();
        ui.label(RichText::new(texts.join(" · ")).small().weak());
    });
}
