//! The thread that decides what is sent next, reads it, packs it and encodes it.

mod heartbeats;
mod patience;
mod repeats;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use nightsafe_diode::code::CodeError;
use nightsafe_runtime::durable_file::DurableError;
use nightsafe_runtime::{ExitCode, HasExitCode, StartError, SystemClock};
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::time::Clock as _;

use super::blocks::BlockMaker;
use super::carousel::{Carousel, Piece};
use super::lanes::{Group, Lane, Lanes, LinkFailure, SentEntry, SentGroup};
use super::memory::{SendMemory, SendMemoryError};
use super::open_item::{OpenItem, Put};
use super::outlook::{Outlook, Pending};
use super::report::{SendReport, SendState, StateFailure};
use super::tickets::Tickets;
use crate::cli::Runs;
use crate::config::LowConfig;
use crate::diode::driver::Around;
use crate::diode::state;
use crate::limits;
use crate::low::export::HeldEntry;
use crate::low::memory::HeldBack;
use crate::low::outbox::Outbox;
use crate::low::plan::PlanError;
use crate::low::side::LowSide;
use crate::low::status;
use crate::trust::Gateways;
use crate::worker;

use heartbeats::Beat;
use patience::Patience;
use repeats::acknowledged;

/// Why producing ends early.
#[derive(Debug, thiserror::Error)]
enum ProducerError {
    /// The outbox cannot be followed.
    #[error("cannot follow the outbox")]
    Outlook(#[source] PlanError),
    /// The memory cannot be written.
    #[error("cannot remember what is sent")]
    Memory(#[source] SendMemoryError),
    /// A ticket cannot be removed.
    #[error("cannot remove a ticket that was sent")]
    Ticket(#[source] DurableError),
    /// A block cannot be encoded.
    #[error("cannot encode a block")]
    Code(#[source] CodeError),
}

impl HasExitCode for ProducerError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Outlook(source) => source.exit_code(),
            Self::Memory(source) => source.exit_code(),
            Self::Ticket(source) => source.exit_code(),
            Self::Code(_) => ExitCode::Unexpected,
        }
    }
}

/// The state of the thread.
pub(super) struct Producer<'a> {
    config: &'a LowConfig,
    outlook: Outlook,
    memory: SendMemory,
    remembered: SendMemory,
    maker: BlockMaker,
    interleave: usize,
    lanes: Arc<Lanes>,
    clock: &'a SystemClock,
    carousel: Carousel,
    tickets: Tickets,
    /// The item of each lane that is partly in a block already.
    small: Option<OpenItem>,
    large: Option<OpenItem>,
    repeat: Option<OpenItem>,
    /// Entries that a round came by and no remembered block holds.
    again: VecDeque<Pending>,
    acknowledged: BTreeMap<StreamId, (u64, u64)>,
    beat: Beat,
    patience: Patience,
    next_scan: Duration,
    next_upkeep: Duration,
    next_state: Duration,
    entries: u64,
    bytes: u64,
    turn: usize,
}

impl<'a> Producer<'a> {
    /// Opens the low side, and goes on where the memory ends.
    pub(super) fn new(
        config: &'a LowConfig,
        maker: BlockMaker,
        interleave: usize,
        lanes: Arc<Lanes>,
        clock: &'a SystemClock,
    ) -> Result<Self, StartError> {
        let gateways = Gateways::of(&config.ring.open(&config.state)?);
        let memory = SendMemory::load(&config.state)?;
        let now = clock.elapsed();
        Ok(Self {
            config,
            outlook: Outlook::new(Outbox::new(&config.outbox), gateways, &memory),
            remembered: memory.clone(),
            memory,
            maker,
            interleave,
            lanes,
            clock,
            carousel: Carousel::new(now),
            tickets: Tickets::default(),
            small: None,
            large: None,
            repeat: None,
            again: VecDeque::new(),
            acknowledged: BTreeMap::new(),
            beat: Beat::starting_at(now),
            patience: Patience::starting_at(now),
            next_scan: now,
            next_upkeep: now,
            next_state: now,
            entries: 0,
            bytes: 0,
            turn: 0,
        })
    }

