//! `ack "<line>"`: forgets the items that the high side says it has; the journal itself stays.

use std::fs;
use std::io;
use std::path::PathBuf;

use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::ticket::AckTicket;
use serde::Serialize;

use crate::low::journal::{JournalError, JournalWalk};
use crate::low::memory::MemoryError;
use crate::low::resend::ResendError;
use crate::low::side::LowSide;
use crate::pair_secret::{self, PairSecretError};
use crate::seq_set::SeqSet;

/// What an acknowledgement led to.
#[derive(Debug, Serialize)]
pub(crate) struct AcknowledgeReport {
    /// The stream.
    pub(crate) stream: StreamId,
    /// The place up to which the high side has everything.
    pub(crate) acknowledged: u64,
    /// The items that were deleted from the outbox.
    pub(crate) deleted: u64,
}

/// Why an acknowledgement was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AcknowledgeError {
    /// There is no secret to check it with.
    #[error("cannot check the acknowledgement")]
    Secret(#[source] PairSecretError),
    /// It means no stream of this outbox.
    #[error("the acknowledgement does not fit this outbox")]
    Stream(#[source] ResendError),
    /// The journal cannot be read.
    #[error("cannot follow the journal")]
    Journal(#[source] JournalError),
    /// It was not made by the high side for this entry.
    #[error(
        "the acknowledgement's code does not fit: it was copied wrongly, or not made by the other side of this pair"
    )]
    Code,
    /// An item cannot be deleted.
    #[error("cannot delete {path}")]
    Delete {
        /// The item.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The folder of items cannot be flushed.
    #[error("cannot make the deletion durable")]
    Flush(#[source] DurableError),
    /// It could not be remembered.
    #[error("cannot remember the acknowledgement")]
    Memory(#[source] MemoryError),
}

impl HasExitCode for AcknowledgeError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Secret(source) => source.exit_code(),
            Self::Stream(source) => source.exit_code(),
            Self::Journal(source) => source.exit_code(),
            Self::Code => ExitCode::Usage,
            Self::Delete { source, .. } => exit_code_of_io(source),
            Self::Flush(source) => source.exit_code(),
            Self::Memory(source) => source.exit_code(),
        }
    }
}

impl LowSide {
    /// Deletes the items that an acknowledgement covers.
    ///
    /// The memory is written first: should the deletion be cut short, the same line finishes it.
    pub(crate) fn acknowledge(&mut self, ticket: &AckTicket) -> Result<AcknowledgeReport, AcknowledgeError> {
        let secret = pair_secret::read(self.pair_secret.as_deref()).map_err(AcknowledgeError::Secret)?;
        let stream = self.stream_called(ticket.stream8()).map_err(AcknowledgeError::Stream)?;
        let (covered, digest) = self.covered_by(stream, ticket)?;
        if !digest.is_some_and(|digest| ticket.is_for(&secret, &stream, &digest)) {
            return Err(AcknowledgeError::Code);
        }
        let acknowledged = ticket.seq().value();
        let memory = self.memory.streams.entry(stream).or_default();
        memory.acknowledged = memory.acknowledged.max(acknowledged);
        memory.held.retain(|place, _| *place > acknowledged);
        let resend: SeqSet = std::mem::take(&mut memory.resend);
        for seq in resend.places().filter(|place| *place > acknowledged).filter_map(|place| place.try_into().ok()) {
            memory.resend.insert(seq);
        }
        self.memory.save(&self.state).map_err(AcknowledgeError::Memory)?;
        let deleted = self.delete(&covered)?;
        Ok(AcknowledgeReport { stream, acknowledged, deleted })
    }

    /// The items up to the acknowledged entry, and that entry's digest.
    fn covered_by(
        &self,
        stream: StreamId,
        ticket: &AckTicket,
    ) -> Result<(Vec<ItemId>, Option<Digest>), AcknowledgeError> {
        let path = self.outbox.journal(&stream);
        let walk = JournalWalk::start(&path, stream, &self.gateways, 0, None);
        let mut walk = walk.map_err(AcknowledgeError::Journal)?;
        let mut covered = Vec::new();
        while let Some(walked) = walk.next_line().map_err(AcknowledgeError::Journal)? {
            let Some(entry) = walked.entry else { continue };
            covered.push(entry.fields().item);
            if entry.fields().seq == ticket.seq() {
                return Ok((covered, Some(entry.digest())));
            }
        }
        Ok((covered, None))
    }

    fn delete(&self, items: &[ItemId]) -> Result<u64, AcknowledgeError> {
        let mut deleted = 0;
        for item in items {
            let path = self.outbox.item(item);
            match fs::remove_file(&path) {
                Ok(()) => deleted += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(AcknowledgeError::Delete { path, source }),
            }
        }
        durable_file::sync_folder(&self.outbox.items()).map_err(AcknowledgeError::Flush)?;
        Ok(deleted)
    }
}
