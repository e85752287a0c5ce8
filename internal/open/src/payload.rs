//! The plaintext of an item whose file key is known, read lazily and from anywhere in it.

use std::{
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    iter,
};

use age::{DecryptError, stream::StreamReader};
use zeroize::Zeroizing;

use crate::{
    header::Header,
    unlock::{ItemKey, Known},
};

/// The payload does not open with this header and key.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// The header's MAC does not fit the key, or the payload is too short for its nonce.
    #[error("the file key does not open this item")]
    WrongKey(#[source] DecryptError),
    /// The last chunk does not authenticate as the last: the payload is cut, lengthened or altered.
    #[error("the payload is cut, lengthened or altered")]
    Altered(#[source] io::Error),
    /// An empty chunk behind full ones: age has one way to write a plaintext, and this is not it.
    #[error("the payload ends in an empty chunk")]
    EmptyChunk,
    /// The store failed.
    #[error("the payload could not be read")]
    Read(#[source] io::Error),
}

/// Reads the plaintext of a payload; each 64 KiB chunk is authenticated before a byte of it is released.
///
/// Its length was authenticated at the start, so a cut payload is found out before the first byte. After an error every
/// further call fails: age's own reader would report a clean end after some failed seeks.
pub struct PayloadReader<R> {
    stream: StreamReader<Spliced<R>>,
    length: u64,
    position: u64,
    failed: bool,
}

/// Opens a payload that is kept without its header: `payload` is at its start, the 16-byte nonce.
#[expect(clippy::disallowed_types, reason = "this crate is where sealed items are opened (promise 1)")]
pub fn payload_reader<R: Read + Seek>(
    header: &Header,
    key: &ItemKey,
    mut payload: R,
) -> Result<PayloadReader<R>, PayloadError> {
    let sealed_length = payload.seek(SeekFrom::End(0)).and_then(|length| payload.rewind().map(|()| length));
    let sealed_length = sealed_length.map_err(PayloadError::Read)?;
    let identity = Known(key);
    let mut stream = age::Decryptor::new_buffered(Spliced::new(header, payload))
        .and_then(|decryptor| decryptor.decrypt(iter::once(&identity as &dyn age::Identity)))
        .map_err(PayloadError::WrongKey)?;
    let length = stream.seek(SeekFrom::End(0)).map_err(PayloadError::Altered)?;
    stream.rewind().map_err(PayloadError::Altered)?;
    if sealed_length != sealed_length_of(length) {
        return Err(PayloadError::EmptyChunk);
    }
    Ok(PayloadReader { stream, length, position: 0, failed: false })
}

/// Opens a payload that is in memory, whole: each chunk is opened once, and nothing is returned unless all of them,
/// the last one as the last, were authenticated.
#[expect(clippy::disallowed_types, reason = "this crate is where sealed items are opened (promise 1)")]
pub fn plaintext_of(header: &Header, key: &ItemKey, payload: &[u8]) -> Result<Zeroizing<Vec<u8>>, PayloadError> {
    let identity = Known(key);
    let mut stream = age::Decryptor::new_buffered(header.as_bytes().chain(payload))
        .and_then(|decryptor| decryptor.decrypt(iter::once(&identity as &dyn age::Identity)))
        .map_err(PayloadError::WrongKey)?;
    // Long enough from the start: a buffer that grows leaves copies behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(payload.len()));
    stream.read_to_end(&mut plaintext).map_err(PayloadError::Altered)?;
    if payload.len() as u64 != sealed_length_of(plaintext.len() as u64) {
        return Err(PayloadError::EmptyChunk);
    }
    Ok(plaintext)
}

impl<R: Read + Seek> PayloadReader<R> {
    /// The length of the plaintext in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Runs `operation` unless an earlier one failed, and remembers a failure.
    fn guarded<T>(&mut self, operation: impl FnOnce(&mut StreamReader<Spliced<R>>) -> io::Result<T>) -> io::Result<T> {
        if self.failed {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an earlier read of this item failed"));
        }
        operation(&mut self.stream).inspect_err(|error| self.failed = error.kind() != io::ErrorKind::Interrupted)
    }
}

impl<R: Read + Seek> Read for PayloadReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || (self.position >= self.length && !self.failed) {
            return Ok(0);
        }
        let read = self.guarded(|stream| match stream.read(buffer)? {
            // The authenticated length says that there is more: the file shrank under the reader.
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the payload ends early")),
            read => Ok(read),
        })?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for PayloadReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = target_within(to, self.position, self.length)?;
        self.guarded(|stream| stream.seek(SeekFrom::Start(target)))?;
        self.position = target;
        Ok(target)
    }
}

/// Where a seek leads; an error before the start and past the end.
pub(crate) fn target_within(to: SeekFrom, position: u64, length: u64) -> io::Result<u64> {
    let target = match to {
        SeekFrom::Start(offset) => Some(offset),
        SeekFrom::Current(offset) => position.checked_add_signed(offset),
        SeekFrom::End(offset) => length.checked_add_signed(offset),
    };
    target
        .filter(|&target| target <= length)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek outside the item"))
}

/// The length of the payload of so many bytes of plaintext: a nonce, and a tag for every chunk.
fn sealed_length_of(plaintext: u64) -> u64 {
    let chunks = plaintext.div_ceil(CHUNK_BYTES).max(1);
    plaintext.saturating_add(NONCE_BYTES).saturating_add(chunks.saturating_mul(TAG_BYTES))
}

/// A header and the payload that belongs behind it, as the one file that age wants to see.
struct Spliced<R> {
    header: Vec<u8>,
    payload: BufReader<R>,
    /// Counted from the first byte of the header.
    position: u64,
}

impl<R: Read + Seek> Spliced<R> {
    fn new(header: &Header, payload: R) -> Self {
        Self { header: header.as_bytes().to_vec(), payload: BufReader::new(payload), position: 0 }
    }

    /// What is left of the header at the present position.
    fn header_left(&self) -> &[u8] {
        usize::try_from(self.position).ok().and_then(|position| self.header.get(position..)).unwrap_or_default()
    }
}

impl<R: Read + Seek> Read for Spliced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut left = self.header_left();
        let read = if left.is_empty() { self.payload.read(buffer)? } else { left.read(buffer)? };
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> BufRead for Spliced<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.header_left().is_empty() { self.payload.fill_buf() } else { Ok(self.header_left()) }
    }

    fn consume(&mut self, amount: usize) {
        if self.header_left().is_empty() {
            self.payload.consume(amount);
        }
        self.position += amount as u64;
    }
}

impl<R: Read + Seek> Seek for Spliced<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let header = self.header.len() as u64;
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => {
                let payload = self.payload.seek(SeekFrom::End(0))?;
                header.checked_add(payload).and_then(|end| end.checked_add_signed(offset))
            }
        };
        let target = target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek outside the file"))?;
        self.payload.seek(SeekFrom::Start(target.saturating_sub(header)))?;
        self.position = target;
        Ok(target)
    }
}

const NONCE_BYTES: u64 = 16;
const CHUNK_BYTES: u64 = 64 * 1024;
const TAG_BYTES: u64 = 16;
