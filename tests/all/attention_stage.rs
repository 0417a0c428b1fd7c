//! The attention view alone, on a run of a model with new weights or of one that only attends; shared
//! by the tests and the benchmark of frames.

use std::collections::BTreeSet;
use std::sync::Arc;

use ndarray::Array2;
use unrolled::checkpoint::{self, Checkpoint};
use unrolled::models::{
    self, Axes, ConfigError, Diagram, Feed, Input, Model, ModelSpec, Outputs, Range, ValueDoc,
};
use unrolled::nn::Binder;
use unrolled::tape::Intervention;
use unrolled::tasks::Sequence;
use unrolled::trace::Trace;
use unrolled::trace::timeline::{Timeline, TimelineCommand};
use unrolled::training::lengths::Points;
use unrolled::view::{self, Command, Language, Looks, Memory, Scene, Selection};

/// Everything that a scene borrows.
pub struct Stage {
    pub checkpoint: Arc<Checkpoint>,
    pub trace: Trace,
    pub diagram: Diagram,
    pub timeline: Timeline,
    pub memory: Memory,
    pub selection: Option<Selection>,
    pub commands: Vec<Command>,
    looks: Looks,
}

impl Stage {
    fn new(checkpoint: Checkpoint, sequence: Sequence, interventions: &[&str]) -> Self {
        let interventions: Vec<Intervention> =
            interventions.iter().map(|text| text.parse().expect("an intervention")).collect();
        let trace = Trace::record_edited(&checkpoint, sequence, &interventions);
        let mut timeline = Timeline::default();
        timeline.apply(TimelineCommand::End, &trace);
        Self {
            diagram: checkpoint.model.diagram(),
            checkpoint: Arc::new(checkpoint),
            trace,
            timeline,
            memory: Memory::default(),
            selection: None,
            commands: Vec::new(),
            looks: Looks::default(),
        }
    }

    /// A model of the recipe's with new weights, at the end of its run.
    pub fn of(recipe: &str, text: &str, interventions: &[&str]) -> Self {
        let (spec, recipe) = models::find_recipe(recipe).expect("a recipe");
        let checkpoint = checkpoint::untrained(spec, recipe).expect("it builds");
        let sequence = checkpoint.task.parse(text).expect("it reads that");
        Self::new(checkpoint, sequence, interventions)
    }

    /// A run of `n` positions that look at each other with all but random weights.
    pub fn long(n: usize) -> Self {
        let (spec, recipe) = models::find_recipe("lstm-brackets").expect("a recipe");
        let checkpoint = checkpoint::untrained(spec, recipe).expect("it builds");
        let checkpoint = Checkpoint { spec: &LOOKING, model: Box::new(Looking), ..checkpoint };
        let symbols = (0..n).map(|at| (at * 7 + at / 5) % 8).collect();
        Self::new(checkpoint, Sequence::Symbols(symbols), &[])
    }

    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let view = view::find("attention").expect("a view");
        assert!((view.applies)(&self.trace));
        let looks = self.looks.clone();
        let mut scene = Scene {
            trace: &self.trace,
            run: 1,
            diagram: &self.diagram,
            backward: None,
            label: "run",
            others: Vec::new(),
            baseline: None,
            shows_difference: false,
            breakpoints: &[],
            marks: &[],
            laboratory: None,
            jacobians: None,
            importance: None,
            lengths: None,
            points: &Points::default(),
            timeline: &self.timeline,
            back: None,
            selection: self.selection.as_ref(),
            training: None,
            looks: &looks,
            hidden: &BTreeSet::new(),
            language: Language::English,
            for_print: false,
            memory: &mut self.memory,
            commands: &mut self.commands,
        };
        (view.ui)(ui, &mut scene);
        for command in &self.commands {
            if let Command::SetLook(key, look) = command {
                self.looks.set(key.clone(), look.clone());
            }
        }
    }
}

/// A model that does nothing but attend.
struct Looking;

static LOOKING: ModelSpec = ModelSpec {
    id: "looking",
    title: "Looking",
    source: "",
    year: 2020,
    build: |_| Err(ConfigError { of: "looking".to_owned(), reason: "of a test".to_owned() }),
    recipes: &[],
    values: &[ValueDoc {
        name: "attention",
        en: "weights",
        zh: "权重",
        range: Range::Unit,
        axes: Axes::Own,
    }],
    variants: &[],
    text: None,
};

impl Model for Looking {
    fn forward<'t>(&self, p: &Binder<'t>, input: &dyn Feed) -> Outputs<'t> {
        let tape = p.tape();
        let n = (0..100_000).take_while(|at| input.at(*at, None).is_some()).count();
        let score = Array2::from_shape_fn([n, n], |(row, column)| {
            let noise = (row * 7919 + column * 104_729) % 1009;
            if column > row { f32::NEG_INFINITY } else { noise as f32 / 100.0 }
        });
        let encoder = tape.scope("encoder");
        tape.set_position(0);
        let _ = tape.constant(score).named("score", "e").softmax().named("attention", "a");
        drop(encoder);
        let scores = (0..n)
            .map(|position| {
                tape.set_position(position);
                tape.constant(Array2::zeros([1, 10])).scale(1.0).named("scores", "s")
            })
            .collect();
        Outputs { scores, first: 0 }
    }

    fn example(&self) -> Input {
        Input::Symbols(vec![vec![0]])
    }

    fn config(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    fn diagram(&self) -> Diagram {
        let (_, recipe) = models::find_recipe("lstm-brackets").expect("a recipe");
        let spec = models::find("lstm").expect("an architecture");
        checkpoint::untrained(spec, recipe).expect("it builds").model.diagram()
    }
}
