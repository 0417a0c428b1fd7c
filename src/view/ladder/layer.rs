//! One layer, a row for each of its sub-layers: what it reads from the stream, what its heads or
//! its network make of it, what it adds, and the stream afterwards; token by token.

use egui::{RichText, ScrollArea, Sense, Ui, vec2};

use super::plan::{Kind, Layer, Part, Plan};
use super::{Level, go, is_active, picture};
use crate::trace::Trace;
use crate::view::{Scene, number, theme, tr_with};

/// A picture of numbers is at most this high and wide.
const HEIGHT: f32 = 96.0;
const WIDTH: f32 = 92.0;

/// Draws a layer from below to above, as in the overview; gives what the pointer is at.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, plan: &Plan, layer: &Layer) -> Option<Level> {
    let mut pointed = None;
    ScrollArea::vertical().id_salt("ladder layer").auto_shrink([false, false]).show(ui, |ui| {
        for part in layer.parts.iter().rev() {
            let top = ui.cursor().top();
            part_ui(ui, scene, plan, layer, part);
            let here = ui.input(|i| i.pointer.hover_pos());
            if here.is_some_and(|at| (top..ui.cursor().top()).contains(&at.y)) {
                pointed = Some(Level::Part(part.scope.clone(), 0));
            }
            ui.add_space(theme::GAP_LARGE);
        }
    });
    pointed
}

fn part_ui(ui: &mut Ui, scene: &mut Scene<'_>, plan: &Plan, layer: &Layer, part: &Part) {
    let dark = ui.visuals().dark_mode;
    ui.horizontal(|ui| {
        let active = is_active(scene, layer, part);
        let color = if active { theme::accent(dark) } else { theme::strong_text(dark) };
        let title = RichText::new(scene.tr(part.kind.title())).strong().color(color);
        let button = ui.add(egui::Button::new(title).frame(false));
        if button.on_hover_text(scene.tr(part.kind.hint())).clicked() {
            go(scene, Level::Part(part.scope.clone(), 0));
        }
    });
    let before = layer.before(part, plan);
    ScrollArea::horizontal().id_salt(&part.scope).auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP_LARGE;
            let names = before.iter().cloned().chain(own(scene.trace, part));
            for name in names.collect::<Vec<_>>() {
                value_ui(ui, scene, &name);
                if name.ends_with(".normed")
                    || part.heads.is_empty() && Some(&name) == before.as_ref()
                {
                    heads_ui(ui, scene, part);
                }
            }
        });
    });
    if let Some(words) = norm_words(scene, layer, plan, part) {
        let text = RichText::new(words).small().color(theme::weak_text(dark));
        ui.label(text).on_hover_text(scene.tr("ladder.norm_hint"));
    }
}

/// The values of a sub-layer itself, in the order of calculation.
fn own(trace: &Trace, part: &Part) -> Vec<String> {
    let names = ["normed", "inner", "update", "sum", "stream"];
    let names = names.map(|name| format!("{}.{name}", part.scope));
    names.into_iter().filter(|name| trace.graph().find(name).is_some()).collect()
}

/// A value with its name above.
fn value_ui(ui: &mut Ui, scene: &mut Scene<'_>, name: &str) {
    let Some(region) = picture::region(scene.trace, name) else { return };
    let short = name.rsplit('.').next().unwrap_or(name);
    ui.vertical(|ui| {
        ui.label(RichText::new(short).monospace().small());
        let height = (region.rows.len() as f32 * 12.0).min(HEIGHT);
        let response = picture::picture_ui(ui, scene, name, vec2(WIDTH, height));
        if let Some(meaning) = scene.meaning(name) {
            response.on_hover_text(meaning);
        }
    });
}

/// The attention of every head, side by side; a click comes nearer.
fn heads_ui(ui: &mut Ui, scene: &mut Scene<'_>, part: &Part) {
    if part.kind == Kind::FeedForward {
        return;
    }
    for (number, head) in part.heads.iter().enumerate() {
        let name = format!("{head}.attention");
        let Some(region) = picture::region(scene.trace, &name) else { continue };
        ui.vertical(|ui| {
            let words = [("number", (number + 1).to_string())];
            let words = words.each_ref().map(|(key, value)| (*key, value.as_str()));
            let title = tr_with(scene.language, "ladder.head", &words);
            ui.label(RichText::new(title).small());
            let shape = vec2(region.columns.len() as f32, region.rows.len() as f32);
            let cell = (HEIGHT / shape.y.max(1.0)).min(HEIGHT / shape.x.max(1.0)).min(12.0);
            let (rect, response) = ui.allocate_exact_size(shape * cell, Sense::click());
            let _ = picture::paint(ui, scene, std::slice::from_ref(&name), rect);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
            if response.clicked() {
                go(scene, Level::Part(part.scope.clone(), number));
            }
            response.on_hover_text(scene.tr("ladder.head_hint"));
        });
    }
}

/// The mean and the spread of the current token's row before the normalisation and after it, before
/// gain and shift act: each token by itself.
fn norm_words(scene: &Scene<'_>, layer: &Layer, plan: &Plan, part: &Part) -> Option<String> {
    // Pre-norm reads the stream, post-norm the sum.
    let sum = format!("{}.sum", part.scope);
    let is_post = scene.trace.graph().find(&sum).is_some();
    let read = if is_post { sum } else { layer.before(part, plan)? };
    let written = format!("{}.{}", part.scope, if is_post { "stream" } else { "normed" });
    let now = i32::try_from(scene.now()).ok()?;
    let moments = |name: &str| {
        let row = scene.trace.row(name, now).filter(|_| scene.is_shown_at(name, scene.now()))?;
        let n = row.len().max(1) as f64;
        let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
        let variance = row.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n;
        Some([mean as f32, variance.sqrt() as f32])
    };
    let ([mean, spread], [mean_after, spread_after]) = (moments(&read)?, moments(&written)?);
    let token = scene.trace.tokens().get(scene.now())?;
    let (mean, spread) = (number(mean), number(spread));
    let (mean_after, spread_after) = (number(mean_after), number(spread_after));
    let words = [
        ("token", token.as_str()),
        ("mean", mean.as_str()),
        ("spread", spread.as_str()),
        ("mean_after", mean_after.as_str()),
        ("spread_after", spread_after.as_str()),
    ];
    Some(tr_with(scene.language, "ladder.norm", &words))
}
