//! Receipt: how a sealed item becomes part of a case.
//!
//! ```text
//! inbox ──▶ verified ──▶ unlocked ──▶ parsed ──▶ recorded ──▶ indexed        (DESIGN section 8)
//! Waiting   Verified     Unlocked     Parsed     Recorded     ledger position
//!    └──────────┴────────────┴───────────┴─▶ quarantine: an event, and the item kept for a person
//! ```
//!
//! Each stage takes the one before it by value, so none can be left out. The batch in the ledger is the moment at which
//! an item exists; every step before it can be repeated, every step after it is finished at the next look or start. An
//! item that fails stops no other. One thread runs passes; nothing else writes the inbox.

pub(crate) mod fault;
pub(crate) mod inbox;
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

use nightsafe_casework::{
    event::EntryPosition,
    routing::{IncompleteTable, Router},
};
use nightsafe_runtime::{ExitCode, HasExitCode, durable_file::DurableError, failpoint, ring_file::RingFileError};
use nightsafe_schema::{
    item::{ItemId, ItemKind},
    journal::VerifiedEntry,
    report::Flow,
};

use self::{
    fault::{Fault, chain},
    inbox::{Inbox, InboxError, Waiting},
    keys::Keys,
    parsed::Parsed,
    pass::Pass,
    quarantine::Quarantine,
    recorded::{Outcome, Recorded, discard, rewrap},
    trust::Trust,
    unlocked::Unlocked,
    verified::Verified,
};
use crate::{
    records::typed,
    register::{Item, Owner},
    site::Site,
};

/// The receipt of one site.
pub(crate) struct Receipt {
    site: Arc<Site>,
    trust: Trust,
    inbox: Inbox,
    quarantine: Quarantine,
    /// Supplements whose cited number is being derived.
    held: HashMap<ItemId, Parsed>,
}

