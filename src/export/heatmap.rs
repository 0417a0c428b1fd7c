//! One value over all positions as a grid of colours.

use std::ops::Range;

use ndarray::{Array2, s};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::figure::{
    DrawError, FINE, Figure, HAIRLINE, HEADER, INK, LABEL_SIZE, MARGIN, WEAK_INK, color, header,
    text,
};
use crate::models::{self, Axes};
use crate::palette::Scale;
use crate::trace::Trace;
use crate::trace::statistics::summary;

/// Room for unit numbers at the left; more where rows have names.
const LEFT: i32 = 34 * FINE;
const LARGEST_LEFT: i32 = 120 * FINE;
/// About the width of a letter, and of a Chinese character.
const LETTER: i32 = 7 * FINE;
const WIDE_LETTER: i32 = 12 * FINE;
/// Room for tokens and positions below.
const BELOW: i32 = 40 * FINE;
/// From the grid to the colour bar, the bar, and its numbers.
const BAR: [i32; 3] = [16 * FINE, 12 * FINE, 52 * FINE];
/// Figures are at least this wide, so that a title fits.
const NARROWEST: i32 = 460 * FINE;
/// The grid fits into this if cells of a visible size do.
const GRID_SIZE: [i32; 2] = [720 * FINE, 380 * FINE];
const LARGEST_CELL: [i32; 2] = [32 * FINE, 24 * FINE];

/// A grid of numbers, positions from left to right, units from top to bottom. Of attention the
/// positions looked at from left to right, those that look from top to bottom.
#[derive(Clone, Debug)]
pub struct Heatmap {
    /// The first line: the value's name and what it means.
    pub title: String,
    /// The second line: model and input.
    pub caption: String,
    /// (positions, units).
    pub entries: Array2<f32>,
    /// The position of the first column.
    pub first: usize,
    /// What each position read.
    pub columns: Vec<String>,
    /// What each unit stands for; numbers where this is empty.
    pub rows: Vec<String>,
    /// How numbers become colours.
    pub scale: Scale,
}

impl Heatmap {
    /// A named value of a run; `None` if there is none of that name over the positions.
    #[must_use]
    pub fn of(trace: &Trace, name: &str) -> Option<Self> {
        let all = trace.as_picture(name)?;
        let tokens = |range: Range<usize>| {
            let end = range.end.min(trace.tokens().len());
            trace.tokens()[range.start.min(end)..end].to_vec()
        };
        let [mut positions, mut others] = there(trace, name)?;
        positions.end = positions.end.min(all.nrows());
        others.end = others.end.min(all.ncols());
        let is_over_positions = matches!(trace.axes(name), Axes::Source | Axes::Own);
        let (entries, first, columns, rows) = if is_over_positions {
            let part = all.slice(s![positions.clone(), others.clone()]);
            (part.t().to_owned(), others.start, tokens(others), tokens(positions))
        } else {
            let part = all.slice(s![positions.clone(), ..]).to_owned();
            let last = name.rsplit('.').next().unwrap_or(name);
            let symbols =
                if super::table::OVER_SYMBOLS.contains(&last) { trace.symbols() } else { &[] };
            let symbols = symbols.iter().map(|symbol| (*symbol).to_owned()).collect();
            (part, positions.start, tokens(positions), symbols)
        };
        let (title, caption) = words(trace, name);
        let scale = scale(trace.range(name), &entries);
        Some(Self { title, caption, entries, first, columns, rows, scale })
    }

    /// Room at the left for the names of the rows.
    fn left(&self) -> i32 {
        let width = |name: &String| {
            name.chars().map(|c| if c.is_ascii() { LETTER } else { WIDE_LETTER }).sum::<i32>()
        };
        let widest = self.rows.iter().map(width).max().unwrap_or(0);
        (widest + 2 * LETTER).clamp(LEFT, LARGEST_LEFT)
    }

    /// The sides of a cell.
    fn cell(&self) -> [i32; 2] {
        let (positions, units) = self.entries.dim();
        let side = |axis: usize, count: usize| {
            (GRID_SIZE[axis] / count.max(1) as i32).clamp(1, LARGEST_CELL[axis])
        };
        [side(0, positions), side(1, units)]
    }

    fn grid(&self) -> [i32; 2] {
        let (positions, units) = self.entries.dim();
        let [width, height] = self.cell();
        [width * positions as i32, height * units as i32]
    }
}

/// The positions at which a value is computed, and of a value over positions those that it is over.
fn there(trace: &Trace, name: &str) -> Option<[Range<usize>; 2]> {
    let graph = trace.graph();
    let last = trace.n_positions();
    if trace.axes(name) == Axes::UnitsByPosition {
        return Some([0..last, 0..last]);
    }
    let nodes = graph.everywhere(graph.find(name)?).iter();
    let parts = nodes.filter_map(|(start, node)| {
        let (rows, columns) = graph.value(*node).dim();
        let (at, first) = (usize::try_from(*start).ok()?, trace.first_column(name, *start));
        (at < last).then(|| [at..(at + rows).min(last), first..(first + columns).min(last)])
    });
    let union = |a: Range<usize>, b: Range<usize>| a.start.min(b.start)..a.end.max(b.end);
    parts.reduce(|[a, b], [c, d]| [union(a, c), union(b, d)])
}

