//! Smaller answers for slow lines (docs/decisions/0015): pages, styles and documents are sent as gzip to whoever takes it.
//!
//! A page holds what its reader wrote, so its length must not say more than it did before: the compressed length is filled
//! up to a whole number of [`STEP`] bytes, in a header field of the gzip format that every reader skips. The receipt, which
//! holds the clue number, is never compressed.

use std::io::Write as _;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};

use crate::limits;

/// On an answer that is to be sent as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsItIs;

/// Whether the client takes gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, parameter) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = parameter.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight != Some(0.0)
    })
}

/// The answer as gzip, where that is wanted, allowed and worth while.
pub(super) async fn smaller(response: Response, gzip: bool) -> Response {
    if response.extensions().get::<AsItIs>().is_some() || !is_text(response.headers()) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    head.headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if !gzip {
        return Response::from_parts(head, body);
    }
    // Bodies of this program are whole in memory and ready at once.
    let whole = to_bytes(body, limits::UNREAD_BY_ONE).await.unwrap_or_default();
    match packed(&whole) {
        Some(packed) => {
            head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            head.headers.remove(CONTENT_LENGTH);
            Response::from_parts(head, Body::from(packed))
        }
        None => Response::from_parts(head, Body::from(whole)),
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    ["text/", "application/json"].iter().any(|beginning| kind.starts_with(beginning))
}

/// RFC 1952, in whole steps; `None` where it would not be smaller.
fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::new(EFFORT));
    encoder.write_all(bytes).ok()?;
    let deflated = encoder.finish().ok()?;
    let mut crc = Crc::new();
    crc.update(bytes);

    let bare = HEAD.len() + EXTRA_HEAD + deflated.len() + TAIL;
    let filling = bare.next_multiple_of(STEP) - bare;
    let extra = u16::try_from(SUBFIELD_HEAD + filling).ok()?.to_le_bytes();
    let subfield = u16::try_from(filling).ok()?.to_le_bytes();
    let mut packed = Vec::with_capacity(bare + filling);
    for piece in [&HEAD[..], &extra, b"NS", &subfield, &vec![0; filling], &deflated, &crc.sum().to_le_bytes()] {
        packed.extend_from_slice(piece);
    }
    packed.extend_from_slice(&crc.amount().to_le_bytes());
    (packed.len() < bytes.len()).then_some(packed)
}

/// Magic, deflate, with an extra field, no time, no system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff];
/// The length of the extra field, and the name and length of the one part in it.
const EXTRA_HEAD: usize = 2 + SUBFIELD_HEAD;
const SUBFIELD_HEAD: usize = 4;
/// Checksum and length.
const TAIL: usize = 8;
/// Lengths of answers are multiples of this.
const STEP: usize = 512;
/// A page of 40 KiB in half a millisecond.
const EFFORT: u32 = 5;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))])
    }

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        for yes in ["gzip", "br, GZIP;q=0.5", "gzip, deflate"] {
            assert!(takes_gzip(&headers(yes)), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.0", "identity", "x-gzip"] {
            assert!(!takes_gzip(&headers(no)), "{no}");
        }
    }

    #[test]
    fn lengths_come_in_steps_and_say_no_more_than_their_step() {
        let page = |text: &str| format!("{}{text}{}", "<p>words</p>".repeat(200), "<b>more</b>".repeat(200));
        let sizes: Vec<usize> =
            ["", "a", "another", "经过"].map(|text| packed(page(text).as_bytes()).unwrap().len()).into();
        assert!(sizes.iter().all(|size| *size == sizes[0] && size % STEP == 0), "{sizes:?}");
        let mut unpacked = String::new();
        GzDecoder::new(packed(page("经过").as_bytes()).unwrap().as_slice()).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, page("经过"));
        assert!(packed(b"short").is_none());
    }

    #[tokio::test]
    async fn what_is_to_be_sent_as_it_is_is() {
        let text = "text ".repeat(1000);
        let answer =
            |kind: &'static str| Response::builder().header(CONTENT_TYPE, kind).body(Body::from(text.clone())).unwrap();
        let is_packed = |response: Response| response.headers().contains_key(CONTENT_ENCODING);
        assert!(is_packed(smaller(answer("text/html; charset=utf-8"), true).await));
        assert!(!is_packed(smaller(answer("text/html"), false).await));
        assert!(!is_packed(smaller(answer("image/png"), true).await));
        let mut receipt = answer("text/html");
        receipt.extensions_mut().insert(AsItIs);
        assert!(!is_packed(smaller(receipt, true).await));
    }
}
