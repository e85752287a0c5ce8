//! Whom and what a report names, in the form in which two spellings of one thing are the same.
//!
//! The reporter is never among them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::spelling::{bare, folded, names_nobody, phone, sound, url};

/// What kind of thing is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierKind {
    /// 人名: a person's name or alias.
    Person,
    /// 单位名称: an organisation's name.
    Organisation,
    /// 证件号: an identity or credit number.
    Number,
    /// 电话.
    Phone,
    /// 账号: of any platform or bank.
    Account,
    /// 车牌.
    Plate,
    /// 网址: host and path.
    Url,
    /// An app: its package name or the digest of its installer.
    App,
}

/// One thing that a report names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// What kind of thing.
    pub kind: IdentifierKind,
    /// In the form in which two spellings are the same.
    pub plain: String,
}

/// Somebody whom a report is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Person {
    /// As written, evened out.
    pub(super) name: String,
    /// How it sounds.
    pub(super) sound: String,
    /// A nickname: it may be anybody's real name.
    pub(super) is_alias: bool,
    /// Division code where they are or work, if the report says so; empty if not.
    pub(super) region: String,
}

/// Everything that this report names, apart from the reporter; so many at most.
pub fn named(report: &Value, most: usize) -> Vec<Named> {
    let mut found = Vec::new();
    for pointer in PEOPLE {
        for entry in entries(report, pointer) {
            gather(entry, SUBJECT, &mut found);
        }
    }
    if let Some(evidence) = report.get("evidence") {
        gather(evidence, EVIDENCE, &mut found);
        for (pointer, list) in [("/accounts", ACCOUNT), ("/transactions", TRANSACTION), ("/apps", APP)] {
            for entry in entries(evidence, pointer) {
                gather(entry, list, &mut found);
            }
        }
    }
    for subject in entries(report, "/subjects") {
        for account in entries(subject, "/accounts") {
            gather(account, ACCOUNT, &mut found);
        }
    }
    found.truncate(most);
    found
}

/// The people whom it is about, officials who shield them included; so many at most.
pub(super) fn people(report: &Value, most: usize) -> BTreeSet<Person> {
    let mut people = BTreeSet::new();
    for entry in PEOPLE.into_iter().flat_map(|pointer| entries(report, pointer)) {
        let region = || text(entry, "region_code").to_owned();
        let names = [("name", false), ("legal_rep", false)].map(|(field, alias)| (text(entry, field), alias));
        let aliases = entries(entry, "/alias").filter_map(Value::as_str).map(|alias| (alias, true));
        let is_organisation = text(entry, "kind") == "organisation";
        for (written, is_alias) in names.into_iter().skip(usize::from(is_organisation)).chain(aliases) {
            let name = bare(&folded(written));
            if !names_nobody(&name) && people.len() < most {
                people.insert(Person { sound: sound(&name), name, is_alias, region: region() });
            }
        }
    }
    people
}

impl IdentifierKind {
    /// Every kind.
    pub const ALL: [Self; 8] =
        [Self::Person, Self::Organisation, Self::Number, Self::Phone, Self::Account, Self::Plate, Self::Url, Self::App];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Number => "number",
            Self::Phone => "phone",
            Self::Account => "account",
            Self::Plate => "plate",
            Self::Url => "url",
            Self::App => "app",
        }
    }

    /// The kind of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The form in which two spellings of one thing are the same; `None` if nothing is left of it.
    pub fn plain(self, value: &str) -> Option<String> {
        let text = folded(value);
        let text = text.as_str();
        if matches!(text, "不清楚" | "不详" | "未知" | "unknown" | "无") {
            return None;
        }
        let kept = |keep: fn(char) -> bool| text.chars().filter(|&character| keep(character)).collect::<String>();
        let plain = match self {
            Self::Person | Self::Organisation | Self::App => kept(|character| character != ' '),
            Self::Number | Self::Plate => bare(text),
            Self::Account => kept(|character| character != ' ' && character != '-'),
            Self::Phone => phone(text),
            Self::Url => url(text),
        };
        (plain.chars().count() >= 2).then_some(plain)
    }
}

type Fields = &'static [(&'static str, IdentifierKind)];

pub(super) fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn entries<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Takes the named fields of an object: a string, or each string of a list.
fn gather(entry: &Value, fields: Fields, found: &mut Vec<Named>) {
    for &(field, kind) in fields {
        let value = entry.get(field);
        let many = value.and_then(Value::as_array).into_iter().flatten();
        let texts = value.into_iter().chain(many).filter_map(Value::as_str);
        found.extend(texts.filter_map(|text| Some(Named { kind, plain: kind.plain(text)? })));
    }
}

const PEOPLE: [&str; 2] = ["/subjects", "/umbrella/persons"];
const SUBJECT: Fields = &[
    ("name", IdentifierKind::Person),
    ("alias", IdentifierKind::Person),
    ("legal_rep", IdentifierKind::Person),
    ("org_name", IdentifierKind::Organisation),
    ("id_no", IdentifierKind::Number),
    ("uscc", IdentifierKind::Number),
    ("phone", IdentifierKind::Phone),
    ("plates", IdentifierKind::Plate),
];
const EVIDENCE: Fields = &[("urls", IdentifierKind::Url)];
const ACCOUNT: Fields = &[("account", IdentifierKind::Account), ("holder", IdentifierKind::Person)];
const TRANSACTION: Fields = &[("counterparty", IdentifierKind::Person)];
const APP: Fields =
    &[("package", IdentifierKind::App), ("installer_sha256", IdentifierKind::App), ("source_url", IdentifierKind::Url)];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spellings_of_one_thing_are_one() {
        let same = |kind: IdentifierKind, one, other| {
            let [one, other] = [one, other].map(|text| kind.plain(text));
            assert!(one.is_some());
            assert_eq!(one, other);
        };
        same(IdentifierKind::Phone, "+86 139-0000-0000", "１３９００００００００");
        same(IdentifierKind::Plate, "蒙H·12345", "蒙h12345");
        same(IdentifierKind::Url, "https://www.Example.com/a/?x=1#y", "example.com/a");
        same(IdentifierKind::Person, "霍 三爷", "霍三爷");
        same(IdentifierKind::Account, "6200 0000-0000 0004170", "６２００00000000000４１７０");
        for nothing in ["不清楚", "", "-", "无"] {
            assert_eq!(IdentifierKind::Person.plain(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn everybody_but_the_reporter_is_named() {
        let report = json!({
            "reporter": {"name": "张三丰", "phone": "13911111111"},
            "subjects": [{"name": "霍三爷", "alias": ["老霍"], "accounts": [{"platform": "QQ", "account": "12345"}]}],
            "umbrella": {"persons": [{"name": "李所长"}, {"name": "郭某"}]},
            "evidence": {"urls": ["http://a.example/x"]},
        });
        let found = named(&report, 100);
        let has = |kind, plain: &str| found.contains(&Named { kind, plain: plain.to_owned() });
        for (kind, plain) in [
            (IdentifierKind::Person, "老霍"),
            (IdentifierKind::Person, "李所长"),
            (IdentifierKind::Account, "12345"),
            (IdentifierKind::Url, "a.example/x"),
        ] {
            assert!(has(kind, plain), "{plain}");
        }
        assert!(!has(IdentifierKind::Person, "张三丰") && !has(IdentifierKind::Phone, "13911111111"));
        let people: Vec<String> = people(&report, 100).into_iter().map(|person| person.name).collect();
        assert_eq!(people, ["李所长", "老霍", "霍三爷"], "half a name is nobody's");
    }
}
