//! An order in which operations are walked through, forward or backward.

use crate::tape::{NodeId, SectionId};

/// One operation in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// What was computed.
    pub node: NodeId,
    /// The position in the sequence that it belongs to.
    pub position: usize,
    /// The part of the model that it belongs to.
    pub section: SectionId,
    /// The named value that it is a step towards; itself, if it has a name.
    pub towards: NodeId,
}

/// Operations in order. Those of one position need not follow each other: a sequence may be read
/// from its end as well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticks {
    all: Vec<Tick>,
    /// For each position its ticks, in order; those of the position before where it has none.
    at: Vec<Vec<usize>>,
}

/// What can be walked through.
pub trait Walk {
    /// The order.
    fn walk(&self) -> &Ticks;
}

impl Walk for Ticks {
    fn walk(&self) -> &Ticks {
        self
    }
}

impl Ticks {
    /// Ticks of a sequence of `n_positions`.
    #[must_use]
    pub fn new(all: Vec<Tick>, n_positions: usize) -> Self {
        let mut at = vec![Vec::new(); n_positions];
        for (index, tick) in all.iter().enumerate() {
            if let Some(at) = at.get_mut(tick.position) {
                at.push(index);
            }
        }
        // What is computed for several positions at once stands at the first of them.
        for position in 1..at.len() {
            if at[position].is_empty() {
                let (before, after) = at.split_at_mut(position);
                after[0].clone_from(&before[position - 1]);
            }
        }
        Self { all, at }
    }

    /// All of them, in order.
    #[must_use]
    pub fn all(&self) -> &[Tick] {
        &self.all
    }

    /// The operation done last when `cursor` are done.
    #[must_use]
    pub fn last(&self, cursor: usize) -> Option<&Tick> {
        self.all.get(cursor.checked_sub(1)?)
    }

    /// How many are done when a position is complete; all behind the last position.
    #[must_use]
    pub fn end_of(&self, position: usize) -> usize {
        let last = self.at.get(position).and_then(|ticks| ticks.last());
        last.map_or(self.all.len(), |last| last + 1)
    }

    /// How many are done when the `count`-th of a position is, if it has so many.
    #[must_use]
    pub fn nth_of(&self, position: usize, count: usize) -> Option<usize> {
        let ticks = self.at.get(position)?;
        ticks.get(count.checked_sub(1)?).map(|tick| tick + 1)
    }

    /// How many of a position's are done when `cursor` are.
    #[must_use]
    pub fn done_of(&self, position: usize, cursor: usize) -> usize {
        self.at.get(position).map_or(0, |ticks| ticks.partition_point(|tick| *tick < cursor))
    }

    /// The share of a position's that are done when `cursor` are.
    #[must_use]
    pub fn share_done(&self, position: usize, cursor: usize) -> f32 {
        let count = self.at.get(position).map_or(0, Vec::len);
        self.done_of(position, cursor) as f32 / count.max(1) as f32
    }
}
