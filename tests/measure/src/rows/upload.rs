//! An upload through the real gateway (TLS, multipart, two digests, age, disk) against its slowest stage alone, and
//! against Debian's `age` sealing the same file to the disk.
//!
//! On one core the gateway is kept to the first and the client to the second. On two both share both, so that the client's
//! work counts against the gateway: a lower bound.

mod stages;

use std::{fs::File, io::Write as _, path::PathBuf, process::Command, sync::Arc, thread};

use anyhow::{Context as _, Result};
use nightsafe_generator::{Reports, Seed};
use nightsafe_quickstart::{child::Child, layout::Part};
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use rustls::ClientConfig;
use serde_json::Value;

use self::stages::Stages;
use crate::{
    bench::{Bench, Place},
    client::client_config,
    items,
    process::{self, Cores, Watched, keep_this_thread_to, timed},
    profile::Profile,
    rounds::{Pair, Samples},
    row::{Aim, Quantity, Row},
    upload::{Film, upload},
};

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let film = Arc::new(Film::of(bench.size(64, 256, 500) * MIB));
    let mut rows = Vec::new();
    for (cores, names, aim) in [
        (Cores::Only(0), ("上传，一核", "upload, one core"), 0.55),
        (Cores::All, ("上传，全部核", "upload, all cores"), 0.85),
    ] {
        let mut stages = Stages::default();
        let pair = Pair::measure(
            bench.size(1, 3, 5),
            || {
                stages = Stages::measure(bench, &film, cores)?;
                Ok(stages.slowest().1)
            },
            || Ok(Served::start(bench, cores)?.upload(&film)?.rate),
        )?;
        let what = format!("最慢的一步单独 the slowest stage alone: {}", stages.slowest().0);
        let row = Row::ratio("upload", names, "MiB/s", &what, &pair, Aim::Ratio(aim));
        rows.push(row.explained(|| explain(bench, &film, cores, &stages)));
    }
    rows.push(by_age(bench, &film)?);
    rows.push(memory(bench, &film)?);
    Ok(rows)
}

/// What an upload came to.
#[derive(Clone, Copy, Debug, Default)]
struct Uploaded {
    /// MiB a second.
    rate: f64,
    /// Processor seconds of the client, a MiB.
    client: f64,
}

/// A gateway that serves, and a client of it.
struct Served {
    _place: Place,
    child: Child,
    address: std::net::SocketAddr,
    config: Arc<ClientConfig>,
    report: Value,
    cores: Cores,
}

impl Served {
    fn start(bench: &Bench, cores: Cores) -> Result<Self> {
        let place = bench.site()?;
        let command = process::kept_to(cores, place.site().long_running(Part::Gateway));
        let mut child = Child::start(Part::Gateway, command, &place.layout().log(Part::Gateway))?;
        let address = child.wait_until_ready()?.context("the gateway said no address")?;
        let config = client_config(&place.layout().authority())?;
        let mut reports = (0..).map(|number| Reports::of(Seed::Tuning(7)).report(number));
        let report = reports.find(|report| report.get("flow").and_then(Value::as_str) == Some("GANG_CRIME"));
        Ok(Self { _place: place, child, address, config, report: report.context("no report")?, cores })
    }

    /// One upload, from the handshake to the answer.
    fn upload(&self, film: &Arc<Film>) -> Result<Uploaded> {
        let (film, config, report, address) =
            (Arc::clone(film), Arc::clone(&self.config), self.report.clone(), self.address);
        let apart = self.cores != Cores::All;
        let uploading = thread::spawn(move || -> Result<Uploaded> {
            if apart {
                keep_this_thread_to(CLIENT)?;
            }
            let clock = SystemClock::start();
            let (client, ()) = timed(|| upload(address, config, &report, &film).context("the upload"))?;
            Ok(Uploaded { rate: mib(&film) / clock.elapsed().as_secs_f64(), client: client / mib(&film) })
        });
        uploading.join().map_err(|_| anyhow::anyhow!("the client panicked"))?
    }
}

