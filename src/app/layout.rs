//! The window's one page: bar, lesson, stage, inspector, timeline; and the course map.

use egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, Ui, vec2};

use super::state::{OpenLesson, Run, State};
use super::{
    bars, course_map, export_sheet, hide, key_sheet, keys, own_page, presenter, search,
    settings_sheet, sheets, stops, update,
};
use crate::lesson::Seen;
use crate::view::command::Sheet;
use crate::view::page::{self, Page};
use crate::view::{
    Command, Hidden, Memory, Other, Panel as Part, Scene, Shown, VIEWS, ViewSpec, inspector,
    intervene, theme, timeline_bar, tr,
};

/// The diagram's share of the height when another view stands below it.
const DIAGRAM_SHARE: f32 = 0.6;
/// The lesson's share of the window.
pub(super) const LESSON_SHARE: f32 = 0.36;
/// The inspector's width.
const INSPECTOR_WIDTH: f32 = 280.0;

/// Draws everything and gives what the learner asked for in this frame.
pub fn ui(ui: &mut Ui, state: &State, memory: &mut Memory) -> Vec<Command> {
    // Where a pixel is no whole part of a point, panels leave a line between them.
    ui.painter().rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
    let mut commands = keys::commands(ui.ctx(), state);
    commands.retain(|command| !hide::rests(state, command));
    presenter::seconds(ui.ctx(), state);
    if state.presenter.is_on {
        presenter::bar_ui(ui, state, &mut commands);
    } else {
        bars::top_bar(ui, state, &mut commands);
    }
    bars::message_bar(ui, state, &mut commands);
    match &state.lesson {
        Some(_) => lesson_page(ui, state, memory, &mut commands),
        None if state.own.is_open => own_page::ui(ui, state, memory, &mut commands),
        None => course_map::ui(ui, state, &mut commands),
    }
    if state.sheet != Some(Sheet::Palette) {
        search::ui::closed(ui);
    }
    match state.sheet {
        Some(Sheet::Position) => sheets::position_field(ui, state, &mut commands),
        Some(Sheet::Breakpoints) => sheets::breakpoints(ui, state, &mut commands),
        Some(Sheet::Path) => sheets::path_field(ui, state, &mut commands),
        Some(Sheet::Export) => export_sheet::ui(ui, state, &mut commands),
        Some(Sheet::Keys) => key_sheet::ui(ui, state, &mut commands),
        Some(Sheet::Palette) => search::ui::ui(ui, state, &mut commands),
        Some(Sheet::Settings) => settings_sheet::ui(ui, state, &mut commands),
        Some(Sheet::Hide) => hide::sheet_ui(ui, state, &mut commands),
        None => {}
    }
    if state.presenter.is_on {
        presenter::over_ui(ui, state, &mut commands);
    }
    commands
}

fn lesson_page(ui: &mut Ui, state: &State, memory: &mut Memory, commands: &mut Vec<Command>) {
    let (Some(open), Some(run)) = (&state.lesson, &state.run) else {
        CentralPanel::default().show(ui, |ui| {
            // A first run that failed has its message in the bar; nothing more will come.
            if state.pending.is_some() {
                ui.centered_and_justified(|ui| ui.label(tr(state.kept.language, "common.loading")));
            }
        });
        return;
    };
    // While a run is on its way, the stage still shows the one before.
    let (remarks, is_own_run) = if state.pending.is_some() {
        memory.remarks.last()
    } else {
        let is_own = stops::is_as_asked(state);
        let now = state.timeline.position(&*run.trace);
        let others = state.others.iter().map(Run::seen);
        let values = Seen { runs: std::iter::once(run.seen()).chain(others).collect() };
        let run = (run.number, &values);
        (memory.remarks.of(&open.lesson, open.stop, run, now, is_own), is_own)
    };
    let mut scene = scene(state, run, memory, commands);
    let next = state.library.ids().skip_while(|id| *id != open.lesson.id).nth(1);
    let mut page = Page {
        next_lesson: next.filter(|_| !state.hides(Hidden::Lessons)),
        lesson: &open.lesson,
        stop: open.stop,
        answers: &state.kept.answers,
        done: &state.kept.done,
        file: &open.file,
        stale: open.stale.as_deref(),
        diagnostics: &open.diagnostics,
        remarks: &remarks,
        is_own_run,
        notes: state.kept.instructor_notes && !state.presenter.is_on,
        counter: 0,
    };
    if state.presenter.notes {
        presenter::notes_ui(ui, state, &mut scene, &mut page);
        page.counter = 0;
    }
    panels_ui(ui, state, &mut scene, &mut page);
}

