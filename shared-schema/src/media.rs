//! What kind of file some bytes are, told by the bytes themselves and never by a name.
//!
//! Only the first [`ENOUGH`] bytes are looked at; nothing is unpacked or decoded. An answer means "begins like one",
//! which is what the gateway's list of kinds needs; whether the rest is what it should be is found out inside, in a
//! sandbox.

/// A kind of file that the service knows, by the codes of the catalog's attachment kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// PNG (ISO/IEC 15948).
    Png,
    /// PDF (ISO 32000).
    Pdf,
    /// MPEG-1 or MPEG-2 audio, layer III (ISO/IEC 11172-3), with or without an ID3 tag.
    Mp3,
    /// MP4 (ISO/IEC 14496-14): a brand that phones record in.
    Mp4,
    /// An Android package: a zip that begins like one.
    Apk,
    /// An iOS package: a zip that begins with `Payload/`.
    Ipa,
    /// A Windows program.
    Exe,
}

/// As many bytes of a file as an answer may need.
pub const ENOUGH: usize = 512;

impl MediaKind {
    /// Every kind.
    pub const ALL: [Self; 8] =
        [Self::Jpeg, Self::Png, Self::Pdf, Self::Mp3, Self::Mp4, Self::Apk, Self::Ipa, Self::Exe];

    /// The kind that a file beginning with `start` has; `None` for every other kind of file, and for an empty one.
    pub fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some(Self::Png),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            [b'I', b'D', b'3', ..] => Some(Self::Mp3),
            [0xFF, second, third, ..] if is_layer_three(*second, *third) => Some(Self::Mp3),
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_recording(brand) => Some(Self::Mp4),
            [b'P', b'K', 3, 4, rest @ ..] => package(rest),
            [b'M', b'Z', ..] => Some(Self::Exe),
            _ => None,
        }
    }

    /// The code of the kind in the catalog.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Pdf => "pdf",
            Self::Mp3 => "mp3",
            Self::Mp4 => "mp4",
            Self::Apk => "apk",
            Self::Ipa => "ipa",
            Self::Exe => "exe",
        }
    }
}

/// The second and third byte of a frame header: sync, a version that exists, layer III, a bit rate and a sample rate
/// that exist. AAC in ADTS has layer 0 there and is told apart by it.
fn is_layer_three(second: u8, third: u8) -> bool {
    let (version, layer) = ((second >> 3) & 3, (second >> 1) & 3);
    let (bit_rate, sample_rate) = (third >> 4, (third >> 2) & 3);
    second & 0xE0 == 0xE0 && version != 1 && layer == 1 && (1..=14).contains(&bit_rate) && sample_rate != 3
}

/// The major brand of the `ftyp` box, or the first compatible one when the major is generic to the box format.
fn is_recording(brands: &[u8]) -> bool {
    let is_known = |brand: &[u8]| RECORDING_BRANDS.iter().any(|known| brand.starts_with(known));
    brands.get(..4).is_some_and(is_known)
}

/// A zip's first entry tells packages from documents, which are zips too.
fn package(after_signature: &[u8]) -> Option<MediaKind> {
    let length = usize::from(u16::from_le_bytes([*after_signature.get(22)?, *after_signature.get(23)?]));
    let name = after_signature.get(26..)?;
    let name = name.get(..length.min(name.len()))?;
    if name.starts_with(b"Payload/") {
        return Some(MediaKind::Ipa);
    }
    ANDROID_ENTRIES.iter().any(|entry| name.starts_with(entry)).then_some(MediaKind::Apk)
}

/// Brands of files that hold a film; `heic`, `M4A ` and `qt  ` are something else.
const RECORDING_BRANDS: [&[u8]; 10] =
    [b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V", b"3gp"];
/// What Android's build tools write first.
const ANDROID_ENTRIES: [&[u8]; 8] =
    [b"AndroidManifest.xml", b"META-INF/", b"classes", b"resources.arsc", b"res/", b"assets/", b"lib/", b"kotlin/"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zip(first_entry: &str) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend([0; 22]);
        bytes.extend(u16::try_from(first_entry.len()).unwrap().to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(first_entry.as_bytes());
        bytes
    }

    #[test]
    fn each_kind_is_known_by_its_first_bytes() {
        let known: [(&[u8], MediaKind); 9] = [
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", MediaKind::Jpeg),
            (b"\x89PNG\r\n\x1A\n", MediaKind::Png),
            (b"%PDF-1.7", MediaKind::Pdf),
            (b"ID3\x04", MediaKind::Mp3),
            (b"\xFF\xFB\x90\x00", MediaKind::Mp3),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", MediaKind::Mp4),
            (&zip("AndroidManifest.xml"), MediaKind::Apk),
            (&zip("Payload/App.app/"), MediaKind::Ipa),
            (b"MZ\x90", MediaKind::Exe),
        ];
        for (start, kind) in known {
            assert_eq!(MediaKind::of(start), Some(kind), "{kind:?}");
        }
    }

    #[test]
    fn other_files_are_no_kind() {
        let others: [&[u8]; 10] = [
            b"",
            b"\xFF\xD8",
            b"\xFF\xF1\x50\x80", // AAC
            b"\0\0\0\x18ftypheic\0\0\0\0",
            b"\0\0\0\x14ftypM4A \0\0\0\0",
            b"\0\0\0\x14ftypqt  \0\0\0\0",
            b"GIF89a",
            b"\xD0\xCF\x11\xE0", // old office documents
            &zip("[Content_Types].xml"),
            &zip("mimetype"),
        ];
        for start in others {
            assert_eq!(MediaKind::of(start), None, "{start:?}");
        }
    }

    #[test]
    fn a_code_stands_for_one_kind() {
        for kind in MediaKind::ALL {
            assert_eq!(MediaKind::ALL.iter().filter(|other| other.code() == kind.code()).count(), 1);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_kind_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..ENOUGH)) {
            let _ = MediaKind::of(&bytes);
        }

        #[test]
        fn any_zip_is_a_package_or_none(rest in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = MediaKind::of(&[&b"PK\x03\x04"[..], &rest].concat());
        }
    }
}
