//! A last look at what the decoder wrote, without decoding it: the few parts that our encoders make and nothing else.
//!
//! Should a file have taken the decoder over, it could write whatever it likes: its own bytes, say. What is not built as our
//! encoders build, carries text, profiles or tags, or goes on after its end is no copy. Every reader here is a loop over
//! lengths that it checks; none keeps more than a few bytes.

use std::io::{self, BufRead, ErrorKind, Read};

use super::Format;

/// Which of these formats it is.
pub(super) fn format_of(copy: &mut impl BufRead, allowed: &[Format]) -> io::Result<Format> {
    let first = copy.fill_buf()?.first().copied();
    let format = match first {
        Some(0xff) if allowed.contains(&Format::Jpeg) => Format::Jpeg,
        Some(0xff) => Format::Mp3,
        Some(0x89) => Format::Png,
        Some(0) => Format::Mp4,
        _ => return Err(not_a_copy()),
    };
    if allowed.contains(&format) { Ok(format) } else { Err(not_a_copy()) }
}

/// Whether it is built as our encoders build, to its last byte.
pub(super) fn look_through(copy: &mut impl BufRead, format: Format) -> io::Result<()> {
    match format {
        Format::Jpeg => jpeg(copy)?,
        Format::Png => png(copy)?,
        Format::Mp3 => mp3(copy)?,
        Format::Mp4 => mp4(copy)?,
    }
    if copy.fill_buf()?.is_empty() { Ok(()) } else { Err(not_a_copy()) }
}

/// Start, one JFIF head, tables, frame, scans, end.
fn jpeg(copy: &mut impl BufRead) -> io::Result<()> {
    expect(copy, &[0xff, 0xd8])?;
    let mut scans = 0;
    let mut marker = marker(copy)?;
    loop {
        match marker {
            // JFIF, quantisation, frames, Huffman tables, restart interval.
            0xe0 | 0xdb | 0xc0..=0xc2 | 0xc4 | 0xdd => {
                let length = u16::from_be_bytes(take(copy)?);
                if marker == 0xe0 {
                    expect(copy, b"JFIF\0")?;
                    // The head and no thumbnail.
                    check(length == 16)?;
                    skip(copy, 9)?;
                } else {
                    skip(copy, u64::from(length.checked_sub(2).ok_or_else(not_a_copy)?))?;
                }
                marker = self::marker(copy)?;
            }
            0xda => {
                let length = u16::from_be_bytes(take(copy)?);
                skip(copy, u64::from(length.checked_sub(2).ok_or_else(not_a_copy)?))?;
                scans += 1;
                marker = after_scan(copy)?;
            }
            0xd9 => return check(scans > 0),
            _ => return Err(not_a_copy()),
        }
    }
}

fn marker(copy: &mut impl BufRead) -> io::Result<u8> {
    let [first, second] = take(copy)?;
    if first == 0xff { Ok(second) } else { Err(not_a_copy()) }
}

/// The marker behind entropy-coded bytes; in them 0xff is stuffed, or restarts.
fn after_scan(copy: &mut impl BufRead) -> io::Result<u8> {
    loop {
        skip_until(copy, 0xff)?;
        match take(copy)? {
            [0 | 0xd0..=0xd7] => {}
            [other] => return Ok(other),
        }
    }
}

/// Head, data, end; of the rest only what says how to see the colours and what is transparent.
fn png(copy: &mut impl BufRead) -> io::Result<()> {
    expect(copy, b"\x89PNG\r\n\x1a\n")?;
    loop {
        let length = u32::from_be_bytes(take(copy)?);
        let name: [u8; 4] = take(copy)?;
        check(length <= i32::MAX.cast_unsigned())?;
        match &name {
            b"IHDR" => check(length == 13)?,
            b"IDAT" => {}
            b"PLTE" | b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"pHYs" => check(length <= 1_024)?,
            b"IEND" => check(length == 0)?,
            _ => return Err(not_a_copy()),
        }
        skip(copy, u64::from(length) + 4)?;
        if &name == b"IEND" {
            return Ok(());
        }
    }
}

