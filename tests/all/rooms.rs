//! The house rules of ARCHITECTURE.md, held by reading the sources: which room may import which,
//! and which words may not occur where.
//!
//! What is under `#[cfg(test)]` at the end of a file is left out: a test may look anywhere.

use std::fmt;
use std::fs;
use std::path::Path;

/// The rooms, lowest first; a room imports only rooms before it.
const ROOMS: &[&str] = &[
    "palette",
    "tensor",
    "tape",
    "nn",
    "models",
    "tasks",
    "checkpoint",
    "training",
    "trace",
    "lesson",
    "laboratory",
    "export",
    "view",
    "app",
    "cli",
];

/// Imports that the order allows and the house does not: room, path, reason.
const NEITHER: &[(&str, &str, &str)] = &[
    ("export", "crate::lesson", "lesson and export do not see each other"),
    ("view", "crate::training::Trainer", "the view reads and asks; it trains nothing"),
    ("view", "crate::export", "the view reads and asks; it writes nothing"),
];

/// Who may touch files, dialogs and threads (invariant 1).
const HANDS: &[&str] =
    &["app/effects.rs", "app/files.rs", "app/trainers.rs", "app/watch.rs", "checkpoint", "cli"];
const HANDY: &[&str] = &["std::fs", "std::thread", "notify", "rfd"];

/// Sources of numbers that differ from run to run (invariant 6).
const CHANGING: &[&str] = &[
    "std::time::Instant",
    "std::time::SystemTime",
    "Instant::now",
    "SystemTime::now",
    "rand::rng",
    "rand::random",
    "rand::thread_rng",
    "rand::rngs::OsRng",
    "rand::rngs::SysRng",
    "from_os_rng",
    "from_entropy",
    "RandomState",
];

/// Calls whose order is that of the hashes.
const HASH_ORDER: &[&str] = &[
    ".iter()",
    ".iter_mut()",
    ".into_iter()",
    ".keys()",
    ".into_keys()",
    ".values()",
    ".values_mut()",
    ".into_values()",
    ".drain(",
    ".retain(",
];

struct Source {
    /// Relative to `src`, with forward slashes.
    path: String,
    /// Lines without comments; empty where tests stand.
    code: Vec<String>,
    /// Lines as they are.
    text: Vec<String>,
}

struct Fault {
    path: String,
    line: usize,
    rule: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.path, self.line, self.rule)
    }
}

#[test]
fn a_room_imports_only_rooms_below_it() {
    hold(|source, fault| {
        let Some(rank) = source.rank() else { return };
        for (line, path) in source.paths() {
            let Some(imported) = source.imported_room(&path) else { continue };
            let Some(other) = ROOMS.iter().position(|room| *room == imported) else { continue };
            if other > rank {
                let room = source.room();
                fault(line, format!("`{room}` is below `{imported}` and must not import it"));
            }
        }
    });
}

#[test]
fn neighbours_that_should_not_see_each_other_do_not() {
    hold(|source, fault| {
        for (room, forbidden, reason) in NEITHER {
            for (line, path) in source.paths() {
                if source.room() == *room && begins(&path, forbidden) {
                    fault(line, format!("`{room}` imports `{path}`, but {reason}"));
                }
            }
        }
    });
}

#[test]
fn every_folder_of_the_sources_is_a_room() {
    hold(|source, fault| {
        // The build script is no part of the crate.
        if !source.is_root() && source.room() != "build" && source.rank().is_none() {
            fault(1, format!("`{}` is no room of ARCHITECTURE.md", source.room()));
        }
    });
}

#[test]
fn nothing_below_view_mentions_egui() {
    let view = ROOMS.iter().position(|room| *room == "view");
    hold(|source, fault| {
        if source.rank() < view && !source.is_root() {
            for (at, line) in source.text.iter().enumerate() {
                if ["egui", "eframe"].iter().any(|word| line.to_lowercase().contains(word)) {
                    fault(at + 1, "invariant 1: nothing below `view` mentions egui".to_owned());
                }
            }
        }
    });
}

#[test]
fn only_a_few_files_touch_files_dialogs_and_threads() {
    hold(|source, fault| {
        let has_hands = HANDS.iter().any(|hand| match hand.strip_suffix(".rs") {
            Some(_) => source.path == *hand,
            None => source.room() == *hand,
        });
        if has_hands || source.is_root() {
            return;
        }
        for (line, path) in source.paths() {
            if HANDY.iter().any(|word| begins(&path, word)) {
                fault(line, format!("invariant 1: only {} use `{path}`", HANDS.join(", ")));
            }
        }
    });
}

#[test]
fn training_does_not_know_that_traces_exist() {
    hold(|source, fault| {
        for (line, path) in source.paths() {
            if source.room() == "training" && source.imported_room(&path) == Some("trace") {
                fault(
                    line,
                    "invariant 3: a trace is made by running a checkpoint again".to_owned(),
                );
            }
        }
    });
}

#[test]
fn nothing_below_app_depends_on_clocks_or_chance() {
    let app = ROOMS.iter().position(|room| *room == "app");
    hold(|source, fault| {
        if source.rank() >= app || source.is_root() {
            return;
        }
        for (line, path) in source.paths() {
            let ends = |word: &&&str| path.ends_with(&format!("::{word}")) || begins(&path, word);
            if let Some(word) = CHANGING.iter().find(ends) {
                fault(line, format!("invariant 6: `{word}` gives other numbers at every run"));
            }
        }
    });
}

