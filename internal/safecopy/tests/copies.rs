//! The program as it ships: what it makes of good files, of files that hide something, and of broken ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected fails"
)]

#[path = "copies/damage.rs"]
mod damage;
#[path = "copies/mutants.rs"]
mod mutants;
#[path = "copies/program.rs"]
mod program;

use image::{GenericImageView as _, ImageFormat};

use crate::program::{CANARY, Copy, holds, make, media, program};

#[test]
fn the_sandbox_holds_on_this_machine() {
    let output = program(&["check"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.lines().count(), 9, "{said}");
}

#[test]
fn a_picture_is_drawn_anew_without_what_it_carried() {
    let original = media("street.jpg");
    let hiding = with_exif(&original, 1, CANARY);
    let hiding = [&hiding[..], b"PK\x03\x04", CANARY].concat();
    assert!(holds(&hiding, CANARY));
    let copy = made(&["picture"], &hiding);
    assert!(!holds(&copy, CANARY) && !holds(&copy, b"PK\x03\x04"));
    let size = |bytes: &[u8]| image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).unwrap().dimensions();
    assert_eq!(size(&copy), size(&original));
}

#[test]
fn a_picture_stands_upright_in_its_copy() {
    // It has no Exif of its own.
    let original = media("page.jpg");
    let copy = made(&["picture"], &with_exif(&original, 6, b"turned"));
    let size = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().dimensions();
    let (width, height) = size(&original);
    assert_eq!(size(&copy), (height, width));
}

#[test]
fn a_screenshot_loses_its_text_chunks_and_keeps_its_pixels() {
    let original = media("screen.png");
    let hiding = with_text_chunk(&original, CANARY);
    assert!(holds(&hiding, CANARY));
    let copy = made(&["picture"], &[&hiding[..], CANARY].concat());
    assert!(!holds(&copy, CANARY));
    let size = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().dimensions();
    assert_eq!(size(&copy), size(&original));
}

#[test]
fn every_page_of_a_pdf_is_drawn_and_there_is_no_page_after_the_last() {
    let original = media("contract.pdf");
    let page = made(&["page"], &original);
    let drawn = image::load_from_memory_with_format(&page, ImageFormat::Png).unwrap();
    assert_eq!(drawn.width().max(drawn.height()), 1600);
    let ink = drawn.to_luma8().pixels().filter(|pixel| pixel.0[0] < 128).count();
    assert!(ink > 100, "the page is empty");
    let pages =
        (1..=200).take_while(|number| make(&["page", "--number", &number.to_string()], &original).code == Some(0));
    let after = (pages.count() + 1).to_string();
    assert_eq!(make(&["page", "--number", &after], &original).code, Some(9));
    assert_eq!(make(&["page", "--number", "0"], &original).code, Some(9));
}

#[test]
fn a_recording_is_encoded_anew_without_its_tags() {
    let original = media("voice.mp3");
    let tagged = [&id3(CANARY)[..], &original, CANARY].concat();
    let copy = made(&["audio"], &tagged);
    assert!(copy.len() > 1000 && !holds(&copy, CANARY) && !copy.starts_with(b"ID3"));
}

#[test]
fn a_video_is_encoded_anew_without_its_boxes() {
    let original = media("door.mp4");
    let hiding = [&original[..], &mp4_box(*b"udta", CANARY), CANARY].concat();
    let copy = made(&["video"], &hiding);
    assert!(!holds(&copy, CANARY));
    assert_eq!(&copy[4..8], b"ftyp");
    assert!(holds(&copy, b"moof") && holds(&copy, b"avc1"));
}

#[test]
fn what_is_no_such_file_is_refused_and_says_so() {
    for kind in ["picture", "page"] {
        for bytes in [&b""[..], b"GIF89a", b"\xff\xd8\xff", b"%PDF-1.7", b"<svg/>", &[0; 4096]] {
            let copy = make(&[kind], bytes);
            assert_eq!((copy.code, copy.bytes.len()), (Some(3), 0), "{kind} {bytes:?}: {}", copy.said);
            assert!(copy.said.contains("(the original") || copy.said.contains("(it asks"), "{}", copy.said);
        }
    }
    for kind in ["audio", "video"] {
        assert_ne!(make(&[kind], &[0; 4096]).code, Some(0), "{kind}");
    }
}

#[test]
fn a_playlist_that_names_other_files_opens_none() {
    let playlist = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n/etc/hostname\n#EXT-X-ENDLIST\n";
    for kind in ["audio", "video"] {
        let copy = make(&[kind], playlist);
        assert_ne!(copy.code, Some(0), "{kind}");
        assert!(copy.bytes.is_empty());
    }
}

#[test]
fn a_picture_that_asks_for_too_many_pixels_is_refused_before_it_is_decoded() {
    for (width, height) in [(50_000, 50_000), (30_000, 30_000), (u32::MAX, 1)] {
        let copy = make(&["picture"], &declared_png(width, height));
        assert_eq!(copy.code, Some(3), "{width} x {height}: {}", copy.said);
    }
}

#[test]
fn more_than_a_kind_may_be_is_refused() {
    let copy = make(&["picture"], &vec![0xff; (20 << 20) + 1]);
    assert_eq!(copy.code, Some(3), "{}", copy.said);
    assert!(copy.said.contains("20971520"), "{}", copy.said);
}

fn made(arguments: &[&str], original: &[u8]) -> Vec<u8> {
    let Copy { code, bytes, said } = make(arguments, original);
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    bytes
}

/// A JPEG with an Exif segment that turns it and carries a text.
fn with_exif(jpeg: &[u8], orientation: u16, text: &[u8]) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend(0x0112_u16.to_le_bytes());
    tiff.extend(3_u16.to_le_bytes());
    tiff.extend(1_u32.to_le_bytes());
    tiff.extend(u32::from(orientation).to_le_bytes());
    tiff.extend([0; 4]);
    tiff.extend(text);
    let body = [b"Exif\0\0", &tiff[..]].concat();
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &body, &jpeg[2..]].concat()
}

/// A PNG with a text chunk behind its header.
fn with_text_chunk(png: &[u8], text: &[u8]) -> Vec<u8> {
    let header = 8 + 25;
    [&png[..header], &chunk(*b"tEXt", &[b"Author\0", text].concat()), &png[header..]].concat()
}

fn declared_png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n", &chunk(*b"IHDR", &header)[..], &chunk(*b"IDAT", &[0; 64]), &chunk(*b"IEND", b"")].concat()
}

fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [&name[..], body].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[..], &named, &checksum(&named).to_be_bytes()].concat()
}

/// CRC-32 as PNG has it (ISO 3309).
fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

fn id3(text: &[u8]) -> Vec<u8> {
    let frame = [b"TIT2", &u32::try_from(text.len() + 1).unwrap().to_be_bytes()[..], &[0, 0, 3], text].concat();
    let size = u8::try_from(frame.len()).unwrap();
    assert!(size < 0x80, "one byte of a synchsafe size is enough here");
    [b"ID3\x03\0\0\0\0\0", &[size][..], &frame].concat()
}

fn mp4_box(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], &name, body].concat()
}
