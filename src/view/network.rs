//! The whole network unrolled in time: columns are positions, rows are layers; the block that is
//! being computed is lit, and what is not computed yet is an outline.

use egui::epaint::CubicBezierShape;
use egui::style::ScrollAnimation;
use egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui,
    Vec2, pos2, vec2,
};

use super::scope::{self, Layer};
use super::{Command, Scene, Selection, ViewSpec, cells, heatmap, number, theme};
use crate::palette::Scale;
use crate::tasks::Targets;
use crate::tensor::{argmax, slice};
use crate::trace::timeline::TimelineCommand;
use crate::trace::{Place, Trace};

/// Room for the names of the rows.
const GUTTER: f32 = 66.0;
/// A column's width; with both directions a column holds two blocks.
const NARROWEST: f32 = 44.0;
const NARROWEST_OF_TWO: f32 = 62.0;
const WIDEST: f32 = 116.0;
/// A block's height.
const LOWEST: f32 = 16.0;
const HIGHEST: f32 = 96.0;
/// A block is not higher than so many columns are wide.
const SLIMMEST: f32 = 0.9;
/// The strips of what is read, joined and answered.
const STRIP: f32 = 11.0;
/// From one row to the next.
const GAP: f32 = 20.0;
/// Room for a token below and an answer above.
const TEXT: f32 = 20.0;
/// The sign where the residual path comes back.
const SUM_RADIUS: f32 = 6.5;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "network",
    title: "views.network",
    hint: "views.network_hint",
    applies: |trace| !scope::layers(trace).is_empty(),
    ui,
};

/// What a row is made of. Heights are measured from the row's own bottom edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What is read.
    Input,
    /// A cell; how many share its layer, and which of them it is.
    Cell { of: usize, at: usize },
    /// Both directions side by side.
    Joined,
    /// The residual sum.
    Sum,
    /// What is answered.
    Answer,
}

struct Row {
    kind: Kind,
    name: String,
    label: String,
    /// The row's lower and upper edge, above the network's lower edge.
    low: f32,
    high: f32,
}

/// A wire from one row up to another within a column.
struct Wire {
    from: usize,
    to: usize,
}

/// Where everything stands: the same in each column.
struct Plan {
    rows: Vec<Row>,
    wires: Vec<Wire>,
    /// Paths around a layer: from the row that enters it to its sum.
    around: Vec<Wire>,
    column: f32,
    height: f32,
}

