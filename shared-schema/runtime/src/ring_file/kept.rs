//! The accepted rings under `state/rings/<version>/`, each whole or not there at all.

use std::fs;
use std::path::{Path, PathBuf};

use nightsafe_schema::ring::{SignedRing, VerifiedRing};

use super::{RingFileError, source};
use crate::durable_file::{self, DurableError, Step};

/// The folder of accepted rings.
#[derive(Debug)]
pub(super) struct KeptRings {
    folder: PathBuf,
    writable: bool,
}

impl KeptRings {
    /// Makes the folder if it is missing and sweeps what a crash left in it.
    pub(super) fn open(state: &Path) -> Result<Self, DurableError> {
        let folder = state.join(FOLDER);
        durable_file::create_folder(&folder)?;
        durable_file::sweep(&folder)?;
        Ok(Self { folder, writable: true })
    }

    /// Looks at the folder and never changes it.
    pub(super) fn read_only(state: &Path) -> Self {
        Self { folder: state.join(FOLDER), writable: false }
    }

    /// Every kept ring, oldest first.
    pub(super) fn load(&self) -> Result<Vec<(PathBuf, SignedRing)>, RingFileError> {
        if !self.writable && !self.folder.exists() {
            return Ok(Vec::new());
        }
        let refused = |source| RingFileError::List { folder: self.folder.clone(), source };
        let mut versions = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(refused)? {
            let name = entry.map_err(refused)?.file_name();
            if let Some(version) = name.to_str().and_then(|name| name.parse::<u64>().ok()) {
                versions.push(version);
            }
        }
        versions.sort_unstable();
        let ring_of = |version| {
            let path = self.path_of(version).join(RING);
            source::read(&path).map(|signed| (path, signed))
        };
        versions.into_iter().map(ring_of).collect()
    }

    /// Keeps an accepted ring for good.
    pub(super) fn keep(&self, ring: &VerifiedRing) -> Result<(), DurableError> {
        let folder = self.path_of(ring.fields().version);
        if !self.writable || folder.exists() {
            return Ok(());
        }
        let part = self.folder.join(format!(".{:06}.part", ring.fields().version));
        if part.exists() {
            fs::remove_dir_all(&part).map_err(DurableError::step(Step::Remove, &part))?;
        }
        fs::create_dir(&part).map_err(DurableError::step(Step::Create, &part))?;
        durable_file::write_new(&part.join(RING), &ring.signed().bytes)?;
        for (officer, signature) in &ring.signed().signatures {
            durable_file::write_new(&part.join(source::signature_name(RING, officer)), signature.as_bytes())?;
        }
        durable_file::rename_new(&part, &folder)?;
        durable_file::sync_folder(&self.folder)
    }

    fn path_of(&self, version: u64) -> PathBuf {
        self.folder.join(format!("{version:06}"))
    }
}

const FOLDER: &str = "rings";
const RING: &str = "ring.json";