/// The panels of the page, as far as they are shown.
fn panels_ui(ui: &mut Ui, state: &State, scene: &mut Scene<'_>, page: &mut Page<'_>) {
    let width = ui.available_width();
    let shows = |panel| presenter::shows(state, panel, width);
    let lesson_frame = page_frame(ui);
    if shows(Part::Timeline) {
        Panel::bottom("timeline")
            .frame(bars::bar_frame(ui))
            .show(ui, |ui| timeline_bar::ui(ui, scene));
    }
    if shows(Part::Lesson) && shows(Part::Stage) {
        // Larger type has fewer points to share, so its share is another.
        let zoom = if state.presenter.is_on { ui.ctx().zoom_factor().to_bits() } else { 0 };
        Panel::left(egui::Id::unique(("lesson", zoom)))
            .frame(lesson_frame)
            .default_size((width * LESSON_SHARE).clamp(320.0, 620.0))
            .size_range(280.0..=width * 0.6)
            .show(ui, |ui| page::ui(ui, scene, page));
    }
    if shows(Part::Inspector) && !state.hides(Hidden::Inspector) {
        inspector_panel(ui, state, scene);
    }
    if !shows(Part::Stage) {
        CentralPanel::default().frame(lesson_frame).show(ui, |ui| {
            page::ui(&mut presenter::centred(ui), scene, page);
        });
        return;
    }
    stage_panel(ui, state, scene);
}

/// The stage, beside what is read.
pub(super) fn stage_panel(ui: &mut Ui, state: &State, scene: &mut Scene<'_>) {
    if let Some(spot) = &state.intervening {
        intervene::panel_ui(ui, scene, spot);
    }
    let frame =
        Frame::new().fill(theme::stage(ui.visuals().dark_mode)).inner_margin(Margin::same(12));
    CentralPanel::default().frame(frame).show(ui, |ui| stage(ui, state, scene));
}

/// What views draw from: the run on the stage and all around it.
pub(super) fn scene<'a>(
    state: &'a State,
    run: &'a Run,
    memory: &'a mut Memory,
    commands: &'a mut Vec<Command>,
) -> Scene<'a> {
    Scene {
        trace: &run.trace,
        run: run.number,
        diagram: &run.diagram,
        backward: run.backward.as_deref(),
        label: &run.label,
        others: state.others.iter().map(other).collect(),
        baseline: state.baseline.as_ref().map(|baseline| &*baseline.trace),
        shows_difference: state.shows_difference,
        breakpoints: &state.breakpoints,
        marks: &state.marks,
        laboratory: state.laboratory.as_ref(),
        jacobians: state
            .measured
            .as_ref()
            .filter(|measured| measured.number == run.number)
            .map(|measured| (measured.name.as_str(), measured.jacobians.as_slice())),
        importance: state.importance(),
        lengths: state.lesson.as_ref().and_then(OpenLesson::lengths),
        points: &state.lengths.points,
        timeline: &state.timeline,
        back: state.back.as_ref(),
        selection: state.selection.as_ref(),
        training: state.training.as_ref().map(|training| &training.live),
        looks: &state.looks,
        hidden: &state.hidden,
        language: state.kept.language,
        for_print: false,
        memory,
        commands,
    }
}

/// The frame of what stands left of the stage.
pub(super) fn page_frame(ui: &Ui) -> Frame {
    let margin = Margin { left: 24, right: 12, top: 16, bottom: 8 };
    Frame::new().fill(ui.visuals().panel_fill).inner_margin(margin)
}

pub(super) fn inspector_panel(ui: &mut Ui, state: &State, scene: &mut Scene<'_>) {
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::same(14));
    Panel::right("inspector")
        .frame(frame)
        .default_size(INSPECTOR_WIDTH)
        .size_range(220.0..=460.0)
        .show(ui, |ui| inspector::ui(ui, scene, &state.pinned));
}

/// A run beside the one on the stage, as views see it.
fn other(run: &Run) -> Other<'_> {
    Other { label: &run.label, trace: &run.trace, backward: run.backward.as_deref() }
}

