//! The socket that a program serves on: the one that systemd opened and passed on, else one of its own.
//!
//! With a passed socket a program needs no network (`PrivateNetwork=yes` in its unit): it answers whoever comes through that
//! socket, and the kernel gives it no way to connect to anybody. Protocol: sd_listen_fds(3).

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use listenfd::ListenFd;

use crate::exit::{ExitCode, HasExitCode, exit_code_of_io};

/// Why there is nothing to serve on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The service manager passed something else, or more than one socket.
    #[error(
        "服务管理器应传来一个本程序能用的套接字，传来的是 {passed} 个描述符 (one socket of the right kind is wanted)"
    )]
    Passed {
        /// How many came.
        passed: usize,
        /// What the first is, if it is not such a socket.
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
    let listener = passed_or_own(address, |passed| passed.take_tcp_listener(0), TcpListener::bind)?;
    listener.set_nonblocking(true).map_err(|source| ListenError::Bind { address, source })?;
    Ok(listener)
}

/// The passed socket for datagrams, or a new one on `address`.
pub fn udp_socket(address: SocketAddr) -> Result<UdpSocket, ListenError> {
    passed_or_own(address, |passed| passed.take_udp_socket(0), UdpSocket::bind)
}

fn passed_or_own<S>(
    address: SocketAddr,
    take: impl FnOnce(&mut ListenFd) -> io::Result<Option<S>>,
    own: impl FnOnce(SocketAddr) -> io::Result<S>,
) -> Result<S, ListenError> {
    let mut passed = ListenFd::from_env();
    match passed.len() {
        0 => own(address).map_err(|source| ListenError::Bind { address, source }),
        1 => match take(&mut passed) {
            Ok(Some(socket)) => Ok(socket),
            Ok(None) => Err(ListenError::Passed { passed: 1, source: None }),
            Err(source) => Err(ListenError::Passed { passed: 1, source: Some(source) }),
        },
        more => Err(ListenError::Passed { passed: more, source: None }),
    }
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

    #[test]
    fn without_a_passed_socket_for_datagrams_it_makes_its_own() {
        let socket = udp_socket(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = socket.local_addr().unwrap();
        assert!(matches!(udp_socket(address), Err(ListenError::Bind { address: taken, .. }) if taken == address));
    }
}
