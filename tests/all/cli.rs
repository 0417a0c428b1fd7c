//! The program itself: exit status, what it writes and how it refuses.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value as Json;

/// A new folder for one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("unrolled-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unrolled")).args(arguments).output().unwrap()
}

/// Standard output of a command that has to succeed.
#[track_caller]
fn succeeds(arguments: &[&str]) -> String {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The command has to give this exit status, write nothing to standard output, and say all of
/// `words` on standard error in few lines.
#[track_caller]
fn fails(arguments: &[&str], status: i32, words: &[&str]) {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
    for word in words {
        assert!(errors.contains(word), "{arguments:?} does not say `{word}`: {errors}");
    }
    assert!(errors.starts_with("error: ") && !errors.contains("panicked"), "{errors}");
}

/// Weights that were trained for three updates: enough to be run.
fn weights() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        // Not removed: tests that share it may still run. It is one small file a run.
        let folder = std::env::temp_dir().join("unrolled-test-weights");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{}.safetensors", std::process::id()));
        let path = path.display().to_string();
        succeeds(&["train", "lstm-brackets", "--steps", "3", "--out", &path]);
        path
    })
}

/// The lesson that lessons/README.md shows to be copied is one without mistakes.
#[test]
fn the_lesson_to_copy_has_no_mistakes() {
    let readme = include_str!("../../lessons/README.md");
    let lesson = readme.split("````````").nth(1).unwrap().trim_start_matches("markdown\n");
    let folder = std::env::temp_dir().join(format!("unrolled-{}-copied", std::process::id()));
    std::fs::create_dir_all(folder.join("en")).unwrap();
    std::fs::write(folder.join("en/01-copied.md"), lesson).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_unrolled"))
        .arg("check")
        .arg(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    // It is shorter than a lesson should be, and says so; anything else would be a mistake.
    let serious = said.lines().filter(|line| !line.contains(":1:1: warning: the "));
    assert_eq!(serious.collect::<Vec<_>>(), Vec::<&str>::new());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_command_explains_itself() {
    for command in ["open", "list", "trace", "train", "eval", "check", "figure", "screenshot"] {
        let help = succeeds(&[command, "--help"]);
        assert!(help.contains("Example") && help.contains("Usage"), "{help}");
    }
    assert!(succeeds(&["--version"]).starts_with("unrolled "));
    fails(&["nonsense"], 2, &["nonsense", "--help"]);
}

#[test]
fn what_there_is_is_listed_as_text_and_as_json() {
    assert!(succeeds(&["list", "models"]).contains("lstm-brackets"));
    let models: Json = serde_json::from_str(&succeeds(&["list", "models", "--json"])).unwrap();
    assert!(models.as_array().unwrap().iter().any(|model| model["id"] == "gru-adding"));
    assert!(succeeds(&["list", "tasks"]).contains("brackets"));
    let values = succeeds(&["list", "values", "lstm-brackets"]);
    assert!(values.contains("forget_gate") && values.contains(r"\sigma"), "{values}");
    let values: Json =
        serde_json::from_str(&succeeds(&["list", "values", "gru", "--json"])).unwrap();
    assert_eq!(values[0]["name"], "hidden");
    assert!(succeeds(&["list", "values", "gru-brackets:updates"]).contains("update_gate"));
    fails(&["list", "values", "gru-brackets:up"], 2, &["updates"]);
    fails(&["list", "values", "lsmt-brackets"], 2, &["did you mean `lstm-brackets`?"]);
    fails(&["list", "values", "perceptron"], 2, &["perceptron", "unrolled list models"]);
}

#[test]
fn a_trace_holds_every_value_in_every_format() {
    let folder = Folder::new("trace");
    let out = folder.file("run.safetensors");
    let command = ["trace", weights(), "--input", "([])", "--grad", "cell[2]", "--out"];
    succeeds(&[&command[..], &[&out]].concat());
    let bytes = std::fs::read(&out).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for (name, shape) in [
        ("value.forget_gate", [4, 32]),
        ("initial.cell", [1, 32]),
        ("parameter.w_hf", [32, 32]),
        ("gradient.cell", [4, 32]),
        ("gradient.w_hf", [32, 32]),
    ] {
        assert_eq!(tensors.tensor(name).unwrap().shape(), shape, "{name}");
    }
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let card: Json =
        serde_json::from_str(&metadata.metadata().as_ref().unwrap()["unrolled"]).unwrap();
    assert_eq!(card["tokens"][2], "]");
    assert_eq!(card["gradient_of"], "cell[2]");
    assert!(card["formulas"]["cell"].as_str().unwrap().contains(r"\odot"));

    let json = succeeds(&["trace", weights(), "--input", "([])", "--out", "-"]);
    let json: Json = serde_json::from_str(&json).unwrap();
    let first =
        f32::from_le_bytes(*tensors.tensor("value.cell").unwrap().data().first_chunk().unwrap());
    let same = json["values"]["cell"]["entries"][0][0].as_f64().unwrap();
    assert_eq!((same as f32).to_bits(), first.to_bits(), "both formats hold the same number");
    assert!(json["values"]["cell"].get("gradient").is_none());

    let csv = [&command[..4], &["--out", "-", "--format", "csv"]].concat();
    let csv = succeeds(&csv);
    assert!(csv.starts_with("kind,name,position,token,row,unit,value\n"));
}

#[test]
fn an_intervention_changes_what_it_names_and_nothing_before() {
    let trace = |set: &[&str]| -> Json {
        let command = ["trace", weights(), "--input", "([{}])", "--out", "-"];
        serde_json::from_str(&succeeds(&[&command[..], set].concat())).unwrap()
    };
    let (plain, edited) = (trace(&[]), trace(&["--set", "forget_gate[3..5]=0"]));
    let gate = |run: &Json, at: usize| run["values"]["forget_gate"]["entries"][at].clone();
    assert!(gate(&edited, 3).as_array().unwrap().iter().all(|entry| *entry == 0.0));
    assert_eq!(gate(&plain, 2), gate(&edited, 2));
    assert_ne!(gate(&plain, 5), gate(&edited, 5));
    assert_eq!(edited["interventions"][0], "forget_gate[3..5] = 0");
}

#[test]
fn what_a_trace_cannot_do_is_said() {
    let with = |more: &[&'static str]| [&["trace", weights(), "--out", "-"], more].concat();
    fails(&with(&["--input", ""]), 1, &["--input", "empty"]);
    fails(&with(&["--input", "(🙂"]), 1, &["U+1F642", "character 2"]);
    fails(&with(&["--input", "（"]), 1, &["did you mean `(`"]);
    let long = "(".repeat(10_000);
    fails(&["trace", weights(), "--out", "-", "--input", &long], 1, &["10000", "Shorten"]);
    let set = |text| with(&["--input", "([])", "--set", text]);
    fails(&set("forgot_gate=0"), 2, &["forgot_gate", "did you mean `forget_gate`?"]);
    fails(&set("forget_gate"), 2, &["no `=`"]);
    fails(&set("cell[9]=0"), 2, &["changes nothing", "0 to 3"]);
    fails(&set("cell[1][99]=0"), 2, &["changes nothing", "0 to 31"]);
    fails(&set("w_hff=0"), 2, &["w_hff"]);
    fails(&set("cell=nan"), 2, &["`nan` is not a number"]);
    // Weights are changed as well as values.
    succeeds(&set("w_hf=0"));
    fails(&with(&["--input", "([])", "--grad", "sell"]), 2, &["did you mean `cell`?"]);
    fails(&with(&["--input", "([])", "--grad", "cell[4]"]), 2, &["0 to 3"]);
    fails(&["trace", "no/such.safetensors", "--input", "(", "--out", "-"], 1, &["no/such"]);
    fails(&["trace", weights(), "--input", "(", "--out", "run.xls"], 2, &[".safetensors"]);
    let nowhere = ["trace", weights(), "--input", "(", "--out", "/no/such/folder/run.json"];
    fails(&nowhere, 1, &["/no/such/folder/run.json", "--out"]);
    fails(&["train", "rnn", "--steps", "1", "--out", "/no/such/m.safetensors"], 1, &["--out"]);
}

#[test]
fn a_figure_is_drawn_as_svg_and_png() {
    let folder = Folder::new("figure");
    for (kind, ending, start) in [
        ("heatmap", "svg", &b"<svg"[..]),
        ("heatmap", "png", b"\x89PNG"),
        ("curves", "svg", b"<svg"),
    ] {
        let out = folder.file(&format!("{kind}.{ending}"));
        let figure = ["figure", weights(), "--value", "cell", "--input", "([])", "--kind", kind];
        succeeds(&[&figure[..], &["--out", &out]].concat());
        assert!(std::fs::read(&out).unwrap().starts_with(start));
    }
    let wrong = ["figure", weights(), "--input", "(", "--out", "a.gif", "--value", "cell"];
    fails(&wrong, 2, &[".svg or .png"]);
    let weight = ["figure", weights(), "--input", "(", "--out", "a.svg", "--value", "w_hf"];
    fails(&weight, 2, &["parameter"]);
}

#[test]
fn a_view_is_drawn_moved_and_written_as_numbers() {
    let folder = Folder::new("view 视图");
    let view = ["figure", weights(), "--input", "([])", "--view"];
    for (id, file, start) in [
        ("gates", "门 1.svg", &b"<?xml"[..]),
        ("diagram", "diagram.png", b"\x89PNG"),
        ("network", "network.gif", b"GIF89a"),
        ("gradient", "gradient.csv", b"run,state,path,position"),
        ("half_life", "half life.json", b"{"),
    ] {
        let out = folder.file(file);
        succeeds(&[&view[..], &[id, "--size", "400x300", "--lang", "zh", "--out", &out]].concat());
        assert!(std::fs::read(&out).unwrap().starts_with(start), "{file}");
    }
    let out = folder.file("unused.svg");
    let with = |more: &[&'static str]| [&view[..], more, &["--out"], &[&out]].concat();
    fails(&with(&["attention"]), 2, &["no view `attention`", "gates", "network"]);
    fails(&with(&["gates", "--at", "9"]), 2, &["positions 0 to 3"]);
    fails(&with(&["gates", "--steps", "2-3"]), 2, &["0..7"]);
    fails(&with(&["gates", "--value", "cell"]), 2, &["cannot be used with"]);
    fails(&with(&["gates", "--focus", "cel"]), 2, &["cell"]);
    let wrong = [&view[..], &["gates", "--out", "a.bmp"]].concat();
    fails(&wrong, 2, &[".png, .svg, .gif, .csv, .json or .safetensors"]);
    assert!(!std::path::Path::new(&out).exists());
    fails(&[&view[..], &["gates", "--out", "/dev/full/a.svg"]].concat(), 1, &["/dev/full/a.svg"]);
}

#[test]
fn eval_recomputes_and_refuses_what_is_below_target() {
    let output = run(&["eval", weights(), "--examples", "100", "--json"]);
    assert_eq!(output.status.code(), Some(1), "three updates cannot reach the target");
    let rows: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0]["id"], "lstm-brackets");
    let verdict = rows[0]["verdict"].as_str().unwrap();
    assert!(verdict.contains("below the target") && verdict.contains("recipe"), "{verdict}");
    fails(&["eval"], 2, &["required"]);
    fails(&["eval", "lstm-bracket"], 2, &["lstm-brackets"]);
}

/// A weights file with its header changed.
fn altered(change: impl Fn(&mut Json)) -> Vec<u8> {
    let bytes = std::fs::read(weights()).unwrap();
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let mut header: Json = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    change(&mut header);
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes[8 + length..]].concat()
}

/// A weights file whose card has one entry changed.
fn with_card(pointer: &str, value: &Json) -> Vec<u8> {
    altered(|header| {
        let card = &mut header["__metadata__"]["unrolled"];
        let mut inner: Json = serde_json::from_str(card.as_str().unwrap()).unwrap();
        *inner.pointer_mut(pointer).unwrap() = value.clone();
        *card = inner.to_string().into();
    })
}

#[test]
fn a_damaged_weights_file_is_named_with_what_is_wrong() {
    let folder = Folder::new("damaged");
    let whole = std::fs::read(weights()).unwrap();
    let mut huge_header = whole.clone();
    huge_header[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut not_a_number = whole.clone();
    let end = not_a_number.len();
    not_a_number[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let cases: [(&str, Vec<u8>, &str); 11] = [
        ("empty", Vec::new(), "not a whole safetensors file"),
        ("truncated", whole[..whole.len() / 2].to_vec(), "not a whole safetensors file"),
        ("header", huge_header, "not a whole safetensors file"),
        ("text", b"these are not weights at all".to_vec(), "not a whole safetensors file"),
        ("nan", not_a_number, "NaN"),
        ("card", altered(|h| h["__metadata__"] = serde_json::json!({})), "which model it is"),
        ("shape", with_card("/config/hidden", &31.into()), "not F32 [8, 31]"),
        ("vast", with_card("/config/hidden", &1_000_000_000.into()), "1000000000 is more than"),
        ("model", with_card("/model", &"perceptron".into()), "no such model"),
        ("task", with_card("/task", &"remember".into()), "remember"),
        ("symbols", with_card("/config/source/symbols/count", &3.into()), "fewer"),
    ];
    for (name, bytes, word) in cases {
        let path = folder.file(&format!("{name}.safetensors"));
        std::fs::write(&path, bytes).unwrap();
        fails(&["open", &path], 1, &[&path, word]);
        let output = run(&["eval", &path]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {errors}");
        assert!(errors.contains(word) && !errors.contains("panicked"), "{name}: {errors}");
    }
    fails(&["open", &folder.0.display().to_string()], 1, &["card.safetensors"]);
    fails(&["open", "no/such/folder"], 1, &["no/such/folder"]);
    fails(&["open", "a.doc"], 2, &[".doc"]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_unrolled"))
        .args(["trace", weights(), "--input", &"()".repeat(200), "--out", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn writing_over_a_file_leaves_the_new_one_only() {
    let folder = Folder::new("over");
    let out = folder.file("run.csv");
    std::fs::write(&out, "old").unwrap();
    succeeds(&["trace", weights(), "--input", "()", "--out", &out]);
    assert!(std::fs::read_to_string(&out).unwrap().starts_with("kind,"));
    assert_eq!(std::fs::read_dir(Path::new(&folder.0)).unwrap().count(), 1);
}

#[test]
fn a_new_lesson_runs_without_a_mistake_on_any_architecture() {
    let folder = Folder::new("new");
    let lessons = folder.file("my 课程");
    for spec in unrolled::models::MODELS {
        let Some(recipe) = spec.recipes.first() else { continue };
        succeeds(&["new", "lesson", spec.id, "--model", recipe.id, "--folder", &lessons]);
    }
    let checked = run(&["check", &lessons]);
    let (out, errors) = (
        String::from_utf8_lossy(&checked.stdout).into_owned(),
        String::from_utf8_lossy(&checked.stderr).into_owned(),
    );
    assert!(checked.status.success() && out.is_empty(), "{out}{errors}");
    assert!(errors.contains("0 warnings"), "{errors}");
    let again = ["new", "lesson", unrolled::models::MODELS[0].id, "--folder", &lessons];
    fails(&again, 2, &["choose another name"]);
    fails(&["new", "lesson", "a/b", "--folder", &lessons], 2, &["letters, digits and hyphens"]);
}
