//! A melody as a piano roll: the notes so far, with what the model thought of every key behind them.

use egui::{Align2, FontId, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::command::{Export, Purpose};
use super::numbers::Numbers;
use super::{Command, Scene, Selection, ViewSpec, cells, heatmap, theme};
use crate::palette::Scale;
use crate::tensor::slice;
use crate::trace::timeline::TimelineCommand;

/// Room for the names of the keys.
const KEYS_WIDTH: f32 = 34.0;
/// A note is no longer and no higher than this.
const LARGEST: egui::Vec2 = vec2(46.0, 30.0);
/// The share of a key's height that a note takes, so that the shading behind it is seen.
const NOTE_SHARE: f32 = 0.5;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "piano",
    title: "views.piano",
    hint: "views.piano_hint",
    applies: |trace| !trace.notes().is_empty() && trace.graph().find("prediction").is_some(),
    ui,
    numbers,
};

fn numbers(_: &mut Scene<'_>) -> Numbers {
    Numbers::Values(vec!["prediction".to_owned()])
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    if !scene.for_print {
        let save = ui.button(scene.tr("views.save_melody"));
        if save.on_hover_text(scene.tr("views.save_melody_hint")).clicked() {
            scene.commands.push(Command::Choose(Purpose::Save(Export::Melody)));
        }
    }
    let below = heatmap::legend_height() + 24.0;
    roll_ui(ui, scene, ui.available_size() - vec2(0.0, below));
    let scale = Scale::unit(ui.visuals().dark_mode);
    heatmap::legend_ui(ui, &scale);
}

/// The keys from high to low and the positions, with a last column for what would come next.
fn roll_ui(ui: &mut Ui, scene: &mut Scene<'_>, room: egui::Vec2) {
    let dark = ui.visuals().dark_mode;
    let symbols = scene.trace.symbols();
    let columns = scene.trace.n_positions() + 1;
    let cell = vec2((room.x - KEYS_WIDTH) / columns as f32, room.y / symbols.len() as f32);
    let cell = cell.min(LARGEST).max(vec2(2.0, 4.0));
    let size = vec2(cell.x * columns as f32, cell.y * symbols.len() as f32);
    let (outer, response) = ui.allocate_exact_size(size + vec2(KEYS_WIDTH, 20.0), Sense::click());
    let words = scene.tr("views.piano_hint");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    let rect = Rect::from_min_size(outer.min + vec2(KEYS_WIDTH, 0.0), size);
    let at = |t: usize, key: usize| {
        let row = symbols.len() - 1 - key;
        let corner = rect.min + vec2(t as f32 * cell.x, row as f32 * cell.y);
        Rect::from_min_size(corner, cell)
    };
    let scale = Scale::unit(dark);
    for t in 1..columns {
        // What stands at a position was predicted at the one before.
        if let Some(shares) = prediction(scene, t - 1) {
            let high_to_low: Vec<f32> = shares.iter().rev().copied().collect();
            let column = at(t, symbols.len() - 1).union(at(t, 0));
            cells::paint(ui.painter(), column, &high_to_low, 1, &scale);
        }
    }
    keys(ui, scene, rect, cell.y);
    for t in 0..scene.trace.n_positions() {
        if let Some(key) = key(scene, t) {
            note(ui, scene, at(t, key), t);
        }
    }
    let tokens = Rect::from_min_max(rect.min, pos2(rect.right() - cell.x, rect.bottom()));
    positions(ui, scene, tokens, cell.x);
    let pointed = response.hover_pos().filter(|pointer| rect.contains(*pointer)).map(|pointer| {
        let offset = (pointer - rect.min) / cell;
        let row = (offset.y as usize).min(symbols.len() - 1);
        ((offset.x as usize).min(columns - 1), symbols.len() - 1 - row)
    });
    let Some((t, key)) = pointed else { return };
    let before = t.checked_sub(1).and_then(|before| Some((before, prediction(scene, before)?)));
    let text = match before {
        Some((before, shares)) => {
            cells::entry_text(scene, "prediction", &[], before as i32, key, shares[key])
        }
        None if t == 0 => scene.tr("views.note_given").to_owned(),
        None => scene.tr("inspector.not_computed").to_owned(),
    };
    if response.clone().on_hover_text_at_pointer(text).clicked() {
        let last = scene.trace.n_positions() - 1;
        // Seen from the note, its own prediction is one position back.
        let offset = t.min(last) as i32 - t as i32 + if t > last { 0 } else { -1 };
        let selection = Selection { offset, ..Selection::new("prediction", Some(key)) };
        scene.commands.push(Command::Select(Some(selection)));
        scene.commands.push(Command::Timeline(TimelineCommand::Position(t.min(last))));
    }
}

