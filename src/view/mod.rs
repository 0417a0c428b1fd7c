//! What is drawn, one view a file, and what all views share.
//!
//! A view reads a [`Trace`] and pushes [`Command`]s; it changes nothing. To add one, write its file,
//! ending in its `SPEC`, and name it here twice: `pub mod` and [`VIEWS`].

pub mod attention;
mod broken;
pub mod cells;
pub mod command;
pub mod compare;
mod decay;
pub mod diagram;
pub mod export;
pub mod flow;
pub mod gates;
pub mod gradient;
pub mod half_life;
pub mod heatmap;
pub mod hidden;
mod histogram;
pub mod inspector;
mod inspector_back;
pub mod intervene;
pub mod laboratory;
mod ladder;
pub mod lengths;
pub mod looks;
pub mod math;
pub mod network;
pub mod numbers;
pub mod own_text;
pub mod page;
pub mod piano;
pub mod picture;
pub mod pixels;
pub mod plot;
pub mod positions;
pub mod prediction;
pub mod scope;
mod subscript;
pub mod theme;
pub mod timeline_bar;
pub mod training;
mod weights;
pub mod words;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use egui::{TextureHandle, Ui};

pub use command::{Command, Selection};
pub use hidden::{Hidden, Panel};
pub use looks::Looks;
pub use picture::Shown;
pub use words::{Language, tr, tr_with};

use numbers::Numbers;

use crate::laboratory::Laboratory;
use crate::lesson::{Breakpoint, Marks, Seen, SeenRun};
use crate::models::{Diagram, Range};
use crate::palette::Scale;
use crate::tape::{EVERYWHERE, NodeId};
use crate::trace::importance::{Importance, Progress};
use crate::trace::jacobian::Jacobians;
use crate::trace::timeline::Timeline;
use crate::trace::{Backward, Trace, Walk, statistics};
use crate::training::lengths::{Lengths, Points};
use crate::training::live::Live;

/// Every view that the stage can show, in the order of the menu.
pub const VIEWS: &[ViewSpec] = &[
    diagram::SPEC,
    network::SPEC,
    ladder::SPEC,
    pixels::SPEC,
    heatmap::SPEC,
    gates::SPEC,
    half_life::SPEC,
    attention::SPEC,
    decay::SPEC,
    piano::SPEC,
    prediction::SPEC,
    compare::SPEC,
    lengths::SPEC,
    positions::SPEC,
    gradient::SPEC,
    laboratory::SPEC,
    training::SPEC,
];

/// What the stage knows about a view.
pub struct ViewSpec {
    /// The name in lessons and on the command line.
    pub id: &'static str,
    /// The key of its title in the word list.
    pub title: &'static str,
    /// The key of the sentence that says what it shows.
    pub hint: &'static str,
    /// Whether there is anything to show of this run.
    pub applies: fn(&Trace) -> bool,
    /// Draws it into all the room there is.
    pub ui: fn(&mut Ui, &mut Scene<'_>),
    /// What it shows as numbers.
    pub numbers: fn(&mut Scene<'_>) -> Numbers,
}

/// The view called `id`.
#[must_use]
pub fn find(id: &str) -> Option<&'static ViewSpec> {
    VIEWS.iter().find(|view| view.id == id)
}

/// What views draw from, and where they put what the learner asks for.
pub struct Scene<'a> {
    /// The run.
    pub trace: &'a Trace,
    /// A number that no other run of this session has, for caches.
    pub run: u64,
    /// The model as its papers draw it.
    pub diagram: &'a Diagram,
    /// The gradients of its loss, if it has one.
    pub backward: Option<&'a Backward>,
    /// What the run is called beside others.
    pub label: &'a str,
    /// Other runs on the same timeline.
    pub others: Vec<Other<'a>>,
    /// The run without interventions, while some are in force.
    pub baseline: Option<&'a Trace>,
    /// Whether values are shown minus what they are without interventions.
    pub shows_difference: bool,
    /// Conditions at which playing stops.
    pub breakpoints: &'a [Breakpoint],
    /// Where each of them holds.
    pub marks: &'a [Marks],
    /// The laboratory's controls, while it is on the stage.
    pub laboratory: Option<&'a Laboratory>,
    /// The state whose Jacobians were asked for, and those of each run; empty until they are there.
    pub jacobians: Option<(&'a str, &'a [Option<Arc<Jacobians>>])>,
    /// How much the answers depend on each token, once that was asked for.
    pub importance: Option<Progress<&'a Importance>>,
    /// The lengths that accuracy is measured at, where the lesson says so.
    pub lengths: Option<Lengths>,
    /// What accuracy was found at which length.
    pub points: &'a Points,
    /// Where the learner stands in it.
    pub timeline: &'a Timeline,
    /// Where the learner stands in the backward pass, while walking back.
    pub back: Option<&'a Timeline>,
    /// The value that the learner looks at.
    pub selection: Option<&'a Selection>,
    /// The race in front of the learner, if there is one.
    pub training: Option<&'a Live>,
    /// What the learner chose within views.
    pub looks: &'a Looks,
    /// Controls that a teacher hid.
    pub hidden: &'a BTreeSet<Hidden>,
    /// The language of all words.
    pub language: Language,
    /// Whether this is for a page: controls and hints have no place there.
    pub for_print: bool,
    /// Pictures that are kept from frame to frame.
    pub memory: &'a mut Memory,
    /// What the learner asks for in this frame.
    pub commands: &'a mut Vec<Command>,
}

