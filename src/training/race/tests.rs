//! What a race promises.

use super::*;
use crate::nn::Binder;
use crate::tape::Tape;
use crate::training::Progress;

fn small() -> Settings {
    Settings { hidden: 4, length: 6, ..Settings::default() }
}

fn losses(race: &Race) -> Vec<Vec<(u32, u32)>> {
    let bits = |p: &Progress| (p.loss.to_bits(), p.gradient_norm.to_bits());
    race.contestants().iter().map(|c| c.history().iter().map(bits).collect()).collect()
}

#[test]
fn every_contestant_reads_the_same_examples() {
    let mut race = Race::new(&small()).unwrap().into_contestants();
    for _ in 0..3 {
        let drawn: Vec<_> = race.iter_mut().map(|c| c.trainer.draw()).collect();
        assert!(drawn.windows(2).all(|pair| pair[0] == pair[1]));
    }
    assert_eq!(race[0].exam.probe, race[2].exam.probe);
}

#[test]
fn training_again_after_a_rewind_gives_the_same_bits() {
    let mut race = Race::new(&small()).unwrap();
    let train = |race: &mut Race| {
        (0..12).for_each(|_| race.step());
        let kept: Vec<_> = race.contestants().iter().map(|c| c.kept().to_vec()).collect();
        (losses(race), kept)
    };
    let first = train(&mut race);
    race.rewind();
    assert!(race.contestants().iter().all(|c| c.history().is_empty() && c.updates() == 0));
    assert_eq!(train(&mut race), first);
    let other = Settings { seed: 2, ..small() };
    assert_ne!(train(&mut Race::new(&other).unwrap()).0, first.0);
}

#[test]
fn measuring_changes_nothing_about_the_training() {
    let mut measured = Race::new(&small()).unwrap();
    (0..5).for_each(|_| measured.step());
    for contestant in Race::new(&small()).unwrap().into_contestants() {
        let recipe = contestant.recipe().clone();
        let mut trainer = contestant.trainer;
        let plain: Vec<_> = (0..5).map(|_| trainer.step()).collect();
        let of = measured.contestants().iter().find(|c| c.recipe() == &recipe);
        assert_eq!(of.unwrap().history(), plain);
    }
}

#[test]
fn about_forty_checkpoints_are_kept_and_the_first_is_the_start() {
    let mut contestant = contestant("rnn-remember", &small()).unwrap();
    let never = AtomicBool::new(false);
    (0..200).for_each(|_| assert!(contestant.step(&never)));
    let steps: Vec<usize> = contestant.kept().iter().map(|kept| kept.step).collect();
    assert_eq!(steps[..8], [0, 1, 2, 3, 4, 6, 8, 11]);
    assert_eq!(contestant.kept()[0].parameters, contestant.trainer.model().init(1));
    // From 200 on, each is 1.3 times as far as the one before: 6000 = 200 · 1.3^13.
    assert!(steps.len() + 14 <= 40, "{}", steps.len());
}

#[test]
fn an_overflow_ends_training_at_its_update_and_leaves_finite_numbers_before_it() {
    let settings = Settings { learning_rate: *LEARNING_RATE.end(), ..small() };
    let mut race = Race::new(&settings).unwrap();
    (0..60).for_each(|_| race.step());
    for contestant in race.contestants() {
        let id = contestant.recipe().id;
        let step = contestant.diverged().unwrap_or_else(|| panic!("{id} goes on"));
        let (last, before) = contestant.history().split_last().unwrap();
        assert_eq!(last.step, step, "{id}");
        assert!(!(last.loss.is_finite() && last.gradient_norm.is_finite()), "{id}");
        assert!(before.iter().all(|p| p.loss.is_finite() && p.gradient_norm.is_finite()));
        assert!(contestant.is_finished());
    }
}

#[test]
fn the_gradient_along_the_probe_is_that_of_the_loss() {
    // Moving the state by a small step along its gradient would change the loss by the square
    // of the norm; here the last position is enough: ∂L/∂h_T = W_hy (p − target).
    let mut contestant = contestant("rnn-remember", &small()).unwrap();
    assert!(contestant.measure_start(&AtomicBool::new(false)));
    let tape = Tape::recording();
    let binder = Binder::stored(&tape, contestant.parameters());
    let probe = contestant.exam.probe.as_ref().unwrap();
    let outputs = contestant.trainer.model().forward(&binder, &probe.input);
    let mut wanted = 0.0;
    let p = outputs.scores[5].softmax().value();
    let w = contestant.parameters().get("w_hy").unwrap();
    for (row, target) in probe.symbols[5].iter().enumerate() {
        let mut error = p.row(row).to_owned();
        error[target.unwrap()] -= 1.0;
        wanted += f64::from(w.dot(&error).mapv(|x| x * x).sum().sqrt()) / PROBED as f64;
    }
    let found = contestant.latest().unwrap().profiles[0].norms[5];
    assert!((found - wanted).abs() < 1e-5 * wanted, "{found} instead of {wanted}");
    assert_eq!(contestant.latest().unwrap().profiles[0].norms.len(), 6);
}

#[test]
fn a_set_flag_ends_a_step_before_its_update() {
    let mut contestant = contestant("lstm-remember", &small()).unwrap();
    assert!(contestant.step(&AtomicBool::new(false)));
    let before = contestant.parameters().clone();
    assert!(!contestant.step(&AtomicBool::new(true)));
    assert_eq!(contestant.parameters(), &before);
    assert_eq!(contestant.history().len(), 1);
}

#[test]
fn one_contestant_is_no_race_and_an_unknown_one_is_named() {
    let alone = Settings { contestants: vec!["rnn-remember"], ..small() };
    assert!(Race::new(&alone).is_err());
    let unknown = Settings { contestants: vec!["rnn-remember", "xnn"], ..small() };
    assert!(Race::new(&unknown).err().unwrap().to_string().contains("xnn"));
}
