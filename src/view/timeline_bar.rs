//! The bar along the bottom: transport, granularity, speed, and the tokens of the input, each of
//! which can be edited in place.

use egui::style::ScrollAnimation;
use egui::{
    Align, Align2, FontId, Key, Layout, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    vec2,
};

use super::command::{BreakpointCommand, Sheet};
use super::{Command, Hidden, Scene, cells, theme, tr_with, words};
use crate::tape::{EVERYWHERE, NodeId};
use crate::trace::timeline::{Granularity, SPEEDS, Timeline, TimelineCommand};
use crate::trace::{Backward, LOSS};

/// A token's box.
const TOKEN_HEIGHT: f32 = 32.0;
const TOKEN_MIN_WIDTH: f32 = 26.0;
/// Room for the mark of the loss.
const LOSS_FLAG_WIDTH: f32 = 12.0;
/// The strip of operations under a token.
const STRIP_HEIGHT: f32 = 4.0;

/// The token that is being edited: its position and the text so far. Kept by the bar itself, since
/// nothing outside needs to know of an unfinished edit.
type Edit = (usize, String);

/// Draws the bar.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.horizontal(|ui| {
        transport_ui(ui, scene);
        ui.add_space(theme::GAP);
        if !scene.hides(Hidden::Steps) {
            granularity_ui(ui, scene);
            ui.add_space(theme::GAP);
            speed_ui(ui, scene);
            ui.add_space(theme::GAP);
        }
        if !scene.hides(Hidden::Walk) {
            direction_ui(ui, scene);
            marks_ui(ui, scene);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| operation_ui(ui, scene));
    });
    ui.add_space(theme::GAP_SMALL);
    tokens_ui(ui, scene);
    written_ui(ui, scene);
}

/// What the model has written so far, as one would read it.
fn written_ui(ui: &mut Ui, scene: &Scene<'_>) {
    // The line is there from the start, so that nothing moves when the first symbol is written.
    if scene.trace.given() >= scene.trace.n_positions() {
        return;
    }
    let so_far = scene.trace.written(scene.now()).filter(|so_far| !so_far.trim().is_empty());
    let text = match so_far {
        Some(so_far) => RichText::new(format!("{} {so_far}", scene.tr("timeline.written"))),
        None => RichText::new(scene.tr("timeline.not_written")).weak(),
    };
    ui.add(egui::Label::new(text.size(14.0)).truncate());
}

fn transport_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    use TimelineCommand::{Back, End, Forward, Home, TogglePlay};
    let playing = scene.walk().0.is_playing();
    let (play, play_key) =
        if playing { ("⏸", "timeline.pause") } else { ("▶", "timeline.play") };
    let buttons = [
        ("⏮", "timeline.to_start", "Home", Home),
        ("◀", "timeline.step_back", "←", Back(None)),
        (play, play_key, "Space", TogglePlay),
        ("▶|", "timeline.step_forward", "→", Forward(None)),
        ("⏭", "timeline.to_end", "End", End),
    ];
    for (icon, key, shortcut, command) in buttons {
        let words = scene.tr(key);
        let button =
            ui.add(egui::Button::new(RichText::new(icon).size(15.0)).min_size(vec2(36.0, 28.0)));
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
        if button.on_hover_text(format!("{words}  ({shortcut})")).clicked() {
            scene.commands.push(Command::Timeline(command));
        }
    }
}

fn granularity_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing.x = 2.0;
    for granularity in Granularity::ALL {
        let (key, hint) = match granularity {
            Granularity::Token => ("timeline.token", "timeline.token_hint"),
            Granularity::Layer => ("timeline.layer", "timeline.layer_hint"),
            Granularity::Operation => ("timeline.operation", "timeline.operation_hint"),
        };
        let is_chosen = scene.walk().0.granularity() == granularity;
        if ui.selectable_label(is_chosen, scene.tr(key)).on_hover_text(scene.tr(hint)).clicked() {
            scene.commands.push(Command::Timeline(TimelineCommand::Granularity(granularity)));
        }
    }
    ui.spacing_mut().item_spacing.x = theme::GAP;
}

fn speed_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let mut speed = scene.walk().0.speed();
    let drag =
        egui::DragValue::new(&mut speed).range(SPEEDS).speed(0.02).max_decimals(2).suffix("×");
    let response = ui.add(drag);
    let words = scene.tr("timeline.speed");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, words));
    if response.on_hover_text(words).changed() {
        scene.commands.push(Command::Timeline(TimelineCommand::Speed(speed)));
    }
}

