//! How the key ring stands, for `status`.

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, RingStore};
use nightsafe_schema::ring::RingStanding;
use serde::Serialize;

use crate::board::Fact;
use crate::trouble::{Trouble, Words, chain};

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
    #[serde(skip)]
    window: (Timestamp, Timestamp),
    #[serde(skip)]
    is_early: bool,
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
            refused: ring.rejected().map(|error| chain(error)),
            out_of_window: matches!(standing, RingStanding::Grace { .. } | RingStanding::Closed | RingStanding::Early),
            window: (current.fields().not_before, current.fields().not_after),
            is_early: standing == RingStanding::Early,
        }
    }

    /// A refused candidate or an ended ring is an alarm.
    ///
    /// Moving goes on all the same: whoever holds valid entries back because of a date loses reports.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        let tell = Words::new(
            "报密钥员；搬运照常进行：nightsafe-transfer doctor",
            "tell the key officer; moving goes on: nightsafe-transfer doctor",
        );
        let trouble = |kind, what: &str, since, why: Words| Trouble {
            kind,
            code: ExitCode::Key,
            what: format!("{what}  第 {} 版 version {}", self.version, self.version),
            since,
            why,
            next: tell.clone(),
        };
        let refused = self.refused.as_ref().map(|why| {
            let (zh, en) = (
                format!("新密钥环被拒绝，仍用上一版：{why}"),
                format!("a new ring is refused and the last good one serves: {why}"),
            );
            trouble("ring-refused", "密钥环 key ring", None, Words::new(zh, en))
        });
        let out = self.out_of_window.then(|| {
            let (since, why) = if self.is_early {
                (None, ("密钥环尚未生效，或本机时钟错误", "the ring is not valid yet, or the clock is wrong"))
            } else {
                (Some(self.window.1), ("密钥环已过期", "the ring has ended"))
            };
            trouble("ring-window", "密钥环 key ring", since, why.into())
        });
        refused.into_iter().chain(out).collect()
    }

    /// The ring for people.
    pub(crate) fn fact(&self) -> Fact {
        let value = format!("第 {} 版 version {}  还有 days left {}", self.version, self.version, self.days_left);
        Fact::new("密钥 key", value)
    }
}
