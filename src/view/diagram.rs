//! One step of the model as its papers draw it: every mark is a value of the run, every wire is
//! coloured by what it carries, and the operation at the cursor is lit.

use std::borrow::Cow;

use egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, pos2,
    vec2,
};

use serde::{Deserialize, Serialize};

use super::numbers::Numbers;
use super::{Scene, Selection, ViewSpec, cells, scope, theme};
use crate::models::diagram::{Diagram, Mark, Place};
use crate::palette::Scale;
use crate::tape::equation::Subscript;
use crate::tape::{EVERYWHERE, NodeId};
use crate::trace::timeline::Granularity;
use crate::trace::{Backward, Tick};

/// Sizes in the drawing's own units: a strip, a layer's box, a sign's radius.
const STRIP: Vec2 = vec2(9.0, 5.4);
const LAYER: Vec2 = vec2(9.2, 8.0);
const SIGN_RADIUS: f32 = 1.9;
/// No letter is smaller than this, however small the drawing.
const LEAST_TEXT: f32 = 10.0;
/// Room above the drawing, and between a strip and its symbol, which its frame must not cross.
const ABOVE: f32 = 12.0;
const SYMBOL_GAP: f32 = 4.5;
/// How large the drawing may be against its natural fit.
const ZOOM: std::ops::RangeInclusive<f32> = 0.5..=6.0;
/// A drawing is not made larger than this many points a unit to fill a big window.
const LARGEST_UNIT: f32 = 13.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "diagram",
    title: "views.diagram",
    hint: "views.diagram_hint",
    applies: |_| true,
    ui,
    numbers,
};

/// The key of how far the drawing is enlarged and moved.
const LOOK: &str = "diagram";

/// How far the drawing is enlarged and moved, in points.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Camera {
    zoom: f32,
    offset: [f32; 2],
}

impl Default for Camera {
    fn default() -> Self {
        Self { zoom: 1.0, offset: [0.0; 2] }
    }
}

/// From the drawing's units to points on screen.
struct Frame {
    corner: Pos2,
    unit: f32,
}

impl Frame {
    fn at(&self, [x, y]: [f32; 2]) -> Pos2 {
        self.corner + vec2(x, y) * self.unit
    }

    fn around(&self, centre: [f32; 2], size: Vec2) -> Rect {
        Rect::from_center_size(self.at(centre), size * self.unit)
    }

    fn font(&self, size: f32) -> FontId {
        FontId::proportional((size * self.unit).max(LEAST_TEXT))
    }
}

/// The values that have a mark.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let cell = scope::shown(scene);
    let mut names: Vec<String> = Vec::new();
    for place in &scene.diagram.places {
        let name = scope::find(scene.trace, cell, place.value);
        names.extend(name.filter(|name| !names.contains(name)));
    }
    Numbers::Values(names)
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let cell = scope::shown(scene);
    // Where one drawing holds several cells there is nothing to choose.
    let holds_all =
        scene.diagram.places.iter().any(|place| !scope::split(place.value).0.is_empty());
    if !holds_all {
        scope::chooser_ui(ui, scene, cell);
    }
    let (rect, background) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    let hint = scene.tr("views.diagram_hint");
    background.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, hint));
    // On a page the whole drawing is seen.
    let camera =
        if scene.for_print { Camera::default() } else { camera(ui, scene, &background, rect) };
    let diagram = scene.diagram;
    let [width, height] = diagram.size;
    let room = rect.height() - 2.0 * theme::OPERATION_SIZE - ABOVE;
    let fit = (rect.width() / width).min(room / height).min(LARGEST_UNIT);
    let unit = fit * camera.zoom;
    let middle = rect.center() + vec2(0.0, ABOVE / 2.0 - theme::OPERATION_SIZE);
    let corner = middle - vec2(width, height) * unit / 2.0 + Vec2::from(camera.offset);
    let frame = Frame { corner, unit };
    let clip = ui.clip_rect();
    ui.set_clip_rect(rect.intersect(clip));
    paint_cell(ui, &frame, diagram);
    let places: Vec<Drawn> =
        diagram.places.iter().map(|place| Drawn::new(scene, cell, place)).collect();
    wires(ui, scene, &frame, diagram, &places);
    for (place, drawn) in diagram.places.iter().zip(&places) {
        place_ui(ui, scene, &frame, place, drawn);
    }
    operation(ui, scene, rect);
    ui.set_clip_rect(clip);
}

