//! Whether two languages of a lesson do the same, stop by stop. What they say is for people to compare.

use super::{Block, Diagnostic, Lesson, Part, Place, Stage, parts};

/// Compares a translation with the original; the diagnostics point into the translation.
#[must_use]
pub fn parity(original: &Lesson, translation: &Lesson) -> Vec<Diagnostic> {
    let start = Place { line: 1, column: 1 };
    let mut diagnostics = Vec::new();
    let mut differ = |place: Place, message: String, hint: &str| {
        diagnostics.push(Diagnostic::error(place, message, Some(hint.to_owned())));
    };
    if original.model.text != translation.model.text {
        let message = format!(
            "the model is `{}`, in the original `{}`",
            translation.model.text, original.model.text
        );
        differ(start, message, "use the same model");
    }
    if original.input != translation.input {
        let message = format!(
            "the input is \"{}\", in the original \"{}\"",
            translation.input, original.input
        );
        differ(start, message, "use the same input");
    }
    let has_problem = |lesson: &Lesson| usize::from(!lesson.problem.is_empty());
    for (what, here, there) in [
        ("`problem`", has_problem(translation), has_problem(original)),
        ("goals", translation.goals.len(), original.goals.len()),
        ("sources", translation.sources.len(), original.sources.len()),
        ("stops", translation.stops.len(), original.stops.len()),
    ] {
        if here != there {
            let message = format!("the lesson has {here} {what}, the original {there}");
            differ(start, message, "give both languages the same ones in the same order");
        }
    }
    let opening = (&original.stage, &original.intro, &translation.stage, &translation.intro, start);
    let stops = original.stops.iter().zip(&translation.stops);
    let stops = stops
        .map(|(there, here)| (&there.stage, &there.blocks, &here.stage, &here.blocks, here.place));
    for (original_stage, original_blocks, stage, blocks, place) in
        std::iter::once(opening).chain(stops)
    {
        let settings = |stage: &Option<Stage>| stage.as_ref().map(settings).unwrap_or_default();
        for difference in differences(&settings(original_stage), &settings(stage)) {
            differ(place, format!("the `stage` block {difference}"), "copy the original's block");
        }
        for difference in differences(&fingerprint(original_blocks), &fingerprint(blocks)) {
            differ(
                place,
                format!("this stop {difference}"),
                "both languages carry the same expressions and blocks",
            );
        }
    }
    diagnostics
}

/// Whether two stages say the same, wherever they stand.
#[must_use]
pub fn same_stage(one: Option<&Stage>, other: Option<&Stage>) -> bool {
    one.map(settings) == other.map(settings)
}

/// A stage's settings as comparable lines.
fn settings(stage: &Stage) -> Vec<String> {
    let mut lines = Vec::new();
    let lists = [("views", &stage.views), ("compare", &stage.compare), ("set", &stage.set)];
    for (key, words) in lists.into_iter().filter(|(_, words)| !words.is_empty()) {
        let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        lines.push(format!("{key} = {words:?}"));
    }
    for (key, word) in [("focus", &stage.focus), ("model", &stage.model)] {
        lines.extend(word.as_ref().map(|word| format!("{key} = {}", word.text)));
    }
    for (key, expression) in [("at", &stage.at), ("unit", &stage.unit), ("loss", &stage.loss)] {
        lines
            .extend(expression.as_ref().map(|expression| format!("{key} = {}", expression.source)));
    }
    lines.extend(stage.input.as_ref().map(|input| format!("input = {input}")));
    lines.extend(stage.lengths.map(|lengths| format!("lengths = {lengths}")));
    lines.extend(stage.granularity.map(|granularity| format!("granularity = {granularity:?}")));
    lines.extend(stage.controls.iter().map(|(name, control)| format!("{name} = {control:?}")));
    lines
}

/// The trace-dependent parts of a stop as comparable lines. Their order is free, since word order differs.
fn fingerprint(blocks: &[Block]) -> Vec<String> {
    let line = |part: Part| match part {
        Part::Live(expression) => format!("`= {}`", expression.source),
        Part::StageLink { target, position, .. } => {
            let target = target.map_or("", |target| target.text.as_str());
            let position = position.map(|position| format!("@{}", position.source));
            format!("a link to stage:{target}{}", position.unwrap_or_default())
        }
        Part::Predict(question) => {
            format!(
                "a `predict` with {} choices and answer {}",
                question.choices.len(),
                question.answer.source
            )
        }
        Part::Quiz(checks) => {
            let check = |check: &super::Question| {
                format!("{} of {}", check.answer.source, check.choices.len())
            };
            format!(
                "a `quiz` with answers {}",
                checks.iter().map(check).collect::<Vec<String>>().join(", ")
            )
        }
        Part::Try(task) => format!("a `try` with condition {}", task.condition.source),
        Part::Note => "a `note`".to_owned(),
    };
    parts(blocks).into_iter().map(line).collect()
}

/// What one list has and the other lacks, counted.
fn differences(original: &[String], translation: &[String]) -> Vec<String> {
    let lacking = |from: &[String], other: &[String], verb: &str| {
        let mut left = other.to_vec();
        let mut missing = Vec::new();
        for line in from {
            match left.iter().position(|candidate| candidate == line) {
                Some(found) => drop(left.swap_remove(found)),
                None => missing.push(format!("{verb} {line}")),
            }
        }
        missing
    };
    let mut all = lacking(original, translation, "lacks");
    all.extend(lacking(translation, original, "has, unlike the original,"));
    all
}
