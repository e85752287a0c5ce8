//! The file in which a running end of the link says every second how it stands: `state/diode/<name>.json`. `status` reads
//! it. It is no memory: losing it costs nothing, and it is written without a flush.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use nightsafe_runtime::bounded_file;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::limits;

/// The folder of the link in a side's state folder; whoever runs the link holds its lock.
pub(crate) fn folder(state: &Path) -> PathBuf {
    state.join("diode")
}

/// How an end of the link stands, as `status` tells it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LinkStatus<T> {
    /// Whether the program runs.
    pub(crate) running: bool,
    /// What it last said of itself; nothing if it was never started to stay, or ended as a job.
    pub(crate) said: Option<T>,
}

impl<T: DeserializeOwned> LinkStatus<T> {
    /// Reads what the program wrote to the file of this name.
    pub(crate) fn of(side_state: &Path, name: &str) -> Self {
        Self { running: is_running(side_state), said: read(side_state, name) }
    }
}

/// Whether an end of the link runs on this side: then somebody holds the lock of its folder.
pub(crate) fn is_running(state: &Path) -> bool {
    let Ok(lock) = File::open(folder(state).join(".lock")) else { return false };
    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Replaces the file.
pub(crate) fn write(state: &Path, name: &str, value: &impl Serialize) -> io::Result<()> {
    let folder = folder(state);
    let part = folder.join(format!("{name}.new"));
    fs::write(&part, serde_json::to_vec(value)?)?;
    fs::rename(part, folder.join(name))
}

/// Removes it, when a job has ended: it has nothing to say any more.
pub(crate) fn remove(state: &Path, name: &str) {
    // One that stays says that the program does not run, which is true.
    let _ = fs::remove_file(folder(state).join(name));
}

/// Reads it; `None` if it is not there or is none.
pub(crate) fn read<T: DeserializeOwned>(state: &Path, name: &str) -> Option<T> {
    let bytes = bounded_file::read(&folder(state).join(name), limits::STATE_BYTES).ok()?;
    serde_json::from_slice(&bytes).ok()
}
