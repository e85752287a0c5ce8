//! Items that are being received: each a file that is filled in any order, with its digest taken as far as it is whole.
//!
//! They lie in `inbox/incoming/`, on the file system of the inbox and never among its items. A crash loses them, and nothing
//! else; the next start sweeps them.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use nightsafe_runtime::failpoint;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::{Seq, StreamId, VerifiedEntry};
use nightsafe_schema::ring::KeyName;
use sha2::Digest as _;

use super::flusher::WriteBehind;
use super::report::PartState;
use crate::disk::Space;
use crate::failpoints;
use crate::high::hand_over::ReceivedFile;
use crate::limits;

/// All of them.
#[derive(Debug)]
pub(super) struct Parts {
    folder: PathBuf,
    behind: WriteBehind,
    open: BTreeMap<(StreamId, Seq), Part>,
    touches: u64,
    made: u64,
    given_up: u64,
}

#[derive(Debug)]
struct Part {
    entry: VerifiedEntry,
    gateway: KeyName,
    file: File,
    path: PathBuf,
    /// Which bytes came, by start and end.
    came: BTreeMap<u64, u64>,
    hasher: sha2::Sha256,
    hashed: u64,
    blocks: u64,
    touched: u64,
    /// Bytes that were written since the disk was last told to take some.
    unflushed: u64,
}

/// An item of which every byte has come.
#[derive(Debug)]
pub(super) struct WholeItem {
    pub(super) entry: VerifiedEntry,
    pub(super) gateway: KeyName,
    pub(super) received: ReceivedFile,
    /// The digest of its bytes.
    pub(super) sha256: Digest,
}

/// Why bytes could not be kept.
#[derive(Debug)]
pub(super) enum PartError {
    /// There is no room for the item.
    Full { free: u64, needed: u64 },
    /// The disk refused.
    Failed(io::Error),
}

impl From<io::Error> for PartError {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Parts {
    /// The parts in a folder, which is empty.
    pub(super) fn new(folder: PathBuf, behind: WriteBehind) -> Self {
        Self { folder, behind, open: BTreeMap::new(), touches: 0, made: 0, given_up: 0 }
    }

    /// Keeps bytes of an item; returns it if it is whole now. Bytes that came before, or that are none of it, count for
    /// nothing.
    pub(super) fn take(
        &mut self,
        entry: &VerifiedEntry,
        gateway: &KeyName,
        offset: u64,
        bytes: &[u8],
    ) -> Result<Option<WholeItem>, PartError> {
        let name = (entry.fields().stream, entry.fields().seq);
        let size = entry.fields().size;
        let Some(end) = offset.checked_add(bytes.len() as u64).filter(|end| *end <= size) else { return Ok(None) };
        if self.open.get(&name).is_some_and(|part| part.entry.digest() != entry.digest()) {
            // Two entries for one place: the first is judged when it is whole, this one when it comes again.
            return Ok(None);
        }
        if !self.open.contains_key(&name) {
            let part = self.make(entry.clone(), gateway.clone())?;
            self.open.insert(name, part);
        }
        self.touches += 1;
        let Some(part) = self.open.get_mut(&name) else { return Ok(None) };
        part.touched = self.touches;
        let written = part.write(offset, end, bytes);
        failpoint::hit(failpoints::RECEIVE_PART_WRITTEN);
        if let Err(error) = written {
            self.drop_part(name);
            return Err(error.into());
        }
        if part.unflushed >= limits::WRITE_BEHIND_BYTES {
            part.unflushed = 0;
            self.behind.grown(&part.path);
        }
        if part.hashed < size {
            return Ok(None);
        }
        failpoint::hit(failpoints::RECEIVE_PART_WHOLE);
        Ok(self.open.remove(&name).map(Part::into_whole))
    }

    /// How far each is.
    pub(super) fn states(&self) -> Vec<PartState> {
        let state = |((stream, seq), part): (&(StreamId, Seq), &Part)| PartState {
            stream: *stream,
            seq: seq.value(),
            size: part.entry.fields().size,
            came: part.came.iter().map(|(start, end)| end - start).sum(),
            blocks: part.blocks,
        };
        self.open.iter().map(state).collect()
    }

