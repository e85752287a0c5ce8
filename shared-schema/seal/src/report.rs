//! Sealing a report: known as a whole, small, and of one of four sizes.

use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::{ItemClass, ItemId, ItemKind, report_file_size};

use crate::SealingRecipients;
use crate::stream::{ItemStream, SealError};

/// A sealed report, ready for the outbox.
#[derive(Debug, Clone)]
pub struct SealedItem {
    id: ItemId,
    bytes: Vec<u8>,
    digest: Digest,
}

impl SealedItem {
    /// The item's random id.
    pub fn id(&self) -> &ItemId {
        &self.id
    }

    /// The whole `.age` file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the whole `.age` file.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Size of the `.age` file in bytes.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Reports are text.
    pub fn class(&self) -> ItemClass {
        ItemClass::Text
    }
}

/// Seals one report's envelope (`{"intake":…,"report":…}`) into a file of exactly 32, 64, 128 or 256 KiB.
///
/// The plaintext is the first line, the envelope, spaces and one `\n`.
pub fn seal_report(recipients: &SealingRecipients, envelope: &str, id: ItemId) -> Result<SealedItem, SealError> {
    let first_line = ItemKind::Report.first_line();
    let content = (first_line.len() + envelope.len() + END.len()) as u64;
    if content > LARGEST_REPORT {
        return Err(SealError::TooLarge { found: content });
    }

    let foreseen = report_file_size(content + USUAL_HEAD).and_then(|size| usize::try_from(size).ok());
    let foreseen = foreseen.unwrap_or(USUAL_REPORT);
    let mut stream = ItemStream::begin(recipients, Vec::with_capacity(foreseen), foreseen)?;
    let at_least = stream.size_after(content);
    let size = report_file_size(at_least).ok_or(SealError::TooLarge { found: at_least })?;
    let spaces = stream
        .room_until(size)
        .and_then(|room| room.checked_sub(content))
        .ok_or(SealError::TooLarge { found: at_least })?;

    stream
        .write_all(first_line.as_bytes())
        .and_then(|()| stream.write_all(envelope.as_bytes()))
        .and_then(|()| stream.pad(b' ', spaces))
        .and_then(|()| stream.write_all(END))
        .map_err(SealError::Write)?;
    let finished = stream.finish()?;
    Ok(SealedItem { id, bytes: finished.sink, digest: finished.digest })
}

/// A report's plaintext is a text file: its last line ends.
const END: &[u8] = b"\n";
/// Nothing longer is worth a key exchange: the largest report file.
const LARGEST_REPORT: u64 = 256 * 1024;
/// What a header, its nonce and a chunk's tag usually need.
const USUAL_HEAD: u64 = 1024;
/// Room for the file almost every report becomes.
const USUAL_REPORT: usize = 32 * 1024;
