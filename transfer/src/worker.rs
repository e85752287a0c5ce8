//! Runs one side's work: once as a job, or again whenever its folder changes.
//!
//! Work is blocking and runs on a thread of its own; the runtime beside it hears signals and folder changes. A pass that
//! fails while watching is an alarm and not the end: the medium may just be on its way. After every pass the side is looked
//! at, and systemd, the log and monitoring are told how it stands. Between two passes it is free for short commands, such
//! as a ticket.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nightsafe_runtime::readiness::announce_status;
use nightsafe_runtime::{ExitCode, FolderLock, Shutdown, StartError, SystemClock, announce_ready, durable_file};
use notify::{RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::board::Standing;
use crate::cli::Runs;
use crate::limits;
use crate::metrics::Metrics;
use crate::page::{self, Voice};
use crate::progress::Display;
use crate::supervision::Supervision;
use crate::verdict::Verdict;

/// What one pass came to.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    /// How the side stands after it, as far as the pass can tell.
    pub(crate) code: ExitCode,
    /// Whether there was nothing to do.
    pub(crate) is_idle: bool,
    /// Its report, for standard output.
    pub(crate) report: String,
}

/// Whether passes follow each other; those in which nothing was done have nothing to say then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watching {
    /// This is the only pass.
    No,
    /// More will follow.
    Yes,
}

/// How a side stands, for those who are told after a pass.
#[derive(Debug)]
pub(crate) struct Announcement {
    code: ExitCode,
    /// The first line of `status`.
    headline: String,
    /// What the worst trouble is about, and why.
    what: String,
    reason: String,
    next: String,
    metrics: Metrics,
}

/// One side's work.
pub(crate) trait Work: Send + 'static {
    /// The folder that one instance holds at a time.
    fn state(&self) -> &Path;

    /// The folders whose changes mean work.
    fn watched(&self) -> Vec<PathBuf>;

    /// Where numbers for monitoring go.
    fn metrics(&self) -> Option<&Path>;

    /// Does what there is to do, as far as it is allowed.
    fn pass(&mut self, voice: Voice, around: Supervision<'_>) -> Result<Pass, StartError>;

    /// Looks at the side.
    fn look(&self, voice: Voice) -> Result<Announcement, StartError>;
}

impl Announcement {
    /// Of a side that was looked at.
    pub(crate) fn of(standing: &impl Standing, voice: Voice) -> Self {
        let code = standing.exit_code();
        let worst = standing.troubles().as_slice().first();
        let language = voice.language();
        Self {
            code,
            headline: format!("{}   {}", Verdict(code).headline(), standing.headline()),
            what: worst.map(|trouble| trouble.what.clone()).unwrap_or_default(),
            reason: worst.map(|trouble| trouble.why.choose(language).to_owned()).unwrap_or_default(),
            next: worst.map(|trouble| trouble.next.choose(language).to_owned()).unwrap_or_default(),
            metrics: standing.metrics(),
        }
    }

    /// Of a side that cannot be looked at, or of a pass that failed.
    pub(crate) fn of_failure(error: &StartError, voice: Voice) -> Self {
        let verdict = Verdict(error.code());
        Self {
            code: error.code(),
            headline: verdict.headline().to_owned(),
            what: String::new(),
            reason: error.line("pass"),
            next: verdict.next().choose(voice.language()).to_owned(),
            metrics: Metrics::default(),
        }
    }
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
    let (_, outcome, _) = pass(work, voice, shutdown, Watching::No).await?;
    let pass = outcome?;
    let is_empty = runs.fail_if_empty && pass.is_idle && pass.code == ExitCode::Ok;
    Ok(if is_empty { ExitCode::NothingToDo } else { pass.code })
}

async fn watch(mut work: impl Work, voice: Voice, shutdown: Shutdown) -> Result<ExitCode, StartError> {
    let changed = Arc::new(Notify::new());
    let folders = work.watched();
    let _watchers: Vec<_> = folders
        .iter()
        .filter_map(|folder| {
            let changed = Arc::clone(&changed);
            watcher(folder, move || changed.notify_one())
        })
        .collect();
    announce_ready(None).map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    let soft = shutdown.soft();
    let mut last = String::new();
    loop {
        let (returned, outcome, looked) = pass(work, voice, &shutdown, Watching::Yes).await?;
        work = returned;
        // A pass that failed says more than a look at what it left.
        let announcement = match (outcome, looked) {
            (Err(error), _) | (Ok(_), Err(error)) => Announcement::of_failure(&error, voice),
            (Ok(pass), Ok(looked)) if pass.code.worse_of(looked.code) != looked.code => {
                Announcement { code: pass.code, headline: Verdict(pass.code).headline().to_owned(), ..looked }
            }
            (Ok(_), Ok(looked)) => looked,
        };
        last = announce(&announcement, last);
        tokio::select! {
            () = soft.cancelled() => return Ok(shutdown.finished().await),
            () = changed.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(limits::RESCAN_SECONDS)) => {}
        }
    }
}

/// Tells systemd how the side stands, and the log whenever that changes: a medium that is away for an hour is one alarm
/// and not a hundred.
pub(crate) fn announce(now: &Announcement, last: String) -> String {
    announce_status(&now.headline);
    let said = format!("{} {} {}", now.code.number(), now.what, now.reason);
    if said == last {
        return last;
    }
    let (verdict, exit) = (Verdict(now.code).headline(), now.code.number());
    if now.code == ExitCode::Ok {
        tracing::info!(verdict, "pass");
    } else {
        tracing::error!(verdict, exit, what = now.what, reason = now.reason, next = now.next, "pass");
    }
    said
}

type PassOutcome<W> = (W, Result<Pass, StartError>, Result<Announcement, StartError>);

/// One pass on a blocking thread, and a look at what it left; a signal lets it stop at the next safe place.
async fn pass<W: Work>(
    mut work: W,
    voice: Voice,
    shutdown: &Shutdown,
    watching: Watching,
) -> Result<PassOutcome<W>, StartError> {
    let asked = shutdown.clone();
    let running = tokio::task::spawn_blocking(move || {
        let clock = SystemClock::start();
        let display = Display::start(voice.screen(), clock.clone());
        let around = Supervision { clock: &clock, stop: &|| asked.has_begun(), progress: display.progress() };
        let outcome = work.pass(voice, around);
        // The bar goes before the report comes.
        drop(display);
        let outcome = outcome.and_then(|pass| {
            if watching == Watching::No || !pass.is_idle {
                page::print(&pass.report).map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
            }
            Ok(pass)
        });
        let looked = work.look(voice);
        write_metrics(work.metrics(), looked.as_ref().ok());
        (work, outcome, looked)
    });
    running.await.map_err(|error| StartError::new(ExitCode::Unexpected, error))
}

/// A side that cannot be looked at has no numbers: monitoring sees that by their absence.
pub(crate) fn write_metrics(path: Option<&Path>, looked: Option<&Announcement>) {
    let Some(path) = path else { return };
    let none = Metrics::default();
    let metrics = looked.map_or(&none, |looked| &looked.metrics);
    if let Err(error) = metrics.write(path) {
        tracing::error!(reason = crate::trouble::chain(&error), "the metrics file is not written");
    }
}

/// Wakes on any change under a folder. Without one the rescan alone has to do.
pub(crate) fn watcher(folder: &Path, changed: impl Fn() + Send + 'static) -> Option<impl Watcher> {
    let wake = move |event: notify::Result<notify::Event>| {
        let is_access = event.as_ref().is_ok_and(|event| event.kind.is_access());
        if !is_access {
            changed();
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
