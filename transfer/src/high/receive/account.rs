//! What has come over the link, what was lost and where: counted by the threads, written once a second for `status`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use nightsafe_diode::assembler::Counts;
use nightsafe_runtime::SystemClock;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::time::Clock as _;

use super::report::{Heard, PartState, ReceiveState};
use crate::config::HighConfig;
use crate::diode::socket::LinkSocket;
use crate::diode::{kernel_drops, state};
use crate::high::import::Stopped;
use crate::limits;

/// Shared by all threads.
#[derive(Debug)]
pub(super) struct Account {
    datagrams: AtomicU64,
    bytes: AtomicU64,
    wrong_size: AtomicU64,
    unreadable: AtomicU64,
    wrong_tag: AtomicU64,
    copies: AtomicU64,
    handed_over: AtomicU64,
    /// Blocks that were whole before are wanted again.
    wanted_again: AtomicBool,
    started: Timestamp,
    view: Mutex<View>,
}

/// What is not a plain count.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The session heard last.
    pub(super) session: String,
    /// Datagrams that were sent and have not come, of all sessions.
    pub(super) missing: u64,
    pub(super) counts: Counts,
    /// The newest heartbeat, and when it was heard.
    pub(super) beat: Option<(Duration, Heard)>,
    pub(super) parts: Vec<PartState>,
    /// Parts that were given up for want of room.
    pub(super) given_up: u64,
    /// Why nothing can be handed over at the moment, and since when.
    pub(super) stopped: Option<(Timestamp, Stopped)>,
    /// A place of which a heartbeat says something else than the signed entry.
    pub(super) contradiction: Option<(Timestamp, StreamId, u64)>,
}

impl Account {
    pub(super) fn new(clock: &SystemClock) -> Self {
        Self {
            datagrams: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            wrong_size: AtomicU64::new(0),
            unreadable: AtomicU64::new(0),
            wrong_tag: AtomicU64::new(0),
            copies: AtomicU64::new(0),
            handed_over: AtomicU64::new(0),
            wanted_again: AtomicBool::new(false),
            started: clock.now(),
            view: Mutex::new(View::default()),
        }
    }

    /// A datagram was read.
    pub(super) fn came(&self, bytes: usize) {
        self.datagrams.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// It has another size than those of this link.
    pub(super) fn wrong_size(&self) {
        self.wrong_size.fetch_add(1, Ordering::Relaxed);
    }

    /// It is no datagram of this format.
    pub(super) fn unreadable(&self) {
        self.unreadable.fetch_add(1, Ordering::Relaxed);
    }

    /// The other side of this pair did not make it, or not like this.
    pub(super) fn wrong_tag(&self) {
        self.wrong_tag.fetch_add(1, Ordering::Relaxed);
    }

    /// It came before.
    pub(super) fn copy(&self) {
        self.copies.fetch_add(1, Ordering::Relaxed);
    }

    /// Items were handed over.
    pub(super) fn handed_over(&self, items: u64) {
        self.handed_over.fetch_add(items, Ordering::Relaxed);
    }

    /// What came could not be kept, or was not believed and now may be: the repeats of its blocks are wanted.
    pub(super) fn want_again(&self) {
        self.wanted_again.store(true, Ordering::SeqCst);
    }

    /// Whether repeats are wanted since the last time.
    pub(super) fn take_wanted_again(&self) -> bool {
        self.wanted_again.swap(false, Ordering::SeqCst)
    }

    /// What is not a plain count.
    pub(super) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing stands in the way of handing over, or this does.
    pub(super) fn note_stopped(&self, stopped: Option<Stopped>, now: Timestamp) {
        let mut view = self.view();
        let since = view.stopped.as_ref().map_or(now, |(since, _)| *since);
        view.stopped = stopped.map(|stopped| (since, stopped));
    }

    /// Whether the other end has been silent for too long, from its last heartbeat or the start on.
    pub(super) fn is_silent(&self, now: Duration) -> bool {
        let heard = self.view().beat.as_ref().map_or(Duration::ZERO, |(heard, _)| *heard);
        now.saturating_sub(heard) > silence()
    }

    /// Writes how the receiver stands.
    pub(super) fn write_state(&self, config: &HighConfig, socket: &LinkSocket, clock: &SystemClock) {
        let (now, elapsed) = (clock.now(), clock.elapsed());
        let lost_here = kernel_drops::of(&socket.socket).unwrap_or(0);
        let silent = self.is_silent(elapsed);
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let said = {
            let view = self.view();
            let heard = view.beat.as_ref().map(|(at, heard)| (elapsed.saturating_sub(*at).as_secs(), heard.clone()));
            ReceiveState {
                at: now,
                started: self.started,
                session: view.session.clone(),
                socket_buffer: socket.buffer as u64,
                datagrams: read(&self.datagrams),
                wire_bytes: read(&self.bytes),
                wrong_size: read(&self.wrong_size),
                unreadable: read(&self.unreadable),
                wrong_tag: read(&self.wrong_tag),
                copies: read(&self.copies),
                lost_here,
                lost_before: view.missing.saturating_sub(lost_here),
                blocks: view.counts.whole,
                blocks_restored: view.counts.restored,
                shards: view.counts.shards,
                shards_restored: view.counts.restored_shards,
                worst_restored_permille: view.counts.worst_restored,
                blocks_given_up: view.counts.evicted,
                items_given_up: view.given_up,
                handed_over: read(&self.handed_over),
                heartbeat_seconds: heard.as_ref().map(|(seconds, _)| *seconds),
                heard: heard.map(|(_, heard)| heard),
                silent,
                parts: view.parts.clone(),
                stopped: view.stopped.clone(),
                contradiction: view.contradiction,
            }
        };
        if let Err(error) = state::write(&config.state, ReceiveState::FILE, &said) {
            tracing::warn!(reason = %error, "how the link stands was not written");
        }
    }
}

/// How long the other end may be silent.
fn silence() -> Duration {
    Duration::from_millis(limits::HEARTBEAT_MS * limits::MISSED_HEARTBEATS)
}
