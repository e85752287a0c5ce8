//! Dates as people remember them: a day, a month or a year.

use std::{fmt, str::FromStr};

use jiff::civil::Date;
use serde::{Deserialize, Serialize, de};

/// A day, a month or a year between 1900 and 2999: `2025-04-11`, `2025-04`, `2025`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialDate {
    first: Date,
    precision: Precision,
}

/// How exactly a date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// The year.
    Year,
    /// The month.
    Month,
    /// The day.
    Day,
}

/// The text is not a partial date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is written 2025, 2025-04 or 2025-04-11")]
pub struct PartialDateError;

impl PartialDate {
    /// Its first day.
    pub const fn first_day(self) -> Date {
        self.first
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        match self.precision {
            Precision::Day => self.first,
            Precision::Month => self.first.last_of_month(),
            Precision::Year => self.first.last_of_year(),
        }
    }

    /// How exactly it is known.
    pub const fn precision(self) -> Precision {
        self.precision
    }
}

impl FromStr for PartialDate {
    type Err = PartialDateError;

    fn from_str(text: &str) -> Result<Self, PartialDateError> {
        let mut parts = text.split('-');
        let year: i16 = number(parts.next(), 4)?.ok_or(PartialDateError)?;
        let month: Option<i8> = number(parts.next(), 2)?;
        let day: Option<i8> = number(parts.next(), 2)?;
        if parts.next().is_some() || !(1900..=2999).contains(&year) {
            return Err(PartialDateError);
        }
        let first = Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).map_err(|_| PartialDateError)?;
        let precision = match (month, day) {
            (_, Some(_)) => Precision::Day,
            (Some(_), None) => Precision::Month,
            (None, None) => Precision::Year,
        };
        Ok(Self { first, precision })
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = (self.first.year(), self.first.month(), self.first.day());
        match self.precision {
            Precision::Year => write!(f, "{year:04}"),
            Precision::Month => write!(f, "{year:04}-{month:02}"),
            Precision::Day => write!(f, "{year:04}-{month:02}-{day:02}"),
        }
    }
}

impl Serialize for PartialDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A part of exactly this many digits; a part that is not there is `None`.
fn number<T: FromStr>(part: Option<&str>, digits: usize) -> Result<Option<T>, PartialDateError> {
    let Some(part) = part else { return Ok(None) };
    if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PartialDateError);
    }
    part.parse().map(Some).map_err(|_| PartialDateError)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_month_reaches_from_its_first_to_its_last_day() {
        let february: PartialDate = "2024-02".parse().unwrap();
        assert_eq!(february.first_day().to_string(), "2024-02-01");
        assert_eq!(february.last_day().to_string(), "2024-02-29");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "25", "2025-4", "2025-13", "2025-02-30", "2025-04-11-1", "1899", "2025/04", "２０２５", "-2025"]
        {
            assert_eq!(text.parse::<PartialDate>(), Err(PartialDateError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_what_is_printed_gives_the_same_date(year in 1900_i16..=2999, month in 1_i8..=12, day in 1_i8..=28, parts in 1_usize..=3) {
            let whole = format!("{year:04}-{month:02}-{day:02}");
            let text: String = whole.split('-').take(parts).collect::<Vec<_>>().join("-");
            let date: PartialDate = text.parse().unwrap();
            prop_assert_eq!(date.to_string(), text);
            prop_assert!(date.first_day() <= date.last_day());
        }

        #[test]
        fn any_text_never_panics(text in "\\PC*") {
            let _ = text.parse::<PartialDate>();
        }
    }
}
