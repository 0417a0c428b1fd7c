//! The laboratory's controls, what can be shown at a press, and what was measured of each run.

use egui::{ComboBox, RichText, ScrollArea, Slider, Ui};

use super::numbers::{Numbers, Table};
use super::{Command, Language, Other, Scene, ViewSpec, number, theme, tr, tr_with};
use crate::laboratory::{
    CLIPS, Contestant, FORGET_BIASES, GAINS, HIDDEN, LAYERS, LENGTHS, Laboratory, PRESETS, Start,
};
use crate::lesson::Control;
use crate::models::rnn::Activation;
use crate::tensor::singular::spectral_radius;
use crate::trace::{Backward, flow};
use crate::view::command::CompareCommand;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "laboratory",
    title: "laboratory.title",
    hint: "laboratory.hint",
    applies: |_| true,
    ui,
    numbers,
};

/// From this width on the controls stand in two columns.
const TWO_COLUMNS: f32 = 440.0;
/// Room for a control's name.
const LABEL: f32 = 96.0;
/// The height of a row.
const ROW: f32 = 22.0;

/// What is measured of a run.
#[derive(Clone, Debug)]
struct Measures {
    label: String,
    /// The spectral radius of each recurrent weight of the lowest layer.
    radii: Vec<(String, f32)>,
    /// ‖∂L/∂W‖ before and after clipping.
    norms: [f32; 2],
    /// For each state what arrives at the first position, over what starts at the loss.
    ratios: Vec<(String, f32)>,
    /// At the loss, what arrives at the lowest layer's hidden state over the highest layer's.
    across: Option<f32>,
}

/// The measures of the runs on the stage, made anew only for new runs.
#[derive(Debug, Default)]
pub struct Cache {
    run: Option<(u64, Language)>,
    measures: Vec<Measures>,
}

/// What is measured of every run.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let columns = ["run", "spectral_radius", "arrives", "across_layers", "norm", "clipped_norm"];
    let mut table = Table::new(&columns);
    let clip = scene.laboratory.map_or(f32::INFINITY, |laboratory| laboratory.clip);
    for run in scene.all_runs() {
        let measures = measure(&run, scene.label, clip, scene.language);
        let radius = measures.radii.iter().map(|(_, radius)| *radius).reduce(f32::max);
        let arrives = measures.ratios.first().map(|(_, ratio)| *ratio);
        let or_nan = |number: Option<f32>| number.unwrap_or(f32::NAN);
        table.push([
            run.label.into(),
            or_nan(radius).into(),
            or_nan(arrives).into(),
            or_nan(measures.across).into(),
            measures.norms[0].into(),
            measures.norms[1].into(),
        ]);
    }
    Numbers::Table(table)
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let Some(laboratory) = scene.laboratory else {
        ui.add_space(theme::GAP_LARGE);
        ui.label(scene.tr("laboratory.closed"));
        ui.add_space(theme::GAP);
        if ui.button(scene.tr("laboratory.open")).clicked() {
            scene.commands.push(Command::Laboratory(Box::default()));
        }
        return;
    };
    if scene.for_print {
        ui.label(RichText::new(laboratory.summary()).monospace().small());
        measures_ui(ui, scene, laboratory);
        return;
    }
    ScrollArea::vertical().id_salt("laboratory").auto_shrink(false).show(ui, |ui| {
        presets_ui(ui, scene, laboratory);
        ui.add_space(theme::GAP_SMALL);
        measures_ui(ui, scene, laboratory);
        ui.add_space(theme::GAP);
        ui.columns(if ui.available_width() > TWO_COLUMNS { 2 } else { 1 }, |columns| {
            for column in columns.iter_mut() {
                column.spacing_mut().interact_size.y = ROW;
                column.spacing_mut().button_padding.y = theme::GAP_SMALL * 0.5;
                column.spacing_mut().slider_width =
                    (column.available_width() - LABEL - 68.0).max(50.0);
            }
            let last = columns.len() - 1;
            sizes_ui(&mut columns[0], scene, laboratory);
            weights_ui(&mut columns[last], scene, laboratory);
        });
        ui.add_space(theme::GAP_SMALL);
        runs_ui(ui, scene, laboratory);
    });
}

/// Buttons that show one effect each.
fn presets_ui(ui: &mut Ui, scene: &mut Scene<'_>, laboratory: &Laboratory) {
    ui.horizontal_wrapped(|ui| {
        for preset in PRESETS {
            let (words, hint) = preset_words(preset.id);
            let is_chosen = (preset.controls)() == *laboratory;
            let button =
                ui.selectable_label(is_chosen, scene.tr(words)).on_hover_text(scene.tr(hint));
            if button.clicked() {
                set(scene, "preset", Control::Text(preset.id.to_owned()));
            }
        }
    });
}

