//! Training in front of the learner: transport, choices, what each contestant has reached, and how
//! loss, held-out accuracy and gradients change.

pub(super) mod charts;

use egui::{RichText, Ui, vec2};

use super::numbers::{Numbers, Table};
use super::{Command, Hidden, Language, Scene, ViewSpec, theme, tr, tr_with};
use crate::training::course::Course;
use crate::training::live::{Control, Lane, Live, Phase, TrainCommand};
use crate::training::race::{self, HIDDEN, LEARNING_RATE, LENGTH};

/// Below this height charts stand in one column and the view scrolls.
const LOWEST_CHART: f32 = 110.0;
/// From this width on, two charts stand side by side.
const TWO_COLUMNS: f32 = 440.0;
/// Room for the name of a chart and its axis.
const TITLE: f32 = 24.0;
/// The height of a contestant's line.
const LANE: f32 = 22.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "training",
    title: "training.title",
    hint: "training.hint",
    applies: |_| true,
    ui,
    numbers,
};

/// The points of the three charts: loss by update, accuracy by length, gradients by position.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let mut table = Table::new(&["chart", "model", "value", "at", "number"]);
    let Some(live) = scene.training else { return Numbers::Table(table) };
    for lane in live.lanes() {
        let mut add = |chart: &str, value: &str, at: usize, number: f64| {
            table.push([chart.into(), lane.id.into(), value.into(), at.into(), number.into()]);
        };
        for progress in &lane.history {
            add("loss", "batch", progress.step, progress.loss.into());
        }
        let Some(snapshot) = live.snapshot(lane) else { continue };
        for (length, score) in &snapshot.scores {
            add("accuracy", "held_out", *length, *score);
        }
        for profile in &snapshot.profiles {
            for (position, norm) in profile.norms.iter().enumerate() {
                add("gradient_norm", profile.value, position, *norm);
            }
        }
    }
    Numbers::Table(table)
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let Some(live) = scene.training else { return };
    egui::ScrollArea::vertical().id_salt("training").auto_shrink(false).show(ui, |ui| {
        let room = ui.available_size();
        let top = ui.cursor().top();
        if !scene.hides(Hidden::Training) && !scene.for_print {
            transport_ui(ui, live, scene.language, scene.commands, Command::Train);
            controls_ui(ui, scene, live);
        }
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.spacing_mut().interact_size.y = LANE;
            ui.spacing_mut().button_padding.y = 1.0;
            for at in 0..live.lanes().len() {
                lane_ui(ui, scene, live, at);
            }
        });
        if !scene.for_print {
            checkpoints_ui(ui, scene, live);
        }
        let used = ui.cursor().top() - top + theme::GAP;
        charts_ui(ui, scene, live, vec2(room.x, room.y - used));
    });
}

/// The loss above, accuracy by length and gradients by position below, side by side if there is
/// room.
fn charts_ui(ui: &mut Ui, scene: &Scene<'_>, live: &Live, room: egui::Vec2) {
    let is_wide = room.x >= TWO_COLUMNS;
    let rows = if is_wide { 2.0 } else { 3.0 };
    let height = ((room.y - theme::GAP * rows) / rows - TITLE).max(LOWEST_CHART);
    charts::loss_ui(ui, scene, live, vec2(room.x, height));
    if is_wide {
        let half = vec2((room.x - theme::GAP) / 2.0, height);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP;
            ui.vertical(|ui| charts::scores_ui(ui, scene, live, half));
            ui.vertical(|ui| charts::gradients_ui(ui, scene, live, half));
        });
    } else {
        charts::scores_ui(ui, scene, live, vec2(room.x, height));
        charts::gradients_ui(ui, scene, live, vec2(room.x, height));
    }
}

