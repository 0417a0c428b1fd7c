use super::*;
use crate::models::Feed;
use crate::tape::Tape;
use crate::tasks::Rollout;

fn task() -> Dates {
    Dates { forms: Forms::All, first: Date::first(), last: Date::last() }
}

/// The answer that a typed text wants, or `?`.
fn wanted(text: &str) -> String {
    let given = task().parse(text).unwrap();
    let mut read = given.clone();
    loop {
        let Targets::Symbols(targets) = task().targets(&read) else { panic!() };
        assert_eq!(targets.len(), read.len());
        let Some(target) = targets[targets.len() - 1] else { return "?".to_owned() };
        let mut scores = [0.0; OUTPUTS.len()];
        scores[target] = 1.0;
        let Some(token) = task().next(&read, &scores) else { break };
        read.push(token);
    }
    task().tokens(&read)[given.len()..].concat()
}

#[test]
fn every_form_is_written_as_its_language_writes_it() {
    let forms = |text: &str| -> Vec<String> {
        let date = text.parse().unwrap();
        ENGLISH.iter().chain(CHINESE).map(|form| write(form, date)).collect()
    };
    assert_eq!(
        forms("1987-03-04"),
        [
            "march 4, 1987",
            "4 march 1987",
            "mar 4 1987",
            "mar. 4, 1987",
            "4-mar-1987",
            "march 4th, 1987",
            "4th of march, 1987",
            "wednesday, march 4, 1987",
            "wed, 4 mar 1987",
            "1987年3月4日",
            "1987年3月4号",
            "一九八七年三月四日",
            "1987年3月4日星期三",
        ]
    );
    assert_eq!(forms("2005-10-20")[11], "二〇〇五年十月二十日");
    assert_eq!(forms("2010-12-31")[11], "二〇一〇年十二月三十一日");
    let nth = |day| forms(&format!("2000-01-{day:02}"))[5].clone();
    for (day, wanted) in [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (12, "12th")] {
        assert_eq!(nth(day), format!("january {wanted}, 2000"));
    }
    assert_eq!(nth(13), "january 13th, 2000");
    assert_eq!(nth(22), "january 22nd, 2000");
    assert_eq!(nth(31), "january 31st, 2000");
}

#[test]
fn every_day_is_read_back_from_every_form() {
    let mut at = 0;
    while at <= Date::last().day_number() {
        let date = Date::first().after(at);
        for form in ENGLISH.iter().chain(CHINESE) {
            let text = write(form, date);
            assert!(text.chars().count() <= LONGEST / 2, "{text}");
            assert_eq!(numbers(&text).len(), text.chars().count(), "{text}");
            assert_eq!(read(&text), Some(date), "{text}");
        }
        // A prime, so that all days of the month and week and all years are met.
        at += 37;
    }
}

#[test]
fn what_is_drawn_is_written_on_from_what_is_typed() {
    let mut random = Random::new(1, 0);
    for forms in [Forms::All, Forms::English, Forms::Chinese] {
        let task = Dates { forms, ..task() };
        for _ in 0..200 {
            let Example { sequence, .. } = task.generate(&mut random);
            let text = task.text(&sequence);
            let answer = task.tokens(&sequence)[task.given(&sequence)..].concat();
            assert_eq!(wanted(&text), answer, "{text}");
            let is_chinese = text.contains('年');
            assert!(forms == Forms::All || is_chinese == (forms == Forms::Chinese), "{text}");
        }
    }
    let day: Date = "2024-02-29".parse().unwrap();
    let one = Dates { first: day, last: day, ..task() };
    let Example { sequence, .. } = one.generate(&mut random);
    assert!(one.tokens(&sequence).concat().ends_with("→2024-02-29"));
    // The last day before the first: there is only the first.
    let none = Dates { first: day, last: Date::first(), ..task() };
    let Example { sequence, .. } = none.generate(&mut random);
    assert!(none.tokens(&sequence).concat().ends_with("→2024-02-29"));
}

#[test]
fn dates_are_read_however_they_are_typed() {
    for text in [
        "  March  4,\t1987\n",
        "MARCH 4, 1987 →",
        "march 4, 1987->",
        "march 4， １９８７",
        "１９８７年３月４日",
        "1987年3月4號",
        "march␣4,␣1987",
    ] {
        assert_eq!(wanted(text), "1987-03-04", "{text}");
    }
    assert_eq!(wanted("二零零零年二月二十九日"), "2000-02-29");
}

#[test]
fn what_is_no_date_is_run_but_nothing_is_wanted() {
    for text in [
        "hello",
        "february 29, 1900",
        "april 31, 2000",
        "march 4, 1899",
        "march 4, 19871",
        "march 04, 1987",
        "4rd of march, 1987",
        "tuesday, march 4, 1987",
        "1987年3月4日星期二",
        "1987年13月4日",
        "1987-03-04",
        "一九八七年三月四十日",
    ] {
        assert_eq!(wanted(text), "?", "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let message = |text: &str| task().parse(text).unwrap_err().to_string();
    assert!(message(" \n").contains("empty"));
    assert!(message("→").contains("empty"));
    assert!(message("3/4/1987").contains("`/` (character 2)"));
    assert!(message("3/4/1987").contains("did you mean `-`"));
    assert!(message("  märz").contains("`ä` (character 4); it knows a–z 0–9"));
    assert!(message("1987年3月4日周三").contains("did you mean `星期`"));
    assert!(message("4 march → 1987").contains("`U+2192` (character 9)"));
    assert!(message("march\u{0}").contains("`U+0000` (character 6)"));
    assert!(message(&"march ".repeat(84)).contains("503 symbols; at most 60 fit"));
    assert!(message(&"a".repeat(500)).contains("500 symbols; at most 60 fit"));
    assert!(task().parse(&"a".repeat(60)).is_ok());
}

#[test]
fn days_that_are_none_are_no_configuration() {
    let build = |config: &str| (SPEC.build)(&serde_json::from_str(config).unwrap()).err();
    assert!(build(r#"{"forms":"all"}"#).is_none());
    let error = build(r#"{"forms":"all","first":"2001-02-29"}"#).unwrap().to_string();
    assert!(error.contains("`2001-02-29` is no day from 1900-01-01 to 2099-12-31"), "{error}");
}

#[test]
fn a_model_that_never_ends_is_stopped() {
    let tape = Tape::lean();
    let mut scores = vec![0.0; OUTPUTS.len()];
    scores[1] = 1.0;
    let scores = tape.constant(crate::tensor::row(&scores));
    let task = task();
    let rollout = Rollout::new(&task, &task.parse("1987年3月4日").unwrap());
    let mut position = 0;
    while rollout.at(position, Some(scores)).is_some() {
        position += 1;
    }
    assert!(rollout.is_cut());
    assert_eq!(rollout.finish().len(), 10 + LONGEST_ANSWER);
}
