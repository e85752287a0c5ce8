//! Every way of asking: the addresses of the router, the verbs of the command line, as the program itself lists them. What is
//! added to either is asked from then on; what cannot be filled in fails.

use serde_json::Value;

use crate::{
    site::Site,
    verbs::{self, Verb},
};

/// How to ask, with `{case}`, `{word}`, `{clue}`, `{item}` where a case is named, and `{seen}` for one that may be seen.
pub(super) struct Doors {
    pages: Vec<String>,
    verbs: Vec<Vec<String>>,
}

/// One way of asking.
#[derive(Clone, Copy)]
pub(super) enum Door<'a> {
    /// An address.
    Page(&'a str),
    /// Words on the command line.
    Verb(&'a [String]),
}

impl Doors {
    /// What the program lists.
    pub(super) fn of(site: &Site) -> Self {
        let routes = site.run(["routes"]).json();
        let paths = routes["routes"].as_array().unwrap().iter().map(|route| route["path"].as_str().unwrap());
        let pages = paths.flat_map(pages).collect();
        let verbs = verbs::listed(site).iter().flat_map(forms).collect();
        Self { pages, verbs }
    }

    /// Those that name no case.
    pub(super) fn lists(&self) -> impl Iterator<Item = Door<'_>> {
        self.all().filter(|door| !door.names_a_case())
    }

    /// Those that name one; of those that would change something every fourth, another one each turn.
    pub(super) fn about_a_case(&self, turn: usize) -> impl Iterator<Item = Door<'_>> {
        let full = std::env::var_os("NIGHTSAFE_FULL").is_some();
        let its_turn = move |(number, door): &(usize, Door<'_>)| full || !door.is_act() || number % 4 == turn % 4;
        self.all().filter(Door::names_a_case).enumerate().filter(its_turn).map(|(_, door)| door)
    }

    fn all(&self) -> impl Iterator<Item = Door<'_>> {
        let pages = self.pages.iter().map(|page| Door::Page(page));
        pages.chain(self.verbs.iter().map(|verb| Door::Verb(verb)))
    }
}

impl Door<'_> {
    /// As it stands in what is reported.
    pub(super) fn name(self) -> String {
        match self {
            Self::Page(path) => format!("GET {path}"),
            Self::Verb(words) => words.iter().filter(|word| *word != "--json").cloned().collect::<Vec<_>>().join(" "),
        }
    }

    fn names_a_case(&self) -> bool {
        let name = self.name();
        ["{case}", "{word}", "{clue}", "{item}"].iter().any(|part| name.contains(part))
    }

    /// A note is asked by everybody: it stands for all that can be done with a case.
    fn is_act(&self) -> bool {
        matches!(self, Self::Verb(words) if words[0] == "act" && words[2] != "note")
    }
}

/// An address filled in, in every way that is of interest.
fn pages(path: &str) -> Vec<String> {
    let filled = path
        .replace("{part}", "1")
        .replace("{month}", "2026-11")
        .replace("{channel}", "phone")
        .replace("{flow}", "GANG_CRIME")
        .replace("{name}", "national");
    let rest = filled.replace("{case}", "").replace("{item}", "");
    assert!(!rest.contains('{'), "nothing is known to stand for what varies in {path}");
    let queries = QUERIES.iter().find(|(known, _)| *known == path).map_or(&[""][..], |(_, queries)| queries);
    queries.iter().map(|query| format!("{filled}{query}")).collect()
}

/// A verb in every way that is of interest; none if it tells of no case.
fn forms(verb: &Verb) -> Vec<Vec<String>> {
    if NOT_ASKED.iter().any(|(known, _why)| *known == verb.path) {
        return Vec::new();
    }
    let words = filled(&verb.usage, &verb.path);
    let forms: &[&[&str]] = VERBS.iter().find(|(known, _)| *known == verb.path).map_or(&[&[]], |(_, forms)| forms);
    let given = |form: &&[&str]| {
        let json = verb.has_json && !form.contains(&"--csv");
        let form = form.iter().map(|word| (*word).to_owned()).chain(json.then(|| "--json".to_owned()));
        words.iter().cloned().chain(form).collect()
    };
    forms.iter().map(given).collect()
}

