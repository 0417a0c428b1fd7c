//! Every named value of every shipped recipe can be taken out in every format.

use unrolled::checkpoint::untrained;
use unrolled::export::{Heatmap, LineChart, PictureFormat, TableFormat, figure, table};
use unrolled::models;
use unrolled::tensor::random::Random;
use unrolled::trace::Trace;

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
