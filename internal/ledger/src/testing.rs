//! What the tests of this crate share: a site of its own in a temporary folder.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use nightsafe_schema::{
    case::CaseId,
    digest::Digest,
    randomness::{NoRandomness, Randomness},
    time::Clock,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    event::{Draft, Event, EventLog},
    head::{HeadSigner, LedgerPublicKey},
    key_table::KeyTable,
    ledger::{Ledger, OpenError},
    secret::StoreKey,
};

/// Bytes that no two calls share, the same in every run.
#[derive(Default)]
pub(crate) struct CountedRandomness(AtomicU64);

impl Randomness for CountedRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&Digest::of(&count.to_be_bytes()).as_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// A clock that stands still.
pub(crate) struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        instant()
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

pub(crate) fn instant() -> Timestamp {
    "2026-11-22T05:00:00.25Z".parse().unwrap()
}

/// A folder with a key table and a ledger that can be closed and opened again.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) keys: Arc<KeyTable>,
    pub(crate) segment_bytes: u64,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with_segments_of(1 << 20)
    }

    pub(crate) fn with_segments_of(segment_bytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.table");
        let keys = KeyTable::create(&path, StoreKey::from_bytes([1; 32]), Arc::new(CountedRandomness::default()));
        Self { folder, keys: Arc::new(keys.unwrap()), segment_bytes }
    }

    pub(crate) fn ledger_folder(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    pub(crate) fn segment(&self, number: u32) -> PathBuf {
        self.ledger_folder().join(format!("segment-{number:06}.jsonl"))
    }

    pub(crate) fn open(&self) -> Ledger {
        self.try_open().unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<Ledger, OpenError> {
        let (folder, keys) = (self.ledger_folder(), Arc::clone(&self.keys));
        Ledger::open_with_segments_of(self.segment_bytes, folder, keys, signer(), Arc::new(StoppedClock))
    }

    /// Makes the next start read every line.
    pub(crate) fn forget_positions(&self) {
        let _ = fs::remove_file(self.ledger_folder().join("positions.cache"));
    }

    /// The lines of a segment, each with its line feed.
    pub(crate) fn lines(&self, segment: u32) -> Vec<Vec<u8>> {
        let bytes = fs::read(self.segment(segment)).unwrap();
        bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
    }

    pub(crate) fn write_lines(&self, segment: u32, lines: &[Vec<u8>]) {
        fs::write(self.segment(segment), lines.concat()).unwrap();
    }
}

pub(crate) fn signer() -> HeadSigner {
    HeadSigner::from_bytes(&[2; 32])
}

pub(crate) fn public_key() -> LedgerPublicKey {
    signer().public_key()
}

pub(crate) fn case(number: u64) -> CaseId {
    CaseId::from_bytes(number.to_be_bytes()).unwrap()
}

/// A draft of a case, without an expected version.
pub(crate) fn draft(number: u64, body: Value) -> Draft {
    Draft {
        case: Some(case(number)),
        expected_version: None,
        actor: "线索员-1".to_owned(),
        role: "DISPATCHER".to_owned(),
        kind: "CASE_ROUTED".to_owned(),
        body: body.into(),
        identity: None,
        at: instant(),
    }
}

/// A draft that belongs to no case.
pub(crate) fn site_draft(body: Value) -> Draft {
    Draft { case: None, kind: "LOGGED_IN".to_owned(), ..draft(0, body) }
}

/// The first event of a case, with a reporter in it.
pub(crate) fn report_draft(number: u64) -> Draft {
    Draft {
        expected_version: Some(0),
        kind: "REPORT_RECEIVED".to_owned(),
        identity: Some(json!({"name": format!("举报人{number}")}).into()),
        ..draft(number, json!({"report": {"title": "标题", "number": number}}))
    }
}

pub(crate) fn all_events(ledger: &Ledger) -> Vec<Event> {
    ledger.read(1).unwrap().map(Result::unwrap).collect()
}
