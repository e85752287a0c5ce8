//! A request body that its source pays for, MiB by MiB, as it arrives.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::sources::Source;

/// Passes everything on as it is.
pub(super) struct Metered<B = Incoming> {
    body: B,
    source: Source,
    /// Bytes since the last whole MiB.
    unpaid: usize,
}

impl<B> Metered<B> {
    pub(super) fn new(body: B, source: Source) -> Self {
        Self { body, source, unpaid: 0 }
    }

    fn arrived(&mut self, bytes: usize) {
        self.unpaid += bytes;
        while self.unpaid >= MIB {
            self.unpaid -= MIB;
            self.source.received_a_mib();
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Metered<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            self.arrived(frame.data_ref().map_or(0, Bytes::len));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

const MIB: usize = 1024 * 1024;
