//! The clue number 线索编号: what a reporter keeps, and the only thing that leads back (DESIGN section 5).
//!
//! The gateway makes it, seals it into the report and forgets it. Nothing here stores one.

use std::{fmt, str::FromStr};

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize, de};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    digest::Digest,
    submission::{SiteId, SiteSecret, SubmissionId},
};

/// 24 digits: 22 drawn by a keyed hash (73 bits), two check digits (ISO 7064 MOD 97-10).
///
/// Reading ignores spaces, dashes and the width of digits, as people copy them from paper.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ClueNumber(String);

/// Why a text is not a clue number; none of them asks any store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClueNumberError {
    /// There are more or fewer than 24 digits.
    #[error("a clue number has 24 digits, not {found}")]
    Length {
        /// How many digits were found.
        found: usize,
    },
    /// Something other than digits, spaces and dashes.
    #[error("a clue number has digits only")]
    NotADigit,
    /// A digit is wrong or two have changed places.
    #[error("the check digits do not fit: a digit may have been copied wrongly")]
    CheckDigits,
}

impl ClueNumber {
    /// The number of this submission at this site.
    ///
    /// The same submission always gets the same number, so a retry needs no table; nobody else's key or content ever
    /// yields it.
    pub fn derive(secret: &SiteSecret, submission: &SubmissionId, content: &Digest) -> Self {
        let mut message = Vec::with_capacity(DERIVATION_LABEL.len() + 16 + 32);
        message.extend_from_slice(DERIVATION_LABEL);
        message.extend_from_slice(submission.as_bytes());
        message.extend_from_slice(content.as_bytes());
        let tag = hmac_sha256(secret.expose(), &message);
        let number = tag.iter().fold(0_u128, |rest, &byte| (rest * 256 + u128::from(byte)) % TEN_TO_THE_22);
        Self(format!("{number:022}{:02}", check_digits(number)))
    }

    /// The 24 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Six groups of four, as they are shown: `4821 0937 5566 1204 8873 1958`.
    pub fn grouped(&self) -> String {
        let mut grouped = String::with_capacity(29);
        for (place, digit) in self.0.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(digit);
        }
        grouped
    }
}

impl fmt::Debug for ClueNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClueNumber(..)")
    }
}

impl FromStr for ClueNumber {
    type Err = ClueNumberError;

    fn from_str(text: &str) -> Result<Self, ClueNumberError> {
        let mut digits = String::with_capacity(DIGITS);
        let mut found = 0_usize;
        for character in text.chars().filter(|&character| !is_separator(character)) {
            let digit = ascii_digit(character).ok_or(ClueNumberError::NotADigit)?;
            found += 1;
            if found <= DIGITS {
                digits.push(digit);
            }
        }
        if found != DIGITS {
            return Err(ClueNumberError::Length { found });
        }
        let value = digits.bytes().fold(0_u128, |rest, byte| (rest * 10 + u128::from(byte - b'0')) % 97);
        if value == 1 { Ok(Self(digits)) } else { Err(ClueNumberError::CheckDigits) }
    }
}

impl Serialize for ClueNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ClueNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What a number is derived from besides its submission: the report's bytes as sealed and each attachment's digest.
pub fn content_digest(report: &[u8], attachments: &[Digest]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(report);
    for attachment in attachments {
        hasher.update(attachment.as_bytes());
    }
    Digest::from_bytes(hasher.finalize().into())
}

/// What the inside derives from a clue number, once; every use has a key of its own.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ClueRoot([u8; 32]);

/// Argon2id refused its parameters or found no memory.
#[derive(Debug, thiserror::Error)]
#[error("the clue number could not be stretched (19 MiB of memory are needed)")]
pub struct ClueRootError;

impl ClueRoot {
    /// Stretches the number (Argon2id, 19 MiB, two passes): tens of milliseconds, so never while reports wait.
    pub fn derive(number: &ClueNumber, site: &SiteId) -> Result<Self, ClueRootError> {
        let params = argon2::Params::new(19 * 1024, 2, 1, Some(32)).map_err(|_| ClueRootError)?;
        let argon2id = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let salt = [STRETCH_LABEL, site.as_str().as_bytes()].concat();
        let mut root = [0; 32];
        argon2id.hash_password_into(number.0.as_bytes(), &salt, &mut root).map_err(|_| ClueRootError)?;
        Ok(Self(root))
    }

    /// The key for one purpose, such as [`LOOKUP_PURPOSE`] (HKDF-SHA-256, the purpose as info).
    pub fn key(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        // 32 bytes are far below HKDF's limit of 255 blocks, the only error it has.
        if Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), &mut key).is_err() {
            key.zeroize();
        }
        key
    }
}

impl fmt::Debug for ClueRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClueRoot(..)")
    }
}

/// The purpose of the key by which a number finds its case inside.
pub const LOOKUP_PURPOSE: &str = "nightsafe/clue/1 lookup";

fn check_digits(number: u128) -> u128 {
    98 - (number * 100) % 97
}

fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '-' | '\u{3000}' | '\u{2010}'..='\u{2015}' | '\t' | '\r' | '\n')
}

