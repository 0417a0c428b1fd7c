//! Every named value of every shipped recipe can be taken out in every format.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use unrolled::app::figure::{ExportError, Page, SIZE, Steps};
use unrolled::app::screenshot::Headless;
use unrolled::app::state::{Kept, ModelChoice};
use unrolled::checkpoint::untrained;
use unrolled::export::{Heatmap, LineChart, PictureFormat, TableFormat, figure, table};
use unrolled::models::{self, ModelSpec, Recipe};
use unrolled::tensor::random::Random;
use unrolled::trace::Trace;
use unrolled::trace::timeline::{Granularity, TimelineCommand};
use unrolled::view::export::Format;
use unrolled::view::{Command, Language, Selection, VIEWS};

fn traces() -> impl Iterator<Item = Trace> {
    models::recipes().map(|(spec, recipe)| {
        let checkpoint = untrained(spec, recipe).unwrap();
        // The first example that is short enough to be drawn quickly.
        let mut random = Random::new(1, 0);
        let sequences = (0..20).map(|_| checkpoint.task.generate(&mut random).sequence);
        let sequence = sequences.min_by_key(unrolled::tasks::Sequence::len).unwrap();
        Trace::record(&checkpoint, sequence, Vec::new())
    })
}

#[test]
fn every_value_is_written_in_every_format_and_twice_the_same() {
    for trace in traces() {
        for named in trace.graph().names() {
            for format in TableFormat::ALL {
                let write = || table::value(&trace, &named.name, format).unwrap().unwrap();
                assert!(!write().is_empty());
                assert_eq!(write(), write(), "{} of {}", named.name, trace.model());
            }
        }
        assert!(table::value(&trace, "nothing", TableFormat::Csv).unwrap().is_none());
    }
}

#[test]
fn a_whole_run_is_written_with_its_gradients() {
    for trace in traces() {
        let last = trace.n_positions() - 1;
        // The first value that is computed there: the input comes before it.
        let is_there = |name: &&str| {
            let id = trace.graph().find(name).unwrap();
            trace.graph().at(id, last as i32).is_some() && !name.ends_with("input")
        };
        let name = trace.value_names().find(is_there).unwrap();
        let gradients = table::GradientOf::new(&trace, name, last).unwrap();
        for format in TableFormat::ALL {
            let write = || table::run(&trace, Some(&gradients), format).unwrap();
            assert_eq!(write(), write(), "{}", trace.model());
        }
        let csv = table::run(&trace, Some(&gradients), TableFormat::Csv).unwrap();
        // The sum of a value's entries has slope 1 in each of them.
        let own = format!("value,{name},{last},");
        let csv = String::from_utf8(csv).unwrap();
        let mut lines = csv.lines().filter(|line| line.starts_with(&own)).peekable();
        assert!(lines.peek().is_some());
        assert!(lines.all(|line| line.ends_with(",1")), "{}", trace.model());
    }
}

#[test]
fn every_value_is_drawn_and_twice_the_same() {
    for trace in traces() {
        // One head, layer or direction stands for all others.
        let mut drawn = std::collections::BTreeSet::new();
        for name in trace.value_names() {
            if !drawn.insert(name.rsplit('.').next()) {
                continue;
            }
            let heatmap = Heatmap::of(&trace, name).unwrap();
            let chart = LineChart::of(&trace, name).unwrap();
            for format in [PictureFormat::Svg, PictureFormat::Png] {
                let picture = figure::render(&heatmap, format).unwrap();
                assert!(picture.len() > 1000);
                if name.ends_with("hidden") {
                    assert_eq!(picture, figure::render(&heatmap, format).unwrap());
                }
            }
            assert!(!figure::render(&chart, PictureFormat::Svg).unwrap().is_empty());
        }
    }
}

