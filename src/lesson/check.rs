//! Proves a lesson against real traces: every expression is evaluated where the learner will meet it.

use super::diagnostic::did_you_mean;
use super::rules::rules;
use super::{
    Answer, Block, Diagnostic, Expression, ExpressionError, Lesson, Located, Part, Place, Question,
    Setting, Stage, Values, evaluate, parts,
};

/// Checks a lesson against the trace of its own model and input. Stops that set another model, another input or
/// interventions are not evaluated; [`check_with`] does them too.
#[must_use]
pub fn check(
    lesson: &Lesson,
    values: &dyn Values,
    views: &[&str],
    models: &[&str],
) -> Vec<Diagnostic> {
    let own = lesson.own_setting();
    let mut provide = |setting: &Setting, run: &mut dyn FnMut(&dyn Values)| {
        if *setting == own {
            run(values);
        }
    };
    check_with(lesson, &mut provide, views, models)
}

/// Finds the trace of a setting and hands it on.
pub type Provide<'a> = dyn FnMut(&Setting<'_>, &mut dyn FnMut(&dyn Values)) + 'a;

/// Checks a lesson against a trace for each setting that its stops ask for.
///
/// `provide` is called with a setting and a function to call with its trace; not calling it skips those stops' expressions.
/// Equal settings come one after the other wherever stops follow each other, so keeping the last trace is a sufficient cache.
#[must_use]
pub fn check_with(
    lesson: &Lesson,
    provide: &mut Provide<'_>,
    views: &[&str],
    models: &[&str],
) -> Vec<Diagnostic> {
    let mut checker = Checker { diagnostics: rules(lesson), views, models };
    checker.known(&lesson.model, "model", models);
    // A stop without `at` leaves the learner where the stop before it led.
    let mut now = 0;
    let stops = lesson.stops.iter().enumerate();
    let stops = stops.map(|(stop_idx, stop)| (Some(stop_idx), stop.stage.as_ref(), &stop.blocks));
    for (stop_idx, stage, blocks) in
        std::iter::once((None, lesson.stage.as_ref(), &lesson.intro)).chain(stops)
    {
        if let Some(stage) = stage {
            checker.stage_words(stage);
        }
        provide(&lesson.setting_at(stop_idx), &mut |values| {
            now = checker.stop(stage, blocks, values, now);
        });
    }
    checker.diagnostics.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
    checker.diagnostics
}

struct Checker<'a> {
    diagnostics: Vec<Diagnostic>,
    views: &'a [&'a str],
    models: &'a [&'a str],
}

impl Checker<'_> {
    fn error(&mut self, place: Place, message: impl Into<String>, hint: Option<String>) {
        self.diagnostics.push(Diagnostic::error(place, message, hint));
    }

    /// Words that need no trace.
    fn stage_words(&mut self, stage: &Stage) {
        let (views, models) = (self.views, self.models);
        stage.views.iter().for_each(|view| self.known(view, "view", views));
        stage
            .model
            .iter()
            .chain(&stage.compare)
            .for_each(|model| self.known(model, "model", models));
    }

    fn known(&mut self, word: &Located, what: &str, known: &[&str]) {
        if !word.text.is_empty() && !known.contains(&word.text.as_str()) {
            let hint = did_you_mean(&word.text, known.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("there are {}", known.join(", ")));
            self.error(
                word.place,
                format!("there is no {what} called `{}`", word.text),
                Some(hint),
            );
        }
    }

    /// Checks a stop and returns the position that it leads to.
    fn stop(
        &mut self,
        stage: Option<&Stage>,
        blocks: &[Block],
        values: &dyn Values,
        before: usize,
    ) -> usize {
        // Another input may be shorter than the one before.
        let mut now = before.min(values.n_positions().saturating_sub(1));
        if let Some(stage) = stage {
            if let Some(loss) = &stage.loss {
                self.position(loss, values, 0);
            }
            now = stage.at.as_ref().and_then(|at| self.position(at, values, now)).unwrap_or(now);
            if let Some(focus) = &stage.focus {
                self.value_name(focus, values);
            }
            if let Some(unit) = &stage.unit {
                let is_unit =
                    |answer: &Answer| matches!(answer, Answer::Integer(unit) if *unit >= 0);
                self.expect(unit, values, now, "the number of a unit, from 0", is_unit);
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
                Part::Try(task) => {
                    let is_truth = |answer: &Answer| matches!(answer, Answer::Bool(_));
                    let answer =
                        self.expect(&task.condition, values, now, "true or false", is_truth);
                    if answer == Some(Answer::Bool(true)) {
                        let hint = Some("let it hold only after the learner's change".to_owned());
                        let message = "this `try` is done before the learner does anything";
                        self.diagnostics.push(Diagnostic::warning(
                            task.condition.place,
                            message,
                            hint,
                        ));
                    }
                }
                Part::Note => {}
            }
        }
        now
    }

    fn question(&mut self, question: &Question, values: &dyn Values, now: usize) {
        let n_choices = question.choices.len();
        let is_choice = |answer: &Answer| match answer {
            Answer::Integer(choice) => {
                usize::try_from(*choice).is_ok_and(|choice| choice < n_choices)
            }
            _ => false,
        };
        let expected = format!("the number of a choice, 0 to {}", n_choices.saturating_sub(1));
        self.expect(&question.answer, values, now, &expected, is_choice);
    }

    fn position(
        &mut self,
        expression: &Expression,
        values: &dyn Values,
        now: usize,
    ) -> Option<usize> {
        let n_positions = values.n_positions();
        let position = |answer: &Answer| match answer {
            Answer::Integer(position) => {
                usize::try_from(*position).ok().filter(|position| *position < n_positions)
            }
            _ => None,
        };
        let expected = format!("a position, 0 to {}", n_positions.saturating_sub(1));
        let answer =
            self.expect(expression, values, now, &expected, |answer| position(answer).is_some())?;
        position(&answer)
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
        let names = values.names();
        if !names.contains(&name.text) {
            let hint = did_you_mean(&name.text, names.iter().map(String::as_str));
            self.error(name.place, format!("there is no value called `{}`", name.text), hint);
        }
    }

    /// Whether `name[3..7]=0`, `name*=0.5` or `na*=0` has a form and a name that can be applied.
    fn intervention(&mut self, intervention: &Located, values: &dyn Values) {
        let Located { text, place } = intervention;
        if !text.contains('=') {
            let message = format!("`{text}` is not an intervention");
            self.error(*place, message, Some("write `forget_gate[3..7]=0`".to_owned()));
        }
        let name = text.split(['[', '=']).next().unwrap_or_default().trim();
        let name = match name.strip_suffix('*').map(str::trim_end) {
            // The star multiplies or stands for the rest of the name; either way the name starts like this.
            Some(start) if values.names().iter().any(|known| known.starts_with(start)) => return,
            Some(start) => start,
            None => name,
        };
        self.value_name(&Located { text: name.to_owned(), place: *place }, values);
    }
}

impl Lesson {
    /// The lesson's own model and input, without interventions.
    fn own_setting(&self) -> Setting<'_> {
        Setting {
            model: &self.model.text,
            input: &self.input,
            set: Vec::new(),
            compare: Vec::new(),
            loss: None,
            controls: &[],
        }
    }
}

/// Where in the file an error stands; an expression of several lines is reported at its start.
fn error_place(expression: &Expression, error: &ExpressionError) -> Place {
    let Place { line, column } = expression.place;
    let offset = if expression.source.contains('\n') { 0 } else { error.offset };
    Place { line, column: column + offset }
}

#[cfg(test)]
mod tests;
