//! Dependencies point one way: each room names only the rooms that come before it in the flow.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may name. What is not listed is not allowed.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("error", &[]),
    ("durable", &["error"]),
    ("order", &["domain"]),
    ("config", &["domain", "durable", "error"]),
    ("text", &["domain"]),
    ("corpus", &["domain", "durable", "error", "order", "text"]),
    ("models", &["domain", "durable", "error"]),
    ("index", &["corpus", "domain", "durable", "error", "models", "text"]),
    ("retrieve", &["domain", "error", "index", "order", "text"]),
    ("fuse", &["domain", "order"]),
    ("rerank", &["corpus", "domain", "error", "index", "models", "order", "text"]),
    ("judge", &["domain", "error"]),
    ("tune", &["domain", "fuse", "judge", "order"]),
    ("validate", &["corpus", "domain", "judge", "text"]),
    (
        "engine",
        &[
            "corpus", "domain", "error", "fuse", "index", "judge", "models", "order", "rerank", "retrieve",
            "text", "tune", "validate",
        ],
    ),
    (
        "export",
        &["corpus", "domain", "durable", "engine", "error", "index", "judge", "text", "tune", "validate"],
    ),
    (
        "tui",
        &["config", "corpus", "domain", "engine", "error", "export", "judge", "text", "tune", "validate"],
    ),
    (
        "cli",
        &[
            "config", "corpus", "domain", "durable", "engine", "error", "export", "index", "judge", "models",
            "rerank", "text", "tui", "tune", "validate",
        ],
    ),
];

/// Rooms that compute and nothing else.
const PURE: &[&str] = &["domain", "order", "text", "fuse", "judge", "tune", "validate"];

fn sources(room: &str) -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let file = src.join(format!("{room}.rs"));
    let mut found = Vec::new();
    if file.is_file() {
        found.push(file);
    }
    let mut folders = vec![src.join(room)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.extend((name != "tests").then_some(path));
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                found.push(path);
            }
        }
    }
    found
}

/// A file without its tests and comments.
fn code(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_room_names_only_earlier_rooms() {
    let mut faults = Vec::new();
    for (room, allowed) in ROOMS {
        let files = sources(room);
        assert!(!files.is_empty(), "there is no room {room}");
        for file in files {
            let named: BTreeSet<String> = code(&file)
                .split("crate::")
                .skip(1)
                .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
                .collect();
            for other in named.iter().filter(|other| *other != room && !allowed.contains(&other.as_str())) {
                faults.push(format!("{} names {other}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_room_is_listed() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let listed: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    for entry in std::fs::read_dir(src).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().replace(".rs", "");
        assert!(
            listed.contains(name.as_str()) || name == "main" || name == "lib",
            "{name} is no room of the house"
        );
    }
}

#[test]
fn pure_rooms_do_no_io_and_know_no_clock() {
    for room in PURE {
        for file in sources(room) {
            let code = code(&file);
            for forbidden in
                ["std::fs", "std::io", "std::net", "std::time", "std::env", "std::thread", "println!"]
            {
                assert!(!code.contains(forbidden), "{} uses {forbidden}", file.display());
            }
        }
    }
}
