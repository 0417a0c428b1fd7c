//! How a gradient flows back through time: its size at every position, what becomes of it along the
//! memory's direct path, and what clipping does to it.
//!
//! ```text
//! ‖∂L/∂s_t‖                          of a state s, over t
//! ∂L/∂c_T ⊙ f_T ⊙ … ⊙ f_{t+1}        the direct path: what arrives through the kept shares alone
//! ```
//!
//! The direct path is not the gradient: that also runs through the gates and through h. Both are shown,
//! never one for the other.

use ndarray::{Array1, Array2};

use super::{Backward, Trace};
use crate::palette::{ABSENT, is_absent};
use crate::tape::{EVERYWHERE, NodeId};
use crate::training::optimiser::clip_norm;

/// Below this, f32 loses digits with every step (it is denormal) and soon is 0.
pub const UNDERFLOW: f32 = f32::MIN_POSITIVE;
/// A gradient that was smaller than this one step before it was 0 has run out of f32; one that was
/// larger was stopped, by a ReLU that is off or a weight of 0.
const ALMOST_NOTHING: f32 = 1e-30;

/// A value that is carried from one position to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its name, such as `layer1.cell`.
    pub name: String,
    /// The part before the last dot: which layer and direction; empty where there is but one.
    pub scope: String,
    /// Whether it is read from the end of the sequence.
    pub from_the_end: bool,
}

impl State {
    /// Whether it is a cell state, which lies beside the hidden state.
    #[must_use]
    pub fn is_cell(&self) -> bool {
        self.name.rsplit('.').next() == Some("cell")
    }
}

/// The values that have a state before the first step, in order of computation: lowest layer first.
#[must_use]
pub fn states(trace: &Trace) -> Vec<State> {
    let graph = trace.graph();
    let end = trace.n_positions() as i32;
    let carried = graph.names().iter().filter_map(|named| {
        let nodes = graph.everywhere(graph.find(&named.name)?);
        let is_initial = |at: i32| at == -1 || at == end;
        let (at, _) = nodes.iter().find(|(at, _)| *at != EVERYWHERE && is_initial(*at))?;
        let scope = named.name.rsplit_once('.').map_or("", |(scope, _)| scope).to_owned();
        Some(State { name: named.name.clone(), scope, from_the_end: *at == end })
    });
    carried.collect()
}

/// How large a gradient is, told apart where a number alone would mislead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// A number that f32 holds with all its digits.
    Number(f32),
    /// Below 10⁻³⁸: digits are lost, or all of it.
    Underflow,
    /// Exactly 0: something on the way multiplied by 0.
    Zero,
    /// Beyond 10³⁸.
    Infinite,
    /// Not a number.
    NotANumber,
    /// The loss does not depend on this value.
    Independent,
}

impl Size {
    /// Whether it is infinite or NaN.
    #[must_use]
    pub fn is_broken(self) -> bool {
        matches!(self, Self::Infinite | Self::NotANumber)
    }

    /// The number, where there is one.
    #[must_use]
    pub fn number(self) -> Option<f32> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }
}

/// ‖∂L/∂s_t‖ of one state at every position.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The state.
    pub state: State,
    /// By position.
    pub sizes: Vec<Size>,
    /// The first position on the way back where it is infinite or NaN.
    pub breaks_at: Option<usize>,
}

impl Curve {
    /// The number at a position.
    #[must_use]
    pub fn number(&self, position: usize) -> Option<f32> {
        self.sizes.get(position).and_then(|size| size.number())
    }

    /// The size farthest from the loss over the size nearest to it: how much arrives.
    #[must_use]
    pub fn ratio(&self) -> Option<f32> {
        let reached = |size: &&Size| **size != Size::Independent;
        let mut ends = [self.sizes.iter().find(reached)?, self.sizes.iter().rfind(reached)?];
        if self.state.from_the_end {
            ends.reverse();
        }
        let number = |size: &Size| match size {
            Size::Number(number) => *number,
            Size::Underflow | Size::Zero => 0.0,
            Size::Infinite => f32::INFINITY,
            Size::NotANumber | Size::Independent => f32::NAN,
        };
        Some((f64::from(number(ends[0])) / f64::from(number(ends[1]))) as f32)
    }
}

