//! What makes a lesson good, as far as counting can tell.

use super::{Block, Diagnostic, Lesson, Part, Place, parts};

/// What a good lesson has; each is a warning.
pub(super) fn rules(lesson: &Lesson) -> Vec<Diagnostic> {
    const STOPS: std::ops::RangeInclusive<usize> = 6..=10;
    const PREDICTIONS: usize = 2;
    const CHECKS: usize = 3;
    let blocks = || lesson.intro.iter().chain(lesson.stops.iter().flat_map(|stop| &stop.blocks));
    let found: Vec<Part> = blocks().flat_map(|block| parts(std::slice::from_ref(block))).collect();
    let count = |wanted: fn(&Part) -> bool| found.iter().filter(|part| wanted(part)).count();
    let n_predictions = count(|part| matches!(part, Part::Predict(_)));
    let n_tries = count(|part| matches!(part, Part::Try(_)));
    let n_checks = found.iter().map(|part| match part {
        Part::Quiz(checks) => checks.len(),
        _ => 0,
    });
    let n_checks: usize = n_checks.sum();
    let n_stops = lesson.stops.len();
    let opening_is_empty = !lesson.intro.iter().any(|block| matches!(block, Block::Paragraph(_)));
    let remarks = [
        (
            !STOPS.contains(&n_stops),
            format!("the lesson has {n_stops} stops"),
            "six to ten can be walked through in one sitting",
        ),
        (
            n_predictions < PREDICTIONS,
            format!("the lesson has {n_predictions} `predict` blocks"),
            "ask before the step that answers, twice or more",
        ),
        (
            n_tries == 0,
            "the lesson has no `try` block".to_owned(),
            "give the learner something to bring about",
        ),
        (
            n_checks != CHECKS,
            format!("the quiz has {n_checks} checks"),
            "end with three, each aimed at a misconception",
        ),
        (
            lesson.sources.is_empty(),
            "the lesson cites no sources".to_owned(),
            "list them under `sources` in the front matter",
        ),
        (
            lesson.problem.is_empty(),
            "the lesson does not say which problem its model solves".to_owned(),
            "add one sentence for the course map to the front matter: `problem = \"…\"`",
        ),
        (
            lesson.goals.is_empty(),
            "the lesson has no goals".to_owned(),
            "list them under `goals` in the front matter",
        ),
        (
            lesson.input.is_empty(),
            "the lesson has no input".to_owned(),
            "choose one that shows the effect: `input = \"…\"`",
        ),
        (
            opening_is_empty,
            "the lesson has no opening paragraph".to_owned(),
            "say which problem the model was built to fix",
        ),
    ];
    let start = Place { line: 1, column: 1 };
    let broken = remarks.into_iter().filter(|(is_broken, ..)| *is_broken);
    broken
        .map(|(_, message, hint)| Diagnostic::warning(start, message, Some(hint.to_owned())))
        .collect()
}
