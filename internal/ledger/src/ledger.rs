//! The ledger on local disk: append-only segments of chained lines, one writer, any number of readers.
//!
//! ```text
//! ledger/segment-000001.jsonl     events, oldest first; a batch never spans two segments
//! ledger/heads/head-….json        signed heads
//! ledger/positions.cache          where the cases stand; can be thrown away
//! ledger/<name>.cache             notes of the ledger's readers, sealed; can be thrown away
//! ledger/.writer                  locked while a ledger is open
//! ```
//!
//! An append is staged under a lock (versions checked, parts sealed, lines chained) and then made durable together with
//! whatever else was staged meanwhile: one fsync a group of batches. Nothing staged is visible before that.

mod commit;
mod error;
mod notes;
pub(crate) mod positions;
mod reading;
mod recovery;
pub(crate) mod segments;
mod snapshot;
mod staging;
#[cfg(test)]
mod tests;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use nightsafe_schema::{case::CaseId, digest::Digest, time::Clock};

use crate::{
    event::{Body, Draft, Event, EventLog, EventStream},
    files,
    head::{HeadError, HeadSigner, SignedHead},
    key_table::{KeySlot, KeyTable},
    ledger::{commit::State, reading::EventReader},
    limits::SEGMENT_BYTES,
};

pub use error::{AppendError, OpenError, ReadError};
pub use notes::Note;

/// The ledger in a folder.
pub struct Ledger {
    folder: PathBuf,
    keys: Arc<KeyTable>,
    signer: HeadSigner,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    settled: Condvar,
    segment_bytes: u64,
    newest_head: AtomicU64,
    cut_at_open: u64,
    _writer: File,
}

/// The last event of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Its number; 0 in an empty ledger.
    pub seq: u64,
    /// The digest of its line; zeros in an empty ledger.
    pub digest: Digest,
}

impl Tail {
    /// That of a ledger without events.
    pub const EMPTY: Self = Self { seq: 0, digest: Digest::ZERO };
}

impl Ledger {
    /// Opens the ledger in `folder`, or begins one there. What an interrupted append left behind is cut off.
    pub fn open(
        folder: impl Into<PathBuf>,
        keys: Arc<KeyTable>,
        signer: HeadSigner,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_with_segments_of(SEGMENT_BYTES, folder.into(), keys, signer, clock)
    }

    pub(crate) fn open_with_segments_of(
        segment_bytes: u64,
        folder: PathBuf,
        keys: Arc<KeyTable>,
        signer: HeadSigner,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let heads = heads_folder(&folder);
        files::create_folder(&heads).map_err(|source| OpenError::Disk { path: heads.clone(), source })?;
        let writer = lock(&folder)?;
        files::sweep(&heads).map_err(|source| OpenError::Disk { path: heads, source })?;
        let recovered = recovery::recover(&folder, &signer.public_key())?;
        let ledger = Self {
            folder,
            keys,
            signer,
            clock,
            state: Mutex::new(State::new(recovered.positions)),
            settled: Condvar::new(),
            segment_bytes,
            newest_head: AtomicU64::new(recovered.newest_head),
            cut_at_open: recovered.cut,
            _writer: writer,
        };
        // Opening the last event shows that ledger and key table belong together.
        ledger.event(ledger.tail().seq).map_err(OpenError::LastEvent)?;
        Ok(ledger)
    }

    /// How many bytes of an interrupted append were cut off when the ledger was opened; none of it was acknowledged.
    pub fn cut_at_open(&self) -> u64 {
        self.cut_at_open
    }

    /// The event with this number, if it is durable.
    pub fn event(&self, seq: u64) -> Result<Option<Event>, ReadError> {
        self.reader(seq)?.next_line(|line, digest| reading::open_event(line, digest, &self.keys))
    }

    /// The identity part of an event; `None` if there is no such event or it has none.
    pub fn identity(&self, seq: u64) -> Result<Option<Body>, ReadError> {
        let part = self.reader(seq)?.next_line(|line, _| reading::open_identity(line, &self.keys))?;
        Ok(part.flatten())
    }

    /// The version of a case, counting what is being appended just now; `None` if it has no event.
    pub fn case_version(&self, case: CaseId) -> Option<u64> {
        self.state().positions.case(case).map(|state| u64::from(state.version))
    }

    /// Where the key of a case lies: file keys are rewrapped under it, and erasing it erases the case.
    pub fn case_key(&self, case: CaseId) -> Option<KeySlot> {
        self.state().positions.case(case).map(|state| state.key)
    }

    /// Signs a head over the last durable event and keeps it in `heads/`.
    pub fn sign_head(&self) -> Result<SignedHead, HeadError> {
        let tail = self.tail();
        if tail.seq == 0 {
            return Err(HeadError::Empty);
        }
        let head = self.signer.sign(self.clock.now(), tail)?;
        head.keep(&heads_folder(&self.folder))?;
        self.newest_head.fetch_max(tail.seq, Ordering::SeqCst);
        Ok(head)
    }

    /// Keeps the positions of the cases, so that the next start need not read the segments. Done when dropped, too.
    pub fn keep_positions(&self) -> io::Result<()> {
        let encoded = {
            let state = self.state();
            // While a group is on its way, the positions are ahead of the disk.
            if state.is_settling() {
                return Ok(());
            }
            snapshot::encode(&state.positions)
        };
        snapshot::keep(&self.folder, &encoded)
    }

    fn reader(&self, from: u64) -> Result<EventReader, ReadError> {
        // Nobody who appends waits for this reading.
        let (mark, end) = {
            let state = self.state();
            (state.positions.mark_before(from.max(1)), state.durable)
        };
        EventReader::open(&self.folder, mark, end, from)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventLog for Ledger {
    fn append(&self, drafts: Vec<Draft>) -> Result<Vec<u64>, AppendError> {
        self.commit(staging::prepare(drafts)?)
    }

    fn read(&self, from: u64) -> Result<EventStream, ReadError> {
        let keys = Arc::clone(&self.keys);
        Ok(Box::new(self.reader(from)?.events(keys)))
    }

    fn tail(&self) -> Tail {
        self.state().durable.tail()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // Only a cache: without it the next start reads the segments.
        let _ = self.keep_positions();
    }
}

/// Takes the ledger for this process until the file is dropped.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(".writer");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|source| OpenError::Disk { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(OpenError::Disk { path, source }),
    }
}

pub(crate) fn heads_folder(ledger: &Path) -> PathBuf {
    ledger.join("heads")
}
