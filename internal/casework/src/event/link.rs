//! What is recorded about cases that belong together. Every event about two cases stands in both, in one batch.

use std::{fmt, str::FromStr};

use nightsafe_schema::case::CaseId;
use serde::{Deserialize, Serialize};

use crate::linking::{LinkKind, Reason};

/// The case was found to resemble another one. A later event about the same two replaces an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseLinked {
    /// The other case.
    pub other: CaseId,
    /// What the two are to each other.
    pub kind: LinkKind,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The edition of the rules that found it.
    pub rules: String,
}

/// Every report and supplement up to an event was compared with those before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinksFollowed {
    /// The number of the last event that was looked at.
    pub through: u64,
    /// The edition of the rules.
    pub rules: String,
}

/// 并案: the case was merged with another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasesMerged {
    /// The other case.
    pub other: CaseId,
    /// As a duplicate, or as one of a series.
    pub kind: LinkKind,
    /// Why, as typed.
    pub reason: String,
    /// The key of the form that it was pressed on: sent again, the form merges nothing anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<OnceKey>,
}

/// What makes a form count once: 128 random bits in lower-case hex, drawn when the form is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OnceKey(String);

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is 32 hexadecimal digits in lower case")]
pub struct OnceKeyError;

impl FromStr for OnceKey {
    type Err = OnceKeyError;

    fn from_str(text: &str) -> Result<Self, OnceKeyError> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 32 && text.bytes().all(digit) { Ok(Self(text.to_owned())) } else { Err(OnceKeyError) }
    }
}

impl TryFrom<String> for OnceKey {
    type Error = OnceKeyError;

    fn try_from(text: String) -> Result<Self, OnceKeyError> {
        text.parse()
    }
}

impl From<OnceKey> for String {
    fn from(key: OnceKey) -> Self {
        key.0
    }
}

impl fmt::Display for OnceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 撤销并案: the merge with another case was undone. What was forbidden stays forbidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeUndone {
    /// The other case.
    pub other: CaseId,
    /// Why, as typed.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_drawn_and_nothing_else_is_one() {
        let key: OnceKey = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
        assert_eq!(serde_json::from_str::<OnceKey>(&serde_json::to_string(&key).unwrap()).unwrap(), key);
        for text in ["", "00", "000102030405060708090A0B0C0D0E0F", "000102030405060708090a0b0c0d0e0g"] {
            assert_eq!(text.parse::<OnceKey>(), Err(OnceKeyError), "{text}");
        }
    }
}
