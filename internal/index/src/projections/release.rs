//! Waiting until sled has really closed its file.
//!
//! sled hands its last writes to threads of its own, which hold the file, and the lock on it, a moment longer than the
//! database lives. Before that is over the folder can be neither renamed nor opened again.

use std::{fs::File, path::Path, sync::mpsc, thread, time::Duration};

/// Returns once the lock on the file is free, or the file is gone, or nothing happens for too long: then whoever comes
/// next finds it locked and takes it for damaged.
pub(super) fn wait(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    if file.try_lock().is_ok() {
        return;
    }
    let (released, wait) = mpsc::sync_channel(1);
    // Ends with the lock; at the latest when the process does.
    let waiting = thread::Builder::new().name("index-release".to_owned()).spawn(move || {
        let locked = file.lock();
        drop(file);
        // Nobody listens any more if it took too long.
        released.try_send(locked.is_ok()).unwrap_or_default();
    });
    if waiting.is_ok() && wait.recv_timeout(PATIENCE).is_err() {
        tracing::warn!("the projections of the index are still held open");
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
