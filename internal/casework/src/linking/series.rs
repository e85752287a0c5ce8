//! 串并: cases that an analyst has merged, as one: their order, and what each must inherit.
//!
//! Merging is an edge between two cases, kept in both; a series is everything that edges connect. No number and no file is
//! ever given up. Undoing removes an edge; what was forbidden stays forbidden.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightsafe_schema::{case::CaseId, unit::UnitId};

use crate::{
    case::CaseState,
    routing::{Forbidden, Ground, Widening},
};

/// The members of a series, as their states say.
#[derive(Clone, Debug, Default)]
pub struct Members {
    states: BTreeMap<CaseId, CaseState>,
}

impl Members {
    /// These cases; one whose key is erased is none.
    pub fn of<E>(
        cases: impl IntoIterator<Item = CaseId>,
        mut state: impl FnMut(CaseId) -> Result<Option<CaseState>, E>,
    ) -> Result<Self, E> {
        let mut states = BTreeMap::new();
        for case in cases {
            states.extend(state(case)?.map(|found| (case, found)));
        }
        Ok(Self { states })
    }

    /// The members in the order in which they were reported: the first one leads.
    pub fn in_order(&self) -> Vec<CaseId> {
        let mut order: Vec<(Timestamp, u64, CaseId)> = self
            .states
            .iter()
            .map(|(&case, state)| (state.intake.accepted_hour.as_timestamp(), state.opened_seq, case))
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(.., case)| case).collect()
    }

    /// The state of a member.
    pub fn state(&self, case: CaseId) -> Option<&CaseState> {
        self.states.get(&case)
    }

    /// What each member lacks of all that is forbidden to any of them.
    pub fn inheritance(&self) -> Vec<(CaseId, Widening)> {
        let all: BTreeMap<&UnitId, CaseId> = self
            .states
            .iter()
            .flat_map(|(&case, state)| state.forbidden.iter().map(move |forbidden| (&forbidden.unit, case)))
            .collect();
        let lacking = |(&case, state): (&CaseId, &CaseState)| {
            let own = state.forbidden_units();
            let added = all.iter().filter(|(unit, _)| !own.contains(unit));
            let added: Vec<Forbidden> = added.map(|(unit, from)| inherited(unit, *from)).collect();
            (!added.is_empty()).then_some((case, Widening { added }))
        };
        self.states.iter().filter_map(lacking).collect()
    }

    /// Every unit that is forbidden to any of them.
    pub fn forbidden(&self) -> BTreeSet<UnitId> {
        self.states.values().flat_map(CaseState::forbidden_units).collect()
    }
}

/// A unit that must not see a case because it must not see another one of the same series (DOMAIN 7.4 g).
pub fn inherited(unit: &UnitId, from: CaseId) -> Forbidden {
    Forbidden { unit: unit.clone(), why: vec![Ground { rule: SERIES.to_owned(), from: from.to_string() }] }
}

const SERIES: &str = "F_SERIES";