/// Forward, or backward from the loss.
fn direction_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.spacing_mut().item_spacing.x = 2.0;
    let is_back = scene.walk_back().is_some();
    for (back, key, hint) in [
        (false, "timeline.forward", "timeline.forward_hint"),
        (true, "timeline.backward", "timeline.backward_hint"),
    ] {
        let is_possible = !back || scene.backward.is_some();
        let button = egui::Button::selectable(is_back == back, scene.tr(key));
        let button = ui.add_enabled(is_possible, button);
        let button = button.on_disabled_hover_text(scene.tr("timeline.no_loss"));
        if button.on_hover_text(format!("{}  (W)", scene.tr(hint))).clicked() {
            scene.commands.push(Command::WalkBack(back));
        }
    }
    ui.spacing_mut().item_spacing.x = theme::GAP;
}

/// Opens the sheet of conditions at which playing stops.
fn marks_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let words = scene.tr("timeline.breakpoint");
    let is_watching = scene.breakpoints.iter().any(|breakpoint| breakpoint.is_on);
    let button = ui.add(egui::Button::selectable(is_watching, "◆"));
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
    let hint = format!("{}  (B)", scene.tr("timeline.breakpoint_hint"));
    if button.on_hover_text(hint).clicked() {
        scene.commands.push(Command::Sheet(Some(Sheet::Breakpoints)));
    }
}

/// What was computed last: its number, op and the value that it leads to.
fn operation_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    if let Some((timeline, backward)) = scene.walk_back() {
        let text = back_text(scene, timeline, backward);
        ui.add(egui::Label::new(RichText::new(text).small().weak()).truncate());
        return;
    }
    let count = scene.trace.ticks().len();
    let graph = scene.trace.graph();
    let text = match scene.timeline.tick(scene.trace) {
        Some(tick) => {
            let node = graph.node(tick.node);
            let target = graph.node(tick.towards).name.map_or("", |name| &graph.name(name).name);
            let op = words::operation(
                scene.language,
                if node.is_leaf() { "input" } else { node.op.name() },
            );
            let arrow = if op == target { String::new() } else { format!(" → {target}") };
            let index = scene.timeline.cursor().to_string();
            let name = format!("{op}{arrow}");
            let values =
                [("index", index.as_str()), ("count", &count.to_string()), ("name", &name)];
            tr_with(scene.language, "timeline.operation_of", &values)
        }
        None => scene.tr("timeline.nothing_yet").to_owned(),
    };
    ui.add(egui::Label::new(RichText::new(text).small().weak()).truncate());
}

/// What the chain rule went through last, and to which gradients.
fn back_text(scene: &Scene<'_>, timeline: &Timeline, backward: &Backward) -> String {
    let at = backward.position().to_string();
    let Some(tick) = timeline.tick(backward) else {
        return tr_with(scene.language, "timeline.back_from", &[("position", &at)]);
    };
    let graph = scene.trace.graph();
    let node = graph.node(tick.node);
    let called = |id: NodeId| {
        let entry = graph.node(id);
        let name = &graph.name(entry.name?).name;
        Some(match entry.position {
            EVERYWHERE => format!("∂L/∂{name}"),
            position => format!("∂L/∂{name}[{position}]").replace('-', "−"),
        })
    };
    let mut names: Vec<String> = node.inputs.iter().filter_map(|input| called(*input)).collect();
    if names.is_empty() {
        // All of its inputs are steps of one value's calculation.
        names.extend(called(tick.towards));
    }
    let (index, count) = (timeline.cursor().to_string(), backward.ticks().all().len().to_string());
    let words = [
        ("index", index.as_str()),
        ("count", count.as_str()),
        ("name", &names.join(", ")),
        ("operation", words::operation(scene.language, node.op.name())),
    ];
    tr_with(scene.language, "timeline.back_of", &words)
}

