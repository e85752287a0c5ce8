//! The walk through the parts of a mail, in order, bounded in depth and number.

use std::collections::BTreeSet;

use mail_parser::decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode};

use crate::{
    ENCLOSED, Enclosed, Remark, TEXT_CHARACTERS,
    head::{Encoding, Head, Shape},
    text::{decoded, without_markup},
};

/// What was found on the way.
#[derive(Default)]
pub(crate) struct Walk {
    pub(crate) text: String,
    pub(crate) enclosed: Vec<Enclosed>,
    pub(crate) remarks: BTreeSet<Remark>,
}

/// What is read of a part.
enum Reading {
    Plain(String),
    FromHtml(String),
}

/// The way so far.
struct Steps<'w> {
    walk: &'w mut Walk,
    parts: usize,
}

/// Where a part lies.
#[derive(Clone, Copy)]
struct At {
    depth: usize,
    /// In a mail within the mail: that is an attachment as a whole, and only its text is read here.
    within: bool,
}

impl Walk {
    /// Through a whole mail.
    pub(crate) fn through(mail: &[u8], remarks: BTreeSet<Remark>) -> Self {
        let mut walk = Self { remarks, ..Self::default() };
        let readings = Steps { walk: &mut walk, parts: 0 }.part(mail, At { depth: 0, within: false });
        let mut room = TEXT_CHARACTERS;
        for reading in readings {
            let (Reading::Plain(text) | Reading::FromHtml(text)) = &reading;
            if matches!(reading, Reading::FromHtml(_)) {
                walk.remarks.insert(Remark::TextFromHtml);
            }
            room = walk.read_on(text, room);
        }
        if walk.text.is_empty() {
            walk.remarks.insert(Remark::NoText);
        }
        walk
    }

    /// Adds a text as far as there is room for it; the room that is left.
    fn read_on(&mut self, text: &str, room: usize) -> usize {
        if text.is_empty() {
            return room;
        }
        let taken = text.chars().take(room).count();
        if taken < text.chars().count() {
            self.remarks.insert(Remark::TextCut);
        }
        if taken > 0 && !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.extend(text.chars().take(taken));
        room - taken
    }
}

impl Steps<'_> {
    /// One part and everything below it; the texts in it.
    fn part(&mut self, part: &[u8], at: At) -> Vec<Reading> {
        self.parts += 1;
        let (head, body) = Head::read(part, &mut self.walk.remarks);
        match head.shape() {
            Shape::Multipart { boundary, alternative } => {
                let Some(below) = self.below(at) else { return self.file(&head, body, at) };
                let mut readings = Vec::new();
                for one in split(body, &boundary) {
                    if self.parts >= PARTS {
                        self.walk.remarks.insert(Remark::TooManyParts);
                        break;
                    }
                    readings.extend(self.part(one, below));
                }
                if alternative { the_plain_ones(readings) } else { readings }
            }
            Shape::Mail => {
                let mail = self.decode(&head, body);
                let readings = self.below(at).map(|below| self.part(&mail, At { within: true, ..below }));
                self.enclose(head.file_name().unwrap_or_else(|| self.invented("eml")), mail, at);
                readings.unwrap_or_default()
            }
            Shape::Plain(charset) => vec![Reading::Plain(decoded(&self.decode(&head, body), charset.as_deref()))],
            Shape::Html(charset) => {
                let html = decoded(&self.decode(&head, body), charset.as_deref());
                vec![Reading::FromHtml(without_markup(&html))]
            }
            Shape::File => self.file(&head, body, at),
        }
    }

    fn file(&mut self, head: &Head, body: &[u8], at: At) -> Vec<Reading> {
        let bytes = self.decode(head, body);
        self.enclose(head.file_name().unwrap_or_else(|| self.invented("bin")), bytes, at);
        Vec::new()
    }

    fn enclose(&mut self, name: String, bytes: Vec<u8>, at: At) {
        if at.within {
            return;
        }
        if self.walk.enclosed.len() >= ENCLOSED {
            self.walk.remarks.insert(Remark::TooManyParts);
            return;
        }
        self.walk.enclosed.push(Enclosed { name, bytes });
    }

    fn invented(&self, ending: &str) -> String {
        format!("part-{}.{ending}", self.parts)
    }

    fn below(&mut self, at: At) -> Option<At> {
        let below = At { depth: at.depth + 1, ..at };
        if below.depth > DEPTH {
            self.walk.remarks.insert(Remark::TooDeep);
            return None;
        }
        Some(below)
    }

    /// The body as it was before it was sent.
    fn decode(&mut self, head: &Head, body: &[u8]) -> Vec<u8> {
        let decoded = match head.encoding() {
            Encoding::None => return body.to_vec(),
            Encoding::Base64 => base64_decode(body),
            Encoding::QuotedPrintable => quoted_printable_decode(body),
        };
        decoded.unwrap_or_else(|| {
            self.walk.remarks.insert(Remark::BrokenEncoding);
            body.to_vec()
        })
    }
}

/// Of texts that say the same, those without markup, if there are any.
fn the_plain_ones(readings: Vec<Reading>) -> Vec<Reading> {
    let is_plain = |reading: &Reading| matches!(reading, Reading::Plain(text) if !text.is_empty());
    if readings.iter().any(is_plain) { readings.into_iter().filter(is_plain).collect() } else { readings }
}

/// The parts between the delimiting lines (RFC 2046 section 5.1.1); what stands before the first and after the last is nobody's.
fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut begun, mut start) = (Vec::new(), None, 0);
    let ends = memchr::memchr_iter(b'\n', body).map(|at| at + 1).chain([body.len()]);
    for end in ends {
        let line = body.get(start..end).unwrap_or_default();
        if let Some(last) = delimits(line, boundary) {
            parts.extend(begun.and_then(|from| body.get(from..before(body, start).max(from))));
            begun = (!last).then_some(end);
            if last || parts.len() >= PARTS {
                return parts;
            }
        }
        start = end;
    }
    // Cut off: the last part is what there is of it.
    parts.extend(begun.and_then(|from| body.get(from..)).filter(|part| !part.is_empty()));
    parts
}

/// Whether a line delimits parts, and whether no part follows.
fn delimits(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The line end before a delimiting line belongs to it.
fn before(body: &[u8], start: usize) -> usize {
    let text = body.get(..start).unwrap_or_default();
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text).len()
}

/// Parts of parts of parts: no mail program makes more than five.
const DEPTH: usize = 10;
/// Parts in all, of mails within the mail as well.
const PARTS: usize = 300;
