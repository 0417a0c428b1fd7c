//! Drawing a view on a page, without a screen.

use std::path::Path;

use egui::epaint::ClippedShape;
use egui::style::ScrollStyle;
use egui::{CentralPanel, Context, Frame, Label, Margin, RichText, Ui, Vec2, ViewportId, vec2};
use image::{DynamicImage, ExtendedColorType, RgbImage};

use super::super::screenshot::Headless;
use super::super::{layout, offscreen};
use super::{ExportError, SIDES, Steps, format_of, numbers, shapes};
use crate::export::{TableFormat, figure, gif, svg};
use crate::trace::timeline::TimelineCommand;
use crate::view::command::ThemeChoice;
use crate::view::export::Format;
use crate::view::numbers::Numbers;
use crate::view::{Command, Scene, Shown, VIEWS, ViewSpec, theme, tr_with};

/// Pixels to a point of a PNG; an SVG's text is laid out as finely.
const DENSITY: f32 = 2.0;
/// Pixels to a point of an animation, which would be too large with more.
const DENSITY_MOVING: f32 = 1.0;
/// Frames until sizes that depend on each other have settled; more only while a view asks for them,
/// because it draws a large picture bit by bit.
const FRAMES: usize = 4;
const MOST_FRAMES: usize = 200;
/// The space around everything.
const MARGIN: i8 = 20;
/// How long a frame of an animation is seen, and the last one, in hundredths of a second.
const SHOWN: u16 = 60;
const SHOWN_LAST: u16 = 240;

/// A view on a page.
pub struct Page {
    window: Headless,
    view: &'static ViewSpec,
    size: Vec2,
    ctx: Context,
    textures: offscreen::Rasteriser,
    frames: usize,
}

impl Page {
    /// A view of a window's run.
    ///
    /// # Errors
    /// If there is no such view of the run, or no such page.
    pub fn new(
        mut window: Headless,
        view: &str,
        [width, height]: [u32; 2],
    ) -> Result<Self, ExportError> {
        if !SIDES.contains(&width) || !SIDES.contains(&height) {
            return Err(ExportError::Size(width, height));
        }
        let view = applicable(&mut window, view)?;
        window.state.kept.theme = ThemeChoice::Light;
        let ctx = Context::default();
        theme::apply(&ctx);
        ctx.set_theme(egui::ThemePreference::Light);
        ctx.all_styles_mut(|style| {
            // Nobody waits for a page, and nobody scrolls it.
            style.animation_time = 0.0;
            style.spacing.scroll = invisible();
        });
        let textures = offscreen::Rasteriser::default();
        let size = vec2(width as f32, height as f32);
        Ok(Self { window, view, size, ctx, textures, frames: 0 })
    }

    /// The page in a format; `steps` are those of an animation.
    ///
    /// # Errors
    /// If it cannot be drawn, or there are no such steps.
    pub fn write(&mut self, format: Format, steps: Option<Steps>) -> Result<Vec<u8>, ExportError> {
        match format {
            Format::Svg => self.svg(),
            Format::Png => self.png(),
            Format::Gif => self.gif(steps, &mut |_| ()),
            Format::Csv => self.table(TableFormat::Csv),
            Format::Json => self.table(TableFormat::Json),
            Format::Safetensors => self.table(TableFormat::Safetensors),
        }
    }

    /// The same in the format that a file's name asks for; `done` hears the share of a long work.
    ///
    /// # Errors
    /// As [`Self::write`], and if the ending says no format.
    pub fn write_as(
        &mut self,
        path: &Path,
        steps: Option<Steps>,
        done: &mut dyn FnMut(f32),
    ) -> Result<Vec<u8>, ExportError> {
        match format_of(path)? {
            Format::Gif => self.gif(steps, done),
            format => self.write(format, steps),
        }
    }

    /// The page as vectors.
    ///
    /// # Errors
    /// If an image on it cannot be encoded.
    pub fn svg(&mut self) -> Result<Vec<u8>, ExportError> {
        let shapes = self.settle(DENSITY);
        let memory = &self.window.memory;
        let picture = shapes::picture(&shapes, self.size, &self.textures, &memory.math);
        let title = self.with_scene(title).unwrap_or_default();
        Ok(svg::svg(&picture, &title)?)
    }

