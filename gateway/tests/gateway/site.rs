//! A site with demo officers, keys and one gateway, made in a temporary folder.
#![expect(clippy::disallowed_types, reason = "tests open what the gateway sealed; the gateway cannot")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use age::x25519::Identity;
use jiff::{SignedDuration, Timestamp};
use minisign::{KeyPair, SecretKey};
use nightsafe_schema::canonical::canonical_json;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::intake::OpenedEnvelope;
use nightsafe_schema::item::{ItemId, ItemKind, split_first_line};
use nightsafe_schema::journal::{ChainEnd, Entry, JournalKey, VerifiedEntry};
use nightsafe_schema::ring::OfficerKey;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;

pub(crate) struct Site {
    folder: TempDir,
    officers: Vec<(&'static str, OfficerKey, SecretKey)>,
    intake: Identity,
    recovery: Identity,
    certificate: String,
    journal_key: String,
}

/// A ring that is valid from so many days ago for so many days from now on.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) began_days_ago: i64,
    pub(crate) ends_in_days: i64,
}

pub(crate) const VALID: Window = Window { began_days_ago: 10, ends_in_days: 100 };

impl Site {
    /// A site whose gateway has been initialised and whose ring is version 1.
    pub(crate) fn new() -> Self {
        Self::with_ring(VALID)
    }

