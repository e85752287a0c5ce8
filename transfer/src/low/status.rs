//! `status` on the low side: what waits, how old it is, what is wrong.

use std::fs;
use std::time::UNIX_EPOCH;

use nightsafe_runtime::ExitCode;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::time::Clock;
use serde::Serialize;

use crate::disk;
use crate::low::export::{HeldEntry, held_entries};
use crate::low::flaw::{Flaw, FlawKind};
use crate::low::plan::{Occasion, Plan, PlanError, PlannedEntry, Round};
use crate::low::side::LowSide;
use crate::ring_status::RingStatus;

/// How the low side stands.
#[derive(Debug, Serialize)]
pub(crate) struct LowStatus {
    /// By stream.
    pub(crate) streams: Vec<LowStream>,
    /// Entries that no volume holds yet (as many as fit one volume).
    pub(crate) waiting: u64,
    /// The bytes of their items.
    pub(crate) waiting_bytes: u64,
    /// The age in whole hours of the oldest of them.
    pub(crate) oldest_hours: Option<u64>,
    /// After how many hours that is an alarm.
    pub(crate) oldest_limit_hours: u32,
    /// Entries whose item did not cross with them.
    pub(crate) held: Vec<HeldEntry>,
    /// What is wrong with the outbox.
    pub(crate) flaws: Vec<Flaw>,
    /// How full the medium is, in percent; `None` if it is not there.
    pub(crate) medium_used_percent: Option<u8>,
    /// The key ring.
    pub(crate) ring: RingStatus,
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
}

impl LowStatus {
    /// Looks at the side without changing anything.
    pub(crate) fn of(side: &LowSide, clock: &dyn Clock) -> Result<Self, PlanError> {
        let plan = Plan::make(side, Round::First)?;
        let streams = side.memory.streams.iter().map(|(stream, memory)| LowStream {
            stream: *stream,
            exported: memory.last.map_or(0, |last| last.seq.value()),
            acknowledged: memory.acknowledged,
            resend: memory.resend.count(),
        });
        let new = |planned: &&PlannedEntry| planned.occasion == Occasion::New;
        let mut flaws: Vec<Flaw> = side.memory.streams.values().flat_map(|stream| stream.flaws.clone()).collect();
        let knows = |flaw: &Flaw| side.memory.streams.get(&flaw.stream).is_some_and(|memory| memory.knows(flaw));
        flaws.extend(plan.flaws.iter().filter(|flaw| !knows(flaw)).cloned());
        Ok(Self {
            streams: streams.collect(),
            waiting: plan.entries.iter().filter(new).count() as u64,
            waiting_bytes: plan.entries.iter().filter(new).map(|planned| planned.entry.fields().size).sum(),
            oldest_hours: plan.entries.iter().filter_map(|planned| age_hours(side, planned, clock)).max(),
            oldest_limit_hours: side.oldest_hours,
            held: held_entries(&side.memory),
            flaws,
            medium_used_percent: disk::used_percent(&side.medium),
            ring: RingStatus::of(&side.ring, clock.now()),
        })
    }

    /// The worst of what it says.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let stuck = self.oldest_hours.is_some_and(|hours| hours >= u64::from(self.oldest_limit_hours));
        let medium = self.medium_used_percent.is_none();
        let held = self.held.iter().map(|held| held.why.exit_code());
        let flaws = self.flaws.iter().map(|_| FlawKind::EXIT_CODE);
        let others = [
            if stuck { ExitCode::Stuck } else { ExitCode::Ok },
            if medium { ExitCode::Disk } else { ExitCode::Ok },
            self.ring.exit_code(),
        ];
        held.chain(flaws).chain(others).collect()
    }
}

/// The age of an entry's item, by the item's time, which is cut to the hour.
fn age_hours(side: &LowSide, planned: &PlannedEntry, clock: &dyn Clock) -> Option<u64> {
    let metadata = fs::metadata(side.outbox.item(&planned.entry.fields().item)).ok()?;
    let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let now = u64::try_from(clock.now().as_second()).ok()?;
    Some(now.saturating_sub(written.as_secs()) / 3600)
}
