//! What every architecture and every task promises, checked over the registries: to be listed in
//! [`MODELS`] or [`TASKS`] is to be tested.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;
use serde_json::{Value as Json, json};
use unrolled::models::{self, Feed, Input, MODELS, Model, ModelSpec, Recipe, Step};
use unrolled::nn::{Binder, Parameters};
use unrolled::tape::{EVERYWHERE, Graph, NodeId, Tape, Var};
use unrolled::tasks::{
    self, Batch, Example, Measure, Sequence, Split, TASKS, Tally, Targets, Task, TaskSpec,
};
use unrolled::tensor::random::Random;
use unrolled::tensor::{from_vec, scalar, shape};
use unrolled::training::{Trainer, evaluate};

/// A stream of random numbers that no other part of the program uses.
const TEST_STREAM: u64 = 100;
/// Positions of the runs that are looked at.
const LENGTH: usize = 7;
/// How many of them are a source, for a model that decodes.
const SOURCE: usize = 3;

// Models.

#[test]
fn every_model_is_found_by_an_id_of_its_own() {
    let mut ids = BTreeSet::new();
    for spec in MODELS {
        assert!(ids.insert(spec.id), "two models are called `{}`", spec.id);
        assert_eq!(models::find(spec.id).map(|found| found.title), Some(spec.title));
        assert!(!spec.source.is_empty() && !spec.recipes.is_empty(), "{}", spec.id);
    }
    for (_, recipe) in models::recipes() {
        assert!(ids.insert(recipe.id), "two shipped models are called `{}`", recipe.id);
        assert!(models::find_recipe(recipe.id).is_some());
        assert!(tasks::find(recipe.task).is_some(), "{}: no task `{}`", recipe.id, recipe.task);
    }
}

#[test]
fn every_model_builds_from_its_configuration_and_gives_it_back() {
    for_every_recipe(|spec, recipe, model| {
        let again = (spec.build)(&model.config()).unwrap();
        assert_eq!(again.config(), model.config(), "{}", recipe.id);
        assert_eq!(again.init(3), model.init(3), "{}", recipe.id);
        assert!((spec.build)(&json!({})).is_err(), "{}: builds from nothing", spec.id);
    });
}

#[test]
fn parameters_are_declared_alike_by_every_input() {
    for_every_recipe(|_, recipe, model| {
        let parameters = model.init(1);
        let mut names = BTreeSet::new();
        for (name, array) in parameters.iter() {
            assert!(names.insert(name.to_owned()), "{}: `{name}` twice", recipe.id);
            assert!(!array.is_empty(), "{}: `{name}` is empty", recipe.id);
            assert!(array.iter().all(|p| p.is_finite()), "{}: `{name}`", recipe.id);
        }
        // The binder compares the shapes; a longer, wider input must ask for the same ones.
        let run = Run::new(model, &parameters, &input(model, LENGTH, 3, 1), Tape::recording());
        let declared: BTreeSet<String> =
            run.graph.names().iter().filter(|n| n.is_parameter).map(|n| n.name.clone()).collect();
        assert_eq!(declared, names, "{}", recipe.id);
    });
}

#[test]
fn scores_have_a_row_a_sequence_and_a_column_an_output() {
    for_every_recipe(|_, recipe, model| {
        let task = task(recipe.task, recipe.task_config);
        let run = Run::new(model, &model.init(1), &input(model, LENGTH, 3, 1), Tape::recording());
        assert_eq!(run.first + run.scores.len(), LENGTH, "{}", recipe.id);
        assert!([0, SOURCE].contains(&run.first), "{}: {}", recipe.id, run.first);
        for scores in &run.scores {
            let outputs = task.outputs();
            assert_eq!(shape(run.graph.value(*scores)), [3, outputs], "{}", recipe.id);
        }
    });
}

#[test]
fn no_two_values_share_a_name() {
    for_every_recipe(|_, recipe, model| {
        let run = Run::new(model, &model.init(1), &input(model, LENGTH, 1, 1), Tape::recording());
        for named in run.graph.names() {
            let (model, name) = (recipe.id, &named.name);
            let id = run.graph.find(name).unwrap();
            let places = run.graph.everywhere(id);
            let is_everywhere = places.iter().any(|place| place.0 == EVERYWHERE);
            assert_eq!(is_everywhere, named.is_parameter, "{model}: `{name}` is two things");
            assert!(places.windows(2).all(|pair| pair[0].0 < pair[1].0), "{model}: `{name}`");
            assert!(!named.symbol.is_empty(), "{model}: `{name}` has no symbol");
            let is_plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c);
            assert!(name.chars().all(is_plain), "{model}: `{name}` is not spelled in snake case");
        }
        let mut bearers = BTreeMap::new();
        for (id, node) in run.graph.nodes() {
            if let Some(name) = node.name {
                let place = (name, node.position);
                assert!(bearers.insert(place, id).is_none(), "{}: {place:?}", recipe.id);
            }
        }
    });
}

