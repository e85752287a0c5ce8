//! Files that somebody else put into a folder: opened without following a link or waiting on a pipe, copied while their
//! digest is taken.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use nightsafe_schema::digest::Digest;
use rustix::fs::{Mode, OFlags};
use sha2::Digest as _;

/// Why a file was not opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// There is none of this name.
    #[error("there is no such file")]
    Absent,
    /// It is a link, a folder, a pipe or a device.
    #[error("it is not a regular file")]
    NotRegular,
    /// The operating system refused.
    #[error("it cannot be opened")]
    Refused(#[source] io::Error),
}

/// Why a copy was not completed; who is to blame decides what happens next.
#[derive(Debug)]
pub(crate) enum CopyError {
    /// The source: this item is not to be had from here.
    Read(io::Error),
    /// The target: our own disk.
    Write(io::Error),
}

/// What was read: how much, and its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
}

/// Opens a regular file for reading.
pub(crate) fn open(path: &Path) -> Result<File, OpenError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Err(OpenError::Absent),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => return Err(OpenError::NotRegular),
        Err(error) => return Err(OpenError::Refused(error.into())),
    };
    let metadata = file.metadata().map_err(OpenError::Refused)?;
    if metadata.is_file() { Ok(file) } else { Err(OpenError::NotRegular) }
}

/// Copies at most `limit` bytes and takes their digest on the way.
pub(crate) fn copy(from: &mut impl Read, to: &mut impl Write, limit: u64) -> Result<Contents, CopyError> {
    let mut hasher = sha2::Sha256::new();
    let mut block = vec![0_u8; BLOCK];
    let mut from = from.take(limit);
    let mut size = 0_u64;
    loop {
        let read = match from.read(&mut block) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        to.write_all(bytes).map_err(CopyError::Write)?;
        size = size.saturating_add(u64::try_from(read).unwrap_or(0));
    }
    Ok(Contents { size, sha256: Digest::from_bytes(hasher.finalize().into()) })
}

/// The size and digest of what is left to read of a file, of at most `limit` bytes.
pub(crate) fn contents(file: &mut File, limit: u64) -> io::Result<Contents> {
    copy(file, &mut io::sink(), limit).map_err(|error| match error {
        CopyError::Read(error) | CopyError::Write(error) => error,
    })
}

/// Large enough that reading is not the limit, small enough for many at once.
const BLOCK: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_folders_and_pipes_are_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "a").unwrap();
        symlink(&file, folder.path().join("link")).unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(open(&file).is_ok());
        assert!(matches!(open(&folder.path().join("link")), Err(OpenError::NotRegular)));
        assert!(matches!(open(folder.path()), Err(OpenError::NotRegular)));
        assert!(matches!(open(&pipe), Err(OpenError::NotRegular)));
        assert!(matches!(open(&folder.path().join("none")), Err(OpenError::Absent)));
    }

    #[test]
    fn a_copy_has_the_digest_of_its_bytes_and_stops_at_the_limit() {
        let mut copied = Vec::new();
        let contents = copy(&mut b"12345678".as_slice(), &mut copied, 5).unwrap();
        assert_eq!(copied, b"12345");
        assert_eq!(contents, Contents { size: 5, sha256: Digest::of(b"12345") });
    }
}
