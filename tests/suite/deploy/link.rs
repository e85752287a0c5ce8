//! Both ends of the one-way link under the filters of their units, traced at work: as jobs and as services, with segmentation
//! offload and without. What a filter refuses would fail on a host; what the receiver must never do is looked for.
//!
//! The library that reads the socket first asks for others, to learn what the kernel offers. The receiver's unit refuses it
//! every one that leads to a network; here the tracer does, when it is bound. The receiver goes on with the one it was given.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Lines},
    net::UdpSocket,
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::net::UnixDatagram,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use nightsafe_quickstart::{
    configuration::{self, LinkEnd},
    layout::Part,
    programs::Program,
};
use notify::{RecursiveMode, Watcher as _};
use rustix::{
    io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd},
    process::{Pid, Signal, kill_process},
};

use super::{
    filter::{allowed_by, calls_in},
    unit,
};
use crate::gateway::{Gateway, Outside, number, report};

#[test]
fn the_sandbox_lets_both_ends_of_the_link_make_every_call_they_make_and_the_receiver_sends_nothing() {
    let (sending, receiving) = (unit("nightsafe-send"), unit("nightsafe-receive"));
    let mut link = Link::prepared();
    for (offload, call) in [("on", "sendmsg"), ("off", "sendmmsg")] {
        link.offload(offload);
        for (sender, receiver) in [("--watch", "--once"), ("--once", "--watch")] {
            let Traces { sent, received } = link.carry(sender, receiver);
            let why = format!("offload {offload}, send {sender}, receive {receiver}");
            for (trace, unit) in [(&sent, &sending), (&received, &receiving)] {
                let (calls, allowed) = (calls_in(trace), allowed_by(unit));
                let refused: Vec<_> = calls.difference(&allowed).collect();
                assert!(refused.is_empty(), "{why}: {refused:?}");
            }
            assert_eq!(families_in(&sent).difference(&families_of(&sending)).next(), None, "{why}");
            let other: BTreeSet<_> = families_in(&received).difference(&families_of(&receiving)).cloned().collect();
            assert!(other.iter().all(|family| family.starts_with("AF_INET")), "{why}: {other:?}");
            assert_eq!(received.matches(" socket(AF_INET").count(), received.matches("(INJECTED)").count(), "{why}");
            // The traces are of programs at work, told to systemd as services are.
            assert!(calls_in(&sent).contains(call), "{why}: {:?}", calls_in(&sent));
            assert!(calls_in(&received).contains("recvmmsg") && calls_in(&received).contains("fsync"), "{why}");
            assert_eq!(sent_to_a_network(&received), Vec::<&str>::new(), "{why}");
            // Controls: the same look finds what the sender sends, and a filter without a call refuses it.
            assert!(!sent_to_a_network(&sent).is_empty(), "{why}");
            let mut stricter = allowed_by(&receiving);
            stricter.remove("recvmmsg");
            assert_eq!(calls_in(&received).difference(&stricter).collect::<Vec<_>>(), ["recvmmsg"], "{why}");
        }
    }
}

/// A site with a link whose receiving socket was opened for the receiver.
struct Link {
    outside: Outside,
    gateway: Gateway,
    socket: UdpSocket,
    /// What the service manager was told.
    told: mpsc::Receiver<String>,
    filed: usize,
}

/// What the programs called, from their first own call on.
struct Traces {
    sent: String,
    received: String,
}