#[test]
fn every_value_is_explained_in_both_languages_and_every_explanation_has_a_value() {
    for spec in MODELS {
        let mut used = BTreeSet::new();
        // A variant may write the same function with other values.
        let variants = spec.recipes.iter().flat_map(|recipe| {
            let config: Json = serde_json::from_str(recipe.config).unwrap();
            let parameters = build(spec, recipe.config).init(1);
            let rewritten =
                spec.variants.iter().map(move |v| (v.rewrite)(&config, &parameters).unwrap().0);
            rewritten.map(move |config| (recipe, config.to_string()))
        });
        let shipped = spec.recipes.iter().map(|recipe| (recipe, recipe.config.to_owned()));
        for (recipe, config) in shipped.chain(variants) {
            let model = build(spec, &config);
            let run =
                Run::new(&*model, &model.init(1), &input(&*model, LENGTH, 1, 1), Tape::recording());
            for named in run.graph.names().iter().filter(|named| !named.is_parameter) {
                let doc = spec.values.iter().find(|doc| doc.is_about(&named.name));
                let doc = doc.unwrap_or_else(|| panic!("{}: `{}`", recipe.id, named.name));
                used.insert(doc.name);
            }
        }
        for doc in spec.values {
            let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
            assert!(!doc.en.is_empty() && !doc.en.contains(is_chinese), "{}", doc.name);
            assert!(doc.zh.contains(is_chinese), "{}: {}", doc.name, doc.zh);
            // A model of symbols has a prediction and none of numbers has; one recipe shows each.
            // Nor is every architecture shipped in layers or in both directions.
            let shared = ["prediction", "estimate", "joined", "stream"].contains(&doc.name);
            let shown = used.contains(doc.name);
            assert!(shown || shared, "{}: `{}` is explained and never computed", spec.id, doc.name);
        }
        let names: BTreeSet<_> = spec.values.iter().map(|doc| doc.name).collect();
        assert_eq!(names.len(), spec.values.len(), "{}: explained twice", spec.id);
    }
}

/// What is computed for all positions at once is what is computed step by step, row by row. The
/// columns of what looks only back reach less far step by step.
#[test]
fn step_by_step_and_at_once_are_the_same() {
    const TOLERANCE: f32 = 2e-5;
    for_every_recipe(|_, recipe, model| {
        let (parameters, input) = (model.init(1), input(model, LENGTH, 1, 1));
        let [at_once, stepped] = [true, false].map(|at_once| {
            Run::given(model, &parameters, &Given { input: &input, at_once }, Tape::recording())
        });
        let row = |run: &Run, name: &str, position: i32| -> Option<Vec<f32>> {
            let nodes = run.graph.everywhere(run.graph.find(name)?);
            let found = nodes.iter().rev().find(|(start, _)| *start <= position)?;
            let value = run.graph.value(found.1);
            let row = usize::try_from(position - found.0).ok()?;
            (row < value.nrows()).then(|| value.row(row).to_vec())
        };
        let mut compared = 0;
        for named in stepped.graph.names().iter().filter(|named| !named.is_parameter) {
            for position in 0..LENGTH as i32 {
                let rows = [&stepped, &at_once].map(|run| row(run, &named.name, position));
                let [Some(stepped), Some(at_once)] = rows else { continue };
                for (a, b) in stepped.iter().zip(&at_once) {
                    let apart =
                        if a.total_cmp(b).is_eq() { 0.0 } else { (a - b).abs() / a.abs().max(1.0) };
                    let (model, name) = (recipe.id, &named.name);
                    assert!(apart < TOLERANCE, "{model}: {name}[{position}]: {a} and {b}");
                }
                compared += 1;
            }
        }
        let wanted = 3 * (LENGTH - stepped.first);
        assert!(compared >= wanted, "{}: only {compared} rows are compared", recipe.id);
    });
}

#[test]
fn values_lie_in_the_range_that_is_promised() {
    for_every_recipe(|spec, recipe, model| {
        let run = Run::new(model, &model.init(1), &input(model, LENGTH, 2, 1), Tape::recording());
        for named in run.graph.names() {
            let doc = spec.values.iter().find(|doc| doc.is_about(&named.name));
            if named.is_parameter || doc.is_none_or(|doc| doc.range != models::Range::Unit) {
                continue;
            }
            for (_, node) in run.graph.everywhere(run.graph.find(&named.name).unwrap()) {
                let inside = run.graph.value(*node).iter().all(|x| (0.0..=1.0).contains(x));
                assert!(inside, "{}: `{}` leaves 0…1", recipe.id, named.name);
            }
        }
    });
}

