//! Over the one-way link: `nightsafe-transfer send` and `receive` on loopback against raw UDP with segmentation offload, and
//! against `cp`, `sha256sum` and `sync` of the same file.
//!
//! On loopback a burst is never cut into frames: the figures are what the software can do, and no promise about a wire. The
//! rate is set beyond what anything here reaches, except where a report is timed beside an attachment.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, IoSliceMut},
    net::{SocketAddr, UdpSocket},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
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
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use serde_json::Value;

use crate::{
    bench::{Bench, Place},
    items::{Gateway, ItemFolder},
    process::{self, Watched, rest},
    profile::Profile,
    rounds::{Pair, Samples},
    row::{Aim, Quantity, Row},
};

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = large(bench)?;
    rows.extend(small(bench)?);
    rows.push(overtaking(bench)?);
    Ok(rows)
}

/// One large attachment.
fn large(bench: &Bench) -> Result<Vec<Row>> {
    let bytes = bench.size(20, 500, 500) * 1_000_000;
    let rounds = bench.size(1, 3, 5);
    let mut memory = Samples::default();
    let mut carry = || -> Result<f64> {
        let link = Link::prepare(bench, FAST)?;
        let mut gateway = Gateway::of(link.place.layout())?;
        gateway.attach(bytes, &link.outbox)?;
        gateway.settle(&link.outbox)?;
        let run = link.run(1)?;
        memory.add(run.memory);
        Ok(megabytes(bytes) / run.seconds)
    };
    let raw = Pair::measure(rounds, || raw_udp(bytes), &mut carry)?;
    let row = Row::ratio(
        "diode",
        ("一个大附件，到收件箱", "one large attachment, into the inbox"),
        "MB/s",
        "裸 UDP，分段卸载 raw UDP with segmentation offload",
        &raw,
        Aim::Ratio(0.15),
    );
    let row = row.explained(|| explain(bench, bytes)).note(format!("{} MB", bytes / 1_000_000));
    let by_hand = Pair::measure(
        rounds,
        || {
            let folder = bench.fresh("hand-")?;
            fs::write(folder.join("one"), vec![7; usize::try_from(bytes)?])?;
            Ok(megabytes(bytes) / super::transfer::by_hand(bench, &folder)?)
        },
        &mut carry,
    )?;
    let told = Row::ratio("diode", ("同上", "the same"), "MB/s", "cp && sha256sum && sync", &by_hand, Aim::Told);
    let most = Quantity { value: memory.at(100.0), unit: "MiB" };
    let memory = Row::value("diode", ("两端内存之大者", "the larger end's memory"), most, Aim::AtMost(400.0));
    Ok(vec![row, told, memory])
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
    let link = Link::prepare(bench, 800)?;
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
    rate_mbit: u32,
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
    fn prepare(bench: &Bench, rate_mbit: u32) -> Result<Self> {
        let place = bench.site()?;
        let outbox = ItemFolder::at(place.layout().part(Part::Gateway).join("outbox"))?;
        for part in [Part::LowTransfer, Part::HighTransfer] {
            nightsafe_runtime::durable_file::replace(&place.layout().part(part).join("pair.secret"), &[7; 32])?;
        }
        configuration::add_link(place.layout(), Part::HighTransfer, LinkEnd::Listen(([127, 0, 0, 1], 0).into()))?;
        Ok(Self { place, outbox, rate_mbit })
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
        let text = fs::read_to_string(&path)?.replace("rate_mbit = 400", &format!("rate_mbit = {}", self.rate_mbit));
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
        let mut sender = self.sender("--once")?;
        let mut memory = 0.0_f64;
        while self.arrived()? < items {
            ensure!(clock.elapsed() < PATIENCE, "{} of {items} arrived in {PATIENCE:?}", self.arrived()?);
            memory = memory.max(Watched::child(&sender).most_resident().unwrap_or(0.0));
            rest(Duration::from_millis(2));
        }
        let seconds = clock.elapsed().as_secs_f64();
        memory = memory.max(Watched::child(&receiver.0).most_resident()?);
        let mut said = String::new();
        for line in BufReader::new(sender.stdout.take().context("piped")?).lines() {
            said = line?;
        }
        sender.wait()?;
        let report: Value = serde_json::from_str(&said)?;
        let wire_bytes = report.get("wire_bytes").and_then(Value::as_f64).context("no wire_bytes")?;
        Ok(Run { seconds, memory, wire_bytes })
    }
}

