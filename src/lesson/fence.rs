//! The fenced blocks that do something: `stage`, `predict`, `quiz`, `try`, `note`.

use toml::de::{DeTable, DeValue};

use super::diagnostic::{Reporter, SourceMap};
use super::fields::{Fields, with_table};
use super::{Block, Control, Granularity, Question, Stage, Try, markdown};
use crate::tasks::nearest::{did_you_mean, nearest};
use crate::training::lengths::Lengths;

/// The languages of a fence that this module reads.
pub(super) const LANGUAGES: [&str; 5] = ["stage", "predict", "quiz", "try", "note"];

const STAGE_KEYS: [&str; 12] = [
    "views",
    "focus",
    "at",
    "granularity",
    "input",
    "model",
    "compare",
    "set",
    "unit",
    "loss",
    "lengths",
    "controls",
];
const PREDICT_KEYS: [&str; 5] = ["question", "choices", "answer", "because", "why"];
const TRY_KEYS: [&str; 4] = ["task", "condition", "hint", "done"];

/// What a fence turned out to be.
pub(super) enum Fence {
    /// Settings of the stop that it stands in.
    Stage(Box<Stage>),
    /// Something on the page.
    Block(Block),
}

/// A fenced block as it stands in the lesson.
pub(super) struct RawFence<'a> {
    pub(super) language: &'a str,
    pub(super) text: &'a str,
    pub(super) map: &'a SourceMap,
    /// Where the fence opens.
    pub(super) offset: usize,
    /// How many notes it stands in.
    pub(super) note_depth: usize,
}

/// Reads a fenced block; a language that is not ours is program text.
pub(super) fn read(fence: &RawFence, reporter: &mut Reporter) -> Fence {
    let &RawFence { language, text, map, offset, .. } = fence;
    match language {
        "stage" => Fence::Stage(Box::new(with_table(text, map, reporter, |table, reporter| {
            let fields =
                Fields::new(table, text, map, ("a `stage` block", offset), &STAGE_KEYS, reporter);
            read_stage(&fields, reporter)
        }))),
        "predict" => {
            Fence::Block(Block::Predict(with_table(text, map, reporter, |table, reporter| {
                read_question(table, text, map, ("a `predict` block", offset), reporter)
            })))
        }
        "quiz" => Fence::Block(Block::Quiz(with_table(text, map, reporter, |table, reporter| {
            read_quiz(table, text, map, offset, reporter)
        }))),
        "try" => Fence::Block(Block::Try(with_table(text, map, reporter, |table, reporter| {
            let fields =
                Fields::new(table, text, map, ("a `try` block", offset), &TRY_KEYS, reporter);
            read_try(&fields, reporter)
        }))),
        "note" => {
            let blocks = markdown::note(text, map, fence.note_depth + 1, reporter);
            Fence::Block(Block::Note(blocks))
        }
        _ => {
            if let Some(hint) = did_you_mean(language, LANGUAGES) {
                reporter.warning(offset, format!("`{language}` is shown as program text"), hint);
            }
            Fence::Block(Block::Code { language: language.to_owned(), text: text.to_owned() })
        }
    }
}

fn read_stage(fields: &Fields, reporter: &mut Reporter) -> Stage {
    let controls = fields.entries("controls", reporter);
    let controls = controls
        .into_iter()
        .filter_map(|(name, value)| {
            let control = match value.get_ref() {
                DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                    .ok()
                    .map(|number| Control::Number(number as f64)),
                DeValue::Float(number) => number.as_str().parse().ok().map(Control::Number),
                DeValue::String(text) => Some(Control::Text(text.to_string())),
                DeValue::Boolean(on) => Some(Control::Switch(*on)),
                _ => None,
            };
            if control.is_none() {
                fields.wrong_type(name, value, "a number, text or a boolean", reporter);
            }
            Some((name.to_owned(), control?))
        })
        .collect();
    Stage {
        views: fields.located_list("views", reporter),
        focus: fields.located("focus", reporter),
        at: fields.expression("at", reporter),
        granularity: read_granularity(fields, reporter),
        input: fields.string("input", reporter).map(|input| input.text),
        model: fields.located("model", reporter),
        compare: fields.located_list("compare", reporter),
        set: fields.located_list("set", reporter),
        unit: fields.expression("unit", reporter),
        loss: fields.expression("loss", reporter),
        lengths: read_lengths(fields, reporter),
        controls,
        place: reporter.place(fields.offset),
    }
}

fn read_lengths(fields: &Fields, reporter: &mut Reporter) -> Option<Lengths> {
    let value = fields.string("lengths", reporter)?;
    match value.text.parse::<Lengths>() {
        Ok(lengths) => Some(lengths),
        Err(error) => {
            reporter.error(value.offset(), error.to_string(), error.hint());
            None
        }
    }
}

fn read_granularity(fields: &Fields, reporter: &mut Reporter) -> Option<Granularity> {
    const NAMES: [&str; 3] = ["token", "layer", "operation"];
    let value = fields.string("granularity", reporter)?;
    match value.text.as_str() {
        "token" => Some(Granularity::Token),
        "layer" => Some(Granularity::Layer),
        "operation" => Some(Granularity::Operation),
        other => {
            let hint = nearest(other, NAMES).unwrap_or("token, layer or operation");
            reporter.error(
                value.offset(),
                format!("`{other}` is not a granularity"),
                format!("write {hint}"),
            );
            None
        }
    }
}

fn read_question(
    table: &DeTable,
    text: &str,
    map: &SourceMap,
    (what, offset): (&str, usize),
    reporter: &mut Reporter,
) -> Question {
    let fields = Fields::new(table, text, map, (what, offset), &PREDICT_KEYS, reporter);
    fields.require(&["question", "choices", "answer"], reporter);
    let question = Question {
        question: fields.inlines("question", reporter),
        choices: fields.inline_list("choices", reporter),
        answer: fields.expression("answer", reporter).unwrap_or_default(),
        because: fields.inlines("because", reporter),
        why: fields.inline_list("why", reporter),
        place: reporter.place(offset),
    };
    let n_choices = question.choices.len();
    if table.contains_key("choices") && n_choices < 2 {
        reporter.error(offset, format!("{what} needs two choices or more, it has {n_choices}"), "");
    }
    if question.why.len() > n_choices {
        reporter.warning(
            offset,
            format!("`why` has {} texts for {n_choices} choices", question.why.len()),
            "give one text for each choice, in the same order",
        );
    }
    if question.because.is_empty() && question.why.is_empty() {
        reporter.warning(
            offset,
            format!("{what} does not say why"),
            "add a line `because = \"…\"`",
        );
    }
    question
}

fn read_quiz(
    table: &DeTable,
    text: &str,
    map: &SourceMap,
    offset: usize,
    reporter: &mut Reporter,
) -> Vec<Question> {
    let fields = Fields::new(table, text, map, ("a `quiz` block", offset), &["check"], reporter);
    fields.require(&["check"], reporter);
    let checks = fields.tables("check", reporter);
    checks
        .into_iter()
        .map(|(offset, check)| {
            read_question(check, text, map, ("a check of a `quiz` block", offset), reporter)
        })
        .collect()
}

fn read_try(fields: &Fields, reporter: &mut Reporter) -> Try {
    fields.require(&["task", "condition"], reporter);
    Try {
        task: fields.inlines("task", reporter),
        condition: fields.expression("condition", reporter).unwrap_or_default(),
        hint: fields.inlines("hint", reporter),
        done: fields.inlines("done", reporter),
        place: reporter.place(fields.offset),
    }
}
