//! The thread that hands over: what is whole is judged, flushed, named and recorded in batches, each in one turn at the
//! side, beside an import at work. Whatever is ready goes into the next batch, so that a single report does not wait and a
//! thousand share their flushes.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use nightsafe_diode::heartbeat::{Heartbeat, StreamState};
use nightsafe_runtime::durable_file::FlushGroup;
use nightsafe_runtime::{ExitCode, StartError, SystemClock, failpoint};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::{Entry, HeadFields, Seq, StreamId, VerifiedEntry};
use nightsafe_schema::ring::KeyName;
use nightsafe_schema::time::{Clock as _, Hour};

use super::account::Account;
use super::claims::{self, Claims};
use super::parts::WholeItem;
use super::report::ReceiveReport;
use super::store::Known;
use crate::cli::Runs;
use crate::config::HighConfig;
use crate::diode::driver::Around;
use crate::failpoints;
use crate::high::hand_over::{self, Copied, NotCopied, ReceivedFile};
use crate::high::holes::HoleReason;
use crate::high::import::{ImportError, Stopped};
use crate::high::judge::{FittingEntry, HeadJudgement, Judgement};
use crate::high::quarantine::record::Finding;
use crate::high::refusal::Refusal;
use crate::high::side::HighSide;
use crate::high::status::HighStatus;
use crate::high::stream_record::Crossing;
use crate::limits;

/// What the other threads hand on.
#[derive(Debug)]
pub(super) enum Delivered {
    /// An item of which every byte came.
    Item(Box<WholeItem>),
    /// An entry whose item the outbox does not have.
    WithoutItem(Box<VerifiedEntry>, KeyName),
    /// A line that is not believed.
    Refused(Vec<u8>, Refusal),
    /// A heartbeat.
    Beat(Box<Heartbeat>),
    /// Bytes could not be kept.
    Stopped(Stopped),
}

