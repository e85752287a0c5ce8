//! Instants, and the hour that is all the outside may remember of them.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de};

/// Where a program takes its time from, so that tests decide what time it is.
pub trait Clock: Send + Sync {
    /// The wall clock, UTC. It may be wrong and it may jump.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary fixed start; never goes back.
    fn elapsed(&self) -> Duration;
}

/// A whole hour, UTC: the finest time that is kept of a submission (DESIGN section 3). Written `2026-11-22T05:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(Timestamp);

/// The text is not a whole hour in UTC.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a whole hour in UTC such as 2026-11-22T05:00:00Z")]
pub struct HourError;

impl Hour {
    /// The hour that `instant` lies in.
    pub fn containing(instant: Timestamp) -> Self {
        let into_hour = instant.as_second().rem_euclid(SECONDS_AN_HOUR);
        let start = Timestamp::from_second(instant.as_second() - into_hour);
        Self(start.unwrap_or(Timestamp::MIN))
    }

    /// The instant at which the hour starts.
    pub fn as_timestamp(self) -> Timestamp {
        self.0
    }

    /// How long before `now` the hour started; negative if it has not.
    pub fn age_at(self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.0)
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Hour {
    type Err = HourError;

    fn from_str(text: &str) -> Result<Self, HourError> {
        let instant: Timestamp = text.parse().map_err(|_| HourError)?;
        let hour = Self::containing(instant);
        // One spelling only, since hours stand in signed lines.
        if hour.to_string() == text { Ok(hour) } else { Err(HourError) }
    }
}

impl Serialize for Hour {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hour {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

const SECONDS_AN_HOUR: i64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_cut_to_its_hour() {
        let instant: Timestamp = "2026-11-22T05:59:59.999Z".parse().unwrap();
        assert_eq!(Hour::containing(instant).to_string(), "2026-11-22T05:00:00Z");
        let before_1970: Timestamp = "1969-12-31T23:30:00Z".parse().unwrap();
        assert_eq!(Hour::containing(before_1970).to_string(), "1969-12-31T23:00:00Z");
    }

    #[test]
    fn only_the_one_spelling_is_read() {
        assert!("2026-11-22T05:00:00Z".parse::<Hour>().is_ok());
        for text in ["2026-11-22T05:00:01Z", "2026-11-22T05:00:00+00:00", "2026-11-22 05:00:00Z", ""] {
            assert_eq!(text.parse::<Hour>(), Err(HourError), "{text}");
        }
    }
}
