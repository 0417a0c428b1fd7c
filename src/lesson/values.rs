//! A trace as expressions see it: row 0 of every value.

use super::Values;
use crate::trace::Trace;

impl Values for Trace {
    fn n_positions(&self) -> usize {
        Trace::n_positions(self)
    }

    fn names(&self) -> Vec<String> {
        self.graph().names().iter().map(|named| named.name.clone()).collect()
    }

    fn row(&self, name: &str, position: i64) -> Option<Vec<f32>> {
        let value = self.value(name, i32::try_from(position).ok()?)?;
        (value.nrows() > 0).then(|| value.row(0).to_vec())
    }

    fn symbol(&self, index: usize) -> Option<String> {
        self.symbols().get(index).map(|symbol| (*symbol).to_owned())
    }

    fn token(&self, position: usize) -> Option<String> {
        self.tokens().get(position).cloned()
    }

    fn is_parameter(&self, name: &str) -> bool {
        self.graph().find(name).is_some_and(|id| self.graph().name(id).is_parameter)
    }

    fn has(&self, name: &str) -> bool {
        self.graph().find(name).is_some()
    }
}
