//! The status record of a case: small, without a body, all that a list shows.

use std::collections::BTreeSet;

use nightsafe_casework::{
    account::{AccountName, Viewer},
    case::CaseSummary,
    visibility,
};
use nightsafe_schema::unit::UnitId;
use serde::{Deserialize, Serialize};

use super::Identifier;
use crate::limits;

/// One row of the tree of cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseRecord {
    /// The line that stands for it in lists.
    pub(crate) summary: CaseSummary,
    /// The units whose users may see it: exactly these.
    pub(crate) visible: BTreeSet<UnitId>,
    /// Who of them may not, for a conflict of their own.
    pub(crate) recused: BTreeSet<AccountName>,
    /// Keyed hashes of whom and what it names.
    pub(crate) identifiers: BTreeSet<Identifier>,
    /// The events that have changed what it is.
    pub(crate) events: Events,
    /// Supplements beyond the bound: they are in the case but not found by a search.
    pub(crate) unsearchable_texts: u32,
}

impl CaseRecord {
    /// Whether this viewer may see the case.
    pub(crate) fn is_seen_by(&self, viewer: &Viewer) -> bool {
        visibility::sees(viewer, &self.visible) && !self.recused.contains(viewer.account())
    }
}

/// The events of a case by their numbers: the first ones here, so that most cases are one row; of the others, which have
/// rows of [`crate::projections::Tree::Events`], how many there must be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Events {
    first: Vec<u64>,
    further: u64,
}

impl Events {
    /// Takes in one more; whether it needs a row of its own.
    pub(crate) fn add(&mut self, seq: u64) -> bool {
        let is_full = self.first.len() >= limits::EVENTS_IN_A_RECORD;
        if is_full {
            self.further = self.further.saturating_add(1);
        } else {
            self.first.push(seq);
        }
        is_full
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> u64 {
        self.further.saturating_add(self.first.len() as u64)
    }

    /// Those that stand here.
    pub(crate) fn first(&self) -> &[u64] {
        &self.first
    }

    /// How many have rows of their own.
    pub(crate) const fn further(&self) -> u64 {
        self.further
    }
}
