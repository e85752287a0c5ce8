//! What a run of `export` did, and how the low side stands after it.

use jiff::Timestamp;
use nightsafe_runtime::ExitCode;
use nightsafe_schema::journal::StreamId;
use serde::Serialize;

use crate::low::flaw::NotedFlaw;
use crate::low::memory::{Held, Memory, StreamMemory};
use crate::trouble::Troubles;

/// The report of one run.
#[derive(Debug, Serialize)]
pub(crate) struct ExportReport {
    /// When it ended.
    pub(crate) at: Timestamp,
    /// The volumes it wrote.
    pub(crate) volumes: Vec<String>,
    /// The entries in them.
    pub(crate) entries: u64,
    /// The items in them.
    pub(crate) items: u64,
    /// The items' bytes.
    pub(crate) bytes: u64,
    /// Entries that no volume holds yet.
    pub(crate) waiting: u64,
    /// The bytes of their items.
    pub(crate) waiting_bytes: u64,
    /// Entries whose item did not go with them, from this run or an earlier one.
    pub(crate) held: Vec<HeldEntry>,
    /// What is wrong with the outbox.
    pub(crate) flaws: Vec<NotedFlaw>,
    /// Why it ended before it was through, if the medium was the reason.
    pub(crate) stopped: Option<Stopped>,
    /// Whether the run was asked to stop before it was through.
    pub(crate) interrupted: bool,
    /// What is wrong.
    pub(crate) troubles: Troubles,
}

/// Why a run ended early. No part of a volume is left behind.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub(crate) enum Stopped {
    /// The medium has no room for the next item.
    MediumFull {
        /// Bytes that are free.
        free: u64,
        /// Bytes that the next item needs.
        needed: u64,
    },
    /// The medium is absent, read-only, full or broken.
    MediumFailed {
        /// What was being done, and what the operating system said.
        error: String,
    },
}

/// An entry whose item did not cross.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct HeldEntry {
    pub(crate) stream: StreamId,
    pub(crate) seq: u64,
    pub(crate) why: Held,
    /// When that was first noticed.
    pub(crate) since: Timestamp,
}

impl ExportReport {
    /// Nothing was done yet.
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            at: now,
            volumes: Vec::new(),
            entries: 0,
            items: 0,
            bytes: 0,
            waiting: 0,
            waiting_bytes: 0,
            held: Vec::new(),
            flaws: Vec::new(),
            stopped: None,
            interrupted: false,
            troubles: Troubles::default(),
        }
    }

    /// Whether nothing was exported.
    pub(crate) fn is_idle(&self) -> bool {
        self.volumes.is_empty()
    }

    /// How the outbox stands after the run.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let interrupted = if self.interrupted { ExitCode::Interrupted } else { ExitCode::Ok };
        self.troubles.exit_code().worse_of(interrupted)
    }
}

impl Stopped {
    /// The word for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::MediumFull { .. } => "medium-full",
            Self::MediumFailed { .. } => "medium-failed",
        }
    }
}

/// Every entry whose item has not crossed with it.
pub(crate) fn held_entries(memory: &Memory) -> Vec<HeldEntry> {
    let of_stream = |(stream, memory): (&StreamId, &StreamMemory)| {
        let stream = *stream;
        let held = memory.held.iter();
        held.map(move |(seq, held)| HeldEntry { stream, seq: *seq, why: held.why, since: held.since })
            .collect::<Vec<_>>()
    };
    memory.streams.iter().flat_map(of_stream).collect()
}