#[test]
fn a_lean_run_gives_the_numbers_of_a_recorded_one() {
    for_every_recipe(|_, recipe, model| {
        let (parameters, input) = (model.init(1), input(model, LENGTH, 2, 1));
        let recorded = Run::new(model, &parameters, &input, Tape::recording());
        let lean = Run::new(model, &parameters, &input, Tape::lean());
        assert!(lean.graph.bytes() < recorded.graph.bytes(), "{}: not leaner", recipe.id);
        for named in recorded.graph.names() {
            let id = recorded.graph.find(&named.name).unwrap();
            for (position, node) in recorded.graph.everywhere(id) {
                let found = lean.graph.at(lean.graph.find(&named.name).unwrap(), *position);
                let same = lean.graph.value(found.unwrap()) == recorded.graph.value(*node);
                assert!(same, "{}: `{}` at {position}", recipe.id, named.name);
            }
        }
    });
}

#[test]
fn one_seed_gives_one_run_of_training() {
    for_every_recipe(|spec, recipe, model| {
        assert_eq!(model.init(1), model.init(1), "{}", recipe.id);
        if is_stored(recipe) {
            return;
        }
        assert_ne!(model.init(1), model.init(2), "{}", recipe.id);
        let losses = |seed: u64| -> Vec<f32> {
            let recipe = Recipe { batch: 20, seed, ..recipe.clone() };
            let task_spec = tasks::find(recipe.task).unwrap();
            let task = task(recipe.task, task_spec.tiny);
            let mut trainer = Trainer::new(build(spec, recipe.config), task, &recipe).unwrap();
            (0..3).map(|_| trainer.step().loss).collect()
        };
        assert_eq!(losses(1), losses(1), "{}", recipe.id);
        assert_ne!(losses(1), losses(2), "{}", recipe.id);
    });
}

#[test]
fn what_is_stored_is_there_at_once_and_recalled() {
    for_every_recipe(|spec, recipe, model| {
        if !is_stored(recipe) {
            return;
        }
        let task = || task(recipe.task, recipe.task_config);
        let trainer = |seed: u64| {
            let recipe = Recipe { seed, ..recipe.clone() };
            Trainer::new(build(spec, recipe.config), task(), &recipe).unwrap()
        };
        assert!(trainer(1).is_finished(), "{}: something is left to train", recipe.id);
        assert_eq!(trainer(1).parameters(), trainer(2).parameters(), "{}", recipe.id);
        // With nothing stored, nothing is recalled; with everything, as much as the recipe says.
        let recalled =
            |parameters: &Parameters| evaluate::score(model, &*task(), parameters, 1, 300);
        let (nothing, stored) = (recalled(&model.init(1)), recalled(trainer(1).parameters()));
        assert!(nothing < 0.01, "{}: {nothing}", recipe.id);
        assert!(stored >= f64::from(recipe.target).max(0.05), "{}: {stored}", recipe.id);
    });
}

