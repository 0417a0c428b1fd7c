//! A trace as expressions see it: of every value the row of a position.

use super::Values;
use crate::trace::{Backward, Trace, flow};

impl Values for Trace {
    fn n_positions(&self) -> usize {
        Trace::n_positions(self)
    }

    fn n_given(&self) -> usize {
        self.given()
    }

    fn names(&self) -> Vec<String> {
        self.graph().names().iter().map(|named| named.name.clone()).collect()
    }

    fn row(&self, name: &str, position: i64) -> Option<Vec<f32>> {
        let position = i32::try_from(position).ok()?;
        let row = Trace::row(self, name, position)?.to_vec();
        // Entry i is that of position i, wherever columns stand for positions.
        let before = self.node(name, position).map(|node| self.graph().node(node).position);
        let first = before.map_or(0, |start| self.first_column(name, start));
        Some([vec![0.0; first], row].concat())
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

/// The name before gradients: `grad.hidden` is ∂L/∂hidden.
const GRADIENT: &str = "grad.";
/// The gradients of all weights together, as one row.
const ALL_WEIGHTS: &str = "weights";
/// The name before values of the first run beside the one on the stage; then `beside2`, ….
const BESIDE: &str = "beside";

/// The runs on the stage as expressions see them. Names are those of the first run; `grad.` before one
/// means the gradient of its loss, and another run's label before that means that run: `lstm.grad.cell`.
pub struct Seen<'a> {
    /// The run on the stage, then those beside it; never empty.
    pub runs: Vec<SeenRun<'a>>,
}

/// One of them.
#[derive(Clone, Copy)]
pub struct SeenRun<'a> {
    /// What it is called.
    pub label: &'a str,
    /// The run.
    pub trace: &'a Trace,
    /// The gradients of its loss, if it has one.
    pub backward: Option<&'a Backward>,
}

/// A name without what stands before it: what a click on it can go to.
#[must_use]
pub fn plain_name(name: &str) -> &str {
    name.split_once(GRADIENT).map_or(name, |(before, rest)| {
        let is_prefix = before.is_empty() || before.ends_with('.');
        if is_prefix { rest } else { name }
    })
}

impl<'a> Seen<'a> {
    /// The run that a name is of, and the rest of the name.
    fn run<'n>(&self, name: &'n str) -> Option<(&SeenRun<'a>, &'n str)> {
        let stage = self.runs.first()?;
        if stage.has(name) {
            return Some((stage, name));
        }
        let (label, rest) = name.split_once('.')?;
        let number = label.strip_prefix(BESIDE).and_then(|number| number.parse::<usize>().ok());
        let by_number = number.filter(|number| *number > 0).and_then(|n| self.runs.get(n));
        let run = by_number.or_else(|| self.runs.iter().find(|run| run.label == label))?;
        run.has(rest).then_some((run, rest))
    }
}

impl SeenRun<'_> {
    fn has(&self, name: &str) -> bool {
        match name.strip_prefix(GRADIENT) {
            None => Values::has(self.trace, name),
            Some(rest) => {
                self.backward.is_some() && (rest == ALL_WEIGHTS || Values::has(self.trace, rest))
            }
        }
    }

    fn row(&self, name: &str, position: i64) -> Option<Vec<f32>> {
        let Some(name) = name.strip_prefix(GRADIENT) else {
            return Values::row(self.trace, name, position);
        };
        let backward = self.backward?;
        let gradient = |node| backward.gradient(node).into_iter().flatten().copied();
        if name == ALL_WEIGHTS {
            return Some(flow::weights(self.trace).flat_map(|(_, node)| gradient(node)).collect());
        }
        let node = self.trace.node(name, i32::try_from(position).ok()?)?;
        let own: Vec<f32> = gradient(node).collect();
        // The loss does not depend on it, so it is zero and not absent.
        let zeros = || vec![0.0; self.trace.graph().value(node).len()];
        Some(if own.is_empty() { zeros() } else { own })
    }
}

