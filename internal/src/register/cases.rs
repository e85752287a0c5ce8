//! Which events make up a case: enough to fold it without the index, by which nobody but a viewer is answered.
//!
//! A report is received, triaged and routed in one batch, in this order; so the first number stands for three, and only
//! what comes later is listed.

use std::collections::HashMap;

use nightsafe_casework::event::Body;
use nightsafe_schema::case::CaseId;

use super::Place;

/// The events of cases that matter to the rules: not the looks, and not the attachments that arrived.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Cases {
    pub(super) opened: HashMap<CaseId, u64>,
    pub(super) later: HashMap<CaseId, Vec<u64>>,
}

impl Cases {
    /// Takes in the next event.
    pub(super) fn follow(&mut self, place: Place<'_>, body: &Body) {
        let Some(case) = place.case else { return };
        match body {
            Body::ReportReceived(_) => {
                self.opened.entry(case).or_insert(place.seq);
            }
            Body::CaseViewed(_)
            | Body::StarChanged(_)
            | Body::IdentityViewed(_)
            | Body::AttachmentViewed(_)
            | Body::CopyRefused(_)
            | Body::CopyAsked(_)
            | Body::OriginalAsked(_)
            | Body::OriginalGranted(_)
            | Body::OriginalDenied(_)
            | Body::OriginalTaken(_)
            | Body::ItemExported(_)
            | Body::AttachmentClaimed(_)
            | Body::NumberDerived(_)
            | Body::RetryRecorded(_) => {}
            _ => {
                let first = self.opened.get(&case).copied();
                if first.is_some_and(|first| place.seq >= first.saturating_add(BATCH)) {
                    self.later.entry(case).or_default().push(place.seq);
                }
            }
        }
    }

    /// The numbers of its events, in order. Those of its first batch may be another case's if the batch was shorter.
    pub(super) fn of(&self, case: CaseId) -> Vec<u64> {
        let Some(first) = self.opened.get(&case).copied() else { return Vec::new() };
        let batch = first..first.saturating_add(BATCH);
        batch.chain(self.later.get(&case).into_iter().flatten().copied()).collect()
    }
}

/// Received, triaged, routed.
const BATCH: u64 = 3;
