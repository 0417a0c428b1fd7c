//! What is wrong with the lesson, where its author reads it: below the block that it is in.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use egui::{CollapsingHeader, Response, RichText, Ui};

use super::{Page, blocks};
use crate::lesson::{Diagnostic, Lesson, Seen, Severity, check_stop};
use crate::view::{Command, Scene, theme, tr_with};

/// Lines that are shown; the first mistakes often cause the others.
const MOST: usize = 5;

/// What is wrong with a stop on a run, kept until one of them changes.
#[derive(Default)]
pub struct Remarks {
    lesson: Arc<Lesson>,
    of: Option<Of>,
    found: Rc<[Diagnostic]>,
}

/// What the remarks were found for, besides the lesson.
#[derive(Clone, Copy, PartialEq)]
struct Of {
    stop: usize,
    run: u64,
    now: usize,
    is_own: bool,
}

impl Remarks {
    /// The remarks on stop `stop` (0 is the opening) beside run number `run`, with the learner at `now`; `is_own` if that is
    /// the run that the stop asks for.
    pub fn of(
        &mut self,
        lesson: &Arc<Lesson>,
        stop: usize,
        (run, values): (u64, &Seen<'_>),
        now: usize,
        is_own: bool,
    ) -> Rc<[Diagnostic]> {
        let of = Of { stop, run, now, is_own };
        if self.of != Some(of) || !Arc::ptr_eq(&self.lesson, lesson) {
            self.lesson = Arc::clone(lesson);
            self.of = Some(of);
            self.found = check_stop(lesson, stop.checked_sub(1), values, now, is_own).into();
        }
        Rc::clone(&self.found)
    }

    /// The remarks found last, while a run is on its way, and whether they were about the stop's own run.
    #[must_use]
    pub fn last(&self) -> (Rc<[Diagnostic]>, bool) {
        (Rc::clone(&self.found), self.of.is_some_and(|of| of.is_own))
    }
}

/// Draws above the page what does not stand in the blocks of this stop: in the front matter, in a
/// stage block, or at another stop, where a click leads.
pub(super) fn above(ui: &mut Ui, scene: &mut Scene<'_>, page: &Page<'_>) {
    let dark = ui.visuals().dark_mode;
    if let Some(problem) = page.stale {
        let text = tr_with(scene.language, "lesson.stale", &[("problem", problem)]);
        ui.label(RichText::new(text).small().color(theme::warning(dark)));
        ui.add_space(theme::GAP_SMALL);
    }
    let own = page.lines();
    let elsewhere: Vec<_> = certain(page).filter(|found| !own.contains(&found.line)).collect();
    for diagnostic in elsewhere.iter().take(MOST) {
        let color = color(diagnostic, dark);
        let stop = stop_of(page.lesson, diagnostic.line);
        let response = line(ui, scene, page, diagnostic, color);
        if stop != page.stop && response.interact(egui::Sense::click()).clicked() {
            scene.commands.push(Command::Stop(stop));
        }
    }
    // After a learner's own change it is no mistake that a passage has nothing to say; whoever wonders can look.
    if !page.is_own_run && !page.remarks.is_empty() {
        let count = page.remarks.len().to_string();
        let title = tr_with(scene.language, "lesson.off_this_run", &[("count", &count)]);
        let title = RichText::new(title).small().weak();
        CollapsingHeader::new(title).id_salt(("remarks", page.stop)).show(ui, |ui| {
            for diagnostic in page.remarks.iter().take(MOST) {
                line(ui, scene, page, diagnostic, theme::weak_text(dark));
            }
        });
    }
}

/// Draws what is wrong in these lines of the file, below the block that stands in them.
pub(super) fn beside(ui: &mut Ui, scene: &Scene<'_>, page: &Page<'_>, lines: Range<usize>) {
    let dark = ui.visuals().dark_mode;
    for diagnostic in certain(page).filter(|found| lines.contains(&found.line)).take(MOST) {
        let color = color(diagnostic, dark);
        blocks::beside(ui, color, |ui| {
            line(ui, scene, page, diagnostic, color);
        });
        ui.add_space(theme::GAP);
    }
}

/// What is wrong whatever the learner does: as it is written, or on the run that the stop asks for.
fn certain<'a>(page: &Page<'a>) -> impl Iterator<Item = &'a Diagnostic> + use<'a> {
    let is_own_run = page.is_own_run;
    page.diagnostics.iter().chain(page.remarks.iter().filter(move |_| is_own_run))
}

fn color(diagnostic: &Diagnostic, dark: bool) -> egui::Color32 {
    match diagnostic.severity {
        Severity::Error => theme::error(dark),
        Severity::Warning => theme::warning(dark),
    }
}

/// The stop that a line of the file belongs to; 0 is the opening.
fn stop_of(lesson: &Lesson, line: usize) -> usize {
    lesson.stops.partition_point(|stop| stop.place.line <= line)
}

fn line(
    ui: &mut Ui,
    scene: &Scene<'_>,
    page: &Page<'_>,
    diagnostic: &Diagnostic,
    color: egui::Color32,
) -> Response {
    let Diagnostic { line, column, message, hint, .. } = diagnostic;
    let hint = hint.as_deref().map_or(String::new(), |hint| format!(" ({hint})"));
    let text = format!("{}:{line}:{column}  {message}{hint}", page.file);
    ui.label(RichText::new(text).small().color(color))
        .on_hover_text(scene.tr("lesson.diagnostic_hint"))
}
