//! The payload of an age file: chunks of 64 KiB, each sealed with ChaCha20-Poly1305 under a key that no other file has
//! (C2SP `age`, "Payload"; the construction is STREAM).
//!
//! A chunk is gathered, sealed in place and written from the one buffer that a writer has. Its nonce is its number, and
//! whether it is the last: chunks cannot change places, and a file that was cut does not end as one that is whole.
//!
//! It is here for its speed: aws-lc seals in one pass what the age crate seals in two. It writes what age v1 prescribes and
//! nothing else; the tests read it back with the age crate.

use std::io::{self, Write};

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::{Zeroize as _, Zeroizing};

/// The key of one payload. aws-lc wipes it when it is dropped.
pub(crate) struct PayloadKey(LessSafeKey);

/// Seals what is written to it into `W`.
pub(crate) struct PayloadWriter<W> {
    key: PayloadKey,
    /// Chunks sealed so far.
    count: u64,
    chunk: Chunk,
    state: State,
    sink: W,
}

/// The plaintext that has not been sealed yet, never more than one chunk of it. Dropped unsealed, it is wiped; a sealed one
/// has been overwritten in place.
struct Chunk(Vec<u8>);

/// Whether more may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Sound,
    /// A write failed: nobody knows how much of a chunk has left.
    Broken,
}

/// Where a chunk stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Within,
    Last,
}

impl PayloadKey {
    /// The key, from bytes that are wiped.
    pub(crate) fn new(bytes: &Zeroizing<[u8; 32]>) -> Option<Self> {
        UnboundKey::new(&CHACHA20_POLY1305, &**bytes).map(|key| Self(LessSafeKey::new(key))).ok()
    }
}

impl<W: Write> PayloadWriter<W> {
    /// A writer of a payload of which `expected` bytes of plaintext are foreseen; it holds one chunk at most.
    pub(crate) fn new(key: PayloadKey, sink: W, expected: usize) -> Self {
        let chunk = Chunk(Vec::with_capacity(expected.min(CHUNK_BYTES) + TAG_BYTES));
        Self { key, count: 0, chunk, state: State::Sound, sink }
    }

    /// Takes more of the plaintext. After an error the file can only be thrown away.
    pub(crate) fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            // A full chunk waits for what follows it: it may be the last.
            if self.chunk.0.len() >= CHUNK_BYTES {
                self.seal(Place::Within)?;
            }
            let room = CHUNK_BYTES.saturating_sub(self.chunk.0.len());
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.chunk.0.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Seals the last chunk, which is empty only where there is no plaintext, and gives the sink back.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.seal(Place::Last)?;
        Ok(self.sink)
    }

    /// Seals and writes what the buffer holds; afterwards it is empty.
    fn seal(&mut self, place: Place) -> io::Result<()> {
        if std::mem::replace(&mut self.state, State::Broken) == State::Broken {
            return Err(io::Error::other("an earlier write of this item failed"));
        }
        let nonce = Nonce::assume_unique_for_key(nonce(self.count, place));
        self.count = self.count.checked_add(1).ok_or(io::ErrorKind::FileTooLarge)?;
        let chunk = &mut self.chunk.0;
        self.key
            .0
            .seal_in_place_append_tag(nonce, Aad::empty(), chunk)
            .map_err(|_| io::Error::other("a chunk cannot be sealed"))?;
        self.sink.write_all(chunk)?;
        chunk.clear();
        self.state = State::Sound;
        Ok(())
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// Eleven bytes of big-endian count, one that says whether the chunk is the last.
fn nonce(count: u64, place: Place) -> [u8; NONCE_LEN] {
    let last = match place {
        Place::Within => 0,
        Place::Last => 1,
    };
    // Shifted by the one byte; no file has 2^64 chunks, so the highest three stay zero.
    let [_, _, _, _, nonce @ ..] = (u128::from(count) << 8 | last).to_be_bytes();
    nonce
}

/// Plaintext bytes of a full chunk.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of a chunk's Poly1305 tag.
pub(crate) const TAG_BYTES: usize = 16;

#[cfg(test)]
mod tests;