/// Dragging moves the drawing; the wheel with the command key, or a pinch, enlarges it about the pointer;
/// a double click shows all again.
fn camera(ui: &Ui, scene: &mut Scene<'_>, response: &egui::Response, rect: Rect) -> Camera {
    let kept: Camera = scene.look(LOOK);
    let mut zoom = kept.zoom.clamp(*ZOOM.start(), *ZOOM.end());
    let mut offset = Vec2::from(kept.offset);
    if response.dragged() {
        offset += response.drag_delta();
    }
    if let Some(pointer) = response.hover_pos() {
        let by = ui.input(egui::InputState::zoom_delta);
        let zoomed = (zoom * by).clamp(*ZOOM.start(), *ZOOM.end());
        let about = pointer - rect.center();
        offset = about + (offset - about) * (zoomed / zoom);
        zoom = zoomed;
    }
    // A session from a larger window must not put the drawing out of sight.
    let farthest = zoom * rect.size().max(Vec2::ZERO);
    let offset = offset.clamp(-farthest, farthest).into();
    let is_reset = response.double_clicked();
    let camera = if is_reset { Camera::default() } else { Camera { zoom, offset } };
    if camera != kept {
        scene.keep_look(LOOK, &camera);
    }
    camera
}

/// A mark's value at the cursor.
struct Drawn {
    selection: Selection,
    node: Option<NodeId>,
    is_done: bool,
    /// Whether the operation at the cursor computes it, or a step towards it.
    is_active: bool,
}

impl Drawn {
    fn new(scene: &Scene<'_>, cell: &str, place: &Place) -> Self {
        let unit = scene.selection.and_then(|selection| selection.unit);
        let name = scope::find(scene.trace, cell, place.value);
        // What a cell that reads from the end had before is what stands behind.
        let is_backward = scope::reads_backward(scene.trace, cell);
        let selection = Selection {
            name: name.unwrap_or_else(|| place.value.to_owned()),
            path: place.path.to_vec(),
            offset: if is_backward { -place.offset } else { place.offset },
            unit,
        };
        let node = scene.trace.find(&selection.place(scene.now()));
        let (timeline, walk) = scene.walk();
        let is_active = timeline.tick(walk).is_some_and(|tick| {
            let is_own_step = node == Some(tick.node);
            // A layer is lit during all steps of its calculation.
            let is_within = matches!(place.mark, Mark::Layer(_)) && node == Some(tick.towards);
            is_own_step || is_within
        });
        Self { selection, node, is_done: node.is_some_and(|node| scene.is_shown(node)), is_active }
    }

    fn entries<'t>(&self, scene: &Scene<'t>) -> Option<Cow<'t, [f32]>> {
        scene.entries(self.node?)
    }
}

/// The formula of the operation at the cursor, as derived from the tape.
fn operation(ui: &Ui, scene: &mut Scene<'_>, rect: Rect) {
    // Whole tokens end with the prediction every time, which says nothing.
    let (timeline, walk) = scene.walk();
    if timeline.granularity() == Granularity::Token {
        return;
    }
    let Some(tick) = timeline.tick(walk) else { return };
    let latex = match scene.walk_back() {
        Some((_, backward)) => chain(scene, backward, tick.node),
        None => equation(scene, tick),
    };
    let color = theme::accent(ui.visuals().dark_mode);
    if let Ok(formula) = scene.memory.math.get(ui.ctx(), &latex, false, theme::OPERATION_SIZE)
        && formula.size.x < rect.width()
    {
        let at =
            rect.center_bottom() - vec2(formula.size.x / 2.0, formula.descent + theme::GAP_SMALL);
        formula.paint(ui.painter(), at, color);
    }
}

fn equation(scene: &Scene<'_>, tick: &Tick) -> String {
    let graph = scene.trace.graph();
    let node = graph.node(tick.node);
    let latex = graph.equation(tick.node, &|_, symbol| symbol).latex();
    if node.name.is_some() {
        return latex;
    }
    let target = graph.symbol(tick.towards, Subscript::Relative(node.position));
    format!(r"{target} = \cdots\; {latex} \;\cdots")
}

/// What the node at the cursor passes on to the first of its inputs that is no weight.
fn chain(scene: &Scene<'_>, backward: &Backward, node: NodeId) -> String {
    let graph = scene.trace.graph();
    let inputs = &graph.node(node).inputs;
    let is_weight = |id: &NodeId| graph.node(*id).position == EVERYWHERE;
    let input = inputs.iter().position(|id| !is_weight(id)).unwrap_or(0);
    let Some(to) = inputs.get(input) else { return String::new() };
    let left = graph.gradient_symbol(backward.of(), *to, Subscript::Absolute);
    let share = graph.chain(backward.of(), node, input, Subscript::Absolute);
    format!(r"{left} \leftarrow {share}")
}

