//! What heartbeats say that the other end has sent. It counts after a moment, when what left has had the time to be handed
//! over; from then on what is not here is missing.

use std::collections::VecDeque;
use std::time::Duration;

use nightsafe_diode::heartbeat::{Heartbeat, StreamState};
use nightsafe_schema::journal::Seq;

use crate::high::stream_record::Crossing;
use crate::limits;
use crate::seq_set::SeqSet;

/// The heartbeats that were heard lately.
#[derive(Debug, Default)]
pub(super) struct Claims {
    heard: VecDeque<(Duration, Heartbeat)>,
    newest: Option<Heartbeat>,
    settled: Option<Vec<StreamState>>,
}

impl Claims {
    /// A heartbeat was heard.
    pub(super) fn hear(&mut self, heartbeat: Heartbeat, now: Duration) {
        self.newest = Some(heartbeat.clone());
        if self.heard.len() >= REMEMBERED {
            self.heard.pop_front();
        }
        self.heard.push_back((now, heartbeat));
    }

    /// The newest.
    pub(super) fn newest(&self) -> Option<&Heartbeat> {
        self.newest.as_ref()
    }

    /// What counts from now on, if that has changed.
    pub(super) fn settle(&mut self, now: Duration) -> Option<&[StreamState]> {
        let moment = Duration::from_millis(limits::SETTLE_MS);
        let mut latest = None;
        while let Some((_, heartbeat)) = self.heard.pop_front_if(|(heard, _)| now >= *heard + moment) {
            latest = Some(heartbeat.streams);
        }
        let latest = latest.filter(|latest| self.settled.as_ref() != Some(latest))?;
        self.settled = Some(latest);
        self.settled.as_deref()
    }

    /// What counts.
    pub(super) fn settled(&self) -> Option<&[StreamState]> {
        self.settled.as_deref()
    }

    /// Nothing is on its way any more: the other end is silent.
    pub(super) fn forget(&mut self) {
        self.heard.clear();
        self.settled = None;
    }
}

/// The places of a stream that may still come by themselves.
pub(super) fn crossing(state: &StreamState) -> Crossing {
    let mut unsent = SeqSet::default();
    for (first, last) in &state.unsent {
        let last = (*last).min(limits::FURTHEST_PLACE);
        if Seq::try_from(*first).is_ok() && *first <= last {
            unsent.insert_range(*first, last);
        }
    }
    Crossing { settled: state.last, unsent }
}

/// Two seconds apart and settled after three, there are never more.
const REMEMBERED: usize = 64;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nightsafe_diode::heartbeat::Backlog;
    use nightsafe_schema::digest::Digest;
    use nightsafe_schema::journal::StreamId;

    use super::*;

    fn heartbeat(last: u64) -> Heartbeat {
        let state = StreamState {
            stream: StreamId::from_bytes([1; 16]),
            last,
            sha256: Digest::ZERO,
            unsent: vec![(2, 3)],
            head: None,
            recent: Vec::new(),
        };
        Heartbeat::new(Timestamp::UNIX_EPOCH, 0, Backlog::default(), vec![state])
    }

    #[test]
    fn what_was_sent_counts_after_a_moment_and_once() {
        let mut claims = Claims::default();
        let at = Duration::from_millis;
        claims.hear(heartbeat(5), at(0));
        claims.hear(heartbeat(9), at(2000));
        assert_eq!(claims.settle(at(2999)), None);
        assert_eq!(claims.settle(at(3000)).unwrap()[0].last, 5);
        assert_eq!(claims.settle(at(4000)), None);
        assert_eq!(claims.settle(at(5000)).unwrap()[0].last, 9);
        claims.hear(heartbeat(9), at(6000));
        assert_eq!(claims.settle(at(20_000)), None);
        claims.forget();
        assert_eq!(claims.settled(), None);
    }

    #[test]
    fn what_was_not_sent_is_still_crossing() {
        let crossing = crossing(&heartbeat(5).streams[0]);
        assert_eq!((crossing.settled, crossing.unsent.count()), (5, 2));
    }
}
