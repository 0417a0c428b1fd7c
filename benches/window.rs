//! What a frame costs, how soon an edit is on screen, and how soon the first frame is there.
//!
//! `cargo bench --bench window`. Frames are laid out and tessellated, which is all that the
//! processor does for them in a window; painting is the graphics driver's.

#[path = "../tests/all/attention_stage.rs"]
#[allow(dead_code, clippy::expect_used, reason = "it is a part of the tests")]
mod attention_stage;

use std::sync::Arc;

use divan::Bencher;
use unrolled::app::figure::{Page, SIZE};
use unrolled::app::screenshot::Headless;
use unrolled::app::session::Session;
use unrolled::app::state::Kept;
use unrolled::app::trainers::Trainers;
use unrolled::laboratory::Laboratory;
use unrolled::lesson::{Control, Library};
use unrolled::trace::timeline::TimelineCommand;
use unrolled::training::live::{Live, TrainCommand};
use unrolled::view::{Command, VIEWS, theme};

fn main() {
    divan::main();
}

/// A 48-symbol string, the longest that the shipped models were trained on.
const LONG: &str = "([{<>}])([{<([{<>}])>}])([{<>}])([{<>}])([{<>}])";

/// The heaviest page: every view at once, a long input, the inspector open.
fn heaviest() -> Headless {
    let mut headless = Headless::new(Kept::default(), Library::embedded());
    headless.command(Command::OpenLesson("lstm".to_owned()));
    headless.command(Command::Stop(2));
    headless.command(Command::SetInput(LONG.to_owned()));
    for view in VIEWS {
        if !headless.state.views.iter().any(|id| id == view.id) {
            headless.command(Command::ToggleView(view.id.to_owned()));
        }
    }
    headless.command(Command::Timeline(TimelineCommand::Position(20)));
    headless
}

fn input() -> egui::RawInput {
    let rect = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0));
    egui::RawInput { screen_rect: Some(rect), ..egui::RawInput::default() }
}

fn frame(ctx: &egui::Context, headless: &mut Headless) -> usize {
    let output = ctx.run_ui(input(), |ui| headless.ui(ui));
    ctx.tessellate(output.shapes, 1.0).len()
}

fn warm(headless: &mut Headless) -> egui::Context {
    let ctx = egui::Context::default();
    theme::apply(&ctx);
    for _ in 0..4 {
        frame(&ctx, headless);
    }
    ctx
}

/// Target: at most 4 ms.
#[divan::bench]
fn heaviest_page_frame(bencher: Bencher<'_, '_>) {
    let mut headless = heaviest();
    let ctx = warm(&mut headless);
    bencher.bench_local(|| frame(&ctx, &mut headless));
}

/// A frame in which the cursor moved, so that every live value, formula and picture is another.
#[divan::bench]
fn heaviest_page_frame_after_a_step(bencher: Bencher<'_, '_>) {
    let mut headless = heaviest();
    let ctx = warm(&mut headless);
    let mut position = 0;
    bencher.bench_local(|| {
        position = (position + 1) % 40;
        headless.command(Command::Timeline(TimelineCommand::Position(position)));
        frame(&ctx, &mut headless)
    });
}

/// One view alone.
#[divan::bench(args = ["diagram", "heatmap", "gates", "prediction", "gradient"])]
fn view_frame(bencher: Bencher<'_, '_>, view: &str) {
    let mut headless = heaviest();
    for other in VIEWS.iter().filter(|other| other.id != view) {
        headless.command(Command::ToggleView(other.id.to_owned()));
    }
    let ctx = warm(&mut headless);
    bencher.bench_local(|| frame(&ctx, &mut headless));
}

/// A race on the stage.
fn race() -> Headless {
    let lesson = "+++\ntitle = \"Race\"\nmodel = \"lstm-remember\"\ninput = \"c.-+*..-?\"\n+++\n\nText.\n\n\
         ~~~stage\nviews = [\"training\"]\n~~~\n";
    let files = [("en/01-race.md".to_owned(), lesson.as_bytes().to_vec())];
    let mut headless = Headless::new(Kept::default(), Library::from_files(&files));
    headless.command(Command::OpenLesson("race".to_owned()));
    headless.command(Command::Train(TrainCommand::Follow(None)));
    (0..500).for_each(|_| headless.command(Command::Train(TrainCommand::Step)));
    headless
}

