//! `export`: from the outbox to as many new volumes as it takes.
//!
//! A volume is complete on the medium before the memory says so: a crash between the two costs a second volume with the
//! same entries, which the high side ignores. Without new entries a volume is still written when a stream's head is newer
//! than the one exported last, so that a withheld tail shows (docs/spec/transfer.md).

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode, failpoint};
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::time::{Clock, Hour};
use nightsafe_schema::volume::VolumeNumber;
use serde::Serialize;

use crate::failpoints;
use crate::low::flaw::{Flaw, FlawKind};
use crate::low::memory::{Held, Memory, MemoryError};
use crate::low::plan::{Occasion, Plan, PlanError, PlannedEntry, Round};
use crate::low::side::LowSide;
use crate::low::volume_draft::{DraftError, VolumeDraft};

/// What one run of `export` did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ExportReport {
    /// The volumes it wrote.
    pub(crate) volumes: Vec<String>,
    /// The entries in them.
    pub(crate) entries: u64,
    /// The items in them.
    pub(crate) items: u64,
    /// The items' bytes.
    pub(crate) bytes: u64,
    /// Entries whose item did not go with them, from this run or an earlier one.
    pub(crate) held: Vec<HeldEntry>,
    /// What is wrong with the outbox.
    pub(crate) flaws: Vec<Flaw>,
    /// Whether the run was asked to stop before it was through.
    pub(crate) interrupted: bool,
}

/// An entry whose item did not cross.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct HeldEntry {
    pub(crate) stream: StreamId,
    pub(crate) seq: u64,
    pub(crate) why: Held,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// There is no saying what to export.
    #[error("cannot export")]
    Plan(#[source] PlanError),
    /// The medium cannot be listed or swept.
    #[error("the medium {path} cannot be used")]
    Medium {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The medium has no room for the volume.
    #[error("the medium {path} has room for {free} bytes and the next volume needs {needed}")]
    Room {
        /// The folder.
        path: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// Bytes that are needed.
        needed: u64,
    },
    /// The volume could not be written.
    #[error("cannot export")]
    Draft(#[source] DraftError),
    /// The memory could not be written.
    #[error("the volume is written, but")]
    Memory(#[source] MemoryError),
}

impl HasExitCode for ExportError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Plan(source) => source.exit_code(),
            Self::Medium { source, .. } => exit_code_of_io(source),
            Self::Room { .. } => ExitCode::Disk,
            Self::Draft(source) => source.exit_code(),
            Self::Memory(source) => source.exit_code(),
        }
    }
}

impl ExportReport {
    /// Whether nothing was exported.
    pub(crate) fn is_idle(&self) -> bool {
        self.volumes.is_empty()
    }

    /// How the outbox stands after the run.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let held = self.held.iter().map(|held| held.why.exit_code());
        let flaws = self.flaws.iter().map(|_| FlawKind::EXIT_CODE);
        let interrupted = if self.interrupted { ExitCode::Interrupted } else { ExitCode::Ok };
        held.chain(flaws).chain([interrupted]).collect()
    }
}

impl LowSide {
    /// Writes volumes until nothing is left to export or `stop` says so.
    pub(crate) fn export(&mut self, clock: &dyn Clock, stop: &dyn Fn() -> bool) -> Result<ExportReport, ExportError> {
        let mut report = ExportReport::default();
        self.sweep_medium()?;
        let mut round = Round::First;
        let mut standing_flaws;
        loop {
            let plan = Plan::make(self, round).map_err(ExportError::Plan)?;
            standing_flaws = self.note_flaws(&plan);
            if !plan.is_worth_a_volume(&self.memory) {
                self.remember_positions(&plan)?;
                break;
            }
            self.write_volume(&plan, Hour::containing(clock.now()), &mut report, stop)?;
            if report.interrupted {
                break;
            }
            round = Round::Later;
        }
        report.held = held_entries(&self.memory);
        report.flaws = self.memory.streams.values().flat_map(|stream| stream.flaws.clone()).collect();
        report.flaws.extend(standing_flaws);
        Ok(report)
    }

    fn write_volume(
        &mut self,
        plan: &Plan,
        hour: Hour,
        report: &mut ExportReport,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), ExportError> {
        self.check_room(plan.bytes())?;
        let number = self.next_number()?;
        let mut draft = VolumeDraft::begin(&self.medium, number, hour).map_err(ExportError::Draft)?;
        let mut outcomes = Vec::with_capacity(plan.entries.len());
        let mut written = ExportReport::default();
        for planned in &plan.entries {
            if stop() {
                // The draft is dropped and with it everything this volume would have held.
                report.interrupted = true;
                return Ok(());
            }
            let source = self.outbox.item(&planned.entry.fields().item);
            let outcome = draft.add(&planned.entry, &source).map_err(ExportError::Draft)?;
            written.entries += 1;
            if let Ok(bytes) = outcome {
                written.items += 1;
                written.bytes += bytes;
            }
            outcomes.push(outcome.err());
        }
        let heads_are_news = plan.heads.iter().any(|(stream, head)| self.head_of(stream) != Some(head.digest()));
        let again_in_vain = plan.entries.iter().all(|planned| planned.occasion == Occasion::Held) && written.items == 0;
        if again_in_vain && !heads_are_news {
            return Ok(());
        }
        let number = draft.finish(plan.heads.values()).map_err(ExportError::Draft)?;
        self.remember(plan, number, &outcomes)?;
        report.volumes.push(number.to_string());
        report.entries += written.entries;
        report.items += written.items;
        report.bytes += written.bytes;
        tracing::info!(volume = %number, entries = written.entries, items = written.items, "volume written");
        Ok(())
    }