/// The frame around what is repeated at every position.
fn paint_cell(ui: &Ui, frame: &Frame, diagram: &Diagram) {
    let dark = ui.visuals().dark_mode;
    let [x, y, w, h] = diagram.frame;
    let rect = Rect::from_min_size(frame.at([x, y]), vec2(w, h) * frame.unit);
    ui.painter().rect(
        rect,
        1.6 * frame.unit,
        theme::panel(dark),
        Stroke::new(theme::HAIRLINE, theme::grid_line(dark)),
        StrokeKind::Inside,
    );
}

fn wires(ui: &Ui, scene: &mut Scene<'_>, frame: &Frame, diagram: &Diagram, places: &[Drawn]) {
    let dark = ui.visuals().dark_mode;
    for wire in &diagram.wires {
        let Some(drawn) = places.get(wire.from) else { continue };
        let scale = scene.picture_scale(ui, &drawn.selection.name);
        let color = match drawn.entries(scene) {
            Some(entries) => carried(&entries, scene.unit(entries.len()), &scale),
            None => theme::future(dark),
        };
        let width = if drawn.is_active { 0.55 } else { 0.38 } * frame.unit;
        let points: Vec<Pos2> = wire.points.iter().map(|point| frame.at(*point)).collect();
        wire_line(ui.painter(), &points, width, color, wire.arrow, dark);
    }
}

/// What a wire's colour says: the selected unit's value, or the mean size of all.
fn carried(entries: &[f32], unit: Option<usize>, scale: &Scale) -> Color32 {
    let value = match unit {
        Some(unit) => entries[unit],
        None => entries.iter().map(|x| x.abs()).sum::<f32>() / entries.len().max(1) as f32,
    };
    theme::color(scale.rgb(value))
}

fn wire_line(
    painter: &Painter,
    points: &[Pos2],
    width: f32,
    color: Color32,
    arrow: bool,
    dark: bool,
) {
    // A thin outline keeps a wire that carries nearly nothing visible on the page.
    let outline = Stroke::new(width + 1.6, theme::future(dark));
    painter.add(Shape::line(points.to_vec(), outline));
    painter.add(Shape::line(points.to_vec(), Stroke::new(width, color)));
    let [.., before, end] = points else { return };
    if arrow {
        let along = (*end - *before).normalized();
        let side = vec2(-along.y, along.x) * (1.6 * width + 2.0);
        let tip = *end + along * (1.2 * width + 2.0);
        let corners = vec![tip, *end - along * width + side, *end - along * width - side];
        painter.add(Shape::convex_polygon(corners, color, Stroke::new(0.8, theme::future(dark))));
    }
}

