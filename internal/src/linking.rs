//! Links: every report is compared with those before it, once, and what it resembles is recorded in both cases.
//!
//! Behind the receipt and apart from it: a report is taken in and seen before it is compared. Crash-safe and done once,
//! because the batch that records candidates also records up to which event was compared; whatever comes in between is
//! compared again and gives the same. One thread at a time; nothing is authorised here, and nobody is shown anything.

mod company;
mod reporter;

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use nightsafe_casework::{
    event::{CaseLinked, LinksFollowed},
    linking::RULES,
    routing::IncompleteTable,
};
use nightsafe_index::{Arrival, FoundLink, IndexKey, LinkError, Links};
use nightsafe_ledger::{EventLog as _, ReadError, Tail};
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::{case::CaseId, report::ReportError};

use self::company::{Fresh, consequences};
pub(crate) use self::{company::inheritance, reporter::marks_of};
use crate::{
    limits,
    records::{Actor, NewEvent, RecordError},
    site::Site,
};

/// The store of keys and sketches, once something asked for it.
pub(crate) struct Linker {
    key: IndexKey,
    links: Mutex<Option<Links>>,
    /// The last event in the store as it was kept last.
    kept_at: AtomicU64,
}

impl Linker {
    /// Nothing is read before the first report is to be compared.
    pub(crate) fn new(key: IndexKey) -> Self {
        Self { key, links: Mutex::new(None), kept_at: AtomicU64::new(0) }
    }

    /// Compares whatever was not compared yet, for as long as `go_on` says so; how many candidates that made.
    pub(crate) fn follow(&self, site: &Site, go_on: &dyn Fn() -> bool) -> Result<usize, LinkingError> {
        let mut open = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let links = open.get_or_insert_with(|| self.kept(site));
        let mut made = 0;
        loop {
            catch_up(links, site)?;
            let waiting = links.waiting(limits::ARRIVALS_COMPARED_AT_ONCE);
            if waiting.is_empty() || !go_on() {
                break;
            }
            made += record(links, &waiting, site)?;
        }
        self.keep_if_due(links, site);
        Ok(made)
    }

    /// As it was kept, or one that has to read the ledger from its beginning.
    fn kept(&self, site: &Site) -> Links {
        let note = site.records.ledger().note(LINKS);
        let kept = note.and_then(|note| {
            Links::from_bytes(&note.content, &self.key).filter(|links| links.position().seq == note.at.seq)
        });
        kept.map_or_else(
            || Links::new(&self.key),
            |links| {
                self.kept_at.store(links.position().seq, Ordering::Relaxed);
                links
            },
        )
    }

    /// Keeps the store if a start would have to replay more than a little.
    fn keep_if_due(&self, links: &Links, site: &Site) {
        let (at, kept_at) = (links.position(), self.kept_at.load(Ordering::Relaxed));
        if at.seq.saturating_sub(kept_at) <= limits::EVENTS_TO_REPLAY.max(kept_at / 4) {
            return;
        }
        let tail = Tail { seq: at.seq, digest: at.digest };
        match site.records.ledger().keep_note(LINKS, tail, &links.to_bytes()) {
            Ok(()) => self.kept_at.store(at.seq, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the links were not kept: the next start takes longer"),
        }
    }
}

impl std::fmt::Debug for Linker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Linker(..)")
    }
}

/// Takes in what the ledger says beyond what the store has.
fn catch_up(links: &mut Links, site: &Site) -> Result<(), LinkingError> {
    let ledger = site.records.ledger();
    if links.position().seq < ledger.tail().seq {
        for event in ledger.read(links.position().seq.saturating_add(1)).map_err(LinkingError::Ledger)? {
            links.follow(&event.map_err(LinkingError::Ledger)?);
        }
    }
    Ok(())
}

/// Compares these, and records what came of it and that it was done.
fn record(links: &Links, waiting: &[Arrival], site: &Site) -> Result<usize, LinkingError> {
    let mut events = Vec::new();
    let mut fresh = Fresh::default();
    let mut through = 0;
    for &arrival in waiting {
        for found in links.resembling(site.records.ledger(), arrival)? {
            let known = links.link(arrival.case, found.other);
            let said = fresh.0.contains_key(&(found.other, arrival.case));
            if !said && known.is_none_or(|known| found.verdict.kind < known) {
                events.extend(in_both(arrival.case, &found));
                fresh.0.insert((arrival.case, found.other), (found.verdict.kind, found.verdict.reasons));
            }
        }
        through = arrival.seq;
        // What follows for a case is read from what is recorded: one matter a batch.
        if !fresh.0.is_empty() || events.len() > limits::EVENTS_OF_LINKS {
            break;
        }
    }
    let made = fresh.0.len();
    events.push(NewEvent::of_site(LinksFollowed { through, rules: RULES.to_owned() }));
    site.records.decide(&Actor::daemon(), &*site.clock, |register| {
        events.extend(consequences(site, register, links, &fresh)?);
        Ok::<_, LinkingError>(events)
    })?;
    Ok(made)
}

fn in_both(case: CaseId, found: &FoundLink) -> [NewEvent; 2] {
    let linked = |other| CaseLinked {
        other,
        kind: found.verdict.kind,
        reasons: found.verdict.reasons.clone(),
        rules: RULES.to_owned(),
    };
    [NewEvent::of_case(case, linked(found.other)), NewEvent::of_case(found.other, linked(case))]
}

/// Why reports are not compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkingError {
    /// The ledger cannot be read.
    #[error("账本不可读 (the ledger cannot be read)")]
    Ledger(#[source] ReadError),
    /// A case could not be compared.
    #[error("无法比对线索 (a case cannot be compared)")]
    Compare(#[from] LinkError),
    /// The ledger did not take it.
    #[error("未能记入账本 (it is not in the ledger)")]
    Record(#[from] RecordError),
    /// A recorded report cannot be read.
    #[error("已记录的举报不可读 (a recorded report cannot be read)")]
    Report(#[from] ReportError),
    /// Nothing can be routed.
    #[error("分办表不可用 (the routing table cannot be used)")]
    Router(#[from] IncompleteTable),
}

impl HasExitCode for LinkingError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Record(error) => error.exit_code(),
            Self::Ledger(_) | Self::Compare(_) | Self::Report(_) => ExitCode::Integrity,
            Self::Router(_) => ExitCode::Usage,
        }
    }
}

/// The name under which the ledger keeps the store.
const LINKS: &str = "links";
