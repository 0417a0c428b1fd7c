//! The palette on the screen: a field, and below it what it finds.

use std::sync::Arc;

use egui::{
    Align2, Area, Id, Key, Modal, Modifiers, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, pos2,
    vec2,
};

use super::{Entry, find};
use crate::app::state::State;
use crate::view::command::SettingsCommand;
use crate::view::{Command, Language, theme, tr, tr_with};

const WIDTH: f32 = 620.0;
/// Of the window's width and height, what stays free.
const AROUND: [f32; 2] = [60.0, 170.0];
const FROM_TOP: f32 = 56.0;
const ROW: f32 = 28.0;

/// What is typed, what was found for it, and which of that is chosen.
#[derive(Clone, Default)]
struct Finder {
    query: String,
    found: Arc<Vec<Entry>>,
    /// For which query, run and language that was found.
    found_for: Option<(String, u64, Language)>,
    at: usize,
    /// Whether the chosen row has to be brought into sight.
    has_moved: bool,
    /// What had the focus before.
    focus: Option<Id>,
}

fn id() -> Id {
    Id::unique("palette")
}

/// Draws it, and carries out what is chosen.
pub(in crate::app) fn ui(ui: &mut Ui, state: &State, commands: &mut Vec<Command>) {
    let ctx = ui.ctx().clone();
    let known: Option<Finder> = ctx.data(|data| data.get_temp(id()));
    let mut finder = known.unwrap_or_else(|| Finder {
        focus: ctx.memory(egui::Memory::focused),
        ..Finder::default()
    });
    let run = state.run.as_ref().map_or(0, |run| run.number);
    let wanted = (finder.query.clone(), run, state.kept.language);
    if finder.found_for.as_ref() != Some(&wanted) {
        finder.found = Arc::new(find(state, &finder.query));
        finder.at = 0;
        finder.found_for = Some(wanted);
    }
    let mut chosen = keys(&ctx, &mut finder);
    let area = Modal::default_area(id()).anchor(Align2::CENTER_TOP, vec2(0.0, FROM_TOP));
    let modal = Modal::new(id()).area(Area::clone(&area)).show(&ctx, |ui| {
        let window = ui.ctx().content_rect().size();
        ui.set_width(WIDTH.min(window.x - AROUND[0]));
        field(ui, state, &mut finder);
        ui.add_space(theme::GAP_SMALL);
        let scroll = ScrollArea::vertical().max_height(window.y - AROUND[1]);
        scroll.show(ui, |ui| chosen = chosen.or(rows(ui, state, &mut finder)));
    });
    let entry = chosen.and_then(|at| finder.found.get(at));
    if let Some(entry) = entry {
        // What is chosen may open a sheet of its own.
        commands.push(Command::Sheet(None));
        commands.push(Command::Settings(SettingsCommand::Used(entry.id.clone())));
        commands.push(entry.command.clone());
    } else if modal.should_close() {
        commands.push(Command::Sheet(None));
    }
    ctx.data_mut(|data| data.insert_temp(id(), finder));
}

/// Forgets what was typed and gives the focus back, once the palette is closed.
pub(in crate::app) fn closed(ui: &Ui) {
    let finder: Option<Finder> = ui.data(|data| data.get_temp(id()));
    let Some(finder) = finder else { return };
    ui.data_mut(|data| data.remove_temp::<Finder>(id()));
    ui.memory_mut(|memory| match finder.focus {
        Some(focus) => memory.request_focus(focus),
        None => {
            if let Some(focus) = memory.focused() {
                memory.surrender_focus(focus);
            }
        }
    });
}

/// Up, down and enter belong to the list, though the focus is in the field.
fn keys(ctx: &egui::Context, finder: &mut Finder) -> Option<usize> {
    let count = finder.found.len();
    ctx.input_mut(|input| {
        let mut press = |key| input.count_and_consume_key(Modifiers::NONE, key);
        let (up, down) = (press(Key::ArrowUp), press(Key::ArrowDown));
        if up + down > 0 && count > 0 {
            finder.at = (finder.at + down + count - up % count) % count;
            finder.has_moved = true;
        }
        (press(Key::Enter) > 0 && count > 0).then_some(finder.at)
    })
}

fn field(ui: &mut Ui, state: &State, finder: &mut Finder) {
    let words = |key| tr(state.kept.language, key);
    let edit = TextEdit::singleline(&mut finder.query)
        .hint_text(words("search.hint"))
        .desired_width(f32::INFINITY)
        .margin(vec2(10.0, 8.0))
        .font(theme::lesson_style());
    let field = ui.add(edit);
    field.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::TextInput, true, words("search.title"))
    });
    // The field has the focus from the beginning; Tab leads to the rows.
    if ui.memory(|memory| memory.focused().is_none_or(|focus| Some(focus) == finder.focus)) {
        field.request_focus();
    }
}

/// All that was found, under the heading of its group; gives the row that was clicked.
fn rows(ui: &mut Ui, state: &State, finder: &mut Finder) -> Option<usize> {
    let language = state.kept.language;
    let found = Arc::clone(&finder.found);
    if found.is_empty() {
        let text = tr_with(language, "search.nothing", &[("query", finder.query.trim())]);
        ui.label(RichText::new(text).weak());
        return None;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut chosen = None;
    let mut kind = None;
    for (at, entry) in found.iter().enumerate() {
        if kind != Some(entry.kind) {
            kind = Some(entry.kind);
            ui.add_space(theme::GAP_SMALL);
            ui.label(RichText::new(tr(language, entry.kind.words())).small().weak());
        }
        let row = row(ui, entry, at == finder.at);
        if at == finder.at && std::mem::take(&mut finder.has_moved) {
            row.scroll_to_me(None);
        }
        if row.clicked() {
            chosen = Some(at);
        }
    }
    chosen
}

fn row(ui: &mut Ui, entry: &Entry, is_chosen: bool) -> egui::Response {
    let dark = ui.visuals().dark_mode;
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let name = if entry.detail.is_empty() {
        entry.title.clone()
    } else {
        format!("{}, {}", entry.title, entry.detail)
    };
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::ListItem, true, is_chosen, &name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    if is_chosen || response.hovered() || response.has_focus() {
        let visuals = ui.visuals();
        let fill = if is_chosen { visuals.selection.bg_fill } else { visuals.faint_bg_color };
        ui.painter().rect_filled(rect, theme::RADIUS, fill);
    }
    let inside = rect.shrink2(vec2(theme::GAP, 0.0));
    let mut line = |text: RichText, left: f32, right: f32| {
        let place = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
        let mut inner = ui.new_child(
            egui::UiBuilder::new()
                .max_rect(place)
                .layout(egui::Layout::left_to_right(egui::Align::Center)),
        );
        inner.add(egui::Label::new(text).truncate().selectable(false)).rect.right()
    };
    // A long title leaves a third for what tells it from others.
    let end = inside.right() - if entry.detail.is_empty() { 0.0 } else { inside.width() / 3.0 };
    let ink = theme::strong_text(dark);
    let title = line(RichText::new(&entry.title).color(ink), inside.left(), end);
    let detail = RichText::new(&entry.detail).small().color(theme::weak_text(dark));
    line(detail, title + theme::GAP_LARGE, inside.right());
    response
}
