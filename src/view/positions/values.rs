//! What a run says about positions: read from its values and parameters, never computed anew.

use ndarray::{Array2, ArrayView1, s};

use crate::trace::Trace;

/// How the model of a run is told where a symbol stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Encoding {
    /// Not at all.
    Nothing,
    /// Rows are added to symbols: (positions, units).
    Added {
        /// What was added in this run, or the whole table where it is learned.
        rows: Array2<f32>,
        /// Whether it is a learned table, which ends.
        is_table: bool,
    },
    /// Scores fall with the distance: (heads, distances).
    Bias(Array2<f32>),
    /// Queries and keys are turned.
    Rotary(Rotary),
}

/// Queries and keys of one head before and after they are turned: (positions, units) each. A pair is
/// made of units i and i + n/2; see [`crate::tape::ops::rotate::Rotate`].
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rotary {
    pub(super) query: Array2<f32>,
    pub(super) turned_query: Array2<f32>,
    pub(super) key: Array2<f32>,
    pub(super) turned_key: Array2<f32>,
}

/// The scope of the first attention of a run, such as `encoder.layer0.`.
pub(super) fn first_attention(trace: &Trace) -> Option<&str> {
    trace.value_names().find_map(|name| name.strip_suffix("head0.query"))
}

/// The heads of the first attention.
pub(super) fn heads(trace: &Trace) -> usize {
    let Some(scope) = first_attention(trace) else { return 0 };
    let is_there = |head: &usize| trace.graph().find(&format!("{scope}head{head}.query")).is_some();
    (0..trace.graph().names().len()).take_while(is_there).count()
}

/// What a run says; `head` is asked for queries and keys.
pub(super) fn encoding(trace: &Trace, head: usize) -> Option<Encoding> {
    let scope = first_attention(trace)?;
    let value = |name: &str| {
        let id = trace.graph().find(&format!("{scope}head{head}.{name}"))?;
        let (_, node) = *trace.graph().everywhere(id).first()?;
        Some(trace.graph().value(node).clone())
    };
    if let (Some(turned_query), Some(turned_key)) = (value("rotated_query"), value("rotated_key")) {
        let (query, key) = (value("query")?, value("key")?);
        return Some(Encoding::Rotary(Rotary { query, turned_query, key, turned_key }));
    }
    if let Some(bias) = bias(trace, scope) {
        return Some(Encoding::Bias(bias));
    }
    if let Some(rows) = table(trace) {
        return Some(Encoding::Added { rows, is_table: true });
    }
    let name = trace.value_names().find(|name| name.rsplit('.').next() == Some("position"));
    let Some(name) = name else { return Some(Encoding::Nothing) };
    let rows = trace.over_time(name)?;
    let is_there = |row: ArrayView1<'_, f32>| row.iter().all(|entry| entry.is_finite());
    let count = rows.rows().into_iter().take_while(|row| is_there(*row)).count();
    Some(Encoding::Added { rows: rows.slice(s![..count, ..]).to_owned(), is_table: false })
}

/// The learned table of positions: (positions, units).
fn table(trace: &Trace) -> Option<Array2<f32>> {
    let graph = trace.graph();
    let id = graph.find("positions").filter(|id| graph.name(*id).is_parameter)?;
    let (_, node) = *graph.everywhere(id).first()?;
    Some(graph.value(node).clone())
}

/// The first query's bias in each head: its key number s is s positions away.
fn bias(trace: &Trace, scope: &str) -> Option<Array2<f32>> {
    let rows: Vec<Vec<f32>> = (0..heads(trace))
        .map_while(|head| {
            let id = trace.graph().find(&format!("{scope}head{head}.bias"))?;
            let (_, node) = *trace.graph().everywhere(id).first()?;
            Some(trace.graph().value(node).row(0).to_vec())
        })
        .collect();
    let columns = rows.first()?.len();
    Array2::from_shape_vec([rows.len(), columns], rows.concat()).ok()
}

impl Rotary {
    /// The pairs of units.
    pub(super) fn pairs(&self) -> usize {
        self.query.ncols() / 2
    }

    /// The positions.
    pub(super) fn positions(&self) -> usize {
        self.query.nrows()
    }

    /// A pair of a row as a point in the plane.
    pub(super) fn point(of: &Array2<f32>, row: usize, pair: usize) -> [f32; 2] {
        [of[[row, pair]], of[[row, pair + of.ncols() / 2]]]
    }

    /// By how much each pair of the query was turned at each position: (positions, pairs), −π to π.
    pub(super) fn angles(&self) -> Array2<f32> {
        Array2::from_shape_fn([self.positions(), self.pairs()], |(row, pair)| {
            let [a, b] = Self::point(&self.query, row, pair);
            let [c, d] = Self::point(&self.turned_query, row, pair);
            (a * d - b * c).atan2(a * c + b * d)
        })
    }

    /// The product of the query at `now` with its own position's key, as if that key stood at each
    /// position in turn: it is turned by the angles that the run shows.
    pub(super) fn if_everywhere(&self, now: usize) -> Vec<f32> {
        let angles = self.angles();
        let product = |at: usize| {
            let each = (0..self.pairs()).map(|pair| {
                let [q0, q1] = Self::point(&self.turned_query, now, pair);
                let [k0, k1] = Self::point(&self.key, now, pair);
                let (sin, cos) = angles[[at, pair]].sin_cos();
                q0 * (k0 * cos - k1 * sin) + q1 * (k1 * cos + k0 * sin)
            });
            each.sum()
        };
        (0..self.positions()).map(product).collect()
    }
}

