//! Several models or runs on one timeline: what each answers at every position, and one value of
//! each over time.

use egui::{Align2, FontId, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::command::CompareCommand;
use super::numbers::{Numbers, Table};
use super::{Command, Hidden, Other, Scene, ViewSpec, cells, number, scope, theme, tr_with};
use crate::models;
use crate::palette::Scale;
use crate::tasks::Targets;
use crate::tensor::argmax;
use crate::trace::timeline::TimelineCommand;
use crate::trace::{Trace, Walk};

/// The width of a position, at least and at most.
const COLUMN: std::ops::RangeInclusive<f32> = 16.0..=44.0;
/// On a page it may be wider, so that a short run fills it.
const WIDEST_COLUMN: f32 = 96.0;
const TOKEN_HEIGHT: f32 = 18.0;
const ANSWER_HEIGHT: f32 = 24.0;
/// The height of a value's picture, as far as there is room.
const PICTURE_HEIGHT: std::ops::RangeInclusive<f32> = 24.0..=110.0;
/// The line for an answer that is too long for its cell.
const WORDS_HEIGHT: f32 = 18.0;
const ANSWER_FONT: FontId = FontId::monospace(13.0);
/// More rows of a picture than this have no names.
const MOST_NAMES: usize = 16;
const NAME_FONT: FontId = FontId::monospace(11.0);
const NAME_LINE: f32 = 12.0;
/// Titles and gaps of a row.
const ROW_EXTRA: f32 = 58.0;

/// The registry entry.
pub const SPEC: ViewSpec = ViewSpec {
    id: "compare",
    title: "views.compare",
    hint: "views.compare_hint",
    applies: |trace| trace.n_positions() > 0,
    ui,
    numbers,
};

/// What each run answers at every position that is computed.
fn numbers(scene: &mut Scene<'_>) -> Numbers {
    let columns = ["run", "position", "token", "answer", "probability", "is_right"];
    let mut table = Table::new(&columns);
    for run in scene.all_runs() {
        for t in 0..reached(scene, run.trace) {
            let (symbol, share) = match answer(run.trace, t) {
                Some((best, share)) => {
                    (run.trace.symbols().get(best).copied().unwrap_or(""), share)
                }
                // A model that answers with a number has one.
                None => {
                    let estimate = run.trace.value("estimate", t as i32);
                    let Some(estimate) = estimate.map(|value| value[[0, 0]]) else { continue };
                    ("", estimate)
                }
            };
            let right = match run.trace.is_right(t) {
                Some(true) => "yes",
                Some(false) => "no",
                None => "",
            };
            let token = run.trace.tokens().get(t).map_or("", String::as_str);
            table.push([
                run.label.into(),
                t.into(),
                token.into(),
                symbol.into(),
                share.into(),
                right.into(),
            ]);
        }
    }
    Numbers::Table(table)
}

fn ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    if !scene.hides(Hidden::Compare) && !scene.for_print {
        menu_ui(ui, scene);
    }
    let runs: Vec<Other<'_>> = scene.all_runs().collect();
    let positions = runs.iter().map(|run| run.trace.n_positions()).max().unwrap_or(1).max(1);
    let room = ui.available_size();
    let gutter = runs.iter().map(|run| gutter(ui, scene, run.trace)).fold(0.0, f32::max);
    let widest = if scene.for_print { WIDEST_COLUMN } else { *COLUMN.end() };
    let column = ((room.x - gutter) / positions as f32 - 0.1).clamp(*COLUMN.start(), widest);
    let words = runs.iter().map(|run| words_height(ui, run.trace, column)).fold(0.0, f32::max);
    let top = TOKEN_HEIGHT + ANSWER_HEIGHT + words;
    let each = room.y / runs.len() as f32 - top - ROW_EXTRA;
    let height = each.clamp(*PICTURE_HEIGHT.start(), *PICTURE_HEIGHT.end());
    let sizes = Sizes { gutter, column, words, height };
    ScrollArea::both().id_salt("compare").auto_shrink(false).show(ui, |ui| {
        for (at, run) in runs.iter().enumerate() {
            title_ui(ui, scene, run, at);
            row_ui(ui, scene, run, sizes);
            ui.add_space(theme::GAP);
        }
    });
}

