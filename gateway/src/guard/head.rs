//! Reads a complete head: one request line, unambiguous fields.

use super::{FIELD_LIMIT, Refusal};

/// A head that means one thing only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head<'a> {
    method: &'a str,
    target: &'a str,
    fields: Vec<(&'a str, &'a [u8])>,
    framing: Framing,
}

/// How the body's end is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    Empty,
    /// So many bytes.
    Length(u64),
    /// Chunks; hyper reads them.
    Chunked,
}

impl<'a> Head<'a> {
    /// Parses the bytes up to and including the empty line that [`HeadScan`](super::HeadScan) found.
    pub fn parse(head: &'a [u8]) -> Result<Self, Refusal> {
        let lines = head.strip_suffix(b"\r\n\r\n").ok_or(Refusal::LineEnding)?;
        let mut lines = split_lines(lines);
        let (method, target) = request_line(lines.next().unwrap_or_default())?;
        let mut fields = Vec::new();
        for line in lines {
            if fields.len() == FIELD_LIMIT {
                return Err(Refusal::TooManyFields);
            }
            fields.push(field(line)?);
        }
        check_host(&fields)?;
        let framing = framing(method, &fields)?;
        Ok(Self { method, target, fields, framing })
    }

    /// The method, as sent.
    pub fn method(&self) -> &'a str {
        self.method
    }

    /// The path and query, as sent.
    pub fn target(&self) -> &'a str {
        self.target
    }

    /// Field names and values, as sent, without white space around the values.
    pub fn fields(&self) -> &[(&'a str, &'a [u8])] {
        &self.fields
    }

    /// How the body's end is found.
    pub fn framing(&self) -> Framing {
        self.framing
    }
}

fn split_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    // The scan has shown that every CR is followed by LF and every LF follows a CR.
    bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn request_line(line: &[u8]) -> Result<(&str, &str), Refusal> {
    let line = std::str::from_utf8(line).map_err(|_| Refusal::RequestLine)?;
    let mut parts = line.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1"), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refusal::RequestLine);
    };
    let method_ok = !method.is_empty() && method.len() <= METHOD_LIMIT && method.bytes().all(is_token);
    // Only the origin form: this is no proxy, and a second host name in the target would contradict Host.
    let target_ok = target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if method_ok && target_ok { Ok((method, target)) } else { Err(Refusal::RequestLine) }
}

fn field(line: &[u8]) -> Result<(&str, &[u8]), Refusal> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or(Refusal::Field)?;
    let (name, value) = line.split_at_checked(colon).ok_or(Refusal::Field)?;
    let name = std::str::from_utf8(name).map_err(|_| Refusal::Field)?;
    // No space before the colon and no folded line: both have meant different things to different programs.
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(Refusal::Field);
    }
    let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
    if value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..)) {
        Ok((name, value))
    } else {
        Err(Refusal::Field)
    }
}

fn check_host(fields: &[(&str, &[u8])]) -> Result<(), Refusal> {
    match values(fields, "host").as_slice() {
        [host] if is_host(host) => Ok(()),
        _ => Err(Refusal::Host),
    }
}

/// RFC 9112 section 6, without any of its tolerances.
fn framing(method: &str, fields: &[(&str, &[u8])]) -> Result<Framing, Refusal> {
    match (values(fields, "content-length").as_slice(), values(fields, "transfer-encoding").as_slice()) {
        ([], []) if matches!(method, "POST" | "PUT" | "PATCH") => Err(Refusal::LengthRequired),
        ([], []) => Ok(Framing::Empty),
        ([length], []) => decimal(length).map(Framing::Length).ok_or(Refusal::Framing),
        ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        _ => Err(Refusal::Framing),
    }
}

fn values<'a>(fields: &[(&str, &'a [u8])], name: &str) -> Vec<&'a [u8]> {
    fields.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| *value).collect()
}

