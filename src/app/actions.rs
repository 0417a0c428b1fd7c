//! Everything that can be done with one key or one word. Keys, the sheet of keys, the palette and the settings are
//! generated from [`ACTIONS`], so an action is added by a line here and a line of words in each language.

use std::collections::BTreeMap;

use super::hide;
use super::presenter::GROWS;
use super::settings;
use super::shortcut::Shortcut;
use super::state::State;
use crate::trace::timeline::{Granularity, TimelineCommand};
use crate::view::command::{
    BreakpointCommand, CompareCommand, Export, InterveneCommand, PresentCommand, Purpose,
    SettingsCommand, Sheet, Spot,
};
use crate::view::{Command, Language, Panel};

/// One thing that can be done.
pub struct Action {
    /// The key of its words; what follows the dot is its id.
    pub words: &'static str,
    /// What it stands with on the sheet of keys.
    pub group: Group,
    /// Where it can be done at all.
    pub when: When,
    /// Its shortcuts unless the learner chose another, the one to be shown first; see [`Shortcut`].
    pub shortcuts: &'static [&'static str],
    /// The command, where it can be done now.
    pub command: fn(&Situation<'_>) -> Option<Command>,
}

/// What belongs together, in the order of the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Through the run.
    Run,
    /// Values, and what changes them.
    Values,
    /// While presenting.
    Presenter,
    /// Through the course.
    Course,
    /// Opening and saving.
    Files,
    /// The window itself.
    Window,
}

/// Where an action can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Everywhere, also while a sheet lies over the page.
    Anywhere,
    /// On every page, under no sheet.
    Page,
    /// Beside a stage, in a lesson or with a text of one's own, under no sheet.
    Lesson,
    /// In a lesson that is presented, under no sheet; it comes before what its keys do otherwise.
    Presenting,
}

/// What an action can know.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The window's state.
    pub state: &'a State,
    /// The window's width, in points.
    pub width: f32,
}

