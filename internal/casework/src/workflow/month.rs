//! A month of the calendar in China, such as `2026-11`: for which call-backs are drawn.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize, de};

use super::setting::CHINA;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Date,
}

/// The text is no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a month looks like 2026-11")]
pub struct MonthError;

impl Month {
    /// The month that a moment lies in.
    pub fn of(at: Timestamp) -> Self {
        Self { first: CHINA.to_datetime(at).date().first_of_month() }
    }

    /// The month after it; itself at the end of time.
    #[must_use]
    pub fn next(self) -> Self {
        Self { first: self.first.checked_add(1.month()).unwrap_or(self.first) }
    }

    /// The month before it; itself at the beginning of time.
    #[must_use]
    pub fn previous(self) -> Self {
        Self { first: self.first.checked_sub(1.month()).unwrap_or(self.first) }
    }

    /// Its first moment; none beyond the bounds of time.
    pub fn begins(self) -> Option<Timestamp> {
        self.first.to_zoned(TimeZone::fixed(CHINA)).ok().map(|at| at.timestamp())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        if text.len() != 7 {
            return Err(MonthError);
        }
        format!("{text}-01").parse().map(|first| Self { first }).map_err(|_| MonthError)
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_as_it_is_written_and_nothing_else_is_one() {
        let month: Month = "2026-11".parse().unwrap();
        assert_eq!((month.to_string(), month.next().to_string()), ("2026-11".to_owned(), "2026-12".to_owned()));
        assert_eq!((month.next().next().to_string(), month.next().previous()), ("2027-01".to_owned(), month));
        for text in ["2026-13", "2026", "2026-1", "2026-11-01", "", "２０２６-11", "+026-11"] {
            assert_eq!(text.parse::<Month>(), Err(MonthError), "{text}");
        }
    }

    #[test]
    fn a_month_begins_in_china() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let month: Month = "2026-11".parse().unwrap();
        assert_eq!(month.begins(), Some(at("2026-10-31T16:00:00Z")));
        assert_eq!(Month::of(at("2026-10-31T15:59:59Z")), month.previous());
        assert_eq!(Month::of(at("2026-10-31T16:00:00Z")), month);
        assert_eq!(Month::of(at("2026-11-30T16:00:00Z")), month.next());
    }
}
