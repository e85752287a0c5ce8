//! Over the one-way link: `nightsafe-transfer send` and `receive` on loopback against raw UDP, with segmentation offload and
//! without, and against `cp`, `sha256sum` and `sync` of the same file.
//!
//! On loopback a burst is never cut into frames: the figures are what the software can do, and no promise about a wire. The
//! rate is set beyond what anything here reaches, except where a report is timed beside an attachment.

mod raw;

use std::{
    fs,
    io::{self, BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use nightsafe_generator::{Reports, Seed};
use nightsafe_quickstart::{
    child::signal_politely,
    configuration::{self, LinkEnd},
    layout::Part,
};
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use serde_json::Value;

use crate::{
    bench::{Bench, Place},
    items::{Gateway, ItemFolder},
    process::{Watched, rest},
    profile::Profile,
    rounds::{Pair, Samples},
    row::{Aim, Quantity, Row},
};
use raw::Raw;

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = large(bench)?;
    rows.extend(small(bench)?);
    rows.push(overtaking(bench)?);
    Ok(rows)
}

/// One large attachment, with and without the kernel's segmentation offload.
fn large(bench: &Bench) -> Result<Vec<Row>> {
    let bytes = bench.size(20, 500, 500) * 1_000_000;
    let rounds = bench.size(1, 3, 5);
    let mut memory = Samples::default();
    let mut carry = |settings: &str| -> Result<f64> {
        let link = Link::prepare(bench, settings)?;
        let mut gateway = Gateway::of(link.place.layout())?;
        gateway.attach(bytes, &link.outbox)?;
        gateway.settle(&link.outbox)?;
        let run = link.run(1)?;
        memory.add(run.memory);
        Ok(megabytes(bytes) / run.seconds)
    };
    let mut rows = Vec::new();
    for (raw, settings, names, what, aim) in [
        (
            Raw::Offloaded,
            FAST,
            ("一个大附件，到收件箱", "one large attachment, into the inbox"),
            "裸 UDP，分段卸载 raw UDP with segmentation offload",
            0.15,
        ),
        (
            Raw::Batched,
            FAST_ALONE,
            ("同上，不用分段卸载", "the same without segmentation offload"),
            "裸 UDP raw UDP, sendmmsg",
            0.78,
        ),
    ] {
        let pair = Pair::measure(rounds, || raw.megabytes_a_second(bytes), || carry(settings))?;
        let row = Row::ratio("diode", names, "MB/s", what, &pair, Aim::Ratio(aim));
        rows.push(row.explained(|| explain(bench, bytes, settings)).note(format!("{} MB", bytes / 1_000_000)));
    }
    let by_hand = Pair::measure(
        rounds,
        || {
            let folder = bench.fresh("hand-")?;
            fs::write(folder.join("one"), vec![7; usize::try_from(bytes)?])?;
            Ok(megabytes(bytes) / super::transfer::by_hand(bench, &folder)?)
        },
        || carry(FAST),
    )?;
    let names = ("大附件，对照手工", "the large attachment, by hand");
    rows.push(Row::ratio("diode", names, "MB/s", "cp && sha256sum && sync", &by_hand, Aim::Told));
    let most = Quantity { value: memory.at(100.0), unit: "MiB" };
    rows.push(Row::value("diode", ("两端内存之大者", "the larger end's memory"), most, Aim::AtMost(400.0)));
    Ok(rows)
}

/// Many small ones.
fn small(bench: &Bench) -> Result<Vec<Row>> {
    let items = bench.size(200, 2_000, 2_000);
    let mut rates = Samples::default();
    let mut wire = Samples::default();
    for _ in 0..bench.size(1, 3, 5) {
        let link = Link::prepare(bench, FAST)?;
        let mut gateway = Gateway::of(link.place.layout())?;
        (0..items).try_for_each(|_| gateway.attach(9_000, &link.outbox))?;
        gateway.settle(&link.outbox)?;
        let bytes: u64 =
            fs::read_dir(link.outbox.items())?.map(|item| Ok(item?.metadata()?.len())).sum::<io::Result<u64>>()?;
        let run = link.run(items)?;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        rates.add(items as f64 / run.seconds);
        wire.add(run.wire_bytes / (megabytes(bytes) * 1e6));
    }
    let rate = Quantity { value: rates.median(), unit: "/s" };
    let rate = Row::value("diode", ("小件（10 kB）", "small items (10 kB)"), rate, Aim::AtLeast(1000.0));
    let times = Quantity { value: wire.median(), unit: "×" };
    let times = Row::value("diode", ("线上字节比件", "bytes on the line by bytes of items"), times, Aim::AtMost(1.5));
    Ok(vec![rate.spread(rates.range()).note("发送到落盘 from the start of `send` to durable"), times])
}

/// Reports that come while a large attachment crosses at 800 Mbit/s.
fn overtaking(bench: &Bench) -> Result<Row> {
    let link = Link::prepare(bench, "rate_mbit = 800")?;
    let mut gateway = Gateway::of(link.place.layout())?;
    gateway.attach(bench.size(60, 500, 500) * 1_000_000, &link.outbox)?;
    gateway.settle(&link.outbox)?;
    let receiver = link.receiver()?;
    let mut sender = link.sender("--watch")?;
    let clock = SystemClock::start();
    let mut times = Samples::default();
    let mut reports = 0;
    // The first waits until the attachment is under way.
    rest(Duration::from_millis(300));
    while link.arrived()? == reports && reports < MOST_REPORTS {
        gateway.file(Reports::of(Seed::Tuning(2)), reports..reports + 1, &link.outbox)?;
        let began = clock.elapsed();
        reports += 1;
        while link.arrived()? < reports && clock.elapsed().saturating_sub(began) < PATIENCE {
            rest(Duration::from_millis(1));
        }
        times.add(clock.elapsed().saturating_sub(began).as_secs_f64() * 1000.0);
    }
    end(&mut sender)?;
    drop(receiver);
    let median = Quantity { value: times.median(), unit: "ms" };
    let row = Row::value(
        "diode",
        ("大附件过隙时一份举报：从受理到收件箱", "a report while a large attachment crosses: acceptance to inbox"),
        median,
        Aim::AtMost(300.0),
    );
    Ok(row.spread(times.range()).note(format!("{reports} 份 reports, 800 Mbit/s")))
}

/// A site with a link between its sides.
struct Link {
    place: Place,
    outbox: ItemFolder,
    /// Lines of the sender's `[diode]`.
    settings: String,
}

struct Run {
    seconds: f64,
    memory: f64,
    wire_bytes: f64,
}

struct Receiver(Child);

impl Drop for Receiver {
    fn drop(&mut self) {
        signal_politely(&self.0);
        let _ = self.0.wait();
    }
}

impl Link {
    fn prepare(bench: &Bench, settings: &str) -> Result<Self> {
        let place = bench.site()?;
        let outbox = ItemFolder::at(place.layout().part(Part::Gateway).join("outbox"))?;
        for part in [Part::LowTransfer, Part::HighTransfer] {
            nightsafe_runtime::durable_file::replace(&place.layout().part(part).join("pair.secret"), &[7; 32])?;
        }
        configuration::add_link(place.layout(), Part::HighTransfer, LinkEnd::Listen(([127, 0, 0, 1], 0).into()))?;
        Ok(Self { place, outbox, settings: settings.to_owned() })
    }

    fn receiver(&self) -> Result<Receiver> {
        let mut command = self.place.command(Part::HighTransfer, &["receive", "--watch"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("piped")?).read_line(&mut line)?;
        let receiver = Receiver(child);
        let address: SocketAddr = line.trim().strip_prefix("ready udp://").context("no address")?.parse()?;
        configuration::add_link(self.place.layout(), Part::LowTransfer, LinkEnd::To(address))?;
        let path = self.place.layout().configuration(Part::LowTransfer);
        let text = fs::read_to_string(&path)?.replace("rate_mbit = 400", &self.settings);
        fs::write(path, text)?;
        Ok(receiver)
    }

    fn sender(&self, how: &str) -> Result<Child> {
        let mut command: Command = self.place.command(Part::LowTransfer, &["--json", "send", how]);
        Ok(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?)
    }

    /// Items that were handed over.
    fn arrived(&self) -> Result<u64> {
        let journals = self.place.layout().part(Part::HighTransfer).join("inbox/journal");
        let mut lines = 0;
        for file in fs::read_dir(journals)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                lines += memchr::memchr_iter(b'\n', &fs::read(path)?).count() as u64;
            }
        }
        Ok(lines)
    }

    /// Sends what lies in the outbox; ends when the last of it is durable on the other side.
    fn run(&self, items: u64) -> Result<Run> {
        let receiver = self.receiver()?;
        let clock = SystemClock::start();
        // What loopback drops, the repeats of a sender that stays bring.
        let mut sender = self.sender("--watch")?;
        let mut memory = 0.0_f64;
        while self.arrived()? < items {
            ensure!(clock.elapsed() < PATIENCE, "{} of {items} arrived in {PATIENCE:?}", self.arrived()?);
            memory = memory.max(Watched::child(&sender).most_resident().unwrap_or(0.0));
            rest(Duration::from_millis(2));
        }
        let seconds = clock.elapsed().as_secs_f64();
        memory = memory.max(Watched::child(&receiver.0).most_resident()?);
        end(&mut sender)?;
        let said = self.place.layout().part(Part::LowTransfer).join("state/diode/sending.json");
        let said: Value = serde_json::from_slice(&fs::read(said)?)?;
        let wire_bytes = said.get("wire_bytes").and_then(Value::as_f64).context("no wire_bytes")?;
        Ok(Run { seconds, memory, wire_bytes })
    }
}

