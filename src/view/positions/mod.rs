//! The positions laboratory: how a model is told where a symbol stands, as a picture; how alike
//! positions are by their distance; one pair of units turning; and what becomes of the answer when
//! the symbols change places.

mod charts;
mod picture;
mod plane;
mod values;

use egui::{Rect, RichText, Ui, UiBuilder, vec2};
use serde::{Deserialize, Serialize};

use self::values::Encoding;
use super::numbers::{Numbers, Table};
use super::{Command, Scene, ViewSpec, number, theme, tr_with};
use crate::trace::Trace;

/// The picture's share of the width, where a plane stands beside it.
const PICTURE_SHARE: f32 = 0.56;
/// The chart's share of the height.
const CHART_SHARE: f32 = 0.42;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "positions",
    title: "views.positions",
    hint: "views.positions_hint",
    applies: |trace| values::first_attention(trace).is_some(),
    ui,
    numbers,
};

/// What the learner has chosen to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Chosen {
    head: usize,
    pair: usize,
    /// A position of the source, or of the answer.
    row: usize,
    /// The cursor's position; where that moves, the row goes with it.
    now: usize,
}

/// What is added to symbols, by how much scores fall, or by which angle a pair of units is turned.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let mut table = Table::new(&["head", "position", "column", "entry"]);
    let mut add = |head: usize, rows: &ndarray::Array2<f32>| {
        for ((position, column), entry) in rows.indexed_iter() {
            table.push([head.into(), position.into(), column.into(), (*entry).into()]);
        }
    };
    for head in 0..values::heads(scene.trace) {
        match values::encoding(scene.trace, head) {
            Some(Encoding::Rotary(rotary)) => add(head, &rotary.angles()),
            // These are the same for all heads, or have a row for each.
            Some(Encoding::Added { rows, .. }) if head == 0 => add(0, &rows),
            Some(Encoding::Bias(bias)) if head == 0 => {
                for (head, distances) in bias.rows().into_iter().enumerate() {
                    add(head, &distances.insert_axis(ndarray::Axis(1)).to_owned());
                }
            }
            _ => {}
        }
    }
    Numbers::Table(table)
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let mut chosen: Chosen = scene.look(SPEC.id);
    chosen.head = chosen.head.min(values::heads(scene.trace).saturating_sub(1));
    let Some(encoding) = values::encoding(scene.trace, chosen.head) else { return };
    let [positions, pairs] = match &encoding {
        Encoding::Added { rows, .. } => [rows.nrows(), rows.ncols() / 2],
        Encoding::Rotary(rotary) => [rotary.positions(), rotary.pairs()],
        Encoding::Nothing | Encoding::Bias(_) => [0; 2],
    };
    let now = scene.now();
    if chosen.now != now {
        // Source and answer are both counted from 0.
        let source = scene.trace.source();
        (chosen.now, chosen.row) = (now, if now < source { now } else { now - source });
    }
    chosen.row = chosen.row.min(positions.saturating_sub(1));
    chosen.pair = chosen.pair.min(pairs.saturating_sub(1));
    ui.label(RichText::new(scene.tr(kind(&encoding))).small().weak());
    if scene.for_print {
        chosen_ui(ui, scene, &encoding, pairs, chosen);
    } else {
        ui.horizontal(|ui| {
            controls_ui(ui, scene, &encoding, [positions, pairs], &mut chosen);
            shuffle_button_ui(ui, scene);
        });
    }
    shuffled_ui(ui, scene);
    ui.add_space(theme::GAP_SMALL);
    let room = ui.available_rect_before_wrap();
    let height = match &encoding {
        Encoding::Bias(bias) => picture::height(bias.nrows()).min(0.5 * room.height()),
        _ => (1.0 - CHART_SHARE) * room.height(),
    };
    let has_plane = pairs > 0;
    let width = if has_plane { PICTURE_SHARE * room.width() } else { room.width() };
    let picture = Rect::from_min_size(room.min, vec2(width, height - theme::GAP));
    let beside = picture.translate(vec2(width + theme::GAP, 0.0)).intersect(room);
    let chart = Rect::from_min_max(room.min + vec2(0.0, height), room.max);
    match &encoding {
        Encoding::Nothing => nothing_ui(ui, scene, room),
        Encoding::Added { rows, is_table } => {
            picture::rows_ui(ui, scene, picture, rows, *is_table, &mut chosen);
            plane::added_ui(ui, scene, beside, rows, chosen);
            charts::rows_ui(ui, scene, chart, rows, chosen.row);
        }
        Encoding::Bias(bias) => {
            picture::bias_ui(ui, scene, picture, bias);
            charts::bias_ui(ui, scene, chart, bias);
        }
        Encoding::Rotary(rotary) => {
            picture::angles_ui(ui, scene, picture, rotary, &mut chosen);
            plane::rotary_ui(ui, scene, beside, rotary, chosen);
            charts::rotary_ui(ui, scene, chart, rotary, chosen.row);
        }
    }
    ui.allocate_rect(room, egui::Sense::hover());
    scene.keep_look(SPEC.id, &chosen);
}

