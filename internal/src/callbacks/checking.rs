//! A draw worked out again from what the ledger says, and from nothing that the daemon remembers. Nothing is recorded here.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_casework::{
    event::{Body, CallbackDrawn},
    routing::Part,
    workflow::{CallbackCandidate, Commitment, Month, Step, draw},
};
use nightsafe_console::desk::CallbackCheck;
use nightsafe_ledger::EventLog as _;
use nightsafe_schema::case::CaseId;

use super::{Recorded, drawing::candidate};
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
    let part = |one: &CallbackCandidate| (one.case, one.part);
    let ascending = recorded.candidates.windows(2).all(|pair| pair.first().map(part) < pair.last().map(part));
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

/// Each part that was told its result in the month stands among the candidates exactly if it could be drawn then, once, and
/// with the province of its place. What was erased since can be read by nobody, and says nothing for or against the draw.
fn is_complete(site: &Site, month: Month, recorded: &Recorded) -> Result<bool, RecordError> {
    let listed: BTreeMap<(CaseId, Part), CallbackCandidate> =
        recorded.candidates.iter().map(|one| ((one.case, one.part), *one)).collect();
    let told = Told::in_month(site, month, recorded)?;
    let known = |(case, part): &(CaseId, Part)| told.erased.contains(case) || told.parts.contains(&(*case, *part));
    if listed.len() != recorded.candidates.len() || !listed.keys().all(known) {
        return Ok(false);
    }
    for (case, part) in told.parts {
        let state = cases::state_until(site, &site.records.register(), case, recorded.listed_at_seq)?;
        let Some(state) = state else { continue };
        if candidate(site, &state, case, part, month) != listed.get(&(case, part)).copied() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Who was told something in the month, by the events between the commitment and the draw.
#[derive(Default)]
struct Told {
    /// Parts that were told their result.
    parts: BTreeSet<(CaseId, Part)>,
    /// Cases of which a step can be read no more, whatever it was.
    erased: BTreeSet<CaseId>,
}

impl Told {
    fn in_month(site: &Site, month: Month, recorded: &Recorded) -> Result<Self, RecordError> {
        let mut told = Self::default();
        for event in site.records.ledger().read(recorded.committed_seq).map_err(RecordError::Read)? {
            let event = event.map_err(RecordError::Read)?;
            if event.seq >= recorded.listed_at_seq {
                break;
            }
            let stepped = event.kind == STEPPED && Month::of(event.at) == month;
            let Some(case) = event.case.filter(|_| stepped) else { continue };
            match typed(&event)? {
                None => drop(told.erased.insert(case)),
                Some(Body::TaskStepped(stepped)) if matches!(stepped.step, Step::FeedBack { .. }) => {
                    told.parts.insert((case, stepped.part));
                }
                Some(_) => {}
            }
        }
        Ok(told)
    }
}

const STEPPED: &str = "TASK_STEPPED";