#[test]
fn a_figure_says_what_it_shows_and_survives_broken_numbers() {
    let trace = traces().find(|trace| trace.model() == "rnn-brackets").unwrap();
    let mut heatmap = Heatmap::of(&trace, "hidden").unwrap();
    heatmap.entries[[0, 0]] = f32::NAN;
    heatmap.entries[[1, 0]] = f32::INFINITY;
    let svg = String::from_utf8(figure::render(&heatmap, PictureFormat::Svg).unwrap()).unwrap();
    assert!(svg.contains("hidden: ") && svg.contains("rnn-brackets on "), "{svg}");
    assert!(svg.to_uppercase().contains("#E600C8"), "the colour of what is not a number");
    heatmap.entries = ndarray::Array2::zeros([0, 0]);
    figure::render(&heatmap, PictureFormat::Png).unwrap();
    let mut chart = LineChart::of(&trace, "hidden").unwrap();
    chart.panels[0].curves[0].1[1].1 = f64::NAN;
    chart.panels[0].curves.truncate(1);
    figure::render(&chart, PictureFormat::Png).unwrap();
    chart.panels[0].curves.clear();
    figure::render(&chart, PictureFormat::Png).unwrap();
}

/// A window with a recipe's model and nothing around it, on the shortest of some examples, all done.
fn headless((spec, recipe): (&'static ModelSpec, &'static Recipe), language: Language) -> Headless {
    let checkpoint = untrained(spec, recipe).unwrap();
    let mut random = Random::new(1, 0);
    let sequences = (0..20).map(|_| checkpoint.task.generate(&mut random).sequence);
    let sequence = sequences.min_by_key(unrolled::tasks::Sequence::len).unwrap();
    let input = checkpoint.task.text(&sequence);
    let kept = Kept { language, ..Kept::default() };
    let model = ModelChoice::Opened(Arc::new(checkpoint));
    let mut window = Headless::with_model(kept, model, &input, Vec::new(), Vec::new()).unwrap();
    window.command(Command::Timeline(TimelineCommand::End));
    window
}

fn page(window: &Headless, view: &str, size: [u32; 2]) -> Result<Page, ExportError> {
    Page::new(Headless::of(window.state.clone()), view, size)
}

/// Every view of every recipe is taken out in every format. Curves of accuracy by length are measured
/// for one recipe alone, because that takes seconds.
#[test]
fn every_view_of_every_recipe_is_exported() {
    let mut drawn = BTreeSet::new();
    for (at, recipe) in models::recipes().enumerate() {
        let language = Language::ALL[at % 2];
        let window = headless(recipe, language);
        for view in VIEWS {
            let is_measured = view.id == "lengths" && !drawn.insert(view.id);
            let Ok(mut own) = page(&window, view.id, [640, 480]) else { continue };
            if is_measured {
                continue;
            }
            let name = format!("{} of {}", view.id, recipe.1.id);
            let svg = own.write(Format::Svg, None).unwrap();
            well_formed(&svg, &name);
            // A second time for one recipe of each architecture.
            if drawn.insert(view.id) || drawn.insert(recipe.0.id) {
                let mut again = page(&window, view.id, [640, 480]).unwrap();
                assert_eq!(svg, again.write(Format::Svg, None).unwrap(), "{name}");
                let png = own.write(Format::Png, None).unwrap();
                assert_eq!(png, again.write(Format::Png, None).unwrap(), "{name}");
                let png = image::load_from_memory(&png).unwrap();
                assert_eq!((png.width(), png.height()), (1280, 960), "{name}");
            }
            for format in [Format::Csv, Format::Json, Format::Safetensors] {
                let table = own.write(format, None).unwrap();
                assert_eq!(table, own.write(format, None).unwrap(), "{name}");
                read(&table, format, &name);
            }
        }
    }
    assert!(drawn.len() > 14, "nearly all views are of some recipe: {drawn:?}");
}

/// An SVG that a reader of XML takes, with text as text, a title, and nothing that has no place.
#[track_caller]
fn well_formed(svg: &[u8], name: &str) {
    let svg = std::str::from_utf8(svg).unwrap();
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|e| panic!("{name}: {e}"));
    let name_of_text = ("http://www.w3.org/2000/svg", "text");
    let texts = document.descendants().filter(|node| node.has_tag_name(name_of_text));
    assert!(texts.count() > 1, "{name} has no text");
    for node in document.descendants() {
        for attribute in node.attributes() {
            let is_broken = ["NaN", "inf"].iter().any(|word| attribute.value() == *word);
            assert!(!is_broken, "{name}: {} {}", node.tag_name().name(), attribute.name());
        }
    }
}

