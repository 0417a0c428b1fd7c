//! Accuracy against length: the models of the stage on held-out sequences, measured while it is
//! looked at, one length after the other. The lengths that training drew are shaded.

mod curve;

use egui::{Align2, Color32, FontId, Rect, Sense, Stroke, Ui, pos2, vec2};

use self::curve::{Curve, names_ui};
use super::numbers::{Numbers, Table};
use super::{Command, Scene, ViewSpec, theme, tr_with};
use crate::training::lengths::{Lengths, Piece, Point, SEQUENCES};

/// Room for the numbers of the axes.
const LEFT: f32 = 46.0;
const BOTTOM: f32 = 34.0;
/// Room above the chart for what the shaded band means.
const TOP: f32 = 22.0;
/// The most room for the names at the ends of the curves.
const NAMES: f32 = 170.0;
const CAPTION: f32 = 22.0;
const FONT: f32 = 12.5;
const AXIS_FONT: f32 = 11.0;
/// Scores that differ by less are drawn in one place.
const SAME: f64 = 0.01;
/// Numbers below the chart are at least so far apart.
const NUMBER_WIDTH: f32 = 26.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "lengths",
    title: "views.lengths",
    hint: "views.lengths_hint",
    applies: |trace| Lengths::trained(trace.model()).is_some(),
    ui,
    numbers,
};

/// Every length that is measured.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let columns = ["model", "length", "accuracy", "standard_error", "answers"];
    let mut table = Table::new(&columns);
    let models = models(scene);
    let trained = models.first().and_then(|model| Lengths::trained(model));
    let lengths = trained.map(|trained| scene.lengths.unwrap_or_else(|| trained.and_beyond()));
    let marks = lengths.map(|lengths| lengths.marks(trained)).unwrap_or_default();
    for model in &models {
        for length in &marks {
            if let Some(Point::Measured(measured)) = scene.points.at(model, *length) {
                let (score, error) = (measured.score, measured.standard_error);
                let model = model.as_str().into();
                table.push([
                    model,
                    (*length).into(),
                    score.into(),
                    error.into(),
                    measured.answers.into(),
                ]);
            }
        }
    }
    Numbers::Table(table)
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let models = models(scene);
    let Some(trained) = models.first().and_then(|model| Lengths::trained(model)) else { return };
    let lengths = scene.lengths.unwrap_or_else(|| trained.and_beyond());
    let marks = lengths.marks(Some(trained));
    // Length by length, so that the curves grow together.
    let pieces = marks.iter().flat_map(|at| models.iter().map(|model| (model.clone(), *at)));
    let missing: Vec<Piece> =
        pieces.filter(|(model, at)| scene.points.at(model, *at).is_none()).collect();
    caption_ui(ui, scene, missing.first());
    if !missing.is_empty() {
        scene.commands.push(Command::MeasureLengths(missing));
    }
    let mut names = distinct(&models);
    // Of two curves in one place the second is dashed, and the first is called by both names.
    let below: Vec<Option<usize>> = (0..models.len())
        .map(|at| (0..at).find(|first| coincide(scene, &marks, &models[*first], &models[at])))
        .collect();
    for (at, first) in below.iter().enumerate() {
        if let Some(first) = first {
            names[*first] = format!("{} = {}", names[*first], names[at]);
        }
    }
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let words = scene.tr("views.lengths_hint");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    let frame = Frame { lengths, plot: plot(ui, rect, &names) };
    frame.band_ui(ui, scene, trained);
    frame.axes_ui(ui, scene, &marks);
    let mut ends = Vec::new();
    let colors = theme::run_colors(models.iter().map(String::as_str), ui.visuals().dark_mode);
    for (((model, name), color), first) in models.iter().zip(&names).zip(colors).zip(&below) {
        let is_over = first.is_some();
        let curve = Curve { model, name, color, marks: &marks, is_over };
        let end = curve.ui(ui, scene, &frame);
        ends.extend(end.filter(|_| !is_over));
    }
    names_ui(ui, frame.plot, ends);
}

