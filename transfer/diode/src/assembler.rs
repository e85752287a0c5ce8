//! Puts shards together to blocks again, in bounded memory.
//!
//! A shard opens its block; the block is whole as soon as it has as many shards of one code as data shards. No block waits
//! for another. When there is no more room, the block that was opened first is given up. Every number that a header names was
//! checked when the datagram was read; nothing is allocated for what it merely claims to follow.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::code::{Code, Decoder, shard_mut};
use crate::datagram::{DatagramSize, Kind, Received};
use crate::limits;
use crate::session::SessionId;

/// The open blocks of all sessions.
pub struct Assembler {
    shard: usize,
    most_bytes: usize,
    bytes: usize,
    opened: u64,
    open: BTreeMap<Name, OpenBlock>,
    /// Open blocks by the order in which they were opened; some may be closed already.
    order: VecDeque<(u64, Name)>,
    done: BTreeSet<Name>,
    done_order: VecDeque<Name>,
    decoder: Decoder,
    /// Blocks that were read and can be filled again.
    spare: Vec<Vec<u8>>,
    counts: Counts,
}

/// What became of blocks so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Blocks that came whole or were restored.
    pub whole: u64,
    /// Those of them that were restored from recovery shards.
    pub restored: u64,
    /// Data shards of all of them.
    pub shards: u64,
    /// Data shards that had to be restored.
    pub restored_shards: u64,
    /// The largest share of lost data shards that a block was restored from, in thousandths.
    pub worst_restored: u64,
    /// Blocks that were given up for want of room.
    pub evicted: u64,
    /// Shards that contradict their block.
    pub contradictions: u64,
}

/// A block that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeBlock {
    /// Whose.
    pub session: SessionId,
    /// Records or a heartbeat.
    pub kind: Kind,
    /// The counter of the datagram that made it whole.
    pub counter: u64,
    /// Its content.
    pub content: Vec<u8>,
}

type Name = (SessionId, Kind, u32);

#[derive(Debug)]
struct OpenBlock {
    opened: u64,
    length: u32,
    data: Vec<u8>,
    has: Vec<bool>,
    came: u16,
    /// Recovery shards, by code.
    codes: Vec<CodeShards>,
}

#[derive(Debug)]
struct CodeShards {
    parity: u16,
    bytes: Vec<u8>,
    indexes: Vec<u16>,
}

