//! Rings made by test officers, put in place of each other.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use minisign::{KeyPair, SecretKey};
use nightsafe_schema::canonical::canonical_json;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::ring::{OfficerKey, OfficerPins, RingFields};
use serde_json::json;
use tempfile::TempDir;

use super::*;

struct Officer {
    id: &'static str,
    public: OfficerKey,
    secret: SecretKey,
}

impl Officer {
    fn new(id: &'static str) -> Self {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        Self { id, public: pair.pk.to_base64().parse().unwrap(), secret: pair.sk }
    }
}

struct Site {
    folder: TempDir,
    officers: Vec<Officer>,
}

impl Site {
    fn new() -> Self {
        let officers = ["a", "b", "c"].map(Officer::new).into();
        Self { folder: tempfile::tempdir().unwrap(), officers }
    }

    fn ring(&self) -> PathBuf {
        self.folder.path().join("keys/ring.json")
    }

    fn fields(&self, version: u64, previous: Digest) -> RingFields {
        let officers: Vec<_> =
            self.officers.iter().map(|one| json!({"id": one.id, "name": one.id, "key": one.public})).collect();
        let recipient = |id: &str, purpose: &str, fill: &str| {
            json!({"id": id, "use": purpose, "recipient": format!("age1{}", fill.repeat(58)),
                   "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z"})
        };
        serde_json::from_value(json!({
            "schema": "ring/1", "site": "test", "version": version, "previous": previous,
            "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z",
            "recipients": [recipient("in", "intake", "q"), recipient("re", "recovery", "p")],
            "gateways": [], "bulletin_keys": [], "officers": officers, "threshold": 2,
        }))
        .unwrap()
    }

    /// Puts a ring in place, signed by the officers at these places; returns its digest.
    fn put(&self, fields: &RingFields, signers: &[usize]) -> Digest {
        let folder = self.folder.path().join("keys");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let bytes = canonical_json(fields).unwrap();
        fs::write(self.ring(), &bytes).unwrap();
        for officer in signers.iter().map(|place| &self.officers[*place]) {
            let signature = minisign::sign(None, &officer.secret, bytes.as_slice(), None, None).unwrap();
            fs::write(folder.join(format!("ring.json.{}.minisig", officer.id)), signature.into_string()).unwrap();
        }
        Digest::of(&bytes)
    }

    fn open(&self) -> Result<RingStore, RingFileError> {
        let state = self.folder.path().join("state");
        let fingerprints = self.officers.iter().map(|one| one.public.fingerprint()).collect();
        RingStore::open(&self.ring(), &state, OfficerPins { fingerprints, threshold: 2 })
    }
}

#[test]
fn a_ring_with_too_few_signatures_is_no_start() {
    let site = Site::new();
    site.put(&site.fields(1, Digest::ZERO), &[0]);
    assert_eq!(site.open().unwrap_err().exit_code(), ExitCode::Key);
    fs::remove_file(site.ring()).unwrap();
    assert_eq!(site.open().unwrap_err().exit_code(), ExitCode::Key);
}

#[test]
fn a_successor_is_accepted_kept_and_survives_a_restart() {
    let site = Site::new();
    let first = site.put(&site.fields(1, Digest::ZERO), &[0, 1]);
    let mut store = site.open().unwrap();
    assert_eq!(store.reload().unwrap(), Reloaded::Unchanged);
    site.put(&site.fields(2, first), &[1, 2]);
    assert_eq!(store.reload().unwrap(), Reloaded::Replaced { version: 2 });
    drop(store);
    fs::remove_file(site.ring()).unwrap();
    let store = site.open().unwrap();
    assert_eq!(store.current().fields().version, 2);
    assert!(store.rejected().is_some());
}

#[test]
fn an_older_ring_put_back_is_refused_even_after_a_restart() {
    let site = Site::new();
    let first = site.put(&site.fields(1, Digest::ZERO), &[0, 1]);
    let mut store = site.open().unwrap();
    site.put(&site.fields(2, first), &[0, 1]);
    store.reload().unwrap();
    site.put(&site.fields(1, Digest::ZERO), &[0, 1]);
    assert!(matches!(store.reload(), Err(RingFileError::Refused { .. })));
    drop(store);
    let store = site.open().unwrap();
    assert_eq!(store.current().fields().version, 2);
    assert!(matches!(store.rejected(), Some(RingFileError::Refused { .. })));
}

#[test]
fn a_kept_ring_that_was_changed_stops_the_program() {
    let site = Site::new();
    site.put(&site.fields(1, Digest::ZERO), &[0, 1]);
    drop(site.open().unwrap());
    let kept = site.folder.path().join("state/rings/000001/ring.json");
    let text = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, text.replace("\"test\"", "\"evil\"")).unwrap();
    assert!(matches!(site.open(), Err(RingFileError::Kept { .. })));
}

#[test]
fn a_half_kept_ring_is_swept() {
    let site = Site::new();
    site.put(&site.fields(1, Digest::ZERO), &[0, 1]);
    let part = site.folder.path().join("state/rings/.000001.part");
    fs::create_dir_all(&part).unwrap();
    fs::write(part.join("ring.json"), "half").unwrap();
    assert_eq!(site.open().unwrap().current().fields().version, 1);
    assert!(!part.exists());
}

#[test]
fn pins_below_two_officers_are_a_usage_error() {
    let config = |officers: &[Digest], threshold| RingConfig {
        path: ConfigPath::from(PathBuf::from("ring.json")),
        officers: officers.to_vec(),
        threshold,
    };
    let one = Digest::of(b"one");
    assert!(config(&[one, Digest::of(b"two")], 2).pins().is_ok());
    for (officers, threshold) in [(vec![one], 1), (vec![one], 2), (vec![one, one], 2), (vec![], 0)] {
        let error = config(&officers, threshold).pins().unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Usage);
    }
}

#[test]
fn the_window_is_judged_by_the_ring_and_not_by_the_store() {
    let site = Site::new();
    site.put(&site.fields(1, Digest::ZERO), &[0, 1]);
    let store = site.open().unwrap();
    let late: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(store.current().standing(late), nightsafe_schema::ring::RingStanding::Closed);
    assert!(Path::new(&site.ring()).exists());
}