/// Other models that read the same, and the way to keep the run as it is.
fn menu_ui(ui: &mut Ui, scene: &mut Scene<'_>) {
    ui.horizontal_wrapped(|ui| {
        let keep = ui.button(scene.tr("compare.keep"));
        if keep.on_hover_text(scene.tr("compare.keep_hint")).clicked() {
            scene.commands.push(Command::Compare(CompareCommand::Keep));
        }
        let alike = models_alike(scene.trace.model());
        if alike.is_empty() {
            return;
        }
        let menu = ui.menu_button(scene.tr("compare.add"), |ui| {
            for id in alike {
                if ui.button(RichText::new(&id).monospace()).clicked() {
                    scene.commands.push(Command::Compare(CompareCommand::Add(id)));
                    ui.close();
                }
            }
        });
        menu.response.on_hover_text(scene.tr("compare.add_hint"));
        if scene.others.is_empty() {
            ui.label(RichText::new(scene.tr("compare.empty")).small().weak());
        }
    });
}

/// The shipped models that do the same task, and so read the same kind of input.
fn models_alike(id: &str) -> Vec<String> {
    let base = |id: &str| id.split(':').next().unwrap_or_default().to_owned();
    let task = |id: &str| models::find_recipe(&base(id)).map(|(_, recipe)| recipe.task);
    let Some(own) = task(id) else { return Vec::new() };
    models::ids().into_iter().filter(|other| other != id && task(other) == Some(own)).collect()
}

fn title_ui(ui: &mut Ui, scene: &mut Scene<'_>, run: &Other<'_>, at: usize) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(run.label).monospace().strong());
        if let Some(words) = score(scene, run.trace) {
            ui.label(RichText::new(words).small().weak());
        }
        let is_fixed = scene.for_print || scene.hides(Hidden::Compare);
        if let Some(beside) = at.checked_sub(1).filter(|_| !is_fixed) {
            let words = scene.tr("common.remove");
            let button = ui.small_button("×");
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
            if button.on_hover_text(words).clicked() {
                scene.commands.push(Command::Compare(CompareCommand::Remove(beside)));
            }
        }
    });
}

/// How much of what counts a run answers rightly, as far as the learner has come.
fn score(scene: &Scene<'_>, trace: &Trace) -> Option<String> {
    let reached = reached(scene, trace);
    match trace.targets() {
        Targets::Symbols(_) => {
            let judged: Vec<bool> = (0..reached).filter_map(|t| trace.is_right(t)).collect();
            let right = judged.iter().filter(|right| **right).count().to_string();
            let words = [("right", right.as_str()), ("count", &judged.len().to_string())];
            (!judged.is_empty()).then(|| tr_with(scene.language, "compare.right", &words))
        }
        Targets::Pattern(_) => None,
        Targets::LastNumber(wanted) => {
            let last = trace.n_positions().checked_sub(1).filter(|last| *last < reached)?;
            let estimate = trace.value("estimate", last as i32)?[[0, 0]];
            let (estimate, wanted) = (number(estimate), number(*wanted));
            let words = [("estimate", estimate.as_str()), ("target", wanted.as_str())];
            Some(tr_with(scene.language, "compare.estimate", &words))
        }
    }
}

/// How many positions of a run are shown: as many as are computed on the stage.
fn reached(scene: &Scene<'_>, trace: &Trace) -> usize {
    let cursor = scene.timeline.cursor();
    if cursor >= scene.trace.ticks().len() {
        return trace.n_positions();
    }
    complete(scene.trace, cursor).min(trace.n_positions())
}

/// The first positions of a run all of whose operations are done at a cursor.
fn complete(trace: &Trace, cursor: usize) -> usize {
    (0..trace.n_positions()).take_while(|t| trace.walk().end_of(*t) <= cursor).count()
}

/// The symbol that is most likely at a position, and its probability.
fn answer(trace: &Trace, position: usize) -> Option<(usize, f32)> {
    let shares = trace.row("prediction", position as i32)?.to_vec();
    let best = argmax(&shares);
    Some((best, *shares.get(best)?))
}