    pub(crate) fn with_ring(window: Window) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let officers = ["a", "b", "c"].map(|id| {
            let pair = KeyPair::generate_unencrypted_keypair().unwrap();
            (id, pair.pk.to_base64().parse().unwrap(), pair.sk)
        });
        let (certificate, key) = self_signed();
        let mut site = Self {
            folder,
            officers: officers.into(),
            intake: Identity::generate(),
            recovery: Identity::generate(),
            certificate,
            journal_key: String::new(),
        };
        fs::create_dir_all(site.path("tls")).unwrap();
        fs::create_dir_all(site.path("ring")).unwrap();
        write_secret(&site.path("tls/gateway.key"), &key);
        fs::write(site.path("tls/gateway.pem"), &site.certificate).unwrap();
        fs::write(site.config(), site.config_text()).unwrap();
        let facts = site.run(&["init", "--json"]);
        assert!(facts.status.success(), "{}", String::from_utf8_lossy(&facts.stderr));
        let facts: Value = serde_json::from_slice(&facts.stdout).unwrap();
        facts["key"].as_str().unwrap().clone_into(&mut site.journal_key);
        site.publish_ring(1, Digest::ZERO, window, 2);
        site
    }

    /// A site whose catalog is the built-in one, its texts changed by `edit`.
    pub(crate) fn with_catalog(edit: impl Fn(String) -> String) -> Self {
        let site = Self::new();
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared-schema/catalog");
        fs::create_dir(site.path("catalog")).unwrap();
        for name in nightsafe_schema::catalog::Catalog::FILES {
            let text = edit(fs::read_to_string(built_in.join(name)).unwrap());
            fs::write(site.path("catalog").join(name), text).unwrap();
        }
        let config = fs::read_to_string(site.config()).unwrap();
        fs::write(site.config(), format!("catalog = \"catalog\"\n{config}")).unwrap();
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("gateway.toml")
    }

    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }

    fn config_text(&self) -> String {
        let pins: Vec<_> = self.officers.iter().map(|(_, key, _)| format!("\"{}\"", key.fingerprint())).collect();
        include_str!("../../gateway.example.toml")
            .replace("officers = []", &format!("officers = [{}]", pins.join(", ")))
            .replace("127.0.0.1:8443", "127.0.0.1:0")
            .replace("# disk_reserve_mib = 256", "disk_reserve_mib = 1")
    }

    /// Puts a ring in place, signed by so many officers; returns its digest.
    pub(crate) fn publish_ring(&self, version: u64, previous: Digest, window: Window, signers: usize) -> Digest {
        let day = |days: i64| Timestamp::now_for_tests().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
        let (from, to) = (day(-window.began_days_ago), day(window.ends_in_days));
        let recipient = |id: &str, purpose: &str, identity: &Identity| json!({"id": id, "use": purpose, "recipient": identity.to_public().to_string(), "not_before": from, "not_after": to});
        let officers: Vec<_> =
            self.officers.iter().map(|(id, key, _)| json!({"id": id, "name": id, "key": key})).collect();
        let bytes = canonical_json(&json!({
            "schema": "ring/1", "site": "example", "version": version, "previous": previous,
            "not_before": from, "not_after": to,
            "recipients": [recipient("intake", "intake", &self.intake), recipient("recovery", "recovery", &self.recovery)],
            "gateways": [{"id": "gateway-1", "key": self.journal_key}],
            "bulletin_keys": [], "officers": officers, "threshold": 2,
        }))
        .unwrap();
        // Signatures first: the ring file is what the gateway is waiting for.
        for (place, (id, _, secret)) in self.officers.iter().enumerate() {
            let path = self.path(&format!("ring/ring.json.{id}.minisig"));
            if place < signers {
                let signature = minisign::sign(None, secret, bytes.as_slice(), None, None).unwrap();
                fs::write(path, signature.into_string()).unwrap();
            } else {
                let _ = fs::remove_file(path);
            }
        }
        fs::write(self.path("ring/ring.json"), &bytes).unwrap();
        Digest::of(&bytes)
    }

    /// Runs a verb to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightsafe-gateway"));
        command.args(arguments).arg("--config").arg(self.config()).env("LANG", "C").env_remove("LC_ALL");
        command
    }

    pub(crate) fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    /// Starts the gateway and waits for its one line.
    pub(crate) fn serve_with(&self, environment: &[(&str, &str)]) -> Serving {
        let mut command = self.command(&["serve"]);
        command.envs(environment.iter().copied());
        self.await_ready(command)
    }

    /// The same with so many open files at most.
    pub(crate) fn serve_with_files(&self, files: u32) -> Serving {
        let plain = self.command(&["serve"]);
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={files}:{files}")).arg(plain.get_program()).args(plain.get_args());
        self.await_ready(command)
    }

    fn await_ready(&self, mut command: Command) -> Serving {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("ready https://").unwrap_or_else(|| {
            let _ = child.wait();
            panic!("not ready: {line:?}: {}", self.log())
        });
        Serving { child, address: address.parse().unwrap() }
    }

    pub(crate) fn client(&self, serving: &Serving) -> Client {
        Client::new(serving.address, &self.certificate)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The items in the outbox, by file name.
    pub(crate) fn items(&self) -> Vec<PathBuf> {
        let mut items: Vec<_> =
            fs::read_dir(self.path("outbox/items")).unwrap().map(|entry| entry.unwrap().path()).collect();
        items.sort();
        items
    }

    /// Every entry of the one journal, verified and chained.
    pub(crate) fn entries(&self) -> Vec<VerifiedEntry> {
        let journals: Vec<_> = fs::read_dir(self.path("outbox/journal"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
            .collect();
        let [journal] = journals.as_slice() else { panic!("one journal: {journals:?}") };
        let text = fs::read(journal).unwrap();
        let key: JournalKey = self.journal_key.parse().unwrap();
        let mut chain = ChainEnd::start(Digest::ZERO);
        let lines = text.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
        lines
            .map(|line| {
                let entry = Entry::parse(line).unwrap().verify(&vec![key.clone()]).unwrap();
                chain = chain.follow(&entry).unwrap();
                entry
            })
            .collect()
    }

    /// What lies in the staging folder.
    pub(crate) fn staged(&self) -> Vec<PathBuf> {
        fs::read_dir(self.path("staging")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// Opens a report item as the inside will.
    pub(crate) fn open(&self, item: &Path) -> OpenedEnvelope {
        OpenedEnvelope::parse(&self.open_item(item).1).unwrap()
    }

    /// Opens the report of the last acknowledged submission.
    pub(crate) fn open_report(&self) -> OpenedEnvelope {
        let last = self.entries().pop().expect("an entry");
        self.open(&self.path("outbox/items").join(last.fields().item.file_name()))
    }

    /// The kind of an item, and its body with its padding.
    pub(crate) fn open_item(&self, item: &Path) -> (ItemKind, Vec<u8>) {
        let file = fs::read(item).unwrap();
        let mut plaintext = Vec::new();
        age::Decryptor::new(file.as_slice())
            .unwrap()
            .decrypt(std::iter::once(&self.intake as &dyn age::Identity))
            .unwrap()
            .read_to_end(&mut plaintext)
            .unwrap();
        let (kind, body) = split_first_line(&plaintext).unwrap();
        (kind, body.to_vec())
    }

    /// Each entry has its item, byte for byte, and there is nothing else.
    pub(crate) fn assert_outbox_is_whole(&self) -> usize {
        let entries = self.entries();
        for entry in &entries {
            let fields = entry.fields();
            let bytes = fs::read(self.path("outbox/items").join(fields.item.file_name())).unwrap();
            assert_eq!((Digest::of(&bytes), bytes.len() as u64), (fields.sha256, fields.size));
        }
        let named: Vec<ItemId> = entries.iter().map(|entry| entry.fields().item).collect();
        for item in self.items() {
            let name = item.file_name().unwrap().to_str().unwrap();
            assert!(ItemId::from_file_name(name).is_ok_and(|item| named.contains(&item)), "{name}");
        }
        entries.len()
    }
}

/// A running gateway; killed when dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Serving {
    /// As a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; returns the exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.signal(rustix::process::Signal::TERM);
        self.child.wait().unwrap().code()
    }

    /// SIGTERM; it goes on ending while the caller does something else.
    pub(crate) fn ask_to_stop(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Waits until it has ended; returns the exit code.
    pub(crate) fn code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// One of the facts in KiB that the kernel tells of the process, such as `VmRSS`.
    pub(crate) fn memory(&self, fact: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(fact)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn hang_up(&self) {
        self.signal(rustix::process::Signal::HUP);
    }

    /// Waits until the process has ended by itself.
    #[cfg(feature = "failpoints")]
    pub(crate) fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A sample report of `tests/data/samples`, as a client sends it.
pub(crate) fn sample(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/samples").join(name);
    let mut sample: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    sample["report"].take()
}

/// Every sample and the status it expects.
pub(crate) fn samples() -> Vec<(String, Value, u16)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/samples");
    let mut samples = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/samples").join(&name);
        let text = fs::read(path).unwrap();
        let Ok(mut sample) = serde_json::from_slice::<Value>(&text) else { continue };
        let Some(status) = sample["_meta"]["expect"]["http"].as_u64() else { continue };
        samples.push((name, sample["report"].take(), u16::try_from(status).unwrap()));
    }
    samples
}

/// A certificate for `localhost` and its key, both PEM.
pub(crate) fn self_signed() -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

pub(crate) fn write_secret(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

trait NowForTests {
    fn now_for_tests() -> Timestamp;
}

impl NowForTests for Timestamp {
    /// The gateway under test reads the real clock, so its ring must be around it.
    fn now_for_tests() -> Timestamp {
        use nightsafe_schema::time::Clock as _;
        nightsafe_runtime::SystemClock::start().now()
    }
}