/// The race's view, nothing else on the processor.
#[divan::bench]
fn race_frame(bencher: Bencher<'_, '_>) {
    let mut headless = race();
    let ctx = warm(&mut headless);
    bencher.bench_local(|| frame(&ctx, &mut headless));
}

/// The same while three models are trained on threads of their own. Target: at most 4 ms.
#[divan::bench]
fn race_frame_while_training(bencher: Bencher<'_, '_>) {
    let mut headless = race();
    let ctx = warm(&mut headless);
    let mut trainers = Trainers::new(Arc::new(|| ()));
    for order in Live::default().apply(TrainCommand::Start) {
        // Without threads this is the bench above.
        let _ = trainers.perform(order);
    }
    bencher.bench_local(|| frame(&ctx, &mut headless));
}

/// Replacing one symbol of a sentence: the model reads and writes anew, everything recorded. Target:
/// at most 50 ms for a translation, 16 ms for any shipped model's forward pass with its trace.
#[divan::bench(args = ["attention-dates", "transformer-translate", "rwkv-stories"])]
fn rewrites_after_an_edit(bencher: Bencher<'_, '_>, model: &str) {
    let (input, pair) = match model {
        "attention-dates" => ("4th of march, 1987", ["4", "5"]),
        "transformer-translate" => ("他昨天在图书馆里看了小红写的书", ["他", "她"]),
        _ => ("a girl named anna enters the garden . she leaves the garden .", ["a", "the"]),
    };
    let mut headless = heaviest();
    headless.command(Command::SetModel(model.to_owned()));
    headless.command(Command::SetInput(input.to_owned()));
    let mut is_second = false;
    bencher.bench_local(|| {
        is_second = !is_second;
        headless.command(Command::EditToken(0, pair[usize::from(is_second)].to_owned()));
        headless.state.run.as_ref().map_or(0, |run| run.trace.ticks().len())
    });
}

/// Parsing an edited input, running the model on it, recording everything. Target: at most 16 ms.
#[divan::bench(args = ["rnn-brackets", "lstm-brackets", "gru-brackets"])]
fn rerun_after_an_edit(bencher: Bencher<'_, '_>, model: &str) {
    let mut headless = heaviest();
    headless.command(Command::SetModel(model.to_owned()));
    let mut opens = false;
    bencher.bench_local(|| {
        opens = !opens;
        let bracket = if opens { "[" } else { "(" };
        headless.command(Command::EditToken(0, bracket.to_owned()));
    });
}

/// A control of the laboratory is moved: three models of 32 units are built, run over 200 positions and
/// differentiated. Target: at most 16 ms.
#[divan::bench]
fn laboratory_after_a_slider_moves(bencher: Bencher<'_, '_>) {
    let mut headless = Headless::new(Kept::default(), Library::embedded());
    headless.command(Command::OpenLesson("lstm".to_owned()));
    let laboratory = Laboratory { length: 200, ..Laboratory::default() };
    headless.command(Command::Laboratory(Box::new(laboratory)));
    let mut gain = 1.0;
    bencher.bench_local(|| {
        gain = if gain > 1.0 { 0.99 } else { 1.01 };
        headless.command(Command::Control("gain".to_owned(), Control::Number(gain)));
    });
}

/// A frame of the laboratory and of the gradient view beside it, three models of 200 positions.
#[divan::bench]
fn laboratory_frame(bencher: Bencher<'_, '_>) {
    let mut headless = Headless::new(Kept::default(), Library::embedded());
    headless.command(Command::OpenLesson("lstm".to_owned()));
    let laboratory = Laboratory { length: 200, ..Laboratory::default() };
    headless.command(Command::Laboratory(Box::new(laboratory)));
    headless.state.views = vec!["gradient".to_owned(), "laboratory".to_owned()];
    let ctx = warm(&mut headless);
    bencher.bench_local(|| frame(&ctx, &mut headless));
}