    /// The number after every volume that was written, remembered or lies on the medium.
    fn next_number(&self) -> Result<VolumeNumber, ExportError> {
        let missing = |source| ExportError::Medium { path: self.medium.clone(), source };
        let mut last = self.memory.last_volume;
        for entry in fs::read_dir(&self.medium).map_err(missing)? {
            let name = entry.map_err(missing)?.file_name();
            if let Some(number) = name.to_str().and_then(|name| name.parse::<VolumeNumber>().ok()) {
                last = last.max(number.value());
            }
        }
        let after = format!("volume-{last:06}").parse().map_or(VolumeNumber::FIRST, VolumeNumber::next);
        Ok(after)
    }

    fn check_room(&self, needed: u64) -> Result<(), ExportError> {
        // A file system that does not say how much room it has is tried.
        let Ok(found) = rustix::fs::statvfs(&self.medium) else { return Ok(()) };
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        if free < needed { Err(ExportError::Room { path: self.medium.clone(), free, needed }) } else { Ok(()) }
    }

    /// Remembers what is passed by, and returns what will show again by itself.
    fn note_flaws(&mut self, plan: &Plan) -> Vec<Flaw> {
        let mut standing = Vec::new();
        for flaw in &plan.flaws {
            let memory = self.memory.streams.entry(flaw.stream).or_default();
            if memory.knows(flaw) {
                continue;
            }
            tracing::error!(stream = %flaw.stream, position = flaw.position, reason = flaw.kind.words().1, "outbox");
            if flaw.kind.is_passed_by() {
                memory.note(flaw.clone());
            } else {
                standing.push(flaw.clone());
            }
        }
        standing
    }

    fn remember(&mut self, plan: &Plan, number: VolumeNumber, outcomes: &[Option<Held>]) -> Result<(), ExportError> {
        for (planned, held) in plan.entries.iter().zip(outcomes) {
            self.remember_entry(planned, *held);
        }
        for (stream, head) in &plan.heads {
            self.memory.streams.entry(*stream).or_default().head = Some(head.digest());
        }
        self.memory.last_volume = number.value();
        self.remember_positions(plan)?;
        failpoint::hit(failpoints::EXPORT_STATE_WRITTEN);
        Ok(())
    }

    fn remember_entry(&mut self, planned: &PlannedEntry, held: Option<Held>) {
        let fields = planned.entry.fields();
        let memory = self.memory.streams.entry(fields.stream).or_default();
        memory.resend.remove(fields.seq);
        let place = fields.seq.value();
        match held {
            Some(why) if place > memory.acknowledged => {
                if memory.held.insert(place, why) != Some(why) {
                    tracing::error!(stream = %fields.stream, seq = place, reason = why.words().1, "item held back");
                }
            }
            _ => {
                memory.held.remove(&place);
            }
        }
    }

    fn remember_positions(&mut self, plan: &Plan) -> Result<(), ExportError> {
        let before = self.remembered.clone();
        for (stream, reached) in &plan.reached {
            let memory = self.memory.streams.entry(*stream).or_default();
            memory.position = reached.position;
            memory.last = reached.last;
        }
        if self.memory != before {
            self.memory.save(&self.state).map_err(ExportError::Memory)?;
            self.remembered = self.memory.clone();
        }
        Ok(())
    }

    fn head_of(&self, stream: &StreamId) -> Option<nightsafe_schema::digest::Digest> {
        self.memory.streams.get(stream).and_then(|memory| memory.head)
    }

    /// Removes volumes that a crash left half written. What else lies on the medium is not ours.
    fn sweep_medium(&self) -> Result<(), ExportError> {
        let refused = |source| ExportError::Medium { path: self.medium.clone(), source };
        for entry in fs::read_dir(&self.medium).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            if entry.file_name().to_str().is_some_and(VolumeDraft::is_name) {
                fs::remove_dir_all(entry.path()).map_err(refused)?;
            }
        }
        Ok(())
    }
}

/// Every entry whose item has not crossed with it.
pub(crate) fn held_entries(memory: &Memory) -> Vec<HeldEntry> {
    let of_stream = |(stream, memory): (&StreamId, &crate::low::memory::StreamMemory)| {
        let stream = *stream;
        memory.held.iter().map(move |(seq, why)| HeldEntry { stream, seq: *seq, why: *why }).collect::<Vec<_>>()
    };
    let streams: &BTreeMap<_, _> = &memory.streams;
    streams.iter().flat_map(of_stream).collect()
}
