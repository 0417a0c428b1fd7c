//! How much every token so far contributes to what a layer reads out at the cursor.

use egui::{Align2, FontId, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};
use ndarray::ArrayView2;

use super::super::{Command, Scene, cells, number, theme, tr_with};
use super::Drawn;
use crate::models;
use crate::trace::Trace;
use crate::trace::timeline::TimelineCommand;

/// The value that says it: a row for each channel, a column for each position.
const CONTRIBUTION: &str = "contribution";
/// The variant of a model that has it.
const PARALLEL: &str = "parallel";
const HEIGHT: f32 = 66.0;
const TOKENS_HEIGHT: f32 = 20.0;
const NUMBERS: f32 = 40.0;

/// What one token contributes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bar {
    /// To the selected channel.
    own: Option<f32>,
    /// To a channel on the average.
    mean: f32,
}

/// What each position contributes, from a matrix (channels, positions) of finite numbers up to `now`.
fn bars(matrix: &ArrayView2<'_, f32>, channel: Option<usize>, now: usize) -> Vec<Bar> {
    let columns = matrix.ncols().min(now + 1);
    let bar = |at: usize| Bar {
        own: channel.and_then(|channel| matrix.get([channel, at])).copied(),
        mean: matrix.column(at).sum() / matrix.nrows().max(1) as f32,
    };
    (0..columns).map(bar).collect()
}

/// The ends of the axis: 0 and the largest, below 0 only where something is.
fn extent(bars: &[Bar]) -> [f32; 2] {
    let entries = bars.iter().flat_map(|bar| [bar.own.unwrap_or(0.0), bar.mean]);
    let finite = entries.filter(|entry| entry.is_finite());
    let [low, high] = finite.fold([0.0_f32; 2], |[low, high], x| [low.min(x), high.max(x)]);
    if high > low { [low, high] } else { [0.0, 1.0] }
}

/// Whether a run has what each token contributes to a layer.
pub fn is_in(trace: &Trace, drawn: &Drawn<'_>) -> bool {
    trace.graph().find(&drawn.name(CONTRIBUTION)).is_some()
}

/// Draws a bar for every token up to the cursor; says where to see them if this run has none.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, drawn: &Drawn<'_>) {
    let now = scene.now();
    let name = drawn.name(CONTRIBUTION);
    if !is_in(scene.trace, drawn) {
        if !scene.for_print {
            absent_ui(ui, scene);
        }
        return;
    }
    legend_ui(ui, scene, drawn);
    let node = scene.trace.node(&name, now as i32).filter(|node| scene.is_done(*node));
    let size = vec2(ui.available_width(), HEIGHT + TOKENS_HEIGHT);
    let (outer, response) = ui.allocate_exact_size(size, Sense::click());
    let words = scene.tr("decay.contribution");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    let rect = Rect::from_min_max(
        outer.min + vec2(NUMBERS, theme::GAP_SMALL),
        outer.max - vec2(theme::GAP, TOKENS_HEIGHT),
    );
    cells::tokens_below(ui, scene, rect);
    let Some(node) = node else {
        let font = FontId::proportional(12.5);
        let color = theme::weak_text(ui.visuals().dark_mode);
        let words = scene.tr("inspector.not_computed");
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, words, font, color);
        return;
    };
    let bars = bars(&scene.trace.graph().value(node).view(), drawn.chosen, now);
    bars_ui(ui, scene, rect, &bars);
    let column = rect.width() / scene.trace.n_positions().max(1) as f32;
    let pointed = |at: egui::Pos2| ((at.x - rect.left()).max(0.0) / column) as usize;
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.clicked()) {
        let last = scene.trace.n_positions().saturating_sub(1);
        let position = TimelineCommand::Position(pointed(at).min(last));
        scene.commands.push(Command::Timeline(position));
    }
    if let Some(at) = response.hover_pos().map(pointed)
        && let Some(bar) = bars.get(at)
    {
        let token = scene.trace.tokens().get(at).map_or("", String::as_str);
        let own = bar.own.map_or("–".to_owned(), number);
        let words = [
            ("token", token),
            ("position", &at.to_string()),
            ("distance", &(now - at).to_string()),
            ("own", &own),
            ("mean", &number(bar.mean)),
        ];
        let key = if at == now { "decay.contributes_now" } else { "decay.contributes" };
        response.on_hover_text_at_pointer(tr_with(scene.language, key, &words));
    }
}

