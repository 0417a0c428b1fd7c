use ndarray::Array2;

use super::*;
use crate::models::Step;
use crate::tape::{Graph, Intervention, Mode};
use crate::tensor::random::Random;

const HIDDEN: usize = 6;

fn config(form: Form) -> Config {
    let sizes = Sizes { symbols: 5, hidden: HIDDEN, layers: 2, outputs: 5 };
    Config { sizes, inner: 9, form }
}

/// Random weights, so that no part is idle, with these decay parameters in all layers.
fn weights(seed: u64, decay: Option<[f32; HIDDEN]>) -> Parameters {
    let mut random = Random::new(seed, 77);
    let mut parameters = config(Form::Recurrent).init(seed);
    for (name, array) in parameters.iter_mut() {
        match decay {
            Some(decay) if name.ends_with("time_decay") => {
                array.iter_mut().zip(decay).for_each(|(w, decay)| *w = decay);
            }
            _ => array.iter_mut().for_each(|w| *w += 0.5 * random.normal()),
        }
    }
    parameters
}

fn input(symbols: usize, length: usize, rows: usize) -> Input {
    let mut random = Random::new(3, 78);
    Input::Symbols(
        (0..length).map(|_| (0..rows).map(|_| random.below(symbols)).collect()).collect(),
    )
}

fn run(config: &Config, parameters: &Parameters, input: &dyn Feed, edits: &[&str]) -> Graph {
    let edits = edits.iter().map(|edit| edit.parse::<Intervention>().unwrap()).collect();
    let tape = Tape::new(Mode::Record, edits);
    let _ = config.forward(&Binder::stored(&tape, parameters), input);
    tape.finish()
}

/// Compares every value that both runs have at a position; the states of one and the shares of the
/// other are its own.
#[track_caller]
fn same(recurrent: &Graph, parallel: &Graph, tolerance: f32) {
    let mut compared = 0;
    for named in recurrent.names().iter().filter(|named| !named.is_parameter) {
        let Some(other) = parallel.find(&named.name) else { continue };
        for (position, node) in recurrent.everywhere(recurrent.find(&named.name).unwrap()) {
            let (ours, other) =
                (recurrent.value(*node), parallel.value(parallel.at(other, *position).unwrap()));
            assert_eq!(ours.dim(), other.dim());
            for (a, b) in ours.iter().zip(other) {
                let (name, apart) = (&named.name, (a - b).abs() / a.abs().max(1.0));
                assert!(apart < tolerance, "{name}[{position}]: {a} and {b}");
            }
            compared += 1;
        }
    }
    let own = |graph: &Graph, name: &str| graph.find(name).is_some();
    assert!(own(recurrent, "layer1.time.numerator") && !own(parallel, "layer1.time.numerator"));
    assert!(own(parallel, "layer1.time.contribution") && own(recurrent, "layer1.time.wkv"));
    assert!(compared > 100, "only {compared} values are compared");
}

#[track_caller]
fn finite(graph: &Graph) {
    for (id, node) in graph.nodes() {
        let name = node.name.map(|name| graph.name(name).name.clone());
        assert!(graph.value(id).iter().all(|x| x.is_finite()), "{name:?} at {}", node.position);
    }
}

/// Both forms compute the same, and nothing overflows, whatever the decay: at −20 everything is
/// kept, at 20 nothing. A long run sums 200 rounded exponents, whose errors add up.
#[test]
fn both_forms_are_the_same_function() {
    let decays = [None, Some([-20.0, 20.0, -20.0, 20.0, 0.0, -1.0]), Some([20.0; HIDDEN])];
    for (seed, decay) in (1..).zip(decays) {
        for (length, rows, tolerance) in [(7, 3, 2e-5), (200, 1, 1e-3)] {
            let (parameters, input) = (weights(seed, decay), input(5, length, rows));
            let [recurrent, parallel] = [Form::Recurrent, Form::Parallel]
                .map(|form| run(&config(form), &parameters, &input, &[]));
            same(&recurrent, &parallel, tolerance);
            finite(&recurrent);
            finite(&parallel);
        }
    }
}

/// What is read position by position, as while a model writes, gives the same in the parallel form.
#[test]
fn the_parallel_form_can_also_be_stepped() {
    struct Unknown(Input);
    impl Feed for Unknown {
        fn rows(&self) -> usize {
            self.0.rows()
        }
        fn source(&self) -> usize {
            self.0.len()
        }
        fn known(&self) -> Option<usize> {
            None
        }
        fn at(&self, position: usize, scores: Option<Var<'_>>) -> Option<Step> {
            self.0.at(position, scores)
        }
    }
    let (parameters, input) = (weights(1, None), input(5, 9, 1));
    let parallel = run(&config(Form::Parallel), &parameters, &input, &[]);
    let stepped = run(&config(Form::Parallel), &parameters, &Unknown(input), &[]);
    for named in parallel.names().iter().filter(|named| !named.is_parameter) {
        for (position, node) in parallel.everywhere(parallel.find(&named.name).unwrap()) {
            let other = stepped.at(stepped.find(&named.name).unwrap(), *position).unwrap();
            assert_eq!(parallel.value(*node), stepped.value(other), "{}", named.name);
        }
    }
}

/// A decay that is changed at one position or in one channel changes both forms alike.
#[test]
fn interventions_act_on_both_forms_alike() {
    let (parameters, input) = (weights(4, None), input(5, 12, 1));
    let scores =
        |graph: &Graph| graph.value(graph.at(graph.find("scores").unwrap(), 11).unwrap()).clone();
    let untouched = scores(&run(&config(Form::Recurrent), &parameters, &input, &[]));
    for edit in [
        "layer0.time.decay[2] = 0",
        "layer0.time.decay[5][3] = 1",
        "layer1.time.decay[4] = 0",
        "layer0.time.decay = 1",
        "layer0.time.bonus[1] = 3",
        "layer1.time.key[6] = 2",
    ] {
        let [recurrent, parallel] = [Form::Recurrent, Form::Parallel]
            .map(|form| run(&config(form), &parameters, &input, &[edit]));
        same(&recurrent, &parallel, 1e-4);
        finite(&recurrent);
        let moved: Array2<f32> = scores(&recurrent) - &untouched;
        assert!(moved.iter().any(|d| d.abs() > 1e-4), "{edit} changes nothing");
    }
}

/// e^m a and e^m b are the sums as the paper writes them, eq. 16, in double precision.
#[test]
fn the_stable_form_is_the_published_quotient() {
    let (parameters, input) = (weights(5, None), input(5, 10, 1));
    let graph = run(&config(Form::Recurrent), &parameters, &input, &[]);
    let at = |name: &str, t: usize, c: usize| {
        let node = graph.at(graph.find(&format!("layer0.time.{name}")).unwrap(), t as i32);
        f64::from(graph.value(node.unwrap())[[0, c]])
    };
    for c in 0..HIDDEN {
        let w = -f64::from(parameters.get("layer0.time.time_decay").unwrap()[[0, c]]).exp();
        let u = f64::from(parameters.get("layer0.time.time_first").unwrap()[[0, c]]);
        for t in 0..10 {
            let share = |i: usize| {
                let exponent = if i == t { u } else { (t - 1 - i) as f64 * w };
                (exponent + at("key", i, c)).exp()
            };
            let sum: f64 = (0..=t).map(|i| share(i) * at("value", i, c)).sum();
            let wkv = sum / (0..=t).map(share).sum::<f64>();
            assert!((wkv - at("wkv", t, c)).abs() < 1e-5 * wkv.abs().max(1.0), "{c} at {t}");
        }
    }
}
