//! The states of cases while events are folded: recent ones in memory, the others folded again from the ledger.

use std::collections::{HashMap, hash_map::Entry};

use jiff::Timestamp;
use nightsafe_casework::{
    case::{CaseState, Recorded},
    event::{Body, Kind},
};
use nightsafe_ledger::{Event, EventLog};
use nightsafe_schema::case::CaseId;

use super::Folding;
use crate::{
    case::Events,
    damage::Damage,
    error::IndexError,
    projections::{Projections, Tree},
};

/// States of cases as of the last event folded. Whoever met an error must [`Self::forget`] them.
#[derive(Default)]
pub(crate) struct States {
    // Boxed: a map that grows moves pointers and not reports.
    known: HashMap<CaseId, Option<Box<CaseState>>>,
}

impl States {
    /// Forgets everything: the next state is folded from the ledger.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// Forgets if there are too many; only between chunks.
    pub(crate) fn bound(&mut self) {
        if self.known.len() > STATES {
            self.forget();
        }
    }

    /// The state of a case; `None` if no event opened it.
    pub(super) fn of(&mut self, case: CaseId, folding: Folding<'_>) -> Result<Option<&CaseState>, IndexError> {
        self.load(case, folding)?;
        Ok(self.known.get(&case).and_then(|state| state.as_deref()))
    }

    /// Takes one more event in; says whether it follows from those before.
    pub(super) fn apply(
        &mut self,
        case: CaseId,
        seq: u64,
        version: u64,
        at: Timestamp,
        body: &Body,
        folding: Folding<'_>,
    ) -> Result<bool, IndexError> {
        self.load(case, folding)?;
        let known = self.known.entry(case).or_default();
        // A report opens a case, nothing else does; the fold takes the state, so this is asked before.
        if known.is_some() == matches!(body, Body::ReportReceived(_)) {
            return Ok(false);
        }
        let before = known.take().map(|state| *state);
        *known = CaseState::after(before, &Recorded { seq, version, at }, body).ok().map(Box::new);
        Ok(known.is_some())
    }

    fn load(&mut self, case: CaseId, folding: Folding<'_>) -> Result<(), IndexError> {
        if let Entry::Vacant(unknown) = self.known.entry(case) {
            unknown.insert(folded(case, folding)?.map(Box::new));
        }
        Ok(())
    }
}

/// The numbers of the events that made a case what it is, in order; all of them, or damage.
pub(crate) fn seqs(projections: &Projections, case: CaseId, events: &Events) -> Result<Vec<u64>, Damage> {
    let mut seqs = events.first().to_vec();
    if events.further() > 0 {
        let here = seqs.len() as u64;
        projections.each(Tree::Events, &case.to_bytes(), |key, _| {
            let seq = key.last_chunk().copied().map(u64::from_be_bytes);
            seqs.push(seq.ok_or_else(|| Damage::projections("a key that is too short"))?);
            Ok(true)
        })?;
        if seqs.len() as u64 != here.saturating_add(events.further()) {
            return Err(Damage::projections("a case without all of its events"));
        }
    }
    Ok(seqs)
}

/// Folds the events of a case that the rows name.
fn folded(case: CaseId, folding: Folding<'_>) -> Result<Option<CaseState>, IndexError> {
    let Some(record) = folding.record(case)? else { return Ok(None) };
    let mut state = None;
    for seq in seqs(folding.projections, case, &record.events)? {
        let event = event(folding.log, seq)?;
        let body = event.body.open().zip(event.kind.parse::<Kind>().ok());
        let Some(body) = body.and_then(|(body, kind)| Body::read(kind, body.as_bytes()).ok()) else { continue };
        let recorded = Recorded { seq, version: event.version.unwrap_or_default(), at: event.at };
        state = CaseState::after(state, &recorded, &body).ok();
        if state.is_none() {
            break;
        }
    }
    Ok(state)
}

/// One event of the ledger.
pub(crate) fn event(log: &dyn EventLog, seq: u64) -> Result<Event, IndexError> {
    let mut events = log.read(seq).map_err(IndexError::Ledger)?;
    match events.next() {
        Some(event) => event.map_err(IndexError::Ledger),
        None => Err(IndexError::LedgerBehind { tail: log.tail().seq, at: seq }),
    }
}

/// States kept in memory: reports in a burst are received, triaged and routed close together.
const STATES: usize = 2_000;
