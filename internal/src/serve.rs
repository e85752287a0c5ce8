//! The daemon: one site, held open; the receipt on a thread of its own; console and control socket at the same desk.
//!
//! ```text
//! inbox ──▶ ingest thread ──▶ ledger ──▶ index follower
//!                               ▲
//! console (TLS) ──▶ desk ───────┤        two lanes: safe copies of attachments, a process each
//!                               │        numbers thread: clue numbers, off the ingest path
//! control.sock  ──▶ desk ───────┘        hourly round: signed heads, export, retention
//! ```
//!
//! It listens on the console's address and on the control socket, and connects to nothing.

mod alarms;
pub(crate) mod console;
pub(crate) mod ingest;
pub(crate) mod lingering;
pub(crate) mod listening;
pub(crate) mod rounds;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use nightsafe_casework::event::Via;
use nightsafe_console::{Console, Reference};
use nightsafe_runtime::{
    ExitCode, HasExitCode, Shutdown, StartError, Telemetry, TelemetryFormat, announce_ready, listening::tcp_listener,
    tls,
};
use tokio::{runtime::Builder, sync::Notify};

use self::{console::ConsoleListener, ingest::Ingest};
use crate::{
    config::Config,
    control::{server::ControlSocket, service::Service},
    copies::lanes,
    desk::SiteDesk,
    indexed::{IndexedError, SharedIndex},
    limits, process,
    receipt::{Receipt, ReceiptError, fault::chain, joining},
    site::{Site, SiteError},
};

/// Runs the daemon until it is asked to end. `load` reads the configuration, each time that the site is opened.
pub(crate) fn run(
    load: &dyn Fn() -> Result<Config, StartError>,
    format: TelemetryFormat,
) -> Result<ExitCode, StartError> {
    Telemetry::full(format).start()?;
    process::forbid_dumps()?;
    let mut config = load()?;
    let mut opening = Opening::First;
    // Held through every opening: whoever connects meanwhile waits and is not turned away.
    let socket = tcp_listener(config.listen)?;
    loop {
        let reopening = Reopening::default();
        let runtime = Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
        let listener = socket.try_clone().map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
        let code = runtime.block_on(serve(config, listener, opening, reopening.clone()))?;
        if code != ExitCode::Ok || !reopening.is_asked() {
            return Ok(code);
        }
        drop(runtime);
        tracing::info!("导入已生效，重新打开站点 (an import is in force: the site is opened anew)");
        config = load()?;
        opening = Opening::Again;
    }
}

/// Which opening of the site this is. Whoever started the program is told once that it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    First,
    Again,
}

/// A wish to open the site anew with the tables that were just imported.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reopening {
    asked: Arc<AtomicBool>,
    stirred: Arc<Notify>,
}

impl Reopening {
    /// The site is closed once every answer under way is given, and opened again.
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.stirred.notify_one();
    }

    fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve(
    config: Config,
    listener: std::net::TcpListener,
    opening: Opening,
    reopening: Reopening,
) -> Result<ExitCode, StartError> {
    let shutdown = Shutdown::new(limits::SHUTDOWN_GRACE);
    shutdown.listen().map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    let protocols: [&[u8]; 2] = [b"h2", b"http/1.1"];
    let tls = tls::server_config(&config.tls.certificate, &config.tls.key, &protocols)?;
    let listener = ConsoleListener::on(listener)?;
    let opened = tokio::task::spawn_blocking(move || Opened::open(config)).await;
    let Opened { site, index, receipt } = opened.map_err(|crash| StartError::new(ExitCode::Unexpected, crash))??;
    let control = ControlSocket::bind(&site.config.folders.control)?;

    let ingest = Arc::new(Ingest::default());
    let desk = SiteDesk::new(Arc::clone(&site), Arc::clone(&index));
    let service = Service::new(desk.through(Via::CommandLine), Arc::clone(&ingest), reopening.clone());
    let router = Console::new(Arc::new(desk), Arc::new(reference(&site)), Arc::clone(&site.randomness)).router();
    let address = listener.address();

    shutdown.spawn_essential("console", listener.serve(tls, router, shutdown.clone()));
    shutdown.spawn_essential("control", control.serve(Arc::new(service), shutdown.clone()));
    shutdown.spawn_essential("index follower", follow(Arc::clone(&site), Arc::clone(&index), shutdown.clone()));
    shutdown.spawn_essential("alarms", alarms::tell(Arc::clone(&site), shutdown.clone()));
    shutdown.spawn_essential("links", follow_links(Arc::clone(&site), shutdown.clone()));
    shutdown.spawn_essential("copies", lanes::run(Arc::clone(&site), shutdown.clone()));
    shutdown.spawn_essential("rounds", rounds_every_hour(Arc::clone(&site), shutdown.clone()));
    spawn_check(&site, &index, &shutdown);
    spawn_numbers(&site, &ingest, &shutdown);
    spawn_ingest(receipt, site, index, ingest, &shutdown);
    let closing = shutdown.clone();
    shutdown.spawn("reopening", async move {
        let soft = closing.soft();
        tokio::select! {
            () = reopening.stirred.notified() => closing.pause(),
            () = soft.cancelled() => {}
        }
    });
    if opening == Opening::First {
        announce_ready(Some(address)).map_err(|error| StartError::new(ExitCode::Unexpected, error))?;
    }
    Ok(shutdown.finished().await)
}

