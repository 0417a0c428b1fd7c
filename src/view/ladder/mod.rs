//! A Transformer as a ladder of two stacks: from the whole to a layer to an operation. Coming nearer
//! shows more of what happens there, not the same larger.

mod costs;
mod layer;
mod overview;
mod part;
mod picture;
mod plan;

use egui::{Key, RichText, Ui};
use serde::{Deserialize, Serialize};

use self::plan::{Layer, Part, Plan};
use super::numbers::Numbers;
use super::{Scene, ViewSpec, theme, tr_with};

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "ladder",
    title: "views.ladder",
    hint: "views.ladder_hint",
    applies: |trace| !Plan::of(trace).is_empty(),
    ui,
    numbers,
};

/// How near the learner is, by what stands before the names of what is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// Both stacks.
    #[default]
    Whole,
    /// A layer, such as `encoder.layer0`.
    Layer(String),
    /// A sub-layer, such as `decoder.layer0.cross`, and which of its heads.
    Part(String, usize),
}

/// This much of a pinch or of the wheel with the command key comes one level nearer.
const STEP: f32 = 1.15;

/// The key of how near the learner is.
const LOOK: &str = "ladder";

/// How near the learner is, and for which selected value he came there.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Look {
    level: Level,
    followed: Option<String>,
}

fn go(scene: &mut Scene<'_>, level: Level) {
    let Look { followed, .. } = scene.look(LOOK);
    scene.keep_look(LOOK, &Look { level, followed });
}

/// The values of the layer or sub-layer that is drawn; of the whole, what every sub-layer weighs and
/// adds to the stream.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let plan = Plan::of(scene.trace);
    let level = follow(scene, &plan);
    let is_shown = |name: &&str| match &level {
        Level::Part(scope, head) => {
            plan.part(scope).is_some_and(|(layer, part)| part.owns(layer, name, Some(*head)))
        }
        Level::Layer(scope) => name.strip_prefix(scope).is_some_and(|rest| rest.starts_with('.')),
        Level::Whole => ["attention", "update", "stream"].contains(&super::scope::split(name).1),
    };
    Numbers::Values(scene.trace.value_names().filter(is_shown).map(str::to_owned).collect())
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let plan = Plan::of(scene.trace);
    let level = follow(scene, &plan);
    // Another model may have no such layer.
    let level = match &level {
        Level::Layer(scope) if plan.layer(scope).is_none() => Level::Whole,
        Level::Part(scope, _) if plan.part(scope).is_none() => Level::Whole,
        _ => level,
    };
    path_ui(ui, scene, &plan, &level);
    let pointed = match &level {
        Level::Whole => overview::ui(ui, scene, &plan),
        Level::Layer(scope) => plan.layer(scope).and_then(|l| layer::ui(ui, scene, &plan, l)),
        Level::Part(scope, head) => {
            if let Some((layer, sub_layer)) = plan.part(scope) {
                part::ui(ui, scene, layer, sub_layer, *head);
            }
            None
        }
    };
    zoom(ui, scene, &plan, &level, pointed);
}

/// Where the learner is: where he went, or where a value is that was newly chosen, here or by a lesson.
fn follow(scene: &mut Scene<'_>, plan: &Plan) -> Level {
    let look: Look = scene.look(LOOK);
    let chosen = scene.selection.map(|selection| selection.name.clone()).unwrap_or_default();
    if look.followed.as_ref() == Some(&chosen) {
        return look.level;
    }
    let level = part_of(plan, &chosen).unwrap_or(look.level);
    scene.keep_look(LOOK, &Look { level: level.clone(), followed: Some(chosen) });
    level
}

/// The sub-layer of a value. The stream is looked at from wherever the learner is.
fn part_of(plan: &Plan, value: &str) -> Option<Level> {
    let (scope, name) = super::scope::split(value);
    let (_, part) = plan.owner(value).filter(|_| name != "stream")?;
    let head = part.heads.iter().position(|head| *head == scope);
    Some(Level::Part(part.scope.clone(), head.unwrap_or(0)))
}

