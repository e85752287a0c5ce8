//! How long a job waits for a link that takes nothing: as long as a receiver waits for a heartbeat.

use std::time::Duration;

use crate::limits;
use crate::low::send::lanes::Lanes;

/// When something last left, or nothing waited to.
#[derive(Debug)]
pub(super) struct Patience {
    datagrams: u64,
    since: Duration,
}

impl Patience {
    /// From now on.
    pub(super) fn starting_at(now: Duration) -> Self {
        Self { datagrams: 0, since: now }
    }

    /// Whether something waits and nothing has left for too long.
    pub(super) fn is_over(&mut self, lanes: &Lanes, now: Duration) -> bool {
        let datagrams = lanes.meter.datagrams();
        if datagrams != self.datagrams || lanes.is_empty() {
            *self = Self { datagrams, since: now };
        }
        now.saturating_sub(self.since) > Self::lasts()
    }

    /// How long it lasts.
    pub(super) const fn lasts() -> Duration {
        Duration::from_millis(limits::HEARTBEAT_MS * limits::MISSED_HEARTBEATS)
    }
}

#[cfg(test)]
mod tests {
    use crate::low::send::lanes::{Group, Lane};

    use super::*;

    #[test]
    fn it_ends_only_where_something_waits_and_nothing_leaves() {
        let lanes = Lanes::default();
        let mut patience = Patience::starting_at(Duration::ZERO);
        let at = |part: u32| Patience::lasts() * part / 2 + Duration::from_millis(1);
        assert!(!patience.is_over(&lanes, at(9)), "nothing waits");
        lanes.push(Group { lane: Lane::Large, blocks: Vec::new(), ends: Vec::new() });
        assert!(!patience.is_over(&lanes, at(10)));
        lanes.meter.sent(1, 1472);
        assert!(!patience.is_over(&lanes, at(12)), "one has left");
        assert!(!patience.is_over(&lanes, at(13)));
        assert!(patience.is_over(&lanes, at(15)));
    }
}
