//! Every verb of the command line by every role, as docs/spec/accounts.md has it.

use std::collections::BTreeMap;

use nightsafe_casework::role::Role;

use crate::{
    daemon::Daemon,
    site::Site,
    verbs::{self, Verb},
};

#[test]
fn every_verb_is_for_the_roles_that_the_table_names() {
    let mut table = table();
    let site = Site::new();
    let daemon = Daemon::start(&site);
    let mut asked = Vec::new();
    for verb in verbs::listed(&site) {
        match table.remove(&verb.path) {
            Some(For::Roles(roles)) => asked.push((verb, roles)),
            Some(For::NoRole) => {}
            None => panic!("{} is not in the table", verb.path),
        }
    }
    assert!(table.is_empty(), "no verbs any more: {:?}", table.keys());
    for role in Role::ALL {
        daemon.become_new(&role.code().replace('_', "-"), role.code(), "OFFICE.000000");
        for (verb, roles) in &asked {
            let run = site.run(words(verb, &site));
            let told = run.stderr.contains("您的角色不能做这件事");
            assert_eq!(
                told,
                !roles.contains(&role),
                "{}, {role}: {:?} {}{}",
                verb.path,
                run.code,
                run.stdout,
                run.stderr
            );
        }
    }
}

/// Whom a verb is for.
#[derive(Debug)]
enum For {
    /// Accounts of these roles.
    Roles(Vec<Role>),
    /// Whoever can run it: there is no account yet, or none is asked for.
    NoRole,
}

/// The table of the specification: verbs in the first column, in backticks, whom they are for in the second.
fn table() -> BTreeMap<String, For> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/spec/accounts.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rows) = text.split_once("| verbs | for |").unwrap();
    let mut table = BTreeMap::new();
    for row in rows.lines().skip(2).map_while(|line| line.strip_prefix("| ")) {
        let (verbs, whom) = row.trim_end_matches(" |").split_once(" | ").unwrap();
        for verb in verbs.split(", ") {
            let whom = match whom {
                "everybody" => For::NoRole,
                "every account" => For::Roles(Role::ALL.to_vec()),
                operator if operator.starts_with("operator") => For::NoRole,
                roles => For::Roles(roles.split(", ").map(|role| role.parse().unwrap()).collect()),
            };
            assert!(table.insert(verb.trim_matches('`').to_owned(), whom).is_none(), "{verb} stands there twice");
        }
    }
    table
}

/// A verb with what it must be given: about nothing that there is, so that whoever may ask is told so.
fn words(verb: &Verb, site: &Site) -> Vec<String> {
    let own = OWN.iter().find(|(path, _)| *path == verb.path).map_or(&[][..], |(_, words)| words);
    let given = |word: &str| {
        let Some(name) = word.strip_prefix('<') else { return word.to_owned() };
        let name = name.trim_end_matches(['.', '>']);
        let known = VALUES.iter().find(|(known, _)| *known == name);
        assert!(known.is_some(), "nothing is known to stand for {name} of {}", verb.usage);
        known.unwrap().1.replace("{file}", site.password_file().to_str().unwrap())
    };
    let words = verb.usage.split(' ').filter(|word| !word.starts_with('[')).map(given);
    words.chain(own.iter().map(|word| (*word).to_owned())).collect()
}

/// What a verb wants although its usage does not say so.
const OWN: [(&str, &[&str]); 1] = [("me columns", &["--default"])];

/// What verbs are given.
const VALUES: [(&str, &str); 20] = [
    ("CASE", "7K2M-9QXW-3T5A"),
    ("CASE[,CASE...]", "7K2M-9QXW-3T5A"),
    ("WITH", "7K2M-9QXW-3T5C"),
    ("ITEM", "00000000000000000000000000"),
    ("PART", "crime"),
    ("UNIT", "POLICE.990201"),
    ("REASON", "核对过两份材料"),
    ("ACCOUNT", "nobody"),
    ("TEXT", "核对过两份材料"),
    ("MONTH", "2026-11"),
    ("NAME", "nobody"),
    ("ROLE", "analyst"),
    ("CODE", "123456"),
    ("DATE", "2026-11-01"),
    ("SHA256", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    ("TABLE", "calendar"),
    ("TURN", "on"),
    ("FILE", "{file}"),
    ("FILE.eml", "{file}"),
    ("REPORT.json", "{file}"),
];
