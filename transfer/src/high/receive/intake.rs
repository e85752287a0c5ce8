//! The thread that reads the socket, and does nothing else: datagrams are copied together and handed on.

use std::io::{self, IoSliceMut};
use std::sync::mpsc::{Receiver, SyncSender};
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
    mut collected: Collected,
    account: &Account,
    stop: &Stop,
) -> io::Result<()> {
    // With offloading, the kernel puts as many datagrams into one buffer as fit.
    let mut buffers = vec![vec![0_u8; BUFFER]; BATCH_SIZE];
    let mut metas = vec![RecvMeta::default(); BATCH_SIZE];
    while !stop.is_asked() {
        let mut slices: Vec<IoSliceMut<'_>> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
        let received = socket.state.recv((&socket.socket).into(), &mut slices, &mut metas);
        drop(slices);
        let count = match received {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !collected.hand_on() {
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
                if datagram.len() != size.bytes() {
                    account.wrong_size();
                } else if !collected.add(datagram) {
                    return Ok(());
                }
            }
        }
    }
    collected.hand_on();
    Ok(())
}

/// Datagrams that are handed on together. A chunk is never larger than [`limits::CHUNK_BYTES`], whatever one look at the
/// socket brought, so that the queue of chunks bounds what waits in bytes too.
pub(super) struct Collected {
    chunk: Chunk,
    chunks: SyncSender<Chunk>,
    /// Those that were read and can be filled again.
    empty: Receiver<Chunk>,
}

impl Collected {
    /// Nothing has come yet.
    pub(super) fn new(chunks: SyncSender<Chunk>, empty: Receiver<Chunk>) -> Self {
        Self { chunk: Chunk::with_capacity(limits::CHUNK_BYTES), chunks, empty }
    }

    /// Adds a datagram; false if nobody takes any more.
    fn add(&mut self, datagram: &[u8]) -> bool {
        if self.chunk.len() + datagram.len() > limits::CHUNK_BYTES && !self.hand_on() {
            return false;
        }
        self.chunk.extend_from_slice(datagram);
        true
    }

    /// Hands on what there is; false if nobody takes any more.
    fn hand_on(&mut self) -> bool {
        if self.chunk.is_empty() {
            return true;
        }
        let mut next = self.empty.try_recv().unwrap_or_else(|_| Chunk::with_capacity(limits::CHUNK_BYTES));
        next.clear();
        self.chunks.send(std::mem::replace(&mut self.chunk, next)).is_ok()
    }
}

/// The largest that UDP gives.
const BUFFER: usize = 65_535;
/// How long it waits before it looks whether to stop.
const IDLE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn what_waits_is_bounded_in_bytes() {
        let (chunks, taken) = sync_channel(limits::CHUNKS);
        let (_filled_again, empty) = sync_channel(1);
        let mut collected = Collected::new(chunks, empty);
        // As much as one look at the socket may bring, and more than a chunk takes.
        let datagrams: Vec<Vec<u8>> = (0..1500_u32).map(|number| number.to_be_bytes().repeat(368)).collect();
        assert!(datagrams.iter().all(|datagram| collected.add(datagram)) && collected.hand_on());
        let came: Vec<Chunk> = taken.try_iter().collect();
        assert!(came.iter().all(|chunk| chunk.len() <= limits::CHUNK_BYTES && chunk.capacity() <= limits::CHUNK_BYTES));
        assert!(came.concat() == datagrams.concat());
        drop(taken);
        assert!(collected.add(&[1; 1472]) && !collected.hand_on(), "nobody takes it");
    }
}
