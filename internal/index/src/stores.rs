//! One generation, open: the projections and the full text, which must agree with the ledger and with each other.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use nightsafe_ledger::{Event, EventLog};

use crate::{
    damage::Damage,
    error::IndexError,
    fold::{self, Folding, Hashes, States},
    fulltext::FullText,
    key::IndexKey,
    limits,
    position::{FORMAT, Position, Standing},
    projections::Projections,
    rules::Rules,
};

/// Both halves of the index.
pub(crate) struct Stores {
    pub(crate) projections: Projections,
    pub(crate) text: FullText,
    damaged: AtomicBool,
    /// The last event in the rows.
    rows_at: AtomicU64,
    /// How far the full text is known to be committed; behind the rows only by events that change no document.
    text_at: AtomicU64,
    /// Documents were replaced since.
    uncommitted: AtomicBool,
}

/// When the full text is made durable and visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commit {
    /// After each batch: others are reading.
    EachBatch,
    /// At the end: nobody sees it before.
    AtTheEnd,
}

/// When what lies there is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checking {
    /// Before anything is answered.
    Now,
    /// While it answers.
    Later,
}

/// What both halves are made from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) log: &'a dyn EventLog,
    pub(crate) rules: &'a Rules,
    pub(crate) hashes: &'a Hashes,
}

impl Stores {
    /// Empty ones.
    pub(crate) fn create(path: &Path, key: &IndexKey, rules: &Rules) -> Result<Self, Damage> {
        let standing = standing(rules, Position::START);
        let projections = Projections::create(&projections_in(path), key, standing.clone())?;
        Ok(Self::new(projections, FullText::create(&text_in(path), key, &standing)?, 0, 0))
    }

    /// Those that lie there, checked against the ledger and brought to the same position; every byte checked now, or
    /// rows by [`Projections::check_some`] and the text whenever it is read.
    pub(crate) fn open(
        path: &Path,
        key: &IndexKey,
        checking: Checking,
        sources: Sources<'_>,
        states: &mut States,
    ) -> Result<Self, IndexError> {
        let (rows_in, text_in) = (projections_in(path), text_in(path));
        let (projections, text) = match checking {
            Checking::Now => (Projections::open(&rows_in, key)?, FullText::open(&text_in, key)?),
            Checking::Later => (Projections::open_unchecked(&rows_in, key)?, FullText::open_unchecked(&text_in, key)?),
        };
        let rows_at = checked(&projections.standing()?, sources)?;
        let text_at = checked(&text.standing()?, sources)?;
        let stores = Self::new(projections, text, rows_at.seq, text_at.seq);
        if text_at.seq < rows_at.seq {
            stores.catch_text_up(text_at, rows_at, sources, states)?;
        }
        Ok(stores)
    }

    fn new(projections: Projections, text: FullText, rows_at: u64, text_at: u64) -> Self {
        Self {
            projections,
            text,
            damaged: AtomicBool::new(false),
            rows_at: AtomicU64::new(rows_at),
            text_at: AtomicU64::new(text_at),
            uncommitted: AtomicBool::new(false),
        }
    }

    /// Remembers that an answer showed damage.
    pub(crate) fn give_up(&self) {
        self.damaged.store(true, Ordering::Release);
    }

    /// Whether an answer has shown damage.
    pub(crate) fn is_given_up(&self) -> bool {
        self.damaged.load(Ordering::Acquire)
    }

    /// How far the rows have come.
    pub(crate) fn position(&self) -> Result<Position, Damage> {
        self.projections.standing().map(|standing| standing.position)
    }

    /// Reads the ledger on from where the index is, to its end.
    pub(crate) fn catch_up(
        &self,
        sources: Sources<'_>,
        states: &mut States,
        commit: Commit,
    ) -> Result<Position, IndexError> {
        let mut position = self.position()?;
        if position.seq < sources.log.tail().seq {
            let mut events = sources.log.read(position.seq.saturating_add(1)).map_err(IndexError::Ledger)?;
            loop {
                let batch = events.by_ref().take(limits::EVENTS_IN_A_BATCH).collect::<Result<Vec<_>, _>>();
                let batch = batch.map_err(IndexError::Ledger)?;
                if batch.is_empty() {
                    break;
                }
                position = self.put(&batch, position, sources, states)?;
                if commit == Commit::EachBatch {
                    self.commit(position, sources)?;
                }
            }
        }
        match commit {
            Commit::AtTheEnd => self.commit_all(position, sources)?,
            Commit::EachBatch => self.commit(position, sources)?,
        }
        Ok(position)
    }

    /// Whether the rows have every event of the ledger, and the full text every document.
    pub(crate) fn is_current(&self, sources: Sources<'_>) -> bool {
        self.rows_at.load(Ordering::Acquire) == sources.log.tail().seq && !self.uncommitted.load(Ordering::Acquire)
    }

