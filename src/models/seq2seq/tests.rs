use super::*;
use crate::checkpoint::{self, Checkpoint};
use crate::models;
use crate::trace::Trace;

/// A model with new weights: what is tested here does not depend on training.
fn new(id: &str) -> Checkpoint {
    let (spec, recipe) = models::find_recipe(id).unwrap();
    checkpoint::untrained(spec, recipe).unwrap()
}

fn record(checkpoint: &Checkpoint, text: &str, changes: &[&str]) -> Trace {
    let sequence = checkpoint.task.parse(text).unwrap();
    Trace::record(checkpoint, sequence, changes.iter().map(|c| c.parse().unwrap()).collect())
}

fn with_attention() -> impl Iterator<Item = &'static str> {
    let ids = SPEC.recipes.iter().map(|recipe| recipe.id);
    ids.filter(|id| id.starts_with("attention"))
}

#[test]
fn the_answer_begins_where_the_source_ends() {
    for recipe in SPEC.recipes {
        let trace = record(&new(recipe.id), if recipe.task == "echo" { "abc" } else { "5月" }, &[]);
        let source = trace.source() as i32;
        for value in ["encoder.hidden", "encoder.input"] {
            assert!(trace.row(value, source - 1).is_some() && trace.row(value, source).is_none());
        }
        for value in ["decoder.input", "decoder.context", "scores", "prediction"] {
            assert!(trace.row(value, source - 1).is_none() && trace.row(value, source).is_some());
        }
        // The decoder starts from the encoder's last state.
        assert_eq!(
            trace.row("decoder.hidden", source - 1),
            trace.row("encoder.hidden", source - 1)
        );
    }
}

#[test]
fn without_attention_one_context_is_read_at_every_step() {
    let trace = record(&new("seq2seq-echo"), "abc", &[]);
    let last = trace.row("encoder.hidden", 2);
    for position in 3..trace.n_positions() as i32 {
        assert_eq!(trace.row("decoder.context", position), last);
    }
}

#[test]
fn shares_add_up_to_one_and_sum_the_states_up() {
    for id in with_attention() {
        let trace = record(&new(id), if id.ends_with("echo") { "abcd" } else { "2月3日" }, &[]);
        let source = trace.source();
        for position in source..trace.n_positions() {
            let position = position as i32;
            let shares = trace.row("decoder.attention", position).unwrap();
            assert_eq!(shares.len(), source, "{id}");
            assert!((shares.sum() - 1.0).abs() < 1e-5, "{id}: {shares}");
            let context = trace.row("decoder.context", position).unwrap();
            let state = |at: usize| trace.row("encoder.hidden", at as i32).unwrap();
            let sum = |unit: usize| (0..source).map(|at| shares[at] * state(at)[unit]).sum::<f32>();
            let apart = (0..context.len()).map(|unit| (context[unit] - sum(unit)).abs());
            assert!(apart.fold(0.0, f32::max) < 1e-5, "{id}");
        }
    }
}

#[test]
fn shares_that_are_edited_are_those_that_are_summed() {
    let checkpoint = new("attention-echo");
    let [off, one, hidden] = [
        &["decoder.attention = 0"][..],
        &["decoder.attention[5] = 0", "decoder.attention[5][2] = 1"],
        &["decoder.score = -inf"],
    ]
    .map(|changes| record(&checkpoint, "abcd", changes));
    for trace in [&off, &hidden] {
        for position in 4..trace.n_positions() as i32 {
            let context = trace.row("decoder.context", position).unwrap();
            assert!(context.iter().all(|c| *c == 0.0), "{context}");
            let scores = trace.row("scores", position).unwrap();
            assert!(scores.iter().all(|s| s.is_finite()), "{scores}");
        }
    }
    assert_eq!(one.row("decoder.context", 5), one.row("encoder.hidden", 2));
    assert_ne!(one.row("decoder.context", 4), one.row("encoder.hidden", 2));
}

#[test]
fn sources_of_any_length_are_read_and_an_answer_ends() {
    for recipe in SPEC.recipes {
        let (spec, _) = models::find_recipe(recipe.id).unwrap();
        // No end is written by weights that prefer another symbol everywhere.
        let mut checkpoint = checkpoint::untrained(spec, recipe).unwrap();
        let output =
            if matches!(recipe.id, "seq2seq-dates" | "seq2seq-echo") { "b_y" } else { "b_ay" };
        let bias = checkpoint.parameters.get_mut(&format!("decoder.{output}")).unwrap();
        bias[[0, 1]] = 1e3;
        let sign = if recipe.task == "echo" { "b" } else { "1" };
        let most = if recipe.task == "echo" { 200 } else { 60 };
        for length in [1, most] {
            let trace = record(&checkpoint, &sign.repeat(length), &[]);
            assert_eq!(trace.source(), length, "{}", recipe.id);
            assert!(trace.is_cut(), "{}: {} positions", recipe.id, trace.n_positions());
        }
    }
}

#[test]
fn where_location_has_no_column_there_is_no_share() {
    let (spec, recipe) = models::find_recipe("attention-echo").unwrap();
    let config = recipe.config.replace(r#""additive""#, r#"{"location":{"longest":3}}"#);
    let recipe = Recipe { config: config.leak(), ..recipe.clone() };
    let trace = record(&checkpoint::untrained(spec, &recipe).unwrap(), "abcde", &[]);
    let shares = trace.row("decoder.attention", 5).unwrap();
    assert!(shares.iter().take(3).all(|share| *share > 0.0), "{shares}");
    assert!(shares.iter().skip(3).all(|share| *share == 0.0), "{shares}");
}

#[test]
fn without_a_source_or_an_answer_nothing_breaks() {
    /// Nothing but what is there, all of it a source or none.
    struct Bare(usize, usize, Option<usize>);
    impl Feed for Bare {
        fn rows(&self) -> usize {
            2
        }
        fn source(&self) -> usize {
            self.0
        }
        fn known(&self) -> Option<usize> {
            self.2
        }
        fn at(&self, position: usize, _: Option<Var<'_>>) -> Option<Step> {
            (position < self.1).then(|| Step::Symbols(vec![0, 1]))
        }
    }
    for recipe in SPEC.recipes {
        let config: Config = serde_json::from_str(recipe.config).unwrap();
        let parameters = config.init(1);
        for (source, length) in [(0, 0), (0, 2), (3, 3), (3, 5)] {
            for known in [Some(length), None] {
                let tape = Tape::recording();
                let feed = Bare(source, length, known);
                let outputs = config.forward(&Binder::stored(&tape, &parameters), &feed);
                assert_eq!(outputs.first + outputs.scores.len(), length, "{}", recipe.id);
                let finite = |s: &Var<'_>| s.value().iter().all(|s| s.is_finite());
                assert!(outputs.scores.iter().all(finite), "{}", recipe.id);
            }
        }
    }
}
