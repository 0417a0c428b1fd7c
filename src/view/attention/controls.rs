//! The rows above the maps: which look, which map, what of it, and from which weight on.

use egui::{ComboBox, DragValue, RichText, Slider, Ui};

use super::super::{Hidden, Scene, theme};
use super::drawn::{Key, What};
use super::{Look, Over, change, head_words, select, words};
use crate::trace::attention::{Map, Part};

/// Rollout multiplies whole maps, which takes longer than a frame for more positions.
const ROLLOUT_LONGEST: usize = 400;
/// A slider for weights has this width.
const SLIDER_WIDTH: f32 = 60.0;

/// Whether there are several heads, and several maps.
fn has(maps: &[Map]) -> [bool; 2] {
    [maps.iter().any(|map| map.head > 0), maps.len() > 1]
}

/// The look that was chosen, if it shows anything of this run.
pub fn look(scene: &Scene<'_>, maps: &[Map]) -> Look {
    let [has_heads, has_layers] = has(maps);
    match scene.memory.attention.settings.look {
        Some(Look::Heads) if !has_heads => Look::Matrix,
        Some(Look::Overview) if !has_layers => Look::Matrix,
        look => look.unwrap_or(Look::Matrix),
    }
}

/// The row of looks; those that would show nothing more are left out.
pub fn looks_ui(ui: &mut Ui, scene: &mut Scene<'_>, maps: &[Map], at: usize) -> Look {
    let mut look = look(scene, maps);
    if scene.for_print {
        return look;
    }
    let [has_heads, has_layers] = has(maps);
    ui.horizontal(|ui| {
        theme::compact(ui);
        for (other, key, hint, exists) in [
            (Look::Matrix, "attention.matrix", "attention.matrix_hint", true),
            (Look::Lines, "attention.lines", "attention.lines_hint", true),
            (Look::Heads, "attention.heads", "attention.heads_hint", has_heads),
            (Look::Overview, "attention.overview", "attention.overview_hint", has_layers),
        ] {
            if !exists {
                continue;
            }
            let text = RichText::new(scene.tr(key)).size(theme::COMPACT_SIZE);
            if ui.selectable_label(look == other, text).on_hover_text(scene.tr(hint)).clicked() {
                look = other;
                scene.memory.attention.settings.look = Some(other);
            }
        }
        let changes = !scene.hides(Hidden::Interventions);
        if changes && matches!(look, Look::Matrix | Look::Lines) {
            ui.add_space(theme::GAP);
            change::menu_ui(ui, scene, &maps[at]);
        }
        threshold_ui(ui, scene);
    });
    look
}

/// Which map, what of it, and from which weight on.
pub fn controls_ui(ui: &mut Ui, scene: &mut Scene<'_>, maps: &[Map], at: usize, look: Look) -> Key {
    let map = &maps[at];
    let alike = |other: &Map| other.part == map.part && other.layer == map.layer;
    let n_heads = maps.iter().filter(|other| alike(other)).count();
    let layers: Vec<usize> = maps.iter().filter(|m| m.part == map.part).map(|m| m.layer).collect();
    let is_one = matches!(look, Look::Matrix | Look::Lines);
    let short = scene.trace.source().min(scene.trace.n_positions()) <= ROLLOUT_LONGEST;
    let can_roll = map.part == Part::Encoder && short;
    if scene.for_print && look != Look::Overview {
        chosen_ui(ui, scene, maps, at, (look, n_heads > 1, can_roll));
    }
    ui.horizontal_wrapped(|ui| {
        if scene.for_print {
            return;
        }
        theme::compact(ui);
        ui.spacing_mut().item_spacing.x = theme::GAP_SMALL;
        if maps.len() > 1 && look != Look::Overview {
            map_menu(ui, scene, maps, at, look);
        }
        if is_one && (n_heads > 1 || can_roll) {
            let over = scene.memory.attention.settings.over;
            for (other, key, hint, exists) in [
                (Over::Mean, "attention.mean", "attention.mean_hint", n_heads > 1),
                (Over::Rollout, "attention.rollout", "attention.rollout_hint", can_roll),
            ] {
                let text = RichText::new(scene.tr(key)).size(theme::COMPACT_SIZE);
                if exists
                    && ui
                        .selectable_label(over == other, text)
                        .on_hover_text(scene.tr(hint))
                        .clicked()
                {
                    let next = if over == other { Over::Head } else { other };
                    scene.memory.attention.settings.over = next;
                }
            }
        }
        if map.part == Part::Contribution {
            channel_ui(ui, scene, map);
        }
    });
    let settings = &scene.memory.attention.settings;
    let what = match settings.over {
        Over::Mean if is_one && n_heads > 1 => What::Mean(map.part, map.layer),
        Over::Rollout if is_one && can_roll => What::Rollout(map.layer, layers.len()),
        _ => What::Map(at),
    };
    Key { run: 0, what, shown: scene.shown(), channel: settings.channel }
}

