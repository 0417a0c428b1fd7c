//! The page for a text of the learner's own: what is known of the text, what can be chosen, how
//! training goes, and what the model writes by now.

use egui::{RichText, Ui, vec2};

use super::training::charts::{Chart, Curve, POINTS, chart_ui};
use super::training::transport_ui;
use super::{Command, Language, theme, tr, tr_with};
use crate::tasks::text::{Corpus, Division};
use crate::training::course::TextCourse;
use crate::training::live::{Control, Lane, Live, TrainCommand};
use crate::training::text::{BATCH, HIDDEN, LAYERS, STEPS, learners};
use crate::view::command::{Export, Purpose};

/// The height of the chart of costs.
const CHART: f32 = 190.0;
/// The height of a line of numbers.
const LINE: f32 = 6.0;

/// The page; `live` once a text was read.
pub fn ui(
    ui: &mut Ui,
    live: Option<&Live<TextCourse>>,
    language: Language,
    commands: &mut Vec<Command>,
) {
    egui::ScrollArea::vertical().id_salt("own text").auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - theme::GAP);
        ui.heading(tr(language, "text.title"));
        ui.add_space(theme::GAP_SMALL);
        let Some(live) = live else {
            ui.label(tr(language, "text.idea"));
            ui.add_space(theme::GAP);
            ui.label(RichText::new(tr(language, "text.limits")).weak());
            ui.add_space(theme::GAP_LARGE);
            let choose = egui::Button::new(RichText::new(tr(language, "text.choose")).strong());
            if ui.add(choose).clicked() {
                commands.push(Command::Choose(Purpose::Text));
            }
            return;
        };
        let mut page = Page { live, language, commands };
        page.facts_ui(ui);
        ui.add_space(theme::GAP);
        page.choices_ui(ui);
        ui.add_space(theme::GAP);
        transport_ui(ui, live, language, page.commands, Command::TrainText);
        ui.add_space(theme::GAP_SMALL);
        page.standing_ui(ui);
        page.costs_ui(ui);
        page.written_ui(ui);
    });
}

struct Page<'a> {
    live: &'a Live<TextCourse>,
    language: Language,
    commands: &'a mut Vec<Command>,
}

