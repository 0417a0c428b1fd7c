//! Where everything of an unrolled network stands.

use egui::{Pos2, Rect, Vec2, pos2};

use super::super::Scene;
use super::super::scope::{self, Layer};
use crate::trace::Trace;

/// Room for the names of the rows.
pub(super) const GUTTER: f32 = 66.0;
/// A column's width; with both directions a column holds two blocks.
const NARROWEST: f32 = 44.0;
const NARROWEST_OF_TWO: f32 = 62.0;
const WIDEST: f32 = 116.0;
/// A block's height.
const LOWEST: f32 = 16.0;
const HIGHEST: f32 = 96.0;
/// A block is not higher than so many columns are wide.
const SLIMMEST: f32 = 0.9;
/// The strips of what is read, joined and answered.
const STRIP: f32 = 11.0;
/// From one row to the next: less where there are many.
const GAP: std::ops::RangeInclusive<f32> = 11.0..=20.0;
/// Room for a token below and an answer above.
const TEXT: f32 = 20.0;
/// The sign where the residual path comes back.
pub(super) const SUM_RADIUS: f32 = 6.5;

/// What a row is made of. Heights are measured from the row's own bottom edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What is read.
    Input,
    /// A cell; how many share its layer, and which of them it is.
    Cell { of: usize, at: usize },
    /// Both directions side by side.
    Joined,
    /// The residual sum.
    Sum,
    /// What is answered.
    Answer,
}

pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) label: String,
    /// The row's lower and upper edge, above the network's lower edge.
    pub(super) low: f32,
    pub(super) high: f32,
}

/// A wire from one row up to another within a column.
pub(super) struct Wire {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Where everything stands: the same in each column.
pub(super) struct Plan {
    pub(super) rows: Vec<Row>,
    pub(super) wires: Vec<Wire>,
    /// Paths around a layer: from the row that enters it to its sum.
    pub(super) around: Vec<Wire>,
    pub(super) column: f32,
    pub(super) gap: f32,
    pub(super) height: f32,
}

impl Plan {
    /// Fits the layers into `room`; what is too wide or too high scrolls.
    pub(super) fn new(scene: &Scene<'_>, layers: &[Layer<'_>], room: Vec2) -> Self {
        let lanes: usize = layers.iter().map(|layer| layer.cells.len()).sum();
        let extras = |layer: &Layer<'_>| {
            let joined = layer.joined.as_ref().map_or(0.0, |_| STRIP);
            joined + layer.stream.as_ref().map_or(0.0, |_| 2.0 * SUM_RADIUS)
        };
        let more = |layer: &Layer<'_>| {
            usize::from(layer.joined.is_some()) + usize::from(layer.stream.is_some())
        };
        let gaps = (1 + lanes + layers.iter().map(more).sum::<usize>()) as f32;
        let strips = 2.0 * (STRIP + TEXT) + layers.iter().map(extras).sum::<f32>();
        let spare = room.y - strips - LOWEST * lanes as f32;
        let gap = (spare / gaps).clamp(*GAP.start(), *GAP.end());
        let fixed = strips + gap * gaps;
        let is_two = layers.iter().any(|layer| layer.cells.len() > 1);
        let narrowest = if is_two { NARROWEST_OF_TWO } else { NARROWEST };
        let narrowest = narrowest.max(widest_token(scene.trace)).min(WIDEST);
        let column =
            ((room.x - GUTTER) / scene.trace.n_positions().max(1) as f32).clamp(narrowest, WIDEST);
        let highest = HIGHEST.min(SLIMMEST * column);
        let block = ((room.y - fixed) / lanes.max(1) as f32).clamp(LOWEST, highest);
        let mut plan = Self {
            rows: Vec::new(),
            wires: Vec::new(),
            around: Vec::new(),
            column,
            gap,
            height: TEXT,
        };
        let read = plan.row(Kind::Input, "input", scene.tr("views.row_input").to_owned(), STRIP);
        let mut below = read;
        for layer in layers {
            below = plan.layer(scene, layer, below, block);
        }
        let symbols = scene.trace.graph().find("prediction").is_some();
        let name = if symbols { "prediction" } else { "estimate" };
        let answers = plan.row(Kind::Answer, name, scene.tr("views.row_answer").to_owned(), STRIP);
        plan.wires.push(Wire { from: below, to: answers });
        plan.height += TEXT;
        plan
    }

    fn row(&mut self, kind: Kind, name: impl Into<String>, label: String, height: f32) -> usize {
        if !self.rows.is_empty() {
            self.height += self.gap;
        }
        let (low, high) = (self.height, self.height + height);
        self.height = high;
        self.rows.push(Row { kind, name: name.into(), label, low, high });
        self.rows.len() - 1
    }

    /// Adds a layer above row `below`; gives the row that it passes on.
    fn layer(&mut self, scene: &Scene<'_>, layer: &Layer<'_>, below: usize, block: f32) -> usize {
        let of = layer.cells.len();
        let mut passed = Vec::new();
        for (at, cell) in layer.cells.iter().enumerate() {
            let label = scope::label(scene.language, cell);
            let label =
                if label.is_empty() { scene.tr("views.row_hidden").to_owned() } else { label };
            let name = scope::join(cell, scope::HIDDEN);
            let row = self.row(Kind::Cell { of, at }, name, label, block);
            self.wires.push(Wire { from: below, to: row });
            passed.push(row);
        }
        let mut top = passed[0];
        if let Some(joined) = &layer.joined {
            top = self.row(Kind::Joined, joined, String::new(), STRIP);
            self.wires.extend(passed.into_iter().map(|from| Wire { from, to: top }));
        }
        if let Some(stream) = &layer.stream {
            let sum = self.row(Kind::Sum, stream, String::new(), 2.0 * SUM_RADIUS);
            self.wires.push(Wire { from: top, to: sum });
            self.around.push(Wire { from: below, to: sum });
            top = sum;
        }
        top
    }
}

