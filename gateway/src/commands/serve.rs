//! `serve`: puts the folders in order, then takes reports until asked to stop.

use std::path::Path;
use std::sync::Arc;

use nightsafe_runtime::{
    ExitCode, FolderLock, Shutdown, StartError, SystemClock, SystemRandomness, TelemetryFormat, announce_ready,
    bounded_file, durable_file, listening::tcp_listener,
};
use nightsafe_schema::division::Divisions;
use nightsafe_schema::time::{Clock, Hour};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::check_catalog::configured;
use crate::api::Descriptions;
use crate::app::{App, routes};
use crate::certificate::CertificateFollower;
use crate::config::GatewayConfig;
use crate::credentials::Credentials;
use crate::http::{BodyBudget, Connections, Sources, accept_until_asked};
use crate::opening::Opening;
use crate::outbox::{
    Journal, JournalWriter, Outbox, OutboxFolders, Space, Staging, StreamFile, sweep_items, sweep_staging,
    sweep_unclaimed,
};
use crate::reception::{Admission, Reception, Turns, Workers};
use crate::ring::{CurrentRing, RingFollower};
use crate::service::Service;
use crate::stream::Stream;
use crate::{limits, process, telemetry};

pub(crate) fn serve(path: &Path, format: TelemetryFormat) -> Result<ExitCode, StartError> {
    process::forbid_dumps()?;
    telemetry::start(format)?;
    let config = GatewayConfig::read(path)?;
    let _lock = FolderLock::acquire(&config.folders.state)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(unexpected)?;
    let outcome = runtime.block_on(run(&config));
    // A thread that hangs on the disk must not keep the program from ending.
    runtime.shutdown_timeout(limits::LAST_ANSWERS);
    outcome
}

async fn run(config: &GatewayConfig) -> Result<ExitCode, StartError> {
    let shutdown = Shutdown::new(limits::SHUTDOWN_TIME);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let credentials = Credentials::read(&config.credentials)?;
    let (certificate, tls) = CertificateFollower::new(&config.tls)?;

    let store = config.ring.open(&config.folders.state)?;
    if store.current().fields().site != config.site {
        return Err(StartError::new(ExitCode::Key, "the key ring belongs to another site"));
    }
    let (follower, ring) = RingFollower::new(store, &config.ring.path);
    follower.check_own_key(credentials.journal_signer.public());

    let (writer, outbox) = open_outbox(config, &credentials, &clock)?;
    let app = assemble(config, credentials, ring, outbox, &clock, &shutdown)?;

    let listener = tcp_listener(config.listen)?;
    let listener = TcpListener::from_std(listener).map_err(unexpected)?;
    let address = listener.local_addr().map_err(unexpected)?;
    shutdown.listen().map_err(unexpected)?;
    shutdown.spawn_essential("journal", async move {
        // Ends when every sender is gone.
        let _ = tokio::task::spawn_blocking(move || writer.run()).await;
    });
    shutdown.spawn_essential("ring", follower.follow(Arc::clone(&clock), &shutdown).map_err(unexpected)?);
    shutdown.spawn_essential("certificate", certificate.follow(&shutdown).map_err(unexpected)?);
    shutdown.spawn_essential("staging", sweep_until_asked(&config.folders.staging, Arc::clone(&clock), &shutdown));
    let service = Arc::clone(&app.service);
    let connections = Connections::new(tls, routes(app), service, shutdown.clone());
    let sources = Sources::new(config.forwarders.clone(), clock, Arc::new(SystemRandomness)).map_err(unexpected)?;
    let capacity = process::connection_capacity(limits::CONNECTIONS);
    shutdown.spawn_essential("listener", accept_until_asked(listener, connections, sources, capacity));
    announce_ready(Some(address)).map_err(unexpected)?;
    Ok(shutdown.finished().await)
}

