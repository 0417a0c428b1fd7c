//! The presenter mode: the window fills the screen in large type and shows only the chosen panels. A
//! slim bar comes when the pointer is at the upper edge; a spotlight follows the pointer; the
//! instructor's notes stand in a window of their own.

use std::collections::BTreeSet;

use egui::emath::GuiRounding;
use egui::{
    Area, ColorImage, Context, Frame, Id, LayerId, Margin, Order, Popup, Pos2, Rect, RichText,
    TextureHandle, TextureOptions, Ui, Vec2, ViewportBuilder, ViewportClass, ViewportId, pos2,
    vec2,
};

use super::keys;
use super::state::State;
use crate::view::command::{PresentCommand, Sheet};
use crate::view::page::{self, Page};
use crate::view::{Command, Hidden, Panel, Scene, VIEWS, theme, tr, tr_with, training};

/// How much larger everything is than the learner has it.
pub const ZOOM: f32 = 1.35;

/// The radius of the spotlight in points, at first and at most and least.
const RADIUS: f32 = 130.0;
const RADII: std::ops::RangeInclusive<f32> = 40.0..=600.0;
/// One press of a key, or a step of the wheel of this many points, makes it larger by this.
pub const GROWS: f32 = 1.15;
const WHEEL_STEP: f32 = 50.0;
/// The share of the radius over which the light fades.
const FADE: f32 = 0.35;
/// Pixels of a side of the picture of the light.
const LIGHT_SIDE: usize = 256;
/// The bar comes where the pointer is so near to the upper edge, and stays a little below itself.
const EDGE: f32 = 6.0;
const STAYS: f32 = 14.0;
/// The window of notes.
const NOTES_SIZE: [f32; 2] = [460.0, 420.0];

/// What the presenter mode shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Presenter {
    /// Whether it is on.
    pub is_on: bool,
    /// The chosen panels.
    pub panels: BTreeSet<Panel>,
    /// Whether the instructor's notes stand in a window of their own.
    pub notes: bool,
    /// Whether all is dark but a circle round the pointer.
    pub spotlight: bool,
    /// The radius of that circle, in points.
    pub radius: f32,
    /// Whether the screen is black.
    pub is_blank: bool,
}

impl Default for Presenter {
    fn default() -> Self {
        Self {
            is_on: false,
            panels: [Panel::Lesson, Panel::Stage, Panel::Timeline].into(),
            notes: false,
            spotlight: false,
            radius: RADIUS,
            is_blank: false,
        }
    }
}

/// Carries out a command.
pub(super) fn change(state: &mut State, command: PresentCommand) {
    let presenter = &mut state.presenter;
    match command {
        PresentCommand::Toggle => {
            let is_on = !presenter.is_on;
            let (panels, radius) = (std::mem::take(&mut presenter.panels), presenter.radius);
            *presenter = Presenter { is_on, panels, radius, ..Presenter::default() };
            state.sheet = None;
        }
        PresentCommand::Panel(panel) => {
            let mut panels = presenter.panels.clone();
            if !panels.remove(&panel) {
                panels.insert(panel);
            }
            // The screen is never empty.
            if panels.contains(&Panel::Lesson) || panels.contains(&Panel::Stage) {
                presenter.panels = panels;
            }
        }
        PresentCommand::Notes => presenter.notes = !presenter.notes,
        PresentCommand::Spotlight => presenter.spotlight = !presenter.spotlight,
        PresentCommand::Radius(factor) if factor.is_finite() => {
            presenter.radius = (presenter.radius * factor).clamp(*RADII.start(), *RADII.end());
        }
        PresentCommand::Radius(_) => {}
        PresentCommand::Blank => presenter.is_blank = !presenter.is_blank,
    }
}

/// Whether a panel is on the page, in a window of this width in points.
pub(super) fn shows(state: &State, panel: Panel, width: f32) -> bool {
    if state.presenter.is_on {
        return state.presenter.panels.contains(&panel);
    }
    panel != Panel::Inspector || state.shows_inspector(width)
}

