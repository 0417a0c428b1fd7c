use super::*;

/// Four positions. `gate` falls at position 2; `deep.gate` has a module; `late` exists from position 2 on.
struct Fake;

impl Values for Fake {
    fn n_positions(&self) -> usize {
        4
    }

    fn names(&self) -> Vec<String> {
        ["gate", "deep.layer0.gate", "late", "output", "gru.new"].map(str::to_owned).to_vec()
    }

    fn row(&self, name: &str, position: i64) -> Option<Vec<f32>> {
        let gates = [[0.5, 0.75], [0.5, 1.0], [0.125, 0.5], [0.5, 0.25]];
        let gate = gates.get(usize::try_from(position).ok()?).map(|row| row.to_vec());
        match name {
            "gate" => gate,
            "deep.layer0.gate" | "gru.new" => {
                gate.map(|row| row.iter().map(|entry| 2.0 * entry).collect())
            }
            "late" => gate.filter(|_| position >= 2),
            "output" => Some(vec![0.0, 0.25, 0.75]).filter(|_| (0..4).contains(&position)),
            _ => None,
        }
    }

    fn symbol(&self, index: usize) -> Option<String> {
        ["(", ")", "end"].get(index).map(|&symbol| symbol.to_owned())
    }

    fn token(&self, position: usize) -> Option<String> {
        ["(", "[", "]", ")"].get(position).map(|&token| token.to_owned())
    }
}

/// Evaluates at position 1 and compares what the page would show; errors as `message | hint`.
#[track_caller]
fn check(source: &str, expected: &str) {
    let shown = match evaluate(source, &Fake, 1) {
        Ok(answer) => answer.display(),
        Err(error) => match error.hint {
            Some(hint) => format!("{} | {hint}", error.message),
            None => error.message,
        },
    };
    assert_eq!(shown, expected, "{source}");
}

#[test]
fn rows_entries_and_arithmetic() {
    check("gate[now]", "[0.500, 1.00]");
    check("gate[now][1]", "1.00");
    check("gate[now + 1][0] * 8", "1.00");
    check("gate[3] - gate[2]", "[0.375, −0.250]");
    check("2 * gate[0]", "[1.00, 1.50]");
    check("-gate[0]", "[−0.500, −0.750]");
    check("1 / 2", "0.500");
    check("7 % 4 + 2 ** 3", "11.0");
    check("now + 1", "2");
    check("n_positions - 1 == last_position", "true");
    check("1 - 2", "−1");
}

#[test]
fn dotted_names() {
    check("deep.layer0.gate[now]", "[1.00, 2.00]");
    check("deep.layer0.gate.max[now]", "2.00");
    check("first(deep.layer0.gate.min < 0.3)", "2");
    check("gate[now].max", "1.00");
    check("gru.new[0][0]", "1.00");
    check("gate.unit(1).argmin", "3");
}

#[test]
fn reductions() {
    check("min(gate[now])", "0.500");
    check("mean(1, 2, 6)", "3.00");
    check("sum(gate[1])", "1.50");
    check("norm(3, 4)", "5.00");
    // Two equally likely outcomes: ln 2.
    check("entropy(0.5, 0.5)", "0.693");
    check("argmax(output[now])", "2");
    check("argmin(mean(gate[0]), mean(gate[2]), 0.9)", "1");
    check("gate.min", "[0.500, 0.500, 0.125, 0.250]");
    check("max(gate.min)", "0.500");
    check("argmin(gate.min)", "2");
    check("gate.argmax.sum", "3.00");
    check("mean(late.max)", "0.500");
    check("unit(gate, 0)[2]", "0.125");
}

#[test]
fn conditions() {
    check("first(gate.min < 0.2)", "2");
    check("last(gate.max >= 0.75)", "1");
    check("count(gate.unit(0) == 0.5)", "3");
    check("any(gate.min > 0.9) || all(gate.min > 0.1)", "true");
    check("first(gate.min < 0.3 && gate.max < 0.6)", "2");
    check("first(gate.min < gate.max && !(gate.max < 0.9))", "1");
    check("first(tokens == \"]\")", "2");
    check("token(now) == \"[\"", "true");
    check("count(late.min > 0)", "2");
    check(
        "first(gate.min < 0)",
        "the condition never holds in this run | change the threshold or the input",
    );
}

#[test]
fn functions_of_numbers() {
    check("abs(-2)", "2.00");
    check("round(2.345, 1)", "2.30");
    check("round(2.6)", "3");
    check("ln(exp(2))", "2.00");
    // Half is left after one step if half is kept per step, after ln ½ / ln 0.9 = 6.579 if 0.9 is kept.
    check("halflife(0.5)", "1.00");
    check("halflife(0.9)", "6.58");
    check("halflife(1)", "∞");
    check("halflife(gate[now])", "[1.00, ∞]");
    check("percent(0.9342)", "93.4 %");
    check("symbol(argmax(output[now]))", "end");
    check("gate[now].abs.sum", "1.50");
}

