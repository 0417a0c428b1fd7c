//! Everything that can be found by its name.

use super::{Entry, Kind, open, place};
use crate::app::actions::{ACTIONS, Situation};
use crate::app::hide;
use crate::app::messages::theme_words;
use crate::app::settings::SCALES;
use crate::app::state::State;
use crate::lesson::plain_text;
use crate::models::MODELS;
use crate::view::command::{SettingsCommand, ThemeChoice};
use crate::view::{Command, Language, Selection, VIEWS, tr, tr_with};

/// All entries that can be chosen now, in the order of the course and of the registries.
pub(super) fn all(state: &State) -> Vec<Entry> {
    let mut entries = lessons(state);
    if let Some(run) = state.run.as_ref().filter(|_| state.has_stage()) {
        entries.extend(values(state, &run.trace));
        entries.extend(models());
        for view in VIEWS.iter().filter(|view| (view.applies)(&run.trace)) {
            let command = Command::ToggleView(view.id.to_owned());
            let mut entry = worded(state, Kind::View, view.id, view.title, command);
            tr(state.kept.language, view.hint).clone_into(&mut entry.detail);
            entries.push(entry);
        }
    }
    entries.extend(actions(state));
    entries.extend(settings(state));
    entries.retain(|entry| !hide::rests(state, &entry.command));
    entries
}

/// An entry whose words are those of the window.
fn worded(state: &State, kind: Kind, id: &str, words: &'static str, command: Command) -> Entry {
    let language = state.kept.language;
    let others = Language::ALL.into_iter().filter(|other| *other != language);
    let mut also: Vec<String> = others.map(|other| tr(other, words).to_owned()).collect();
    also.push(id.to_owned());
    let title = tr(language, words).to_owned();
    Entry { kind, id: format!("{kind:?} {id}"), title, detail: String::new(), also, command }
}

fn lessons(state: &State) -> Vec<Entry> {
    let language = state.kept.language.code();
    let mut entries = Vec::new();
    for id in state.library.ids() {
        let Some(found) = state.library.get(language, id) else { continue };
        let others = state.library.languages(id).filter(|other| *other != found.language);
        let others: Vec<_> =
            others.filter_map(|other| state.library.get(other, id)).map(|f| f.lesson).collect();
        let lesson = found.lesson;
        let mut also: Vec<String> = others.iter().map(|other| other.title.clone()).collect();
        also.extend([id.to_owned(), lesson.title.clone()]);
        entries.push(Entry {
            kind: Kind::Lesson,
            id: format!("stop {id} 0"),
            title: format!("{:02} {}", lesson.number, lesson.title),
            detail: plain_text(&lesson.problem),
            also,
            command: open(id, 0),
        });
        for (at, stop) in lesson.stops.iter().enumerate() {
            let twins = others.iter().filter_map(|other| other.stops.get(at));
            entries.push(Entry {
                kind: Kind::Lesson,
                id: format!("stop {id} {}", at + 1),
                title: plain_text(&stop.title),
                detail: place(state, id, at + 1),
                also: twins.map(|twin| plain_text(&twin.title)).collect(),
                command: open(id, at + 1),
            });
        }
    }
    entries
}

fn values<'a>(
    state: &State,
    trace: &'a crate::trace::Trace,
) -> impl Iterator<Item = Entry> + use<'a> {
    let language = state.kept.language;
    trace.graph().names().iter().map(move |named| {
        let doc = trace.doc(&named.name);
        let detail = doc.map_or("", |doc| match language {
            Language::English => doc.en,
            Language::Chinese => doc.zh,
        });
        let mut also = vec![named.symbol.clone()];
        also.extend(doc.map(|doc| doc.zh.to_owned()));
        Entry {
            kind: Kind::Value,
            id: format!("value {}", named.name),
            title: named.name.clone(),
            detail: detail.to_owned(),
            also,
            command: Command::Select(Some(Selection::new(named.name.clone(), None))),
        }
    })
}

fn models() -> impl Iterator<Item = Entry> {
    MODELS.iter().flat_map(|spec| {
        spec.ids().into_iter().map(|id| Entry {
            kind: Kind::Model,
            id: format!("model {id}"),
            title: id.clone(),
            detail: spec.title.to_owned(),
            also: vec![spec.title.to_owned()],
            command: Command::SetModel(id),
        })
    })
}

fn actions(state: &State) -> impl Iterator<Item = Entry> {
    let situation = Situation { state, width: f32::INFINITY };
    ACTIONS.iter().filter(|action| action.id() != "palette").filter_map(move |action| {
        let command = action.beneath(&situation)?;
        let mut entry = worded(state, Kind::Action, action.id(), action.words, command);
        entry.detail = action.keys(&state.kept.keys);
        Some(entry)
    })
}

fn settings(state: &State) -> Vec<Entry> {
    let language = state.kept.language;
    let setting = |id: String, words: &'static str, choice: String, command: Command| {
        let mut entry = worded(state, Kind::Setting, &id, words, command);
        for name in entry.also.iter_mut().chain([&mut entry.title]) {
            *name = format!("{name}: {choice}");
        }
        entry
    };
    let mut entries = Vec::new();
    for theme in [ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark] {
        let choice = theme_words(language, theme).to_owned();
        let command = Command::SetTheme(theme);
        entries.push(setting(format!("theme {theme:?}"), "settings.theme", choice, command));
    }
    for other in Language::ALL {
        let id = format!("language {}", other.code());
        let command = Command::SetLanguage(other);
        entries.push(setting(id, "settings.language", other.to_string(), command));
    }
    for scale in SCALES {
        let percent = scale.to_string();
        let choice = tr_with(language, "settings.percent", &[("percent", &percent)]);
        let command = Command::Settings(SettingsCommand::Scale(scale));
        entries.push(setting(format!("scale {scale}"), "settings.scale", choice, command));
    }
    let reduced = !state.kept.reduces_motion;
    let choice = tr(language, if reduced { "settings.on" } else { "settings.off" }).to_owned();
    let command = Command::Settings(SettingsCommand::ReduceMotion(reduced));
    entries.push(setting("motion".to_owned(), "settings.motion", choice, command));
    entries
}
