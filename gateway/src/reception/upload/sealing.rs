//! One attachment on its way into its file: hashed, sealed, written, flushed. Everything here blocks.

use std::io::Write as _;

use nightsafe_runtime::durable_file::DurableError;
use nightsafe_runtime::failpoint;
use nightsafe_schema::item::ItemId;
use nightsafe_schema::randomness::NoRandomness;
use nightsafe_schema::time::Hour;
use nightsafe_seal::{AttachmentSealer, SealError, SealedAttachment, SealingRecipients};

use super::super::workers::{DroppedAside, Lost};
use crate::outbox::{StagedItem, Staging, StagingFile, Writeback, failpoints};

/// An attachment's sealed file while it grows.
pub(super) struct Sealing {
    sealer: AttachmentSealer<StagingFile>,
    writeback: Writeback,
}

/// The finished file and what is known about it.
pub(super) struct Sealed {
    pub(super) staged: DroppedAside<StagedItem>,
    pub(super) facts: SealedAttachment,
}

/// Why an attachment could not be sealed; none of it is the client's doing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealingFault {
    #[error("no key may seal now")]
    Closed,
    #[error("there is no place left on the disk for attachments")]
    NoSpace,
    #[error("no item id can be drawn")]
    Random(#[from] NoRandomness),
    #[error("the sealed bytes cannot be made or written")]
    Seal(#[from] SealError),
    #[error("the staging folder does not take the file")]
    Staging(#[from] DurableError),
    #[error(transparent)]
    Lost(#[from] Lost),
}

impl SealingFault {
    /// One line for the operator.
    pub(super) fn report(&self) {
        match self {
            Self::Closed | Self::NoSpace => {}
            fault => {
                let error = fault as &dyn std::error::Error;
                tracing::error!(alarm = "staging", error, "an attachment was refused");
            }
        }
    }
}

impl Sealing {
    /// Makes the file and writes the age header.
    pub(super) fn begin(staging: &Staging, recipients: &SealingRecipients, item: ItemId) -> Result<Self, SealingFault> {
        let file = staging.begin(item)?;
        let writeback = file.writeback()?;
        let sealer = AttachmentSealer::begin(recipients, item, file)?;
        failpoint::hit(failpoints::STAGING);
        Ok(Self { sealer, writeback })
    }

    pub(super) fn write(&mut self, batch: &[u8]) -> Result<(), SealingFault> {
        self.sealer.write_all(batch).map_err(SealError::Write)?;
        self.writeback.begin(self.sealer.length());
        Ok(())
    }

    /// Pads and flushes: afterwards the item is whole on the disk.
    pub(super) fn finish(self, hour: Hour) -> Result<Sealed, SealingFault> {
        let (facts, file) = self.sealer.finish()?;
        let staged = StagedItem::new(file.close(hour)?, &facts);
        failpoint::hit(failpoints::STAGED);
        Ok(Sealed { staged: DroppedAside::new(staged), facts })
    }
}
