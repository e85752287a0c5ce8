//! Counting what a program does to its files.

use std::{
    path::Path,
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use notify::{RecursiveMode, Watcher as _};

/// The changes below a folder from now on.
pub(super) struct Changes {
    _watcher: notify::RecommendedWatcher,
    seen: Receiver<()>,
}

impl Changes {
    pub(super) fn below(folder: &Path) -> Self {
        let (tell, seen) = mpsc::channel();
        let mut watcher = notify::recommended_watcher(move |_| {
            // Nobody counts any more once the moment has come.
            let _ = tell.send(());
        })
        .unwrap();
        watcher.watch(folder, RecursiveMode::Recursive).unwrap();
        Self { _watcher: watcher, seen }
    }

    /// Returns after so many changes, or when there have been none for a while: the program is idle, which is a moment too.
    pub(super) fn wait_for(&self, count: usize) {
        for _ in 0..count {
            if self.seen.recv_timeout(IDLE).is_err() {
                return;
            }
        }
    }
}

const IDLE: Duration = Duration::from_secs(1);
