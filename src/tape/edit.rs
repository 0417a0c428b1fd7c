//! What an intervention does to the entries of a row, and to the gradient that comes back through it.

use std::ops::Range;

use ndarray::{Array2, ArrayView1, s};

use super::equation::Tex;

/// What an intervention does to the entries of a row.
///
/// The last three are for shares that add up to 1. They leave alone the entries behind the last one
/// that is not exactly 0, because a mask made those: no weight comes to lie on what is not there yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edit {
    /// Sets each; ablation is setting to 0.
    Replace(f32),
    /// Multiplies each.
    Scale(f32),
    /// Moves each to the nearest number between the two.
    Clamp(f32, f32),
    /// Sets each to the mean of them all.
    Uniform,
    /// Moves each this many columns to the right; what falls off the end comes in at the other.
    Shift(i32),
    /// Sets one to 1 and the others to 0; does nothing in a row that has no such entry.
    OneHot(usize),
}

impl Edit {
    /// Changes the entries of a row that are meant.
    pub fn apply(self, row: &mut [f32]) {
        let reach = reach(row);
        match self {
            Self::Replace(value) => row.fill(value),
            Self::Scale(factor) => row.iter_mut().for_each(|x| *x *= factor),
            // Not `f32::clamp`, which panics on bounds in the wrong order.
            Self::Clamp(low, high) => row.iter_mut().for_each(|x| {
                if *x < low {
                    *x = low;
                } else if *x > high {
                    *x = high;
                }
            }),
            Self::Uniform => {
                let mean = row[..reach].iter().sum::<f32>() / reach.max(1) as f32;
                row[..reach].fill(mean);
            }
            Self::Shift(by) => row[..reach].rotate_right(turn(by, reach)),
            Self::OneHot(column) => {
                if column < row.len() {
                    row.fill(0.0);
                    row[column] = 1.0;
                }
            }
        }
    }

    /// Turns ∂L/∂(edited entries) into ∂L/∂entries, the entries being `row`.
    pub fn pull_back(self, row: &[f32], gradient: &mut [f32]) {
        let reach = reach(row);
        match self {
            Self::Replace(_) => gradient.fill(0.0),
            Self::Scale(factor) => gradient.iter_mut().for_each(|dy| *dy *= factor),
            Self::Clamp(low, high) => {
                for (x, dy) in row.iter().zip(gradient) {
                    *dy *= f32::from(u8::from((low..=high).contains(x)));
                }
            }
            Self::Uniform => {
                let mean = gradient[..reach].iter().sum::<f32>() / reach.max(1) as f32;
                gradient[..reach].fill(mean);
            }
            Self::Shift(by) => gradient[..reach].rotate_left(turn(by, reach)),
            Self::OneHot(column) => {
                if column < row.len() {
                    gradient.fill(0.0);
                }
            }
        }
    }

    /// Whether it says what the entries are, or where they are, rather than how they change: a later
    /// one of the same entries makes an earlier one void.
    #[must_use]
    pub fn is_setting(self) -> bool {
        !matches!(self, Self::Scale(_) | Self::Clamp(..))
    }

    /// The edit in LaTeX.
    #[must_use]
    pub fn latex(self) -> String {
        match self {
            Self::Replace(value) => format!(r"\leftarrow {}", Tex::number(value).text),
            Self::Scale(factor) => format!(r"\times {}", Tex::number(factor).text),
            Self::Clamp(low, high) => {
                format!(r"\in [{}, {}]", Tex::number(low).text, Tex::number(high).text)
            }
            Self::Uniform => r"x_j \leftarrow \bar{x}".to_owned(),
            Self::Shift(by) if by < 0 => {
                format!(r"x_j \leftarrow x_{{j + {}}}", by.unsigned_abs())
            }
            Self::Shift(by) => format!(r"x_j \leftarrow x_{{j - {by}}}"),
            Self::OneHot(column) => format!(r"x \leftarrow \mathrm{{e}}_{{{column}}}"),
        }
    }

