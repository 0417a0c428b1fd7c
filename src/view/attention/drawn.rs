//! Maps and their colours, kept from frame to frame.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use egui::{FontId, Rect, Ui};
use ndarray::Array2;

use super::super::{Scene, Shown, theme};
use super::Settings;
use super::tiles::Tiles;
use crate::palette::Scale;
use crate::tape::NodeId;
use crate::trace::Trace;
use crate::trace::attention::{self, Grid, Map, Part};

/// Which map is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// One head, by its place in the list of maps.
    Map(usize),
    /// The mean of the heads of a part and layer.
    Mean(Part, usize),
    /// The rollout up to a layer of the encoder; behind it the number of maps that it is made of.
    Rollout(usize, usize),
}

/// Which picture is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The run: 0 is the one on the stage.
    pub run: usize,
    /// The map.
    pub what: What,
    /// What is shown of it.
    pub shown: Shown,
    /// The channel of a contribution; their mean if none.
    pub channel: Option<usize>,
}

/// A map ready to be drawn.
pub struct Drawn {
    /// The weights.
    pub grid: Grid,
    /// The same at a half, a quarter … of the size.
    pub smaller: Vec<Array2<f32>>,
    /// The smallest and largest entry, and 0.
    pub extent: [f32; 2],
    /// Whether these are weights, rather than their gradients or differences.
    pub is_weights: bool,
}

/// What is kept from frame to frame.
#[derive(Default)]
pub struct Cache {
    /// What the learner chose.
    pub settings: Settings,
    pub(super) tiles: Tiles,
    run: Option<u64>,
    maps: Rc<[Map]>,
    pictures: HashMap<Key, Option<Rc<Drawn>>>,
}

impl Cache {
    /// The maps of a run; a new run forgets all pictures of the old one.
    pub(super) fn maps(&mut self, trace: &Trace, run: u64) -> Rc<[Map]> {
        if self.run != Some(run) {
            self.run = Some(run);
            self.maps = attention::maps(trace).into();
            self.pictures.clear();
            self.tiles.clear();
        }
        self.tiles.begin();
        Rc::clone(&self.maps)
    }

    pub(super) fn knows(&self, key: &Key) -> bool {
        self.pictures.contains_key(key)
    }

    pub(super) fn get(&self, key: &Key) -> Option<Rc<Drawn>> {
        self.pictures.get(key).cloned().flatten()
    }

    pub(super) fn keep(&mut self, key: Key, drawn: Option<Rc<Drawn>>) {
        self.pictures.insert(key, drawn);
    }
}

/// A map of what is shown: weights, gradients or differences.
pub fn make(scene: &Scene<'_>, maps: &[Map], key: &Key) -> Option<Drawn> {
    let trace = match key.run.checked_sub(1) {
        None => scene.trace,
        Some(other) => scene.others.get(other)?.trace,
    };
    let one = |map: &Map| -> Option<Grid> {
        match (key.run, key.shown) {
            (0, Shown::Gradient) => map.grid_of(trace, key.channel, &|node| {
                let gradient = scene.backward.and_then(|backward| backward.gradient(node));
                let zeros = || Array2::zeros(trace.graph().value(node).raw_dim());
                Some(gradient.map_or_else(|| Cow::Owned(zeros()), Cow::Borrowed))
            }),
            (0, Shown::Difference) => map.grid_of(trace, key.channel, &|node| {
                let other = in_baseline(scene.baseline?, trace, node)?;
                Some(Cow::Owned(trace.graph().value(node) - other))
            }),
            _ => map.grid(trace, key.channel),
        }
    };
    let all = |is_meant: &dyn Fn(&Map) -> bool| -> Vec<Grid> {
        maps.iter().filter(|map| is_meant(map)).filter_map(one).collect()
    };
    let grid = match key.what {
        What::Map(at) => one(maps.get(at)?)?,
        What::Mean(part, layer) => {
            attention::mean(&all(&|map| (map.part, map.layer) == (part, layer)))?
        }
        What::Rollout(last, _) => {
            let of = |layer: usize| {
                let heads =
                    maps.iter().filter(|map| (map.part, map.layer) == (Part::Encoder, layer));
                let heads: Vec<Grid> = heads.filter_map(|map| map.grid(trace, None)).collect();
                attention::mean(&heads)
            };
            let layers: Option<Vec<Grid>> = (0..=last).map(of).collect();
            attention::rollout(&layers?)?
        }
    };
    let mut smaller: Vec<Array2<f32>> = Vec::new();
    while smaller.last().unwrap_or(&grid.weights).len() > super::tiles::SIDE * super::tiles::SIDE {
        smaller.push(Grid::halved(smaller.last().unwrap_or(&grid.weights)));
    }
    let extent = grid.extent();
    Some(Drawn { grid, smaller, extent, is_weights: key.shown == Shown::Value })
}

