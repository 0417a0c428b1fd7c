//! How long each unit remembers: its half-life in tokens, over the run and at the cursor, sorted.
//!
//! A unit that keeps the shares f_1 … f_t of what it holds has kept their product, so its half-life
//! over the run is ln ½ divided by the mean of ln f.

use egui::{Align2, FontId, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::numbers::{Numbers, Table};
use super::{Command, Scene, Selection, ViewSpec, cells, scope, theme, tr_with};
use crate::palette::{NOT_A_NUMBER, Scale};
use crate::trace::{Trace, half_life};

/// The ends of the axis, in tokens; what lies beyond stands at an end.
const SHORTEST: f32 = 0.5;
const LONGEST: f32 = 1000.0;
/// Where the axis has lines, and what is written there.
const LINES: [(f32, &str); 5] =
    [(SHORTEST, "< 1"), (1.0, "1"), (10.0, "10"), (100.0, "100"), (LONGEST, "≥ 1000")];
/// Room for the axis, and for a panel's name.
const AXIS_WIDTH: f32 = 56.0;
const NAME_HEIGHT: f32 = 36.0;
const CAPTION_HEIGHT: f32 = 26.0;
/// A unit is no wider than this.
const WIDEST: f32 = 18.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "half_life",
    title: "views.half_life",
    hint: "views.half_life_hint",
    applies: |trace| !gates(trace).is_empty(),
    ui,
    numbers,
};

/// Each unit's half-life over the run and at the cursor; `inf` where nothing is forgotten.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let mut table = Table::new(&["run", "gate", "unit", "half_life", "half_life_now"]);
    let now = scene.now();
    for run in scene.all_runs() {
        let is_own = std::ptr::eq(run.trace, scene.trace);
        for gate in gates(run.trace) {
            let is_done = |t: usize| if is_own { scene.is_done_at(gate, t) } else { t <= now };
            for life in lives(run.trace, gate, now, &is_done) {
                let at_cursor = life.now.unwrap_or(f32::NAN);
                table.push([
                    run.label.into(),
                    gate.into(),
                    life.unit.into(),
                    life.run.into(),
                    at_cursor.into(),
                ]);
            }
        }
    }
    Numbers::Table(table)
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let runs: Vec<(&str, &Trace)> = scene.all_runs().map(|run| (run.label, run.trace)).collect();
    panels_ui(ui, scene, &runs);
}

/// A unit's half-lives in tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Life {
    unit: usize,
    run: f32,
    /// At the cursor, if that position has one.
    now: Option<f32>,
}

/// The values of a run that say a kept share.
fn gates(trace: &Trace) -> Vec<&str> {
    let Some(kept) = trace.kept_share() else { return Vec::new() };
    trace.value_names().filter(|name| scope::split(name).1 == kept.value).collect()
}

/// The half-lives of a gate's units over the positions that `is_done` says, the longest first.
fn lives(trace: &Trace, gate: &str, now: usize, is_done: &dyn Fn(usize) -> bool) -> Vec<Life> {
    let (Some(kept), Some(matrix)) = (trace.kept_share(), trace.over_time(gate)) else {
        return Vec::new();
    };
    // A decoder's gate has no value where its encoder reads.
    let is_there = |t: &usize| is_done(*t) && trace.node(gate, *t as i32).is_some();
    let done: Vec<usize> = (0..matrix.nrows()).filter(is_there).collect();
    if done.is_empty() {
        return Vec::new();
    }
    let life = |unit: usize| {
        let share = |t: usize| kept.share(matrix[[t, unit]]);
        let logs: f64 = done.iter().map(|t| f64::from(share(*t)).ln()).sum();
        let mean = logs / done.len() as f64;
        let run = if mean >= 0.0 { f32::INFINITY } else { (-std::f64::consts::LN_2 / mean) as f32 };
        let now = done.contains(&now).then(|| half_life(share(now)));
        Life { unit, run, now }
    };
    let mut lives: Vec<Life> = (0..matrix.ncols()).map(life).collect();
    lives.sort_by(|a, b| b.run.total_cmp(&a.run));
    lives
}

