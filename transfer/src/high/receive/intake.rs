//! The thread that reads the socket, and does nothing else: datagrams are copied together and handed on.

use std::io::{self, IoSliceMut};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use nightsafe_diode::datagram::DatagramSize;
use quinn_udp::{BATCH_SIZE, RecvMeta};

use super::account::Account;
use crate::diode::socket::LinkSocket;
use crate::diode::stop::Stop;
use crate::limits;

/// Datagrams of one size, one behind the other.
pub(super) type Chunk = Vec<u8>;

/// Reads until asked to stop.
pub(super) fn run(
    socket: &LinkSocket,
    size: DatagramSize,
    chunks: &SyncSender<Chunk>,
    account: &Account,
    stop: &Stop,
) -> io::Result<()> {
    // With offloading, the kernel puts as many datagrams into one buffer as fit.
    let mut buffers = vec![vec![0_u8; BUFFER]; BATCH_SIZE];
    let mut metas = vec![RecvMeta::default(); BATCH_SIZE];
    let mut chunk = Chunk::with_capacity(limits::CHUNK_BYTES);
    while !stop.is_asked() {
        let mut slices: Vec<IoSliceMut<'_>> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
        let received = socket.state.recv((&socket.socket).into(), &mut slices, &mut metas);
        drop(slices);
        let count = match received {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !hand_on(&mut chunk, chunks) {
                    return Ok(());
                }
                socket.wait_to_read(IDLE)?;
                continue;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        for (buffer, meta) in buffers.iter().zip(&metas).take(count) {
            let stride = meta.stride.max(1);
            for datagram in buffer.get(..meta.len).unwrap_or_default().chunks(stride) {
                account.came(datagram.len());
                if datagram.len() == size.bytes() {
                    chunk.extend_from_slice(datagram);
                } else {
                    account.wrong_size();
                }
            }
        }
        if chunk.len() >= limits::CHUNK_BYTES - BUFFER && !hand_on(&mut chunk, chunks) {
            return Ok(());
        }
    }
    hand_on(&mut chunk, chunks);
    Ok(())
}

/// Hands a chunk on; false if nobody takes it any more.
fn hand_on(chunk: &mut Chunk, chunks: &SyncSender<Chunk>) -> bool {
    chunk.is_empty() || chunks.send(std::mem::replace(chunk, Chunk::with_capacity(limits::CHUNK_BYTES))).is_ok()
}

/// The largest that UDP gives.
const BUFFER: usize = 65_535;
/// How long it waits before it looks whether to stop.
const IDLE: Duration = Duration::from_millis(100);
