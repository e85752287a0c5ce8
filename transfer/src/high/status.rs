//! `status` on the high side: what has come, what is missing since when and why, and what to do next.

use std::path::Path;

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, StartError};
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::ring::KeyName;
use nightsafe_schema::time::{Clock, Hour};
use serde::Serialize;

use crate::config::HighConfig;
use crate::disk;
use crate::high::gap::{self, Ticket};
use crate::high::holes::{self, Hole};
use crate::high::inbox::{MEMORIES, streams_in};
use crate::high::losses::Losses;
use crate::high::quarantine::Quarantine;
use crate::high::quarantine::record::Record;
use crate::high::stream;
use crate::high::stream_record::{Origin, StreamRecord};
use crate::layout::JOURNAL;
use crate::ring_status::RingStatus;

/// How the high side stands.
#[derive(Debug, Serialize)]
pub(crate) struct HighStatus {
    /// By stream.
    pub(crate) streams: Vec<HighStream>,
    /// Items that were handed over.
    pub(crate) received: u64,
    /// Places that exist and have not come.
    pub(crate) missing: u64,
    /// What the low side needs to hear about them.
    pub(crate) tickets: Vec<Ticket>,
    /// Open records in quarantine.
    pub(crate) quarantine: Vec<Record>,
    /// How full the inbox's disk is, in percent.
    pub(crate) inbox_used_percent: Option<u8>,
    /// Whether the medium is there.
    pub(crate) medium_is_there: bool,
    /// The key ring.
    pub(crate) ring: RingStatus,
    #[serde(skip)]
    quarantine_code: ExitCode,
}

/// How one stream stands.
#[derive(Debug, Serialize)]
pub(crate) struct HighStream {
    pub(crate) stream: StreamId,
    pub(crate) gateway: Option<KeyName>,
    /// Items that were handed over.
    pub(crate) received: u64,
    /// The last place that is known to exist.
    pub(crate) last: u64,
    /// The hour of the newest signed head.
    pub(crate) head_hour: Option<Hour>,
    /// Whether that head is older than the site allows.
    pub(crate) head_is_old: bool,
    /// Whether the stream begins at a line that is not known here.
    pub(crate) is_unconnected: bool,
    /// Losses that a person has accepted.
    pub(crate) accepted_losses: u64,
    /// What is missing.
    pub(crate) holes: Vec<Hole>,
}

impl HighStatus {
    /// Looks at the side beside whoever works on it; changes nothing.
    pub(crate) fn of(config: &HighConfig, clock: &dyn Clock) -> Result<Self, StartError> {
        let now = clock.now();
        let ring = config.ring.peek(&config.state)?;
        let losses = Losses::load(&config.state);
        let journals = config.inbox.join(JOURNAL);
        let memories = config.state.join(MEMORIES);
        let mut streams = Vec::new();
        for stream in streams_in(&journals, &memories)? {
            streams.push(look(stream, &journals, &memories, &losses, i64::from(config.oldest_hours), now)?);
        }
        let quarantine = Quarantine::look(&config.quarantine)?;
        Ok(Self {
            received: streams.iter().map(|stream| stream.received).sum(),
            missing: streams.iter().flat_map(|stream| &stream.holes).map(|hole| hole.last - hole.first + 1).sum(),
            tickets: streams.iter().flat_map(|stream| gap::tickets(stream.stream, &stream.holes)).collect(),
            streams,
            quarantine_code: quarantine.exit_code(),
            quarantine: quarantine.records().cloned().collect(),
            inbox_used_percent: disk::used_percent(&config.inbox),
            medium_is_there: config.medium.is_dir(),
            ring: RingStatus::of(&ring, now),
        })
    }

    /// The worst of what it says.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let is_gap = |stream: &HighStream| stream.is_unconnected || stream.holes.iter().any(Hole::is_gap);
        let gap = self.streams.iter().any(is_gap);
        let stuck = self.streams.iter().any(|stream| stream.head_is_old);
        [
            self.quarantine_code,
            self.ring.exit_code(),
            if gap { ExitCode::Gap } else { ExitCode::Ok },
            if stuck { ExitCode::Stuck } else { ExitCode::Ok },
        ]
        .into_iter()
        .collect()
    }
}

fn look(
    stream: StreamId,
    journals: &Path,
    memories: &Path,
    losses: &Losses,
    oldest_hours: i64,
    now: Timestamp,
) -> Result<HighStream, StartError> {
    let record = StreamRecord::load(&memories.join(format!("{stream}.json")), stream)?;
    let received = stream::places_beyond(&record, journals)?;
    let mut there = received.clone();
    let given_up = losses.of(&stream);
    if let Some(given_up) = given_up {
        there.extend(given_up);
    }
    let last = record.known_last().max(received.last());
    let head_hour = record.head.map(|head| head.hour);
    Ok(HighStream {
        stream,
        gateway: record.gateway.clone(),
        received: received.count(),
        last,
        head_hour,
        head_is_old: head_hour.is_some_and(|hour| hour.age_at(now).as_hours() >= oldest_hours),
        is_unconnected: matches!(record.origin, Origin::CitesUnknown(_)),
        accepted_losses: given_up.map_or(0, crate::seq_set::SeqSet::count),
        holes: holes::refresh(&record.holes, &there, last, &record.reasons, now),
    })
}
