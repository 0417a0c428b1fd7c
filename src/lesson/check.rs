//! Proves a lesson against real traces: every expression is evaluated where the learner will meet it.

mod stop;

use super::intervention::{in_hint, no_effect};
use super::rules::rules;
use super::{
    Answer, Block, Diagnostic, Lesson, Located, Part, Setting, Severity, Stage, Try, Values,
    evaluate, formulas, parts,
};
use crate::tasks::nearest::did_you_mean;
use stop::Checker;

/// What a lesson is checked against, besides traces.
pub struct Known<'a> {
    /// Ids of the views.
    pub views: &'a [&'a str],
    /// Ids of the models.
    pub models: &'a [&'a str],
    /// Names of the controls of laboratory and race; any, if there are none.
    pub controls: &'a [&'a str],
    /// Typesets TeX, displayed or in a line, as the page will; gives what is wrong with it.
    pub typeset: &'a dyn Fn(&str, bool) -> Result<(), String>,
}

/// Finds the trace of a setting and hands it on; gives why it cannot be run.
pub type Provide<'a> =
    dyn FnMut(&Setting<'_>, &mut dyn FnMut(&dyn Values)) -> Result<(), String> + 'a;

/// Checks a lesson against the trace of its own model and input. Stops that set another model, another input or
/// interventions are not evaluated, and formulas not typeset; [`check_with`] does them too.
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
        Ok(())
    };
    check_with(
        lesson,
        &mut provide,
        &Known { views, models, controls: &[], typeset: &|_, _| Ok(()) },
    )
}

/// Checks a lesson against a trace for each setting that its stops and hints ask for.
///
/// `provide` is called with a setting and a function to call with its trace; not calling it skips what needs that trace.
#[must_use]
pub fn check_with(
    lesson: &Lesson,
    provide: &mut Provide<'_>,
    known: &Known<'_>,
) -> Vec<Diagnostic> {
    let mut checker = Checker::new(rules(lesson));
    for formula in formulas(lesson) {
        if let Err(problem) = (known.typeset)(&formula.tex.text, formula.display) {
            let message = format!("`{}` cannot be typeset: {problem}", formula.tex.text.trim());
            checker.error(formula.tex.place, message, None);
        }
    }
    is_known(&mut checker, &lesson.model, "model", known.models);
    let mut now = 0;
    let mut failed: Vec<Setting<'_>> = Vec::new();
    let stops = lesson.stops.iter().enumerate();
    let stops = stops.map(|(stop_idx, stop)| (Some(stop_idx), stop.stage.as_ref(), &stop.blocks));
    for (stop_idx, stage, blocks) in
        std::iter::once((None, lesson.stage.as_ref(), &lesson.intro)).chain(stops)
    {
        if let Some(stage) = stage {
            words(&mut checker, stage, known);
        }
        let setting = lesson.setting_at(stop_idx);
        // A model that does not exist has been reported where it is named.
        if !known.models.contains(&setting.model) || failed.contains(&setting) {
            continue;
        }
        let ran = provide(&setting, &mut |values| {
            now = checker.stop(stage, blocks, values, now);
        });
        if let Err(problem) = ran {
            let is_own = setting == lesson.own_setting();
            let place = stage.filter(|_| !is_own).map_or(lesson.model.place, |stage| stage.place);
            checker.error(place, problem, None);
            failed.push(setting);
            continue;
        }
        for model in stage.iter().flat_map(|stage| &stage.compare) {
            if known.models.contains(&model.text.as_str()) {
                reads_the_same(&mut checker, model, &setting, provide);
            }
        }
        for part in parts(blocks) {
            if let Part::Try(task) = part {
                hint_helps(&mut checker, task, &setting, now, provide);
            }
        }
    }
    checker.sorted()
}

/// What is wrong with a stop on the run that stands beside it, with the learner at `now`. Without `is_own`, when the learner
/// runs something else than the stop asks for, only the text is looked at.
#[must_use]
pub fn check_stop(
    lesson: &Lesson,
    stop_idx: Option<usize>,
    values: &dyn Values,
    now: usize,
    is_own: bool,
) -> Vec<Diagnostic> {
    let mut checker = Checker::new(Vec::new());
    let (stage, blocks): (_, &[Block]) = match stop_idx {
        None => (lesson.stage.as_ref(), &lesson.intro),
        Some(stop_idx) => match lesson.stops.get(stop_idx) {
            Some(stop) => (stop.stage.as_ref(), &stop.blocks),
            None => (None, &[]),
        },
    };
    checker.stop(stage.filter(|_| is_own), blocks, values, now);
    let mut diagnostics = checker.sorted();
    // A task may well be done by now; what needs no run was said when the lesson was read.
    diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    diagnostics
}

