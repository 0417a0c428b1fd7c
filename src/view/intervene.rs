//! Changing a value: the field in which an intervention is typed, and the panel that writes one.

use egui::{RichText, Ui};

use super::command::Spot;
use super::{Command, Hidden, Scene, Selection, theme, tr_with};

/// Below this width there is no room for a button beside the field.
const NARROW: f32 = 300.0;
/// The width of the panel's text.
const WIDTH: f32 = 380.0;

/// Draws the field; `key` tells fields apart, and `example` shows how an intervention is written.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, key: &str, example: &str) {
    let id = egui::Id::unique(("intervention", key));
    let mut text: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    // In a narrow column the button stands below the field, so that the example can be read.
    let is_narrow = ui.available_width() < NARROW;
    let layout = if is_narrow {
        egui::Layout::top_down(egui::Align::Min)
    } else {
        egui::Layout::left_to_right(egui::Align::Center)
    };
    let height = if is_narrow { 2.4 } else { 1.0 } * ui.spacing().interact_size.y;
    ui.allocate_ui_with_layout(egui::vec2(ui.available_width(), height), layout, |ui| {
        let words = scene.tr("intervene.title");
        let hint = super::tr_with(scene.language, "intervene.example", &[("example", example)]);
        let width = ui.available_width() - if is_narrow { 8.0 } else { 96.0 };
        let field = egui::TextEdit::singleline(&mut text).hint_text(hint).desired_width(width);
        let response = ui.add(field);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, words));
        let entered =
            response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let button = ui.button(words).on_hover_text(scene.tr("intervene.hint"));
        if (button.clicked() || entered) && !text.trim().is_empty() {
            scene.commands.push(Command::Intervene(text.clone()));
        }
    });
    ui.data_mut(|data| data.insert_temp(id, text));
}

/// How a value is changed, as chosen in the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ablate,
    Replace,
    Scale,
    Clamp,
}

/// Which units or positions, as chosen in the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// The one that was pointed at.
    This,
    /// That one and all after it.
    Onward,
    /// All.
    All,
    /// From the first to the last of the range, both included.
    Range,
}

/// A change in the making.
#[derive(Clone, Debug, PartialEq)]
struct Draft {
    spot: Spot,
    corner: egui::Pos2,
    kind: Kind,
    value: f32,
    factor: f32,
    bounds: [f32; 2],
    units: Extent,
    unit_range: [usize; 2],
    positions: Extent,
    position_range: [usize; 2],
}

impl Draft {
    fn new(spot: &Spot, corner: egui::Pos2, shape: [usize; 2]) -> Self {
        let [n_units, n_positions] = shape.map(|n| n.saturating_sub(1));
        let unit = spot.unit.unwrap_or(0).min(n_units);
        let here = usize::try_from(spot.position).unwrap_or(0).min(n_positions);
        Self {
            spot: spot.clone(),
            corner,
            kind: Kind::Ablate,
            value: 1.0,
            factor: 0.5,
            bounds: [-0.5, 0.5],
            units: if spot.unit.is_some() { Extent::This } else { Extent::All },
            unit_range: [unit, n_units],
            // An initial state is changed only together with all others of its name.
            positions: if spot.position < 0 { Extent::All } else { Extent::This },
            position_range: [here, n_positions],
        }
    }

    /// The change as an intervention is written.
    fn text(&self) -> String {
        let range = |extent, this: usize, [from, to]: [usize; 2]| match extent {
            Extent::This => Some(format!("[{this}]")),
            Extent::Onward => Some(format!("[{this}..]")),
            Extent::All => None,
            Extent::Range => Some(format!("[{}..{}]", from.min(to), from.max(to) + 1)),
        };
        let here = usize::try_from(self.spot.position).unwrap_or(0);
        let positions = range(self.positions, here, self.position_range);
        let units = range(self.units, self.spot.unit.unwrap_or(0), self.unit_range);
        let place = match (positions, units) {
            (positions, None) => positions.unwrap_or_default(),
            (None, Some(units)) => format!("[..]{units}"),
            (Some(positions), Some(units)) => format!("{positions}{units}"),
        };
        let edit = match self.kind {
            Kind::Ablate => "= 0".to_owned(),
            Kind::Replace => format!("= {}", self.value),
            Kind::Scale => format!("*= {}", self.factor),
            Kind::Clamp => format!("= clamp({}, {})", self.bounds[0], self.bounds[1]),
        };
        format!("{}{place} {edit}", self.spot.name)
    }
}

