//! Reports acknowledged a second by the real gateway over TLS, against files made durable a second by the bare machine.
//!
//! Many clients, each on an address and an HTTP/2 connection of its own (over HTTP/1.1 a connection serves one request by
//! design, so that one would measure handshakes). The clients share the cores with the gateway: on a machine of two the
//! figure is a lower bound. The reference makes files of the size of a report with as many threads as the gateway has
//! places at the disk: create, write, flush, rename.

use std::{
    fs::{self, File},
    io::Write as _,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use nightsafe_generator::{Reports, Seed};
use nightsafe_quickstart::layout::Part;
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use tokio::{runtime::Builder, task::JoinSet};

use crate::{
    bench::{Bench, Place},
    client::{Connector, address_of},
    items::{self, ItemFolder},
    process::{Watched, rest, timed},
    profile::Profile,
    rounds::{Pair, Samples},
    row::{Aim, Quantity, Row},
};

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let seconds = Duration::from_secs(bench.size(2, 4, 10));
    let bodies: Arc<[Bytes]> =
        (0..BODIES).map(|number| Bytes::from(Reports::of(Seed::Tuning(5)).report(number).to_string())).collect();
    let (mut middle, mut late) = (Samples::default(), Samples::default());
    let (mut processor, mut clients) = (Samples::default(), Samples::default());
    let pair = Pair::measure(
        bench.size(1, 5, 5),
        || files(bench, seconds, Flush::File),
        || {
            let filed = file(bench, &bodies, seconds, |_| ())?;
            middle.add(filed.latencies.median() * 1000.0);
            late.add(filed.latencies.at(99.0) * 1000.0);
            processor.add(filed.processor * 1e6);
            clients.add(filed.clients * 1e6);
            Ok(filed.rate)
        },
    )?;
    let cores = f64::from(u16::try_from(thread::available_parallelism()?.get())?);
    let with_folder = files(bench, seconds, Flush::FileAndFolder)?;
    let row = Row::ratio(
        "durable",
        ("受理并落盘，TLS", "acknowledged durably over TLS"),
        "/s",
        &format!("{THREADS} 线程 threads: create+write 32 KiB+fsync+rename; 再加目录 with the folder's fsync, too: {with_folder:.0}/s"),
        &pair,
        Aim::Ratio(0.7),
    )
    .note(format!(
        "{CLIENTS} 个 HTTP/2 客户端，各 {REQUESTS} 个请求，与网关同用全部核 clients with {REQUESTS} requests each, on the same cores"
    ))
    .note(format!(
        "处理器每件 processor a report: 网关 gateway {:.0} µs，客户端 clients {:.0} µs；参照独占各核 the reference has the cores to itself",
        processor.median(),
        clients.median()
    ))
    .note(format!(
        "只算网关的处理器 by the gateway's processor time alone: {:.0}/s",
        cores / processor.median().max(1.0) * 1e6
    ))
    .explained(|| explain(bench, &bodies, seconds));
    let waiting = Row::value(
        "durable",
        ("受理时延，99 %", "time to the answer, 99 %"),
        Quantity { value: late.median(), unit: "ms" },
        Aim::Told,
    )
    .spread(late.range())
    .note(format!("中位数 median: {:.1} ms，满载 under full load", middle.median()));
    Ok(vec![row, waiting])
}

/// What a round of filing gave.
struct Filed {
    rate: f64,
    latencies: Samples,
    /// Processor seconds of the gateway, a report.
    processor: f64,
    /// Processor seconds of the clients, a report.
    clients: f64,
}

/// Files reports for so long; `meanwhile` is told the gateway's process.
fn file(bench: &Bench, bodies: &Arc<[Bytes]>, seconds: Duration, meanwhile: impl FnOnce(Watched)) -> Result<Filed> {
    let place = bench.site()?;
    let mut child = place.site().start_part(Part::Gateway)?;
    let address = child.wait_until_ready()?.context("the gateway said no address")?;
    let gateway = Watched::of(child.id());
    let before = gateway.processor()?;
    let ended = Arc::new(AtomicBool::new(false));
    let clients = {
        let (connector, bodies) = (Connector::new(&place.layout().authority())?, Arc::clone(bodies));
        let ended = Arc::clone(&ended);
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            timed(|| runtime.block_on(clients(&connector, address, bodies, seconds, ended)))
        })
    };
    meanwhile(gateway);
    let (spent, (latencies, wall)) = clients.join().map_err(|_| anyhow::anyhow!("the clients panicked"))??;
    let processor = gateway.processor()? - before;
    child.end();
    #[expect(clippy::cast_precision_loss, reason = "some ten thousands")]
    let filed = latencies.len() as f64;
    is_whole(&place, latencies.len())?;
    Ok(Filed {
        rate: filed / wall,
        latencies: latencies.into_iter().collect(),
        processor: processor / filed,
        clients: spent / filed,
    })
}

