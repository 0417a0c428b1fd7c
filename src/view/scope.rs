//! Cells that have values of the same names: the layers of a run, and the two directions of a layer.
//!
//! A scope is what stands before the last dot of a value's name. Views that draw one cell draw the
//! one whose scope the selected value has, so that choosing a scope is choosing a value.

use egui::Ui;

use super::{Command, Language, Scene, Selection, tr, tr_with};
use crate::tape::{EVERYWHERE, NodeId};
use crate::trace::{LOSS, Trace};

/// The value that every recurrent cell has.
pub const HIDDEN: &str = "hidden";

/// Values that say what the model reads, passes on and answers rather than how a cell remembers.
const AROUND_THE_CELL: [&str; 7] =
    ["input", "joined", "stream", "scores", "prediction", "estimate", LOSS];

/// Whether a value belongs to the cell of its scope, rather than to what stands around it.
#[must_use]
pub fn is_within_cell(name: &str) -> bool {
    !AROUND_THE_CELL.contains(&split(name).1)
}

/// A name's scope and the rest: `layer0.forward` and `hidden`.
#[must_use]
pub fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

/// The name of a value within a scope.
#[must_use]
pub fn join(scope: &str, value: &str) -> String {
    if scope.is_empty() { value.to_owned() } else { format!("{scope}.{value}") }
}

/// The scopes of all cells in the order in which they are computed; where nothing is a recurrent
/// cell the layers, or else the whole run.
#[must_use]
pub fn cells(trace: &Trace) -> Vec<&str> {
    let names = trace.value_names().map(split);
    let cells: Vec<&str> =
        names.filter(|(_, value)| *value == HIDDEN).map(|(scope, _)| scope).collect();
    if !cells.is_empty() {
        return cells;
    }
    let mut layers: Vec<&str> = Vec::new();
    for (scope, _) in trace.value_names().filter_map(|name| name.split_once('.')) {
        if scope.starts_with("layer") && !layers.contains(&scope) {
            layers.push(scope);
        }
    }
    if layers.is_empty() { vec![""] } else { layers }
}

/// The cell to draw: that of the selected value; where it belongs to a layer with two, the first of
/// them; else the first of all.
#[must_use]
pub fn shown<'t>(scene: &Scene<'t>) -> &'t str {
    let cells = cells(scene.trace);
    let selected = scene.selection.map_or("", |selection| split(&selection.name).0);
    let inside = |cell: &&&str| {
        let rest = cell.strip_prefix(selected);
        !selected.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    cells.iter().find(inside).or(cells.first()).copied().unwrap_or_default()
}

/// Whether a cell starts behind the last position.
#[must_use]
pub fn reads_backward(trace: &Trace, cell: &str) -> bool {
    let end = i32::try_from(trace.n_positions()).unwrap_or(i32::MAX);
    trace.node(&join(cell, HIDDEN), end).is_some()
}

/// The value that is meant where a cell's drawing says `value`: the cell's own, or what enters the
/// cell for its input, or else one around the cell.
#[must_use]
pub fn find(trace: &Trace, cell: &str, value: &str) -> Option<String> {
    if value == "input"
        && let Some(entering) = sources(trace, &join(cell, HIDDEN)).first()
    {
        return Some((*entering).to_owned());
    }
    let mut scope = cell;
    loop {
        let name = join(scope, value);
        if trace.graph().find(&name).is_some() {
            return Some(name);
        }
        if scope.is_empty() {
            return None;
        }
        scope = split(scope).0;
    }
}

/// The values outside a value's scope that it is computed from, the nearest ones, each once: what
/// enters a cell. Inputs count as outside.
#[must_use]
pub fn sources<'t>(trace: &'t Trace, name: &str) -> Vec<&'t str> {
    let graph = trace.graph();
    let home = split(name).0;
    // The value computed last: the first may be a state that was given, as to a decoder.
    let nodes = graph.find(name).map(|id| graph.everywhere(id)).unwrap_or_default();
    let end = if reads_backward(trace, home) { nodes.first() } else { nodes.last() };
    let Some((here, first)) = end.filter(|(position, _)| *position >= 0).copied() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut open: Vec<NodeId> = vec![first];
    while let Some(at) = open.pop() {
        let node = graph.node(at);
        let own = node.name.map(|name| graph.name(name)).filter(|_| at != first);
        if node.position == EVERYWHERE || own.is_some_and(|named| named.is_parameter) {
            continue;
        }
        match own.map(|named| named.name.as_str()) {
            Some(name) if found.contains(&name) => {}
            Some(name) if split(name).0 != home || split(name).1 == "input" => found.push(name),
            // A cell's own state before this position says nothing of what enters here.
            _ if node.position == here => open.extend(node.inputs.iter().rev()),
            _ => {}
        }
    }
    found
}

/// One layer of the network, from what enters it to what it passes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer<'t> {
    /// The scopes of its cells: one, or one for each direction.
    pub cells: Vec<&'t str>,
    /// The value that enters it.
    pub entering: &'t str,
    /// Both directions side by side, if there are two.
    pub joined: Option<String>,
    /// Its input plus its hidden state, if it has a residual connection.
    pub stream: Option<String>,
}

