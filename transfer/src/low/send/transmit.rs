//! How a burst reaches the kernel: in one piece, which it cuts into datagrams, or, where that is not to be had or not wanted,
//! as many datagrams with one call. A call for each would cost more than all that is done for a datagram here.

use std::io::{self, IoSlice};
use std::net::SocketAddr;

use nightsafe_diode::datagram::DatagramSize;
use quinn_udp::Transmit;
use rustix::net::addr::SocketAddrArg as _;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};

use crate::diode::socket::LinkSocket;

/// Gives the kernel the beginning of a burst; returns how many bytes of it were taken: whole datagrams, at least one.
pub(super) fn transmit(socket: &LinkSocket, to: SocketAddr, burst: &[u8], size: DatagramSize) -> io::Result<usize> {
    match socket.segments() {
        0 | 1 => as_datagrams(socket, to, burst, size),
        segments => in_one_piece(socket, to, burst.get(..segments * size.bytes()).unwrap_or(burst), size),
    }
}

fn in_one_piece(socket: &LinkSocket, to: SocketAddr, piece: &[u8], size: DatagramSize) -> io::Result<usize> {
    let several = piece.len() > size.bytes();
    let transmit = Transmit {
        destination: to,
        ecn: None,
        contents: piece,
        segment_size: several.then_some(size.bytes()),
        src_ip: None,
    };
    socket.state.try_send((&socket.socket).into(), &transmit)?;
    Ok(piece.len())
}

fn as_datagrams(socket: &LinkSocket, to: SocketAddr, burst: &[u8], size: DatagramSize) -> io::Result<usize> {
    let to = to.as_any();
    let datagrams: Vec<[IoSlice<'_>; 1]> = burst.chunks(size.bytes()).map(|one| [IoSlice::new(one)]).collect();
    let mut nothing_beside = Vec::new();
    nothing_beside.resize_with(datagrams.len(), SendAncillaryBuffer::default);
    let mut messages: Vec<MMsgHdr<'_>> = datagrams
        .iter()
        .zip(&mut nothing_beside)
        .map(|(datagram, beside)| MMsgHdr::new_with_addr(&to, datagram, beside))
        .collect();
    match sendmmsg(&socket.socket, &mut messages, SendFlags::DONTWAIT)? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        taken => Ok(taken * size.bytes()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use crate::config::Offload;

    use super::*;

    /// A burst arrives as its datagrams, each whole and in its order, however it was given to the kernel.
    #[test]
    fn a_burst_arrives_as_its_datagrams_either_way() {
        let size = DatagramSize::try_from(1472).unwrap();
        for offload in [Offload::On, Offload::Off] {
            let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
            let to = receiver.local_addr().unwrap();
            let socket = LinkSocket::sending(None, to, offload).unwrap();
            let burst: Vec<u8> = (0_u8..43).flat_map(|number| vec![number; size.bytes()]).collect();
            let mut rest = burst.as_slice();
            while !rest.is_empty() {
                let taken = transmit(&socket, to, rest, size).unwrap();
                assert!(taken > 0 && taken.is_multiple_of(size.bytes()));
                rest = &rest[taken..];
            }
            let mut bytes = vec![0; 65_536];
            for expected in burst.chunks(size.bytes()) {
                let length = receiver.recv(&mut bytes).unwrap();
                assert!(bytes[..length] == *expected, "{offload:?}");
            }
        }
    }

    #[test]
    fn without_offloading_a_burst_is_one_call() {
        let size = DatagramSize::try_from(512).unwrap();
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = receiver.local_addr().unwrap();
        let socket = LinkSocket::sending(None, to, Offload::Off).unwrap();
        assert_eq!(transmit(&socket, to, &[7; 20 * 512], size).unwrap(), 20 * 512);
    }
}
