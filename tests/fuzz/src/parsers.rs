//! Every parser of `nightsafe-schema` that reads bytes from outside, each as one function over any bytes.
//!
//! Where something was read, writing it again must give what was read: a crash is one kind of fault, two spellings of
//! one thing another. The fuzzer calls these with what it invents, the test `corpora` with what it once found.

use std::sync::LazyLock;

use nightsafe_schema::{
    catalog::{Catalog, Strictness},
    clue::ClueNumber,
    intake::OpenedEnvelope,
    item::{ItemId, split_first_line},
    journal::{Entry, Head},
    media::MediaKind,
    recipient::Recipient,
    ring::{OfficerPins, SignedRing, VerifiedRing},
    submission::SubmissionId,
    ticket::{AckTicket, GapTicket},
    time::Hour,
    volume::VolumeNumber,
};

/// A parser under test: its name, which is also that of its corpus folder, and what it does with any bytes.
pub(crate) type Parser = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const PARSERS: &[Parser] = &[
    ("envelope", envelope),
    ("line", line),
    ("media", media),
    ("names", names),
    ("report", report),
    ("ring", ring),
    ("tickets", tickets),
];

fn envelope(bytes: &[u8]) {
    let _ = OpenedEnvelope::parse(bytes);
    let _ = split_first_line(bytes);
}

fn line(bytes: &[u8]) {
    if let Ok(entry) = Entry::parse(bytes) {
        assert_eq!(entry.line(), bytes, "an entry has one spelling");
    }
    if let Ok(head) = Head::parse(bytes) {
        assert_eq!(head.line(), bytes, "a head has one spelling");
    }
}

fn media(bytes: &[u8]) {
    let _ = MediaKind::of(bytes);
}

fn names(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(id) = text.parse::<ItemId>() {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(id) = text.parse::<SubmissionId>() {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(hour) = text.parse::<Hour>() {
        assert_eq!(hour.to_string(), text);
    }
    if let Ok(volume) = text.parse::<VolumeNumber>() {
        assert_eq!(volume.to_string(), text);
    }
    if let Ok(recipient) = text.parse::<Recipient>() {
        assert_eq!(recipient.as_str(), text);
    }
    if let Ok(number) = text.parse::<ClueNumber>() {
        assert_eq!(number.grouped().parse(), Ok(number));
    }
}

fn report(bytes: &[u8]) {
    static CATALOG: LazyLock<Option<Catalog>> = LazyLock::new(|| Catalog::embedded().ok());
    let (Some(catalog), Ok(document)) = (CATALOG.as_ref(), serde_json::from_slice(bytes)) else { return };
    let strict = catalog.check(&document, Strictness::Strict).is_ok();
    let soft = catalog.check(&document, Strictness::Soft).is_ok();
    assert!(soft || !strict, "what the inside takes, the gateway takes");
}

fn ring(bytes: &[u8]) {
    let signed = SignedRing { bytes: bytes.to_vec(), signatures: [].into() };
    let pins = OfficerPins { fingerprints: vec![], threshold: 2 };
    assert!(VerifiedRing::pinned(signed, &pins).is_err(), "nobody signed it");
}

fn tickets(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(ticket) = text.parse::<GapTicket>() {
        assert_eq!(ticket.to_string().parse(), Ok(ticket));
    }
    if let Ok(ticket) = text.parse::<AckTicket>() {
        assert_eq!(ticket.to_string().parse(), Ok(ticket));
    }
}