fn preset_words(id: &str) -> (&'static str, &'static str) {
    match id {
        "vanish" => ("laboratory.preset_vanish", "laboratory.preset_vanish_hint"),
        "explode" => ("laboratory.preset_explode", "laboratory.preset_explode_hint"),
        "clipped" => ("laboratory.preset_clipped", "laboratory.preset_clipped_hint"),
        "irnn" => ("laboratory.preset_irnn", "laboratory.preset_irnn_hint"),
        "lstm" => ("laboratory.preset_lstm", "laboratory.preset_lstm_hint"),
        "gru" => ("laboratory.preset_gru", "laboratory.preset_gru_hint"),
        _ => ("laboratory.preset_residual", "laboratory.preset_residual_hint"),
    }
}

/// What a run is called on screen: settings written as lessons have them, `residual = false`, in
/// words; anything else as it is.
#[must_use]
pub fn setting_words(language: Language, label: &str) -> String {
    let items = label.split(", ").map(|item| match item.split_once(" = ") {
        None => item.to_owned(),
        Some(("residual", "true")) => tr(language, "gradient.with_residual").to_owned(),
        Some(("residual", _)) => tr(language, "gradient.without_residual").to_owned(),
        Some(("start", start)) => {
            let known = Start::ALL.into_iter().find(|known| word(known) == start);
            let start = known.map_or(start, |known| tr(language, start_words(known)));
            // Behind the comma stands with which spread.
            let start = start.split([',', '，']).next().unwrap_or(start);
            tr_with(language, "gradient.start_of", &[("start", start)])
        }
        Some(("activation", function)) => {
            let all = [Activation::Tanh, Activation::Relu, Activation::Sigmoid];
            let known = all.into_iter().find(|known| word(known) == function);
            known.map_or(function, |known| tr(language, activation_words(known))).to_owned()
        }
        Some((name, value)) => {
            let name = match name {
                "gain" => "gradient.gain",
                "seed" => "laboratory.seed",
                _ => control_words(name).0,
            };
            let words = [("name", tr(language, name)), ("value", value)];
            tr_with(language, "gradient.setting", &words)
        }
    });
    let joint = if language == Language::Chinese { "，" } else { ", " };
    items.collect::<Vec<_>>().join(joint)
}

fn set(scene: &mut Scene<'_>, name: &str, setting: Control) {
    scene.commands.push(Command::Control(name.to_owned(), setting));
}

/// The sequence, the sizes and where the loss is.
fn sizes_ui(ui: &mut Ui, scene: &mut Scene<'_>, laboratory: &Laboratory) {
    let whole =
        |range: std::ops::RangeInclusive<usize>| *range.start() as f64..=*range.end() as f64;
    slider(ui, scene, "length", laboratory.length as f64, whole(LENGTHS), 0);
    slider(ui, scene, "hidden", laboratory.hidden as f64, whole(HIDDEN), 0);
    slider(ui, scene, "layers", laboratory.layers as f64, whole(LAYERS), 0);
    let mut residual = laboratory.residual;
    let words = scene.tr("laboratory.residual");
    let hint = scene.tr("laboratory.residual_hint");
    ui.add_enabled_ui(laboratory.layers > 1, |ui| {
        if ui.checkbox(&mut residual, words).on_hover_text(hint).changed() {
            set(scene, "residual", Control::Switch(residual));
        }
    });
    if let Some(backward) = scene.backward {
        let at = backward.position();
        let mut position = at;
        let last = scene.trace.n_positions().saturating_sub(1);
        let words = ("laboratory.loss", "gradient.loss_hint");
        let slider = Slider::new(&mut position, 0..=last);
        if row(ui, scene, words, |ui| ui.add(slider)).changed() && position != at {
            scene.commands.push(Command::LossAt(Some(position)));
        }
    }
    slider(ui, scene, "clip", f64::from(laboratory.clip), real(CLIPS), 2);
}

/// How the weights start out.
fn weights_ui(ui: &mut Ui, scene: &mut Scene<'_>, laboratory: &Laboratory) {
    slider(ui, scene, "gain", f64::from(laboratory.gain), real(GAINS), 2);
    let starts = Start::ALL.map(|start| (start_words(start), word(start)));
    choice(ui, scene, "start", start_words(laboratory.start), &starts);
    let activations = [Activation::Tanh, Activation::Relu, Activation::Sigmoid];
    let activations =
        activations.map(|activation| (activation_words(activation), word(activation)));
    choice(ui, scene, "activation", activation_words(laboratory.activation), &activations);
    slider(ui, scene, "forget_bias", f64::from(laboratory.forget_bias), real(FORGET_BIASES), 1);
    let mut seed = laboratory.seed;
    let words = ("laboratory.seed", "laboratory.seed_hint");
    let drag = egui::DragValue::new(&mut seed).speed(0.1);
    if row(ui, scene, words, |ui| ui.add(drag)).changed() {
        set(scene, "seed", Control::Number(seed as f64));
    }
}