/// On a page: which map it is, and what of it.
fn chosen_ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    maps: &[Map],
    at: usize,
    (look, has_heads, can_roll): (Look, bool, bool),
) {
    let map = &maps[at];
    let full = words(scene, maps, map);
    let head = format!(" · {}", head_words(scene, map));
    let layer = full.strip_suffix(&head).unwrap_or(&full);
    let settings = &scene.memory.attention.settings;
    let mut text = match settings.over {
        _ if look == Look::Heads => layer.to_owned(),
        Over::Mean if has_heads => format!("{layer} · {}", scene.tr("attention.mean")),
        Over::Rollout if can_roll => format!("{layer} · {}", scene.tr("attention.rollout")),
        _ => full.clone(),
    };
    if map.part == Part::Contribution {
        let channel = match settings.channel {
            Some(channel) => format!("{} {channel}", scene.tr("attention.channel")),
            None => scene.tr("attention.mean_channels").to_owned(),
        };
        text = format!("{text} · {channel}");
    }
    ui.label(text);
}

fn map_menu(ui: &mut Ui, scene: &mut Scene<'_>, maps: &[Map], at: usize, look: Look) {
    // In the grid of heads a layer is chosen.
    let title = |scene: &Scene<'_>, map: &Map| match look {
        Look::Heads => {
            let full = words(scene, maps, map);
            let head = format!(" · {}", head_words(scene, map));
            full.strip_suffix(&head).unwrap_or(&full).to_owned()
        }
        _ => words(scene, maps, map),
    };
    let shown = title(scene, &maps[at]);
    let hint = scene.tr("attention.choose");
    let combo = ComboBox::from_id_salt("attention map")
        .selected_text(RichText::new(&shown).size(theme::COMPACT_SIZE))
        .show_ui(ui, |ui| {
            let mut last = String::new();
            for map in maps {
                let words = title(scene, map);
                if words == last {
                    continue;
                }
                if ui.selectable_label(words == shown, &words).clicked() {
                    select(scene, map);
                }
                last = words;
            }
        });
    combo.response.on_hover_text(hint);
}

/// How contributions become shares.
pub fn normalisation(scene: &Scene<'_>, map: &Map) -> &'static str {
    // AFT learns a bias for each pair of positions; RWKV has a decay.
    let is_learned = scene.trace.graph().find(&map.step("position_bias")).is_some();
    scene.tr(if is_learned { "attention.normalisation_bias" } else { "attention.normalisation" })
}

fn channel_ui(ui: &mut Ui, scene: &mut Scene<'_>, map: &Map) {
    let channels = map.channels(scene.trace);
    let channel = scene.memory.attention.settings.channel;
    let mut is_mean = channel.is_none();
    let words = scene.tr("attention.mean_channels");
    let text = RichText::new(words).size(theme::COMPACT_SIZE);
    let hint = normalisation(scene, map);
    if ui.selectable_label(is_mean, text).on_hover_text(hint).clicked() {
        is_mean = !is_mean;
    }
    let mut chosen = channel.unwrap_or(0).min(channels.saturating_sub(1));
    let label = scene.tr("attention.channel");
    let drag = DragValue::new(&mut chosen).range(0..=channels.saturating_sub(1)).speed(0.2);
    let drag = ui.add(drag.prefix(format!("{label} ")));
    drag.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, label));
    if drag.on_hover_text(hint).changed() {
        is_mean = false;
    }
    scene.memory.attention.settings.channel = (!is_mean).then_some(chosen);
}

fn threshold_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.add_space(theme::GAP);
    let label = ui.label(RichText::new(scene.tr("attention.filter")).small().weak());
    ui.add_space(theme::GAP_SMALL);
    let before = scene.memory.attention.settings.threshold;
    let mut threshold = before;
    ui.spacing_mut().slider_width = SLIDER_WIDTH;
    let slider = Slider::new(&mut threshold, 0.0..=1.0).logarithmic(true).smallest_positive(1e-3);
    let slider = ui.add(slider.max_decimals(3)).labelled_by(label.id);
    slider.on_hover_text(scene.tr("views.filter"));
    scene.memory.attention.settings.threshold = threshold;
}