/// Whether two models' curves cannot be told apart: at every length that both are measured at.
fn coincide(scene: &Scene<'_>, marks: &[usize], one: &str, other: &str) -> bool {
    let score = |model: &str, at: usize| match scene.points.at(model, at) {
        Some(Point::Measured(measured)) => Some(measured.score),
        _ => None,
    };
    let pairs = marks.iter().map(|at| (score(one, *at), score(other, *at)));
    let known: Vec<(Option<f64>, Option<f64>)> =
        pairs.filter(|pair| *pair != (None, None)).collect();
    let is_same = |pair: &(Option<f64>, Option<f64>)| match pair {
        (Some(a), Some(b)) => (a - b).abs() < SAME,
        // One of the two is not measured yet, or cannot be.
        _ => false,
    };
    known.len() > 1 && known.iter().all(is_same)
}

/// The models on the stage that can be asked for sequences of any length, each once.
fn models(scene: &Scene<'_>) -> Vec<String> {
    let mut models: Vec<String> = Vec::new();
    for run in scene.all_runs() {
        let model = run.trace.model();
        if Lengths::trained(model).is_some() && !models.iter().any(|known| known == model) {
            models.push(model.to_owned());
        }
    }
    models
}

/// Names by which models can be told apart: without the parts that all of them begin or end with.
fn distinct(models: &[String]) -> Vec<String> {
    let parts: Vec<Vec<&str>> = models.iter().map(|model| model.split('-').collect()).collect();
    let Some(first) = parts.first().filter(|_| parts.len() > 1) else { return models.to_vec() };
    let shortest = parts.iter().map(Vec::len).min().unwrap_or(0);
    let is_common = |at: usize| parts.iter().all(|other| other[at] == first[at]);
    let is_common_end = |at: usize| {
        parts.iter().all(|other| other[other.len() - 1 - at] == first[first.len() - 1 - at])
    };
    let before = (0..shortest).take_while(|at| is_common(*at)).count();
    let behind = (0..shortest - before).take_while(|at| is_common_end(*at)).count();
    if parts.iter().any(|own| own.len() == before + behind) {
        return models.to_vec();
    }
    parts.iter().map(|own| own[before..own.len() - behind].join("-")).collect()
}

/// What the chart shows, and what is being measured.
fn caption_ui(ui: &mut Ui, scene: &Scene<'_>, missing: Option<&Piece>) {
    let dark = ui.visuals().dark_mode;
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), CAPTION), Sense::hover());
    let font = FontId::proportional(FONT);
    let count = SEQUENCES.to_string();
    let words = tr_with(scene.language, "views.lengths_caption", &[("count", &count)]);
    let color = theme::weak_text(dark);
    let at = pos2(row.left() + theme::GAP_SMALL, row.center().y);
    let text = ui.painter().text(at, Align2::LEFT_CENTER, words, font.clone(), color);
    if let Some((_, length)) = missing {
        let words = [("length", length.to_string())];
        let words = tr_with(scene.language, "views.lengths_measuring", &[("length", &words[0].1)]);
        let at = pos2(text.right() + theme::GAP_LARGE, row.center().y);
        ui.painter().text(at, Align2::LEFT_CENTER, words, font, theme::accent(dark));
    }
}

/// The part of the view that curves are drawn in: beside it stand the names.
fn plot(ui: &Ui, rect: Rect, names: &[String]) -> Rect {
    let font = FontId::proportional(FONT);
    let width = |name: &String| {
        ui.painter().layout_no_wrap(name.clone(), font.clone(), Color32::WHITE).size().x
    };
    let widest = names.iter().map(width).fold(0.0, f32::max).min(NAMES) + theme::GAP_LARGE;
    Rect::from_min_max(
        rect.min + vec2(LEFT, TOP),
        (rect.max - vec2(widest, BOTTOM)).max(rect.min + vec2(LEFT + 1.0, TOP + 1.0)),
    )
}

/// Where lengths and shares stand.
struct Frame {
    lengths: Lengths,
    plot: Rect,
}

impl Frame {
    fn x(&self, length: usize) -> f32 {
        let Lengths { shortest, longest } = self.lengths;
        let share = (length as f32 - shortest as f32) / (longest - shortest).max(1) as f32;
        self.plot.left() + theme::GAP_LARGE + share * (self.plot.width() - 2.0 * theme::GAP_LARGE)
    }

