//! What `deploy/` puts on a host: it is complete, shut in as tightly as the guide says, and the sandbox lets the programs do
//! all that they do.

mod filter;
mod link;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nightsafe_quickstart::client::Client;
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    gateway::{Outside, number, report},
    rules::repository::root,
    scene::sample,
};
use filter::{allowed_by, calls_in};

const DMZ: [&str; 3] = ["nightsafe-gateway", "nightsafe-export", "nightsafe-send"];
const INSIDE: [&str; 3] = ["nightsafe-import", "nightsafe-internal", "nightsafe-receive"];
/// The ends of the one-way link keep the host's network; the others have none.
const OF_THE_LINK: [&str; 2] = ["nightsafe-send", "nightsafe-receive"];

fn programs_folder() -> PathBuf {
    PathBuf::from(
        std::env::var_os("NIGHTSAFE_PROGRAMS").expect("NIGHTSAFE_PROGRAMS: run tests/run --only programs first"),
    )
}

/// A host made of nothing but what `deploy/install` put there.
fn installed(side: &str, host: &Path) {
    let mut install = Command::new(root().join("deploy/install"));
    install.arg(side).arg("--root").arg(host).arg("--programs").arg(programs_folder());
    succeed(&mut install);
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout) + &text(&output.stderr)
}

/// What systemd has to say of the units of a host that is not running.
fn complaints(host: &Path, services: &[&str]) -> String {
    let units = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(host.join("usr/lib/systemd/system")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap().replace("=/usr/bin", &format!("={}/usr/bin", host.display()));
        fs::write(units.path().join(path.file_name().unwrap()), text).unwrap();
    }
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]);
    verify.args(services.iter().map(|service| units.path().join(format!("{service}.service"))));
    succeed(&mut verify)
}

fn unit(service: &str) -> PathBuf {
    root().join(format!("deploy/systemd/{service}.service"))
}

#[test]
fn each_side_is_installed_whole_and_its_units_are_right() {
    for (side, services) in [("dmz", DMZ), ("inside", INSIDE)] {
        let host = tempfile::tempdir().unwrap();
        installed(side, host.path());
        for service in &services {
            let path = host.path().join(format!("usr/lib/systemd/system/{service}.service"));
            let text = fs::read_to_string(&path).unwrap();
            let started = text.lines().find_map(|line| line.strip_prefix("ExecStart=/")).unwrap();
            let (program, arguments) = started.split_once(' ').unwrap();
            let program = host.path().join(program);
            // The verb is one of the program's: its own help for it is printed.
            let verb: Vec<&str> = arguments.split(' ').skip(2).filter(|word| !word.starts_with("--")).collect();
            succeed(Command::new(&program).args(&verb).arg("--help"));
        }
        assert_eq!(complaints(host.path(), &services), "");
        let known = fs::read_to_string(host.path().join(format!("usr/lib/sysusers.d/nightsafe-{side}.conf"))).unwrap();
        let made = fs::read_to_string(host.path().join(format!("usr/lib/tmpfiles.d/nightsafe-{side}.conf"))).unwrap();
        for line in made.lines().filter(|line| line.starts_with('d')) {
            let owners = line.split_whitespace().skip(3);
            assert!(owners.clone().all(|owner| owner == "root" || known.contains(owner)), "{line}");
        }
    }
}

#[test]
fn every_service_is_shut_in_as_tightly_as_the_guide_says() {
    for service in DMZ.into_iter().chain(INSIDE) {
        let mut analyze = Command::new("systemd-analyze");
        // In tenths: 0.2 of 10, and 0.9 for the link.
        let most = if OF_THE_LINK.contains(&service) { 9 } else { 2 };
        analyze.args(["security", "--no-pager", "--offline=true"]).arg(format!("--threshold={most}"));
        succeed(analyze.arg(unit(service)));
    }
}

#[test]
fn the_receiver_can_open_no_socket_towards_anybody() {
    let text = fs::read_to_string(unit("nightsafe-receive")).unwrap();
    let families: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("RestrictAddressFamilies=")).collect();
    assert_eq!(families, ["AF_UNIX"]);
    assert!(text.lines().any(|line| line == "Requires=nightsafe-receive.socket"));
}

#[test]
fn the_firewalls_are_read_by_nft() {
    for rules in ["dmz", "inside", "receiver"] {
        let check = format!("nft -c -f {}", root().join(format!("deploy/nftables/{rules}.nft")).display());
        succeed(Command::new("unshare").args(["--net", "--", "bash", "-c", &check]));
    }
}

