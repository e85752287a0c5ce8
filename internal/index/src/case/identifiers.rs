//! Whom and what a report names, as keyed hashes: what two reports have in common is found without keeping it.
//!
//! The reporter is never among them.

use std::fmt;

use nightsafe_schema::digest::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use crate::{
    folded::Folded,
    key::{TAG, Tag, Tagger},
    limits,
};

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

/// The keyed hash of one named thing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identifier {
    hash: Tag,
    kind: IdentifierKind,
}

/// Everything that this report names, apart from the reporter.
pub(super) fn of(report: &Value, hashes: &Tagger) -> Vec<Identifier> {
    let mut found = Vec::new();
    for (pointer, list) in [("/subjects", SUBJECT), ("/umbrella/persons", SUBJECT)] {
        for entry in entries(report, pointer) {
            gather(entry, list, hashes, &mut found);
        }
    }
    if let Some(evidence) = report.get("evidence") {
        gather(evidence, EVIDENCE, hashes, &mut found);
        for (pointer, list) in [("/accounts", ACCOUNT), ("/transactions", TRANSACTION), ("/apps", APP)] {
            for entry in entries(evidence, pointer) {
                gather(entry, list, hashes, &mut found);
            }
        }
    }
    for subject in entries(report, "/subjects") {
        for account in entries(subject, "/accounts") {
            gather(account, ACCOUNT, hashes, &mut found);
        }
    }
    found.truncate(limits::IDENTIFIERS_OF_A_CASE);
    found
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
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The form in which two spellings of one thing are the same; `None` if nothing is left of it.
    fn plain(self, value: &str) -> Option<String> {
        let folded = Folded::of(value);
        let text = folded.as_str();
        if matches!(text, "不清楚" | "不详" | "未知" | "unknown" | "无") {
            return None;
        }
        let kept = |keep: fn(char) -> bool| text.chars().filter(|&character| keep(character)).collect::<String>();
        let plain = match self {
            Self::Person | Self::Organisation | Self::App => kept(|character| character != ' '),
            Self::Number | Self::Plate => kept(char::is_alphanumeric),
            Self::Account => kept(|character| character != ' ' && character != '-'),
            Self::Phone => {
                let digits = kept(|character| character.is_ascii_digit());
                let national = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
                national.filter(|rest| rest.len() >= 10).map_or(digits.clone(), str::to_owned)
            }
            Self::Url => {
                let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
                let path = bare.split(['?', '#', ' ']).next().unwrap_or_default();
                path.trim_start_matches("www.").trim_end_matches('/').to_owned()
            }
        };
        (plain.chars().count() >= 2).then_some(plain)
    }
}

impl Identifier {
    /// The hash of a named thing; `None` if it names nothing.
    pub(crate) fn new(kind: IdentifierKind, value: &str, hashes: &Tagger) -> Option<Self> {
        let plain = kind.plain(value)?;
        Some(Self { hash: hashes.tag(&[kind.code().as_bytes(), plain.as_bytes()]), kind })
    }

    pub(crate) const fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// The term by which the full text knows it.
    pub(crate) fn label(&self) -> String {
        format!("named:{self}")
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.kind.code())?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Identifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Identifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (code, hex) = text.split_once('/').ok_or_else(|| de::Error::custom("not an identifier"))?;
        // A digest of 32 bytes reads strict lower-case hex; the second half is zeros.
        let whole: Digest = format!("{hex}{}", "0".repeat(2 * TAG)).parse().map_err(de::Error::custom)?;
        let hash = whole.as_bytes().first_chunk().copied().ok_or_else(|| de::Error::custom("too short"))?;
        let kind = IdentifierKind::of_code(code).ok_or_else(|| de::Error::custom("not a kind of identifier"))?;
        Ok(Self { hash, kind })
    }
}

type Fields = &'static [(&'static str, IdentifierKind)];

fn entries<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Takes the named fields of an object: a string, or each string of a list.
fn gather(entry: &Value, fields: Fields, hashes: &Tagger, found: &mut Vec<Identifier>) {
    for (field, kind) in fields {
        let value = entry.get(*field);
        let many = value.and_then(Value::as_array).into_iter().flatten();
        let texts = value.into_iter().chain(many).filter_map(Value::as_str);
        found.extend(texts.filter_map(|text| Identifier::new(*kind, text, hashes)));
    }
}

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
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::IndexKey;

    fn hashes() -> Tagger {
        IndexKey::from_bytes([9; 32]).purpose("identifiers")
    }

    #[test]
    fn spellings_of_one_thing_are_one() {
        let same = |kind, one, other| {
            let [one, other] = [one, other].map(|text| Identifier::new(kind, text, &hashes()));
            assert!(one.is_some());
            assert_eq!(one, other);
        };
        same(IdentifierKind::Phone, "+86 139-0000-0000", "１３９００００００００");
        same(IdentifierKind::Plate, "蒙H·12345", "蒙h12345");
        same(IdentifierKind::Url, "https://www.Example.com/a/?x=1#y", "example.com/a");
        same(IdentifierKind::Person, "霍 三爷", "霍三爷");
        for nothing in ["不清楚", "", "-", "无"] {
            assert_eq!(Identifier::new(IdentifierKind::Person, nothing, &hashes()), None, "{nothing}");
        }
    }

    #[test]
    fn everybody_but_the_reporter_is_named() {
        let report = json!({
            "reporter": {"name": "张某某", "phone": "13911111111"},
            "subjects": [{"name": "霍三爷", "alias": ["老霍"], "accounts": [{"platform": "QQ", "account": "12345"}]}],
            "umbrella": {"persons": [{"name": "李所长"}]},
            "evidence": {"urls": ["http://a.example/x"]},
        });
        let found = of(&report, &hashes());
        let named = |kind, value| Identifier::new(kind, value, &hashes()).unwrap();
        for (kind, value) in [
            (IdentifierKind::Person, "老霍"),
            (IdentifierKind::Person, "李所长"),
            (IdentifierKind::Account, "12345"),
            (IdentifierKind::Url, "a.example/x"),
        ] {
            assert!(found.contains(&named(kind, value)), "{value}");
        }
        assert!(!found.contains(&named(IdentifierKind::Person, "张某某")));
        assert!(!found.contains(&named(IdentifierKind::Phone, "13911111111")));
    }

    proptest! {
        #[test]
        fn an_identifier_is_read_as_it_was_written(value in "\\PC{2,20}", kind in prop::sample::select(&IdentifierKind::ALL[..])) {
            if let Some(identifier) = Identifier::new(kind, &value, &hashes()) {
                let written = serde_json::to_string(&identifier).unwrap();
                prop_assert_eq!(serde_json::from_str::<Identifier>(&written).unwrap(), identifier);
            }
        }
    }
}
