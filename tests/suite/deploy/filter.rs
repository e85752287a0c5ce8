//! What a unit's filter lets through, as systemd itself resolves its groups, and what a traced program called.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use super::succeed;

/// The names of the calls in a trace.
pub(super) fn calls_in(trace: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let call = line.split_once(' ')?.1.trim_start();
        let call = call.strip_prefix("<... ").unwrap_or(call);
        let end = call.find(['(', ' '])?;
        let name = &call[..end];
        (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
            .then(|| name.to_owned())
    };
    trace.lines().filter_map(name).collect()
}

/// The calls that a unit's filter allows, its groups resolved.
pub(super) fn allowed_by(unit: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(unit).unwrap();
    let mut allowed = BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        if let Some(taken) = line.strip_prefix('~') {
            let taken = named(taken.split(' '));
            allowed.retain(|call| !taken.contains(call));
        } else {
            allowed.extend(named(line.split(' ')));
        }
    }
    allowed
}

/// The calls that a line names, alone or by their group.
fn named<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let (groups, calls): (Vec<_>, Vec<_>) = names.partition(|name| name.starts_with('@'));
    group(groups.into_iter()).into_iter().chain(calls.into_iter().map(str::to_owned)).collect()
}

/// The calls of some groups and of the groups in them.
fn group<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for name in names {
        let listed = succeed(Command::new("systemd-analyze").args(["--no-pager", "syscall-filter", name]));
        for line in listed.lines().skip(1).map(str::trim).filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if line.starts_with('@') {
                calls.extend(group(std::iter::once(line)));
            } else {
                calls.insert(line.to_owned());
            }
        }
    }
    calls
}
