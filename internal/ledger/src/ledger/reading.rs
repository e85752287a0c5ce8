//! Reading events in order, and opening their parts.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use nightsafe_schema::{case::CaseId, digest::Digest};

use crate::{
    event::{Body, Event},
    json::Json,
    key_table::{KeyPurpose, KeySlot, KeyTable, SITE_OWNER},
    ledger::{
        ReadError,
        positions::{End, Place},
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

impl EventReader {
    /// Stands before event `from`, or at the end if there is none. `mark` is the last marked event at or before it.
    pub(super) fn open(folder: &Path, mark: Option<(u64, Place)>, end: End, from: u64) -> Result<Self, ReadError> {
        let from = from.max(1);
        let mut reader = Self { folder: folder.to_owned(), end, lines: None, next: from, before: None };
        if from > end.seq {
            return Ok(reader);
        }
        if let Some((marked, place)) = mark {
            reader.lines = Some(reader.lines_at(place)?);
            reader.before = (marked == 1).then_some(Digest::ZERO);
            reader.next = marked;
            while reader.next < from {
                reader.skip_line(reader.next + 1 == from)?;
            }
        }
        Ok(reader)
    }

    /// Passes a line over without reading what it says; the one right before the next that is read is hashed.
    fn skip_line(&mut self, is_last: bool) -> Result<(), ReadError> {
        loop {
            let Some(lines) = &mut self.lines else { return Ok(()) };
            let place = lines.place();
            match lines.next().map_err(|source| disk(place, source))? {
                Next::Line(bytes) => {
                    self.before = is_last.then(|| Digest::of(bytes));
                    self.next += 1;
                    return Ok(());
                }
                Next::End if place.segment < self.end.segment => {
                    self.lines = Some(self.lines_at(Place { segment: place.segment + 1, offset: 0 })?);
                }
                Next::End | Next::Unfinished(_) => {
                    return Err(ReadError::Damaged { segment: place.segment, offset: place.offset });
                }
            }
        }
    }

    /// Takes the next line, whose place in the chain is right, and its digest; `None` at the end.
    pub(super) fn next_line<T>(
        &mut self,
        take: impl FnOnce(&EventLine<'_>, Digest) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        while self.next <= self.end.seq {
            let Some(lines) = &mut self.lines else { break };
            let place = lines.place();
            let damaged = || ReadError::Damaged { segment: place.segment, offset: place.offset };
            match lines.next().map_err(|source| disk(place, source))? {
                Next::Line(bytes) => {
                    let digest = Digest::of(bytes);
                    let line = EventLine::parse_own(bytes).map_err(|_| damaged())?;
                    if line.seq != self.next || self.before.is_some_and(|before| before != line.prev) {
                        return Err(damaged());
                    }
                    self.before = Some(digest);
                    self.next += 1;
                    return take(&line, digest).map(Some);
                }
                Next::End if place.segment < self.end.segment => {
                    self.lines = Some(self.lines_at(Place { segment: place.segment + 1, offset: 0 })?);
                }
                Next::End | Next::Unfinished(_) => return Err(damaged()),
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
            let event = self.next_line(|line, digest| open_event(line, digest, &keys)).transpose();
            failed = matches!(event, Some(Err(_)));
            event
        })
    }

    fn lines_at(&self, place: Place) -> Result<Lines, ReadError> {
        Lines::open(&self.folder, place).map_err(|source| disk(place, source))
    }
}

/// The event of a line, its body opened.
pub(super) fn open_event(line: &EventLine<'_>, digest: Digest, keys: &KeyTable) -> Result<Event, ReadError> {
    let body = match line.case {
        Some(case) => open_part(line, Part::Body, line.key, KeyPurpose::Case, &case.to_string(), keys)?,
        None => open_part(line, Part::Body, line.key, KeyPurpose::Site, SITE_OWNER, keys)?,
    };
    Ok(Event {
        seq: line.seq,
        at: line.at,
        actor: line.actor.clone().into_owned(),
        role: line.role.clone().into_owned(),
        case: line.case,
        version: line.version,
        kind: line.kind.clone().into_owned(),
        body,
        has_identity: line.identity.is_some(),
        digest,
    })
}

/// The identity part of a line, opened; `None` if there is none.
pub(super) fn open_identity(line: &EventLine<'_>, keys: &KeyTable) -> Result<Option<Body>, ReadError> {
    match (line.identity_key, line.case, line.version) {
        (Some(slot), Some(case), Some(version)) => {
            let owner = identity_owner(case, version);
            open_part(line, Part::Identity, slot, KeyPurpose::Identity, &owner, keys).map(Some)
        }
        _ => Ok(None),
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
        sealed_part::open(key.expose_whole()?, &context, &line.sealed(part)?).map(Json::opened)
    };
    value().map(Body::Open).ok_or(ReadError::Sealed { seq })
}

fn disk(place: Place, source: io::Error) -> ReadError {
    ReadError::Disk { segment: place.segment, source }
}
