//! Public keys that items are sealed to, as a key ring spells them. Nothing here seals.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};

/// An age recipient (C2SP age, "Recipients and identities").
///
/// Only its form is checked here; the package that seals checks that it is a point on the curve.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// `age1…`: X25519.
    X25519(String),
    /// `age1pq1…`: the hybrid of X25519 and ML-KEM-768; the ring has room for it, sealing refuses it for now.
    Hybrid(String),
}

/// The text is not an age recipient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an age recipient: age1… (X25519) or age1pq1…")]
pub struct RecipientError;

impl Recipient {
    /// The recipient as age writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::X25519(text) | Self::Hybrid(text) => text,
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Recipient {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, RecipientError> {
        let is_data = |data: &str| !data.is_empty() && data.bytes().all(|byte| BECH32.contains(&byte));
        if text.len() > LONGEST {
            return Err(RecipientError);
        }
        match text.strip_prefix("age1pq1") {
            Some(data) if is_data(data) => Ok(Self::Hybrid(text.to_owned())),
            _ => match text.strip_prefix("age1") {
                Some(data) if data.len() == X25519_DATA && is_data(data) => Ok(Self::X25519(text.to_owned())),
                _ => Err(RecipientError),
            },
        }
    }
}

impl Serialize for Recipient {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Recipient {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Bech32's alphabet (BIP 173).
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// 32 bytes are 52 symbols, the checksum 6.
const X25519_DATA: usize = 58;
/// A hybrid recipient has 1216 bytes, about 1960 symbols.
const LONGEST: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_told_apart() {
        // The example of the age specification.
        let x25519 = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
        assert!(matches!(x25519.parse(), Ok(Recipient::X25519(_))));
        assert!(matches!("age1pq1qqqqqq".parse(), Ok(Recipient::Hybrid(_))));
        for text in ["", "age1", "age1pq1", "AGE1QL3Z7", "age1plugin1qqq", "ssh-ed25519 AAAA"] {
            assert_eq!(text.parse::<Recipient>(), Err(RecipientError), "{text}");
        }
    }
}