impl Page<'_> {
    fn tr(&self, key: &'static str) -> &'static str {
        tr(self.language, key)
    }

    fn text(&self) -> &Division {
        &self.live.settings().text
    }

    fn corpus(&self) -> &Corpus {
        self.text().corpus()
    }

    fn lane(&self) -> Option<&Lane> {
        self.live.lanes().first()
    }

    /// Which text it is, how large, and what is held out.
    fn facts_ui(&mut self, ui: &mut Ui) {
        let corpus = self.corpus();
        let held_out = format!("{:.0} %", 100.0 * self.text().held_out_share());
        let rare = 100.0 * corpus.rare() as f64 / corpus.len().max(1) as f64;
        let words = [
            ("characters", grouped(corpus.len())),
            ("vocabulary", grouped(corpus.vocabulary().len())),
            ("held_out", held_out),
            ("length", self.text().length().to_string()),
            ("rare", format!("{rare:.1} %")),
        ];
        let words: Vec<(&str, &str)> = words.iter().map(|(name, is)| (*name, &**is)).collect();
        let title = corpus.title().to_owned();
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(title).strong());
            if ui.button(self.tr("text.choose_other")).clicked() {
                self.commands.push(Command::Choose(Purpose::Text));
            }
        });
        let mut facts = tr_with(self.language, "text.facts", &words);
        if self.corpus().rare() > 0 {
            facts.push_str(&tr_with(self.language, "text.rare", &words));
        }
        let label = ui.label(RichText::new(facts).small().weak());
        label.on_hover_text(tr_with(self.language, "text.held_out_hint", &words));
    }

    /// The architecture and its sizes; a new choice begins anew.
    fn choices_ui(&mut self, ui: &mut Ui) {
        let settings = self.live.settings().settings.clone();
        let mut chosen = None;
        ui.horizontal_wrapped(|ui| {
            for spec in learners() {
                let is_chosen = spec.id == settings.model;
                if ui.selectable_label(is_chosen, spec.title).on_hover_text(spec.source).clicked()
                    && !is_chosen
                {
                    chosen = Some(Control::Model(spec.id));
                }
            }
        });
        ui.add_space(theme::GAP_SMALL);
        let mut numbers =
            [settings.hidden, settings.layers, settings.steps, settings.seed as usize];
        let bounds = [HIDDEN, LAYERS, STEPS, 0..=9999];
        let fields: [(&'static str, fn(usize) -> Control, f64); 4] = [
            ("text.hidden", Control::Hidden, 0.5),
            ("text.layers", Control::Layers, 0.02),
            ("text.steps", Control::Steps, 10.0),
            ("training.seed", |seed| Control::Seed(seed as u64), 0.05),
        ];
        ui.horizontal_wrapped(|ui| {
            for ((number, bounds), (key, control, speed)) in
                numbers.iter_mut().zip(bounds).zip(fields)
            {
                let words = self.tr(key);
                let label = ui.label(RichText::new(words).small().weak());
                let drag = egui::DragValue::new(number).range(bounds).speed(speed);
                let response = ui.add(drag.update_while_editing(false)).labelled_by(label.id);
                response
                    .widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, words));
                if response.on_hover_text(self.tr("text.choice_hint")).changed() {
                    chosen = Some(control(*number));
                }
                ui.add_space(theme::GAP_SMALL);
            }
        });
        if let Some(control) = chosen {
            self.commands.push(Command::TrainText(TrainCommand::Set(control)));
        }
    }

    /// How far the training has come, what its weights are worth, and what to do with them.
    fn standing_ui(&mut self, ui: &mut Ui) {
        let dark = ui.visuals().dark_mode;
        let steps = self.live.settings().settings.steps;
        let Some(lane) = self.lane() else { return };
        let (updates, seconds) = (lane.updates(), lane.seconds);
        let per_update = seconds / updates.max(1) as f64;
        let left = (steps.saturating_sub(updates)) as f64 * per_update;
        let speed = (BATCH * self.text().length()) as f64 / per_update.max(1e-9);
        let words = [
            ("updates", grouped(updates)),
            ("steps", grouped(steps)),
            ("speed", grouped(speed as usize)),
            ("left", duration(left)),
            ("seconds", duration(seconds)),
        ];
        let words: Vec<(&str, &str)> = words.iter().map(|(name, is)| (*name, &**is)).collect();
        let share = updates as f32 / steps.max(1) as f32;
        let bar = egui::ProgressBar::new(share).desired_height(LINE).fill(theme::accent(dark));
        let bar = ui.add(bar);
        bar.widget_info(|| {
            let words = tr(self.language, "text.progress");
            egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, words)
        });
        let key = match (updates, lane.is_finished) {
            (0, _) => "text.not_started",
            (_, true) => "text.finished",
            _ => "text.so_far",
        };
        let (text, color) = match (lane.diverged, lane.diverges_since()) {
            (Some(step), _) => {
                let step = [("step", &*step.to_string())];
                (tr_with(self.language, "training.diverged", &step), theme::error(dark))
            }
            (_, Some(step)) => {
                let step = [("step", &*step.to_string())];
                (tr_with(self.language, "training.too_large", &step), theme::error(dark))
            }
            _ => (tr_with(self.language, key, &words), theme::text(dark)),
        };
        ui.label(RichText::new(text).small().color(color));
        let is_there = updates > 0;
        ui.horizontal_wrapped(|ui| {
            let follows = self.live.follows().is_some();
            let button = ui.selectable_label(follows, self.tr("text.follow"));
            if button.on_hover_text(self.tr("text.follow_hint")).clicked() {
                let lane = if follows { None } else { Some(0) };
                self.commands.push(Command::TrainText(TrainCommand::Follow(lane)));
            }
            let save = egui::Button::new(self.tr("text.save"));
            let save = ui.add_enabled(is_there, save).on_hover_text(self.tr("text.save_hint"));
            if save.clicked() {
                self.commands.push(Command::Choose(Purpose::Save(Export::Weights)));
            }
        });
        ui.add_space(theme::GAP);
    }

    /// What a character costs in bits: of the batches, of what is held out, and of frequencies.
    fn costs_ui(&self, ui: &mut Ui) {
        let dark = ui.visuals().dark_mode;
        let Some(lane) = self.lane() else { return };
        let steps = lane.updates().max(10);
        let share = lane.history.len().div_ceil(POINTS).max(1);
        let bits = |loss: f32| f64::from(loss) / std::f64::consts::LN_2;
        let mean = |chunk: &[crate::training::Progress]| {
            let last = chunk.last()?;
            let sum: f64 = chunk.iter().map(|progress| bits(progress.loss)).sum();
            let mean = sum / chunk.len() as f64;
            mean.is_finite().then_some([last.step as f64, mean])
        };
        let mut measured: Vec<[f64; 2]> = Vec::new();
        for snapshot in lane.kept.iter().chain(&lane.latest) {
            let score = snapshot.scores.first().map(|(_, score)| *score);
            let at = snapshot.step as f64;
            if let Some(score) = score.filter(|score| score.is_finite())
                && measured.last().is_none_or(|last| last[0] < at)
            {
                measured.push([at, score]);
            }
        }
        let now = measured.last().map(|last| format!("{:.2}", last[1]));
        let [seen, held_out, ..] = theme::series(dark);
        let unigram = self.text().unigram();
        let curves = [
            Curve {
                name: self.tr("text.trained").to_owned(),
                color: seen,
                points: lane.history.chunks(share).filter_map(mean).collect(),
                is_dashed: false,
                has_marks: false,
            },
            Curve {
                name: self.tr("text.held_out").to_owned(),
                color: held_out,
                points: measured,
                is_dashed: false,
                has_marks: lane.updates() < 2,
            },
        ];
        let highest = curves.iter().flat_map(|curve| curve.points.iter().map(|point| point[1]));
        let highest = highest.fold(unigram, f64::max);
        let frequencies = format!("{unigram:.2}");
        let words = [("now", now.as_deref().unwrap_or("–")), ("unigram", frequencies.as_str())];
        chart_ui(
            ui,
            &Chart {
                id: "bits per character",
                title: tr_with(self.language, "text.costs", &words),
                size: vec2(ui.available_width(), CHART),
                is_logarithmic: false,
                x: [0.0, steps as f64],
                y: Some([0.0, 1.08 * highest]),
                level: Some((unigram, String::new())),
                breaks: Vec::new(),
                x_name: self.tr("training.update"),
            },
            &curves,
        );
        let hint = RichText::new(self.tr("text.costs_hint")).small().weak();
        ui.label(hint);
        ui.add_space(theme::GAP);
    }

    /// What the model writes with its weights of the last measurement.
    fn written_ui(&self, ui: &mut Ui) {
        let Some(written) = self.lane().and_then(|lane| lane.latest.as_ref()) else { return };
        let vocabulary = self.corpus().vocabulary();
        let text: String =
            written.written.iter().filter_map(|number| vocabulary.get(*number)).collect();
        let words = [("step", &*grouped(written.step))];
        ui.label(RichText::new(tr_with(self.language, "text.written", &words)).small().weak());
        egui::Frame::new()
            .fill(theme::stage(ui.visuals().dark_mode))
            .inner_margin(theme::GAP)
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.add(egui::Label::new(RichText::new(text).monospace()).wrap());
            });
    }
}

/// A number with thin spaces between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Minutes and seconds.
fn duration(seconds: f64) -> String {
    let seconds = seconds.round().max(0.0) as u64;
    if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_are_in_minutes() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]
        );
        assert_eq!([0.4, 59.6, 61.0].map(duration), ["0 s", "1 min 00 s", "1 min 01 s"]);
    }
}
