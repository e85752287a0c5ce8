//! `status` on the high side: what has come, what is missing since when and why, and what to do next.

use std::path::Path;

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, StartError};
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::ring::KeyName;
use nightsafe_schema::time::{Clock, Hour};
use nightsafe_schema::volume::ITEMS;
use serde::Serialize;

use crate::board::{self, Fact, Standing};
use crate::config::HighConfig;
use crate::diode::state::LinkStatus;
use crate::disk::Space;
use crate::health::Health;
use crate::high::gap::{self, Ticket};
use crate::high::holes::{self, Hole};
use crate::high::import::MissingRange;
use crate::high::inbox::{MEMORIES, Queue, streams_in};
use crate::high::losses::Losses;
use crate::high::quarantine::Quarantine;
use crate::high::quarantine::record::Record;
use crate::high::receive::ReceiveState;
use crate::high::seen::{HalfCopied, Seen};
use crate::high::stream;
use crate::high::stream_record::{Crossing, Origin, StreamRecord};
use crate::high::troubles;
use crate::layout::JOURNAL;
use crate::limits;
use crate::low::status::ago;
use crate::metrics::{self, Metrics};
use crate::page::{age, number};
use crate::ring_status::RingStatus;
use crate::seq_set::{self, SeqSet};
use crate::trouble::{Trouble, Troubles};

/// How the high side stands.
#[derive(Debug, Serialize)]
pub(crate) struct HighStatus {
    /// When this was looked at.
    pub(crate) at: Timestamp,
    /// By stream.
    pub(crate) streams: Vec<HighStream>,
    /// Items that were handed over.
    pub(crate) received: u64,
    /// Places that exist and have not come.
    pub(crate) missing: u64,
    /// What the low side needs to hear about them.
    pub(crate) tickets: Vec<Ticket>,
    /// Volumes that were half copied when they were last looked at.
    pub(crate) half_copied: Vec<HalfCopied>,
    /// Open records in quarantine.
    pub(crate) quarantine: Vec<Record>,
    /// Items in the inbox that internal has not taken yet.
    pub(crate) inbox: Queue,
    /// When a volume last brought something new.
    pub(crate) newest_volume: Option<Timestamp>,
    /// After how many hours that is an alarm.
    pub(crate) oldest_limit_hours: u32,
    /// When a run last ended with everything in order.
    pub(crate) last_success: Option<Timestamp>,
    /// How full the inbox's disk is, in percent.
    pub(crate) inbox_used_percent: Option<u8>,
    /// Whether the medium is there.
    pub(crate) medium_is_there: bool,
    /// The key ring.
    pub(crate) ring: RingStatus,
    /// The one-way link, if there is one.
    pub(crate) diode: Option<LinkStatus<ReceiveState>>,
    /// What is wrong.
    pub(crate) troubles: Troubles,
    #[serde(skip)]
    disk: Option<Space>,
}

/// How one stream stands.
#[derive(Debug, Serialize)]
pub(crate) struct HighStream {
    pub(crate) stream: StreamId,
    pub(crate) gateway: Option<KeyName>,
    /// Items that were handed over.
    pub(crate) received: u64,
    /// The last place that was handed over.
    pub(crate) received_last: u64,
    /// The last place that is known to exist.
    pub(crate) last: u64,
    /// The hour of the newest signed head.
    pub(crate) head_hour: Option<Hour>,
    /// Whether that head is older than the site allows, and the gateway has no newer stream.
    pub(crate) head_is_old: bool,
    /// Whether the stream begins at a line that is not known here.
    pub(crate) is_unconnected: bool,
    /// When the stream was first seen here.
    pub(crate) seen_first: Option<Timestamp>,
    /// Losses that a person has accepted.
    pub(crate) accepted_losses: u64,
    /// What is missing.
    pub(crate) holes: Vec<Hole>,
}

impl HighStatus {
    /// Looks at the side beside whoever works on it; changes nothing.
    pub(crate) fn of(config: &HighConfig, clock: &dyn Clock) -> Result<Self, StartError> {
        let now = clock.now();
        let ring = RingStatus::of(&config.ring.peek(&config.state)?, now);
        let diode = config.diode.as_ref().map(|_| LinkStatus::of(&config.state, ReceiveState::FILE));
        let is_heard = diode.as_ref().is_some_and(|link: &LinkStatus<ReceiveState>| {
            link.running && link.said.as_ref().is_some_and(|said| !said.silent)
        });
        let streams = look_at_streams(config, is_heard, now)?;
        let health = Health::load(&config.state);
        let disk = Space::of(&config.inbox);
        let mut status = Self {
            at: now,
            received: streams.iter().map(|stream| stream.received).sum(),
            missing: streams.iter().flat_map(|stream| &stream.holes).map(|hole| hole.last - hole.first + 1).sum(),
            tickets: streams.iter().flat_map(|stream| gap::tickets(stream.stream, &stream.holes)).collect(),
            streams,
            half_copied: Seen::load(&config.state).half_copied(),
            quarantine: Quarantine::look(&config.quarantine)?.records().cloned().collect(),
            inbox: Queue::of(&config.inbox.join(ITEMS), now),
            newest_volume: health.newest_volume,
            oldest_limit_hours: config.oldest_hours,
            last_success: health.last_success,
            inbox_used_percent: disk.map(Space::used_percent),
            medium_is_there: config.medium.is_dir(),
            ring,
            diode,
            troubles: Troubles::default(),
            disk,
        };
        status.troubles = status.find_troubles(health);
        Ok(status)
    }

