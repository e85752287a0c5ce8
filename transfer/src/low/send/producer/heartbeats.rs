//! When heartbeats are sent: every two seconds, after each burst of new items, and each a second time a moment later.

use std::time::Duration;

use nightsafe_diode::content::fill;
use nightsafe_schema::time::Clock as _;

use super::{MOMENT, Producer, ProducerError};
use crate::diode::driver::Around;
use crate::limits;
use crate::low::send::lanes::{Group, Lane};

/// When heartbeats are due.
pub(super) struct Beat {
    next: Duration,
    last: Option<Duration>,
    again: Option<(Duration, Group)>,
    /// A burst of new items has ended since the last one.
    pub(super) after_burst: bool,
}

impl Beat {
    /// The first is due now.
    pub(super) fn starting_at(now: Duration) -> Self {
        Self { next: now, last: None, again: None, after_burst: false }
    }
}

impl Producer<'_> {
    /// Sends a heartbeat when it is due, and each a second time a moment later.
    pub(super) fn beat(&mut self, now: Duration) -> Result<(), ProducerError> {
        let again = Duration::from_millis(limits::HEARTBEAT_AGAIN_MS);
        if let Some((_, group)) = self.beat.again.take_if(|(due, _)| now >= *due) {
            self.lanes.push(group);
        }
        let soon = self.beat.after_burst && self.beat.last.is_none_or(|last| now >= last + again);
        if now < self.beat.next && !soon {
            return Ok(());
        }
        self.beat.next = now + Duration::from_millis(limits::HEARTBEAT_MS);
        self.beat.last = Some(now);
        self.beat.after_burst = false;
        let heartbeat = self.outlook.heartbeat(self.clock.now(), self.lanes.meter.datagrams(), self.turn);
        self.turn = self.turn.wrapping_add(1);
        let Some(filled) = heartbeat.to_bytes().ok().and_then(|bytes| fill(bytes, self.maker.shard())) else {
            return Ok(());
        };
        let block = self.maker.heartbeat(filled).map_err(ProducerError::Code)?;
        let group = |block| Group { lane: Lane::Control, blocks: vec![block], ends: Vec::new() };
        self.beat.again = Some((now + again, group(block.clone())));
        self.lanes.push(group(block));
        Ok(())
    }

    /// The last heartbeats of a run that ends: they say that nothing waits.
    pub(super) fn say_goodbye(&mut self, around: &Around<'_>) -> Result<(), ProducerError> {
        self.beat.next = Duration::ZERO;
        self.beat.again = None;
        self.beat(self.clock.elapsed())?;
        while !around.stop.is_asked() && (self.beat.again.is_some() || !self.lanes.is_empty()) {
            let now = self.clock.elapsed();
            if self.patience.is_over(&self.lanes, now) {
                break;
            }
            if let Some((_, group)) = self.beat.again.take_if(|(due, _)| now >= *due) {
                self.lanes.push(group);
            }
            self.lanes.take_sent();
            self.lanes.wait(MOMENT);
        }
        Ok(())
    }
}
