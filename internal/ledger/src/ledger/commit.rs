//! Group commit: whoever finds no write under way writes everything that is staged, for all who wait.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::{Arc, MutexGuard, OnceLock, PoisonError, atomic::Ordering},
};

use nightsafe_schema::case::CaseId;

use crate::{
    files,
    key_table::KeyTableError,
    ledger::{
        AppendError, Ledger,
        positions::{CaseState, End, Place, Positions},
        segments::segment_path,
        snapshot,
        staging::{self, Prepared, StagedBatch},
    },
    limits::EVENTS_BETWEEN_HEADS,
};

/// What the ledger's lock guards.
pub(super) struct State {
    /// With everything staged in them.
    pub(super) positions: Positions,
    /// The end of what is durable: what readers see.
    pub(super) durable: End,
    /// What the next write will take.
    staged: Option<Group>,
    /// Whether a write is under way.
    writing: bool,
    /// After a failure that leaves open what is on disk: the last segment that was written to.
    torn: Option<u32>,
}

/// Batches that share one fsync.
struct Group {
    writes: Vec<Write>,
    /// What the cases were before, for taking the group back.
    before: Vec<(CaseId, Option<CaseState>)>,
    outcome: Arc<OnceLock<Outcome>>,
}

/// Bytes for one segment.
struct Write {
    place: Place,
    bytes: Vec<u8>,
}

type Outcome = Result<(), Failure>;

#[derive(Clone)]
enum Failure {
    Keys(Arc<KeyTableError>),
    Disk(Arc<io::Error>),
}

impl From<Failure> for AppendError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Keys(error) => Self::Keys(error),
            Failure::Disk(error) => Self::Disk(error),
        }
    }
}

impl State {
    pub(super) fn new(positions: Positions) -> Self {
        let durable = positions.end;
        Self { positions, durable, staged: None, writing: false, torn: None }
    }

    /// Whether something is staged or being written.
    pub(super) fn is_settling(&self) -> bool {
        self.writing || self.staged.is_some()
    }

    /// Puts a batch into the next group.
    fn enlist(&mut self, batch: StagedBatch) -> Arc<OnceLock<Outcome>> {
        let before = batch.events.into_iter().filter_map(|event| self.positions.pass(event));
        let group = self.staged.get_or_insert_with(|| Group {
            writes: Vec::new(),
            before: Vec::new(),
            outcome: Arc::new(OnceLock::new()),
        });
        group.before.extend(before);
        match group.writes.last_mut().filter(|write| write.place.segment == batch.place.segment) {
            Some(write) => write.bytes.extend_from_slice(&batch.bytes),
            None => group.writes.push(Write { place: batch.place, bytes: batch.bytes }),
        }
        Arc::clone(&group.outcome)
    }
}

impl Ledger {
    /// Stages a batch and waits until it is durable or has failed.
    pub(super) fn commit(&self, batch: Vec<Prepared>) -> Result<Vec<u64>, AppendError> {
        let mut state = self.state();
        self.mend(&mut state)?;
        let staged = staging::stage(&batch, &state.positions, self.segment_bytes, &self.keys)?;
        let numbers = staged.events.iter().map(|event| event.seq).collect();
        let outcome = state.enlist(staged);
        drop(batch);
        loop {
            if let Some(outcome) = outcome.get() {
                return outcome.clone().map(|()| numbers).map_err(AppendError::from);
            }
            state = if state.writing {
                self.settled.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.write_staged(state)
            };
        }
    }

    /// Writes what is staged, with the lock given up meanwhile.
    fn write_staged<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let Some(group) = state.staged.take() else { return state };
        state.writing = true;
        let end = state.positions.end;
        let new_segment = end.segment != state.durable.segment;
        let positions = new_segment.then(|| snapshot::encode(&state.positions));
        drop(state);

        let outcome = self.keys.sync().map_err(|error| Failure::Keys(error.into()));
        let outcome = outcome.and_then(|()| write(&self.folder, &group.writes));
        if let (Ok(()), Some(positions)) = (&outcome, positions) {
            // Only a cache: without it the next start reads more of the segments.
            let _ = snapshot::keep(&self.folder, &positions);
        }

        let mut state = self.state();
        state.writing = false;
        match &outcome {
            Ok(()) => state.durable = end,
            Err(failure) => self.take_back(&mut state, group.before, failure),
        }
        // Nobody else sets it.
        let _ = group.outcome.set(outcome);
        self.settled.notify_all();
        if end.seq >= self.newest_head.load(Ordering::SeqCst) + EVENTS_BETWEEN_HEADS && state.durable == end {
            drop(state);
            // What fails here is tried again with the next group, and told by whoever asks for a head.
            let _ = self.sign_head();
            state = self.state();
        }
        state
    }

    /// After a failed write: everything staged fails with it, and the segments become what they were.
    fn take_back(&self, state: &mut State, mut before: Vec<(CaseId, Option<CaseState>)>, failure: &Failure) {
        let reached = state.positions.end.segment;
        if let Some(waiting) = state.staged.take() {
            before.extend(waiting.before);
            let _ = waiting.outcome.set(Err(failure.clone()));
        }
        let durable = state.durable;
        state.positions.return_to(durable, before);
        state.torn = Some(reached);
        // If the disk refuses that, too, whoever appends next tries again.
        let _ = self.mend(state);
    }

    /// Cuts off what a failed write left. Until the disk has confirmed that nothing is appended behind it.
    fn mend(&self, state: &mut State) -> Result<(), AppendError> {
        if let Some(reached) = state.torn {
            restore(&self.folder, state.durable, reached).map_err(|error| AppendError::Disk(error.into()))?;
            state.torn = None;
        }
        Ok(())
    }
}

/// Writes bytes where they belong and makes them durable, segment after segment.
fn write(folder: &Path, writes: &[Write]) -> Outcome {
    let disk = |error: io::Error| Failure::Disk(error.into());
    for Write { place, bytes } in writes {
        let path = segment_path(folder, place.segment);
        let file = OpenOptions::new().write(true).create(place.offset == 0).truncate(false).open(path).map_err(disk)?;
        file.write_all_at(bytes, place.offset).map_err(disk)?;
        file.sync_data().map_err(disk)?;
        if place.offset == 0 {
            files::sync_folder(folder).map_err(disk)?;
        }
    }
    Ok(())
}

/// Cuts the segments back to what is durable.
fn restore(folder: &Path, durable: End, reached: u32) -> io::Result<()> {
    for segment in (durable.segment + 1..=reached).rev() {
        match fs::remove_file(segment_path(folder, segment)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    if durable.segment != 0 {
        let file: File = OpenOptions::new().write(true).open(segment_path(folder, durable.segment))?;
        file.set_len(durable.offset)?;
        file.sync_all()?;
    }
    files::sync_folder(folder)
}