    /// The factor of the chain rule in LaTeX, the entries being written as `x`.
    #[must_use]
    pub fn factor(self, x: &Tex) -> Tex {
        match self {
            Self::Replace(_) | Self::OneHot(_) => Tex::atom("0"),
            Self::Scale(factor) => Tex::number(factor),
            Self::Clamp(low, high) => Tex::atom(format!(
                r"\left[{} \le {} \le {}\right]",
                Tex::number(low).text,
                x.text,
                Tex::number(high).text
            )),
            Self::Uniform => Tex::product(r"\tfrac{1}{n}\,\mathbf{1}\mathbf{1}^{\top}".to_owned()),
            Self::Shift(by) => Tex::atom(format!("P^{{{}}}", -by)),
        }
    }
}

/// How many entries there are up to the last one that is not exactly 0; all if there is none.
fn reach(row: &[f32]) -> usize {
    row.iter().rposition(|x| *x != 0.0).map_or(row.len(), |last| last + 1)
}

/// By how many places `n` entries are turned to the right.
fn turn(by: i32, n: usize) -> usize {
    let n = i64::try_from(n).unwrap_or(i64::MAX).max(1);
    usize::try_from(i64::from(by).rem_euclid(n)).unwrap_or(0)
}

/// A range of at most `n`.
pub(super) fn within(range: Option<&Range<usize>>, n: usize) -> Range<usize> {
    range.map_or(0..n, |range| range.start.min(n)..range.end.min(n))
}

/// Edits some rows and columns of an array.
pub(super) fn edit_rows(
    array: &mut Array2<f32>,
    edit: Edit,
    rows: Range<usize>,
    units: Option<&Range<usize>>,
) {
    let columns = within(units, array.ncols());
    let rows = within(Some(&rows), array.nrows());
    for mut row in array.slice_mut(s![rows, columns]).rows_mut() {
        let mut entries = row.to_vec();
        edit.apply(&mut entries);
        row.assign(&ArrayView1::from(&entries));
    }
}

/// Pulls a gradient back through [`edit_rows`] on `array`, in place.
pub(super) fn pull_back_rows(
    array: &Array2<f32>,
    gradient: &mut Array2<f32>,
    edit: Edit,
    rows: Range<usize>,
    units: Option<&Range<usize>>,
) {
    let columns = within(units, array.ncols());
    let rows = within(Some(&rows), array.nrows());
    let part = s![rows, columns];
    for (x, mut dy) in
        array.slice(&part).rows().into_iter().zip(gradient.slice_mut(&part).rows_mut())
    {
        let mut entries = dy.to_vec();
        edit.pull_back(&x.to_vec(), &mut entries);
        dy.assign(&ArrayView1::from(&entries));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(edit: Edit, row: &[f32], expected: &[f32], gradient: &[f32]) {
        let mut edited = row.to_vec();
        edit.apply(&mut edited);
        assert_eq!(edited, expected);
        // ∂L/∂(edited entry j) = j + 1.
        let mut pulled: Vec<f32> = (1..=row.len()).map(|j| j as f32).collect();
        edit.pull_back(row, &mut pulled);
        assert_eq!(pulled, gradient);
    }

    #[test]
    fn weights_are_spread_moved_or_put_on_one_without_passing_the_mask() {
        // The last entry is exactly 0, as a mask makes it.
        let row = [0.5, 0.25, 0.0, 0.25, 0.0];
        check(Edit::Uniform, &row, &[0.25, 0.25, 0.25, 0.25, 0.0], &[2.5, 2.5, 2.5, 2.5, 5.0]);
        check(Edit::Shift(1), &row, &[0.25, 0.5, 0.25, 0.0, 0.0], &[2.0, 3.0, 4.0, 1.0, 5.0]);
        check(Edit::Shift(-5), &row, &[0.25, 0.0, 0.25, 0.5, 0.0], &[4.0, 1.0, 2.0, 3.0, 5.0]);
        check(Edit::OneHot(2), &row, &[0.0, 0.0, 1.0, 0.0, 0.0], &[0.0; 5]);
        check(Edit::OneHot(5), &row, &row, &[1.0, 2.0, 3.0, 4.0, 5.0]);
        // Where nothing is attended to, nothing is moved, and nothing is divided by 0.
        check(Edit::Uniform, &[0.0; 2], &[0.0; 2], &[1.5; 2]);
        check(Edit::Shift(3), &[], &[], &[]);
    }
}