    /// How many were given up for want of room.
    pub(super) fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Gives up an item that came some other way.
    pub(super) fn forget(&mut self, stream: StreamId, seq: Seq) {
        if self.open.contains_key(&(stream, seq)) {
            self.drop_part((stream, seq));
        }
    }

    fn make(&mut self, entry: VerifiedEntry, gateway: KeyName) -> Result<Part, PartError> {
        let fields = entry.fields();
        if let Some(space) = Space::of(&self.folder) {
            let needed = space.cost(fields.size);
            if space.free.saturating_sub(limits::RESERVE_BYTES) < needed {
                return Err(PartError::Full { free: space.free, needed: fields.size });
            }
        }
        while self.open.len() >= limits::PARTS {
            let oldest = self.open.iter().min_by_key(|(_, part)| part.touched).map(|(name, _)| *name);
            let Some(oldest) = oldest else { break };
            self.given_up += 1;
            self.drop_part(oldest);
        }
        self.made += 1;
        let path = self.folder.join(format!("{}-{}-{}.part", fields.stream.short(), fields.seq, self.made));
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        failpoint::hit(failpoints::RECEIVE_PART_MADE);
        Ok(Part {
            entry,
            gateway,
            file,
            path,
            came: BTreeMap::new(),
            hasher: sha2::Sha256::new(),
            hashed: 0,
            blocks: 0,
            touched: 0,
            unflushed: 0,
        })
    }

    fn drop_part(&mut self, name: (StreamId, Seq)) {
        if let Some(part) = self.open.remove(&name) {
            // What stays behind ends in `.part` and is swept at the next start.
            let _ = fs::remove_file(&part.path);
        }
    }
}

impl Part {
    fn write(&mut self, offset: u64, end: u64, bytes: &[u8]) -> io::Result<()> {
        let is_known = self.came.range(..=offset).next_back().is_some_and(|(_, known_end)| *known_end >= end);
        if is_known && !bytes.is_empty() {
            return Ok(());
        }
        self.file.write_all_at(bytes, offset)?;
        self.unflushed = self.unflushed.saturating_add(bytes.len() as u64);
        self.blocks += 1;
        insert(&mut self.came, offset, end);
        if self.hashed == offset {
            self.hasher.update(bytes);
            self.hashed = end;
        }
        self.catch_up()
    }

    /// Takes the digest of what came earlier and is now connected; it is still in memory, as the kernel's.
    fn catch_up(&mut self) -> io::Result<()> {
        let connected = self.came.get(&0).copied().unwrap_or(0);
        let mut block = Vec::new();
        while self.hashed < connected {
            let length = (connected - self.hashed).min(PIECE);
            block.resize(usize::try_from(length).unwrap_or(0), 0);
            self.file.read_exact_at(&mut block, self.hashed)?;
            self.hasher.update(&block);
            self.hashed += length;
        }
        Ok(())
    }

    fn into_whole(self) -> WholeItem {
        let sha256 = Digest::from_bytes(self.hasher.finalize().into());
        let received = ReceivedFile { file: self.file, path: self.path };
        WholeItem { entry: self.entry, gateway: self.gateway, received, sha256 }
    }
}

/// Adds a range, and joins those that touch it.
fn insert(ranges: &mut BTreeMap<u64, u64>, start: u64, end: u64) {
    let (mut start, mut end) = (start, end);
    while let Some((&found, &found_end)) = ranges.range(..=end).next_back() {
        if found_end < start {
            break;
        }
        start = start.min(found);
        end = end.max(found_end);
        ranges.remove(&found);
    }
    ranges.insert(start, end);
}

/// Bytes that are read back at a time.
const PIECE: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_cover_what_was_inserted(parts in prop::collection::vec((0_u64..100, 1_u64..20), 1..40)) {
            let mut ranges = BTreeMap::new();
            let mut bytes = [false; 120];
            for (start, length) in parts {
                insert(&mut ranges, start, start + length);
                (start..start + length).for_each(|place| bytes[usize::try_from(place).unwrap()] = true);
            }
            for (place, came) in (0..).zip(bytes) {
                let covered = ranges.iter().any(|(start, end)| (*start..*end).contains(&place));
                prop_assert_eq!(covered, came);
            }
            let ends: Vec<_> = ranges.into_iter().collect();
            prop_assert!(ends.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}
