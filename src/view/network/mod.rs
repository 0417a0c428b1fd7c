//! The whole network unrolled in time: columns are positions, rows are layers; the block that is
//! being computed is lit, and what is not computed yet is an outline.

mod plan;
mod wires;

use egui::style::ScrollAnimation;
use egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, pos2,
    vec2,
};

use self::plan::{Frame, GUTTER, Kind, Plan, Row, SUM_RADIUS};
use self::wires::{ink, wires};
use super::numbers::Numbers;
use super::{Command, Scene, Selection, ViewSpec, cells, heatmap, number, scope, theme};
use crate::palette::Scale;
use crate::tasks::Targets;
use crate::tensor::{argmax, slice};
use crate::trace::timeline::TimelineCommand;
use crate::trace::{Place, Trace};

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "network",
    title: "views.network",
    hint: "views.network_hint",
    applies: |trace| !scope::layers(trace).is_empty(),
    ui,
    numbers,
};

/// What stands in the rows.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let layers = scope::layers(scene.trace);
    let rows = Plan::new(scene.trace, scene.language, &layers, vec2(0.0, 0.0)).rows;
    Numbers::Values(rows.into_iter().flat_map(|row| row.names).collect())
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let layers = scope::layers(scene.trace);
    let below = heatmap::legend_height() + theme::GAP + cells::BROKEN_HEIGHT;
    let room = ui.available_size() - vec2(0.0, below);
    let plan = Plan::new(scene.trace, scene.language, &layers, room);
    let has_moved = cells::has_moved(ui, scene, "network");
    // The rows' names stand where the picture would fade.
    ui.spacing_mut().scroll.fade.strength = 0.0;
    let scroll = ScrollArea::both().id_salt("network").auto_shrink(false).max_height(room.y);
    scroll.show(ui, |ui| {
        let width = GUTTER + plan.column * scene.trace.n_positions() as f32;
        let size = vec2(width, plan.height.max(ui.available_height()));
        let (area, response) = ui.allocate_exact_size(size, Sense::hover());
        let words = scene.tr("views.network_hint");
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
        let spare = (area.height() - plan.height) / 2.0;
        let frame = Frame { plan: &plan, corner: area.min + vec2(0.0, spare) };
        if has_moved {
            let now = scene.now();
            let active = plan.rows.iter().find(|row| is_active(scene, row, now));
            let middle =
                active.map_or(ui.clip_rect().center(), |row| frame.block(row, now).center());
            let corner = pos2(frame.left(now) - plan.column, middle.y);
            let neighbours = Rect::from_min_size(corner, vec2(3.0 * plan.column, 1.0));
            ui.scroll_to_rect_animation(neighbours, None, ScrollAnimation::none());
        }
        network(ui, scene, &frame);
    });
    ui.vertical(|ui| {
        let name = plan.rows.iter().find(|row| matches!(row.kind, Kind::Cell { .. }));
        if let Some(name) = name.map(|row| row.name().to_owned()) {
            let scale = scale(ui, scene, &plan, &name);
            heatmap::legend_ui(ui, &scale);
        }
        let names: Vec<String> = plan.rows.iter().flat_map(|row| row.names.clone()).collect();
        cells::broken_ui(ui, scene, &names);
    });
}

/// The colours of a row: all hidden states and what is made of them share one scale, so that layers
/// can be compared.
fn scale(ui: &Ui, scene: &mut Scene<'_>, plan: &Plan, name: &str) -> Scale {
    let is_state = |row: &&Row| matches!(row.kind, Kind::Cell { .. } | Kind::Joined);
    if !plan.rows.iter().filter(is_state).any(|row| row.name() == name) {
        return scene.picture_scale(ui, name);
    }
    let mut widest: Option<Scale> = None;
    for row in plan.rows.iter().filter(is_state) {
        let scale = scene.picture_scale(ui, row.name());
        if widest.is_none_or(|widest| scale.high - scale.low > widest.high - widest.low) {
            widest = Some(scale);
        }
    }
    widest.unwrap_or_else(|| Scale::signed(1.0, ui.visuals().dark_mode))
}

