//! How far a run is: one bar on a terminal, else one line a minute (UX section 4).
//!
//! The work counts; a thread beside it shows. A percentage never stands alone: items, bytes a second, the oldest age.

mod display;

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use display::{Display, Screen};

/// What has been done of what was found to do. Shared by the work and by what shows it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    items: AtomicU64,
    bytes: AtomicU64,
    expected_items: AtomicU64,
    expected_bytes: AtomicU64,
    oldest_seconds: AtomicU64,
}

/// A writer whose bytes are counted.
#[derive(Debug)]
pub(crate) struct Counting<'a, W> {
    to: W,
    progress: &'a Progress,
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.progress.bytes.fetch_add(u64::try_from(written).unwrap_or(0), Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The numbers of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) items: u64,
    pub(crate) bytes: u64,
    pub(crate) expected_items: u64,
    pub(crate) expected_bytes: u64,
    /// The age of the oldest item that is being moved.
    pub(crate) oldest_seconds: u64,
}

impl Progress {
    /// More to do was found.
    pub(crate) fn expect(&self, items: u64, bytes: u64) {
        self.expected_items.fetch_add(items, Ordering::Relaxed);
        self.expected_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The age of the oldest of it.
    pub(crate) fn oldest(&self, seconds: u64) {
        self.oldest_seconds.fetch_max(seconds, Ordering::Relaxed);
    }

    /// One item is done with, whatever it came to.
    pub(crate) fn one(&self) {
        self.items.fetch_add(1, Ordering::Relaxed);
    }

    /// One item is done with and needed no copying.
    pub(crate) fn one_without_copying(&self, bytes: u64) {
        self.one();
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts what is written: a large item moves the bar while it is being copied.
    pub(crate) fn counting<W: Write>(&self, to: W) -> Counting<'_, W> {
        Counting { to, progress: self }
    }

    /// The numbers now.
    pub(crate) fn done(&self) -> Done {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Done {
            items: read(&self.items),
            bytes: read(&self.bytes),
            expected_items: read(&self.expected_items),
            expected_bytes: read(&self.expected_bytes),
            oldest_seconds: read(&self.oldest_seconds),
        }
    }
}