impl Values for Seen<'_> {
    fn n_positions(&self) -> usize {
        self.runs.first().map_or(0, |run| run.trace.n_positions())
    }

    fn n_given(&self) -> usize {
        self.runs.first().map_or(0, |run| run.trace.given())
    }

    fn names(&self) -> Vec<String> {
        self.runs.first().map(|run| run.trace.names()).unwrap_or_default()
    }

    fn row(&self, name: &str, position: i64) -> Option<Vec<f32>> {
        let (run, name) = self.run(name)?;
        run.row(name, position)
    }

    fn symbol(&self, index: usize) -> Option<String> {
        self.runs.first()?.trace.symbol(index)
    }

    fn token(&self, position: usize) -> Option<String> {
        self.runs.first()?.trace.token(position)
    }

    fn has(&self, name: &str) -> bool {
        self.run(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, evaluate};
    use super::*;
    use crate::laboratory::{Contestant, Laboratory};

    fn run(contestant: Contestant) -> (Trace, Backward) {
        let laboratory = Laboratory { length: 8, hidden: 5, ..Laboratory::default() };
        let checkpoint = laboratory.build(contestant).unwrap();
        let sequence = checkpoint.task.parse(&laboratory.input()).unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let backward = Backward::new(&trace, 6).unwrap();
        (trace, backward)
    }

    #[test]
    fn gradients_and_other_runs_have_names() {
        let (rnn, lstm) = (run(Contestant::Rnn), run(Contestant::Lstm));
        let seen = |label, (trace, backward)| SeenRun { label, trace, backward: Some(backward) };
        let runs = vec![seen("rnn", (&rnn.0, &rnn.1)), seen("lstm", (&lstm.0, &lstm.1))];
        let values = Seen { runs };
        let number = |source: &str| match evaluate(source, &values, 6) {
            Ok(Answer::Number(number)) => number,
            other => panic!("{source}: {other:?}"),
        };
        let close = |found: f64, expected: f32| {
            let expected = f64::from(expected);
            assert!((found / expected - 1.0).abs() < 1e-5, "{found} {expected}");
        };
        close(number("norm(grad.hidden[3])"), rnn.1.norms(&rnn.0, "hidden").unwrap()[3]);
        close(number("grad.hidden.norm[now]"), rnn.1.norms(&rnn.0, "hidden").unwrap()[6]);
        close(number("norm(grad.weights[0])"), rnn.1.parameter_norm());
        let cell = lstm.1.norms(&lstm.0, "cell").unwrap();
        close(number("norm(lstm.grad.cell[2])"), cell[2]);
        close(number("beside1.grad.cell.norm[2]"), cell[2]);
        close(
            number("mean(lstm.forget_gate[2])"),
            lstm.0.value("forget_gate", 2).unwrap().mean().unwrap(),
        );
        // Behind the loss nothing has a gradient.
        assert_eq!(evaluate("norm(grad.hidden[7])", &values, 6), Ok(Answer::Number(0.0)));
        for wrong in ["grad.hiden[3]", "gru.hidden[3]", "beside2.hidden[3]", "grad[3]"] {
            assert!(evaluate(wrong, &values, 0).is_err(), "{wrong}");
        }
        let hint = evaluate("norm(grad.hiden[3])", &values, 0).unwrap_err().hint.unwrap();
        assert!(hint.contains("grad.hidden"), "{hint}");
        // Without a loss there is no gradient to name.
        let bare = Seen { runs: vec![SeenRun { backward: None, ..values.runs[0] }] };
        assert!(evaluate("norm(grad.hidden[3])", &bare, 0).is_err());
    }

    #[test]
    fn a_click_on_a_gradient_goes_to_the_value() {
        for (name, plain) in [
            ("hidden", "hidden"),
            ("grad.layer0.cell", "layer0.cell"),
            ("lstm.grad.cell", "cell"),
            ("upgrad.cell", "upgrad.cell"),
        ] {
            assert_eq!(plain_name(name), plain);
        }
    }
}
