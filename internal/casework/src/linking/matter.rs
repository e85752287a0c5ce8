//! A case as linking sees it: everything by which it can resemble another, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    mark::Mark,
    named::{IdentifierKind, Named, Person, entries, named, people, text},
    text::Pairs,
};

/// Everything by which a case can resemble another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matter {
    /// Numbers, accounts, addresses, organisations; no people.
    pub(super) named: BTreeSet<Named>,
    pub(super) people: BTreeSet<Person>,
    pub(super) marks: BTreeSet<Mark>,
    /// What was written: the report first, then supplements.
    pub(super) texts: Vec<Pairs>,
    /// Division code of the place, with its trailing zeros gone: two digits a province, four a prefecture, six a county.
    pub(super) place: String,
    /// `2026-03`; empty if it is not said.
    pub(super) month: String,
    /// Digests of declared files.
    pub(super) files: BTreeSet<String>,
}

/// Where a text belongs: a prefecture, or nowhere in particular; and the county in it, if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Four digits.
    pub prefecture: [u8; 4],
    /// The two digits after them.
    pub county: Option<u8>,
}

/// Something by which other cases are looked up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What it is.
    pub kind: KeyKind,
    /// In the form in which two spellings are the same.
    pub plain: String,
}

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// A number, an account, an address, an organisation.
    Named(IdentifierKind),
    /// How a name sounds, and the prefecture.
    Sound,
    /// How a nickname sounds, wherever it is.
    Alias,
    /// A mark of the reporter.
    Mark,
}

impl Matter {
    /// The matter of a case: its report first, then what was said later, each with its marks.
    pub fn of<'a>(parts: impl IntoIterator<Item = (&'a Value, &'a [Mark])>) -> Self {
        let mut parts = parts.into_iter();
        let mut matter = parts.next().map(|(report, marks)| Self::of_report(report, marks)).unwrap_or_default();
        for (report, marks) in parts.take(SUPPLEMENTS_COMPARED) {
            matter.join(Self::of_report(report, marks));
        }
        matter
    }

    /// The matter of one report without identity.
    pub fn of_report(report: &Value, marks: &[Mark]) -> Self {
        let facts = |field: &str| report.get("facts").map_or("", |facts| text(facts, field));
        let place = report.pointer("/facts/place/code").and_then(Value::as_str).unwrap_or_default();
        let shield = report.pointer("/umbrella/detail").and_then(Value::as_str).unwrap_or_default();
        let written = Pairs::of(&format!("{}\n{}\n{shield}", facts("title"), facts("narrative")));
        let declared = entries(report, "/evidence/attachments").map(|file| text(file, "sha256"));
        let people = people(report, PEOPLE_COMPARED);
        // Where nobody says where it was, it was where the first suspect is.
        let place = if place.is_empty() { first_region(report) } else { place };
        Self {
            named: named(report, NAMES_COMPARED)
                .into_iter()
                .filter(|named| named.kind != IdentifierKind::Person && identifies(named))
                .collect(),
            people,
            marks: marks.iter().cloned().collect(),
            texts: Some(written).filter(Pairs::says_something).into_iter().collect(),
            place: trimmed(place).to_owned(),
            month: facts("occurred_from").get(..7).unwrap_or_default().to_owned(),
            files: declared.filter(|digest| digest.len() == 64).take(FILES_COMPARED).map(str::to_owned).collect(),
        }
    }

    /// By what other cases are looked up.
    pub fn keys(&self) -> BTreeSet<Key> {
        let named = self.named.iter().map(|Named { kind, plain }| (KeyKind::Named(*kind), plain.clone()));
        let sounds = self.people.iter().filter(|person| !person.is_alias);
        let sounds = sounds.map(|person| (KeyKind::Sound, format!("{} {}", self.prefecture_of(person), person.sound)));
        let aliases = self.people.iter().filter(|person| person.is_alias);
        let aliases = aliases.map(|person| (KeyKind::Alias, person.sound.clone()));
        let marks = self.marks.iter().map(|mark| (KeyKind::Mark, mark.hash.clone()));
        named.chain(sounds).chain(aliases).chain(marks).map(|(kind, plain)| Key { kind, plain }).collect()
    }

    /// Within which texts are compared.
    pub fn area(&self) -> Area {
        let county = self.place.get(4..6).and_then(|county| county.parse().ok());
        Area { prefecture: self.place.as_bytes().first_chunk().copied().unwrap_or(NOWHERE), county }
    }

    /// What was written: the report first, then supplements.
    pub fn texts(&self) -> &[Pairs] {
        &self.texts
    }

    /// The division where a person is: their own, else the place of the matter.
    pub(super) fn region_of<'a>(&'a self, person: &'a Person) -> &'a str {
        let own = trimmed(&person.region);
        if own.is_empty() { &self.place } else { own }
    }

    fn prefecture_of<'a>(&'a self, person: &'a Person) -> &'a str {
        let region = self.region_of(person);
        region.get(..4).unwrap_or(region)
    }

    fn join(&mut self, more: Self) {
        self.named.extend(more.named);
        self.people.extend(more.people);
        self.marks.extend(more.marks);
        self.texts.extend(more.texts);
        self.files.extend(more.files);
        if self.place.is_empty() {
            self.place = more.place;
        }
    }
}

