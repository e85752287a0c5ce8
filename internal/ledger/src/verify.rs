//! Verification without any store key: what is on disk against the chain and against signed heads.
//!
//! The chain finds a line that was changed, removed, moved or put in between; heads find a tail that was cut and a chain
//! that was written anew. A head taken off the host finds them even if root removed the heads that lie beside the
//! ledger. What lies behind the newest head is chained, but nobody has vouched for it yet.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt, io,
    path::{Path, PathBuf},
};

use nightsafe_schema::{case::CaseId, digest::Digest};

use crate::{
    head::{HeadError, LedgerPublicKey, SignedHead, kept_heads},
    ledger::{
        Tail, heads_folder,
        positions::Place,
        segments::{self, Lines, Next, first_missing},
    },
    line::EventLine,
};

/// A ledger in which nothing was found amiss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intact {
    /// Its last event.
    pub tail: Tail,
    /// How many signed heads agree with it.
    pub heads: u64,
    /// The newest event that a head speaks of; what follows is only chained. 0 without heads.
    pub vouched_through: u64,
    /// Bytes of an append that is under way or was interrupted, behind the last finished batch.
    pub unfinished: u64,
}

/// The first thing amiss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which segment.
    pub segment: u32,
    /// Which line of it, from 1; 0 if the segment itself is missing.
    pub line: u64,
    /// Which event should stand there.
    pub seq: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The line is not the one that the next line, or a head, speaks of; or it is no event's line at all.
    Changed,
    /// The event is not there; the next ones are.
    Removed {
        /// The event found in its place.
        found: u64,
    },
    /// Another event stands here and this one later.
    Reordered {
        /// The event found in its place.
        found: u64,
    },
    /// A line stands here that belongs to no place in the chain.
    Inserted,
    /// The ledger ends before an event that a signed head speaks of.
    CutTail {
        /// The event of that head.
        head: u64,
    },
    /// A segment is gone.
    MissingSegment,
    /// A case's version, or a batch's count, does not follow from the lines before.
    Inconsistent,
    /// The chain is whole, but somewhere after the last head that agrees it is not what was signed.
    Rewritten {
        /// The last event for which a head agrees, 0 if none does.
        after: u64,
        /// The event at which a head disagrees.
        head: u64,
    },
}

/// The ledger is not intact, or could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It was altered.
    #[error("{0}")]
    Tampered(Finding),
    /// A head cannot be read, or is not signed by this key.
    #[error("a signed head of the ledger is not usable")]
    Head(#[source] HeadError),
    /// The disk refused.
    #[error("the ledger {path} could not be read")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, line, seq, fault } = self;
        let place = format!("segment {segment}, line {line}");
        match fault {
            Fault::Changed => write!(f, "event {seq} ({place}) was changed"),
            Fault::Removed { found } => write!(f, "event {seq} ({place}) was removed; event {found} stands there"),
            Fault::Reordered { found } => write!(f, "event {seq} ({place}) was moved; event {found} stands there"),
            Fault::Inserted => write!(f, "a line was put in before event {seq} ({place})"),
            Fault::CutTail { head } => {
                write!(f, "the tail was cut from event {seq} on ({place}): a signed head speaks of event {head}")
            }
            Fault::MissingSegment => write!(f, "segment {segment} is missing"),
            Fault::Inconsistent => write!(f, "event {seq} ({place}) does not follow from the lines before it"),
            Fault::Rewritten { after, head } => {
                write!(
                    f,
                    "the events after {after} were written anew: the signed head of event {head} disagrees ({place})"
                )
            }
        }
    }
}

/// Verifies the ledger in `folder` line by line, against the heads kept beside it and against one from elsewhere.
pub fn verify(folder: &Path, key: &LedgerPublicKey, against: Option<&SignedHead>) -> Result<Intact, VerifyError> {
    let heads = expected_heads(folder, key, against)?;
    let numbers = segments::segment_numbers(folder).map_err(|source| disk(folder, source))?;
    let mut walk = Walk::new(heads);
    if let Some(segment) = first_missing(&numbers) {
        // Name what is amiss before the gap first.
        walk.segments(folder, segment - 1)?;
        let finding = Finding { segment, line: 0, seq: walk.tail.seq + 1, fault: Fault::MissingSegment };
        return Err(VerifyError::Tampered(finding));
    }
    let last = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    walk.segments(folder, last)?;
    walk.finish()
}

