use super::*;
use crate::trace::{Backward, Trace, flow};

#[test]
fn every_extreme_of_the_controls_runs() {
    let number = Control::Number;
    for (name, low, high) in [
        ("length", 0.0, 1e9),
        ("hidden", 0.0, 1e9),
        ("gain", -1.0, 1e9),
        ("forget_bias", -1e9, 1e9),
        ("layers", 0.0, 99.0),
    ] {
        for setting in [low, high] {
            let mut laboratory = Laboratory::default();
            laboratory.set(name, &number(setting)).unwrap();
            for contestant in Contestant::ALL {
                let checkpoint = laboratory.build(contestant).unwrap();
                let sequence = checkpoint.task.parse(&laboratory.input()).unwrap();
                let trace = Trace::record(&checkpoint, sequence, Vec::new());
                assert!(Backward::new(&trace, usize::MAX).is_some(), "{name} = {setting}");
            }
        }
    }
}

#[test]
fn the_gain_is_the_spectral_radius_of_an_orthogonal_start() {
    let laboratory = Laboratory { gain: 0.5, ..Laboratory::default() };
    let checkpoint = laboratory.build(Contestant::Rnn).unwrap();
    let w = checkpoint.parameters.get("w_hh").unwrap();
    let gram = w.dot(&w.t());
    assert!((gram[[3, 3]] - 0.25).abs() < 1e-4 && gram[[3, 4]].abs() < 1e-4);
}

#[test]
fn a_wrong_setting_says_what_is_possible() {
    let mut laboratory = Laboratory::default();
    let error = laboratory.set("lenght", &Control::Number(3.0)).unwrap_err();
    assert!(error.contains("length"), "{error}");
    assert!(laboratory.set("start", &Control::Text("random".to_owned())).is_err());
    assert!(laboratory.set("models", &Control::Text("lstm, gru".to_owned())).is_ok());
    assert_eq!(laboratory.contestants, [Contestant::Lstm, Contestant::Gru]);
}

struct Measured {
    trace: Trace,
    backward: Backward,
}

impl Measured {
    fn of(laboratory: &Laboratory, contestant: Contestant) -> Self {
        let checkpoint = laboratory.build(contestant).unwrap();
        let sequence = checkpoint.task.parse(&laboratory.input()).unwrap();
        let trace = Trace::record(&checkpoint, sequence, Vec::new());
        let backward = Backward::new(&trace, usize::MAX).unwrap();
        Self { trace, backward }
    }

    /// ‖∂L/∂s_0‖ / ‖∂L/∂s_T‖ of a state.
    fn ratio(&self, state: &str) -> f32 {
        let curves = flow::curves(&self.trace, &self.backward);
        let curve = curves.into_iter().find(|curve| curve.state.name == state).unwrap();
        curve.ratio().unwrap()
    }
}

fn preset(id: &str) -> Laboratory {
    let mut laboratory = Laboratory::default();
    laboratory.set("preset", &Control::Text(id.to_owned())).unwrap();
    laboratory
}

/// The stage's run and the one beside it.
fn pair(id: &str) -> [Measured; 2] {
    let laboratory = preset(id);
    let first = Measured::of(&laboratory, laboratory.contestants[0]);
    let varied = laboratory.varied().unwrap();
    let beside = varied.unwrap_or(laboratory.clone());
    let contestant = laboratory.contestants.get(1).unwrap_or(&laboratory.contestants[0]);
    [first, Measured::of(&beside, *contestant)]
}

/// Other weights and other sequences show the same.
#[track_caller]
fn check_seeds(id: &str, holds: impl Fn(&Laboratory) -> bool) {
    for seed in 1..=5 {
        assert!(holds(&Laboratory { seed, ..preset(id) }), "{id} with seed {seed}");
    }
}

#[test]
fn vanish_vanishes_and_explode_explodes() {
    let ratio = |laboratory: &Laboratory| Measured::of(laboratory, Contestant::Rnn).ratio("hidden");
    check_seeds("vanish", |laboratory| ratio(laboratory) < 1e-6);
    check_seeds("explode", |laboratory| ratio(laboratory) > 1e6);
}

#[test]
fn clipped_has_the_norm_of_the_threshold() {
    check_seeds("clipped", |laboratory| {
        let run = Measured::of(laboratory, Contestant::Rnn);
        let [before, after] = flow::clipped(&run.trace, &run.backward, laboratory.clip);
        before > 1e6 && (after / laboratory.clip - 1.0).abs() < 1e-3
    });
}

#[test]
fn the_identity_with_relu_keeps_what_tanh_with_gaussian_weights_loses() {
    let [irnn, plain] = pair("irnn").map(|run| run.ratio("hidden"));
    assert!((0.1..10.0).contains(&irnn), "{irnn}");
    assert!(plain < 1e-3 * irnn, "{plain}");
}

#[test]
fn open_gates_keep_what_the_simple_network_loses() {
    for (id, state) in [("lstm", "cell"), ("gru", "hidden")] {
        let [gated, plain] = pair(id);
        let (gated, plain) = (gated.ratio(state), plain.ratio("hidden"));
        assert!(gated > 0.05, "{id}: {gated}");
        assert!(plain < 1e-6, "{id}: {plain}");
    }
}

#[test]
fn residual_connections_carry_the_gradient_to_the_lowest_layer() {
    // Across layers at the position of the loss: the lowest over the highest.
    let across = |run: &Measured| {
        let norms = |name| run.backward.norms(&run.trace, name).unwrap();
        let at = run.backward.position();
        norms("layer0.hidden")[at] / norms("layer7.hidden")[at]
    };
    let [residual, plain] = pair("residual");
    let (residual, plain) = (across(&residual), across(&plain));
    assert!(residual > 0.1, "{residual}");
    assert!(plain < 1e-3 * residual, "{plain} {residual}");
}

#[test]
fn one_run_can_have_other_settings() {
    let mut laboratory = Laboratory::default();
    let text = |text: &str| Control::Text(text.to_owned());
    laboratory.set("versus", &text("gain = 0.5, activation=relu, residual = true")).unwrap();
    let varied = laboratory.varied().unwrap().unwrap();
    assert_eq!((varied.gain, varied.activation), (0.5, Activation::Relu));
    assert!(varied.residual);
    let runs = laboratory.runs();
    let labels: Vec<String> = runs.iter().map(|(own, kind)| own.label(*kind)).collect();
    let second = "rnn, gain = 0.5, activation=relu, residual = true";
    assert_eq!(labels, ["rnn", second, "lstm", "gru"]);
    assert_eq!(varied.summary(), "gain = 0.5, activation = relu, residual = true");
    assert!(laboratory.set("versus", &text("length = 3")).unwrap_err().contains("gain"));
    assert!(laboratory.set("versus", &text("gain")).is_err());
    let error = laboratory.set("preset", &text("vanished")).unwrap_err();
    assert!(error.contains("vanish, explode"), "{error}");
}