/// Start, pause, one update, back to the start, end. `own` makes a command of a training's command.
pub(super) fn transport_ui<C: Course>(
    ui: &mut Ui,
    live: &Live<C>,
    language: Language,
    commands: &mut Vec<Command>,
    own: fn(TrainCommand) -> Command,
) {
    let phase = live.phase();
    let is_there = matches!(phase, Phase::Running | Phase::Paused);
    let is_done = is_there && live.is_finished();
    ui.horizontal_wrapped(|ui| {
        let (key, command) = match phase {
            Phase::Running => ("training.pause", TrainCommand::Pause),
            Phase::Paused => ("training.go_on", TrainCommand::Start),
            Phase::Ready | Phase::Stopped => ("training.start", TrainCommand::Start),
        };
        let text = RichText::new(tr(language, key)).strong();
        if ui.add_enabled(!is_done, egui::Button::new(text)).clicked() {
            commands.push(own(command));
        }
        for (key, hint, is_enabled, command) in [
            ("training.single_step", "training.single_step_hint", !is_done, TrainCommand::Step),
            (
                "training.rewind",
                "training.rewind_hint",
                phase != Phase::Ready,
                TrainCommand::Rewind,
            ),
            ("training.stop", "training.stop_hint", is_there, TrainCommand::Stop),
        ] {
            let button = ui.add_enabled(is_enabled, egui::Button::new(tr(language, key)));
            if button.on_hover_text(tr(language, hint)).clicked() {
                commands.push(own(command));
            }
        }
    });
}

/// What the learner chooses; a new choice begins anew.
fn controls_ui(ui: &mut Ui, scene: &mut Scene<'_>, live: &Live) {
    let settings = live.settings();
    ui.horizontal_wrapped(|ui| {
        let lengths = match race::shortest(settings) {
            Some(shortest) if shortest < settings.length => {
                format!("{shortest}–{}", settings.length)
            }
            _ => settings.length.to_string(),
        };
        let field = |ui: &mut Ui, key, hint, drag: egui::DragValue<'_>| -> bool {
            let words = scene.tr(key);
            let label = ui.label(RichText::new(words).small().weak());
            let response = ui.add(drag.update_while_editing(false)).labelled_by(label.id);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, words));
            ui.add_space(theme::GAP_SMALL);
            let hint = tr_with(scene.language, hint, &[("lengths", &lengths)]);
            response.on_hover_text(hint).changed()
        };
        let mut chosen = None;
        let mut hidden = settings.hidden;
        let drag = egui::DragValue::new(&mut hidden).range(HIDDEN).speed(0.2);
        if field(ui, "training.hidden", "training.hidden_hint", drag) {
            chosen = Some(Control::Hidden(hidden));
        }
        let mut length = settings.length;
        let drag = egui::DragValue::new(&mut length).range(LENGTH).speed(0.2);
        if field(ui, "training.length", "training.length_hint", drag) {
            chosen = Some(Control::Length(length));
        }
        let mut rate = settings.learning_rate;
        let speed = f64::from(rate) * 0.02;
        let drag = egui::DragValue::new(&mut rate)
            .range(LEARNING_RATE)
            .speed(speed)
            .custom_formatter(|rate, _| charts::plain(rate));
        if field(ui, "training.learning_rate", "training.learning_rate_hint", drag) {
            chosen = Some(Control::LearningRate(rate));
        }
        let mut seed = settings.seed;
        let drag = egui::DragValue::new(&mut seed).speed(0.05);
        if field(ui, "training.seed", "training.seed_hint", drag) {
            chosen = Some(Control::Seed(seed));
        }
        if let Some(control) = chosen {
            scene.commands.push(Command::Train(TrainCommand::Set(control)));
        }
    });
}