/// About the room that tokens need in a column. The longest may be the only long one, as what is
/// given before the model writes; that one is cut.
fn widest_token(trace: &Trace) -> f32 {
    const LETTER: f32 = 7.6;
    let mut lengths: Vec<usize> = trace.tokens().iter().map(|t| t.chars().count()).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    lengths.get(1).or(lengths.first()).map_or(0.0, |length| *length as f32 * LETTER + 6.0)
}

/// The plan on screen.
pub(super) struct Frame<'p> {
    pub(super) plan: &'p Plan,
    pub(super) corner: Pos2,
}

impl Frame<'_> {
    pub(super) fn left(&self, t: usize) -> f32 {
        self.corner.x + GUTTER + t as f32 * self.plan.column
    }

    pub(super) fn y(&self, height: f32) -> f32 {
        self.corner.y + self.plan.height - height
    }

    /// A block: of two cells of one layer, one stands to the left and one to the right, so that the
    /// wires to and from each pass the other.
    pub(super) fn block(&self, row: &Row, t: usize) -> Rect {
        let (from, to) = match row.kind {
            Kind::Cell { of: 1, .. } | Kind::Input | Kind::Answer => (0.18, 0.82),
            Kind::Cell { at: 0, .. } => (0.10, 0.60),
            Kind::Cell { .. } => (0.40, 0.90),
            Kind::Joined => (0.10, 0.90),
            Kind::Sum => {
                let middle = f32::midpoint(self.y(row.low), self.y(row.high));
                let centre = pos2(self.left(t) + 0.5 * self.plan.column, middle);
                return Rect::from_center_size(centre, Vec2::splat(2.0 * SUM_RADIUS));
            }
        };
        let x = |share: f32| self.left(t) + share * self.plan.column;
        Rect::from_min_max(pos2(x(from), self.y(row.high)), pos2(x(to), self.y(row.low)))
    }

    /// Where a wire between two rows runs: beside what stands between them.
    pub(super) fn wire_x(&self, wire: &Wire, t: usize) -> f32 {
        let rows = &self.plan.rows;
        let share = match (rows[wire.from].kind, rows[wire.to].kind) {
            (Kind::Cell { of: 2, at }, _) | (_, Kind::Cell { of: 2, at }) => {
                if at == 0 {
                    0.25
                } else {
                    0.75
                }
            }
            _ => 0.5,
        };
        self.left(t) + share * self.plan.column
    }
}
