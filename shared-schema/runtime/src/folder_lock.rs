//! Who works on a folder: one long-running program at a time, and one writer at any moment.
//!
//! A second instance is told so and ends with exit code 8. Short commands beside a running program take turns with it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::exit::{ExitCode, HasExitCode, exit_code_of_io};

/// Holds a folder for this process until dropped, or until the process ends in any way.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

/// Holds the right to change a folder for a moment, between two passes of a running program.
#[derive(Debug)]
pub struct FolderTurn {
    _file: File,
}

/// Why a folder could not be held.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another instance holds it.
    #[error("another instance works on {folder}")]
    Held {
        /// The folder.
        folder: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot lock {folder}")]
    Lock {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl HasExitCode for LockError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Held { .. } => ExitCode::Busy,
            Self::Lock { source, .. } => exit_code_of_io(source),
        }
    }
}

impl FolderLock {
    /// Takes the lock file `.lock` in `folder`, at once or not at all.
    pub fn acquire(folder: &Path) -> Result<Self, LockError> {
        let file = open(folder, LOCK)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held { folder: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(LockError::Lock { folder: folder.to_owned(), source }),
        }
    }
}

impl FolderTurn {
    /// Takes the lock file `.turn` in `folder`, as soon as whoever has it is done.
    pub fn wait(folder: &Path) -> Result<Self, LockError> {
        let file = open(folder, TURN)?;
        file.lock().map_err(|source| LockError::Lock { folder: folder.to_owned(), source })?;
        Ok(Self { _file: file })
    }
}

fn open(folder: &Path, name: &str) -> Result<File, LockError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(name))
        .map_err(|source| LockError::Lock { folder: folder.to_owned(), source })
}

const LOCK: &str = ".lock";
const TURN: &str = ".turn";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_instance_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path()).unwrap();
        assert_eq!(FolderLock::acquire(folder.path()).unwrap_err().exit_code(), ExitCode::Busy);
        drop(first);
        FolderLock::acquire(folder.path()).unwrap();
    }

    #[test]
    fn turns_are_taken_beside_a_running_instance() {
        let folder = tempfile::tempdir().unwrap();
        let _running = FolderLock::acquire(folder.path()).unwrap();
        let turn = FolderTurn::wait(folder.path()).unwrap();
        let (sender, waiting) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _turn = FolderTurn::wait(folder.path()).unwrap();
                sender.send(()).unwrap();
            });
            assert!(waiting.try_recv().is_err());
            drop(turn);
            waiting.recv().unwrap();
        });
    }

    #[test]
    fn a_missing_folder_is_a_disk_failure() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        assert_eq!(FolderLock::acquire(&missing).unwrap_err().exit_code(), ExitCode::Disk);
    }
}