    fn find_troubles(&self, health: Health) -> Troubles {
        let limit = self.oldest_limit_hours;
        let records: Vec<&Record> = self.quarantine.iter().collect();
        let refused = self.quarantine.iter().map(troubles::refused);
        let disk = self.disk.filter(|space| space.free < limits::LEAST_FREE_BYTES).map(troubles::inbox_is_full);
        let half_copied = self.half_copied.iter().map(troubles::half_copied);
        let missing = troubles::missing(&self.missing_ranges(), &records);
        let unconnected = self.streams.iter().filter(|stream| stream.is_unconnected);
        let unconnected = unconnected.map(|stream| troubles::unconnected(stream.stream, stream.seen_first));
        let old = self.streams.iter().filter(|stream| stream.head_is_old);
        let old = old.filter_map(|stream| Some(troubles::head_is_old(stream.stream, stream.head_hour?, limit)));
        let silent = health.silent_since(limit, self.at).filter(|_| self.diode.is_none());
        let silent = silent.map(|since| troubles::silent(since, limit));
        let link = self.diode.iter().flat_map(troubles::link);
        let all = refused.chain(self.ring.troubles()).chain(disk).chain(link).chain(half_copied).chain(missing);
        all.chain(unconnected).chain(old).chain(silent).collect::<Vec<Trouble>>().into_iter().collect()
    }

    fn missing_ranges(&self) -> Vec<MissingRange> {
        let of_stream = |stream: &HighStream| {
            let name = stream.stream;
            stream.holes.iter().cloned().map(move |hole| MissingRange { stream: name, hole }).collect::<Vec<_>>()
        };
        self.streams.iter().flat_map(of_stream).collect()
    }
}

impl Standing for HighStatus {
    fn at(&self) -> Timestamp {
        self.at
    }

    fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    fn headline(&self) -> String {
        let quarantine = number(self.quarantine.len() as u64);
        if self.missing == 0 || self.exit_code() != ExitCode::Gap {
            return board::worst(&self.troubles, self.at).unwrap_or_else(|| {
                format!("已收 received {}   缺 missing 0   隔离 quarantine {quarantine}", number(self.received))
            });
        }
        let holes = || self.streams.iter().flat_map(|stream| &stream.holes);
        let ranges: Vec<_> = holes().map(|hole| hole.first..=hole.last).collect();
        let oldest = holes().map(|hole| hole.since).min().unwrap_or(self.at);
        let oldest = age(self.at.duration_since(oldest).as_secs());
        let places = seq_set::abridged(&ranges);
        format!("缺 missing {}: {places}   最早 oldest {oldest}   隔离 quarantine {quarantine}", number(self.missing))
    }

    fn facts(&self) -> Vec<Fact> {
        let of_stream = |stream: &HighStream| {
            let gateway = stream.gateway.as_ref().map_or("-", |gateway| gateway.as_str());
            let head = stream.head_hour.map_or_else(|| "-".to_owned(), |hour| hour.to_string());
            let (received, last) = (number(stream.received), number(stream.last));
            let given_up = match stream.accepted_losses {
                0 => String::new(),
                losses => format!("   放弃 given up {}", number(losses)),
            };
            let value = format!("已收 received {received} / {last}   链头 head {head}{given_up}");
            Fact::new(format!("流 stream {} ({gateway})", stream.stream.short()), value)
        };
        let mut facts: Vec<Fact> = self.streams.iter().map(of_stream).collect();
        let oldest = self
            .inbox
            .oldest_seconds
            .map_or_else(|| "-".to_owned(), |seconds| age(i64::try_from(seconds).unwrap_or(i64::MAX)));
        facts.push(Fact::new(
            "待取 inbox queue",
            format!("{} 件 items   最早 oldest {oldest}", number(self.inbox.items)),
        ));
        facts.extend(self.diode.iter().flat_map(link_facts));
        facts.push(ago("最后一卷 newest volume", self.newest_volume, self.at));
        facts.push(ago("上次正常 last ok", self.last_success, self.at));
        facts.push(Fact::disk("收件箱 inbox", self.disk));
        facts.push(Fact::new("介质 medium", if self.medium_is_there { "在 there" } else { "不在 not there" }));
        facts.push(self.ring.fact());
        facts
    }

