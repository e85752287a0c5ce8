//! `import`: from every volume on the medium to the inbox.
//!
//! Volumes come in any order, twice, half copied or altered; what is right in them is handed over exactly once, and what
//! is not is named or kept in quarantine.

mod one_volume;
mod report;

use std::io;
use std::path::PathBuf;

use nightsafe_runtime::durable_file::DurableError;
use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode, failpoint};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::time::Clock;

use crate::failpoints;
use crate::high::hand_over::HandOverError;
use crate::high::judge::JudgeError;
use crate::high::quarantine::QuarantineError;
use crate::high::side::HighSide;
use crate::high::stream::StreamError;
use crate::high::volume::{self, Volume};

pub(crate) use report::ImportReport;

/// Why an import ended early. Everything handed over until then stays handed over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// The medium cannot be listed.
    #[error("the medium {path} cannot be used")]
    Medium {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
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
            Self::Medium { source, .. } => exit_code_of_io(source),
            Self::Judge(source) => source.exit_code(),
            Self::HandOver(source) => source.exit_code(),
            Self::Quarantine(source) => source.exit_code(),
            Self::Stream(source) => source.exit_code(),
            Self::Seen(source) => source.exit_code(),
        }
    }
}

impl HighSide {
    /// Imports every volume on the medium, or as far as `stop` allows.
    pub(crate) fn import(&mut self, clock: &dyn Clock, stop: &dyn Fn() -> bool) -> Result<ImportReport, ImportError> {
        let mut report = ImportReport::default();
        let numbers =
            volume::list(&self.medium).map_err(|source| ImportError::Medium { path: self.medium.clone(), source })?;
        for number in &numbers {
            if stop() {
                report.interrupted = true;
                break;
            }
            let volume = Volume::read(&self.medium, *number);
            let mark = self.mark_of(&volume);
            if self.seen.has(*number, mark) {
                continue;
            }
            failpoint::hit(failpoints::IMPORT_VOLUME_READ);
            let through = self.import_volume(&volume, clock, stop, &mut report)?;
            self.save(clock)?;
            if through {
                self.seen.insert(*number, mark);
            }
        }
        self.inbox.find_cited_lines().map_err(ImportError::Judge)?;
        self.seen.retain(&numbers);
        self.seen.save().map_err(ImportError::Seen)?;
        self.save(clock)?;
        report.conclude(self);
        Ok(report)
    }

    /// A volume is read again when it changes, and when the key ring does: what nobody had signed may be signed now.
    fn mark_of(&self, volume: &Volume) -> Digest {
        let text = format!("{}\n{}\n", volume.fingerprint(), self.ring.current().digest());
        Digest::of(text.as_bytes())
    }

    fn save(&mut self, clock: &dyn Clock) -> Result<(), ImportError> {
        for (stream, known) in &mut self.inbox.streams {
            known.save(self.losses.of(stream), clock.now()).map_err(ImportError::Stream)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