/// As far as a text shows: a field or variable whose declaration says `HashMap` or `HashSet` is
/// not walked over in the same file.
#[test]
fn nothing_below_app_walks_in_hash_order() {
    let app = ROOMS.iter().position(|room| *room == "app");
    hold(|source, fault| {
        if source.rank() >= app || source.is_root() {
            return;
        }
        let hashed: Vec<&str> = source.code.iter().filter_map(|line| hashed_name(line)).collect();
        for (at, line) in source.code.iter().enumerate() {
            for name in &hashed {
                let walks = HASH_ORDER.iter().any(|call| has_word(line, name, call))
                    || ["in ", "in &", "in &mut ", "in self.", "in &self.", "in &mut self."]
                        .iter()
                        .any(|start| {
                            line.contains("for ") && line.contains(&format!("{start}{name} "))
                        });
                if walks {
                    let rule = format!("invariant 6: `{name}` is walked in hash order");
                    fault(at + 1, rule);
                }
            }
        }
    });
}

/// Collects what `check` finds in all sources and fails with the list.
#[track_caller]
fn hold(check: impl Fn(&Source, &mut dyn FnMut(usize, String))) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    read(&root, "", &mut sources);
    assert!(sources.len() > 10, "the sources are not where they were");
    let mut faults = Vec::new();
    for source in &sources {
        check(source, &mut |line, rule| {
            faults.push(Fault { path: source.path.clone(), line, rule });
        });
    }
    let list: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "\n{}\n", list.join("\n"));
}

fn read(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), &format!("{path}/"), sources);
        } else if entry.path().extension().is_some_and(|e| e == "rs") && name != "tests.rs" {
            sources.push(Source::new(path, &fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

impl Source {
    fn new(path: String, text: &str) -> Self {
        let text: Vec<String> = text.lines().map(str::to_owned).collect();
        let is_tests = |at: usize| {
            text[at].starts_with("#[cfg(test)]")
                && text
                    .get(at + 1)
                    .is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'))
        };
        let tests = (0..text.len()).find(|at| is_tests(*at)).unwrap_or(text.len());
        let code = |line: &String| line.split("//").next().unwrap_or_default().to_owned();
        Self { path, code: text[..tests].iter().map(code).collect(), text }
    }

    /// `main.rs` and `lib.rs`, which hold nothing but the rooms together.
    fn is_root(&self) -> bool {
        ["lib.rs", "main.rs"].contains(&self.path.as_str())
    }

    fn room(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    fn rank(&self) -> Option<usize> {
        ROOMS.iter().position(|room| *room == self.room())
    }

    /// The room that a path leads into: by `crate::`, or by climbing out with `super::`.
    fn imported_room<'p>(&self, path: &'p str) -> Option<&'p str> {
        let depth = self.path.trim_end_matches("/mod.rs").split('/').count();
        let rest = if let Some(rest) = path.strip_prefix("crate::") {
            rest
        } else {
            let rest = path.trim_start_matches("super::");
            // An inner module climbs one step further; a word more than needed is no room.
            ((path.len() - rest.len()) / "super::".len() >= depth).then_some(rest)?
        };
        rest.split("::").next().filter(|room| ROOMS.contains(room))
    }

    /// All paths of more than one part in the code with their lines; groups in `use` spelled out.
    fn paths(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut group: Option<(usize, String)> = None;
        for (at, line) in self.code.iter().enumerate() {
            let trimmed = line.trim();
            let starts = trimmed.starts_with("use ") || trimmed.starts_with("pub use ");
            if group.is_none() && starts {
                group = Some((at + 1, String::new()));
            }
            if let Some((start, text)) = &mut group {
                text.push_str(trimmed);
                text.push(' ');
                if trimmed.ends_with(';') {
                    let tree = text.trim_end_matches([';', ' ']);
                    let tree = tree.trim_start_matches("pub ").trim_start_matches("use ");
                    spell_out("", tree, &mut |path| found.push((*start, path)));
                    group = None;
                }
                continue;
            }
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let paths = line.split(|c| !is_path(c)).filter(|path| path.contains("::"));
            found.extend(paths.map(|path| (at + 1, path.trim_start_matches(':').to_owned())));
        }
        found
    }
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`.
fn spell_out(prefix: &str, tree: &str, found: &mut dyn FnMut(String)) {
    let tree = tree.trim();
    let Some((start, rest)) = tree.split_once('{') else {
        if !tree.is_empty() {
            found(format!("{prefix}{tree}"));
        }
        return;
    };
    let inner = rest.strip_suffix('}').unwrap_or(rest);
    let prefix = format!("{prefix}{start}");
    let (mut depth, mut from) = (0, 0);
    let mut parts = Vec::new();
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[from..]);
    for part in parts {
        spell_out(&prefix, part, found);
    }
}

/// Whether `path` is `start` or goes on behind it.
fn begins(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Whether `line` calls `call` on something called `name`.
fn has_word(line: &str, name: &str, call: &str) -> bool {
    line.match_indices(&format!("{name}{call}"))
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The name in `name: HashMap<…>` or `let name = HashSet::new()`.
fn hashed_name(line: &str) -> Option<&str> {
    let at = line.find("HashMap").or_else(|| line.find("HashSet"))?;
    let before = &line[..at];
    let end = before.find([':', '=']).filter(|_| !before.contains("use "))?;
    let name = before[..end].trim().rsplit(' ').next()?;
    (!name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')).then_some(name)
}
