//! One map: rows look at columns. It grows as the model computes; the steps of the row under the
//! pointer, or of the current one, stand below it. A second run stands beside it.

use egui::{FontId, Rect, Response, RichText, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};

use serde::{Deserialize, Serialize};

use super::super::{Command, Scene, Selection, cells, heatmap, theme, tr_with};
use super::axis::{self, Names};
use super::drawn::{self, Drawn, Key, What};
use super::tiles::{Coloring, Lens};
use super::{current_row, evidence, is_stepwise, row};
use crate::trace::attention::{Map, Part};
use crate::trace::timeline::TimelineCommand;

/// Cells grow up to this many points by themselves, and up to this many when zoomed in.
const LARGEST_CELL: f32 = 48.0;
const LARGEST_ZOOMED: f32 = 60.0;
/// Room at the left for names and for what the strips below mean.
const GUTTER: f32 = 94.0;
const TITLE_HEIGHT: f32 = 20.0;
/// Room for the line that says what a row is.
const CAPTION: f32 = 22.0;
/// Less room than this below the matrix is not worth a strip.
const LEAST_BELOW: f32 = 40.0;
/// The matrix is at least this high; where there is less room, strips are left out.
const SMALLEST: f32 = 120.0;

/// How far a learner has zoomed into a map, and where.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct View {
    shape: [usize; 2],
    zoom: f32,
    /// What is hidden at the left and above, in points.
    offset: [f32; 2],
}

/// A drawn map.
struct Panel {
    lens: Lens,
    area: Rect,
    /// The row and column under the pointer, as positions.
    hovered: Option<[usize; 2]>,
}

/// Draws the map, its other run, and the steps of a row.
pub fn ui(ui: &mut Ui, scene: &mut Scene<'_>, maps: &[Map], at: usize, key: &Key) {
    let map = &maps[at];
    let Some(own) = super::drawn(scene, maps, key) else { return };
    let mut shown = vec![(key.clone(), own)];
    let beside = Key { run: 1, ..key.clone() };
    if let Some(other) = super::drawn(scene, maps, &beside).filter(|_| !scene.others.is_empty()) {
        shown.push((beside, other));
    }
    let all: Vec<_> = shown.iter().map(|(_, drawn)| drawn.clone()).collect();
    let scale = drawn::scale(ui, &all);
    let threshold = scene.memory.attention.settings.threshold;
    let coloring = Coloring { scale, threshold };
    // On a page the map has all the room; the steps of its rows are values of their own.
    let has_row = matches!(key.what, What::Map(_))
        && key.shown == super::super::Shown::Value
        && !scene.for_print;
    let below_all = heatmap::legend_height() + CAPTION + theme::GAP;
    let room = ui.available_size() - vec2(0.0, below_all);
    let all: Vec<Named<'_>> =
        shown.iter().map(|(key, drawn)| Named::new(scene, map, key.run, drawn, has_row)).collect();
    let mut common = Common::new(&all, room.x);
    let title_height = if all.len() > 1 { TITLE_HEIGHT } else { 0.0 };
    let least = SMALLEST + title_height + common.names_height;
    let wanted = if has_row { row::height(scene, map) } else { 0.0 };
    let below = wanted.min((room.y - least).max(0.0));
    // Strips of which hardly one would be seen are left out.
    let below = if below < LEAST_BELOW { 0.0 } else { below };
    let (rect, _) = ui.allocate_exact_size(vec2(room.x, room.y - below), Sense::hover());
    common.fit_height(rect.height() - title_height);
    let mut first = None;
    let mut left = rect.left();
    for ((key, drawn), named) in shown.iter().zip(&all) {
        let size = vec2(named.gutter + common.width, rect.height());
        let panel = Rect::from_min_size(pos2(left, rect.top()), size);
        left = panel.right() + theme::GAP;
        let title = (shown.len() > 1).then(|| match key.run {
            0 => scene.label.to_owned(),
            _ => scene.others[0].label_beside(scene.label).to_owned(),
        });
        let panel = panel_ui(
            ui,
            scene,
            map,
            (key, drawn),
            (named, &common),
            (panel, coloring),
            title.as_deref(),
        );
        first = first.or(Some(panel));
    }
    let drawn = &shown[0].1;
    if let Some(panel) = first.filter(|_| has_row && below > 0.0) {
        let pointed = panel.hovered.filter(|[row, _]| scene.is_shown_at(&map.name, *row));
        let at = pointed.map(|[row, _]| row).or_else(|| current_row(scene, map, &drawn.grid.rows));
        // What stands below the map does not move it, however much there is to say.
        let (rect, _) = ui.allocate_exact_size(vec2(room.x, below), Sense::hover());
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(rect));
        inner.set_clip_rect(rect.intersect(ui.clip_rect()));
        if let Some(at) = at {
            let place = row::Place { position: at, lens: panel.lens, area: panel.area };
            let column = pointed.map(|[_, column]| column);
            row::ui(&mut inner, scene, map, &drawn.grid, &place, (column, &scale));
            evidence::ui(&mut inner, scene, map, &drawn.grid, &place, column);
        }
    }
    let words = match (map.part, &key.what) {
        (_, What::Rollout(..)) => scene.tr("attention.rollout_hint"),
        (Part::Contribution, _) => super::normalisation(scene, map),
        (Part::Cross, _) => scene.tr("attention.rows_cross"),
        _ => scene.tr("attention.rows"),
    };
    let text = RichText::new(words).small().weak();
    ui.add(egui::Label::new(text).truncate()).on_hover_text(words);
    heatmap::legend_ui(ui, &scale);
}

