//! What the model answers at the cursor, and at every position so far.

use egui::{Align2, FontId, Rect, RichText, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_plot::{HLine, Line, Plot, PlotPoints, VLine};

use super::numbers::Numbers;
use super::{Command, Scene, Selection, ViewSpec, heatmap, number, theme, tr_with};
use crate::tensor::argmax;

/// Symbols up to this many all have a bar; of more, no more than [`SHOWN`].
const ALL: usize = 14;
/// Bars of many symbols: no more than this, and no fewer than [`FEWEST`].
const SHOWN: usize = 8;
const FEWEST: usize = 5;
/// A smaller share is not worth a bar of its own.
const SMALL: f32 = 0.001;
/// From one bar to the next, where there is room, and where there is little.
const WIDE_STEP: f32 = 28.0;
const STEP: f32 = 20.0;
/// Room for the picture under the bars; bars stand closer together for it.
const PICTURE: f32 = 200.0;
/// Room for percentages and the mark of what is read next behind the bars.
const BEHIND: f32 = 110.0;
/// A view that is narrower than this has no room for words beside a symbol.
const ROOM_FOR_WORDS: f32 = 320.0;

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
/// are too many to be looked through those with the largest shares, the largest first, as long as
/// these are not small. What is read next is always among them.
fn shown(symbols: &[&str], shares: Option<&[f32]>, next: Option<&str>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..symbols.len()).collect();
    if order.len() <= ALL {
        return order;
    }
    let share = |at: usize| shares.and_then(|shares| shares.get(at)).copied().unwrap_or(0.0);
    if shares.is_some() {
        order.sort_by(|a, b| share(*b).total_cmp(&share(*a)));
    }
    let large = order.iter().filter(|at| share(**at) >= SMALL).count();
    let count = if shares.is_some() { large.clamp(FEWEST, SHOWN) } else { SHOWN };
    let read_next = order.iter().position(|at| Some(symbols[*at]) == next);
    let next = read_next.filter(|place| *place >= count).map(|place| order[place]);
    order.truncate(count);
    if let Some(next) = next {
        order.truncate(SHOWN - 1);
        order.push(next);
    }
    order
}

/// A share as it is written: what is not nothing is not written as 0.
fn percent(share: f32) -> String {
    match share {
        _ if !share.is_finite() => number(share),
        _ if share > 0.0 && share < 0.0005 => "< 0.1 %".to_owned(),
        _ => format!("{:.1} %", 100.0 * share),
    }
}

/// What the bars of one position show.
struct Bars<'a> {
    shares: Option<Vec<f32>>,
    /// What the run without interventions answers, as an outline.
    before: Option<Vec<f32>>,
    best: Option<usize>,
    next: Option<&'a String>,
    /// From the view's left to the bars, and how long these are.
    left: f32,
    width: f32,
    has_words: bool,
}

/// The probability of every symbol at the cursor, the next token of the input marked.
fn bars_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let now = scene.now();
    let node = scene.trace.node("prediction", now as i32).filter(|node| scene.is_done(*node));
    let symbols = scene.trace.symbols();
    let shares: Option<Vec<f32>> = node.map(|node| {
        scene.trace.graph().value(node).row(scene.trace.row_of(node, now as i32)).to_vec()
    });
    let before = scene.baseline.and_then(|run| run.value("prediction", now as i32));
    let before = before.map(|value| value.row(0).to_vec());
    let next = scene.trace.tokens().get(now + 1);
    let shown = shown(symbols, shares.as_deref(), next.map(String::as_str));
    let is_many = shown.len() < symbols.len();
    let lines = if is_many { SHOWN } else { shown.len() };
    let room = ui.available_size();
    let is_low = lines as f32 * WIDE_STEP + PICTURE > room.y;
    let step = if is_low || is_many { STEP } else { WIDE_STEP };
    let has_words = room.x >= ROOM_FOR_WORDS && shown.iter().any(|at| symbols[*at] == "∎");
    let font = name_font(&shown, symbols);
    let wide = |text: &str, font: FontId| {
        ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::WHITE).size().x
    };
    let names = shown.iter().map(|at| wide(symbols[*at], font.clone()));
    let words = if has_words {
        let own = wide(scene.tr("views.end_symbol"), FontId::proportional(12.0));
        own + theme::GAP_SMALL + wide("∎", font.clone())
    } else {
        0.0
    };
    let left = names.fold(24.0, f32::max).max(words) + theme::GAP;
    let bars = Bars {
        best: shares.as_ref().map(|shares| argmax(shares)),
        shares,
        before,
        next,
        left,
        width: (room.x - BEHIND - left).clamp(60.0, 360.0),
        has_words,
    };
    let top = ui.cursor().top();
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for at in &shown {
            bar_ui(ui, scene, &bars, *at, step, &font);
        }
    });
    below_ui(ui, scene, &bars, &shown);
    // What is below does not move from one position to the next.
    if is_many {
        let used = ui.cursor().top() - top;
        ui.add_space(((lines + 1) as f32 * STEP + theme::GAP - used).max(0.0));
    }
}

/// Names such as `NOUN` would be as loud as single symbols at their size.
fn name_font(shown: &[usize], symbols: &[&str]) -> FontId {
    let longest = shown.iter().map(|at| symbols[*at].chars().count()).max().unwrap_or(1);
    FontId::monospace(if longest > 3 { 12.5 } else { 15.0 })
}

