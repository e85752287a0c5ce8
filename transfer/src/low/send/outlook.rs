//! What there is to send: the outbox's journals, followed line by line, and what of them has left.

use std::collections::{BTreeMap, VecDeque};
use std::fs;

use jiff::Timestamp;
use nightsafe_diode::heartbeat::{Amount, Backlog, Heartbeat, Recent, StreamState};
use nightsafe_diode::limits as link;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::ItemClass;
use nightsafe_schema::journal::{ChainEnd, StreamId, VerifiedEntry};

use super::lanes::SentEntry;
use super::memory::{SendMemory, SentStream};
use crate::limits;
use crate::low::flaw::{Flaw, FlawKind};
use crate::low::journal::{self, JournalError, JournalWalk};
use crate::low::memory::LastEntry;
use crate::low::outbox::Outbox;
use crate::low::plan::PlanError;
use crate::trust::Gateways;

/// An entry that is to be sent, and the byte of the journal at which its line begins.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) entry: VerifiedEntry,
    pub(super) start: u64,
}

/// The journals of the outbox.
#[derive(Debug)]
pub(super) struct Outlook {
    pub(super) outbox: Outbox,
    pub(super) gateways: Gateways,
    streams: BTreeMap<StreamId, Following>,
    small: VecDeque<Pending>,
    large: VecDeque<Pending>,
    backlog: Backlog,
    /// A job reads each journal up to this byte.
    ends: Option<BTreeMap<StreamId, u64>>,
    /// The last scan came to the end of every journal.
    is_read: bool,
}

/// One journal.
#[derive(Debug, Default)]
struct Following {
    /// The byte up to which it was read.
    scanned: u64,
    chain: Option<ChainEnd>,
    /// What is remembered: everything before was sent.
    position: u64,
    last: Option<LastEntry>,
    /// Entries after that, by the byte at which they begin.
    ahead: BTreeMap<u64, Ahead>,
    /// The furthest place that was sent.
    furthest: Option<LastEntry>,
    recent: VecDeque<Recent>,
}

#[derive(Clone, Debug)]
struct Ahead {
    recent: Recent,
    digest: Digest,
    position: u64,
    sent: bool,
}

impl Outlook {
    /// Goes on where the memory ends.
    pub(super) fn new(outbox: Outbox, gateways: Gateways, memory: &SendMemory) -> Self {
        let follow = |(stream, sent): (&StreamId, &SentStream)| {
            let following = Following {
                scanned: sent.position,
                chain: sent.last.map(|last| ChainEnd { last: Some(last.seq), digest: last.sha256 }),
                position: sent.position,
                last: sent.last,
                furthest: sent.last,
                ..Following::default()
            };
            (*stream, following)
        };
        let streams = memory.streams.iter().map(follow).collect();
        let (small, large, backlog) = (VecDeque::new(), VecDeque::new(), Backlog::default());
        Self { outbox, gateways, streams, small, large, backlog, ends: None, is_read: false }
    }

    /// What the gateway accepts from now on is left to the next job.
    pub(super) fn end_here(&mut self) -> Result<(), PlanError> {
        let streams = self.outbox.streams().map_err(PlanError::Outbox)?;
        // Of one that is not to be had, the scan says so.
        let length =
            |stream: &StreamId| fs::metadata(self.outbox.journal(stream)).map_or(u64::MAX, |found| found.len());
        self.ends = Some(streams.into_iter().map(|stream| (stream, length(&stream))).collect());
        Ok(())
    }

    /// Whether everything that there is to send was read.
    pub(super) fn is_read(&self) -> bool {
        self.is_read
    }

    /// Reads what is new in the journals, as far as the queues have room. Returns what is wrong with them.
    pub(super) fn scan(&mut self) -> Result<Vec<Flaw>, PlanError> {
        let mut flaws = Vec::new();
        self.is_read = true;
        for stream in self.outbox.streams().map_err(PlanError::Outbox)? {
            let end = self.ends.as_ref().map_or(u64::MAX, |ends| ends.get(&stream).copied().unwrap_or(0));
            if end > 0 {
                self.scan_stream(stream, end, &mut flaws).map_err(PlanError::Journal)?;
            }
        }
        Ok(flaws)
    }

    fn scan_stream(&mut self, stream: StreamId, end: u64, flaws: &mut Vec<Flaw>) -> Result<(), JournalError> {
        let following = self.streams.entry(stream).or_default();
        let path = self.outbox.journal(&stream);
        let started = JournalWalk::start(&path, stream, &self.gateways, following.scanned, following.chain);
        let mut walk = match started {
            Err(JournalError::Shortened { .. }) => {
                flaws.push(Flaw { stream, position: following.scanned, kind: FlawKind::Shortened });
                return Ok(());
            }
            started => started?,
        };
        while following.scanned < end {
            if self.small.len() + self.large.len() >= 2 * limits::READ_AHEAD {
                self.is_read = false;
                break;
            }
            let Some(walked) = walk.next_line()? else { break };
            flaws.extend(walked.flaw);
            following.scanned = walked.position;
            let Some(entry) = walked.entry else { continue };
            following.chain = Some(ChainEnd { last: Some(entry.fields().seq), digest: entry.digest() });
            let ahead =
                Ahead { recent: recent(&entry), digest: entry.digest(), position: walked.position, sent: false };
            following.ahead.insert(walked.start, ahead);
            let amount = amount(&mut self.backlog, entry.fields().class);
            amount.items += 1;
            amount.bytes = amount.bytes.saturating_add(entry.fields().size);
            let queue = if is_small(&entry) { &mut self.small } else { &mut self.large };
            queue.push_back(Pending { entry, start: walked.start });
        }
        Ok(())
    }