impl Plan {
    /// Fits the layers into `room`; what is too wide or too high scrolls.
    fn new(scene: &Scene<'_>, layers: &[Layer<'_>], room: Vec2) -> Self {
        let lanes: usize = layers.iter().map(|layer| layer.cells.len()).sum();
        let extras = |layer: &Layer<'_>| {
            let joined = layer.joined.as_ref().map_or(0.0, |_| STRIP + GAP);
            joined + layer.stream.as_ref().map_or(0.0, |_| 2.0 * SUM_RADIUS + GAP)
        };
        let fixed = 2.0 * (STRIP + TEXT)
            + GAP
            + GAP * lanes as f32
            + layers.iter().map(extras).sum::<f32>();
        let is_two = layers.iter().any(|layer| layer.cells.len() > 1);
        let narrowest = if is_two { NARROWEST_OF_TWO } else { NARROWEST };
        let narrowest = narrowest.max(widest_token(scene.trace)).min(WIDEST);
        let column =
            ((room.x - GUTTER) / scene.trace.n_positions().max(1) as f32).clamp(narrowest, WIDEST);
        let highest = HIGHEST.min(SLIMMEST * column);
        let block = ((room.y - fixed) / lanes.max(1) as f32).clamp(LOWEST, highest);
        let mut plan =
            Self { rows: Vec::new(), wires: Vec::new(), around: Vec::new(), column, height: TEXT };
        let read = plan.row(Kind::Input, "input", scene.tr("views.row_input").to_owned(), STRIP);
        let mut below = read;
        for layer in layers {
            below = plan.layer(scene, layer, below, block);
        }
        let symbols = scene.trace.graph().find("prediction").is_some();
        let name = if symbols { "prediction" } else { "estimate" };
        let answers = plan.row(Kind::Answer, name, scene.tr("views.row_answer").to_owned(), STRIP);
        plan.wires.push(Wire { from: below, to: answers });
        plan.height += TEXT;
        plan
    }

    fn row(&mut self, kind: Kind, name: impl Into<String>, label: String, height: f32) -> usize {
        if !self.rows.is_empty() {
            self.height += GAP;
        }
        let (low, high) = (self.height, self.height + height);
        self.height = high;
        self.rows.push(Row { kind, name: name.into(), label, low, high });
        self.rows.len() - 1
    }

    /// Adds a layer above row `below`; gives the row that it passes on.
    fn layer(&mut self, scene: &Scene<'_>, layer: &Layer<'_>, below: usize, block: f32) -> usize {
        let of = layer.cells.len();
        let mut passed = Vec::new();
        for (at, cell) in layer.cells.iter().enumerate() {
            let label = scope::label(scene.language, cell);
            let label = if label.is_empty() { scope::HIDDEN.to_owned() } else { label };
            let name = scope::join(cell, scope::HIDDEN);
            let row = self.row(Kind::Cell { of, at }, name, label, block);
            self.wires.push(Wire { from: below, to: row });
            passed.push(row);
        }
        let mut top = passed[0];
        if let Some(joined) = &layer.joined {
            top = self.row(Kind::Joined, joined, String::new(), STRIP);
            self.wires.extend(passed.into_iter().map(|from| Wire { from, to: top }));
        }
        if let Some(stream) = &layer.stream {
            let sum = self.row(Kind::Sum, stream, String::new(), 2.0 * SUM_RADIUS);
            self.wires.push(Wire { from: top, to: sum });
            self.around.push(Wire { from: below, to: sum });
            top = sum;
        }
        top
    }
}

/// About the room that tokens need in a column. The longest may be the only long one, as what is
/// given before the model writes; that one is cut.
fn widest_token(trace: &Trace) -> f32 {
    const LETTER: f32 = 7.6;
    let mut lengths: Vec<usize> = trace.tokens().iter().map(|t| t.chars().count()).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    lengths.get(1).or(lengths.first()).map_or(0.0, |length| *length as f32 * LETTER + 6.0)
}

/// The plan on screen.
struct Frame<'p> {
    plan: &'p Plan,
    corner: Pos2,
}

