//! `status` on the low side: what waits, how old it is, what is wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use jiff::{SignedDuration, Timestamp};
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::time::{Clock, Hour};
use serde::Serialize;

use crate::board::{self, Fact, Standing};
use crate::diode::state::LinkStatus;
use crate::disk::Space;
use crate::health::Health;
use crate::low::export::{HeldEntry, held_entries};
use crate::low::flaw::NotedFlaw;
use crate::low::plan::{Occasion, Plan, PlanError, PlannedEntry, Room, Round};
use crate::low::send::SendState;
use crate::low::side::LowSide;
use crate::low::troubles;
use crate::metrics::{self, Metrics};
use crate::page::{age, number, size};
use crate::ring_status::RingStatus;
use crate::trouble::{Trouble, Troubles};

/// How the low side stands.
#[derive(Debug, Serialize)]
pub(crate) struct LowStatus {
    /// When this was looked at.
    pub(crate) at: Timestamp,
    /// By stream.
    pub(crate) streams: Vec<LowStream>,
    /// Entries that no volume holds yet.
    pub(crate) waiting: u64,
    /// The bytes of their items.
    pub(crate) waiting_bytes: u64,
    /// The age in seconds of the oldest of them, by its item's time, which is cut to the hour.
    pub(crate) oldest_seconds: Option<u64>,
    /// After how many hours that is an alarm.
    pub(crate) oldest_limit_hours: u32,
    /// Entries whose item did not cross with them.
    pub(crate) held: Vec<HeldEntry>,
    /// What is wrong with the outbox.
    pub(crate) flaws: Vec<NotedFlaw>,
    /// Items in the outbox that no entry names, and since when.
    pub(crate) strays: BTreeMap<ItemId, Timestamp>,
    /// When a volume was last written.
    pub(crate) newest_volume: Option<Timestamp>,
    /// When a run last ended with everything in order.
    pub(crate) last_success: Option<Timestamp>,
    /// How full the medium is, in percent; `None` if it is not there.
    pub(crate) medium_used_percent: Option<u8>,
    /// The key ring.
    pub(crate) ring: RingStatus,
    /// The one-way link, if there is one.
    pub(crate) diode: Option<LinkStatus<SendState>>,
    /// What is wrong.
    pub(crate) troubles: Troubles,
    #[serde(skip)]
    medium: Option<Space>,
    #[serde(skip)]
    outbox: Option<Space>,
}

/// How one stream stands.
#[derive(Debug, Serialize)]
pub(crate) struct LowStream {
    pub(crate) stream: StreamId,
    /// The last place that was exported.
    pub(crate) exported: u64,
    /// The last place that the high side has acknowledged.
    pub(crate) acknowledged: u64,
    /// Places that were asked for again and wait for the next export.
    pub(crate) resend: u64,
    /// The hour of the gateway's newest head.
    pub(crate) head_hour: Option<Hour>,
}

impl LowStatus {
    /// Looks at the side without changing anything.
    pub(crate) fn of(side: &LowSide, clock: &dyn Clock) -> Result<Self, PlanError> {
        let now = clock.now();
        let plan = Plan::make(side, Round::First, Room::volume(side.volume_bytes))?;
        let streams = side.memory.streams.iter().map(|(stream, memory)| LowStream {
            stream: *stream,
            exported: memory.last.map_or(0, |last| last.seq.value()),
            acknowledged: memory.acknowledged,
            resend: memory.resend.count(),
            head_hour: plan.heads_seen.get(stream).copied(),
        });
        let oldest_seconds = plan.entries.iter().filter_map(|planned| waiting_seconds(side, planned, now)).max();
        let (waiting, waiting_bytes) = side.waiting()?;
        let health = Health::load(&side.state);
        let medium = Space::of(&side.medium);
        let ring = RingStatus::of(&side.ring, now);
        let mut status = Self {
            at: now,
            streams: streams.collect(),
            waiting,
            waiting_bytes,
            oldest_seconds,
            oldest_limit_hours: side.oldest_hours,
            held: held_entries(&side.memory),
            flaws: flaws(side, &plan, now),
            strays: side.memory.strays.open.clone(),
            newest_volume: health.newest_volume,
            last_success: health.last_success,
            medium_used_percent: medium.map(Space::used_percent),
            ring,
            diode: side.has_diode.then(|| LinkStatus::of(&side.state, SendState::FILE)),
            troubles: Troubles::default(),
            medium,
            outbox: Space::of(&side.outbox.items()),
        };
        status.troubles = status.find_troubles(health, plan.heads_seen.values().max().copied());
        Ok(status)
    }

