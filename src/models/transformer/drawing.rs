//! One layer of the decoder, as figure 1 of the paper draws it.

use super::Config;
use crate::models::diagram::{Diagram, Mark};

/// The drawing.
pub fn of(_: &Config) -> Diagram {
    let mut d = Diagram::new([40.0, 60.0], [2.0, 2.0, 36.0, 50.0]);
    d.place("input", [20.0, 56.0], Mark::Strip);
    d.place("prediction", [20.0, 6.0], Mark::Strip);
    d
}
