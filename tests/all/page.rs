//! What can be done on a lesson's page: notes, tasks, quizzes, and what the page says about its own mistakes.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use unrolled::app::screenshot::Headless;
use unrolled::app::state::Kept;
use unrolled::lesson::Library;
use unrolled::view::{Command, Language, tr, tr_with};

use crate::soft;

const LESSON: &str = r#"+++
title = "Fixture"
model = "lstm-brackets"
input = "([])"
+++

A value: `= cell[3][0]`.

~~~~note
Raise hands.

~~~predict
question = "In a note?"
choices = ["yes", "no"]
answer = 0
because = "B"
~~~
~~~~

~~~try
task = "Make it pass 3"
condition = "max(cell[1]) > 3"
hint = "Write `cell[1][0]=4`"
done = "It passes."
~~~

~~~quiz
[[check]]
question = "One?"
choices = ["first", "second"]
answer = 0
because = "B"

[[check]]
question = "Two?"
choices = ["third", "fourth"]
answer = 1
because = "B"
~~~
"#;

fn page(lesson: &str) -> Harness<'static, Headless> {
    let files = [("en/01-fixture.md".to_owned(), lesson.as_bytes().to_vec())];
    let headless = Headless::new(Kept::default(), Library::from_files(&files));
    let mut harness = soft::open(Harness::builder().with_size([1280.0, 1400.0]), headless);
    harness.state_mut().command(Command::OpenLesson("fixture".to_owned()));
    harness.run_steps(3);
    harness
}

/// Whether some text of the page, drawn or spoken, has these words in it.
fn says(harness: &Harness<'_, Headless>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn words(key: &'static str) -> &'static str {
    tr(Language::English, key)
}

fn command(harness: &mut Harness<'_, Headless>, command: Command) {
    harness.state_mut().command(command);
    harness.run_steps(3);
}

#[test]
fn notes_are_shown_to_those_who_ask_and_rename_nothing() {
    let mut harness = page(LESSON);
    assert!(!says(&harness, "Raise hands."));
    command(&mut harness, Command::Intervene("cell[1][0]=4".to_owned()));
    let done = harness.state().state.kept.done.clone();
    assert_eq!(done.into_iter().collect::<Vec<_>>(), ["fixture/0/2"], "the note has the first");
    command(&mut harness, Command::ShowNotes(true));
    assert!(says(&harness, "Raise hands."));
    assert_eq!(harness.state().state.kept.done.len(), 1);
}

#[test]
fn a_task_ticks_itself_off_and_can_be_done_again() {
    let mut harness = page(LESSON);
    assert!(says(&harness, words("lesson.not_yet")));
    command(&mut harness, Command::Intervene("cell[1][0]=4".to_owned()));
    assert!(says(&harness, "It passes."));
    // Lifted, it is still done, but nothing is said of a run that is no longer there.
    command(
        &mut harness,
        Command::Interventions(unrolled::view::command::InterveneCommand::Lift(0)),
    );
    assert!(!says(&harness, "It passes.") && says(&harness, words("lesson.done")));
    command(&mut harness, Command::Intervene("cell[1][0]=4".to_owned()));
    harness.get_by_label(words("lesson.try_again")).click();
    harness.run_steps(3);
    let state = &harness.state().state;
    assert!(state.kept.done.is_empty() && state.interventions.is_empty());
    assert!(says(&harness, words("lesson.not_yet")));
}

#[test]
fn a_hint_opens_and_closes_by_key() {
    let mut harness = page(LESSON);
    assert!(!says(&harness, "cell[1][0]=4"));
    harness.get_by_label(words("lesson.hint")).focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    assert!(says(&harness, "cell[1][0]=4"));
    harness.get_by_label(words("lesson.hide_hint")).focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    assert!(!says(&harness, "cell[1][0]=4"));
}

#[test]
fn a_quiz_is_summed_up_once_all_is_answered_and_answers_can_change() {
    let mut harness = page(LESSON);
    let line =
        |right: &str, key| tr_with(Language::English, key, &[("right", right), ("count", "2")]);
    let answer = |harness: &mut Harness<'_, Headless>, choice: &str| {
        let role = egui::accesskit::Role::RadioButton;
        harness.get_by_role_and_label(role, choice).click();
        harness.run_steps(3);
    };
    answer(&mut harness, "second");
    assert!(!says(&harness, " right"));
    answer(&mut harness, "fourth");
    assert!(says(&harness, &line("1", "lesson.some_right")));
    answer(&mut harness, "first");
    assert!(says(&harness, &line("2", "lesson.all_right")));
}

#[test]
fn the_page_says_where_its_file_is_wrong() {
    let broken = LESSON.replace("`= cell[3][0]`", "`= cel[3][0]`");
    let mut harness = page(&broken);
    assert!(says(&harness, "en/01-fixture.md:7:13"));
    assert!(says(&harness, "did you mean `cell`?"));
    // After a change of the learner's own it is folded away.
    command(&mut harness, Command::SetInput("(())".to_owned()));
    let folded = tr_with(Language::English, "lesson.off_this_run", &[("count", "1")]);
    assert!(!says(&harness, "en/01-fixture.md") && says(&harness, &folded));

    let idle = "\n~~~stage\nset = [\"forgot_gate=0\"]\n~~~\n";
    let harness = page(&LESSON.replace("\nA value", &format!("{idle}\nA value")));
    assert!(says(&harness, "en/01-fixture.md:8:9"));
    assert!(says(&harness, "did you mean `forget_gate`?"));
}

#[test]
fn a_mistake_is_said_below_its_block_and_from_elsewhere_leads_there() {
    let lesson = "+++\ntitle = \"Fixture\"\nmodel = \"lstm-brackets\"\ninput = \"([])\"\n+++\n\n\
        The opening.\n\n## First\n\nAbove `= no_such_value[0]` it.\n\nUnder it.\n\n## Second\n\n\
        Words.\n\n~~~predict\nquestion = \n~~~\n";
    let mut harness = page(lesson);
    command(&mut harness, Command::Stop(1));
    harness.run_steps(2);
    let top = |harness: &Harness<'_, Headless>, words: &str| {
        let node = harness.query_all_by_label_contains(words).next();
        node.unwrap_or_else(|| panic!("the page does not say `{words}`")).rect().top()
    };
    let (said, below) = (top(&harness, "01-fixture.md:11:"), top(&harness, "Under it."));
    assert!(top(&harness, "Above") < said && said < below, "not beside its block");
    // What is wrong at the second stop stands above the page of the first, and is a way there.
    assert!(top(&harness, "01-fixture.md:20:") < top(&harness, "Above"));
    harness.query_all_by_label_contains("01-fixture.md:20:").next().unwrap().click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.lesson.as_ref().unwrap().stop, 2);
    assert!(top(&harness, "Words.") < top(&harness, "01-fixture.md:20:"));
}