/// Draws runs side by side on one axis; a click selects a unit where the run is the scene's own.
fn panels_ui(ui: &mut Ui, scene: &mut Scene<'_>, runs: &[(&str, &Trace)]) {
    let panels: Vec<(&str, &Trace, &str)> = runs
        .iter()
        .flat_map(|(label, trace)| gates(trace).into_iter().map(move |gate| (*label, *trace, gate)))
        .collect();
    caption_ui(ui, scene);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let words = scene.tr("views.half_life_hint");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    let plot = Rect::from_min_max(
        rect.min + vec2(AXIS_WIDTH, NAME_HEIGHT),
        rect.max - vec2(theme::GAP, theme::GAP_LARGE),
    );
    axis(ui, plot, scene.tr("views.half_life_axis"));
    let width = plot.width() / panels.len().max(1) as f32;
    for (at, (label, trace, gate)) in panels.iter().enumerate() {
        let left = plot.left() + at as f32 * width;
        let panel = Rect::from_min_size(pos2(left, plot.top()), vec2(width, plot.height()))
            .shrink2(vec2(theme::GAP, 0.0));
        let cell = scope::label(scene.language, scope::split(gate).0);
        let value = scope::split(gate).1;
        let own = if cell.is_empty() { value.to_owned() } else { format!("{value} · {cell}") };
        let name = if runs.len() > 1 { format!("{label}\n{own}") } else { own };
        panel_ui(ui, scene, trace, gate, &name, panel);
    }
}

/// What the marks mean.
fn caption_ui(ui: &mut Ui, scene: &Scene<'_>) {
    let dark = ui.visuals().dark_mode;
    let (row, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), CAPTION_HEIGHT), Sense::hover());
    let painter = ui.painter();
    let font = FontId::proportional(12.5);
    let mut x = row.left() + AXIS_WIDTH;
    let y = row.center().y;
    for (key, is_now) in [("views.half_life_run", false), ("views.half_life_now", true)] {
        let stroke = Stroke::new(1.3, theme::text(dark));
        if is_now {
            painter.circle_stroke(pos2(x, y), 3.2, stroke);
        } else {
            let bar = Rect::from_center_size(pos2(x, y), vec2(5.0, 12.0));
            painter.rect_filled(bar, 0.0, theme::weak_text(dark));
        }
        let color = theme::weak_text(dark);
        let text =
            painter.text(pos2(x + 9.0, y), Align2::LEFT_CENTER, scene.tr(key), font.clone(), color);
        x = text.right() + theme::GAP_SECTION;
    }
}

/// How far up the axis a half-life stands, 0 to 1.
fn height(life: f32) -> f32 {
    (life.clamp(SHORTEST, LONGEST) / SHORTEST).ln() / (LONGEST / SHORTEST).ln()
}

/// Where a half-life stands on the scale of shares that colours it in every view; the palest colours
/// would be lost on the page.
#[must_use]
pub fn tint(life: f32) -> f32 {
    0.25 + 0.7 * height(life)
}

fn axis(ui: &Ui, plot: Rect, name: &str) {
    let dark = ui.visuals().dark_mode;
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    for (tokens, text) in LINES {
        let y = plot.bottom() - height(tokens) * plot.height();
        ui.painter().hline(plot.x_range(), y, line);
        let at = pos2(plot.left() - 8.0, y);
        let font = FontId::monospace(11.0);
        ui.painter().text(at, Align2::RIGHT_CENTER, text, font, theme::weak_text(dark));
    }
    let at = plot.left_top() - vec2(8.0, 9.0);
    let font = FontId::proportional(11.5);
    ui.painter().text(at, Align2::RIGHT_BOTTOM, name, font, theme::weak_text(dark));
}