/// A division code without the zeros that only fill it up.
fn trimmed(code: &str) -> &str {
    let code = code.get(..6).unwrap_or_default();
    match code.strip_suffix("00") {
        Some(above) => above.strip_suffix("00").unwrap_or(above),
        None => code,
    }
}

fn first_region(report: &Value) -> &str {
    entries(report, "/subjects").map(|subject| text(subject, "region_code")).find(|code| !code.is_empty()).unwrap_or("")
}

/// What is too short to be one thing alone: a room number, an account's last digits.
fn identifies(named: &Named) -> bool {
    let fewest = match named.kind {
        IdentifierKind::Person | IdentifierKind::Organisation => 3,
        IdentifierKind::Account | IdentifierKind::Plate | IdentifierKind::Url => 5,
        IdentifierKind::App => 4,
        IdentifierKind::Phone => 7,
        IdentifierKind::Number => 8,
    };
    // 0000…: what people type where they must type something.
    let mut characters = named.plain.chars();
    let first = characters.next();
    let is_one_character = characters.all(|character| Some(character) == first);
    named.plain.chars().count() >= fewest && !is_one_character
}

const NOWHERE: [u8; 4] = *b"----";
/// A flood of supplements must not make each comparison slower.
pub const SUPPLEMENTS_COMPARED: usize = 7;
/// A report names some dozens of things at most.
const NAMES_COMPARED: usize = 128;
const PEOPLE_COMPARED: usize = 32;
const FILES_COMPARED: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn other_spellings_give_the_same_keys() {
        let report = |name: &str, phone: &str, plate: &str, url: &str| {
            let subject = json!({"name": name, "phone": phone, "plates": [plate], "region_code": "990121"});
            json!({"subjects": [subject], "evidence": {"urls": [url]}, "facts": {"place": {"code": "990121"}}})
        };
        let one = report("霍大椿", "+86 144-0000-0001", "云A·12345", "https://www.a.example/x/?y=1");
        let other = report("霍 大春", "１４４００００００01", "云a12345", "A.example/x");
        let keys = |report| Matter::of_report(report, &[]).keys();
        assert_eq!(keys(&one), keys(&other));
        assert_eq!(keys(&one).len(), 4);
    }

    #[test]
    fn what_people_type_because_they_must_is_no_key() {
        let report = json!({"subjects": [{"name": "不清楚", "phone": "0000000", "plates": ["1"], "id_no": "不清楚"}],
            "evidence": {"accounts": [{"account": "4170"}], "apps": [{"installer_sha256": "0".repeat(64)}]}});
        assert_eq!(Matter::of_report(&report, &[]).keys(), BTreeSet::new());
    }

    proptest! {
        #[test]
        fn any_shape_is_a_matter(code in any::<String>(), from in any::<String>(), name in any::<String>()) {
            let report = json!({"facts": {"place": {"code": code}, "occurred_from": from, "narrative": name},
                "subjects": [{"name": name, "alias": [name, 1, null], "region_code": code}, 7]});
            let matter = Matter::of_report(&report, &[]);
            matter.keys();
            matter.area();
        }
    }
}