fn ascii_digit(character: char) -> Option<char> {
    let value = match character {
        '0'..='9' => u32::from(character) - u32::from('0'),
        '０'..='９' => u32::from(character) - u32::from('０'),
        _ => return None,
    };
    char::from_digit(value, 10)
}

fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // HMAC fills a short key up with zeros to its block (RFC 2104 section 2); done here, the length is right by type.
    let mut block = [0; 64];
    for (place, byte) in block.iter_mut().zip(key) {
        *place = *byte;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    block.zeroize();
    mac.update(message);
    mac.finalize().into_bytes().into()
}

const DIGITS: usize = 24;
const TEN_TO_THE_22: u128 = 10_u128.pow(22);
const DERIVATION_LABEL: &[u8] = b"nightsafe/number/1";
const STRETCH_LABEL: &[u8] = b"nightsafe/clue/1";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number_of(secret: u8, submission: &str, content: &[u8]) -> ClueNumber {
        let submission = submission.parse().unwrap();
        ClueNumber::derive(&SiteSecret::from_bytes([secret; 32]), &submission, &content_digest(content, &[]))
    }

    const VECTOR: &str = "023407719775987621566832";
    const SUBMISSION: &str = "000102030405060708090a0b0c0d0e0f";

    /// Computed with Python: hmac.new(bytes(32), b"nightsafe/number/1" + key + sha256(b"{}").digest(), "sha256").
    #[test]
    fn the_number_is_the_one_that_the_formula_gives() {
        assert_eq!(number_of(0, SUBMISSION, b"{}").as_str(), VECTOR);
    }

    #[test]
    fn a_retry_gets_the_same_number_and_nothing_else_does() {
        let number = number_of(1, SUBMISSION, b"{}");
        assert_eq!(number, number_of(1, SUBMISSION, b"{}"));
        assert_ne!(number, number_of(2, SUBMISSION, b"{}"));
        assert_ne!(number, number_of(1, "000102030405060708090a0b0c0d0e10", b"{}"));
        assert_ne!(number, number_of(1, SUBMISSION, b"{ }"));
    }

    #[test]
    fn a_number_is_never_printed_for_debugging() {
        let number = number_of(1, SUBMISSION, b"{}");
        assert_eq!(format!("{number:?}"), "ClueNumber(..)");
        let root = ClueRoot::derive(&number, &"demo".parse().unwrap()).unwrap();
        assert_eq!(format!("{root:?}"), "ClueRoot(..)");
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        let number = number_of(1, SUBMISSION, b"{}");
        let wide: String =
            number.as_str().bytes().map(|digit| char::from_u32(u32::from(digit) + 0xFEE0).unwrap()).collect();
        for text in [number.grouped(), number.grouped().replace(' ', "-"), format!("  {}\n", number.as_str()), wide] {
            assert_eq!(text.parse(), Ok(number.clone()), "{text}");
        }
        assert_eq!("12".parse::<ClueNumber>(), Err(ClueNumberError::Length { found: 2 }));
        assert_eq!("12x".parse::<ClueNumber>(), Err(ClueNumberError::NotADigit));
    }

    #[test]
    fn a_stretched_number_depends_on_number_site_and_purpose() {
        let site: SiteId = "demo".parse().unwrap();
        let root = ClueRoot::derive(&number_of(1, SUBMISSION, b"{}"), &site).unwrap();
        let again = ClueRoot::derive(&number_of(1, SUBMISSION, b"{}"), &site).unwrap();
        assert_eq!(root.key(LOOKUP_PURPOSE), again.key(LOOKUP_PURPOSE));
        assert_ne!(root.key(LOOKUP_PURPOSE), root.key("another"));
        let elsewhere = ClueRoot::derive(&number_of(1, SUBMISSION, b"{}"), &"other".parse().unwrap()).unwrap();
        assert_ne!(root.key(LOOKUP_PURPOSE), elsewhere.key(LOOKUP_PURPOSE));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_found(secret: u8, place in 0_usize..24, change in 1_u8..10) {
            let mut digits = number_of(secret, SUBMISSION, b"{}").as_str().as_bytes().to_vec();
            digits[place] = b'0' + (digits[place] - b'0' + change) % 10;
            let text = String::from_utf8(digits).unwrap();
            prop_assert_eq!(text.parse::<ClueNumber>(), Err(ClueNumberError::CheckDigits));
        }

        #[test]
        fn two_swapped_digits_are_found(secret: u8, first in 0_usize..24, second in 0_usize..24) {
            let mut digits = number_of(secret, SUBMISSION, b"{}").as_str().as_bytes().to_vec();
            prop_assume!(digits[first] != digits[second]);
            digits.swap(first, second);
            let text = String::from_utf8(digits).unwrap();
            prop_assert_eq!(text.parse::<ClueNumber>(), Err(ClueNumberError::CheckDigits));
        }

        #[test]
        fn any_text_is_a_number_or_refused(text in ".{0,60}") {
            let _ = text.parse::<ClueNumber>();
        }
    }
}
