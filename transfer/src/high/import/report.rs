//! What an import did, and how the high side stands after it.

use jiff::Timestamp;
use nightsafe_runtime::ExitCode;
use nightsafe_schema::journal::StreamId;
use serde::{Deserialize, Serialize};

use crate::high::holes::Hole;
use crate::high::quarantine::record::Record;
use crate::high::seen::HalfCopied;
use crate::high::side::HighSide;
use crate::high::stream_record::Origin;
use crate::high::troubles;
use crate::trouble::{Trouble, Troubles};

/// The report of one run.
#[derive(Debug, Serialize)]
pub(crate) struct ImportReport {
    /// When it ended.
    pub(crate) at: Timestamp,
    /// The volumes that were read; those imported to the end before are left out.
    pub(crate) volumes: Vec<String>,
    /// Items that were handed over.
    pub(crate) handed_over: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Entries that came again.
    pub(crate) known: u64,
    /// Heads that were newer than the ones known.
    pub(crate) newer_heads: u64,
    /// What was refused for the first time.
    pub(crate) refused: Vec<Record>,
    /// Quarantine records that good material has settled.
    pub(crate) healed: u64,
    /// Volumes that are not there whole.
    pub(crate) half_copied: Vec<HalfCopied>,
    /// What is missing after the run.
    pub(crate) missing: Vec<MissingRange>,
    /// Streams that begin at a line that is not known here: the end of an earlier stream is missing.
    pub(crate) unconnected: Vec<StreamId>,
    /// Open records in quarantine.
    pub(crate) quarantined: u64,
    /// Why it ended before it was through, if the medium or the inbox was the reason.
    pub(crate) stopped: Option<Stopped>,
    /// Then: entries on the medium that have not been handed over.
    pub(crate) waiting: u64,
    /// The bytes of their items.
    pub(crate) waiting_bytes: u64,
    /// Whether the run was asked to stop before it was through.
    pub(crate) interrupted: bool,
    /// What is wrong.
    pub(crate) troubles: Troubles,
}

/// A hole, with its stream.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MissingRange {
    pub(crate) stream: StreamId,
    #[serde(flatten)]
    pub(crate) hole: Hole,
}

/// Why a run ended early. What was handed over until then stays handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub(crate) enum Stopped {
    /// The medium is absent, or went away.
    MediumFailed {
        /// What was being done.
        error: String,
    },
    /// The inbox has no room for the next item.
    InboxFull {
        /// Bytes that are free.
        free: u64,
        /// Bytes of the next item.
        needed: u64,
    },
    /// A disk of this side is full, absent or broken.
    InboxFailed {
        /// What was being done, and what the operating system said.
        error: String,
    },
}

impl ImportReport {
    /// Nothing was done yet.
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            at: now,
            volumes: Vec::new(),
            handed_over: 0,
            bytes: 0,
            known: 0,
            newer_heads: 0,
            refused: Vec::new(),
            healed: 0,
            half_copied: Vec::new(),
            missing: Vec::new(),
            unconnected: Vec::new(),
            quarantined: 0,
            stopped: None,
            waiting: 0,
            waiting_bytes: 0,
            interrupted: false,
            troubles: Troubles::default(),
        }
    }

    /// Adds what waits on the medium.
    pub(super) fn wait_for(&mut self, (items, bytes): (u64, u64)) {
        (self.waiting, self.waiting_bytes) = (items, bytes);
    }

    /// Adds how the side stands now.
    pub(super) fn conclude(&mut self, side: &HighSide, now: Timestamp) {
        self.at = now;
        let mut unconnected = Vec::new();
        for (stream, known) in &side.inbox.streams {
            let holes = known.record.holes.iter().cloned();
            self.missing.extend(holes.map(|hole| MissingRange { stream: *stream, hole }));
            if matches!(known.record.origin, Origin::CitesUnknown(_)) {
                self.unconnected.push(*stream);
                unconnected.push(troubles::unconnected(*stream, known.record.seen_first));
            }
        }
        self.half_copied = side.seen.half_copied();
        let records: Vec<&Record> = side.quarantine.records().collect();
        self.quarantined = records.len() as u64;
        let stopped = self.stopped.as_ref().map(|stopped| troubles::stopped(stopped, self.waiting, self.waiting_bytes));
        let half_copied = self.half_copied.iter().map(troubles::half_copied);
        let missing = troubles::missing(&self.missing, &records);
        let refused = records.iter().map(|record| troubles::refused(record));
        let all = stopped.into_iter().chain(refused).chain(half_copied).chain(missing).chain(unconnected);
        self.troubles = all.collect::<Vec<Trouble>>().into_iter().collect();
    }

    /// Whether nothing came and nothing was refused.
    pub(crate) fn is_idle(&self) -> bool {
        self.handed_over == 0 && self.refused.is_empty() && self.healed == 0
    }

    /// How many places are missing.
    pub(crate) fn missing_places(&self) -> u64 {
        self.missing.iter().map(|range| range.hole.last - range.hole.first + 1).sum()
    }

    /// How the high side stands after the run: what is open in quarantine and what is missing count until they are
    /// settled, whichever run found them.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let interrupted = if self.interrupted { ExitCode::Interrupted } else { ExitCode::Ok };
        self.troubles.exit_code().worse_of(interrupted)
    }
}

impl Stopped {
    /// The word for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::MediumFailed { .. } => "medium-failed",
            Self::InboxFull { .. } => "inbox-full",
            Self::InboxFailed { .. } => "inbox-failed",
        }
    }
}
