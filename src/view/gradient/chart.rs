//! ‖∂L/∂s_t‖ over t: a curve for every state of every run, named at its end.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::super::{Command, Language, Scene, cells, scope, theme, tr, tr_with};
use super::axis::{Plane, TICKS_WIDTH, spread};
use super::{RunFlow, hover, reached};
use crate::palette;
use crate::trace::flow::{Curve, Size};
use crate::trace::timeline::TimelineCommand;

/// Strips above and below the axis, for what has no place on it.
const STRIP: f32 = 16.0;
const LABEL_GAP: f32 = 15.0;
const LABEL_FONT: FontId = FontId::proportional(12.5);
const TOKENS_HEIGHT: f32 = 20.0;
const HANDLE: f32 = 16.0;
const LONGEST_LABEL: f32 = 190.0;
/// Half the width in which the loss can be taken hold of.
const GRIP: f32 = 8.0;

/// A curve as it is drawn.
struct Drawn<'a> {
    run: usize,
    curve: &'a Curve,
    color: Color32,
    label: Option<String>,
    is_thin: bool,
}

/// Every curve. Of several layers the lowest and the highest are named, and the highest is drawn strong.
fn drawn(flows: &[RunFlow], language: Language, dark: bool) -> Vec<Drawn<'_>> {
    let colors = theme::series(dark);
    let mut all = Vec::new();
    for (run, flow) in flows.iter().enumerate() {
        let scopes: Vec<&str> = flow.curves.iter().map(|c| c.state.scope.as_str()).collect();
        let (first, last) = (scopes.first().copied(), scopes.last().copied());
        for curve in &flow.curves {
            let scope = Some(curve.state.scope.as_str());
            let is_alone = first == last;
            let layer =
                if is_alone { String::new() } else { scope::label(language, &curve.state.scope) };
            // The only run needs no name, but its curve does.
            let run_name = if flows.len() > 1 { flow.label.as_str() } else { "" };
            let state = match curve.state.is_cell() {
                true => tr(language, "gradient.cell"),
                false if run_name.is_empty() && layer.is_empty() => {
                    scope::split(&curve.state.name).1
                }
                false => "",
            };
            let parts = [run_name, layer.as_str(), state];
            let label: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            // Two names a run are what one can still read.
            let is_named =
                is_alone || (!curve.state.is_cell() && (scope == first || scope == last));
            all.push(Drawn {
                run,
                curve,
                color: colors[run % colors.len()],
                label: is_named.then(|| label.join(" ")),
                is_thin: scope != last,
            });
        }
    }
    all
}

/// The width that the names at the left need.
pub fn label_gutter(ui: &Ui, flows: &[RunFlow], language: Language) -> f32 {
    let direct = flows.iter().any(|flow| !flow.direct.is_empty());
    let direct = direct.then(|| tr(language, "gradient.direct_path").to_owned());
    let widths = drawn(flows, language, false)
        .into_iter()
        .filter_map(|drawn| drawn.label)
        .chain(direct)
        .map(|label| ui.painter().layout_no_wrap(label, LABEL_FONT, Color32::WHITE).size().x);
    widths.fold(40.0, f32::max).min(LONGEST_LABEL) + 10.0
}