/// What the rows and columns of a run's map are called, and the room that its rows' names take.
struct Named<'a> {
    names: Names<'a>,
    columns: std::ops::Range<usize>,
    shape: [usize; 2],
    gutter: f32,
}

impl<'a> Named<'a> {
    fn new(scene: &Scene<'a>, map: &Map, run: usize, drawn: &Drawn, has_row: bool) -> Self {
        let own = Names::of(scene, map);
        let names = match run.checked_sub(1).and_then(|other| scene.others.get(other)) {
            Some(other) => own.beside(other),
            None => own,
        };
        let grid = &drawn.grid;
        let widest = names.widest(&grid.rows) + theme::GAP;
        // What the strips below mean stands at the left of the first map.
        let gutter = if run == 0 && has_row { GUTTER } else { widest };
        let (rows, columns) = grid.weights.dim();
        Self { names, columns: grid.columns.clone(), shape: [rows, columns], gutter }
    }
}

/// What all maps beside each other share: equal weights have cells of equal size.
struct Common {
    /// The room for cells of each map.
    width: f32,
    cell: f32,
    shape: [usize; 2],
    is_turned: bool,
    names_height: f32,
}

impl Common {
    fn new(all: &[Named<'_>], room: f32) -> Self {
        let gutters: f32 = all.iter().map(|named| named.gutter).sum();
        let gaps = theme::GAP * all.len().saturating_sub(1) as f32;
        let width = (room - gutters - gaps) / all.len().max(1) as f32 - theme::GAP_SMALL;
        let largest = |axis: usize| all.iter().map(|n| n.shape[axis]).max().unwrap_or(1).max(1);
        let shape = [largest(0), largest(1)];
        let cell = (width / shape[1] as f32).clamp(1e-3, LARGEST_CELL);
        let mut common = Self { width, cell, shape, is_turned: false, names_height: 0.0 };
        common.name_columns(all);
        common
    }

    /// How the columns are named above cells as wide as there is room.
    fn name_columns(&mut self, all: &[Named<'_>]) {
        for named in all {
            let (is_turned, height) = axis::columns_height(named.names, &named.columns, self.cell);
            self.is_turned |= is_turned;
            self.names_height = self.names_height.max(height);
        }
    }

    /// Cells that fit into a height, the names above them included.
    fn fit_height(&mut self, height: f32) {
        let height = height - self.names_height - theme::GAP_SMALL;
        self.cell = self.cell.min(height / self.shape[0] as f32).max(1e-3);
    }
}

fn panel_ui(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    map: &Map,
    (key, drawn): (&Key, &Drawn),
    (named, common): (&Named<'_>, &Common),
    (panel, coloring): (Rect, Coloring),
    title: Option<&str>,
) -> Panel {
    let dark = ui.visuals().dark_mode;
    let grid = &drawn.grid;
    let names = named.names;
    let [rows, columns] = named.shape;
    let (gutter, width, fit) = (named.gutter, common.width, common.cell);
    let area_top = panel.top() + title.map_or(0.0, |_| TITLE_HEIGHT) + common.names_height;
    let height = panel.bottom() - area_top - theme::GAP_SMALL;
    let corner = pos2(panel.left() + gutter, area_top);
    let size = vec2(fit * columns as f32, fit * rows as f32);
    let area = Rect::from_min_size(corner, vec2(width, height.max(1.0)));
    if let Some(title) = title {
        let font = FontId::proportional(12.5);
        let painter = ui.painter().with_clip_rect(panel);
        painter.text(panel.left_top(), egui::Align2::LEFT_TOP, title, font, theme::text(dark));
    }
    let id = egui::Id::unique(("attention zoom", key.run));
    let response = ui.interact(area, ui.scope_id().with(id), Sense::click_and_drag());
    let words = super::part_words(scene, map.part);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, words));
    let lens = zoomed(ui, scene, &response, key.run, area, ([rows, columns], fit));
    // A zoomed map fills the room; a whole one ends where it ends.
    let seen = Rect::from_min_size(corner, size.min(area.size()));
    let seen = if lens.cell.x > fit * 1.001 { area } else { seen };
    let clip = seen.intersect(lens.rect(0, 0, [rows, columns]));
    let mut tiles = std::mem::take(&mut scene.memory.attention.tiles);
    tiles.paint(ui, (key, drawn), coloring, lens, seen);
    scene.memory.attention.tiles = tiles;
    let is_first_shown = scene.is_shown_at(&map.name, grid.rows.start);
    let is_row_shown = |scene: &Scene<'_>, position: usize| match key.run {
        0 => scene.is_shown_at(&map.name, position),
        _ if is_stepwise(scene.trace, map) => !names.row(position).is_empty(),
        _ => is_first_shown,
    };
    let painter = ui.painter().with_clip_rect(seen.expand(2.0));
    for row in lens.seen(1, seen.top(), seen.bottom(), rows) {
        if !is_row_shown(scene, grid.rows.start + row) {
            painter.rect_filled(lens.rect(row, 0, [1, columns]), 0.0, theme::stage(dark));
        }
    }
    let line = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    ui.painter().rect_stroke(clip, 0.0, line, StrokeKind::Outside);
    if !grid.rows.clone().any(|row| is_row_shown(scene, row)) {
        drawn::nothing_ui(ui, scene, map, clip);
    }
    let hovered = response
        .hover_pos()
        .filter(|at| seen.contains(*at))
        .and_then(|at| lens.at(at, [rows, columns]))
        .map(|[row, column]| [grid.rows.start + row, grid.columns.start + column]);
    let current = (key.run == 0).then(|| current_row(scene, map, &grid.rows)).flatten();
    if let Some(row) = current {
        let rect = lens.rect(row - grid.rows.start, 0, [1, columns]);
        painter.rect_stroke(
            rect,
            0.0,
            Stroke::new(theme::HAIRLINE, theme::accent(dark)),
            StrokeKind::Outside,
        );
    }
    if let Some([row, column]) = hovered {
        let rect = lens.rect(row - grid.rows.start, column - grid.columns.start, [1, 1]);
        cells::frame(&painter, rect, theme::accent(dark));
        let text = told(scene, map, (key, drawn), names, [row, column]);
        response.clone().on_hover_text_at_pointer(text);
    }
    let marked = hovered.map(|[_, column]| column);
    let sides = (lens, seen.left(), seen.right());
    axis::columns_ui(ui, names, &grid.columns, sides, (area_top - 3.0, common.is_turned), marked);
    let marked = hovered.map(|[row, _]| row).or(current);
    let sides = (lens, seen.top(), seen.bottom());
    axis::rows_ui(ui, names, &grid.rows, sides, corner.x - 5.0, marked);
    if key.run == 0 {
        clicked(scene, map, key, &response, hovered);
    }
    Panel { lens, area: seen, hovered }
}