fn tokens_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    let now = scene.now();
    let cursor = scene.walk().0.cursor();
    let edit_id = egui::Id::unique("token edit");
    let edit: Option<Edit> = ui.data(|data| data.get_temp(edit_id));
    let has_moved = cells::has_moved(ui, scene, "tokens");
    ScrollArea::horizontal().id_salt("tokens").auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            for t in 0..scene.trace.n_positions() {
                if t == scene.trace.given() {
                    let sign = RichText::new("↺").color(theme::weak_text(ui.visuals().dark_mode));
                    ui.label(sign).on_hover_text(scene.tr("timeline.written_from_here"));
                }
                let is_edited = edit.as_ref().is_some_and(|edit| edit.0 == t);
                let response = if is_edited {
                    edit_ui(ui, scene, edit_id)
                } else {
                    token_ui(ui, scene, t, now, cursor)
                };
                if t == now && has_moved {
                    response.scroll_to_me_animation(None, ScrollAnimation::none());
                }
                if !is_edited {
                    token_clicks(ui, scene, &response, t, edit_id);
                }
            }
        });
    });
}

fn is_pulling(ui: &Ui) -> bool {
    ui.input(|input| input.pointer.primary_down() && input.pointer.is_moving())
}

fn text_width(ui: &Ui, text: &str) -> f32 {
    let font = FontId::monospace(15.0);
    ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::WHITE).size().x
}

fn token_ui(ui: &mut Ui, scene: &Scene<'_>, t: usize, now: usize, cursor: usize) -> egui::Response {
    let dark = ui.visuals().dark_mode;
    let token = &scene.trace.tokens()[t];
    let is_now = t == now && cursor > 0;
    let (_, walk) = scene.walk();
    // A token counts as read when something is computed there, and as walked back through at its end.
    let is_done = match scene.walk_back() {
        Some((_, backward)) => cursor >= backward.ticks().end_of(t) && t <= backward.position(),
        None => walk.walk().done_of(t, cursor) > 0,
    } || is_now;
    // What the model has yet to write is not told.
    let shown = if is_done || t < scene.trace.given() { token } else { "·" };
    let font = FontId::monospace(15.0);
    // Nor does its box tell how long the word to come is.
    let width = text_width(ui, shown);
    let is_loss = scene.walk_back().is_some_and(|(_, backward)| backward.position() == t);
    let flag = if is_loss { LOSS_FLAG_WIDTH } else { 0.0 };
    let size = vec2((width + 12.0).max(TOKEN_MIN_WIDTH) + flag, TOKEN_HEIGHT + STRIP_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let body = Rect::from_min_size(rect.min, vec2(rect.width(), TOKEN_HEIGHT));
    let is_written = t >= scene.trace.given();
    let fill = match (is_now, is_written) {
        (true, _) => theme::highlight(dark),
        // What the model wrote has no box of its own to type in.
        (_, true) => theme::panel(dark),
        _ => theme::stage(dark),
    };
    let edge = if is_now || response.hovered() || response.has_focus() {
        theme::accent(dark)
    } else {
        theme::grid_line(dark)
    };
    let ink = if is_done { theme::strong_text(dark) } else { theme::weak_text(dark) };
    let painter = ui.painter();
    painter.rect(body, 3.0, fill, Stroke::new(theme::HAIRLINE, edge), StrokeKind::Inside);
    let centre = body.center() + vec2(flag / 2.0, 0.0);
    painter.text(centre, Align2::CENTER_CENTER, shown, font, ink);
    // How much of the position's operations are done.
    let share = walk.walk().share_done(t, cursor);
    let size = vec2(rect.width() * share, STRIP_HEIGHT - 2.0);
    let corner = body.left_bottom() + vec2(0.0, 2.0);
    // Walking back, a token fills from its right.
    let shift = if scene.walk_back().is_some() { rect.width() - size.x } else { 0.0 };
    let strip = Rect::from_min_size(corner + vec2(shift, 0.0), size);
    painter.rect_filled(strip, 0.0, theme::accent(dark));
    let mark = marks_at(scene, t);
    if mark.is_some() {
        let at = body.right_top() + vec2(-2.0, 1.0);
        let font = FontId::proportional(9.0);
        painter.text(at, Align2::RIGHT_TOP, "◆", font, theme::warning(dark));
    }
    if is_loss {
        let at = body.left_center() + vec2(6.0, 0.0);
        let font = FontId::new(14.0, theme::bold_family());
        painter.text(at, Align2::LEFT_CENTER, "L", font, theme::accent(dark));
    }
    let name = format!("{t}: {shown}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    let position = t.to_string();
    let key = if is_written { "timeline.token_written" } else { "timeline.token_at" };
    let hint = tr_with(scene.language, key, &[("token", shown), ("position", &position)]);
    let hint = mark.map_or(hint.clone(), |condition| format!("{hint}\n◆ {condition}"));
    response.on_hover_text(hint)
}

/// The condition that holds at a position.
fn marks_at<'a>(scene: &Scene<'a>, position: usize) -> Option<&'a str> {
    let mut pairs = scene.breakpoints.iter().zip(scene.marks);
    let found = pairs.find(|(_, marks)| marks.at.binary_search(&position).is_ok());
    found.map(|(breakpoint, _)| breakpoint.condition.as_str())
}

