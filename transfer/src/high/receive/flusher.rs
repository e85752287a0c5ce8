//! The thread that writes behind: what has come of a large item goes to the disk while the rest is still coming, so that the
//! flush before its name finds little left to do. It decides nothing: that flush is still the one that counts.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender};

/// How the thread is told of a file.
#[derive(Clone, Debug)]
pub(super) struct WriteBehind(SyncSender<PathBuf>);

impl WriteBehind {
    /// Tells the thread at the other end.
    pub(super) fn to(paths: SyncSender<PathBuf>) -> Self {
        Self(paths)
    }

    /// A file has grown. Nobody waits: a disk that is behind is told again by the next part.
    pub(super) fn grown(&self, path: &Path) {
        let _ = self.0.try_send(path.to_owned());
    }
}

/// Flushes until nobody tells any more.
pub(super) fn run(paths: &Receiver<PathBuf>) {
    while let Ok(path) = paths.recv() {
        // The kernel tells a failed write to every descriptor that was open by then, once each: the item's own, with which
        // it is flushed in the end, is another than this one. A file that is gone meanwhile needs nothing.
        let _ = File::open(path).and_then(|file| file.sync_data());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc::sync_channel;

    use crate::limits;

    use super::*;

    #[test]
    fn nobody_waits_for_a_disk_that_is_behind_and_a_file_that_is_gone_harms_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (here, gone) = (folder.path().join("here.part"), folder.path().join("gone.part"));
        fs::write(&here, b"what has come").unwrap();
        let (paths, told) = sync_channel(limits::BEHIND);
        let behind = WriteBehind::to(paths);
        // More than the disk was told of and has begun with: the rest is dropped.
        for _ in 0..limits::BEHIND {
            behind.grown(&gone);
            behind.grown(&here);
        }
        drop(behind);
        let waiting: Vec<_> = told.try_iter().collect();
        assert_eq!(waiting.len(), limits::BEHIND);
        let (paths, told) = sync_channel(limits::BEHIND);
        for path in waiting {
            paths.send(path).unwrap();
        }
        drop(paths);
        run(&told);
        assert_eq!(fs::read(&here).unwrap(), b"what has come");
    }
}