/// Against `age` with the same two recipients, its file flushed to the disk.
fn by_age(bench: &Bench, film: &Arc<Film>) -> Result<Row> {
    let place = bench.site()?;
    let recipients = items::recipient_names(place.layout())?;
    let plain = bench.fresh("age-")?.join("film.mp4");
    let mut written = File::create(&plain)?;
    film.pieces(|piece| Ok(written.write_all(piece)?))?;
    written.sync_all()?;
    let mut round = 0;
    let pair = Pair::measure(
        bench.size(1, 3, 5),
        || {
            round += 1;
            let sealed: PathBuf = plain.with_extension(format!("{round}.age"));
            let mut command = Command::new("bash");
            command.args(["-euc", "age -r \"$1\" -r \"$2\" -o \"$4\" \"$3\" && sync \"$4\"", "age"]);
            command.args(&recipients).arg(&plain).arg(sealed);
            let (cost, _) = process::run(command)?;
            Ok(mib(film) / cost.wall)
        },
        || Ok(Served::start(bench, Cores::All)?.upload(film)?.rate),
    )?;
    let version = process::run({
        let mut version = Command::new("age");
        version.arg("--version");
        version
    });
    let version = version.map(|(_, said)| said.trim().to_owned()).unwrap_or_default();
    let what = format!("age {version} -r … -r … && sync，同一文件 of the same file");
    Ok(Row::ratio(
        "upload",
        ("上传，比 age 命令", "upload, by the age command"),
        "MiB/s",
        &what,
        &pair,
        Aim::Ratio(1.0),
    )
    .explained(|| explain(bench, film, Cores::All, &Stages::default())))
}

/// What an upload adds to the gateway's memory.
fn memory(bench: &Bench, film: &Arc<Film>) -> Result<Row> {
    let mut grown = Samples::default();
    for _ in 0..bench.size(1, 3, 3) {
        let served = Served::start(bench, Cores::All)?;
        let gateway = Watched::of(served.child.id());
        let idle = gateway.resident()?;
        served.upload(film)?;
        grown.add((gateway.most_resident()? - idle).max(0.0));
    }
    let growth = Quantity { value: grown.median(), unit: "MiB" };
    Ok(Row::value("upload", ("上传时内存增加，最高", "upload: memory added at most"), growth, Aim::AtMost(8.0))
        .spread(grown.range())
        .note(format!("一个文件 one file of {:.0} MiB", mib(film))))
}

fn explain(bench: &Bench, film: &Arc<Film>, cores: Cores, stages: &Stages) -> Vec<Profile> {
    let mut profiles: Vec<Profile> = stages.profile().into_iter().collect();
    if let Ok(served) = Served::start(bench, cores) {
        let gateway = Watched::of(served.child.id());
        let before = gateway.processor().unwrap_or(0.0);
        let id = served.child.id();
        let watched = thread::spawn(move || {
            Profile::by_library_of("网关处理器时间按库 the gateway's processor time by library", id, 1)
        });
        let uploaded = served.upload(film).unwrap_or_default();
        let spent = (gateway.processor().unwrap_or(0.0) - before) / mib(film) * 1e6;
        let parts = [
            ("网关处理器 processor of the gateway".to_owned(), spent),
            ("客户端处理器 processor of the client".to_owned(), uploaded.client * 1e6),
            ("墙钟 by the wall".to_owned(), 1e6 / uploaded.rate.max(0.001)),
        ];
        profiles.push(Profile::of("每 MiB 用时 time a MiB", parts, "µs"));
        profiles.extend(watched.join().ok());
    }
    profiles
}

fn mib(film: &Film) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = film.length() as f64;
    bytes / 1024.0 / 1024.0
}

const MIB: u64 = 1024 * 1024;
/// The core of the client where the gateway has the first.
const CLIENT: usize = 1;
