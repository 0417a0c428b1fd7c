//! Where everything of an unrolled network stands.

use egui::{Pos2, Rect, Vec2, pos2};

use super::super::scope::{self, Layer};
use super::super::{Language, tr};
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
    /// The value drawn. Only what is read has several: each part of the model reads its own.
    pub(super) names: Vec<String>,
    pub(super) label: String,
    /// The row's lower and upper edge, above the network's lower edge.
    pub(super) low: f32,
    pub(super) high: f32,
}

impl Row {
    /// The name of its value at a position; nothing where the row has none, as an encoder's where the
    /// decoder writes.
    pub(super) fn name_at(&self, trace: &Trace, t: usize) -> Option<&str> {
        let is_there = |name: &&String| trace.node(name, t as i32).is_some();
        self.names.iter().find(is_there).map(String::as_str)
    }

    /// The value that stands for the row where no position is meant.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
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
    pub(super) fn new(trace: &Trace, language: Language, layers: &[Layer<'_>], room: Vec2) -> Self {
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
        let narrowest = narrowest.max(widest_token(trace)).min(WIDEST);
        let column =
            ((room.x - GUTTER) / trace.n_positions().max(1) as f32).clamp(narrowest, WIDEST);
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
        let reads: Vec<&str> = layers.iter().map(|layer| layer.entering).filter(is_read).collect();
        let reads = if reads.is_empty() { vec!["input"] } else { reads };
        let read = plan.row(Kind::Input, reads, tr(language, "views.row_input").to_owned(), STRIP);
        let mut below = read;
        for (at, layer) in layers.iter().enumerate() {
            let from = if is_read(&layer.entering) { read } else { below };
            let passed = plan.layer(language, layer, from, block);
            // A decoder starts from the state in which the encoder ended.
            if at > 0 && is_read(&layer.entering) {
                let first = plan.first_row_of(layer);
                plan.wires.extend(first.map(|to| Wire { from: below, to }));
            }
            below = passed;
        }
        let symbols = trace.graph().find("prediction").is_some();
        let name = if symbols { "prediction" } else { "estimate" };
        let label = tr(language, "views.row_answer").to_owned();
        let answers = plan.row(Kind::Answer, vec![name], label, STRIP);
        plan.wires.push(Wire { from: below, to: answers });
        plan.height += TEXT;
        plan
    }

    /// Where the first cell of a layer stands.
    fn first_row_of(&self, layer: &Layer<'_>) -> Option<usize> {
        let name = scope::join(layer.cells.first()?, scope::HIDDEN);
        self.rows.iter().position(|row| row.name() == name)
    }

    fn row(&mut self, kind: Kind, names: Vec<&str>, label: String, height: f32) -> usize {
        if !self.rows.is_empty() {
            self.height += self.gap;
        }
        let (low, high) = (self.height, self.height + height);
        self.height = high;
        let names = names.into_iter().map(str::to_owned).collect();
        self.rows.push(Row { kind, names, label, low, high });
        self.rows.len() - 1
    }

    /// Adds a layer above row `below`; gives the row that it passes on.
    fn layer(&mut self, language: Language, layer: &Layer<'_>, below: usize, block: f32) -> usize {
        let of = layer.cells.len();
        let mut passed = Vec::new();
        for (at, cell) in layer.cells.iter().enumerate() {
            let label = scope::label(language, cell);
            let label = if label.is_empty() { scope::HIDDEN.to_owned() } else { label };
            let name = scope::join(cell, scope::HIDDEN);
            let row = self.row(Kind::Cell { of, at }, vec![&name], label, block);
            self.wires.push(Wire { from: below, to: row });
            passed.push(row);
        }
        let mut top = passed[0];
        if let Some(joined) = &layer.joined {
            top = self.row(Kind::Joined, vec![joined], String::new(), STRIP);
            self.wires.extend(passed.into_iter().map(|from| Wire { from, to: top }));
        }
        if let Some(stream) = &layer.stream {
            let sum = self.row(Kind::Sum, vec![stream], String::new(), 2.0 * SUM_RADIUS);
            self.wires.push(Wire { from: top, to: sum });
            self.around.push(Wire { from: below, to: sum });
            top = sum;
        }
        top
    }
}

/// Whether a value is what the model reads rather than what a layer passes on.
fn is_read(name: &&str) -> bool {
    scope::split(name).1 == "input"
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

#[cfg(test)]
mod tests {
    use egui::vec2;

    use super::*;
    use crate::checkpoint;

    fn plan(id: &str, input: &str) -> (Trace, Plan) {
        let checkpoint = checkpoint::shipped(id).unwrap();
        let sequence = checkpoint.task.parse(input).unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let layers = scope::layers(&trace);
        let plan = Plan::new(&trace, Language::English, &layers, vec2(1000.0, 500.0));
        (trace, plan)
    }

    #[test]
    fn a_translator_has_a_row_for_what_reads_and_one_for_what_writes() {
        for id in ["seq2seq-dates", "attention-dates"] {
            let (trace, plan) = plan(id, "4th of march, 1987");
            let names: Vec<&str> = plan.rows.iter().map(Row::name).collect();
            assert_eq!(names, ["encoder.input", "encoder.hidden", "decoder.hidden", "prediction"]);
            let [read, encoder, decoder, answers] = &plan.rows[..] else { panic!("{names:?}") };
            let last = trace.n_positions() - 1;
            let source = (0..=last).find(|t| trace.node("decoder.input", *t as i32).is_some());
            let source = source.unwrap();
            for t in 0..=last {
                assert!(read.name_at(&trace, t).is_some(), "{t}");
                assert_eq!(encoder.name_at(&trace, t).is_some(), t < source, "{t}");
                // Its first state is the encoder's last.
                assert_eq!(decoder.name_at(&trace, t).is_some(), t + 1 >= source, "{t}");
                assert_eq!(answers.name_at(&trace, t).is_some(), t >= source, "{t}");
            }
            let wires: Vec<[usize; 2]> = plan.wires.iter().map(|w| [w.from, w.to]).collect();
            assert_eq!(wires, [[0, 1], [0, 2], [1, 2], [2, 3]]);
            assert_ne!(encoder.label, decoder.label);
        }
    }

    #[test]
    fn layers_and_directions_stand_above_what_is_read() {
        let (_, plan) = plan("lstm-names", "he said teddy bears are on sale");
        let names: Vec<&str> = plan.rows.iter().map(Row::name).collect();
        assert_eq!(names, ["input", "forward.hidden", "backward.hidden", "joined", "prediction"]);
    }
}
