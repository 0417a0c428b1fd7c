//! Both stacks side by side: the residual stream of each runs up its left edge, every sub-layer
//! reads it and adds to it, and the encoder's result goes to every cross attention.

use egui::{Align2, FontId, Painter, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::plan::{Kind, Layer, Part, Plan};
use super::{Level, costs, go, is_active, is_done, layer_name, norm, picture};
use crate::view::{Command, Scene, Selection, cells, number, theme, tr_with};

/// Room for what enters and what leaves.
const END_HEIGHT: f32 = 46.0;
/// Room for the stream at the left of a stack.
const STREAM_WIDTH: f32 = 58.0;
/// Room between the stacks, through which the encoder's result goes.
const BETWEEN: f32 = 26.0;
/// A layer's frame around its sub-layers, and its name.
const MARGIN: f32 = 6.0;
const NAME_HEIGHT: f32 = 18.0;
/// A sub-layer is no higher than this.
const HIGHEST: f32 = 110.0;
/// Nor lower than this; what does not fit then is scrolled to.
const LOWEST: f32 = 30.0;
/// A sub-layer that is lower has room for its name alone.
const LOW: f32 = 44.0;

/// Draws the overview; gives what the pointer is at.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, plan: &Plan) -> Option<Level> {
    let below = costs::height(scene);
    let size = (ui.available_size() - vec2(0.0, below)).max(vec2(240.0, 160.0));
    let tallest = [&plan.encoder, &plan.decoder].into_iter().max_by_key(|side| parts(side));
    let (most, frames) = tallest.map_or((1, 0.0), |side| (parts(side).max(1), frames(side)));
    // Parts of both stacks are equally high, so that both stand on one line and can be compared.
    let height = (size.y - 2.0 * END_HEIGHT - frames) / most as f32;
    let height = height.clamp(LOWEST, HIGHEST);
    let needed = vec2(size.x, size.y.max(2.0 * END_HEIGHT + frames + most as f32 * height));
    let mut pointed = None;
    let scroll = egui::ScrollArea::vertical().id_salt("ladder").max_height(size.y);
    scroll.auto_shrink(false).show(ui, |ui| {
        pointed = stacks_ui(ui, scene, plan, needed, height);
    });
    costs::ui(ui, scene);
    pointed
}

fn parts(layers: &[Layer]) -> usize {
    layers.iter().map(|layer| layer.parts.len()).sum()
}

/// What the frames of layers take besides their parts.
fn frames(layers: &[Layer]) -> f32 {
    layers.len() as f32 * (NAME_HEIGHT + 2.0 * MARGIN)
}

fn stacks_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    plan: &Plan,
    size: egui::Vec2,
    height: f32,
) -> Option<Level> {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let hint = scene.tr("views.ladder_hint");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, hint));
    let width = (rect.width() - BETWEEN) / 2.0;
    let left = Rect::from_min_size(rect.min, vec2(width, rect.height()));
    // A decoder that is alone has the room of both.
    let is_alone = plan.encoder.is_empty();
    let right = if is_alone { rect } else { left.translate(vec2(width + BETWEEN, 0.0)) };
    let mut pointed = None;
    let mut crossings = Vec::new();
    for (side, stack) in [(&plan.encoder, left), (&plan.decoder, right)] {
        pointed = stack_ui(ui, scene, side, (stack, height), &mut crossings).or(pointed);
    }
    let stack = parts(&plan.encoder) as f32 * height + frames(&plan.encoder);
    let top = left.bottom() - END_HEIGHT - stack - theme::GAP_LARGE;
    memory_wire(ui, scene, (left, top), right, &crossings);
    pointed
}