    /// Puts these events in and makes them visible; those that it has already are passed over.
    pub(crate) fn apply(
        &self,
        events: &[Event],
        sources: Sources<'_>,
        states: &mut States,
    ) -> Result<Position, IndexError> {
        let at = self.position()?;
        let new = events.iter().position(|event| event.seq > at.seq).and_then(|first| events.get(first..));
        let Some(new) = new else { return Ok(at) };
        let position = self.put(new, at, sources, states)?;
        self.commit(position, sources)?;
        Ok(position)
    }

    fn put(
        &self,
        events: &[Event],
        mut position: Position,
        sources: Sources<'_>,
        states: &mut States,
    ) -> Result<Position, IndexError> {
        for chunk in chunks(events) {
            for event in chunk {
                if event.seq != position.seq.saturating_add(1) {
                    return Err(IndexError::Gap { at: position.seq, found: event.seq });
                }
                position = Position { seq: event.seq, digest: event.digest };
            }
            // Everything that reads the ledger is done before the first write.
            let folded = self.folding(sources).chunk(chunk, states).inspect_err(|_| states.forget())?;
            let written = self.projections.apply(&folded.changes, position);
            if !folded.documents.is_empty() {
                self.uncommitted.store(true, Ordering::Release);
            }
            let written = written.and_then(|()| folded.documents.iter().try_for_each(|case| self.text.replace(case)));
            written.inspect_err(|_| states.forget())?;
            self.rows_at.store(position.seq, Ordering::Release);
            states.bound();
        }
        Ok(position)
    }

    /// Makes new documents visible. Events without any, such as looks, are not worth a commit each: a crash leaves the
    /// full text a little behind, and opening brings it up.
    fn commit(&self, position: Position, sources: Sources<'_>) -> Result<(), Damage> {
        let behind = position.seq.saturating_sub(self.text_at.load(Ordering::Acquire));
        if self.uncommitted.load(Ordering::Acquire) || behind > limits::EVENTS_WITHOUT_A_COMMIT {
            self.commit_all(position, sources)?;
        }
        Ok(())
    }

    fn commit_all(&self, position: Position, sources: Sources<'_>) -> Result<(), Damage> {
        self.text.commit(&standing(sources.rules, position))?;
        self.text_at.store(position.seq, Ordering::Release);
        self.uncommitted.store(false, Ordering::Release);
        self.projections.flush()
    }

    fn catch_text_up(
        &self,
        from: Position,
        to: Position,
        sources: Sources<'_>,
        states: &mut States,
    ) -> Result<(), IndexError> {
        let mut events = sources.log.read(from.seq.saturating_add(1)).map_err(IndexError::Ledger)?;
        let mut left = to.seq.saturating_sub(from.seq);
        while left > 0 {
            let size = limits::EVENTS_IN_A_BATCH.min(usize::try_from(left).unwrap_or(usize::MAX));
            let batch = events.by_ref().take(size).collect::<Result<Vec<_>, _>>().map_err(IndexError::Ledger)?;
            if batch.is_empty() {
                break;
            }
            left = left.saturating_sub(batch.len() as u64);
            for document in self.folding(sources).documents(&batch, states)? {
                self.text.replace(&document)?;
            }
            states.bound();
        }
        self.commit_all(to, sources)?;
        Ok(())
    }

    fn folding<'a>(&'a self, sources: Sources<'a>) -> Folding<'a> {
        Folding { projections: &self.projections, log: sources.log, rules: sources.rules, hashes: sources.hashes }
    }
}

/// The events cut so that no transaction touches too many cases.
fn chunks(events: &[Event]) -> impl Iterator<Item = &[Event]> {
    let mut rest = events;
    std::iter::from_fn(move || {
        let mut cases = std::collections::BTreeSet::new();
        let fits = |event: &&Event| {
            cases.extend(event.case);
            cases.len() <= limits::CASES_IN_A_TRANSACTION
        };
        let length = rest.iter().take(limits::EVENTS_IN_A_TRANSACTION).take_while(fits).count();
        let (chunk, after) = rest.split_at_checked(length)?;
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// The position of a half, once format, rules and the ledger's own event at it are found to agree.
fn checked(found: &Standing, sources: Sources<'_>) -> Result<Position, IndexError> {
    let expected = standing(sources.rules, found.position);
    if *found != expected {
        return Err(Damage::projections("made by another format or by other units and divisions").into());
    }
    let Position { seq, digest } = found.position;
    let tail = sources.log.tail();
    if seq > tail.seq {
        return Err(Damage::projections(format_args!("at event {seq}, and the ledger ends at {}", tail.seq)).into());
    }
    if seq > 0 && fold::event(sources.log, seq)?.digest != digest {
        return Err(Damage::projections(format_args!("event {seq} is another one in the ledger")).into());
    }
    Ok(found.position)
}

fn standing(rules: &Rules, position: Position) -> Standing {
    Standing { format: FORMAT, rules: rules.digest(), position }
}

fn projections_in(path: &Path) -> PathBuf {
    path.join("projections")
}

fn text_in(path: &Path) -> PathBuf {
    path.join("text")
}