/// Asks for a change of a value; a weight is looked at instead, where it can be edited.
pub fn ask(scene: &mut Scene<'_>, name: &str, position: i32, unit: Option<usize>) {
    let graph = scene.trace.graph();
    let is_parameter = graph.find(name).is_some_and(|id| graph.name(id).is_parameter);
    if scene.hides(Hidden::Interventions) {
        return;
    }
    scene.commands.push(if is_parameter {
        Command::Select(Some(Selection::new(name, unit)))
    } else {
        Command::AskIntervention(Some(Spot { name: name.to_owned(), position, unit }))
    });
}

/// The panel in which a change is put together, near where it was asked for.
pub fn panel_ui(ui: &Ui, scene: &mut Scene<'_>, spot: &Spot) {
    let id = egui::Id::unique("intervention panel");
    let graph = scene.trace.graph();
    // Weights are edited in the inspector, and a name may be gone with its model.
    let name = graph.find(&spot.name).filter(|name| !graph.name(*name).is_parameter);
    let node = name.and_then(|name| graph.everywhere(name).first());
    let Some((_, node)) = node else {
        scene.commands.push(Command::AskIntervention(None));
        return;
    };
    let shape = [graph.value(*node).ncols(), scene.trace.n_positions()];
    let kept: Option<Draft> = ui.data(|data| data.get_temp(id));
    let pointer = || ui.ctx().pointer_latest_pos().unwrap_or(ui.ctx().content_rect().center());
    let mut draft = kept
        .filter(|draft| draft.spot == *spot)
        .unwrap_or_else(|| Draft::new(spot, pointer(), shape));
    let title = tr_with(scene.language, "intervene.panel", &[("name", &spot.name)]);
    let mut is_open = true;
    let mut is_done = ui.input(|input| input.key_pressed(egui::Key::Escape));
    egui::Window::new(title)
        .id(id.with(&spot.name))
        .collapsible(false)
        .resizable(false)
        .default_pos(draft.corner)
        .open(&mut is_open)
        .show(ui.ctx(), |ui| {
            draft_ui(ui, scene, &mut draft, shape);
            ui.add_space(theme::GAP);
            ui.horizontal(|ui| {
                let dark = ui.visuals().dark_mode;
                let words = RichText::new(scene.tr("intervene.apply"));
                let apply = egui::Button::new(words.color(theme::on_accent(dark)));
                if ui.add(apply.fill(theme::accent(dark))).clicked() {
                    scene.commands.push(Command::Intervene(draft.text()));
                    is_done = true;
                }
                if ui.button(scene.tr("common.cancel")).clicked() {
                    is_done = true;
                }
            });
        });
    if is_done || !is_open {
        ui.data_mut(|data| data.remove::<Draft>(id));
        scene.commands.push(Command::AskIntervention(None));
    } else {
        ui.data_mut(|data| data.insert_temp(id, draft));
    }
}