/// The slim bar, while the pointer is at the upper edge.
pub(super) fn bar_ui(ui: &Ui, state: &State, commands: &mut Vec<Command>) {
    let screen = ui.ctx().content_rect();
    let id = Id::unique("presenter bar");
    let height: f32 = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let reach = if height > 0.0 { height + STAYS } else { EDGE };
    let pointer = ui.input(|input| input.pointer.hover_pos());
    let is_away = pointer.is_none_or(|at| at.y > screen.top() + reach);
    if is_away && !(height > 0.0 && Popup::is_any_open(ui.ctx())) {
        ui.data_mut(|data| data.insert_temp(id, 0.0_f32));
        return;
    }
    let words = |key| tr(state.kept.language, key);
    let frame = Frame::new()
        .fill(ui.visuals().panel_fill)
        .stroke(ui.visuals().widgets.noninteractive.bg_stroke)
        .inner_margin(Margin::symmetric(16, 8));
    let area = Area::new(id).order(Order::Foreground).fixed_pos(screen.min);
    let response = area.show(ui.ctx(), |ui| {
        frame.show(ui, |ui| {
            ui.set_width(screen.width() - 34.0);
            ui.horizontal(|ui| {
                for (at, panel) in Panel::ALL.into_iter().enumerate() {
                    let is_shown = state.presenter.panels.contains(&panel);
                    let hint = format!("{}  ({})", words("present.panel_hint"), at + 1);
                    let button = ui.selectable_label(is_shown, words(panel.words()));
                    if button.on_hover_text(hint).clicked() {
                        commands.push(Command::Present(PresentCommand::Panel(panel)));
                    }
                }
                views_menu(ui, state, commands);
                ui.separator();
                let presenter = &state.presenter;
                for (is_on, key, hint, letter, command) in [
                    (
                        presenter.spotlight,
                        "present.spotlight",
                        "present.spotlight_hint",
                        "S",
                        PresentCommand::Spotlight,
                    ),
                    (
                        presenter.notes,
                        "present.notes",
                        "present.notes_hint",
                        "N",
                        PresentCommand::Notes,
                    ),
                    (false, "present.blank", "present.blank_hint", "B", PresentCommand::Blank),
                ] {
                    let hint = format!("{}  ({letter})", words(hint));
                    if ui.selectable_label(is_on, words(key)).on_hover_text(hint).clicked() {
                        commands.push(Command::Present(command));
                    }
                }
                let hide = ui.button(words("hide.title")).on_hover_text(words("hide.hint"));
                if hide.clicked() {
                    commands.push(Command::Sheet(Some(Sheet::Hide)));
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let leave = ui.button(words("present.leave")).on_hover_text("Esc");
                    if leave.clicked() {
                        commands.push(Command::Present(PresentCommand::Toggle));
                    }
                    if let Some(open) = &state.lesson {
                        let count = open.lesson.stops.len().to_string();
                        let values = [("index", open.stop.to_string()), ("count", count)];
                        let values = values.each_ref().map(|(key, text)| (*key, text.as_str()));
                        let text = tr_with(state.kept.language, "lesson.stop_of", &values);
                        ui.label(RichText::new(text).weak());
                    }
                });
            });
        });
    });
    ui.data_mut(|data| data.insert_temp(id, response.response.rect.height()));
}

/// The views of the stage, in place of the row above it.
fn views_menu(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let Some(run) = state.run.as_ref().filter(|_| !state.hides(Hidden::Views)) else { return };
    let words = |key| tr(state.kept.language, key);
    ui.menu_button(words("present.views"), |ui| {
        for view in VIEWS {
            let is_there = view.id != training::SPEC.id || state.training.is_some();
            if !(is_there && (view.applies)(&run.trace)) {
                continue;
            }
            let mut is_shown = state.views.iter().any(|id| id == view.id);
            if ui.checkbox(&mut is_shown, words(view.title)).changed() {
                commands.push(Command::ToggleView(view.id.to_owned()));
            }
        }
    });
}

/// What lies over everything: the spotlight, or a black screen. The wheel with Shift makes the
/// spotlight larger.
pub(super) fn over_ui(ui: &Ui, state: &State, commands: &mut Vec<Command>) {
    let presenter = &state.presenter;
    let screen = ui.ctx().content_rect();
    let layer = LayerId::new(Order::Tooltip, Id::unique("over the presentation"));
    let painter = ui.ctx().layer_painter(layer);
    if presenter.is_blank {
        painter.rect_filled(screen, 0.0, theme::blank());
        return;
    }
    if !presenter.spotlight {
        return;
    }
    let turned = ui.input_mut(|input| {
        let turned = input.smooth_scroll_delta.x + input.smooth_scroll_delta.y;
        input.modifiers.shift.then(|| {
            input.smooth_scroll_delta = Vec2::ZERO;
            turned
        })
    });
    if let Some(turned) = turned.filter(|turned| *turned != 0.0) {
        let factor = GROWS.powf(turned / WHEEL_STEP);
        commands.push(Command::Present(PresentCommand::Radius(factor)));
    }
    let at = ui.input(|input| input.pointer.latest_pos()).unwrap_or(screen.center());
    let side = 2.0 * presenter.radius * (1.0 + FADE);
    let square = Rect::from_center_size(at, Vec2::splat(side));
    let square = square.round_to_pixels(ui.pixels_per_point());
    for rect in around(screen, square) {
        painter.rect_filled(rect, 0.0, theme::shade());
    }
    let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    painter.image(light(ui.ctx()).id(), square, whole, theme::as_it_is());
}

/// Four rectangles of darkness round a square.
fn around(screen: Rect, square: Rect) -> [Rect; 4] {
    let (top, bottom) = (screen.top()..=square.top(), square.bottom()..=screen.bottom());
    let (left, right) = (screen.left()..=square.left(), square.right()..=screen.right());
    let middle = square.top()..=square.bottom();
    [
        Rect::from_x_y_ranges(screen.x_range(), top),
        Rect::from_x_y_ranges(screen.x_range(), bottom),
        Rect::from_x_y_ranges(left, middle.clone()),
        Rect::from_x_y_ranges(right, middle),
    ]
}