fn panel_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    trace: &Trace,
    gate: &str,
    name: &str,
    panel: Rect,
) {
    let dark = ui.visuals().dark_mode;
    // Several panels side by side have little room for their names.
    for (line, text) in name.lines().rev().enumerate() {
        let font = FontId::proportional(12.0);
        let mut job =
            egui::text::LayoutJob::simple_singleline(text.into(), font, theme::text(dark));
        job.wrap = egui::text::TextWrapping::truncate_at_width(panel.width());
        let at = panel.left_top() - vec2(0.0, 18.0 + 15.0 * line as f32);
        ui.painter().galley(at, ui.painter().layout_job(job), theme::text(dark));
    }
    let is_own = std::ptr::eq(trace, scene.trace);
    let now = scene.now().min(trace.n_positions().saturating_sub(1));
    // Another run stands where this one does, so it counts the positions up to the cursor.
    let is_done = |t: usize| if is_own { scene.is_done_at(gate, t) } else { t <= now };
    let lives = lives(trace, gate, now, &is_done);
    let step = (panel.width() / lives.len().max(1) as f32).min(WIDEST);
    let scale = Scale::unit(dark);
    for (rank, life) in lives.iter().enumerate() {
        let left = panel.left() + rank as f32 * step;
        let column = Rect::from_min_size(pos2(left, panel.top()), vec2(step, panel.height()));
        let id = ui.scope_id().with(("life", gate, name, life.unit));
        let response = ui.interact(column, id, Sense::click());
        let spoken = format!("{} {}", name.replace('\n', " "), life.unit);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &spoken));
        let is_selected = scene.selection.is_some_and(|selection| {
            is_own && selection.name == gate && selection.unit == Some(life.unit)
        });
        let drawn = bar(ui, &scale, column, life);
        if is_selected || response.hovered() || response.has_focus() {
            // Around the bar alone: a tinted column would read as a second bar.
            let width = if is_selected { theme::LINE } else { theme::HAIRLINE };
            let stroke = Stroke::new(width, theme::accent(dark));
            ui.painter().rect_stroke(drawn, 0.0, stroke, StrokeKind::Outside);
            let below = pos2(column.center().x, column.bottom() + 2.0);
            let (font, accent) = (FontId::monospace(11.0), theme::accent(dark));
            ui.painter().text(below, Align2::CENTER_TOP, life.unit.to_string(), font, accent);
        }
        let shown = |tokens: f32| cells::tokens(tokens);
        let words = [
            ("name", gate),
            ("unit", &life.unit.to_string()),
            ("run", &shown(life.run)),
            ("now", &life.now.map_or("–".to_owned(), shown)),
            ("position", &now.to_string()),
        ];
        let hint = tr_with(scene.language, "views.half_life_of", &words);
        if response.on_hover_text_at_pointer(hint).clicked() && is_own {
            scene.commands.push(Command::Select(Some(Selection::new(gate, Some(life.unit)))));
        }
    }
}

/// Draws a unit's bar and, as a circle, where it stands at the cursor; gives the bar's place.
fn bar(ui: &Ui, scale: &Scale, column: Rect, life: &Life) -> Rect {
    let dark = ui.visuals().dark_mode;
    let y = |tokens: f32| column.bottom() - height(tokens) * column.height();
    let (top, color) = if life.run.is_nan() {
        (column.top(), theme::color(NOT_A_NUMBER))
    } else {
        (y(life.run).min(column.bottom() - 2.0), theme::color(scale.rgb(tint(life.run))))
    };
    let gap = (0.15 * column.width()).min(2.0);
    let rect = Rect::from_min_max(
        pos2(column.left() + gap, top),
        pos2(column.right() - gap, column.bottom()),
    );
    ui.painter().rect_filled(rect, 0.0, color);
    if let Some(now) = life.now.filter(|now| !now.is_nan()) {
        let radius = (0.36 * column.width()).clamp(1.5, 3.2);
        let stroke = Stroke::new(1.3, theme::text(dark));
        let centre = pos2(column.center().x, y(now));
        ui.painter().circle(centre, radius, theme::stage(dark), stroke);
    }
    rect
}

#[cfg(test)]
mod tests {
    use super::super::scope;
    use super::*;

    #[test]
    fn half_lives_are_of_the_mean_of_the_logarithms_and_sorted() {
        let trace = scope::tests::run(scope::tests::PLAIN);
        let lives = lives(&trace, "forget_gate", 1, &|t| t < 2);
        assert_eq!(lives.len(), 6);
        assert!(lives.windows(2).all(|pair| pair[0].run >= pair[1].run));
        let matrix = trace.over_time("forget_gate").unwrap();
        for life in lives {
            // After two tokens √(f₀ f₁)² is left, so half is after ln ½ / ln √(f₀ f₁).
            let kept = (matrix[[0, life.unit]] * matrix[[1, life.unit]]).sqrt();
            assert!((life.run - 0.5_f32.ln() / kept.ln()).abs() < 1e-3, "{life:?}");
            assert_eq!(life.now, Some(half_life(matrix[[1, life.unit]])));
        }
    }

    #[test]
    fn each_layer_and_direction_has_its_own_and_the_axis_has_ends() {
        let trace = scope::tests::run(scope::tests::ALL);
        assert_eq!(gates(&trace).len(), 4);
        assert_eq!((height(0.0), height(f32::INFINITY)), (0.0, 1.0));
        assert!(height(10.0) > height(1.0));
    }
}