fn explain(bench: &Bench, bytes: u64) -> Vec<Profile> {
    let profile = || -> Result<Vec<Profile>> {
        let link = Link::prepare(bench, FAST)?;
        let mut gateway = Gateway::of(link.place.layout())?;
        gateway.attach(bytes, &link.outbox)?;
        gateway.settle(&link.outbox)?;
        let receiver = link.receiver()?;
        let before = Watched::child(&receiver.0).processor()?;
        let send = link.place.command(Part::LowTransfer, &["send", "--once"]);
        let (cost, _) = process::run(send)?;
        while link.arrived()? < 1 {
            rest(Duration::from_millis(2));
        }
        let receiving = Watched::child(&receiver.0).processor()? - before;
        let parts = [
            ("发送端程序 sender, program", cost.user),
            ("发送端内核 sender, kernel", cost.system),
            ("接收端 receiver", receiving),
        ];
        let parts = parts.map(|(name, seconds)| (name.to_owned(), seconds));
        Ok(vec![Profile::of("处理器时间 processor seconds", parts, "s")])
    };
    profile().unwrap_or_default()
}

/// MB a second of raw UDP on loopback, in the datagrams and bursts of the link, as far as they arrive.
fn raw_udp(bytes: u64) -> Result<f64> {
    let receiver = UdpSocket::bind("127.0.0.1:0")?;
    let sender = UdpSocket::bind("127.0.0.1:0")?;
    let _ = rustix::net::sockopt::set_socket_recv_buffer_size_force(&receiver, 64 << 20);
    let to = receiver.local_addr()?;
    let (receiving, sending) = (UdpSocketState::new((&receiver).into())?, UdpSocketState::new((&sender).into())?);
    let arrived = AtomicU64::new(0);
    let clock = SystemClock::start();
    let burst = vec![7_u8; DATAGRAM * (64_000 / DATAGRAM)];
    let ended = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let (arrived, ended) = (&arrived, &ended);
        let reading = scope.spawn(move || -> Result<f64> {
            let mut buffers = vec![vec![0_u8; 65_535]; BATCH_SIZE];
            let mut metas = vec![RecvMeta::default(); BATCH_SIZE];
            let mut last = 0.0;
            loop {
                let mut slices: Vec<_> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
                match receiving.recv((&receiver).into(), &mut slices, &mut metas) {
                    Ok(count) => {
                        let came: usize = metas.iter().take(count).map(|meta| meta.len).sum();
                        arrived.fetch_add(came as u64, Ordering::Relaxed);
                        last = clock.elapsed().as_secs_f64();
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        if ended.load(Ordering::SeqCst) == 1 {
                            return Ok(last);
                        }
                        rest(Duration::from_micros(50));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        });
        let mut left = bytes;
        while left > 0 {
            let contents = burst.as_slice();
            let transmit =
                Transmit { destination: to, ecn: None, contents, segment_size: Some(DATAGRAM), src_ip: None };
            match sending.try_send((&sender).into(), &transmit) {
                Ok(()) => left = left.saturating_sub(contents.len() as u64),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => rest(Duration::from_micros(50)),
                Err(error) => return Err(error.into()),
            }
        }
        ended.store(1, Ordering::SeqCst);
        let seconds = reading.join().map_err(|_| anyhow::anyhow!("the reader crashed"))??;
        Ok(megabytes(arrived.load(Ordering::Relaxed)) / seconds)
    })
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
const FAST: u32 = 40_000;
const DATAGRAM: usize = 1472;
const MOST_REPORTS: u64 = 40;
/// Nothing here takes that long.
const PATIENCE: Duration = Duration::from_mins(2);