/// An item on its way through a pass: recorded, or held until its number is derived.
enum Step {
    Recorded(Recorded),
    Held,
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
        let inbox = Inbox::open(&site.config.inbox)?;
        let quarantine = Quarantine::open(&site.config.folders.quarantine)?;
        let trust = Trust::open(&site.config)?;
        Ok(Self { site, trust, inbox, quarantine, held: HashMap::new() })
    }

    /// Reads ring and identities again.
    pub(crate) fn reload_trust(&mut self) {
        self.trust.reload_ring();
        self.trust.reload_identities(&self.site.config);
    }

    /// The folders whose changes mean work.
    pub(crate) fn watched(&self) -> [&Path; 2] {
        self.inbox.watched()
    }

    /// Takes in what waits, at most a pass's worth. Items that fail are set aside or postponed; an error means that the
    /// inbox itself cannot be read.
    pub(crate) fn pass(&mut self) -> Result<Pass, PassError> {
        let mut pass = Pass::default();
        let waiting = self.inbox.waiting()?;
        if waiting.is_empty() {
            return Ok(pass);
        }
        let site = Arc::clone(&self.site);
        let router = site.data.router()?;
        let mut keys = Keys::of(&self.trust);
        for waiting in waiting {
            let item = waiting.item;
            match self.take_in(waiting, &mut keys, &router) {
                Ok(Step::Recorded(recorded)) => self.leave(recorded, &mut pass)?,
                Ok(Step::Held) => pass.postponed += 1,
                Err(failed) => self.fail(item, failed, &mut pass),
            }
        }
        Ok(pass)
    }

    /// Passes until nothing moves any more, deriving numbers in between: for a run without the daemon.
    pub(crate) fn exhaust(&mut self) -> Result<Pass, PassError> {
        let mut all = Pass::default();
        loop {
            let pass = self.pass()?;
            let derived = self.site.numbers.work_off(&self.site);
            let idle = pass.is_idle() && derived == 0;
            all.add(&pass);
            if idle {
                return Ok(all);
            }
        }
    }

    fn take_in(&mut self, waiting: Waiting, keys: &mut Keys, router: &Router<'_>) -> Result<Step, Failed> {
        let item = waiting.item;
        if let Some(recorded) = self.recorded_before(item).map_err(Failed::early)? {
            return Ok(Step::Recorded(recorded));
        }
        if let Some(parsed) = self.held.get(&item) {
            let entry = parsed.unlocked.sealed().entry;
            return self.resume(item, router).map_err(|fault| Failed { fault, entry: Some(entry) });
        }
        let verified = keys.verify(waiting, &mut self.trust).map_err(Failed::early)?;
        failpoint::hit("receipt.after-verify");
        let entry = position(verified.entry());
        self.open_item(verified, router).map_err(|fault| Failed { fault, entry: Some(entry) })
    }

    /// From verified to recorded. What the stages put into the stores is taken out again if a later one fails.
    fn open_item(&mut self, verified: Verified, router: &Router<'_>) -> Result<Step, Fault> {
        let item = verified.item();
        let identities = self.trust.identities().ok_or(Fault::NoIdentity)?;
        let unlocked = match Unlocked::of(verified, &identities, &self.site.stores) {
            Ok(unlocked) => unlocked,
            Err(fault) => return Err(self.withdraw(item, fault)),
        };
        let sealed = unlocked.sealed().clone();
        let step = self.record(unlocked, router);
        if step.is_err() && !self.site.records.register().kept(item) {
            discard(&self.site, &sealed)?;
        }
        step
    }

    /// From unlocked to recorded, or held.
    fn record(&mut self, unlocked: Unlocked, router: &Router<'_>) -> Result<Step, Fault> {
        if unlocked.kind() == ItemKind::Attachment {
            return Recorded::attachment(&unlocked, &self.site).map(Step::Recorded);
        }
        let parsed = Parsed::of(unlocked, &self.site.data.catalog, &self.site.stores)?;
        failpoint::hit("receipt.after-parse");
        let Some(cited) = cited_number(&parsed) else {
            return Recorded::report(&parsed, None, router, &self.site).map(Step::Recorded);
        };
        let item = parsed.unlocked.item();
        self.site.numbers.request(item, cited);
        self.held.insert(item, parsed);
        Ok(Step::Held)
    }

    /// A held supplement, once its number is derived.
    fn resume(&mut self, item: ItemId, router: &Router<'_>) -> Result<Step, Fault> {
        let Some(lookup) = self.site.numbers.answer(item) else { return Ok(Step::Held) };
        let Some(parsed) = self.held.remove(&item) else { return Ok(Step::Held) };
        let recorded = Recorded::report(&parsed, Some(lookup), router, &self.site);
        if recorded.is_err() && !self.site.records.register().kept(item) {
            discard(&self.site, parsed.unlocked.sealed())?;
        }
        recorded.map(Step::Recorded)
    }

    /// The vault must not keep a payload that nothing names, unless another item has the name.
    fn withdraw(&self, item: ItemId, fault: Fault) -> Fault {
        if !self.site.records.register().kept(item)
            && let Err(error) = nightsafe_ledger::BlobStore::remove(&self.site.stores.vault, item)
        {
            return Fault::passing(error);
        }
        fault
    }

    /// An item that the ledger has already: a crash came before the inbox was cleared, or a medium was replayed.
    fn recorded_before(&self, item: ItemId) -> Result<Option<Recorded>, Fault> {
        let (known, promised) = {
            let register = self.site.records.register();
            (register.item(item), register.promised(item).is_some())
        };
        match known {
            None | Some(Item::Quarantined) => return Ok(None),
            Some(Item::Expired) if promised => return Ok(None),
            Some(Item::Kept { seq, owner: Owner::Case(case), .. }) => self.rewrap_again(seq, case)?,
            Some(Item::Retry) => {
                nightsafe_ledger::BlobStore::remove(&self.site.stores.vault, item).map_err(Fault::passing)?;
            }
            Some(Item::Kept { owner: Owner::Nobody { .. }, .. } | Item::Expired) => {}
        }
        Ok(Some(Recorded { item, outcome: Outcome::Before }))
    }

    fn rewrap_again(&self, seq: u64, case: nightsafe_schema::case::CaseId) -> Result<(), Fault> {
        let event = self.site.records.event(seq).map_err(Fault::passing)?;
        let Some(body) = typed(&event).map_err(Fault::passing)? else { return Ok(()) };
        let items: Vec<_> = recorded::sealed_in(&body).into_iter().cloned().collect();
        rewrap(&self.site, case, &items)
    }

    /// The item is recorded: it leaves the inbox.
    fn leave(&mut self, recorded: Recorded, pass: &mut Pass) -> Result<(), InboxError> {
        pass.count(recorded.outcome);
        tracing::info!(item = %recorded.item, outcome = recorded.outcome.name(), "recorded");
        self.inbox.remove(recorded.item)?;
        failpoint::hit("receipt.after-removal");
        Ok(())
    }

    fn fail(&mut self, item: ItemId, failed: Failed, pass: &mut Pass) {
        let outcome = match failed.fault {
            Fault::Item { reason, detail } => {
                let entry = failed.entry;
                self.quarantine.set_aside(&self.site, &mut self.inbox, item, entry, reason, &detail).map(|()| reason)
            }
            fault => Err(fault),
        };
        match outcome {
            Ok(reason) => {
                tracing::error!(%item, %reason, "an item was quarantined");
                pass.quarantined += 1;
                pass.integrity_failures += u64::from(reason.is_integrity());
            }
            Err(fault) => {
                tracing::warn!(%item, reason = chain(&fault), "an item stays in the inbox");
                pass.without_identity += u64::from(matches!(fault, Fault::NoIdentity));
                pass.postponed += 1;
                self.inbox.postpone(item);
            }
        }
    }
}

impl Failed {
    fn early(fault: Fault) -> Self {
        Self { fault, entry: None }
    }
}

/// The number that a supplement cites.
fn cited_number(parsed: &Parsed) -> Option<nightsafe_schema::clue::ClueNumber> {
    (parsed.report.flow() == Flow::Supplement)
        .then(|| parsed.report.cites().cloned().unwrap_or_else(|| parsed.intake.clue_number.clone()))
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
