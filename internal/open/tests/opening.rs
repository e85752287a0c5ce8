//! Sealed items, whole and spoilt, from the outside of the crate.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should stop where it is")]

use std::{
    fs,
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    path::Path,
};

use age::{Encryptor, Recipient, x25519};
use nightsafe_open::{
    AttachmentReader, Header, Identities, ItemKey, Unlocked, attachment::AttachmentError, open_attachment, open_report,
    payload_reader, plaintext_of, report::ReportError, unlock, unlock::UnlockError,
};
use nightsafe_schema::digest::Digest;
use proptest::prelude::*;

const INTAKE: &str = include_str!("../testdata/intake.key");
const RECOVERY: &str = include_str!("../testdata/recovery.key");

fn identities() -> Identities {
    Identities::parse([INTAKE]).unwrap()
}

/// Seals as the gateway does: two recipients, and the grease stanza that age adds.
fn seal(plaintext: &[u8]) -> Vec<u8> {
    let recipients: Vec<x25519::Recipient> = Identities::parse([INTAKE, RECOVERY])
        .unwrap()
        .recipients()
        .map(|recipient| recipient.parse().unwrap())
        .collect();
    let recipients = recipients.iter().map(|recipient| recipient as &dyn Recipient);
    let mut sealed = Vec::new();
    let mut writer = Encryptor::with_recipients(recipients).unwrap().wrap_output(&mut sealed).unwrap();
    writer.write_all(plaintext).unwrap();
    writer.finish().unwrap();
    sealed
}

fn report_plaintext() -> Vec<u8> {
    let sealed = fs::read(testdata("debian-age-report.age")).unwrap();
    let (opened, payload) = unlocked(&sealed);
    let mut plaintext = Vec::new();
    payload_reader(&opened.header, &opened.file_key, payload).unwrap().read_to_end(&mut plaintext).unwrap();
    plaintext
}

fn attachment_plaintext(content: &[u8], padding: usize) -> Vec<u8> {
    [b"nightsafe-item/1 attachment\n", content, &vec![0; padding]].concat()
}

fn testdata(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

fn try_unlock(sealed: &[u8]) -> Result<(Unlocked, Cursor<Vec<u8>>), UnlockError> {
    let mut rest = sealed;
    let opened = unlock(&mut rest, &identities())?;
    Ok((opened, Cursor::new(rest.to_vec())))
}

fn unlocked(sealed: &[u8]) -> (Unlocked, Cursor<Vec<u8>>) {
    try_unlock(sealed).unwrap()
}

fn attachment(sealed: &[u8], length: u64) -> Result<AttachmentReader<Cursor<Vec<u8>>>, AttachmentError> {
    let (opened, payload) = unlocked(sealed);
    open_attachment(&opened.header, &opened.file_key, payload, length)
}

/// Every byte that can be had of a sealed attachment, and whether the end was clean.
fn released(sealed: &[u8], length: u64) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let Ok((opened, payload)) = try_unlock(sealed) else { return (bytes, false) };
    let Ok(mut reader) = open_attachment(&opened.header, &opened.file_key, payload, length) else {
        return (bytes, false);
    };
    let clean = reader.read_to_end(&mut bytes).is_ok();
    (bytes, clean)
}

#[test]
fn items_sealed_by_the_debian_command_line_open() {
    let (opened, payload) = unlocked(&fs::read(testdata("debian-age-report.age")).unwrap());
    let envelope = open_report(&opened.header, &opened.file_key, payload).unwrap();
    assert_eq!(envelope.report.get(), "{ \"title\":\"沙场强揽工程\" , \"n\":1.50 }");
    assert_eq!(envelope.intake.gateway, "gateway-1");

    let sealed = fs::read(testdata("debian-age-attachment.age")).unwrap();
    assert_eq!(released(&sealed, 400), (b"JFIF".repeat(100), true));
    for identity in [INTAKE, RECOVERY] {
        assert!(unlock(&mut sealed.as_slice(), &Identities::parse([identity]).unwrap()).is_ok());
    }
}