/// The words that pages have for codes.
fn reference(site: &Site) -> Reference {
    let data = &site.data;
    let (divisions, units) = ((*data.divisions).clone(), (*data.units).clone());
    Reference { catalog: data.catalog.clone(), divisions, units }
}

/// What is opened before anything is served.
struct Opened {
    site: Arc<Site>,
    index: Arc<SharedIndex>,
    receipt: Receipt,
}

impl Opened {
    fn open(config: Config) -> Result<Self, OpenError> {
        let site = Arc::new(Site::open(config)?);
        let receipt = Receipt::open(Arc::clone(&site))?;
        let index = Arc::new(SharedIndex::open_unchecked(&site)?);
        Ok(Self { site, index, receipt })
    }
}

/// Keeps the index at the ledger's end.
async fn follow(site: Arc<Site>, index: Arc<SharedIndex>, shutdown: Shutdown) {
    let mut growth = site.records.growth();
    let soft = shutdown.soft();
    loop {
        let (site, index) = (Arc::clone(&site), Arc::clone(&index));
        let followed = tokio::task::spawn_blocking(move || {
            index.catch_up(&site);
            site.records.keep_if_due();
        });
        if followed.await.is_err() {
            return;
        }
        tokio::select! {
            () = soft.cancelled() => return,
            changed = growth.changed() => if changed.is_err() { return },
        }
    }
}

/// Compares each report with those before it, behind the receipt. What fails is tried again when the ledger grows.
async fn follow_links(site: Arc<Site>, shutdown: Shutdown) {
    let mut growth = site.records.growth();
    let soft = shutdown.soft();
    loop {
        let (site, asked) = (Arc::clone(&site), shutdown.clone());
        let followed = tokio::task::spawn_blocking(move || {
            if let Err(error) = site.linker.follow(&site, &|| !asked.has_begun()) {
                tracing::error!(reason = chain(&error), "reports are not compared");
            }
        });
        if followed.await.is_err() {
            return;
        }
        tokio::select! {
            () = soft.cancelled() => return,
            changed = growth.changed() => if changed.is_err() { return },
        }
    }
}

async fn rounds_every_hour(site: Arc<Site>, shutdown: Shutdown) {
    let soft = shutdown.soft();
    let mut hours = tokio::time::interval(limits::ROUND_EVERY);
    loop {
        tokio::select! {
            () = soft.cancelled() => {
                let _ = tokio::task::spawn_blocking(move || rounds::round(&site)).await;
                return;
            }
            _tick = hours.tick() => {}
        }
        let site = Arc::clone(&site);
        if tokio::task::spawn_blocking(move || rounds::round(&site)).await.is_err() {
            return;
        }
    }
}

/// The index answers at once and is looked through meanwhile.
fn spawn_check(site: &Arc<Site>, index: &Arc<SharedIndex>, shutdown: &Shutdown) {
    let (site, index, asked) = (Arc::clone(site), Arc::clone(index), shutdown.clone());
    shutdown.spawn_blocking("index check", move || index.check(&site, &|| !asked.has_begun()));
}

fn spawn_numbers(site: &Arc<Site>, ingest: &Arc<Ingest>, shutdown: &Shutdown) {
    let (site, ingest, asked) = (Arc::clone(site), Arc::clone(ingest), shutdown.clone());
    let stirred = Arc::clone(&site);
    shutdown.spawn_blocking("numbers", move || {
        while !asked.has_begun() {
            if site.numbers.work_off(&site, &|| !asked.has_begun()) > 0 {
                ingest.wake();
            }
            joining::join_waiting(&site);
            site.numbers.wait(limits::RESCAN_EVERY);
        }
    });
    let soft = shutdown.soft();
    shutdown.spawn("numbers stop", async move {
        soft.cancelled().await;
        stirred.numbers.stir();
    });
}

fn spawn_ingest(receipt: Receipt, site: Arc<Site>, index: Arc<SharedIndex>, ingest: Arc<Ingest>, shutdown: &Shutdown) {
    let stopped = Arc::clone(&ingest);
    shutdown.spawn_blocking("ingest", move || ingest.run(receipt, &site, &index));
    let soft = shutdown.soft();
    shutdown.spawn("ingest stop", async move {
        soft.cancelled().await;
        stopped.stop();
    });
}

/// Why the daemon does not start.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("站点无法打开 (the site cannot be opened)")]
    Site(#[from] SiteError),
    #[error("接收无法开始 (the receipt cannot start)")]
    Receipt(#[from] ReceiptError),
    #[error("索引无法打开 (the index cannot be opened)")]
    Index(#[from] IndexedError),
}

impl HasExitCode for OpenError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Site(error) => error.exit_code(),
            Self::Receipt(error) => error.exit_code(),
            Self::Index(error) => error.exit_code(),
        }
    }
}
