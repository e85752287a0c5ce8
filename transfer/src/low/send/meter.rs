//! What has been sent, counted by the pacer and read by everybody.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counts of a session.
#[derive(Debug, Default)]
pub(super) struct Meter {
    datagrams: AtomicU64,
    bytes: AtomicU64,
    repeats: AtomicU64,
}

impl Meter {
    /// Some datagrams have left.
    pub(super) fn sent(&self, datagrams: u64, bytes: u64) {
        self.datagrams.fetch_add(datagrams, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Some of them were repeats.
    pub(super) fn repeated(&self, datagrams: u64) {
        self.repeats.fetch_add(datagrams, Ordering::Relaxed);
    }

    /// How many datagrams have left; the counter of the next one is not below it.
    pub(super) fn datagrams(&self) -> u64 {
        self.datagrams.load(Ordering::Relaxed)
    }

    /// Their bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many were repeats.
    pub(super) fn repeats(&self) -> u64 {
        self.repeats.load(Ordering::Relaxed)
    }
}