/// Zooms with the wheel and Ctrl or with two fingers, moves with the wheel or by dragging; a double
/// click shows all again.
fn zoomed(
    ui: &Ui,
    scene: &mut Scene<'_>,
    response: &Response,
    run: usize,
    area: Rect,
    (shape, fit): ([usize; 2], f32),
) -> Lens {
    let look = format!("attention.zoom.{run}");
    let kept: Option<View> = scene.look(&look);
    let kept = kept.filter(|view| view.shape == shape);
    let largest = (LARGEST_ZOOMED / fit).max(1.0);
    let mut zoom = kept.map_or(1.0, |view| view.zoom.clamp(1.0, largest));
    let mut offset = kept.map_or(Vec2::ZERO, |view| view.offset.into());
    if let Some(pointer) = response.hover_pos() {
        let (by, scrolled) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
        let zoomed = (zoom * by).clamp(1.0, largest);
        let from_corner = pointer - area.min;
        offset = (offset + from_corner) * (zoomed / zoom) - from_corner - scrolled;
        zoom = zoomed;
    }
    if response.dragged() {
        offset -= response.drag_delta();
    }
    if response.double_clicked() {
        (zoom, offset) = (1.0, Vec2::ZERO);
    }
    let cell = Vec2::splat(fit * zoom);
    let size = vec2(shape[1] as f32, shape[0] as f32) * cell;
    offset = offset.clamp(Vec2::ZERO, (size - area.size()).max(Vec2::ZERO));
    let view = (zoom > 1.0).then_some(View { shape, zoom, offset: offset.into() });
    if view != kept {
        scene.keep_look(&look, &view);
    }
    Lens { origin: area.min - offset, cell }
}