    /// Makes groups until asked to stop; as a job, until everything that was there when it began has left once, or the link
    /// takes nothing.
    pub(super) fn run(&mut self, runs: Runs, around: &Around<'_>) -> Result<SendReport, StartError> {
        let lanes = Arc::clone(&self.lanes);
        let journals = self.outlook.outbox.journals();
        let _watcher = worker::watcher(&journals, move || lanes.poke());
        if !runs.watch {
            self.outlook.end_here().map_err(ProducerError::Outlook)?;
        }
        while !around.stop.is_asked() {
            self.account(around)?;
            self.tick(runs)?;
            if self.make_one(runs)? {
                continue;
            }
            if !runs.watch && self.has_ended(around)? {
                break;
            }
            self.lanes.wait_for_work(MOMENT);
        }
        self.account(around)?;
        self.save()?;
        self.write_state();
        self.report(!runs.watch && around.asked())
    }

    /// Whether a job is over: everything has left, the last heartbeats too, or the link takes nothing.
    fn has_ended(&mut self, around: &Around<'_>) -> Result<bool, ProducerError> {
        if self.is_done() {
            self.say_goodbye(around)?;
            return Ok(true);
        }
        Ok(self.patience.is_over(&self.lanes, self.clock.elapsed()))
    }

    /// Notes what has left.
    fn account(&mut self, around: &Around<'_>) -> Result<(), ProducerError> {
        for mut group in self.lanes.take_sent() {
            let news = self.note_left(&group)?;
            self.maker.take_back(group.spent.drain(..));
            (0..news).for_each(|_| around.progress.one());
        }
        Ok(())
    }

    /// A group has left; returns how many entries had not left before.
    fn note_left(&mut self, group: &SentGroup) -> Result<u64, ProducerError> {
        if matches!(group.lane, Lane::Small | Lane::Large) {
            self.carousel.left(&group.blocks, self.clock.elapsed());
        }
        let mut news = 0;
        for entry in &group.ends {
            news += u64::from(self.outlook.sent(*entry));
        }
        self.entries += news;
        for ticket in self.tickets.sent(&group.ends) {
            self.dequeue(&ticket.ticket);
            ticket.remove().map_err(ProducerError::Ticket)?;
        }
        let backlog = self.outlook.backlog();
        // What is packed anew to be repeated is no burst of new items: it has been said to be sent.
        self.beat.after_burst |= news > 0 && backlog.text.items + backlog.media.items == 0;
        Ok(news)
    }

    /// The next export need not write what the link has brought.
    fn dequeue(&self, ticket: &nightsafe_schema::ticket::GapTicket) {
        let Ok(mut side) = LowSide::open(self.config) else { return };
        for (stream, memory) in &mut side.memory.streams {
            if stream.short() == ticket.stream8() {
                let places: Vec<u64> = memory.resend.places().collect();
                for seq in places.into_iter().filter_map(|place| place.try_into().ok()) {
                    if ticket.asks_for(seq) {
                        memory.resend.remove(seq);
                    }
                }
            }
        }
        if let Err(error) = side.memory.save(&self.config.state) {
            tracing::warn!(reason = %error, "a ticket that was sent stays queued for the next export");
        }
    }

    /// What is due by the clock.
    fn tick(&mut self, runs: Runs) -> Result<(), ProducerError> {
        let now = self.clock.elapsed();
        if now >= self.next_upkeep {
            self.next_upkeep = now + UPKEEP;
            self.keep_up();
        }
        let is_due = self.lanes.take_poke() || now >= self.next_scan;
        if is_due && (runs.watch || !self.outlook.is_read()) {
            self.next_scan =
                now + Duration::from_secs(limits::RESCAN_SECONDS).min(if runs.watch { RESCAN } else { MOMENT });
            self.scan()?;
        }
        if now >= self.next_state {
            self.next_state = now + Duration::from_secs(limits::STATE_SECONDS);
            self.save()?;
            self.write_state();
        }
        self.beat(now)
    }