/// Sizes that all rows share, so that their columns stand below each other.
#[derive(Clone, Copy)]
struct Sizes {
    /// Room at the left for the names of the picture's rows.
    gutter: f32,
    column: f32,
    /// Room below the answers for the one that is too long for its cell.
    words: f32,
    /// Of a value's picture.
    height: f32,
}

/// The symbols that the rows of a value's picture stand for, where there is room to name them.
fn row_names<'t>(trace: &'t Trace, name: &str) -> Vec<&'t str> {
    let symbols = trace.symbols();
    let are_symbols = matches!(name, "prediction" | "scores") && symbols.len() <= MOST_NAMES;
    if are_symbols { symbols.to_vec() } else { Vec::new() }
}

fn text_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::PLACEHOLDER).size().x
}

fn gutter(ui: &Ui, scene: &Scene<'_>, trace: &Trace) -> f32 {
    let selected = scene.selection.map(|selection| selection.name.as_str());
    let names = value_name(selected, trace).map(|name| row_names(trace, &name));
    let widths = names.unwrap_or_default().into_iter();
    let widest = widths.map(|name| text_width(ui, name, NAME_FONT)).fold(0.0, f32::max);
    if widest > 0.0 { widest + theme::GAP } else { 0.0 }
}

fn words_height(ui: &Ui, trace: &Trace, column: f32) -> f32 {
    let is_long = |symbol: &&str| text_width(ui, symbol, ANSWER_FONT) > column - 2.0;
    if trace.symbols().iter().any(is_long) { WORDS_HEIGHT } else { 0.0 }
}

fn row_ui(ui: &mut Ui, scene: &mut Scene<'_>, run: &Other<'_>, sizes: Sizes) {
    let Sizes { gutter, column, words, height } = sizes;
    let dark = ui.visuals().dark_mode;
    let trace = run.trace;
    let positions = trace.n_positions();
    let shown = reached(scene, trace);
    let name = value_name(scene.selection.map(|selection| selection.name.as_str()), trace);
    let top = TOKEN_HEIGHT + ANSWER_HEIGHT + words;
    let size = vec2(gutter + column * positions as f32, top + height);
    let (outer, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, run.label));
    let rect = Rect::from_min_max(outer.min + vec2(gutter, 0.0), outer.max);
    let picture = Rect::from_min_max(pos2(rect.left(), rect.top() + top), rect.max);
    // Where tokens are too narrow for their text, only every so many are written.
    let longest = trace.tokens().iter().map(|token| token.chars().count()).max().unwrap_or(1);
    let every = ((longest as f32 * 8.0 + 4.0) / column).ceil().max(1.0) as usize;
    for t in 0..positions {
        let left = rect.left() + t as f32 * column;
        let is_now = t == scene.now();
        let color = if is_now { theme::accent(dark) } else { theme::weak_text(dark) };
        if is_now || (t % every == 0 && t.abs_diff(scene.now()) >= every) {
            let at = pos2(left + column / 2.0, rect.top() + TOKEN_HEIGHT / 2.0);
            let font = FontId::monospace(12.5);
            // What a model has yet to write is not told.
            let is_told = t < trace.given() || t < shown || is_now;
            let token = if is_told { trace.tokens()[t].as_str() } else { "·" };
            ui.painter().text(at, Align2::CENTER_CENTER, token, font, color);
        }
        if t < shown {
            let corner = pos2(left, rect.top() + TOKEN_HEIGHT);
            let cell = Rect::from_min_size(corner, vec2(column, ANSWER_HEIGHT)).shrink(1.0);
            answer_ui(ui, trace, t, cell);
            if is_now && words > 0.0 {
                word_ui(ui, trace, t, (cell, rect));
            }
        }
    }
    if let Some(matrix) = name.as_deref().and_then(|name| trace.over_time(name)) {
        let matrix = matrix.slice(ndarray::s![..shown.min(matrix.nrows()), ..]).t().to_owned();
        let scale = scale(scene, trace, name.as_deref().unwrap_or_default(), dark);
        let shown_rect = Rect::from_min_size(
            picture.min,
            vec2(column * matrix.ncols() as f32, picture.height()),
        );
        let entries: Vec<f32> = matrix.iter().copied().collect();
        cells::paint(ui.painter(), shown_rect, &entries, matrix.ncols(), &scale);
    }
    let names = name.as_deref().map(|name| row_names(trace, name)).unwrap_or_default();
    let each = picture.height() / names.len().max(1) as f32;
    let every = (NAME_LINE / each).ceil().max(1.0) as usize;
    for (at, name) in names.into_iter().enumerate().step_by(every) {
        let at = pos2(picture.left() - 5.0, picture.top() + (at as f32 + 0.5) * each);
        ui.painter().text(at, Align2::RIGHT_CENTER, name, NAME_FONT, theme::weak_text(dark));
    }
    let stroke = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    ui.painter().rect_stroke(picture, 0.0, stroke, StrokeKind::Outside);
    if scene.now() < positions {
        let left = rect.left() + scene.now() as f32 * column;
        let now = Rect::from_min_size(pos2(left, picture.top()), vec2(column, picture.height()));
        cells::frame(ui.painter(), now, theme::accent(dark));
    }
    let pointer = response.interact_pointer_pos().or(response.hover_pos());
    let Some(at) = pointer.filter(|at| rect.contains(*at)) else { return };
    let position = ((at.x - rect.left()) / column) as usize;
    if response.clicked() {
        scene.commands.push(Command::Timeline(TimelineCommand::Position(position)));
    }
    let mut text = position.to_string();
    if position < shown {
        text = told(scene, trace, position, name.as_deref(), (picture, at));
    }
    response.on_hover_text_at_pointer(text);
}

