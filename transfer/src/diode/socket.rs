//! The sockets of the link. The receiving one is bound, read and nothing else: this program has no code that sends with it.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use nightsafe_runtime::exit::exit_code_of_io;
use nightsafe_runtime::listening::{ListenError, udp_socket};
use nightsafe_runtime::{ExitCode, HasExitCode};
use quinn_udp::UdpSocketState;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;

use crate::config::Offload;
use crate::limits;

/// A socket with its offloads.
#[derive(Debug)]
pub(crate) struct LinkSocket {
    pub(crate) socket: UdpSocket,
    pub(crate) state: UdpSocketState,
    /// Bytes of the kernel's buffer, as it says.
    pub(crate) buffer: usize,
    offload: Offload,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    /// The address is not ours, or somebody else has it.
    #[error("cannot use the address {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// There is nothing to receive with.
    #[error("cannot receive from the link")]
    Listen(#[source] ListenError),
    /// An option was refused.
    #[error("cannot prepare the socket at {address}")]
    Prepare {
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl HasExitCode for SocketError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => ExitCode::Busy,
            Self::Bind { source, .. } | Self::Listen(ListenError::Bind { source, .. })
                if source.kind() == io::ErrorKind::AddrNotAvailable =>
            {
                ExitCode::Usage
            }
            Self::Listen(source) => source.exit_code(),
            Self::Bind { source, .. } | Self::Prepare { source, .. } => exit_code_of_io(source),
        }
    }
}

impl LinkSocket {
    /// A socket that receives, passed by systemd or of our own, with as large a buffer as the kernel gives.
    pub(crate) fn receiving(address: SocketAddr) -> Result<Self, SocketError> {
        let socket = udp_socket(address).map_err(SocketError::Listen)?;
        let refused = |error: rustix::io::Errno| SocketError::Prepare { address, source: error.into() };
        // Beyond the system's limit only with CAP_NET_ADMIN, as whoever passed the socket on may have had.
        if sockopt::set_socket_recv_buffer_size_force(&socket, limits::SOCKET_BYTES).is_err()
            && sockopt::socket_recv_buffer_size(&socket).map_err(refused)? < limits::SOCKET_BYTES
        {
            sockopt::set_socket_recv_buffer_size(&socket, limits::SOCKET_BYTES).map_err(refused)?;
        }
        let buffer = sockopt::socket_recv_buffer_size(&socket).map_err(refused)?;
        Self::with_offloads(socket, address, buffer, Offload::On)
    }

    /// A socket that sends to `to`.
    pub(crate) fn sending(from: Option<SocketAddr>, to: SocketAddr, offload: Offload) -> Result<Self, SocketError> {
        let any: SocketAddr =
            if to.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
        let address = from.unwrap_or(any);
        let socket = bind(address)?;
        let buffer = sockopt::socket_send_buffer_size(&socket)
            .map_err(|error| SocketError::Prepare { address, source: error.into() })?;
        Self::with_offloads(socket, address, buffer, offload)
    }

    fn with_offloads(
        socket: UdpSocket,
        address: SocketAddr,
        buffer: usize,
        offload: Offload,
    ) -> Result<Self, SocketError> {
        let state = UdpSocketState::new((&socket).into()).map_err(|source| SocketError::Prepare { address, source })?;
        Ok(Self { socket, state, buffer, offload })
    }

    /// How many datagrams the kernel takes at once.
    pub(crate) fn segments(&self) -> usize {
        match self.offload {
            Offload::On => self.state.max_gso_segments().max(1),
            Offload::Off => 1,
        }
    }

    /// Waits until there is something to read, or for a moment.
    pub(crate) fn wait_to_read(&self, moment: Duration) -> io::Result<bool> {
        self.wait(PollFlags::IN, moment)
    }

    /// Waits until there is room to write, or for a moment.
    pub(crate) fn wait_to_write(&self, moment: Duration) -> io::Result<bool> {
        self.wait(PollFlags::OUT, moment)
    }

    fn wait(&self, flags: PollFlags, moment: Duration) -> io::Result<bool> {
        let moment = Timespec::try_from(moment).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        match poll(&mut [PollFd::new(&self.socket, flags)], Some(&moment)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn bind(address: SocketAddr) -> Result<UdpSocket, SocketError> {
    UdpSocket::bind(address).map_err(|source| SocketError::Bind { address, source })
}