/// One stack from below to above.
fn stack_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    layers: &[Layer],
    (rect, height): (Rect, f32),
    crossings: &mut Vec<f32>,
) -> Option<Level> {
    let first = layers.first()?;
    let side = if first.is_encoder() { "encoder" } else { "decoder" };
    let dark = ui.visuals().dark_mode;
    let stream_x = rect.left() + STREAM_WIDTH - 12.0;
    let bottom = rect.bottom() - END_HEIGHT;
    let used = parts(layers) as f32 * height + frames(layers);
    let (top, painter) = (bottom - used, ui.painter().clone());
    // The stream is one line from the symbols to the answer.
    let line = Stroke::new(theme::LINE, theme::grid_line(dark));
    painter.line_segment([pos2(stream_x, bottom), pos2(stream_x, top)], line);
    ends_ui(ui, scene, side, rect, bottom, top);
    stream_ui(ui, scene, &format!("{side}.stream"), pos2(stream_x, bottom - MARGIN));
    let mut pointed = None;
    let mut y = bottom;
    for layer in layers {
        let inner = layer.parts.len() as f32 * height + NAME_HEIGHT + 2.0 * MARGIN;
        let corner = pos2(rect.left() + STREAM_WIDTH, y - inner);
        let frame = Rect::from_min_size(corner, vec2(rect.width() - STREAM_WIDTH, inner - 4.0));
        painter.rect_filled(frame, theme::RADIUS, theme::panel(dark));
        let name = Rect::from_min_size(corner, vec2(frame.width(), NAME_HEIGHT));
        let id = ui.scope_id().with(&layer.scope);
        let response = ui.interact(name, id, Sense::click());
        let color = if response.hovered() { theme::accent(dark) } else { theme::weak_text(dark) };
        let text = layer_name(scene, layer);
        let font = FontId::proportional(12.0);
        painter.text(
            name.left_center() + vec2(MARGIN, 1.0),
            Align2::LEFT_CENTER,
            &text,
            font,
            color,
        );
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &text));
        if response.hovered() {
            pointed = Some(Level::Layer(layer.scope.clone()));
        }
        if response.on_hover_text(scene.tr("ladder.layer_hint")).clicked() {
            go(scene, Level::Layer(layer.scope.clone()));
        }
        let mut part_bottom = y - MARGIN - 4.0;
        for part in &layer.parts {
            let corner = pos2(frame.left() + MARGIN, part_bottom - height + 3.0);
            let size = vec2(frame.width() - 2.0 * MARGIN, height - 5.0);
            let rect = Rect::from_min_size(corner, size);
            if part_ui(ui, scene, layer, part, rect, stream_x) {
                pointed = Some(Level::Part(part.scope.clone(), 0));
            }
            if part.kind == Kind::Cross {
                crossings.push(rect.center().y);
            }
            part_bottom -= height;
        }
        y -= inner;
    }
    pointed
}

/// A sub-layer with what it reads from the stream and adds to it; whether the pointer is there.
fn part_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    layer: &Layer,
    part: &Part,
    rect: Rect,
    stream_x: f32,
) -> bool {
    let dark = ui.visuals().dark_mode;
    let painter = ui.painter().clone();
    let active = is_active(scene, layer, part);
    let done = is_done(scene, part);
    let response = ui.interact(rect, ui.scope_id().with(&part.scope), Sense::click());
    let edge = match (active || response.hovered(), done) {
        (true, _) => Stroke::new(theme::LINE, theme::accent(dark)),
        (_, true) => Stroke::new(theme::HAIRLINE, theme::weak_text(dark)),
        _ => Stroke::new(theme::HAIRLINE, theme::future(dark)),
    };
    painter.rect(rect, theme::RADIUS, theme::stage(dark), edge, StrokeKind::Inside);
    // Out of the stream below, back into it above.
    let flow = if done { theme::weak_text(dark) } else { theme::future(dark) };
    let stroke = Stroke::new(theme::HAIRLINE, flow);
    let (low, high) = (rect.bottom() - 7.0, rect.top() + 9.0);
    arrow(&painter, pos2(stream_x, low), pos2(rect.left(), low), stroke);
    arrow(&painter, pos2(rect.left(), high), pos2(stream_x + 6.0, high), stroke);
    plus(&painter, pos2(stream_x, high), stroke, theme::stage(dark));
    stream_ui(ui, scene, &format!("{}.stream", part.scope), pos2(stream_x, high));
    let title = scene.tr(part.kind.title());
    let ink = if done || active { theme::strong_text(dark) } else { theme::weak_text(dark) };
    let at = rect.left_top() + vec2(8.0, if rect.height() < LOW { 4.0 } else { 6.0 });
    painter.text(at, Align2::LEFT_TOP, title, FontId::proportional(13.0), ink);
    let is_low = rect.height() < LOW;
    if !is_low {
        thumbnail(ui, scene, part, rect.shrink(6.0));
    }
    if let Some(text) = added(scene, &format!("{}.update", part.scope)) {
        let font = FontId::monospace(10.5);
        let (at, anchor) = if is_low {
            (rect.right_top() + vec2(-8.0, 8.0), Align2::RIGHT_TOP)
        } else {
            (rect.left_top() + vec2(8.0, 24.0), Align2::LEFT_TOP)
        };
        painter.text(at, anchor, text, font, theme::weak_text(dark));
    }
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, title));
    let is_pointed = response.hovered();
    if response.clicked() {
        go(scene, Level::Part(part.scope.clone(), 0));
    }
    response.on_hover_text(scene.tr(part.kind.hint()));
    is_pointed
}

