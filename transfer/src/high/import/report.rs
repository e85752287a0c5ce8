//! What an import did, and how the high side stands after it.

use nightsafe_runtime::ExitCode;
use nightsafe_schema::journal::StreamId;
use serde::Serialize;

use crate::high::holes::Hole;
use crate::high::quarantine::record::Record;
use crate::high::side::HighSide;
use crate::high::stream_record::Origin;

/// The report of one run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ImportReport {
    /// The volumes that were read; those imported to the end before are left out.
    pub(crate) volumes: Vec<String>,
    /// Items that were handed over.
    pub(crate) handed_over: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// Entries that came again.
    pub(crate) known: u64,
    /// What was refused for the first time.
    pub(crate) refused: Vec<Record>,
    /// Quarantine records that good material has settled.
    pub(crate) healed: u64,
    /// Volumes that are not there whole.
    pub(crate) half_copied: Vec<String>,
    /// What is missing after the run.
    pub(crate) missing: Vec<MissingRange>,
    /// Streams that begin at a line that is not known here: the end of an earlier stream is missing.
    pub(crate) unconnected: Vec<StreamId>,
    /// Open records in quarantine.
    pub(crate) quarantined: u64,
    /// Whether the run was asked to stop before it was through.
    pub(crate) interrupted: bool,
    #[serde(skip)]
    quarantine: ExitCode,
}

/// A hole, with its stream.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MissingRange {
    pub(crate) stream: StreamId,
    #[serde(flatten)]
    pub(crate) hole: Hole,
}

impl ImportReport {
    /// Adds how the side stands now.
    pub(super) fn conclude(&mut self, side: &HighSide) {
        for (stream, known) in &side.inbox.streams {
            let holes = known.record.holes.iter().cloned();
            self.missing.extend(holes.map(|hole| MissingRange { stream: *stream, hole }));
            if matches!(known.record.origin, Origin::CitesUnknown(_)) {
                self.unconnected.push(*stream);
            }
        }
        self.quarantined = side.quarantine.records().count() as u64;
        self.quarantine = side.quarantine.exit_code();
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
        let gap = self.missing.iter().any(|range| range.hole.is_gap())
            || !self.unconnected.is_empty()
            || !self.half_copied.is_empty();
        let gap = if gap { ExitCode::Gap } else { ExitCode::Ok };
        let interrupted = if self.interrupted { ExitCode::Interrupted } else { ExitCode::Ok };
        [self.quarantine, gap, interrupted].into_iter().collect()
    }
}
