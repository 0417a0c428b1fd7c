use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::tasks;

/// Sentences without a period that the parts could repeat with.
fn sentences(count: usize) -> String {
    let line = |n: usize| format!("Line {n}: {} and {}.\n", n * n, n * 7919 % 1000);
    (1..=count).map(line).collect()
}

fn divided(text: &str, length: usize) -> Result<Arc<Division>, TextError> {
    Ok(Arc::new(Division::new(Arc::new(Corpus::of("a.txt", text)?), length)?))
}

fn refused(text: &str) -> String {
    divided(text, 64).unwrap_err().to_string()
}

#[test]
fn what_is_held_out_is_never_drawn_for_training() {
    for (text, length) in [(sentences(40), 64), (sentences(400), 64), (sentences(400), 16)] {
        let division = divided(&text, length).unwrap();
        let task = Text::on(Arc::clone(&division));
        let part = division.length() + 1;
        let held_out = division.held_out();
        let share = held_out as f64 / (division.corpus().len() / part) as f64;
        assert!((0.02..0.35).contains(&share), "{share} is held out of {length}");
        // Where a character stands is known by what stands around it: every line is another.
        let symbols: Vec<usize> = division.corpus().symbols().collect();
        let mut hidden = vec![false; symbols.len()];
        for number in 0..held_out {
            let part = division.part(number).unwrap();
            let found: Vec<usize> = (0..=symbols.len() - part.len())
                .filter(|at| symbols[*at..].starts_with(&part))
                .collect();
            let start = *found.iter().find(|at| *at % part.len() == 0).unwrap();
            hidden[start..start + part.len()].fill(true);
        }
        let mut random = Random::new(1, 9);
        let mut starts = BTreeSet::new();
        for _ in 0..2000 {
            let drawn = division.draw(&mut random);
            assert_eq!(drawn.len(), part);
            let mut found = (0..=symbols.len() - part)
                .filter(|at| symbols[*at..].starts_with(&drawn))
                .peekable();
            starts.insert(*found.peek().unwrap());
            assert!(
                found.any(|at| !hidden[at..at + part].contains(&true)),
                "drawn from a held-out part"
            );
        }
        // From anywhere between the parts, not only from where parts begin.
        assert!(starts.iter().any(|start| start % part != 0) && starts.len() > 100, "{starts:?}");
        let example = tasks::draw(&task, &mut random, Split::HeldOut);
        let whole = (0..held_out).map(|number| division.part(number).unwrap());
        assert!(whole.into_iter().any(|part| part.starts_with(example.sequence.symbols())));
    }
}

#[test]
fn the_split_does_not_depend_on_the_seed_or_on_the_numbers_of_characters() {
    let text = sentences(200);
    let held_out = |text: &str| -> BTreeSet<String> {
        let task = Text::on(divided(text, 32).unwrap());
        task.held_out(usize::MAX).iter().map(|example| task.text(&example.sequence)).collect()
    };
    let first = held_out(&text);
    // A character before all others moves every number up by one; the parts are the same.
    let other = held_out(&format!("{text}\u{9}"));
    assert_eq!(first, other);
    assert!(!first.is_empty());
}

#[test]
fn a_character_costs_what_its_frequency_says_whoever_knows_nothing_else() {
    // Letters drawn with probabilities 1/2, 1/4, 1/8, 1/8 have an entropy of 1.75 bits.
    let mut random = Random::new(3, 9);
    let mut draw = || match random.below(8) {
        0..4 => 'a',
        4 | 5 => 'b',
        6 => 'c',
        _ => 'd',
    };
    let text: String = (0..100_000).map(|_| draw()).collect();
    let division = divided(&text, 64).unwrap();
    assert!((division.unigram() - 1.75).abs() < 0.03, "{}", division.unigram());
    assert!((division.held_out_share() - 0.125).abs() < 0.03, "{}", division.held_out_share());
}

#[test]
fn a_text_is_read_in_every_usual_encoding() {
    let text = sentences(30) + "中文，é";
    let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect()
    };
    let plain = Corpus::read("a.txt", text.as_bytes()).unwrap();
    let marked = Corpus::read("a.txt", format!("\u{feff}{text}").as_bytes()).unwrap();
    assert_eq!(plain, marked);
    assert_eq!(plain, Corpus::read("a.txt", text.replace('\n', "\r\n").as_bytes()).unwrap());
    assert_eq!(plain, Corpus::read("a.txt", &utf16([0xFF, 0xFE], u16::to_le_bytes)).unwrap());
    assert_eq!(plain, Corpus::read("a.txt", &utf16([0xFE, 0xFF], u16::to_be_bytes)).unwrap());
    let mut broken = utf16([0xFF, 0xFE], u16::to_le_bytes);
    broken.pop();
    let length = broken.len();
    assert_eq!(
        Corpus::read("a.txt", &broken),
        Err(TextError::BrokenUtf16 { at: length }),
        "half a unit at the end"
    );
    broken[10..12].copy_from_slice(&0xD800_u16.to_le_bytes());
    assert_eq!(
        Corpus::read("a.txt", &broken[..length - 1]),
        Err(TextError::BrokenUtf16 { at: 11 })
    );
}

