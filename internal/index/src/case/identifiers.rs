//! Whom and what a report names, as keyed hashes: what two reports have in common is found without keeping it.
//!
//! The reporter is never among them.

use std::fmt;

pub use nightsafe_casework::linking::IdentifierKind;
use nightsafe_casework::linking::{Named, named};
use nightsafe_schema::digest::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use crate::{
    key::{TAG, Tag, Tagger},
    limits,
};

/// The keyed hash of one named thing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identifier {
    hash: Tag,
    kind: IdentifierKind,
}

/// Everything that this report names, apart from the reporter.
pub(super) fn of(report: &Value, hashes: &Tagger) -> Vec<Identifier> {
    let names = named(report, limits::IDENTIFIERS_OF_A_CASE);
    names.iter().map(|Named { kind, plain }| Identifier::of(*kind, plain, hashes)).collect()
}

impl Identifier {
    /// The hash of a named thing; `None` if it names nothing.
    pub(crate) fn new(kind: IdentifierKind, value: &str, hashes: &Tagger) -> Option<Self> {
        Some(Self::of(kind, &kind.plain(value)?, hashes))
    }

    fn of(kind: IdentifierKind, plain: &str, hashes: &Tagger) -> Self {
        Self { hash: hashes.tag(&[kind.code().as_bytes(), plain.as_bytes()]), kind }
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
