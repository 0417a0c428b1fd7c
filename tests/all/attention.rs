//! The attention view: its looks, what can be done to a head, long runs, and importance measured
//! beside the weights.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use unrolled::trace::attention::{Part, maps};
use unrolled::trace::importance;
use unrolled::trace::timeline::TimelineCommand;
use unrolled::view::{Command, Selection, theme};

use crate::attention_stage::Stage;
use crate::soft::Soft;

/// The size that a stage beside a lesson has.
fn shown(stage: Stage) -> Harness<'static, Stage> {
    let mut is_new = true;
    let builder = Harness::builder().with_size([530.0, 600.0]);
    let mut harness = builder.renderer(Soft::default()).build_ui_state(
        move |ui, stage: &mut Stage| {
            if std::mem::take(&mut is_new) {
                theme::apply(ui.ctx());
            } else {
                stage.ui(ui);
            }
        },
        stage,
    );
    harness.run_steps(4);
    harness
}

fn click(harness: &mut Harness<'_, Stage>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(4);
}

/// How many colours a picture has: more than a few where a map is drawn.
fn colors(harness: &mut Harness<'_, Stage>) -> usize {
    let picture = harness.render().unwrap();
    picture.pixels().map(|pixel| pixel.0).collect::<std::collections::HashSet<_>>().len()
}

#[test]
fn a_transformer_has_three_kinds_of_maps_and_every_look_draws_them() {
    let stage = Stage::of("transformer-sinusoidal-echo", "abca", &[]);
    let all = maps(&stage.trace);
    for part in [Part::Encoder, Part::Decoder, Part::Cross] {
        assert!(all.iter().filter(|map| map.part == part).count() > 1, "{part:?}");
    }
    let trace = &stage.trace;
    let source = trace.source();
    let cross = all.iter().find(|map| map.part == Part::Cross).unwrap();
    let grid = cross.grid(trace, None).unwrap();
    assert_eq!((grid.rows.start, grid.columns.clone()), (source, 0..source));
    let own = all.iter().find(|map| map.part == Part::Decoder).unwrap();
    let grid = own.grid(trace, None).unwrap();
    assert_eq!(grid.columns.start, source);
    // Rows of weights add up to 1, and what comes later has none.
    for row in grid.rows.clone() {
        let seen = (source..=row).filter_map(|of| grid.at(row, of)).sum::<f32>();
        assert!((seen - 1.0).abs() < 1e-5, "{row}: {seen}");
    }
    let mut harness = shown(stage);
    for look in ["Matrix", "Lines", "Heads", "Overview"] {
        click(&mut harness, look);
        assert!(colors(&mut harness) > 30, "{look}");
    }
}

#[test]
fn a_click_on_a_map_of_the_overview_opens_that_head() {
    let mut harness = shown(Stage::of("transformer-sinusoidal-echo", "abca", &[]));
    click(&mut harness, "Overview");
    harness.state_mut().commands.clear();
    click(&mut harness, "Encoder · layer 1 · head 2");
    let name = "encoder.layer0.head1.attention".to_owned();
    let wanted = Command::Select(Some(Selection::new(name, None)));
    assert!(harness.state().commands.contains(&wanted), "{:?}", harness.state().commands);
}

#[test]
fn a_head_is_switched_off_and_its_rows_are_set_by_the_menu() {
    let mut stage = Stage::of("transformer-sinusoidal-echo", "abca", &[]);
    stage.selection = Some(Selection::new("encoder.layer0.head1.attention", Some(2)));
    let mut harness = shown(stage);
    let mut wished = |label: &str| {
        click(&mut harness, "Change…");
        harness.state_mut().commands.clear();
        click(&mut harness, label);
        let commands = std::mem::take(&mut harness.state_mut().commands);
        commands.into_iter().find_map(|command| match command {
            Command::Intervene(text) => Some(text),
            _ => None,
        })
    };
    let off = wished("Switch this head off");
    assert_eq!(off.as_deref(), Some("encoder.layer0.head1.mixed = 0"));
    let even = wished("Spread evenly").unwrap();
    assert!(even.starts_with("encoder.layer0.head1.attention["), "{even}");
    assert!(even.ends_with("] = uniform"), "{even}");
    let one = wished("All on “c”").unwrap();
    assert!(one.ends_with("] = onehot(2)"), "{one}");
}

#[test]
fn what_the_menu_writes_does_what_it_says() {
    let name = "encoder.layer0.head1.attention";
    let row = |edits: &[&str], position: i32| {
        let stage = Stage::of("transformer-sinusoidal-echo", "abca", edits);
        stage.trace.row(name, position).unwrap().to_vec()
    };
    let own = row(&[], 1);
    let uniform = row(&[&format!("{name}[1] = uniform")], 1);
    assert!(uniform.iter().all(|weight| (weight - 1.0 / own.len() as f32).abs() < 1e-6));
    let mut shifted = own.clone();
    shifted.rotate_right(1);
    assert_eq!(row(&[&format!("{name}[1] = shift(1)")], 1), shifted);
    // Another position keeps its row.
    assert_eq!(row(&[&format!("{name}[1] = shift(1)")], 2), row(&[], 2));
    let hot = row(&[&format!("{name} = onehot(0)")], 2);
    assert_eq!((hot[0], hot.iter().sum::<f32>()), (1.0, 1.0));
}

#[test]
fn a_row_of_zeros_is_said_and_is_not_nan() {
    let mut stage = Stage::of("attention-echo", "abca", &["decoder.attention = 0"]);
    let position = stage.trace.source();
    assert!(stage.trace.row("scores", position as i32).unwrap().iter().all(|x| x.is_finite()));
    stage.timeline.apply(TimelineCommand::Position(position), &stage.trace);
    let harness = shown(stage);
    let said =
        "Nothing is attended to: all weights are 0, so their sum is 0 and so is the weighted sum";
    assert!(harness.query_by_label(said).is_some());
}

#[test]
fn importance_is_measured_of_the_source_for_every_answer() {
    let stage = Stage::of("attention-echo", "abca", &[]);
    let found = importance::measure(&stage.checkpoint, &stage.trace, &mut || true).unwrap();
    assert_eq!(found.columns, 0..stage.trace.source());
    assert_eq!(found.rows.start, stage.trace.source());
    assert!(found.gradient.iter().all(|x| x.is_finite() && *x != 0.0));
    assert!(found.left_out.iter().all(|x| x.is_finite()));
    // Without its second token the source is that of another run, whose first answer is at hand.
    let other = Stage::of("attention-echo", "aca", &[]);
    let cost = |stage: &Stage| {
        let row = stage.trace.row("prediction", stage.trace.source() as i32).unwrap().to_vec();
        -row[found.answers[0]].ln()
    };
    let expected = cost(&other) - cost(&stage);
    assert!((found.left_out[[0, 1]] - expected).abs() < 1e-4);
}

#[test]
fn a_map_of_1024_positions_is_drawn_in_tiles() {
    let mut harness = shown(Stage::long(1024));
    harness.run_steps(8);
    assert!(colors(&mut harness) > 60);
}