/// Comes nearer to what is pointed at, or goes back.
fn zoom(ui: &Ui, scene: &mut Scene<'_>, plan: &Plan, level: &Level, pointed: Option<Level>) {
    let (delta, escape) = ui.input(|i| (i.zoom_delta(), i.key_pressed(Key::Backspace)));
    let inside = ui.rect_contains_pointer(ui.min_rect());
    if inside
        && delta > STEP
        && let Some(pointed) = pointed
    {
        go(scene, pointed);
    } else if inside && (delta < STEP.recip() || escape) {
        go(scene, back(plan, level));
    }
}

/// One level back.
fn back(plan: &Plan, level: &Level) -> Level {
    match level {
        Level::Part(scope, _) => {
            plan.part(scope).map_or(Level::Whole, |(layer, _)| Level::Layer(layer.scope.clone()))
        }
        Level::Whole | Level::Layer(_) => Level::Whole,
    }
}

/// Where the learner is, each step a way back.
fn path_ui(ui: &mut Ui, scene: &mut Scene<'_>, plan: &Plan, level: &Level) {
    ui.horizontal(|ui| {
        let mut step = |scene: &mut Scene<'_>, text: &str, to: Level| {
            let here = to == *level;
            let label = if here { RichText::new(text).strong() } else { RichText::new(text) };
            if scene.for_print {
                // The way there is of no use on a page; where it ends says what is drawn.
                if here {
                    ui.label(label);
                }
                return;
            }
            let button = ui.add(egui::Button::selectable(here, label));
            if button.on_hover_text(scene.tr("ladder.path_hint")).clicked() {
                go(scene, to);
            }
        };
        let words = scene.tr("ladder.whole");
        step(scene, words, Level::Whole);
        let (layer, part) = match level {
            Level::Whole => return,
            Level::Layer(scope) => (plan.layer(scope), None),
            Level::Part(scope, _) => {
                let found = plan.part(scope);
                (found.map(|(layer, _)| layer), found.map(|(_, part)| part))
            }
        };
        if let Some(layer) = layer {
            let words = layer_name(scene, layer);
            step(scene, &words, Level::Layer(layer.scope.clone()));
        }
        if let (Some(part), Level::Part(scope, head)) = (part, level) {
            let words = scene.tr(part.kind.title());
            step(scene, words, Level::Part(scope.clone(), *head));
        }
    });
    ui.add_space(theme::GAP_SMALL);
}

/// What a layer is called: `Encoder, layer 1`.
fn layer_name(scene: &Scene<'_>, layer: &Layer) -> String {
    let number = layer.scope.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<usize>();
    let number = (number.unwrap_or(0) + 1).to_string();
    let key = if layer.is_encoder() { "ladder.encoder_layer" } else { "ladder.decoder_layer" };
    tr_with(scene.language, key, &[("number", &number)])
}

/// Whether the operation at the cursor belongs to a sub-layer.
fn is_active(scene: &Scene<'_>, layer: &Layer, part: &Part) -> bool {
    let graph = scene.trace.graph();
    let tick = scene.timeline.tick(scene.trace);
    let name = tick.and_then(|tick| graph.node(tick.towards).name).map(|name| graph.name(name));
    name.is_some_and(|name| part.owns(layer, &name.name, None))
}

/// Whether a sub-layer is computed for the position where the learner stands, or for all of its
/// side where he stands on the other.
fn is_done(scene: &Scene<'_>, part: &Part) -> bool {
    let name = format!("{}.stream", part.scope);
    let region = picture::region(scene.trace, &name);
    region.is_some_and(|region| {
        let now = scene.now().clamp(region.rows.start, region.rows.end.max(1) - 1);
        scene.is_shown_at(&name, now)
    })
}

/// The length of the row of a value that belongs to the position where the learner stands.
fn norm(scene: &Scene<'_>, name: &str) -> Option<f32> {
    let now = i32::try_from(scene.now()).ok()?;
    let is_shown = scene.is_shown_at(name, scene.now());
    let row = scene.trace.row(name, now).filter(|_| is_shown)?;
    Some(row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt() as f32)
}
