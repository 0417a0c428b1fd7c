//! Tokens beside a map: thinned where they would not fit, turned where they are long.

use std::ops::Range;

use egui::{Align2, Color32, FontId, Pos2, Ui, epaint::TextShape, pos2};

use super::super::{Other, Scene, theme};
use super::tiles::Lens;
use super::{is_stepwise, token};
use crate::tensor::argmax;
use crate::trace::Trace;
use crate::trace::attention::{Map, Part};

const FONT: FontId = FontId::monospace(11.5);
/// The width of a letter in that font, and of a Chinese character.
const LETTER: f32 = 7.0;
const WIDE_LETTER: f32 = 11.5;
/// Tokens are no nearer to each other than this, be it side by side or below each other.
const LINE: f32 = 14.0;
/// No token takes more than this.
const LONGEST: f32 = 76.0;

/// What the positions of a run are called.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    trace: &'a Trace,
    /// Positions up to here are known; all of them at the end of the run.
    known: usize,
    /// Whether the rows are called by what is answered there.
    answers: bool,
}

impl<'a> Names<'a> {
    /// The names for a map of the run on the stage.
    pub fn of(scene: &Scene<'a>, map: &Map) -> Self {
        let trace = scene.trace;
        let at_end = scene.timeline.cursor() >= trace.ticks().len();
        let is_answered = scene.is_done_at("prediction", scene.now());
        // Where all rows are computed together, the run knows all of what they read.
        let nodes = trace.graph().find(&map.name).map(|id| trace.graph().everywhere(id));
        let first = nodes.and_then(|nodes| nodes.first());
        let is_computed = first.is_some_and(|(_, node)| scene.is_shown(*node));
        let is_at_once = !is_stepwise(trace, map) && is_computed;
        let known = match (at_end || is_at_once, is_answered) {
            (true, _) => trace.n_positions(),
            (false, answered) => scene.now() + usize::from(answered),
        };
        Self { trace, known, answers: map.part == Part::Cross }
    }

    /// The same for a run beside it.
    pub fn beside(&self, other: &Other<'a>) -> Self {
        let at_end = self.known >= self.trace.n_positions();
        let known = if at_end { other.trace.n_positions() } else { self.known };
        Self { trace: other.trace, known, ..*self }
    }

    /// The token that a position reads; nothing while the model has not written it.
    pub fn read(&self, position: usize) -> &'a str {
        let is_known = position < self.trace.given() || position <= self.known;
        let text = self.trace.tokens().get(position).filter(|_| is_known);
        text.map_or("", |text| token(text))
    }

    /// The symbol answered at a position; nothing before that.
    pub fn answered(&self, position: usize) -> &'a str {
        let row = self.trace.row("prediction", position as i32).filter(|_| position < self.known);
        let best = row.map(|row| argmax(&row.to_vec()));
        best.and_then(|best| self.trace.symbols().get(best)).map_or("", |symbol| token(symbol))
    }

    /// What a row is called.
    pub fn row(&self, position: usize) -> &'a str {
        if self.answers { self.answered(position) } else { self.read(position) }
    }

    /// The room that the names of some positions take.
    pub fn widest(&self, of: &Range<usize>) -> f32 {
        let tokens = self.trace.tokens();
        let tokens = tokens.get(of.start..of.end.min(tokens.len())).unwrap_or_default();
        let own = tokens.iter().map(|token| width(token)).fold(LETTER, f32::max);
        own.min(LONGEST)
    }
}

/// About how wide a text is.
fn width(text: &str) -> f32 {
    text.chars().map(|c| if c.is_ascii() { LETTER } else { WIDE_LETTER }).sum()
}

/// Whether names of columns are turned, and the height that they need.
pub fn columns_height(names: Names<'_>, columns: &Range<usize>, cell: f32) -> (bool, f32) {
    let widest = names.widest(columns);
    let is_turned = widest + 3.0 > cell.max(LINE);
    (is_turned, if is_turned { widest + 8.0 } else { LINE + 4.0 })
}

/// Writes the names of the columns above a map.
pub fn columns_ui(
    ui: &Ui,
    names: Names<'_>,
    columns: &Range<usize>,
    (lens, left, right): (Lens, f32, f32),
    (y, is_turned): (f32, bool),
    marked: Option<usize>,
) {
    let dark = ui.visuals().dark_mode;
    let need = if is_turned { LINE } else { names.widest(columns) + 3.0 };
    let every = (need / lens.cell.x).ceil().max(1.0) as usize;
    for column in lens.seen(0, left, right, columns.len()) {
        let position = columns.start + column;
        if !is_written(column, every, marked.map(|at| at - columns.start)) {
            continue;
        }
        let x = lens.rect(0, column, [1, 1]).center().x;
        if x < left || x > right {
            continue;
        }
        let color = ink(dark, marked == Some(position));
        let text = names.read(position);
        // A sign that lies on its side is another sign.
        if is_turned && text.chars().count() > 1 {
            turned(ui, pos2(x, y), text, color);
        } else {
            ui.painter().text(pos2(x, y), Align2::CENTER_BOTTOM, text, FONT, color);
        }
    }
}

/// Writes the names of the rows at the left of a map.
pub fn rows_ui(
    ui: &Ui,
    names: Names<'_>,
    rows: &Range<usize>,
    (lens, top, bottom): (Lens, f32, f32),
    x: f32,
    marked: Option<usize>,
) {
    let dark = ui.visuals().dark_mode;
    let every = (LINE / lens.cell.y).ceil().max(1.0) as usize;
    for row in lens.seen(1, top, bottom, rows.len()) {
        let position = rows.start + row;
        if !is_written(row, every, marked.and_then(|at| at.checked_sub(rows.start))) {
            continue;
        }
        let y = lens.rect(row, 0, [1, 1]).center().y;
        if (top..=bottom).contains(&y) {
            let color = ink(dark, marked == Some(position));
            ui.painter().text(pos2(x, y), Align2::RIGHT_CENTER, names.row(position), FONT, color);
        }
    }
}

/// Every so many names are written, and the marked one instead of those that it would cover.
fn is_written(at: usize, every: usize, marked: Option<usize>) -> bool {
    marked == Some(at)
        || at.is_multiple_of(every) && marked.is_none_or(|marked| marked.abs_diff(at) >= every)
}

fn ink(dark: bool, is_marked: bool) -> Color32 {
    if is_marked { theme::accent(dark) } else { theme::weak_text(dark) }
}

/// Text that reads upward, its beginning at `at`.
fn turned(ui: &Ui, at: Pos2, text: &str, color: Color32) {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FONT, color);
    let corner = pos2(at.x - galley.size().y / 2.0, at.y);
    let shape = TextShape::new(corner, galley, color);
    ui.painter().add(shape.with_angle(-std::f32::consts::FRAC_PI_2));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_thinned_around_the_marked_one() {
        let written = |marked| (0..9).filter(|at| is_written(*at, 3, marked)).collect::<Vec<_>>();
        assert_eq!(written(None), [0, 3, 6]);
        assert_eq!(written(Some(4)), [0, 4]);
        assert_eq!(written(Some(6)), [0, 3, 6]);
    }
}
