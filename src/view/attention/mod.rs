//! Attention: who looks at whom, and how much. One matrix with its steps in numbers, all heads of a
//! layer, all layers of the model, or lines from token to token.
//!
//! The map that is drawn is the one whose scope the selected value has, so that choosing a head is
//! choosing a value, as lessons do with `focus`.

mod axis;
mod change;
mod controls;
mod drawn;
mod evidence;
mod lines;
mod matrix;
mod row;
mod thumbnails;
mod tiles;

use std::rc::Rc;

use egui::{Rect, Ui, UiBuilder, pos2};

use serde::{Deserialize, Serialize};

use super::numbers::Numbers;
use super::{Command, Scene, Selection, ViewSpec, scope, theme, tr_with};
use crate::trace::Trace;
use crate::trace::attention::{self, Map, Part};
use controls::normalisation;
pub use drawn::Cache;
use drawn::Key;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "attention",
    title: "views.attention",
    hint: "attention.hint",
    applies: attention::has_maps,
    ui,
    numbers,
};

/// The key of what the learner chose here.
const LOOK: &str = "attention";

/// How the maps are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Over {
    /// Nothing: one head.
    #[default]
    Head,
    /// The mean of a layer's heads.
    Mean,
    /// The product over all layers up to this one.
    Rollout,
}

/// What the learner chose.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
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

/// The weights of the maps that are drawn.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    scene.memory.attention.settings = scene.look(LOOK);
    let maps = scene.memory.attention.maps(scene.trace, scene.run);
    let Some(at) = chosen(scene, &maps) else { return Numbers::Values(Vec::new()) };
    let look = controls::look(scene, &maps);
    let is_one = matches!(look, Look::Matrix | Look::Lines);
    let over = scene.memory.attention.settings.over;
    let is_drawn = |map: &&Map| match look {
        Look::Overview => true,
        _ if is_one && over == Over::Head => map.name == maps[at].name,
        _ if is_one && over == Over::Rollout => map.part == maps[at].part,
        _ => (map.part, map.layer) == (maps[at].part, maps[at].layer),
    };
    Numbers::Values(maps.iter().filter(is_drawn).map(|map| map.name.clone()).collect())
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    scene.memory.attention.settings = scene.look(LOOK);
    shown_ui(ui, scene);
    let settings = std::mem::take(&mut scene.memory.attention.settings);
    scene.keep_look(LOOK, &settings);
}

fn shown_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let outer = ui.max_rect();
    let maps = scene.memory.attention.maps(scene.trace, scene.run);
    let Some(at) = chosen(scene, &maps) else { return };
    scene.memory.attention.settings.map = Some(maps[at].name.clone());
    let look = controls::looks_ui(ui, scene, &maps, at);
    let what = controls::controls_ui(ui, scene, &maps, at, look);
    // The controls may be wider than the view; what they choose stays within it.
    let top = ui.cursor().top() + theme::GAP_SMALL;
    let rest = Rect::from_min_max(pos2(outer.left(), top), outer.max);
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(rest));
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
    if !scene.memory.attention.knows(key) {
        let made = drawn::make(scene, maps, key).map(Rc::new);
        scene.memory.attention.keep(key.clone(), made);
    }
    scene.memory.attention.get(key)
}
