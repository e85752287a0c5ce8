//! A one-way link in user space between the real programs: a relay that loses, bends and forges as its seed says.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{Gateway, Site};
use crate::program::{command, run};

/// What the link does, in cases of 10,000.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    pub loss: u64,
    pub burst_begins: u64,
    pub longest_burst: u64,
    pub reordered: u64,
    pub doubled: u64,
    pub flipped: u64,
    pub foreign: u64,
    pub cut: u64,
}

/// The relay.
pub struct Relay {
    pub address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    faults: Mutex<Faults>,
    to: Mutex<Option<SocketAddr>>,
    /// Datagrams with records are dropped, heartbeats pass.
    only_heartbeats: AtomicBool,
    ended: AtomicBool,
    /// Heartbeats that passed, by their numbers.
    heartbeats: AtomicU64,
    /// What the newest of them says of the sender's clock.
    clock: Mutex<Timestamp>,
    forwarded: AtomicU64,
    /// Datagrams that passed of blocks that were sent before.
    repeats: AtomicU64,
    /// Nothing passes beyond this many; 0 is no bound.
    most: AtomicU64,
}

impl Relay {
    pub fn start(seed: u64, faults: Faults) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        // Without the right to force it the relay itself would lose some: that is only more loss.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 64 << 20);
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let address = socket.local_addr().unwrap();
        let state = Arc::new(State { faults: Mutex::new(faults), ..State::default() });
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || forward(&socket, &shared, seed));
        Self { address, state, thread: Some(thread) }
    }

    /// Where datagrams go from now on; nowhere at first.
    pub fn lead_to(&self, address: SocketAddr) {
        *self.state.to.lock().unwrap() = Some(address);
    }

    pub fn cut(&self) {
        *self.state.to.lock().unwrap() = None;
    }

    pub fn only_heartbeats(&self, only: bool) {
        self.state.only_heartbeats.store(only, Ordering::SeqCst);
    }

    /// The line is cut as soon as so many datagrams have passed in all; with 0 it is not.
    pub fn cut_after(&self, datagrams: u64) {
        self.state.most.store(datagrams, Ordering::SeqCst);
    }

    /// What the link does from now on.
    pub fn suffer(&self, faults: Faults) {
        *self.state.faults.lock().unwrap() = faults;
    }

    /// How many datagrams passed so far.
    pub fn forwarded(&self) -> u64 {
        self.state.forwarded.load(Ordering::SeqCst)
    }

    /// How many datagrams passed so far of blocks that were sent before.
    pub fn repeats(&self) -> u64 {
        self.state.repeats.load(Ordering::SeqCst)
    }

    /// The sender's clock, just after a heartbeat has passed.
    pub fn next_tick(&self) -> Timestamp {
        let before = self.heartbeats();
        wait_for("a heartbeat", || self.heartbeats() > before);
        *self.state.clock.lock().unwrap()
    }

    /// What was accepted at a tick and has just been seen to arrive took less than five seconds, by the sender's clock and by
    /// nobody's here: heartbeats follow each other within [`HEARTBEAT`], so that before one that much earlier than five
    /// seconds after the tick is followed by another, five seconds have not passed.
    pub fn assert_within_five_seconds(&self, tick: Timestamp, why: &str) {
        let newest = self.state.clock.lock().unwrap().duration_since(tick);
        assert!(newest + HEARTBEAT < SignedDuration::from_secs(5), "{why}: {newest:#} after the tick");
    }

    /// How many heartbeats passed so far.
    pub fn heartbeats(&self) -> u64 {
        self.state.heartbeats.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn forward(socket: &UdpSocket, state: &State, seed: u64) {
    let mut dice = Dice(seed);
    let mut bytes = vec![0; 65_536];
    let mut burst = 0;
    let mut late: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut newest_heartbeat = None;
    while !state.ended.load(Ordering::SeqCst) {
        let received = socket.recv(&mut bytes);
        let Some(to) = *state.to.lock().unwrap() else { continue };
        let now = state.forwarded.load(Ordering::SeqCst);
        let all_due = received.is_err();
        late.retain(|(due, datagram)| {
            let is_due = all_due || *due <= now;
            if is_due {
                let _ = socket.send_to(datagram, to);
            }
            !is_due
        });
        let Ok(length) = received else { continue };
        let most = state.most.load(Ordering::SeqCst);
        if most > 0 && now >= most {
            continue;
        }
        let mut datagram = bytes[..length].to_vec();
        let is_heartbeat = datagram.get(1) == Some(&2);
        if state.only_heartbeats.load(Ordering::SeqCst) && !is_heartbeat {
            continue;
        }
        let number = datagram.get(16..20).map(<[u8]>::to_vec);
        let is_first_shard = datagram.get(20..22) == Some(&[0, 0]);
        if is_heartbeat && is_first_shard && number != newest_heartbeat {
            newest_heartbeat = number;
            *state.clock.lock().unwrap() = clock_in(&datagram).unwrap();
            state.heartbeats.fetch_add(1, Ordering::SeqCst);
        }
        let faults = *state.faults.lock().unwrap();
        if faults.longest_burst == 0 {
            // A link that is clean from now on does not end a burst first: it would swallow dozens of heartbeats.
            burst = 0;
        }
        if burst > 0 || dice.happens(faults.loss) {
            burst = u64::saturating_sub(burst, 1);
            continue;
        }
        if dice.happens(faults.burst_begins) {
            burst = dice.below(faults.longest_burst);
        }
        state.forwarded.fetch_add(1, Ordering::SeqCst);
        let is_repeat = datagram.get(30..32).is_some_and(|pass| pass != [0, 0]);
        state.repeats.fetch_add(u64::from(is_repeat), Ordering::SeqCst);
        if dice.happens(faults.foreign) {
            let foreign: Vec<u8> = (0..length).map(|_| dice.next().to_le_bytes()[0]).collect();
            let _ = socket.send_to(&foreign, to);
        }
        if dice.happens(faults.doubled) {
            late.push((now + dice.below(500), datagram.clone()));
        }
        if dice.happens(faults.flipped) {
            let place = usize::try_from(dice.below(length as u64)).unwrap();
            datagram[place] ^= 1 << dice.below(8);
        }
        if dice.happens(faults.cut) {
            datagram.truncate(usize::try_from(dice.below(length as u64)).unwrap());
        }
        if dice.happens(faults.reordered) {
            late.push((now + dice.below(64), datagram));
        } else {
            let _ = socket.send_to(&datagram, to);
        }
    }
}

/// When a heartbeat was made, by its first shard.
fn clock_in(datagram: &[u8]) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(datagram.get(32..)?);
    let (_, at) = text.split_once("\"at\":\"")?;
    at.split_once('"')?.0.parse().ok()
}

