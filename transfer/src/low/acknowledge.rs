//! `ack "<line>"`: forgets the items that the high side says it has; the journal itself stays.

use std::fs;
use std::io;
use std::path::PathBuf;

use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::item::ItemId;
use nightsafe_schema::journal::{ChainEnd, StreamId};
use nightsafe_schema::ticket::AckTicket;
use serde::Serialize;

use crate::low::journal::{JournalError, JournalWalk};
use crate::low::memory::{Forgotten, MemoryError};
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
        let covered = self.covered_by(stream, ticket)?.ok_or(AcknowledgeError::Code)?;
        if !ticket.is_for(&secret, &stream, &covered.end.sha256) {
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
        let deleted = self.delete(&covered.items)?;
        self.remember_forgotten(stream, covered.end)?;
        Ok(AcknowledgeReport { stream, acknowledged, deleted })
    }

    /// The items up to the acknowledged entry that are perhaps still there. What was forgotten before is not followed
    /// again: the journal only grows, and an export notices when it did not.
    fn covered_by(&self, stream: StreamId, ticket: &AckTicket) -> Result<Option<Covered>, AcknowledgeError> {
        let before = self.memory.streams.get(&stream).and_then(|memory| memory.forgotten);
        let before = before.filter(|forgotten| forgotten.seq <= ticket.seq());
        if let Some(end) = before.filter(|forgotten| forgotten.seq == ticket.seq()) {
            return Ok(Some(Covered { items: Vec::new(), end }));
        }
        let (position, chain) = before.map_or((0, None), |forgotten| {
            (forgotten.position, Some(ChainEnd { last: Some(forgotten.seq), digest: forgotten.sha256 }))
        });
        let path = self.outbox.journal(&stream);
        let walk = JournalWalk::start(&path, stream, &self.gateways, position, chain);
        let mut walk = walk.map_err(AcknowledgeError::Journal)?;
        let mut items = Vec::new();
        while let Some(walked) = walk.next_line().map_err(AcknowledgeError::Journal)? {
            let Some(entry) = walked.entry else { continue };
            items.push(entry.fields().item);
            if entry.fields().seq == ticket.seq() {
                let end = Forgotten { seq: ticket.seq(), sha256: entry.digest(), position: walked.position };
                return Ok(Some(Covered { items, end }));
            }
        }
        Ok(None)
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

    fn remember_forgotten(&mut self, stream: StreamId, end: Forgotten) -> Result<(), AcknowledgeError> {
        let memory = self.memory.streams.entry(stream).or_default();
        if memory.forgotten.is_none_or(|before| before.seq < end.seq) {
            memory.forgotten = Some(end);
            self.memory.save(&self.state).map_err(AcknowledgeError::Memory)?;
        }
        Ok(())
    }
}

/// What an acknowledgement covers.
struct Covered {
    items: Vec<ItemId>,
    end: Forgotten,
}
