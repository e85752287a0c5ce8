//! A part of a copy as it lies on the disk: ChaCha20-Poly1305 in chunks, read and written as a stream.
//!
//! ```text
//! nightsafe-copy/1\n ‖ salt (32) ‖ chunk ‖ chunk ‖ … ‖ last chunk      chunk: up to 64 KiB and a tag of 16 bytes
//! ```
//!
//! The key is `HKDF-SHA-256(file key of the original, salt, context)`: of its own for every file ever written, so a nonce
//! is the chunk's number and one byte that marks the last. A file that was cut, lengthened or put in another's place does
//! not open (STREAM, as in age).

use std::io::{self, Read, Seek, SeekFrom, Write};

use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit as _, Nonce, aead::Aead as _};
use hkdf::Hkdf;
use nightsafe_open::ItemKey;
use nightsafe_schema::randomness::{NoRandomness, Randomness, random_bytes};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Writes a part.
pub(crate) struct SealedWriter<W> {
    to: W,
    stream: Stream,
    chunk: Zeroizing<Vec<u8>>,
}

/// Reads a part.
pub(crate) struct SealedReader<R> {
    from: R,
    stream: Stream,
    chunk: Zeroizing<Vec<u8>>,
    read: usize,
    /// The sealed chunk that comes next; whether it is the last shows only once there is nothing behind it.
    next: Vec<u8>,
    ended: bool,
}

struct Stream {
    cipher: ChaCha20Poly1305,
    number: u64,
}

/// It is no part of a copy, or not this one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnsealError {
    /// It does not begin as one.
    #[error("不是副本文件 (not a copy's file)")]
    NoCopy,
    /// It cannot be read.
    #[error("副本文件不可读 (the copy's file cannot be read)")]
    Read(#[from] io::Error),
}

impl<W: Write> SealedWriter<W> {
    /// Begins a part; `context` says which.
    pub(crate) fn begin(
        mut to: W,
        key: &ItemKey,
        context: &str,
        randomness: &dyn Randomness,
    ) -> Result<Self, BeginError> {
        let salt: [u8; SALT] = random_bytes(randomness)?;
        to.write_all(MAGIC).and_then(|()| to.write_all(&salt))?;
        let chunk = Zeroizing::new(Vec::with_capacity(CHUNK));
        Ok(Self { to, stream: Stream::new(key, &salt, context), chunk })
    }

    /// Writes the last chunk and gives back what was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let sealed = self.stream.seal(&self.chunk, Last::Yes)?;
        self.to.write_all(&sealed)?;
        Ok(self.to)
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.chunk.len() == CHUNK {
            // More follows, so this one is not the last.
            let sealed = self.stream.seal(&self.chunk, Last::No)?;
            self.to.write_all(&sealed)?;
            self.chunk.clear();
        }
        let (taken, _rest) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
        self.chunk.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<R: Read> SealedReader<R> {
    /// Opens a part; `context` says which it must be.
    pub(crate) fn open(mut from: R, key: &ItemKey, context: &str) -> Result<Self, UnsealError> {
        let (mut magic, mut salt) = ([0; MAGIC.len()], [0; SALT]);
        from.read_exact(&mut magic)?;
        from.read_exact(&mut salt)?;
        if magic != *MAGIC {
            return Err(UnsealError::NoCopy);
        }
        let next = sealed_chunk(&mut from)?;
        let chunk = Zeroizing::new(Vec::new());
        Ok(Self { from, stream: Stream::new(key, &salt, context), chunk, read: 0, next, ended: false })
    }

    fn advance(&mut self) -> io::Result<()> {
        let after = if self.next.len() < CHUNK + TAG { Vec::new() } else { sealed_chunk(&mut self.from)? };
        let last = if after.is_empty() { Last::Yes } else { Last::No };
        let sealed = std::mem::replace(&mut self.next, after);
        self.chunk = self.stream.open(&sealed, last)?;
        self.read = 0;
        self.ended = last == Last::Yes;
        Ok(())
    }
}

impl<R: Read + Seek> SealedReader<R> {
    /// Passes over so many bytes without opening the chunks between: each is under its own number, so what is read behind
    /// them is whole or does not open.
    pub(crate) fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let held = (self.chunk.len() - self.read) as u64;
        let chunks = bytes.saturating_sub(held) / CHUNK as u64;
        let mut left = bytes;
        if bytes > held && chunks > 0 && self.next.len() == CHUNK + TAG {
            // The next chunk is read already.
            let over = (chunks - 1).checked_mul((CHUNK + TAG) as u64).and_then(|over| i64::try_from(over).ok());
            self.from.seek(SeekFrom::Current(over.ok_or(io::ErrorKind::InvalidInput)?))?;
            self.next = sealed_chunk(&mut self.from)?;
            self.stream.number = self.stream.number.checked_add(chunks).ok_or(io::ErrorKind::InvalidInput)?;
            self.read = self.chunk.len();
            left = (bytes - held) % CHUNK as u64;
        }
        let passed = io::copy(&mut self.by_ref().take(left), &mut io::sink())?;
        if passed == left { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl<R: Read> Read for SealedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.chunk.len() && !self.ended {
            self.advance()?;
        }
        let mut left = self.chunk.get(self.read..).unwrap_or_default();
        let taken = left.read(buffer)?;
        self.read += taken;
        Ok(taken)
    }
}

/// How much a file of this length holds.
pub(crate) fn plaintext_length(file: u64) -> u64 {
    let chunks = file.saturating_sub((MAGIC.len() + SALT) as u64);
    let tags = chunks.div_ceil((CHUNK + TAG) as u64).saturating_mul(TAG as u64);
    chunks.saturating_sub(tags)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    No,
    Yes,
}

impl Stream {
    fn new(key: &ItemKey, salt: &[u8; SALT], context: &str) -> Self {
        let mut derived = Zeroizing::new([0; 32]);
        // 32 bytes are far below HKDF's limit of 255 blocks, the only error it has.
        let _ = Hkdf::<Sha256>::new(Some(salt), key.expose()).expand(context.as_bytes(), derived.as_mut_slice());
        Self { cipher: ChaCha20Poly1305::new(&Key::from(*derived)), number: 0 }
    }

