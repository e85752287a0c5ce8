//! Receipt: how a sealed item becomes part of a case.
//!
//! ```text
//! inbox ──▶ verified ──▶ unlocked ──▶ parsed ──▶ kept ──▶ recorded ──▶ indexed        (DESIGN section 8)
//! Waiting   Verified     Unlocked     Parsed     Kept     Recorded     ledger position
//!    └──────────┴────────────┴───────────┴─────────┴─▶ quarantine: an event, and the item kept for a person
//! ```
//!
//! Each stage takes the one before it by value, so none can be left out. Up to `parsed` an item is alone and leaves no
//! trace; a pass keeps and records what got that far together, with one sync for all of it. The batch in the ledger is
//! the moment at which items exist; every step before it can be repeated, every step after it is finished at the next
//! look or start. An item that fails stops no other. One thread runs passes; nothing else removes from an inbox. There
//! are two of them, by [`door`]: the transfer's and the counter's.

pub(crate) mod door;
pub(crate) mod fault;
pub(crate) mod inbox;
pub(crate) mod joining;
pub(crate) mod kept;
pub(crate) mod keys;
pub(crate) mod numbers;
pub(crate) mod parsed;
pub(crate) mod pass;
pub(crate) mod quarantine;
pub(crate) mod recorded;
pub(crate) mod recovery;
pub(crate) mod retention;
pub(crate) mod trust;
pub(crate) mod unlocked;
pub(crate) mod verified;

use std::{collections::HashMap, path::Path, sync::Arc};

use nightsafe_casework::{event::EntryPosition, routing::IncompleteTable};
use nightsafe_ledger::BlobStore as _;
use nightsafe_runtime::{ExitCode, HasExitCode, durable_file::DurableError, failpoint, ring_file::RingFileError};
use nightsafe_schema::{case::CaseId, digest::Digest, item::ItemId, journal::VerifiedEntry};

use self::{
    door::{CounterTrust, Door},
    fault::{Fault, chain},
    inbox::{Inbox, InboxError, Waiting},
    kept::Kept,
    keys::Keys,
    parsed::Parsed,
    pass::Pass,
    quarantine::Quarantine,
    recorded::{Due, Outcome, Recorded, RecordingError, discard, rewrap, sealed_in},
    trust::Trust,
    unlocked::Unlocked,
};
use crate::{
    limits,
    records::typed,
    register::{Item, Owner},
    site::Site,
};

/// The receipt of one site.
pub(crate) struct Receipt {
    site: Arc<Site>,
    trust: Trust,
    /// The transfer's, and the counter's.
    inboxes: [Inbox; 2],
    quarantine: Quarantine,
    /// Supplements whose cited number is being derived.
    held: HashMap<ItemId, Parsed>,
}

/// An item on its way through a pass.
enum Step {
    /// Ready to be kept, with the key of the number that it cites.
    Ready(Box<Parsed>, Option<Digest>),
    /// The ledger has it already.
    Before,
    /// Waits until the number that it cites is derived.
    Held,
}

/// Whether clue numbers are derived on the way. It takes far longer than everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deriving {
    /// All of them.
    All,
    /// Only those that a supplement waits for; the daemon derives the others.
    Awaited,
}

/// A fault with what is known of its item so far.
struct Failed {
    fault: Fault,
    entry: Option<EntryPosition>,
}

impl Receipt {
    /// Opens the inbox and finishes what a crash interrupted.
    pub(crate) fn open(site: Arc<Site>) -> Result<Self, ReceiptError> {
        recovery::finish(&site).map_err(ReceiptError::Recovery)?;
        let inboxes = [Inbox::open(&site.config.inbox)?, Inbox::open(site.counter.inbox())?];
        let quarantine = Quarantine::open(&site.config.folders.quarantine)?;
        let (stream, key) = site.counter.stream();
        let trust = Trust::open(&site.config, CounterTrust { stream, key })?;
        Ok(Self { site, trust, inboxes, quarantine, held: HashMap::new() })
    }

    /// Reads everything again that a person may just have put right: ring, identities, items put back into the inbox.
    pub(crate) fn look_again(&mut self) {
        self.reload_trust();
        self.inboxes.iter_mut().for_each(Inbox::read_again);
    }

    /// Reads ring and identities again.
    pub(crate) fn reload_trust(&mut self) {
        self.trust.reload_ring();
        self.trust.reload_identities(&self.site.config);
    }

    /// The folders whose changes mean work.
    pub(crate) fn watched(&self) -> impl Iterator<Item = &Path> {
        self.inboxes.iter().flat_map(Inbox::watched)
    }

