//! Blocks that were verified stay in memory for a while, so that a hot posting list is hashed once.
//!
//! Two generations: what is used moves to the young one; when that is full it becomes the old one, and what the old
//! one still held is forgotten. No list to keep in order, and the bound holds.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tantivy::directory::OwnedBytes;

use crate::limits::BLOCK_CACHE;

/// Names an open file for as long as the folder lives; never given twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FileNumber(u64);

#[derive(Default)]
pub(crate) struct BlockCache {
    next: AtomicU64,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<(FileNumber, usize), OwnedBytes>,
    young_bytes: usize,
    old: HashMap<(FileNumber, usize), OwnedBytes>,
}

impl BlockCache {
    pub(super) fn number_a_file(&self) -> FileNumber {
        FileNumber(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// These blocks of a file, as far as they are here.
    pub(super) fn find(&self, file: FileNumber, blocks: Range<usize>) -> Vec<Option<OwnedBytes>> {
        let mut generations = self.generations();
        blocks.map(|block| generations.find((file, block))).collect()
    }

    pub(super) fn keep(&self, file: FileNumber, block: usize, bytes: &OwnedBytes) {
        self.generations().insert((file, block), bytes.clone());
    }

    fn generations(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn find(&mut self, block: (FileNumber, usize)) -> Option<OwnedBytes> {
        if let Some(bytes) = self.young.get(&block) {
            return Some(bytes.clone());
        }
        let bytes = self.old.remove(&block)?;
        self.insert(block, bytes.clone());
        Some(bytes)
    }

    fn insert(&mut self, block: (FileNumber, usize), bytes: OwnedBytes) {
        self.young_bytes += bytes.len();
        self.young.insert(block, bytes);
        if self.young_bytes > GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

const GENERATION: usize = BLOCK_CACHE / 2;
