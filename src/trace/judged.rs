//! Which answers of a run are right, as its task counts them.

use crate::models::{Input, Outputs};
use crate::tasks::{Batch, Measure, Sequence, Tally, Targets, Task};

/// For each position whether the answer there is right; `None` where the task counts none: nobody
/// can know which bracket opens next, or which word of a story comes.
pub(super) fn judged(
    task: &dyn Task,
    sequence: &Sequence,
    targets: &Targets,
    outputs: &Outputs<'_>,
) -> Vec<Option<bool>> {
    let symbols = match targets {
        Targets::Symbols(symbols) if task.measure() == Measure::Accuracy => symbols,
        _ => return vec![None; sequence.len()],
    };
    let at = |position: usize| {
        let target = (*symbols.get(position)?)?;
        let input = match sequence {
            Sequence::Symbols(symbols) => Input::Symbols(vec![vec![*symbols.get(position)?]]),
            Sequence::Numbers(_) => Input::Numbers(Vec::new()),
        };
        let symbols = vec![vec![Some(target)]];
        let batch = Batch { input, symbols, numbers: Vec::new(), lengths: vec![1], source: 1 };
        let mut tally = Tally::default();
        task.score(&[outputs.at(position)?.value()], &batch, &mut tally);
        (tally.count > 0).then(|| tally.score() > 0.5)
    };
    (0..sequence.len()).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use crate::tasks::Targets;
    use crate::tensor::argmax;

    #[test]
    fn only_closing_brackets_are_judged_and_among_themselves() {
        let trace = example("([{<>}])");
        let Targets::Symbols(targets) = trace.targets() else { panic!("symbols are asked for") };
        // An opening bracket follows the first three; then four that close, and the end.
        assert!((0..3).all(|at| trace.is_right(at).is_none()));
        for (at, target) in targets.iter().enumerate().take(7).skip(3) {
            let scores = trace.value("scores", at as i32).unwrap();
            let closing = scores.row(0).to_vec()[4..8].to_vec();
            let is_right = 4 + argmax(&closing) == target.unwrap();
            assert_eq!(trace.is_right(at), Some(is_right), "{at}");
        }
        assert_eq!((trace.is_right(7), trace.is_right(99)), (None, None));
    }
}