/// Title and caption of a value of a run.
pub(super) fn words(trace: &Trace, name: &str) -> (String, String) {
    let title = match trace.doc(name) {
        Some(doc) => format!("{name}: {}", doc.en),
        None => name.to_owned(),
    };
    let mut caption = format!("{} on {}", trace.model(), trace.text());
    for intervention in trace.interventions() {
        caption = format!("{caption}   with {intervention}");
    }
    (title, caption)
}

fn scale(range: models::Range, entries: &Array2<f32>) -> Scale {
    match range {
        models::Range::Unit => Scale::unit(false),
        models::Range::Signed => {
            let summary = summary(entries);
            Scale::signed(summary.map_or(1.0, |s| s.max.abs().max(s.min.abs())), false)
        }
    }
}

impl Figure for Heatmap {
    fn size(&self) -> (u32, u32) {
        let [width, height] = self.grid();
        let width = 2 * MARGIN + self.left() + width + BAR.iter().sum::<i32>();
        // Whole points.
        let whole = |side: i32| ((side + FINE - 1) / FINE * FINE).unsigned_abs();
        (whole(width.max(NARROWEST)), whole(2 * MARGIN + HEADER + height.max(LABEL_SIZE) + BELOW))
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), DrawError<DB>> {
        header(area, &self.title, &self.caption)?;
        let (left, top) = (MARGIN + self.left(), MARGIN + HEADER);
        let [width, height] = self.cell();
        for ((position, unit), entry) in self.entries.indexed_iter() {
            let (x, y) = (left + width * position as i32, top + height * unit as i32);
            let corners = [(x, y), (x + width, y + height)];
            area.draw(&Rectangle::new(corners, color(self.scale.rgb(*entry)).filled()))?;
        }
        let [grid_width, grid_height] = self.grid();
        let frame = [(left, top), (left + grid_width, top + grid_height)];
        area.draw(&Rectangle::new(frame, WEAK_INK.stroke_width(HAIRLINE)))?;
        self.draw_labels(area, left, top)?;
        self.draw_bar(area, left + grid_width + BAR[0], top)
    }
}

impl Heatmap {
    fn draw_labels<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        left: i32,
        top: i32,
    ) -> Result<(), DrawError<DB>> {
        let ([width, height], [_, grid_height]) = (self.cell(), self.grid());
        let (positions, units) = self.entries.dim();
        let beside = text(LABEL_SIZE, INK).pos(Pos::new(HPos::Right, VPos::Center));
        for unit in (0..units).step_by(every(height, LABEL_SIZE + 4 * FINE)) {
            let label = self.rows.get(unit).cloned().unwrap_or_else(|| unit.to_string());
            let y = top + height * unit as i32 + height / 2;
            area.draw_text(&label, &beside, (left - 5 * FINE, y))?;
        }
        let under = |color| text(LABEL_SIZE, color).pos(Pos::new(HPos::Center, VPos::Top));
        // Long tokens, such as numbers with decimals, need more room than one symbol.
        let widest = self.columns.iter().map(|token| token.chars().count()).max().unwrap_or(1);
        let room = LABEL_SIZE * 7 / 10 * widest.max(3) as i32;
        let y = top + grid_height + 5 * FINE;
        for position in (0..positions).step_by(every(width, room)) {
            let x = left + width * position as i32 + width / 2;
            if let Some(token) = self.columns.get(position) {
                area.draw_text(token, &under(INK), (x, y))?;
            }
            let below = y + LABEL_SIZE + 4 * FINE;
            let number = (self.first + position).to_string();
            area.draw_text(&number, &under(WEAK_INK), (x, below))?;
        }
        Ok(())
    }

    /// The colours and what they stand for.
    fn draw_bar<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        left: i32,
        top: i32,
    ) -> Result<(), DrawError<DB>> {
        let height = self.grid()[1].clamp(LABEL_SIZE * 3, 160 * FINE);
        // Steps of a whole point: finer ones would be blended with the page between them.
        let steps = height / FINE;
        let height = steps * FINE;
        let ramp = self.scale.ramp(steps as usize);
        for (at, rgb) in ramp.into_iter().rev().enumerate() {
            let y = top + at as i32 * FINE;
            let corners = [(left, y), (left + BAR[1], y + FINE)];
            area.draw(&Rectangle::new(corners, color(rgb).filled()))?;
        }
        let frame = [(left, top), (left + BAR[1], top + height)];
        area.draw(&Rectangle::new(frame, WEAK_INK.stroke_width(HAIRLINE)))?;
        let style = text(LABEL_SIZE, INK).pos(Pos::new(HPos::Left, VPos::Center));
        let Scale { low, high, .. } = self.scale;
        for (value, y) in
            [(high, top), (f32::midpoint(low, high), top + height / 2), (low, top + height)]
        {
            area.draw_text(&short(value), &style, (left + BAR[1] + 5 * FINE, y))?;
        }
        Ok(())
    }
}

/// Of how many labels one is shown, so that they do not touch.
fn every(step: i32, room: i32) -> usize {
    let least = (room + step - 1) / step.max(1);
    let round = [1, 2, 5, 10, 20, 50, 100, 200, 500];
    round.into_iter().find(|n| *n >= least).unwrap_or(1000) as usize
}

/// A number in few characters.
fn short(value: f32) -> String {
    let text = if value != 0.0 && !(1e-2..1e4).contains(&value.abs()) {
        format!("{value:.1e}")
    } else {
        format!("{value:.2}")
    };
    text.replace('-', "−")
}
