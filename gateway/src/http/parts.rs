//! A multipart body as its reader needs it: the next part, its data, under a pace that the client must keep.

use axum::body::{Body, Bytes};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use tokio::time::{Duration, Instant, timeout};

use super::problem::ProblemKind;
use crate::limits;
use crate::multipart::{Boundary, MultipartError, PartHead, Piece, Splitter};

/// The parts of one body, in their order. The body stays the caller's, who may have to read a refused one on.
pub(crate) struct Parts<'b> {
    body: &'b mut Body,
    splitter: Splitter,
    count: usize,
    /// Whether the current part may have more data.
    is_open: bool,
    pace: Pace,
}

impl<'b> Parts<'b> {
    pub(crate) fn new(headers: &HeaderMap, body: &'b mut Body) -> Result<Self, ProblemKind> {
        let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = Boundary::of(value).map_err(kind_of)?;
        Ok(Self { body, splitter: Splitter::new(&boundary), count: 0, is_open: false, pace: Pace::default() })
    }

    /// The next part's head, once the data of the one before has been read; `None` at the end of the body.
    pub(crate) async fn next_part(&mut self) -> Result<Option<PartHead>, ProblemKind> {
        loop {
            match self.splitter.next_piece().map_err(kind_of)? {
                Some(Piece::Head(_)) if self.count >= limits::PARTS => return Err(ProblemKind::TooLarge),
                Some(Piece::Head(head)) => {
                    self.count += 1;
                    self.is_open = true;
                    return Ok(Some(head));
                }
                Some(Piece::Data(_) | Piece::PartEnd) => {}
                None if self.read_more().await? => {}
                None => return self.splitter.finish().map(|()| None).map_err(kind_of),
            }
        }
    }

    /// More of the current part's data; `None` at its end, however often it is asked.
    pub(crate) async fn data(&mut self) -> Result<Option<Bytes>, ProblemKind> {
        while self.is_open {
            match self.splitter.next_piece().map_err(kind_of)? {
                Some(Piece::Data(data)) => return Ok(Some(data)),
                Some(Piece::PartEnd) => self.is_open = false,
                // Cannot be: a part ends before the next begins.
                Some(Piece::Head(_)) => return Err(ProblemKind::Malformed),
                None if self.read_more().await? => {}
                None => return Err(ProblemKind::Incomplete),
            }
        }
        Ok(None)
    }

    /// False at the end of the body.
    async fn read_more(&mut self) -> Result<bool, ProblemKind> {
        let asked = Instant::now();
        let frame = timeout(self.pace.left(), self.body.frame()).await.map_err(|_| ProblemKind::TooSlow)?;
        let Some(frame) = frame else { return Ok(false) };
        let frame = frame.map_err(|_| ProblemKind::Incomplete)?;
        if let Ok(data) = frame.into_data() {
            self.pace.received(asked.elapsed(), data.len());
            self.splitter.push(data);
        }
        Ok(true)
    }
}

/// How long the client may still let us wait: [`limits::BODY_TIME`], and more for everything it has sent. Time in which
/// we did not ask for bytes is ours and does not count.
#[derive(Debug, Default)]
struct Pace {
    waited: Duration,
    received: u64,
}

impl Pace {
    fn received(&mut self, waited: Duration, bytes: usize) {
        self.waited += waited;
        self.received = self.received.saturating_add(bytes as u64);
    }

    fn left(&self) -> Duration {
        let earned = Duration::from_millis(self.received.saturating_mul(1000) / limits::SLOWEST_UPLOAD);
        (limits::BODY_TIME + earned).saturating_sub(self.waited).min(limits::IDLE_TIME)
    }
}

