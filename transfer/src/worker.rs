//! Runs one side's work: once as a job, or again whenever its folder changes.
//!
//! Work is blocking and runs on a thread of its own; the runtime beside it hears signals and folder changes. A pass that
//! fails while watching is an alarm and not the end: the medium may just be on its way. Between two passes the side is
//! free for short commands, such as a ticket.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nightsafe_runtime::readiness::announce_status;
use nightsafe_runtime::{ExitCode, FolderLock, Shutdown, StartError, announce_ready, durable_file};
use notify::{RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::cli::Runs;
use crate::limits;
use crate::page::Voice;
use crate::verdict::Verdict;

/// What one pass came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    /// How the side stands after it.
    pub(crate) code: ExitCode,
    /// Whether there was nothing to do.
    pub(crate) is_idle: bool,
}

/// Whether passes follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watching {
    /// This is the only pass.
    No,
    /// More will follow.
    Yes,
}

/// One side's work.
pub(crate) trait Work: Send + 'static {
    /// The folder that one instance holds at a time.
    fn state(&self) -> &Path;

    /// The folders whose changes mean work.
    fn watched(&self) -> Vec<PathBuf>;

    /// Does what there is to do, as far as `stop` allows.
    fn pass(&mut self, voice: Voice, stop: &dyn Fn() -> bool, watching: Watching) -> Result<Pass, StartError>;
}

/// Runs work as the command line asked.
pub(crate) fn work(work: impl Work, runs: Runs, voice: Voice) -> Result<ExitCode, StartError> {
    durable_file::create_folder(work.state())?;
    let _instance = FolderLock::acquire(work.state())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    runtime.block_on(async {
        let shutdown = Shutdown::new(GRACE);
        shutdown.listen().map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
        if runs.watch { watch(work, voice, shutdown).await } else { once(work, voice, &shutdown, runs).await }
    })
}

async fn once(work: impl Work, voice: Voice, shutdown: &Shutdown, runs: Runs) -> Result<ExitCode, StartError> {
    let (_, outcome) = pass(work, voice, shutdown, Watching::No).await?;
    let pass = outcome?;
    let is_empty = runs.fail_if_empty && pass.is_idle && pass.code == ExitCode::Ok;
    Ok(if is_empty { ExitCode::NothingToDo } else { pass.code })
}

async fn watch(mut work: impl Work, voice: Voice, shutdown: Shutdown) -> Result<ExitCode, StartError> {
    let changed = Arc::new(Notify::new());
    let folders = work.watched();
    let _watchers: Vec<_> = folders.iter().filter_map(|folder| watcher(folder, Arc::clone(&changed))).collect();
    announce_ready(None).map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    let soft = shutdown.soft();
    let mut last = String::new();
    loop {
        let (returned, outcome) = pass(work, voice, &shutdown, Watching::Yes).await?;
        work = returned;
        last = announce(outcome, last);
        tokio::select! {
            () = soft.cancelled() => return Ok(shutdown.finished().await),
            () = changed.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(limits::RESCAN_SECONDS)) => {}
        }
    }
}

/// Tells systemd and the log how the side stands, whenever that changes: a medium that is away for an hour is one alarm
/// and not a hundred.
fn announce(outcome: Result<Pass, StartError>, last: String) -> String {
    let (code, reason) = match outcome {
        Ok(pass) => (pass.code, String::new()),
        Err(error) => (error.code(), error.line("pass")),
    };
    let headline = Verdict(code).headline();
    let now = format!("{headline} {reason}");
    if now == last {
        return last;
    }
    announce_status(headline);
    if code == ExitCode::Ok {
        tracing::info!(verdict = headline, "pass");
    } else {
        tracing::error!(verdict = headline, exit = code.number(), reason, "pass");
    }
    now
}

/// One pass on a blocking thread; a signal lets it stop at the next safe place.
async fn pass<W: Work>(
    mut work: W,
    voice: Voice,
    shutdown: &Shutdown,
    watching: Watching,
) -> Result<(W, Result<Pass, StartError>), StartError> {
    let asked = shutdown.clone();
    let running = tokio::task::spawn_blocking(move || {
        let outcome = work.pass(voice, &|| asked.has_begun(), watching);
        (work, outcome)
    });
    running.await.map_err(|error| StartError::new(ExitCode::Unexpected, error))
}

/// Wakes on any change under a folder. Without one the rescan alone has to do.
fn watcher(folder: &Path, changed: Arc<Notify>) -> Option<impl Watcher> {
    let wake = move |event: notify::Result<notify::Event>| {
        let is_access = event.as_ref().is_ok_and(|event| event.kind.is_access());
        if !is_access {
            changed.notify_one();
        }
    };
    let watching = notify::recommended_watcher(wake).and_then(|mut watcher| {
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    match watching {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(reason = %error, "changes are not announced; looking every {} s", limits::RESCAN_SECONDS);
            None
        }
    }
}

/// A pass stops within one item; items are at most some gigabytes.
const GRACE: Duration = Duration::from_mins(1);
