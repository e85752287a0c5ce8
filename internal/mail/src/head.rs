//! One header block, read by the library and by nothing else; bounded before it is handed over.

use std::collections::BTreeSet;

use jiff::Timestamp;
use mail_parser::{Message, MessageParser, MimeHeaders as _};

use crate::{Remark, Sender, text::one_line};

/// The header block of a mail or of a part; none if it has no field at all, about which the library must not be asked.
pub(crate) struct Head(Option<Message<'static>>);

/// What a part is, by its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Parts, delimited by this line.
    Multipart {
        boundary: Vec<u8>,
        /// Whether they say the same thing in different ways.
        alternative: bool,
    },
    /// A mail.
    Mail,
    /// Text to be read, in this character set if it says so.
    Plain(Option<String>),
    /// The same, marked up.
    Html(Option<String>),
    /// Anything else.
    File,
}

/// How a body is encoded for the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    None,
    Base64,
    QuotedPrintable,
}

impl Head {
    /// The header block at the beginning of `part`, and the body after it.
    pub(crate) fn read<'a>(part: &'a [u8], remarks: &mut BTreeSet<Remark>) -> (Self, &'a [u8]) {
        let end = end_of_head(part);
        let body = part.get(end..).unwrap_or_default();
        if end > HEAD_BYTES {
            remarks.insert(Remark::HeadCut);
        }
        let mut head = part.get(..end.min(HEAD_BYTES)).unwrap_or_default().to_vec();
        // A block that was cut, or that ends with the file, ends here.
        head.extend_from_slice(b"\r\n\r\n");
        let parsed = MessageParser::default().parse_headers(&head).filter(|parsed| !parsed.parts.is_empty());
        (Self(parsed.map(Message::into_owned)), body)
    }

    /// Whether any of the fields is there that every mail has.
    pub(crate) fn is_of_a_mail(&self) -> bool {
        self.0.as_ref().is_some_and(|head| {
            head.from().is_some() || head.date().is_some() || head.message_id().is_some() || head.subject().is_some()
        })
    }

    pub(crate) fn message_id(&self) -> Option<String> {
        self.0.as_ref()?.message_id().map(one_line).filter(|id| !id.is_empty())
    }

    pub(crate) fn subject(&self) -> String {
        self.0.as_ref().and_then(|head| head.subject()).map(one_line).unwrap_or_default()
    }

    pub(crate) fn sender(&self) -> Option<Sender> {
        let first = self.0.as_ref()?.from()?.first()?;
        let address = first.address().map(one_line).filter(|address| !address.is_empty())?;
        Some(Sender { name: first.name().map(one_line).unwrap_or_default(), address })
    }

    pub(crate) fn sent(&self) -> Option<Timestamp> {
        let date = self.0.as_ref()?.date().filter(|date| date.is_valid())?;
        Timestamp::from_second(date.to_timestamp()).ok()
    }

    /// The name that the part gives itself, without folders and control characters.
    pub(crate) fn file_name(&self) -> Option<String> {
        let name = one_line(self.0.as_ref()?.attachment_name()?);
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim().to_owned();
        (!last.is_empty()).then_some(last)
    }

    pub(crate) fn shape(&self) -> Shape {
        let Some(head) = &self.0 else { return Shape::Plain(None) };
        let is_file = head.content_disposition().is_some_and(mail_parser::ContentType::is_attachment);
        let Some(declared) = head.content_type() else {
            return if is_file { Shape::File } else { Shape::Plain(None) };
        };
        let charset = || declared.attribute("charset").map(one_line);
        let [kind, subkind] = [declared.ctype(), declared.subtype().unwrap_or_default()].map(str::to_ascii_lowercase);
        match (kind.as_str(), subkind.as_str()) {
            ("multipart", subkind) => match declared.attribute("boundary") {
                Some(boundary) if (1..=BOUNDARY_BYTES).contains(&boundary.len()) => {
                    Shape::Multipart { boundary: boundary.as_bytes().to_vec(), alternative: subkind == "alternative" }
                }
                _ => Shape::File,
            },
            ("message", "rfc822" | "global") => Shape::Mail,
            ("text", "plain") if !is_file => Shape::Plain(charset()),
            ("text", "html") if !is_file => Shape::Html(charset()),
            _ => Shape::File,
        }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        let declared = self.0.as_ref().and_then(|head| head.content_transfer_encoding()).unwrap_or_default();
        let declared = declared.trim().to_ascii_lowercase();
        match declared.as_str() {
            "base64" => Encoding::Base64,
            "quoted-printable" => Encoding::QuotedPrintable,
            _ => Encoding::None,
        }
    }
}

/// The byte after the empty line that ends the header block; the end if there is none.
fn end_of_head(part: &[u8]) -> usize {
    let mut start = 0;
    for at in memchr::memchr_iter(b'\n', part) {
        let line = part.get(start..at).unwrap_or_default();
        start = at + 1;
        if line.is_empty() || line == b"\r" {
            return start;
        }
    }
    part.len()
}

/// One header block; what is longer is not read.
const HEAD_BYTES: usize = 64 * 1024;
/// RFC 2046 allows 70.
const BOUNDARY_BYTES: usize = 200;