/// A run beside the one on the stage.
#[derive(Clone, Copy)]
pub struct Other<'a> {
    /// What it is called.
    pub label: &'a str,
    /// The run.
    pub trace: &'a Trace,
    /// The gradients of its loss, if it has one.
    pub backward: Option<&'a Backward>,
}

impl<'a> Other<'a> {
    /// What it is called beside a run: `rnn, gain = 2` beside `rnn` is told by what is different.
    #[must_use]
    pub fn label_beside(&self, first: &str) -> &'a str {
        let own = self.label.strip_prefix(first).and_then(|own| own.strip_prefix(", "));
        own.unwrap_or(self.label)
    }
}

impl<'a> Scene<'a> {
    /// The position of the operation done last, forward or backward.
    #[must_use]
    pub fn now(&self) -> usize {
        match self.walk_back() {
            Some((timeline, backward)) => timeline.position(backward),
            None => self.timeline.position(self.trace),
        }
    }

    /// The backward pass and where the learner stands in it, while walking back.
    #[must_use]
    pub fn walk_back(&self) -> Option<(&'a Timeline, &'a Backward)> {
        self.back.zip(self.backward)
    }

    /// Where the learner stands, and in which walk: forward or backward.
    #[must_use]
    pub fn walk(&self) -> (&'a Timeline, &'a dyn Walk) {
        match self.walk_back() {
            Some((timeline, backward)) => (timeline, backward),
            None => (self.timeline, self.trace),
        }
    }

    /// The run on the stage, then those beside it.
    pub fn all_runs(&self) -> impl Iterator<Item = Other<'a>> + use<'a, '_> {
        let first = Other { label: self.label, trace: self.trace, backward: self.backward };
        std::iter::once(first).chain(self.others.iter().copied())
    }

    /// Whether there is anything for a view to show: of this run, or of the race.
    #[must_use]
    pub fn has(&self, view: &ViewSpec) -> bool {
        (view.applies)(self.trace) && self.may_have(view)
    }

    /// Whether some run of this lesson may have something for a view to show.
    #[must_use]
    pub fn may_have(&self, view: &ViewSpec) -> bool {
        view.id != training::SPEC.id || self.training.is_some()
    }

    /// Whether a view has something for a page: a laboratory that is closed has not.
    #[must_use]
    pub fn can_print(&self, view: &ViewSpec) -> bool {
        self.has(view) && (view.id != laboratory::SPEC.id || self.laboratory.is_some())
    }

    /// The runs as expressions see them.
    #[must_use]
    pub fn values(&self) -> Seen<'a> {
        let seen = |Other { label, trace, backward }| SeenRun { label, trace, backward };
        Seen { runs: self.all_runs().map(seen).collect() }
    }

    /// The token at a position; a dot where the model has yet to write it, for that would tell its
    /// answer before the learner has seen it come about.
    #[must_use]
    pub fn token(&self, t: usize) -> &'a str {
        let trace = self.trace;
        let is_read = || trace.walk().done_of(t, self.timeline.cursor()) > 0 || t <= self.now();
        let is_told = t < trace.given() || self.walk_back().is_some() || is_read();
        let token = trace.tokens().get(t).map_or("", String::as_str);
        if is_told { token } else { "·" }
    }

    /// Whether a node is computed at the cursor.
    #[must_use]
    pub fn is_done(&self, node: NodeId) -> bool {
        self.trace.is_done(node, self.timeline.cursor())
    }

    /// Whether a value is computed at the cursor for a position.
    #[must_use]
    pub fn is_done_at(&self, name: &str, position: usize) -> bool {
        let node = i32::try_from(position).ok().and_then(|at| self.trace.node(name, at));
        node.is_some_and(|node| self.is_done(node))
    }

    /// The words for a key.
    #[must_use]
    pub fn tr(&self, key: &'static str) -> &'static str {
        tr(self.language, key)
    }

    /// The colours of a value: 0 to 1 for shares, else up to the largest entry that the value has
    /// anywhere in the run, so that positions can be compared; symmetric about 0 unless nothing is
    /// below it.
    pub fn scale(&mut self, ui: &Ui, name: &str) -> Scale {
        let dark = ui.visuals().dark_mode;
        if self.trace.range(name) == Range::Unit {
            return Scale::unit(dark);
        }
        let [low, high] = self.memory.extent(self.trace, self.run, name);
        if low >= 0.0 {
            Scale::sequential(0.0, high, dark)
        } else {
            Scale::signed(high.max(-low), dark)
        }
    }

    /// The selected unit, for a value that has as many units as the selected one.
    #[must_use]
    pub fn unit(&self, units: usize) -> Option<usize> {
        let selection = self.selection?;
        let id = self.trace.graph().find(&selection.name)?;
        let (_, node) = self.trace.graph().everywhere(id).first()?;
        let same = self.trace.graph().value(*node).ncols() == units;
        selection.unit.filter(|unit| same && *unit < units)
    }

    /// Says where the first of some values stopped being a finite number, if that is computed.
    pub fn broken(&mut self, names: &[String]) -> Option<String> {
        let (trace, run) = (self.trace, self.run);
        let first = names.iter().filter_map(|name| self.memory.broken(trace, run, name)).min()?;
        let node = trace.graph().node(first);
        let name = &trace.graph().name(node.name?).name;
        let words = [("name", name.as_str()), ("position", &node.position.to_string())];
        self.is_done(first).then(|| tr_with(self.language, "views.not_finite", &words))
    }

    /// What a value means, in the learner's language.
    #[must_use]
    pub fn meaning(&self, name: &str) -> Option<&'static str> {
        let doc = self.trace.doc(name)?;
        Some(match self.language {
            Language::English => doc.en,
            Language::Chinese => doc.zh,
        })
    }
}