/// What else can be done at a token.
fn token_menu(ui: &mut Ui, scene: &mut Scene<'_>, t: usize, edit_id: egui::Id) {
    if !scene.hides(Hidden::Walk) {
        walk_menu(ui, scene, t);
    }
    if !scene.hides(Hidden::Input) && ui.button(scene.tr("timeline.edit_token")).clicked() {
        let edit: Edit = (t, scene.trace.tokens()[t].clone());
        ui.data_mut(|data| data.insert_temp(edit_id, edit));
        ui.close();
    }
}

/// Where the loss is taken, and where playing stops.
fn walk_menu(ui: &mut Ui, scene: &mut Scene<'_>, t: usize) {
    let loss = scene.backward.is_some_and(|backward| backward.position() == t);
    let has_loss = scene.trace.node(LOSS, t as i32).is_some();
    let entry = egui::Button::selectable(loss, scene.tr("timeline.loss_here"));
    let entry = ui.add_enabled(has_loss, entry);
    let entry = entry.on_disabled_hover_text(scene.tr("timeline.no_loss_here"));
    if entry.on_hover_text(scene.tr("timeline.loss_here_hint")).clicked() {
        scene.commands.push(Command::LossAt(Some(t)));
        if scene.walk_back().is_none() {
            scene.commands.push(Command::WalkBack(true));
        }
        ui.close();
    }
    if ui.button(scene.tr("timeline.mark_here")).clicked() {
        let condition = format!("now == {t}");
        scene.commands.push(Command::Breakpoint(BreakpointCommand::Add(condition)));
        ui.close();
    }
}

/// A click goes there, a double click edits; pulling the pointer along the tokens scrubs.
fn token_clicks(
    ui: &Ui,
    scene: &mut Scene<'_>,
    response: &egui::Response,
    t: usize,
    edit_id: egui::Id,
) {
    let edits = !scene.hides(Hidden::Input);
    if edits || !scene.hides(Hidden::Walk) {
        response.context_menu(|ui| token_menu(ui, scene, t, edit_id));
    }
    if response.double_clicked() && edits && t < scene.trace.given() {
        let edit: Edit = (t, scene.trace.tokens()[t].clone());
        ui.data_mut(|data| data.insert_temp(edit_id, edit));
    } else if response.clicked() || (response.contains_pointer() && is_pulling(ui)) {
        scene.commands.push(Command::Timeline(TimelineCommand::Position(t)));
    }
}

/// The box in which a token is typed: enter takes it, escape leaves it as it was.
fn edit_ui(ui: &mut Ui, scene: &mut Scene<'_>, edit_id: egui::Id) -> egui::Response {
    let Some((t, mut text)) = ui.data(|data| data.get_temp::<Edit>(edit_id)) else {
        return ui.label("");
    };
    let width = (text_width(ui, &text) + 12.0).max(44.0);
    let field = egui::TextEdit::singleline(&mut text)
        .font(FontId::monospace(15.0))
        .desired_width(width)
        .align(Align2::CENTER_CENTER);
    let words = scene.tr("timeline.edit_token");
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, words));
    let is_new = !ui.data(|data| data.get_temp(edit_id.with("focused"))).unwrap_or(false);
    if is_new {
        response.request_focus();
        ui.data_mut(|data| data.insert_temp(edit_id.with("focused"), true));
    }
    let escaped = ui.input(|input| input.key_pressed(Key::Escape));
    if response.lost_focus() || escaped {
        ui.data_mut(|data| {
            data.remove::<Edit>(edit_id);
            data.remove::<bool>(edit_id.with("focused"));
        });
        if !escaped {
            scene.commands.push(Command::EditToken(t, text));
        }
    } else {
        ui.data_mut(|data| data.insert_temp::<Edit>(edit_id, (t, text)));
    }
    response
}
