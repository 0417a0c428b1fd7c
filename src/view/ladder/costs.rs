//! How many operations the run has, and how many had to wait for each other, beside those of the
//! runs that are compared.

use egui::{RichText, Ui};

use crate::trace::{Cost, Trace};
use crate::view::{Scene, theme, tr_with};

/// Lines for a run: reading, and all of it.
const LINES: f32 = 2.0;
const LINE_HEIGHT: f32 = 18.0;

/// The room that [`ui`] needs.
pub fn height(scene: &Scene<'_>) -> f32 {
    (1 + scene.others.len()) as f32 * LINES * LINE_HEIGHT + theme::GAP
}

/// The lines of each run.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let runs: Vec<(String, &Trace)> =
        scene.all_runs().map(|run| (run.label.to_owned(), run.trace)).collect();
    for (label, trace) in runs {
        let [read, all] = costs(scene, &label, trace);
        let source = trace.source().to_string();
        let number = |number: usize| number.to_string();
        let (operations, path) = (number(read.operations), number(read.critical_path));
        let (all_operations, all_path) = (number(all.operations), number(all.critical_path));
        // The only run needs no name.
        let name = if scene.others.is_empty() { String::new() } else { format!("{label} · ") };
        for (key, operations, path) in [
            ("ladder.cost_read", &operations, &path),
            ("ladder.cost_all", &all_operations, &all_path),
        ] {
            let words = [("count", source.as_str()), ("operations", operations), ("path", path)];
            let text = format!("{name}{}", tr_with(scene.language, key, &words));
            let text = egui::Label::new(RichText::new(text).small()).truncate();
            ui.add(text).on_hover_text(scene.tr("ladder.cost_hint"));
        }
    }
}

/// What reading the source costs, and the whole run; counted once a run.
fn costs(scene: &mut Scene<'_>, label: &str, trace: &Trace) -> [Cost; 2] {
    let key = format!("cost {label}");
    let keys = [format!("{key} source"), format!("{key} all")];
    let ranges = [0..trace.source(), 0..usize::MAX];
    let mut costs = [Cost::default(); 2];
    for ((cost, key), range) in costs.iter_mut().zip(keys).zip(ranges) {
        // Counts below 2²⁴ are whole in the cache's numbers.
        let [operations, path] = scene.memory.kept(scene.run, &key).unwrap_or_else(|| {
            let found = trace.cost(range);
            let pair = [found.operations as f32, found.critical_path as f32];
            scene.memory.keep(scene.run, key, pair);
            pair
        });
        cost.operations = operations as usize;
        cost.critical_path = path as usize;
    }
    costs
}
