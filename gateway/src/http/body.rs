//! Request bodies: read under a limit, a deadline and a common budget of memory.

use std::sync::Arc;

use axum::body::Body;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::problem::ProblemKind;
use crate::limits;

/// The memory that all bodies share; taken as bytes arrive, so that a slow client holds only what it sent.
#[derive(Debug, Clone)]
pub(crate) struct BodyBudget(Arc<Semaphore>);

/// A body in memory. Its share of the budget is given back when it is dropped, and its bytes are wiped by the allocator.
#[derive(Debug, Default)]
pub(crate) struct HeldBody {
    bytes: Vec<u8>,
    share: Option<OwnedSemaphorePermit>,
}

impl BodyBudget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / UNIT)))
    }

    /// Reads the whole body. A refusal has read on for a moment, so that the client gets to see it.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body, limit: usize) -> Result<HeldBody, ProblemKind> {
        if is_longer_than(headers, limit as u64) {
            drain(headers, body).await;
            return Err(ProblemKind::TooLarge);
        }
        let mut body = body;
        let refusal = match timeout(limits::BODY_TIME, self.collect(&mut body, limit)).await {
            Ok(Ok(held)) => return Ok(held),
            Ok(Err(refusal)) => refusal,
            Err(_) => return Err(ProblemKind::TooSlow),
        };
        read_on(body).await;
        Err(refusal)
    }

    async fn collect(&self, body: &mut Body, limit: usize) -> Result<HeldBody, ProblemKind> {
        let mut held = HeldBody::default();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| ProblemKind::Malformed)?.into_data() else {
                continue;
            };
            self.hold(&mut held, &data, limit)?;
        }
        Ok(held)
    }

    /// Holds some more bytes of a body that comes in pieces.
    pub(crate) fn hold(&self, held: &mut HeldBody, data: &[u8], limit: usize) -> Result<(), ProblemKind> {
        if held.bytes.len() + data.len() > limit {
            return Err(ProblemKind::TooLarge);
        }
        self.grow(held, data.len())?;
        held.bytes.extend_from_slice(data);
        Ok(())
    }

    fn grow(&self, held: &mut HeldBody, more: usize) -> Result<(), ProblemKind> {
        let needed = (held.bytes.len() + more).div_ceil(UNIT);
        let has = held.share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(needed.saturating_sub(has)).map_err(|_| ProblemKind::TooLarge)?;
        let share = Arc::clone(&self.0).try_acquire_many_owned(missing).map_err(|_| ProblemKind::Busy)?;
        match &mut held.share {
            Some(held) => held.merge(share),
            none => *none = Some(share),
        }
        Ok(())
    }
}

impl From<&[u8]> for HeldBody {
    /// Bytes that were made here and are within every bound already, such as a report put together from a form.
    fn from(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), share: None }
    }
}

impl HeldBody {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a refused body on, within bounds: a client that is still sending would not read the answer.
pub(crate) async fn drain(headers: &HeaderMap, body: Body) {
    // A client that waits to be told to go on has sent nothing yet, and asking for bytes would tell it so.
    if !headers.contains_key(EXPECT) {
        read_on(body).await;
    }
}

/// The same of a body that has been read in part: its client has been told to go on, if it asked.
pub(crate) async fn read_on(mut body: Body) {
    let mut left = limits::DRAIN_BYTES;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, bytes_of));
            if left == 0 {
                break;
            }
        }
    };
    let _ = timeout(limits::DRAIN_TIME, reading).await;
}

fn bytes_of(data: &axum::body::Bytes) -> usize {
    data.len()
}

/// Whether the client says that its body has more bytes.
pub(crate) fn is_longer_than(headers: &HeaderMap, limit: u64) -> bool {
    stated_length(headers).is_some_and(|length| length > limit)
}

fn stated_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// One permit stands for so many bytes.
const UNIT: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(budget: &BodyBudget, body: &'static str, limit: usize) -> Result<HeldBody, ProblemKind> {
        budget.read(&HeaderMap::new(), Body::from(body), limit).await
    }

    #[tokio::test]
    async fn a_body_within_its_limit_is_held() {
        let budget = BodyBudget::new(4096);
        assert_eq!(read(&budget, "0123456789", 10).await.unwrap().bytes(), b"0123456789");
        assert_eq!(read(&budget, "0123456789", 9).await.err(), Some(ProblemKind::TooLarge));
    }

    #[tokio::test]
    async fn the_budget_is_shared_and_comes_back() {
        let budget = BodyBudget::new(1024);
        let first = read(&budget, "a", 10).await.unwrap();
        assert_eq!(read(&budget, "b", 10).await.err(), Some(ProblemKind::Busy));
        drop(first);
        assert!(read(&budget, "b", 10).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_too_slow() {
        let refused = BodyBudget::new(1024).read(&HeaderMap::new(), Body::new(Never), 10).await;
        assert_eq!(refused.err(), Some(ProblemKind::TooSlow));
    }

    /// A body whose next bytes never come.
    struct Never;

    impl hyper::body::Body for Never {
        type Data = axum::body::Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
            std::task::Poll::Pending
        }
    }
}
