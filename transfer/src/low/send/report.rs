//! What a run of `send` did, and what it says of itself while it runs.

use jiff::Timestamp;
use nightsafe_runtime::ExitCode;
use serde::{Deserialize, Serialize};

use super::lanes::LinkFailure;
use crate::low::export::HeldEntry;
use crate::low::troubles;
use crate::trouble::{Trouble, Troubles};

/// The report of one run.
#[derive(Debug, Serialize)]
pub(crate) struct SendReport {
    /// When it ended.
    pub(crate) at: Timestamp,
    /// Entries that left for the first time.
    pub(crate) entries: u64,
    /// The bytes of their items.
    pub(crate) bytes: u64,
    /// Datagrams that left.
    pub(crate) datagrams: u64,
    /// Their bytes.
    pub(crate) wire_bytes: u64,
    /// Entries that have not left.
    pub(crate) waiting: u64,
    /// The bytes of their items.
    pub(crate) waiting_bytes: u64,
    /// Entries whose item did not go with them.
    pub(crate) held: Vec<HeldEntry>,
    /// Whether the run was asked to stop before it was through.
    pub(crate) interrupted: bool,
    /// What is wrong.
    pub(crate) troubles: Troubles,
}

impl SendReport {
    /// Adds what is wrong: with the link, and with the outbox as far as it is remembered.
    pub(super) fn conclude(&mut self, failure: Option<&LinkFailure>, remembered: Vec<Trouble>) {
        let link = failure.map(|failure| troubles::link_refuses(&failure.error, failure.since));
        let held = self.held.iter().map(troubles::held);
        self.troubles = link.into_iter().chain(held).chain(remembered).collect();
    }

    /// Whether nothing was sent.
    pub(crate) fn is_idle(&self) -> bool {
        self.entries == 0
    }

    /// How the run ended.
    pub(crate) fn exit_code(&self) -> ExitCode {
        let interrupted = if self.interrupted { ExitCode::Interrupted } else { ExitCode::Ok };
        self.troubles.exit_code().worse_of(interrupted)
    }
}

/// `state/diode/sending.json`: how the sender stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SendState {
    /// When this was written.
    pub(crate) at: Timestamp,
    /// The session.
    pub(crate) session: String,
    /// Datagrams that left.
    pub(crate) datagrams: u64,
    /// Their bytes.
    pub(crate) wire_bytes: u64,
    /// How many of them were repeats.
    pub(crate) repeats: u64,
    /// Whether the link refuses.
    pub(crate) failure: Option<StateFailure>,
}

/// The link does not take what is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StateFailure {
    /// Since when.
    pub(crate) since: Timestamp,
    /// What the operating system says.
    pub(crate) error: String,
}

impl SendState {
    /// The file's name.
    pub(crate) const FILE: &'static str = "sending.json";
}
