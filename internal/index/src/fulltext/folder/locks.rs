//! tantivy's locks inside one process: one writer, and no cleaning up while a reader opens its files.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use tantivy::directory::{DirectoryLock, error::LockError};

#[derive(Clone, Default)]
pub(super) struct Locks {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    held: Mutex<HashSet<PathBuf>>,
    released: Condvar,
}

impl Locks {
    /// Takes the lock of that name, waiting for it if it is a blocking one: those are held for moments only.
    pub(super) fn acquire(&self, name: &Path, is_blocking: bool) -> Result<DirectoryLock, LockError> {
        let mut held = self.shared.held.lock().unwrap_or_else(PoisonError::into_inner);
        while !held.insert(name.to_owned()) {
            if !is_blocking {
                return Err(LockError::LockBusy);
            }
            held = self.shared.released.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        drop(held);
        Ok(DirectoryLock::from(Box::new(Held { name: name.to_owned(), shared: Arc::clone(&self.shared) })))
    }
}

struct Held {
    name: PathBuf,
    shared: Arc<Shared>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
        self.shared.released.notify_all();
    }
}
