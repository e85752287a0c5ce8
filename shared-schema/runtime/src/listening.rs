//! The socket that a program serves on: the one that systemd opened and passed on, else one of its own.
//!
//! With a passed socket a program needs no network (`PrivateNetwork=yes` in its unit): it answers whoever comes through that
//! socket, and the kernel gives it no way to connect to anybody. Protocol: sd_listen_fds(3).

use std::io;
use std::net::{SocketAddr, TcpListener};

use listenfd::ListenFd;

use crate::exit::{ExitCode, HasExitCode, exit_code_of_io};

/// Why there is nothing to serve on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The service manager passed something else, or more than one socket.
    #[error("服务管理器应传来一个监听中的 TCP 套接字，传来的是 {passed} 个描述符 (one listening TCP socket is wanted)")]
    Passed {
        /// How many came.
        passed: usize,
        /// What the first is, if it is not a socket that listens.
        #[source]
        source: Option<io::Error>,
    },
    /// The address of the configuration cannot be listened on.
    #[error("无法监听 {address}，端口可能已被占用 (cannot listen there)")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl HasExitCode for ListenError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => ExitCode::Busy,
            Self::Bind { source, .. } => exit_code_of_io(source),
            Self::Passed { .. } => ExitCode::Usage,
        }
    }
}

/// The passed socket, or a new one on `address`; ready for an asynchronous runtime, which wants it non-blocking.
pub fn tcp_listener(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let mut passed = ListenFd::from_env();
    let listener = match passed.len() {
        0 => TcpListener::bind(address).map_err(|source| ListenError::Bind { address, source })?,
        1 => match passed.take_tcp_listener(0) {
            Ok(Some(listener)) => listener,
            Ok(None) => return Err(ListenError::Passed { passed: 1, source: None }),
            Err(source) => return Err(ListenError::Passed { passed: 1, source: Some(source) }),
        },
        more => return Err(ListenError::Passed { passed: more, source: None }),
    };
    listener.set_nonblocking(true).map_err(|source| ListenError::Bind { address, source })?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_passed_socket_it_makes_its_own() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = tcp_listener(any).unwrap();
        let address = listener.local_addr().unwrap();
        assert_ne!(address.port(), 0);
        assert!(matches!(tcp_listener(address), Err(ListenError::Bind { address: taken, .. }) if taken == address));
    }
}