    fn find_troubles(&self, health: Health, newest_head: Option<Hour>) -> Troubles {
        let limit = self.oldest_limit_hours;
        let flaws = self.flaws.iter().map(troubles::flaw);
        let strays = self.strays.iter().map(|(item, since)| troubles::stray(item, *since));
        let held = self.held.iter().map(troubles::held);
        // With a link, the medium is for what the link cannot heal.
        let no_medium = (self.medium.is_none() && self.diode.is_none()).then(troubles::no_medium);
        let link = self.diode.iter().filter_map(link_trouble);
        let is_over = |seconds: u64| seconds >= u64::from(limit) * 3600;
        let stuck = self.oldest_seconds.filter(|seconds| is_over(*seconds)).and_then(|seconds| {
            let since = self.at.checked_sub(SignedDuration::from_secs(i64::try_from(seconds).ok()?)).ok()?;
            Some(troubles::stuck(since, limit))
        });
        let silent = health.silent_since(limit, self.at).filter(|_| self.diode.is_none());
        let silent = silent.map(|since| troubles::silent(since, limit));
        let old_head = newest_head.filter(|hour| hour.age_at(self.at).as_hours() >= i64::from(limit));
        let old_head = old_head.map(|hour| troubles::head_is_old(hour, limit));
        let ring = self.ring.troubles();
        flaws
            .chain(strays)
            .chain(ring)
            .chain(no_medium)
            .chain(link)
            .chain(held)
            .chain(stuck)
            .chain(silent)
            .chain(old_head)
            .collect()
    }

    fn resend(&self) -> u64 {
        self.streams.iter().map(|stream| stream.resend).sum()
    }
}

impl Standing for LowStatus {
    fn at(&self) -> Timestamp {
        self.at
    }

    fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    fn headline(&self) -> String {
        board::worst(&self.troubles, self.at).unwrap_or_else(|| {
            format!("待发 queue {}   最早 oldest {}", number(self.waiting), oldest(self.oldest_seconds))
        })
    }

    fn facts(&self) -> Vec<Fact> {
        let queue = format!("{} 件 items, {}", number(self.waiting), size(self.waiting_bytes));
        let mut facts = vec![Fact::new("待发 queue", queue)];
        if self.resend() > 0 {
            facts.push(Fact::new("重发 resend", format!("{} 件 items", number(self.resend()))));
        }
        facts.extend(self.streams.iter().map(|stream| {
            let head = stream.head_hour.map_or_else(|| "-".to_owned(), |hour| hour.to_string());
            let (exported, acknowledged) = (number(stream.exported), number(stream.acknowledged));
            let value = format!("已发 sent {exported}   已收讫 acked {acknowledged}   链头 head {head}");
            Fact::new(format!("流 stream {}", stream.stream.short()), value)
        }));
        facts.extend(self.diode.as_ref().map(link_fact));
        facts.push(ago("最后一卷 newest volume", self.newest_volume, self.at));
        facts.push(ago("上次正常 last ok", self.last_success, self.at));
        facts.push(Fact::disk("介质 medium", self.medium));
        facts.push(Fact::disk("发件箱 outbox", self.outbox));
        facts.push(self.ring.fact());
        if self.waiting > 0 || self.resend() > 0 {
            let next = if self.diode.is_some() { "nightsafe-transfer send" } else { "nightsafe-transfer export" };
            facts.push(Fact::new("下一步 next", next));
        }
        facts
    }

