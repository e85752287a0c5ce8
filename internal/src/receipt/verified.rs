//! Second stage: the item is the one that a gateway of the key ring acknowledged, to the byte.
//!
//! An entry's signature, then the file's size and digest, in one pass over its bytes: a long item is copied towards the
//! vault on the way, and what was copied is dropped if the digest is another. After this stage nothing says that the
//! content is a report; it says who handed it over, and that nobody has changed it since.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use nightsafe_ledger::{BlobStore as _, StagedBlob, Vault, VaultError};
use nightsafe_open::{Header, header::HeaderError};
use nightsafe_schema::{digest::Digest, item::LARGEST_REPORT_FILE, journal::VerifiedEntry};
use sha2::{Digest as _, Sha256};

use crate::limits;

/// An item whose file is what its verified entry says, its header and its payload apart.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(super) entry: VerifiedEntry,
    /// Header and payload; or the reason why this is no sealed item, whoever signed for it.
    pub(super) content: Result<(Header, Payload), HeaderError>,
}

/// What follows an item's header.
#[derive(Debug)]
pub(crate) enum Payload {
    /// Of an item as short as a report: in memory.
    Short(Vec<u8>),
    /// Of a longer one: in the vault, without a name yet.
    Long(StagedBlob),
}

impl Verified {
    /// Checks an item's file against its verified entry.
    pub(crate) fn of(entry: VerifiedEntry, path: &Path, vault: &Vault) -> Result<Self, VerifyError> {
        let fields = entry.fields();
        let file = checked_file(path, fields.size)?;
        let mut bytes = Hashed::new(BufReader::with_capacity(capacity(fields.size), file.take(fields.size)));
        let content = match Header::read(&mut bytes) {
            Ok(header) if fields.size > LARGEST_REPORT_FILE => {
                let staged = vault.stage(fields.item, &mut bytes).map_err(VerifyError::Stage)?;
                Ok((header, Payload::Long(staged)))
            }
            Ok(header) => {
                let mut short = Vec::with_capacity(usize::try_from(fields.size).unwrap_or_default());
                bytes.read_to_end(&mut short).map_err(VerifyError::Read)?;
                Ok((header, Payload::Short(short)))
            }
            Err(HeaderError::Read(source)) => return Err(VerifyError::Read(source)),
            Err(error) => {
                io::copy(&mut bytes, &mut io::sink()).map_err(VerifyError::Read)?;
                Err(error)
            }
        };
        if bytes.digest() != fields.sha256 {
            return Err(VerifyError::BytesDiffer);
        }
        Ok(Self { entry, content })
    }

    /// Its entry.
    pub(crate) fn entry(&self) -> &VerifiedEntry {
        &self.entry
    }
}

fn checked_file(path: &Path, size: u64) -> Result<File, VerifyError> {
    if size > limits::ITEM_BYTES {
        return Err(VerifyError::TooLarge { size });
    }
    // Not through a link, and not waiting for the writer of a pipe.
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => VerifyError::Gone,
        _ => VerifyError::Read(error),
    })?;
    let metadata = file.metadata().map_err(VerifyError::Read)?;
    if !metadata.is_file() || metadata.len() != size {
        return Err(VerifyError::BytesDiffer);
    }
    Ok(file)
}

/// An item as short as a report is read at once.
fn capacity(size: u64) -> usize {
    usize::try_from(size).unwrap_or(limits::COPY_BYTES).min(limits::COPY_BYTES)
}

/// Reads on and hashes what was read.
struct Hashed<R> {
    bytes: R,
    hasher: Sha256,
}

impl<R: BufRead> Hashed<R> {
    fn new(bytes: R) -> Self {
        Self { bytes, hasher: Sha256::new() }
    }

    fn digest(self) -> Digest {
        Digest::from_bytes(self.hasher.finalize().into())
    }
}

impl<R: BufRead> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Hashed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed was filled just now.
        if let Ok(buffer) = self.bytes.fill_buf() {
            self.hasher.update(buffer.get(..amount).unwrap_or_default());
        }
        self.bytes.consume(amount);
    }
}

/// The digest of at most `most` bytes of `from`.
pub(crate) fn digest_of(from: &mut impl Read, most: u64) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; 64 * 1024];
    let mut from = from.take(most);
    loop {
        let read = from.read(&mut block)?;
        if read == 0 {
            return Ok(Digest::from_bytes(hasher.finalize().into()));
        }
        hasher.update(block.get(..read).unwrap_or_default());
    }
}

/// Why an item is not the one that was acknowledged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// No gateway key of any good ring signed its line.
    #[error("没有受信任的网关签过这一行 (no trusted gateway signed its line)")]
    NobodySigned,
    /// Size or digest is not what the entry says.
    #[error("文件与签名的记录不符 (the bytes differ from the signed entry)")]
    BytesDiffer,
    /// Longer than anything a gateway takes.
    #[error("文件过大：{size} 字节 (the item is too large: {size} bytes)")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
    },
    /// It is not in the inbox any more: somebody took it out.
    #[error("文件已不在收件箱 (the item has left the inbox)")]
    Gone,
    /// The file cannot be read; that passes.
    #[error("文件不可读 (the item cannot be read)")]
    Read(#[source] io::Error),
    /// The vault has no room for it, or fails; that passes.
    #[error("保管库不可写 (the vault cannot take the item)")]
    Stage(#[source] VaultError),
}
