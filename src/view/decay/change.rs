//! Another decay for one channel, and what that changes in the answer.

use egui::{RichText, Slider, SliderClamping, Ui};

use super::super::command::InterveneCommand;
use super::super::{Command, Scene, theme, tr_with};
use super::Drawn;
use super::data::RAW;

/// The raw parameter's ends: nothing is lost in any input, and everything is at once.
const ENDS: [f32; 2] = [-20.0, 20.0];
/// How many symbols' probabilities are written.
const SHOWN: usize = 3;
/// A smaller change of a probability is none.
const LEAST: f32 = 5e-4;

/// Draws the slider of the selected channel and the change of the answer.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, drawn: &Drawn<'_>) {
    let Some(at) = drawn.chosen else { return };
    let Some(channel) = drawn.channels.get(at) else { return };
    let name = drawn.name(RAW);
    let place = format!("{name}[0][{at}]");
    ui.horizontal_wrapped(|ui| {
        theme::compact(ui);
        ui.spacing_mut().item_spacing.x = theme::GAP_SMALL;
        ui.spacing_mut().slider_width = 130.0;
        let words = RichText::new(scene.tr("decay.change")).small();
        let label = ui.label(words).on_hover_text(&place);
        let mut raw = if channel.raw.is_finite() { channel.raw } else { 0.0 };
        let slider = Slider::new(&mut raw, ENDS[0]..=ENDS[1])
            .clamping(SliderClamping::Edits)
            .custom_formatter(|raw, _| format!("{raw:.2}").replace('-', "−"))
            .prefix("w = ");
        let slider = ui.add(slider).labelled_by(label.id).on_hover_text(scene.tr("decay.slider"));
        let mut wanted = slider.changed().then_some(raw);
        for (end, key) in ENDS.into_iter().zip(["decay.keep_all", "decay.keep_none"]) {
            let hint = format!("{place} = {end}");
            if ui.small_button(RichText::new(scene.tr(key)).small()).on_hover_text(hint).clicked() {
                wanted = Some(end);
            }
        }
        if let Some(raw) = wanted.filter(|raw| raw.is_finite()) {
            scene.commands.push(Command::Intervene(format!("{place} = {raw}")));
        }
        let own = scene.trace.interventions().iter().position(|intervention| {
            intervention.pattern == name
                && intervention.positions == Some(0..1)
                && intervention.units == Some(at..at + 1)
        });
        if let Some(own) = own
            && ui.small_button(RichText::new(scene.tr("inspector.reset_weight")).small()).clicked()
        {
            scene.commands.push(Command::Interventions(InterveneCommand::Lift(own)));
        }
    });
    effect_ui(ui, scene);
}

/// What the answer at the cursor is now, and what it was without interventions.
fn effect_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let Some(baseline) = scene.baseline else { return };
    let now = scene.now() as i32;
    let node = scene.trace.node("prediction", now);
    let is_done = node.is_some_and(|node| scene.is_done(node));
    let shares = |trace: &crate::trace::Trace| Some(trace.row("prediction", now)?.to_vec());
    let (Some(before), Some(after)) = (shares(baseline), shares(scene.trace)) else { return };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP;
        let changed = changed(&before, &after);
        let words = match (is_done, changed.is_empty()) {
            (false, _) => "inspector.not_computed",
            (true, true) => "decay.same_answer",
            (true, false) => "decay.answer",
        };
        ui.label(RichText::new(scene.tr(words)).small().weak());
        for (symbol, [before, after]) in changed.into_iter().filter(|_| is_done) {
            let symbol = scene.trace.symbols().get(symbol).copied().unwrap_or("?");
            let percent = |share: f32| format!("{:.1} %", 100.0 * share);
            let (before, after) = (percent(before), percent(after));
            let words = [("symbol", symbol), ("before", &before), ("after", &after)];
            let text = tr_with(scene.language, "decay.from_to", &words);
            ui.label(RichText::new(text).small());
        }
        let words = RichText::new(scene.tr("intervene.difference")).small();
        let toggle = ui.selectable_label(scene.shows_difference, words);
        if toggle.on_hover_text(scene.tr("views.shown_difference_hint")).clicked() {
            scene.commands.push(Command::ShowDifference(!scene.shows_difference));
        }
    });
}

/// The symbols whose probability changed most, with what it was and is.
fn changed(before: &[f32], after: &[f32]) -> Vec<(usize, [f32; 2])> {
    let pairs = before.iter().zip(after).map(|(before, after)| [*before, *after]);
    let size = |[before, after]: [f32; 2]| (after - before).abs();
    let mut changed: Vec<_> = pairs.enumerate().filter(|(_, pair)| size(*pair) >= LEAST).collect();
    changed.sort_by(|a, b| size(b.1).total_cmp(&size(a.1)));
    changed.truncate(SHOWN);
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_most_comes_first_and_what_did_not_is_left_out() {
        let before = [0.5, 0.2, 0.1, 0.1, 0.1];
        let after = [0.3, 0.2001, 0.25, 0.12, 0.13];
        let symbols: Vec<usize> = changed(&before, &after).iter().map(|(at, _)| *at).collect();
        assert_eq!(symbols, [0, 2, 4]);
        assert!(changed(&before, &before).is_empty());
        assert!(changed(&[f32::NAN], &[0.5]).is_empty());
    }
}