    /// Reads what is new in the journals, and new tickets.
    fn scan(&mut self) -> Result<(), ProducerError> {
        let flaws = self.outlook.scan().map_err(ProducerError::Outlook)?;
        if !flaws.is_empty()
            && let Ok(mut side) = LowSide::open(self.config)
        {
            side.note_passed_by(&flaws, self.clock.now());
        }
        let Outlook { outbox, gateways, .. } = &self.outlook;
        for pending in self.tickets.take_up(&self.config.state, outbox, gateways) {
            self.outlook.ask_for(pending);
        }
        Ok(())
    }

    /// The key ring, acknowledgements and strays; now and then.
    fn keep_up(&mut self) {
        let Ok(mut side) = LowSide::open(self.config) else { return };
        self.outlook.gateways = side.gateways.clone();
        self.acknowledged = acknowledged(&side.memory);
        if let Err(error) = side.look_after(self.clock.now()) {
            tracing::warn!(reason = crate::trouble::chain(&error), "the outbox was not searched");
        }
    }

    /// Makes the group that is needed most, if there is room for it. False if there is nothing to make.
    fn make_one(&mut self, runs: Runs) -> Result<bool, ProducerError> {
        let (has_small, has_large) = self.outlook.has();
        let (has_small, has_large) = (has_small || self.small.is_some(), has_large || self.large.is_some());
        if has_small && self.lanes.waiting(Lane::Small) < READY {
            return self.pack(Lane::Small);
        }
        if has_large && self.lanes.waiting(Lane::Large) < READY {
            return self.pack(Lane::Large);
        }
        let is_busy = has_small || has_large;
        // A job is one pass: what it had to repeat would never end.
        if is_busy || !runs.watch || self.lanes.waiting(Lane::Repeat) > 0 {
            return Ok(false);
        }
        self.repeat()
    }

    /// Fills a group of blocks with what a lane has to send.
    fn pack(&mut self, lane: Lane) -> Result<bool, ProducerError> {
        let mut group = Group { lane, blocks: Vec::new(), ends: Vec::new() };
        while group.blocks.len() < self.interleave {
            let mut draft = self.maker.draft();
            let (mut pieces, mut is_as_it_should) = (Vec::new(), true);
            while let Some(mut item) = self.current(lane) {
                let fields = item.pending.entry.fields();
                let (stream, seq, start) = (fields.stream, fields.seq, item.pending.start);
                let put = item.put(&mut draft);
                if let Put::Ended(part) | Put::Part(part) = put {
                    if lane != Lane::Repeat {
                        self.bytes = self.bytes.saturating_add(part.length);
                    }
                    pieces.push(Piece { stream, seq, start, part });
                }
                if let Put::Ended(_) = put {
                    self.note_held(&item);
                    is_as_it_should &= item.held.is_none();
                    group.ends.push(SentEntry { stream, start });
                } else {
                    self.put_back(lane, item);
                    break;
                }
            }
            let Some(filled) = draft.finish() else { break };
            let block = self.maker.records(filled).map_err(ProducerError::Code)?;
            if is_as_it_should {
                // Without it, the next round tries the items again that could not be had.
                self.carousel.remember(block.number(), pieces);
            }
            group.blocks.push(block);
        }
        let has_blocks = !group.blocks.is_empty();
        if has_blocks {
            self.lanes.push(group);
        }
        Ok(has_blocks)
    }

    fn current(&mut self, lane: Lane) -> Option<OpenItem> {
        let begun = match lane {
            Lane::Small => self.small.take(),
            Lane::Large => self.large.take(),
            Lane::Repeat | Lane::Control => self.repeat.take(),
        };
        begun.or_else(|| {
            let next = match lane {
                Lane::Small => self.outlook.next_small(),
                Lane::Large => self.outlook.next_large(),
                Lane::Repeat | Lane::Control => self.again.pop_front(),
            };
            next.map(|pending| OpenItem::open(&self.outlook.outbox, pending))
        })
    }

    fn put_back(&mut self, lane: Lane, item: OpenItem) {
        match lane {
            Lane::Small => self.small = Some(item),
            Lane::Large => self.large = Some(item),
            Lane::Repeat | Lane::Control => self.repeat = Some(item),
        }
    }