impl Assembler {
    /// Nothing has come. Open blocks take at most `most_bytes`.
    pub fn new(size: DatagramSize, most_bytes: usize) -> Self {
        Self {
            shard: size.shard(),
            most_bytes,
            bytes: 0,
            opened: 0,
            open: BTreeMap::new(),
            order: VecDeque::new(),
            done: BTreeSet::new(),
            done_order: VecDeque::new(),
            decoder: Decoder::default(),
            spare: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Takes a shard; returns its block if that is whole now.
    pub fn take(&mut self, received: &Received<'_>) -> Option<WholeBlock> {
        let header = received.header();
        let name = (header.session, header.kind, header.block);
        if header.kind == Kind::Padding {
            return None;
        }
        if !self.open.contains_key(&name) {
            if self.done.contains(&name) {
                return None;
            }
            self.open_block(name, header.data, header.length);
        }
        let shard = self.shard;
        let block = self.open.get_mut(&name)?;
        let fits = block.length == header.length && block.has.len() == usize::from(header.data);
        if !fits || received.shard().len() != shard {
            self.counts.contradictions += 1;
            return None;
        }
        let added = if header.is_data() {
            block.add_data(header.index, received.shard())
        } else {
            block.add_recovery(header.parity, header.index - header.data, received.shard())
        };
        self.bytes += added;
        if !block.has_enough() {
            return None;
        }
        let is_whole = self.complete(name, header.data)?;
        let block = is_whole.then(|| self.close(&name))??;
        self.remember_done(name);
        self.counts.whole += 1;
        self.counts.shards += u64::from(header.data);
        let mut content = block.data;
        content.truncate(usize::try_from(block.length).ok()?);
        Some(WholeBlock { session: header.session, kind: header.kind, counter: header.counter, content })
    }

    /// Takes blocks again that were whole before: what was in them could not be kept.
    pub fn forget_done(&mut self) {
        self.done.clear();
        self.done_order.clear();
    }

    /// Takes back the content of a block that was read: what is opened next needs no new memory.
    pub fn reuse(&mut self, content: Vec<u8>) {
        let is_large = content.capacity() >= usize::from(limits::MOST_SHARDS) * self.shard / 2;
        if is_large && self.spare.len() < limits::SPARE_BLOCKS {
            self.spare.push(content);
        }
    }

    /// Memory for a block of so many bytes. What stood in it before is never read: a block is read when all of it came.
    fn memory(&mut self, bytes: usize) -> Vec<u8> {
        // What is much larger would be held for little, and counted as little.
        let fits = |spare: &mut Vec<u8>| (bytes..=2 * bytes).contains(&spare.capacity());
        let Some(mut memory) = self.spare.pop_if(fits) else { return vec![0; bytes] };
        memory.resize(bytes, 0);
        memory
    }

    /// What became of blocks so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Bytes that open blocks take, and how many they are.
    pub fn open(&self) -> (usize, usize) {
        (self.bytes, self.open.len())
    }

    fn open_block(&mut self, name: Name, data: u16, length: u32) {
        let bytes = usize::from(data) * self.shard;
        while self.bytes + bytes > self.most_bytes {
            let Some((opened, oldest)) = self.order.pop_front() else { break };
            if self.open.get(&oldest).is_some_and(|block| block.opened == opened) {
                self.close(&oldest);
                self.counts.evicted += 1;
            }
        }
        // Entries of blocks that were closed in time are dropped as they come up.
        while self
            .order
            .front()
            .is_some_and(|(opened, name)| self.open.get(name).is_none_or(|block| block.opened != *opened))
        {
            self.order.pop_front();
        }
        self.opened += 1;
        let memory = self.memory(bytes);
        let block = OpenBlock {
            opened: self.opened,
            length,
            data: memory,
            has: vec![false; data.into()],
            came: 0,
            codes: Vec::new(),
        };
        self.bytes += bytes;
        self.order.push_back((self.opened, name));
        self.open.insert(name, block);
    }

    /// Whether the block is whole; restores it if it can be.
    fn complete(&mut self, name: Name, data: u16) -> Option<bool> {
        let shard = self.shard;
        let block = self.open.get_mut(&name)?;
        if block.came == data {
            return Some(true);
        }
        let missing = usize::from(data - block.came);
        let Some(found) = block.codes.iter().find(|code| code.indexes.len() >= missing) else { return Some(false) };
        let code = Code { data, parity: found.parity, shard };
        if self.decoder.restore(code, &mut block.data, &block.has, &found.bytes, &found.indexes).is_err() {
            // The lengths were checked, so that this does not happen; the next shard tries again.
            return Some(false);
        }
        let missing = missing as u64;
        self.counts.restored += 1;
        self.counts.restored_shards += missing;
        self.counts.worst_restored = self.counts.worst_restored.max(missing * 1000 / u64::from(data.max(1)));
        Some(true)
    }

    fn close(&mut self, name: &Name) -> Option<OpenBlock> {
        let block = self.open.remove(name)?;
        let parity: usize = block.codes.iter().map(|code| code.bytes.len()).sum();
        self.bytes = self.bytes.saturating_sub(block.data.len() + parity);
        Some(block)
    }

    fn remember_done(&mut self, name: Name) {
        if self.done.len() >= limits::DONE_BLOCKS
            && let Some(oldest) = self.done_order.pop_front()
        {
            self.done.remove(&oldest);
        }
        self.done.insert(name);
        self.done_order.push_back(name);
    }
}

impl OpenBlock {
    /// Whether as many shards of one code came as there are data shards.
    fn has_enough(&self) -> bool {
        let missing = self.has.len() - usize::from(self.came);
        missing == 0 || self.codes.iter().any(|code| code.indexes.len() >= missing)
    }

    /// Adds a data shard; returns the bytes that are now held more.
    fn add_data(&mut self, index: u16, shard: &[u8]) -> usize {
        let index = usize::from(index);
        if let (Some(has), Some(place)) = (self.has.get_mut(index), shard_mut(&mut self.data, index, shard.len()))
            && !*has
        {
            *has = true;
            self.came += 1;
            place.copy_from_slice(shard);
        }
        0
    }

    fn add_recovery(&mut self, parity: u16, index: u16, shard: &[u8]) -> usize {
        let place = match self.codes.iter().position(|code| code.parity == parity) {
            Some(place) => place,
            // One code in the first pass, another in repeats; a third is nobody's.
            None if self.codes.len() >= CODES => return 0,
            None => {
                self.codes.push(CodeShards { parity, bytes: Vec::new(), indexes: Vec::new() });
                self.codes.len() - 1
            }
        };
        let Some(code) = self.codes.get_mut(place) else { return 0 };
        if code.indexes.contains(&index) || code.indexes.len() >= self.has.len() {
            return 0;
        }
        code.indexes.push(index);
        code.bytes.extend_from_slice(shard);
        shard.len()
    }
}

/// Codes that a block may have.
const CODES: usize = 2;