fn draft_ui(ui: &mut Ui, scene: &Scene<'_>, draft: &mut Draft, [units, positions]: [usize; 2]) {
    if let Some(meaning) = scene.meaning(&draft.spot.name) {
        ui.set_max_width(WIDTH);
        ui.label(RichText::new(meaning).small().weak());
    }
    ui.horizontal(|ui| {
        for (kind, key) in [
            (Kind::Ablate, "intervene.ablate"),
            (Kind::Replace, "intervene.replace"),
            (Kind::Scale, "intervene.scale"),
            (Kind::Clamp, "intervene.clamp"),
        ] {
            ui.selectable_value(&mut draft.kind, kind, scene.tr(key));
        }
    });
    egui::Grid::new("change").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
        let numbers: &mut [f32] = match draft.kind {
            Kind::Ablate => &mut [],
            Kind::Replace => std::slice::from_mut(&mut draft.value),
            Kind::Scale => std::slice::from_mut(&mut draft.factor),
            Kind::Clamp => &mut draft.bounds,
        };
        if !numbers.is_empty() {
            let words = match draft.kind {
                Kind::Scale => scene.tr("intervene.factor"),
                Kind::Clamp => scene.tr("intervene.bounds"),
                _ => scene.tr("inspector.value"),
            };
            let label = ui.label(RichText::new(words).weak());
            ui.horizontal(|ui| {
                for number in numbers {
                    ui.add(egui::DragValue::new(number).speed(0.02).max_decimals(4))
                        .labelled_by(label.id);
                }
            });
            ui.end_row();
        }
        if units > 1 {
            let this = draft.spot.unit.map(|unit| {
                tr_with(scene.language, "intervene.this_unit", &[("unit", &unit.to_string())])
            });
            ui.label(RichText::new(scene.tr("intervene.units")).weak());
            let choices = [
                (Extent::This, this),
                (Extent::All, Some(scene.tr("intervene.all").to_owned())),
                (Extent::Range, Some(scene.tr("intervene.range").to_owned())),
            ];
            let (extent, range) = (&mut draft.units, &mut draft.unit_range);
            extent_ui(ui, scene, choices, extent, range, units - 1);
            ui.end_row();
        }
        let here = usize::try_from(draft.spot.position)
            .ok()
            .map(|at| tr_with(scene.language, "intervene.here", &[("position", &at.to_string())]));
        let onward = here.as_ref().map(|_| scene.tr("intervene.onward").to_owned());
        ui.label(RichText::new(scene.tr("intervene.positions")).weak());
        let choices = [
            (Extent::This, here),
            (Extent::Onward, onward),
            (Extent::All, Some(scene.tr("intervene.all").to_owned())),
            (Extent::Range, Some(scene.tr("intervene.range").to_owned())),
        ];
        let (extent, range) = (&mut draft.positions, &mut draft.position_range);
        extent_ui(ui, scene, choices, extent, range, positions.saturating_sub(1));
        ui.end_row();
        ui.label(RichText::new(scene.tr("intervene.written")).weak());
        ui.label(RichText::new(draft.text()).monospace());
        ui.end_row();
    });
}

/// A choice of units or positions, and the two ends where it is a range.
fn extent_ui<const N: usize>(
    ui: &mut Ui,
    scene: &Scene<'_>,
    choices: [(Extent, Option<String>); N],
    extent: &mut Extent,
    range: &mut [usize; 2],
    last: usize,
) {
    ui.horizontal(|ui| {
        for (choice, words) in choices {
            if let Some(words) = words {
                ui.selectable_value(extent, choice, words);
            }
        }
        if *extent == Extent::Range {
            for (end, key) in range.iter_mut().zip(["intervene.from", "intervene.to"]) {
                let words = scene.tr(key);
                let drag = ui.add(egui::DragValue::new(end).range(0..=last).speed(0.1));
                drag.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, words));
                drag.on_hover_text(words);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Intervention;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Draft), text: &str) {
        let spot = Spot { name: "cell".to_owned(), position: 3, unit: Some(5) };
        let mut draft = Draft::new(&spot, egui::Pos2::ZERO, [32, 10]);
        change(&mut draft);
        assert_eq!(draft.text(), text);
        // What the panel writes is what an intervention prints itself as.
        let read: Intervention = text.parse().unwrap();
        assert_eq!(read.to_string(), text);
    }

    #[test]
    fn the_panel_writes_interventions_as_one_would_type_them() {
        check(|_| {}, "cell[3][5] = 0");
        check(|draft| draft.positions = Extent::Onward, "cell[3..][5] = 0");
        check(
            |draft| (draft.kind, draft.units, draft.factor) = (Kind::Scale, Extent::All, 0.25),
            "cell[3] *= 0.25",
        );
        check(
            |draft| (draft.positions, draft.kind) = (Extent::All, Kind::Clamp),
            "cell[..][5] = clamp(-0.5, 0.5)",
        );
        check(
            |draft| {
                (draft.kind, draft.value) = (Kind::Replace, -2.0);
                (draft.units, draft.unit_range) = (Extent::Range, [7, 2]);
                (draft.positions, draft.position_range) = (Extent::Range, [0, 4]);
            },
            "cell[0..5][2..8] = -2",
        );
    }

    #[test]
    fn an_initial_state_is_changed_together_with_all_of_its_name() {
        let spot = Spot { name: "hidden".to_owned(), position: -1, unit: None };
        assert_eq!(Draft::new(&spot, egui::Pos2::ZERO, [4, 3]).text(), "hidden = 0");
    }
}
