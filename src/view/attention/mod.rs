//! Attention: who looks at whom, and how much. One matrix with its steps in numbers, all heads of a
//! layer, all layers of the model, or lines from token to token.
//!
//! The map that is drawn is the one whose scope the selected value has, so that choosing a head is
//! choosing a value, as lessons do with `focus`.

mod axis;
mod change;
mod drawn;
mod lines;
mod matrix;
mod evidence;
mod row;
mod thumbnails;
mod tiles;

use std::rc::Rc;

use egui::{ComboBox, DragValue, RichText, Slider, Ui};

use super::{Command, Scene, Selection, ViewSpec, scope, theme, tr_with};
use crate::trace::Trace;
use crate::trace::attention::{self, Map, Part};
pub use drawn::Cache;
use drawn::{Key, What};

/// Rollout multiplies whole maps, which takes longer than a frame for more positions.
const ROLLOUT_LONGEST: usize = 400;
/// A slider for weights has this width.
const SLIDER_WIDTH: f32 = 84.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "attention",
    title: "views.attention",
    hint: "attention.hint",
    applies: |trace| !attention::maps(trace).is_empty(),
    ui,
};

/// How the maps are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// One map with its steps.
    Matrix,
    /// All heads of one layer and part.
    Heads,
    /// All layers and heads.
    Overview,
    /// Lines from token to token.
    Lines,
}

/// What stands for several heads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Over {
    /// Nothing: one head.
    #[default]
    Head,
    /// The mean of a layer's heads.
    Mean,
    /// The product over all layers up to this one.
    Rollout,
}

/// What the learner chose; kept while the window is open.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    look: Option<Look>,
    over: Over,
    /// Weights smaller than this are not drawn.
    threshold: f32,
    /// The channel of a contribution; their mean if none.
    channel: Option<usize>,
    /// The map shown last.
    map: Option<String>,
    /// The row shown where rows are not steps of the run.
    row: Option<usize>,
    /// Whether a change is for all rows.
    all_rows: bool,
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let maps = scene.memory.attention.maps(scene.trace, scene.run);
    let Some(at) = chosen(scene, &maps) else { return };
    scene.memory.attention.settings.map = Some(maps[at].name.clone());
    let look = looks_ui(ui, scene, &maps, at);
    let what = controls_ui(ui, scene, &maps, at, look);
    ui.add_space(theme::GAP_SMALL);
    match look {
        Look::Matrix => matrix::ui(ui, scene, &maps, at, &what),
        Look::Heads => {
            let alike = |other: &&Map| (other.part, other.layer) == (maps[at].part, maps[at].layer);
            let heads: Vec<Map> = maps.iter().filter(alike).cloned().collect();
            thumbnails::heads_ui(ui, scene, &maps, &heads);
        }
        Look::Overview => thumbnails::overview_ui(ui, scene, &maps),
        Look::Lines => lines::ui(ui, scene, &maps, at, &what),
    }
}

/// The map to draw: that of the selected value, else the one drawn last, else the first that looks
/// at the source.
fn chosen(scene: &Scene<'_>, maps: &[Map]) -> Option<usize> {
    let selected = scene.selection.map_or("", |selection| selection.name.as_str());
    let of_scope = |map: &Map| map.name == selected || map.scope() == scope::split(selected).0;
    let is_step = |map: &Map| {
        let last = scope::split(selected).1;
        map.name == selected || attention::STEPS.contains(&last)
    };
    let last = scene.memory.attention.settings.map.as_deref();
    maps.iter()
        .position(|map| of_scope(map) && is_step(map))
        .or_else(|| maps.iter().position(|map| Some(map.name.as_str()) == last))
        .or_else(|| maps.iter().position(|map| map.part == Part::Cross))
        .or(if maps.is_empty() { None } else { Some(0) })
}

