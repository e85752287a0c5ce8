//! What `send` remembers: how far each journal has been sent, `state/diode/send.json`. Losing it costs sending everything
//! once more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nightsafe_runtime::bounded_file::{self, ReadError};
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::{ExitCode, HasExitCode, failpoint};
use nightsafe_schema::journal::StreamId;
use serde::{Deserialize, Serialize};

use crate::diode::state;
use crate::failpoints;
use crate::limits;
use crate::low::memory::{HeldBack, LastEntry};

/// The memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SendMemory {
    schema: Schema,
    /// By stream.
    pub(crate) streams: BTreeMap<StreamId, SentStream>,
}

/// How far one stream is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SentStream {
    /// The byte of the journal up to which everything was sent.
    pub(crate) position: u64,
    /// The entry before it.
    pub(crate) last: Option<LastEntry>,
    /// Entries that crossed without their item, and why.
    pub(crate) held: BTreeMap<u64, HeldBack>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[default]
    #[serde(rename = "transfer-send/1")]
    Send1,
}

/// Why the memory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendMemoryError {
    /// It cannot be read.
    #[error("cannot read what was sent")]
    Read(#[source] ReadError),
    /// It is damaged.
    #[error("{path} is damaged; remove it to send everything once more")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        #[source]
        source: serde_json::Error,
    },
    /// It cannot be written.
    #[error("cannot remember what was sent")]
    Write(#[source] DurableError),
}

impl HasExitCode for SendMemoryError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read(source) => source.exit_code(),
            Self::Write(source) => source.exit_code(),
            Self::Damaged { .. } => ExitCode::Unexpected,
        }
    }
}

impl SendMemory {
    /// Reads it; a missing one is a fresh start.
    pub(crate) fn load(side_state: &Path) -> Result<Self, SendMemoryError> {
        let path = state::folder(side_state).join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let bytes = bounded_file::read(&path, limits::STATE_BYTES).map_err(SendMemoryError::Read)?;
        serde_json::from_slice(&bytes).map_err(|source| SendMemoryError::Damaged { path, source })
    }

    /// Replaces it durably.
    pub(crate) fn save(&self, side_state: &Path) -> Result<(), SendMemoryError> {
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        durable_file::replace(&state::folder(side_state).join(FILE), &bytes).map_err(SendMemoryError::Write)?;
        failpoint::hit(failpoints::SEND_STATE_WRITTEN);
        Ok(())
    }
}

const FILE: &str = "send.json";
