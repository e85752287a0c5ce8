//! `import`: from every volume on the medium to the inbox.
//!
//! Volumes come in any order, twice, half copied or altered; what is right in them is handed over exactly once, and what
//! is not is named or kept in quarantine. A medium that goes away or an inbox that is full ends the run between two
//! items; what could not come is counted and said.

mod one_volume;
mod report;

use nightsafe_runtime::durable_file::DurableError;
use nightsafe_runtime::{ExitCode, HasExitCode, failpoint};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::Entry;
use nightsafe_schema::volume::VolumeNumber;

use crate::failpoints;
use crate::high::hand_over::HandOverError;
use crate::high::judge::JudgeError;
use crate::high::quarantine::QuarantineError;
use crate::high::seen::Ending;
use crate::high::side::HighSide;
use crate::high::stream::StreamError;
use crate::high::volume::{self, Volume};
use crate::supervision::Supervision;
use crate::trouble::chain;

pub(crate) use report::{ImportReport, MissingRange, Stopped};

/// Why an import ended early. Everything handed over until then stays handed over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// An entry cannot be judged.
    #[error("cannot judge an entry")]
    Judge(#[source] JudgeError),
    /// An item cannot be handed over.
    #[error("cannot import")]
    HandOver(#[source] HandOverError),
    /// Refused material cannot be kept.
    #[error("cannot keep what was refused")]
    Quarantine(#[source] QuarantineError),
    /// The memory cannot be written.
    #[error("cannot remember what was imported")]
    Stream(#[source] StreamError),
    /// The list of volumes cannot be written.
    #[error("cannot remember the volumes")]
    Seen(#[source] DurableError),
}

impl HasExitCode for ImportError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Judge(source) => source.exit_code(),
            Self::HandOver(source) => source.exit_code(),
            Self::Quarantine(source) => source.exit_code(),
            Self::Stream(source) => source.exit_code(),
            Self::Seen(source) => source.exit_code(),
        }
    }
}

impl HighSide {
    /// Imports every volume on the medium, or as far as the inbox has room and nobody asks to stop.
    pub(crate) fn import(&mut self, around: Supervision<'_>) -> Result<ImportReport, ImportError> {
        let mut report = ImportReport::new(around.clock.now());
        match volume::list(&self.medium) {
            Ok(numbers) => self.import_all(&numbers, around, &mut report)?,
            Err(error) => {
                let error = format!("the medium {} cannot be used: {error}", self.medium.display());
                report.stopped = Some(Stopped::MediumFailed { error });
            }
        }
        self.conclude(&mut report, around)?;
        Ok(report)
    }

    fn import_all(
        &mut self,
        numbers: &[VolumeNumber],
        around: Supervision<'_>,
        report: &mut ImportReport,
    ) -> Result<(), ImportError> {
        let mut left = numbers.iter();
        while let Some(number) = left.next() {
            if report.interrupted || (around.stop)() {
                report.interrupted = true;
                break;
            }
            let glance = volume::glance(&self.medium, *number).map(|glance| self.mark_of(glance));
            if self.seen.has_at_a_glance(*number, glance) {
                continue;
            }
            let volume = Volume::read(&self.medium, *number);
            let mark = self.mark_of(volume.fingerprint());
            if self.seen.has(*number, mark) {
                continue;
            }
            if volume.is_there() {
                failpoint::hit(failpoints::IMPORT_VOLUME_READ);
                self.import_one(&volume, mark, glance, around, report)?;
            }
            if !volume.is_there() {
                let error = format!("the medium went away while {number} was being read");
                report.stopped = Some(Stopped::MediumFailed { error });
            }
            if report.stopped.is_some() {
                let rest = std::iter::once(number).chain(left);
                report.wait_for(self.waiting(rest));
                break;
            }
        }
        self.inbox.find_cited_lines().map_err(ImportError::Judge)?;
        self.seen.retain(numbers);
        Ok(())
    }

    fn import_one(
        &mut self,
        volume: &Volume,
        mark: Digest,
        glance: Option<Digest>,
        around: Supervision<'_>,
        report: &mut ImportReport,
    ) -> Result<(), ImportError> {
        let ending = match self.import_volume(volume, around, report) {
            Ok(ending) => ending,
            Err(error) if error.exit_code() == ExitCode::Disk => {
                report.stopped = Some(Stopped::InboxFailed { error: chain(&error) });
                Ending::AnotherLook
            }
            Err(error) => return Err(error),
        };
        self.save(around)?;
        self.seen.insert(volume.number, mark, glance, ending);
        Ok(())
    }

    /// Adds how the side stands after the run, and remembers it.
    fn conclude(&mut self, report: &mut ImportReport, around: Supervision<'_>) -> Result<(), ImportError> {
        self.seen.save().map_err(ImportError::Seen)?;
        self.save(around)?;
        let now = around.clock.now();
        report.conclude(self, now);
        if report.handed_over > 0 || report.newer_heads > 0 {
            self.health.newest_volume = Some(now);
        }
        if report.exit_code() == ExitCode::Ok {
            self.health.last_success = Some(now);
        }
        self.health.save(&self.state).map_err(ImportError::Seen)
    }

    /// How many entries of some volumes have not been handed over, and the bytes of their items; as far as they can be
    /// read, and unchecked.
    fn waiting<'a>(&self, volumes: impl Iterator<Item = &'a VolumeNumber>) -> (u64, u64) {
        let (mut items, mut bytes) = (0_u64, 0_u64);
        for line in volumes.flat_map(|number| Volume::read(&self.medium, *number).lines) {
            let Ok(entry) = Entry::parse(&line) else { continue };
            let fields = entry.fields();
            let is_here = self.inbox.streams.get(&fields.stream).is_some_and(|known| known.has(fields.seq));
            if !is_here {
                items += 1;
                bytes = bytes.saturating_add(fields.size);
            }
        }
        (items, bytes)
    }

    /// A volume is read again when it changes, and when the key ring does: what nobody had signed may be signed now.
    fn mark_of(&self, seen: Digest) -> Digest {
        let text = format!("{seen}\n{}\n", self.ring.current().digest());
        Digest::of(text.as_bytes())
    }

    fn save(&mut self, around: Supervision<'_>) -> Result<(), ImportError> {
        for (stream, known) in &mut self.inbox.streams {
            known.save(self.losses.of(stream), around.clock.now()).map_err(ImportError::Stream)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