/// All actions. No two that could mean the same press share a shortcut; a test holds that.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of a type with a lifetime is less general than the closure"
)]
pub const ACTIONS: &[Action] = {
    use Group::{Course, Files, Presenter, Run, Values, Window};
    use PresentCommand::{Blank, Notes, Spotlight, Toggle};
    use TimelineCommand::{Back, End, Forward, Home, TogglePlay};
    use When::{Anywhere, Lesson, Page, Presenting};
    const TOKEN: Option<Granularity> = Some(Granularity::Token);
    &[
        act("actions.next_page", Presenter, Presenting, &["PageDown"], |s| s.page(1)),
        act("actions.previous_page", Presenter, Presenting, &["PageUp"], |s| s.page(-1)),
        act("actions.panel_lesson", Presenter, Presenting, &["1"], |s| s.panel(0)),
        act("actions.panel_stage", Presenter, Presenting, &["2"], |s| s.panel(1)),
        act("actions.panel_timeline", Presenter, Presenting, &["3"], |s| s.panel(2)),
        act("actions.panel_inspector", Presenter, Presenting, &["4"], |s| s.panel(3)),
        act("actions.spotlight", Presenter, Presenting, &["S"], |_| present(Spotlight)),
        act("actions.wider", Presenter, Presenting, &["+", "="], |s| s.radius(GROWS)),
        act("actions.narrower", Presenter, Presenting, &["-"], |s| s.radius(GROWS.recip())),
        act("actions.presenter_notes", Presenter, Presenting, &["N"], |_| present(Notes)),
        act("actions.blank", Presenter, Presenting, &["B", "."], |_| present(Blank)),
        act("actions.leave", Presenter, Presenting, &["Escape"], |s| s.leave()),
        act("actions.play", Run, Lesson, &["Space"], |s| s.timeline(TogglePlay)),
        act("actions.forward", Run, Lesson, &["→"], |s| s.timeline(Forward(None))),
        act("actions.back", Run, Lesson, &["←"], |s| s.timeline(Back(None))),
        act("actions.next_token", Run, Lesson, &["Shift+→"], |s| s.timeline(Forward(TOKEN))),
        act("actions.previous_token", Run, Lesson, &["Shift+←"], |s| s.timeline(Back(TOKEN))),
        act("actions.start", Run, Lesson, &["Home"], |s| s.timeline(Home)),
        act("actions.end", Run, Lesson, &["End"], |s| s.timeline(End)),
        act("actions.go_to", Run, Lesson, &["G"], |s| s.sheet(Sheet::Position)),
        act("actions.by_token", Run, Lesson, &["T"], |s| s.by(Granularity::Token)),
        act("actions.by_layer", Run, Lesson, &["L"], |s| s.by(Granularity::Layer)),
        act("actions.by_operation", Run, Lesson, &["O"], |s| s.by(Granularity::Operation)),
        act("actions.faster", Run, Lesson, &["+", "="], |s| s.faster(1.25)),
        act("actions.slower", Run, Lesson, &["-"], |s| s.faster(0.8)),
        act("actions.walk_back", Run, Lesson, &["W"], |s| s.walk_back()),
        act("actions.loss_here", Run, Lesson, &["Shift+W"], |s| {
            s.position().map(|now| Command::LossAt(Some(now)))
        }),
        act("actions.breakpoints", Run, Lesson, &["B"], |s| s.sheet(Sheet::Breakpoints)),
        act("actions.next_mark", Run, Lesson, &["N"], |s| s.mark(BreakpointCommand::Next)),
        act("actions.previous_mark", Run, Lesson, &["Shift+N"], |s| {
            s.mark(BreakpointCommand::Previous)
        }),
        act("actions.reset", Run, Lesson, &["R"], |_| Some(Command::Reset)),
        act("actions.inspector", Values, Lesson, &["I"], |s| {
            Some(Command::ShowInspector(!s.state.shows_inspector(s.width)))
        }),
        act("actions.pin", Values, Lesson, &["P"], |s| s.pin()),
        act("actions.change", Values, Lesson, &["C"], |s| {
            Some(Command::AskIntervention(Some(s.spot()?)))
        }),
        act("actions.difference", Values, Lesson, &["D"], |s| {
            s.state.baseline.as_ref()?;
            Some(Command::ShowDifference(!s.state.shows_difference))
        }),
        act("actions.lift_all", Values, Lesson, &[], |s| {
            let any = !(s.state.interventions.is_empty() && s.state.resting.is_empty());
            any.then_some(Command::Interventions(InterveneCommand::LiftAll))
        }),
        act("actions.keep", Values, Lesson, &["K"], |_| {
            Some(Command::Compare(CompareCommand::Keep))
        }),
        act("actions.restore_input", Values, Lesson, &[], |s| {
            s.state.has_other_input().then_some(Command::RestoreInput)
        }),
        act("actions.next_stop", Course, Lesson, &["Ctrl+→"], |s| s.stop(1)),
        act("actions.previous_stop", Course, Lesson, &["Ctrl+←"], |s| s.stop(-1)),
        act("actions.next_lesson", Course, Lesson, &["Alt+→"], |s| s.lesson(1)),
        act("actions.previous_lesson", Course, Lesson, &["Alt+←"], |s| s.lesson(-1)),
        act("actions.map", Course, Lesson, &["M"], |_| Some(Command::OpenMap)),
        act("actions.resume", Course, Page, &[], |s| s.resume()),
        act("actions.notes", Course, Page, &[], |s| {
            Some(Command::ShowNotes(!s.state.kept.instructor_notes))
        }),
        act("actions.present", Course, Lesson, &["F5"], |s| {
            s.state.lesson.as_ref().and_then(|_| present(Toggle))
        }),
        act("actions.save_session", Files, Page, &["Ctrl+S"], |_| Some(Command::SaveSession)),
        act("actions.save_session_as", Files, Page, &["Ctrl+Shift+S"], |_| {
            choose(Purpose::Save(Export::Session))
        }),
        act("actions.hide", Files, Lesson, &[], |s| s.sheet(Sheet::Hide)),
        act("actions.show_all", Files, Page, &[], |s| {
            (!s.state.hidden.is_empty()).then_some(Command::ShowAll)
        }),
        act("actions.open_lessons", Files, Page, &[], |_| choose(Purpose::Folder)),
        act("actions.open_file", Files, Page, &["Ctrl+O"], |_| choose(Purpose::File)),
        act("actions.own_text", Files, Page, &[], |_| Some(Command::OpenOwnText)),
        act("actions.save_weights", Files, Lesson, &[], |s| {
            s.state.run.as_ref().and_then(|_| choose(Purpose::Save(Export::Weights)))
        }),
        act("actions.export", Files, Page, &["Ctrl+E"], |s| s.sheet(Sheet::Export)),
        act("actions.palette", Window, Anywhere, &["Ctrl+K"], |s| s.toggle(Sheet::Palette)),
        act("actions.settings", Window, Anywhere, &["Ctrl+,"], |s| s.toggle(Sheet::Settings)),
        act("actions.help", Window, Anywhere, &["?"], |s| s.toggle(Sheet::Keys)),
        act("actions.larger", Window, Anywhere, &["Ctrl++", "Ctrl+="], |s| s.scale(1)),
        act("actions.smaller", Window, Anywhere, &["Ctrl+-"], |s| s.scale(-1)),
        act("actions.normal_size", Window, Anywhere, &["Ctrl+0"], |_| {
            let normal = SettingsCommand::Scale(settings::NORMAL_SCALE);
            Some(Command::Settings(normal))
        }),
        act("actions.language", Window, Anywhere, &[], |s| {
            let other = |language: &Language| *language != s.state.kept.language;
            Language::ALL.into_iter().find(other).map(Command::SetLanguage)
        }),
    ]
};

