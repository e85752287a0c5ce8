//! `quarantine` on the low side: flaws of the outbox, and a person's decision that one has been looked at.
//!
//! Nothing is moved: the outbox belongs to the gateway.

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, HasExitCode};
use serde::Serialize;

use crate::low::flaw::{NotedFlaw, SettledFlaw};
use crate::low::memory::MemoryError;
use crate::low::side::LowSide;
use crate::low::strays::{self, SettledStray};

/// What a person has settled.
#[derive(Debug, Serialize)]
pub(crate) struct Settled {
    pub(crate) id: String,
}

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
    pub(crate) fn flaws(&self) -> Vec<NotedFlaw> {
        self.memory.streams.values().flat_map(|stream| stream.flaws.iter().chain(&stream.standing).cloned()).collect()
    }

    /// Records that a person has looked at a flaw or a stray item: it is no alarm any more.
    pub(crate) fn settle(
        &mut self,
        id: &str,
        by: String,
        reason: String,
        now: Timestamp,
    ) -> Result<Settled, SettleError> {
        let settled = self.settle_flaw(id, &by, &reason, now).or_else(|| self.settle_stray(id, by, reason, now));
        let settled = settled.ok_or_else(|| SettleError::Unknown { id: id.to_owned() })?;
        self.memory.save(&self.state).map_err(SettleError::Memory)?;
        Ok(settled)
    }

    fn settle_flaw(&mut self, id: &str, by: &str, reason: &str, now: Timestamp) -> Option<Settled> {
        let of_id = |noted: &NotedFlaw| noted.flaw.id() == id;
        let flaw = self.flaws().into_iter().find(|noted| of_id(noted) && noted.flaw.kind.can_be_settled())?.flaw;
        let memory = self.memory.streams.entry(flaw.stream).or_default();
        memory.flaws.retain(|open| open.flaw != flaw);
        memory.standing.retain(|open| open.flaw != flaw);
        memory.settled.push(SettledFlaw { flaw, at: now, by: by.to_owned(), reason: reason.to_owned() });
        Some(Settled { id: id.to_owned() })
    }

    fn settle_stray(&mut self, id: &str, by: String, reason: String, now: Timestamp) -> Option<Settled> {
        let strays = &mut self.memory.strays;
        let item = *strays.open.keys().find(|item| strays::id_of(item) == id)?;
        strays.open.remove(&item);
        strays.settled.insert(item, SettledStray { at: now, by, reason });
        Some(Settled { id: id.to_owned() })
    }
}