/// What is not among the bars, and what their outlines are.
fn below_ui(ui: &mut Ui, scene: &Scene<'_>, bars: &Bars<'_>, shown: &[usize]) {
    let dark = ui.visuals().dark_mode;
    let symbols = scene.trace.symbols();
    let others = symbols.len() - shown.len();
    let rest = bars.shares.as_ref().filter(|_| others > 0).map(|shares| {
        let is_other = |(at, _): &(usize, &f32)| !shown.contains(at);
        let share: f32 = shares.iter().enumerate().filter(is_other).map(|(_, share)| *share).sum();
        let (count, share) = (others.to_string(), percent(share));
        let words = [("count", count.as_str()), ("share", share.as_str())];
        tr_with(scene.language, "views.others", &words)
    });
    if rest.is_none() && bars.before.is_none() {
        return;
    }
    ui.horizontal(|ui| {
        ui.add_space(bars.left);
        if let Some(rest) = rest {
            ui.label(RichText::new(rest).small().weak());
        }
        if bars.before.is_some() {
            let (rect, _) = ui.allocate_exact_size(vec2(16.0, 10.0), Sense::hover());
            let stroke = Stroke::new(theme::HAIRLINE, theme::strong_text(dark));
            ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Inside);
            ui.label(RichText::new(scene.tr("intervene.before_legend")).small().weak());
        }
    });
}

/// One symbol: its name, its bar and its share.
fn bar_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    bars: &Bars<'_>,
    at: usize,
    step: f32,
    font: &FontId,
) {
    let dark = ui.visuals().dark_mode;
    let now = scene.now();
    let symbol = scene.trace.symbols()[at];
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), step), Sense::click());
    let share = bars.shares.as_ref().and_then(|shares| shares.get(at)).copied();
    let before = bars.before.as_ref().and_then(|shares| shares.get(at)).copied();
    let height = (step - 4.0).min(18.0);
    let corner = pos2(row.left() + bars.left, row.center().y - height / 2.0);
    let bar = Rect::from_min_size(corner, vec2(bars.width, height));
    let painter = ui.painter();
    let is_best = bars.best == Some(at);
    let ink = if is_best { theme::strong_text(dark) } else { theme::text(dark) };
    let middle = row.center().y;
    let name = pos2(bar.left() - 6.0, middle);
    let name = painter.text(name, Align2::RIGHT_CENTER, symbol, font.clone(), ink);
    if symbol == "∎" && bars.has_words {
        let at = pos2(name.left() - theme::GAP_SMALL, middle);
        let words = scene.tr("views.end_symbol");
        let font = FontId::proportional(12.0);
        painter.text(at, Align2::RIGHT_CENTER, words, font, theme::weak_text(dark));
    }
    painter.rect_filled(bar, 0.0, theme::panel(dark));
    if let Some(share) = share {
        let (length, fill) = if share.is_finite() {
            (bar.width() * share.clamp(0.0, 1.0), theme::series(dark)[0])
        } else {
            (bar.width(), theme::color(crate::palette::NOT_A_NUMBER))
        };
        let filled = Rect::from_min_size(bar.min, vec2(length, bar.height()));
        painter.rect_filled(filled, 0.0, fill);
        if let Some(before) = before {
            let width = bar.width() * before.clamp(0.0, 1.0);
            let outline = Rect::from_min_size(bar.min, vec2(width, bar.height()));
            let stroke = Stroke::new(theme::HAIRLINE, theme::strong_text(dark));
            painter.rect_stroke(outline, 0.0, stroke, StrokeKind::Inside);
        }
        painter.text(
            pos2(bar.right() + 8.0, middle),
            Align2::LEFT_CENTER,
            percent(share),
            FontId::monospace(12.5),
            ink,
        );
    }
    if bars.next.is_some_and(|next| next == symbol) {
        let color = theme::accent(dark);
        painter.line_segment([bar.left_top(), bar.left_bottom()], Stroke::new(3.0, color));
        painter.text(
            pos2(bar.right() + 74.0, middle),
            Align2::LEFT_CENTER,
            scene.tr("views.next_token"),
            FontId::proportional(12.0),
            color,
        );
    }
    response.widget_info(|| {
        let share = share.map_or(String::new(), number);
        egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{symbol} {share}"))
    });
    let text = share.map_or_else(
        || scene.tr("inspector.not_computed").to_owned(),
        |share| format!("prediction[{now}] “{symbol}” = {}", number(share)),
    );
    let text = match before {
        Some(before) => {
            let before = number(before);
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
        // 0 + 1 + … + 39 = 780.
        let shares: Vec<f32> = (0..40).map(|at| at as f32 / 780.0).collect();
        let order = shown(&symbols, Some(&shares), Some("s3"));
        assert_eq!(order, [39, 38, 37, 36, 35, 34, 33, 3]);
        assert_eq!(shown(&symbols, Some(&shares), Some("s38"))[..2], [39, 38]);
        assert_eq!(shown(&symbols[..9], Some(&shares), None), (0..9).collect::<Vec<_>>());
        assert_eq!(shown(&symbols, None, None).len(), SHOWN);
    }

    #[test]
    fn small_shares_have_no_bar_of_their_own_beyond_the_fifth() {
        let names: Vec<String> = (0..40).map(|at| format!("s{at}")).collect();
        let symbols: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut shares = [0.0001_f32; 40];
        shares[7] = 0.9961;
        let order = shown(&symbols, Some(&shares), Some("s20"));
        assert_eq!((order.len(), order[0], order[5]), (FEWEST + 1, 7, 20));
        assert_eq!(shown(&symbols, Some(&shares), None).len(), FEWEST);
        assert_eq!(
            [0.0, 0.0001, 0.0006, 1.0].map(percent),
            ["0.0 %", "< 0.1 %", "0.1 %", "100.0 %"]
        );
        assert_eq!(percent(f32::NAN), "NaN");
    }
}