/// The attention view with 1024 × 1024 weights while the pointer moves over them, while they are zoomed
/// and while they are moved. Target: at most 4 ms.
#[divan::bench(args = ["hover", "zoom", "scroll"])]
fn attention_of_1024_positions(bencher: Bencher<'_, '_>, what: &str) {
    let mut stage = attention_stage::Stage::long(1024);
    let ctx = egui::Context::default();
    theme::apply(&ctx);
    let mut at = 0_u32;
    let mut frame = |what: &str| {
        at += 1;
        let pointer = egui::pos2(500.0 + (at * 7 % 300) as f32, 150.0 + (at * 5 % 300) as f32);
        let mut input = input();
        input.time = Some(f64::from(at) / 60.0);
        input.events.push(egui::Event::PointerMoved(pointer));
        // Ten frames in, ten out; ten to one corner, ten to the other.
        let sign = if (at / 10).is_multiple_of(2) { 1.0 } else { -1.0 };
        match what {
            "zoom" => input.events.push(egui::Event::Zoom(1.2_f32.powf(sign))),
            "scroll" => input.events.push(egui::Event::MouseWheel {
                unit: egui::MouseWheelUnit::Point,
                delta: egui::vec2(-60.0 * sign, -60.0 * sign),
                phase: egui::TouchPhase::Move,
                source: egui::MouseWheelSource::Unknown,
                modifiers: egui::Modifiers::NONE,
            }),
            _ => {}
        }
        let output = ctx.run_ui(input, |ui| stage.ui(ui));
        ctx.tessellate(output.shapes, 1.0).len()
    };
    (0..12).for_each(|_| {
        frame("");
    });
    if what == "scroll" {
        (0..10).for_each(|_| {
            frame("zoom");
        });
    }
    bencher.bench_local(|| frame(what));
}

/// A view on a page for a slide: from a window's state to the bytes of a PNG, two pixels to a point.
/// Target: at most 1 s.
#[divan::bench(args = ["diagram", "network", "gates", "gradient", "attention"], sample_count = 5)]
fn export(bencher: Bencher<'_, '_>, view: &str) {
    let mut headless = heaviest();
    if view == "attention" {
        headless.command(Command::SetModel("transformer-translate".to_owned()));
        headless.command(Command::SetInput("他昨天在图书馆里看了小红写的书".to_owned()));
    }
    bencher.bench_local(|| {
        let window = Headless::of(headless.state.clone());
        Page::new(window, view, SIZE).and_then(|mut page| page.png()).map_or(0, |png| png.len())
    });
}

/// From nothing to the first frame: words, fonts, lessons, weights, run and layout.
#[divan::bench(sample_count = 10)]
fn start_to_first_frame() -> usize {
    let ctx = egui::Context::default();
    theme::apply(&ctx);
    let mut headless = Headless::new(Kept::default(), Library::embedded());
    headless.command(Command::OpenLesson("lstm".to_owned()));
    frame(&ctx, &mut headless)
}

/// From a session's file to its first frame: the heaviest page, walked back, with interventions.
/// Target: at most 1 s.
#[divan::bench(sample_count = 10)]
fn session_to_first_frame(bencher: Bencher<'_, '_>) {
    let mut saved = heaviest();
    saved.command(Command::Intervene("forget_gate[3..7] = 0".to_owned()));
    saved.command(Command::WalkBack(true));
    let name = format!("unrolled-bench-{}.unrolled", std::process::id());
    let path = std::env::temp_dir().join(name);
    let bytes = Session::of(&saved.state).to_bytes().unwrap_or_default();
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    bencher.bench_local(|| {
        let ctx = egui::Context::default();
        theme::apply(&ctx);
        let mut headless = Headless::new(Kept::default(), Library::embedded());
        headless.command(Command::OpenPath(path.clone()));
        frame(&ctx, &mut headless)
    });
    let _ = std::fs::remove_file(&path);
}
