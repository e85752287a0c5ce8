//! The plaintext of a report item: its first line, its JSON within bounds, its padding.

use std::io::{self, Read, Seek};

use nightsafe_schema::{
    intake::{OpenedEnvelope, OpenedEnvelopeError},
    item::{FrameError, ItemKind, LARGEST_REPORT_FILE, split_first_line},
};
use zeroize::Zeroizing;

use crate::{
    header::Header,
    limits::JSON_DEPTH,
    payload::{PayloadError, payload_reader},
    unlock::ItemKey,
};

/// The item holds no report that this release reads. Each of these sends the item to quarantine.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The payload does not open.
    #[error("the report does not open")]
    Payload(#[source] PayloadError),
    /// A chunk does not authenticate, or the store failed.
    #[error("the report could not be read to its end")]
    Read(#[source] io::Error),
    /// Longer than any report file.
    #[error("the report is longer than {LARGEST_REPORT_FILE} bytes")]
    TooLong,
    /// Not begun as an item.
    #[error("the plaintext does not begin as an item")]
    Frame(#[source] FrameError),
    /// An attachment where a report should be.
    #[error("the item is an attachment, not a report")]
    NotAReport,
    /// Something else than spaces and one line feed follows the JSON.
    #[error("the padding is not spaces and then one line feed")]
    Padding,
    /// Not UTF-8.
    #[error("the report is not UTF-8 text")]
    NotText,
    /// Nested deeper than the parser is let.
    #[error("the report is nested deeper than {JSON_DEPTH}")]
    TooDeep,
    /// No envelope of intake and report.
    #[error("the report has no readable envelope")]
    Envelope(#[source] OpenedEnvelopeError),
}

/// Opens a report item whole. Nothing is returned unless every byte of the payload was authenticated.
pub fn open_report(header: &Header, key: &ItemKey, payload: impl Read + Seek) -> Result<OpenedEnvelope, ReportError> {
    let mut reader = payload_reader(header, key, payload).map_err(ReportError::Payload)?;
    if reader.length() > LARGEST_REPORT_FILE {
        return Err(ReportError::TooLong);
    }
    let mut plaintext = Zeroizing::new(Vec::with_capacity(usize::try_from(reader.length()).unwrap_or_default()));
    reader.read_to_end(&mut plaintext).map_err(ReportError::Read)?;
    parse_report(&plaintext)
}

/// Reads the plaintext of a report item: first line, envelope, padding.
pub fn parse_report(plaintext: &[u8]) -> Result<OpenedEnvelope, ReportError> {
    let json = match split_first_line(plaintext).map_err(ReportError::Frame)? {
        (ItemKind::Report, body) => without_padding(body)?,
        (ItemKind::Attachment, _) => return Err(ReportError::NotAReport),
    };
    let json = str::from_utf8(json).map_err(|_| ReportError::NotText)?;
    if depth_of(json) > JSON_DEPTH {
        return Err(ReportError::TooDeep);
    }
    OpenedEnvelope::parse(json.as_bytes()).map_err(ReportError::Envelope)
}

/// The JSON object in `body`, which ends in spaces and exactly one line feed.
fn without_padding(body: &[u8]) -> Result<&[u8], ReportError> {
    let padded = body.strip_suffix(b"\n").ok_or(ReportError::Padding)?;
    let end = padded.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    padded.get(..end).filter(|json| json.ends_with(b"}")).ok_or(ReportError::Padding)
}

/// How deep arrays and objects nest in `json`, which need not be well-formed: no parser recurses before this is known.
fn depth_of(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INTAKE: &str = r#"{"clue_number":"004863216401297475124825","submission_id":"000102030405060708090a0b0c0d0e0f","accepted_hour":"2026-11-22T05:00:00Z","gateway":"gateway-1","channel":"web","catalog":"2026-1","attachments":[]}"#;

    fn plaintext_of(report: &str, padding: &str) -> Vec<u8> {
        format!("nightsafe-item/1 report\n{{\"intake\":{INTAKE},\"report\":{report}}}{padding}").into_bytes()
    }

    #[test]
    fn spaces_and_one_line_feed_are_the_only_padding() {
        for padding in ["\n", " \n", "     \n"] {
            assert_eq!(parse_report(&plaintext_of("1", padding)).unwrap().report.get(), "1", "{padding:?}");
        }
        for padding in ["", " ", "\n\n", "\n ", "\t\n", " \r\n", "\0\n", "{}\n ", "x\n"] {
            assert!(matches!(parse_report(&plaintext_of("1", padding)), Err(ReportError::Padding)), "{padding:?}");
        }
        let second = parse_report(&plaintext_of("1", " {}\n"));
        assert!(matches!(second, Err(ReportError::Envelope(_))));
    }

    #[test]
    fn deep_nesting_is_refused_and_brackets_in_texts_are_not_counted() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        // The envelope itself is one level.
        assert!(parse_report(&plaintext_of(&deep(JSON_DEPTH - 1), "\n")).is_ok());
        assert!(matches!(parse_report(&plaintext_of(&deep(JSON_DEPTH), "\n")), Err(ReportError::TooDeep)));
        assert!(matches!(parse_report(&plaintext_of(&deep(100_000), "\n")), Err(ReportError::TooDeep)));
        let text = format!("\"\\\"{}\"", "[{".repeat(100));
        assert!(parse_report(&plaintext_of(&text, "\n")).is_ok());
    }

    #[test]
    fn other_kinds_and_other_bytes_are_refused() {
        assert!(matches!(parse_report(b"nightsafe-item/1 attachment\n{}\n"), Err(ReportError::NotAReport)));
        assert!(matches!(parse_report(b"{}\n"), Err(ReportError::Frame(_))));
        assert!(matches!(parse_report(b"nightsafe-item/1 report\n\xff}\n"), Err(ReportError::NotText)));
        assert!(matches!(parse_report(b"nightsafe-item/1 report\n{}\n"), Err(ReportError::Envelope(_))));
        assert!(matches!(parse_report(b"nightsafe-item/1 report\n"), Err(ReportError::Padding)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_report_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_report(&bytes);
            let _ = parse_report(&[b"nightsafe-item/1 report\n", bytes.as_slice()].concat());
        }

        #[test]
        fn any_text_and_padding_come_back(text in ".{0,80}", spaces in 0_usize..200) {
            let report = format!("\"{}\"", text.escape_default().to_string().replace(['\\', '\''], ""). replace('"', ""));
            let opened = parse_report(&plaintext_of(&report, &format!("{}\n", " ".repeat(spaces)))).unwrap();
            prop_assert_eq!(opened.report.get(), report);
        }
    }
}
