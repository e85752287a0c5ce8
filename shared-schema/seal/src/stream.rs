//! One age stream whose written length and digest are known.
//!
//! age adds a random grease stanza to every header, so the length of a header is only known once it is written:
//! [`ItemStream`] counts it, and answers how much plaintext fills a file of an exact size.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use age::stream::StreamWriter;
use nightsafe_schema::digest::Digest;
use sha2::Digest as _;

use crate::SealingRecipients;

/// Why an item could not be sealed. Neither case says anything about its content.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The report is longer than the largest report file holds.
    #[error("the report does not fit the largest report file ({found} bytes needed)")]
    TooLarge {
        /// Bytes the file would have needed before padding.
        found: u64,
    },
    /// age refused the recipients.
    #[error("the recipients cannot be used together")]
    Recipients(#[source] age::EncryptError),
    /// The sealed bytes could not be written to where they belong.
    #[error("the sealed bytes could not be written")]
    Write(#[source] io::Error),
}

/// An age file under construction.
pub(crate) struct ItemStream<W: Write> {
    age: StreamWriter<Tally<W>>,
    /// Bytes before the first payload chunk: header and nonce, as written.
    head: u64,
    /// Plaintext bytes so far.
    plaintext: u64,
}

/// A finished age file.
pub(crate) struct Finished<W> {
    pub(crate) sink: W,
    pub(crate) size: u64,
    pub(crate) digest: Digest,
}

impl<W: Write> ItemStream<W> {
    /// Writes the header to `sink`.
    pub(crate) fn begin(recipients: &SealingRecipients, sink: W) -> Result<Self, SealError> {
        let written = Arc::new(AtomicU64::new(0));
        let tally = Tally { sink, written: Arc::clone(&written), hasher: sha2::Sha256::new() };
        let age = age::Encryptor::with_recipients(recipients.stanzas())
            .map_err(SealError::Recipients)?
            .wrap_output(tally)
            .map_err(SealError::Write)?;
        Ok(Self { age, head: written.load(Ordering::Relaxed), plaintext: 0 })
    }

    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.age.write_all(bytes)?;
        self.plaintext += bytes.len() as u64;
        Ok(())
    }

    /// Size of the file if it ended after `more` further bytes of plaintext.
    pub(crate) fn size_after(&self, more: u64) -> u64 {
        self.head + payload_size(self.plaintext + more)
    }

    /// How many more bytes of plaintext make a file of exactly `size` bytes; `None` if no number does.
    pub(crate) fn room_until(&self, size: u64) -> Option<u64> {
        plaintext_of(size.checked_sub(self.head)?)?.checked_sub(self.plaintext)
    }

    /// Writes `count` times `byte`, in constant memory.
    pub(crate) fn pad(&mut self, byte: u8, count: u64) -> io::Result<()> {
        let block = [byte; PAD_BLOCK];
        let mut left = count;
        while left > 0 {
            let step = usize::try_from(left).map_or(PAD_BLOCK, |left| left.min(PAD_BLOCK));
            self.write_all(block.get(..step).unwrap_or(&block))?;
            left -= step as u64;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Finished<W>, SealError> {
        let Tally { sink, written, hasher } = self.age.finish().map_err(SealError::Write)?;
        Ok(Finished {
            sink,
            size: written.load(Ordering::Relaxed),
            digest: Digest::from_bytes(hasher.finalize().into()),
        })
    }
}

/// Counts and hashes what passes through.
struct Tally<W> {
    sink: W,
    /// Shared with [`ItemStream::begin`], which must see the header's length while age owns the writer.
    written: Arc<AtomicU64>,
    hasher: sha2::Sha256,
}

impl<W: Write> Write for Tally<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.sink.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or(bytes));
        self.written.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// Bytes of the age payload that carries `plaintext` bytes: chunks of 64 KiB, each with its tag, at least one.
fn payload_size(plaintext: u64) -> u64 {
    plaintext + TAG * plaintext.div_ceil(CHUNK).max(1)
}

/// The inverse of [`payload_size`]; `None` for the few sizes no plaintext has (a last chunk without content).
fn plaintext_of(payload: u64) -> Option<u64> {
    let whole = payload / (CHUNK + TAG);
    let rest = payload % (CHUNK + TAG);
    let plaintext = match rest {
        0 => whole * CHUNK,
        rest => whole * CHUNK + rest.checked_sub(TAG)?,
    };
    (payload_size(plaintext) == payload).then_some(plaintext)
}

/// Plaintext bytes of a full chunk (C2SP age, "Payload").
const CHUNK: u64 = 64 * 1024;
/// Bytes of a chunk's Poly1305 tag.
const TAG: u64 = 16;
/// Padding is written in blocks of this size.
const PAD_BLOCK: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CHUNK, TAG, payload_size, plaintext_of};

    #[test]
    fn sizes_no_plaintext_has() {
        for rest in 1..=TAG {
            assert_eq!(plaintext_of(3 * (CHUNK + TAG) + rest), None);
        }
        assert_eq!(plaintext_of(TAG), Some(0), "an empty file is one empty chunk");
        assert_eq!(plaintext_of(0), None);
    }

    proptest! {
        #[test]
        fn plaintext_of_inverts_payload_size(plaintext in 0_u64..10 * CHUNK) {
            prop_assert_eq!(plaintext_of(payload_size(plaintext)), Some(plaintext));
        }
    }
}