impl Frame<'_> {
    fn left(&self, t: usize) -> f32 {
        self.corner.x + GUTTER + t as f32 * self.plan.column
    }

    fn y(&self, height: f32) -> f32 {
        self.corner.y + self.plan.height - height
    }

    /// A block: of two cells of one layer, one stands to the left and one to the right, so that the
    /// wires to and from each pass the other.
    fn block(&self, row: &Row, t: usize) -> Rect {
        let (from, to) = match row.kind {
            Kind::Cell { of: 1, .. } | Kind::Input | Kind::Answer => (0.18, 0.82),
            Kind::Cell { at: 0, .. } => (0.10, 0.60),
            Kind::Cell { .. } => (0.40, 0.90),
            Kind::Joined => (0.10, 0.90),
            Kind::Sum => {
                let middle = (self.y(row.low) + self.y(row.high)) / 2.0;
                let centre = pos2(self.left(t) + 0.5 * self.plan.column, middle);
                return Rect::from_center_size(centre, Vec2::splat(2.0 * SUM_RADIUS));
            }
        };
        let x = |share: f32| self.left(t) + share * self.plan.column;
        Rect::from_min_max(pos2(x(from), self.y(row.high)), pos2(x(to), self.y(row.low)))
    }

    /// Where a wire between two rows runs: beside what stands between them.
    fn wire_x(&self, wire: &Wire, t: usize) -> f32 {
        let rows = &self.plan.rows;
        let share = match (rows[wire.from].kind, rows[wire.to].kind) {
            (Kind::Cell { of: 2, at }, _) | (_, Kind::Cell { of: 2, at }) => {
                if at == 0 {
                    0.25
                } else {
                    0.75
                }
            }
            _ => 0.5,
        };
        self.left(t) + share * self.plan.column
    }
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let layers = scope::layers(scene.trace);
    let below = heatmap::legend_height() + theme::GAP + cells::BROKEN_HEIGHT;
    let room = ui.available_size() - vec2(0.0, below);
    let plan = Plan::new(scene, &layers, room);
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
            let left = frame.left(scene.now()) - plan.column;
            let middle = ui.clip_rect().center().y;
            let column = Rect::from_center_size(pos2(left, middle), Vec2::ZERO);
            let neighbours = Rect::from_min_size(column.min, vec2(3.0 * plan.column, 1.0));
            ui.scroll_to_rect_animation(neighbours, None, ScrollAnimation::none());
        }
        network(ui, scene, &frame);
    });
    ui.vertical(|ui| {
        let name = plan.rows.iter().find(|row| matches!(row.kind, Kind::Cell { .. }));
        if let Some(name) = name.map(|row| row.name.clone()) {
            let scale = scale(ui, scene, &plan, &name);
            heatmap::legend_ui(ui, &scale);
        }
        let names: Vec<String> = plan.rows.iter().map(|row| row.name.clone()).collect();
        cells::broken_ui(ui, scene, &names);
    });
}

