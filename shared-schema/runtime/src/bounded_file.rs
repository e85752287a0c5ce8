//! Whole small files, read under a limit: configuration, keys, rings, catalogs.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::exit::{ExitCode, HasExitCode, exit_code_of_io};

/// Why a whole file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The file is longer than its kind may be.
    #[error("{path} is longer than {limit} bytes")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most its kind may hold, in bytes.
        limit: u64,
    },
    /// The file is not text.
    #[error("{path} is not UTF-8 text")]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// Others on this machine can read the secret.
    #[error("{path} holds a secret but other users may read it: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
    },
}

impl HasExitCode for ReadError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read { source, .. } => exit_code_of_io(source),
            Self::TooLong { .. } | Self::NotText { .. } => ExitCode::Usage,
            Self::Exposed { .. } => ExitCode::Key,
        }
    }
}

/// The whole file, if it holds at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut file = open(path)?;
    read_open(path, &mut file, limit)
}

/// The whole file as text, if it holds at most `limit` bytes.
pub fn read_text(path: &Path, limit: u64) -> Result<String, ReadError> {
    String::from_utf8(read(path, limit)?).map_err(|_| ReadError::NotText { path: path.to_owned() })
}

/// A secret of at most `limit` bytes, wiped when dropped; refused if group or others may read the file.
pub fn read_secret(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let mut file = open(path)?;
    let metadata = file.metadata().map_err(|source| ReadError::Read { path: path.to_owned(), source })?;
    if metadata.mode() & 0o077 != 0 {
        return Err(ReadError::Exposed { path: path.to_owned() });
    }
    read_open(path, &mut file, limit).map(Zeroizing::new)
}

/// As [`read`], from a file that was opened with care; `path` is for messages.
pub fn read_open(path: &Path, file: &mut File, limit: u64) -> Result<Vec<u8>, ReadError> {
    // Reserved at once, so that a growing buffer leaves no copies of a secret behind.
    let expected = file.metadata().map_or(0, |metadata| metadata.len()).min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0).saturating_add(1));
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| ReadError::Read { path: path.to_owned(), source })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Ok(bytes)
    } else {
        Err(ReadError::TooLong { path: path.to_owned(), limit })
    }
}

fn open(path: &Path) -> Result<File, ReadError> {
    File::open(path).map_err(|source| ReadError::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_at_its_limit_is_read_and_one_byte_more_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ring.json");
        fs::write(&path, "12345678").unwrap();
        assert_eq!(read_text(&path, 8).unwrap(), "12345678");
        assert!(matches!(read(&path, 7), Err(ReadError::TooLong { limit: 7, .. })));
    }

    #[test]
    fn bytes_that_are_no_text_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(read_text(&path, 10), Err(ReadError::NotText { .. })));
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.key");
        fs::write(&path, "secret").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(read_secret(&path, 10).unwrap_err().exit_code(), ExitCode::Key);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(read_secret(&path, 10).unwrap().as_slice(), b"secret");
    }
}
