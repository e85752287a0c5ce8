//! How the key ring stands, for `status`.

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, RingStore};
use nightsafe_schema::ring::RingStanding;
use serde::Serialize;

/// The key ring in use.
#[derive(Debug, Serialize)]
pub(crate) struct RingStatus {
    /// Its version.
    pub(crate) version: u64,
    /// Whole days until it ends; 0 after its end.
    pub(crate) days_left: i64,
    /// Why the ring on disk is not the one in use, if it is not.
    pub(crate) refused: Option<String>,
    /// Whether its window is over or has not begun.
    pub(crate) out_of_window: bool,
}

impl RingStatus {
    /// The ring as it stands at `now`.
    pub(crate) fn of(ring: &RingStore, now: Timestamp) -> Self {
        let current = ring.current();
        let standing = current.standing(now);
        let days_left = match standing {
            RingStanding::Good { days_left } | RingStanding::Ending { days_left } => days_left,
            RingStanding::Grace { .. } | RingStanding::Closed | RingStanding::Early => 0,
        };
        Self {
            version: current.fields().version,
            days_left,
            refused: ring.rejected().map(ToString::to_string),
            out_of_window: matches!(standing, RingStanding::Grace { .. } | RingStanding::Closed | RingStanding::Early),
        }
    }

    /// A refused candidate or an ended ring is an alarm.
    ///
    /// Moving goes on all the same: whoever holds valid entries back because of a date loses reports.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.out_of_window || self.refused.is_some() { ExitCode::Key } else { ExitCode::Ok }
    }

    /// The ring in one line, for people.
    pub(crate) fn line(&self) -> String {
        let refused = self.refused.as_ref().map_or_else(String::new, |why| format!("  拒绝 refused: {why}"));
        format!("密钥 key  第 {} 版 version {}  还有 days left {}{refused}", self.version, self.version, self.days_left)
    }
}
