//! Where things stand: the end of the chain, each case's version and key, and marks for finding an event by number.

use std::collections::HashMap;

use nightsafe_schema::{case::CaseId, digest::Digest};

use crate::{key_table::KeySlot, ledger::Tail, limits::EVENTS_BETWEEN_MARKS};

/// The end of the chain and of the last segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) seq: u64,
    pub(super) digest: Digest,
    /// The last segment; 0 before the first.
    pub(super) segment: u32,
    /// Where its last line starts.
    pub(super) line: u64,
    /// Where the next line goes.
    pub(super) offset: u64,
}

impl End {
    pub(super) const EMPTY: Self = Self { seq: 0, digest: Digest::ZERO, segment: 0, line: 0, offset: 0 };

    pub(super) fn tail(&self) -> Tail {
        Tail { seq: self.seq, digest: self.digest }
    }
}

/// A case as the ledger knows it: 16 bytes with its number, so that a million cases fit anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CaseState {
    pub(super) version: u32,
    pub(super) key: KeySlot,
}

/// A place in a segment where a line starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
}

/// What of an event's line the positions need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed {
    pub(super) seq: u64,
    pub(super) digest: Digest,
    pub(super) place: Place,
    /// With its line feed.
    pub(super) length: u64,
    pub(super) case: Option<(CaseId, CaseState)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Positions {
    pub(super) end: End,
    pub(super) cases: HashMap<CaseId, CaseState>,
    /// The place of event 1, 5, 9, ...
    pub(super) marks: Vec<Place>,
}

impl Positions {
    pub(super) fn empty() -> Self {
        Self { end: End::EMPTY, cases: HashMap::new(), marks: Vec::new() }
    }

    pub(super) fn case(&self, case: CaseId) -> Option<CaseState> {
        self.cases.get(&case).copied()
    }

    /// Moves on past one event; returns what its case was before.
    pub(super) fn pass(&mut self, event: Passed) -> Option<(CaseId, Option<CaseState>)> {
        if event.seq % EVENTS_BETWEEN_MARKS == 1 {
            self.marks.push(event.place);
        }
        let Place { segment, offset } = event.place;
        self.end = End { seq: event.seq, digest: event.digest, segment, line: offset, offset: offset + event.length };
        event.case.map(|(case, state)| (case, self.cases.insert(case, state)))
    }

    /// Takes back what [`Self::pass`] did since `end`; `before` is what it returned, in order.
    pub(super) fn return_to(&mut self, end: End, before: Vec<(CaseId, Option<CaseState>)>) {
        for (case, state) in before.into_iter().rev() {
            match state {
                Some(state) => self.cases.insert(case, state),
                None => self.cases.remove(&case),
            };
        }
        self.marks.truncate(usize::try_from(end.seq.div_ceil(EVENTS_BETWEEN_MARKS)).unwrap_or(usize::MAX));
        self.end = end;
    }

    /// The last marked event at or before `seq`, and its place; `None` if the ledger is empty.
    pub(super) fn mark_before(&self, seq: u64) -> Option<(u64, Place)> {
        let wanted = usize::try_from(seq.saturating_sub(1) / EVENTS_BETWEEN_MARKS).ok()?;
        let index = wanted.min(self.marks.len().checked_sub(1)?);
        Some((index as u64 * EVENTS_BETWEEN_MARKS + 1, *self.marks.get(index)?))
    }
}