#[test]
fn header_payload_and_key_kept_apart_are_the_item_again() {
    let sealed = seal(&attachment_plaintext(b"content", 3));
    let (opened, payload) = unlocked(&sealed);
    assert_eq!([opened.header.as_bytes(), payload.get_ref()].concat(), sealed);
    // As ledger, key table and vault give them back.
    let header = Header::parse(opened.header.as_bytes()).unwrap();
    let key = ItemKey::from_slice(opened.file_key.expose()).unwrap();
    let mut content = String::new();
    open_attachment(&header, &key, payload, 7).unwrap().read_to_string(&mut content).unwrap();
    assert_eq!(content, "content");
}

#[test]
fn other_identities_and_keys_open_nothing() {
    let sealed = seal(&attachment_plaintext(b"content", 0));
    let stranger = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
    let refused = unlock(&mut sealed.as_slice(), &Identities::parse([stranger]).unwrap());
    assert!(matches!(refused, Err(UnlockError::NoMatchingIdentity)));
    let both = Identities::parse([stranger, INTAKE]).unwrap();
    assert!(unlock(&mut sealed.as_slice(), &both).is_ok());
    let (opened, payload) = unlocked(&sealed);
    let wrong = ItemKey::from_slice(&[7; 16]).unwrap();
    assert!(payload_reader(&opened.header, &wrong, payload.clone()).is_err());
    let (other, _) = unlocked(&seal(b""));
    assert!(payload_reader(&other.header, &opened.file_key, payload).is_err());
}

/// Figure T8: 100 % detected, no byte released.
#[test]
fn every_flipped_byte_every_truncation_and_every_tail_is_detected_and_releases_nothing() {
    let content = b"nothing of this may come out of a spoilt item";
    let sealed = seal(&attachment_plaintext(content, 40));
    let length = content.len() as u64;
    assert_eq!(released(&sealed, length), (content.to_vec(), true));
    let mut spoilt: Vec<Vec<u8>> = (0..sealed.len()).map(|end| sealed[..end].to_vec()).collect();
    for at in 0..sealed.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            let mut changed = sealed.clone();
            changed[at] ^= flip;
            spoilt.push(changed);
        }
    }
    for tail in [&b"\0"[..], b"\n", b"x", &[0; 16], &vec![0; 70_000], sealed.as_slice()] {
        spoilt.push([sealed.as_slice(), tail].concat());
    }
    for item in spoilt {
        assert_eq!(released(&item, length), (vec![], false));
    }
}

#[test]
fn a_spoilt_report_is_refused_whole() {
    let sealed = seal(&report_plaintext());
    let (opened, payload) = unlocked(&sealed);
    let whole = plaintext_of(&opened.header, &opened.file_key, payload.get_ref()).unwrap();
    assert_eq!(*whole, report_plaintext());
    assert!(open_report(&opened.header, &opened.file_key, payload.clone()).is_ok());
    for at in 0..payload.get_ref().len() {
        let mut changed = payload.clone();
        changed.get_mut()[at] ^= 1;
        assert!(plaintext_of(&opened.header, &opened.file_key, changed.get_ref()).is_err());
        assert!(open_report(&opened.header, &opened.file_key, changed).is_err());
        let cut = Cursor::new(payload.get_ref()[..at].to_vec());
        assert!(plaintext_of(&opened.header, &opened.file_key, cut.get_ref()).is_err());
        assert!(open_report(&opened.header, &opened.file_key, cut).is_err());
    }
}

#[test]
fn a_report_longer_than_any_report_file_is_refused_before_it_is_read() {
    let mut plaintext = report_plaintext();
    plaintext.pop();
    plaintext.extend(vec![b' '; 256 * 1024]);
    plaintext.push(b'\n');
    let (opened, payload) = unlocked(&seal(&plaintext));
    let refused = open_report(&opened.header, &opened.file_key, payload);
    assert!(matches!(refused, Err(ReportError::TooLong)));
}

