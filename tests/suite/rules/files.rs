//! How files look: short, introduced, finished, and at home on any machine.

use std::path::Path;

use super::repository::{files, read, rust_files};

#[test]
fn source_files_stay_short() {
    let mut long = Vec::new();
    for path in rust_files().into_iter().filter(|path| is_shipped(path)) {
        let lines = read(&path).lines().count();
        let limit = if path.ends_with("main.rs") { 120 } else { 600 };
        if lines > limit {
            long.push(format!("{} has {lines} lines, at most {limit} are allowed", path.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> = rust_files()
        .into_iter()
        .filter(|path| is_shipped(path) && !path.ends_with("tests.rs"))
        .filter(|path| {
            let text = read(path);
            let introduction: usize = text.lines().take_while(|line| line.starts_with("//!")).map(str::len).sum();
            introduction < SHORTEST_INTRODUCTION
        })
        .map(|path| path.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no `//!` that says what it is for:\n{}", silent.join("\n"));
}

#[test]
fn modules_are_named_by_what_they_hold() {
    let vague = ["mod.rs", "util.rs", "utils.rs", "common.rs", "helpers.rs", "manager.rs", "types.rs", "misc.rs"];
    let wrong: Vec<_> = rust_files()
        .into_iter()
        .filter(|path| vague.iter().any(|name| path.ends_with(name)))
        .map(|path| path.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_unfinished_or_ignored() {
    // Spelled in two pieces, so that this file is not found by its own search.
    let marks = ["todo", "unimplemented"].map(|name| format!("{name}!("));
    let marks = marks.into_iter().chain([["FIX", "ME"].concat(), ["XX", "X"].concat(), ["#[ign", "ore"].concat()]);
    let marks: Vec<String> = marks.collect();
    let mut found = Vec::new();
    for path in rust_files() {
        let text = read(&path);
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_path_of_one_machine_stands_in_the_tree() {
    let mut found = Vec::new();
    for path in files() {
        // Binary files are no text and have no lines.
        let Ok(text) = std::fs::read_to_string(super::repository::root().join(&path)) else { continue };
        for (number, line) in text.lines().enumerate() {
            if HOMES.iter().any(|home| names_a_folder_below(line, home)) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whether `/home/` is followed by a name.
fn names_a_folder_below(line: &str, home: &str) -> bool {
    let start = format!("/{home}/");
    line.match_indices(&start).any(|(position, _)| {
        let rest = &line[position + start.len()..];
        rest.starts_with(|first: char| first.is_ascii_lowercase() || first == '.')
    })
}

/// Not a test, a fuzz target or a benchmark.
fn is_shipped(path: &Path) -> bool {
    !path.components().any(|part| ["tests", "fuzz", "benches"].iter().any(|name| part.as_os_str() == *name))
}

const HOMES: [&str; 4] = ["work", "farm", "root", "home"];
/// A few words, in bytes.
const SHORTEST_INTRODUCTION: usize = 16;
