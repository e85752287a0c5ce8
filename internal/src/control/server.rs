//! The daemon's end of the control socket: accepts, asks the kernel who is calling, and hands the request on.
//!
//! Connections are bounded, a request comes within its deadline or not at all, and no request is read in parts that
//! mean something by themselves. What a request may do is decided in [`super::service`].

use std::{
    fs,
    io::{self, Read},
    os::unix::{fs::PermissionsExt, net::UnixStream as BlockingStream},
    path::{Path, PathBuf},
    sync::Arc,
};

use nightsafe_runtime::{
    ExitCode, Shutdown,
    exit::{HasExitCode, exit_code_of_io},
};
use tokio::{
    net::{UnixListener, UnixStream},
    time::timeout,
};

use super::{
    address::SocketAddress,
    frame,
    protocol::{Answer, Refusal, RefusalCode, Request},
    service::Service,
};
use crate::{limits, serve::listening};

/// The bound socket; its file is removed when dropped.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

/// Who is on the other end, as the kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// User id on this machine.
    pub(crate) user: u32,
}

/// What goes back: an answer, and the bytes that follow it.
pub(crate) enum Reply {
    /// Just the answer.
    Answer(Answer),
    /// So many bytes.
    Bytes {
        /// How many.
        length: u64,
        /// Where they come from.
        bytes: Box<dyn Read + Send>,
    },
}

impl ControlSocket {
    /// Binds the socket, for this user and group. What lies at `path` is left by a daemon that is gone: the caller
    /// holds the site's lock.
    pub(crate) fn bind(path: &Path) -> Result<Self, SocketError> {
        let failed = |source| SocketError { path: path.to_owned(), source };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let address = SocketAddress::of(path).map_err(failed)?;
        let listener = UnixListener::bind(address.path()).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o660)).map_err(failed)?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Serves until asked to stop.
    pub(crate) async fn serve(self, service: Arc<Service>, shutdown: Shutdown) {
        let converse = |stream| {
            let service = Arc::clone(&service);
            async move {
                if let Err(error) = converse(stream, service).await {
                    tracing::debug!(error = %error, "a control connection ended early");
                }
            }
        };
        listening::serve("control connection", &self.listener, limits::CONTROL_CONNECTIONS, &shutdown, converse).await;
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // A file that stays behind is removed by the next daemon.
        let _ = fs::remove_file(&self.path);
    }
}

async fn converse(mut stream: UnixStream, service: Arc<Service>) -> Result<(), ConversationError> {
    let peer = Peer { user: stream.peer_cred()?.uid() };
    let received = timeout(limits::CONTROL_DEADLINE, frame::receive(&mut stream, limits::CONTROL_REQUEST_BYTES)).await;
    let request: Result<Request, _> = match received {
        Ok(request) => request,
        Err(_late) => return Err(io::Error::from(io::ErrorKind::TimedOut).into()),
    };
    let mut stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(limits::CONTROL_DEADLINE))?;
    stream.set_write_timeout(Some(limits::CONTROL_DEADLINE))?;
    let answered = tokio::task::spawn_blocking(move || {
        let reply = match request {
            Ok(request) => service.answer(peer, request, &mut stream),
            Err(_not_understood) => Reply::Answer(Answer::Refused(Refusal::of(RefusalCode::Invalid))),
        };
        send(stream, reply)
    });
    answered.await.map_err(|_crashed| io::Error::other("the request crashed"))?
}

fn send(mut stream: BlockingStream, reply: Reply) -> Result<(), ConversationError> {
    match reply {
        Reply::Answer(answer) => frame::write(&mut stream, &answer, limits::CONTROL_ANSWER_BYTES)?,
        Reply::Bytes { length, bytes } => {
            frame::write(&mut stream, &Answer::Bytes { length }, limits::CONTROL_ANSWER_BYTES)?;
            io::copy(&mut bytes.take(length), &mut stream)?;
        }
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum ConversationError {
    #[error("the connection broke")]
    Broken(#[from] io::Error),
    #[error("the answer could not be sent")]
    Frame(#[from] frame::FrameError),
}

/// The control socket cannot be bound.
#[derive(Debug, thiserror::Error)]
#[error("无法建立控制套接字 (cannot bind the control socket {path})")]
pub(crate) struct SocketError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl HasExitCode for SocketError {
    fn exit_code(&self) -> ExitCode {
        exit_code_of_io(&self.source)
    }
}
