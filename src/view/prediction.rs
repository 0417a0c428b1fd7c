//! What the model answers at the cursor, and at every position so far.

use egui::{Align2, FontId, Rect, RichText, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_plot::{HLine, Line, Plot, PlotPoints, VLine};

use super::numbers::Numbers;
use super::{Command, Scene, Selection, ViewSpec, heatmap, number, theme, tr_with};
use crate::tensor::argmax;

/// From the words at a bar's end to the end.
const GAP_OF_WORDS: f32 = 6.0;
/// More bars than this are not looked through.
const MOST: usize = 14;
/// The height of one symbol's bar.
const BAR_HEIGHT: f32 = 22.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "prediction",
    title: "views.prediction",
    hint: "views.prediction_hint",
    applies: |trace| trace.value_names().any(|name| matches!(name, "prediction" | "estimate")),
    ui,
    numbers,
};

fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let is_shown = |name: &&str| matches!(*name, "prediction" | "estimate");
    Numbers::Values(scene.trace.value_names().filter(is_shown).map(str::to_owned).collect())
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    if scene.trace.symbols().is_empty() {
        estimate_ui(ui, scene);
        return;
    }
    bars_ui(ui, scene);
    super::cells::broken_ui(ui, scene, &["prediction".to_owned()]);
    ui.add_space(theme::GAP_LARGE);
    let room = ui.available_size() - vec2(0.0, 20.0);
    if room.y > 80.0 {
        ui.label(RichText::new(scene.tr("views.prediction_over_time")).small().weak());
        heatmap::picture_ui(ui, scene, "prediction", room - vec2(0.0, 28.0));
    }
}

/// Which symbols have a bar, and in which order: all of them as they are numbered, or where there
/// are too many to be looked through those with the largest shares, the largest first. What is read
/// next is always among them.
fn shown(symbols: &[&str], shares: Option<&[f32]>, next: Option<&str>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..symbols.len()).collect();
    if order.len() <= MOST {
        return order;
    }
    if let Some(shares) = shares {
        let share = |at: usize| shares.get(at).copied().unwrap_or(0.0);
        order.sort_by(|a, b| share(*b).total_cmp(&share(*a)));
    }
    let read_next = order.iter().position(|at| Some(symbols[*at]) == next);
    if let Some(place) = read_next.filter(|place| *place >= MOST) {
        let at = order.remove(place);
        order.insert(MOST - 1, at);
    }
    order.truncate(MOST);
    order
}

/// The probability of every symbol at the cursor, the next token of the input marked.
fn bars_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let dark = ui.visuals().dark_mode;
    let now = scene.now();
    let node = scene.trace.node("prediction", now as i32).filter(|node| scene.is_done(*node));
    let symbols = scene.trace.symbols();
    let shares: Option<Vec<f32>> = node.map(|node| {
        scene.trace.graph().value(node).row(scene.trace.row_of(node, scene.now() as i32)).to_vec()
    });
    // What the run without interventions answers, as an outline.
    let before = scene.baseline.and_then(|run| run.value("prediction", now as i32));
    let before = before.map(|value| value.row(0).to_vec());
    let best = shares.as_ref().map(|shares| argmax(shares));
    let next = scene.trace.tokens().get(now + 1);
    let width = (ui.available_width() - 130.0).clamp(60.0, 360.0);
    let shown = shown(symbols, shares.as_deref(), next.map(String::as_str));
    let longest = shown.iter().map(|at| symbols[*at].chars().count()).max().unwrap_or(1);
    let label = (longest as f32 * 7.8 + 10.0).max(34.0);
    let width = width.min((ui.available_width() - 96.0 - label).max(60.0));
    for at in shown {
        let symbol = &symbols[at];
        let (row, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), BAR_HEIGHT), Sense::click());
        let share = shares.as_ref().and_then(|shares| shares.get(at)).copied();
        let left = row.left() + label;
        let bar = Rect::from_min_size(pos2(left, row.top() + 3.0), vec2(width, BAR_HEIGHT - 6.0));
        let painter = ui.painter();
        let is_best = best == Some(at);
        let ink = if is_best { theme::strong_text(dark) } else { theme::text(dark) };
        let middle = row.center().y;
        // Names such as `NOUN` would reach into the bar at the size of a single symbol.
        let size = if longest > 3 { 12.5 } else { 16.0 };
        painter.text(
            pos2(row.left() + (label - 2.0) / 2.0, middle),
            Align2::CENTER_CENTER,
            symbol,
            FontId::monospace(size),
            ink,
        );
        painter.rect_filled(bar, 0.0, theme::panel(dark));
        if let Some(share) = share {
            let (length, fill) = if share.is_finite() {
                (bar.width() * share.clamp(0.0, 1.0), theme::series(dark)[0])
            } else {
                (bar.width(), theme::color(crate::palette::NOT_A_NUMBER))
            };
            let filled = Rect::from_min_size(bar.min, vec2(length, bar.height()));
            painter.rect_filled(filled, 0.0, fill);
            if let Some(before) = before.as_ref().and_then(|shares| shares.get(at)) {
                let width = bar.width() * before.clamp(0.0, 1.0);
                let outline = Rect::from_min_size(bar.min, vec2(width, bar.height()));
                let stroke = Stroke::new(theme::HAIRLINE, theme::strong_text(dark));
                painter.rect_stroke(outline, 0.0, stroke, StrokeKind::Inside);
            }
            let is_number = share.is_finite();
            let text = if is_number { format!("{:.1} %", 100.0 * share) } else { number(share) };
            painter.text(
                pos2(bar.right() + 8.0, middle),
                Align2::LEFT_CENTER,
                text,
                FontId::monospace(12.5),
                ink,
            );
        }
        if next.is_some_and(|next| next == symbol) {
            let color = theme::accent(dark);
            painter.line_segment([bar.left_top(), bar.left_bottom()], Stroke::new(3.0, color));
            painter.text(
                pos2(bar.right() + 66.0, middle),
                Align2::LEFT_CENTER,
                scene.tr("views.next_token"),
                FontId::proportional(12.0),
                color,
            );
        }
        if *symbol == "∎" {
            end_words(ui, scene, bar, share);
        }
        response.widget_info(|| {
            let share = share.map_or(String::new(), number);
            egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{symbol} {share}"))
        });
        let text = share.map_or_else(
            || scene.tr("inspector.not_computed").to_owned(),
            |share| format!("prediction[{now}] “{symbol}” = {}", number(share)),
        );
        let text = match before.as_ref().and_then(|shares| shares.get(at)) {
            Some(before) => {
                let before = number(*before);
                let unchanged = tr_with(scene.language, "intervene.before", &[("value", &before)]);
                format!("{text}\n{unchanged}")
            }
            None => text,
        };
        if response.secondary_clicked() {
            super::intervene::ask(scene, "prediction", now as i32, Some(at));
        }
        if response.on_hover_text(text).clicked() {
            scene.commands.push(Command::Select(Some(Selection::new("prediction", Some(at)))));
        }
    }
}