    /// The next small item to send.
    pub(super) fn next_small(&mut self) -> Option<Pending> {
        self.small.pop_front()
    }

    /// The next large item to send.
    pub(super) fn next_large(&mut self) -> Option<Pending> {
        self.large.pop_front()
    }

    /// An entry that was sent before and is asked for: it goes first.
    pub(super) fn ask_for(&mut self, pending: Pending) {
        let queue = if is_small(&pending.entry) { &mut self.small } else { &mut self.large };
        queue.push_front(pending);
    }

    /// Up to which byte each journal was sent.
    pub(super) fn reached(&self) -> impl Iterator<Item = (StreamId, u64)> {
        self.streams.iter().map(|(stream, following)| (*stream, following.position))
    }

    /// Whether there are small items, and large ones.
    pub(super) fn has(&self) -> (bool, bool) {
        (!self.small.is_empty(), !self.large.is_empty())
    }

    /// What waits to be sent for the first time.
    pub(super) fn backlog(&self) -> Backlog {
        self.backlog
    }

    /// An entry has left whole; true if it was the first time.
    pub(super) fn sent(&mut self, sent: SentEntry) -> bool {
        let Some(following) = self.streams.get_mut(&sent.stream) else { return false };
        let Some(ahead) = following.ahead.get_mut(&sent.start).filter(|ahead| !ahead.sent) else { return false };
        ahead.sent = true;
        let this = LastEntry { seq: ahead.recent.0, sha256: ahead.digest };
        if following.furthest.is_none_or(|furthest| furthest.seq < this.seq) {
            following.furthest = Some(this);
        }
        let amount = amount(&mut self.backlog, ahead.recent.4);
        amount.items = amount.items.saturating_sub(1);
        amount.bytes = amount.bytes.saturating_sub(ahead.recent.2);
        following.recent.push_back(ahead.recent.clone());
        if following.recent.len() > link::RECENT {
            following.recent.pop_front();
        }
        while let Some(first) = following.ahead.first_entry().filter(|first| first.get().sent) {
            let Ahead { recent, digest, position, .. } = first.remove();
            following.position = position;
            following.last = Some(LastEntry { seq: recent.0, sha256: digest });
        }
        true
    }

    /// Writes down how far every journal is.
    pub(super) fn remember(&self, memory: &mut SendMemory) {
        for (stream, following) in &self.streams {
            let sent = memory.streams.entry(*stream).or_default();
            sent.position = following.position;
            sent.last = following.last;
        }
    }

    /// What a heartbeat says. With more streams than one names, they take turns.
    pub(super) fn heartbeat(&self, at: Timestamp, sent: u64, turn: usize) -> Heartbeat {
        let streams = self.streams.len();
        let each = (link::RECENT / streams.clamp(1, link::HEARTBEAT_STREAMS)).max(1);
        let first = if streams > link::HEARTBEAT_STREAMS { turn * link::HEARTBEAT_STREAMS % streams } else { 0 };
        let named = self.streams.iter().cycle().skip(first).take(streams.min(link::HEARTBEAT_STREAMS));
        let states = named.map(|(stream, following)| self.state(*stream, following, each)).collect();
        Heartbeat::new(at, sent, self.backlog, states)
    }

    fn state(&self, stream: StreamId, following: &Following, most_recent: usize) -> StreamState {
        let furthest = following.furthest;
        let mut last = furthest.map_or(0, |last| last.seq.value());
        let mut sha256 = furthest.map_or(Digest::ZERO, |last| last.sha256);
        let places = following.ahead.values().filter(|ahead| !ahead.sent).map(|ahead| ahead.recent.0.value());
        let mut unsent = ranges(places.filter(|place| *place <= last));
        if unsent.len() > link::UNSENT_RANGES {
            // What cannot be named is not said to be sent.
            unsent.clear();
            last = following.last.map_or(0, |last| last.seq.value());
            sha256 = following.last.map_or(Digest::ZERO, |last| last.sha256);
        }
        let reached = following.last.map_or(0, |last| last.seq.value());
        let head = journal::head(&self.outbox.head(&stream), stream, &self.gateways).ok().flatten();
        let head = head.filter(|head| head.fields().seq <= reached);
        let head = head.and_then(|head| String::from_utf8(head.line().to_vec()).ok());
        let recent = following.recent.iter().rev().take(most_recent).rev().cloned().collect();
        StreamState { stream, last, sha256, unsent, head, recent }
    }
}

fn recent(entry: &VerifiedEntry) -> Recent {
    let fields = entry.fields();
    Recent(fields.seq, fields.item, fields.size, fields.sha256, fields.class)
}

fn amount(backlog: &mut Backlog, class: ItemClass) -> &mut Amount {
    match class {
        ItemClass::Text => &mut backlog.text,
        ItemClass::Media => &mut backlog.media,
    }
}

fn is_small(entry: &VerifiedEntry) -> bool {
    entry.fields().size < limits::SMALL_ITEM
}

fn ranges(places: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut places: Vec<u64> = places.collect();
    places.sort_unstable();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for place in places {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 >= place => *last = place,
            _ => ranges.push((place, place)),
        }
    }
    ranges
}