/// The curve of every state of a run.
#[must_use]
pub fn curves(trace: &Trace, backward: &Backward) -> Vec<Curve> {
    states(trace).into_iter().filter_map(|state| curve(trace, backward, state)).collect()
}

/// The curve of one state.
#[must_use]
pub fn curve(trace: &Trace, backward: &Backward, state: State) -> Option<Curve> {
    let norms = backward.norms(trace, &state.name)?;
    let depends = |position: usize| {
        let node = trace.node(&state.name, position as i32);
        node.is_some_and(|node| backward.gradient(node).is_some())
    };
    let mut sizes = vec![Size::Independent; norms.len()];
    let mut breaks_at = None;
    let mut before = None;
    // In the order of the way back, so that a zero knows what it came from.
    let mut order: Vec<usize> = (0..norms.len()).filter(|position| depends(*position)).collect();
    if !state.from_the_end {
        order.reverse();
    }
    for position in order {
        let size = size(norms[position], before);
        if size.is_broken() && breaks_at.is_none() {
            breaks_at = Some(position);
        }
        sizes[position] = size;
        before = Some(size);
    }
    Some(Curve { state, sizes, breaks_at })
}

/// What a norm is, knowing the size one step nearer to the loss.
fn size(norm: f32, before: Option<Size>) -> Size {
    let ran_out = match before {
        Some(Size::Number(number)) => number < ALMOST_NOTHING,
        Some(Size::Underflow) => true,
        _ => false,
    };
    match norm {
        _ if norm.is_nan() => Size::NotANumber,
        _ if norm.is_infinite() => Size::Infinite,
        0.0 if !ran_out => Size::Zero,
        _ if norm < UNDERFLOW => Size::Underflow,
        _ => Size::Number(norm),
    }
}

/// Which gate keeps which state: the kept share's name and the state, in the same scope.
#[must_use]
pub fn kept_by(trace: &Trace, state: &State) -> Option<String> {
    let kept = trace.kept_share()?;
    let scoped = |name: &str| match state.scope.as_str() {
        "" => name.to_owned(),
        scope => format!("{scope}.{name}"),
    };
    // The LSTM's forget gate keeps the cell state, the GRU's update gate the hidden state itself.
    let is_kept = state.is_cell() || trace.graph().find(&scoped("cell")).is_none();
    let gate = scoped(kept.value);
    (is_kept && trace.graph().find(&gate).is_some()).then_some(gate)
}

/// The direct path of a state whose share is kept by a gate: ∂L/∂s_T times the kept shares of all
/// steps between, (positions, units), and [`ABSENT`] behind T and where the gate has no value. `None` for
/// a state without a gate.
#[must_use]
pub fn direct_path(trace: &Trace, backward: &Backward, state: &State) -> Option<Array2<f32>> {
    let gate = trace.over_time(&kept_by(trace, state)?)?;
    let kept = trace.kept_share()?;
    let at = backward.position();
    let node = trace.node(&state.name, i32::try_from(at).ok()?)?;
    let mut path: Array1<f32> = backward.gradient(node)?.row(0).to_owned();
    let mut rows = Array2::from_elem(gate.raw_dim(), ABSENT);
    let order: Vec<usize> =
        if state.from_the_end { (at..gate.nrows()).collect() } else { (0..=at).rev().collect() };
    // A decoder's path begins where the decoder does.
    let has_gate = |position: &usize| !gate.row(*position).iter().all(|gate| is_absent(*gate));
    for position in order.into_iter().take_while(has_gate) {
        rows.row_mut(position).assign(&path);
        path.zip_mut_with(&gate.row(position), |path, gate| *path *= kept.share(*gate));
    }
    Some(rows)
}

