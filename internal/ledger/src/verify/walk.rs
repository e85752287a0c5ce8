//! The walk along the chain, line by line, with one line of foresight.

use std::{collections::HashMap, path::Path};

use nightsafe_schema::{case::CaseId, digest::Digest};

use crate::{
    ledger::{
        Tail,
        positions::Place,
        segments::{Lines, Next},
    },
    line::EventLine,
    verify::{Fault, Finding, Intact, VerifyError, disk},
};

/// The walk along the chain.
pub(super) struct Walk {
    heads: std::vec::IntoIter<(u64, Digest)>,
    /// The next head to meet.
    head: Option<(u64, Digest)>,
    heads_met: u64,
    vouched_through: u64,
    versions: HashMap<CaseId, u64>,
    /// The last line passed, and where it stands.
    pub(super) tail: Tail,
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
    pub(super) fn new(heads: Vec<(u64, Digest)>) -> Self {
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
    pub(super) fn segments(&mut self, folder: &Path, last: u32) -> Result<(), VerifyError> {
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

    pub(super) fn finish(self) -> Result<Intact, VerifyError> {
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