#[test]
fn gradients_are_the_slopes_of_the_forward_pass() {
    // The loss is Σ weight ⊙ score over all positions, in double precision. All parameters move by
    // about this step at once, which changes the loss by 1e-2 to 1 and the rounding of f32 scores
    // by 1e-6 at most. ReLU's steps are shorter: long ones would carry its sums across its kink,
    // whose share of the error goes with the step.
    const STEP: f32 = 2e-4;
    const STEP_WITH_KINKS: f32 = 2e-5;
    const LARGEST_GAIN: f32 = 0.5;
    const LIMIT: f64 = 1e-3;
    const ROUNDING: f64 = 1e-6;
    for_every_recipe(|spec, recipe, model| {
        // A sign jumps, and has no slope elsewhere: the same network is checked without it.
        let config = recipe.config.replace(r#""state":"binary""#, r#""state":"continuous""#);
        // Of thousands of ReLUs one is always about to bend.
        let is_wide = config.contains(r#""feed_forward""#);
        let config = if is_wide { config.replace("relu", "gelu") } else { config };
        let smooth = (config != recipe.config).then(|| build(spec, &config));
        let model = smooth.as_deref().unwrap_or(model);
        let stored = model.store(&task(recipe.task, recipe.task_config).patterns());
        let parameters = stored.unwrap_or_else(|| model.init(1));
        let input = input(model, LENGTH, 2, 1);
        let mut random = Random::new(1, TEST_STREAM);
        let run = Run::new(model, &parameters, &input, Tape::recording());
        let weights: Vec<(NodeId, Array2<f32>)> = run
            .scores
            .iter()
            .map(|scores| (*scores, random.array(shape(run.graph.value(*scores)), Random::normal)))
            .collect();
        let gradients = run.graph.gradients_from(&weights);
        let of: Vec<Array2<f32>> = parameters
            .iter()
            .map(|(name, array)| {
                let node = run.graph.at(run.graph.find(name).unwrap(), 0).unwrap();
                gradients.of(node).cloned().unwrap_or_else(|| Array2::zeros(array.raw_dim()))
            })
            .collect();
        // Random sizes, but uphill in every entry: the shares of all parameters add up instead of
        // cancelling, so that the slope is large against the rounding. An entry whose gradient is
        // wrong in sign or size is still found, and one wrongly 0 is moved as well.
        let uphill = |g: &f32| if *g < 0.0 { -1.0 } else { 1.0 };
        let direction: Vec<Array2<f32>> = of
            .iter()
            .map(|gradient| gradient.map(|g| uphill(g) * (0.5 + random.uniform())))
            .collect();
        let step = if config.contains("relu") { STEP_WITH_KINKS } else { STEP };
        // So many parameters at once would carry a large model too far for its slope to say how far.
        let slope: f32 = of.iter().zip(&direction).map(|(g, d)| (g * d).sum()).sum();
        let step = step.min(LARGEST_GAIN / slope.max(1e-3));
        let moved = |sign: f32, only: Option<usize>| {
            let mut moved = parameters.clone();
            for (at, ((_, p), d)) in moved.iter_mut().zip(&direction).enumerate() {
                if only.is_none_or(|only| only == at) {
                    p.scaled_add(sign * step, d);
                }
            }
            moved
        };
        let loss = |parameters: &Parameters| -> f64 {
            let run = Run::new(model, parameters, &input, Tape::lean());
            let entries = |(scores, (_, weights)): (&NodeId, &(NodeId, Array2<f32>))| -> f64 {
                let pairs = run.graph.value(*scores).iter().zip(weights);
                pairs.map(|(s, w)| f64::from(*s) * f64::from(*w)).sum()
            };
            run.scores.iter().zip(&weights).map(entries).sum()
        };
        // What the loss gains between the two ends, and what the gradients say it should. The
        // parameters are rounded where they land, so the way is measured, not assumed.
        let gains = |only: Option<usize>| -> [f64; 2] {
            let (low, high) = (moved(-1.0, only), moved(1.0, only));
            let way = low.iter().zip(high.iter()).zip(&of).map(|(((_, low), (_, high)), of)| {
                let entries = low.iter().zip(high.iter()).zip(of);
                entries
                    .map(|((low, high), g)| (f64::from(*high) - f64::from(*low)) * f64::from(*g))
                    .sum::<f64>()
            });
            [loss(&high) - loss(&low), way.sum()]
        };
        let [found, whole] = gains(None);
        let error = (found - whole).abs() / whole.abs();
        assert!(error <= LIMIT, "{}: {found} instead of {whole}", recipe.id);
        // Each array by itself, so that a small one cannot hide behind a large one. Its own gain
        // may be small enough for the rounding of the scores to show.
        for (at, (name, _)) in parameters.iter().enumerate() {
            let [found, wanted] = gains(Some(at));
            let error = (found - wanted).abs();
            let allowed = LIMIT * wanted.abs().max(0.05 * whole.abs()) + ROUNDING;
            assert!(error <= allowed, "{}: `{name}`: {found} instead of {wanted}", recipe.id);
        }
    });
}

#[test]
fn a_diagram_shows_values_of_the_run_within_its_frame() {
    for_every_recipe(|_, recipe, model| {
        let run = Run::new(model, &model.init(1), &input(model, LENGTH, 1, 1), Tape::recording());
        let diagram = model.diagram();
        let inside = |[x, y]: [f32; 2]| {
            (0.0..=diagram.size[0]).contains(&x) && (0.0..=diagram.size[1]).contains(&y)
        };
        let [x, y, width, height] = diagram.frame;
        assert!(inside([x, y]) && inside([x + width, y + height]), "{}: frame", recipe.id);
        assert!(!diagram.places.is_empty(), "{}: an empty diagram", recipe.id);
        for place in &diagram.places {
            let (model, value, path) = (recipe.id, place.value, place.path);
            assert!(inside(place.at), "{model}: `{value}` is drawn outside");
            // A numbers model has an estimate where a symbols model has a prediction.
            // Of several layers the drawing shows one.
            let ending = format!(".{value}");
            let mut names = run.graph.names().iter().map(|named| &named.name);
            let name = names.find(|name| *name == value || name.ends_with(&ending));
            let name = name.and_then(|name| run.graph.find(name));
            let name = name.unwrap_or_else(|| panic!("{model}: `{value}` is drawn, not computed"));
            let position = 1 + place.offset;
            // Of what is computed for several positions at once, the first of them bears the name.
            // A decoder's stand where the source ends.
            let nodes = run.graph.everywhere(name);
            let found = nodes.iter().rev().find(|(start, _)| *start <= position);
            let mut node = found.or(nodes.first()).map(|(_, node)| *node);
            for input in path {
                node = node.and_then(|node| run.graph.node(node).inputs.get(*input).copied());
            }
            assert!(node.is_some(), "{model}: `{value}` has no {path:?} at {position}");
        }
        for wire in &diagram.wires {
            assert!(wire.from < diagram.places.len(), "{}: {wire:?}", recipe.id);
            assert!(wire.points.len() >= 2, "{}: {wire:?}", recipe.id);
            assert!(wire.points.iter().all(|point| inside(*point)), "{}: {wire:?}", recipe.id);
        }
    });
}

#[test]
fn every_architecture_learns_every_task_at_a_tiny_size() {
    let mut tried = BTreeSet::new();
    for (spec, recipe) in models::recipes() {
        for task_spec in TASKS {
            let task = task(task_spec.id, task_spec.tiny);
            // What ships because it fails at its task need not learn it.
            if recipe.target == 0.0 && recipe.task == task_spec.id {
                continue;
            }
            let Some(config) = tiny(recipe, task_spec, &*task) else { continue };
            // Recipes that differ in size or task alone are the same architecture here.
            if tried.insert((spec.id, task_spec.id, config.to_string())) {
                learns(spec, task_spec, &config);
            }
        }
    }
    assert!(tried.len() >= MODELS.len(), "{tried:?}");
}

#[test]
fn every_architecture_that_is_offered_for_texts_learns_one() {
    for (spec, recipe) in of_text() {
        learns(spec, &tasks::text::SPEC, &serde_json::from_str(recipe.config).unwrap());
    }
}

/// Models of the smallest text, of every architecture that learns texts.
fn of_text() -> Vec<(&'static ModelSpec, Recipe)> {
    let task = task("text", tasks::text::SPEC.tiny);
    let sizes = |layers: usize| models::TextSizes {
        symbols: task.input_symbols().len(),
        hidden: 16,
        layers,
        length: 24,
    };
    let recipe = |spec: &'static ModelSpec, layers: usize| {
        let config = (spec.text?.config)(&sizes(layers)).to_string();
        let recipe = Recipe {
            id: format!("{} of text, {layers} layers", spec.id).leak(),
            config: config.leak(),
            task: "text",
            task_config: tasks::text::SPEC.tiny,
            ..spec.recipes[0].clone()
        };
        Some((spec, recipe))
    };
    let layers = |spec| [1, 2].into_iter().filter_map(move |layers| recipe(spec, layers));
    MODELS.iter().flat_map(layers).collect()
}

/// The recipe's configuration, small and fit for the task; `None` where it cannot be fitted, as
/// where there are patterns to store and nothing to learn.
fn tiny(recipe: &Recipe, task_spec: &TaskSpec, task: &dyn Task) -> Option<Json> {
    const HIDDEN: usize = 16;
    const EMBEDDING: usize = 8;
    const MOST_SYMBOLS: usize = 100;
    if !task.patterns().is_empty() {
        return None;
    }
    // What has hundreds of symbols to choose among takes models made for it.
    if task.output_symbols().len() > MOST_SYMBOLS && recipe.task != task_spec.id {
        return None;
    }
    let mut config: Json = serde_json::from_str(recipe.config).unwrap();
    let fields = config.as_object_mut()?;
    if fields.contains_key("hidden") {
        fields.insert("hidden".to_owned(), json!(HIDDEN));
    }
    if fields.contains_key("heads") {
        for (field, small) in
            [("size", HIDDEN), ("heads", 2), ("feed_forward", 2 * HIDDEN), ("encoder_layers", 1)]
        {
            fields.insert(field.to_owned(), json!(small));
        }
        fields.insert("decoder_layers".to_owned(), json!(1));
    }
    if !fields.contains_key("source") {
        return (recipe.task == task_spec.id).then_some(config);
    }
    let sequence = task.generate(&mut Random::new(1, TEST_STREAM)).sequence;
    let source = match sequence {
        Sequence::Symbols(_) => {
            json!({"symbols": {"count": task.input_symbols().len(), "embedding": EMBEDDING}})
        }
        Sequence::Numbers(numbers) => json!({"numbers": numbers[0].len()}),
    };
    let symbols = task.output_symbols().len();
    fields.insert("source".to_owned(), source);
    fields.insert("outputs".to_owned(), json!(symbols.max(1)));
    fields.insert("predicts_symbols".to_owned(), json!(symbols > 0));
    Some(config)
}

/// Trains and compares with the best answer that ignores the input: at least half of what is
/// missing there must be gained. A few hundred updates are enough for most; what learns slowly by
/// its nature, as a network of sigmoids does, whose slopes are at most a quarter, gets a second,
/// longer try. Where a task looks ahead and the model does not, that must not be gained.
#[track_caller]
fn learns(spec: &ModelSpec, task_spec: &TaskSpec, config: &Json) {
    let make = || (task_spec.build)(&serde_json::from_str(task_spec.tiny).unwrap()).unwrap();
    let (model, task) = ((spec.build)(config).unwrap(), make());
    let chance = best_constant(&*task);
    let wanted = match task.measure() {
        Measure::Accuracy => chance + 0.5 * (1.0 - chance),
        Measure::MeanSquaredError | Measure::AboveEntropy | Measure::BitsPerCharacter => {
            0.5 * chance
        }
    };
    let mut scores = Vec::new();
    let is_blind = task.looks_ahead() && !looks_ahead(&*model);
    for steps in [300, 3000] {
        let recipe = Recipe {
            id: "tiny",
            config: "",
            task: task_spec.id,
            task_config: task_spec.tiny,
            steps,
            batch: 32,
            learning_rate: 1e-2,
            clip: 1.0,
            seed: 1,
            target: 0.0,
            kept: &[],
            weight_decay: 0.0,
        };
        let mut trainer = Trainer::new((spec.build)(config).unwrap(), make(), &recipe).unwrap();
        while !trainer.is_finished() {
            trainer.step();
        }
        scores.push(score(&*model, &*task, trainer.parameters()));
        let is_learned = task.measure().reaches(scores[scores.len() - 1], wanted);
        if is_blind {
            assert!(!is_learned, "{config} on {}: {scores:?} without looking", task_spec.id);
        }
        if is_learned || is_blind {
            return;
        }
    }
    panic!(
        "{config} on {}: {} {scores:?}, {chance} without reading",
        task_spec.id,
        task.measure().name()
    );
}

/// The score on held-out sequences. Where the model writes, a tiny task has too few sequences to be
/// right on others, so that all of them count.
fn score(model: &dyn Model, task: &dyn Task, parameters: &Parameters) -> f64 {
    const EXAMPLES: usize = 300;
    let (mut random, mut tally) = (Random::new(3, TEST_STREAM), Tally::default());
    let sequence = task.generate(&mut random).sequence;
    if task.given(&sequence) == sequence.len() {
        return evaluate::score(model, task, parameters, 1, EXAMPLES);
    }
    for _ in 0..EXAMPLES {
        let batch = Batch::new(task, &[task.generate(&mut random)]);
        let tape = Tape::lean();
        let outputs = model.forward(&Binder::stored(&tape, parameters), &batch);
        let scores: Vec<_> = outputs.scores.iter().map(|scores| scores.value()).collect();
        task.score(&scores, &batch.from(outputs.first), &mut tally);
    }
    tally.score()
}

/// Whether the scores at the first position depend on what is read at the last one.
fn looks_ahead(model: &dyn Model) -> bool {
    let parameters = model.init(1);
    let mut read = input(model, LENGTH, 1, 1);
    let first = |input: &Input| {
        let run = Run::new(model, &parameters, input, Tape::lean());
        run.graph.value(run.scores[0]).clone()
    };
    let before = first(&read);
    match &mut read {
        Input::Symbols(positions) => positions[LENGTH - 1][0] = 1 - positions[LENGTH - 1][0].min(1),
        Input::Numbers(positions) => positions[LENGTH - 1] += 1.0,
    }
    first(&read) != before
}

/// The score of always giving the same answer, the best one.
fn best_constant(task: &dyn Task) -> f64 {
    let mut random = Random::new(2, TEST_STREAM);
    let examples: Vec<Example> =
        (0..500).map(|_| tasks::draw(task, &mut random, Split::HeldOut)).collect();
    let constant = |answer: &Array2<f32>| -> f64 {
        let mut tally = Tally::default();
        for example in &examples {
            let scores = vec![answer.clone(); example.sequence.len()];
            task.score(&scores, &Batch::new(task, std::slice::from_ref(example)), &mut tally);
        }
        tally.score()
    };
    let symbols = task.output_symbols().len();
    match task.measure() {
        Measure::Accuracy => {
            let always = |symbol: usize| {
                Array2::from_shape_fn([1, symbols], |(_, s)| f32::from(u8::from(s == symbol)))
            };
            (0..symbols).map(|symbol| constant(&always(symbol))).fold(0.0, f64::max)
        }
        Measure::AboveEntropy | Measure::BitsPerCharacter => {
            // How often each answer is wanted, whatever stands before it.
            let mut wanted = vec![1.0_f32; symbols];
            for example in &examples {
                let Targets::Symbols(targets) = &example.targets else { continue };
                targets.iter().flatten().for_each(|target| wanted[*target] += 1.0);
            }
            constant(&from_vec([1, symbols], wanted.into_iter().map(f32::ln).collect()))
        }
        Measure::MeanSquaredError => {
            let number = |example: &Example| match example.targets {
                Targets::LastNumber(number) => number,
                Targets::Symbols(_) | Targets::Pattern(_) => 0.0,
            };
            let mean = examples.iter().map(number).sum::<f32>() / examples.len() as f32;
            constant(&scalar(mean))
        }
    }
}

// Tasks.

#[test]
fn every_task_is_found_by_an_id_of_its_own() {
    let ids: BTreeSet<_> = TASKS.iter().map(|spec| spec.id).collect();
    assert_eq!(ids.len(), TASKS.len());
    for spec in TASKS {
        assert_eq!(tasks::find(spec.id).map(|found| found.description), Some(spec.description));
        assert!((spec.build)(&json!({})).is_err(), "{}: builds from nothing", spec.id);
    }
}

#[test]
fn one_seed_draws_one_list_of_examples() {
    for_every_task(|id, task| {
        let draw = |seed: u64| -> Vec<Example> {
            let mut random = Random::new(seed, TEST_STREAM);
            (0..50).map(|_| task.generate(&mut random)).collect()
        };
        assert_eq!(draw(1), draw(1), "{id}");
        assert_ne!(draw(1), draw(2), "{id}");
    });
}

#[test]
fn what_a_task_writes_it_reads() {
    for_every_task(|id, task| {
        let mut random = Random::new(1, TEST_STREAM);
        for _ in 0..300 {
            let Example { sequence, targets } = task.generate(&mut random);
            let text = task.text(&sequence);
            let read = task.parse(&text);
            let given = sequence.beginning(task.given(&sequence));
            assert_eq!(read.as_ref(), Ok(&given), "{id}: {text}");
            assert!(!given.is_empty(), "{id}: {text}");
            assert_eq!(task.given(&given), given.len(), "{id}: {text}");
            assert_eq!(task.text(&given), text, "{id}");
            if task.is_written_by_model() {
                let mut tally = Tally::default();
                let example = Example { sequence: sequence.clone(), targets: targets.clone() };
                task.judge(&sequence, &example, &mut tally);
                assert_eq!(tally.count, 1, "{id}: {text}");
            } else if task.source(&sequence) == sequence.len() {
                assert_eq!(given, sequence, "{id}: {text}");
            }
            assert_eq!(task.targets(&sequence), targets, "{id}: {text}");
            assert_eq!(task.tokens(&sequence).len(), sequence.len(), "{id}: {text}");
            if let Targets::Symbols(symbols) = &targets {
                assert_eq!(symbols.len(), sequence.len(), "{id}: {text}");
                let known = |symbol: &usize| *symbol < task.output_symbols().len();
                assert!(symbols.iter().flatten().all(known), "{id}: {text}");
                assert!(symbols.iter().any(Option::is_some), "{id}: {text}");
            }
            if let Sequence::Symbols(symbols) = &sequence {
                let known = |symbol: &usize| *symbol < task.input_symbols().len();
                assert!(symbols.iter().all(known), "{id}: {text}");
            }
            if let Targets::Pattern(pattern) = targets {
                assert!(pattern < task.patterns().len(), "{id}: {text}");
            }
        }
        for wrong in ["", " \n", "\u{0}", "🙂", "\u{202e}\u{200b}"] {
            let message = task.parse(wrong).expect_err("nothing to read").to_string();
            assert!(!message.is_empty(), "{id}: {wrong:?}");
        }
    });
}

#[test]
fn training_never_sees_what_is_held_out() {
    for_every_task(|id, task| {
        let texts = |split: Split| -> BTreeSet<String> {
            let mut random = Random::new(1, TEST_STREAM);
            let draw = |_| task.text(&tasks::draw(task, &mut random, split).sequence);
            (0..1000).map(draw).collect()
        };
        let both: Vec<String> =
            texts(Split::Training).intersection(&texts(Split::HeldOut)).cloned().collect();
        assert!(both.is_empty(), "{id}: {both:?}");
    });
}

// What the tests share.

/// A finished run and its scores.
struct Run {
    graph: Graph,
    scores: Vec<NodeId>,
    first: usize,
}

/// An input whose first positions are a source, given as a whole or position by position.
struct Given<'a> {
    input: &'a Input,
    at_once: bool,
}

