//! Choosing among entries: softmax, table rows, targets, and interventions.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, Axis};

use super::{Attribute, Local, Op, Place};
use crate::tape::backward::Sink;
use crate::tape::edit::{Edit, edit_rows, pull_back_rows};
use crate::tape::equation::Tex;
use crate::tape::{Tape, Var};
use crate::tensor::kernel;

/// Each row as shares that add up to 1: eˣ / Σ eˣ, shifted by the row's largest entry so that
/// nothing overflows. An entry of −∞, which a mask makes, has no share at all, and a row of nothing else has no shares.
pub struct Softmax;

impl Op for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        let mut y = x[0].clone();
        for mut row in y.rows_mut() {
            let top = largest(row.iter());
            row.mapv_inplace(|x| if x == f32::NEG_INFINITY { 0.0 } else { kernel::exp(x - top) });
            let total = row.sum();
            // Where everything is masked there is nothing to share, rather than 0/0.
            if total != 0.0 {
                row.mapv_inplace(|x| x / total);
            }
        }
        y
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add(0, |dx| {
            for ((mut dx, y), dy) in
                dx.rows_mut().into_iter().zip(local.output.rows()).zip(local.gradient.rows())
            {
                let mean = y.dot(&dy);
                ndarray::Zip::from(&mut dx)
                    .and(y)
                    .and(dy)
                    .for_each(|dx, y, dy| *dx += y * (dy - mean));
            }
        });
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::atom(format!(r"\operatorname{{softmax}}\left({}\right)", x[0].text))
    }

    /// diag(y) − yᵀy, y being a row.
    fn factor(&self, _: &[Tex], y: &Tex, _: usize, _: &Attribute) -> Tex {
        let (inside, base) = (&y.text, y.as_base());
        Tex::sum(format!(
            r"\operatorname{{diag}}\left({inside}\right) - {base}^{{\top}}\,{}",
            y.as_matrix_factor()
        ))
    }

    fn is_elementwise(&self) -> bool {
        false
    }
}

/// ln softmax(x), computed without dividing small numbers.
pub struct LogSoftmax;

impl Op for LogSoftmax {
    fn name(&self) -> &'static str {
        "log softmax"
    }

    fn forward(&self, x: &[&Array2<f32>], _: &Attribute) -> Array2<f32> {
        let mut y = x[0].clone();
        for mut row in y.rows_mut() {
            let top = largest(row.iter());
            let total = row.iter().map(|x| kernel::exp(x - top)).sum::<f32>().ln() + top;
            row.mapv_inplace(|x| x - total);
        }
        y
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add(0, |dx| {
            for ((mut dx, y), dy) in
                dx.rows_mut().into_iter().zip(local.output.rows()).zip(local.gradient.rows())
            {
                let total = dy.sum();
                ndarray::Zip::from(&mut dx)
                    .and(y)
                    .and(dy)
                    .for_each(|dx, y, dy| *dx += dy - kernel::exp(*y) * total);
            }
        });
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::atom(format!(r"\ln\operatorname{{softmax}}\left({}\right)", x[0].text))
    }

    /// I − 1ᵀ softmax(x): every row of the second matrix is the row of shares.
    fn factor(&self, x: &[Tex], _: &Tex, _: usize, _: &Attribute) -> Tex {
        Tex::sum(format!(
            r"I - \mathbf{{1}}^{{\top}}\operatorname{{softmax}}\left({}\right)",
            x[0].text
        ))
    }

    fn is_elementwise(&self) -> bool {
        false
    }
}

/// Rows of a table: (entries, n) → (rows asked for, n).
pub struct Embed;

impl Embed {
    fn rows(attribute: &Attribute) -> &[usize] {
        if let Attribute::Rows(rows) = attribute { rows } else { &[] }
    }
}

impl Op for Embed {
    fn name(&self) -> &'static str {
        "table look-up"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        // `select` may keep a column-major layout for one row, and values are row-major.
        x[0].select(Axis(0), Self::rows(attribute)).as_standard_layout().into_owned()
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add(0, |table| {
            for (row, gradient) in Self::rows(local.attribute).iter().zip(local.gradient.rows()) {
                let mut entry = table.row_mut(*row);
                entry += &gradient;
            }
        });
    }

    fn latex(&self, x: &[Tex], attribute: &Attribute) -> Tex {
        let row = match Self::rows(attribute) {
            [row] => row.to_string(),
            _ => r"\text{token}".to_owned(),
        };
        Tex::atom(format!("{}[{row}]", x[0].as_base()))
    }

    /// The row of zeros with a one where the token's row is, as a column.
    fn factor(&self, _: &[Tex], _: &Tex, _: usize, attribute: &Attribute) -> Tex {
        match Self::rows(attribute) {
            [row] => Tex::atom(format!(r"\mathbf{{e}}_{{{row}}}^{{\top}}")),
            _ => Tex::atom(r"\mathbf{e}_{\text{token}}^{\top}"),
        }
    }

    fn factor_is_first(&self, _: usize) -> bool {
        true
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[4, 3]], Attribute::Rows(Arc::new([2, 0, 2])))
    }
}

/// The target's entry of each row, 0 where the row does not count: (rows, n) → (rows, 1).
pub struct Pick;

impl Pick {
    fn targets(attribute: &Attribute) -> &[Option<usize>] {
        if let Attribute::Targets(targets) = attribute { targets } else { &[] }
    }
}

