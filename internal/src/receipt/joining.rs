//! A supplement that came before its case, or cited a number wrongly, and its case: joined by the number once the case is
//! there, or by a person.
//!
//! What was said is recorded in the case as a supplement, with its identity part and its files; the entry under which it
//! had stood alone stays, says where it went, and is on no list any more. Each of the two inherits what the other forbids.

use nightsafe_casework::{
    account::AccountName,
    case::{CaseState, Crossing},
    event::{AttachmentClaimed, Cites, IdentityPart, SupplementJoined, SupplementReceived},
    routing::{Forbidden, IncompleteTable, Widening},
};
use nightsafe_ledger::{Body as StoredBody, ReadError};
use nightsafe_schema::case::CaseId;
use serde_json::Value;

use super::{
    fault::chain,
    recorded::{RecordingError, followed, rewrap},
};
use crate::{
    cases,
    records::{Actor, NewEvent, RecordError},
    register::Register,
    site::Site,
};

/// Joins every supplement whose case has come. What fails is logged and tried again.
pub(crate) fn join_waiting(site: &Site) {
    let waiting = site.records.register().joinable();
    for (supplement, case) in waiting {
        if let Err(error) = join(site, &Actor::daemon(), supplement, case, None) {
            tracing::error!(%supplement, reason = chain(&error), "a supplement was not joined to its case");
        }
    }
}

/// Joins a supplement that stands alone to a case; `false` if it is joined already.
pub(crate) fn join(
    site: &Site,
    actor: &Actor,
    supplement: CaseId,
    case: CaseId,
    by: Option<&AccountName>,
) -> Result<bool, JoinError> {
    let mut files = Vec::new();
    let recorded = site.records.decide(actor, &*site.clock, |register| {
        let alone = cases::state(site, register, supplement)?.ok_or(JoinError::NotASupplement)?;
        if alone.joined.is_some() {
            return Ok(Vec::new());
        }
        let target = cases::state(site, register, case)?.ok_or(JoinError::NotASupplement)?;
        if supplement == case || !is_supplement(&alone) || is_supplement(&target) {
            return Err(JoinError::NotASupplement);
        }
        files.push(alone.sealed.clone());
        files.extend(alone.attachments.iter().filter_map(|entry| match &entry.crossing {
            Crossing::Arrived(sealed) => Some(sealed.clone()),
            _ => None,
        }));
        events(site, register, (supplement, &alone), (case, &target), by)
    })?;
    if !recorded.is_empty() {
        rewrap(site, case, &files)?;
        site.stores.keys.sync().map_err(RecordingError::from)?;
    }
    Ok(!recorded.is_empty())
}

fn events(
    site: &Site,
    register: &Register,
    (supplement, alone): (CaseId, &CaseState),
    (case, target): (CaseId, &CaseState),
    by: Option<&AccountName>,
) -> Result<Vec<NewEvent>, JoinError> {
    let cites = if by.is_some() { Cites::Person } else { Cites::ClueNumber };
    let received = SupplementReceived {
        sealed: alone.sealed.clone(),
        cites,
        intake: alone.intake.clone(),
        report: alone.report.clone(),
        attachments: alone.attachments.iter().map(|entry| entry.attachment.clone()).collect(),
        content: alone.content,
        marks: alone.marks.clone(),
    };
    let router = site.data.router(Site::day_of(site.clock.now()))?;
    let following = followed(case, &received, &router, register, site)?;
    let mut events = vec![with_identity(site, register, supplement, NewEvent::of_case(case, received))?];
    events.extend(following);
    for entry in &alone.attachments {
        if let Crossing::Arrived(sealed) = &entry.crossing {
            events.push(NewEvent::of_case(case, AttachmentClaimed { sealed: sealed.clone() }));
        }
    }
    events.extend(inherited(case, target, alone));
    events.extend(inherited(supplement, alone, target));
    events.push(NewEvent::of_case(supplement, SupplementJoined { to: case, by: by.cloned() }));
    Ok(events)
}

/// What `from` forbids and `heir` does not yet.
fn inherited(case: CaseId, heir: &CaseState, from: &CaseState) -> Option<NewEvent> {
    let known = heir.forbidden_units();
    let added: Vec<Forbidden> = from.forbidden.iter().filter(|more| !known.contains(&more.unit)).cloned().collect();
    (!added.is_empty()).then(|| NewEvent::of_case(case, Widening { added }))
}

/// The identity part of the supplement goes along; one that was erased stays erased.
fn with_identity(site: &Site, register: &Register, supplement: CaseId, event: NewEvent) -> Result<NewEvent, JoinError> {
    let Some(first) = register.events_of(supplement).first().copied() else { return Ok(event) };
    let Some(StoredBody::Open(part)) = site.records.ledger().identity(first)? else { return Ok(event) };
    let part: IdentityPart = part.read().map_err(JoinError::Identity)?;
    Ok(event.with_identity(part))
}

fn is_supplement(state: &CaseState) -> bool {
    state.report.get("flow").and_then(Value::as_str) == Some("SUPPLEMENT")
}

/// Why two were not joined.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JoinError {
    /// The first is no supplement that stands alone, or the second is one.
    #[error("只有待关联的补充材料可以归到线索 (only a supplement without a case can be joined to a case)")]
    NotASupplement,
    /// The ledger did not take it, or cannot be read.
    #[error("未能记入账本 (it is not in the ledger)")]
    Record(#[from] RecordError),
    /// The case could not be judged again, or the keys not be wrapped.
    #[error("补充材料未能并入 (the supplement could not be taken in)")]
    Recording(#[from] RecordingError),
    /// The identity part cannot be read.
    #[error("账本不可读 (the ledger cannot be read)")]
    Read(#[from] ReadError),
    /// The identity part is not one.
    #[error("身份部分不可读 (the identity part cannot be read)")]
    Identity(#[source] serde_json::Error),
    /// Nothing can be routed.
    #[error("分办表不可用 (the routing table cannot be used)")]
    Router(#[from] IncompleteTable),
}
