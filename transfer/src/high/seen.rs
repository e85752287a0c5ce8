//! Which volumes were imported to the end: they are not read again until something about them changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nightsafe_runtime::bounded_file;
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::volume::VolumeNumber;

use crate::limits;

/// `state/volumes.json`. Losing it costs reading every volume once more.
#[derive(Debug)]
pub(crate) struct Seen {
    file: PathBuf,
    volumes: BTreeMap<String, Digest>,
    changed: bool,
}

impl Seen {
    /// Reads it; one that cannot be read is empty.
    pub(crate) fn load(state: &Path) -> Self {
        let file = state.join("volumes.json");
        let bytes = bounded_file::read(&file, limits::STATE_BYTES).unwrap_or_default();
        Self { file, volumes: serde_json::from_slice(&bytes).unwrap_or_default(), changed: false }
    }

    /// Whether just this was imported to the end.
    pub(crate) fn has(&self, number: VolumeNumber, mark: Digest) -> bool {
        self.volumes.get(&number.to_string()) == Some(&mark)
    }

    /// Remembers a volume that needs no second look.
    pub(crate) fn insert(&mut self, number: VolumeNumber, mark: Digest) {
        self.changed |= self.volumes.insert(number.to_string(), mark) != Some(mark);
    }

    /// Forgets everything: what was handed over from the volumes has gone.
    pub(crate) fn clear(&mut self) {
        self.changed |= !self.volumes.is_empty();
        self.volumes.clear();
    }

    /// Forgets the volumes that are no longer on the medium.
    pub(crate) fn retain(&mut self, present: &[VolumeNumber]) {
        let before = self.volumes.len();
        self.volumes.retain(|name, _| name.parse().is_ok_and(|number| present.contains(&number)));
        self.changed |= self.volumes.len() != before;
    }

    /// Writes it, if it changed.
    pub(crate) fn save(&mut self) -> Result<(), DurableError> {
        if self.changed {
            let bytes = serde_json::to_vec_pretty(&self.volumes).unwrap_or_default();
            durable_file::replace(&self.file, &bytes)?;
            self.changed = false;
        }
        Ok(())
    }
}
