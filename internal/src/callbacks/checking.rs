//! A draw worked out again from what the ledger says, and from nothing that the daemon remembers. Nothing is recorded here.

use std::collections::BTreeSet;

use nightsafe_casework::{
    event::{Body, CallbackDrawn},
    routing::Part,
    workflow::{Commitment, Month, Step, draw},
};
use nightsafe_console::desk::CallbackCheck;
use nightsafe_ledger::EventLog as _;
use nightsafe_schema::case::CaseId;

use super::{Recorded, drawing::drawable};
use crate::{
    cases,
    records::{RecordError, typed},
    site::Site,
};

/// Whether the draw follows from its commitment and its candidates; none before it.
pub(crate) fn check(recorded: &Recorded) -> Option<CallbackCheck> {
    let Some((drawn, _)) = recorded.drawn.as_ref() else {
        // Drawn before anything was committed to: it follows from nothing.
        let out_of_order = CallbackCheck { commitment: false, seed: false, draw: false, order: false, complete: None };
        return recorded.drawn_uncommitted.then_some(out_of_order);
    };
    let committed = &recorded.committed;
    let secret = Commitment { month: drawn.month, nonce: drawn.nonce };
    let again = draw(&secret, &recorded.candidates, committed.size);
    let ascending = recorded.candidates.windows(2).all(|pair| pair.first() < pair.last());
    let listed = ascending && u32::try_from(recorded.candidates.len()) == Ok(drawn.candidates);
    Some(CallbackCheck {
        commitment: secret.published() == committed.commitment && drawn.size == committed.size,
        seed: again.as_ref().is_ok_and(|again| again.seed == drawn.seed),
        draw: listed
            && places_exist(drawn, recorded)
            && again.as_ref().is_ok_and(|again| again.drawn == recorded.drawn()),
        order: is_in_order(recorded),
        complete: None,
    })
}

/// The same, and whether the candidates are those that there were: all that was told in the month is gone through.
pub(crate) fn audited(site: &Site, month: Month, recorded: &Recorded) -> Result<Option<CallbackCheck>, RecordError> {
    let Some(check) = check(recorded) else { return Ok(None) };
    let complete = if recorded.drawn.is_some() { Some(is_complete(site, month, recorded)?) } else { None };
    Ok(Some(CallbackCheck { complete, ..check }))
}

fn places_exist(drawn: &CallbackDrawn, recorded: &Recorded) -> bool {
    drawn.drawn.len() == recorded.drawn().len()
}

/// The commitment before the month, the draw after it, and nothing drawn without one.
fn is_in_order(recorded: &Recorded) -> bool {
    let month = recorded.committed.secret.month;
    let before = month.begins().is_some_and(|begins| recorded.committed_at < begins);
    let drawn_at = recorded.drawn.as_ref().map(|(_, at)| *at);
    let after = month.next().begins().is_some_and(|over| drawn_at.is_none_or(|at| at >= over));
    before && after && !recorded.drawn_uncommitted
}

/// Each part that was told its result in the month stands among the candidates exactly if it could be drawn then.
fn is_complete(site: &Site, month: Month, recorded: &Recorded) -> Result<bool, RecordError> {
    let listed: BTreeSet<(CaseId, Part)> = recorded.candidates.iter().map(|one| (one.case, one.part)).collect();
    let told = told(site, month, recorded)?;
    if !listed.is_subset(&told) {
        return Ok(false);
    }
    for (case, part) in told {
        let state = cases::state_until(site, &site.records.register(), case, recorded.listed_at_seq)?;
        // What was erased since can be read by nobody, and says nothing for or against the draw.
        let Some(state) = state else { continue };
        if drawable(site, &state, part, month).is_some() != listed.contains(&(case, part)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Parts that were told their result in the month: events between the commitment and the draw.
fn told(site: &Site, month: Month, recorded: &Recorded) -> Result<BTreeSet<(CaseId, Part)>, RecordError> {
    let mut told = BTreeSet::new();
    for event in site.records.ledger().read(recorded.committed_seq).map_err(RecordError::Read)? {
        let event = event.map_err(RecordError::Read)?;
        if event.seq >= recorded.listed_at_seq {
            break;
        }
        let Some(case) = event.case.filter(|_| event.kind == STEPPED && Month::of(event.at) == month) else { continue };
        if let Some(Body::TaskStepped(stepped)) = typed(&event)?
            && matches!(stepped.step, Step::FeedBack { .. })
        {
            told.insert((case, stepped.part));
        }
    }
    Ok(told)
}

const STEPPED: &str = "TASK_STEPPED";
