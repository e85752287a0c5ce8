//! `ring.json` and the signatures beside it, as bytes that nobody has checked.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use nightsafe_schema::ring::{KeyName, SignedRing};

use super::RingFileError;
use crate::bounded_file;
use crate::durable_file::parent;

/// Reads a ring and every `<ring>.<officer>.minisig` in its folder.
pub(super) fn read(path: &Path) -> Result<SignedRing, RingFileError> {
    let bytes = bounded_file::read(path, LONGEST_RING).map_err(RingFileError::Read)?;
    let folder = parent(path).map_err(RingFileError::Keep)?;
    let refused = |source| RingFileError::List { folder: folder.to_owned(), source };
    let mut signatures = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        let Some(officer) = officer_of(path, &entry.file_name().to_string_lossy()) else { continue };
        if signatures.len() >= MOST_SIGNATURES {
            break;
        }
        let text = bounded_file::read_text(&entry.path(), LONGEST_SIGNATURE);
        // An unreadable signature counts as none: the others may still be enough.
        if let Ok(text) = text {
            signatures.insert(officer, text);
        }
    }
    Ok(SignedRing { bytes, signatures })
}

/// The name of the signature file of `officer` beside the ring file `ring`.
pub(super) fn signature_name(ring: &str, officer: &KeyName) -> String {
    format!("{ring}.{officer}.minisig")
}

fn officer_of(ring: &Path, name: &str) -> Option<KeyName> {
    let ring = ring.file_name()?.to_str()?;
    name.strip_prefix(ring)?.strip_prefix('.')?.strip_suffix(".minisig")?.parse().ok()
}

/// Beyond any real ring; the verifier has its own, tighter limits.
const LONGEST_RING: u64 = 1 << 20;
/// A minisign file has four lines, each below 200 bytes.
const LONGEST_SIGNATURE: u64 = 4096;
/// As many as a ring can have officers.
const MOST_SIGNATURES: usize = 64;
