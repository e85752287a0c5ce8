//! The number that a case has inside.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};

use crate::{
    crockford,
    randomness::{NoRandomness, Randomness, random_bytes},
};

/// The internal number of a case, written `7K2M-9QXW-3T5A`: 60 random bits in Crockford base32.
///
/// It never leaves the inside. It is random and not counted up, so that nobody learns from a number, or from a gap
/// between two, how many cases there are that they may not see (promise 8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(u64);

/// The text is not a case number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a case number such as 7K2M-9QXW-3T5A")]
pub struct CaseIdError;

impl CaseId {
    /// A fresh number.
    pub fn random(randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        random_bytes(randomness).map(|bytes| Self(u64::from_be_bytes(bytes) >> 4))
    }

    /// The number as eight bytes, most significant first: what an index key holds.
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// Reads [`Self::to_bytes`] back; `None` if more than 60 bits are set.
    pub const fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        let number = u64::from_be_bytes(bytes);
        if number >> 60 == 0 { Some(Self(number)) } else { None }
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = crockford::encode(u128::from(self.0), 12);
        let (first, rest) = digits.split_at(4);
        let (second, third) = rest.split_at(4);
        write!(f, "{first}-{second}-{third}")
    }
}

impl fmt::Debug for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CaseId {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        let groups: Vec<&str> = text.split('-').collect();
        if groups.len() != 3 || groups.iter().any(|group| group.len() != 4) {
            return Err(CaseIdError);
        }
        let number = crockford::decode(&groups.concat()).ok_or(CaseIdError)?;
        u64::try_from(number).map(Self).map_err(|_| CaseIdError)
    }
}

impl Serialize for CaseId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_case_number_is_read_as_it_was_written(number in 0_u64..(1 << 60)) {
            let case = CaseId(number);
            prop_assert_eq!(case.to_string().parse(), Ok(case));
            prop_assert_eq!(CaseId::from_bytes(case.to_bytes()), Some(case));
        }

        #[test]
        fn any_text_is_a_case_number_or_refused(text in ".{0,20}") {
            if let Ok(case) = text.parse::<CaseId>() {
                prop_assert_eq!(case.to_string(), text);
            }
        }
    }
}
