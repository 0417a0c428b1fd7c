//! What is shown of a value now: the value itself, its gradient while walking back, or its
//! difference from the run without interventions. Views that colour values ask here, so all of them
//! change together.

use std::borrow::Cow;

use egui::Ui;
use ndarray::Array2;

use super::{Scene, number};
use crate::palette::Scale;
use crate::tape::{EVERYWHERE, NodeId};
use crate::tensor::slice;

/// What views show of every value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// The value.
    Value,
    /// ∂L/∂value, as far as the backward pass has come.
    Gradient,
    /// The value minus what it is in the run without interventions.
    Difference,
}

impl<'a> Scene<'a> {
    /// What views show of every value.
    #[must_use]
    pub fn shown(&self) -> Shown {
        if self.walk_back().is_some() {
            Shown::Gradient
        } else if self.shows_difference && self.baseline.is_some() {
            Shown::Difference
        } else {
            Shown::Value
        }
    }

    /// Whether what is shown of a node is known at the cursor.
    #[must_use]
    pub fn is_shown(&self, node: NodeId) -> bool {
        match self.walk_back() {
            // A value that the loss does not depend on has gradient 0 from the start.
            // A weight's is complete when every position has added its share.
            Some((timeline, backward)) if self.trace.graph().node(node).position == EVERYWHERE => {
                timeline.cursor() == backward.ticks().all().len()
            }
            Some((timeline, backward)) => {
                backward.gradient(node).is_none() || backward.is_reached(node, timeline.cursor())
            }
            None => {
                self.is_done(node)
                    && (self.shown() != Shown::Difference || self.in_baseline(node).is_some())
            }
        }
    }

    /// The same for a value at a position.
    #[must_use]
    pub fn is_shown_at(&self, name: &str, position: usize) -> bool {
        let node = i32::try_from(position).ok().and_then(|at| self.trace.node(name, at));
        node.is_some_and(|node| self.is_shown(node))
    }

    /// What is shown of a node: of a value with a row for each of several positions the row of the
    /// position where the learner stands, else row by row; `None` where it is not known yet.
    #[must_use]
    pub fn entries(&self, node: NodeId) -> Option<Cow<'a, [f32]>> {
        if !self.is_shown(node) {
            return None;
        }
        let value = self.trace.graph().value(node);
        let columns = value.ncols();
        let rows = match self.trace.graph().node(node).position {
            EVERYWHERE => 0..value.nrows(),
            _ => {
                let row = self.trace.row_of(node, self.now() as i32);
                row..row + 1
            }
        };
        let part = |value: &'a Array2<f32>| {
            slice(value).get(rows.start * columns..rows.end * columns).unwrap_or_default()
        };
        let value = part(value);
        Some(match self.shown() {
            Shown::Value => Cow::Borrowed(value),
            Shown::Gradient => match self.backward.and_then(|backward| backward.gradient(node)) {
                Some(gradient) => Cow::Borrowed(part(gradient)),
                None => Cow::Owned(vec![0.0; value.len()]),
            },
            Shown::Difference => {
                let (baseline, other) = self.baseline.zip(self.in_baseline(node))?;
                let other = part(baseline.graph().value(other));
                Cow::Owned(value.iter().zip(other).map(|(a, b)| a - b).collect())
            }
        })
    }

    /// The same node in the run without interventions, if it is there and of the same shape.
    fn in_baseline(&self, node: NodeId) -> Option<NodeId> {
        let baseline = self.baseline?;
        let other = baseline.find(&self.trace.place_of(node)?)?;
        let shape = |value: &Array2<f32>| value.dim();
        let is_alike =
            shape(baseline.graph().value(other)) == shape(self.trace.graph().value(node));
        is_alike.then_some(other)
    }

    /// What is shown of a value at every position, reached or not: (positions, units).
    #[must_use]
    pub fn over_time(&self, name: &str) -> Option<Array2<f32>> {
        match (self.shown(), self.backward, self.baseline) {
            (Shown::Gradient, Some(backward), _) => backward.over_time(self.trace, name),
            (Shown::Difference, _, Some(baseline)) => {
                let mut rows = self.trace.over_time(name)?;
                let other = baseline.over_time(name);
                for ((position, unit), entry) in rows.indexed_iter_mut() {
                    let other = other.as_ref().and_then(|other| other.get([position, unit]));
                    *entry -= other.copied().unwrap_or(f32::NAN);
                }
                Some(rows)
            }
            _ => self.trace.over_time(name),
        }
    }

    /// The colours of what is shown of a value: a gradient or a difference symmetric about 0, up to
    /// the largest anywhere in the run.
    pub fn picture_scale(&mut self, ui: &Ui, name: &str) -> Scale {
        let shown = self.shown();
        if shown == Shown::Value {
            return self.scale(ui, name);
        }
        let key = format!("{shown:?} {name}");
        let largest = self.memory.kept(self.run, &key).unwrap_or_else(|| {
            let rows = self.over_time(name);
            let entries = rows.iter().flatten().filter(|entry| entry.is_finite());
            let largest = entries.fold(0.0_f32, |largest, entry| largest.max(entry.abs()));
            self.memory.keep(self.run, key, [-largest, largest]);
            [-largest, largest]
        });
        Scale::signed(largest[1], ui.visuals().dark_mode)
    }

    /// How an entry of what is shown is called: `∂L/∂hidden[3][5] = 0.021`.
    #[must_use]
    pub fn entry_text(&self, entry: &str, value: f32) -> String {
        let sign = match self.shown() {
            Shown::Value => "",
            Shown::Gradient => "∂L/∂",
            Shown::Difference => "Δ ",
        };
        format!("{sign}{entry} = {}", number(value))
    }
}
