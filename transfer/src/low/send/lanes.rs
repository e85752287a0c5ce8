//! Between producer and pacer: groups of blocks that are ready, by urgency, and what has left.
//!
//! Bounded by the producer, which makes a group only where there is room for it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use nightsafe_schema::journal::StreamId;

use super::blocks::{EncodedBlock, Spent};
use super::meter::Meter;

/// How urgent a group is; the first that has something goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Heartbeats.
    Control,
    /// Reports and small attachments.
    Small,
    /// Large attachments.
    Large,
    /// What was sent before.
    Repeat,
}

/// Blocks whose datagrams take turns.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) lane: Lane,
    pub(super) blocks: Vec<EncodedBlock>,
    /// Entries whose last bytes are in it.
    pub(super) ends: Vec<SentEntry>,
}

/// An entry that was sent: its stream, and the byte of the journal at which its line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SentEntry {
    pub(super) stream: StreamId,
    pub(super) start: u64,
}

/// A group that has left.
#[derive(Debug)]
pub(super) struct SentGroup {
    pub(super) lane: Lane,
    pub(super) blocks: Vec<u32>,
    pub(super) ends: Vec<SentEntry>,
    /// What its blocks were made of.
    pub(super) spent: Vec<Spent>,
}

/// The link does not take what is sent.
#[derive(Clone, Debug)]
pub(super) struct LinkFailure {
    pub(super) since: Timestamp,
    pub(super) error: String,
}

/// Shared by both threads.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    queues: Mutex<Queues>,
    wake: Condvar,
    pub(super) meter: Meter,
}

#[derive(Debug, Default)]
struct Queues {
    control: VecDeque<Group>,
    small: VecDeque<Group>,
    large: VecDeque<Group>,
    repeat: VecDeque<Group>,
    /// Groups that the pacer has begun and not finished.
    under_way: usize,
    sent: Vec<SentGroup>,
    failure: Option<LinkFailure>,
    /// Something happened since the producer last looked, such as a change of the outbox.
    poked: bool,
}

impl Lanes {
    /// Gives a group to the pacer. A heartbeat takes the place of one that still waits: it says more, and however long the
    /// link refuses, no more than one waits.
    pub(super) fn push(&self, group: Group) {
        let mut queues = self.lock();
        let queue = queues.lane(group.lane);
        if group.lane == Lane::Control {
            queue.clear();
        }
        queue.push_back(group);
        drop(queues);
        self.wake();
    }

    /// The next group of a lane, if there is one; it is under way until [`Self::finish`].
    pub(super) fn pop(&self, lane: Lane) -> Option<Group> {
        let mut queues = self.lock();
        let group = queues.lane(lane).pop_front();
        queues.under_way += usize::from(group.is_some());
        drop(queues);
        if group.is_some() {
            self.wake();
        }
        group
    }

    /// A group has left whole.
    pub(super) fn finish(&self, group: SentGroup) {
        let mut queues = self.lock();
        queues.under_way = queues.under_way.saturating_sub(1);
        queues.sent.push(group);
        drop(queues);
        self.wake();
    }

    /// What has left since the last time.
    pub(super) fn take_sent(&self) -> Vec<SentGroup> {
        std::mem::take(&mut self.lock().sent)
    }

    /// How many groups of a lane wait.
    pub(super) fn waiting(&self, lane: Lane) -> usize {
        self.lock().lane(lane).len()
    }

    /// Whether everything that was given to the pacer has left.
    pub(super) fn is_empty(&self) -> bool {
        let queues = self.lock();
        let waiting = queues.control.len() + queues.small.len() + queues.large.len() + queues.repeat.len();
        waiting == 0 && queues.under_way == 0 && queues.sent.is_empty()
    }

    /// The link refuses, or it takes what is sent again.
    pub(super) fn note_failure(&self, failure: Option<(Timestamp, String)>) {
        let mut queues = self.lock();
        queues.failure = match (failure, queues.failure.take()) {
            (Some((_, error)), Some(before)) => Some(LinkFailure { error, ..before }),
            (Some((since, error)), None) => Some(LinkFailure { since, error }),
            (None, _) => None,
        };
    }

    /// Whether the link refuses, and since when.
    pub(super) fn failure(&self) -> Option<LinkFailure> {
        self.lock().failure.clone()
    }

    /// Waits for a change, or for a moment; both threads wait here.
    pub(super) fn wait(&self, moment: Duration) {
        let queues = self.lock();
        let _ = self.wake.wait_timeout(queues, moment);
    }

    /// Waits for a change that concerns the producer, or for a moment.
    pub(super) fn wait_for_work(&self, moment: Duration) {
        let queues = self.lock();
        if !queues.poked && queues.sent.is_empty() {
            let _ = self.wake.wait_timeout(queues, moment);
        }
    }

    /// Something changed outside.
    pub(super) fn poke(&self) {
        self.lock().poked = true;
        self.wake();
    }

    /// Whether something changed outside since the last time.
    pub(super) fn take_poke(&self) -> bool {
        std::mem::take(&mut self.lock().poked)
    }

    /// Wakes whoever waits.
    pub(super) fn wake(&self) {
        self.wake.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queues {
    fn lane(&mut self, lane: Lane) -> &mut VecDeque<Group> {
        match lane {
            Lane::Control => &mut self.control,
            Lane::Small => &mut self.small,
            Lane::Large => &mut self.large,
            Lane::Repeat => &mut self.repeat,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(lane: Lane) -> Group {
        Group { lane, blocks: Vec::new(), ends: Vec::new() }
    }

    #[test]
    fn however_long_the_link_refuses_one_heartbeat_waits_and_nothing_else_is_lost() {
        let lanes = Lanes::default();
        for _ in 0..1000 {
            lanes.push(group(Lane::Control));
        }
        lanes.push(group(Lane::Small));
        lanes.push(group(Lane::Small));
        assert_eq!((lanes.waiting(Lane::Control), lanes.waiting(Lane::Small)), (1, 2));
    }
}
