use super::*;
use crate::lesson::{Severity, parity, parse};

struct Fake;

impl Values for Fake {
    fn n_positions(&self) -> usize {
        3
    }

    fn names(&self) -> Vec<String> {
        vec!["cell".to_owned()]
    }

    fn row(&self, name: &str, position: i64) -> Option<Vec<f32>> {
        (name == "cell" && (0..3).contains(&position)).then(|| vec![position as f32])
    }

    fn symbol(&self, _: usize) -> Option<String> {
        None
    }

    fn token(&self, _: usize) -> Option<String> {
        Some("a".to_owned())
    }
}

const KNOWN: Known =
    Known { views: &[], models: &["lstm"], controls: &[], typeset: &|_, _| Ok(()) };

const FRONT: &str = "+++\ntitle = \"T\"\nmodel = \"lstm\"\ninput = \"aaa\"\n+++\n";

/// The errors of a lesson with this body, as `line:column message | hint`; rules for good lessons left out.
fn errors(body: &str) -> Vec<String> {
    let (lesson, read) = parse("01-x", &format!("{FRONT}{body}"));
    assert_eq!(read, [], "reading");
    let found = check(&lesson, &Fake, &["diagram"], &["lstm", "rnn"]);
    let found = found.into_iter().filter(|found| found.line > 1);
    found
        .map(|found| {
            format!(
                "{}:{} {} | {}",
                found.line,
                found.column,
                found.message,
                found.hint.unwrap_or_default()
            )
        })
        .collect()
}

#[track_caller]
fn finds(body: &str, expected: &[&str]) {
    assert_eq!(errors(body), expected, "{body}");
}

#[test]
fn words_of_a_stage() {
    finds(
        "~~~stage\nviews = [\"diagram\", \"digram\"]\n~~~",
        &["7:22 there is no view called `digram` | did you mean `diagram`?"],
    );
    finds(
        "~~~stage\ncompare = [\"rn\"]\n~~~",
        &["7:13 there is no model called `rn` | did you mean `rnn`?"],
    );
    finds(
        "~~~stage\nfocus = \"cel\"\n~~~",
        &["7:10 there is no value called `cel` | did you mean `cell`?"],
    );
    finds("~~~stage\nat = 3\n~~~", &["7:6 `3` gives 3, but this needs a position, 0 to 2 | "]);
    finds(
        "~~~stage\nfocus = \"cell\"\nunit = \"cell[now]\"\n~~~",
        &["8:9 `cell[now]` gives [0], but this needs a unit of `cell`, 0 to 0 | "],
    );
}

#[test]
fn expressions_are_evaluated_where_the_stop_leads() {
    finds("## A\n~~~stage\nat = \"last_position\"\n~~~\nSee `= cell[now]`.", &[]);
    finds(
        "## A\n~~~stage\nat = \"last_position\"\n~~~\nText `= cell[now + 1]`",
        &["10:9 `cell[now + 1]`: there is no position of `cell` at 3 | they go from 0 to 2"],
    );
    finds(
        "Text `= cel[now]`",
        &["6:9 `cel[now]`: there is no value called `cel` | did you mean `cell`?"],
    );
}

#[test]
fn questions_and_tasks() {
    let predict = |answer: &str| {
        format!(
            "~~~predict\nquestion = \"Q\"\nchoices = [\"a\", \"b\"]\nanswer = {answer}\nbecause = \"B\"\n~~~"
        )
    };
    finds(&predict("1"), &[]);
    finds(&predict("2"), &["9:10 `2` gives 2, but this needs the number of a choice, 0 to 1 | "]);
    finds(
        &predict("\"cell[0][0]\""),
        &["9:11 `cell[0][0]` gives 0, but this needs the number of a choice, 0 to 1 | "],
    );
    let task = |condition: &str| format!("~~~try\ntask = \"T\"\ncondition = \"{condition}\"\n~~~");
    finds(&task("any(cell.max > 5)"), &[]);
    finds(&task("cell.max[0]"), &["8:14 `cell.max[0]` gives 0, but this needs true or false | "]);
    finds(
        &task("any(cell.max > 1)"),
        &[
            "8:14 this `try` is done before the learner does anything | let it hold only after the learner's change",
        ],
    );
}

#[test]
fn links_and_interventions() {
    finds("[a](stage:cell@2) [b](stage:@now) [c](stage:cell)", &[]);
    finds(
        "[a](stage:cel@7)",
        &[
            "6:11 there is no value called `cel` | did you mean `cell`?",
            "6:15 `7` gives 7, but this needs a position, 0 to 2 | ",
        ],
    );
    // A stop with interventions needs its own trace, so only `check_with` looks into it.
    let (lesson, _) =
        parse("01-x", &format!("{FRONT}~~~stage\nset = [\"cel[1]=0\", \"cell\"]\n~~~"));
    let mut provide = |setting: &Setting, run: &mut dyn FnMut(&dyn Values)| {
        assert_eq!(setting.set, ["cel[1]=0", "cell"]);
        run(&Fake);
        Ok(())
    };
    let found = check_with(&lesson, &mut provide, &KNOWN);
    let found: Vec<&str> =
        found.iter().filter(|found| found.line > 1).map(|found| found.message.as_str()).collect();
    let unreadable = "cannot read the intervention `cell`: there is no `=` in it. Write for example `forget_gate[3..7]=0`, `cell[5][2]*=0.5` or `hidden=clamp(-1,1)`";
    assert_eq!(found, ["there is no value called `cel`", unreadable]);
}

#[test]
fn rules_are_warnings() {
    let (lesson, _) = parse("01-x", FRONT);
    let found = check(&lesson, &Fake, &[], &["lstm"]);
    assert!(found.iter().all(|found| found.severity == Severity::Warning));
    assert_eq!(found.len(), 8, "{found:?}");
}

#[test]
fn parity_finds_what_a_translation_lost() {
    let read = |body: &str| parse("01-x", &format!("{FRONT}{body}")).0;
    let english =
        read("## A\n~~~stage\nat = 1\n~~~\n`= now` and `= cell[now]`\n## B\n~~~note\nHi\n~~~");
    assert_eq!(
        parity(
            &english,
            &read(
                "## 甲\n~~~stage\nat = 1\n~~~\n`= cell[now]` 和 `= now`\n## 乙\n~~~note\n好\n~~~"
            )
        ),
        []
    );
    let chinese = read("## 甲\n~~~stage\nat = 2\n~~~\n`= now`\n## 乙\n");
    let found: Vec<String> = parity(&english, &chinese)
        .iter()
        .map(|found| format!("{} {}", found.line, found.message))
        .collect();
    let expected = [
        "6 the `stage` block lacks at = 1",
        "6 the `stage` block has, unlike the original, at = 2",
        "6 this stop lacks `= cell[now]`",
        "11 this stop lacks a `note`",
    ];
    assert_eq!(found, expected);
    assert_eq!(parity(&english, &read("## 甲")).len(), 4);
}
