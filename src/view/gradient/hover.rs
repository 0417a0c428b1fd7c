//! What a point of a curve says: its number, the factor from the step nearer to the loss, and the
//! chain rule that made it, read off the tape.

use egui::{RichText, Ui};

use super::super::{Other, Scene, number, theme, tr_with};
use super::axis::power_text;
use crate::tape::equation::Subscript;
use crate::tape::{Graph, NodeId};
use crate::trace::flow::{Curve, Size};
use crate::trace::{Backward, Trace};

/// Draws it.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, run: usize, curve: &Curve, position: usize) {
    let name = &curve.state.name;
    let run: Option<Other<'_>> = scene.all_runs().nth(run);
    let Some(Other { label, trace, backward: Some(backward) }) = run else { return };
    let size = curve.sizes.get(position).copied().unwrap_or(Size::Independent);
    ui.label(RichText::new(format!("{label}: ‖∂L/∂{name}[{position}]‖")).strong());
    let text = size_text(scene, size);
    let broken = theme::color(crate::palette::NOT_A_NUMBER);
    let text = RichText::new(text).monospace();
    ui.label(if size.is_broken() { text.color(broken) } else { text });
    if let Some(from) = curve.breaks_at.filter(|_| size.is_broken()) {
        ui.label(tr_with(scene.language, "gradient.breaks", &[("position", &from.to_string())]));
    }
    let nearer =
        if curve.state.from_the_end { position.checked_sub(1) } else { Some(position + 1) };
    let factor = nearer.and_then(|nearer| {
        let factor = curve.number(position)? / curve.number(nearer)?;
        let words = [("position", nearer.to_string()), ("factor", number(factor))];
        let words = words.each_ref().map(|(key, text)| (*key, text.as_str()));
        Some(tr_with(scene.language, "gradient.factor", &words))
    });
    if let Some(factor) = factor {
        ui.label(factor);
    }
    let Some(node) = trace.node(name, position as i32) else { return };
    if let Some(rule) = chain_rule(trace, backward, node) {
        ui.add_space(theme::GAP_SMALL);
        scene.memory.math.show(ui, &rule, false);
    }
    // The step that the factor is the derivative of.
    if let Some(next) = nearer.and_then(|nearer| trace.node(name, nearer as i32)) {
        let equation = trace.graph().equation(next, &|_, symbol| symbol).latex();
        scene.memory.math.show(ui, &equation, false);
    }
}

/// A size in words where a number would mislead.
pub fn size_text(scene: &Scene<'_>, size: Size) -> String {
    match size {
        Size::Number(value) => number(value),
        Size::Underflow => {
            tr_with(scene.language, "gradient.underflow", &[("power", &power_text(-38))])
        }
        Size::Zero => scene.tr("gradient.zero").to_owned(),
        Size::Infinite => "∞".to_owned(),
        Size::NotANumber => "NaN".to_owned(),
        Size::Independent => scene.tr("gradient.independent").to_owned(),
    }
}

/// ∂L/∂h_t as the sum over everything that h_t went into: the terms that the backward pass added up.
pub fn chain_rule(trace: &Trace, backward: &Backward, node: NodeId) -> Option<String> {
    let graph = trace.graph();
    let mut targets: Vec<NodeId> = Vec::new();
    for (id, user) in graph.nodes() {
        if user.inputs.contains(&node) && backward.gradient(id).is_some() {
            let target = trace.towards(id);
            if graph.node(target).name.is_some() && !targets.contains(&target) {
                targets.push(target);
            }
        }
    }
    let derivative =
        |of: &str, by: NodeId| format!(r"\frac{{\partial {of}}}{{\partial {}}}", symbol(graph, by));
    let terms: Vec<String> = targets
        .iter()
        .map(|target| {
            let inner = derivative(&symbol(graph, *target), node);
            format!(r"{}\,{inner}", derivative("L", *target))
        })
        .collect();
    (!terms.is_empty()).then(|| format!("{} = {}", derivative("L", node), terms.join(" + ")))
}

fn symbol(graph: &Graph, node: NodeId) -> String {
    graph.symbol(node, Subscript::Absolute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laboratory::{Contestant, Laboratory};

    #[test]
    fn the_chain_rule_names_what_the_state_went_into() {
        let laboratory = Laboratory { length: 4, ..Laboratory::default() };
        let rule = |contestant, name, position| {
            let checkpoint = laboratory.build(contestant).unwrap();
            let sequence = checkpoint.task.parse(&laboratory.input()).unwrap();
            let trace = Trace::record(&checkpoint, sequence, Vec::new());
            let backward = Backward::new(&trace, 3).unwrap();
            chain_rule(&trace, &backward, trace.node(name, position).unwrap())
        };
        // h_2 leads to h_3, and not to the scores at 2, of which the loss at 3 knows nothing.
        let own = r"\frac{\partial L}{\partial h_{2}} = \frac{\partial L}{\partial h_{3}}\,\frac{\partial h_{3}}{\partial h_{2}}";
        assert_eq!(rule(Contestant::Rnn, "hidden", 2).unwrap(), own);
        assert!(rule(Contestant::Rnn, "hidden", 3).unwrap().contains(r"\partial s_{3}"));
        let cell = rule(Contestant::Lstm, "cell", 2).unwrap();
        assert!(cell.contains(r"\partial c_{3}") && cell.contains(r"\partial h_{2}"), "{cell}");
        assert!(rule(Contestant::Lstm, "hidden", 2).unwrap().contains(r"\partial f_{3}"));
    }
}
