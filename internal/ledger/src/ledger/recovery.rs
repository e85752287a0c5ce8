//! Opening: from the kept positions, or from the first line, to the end of the chain.
//!
//! A write that a crash cut short leaves the lines of an unfinished batch, a line without its line feed, or zeros, and
//! nothing behind them: that is cut off, since it was never acknowledged. Anything else that does not fit is damage and
//! is left alone for a person to see.

use std::{fs::OpenOptions, io, path::Path};

use nightsafe_schema::{case::CaseId, digest::Digest};
use serde::Deserialize;

use crate::{
    head::{LedgerPublicKey, SignedHead, kept_heads},
    key_table::KeySlot,
    ledger::{
        OpenError, heads_folder,
        positions::{CaseState, End, Passed, Place, Positions},
        reading::EventReader,
        segments::{self, Lines, Next, first_missing, segment_path},
        snapshot,
    },
};

pub(super) struct Recovered {
    pub(super) positions: Positions,
    /// Bytes cut off the last segment.
    pub(super) cut: u64,
    /// The newest kept head's event; 0 if there is none.
    pub(super) newest_head: u64,
}

pub(super) fn recover(folder: &Path, key: &LedgerPublicKey) -> Result<Recovered, OpenError> {
    let disk = |source| OpenError::Disk { path: folder.to_owned(), source };
    let numbers = segments::segment_numbers(folder).map_err(disk)?;
    if let Some(number) = first_missing(&numbers) {
        return Err(OpenError::MissingSegment { number });
    }
    let last = numbers.last().copied().unwrap_or_default();
    let mut positions = snapshot::load(folder).unwrap_or_else(Positions::empty);
    let kept = positions.end.seq;
    let mut unfinished = None;
    for segment in positions.end.segment.max(1)..=last {
        unfinished = replay(folder, segment, &mut positions)?;
        if let Some(offset) = unfinished.filter(|_| segment != last) {
            return Err(OpenError::Damaged { segment, offset });
        }
    }
    // Before anything is cut: a head may know better.
    let newest_head = check_newest_head(folder, key, &positions)?;
    let cut = match unfinished {
        Some(offset) => cut_off(folder, last, offset).map_err(disk)?,
        None => 0,
    };
    if positions.end.seq > kept + WORTH_KEEPING {
        // Only a cache: without it the next start reads the segments again.
        let _ = snapshot::keep(folder, &snapshot::encode(&positions));
    }
    Ok(Recovered { positions, cut, newest_head })
}

/// The open fields that the positions are made of; the rest of the line is passed over.
#[derive(Deserialize)]
struct Skeleton {
    case: Option<CaseId>,
    key: KeySlot,
    left: u32,
    prev: Digest,
    seq: u64,
    version: Option<u32>,
}

/// Passes the finished batches of a segment; returns where an unfinished one starts, if the segment ends with it.
fn replay(folder: &Path, segment: u32, positions: &mut Positions) -> Result<Option<u64>, OpenError> {
    let start = if positions.end.segment == segment { positions.end.offset } else { 0 };
    let disk = |source| OpenError::Disk { path: segment_path(folder, segment), source };
    let mut lines = Lines::open(folder, Place { segment, offset: start }).map_err(disk)?;
    let mut batch = Batch { end: positions.end, lines: Vec::new(), left: None };
    let mut batch_start = start;
    loop {
        let place = lines.place();
        match lines.next().map_err(disk)? {
            Next::End => return Ok(batch.left.map(|_| batch_start)),
            Next::Line(line) if batch.pass(place, line).is_some() => {}
            Next::Line(_) => return Err(OpenError::Damaged { segment, offset: place.offset }),
            Next::Unfinished(text) => {
                let text_ends = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                let torn = !text.iter().take(text_ends).any(|&byte| byte == 0);
                return if torn && lines.only_zeros_follow().map_err(disk)? {
                    Ok(Some(batch_start))
                } else {
                    Err(OpenError::Damaged { segment, offset: place.offset })
                };
            }
        }
        if batch.left == Some(0) {
            for event in batch.lines.drain(..) {
                positions.pass(event);
            }
            batch.left = None;
            batch_start = lines.place().offset;
        }
    }
}

/// The lines of a batch that is being read.
struct Batch {
    end: End,
    lines: Vec<Passed>,
    /// What the last line says is left; `None` between batches.
    left: Option<u32>,
}

impl Batch {
    /// Takes the line if it is the next of the chain and of its batch.
    fn pass(&mut self, place: Place, line: &[u8]) -> Option<()> {
        let skeleton: Skeleton = serde_json::from_slice(line).ok()?;
        let follows = skeleton.seq == self.end.seq + 1
            && skeleton.prev == self.end.digest
            && self.left.is_none_or(|left| left.checked_sub(1) == Some(skeleton.left));
        if !follows {
            return None;
        }
        let digest = Digest::of(line);
        let case = skeleton.case.zip(skeleton.version);
        self.lines.push(Passed {
            seq: skeleton.seq,
            digest,
            place,
            length: line.len() as u64 + 1,
            case: case.map(|(case, version)| (case, CaseState { version, key: skeleton.key })),
        });
        self.left = Some(skeleton.left);
        self.end.seq = skeleton.seq;
        self.end.digest = digest;
        Some(())
    }
}

/// Compares the newest kept head with the chain; returns its event's number.
fn check_newest_head(folder: &Path, key: &LedgerPublicKey, positions: &Positions) -> Result<u64, OpenError> {
    let heads = heads_folder(folder);
    let kept = kept_heads(&heads).map_err(|source| OpenError::Disk { path: heads, source })?;
    let Some((_, path)) = kept.last() else { return Ok(0) };
    let head = SignedHead::read(path).and_then(|head| head.verify(key)).map_err(OpenError::Head)?;
    if head.seq > positions.end.seq {
        return Err(OpenError::TailCut { tail: positions.end.seq, head: head.seq });
    }
    let digest = EventReader::open(folder, positions.mark_before(head.seq), positions.end, head.seq)
        .and_then(|mut reader| reader.next_line(|_, digest| Ok(digest)));
    match digest {
        Ok(Some(digest)) if digest == head.sha256 => Ok(head.seq),
        _ => Err(OpenError::HeadMismatch { seq: head.seq }),
    }
}

/// Cuts a segment at `offset`; returns how much went.
fn cut_off(folder: &Path, segment: u32, offset: u64) -> io::Result<u64> {
    let file = OpenOptions::new().write(true).open(segment_path(folder, segment))?;
    let length = file.metadata()?.len();
    file.set_len(offset)?;
    file.sync_all()?;
    Ok(length.saturating_sub(offset))
}

/// Events read anew at a start after which it pays to keep the positions at once.
const WORTH_KEEPING: u64 = 10_000;