/// For every pair of positions their distance and the inner product of two rows.
pub(super) fn products(a: &Array2<f32>, b: &Array2<f32>) -> Vec<(i32, f32)> {
    let all = a.dot(&b.t());
    let distance = |row: usize, column: usize| column as i32 - row as i32;
    all.indexed_iter().map(|((row, column), x)| (distance(row, column), *x)).collect()
}

/// How much the answer of one run is off that of another with the same model: the largest change of
/// a probability, at the first position of the answer and at any that both have.
pub(super) fn difference(one: &Trace, other: &Trace) -> Option<[f32; 2]> {
    let change = |position: usize| {
        let position = i32::try_from(position).ok()?;
        let (a, b) = (one.row("prediction", position)?, other.row("prediction", position)?);
        Some(a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max))
    };
    let both = one.n_positions().min(other.n_positions());
    let changes: Vec<f32> = (0..both).filter_map(change).collect();
    let largest = changes.iter().copied().fold(0.0_f32, f32::max);
    Some([*changes.first()?, largest])
}

/// Whether two runs of one model read the same symbols in another order.
pub(super) fn is_reordered(one: &Trace, other: &Trace) -> bool {
    let tokens = |trace: &Trace| trace.tokens()[..trace.source().min(trace.n_positions())].to_vec();
    let sorted = |mut tokens: Vec<String>| {
        tokens.sort();
        tokens
    };
    let (here, there) = (tokens(one), tokens(other));
    one.model() == other.model() && here != there && sorted(here) == sorted(there)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::checkpoint::untrained;
    use crate::models;

    /// A run of a model with new weights.
    pub(in crate::view) fn run(positions: &str, text: &str) -> Trace {
        let id = format!("transformer-{positions}-echo");
        let (spec, recipe) = models::find_recipe(&id).unwrap();
        let checkpoint = untrained(spec, recipe).unwrap();
        let sequence = checkpoint.task.parse(text).unwrap();
        Trace::record(&checkpoint, sequence, Vec::new())
    }

    #[test]
    fn each_encoding_is_found_in_its_run() {
        assert_eq!(encoding(&run("none", "abcd"), 0), Some(Encoding::Nothing));
        let Some(Encoding::Added { rows, is_table }) = encoding(&run("sinusoidal", "abcd"), 0)
        else {
            panic!()
        };
        assert_eq!((rows.dim(), is_table), ((4, 64), false));
        // sin 0 and cos 0 by turns, in the first row.
        assert_eq!(rows.row(0).to_vec()[..4], [0.0, 1.0, 0.0, 1.0]);
        let Some(Encoding::Added { rows, is_table }) = encoding(&run("learned", "abcd"), 0) else {
            panic!()
        };
        assert_eq!((rows.dim(), is_table), ((32, 64), true));
        let Some(Encoding::Bias(bias)) = encoding(&run("alibi", "abcd"), 0) else { panic!() };
        assert_eq!(bias.dim(), (4, 4));
        // Press et al. 2022: slopes 2^{−8i/n}; the first of four heads has 1/4.
        assert_eq!(bias.row(0).to_vec(), [0.0, -0.25, -0.5, -0.75]);
    }

    #[test]
    fn the_angles_of_a_run_grow_with_the_position_and_fall_with_the_pair() {
        let trace = run("rope", "abcdabcd");
        let Some(Encoding::Rotary(rotary)) = encoding(&trace, 1) else { panic!() };
        let angles = rotary.angles();
        assert_eq!(angles.dim(), (8, 8));
        // θ_i = 10000^{−2i/16}: pair 0 turns by 1 a position, pair 4 by 10000^{−1/2} = 0.01.
        assert!((angles[[2, 0]] - 2.0).abs() < 1e-3 && (angles[[5, 4]] - 0.05).abs() < 1e-3);
        // Where the key stands at its own place, the product is that of the run.
        let product = rotary.turned_query.row(3).dot(&rotary.turned_key.row(3));
        assert!((rotary.if_everywhere(3)[3] - product).abs() < 1e-4);
    }

    #[test]
    fn sines_are_alike_by_their_distance_alone() {
        let trace = run("sinusoidal", "abcdabcdabcd");
        let Some(Encoding::Added { rows, .. }) = encoding(&trace, 0) else { panic!() };
        let products = products(&rows, &rows);
        for (distance, product) in &products {
            let same = products.iter().filter(|(other, _)| other == distance);
            assert!(same.map(|(_, other)| (other - product).abs()).all(|gap| gap < 1e-3));
        }
    }

    #[test]
    fn without_positions_the_order_of_the_source_changes_nothing() {
        let off = |positions: &str| {
            let (one, other) = (run(positions, "abcde"), run(positions, "ecadb"));
            assert!(is_reordered(&one, &other) && !is_reordered(&one, &one));
            difference(&one, &other).unwrap()
        };
        assert!(off("none")[1] < 1e-5, "{:?}", off("none"));
        for positions in ["sinusoidal", "learned", "alibi", "rope"] {
            assert!(off(positions)[0] > 1e-4, "{positions}: {:?}", off(positions));
        }
    }
}
