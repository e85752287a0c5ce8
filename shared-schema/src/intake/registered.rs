//! Who registered a report inside, and how it had come (docs/spec/channels.md).
//!
//! Nothing here says who the reporter is: the address of a mail's sender stands in the report's identity part.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, fmt::temporal::Pieces, tz::Offset};
use serde::{Deserialize, Serialize, de};

use crate::{digest::Digest, unit::UnitId};

/// What the inside notes of a report that a person registered there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// The account that registered it.
    pub by: String,
    /// That account's unit.
    pub unit: UnitId,
    /// When the call, letter, visitor or mail came, as the clerk says.
    pub received_at: ReceivedAt,
    /// From where: a code of the catalog's list `sources`.
    pub source: String,
    /// What is known of a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailNote>,
}

/// What is kept of a mail beside the mail itself, which is the report's first attachment. None of it was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailNote {
    /// The digest of the file as it was imported.
    pub sha256: Digest,
    /// When the mail says it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
    /// What could not be taken over as it was: codes of a closed list (docs/spec/channels.md).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// An instant with the offset of the clock that it was read from: `2026-11-22T15:20:00+08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedAt {
    at: Timestamp,
    offset: Offset,
}

/// The text is no instant with an offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an instant with an offset, such as 2026-11-22T15:20:00+08:00")]
pub struct ReceivedAtError;

impl ReceivedAt {
    /// This instant on a clock of this offset.
    pub const fn new(at: Timestamp, offset: Offset) -> Self {
        Self { at, offset }
    }

    /// The instant.
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

impl fmt::Display for ReceivedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.display_with_offset(self.offset).fmt(f)
    }
}

impl FromStr for ReceivedAt {
    type Err = ReceivedAtError;

    fn from_str(text: &str) -> Result<Self, ReceivedAtError> {
        if text.len() > LONGEST {
            return Err(ReceivedAtError);
        }
        let pieces = Pieces::parse(text).map_err(|_| ReceivedAtError)?;
        // With a name of a zone behind it the text would say the same thing twice.
        if pieces.time_zone_annotation().is_some() {
            return Err(ReceivedAtError);
        }
        let offset = pieces.to_numeric_offset().ok_or(ReceivedAtError)?;
        let at: Timestamp = text.parse().map_err(|_| ReceivedAtError)?;
        Ok(Self { at, offset })
    }
}

impl Serialize for ReceivedAt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ReceivedAt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// No instant is spelled longer.
const LONGEST: usize = 40;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_offset_of_the_clerks_clock_is_kept() {
        for text in ["2026-11-22T15:20:00+08:00", "2026-11-22T07:20:00-05:30", "2026-11-22T07:20:00+00:00"] {
            assert_eq!(text.parse::<ReceivedAt>().unwrap().to_string(), text);
        }
        let [here, there] = ["2026-11-22T15:20:00+08:00", "2026-11-22T07:20:00Z"].map(str::parse::<ReceivedAt>);
        assert_eq!(here.unwrap().at(), there.unwrap().at());
    }

    #[test]
    fn without_an_offset_it_is_no_instant() {
        for text in ["", "2026-11-22", "2026-11-22T15:20:00", "2026-11-22T15:20:00+08:00[Asia/Shanghai]", "now"] {
            assert_eq!(text.parse::<ReceivedAt>(), Err(ReceivedAtError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_instant_or_refused(text in ".{0,50}") {
            if let Ok(read) = text.parse::<ReceivedAt>() {
                prop_assert_eq!(read.to_string().parse::<ReceivedAt>(), Ok(read));
            }
        }
    }
}
