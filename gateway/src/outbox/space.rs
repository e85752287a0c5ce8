//! Whether the disk has room: intake closes while there still is some, so that what was accepted can be finished.

use std::path::{Path, PathBuf};

/// Watches the file system that holds the outbox.
#[derive(Debug, Clone)]
pub(crate) struct Space {
    folder: PathBuf,
    reserve: u64,
}

/// What the file system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) free: u64,
    pub(crate) total: u64,
}

impl Space {
    pub(crate) fn new(folder: &Path, reserve_mib: u64) -> Self {
        Self { folder: folder.to_owned(), reserve: reserve_mib.saturating_mul(1024 * 1024) }
    }

    /// Bytes that an unprivileged process may still write, and the size of the file system.
    pub(crate) fn room(&self) -> std::io::Result<Room> {
        let disk = rustix::fs::statvfs(&self.folder)?;
        Ok(Room {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            total: disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    }

    /// False below the reserve, or when the file system does not answer. A small disk keeps a twentieth of itself.
    pub(crate) fn is_enough(&self) -> bool {
        self.room().is_ok_and(|room| room.free >= self.reserve_of(room))
    }

    /// Whether there is so much room that some may be lent to files of forms that may never be sent.
    pub(crate) fn is_ample(&self) -> bool {
        self.room().is_ok_and(|room| room.free >= AMPLE * self.reserve_of(room))
    }

    fn reserve_of(&self, room: Room) -> u64 {
        self.reserve.min(room.total / 20)
    }
}

/// How many reserves have to be free for files that only wait: enough that those who only upload never close intake.
const AMPLE: u64 = 4;