/// The state of the thread.
pub(super) struct Delivery<'a> {
    config: &'a HighConfig,
    group: FlushGroup,
    known: &'a Known,
    account: &'a Account,
    clock: &'a SystemClock,
    claims: Claims,
    /// What could not be handed over yet.
    waiting: Vec<Delivered>,
    /// Heads that were taken over, by stream.
    heads: BTreeMap<StreamId, String>,
    records: usize,
    room: u64,
    next_look: Duration,
    /// The key ring at the last turn.
    ring: Option<Digest>,
    is_silent: bool,
    totals: Totals,
}

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    handed_over: u64,
    bytes: u64,
    refused: u64,
    healed: u64,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(
        config: &'a HighConfig,
        group: FlushGroup,
        known: &'a Known,
        account: &'a Account,
        clock: &'a SystemClock,
    ) -> Self {
        Self {
            config,
            group,
            known,
            account,
            clock,
            claims: Claims::default(),
            waiting: Vec::new(),
            heads: BTreeMap::new(),
            records: 0,
            room: limits::QUARANTINE_BYTES,
            next_look: Duration::ZERO,
            ring: None,
            is_silent: false,
            totals: Totals::default(),
        }
    }

    /// Works until nothing more comes, or a job is done.
    pub(super) fn run(
        mut self,
        delivered: &Receiver<Delivered>,
        runs: Runs,
        around: &Around<'_>,
    ) -> Result<ReceiveReport, StartError> {
        let mut ended = false;
        let mut is_done = false;
        while !ended && !is_done {
            if self.waiting.len() >= limits::BATCH {
                // Nothing can be handed over: the queues before this one fill, and nothing is lost in between.
                around.stop.pause(TICK);
                self.work();
                ended = around.stop.is_asked();
                continue;
            }
            match delivered.recv_timeout(TICK) {
                Ok(first) => self.gather(first, delivered),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => ended = true,
            }
            let before = self.totals;
            self.work();
            for _ in before.handed_over..self.totals.handed_over {
                around.progress.one();
            }
            is_done = !runs.watch && self.is_done();
        }
        around.stop.ask();
        self.report(!is_done && !runs.watch)
    }

    fn gather(&mut self, first: Delivered, delivered: &Receiver<Delivered>) {
        self.note(first);
        while self.waiting.len() < limits::BATCH {
            let Ok(next) = delivered.try_recv() else { break };
            self.note(next);
        }
    }

    fn note(&mut self, delivered: Delivered) {
        match delivered {
            Delivered::Beat(heartbeat) => self.claims.hear(*heartbeat, self.clock.elapsed()),
            Delivered::Stopped(stopped) => self.account.note_stopped(Some(stopped), self.clock.now()),
            other => self.waiting.push(other),
        }
    }

    /// Hands over what waits and takes over what heartbeats say, if there is anything of it.
    fn work(&mut self) {
        let now = self.clock.elapsed();
        let settled = self.claims.settle(now).is_some();
        let silent = self.account.is_silent(now);
        let falls_silent = silent && !self.is_silent;
        if falls_silent {
            self.claims.forget();
        }
        self.is_silent = silent;
        let has_news = !self.waiting.is_empty() || settled || falls_silent || self.has_new_head();
        if !has_news && now < self.next_look {
            return;
        }
        self.next_look = now + LOOK;
        match self.take_turn(falls_silent) {
            // Bytes that could not be kept are said until something is kept again.
            Ok(0) => {}
            Ok(_) => self.account.note_stopped(None, self.clock.now()),
            Err(error) => {
                tracing::error!(reason = error.line("receive"), "nothing is handed over at the moment");
                self.account.want_again();
                let stopped = Stopped::InboxFailed { error: error.line("receive") };
                self.account.note_stopped(Some(stopped), self.clock.now());
            }
        }
    }

    fn take_turn(&mut self, falls_silent: bool) -> Result<u64, StartError> {
        let mut side = HighSide::open(self.config)?;
        let handed_over = self.hand_over(&mut side)?;
        let newer_heads = self.take_heads(&mut side)?;
        if falls_silent {
            side.inbox.streams.values_mut().for_each(|stream| stream.record.crossing = None);
        }
        self.expect_more(&mut side);
        self.take_claims(&mut side)?;
        if self.is_silent {
            self.miss_parts(&mut side)?;
        }
        side.inbox.find_cited_lines().map_err(ImportError::Judge)?;
        let now = self.clock.now();
        for (stream, known) in &mut side.inbox.streams {
            known.save(side.losses.of(stream), now).map_err(ImportError::Stream)?;
        }
        failpoint::hit(failpoints::RECEIVE_CLAIMS_WRITTEN);
        if handed_over + newer_heads > 0 {
            side.health.newest_volume = Some(now);
        }
        if side.quarantine.exit_code() == ExitCode::Ok
            && side.inbox.streams.values().all(|stream| stream.record.holes.is_empty())
        {
            side.health.last_success = Some(now);
        }
        side.health.save(&side.state).map_err(ImportError::Seen)?;
        self.known.refresh(&side);
        let ring = side.ring.current().digest();
        if self.ring.replace(ring).is_some_and(|before| before != ring) {
            // What nobody had signed may be signed now.
            self.account.want_again();
        }
        Ok(handed_over)
    }

    /// Hands over what waits. What fails comes again with the next repeat.
    fn hand_over(&mut self, side: &mut HighSide) -> Result<u64, ImportError> {
        let waiting = std::mem::take(&mut self.waiting);
        let place = |delivered: &Delivered| match delivered {
            Delivered::Item(item) => Some((item.entry.fields().stream, item.entry.fields().seq)),
            _ => None,
        };
        let under_way: Vec<_> = waiting.iter().filter_map(place).collect();
        let outcome = self.take_all(side, waiting);
        let mut known = self.known.lock();
        for place in &under_way {
            known.under_way.remove(place);
        }
        outcome
    }

    fn take_all(&mut self, side: &mut HighSide, waiting: Vec<Delivered>) -> Result<u64, ImportError> {
        let mut fitting = Vec::new();
        for delivered in waiting {
            match delivered {
                Delivered::Item(item) => fitting.extend(self.judge(side, *item)?),
                Delivered::WithoutItem(entry, gateway) => self.announce(side, *entry, &gateway)?,
                Delivered::Refused(line, why) => self.refuse_line(side, &line, why)?,
                Delivered::Beat(_) | Delivered::Stopped(_) => {}
            }
        }
        self.adopt(side, fitting)
    }

    fn judge(
        &mut self,
        side: &mut HighSide,
        item: WholeItem,
    ) -> Result<Option<(FittingEntry, ReceivedFile)>, ImportError> {
        let WholeItem { entry, gateway, received, sha256 } = item;
        let fields = entry.fields().clone();
        let line = entry.line().to_vec();
        let path = received.path.clone();
        let judged = side.inbox.judge(entry, &gateway, &side.gateways).map_err(ImportError::Judge)?;
        let why = match judged {
            Judgement::Fits(entry) if sha256 == fields.sha256 => return Ok(Some((*entry, received))),
            Judgement::Fits(_) => Refusal::BytesDiffer,
            Judgement::Known => {
                remove(&path);
                return Ok(None);
            }
            Judgement::Refused(why) => why,
        };
        let finding = finding(why, Some(fields.stream), Some(fields.seq), Some(fields.item.file_name()));
        let id = self.refuse(side, finding, Some(&line), Some(&path))?;
        remove(&path);
        let reason = match (why, id) {
            (Refusal::BytesDiffer, _) => Some(HoleReason::Differs { volume: LINK.to_owned() }),
            (_, id) => id.map(|quarantine| HoleReason::Refused { quarantine }),
        };
        explain(side, fields.stream, fields.seq, reason);
        Ok(None)
    }

    fn adopt(&mut self, side: &mut HighSide, fitting: Vec<(FittingEntry, ReceivedFile)>) -> Result<u64, ImportError> {
        if fitting.is_empty() {
            return Ok(0);
        }
        let now = self.clock.now();
        let outcomes = hand_over::adopt_all(&self.group, side.inbox.items(), fitting, Hour::containing(now))
            .map_err(ImportError::HandOver)?;
        let mut copied = Vec::new();
        for outcome in outcomes {
            match outcome {
                Copied::Item(item) => copied.push(item),
                Copied::Not(entry, why) => self.not_adopted(side, &entry, why)?,
            }
        }
        let handed_over = side.inbox.hand_over(copied).map_err(ImportError::HandOver)?;
        for entry in &handed_over {
            let fields = entry.fields();
            self.totals.handed_over += 1;
            self.totals.bytes = self.totals.bytes.saturating_add(fields.size);
            tracing::debug!(stream = %fields.stream, seq = fields.seq.value(), "handed over");
            self.totals.healed += side.quarantine.heal(entry, now).map_err(ImportError::Quarantine)?;
        }
        self.account.handed_over(handed_over.len() as u64);
        Ok(handed_over.len() as u64)
    }

    fn not_adopted(&mut self, side: &mut HighSide, entry: &VerifiedEntry, why: NotCopied) -> Result<(), ImportError> {
        if why != NotCopied::NameTaken {
            return Ok(());
        }
        let fields = entry.fields();
        let finding =
            finding(Refusal::ItemNameTaken, Some(fields.stream), Some(fields.seq), Some(fields.item.file_name()));
        let id = self.refuse(side, finding, Some(entry.line()), None)?;
        explain(side, fields.stream, fields.seq, id.map(|quarantine| HoleReason::Refused { quarantine }));
        Ok(())
    }

    /// There is such a place, and the outbox does not have its item.
    fn announce(&mut self, side: &mut HighSide, entry: VerifiedEntry, gateway: &KeyName) -> Result<(), ImportError> {
        let (stream, seq, line) = (entry.fields().stream, entry.fields().seq, entry.line().to_vec());
        match side.inbox.judge(entry, gateway, &side.gateways).map_err(ImportError::Judge)? {
            Judgement::Known => {}
            Judgement::Fits(_) => {
                explain(side, stream, seq, Some(HoleReason::WithoutItem { volume: LINK.to_owned() }));
            }
            Judgement::Refused(why) => {
                let id = self.refuse(side, finding(why, Some(stream), Some(seq), None), Some(&line), None)?;
                explain(side, stream, seq, id.map(|quarantine| HoleReason::Refused { quarantine }));
            }
        }
        Ok(())
    }

    fn refuse_line(&mut self, side: &mut HighSide, line: &[u8], why: Refusal) -> Result<(), ImportError> {
        let claimed = Entry::parse(line).ok();
        let stream = claimed.as_ref().map(|entry| entry.fields().stream);
        let seq = claimed.as_ref().map(|entry| entry.fields().seq);
        let is_known = stream.is_some_and(|stream| side.inbox.streams.contains_key(&stream));
        let why = if why == Refusal::BadSignature && !is_known { Refusal::UnknownStream } else { why };
        self.refuse(side, finding(why, stream, seq, None), Some(line), None).map(drop)
    }

    /// Keeps a finding in quarantine, within the bounds of one run.
    fn refuse(
        &mut self,
        side: &mut HighSide,
        finding: Finding,
        line: Option<&[u8]>,
        item: Option<&std::path::Path>,
    ) -> Result<Option<String>, ImportError> {
        if self.records >= limits::MOST_RECORDS {
            tracing::error!("more is wrong with what comes over the link than is kept");
            return Ok(None);
        }
        let room = self.room.min(limits::LARGEST_RECORD);
        let kept =
            side.quarantine.keep(finding, line, item, self.clock.now(), room).map_err(ImportError::Quarantine)?;
        let Some(record) = kept else { return Ok(None) };
        self.records += 1;
        self.totals.refused += 1;
        self.room = self.room.saturating_sub(record.size.unwrap_or(0));
        let id = record.id.to_string();
        tracing::error!(id, reason = record.finding.why.words().1, "quarantined");
        Ok(Some(id))
    }

    fn has_new_head(&self) -> bool {
        let streams = self.claims.newest().map(|heartbeat| heartbeat.streams.as_slice()).unwrap_or_default();
        streams.iter().any(|state| state.head.is_some() && state.head.as_ref() != self.heads.get(&state.stream))
    }

    /// Takes over the heads in the newest heartbeat.
    fn take_heads(&mut self, side: &mut HighSide) -> Result<u64, ImportError> {
        let mut newer = 0;
        let streams = self.claims.newest().map(|heartbeat| heartbeat.streams.clone()).unwrap_or_default();
        for StreamState { stream, head, .. } in streams {
            let Some(line) = head.filter(|line| self.heads.get(&stream) != Some(line)) else { continue };
            let judged = match side.gateways.verify::<HeadFields>(line.as_bytes()) {
                Ok((head, gateway)) => {
                    side.inbox.judge_head(&head, &gateway, &side.gateways).map_err(ImportError::Judge)?
                }
                Err(_) => HeadJudgement::Contradiction,
            };
            match judged {
                HeadJudgement::Newer => newer += 1,
                HeadJudgement::Known => {}
                HeadJudgement::Contradiction => {
                    let finding = finding(Refusal::BadHead, None, None, None);
                    self.refuse(side, finding, Some(line.as_bytes()), None)?;
                }
            }
            if self.heads.len() < limits::MOST_STREAMS {
                self.heads.insert(stream, line);
            }
        }
        Ok(newer)
    }

    /// As long as the other end is heard, what it has not said to have sent may still come: a report overtakes an attachment.
    /// What was missing before stays missing.
    fn expect_more(&self, side: &mut HighSide) {
        if self.is_silent || self.account.view().beat.is_none() {
            return;
        }
        for known in side.inbox.streams.values_mut().filter(|known| known.record.crossing.is_none()) {
            known.record.crossing = Some(Crossing::after(&known.record.holes));
        }
    }

    /// Takes over what was sent long enough ago, and says why what is missing is missing.
    fn take_claims(&mut self, side: &mut HighSide) -> Result<(), ImportError> {
        let settled = self.claims.settled().unwrap_or_default().to_vec();
        for state in &settled {
            let known = side.inbox.stream(state.stream, &side.gateways);
            let known = known.map_err(|source| ImportError::Judge(crate::high::judge::JudgeError::Inbox(source)))?;
            known.note_crossing(state.last, claims::crossing(state));
            let last = Seq::try_from(state.last).ok();
            let place = last.map(|last| known.place(last)).transpose().map_err(ImportError::Stream)?.flatten();
            if place.is_some_and(|place| place.digest != state.sha256 && state.sha256 != Digest::ZERO) {
                let mut view = self.account.view();
                view.contradiction.get_or_insert((self.clock.now(), state.stream, state.last));
            }
            let there = known.record.not_missing(&known.record.received, None, state.last);
            let missing = there.missing_up_to(state.last).into_iter().flatten().take(limits::MOST_ENTRIES);
            for seq in missing.filter_map(|place| Seq::try_from(place).ok()) {
                let why = known.record.reasons.get(&seq.value());
                if why.is_none_or(|why| matches!(why, HoleReason::LostOnLine { .. })) {
                    known.explain(seq, self.lost(state.stream, seq));
                }
            }
        }
        Ok(())
    }

    /// With nobody heard, what came in part is missing: a signed entry names it, and no heartbeat says that the rest comes.
    fn miss_parts(&self, side: &mut HighSide) -> Result<(), ImportError> {
        let parts: Vec<_> = self.account.view().parts.iter().map(|part| (part.stream, part.seq)).collect();
        for (stream, seq) in parts {
            let Ok(seq) = Seq::try_from(seq) else { continue };
            let known = side.inbox.stream(stream, &side.gateways);
            let known = known.map_err(|source| ImportError::Judge(crate::high::judge::JudgeError::Inbox(source)))?;
            known.note_begun(seq);
            known.explain(seq, self.lost(stream, seq));
        }
        Ok(())
    }

    /// How much of a place came.
    fn lost(&self, stream: StreamId, seq: Seq) -> HoleReason {
        let view = self.account.view();
        let part = view.parts.iter().find(|part| part.stream == stream && part.seq == seq.value());
        part.map_or(HoleReason::LostOnLine { came: 0, of: 0 }, |part| HoleReason::LostOnLine {
            came: part.blocks,
            of: part.size.div_ceil(BLOCK).max(part.blocks + 1),
        })
    }

    /// A job is done when the other end names nothing that is not here, or does not speak.
    fn is_done(&self) -> bool {
        if self.account.is_silent(self.clock.elapsed()) {
            return true;
        }
        let Some(newest) = self.claims.newest() else { return false };
        let nothing_waits = newest.backlog.text.items + newest.backlog.media.items == 0;
        let known = self.known.lock();
        let is_here = |state: &StreamState| {
            let received = known.received.get(&state.stream);
            received.map_or(state.last == 0, |received| received.missing_up_to(state.last).is_empty())
        };
        nothing_waits && self.waiting.is_empty() && newest.streams.iter().all(is_here)
    }

    fn report(&self, interrupted: bool) -> Result<ReceiveReport, StartError> {
        let status = HighStatus::of(self.config, self.clock)?;
        Ok(ReceiveReport {
            at: self.clock.now(),
            handed_over: self.totals.handed_over,
            bytes: self.totals.bytes,
            refused: self.totals.refused,
            healed: self.totals.healed,
            missing: status.missing,
            interrupted,
            troubles: status.troubles,
        })
    }
}

fn explain(side: &mut HighSide, stream: StreamId, seq: Seq, reason: Option<HoleReason>) {
    if let Some(known) = side.inbox.streams.get_mut(&stream)
        && let Some(reason) = reason
    {
        known.explain(seq, reason);
    }
}

fn finding(why: Refusal, stream: Option<StreamId>, seq: Option<Seq>, item: Option<String>) -> Finding {
    Finding { why, volume: LINK.to_owned(), stream, seq, item }
}

fn remove(path: &std::path::Path) {
    // What stays behind ends in `.part` and is swept at the next start.
    let _ = std::fs::remove_file(path);
}

/// Where refused material came from, in place of a volume.
pub(crate) const LINK: &str = "diode";
/// How long it waits before it looks at the clock.
const TICK: Duration = Duration::from_millis(250);
/// How often ring and inbox are looked at when nothing comes.
const LOOK: Duration = Duration::from_secs(10);
/// Bytes of a large item in one block of the ordinary size, about.
const BLOCK: u64 = 728_000;
