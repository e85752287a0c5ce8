//! The command line's end of the control socket.

use std::{
    io::{self, Read},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use nightsafe_runtime::{ExitCode, exit::HasExitCode};
use serde_json::Value;

use super::{
    address::SocketAddress,
    frame::{self, FrameError},
    protocol::{Answer, Refusal, RefusalCode, Request},
};
use crate::limits;

/// A connection to the daemon; carries one request.
#[derive(Debug)]
pub(crate) struct Client {
    stream: UnixStream,
}

impl Client {
    /// Connects to the daemon whose socket is at `path`.
    pub(crate) fn connect(path: &Path) -> Result<Self, ClientError> {
        let stream = SocketAddress::of(path)
            .and_then(|address| UnixStream::connect(address.path()))
            .and_then(|stream| {
                stream.set_write_timeout(Some(limits::CONTROL_DEADLINE))?;
                stream.set_read_timeout(Some(limits::CONTROL_ANSWER_DEADLINE))?;
                Ok(stream)
            })
            .map_err(|source| ClientError::NoDaemon { path: path.to_owned(), source })?;
        Ok(Self { stream })
    }

    /// Asks for something whose answer is JSON.
    pub(crate) fn ask(mut self, request: &Request) -> Result<Value, ClientError> {
        match self.exchange(request)? {
            Answer::Done(value) => Ok(value),
            Answer::Refused(refusal) => Err(ClientError::Refused(refusal)),
            Answer::Bytes { .. } => Err(ClientError::Unexpected),
        }
    }

    /// Asks for something with bytes behind the request, whose answer is JSON. What the daemon said counts, even if it did not
    /// want to hear all of them.
    pub(crate) fn ask_with(mut self, request: &Request, bytes: &mut dyn Read) -> Result<Value, ClientError> {
        frame::write(&mut self.stream, request, limits::CONTROL_REQUEST_BYTES)?;
        let sent = io::copy(&mut bytes.take(request.following()), &mut self.stream);
        match (frame::read(&mut self.stream, limits::CONTROL_ANSWER_BYTES), sent) {
            (Ok(Answer::Done(value)), _) => Ok(value),
            (Ok(Answer::Refused(refusal)), _) => Err(ClientError::Refused(refusal)),
            (Ok(Answer::Bytes { .. }), _) => Err(ClientError::Unexpected),
            (Err(_silence), Err(source)) => Err(ClientError::Frame(FrameError::Write(source))),
            (Err(error), Ok(_sent)) => Err(error.into()),
        }
    }

    /// Asks for bytes: how many, and where they come from.
    pub(crate) fn ask_bytes(mut self, request: &Request) -> Result<(u64, impl Read), ClientError> {
        match self.exchange(request)? {
            Answer::Bytes { length } => Ok((length, self.stream.take(length))),
            Answer::Refused(refusal) => Err(ClientError::Refused(refusal)),
            Answer::Done(_) => Err(ClientError::Unexpected),
        }
    }

    fn exchange(&mut self, request: &Request) -> Result<Answer, ClientError> {
        frame::write(&mut self.stream, request, limits::CONTROL_REQUEST_BYTES)?;
        Ok(frame::read(&mut self.stream, limits::CONTROL_ANSWER_BYTES)?)
    }
}

/// Why the daemon gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nobody listens.
    #[error("守护进程没有运行，或无权连接 (no daemon answers at {path}, or you may not connect)")]
    NoDaemon {
        /// The socket.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The daemon said no.
    #[error("{} ({})", .0.zh, .0.en)]
    Refused(Refusal),
    /// The connection broke.
    #[error("与守护进程的对话失败 (talking to the daemon failed)")]
    Frame(#[from] FrameError),
    /// The daemon speaks another version.
    #[error("守护进程的版本不同 (the daemon is of another version)")]
    Unexpected,
}

impl ClientError {
    /// Whether there is simply no daemon, so that a repair verb may work on the folders itself.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::NoDaemon { source, .. }
            if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused))
    }
}

impl HasExitCode for ClientError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(Refusal { code: RefusalCode::Invalid, .. }) => ExitCode::Usage,
            _ => ExitCode::Unexpected,
        }
    }
}