/// The words of a verb with all that it must be given; what may be left out is.
fn filled(usage: &str, path: &str) -> Vec<String> {
    let words = usage.split(' ').filter(|word| !word.starts_with('['));
    // What a form of its own says stands there and not here.
    let own = VERBS.iter().any(|(known, _)| *known == path);
    let words = words.filter(|word| !(own && word.starts_with('<')));
    words
        .map(|word| {
            let Some(name) = word.strip_prefix('<') else { return word.to_owned() };
            let name = name.trim_end_matches(['.', '>']);
            let known = VALUES.iter().find(|(known, _)| *known == name);
            assert!(known.is_some(), "nothing is known to stand for {name} of {path}: {usage}");
            known.unwrap().1.to_owned()
        })
        .collect()
}

/// Whether an answer of this way of asking changes by itself, as time goes on or whoever asks does something.
pub(super) fn changes_by_itself(door: Door<'_>) -> bool {
    matches!(door.name().as_str(), "GET /me" | "me" | "GET /audit" | "audit" | "GET /logout")
}

/// The statistics as numbers: the least that the rows of a table can add up to.
pub(super) fn least(total: &Value) -> u64 {
    total.as_u64().unwrap_or_else(|| u64::from(total == "<5"))
}

/// What is asked of an address beside itself.
const QUERIES: [(&str, &[&str]); 6] = [
    ("/q", &["", "?show=all", "?list=alarm", "?list=missing", "?list=doubtful", "?place=990121"]),
    ("/q/next", &["?at=0"]),
    ("/search", &["", "?q=%E9%92%88", "?q={word}", "?q=case%3A{case}", "?q={clue}", "?q=list%3Aalarm"]),
    ("/compare", &["?a={seen}&b={case}", "?a={case}&b={seen}"]),
    ("/stats", &["", "?period=2026"]),
    ("/stats/csv", &["?period=2026"]),
];

/// What is asked of a verb, instead of what its usage asks for.
const VERBS: [(&str, &[&[&str]]); 7] = [
    ("search", &[&["针"], &["{word}"], &["{clue}"], &["case:{case}"]]),
    ("show", &[&["{case}"], &["{case}", "--identity", "核对举报人身份"]]),
    ("inbox", &[&[], &["--show", "all"], &["--overdue"]]),
    ("stats", &[&["2026"], &["2026", "--csv"]]),
    ("sealed", &[&[], &["{case}"]]),
    ("audit", &[&[], &["--case", "{case}"]]),
    ("callback", &[&[]]),
];

/// What verbs are given.
const VALUES: [(&str, &str); 11] = [
    ("CASE", "{case}"),
    ("CASE[,CASE...]", "{case}"),
    ("WITH", "{seen}"),
    ("ITEM", "{item}"),
    ("PART", "crime"),
    ("UNIT", "POLICE.990201"),
    ("REASON", "核对过两份材料"),
    ("ACCOUNT", "national"),
    ("TEXT", "核对过两份材料"),
    ("FILE", "{out}"),
    ("MONTH", "2026-11"),
];

/// Verbs that tell of no case to whoever is logged in, and why.
const NOT_ASKED: [(&str, &str); 28] = [
    ("init", "makes a site"),
    ("serve", "is the daemon"),
    ("login", "tells of the account"),
    ("logout", "ends what everything else needs"),
    ("ingest", "belongs to the operator; tells how many items came"),
    ("reindex", "runs without the daemon, for whoever has the disk"),
    ("audit verify", "runs without the daemon, for whoever has the disk"),
    ("import", "tells of the file that it is given"),
    ("me password", "changes the account"),
    ("me totp-begin", "changes the account"),
    ("me totp-confirm", "changes the account"),
    ("me end-sessions", "changes the account"),
    ("me shortcuts", "changes the account"),
    ("me columns", "changes the account"),
    ("users add", "makes an account"),
    ("users undertake", "is about an account"),
    ("users close", "is about an account"),
    ("users password", "is about an account"),
    ("users totp-remove", "is about an account"),
    ("users end-sessions", "is about an account"),
    ("register phone", "tells the clerk the number of what is registered"),
    ("register letter", "tells the clerk the number of what is registered"),
    ("register visit", "tells the clerk the number of what is registered"),
    ("register mail", "tells the clerk the number of what is registered"),
    ("callback commit", "tells of the month that it is given"),
    ("callback draw", "tells of the month that it is given"),
    ("callback approve", "tells of the month that it is given"),
    ("callback withdraw", "tells of the month that it is given"),
];