#[test]
fn one_kind_of_item_is_never_read_as_the_other() {
    let (opened, payload) = unlocked(&seal(&attachment_plaintext(b"{}\n", 0)));
    assert!(matches!(open_report(&opened.header, &opened.file_key, payload), Err(ReportError::NotAReport)));
    assert!(matches!(attachment(&seal(&report_plaintext()), 10), Err(AttachmentError::NotAnAttachment)));
    for plaintext in [&b""[..], b"nightsafe-item/1 attach", b"nightsafe-item/1 wrapped\nxxxxxxxxxxxxx", b"content"] {
        assert!(matches!(attachment(&seal(plaintext), 0), Err(AttachmentError::Frame(_))));
    }
}

#[test]
fn an_attachment_has_the_length_of_its_report_and_zeros_behind_it() {
    let sealed = seal(&attachment_plaintext(b"content", 5));
    assert!(matches!(attachment(&sealed, 13), Err(AttachmentError::Shorter { held: 12, said: 13 })));
    assert_eq!(released(&sealed, 12).0, b"content\0\0\0\0\0");
    assert_eq!(released(&sealed, 7), (b"content".to_vec(), true));
    // What lies behind a shorter claim is not zero: a clean end is refused, again and again.
    let mut reader = attachment(&sealed, 3).unwrap();
    let mut bytes = Vec::new();
    assert!(reader.read_to_end(&mut bytes).is_err());
    assert_eq!(bytes, b"con");
    assert!(reader.read(&mut [0]).is_err());
    assert_eq!(released(&seal(&attachment_plaintext(b"", 0)), 0), (vec![], true));
    assert_eq!(released(&seal(&attachment_plaintext(b"", 1)), 0), (vec![], true));
}

#[test]
fn a_chunk_spoilt_later_releases_only_what_stands_before_it() {
    let content: Vec<u8> = (0..200_000_u32).map(|number| number.to_be_bytes()[3]).collect();
    let sealed = seal(&attachment_plaintext(&content, 1000));
    let mut spoilt = sealed.clone();
    let second_chunk = spoilt.len() - 120_000;
    spoilt[second_chunk] ^= 1;
    let mut reader = attachment(&spoilt, 200_000).unwrap();
    let mut bytes = Vec::new();
    assert!(reader.read_to_end(&mut bytes).is_err());
    assert!(!bytes.is_empty() && content.starts_with(&bytes) && bytes.len() % 65_536 == 65_536 - 28);
    // Nor does it go on after the failure.
    assert!(reader.seek(SeekFrom::Start(0)).is_err());
    assert!(reader.read(&mut [0; 10]).is_err());
    // A cut at a chunk's border is found before the first byte.
    let header = unlocked(&sealed).0.header.as_bytes().len();
    for chunks in 1..=3 {
        assert!(attachment(&sealed[..header + 16 + chunks * 65_552], 10).is_err());
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_never_ends_cleanly() {
    struct Shrinking(Cursor<Vec<u8>>, u64);
    impl Read for Shrinking {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let left = self.1.saturating_sub(self.0.position());
            (&mut self.0).take(left).read(buffer)
        }
    }
    impl Seek for Shrinking {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            // The length was asked for: from now on the file is shorter.
            let end = self.0.get_ref().len() as u64;
            if matches!(to, SeekFrom::Start(16)) {
                self.1 = end - 70_000;
            }
            self.0.seek(to)
        }
    }
    let (opened, payload) = unlocked(&seal(&attachment_plaintext(&vec![7; 200_000], 0)));
    let length = payload.get_ref().len() as u64;
    let Ok(mut reader) = payload_reader(&opened.header, &opened.file_key, Shrinking(payload, length)) else { return };
    assert!(reader.read_to_end(&mut Vec::new()).is_err());
}

