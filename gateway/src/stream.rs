//! Which stream this installation writes: `state/stream.json`, made by `init`, replaced by `new-stream`.
//!
//! A restored snapshot must not fork its journal: whoever restores one starts a new stream that cites the newest head
//! known inside.

use std::path::{Path, PathBuf};

use nightsafe_runtime::bounded_file::{self, ReadError};
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::digest::Digest;
use nightsafe_schema::journal::StreamId;
use nightsafe_schema::randomness::{NoRandomness, Randomness};
use serde::{Deserialize, Serialize};

/// The stream and what its first entry cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stream {
    pub(crate) stream: StreamId,
    /// Zeros, or the digest that the head of an older stream names.
    pub(crate) after: Digest,
}

/// Why there is no stream to write.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("this installation has no stream yet (nightsafe-gateway init makes one)")]
    Read(#[source] ReadError),
    #[error("{path} does not name a stream")]
    Malformed {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("no stream can be made")]
    Random(#[from] NoRandomness),
    #[error("the stream's name cannot be kept")]
    Write(#[source] DurableError),
}

impl HasExitCode for StreamError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Write(error) => error.exit_code(),
            Self::Random(_) => ExitCode::Unexpected,
            Self::Read(_) | Self::Malformed { .. } => ExitCode::Usage,
        }
    }
}

impl Stream {
    /// A new stream that follows `after`.
    pub(crate) fn begin(randomness: &dyn Randomness, after: Digest) -> Result<Self, StreamError> {
        Ok(Self { stream: StreamId::random(randomness)?, after })
    }

    pub(crate) fn read(state: &Path) -> Result<Self, StreamError> {
        let path = file(state);
        let bytes = bounded_file::read(&path, FILE_LIMIT).map_err(StreamError::Read)?;
        serde_json::from_slice(&bytes).map_err(|source| StreamError::Malformed { path, source })
    }

    /// The stream that is there, or a new one.
    pub(crate) fn read_or_begin(state: &Path, randomness: &dyn Randomness) -> Result<Self, StreamError> {
        if file(state).exists() {
            return Self::read(state);
        }
        let stream = Self::begin(randomness, Digest::ZERO)?;
        stream.keep(state)?;
        Ok(stream)
    }

    /// Makes this the stream that is written from the next start on.
    pub(crate) fn keep(&self, state: &Path) -> Result<(), StreamError> {
        let path = file(state);
        let mut text =
            serde_json::to_vec(self).map_err(|source| StreamError::Malformed { path: path.clone(), source })?;
        text.push(b'\n');
        durable_file::replace(&path, &text).map_err(StreamError::Write)
    }
}

fn file(state: &Path) -> PathBuf {
    state.join("stream.json")
}

const FILE_LIMIT: u64 = 1024;

#[cfg(test)]
mod tests {
    use nightsafe_runtime::SystemRandomness;

    use super::Stream;

    #[test]
    fn a_stream_is_made_once_and_kept() {
        let state = tempfile::tempdir().unwrap();
        let first = Stream::read_or_begin(state.path(), &SystemRandomness).unwrap();
        assert_eq!(Stream::read_or_begin(state.path(), &SystemRandomness).unwrap(), first);
        assert_eq!(Stream::read(state.path()).unwrap(), first);
    }
}
