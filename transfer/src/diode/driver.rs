//! Runs one end of the link: its threads, the signals, and every few seconds a look at the side for systemd, the log and
//! monitoring. One end of the link runs at a time on a side, beside `export --watch` or `import --watch`.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nightsafe_runtime::readiness::announce_ready_for_datagrams;
use nightsafe_runtime::{ExitCode, FolderLock, Shutdown, StartError, SystemClock, announce_ready, durable_file};

use crate::cli::Runs;
use crate::diode::state;
use crate::diode::stop::Stop;
use crate::page::{self, Tell, Voice};
use crate::progress::{Display, Progress};
use crate::worker::{self, Announcement};

/// One end of the link.
pub(crate) trait End: Send + Sync + 'static {
    /// What a run came to.
    type Report: Tell + Send;

    /// The side's state folder.
    fn state(&self) -> &Path;

    /// Where numbers for monitoring go.
    fn metrics(&self) -> Option<&Path>;

    /// Runs until it is done, or asked to stop.
    fn run(&self, runs: Runs, around: &Around<'_>) -> Result<(ExitCode, Self::Report), StartError>;

    /// Whether a run had nothing to do.
    fn is_idle(report: &Self::Report) -> bool;

    /// Looks at the side.
    fn look(&self, voice: Voice) -> Result<Announcement, StartError>;
}

/// What an end of the link is given beside its work.
pub(crate) struct Around<'a> {
    pub(crate) stop: &'a Stop,
    pub(crate) progress: &'a Progress,
    /// Says that it is up, and where it listens.
    pub(crate) ready: &'a (dyn Fn(Option<SocketAddr>) -> Result<(), StartError> + Sync),
    was_asked: &'a AtomicBool,
}

impl Around<'_> {
    /// Whether the run is ended from outside.
    pub(crate) fn asked(&self) -> bool {
        self.was_asked.load(Ordering::SeqCst)
    }
}

/// Runs an end as the command line asked.
pub(crate) fn drive(end: impl End, runs: Runs, voice: Voice) -> Result<ExitCode, StartError> {
    let folder = state::folder(end.state());
    durable_file::create_folder(&folder)?;
    let _instance = FolderLock::acquire(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unexpected)?;
    runtime.block_on(async {
        let shutdown = Shutdown::new(GRACE);
        shutdown.listen().map_err(unexpected)?;
        watch_over(Arc::new(end), runs, voice, shutdown).await
    })
}

async fn watch_over<E: End>(end: Arc<E>, runs: Runs, voice: Voice, shutdown: Shutdown) -> Result<ExitCode, StartError> {
    let stop = Arc::new(Stop::default());
    let was_asked = Arc::new(AtomicBool::new(false));
    let mut running = {
        let (end, stop, was_asked) = (Arc::clone(&end), Arc::clone(&stop), Arc::clone(&was_asked));
        tokio::task::spawn_blocking(move || run(&*end, runs, voice, &stop, &was_asked))
    };
    let soft = shutdown.soft();
    let mut last = String::new();
    let ended = loop {
        tokio::select! {
            ended = &mut running => break ended,
            () = soft.cancelled() => {
                was_asked.store(true, Ordering::SeqCst);
                stop.ask();
                break running.await;
            }
            () = tokio::time::sleep(LOOK) => last = look(&end, voice, last).await?,
        }
    };
    let (code, idle, report) = ended.map_err(unexpected)??;
    look(&end, voice, last).await?;
    if runs.watch {
        // Ended by itself, it is a failure that was told; asked, it is how the signal says.
        return if was_asked.load(Ordering::SeqCst) { Ok(shutdown.finished().await) } else { Ok(code) };
    }
    page::print(&report).map_err(unexpected)?;
    let is_empty = runs.fail_if_empty && idle && code == ExitCode::Ok;
    Ok(if is_empty { ExitCode::NothingToDo } else { code })
}

fn run<E: End>(
    end: &E,
    runs: Runs,
    voice: Voice,
    stop: &Stop,
    was_asked: &AtomicBool,
) -> Result<(ExitCode, bool, String), StartError> {
    let display = Display::start(voice.screen(), SystemClock::start());
    let ready = |address: Option<SocketAddr>| {
        // A job that ends by itself has a report to print, and nobody who waits for it to be ready.
        let said = match address {
            Some(address) => announce_ready_for_datagrams(address),
            None if runs.watch => announce_ready(None),
            None => Ok(()),
        };
        said.map_err(unexpected)
    };
    let around = Around { stop, progress: display.progress(), ready: &ready, was_asked };
    let (code, report) = end.run(runs, &around)?;
    drop(display);
    Ok((code, E::is_idle(&report), voice.spoken(&report, code)))
}

/// Looks at the side on a thread of its own, and tells whoever wants to know.
async fn look<E: End>(end: &Arc<E>, voice: Voice, last: String) -> Result<String, StartError> {
    let end = Arc::clone(end);
    let looking = tokio::task::spawn_blocking(move || {
        let looked = end.look(voice);
        worker::write_metrics(end.metrics(), looked.as_ref().ok());
        looked
    });
    let looked = looking.await.map_err(unexpected)?;
    let announcement = looked.unwrap_or_else(|error| Announcement::of_failure(&error, voice));
    Ok(worker::announce(&announcement, last))
}

fn unexpected(error: impl std::error::Error + Send + Sync + 'static) -> StartError {
    StartError::new(ExitCode::Unexpected, error)
}

/// Seconds between two looks.
const LOOK: Duration = Duration::from_secs(5);
/// The threads end within a burst; what is whole is handed over first.
const GRACE: Duration = Duration::from_mins(1);
