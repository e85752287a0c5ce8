//! The verbs of the command line, as the program itself lists them.

use crate::site::Site;

/// A verb that can be run.
pub(crate) struct Verb {
    /// Its words: `users add`.
    pub(crate) path: String,
    /// What `--help` says of how to use it, from its first word on.
    pub(crate) usage: String,
    /// Whether it takes `--json`.
    pub(crate) has_json: bool,
}

/// Every verb, those below others included.
pub(crate) fn listed(site: &Site) -> Vec<Verb> {
    let mut found = Vec::new();
    descend(site, &[], &mut found);
    found
}

fn descend(site: &Site, verb: &[&str], found: &mut Vec<Verb>) {
    let help = site.run(verb.iter().copied().chain(["--help"])).expect(0).stdout;
    let usage = help.lines().find_map(|line| line.strip_prefix("Usage: nightsafe-internal ")).unwrap();
    let listed = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
    let name = |line| {
        str::strip_prefix(line, "  ").filter(|rest| !rest.starts_with(' ')).and_then(|rest| rest.split(' ').next())
    };
    for below in listed.lines().filter_map(name) {
        descend(site, &[verb, &[below]].concat(), found);
    }
    if !usage.contains("<COMMAND>") {
        found.push(Verb { path: verb.join(" "), usage: usage.to_owned(), has_json: help.contains("--json") });
    }
}