fn bars_ui(ui: &Ui, scene: &Scene<'_>, rect: Rect, bars: &[Bar]) {
    let dark = ui.visuals().dark_mode;
    let painter = ui.painter();
    let [low, high] = extent(bars);
    let y = |entry: f32| rect.bottom() - (entry - low) / (high - low) * rect.height();
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    for entry in [low, 0.0, high].into_iter().skip(usize::from(low == 0.0)) {
        painter.hline(rect.x_range(), y(entry), line);
        let at = pos2(rect.left() - 6.0, y(entry));
        let text = format!("{entry:.2}").replace('-', "−");
        let text = if entry == 0.0 { "0".to_owned() } else { text };
        let font = FontId::monospace(11.0);
        painter.text(at, Align2::RIGHT_CENTER, text, font, theme::weak_text(dark));
    }
    let column = rect.width() / scene.trace.n_positions().max(1) as f32;
    let colors = colors(dark);
    let broken = theme::color(crate::palette::NOT_A_NUMBER);
    for (at, bar) in bars.iter().enumerate() {
        let left = rect.left() + at as f32 * column;
        let gap = (0.15 * column).min(3.0);
        let (own, is_now) = (bar.own.unwrap_or(bar.mean), at + 1 == bars.len());
        let (top, color) = if own.is_finite() {
            (y(own), colors[usize::from(is_now)])
        } else {
            (rect.top(), broken)
        };
        let corners = [pos2(left + gap, top), pos2(left + column - gap, y(0.0))];
        painter.rect_filled(Rect::from_points(&corners), 0.0, color);
        if bar.own.is_some() && bar.mean.is_finite() {
            let stroke = Stroke::new(theme::LINE, theme::text(dark));
            let wide = egui::Rangef::new(left + 0.5 * gap, left + column - 0.5 * gap);
            painter.hline(wide, y(bar.mean), stroke);
        }
    }
}

/// Earlier tokens, and the current one with its bonus.
fn colors(dark: bool) -> [egui::Color32; 2] {
    [theme::series(dark)[0], theme::series(dark)[1]]
}

/// What the bars are, each in its colour.
fn legend_ui(ui: &mut Ui, scene: &Scene<'_>, drawn: &Drawn<'_>) {
    let dark = ui.visuals().dark_mode;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP;
        let of = match drawn.chosen {
            Some(at) => {
                let words = [("channel", at.to_string())];
                let words = words.each_ref().map(|(key, text)| (*key, text.as_str()));
                tr_with(scene.language, "decay.contribution_of", &words)
            }
            None => scene.tr("decay.contribution_mean").to_owned(),
        };
        let hint = scene.tr("decay.contribution_hint");
        ui.label(RichText::new(of).small().weak()).on_hover_text(hint);
        for (key, color) in ["decay.earlier", "decay.bonus"].into_iter().zip(colors(dark)) {
            let words = RichText::new(format!("■ {}", scene.tr(key))).small().color(color);
            ui.label(words).on_hover_text(scene.tr("decay.bonus_hint"));
        }
        if drawn.chosen.is_some() {
            ui.label(RichText::new(format!("– {}", scene.tr("decay.mean"))).small());
        }
    });
}

/// The recurrent form has no such value: it is in the state only.
fn absent_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.horizontal_wrapped(|ui| {
        theme::compact(ui);
        let id = format!("{}:{PARALLEL}", models::base(scene.trace.model()));
        ui.label(RichText::new(scene.tr("decay.recurrent")).small().weak());
        if models::ids().contains(&id) {
            let words = RichText::new(scene.tr("decay.to_parallel")).small();
            if ui.small_button(words).on_hover_text(&id).clicked() {
                scene.commands.push(Command::SetModel(id));
            }
        }
    });
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these are exact")]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn bars_are_the_channels_row_and_the_mean_of_all_up_to_the_cursor() {
        let matrix = array![[0.1, 0.2, 0.7], [0.5, 0.4, 0.1]];
        let bars = bars(&matrix.view(), Some(1), 1);
        assert_eq!(bars.len(), 2);
        assert_eq!(bars[1].own, Some(0.4));
        assert!((bars[0].mean - 0.3).abs() < 1e-6 && (bars[1].mean - 0.3).abs() < 1e-6);
        assert_eq!(super::bars(&matrix.view(), Some(7), 9)[2].own, None);
    }

    #[test]
    fn the_axis_goes_below_zero_only_where_something_is() {
        let bar = |own, mean| Bar { own: Some(own), mean };
        assert_eq!(extent(&[bar(0.2, 0.5), bar(f32::NAN, 0.1)]), [0.0, 0.5]);
        assert_eq!(extent(&[bar(-0.2, 0.1)]), [-0.2, 0.1]);
        assert_eq!(extent(&[]), [0.0, 1.0]);
    }
}