/// The words for a part.
fn part_words(scene: &Scene<'_>, part: Part) -> &'static str {
    scene.tr(match part {
        Part::Encoder => "attention.encoder",
        Part::Decoder => "attention.decoder",
        Part::Cross => "attention.cross",
        Part::Contribution => "attention.contribution",
    })
}

/// What a map is called: part, layer and head, as far as there are several.
fn words(scene: &Scene<'_>, maps: &[Map], map: &Map) -> String {
    let mut words = part_words(scene, map.part).to_owned();
    let alike = |other: &&Map| other.part == map.part;
    if maps.iter().filter(alike).any(|other| other.layer != map.layer) {
        words += " · ";
        words +=
            &tr_with(scene.language, "views.layer", &[("number", &(map.layer + 1).to_string())]);
    }
    if maps.iter().filter(alike).any(|other| other.head != map.head) {
        words += " · ";
        words += &head_words(scene, map);
    }
    words
}

fn head_words(scene: &Scene<'_>, map: &Map) -> String {
    tr_with(scene.language, "attention.head", &[("number", &(map.head + 1).to_string())])
}

/// Looks at a map's weights.
fn select(scene: &mut Scene<'_>, map: &Map) {
    scene.memory.attention.settings.map = Some(map.name.clone());
    scene.commands.push(Command::Select(Some(Selection::new(&map.name, None))));
}

/// The row of looks; those that would show nothing more are left out.
fn looks_ui(ui: &mut Ui, scene: &mut Scene<'_>, maps: &[Map], at: usize) -> Look {
    let has_heads = maps.iter().any(|map| map.head > 0);
    let has_layers = maps.len() > 1;
    let mut look = scene.memory.attention.settings.look.unwrap_or(Look::Matrix);
    if (look == Look::Heads && !has_heads) || (look == Look::Overview && !has_layers) {
        look = Look::Matrix;
    }
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
        if matches!(look, Look::Matrix | Look::Lines) {
            ui.add_space(theme::GAP);
            change::menu_ui(ui, scene, &maps[at]);
        }
    });
    look
}

/// Which map, what of it, and from which weight on.
fn controls_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    maps: &[Map],
    at: usize,
    look: Look,
) -> Key {
    let map = &maps[at];
    let alike = |other: &Map| other.part == map.part && other.layer == map.layer;
    let n_heads = maps.iter().filter(|other| alike(other)).count();
    let layers: Vec<usize> = maps.iter().filter(|m| m.part == map.part).map(|m| m.layer).collect();
    let is_one = matches!(look, Look::Matrix | Look::Lines);
    let short = scene.trace.source().min(scene.trace.n_positions()) <= ROLLOUT_LONGEST;
    let can_roll = map.part == Part::Encoder && short;
    ui.horizontal_wrapped(|ui| {
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
                    && ui.selectable_label(over == other, text).on_hover_text(scene.tr(hint)).clicked()
                {
                    let next = if over == other { Over::Head } else { other };
                    scene.memory.attention.settings.over = next;
                }
            }
        }
        if map.part == Part::Contribution {
            channel_ui(ui, scene, map);
        }
        threshold_ui(ui, scene);
    });
    let settings = &scene.memory.attention.settings;
    let what = match settings.over {
        Over::Mean if is_one && n_heads > 1 => What::Mean(map.part, map.layer),
        Over::Rollout if is_one && can_roll => What::Rollout(map.layer, layers.len()),
        _ => What::Map(at),
    };
    Key { run: 0, what, shown: scene.shown(), channel: settings.channel }
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
fn normalisation(scene: &Scene<'_>, map: &Map) -> &'static str {
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
    let words = scene.tr("views.filter");
    let label = ui.label(RichText::new(words).small().weak());
    let before = scene.memory.attention.settings.threshold;
    let mut threshold = before;
    ui.spacing_mut().slider_width = SLIDER_WIDTH;
    let slider = Slider::new(&mut threshold, 0.0..=1.0).logarithmic(true).smallest_positive(1e-3);
    ui.add(slider.max_decimals(3)).labelled_by(label.id);
    scene.memory.attention.settings.threshold = threshold;
}

/// The positions of a map's rows are steps of the run, rather than computed together.
fn is_stepwise(trace: &Trace, map: &Map) -> bool {
    let nodes = trace.graph().find(&map.name).map(|id| trace.graph().everywhere(id));
    map.part == Part::Contribution
        || nodes.is_some_and(|nodes| {
            nodes.iter().all(|(_, node)| trace.graph().value(*node).nrows() == 1)
        })
}

/// The row to explain where none is pointed at: the step that the learner is at, or the one chosen.
fn current_row(scene: &Scene<'_>, map: &Map, rows: &std::ops::Range<usize>) -> Option<usize> {
    let is_shown = |row: &usize| rows.contains(row) && scene.is_shown_at(&map.name, *row);
    let now = Some(scene.now()).filter(is_shown);
    let kept = scene.memory.attention.settings.row.filter(is_shown);
    let last = || rows.clone().rev().find(|row| is_shown(row));
    if is_stepwise(scene.trace, map) { now.or_else(last) } else { kept.or(now).or_else(last) }
}

/// A token as it is written beside a map.
fn token(text: &str) -> &str {
    if text.trim().is_empty() { "␣" } else { text }
}

/// What is drawn of a key, made once for each run.
fn drawn(scene: &mut Scene<'_>, maps: &[Map], key: &Key) -> Option<Rc<drawn::Drawn>> {
    if let Some(found) = scene.memory.attention.known(key) {
        return found;
    }
    let made = drawn::make(scene, maps, key).map(Rc::new);
    scene.memory.attention.keep(key.clone(), made.clone());
    made
}