    fn metrics(&self) -> Metrics {
        let mut all = Metrics::default();
        all.count(metrics::QUEUE_ITEMS, self.inbox.items);
        all.count(metrics::QUEUE_OLDEST_SECONDS, self.inbox.oldest_seconds.unwrap_or(0));
        for stream in &self.streams {
            all.of_stream(metrics::SEQ_RECEIVED, stream.stream.short(), stream.received_last);
        }
        all.count(metrics::MISSING_ITEMS, self.missing);
        all.count(metrics::QUARANTINE_ITEMS, self.quarantine.len() as u64);
        all.count(metrics::KEY_DAYS_LEFT, self.ring.days_left);
        all.instant(metrics::LAST_SUCCESS, self.last_success);
        all.disk("inbox", self.disk);
        if let Some(said) = self.diode.as_ref().and_then(|link| link.said.as_ref()) {
            all.ratio(metrics::REPAIR_RATIO, said.repair_ratio());
            all.labelled(metrics::DATAGRAMS_LOST, ("where", "here"), said.lost_here);
            all.labelled(metrics::DATAGRAMS_LOST, ("where", "before"), said.lost_before);
        }
        all
    }
}

/// What came over the link, where the rest was lost, and what parity gave back.
fn link_facts(link: &LinkStatus<ReceiveState>) -> Vec<Fact> {
    let label = "光闸 one-way link";
    let Some(said) = link.said.as_ref().filter(|_| link.running) else {
        return vec![Fact::new(label, "没有在接收 not receiving")];
    };
    let heard = said.heartbeat_seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds} s 前 ago"));
    let waiting = said.heard.as_ref().map_or(0, |heard| heard.backlog.text.items + heard.backlog.media.items);
    let repaired = format!("{}.{} %", said.worst_restored_permille / 10, said.worst_restored_permille % 10);
    let dropped = said.wrong_tag + said.wrong_size + said.unreadable;
    vec![
        Fact::new(label, format!("心跳 heartbeat {heard}   对侧待发 waiting there {}", number(waiting))),
        Fact::new(
            "丢包 lost datagrams",
            format!("线路上 before us {}   本机 here {}", number(said.lost_before), number(said.lost_here)),
        ),
        Fact::new(
            "修复 repaired",
            format!(
                "{} 块 blocks   最多 at most {repaired}   丢弃 dropped {}",
                number(said.blocks_restored),
                number(dropped)
            ),
        ),
        Fact::new("正在接收 arriving", format!("{} 件 items", number(said.parts.len() as u64))),
    ]
}

fn look_at_streams(config: &HighConfig, is_heard: bool, now: Timestamp) -> Result<Vec<HighStream>, StartError> {
    let losses = Losses::load(&config.state);
    let journals = config.inbox.join(JOURNAL);
    let memories = config.state.join(MEMORIES);
    let mut streams = Vec::new();
    for stream in streams_in(&journals, &memories)? {
        streams.push(look(stream, &journals, &memories, &losses, is_heard, now)?);
    }
    // A gateway that began a new stream renews the head of that one alone.
    let newest = |gateway: &Option<KeyName>| {
        streams.iter().filter(|stream| stream.gateway == *gateway).filter_map(|stream| stream.head_hour).max()
    };
    let is_old: Vec<bool> = streams
        .iter()
        .map(|stream| {
            let too_old = |hour: Hour| hour.age_at(now).as_hours() >= i64::from(config.oldest_hours);
            stream.head_hour.is_some_and(|hour| too_old(hour) && newest(&stream.gateway) == Some(hour))
        })
        .collect();
    for (stream, is_old) in streams.iter_mut().zip(is_old) {
        stream.head_is_old = is_old;
    }
    Ok(streams)
}

fn look(
    stream: StreamId,
    journals: &Path,
    memories: &Path,
    losses: &Losses,
    is_heard: bool,
    now: Timestamp,
) -> Result<HighStream, StartError> {
    let mut record = StreamRecord::load(&memories.join(format!("{stream}.json")), stream)?;
    let received = stream::places_beyond(&record, journals)?;
    // While nobody hears the other end, nothing is on its way.
    record.crossing = is_heard.then(|| record.crossing.take().unwrap_or_else(|| Crossing::after(&record.holes)));
    let given_up = losses.of(&stream);
    let last = record.known_last().max(received.last());
    let there = record.not_missing(&received, given_up, last);
    Ok(HighStream {
        stream,
        gateway: record.gateway.clone(),
        received: received.count(),
        received_last: received.last(),
        last,
        head_hour: record.head.map(|head| head.hour),
        head_is_old: false,
        is_unconnected: matches!(record.origin, Origin::CitesUnknown(_)),
        seen_first: record.seen_first,
        accepted_losses: given_up.map_or(0, SeqSet::count),
        holes: holes::refresh(&record.holes, &there, last, &record.reasons, now),
    })
}
