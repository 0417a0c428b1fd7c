//! What every channel is and does at the cursor, one strip a value: the columns are the channels,
//! sorted by half-life, so that the strips can be read together.

use egui::{
    Align2, FontId, Mesh, Rect, RichText, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::super::{Command, Scene, Selection, cells, half_life, number, subscript, theme};
use super::Drawn;
use super::data::{MIXES, RAW};
use crate::palette::Scale;

/// Room for the names at the left and for the selected channel's numbers at the right.
const NAME: f32 = 92.0;
const NUMBER: f32 = 64.0;
const HEIGHT: f32 = 14.0;
const GAP: f32 = 1.0;

/// What stands in a strip.
struct Strip {
    /// The value; of several layers the one that is drawn.
    name: String,
    /// The key of what it is called.
    words: &'static str,
    entries: Option<Vec<f32>>,
    scale: Scale,
    /// Whether the entries are drawn by their half-lives' colours.
    is_life: bool,
}

/// The strips of a layer, in the order in which they are drawn; those that the run does not have are
/// left out.
fn strips(ui: &Ui, scene: &mut Scene<'_>, drawn: &Drawn<'_>) -> Vec<Strip> {
    let dark = ui.visuals().dark_mode;
    let lives = drawn.channels.iter().map(|channel| channel.life).collect();
    let mut strips = vec![Strip {
        name: drawn.name(RAW),
        words: "decay.row_life",
        entries: Some(lives),
        scale: Scale::unit(dark),
        is_life: true,
    }];
    let rows = [
        ("bonus", "decay.row_bonus"),
        ("receptance", "decay.row_receptance"),
        ("key", "decay.row_key"),
        ("value", "decay.row_value"),
        ("wkv", "decay.row_wkv"),
    ];
    let mixes = MIXES.map(|mix| (mix.share, mix.words));
    for (value, words) in rows.into_iter().chain(mixes) {
        let name = drawn.name(value);
        let Some(node) = scene.trace.node(&name, scene.now() as i32) else { continue };
        let entries = scene.entries(node).map(std::borrow::Cow::into_owned);
        let scale = scene.picture_scale(ui, &name);
        // A share of the current token is a share, whatever its parameter may be.
        let is_mix = MIXES.iter().any(|mix| mix.share == value);
        let is_plain = scene.shown() == super::super::Shown::Value;
        let scale = if is_mix && is_plain { Scale::unit(dark) } else { scale };
        strips.push(Strip { name, words, entries, scale, is_life: false });
    }
    strips
}

/// Draws the strips; `pointed` is the channel that is pointed at in the curves.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, drawn: &Drawn<'_>, pointed: Option<usize>) {
    let dark = ui.visuals().dark_mode;
    ui.label(RichText::new(scene.tr("decay.strips")).small().weak());
    let strips = strips(ui, scene, drawn);
    let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, GAP);
    let mut all: Option<Rect> = None;
    for strip in &strips {
        let rect = strip_ui(ui, scene, drawn, strip, dark);
        all = Some(all.map_or(rect, |all| all.union(rect)));
    }
    ui.spacing_mut().item_spacing.y = spacing;
    let Some(all) = all else { return };
    let column = |channel: usize| {
        let rank = drawn.order.iter().position(|at| *at == channel)?;
        Some(cells::cell_rect(all, drawn.order.len(), drawn.order.len(), rank))
    };
    let color = [(pointed, theme::strong_text(dark)), (drawn.chosen, theme::accent(dark))];
    for (channel, color) in color {
        if let Some(rect) = channel.and_then(column) {
            let stroke = Stroke::new(0.75 * theme::LINE, color);
            ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Outside);
        }
    }
}

fn strip_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    drawn: &Drawn<'_>,
    strip: &Strip,
    dark: bool,
) -> Rect {
    let size = vec2(ui.available_width(), HEIGHT);
    let (outer, response) = ui.allocate_exact_size(size, Sense::click());
    let words = scene.tr(strip.words);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{words} {}", strip.name))
    });
    let rect =
        Rect::from_min_max(outer.min + vec2(NAME, 0.0), pos2(outer.right() - NUMBER, outer.max.y));
    let painter = ui.painter().clone();
    let is_selected = scene.selection.is_some_and(|selection| selection.name == strip.name);
    let ink = if is_selected { theme::accent(dark) } else { theme::text(dark) };
    let at = pos2(outer.left(), outer.center().y);
    let words = painter.layout_job(subscript::job(words, &FontId::proportional(12.0), ink));
    painter.galley(at - vec2(0.0, words.size().y / 2.0), words, ink);
    let border = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    painter.rect_stroke(rect, 0.0, border, StrokeKind::Outside);
    let count = drawn.order.len();
    let mut hint = scene.meaning(&strip.name).unwrap_or_default().to_owned();
    let mut pointed = None;
    if let Some(entries) = strip.entries.as_ref().filter(|entries| entries.len() == count) {
        let mut mesh = Mesh::default();
        for (rank, channel) in drawn.order.iter().enumerate() {
            let entry = entries[*channel];
            let entry = if strip.is_life { half_life::tint(entry) } else { entry };
            let cell = cells::cell_rect(rect, count, count, rank);
            mesh.add_colored_rect(cell, theme::color(strip.scale.rgb(entry)));
        }
        painter.add(Shape::mesh(mesh));
        let text = |entry: f32| if strip.is_life { cells::tokens(entry) } else { number(entry) };
        if let Some(channel) = drawn.chosen {
            let at = pos2(outer.right(), outer.center().y);
            let font = FontId::monospace(11.5);
            let entry = text(entries[channel]);
            painter.text(at, Align2::RIGHT_CENTER, entry, font, theme::text(dark));
        }
        let place = response.hover_pos().or(response.interact_pointer_pos());
        pointed = place.and_then(|at| cells::cell_at(rect, count, count, at));
        pointed = pointed.and_then(|rank| drawn.order.get(rank).copied());
        if let Some(channel) = pointed {
            hint = if strip.is_life {
                drawn.words(scene, channel)
            } else {
                let entry = format!("{}[{channel}]", strip.name);
                format!("{}\n{hint}", scene.entry_text(&entry, entries[channel]))
            };
        }
    }
    let clicked = response.clicked();
    if !hint.trim().is_empty() {
        response.on_hover_text_at_pointer(hint.trim());
    }
    if clicked {
        let unit = pointed.or(drawn.chosen);
        match unit.filter(|_| strip.is_life) {
            Some(channel) => drawn.choose(scene, channel),
            None => {
                let selection = Selection::new(&strip.name, unit);
                scene.commands.push(Command::Select(Some(selection)));
            }
        }
    }
    rect
}