/// C2SP CCTV, `testdata/c2sp`.
#[test]
fn the_published_vectors_do_what_they_say() {
    let mut tested = 0;
    for entry in fs::read_dir(testdata("c2sp")).unwrap() {
        let path = entry.unwrap().path();
        let vector = Vector::read(&path);
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let outcome = vector.open();
        match vector.expect.as_str() {
            // Items are never sealed to a passphrase; none is ever tried.
            "success" if name == "scrypt" => assert!(matches!(outcome, Outcome::NoMatch), "{name}"),
            "success" => assert!(matches!(outcome, Outcome::Opened(digest) if digest == vector.payload), "{name}"),
            "no match" => assert!(matches!(outcome, Outcome::NoMatch), "{name}"),
            // The nonce belongs to the payload here.
            "header failure" if name.ends_with("_nonce") => assert!(matches!(outcome, Outcome::Payload), "{name}"),
            "HMAC failure" | "header failure" => assert!(matches!(outcome, Outcome::Header), "{name}"),
            "payload failure" => assert!(matches!(outcome, Outcome::Payload), "{name}"),
            other => panic!("{name}: {other}"),
        }
        tested += 1;
    }
    assert_eq!(tested, 69);
}

struct Vector {
    expect: String,
    payload: String,
    identity: String,
    file: Vec<u8>,
}

enum Outcome {
    Opened(String),
    NoMatch,
    Header,
    Payload,
}

impl Vector {
    fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let head = str::from_utf8(&bytes[..end]).unwrap();
        let field = |name: &str| {
            let value = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.unwrap_or_default().to_owned()
        };
        let mut file = bytes[end + 2..].to_vec();
        if field("compressed") == "zlib" {
            file = miniz_oxide::inflate::decompress_to_vec_zlib(&file).unwrap();
        }
        let identity = Some(field("identity")).filter(|identity| !identity.is_empty());
        Self {
            expect: field("expect"),
            payload: field("payload"),
            identity: identity.unwrap_or_else(|| INTAKE.to_owned()),
            file,
        }
    }

    fn open(&self) -> Outcome {
        let mut file = self.file.as_slice();
        let opened = match unlock(&mut file, &Identities::parse([self.identity.as_str()]).unwrap()) {
            Ok(opened) => opened,
            Err(UnlockError::NoMatchingIdentity) => return Outcome::NoMatch,
            Err(_) => return Outcome::Header,
        };
        let mut plaintext = Vec::new();
        let read = payload_reader(&opened.header, &opened.file_key, Cursor::new(file))
            .map_err(io::Error::other)
            .and_then(|mut reader| reader.read_to_end(&mut plaintext));
        // Both ways of opening a payload agree on every vector.
        match plaintext_of(&opened.header, &opened.file_key, file) {
            Ok(whole) => assert!(read.is_ok() && *whole == plaintext),
            Err(_) => assert!(read.is_err()),
        }
        match read {
            Ok(_) => Outcome::Opened(Digest::of(&plaintext).to_string()),
            Err(_) => Outcome::Payload,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_attachment_is_read_from_anywhere(
        length in prop_oneof![0_usize..300, 65_400..65_700_usize, 131_000..131_200_usize],
        padding in 0_usize..200,
        reads in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..70_000), 0..8),
    ) {
        let content: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let sealed = seal(&attachment_plaintext(&content, padding));
        prop_assert_eq!(released(&sealed, length as u64), (content.clone(), true));
        let mut reader = attachment(&sealed, length as u64).unwrap();
        prop_assert_eq!(reader.length(), length as u64);
        for (from, count) in reads {
            let from = from.index(length + 1);
            prop_assert_eq!(reader.seek(SeekFrom::Start(from as u64)).unwrap(), from as u64);
            let mut piece = Vec::new();
            reader.by_ref().take(count as u64).read_to_end(&mut piece).unwrap();
            prop_assert_eq!(&piece, &content[from..length.min(from + count)]);
        }
        prop_assert!(reader.seek(SeekFrom::Start(length as u64 + 1)).is_err());
        prop_assert!(reader.seek(SeekFrom::Current(-1_000_000)).is_err());
        prop_assert_eq!(reader.seek(SeekFrom::End(0)).unwrap(), length as u64);
    }

    #[test]
    fn any_bytes_behind_a_header_are_refused(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (opened, _) = unlocked(&seal(b"plaintext"));
        prop_assert!(plaintext_of(&opened.header, &opened.file_key, &payload).is_err());
        prop_assert!(payload_reader(&opened.header, &opened.file_key, Cursor::new(payload)).is_err());
    }
}