/// Frames of MPEG audio, layer III, one behind the other.
fn mp3(copy: &mut impl BufRead) -> io::Result<()> {
    let mut frames = 0_u64;
    while !copy.fill_buf()?.is_empty() {
        let [sync, version, rates, _channels] = take(copy)?;
        check(sync == 0xff && version & 0xe6 == 0xe2)?;
        let bitrates = if version & 0x18 == 0x18 { &KILOBITS_MPEG1 } else { &KILOBITS_MPEG2 };
        let kilobits = bitrates.get(usize::from(rates >> 4)).copied().unwrap_or_default();
        let (rate, samples) = match (version & 0x18, rates & 0x0c) {
            (0x18, 0x00) => (44_100, 144),
            (0x18, 0x04) => (48_000, 144),
            (0x18, 0x08) => (32_000, 144),
            (0x10, 0x00) => (22_050, 72),
            (0x10, 0x04) => (24_000, 72),
            (0x10, 0x08) => (16_000, 72),
            (0x00, 0x00) => (11_025, 72),
            (0x00, 0x04) => (12_000, 72),
            (0x00, 0x08) => (8_000, 72),
            _ => return Err(not_a_copy()),
        };
        let padding = u64::from(rates >> 1 & 1);
        let length = samples * kilobits * 1_000 / rate + padding;
        check(kilobits > 0 && length > 4)?;
        // The encoder may leave its last frame short.
        if skip_at_most(copy, length - 4)? < length - 4 {
            break;
        }
        frames += 1;
    }
    check(frames > 0)
}

/// Boxes of a fragmented MP4: type, tracks, then fragments and their data. No free space, no user data, no unknown box.
fn mp4(copy: &mut impl BufRead) -> io::Result<()> {
    let mut data = 0_u64;
    while !copy.fill_buf()?.is_empty() {
        let length = u64::from(u32::from_be_bytes(take(copy)?));
        let name: [u8; 4] = take(copy)?;
        match &name {
            b"mdat" => {
                let rest =
                    if length == 1 { u64::from_be_bytes(take(copy)?).checked_sub(16) } else { length.checked_sub(8) };
                skip(copy, rest.ok_or_else(not_a_copy)?)?;
                data += 1;
            }
            b"moov" | b"moof" => {
                let mut inside = copy.by_ref().take(length.checked_sub(8).ok_or_else(not_a_copy)?);
                boxes(&mut inside, DEEPEST)?;
                check(inside.limit() == 0)?;
            }
            b"ftyp" | b"mfra" | b"sidx" => {
                check(length <= 1 << 20)?;
                skip(copy, length.checked_sub(8).ok_or_else(not_a_copy)?)?;
            }
            _ => return Err(not_a_copy()),
        }
    }
    check(data > 0)
}

/// The boxes inside another, as far as they hold boxes; none of them may be user data, metadata or somebody's own.
fn boxes(from: &mut dyn BufRead, depth: u8) -> io::Result<()> {
    while !from.fill_buf()?.is_empty() {
        let length = u64::from(u32::from_be_bytes(take(from)?));
        let name: [u8; 4] = take(from)?;
        let rest = length.checked_sub(8).ok_or_else(not_a_copy)?;
        match &name {
            b"udta" if rest == NO_TAGS.len() as u64 => expect(from, NO_TAGS)?,
            b"udta" | b"meta" | b"uuid" | b"free" | b"skip" | b"wide" | b"iods" | b"XMP_" => return Err(not_a_copy()),
            b"trak" | b"mdia" | b"minf" | b"stbl" | b"mvex" | b"traf" | b"edts" | b"dinf" if depth > 0 => {
                let mut inside = Read::take(&mut *from, rest);
                boxes(&mut inside, depth - 1)?;
                check(inside.limit() == 0)?;
            }
            _ => skip(from, rest)?,
        }
    }
    Ok(())
}

fn take<const N: usize>(from: &mut (impl Read + ?Sized)) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn expect(from: &mut (impl Read + ?Sized), bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        check(take(from)? == [*byte])?;
    }
    Ok(())
}

fn check(holds: bool) -> io::Result<()> {
    if holds { Ok(()) } else { Err(not_a_copy()) }
}

fn skip(from: &mut (impl BufRead + ?Sized), length: u64) -> io::Result<()> {
    check(skip_at_most(from, length)? == length)
}

/// How much there was to skip.
fn skip_at_most(from: &mut (impl BufRead + ?Sized), length: u64) -> io::Result<u64> {
    let mut left = length;
    while left > 0 {
        let there = from.fill_buf()?.len();
        if there == 0 {
            break;
        }
        let step = there.min(usize::try_from(left).unwrap_or(usize::MAX));
        from.consume(step);
        left -= step as u64;
    }
    Ok(length - left)
}