/// Pictures and sums that are kept from frame to frame. Forgetting it all changes nothing on screen.
#[derive(Default)]
pub struct Memory {
    /// Typeset formulas.
    pub math: math::MathCache,
    /// Pictures of values over time.
    pub textures: HashMap<String, (u64, TextureHandle)>,
    /// What is wrong with the lesson's stop on the run.
    pub remarks: page::Remarks,
    /// Curves of the gradient view.
    pub gradient: gradient::Cache,
    /// Maps of the attention view.
    pub attention: attention::Cache,
    /// Numbers of the laboratory.
    pub laboratory: laboratory::Cache,
    extents: HashMap<String, (u64, [f32; 2])>,
    broken: HashMap<String, (u64, Option<NodeId>)>,
}

impl Memory {
    /// Two numbers kept for a run.
    fn kept(&self, run: u64, key: &str) -> Option<[f32; 2]> {
        self.extents.get(key).filter(|(of_run, _)| *of_run == run).map(|(_, extent)| *extent)
    }

    fn keep(&mut self, run: u64, key: String, extent: [f32; 2]) {
        self.extents.insert(key, (run, extent));
    }

    /// The smallest and largest finite entries of a value anywhere in a run.
    fn extent(&mut self, trace: &Trace, run: u64, name: &str) -> [f32; 2] {
        if let Some((of_run, extent)) = self.extents.get(name)
            && *of_run == run
        {
            return *extent;
        }
        let graph = trace.graph();
        let nodes = graph.find(name).map(|id| graph.everywhere(id)).unwrap_or_default();
        // An initial state of zeros says nothing about the values to come.
        let nodes = nodes.iter().filter(|(position, _)| *position >= 0 || *position == EVERYWHERE);
        let entries = nodes.flat_map(|(_, node)| graph.value(*node).iter());
        let extent = statistics::summary(entries).map_or([-1.0, 1.0], |s| [s.min, s.max]);
        self.extents.insert(name.to_owned(), (run, extent));
        extent
    }

    /// The first node of a value, in the order of computation, that is not a finite number.
    fn broken(&mut self, trace: &Trace, run: u64, name: &str) -> Option<NodeId> {
        if let Some((of_run, broken)) = self.broken.get(name)
            && *of_run == run
        {
            return *broken;
        }
        let graph = trace.graph();
        let nodes = graph.find(name).map(|id| graph.everywhere(id)).unwrap_or_default();
        let is_broken = |node: &NodeId| graph.value(*node).iter().any(|x| !x.is_finite());
        let broken = nodes.iter().map(|(_, node)| *node).filter(is_broken).min();
        self.broken.insert(name.to_owned(), (run, broken));
        broken
    }
}

/// A number as it is shown everywhere: three decimals, or powers of ten where they would hide it.
#[must_use]
pub fn number(value: f32) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        _ if value.is_infinite() => if value > 0.0 { "∞" } else { "−∞" }.to_owned(),
        _ if value == 0.0 => "0".to_owned(),
        _ if (1e-3..1e5).contains(&value.abs()) => format!("{value:.3}").replace('-', "−"),
        _ => format!("{value:.2e}").replace('-', "−"),
    }
}
