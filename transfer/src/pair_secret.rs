//! The secret that both sides of one transfer share: 32 bytes, for acknowledgements only.

use std::path::Path;

use nightsafe_runtime::bounded_file::{self, ReadError};
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::ticket::PairSecret;

/// Why there is no pair secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PairSecretError {
    /// The configuration names none.
    #[error("the configuration names no pair_secret: 32 random bytes in one file, the same on both sides")]
    NotConfigured,
    /// The file cannot be read.
    #[error("cannot read the pair secret")]
    Read(#[source] ReadError),
    /// It is not 32 bytes long.
    #[error("the pair secret is not 32 bytes long")]
    Length,
}

impl HasExitCode for PairSecretError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Key
    }
}

/// Reads the secret; the file must be readable by its owner alone.
pub(crate) fn read(path: Option<&Path>) -> Result<PairSecret, PairSecretError> {
    let path = path.ok_or(PairSecretError::NotConfigured)?;
    let bytes = bounded_file::read_secret(path, LENGTH).map_err(PairSecretError::Read)?;
    let bytes = bytes.as_slice().try_into().map_err(|_| PairSecretError::Length)?;
    Ok(PairSecret::from_bytes(bytes))
}

const LENGTH: u64 = 32;
