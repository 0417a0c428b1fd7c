//! What `unrolled check` finds, each on a small lesson that is run on the real model.

use unrolled::checkpoint;
use unrolled::lesson::{Known, Setting, Values, check_stop, check_with, parse};
use unrolled::trace::Trace;
use unrolled::view::math;

const FRONT: &str = "+++\ntitle = \"T\"\nmodel = \"lstm-brackets\"\ninput = \"([])\"\n+++\n";

fn record(setting: &Setting) -> Result<Trace, String> {
    let checkpoint = checkpoint::shipped(setting.model).map_err(|error| error.to_string())?;
    let sequence = checkpoint.task.parse(setting.input).map_err(|error| error.to_string())?;
    let set = setting.set.iter().filter_map(|text| text.parse().ok()).collect();
    Ok(Trace::record(&checkpoint, sequence, set))
}

/// What reading and checking find in a lesson, `line:column message (hint)`; the rules for good lessons left out.
fn findings(source: &str) -> Vec<String> {
    let (lesson, mut found) = parse("01-x", source);
    let mut provide = |setting: &Setting, read: &mut dyn FnMut(&dyn Values)| {
        record(setting).map(|trace| read(&trace))
    };
    let known = Known {
        views: &["diagram", "gates"],
        models: &["lstm-brackets", "gru-brackets", "lstm-adding"],
        controls: &["length"],
        typeset: &math::check,
    };
    found.extend(check_with(&lesson, &mut provide, &known));
    let found = found.into_iter().filter(|found| found.line > 1);
    found.map(|found| found.to_string().replacen(" error:", "", 1)).collect()
}

/// Checks that a body is found wrong in exactly these ways. The front matter has five lines.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    assert_eq!(findings(&format!("{FRONT}{body}")), expected, "{body}");
}

fn stage(keys: &str) -> String {
    format!("~~~stage\n{keys}\n~~~\n")
}

fn attempt(condition: &str, hint: &str) -> String {
    format!("~~~try\ntask = \"T\"\ncondition = '{condition}'\nhint = '{hint}'\n~~~\n")
}

#[test]
fn formulas_that_cannot_be_typeset() {
    check(
        "A $\\sigma(x)$ and a $\\sgima(x)$.",
        &[
            "6:21: `\\sgima(x)` cannot be typeset: ParseError at position 0: Undefined control sequence: \\sgima",
        ],
    );
    check(
        "$$\nx_\n$$\n",
        &["6:1: `x_` cannot be typeset: ParseError at position 1: Expected group after '_'"],
    );
    check(
        "It is\n$$\n\\frac{1\n$$\nor $ x $.\n",
        &[
            "6:1: warning: a formula in this paragraph is not read as one (close every brace, and put no space inside $…$)",
        ],
    );
    check(
        "~~~predict\nquestion = 'Is $\\fo$?'\nchoices = ['$\\ba$', 'b']\nanswer = 0\nbecause = 'B'\n~~~",
        &[
            "7:16: `\\fo` cannot be typeset: ParseError at position 0: Undefined control sequence: \\fo",
            "8:13: `\\ba` cannot be typeset: ParseError at position 0: Undefined control sequence: \\ba",
        ],
    );
    check(
        "## The state $门$\n",
        &[
            "6:14: `门` cannot be typeset: a formula cannot hold '门': write such words in the text beside it",
        ],
    );
    let goals = FRONT.replace("input", "goals = ['$\\q$']\ninput");
    let found = findings(&goals);
    assert!(found[0].starts_with("4:11: `\\q` cannot be typeset"), "{found:?}");
    assert_eq!(found.len(), 1);
}

#[test]
fn units_that_the_focused_value_does_not_have() {
    check(&stage("focus = \"cell\"\nunit = 31"), &[]);
    check(
        &stage("focus = \"cell\"\nunit = 32"),
        &["8:8: `32` gives 32, but this needs a unit of `cell`, 0 to 31"],
    );
    // The value in focus may have been chosen by an earlier stop.
    let earlier =
        format!("{}## A\n{}", stage("focus = \"prediction\""), stage("unit = \"20 + 20\""));
    check(&earlier, &["11:9: `20 + 20` gives 40, but this needs a unit of `prediction`, 0 to 8"]);
    check(
        &stage("unit = 3"),
        &["7:8: warning: this `unit` is a unit of no value (say of which: `focus = \"…\"`)"],
    );
}

#[test]
fn addresses_that_were_meant_to_move_the_stage() {
    check("[a](stagecell@1)", &["6:1: `stagecell@1` is not a stage link (write `stage:cell@1`)"]);
    check("[a](Stage:cell)", &["6:1: `Stage:cell` is not a stage link (write `stage:cell`)"]);
    check("[a](stge:cell@1)", &["6:1: `stge:cell@1` is not a stage link (write `stage:cell@1`)"]);
    check("[a](stage：cell)", &["6:1: `stage：cell` is not a stage link (write `stage:cell`)"]);
    check("[a](cell@1)", &["6:1: `cell@1` is not a stage link (write `stage:cell@1`)"]);
    check("[a](stage/cell)", &["6:1: `stage/cell` is not a stage link (write `stage:cell`)"]);
    check("[a](https://stage.org/x@1) [b](mailto:a@b.c) [c](06-gru.md) [d](stage.md)", &[]);
}

#[test]
fn texts_and_lists_in_each_other_s_place() {
    check(
        &stage("views = \"gates\""),
        &[
            "7:9: `views` should be a list of texts, but it is one text (put brackets around it: `views = [\"…\"]`)",
        ],
    );
    check(
        &stage("focus = [\"cell\"]"),
        &[
            "7:9: `focus` should be text in quotes, but it is of type array (take the brackets away)",
        ],
    );
}

