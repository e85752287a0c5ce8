//! The secrets of this program, each in a file of its own that only its user may read.
//!
//! Store key and ledger key are 64 lower-case hex digits and a line end; intake identities are files as `age-keygen`
//! writes them. Nothing here knows what the secrets are for.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use nightsafe_open::{Identities, identities::IdentitiesError};
use nightsafe_runtime::{
    ExitCode,
    bounded_file::{self, ReadError},
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use nightsafe_schema::randomness::{NoRandomness, Randomness};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    accounts::password::{Password, PasswordError},
    limits,
};

/// A key of 32 bytes, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// Reads a key file.
pub(crate) fn read_key(path: &Path) -> Result<Key, CredentialError> {
    let text = bounded_file::read_secret(path, limits::CREDENTIAL_BYTES)?;
    let digits = text.strip_suffix(b"\n").unwrap_or(&text);
    let mut key = Zeroizing::new([0; 32]);
    // Decoded in place: a temporary vector would leave a copy behind.
    if digits.len() != 2 * key.len() || HEXLOWER.decode_mut(digits, &mut *key).is_err() {
        return Err(CredentialError::Malformed { path: path.to_owned() });
    }
    Ok(key)
}

/// Makes a key file unless there is one. Whether it was made.
pub(crate) fn make_key(path: &Path, randomness: &dyn Randomness) -> Result<Made, CredentialError> {
    if path.exists() {
        return Ok(Made::Kept);
    }
    let mut key = Zeroizing::new([0; 32]);
    randomness.fill(&mut *key)?;
    let line = Zeroizing::new(format!("{}\n", HEXLOWER.encode(&*key)));
    if let Some(folder) = path.parent() {
        durable_file::create_folder(folder)?;
    }
    durable_file::write_new(path, line.as_bytes())?;
    Ok(Made::Fresh)
}

/// A key for another purpose that follows from this one (HKDF-SHA-256, the purpose as info).
pub(crate) fn derived(key: &Key, purpose: &str) -> Key {
    let mut derived = Zeroizing::new([0; 32]);
    // 32 bytes are far below HKDF's limit of 255 blocks, the only error it has.
    if Hkdf::<Sha256>::new(None, key.as_slice()).expand(purpose.as_bytes(), derived.as_mut_slice()).is_err() {
        derived.fill(0);
    }
    derived
}

/// Whether `init` made something or found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// It was missing.
    Fresh,
    /// It was there and stays as it is.
    Kept,
}

/// Reads all intake identities.
pub(crate) fn read_identities<P: AsRef<Path>>(paths: &[P]) -> Result<Identities, CredentialError> {
    let mut texts = Vec::with_capacity(paths.len());
    for path in paths {
        let path = path.as_ref();
        let bytes = bounded_file::read_secret(path, limits::CREDENTIAL_BYTES)?;
        let text =
            std::str::from_utf8(&bytes).map_err(|_other| CredentialError::Malformed { path: path.to_owned() })?;
        texts.push(Zeroizing::new(text.to_owned()));
    }
    Ok(Identities::parse(texts.iter().map(|text| text.as_str()))?)
}

/// Reads a password from a file, or from standard input if the path is `-`.
pub(crate) fn read_password(path: &Path) -> Result<Password, CredentialError> {
    let path = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    let text = bounded_file::read_text(path, limits::CREDENTIAL_BYTES)?;
    Ok(Password::new(text)?)
}

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialError {
    /// Missing, unreadable, or readable by others.
    #[error("密钥文件不可用；nightsafe-internal init 会补齐缺少的 (a credential is missing or unreadable)")]
    Read(#[from] ReadError),
    /// Not in its form.
    #[error("{path} 不是 64 位小写十六进制的密钥 (not a key of 64 lower-case hex digits)")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// No usable intake identity.
    #[error("收件私钥不可用 (the intake identities cannot be used)")]
    Identities(#[from] IdentitiesError),
    /// The password does not fit.
    #[error("密码不合要求 (the password does not fit)")]
    Password(#[from] PasswordError),
    /// No random bytes.
    #[error("没有随机数可用 (no random bytes)")]
    NoRandomness(#[from] NoRandomness),
    /// It cannot be written.
    #[error("密钥文件无法写入 (a credential cannot be written)")]
    Write(#[from] DurableError),
}

impl HasExitCode for CredentialError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Read(error) => error.exit_code(),
            Self::Write(error) => error.exit_code(),
            Self::Password(_) => ExitCode::Usage,
            Self::NoRandomness(_) => ExitCode::Unexpected,
            Self::Malformed { .. } | Self::Identities(_) => ExitCode::Key,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use nightsafe_runtime::SystemRandomness;

    use super::*;

    #[test]
    fn a_made_key_is_read_back_and_never_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials/store.key");
        assert_eq!(make_key(&path, &SystemRandomness).unwrap(), Made::Fresh);
        let key = read_key(&path).unwrap();
        assert_eq!(make_key(&path, &SystemRandomness).unwrap(), Made::Kept);
        assert_eq!(*read_key(&path).unwrap(), *key);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn other_texts_are_no_keys() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["ab", &"AB".repeat(32), &"ab".repeat(33)] {
            let path = folder.path().join("key");
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(read_key(&path), Err(CredentialError::Malformed { .. })), "{text}");
        }
    }
}
