//! One value at every position: columns are positions, rows are units.

use egui::{
    Align2, ColorImage, ComboBox, FontId, Rect, RichText, Sense, Stroke, TextureOptions, Ui, pos2,
    vec2,
};

use super::numbers::Numbers;
use super::{Command, Scene, Selection, ViewSpec, cells, scope, theme};
use crate::palette::Scale;
use crate::trace::Trace;
use crate::trace::timeline::TimelineCommand;

/// Room for the tokens under the picture.
const TOKENS_HEIGHT: f32 = 20.0;
/// Room for the unit numbers at its left; names of symbols may need more.
const UNITS_WIDTH: f32 = 26.0;
const UNIT_FONT: FontId = FontId::monospace(10.5);
/// Cells grow up to this many points.
const LARGEST_CELL: f32 = 34.0;
/// On a page they may be wider, so that a short run fills it.
const WIDEST_CELL: f32 = 96.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "heatmap",
    title: "views.heatmap",
    hint: "views.heatmap_hint",
    applies: |trace| trace.n_positions() > 0,
    ui,
    numbers,
};

fn numbers(scene: &mut Scene<'_>) -> Numbers {
    Numbers::Values(shown(scene).into_iter().collect())
}

/// The value that is drawn: the selected one, if it has values over the positions.
fn shown(scene: &Scene<'_>) -> Option<String> {
    let selected = scene.selection.map(|selection| selection.name.clone());
    let has = |name: &String| scene.trace.value_names().any(|known| known == name);
    selected.filter(has).or_else(|| first(scene.trace))
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let names: Vec<String> = scene.trace.value_names().map(str::to_owned).collect();
    let Some(name) = shown(scene) else { return };
    if !scene.for_print {
        chooser_ui(ui, scene, &name, &names);
    }
    let room =
        ui.available_size() - vec2(0.0, TOKENS_HEIGHT + legend_height() + cells::BROKEN_HEIGHT);
    picture_ui(ui, scene, &name, room);
    let scale = scene.picture_scale(ui, &name);
    legend_ui(ui, &scale);
    cells::broken_ui(ui, scene, &[name]);
}

/// The values there are, and what the one that is drawn means.
fn chooser_ui(ui: &mut Ui, scene: &mut Scene<'_>, name: &str, names: &[String]) {
    ui.horizontal(|ui| {
        ComboBox::from_id_salt("heatmap value")
            .selected_text(RichText::new(name).monospace())
            .show_ui(ui, |ui| {
                let mut group = "";
                for other in names {
                    let (of, _) = scope::split(other);
                    if of != group && !of.is_empty() {
                        ui.label(RichText::new(scope::label(scene.language, of)).small().weak());
                    }
                    group = of;
                    let text = RichText::new(other).monospace();
                    if ui.selectable_label(other == name, text).clicked() {
                        let unit = scene.selection.and_then(|s| s.unit);
                        scene.commands.push(Command::Select(Some(Selection::new(other, unit))));
                    }
                }
            })
            .response
            .on_hover_text(scene.tr("views.choose_value"));
        if let Some(meaning) = scene.meaning(name) {
            ui.add(egui::Label::new(RichText::new(meaning).small().weak()).truncate());
        }
    });
}

/// The value to show when none is selected: the model's hidden state, or its first value.
fn first(trace: &Trace) -> Option<String> {
    let names: Vec<&str> = trace.value_names().collect();
    let hidden = names.iter().find(|name| scope::split(name).1 == scope::HIDDEN);
    hidden.or(names.first()).map(|name| (*name).to_owned())
}

