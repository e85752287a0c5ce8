//! `export`: from the outbox to as many new volumes as it takes.
//!
//! A volume is complete on the medium before the memory says so: a crash between the two costs a second volume with the
//! same entries, which the high side ignores. Without new entries a volume is still written when a stream's head is newer
//! than the one exported last, so that a withheld tail shows (docs/spec/transfer.md). A medium that is full, absent or
//! broken ends the run between two volumes; what could not go is counted and said.

mod remember;
mod report;

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use nightsafe_runtime::durable_file::DurableError;
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::time::Hour;
use nightsafe_schema::volume::VolumeNumber;

use crate::disk::Space;
use crate::low::journal;
use crate::low::memory::MemoryError;
use crate::low::plan::{Occasion, Plan, PlanError, Room, Round};
use crate::low::side::LowSide;
use crate::low::status;
use crate::low::troubles;
use crate::low::volume_draft::{DraftError, VolumeDraft};
use crate::supervision::Supervision;
use crate::trouble::chain;

pub(crate) use report::{ExportReport, HeldEntry, Stopped, held_entries};

/// Why a run ended early, with nothing to report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    /// There is no saying what to export.
    #[error("cannot export")]
    Plan(#[source] PlanError),
    /// The memory could not be written.
    #[error("cannot remember what is exported")]
    Memory(#[source] MemoryError),
    /// What is remembered of the side's health could not be written.
    #[error("cannot remember how the side is")]
    Health(#[source] DurableError),
}

/// Why the medium could not be used.
#[derive(Debug, thiserror::Error)]
enum MediumError {
    /// It cannot be listed or swept.
    #[error("the medium {path} cannot be used")]
    Use {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The volume could not be written.
    #[error("the volume was not written")]
    Draft(#[source] DraftError),
}

/// What came of writing one volume.
enum Written {
    /// It is on the medium.
    Volume,
    /// There was no need for it after all.
    Nothing,
    /// The run was asked to stop; nothing of the volume is left.
    Interrupted,
}

impl HasExitCode for ExportError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Plan(source) => source.exit_code(),
            Self::Memory(source) => source.exit_code(),
            Self::Health(source) => source.exit_code(),
        }
    }
}

impl LowSide {
    /// Writes volumes until nothing is left to export, the medium takes no more, or the run is asked to stop.
    pub(crate) fn export(&mut self, around: Supervision<'_>) -> Result<ExportReport, ExportError> {
        let mut report = ExportReport::new(around.clock.now());
        if let Err(error) = self.sweep_medium() {
            report.stopped = Some(Stopped::MediumFailed { error: chain(&error) });
        }
        let mut round = Round::First;
        while report.stopped.is_none() {
            let space = Space::of(&self.medium);
            let room = Room::on(self.volume_bytes, space);
            let plan = Plan::make(self, round, room).map_err(ExportError::Plan)?;
            self.note_flaws(&plan, around.clock.now());
            if !plan.is_worth_a_volume(&self.memory) {
                self.remember_positions(&plan)?;
                let free = space.map_or(0, |space| space.free);
                report.stopped = plan.left_out.map(|needed| Stopped::MediumFull { free, needed });
                break;
            }
            match self.write_volume(&plan, &mut report, around)? {
                Ok(Written::Volume | Written::Nothing) => {}
                Ok(Written::Interrupted) => {
                    report.interrupted = true;
                    break;
                }
                Err(error) => report.stopped = Some(Stopped::MediumFailed { error: chain(&error) }),
            }
            round = Round::Later;
        }
        self.conclude(&mut report, around.clock.now())?;
        Ok(report)
    }

    /// Adds how the side stands after the run.
    fn conclude(&mut self, report: &mut ExportReport, now: Timestamp) -> Result<(), ExportError> {
        self.seek_strays(now)?;
        (report.waiting, report.waiting_bytes) = self.waiting().map_err(ExportError::Plan)?;
        report.at = now;
        report.held = held_entries(&self.memory);
        report.flaws = self.flaws();
        let stopped = report.stopped.as_ref();
        let stopped = stopped.map(|stopped| troubles::stopped(stopped, report.waiting, report.waiting_bytes));
        report.troubles = stopped.into_iter().chain(status::remembered_troubles(self)).collect();
        if report.exit_code() == ExitCode::Ok {
            self.health.last_success = Some(now);
        }
        self.health.save(&self.state).map_err(ExportError::Health)
    }

    /// How many entries no volume holds, and the bytes of their items.
    pub(crate) fn waiting(&self) -> Result<(u64, u64), PlanError> {
        let (mut items, mut bytes) = (0_u64, 0_u64);
        for stream in self.outbox.streams().map_err(PlanError::Outbox)? {
            let position = self.memory.streams.get(&stream).map_or(0, |memory| memory.position);
            let (more, size) = journal::beyond(&self.outbox.journal(&stream), position).map_err(PlanError::Journal)?;
            items = items.saturating_add(more);
            bytes = bytes.saturating_add(size);
        }
        Ok((items, bytes))
    }

    fn write_volume(
        &mut self,
        plan: &Plan,
        report: &mut ExportReport,
        around: Supervision<'_>,
    ) -> Result<Result<Written, MediumError>, ExportError> {
        let now = around.clock.now();
        let mut draft = match self.begin_volume(Hour::containing(now)) {
            Ok(draft) => draft,
            Err(error) => return Ok(Err(error)),
        };
        around.progress.expect(plan.entries.len() as u64, plan.bytes());
        let mut outcomes = Vec::with_capacity(plan.entries.len());
        let (mut items, mut bytes) = (0_u64, 0_u64);
        for planned in &plan.entries {
            if (around.stop)() {
                // The draft is dropped and with it everything this volume would have held.
                return Ok(Ok(Written::Interrupted));
            }
            let source = self.outbox.item(&planned.entry.fields().item);
            if let Some(age) = status::age_seconds(&source, now) {
                around.progress.oldest(age);
            }
            let outcome = match draft.add(&planned.entry, &source, around.progress) {
                Ok(outcome) => outcome,
                Err(error) => return Ok(Err(MediumError::Draft(error))),
            };
            if let Ok(copied) = outcome {
                items += 1;
                bytes += copied;
            }
            outcomes.push(outcome.err());
        }
        let heads_are_news = plan.heads.iter().any(|(stream, head)| self.head_of(stream) != Some(head.digest()));
        let again_in_vain = plan.entries.iter().all(|planned| planned.occasion == Occasion::Held) && items == 0;
        if again_in_vain && !heads_are_news {
            return Ok(Ok(Written::Nothing));
        }
        let number = match draft.finish(plan.heads.values()) {
            Ok(number) => number,
            Err(error) => return Ok(Err(MediumError::Draft(error))),
        };
        self.remember(plan, number, &outcomes, now)?;
        let entries = outcomes.len() as u64;
        report.volumes.push(number.to_string());
        report.entries += entries;
        report.items += items;
        report.bytes += bytes;
        tracing::info!(volume = %number, entries, items, "volume written");
        Ok(Ok(Written::Volume))
    }

    fn begin_volume(&self, hour: Hour) -> Result<VolumeDraft, MediumError> {
        let number = self.next_number()?;
        VolumeDraft::begin(&self.medium, number, hour).map_err(MediumError::Draft)
    }

    /// The number after every volume that was written, remembered or lies on the medium.
    fn next_number(&self) -> Result<VolumeNumber, MediumError> {
        let missing = |source| MediumError::Use { path: self.medium.clone(), source };
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

    fn head_of(&self, stream: &StreamId) -> Option<Digest> {
        self.memory.streams.get(stream).and_then(|memory| memory.head)
    }

    /// Removes volumes that a crash left half written. What else lies on the medium is not ours.
    fn sweep_medium(&self) -> Result<(), MediumError> {
        let refused = |source| MediumError::Use { path: self.medium.clone(), source };
        for entry in fs::read_dir(&self.medium).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            if entry.file_name().to_str().is_some_and(VolumeDraft::is_name) {
                fs::remove_dir_all(entry.path()).map_err(refused)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
