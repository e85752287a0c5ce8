//! Which cases are one series for what is forbidden: merged by an analyst, or found to be one reporter's about one matter.
//!
//! What is forbidden to one of them is forbidden to all, in the batch that says so (DOMAIN 7.4 g).

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_casework::{
    event::Body,
    linking::{LinkKind, inherited},
    routing::{Forbidden, Widening},
};
use nightsafe_schema::case::CaseId;

use crate::records::NewEvent;

/// Edges between cases, each in both directions.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Series {
    /// Whatever shares what is forbidden.
    pub(super) edges: BTreeMap<CaseId, BTreeSet<CaseId>>,
    /// Of these, what people have merged.
    pub(super) merged: BTreeMap<CaseId, BTreeSet<CaseId>>,
}

impl Series {
    /// Takes in the next event of a case.
    pub(super) fn follow(&mut self, case: CaseId, body: &Body) {
        match body {
            Body::CasesMerged(merged) => {
                tie(&mut self.edges, case, merged.other);
                tie(&mut self.merged, case, merged.other);
            }
            Body::CaseLinked(linked) if linked.kind == LinkKind::Duplicate => tie(&mut self.edges, case, linked.other),
            Body::MergeUndone(undone) => {
                untie(&mut self.edges, case, undone.other);
                untie(&mut self.merged, case, undone.other);
            }
            _ => {}
        }
    }

    /// A case and everything that edges connect with it; so many at most.
    pub(super) fn of(&self, case: CaseId) -> BTreeSet<CaseId> {
        connected(&self.edges, case)
    }

    /// A case and everything that people have merged it with, near and far; so many at most.
    pub(super) fn merged_with(&self, case: CaseId) -> BTreeSet<CaseId> {
        connected(&self.merged, case)
    }

    /// What the others of each series inherit from these events.
    pub(super) fn inheritance(&self, events: &[NewEvent]) -> Vec<NewEvent> {
        let mut more = Vec::new();
        for (case, body) in events.iter().filter_map(|event| Some((event.case()?, event.body()))) {
            let forbidden: &[Forbidden] = match body {
                Body::ForbiddenWidened(widening) => &widening.added,
                Body::CaseRouted(decision) => &decision.forbidden,
                _ => continue,
            };
            if forbidden.is_empty() || !self.edges.contains_key(&case) {
                continue;
            }
            let added: Vec<Forbidden> = forbidden.iter().map(|forbidden| inherited(&forbidden.unit, case)).collect();
            let others = self.of(case).into_iter().filter(|other| *other != case);
            more.extend(others.map(|other| NewEvent::of_case(other, Widening { added: added.clone() })));
        }
        more
    }
}

type Edges = BTreeMap<CaseId, BTreeSet<CaseId>>;

fn connected(edges: &Edges, case: CaseId) -> BTreeSet<CaseId> {
    let mut series = BTreeSet::new();
    let mut next = vec![case];
    while let Some(case) = next.pop() {
        if series.len() < MEMBERS && series.insert(case) {
            next.extend(edges.get(&case).into_iter().flatten());
        }
    }
    series
}

pub(super) fn tie(edges: &mut Edges, one: CaseId, other: CaseId) {
    edges.entry(one).or_default().insert(other);
    edges.entry(other).or_default().insert(one);
}

fn untie(edges: &mut Edges, one: CaseId, other: CaseId) {
    for (from, to) in [(one, other), (other, one)] {
        if let Some(ends) = edges.get_mut(&from) {
            ends.remove(&to);
            if ends.is_empty() {
                edges.remove(&from);
            }
        }
    }
}

/// Members of one series that inherit at once: a batch of the ledger holds them, and no matter was ever reported by more.
const MEMBERS: usize = 200;

#[cfg(test)]
mod tests {
    use nightsafe_casework::event::{CaseLinked, CasesMerged, MergeUndone};

    use super::*;

    fn case(number: u64) -> CaseId {
        CaseId::from_bytes(number.to_be_bytes()).unwrap()
    }

    #[test]
    fn what_is_forbidden_to_one_is_forbidden_to_all_until_it_is_undone() {
        let mut series = Series::default();
        let merged =
            |other| Body::from(CasesMerged { other, kind: LinkKind::Series, reason: String::new(), key: None });
        series.follow(case(1), &merged(case(2)));
        series.follow(case(2), &merged(case(3)));
        let unit = "POLICE.990121".parse().unwrap();
        let widened = NewEvent::of_case(case(1), Widening { added: vec![inherited(&unit, case(9))] });
        let more = series.inheritance(std::slice::from_ref(&widened));
        assert_eq!(more.iter().filter_map(NewEvent::case).collect::<Vec<_>>(), [case(2), case(3)]);
        series.follow(case(2), &Body::from(MergeUndone { other: case(1), reason: String::new() }));
        assert!(series.inheritance(&[widened]).is_empty());
        assert_eq!(series.of(case(2)), [case(2), case(3)].into());
    }

    #[test]
    fn other_reporters_alone_tie_nothing() {
        let mut series = Series::default();
        for (kind, tied) in [(LinkKind::Related, 1), (LinkKind::Series, 1), (LinkKind::Duplicate, 2)] {
            let linked = CaseLinked { other: case(2), kind, reasons: vec![], rules: String::new() };
            series.follow(case(1), &Body::from(linked));
            assert_eq!(series.of(case(1)).len(), tied, "{kind:?}");
        }
    }
}