/// Numbers as other programs read them.
#[track_caller]
fn read(table: &[u8], format: Format, name: &str) {
    match format {
        Format::Csv => {
            let text = std::str::from_utf8(table).unwrap();
            let commas = |line: &str| {
                let mut is_quoted = false;
                let count = |count, c| {
                    is_quoted ^= c == '"';
                    count + usize::from(c == ',' && !is_quoted)
                };
                line.chars().fold(0, count)
            };
            let columns = commas(text.lines().next().unwrap());
            assert!(text.lines().all(|line| commas(line) == columns), "{name}");
        }
        Format::Json => {
            let json: serde_json::Value = serde_json::from_slice(table).unwrap();
            assert!(json["model"].is_string() && json["tokens"].is_array(), "{name}");
        }
        _ => {
            let arrays = safetensors::SafeTensors::deserialize(table).unwrap();
            let empty = ["training", "positions"].iter().any(|view| name.starts_with(view));
            assert!(empty || !arrays.is_empty(), "{name}");
        }
    }
}

#[test]
fn an_animation_has_a_frame_for_every_step_and_twice_the_same_bytes() {
    let (spec, recipe) = models::find_recipe("lstm-brackets").unwrap();
    let model = ModelChoice::Opened(Arc::new(untrained(spec, recipe).unwrap()));
    let window =
        Headless::with_model(Kept::default(), model, "([{}])", Vec::new(), Vec::new()).unwrap();
    for view in ["network", "heatmap", "diagram"] {
        let steps = Steps { from: 0, to: 2, by: Granularity::Layer };
        let write =
            || page(&window, view, [400, 300]).unwrap().gif(Some(steps), &mut |_| ()).unwrap();
        let bytes = write();
        assert_eq!(bytes, write(), "{view}");
        let run = window.state.run.as_ref().unwrap();
        let count = steps.cursors(&*run.trace, run.trace.n_positions()).unwrap().len();
        let mut decoder = gif::DecodeOptions::new().read_info(bytes.as_slice()).unwrap();
        assert_eq!((decoder.width(), decoder.height()), (400, 300));
        let mut frames = 0;
        while decoder.read_next_frame().unwrap().is_some() {
            frames += 1;
        }
        assert_eq!(frames, count, "{view}");
    }
}

#[test]
fn what_cannot_be_exported_is_said() {
    let recipe = models::find_recipe("lstm-brackets").unwrap();
    let window = headless(recipe, Language::English);
    let error = |view: &str, size| page(&window, view, size).err().unwrap().to_string();
    let text = error("attention", SIZE);
    assert!(text.contains("no view `attention`") && text.contains("gates"), "{text}");
    assert!(error("gates", [10, 300]).contains("10x300"));
    let mut gates = page(&window, "gates", SIZE).unwrap();
    let text = gates.write_as(Path::new("a.bmp"), None, &mut |_| ()).err().unwrap().to_string();
    assert!(text.contains("a.bmp: end the name in .png, .svg, .gif, .csv"), "{text}");
    let steps = Some(Steps { from: 3, to: 900, by: Granularity::Token });
    let text = gates.write(Format::Gif, steps).err().unwrap().to_string();
    assert!(text.contains("steps 3 to 900"), "{text}");
    let empty = Headless::new(Kept::default(), unrolled::lesson::Library::default());
    assert!(matches!(page(&empty, "gates", SIZE).err(), Some(ExportError::NoRun)));
}

#[test]
fn a_page_says_what_was_changed_and_where_the_cursor_is() {
    let (spec, recipe) = models::find_recipe("lstm-brackets").unwrap();
    let model = ModelChoice::Opened(Arc::new(untrained(spec, recipe).unwrap()));
    let changes = vec!["cell[1..3]=0".parse().unwrap()];
    let mut window =
        Headless::with_model(Kept::default(), model, "([])", changes, Vec::new()).unwrap();
    window.command(Command::Timeline(TimelineCommand::Position(1)));
    window.command(Command::Select(Some(Selection::new("cell", None))));
    let svg = page(&window, "heatmap", SIZE).unwrap().svg().unwrap();
    let svg = String::from_utf8(svg).unwrap();
    for words in ["lstm-brackets on ([])", "After position 1 of 0–3", "cell[1..3] = 0", ": cell<"]
    {
        assert!(svg.contains(words), "{words}: {svg}");
    }
}
