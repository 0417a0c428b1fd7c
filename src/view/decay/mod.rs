//! RWKV's decay, channel by channel: what is left of a token after a distance, what each channel
//! reads at the cursor, what every earlier token contributes, and what a changed decay changes.

mod change;
mod contribution;
mod curves;
mod data;
mod shift;
mod strips;

use egui::{RichText, ScrollArea, Ui};

use super::numbers::{Numbers, Table};
use super::{Command, Scene, Selection, ViewSpec, cells, number, scope, theme, tr_with};
use data::Channel;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "decay",
    title: "views.decay",
    hint: "decay.hint",
    applies: |trace| !data::layers(trace).is_empty(),
    ui,
    numbers,
};

/// The height of the curves, as far as there is room.
const CURVES: std::ops::RangeInclusive<f32> = 116.0..=300.0;
/// What stands around the curves: always, for the selected channel, where the run has contributions,
/// and where something was changed.
const AROUND: [f32; 4] = [276.0, 74.0, 92.0, 36.0];

/// The layer that is drawn.
pub struct Drawn<'t> {
    /// Its scope.
    pub layer: &'t str,
    /// Its channels.
    pub channels: Vec<Channel>,
    /// Their numbers, the longest half-life first.
    pub order: Vec<usize>,
    /// The selected channel.
    pub chosen: Option<usize>,
}

impl<'t> Drawn<'t> {
    fn new(scene: &Scene<'t>, layer: &'t str) -> Self {
        let channels = data::channels(scene.trace, layer, scene.now());
        let order = data::order(&channels);
        let is_here = scene.selection.is_some_and(|selection| is_within(&selection.name, layer));
        let chosen = scene.unit(channels.len()).filter(|_| is_here);
        Self { layer, channels, order, chosen }
    }

    /// The name of one of the layer's values.
    pub fn name(&self, value: &str) -> String {
        scope::join(self.layer, value)
    }

    /// What is said of a channel that is pointed at.
    pub fn words(&self, scene: &Scene<'_>, at: usize) -> String {
        let channel = self.channels[at];
        let words = [
            ("channel", at.to_string()),
            ("raw", format!("{:.2}", channel.raw).replace('-', "−")),
            ("factor", factor(channel.factor)),
            ("life", cells::tokens(channel.life)),
        ];
        let words = words.each_ref().map(|(key, text)| (*key, text.as_str()));
        tr_with(scene.language, "decay.channel", &words)
    }

    /// Selects a channel: of the value that is selected, if that is one of the layer's channels, else
    /// of its decay.
    pub fn choose(&self, scene: &mut Scene<'_>, at: usize) {
        let graph = scene.trace.graph();
        let own = [data::FACTOR, data::RAW].map(|value| self.name(value));
        let known = own.into_iter().find(|name| graph.find(name).is_some());
        let selected = scene.selection.filter(|_| self.chosen.is_some());
        let name = selected.map(|selection| selection.name.clone()).or(known);
        if let Some(name) = name {
            scene.commands.push(Command::Select(Some(Selection::new(name, Some(at)))));
        }
    }
}

/// The scope of the block that a layer's time mixing is a part of: `layer0` of `layer0.time`.
fn block(layer: &str) -> &str {
    scope::split(layer).0
}

/// Whether a value is in the block of a layer.
fn is_within(name: &str, layer: &str) -> bool {
    let block = block(layer);
    block.is_empty() || name.strip_prefix(block).is_some_and(|rest| rest.starts_with('.'))
}

/// A factor as it is written: with as many digits as tell it from 1.
fn factor(factor: f32) -> String {
    match factor {
        _ if factor > 0.999 && factor < 1.0 => format!("{factor:.6}"),
        _ if factor > 0.0 && factor < 1e-3 => format!("{factor:.1e}").replace('-', "−"),
        _ => number(factor),
    }
}

/// How long each channel of the layer remembers, as it is at the cursor.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let mut table = Table::new(&["layer", "channel", "time_decay", "factor", "half_life"]);
    let Some(layer) = shown(scene) else { return Numbers::Table(table) };
    for (at, channel) in data::channels(scene.trace, layer, scene.now()).iter().enumerate() {
        let Channel { raw, factor, life } = *channel;
        table.push([layer.into(), at.into(), raw.into(), factor.into(), life.into()]);
    }
    Numbers::Table(table)
}

/// The layer that is drawn: that of the selected value, or the first.
fn shown<'t>(scene: &Scene<'t>) -> Option<&'t str> {
    let layers = data::layers(scene.trace);
    let selected = scene.selection.map(|selection| selection.name.as_str());
    let shown = layers.iter().find(|layer| selected.is_some_and(|name| is_within(name, layer)));
    shown.or(layers.first()).copied()
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let layers = data::layers(scene.trace);
    let Some(layer) = shown(scene) else { return };
    let drawn = Drawn::new(scene, layer);
    let room = ui.available_height();
    ScrollArea::vertical().id_salt("decay").auto_shrink(false).show(ui, |ui| {
        // The bar at the right stands over nothing.
        ui.set_max_width(ui.available_width() - theme::GAP);
        ui.spacing_mut().item_spacing.y = theme::GAP_SMALL;
        layers_ui(ui, scene, &layers, &drawn);
        let has = [
            true,
            drawn.chosen.is_some(),
            contribution::is_in(scene.trace, &drawn),
            drawn.chosen.is_some() && scene.baseline.is_some(),
        ];
        let around: f32 =
            AROUND.iter().zip(has).map(|(room, has)| f32::from(u8::from(has)) * room).sum();
        let height = (room - around).clamp(*CURVES.start(), *CURVES.end());
        let pointed = curves::ui(ui, scene, &drawn, height);
        if !scene.for_print {
            change::ui(ui, scene, &drawn);
        }
        contribution::ui(ui, scene, &drawn);
        strips::ui(ui, scene, &drawn, pointed);
        shift::ui(ui, scene, &drawn);
        let names = ["wkv", "receptance"].map(|value| drawn.name(value));
        cells::broken_ui(ui, scene, &names);
    });
}

/// The layers to choose from, and the numbers of the selected channel.
fn layers_ui(ui: &mut Ui, scene: &mut Scene<'_>, layers: &[&str], drawn: &Drawn<'_>) {
    ui.horizontal_wrapped(|ui| {
        if scene.for_print {
            ui.label(scope::label(scene.language, block(drawn.layer)));
        } else if layers.len() > 1 {
            ui.scope(|ui| {
                theme::compact(ui);
                for layer in layers {
                    let words = scope::label(scene.language, block(layer));
                    let hint = scene.tr("decay.choose_layer");
                    let is_shown = *layer == drawn.layer;
                    if ui.selectable_label(is_shown, words).on_hover_text(hint).clicked() {
                        let other = Drawn { chosen: None, ..Drawn::new(scene, layer) };
                        other.choose(scene, drawn.chosen.unwrap_or(drawn.order[0]));
                    }
                }
            });
            ui.add_space(theme::GAP);
        }
        match drawn.chosen {
            Some(at) => {
                let words = RichText::new(drawn.words(scene, at)).small();
                ui.label(words).on_hover_text(scene.tr("decay.channel_hint"));
            }
            None if scene.for_print => {}
            None => {
                ui.label(RichText::new(scene.tr("decay.choose")).small().weak());
            }
        }
    });
}