fn network(ui: &mut Ui, scene: &mut Scene<'_>, frame: &Frame<'_>) {
    let positions = scene.trace.n_positions();
    let clip = ui.clip_rect();
    let is_in_sight = |t: &usize| {
        let left = frame.left(*t);
        left < clip.right() && left + frame.plan.column > clip.left()
    };
    let shown: Vec<usize> = (0..positions).filter(is_in_sight).collect();
    let answered = answered(scene.trace);
    let mut scales: Vec<Vec<Scale>> = Vec::new();
    for row in &frame.plan.rows {
        scales.push(row.names.iter().map(|name| scale(ui, scene, frame.plan, name)).collect());
    }
    for t in &shown {
        wires(ui, scene, frame, *t, answered[*t]);
    }
    for t in &shown {
        for (row, scales) in frame.plan.rows.iter().zip(&scales) {
            let Some(name) = row.name_at(scene.trace, *t) else { continue };
            let scale = row.names.iter().position(|own| own == name).and_then(|at| scales.get(at));
            if let Some(scale) = scale.filter(|_| row.kind != Kind::Answer || answered[*t]) {
                block_ui(ui, scene, frame, (row, name), *t, scale);
            }
        }
        token(ui, scene, frame, *t);
        if answered[*t] {
            answer(ui, scene, frame, *t);
        }
    }
    row_labels(ui, frame);
}

/// Where the model answers: where the task has a target, or where it wrote what comes next.
fn answered(trace: &Trace) -> Vec<bool> {
    let last = trace.n_positions().saturating_sub(1);
    let writes = trace.given() < trace.n_positions();
    let is_answered = |t: usize| match trace.targets() {
        Targets::Symbols(symbols) => {
            symbols.get(t).copied().flatten().is_some() || (writes && t + 1 >= trace.given())
        }
        Targets::LastNumber(_) => t == last,
        Targets::Pattern(_) => false,
    };
    (0..trace.n_positions()).map(is_answered).collect()
}

/// Whether the operation at the cursor belongs to a row's block at a position.
fn is_active(scene: &Scene<'_>, row: &Row, t: usize) -> bool {
    let (timeline, walk) = scene.walk();
    let Some(tick) = timeline.tick(walk).filter(|tick| tick.position == t) else {
        return false;
    };
    let graph = scene.trace.graph();
    let name = graph.node(tick.towards).name.map(|name| graph.name(name).name.as_str());
    let (Some(name), Some(own)) = (name, row.name_at(scene.trace, t)) else { return false };
    match row.kind {
        Kind::Cell { .. } => {
            scope::is_within_cell(name) && scope::split(name).0 == scope::split(own).0
        }
        Kind::Answer => matches!(name, "scores" | "prediction" | "estimate"),
        _ => name == own,
    }
}

fn block_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    frame: &Frame<'_>,
    (row, value): (&Row, &str),
    t: usize,
    scale: &Scale,
) {
    let dark = ui.visuals().dark_mode;
    let rect = frame.block(row, t);
    let id = ui.scope_id().with(("block", value, t));
    let response = ui.interact(rect, id, Sense::click());
    let name = format!("{value} {t}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    let is_active = is_active(scene, row, t);
    if is_active {
        ui.painter().rect_filled(rect.expand(5.0), 4.0, theme::highlight(dark));
    }
    ui.painter().rect_filled(rect, 1.0, theme::stage(dark));
    let place = Place::new(value, t as i32);
    let is_done = scene.is_shown_at(value, t);
    let unit = if row.kind == Kind::Sum {
        let stroke = ink(scene, value, t, dark);
        ui.painter().circle(rect.center(), SUM_RADIUS, theme::stage(dark), stroke);
        let font = FontId::proportional(13.0);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, "+", font, stroke.color);
        None
    } else {
        cells::vector_ui(ui, scene, &response, rect, &place, scale)
    };
    let is_selected =
        t == scene.now() && scene.selection.is_some_and(|s| s.name == value && s.offset == 0);
    if is_active || is_selected || response.hovered() || response.has_focus() {
        let width = if is_active { 2.5 } else { 1.5 };
        let stroke = Stroke::new(width, theme::accent(dark));
        ui.painter().rect_stroke(rect.expand(1.5), 2.0, stroke, StrokeKind::Outside);
    }
    if unit.is_none() && response.hovered() {
        let state = if is_done { "" } else { scene.tr("inspector.not_computed") };
        let meaning = scene.meaning(value).filter(|_| is_done).unwrap_or(state);
        response.clone().on_hover_text_at_pointer(format!("{value}[{t}]: {meaning}"));
    }
    if response.clicked() {
        let unit = unit.or(scene.selection.and_then(|selection| selection.unit));
        scene.commands.push(Command::Select(Some(Selection::new(value, unit))));
        scene.commands.push(Command::Timeline(TimelineCommand::Cursor(done_when(scene, &place))));
    }
}