fn real(range: std::ops::RangeInclusive<f32>) -> std::ops::RangeInclusive<f64> {
    f64::from(*range.start())..=f64::from(*range.end())
}

/// The word that stands for a choice in lessons.
fn word(choice: impl serde::Serialize) -> String {
    let word = serde_json::to_value(choice).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn start_words(start: Start) -> &'static str {
    match start {
        Start::Orthogonal => "laboratory.orthogonal",
        Start::Gaussian => "laboratory.gaussian",
        Start::Xavier => "laboratory.xavier",
        Start::Identity => "laboratory.identity",
    }
}

fn activation_words(activation: Activation) -> &'static str {
    match activation {
        Activation::Tanh => "laboratory.tanh",
        Activation::Relu => "laboratory.relu",
        Activation::Sigmoid => "laboratory.sigmoid",
    }
}

/// The words and the hint of a control.
fn control_words(name: &str) -> (&'static str, &'static str) {
    match name {
        "length" => ("laboratory.length", "laboratory.length_hint"),
        "hidden" => ("laboratory.hidden", "laboratory.hidden_hint"),
        "layers" => ("laboratory.layers", "laboratory.layers_hint"),
        "gain" => ("laboratory.gain", "laboratory.gain_hint"),
        "forget_bias" => ("laboratory.forget_bias", "laboratory.forget_bias_hint"),
        "clip" => ("laboratory.clip", "laboratory.clip_hint"),
        "start" => ("laboratory.start", "laboratory.start_hint"),
        _ => ("laboratory.activation", "laboratory.activation_hint"),
    }
}

fn slider(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    name: &str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
    decimals: usize,
) {
    let mut changed = value;
    let slider = Slider::new(&mut changed, range).max_decimals(decimals);
    let slider = if decimals == 0 { slider.step_by(1.0) } else { slider };
    if row(ui, scene, control_words(name), |ui| ui.add(slider)).changed() {
        set(scene, name, Control::Number(changed));
    }
}

/// A control behind its name.
fn row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    (words, hint): (&'static str, &'static str),
    add: impl FnOnce(&mut Ui) -> egui::Response,
) -> egui::Response {
    ui.horizontal(|ui| {
        let size = egui::vec2(LABEL, ui.spacing().interact_size.y);
        let left = egui::Layout::left_to_right(egui::Align::Center);
        let text = RichText::new(scene.tr(words)).small();
        let label = ui.allocate_ui_with_layout(size, left, |ui| {
            ui.set_min_width(LABEL);
            ui.add(egui::Label::new(text).truncate())
        });
        let label = label.inner.on_hover_text(scene.tr(hint));
        add(ui).labelled_by(label.id).on_hover_text(scene.tr(hint))
    })
    .inner
}

fn choice(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    name: &str,
    current: &'static str,
    all: &[(&'static str, String)],
) {
    let mut chosen = None;
    row(ui, scene, control_words(name), |ui| {
        let combo =
            ComboBox::from_id_salt(name).selected_text(scene.tr(current)).show_ui(ui, |ui| {
                for (shown, word) in all {
                    if ui.selectable_label(*shown == current, scene.tr(shown)).clicked() {
                        chosen = Some(word.clone());
                    }
                }
            });
        combo.response
    });
    if let Some(word) = chosen {
        set(scene, name, Control::Text(word));
    }
}

/// Which models run, and what is kept beside them.
fn runs_ui(ui: &mut Ui, scene: &mut Scene<'_>, laboratory: &Laboratory) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(scene.tr("laboratory.models")).weak());
        for contestant in Contestant::ALL {
            let mut runs = laboratory.contestants.contains(&contestant);
            let is_last = runs && laboratory.contestants.len() == 1;
            let name = contestant.id().to_uppercase();
            let response = ui.add_enabled(!is_last, egui::Checkbox::new(&mut runs, name));
            if response.changed() {
                let chosen = Contestant::ALL.into_iter().filter(|other| {
                    if *other == contestant { runs } else { laboratory.contestants.contains(other) }
                });
                let ids: Vec<&str> = chosen.map(Contestant::id).collect();
                set(scene, "models", Control::Text(ids.join(" ")));
            }
        }
        let hint = scene.tr("laboratory.keep_hint");
        if ui.button(scene.tr("laboratory.keep")).on_hover_text(hint).clicked() {
            scene.commands.push(Command::Compare(CompareCommand::Keep));
        }
        if !laboratory.versus.is_empty() {
            ui.label(RichText::new(setting_words(scene.language, &laboratory.versus)).small());
            let words = scene.tr("laboratory.no_versus");
            let button = ui.small_button("×").on_hover_text(words);
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
            if button.clicked() {
                set(scene, "versus", Control::Text(String::new()));
            }
        }
    });
}