#[test]
fn not_one_frame_leaves_the_receivers_link() {
    let rules = root().join("deploy/nftables/receiver.nft");
    assert_eq!(frames_out_of_the_link(&format!("nft -f {}", rules.display())), 0);
    // Control: the same link without the rules speaks by itself.
    assert_ne!(frames_out_of_the_link("true"), 0);
}

/// How many frames came out of a link whose host has `rules`, was brought up and wanted to send.
fn frames_out_of_the_link(rules: &str) -> u64 {
    let script = format!(
        "set -e; ip link add diode0 type veth peer name far; {rules}
         ip address add 198.51.100.2/24 dev diode0; ip link set diode0 up; ip link set far up
         echo datagram > /dev/udp/198.51.100.1/4700 || true
         ip -s -j link show far | jq '.[0].stats64.rx.packets'"
    );
    succeed(Command::new("unshare").args(["--net", "--", "bash", "-c", &script])).trim().parse().unwrap()
}

#[test]
fn the_packages_are_the_same_bytes_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str| {
        let to = folder.path().join(name);
        let mut package = Command::new(root().join("deploy/package"));
        package.arg(&to).arg("--programs").arg(programs_folder()).env("SOURCE_DATE_EPOCH", "1700000000");
        succeed(&mut package);
        let mut files: Vec<PathBuf> = fs::read_dir(to).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    };
    let (once, again) = (make("once"), make("again"));
    assert_eq!(once.len(), 3);
    for (one, other) in once.iter().zip(&again) {
        assert!(fs::read(one).unwrap() == fs::read(other).unwrap(), "{}", one.display());
        succeed(Command::new("dpkg-deb").arg("--info").arg(one));
    }
}

#[test]
fn the_sandbox_lets_the_gateway_make_every_call_it_makes() {
    let outside = Outside::prepared();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let mut traced = Command::new("strace");
    let command = outside.command();
    traced.args(["-f", "-qq", "-o"]).arg(&log).arg(command.get_program()).args(command.get_args());
    let mut strace = traced.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("strace");
    let mut ready = String::new();
    BufReader::new(strace.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let client = Client::new(ready.trim().strip_prefix("ready ").unwrap(), &outside.layout().authority()).unwrap();
    number(&client.file_report(report(1).as_bytes(), None).unwrap());
    let with_media = sample("05");
    assert!(!with_media.uploads.is_empty());
    number(&client.file(&with_media).unwrap());
    // The tracer ends with the program; it would leave it alone if it was asked first.
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", strace.id())).unwrap();
    let program = Pid::from_raw(children.trim().parse().unwrap()).unwrap();
    kill_process(program, Signal::TERM).unwrap();
    assert!(strace.wait().unwrap().success());
    let made = calls_in(&fs::read_to_string(log).unwrap());
    assert!(made.contains("fsync") && made.contains("accept4"), "the trace is of a gateway at work: {made:?}");
    let allowed = allowed_by(&unit("nightsafe-gateway"));
    let refused: Vec<_> = made.difference(&allowed).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn the_sandbox_lets_internal_start_what_makes_safe_copies_and_that_make_every_call_it_makes() {
    let unit = unit("nightsafe-internal");
    let text = fs::read_to_string(&unit).unwrap();
    let runnable = text.lines().find_map(|line| line.strip_prefix("ExecPaths=")).unwrap();
    for program in ["/usr/bin/nightsafe-safecopy", "/usr/bin/ffmpeg"] {
        assert!(runnable.split(' ').any(|path| path == program), "{runnable}");
    }
    // Locking memory is refused by the program's own filter too: a library of ffmpeg asks, and goes on without.
    let mut allowed = allowed_by(&unit);
    allowed.insert("mlock".to_owned());
    let folder = tempfile::tempdir().unwrap();
    for (kind, name) in
        [("picture", "street.jpg"), ("page", "contract.pdf"), ("audio", "voice.mp3"), ("video", "door.mp4")]
    {
        let log = folder.path().join(kind);
        let original = fs::File::open(root().join("tests/data/media").join(name)).unwrap();
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-o"]).arg(&log).arg(programs_folder().join("nightsafe-safecopy")).arg(kind);
        succeed(traced.stdin(original).stdout(Stdio::null()));
        let trace = fs::read_to_string(&log).unwrap();
        // What the unit takes from every process in it.
        assert!(!trace.contains("PROT_WRITE|PROT_EXEC"), "{kind} makes memory that is written and run");
        let made = calls_in(&trace);
        assert!(made.contains("seccomp") && made.contains("landlock_restrict_self"), "{made:?}");
        let refused: Vec<_> = made.difference(&allowed).collect();
        assert!(refused.is_empty(), "{kind}: {refused:?}");
    }
}
