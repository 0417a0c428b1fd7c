use super::*;
use crate::models::{find_recipe, recipes};
use crate::tasks::{InputError, Rollout, Sequence};
use crate::{checkpoint, tasks};

fn config(id: &str) -> Config {
    let (_, recipe) = find_recipe(id).unwrap();
    serde_json::from_str(recipe.config).unwrap()
}

/// The scores after a source and the symbols of an answer.
fn scores(config: &Config, symbols: &[usize], source: usize) -> Vec<ndarray::Array2<f32>> {
    struct Given<'a>(&'a Input, usize);
    impl Feed for Given<'_> {
        fn rows(&self) -> usize {
            1
        }
        fn source(&self) -> usize {
            self.1
        }
        fn known(&self) -> Option<usize> {
            Some(self.0.len())
        }
        fn at(&self, position: usize, scores: Option<Var<'_>>) -> Option<Step> {
            self.0.at(position, scores)
        }
    }
    let input = Input::Symbols(symbols.iter().map(|symbol| vec![*symbol]).collect());
    let (tape, parameters) = (Tape::recording(), config.init(3));
    let outputs = config.forward(&Binder::stored(&tape, &parameters), &Given(&input, source));
    outputs.scores.iter().map(|scores| scores.value()).collect()
}

#[test]
fn without_positions_a_shuffled_source_gives_the_same_answer() {
    let answers = |positions: Positions| {
        let config = Config { positions, ..config("transformer-none-echo") };
        let [first, shuffled] = [[5, 1, 7, 2, 8, 5, 1], [2, 7, 5, 1, 8, 5, 1]]
            .map(|symbols| scores(&config, &symbols, 4));
        let apart = first.iter().zip(&shuffled).map(|(a, b)| a - b);
        apart.flatten().fold(0.0, |worst: f32, apart| worst.max(apart.abs()))
    };
    assert!(answers(Positions::None) < 1e-5, "{}", answers(Positions::None));
    let known = [
        Positions::Sinusoidal,
        Positions::Learned { longest: 9 },
        Positions::Alibi,
        Positions::Rope,
    ];
    for positions in known {
        assert!(answers(positions) > 1e-3, "{positions:?}: {}", answers(positions));
    }
}

#[test]
fn sequences_of_a_batch_do_not_see_each_other() {
    for (spec, recipe) in recipes().filter(|(spec, _)| spec.id == SPEC.id) {
        let model = (spec.build)(&serde_json::from_str(recipe.config).unwrap()).unwrap();
        let parameters = model.init(2);
        let run = |rows: &[[usize; 5]]| {
            let position = |t: usize| rows.iter().map(|row| row[t]).collect();
            let input = Input::Symbols((0..5).map(position).collect());
            let tape = Tape::lean();
            let outputs = model.forward(&Binder::stored(&tape, &parameters), &input);
            outputs.scores[0].value()
        };
        let (a, b) = ([1, 2, 3, 4, 8], [5, 5, 6, 1, 8]);
        let (both, alone) = (run(&[a, b]), run(&[b]));
        let apart = both.row(1).to_owned() - alone.row(0);
        assert!(apart.iter().all(|apart| apart.abs() < 1e-5), "{}: {apart}", recipe.id);
        assert!((both.row(0).to_owned() - both.row(1)).iter().any(|apart| apart.abs() > 1e-3));
    }
}

#[test]
fn a_source_beyond_the_table_is_refused_and_an_answer_stopped_at_its_end() {
    let (spec, recipe) = find_recipe("transformer-learned-echo").unwrap();
    let checkpoint = checkpoint::untrained(spec, recipe).unwrap();
    let letters = |count: usize| "a".repeat(count);
    let refused = InputError::BeyondTable { found: 33, longest: 32 };
    assert_eq!(checkpoint.parse(&letters(33)), Err(refused));
    let sequence = checkpoint.parse(&letters(32)).unwrap();
    // The arrow and 31 letters fill the table, though the task would let 36 be written.
    let rollout = Rollout::new(&*checkpoint.task, &sequence).within(checkpoint.model.longest());
    let mut scores = vec![0.0; checkpoint.task.outputs()];
    scores[0] = 1.0;
    let tape = Tape::lean();
    let scores = tape.constant(crate::tensor::row(&scores));
    let read =
        (0..1000).take_while(|position| rollout.at(*position, Some(scores)).is_some()).count();
    assert_eq!((read, rollout.is_cut()), (32 + 32, true));
}

#[test]
fn no_size_of_a_source_or_an_answer_breaks_a_run() {
    for (spec, recipe) in recipes().filter(|(spec, _)| spec.id == SPEC.id) {
        let model = (spec.build)(&serde_json::from_str(recipe.config).unwrap()).unwrap();
        let task = (tasks::find(recipe.task).unwrap().build)(
            &serde_json::from_str(recipe.task_config).unwrap(),
        );
        let parameters = model.init(1);
        for symbols in [vec![], vec![0], vec![8], vec![0; 90]] {
            let sequence = Sequence::Symbols(symbols);
            let tape = Tape::lean();
            let outputs = model.forward(&Binder::stored(&tape, &parameters), &sequence.input());
            assert!(outputs.scores.iter().all(|s| s.value().iter().all(|s| s.is_finite())));
            let rollout = Rollout::new(task.as_deref().unwrap(), &sequence);
            let tape = Tape::lean();
            let _ = model.forward(&Binder::stored(&tape, &parameters), &rollout);
        }
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let whole = json!(config("transformer-rope-echo"));
    let with = |field: &str, value: Json| {
        let mut config = whole.clone();
        config[field] = value;
        (SPEC.build)(&config).err().map(|error| error.to_string())
    };
    assert_eq!(with("size", json!(64)), None);
    assert!(with("heads", json!(5)).unwrap().contains("multiple"));
    assert!(with("heads", json!(0)).unwrap().contains('0'));
    assert!(with("size", json!(12)).unwrap().contains("even"));
    assert!(with("positions", json!({"learned": {"longest": 0}})).unwrap().contains("table"));
}
