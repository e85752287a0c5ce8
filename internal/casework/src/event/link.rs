//! What is recorded about cases that belong together. Every event about two cases stands in both, in one batch.

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