/// Draws a value over time into at most `room`, with tokens below; clicks select and go there.
pub fn picture_ui(ui: &mut Ui, scene: &mut Scene<'_>, name: &str, room: egui::Vec2) {
    let Some(matrix) = scene.over_time(name) else { return };
    let (positions, units) = matrix.dim();
    let gutter = gutter(ui, scene, name, units);
    let widest = if scene.for_print { WIDEST_CELL } else { LARGEST_CELL };
    let cell = vec2(
        ((room.x - gutter) / positions as f32).min(widest),
        (room.y / units as f32).min(LARGEST_CELL),
    )
    .max(vec2(1.0, 1.0));
    let size = vec2(cell.x * positions as f32, cell.y * units as f32);
    let (outer, response) =
        ui.allocate_exact_size(size + vec2(gutter, TOKENS_HEIGHT), Sense::click_and_drag());
    let rect = Rect::from_min_size(outer.min + vec2(gutter, 0.0), size);
    let scale = scene.picture_scale(ui, name);
    let texture = texture(ui, scene, name, &matrix, &scale);
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture, rect, uv, egui::Color32::WHITE);
    overlay(ui, scene, name, rect, cell);
    unit_labels(ui, scene, name, rect, units, cell.y);
    cells::tokens_below(ui, scene, rect);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
    if let Some(at) = response.hover_pos().filter(|at| rect.contains(*at)) {
        let (position, unit) = cell_at(rect, cell, at, positions, units);
        let text = if scene.is_shown_at(name, position) {
            let value = matrix[[position, unit]];
            cells::entry_text(scene, name, &[], position as i32, unit, value)
        } else {
            format!("{name}[{position}][{unit}]: {}", scene.tr("inspector.not_computed"))
        };
        response.clone().on_hover_text_at_pointer(text);
    }
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.secondary_clicked()) {
        let (position, unit) = cell_at(rect, cell, at, positions, units);
        super::intervene::ask(scene, name, position as i32, Some(unit));
        return;
    }
    if let Some(at) =
        response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged())
    {
        let (position, unit) = cell_at(rect, cell, at, positions, units);
        scene.commands.push(Command::Select(Some(Selection::new(name, Some(unit)))));
        scene.commands.push(Command::Timeline(TimelineCommand::Position(position)));
    }
}

fn cell_at(
    rect: Rect,
    cell: egui::Vec2,
    at: egui::Pos2,
    positions: usize,
    units: usize,
) -> (usize, usize) {
    let offset = (at - rect.min) / cell;
    let clamp = |x: f32, n: usize| (x.max(0.0) as usize).min(n.saturating_sub(1));
    (clamp(offset.x, positions), clamp(offset.y, units))
}

/// The picture as a texture, made anew only when the run or the theme changes.
fn texture(
    ui: &Ui,
    scene: &mut Scene<'_>,
    name: &str,
    matrix: &ndarray::Array2<f32>,
    scale: &Scale,
) -> egui::TextureId {
    let key = format!("{name} {} {:?}", scale.dark, scene.shown());
    if let Some((run, texture)) = scene.memory.textures.get(&key)
        && *run == scene.run
    {
        return texture.id();
    }
    let (positions, units) = matrix.dim();
    let pixels = (0..units)
        .flat_map(|unit| (0..positions).map(move |t| (t, unit)))
        .map(|at| theme::color(scale.rgb(matrix[at])))
        .collect();
    let image = ColorImage::new([positions, units], pixels);
    let texture = ui.ctx().load_texture(name, image, TextureOptions::NEAREST);
    let id = texture.id();
    scene.memory.textures.insert(key, (scene.run, texture));
    id
}

/// Hides what is not computed yet, so that a question asked before a step
/// stays a question; frames the current position and the selected unit.
fn overlay(ui: &Ui, scene: &Scene<'_>, name: &str, rect: Rect, cell: egui::Vec2) {
    let dark = ui.visuals().dark_mode;
    let painter = ui.painter();
    let now = scene.now();
    let is_hidden: Vec<bool> =
        (0..scene.trace.n_positions()).map(|t| !scene.is_shown_at(name, t)).collect();
    let mut at = 0;
    for run in is_hidden.chunk_by(|a, b| a == b) {
        if run[0] {
            let left = rect.left() + at as f32 * cell.x;
            let size = vec2(run.len() as f32 * cell.x, rect.height());
            let veil = Rect::from_min_size(pos2(left, rect.top()), size);
            painter.rect_filled(veil, 0.0, theme::stage(dark));
        }
        at += run.len();
    }
    painter.rect_stroke(
        rect,
        0.0,
        Stroke::new(theme::HAIRLINE, theme::grid_line(dark)),
        egui::StrokeKind::Outside,
    );
    let column = Rect::from_min_size(
        pos2(rect.left() + now as f32 * cell.x, rect.top()),
        vec2(cell.x, rect.height()),
    );
    cells::frame(painter, column, theme::accent(dark));
    let units = (rect.height() / cell.y).round() as usize;
    if let Some(unit) = scene.unit(units) {
        let row = Rect::from_min_size(
            pos2(rect.left(), rect.top() + unit as f32 * cell.y),
            vec2(rect.width(), cell.y),
        );
        let stroke = Stroke::new(theme::HAIRLINE, theme::accent(dark));
        painter.rect_stroke(row, 0.0, stroke, egui::StrokeKind::Outside);
    }
}

