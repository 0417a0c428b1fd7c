//! One value as a matrix: a row for each position of its side of the ladder, rows that are not
//! computed yet left blank.

use std::ops::Range;

use egui::{
    Color32, ColorImage, Rect, Response, Sense, Stroke, StrokeKind, TextureOptions, Ui, Vec2, pos2,
    vec2,
};
use ndarray::{Array2, s};

use crate::models::Axes;
use crate::palette::{ABSENT, Scale};
use crate::trace::Trace;
use crate::trace::timeline::TimelineCommand;
use crate::view::{Command, Scene, Selection, cells, theme};

/// The part of a value over time that a picture shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Positions.
    pub rows: Range<usize>,
    /// Units, or positions.
    pub columns: Range<usize>,
}

/// Where a value's numbers are: the positions of source or answer, and its columns.
#[must_use]
pub fn region(trace: &Trace, name: &str) -> Option<Region> {
    let nodes = trace.graph().everywhere(trace.graph().find(name)?);
    let (start, node) = nodes.iter().find(|(position, _)| *position >= 0)?;
    let is_decoder = usize::try_from(*start).is_ok_and(|start| start >= trace.source());
    let (source, all) = (trace.source(), trace.n_positions());
    let own = if is_decoder { source..all } else { 0..source };
    let columns = match trace.axes(name) {
        Axes::Units => 0..trace.graph().value(*node).ncols(),
        Axes::Source => 0..source,
        Axes::Own => own.clone(),
        Axes::UnitsByPosition => return None,
    };
    Some(Region { rows: own, columns })
}

/// The mean of values that have the same rows and columns, or one value alone.
fn matrix(scene: &Scene<'_>, names: &[String], region: &Region) -> Option<Array2<f32>> {
    let mut sum: Option<Array2<f32>> = None;
    for name in names {
        let all = scene.over_time(name)?;
        let end = [region.rows.end.min(all.nrows()), region.columns.end.min(all.ncols())];
        let part = all.slice(s![
            region.rows.start.min(end[0])..end[0],
            region.columns.start.min(end[1])..end[1]
        ]);
        match &mut sum {
            Some(sum) if sum.dim() == part.dim() => *sum += &part,
            Some(_) => return None,
            None => sum = Some(part.to_owned()),
        }
    }
    sum.map(|sum| sum / names.len() as f32)
}

/// Paints the mean of some values (one alone as it is) into a rectangle, a row for each position.
pub fn paint(ui: &Ui, scene: &mut Scene<'_>, names: &[String], rect: Rect) -> Option<Region> {
    let first = names.first()?;
    let region = region(scene.trace, first)?;
    let scale = scene.picture_scale(ui, first);
    let texture = texture(ui, scene, names, &region, &scale)?;
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture, rect, whole, Color32::WHITE);
    let dark = ui.visuals().dark_mode;
    let height = rect.height() / region.rows.len().max(1) as f32;
    let row = |at: usize| {
        let top = rect.top() + at as f32 * height;
        Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), height))
    };
    for (at, position) in region.rows.clone().enumerate() {
        if !scene.is_shown_at(first, position) {
            ui.painter().rect_filled(row(at), 0.0, theme::stage(dark));
        }
    }
    let stroke = Stroke::new(theme::HAIRLINE, theme::grid_line(dark));
    ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Outside);
    if let Some(at) = scene.now().checked_sub(region.rows.start)
        && at < region.rows.len()
    {
        let stroke = Stroke::new(theme::HAIRLINE, theme::accent(dark));
        ui.painter().rect_stroke(row(at), 0.0, stroke, StrokeKind::Outside);
    }
    Some(region)
}

/// A value as a matrix of a size: hovering says which entry of what, a click goes there.
pub fn picture_ui(ui: &mut Ui, scene: &mut Scene<'_>, name: &str, size: Vec2) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
    let Some(region) = paint(ui, scene, &[name.to_owned()], rect) else { return response };
    let count = region.rows.len() * region.columns.len();
    let at = |point| {
        let entry = cells::cell_at(rect, count, region.columns.len(), point)?;
        let columns = region.columns.len().max(1);
        Some((region.rows.start + entry / columns, region.columns.start + entry % columns))
    };
    let Some((position, column)) = response.hover_pos().and_then(at) else { return response };
    let value = scene.over_time(name).and_then(|all| all.get([position, column]).copied());
    let text = match value.filter(|value| !value.is_nan() && scene.is_shown_at(name, position)) {
        Some(value) => cells::entry_text(scene, name, &[], position as i32, column, value),
        None => format!("{name}[{position}]: {}", scene.tr("inspector.not_computed")),
    };
    if response.clicked() {
        let unit = Some(column - region.columns.start);
        scene.commands.push(Command::Select(Some(Selection::new(name, unit))));
        scene.commands.push(Command::Timeline(TimelineCommand::Position(position)));
    }
    response.on_hover_text_at_pointer(text)
}

/// The picture, made anew only when the run or the theme changes.
fn texture(
    ui: &Ui,
    scene: &mut Scene<'_>,
    names: &[String],
    region: &Region,
    scale: &Scale,
) -> Option<egui::TextureId> {
    let key = format!("ladder {} {} {:?}", names.join(" "), scale.dark, scene.shown());
    if let Some((run, texture)) = scene.memory.textures.get(&key)
        && *run == scene.run
    {
        return Some(texture.id());
    }
    let matrix = matrix(scene, names, region)?;
    // What a mask hides is as good as absent.
    let is_mask =
        names.first().is_some_and(|name| name.ends_with("mask") || name.ends_with("masked"));
    let color = |entry: &f32| {
        let is_hidden = is_mask && *entry == f32::NEG_INFINITY;
        theme::color(scale.rgb(if is_hidden { ABSENT } else { *entry }))
    };
    let pixels = matrix.iter().map(color).collect();
    let image = ColorImage::new([matrix.ncols(), matrix.nrows()], pixels);
    let texture = ui.ctx().load_texture(&key, image, TextureOptions::NEAREST);
    let id = texture.id();
    scene.memory.textures.insert(key, (scene.run, texture));
    Some(id)
}
