//! Lessons: parsing gives a lesson and diagnostics for every input whatever, and expressions always end.

mod checks;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use unrolled::lesson::{
    Block, Diagnostic, Expression, FUNCTIONS, Function, Inline, Known, Lesson, Located, Place,
    Setting, Severity, Values, check, check_with, evaluate, parity, parse, parse_bytes, parts,
    plain_text, sources,
};

/// Uses every block and every kind of running text.
const FIXTURE: &str = include_str!("lesson/fixture.md");

/// A trace of five positions with two values.
struct Fake;

impl Values for Fake {
    fn n_positions(&self) -> usize {
        5
    }

    fn names(&self) -> Vec<String> {
        vec!["forget_gate".to_owned(), "encoder.layer0.cell".to_owned()]
    }

    fn row(&self, name: &str, position: i64) -> Option<Vec<f32>> {
        let is_known = self.names().iter().any(|known| known == name);
        let row = vec![0.9, 0.8 - 0.15 * position as f32];
        Some(row).filter(|_| is_known && (0..5).contains(&position))
    }

    fn symbol(&self, index: usize) -> Option<String> {
        Some(")".to_owned()).filter(|_| index < 2)
    }

    fn token(&self, position: usize) -> Option<String> {
        Some("(".to_owned()).filter(|_| position < 5)
    }
}

fn shown(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|diagnostic| {
            format!("{}:{} {}", diagnostic.line, diagnostic.column, diagnostic.message)
        })
        .collect()
}

/// Parses and compares the diagnostics as `line:column message`.
#[track_caller]
fn reads(source: &str, expected: &[&str]) -> Lesson {
    let (lesson, diagnostics) = parse("01-x", source);
    assert_eq!(shown(&diagnostics), expected);
    lesson
}

fn with_front(body: &str) -> String {
    format!("+++\ntitle = \"T\"\nmodel = \"lstm\"\n+++\n{body}")
}