/// Numbers that follow from a seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub fn happens(&mut self, often: u64) -> bool {
        self.below(10_000) < often
    }
}

/// A program of the link that runs until it is told to stop, or killed.
pub struct Running {
    child: Child,
    /// Where it listens, if it does.
    pub address: Option<SocketAddr>,
}

impl Running {
    pub fn of(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next().expect("it says that it is ready").unwrap();
        let address = ready.strip_prefix("ready udp://").map(|address| address.parse().unwrap());
        assert!(ready.starts_with("ready"), "{ready}");
        // Whatever else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, address }
    }

    /// A job: it says nothing before its report.
    pub fn telling(mut command: Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        Self { child, address: None }
    }

    /// Waits until a job ended by itself; returns its exit code and what it told.
    pub fn told(mut self) -> (Option<i32>, serde_json::Value) {
        let told = BufReader::new(self.child.stdout.take().unwrap()).lines().last().unwrap().unwrap();
        (self.child.wait().unwrap().code(), serde_json::from_str(&told).unwrap())
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Ends it softly; returns its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        self.child.wait().unwrap().code()
    }

    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    /// Waits until it ended by itself; returns the signal it died of.
    pub fn died(mut self) -> Option<i32> {
        use std::os::unix::process::ExitStatusExt as _;
        self.child.wait().unwrap().signal()
    }