/// How many operations are done when a value has just been computed, or its gradient.
fn done_when(scene: &Scene<'_>, place: &Place) -> usize {
    let ticks = scene.trace.ticks();
    let node = scene.trace.find(place);
    if let Some((_, backward)) = scene.walk_back() {
        return node.and_then(|node| backward.reached_when(node)).unwrap_or(0);
    }
    node.map_or(0, |node| ticks.partition_point(|tick| tick.node <= node))
}

/// What is read, below its column.
fn token(ui: &Ui, scene: &Scene<'_>, frame: &Frame<'_>, t: usize) {
    let dark = ui.visuals().dark_mode;
    let is_now = t == scene.now() && scene.timeline.cursor() > 0;
    let Some(read) = frame.plan.rows.first() else { return };
    // What the model has yet to write is not told.
    let is_read = read.name_at(scene.trace, t).is_some_and(|name| scene.is_done_at(name, t));
    let is_told = t < scene.trace.given() || is_read;
    let color = match (is_now, is_told) {
        (true, _) => theme::accent(dark),
        (_, true) => theme::text(dark),
        _ => theme::future(dark),
    };
    let below = frame.block(read, t).center_bottom() + vec2(0.0, 3.0);
    let text = if is_told { scene.trace.tokens()[t].as_str() } else { "·" };
    label(ui.painter(), below, Align2::CENTER_TOP, text, frame.plan.column, color);
}

/// What is answered, above its column: the likeliest symbol, or the estimate.
fn answer(ui: &Ui, scene: &Scene<'_>, frame: &Frame<'_>, t: usize) {
    let dark = ui.visuals().dark_mode;
    let Some(row) = frame.plan.rows.last().filter(|row| scene.is_done_at(row.name(), t)) else {
        return;
    };
    let Some(value) = scene.trace.value(row.name(), t as i32) else { return };
    let symbols = scene.trace.symbols();
    let entries = slice(value);
    let text = match symbols.get(argmax(entries)) {
        Some(symbol) if entries.iter().all(|entry| entry.is_finite()) => (*symbol).to_owned(),
        _ => entries.first().map_or(String::new(), |entry| number(*entry)),
    };
    let above = frame.block(row, t).center_top() - vec2(0.0, 3.0);
    let color = theme::strong_text(dark);
    label(ui.painter(), above, Align2::CENTER_BOTTOM, &text, frame.plan.column, color);
}

/// Text no wider than a column.
fn label(painter: &Painter, at: Pos2, anchor: Align2, text: &str, width: f32, color: Color32) {
    let mut job = egui::text::LayoutJob::single_section(
        text.to_owned(),
        egui::TextFormat::simple(FontId::monospace(12.5), color),
    );
    job.wrap = egui::text::TextWrapping::truncate_at_width(width - 4.0);
    let galley = painter.layout_job(job);
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, color);
}

/// The rows' names at the left edge, wherever the picture is scrolled to.
fn row_labels(ui: &Ui, frame: &Frame<'_>) {
    let dark = ui.visuals().dark_mode;
    let clip = ui.clip_rect();
    let left = clip.left().max(frame.corner.x);
    let gutter = Rect::from_min_max(
        pos2(left, clip.top()),
        pos2(left + GUTTER - theme::GAP_SMALL, clip.bottom()),
    );
    ui.painter().rect_filled(gutter, 0.0, theme::stage(dark));
    for row in frame.plan.rows.iter().filter(|row| !row.label.is_empty()) {
        let middle = f32::midpoint(frame.y(row.low), frame.y(row.high));
        let color = theme::weak_text(dark);
        let at = pos2(left, middle);
        let font = FontId::proportional(12.0);
        ui.painter().text(at, Align2::LEFT_CENTER, &row.label, font, color);
    }
}