impl Link {
    fn prepared() -> Self {
        let outside = Outside::prepared().over_a_link();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = LinkEnd::To(socket.local_addr().unwrap());
        configuration::add_link(outside.layout(), Part::LowTransfer, to).unwrap();
        let gateway = outside.start();
        let notified = UnixDatagram::bind(outside.layout().root().join("notify.sock")).unwrap();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut said = [0; 512];
            while let Ok(length) = notified.recv(&mut said) {
                let lines = String::from_utf8_lossy(&said[..length]).into_owned();
                // Nobody listens any more once the test has ended.
                let _ = tell.send(lines);
            }
        });
        Self { outside, gateway, socket, told, filed: 0 }
    }

    fn offload(&self, offload: &str) {
        let path = self.outside.layout().configuration(Part::LowTransfer);
        let text = fs::read_to_string(&path).unwrap();
        let others: Vec<&str> = text.lines().filter(|line| !line.starts_with("offload")).collect();
        // The table of the link is the last.
        fs::write(path, format!("{}\noffload = \"{offload}\"\n", others.join("\n"))).unwrap();
    }

    /// One more report with a picture crosses.
    fn carry(&mut self, sender: &str, receiver: &str) -> Traces {
        self.filed += 1;
        number(&self.outside.file_with_picture(&self.gateway, &report(self.filed)));
        let mut receiver = self.end(Part::HighTransfer, &["receive", receiver]);
        assert!(receiver.lines.next().unwrap().unwrap().starts_with("ready udp://"));
        assert!(self.hears("READY=1") && self.hears("WATCHDOG=1"));
        let mut sender = self.end(Part::LowTransfer, &["send", sender]);
        self.wait_until_inside();
        // A job ends by itself while the other end still serves.
        let (job, service) = if sender.is_job { (&mut sender, &mut receiver) } else { (&mut receiver, &mut sender) };
        job.wait();
        service.stop();
        assert!(self.hears("STOPPING=1"));
        Traces { sent: sender.calls(), received: receiver.calls() }
    }

    /// One end of the link, traced, with the sockets that its unit gives it.
    fn end(&self, part: Part, verb: &[&str]) -> Traced {
        let layout = self.outside.layout();
        let program = self.outside.programs().command(Program::Transfer);
        let calls = layout.logs().join(format!("{}-{}.calls", verb.join(""), self.filed));
        let mut strace = Command::new("strace");
        strace.args(["--follow-forks", "--quiet=all", "--decode-fds=socket", "--output"]).arg(&calls);
        // The shell inherits the socket under a number that stands for nothing else; the program finds it as number 3.
        let inherited: OwnedFd = fcntl_dupfd_cloexec(&self.socket, 20).unwrap();
        fcntl_setfd(&inherited, FdFlags::empty()).unwrap();
        let script = match part {
            Part::HighTransfer => {
                strace.arg("--inject=bind:error=EAFNOSUPPORT");
                format!(r#"exec env LISTEN_PID=$$ LISTEN_FDS=1 "$@" 3<&{0} {0}<&-"#, inherited.as_raw_fd())
            }
            _ => format!(r#"exec "$@" {}<&-"#, inherited.as_raw_fd()),
        };
        strace.args(["bash", "-c", &script, "activate"]).arg(program.get_program());
        strace.arg("--config").arg(layout.configuration(part)).args(verb);
        strace.env("NOTIFY_SOCKET", layout.root().join("notify.sock")).env("WATCHDOG_USEC", "200000");
        let mut strace = strace.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("strace");
        let lines = BufReader::new(strace.stdout.take().unwrap()).lines();
        let is_job = verb.contains(&"--once");
        Traced { strace, lines, program: program.get_program().into(), calls, is_job }
    }

    /// Returns once every report that was filed, and its picture, has a line in the inbox.
    fn wait_until_inside(&self) {
        let journal = self.outside.layout().part(Part::HighTransfer).join("inbox/journal");
        fs::create_dir_all(&journal).unwrap();
        let (tell, changed) = mpsc::channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // To look is an event, too, and must not be followed by another look.
            if event.is_ok_and(|event| event.kind.is_modify() || event.kind.is_create()) {
                // Nobody waits any more once it is inside.
                let _ = tell.send(());
            }
        })
        .unwrap();
        watcher.watch(&journal, RecursiveMode::NonRecursive).unwrap();
        while lines_below(&journal) < 2 * self.filed {
            changed.recv_timeout(PATIENCE).expect("it crosses");
        }
    }

    /// Whether the service manager is told this.
    fn hears(&self, wanted: &str) -> bool {
        let heard = std::iter::from_fn(|| self.told.recv_timeout(PATIENCE).ok());
        heard.into_iter().any(|lines| lines.lines().any(|line| line == wanted))
    }
}

/// A program below its tracer.
struct Traced {
    strace: Child,
    lines: Lines<BufReader<ChildStdout>>,
    program: PathBuf,
    calls: PathBuf,
    is_job: bool,
}

impl Traced {
    /// Ends a service as systemd does.
    fn stop(&mut self) {
        let id = self.strace.id();
        let child = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        kill_process(Pid::from_raw(child.trim().parse().unwrap()).unwrap(), Signal::TERM).unwrap();
        self.wait();
    }

    /// Waits for the end; the tracer ends with its program.
    fn wait(&mut self) {
        self.lines.by_ref().for_each(|line| drop(line.unwrap()));
        assert!(self.strace.wait().unwrap().success(), "{}", self.calls.display());
    }

    /// The trace from where the shell became the program.
    fn calls(&self) -> String {
        let trace = fs::read_to_string(&self.calls).unwrap();
        let became = format!("execve(\"{}\"", self.program.display());
        let (_, calls) = trace.split_once(&became).expect("the program was started");
        calls.split_once('\n').unwrap().1.to_owned()
    }
}

fn lines_below(folder: &Path) -> usize {
    let journals = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let journals = journals.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
    journals.map(|path| fs::read_to_string(path).unwrap().lines().count()).sum()
}

/// Calls that put bytes on a network, or ask for a way to: the socket of the service manager is none.
fn sent_to_a_network(trace: &str) -> Vec<&str> {
    let sends = ["send", "write", "pwrite", "splice", "connect"];
    let is_one = |line: &&str| {
        let call = line.split_once(' ').map_or("", |(_, call)| call.trim_start());
        let is_network = ["UDP", "TCP", "AF_INET", "NETLINK"].iter().any(|word| line.contains(word));
        sends.iter().any(|name| call.starts_with(name)) && is_network
    };
    trace.lines().filter(is_one).collect()
}

/// The families of the sockets that were asked for.
fn families_in(trace: &str) -> BTreeSet<String> {
    let asked = trace.lines().filter_map(|line| line.split_once(" socket(")?.1.split_once(','));
    asked.map(|(family, _)| family.to_owned()).collect()
}

/// The families that a unit lets its program ask for.
fn families_of(unit: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(unit).unwrap();
    let families = text.lines().find_map(|line| line.strip_prefix("RestrictAddressFamilies=")).unwrap();
    families.split(' ').map(str::to_owned).collect()
}

/// Far beyond what anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