    /// The page as pixels.
    ///
    /// # Errors
    /// If they cannot be encoded.
    pub fn png(&mut self) -> Result<Vec<u8>, ExportError> {
        let image = self.image(DENSITY);
        let (width, height) = image.dimensions();
        Ok(figure::png(image.as_raw(), width, height, ExtendedColorType::Rgb8)?)
    }

    /// Some steps as an animation; all positions, one a frame, where nobody says which. `done` hears
    /// the share that is drawn.
    ///
    /// # Errors
    /// If there are no such steps or too many.
    pub fn gif(
        &mut self,
        steps: Option<Steps>,
        done: &mut dyn FnMut(f32),
    ) -> Result<Vec<u8>, ExportError> {
        let Some(run) = self.window.state.run.clone() else { return Err(ExportError::NoRun) };
        let positions = run.trace.n_positions();
        let by = self.window.state.timeline.granularity();
        let steps = steps.unwrap_or(Steps { from: 0, to: positions.saturating_sub(1), by });
        let cursors = match (&self.window.state.back, &run.backward) {
            (Some(_), Some(backward)) => steps.cursors(&**backward, positions)?,
            _ => steps.cursors(&*run.trace, positions)?,
        };
        let mut animation = gif::Animation::default();
        for (at, cursor) in cursors.iter().enumerate() {
            self.window.command(Command::Timeline(TimelineCommand::Cursor(*cursor)));
            animation.push(self.image(DENSITY_MOVING));
            done((at + 1) as f32 / cursors.len() as f32);
        }
        Ok(animation.write(SHOWN, SHOWN_LAST)?)
    }

    /// What the view shows as numbers.
    ///
    /// # Errors
    /// If there is more than the format can hold.
    pub fn table(&mut self, format: TableFormat) -> Result<Vec<u8>, ExportError> {
        // What is measured while it is looked at is part of the numbers.
        self.settle(DENSITY_MOVING);
        let written = self.with_scene(|view, scene| {
            let numbers = (view.numbers)(scene);
            numbers::write(scene.trace, &numbers, format)
        });
        written.ok_or(ExportError::NoRun)?
    }

    /// The page as it is now.
    fn image(&mut self, density: f32) -> RgbImage {
        let shapes = self.settle(density);
        let triangles = self.ctx.tessellate(shapes, density);
        let [width, height] = (self.size * density).into();
        let image = self.textures.paint(
            width.round() as usize,
            height.round() as usize,
            density,
            &triangles,
        );
        DynamicImage::ImageRgba8(image).to_rgb8()
    }

    /// Draws frames until nothing changes any more; gives the last one.
    fn settle(&mut self, density: f32) -> Vec<ClippedShape> {
        let mut shapes = Vec::new();
        let heading = self.with_scene(Heading::of).unwrap_or_default();
        for frame in 0..MOST_FRAMES {
            let input = offscreen::input(self.size, density, self.frames);
            self.frames += 1;
            let (window, view) = (&mut self.window, self.view);
            let mut output = self.ctx.run_ui(input, |ui| page_ui(ui, window, view, &heading));
            self.textures.apply(&mut output.textures_delta);
            shapes = output.shapes;
            let wants_more = output
                .viewport_output
                .get(&ViewportId::ROOT)
                .is_some_and(|viewport| viewport.repaint_delay.is_zero());
            if frame + 1 >= FRAMES && !wants_more {
                break;
            }
        }
        shapes
    }

    fn with_scene<T>(&mut self, of: impl FnOnce(&ViewSpec, &mut Scene<'_>) -> T) -> Option<T> {
        let Headless { state, memory, .. } = &mut self.window;
        let run = state.run.as_ref()?;
        Some(of(self.view, &mut layout::scene(state, run, memory, &mut Vec::new())))
    }
}

/// The view of this name, if the run has it.
fn applicable(window: &mut Headless, id: &str) -> Result<&'static ViewSpec, ExportError> {
    let Headless { state, memory, .. } = window;
    let run = state.run.as_ref().ok_or(ExportError::NoRun)?;
    let mut nothing = Vec::new();
    let scene = layout::scene(state, run, memory, &mut nothing);
    let mut there_are = VIEWS.iter().filter(|view| scene.can_print(view));
    there_are.clone().find(|view| view.id == id).ok_or_else(|| {
        let mut known = Vec::new();
        known.extend(there_are.by_ref().map(|view| view.id));
        let (id, model) = (id.to_owned(), run.trace.model().to_owned());
        ExportError::NoView { id, model, known: known.join(", ") }
    })
}