/// Draws the chart.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, flows: &[RunFlow], gutter: f32, height: f32) {
    let dark = ui.visuals().dark_mode;
    let drawn = drawn(flows, scene.language, dark);
    let width = ui.available_width();
    let (outer, response) = ui.allocate_exact_size(vec2(width, height), Sense::click_and_drag());
    let words = scene.tr("gradient.chart");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    let reached = reached(scene);
    let mut rect = Rect::from_min_max(
        outer.min + vec2(gutter, HANDLE),
        outer.max - vec2(TICKS_WIDTH, TOKENS_HEIGHT),
    );
    let sizes = || drawn.iter().flat_map(|drawn| drawn.curve.sizes.iter().copied());
    let is_broken = sizes().any(Size::is_broken);
    let is_lost = sizes().any(|size| matches!(size, Size::Underflow | Size::Zero));
    if is_broken {
        rect.min.y += STRIP;
    }
    if is_lost {
        rect.max.y -= STRIP;
    }
    let direct = flows.iter().flat_map(|flow| &flow.direct).flat_map(|(_, norms)| norms).copied();
    // The direct path may be far below all gradients; it does not stretch the axis without end.
    let numbers = || sizes().filter_map(Size::number);
    let lowest = numbers().fold(f32::INFINITY, f32::min);
    let direct = direct.filter(|norm| *norm > lowest * 1e-6 && norm.is_finite());
    let extent = numbers().chain(direct).fold([f64::INFINITY, 0.0], |[low, high], number| {
        [low.min(f64::from(number)), high.max(f64::from(number))]
    });
    let plane = Plane::new(rect, reached.len(), extent);
    let painter = ui.painter().clone();
    plane.grid(&painter, dark);
    if is_lost {
        strip(&painter, &plane, false, scene.tr("gradient.lost"), dark);
    }
    if is_broken {
        strip(&painter, &plane, true, "∞  NaN", dark);
    }
    let stroke = Stroke::new(theme::HAIRLINE, theme::accent(dark));
    painter.vline(plane.x(scene.now()), rect.y_range(), stroke);
    for drawn in &drawn {
        curve_ui(&painter, &plane, drawn, &reached);
    }
    for (run, flow) in flows.iter().enumerate() {
        for (_, norms) in &flow.direct {
            direct_ui(&painter, &plane, norms, drawn_color(run, dark), &reached);
        }
    }
    labels_ui(&painter, scene, &plane, (&drawn, flows), &reached);
    cells::tokens_below(ui, scene, rect.translate(vec2(0.0, if is_lost { STRIP } else { 0.0 })));
    let handle = loss_ui(ui, scene, &plane, outer);
    if !handle && let Some(at) = response.hover_pos() {
        let position = plane.position(at.x);
        let nearest = nearest(&plane, &drawn, position, at.y);
        if let Some(drawn) = nearest.filter(|_| reached.get(position) == Some(&true)) {
            let size = drawn.curve.sizes[position];
            painter.circle_stroke(
                pos2(plane.x(position), height_of(&plane, size)),
                4.0,
                Stroke::new(theme::LINE, drawn.color),
            );
            let (run, curve) = (drawn.run, drawn.curve);
            response
                .clone()
                .on_hover_ui_at_pointer(|ui| hover::ui(ui, scene, run, curve, position));
        }
    }
    if let Some(at) =
        response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged())
    {
        let position = TimelineCommand::Position(plane.position(at.x));
        scene.commands.push(Command::Timeline(position));
    }
}

fn drawn_color(run: usize, dark: bool) -> Color32 {
    let colors = theme::series(dark);
    colors[run % colors.len()]
}

/// Where a size is drawn: on the axis, or on the strips beside it.
fn height_of(plane: &Plane, size: Size) -> f32 {
    match size {
        Size::Number(number) => plane.y(f64::from(number)),
        Size::Underflow | Size::Zero => plane.rect.bottom() + STRIP * 0.5,
        Size::Infinite | Size::NotANumber | Size::Independent => plane.rect.top() - STRIP * 0.5,
    }
}

fn strip(painter: &Painter, plane: &Plane, is_above: bool, text: &str, dark: bool) {
    let y =
        if is_above { plane.rect.top() - STRIP * 0.5 } else { plane.rect.bottom() + STRIP * 0.5 };
    let at = pos2(plane.rect.right() + 6.0, y);
    let color = if is_above { theme::color(palette::NOT_A_NUMBER) } else { theme::weak_text(dark) };
    painter.text(at, Align2::LEFT_CENTER, text, FontId::monospace(10.5), color);
}

