//! Bytes of an attachment on their way out: read where blocking is allowed, a piece at a time, as fast as the other side
//! takes them. Nothing is held for a reader that has gone.

use std::{
    io::{self, Read as _},
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::{
    desk::{Media, Source},
    limits::PIECE_BYTES,
};

/// A body of exactly the length that was announced, or one that breaks off.
pub(crate) fn body_of(media: Media) -> Body {
    Body::new(Outpour { left: media.length, state: State::Resting(Some(media.bytes)) })
}

struct Outpour {
    left: u64,
    state: State,
}

/// A source, and the piece that was just read from it.
type Piece = (Box<dyn Source>, Vec<u8>);

enum State {
    Resting(Option<Box<dyn Source>>),
    Reading(JoinHandle<io::Result<Piece>>),
}

impl hyper::body::Body for Outpour {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Resting(source) => {
                    if this.left == 0 {
                        return Poll::Ready(None);
                    }
                    let Some(source) = source.take() else { return Poll::Ready(None) };
                    let most = this.left.min(PIECE_BYTES as u64);
                    this.state = State::Reading(spawn_blocking(move || piece(source, most)));
                }
                State::Reading(reading) => {
                    let read = ready!(Pin::new(reading).poll(context));
                    let (source, bytes) = match read.map_err(io::Error::other).flatten() {
                        Ok(read) => read,
                        Err(error) => {
                            tracing::error!(%error, "an attachment broke off while it was sent");
                            this.state = State::Resting(None);
                            return Poll::Ready(Some(Err(error)));
                        }
                    };
                    this.left = this.left.saturating_sub(bytes.len() as u64);
                    this.state = State::Resting(Some(source));
                    return Poll::Ready(Some(Ok(Frame::data(Bytes::from(bytes)))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// The next bytes, so many at most; fewer than announced is an error.
fn piece(mut source: Box<dyn Source>, most: u64) -> io::Result<Piece> {
    let mut bytes = Vec::with_capacity(usize::try_from(most).unwrap_or(PIECE_BYTES));
    source.by_ref().take(most).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < most {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((source, bytes))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn media(length: u64, bytes: Vec<u8>) -> Media {
        Media { media_type: "image/png", length, bytes: Box::new(io::Cursor::new(bytes)) }
    }

    #[tokio::test]
    async fn a_body_is_as_long_as_announced_or_breaks_off() {
        let bytes: Vec<u8> = (0..3 * PIECE_BYTES + 5).map(|at| u8::try_from(at % 253).unwrap()).collect();
        let whole = body_of(media(bytes.len() as u64, bytes.clone())).collect().await.unwrap().to_bytes();
        assert_eq!(whole, bytes);
        let cut = body_of(media(5, bytes)).collect().await.unwrap().to_bytes();
        assert_eq!(cut.len(), 5);
        assert!(body_of(media(6, b"short".to_vec())).collect().await.is_err());
    }
}
