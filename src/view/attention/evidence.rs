//! What else says how much an answer depends on each token, under the weights of attention, because
//! those are no explanation: gradient times input, leaving the token out, and how their ranks agree
//! with the weights' ranks.

use egui::{Rect, RichText, Stroke, Ui, pos2};

use super::super::{Command, Scene, number, theme, tr_with};
use super::row::{Place, STRIP};
use crate::trace::attention::{Grid, Map, Part};
use crate::trace::importance::{LONGEST, Progress, rank_correlation};

/// The height of a strip of bars, and from one to the next.
const BARS: f32 = 22.0;
const STEP: f32 = 26.0;
const SENTENCE: f32 = 20.0;
/// Weights that differ by less are equal but for rounding.
const EVEN: f32 = 1e-6;

/// Whether a map's rows answer something and its columns are tokens that can be left out.
fn applies(map: &Map) -> bool {
    matches!(map.part, Part::Cross | Part::Contribution)
}

/// The room that it takes.
pub fn height(_: &Scene<'_>, map: &Map) -> f32 {
    if applies(map) { 2.0 * STEP + SENTENCE } else { 0.0 }
}

/// Draws bars under the columns of a row.
pub fn ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    map: &Map,
    grid: &Grid,
    place: &Place,
    column: Option<usize>,
) {
    if !applies(map) {
        return;
    }
    let top = ui.cursor().top();
    let rect = Rect::from_min_max(
        pos2(ui.max_rect().left(), top + 2.0 * STEP),
        pos2(ui.max_rect().right(), top + 2.0 * STEP + SENTENCE),
    );
    let say = |ui: &mut Ui, text: String| {
        let mut line = ui.new_child(egui::UiBuilder::new().max_rect(rect));
        let label = egui::Label::new(RichText::new(&text).small().weak()).truncate();
        line.add(label).on_hover_text(text);
    };
    let found = match scene.importance {
        None => {
            scene.commands.push(Command::Explain);
            return say(ui, scene.tr("gradient.measuring").to_owned());
        }
        Some(Progress::Running) => return say(ui, scene.tr("gradient.measuring").to_owned()),
        Some(Progress::Impossible) => {
            let values = [("longest", LONGEST.to_string())];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            return say(ui, tr_with(scene.language, "attention.unmeasured", &values));
        }
        Some(Progress::Done(found)) => found,
    };
    if !scene.is_done_at("prediction", place.position) {
        return say(ui, scene.tr("attention.after_answer").to_owned());
    }
    let Some(rows) = found.of(place.position) else { return };
    let weights = grid.row(place.position).map(|row| row.to_vec()).unwrap_or_default();
    let words = [
        ("attention.gradient", "attention.gradient_hint"),
        ("attention.left_out", "attention.left_out_hint"),
    ];
    let mut agreements = Vec::new();
    for (at, ((key, hint), row)) in words.into_iter().zip(&rows).enumerate() {
        let top = top + at as f32 * STEP;
        let words = scene.tr(key);
        place.label(ui, top + (BARS - STRIP) / 2.0, words, scene.tr(hint));
        // Both begin at the first token; a map's columns may not.
        let own: Vec<f32> = row.iter().skip(grid.columns.start).copied().collect();
        bars_ui(ui, place, top, &own, column.map(|at| at - grid.columns.start));
        let agreement = rank_correlation(&weights, &own);
        let shown =
            agreement.map_or_else(|| "–".to_owned(), |rho| format!("{rho:.2}").replace('-', "−"));
        let entry = column.and_then(|at| own.get(at - grid.columns.start).copied());
        agreements.push(match entry {
            Some(entry) => format!("{words} {shown} ({})", number(entry)),
            None => format!("{words} {shown}"),
        });
    }
    let first = weights.first().copied().unwrap_or_default();
    if weights.len() > 1 && weights.iter().all(|weight| (weight - first).abs() < EVEN) {
        return say(ui, scene.tr("attention.all_equal").to_owned());
    }
    let values = [("agreements", agreements.join(" · "))];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    say(ui, tr_with(scene.language, "attention.agreement", &values));
}

/// Bars up and down from a middle line, the largest as high as there is room.
fn bars_ui(ui: &Ui, place: &Place, top: f32, row: &[f32], marked: Option<usize>) {
    let dark = ui.visuals().dark_mode;
    let rect =
        Rect::from_min_max(pos2(place.area.left(), top), pos2(place.area.right(), top + BARS));
    let painter = ui.painter().with_clip_rect(rect);
    let largest = row.iter().filter(|x| x.is_finite()).fold(0.0_f32, |a, x| a.max(x.abs()));
    let middle = rect.center().y;
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    let end = place.lens.rect(0, row.len(), [1, 1]).left().min(rect.right());
    painter.hline(rect.left()..=end, middle, line);
    let [below, above, ..] = theme::series(dark);
    for column in place.lens.seen(0, rect.left(), rect.right(), row.len()) {
        let share = row[column] / largest;
        if !share.is_finite() {
            continue;
        }
        let cell = place.lens.rect(0, column, [1, 1]);
        let gap = (0.2 * cell.width()).min(4.0);
        let y = middle - share * (BARS / 2.0 - 1.0);
        let bar = Rect::from_two_pos(pos2(cell.left() + gap, middle), pos2(cell.right() - gap, y));
        painter.rect_filled(bar, 0.0, if share < 0.0 { below } else { above });
        if marked == Some(column) {
            let stroke = Stroke::new(theme::HAIRLINE, theme::accent(dark));
            let whole = Rect::from_x_y_ranges(cell.x_range(), rect.y_range()).shrink(0.5);
            painter.rect_stroke(whole, 0.0, stroke, egui::StrokeKind::Inside);
        }
    }
}