/// ‖∂L/∂W‖ of all weights together before and after they are scaled down to `limit`, as training does
/// it (Pascanu et al. 2013, §3.2). A limit of 0 clips nothing.
#[must_use]
pub fn clipped(trace: &Trace, backward: &Backward, limit: f32) -> [f32; 2] {
    let before = backward.parameter_norm();
    if limit <= 0.0 {
        return [before; 2];
    }
    let mut gradients: Vec<Array2<f32>> =
        weights(trace).filter_map(|(_, node)| backward.gradient(node).cloned()).collect();
    clip_norm(&mut gradients, limit);
    let squares = gradients.iter().flatten().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>();
    [before, squares.sqrt() as f32]
}

/// Names and nodes of all weights.
pub fn weights(trace: &Trace) -> impl Iterator<Item = (&str, NodeId)> {
    let graph = trace.graph();
    let parameters = graph.names().iter().filter(|named| named.is_parameter);
    parameters.filter_map(move |named| {
        Some((named.name.as_str(), graph.at(graph.find(&named.name)?, 0)?))
    })
}

/// The weights that multiply a state in one layer, by shape and name: `w_hh`, `w_hf`, ….
pub fn recurrent_weights<'t>(
    trace: &'t Trace,
    scope: &'t str,
) -> impl Iterator<Item = (&'t str, &'t Array2<f32>)> {
    weights(trace).filter_map(move |(name, node)| {
        let (of, last) = name.rsplit_once('.').unwrap_or(("", name));
        let value = trace.graph().value(node);
        let is_square = value.nrows() == value.ncols();
        let is_recurrent = of == scope && last.starts_with("w_h") && last != "w_hy";
        (is_recurrent && is_square).then_some((name, value))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;
    use crate::laboratory::{Contestant, Laboratory, Start};
    use crate::models::rnn::Activation;

    fn run(laboratory: &Laboratory, contestant: Contestant) -> (Trace, Backward) {
        let checkpoint = laboratory.build(contestant).unwrap();
        let sequence = checkpoint.task.parse(&laboratory.input()).unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let backward = Backward::new(&trace, usize::MAX).unwrap();
        (trace, backward)
    }

    #[test]
    fn the_states_are_what_has_a_value_before_the_first_step() {
        let names = |trace: &Trace| states(trace).into_iter().map(|s| s.name).collect::<Vec<_>>();
        assert_eq!(names(&example("([")), ["hidden", "cell"]);
        let deep = Laboratory { layers: 2, length: 3, ..Laboratory::default() };
        let (trace, _) = run(&deep, Contestant::Lstm);
        let all = ["layer0.hidden", "layer0.cell", "layer1.hidden", "layer1.cell"];
        assert_eq!(names(&trace), all);
        assert!(states(&trace)[1].is_cell() && states(&trace)[1].scope == "layer0");
    }

    #[test]
    fn an_orthogonal_linear_network_keeps_the_norm() {
        // ReLU is linear where its input is positive. With W = I, a positive bias and small inputs
        // nothing is negative, every Jacobian is the identity and no norm changes. The loss is one.
        let laboratory = Laboratory {
            length: 30,
            start: Start::Identity,
            activation: Activation::Relu,
            ..Laboratory::default()
        };
        let mut checkpoint = laboratory.build(Contestant::Rnn).unwrap();
        checkpoint.parameters.get_mut("b_h").unwrap().fill(10.0);
        let sequence = checkpoint.task.parse(&laboratory.input()).unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let backward = Backward::new(&trace, usize::MAX).unwrap();
        let curve = curves(&trace, &backward).remove(0);
        let last = curve.number(29).unwrap();
        for position in 0..30 {
            let here = curve.number(position).unwrap();
            assert!((here / last - 1.0).abs() < 1e-5, "{position}: {here} {last}");
        }
        assert!((curve.ratio().unwrap() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_gain_of_zero_is_an_exact_zero_and_a_small_one_runs_out_of_digits() {
        let stopped = Laboratory { gain: 0.0, length: 5, ..Laboratory::default() };
        let (trace, backward) = run(&stopped, Contestant::Rnn);
        let curve = curves(&trace, &backward).remove(0);
        assert!(curve.number(4).is_some());
        assert_eq!(curve.sizes[..4], [Size::Zero; 4]);
        let small = Laboratory { gain: 0.1, length: 100, ..Laboratory::default() };
        let (trace, backward) = run(&small, Contestant::Rnn);
        let curve = curves(&trace, &backward).remove(0);
        assert_eq!(curve.sizes[0], Size::Underflow);
        assert!(curve.number(90).is_some() && curve.breaks_at.is_none());
        assert_eq!(curve.ratio(), Some(0.0));
    }

    #[test]
    fn overflow_is_said_with_the_position_where_it_begins() {
        let laboratory = Laboratory {
            gain: 10.0,
            length: 200,
            activation: Activation::Relu,
            start: Start::Identity,
            ..Laboratory::default()
        };
        let (trace, backward) = run(&laboratory, Contestant::Rnn);
        let curve = curves(&trace, &backward).remove(0);
        let breaks_at = curve.breaks_at.expect("10²⁰⁰ is beyond f32");
        assert!(curve.sizes[breaks_at].is_broken());
        assert!(curve.sizes[breaks_at + 1..].iter().all(|size| !size.is_broken()));
    }

    #[test]
    fn behind_the_loss_nothing_depends() {
        let laboratory = Laboratory { length: 6, ..Laboratory::default() };
        let (trace, _) = run(&laboratory, Contestant::Gru);
        let backward = Backward::new(&trace, 3).unwrap();
        let curve = curves(&trace, &backward).remove(0);
        assert!(curve.number(3).is_some());
        assert_eq!(curve.sizes[4..], [Size::Independent; 2]);
    }

    #[test]
    fn the_direct_path_is_the_whole_gradient_where_nothing_else_leads_back() {
        // With recurrent weights of zero the gates do not depend on h, so c_{t−1} reaches c_t through
        // f_t alone, and with one loss at T the gradient is that path. With weights it is not.
        let laboratory = Laboratory { gain: 0.0, length: 12, ..Laboratory::default() };
        for (gain, agrees) in [(0.0, true), (1.0, false)] {
            let laboratory = Laboratory { gain, ..laboratory.clone() };
            let (trace, backward) = run(&laboratory, Contestant::Lstm);
            let state = states(&trace).remove(1);
            let direct = direct_path(&trace, &backward, &state).unwrap();
            let whole = backward.over_time(&trace, "cell").unwrap();
            let scale = whole.row(0).iter().fold(0.0_f32, |m, g| m.max(g.abs()));
            let difference = (&direct.row(0) - &whole.row(0)).mapv(f32::abs);
            let worst = difference.iter().fold(0.0_f32, |m, d| m.max(*d));
            assert_eq!(worst <= 1e-5 * scale, agrees, "gain {gain}: {worst} of {scale}");
        }
        let (trace, backward) = run(&laboratory, Contestant::Lstm);
        assert!(direct_path(&trace, &backward, &states(&trace)[0]).is_none(), "no gate keeps h");
    }

    #[test]
    fn clipping_scales_down_to_the_threshold_and_never_up() {
        let (trace, backward) = run(&Laboratory::default(), Contestant::Rnn);
        let norm = backward.parameter_norm();
        let [before, after] = clipped(&trace, &backward, norm / 8.0);
        assert!(before.total_cmp(&norm).is_eq());
        assert!((after / (norm / 8.0) - 1.0).abs() < 1e-3, "{after} of {norm}");
        assert_eq!(clipped(&trace, &backward, norm * 8.0).to_vec(), [norm; 2].to_vec());
        assert_eq!(clipped(&trace, &backward, 0.0).to_vec(), [norm; 2].to_vec());
    }

    #[test]
    fn recurrent_weights_are_those_of_the_layer() {
        let laboratory = Laboratory { layers: 2, length: 2, ..Laboratory::default() };
        let (trace, _) = run(&laboratory, Contestant::Gru);
        let names: Vec<&str> = recurrent_weights(&trace, "layer1").map(|(name, _)| name).collect();
        assert_eq!(names, ["layer1.w_hr", "layer1.w_hz", "layer1.w_hn"]);
    }
}
