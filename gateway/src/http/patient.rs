//! A stream that gives up on a peer which stays silent, and that knows how much of the answers has left.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::unsent::Unsent;
use crate::guard::FrameCount;

/// Ends with [`io::ErrorKind::TimedOut`] once no byte has moved in either direction for a while. It also hands out bytes
/// that were read before it took over.
pub(super) struct Patient<S> {
    stream: S,
    /// Bytes already read from the stream, and how many of them have been handed out.
    ahead: Vec<u8>,
    taken: usize,
    patience: Duration,
    silence: Pin<Box<Sleep>>,
    unsent: Unsent,
    frames: Option<FrameCount>,
    /// What a read ran into behind bytes that were to be handed out first.
    failed: Option<io::Error>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, ahead: Vec<u8>, patience: Duration, unsent: Unsent) -> Self {
        Self {
            stream,
            ahead,
            taken: 0,
            patience,
            silence: Box::pin(sleep(patience)),
            unsent,
            frames: None,
            failed: None,
        }
    }

    /// A stream of HTTP/2's frames; it ends with [`io::ErrorKind::InvalidData`] when it is flooded with them.
    pub(super) fn of_frames(stream: S, patience: Duration, unsent: Unsent) -> Self {
        Self { frames: Some(FrameCount::default()), ..Self::new(stream, Vec::new(), patience, unsent) }
    }

    fn moved(&mut self) {
        let until = Instant::now() + self.patience;
        self.silence.as_mut().reset(until);
    }

    /// Pending while there is patience left.
    fn poll_silence<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(self.silence.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> Patient<S> {
    /// Fills the buffer with what is there. TLS hands out one record at a time; whoever reads a long body is spared a wake
    /// and a buffer for each.
    fn poll_fill(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        loop {
            let filled = buffer.filled().len();
            match Pin::new(&mut self.stream).poll_read(context, buffer) {
                Poll::Ready(Ok(())) if buffer.filled().len() > filled && buffer.remaining() > 0 => {}
                Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
                // What has been read comes first.
                Poll::Ready(Err(error)) if filled > before => {
                    self.failed = Some(error);
                    return Poll::Ready(Ok(()));
                }
                Poll::Pending if filled > before => return Poll::Ready(Ok(())),
                nothing => return nothing,
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let ahead = this.ahead.get(this.taken..).unwrap_or_default();
        if !ahead.is_empty() {
            let count = ahead.len().min(buffer.remaining());
            buffer.put_slice(ahead.get(..count).unwrap_or_default());
            this.taken += count;
            if this.taken == this.ahead.len() {
                this.ahead = Vec::new();
                this.taken = 0;
            }
            return Poll::Ready(Ok(()));
        }
        if let Some(error) = this.failed.take() {
            return Poll::Ready(Err(error));
        }
        let before = buffer.filled().len();
        match this.poll_fill(context, buffer) {
            Poll::Pending => this.poll_silence(context),
            Poll::Ready(read) => {
                this.moved();
                let arrived = buffer.filled().get(before..).unwrap_or_default();
                let counted = this.frames.as_mut().map_or(Ok(()), |frames| frames.push(arrived));
                Poll::Ready(read.and(counted.map_err(|flood| io::Error::new(io::ErrorKind::InvalidData, flood))))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Pending => self.poll_silence(context),
            Poll::Ready(written) => {
                self.moved();
                self.unsent.sent(*written.as_ref().unwrap_or(&0));
                Poll::Ready(written)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.poll_silence(context),
            ready @ Poll::Ready(_) => ready,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(context) {
            Poll::Pending => self.poll_silence(context),
            ready @ Poll::Ready(_) => ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::http::unsent::AnswerBudget;

    fn unsent() -> Unsent {
        AnswerBudget::new(0).connection()
    }

    #[tokio::test]
    async fn bytes_read_before_come_first() {
        let (mut far, near) = tokio::io::duplex(64);
        far.write_all(b"body").await.unwrap();
        drop(far);
        let mut text = String::new();
        let mut patient = Patient::new(near, b"head ".to_vec(), Duration::from_mins(1), unsent());
        patient.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "head body");
    }

    /// Hands out a record at a time, as TLS does, and fails at the end.
    struct Records(Vec<&'static [u8]>);

    impl AsyncRead for Records {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            if self.0.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            buffer.put_slice(self.0.remove(0));
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn one_read_takes_all_records_and_a_failure_comes_after_them() {
        let records = Records(vec![b"one ", b"two ", b"three"]);
        let mut patient = Patient::new(records, Vec::new(), Duration::from_mins(1), unsent());
        let mut buffer = [0; 64];
        assert_eq!(patient.read(&mut buffer[..8]).await.unwrap(), 8);
        assert_eq!(patient.read(&mut buffer[8..]).await.unwrap(), 5);
        assert_eq!(&buffer[..13], b"one two three");
        let error = patient.read(&mut buffer).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_given_up() {
        let (_far, near) = tokio::io::duplex(64);
        let mut patient = Patient::new(near, Vec::new(), Duration::from_mins(1), unsent());
        let error = patient.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