    fn metrics(&self) -> Metrics {
        let mut all = Metrics::default();
        all.count(metrics::QUEUE_ITEMS, self.waiting);
        all.count(metrics::QUEUE_OLDEST_SECONDS, self.oldest_seconds.unwrap_or(0));
        for stream in &self.streams {
            all.of_stream(metrics::SEQ_SENT, stream.stream.short(), stream.exported);
        }
        all.count(metrics::MISSING_ITEMS, self.held.len() as u64);
        all.count(metrics::QUARANTINE_ITEMS, (self.flaws.len() + self.strays.len()) as u64);
        all.count(metrics::KEY_DAYS_LEFT, self.ring.days_left);
        all.instant(metrics::LAST_SUCCESS, self.last_success);
        all.disk("medium", self.medium);
        all.disk("outbox", self.outbox);
        all
    }
}

fn link_trouble(link: &LinkStatus<SendState>) -> Option<Trouble> {
    let said = link.said.as_ref()?;
    match &said.failure {
        _ if !link.running => Some(troubles::not_sending(said.at)),
        Some(failure) => Some(troubles::link_refuses(&failure.error, failure.since)),
        None => None,
    }
}

fn link_fact(link: &LinkStatus<SendState>) -> Fact {
    let label = "光闸 one-way link";
    let Some(said) = link.said.as_ref().filter(|_| link.running) else {
        return Fact::new(label, "没有在发送 not sending");
    };
    let (datagrams, repeats) = (number(said.datagrams), number(said.repeats));
    let value = format!("已发包 datagrams {datagrams}   {}   补发 repeats {repeats}", size(said.wire_bytes));
    Fact::new(label, value)
}

/// What is wrong as far as the memory tells, for the report of a run.
pub(crate) fn remembered_troubles(side: &LowSide) -> Vec<Trouble> {
    let flaws = side.flaws();
    let flaws = flaws.iter().map(troubles::flaw);
    let strays = side.memory.strays.open.iter().map(|(item, since)| troubles::stray(item, *since));
    let held = held_entries(&side.memory);
    flaws.chain(strays).chain(held.iter().map(troubles::held)).collect()
}

/// The age of a file by its time, which is cut to the hour.
pub(crate) fn age_seconds(path: &Path, now: Timestamp) -> Option<u64> {
    let written = fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let now = u64::try_from(now.as_second()).ok()?;
    Some(now.saturating_sub(written.as_secs()))
}

/// Open flaws: those that are remembered, and those that a look has just found.
fn flaws(side: &LowSide, plan: &Plan, now: Timestamp) -> Vec<NotedFlaw> {
    let memory = |stream: &StreamId| side.memory.streams.get(stream);
    let mut flaws: Vec<NotedFlaw> = side.memory.streams.values().flat_map(|stream| stream.flaws.clone()).collect();
    for flaw in &plan.flaws {
        if memory(&flaw.stream).is_none_or(|memory| !memory.knows(flaw)) {
            let since = memory(&flaw.stream).and_then(|memory| memory.stands_since(flaw)).unwrap_or(now);
            flaws.push(NotedFlaw { flaw: flaw.clone(), since });
        }
    }
    flaws
}

fn waiting_seconds(side: &LowSide, planned: &PlannedEntry, now: Timestamp) -> Option<u64> {
    let waits = matches!(planned.occasion, Occasion::New | Occasion::AskedFor);
    waits.then(|| age_seconds(&side.outbox.item(&planned.entry.fields().item), now)).flatten()
}

fn oldest(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), |seconds| age(i64::try_from(seconds).unwrap_or(i64::MAX)))
}

/// How long ago something was.
pub(crate) fn ago(label: &str, at: Option<Timestamp>, now: Timestamp) -> Fact {
    let never = || "还没有 never".to_owned();
    let value = at.map_or_else(never, |at| format!("{} 前 ago", age(now.duration_since(at).as_secs())));
    Fact::new(label, value)
}