/// What heads say, verified: event number and digest, ascending.
fn expected_heads(
    folder: &Path,
    key: &LedgerPublicKey,
    against: Option<&SignedHead>,
) -> Result<Vec<(u64, Digest)>, VerifyError> {
    let folder = heads_folder(folder);
    let kept = match kept_heads(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        kept => kept.map_err(|source| disk(&folder, source))?,
    };
    let mut heads = Vec::new();
    for (_, path) in kept {
        let head = SignedHead::read(&path).and_then(|head| head.verify(key)).map_err(VerifyError::Head)?;
        heads.push((head.seq, head.sha256));
    }
    if let Some(head) = against {
        let head = head.verify(key).map_err(VerifyError::Head)?;
        heads.push((head.seq, head.sha256));
    }
    heads.sort_unstable();
    Ok(heads)
}

/// The walk along the chain.
struct Walk {
    heads: std::vec::IntoIter<(u64, Digest)>,
    /// The next head to meet.
    head: Option<(u64, Digest)>,
    heads_met: u64,
    vouched_through: u64,
    versions: HashMap<CaseId, u64>,
    /// The last line passed, and where it stands.
    tail: Tail,
    tail_at: Position,
    /// Lines left in the batch under way.
    left: Option<u32>,
    /// The end of the last finished batch, and the bytes behind it.
    finished: Tail,
    unfinished: u64,
}

#[derive(Clone, Copy)]
struct Position {
    segment: u32,
    line: u64,
}

impl Position {
    fn finding(self, seq: u64, fault: Fault) -> Finding {
        Finding { segment: self.segment, line: self.line, seq, fault }
    }
}

/// A line that was read and is not part of the walk yet.
struct Read {
    position: Position,
    /// Without its line feed.
    bytes: Vec<u8>,
    /// Whether the line feed was there.
    finished: bool,
}

impl Read {
    fn event(&self) -> Option<EventLine<'_>> {
        EventLine::parse(&self.bytes).ok().filter(|_| self.finished)
    }
}

impl Walk {
    fn new(heads: Vec<(u64, Digest)>) -> Self {
        let mut heads = heads.into_iter();
        Self {
            head: heads.next(),
            heads,
            heads_met: 0,
            vouched_through: 0,
            versions: HashMap::new(),
            tail: Tail::EMPTY,
            tail_at: Position { segment: 1, line: 0 },
            left: None,
            finished: Tail::EMPTY,
            unfinished: 0,
        }
    }

    /// Walks through segments 1 to `last`.
    fn segments(&mut self, folder: &Path, last: u32) -> Result<(), VerifyError> {
        let mut lines = LinesOfAll::new(folder, last);
        let mut next = lines.next()?;
        while let Some(read) = next {
            let following = lines.next()?;
            self.pass(&read, following.as_ref()).map_err(VerifyError::Tampered)?;
            next = following;
        }
        self.unfinished += lines.unfinished;
        Ok(())
    }

    /// Takes a line if it belongs here; `following` helps to say what is wrong if it does not.
    fn pass(&mut self, read: &Read, following: Option<&Read>) -> Result<(), Finding> {
        let expected = self.tail.seq + 1;
        let Some(event) = read.event() else { return Err(read.position.finding(expected, Fault::Changed)) };
        let digest = Digest::of(&read.bytes);
        if event.seq != expected {
            return Err(self.wrong_number(read, event.seq, following));
        }
        if event.prev != self.tail.digest {
            // Whatever vouches for this line says that it is the one before that was changed.
            let vouched = match following {
                Some(line) => line.event().is_some_and(|event| event.prev == digest),
                None => self.head_of(expected).is_none_or(|head| head == digest),
            };
            let before_changed = vouched && self.tail.seq > 0;
            return Err(if before_changed {
                self.tail_at.finding(self.tail.seq, Fault::Changed)
            } else {
                read.position.finding(expected, Fault::Changed)
            });
        }
        let batch_goes_on = self.left.is_none_or(|left| left.checked_sub(1) == Some(event.left));
        let version_follows = event.case.is_none_or(|case| {
            let version = self.versions.entry(case).or_default();
            *version += 1;
            event.version == Some(*version)
        });
        if !batch_goes_on || !version_follows {
            return Err(read.position.finding(expected, Fault::Inconsistent));
        }
        self.tail = Tail { seq: expected, digest };
        self.tail_at = read.position;
        self.left = (event.left > 0).then_some(event.left);
        if event.left > 0 {
            self.unfinished += read.bytes.len() as u64 + 1;
        } else {
            self.finished = self.tail;
            self.unfinished = 0;
        }
        self.meet_heads()
    }