/// The symbols that the units of a value stand for, if they do.
fn unit_symbols<'a>(scene: &Scene<'a>, name: &str, units: usize) -> Option<&'a [&'static str]> {
    let symbols = scene.trace.symbols();
    let stands_for_symbols = matches!(name, "prediction" | "scores") && symbols.len() == units;
    stands_for_symbols.then_some(symbols)
}

/// Room for the names of the units.
fn gutter(ui: &Ui, scene: &Scene<'_>, name: &str, units: usize) -> f32 {
    let width = |text: &&str| {
        ui.painter().layout_no_wrap((*text).to_owned(), UNIT_FONT, egui::Color32::WHITE).size().x
    };
    let symbols = unit_symbols(scene, name, units).unwrap_or_default();
    symbols.iter().map(width).fold(UNITS_WIDTH - 8.0, f32::max) + 8.0
}

/// Unit numbers, or the symbols that the units stand for.
fn unit_labels(ui: &Ui, scene: &Scene<'_>, name: &str, rect: Rect, units: usize, cell: f32) {
    let symbols = unit_symbols(scene, name, units);
    let dark = ui.visuals().dark_mode;
    let every = [1, 2, 4, 8, 16, 32].into_iter().find(|n| *n as f32 * cell >= 14.0).unwrap_or(64);
    for unit in (0..units).step_by(every) {
        let at = pos2(rect.left() - 5.0, rect.top() + (unit as f32 + 0.5) * cell);
        let text = symbols.map_or_else(|| unit.to_string(), |symbols| symbols[unit].to_owned());
        ui.painter().text(at, Align2::RIGHT_CENTER, text, UNIT_FONT, theme::weak_text(dark));
    }
}

/// Room that [`legend_ui`] takes.
#[must_use]
pub fn legend_height() -> f32 {
    26.0
}

/// The colours of a scale between its ends.
pub fn legend_ui(ui: &mut Ui, scale: &Scale) {
    let (rect, _) = ui.allocate_exact_size(vec2(220.0, legend_height() - 8.0), Sense::hover());
    ramp_ui(ui, scale, rect, 110.0);
}

/// The same, small enough to stand on the line of a heading.
pub fn small_legend_ui(ui: &mut Ui, scale: &Scale) {
    let (rect, _) = ui.allocate_exact_size(vec2(116.0, 14.0), Sense::hover());
    ramp_ui(ui, scale, rect, 36.0);
}

fn ramp_ui(ui: &Ui, scale: &Scale, rect: Rect, width: f32) {
    let dark = ui.visuals().dark_mode;
    let bar = Rect::from_center_size(rect.center(), vec2(width, 8.0));
    let ramp = scale.ramp(64);
    for (at, rgb) in ramp.iter().enumerate() {
        let width = bar.width() / ramp.len() as f32;
        let corner = pos2(bar.left() + at as f32 * width, bar.top());
        let piece = Rect::from_min_size(corner, vec2(width + 0.5, bar.height()));
        ui.painter().rect_filled(piece, 0.0, theme::color(*rgb));
    }
    let font = FontId::monospace(11.0);
    let color = theme::weak_text(dark);
    let label = |value: f32| format!("{value:.2}").replace('-', "−");
    let painter = ui.painter();
    painter.text(
        bar.left_center() - vec2(6.0, 0.0),
        Align2::RIGHT_CENTER,
        label(scale.low),
        font.clone(),
        color,
    );
    painter.text(
        bar.right_center() + vec2(6.0, 0.0),
        Align2::LEFT_CENTER,
        label(scale.high),
        font,
        color,
    );
}
