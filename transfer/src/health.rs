//! When this side last succeeded and last heard from the other: `state/health.json`.
//!
//! Silence is an alarm, and only a memory can hear it. Losing the file starts both ages anew.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use nightsafe_runtime::bounded_file;
use nightsafe_runtime::durable_file::{self, DurableError};
use serde::{Deserialize, Serialize};

use crate::limits;

/// The memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// When a run last ended with everything in order.
    pub(crate) last_success: Option<Timestamp>,
    /// Low side: when a volume was last written. High side: when one last brought something new that a gateway signed.
    pub(crate) newest_volume: Option<Timestamp>,
    /// Low side: when the outbox was last searched for items that no entry names.
    pub(crate) strays_sought: Option<Timestamp>,
}

impl Health {
    /// Reads it; one that cannot be read is new.
    pub(crate) fn load(state: &Path) -> Self {
        let bytes = bounded_file::read(&state.join(FILE), limits::STATE_BYTES).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Replaces it on disk, if it says something new. A success is remembered to the minute.
    pub(crate) fn save(self, state: &Path) -> Result<(), DurableError> {
        let before = Self::load(state);
        let minute = SignedDuration::from_mins(1);
        let is_recent = |(old, new): (Timestamp, Timestamp)| new.duration_since(old).abs() < minute;
        let same_success = self.last_success == before.last_success
            || before.last_success.zip(self.last_success).is_some_and(is_recent);
        if same_success && (Self { last_success: before.last_success, ..self }) == before {
            return Ok(());
        }
        let bytes = serde_json::to_vec_pretty(&self).unwrap_or_default();
        durable_file::replace(&state.join(FILE), &bytes)
    }

    /// Since when nothing new has come, if that is longer than `limit_hours`.
    pub(crate) fn silent_since(self, limit_hours: u32, now: Timestamp) -> Option<Timestamp> {
        let newest = self.newest_volume?;
        (now.duration_since(newest).as_hours() >= i64::from(limit_hours)).then_some(newest)
    }
}

const FILE: &str = "health.json";

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_success_within_the_minute_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let health = Health { last_success: Some(at(1000)), ..Health::default() };
        health.save(folder.path()).unwrap();
        Health { last_success: Some(at(1030)), ..health }.save(folder.path()).unwrap();
        assert_eq!(Health::load(folder.path()).last_success, Some(at(1000)));
        Health { last_success: Some(at(1060)), ..health }.save(folder.path()).unwrap();
        assert_eq!(Health::load(folder.path()).last_success, Some(at(1060)));
        Health { newest_volume: Some(at(1)), last_success: Some(at(1061)), ..health }.save(folder.path()).unwrap();
        assert_eq!(Health::load(folder.path()).newest_volume, Some(at(1)));
    }

    #[test]
    fn silence_begins_at_the_limit() {
        let health = Health { newest_volume: Some(at(0)), ..Health::default() };
        assert_eq!(health.silent_since(2, at(7199)), None);
        assert_eq!(health.silent_since(2, at(7200)), Some(at(0)));
        assert_eq!(Health::default().silent_since(2, at(7200)), None);
    }
}