/// Processor seconds of each thread of both ends: what each stage of the link takes.
fn explain(bench: &Bench, bytes: u64, settings: &str) -> Vec<Profile> {
    let profile = || -> Result<Vec<Profile>> {
        let link = Link::prepare(bench, settings)?;
        let mut gateway = Gateway::of(link.place.layout())?;
        gateway.attach(bytes, &link.outbox)?;
        gateway.settle(&link.outbox)?;
        let receiver = link.receiver()?;
        let clock = SystemClock::start();
        let mut sender = link.sender("--watch")?;
        while link.arrived()? < 1 {
            ensure!(clock.elapsed() < PATIENCE, "it does not arrive");
            rest(Duration::from_millis(2));
        }
        let seconds = clock.elapsed().as_secs_f64();
        let named = |end: &str, child: &Child| -> Result<Vec<(String, f64)>> {
            let threads = Watched::child(child).threads()?;
            Ok(threads.into_iter().map(|(name, seconds)| (format!("{end} {name}"), seconds)).collect())
        };
        let mut parts = named("发 send:", &sender)?;
        parts.extend(named("收 receive:", &receiver.0)?);
        end(&mut sender)?;
        let heading = format!("处理器秒，按线程；共 {seconds:.2} s  processor seconds by thread, in {seconds:.2} s");
        Ok(vec![Profile::of(heading, parts, "s").cut(8)])
    };
    profile().unwrap_or_default()
}

fn end(child: &mut Child) -> Result<()> {
    signal_politely(child);
    child.wait()?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Beyond what loopback gives.
const FAST: &str = "rate_mbit = 40000";
/// Each datagram handed to the kernel by itself.
const FAST_ALONE: &str = "rate_mbit = 40000\noffload = \"off\"";
const MOST_REPORTS: u64 = 40;
/// Nothing here takes that long.
const PATIENCE: Duration = Duration::from_mins(2);
