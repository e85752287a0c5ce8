//! The strict head of an HTTP/1.1 request, read before hyper sees a byte of it (DESIGN section 6).
//!
//! hyper alone lets pass a missing or second `Host`, `Content-Length` together with `Transfer-Encoding`, bare line
//! feeds and very long heads, and a handler cannot see some of them afterwards. Two programs that disagree about where a
//! request ends can be made to mix up two people's requests, so what is ambiguous is refused here.
//!
//! This module must not do I/O: it looks at bytes. [`HeadScan`] finds where a head ends, [`Head::parse`] reads it;
//! [`FrameCount`] counts the frames of HTTP/2, which hyper reads.

mod frames;
mod head;
mod scan;

pub use self::frames::{Flood, FrameCount};
pub use self::head::{Framing, Head};
pub use self::scan::{HeadScan, Progress};

/// Why a head is refused. The client is told only the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A line feed without its carriage return, or the other way round.
    #[error("a line of the head does not end with CR LF")]
    LineEnding,
    /// More bytes than a head may have.
    #[error("the head is longer than {} bytes", HEAD_LIMIT)]
    TooLong,
    /// More fields than a head may have.
    #[error("the head has more than {} fields", FIELD_LIMIT)]
    TooManyFields,
    /// Not `METHOD /path HTTP/1.1`.
    #[error("the request line is not METHOD /path HTTP/1.1")]
    RequestLine,
    /// A field is not `name: value` in the characters allowed.
    #[error("a header field is malformed")]
    Field,
    /// No `Host`, more than one, or one that names no host.
    #[error("there is not exactly one usable Host field")]
    Host,
    /// The length of the body can be read in two ways.
    #[error("the body's length is ambiguous")]
    Framing,
    /// A body is due and its length is not said.
    #[error("the body's length is missing")]
    LengthRequired,
}

/// Ordinary heads are below 2 KiB; 16 KiB is what common servers allow for all of it.
pub const HEAD_LIMIT: usize = 16 * 1024;
/// Browsers send about twenty.
pub const FIELD_LIMIT: usize = 64;