fn decimal(digits: &[u8]) -> Option<u64> {
    // One spelling: no sign, no list, no leading zeros beyond "0".
    let one_spelling = digits == b"0" || !digits.starts_with(b"0");
    let plain = one_spelling && (1..=LENGTH_DIGITS).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

fn is_host(value: &[u8]) -> bool {
    (1..=HOST_LIMIT).contains(&value.len())
        && value.iter().all(
            |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' | b'[' | b']'),
        )
}

fn is_token(byte: u8) -> bool {
    // RFC 9110 section 5.6.2.
    matches!(byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
}

/// The longest registered method is UPDATEREDIRECTREF.
const METHOD_LIMIT: usize = 20;
/// A domain name has at most 253 characters; a port follows.
const HOST_LIMIT: usize = 260;
/// Nineteen digits always fit 64 bits.
const LENGTH_DIGITS: usize = 19;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Framing, Head};
    use crate::guard::{HeadScan, Progress, Refusal};

    fn parse(head: &str) -> Result<Framing, Refusal> {
        Head::parse(head.as_bytes()).map(|head| head.framing())
    }

    #[test]
    fn an_ordinary_head_is_read() {
        let head = b"POST /api/v1/reports?x=1 HTTP/1.1\r\nHost: a.example:8443\r\nContent-Length:  12 \r\nX-Y:\r\n\r\n";
        let head = Head::parse(head).unwrap();
        assert_eq!((head.method(), head.target()), ("POST", "/api/v1/reports?x=1"));
        assert_eq!(head.fields(), [("Host", &b"a.example:8443"[..]), ("Content-Length", b"12"), ("X-Y", b"")]);
        assert_eq!(head.framing(), Framing::Length(12));
    }

    #[test]
    fn exactly_one_host_is_required() {
        for head in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost:\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        ] {
            assert_eq!(parse(head), Err(Refusal::Host), "{head}");
        }
    }

    #[test]
    fn an_ambiguous_length_is_refused() {
        for fields in [
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: 01\r\n",
            "Content-Length: 0x1\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
        ] {
            assert_eq!(
                parse(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")),
                Err(Refusal::Framing),
                "{fields}"
            );
        }
    }

    #[test]
    fn a_post_says_how_long_it_is() {
        assert_eq!(parse("POST / HTTP/1.1\r\nHost: a\r\n\r\n"), Err(Refusal::LengthRequired));
        assert_eq!(parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), Ok(Framing::Empty));
        assert_eq!(parse("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"), Ok(Framing::Chunked));
    }

    #[test]
    fn other_request_lines_are_refused() {
        for line in [
            "GET / HTTP/1.0",
            "GET / HTTP/2",
            "GET  / HTTP/1.1",
            "GET /",
            "GET http://a/ HTTP/1.1",
            "GET * HTTP/1.1",
            "G(T / HTTP/1.1",
            " / HTTP/1.1",
            "GET /\u{e9} HTTP/1.1",
            "GET /a#b HTTP/1.1",
            "get\t/ HTTP/1.1",
            "",
        ] {
            assert_eq!(parse(&format!("{line}\r\nHost: a\r\n\r\n")), Err(Refusal::RequestLine), "{line}");
        }
    }

    #[test]
    fn malformed_fields_are_refused() {
        for field in ["Host : a", " Host: a", "X-Y", ": a", "X\u{e9}: a", "X: a\0b", "X: a\u{7f}b"] {
            assert_eq!(parse(&format!("GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n")), Err(Refusal::Field), "{field}");
        }
    }

    #[test]
    fn too_many_fields_are_refused() {
        let fields = "X: y\r\n".repeat(64);
        assert_eq!(parse(&format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")), Err(Refusal::TooManyFields));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = HeadScan::default().push(&bytes);
            let _ = Head::parse(&bytes);
        }

        /// Whatever the guard lets through, the parser behind hyper reads as the same request.
        #[test]
        fn what_passes_means_the_same_to_hyper(
            method in "[A-Z]{1,8}",
            target in "/[!-\"$-~]{0,30}",
            fields in prop::collection::vec(("[A-Za-z0-9-]{1,12}", "[ -~]{0,30}"), 0..20),
        ) {
            let mut text = format!("{method} {target} HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n");
            for (name, value) in &fields {
                text.extend([name, ": ", value, "\r\n"]);
            }
            text.push_str("\r\n");
            prop_assume!(HeadScan::default().push(text.as_bytes()) == Ok(Progress::Complete(text.len())));
            let Ok(head) = Head::parse(text.as_bytes()) else {
                return Err(TestCaseError::reject("ambiguous by chance"));
            };
            let mut slots = [httparse::EMPTY_HEADER; 64];
            let mut other = httparse::Request::new(&mut slots);
            prop_assert_eq!(other.parse(text.as_bytes()), Ok(httparse::Status::Complete(text.len())));
            prop_assert_eq!(other.method, Some(head.method()));
            prop_assert_eq!(other.path, Some(head.target()));
            let others: Vec<_> = other.headers.iter().map(|field| (field.name, field.value.trim_ascii())).collect();
            prop_assert_eq!(others, head.fields().to_vec());
        }
    }
}
