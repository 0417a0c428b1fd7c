//! Training on a text of one's own: from a file to weights whose vocabulary is theirs, on the command
//! line and in the window.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use egui_kittest::kittest::Queryable;
use serde_json::{Value as Json, json};
use unrolled::app::screenshot::Headless;
use unrolled::checkpoint::{self, Checkpoint};
use unrolled::lesson::Library;
use unrolled::tasks::text::{Corpus, Division, TextError};
use unrolled::trace::Trace;
use unrolled::training::course::TextCourse;
use unrolled::training::live::{Control, Phase, TrainCommand};
use unrolled::training::text::{self, TextSettings, learners};
use unrolled::view::command::{Export, Purpose, ThemeChoice};
use unrolled::view::{Command, Language};

use crate::interact::window;

/// A folder of its own, whose name has spaces and Chinese characters; gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("unrolled {} 文本 {name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A Chinese text in which no two lines are the same.
fn chinese() -> String {
    let digits: Vec<char> = "零一二三四五六七八九".chars().collect();
    let number = |n: usize| -> String {
        n.to_string().bytes().map(|digit| digits[usize::from(digit - b'0')]).collect()
    };
    let line = |n: usize| ["第", &number(n), "行，平方是", &number(n * n), "。\n"].concat();
    (1..=150).map(line).collect()
}