fn place_ui(ui: &mut Ui, scene: &mut Scene<'_>, frame: &Frame, place: &Place, drawn: &Drawn) {
    let dark = ui.visuals().dark_mode;
    let rect = match place.mark {
        Mark::Strip => frame.around(place.at, STRIP),
        Mark::Layer(_) => frame.around(place.at, LAYER),
        Mark::Sign(_) => frame.around(place.at, Vec2::splat(2.0 * SIGN_RADIUS)),
    };
    let id = ui.scope_id().with((
        "place",
        place.value,
        place.path,
        place.offset,
        place.at.map(f32::to_bits),
    ));
    let response = ui.interact(rect, id, Sense::click());
    let name = name_of(&drawn.selection);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    let is_selected = scene.selection.is_some_and(|selection| {
        let shown = &drawn.selection;
        (&selection.name, &selection.path, selection.offset)
            == (&shown.name, &shown.path, shown.offset)
    });
    let edge = match (drawn.is_active, is_selected || response.hovered()) {
        (true, _) => Stroke::new(3.0, theme::accent(dark)),
        (_, true) => Stroke::new(1.5, theme::accent(dark)),
        _ => Stroke::new(theme::HAIRLINE, theme::weak_text(dark)),
    };
    let ink =
        if drawn.is_done || drawn.is_active { theme::text(dark) } else { theme::future(dark) };
    let scale = scene.picture_scale(ui, &drawn.selection.name);
    match place.mark {
        Mark::Sign(sign) => {
            let fill = if drawn.is_active { theme::highlight(dark) } else { theme::stage(dark) };
            let size = if sign.chars().count() > 1 { 1.45 } else { 2.6 };
            let text = ui.painter().layout_no_wrap((*sign).to_owned(), frame.font(size), ink);
            // A word in a small drawing makes its circle longer.
            let width = rect.width().max(text.size().x + 6.0);
            let shape = Rect::from_center_size(rect.center(), vec2(width, rect.height()));
            ui.painter().rect(shape, rect.height() / 2.0, fill, edge, StrokeKind::Middle);
            ui.painter().galley(rect.center() - text.size() / 2.0, text, ink);
            hover_sign(scene, &response, drawn, &name);
        }
        Mark::Layer(letter) => {
            let fill = if drawn.is_active { theme::highlight(dark) } else { theme::stage(dark) };
            ui.painter().rect(rect, 0.5 * frame.unit, fill, edge, StrokeKind::Middle);
            let line = rect.height() * 0.34;
            let at = pos2(rect.center().x, rect.top() + line / 2.0 + 0.1 * frame.unit);
            ui.painter().text(at, Align2::CENTER_CENTER, letter, frame.font(2.1), ink);
            let block = Rect::from_min_max(pos2(rect.left(), rect.top() + line), rect.max)
                .shrink(0.45 * frame.unit);
            cells::block_ui(ui, scene, &response, block, &drawn.selection, &scale);
            symbol(
                ui,
                scene,
                frame,
                drawn,
                rect.center_top() + vec2(1.0, -0.6) * frame.unit,
                Align2::LEFT_BOTTOM,
            );
        }
        Mark::Strip => {
            if drawn.is_active || is_selected || response.hovered() {
                ui.painter().rect_stroke(rect.expand(2.0), 2.0, edge, StrokeKind::Outside);
            }
            cells::block_ui(ui, scene, &response, rect, &drawn.selection, &scale);
            // What comes in from below has its wire above, so its symbol stands below.
            let [_, top, _, height] = scene.diagram.frame;
            let gap = (0.5 * frame.unit).max(SYMBOL_GAP);
            let (at, anchor) = if place.at[1] > top + height {
                (rect.center_bottom() + vec2(0.0, gap), Align2::CENTER_TOP)
            } else {
                (rect.center_top() - vec2(0.0, gap), Align2::CENTER_BOTTOM)
            };
            symbol(ui, scene, frame, drawn, at, anchor);
        }
    }
    if matches!(place.mark, Mark::Sign(_)) && response.secondary_clicked() {
        let at = drawn.selection.place(scene.now());
        super::intervene::ask(scene, &at.name, at.position, drawn.selection.unit);
    }
    if matches!(place.mark, Mark::Sign(_)) && response.clicked() {
        scene.commands.push(super::Command::Select(Some(drawn.selection.clone())));
    }
}

/// What a screen reader calls a mark.
fn name_of(shown: &Selection) -> String {
    match (shown.path.is_empty(), shown.offset) {
        (true, 0) => shown.name.clone(),
        (true, offset) => format!("{} {offset}", shown.name),
        (false, _) => format!("{} {:?}", shown.name, shown.path),
    }
}

/// A sign's tooltip: what it computes, derived from the tape.
fn hover_sign(scene: &mut Scene<'_>, response: &egui::Response, drawn: &Drawn, name: &str) {
    let Some(node) = drawn.node.filter(|_| response.hovered()) else { return };
    let graph = scene.trace.graph();
    let equation = graph.equation(node, &|_, symbol| symbol).latex();
    let math = &mut scene.memory.math;
    response.clone().on_hover_ui_at_pointer(|ui| {
        ui.label(name);
        math.show(ui, &equation, false);
    });
}

/// The value's symbol with its position, as the lesson writes it.
fn symbol(ui: &Ui, scene: &mut Scene<'_>, frame: &Frame, drawn: &Drawn, at: Pos2, anchor: Align2) {
    let dark = ui.visuals().dark_mode;
    let graph = scene.trace.graph();
    let now = i32::try_from(scene.now()).unwrap_or(0);
    let text = match drawn.node {
        Some(node) if graph.node(node).position != EVERYWHERE => {
            graph.symbol(node, Subscript::Relative(now))
        }
        Some(_) => return,
        // What has no value here is still there to be known by its name.
        None => match graph.find(&drawn.selection.name) {
            Some(id) if drawn.selection.path.is_empty() => graph.name(id).symbol.clone(),
            _ => return,
        },
    };
    let size = (2.4 * frame.unit).clamp(LEAST_TEXT, 30.0);
    // Quarter points, so that zooming does not fill the cache.
    let size = (size * 4.0).round() / 4.0;
    let color = if drawn.is_done { theme::text(dark) } else { theme::weak_text(dark) };
    if let Ok(formula) = scene.memory.math.get(ui.ctx(), &text, false, size) {
        let rect = anchor.anchor_size(at, formula.size);
        formula.paint(ui.painter(), rect.left_top() + vec2(0.0, formula.ascent), color);
    }
}
