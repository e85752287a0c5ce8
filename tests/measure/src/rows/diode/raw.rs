//! Raw UDP on loopback, in the datagrams and bursts of the link: what there is to be had without any of what the link does.

use std::{
    io::{self, IoSlice, IoSliceMut},
    net::{SocketAddr, SocketAddrV4, UdpSocket},
    os::fd::AsRawFd as _,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Result, bail};
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};

use crate::process::rest;

/// How bursts are handed to the kernel.
#[derive(Clone, Copy, Debug)]
pub(super) enum Raw {
    /// In one piece, which it cuts into datagrams.
    Offloaded,
    /// As many datagrams, in one call.
    Batched,
}

impl Raw {
    /// MB a second, as far as they arrive.
    pub(super) fn megabytes_a_second(self, bytes: u64) -> Result<f64> {
        let receiver = UdpSocket::bind("127.0.0.1:0")?;
        let sender = UdpSocket::bind("127.0.0.1:0")?;
        // Without the right to it more is lost, and less counted.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size_force(&receiver, BUFFER);
        let to = receiver.local_addr()?;
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (ended, receiver) = (&ended, &receiver);
            let reading = scope.spawn(move || read(receiver, ended));
            let sent = match self {
                Self::Offloaded => send_offloaded(&sender, to, bytes),
                Self::Batched => send_batched(&sender, to, bytes),
            };
            ended.store(true, Ordering::SeqCst);
            let read = reading.join().map_err(|_| anyhow::anyhow!("the reader crashed"))??;
            sent.map(|()| read)
        })
    }
}

/// Reads until nothing more comes; MB a second up to the last datagram.
fn read(receiver: &UdpSocket, ended: &AtomicBool) -> Result<f64> {
    let state = UdpSocketState::new(receiver.into())?;
    let mut buffers = vec![vec![0_u8; 65_535]; BATCH_SIZE];
    let mut metas = vec![RecvMeta::default(); BATCH_SIZE];
    let clock = SystemClock::start();
    let (mut arrived, mut first, mut last) = (0_usize, None, 0.0);
    loop {
        let mut slices: Vec<_> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
        match state.recv(receiver.into(), &mut slices, &mut metas) {
            Ok(count) => {
                arrived += metas.iter().take(count).map(|meta| meta.len).sum::<usize>();
                last = clock.elapsed().as_secs_f64();
                first.get_or_insert(last);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if ended.load(Ordering::SeqCst) {
                    let seconds = last - first.unwrap_or(0.0);
                    return Ok(super::megabytes(arrived as u64) / seconds);
                }
                rest(MOMENT);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn send_offloaded(sender: &UdpSocket, to: SocketAddr, bytes: u64) -> Result<()> {
    let state = UdpSocketState::new(sender.into())?;
    let burst = vec![7_u8; DATAGRAM * BURST];
    let transmit =
        Transmit { destination: to, ecn: None, contents: &burst, segment_size: Some(DATAGRAM), src_ip: None };
    let mut left = bytes;
    while left > 0 {
        match state.try_send(sender.into(), &transmit) {
            Ok(()) => left = left.saturating_sub(burst.len() as u64),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => rest(MOMENT),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn send_batched(sender: &UdpSocket, to: SocketAddr, bytes: u64) -> Result<()> {
    let SocketAddr::V4(to) = to else { bail!("loopback is 127.0.0.1") };
    let burst = vec![7_u8; DATAGRAM * BURST];
    let datagrams: Vec<[IoSlice<'_>; 1]> = burst.chunks_exact(DATAGRAM).map(|one| [IoSlice::new(one)]).collect();
    let addresses = vec![Some(address(to)); datagrams.len()];
    let none: [ControlMessage<'_>; 0] = [];
    let mut left = bytes;
    while left > 0 {
        let mut headers = MultiHeaders::preallocate(datagrams.len(), None);
        let sent = sendmmsg(sender.as_raw_fd(), &mut headers, &datagrams, &addresses, none, MsgFlags::empty())?.count();
        left = left.saturating_sub((sent * DATAGRAM) as u64);
    }
    Ok(())
}

fn address(of: SocketAddrV4) -> SockaddrIn {
    SockaddrIn::from(of)
}

/// The link's datagram.
const DATAGRAM: usize = 1472;
/// Datagrams in a burst of the link.
const BURST: usize = 64_000 / DATAGRAM;
/// The receiver's buffer, as the link's.
const BUFFER: usize = 64 << 20;
/// How long either end waits for the other.
const MOMENT: Duration = Duration::from_micros(50);
