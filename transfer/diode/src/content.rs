//! What a block holds: records, one behind the other, each with the signed journal line of its item.
//!
//! ```text
//! length of the line (2)   the line   offset in the item (8)   number of bytes (4)   the bytes
//! ```
//!
//! So every block explains itself, whatever came before it. A record without bytes says that the outbox does not have the
//! item, which the other side must know, too. Numbers are big-endian.

use nightsafe_schema::signed::LONGEST_LINE;

use crate::limits;

/// Part of an item, with the line that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The journal line without its `\n`; nobody has checked its signature.
    pub line: &'a [u8],
    /// Where in the item the bytes belong.
    pub offset: u64,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// The records of a block.
#[derive(Clone, Debug)]
pub struct Records<'a>(&'a [u8]);

/// The content of a block is no sequence of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sequence of records")]
pub struct ContentError;

/// A block that is being filled.
#[derive(Debug)]
pub struct Draft {
    bytes: Vec<u8>,
    capacity: usize,
    shard: usize,
}

/// A block that is ready to be encoded: whole shards.
#[derive(Debug)]
pub struct Filled {
    /// The data shards, one behind the other.
    pub bytes: Vec<u8>,
    /// How many.
    pub data: u16,
    /// Bytes of content in them.
    pub length: u32,
}

impl<'a> Records<'a> {
    /// The records in the content of a block.
    pub const fn of(content: &'a [u8]) -> Self {
        Self(content)
    }

    fn split(&mut self) -> Option<Record<'a>> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length > LONGEST_LINE {
            return None;
        }
        let (line, rest) = rest.split_at_checked(length)?;
        let (offset, rest) = rest.split_first_chunk::<8>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let count = usize::try_from(u32::from_be_bytes(*count)).ok()?;
        let (bytes, rest) = rest.split_at_checked(count)?;
        self.0 = rest;
        Some(Record { line, offset: u64::from_be_bytes(*offset), bytes })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, ContentError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let record = self.split();
        if record.is_none() {
            self.0 = &[];
        }
        Some(record.ok_or(ContentError))
    }
}

impl Draft {
    /// An empty block for shards of this many bytes.
    pub fn new(shard: usize) -> Self {
        Self::within(Vec::new(), shard)
    }

    /// The same in memory that was used before; nothing of what stood there is kept.
    pub fn within(mut memory: Vec<u8>, shard: usize) -> Self {
        memory.clear();
        let capacity = usize::from(limits::MOST_SHARDS) * shard;
        Self { bytes: memory, capacity, shard }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Begins a record with as many of `wanted` bytes as fit and returns the room for them, which the caller fills whole.
    /// `None` if the block takes no more of it: the next one does.
    pub fn add(&mut self, line: &[u8], offset: u64, wanted: u64) -> Option<&mut [u8]> {
        let head = FIXED + line.len();
        let room = self.capacity.checked_sub(self.bytes.len())?.checked_sub(head)?;
        let count = usize::try_from(wanted).unwrap_or(usize::MAX).min(room);
        // A few bytes at the end of a block are not worth a second line.
        let is_worth_it = count as u64 == wanted || count >= LEAST_PART;
        if !is_worth_it {
            return None;
        }
        let line_length = u16::try_from(line.len()).ok()?;
        if self.bytes.capacity() == 0 {
            // Padding to whole shards does not move it again.
            self.bytes.reserve_exact((head + count + self.shard).min(self.capacity));
        }
        self.bytes.extend_from_slice(&line_length.to_be_bytes());
        self.bytes.extend_from_slice(line);
        self.bytes.extend_from_slice(&offset.to_be_bytes());
        self.bytes.extend_from_slice(&u32::try_from(count).ok()?.to_be_bytes());
        let start = self.bytes.len();
        self.bytes.resize(start + count, 0);
        self.bytes.get_mut(start..)
    }

    /// Takes back what was added after a length that [`Self::mark`] gave: its bytes could not be had.
    pub fn undo(&mut self, mark: usize) {
        self.bytes.truncate(mark);
    }

    /// How long it is now.
    pub fn mark(&self) -> usize {
        self.bytes.len()
    }

    /// The block of as many shards as it needs; `None` if nothing is in it.
    pub fn finish(self) -> Option<Filled> {
        fill(self.bytes, self.shard)
    }
}

/// Any bytes as a block, such as a heartbeat; `None` if there are none, or more than a block takes.
pub fn fill(mut bytes: Vec<u8>, shard: usize) -> Option<Filled> {
    let length = u32::try_from(bytes.len()).ok()?;
    let data = u16::try_from(bytes.len().div_ceil(shard)).ok()?;
    if !(1..=limits::MOST_SHARDS).contains(&data) {
        return None;
    }
    bytes.resize(usize::from(data) * shard, 0);
    Some(Filled { bytes, data, length })
}

/// Bytes of a record beside line and bytes.
const FIXED: usize = 2 + 8 + 4;
/// The smallest part of an item that is worth a record of its own.
const LEAST_PART: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_are_read_as_they_were_added(
            items in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..500), any::<u64>(), 0_usize..3000), 1..20),
        ) {
            let mut draft = Draft::within(vec![0xa5; 3000], 1424);
            for (line, offset, count) in &items {
                draft.add(line, *offset, *count as u64).unwrap().fill(0x5a);
            }
            let filled = draft.finish().unwrap();
            prop_assert_eq!(filled.bytes.len(), usize::from(filled.data) * 1424);
            let content = &filled.bytes[..filled.length as usize];
            let records: Vec<_> = Records::of(content).map(Result::unwrap).collect();
            prop_assert_eq!(records.len(), items.len());
            for (record, (line, offset, count)) in records.iter().zip(&items) {
                prop_assert_eq!((record.line, record.offset, record.bytes.len()), (line.as_slice(), *offset, *count));
            }
            // Cut anywhere, what is whole is read and the rest is refused.
            for cut in [1, content.len() / 2, content.len() - 1] {
                let cut = &content[..cut];
                let whole = Records::of(cut).take_while(Result::is_ok).count();
                prop_assert!(Records::of(cut).count() <= whole + 1);
            }
        }

        #[test]
        fn any_bytes_are_records_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(Records::of(&bytes).count() <= bytes.len());
        }
    }

    #[test]
    fn a_large_item_takes_several_blocks_and_a_full_block_takes_no_more() {
        let (mut offset, size, mut blocks) = (0_u64, 2_000_000_u64, 0);
        while offset < size {
            let mut draft = Draft::new(1424);
            offset += draft.add(b"line", offset, size - offset).unwrap().len() as u64;
            assert!(offset == size || draft.add(b"line", 0, 10).is_none());
            assert!(draft.finish().unwrap().data <= limits::MOST_SHARDS);
            blocks += 1;
        }
        assert_eq!((offset, blocks), (size, 3));
        assert!(Draft::new(1424).finish().is_none());
    }

    #[test]
    fn what_could_not_be_read_is_taken_back() {
        let mut draft = Draft::new(1424);
        draft.add(b"kept", 0, 3).unwrap().fill(1);
        let mark = draft.mark();
        draft.add(b"lost", 0, 3).unwrap();
        draft.undo(mark);
        let filled = draft.finish().unwrap();
        assert_eq!(Records::of(&filled.bytes[..filled.length as usize]).count(), 1);
    }
}
