//! Closing a connection so that the peer can read the last answer.
//!
//! A socket that is closed while bytes from its peer lie unread resets the connection, and the peer loses what it was
//! just sent: a refusal of a head or a body that is too long would never arrive. So after the last answer the writing
//! side is closed first, and what still comes is read and thrown away, within bounds.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use crate::limits;

/// A stream that is drained before it is closed.
pub(crate) struct Lingering<S> {
    stream: S,
    closing: Option<Closing>,
}

struct Closing {
    bytes_left: usize,
    until: Pin<Box<Sleep>>,
}

impl<S> Lingering<S> {
    /// Around this stream.
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, closing: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, closing } = &mut *self;
        if closing.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
        }
        let closing = closing.get_or_insert_with(|| Closing {
            bytes_left: limits::LINGER_BYTES,
            until: Box::pin(sleep(limits::LINGER)),
        });
        let mut unread = [0; 8 * 1024];
        while closing.bytes_left > 0 && closing.until.as_mut().poll(cx).is_pending() {
            let mut unread = ReadBuf::new(&mut unread);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut unread)) {
                Ok(()) if !unread.filled().is_empty() => {
                    closing.bytes_left = closing.bytes_left.saturating_sub(unread.filled().len());
                }
                // The peer has closed its side as well, or is gone: nothing can be lost any more.
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