/// How much a sub-layer added: here, or on average over the source where the learner has gone on to
/// the answer.
fn added(scene: &Scene<'_>, name: &str) -> Option<String> {
    if let Some(size) = norm(scene, name) {
        return Some(format!("+ {}", number(size)));
    }
    let source = scene.trace.source();
    if scene.now() < source {
        return None;
    }
    let size = |t: usize| {
        let row =
            scene.trace.row(name, i32::try_from(t).ok()?).filter(|_| scene.is_shown_at(name, t))?;
        Some(row.dot(&row).sqrt())
    };
    let sizes: Vec<f32> = (0..source).filter_map(size).collect();
    let mean = sizes.iter().sum::<f32>() / sizes.len().max(1) as f32;
    let mean = (!sizes.is_empty()).then(|| short(mean))?;
    Some(tr_with(scene.language, "ladder.average", &[("size", &mean)]))
}

/// What a sub-layer did: the mean of its heads' attention, or the inner units of its network.
fn thumbnail(ui: &Ui, scene: &mut Scene<'_>, part: &Part, room: Rect) {
    // The name stands above, the number at the left.
    let room = room.with_min_y(room.top() + NAME_HEIGHT);
    if part.kind == Kind::FeedForward {
        let name = format!("{}.inner", part.scope);
        let now = i32::try_from(scene.now()).unwrap_or(i32::MAX);
        let row = scene.trace.row(&name, now).filter(|_| scene.is_shown_at(&name, scene.now()));
        let Some(row) = row.map(|row| row.to_vec()) else { return };
        let size = vec2(room.width() * 0.6, room.height().min(40.0));
        let rect = Rect::from_min_size(room.right_bottom() - size, size);
        let scale = scene.picture_scale(ui, &name);
        let columns = cells::square_columns(rect.size(), row.len());
        cells::paint(ui.painter(), rect, &row, columns, &scale);
        return;
    }
    let names: Vec<String> = part.heads.iter().map(|head| format!("{head}.attention")).collect();
    let Some(region) = names.first().and_then(|name| picture::region(scene.trace, name)) else {
        return;
    };
    let shape = vec2(region.columns.len().max(1) as f32, region.rows.len().max(1) as f32);
    let room = room.with_min_x(room.left() + room.width() * 0.42);
    let cell = (room.width() / shape.x).min(room.height() / shape.y).min(14.0);
    let size = shape * cell;
    let rect = Rect::from_min_size(room.right_bottom() - size, size);
    let _ = picture::paint(ui, scene, &names, rect);
}

/// How long the stream's row is at the current position; a click looks at it.
fn stream_ui(ui: &Ui, scene: &mut Scene<'_>, name: &str, at: Pos2) {
    let dark = ui.visuals().dark_mode;
    let Some(size) = norm(scene, name) else { return };
    let rect = Rect::from_min_max(at - vec2(46.0, 9.0), at + vec2(7.0, 9.0));
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
    let chosen = scene.selection.is_some_and(|selection| selection.name == name);
    let lit = response.hovered() || chosen;
    let color = if lit { theme::accent(dark) } else { theme::text(dark) };
    let font = FontId::monospace(10.5);
    ui.painter().text(at - vec2(9.0, 0.0), Align2::RIGHT_CENTER, short(size), font, color);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    if response.clicked() {
        scene.commands.push(Command::Select(Some(Selection::new(name, None))));
    }
    response.on_hover_text(format!("‖{name}[{}]‖ = {}", scene.now(), number(size)));
}

