//! Who may know whom: the rooms of ARCHITECTURE.md, read from the sources.

use std::path::{Path, PathBuf};

/// Lowest first; a room may use those before it.
const ROOMS: [&str; 14] = [
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
    "export",
    "view",
    "app",
    "cli",
];

/// What a room may not use although it stands higher, and why.
const STRANGERS: [(&str, &str, &str); 5] = [
    ("trace", "training", "a trace is made by running a checkpoint"),
    ("lesson", "training", "a lesson shows runs, however the weights came about"),
    ("export", "lesson", "figures and lessons meet in the window only"),
    ("view", "training", "a view reads a trace"),
    ("view", "export", "a view asks by a command"),
];

/// Where files, threads, processes and dialogs may be touched.
const DOORS: [&str; 5] =
    ["app/effects.rs", "app/window.rs", "app/screenshot.rs", "checkpoint.rs", "cli/"];

/// All files of a room with the part before their tests.
fn sources(room: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root.join(format!("{room}.rs")), root.join(room)];
    while let Some(path) = open.pop() {
        if let Ok(folder) = std::fs::read_dir(&path) {
            open.extend(folder.map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "rs") && path.is_file() {
            let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            if !is_test {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                found.push((name, without_comments(code)));
            }
        }
    }
    assert!(!found.is_empty(), "the room {room} is gone; correct this test and ARCHITECTURE.md");
    found.sort();
    found
}

fn without_comments(code: &str) -> String {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms that a file names: `crate::tape` and `use crate::{checkpoint, models}`.
fn used(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for part in code.split("crate::").skip(1) {
        let names = match part.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => part,
        };
        let is_list = part.starts_with('{');
        for name in names.split(',').take(if is_list { usize::MAX } else { 1 }) {
            let end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
            rooms.push(name.trim().split(end).next().unwrap_or_default().to_owned());
        }
    }
    rooms.retain(|room| ROOMS.contains(&room.as_str()));
    rooms
}

#[test]
fn a_room_uses_only_rooms_below_it() {
    for (level, room) in ROOMS.iter().enumerate() {
        for (file, code) in sources(room) {
            for other in used(&code) {
                let below = ROOMS[..=level].contains(&other.as_str());
                assert!(below, "{file} uses {other}, which stands above {room}");
                for (who, whom, why) in STRANGERS {
                    assert!((who, whom) != (room, &*other), "{file} uses {other}, but {why}");
                }
            }
        }
    }
}

#[test]
fn every_module_of_the_crate_is_a_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let declared = std::fs::read_to_string(root).unwrap();
    let mut declared: Vec<_> = declared
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let mut rooms = ROOMS.to_vec();
    declared.sort_unstable();
    rooms.sort_unstable();
    assert_eq!(declared, rooms);
}

#[test]
fn nothing_below_the_views_knows_the_window_and_few_places_touch_the_world() {
    for room in ROOMS {
        let is_below = !["view", "app", "cli"].contains(&room);
        for (file, code) in sources(room) {
            assert!(!(is_below && code.contains("egui")), "{file} mentions egui");
            let is_door = DOORS.iter().any(|door| file.starts_with(door));
            for outside in ["std::fs", "std::process", "thread::spawn", "thread::Builder", "rfd::"]
            {
                assert!(is_door || !code.contains(outside), "{file} uses {outside}");
            }
        }
    }
}

#[test]
fn nothing_below_the_window_depends_on_time_or_on_the_order_of_a_hash() {
    for room in ROOMS.iter().filter(|room| !["view", "app", "cli"].contains(room)) {
        for (file, code) in sources(room) {
            for what in ["Instant::", "SystemTime", "thread_rng", "HashSet"] {
                assert!(!code.contains(what), "{file} uses {what}");
            }
        }
    }
}
