//! Which submission is meant, and which site it was made to.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize, de};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::randomness::{NoRandomness, Randomness, random_bytes};

/// 128 random bits that name one submission and every retry of it: the `Idempotency-Key` (DESIGN section 5).
///
/// Written as 32 lower-case hex digits; anything else is refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubmissionId([u8; 16]);

/// The text is not a submission id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a submission id of 32 lower-case hex digits")]
pub struct SubmissionIdError;

impl SubmissionId {
    /// A fresh id, for a client that sent none.
    pub fn random(randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        random_bytes(randomness).map(Self)
    }

    /// The id made of these bits.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for SubmissionId {
    /// Redacted: whoever knows the id of a submission and its text can ask for its clue number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubmissionId(..)")
    }
}

impl FromStr for SubmissionId {
    type Err = SubmissionIdError;

    fn from_str(text: &str) -> Result<Self, SubmissionIdError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| SubmissionIdError)?;
        bytes.try_into().map(Self).map_err(|_| SubmissionIdError)
    }
}

impl Serialize for SubmissionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SubmissionId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The name of a site: 1 to 64 of `a-z`, `0-9` and `-`. Gateways of one name and the inside share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SiteId(String);

/// The text is not a site name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a site name: 1 to 64 of the characters a-z, 0-9 and -")]
pub struct SiteIdError;

impl SiteId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SiteId {
    type Err = SiteIdError;

    fn from_str(text: &str) -> Result<Self, SiteIdError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SiteIdError)
        }
    }
}

impl<'de> Deserialize<'de> for SiteId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// 256 random bits that the gateways of one site share, so that a retry gets its number from any of them.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SiteSecret([u8; 32]);

impl SiteSecret {
    /// The secret as it lies in the credential file.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SiteSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SiteSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_submission_id_is_read_as_it_was_written(bytes: [u8; 16]) {
            let id = SubmissionId(bytes);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn any_text_is_an_id_or_refused(text in ".{0,40}") {
            let _ = text.parse::<SubmissionId>();
            let _ = text.parse::<SiteId>();
        }
    }

    #[test]
    fn only_lower_case_hex_of_full_length_is_an_id() {
        assert!("0123456789abcdef0123456789abcdef".parse::<SubmissionId>().is_ok());
        for text in ["0123456789ABCDEF0123456789ABCDEF", "0123", "", " 0123456789abcdef0123456789abcdef"] {
            assert_eq!(text.parse::<SubmissionId>(), Err(SubmissionIdError), "{text}");
        }
    }
}