/// What is under the pointer, in words.
fn told(
    scene: &Scene<'_>,
    map: &Map,
    (key, drawn): (&Key, &Drawn),
    names: Names<'_>,
    [row, column]: [usize; 2],
) -> String {
    let position = row.to_string();
    let read = names.read(row);
    let mut words = match map.part {
        Part::Cross => {
            let answer = names.answered(row);
            let values = [("position", position.as_str()), ("token", read), ("answer", answer)];
            tr_with(scene.language, "attention.at_answer", &values)
        }
        _ => {
            let values = [("position", position.as_str()), ("token", read)];
            tr_with(scene.language, "attention.at", &values)
        }
    };
    let of = [("position", column.to_string()), ("token", names.read(column).to_owned())];
    let of = of.each_ref().map(|(name, value)| (*name, value.as_str()));
    words += &tr_with(scene.language, "attention.looks_at", &of);
    words.push('\n');
    let name = match key.what {
        What::Map(_) => map.name.as_str(),
        What::Mean(..) => scene.tr("attention.mean"),
        What::Rollout(..) => scene.tr("attention.rollout"),
    };
    if key.run == 0 && !scene.is_shown_at(&map.name, row) {
        return words + scene.tr("inspector.not_computed");
    }
    match drawn.grid.at(row, column) {
        Some(weight) => {
            let entry = format!("{name}[{row}][{}]", column - drawn.grid.columns.start);
            words.push_str(&scene.entry_text(&entry, weight));
        }
        None => words.push_str(scene.tr("attention.not_there")),
    }
    words
}

/// A click looks at the weight and goes to its position.
fn clicked(
    scene: &mut Scene<'_>,
    map: &Map,
    key: &Key,
    response: &Response,
    hovered: Option<[usize; 2]>,
) {
    let Some([row, column]) = hovered else { return };
    let node = scene.trace.node(&map.name, row as i32);
    let start = node.map_or(0, |node| scene.trace.graph().node(node).position);
    let unit = column.saturating_sub(scene.trace.first_column(&map.name, start));
    if response.secondary_clicked() && map.part != Part::Contribution {
        super::super::intervene::ask(scene, &map.name, row as i32, Some(unit));
    } else if response.clicked() {
        scene.memory.attention.settings.row = Some(row);
        if matches!(key.what, What::Map(_)) {
            // A row that is no step of the run is so far from the cursor, wherever that is.
            let far = row as i32 - scene.now() as i32;
            let offset = if is_stepwise(scene.trace, map) { 0 } else { far };
            let selection = Selection { offset, ..Selection::new(&map.name, Some(unit)) };
            scene.commands.push(Command::Select(Some(selection)));
        }
        // Rows that are computed together have one place in the run.
        if is_stepwise(scene.trace, map) || !scene.is_shown_at(&map.name, row) {
            let position = usize::try_from(start).unwrap_or(0);
            scene.commands.push(Command::Timeline(TimelineCommand::Position(position)));
        }
    }
}
