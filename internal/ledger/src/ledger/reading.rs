//! Reading events in order, and opening their parts.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use nightsafe_schema::{case::CaseId, digest::Digest};

use crate::{
    event::{Body, Event},
    key_table::{KeyPurpose, KeySlot, KeyTable, SITE_OWNER},
    ledger::{
        ReadError,
        positions::{End, Place, Positions},
        segments::{Lines, Next},
    },
    line::{EventLine, Part},
    sealed_part,
};

/// Reads lines from an event on to the end that was durable when it was opened. Each line's `prev` is compared with the
/// digest of the line before.
pub(super) struct EventReader {
    folder: PathBuf,
    end: End,
    lines: Option<Lines>,
    next: u64,
    /// The digest of the line before the next; not known at the first line read, unless it is the ledger's first.
    before: Option<Digest>,
}

/// A line whose place in the chain is right.
pub(super) struct ChainedLine {
    bytes: Vec<u8>,
    digest: Digest,
    place: Place,
}

impl EventReader {
    /// Stands before event `from`, or at the end if there is none.
    pub(super) fn open(folder: &Path, positions: &Positions, end: End, from: u64) -> Result<Self, ReadError> {
        let from = from.max(1);
        let mut reader = Self { folder: folder.to_owned(), end, lines: None, next: from, before: None };
        if from > end.seq {
            return Ok(reader);
        }
        if let Some((marked, place)) = positions.mark_before(from) {
            reader.lines = Some(reader.lines_at(place)?);
            reader.before = (marked == 1).then_some(Digest::ZERO);
            reader.next = marked;
            while reader.next < from {
                reader.next_line()?;
            }
        }
        Ok(reader)
    }

    /// The next line; `None` at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<ChainedLine>, ReadError> {
        while self.next <= self.end.seq {
            let Some(lines) = &mut self.lines else { break };
            let place = lines.place();
            let damaged = ReadError::Damaged { segment: place.segment, offset: place.offset };
            match lines.next().map_err(|source| disk(place, source))? {
                Next::Line(bytes) => {
                    let line = ChainedLine { bytes: bytes.to_vec(), digest: Digest::of(bytes), place };
                    let event = line.parse()?;
                    if event.seq != self.next || self.before.is_some_and(|before| before != event.prev) {
                        return Err(damaged);
                    }
                    self.before = Some(line.digest);
                    self.next += 1;
                    return Ok(Some(line));
                }
                Next::End if place.segment < self.end.segment => {
                    self.lines = Some(self.lines_at(Place { segment: place.segment + 1, offset: 0 })?);
                }
                Next::End | Next::Unfinished(_) => return Err(damaged),
            }
        }
        Ok(None)
    }

    /// The events from here on, opened.
    pub(super) fn events(mut self, keys: Arc<KeyTable>) -> impl Iterator<Item = Result<Event, ReadError>> + Send {
        let mut failed = false;
        std::iter::from_fn(move || {
            if failed {
                return None;
            }
            let event = self.next_line().and_then(|line| line.map(|line| line.open(&keys)).transpose()).transpose();
            failed = matches!(event, Some(Err(_)));
            event
        })
    }

    fn lines_at(&self, place: Place) -> Result<Lines, ReadError> {
        Lines::open(&self.folder, place).map_err(|source| disk(place, source))
    }
}

impl ChainedLine {
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    /// The event with its body opened.
    pub(super) fn open(&self, keys: &KeyTable) -> Result<Event, ReadError> {
        let line = self.parse()?;
        let body = match line.case {
            Some(case) => open_part(&line, Part::Body, line.key, KeyPurpose::Case, &case.to_string(), keys)?,
            None => open_part(&line, Part::Body, line.key, KeyPurpose::Site, SITE_OWNER, keys)?,
        };
        Ok(Event {
            seq: line.seq,
            at: line.at,
            actor: line.actor.into_owned(),
            role: line.role.into_owned(),
            case: line.case,
            version: line.version,
            kind: line.kind.into_owned(),
            body,
            has_identity: line.identity.is_some(),
            digest: self.digest,
        })
    }

    /// The identity part, opened; `None` if there is none.
    pub(super) fn open_identity(&self, keys: &KeyTable) -> Result<Option<Body>, ReadError> {
        let line = self.parse()?;
        match (line.identity_key, line.case, line.version) {
            (Some(slot), Some(case), Some(version)) => {
                let owner = identity_owner(case, version);
                open_part(&line, Part::Identity, slot, KeyPurpose::Identity, &owner, keys).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn parse(&self) -> Result<EventLine<'_>, ReadError> {
        let Place { segment, offset } = self.place;
        EventLine::parse_own(&self.bytes).map_err(|_| ReadError::Damaged { segment, offset })
    }
}

/// Whom the key of an identity part belongs to.
pub(super) fn identity_owner(case: CaseId, version: u64) -> String {
    format!("{case}/{version}")
}

fn open_part(
    line: &EventLine<'_>,
    part: Part,
    slot: KeySlot,
    purpose: KeyPurpose,
    owner: &str,
    keys: &KeyTable,
) -> Result<Body, ReadError> {
    let seq = line.seq;
    let key = keys.unwrap(slot, purpose, owner).map_err(|source| ReadError::Keys { seq, source })?;
    let Some(key) = key else { return Ok(Body::Erased) };
    let value = || {
        let context = line.context(part).ok()?;
        let plaintext = sealed_part::open(key.expose_whole()?, &context, &line.sealed(part)?)?;
        serde_json::from_slice(&plaintext).ok()
    };
    value().map(Body::Open).ok_or(ReadError::Sealed { seq })
}

fn disk(place: Place, source: io::Error) -> ReadError {
    ReadError::Disk { segment: place.segment, source }
}