fn kind_of(error: MultipartError) -> ProblemKind {
    match error {
        MultipartError::Truncated => ProblemKind::Incomplete,
        MultipartError::Boundary
        | MultipartError::BoundaryLine
        | MultipartError::Head
        | MultipartError::HeadTooLong
        | MultipartError::AfterTheEnd => ProblemKind::Multipart,
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http::HeaderValue;
    use hyper::body::Frame;

    use super::*;

    const BODY: &str = "--b\r\nContent-Disposition: form-data; name=\"report\"\r\n\r\n{}\r\n--b\r\n\
                        Content-Disposition: form-data; name=\"attachment\"; filename=\"x\"\r\n\r\ndata\r\n--b--\r\n";

    fn headers() -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data; boundary=b"))])
    }

    async fn read(body: Body) -> Result<Vec<(String, Vec<u8>)>, ProblemKind> {
        let mut body = body;
        let mut parts = Parts::new(&headers(), &mut body)?;
        let mut found = Vec::new();
        while let Some(head) = parts.next_part().await? {
            let mut data = Vec::new();
            while let Some(more) = parts.data().await? {
                data.extend_from_slice(&more);
            }
            assert_eq!(parts.data().await, Ok(None), "its end stays its end");
            found.push((head.name, data));
        }
        Ok(found)
    }

    #[tokio::test]
    async fn parts_come_in_their_order_with_their_data() {
        let found = read(Body::from(BODY)).await.unwrap();
        let pair = |name: &str, data: &[u8]| (name.to_owned(), data.to_vec());
        assert_eq!(found, [pair("report", b"{}"), pair("attachment", b"data")]);
    }

    #[tokio::test]
    async fn a_body_cut_anywhere_is_incomplete_or_no_multipart() {
        for end in 0..BODY.len() - "--\r\n".len() {
            assert_eq!(read(Body::from(&BODY[..end])).await, Err(ProblemKind::Incomplete), "{end}");
        }
        assert_eq!(read(Body::from("--b\r\nX\r\n\r\n")).await, Err(ProblemKind::Multipart));
        let mut other = Body::empty();
        assert_eq!(Parts::new(&HeaderMap::new(), &mut other).err(), Some(ProblemKind::Multipart));
    }

    #[tokio::test]
    async fn parts_without_end_are_too_many() {
        let part = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
        let parts = |count: usize| Body::from(format!("{}--b--", part.repeat(count)));
        assert_eq!(read(parts(limits::PARTS)).await.map(|parts| parts.len()), Ok(limits::PARTS));
        assert_eq!(read(parts(limits::PARTS + 1)).await, Err(ProblemKind::TooLarge));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stalls_or_trickles_is_too_slow() {
        assert_eq!(read(Body::new(Trickle::once(BODY.as_bytes()[..90].to_vec()))).await, Err(ProblemKind::TooSlow));
        let started = Instant::now();
        assert_eq!(read(Body::new(Trickle::every(Duration::from_secs(1)))).await, Err(ProblemKind::TooSlow));
        assert!(started.elapsed() < limits::BODY_TIME + Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn what_was_sent_earns_time_and_our_own_time_costs_none() {
        let mut pace = Pace::default();
        assert_eq!(pace.left(), limits::BODY_TIME.min(limits::IDLE_TIME));
        pace.received(limits::BODY_TIME, 0);
        assert_eq!(pace.left(), Duration::ZERO);
        pace.received(Duration::ZERO, 5 * usize::try_from(limits::SLOWEST_UPLOAD).unwrap());
        assert_eq!(pace.left(), Duration::from_secs(5));
    }

    /// The head of a part without an end, all at once or byte by byte, and then silence.
    struct Trickle {
        left: Vec<u8>,
        interval: Option<tokio::time::Interval>,
    }

    impl Trickle {
        fn once(bytes: Vec<u8>) -> Self {
            Self { left: bytes, interval: None }
        }

        fn every(period: Duration) -> Self {
            let mut bytes = BODY.as_bytes()[..60].to_vec();
            bytes.extend([b'x'; 1000]);
            Self { left: bytes, interval: Some(tokio::time::interval(period)) }
        }
    }

    impl hyper::body::Body for Trickle {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            if self.left.is_empty() {
                return Poll::Pending;
            }
            let count = match &mut self.interval {
                Some(interval) => {
                    std::task::ready!(interval.poll_tick(context));
                    1
                }
                None => self.left.len(),
            };
            let bytes: Vec<u8> = self.left.drain(..count).collect();
            Poll::Ready(Some(Ok(Frame::data(bytes.into()))))
        }
    }
}
