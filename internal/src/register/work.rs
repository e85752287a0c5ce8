//! What waits for the daemon or for somebody: alarms to be signalled, sealed cases, supplements without their case, and
//! where the looks at identities stand.
//!
//! All of it is little compared with the cases: it is kept as JSON.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightsafe_casework::{
    account::AccountName,
    event::{Body, Table},
    triage::Triage,
    workflow::Undertaking,
};
use nightsafe_schema::{case::CaseId, digest::Digest};
use serde::{Deserialize, Serialize};

use super::{Place, callbacks::Callbacks};

/// See the module.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Work {
    /// The signs of danger that each alarmed case last had.
    dangers: BTreeMap<CaseId, BTreeSet<String>>,
    /// Alarms that the site's command was not told of yet, by the event that raised them.
    pub(super) unsignalled: BTreeMap<u64, CaseId>,
    /// Sealed cases, and since when.
    pub(super) sealed: BTreeMap<CaseId, Timestamp>,
    /// Supplements without a case, by the key of the number that they cite.
    pub(super) awaiting: BTreeMap<Digest, Vec<CaseId>>,
    /// Supplements whose case has come.
    pub(super) joinable: BTreeMap<CaseId, CaseId>,
    /// The events that are looks at an identity.
    pub(super) looks: Vec<u64>,
    /// The undertaking of each person that was filed last.
    pub(super) undertakings: BTreeMap<AccountName, Undertaking>,
    /// The events that hold the last import of each table.
    pub(super) imported: BTreeMap<Table, Vec<u64>>,
    /// The monthly call-backs.
    pub(super) callbacks: Callbacks,
    /// The cases that each person marked, the last first.
    #[serde(default)]
    pub(super) stars: BTreeMap<AccountName, Vec<CaseId>>,
}

impl Work {
    /// Takes in the next event; `case_of` is the case of a number that is known already.
    pub(super) fn follow(&mut self, place: Place<'_>, body: &Body, case_of: impl Fn(&Digest) -> Option<CaseId>) {
        self.callbacks.follow(place, body);
        match (place.case, body) {
            (Some(case), Body::CaseTriaged(triage)) => self.triaged(place.seq, case, triage),
            (Some(case), Body::AlarmSignalled(_) | Body::AlarmAcknowledged(_)) => {
                self.unsignalled.retain(|_seq, waiting| *waiting != case);
            }
            (Some(case), Body::CaseRouted(decision)) if decision.sealed => {
                self.sealed.entry(case).or_insert(place.at);
            }
            (Some(case), Body::CaseRouted(_)) => {
                self.sealed.remove(&case);
            }
            (Some(case), Body::SupplementUnlinked(unlinked)) => match case_of(&unlinked.lookup) {
                Some(known) => {
                    self.joinable.insert(case, known);
                }
                None => self.awaiting.entry(unlinked.lookup).or_default().push(case),
            },
            (Some(case), Body::SupplementJoined(_)) => {
                self.joinable.remove(&case);
                self.awaiting.retain(|_lookup, waiting| {
                    waiting.retain(|supplement| *supplement != case);
                    !waiting.is_empty()
                });
            }
            (_, Body::NumberDerived(derived)) => {
                let waiting = self.awaiting.remove(&derived.lookup).unwrap_or_default();
                self.joinable.extend(waiting.into_iter().map(|supplement| (supplement, derived.case)));
            }
            (_, Body::UndertakingFiled(filed)) => {
                self.undertakings.insert(filed.account.clone(), filed.undertaking);
            }
            (_, Body::TableImported(imported)) => {
                let parts = self.imported.entry(imported.table).or_default();
                if imported.part == 1 {
                    parts.clear();
                }
                parts.push(place.seq);
            }
            (Some(case), Body::StarChanged(star)) => {
                let stars = self.stars.entry(star.by.clone()).or_default();
                stars.retain(|other| *other != case);
                if star.starred {
                    stars.insert(0, case);
                }
            }
            (_, Body::IdentityViewed(_)) => self.looks.push(place.seq),
            _ => {}
        }
    }

    fn triaged(&mut self, seq: u64, case: CaseId, triage: &Triage) {
        let now: BTreeSet<String> = triage.dangers().into_iter().map(str::to_owned).collect();
        let before = self.dangers.get(&case);
        if triage.alarm && before.is_none_or(|before| !now.is_subset(before)) {
            self.unsignalled.insert(seq, case);
        }
        if !now.is_empty() {
            self.dangers.insert(case, now);
        }
    }
}