    /// What a line means whose number is not the expected one.
    fn wrong_number(&self, read: &Read, found: u64, following: Option<&Read>) -> Finding {
        let expected = self.tail.seq + 1;
        let next = following.and_then(Read::event);
        let next_seq = next.as_ref().map(|event| event.seq);
        let here = |fault| read.position.finding(expected, fault);
        if next_seq == Some(expected + 1) && found != expected + 1 {
            // Its neighbours are in their places: only its number is wrong.
            return here(Fault::Changed);
        }
        if found > expected {
            return here(if next_seq == Some(expected) {
                Fault::Reordered { found }
            } else {
                Fault::Removed { found }
            });
        }
        // A second line of an event that was met: one of the two is not genuine, and the next line knows which.
        if found == self.tail.seq && next.is_some_and(|event| event.prev == Digest::of(&read.bytes)) {
            return self.tail_at.finding(found, Fault::Inserted);
        }
        if next_seq.is_none() && self.head_of(expected).is_some() {
            return here(Fault::Changed);
        }
        here(Fault::Inserted)
    }

    /// What a head says of event `seq`.
    fn head_of(&self, seq: u64) -> Option<Digest> {
        self.head.iter().chain(self.heads.as_slice()).find(|head| head.0 == seq).map(|head| head.1)
    }

    /// Compares the line just passed with the heads that speak of it.
    fn meet_heads(&mut self) -> Result<(), Finding> {
        while let Some((seq, sha256)) = self.head.filter(|(seq, _)| *seq <= self.tail.seq) {
            if seq == self.tail.seq && sha256 != self.tail.digest {
                let after = self.vouched_through;
                let fault = if after + 1 == seq { Fault::Changed } else { Fault::Rewritten { after, head: seq } };
                return Err(self.tail_at.finding(seq, fault));
            }
            self.vouched_through = seq;
            self.heads_met += 1;
            self.head = self.heads.next();
        }
        Ok(())
    }

    fn finish(self) -> Result<Intact, VerifyError> {
        let unmet = self.head.map(|(seq, _)| seq);
        // A head is only ever signed over a finished batch.
        let cut = unmet.or_else(|| (self.vouched_through > self.finished.seq).then_some(self.vouched_through));
        if let Some(head) = cut {
            let Position { segment, line } = self.tail_at;
            let behind = Position { segment, line: line + 1 };
            return Err(VerifyError::Tampered(behind.finding(self.tail.seq + 1, Fault::CutTail { head })));
        }
        let Self { finished: tail, heads_met: heads, vouched_through, unfinished, .. } = self;
        Ok(Intact { tail, heads, vouched_through, unfinished })
    }
}

/// The lines of all segments, one after the other.
struct LinesOfAll<'a> {
    folder: &'a Path,
    last: u32,
    lines: Option<Lines>,
    position: Position,
    /// Bytes without a line feed at the end of the last segment.
    unfinished: u64,
}

impl<'a> LinesOfAll<'a> {
    fn new(folder: &'a Path, last: u32) -> Self {
        Self { folder, last, lines: None, position: Position { segment: 0, line: 0 }, unfinished: 0 }
    }

    fn next(&mut self) -> Result<Option<Read>, VerifyError> {
        loop {
            let Some(lines) = &mut self.lines else {
                if self.position.segment == self.last {
                    return Ok(None);
                }
                self.position = Position { segment: self.position.segment + 1, line: 0 };
                let place = Place { segment: self.position.segment, offset: 0 };
                self.lines = Some(Lines::open(self.folder, place).map_err(|source| disk(self.folder, source))?);
                continue;
            };
            self.position.line += 1;
            match lines.next().map_err(|source| disk(self.folder, source))? {
                // Only the last segment may end so; a line cut short anywhere else was changed.
                Next::Unfinished(line) if self.position.segment == self.last => {
                    self.unfinished = line.len() as u64;
                    return Ok(None);
                }
                Next::Line(line) => {
                    return Ok(Some(Read { position: self.position, bytes: line.to_vec(), finished: true }));
                }
                Next::Unfinished(line) => {
                    return Ok(Some(Read { position: self.position, bytes: line.to_vec(), finished: false }));
                }
                Next::End => self.lines = None,
            }
        }
    }
}

fn disk(path: &Path, source: io::Error) -> VerifyError {
    VerifyError::Disk { path: path.to_owned(), source }
}
