//! The gateway's reader of multipart bodies: however a body is cut it reads the same, and what it accepts another reader
//! accepts alike. The fuzzer calls [`call`] with what it invents, the gateway's tests with its corpus and their own bodies.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use nightsafe_gateway::multipart::{Boundary, Bytes, MultipartError, PartHead, Piece, Splitter};

/// One part as a whole.
pub(crate) type Part = (PartHead, Vec<u8>);

/// The boundary of every body here.
pub(crate) const BOUNDARY: &str = "bound";

/// Reads a body whole, in pieces, and with another reader. The first byte says how long the pieces are.
pub(crate) fn call(bytes: &[u8]) {
    let Some((size, body)) = bytes.split_first() else { return };
    let parts = whole(body);
    assert_eq!(in_pieces(body, std::iter::repeat(usize::from(*size) + 1)), parts, "cut into pieces");
    let Ok(parts) = parts else { return };
    match by_multer(body, body.len().max(1)) {
        // Heads it reads in its own way: it knows one case of letters and one kind of escape.
        Ok(theirs) => assert!(parts.iter().map(data).eq(theirs.iter().map(data)), "another reader: {theirs:?}"),
        // Nor has it a file name with a control character in it.
        Err(multer::Error::ReadHeaderFailed(_) | multer::Error::DecodeHeaderValue { .. }) => {}
        Err(error) => panic!("another reader: {error}"),
    }
}

fn data((_, data): &Part) -> &[u8] {
    data
}

/// What the splitter makes of a body in one piece.
pub(crate) fn whole(body: &[u8]) -> Result<Vec<Part>, MultipartError> {
    split([Bytes::copy_from_slice(body)])
}

/// What it makes of the body in pieces of these sizes, and the rest in one.
pub(crate) fn in_pieces(body: &[u8], mut sizes: impl Iterator<Item = usize>) -> Result<Vec<Part>, MultipartError> {
    let mut rest = Bytes::copy_from_slice(body);
    split(std::iter::from_fn(|| {
        let size = sizes.next().unwrap_or(usize::MAX).min(rest.len());
        (!rest.is_empty()).then(|| rest.split_to(size))
    }))
}

fn split(pieces: impl IntoIterator<Item = Bytes>) -> Result<Vec<Part>, MultipartError> {
    let mut splitter = Splitter::new(&Boundary::of(&format!("multipart/form-data; boundary={BOUNDARY}"))?);
    let mut parts: Vec<Part> = Vec::new();
    let mut is_open = false;
    for piece in pieces {
        splitter.push(piece);
        while let Some(piece) = splitter.next_piece()? {
            match (piece, parts.last_mut()) {
                (Piece::Head(head), _) => {
                    assert!(!is_open, "a part within a part");
                    is_open = true;
                    parts.push((head, Vec::new()));
                }
                (Piece::Data(data), Some((_, part))) if is_open && !data.is_empty() => part.extend_from_slice(&data),
                (Piece::PartEnd, Some(_)) if is_open => is_open = false,
                (other, _) => panic!("{other:?} in no part"),
            }
        }
    }
    splitter.finish().map(|()| parts)
}

/// What multer makes of a body, given to it in pieces of this size.
pub(crate) fn by_multer(body: &[u8], size: usize) -> Result<Vec<Part>, multer::Error> {
    let pieces: VecDeque<_> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let stream = axum::body::Body::new(Pieces(pieces)).into_data_stream();
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|_| multer::Error::LockFailure)?;
    runtime.block_on(async {
        let mut body = multer::Multipart::new(stream, BOUNDARY);
        let mut parts = Vec::new();
        while let Some(field) = body.next_field().await? {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let (name, file_name) = (text(field.name()).unwrap_or_default(), text(field.file_name()));
            let content_type = field.headers().get("content-type");
            let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            parts.push((PartHead { name, file_name, content_type }, field.bytes().await?.to_vec()));
        }
        Ok(parts)
    })
}

/// A body in these pieces.
struct Pieces(VecDeque<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(hyper::body::Frame::data(piece))))
    }
}