/// Every acknowledged report lies in the outbox.
fn is_whole(place: &Place, filed: usize) -> Result<()> {
    let outbox = ItemFolder::at(place.layout().part(Part::Gateway).join("outbox"))?;
    let items = outbox.count()?;
    ensure!(items == filed as u64, "{filed} reports were acknowledged and {items} lie there");
    Ok(())
}

/// All clients, until the time is over: what each request took, and the time of all.
async fn clients(
    connector: &Connector,
    address: SocketAddr,
    bodies: Arc<[Bytes]>,
    seconds: Duration,
    ended: Arc<AtomicBool>,
) -> Result<(Vec<f64>, f64)> {
    let mut connections = Vec::new();
    for client in 1..=CLIENTS {
        connections.push(connector.connect(address, address_of(client)).await?);
    }
    let clock = SystemClock::start();
    let next = Arc::new(AtomicU64::new(0));
    let mut filing: JoinSet<Result<Vec<f64>>> = JoinSet::new();
    for connection in &connections {
        for _ in 0..REQUESTS {
            let (mut connection, bodies) = (connection.clone(), Arc::clone(&bodies));
            let (clock, next, ended) = (clock.clone(), Arc::clone(&next), Arc::clone(&ended));
            filing.spawn(async move {
                let mut latencies = Vec::new();
                while !ended.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let body = usize::try_from(number % BODIES).ok().and_then(|place| bodies.get(place));
                    let body = Full::new(body.cloned().unwrap_or_default());
                    let request = Request::post("https://localhost/api/v1/reports")
                        .header(header::CONTENT_TYPE, "application/json")
                        .body(body)?;
                    let asked = clock.elapsed();
                    let answer = connection.ask(request).await?;
                    ensure!(answer.head.status == StatusCode::CREATED, "answered {}", answer.head.status);
                    latencies.push(clock.elapsed().saturating_sub(asked).as_secs_f64());
                }
                Ok(latencies)
            });
        }
    }
    tokio::time::sleep(seconds).await;
    ended.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    while let Some(filed) = filing.join_next().await {
        latencies.extend(filed??);
    }
    Ok((latencies, clock.elapsed().as_secs_f64()))
}

/// What is flushed of each file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    File,
    FileAndFolder,
}

/// Files a second that the machine makes durable with many threads.
fn files(bench: &Bench, seconds: Duration, flush: Flush) -> Result<f64> {
    let folder = bench.fresh("files-")?;
    let clock = SystemClock::start();
    let made = AtomicU64::new(0);
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (folder, made, ended) = (&folder, &made, &ended);
                scope.spawn(move || -> Result<()> {
                    while !ended.load(Ordering::Relaxed) {
                        let number = made.fetch_add(1, Ordering::Relaxed);
                        one_file(folder, thread, number, flush)?;
                    }
                    Ok(())
                })
            })
            .collect();
        rest(seconds);
        ended.store(true, Ordering::Relaxed);
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?)
    })?;
    let wall = clock.elapsed().as_secs_f64();
    items::sync(bench.folder())?;
    #[expect(clippy::cast_precision_loss, reason = "some ten thousands")]
    Ok(made.load(Ordering::Relaxed) as f64 / wall)
}

fn one_file(folder: &Path, thread: usize, number: u64, flush: Flush) -> Result<()> {
    let part = folder.join(format!("{thread}-{number}.part"));
    let mut file = File::create_new(&part)?;
    file.write_all(REPORT)?;
    file.sync_all()?;
    fs::rename(&part, part.with_extension("age"))?;
    if flush == Flush::FileAndFolder {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn explain(bench: &Bench, bodies: &Arc<[Bytes]>, seconds: Duration) -> Vec<Profile> {
    let mut library = Profile::default();
    let seconds = seconds.max(Duration::from_secs(3));
    let filed = file(bench, bodies, seconds, |gateway| {
        rest(Duration::from_secs(1));
        library = Profile::by_library_of("网关处理器时间按库 the gateway's processor time by library", gateway.id(), 1);
    });
    let mut profiles = vec![library];
    if let Ok(filed) = filed {
        let cores = filed.processor * filed.rate;
        let parts = [("网关占用核 cores that the gateway uses".to_owned(), cores)];
        profiles.push(Profile::of("满载 under full load", parts, "核"));
    }
    profiles
}

/// Clients, each with an address of its own.
const CLIENTS: u16 = 64;
/// Requests that each client has open.
const REQUESTS: usize = 4;
/// As many as the gateway has places at the disk.
const THREADS: usize = 64;
/// Distinct reports that are sent again and again, each time as a submission of its own.
const BODIES: u64 = 4_000;
/// As long as a sealed report on the disk.
static REPORT: &[u8] = &[7; 32 * 1024];
