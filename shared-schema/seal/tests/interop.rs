//! Sealed items as the age crate's own reader sees them (docs/spec/sealed-item.md).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail by panicking")]
#![expect(clippy::disallowed_types, reason = "tests open what they sealed; shipped code of this crate cannot")]

use std::io::{Read, Write};

use age::x25519::Identity;
use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::{ItemId, ItemKind, padme, split_first_line};
use nightsafe_seal::{AttachmentSealer, SealError, SealingRecipients, seal_report};
use proptest::prelude::*;

struct Keys {
    intake: Identity,
    recovery: Identity,
}

impl Keys {
    fn new() -> Self {
        Self { intake: Identity::generate(), recovery: Identity::generate() }
    }

    fn recipients(&self) -> SealingRecipients {
        SealingRecipients::parse(&self.intake.to_public().to_string(), &self.recovery.to_public().to_string()).unwrap()
    }
}

fn open(identity: &Identity, file: &[u8]) -> Vec<u8> {
    let mut plaintext = Vec::new();
    age::Decryptor::new(file)
        .unwrap()
        .decrypt(std::iter::once(identity as &dyn age::Identity))
        .unwrap()
        .read_to_end(&mut plaintext)
        .unwrap();
    plaintext
}

fn item() -> ItemId {
    ItemId::from_bytes([7; 16])
}

fn stanzas(file: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(file)
        .lines()
        .take_while(|line| !line.starts_with("---"))
        .filter_map(|line| line.strip_prefix("-> "))
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_report_opens_with_either_key_and_nothing_else_does() {
    let keys = Keys::new();
    let envelope = r#"{"intake":{},"report":{"schema":"report/1"}}"#;
    let sealed = seal_report(&keys.recipients(), envelope, item()).unwrap();

    for identity in [&keys.intake, &keys.recovery] {
        let plaintext = open(identity, sealed.bytes());
        let (kind, body) = split_first_line(&plaintext).unwrap();
        assert_eq!(kind, ItemKind::Report);
        assert!(body.starts_with(envelope.as_bytes()));
    }
    let stranger = age::Decryptor::new(sealed.bytes())
        .unwrap()
        .decrypt(std::iter::once(&Identity::generate() as &dyn age::Identity));
    assert!(stranger.is_err());
}

#[test]
fn a_report_is_one_line_of_kind_then_json_spaces_and_one_newline() {
    let keys = Keys::new();
    let sealed = seal_report(&keys.recipients(), r#"{"a":1}"#, item()).unwrap();
    let plaintext = open(&keys.intake, sealed.bytes());

    let rest = plaintext.strip_prefix(b"nightsafe-item/1 report\n{\"a\":1}".as_slice()).unwrap();
    let spaces = rest.strip_suffix(b"\n").unwrap();
    assert!(spaces.iter().all(|byte| *byte == b' '));
}

#[test]
fn every_item_has_exactly_two_recipient_stanzas() {
    let keys = Keys::new();
    let sealed = seal_report(&keys.recipients(), "{}", item()).unwrap();
    let known: Vec<_> = stanzas(sealed.bytes()).into_iter().filter(|tag| !tag.ends_with("-grease")).collect();
    assert_eq!(known, ["X25519", "X25519"]);
}

#[test]
fn reports_have_four_sizes_and_ordinary_ones_have_one() {
    let keys = Keys::new();
    let recipients = keys.recipients();
    for (length, size) in
        [(2, 32), (20_000, 32), (31 * 1024, 32), (32 * 1024, 64), (63 * 1024, 64), (100_000, 128), (200_000, 256)]
    {
        // Twenty times: the header's grease stanza has a random length.
        for _ in 0..20 {
            let sealed = seal_report(&recipients, &" ".repeat(length), item()).unwrap();
            assert_eq!(sealed.size(), size * 1024, "{length} bytes");
            assert_eq!(sealed.digest(), &Digest::of(sealed.bytes()));
        }
    }
}

#[test]
fn a_report_that_fits_no_file_is_too_large() {
    let keys = Keys::new();
    for length in [256 * 1024 - 100, 256 * 1024, 10 * 1024 * 1024] {
        let refused = seal_report(&keys.recipients(), &" ".repeat(length), item());
        assert!(matches!(refused, Err(SealError::TooLarge { .. })), "{length}");
    }
}

#[test]
fn an_attachment_sealed_in_pieces_opens_whole_and_unfinished_ones_do_not() {
    let keys = Keys::new();
    let content: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();

    let mut sealer = AttachmentSealer::begin(&keys.recipients(), item(), Vec::new()).unwrap();
    for piece in content.chunks(7_777) {
        sealer.write_all(piece).unwrap();
    }
    let (facts, file) = sealer.finish().unwrap();

    assert_eq!(facts.length, 200_000);
    assert_eq!(facts.sha256, Digest::of(&content));
    assert_eq!(facts.item_sha256, Digest::of(&file));
    assert_eq!(facts.size, file.len() as u64);
    let plaintext = open(&keys.recovery, &file);
    let (kind, body) = split_first_line(&plaintext).unwrap();
    assert_eq!(kind, ItemKind::Attachment);
    assert_eq!(&body[..content.len()], content);
    assert!(body[content.len()..].iter().all(|byte| *byte == 0));

    let mut reader = age::Decryptor::new(&file[..file.len() - 1])
        .unwrap()
        .decrypt(std::iter::once(&keys.intake as &dyn age::Identity))
        .unwrap();
    assert!(reader.read_to_end(&mut Vec::new()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn attachments_lie_on_the_ladder(length in 0_usize..700_000) {
        let keys = Keys::new();
        let mut sealer = AttachmentSealer::begin(&keys.recipients(), item(), Vec::new()).unwrap();
        sealer.write_all(&vec![0x5a; length]).unwrap();
        let (facts, file) = sealer.finish().unwrap();
        prop_assert_eq!(facts.size, padme(facts.size));
        prop_assert_eq!(facts.size, file.len() as u64);
        let plaintext = open(&keys.intake, &file);
        let (_, body) = split_first_line(&plaintext).unwrap();
        prop_assert!(body[..length].iter().all(|byte| *byte == 0x5a));
    }
}