/// Words of a stage that need no trace.
fn words(checker: &mut Checker, stage: &Stage, known: &Known<'_>) {
    stage.views.iter().for_each(|view| is_known(checker, view, "view", known.views));
    let models = stage.model.iter().chain(&stage.compare);
    models.for_each(|model| is_known(checker, model, "model", known.models));
    for (name, _) in stage.controls.iter().filter(|_| !known.controls.is_empty()) {
        let control = Located { text: name.clone(), place: stage.place };
        is_known(checker, &control, "control", known.controls);
    }
}

fn is_known(checker: &mut Checker, word: &Located, what: &str, known: &[&str]) {
    if !word.text.is_empty() && !known.contains(&word.text.as_str()) {
        let hint = did_you_mean(&word.text, known.iter().copied());
        let hint = hint.unwrap_or_else(|| format!("there are {}", known.join(", ")));
        let message = format!("there is no {what} called `{}`", word.text);
        checker.error(word.place, message, Some(hint));
    }
}

/// Whether a compared model reads the stop's input, and splits it alike: the two share one timeline.
fn reads_the_same(
    checker: &mut Checker,
    model: &Located,
    setting: &Setting<'_>,
    provide: &mut Provide<'_>,
) {
    let mut tokens = |model: &str| -> Result<Option<Vec<Option<String>>>, String> {
        let mut found = None;
        provide(&Setting { model, input: setting.input, ..Setting::default() }, &mut |values| {
            found = Some((0..values.n_given()).map(|at| values.token(at)).collect());
        })?;
        Ok(found)
    };
    let (Ok(here), there) = (tokens(setting.model), tokens(&model.text)) else { return };
    let problem = match there {
        Ok(there) if there == here || there.is_none() => return,
        Ok(_) => "it takes other tokens from this stop's input".to_owned(),
        Err(problem) => problem,
    };
    let message =
        format!("`{}` cannot be compared with `{}`: {problem}", model.text, setting.model);
    checker.error(model.place, message, Some("compare models of one task".to_owned()));
}

/// Whether the interventions that a hint gives, one of them or all together, make its condition true.
fn hint_helps(
    checker: &mut Checker,
    task: &Try,
    setting: &Setting<'_>,
    now: usize,
    provide: &mut Provide<'_>,
) {
    let written = in_hint(&task.hint);
    let mut holds = |extra: &[String]| -> Option<Result<Answer, String>> {
        let set = setting.set.iter().copied().chain(extra.iter().map(String::as_str)).collect();
        let mut answer = None;
        let run = &mut |values: &dyn Values| {
            let mut unmatched = written.iter().filter(|one| extra.contains(&one.to_string()));
            let unmatched = unmatched.find_map(|one| no_effect(one, values));
            answer = Some(match unmatched {
                Some(unmatched) => {
                    let hint = unmatched.hint.map_or(String::new(), |hint| format!(", {hint}"));
                    Err(format!("{}{hint}", unmatched.message))
                }
                None => evaluate(&task.condition.source, values, now.min(last(values)))
                    .map_err(|error| error.message),
            });
        };
        // That the stop itself cannot be run has been reported.
        provide(&Setting { set, ..setting.clone() }, run).ok()?;
        answer
    };
    // A condition that fails, or holds before anything is done, has been reported.
    if written.is_empty() || holds(&[]) != Some(Ok(Answer::Bool(false))) {
        return;
    }
    let written: Vec<String> = written.iter().map(ToString::to_string).collect();
    let together = Some(written.as_slice()).filter(|all| all.len() > 1);
    let mut problem = String::new();
    for extra in written.chunks(1).chain(together) {
        match holds(extra) {
            None | Some(Ok(Answer::Bool(true))) => return,
            Some(Err(why)) if problem.is_empty() => problem = format!(": {why}"),
            Some(_) => {}
        }
    }
    let message = format!(
        "the hint `{}` does not make `{}` true{problem}",
        written.join("`, `"),
        task.condition.source
    );
    let hint = "give an intervention that does, or mend the condition".to_owned();
    checker.error(task.condition.place, message, Some(hint));
}

fn last(values: &dyn Values) -> usize {
    values.n_positions().saturating_sub(1)
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

#[cfg(test)]
mod tests;