/// What is under the pointer, in words.
fn told(
    scene: &Scene<'_>,
    trace: &Trace,
    position: usize,
    name: Option<&str>,
    (picture, at): (Rect, egui::Pos2),
) -> String {
    if let Some(name) = name.filter(|_| picture.contains(at))
        && let Some(value) = trace.value(name, position as i32)
    {
        let share = (at.y - picture.top()) / picture.height();
        let unit = ((share * value.ncols() as f32) as usize).min(value.ncols().saturating_sub(1));
        return format!("{name}[{position}][{unit}] = {}", number(value[[0, unit]]));
    }
    let Some((symbol, share)) = answer(trace, position) else {
        let estimate = trace.value("estimate", position as i32).map(|value| value[[0, 0]]);
        return format!("estimate[{position}] = {}", number(estimate.unwrap_or(f32::NAN)));
    };
    let symbol = trace.symbols().get(symbol).copied().unwrap_or_default();
    let share = format!("{:.1}", 100.0 * share);
    let key = match trace.is_right(position) {
        Some(true) => "compare.answer_right",
        Some(false) => "compare.answer_wrong",
        None => "compare.answer",
    };
    tr_with(scene.language, key, &[("symbol", symbol), ("percent", &share)])
}

/// The most likely symbol on the colour of its probability; what is wrong has a mark below.
fn answer_ui(ui: &Ui, trace: &Trace, t: usize, cell: Rect) {
    let dark = ui.visuals().dark_mode;
    let Some((best, share)) = answer(trace, t) else {
        if let Some(estimate) = trace.value("estimate", t as i32) {
            let text = format!("{:.2}", estimate[[0, 0]]).replace('-', "−");
            let font = FontId::monospace(9.5_f32.min(cell.width() / 2.6));
            let color = theme::text(dark);
            ui.painter().text(cell.center(), Align2::CENTER_CENTER, text, font, color);
        }
        return;
    };
    let rgb = Scale::unit(dark).rgb(share);
    ui.painter().rect_filled(cell, 2.0, theme::color(rgb));
    let symbol = trace.symbols().get(best).copied().unwrap_or_default();
    let ink = theme::color(crate::palette::ink_on(rgb));
    // A word too long for its cell is said below it at the cursor, and everywhere at the pointer.
    let galley = ui.painter().layout_no_wrap(symbol.to_owned(), ANSWER_FONT, ink);
    if galley.size().x <= cell.width() {
        ui.painter().galley(cell.center() - galley.size() / 2.0, galley, ink);
    }
    if trace.is_right(t) == Some(false) {
        let stroke = Stroke::new(theme::LINE, theme::error(dark));
        ui.painter().rect_stroke(cell, 2.0, stroke, StrokeKind::Inside);
    }
}