#[test]
fn what_is_no_text_is_named_with_its_place() {
    let read = |bytes: &[u8]| Corpus::read("a.txt", bytes).unwrap_err().to_string();
    let mut bytes = sentences(30).into_bytes();
    bytes[100] = 0;
    assert!(read(&bytes).contains("byte 101 is 0"), "{}", read(&bytes));
    // GBK for 中文.
    bytes[100..104].copy_from_slice(&[0xD6, 0xD0, 0xCE, 0xC4]);
    let line = 1 + bytes[..100].iter().filter(|byte| **byte == b'\n').count();
    let wanted = format!("byte 101, in line {line}, is not UTF-8");
    assert!(read(&bytes).contains(&wanted), "{}", read(&bytes));
    assert!(read(&vec![b'a'; 6_000_000]).contains("6000000 bytes"));
}

#[test]
fn what_nothing_can_be_learned_from_is_refused() {
    assert!(refused("").contains("0 characters"));
    assert!(refused(&"ab".repeat(200)).contains("400 characters; at least 500"));
    assert!(refused(&"x".repeat(5000)).contains("only the one character `x`"));
    assert!(refused(&" ".repeat(5000)).contains("`␣`"));
    // 65 characters, again and again: every part is the same.
    let part = "abcdefghijklm".repeat(5);
    assert!(
        refused(&part.repeat(100)).contains("held out"),
        "{:?}",
        divided(&part.repeat(100), 64)
    );
    // A short text has short sequences, so that something can be held out.
    let short = divided(&sentences(25), 64).unwrap();
    assert!(short.corpus().len() < 1000 && short.length() < 25 && short.held_out() > 0);
}

#[test]
fn rare_characters_become_one_symbol_that_everybody_can_see() {
    // 2000 ideographs, the first ones more often.
    let text: String = (0..2000_u32)
        .flat_map(|n| {
            let character = char::from_u32(0x4e00 + n).unwrap();
            std::iter::repeat_n(character, if n < 1000 { 3 } else { 1 })
        })
        .collect();
    let corpus = Corpus::of("a.txt", &text).unwrap();
    assert_eq!((corpus.vocabulary().len(), corpus.rare()), (1024, 2000 - 1023));
    assert!(corpus.vocabulary().contains(&RARE));
    let task = Text::on(Arc::new(Division::new(Arc::new(corpus), 64).unwrap()));
    let message = task.parse("一\u{55a4}").unwrap_err().to_string();
    assert!(message.contains("(character 2)") && message.contains("`□`"), "{message}");
    assert!(task.parse("一□").is_ok());
    assert!(message.chars().count() < 500, "the whole vocabulary is in a message");
}

#[test]
fn what_is_typed_is_read_and_what_is_read_can_be_typed() {
    let task = Text::on(divided(&(sentences(60) + "café\t“quoted”"), 64).unwrap());
    let sequence = task.parse("Line 1:⏎cafe\u{301} x").unwrap_err().to_string();
    assert!(sequence.contains("`x` (character 14)"), "{sequence}");
    let typed = "Line 1:⏎café⇥ “and”";
    let sequence = task.parse(typed).unwrap();
    assert_eq!(task.text(&sequence), typed);
    assert_eq!(task.tokens(&sequence)[4], "␣");
    assert_eq!(task.parse("Line\r\n␣"), task.parse("Line\n "));
    assert!(matches!(task.parse(""), Err(InputError::Empty { .. })));
    let long = task.parse(&"Line ".repeat(201));
    assert_eq!(long, Err(InputError::TooLong { found: 1005, longest: 1000 }));
}

#[test]
fn a_description_from_a_stranger_is_checked() {
    let good = json!({"vocabulary": "\n ab中", "length": 64, "title": "a.txt", "text": "00ff", "unigram": 4.5});
    let build = |field: &str, value: Json| {
        let mut config = good.clone();
        config[field] = value;
        (SPEC.build)(&config).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(build("length", json!(8)), Ok(()));
    let many: String = (0..1025).filter_map(|n| char::from_u32(0x4e00 + n)).collect();
    let hostile = [
        ("vocabulary", json!("")),
        ("vocabulary", json!("a")),
        ("vocabulary", json!(many)),
        ("vocabulary", json!("aab")),
        ("vocabulary", json!("ba")),
        ("vocabulary", json!("a\u{202e}")),
        ("vocabulary", json!("\0a")),
        ("vocabulary", json!("a\u{212b}")),
        ("vocabulary", json!(7)),
        ("vocabulary", Json::Null),
        ("length", json!(0)),
        ("length", json!(-1)),
        ("length", json!(257)),
        ("length", json!(1e300)),
        ("title", json!("x".repeat(101))),
        ("title", json!("a\nb")),
        ("text", json!("not a hash")),
        ("text", json!("0".repeat(17))),
        ("unigram", json!(-1.0)),
        ("unigram", json!("NaN")),
        ("surprise", json!(1)),
    ];
    for (field, value) in hostile {
        assert!(build(field, value.clone()).is_err(), "{field}: {value} is accepted");
    }
    // Whatever is accepted can be drawn from, in both splits, however small.
    for vocabulary in ["ab", "\n ", "一丁三"] {
        let config = json!({"vocabulary": vocabulary, "length": 8});
        let task = (SPEC.build)(&config).unwrap();
        for split in [Split::Training, Split::HeldOut] {
            let example = tasks::draw(&*task, &mut Random::new(1, 9), split);
            assert!((2..=8).contains(&example.sequence.len()));
        }
    }
}