/// The value of the same name and position in the run without interventions.
fn in_baseline<'a>(baseline: &'a Trace, trace: &Trace, node: NodeId) -> Option<&'a Array2<f32>> {
    let node = trace.graph().node(node);
    let name = baseline.graph().find(&trace.graph().name(node.name?).name)?;
    let value = baseline.graph().value(baseline.graph().at(name, node.position)?);
    (value.dim() == node.value.dim()).then_some(value)
}

/// Of more columns than this, a row that is spread over all of them could not be seen on a scale up
/// to 1.
const LONG: usize = 64;

/// One scale for pictures that are drawn beside each other: symmetric where something is below 0,
/// from 0 to 1 for weights, so that evenly spread ones look weak everywhere, else from 0 to a round
/// number that is as large as the largest entry.
pub fn scale(ui: &Ui, drawn: &[Rc<Drawn>]) -> Scale {
    let dark = ui.visuals().dark_mode;
    let (low, high) = drawn.iter().fold((0.0_f32, 0.0_f32), |(low, high), drawn| {
        (low.min(drawn.extent[0]), high.max(drawn.extent[1]))
    });
    let are_weights =
        drawn.iter().all(|drawn| drawn.is_weights && drawn.grid.weights.ncols() <= LONG);
    if low < 0.0 {
        Scale::signed(high.max(-low), dark)
    } else if are_weights {
        Scale::sequential(0.0, high.max(1.0), dark)
    } else {
        Scale::sequential(0.0, round_up(high), dark)
    }
}

/// Says in the frame of a map that has no row yet why it is empty.
pub fn nothing_ui(ui: &Ui, scene: &Scene<'_>, map: &Map, frame: Rect) {
    let is_written = matches!(map.part, Part::Cross | Part::Decoder);
    let key = if is_written { "attention.none_yet" } else { "timeline.nothing_yet" };
    let color = theme::weak_text(ui.visuals().dark_mode);
    let room = (frame.width() - 2.0 * theme::GAP).max(1.0);
    let words = scene.tr(key).to_owned();
    let galley = ui.painter().layout(words, FontId::proportional(13.0), color, room);
    let at = frame.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, color);
}

/// The smallest of 1, 0.5, 0.2, 0.1, … that is not below `high`; `high` itself beyond 1.
fn round_up(high: f32) -> f32 {
    if !(high > 0.0 && high < 1.0) {
        return if high > 1.0 { high } else { 1.0 };
    }
    let power = 10.0_f32.powi(high.log10().floor() as i32);
    // A share of exactly 0.2 must not become 0.5 by rounding.
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= high * 0.999_99).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        let ends = [0.0, 1.0, 0.93, 0.2, 0.21, 0.004, 3.5].map(round_up);
        for (end, expected) in ends.into_iter().zip([1.0, 1.0, 1.0, 0.2, 0.5, 0.005, 3.5]) {
            assert!((end - expected).abs() < 1e-6, "{ends:?}");
        }
    }
}