    /// Gives each item that waits one turn, pass after pass, for as long as `go_on` says so. Items that fail are set
    /// aside or postponed; an error means that the inbox itself cannot be read or cleared.
    pub(crate) fn round(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Pass, PassError> {
        let mut round = Pass::default();
        for door in Door::ALL {
            self.inbox(door).begin_round()?;
            loop {
                let waiting = self.inbox(door).waiting();
                if waiting.is_empty() || !go_on() {
                    break;
                }
                round.join(&self.pass(door, waiting)?);
            }
        }
        Ok(round)
    }

    const fn inbox(&mut self, door: Door) -> &mut Inbox {
        let [gap, counter] = &mut self.inboxes;
        match door {
            Door::Gap => gap,
            Door::Counter => counter,
        }
    }

    /// Rounds until nothing moves any more, deriving numbers in between: for a run without the daemon.
    pub(crate) fn exhaust(&mut self, deriving: Deriving) -> Result<Pass, PassError> {
        let mut all = Pass::default();
        loop {
            let round = self.round(&mut || true)?;
            let mut idle = round.is_idle();
            all.add(&round);
            if idle && (deriving == Deriving::All || !self.held.is_empty()) {
                idle = self.site.numbers.work_off(&self.site, &|| true) == 0;
                joining::join_waiting(&self.site);
            }
            if idle {
                return Ok(all);
            }
        }
    }

    fn pass(&mut self, door: Door, waiting: Vec<Waiting>) -> Result<Pass, PassError> {
        let mut pass = Pass::default();
        let site = Arc::clone(&self.site);
        let router = site.data.router(Site::day_of(site.clock.now()))?;
        let mut keys = Keys::of(door, &self.trust, &waiting);
        let (mut ready, mut recorded) = (Vec::new(), Vec::new());
        for waiting in waiting {
            let item = waiting.item;
            match self.prepare(door, waiting, &mut keys) {
                Ok(Step::Ready(parsed, lookup)) => ready.push((*parsed, lookup)),
                Ok(Step::Before) => recorded.push(Recorded { item, outcome: Outcome::Before }),
                Ok(Step::Held) => {
                    pass.postponed += 1;
                    self.inbox(door).postpone(item);
                }
                Err(failed) => self.fail(door, item, failed, &mut pass),
            }
        }
        let due = self.keep(door, ready, &mut pass);
        for (due, outcome) in Recorded::all(due, &router, &site) {
            match outcome {
                Ok(one) => recorded.push(one),
                Err(fault) => self.withdraw(door, &due, fault, &mut pass),
            }
        }
        self.leave(door, &recorded, &mut pass)?;
        Ok(pass)
    }

    /// From the inbox to parsed: nothing is written but what a long item holds, and that has no name yet.
    fn prepare(&mut self, door: Door, waiting: Waiting, keys: &mut Keys) -> Result<Step, Failed> {
        let item = waiting.item;
        if self.recorded_before(item).map_err(Failed::early)? {
            return Ok(Step::Before);
        }
        if self.held.contains_key(&item) {
            return Ok(self.resume(item));
        }
        let vault = &self.site.stores.vault;
        let verified = keys.verify(waiting, &mut self.trust, vault).map_err(Failed::early)?;
        failpoint::hit("receipt.after-verify");
        let entry = Some(position(verified.entry()));
        let identities = self.trust.identities().ok_or(Failed { fault: Fault::NoIdentity, entry })?;
        let unlocked = Unlocked::of(verified, &identities, vault);
        let parsed = unlocked.and_then(|unlocked| Parsed::of(unlocked, &self.site.data.catalog, door));
        let parsed = parsed.map_err(|fault| Failed { fault, entry })?;
        failpoint::hit("receipt.after-parse");
        let Some(cited) = parsed.cited_number() else { return Ok(Step::Ready(Box::new(parsed), None)) };
        if self.held.len() < limits::HELD_SUPPLEMENTS {
            self.site.numbers.request(item, cited);
            self.held.insert(item, parsed);
        }
        Ok(Step::Held)
    }

    /// A held supplement, once its number is derived.
    fn resume(&mut self, item: ItemId) -> Step {
        let Some(lookup) = self.site.numbers.answer(item) else { return Step::Held };
        self.held.remove(&item).map_or(Step::Held, |parsed| Step::Ready(Box::new(parsed), Some(lookup)))
    }

    /// Keeps what is ready; what fails is told at once.
    fn keep(&mut self, door: Door, ready: Vec<(Parsed, Option<Digest>)>, pass: &mut Pass) -> Vec<Due> {
        let (parsed, lookups): (Vec<_>, Vec<_>) = ready.into_iter().unzip();
        let names: Vec<_> = parsed.iter().map(|parsed| (parsed.parts.item, parsed.parts.entry)).collect();
        let kept = Kept::all(parsed, &self.site);
        let mut due = Vec::with_capacity(kept.len());
        for ((kept, lookup), (item, entry)) in kept.into_iter().zip(lookups).zip(names) {
            match kept {
                Ok(kept) => due.push(Due { kept, lookup }),
                Err(fault) => self.fail(door, item, Failed { fault, entry: Some(entry) }, pass),
            }
        }
        due
    }

    /// Stores must not keep what no event names. If the ledger has it after all, the next look finds it there.
    fn withdraw(&mut self, door: Door, due: &Due, fault: Fault, pass: &mut Pass) {
        let sealed = &due.kept.sealed;
        if !self.site.records.register().kept(sealed.item)
            && let Err(error) = discard(&self.site, [sealed])
        {
            tracing::warn!(item = %sealed.item, reason = chain(&error), "what was kept of an item stays until the next start");
        }
        self.fail(door, sealed.item, Failed { fault, entry: Some(sealed.entry) }, pass);
    }

    /// Whether the ledger has it already: a crash came before the inbox was cleared, or a medium was replayed.
    fn recorded_before(&self, item: ItemId) -> Result<bool, Fault> {
        let (known, promised) = {
            let register = self.site.records.register();
            (register.item(item), register.promised(item).is_some())
        };
        match known {
            None | Some(Item::Quarantined) => return Ok(false),
            Some(Item::Expired) if promised => return Ok(false),
            Some(Item::Kept { seq, owner: Owner::Case(case), .. }) => {
                self.rewrap_again(seq, case).map_err(Fault::passing)?;
            }
            Some(Item::Retry) => {
                self.site.stores.vault.remove(item).map_err(Fault::passing)?;
            }
            Some(Item::Kept { owner: Owner::Nobody { .. }, .. } | Item::Expired) => {}
        }
        Ok(true)
    }

    fn rewrap_again(&self, seq: u64, case: CaseId) -> Result<(), RecordingError> {
        let Some(body) = typed(&self.site.records.event(seq)?)? else { return Ok(()) };
        let items: Vec<_> = sealed_in(&body).into_iter().cloned().collect();
        rewrap(&self.site, case, &items)?;
        Ok(self.site.stores.keys.sync()?)
    }

    /// The items are recorded: they leave the inbox.
    fn leave(&mut self, door: Door, recorded: &[Recorded], pass: &mut Pass) -> Result<(), InboxError> {
        for Recorded { item, outcome } in recorded {
            pass.count(*outcome);
            tracing::debug!(%item, outcome = outcome.name(), "recorded");
        }
        let items: Vec<_> = recorded.iter().map(|recorded| recorded.item).collect();
        self.inbox(door).remove(&items)?;
        if !recorded.is_empty() {
            tracing::info!(items = recorded.len(), "recorded");
            failpoint::hit("receipt.after-removal");
        }
        Ok(())
    }

    fn fail(&mut self, door: Door, item: ItemId, failed: Failed, pass: &mut Pass) {
        let outcome = match failed.fault {
            Fault::Item { reason, detail } => {
                let entry = failed.entry;
                let inbox = match (door, &mut self.inboxes) {
                    (Door::Gap, [inbox, _]) | (Door::Counter, [_, inbox]) => inbox,
                };
                self.quarantine.set_aside(&self.site, inbox, item, entry, reason, &detail).map(|()| reason)
            }
            Fault::Gone => return self.inbox(door).forget(item),
            fault => Err(fault),
        };
        match outcome {
            Ok(reason) => {
                tracing::error!(%item, %reason, "an item was quarantined");
                pass.quarantined += 1;
                pass.integrity_failures += u64::from(reason.is_integrity());
            }
            Err(fault) => {
                tracing::debug!(%item, reason = chain(&fault), "an item stays in the inbox");
                pass.without_identity += u64::from(matches!(fault, Fault::NoIdentity));
                pass.postponed += 1;
                pass.trouble = Some(chain(&fault));
                self.inbox(door).postpone(item);
            }
        }
    }
}

impl Failed {
    fn early(fault: Fault) -> Self {
        Self { fault, entry: None }
    }
}

fn position(entry: &VerifiedEntry) -> EntryPosition {
    EntryPosition { stream: entry.fields().stream, seq: entry.fields().seq.value() }
}

/// Why a pass did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PassError {
    /// The inbox cannot be read or cleared.
    #[error("收件箱不可用 (the inbox cannot be used)")]
    Inbox(#[from] InboxError),
    /// Nothing can be routed.
    #[error("分办表不可用 (the routing table cannot be used)")]
    Router(#[from] IncompleteTable),
}

impl HasExitCode for PassError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Inbox(error) => error.exit_code(),
            Self::Router(_) => ExitCode::Usage,
        }
    }
}

/// Why the receipt cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiptError {
    /// The inbox cannot be used.
    #[error("收件箱不可用 (the inbox cannot be used)")]
    Inbox(#[from] InboxError),
    /// The quarantine folder cannot be made.
    #[error("隔离目录不可用 (the quarantine cannot be used)")]
    Quarantine(#[from] DurableError),
    /// There is no trusted key ring.
    #[error("没有可信的密钥环 (there is no trusted key ring)")]
    Ring(#[from] RingFileError),
    /// What a crash interrupted cannot be finished.
    #[error("上次中断的处理无法收尾 (what was interrupted cannot be finished)")]
    Recovery(#[source] Fault),
}

impl HasExitCode for ReceiptError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Ring(error) => error.exit_code(),
            Self::Quarantine(error) => error.exit_code(),
            Self::Inbox(error) => error.exit_code(),
            Self::Recovery(_) => ExitCode::Unexpected,
        }
    }
}
