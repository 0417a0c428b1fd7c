//! How answers in symbols are compared with what is wanted.

use ndarray::Array2;

use super::{Batch, Tally, Targets};
use crate::tape::Var;
use crate::tensor::{argmax, slice};

/// Σ −ln p(target) over all rows and positions that count.
#[must_use]
pub fn cross_entropy<'t>(scores: &[Var<'t>], batch: &Batch) -> Var<'t> {
    let mut total: Option<Var<'t>> = None;
    for (scores, targets) in scores.iter().zip(&batch.symbols) {
        if targets.iter().any(Option::is_some) {
            let here = scores.log_softmax().pick(targets).sum().scale(-1.0);
            total = Some(total.map_or(here, |total| total + here));
        }
    }
    total.unwrap_or_else(|| scores[0].sum().scale(0.0))
}

/// Counts every answer for itself: the symbol with the highest score, where one is wanted.
pub fn right_answers(scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
    for (scores, targets) in scores.iter().zip(&batch.symbols) {
        for (row, target) in targets.iter().enumerate() {
            if let Some(target) = target {
                tally.count += 1;
                tally.sum += f64::from(u8::from(best(scores, row) == *target));
            }
        }
    }
}

/// Counts a sequence as one answer, right if all of its symbols are. Where a model reads the right
/// answers so far, this is how often it would write the whole answer by itself: its first mistake
/// comes after what it would have read anyway.
pub fn right_sequences(scores: &[Array2<f32>], batch: &Batch, tally: &mut Tally) {
    for row in 0..batch.lengths.len() {
        let mut is_right = true;
        for (scores, targets) in scores.iter().zip(&batch.symbols) {
            is_right &= targets[row].is_none_or(|target| best(scores, row) == target);
        }
        tally.count += 1;
        tally.sum += f64::from(u8::from(is_right));
    }
}

/// ln p(target) by the scores of a row, in double precision.
#[must_use]
pub fn log_softmax(scores: &Array2<f32>, row: usize, target: usize) -> f64 {
    let scores = scores.row(row);
    let most = f64::from(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = scores.iter().map(|score| (f64::from(*score) - most).exp()).sum();
    scores.get(target).map_or(f64::NEG_INFINITY, |score| f64::from(*score) - most - sum.ln())
}

/// What a model should say from position `from` on, when it has written `written` there so far:
/// the next symbol of `answer` for as long as it is on the way, and nothing afterwards. The
/// targets are for `from` + 1 positions and as many as were written.
#[must_use]
pub fn while_right(from: usize, answer: &[usize], written: &[usize]) -> Targets {
    let before = std::iter::repeat_n(None, from);
    let along = (0..=written.len()).map(|at| {
        let is_right = answer.len() > at && answer[..at] == written[..at];
        is_right.then(|| answer[at])
    });
    Targets::Symbols(before.chain(along).collect())
}

fn best(scores: &Array2<f32>, row: usize) -> usize {
    let columns = scores.ncols();
    argmax(&slice(scores)[row * columns..(row + 1) * columns])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::copy::Copy;
    use crate::tasks::{Example, Sequence};
    use crate::tensor::from_vec;

    fn batch(examples: &[Example]) -> Batch {
        Batch::new(&Copy { letters: 2, shortest: 1, longest: 1 }, examples)
    }

    #[test]
    fn a_sequence_is_right_only_as_a_whole() {
        let example = |targets: [Option<usize>; 2]| Example {
            sequence: Sequence::Symbols(vec![0, 0]),
            targets: Targets::Symbols(targets.to_vec()),
        };
        let batch = batch(&[example([Some(0), Some(1)]), example([None, Some(0)])]);
        // Both rows say 0, then 1: the first is right twice, the second wrong once.
        let scores =
            [from_vec([2, 2], vec![1., 0., 1., 0.]), from_vec([2, 2], vec![0., 1., 0., 1.])];
        let (mut answers, mut sequences) = (Tally::default(), Tally::default());
        right_answers(&scores, &batch, &mut answers);
        right_sequences(&scores, &batch, &mut sequences);
        assert_eq!(answers, Tally { sum: 2.0, count: 3 });
        assert_eq!(sequences, Tally { sum: 1.0, count: 2 });
    }

    #[test]
    fn nothing_more_is_wanted_after_the_first_mistake() {
        let symbols = |written: &[usize]| while_right(1, &[5, 6, 7], written);
        assert_eq!(symbols(&[]), Targets::Symbols(vec![None, Some(5)]));
        assert_eq!(symbols(&[5, 6]), Targets::Symbols(vec![None, Some(5), Some(6), Some(7)]));
        assert_eq!(symbols(&[4, 6]), Targets::Symbols(vec![None, Some(5), None, None]));
        assert_eq!(
            symbols(&[5, 6, 7]),
            Targets::Symbols(vec![None, Some(5), Some(6), Some(7), None])
        );
    }
}