fn short(size: f32) -> String {
    if (0.1..1000.0).contains(&size) { format!("{size:.1}") } else { number(size) }
}

/// What enters below and what leaves above.
fn ends_ui(ui: &Ui, scene: &Scene<'_>, side: &str, rect: Rect, bottom: f32, top: f32) {
    let dark = ui.visuals().dark_mode;
    let painter = ui.painter();
    let is_encoder = side == "encoder";
    let source = scene.trace.source();
    let range = if is_encoder { 0..source } else { source..scene.trace.n_positions() };
    // What the model has yet to write is not told.
    let tokens: Vec<&str> = range
        .filter(|t| *t < scene.trace.given() || scene.is_done_at(&format!("{side}.input"), *t))
        .filter_map(|t| scene.trace.tokens().get(t).map(String::as_str))
        .collect();
    let text = match scene.trace.written(scene.now()).filter(|_| !is_encoder) {
        Some(so_far) => format!("→ {so_far}"),
        None => tokens.join(if is_encoder { scene.trace.joint() } else { " " }),
    };
    let font = FontId::proportional(13.0);
    let max = rect.width() - 8.0;
    let galley = painter.layout(text, font.clone(), theme::strong_text(dark), max);
    let at = pos2(rect.left() + 4.0, bottom + 8.0);
    painter.with_clip_rect(rect).galley(at, galley, theme::strong_text(dark));
    let name = if is_encoder { "memory" } else { "prediction" };
    let text = if is_encoder {
        scene.tr("ladder.memory").to_owned()
    } else {
        best(scene).unwrap_or_else(|| name.to_owned())
    };
    let at = pos2(rect.left() + STREAM_WIDTH, top - 8.0);
    painter.text(at, Align2::LEFT_BOTTOM, text, font, theme::strong_text(dark));
}

/// The symbol that the model would write now, with its probability.
fn best(scene: &Scene<'_>) -> Option<String> {
    let now = i32::try_from(scene.now()).ok()?;
    let is_shown = scene.is_shown_at("prediction", scene.now());
    let row = scene.trace.row("prediction", now).filter(|_| is_shown)?;
    let at = crate::tensor::argmax(&row.to_vec());
    let symbol = scene.trace.symbols().get(at)?;
    Some(format!("→ {symbol}  {:.1} %", 100.0 * row[at]))
}

/// From the top of the encoder to every cross attention.
fn memory_wire(
    ui: &Ui,
    scene: &Scene<'_>,
    (left, top): (Rect, f32),
    right: Rect,
    crossings: &[f32],
) {
    let (Some(lowest), false) = (crossings.iter().copied().reduce(f32::max), crossings.is_empty())
    else {
        return;
    };
    let dark = ui.visuals().dark_mode;
    let name = "encoder.memory";
    let done = scene.trace.node(name, 0).is_some_and(|node| scene.is_done(node));
    let color = if done { theme::accent(dark) } else { theme::future(dark) };
    let stroke = Stroke::new(theme::LINE, color);
    let x = left.right() + BETWEEN / 2.0;
    let painter = ui.painter();
    let from = pos2(left.left() + STREAM_WIDTH + 90.0, top);
    painter.line_segment([from, pos2(x, top)], stroke);
    let highest = crossings.iter().copied().fold(top, f32::min);
    painter.line_segment([pos2(x, highest), pos2(x, lowest.max(top))], stroke);
    for y in crossings {
        arrow(painter, pos2(x, *y), pos2(right.left() + STREAM_WIDTH + MARGIN, *y), stroke);
    }
}

fn arrow(painter: &Painter, from: Pos2, to: Pos2, stroke: Stroke) {
    painter.line_segment([from, to], stroke);
    let back = if to.x > from.x { -4.0 } else { 4.0 };
    for up in [-3.0, 3.0] {
        painter.line_segment([to, to + vec2(back, up)], stroke);
    }
}

fn plus(painter: &Painter, at: Pos2, stroke: Stroke, fill: egui::Color32) {
    painter.circle(at, 6.0, fill, stroke);
    painter.line_segment([at - vec2(3.5, 0.0), at + vec2(3.5, 0.0)], stroke);
    painter.line_segment([at - vec2(0.0, 3.5), at + vec2(0.0, 3.5)], stroke);
}
