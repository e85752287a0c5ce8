//! Promise 8 in the index: nothing of a case reaches a viewer who may not see it, counts included.

use std::collections::BTreeMap;

use nightsafe_casework::{
    case::{CaseState, Recorded},
    event::Body,
    role::{Permission, Role},
    visibility,
};
use nightsafe_index::{Facet, Filter, Order, Paging, SearchText};
use nightsafe_schema::case::CaseId;
use proptest::prelude::*;

use crate::{
    history::{steps, text},
    site::{DIVISIONS, Site, UNITS, analyst, case, received, report, routed, viewer},
};

/// The cases as their events tell, folded here and not by the index.
fn states(site: &Site) -> BTreeMap<CaseId, CaseState> {
    let mut states = BTreeMap::new();
    for event in site.log.after(0) {
        let Some(case) = event.case else { continue };
        let kind = event.kind.parse().unwrap();
        let Ok(body) = Body::read(kind, event.body.open().unwrap().as_bytes()) else { continue };
        let recorded = Recorded { seq: event.seq, version: event.version.unwrap(), at: event.at };
        if let Ok(state) = CaseState::after(states.get(&case).cloned(), &recorded, &body) {
            states.insert(case, state);
        }
    }
    states
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn no_hit_count_or_facet_tells_of_a_case_that_is_not_visible(steps in steps(5..60), query in text()) {
        let site = Site::new();
        site.record_all(&steps);
        let (index, _) = site.open();
        let states = states(&site);
        for unit in UNITS.units() {
            for role in [Role::Analyst, Role::Verifier, Role::Clerk, Role::Auditor, Role::Administrator] {
                let viewer = viewer(unit.id.as_str(), role);
                let seen = |state: &CaseState| {
                    viewer.may(Permission::ReadCases)
                        && visibility::viewers(&state.access(), &UNITS, &DIVISIONS).contains(&unit.id)
                };
                let visible: Vec<CaseId> =
                    states.iter().filter(|(_, state)| seen(state)).map(|(case, _)| *case).collect();
                let all = index.inbox(&viewer, &Filter::default(), Order::Urgency, Paging::new(0, 200)).unwrap();
                let mut listed: Vec<CaseId> = all.rows.iter().map(|row| row.summary.case).collect();
                listed.sort_unstable();
                prop_assert_eq!(&listed, &visible);
                prop_assert_eq!(all.total, visible.len() as u64);
                for facet in Facet::ALL {
                    let counted: u64 = all.facets.get(&facet).into_iter().flat_map(|counts| counts.values()).sum();
                    prop_assert_eq!(counted, visible.len() as u64);
                }
                let line = SearchText::parse(&query);
                let found = index.search(&viewer, &line, &Filter::default(), Order::Relevance, Paging::new(0, 200)).unwrap();
                prop_assert!(found.rows.iter().all(|row| visible.contains(&row.summary.case)));
                prop_assert_eq!(found.total, found.rows.len() as u64);
                for case in states.keys() {
                    prop_assert_eq!(index.case(&viewer, *case).unwrap().is_some(), visible.contains(case));
                    let related = index.related(&viewer, *case).unwrap();
                    prop_assert!(visible.contains(case) || related.is_empty());
                    prop_assert!(related.iter().all(|related| visible.contains(&related.row.summary.case)));
                }
            }
        }
    }
}

#[test]
fn a_case_that_nobody_routed_and_a_sealed_one_are_seen_by_nobody() {
    let site = Site::new();
    site.log.record(Some(case(1)), received(1, report("霍三爷", "未交办"), &[]));
    site.log.record(Some(case(2)), received(2, report("霍三爷", "封存件"), &[]));
    site.log.record(Some(case(2)), routed(&[], &["OFFICE.000000"]));
    let (index, _) = site.open();
    for unit in UNITS.units() {
        let viewer = analyst(unit.id.as_str());
        let found =
            index.search(&viewer, &SearchText::parse("霍三爷"), &Filter::default(), Order::Newest, Paging::new(0, 9));
        assert_eq!(found.unwrap().total, 0, "{}", unit.id);
        assert!(index.case(&viewer, case(1)).unwrap().is_none() && index.case(&viewer, case(2)).unwrap().is_none());
    }
}