const fn act(
    words: &'static str,
    group: Group,
    when: When,
    shortcuts: &'static [&'static str],
    command: fn(&Situation<'_>) -> Option<Command>,
) -> Action {
    Action { words, group, when, shortcuts, command }
}

impl Action {
    /// Its name in what is kept from session to session.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.words.rsplit('.').next().unwrap_or(self.words)
    }

    /// What to do now, where it can be done now.
    #[must_use]
    pub fn now(&self, situation: &Situation<'_>) -> Option<Command> {
        let command = self.when.holds(situation.state).then(|| (self.command)(situation));
        command.flatten().filter(|command| !hide::rests(situation.state, command))
    }

    /// The same where the sheet that is open is about to be closed.
    #[must_use]
    pub fn beneath(&self, situation: &Situation<'_>) -> Option<Command> {
        let has_page = self.when != When::Lesson || situation.state.has_stage();
        has_page.then(|| (self.command)(situation)).flatten()
    }

    /// The shortcuts in force, given those that the learner chose: the chosen one, or its own.
    #[must_use]
    pub fn shortcuts(&self, chosen: &BTreeMap<String, String>) -> Vec<Shortcut> {
        match chosen.get(self.id()) {
            Some(text) if text.is_empty() => Vec::new(),
            // What cannot be read was written by another version.
            Some(text) if let Ok(shortcut) = text.parse() => vec![shortcut],
            _ => self.shortcuts.iter().filter_map(|text| text.parse().ok()).collect(),
        }
    }

    /// How it is pressed, for sheets and menus; nothing where it has no key.
    #[must_use]
    pub fn keys(&self, chosen: &BTreeMap<String, String>) -> String {
        self.shortcuts(chosen).first().map_or_else(String::new, ToString::to_string)
    }
}

impl Group {
    /// All of them, in the order of the sheet.
    pub const ALL: [Self; 6] =
        [Self::Run, Self::Values, Self::Course, Self::Presenter, Self::Files, Self::Window];

    /// The key of its words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Run => "keys.run",
            Self::Values => "keys.values",
            Self::Course => "keys.course",
            Self::Presenter => "keys.presenting",
            Self::Files => "keys.files",
            Self::Window => "keys.window",
        }
    }
}

impl When {
    fn holds(self, state: &State) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Page => state.sheet.is_none(),
            Self::Lesson => state.sheet.is_none() && state.has_stage(),
            Self::Presenting => state.presenter.is_on && Self::Lesson.holds(state),
        }
    }
}

/// The action with an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.id() == id)
}

/// The command of a key that was pressed.
#[must_use]
pub fn pressed(shortcut: Shortcut, situation: &Situation<'_>) -> Option<Command> {
    let chosen = &situation.state.kept.keys;
    let mut bound = ACTIONS.iter().filter(|action| action.shortcuts(chosen).contains(&shortcut));
    bound.find_map(|action| action.now(situation))
}

#[expect(clippy::unnecessary_wraps, reason = "as `Action::command` wants it")]
fn choose(purpose: Purpose) -> Option<Command> {
    Some(Command::Choose(purpose))
}

#[expect(clippy::unnecessary_wraps, reason = "as `Action::command` wants it")]
fn present(command: PresentCommand) -> Option<Command> {
    Some(Command::Present(command))
}

