//! The state machine of a race as the window knows it.

use super::*;

fn report(live: &Live, contestant: usize, losses: &[f32]) -> Report {
    let done = live.lanes()[contestant].updates();
    let progress = losses.iter().enumerate().map(|(at, loss)| Progress {
        step: done + at + 1,
        loss: *loss,
        score: 0.5,
        gradient_norm: 1.0,
        learning_rate: 0.1,
    });
    Report {
        generation: live.generation,
        contestant,
        progress: progress.collect(),
        kept: Vec::new(),
        latest: None,
        parameters: Parameters::default(),
        seconds: 1.0,
        reached: None,
        diverged: None,
        is_finished: false,
    }
}

#[test]
fn start_prepares_threads_once_and_pause_keeps_them() {
    let mut live = Live::default();
    let orders = live.apply(TrainCommand::Start);
    assert_eq!(orders, [Order::Prepare(1, Subject::Race(Settings::default())), Order::Go]);
    assert_eq!(live.apply(TrainCommand::Start), []);
    assert_eq!(live.apply(TrainCommand::Pause), [Order::Wait]);
    assert_eq!(live.apply(TrainCommand::Pause), []);
    assert_eq!(live.apply(TrainCommand::Start), [Order::Go]);
}

#[test]
fn a_single_step_pauses_and_needs_no_start() {
    let mut live = Live::default();
    assert!(matches!(live.apply(TrainCommand::Step)[..], [Order::Prepare(1, _), Order::Once]));
    assert_eq!(live.phase(), Phase::Paused);
    live.apply(TrainCommand::Start);
    assert_eq!(live.apply(TrainCommand::Step), [Order::Once]);
    assert_eq!(live.phase(), Phase::Paused);
}

#[test]
fn a_report_from_before_a_rewind_is_dropped() {
    let mut live = Live::default();
    live.apply(TrainCommand::Start);
    let late = report(&live, 1, &[2.0, 1.9]);
    assert!(live.take(late.clone()));
    assert_eq!(live.lanes()[1].updates(), 2);
    assert_eq!(live.apply(TrainCommand::Rewind), [Order::Rewind(2)]);
    assert_eq!(live.lanes()[1].updates(), 0);
    assert!(!live.take(late));
    assert!(live.lanes()[1].history.is_empty());
}

#[test]
fn stopping_keeps_what_was_found_and_starting_again_begins_anew() {
    let mut live = Live::default();
    assert_eq!(live.apply(TrainCommand::Stop), []);
    live.apply(TrainCommand::Start);
    live.take(report(&live, 0, &[2.0]));
    assert_eq!(live.apply(TrainCommand::Stop), [Order::End]);
    assert_eq!(live.lanes()[0].updates(), 1);
    assert!(matches!(live.apply(TrainCommand::Start)[..], [Order::Prepare(2, _), Order::Go]));
    assert_eq!(live.lanes()[0].updates(), 0);
}

#[test]
fn another_choice_ends_the_threads_and_the_same_choice_does_nothing() {
    let mut live = Live::default();
    live.apply(TrainCommand::Start);
    let same = live.settings().hidden;
    assert_eq!(live.apply(TrainCommand::Set(Control::Hidden(same))), []);
    assert_eq!(live.phase(), Phase::Running);
    assert_eq!(live.apply(TrainCommand::Set(Control::Length(20))), [Order::End]);
    assert_eq!(live.phase(), Phase::Ready);
    assert_eq!(live.settings().length, 20);
}

#[test]
fn no_choice_leaves_its_bounds() {
    let mut live = Live::default();
    for (name, value) in
        [("hidden", 1e9), ("length", -3.0), ("learning_rate", f64::NAN), ("seed", -1.0)]
    {
        live.apply(TrainCommand::Set(Control::named(name, value).unwrap()));
    }
    assert_eq!(live.settings(), &live.settings().clone().within_bounds());
    assert_eq!((live.settings().hidden, live.settings().length), (128, 5));
    assert_eq!(Control::named("spectral_radius", 1.0), None);
}

#[test]
fn a_loss_that_stays_far_above_the_first_is_a_divergence_and_one_bad_batch_is_none() {
    let mut live = Live::default();
    live.apply(TrainCommand::Start);
    let mut losses = vec![2.0, 9.0, 2.0];
    losses.extend([9.0; LASTING]);
    live.take(report(&live, 0, &losses));
    assert_eq!(live.lanes()[0].diverges_since(), None);
    live.take(report(&live, 0, &[9.0]));
    assert_eq!(live.lanes()[0].diverges_since(), Some(4));
    live.take(report(&live, 0, &[1.0]));
    assert_eq!(live.lanes()[0].diverges_since(), None);
}

#[test]
fn the_race_pauses_when_all_have_finished() {
    let mut live = Live::default();
    live.apply(TrainCommand::Start);
    for at in 0..3 {
        assert_eq!(live.phase(), Phase::Running);
        live.take(Report { is_finished: true, ..report(&live, at, &[1.0]) });
    }
    assert_eq!(live.phase(), Phase::Paused);
}

#[test]
fn the_stage_gets_the_checkpoint_that_is_chosen_or_the_newest_weights() {
    let mut live = Live::default();
    live.apply(TrainCommand::Start);
    let kept = Arc::new(Snapshot {
        step: 0,
        parameters: Parameters::default(),
        scores: Vec::new(),
        profiles: Vec::new(),
        written: Vec::new(),
    });
    live.take(Report { kept: vec![kept], ..report(&live, 1, &[2.0, 1.0]) });
    assert!(live.on_stage().is_none());
    live.apply(TrainCommand::Follow(Some(1)));
    assert_eq!(live.on_stage().map(|(lane, step, _)| (lane.id, step)), Some(("lstm-remember", 2)));
    live.apply(TrainCommand::ShowCheckpoint(Some(0)));
    assert_eq!(live.on_stage().map(|(_, step, _)| step), Some(0));
    live.apply(TrainCommand::ShowCheckpoint(Some(7)));
    assert_eq!(live.checkpoint(), None);
}