/// Removes staged attachments whose form was never sent, as long as the gateway runs.
fn sweep_until_asked(staging: &Path, clock: Arc<dyn Clock>, shutdown: &Shutdown) -> impl Future<Output = ()> + use<> {
    let (staging, soft) = (staging.to_owned(), shutdown.soft());
    async move {
        while soft.run_until_cancelled(tokio::time::sleep(limits::STAGED_SWEEP)).await.is_some() {
            let (staging, now) = (staging.clone(), clock.now());
            let swept = tokio::task::spawn_blocking(move || {
                let swept = sweep_unclaimed(&staging, now, limits::STAGED_LIFE);
                Staging::new(&staging).hide_minutes(Hour::containing(now));
                swept
            });
            let swept = swept.await;
            match swept {
                Ok(Ok(0)) => {}
                Ok(Ok(count)) => tracing::info!(count, "staged attachments that nobody claimed were removed"),
                Ok(Err(error)) => {
                    tracing::error!(alarm = "staging", error = &error as &dyn std::error::Error, "it cannot be swept");
                }
                Err(_) => return,
            }
        }
    }
}

/// Repairs what a crash left, then opens the journal at its end.
fn open_outbox(
    config: &GatewayConfig,
    credentials: &Credentials,
    clock: &Arc<dyn Clock>,
) -> Result<(JournalWriter, Outbox), StartError> {
    let folders = OutboxFolders::of(&config.folders.outbox);
    folders.create()?;
    durable_file::create_folder(&config.folders.staging)?;
    Staging::new(&config.folders.staging).check_moves_to(folders.items())?;
    let stream = Stream::read(&config.folders.state)?;
    let signer = credentials.journal_signer.clone();
    let file = StreamFile::open(folders.journal(), stream.stream, stream.after, signer.public())?;
    let items = sweep_items(&folders)?;
    let staged = sweep_staging(&config.folders.staging, clock.now(), limits::STAGED_LIFE)?;
    if items + staged > 0 {
        tracing::warn!(count = items + staged, "unacknowledged leftovers of an earlier run were removed");
    }
    let (writer, journal): (JournalWriter, Journal) =
        JournalWriter::new(file, signer, folders.clone(), Arc::clone(clock));
    Ok((writer, Outbox::new(folders, journal)))
}

fn assemble(
    config: &GatewayConfig,
    credentials: Credentials,
    ring: CurrentRing,
    outbox: Outbox,
    clock: &Arc<dyn Clock>,
    shutdown: &Shutdown,
) -> Result<Arc<App>, StartError> {
    let catalog = Arc::new(configured(config)?);
    let service = Service::of(config, &catalog)?;
    let opening = Opening::of(&config.open, &catalog)?;
    let descriptions = Descriptions::of(&catalog).map_err(unexpected)?;
    let texts = config.divisions.iter().map(|path| bounded_file::read_text(path, DIVISIONS_LIMIT));
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let divisions = Divisions::with_files(texts.iter().map(String::as_str))
        .map_err(|error| StartError::new(ExitCode::Usage, error))?;
    let reception = Reception {
        site_secret: credentials.site_secret,
        gateway: config.gateway.to_string(),
        catalog,
        ring,
        outbox,
        staging: Staging::new(&config.folders.staging),
        space: Space::new(&config.folders.outbox, config.disk_reserve_mib),
        admission: Admission::new(),
        uploads: Arc::new(Semaphore::new(limits::UPLOADS)),
        workers: Workers::new(limits::WORKERS),
        turns: Turns::new(),
        clock: Arc::clone(clock),
        randomness: Arc::new(SystemRandomness),
        shutdown: shutdown.clone(),
    };
    Ok(Arc::new(App {
        reception: Arc::new(reception),
        divisions,
        descriptions,
        form_key: credentials.form_key,
        service: Arc::new(service),
        opening,
        bodies: BodyBudget::new(limits::BODIES_IN_MEMORY),
    }))
}

fn unexpected(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StartError {
    StartError::new(ExitCode::Unexpected, error)
}

/// The national list has 140 KiB.
const DIVISIONS_LIMIT: u64 = 4 * 1024 * 1024;