impl Op for Pick {
    fn name(&self) -> &'static str {
        "target's entry"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        let targets = Self::targets(attribute);
        assert!(targets.len() == x[0].nrows(), "{} targets, {} rows", targets.len(), x[0].nrows());
        Array2::from_shape_fn([targets.len(), 1], |(row, _)| {
            targets[row].map_or(0.0, |column| x[0][[row, column]])
        })
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        dx.add(0, |dx| {
            for (row, target) in Self::targets(local.attribute).iter().enumerate() {
                if let Some(column) = target {
                    dx[[row, *column]] += local.gradient[[row, 0]];
                }
            }
        });
    }

    fn latex(&self, x: &[Tex], _: &Attribute) -> Tex {
        Tex::atom(format!(r"{}[\text{{target}}]", x[0].as_base()))
    }

    fn factor(&self, _: &[Tex], _: &Tex, _: usize, attribute: &Attribute) -> Tex {
        match Self::targets(attribute) {
            [Some(target)] => Tex::atom(format!(r"\mathbf{{e}}_{{{target}}}")),
            _ => Tex::atom(r"\mathbf{e}_{\text{target}}"),
        }
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        (vec![[3, 4]], Attribute::Targets(Arc::new([Some(3), None, Some(0)])))
    }
}

/// An intervention: some rows and columns changed from outside.
pub struct Intervene;

/// Rows or units in LaTeX, by their first and last numbers.
fn written(what: &str, range: &Range<usize>) -> String {
    match range.end {
        usize::MAX => format!(r"\text{{{what}s }}{}\ldots", range.start),
        end if end == range.start + 1 => format!(r"\text{{{what} }}{}", range.start),
        end => format!(r"\text{{{what}s }}{}\ldots {}", range.start, end - 1),
    }
}

impl Place {
    /// The place in LaTeX; empty where it is everywhere.
    fn latex(&self) -> String {
        let parts = [("row", &self.rows), ("unit", &self.units)];
        let parts = parts.iter().filter_map(|(what, range)| Some((what, range.as_ref()?)));
        let written: Vec<String> = parts.map(|(what, range)| written(what, range)).collect();
        written.join(r",\ ")
    }
}

impl Op for Intervene {
    fn name(&self) -> &'static str {
        "intervention"
    }

    fn forward(&self, x: &[&Array2<f32>], attribute: &Attribute) -> Array2<f32> {
        let mut y = x[0].clone();
        if let Attribute::Edit(edit, place) = attribute {
            let rows = place.rows.clone().unwrap_or(0..y.nrows());
            edit_rows(&mut y, *edit, rows, place.units.as_ref());
        }
        y
    }

    fn backward(&self, local: &Local<'_>, dx: &mut Sink<'_>) {
        let mut share = local.gradient.clone();
        if let Attribute::Edit(edit, place) = local.attribute {
            let rows = place.rows.clone().unwrap_or(0..share.nrows());
            pull_back_rows(local.inputs[0], &mut share, *edit, rows, place.units.as_ref());
        }
        dx.add(0, |dx| *dx += &share);
    }

    fn latex(&self, x: &[Tex], attribute: &Attribute) -> Tex {
        let Attribute::Edit(edit, place) = attribute else { return x[0].clone() };
        let place = Some(place.latex()).filter(|place| !place.is_empty());
        let place = place.map_or_else(String::new, |place| format!(r",\ {place}"));
        Tex::atom(format!(
            r"\operatorname{{do}}\left({}\ \big|\ {}{place}\right)",
            x[0].text,
            edit.latex(),
        ))
    }

    fn factor(&self, x: &[Tex], _: &Tex, _: usize, attribute: &Attribute) -> Tex {
        let Attribute::Edit(edit, place) = attribute else { return Tex::atom("1") };
        let slope = edit.factor(&x[0]);
        let place = place.latex();
        if place.is_empty() {
            return slope;
        }
        Tex::atom(format!(
            r"\begin{{cases}} {} & {place} \\ 1 & \text{{else}} \end{{cases}}",
            slope.text,
        ))
    }

    fn is_elementwise(&self) -> bool {
        false
    }

    fn example(&self) -> (Vec<[usize; 2]>, Attribute) {
        let place = Place { rows: None, units: Some(1..3) };
        (vec![[2, 3]], Attribute::Edit(Edit::Scale(0.5), place))
    }
}

impl Tape {
    /// The rows of `table` that `tokens` number: (entries, n) → (tokens, n).
    #[must_use]
    pub fn embed<'t>(&'t self, table: Var<'t>, tokens: &[usize]) -> Var<'t> {
        table.with(&Embed, Attribute::Rows(tokens.into()))
    }
}

impl Var<'_> {
    /// Each row as shares that add up to 1.
    #[must_use]
    pub fn softmax(self) -> Self {
        self.unary(&Softmax)
    }

    /// ln softmax(x).
    #[must_use]
    pub fn log_softmax(self) -> Self {
        self.unary(&LogSoftmax)
    }

    /// The target's entry of each row, 0 where there is no target: (rows, n) → (rows, 1).
    #[must_use]
    pub fn pick(self, targets: &[Option<usize>]) -> Self {
        self.with(&Pick, Attribute::Targets(targets.into()))
    }

    pub(crate) fn edited(self, edit: Edit, place: Place) -> Self {
        self.with(&Intervene, Attribute::Edit(edit, place))
    }
}

/// The largest entry; NaN if one is NaN, so that a broken row stays visibly broken.
fn largest<'a>(row: impl Iterator<Item = &'a f32>) -> f32 {
    row.fold(f32::NEG_INFINITY, |top, x| if *x > top || x.is_nan() { *x } else { top })
}
