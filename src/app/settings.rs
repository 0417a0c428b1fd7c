//! What is kept about how the program looks and is used, and changing it.

use serde::{Deserialize, Deserializer, Serialize};

use super::actions::{self, ACTIONS, Action};
use super::shortcut::Shortcut;
use super::state::{Kept, State};
use super::update::fail;
use crate::view::command::SettingsCommand;
use crate::view::{tr, tr_with};

/// The usual size of everything on screen, in percent.
pub const NORMAL_SCALE: u32 = 100;
/// The sizes that keys step through, in percent.
pub const SCALES: [u32; 9] = [75, 80, 90, 100, 110, 125, 150, 175, 200];
/// What was chosen in the palette is remembered so far back.
const USED_KEPT: usize = 12;

/// The size of everything on screen, in percent, from 75 to 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Scale(u32);

impl Scale {
    /// The nearest possible size.
    #[must_use]
    pub fn new(percent: u32) -> Self {
        Self(percent.clamp(SCALES[0], SCALES[SCALES.len() - 1]))
    }

    /// In percent.
    #[must_use]
    pub fn percent(self) -> u32 {
        self.0
    }

    /// As a factor.
    #[must_use]
    pub fn factor(self) -> f32 {
        self.0 as f32 / NORMAL_SCALE as f32
    }

    /// The next size up or down, in percent.
    #[must_use]
    pub fn step(self, by: isize) -> u32 {
        let next = if by > 0 {
            SCALES.iter().find(|scale| **scale > self.0)
        } else {
            SCALES.iter().rev().find(|scale| **scale < self.0)
        };
        next.copied().unwrap_or(self.0)
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self(NORMAL_SCALE)
    }
}

impl<'de> Deserialize<'de> for Scale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self::new)
    }
}

/// Changes what is kept.
pub fn change(state: &mut State, command: SettingsCommand) {
    let kept = &mut state.kept;
    match command {
        SettingsCommand::Scale(percent) => kept.scale = Scale::new(percent),
        SettingsCommand::ReduceMotion(reduced) => kept.reduces_motion = reduced,
        SettingsCommand::Key(id, None) => {
            // Its own shortcut may be another's by now.
            let own = actions::find(&id).and_then(|action| {
                action.shortcuts.iter().find_map(|text| taken(kept, &id, text.parse().ok()?))
            });
            match own {
                Some(other) => refuse(state, other),
                None => {
                    kept.keys.remove(&id);
                }
            }
        }
        SettingsCommand::Key(id, Some(text)) => {
            let other = text.parse().ok().and_then(|shortcut| taken(kept, &id, shortcut));
            match other {
                Some(other) => refuse(state, other),
                None => {
                    kept.keys.insert(id, text);
                }
            }
        }
        // Ids that nobody knows here are another version's to forget.
        SettingsCommand::DefaultKeys => kept.keys.retain(|id, _| actions::find(id).is_none()),
        SettingsCommand::ForgetProgress => {
            kept.progress.clear();
            kept.answers.clear();
            kept.right.clear();
            kept.done.clear();
            kept.place = None;
        }
        SettingsCommand::Used(what) => {
            kept.used.retain(|known| *known != what);
            kept.used.push(what);
            let surplus = kept.used.len().saturating_sub(USED_KEPT);
            kept.used.drain(..surplus);
        }
    }
}

fn refuse(state: &mut State, other: &Action) {
    let language = state.kept.language;
    let words = [("action", tr(language, other.words))];
    let text = tr_with(language, "keys.taken", &words);
    fail(state, text);
}

/// The other action that has this shortcut than the one with this id.
#[must_use]
pub fn taken(kept: &Kept, id: &str, shortcut: Shortcut) -> Option<&'static Action> {
    let is_other = |other: &&Action| other.id() != id;
    ACTIONS.iter().filter(is_other).find(|other| other.shortcuts(&kept.keys).contains(&shortcut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Library;

    fn state() -> State {
        State::new(Kept::default(), Library::default())
    }

    fn set(state: &mut State, id: &str, key: Option<&str>) {
        change(state, SettingsCommand::Key(id.to_owned(), key.map(str::to_owned)));
    }

    #[test]
    fn a_shortcut_that_another_action_has_is_refused_by_its_name() {
        let mut state = state();
        set(&mut state, "reset", Some("Ctrl+K"));
        assert!(state.kept.keys.is_empty());
        let message = state.message.take().unwrap();
        let other = tr(state.kept.language, "actions.palette");
        assert!(message.is_error && message.text.contains(other), "{}", message.text);
        // Once the other has let it go, it can be had, and then the other cannot have it back.
        set(&mut state, "palette", Some("Ctrl+J"));
        set(&mut state, "reset", Some("Ctrl+K"));
        assert_eq!(state.kept.keys["reset"], "Ctrl+K");
        assert!(state.message.is_none());
        set(&mut state, "palette", None);
        assert_eq!(state.kept.keys["palette"], "Ctrl+J");
        assert!(state.message.is_some());
        change(&mut state, SettingsCommand::DefaultKeys);
        assert!(state.kept.keys.is_empty());
    }

    #[test]
    fn ids_of_another_version_are_kept_and_change_nothing() {
        let mut state = state();
        state.kept.keys.insert("teleport".to_owned(), "Ctrl+K".to_owned());
        set(&mut state, "reset", Some("F9"));
        change(&mut state, SettingsCommand::DefaultKeys);
        assert_eq!(state.kept.keys.len(), 1);
        assert!(taken(&state.kept, "reset", "Ctrl+K".parse().unwrap()).is_some());
    }

    #[test]
    fn sizes_step_through_the_list_and_end_there() {
        let mut scale = Scale::default();
        for expected in [110, 125, 150, 175, 200, 200] {
            scale = Scale::new(scale.step(1));
            assert_eq!(scale.percent(), expected);
        }
        assert_eq!(Scale::new(0).step(-1), 75);
        assert_eq!(Scale::new(95).step(1), 100);
        let read: Scale = serde_json::from_str("9999").unwrap();
        assert_eq!(read.percent(), 200);
    }
}
