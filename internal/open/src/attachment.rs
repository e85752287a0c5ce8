//! The plaintext of an attachment item: exactly the bytes that were uploaded, read as a stream and from anywhere.

use std::io::{self, Read, Seek, SeekFrom};

use nightsafe_schema::item::{FrameError, ItemKind, split_first_line};

use crate::{
    header::Header,
    payload::{PayloadError, PayloadReader, payload_reader, target_within},
    unlock::ItemKey,
};

/// The item holds no attachment of this length.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The payload does not open.
    #[error("the attachment does not open")]
    Payload(#[source] PayloadError),
    /// The first chunk does not authenticate, or the store failed.
    #[error("the attachment could not be read")]
    Read(#[source] io::Error),
    /// Not begun as an item.
    #[error("the plaintext does not begin as an item")]
    Frame(#[source] FrameError),
    /// A report where an attachment should be.
    #[error("the item is a report, not an attachment")]
    NotAnAttachment,
    /// The report says that there is more than the item holds.
    #[error("the item holds {held} bytes, its report says {said}")]
    Shorter {
        /// Bytes after the first line.
        held: u64,
        /// The length in the report.
        said: u64,
    },
}

/// Reads exactly the bytes of an attachment.
///
/// A sequential read ends with a clean end only if everything behind the attachment is zero. Whoever needs to know that
/// the bytes are those of the report compares their SHA-256 with it; what is served in pieces cannot.
pub struct AttachmentReader<R> {
    plaintext: PayloadReader<R>,
    length: u64,
    position: u64,
    padding_is_zero: bool,
}

/// Opens an attachment item; `length` is what its report says (`intake.attachments[].length`).
pub fn open_attachment<R: Read + Seek>(
    header: &Header,
    key: &ItemKey,
    payload: R,
    length: u64,
) -> Result<AttachmentReader<R>, AttachmentError> {
    let mut plaintext = payload_reader(header, key, payload).map_err(AttachmentError::Payload)?;
    let mut first_line = Vec::with_capacity(FIRST_LINE.len());
    plaintext.by_ref().take(FIRST_LINE_BYTES).read_to_end(&mut first_line).map_err(AttachmentError::Read)?;
    if let (ItemKind::Report, _) = split_first_line(&first_line).map_err(AttachmentError::Frame)? {
        return Err(AttachmentError::NotAnAttachment);
    }
    let held = plaintext.length().saturating_sub(FIRST_LINE_BYTES);
    if length > held {
        return Err(AttachmentError::Shorter { held, said: length });
    }
    Ok(AttachmentReader { plaintext, length, position: 0, padding_is_zero: false })
}

impl<R: Read + Seek> AttachmentReader<R> {
    /// The length of the attachment in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Reads what lies behind the attachment, where the reader must stand; an error unless it is all zero.
    fn check_padding(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            match self.plaintext.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) if buffer.iter().take(read).all(|&byte| byte == 0) => {}
                Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "the padding is not zero")),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.padding_is_zero = true;
        Ok(())
    }
}

impl<R: Read + Seek> Read for AttachmentReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.position);
        if buffer.is_empty() {
            return Ok(0);
        }
        if left == 0 {
            if !self.padding_is_zero {
                self.plaintext.seek(SeekFrom::Start(FIRST_LINE_BYTES + self.length))?;
                self.check_padding()?;
            }
            return Ok(0);
        }
        let read = (&mut self.plaintext).take(left).read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for AttachmentReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = target_within(to, self.position, self.length)?;
        self.plaintext.seek(SeekFrom::Start(FIRST_LINE_BYTES + target))?;
        self.position = target;
        Ok(target)
    }
}

const FIRST_LINE: &str = ItemKind::Attachment.first_line();
const FIRST_LINE_BYTES: u64 = FIRST_LINE.len() as u64;
