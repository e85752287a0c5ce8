//! The one-way link when something goes wrong on either side: kills, full disks, clocks, a network that refuses, forged
//! heartbeats; and the link between two network namespaces, where the kernel itself counts what leaves.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use nightsafe_diode::code::{Code, Encoder, shard_of};
use nightsafe_diode::content::fill;
use nightsafe_diode::datagram::{DatagramSize, Header, Kind, seal};
use nightsafe_diode::session::{SessionId, SessionKey};
use nightsafe_schema::ticket::PairSecret;
use serde_json::json;

use crate::fixture::{Gateway, Site};
use crate::link::{Faults, Linked, Running, append, set_clock, wait_for, watching};
use crate::program::{command, command_with_failpoints, run};

/// Bytes that do not repeat.
fn bytes(count: u32) -> Vec<u8> {
    (0..count).map(|place| (place.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect()
}

#[test]
fn a_report_overtakes_a_large_attachment() {
    let mut linked = Linked::new(20, Faults::default());
    let text = fs::read_to_string(linked.site.path("low/transfer.toml")).unwrap();
    fs::write(linked.site.path("low/transfer.toml"), text.replace("rate_mbit = 200", "rate_mbit = 20")).unwrap();
    linked.gateway.accept(&bytes(12_000_000));
    let _receiver = linked.receiver();
    let _sender = linked.sender();
    let arriving = |linked: &Linked| {
        let status = run(&linked.site, "high", &["status"]);
        status.json["diode"]["said"]["datagrams"].as_u64().is_some_and(|datagrams| datagrams > 500)
    };
    wait_for("the attachment is arriving", || arriving(&linked));
    linked.gateway.accept(b"a report");
    wait_for("the report", || linked.site.inbox_has(&linked.gateway, 2));
    assert!(!linked.site.inbox_has(&linked.gateway, 1), "the attachment was first");
    assert_eq!(linked.missing(), Vec::<u64>::new(), "what is still crossing is no hole");
    wait_for("the attachment", || linked.all_arrived());
    linked.assert_whole();
}

#[test]
fn a_link_that_refuses_is_said_and_nothing_is_lost() {
    let mut linked = Linked::new(21, Faults::default());
    linked.gateway.accept_many(3);
    let path = linked.site.path("low/transfer.toml");
    let right = fs::read_to_string(&path).unwrap();
    // The kernel lets nobody broadcast who did not ask for it.
    let address = linked.relay.address.to_string();
    fs::write(&path, right.replace(&address, "255.255.255.255:9")).unwrap();
    let sender = linked.sender();
    wait_for("it is said", || linked.troubles("low") == (7, vec!["link-refuses".to_owned()]));
    assert_eq!(run(&linked.site, "low", &["status"]).json["waiting"], 3);
    assert_eq!(sender.stop(), Some(0));
    fs::write(&path, right).unwrap();
    let _receiver = linked.receiver();
    let _sender = linked.sender();
    wait_for("every item", || linked.all_arrived());
    wait_for("all is well", || linked.troubles("low") == (0, vec![]));
}

#[test]
fn a_heartbeat_that_contradicts_the_gateway_is_an_alarm() {
    let mut linked = Linked::new(22, Faults::default());
    linked.gateway.accept_many(3);
    let receiver = linked.receiver();
    let sender = linked.sender();
    wait_for("the items", || linked.all_arrived());
    assert_eq!(sender.stop(), Some(0));
    // Somebody who has the pair secret and no gateway's key: names places and another line, and nothing is handed over by it.
    let heartbeat = json!({
        "schema": "heartbeat/1", "at": "2026-11-22T05:00:00Z", "sent": 9,
        "backlog": {"text": {"items": 0, "bytes": 0}, "media": {"items": 0, "bytes": 0}},
        "streams": [{"stream": linked.gateway.stream, "last": 3, "sha256": "ab".repeat(32), "unsent": [], "head": null, "recent": []}],
    });
    forge(&receiver, &heartbeat.to_string());
    wait_for("the alarm", || linked.troubles("high").1.contains(&"heartbeat-contradicts".to_owned()));
    assert_eq!(linked.troubles("high").0, 10);
    assert_eq!(linked.arrived(), 3);
    linked.assert_whole();
}

fn forge(receiver: &Running, heartbeat: &str) {
    let size = DatagramSize::try_from(1472).unwrap();
    let session = SessionId::from_bytes([9; 8]);
    let key = SessionKey::derive(&PairSecret::from_bytes([7; 32]), session).unwrap();
    let filled = fill(heartbeat.as_bytes().to_vec(), size.shard()).unwrap();
    let code = Code { data: filled.data, parity: 4, shard: size.shard() };
    Encoder::default().parity(code, &filled.bytes).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for index in 0..filled.data {
        let header = Header {
            kind: Kind::Heartbeat,
            session,
            counter: index.into(),
            block: 0,
            index,
            data: filled.data,
            parity: 4,
            length: filled.length,
            pass: 0,
        };
        let mut datagram = vec![0; size.bytes()];
        seal(&key, &header, shard_of(&filled.bytes, index.into(), size.shard()).unwrap(), &mut datagram).unwrap();
        socket.send_to(&datagram, receiver.address.unwrap()).unwrap();
    }
}

#[test]
fn clocks_that_jump_on_either_side_lose_nothing() {
    let mut linked = Linked::new(23, Faults { loss: 100, ..Faults::default() });
    linked.gateway.accept_many(5);
    linked.gateway.write_head();
    let (low, high) = (linked.site.path("low-clock"), linked.site.path("high-clock"));
    set_clock(&low, 0);
    set_clock(&high, 0);
    let _receiver = linked.receiver_with_clock();
    let _sender = linked.sender_with_clock();
    wait_for("the first items", || linked.all_arrived());
    for (low_days, high_days) in [(400, 0), (-400, 400), (0, -400), (0, 0)] {
        set_clock(&low, low_days);
        set_clock(&high, high_days);
        linked.gateway.accept(format!("at {low_days} and {high_days}").as_bytes());
        wait_for("an item after a jump", || linked.all_arrived());
    }
    linked.assert_whole();
    wait_for("nothing is missing", || linked.missing().is_empty());
}

#[test]
fn a_full_inbox_is_said_and_heals_by_itself() {
    let mut linked = Linked::new(24, Faults::default());
    fs::create_dir_all(linked.site.path("high/inbox")).unwrap();
    let disk = SmallDisk::over(&linked.site.path("high/inbox"));
    let receiver = Running::of(disk.run(&watching(&linked.site, "high", "receive")));
    linked.relay.lead_to(receiver.address.unwrap());
    let status = |linked: &Linked| {
        let mut plain = command(&linked.site, "high");
        plain.args(["--json", "status"]);
        let output = disk.run(&plain).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    linked.gateway.accept(b"while there is room");
    let _sender = linked.sender();
    wait_for("the first item", || status(&linked)["received"] == 1);
    disk.fill_but(1 << 20);
    linked.gateway.accept(&bytes(3_000_000));
    linked.gateway.accept(b"small");
    let kinds = |linked: &Linked| status(linked)["troubles"].to_string();
    wait_for("it is said", || kinds(&linked).contains("\"inbox-full\""));
    assert_eq!(status(&linked)["exit"], 7);
    disk.empty();
    // A clean item does not wait for the repeats of what had no room.
    let tick = linked.relay.next_tick();
    let clean = linked.gateway.accept(b"when there is room again");
    let item = disk.inside().join("items").join(linked.gateway.entries[&clean].2.file_name());
    wait_for("a clean item", || item.exists());
    linked.relay.assert_within_five_seconds(tick, "a disk with room again");
    wait_for("what had no room", || status(&linked)["received"] == 4);
    wait_for("all is well", || !kinds(&linked).contains("\"inbox-full\""));
    for (_, bytes, item) in linked.gateway.entries.values() {
        assert_eq!(fs::read(disk.inside().join("items").join(item.file_name())).unwrap(), *bytes);
    }
}

/// A disk of a few MiB over a folder: a real tmpfs in a mount namespace of its own, gone with the test.
struct SmallDisk {
    holder: Child,
    folder: PathBuf,
}

impl SmallDisk {
    fn over(folder: &std::path::Path) -> Self {
        let script =
            format!("set -e; mount -t tmpfs -o size=16m,mode=700 small '{}'; echo up; exec cat", folder.display());
        let holder = hold(&["--mount", "--propagation", "private"], &script);
        Self { holder, folder: folder.to_owned() }
    }

    fn run(&self, plain: &Command) -> Command {
        entering(&format!("--mount=/proc/{}/ns/mnt", self.holder.id()), plain)
    }

    fn inside(&self) -> PathBuf {
        format!("/proc/{}/root{}", self.holder.id(), self.folder.display()).into()
    }

    fn fill_but(&self, bytes: u64) {
        let disk = rustix::fs::statvfs(self.inside()).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        let filler = usize::try_from(free.saturating_sub(bytes)).unwrap();
        fs::File::create(self.inside().join("filler")).unwrap().write_all(&vec![1; filler]).unwrap();
    }

    fn empty(&self) {
        fs::remove_file(self.inside().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// A process in namespaces of its own, which live as long as it does.
fn hold(namespaces: &[&str], script: &str) -> Child {
    let mut unshare = Command::new("unshare");
    unshare.args(namespaces).args(["sh", "-c", script]);
    let mut holder = unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "up\n", "namespaces need the rights of root");
    holder
}

/// The same command, in a namespace.
fn entering(namespace: &str, plain: &Command) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(namespace).arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// Two namespaces with a cable between them; on the high side the kernel drops whatever would leave.
struct Namespaces {
    low: Child,
    high: Child,
}

impl Namespaces {
    fn new() -> Self {
        let wait = "ip link set lo up; echo up; exec cat";
        let (low, high) = (hold(&["--net"], wait), hold(&["--net"], wait));
        let pair = Self { low, high };
        let ip = |child: &Child, arguments: &str| {
            let mut plain = Command::new("ip");
            plain.args(arguments.split(' '));
            let status = entering(&format!("--net=/proc/{}/ns/net", child.id()), &plain).status().unwrap();
            assert!(status.success(), "ip {arguments}");
        };
        ip(&pair.low, &format!("link add out type veth peer name in netns {}", pair.high.id()));
        for (child, card, address) in [(&pair.low, "out", "10.9.0.1/30"), (&pair.high, "in", "10.9.0.2/30")] {
            // Without IPv6 nothing is announced by the card itself.
            let quiet = format!("echo 1 > /proc/sys/net/ipv6/conf/{card}/disable_ipv6");
            let mut sh = Command::new("sh");
            sh.args(["-c", &quiet]);
            entering(&format!("--net=/proc/{}/ns/net", child.id()), &sh).status().unwrap();
            ip(child, &format!("address add {address} dev {card}"));
        }
        ip(&pair.high, "link set in arp off");
        ip(&pair.high, "link set in up");
        ip(&pair.low, "link set out up");
        let mac = pair.read_high("address");
        ip(&pair.low, &format!("neighbour replace 10.9.0.2 lladdr {mac} nud permanent dev out"));
        pair
    }

    fn on(&self, child: &Child, plain: &Command) -> Command {
        let _ = self;
        entering(&format!("--net=/proc/{}/ns/net", child.id()), plain)
    }

    /// A number of the high side's card; `/sys` shows the namespace of whoever mounts it, so it is asked over netlink.
    fn read_high(&self, name: &str) -> String {
        let mut plain = Command::new("ip");
        plain.args(["-json", "-statistics", "link", "show", "dev", "in"]);
        let output = self.on(&self.high, &plain).output().unwrap();
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let card = &found[0];
        match name {
            "address" => card["address"].as_str().unwrap().to_owned(),
            direction => card["stats64"][direction]["packets"].to_string(),
        }
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for child in [&mut self.low, &mut self.high] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn in_namespaces_everything_arrives_and_nothing_leaves() {
    let items = if std::env::var_os("NIGHTSAFE_FULL").is_some() { 10_000 } else { 400 };
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    let site = Site::new(&gateway);
    gateway.accept_small(items);
    gateway.write_head();
    append(&site, "low", "[diode]\nto = \"10.9.0.2:4700\"\nfrom = \"10.9.0.1:0\"\nrate_mbit = 200\n");
    append(&site, "high", "[diode]\nlisten = \"10.9.0.2:4700\"\n");
    let pair = Namespaces::new();
    let calls = site.path("calls");
    let mut traced = Command::new("strace");
    traced.args([
        "--follow-forks",
        "--quiet=all",
        "--decode-fds=socket",
        "--trace=sendto,sendmsg,sendmmsg,connect",
        "--output",
    ]);
    let plain = watching(&site, "high", "receive");
    traced.arg(&calls).arg(plain.get_program()).args(plain.get_args());
    let receiver = Running::of(pair.on(&pair.high, &traced));
    let sender = Running::of(pair.on(&pair.low, &watching(&site, "low", "send")));
    wait_for("every item", || site.inbox_lines(&gateway.stream).len() == items);
    assert!((1..=items as u64).all(|place| site.inbox_has(&gateway, place)));
    let frames: u64 = pair.read_high("rx").parse().unwrap();
    assert!(frames > items as u64 / 100, "{frames} frames came");
    assert_eq!(pair.read_high("tx"), "0", "frames left the high side");
    assert_eq!(sender.stop(), Some(0));
    // strace ends with what it traces.
    receiver.stop_below();
    let sent: Vec<String> = fs::read_to_string(&calls)
        .unwrap()
        .lines()
        .filter(|line| line.contains("UDP") || line.contains("TCP") || line.contains("AF_INET"))
        .map(str::to_owned)
        .collect();
    assert_eq!(sent, Vec::<String>::new());
}

#[test]
fn killed_anywhere_the_link_goes_on() {
    let probe = Linked::new(30, Faults::default());
    let output = command_with_failpoints(&probe.site, "low").arg("failpoints").output().unwrap();
    let names: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    let of_the_link = |name: &&String| {
        let unused = ["import.volume-read", "import.quarantine-written", "import.item-copied"];
        !name.starts_with("export.") && !unused.contains(&name.as_str())
    };
    let passed: Vec<&String> = names.iter().filter(of_the_link).collect();
    assert!(passed.len() > 12, "{passed:?}");
    for (seed, name) in (31..).zip(passed) {
        let mut linked = Linked::new(seed, Faults { loss: 200, ..Faults::default() });
        linked.gateway.accept_many(3);
        linked.gateway.accept(&bytes(900_000));
        linked.gateway.write_head();
        let on_the_low_side = name.starts_with("send.");
        let armed = |side: &str, verb: &str| {
            let mut command = command_with_failpoints(&linked.site, side);
            command.args(["--json", verb, "--watch"]).env("NIGHTSAFE_FAILPOINT", name);
            Running::of(command)
        };
        let (sender, receiver) = if on_the_low_side {
            let receiver = linked.receiver();
            (armed("low", "send"), receiver)
        } else {
            let receiver = armed("high", "receive");
            linked.relay.lead_to(receiver.address.unwrap());
            (linked.sender(), receiver)
        };
        if name == "send.ticket-removed" {
            wait_for("the items", || linked.all_arrived());
            let gap = nightsafe_schema::ticket::GapTicket::new(
                &linked.gateway.stream,
                vec![2.try_into().unwrap()..=3.try_into().unwrap()],
            )
            .unwrap();
            // What was sent is written down every second; a ticket for what was never sent is refused.
            wait_for("the ticket is taken", || run(&linked.site, "low", &["resend", &gap.to_string()]).code == 0);
        }
        if on_the_low_side {
            assert_eq!(sender.died(), Some(9), "{name} is never passed");
            let _sender = linked.sender();
            wait_for(name, || linked.all_arrived());
            assert_eq!(receiver.stop(), Some(0), "{name}");
        } else {
            assert_eq!(receiver.died(), Some(9), "{name} is never passed");
            linked.assert_whole();
            let receiver = linked.receiver();
            wait_for(name, || linked.all_arrived());
            assert_eq!((sender.stop(), receiver.stop()), (Some(0), Some(0)), "{name}");
        }
        linked.assert_whole();
        assert!(linked.site.leftovers("high").is_empty() && linked.site.leftovers("low").is_empty(), "{name}");
        assert_eq!(run(&linked.site, "high", &["verify"]).code, 0, "{name}");
    }
}