    /// Waits until it ended by itself; returns its exit code.
    pub fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Ends softly what it started, and waits for it to end by that.
    pub fn stop_below(mut self) {
        let id = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        for child in children.split_whitespace() {
            kill_process(Pid::from_raw(child.parse().unwrap()).unwrap(), Signal::TERM).unwrap();
        }
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A site with a link between its sides.
pub struct Linked {
    pub gateway: Gateway,
    pub site: Site,
    pub relay: Relay,
    _folder: tempfile::TempDir,
}

impl Linked {
    pub fn new(seed: u64, faults: Faults) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Gateway::new(folder.path(), 1);
        let site = Site::new(&gateway);
        let relay = Relay::start(seed, faults);
        let low = format!("[diode]\nto = \"{}\"\nrate_mbit = 200\n", relay.address);
        append(&site, "low", &low);
        append(&site, "high", "[diode]\nlisten = \"127.0.0.1:0\"\n");
        Self { gateway, site, relay, _folder: folder }
    }

    pub fn sender(&self) -> Running {
        Running::of(watching(&self.site, "low", "send"))
    }

    /// The same programs with wall clocks of their own, in the files `low-clock` and `high-clock`.
    pub fn sender_with_clock(&self) -> Running {
        Running::of(with_clock(watching(&self.site, "low", "send"), &self.site.path("low-clock")))
    }

    pub fn receiver_with_clock(&self) -> Running {
        let command = with_clock(watching(&self.site, "high", "receive"), &self.site.path("high-clock"));
        let receiver = Running::of(command);
        self.relay.lead_to(receiver.address.unwrap());
        receiver
    }

    /// Starts the receiver and leads the link to it.
    pub fn receiver(&self) -> Running {
        let receiver = Running::of(watching(&self.site, "high", "receive"));
        self.relay.lead_to(receiver.address.unwrap());
        receiver
    }

    /// Whether everything that was accepted is in the inbox: each place once, byte for byte.
    pub fn all_arrived(&self) -> bool {
        self.arrived() == self.gateway.entries.len()
    }

    /// How many places are in the inbox.
    pub fn arrived(&self) -> usize {
        self.places().len()
    }

    /// The places that are in the inbox; none is there twice.
    pub fn places(&self) -> BTreeSet<u64> {
        let lines = self.site.inbox_lines(&self.gateway.stream);
        let place = |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_u64().unwrap();
        let places: BTreeSet<u64> = lines.iter().map(place).collect();
        assert_eq!(places.len(), lines.len(), "a place was handed over twice");
        places
    }

    /// Everything in the inbox is what the gateway accepted, and nothing under a final name is partial.
    pub fn assert_whole(&self) {
        let known: std::collections::BTreeMap<String, &[u8]> =
            self.gateway.entries.values().map(|(_, bytes, item)| (item.file_name(), bytes.as_slice())).collect();
        let lines = self.site.inbox_lines(&self.gateway.stream);
        for line in &lines {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            let (expected, bytes, item) = &self.gateway.entries[&entry["seq"].as_u64().unwrap()];
            assert_eq!(line.as_bytes(), expected);
            let found = std::fs::read(self.site.path("high/inbox/items").join(item.file_name())).unwrap();
            assert!(found == *bytes, "place {}", entry["seq"]);
        }
        for file in std::fs::read_dir(self.site.path("high/inbox/items")).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            if file.path().extension().is_some_and(|extension| extension == "age") {
                assert_eq!(std::fs::read(file.path()).unwrap(), known[&name], "{name}");
            }
        }
    }

    /// Places that `status` names as missing.
    pub fn missing(&self) -> Vec<u64> {
        let status = run(&self.site, "high", &["status"]);
        let mut places = Vec::new();
        for stream in status.json["streams"].as_array().into_iter().flatten() {
            for hole in stream["holes"].as_array().unwrap() {
                places.extend(hole["first"].as_u64().unwrap()..=hole["last"].as_u64().unwrap());
            }
        }
        places
    }

    /// The kinds of what is wrong on a side, and its exit code.
    pub fn troubles(&self, side: &str) -> (i32, Vec<String>) {
        let status = run(&self.site, side, &["status"]);
        let troubles = status.json["troubles"].as_array().unwrap_or(&Vec::new()).clone();
        let kind = |trouble: &serde_json::Value| {
            for words in ["why", "next"] {
                assert!(trouble[words]["zh"].is_string() && trouble[words]["en"].is_string(), "{trouble}");
            }
            trouble["kind"].as_str().unwrap().to_owned()
        };
        (status.code, troubles.iter().map(kind).collect())
    }
}

pub fn append(site: &Site, on: &str, text: &str) {
    use std::io::Write as _;
    let path = site.path(&format!("{on}/transfer.toml"));
    std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

pub fn watching(site: &Site, on: &str, verb: &str) -> Command {
    let mut command = command(site, on);
    command.args(["--json", verb, "--watch"]);
    command
}

/// Waits until something holds; what never does fails the test.
pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let clock = SystemClock::start();
    let (_kept, never) = mpsc::channel::<()>();
    while !holds() {
        assert!(clock.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        let _ = never.recv_timeout(Duration::from_millis(50));
    }
}

/// Lets the programs that read this file see a wall clock that is off by so many days.
pub fn set_clock(file: &Path, days: i64) {
    let whole = file.with_extension("new");
    std::fs::write(&whole, format!("{days:+}d\n")).unwrap();
    std::fs::rename(whole, file).unwrap();
}

/// The same command, with the wall clock of a file.
pub fn with_clock(mut command: Command, file: &Path) -> Command {
    let library = ["x86_64", "aarch64"]
        .map(|machine| format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1"))
        .into_iter()
        .find(|path| std::fs::exists(path).unwrap());
    command
        .env("LD_PRELOAD", library.expect("Debian's package faketime"))
        .env("FAKETIME_TIMESTAMP_FILE", file)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command
}

/// How soon one heartbeat follows another, as shipped, and a look at the clock.
const HEARTBEAT: SignedDuration = SignedDuration::from_millis(2100);
/// Far beyond what anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);