/// The probabilities at a position, if they are computed.
fn prediction<'t>(scene: &Scene<'t>, t: usize) -> Option<&'t [f32]> {
    let node = scene.trace.node("prediction", t as i32).filter(|node| scene.is_done(*node))?;
    Some(slice(scene.trace.graph().value(node)))
}

/// The key that stands at a position, if it is given or written by now.
fn key(scene: &Scene<'_>, t: usize) -> Option<usize> {
    let is_there = t < scene.trace.given() || scene.is_done_at("input", t);
    let name = scene.trace.tokens()[t].split(' ').next().filter(|_| is_there)?;
    scene.trace.symbols().iter().position(|symbol| *symbol == name)
}

fn note(ui: &Ui, scene: &Scene<'_>, cell: Rect, t: usize) {
    let dark = ui.visuals().dark_mode;
    let is_now = t == scene.now() && scene.timeline.cursor() > 0;
    let bar = Rect::from_center_size(
        cell.center(),
        vec2((cell.width() - 3.0).max(2.0), cell.height() * NOTE_SHARE),
    );
    let color = if is_now { theme::accent(dark) } else { theme::strong_text(dark) };
    // An edge in the page's colour keeps a note apart from dark shading.
    ui.painter().rect_filled(bar.expand(1.0), 3.0, theme::stage(dark));
    let fill = if t < scene.trace.given() && !is_now { theme::stage(dark) } else { color };
    let stroke = Stroke::new(theme::LINE, color);
    ui.painter().rect(bar, 2.0, fill, stroke, StrokeKind::Inside);
}

/// The names of the keys, and a line above every B, where an octave ends.
fn keys(ui: &Ui, scene: &Scene<'_>, rect: Rect, height: f32) {
    let dark = ui.visuals().dark_mode;
    let symbols = scene.trace.symbols();
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    let every = if height < 12.0 { 2 } else { 1 };
    for (key, symbol) in symbols.iter().enumerate() {
        let bottom = rect.bottom() - key as f32 * height;
        if symbol.starts_with('C') || !symbol.starts_with(|c: char| c.is_ascii()) {
            ui.painter().hline(rect.x_range(), bottom, line);
        }
        if key % every == 0 {
            let at = pos2(rect.left() - 6.0, bottom - height / 2.0);
            let font = FontId::monospace(11.0);
            ui.painter().text(at, Align2::RIGHT_CENTER, symbol, font, theme::weak_text(dark));
        }
    }
    ui.painter().rect_stroke(rect, 0.0, line, StrokeKind::Outside);
}

/// The numbers of the positions below, as many as fit.
fn positions(ui: &Ui, scene: &Scene<'_>, rect: Rect, width: f32) {
    let dark = ui.visuals().dark_mode;
    let every = (22.0 / width.max(1.0)).ceil().max(1.0) as usize;
    for t in 0..scene.trace.n_positions() {
        let is_now = t == scene.now();
        if t % every == 0 || is_now {
            let at = pos2(rect.left() + (t as f32 + 0.5) * width, rect.bottom() + 3.0);
            let color = if is_now { theme::accent(dark) } else { theme::weak_text(dark) };
            let font = FontId::monospace(11.0);
            ui.painter().text(at, Align2::CENTER_TOP, t.to_string(), font, color);
        }
    }
}