/// The answer at the cursor below its cell, within its row.
fn word_ui(ui: &Ui, trace: &Trace, t: usize, (cell, row): (Rect, Rect)) {
    let color = theme::accent(ui.visuals().dark_mode);
    let symbol = answer(trace, t).and_then(|(best, _)| trace.symbols().get(best));
    let Some(symbol) = symbol else { return };
    let galley = ui.painter().layout_no_wrap((*symbol).to_owned(), ANSWER_FONT, color);
    let half = galley.size().x / 2.0;
    let most = (row.right() - half).max(row.left() + half);
    let x = cell.center().x.clamp(row.left() + half, most);
    ui.painter().galley(pos2(x - half, cell.bottom() + 1.0), galley, color);
}

/// The value drawn of a run: the selected one if it has one of that name, else what it remembers,
/// answers or holds.
fn value_name(selected: Option<&str>, trace: &Trace) -> Option<String> {
    let has = |name: &&str| trace.value_names().any(|known| known == *name);
    let usual = || {
        [scope::HIDDEN, "prediction", "state"]
            .into_iter()
            .find_map(|value| trace.value_names().find(|name| scope::split(name).1 == value))
    };
    selected.filter(has).or_else(usual).map(str::to_owned)
}

/// One scale for all runs that have the value, so that they can be compared.
fn scale(scene: &Scene<'_>, trace: &Trace, name: &str, dark: bool) -> Scale {
    if trace.range(name) == models::Range::Unit {
        return Scale::unit(dark);
    }
    let all = scene.all_runs().filter_map(|run| run.trace.over_time(name));
    let largest = all.flatten().filter(|entry| entry.is_finite());
    Scale::signed(largest.fold(0.0_f32, |largest, entry| largest.max(entry.abs())), dark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint;

    fn run(id: &str, input: &str) -> Trace {
        let checkpoint = checkpoint::shipped(id).unwrap();
        let sequence = checkpoint.task.parse(input).unwrap();
        Trace::record(&checkpoint, sequence, Vec::new())
    }

    /// The first cursor at which a value is computed at a position.
    fn computed(trace: &Trace, name: &str, position: usize) -> usize {
        let node = trace.node(name, position as i32).unwrap();
        trace.ticks().partition_point(|tick| tick.node <= node)
    }

    #[track_caller]
    fn check(id: &str, input: &str) {
        let trace = run(id, input);
        let last = trace.n_positions() - 1;
        let first = (0..=last).find(|t| trace.node("prediction", *t as i32).is_some()).unwrap();
        for position in first..=last {
            let cursor = computed(&trace, "prediction", position);
            assert_eq!(complete(&trace, cursor), position + 1, "{id} at {position}");
            assert!(complete(&trace, cursor - 1) <= position, "{id} before {position}");
        }
        assert_eq!(complete(&trace, 0), 0);
    }

    #[test]
    fn positions_are_reached_when_their_answers_are_computed() {
        check("seq2seq-dates", "4th of march, 1987");
        check("attention-dates", "4th of march, 1987");
        check("transformer-translate", "他昨天在图书馆里看了小红写的书");
        check("lstm-brackets", "([{<>}])");
    }

    #[test]
    fn a_run_without_the_selected_value_or_a_hidden_state_shows_what_it_has() {
        let transformer = run("transformer-translate", "他昨天在图书馆里看了小红写的书");
        assert_eq!(value_name(Some("forget_gate"), &transformer).as_deref(), Some("prediction"));
        assert_eq!(value_name(Some("scores"), &transformer).as_deref(), Some("scores"));
        let memory = run("hopfield-letters", "A");
        assert_eq!(value_name(Some("forget_gate"), &memory).as_deref(), Some("state"));
        let cell = run("lstm-brackets", "()");
        assert_eq!(value_name(None, &cell).as_deref(), Some("hidden"));
    }
}