fn run(arguments: &[&str], paths: &[(&str, &Path)]) -> (i32, String, String) {
    let mut process = Process::new(env!("CARGO_BIN_EXE_unrolled"));
    process.args(arguments);
    paths.iter().for_each(|(option, path)| {
        if !option.is_empty() {
            process.arg(option);
        }
        process.arg(path);
    });
    let output = process.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The card of a weights file.
fn card(path: &Path) -> Json {
    let bytes = fs::read(path).unwrap();
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let card = &metadata.metadata().as_ref().unwrap()["unrolled"];
    serde_json::from_str(card).unwrap()
}

#[test]
fn a_chinese_text_is_trained_on_traced_and_evaluated_from_the_command_line() {
    let folder = Folder::new("command line");
    let text = folder.write("诗 集.txt", chinese());
    let train = |out: &Path, seed: &str| {
        let arguments = [
            "train", "gru", "--hidden", "16", "--steps", "20", "--length", "20", "--json",
            "--seed", seed,
        ];
        let (status, summary, errors) = run(&arguments, &[("--text", &text), ("--out", out)]);
        assert_eq!(status, 0, "{errors}");
        serde_json::from_str::<Json>(&summary).unwrap()
    };
    let [first, again, other] =
        ["一.safetensors", "二.safetensors", "三.safetensors"].map(|n| folder.0.join(n));
    let summary = train(&first, "1");
    train(&again, "1");
    train(&other, "2");
    assert!(fs::read(&first).unwrap() == fs::read(&again).unwrap(), "one seed, two files");
    assert!(fs::read(&first).unwrap() != fs::read(&other).unwrap(), "two seeds, one file");
    let card = card(&first);
    assert_eq!(card["task_config"]["title"], "诗 集.txt");
    assert_eq!(card["task_config"]["vocabulary"], "\n。一七三九二五八六四平方是第行零，");
    assert!(summary["score"].as_f64() < summary["unigram"].as_f64(), "{summary}");
    let card_text = card.to_string();
    assert!(!card_text.contains("第一行"), "the text itself is in the card: {card_text}");

    let trace = folder.0.join("run.json");
    let (status, _, errors) =
        run(&["trace", "--input", "第二行⏎"], &[("", &first), ("--out", &trace)]);
    assert_eq!(status, 0, "{errors}");
    let trace: Json = serde_json::from_slice(&fs::read(&trace).unwrap()).unwrap();
    assert_eq!(trace["tokens"], json!(["第", "二", "行", "⏎"]));
    assert_eq!(trace["output_symbols"].as_array().unwrap().len(), 18);
    let figure = folder.0.join("cell.svg");
    let (status, _, errors) = run(
        &["figure", "--value", "hidden", "--input", "第二行"],
        &[("", &first), ("--out", &figure)],
    );
    assert_eq!(status, 0, "{errors}");

    let (status, table, errors) = run(&["eval"], &[("", &first), ("--text", &text)]);
    assert!(status == 0 && table.contains("right"), "{table}{errors}");
    let (status, _, errors) = run(&["eval"], &[("", &first)]);
    assert!(status == 1 && errors.contains("--text") && errors.contains("诗 集.txt"), "{errors}");
    let changed = folder.write("changed.txt", chinese() + "一");
    let (status, _, errors) = run(&["eval"], &[("", &first), ("--text", &changed)]);
    assert!(status == 1 && errors.contains("another text"), "{errors}");
    // A score that is not true is found.
    let mut checkpoint = checkpoint::open(&first).unwrap();
    checkpoint.card.score *= 0.9;
    checkpoint::save(&again, &checkpoint.card, &checkpoint.parameters).unwrap();
    let (status, table, _) = run(&["eval"], &[("", &again), ("--text", &text)]);
    assert!(status == 1 && table.contains("from the recorded score"), "{table}");
}

#[test]
fn what_is_no_text_is_refused_before_any_training() {
    let folder = Folder::new("refused");
    let refused = |path: &Path, words: &[&str]| {
        let out = folder.0.join("x.safetensors");
        let (status, _, errors) = run(&["train", "lstm"], &[("--text", path), ("--out", &out)]);
        assert!(status == 1 && errors.starts_with("error: "), "{errors}");
        assert!(words.iter().all(|word| errors.contains(word)), "{words:?}: {errors}");
        assert!(!out.exists());
    };
    // 50 MB with nothing in them: a sparse file.
    let large = folder.0.join("large.txt");
    fs::File::create(&large).unwrap().set_len(50_000_000).unwrap();
    let start = Instant::now();
    let error = checkpoint::read_text(&large).unwrap_err();
    assert_eq!(error, TextError::TooLarge { bytes: 50_000_000 });
    assert!(start.elapsed() < Duration::from_millis(100), "it was read");
    refused(&large, &["50000000 bytes", "5000000"]);
    refused(&folder.write("empty.txt", ""), &["0 characters", "500"]);
    refused(&folder.write("short.txt", "short"), &["5 characters", "500"]);
    refused(&folder.write("one.txt", "a".repeat(1000)), &["only the one character"]);
    let mut binary = chinese().into_bytes();
    binary[1000] = 0;
    refused(&folder.write("binary.txt", &binary), &["byte 1001", "no text file"]);
    binary[1000] = 0xFF;
    refused(&folder.write("gbk.txt", &binary), &["UTF-8", "line"]);
    refused(&folder.0, &["directory"]);
    refused(&folder.0.join("nothing.txt"), &["nothing.txt"]);
    let text = folder.write("a.txt", chinese());
    for (arguments, word) in [
        (&["train", "hopfield"][..], "these do: rnn"),
        (&["train", "xyz"], "these do: rnn"),
        (&["train", "lstm", "--hidden", "100000"], "8 to 256"),
        (&["train", "lstm", "--layers", "0"], "1 to 4"),
        (&["train", "lstm", "--steps", "1"], "10 to 20000"),
        (&["train", "lstm", "--length", "1000"], "8 to 128"),
    ] {
        let (status, _, errors) = run(arguments, &[("--text", &text)]);
        assert!(status == 2 && errors.contains(word), "{arguments:?}: {errors}");
    }
}

fn settings(model: &str) -> TextSettings {
    let settings = TextSettings::of(model).unwrap();
    TextSettings {
        hidden: 16,
        layers: 1,
        steps: 300,
        length: 16,
        learning_rate: Some(1e-2),
        ..settings
    }
}

/// Letters that always follow each other in the same way, read in parts that begin at each of them.
fn foretellable() -> Arc<Division> {
    let text = "abcdefghijklmno".repeat(200);
    Arc::new(Division::new(Arc::new(Corpus::of("a.txt", &text).unwrap()), 16).unwrap())
}

#[test]
fn every_architecture_that_is_offered_learns_what_can_be_foretold() {
    let (text, never) = (foretellable(), AtomicBool::new(false));
    assert!(text.unigram() > 3.5, "{}", text.unigram());
    assert_eq!(learners().count(), 6);
    for spec in learners() {
        let mut contestant = text::contestant(&settings(spec.id), &text).unwrap();
        while !contestant.is_finished() {
            assert!(contestant.step(&never), "{}", spec.id);
        }
        let latest = contestant.latest().unwrap();
        let bits = latest.score_at(16).unwrap();
        assert!(bits < 0.1, "{}: {bits} bits a character", spec.id);
        // What it writes goes on as the text does.
        let goes_on = |pair: &[usize]| pair[1] == (pair[0] + 1) % 15;
        let right = latest.written.windows(2).filter(|pair| goes_on(pair)).count();
        let shown = latest.written.len() - 1;
        assert!(right * 10 >= shown * 9 && shown > 10, "{}: {:?}", spec.id, latest.written);
    }
}

#[test]
fn weights_carry_their_vocabulary_and_a_hostile_one_is_refused() {
    let text = foretellable();
    let plan = settings("rnn").plan(Arc::clone(&text)).unwrap();
    let parameters = plan.model().unwrap().init(1);
    let made = plan.checkpoint("a".to_owned(), 0, &parameters, 1.0).unwrap();
    let bytes = |card: &Json| {
        let arrays = parameters.iter().map(|(name, array)| (name, &**array));
        checkpoint::to_bytes("a", card, arrays).unwrap()
    };
    let card = json!(made.card);
    let read = checkpoint::from_bytes("a", &bytes(&card)).unwrap();
    assert_eq!(read.card, made.card);
    assert_eq!(read.task.input_symbols(), made.task.input_symbols());
    assert_eq!(read.task.output_symbols().concat(), "abcdefghijklmno");
    let refused = |vocabulary: Json| {
        let mut card = card.clone();
        card["task_config"]["vocabulary"] = vocabulary;
        checkpoint::from_bytes("a", &bytes(&card)).map(|_| ()).unwrap_err().to_string()
    };
    assert!(refused(json!("abcdefghijklmn")).contains("14 outputs"));
    assert!(refused(json!("abcdefghijklmnop")).contains("16 outputs"));
    assert!(refused(json!("aacdefghijklmno")).contains("U+0061"));
    assert!(refused(json!("\u{202e}bcdefghijklmno")).contains("U+202E"));
    assert!(refused(json!("x".repeat(1_000_000))).contains("1024"));
    assert!(refused(json!(["a", "b"])).contains("text"));
    let mut long = card.clone();
    long["task_config"]["length"] = json!(1e9);
    assert!(checkpoint::from_bytes("a", &bytes(&long)).is_err());
}

/// All that a run computed.
fn computed(checkpoint: &Checkpoint, input: &str) -> Vec<(String, Vec<f32>)> {
    let trace = Trace::record(checkpoint, checkpoint.parse(input).unwrap(), Vec::new());
    let names: Vec<String> = trace.value_names().map(str::to_owned).collect();
    let value = |name: &String| {
        let nodes = trace.graph().everywhere(trace.graph().find(name).unwrap());
        let entries = nodes.iter().flat_map(|(_, node)| trace.graph().value(*node).iter().copied());
        (name.clone(), entries.collect())
    };
    names.iter().map(value).collect()
}

/// The page with a text, and small sizes.
fn page(folder: &Folder) -> Headless {
    let text = folder.write("我的 文本.txt", chinese());
    let mut headless = Headless::new(unrolled::app::state::Kept::default(), Library::embedded());
    headless.command(Command::OpenPath(text));
    assert_eq!(headless.state.message, None);
    headless.command(Command::TrainText(TrainCommand::Set(Control::Hidden(16))));
    headless
}

fn live(headless: &Headless) -> &unrolled::training::live::Live<TextCourse> {
    &headless.state.own.training.as_ref().unwrap().live
}

#[test]
fn a_text_that_is_opened_is_trained_on_stepped_through_saved_and_opened_again() {
    let folder = Folder::new("page");
    let mut headless = page(&folder);
    assert!(headless.state.own.is_open && headless.state.lesson.is_none());
    // The stage shows a model before any training.
    let run = headless.state.run.clone().unwrap();
    assert_eq!(run.checkpoint.card.id, "lstm-text @ 0");
    assert_eq!(run.checkpoint.card.config["hidden"], 16);
    for _ in 0..12 {
        headless.command(Command::TrainText(TrainCommand::Step));
    }
    assert_eq!(live(&headless).lanes()[0].updates(), 12);
    let run = headless.state.run.clone().unwrap();
    assert_eq!(run.checkpoint.card.id, "lstm-text @ 12");
    assert!(live(&headless).lanes()[0].latest.as_ref().unwrap().written.len() > 20);
    // Another beginning, typed by the learner, stays while the weights change.
    headless.command(Command::SetInput("第二行⏎".to_owned()));
    headless.command(Command::TrainText(TrainCommand::Step));
    assert_eq!(headless.state.run.as_ref().unwrap().trace.tokens(), ["第", "二", "行", "⏎"]);
    headless.command(Command::SetInput("第X行".to_owned()));
    assert!(headless.state.input_error.is_some());
    headless.command(Command::SetInput("第二行".to_owned()));
    // Saved by the field that asks where no dialog comes, and opened again.
    headless.command(Command::Choose(Purpose::Save(Export::Weights)));
    let path = folder.0.join("权 重.safetensors");
    headless.command(Command::TypedPath(path.display().to_string(), false));
    let message = headless.state.message.clone().unwrap();
    assert!(!message.is_error, "{}", message.text);
    let opened = checkpoint::open(&path).unwrap();
    let on_stage = headless.state.run.as_ref().unwrap();
    assert_eq!((opened.card.steps, &*opened.card.measure), (13, "bits per character"));
    assert!((1.0..8.0).contains(&opened.card.score), "{}", opened.card.score);
    assert_eq!(computed(&opened, "第三行"), computed(&on_stage.checkpoint, "第三行"));
    assert_ne!(computed(&opened, "第三行"), computed(&run.checkpoint, "第三行"));
    headless.command(Command::OpenPath(path));
    let run = headless.state.run.as_ref().unwrap();
    assert_eq!(run.checkpoint.card.id, "权 重.safetensors");
    // The lesson about the architecture stands beside it.
    assert_eq!(headless.state.lesson.as_ref().unwrap().lesson.id, "lstm");
}

#[test]
fn choices_begin_anew_and_a_rewind_gives_the_same_numbers() {
    let folder = Folder::new("choices");
    let mut headless = page(&folder);
    let train = |headless: &mut Headless| -> Vec<u32> {
        (0..3).for_each(|_| headless.command(Command::TrainText(TrainCommand::Step)));
        live(headless).lanes()[0].history.iter().map(|progress| progress.loss.to_bits()).collect()
    };
    let first = train(&mut headless);
    assert_eq!(first.len(), 3);
    headless.command(Command::TrainText(TrainCommand::Rewind));
    assert_eq!(train(&mut headless), first);
    headless.command(Command::TrainText(TrainCommand::Set(Control::Seed(2))));
    assert_eq!(live(&headless).phase(), Phase::Ready);
    assert_ne!(train(&mut headless), first);
    for spec in learners() {
        headless.command(Command::TrainText(TrainCommand::Set(Control::Model(spec.id))));
        headless.command(Command::TrainText(TrainCommand::Set(Control::Hidden(8))));
        assert_eq!(headless.state.run.as_ref().unwrap().checkpoint.card.model, spec.id);
        headless.command(Command::TrainText(TrainCommand::Step));
        let id = &headless.state.run.as_ref().unwrap().checkpoint.card.id;
        assert_eq!(*id, format!("{}-text @ 1", spec.id));
    }
    assert_eq!(headless.state.message, None);
}

#[test]
fn one_training_ends_another_and_no_report_goes_astray() {
    let folder = Folder::new("both");
    let mut headless = page(&folder);
    headless.command(Command::TrainText(TrainCommand::Step));
    // A race on another page: the text's threads end, its numbers stay.
    headless.command(Command::OpenLesson("lstm".to_owned()));
    assert!(!headless.state.own.is_open);
    headless.command(Command::Train(TrainCommand::Set(Control::Hidden(4))));
    headless.command(Command::Train(TrainCommand::Step));
    assert_eq!(live(&headless).phase(), Phase::Stopped);
    assert_eq!(live(&headless).lanes()[0].updates(), 1);
    let race = |headless: &Headless| headless.state.training.as_ref().unwrap().live.clone();
    assert!(race(&headless).lanes().iter().all(|lane| lane.updates() == 1));
    // Back on the page, what was trained is on the stage; training it again begins anew.
    headless.command(Command::OpenOwnText);
    assert_eq!(headless.state.run.as_ref().unwrap().checkpoint.card.id, "lstm-text @ 1");
    headless.command(Command::TrainText(TrainCommand::Step));
    assert_eq!(race(&headless).phase(), Phase::Stopped);
    assert!(race(&headless).lanes().iter().all(|lane| lane.updates() == 1));
    assert_eq!(live(&headless).lanes()[0].updates(), 1);
    // Another text: nothing of the first is left.
    let other = folder.write("other.txt", chinese().replace('第', "Nr. "));
    headless.command(Command::OpenPath(other));
    assert_eq!(live(&headless).lanes()[0].updates(), 0);
    assert_eq!(live(&headless).settings().text.corpus().title(), "other.txt");
    headless.command(Command::TrainText(TrainCommand::Step));
    assert_eq!(live(&headless).lanes()[0].updates(), 1);
    headless.command(Command::OpenMap);
    assert!(!headless.state.own.is_open);
}

#[test]
fn the_page_says_why_a_text_is_refused_in_the_learner_s_language() {
    let folder = Folder::new("reasons");
    let mut headless = Headless::new(unrolled::app::state::Kept::default(), Library::embedded());
    headless.command(Command::OpenOwnText);
    let short = folder.write("short.txt", "too short");
    for (language, words) in [(Language::English, "9 characters"), (Language::Chinese, "9 个字符")]
    {
        headless.command(Command::SetLanguage(language));
        headless.command(Command::OpenPath(short.clone()));
        let message = headless.state.message.clone().unwrap();
        assert!(message.is_error && message.text.contains(words), "{}", message.text);
        assert!(message.text.contains("short.txt"), "{}", message.text);
    }
    // The page is still there, and every control of it has a name.
    headless.command(Command::SetLanguage(Language::English));
    headless.command(Command::DismissMessage);
    let mut harness = window(headless, Language::English, ThemeChoice::Light);
    harness.run_steps(2);
    harness.get_by_label("Choose a text…");
    let text = folder.write("a.txt", chinese());
    harness.state_mut().command(Command::OpenPath(text));
    harness.run_steps(2);
    for label in
        ["Width", "Layers", "Updates", "Seed", "Transformer", "Train", "One step", "Save weights…"]
    {
        assert!(harness.query_all_by_label(label).next().is_some(), "no `{label}`");
    }
    harness.get_by_label("One step").click();
    harness.run_steps(2);
    assert_eq!(live(harness.state()).lanes()[0].updates(), 1);
}
