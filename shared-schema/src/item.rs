//! Sealed items: their ids, their first line, their sizes (DESIGN section 3, docs/spec/sealed-item.md).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};

use crate::{
    crockford,
    randomness::{NoRandomness, Randomness, random_bytes},
};

/// 128 random bits that name one sealed item, drawn for it alone and derived from nothing.
///
/// Written as 26 characters of Crockford base32 in upper case; the first is at most `7`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(u128);

/// The text is not an item id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an item id: 26 characters of upper-case Crockford base32, the first at most 7")]
pub struct ItemIdError;

impl ItemId {
    /// The id made of these bits.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// A fresh id.
    pub fn random(randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        random_bytes(randomness).map(Self::from_bytes)
    }

    /// The 16 bytes, most significant first.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The name under which the item lies in a folder: `<item-id>.age`.
    pub fn file_name(self) -> String {
        format!("{self}{FILE_EXTENSION}")
    }

    /// Reads [`Self::file_name`] back.
    pub fn from_file_name(name: &str) -> Result<Self, ItemIdError> {
        name.strip_suffix(FILE_EXTENSION).ok_or(ItemIdError)?.parse()
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crockford::encode(self.0, ID_CHARACTERS))
    }
}

impl fmt::Debug for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ItemId {
    type Err = ItemIdError;

    fn from_str(text: &str) -> Result<Self, ItemIdError> {
        if text.len() != ID_CHARACTERS as usize {
            return Err(ItemIdError);
        }
        crockford::decode(text).map(Self).ok_or(ItemIdError)
    }
}

impl Serialize for ItemId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ItemId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What an item holds, said by the first line of its plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// The JSON envelope of a report.
    Report,
    /// The raw bytes of one attachment.
    Attachment,
}

impl ItemKind {
    /// The first line, its `\n` included. It separates domains: no item of one kind is ever read as the other.
    pub const fn first_line(self) -> &'static str {
        match self {
            Self::Report => "nightsafe-item/1 report\n",
            Self::Attachment => "nightsafe-item/1 attachment\n",
        }
    }
}

/// What the journal says of an item: text goes first across the gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemClass {
    /// A report.
    Text,
    /// An attachment.
    Media,
}

/// The plaintext of an item does not begin as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// No kind's first line stands at the start.
    #[error("the first line names no kind of item")]
    UnknownFirstLine,
    /// The reserved kind: sealed in the reporter's own browser.
    #[error("the item is of the reserved kind `wrapped`")]
    Wrapped,
}

/// Splits an item's plaintext into its kind and what follows the first line.
pub fn split_first_line(plaintext: &[u8]) -> Result<(ItemKind, &[u8]), FrameError> {
    for kind in [ItemKind::Report, ItemKind::Attachment] {
        if let Some(rest) = plaintext.strip_prefix(kind.first_line().as_bytes()) {
            return Ok((kind, rest));
        }
    }
    if plaintext.starts_with(WRAPPED_FIRST_LINE.as_bytes()) {
        return Err(FrameError::Wrapped);
    }
    Err(FrameError::UnknownFirstLine)
}

/// The size of a report's whole `.age` file: the smallest of 32, 64, 128 and 256 KiB that is `at_least` bytes.
///
/// `None` above: the report is too long. Ordinary text reports are all 32 KiB, so a size tells nothing.
pub fn report_file_size(at_least: u64) -> Option<u64> {
    REPORT_FILE_SIZES.into_iter().find(|&size| size >= at_least)
}

/// The size of an attachment's whole `.age` file that must hold `length` bytes: Padmé, at most 12 % more.
///
/// Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", section 4.
pub fn padme(length: u64) -> u64 {
    if length < 2 {
        return length;
    }
    let exponent = u64::from(length.ilog2());
    let mantissa_bits = u64::from(exponent.ilog2()) + 1;
    let zero_bits = exponent.saturating_sub(mantissa_bits);
    let mask = (1_u64 << zero_bits) - 1;
    // Only lengths within 1/8 of 2^64 bytes saturate; no disk holds one.
    length.saturating_add(mask) & !mask
}

/// The largest `.age` file of a report, in bytes.
pub const LARGEST_REPORT_FILE: u64 = 256 * 1024;

const REPORT_FILE_SIZES: [u64; 4] = [32 * 1024, 64 * 1024, 128 * 1024, LARGEST_REPORT_FILE];
const ID_CHARACTERS: u32 = 26;
const FILE_EXTENSION: &str = ".age";
const WRAPPED_FIRST_LINE: &str = "nightsafe-item/1 wrapped\n";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_is_read_as_it_was_written(bytes: [u8; 16]) {
            let id = ItemId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(ItemId::from_file_name(&id.file_name()), Ok(id));
            prop_assert_eq!(id.to_bytes(), bytes);
        }

        #[test]
        fn any_text_is_an_id_or_refused(text in ".{0,40}") {
            if let Ok(id) = text.parse::<ItemId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }

        #[test]
        fn padme_adds_at_most_twelve_percent_and_is_stable(length in 2_u64..(1 << 50)) {
            let padded = padme(length);
            prop_assert!(padded >= length);
            prop_assert!((padded - length) * 100 <= length * 12, "{length} -> {padded}");
            prop_assert_eq!(padme(padded), padded);
        }
    }

    #[test]
    fn padme_has_the_published_steps() {
        assert_eq!([0, 1, 2, 9, 100, 1_000_000].map(padme), [0, 1, 2, 10, 104, 1_015_808]);
        assert_eq!(padme(u64::MAX) & 0xff, 0);
    }

    #[test]
    fn an_id_above_128_bits_is_refused() {
        assert_eq!("80000000000000000000000000".parse::<ItemId>(), Err(ItemIdError));
        assert!("7ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse::<ItemId>().is_ok());
    }

    #[test]
    fn reports_come_in_four_sizes() {
        assert_eq!(report_file_size(0), Some(32 * 1024));
        assert_eq!(report_file_size(32 * 1024), Some(32 * 1024));
        assert_eq!(report_file_size(32 * 1024 + 1), Some(64 * 1024));
        assert_eq!(report_file_size(256 * 1024 + 1), None);
    }

    #[test]
    fn the_first_line_names_the_kind() {
        assert_eq!(split_first_line(b"nightsafe-item/1 report\n{}"), Ok((ItemKind::Report, &b"{}"[..])));
        assert_eq!(split_first_line(b"nightsafe-item/1 attachment\n"), Ok((ItemKind::Attachment, &b""[..])));
        assert_eq!(split_first_line(b"nightsafe-item/1 wrapped\n"), Err(FrameError::Wrapped));
        assert_eq!(split_first_line(b"nightsafe-item/2 report\n"), Err(FrameError::UnknownFirstLine));
    }
}
