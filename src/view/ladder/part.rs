//! One sub-layer, operation by operation: every named value with its formula and its numbers, in the
//! order in which they are computed.

use egui::{RichText, ScrollArea, Ui, vec2};

use super::plan::{Layer, Part};
use super::{Level, go, picture};
use crate::tape::NodeId;
use crate::view::{Scene, scope, theme, tr_with};

/// A picture's room.
const WIDTH: f32 = 170.0;
const HEIGHT: f32 = 104.0;
/// A cell is no larger than this.
const CELL: f32 = 16.0;

/// Draws a sub-layer; of its heads the one with this number.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, layer: &Layer, part: &Part, head: usize) {
    let head = head.min(part.heads.len().saturating_sub(1));
    if part.heads.len() > 1 && scene.for_print {
        let shown = (head + 1).to_string();
        ui.label(tr_with(scene.language, "ladder.head", &[("number", &shown)]));
    } else if part.heads.len() > 1 {
        ui.horizontal(|ui| {
            for number in 0..part.heads.len() {
                let shown = (number + 1).to_string();
                let title = tr_with(scene.language, "ladder.head", &[("number", &shown)]);
                if ui.selectable_label(number == head, title).clicked() {
                    go(scene, Level::Part(part.scope.clone(), number));
                }
            }
        });
    }
    let names = scene.trace.value_names().filter(|name| part.owns(layer, name, Some(head)));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    // Keys and values of the source are computed once, before the first symbol is written.
    names.sort_by_key(|name| order(name));
    let active = active(scene);
    ScrollArea::vertical().id_salt("ladder part").auto_shrink([false, false]).show(ui, |ui| {
        for name in &names {
            value_ui(ui, scene, name, active.as_ref() == Some(name));
            ui.add_space(theme::GAP);
        }
    });
}

/// Where a value stands in a sub-layer's calculation.
fn order(name: &str) -> usize {
    const ORDER: [&str; 20] = [
        "normed",
        "query",
        "rotated_query",
        "key",
        "rotated_key",
        "value",
        "score",
        "scaled",
        "bias",
        "biased",
        "mask",
        "masked",
        "attention",
        "mixed",
        "joined",
        "inner",
        "update",
        "sum",
        "stream",
        "memory",
    ];
    let value = scope::split(name).1;
    ORDER.iter().position(|known| *known == value).unwrap_or(ORDER.len())
}

/// The value that the operation at the cursor leads to.
fn active(scene: &Scene<'_>) -> Option<String> {
    let graph = scene.trace.graph();
    let tick = scene.timeline.tick(scene.trace)?;
    Some(graph.name(graph.node(tick.towards).name?).name.clone())
}

/// The node of a value that is meant at the cursor: its own, or the first where it has none there.
fn node(scene: &Scene<'_>, name: &str) -> Option<NodeId> {
    let now = i32::try_from(scene.now()).ok();
    now.and_then(|now| scene.trace.node(name, now)).or_else(|| {
        let id = scene.trace.graph().find(name)?;
        scene.trace.graph().everywhere(id).first().map(|(_, node)| *node)
    })
}

/// A picture at the left, what it is and its formula at the right.
fn value_ui(ui: &mut Ui, scene: &mut Scene<'_>, name: &str, is_active: bool) {
    let Some(region) = picture::region(scene.trace, name) else { return };
    let dark = ui.visuals().dark_mode;
    let shape = vec2(region.columns.len().max(1) as f32, region.rows.len().max(1) as f32);
    let size = vec2((shape.x * CELL).min(WIDTH), (shape.y * CELL).min(HEIGHT));
    ui.horizontal_top(|ui| {
        ui.allocate_ui(vec2(WIDTH, size.y), |ui| {
            ui.set_min_width(WIDTH);
            let _ = picture::picture_ui(ui, scene, name, size);
        });
        ui.vertical(|ui| {
            let color = if is_active { theme::accent(dark) } else { theme::strong_text(dark) };
            let short = scope::split(name).1;
            let shape = format!("{short}  {} × {}", region.rows.len(), region.columns.len());
            ui.label(RichText::new(shape).monospace().color(color));
            if let Some(node) = node(scene, name) {
                let latex = scene.trace.graph().equation(node, &|_, symbol| symbol).latex();
                ScrollArea::horizontal().id_salt(name).auto_shrink([false, true]).show(ui, |ui| {
                    let _ = scene.memory.math.show(ui, &latex, false);
                });
            }
            if let Some(meaning) = scene.meaning(name) {
                ui.label(RichText::new(meaning).small().color(theme::weak_text(dark)));
            }
        });
    });
}
