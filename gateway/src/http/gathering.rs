//! A socket that is read in large pieces while a body arrives.
//!
//! TLS asks for 4 KiB at a time; one call of the kernel for each would cost an upload more than sealing it. Memory is held
//! only meanwhile: by a connection whose last read came back full, until the socket has nothing more. A bounded number of
//! connections keep theirs for the moments in which their clients are behind: to make it anew each time would cost more
//! than it saves.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits;

/// Reads ahead while there is much to read.
#[derive(Debug)]
pub(super) struct Gathering<S> {
    stream: S,
    /// What was read ahead; empty memory where nothing is.
    ahead: Vec<u8>,
    /// The part of it that is still to be handed out.
    left: std::ops::Range<usize>,
    /// Whether the last read filled all the room that it was given.
    is_bulk: bool,
    keepers: Keepers,
    /// Held by a connection that keeps its memory to its end.
    place: Option<OwnedSemaphorePermit>,
}

/// The connections that may keep what they read ahead into. Clones share the places.
#[derive(Debug, Clone)]
pub(super) struct Keepers(Arc<Semaphore>);

impl Keepers {
    pub(super) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }
}

impl<S> Gathering<S> {
    pub(super) fn new(stream: S, keepers: Keepers) -> Self {
        Self { stream, ahead: Vec::new(), left: 0..0, is_bulk: false, keepers, place: None }
    }

    /// Whether this connection has a place among those that keep their memory, or now gets one.
    fn may_keep(&mut self) -> bool {
        if self.place.is_none() {
            self.place = Arc::clone(&self.keepers.0).try_acquire_owned().ok();
        }
        self.place.is_some()
    }

    /// Hands out what was read ahead.
    fn hand_out(&mut self, buffer: &mut ReadBuf<'_>) {
        let from = self.left.start;
        let to = self.left.end.min(from.saturating_add(buffer.remaining()));
        buffer.put_slice(self.ahead.get(from..to).unwrap_or_default());
        self.left.start = to;
    }

    fn let_go(&mut self) {
        self.ahead = Vec::new();
        self.left = 0..0;
        self.is_bulk = false;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gathering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.left.is_empty() {
            this.hand_out(buffer);
            return Poll::Ready(Ok(()));
        }
        if !this.is_bulk {
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            this.is_bulk = buffer.capacity() >= limits::BULK_READ && buffer.remaining() == 0;
            return Poll::Ready(Ok(()));
        }
        this.ahead.resize(limits::READ_AHEAD, 0);
        let mut ahead = ReadBuf::new(&mut this.ahead);
        match Pin::new(&mut this.stream).poll_read(context, &mut ahead) {
            Poll::Ready(Ok(())) => {
                this.left = 0..ahead.filled().len();
                if this.left.is_empty() {
                    this.let_go();
                }
                this.hand_out(buffer);
                Poll::Ready(Ok(()))
            }
            Poll::Pending if this.may_keep() => Poll::Pending,
            nothing => {
                this.let_go();
                nothing
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathering<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// How many reads the socket sees.
    struct Counted<S> {
        stream: S,
        reads: usize,
    }

    impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            self.reads += 1;
            Pin::new(&mut self.stream).poll_read(context, buffer)
        }
    }

    async fn read_all<S: AsyncRead + Unpin>(stream: &mut S, piece: usize) -> Vec<u8> {
        let (mut all, mut block) = (Vec::new(), vec![0; piece]);
        loop {
            match stream.read(&mut block).await.unwrap() {
                0 => return all,
                read => all.extend_from_slice(&block[..read]),
            }
        }
    }

    #[tokio::test]
    async fn a_body_is_read_in_large_pieces_and_stays_what_it_is() {
        let body: Vec<u8> = (0..1_000_003_u32).map(|number| (number % 251) as u8).collect();
        let stream = Counted { stream: body.as_slice(), reads: 0 };
        let mut gathering = Gathering::new(stream, Keepers::new(0));
        assert_eq!(read_all(&mut gathering, 4096).await, body);
        assert!(gathering.stream.reads <= body.len() / limits::READ_AHEAD + 3, "{}", gathering.stream.reads);
    }

    #[tokio::test]
    async fn memory_is_held_only_while_much_arrives() {
        let (mut far, near) = tokio::io::duplex(1024 * 1024);
        let mut gathering = Gathering::new(near, Keepers::new(0));
        let mut block = [0; 4096];
        far.write_all(&[1; 100]).await.unwrap();
        assert_eq!(gathering.read(&mut block).await.unwrap(), 100);
        assert_eq!(gathering.ahead.capacity(), 0, "a short read");
        far.write_all(&[2; 3 * 4096]).await.unwrap();
        for _ in 0..3 {
            assert_eq!(gathering.read(&mut block).await.unwrap(), 4096);
        }
        assert!(gathering.ahead.capacity() > 0, "in the middle of a body");
        let mut pending = Box::pin(gathering.read(&mut block));
        assert!(std::future::poll_fn(|context| Poll::Ready(pending.as_mut().poll(context).is_pending())).await);
        drop(pending);
        assert_eq!(gathering.ahead.capacity(), 0, "the socket has nothing more");
        far.write_all(b"end").await.unwrap();
        drop(far);
        assert_eq!(read_all(&mut gathering, 4096).await, b"end");
    }
}