/// The colours of a row: all hidden states and what is made of them share one scale, so that layers
/// can be compared.
fn scale(ui: &Ui, scene: &mut Scene<'_>, plan: &Plan, name: &str) -> Scale {
    let is_state = |row: &&Row| matches!(row.kind, Kind::Cell { .. } | Kind::Joined);
    if !plan.rows.iter().filter(is_state).any(|row| row.name == name) {
        return scene.scale(ui, name);
    }
    let mut widest: Option<Scale> = None;
    for row in plan.rows.iter().filter(is_state) {
        let scale = scene.scale(ui, &row.name);
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
    let scales: Vec<Scale> =
        frame.plan.rows.iter().map(|row| scale(ui, scene, frame.plan, &row.name)).collect();
    for t in &shown {
        wires(ui, scene, frame, *t, answered[*t]);
    }
    for t in &shown {
        for (row, scale) in frame.plan.rows.iter().zip(&scales) {
            if row.kind != Kind::Answer || answered[*t] {
                block_ui(ui, scene, frame, row, *t, scale);
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

/// A line of the drawing: strong where it has carried something, an outline before.
fn ink(scene: &Scene<'_>, name: &str, t: usize, dark: bool) -> Stroke {
    let is_done = scene.is_done_at(name, t);
    let color = if is_done { theme::weak_text(dark) } else { theme::future(dark) };
    Stroke::new(if is_done { 1.3 } else { theme::HAIRLINE }, color)
}

fn wires(ui: &Ui, scene: &Scene<'_>, frame: &Frame<'_>, t: usize, is_answered: bool) {
    let dark = ui.visuals().dark_mode;
    let painter = ui.painter();
    let rows = &frame.plan.rows;
    let positions = scene.trace.n_positions();
    for wire in &frame.plan.wires {
        let (from, to) = (&rows[wire.from], &rows[wire.to]);
        if to.kind == Kind::Answer && !is_answered {
            continue;
        }
        let x = frame.wire_x(wire, t);
        let start = pos2(x, frame.block(from, t).top());
        let stroke = ink(scene, &from.name, t, dark);
        arrow(painter, &[start, pos2(x, frame.block(to, t).bottom())], stroke);
    }
    for path in &frame.plan.around {
        let (from, to) = (&rows[path.from], &rows[path.to]);
        let stroke = ink(scene, &from.name, t, dark);
        let (from, to) = (frame.block(from, t), frame.block(to, t));
        let beside = frame.left(t) + 0.045 * frame.plan.column;
        let bend = from.top() - 0.3 * GAP;
        let middle = frame.left(t) + 0.5 * frame.plan.column;
        let corners = [
            pos2(middle, from.top()),
            pos2(middle, bend),
            pos2(beside, bend),
            pos2(beside, to.center().y),
            pos2(to.left(), to.center().y),
        ];
        arrow(painter, &corners, stroke);
    }
    for row in rows {
        let Kind::Cell { .. } = row.kind else { continue };
        let here = frame.block(row, t);
        let is_backward = scope::reads_backward(scene.trace, scope::split(&row.name).0);
        let stroke = ink(scene, &row.name, t, dark);
        let y = here.center().y;
        if is_backward && t > 0 {
            let end = frame.block(row, t - 1).right();
            arrow(painter, &[pos2(here.left(), y), pos2(end, y)], stroke);
        } else if !is_backward && t + 1 < positions {
            let end = frame.block(row, t + 1).left();
            arrow(painter, &[pos2(here.right(), y), pos2(end, y)], stroke);
        }
    }
    if t + 1 >= scene.trace.given() && t + 1 < positions {
        fed_back(ui, scene, frame, t);
    }
}

/// The path by which an answer becomes what is read next.
fn fed_back(ui: &Ui, scene: &Scene<'_>, frame: &Frame<'_>, t: usize) {
    let dark = ui.visuals().dark_mode;
    let (Some(read), Some(answers)) = (frame.plan.rows.first(), frame.plan.rows.last()) else {
        return;
    };
    let (start, end) = (frame.block(answers, t), frame.block(read, t + 1));
    let (start, end) = (start.right_center(), end.left_center() - vec2(5.0, 0.0));
    let between = frame.left(t + 1);
    let is_read = scene.is_done_at("input", t + 1);
    let color = if is_read { theme::accent(dark) } else { theme::future(dark) };
    let points = [start, pos2(between + 6.0, start.y), pos2(between - 6.0, end.y), end];
    let stroke = Stroke::new(1.5, color);
    ui.painter().add(CubicBezierShape::from_points_stroke(
        points,
        false,
        Color32::TRANSPARENT,
        stroke,
    ));
    head(ui.painter(), end + vec2(5.0, 0.0), vec2(1.0, 0.0), color);
}

/// A line with an arrow head at its end.
fn arrow(painter: &Painter, points: &[Pos2], stroke: Stroke) {
    let [.., before, end] = points else { return };
    let along = (*end - *before).normalized();
    painter.add(Shape::line(points.to_vec(), stroke));
    head(painter, *end, along, stroke.color);
}

fn head(painter: &Painter, tip: Pos2, along: Vec2, color: Color32) {
    let side = vec2(-along.y, along.x) * 3.2;
    let base = tip - along * 5.5;
    let corners = vec![tip, base + side, base - side];
    painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
}

/// Whether the operation at the cursor belongs to a row's block at a position.
fn is_active(scene: &Scene<'_>, row: &Row, t: usize) -> bool {
    let Some(tick) = scene.timeline.tick(scene.trace).filter(|tick| tick.position == t) else {
        return false;
    };
    let graph = scene.trace.graph();
    let Some(name) = graph.node(tick.towards).name.map(|name| &graph.name(name).name) else {
        return false;
    };
    match row.kind {
        Kind::Cell { .. } => {
            scope::is_within_cell(name) && scope::split(name).0 == scope::split(&row.name).0
        }
        Kind::Answer => matches!(name.as_str(), "scores" | "prediction" | "estimate"),
        _ => *name == row.name,
    }
}

fn block_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    frame: &Frame<'_>,
    row: &Row,
    t: usize,
    scale: &Scale,
) {
    let dark = ui.visuals().dark_mode;
    let rect = frame.block(row, t);
    let id = ui.scope_id().with(("block", &row.name, t));
    let response = ui.interact(rect, id, Sense::click());
    let name = format!("{} {t}", row.name);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    let is_active = is_active(scene, row, t);
    if is_active {
        ui.painter().rect_filled(rect.expand(5.0), 4.0, theme::highlight(dark));
    }
    ui.painter().rect_filled(rect, 1.0, theme::stage(dark));
    let place = Place::new(row.name.clone(), t as i32);
    let is_done = scene.is_done_at(&row.name, t);
    let unit = if row.kind == Kind::Sum {
        let stroke = ink(scene, &row.name, t, dark);
        ui.painter().circle(rect.center(), SUM_RADIUS, theme::stage(dark), stroke);
        let font = FontId::proportional(13.0);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, "+", font, stroke.color);
        None
    } else {
        cells::vector_ui(ui, scene, &response, rect, &place, scale)
    };
    let is_selected =
        t == scene.now() && scene.selection.is_some_and(|s| s.name == row.name && s.offset == 0);
    if is_active || is_selected || response.hovered() || response.has_focus() {
        let width = if is_active { 2.5 } else { 1.5 };
        let stroke = Stroke::new(width, theme::accent(dark));
        ui.painter().rect_stroke(rect.expand(1.5), 2.0, stroke, StrokeKind::Outside);
    }
    if unit.is_none() && response.hovered() {
        let state = if is_done { "" } else { scene.tr("inspector.not_computed") };
        let meaning = scene.meaning(&row.name).filter(|_| is_done).unwrap_or(state);
        response.clone().on_hover_text_at_pointer(format!("{}[{t}]: {meaning}", row.name));
    }
    if response.clicked() {
        let unit = unit.or(scene.selection.and_then(|selection| selection.unit));
        scene.commands.push(Command::Select(Some(Selection::new(row.name.clone(), unit))));
        scene.commands.push(Command::Timeline(TimelineCommand::Cursor(done_when(scene, &place))));
    }
}

/// How many operations are done when a value has just been computed.
fn done_when(scene: &Scene<'_>, place: &Place) -> usize {
    let ticks = scene.trace.ticks();
    let node = scene.trace.find(place);
    node.map_or(0, |node| ticks.partition_point(|tick| tick.node <= node))
}

/// What is read, below its column.
fn token(ui: &Ui, scene: &Scene<'_>, frame: &Frame<'_>, t: usize) {
    let dark = ui.visuals().dark_mode;
    let is_now = t == scene.now() && scene.timeline.cursor() > 0;
    let color = match (is_now, t < scene.trace.given() || scene.is_done_at("input", t)) {
        (true, _) => theme::accent(dark),
        (_, true) => theme::text(dark),
        _ => theme::future(dark),
    };
    let Some(read) = frame.plan.rows.first() else { return };
    let below = frame.block(read, t).center_bottom() + vec2(0.0, 3.0);
    // What the model has yet to write is not told.
    let is_told = t < scene.trace.given() || scene.is_done_at("input", t);
    let text = if is_told { scene.trace.tokens()[t].as_str() } else { "·" };
    label(ui.painter(), below, Align2::CENTER_TOP, text, frame.plan.column, color);
}

/// What is answered, above its column: the likeliest symbol, or the estimate.
fn answer(ui: &Ui, scene: &Scene<'_>, frame: &Frame<'_>, t: usize) {
    let dark = ui.visuals().dark_mode;
    let Some(row) = frame.plan.rows.last().filter(|row| scene.is_done_at(&row.name, t)) else {
        return;
    };
    let Some(value) = scene.trace.value(&row.name, t as i32) else { return };
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
        let middle = (frame.y(row.low) + frame.y(row.high)) / 2.0;
        let color = theme::weak_text(dark);
        let at = pos2(left, middle);
        let font = FontId::proportional(12.0);
        ui.painter().text(at, Align2::LEFT_CENTER, &row.label, font, color);
    }
}
