//! The payload writer by itself, and against the published vectors: what another implementation sealed comes out byte for
//! byte when its plaintext is sealed again under its key.
#![expect(clippy::disallowed_types, reason = "tests open what others sealed; shipped code of this crate cannot")]

use std::fs;
use std::io::Read as _;
use std::path::Path;

use age_core::primitives::hkdf;
use data_encoding::HEXLOWER;

use super::*;

fn sealed_with(key: &Zeroizing<[u8; 32]>, plaintext: &[u8]) -> Vec<u8> {
    let mut writer = PayloadWriter::new(PayloadKey::new(key).unwrap(), Vec::new(), plaintext.len());
    writer.write_all(plaintext).unwrap();
    writer.finish().unwrap()
}

fn key() -> Zeroizing<[u8; 32]> {
    Zeroizing::new([7; 32])
}

#[test]
fn a_nonce_is_the_number_and_the_place() {
    assert_eq!(nonce(0x0102, Place::Within), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0]);
    assert_eq!(nonce(u64::MAX, Place::Last), [0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
}

#[test]
fn how_the_plaintext_comes_in_changes_nothing() {
    let plaintext: Vec<u8> = (0..3 * CHUNK_BYTES + 5).map(|place| u8::try_from(place % 251).unwrap()).collect();
    let whole = sealed_with(&key(), &plaintext);
    for piece in [1, 4093, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1] {
        let mut writer = PayloadWriter::new(PayloadKey::new(&key()).unwrap(), Vec::new(), 0);
        plaintext.chunks(piece).for_each(|piece| writer.write_all(piece).unwrap());
        assert!(writer.finish().unwrap() == whole, "{piece}");
    }
}

#[test]
fn the_last_chunk_is_empty_only_where_there_is_nothing() {
    for (length, chunks) in [(0, 1), (1, 1), (CHUNK_BYTES, 1), (CHUNK_BYTES + 1, 2), (2 * CHUNK_BYTES, 2)] {
        assert_eq!(sealed_with(&key(), &vec![0; length]).len(), length + chunks * TAG_BYTES, "{length}");
    }
}

#[test]
fn after_a_failed_write_nothing_is_sealed_any_more() {
    let mut room = [0; 100];
    let mut writer = PayloadWriter::new(PayloadKey::new(&key()).unwrap(), room.as_mut_slice(), CHUNK_BYTES);
    writer.write_all(&vec![0; CHUNK_BYTES]).unwrap();
    assert!(writer.write_all(&[0]).is_err(), "there is room for 100 bytes");
    assert!(writer.write_all(&[0]).is_err());
    assert_eq!(writer.count, 1);
    assert!(writer.finish().is_err());
}

/// C2SP CCTV: every vector that opens, with the file key that it names.
#[test]
fn the_published_payloads_come_out_byte_for_byte() {
    let mut sealed_again = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../internal/open/testdata/c2sp")).unwrap()
    {
        let path = entry.unwrap().path();
        let vector = fs::read(&path).unwrap();
        let end = vector.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let head = str::from_utf8(&vector[..end]).unwrap();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let (Some("success"), Some(identity)) = (field("expect"), field("identity")) else { continue };
        let mut file = vector[end + 2..].to_vec();
        if field("compressed") == Some("zlib") {
            file = miniz_oxide::inflate::decompress_to_vec_zlib(&file).unwrap();
        }
        let identity: age::x25519::Identity = identity.parse().unwrap();
        let mut plaintext = Vec::new();
        let opened = age::Decryptor::new(file.as_slice()).unwrap();
        let mut opened = opened.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap();
        opened.read_to_end(&mut plaintext).unwrap();

        let payload = file.len() - payload_length(plaintext.len());
        let (nonce, payload) = (&file[payload - 16..payload], &file[payload..]);
        let file_key = HEXLOWER.decode(field("file key").unwrap().as_bytes()).unwrap();
        let again = sealed_with(&Zeroizing::new(hkdf(nonce, b"payload", &file_key)), &plaintext);
        assert!(again == payload, "{}", path.display());
        sealed_again += 1;
    }
    assert_eq!(sealed_again, 14);
}

fn payload_length(plaintext: usize) -> usize {
    plaintext + TAG_BYTES * plaintext.div_ceil(CHUNK_BYTES).max(1)
}
