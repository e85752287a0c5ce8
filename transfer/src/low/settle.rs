//! `quarantine` on the low side: flaws of the outbox, and a person's decision that one has been looked at.
//!
//! Nothing is moved: the outbox belongs to the gateway.

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, HasExitCode};

use crate::low::flaw::{Flaw, SettledFlaw};
use crate::low::memory::MemoryError;
use crate::low::side::LowSide;

/// Why a flaw was not settled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettleError {
    /// There is no open flaw of this name.
    #[error("the outbox has no open flaw {id}")]
    Unknown {
        /// The name that was given.
        id: String,
    },
    /// The decision could not be written.
    #[error("cannot record the decision")]
    Memory(#[source] MemoryError),
}

impl HasExitCode for SettleError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unknown { .. } => ExitCode::Usage,
            Self::Memory(source) => source.exit_code(),
        }
    }
}

impl LowSide {
    /// The flaws that nobody has settled.
    pub(crate) fn flaws(&self) -> Vec<Flaw> {
        self.memory.streams.values().flat_map(|stream| stream.flaws.clone()).collect()
    }

    /// Records that a person has looked at a flaw: it is no alarm any more.
    pub(crate) fn settle(&mut self, id: &str, by: String, reason: String, now: Timestamp) -> Result<Flaw, SettleError> {
        let unknown = || SettleError::Unknown { id: id.to_owned() };
        let flaw = self.flaws().into_iter().find(|flaw| flaw.id() == id).ok_or_else(unknown)?;
        let memory = self.memory.streams.entry(flaw.stream).or_default();
        memory.flaws.retain(|open| *open != flaw);
        memory.settled.push(SettledFlaw { flaw: flaw.clone(), at: now, by, reason });
        self.memory.save(&self.state).map_err(SettleError::Memory)?;
        Ok(flaw)
    }
}