/// The square that the light stands in: clear to the radius of the light, then fading. Made once.
fn light(ctx: &Context) -> TextureHandle {
    let id = Id::unique("spotlight");
    if let Some(kept) = ctx.data(|data| data.get_temp::<TextureHandle>(id)) {
        return kept;
    }
    let middle = 0.5 * (LIGHT_SIDE as f32 - 1.0);
    let pixel = |k: usize| {
        let [x, y] = [k % LIGHT_SIDE, k / LIGHT_SIDE].map(|at| (at as f32 - middle) / middle);
        let inner = (1.0 + FADE).recip();
        let share = ((x.hypot(y) - inner) / (1.0 - inner)).clamp(0.0, 1.0);
        // Without a corner at either end, so that no ring is seen.
        theme::shade().gamma_multiply(share * share * (3.0 - 2.0 * share))
    };
    let pixels = (0..LIGHT_SIDE * LIGHT_SIDE).map(pixel).collect();
    let image = ColorImage::new([LIGHT_SIDE, LIGHT_SIDE], pixels);
    let texture = ctx.load_texture("spotlight", image, TextureOptions::LINEAR);
    ctx.data_mut(|data| data.insert_temp(id, texture.clone()));
    texture
}

/// The instructor's notes of this stop in a window of their own, which the class does not see; in the
/// same window where there is only one.
pub(super) fn notes_ui(ui: &Ui, state: &State, scene: &mut Scene<'_>, page: &mut Page<'_>) {
    let seconds = seconds(ui.ctx(), state);
    let builder = ViewportBuilder::default()
        .with_title(scene.tr("menu.instructor_notes"))
        .with_inner_size(NOTES_SIZE);
    let viewport = ViewportId::from_hash_of("instructor's notes");
    ui.ctx().show_viewport_immediate(viewport, builder, |ui, class| {
        if class == ViewportClass::Immediate {
            let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::same(16));
            egui::CentralPanel::default()
                .frame(frame)
                .show(ui, |ui| notes(ui, scene, page, seconds));
            // The clicker works whichever window has the keys.
            scene.commands.extend(keys::commands(ui.ctx(), state));
            if ui.input(|input| input.viewport().close_requested()) {
                scene.commands.push(Command::Present(PresentCommand::Notes));
            }
        } else {
            ui.set_max_size(vec2(NOTES_SIZE[0], NOTES_SIZE[1]));
            notes(ui, scene, page, seconds);
        }
    });
}

fn notes(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut Page<'_>, seconds: f64) {
    let minutes = (seconds / 60.0).floor();
    let time = format!("{minutes:.0}:{:02.0}", (seconds - 60.0 * minutes).floor());
    ui.horizontal(|ui| {
        ui.label(RichText::new(page::title(page, page.stop)).strong());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(time).monospace()).on_hover_text(scene.tr("present.elapsed"));
        });
    });
    ui.separator();
    let below = 3.0 * ui.text_style_height(&egui::TextStyle::Body);
    let height = (ui.available_height() - below).max(80.0);
    egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        if !page::notes_ui(ui, scene, page) {
            ui.label(RichText::new(scene.tr("present.no_notes")).weak());
        }
    });
    ui.add_space(theme::GAP);
    let next = match page.stop {
        stop if stop < page.lesson.stops.len() => page::title(page, stop + 1),
        _ => scene.tr("present.last_stop").to_owned(),
    };
    let text = format!("{} {next}", scene.tr("present.next"));
    ui.add(egui::Label::new(RichText::new(text).small().weak()).truncate());
    // The seconds go on without anybody moving.
    ui.ctx().request_repaint_after(std::time::Duration::from_secs(1));
}

/// The seconds since the presentation began; 0 while there is none, so that the next counts anew.
pub(super) fn seconds(ctx: &Context, state: &State) -> f64 {
    let id = Id::unique("presentation began");
    let now = ctx.input(|input| input.time);
    if !state.presenter.is_on {
        ctx.data_mut(|data| data.remove::<f64>(id));
        return 0.0;
    }
    now - ctx.data_mut(|data| *data.get_temp_mut_or(id, now))
}

/// Room in the middle for a lesson that stands alone on the page.
pub(super) fn centred(ui: &mut Ui) -> Ui {
    let room = ui.available_rect_before_wrap();
    let width = room.width().min(theme::LESSON_MAX_WIDTH);
    let rect = Rect::from_center_size(room.center(), vec2(width, room.height()));
    ui.new_child(egui::UiBuilder::new().max_rect(rect))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn darkness_and_light_cover_the_screen_once() {
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0));
        let square = Rect::from_center_size(pos2(200.0, 700.0), vec2(300.0, 300.0));
        let dark = around(screen, square);
        for k in 0..10_000 {
            let at = pos2((k % 100) as f32 * 12.8 + 0.3, (k / 100) as f32 * 8.0 + 0.3);
            let count = dark.iter().filter(|rect| rect.contains(at)).count();
            assert_eq!(count + usize::from(square.contains(at)), 1, "{at:?}");
        }
    }
}
