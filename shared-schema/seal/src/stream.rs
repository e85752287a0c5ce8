//! One age stream whose written length and digest are known.
//!
//! age adds a random grease stanza to every header, so the length of a header is only known once it is written:
//! [`ItemStream`] counts it, and answers how much plaintext fills a file of an exact size.

use std::io::{self, Write};

use nightsafe_schema::digest::Digest;
use sha2::Digest as _;

use crate::SealingRecipients;
use crate::header::Head;
use crate::payload::{CHUNK_BYTES, PayloadWriter, TAG_BYTES};

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
    /// The header came out without a key for the payload.
    #[error("the payload has no key")]
    Payload,
    /// The sealed bytes could not be written to where they belong.
    #[error("the sealed bytes could not be written")]
    Write(#[source] io::Error),
}

/// An age file under construction.
pub(crate) struct ItemStream<W: Write> {
    payload: PayloadWriter<Tally<W>>,
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
    /// Writes the header to `sink`; `expected` bytes of plaintext are foreseen.
    pub(crate) fn begin(recipients: &SealingRecipients, sink: W, expected: usize) -> Result<Self, SealError> {
        Self::to(recipients.stanzas(), sink, expected)
    }

    /// The same for whoever is to open it.
    pub(crate) fn to<'a>(
        recipients: impl Iterator<Item = &'a dyn age::Recipient>,
        sink: W,
        expected: usize,
    ) -> Result<Self, SealError> {
        let Head { bytes, payload_key } = Head::new(recipients)?;
        let mut tally = Tally { sink, written: 0, hasher: sha2::Sha256::new() };
        tally.write_all(&bytes).map_err(SealError::Write)?;
        Ok(Self { head: tally.written, payload: PayloadWriter::new(payload_key, tally, expected), plaintext: 0 })
    }

    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.payload.write_all(bytes)?;
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
        let Tally { sink, written, hasher } = self.payload.finish().map_err(SealError::Write)?;
        Ok(Finished { sink, size: written, digest: Digest::from_bytes(hasher.finalize().into()) })
    }
}

/// Counts and hashes what passes through.
struct Tally<W> {
    sink: W,
    written: u64,
    hasher: sha2::Sha256,
}

impl<W: Write> Write for Tally<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.sink.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or(bytes));
        self.written += count as u64;
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

const CHUNK: u64 = CHUNK_BYTES as u64;
const TAG: u64 = TAG_BYTES as u64;
/// Padding is written in blocks of this size.
const PAD_BLOCK: usize = 4096;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_no_plaintext_has() {
        for rest in 1..=TAG {
            assert_eq!(plaintext_of(3 * (CHUNK + TAG) + rest), None);
        }
        assert_eq!(plaintext_of(TAG), Some(0), "an empty file is one empty chunk");
        assert_eq!(plaintext_of(0), None);
    }

    /// Seals with both, reads with the age crate: what it says is what was written, at every border of a chunk.
    #[test]
    #[expect(clippy::disallowed_types, reason = "tests open what they sealed; shipped code of this crate cannot")]
    fn the_age_crate_reads_what_is_sealed_here() {
        let keys = [(); 2].map(|()| age::x25519::Identity::generate());
        let [intake, recovery] = keys.each_ref().map(|key| key.to_public().to_string());
        let recipients = SealingRecipients::parse(&intake, &recovery).unwrap();
        let chunk = CHUNK_BYTES;
        for length in [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 2 * chunk, 2 * chunk + 1, 5 * chunk] {
            let plaintext: Vec<u8> = (0..length).map(|place| u8::try_from(place % 251).unwrap()).collect();
            let mut stream = ItemStream::begin(&recipients, Vec::new(), length).unwrap();
            let foreseen = stream.size_after(length as u64);
            stream.write_all(&plaintext).unwrap();
            let finished = stream.finish().unwrap();
            assert_eq!((finished.size, finished.sink.len() as u64), (foreseen, foreseen), "{length}");
            assert_eq!(finished.digest, Digest::of(&finished.sink));
            for key in &keys {
                let opened = age::Decryptor::new(finished.sink.as_slice()).unwrap();
                let mut opened = opened.decrypt(std::iter::once(key as &dyn age::Identity)).unwrap();
                let mut read = Vec::new();
                opened.read_to_end(&mut read).unwrap();
                assert!(read == plaintext, "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn plaintext_of_inverts_payload_size(plaintext in 0_u64..10 * CHUNK) {
            prop_assert_eq!(plaintext_of(payload_size(plaintext)), Some(plaintext));
        }
    }
}