    /// Remembers whether the item of an entry crossed with it.
    fn note_held(&mut self, item: &OpenItem) {
        let fields = item.pending.entry.fields();
        let place = fields.seq.value();
        let acknowledged = self.acknowledged.get(&fields.stream).map_or(0, |(seq, _)| *seq);
        let held = &mut self.memory.streams.entry(fields.stream).or_default().held;
        let before = held.remove(&place);
        let Some(why) = item.held.filter(|_| place > acknowledged) else { return };
        if before.is_none_or(|before| before.why != why) {
            tracing::error!(stream = %fields.stream, seq = place, reason = why.words().1, "item held back");
        }
        if held.len() < limits::MOST_ENTRIES {
            held.insert(place, HeldBack { why, since: before.map_or_else(|| self.clock.now(), |before| before.since) });
        }
    }

    fn is_done(&self) -> bool {
        let (has_small, has_large) = self.outlook.has();
        let is_open = has_small || has_large || self.small.is_some() || self.large.is_some();
        self.outlook.is_read() && !is_open && self.tickets.is_empty() && self.lanes.is_empty()
    }

    /// Writes the memory, if it changed.
    fn save(&mut self) -> Result<(), ProducerError> {
        self.outlook.remember(&mut self.memory);
        if self.memory != self.remembered {
            self.memory.save(&self.config.state).map_err(ProducerError::Memory)?;
            self.remembered = self.memory.clone();
        }
        Ok(())
    }

    /// Says how the sender stands, for `status`.
    pub(super) fn write_state(&self) {
        let failure = self.lanes.failure();
        let said = SendState {
            at: self.clock.now(),
            session: self.maker.session().to_string(),
            datagrams: self.lanes.meter.datagrams(),
            wire_bytes: self.lanes.meter.bytes(),
            repeats: self.lanes.meter.repeats(),
            failure: failure.map(|failure| StateFailure { since: failure.since, error: failure.error }),
        };
        if let Err(error) = state::write(&self.config.state, SendState::FILE, &said) {
            tracing::warn!(reason = %error, "how the link stands was not written");
        }
    }

    /// The link takes nothing and gives no reason, which is no less a failure.
    fn stall(&mut self) -> Option<LinkFailure> {
        let seconds = Patience::lasts().as_secs();
        let error = format!("连续 {seconds} 秒没有发出 nothing has left for {seconds} seconds");
        self.patience.is_over(&self.lanes, self.clock.elapsed()).then(|| LinkFailure { since: self.clock.now(), error })
    }

    fn report(&mut self, interrupted: bool) -> Result<SendReport, StartError> {
        let failure = self.lanes.failure().or_else(|| self.stall());
        let backlog = self.outlook.backlog();
        let mut report = SendReport {
            at: self.clock.now(),
            entries: self.entries,
            bytes: self.bytes,
            datagrams: self.lanes.meter.datagrams(),
            wire_bytes: self.lanes.meter.bytes(),
            waiting: backlog.text.items + backlog.media.items,
            waiting_bytes: backlog.text.bytes + backlog.media.bytes,
            held: held_entries(&self.memory),
            interrupted,
            troubles: crate::trouble::Troubles::default(),
        };
        let side = LowSide::look(self.config)?;
        report.conclude(failure.as_ref(), status::remembered_troubles(&side));
        Ok(report)
    }
}

/// Every entry whose item has not crossed with it over the link.
fn held_entries(memory: &SendMemory) -> Vec<HeldEntry> {
    let mut all = Vec::new();
    for (stream, sent) in &memory.streams {
        let held = sent.held.iter();
        all.extend(held.map(|(seq, held)| HeldEntry { stream: *stream, seq: *seq, why: held.why, since: held.since }));
    }
    all
}

/// Groups that wait for the pacer in a lane: the one under way is a third of a second at 1 Gbit/s.
const READY: usize = 1;
/// How long it waits when there is nothing to do.
const MOMENT: Duration = Duration::from_millis(50);
/// Journals are read again after this long even if nothing announced a change.
const RESCAN: Duration = Duration::from_secs(2);
/// How often ring, acknowledgements and strays are looked at.
const UPKEEP: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