/// The measured numbers of every run.
fn measures_ui(ui: &mut Ui, scene: &mut Scene<'_>, laboratory: &Laboratory) {
    let language = scene.language;
    if scene.memory.laboratory.run != Some((scene.run, language)) {
        let measures = scene
            .all_runs()
            .map(|run| measure(&run, scene.label, laboratory.clip, language))
            .collect();
        scene.memory.laboratory = Cache { run: Some((scene.run, language)), measures };
    }
    let colors = theme::series(ui.visuals().dark_mode);
    let broken = theme::color(crate::palette::NOT_A_NUMBER);
    let shown = |value: f32| {
        let text = RichText::new(number(value)).monospace();
        if value.is_finite() { text } else { text.color(broken) }
    };
    let is_deep = laboratory.layers > 1;
    egui::Grid::new("measures").spacing([14.0, 4.0]).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = ROW;
        let columns = [
            ("laboratory.run", "laboratory.run_hint"),
            ("laboratory.radius", "laboratory.radius_hint"),
            ("laboratory.arrives", "laboratory.arrives_hint"),
            ("laboratory.across", "laboratory.across_hint"),
            ("laboratory.norm", "laboratory.norm_hint"),
            ("laboratory.clipped", "laboratory.clipped_hint"),
        ];
        for (words, hint) in columns {
            if words == "laboratory.across" && !is_deep {
                continue;
            }
            let text = RichText::new(scene.tr(words)).small().weak();
            ui.label(text).on_hover_text(scene.tr(hint));
        }
        ui.end_row();
        for (at, measures) in scene.memory.laboratory.measures.iter().enumerate() {
            let color = colors[at % colors.len()];
            ui.label(RichText::new(&measures.label).color(color).strong());
            let largest = measures.radii.iter().map(|(_, radius)| *radius).reduce(f32::max);
            let all: Vec<String> = measures
                .radii
                .iter()
                .map(|(name, r)| format!("ρ({name}) = {}", number(*r)))
                .collect();
            ui.label(largest.map_or_else(|| RichText::new("–"), shown))
                .on_hover_text(all.join("\n"));
            ui.horizontal(|ui| {
                for (at, (name, ratio)) in measures.ratios.iter().enumerate() {
                    if at > 0 {
                        ui.label(RichText::new("·").weak());
                    }
                    ui.label(shown(*ratio)).on_hover_text(name);
                }
            });
            if is_deep {
                ui.label(measures.across.map_or_else(|| RichText::new("–"), shown));
            }
            ui.label(shown(measures.norms[0]));
            ui.label(shown(measures.norms[1]));
            ui.end_row();
        }
    });
}

fn measure(run: &Other<'_>, first: &str, clip: f32, language: Language) -> Measures {
    let states = flow::states(run.trace);
    let scope = states.first().map_or("", |state| &state.scope);
    let top = states.last().map_or("", |state| &state.scope);
    let radii = flow::recurrent_weights(run.trace, scope);
    let radii = radii.map(|(name, w)| (name.to_owned(), spectral_radius(w))).collect();
    let curves = run.backward.map(|backward| flow::curves(run.trace, backward)).unwrap_or_default();
    let highest = curves.iter().filter(|curve| curve.state.scope == top);
    let ratios = highest.filter_map(|curve| Some((curve.state.name.clone(), curve.ratio()?)));
    let at = run.backward.map_or(0, Backward::position);
    let hidden = || curves.iter().filter(|curve| !curve.state.is_cell());
    let ends = hidden().next().zip(hidden().next_back());
    let across = ends.and_then(|(low, high)| Some(low.number(at)? / high.number(at)?));
    Measures {
        across,
        label: setting_words(language, run.label_beside(first)),
        radii,
        norms: run
            .backward
            .map_or([f32::NAN; 2], |backward| flow::clipped(run.trace, backward, clip)),
        ratios: ratios.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_words_rather_than_program_text() {
        let both = |label| Language::ALL.map(|language| setting_words(language, label));
        assert_eq!(both("residual = false"), ["without residuals", "无残差"]);
        assert_eq!(both("start = gaussian"), ["Gaussian start", "高斯初始化"]);
        assert_eq!(both("gain = 0.5"), ["gain 0.5", "增益 0.5"]);
        assert_eq!(both("rnn, activation = relu"), ["rnn, ReLU", "rnn，ReLU"]);
        assert_eq!(both("lstm-brackets"), ["lstm-brackets"; 2]);
        // Whatever the laboratory writes has words.
        let differs = Laboratory { gain: 0.5, layers: 2, seed: 7, ..Laboratory::default() };
        for words in both(&differs.summary()) {
            assert!(!words.contains(['=', '_']), "{words}");
        }
    }
}