fn skip_until(from: &mut impl BufRead, byte: u8) -> io::Result<()> {
    loop {
        let there = from.fill_buf()?;
        if there.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let (step, found) = there.iter().position(|one| *one == byte).map_or((there.len(), false), |at| (at + 1, true));
        from.consume(step);
        if found {
            return Ok(());
        }
    }
}

fn not_a_copy() -> io::Error {
    ErrorKind::InvalidData.into()
}

const KILOBITS_MPEG1: [u64; 16] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
const KILOBITS_MPEG2: [u64; 16] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];

/// What ffmpeg writes where it has no tags to write: an empty list of them.
const NO_TAGS: &[u8] = b"\0\0\0\x35meta\0\0\0\0\0\0\0\x21hdlr\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0\0\0\0\x08ilst";

/// Boxes in boxes in boxes.
const DEEPEST: u8 = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn png_of(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, data) in chunks {
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(*name);
            bytes.extend(*data);
            bytes.extend([0; 4]);
        }
        bytes
    }

    fn passes(bytes: &[u8], format: Format) -> bool {
        look_through(&mut &bytes[..], format).is_ok()
    }

    #[test]
    fn a_picture_with_text_or_anything_behind_it_is_no_copy() {
        let plain = png_of(&[(b"IHDR", &[0; 13]), (b"IDAT", b"pixels"), (b"IEND", b"")]);
        assert!(passes(&plain, Format::Png));
        assert!(!passes(&[&plain[..], b"PK\x03\x04"].concat(), Format::Png));
        assert!(!passes(&plain[..plain.len() - 1], Format::Png));
        for more in [b"tEXt", b"eXIf", b"iTXt", b"iCCP"] {
            let carrying = png_of(&[(b"IHDR", &[0; 13]), (more, b"who"), (b"IDAT", b"pixels"), (b"IEND", b"")]);
            assert!(!passes(&carrying, Format::Png));
        }
    }

    #[test]
    fn a_photograph_with_exif_or_anything_behind_it_is_no_copy() {
        let head = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00";
        let scan = b"\xff\xdb\x00\x03\x00\xff\xc0\x00\x03\x00\xff\xda\x00\x03\x00ab\xff\x00cd\xff\xd9";
        let plain = [&head[..], scan].concat();
        assert!(passes(&plain, Format::Jpeg));
        assert!(!passes(&[&plain[..], b"PK"].concat(), Format::Jpeg));
        for segment in [&b"\xff\xe1\x00\x08Exif\0\0"[..], b"\xff\xfe\x00\x05who", b"\xff\xe2\x00\x04ab"] {
            assert!(!passes(&[&head[..], segment, scan].concat(), Format::Jpeg));
        }
    }

    #[test]
    fn a_video_with_user_data_or_a_box_of_its_own_is_no_copy() {
        let a_box = |name: &[u8], inside: &[u8]| {
            [&u32::try_from(8 + inside.len()).unwrap().to_be_bytes()[..], name, inside].concat()
        };
        let video = |moov: &[u8]| {
            [a_box(b"ftyp", b"iso5"), a_box(b"moov", moov), a_box(b"moof", b""), a_box(b"mdat", b"frames")].concat()
        };
        assert!(passes(&video(&a_box(b"trak", &a_box(b"tkhd", b"x"))), Format::Mp4));
        assert!(passes(&video(&a_box(b"udta", NO_TAGS)), Format::Mp4));
        assert!(!passes(&video(&a_box(b"udta", b"where")), Format::Mp4));
        assert!(!passes(&video(&a_box(b"trak", &a_box(b"meta", b"where"))), Format::Mp4));
        assert!(!passes(&[&video(b"")[..], &a_box(b"uuid", b"mine")].concat(), Format::Mp4));
        assert!(!passes(b"\0\0\0\x01mdat", Format::Mp4));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_copy_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            for (format, begin) in [
                (Format::Jpeg, &b"\xff\xd8"[..]),
                (Format::Png, b"\x89PNG\r\n\x1a\n"),
                (Format::Mp3, b"\xff\xfb"),
                (Format::Mp4, b"\0\0\0\x10moov"),
            ] {
                let _ = passes(&bytes, format);
                let _ = passes(&[begin, &bytes].concat(), format);
            }
        }
    }
}
