//! Accuracy by length grows before the learner, and the symbols of a source change places.

use std::sync::Arc;

use unrolled::app::state::ModelChoice;
use unrolled::checkpoint::untrained;
use unrolled::models;
use unrolled::training::lengths::Point;
use unrolled::view::Command;

use crate::window::lesson;

#[test]
fn accuracy_appears_length_by_length_and_another_chart_takes_its_place() {
    let mut harness = lesson("lstm");
    harness.state_mut().command(Command::SetModel("lstm-copy-2".to_owned()));
    harness.state_mut().state.views = vec!["lengths".to_owned()];
    harness.run_steps(1);
    let asked = harness.state().state.lengths.asked.clone();
    assert!(asked.len() > 4, "{asked:?}");
    harness.run_steps(1);
    let chart = &harness.state().state.lengths;
    assert_eq!(chart.asked, asked[1..], "one length after the other");
    let first = chart.points.at(&asked[0].0, asked[0].1);
    assert!(matches!(first, Some(Point::Measured(found)) if found.score > 0.9), "{first:?}");
    harness.state_mut().command(Command::SetModel("lstm-copy-2-residual".to_owned()));
    harness.run_steps(1);
    let chart = &harness.state().state.lengths;
    assert!(chart.asked.iter().all(|(model, _)| model == "lstm-copy-2-residual"));
    assert!(!chart.asked.is_empty());
    for _ in 0..20 {
        harness.run_steps(1);
    }
    let chart = &harness.state().state.lengths;
    assert!(chart.asked.is_empty());
    assert!(chart.points.at("lstm-copy-2", asked[0].1).is_some(), "what was found is kept");
    assert!(chart.points.at("lstm-copy-2", asked[asked.len() - 1].1).is_none(), "given up");
}

#[test]
fn a_shuffled_source_has_the_same_symbols_and_the_first_order_stays_beside_it() {
    let mut harness = lesson("lstm");
    let (spec, recipe) = models::find_recipe("transformer-none-echo").unwrap();
    let checkpoint = Arc::new(untrained(spec, recipe).unwrap());
    harness.state_mut().state.model = ModelChoice::Opened(checkpoint);
    harness.state_mut().state.views = vec!["positions".to_owned()];
    harness.state_mut().command(Command::SetInput("abcdefgh".to_owned()));
    for _ in 0..3 {
        harness.state_mut().command(Command::ShuffleSource);
        harness.run_steps(2);
        let state = &harness.state().state;
        assert!(state.input_error.is_none() && state.message.is_none(), "{:?}", state.message);
        assert_ne!(state.input, "abcdefgh→");
        let mut letters: Vec<char> = state.input.chars().filter(char::is_ascii).collect();
        letters.sort_unstable();
        assert_eq!(letters.into_iter().collect::<String>(), "abcdefgh");
        assert_eq!(state.others.len(), 1);
        assert_eq!(state.others[0].trace.text(), "abcdefgh");
    }
}
