//! `multipart/form-data` (RFC 7578), read as it arrives: part by part, in memory that does not grow with the body.
//!
//! ```text
//! Content-Type ─▶ Boundary ─▶ Splitter ─▶ PartHead, data, PartHead, data, …
//! ```
//!
//! What stands here is pure: it is given bytes and answers what they mean. It knows no names of parts and no limit of a
//! report; who reads the body from the network, and how fast it must come, is [`crate::http`]'s.
//!
//! There is one spelling of everything: no text before the first boundary, no white space after one, no folded line, no
//! encoding of the data. Programs that people send reports with write exactly that, and nothing here can be read in two
//! ways. Part heads are bounded, which the parser crate that was tried first does not do
//! (docs/decisions/0008-own-multipart-splitter.md).

mod boundary;
mod disposition;
mod head;
mod splitter;

pub use hyper::body::Bytes;

pub use self::boundary::Boundary;
pub use self::head::PartHead;
pub use self::splitter::{Piece, Splitter};

/// Why a body is no `multipart/form-data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MultipartError {
    /// The content type has no boundary, two, or one that RFC 2046 does not allow.
    #[error("the content type has no usable boundary")]
    Boundary,
    /// The body does not begin with its boundary, or a boundary is followed by something else than a line end.
    #[error("a boundary is not a line of its own")]
    BoundaryLine,
    /// A part's head cannot be read in one way only.
    #[error("the head of a part cannot be read")]
    Head,
    /// A part's head is longer than [`HEAD_LIMIT`].
    #[error("the head of a part is longer than {HEAD_LIMIT} bytes")]
    HeadTooLong,
    /// More than [`EPILOGUE_LIMIT`] bytes stand after the last boundary.
    #[error("something follows the last boundary")]
    AfterTheEnd,
    /// The body ends before its last boundary.
    #[error("the body ends before its last boundary")]
    Truncated,
}

/// Bytes of one part's head: a file name of 10,000 bytes and all that browsers write beside it.
pub const HEAD_LIMIT: usize = 16 * 1024;
/// Bytes after the last boundary, which mean nothing: a line end, mostly.
pub const EPILOGUE_LIMIT: usize = 1024;
