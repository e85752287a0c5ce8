//! The status record of a case: small, without a body, all that a list shows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nightsafe_casework::case::{CaseState, CaseSummary};
use nightsafe_schema::{division::DivisionCode, unit::UnitId};
use serde::{Deserialize, Serialize};

use super::Identifier;

/// One row of the tree of cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseRecord {
    /// The line that stands for it in lists.
    pub(crate) summary: CaseSummary,
    /// How far it has come.
    pub(crate) stage: Stage,
    /// Until when the next step is due.
    pub(crate) deadline: Option<Timestamp>,
    /// The units whose users may see it: exactly these.
    pub(crate) visible: BTreeSet<UnitId>,
    /// The division of the place and those around it, province first.
    pub(crate) divisions: Vec<DivisionCode>,
    /// Keyed hashes of whom and what it names.
    pub(crate) identifiers: BTreeSet<Identifier>,
    /// How many events have changed what it is: so many rows of [`crate::projections::Tree::Events`] there must be.
    pub(crate) events: u64,
    /// Supplements beyond the bound: they are in the case but not found by a search.
    pub(crate) unsearchable_texts: u32,
}

/// How far a case has come (DOMAIN 4.2), as far as its events tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// 登记: taken in.
    Registered,
    /// 筛查: the rules of triage were applied.
    Screened,
    /// 交办: units have it.
    Assigned,
    /// 封存: two named people only, in no list.
    Sealed,
}

impl Stage {
    /// Its code, as in facets and in `state:` searches.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Registered => "REGISTERED",
            Self::Screened => "SCREENED",
            Self::Assigned => "ASSIGNED",
            Self::Sealed => "SEALED",
        }
    }

    pub(super) fn of(state: &CaseState) -> Self {
        match (&state.decision, &state.triage) {
            (Some(decision), _) if decision.sealed => Self::Sealed,
            (Some(_), _) => Self::Assigned,
            (None, Some(_)) => Self::Screened,
            (None, None) => Self::Registered,
        }
    }
}
