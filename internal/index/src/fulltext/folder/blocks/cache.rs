//! Blocks that were verified stay in memory for a while, so that a hot posting list is hashed once.
//!
//! Two generations: what is used moves to the young one; when that is full it becomes the old one, and what the old
//! one still held is forgotten. No list to keep in order, and the bound holds.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tantivy::directory::OwnedBytes;

use crate::limits::BLOCK_CACHE;

/// Names an open file for as long as the folder lives; never given twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FileNumber(u64);

/// Neighbouring blocks, read together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct BlockRun {
    pub(super) first: usize,
    pub(super) end: usize,
}

#[derive(Default)]
pub(crate) struct BlockCache {
    next: AtomicU64,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<(FileNumber, BlockRun), OwnedBytes>,
    young_bytes: usize,
    old: HashMap<(FileNumber, BlockRun), OwnedBytes>,
}

impl BlockCache {
    pub(super) fn number_a_file(&self) -> FileNumber {
        FileNumber(self.next.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn find(&self, file: FileNumber, run: BlockRun) -> Option<OwnedBytes> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = generations.young.get(&(file, run)) {
            return Some(bytes.clone());
        }
        let bytes = generations.old.remove(&(file, run))?;
        generations.insert(file, run, bytes.clone());
        Some(bytes)
    }

    /// Keeps the bytes unless they would push out too much else.
    pub(super) fn keep(&self, file: FileNumber, run: BlockRun, bytes: &OwnedBytes) {
        if bytes.len() <= GENERATION / 2 {
            self.generations.lock().unwrap_or_else(PoisonError::into_inner).insert(file, run, bytes.clone());
        }
    }
}

impl Generations {
    fn insert(&mut self, file: FileNumber, run: BlockRun, bytes: OwnedBytes) {
        self.young_bytes += bytes.len();
        self.young.insert((file, run), bytes);
        if self.young_bytes > GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

const GENERATION: usize = BLOCK_CACHE / 2;