/// The row that chooses views, and whether the inspector is shown.
fn chooser_ui(ui: &mut Ui, state: &State, scene: &mut Scene<'_>) {
    ui.horizontal_top(|ui| {
        let words = scene.tr("inspector.title");
        let font = egui::TextStyle::Button.resolve(ui.style());
        let padding = 2.0 * ui.spacing().button_padding.x + theme::GAP;
        let galley = ui.painter().layout_no_wrap(words.to_owned(), font, egui::Color32::WHITE);
        let width = ui.available_width() - galley.size().x - padding;
        // Where the stage is narrow the views go on in a second row.
        let rows = Layout::left_to_right(Align::Center).with_main_wrap(true);
        ui.allocate_ui_with_layout(vec2(width, 0.0), rows, |ui| {
            ui.set_min_width(width);
            theme::compact(ui);
            // A button for what this run does not have would only be in the way.
            for view in VIEWS {
                let has = scene.may_have(view) && scene.has(view);
                if !has || state.hides(Hidden::Views) {
                    continue;
                }
                let is_shown = state.views.iter().any(|id| id == view.id);
                let text = egui::RichText::new(scene.tr(view.title)).size(theme::COMPACT_SIZE);
                let button = ui.selectable_label(is_shown, text);
                if button.on_hover_text(scene.tr(view.hint)).clicked() {
                    scene.commands.push(Command::ToggleView(view.id.to_owned()));
                }
            }
        });
        if state.hides(Hidden::Inspector) {
            return;
        }
        let shown = state.shows_inspector(ui.ctx().content_rect().width());
        theme::compact(ui);
        let text = egui::RichText::new(words).size(theme::COMPACT_SIZE);
        let button = ui.selectable_label(shown, text);
        if button.on_hover_text(scene.tr("inspector.choose")).clicked() {
            scene.commands.push(Command::ShowInspector(!shown));
        }
    });
}

/// One to four views side by side, under a row that chooses them.
fn stage(ui: &mut Ui, state: &State, scene: &mut Scene<'_>) {
    let has_row = !(state.hides(Hidden::Views) && state.hides(Hidden::Inspector));
    if has_row && !state.presenter.is_on {
        chooser_ui(ui, state, scene);
    }
    shown_ui(ui, scene);
    ui.add_space(theme::GAP_SMALL);
    let shown: Vec<_> = VIEWS
        .iter()
        .filter(|view| state.views.iter().any(|id| id == view.id) && scene.has(view))
        .collect();
    let room = ui.available_size();
    let grid = arrangement(shown.len(), room);
    let size = vec2(
        (room.x - theme::GAP_LARGE * (grid[0] - 1) as f32) / grid[0] as f32,
        (room.y - theme::GAP_LARGE * (grid[1] - 1) as f32) / grid[1] as f32,
    );
    let corner = ui.max_rect().min + vec2(0.0, ui.max_rect().height() - room.y);
    // A drawing above another view gets the larger part: its letters need it more.
    let is_above = grid == [1, 2] && shown.first().is_some_and(|view| view.id == "diagram");
    let more = if is_above { (DIAGRAM_SHARE - 0.5) * 2.0 * size.y } else { 0.0 };
    for (at, view) in shown.iter().enumerate() {
        let step = size + egui::Vec2::splat(theme::GAP_LARGE);
        let place = vec2((at % grid[0]) as f32 * step.x, (at / grid[0]) as f32 * step.y);
        let mut rect = egui::Rect::from_min_size(corner + place, size);
        if at == 0 {
            rect.max.y += more;
        } else if is_above {
            rect.min.y += more;
        }
        view_ui(ui, view, scene, rect);
    }
    ui.allocate_space(room);
}

/// A view in its part of the stage, or of a page.
pub(super) fn view_ui(ui: &mut Ui, view: &ViewSpec, scene: &mut Scene<'_>, rect: egui::Rect) {
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt(view.id));
    inner.set_clip_rect(rect.expand(4.0).intersect(ui.clip_rect()));
    (view.ui)(&mut inner, scene);
}

/// Says so where views show something else than values.
fn shown_ui(ui: &mut Ui, scene: &Scene<'_>) {
    let (key, hint) = match scene.shown() {
        Shown::Value => return,
        Shown::Gradient => ("views.shown_gradient", "views.shown_gradient_hint"),
        Shown::Difference => ("views.shown_difference", "views.shown_difference_hint"),
    };
    let color = theme::accent(ui.visuals().dark_mode);
    ui.horizontal(|ui| {
        ui.label(egui::RichText::new(scene.tr(key)).small().strong().color(color));
        let hint = egui::RichText::new(scene.tr(hint)).small().weak();
        ui.add(egui::Label::new(hint).truncate());
    });
}

/// Columns and rows for a number of views: stacked where the stage is narrow.
fn arrangement(views: usize, room: egui::Vec2) -> [usize; 2] {
    match views {
        0 | 1 => [1, 1],
        2 if room.x < 1.35 * room.y => [1, 2],
        2 => [2, 1],
        _ => [2, views.div_ceil(2)],
    }
}

/// Carries out a frame's commands; gives what has to be done outside.
#[must_use]
pub fn carry_out(state: &mut State, commands: Vec<Command>) -> Vec<update::Effect> {
    commands.into_iter().flat_map(|command| update::update(state, command)).collect()
}