#[test]
fn errors_say_what_and_how() {
    check("gat[now]", "there is no value called `gat` | did you mean `gate`?");
    check(
        "layer0.gate.min",
        "there is no value called `layer0.gate` | did you mean `deep.layer0.gate`?",
    );
    check(
        "layer0.gate",
        "there is no value called `layer0.gate` | did you mean `deep.layer0.gate`?",
    );
    check("gate.mni", "`gate` has no `mni` | did you mean `min`?");
    check("gate[9]", "there is no position of `gate` at 9 | they go from 0 to 3");
    check("gate[now][7]", "there is no entry 7 | they go from 0 to 1");
    check("gate[0.5]", "[ ] takes a whole number, not a number");
    check("frist(gate.min < 1)", "there is no function `frist` | did you mean `first`?");
    check("unit(gate)", "`unit` does not take 1 arguments | write unit(name, i)");
    check(
        "gate < 0.2",
        "`<` does not work on a value at all positions and a number | write gate[now], or gate.mean for a number at each position",
    );
    check(
        "gate",
        "this gives a value at all positions, not an answer | write gate[now] or gate.mean",
    );
    check(
        "gate.min < 1",
        "this gives a condition for each position, not an answer | put first(), last(), count(), any() or all() around it",
    );
    check(
        "first(1)",
        "`first` does not work on a number | write a condition, such as first(forget_gate.min < 0.2)",
    );
    check("output[0] + gate[0]", "`+` needs equal lengths, not 3 and 2");
    check("ln(-1)", "the result is not a number (NaN)");
    check("symbol(9)", "the output vocabulary has no symbol 9");
    check("token(-1)", "this takes a whole number from 0");
    check("  ", "the expression is empty");
    check("true && gate.min", "`&&` does not work on true or false and a number for each position");
    check("let x = 1", "the expression cannot be read: Unexpected 'let' | write == to compare");
}

#[test]
fn long_and_deep_expressions_are_refused() {
    let message = |source: String| evaluate(&source, &Fake, 1).expect_err("an error").message;
    assert_eq!(message("1+".repeat(300) + "1"), "the expression has 601 characters, more than 600");
    assert!(message("1+".repeat(60) + "1").contains("complexity"));
    assert!(message("(".repeat(60) + "1").contains("complexity"));
    check(&("1+".repeat(25) + "1"), "26");
}

#[test]
fn errors_point_to_their_place() {
    #[track_caller]
    fn offset(source: &str, expected: usize) {
        let error = evaluate(source, &Fake, 1).expect_err("an error");
        assert_eq!(error.offset, expected, "{source}: {error}");
    }
    offset("gate[now] + gat[now]", 12);
    offset("1 +\n gat[now]", 5);
    offset("max(gate[9])", 4);
    offset("true && gat", 8);
}

#[test]
fn sources_are_what_was_read() {
    let read = sources("max(gate[now + 1]) + late.min[3] + gate[2][0]", &Fake, 1);
    let read: Vec<(&str, Option<i64>)> =
        read.iter().map(|read| (read.name.as_str(), read.position)).collect();
    assert_eq!(read, [("gate", Some(2)), ("late", None)]);
}

#[test]
fn numbers_have_three_significant_digits() {
    let cases = [
        (0.0, "0"),
        (0.012_345, "0.0123"),
        (0.999_6, "1.00"),
        (-12.345, "−12.3"),
        (1234.5, "1234"),
        (9.996e5, "999600"),
        (1.5e7, "1.50×10⁷"),
        (2.5e-6, "2.50×10⁻⁶"),
    ];
    for (number, expected) in cases {
        assert_eq!(Answer::Number(number).display(), expected);
    }
    assert_eq!(Answer::Vector(vec![1.0; 16]).display(), "[1.00, 1.00, 1.00, …, 1.00]");
}

#[test]
fn monstrous_expressions_are_refused_in_a_small_stack() {
    let run = || {
        for part in [
            "(",
            "[",
            "-",
            "!",
            "a.",
            "1+",
            "a[",
            "f(",
            "{",
            "`${",
            "true&&",
            "if true {",
            "a?.",
            "#{a:",
            "|",
            "\"",
            "a(1).",
            "2**",
        ] {
            for n_times in [10, 50, 599, 5000] {
                let text = part.repeat(n_times);
                let _ = evaluate(&text, &Fake, 0);
                let cut: String = text.chars().take(598).collect();
                let _ = evaluate(&format!("{cut}1"), &Fake, 0);
            }
        }
    };
    // Two megabytes is what a thread gets by default.
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run);
    thread.expect("a thread").join().expect("no overflow and no panic");
}

#[test]
fn a_compiled_expression_is_quick() {
    let source = "argmin(mean(gate[now]), mean(output[now]), deep.layer0.gate.min[now])";
    evaluate(source, &Fake, 1).expect("an answer");
    let start = std::time::Instant::now();
    for _ in 0..100 {
        evaluate(source, &Fake, 1).expect("an answer");
    }
    // 50 µs each in a release build; unoptimised code on a busy machine gets twenty times that.
    assert!(start.elapsed().as_millis() < 100, "{:?}", start.elapsed());
}