/// A page has no bars to scroll it.
fn invisible() -> ScrollStyle {
    ScrollStyle {
        bar_width: 0.0,
        floating_allocated_width: 0.0,
        floating: true,
        dormant_handle_opacity: 0.0,
        active_handle_opacity: 0.0,
        interact_handle_opacity: 0.0,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.0,
        ..ScrollStyle::default()
    }
}

/// Title and caption, and the view in the room below.
fn page_ui(ui: &mut Ui, window: &mut Headless, view: &ViewSpec, heading: &Heading) {
    let frame = Frame::new().fill(theme::stage(false)).inner_margin(Margin::same(MARGIN));
    let mut commands = Vec::new();
    CentralPanel::default().frame(frame).show(ui, |ui| {
        let Headless { state, memory, .. } = window;
        let Some(run) = &state.run else { return };
        let mut scene = layout::scene(state, run, memory, &mut commands);
        scene.for_print = true;
        header_ui(ui, heading, &scene);
        let room = ui.available_rect_before_wrap();
        layout::view_ui(ui, view, &mut scene, room);
    });
    // What a view has measured for it is there in the next frame.
    window.carry_out(commands);
}

/// What is said above a view.
#[derive(Clone, Debug, Default)]
struct Heading {
    title: String,
    /// What a value means that is shown alone.
    meaning: Option<&'static str>,
}

impl Heading {
    fn of(view: &ViewSpec, scene: &mut Scene<'_>) -> Self {
        let meaning = single(view, scene).and_then(|name| scene.meaning(&name));
        Self { title: title(view, scene), meaning }
    }
}

/// What the view is of: its name, and the value where it shows one alone.
fn title(view: &ViewSpec, scene: &mut Scene<'_>) -> String {
    let words = scene.tr(view.title);
    match single(view, scene) {
        Some(name) => {
            tr_with(scene.language, "export.title_of", &[("view", words), ("name", &name)])
        }
        None => words.to_owned(),
    }
}

/// The value of a view that shows one alone.
fn single(view: &ViewSpec, scene: &mut Scene<'_>) -> Option<String> {
    match (view.numbers)(scene) {
        Numbers::Values(mut names) if names.len() == 1 => names.pop(),
        _ => None,
    }
}

fn header_ui(ui: &mut Ui, heading: &Heading, scene: &Scene<'_>) {
    let text = RichText::new(&heading.title).text_style(egui::TextStyle::Heading);
    ui.spacing_mut().item_spacing.y = theme::GAP_SMALL;
    ui.add(Label::new(text).truncate());
    if let Some(meaning) = heading.meaning {
        ui.add(Label::new(RichText::new(meaning)).truncate());
    }
    for line in captions(scene) {
        ui.add(Label::new(RichText::new(line).small().weak()).truncate());
    }
    ui.add_space(theme::GAP);
    ui.spacing_mut().item_spacing.y = theme::GAP;
}

/// Model and input, how far it is computed, and what was changed from outside.
fn captions(scene: &Scene<'_>) -> Vec<String> {
    let trace = scene.trace;
    let models: Vec<&str> = scene.all_runs().map(|run| run.label).collect();
    let words = [("models", models.join(", ")), ("input", trace.text().to_owned())];
    let words = words.each_ref().map(|(key, text)| (*key, text.as_str()));
    let mut lines = vec![tr_with(scene.language, "export.caption", &words)];
    let (timeline, walk) = scene.walk();
    let is_back = scene.walk_back().is_some();
    if timeline.cursor() < walk.walk().all().len() || is_back {
        let key = if is_back { "export.back_at" } else { "export.at" };
        let last = trace.n_positions().saturating_sub(1).to_string();
        let words = [("position", &*scene.now().to_string()), ("last", &*last)];
        lines.push(tr_with(scene.language, key, &words));
    }
    let changes: Vec<String> = trace.interventions().iter().map(ToString::to_string).collect();
    if !changes.is_empty() {
        let words = [("changes", &*changes.join(", "))];
        lines.push(tr_with(scene.language, "export.changes", &words));
    }
    let shown = match scene.shown() {
        Shown::Value => None,
        Shown::Gradient => Some("views.shown_gradient"),
        Shown::Difference => Some("views.shown_difference"),
    };
    lines.extend(shown.map(|key| scene.tr(key).to_owned()));
    lines
}