#[test]
fn the_fixture_is_read_whole() {
    let lesson = reads(FIXTURE, &[]);
    assert_eq!((lesson.number, lesson.id.as_str()), (1, "x"));
    assert_eq!(lesson.title, "A memory");
    assert_eq!(lesson.goals.len(), 2);
    assert_eq!(lesson.sources.len(), 1);
    assert_eq!(lesson.intro.len(), 2);
    let anchors: Vec<&str> = lesson.stops.iter().map(|stop| stop.anchor.as_str()).collect();
    assert_eq!(anchors, ["forgetting-is-a-decision", "what-remains", "问-gate"]);
    let stage = lesson.stops[0].stage.as_ref().expect("a stage");
    assert_eq!(
        stage.at.as_ref().map(|at| at.source.as_str()),
        Some("first(forget_gate.min < 0.4)")
    );
    assert_eq!(stage.set[0].text, "forget_gate[3..4]=0");
    assert_eq!(stage.controls.len(), 3);
    assert_eq!(lesson.setting_at(Some(0)).input, "(()");
    // A stop without a stage inherits the one before it; a stage without an input has the lesson's.
    assert_eq!(lesson.setting_at(Some(1)).input, "(()");
    assert_eq!(lesson.setting_at(Some(2)).input, "((()))");
    let kinds: Vec<String> = lesson.stops.iter().flat_map(|stop| &stop.blocks).map(kind).collect();
    let expected = [
        "Paragraph",
        "Math",
        "Paragraph",
        "Predict",
        "Heading",
        "List",
        "List",
        "Quote",
        "Table",
        "Code",
        "Rule",
        "Note",
        "Paragraph",
        "Try",
        "Quiz",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(parts(&lesson.stops[0].blocks).len(), 7);
}

fn located(text: &str, line: usize, column: usize) -> Located {
    Located { text: text.to_owned(), place: Place { line, column } }
}

fn kind(block: &Block) -> String {
    let debug = format!("{block:?}");
    debug.chars().take_while(|letter| letter.is_alphanumeric()).collect()
}

#[test]
fn the_fixture_holds_on_its_trace() {
    let (lesson, _) = parse("01-x", FIXTURE);
    let mut provide = |_: &Setting, run: &mut dyn FnMut(&dyn Values)| {
        run(&Fake);
        Ok(())
    };
    let known = Known {
        views: &["diagram", "gates"],
        models: &["lstm", "rnn"],
        controls: &[],
        typeset: &unrolled::view::math::check,
    };
    let found = check_with(&lesson, &mut provide, &known);
    assert!(
        found.iter().all(|diagnostic| diagnostic.severity == Severity::Warning),
        "{:?}",
        shown(&found)
    );
    assert_eq!(parity(&lesson, &lesson), []);
}

#[test]
fn running_text_keeps_its_places() {
    let lesson = reads(&with_front("A **b** `= now` [c](<stage:cell@now + 1>)\n"), &[]);
    let Some(Block::Paragraph(inlines)) = lesson.intro.first() else {
        panic!("a paragraph");
    };
    let live =
        Inline::Live(Expression { source: "now".to_owned(), place: Place { line: 5, column: 12 } });
    assert!(inlines.contains(&live), "{inlines:?}");
    let Some(Inline::StageLink { target: Some(target), position: Some(position), .. }) =
        inlines.last()
    else {
        panic!("a link: {inlines:?}");
    };
    assert_eq!((target.text.as_str(), target.place), ("cell", Place { line: 5, column: 28 }));
    assert_eq!(
        (position.source.as_str(), position.place),
        ("now + 1", Place { line: 5, column: 33 })
    );
    assert_eq!(plain_text(inlines), "A b now c");
}

#[test]
fn questions_are_markdown_of_one_line() {
    let source = with_front(
        "~~~predict\nquestion = 'Is $x$ `= now` **big**?'\nchoices = [\"- a\", \"1. b\", \"*c*\"]\nanswer = 0\nbecause = \"B\"\n~~~\n",
    );
    let lesson = reads(&source, &[]);
    let Some(Block::Predict(question)) = lesson.intro.first() else {
        panic!("a prediction");
    };
    assert_eq!(question.question[1], Inline::Math(located("x", 6, 16)));
    let live =
        Inline::Live(Expression { source: "now".to_owned(), place: Place { line: 6, column: 23 } });
    assert_eq!(question.question[3], live);
    assert_eq!(question.choices[0], [Inline::Text("- a".to_owned())]);
    assert_eq!(question.choices[1], [Inline::Text("1. b".to_owned())]);
    assert_eq!(question.choices[2], [Inline::Emphasis(vec![Inline::Text("c".to_owned())])]);
}

#[test]
fn mathematics_beside_chinese() {
    let lesson = reads(&with_front("能量$E$下降，**门**关上。\n\n$$\nh_t = f(x)\n$$\n"), &[]);
    let Some(Block::Paragraph(inlines)) = lesson.intro.first() else {
        panic!("a paragraph");
    };
    assert_eq!(inlines[1], Inline::Math(located("E", 5, 3)));
    assert_eq!(inlines[3], Inline::Strong(vec![Inline::Text("门".to_owned())]));
    assert_eq!(lesson.intro[1], Block::Math(located("\nh_t = f(x)\n", 7, 1)));
}

#[test]
fn front_matter_slips() {
    reads("", &["1:1 the lesson is empty"]);
    reads(" \n\n", &["1:1 the lesson is empty"]);
    let lesson = reads("## A\nText\n", &["1:1 the lesson has no front matter"]);
    assert_eq!(lesson.stops.len(), 1);
    let lesson = reads(
        "+++\ntitle = \"T\"\nmodel = \"m\"\n\n## A\n",
        &["1:1 the front matter is never closed"],
    );
    assert_eq!((lesson.title.as_str(), lesson.stops.len()), ("T", 1));
    reads("+++\ntitle = \"T\"\n+++\n", &["1:1 the front matter has no `model`"]);
    reads(
        "+++\ntitle = \"T\"\nmodel = \"m\"\ngaols = [\"g\"]\n+++\n",
        &["4:1 `gaols` is not a key of the front matter"],
    );
    reads(
        "+++\ntitle = 3\nmodel = \"m\"\n+++\n",
        &["2:9 `title` should be text in quotes, but it is of type integer"],
    );
    let (lesson, diagnostics) =
        parse("x", "\u{feff}+++\r\ntitle = \"T\r\nmodel = \"m\"\r\n+++\r\n## A\r\n");
    assert_eq!((diagnostics[0].line, lesson.stops.len()), (2, 1), "{diagnostics:?}");
    assert_eq!(lesson.model.text, "m");
}

#[test]
fn slips_in_blocks() {
    let stage = |body: &str| with_front(&format!("## A\n~~~stage\n{body}\n~~~\nText\n"));
    reads(&stage("viewes = [\"a\"]"), &["7:1 `viewes` is not a key of a `stage` block"]);
    reads(
        &stage("views = [\"a\", 3]"),
        &["7:15 `views` should be text in quotes, but it is of type integer"],
    );
    reads(&stage("granularity = \"tokn\""), &["7:16 `tokn` is not a granularity"]);
    reads(
        &stage("at = [1]"),
        &["7:6 `at` should be an expression in quotes or a number, but it is of type array"],
    );
    let (lesson, diagnostics) = parse("x", &stage("focus = \"cell\"\nat = \nunit = 3"));
    assert_eq!((diagnostics.len(), diagnostics[0].line), (1, 8), "{diagnostics:?}");
    let kept = lesson.stops[0].stage.as_ref().expect("a stage");
    assert!(kept.focus.is_some() && kept.unit.is_some(), "{kept:?}");
    reads(&with_front("~~~stge\nx\n~~~\n"), &["5:1 `stge` is shown as program text"]);
    reads(
        &with_front("~~~stage\n~~~\n~~~stage\n~~~\n"),
        &["7:1 this stop has a `stage` block already; this one has no effect"],
    );
    reads(
        &with_front("~~~~note\n~~~stage\n~~~\n~~~~\n"),
        &["6:1 a `stage` block has no effect inside a note or a question"],
    );
    reads(&with_front("~~~try\ntask = \"T\"\n~~~\n"), &["5:1 a `try` block has no `condition`"]);
    reads(
        &with_front("~~~quiz\ncheck = 3\n~~~\n"),
        &[
            "6:9 `check` should be a list of tables, each under [[check]], but it is of type integer",
        ],
    );
    reads(
        &with_front("Text\n\n> ~~~stage\n> fous = \"a\"\n> ~~~\n"),
        &["8:3 `fous` is not a key of a `stage` block"],
    );
}

#[test]
fn slips_in_running_text() {
    reads(
        &with_front("[a](stage:cell@now + 1)\n"),
        &["5:1 a link in this paragraph is not read as one"],
    );
    reads(&with_front("这是**门。**它关上\n"), &["5:1 a ** in this paragraph is shown as it is"]);
    reads(
        &with_front("a <b>c</b>\n"),
        &["5:3 HTML is shown as it is written", "5:7 HTML is shown as it is written"],
    );
    reads(&with_front("<!-- a remark -->\n"), &[]);
    reads(&with_front("![p](p.png)\n"), &["5:1 pictures are not shown"]);
}

#[test]
fn a_block_that_is_never_closed_does_not_swallow_the_lesson() {
    let lesson = reads(
        &with_front("## A\n~~~stage\nfocus = \"cell\"\n\nText\n\n## B\n\n```quiz\n[[check]]\n"),
        &[
            "6:1 this stage block is never closed",
            "13:1 this quiz block is never closed",
            "14:1 a check of a `quiz` block has no `question`",
            "14:1 a check of a `quiz` block has no `choices`",
            "14:1 a check of a `quiz` block has no `answer`",
            "14:1 a check of a `quiz` block does not say why",
        ],
    );
    assert_eq!(lesson.stops.len(), 2);
    assert!(lesson.stops[0].stage.as_ref().is_some_and(|stage| stage.focus.is_some()));
    assert_eq!(lesson.stops[0].blocks.len(), 1);
}

#[test]
fn bytes_that_are_no_text() {
    let mut bytes = with_front("## A\nab").into_bytes();
    bytes.extend([0xff, 0xfe, b'\n', b'#', b'#', b' ', b'B', b'\n']);
    let (lesson, diagnostics) = parse_bytes("01-x", &bytes);
    assert_eq!(shown(&diagnostics), ["6:3 the file is not UTF-8 from here on"]);
    assert_eq!(lesson.stops.len(), 2);
    let expected = [
        "5:5 3 control characters are read as spaces; the first is here",
        "6:5 HTML is shown as it is written",
    ];
    let lesson = reads(&with_front("## A\0\u{7}\nb\u{85}c <b>\n"), &expected);
    assert_eq!(plain_text(&lesson.stops[0].title), "A");
}

#[test]
fn long_lines_and_long_files() {
    let (lesson, diagnostics) =
        parse("x", &with_front(&format!("{}\n## A\n", "字".repeat(10_000))));
    assert_eq!(shown(&diagnostics), ["5:1 this line has 10000 characters"]);
    assert_eq!(lesson.stops.len(), 1);
    let (_, diagnostics) = parse("x", &with_front(&"字 \n".repeat(100_000)));
    assert_eq!(diagnostics[0].line, 1, "{diagnostics:?}");
    assert_eq!(diagnostics[0].severity, Severity::Error);
}

#[test]
fn monstrous_files_end_soon_in_a_small_stack() {
    let pieces = [
        "> ",
        "- ",
        "1. ",
        "*a ",
        "**a ",
        "[",
        "![",
        "a* ",
        "[a](",
        "<",
        "`",
        "$",
        "$$",
        "~~~stage\n\n",
        "~~~note\n",
        "## a\n",
        "|",
        "| a\n|-\n",
        "+++\n",
        "[[a]]\n",
        "\n",
        "\\",
        "&#0;",
        "~~~quiz\n[[check]]\n",
        "```\n~~~\n",
        "- a\n  ",
        "*_",
        "<!--",
        "[a]: b\n",
        "a|",
        "\u{200b}",
        "= ",
    ];
    let run = move || {
        for piece in pieces {
            for source in [
                piece.repeat(40_000 / piece.len()),
                with_front(&piece.repeat(40_000 / piece.len())),
            ] {
                let start = Instant::now();
                let (lesson, _) = parse("x", &source);
                let _ = check(&lesson, &Fake, &[], &[]);
                // Unoptimised and beside other tests; a page reads a lesson of a tenth of that size.
                assert!(
                    start.elapsed() < Duration::from_secs(10),
                    "{piece:?} took {:?}",
                    start.elapsed()
                );
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run);
    thread.expect("a thread").join().expect("no overflow and no panic");
}

/// All that is done with a lesson before it is drawn.
fn survives(source: &[u8]) {
    let (lesson, diagnostics) = parse_bytes("01-x", source);
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.line > 0 && diagnostic.column > 0));
    let _ = check(&lesson, &Fake, &["diagram"], &["lstm"]);
    let _ = parity(&lesson, &parse("01-x", FIXTURE).0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }

    #[test]
    fn any_markup_is_survived(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "+++\n", "\n", "\n\n", "## ", "~~~", "```", "stage", "predict", "quiz", "try", "note", "[[check]]", "views = ", "[", "]",
            "\"", "'", "$", "$$", "`= ", "`", "](stage:", ")", "@", "now", "> ", "- ", "1. ", "|", "\n|-|-|\n", "**", "*", "字", "a", " ",
            "question = ", "choices = ", "answer = ", "\\", "<", "<!--", "\t", "\r\n", "{ a = 1 }", "3", "true", "#", "=",
        ]), 0..120))
    {
        survives(pieces.concat().as_bytes());
    }

    #[test]
    fn a_damaged_lesson_is_survived(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..30usize, "[ -~\n字~`$\\[\\]]{0,6}"), 1..8))
    {
        let mut bytes = FIXTURE.as_bytes().to_vec();
        for (index, length, insert) in cuts {
            let start = index.index(bytes.len());
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, insert.into_bytes());
        }
        survives(&bytes);
    }

    #[test]
    fn any_text_is_an_expression_or_an_error(text in "\\PC{0,80}", now in 0..9usize) {
        let _ = evaluate(&text, &Fake, now);
    }

    #[test]
    fn any_tokens_are_an_expression_or_an_error(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "forget_gate", "encoder", ".layer0", ".cell", ".min", ".unit(1)", "[now]", "[", "]", "(", ")", "first(", "argmin(", "halflife(",
            "symbol(", "now", "last_position", "tokens", "0.2", "1", "9223372036854775807", " < ", " == ", " && ", " || ", "!", "-", "+",
            " * ", " / ", " % ", " ** ", ", ", "\"a\"", "'a'", "`", "{", "}", "?.", "?[", "..", "in ", "switch ", "if ", " ?? ", "|a|", "fn",
            "new", "this", "#{", "a:", "()", "!in ", "=", "1e308", "round(", "//", "/*",
        ]), 0..24), now in 0..9usize)
    {
        let source = pieces.concat();
        let start = Instant::now();
        if let Err(error) = evaluate(&source, &Fake, now) {
            prop_assert!(error.offset <= source.chars().count() + 1, "{error:?} in {source}");
        }
        let _ = sources(&source, &Fake, now);
        prop_assert!(start.elapsed() < Duration::from_secs(2));
    }
}

const GUIDE: &str = include_str!("../../lessons/README.md");

#[test]
fn the_guide_lists_every_function() {
    for Function { usage, meaning, .. } in FUNCTIONS {
        assert!(GUIDE.contains(&format!("| `{usage}` | {meaning} |")), "{usage}");
    }
}

#[test]
fn the_guide_s_example_has_no_mistakes() {
    let example = GUIDE.split("````````").nth(1).and_then(|text| text.strip_prefix("markdown\n"));
    let lesson = reads(example.expect("an example in the guide"), &[]);
    assert_eq!(lesson.stops.len(), 2);
    let found = parts(&lesson.stops[0].blocks).len() + parts(&lesson.stops[1].blocks).len();
    // Two live values, two links, a prediction with a live value, a note; a task with a live value, a quiz.
    assert_eq!(found, 10);
}
