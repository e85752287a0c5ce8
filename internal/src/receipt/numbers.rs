//! The keys behind clue numbers, derived off the ingest path (DESIGN section 5).
//!
//! Argon2id takes tens of milliseconds and 19 MiB a number: cases are recorded first and get their `NUMBER_DERIVED` event
//! afterwards; a supplement waits for the key of the number it cites. Both come through here, cases first, so that a
//! supplement right behind its report finds it. A clue number is in memory only while it is worked on.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use nightsafe_casework::event::{IdentityPart, NumberDerived};
use nightsafe_ledger::Body;
use nightsafe_runtime::failpoint;
use nightsafe_schema::{
    case::CaseId,
    clue::{ClueNumber, ClueRoot, LOOKUP_PURPOSE},
    digest::Digest,
    item::ItemId,
    submission::SiteId,
};

use super::fault::{Fault, chain};
use crate::{
    limits,
    records::{Actor, NewEvent},
    site::Site,
};

/// The queue of numbers to be derived.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    requested: VecDeque<(ItemId, ClueNumber)>,
    answered: HashMap<ItemId, Digest>,
    stirred: bool,
}

impl Numbers {
    /// Asks for the lookup key of the number that a supplement cites.
    pub(crate) fn request(&self, item: ItemId, number: ClueNumber) {
        self.change(|queue| queue.requested.push_back((item, number)));
    }

    /// The answer to a request, once.
    pub(crate) fn answer(&self, item: ItemId) -> Option<Digest> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).answered.remove(&item)
    }

    /// Something may be there to derive, or it is time to stop.
    pub(crate) fn stir(&self) {
        self.change(|queue| queue.stirred = true);
    }

    /// Waits until there may be work, at most so long.
    pub(crate) fn wait(&self, most: Duration) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |queue: &mut Queue| queue.requested.is_empty() && !queue.stirred;
        let waited = self.changed.wait_timeout_while(queue, most, idle);
        let (mut queue, _timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.stirred = false;
    }

    /// Derives what waits, for as long as `go_on` says so; how many keys that made. What fails is logged and tried again
    /// later.
    pub(crate) fn work_off(&self, site: &Site, go_on: &dyn Fn() -> bool) -> usize {
        let mut made = 0;
        let mut after = 0;
        while go_on() {
            let batch = site.records.register().underived_after(after, limits::NUMBERS_A_BATCH);
            let Some((last, _case)) = batch.last() else { return made + self.answer_requests(site, go_on) };
            after = *last;
            match derive_cases(site, &batch) {
                Ok(derived) => made += derived,
                Err(error) => {
                    tracing::error!(reason = chain(&error), "clue numbers could not be derived");
                    return made;
                }
            }
        }
        made
    }

    /// The numbers that supplements cite: after those of all cases, one of which it should be.
    fn answer_requests(&self, site: &Site, go_on: &dyn Fn() -> bool) -> usize {
        let mut made = 0;
        while let Some((item, number)) = Some(()).filter(|()| go_on()).and_then(|()| self.next_request()) {
            match lookup_of(site, &number) {
                Ok(lookup) => {
                    self.change(|queue| {
                        queue.answered.insert(item, lookup);
                    });
                    made += 1;
                }
                Err(error) => {
                    tracing::error!(%item, reason = chain(&error), "a cited number could not be derived");
                    self.request(item, number);
                    return made;
                }
            }
        }
        made
    }

    fn next_request(&self) -> Option<(ItemId, ClueNumber)> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).requested.pop_front()
    }

    fn change(&self, change: impl FnOnce(&mut Queue)) {
        change(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}

/// The key by which a number finds its case.
pub(crate) fn lookup_of(site: &Site, number: &ClueNumber) -> Result<Digest, Fault> {
    let _turn = site.stretching.turn();
    lookup_at(&site.config.site, number)
}

fn lookup_at(site: &SiteId, number: &ClueNumber) -> Result<Digest, Fault> {
    let root = ClueRoot::derive(number, site).map_err(Fault::passing)?;
    Ok(Digest::from_bytes(root.key(LOOKUP_PURPOSE)))
}

/// Derives the numbers of some cases and records them together; how many there were.
fn derive_cases(site: &Site, cases: &[(u64, CaseId)]) -> Result<usize, Fault> {
    let mut derived = Vec::with_capacity(cases.len());
    for (seq, case) in cases {
        derived.extend(derive_case(site, *seq, *case)?);
    }
    failpoint::hit("numbers.after-derivation");
    let made = derived.len();
    site.records.append(&Actor::daemon(), &*site.clock, derived).map_err(Fault::passing)?;
    Ok(made)
}

/// The event that a case's number was derived; none if there is no number: the identity may have been erased.
fn derive_case(site: &Site, seq: u64, case: CaseId) -> Result<Option<NewEvent>, Fault> {
    let identity = site.records.ledger().identity(seq).map_err(Fault::passing)?;
    let Some(Body::Open(identity)) = identity else { return Ok(None) };
    let identity: IdentityPart = identity.read().map_err(Fault::passing)?;
    let lookup = lookup_of(site, &identity.clue_number)?;
    Ok(Some(NewEvent::of_case(case, NumberDerived { case, lookup })))
}