impl Feed for Given<'_> {
    fn rows(&self) -> usize {
        self.input.rows()
    }

    fn source(&self) -> usize {
        SOURCE.min(self.input.len())
    }

    fn known(&self) -> Option<usize> {
        self.at_once.then(|| self.input.len())
    }

    fn at(&self, position: usize, scores: Option<Var<'_>>) -> Option<Step> {
        self.input.at(position, scores)
    }
}

impl Run {
    fn new(model: &dyn Model, parameters: &Parameters, input: &Input, tape: Tape) -> Self {
        Self::given(model, parameters, &Given { input, at_once: true }, tape)
    }

    fn given(model: &dyn Model, parameters: &Parameters, feed: &dyn Feed, tape: Tape) -> Self {
        let outputs = model.forward(&Binder::stored(&tape, parameters), feed);
        let scores = outputs.scores.iter().map(|scores| scores.node()).collect();
        let first = outputs.first;
        Self { graph: tape.finish(), scores, first }
    }
}

/// A random input of the kind that the model reads.
fn input(model: &dyn Model, length: usize, rows: usize, seed: u64) -> Input {
    /// Every model of symbols knows at least that many.
    const SYMBOLS: usize = 4;
    let mut random = Random::new(seed, TEST_STREAM + 1);
    match model.example() {
        Input::Symbols(_) => Input::Symbols(
            (0..length).map(|_| (0..rows).map(|_| random.below(SYMBOLS)).collect()).collect(),
        ),
        Input::Numbers(one) => {
            let features = one[0].ncols();
            let numbers = |_| {
                let draws = (0..rows * features).map(|_| random.normal()).collect();
                from_vec([rows, features], draws)
            };
            Input::Numbers((0..length).map(numbers).collect())
        }
    }
}