/// A contestant's line: its name in its colour, updates and seconds, what it has reached, and the
/// way to the stage.
fn lane_ui(ui: &mut Ui, scene: &mut Scene<'_>, live: &Live, at: usize) {
    let dark = ui.visuals().dark_mode;
    let Some(lane) = live.lanes().get(at) else { return };
    ui.horizontal(|ui| {
        let color = charts::color(dark, at);
        let name = RichText::new(lane.spec.title).color(color).strong();
        let (place, _) = ui.allocate_exact_size(vec2(46.0, LANE), egui::Sense::hover());
        ui.put(place, egui::Label::new(name).halign(egui::Align::Min));
        let is_followed = live.follows() == Some(at);
        let words = RichText::new(scene.tr("training.on_stage")).small();
        if scene.for_print {
            let (text, color) = standing(scene, live, lane, dark);
            ui.add(egui::Label::new(RichText::new(text).small().color(color)).truncate());
            return;
        }
        let button = ui.selectable_label(is_followed, words);
        let title = format!("{} {}", lane.spec.title, scene.tr("training.on_stage"));
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &title));
        if button.on_hover_text(scene.tr("training.on_stage_hint")).clicked() {
            let follow = if is_followed { None } else { Some(at) };
            scene.commands.push(Command::Train(TrainCommand::Follow(follow)));
        }
        let (text, color) = standing(scene, live, lane, dark);
        ui.add(egui::Label::new(RichText::new(text).small().color(color)).truncate());
    });
}

/// What a contestant has reached, in words, and their colour.
fn standing(scene: &Scene<'_>, live: &Live, lane: &Lane, dark: bool) -> (String, egui::Color32) {
    let length = live.settings().length.to_string();
    let updates = lane.updates().to_string();
    let seconds = format!("{:.1}", lane.seconds);
    let mut words = vec![
        ("length", length.as_str()),
        ("updates", updates.as_str()),
        ("seconds", seconds.as_str()),
    ];
    if let Some(step) = lane.diverged {
        let step = step.to_string();
        words.push(("step", &step));
        return (tr_with(scene.language, "training.diverged", &words), theme::error(dark));
    }
    if let Some(step) = lane.diverges_since() {
        let step = step.to_string();
        words.push(("step", &step));
        return (tr_with(scene.language, "training.too_large", &words), theme::error(dark));
    }
    if let Some((reached, seconds)) = lane.reached {
        let (step, seconds) = (reached.step.to_string(), format!("{seconds:.1}"));
        let words = [
            ("length", length.as_str()),
            ("step", &step),
            ("after", &seconds),
            ("updates", &updates),
        ];
        return (tr_with(scene.language, "training.reached", &words), theme::success(dark));
    }
    let score = lane.latest.as_ref().and_then(|latest| latest.score_at(live.settings().length));
    let Some(score) = score else {
        return (scene.tr("training.not_started").to_owned(), theme::weak_text(dark));
    };
    let score = format!("{:.0} %", 100.0 * score);
    words.push(("score", &score));
    let key = if lane.is_finished { "training.missed" } else { "training.so_far" };
    (tr_with(scene.language, key, &words), theme::text(dark))
}

/// A slider over the kept checkpoints; at its end, the newest weights.
fn checkpoints_ui(ui: &mut Ui, scene: &mut Scene<'_>, live: &Live) {
    let steps = live.kept_steps();
    if steps.len() < 2 {
        return;
    }
    let newest = steps.len();
    let now = live.checkpoint().unwrap_or(newest);
    let mut chosen = now;
    ui.horizontal(|ui| {
        let words = scene.tr("training.checkpoint");
        let label = ui.label(RichText::new(words).small().weak());
        let slider = egui::Slider::new(&mut chosen, 0..=newest).show_value(false);
        let response = ui.add(slider).labelled_by(label.id);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, words));
        response.on_hover_text(scene.tr("training.checkpoint_hint"));
        let text = match steps.get(now) {
            Some(step) => tr_with(scene.language, "training.step", &[("step", &step.to_string())]),
            None => scene.tr("training.newest").to_owned(),
        };
        ui.label(RichText::new(text).small());
    });
    if chosen != now {
        let at = (chosen < newest).then_some(chosen);
        scene.commands.push(Command::Train(TrainCommand::ShowCheckpoint(at)));
    }
}
