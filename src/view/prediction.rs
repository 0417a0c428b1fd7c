//! What the model answers at the cursor, and at every position so far.

use egui::{Align2, FontId, Rect, RichText, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_plot::{HLine, Line, LineStyle, VLine};

use super::{Command, Scene, Selection, ViewSpec, heatmap, number, plot, theme, tr_with};
use crate::tensor::argmax;

/// A bar of this share lies under the words at its end.
const UNDER_WORDS: f32 = 0.6;
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
};

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
    let at = pos2(bar.right() - 6.0, bar.center().y);
    // On the bar itself, where that is long enough to lie under the words.
    let is_under = share.is_some_and(|share| share > UNDER_WORDS);
    let ink = if is_under { theme::stage(dark) } else { theme::weak_text(dark) };
    let words = scene.tr("views.end_symbol");
    ui.painter().text(at, Align2::RIGHT_CENTER, words, FontId::proportional(12.0), ink);
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
    let estimate: Vec<[f64; 2]> = (0..matrix.nrows())
        .filter(|t| scene.is_done_at("estimate", *t) && matrix[[*t, 0]].is_finite())
        .map(|t| [t as f64, f64::from(matrix[[t, 0]])])
        .collect();
    let target = wanted.last().map_or(0.0, |point| point[1]);
    let last = matrix.nrows() as f64 - 1.0;
    let [blue, orange, green, ..] = theme::series(dark);
    let end = |at: Option<&[f64; 2]>, key, color| {
        let at = at.copied().filter(|at| at[1].is_finite())?;
        Some(plot::End { at, name: scene.tr(key).to_owned(), color })
    };
    let ends: Vec<plot::End> = [
        end(Some(&[last, target]), "views.target", orange),
        end(wanted.last(), "views.sum_so_far", green),
        end(estimate.last(), "views.estimate", blue),
    ]
    .into_iter()
    .flatten()
    .collect();
    let names: Vec<&str> = ends.iter().map(|end| end.name.as_str()).collect();
    let numbers = [&wanted, &estimate].into_iter().flatten().map(|point| point[1]);
    let room = ui.available_size();
    let frame = plot::Frame {
        id: "estimate",
        size: room - vec2(plot::names_width(ui, &names), theme::GAP),
        x: [-0.5, last + 0.5],
        y: plot::range(numbers.chain([0.0])),
        x_name: scene.tr("views.position_axis"),
    };
    let response = frame.show(ui, move |plot| {
        plot.vline(VLine::new("", now as f64).color(theme::accent(dark)).width(theme::HAIRLINE));
        let line = HLine::new("", target).color(orange).style(LineStyle::dashed_dense());
        plot.hline(line.width(theme::HAIRLINE));
        plot.line(Line::new("", wanted).color(green).width(theme::LINE));
        plot.line(Line::new("", estimate).color(blue).width(theme::LINE));
    });
    plot::ends_ui(ui, &response, &ends);
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