/// Whether a rule of the model's own makes the weights, from patterns of the recipe's task.
fn is_stored(recipe: &Recipe) -> bool {
    !task(recipe.task, recipe.task_config).patterns().is_empty()
}

fn build(spec: &ModelSpec, config: &str) -> Box<dyn Model> {
    (spec.build)(&serde_json::from_str(config).unwrap()).unwrap()
}

fn task(id: &str, config: &str) -> Box<dyn Task> {
    let spec = tasks::find(id).unwrap();
    (spec.build)(&serde_json::from_str(config).unwrap()).unwrap()
}

#[track_caller]
fn for_every_recipe(check: impl Fn(&ModelSpec, &Recipe, &dyn Model)) {
    for (spec, recipe) in models::recipes() {
        check(spec, recipe, &*build(spec, recipe.config));
    }
    for (spec, recipe) in of_text() {
        check(spec, &recipe, &*build(spec, recipe.config));
    }
    // What can be stacked is, whether or not it is shipped so.
    for spec in MODELS {
        let recipe = &spec.recipes[0];
        let mut config: Json = serde_json::from_str(recipe.config).unwrap();
        if config.get("source").is_none() {
            continue;
        }
        config["hidden"] = json!(6);
        config["residual"] = json!(true);
        for (layers, bidirectional) in [(3, false), (1, true), (2, true)] {
            config["layers"] = json!(layers);
            config["bidirectional"] = json!(bidirectional);
            let id = format!("{}, {layers} layers, both: {bidirectional}", recipe.id);
            let recipe =
                Recipe { id: id.leak(), config: config.to_string().leak(), ..recipe.clone() };
            check(spec, &recipe, &*build(spec, recipe.config));
        }
    }
}

/// Every task at its tiny size and at every size that a shipped model is trained on.
#[track_caller]
fn for_every_task(check: impl Fn(&str, &dyn Task)) {
    for spec in TASKS {
        let trained = models::recipes().filter(|(_, recipe)| recipe.task == spec.id);
        let configs = trained.map(|(_, recipe)| recipe.task_config).chain([spec.tiny]);
        for config in configs.collect::<BTreeSet<_>>() {
            check(spec.id, &*task(spec.id, config));
        }
    }
}