#[test]
fn interventions_that_change_nothing() {
    check(&stage("set = [\"cell[1..3][0]=0\", \"forget* = 0\"]"), &[]);
    check(
        &stage("set = [\"cel[1]=0\"]"),
        &["7:9: there is no value called `cel` (did you mean `cell`?)"],
    );
    check(
        &stage("set = [\"cell[4]=0\"]"),
        &["7:9: `cell[4] = 0` changes nothing (the input has the positions 0 to 3)"],
    );
    check(
        &stage("set = [\"cell[..][32]=0\"]"),
        &["7:9: `cell[..][32] = 0` changes nothing (`cell` has the units 0 to 31)"],
    );
    check(
        &stage("set = [\"w_hf=0\"]"),
        &[
            "7:9: `w_hf` is a parameter (interventions act on values that are computed, such as `hidden`)",
        ],
    );
    // A GRU has no forget gate, whatever the lesson's own model has.
    check(
        &stage("model = \"gru-brackets\"\nset = [\"forget_gate=0\"]"),
        &["8:9: there is no value called `forget_gate`"],
    );
}

#[test]
fn positions_beyond_the_end() {
    check(&stage("at = 3"), &[]);
    check(&stage("at = 4"), &["7:6: `4` gives 4, but this needs a position, 0 to 3"]);
    check("[a](stage:cell@9)", &["6:16: `9` gives 9, but this needs a position, 0 to 3"]);
}

#[test]
fn comparisons_that_share_no_input() {
    check(&stage("compare = [\"gru-brackets\"]"), &[]);
    let found = findings(&format!("{FRONT}{}", stage("compare = [\"lstm-adding\"]")));
    assert_eq!(found.len(), 1, "{found:?}");
    let start = "7:13: `lstm-adding` cannot be compared with `lstm-brackets`: ";
    assert!(found[0].starts_with(start), "{found:?}");
    assert!(found[0].ends_with("(compare models of one task)"), "{found:?}");
}

#[test]
fn answers_that_are_no_choice() {
    let predict = |answer: &str| {
        format!(
            "~~~predict\nquestion = 'Q'\nchoices = ['a', 'b']\nanswer = {answer}\nbecause = 'B'\n~~~"
        )
    };
    check(&predict("'argmax(hidden[0][0], 9)'"), &[]);
    check(&predict("2"), &["9:10: `2` gives 2, but this needs the number of a choice, 0 to 1"]);
    check(&predict("-1"), &["9:10: `-1` gives −1, but this needs the number of a choice, 0 to 1"]);
}

#[test]
fn tasks_whose_hint_does_not_help() {
    let over_three = "max(cell[1]) > 3";
    check(&attempt(over_three, "cell[1][0]=4"), &[]);
    check(&attempt(over_three, "Write `cell[1][0]=4`, then look."), &[]);
    // Two that help together only, and one of two that helps alone.
    let both = "max(cell[1]) > 3 && max(cell[2]) > 3";
    check(&attempt(both, "Write `cell[1][0]=4` and `cell[2][0]=4`."), &[]);
    check(&attempt(over_three, "Not `cell[1][0]=2` but `cell[1][0]=4`."), &[]);
    check(&attempt(over_three, "Make it larger."), &[]);
    check(
        &attempt(over_three, "cell[1][0]=2"),
        &[
            "8:14: the hint `cell[1][0] = 2` does not make `max(cell[1]) > 3` true (give an intervention that does, or mend the condition)",
        ],
    );
    check(
        &attempt(over_three, "cell[7]=4"),
        &[
            "8:14: the hint `cell[7] = 4` does not make `max(cell[1]) > 3` true: `cell[7] = 4` changes nothing, the input has the positions 0 to 3 (give an intervention that does, or mend the condition)",
        ],
    );
    check(
        &attempt("n_positions", "cell[1]=4"),
        &["8:14: `n_positions` gives 4, but this needs true or false"],
    );
    check(
        &attempt("max(cell[1]) < 3", "cell[1]=4"),
        &[
            "8:14: warning: this `try` is done before the learner does anything (let it hold only after the learner's change)",
        ],
    );
}

#[test]
fn an_unknown_model_is_said_once() {
    let source = FRONT.replace("lstm-brackets", "lstm-bracket");
    assert_eq!(
        findings(&format!("{source}`= now`\n\n## A\n`= now`\n")),
        ["3:10: there is no model called `lstm-bracket` (did you mean `lstm-brackets`?)"]
    );
    // An input that cannot be read is said once as well, however many stops use it.
    let source = FRONT.replace("([])", "(a)");
    let found = findings(&format!("{source}`= now`\n\n## A\n`= now`\n"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("3:10: "), "{found:?}");
}

#[test]
fn a_misspelled_control_is_named_with_the_one_that_was_meant() {
    let found = findings(&format!("{FRONT}{}", stage("controls = { lenght = 50 }")));
    assert!(found.iter().any(|found| found.contains("`length`")), "{found:?}");
}

#[test]
fn the_page_says_what_fails_on_the_run_beside_it() {
    let body = format!("{}`= cell[3]` `= cel[0]`\n", stage("set = [\"cel=0\"]"));
    let (lesson, _) = parse("01-x", &format!("{FRONT}{body}"));
    let of = |input: &str, is_own: bool| -> Vec<String> {
        let setting = Setting { model: "lstm-brackets", input, ..Setting::default() };
        let trace = record(&setting).unwrap();
        let found = check_stop(&lesson, None, &trace, 0, is_own);
        found.iter().map(|found| format!("{}:{}", found.line, found.column)).collect()
    };
    assert_eq!(of("([])", true), ["7:9", "9:16"]);
    // A shorter input of the learner's own has no position 3; the stage is not in force then.
    assert_eq!(of("()", false), ["9:4", "9:16"]);
}