    fn seal(&mut self, chunk: &[u8], last: Last) -> io::Result<Vec<u8>> {
        let nonce = self.nonce(last)?;
        self.cipher.encrypt(&nonce, chunk).map_err(|_too_long| io::ErrorKind::InvalidInput.into())
    }

    fn open(&mut self, sealed: &[u8], last: Last) -> io::Result<Zeroizing<Vec<u8>>> {
        let nonce = self.nonce(last)?;
        let opened = self.cipher.decrypt(&nonce, sealed);
        opened.map(Zeroizing::new).map_err(|_altered| io::ErrorKind::InvalidData.into())
    }

    fn nonce(&mut self, last: Last) -> io::Result<Nonce> {
        let mut nonce = [0; 12];
        let (number, mark) = nonce.split_at_mut(8);
        number.copy_from_slice(&self.number.to_be_bytes());
        mark.fill(u8::from(last == Last::Yes));
        self.number = self.number.checked_add(1).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Nonce::from(nonce))
    }
}

fn sealed_chunk(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK + TAG);
    from.take((CHUNK + TAG) as u64).read_to_end(&mut chunk)?;
    Ok(chunk)
}

/// A part was not begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BeginError {
    /// No random bytes.
    #[error("没有随机数 (there are no random bytes)")]
    Randomness(#[from] NoRandomness),
    /// The file cannot be written.
    #[error("副本文件写不下 (the copy's file cannot be written)")]
    Write(#[from] io::Error),
}

const MAGIC: &[u8; 17] = b"nightsafe-copy/1\n";
const SALT: usize = 32;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use nightsafe_runtime::SystemRandomness;
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> ItemKey {
        ItemKey::from_slice(&[byte; 16]).unwrap()
    }

    fn sealed(plaintext: &[u8]) -> Vec<u8> {
        let mut writer = SealedWriter::begin(Vec::new(), &key(1), "a part", &SystemRandomness).unwrap();
        writer.write_all(plaintext).unwrap();
        writer.finish().unwrap()
    }

    fn opened(sealed: &[u8], key: &ItemKey, context: &str) -> Option<Vec<u8>> {
        let mut plaintext = Vec::new();
        SealedReader::open(sealed, key, context).ok()?.read_to_end(&mut plaintext).ok()?;
        Some(plaintext)
    }

    #[test]
    fn a_part_comes_back_at_every_length_around_a_chunk() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7] {
            let plaintext: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let file = sealed(&plaintext);
            assert_eq!(opened(&file, &key(1), "a part").unwrap(), plaintext);
            assert_eq!(plaintext_length(file.len() as u64), length as u64, "{length}");
            assert!(opened(&file, &key(2), "a part").is_none());
            assert!(opened(&file, &key(1), "another part").is_none());
        }
    }

    #[test]
    fn a_part_that_was_cut_lengthened_or_shuffled_does_not_open() {
        let file = sealed(&vec![7; 3 * CHUNK]);
        let begin = MAGIC.len() + SALT;
        for cut in [file.len() - 1, begin + 2 * (CHUNK + TAG), begin + CHUNK + TAG, begin, 5] {
            assert!(opened(&file[..cut], &key(1), "a part").is_none(), "{cut}");
        }
        assert!(opened(&[&file[..], b"x"].concat(), &key(1), "a part").is_none());
        let (first, second) = (begin..begin + CHUNK + TAG, begin + CHUNK + TAG..begin + 2 * (CHUNK + TAG));
        let shuffled = [&file[..begin], &file[second.clone()], &file[first], &file[second.end..]].concat();
        assert!(opened(&shuffled, &key(1), "a part").is_none());
    }

    #[test]
    fn what_is_passed_over_is_not_read_and_what_follows_is_the_same() {
        let plaintext: Vec<u8> = (0..3 * CHUNK + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let file = sealed(&plaintext);
        for (first, over) in [
            (0, 0),
            (0, 1),
            (1, 0),
            (1, CHUNK - 1),
            (1, CHUNK),
            (5, CHUNK + 9),
            (0, 2 * CHUNK),
            (1, 3 * CHUNK),
            (0, 3 * CHUNK + 6),
            (CHUNK, CHUNK),
            (CHUNK + 1, 2 * CHUNK),
            (1, 3 * CHUNK + 6),
        ] {
            let mut reader = SealedReader::open(io::Cursor::new(&file), &key(1), "a part").unwrap();
            let mut begin = vec![0; first];
            reader.read_exact(&mut begin).unwrap();
            reader.pass(over as u64).unwrap();
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, plaintext[first + over..], "{first} {over}");
        }
        let mut reader = SealedReader::open(io::Cursor::new(&file), &key(1), "a part").unwrap();
        assert!(reader.pass(plaintext.len() as u64 + 1).is_err());
    }

    proptest! {
        #[test]
        fn no_changed_byte_is_read_over(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let mut file = sealed(b"a short part");
            let at = at.index(file.len());
            file[at] ^= 1 << bit;
            prop_assert!(opened(&file, &key(1), "a part").is_none());
        }
    }
}
