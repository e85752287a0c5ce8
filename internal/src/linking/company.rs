//! What follows for a case from what it was found to belong with: its company counts in its triage, and what is forbidden
//! to one of several is forbidden to all.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_casework::{
    case::{CaseState, Recorded},
    event::Body,
    linking::{LinkKind, Members, Reason, ReasonCode},
    routing::{IncompleteTable, Router, Widening},
    triage::{Companions, Repeat},
};
use nightsafe_index::Links;
use nightsafe_schema::case::CaseId;
use serde_json::Value;

use super::LinkingError;
use crate::{
    cases,
    records::{NewEvent, RecordError},
    register::Register,
    site::Site,
};

/// Candidates of just now: the later case, the earlier one, what they are to each other and why.
#[derive(Debug, Default)]
pub(super) struct Fresh(pub(super) BTreeMap<(CaseId, CaseId), (LinkKind, Vec<Reason>)>);

impl Fresh {
    /// What two cases are to each other, as found just now or before.
    fn between(&self, links: &Links, one: CaseId, other: CaseId) -> Option<LinkKind> {
        let now = self.0.get(&(one, other)).or_else(|| self.0.get(&(other, one)));
        now.map(|(kind, _)| *kind).or_else(|| links.link(one, other))
    }

    /// Every case that is in one of them about one matter.
    fn cases(&self) -> BTreeSet<CaseId> {
        let one_matter = self.0.iter().filter(|(_, (kind, _))| kind.is_one_matter());
        one_matter.flat_map(|((later, earlier), _)| [*later, *earlier]).collect()
    }

    /// The cases that are one reporter's about one matter.
    fn of_one_reporter(&self) -> BTreeSet<CaseId> {
        let duplicates = self.0.iter().filter(|(_, (kind, _))| *kind == LinkKind::Duplicate);
        duplicates.flat_map(|((later, earlier), _)| [*later, *earlier]).collect()
    }

    /// The company of a case.
    fn company(
        &self,
        links: &Links,
        case: CaseId,
        state: &CaseState,
        others: &BTreeMap<CaseId, CaseState>,
    ) -> Companions {
        // Each reporter counts once: a case that is another one's duplicate says nothing new.
        let mut counted: Vec<CaseId> = Vec::new();
        for &one in std::iter::once(&case).chain(others.keys()) {
            let known = |earlier: &CaseId| self.between(links, one, *earlier) == Some(LinkKind::Duplicate);
            if !counted.iter().any(known) {
                counted.push(one);
            }
        }
        let repeats = others.iter().filter(|(other, found)| {
            self.between(links, case, **other) == Some(LinkKind::Duplicate) && found.opened_seq < state.opened_seq
        });
        let has_new_facts = |other: &CaseId| {
            let now = self.0.get(&(case, *other)).map(|(_, reasons)| reasons);
            let reasons = now.or_else(|| state.links.get(other).map(|link| &link.reasons));
            reasons.is_some_and(|reasons| reasons.iter().any(|reason| reason.code == ReasonCode::NewFacts))
        };
        let repeat = |(other, _): (&CaseId, &CaseState)| {
            if has_new_facts(other) { Repeat::NewFacts } else { Repeat::NothingNew }
        };
        // What one earlier report of theirs has already is nothing new.
        let repeats = repeats.map(repeat).reduce(|one, other| if one == other { one } else { Repeat::NothingNew });
        Companions {
            independent_reports: u32::try_from(counted.len()).unwrap_or(u32::MAX),
            unsubstantiated_before: others.values().any(says_unsubstantiated),
            repeats,
        }
    }
}