/// Says at a bar that its symbol ends the answer.
fn end_words(ui: &Ui, scene: &Scene<'_>, bar: Rect, share: Option<f32>) {
    let dark = ui.visuals().dark_mode;
    let words = scene.tr("views.end_symbol").to_owned();
    let galley = ui.painter().layout_no_wrap(words, FontId::proportional(12.0), theme::stage(dark));
    let left = bar.right() - GAP_OF_WORDS - galley.size().x;
    let filled = bar.left() + share.unwrap_or(0.0).clamp(0.0, 1.0) * bar.width();
    // Behind the bar's end, or on the bar itself where that is too long.
    let (left, ink) = if filled <= left {
        (left, theme::weak_text(dark))
    } else {
        (left.min(filled - GAP_OF_WORDS - galley.size().x), theme::stage(dark))
    };
    let at = pos2(left, bar.center().y - galley.size().y / 2.0);
    ui.painter().galley_with_override_text_color(at, galley, ink);
}

/// The estimate so far as a curve, with the sum that it should reach.
fn estimate_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let dark = ui.visuals().dark_mode;
    let Some(matrix) = scene.trace.over_time("estimate") else { return };
    let now = scene.now();
    let crate::tasks::Sequence::Numbers(numbers) = scene.trace.sequence() else { return };
    let mut sum = 0.0;
    let wanted: Vec<[f64; 2]> = numbers
        .iter()
        .enumerate()
        .map(|(t, features)| {
            sum += features.iter().product::<f32>();
            [t as f64, f64::from(sum)]
        })
        .collect();
    let estimate: PlotPoints<'_> = (0..matrix.nrows())
        .filter(|t| scene.is_done_at("estimate", *t) && matrix[[*t, 0]].is_finite())
        .map(|t| [t as f64, f64::from(matrix[[t, 0]])])
        .collect();
    let target = wanted.last().map_or(0.0, |point| point[1]);
    let colors = theme::series(dark);
    Plot::new("estimate")
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .legend(egui_plot::Legend::default().position(egui_plot::Corner::LeftTop))
        .show(ui, |plot| {
            plot.vline(VLine::new("", now as f64).color(theme::accent(dark)));
            plot.hline(
                HLine::new(scene.tr("views.target"), target)
                    .color(colors[1])
                    .style(egui_plot::LineStyle::dashed_dense()),
            );
            plot.line(
                Line::new(scene.tr("views.sum_so_far"), wanted).color(colors[2]).width(theme::LINE),
            );
            plot.line(Line::new("estimate", estimate).color(colors[0]).width(theme::LINE));
        });
}

#[cfg(test)]
mod order_tests {
    use super::*;

    #[test]
    fn of_many_symbols_the_likeliest_come_first_and_what_is_read_next_is_there() {
        let names: Vec<String> = (0..40).map(|at| format!("s{at}")).collect();
        let symbols: Vec<&str> = names.iter().map(String::as_str).collect();
        let shares: Vec<f32> = (0..40).map(|at| at as f32 / 780.0).collect();
        let order = shown(&symbols, Some(&shares), Some("s3"));
        assert_eq!((order.len(), order[0], order[12], order[13]), (MOST, 39, 27, 3));
        assert_eq!(shown(&symbols[..9], Some(&shares), None), (0..9).collect::<Vec<_>>());
        assert_eq!(shown(&symbols, None, None).len(), MOST);
    }
}