/// A curve in pieces, and beside the axis what is no number on it.
fn curve_ui(painter: &Painter, plane: &Plane, drawn: &Drawn<'_>, reached: &[bool]) {
    let width = if drawn.is_thin { theme::HAIRLINE } else { theme::LINE };
    let color = if drawn.is_thin { drawn.color.gamma_multiply(0.7) } else { drawn.color };
    let mut piece: Vec<Pos2> = Vec::new();
    let flush = |piece: &mut Vec<Pos2>| {
        match piece.as_slice() {
            [] => {}
            [dot] => {
                painter.circle_filled(*dot, 2.5, color);
            }
            line if drawn.curve.state.is_cell() => {
                painter.extend(Shape::dashed_line(line, Stroke::new(width, color), 6.0, 4.0));
            }
            line => {
                painter.add(Shape::line(line.to_vec(), Stroke::new(width, color)));
            }
        }
        piece.clear();
    };
    for (position, size) in drawn.curve.sizes.iter().enumerate() {
        let at = pos2(plane.x(position), height_of(plane, *size));
        let is_reached = reached.get(position) == Some(&true);
        match size {
            Size::Number(_) if is_reached => piece.push(at),
            _ => flush(&mut piece),
        }
        if !is_reached {
            continue;
        }
        match size {
            Size::Infinite | Size::NotANumber => {
                painter.circle_filled(at, 2.5, theme::color(palette::NOT_A_NUMBER));
            }
            Size::Zero => {
                painter.circle_filled(at, 1.5, color);
            }
            Size::Underflow => {
                painter.circle_stroke(at, 2.0, Stroke::new(theme::HAIRLINE, color));
            }
            Size::Number(_) | Size::Independent => {}
        }
    }
    flush(&mut piece);
}

/// What comes along the direct path, as dots, so that nobody takes it for the gradient.
fn direct_ui(painter: &Painter, plane: &Plane, norms: &[f32], color: Color32, reached: &[bool]) {
    let points: Vec<Pos2> = norms
        .iter()
        .enumerate()
        .filter(|point| is_direct_shown(point, reached))
        .map(|(position, norm)| pos2(plane.x(position), plane.y(f64::from(*norm))))
        .collect();
    painter.extend(Shape::dotted_line(&points, color, 5.0, 1.1));
}

fn is_direct_shown((position, norm): &(usize, &f32), reached: &[bool]) -> bool {
    reached.get(*position) == Some(&true) && norm.is_finite() && **norm > 0.0
}

