//! HTTP/1.1: the guard reads one head, hyper serves one request, the connection ends.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::problem::{Problem, ProblemKind};
use crate::guard::{Head, HeadScan, Progress, Refusal};
use crate::limits;

/// What became of the head.
pub(super) enum GuardedHead {
    /// The bytes read so far: an unambiguous head and perhaps a part of the body.
    Passed(Vec<u8>),
    /// Answer this and end.
    Refused(ProblemKind),
    /// The peer left, or never said a word.
    Gone,
}

/// Reads until the end of a head, under a deadline and a bound.
pub(super) async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> GuardedHead {
    let mut bytes = Vec::with_capacity(FIRST_READ);
    let within = timeout(limits::HEAD_TIME, read_until_empty_line(stream, &mut bytes)).await;
    match within {
        Ok(Ok(true)) => GuardedHead::Passed(bytes),
        Ok(Ok(false)) => GuardedHead::Gone,
        Ok(Err(refusal)) => GuardedHead::Refused(kind_of(refusal)),
        Err(_) if bytes.is_empty() => GuardedHead::Gone,
        Err(_) => GuardedHead::Refused(ProblemKind::TooSlow),
    }
}

/// Answers a refusal without hyper, then reads on for a moment so that the client gets to see it.
pub(super) async fn answer_refusal<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, kind: ProblemKind) {
    let problem = Problem::from(kind);
    let body = problem.document();
    let reason = problem.status().canonical_reason().unwrap_or("Refused");
    let head = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nStrict-Transport-Security: max-age=63072000\r\nConnection: close\r\n\r\n",
        problem.status().as_u16(),
        body.len(),
    );
    let answer = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await?;
        linger(stream).await
    };
    // The client may have left already; there is nobody else to tell.
    let _ = timeout(limits::DRAIN_TIME + Duration::from_secs(1), answer).await;
}

/// Reads what still comes, within bounds: closing over unread bytes would reset the connection and lose the answer.
pub(super) async fn linger<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<()> {
    let mut sink = [0; 4096];
    let mut left = limits::DRAIN_BYTES;
    let drained = timeout(limits::DRAIN_TIME, async {
        while left > 0 {
            match stream.read(&mut sink).await? {
                0 => break,
                count => left = left.saturating_sub(count),
            }
        }
        Ok(())
    });
    drained.await.unwrap_or(Ok(()))
}

async fn read_until_empty_line<S: AsyncRead + Unpin>(stream: &mut S, bytes: &mut Vec<u8>) -> Result<bool, Refusal> {
    let mut scan = HeadScan::default();
    loop {
        let seen = bytes.len();
        bytes.reserve(FIRST_READ);
        match stream.read_buf(bytes).await {
            Ok(0) | Err(_) => return Ok(false),
            Ok(_) => {}
        }
        if let Progress::Complete(end) = scan.push(bytes.get(seen..).unwrap_or_default())? {
            return Head::parse(bytes.get(..end).unwrap_or_default()).map(|_| true);
        }
    }
}

fn kind_of(refusal: Refusal) -> ProblemKind {
    match refusal {
        Refusal::LengthRequired => ProblemKind::LengthRequired,
        Refusal::LineEnding
        | Refusal::TooLong
        | Refusal::TooManyFields
        | Refusal::RequestLine
        | Refusal::Field
        | Refusal::Host
        | Refusal::Framing => ProblemKind::Malformed,
    }
}

/// Most heads fit one read or two; a slow client is not to hold more than it sends.
const FIRST_READ: usize = 1024;

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn guarded(bytes: &[u8]) -> GuardedHead {
        let (mut far, mut near) = tokio::io::duplex(64 * 1024);
        far.write_all(bytes).await.unwrap();
        read_head(&mut near).await
    }

    #[tokio::test]
    async fn a_good_head_passes_with_what_followed_it() {
        let bytes = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
        assert!(matches!(guarded(bytes).await, GuardedHead::Passed(passed) if passed == bytes));
    }

    #[tokio::test]
    async fn refusals_have_their_status() {
        let no_length = b"POST / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert!(matches!(guarded(no_length).await, GuardedHead::Refused(ProblemKind::LengthRequired)));
        assert!(matches!(guarded(b"GET / HTTP/1.1\n").await, GuardedHead::Refused(ProblemKind::Malformed)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_head_is_refused_and_a_silent_peer_is_dropped() {
        let (mut far, mut near) = tokio::io::duplex(64);
        far.write_all(b"GET / HT").await.unwrap();
        assert!(matches!(read_head(&mut near).await, GuardedHead::Refused(ProblemKind::TooSlow)));
        let (_far, mut near) = tokio::io::duplex(64);
        assert!(matches!(read_head(&mut near).await, GuardedHead::Gone));
    }

    #[tokio::test]
    async fn a_refusal_is_a_whole_http_answer() {
        let (mut far, mut near) = tokio::io::duplex(64 * 1024);
        let answering = async {
            answer_refusal(&mut near, ProblemKind::Malformed).await;
            drop(near);
        };
        let mut text = String::new();
        let reading = async {
            far.shutdown().await.unwrap();
            far.read_to_string(&mut text).await.unwrap();
        };
        tokio::join!(answering, reading);
        assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
        assert!(text.contains("urn:nightsafe:problem:malformed"), "{text}");
    }
}
