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

#[cfg(test)]
mod tests {
    use nightsafe_schema::{
        division::Divisions,
        unit::{UnitId, UnitRegistry},
    };
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        case::Recorded,
        event::{Body, CasesMerged, EntryPosition, MergeUndone, ReceivedIntake, ReportReceived, UnlockedItem},
        linking::LinkKind,
        routing::{Decision, Part, Task},
        visibility::{closed, viewers},
    };

    const UNITS: &str = include_str!("../../../../tests/data/samples/units.json");
    const DIVISIONS: &str = include_str!("../../../../tests/data/samples/fictional_divisions.json");

    fn case(number: u64) -> CaseId {
        CaseId::from_bytes((number + 1).to_be_bytes()).unwrap()
    }

    fn apply(state: CaseState, body: &Body) -> CaseState {
        let recorded = Recorded { seq: state.last_seq + 1, version: state.version + 1, at: Timestamp::UNIX_EPOCH };
        CaseState::after(Some(state), &recorded, body).unwrap()
    }

    /// A case that this unit holds and these must not see.
    fn state(number: u64, holder: &UnitId, forbidden: &[&UnitId]) -> CaseState {
        let stream = nightsafe_schema::journal::StreamId::from_bytes([1; 16]);
        let received = ReportReceived {
            sealed: UnlockedItem {
                item: nightsafe_schema::item::ItemId::from_bytes([1; 16]),
                entry: EntryPosition { stream, seq: 1 },
                size: 1,
                sha256: nightsafe_schema::digest::Digest::ZERO,
                header: String::new(),
                file_key: 0,
            },
            intake: ReceivedIntake {
                submission_id: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
                accepted_hour: "2026-11-22T05:00:00Z".parse().unwrap(),
                gateway: String::new(),
                channel: nightsafe_schema::intake::Channel::Web,
                catalog: String::new(),
                registered: None,
            },
            report: json!({"flow": "GANG_CRIME"}),
            attachments: vec![],
            content: nightsafe_schema::digest::Digest::ZERO,
            marks: vec![],
        };
        let opened = Recorded { seq: 10 - number, version: 1, at: Timestamp::UNIX_EPOCH };
        let state = CaseState::after(None, &opened, &received.into()).unwrap();
        let decision = Decision {
            tasks: vec![Task { part: Part::Crime, unit: holder.clone(), copies: vec![] }],
            forbidden: forbidden.iter().map(|unit| inherited(unit, case(99))).collect(),
            candidates: vec![],
            rules: vec![],
            place: Some("990121".parse().unwrap()),
            sealed: false,
            table: String::new(),
            units: String::new(),
            officers: String::new(),
        };
        apply(state, &decision.into())
    }

    proptest! {
        /// Random cases, merges and undoings: nobody sees more than before, nothing that was forbidden is not, and a series
        /// is forbidden as one.
        #[test]
        fn no_merge_makes_a_case_visible_to_anyone(
            cases in prop::collection::vec((0_usize..60, prop::collection::vec(0_usize..60, 0..3)), 3..6),
            steps in prop::collection::vec((0_u64..6, 0_u64..6, any::<bool>()), 1..12),
        ) {
            let (units, divisions) = (UnitRegistry::from_json([UNITS]).unwrap(), Divisions::with_files([DIVISIONS]).unwrap());
            let ids: Vec<UnitId> = units.units().map(|unit| unit.id.clone()).collect();
            let unit = |place: usize| &ids[place % ids.len()];
            let mut states: BTreeMap<CaseId, CaseState> = (0..).zip(&cases).map(|(number, (holder, forbidden))| {
                let forbidden: Vec<&UnitId> = forbidden.iter().map(|&place| unit(place)).collect();
                (case(number), state(number, unit(*holder), &forbidden))
            }).collect();
            let count = cases.len() as u64;
            for (one, other, merges) in steps {
                let (one, other) = (case(one % count), case(other % count));
                if one == other { continue }
                let before = states.clone();
                for (case, other) in [(one, other), (other, one)] {
                    let body = if merges {
                        Body::from(CasesMerged { other, kind: LinkKind::Series, reason: String::new(), key: None })
                    } else {
                        Body::from(MergeUndone { other, reason: String::new() })
                    };
                    let state = states.remove(&case).unwrap();
                    states.insert(case, apply(state, &body));
                }
                let mut series = BTreeSet::from([one]);
                let mut next = vec![one];
                while let Some(case) = next.pop() {
                    next.extend(states[&case].merged.keys().filter(|other| series.insert(**other)));
                }
                let members = Members::of(series, |case| Ok::<_, ()>(states.get(&case).cloned())).unwrap();
                for (case, widening) in members.inheritance() {
                    let state = states.remove(&case).unwrap();
                    states.insert(case, apply(state, &Body::from(widening)));
                }
                let order = members.in_order();
                prop_assert!(order.windows(2).all(|pair| states[&pair[0]].opened_seq < states[&pair[1]].opened_seq));
                for (case, state) in &states {
                    let now = viewers(&state.access(), &units, &divisions);
                    let then = viewers(&before[case].access(), &units, &divisions);
                    prop_assert!(now.is_subset(&then), "{case} became visible");
                    prop_assert!(before[case].forbidden_units().is_subset(&state.forbidden_units()));
                    for other in state.merged.keys() {
                        let theirs = closed(&states[other].forbidden_units(), &units);
                        prop_assert!(theirs.is_disjoint(&now), "{case} is seen by who must not see {other}");
                    }
                }
            }
        }
    }
}