/// Every curve's name at its left end, where gradients have come farthest.
fn labels_ui(
    painter: &Painter,
    scene: &Scene<'_>,
    plane: &Plane,
    (drawn, flows): (&[Drawn<'_>], &[RunFlow]),
    reached: &[bool],
) {
    let is_shown = |(position, size): &(usize, &Size)| {
        **size != Size::Independent && reached.get(*position) == Some(&true)
    };
    let curves = drawn.iter().filter_map(|drawn| {
        let (position, size) = drawn.curve.sizes.iter().enumerate().find(is_shown)?;
        Some((drawn.label.as_deref()?, drawn.color, position, height_of(plane, *size)))
    });
    let mut ends: Vec<(&str, Color32, usize, f32)> = curves.collect();
    let dark = painter.ctx().global_style().visuals.dark_mode;
    for (run, flow) in flows.iter().enumerate() {
        for (_, norms) in &flow.direct {
            let mut shown =
                norms.iter().enumerate().filter(|point| is_direct_shown(point, reached));
            let Some((position, norm)) = shown.next() else { continue };
            let y = plane.y(f64::from(*norm)).min(plane.rect.bottom());
            ends.push((scene.tr("gradient.direct_path"), drawn_color(run, dark), position, y));
        }
    }
    let mut heights: Vec<f32> = ends.iter().map(|(.., y)| *y).collect();
    let below = if heights.iter().any(|y| *y > plane.rect.bottom()) { STRIP } else { 0.0 };
    let range = egui::Rangef::new(plane.rect.top() - STRIP, plane.rect.bottom() + below);
    spread(&mut heights, LABEL_GAP, range);
    for ((label, color, position, _), y) in ends.iter().zip(heights) {
        let room = plane.x(*position) - 8.0 - painter.clip_rect().left();
        let galley = painter.layout_job(elided(label, *color, room.clamp(60.0, LONGEST_LABEL)));
        let at = pos2(plane.x(*position) - 8.0 - galley.size().x, y - galley.size().y * 0.5);
        painter.galley(at, galley, *color);
    }
    // Where the numbers end, once for all curves that break.
    let breaks = drawn.iter().filter_map(|drawn| drawn.curve.breaks_at).max();
    if let Some(at) = breaks.filter(|at| reached.get(*at) == Some(&true)) {
        let text = tr_with(scene.language, "gradient.breaks", &[("position", &at.to_string())]);
        let color = theme::color(palette::NOT_A_NUMBER);
        let galley = painter.layout_no_wrap(text, LABEL_FONT, color);
        // Behind the dots where there is room, else under them.
        let right = pos2(plane.x(at) + 8.0, plane.rect.top() - STRIP * 0.5 - galley.size().y * 0.5);
        let has_room = right.x + galley.size().x < plane.rect.right();
        let below = pos2(plane.rect.left() + 6.0, plane.rect.top() + 2.0);
        painter.galley(if has_room { right } else { below }, galley, color);
    }
}

fn elided(text: &str, color: Color32, width: f32) -> egui::text::LayoutJob {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), LABEL_FONT, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    job
}

/// The mark at the loss, which can be taken hold of and moved; says whether the pointer is on it.
fn loss_ui(ui: &Ui, scene: &mut Scene<'_>, plane: &Plane, outer: Rect) -> bool {
    let Some(backward) = scene.backward else { return false };
    let dark = ui.visuals().dark_mode;
    let at = backward.position();
    let x = plane.x(at);
    let grip = Rect::from_min_max(pos2(x - GRIP, outer.top()), pos2(x + GRIP, plane.rect.bottom()));
    let id = ui.scope_id().with("loss");
    let response = ui.interact(grip, id, Sense::click_and_drag());
    let words = scene.tr("gradient.loss_mark");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, words));
    let is_held = response.hovered() || response.dragged() || response.has_focus();
    let color = if is_held { theme::accent(dark) } else { theme::strong_text(dark) };
    let painter = ui.painter();
    let top = outer.top() + HANDLE;
    painter.vline(
        x,
        egui::Rangef::new(top, plane.rect.bottom()),
        Stroke::new(theme::HAIRLINE, color),
    );
    let tip = [pos2(x - 5.0, top - 6.0), pos2(x + 5.0, top - 6.0), pos2(x, top)];
    painter.add(Shape::convex_polygon(tip.to_vec(), color, Stroke::NONE));
    painter.text(pos2(x - 9.0, top - 6.0), Align2::RIGHT_CENTER, "L", LABEL_FONT, color);
    // What was asked for last; the run that answers may be a frame away, or have no loss there.
    let asked: Option<usize> = ui.data(|data| data.get_temp(id));
    let wanted = response.interact_pointer_pos().filter(|_| response.dragged());
    let last = scene.trace.n_positions().saturating_sub(1);
    let mut wanted = wanted.map(|pointer| plane.position(pointer.x).min(last));
    if response.has_focus() {
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        let arrows = [(egui::Key::ArrowDown, at.saturating_sub(1)), (egui::Key::ArrowUp, at + 1)];
        wanted = wanted
            .or(arrows.into_iter().find(|(key, _)| pressed(*key)).map(|(_, to)| to.min(last)));
    }
    if let Some(position) = wanted.filter(|position| *position != at && Some(*position) != asked) {
        ui.data_mut(|data| data.insert_temp(id, position));
        scene.commands.push(Command::LossAt(Some(position)));
    }
    if wanted.is_none() {
        ui.data_mut(|data| data.remove::<usize>(id));
    }
    let on = response.hovered() || response.dragged();
    response.on_hover_cursor(egui::CursorIcon::ResizeHorizontal).on_hover_text(words);
    on
}

/// The curve that is nearest to the pointer at a position.
fn nearest<'d, 'a>(
    plane: &Plane,
    drawn: &'d [Drawn<'a>],
    position: usize,
    y: f32,
) -> Option<&'d Drawn<'a>> {
    let distance = |drawn: &Drawn<'_>| match drawn.curve.sizes.get(position) {
        None | Some(Size::Independent) => f32::INFINITY,
        Some(size) => (height_of(plane, *size) - y).abs(),
    };
    let nearest = drawn.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    distance(nearest).is_finite().then_some(nearest)
}
