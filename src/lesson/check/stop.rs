//! One stop on one run: its stage, and every expression of its text.

use super::last;
use crate::lesson::intervention::no_effect;
use crate::lesson::{
    Answer, Block, Diagnostic, Expression, ExpressionError, Located, Part, Place, Question, Stage,
    Try, Values, evaluate, parts,
};
use crate::tape::Intervention;
use crate::tasks::nearest::did_you_mean;

/// Collects what is wrong while the stops are gone through in order.
pub(super) struct Checker {
    diagnostics: Vec<Diagnostic>,
    /// The value that the stops so far have selected.
    focus: Option<String>,
}

impl Checker {
    pub(super) fn new(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, focus: None }
    }

    pub(super) fn error(&mut self, place: Place, message: impl Into<String>, hint: Option<String>) {
        self.diagnostics.push(Diagnostic::error(place, message, hint));
    }

    fn warning(&mut self, place: Place, message: &str, hint: &str) {
        self.diagnostics.push(Diagnostic::warning(place, message, Some(hint.to_owned())));
    }

    /// What was found, in the order of the file.
    pub(super) fn sorted(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
        self.diagnostics
    }

    /// Checks a stop and returns the position that it leads to.
    pub(super) fn stop(
        &mut self,
        stage: Option<&Stage>,
        blocks: &[Block],
        values: &dyn Values,
        before: usize,
    ) -> usize {
        // A stop without a stage of its own stays where the one before led; any other begins at 0,
        // whether the learner comes from the stop before or opens it directly.
        let mut now = if stage.is_some() { 0 } else { before.min(last(values)) };
        if let Some(stage) = stage {
            if let Some(loss) = &stage.loss {
                self.position(loss, values, 0);
            }
            now = stage.at.as_ref().and_then(|at| self.position(at, values, now)).unwrap_or(now);
            if let Some(focus) = &stage.focus {
                self.value_name(focus, values);
                self.focus = Some(focus.text.clone());
            }
            if let Some(unit) = &stage.unit {
                self.unit(unit, values, now);
            }
            stage.set.iter().for_each(|intervention| self.intervention(intervention, values));
        }
        for part in parts(blocks) {
            match part {
                Part::Live(expression) => {
                    self.expect(expression, values, now, "an answer", |_| true);
                }
                Part::StageLink { target, position, .. } => {
                    if let Some(target) = target {
                        self.value_name(target, values);
                    }
                    if let Some(position) = position {
                        self.position(position, values, now);
                    }
                }
                Part::Predict(question) => self.question(question, values, now),
                Part::Quiz(checks) => {
                    for question in checks {
                        self.question(question, values, now);
                    }
                }
                Part::Try(task) => self.task(task, values, now),
                Part::Note => {}
            }
        }
        now
    }

    fn task(&mut self, task: &Try, values: &dyn Values, now: usize) {
        let is_truth = |answer: &Answer| matches!(answer, Answer::Bool(_));
        let answer = self.expect(&task.condition, values, now, "true or false", is_truth);
        if answer == Some(Answer::Bool(true)) {
            self.warning(
                task.condition.place,
                "this `try` is done before the learner does anything",
                "let it hold only after the learner's change",
            );
        }
    }

    fn question(&mut self, question: &Question, values: &dyn Values, now: usize) {
        let n_choices = question.choices.len();
        let is_choice = |answer: &Answer| natural(answer).is_some_and(|choice| choice < n_choices);
        let expected = format!("the number of a choice, 0 to {}", n_choices.saturating_sub(1));
        self.expect(&question.answer, values, now, &expected, is_choice);
    }

    fn position(
        &mut self,
        expression: &Expression,
        values: &dyn Values,
        now: usize,
    ) -> Option<usize> {
        let last = last(values);
        let position = |answer: &Answer| natural(answer).filter(|position| *position <= last);
        let expected = format!("a position, 0 to {last}");
        let answer =
            self.expect(expression, values, now, &expected, |answer| position(answer).is_some())?;
        position(&answer)
    }

    /// Whether the stage's unit is one of the selected value.
    fn unit(&mut self, unit: &Expression, values: &dyn Values, now: usize) {
        let focus = self.focus.clone().filter(|focus| values.has(focus));
        let width = |focus: &String| {
            let positions = std::iter::once(now).chain(0..values.n_positions());
            let positions = positions.filter_map(|at| i64::try_from(at).ok());
            positions.filter_map(|at| values.row(focus, at)).map(|row| row.len()).next()
        };
        let n_units = focus.as_ref().and_then(width);
        let expected = match (&focus, n_units) {
            (Some(focus), Some(count)) => {
                format!("a unit of `{focus}`, 0 to {}", count.saturating_sub(1))
            }
            _ => "the number of a unit, from 0".to_owned(),
        };
        let is_unit = |answer: &Answer| {
            natural(answer).is_some_and(|unit| n_units.is_none_or(|count| unit < count))
        };
        self.expect(unit, values, now, &expected, is_unit);
        if self.focus.is_none() {
            self.warning(
                unit.place,
                "this `unit` is a unit of no value",
                "say of which: `focus = \"…\"`",
            );
        }
    }

    /// Evaluates an expression; what it gives is reported unless `fits`.
    fn expect(
        &mut self,
        expression: &Expression,
        values: &dyn Values,
        now: usize,
        expected: &str,
        fits: impl Fn(&Answer) -> bool,
    ) -> Option<Answer> {
        // A missing key has been reported when the lesson was read.
        if *expression == Expression::default() {
            return None;
        }
        match evaluate(&expression.source, values, now) {
            Ok(answer) if fits(&answer) => Some(answer),
            Ok(answer) => {
                let message = format!(
                    "`{}` gives {}, but this needs {expected}",
                    expression.source,
                    answer.display()
                );
                self.error(expression.place, message, None);
                None
            }
            Err(error) => {
                let place = error_place(expression, &error);
                self.error(
                    place,
                    format!("`{}`: {}", expression.source, error.message),
                    error.hint,
                );
                None
            }
        }
    }

    fn value_name(&mut self, name: &Located, values: &dyn Values) {
        if !values.has(&name.text) {
            let names = values.names();
            let hint = did_you_mean(&name.text, names.iter().map(String::as_str));
            self.error(name.place, format!("there is no value called `{}`", name.text), hint);
        }
    }

    /// Whether an intervention of the stage can be read and changes something.
    fn intervention(&mut self, intervention: &Located, values: &dyn Values) {
        match intervention.text.parse::<Intervention>() {
            Err(error) => self.error(intervention.place, error.to_string(), None),
            Ok(read) => {
                if let Some(unmatched) = no_effect(&read, values) {
                    self.error(intervention.place, unmatched.message, unmatched.hint);
                }
            }
        }
    }
}

fn natural(answer: &Answer) -> Option<usize> {
    match answer {
        Answer::Integer(integer) => usize::try_from(*integer).ok(),
        _ => None,
    }
}

/// Where in the file an error stands; an expression of several lines is reported at its start.
fn error_place(expression: &Expression, error: &ExpressionError) -> Place {
    let Place { line, column } = expression.place;
    let offset = if expression.source.contains('\n') { 0 } else { error.offset };
    Place { line, column: column + offset }
}
