//! A case as the rules need it: folded from the ledger, with no viewer, and shown to nobody.
//!
//! What people are answered comes from [`crate::desk`] and through the index. Here are only the two things that must not
//! depend on an index: what follows when something is added to a case, and whether a unit may be given it.

use nightsafe_casework::{
    attachment::Attachment,
    case::{CaseState, Recorded},
    routing::{Router, Widening},
    triage::{Companions, Dossier, assess},
    visibility::closed,
};
use nightsafe_schema::{
    case::CaseId,
    report::{Report, ReportError},
};

use crate::{
    records::{NewEvent, RecordError, typed},
    register::Register,
    site::Site,
};

/// The state of a case; `None` if there is none, or its key is erased.
pub(crate) fn state(site: &Site, register: &Register, case: CaseId) -> Result<Option<CaseState>, RecordError> {
    state_until(site, register, case, u64::MAX)
}

/// The state of a case as it was before the event of this number.
pub(crate) fn state_until(
    site: &Site,
    register: &Register,
    case: CaseId,
    until: u64,
) -> Result<Option<CaseState>, RecordError> {
    let mut state = None;
    let mut numbers = register.events_of(case);
    numbers.retain(|seq| *seq < until);
    for event in site.records.events(&numbers)? {
        if event.case != Some(case) {
            continue;
        }
        let Some(body) = typed(&event)? else { return Ok(None) };
        let recorded = Recorded { seq: event.seq, version: event.version.unwrap_or_default(), at: event.at };
        state = Some(CaseState::after(state, &recorded, &body).map_err(RecordError::Fold)?);
    }
    Ok(state)
}

/// The events that follow from what a case has become: another triage if it differs, more forbidden units, another route
/// if a unit that holds it must not, or if it became more urgent. `state` has what was added in it already.
pub(crate) fn reassessed(
    site: &Site,
    router: &Router<'_>,
    case: CaseId,
    state: &CaseState,
    companions: &Companions,
) -> Result<Vec<NewEvent>, ReportError> {
    let report = Report::recorded(state.report.clone())?;
    let supplements: Vec<Report> =
        state.supplements.iter().map(|added| Report::recorded(added.report.clone())).collect::<Result<_, _>>()?;
    let attachments: Vec<Attachment> = state.all_attachments().map(|entry| entry.attachment.clone()).collect();
    let accepted = Some(Site::day_of(state.intake.accepted_hour.as_timestamp()));
    let dossier =
        Dossier { report: &report, attachments: &attachments, supplements: &supplements, companions, accepted };
    let triage = assess(&dossier, &site.data.catalog);
    let place = state.decision.as_ref().and_then(|decision| decision.place);
    let widening = widened(router, &supplements, state);
    let decision = router.route_again(&report, &supplements, &triage, place, &state.forbidden);
    let mut events = Vec::new();
    let known = state.forbidden_units();
    let forbidden = closed(&decision.forbidden_units(), &site.data.units);
    let held_by_forbidden = state.access().holders.iter().any(|holder| forbidden.contains(holder));
    let more_urgent = state.triage.as_ref().is_none_or(|before| triage.priority < before.priority);
    if state.triage.as_ref() != Some(&triage) {
        events.push(NewEvent::of_case(case, triage));
    }
    let sealed = state.decision.as_ref().is_some_and(|decision| decision.sealed);
    let differs = state.decision.as_ref().map(|before| &before.tasks) != Some(&decision.tasks);
    if !sealed && differs && (held_by_forbidden || (more_urgent && state.moves.is_empty())) {
        events.push(NewEvent::of_case(case, decision));
    } else if let Some(widening) = widening.filter(|more| more.added.iter().any(|unit| !known.contains(&unit.unit))) {
        events.push(NewEvent::of_case(case, widening));
    }
    Ok(events)
}

/// What supplements add to the forbidden set.
fn widened(router: &Router<'_>, supplements: &[Report], state: &CaseState) -> Option<Widening> {
    let place = state.decision.as_ref().and_then(|decision| decision.place);
    let known = state.forbidden_units();
    let found = supplements.iter().filter_map(|supplement| router.widening(supplement, place, &known));
    let added: Vec<_> = found.flat_map(|widening| widening.added).collect();
    (!added.is_empty()).then_some(Widening { added })
}