/// What kind of encoding it is, in a sentence.
fn kind(encoding: &Encoding) -> &'static str {
    match encoding {
        Encoding::Nothing => "positions.none",
        Encoding::Added { is_table: false, .. } => "positions.sinusoidal",
        Encoding::Added { is_table: true, .. } => "positions.learned",
        Encoding::Bias(_) => "positions.alibi",
        Encoding::Rotary(_) => "positions.rope",
    }
}

/// Which head and which pair of units are looked at.
fn controls_ui(
    ui: &mut Ui,
    scene: &Scene<'_>,
    encoding: &Encoding,
    [positions, pairs]: [usize; 2],
    chosen: &mut Chosen,
) {
    if pairs == 0 {
        return;
    }
    let heads = values::heads(scene.trace);
    if matches!(encoding, Encoding::Rotary(_)) && heads > 1 {
        choice_ui(ui, scene.tr("positions.head"), heads, &mut chosen.head);
    }
    choice_ui(ui, scene.tr("positions.pair"), pairs, &mut chosen.pair);
    choice_ui(ui, scene.tr("positions.position"), positions, &mut chosen.row);
}

/// The same on a page.
fn chosen_ui(ui: &mut Ui, scene: &Scene<'_>, encoding: &Encoding, pairs: usize, chosen: Chosen) {
    let mut words = Vec::new();
    if matches!(encoding, Encoding::Rotary(_)) && values::heads(scene.trace) > 1 {
        words.push(format!("{} {}", scene.tr("positions.head"), chosen.head));
    }
    if pairs > 0 {
        words.push(format!("{} {}", scene.tr("positions.pair"), chosen.pair));
        words.push(format!("{} {}", scene.tr("positions.position"), chosen.row));
        ui.label(RichText::new(words.join("  ·  ")).small());
    }
}

fn choice_ui(ui: &mut Ui, words: &str, count: usize, chosen: &mut usize) {
    let label = ui.label(RichText::new(words).small());
    let field = egui::DragValue::new(chosen).range(0..=count.saturating_sub(1)).speed(0.1);
    ui.add(field).labelled_by(label.id).on_hover_text(words);
    ui.add_space(theme::GAP);
}

/// The button that has the symbols change places.
fn shuffle_button_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let button = ui.button(scene.tr("positions.shuffle"));
    if button.on_hover_text(scene.tr("positions.shuffle_hint")).clicked() {
        scene.commands.push(Command::ShuffleSource);
    }
}

/// What came of it.
fn shuffled_ui(ui: &mut Ui, scene: &Scene<'_>) {
    let before = scene.others.iter().find(|other| values::is_reordered(scene.trace, other.trace));
    let Some(before) = before.map(|other| other.trace) else { return };
    let Some(largest) = values::difference(scene.trace, before).map(|[_, largest]| largest) else {
        return;
    };
    let source = |trace: &Trace| trace.tokens()[..trace.source()].join(trace.joint());
    let answer = |trace: &Trace| trace.tokens()[trace.given()..].join(trace.joint());
    let words = [
        ("before", source(before)),
        ("answer_before", answer(before)),
        ("after", source(scene.trace)),
        ("answer", answer(scene.trace)),
    ];
    let words: Vec<(&str, &str)> = words.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let text = tr_with(scene.language, "positions.shuffled", &words);
    ui.label(RichText::new(text).small());
    let change = number(largest);
    let key = if largest < ROUNDING { "positions.same" } else { "positions.other" };
    let text = tr_with(scene.language, key, &[("change", &change)]);
    let hint = scene.tr("positions.change_hint");
    ui.label(RichText::new(text).small().strong()).on_hover_text(hint);
}

/// Sums in another order differ by so much in single precision.
const ROUNDING: f32 = 1e-4;

fn nothing_ui(ui: &mut Ui, scene: &Scene<'_>, room: Rect) {
    let mut inner = ui.new_child(UiBuilder::new().max_rect(room.shrink(theme::GAP_SECTION)));
    inner.centered_and_justified(|ui| {
        ui.label(RichText::new(scene.tr("positions.none_picture")).weak());
    });
}