/// What follows from these candidates: another triage, more forbidden units, another route.
pub(super) fn consequences(
    site: &Site,
    register: &Register,
    links: &Links,
    fresh: &Fresh,
) -> Result<Vec<NewEvent>, LinkingError> {
    let matters = fresh.cases();
    if matters.is_empty() {
        return Ok(Vec::new());
    }
    let router = router(site)?;
    let mut widenings = inherited(site, register, fresh.of_one_reporter())?;
    let mut events = Vec::new();
    for &case in &matters {
        let Some(state) = cases::state(site, register, case)? else { continue };
        let of_one_matter = |other: &CaseId| fresh.between(links, case, *other).is_some_and(LinkKind::is_one_matter);
        let known = state.links.keys().chain(&matters).copied().filter(|other| *other != case);
        let mut others = BTreeMap::new();
        for other in known.filter(of_one_matter) {
            others.extend(cases::state(site, register, other)?.map(|found| (other, found)));
        }
        let companions = fresh.company(links, case, &state, &others);
        events.extend(changed(site, &router, case, state, (widenings.remove(&case), &companions))?);
    }
    events.extend(of_widenings(site, register, widenings)?);
    Ok(events)
}

/// What each of these, and of whatever is one series with them, lacks of all that is forbidden to any of them; whoever must
/// not hold one of them any more is relieved of it.
pub(crate) fn inheritance(
    site: &Site,
    register: &Register,
    cases: impl IntoIterator<Item = CaseId>,
) -> Result<Vec<NewEvent>, LinkingError> {
    let widenings = inherited(site, register, cases)?;
    of_widenings(site, register, widenings)
}

fn inherited(
    site: &Site,
    register: &Register,
    cases: impl IntoIterator<Item = CaseId>,
) -> Result<BTreeMap<CaseId, Widening>, LinkingError> {
    let with: BTreeSet<CaseId> = cases.into_iter().flat_map(|case| register.series_of(case)).collect();
    let members = Members::of(with, |case| cases::state(site, register, case))?;
    Ok(members.inheritance().into_iter().collect())
}

fn of_widenings(
    site: &Site,
    register: &Register,
    widenings: BTreeMap<CaseId, Widening>,
) -> Result<Vec<NewEvent>, LinkingError> {
    if widenings.is_empty() {
        return Ok(Vec::new());
    }
    let router = router(site)?;
    let mut events = Vec::new();
    for (case, widening) in widenings {
        let Some(state) = cases::state(site, register, case)? else { continue };
        let companions = state.triage.as_ref().map(|triage| triage.companions.clone()).unwrap_or_default();
        events.extend(changed(site, &router, case, state, (Some(widening), &companions))?);
    }
    Ok(events)
}

/// The events of one case: what it inherits, and what follows from that and from its company.
fn changed(
    site: &Site,
    router: &Router<'_>,
    case: CaseId,
    state: CaseState,
    (widening, companions): (Option<Widening>, &Companions),
) -> Result<Vec<NewEvent>, LinkingError> {
    let mut events = Vec::new();
    let mut after = state;
    if let Some(widening) = widening {
        let widening = Body::from(widening);
        let recorded = Recorded { seq: after.last_seq, version: after.version, at: site.clock.now() };
        after = CaseState::after(Some(after), &recorded, &widening).map_err(RecordError::Fold)?;
        events.push(NewEvent::of_case(case, widening));
    }
    events.extend(cases::reassessed(site, router, case, &after, companions)?);
    Ok(events)
}

/// It reads the names of all units: one serves a whole batch.
fn router(site: &Site) -> Result<Router<'_>, IncompleteTable> {
    site.data.router(Site::day_of(site.clock.now()))
}

/// Whether a report says that the matter was closed as 查否.
fn says_unsubstantiated(state: &CaseState) -> bool {
    let earlier = state.report.get("prior_reports").and_then(Value::as_array).into_iter().flatten();
    earlier.filter_map(|prior| prior.get("result").and_then(Value::as_str)).any(|result| result == UNSUBSTANTIATED)
}

/// 查否, in a list of the catalog.
const UNSUBSTANTIATED: &str = "NOT_SUBSTANTIATED";