/// The layers, lowest first; none where nothing in the run is a recurrent cell.
#[must_use]
pub fn layers(trace: &Trace) -> Vec<Layer<'_>> {
    let has = |name: String| Some(name).filter(|name| trace.graph().find(name).is_some());
    let mut layers: Vec<Layer<'_>> = Vec::new();
    let mut last = None;
    for cell in cells(trace) {
        let Some(entering) = sources(trace, &join(cell, HIDDEN)).first().copied() else { continue };
        let scope = if is_direction(split(cell).1) { split(cell).0 } else { cell };
        match layers.last_mut() {
            Some(layer) if last == Some(scope) => layer.cells.push(cell),
            _ => layers.push(Layer {
                cells: vec![cell],
                entering,
                joined: has(join(scope, "joined")),
                stream: has(join(scope, "stream")),
            }),
        }
        last = Some(scope);
    }
    layers
}

fn is_direction(part: &str) -> bool {
    matches!(part, "forward" | "backward")
}

/// What a scope is called on screen: `layer 2 →`.
#[must_use]
pub fn label(language: Language, scope: &str) -> String {
    let parts = scope.split('.').filter(|part| !part.is_empty()).map(|part| match part {
        "forward" => "→".to_owned(),
        "backward" => "←".to_owned(),
        "encoder" => tr(language, "views.encoder").to_owned(),
        "decoder" => tr(language, "views.decoder").to_owned(),
        other => match other.strip_prefix("layer").and_then(|n| n.parse::<usize>().ok()) {
            Some(number) => {
                tr_with(language, "views.layer", &[("number", &(number + 1).to_string())])
            }
            None => other.to_owned(),
        },
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// A row from which a cell is chosen by selecting the value of the same name in it; nothing where
/// there is one cell.
pub fn chooser_ui(ui: &mut Ui, scene: &mut Scene<'_>, shown: &str) {
    let cells = cells(scene.trace);
    if cells.len() < 2 {
        return;
    }
    if scene.for_print {
        ui.label(label(scene.language, shown));
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for cell in cells {
            let words = label(scene.language, cell);
            let hint = tr(scene.language, "views.choose_cell");
            if ui.selectable_label(cell == shown, words).on_hover_text(hint).clicked() {
                let selected = scene.selection.map_or(HIDDEN, |s| split(&s.name).1);
                let name = join(cell, selected);
                let exists = scene.trace.graph().find(&name).is_some();
                let name = if exists { name } else { join(cell, HIDDEN) };
                let unit = scene.selection.and_then(|selection| selection.unit);
                scene.commands.push(Command::Select(Some(Selection::new(name, unit))));
            }
        }
    });
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::checkpoint;
    use crate::models::{self, Recipe};

    pub const PLAIN: &str = r#"{"source":{"symbols":{"count":9,"embedding":4}},"hidden":6,"outputs":9,"predicts_symbols":true}"#;
    const BOTH_WAYS: &str = r#"{"source":{"symbols":{"count":9,"embedding":4}},"hidden":6,"outputs":9,"predicts_symbols":true,"bidirectional":true}"#;
    const STACKED: &str = r#"{"source":{"symbols":{"count":9,"embedding":4}},"hidden":6,"outputs":9,"predicts_symbols":true,"layers":3,"residual":true}"#;
    pub const ALL: &str = r#"{"source":{"symbols":{"count":9,"embedding":4}},"hidden":6,"outputs":9,"predicts_symbols":true,"layers":2,"bidirectional":true,"residual":true}"#;

    /// A run of new weights: how a network is built does not depend on training.
    pub fn run(config: &'static str) -> Trace {
        let (spec, shipped) = models::find_recipe("lstm-brackets").unwrap();
        let checkpoint = checkpoint::untrained(spec, &Recipe { config, ..shipped.clone() });
        let checkpoint = checkpoint.unwrap();
        let sequence = checkpoint.task.parse("([{").unwrap();
        Trace::record(&checkpoint, sequence, Vec::new())
    }

    #[test]
    fn what_enters_each_layer_is_what_the_one_below_passes_on() {
        let entering = |config| {
            let trace = run(config);
            let layers = layers(&trace);
            layers.iter().map(|layer| layer.entering.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(entering(PLAIN), ["input"]);
        assert_eq!(entering(BOTH_WAYS), ["input"]);
        // The first layer reads 4 numbers and gives 6, so there is nothing to add.
        assert_eq!(entering(STACKED), ["input", "layer0.hidden", "layer1.stream"]);
        assert_eq!(entering(ALL), ["input", "layer0.joined"]);
        assert_eq!(sources(&run(STACKED), "scores"), ["layer2.stream"]);
    }

    #[test]
    fn layers_have_a_cell_for_each_direction() {
        let trace = run(ALL);
        let layers = layers(&trace);
        assert_eq!(layers[1].cells, ["layer1.forward", "layer1.backward"]);
        assert_eq!(layers[1].joined.as_deref(), Some("layer1.joined"));
        assert_eq!(layers[1].stream.as_deref(), Some("layer1.stream"));
        assert_eq!(layers[0].stream, None);
        let backward = |cell| reads_backward(&trace, cell);
        assert!(!backward("layer1.forward") && backward("layer1.backward"));
        let trace = run(BOTH_WAYS);
        assert_eq!(cells(&trace), ["forward", "backward"]);
        assert_eq!(cells(&run(PLAIN)), [""]);
    }

    #[test]
    fn a_drawing_of_a_cell_finds_its_own_values_and_what_stands_around_it() {
        let trace = run(ALL);
        let find = |value| find(&trace, "layer1.backward", value);
        assert_eq!(find("forget_gate").as_deref(), Some("layer1.backward.forget_gate"));
        assert_eq!(find("stream").as_deref(), Some("layer1.stream"));
        assert_eq!(find("input").as_deref(), Some("layer0.joined"));
        assert_eq!(find("prediction").as_deref(), Some("prediction"));
        assert_eq!(find("update_gate"), None);
    }
}
