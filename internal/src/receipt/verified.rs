//! Second stage: the item is the one that a gateway of the key ring acknowledged, to the byte.
//!
//! An entry's signature, then the file's size and digest. After this stage nothing says that the content is a report;
//! it says who handed it over, and that nobody has changed it since.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use nightsafe_schema::{
    digest::Digest,
    item::ItemId,
    journal::{JournalKeys, VerifiedEntry},
};
use sha2::{Digest as _, Sha256};

use super::inbox::Waiting;
use crate::limits;

/// An item whose file is what its verified entry says.
#[derive(Debug)]
pub(crate) struct Verified {
    entry: VerifiedEntry,
    file: File,
}

impl Verified {
    /// Checks a waiting item against the journal keys of the ring.
    pub(crate) fn of(waiting: Waiting, keys: &JournalKeys) -> Result<Self, Unverified> {
        let Waiting { item, path, lines } = waiting;
        let entry = lines
            .into_iter()
            .find_map(|line| line.verify(keys).ok())
            .ok_or(Unverified { item, blame: VerifyError::NobodySigned })?;
        match checked_file(&path, &entry) {
            Ok(file) => Ok(Self { entry, file }),
            Err(blame) => Err(Unverified { item, blame }),
        }
    }

    /// The item's name.
    pub(crate) fn item(&self) -> ItemId {
        self.entry.fields().item
    }

    /// Its entry.
    pub(crate) fn entry(&self) -> &VerifiedEntry {
        &self.entry
    }

    /// Its file, from the start.
    pub(crate) fn file(&mut self) -> io::Result<&mut File> {
        self.file.seek(SeekFrom::Start(0))?;
        Ok(&mut self.file)
    }
}

fn checked_file(path: &Path, entry: &VerifiedEntry) -> Result<File, VerifyError> {
    let fields = entry.fields();
    if fields.size > limits::ITEM_BYTES {
        return Err(VerifyError::TooLarge { size: fields.size });
    }
    // Not through a link, and not waiting for the writer of a pipe.
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(VerifyError::Read)?;
    let metadata = file.metadata().map_err(VerifyError::Read)?;
    if !metadata.is_file() || metadata.len() != fields.size {
        return Err(VerifyError::BytesDiffer);
    }
    if digest_of(&mut file, fields.size).map_err(VerifyError::Read)? != fields.sha256 {
        return Err(VerifyError::BytesDiffer);
    }
    Ok(file)
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

/// An item that did not pass, and why.
#[derive(Debug, thiserror::Error)]
#[error("密封件未通过核对 (item {item} was not verified)")]
pub(crate) struct Unverified {
    /// The item.
    pub(crate) item: ItemId,
    /// Why.
    #[source]
    pub(crate) blame: VerifyError,
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
    /// The file cannot be read; that passes.
    #[error("文件不可读 (the item cannot be read)")]
    Read(#[source] io::Error),
}