    fn y(&self, share: f64) -> f32 {
        self.plot.bottom() - share as f32 * self.plot.height()
    }

    /// The lengths that training drew.
    fn band_ui(&self, ui: &Ui, scene: &Scene<'_>, trained: Lengths) {
        let dark = ui.visuals().dark_mode;
        let x = |length: usize| self.x(length).clamp(self.plot.left(), self.plot.right());
        let (left, right) = (x(trained.shortest), x(trained.longest));
        // A band that ends at the ends of the axis goes on to the frame.
        let left = if trained.shortest <= self.lengths.shortest { self.plot.left() } else { left };
        let right = if trained.longest >= self.lengths.longest { self.plot.right() } else { right };
        let band = Rect::from_min_max(pos2(left, self.plot.top()), pos2(right, self.plot.bottom()));
        ui.painter().rect_filled(band, 0.0, theme::highlight(dark).gamma_multiply(0.6));
        let (from, to) = (trained.shortest.to_string(), trained.longest.to_string());
        let words = [("from", from.as_str()), ("to", to.as_str())];
        let words = tr_with(scene.language, "views.lengths_trained", &words);
        let at = pos2(left + theme::GAP_SMALL, self.plot.top() - theme::GAP_SMALL);
        let font = FontId::proportional(FONT);
        ui.painter().text(at, Align2::LEFT_BOTTOM, words, font, theme::accent(dark));
    }

    fn axes_ui(&self, ui: &Ui, scene: &Scene<'_>, marks: &[usize]) {
        let dark = ui.visuals().dark_mode;
        let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
        let (weak, font) = (theme::weak_text(dark), FontId::proportional(AXIS_FONT));
        for percent in [0, 25, 50, 75, 100] {
            let y = self.y(f64::from(percent) / 100.0);
            ui.painter().hline(self.plot.x_range(), y, line);
            let at = pos2(self.plot.left() - 6.0, y);
            let text = format!("{percent} %");
            ui.painter().text(at, Align2::RIGHT_CENTER, text, font.clone(), weak);
        }
        // The last number always stands; others where there is room before the next.
        let mut free = f32::INFINITY;
        for length in marks.iter().rev() {
            let x = self.x(*length);
            ui.painter().vline(x, self.plot.bottom()..=self.plot.bottom() + 4.0, line);
            if x + NUMBER_WIDTH <= free {
                let at = pos2(x, self.plot.bottom() + 5.0);
                let text = length.to_string();
                ui.painter().text(at, Align2::CENTER_TOP, text, font.clone(), weak);
                free = x;
            }
        }
        let at = pos2(self.plot.center().x, self.plot.bottom() + BOTTOM);
        let words = scene.tr("views.lengths_axis");
        ui.painter().text(at, Align2::CENTER_BOTTOM, words, font, weak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_called_by_what_differs() {
        let names =
            |ids: &[&str]| distinct(&ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["seq2seq-echo", "attention-echo"]), ["seq2seq", "attention"]);
        assert_eq!(names(&["transformer-none-echo", "transformer-rope-echo"]), ["none", "rope"]);
        assert_eq!(
            names(&["lstm-copy-2", "lstm-copy-2-residual"]),
            ["lstm-copy-2", "lstm-copy-2-residual"]
        );
        assert_eq!(names(&["lstm-copy-2"]), ["lstm-copy-2"]);
    }

    #[test]
    fn lengths_and_shares_stand_inside_the_chart() {
        let plot = Rect::from_min_max(pos2(50.0, 20.0), pos2(450.0, 320.0));
        let frame = Frame { lengths: Lengths { shortest: 5, longest: 30 }, plot };
        assert!(frame.x(5) > plot.left() && frame.x(30) < plot.right());
        assert!((frame.x(10) - frame.x(5) - (frame.x(30) - frame.x(25))).abs() < 1e-3);
        assert_eq!((frame.y(0.0), frame.y(1.0)), (plot.bottom(), plot.top()));
    }
}
