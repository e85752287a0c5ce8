//! Files that may be replaced while the program runs: wakes when it is time to look at them again.

use std::future::pending;
use std::io;
use std::path::Path;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::limits;

/// Watches folders, SIGHUP and the clock.
pub(crate) struct WatchedFiles {
    hangup: Signal,
    changes: mpsc::Receiver<()>,
    /// Kept alive as long as this is; without it the poll alone finds changes.
    _watcher: Option<RecommendedWatcher>,
}

impl WatchedFiles {
    /// Watches the folders that `files` lie in. SIGHUP is caught when this returns: uncaught it would end the program.
    pub(crate) fn new(files: &[&Path]) -> io::Result<Self> {
        let hangup = signal(SignalKind::hangup())?;
        let (notice, changes) = mpsc::channel(1);
        Ok(Self { hangup, changes, _watcher: watch_folders(files, notice) })
    }

    /// Returns when a folder has changed and been quiet for a moment, at SIGHUP, and every minute.
    pub(crate) async fn changed(&mut self) {
        tokio::select! {
            () = settled(&mut self.changes) => {}
            _ = self.hangup.recv() => {}
            () = sleep(limits::FILE_POLL) => {}
        }
    }
}

/// What belongs together comes as several files; looking between two of them would raise an alarm about nothing.
async fn settled(changes: &mut mpsc::Receiver<()>) {
    if changes.recv().await.is_none() {
        // No watcher: only the others wake.
        pending::<()>().await;
    }
    while let Ok(Some(())) = timeout(QUIET, changes.recv()).await {}
}

fn watch_folders(files: &[&Path], changed: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // A full channel already says that something changed.
            let _ = changed.try_send(());
        }
    })
    .ok()?;
    for file in files {
        watcher.watch(file.parent().unwrap_or(Path::new(".")), RecursiveMode::NonRecursive).ok()?;
    }
    Some(watcher)
}

const QUIET: Duration = Duration::from_millis(200);
