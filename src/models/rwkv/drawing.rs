//! RWKV's block as Peng et al. 2023 draw it (figs. 2 and 3): time mixing below, channel mixing above.

use super::Form;
use crate::models::Diagram;
use crate::models::diagram::Mark;

/// One layer.
pub(super) fn diagram(_: Form) -> Diagram {
    let mut d = Diagram::new([84.0, 100.0], [8.0, 4.0, 68.0, 92.0]);
    let x = d.place("time.ln1", [40.0, 90.0], Mark::Strip);
    let o = d.place("time.stream", [40.0, 50.0], Mark::Strip);
    let _ = d.place("channel.stream", [40.0, 10.0], Mark::Strip);
    d.wire(x, &[[40.0, 87.0], [40.0, 53.0]]);
    d.wire(o, &[[40.0, 47.0], [40.0, 13.0]]);
    d
}