#[expect(clippy::unnecessary_wraps, reason = "as `Action::command` wants it")]
impl Situation<'_> {
    fn timeline(&self, command: TimelineCommand) -> Option<Command> {
        self.state.run.as_ref()?;
        Some(Command::Timeline(command))
    }

    fn by(&self, granularity: Granularity) -> Option<Command> {
        self.timeline(TimelineCommand::Granularity(granularity))
    }

    fn faster(&self, factor: f32) -> Option<Command> {
        let walk = self.state.back.as_ref().unwrap_or(&self.state.timeline);
        self.timeline(TimelineCommand::Speed(walk.speed() * factor))
    }

    fn mark(&self, command: BreakpointCommand) -> Option<Command> {
        self.state.marks.iter().any(|marks| !marks.at.is_empty()).then_some(())?;
        Some(Command::Breakpoint(command))
    }

    /// Also where there is no loss: the learner is told so.
    fn walk_back(&self) -> Option<Command> {
        Some(Command::WalkBack(self.state.back.is_none()))
    }

    #[expect(clippy::unused_self, reason = "reads like the others")]
    fn sheet(&self, sheet: Sheet) -> Option<Command> {
        Some(Command::Sheet(Some(sheet)))
    }

    fn toggle(&self, sheet: Sheet) -> Option<Command> {
        Some(Command::Sheet(Some(sheet).filter(|sheet| self.state.sheet != Some(*sheet))))
    }

    /// Where the learner stands, in the walk that they are in.
    fn position(&self) -> Option<usize> {
        let run = self.state.run.as_ref()?;
        Some(match (&self.state.back, &run.backward) {
            (Some(back), Some(backward)) => back.position(&**backward),
            _ => self.state.timeline.position(&*run.trace),
        })
    }

    /// The value that is looked at, where the learner stands.
    fn spot(&self) -> Option<Spot> {
        let selection = self.state.selection.as_ref()?;
        let place = selection.place(self.position()?);
        Some(Spot { name: place.name, position: place.position, unit: selection.unit })
    }

    fn pin(&self) -> Option<Command> {
        let selection = self.state.selection.clone()?;
        let pinned = self.state.pinned.iter().position(|pinned| *pinned == selection);
        Some(pinned.map_or(Command::Pin(selection), Command::Unpin))
    }

    fn stop(&self, by: isize) -> Option<Command> {
        let open = self.state.lesson.as_ref()?;
        let to = open.stop.checked_add_signed(by)?;
        (to <= open.lesson.stops.len()).then_some(Command::Stop(to))
    }

    /// A clicker's next or previous page; of a black screen, light again.
    fn page(&self, by: isize) -> Option<Command> {
        if self.state.presenter.is_blank { present(PresentCommand::Blank) } else { self.stop(by) }
    }

    #[expect(clippy::unused_self, reason = "reads like the others")]
    fn panel(&self, at: usize) -> Option<Command> {
        present(PresentCommand::Panel(*Panel::ALL.get(at)?))
    }

    fn radius(&self, factor: f32) -> Option<Command> {
        self.state.presenter.spotlight.then_some(())?;
        present(PresentCommand::Radius(factor))
    }

    /// A panel over the page is closed first, by itself.
    fn leave(&self) -> Option<Command> {
        self.state.intervening.is_none().then_some(())?;
        let is_blank = self.state.presenter.is_blank;
        present(if is_blank { PresentCommand::Blank } else { PresentCommand::Toggle })
    }

    fn lesson(&self, by: isize) -> Option<Command> {
        let open = self.state.lesson.as_ref()?;
        let at = self.state.library.ids().position(|id| id == open.lesson.id)?;
        let id = self.state.library.ids().nth(at.checked_add_signed(by)?)?;
        Some(Command::OpenLesson(id.to_owned()))
    }

    fn resume(&self) -> Option<Command> {
        self.state.lesson.is_none().then_some(())?;
        let (id, stop) = self.state.kept.place.clone()?;
        self.state.library.ids().any(|known| known == id).then(|| Command::OpenStop(id, stop))
    }

    fn scale(&self, by: isize) -> Option<Command> {
        let scale = self.state.kept.scale.step(by);
        Some(Command::Settings(SettingsCommand::Scale(scale)))
    }
}

#[cfg(test)]
#[path = "actions_tests.rs"]
mod tests;
