//! A site in a temporary folder: officers, a key ring, a gateway that signs like the real one, both transfer sides.
//!
//! The signer lives here and nowhere in the program: the transfer holds no key that could forge an entry.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signer as _, SigningKey};
use minisign::KeyPair;
use nightsafe_schema::canonical::canonical_json;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::{ItemClass, ItemId};
use nightsafe_schema::journal::{EntryFields, HeadFields, JournalKey, Seq, StreamId};
use nightsafe_schema::ring::{OfficerKey, RingFields};
use nightsafe_schema::signed::{SignedKind, SignedLine, signing_bytes};
use serde_json::json;
use tempfile::TempDir;

/// A site with one gateway on its ring.
pub struct Site {
    pub folder: TempDir,
    officers: Vec<KeyPair>,
    ring: Option<(u64, Digest)>,
}

/// A gateway: its key, its stream, its outbox.
pub struct Gateway {
    key: SigningKey,
    pub stream: StreamId,
    pub outbox: PathBuf,
    last: Digest,
    /// The line and the bytes of each place.
    pub entries: BTreeMap<u64, (Vec<u8>, Vec<u8>, ItemId)>,
    pub hour: &'static str,
}

impl Site {
    /// A site whose ring lists `gateway`, with both sides configured.
    pub fn new(gateway: &Gateway) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let officers = (0..3).map(|_| KeyPair::generate_unencrypted_keypair().unwrap()).collect();
        let mut site = Self { folder, officers, ring: None };
        for name in ["medium", "low", "high"] {
            fs::create_dir_all(site.path(name)).unwrap();
        }
        site.put_ring(&[gateway]);
        fs::write(site.path("low/pair.secret"), [7; 32]).unwrap();
        fs::write(site.path("high/pair.secret"), [7; 32]).unwrap();
        for name in ["low/pair.secret", "high/pair.secret"] {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(site.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        let ring = site.ring_table();
        let low = format!(
            "side = \"low\"\noutbox = \"{}\"\nmedium = \"../medium\"\nstate = \"state\"\npair_secret = \"pair.secret\"\n\
             oldest_hours = 4000000\n{ring}",
            gateway.outbox.display()
        );
        fs::write(site.path("low/transfer.toml"), low).unwrap();
        let high = "side = \"high\"\nmedium = \"../medium\"\ninbox = \"inbox\"\nquarantine = \"quarantine\"\n\
                    state = \"state\"\npair_secret = \"pair.secret\"\noldest_hours = 4000000\n";
        fs::write(site.path("high/transfer.toml"), format!("{high}{ring}")).unwrap();
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Publishes the next ring, which lists these gateways.
    pub fn put_ring(&mut self, gateways: &[&Gateway]) {
        let (version, previous) = self.ring.unwrap_or((0, Digest::ZERO));
        let officers: Vec<_> = self.officers.iter().zip(["a", "b", "c"]).map(officer).collect();
        let recipient = |id: &str, purpose: &str, fill: &str| {
            json!({"id": id, "use": purpose, "recipient": format!("age1{}", fill.repeat(58)),
                   "not_before": "2020-01-01T00:00:00Z", "not_after": "2120-01-01T00:00:00Z"})
        };
        let gateways: Vec<_> = gateways
            .iter()
            .enumerate()
            .map(|(number, gateway)| json!({"id": format!("g{number}"), "key": gateway.public()}))
            .collect();
        let fields: RingFields = serde_json::from_value(json!({
            "schema": "ring/1", "site": "test", "version": version + 1, "previous": previous,
            "not_before": "2020-01-01T00:00:00Z", "not_after": "2120-01-01T00:00:00Z",
            "recipients": [recipient("in", "intake", "q"), recipient("re", "recovery", "p")],
            "gateways": gateways, "bulletin_keys": [], "officers": officers, "threshold": 2,
        }))
        .unwrap();
        let bytes = canonical_json(&fields).unwrap();
        let keys = self.path("keys");
        fs::create_dir_all(&keys).unwrap();
        fs::write(keys.join("ring.json"), &bytes).unwrap();
        for (pair, id) in self.officers.iter().zip(["a", "b"]) {
            let signature = minisign::sign(None, &pair.sk, bytes.as_slice(), None, None).unwrap();
            fs::write(keys.join(format!("ring.json.{id}.minisig")), signature.into_string()).unwrap();
        }
        self.ring = Some((version + 1, Digest::of(&bytes)));
    }

    fn ring_table(&self) -> String {
        let fingerprints: Vec<String> =
            self.officers.iter().map(|pair| public(pair).fingerprint().to_string()).collect();
        format!("[ring]\npath = \"../keys/ring.json\"\nofficers = {fingerprints:?}\nthreshold = 2\n")
    }

    /// Puts a line in front of a side's configuration; one of the same name goes.
    pub fn configure(&self, side: &str, line: &str) {
        let path = self.path(&format!("{side}/transfer.toml"));
        let name = line.split('=').next().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let others: Vec<&str> = text.lines().filter(|old| !old.starts_with(name)).collect();
        fs::write(path, format!("{line}\n{}\n", others.join("\n"))).unwrap();
    }

    /// The lines of the inbox journal of a stream.
    pub fn inbox_lines(&self, stream: &StreamId) -> Vec<String> {
        let path = self.path(&format!("high/inbox/journal/{stream}.jsonl"));
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Whether the inbox holds the item of a place, byte for byte.
    pub fn inbox_has(&self, gateway: &Gateway, seq: u64) -> bool {
        let (_, bytes, item) = &gateway.entries[&seq];
        let path = self.path("high/inbox/items").join(item.file_name());
        fs::read(path).is_ok_and(|found| found == *bytes)
    }

    /// Every file below a folder whose name shows that it is unfinished.
    pub fn leftovers(&self, name: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path(name)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "part") {
                    found.push(path);
                } else if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        found
    }
}

impl Gateway {
    /// A gateway whose key and stream follow from `number`, with its outbox in `folder`.
    pub fn new(folder: &Path, number: u8) -> Self {
        let outbox = folder.join(format!("outbox-{number}"));
        fs::create_dir_all(outbox.join("items")).unwrap();
        fs::create_dir_all(outbox.join("journal")).unwrap();
        let stream = StreamId::from_bytes([number; 16]);
        Self {
            key: SigningKey::from_bytes(&[number; 32]),
            stream,
            outbox,
            last: Digest::ZERO,
            entries: BTreeMap::new(),
            hour: "2026-11-22T05:00:00Z",
        }
    }

    /// The same gateway with a new stream that cites `previous`.
    pub fn new_stream(&self, number: u8, previous: Digest) -> Self {
        Self {
            key: self.key.clone(),
            stream: StreamId::from_bytes([number; 16]),
            outbox: self.outbox.clone(),
            last: previous,
            entries: BTreeMap::new(),
            hour: self.hour,
        }
    }

    pub fn public(&self) -> JournalKey {
        JournalKey::from_bytes(self.key.verifying_key().as_bytes()).unwrap()
    }

    /// Acknowledges an item with these bytes: item, then line.
    pub fn accept(&mut self, bytes: &[u8]) -> u64 {
        let seq = self.entries.len() as u64 + 1;
        let (line, item) = self.sign_entry(seq, self.last, bytes);
        self.last = Digest::of(&line);
        fs::write(self.outbox.join("items").join(item.file_name()), bytes).unwrap();
        self.entries.insert(seq, (line, bytes.to_vec(), item));
        self.write_journal();
        seq
    }

    /// Acknowledges several small items.
    pub fn accept_many(&mut self, count: usize) {
        for number in 0..count {
            let bytes = format!("item {number} of {}", self.stream).repeat(50 + number);
            self.accept(bytes.as_bytes());
        }
    }

    /// Acknowledges many items of a few bytes; the journal is written once.
    pub fn accept_small(&mut self, count: usize) {
        for _ in 0..count {
            let seq = self.entries.len() as u64 + 1;
            let bytes = format!("item {seq} of {}", self.stream).into_bytes();
            let (line, item) = self.sign_entry(seq, self.last, &bytes);
            self.last = Digest::of(&line);
            fs::write(self.outbox.join("items").join(item.file_name()), &bytes).unwrap();
            self.entries.insert(seq, (line, bytes, item));
        }
        self.write_journal();
    }

    /// Writes the head of the last place.
    pub fn write_head(&self) {
        let mut line = self.head_line();
        line.push(b'\n');
        fs::write(self.outbox.join(format!("journal/{}.head.json", self.stream)), line).unwrap();
    }

    pub fn head_line(&self) -> Vec<u8> {
        let fields = HeadFields {
            stream: self.stream,
            seq: self.entries.len() as u64,
            sha256: self.last,
            hour: self.hour.parse().unwrap(),
        };
        self.sign(fields)
    }

    pub fn last(&self) -> Digest {
        self.last
    }

    /// An entry that this gateway signs for any place.
    pub fn sign_entry(&self, seq: u64, prev: Digest, bytes: &[u8]) -> (Vec<u8>, ItemId) {
        let mut id = [0; 16];
        id.copy_from_slice(&Digest::of(&[bytes, &seq.to_be_bytes(), self.stream.as_bytes()].concat()).as_bytes()[..16]);
        let item = ItemId::from_bytes(id);
        let fields = EntryFields {
            stream: self.stream,
            seq: Seq::try_from(seq).unwrap(),
            item,
            size: bytes.len() as u64,
            sha256: Digest::of(bytes),
            class: ItemClass::Text,
            prev,
        };
        (self.sign(fields), item)
    }

    fn sign<F: SignedKind>(&self, fields: F) -> Vec<u8> {
        let signature = self.key.sign(&signing_bytes(&fields).unwrap()).to_bytes();
        SignedLine::new(fields, signature).unwrap().line().to_vec()
    }

    fn write_journal(&self) {
        let mut text = Vec::new();
        for (line, _, _) in self.entries.values() {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        fs::write(self.outbox.join(format!("journal/{}.jsonl", self.stream)), text).unwrap();
    }

    /// Writes a volume as `export` would, with these places, onto a medium.
    pub fn write_volume(&self, medium: &Path, number: u64, places: &[u64]) -> PathBuf {
        let volume = medium.join(format!("volume-{number:06}"));
        fs::create_dir_all(volume.join("items")).unwrap();
        let mut entries = Vec::new();
        for place in places {
            let (line, bytes, item) = &self.entries[place];
            entries.extend_from_slice(line);
            entries.push(b'\n');
            fs::write(volume.join("items").join(item.file_name()), bytes).unwrap();
        }
        fs::write(volume.join("entries.jsonl"), entries).unwrap();
        let mut head = self.head_line();
        head.push(b'\n');
        fs::write(volume.join("head.json"), head).unwrap();
        volume
    }
}

fn officer((pair, id): (&KeyPair, &str)) -> serde_json::Value {
    json!({"id": id, "name": id, "key": public(pair)})
}

fn public(pair: &KeyPair) -> OfficerKey {
    pair.pk.to_base64().parse().unwrap()
}
