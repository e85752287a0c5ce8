//! Reads one mail file (RFC 5322, MIME): its text, who it says it is from, and its attachments (docs/spec/channels.md).
//!
//! Every byte is hostile. The structure is walked here, with bounds on depth, parts and lengths; the library is given one
//! header block or one decoded text at a time and never a structure, because what it builds for mails within mails grows
//! as deep as the sender likes. Nothing is loaded, followed or executed, and nothing that a mail says of itself is believed:
//! no signature is checked. This crate opens no file and knows nothing of cases.

mod head;
mod text;
mod walk;

use std::collections::BTreeSet;

use jiff::Timestamp;

use self::{head::Head, walk::Walk};

/// A mail as it was read. All of it is what the sender wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// `Message-ID`, without its brackets.
    pub message_id: Option<String>,
    /// `Subject`, decoded.
    pub subject: String,
    /// `From`, unverified.
    pub from: Option<Sender>,
    /// `Date`, unverified.
    pub sent: Option<Timestamp>,
    /// What there is to read, of mails within it as well.
    pub text: String,
    /// Everything that is not read: decoded, in order. A mail within the mail is one of them.
    pub enclosed: Vec<Enclosed>,
    /// What could not be taken over as it was.
    pub remarks: BTreeSet<Remark>,
}

/// Whom a mail says it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// The name, if there is one.
    pub name: String,
    /// The address.
    pub address: String,
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosed {
    /// Its file name, or one made for it.
    pub name: String,
    /// Its bytes, decoded.
    pub bytes: Vec<u8>,
}

/// Something that could not be taken over as it was; the mail itself has it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remark {
    /// There was no text without markup: it was taken from HTML.
    TextFromHtml,
    /// There is more text.
    TextCut,
    /// There are more parts.
    TooManyParts,
    /// Parts lie deeper in each other.
    TooDeep,
    /// A header block is longer than was read.
    HeadCut,
    /// A part's encoding is broken; its bytes are kept as they stand.
    BrokenEncoding,
    /// There is nothing to read.
    NoText,
}

/// The file is no mail that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It is longer than [`MAIL_BYTES`].
    #[error("the mail is longer than {MAIL_BYTES} bytes")]
    TooLarge,
    /// It has none of the header fields of a mail.
    #[error("this is no mail: it has no header fields of one")]
    NoMail,
}

impl Remark {
    /// Every remark.
    pub const ALL: [Self; 7] = [
        Self::TextFromHtml,
        Self::TextCut,
        Self::TooManyParts,
        Self::TooDeep,
        Self::HeadCut,
        Self::BrokenEncoding,
        Self::NoText,
    ];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TextFromHtml => "TEXT_FROM_HTML",
            Self::TextCut => "TEXT_CUT",
            Self::TooManyParts => "TOO_MANY_PARTS",
            Self::TooDeep => "TOO_DEEP",
            Self::HeadCut => "HEAD_CUT",
            Self::BrokenEncoding => "BROKEN_ENCODING",
            Self::NoText => "NO_TEXT",
        }
    }
}

impl Mail {
    /// Reads a mail file.
    pub fn read(bytes: &[u8]) -> Result<Self, MailError> {
        if bytes.len() > MAIL_BYTES {
            return Err(MailError::TooLarge);
        }
        let mut remarks = BTreeSet::new();
        let (head, _body) = Head::read(bytes, &mut remarks);
        if !head.is_of_a_mail() {
            return Err(MailError::NoMail);
        }
        let Walk { text, enclosed, remarks } = Walk::through(bytes, remarks);
        Ok(Self {
            message_id: head.message_id(),
            subject: head.subject(),
            from: head.sender(),
            sent: head.sent(),
            text,
            enclosed,
            remarks,
        })
    }
}

/// A mail file in bytes. Mail servers take less.
pub const MAIL_BYTES: usize = 32 * 1024 * 1024;
/// Attachments that are taken out of one mail; the mail has the others.
pub const ENCLOSED: usize = 50;
/// Characters of text, of all parts together.
pub const TEXT_CHARACTERS: usize = 100_000;
/// Characters of a name, a subject or an address.
pub const LINE_CHARACTERS: usize = 300;
