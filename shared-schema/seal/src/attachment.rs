//! Sealing an attachment as it arrives: constant memory, length known only at the end.

use std::io::{self, Write};

use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::{ItemId, ItemKind, padme};
use sha2::Digest as _;

use crate::SealingRecipients;
use crate::stream::{ItemStream, SealError};

/// Seals what is written to it into `W`.
///
/// The plaintext is the first line, the raw bytes untouched, and zero bytes up to the next rung of the Padmé ladder for
/// the whole file. An attachment that is dropped instead of [finished](Self::finish) leaves a truncated age file that no
/// reader accepts.
pub struct AttachmentSealer<W: Write> {
    item: ItemId,
    stream: ItemStream<W>,
    length: u64,
    hasher: sha2::Sha256,
}

/// What is known about an attachment once it is sealed; goes into the report item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAttachment {
    /// The item's random id.
    pub item: ItemId,
    /// Bytes of the attachment itself.
    pub length: u64,
    /// SHA-256 of the attachment itself.
    pub sha256: Digest,
    /// SHA-256 of the whole `.age` file.
    pub item_sha256: Digest,
    /// Bytes of the whole `.age` file.
    pub size: u64,
}

impl<W: Write> AttachmentSealer<W> {
    /// Writes the age header and the first line to `sink`.
    pub fn begin(recipients: &SealingRecipients, item: ItemId, sink: W) -> Result<Self, SealError> {
        let mut stream = ItemStream::begin(recipients, sink, usize::MAX)?;
        stream.write_all(ItemKind::Attachment.first_line().as_bytes()).map_err(SealError::Write)?;
        Ok(Self { item, stream, length: 0, hasher: sha2::Sha256::new() })
    }

    /// Bytes of the attachment so far, for the caller's limit.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Pads, writes the last chunk and hands the sink back. The caller makes it durable.
    pub fn finish(mut self) -> Result<(SealedAttachment, W), SealError> {
        let zeros = self.padding();
        self.stream.pad(0, zeros).map_err(SealError::Write)?;
        let finished = self.stream.finish()?;
        let sealed = SealedAttachment {
            item: self.item,
            length: self.length,
            sha256: Digest::from_bytes(self.hasher.finalize().into()),
            item_sha256: finished.digest,
            size: finished.size,
        };
        Ok((sealed, finished.sink))
    }

    /// Zero bytes up to the first rung a file of this header can have. A rung that would leave a last chunk without
    /// content does not exist in age; the next one is at most one step up.
    fn padding(&self) -> u64 {
        let mut rung = padme(self.stream.size_after(0));
        loop {
            match self.stream.room_until(rung) {
                Some(zeros) => return zeros,
                None => rung = padme(rung + 1),
            }
        }
    }
}

impl<W: Write> Write for AttachmentSealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write_all(bytes)?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
