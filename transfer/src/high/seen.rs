//! Which volumes were imported to the end: they are not read again until something about them changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightsafe_runtime::bounded_file;
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::volume::VolumeNumber;
use serde::{Deserialize, Serialize};

use crate::limits;

/// `state/volumes.json`. Losing it costs reading every volume once more.
#[derive(Debug)]
pub(crate) struct Seen {
    file: PathBuf,
    volumes: BTreeMap<String, SeenVolume>,
    changed: bool,
}

/// What is remembered of one volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SeenVolume {
    /// All that was in it, if it was imported to the end.
    mark: Option<Digest>,
    /// What its folder looked like from outside, if everything in it was in order: then not even its lines are read.
    glance: Option<Digest>,
    /// Since when it is known to be half copied.
    half_copied_since: Option<Timestamp>,
}

/// How an import of a volume ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything in it was in order.
    Clean,
    /// A second look at the same bytes would bring nothing.
    Through,
    /// A second look may bring more.
    AnotherLook,
}

impl Seen {
    /// Reads it; one that cannot be read is empty.
    pub(crate) fn load(state: &Path) -> Self {
        let file = state.join("volumes.json");
        let bytes = bounded_file::read(&file, limits::STATE_BYTES).unwrap_or_default();
        Self { file, volumes: serde_json::from_slice(&bytes).unwrap_or_default(), changed: false }
    }

    /// Whether a volume that looked like this from outside had everything in order.
    pub(crate) fn has_at_a_glance(&self, number: VolumeNumber, glance: Option<Digest>) -> bool {
        glance.is_some() && self.volumes.get(&number.to_string()).is_some_and(|seen| seen.glance == glance)
    }

    /// Whether just this was imported to the end.
    pub(crate) fn has(&self, number: VolumeNumber, mark: Digest) -> bool {
        self.volumes.get(&number.to_string()).is_some_and(|seen| seen.mark == Some(mark))
    }

    /// Remembers how the import of a volume ended.
    pub(crate) fn insert(&mut self, number: VolumeNumber, mark: Digest, glance: Option<Digest>, ending: Ending) {
        let seen = SeenVolume {
            mark: (ending != Ending::AnotherLook).then_some(mark),
            glance: glance.filter(|_| ending == Ending::Clean),
            half_copied_since: self.volumes.get(&number.to_string()).and_then(|seen| seen.half_copied_since),
        };
        self.changed |= self.volumes.insert(number.to_string(), seen) != Some(seen);
    }

    /// Remembers whether a volume is half copied.
    pub(crate) fn note_half_copied(&mut self, number: VolumeNumber, is_half: bool, now: Timestamp) {
        let seen = self.volumes.entry(number.to_string()).or_default();
        let since = is_half.then(|| seen.half_copied_since.unwrap_or(now));
        self.changed |= seen.half_copied_since != since;
        seen.half_copied_since = since;
    }

    /// The volumes that were half copied when they were last looked at, and since when.
    pub(crate) fn half_copied(&self) -> Vec<HalfCopied> {
        let half = |(name, seen): (&String, &SeenVolume)| {
            seen.half_copied_since.map(|since| HalfCopied { volume: name.clone(), since })
        };
        self.volumes.iter().filter_map(half).collect()
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

/// A volume that is not there whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HalfCopied {
    pub(crate) volume: String,
    pub(crate) since: Timestamp,
}
