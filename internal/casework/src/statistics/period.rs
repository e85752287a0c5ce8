//! The days that are counted: a day, a month, a quarter, a year, or from one day to another; days of China.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, date},
    tz::{Offset, TimeZone},
};

/// A span of days, the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    from: Date,
    to: Date,
}

/// The text names no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// It is none of the forms.
    #[error("not a period: 2026, 2026-Q4, 2026-11, 2026-11-22, or 2026-11-01..2026-11-22")]
    Form,
    /// It ends before it begins.
    #[error("the period ends before it begins")]
    Backwards,
    /// It is longer than ten years, or lies outside of 1970 to 2199.
    #[error("a period is at most ten years long, between 1970 and 2199")]
    TooLong,
}

impl Period {
    /// From one day to another, both included.
    pub fn new(from: Date, to: Date) -> Result<Self, PeriodError> {
        if to < from {
            return Err(PeriodError::Backwards);
        }
        let last = from.checked_add(10.years()).map_err(|_far| PeriodError::TooLong)?;
        if to >= last || from < EPOCH || to > date(2199, 12, 31) {
            return Err(PeriodError::TooLong);
        }
        Ok(Self { from, to })
    }

    /// The month in which something lies, in China.
    pub fn month_of(at: Timestamp) -> Self {
        let day = at.to_zoned(TimeZone::fixed(CHINA)).date();
        let day = day.clamp(EPOCH, date(2199, 12, 31));
        Self { from: day.first_of_month(), to: day.last_of_month() }
    }

    /// Its first day.
    pub const fn from(self) -> Date {
        self.from
    }

    /// Its last day.
    pub const fn to(self) -> Date {
        self.to
    }

    /// Its days, counted from 1970.
    pub fn days(self) -> RangeInclusive<i32> {
        day_number(self.from)..=day_number(self.to)
    }

    /// Every day of the one lies in the other, and they are not the same.
    pub fn is_within(self, other: Self) -> bool {
        self != other && other.from <= self.from && self.to <= other.to
    }

    /// So long that it is told apart by months, not by days.
    pub(super) fn is_long(self) -> bool {
        day_number(self.to) - day_number(self.from) > DAYS_IN_ROWS
    }

    /// The calendar unit before or after, if it is one.
    #[must_use]
    pub fn moved(self, by: i32) -> Option<Self> {
        let shifted = match self.unit() {
            Unit::Year => self.from.checked_add(by.years()),
            Unit::Quarter => self.from.checked_add((by * 3).months()),
            Unit::Month => self.from.checked_add(by.months()),
            Unit::Day => self.from.checked_add(by.days()),
            Unit::Other => return None,
        };
        let from = shifted.ok()?;
        let to = match self.unit() {
            Unit::Year => from.last_of_year(),
            Unit::Quarter => from.checked_add(2.months()).ok()?.last_of_month(),
            Unit::Month => from.last_of_month(),
            Unit::Day | Unit::Other => from,
        };
        Self::new(from, to).ok()
    }

    fn unit(self) -> Unit {
        let (from, to) = (self.from, self.to);
        let starts_quarter = from.day() == 1 && from.month() % 3 == 1;
        let end_of_quarter = || from.checked_add(2.months()).map(Date::last_of_month);
        if from == to {
            Unit::Day
        } else if from.first_of_year() == from && from.last_of_year() == to {
            Unit::Year
        } else if from.day() == 1 && from.last_of_month() == to {
            Unit::Month
        } else if starts_quarter && end_of_quarter().is_ok_and(|end| end == to) {
            Unit::Quarter
        } else {
            Unit::Other
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        match self.unit() {
            Unit::Year => write!(f, "{:04}", from.year()),
            Unit::Quarter => write!(f, "{:04}-Q{}", from.year(), (from.month() + 2) / 3),
            Unit::Month => write!(f, "{:04}-{:02}", from.year(), from.month()),
            Unit::Day => write!(f, "{from}"),
            Unit::Other => write!(f, "{from}..{to}"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        if let Some((from, to)) = text.split_once("..") {
            return Self::new(day(from)?, day(to)?);
        }
        let mut pieces = text.split('-');
        let year: i16 = number(pieces.next().unwrap_or_default(), 4)?;
        let first = |month: i8| Date::new(year, month, 1).map_err(|_date| PeriodError::Form);
        match (pieces.next(), pieces.next(), pieces.next()) {
            (None, ..) => Self::new(first(1)?, first(12)?.last_of_month()),
            (Some(quarter), None, _) if quarter.starts_with('Q') => {
                let quarter: i8 = number(quarter.trim_start_matches('Q'), 1)?;
                if !(1..=4).contains(&quarter) {
                    return Err(PeriodError::Form);
                }
                Self::new(first(quarter * 3 - 2)?, first(quarter * 3)?.last_of_month())
            }
            (Some(month), None, _) => {
                let month = first(number(month, 2)?)?;
                Self::new(month, month.last_of_month())
            }
            (Some(_), Some(_), None) => Self::new(day(text)?, day(text)?),
            _ => Err(PeriodError::Form),
        }
    }
}

/// Days since 1970.
pub(super) fn day_number(day: Date) -> i32 {
    day.since(EPOCH).map_or(0, |span| span.get_days())
}

/// The day of a moment in China.
pub(super) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(CHINA)).date()
}

/// The day of a number of days since 1970.
pub(super) fn day_of_number(days: i32) -> Option<Date> {
    EPOCH.checked_add(days.days()).ok()
}

enum Unit {
    Year,
    Quarter,
    Month,
    Day,
    Other,
}

fn day(text: &str) -> Result<Date, PeriodError> {
    if text.len() == "2026-11-22".len() {
        text.parse().map_err(|_date| PeriodError::Form)
    } else {
        Err(PeriodError::Form)
    }
}

fn number<T: FromStr>(text: &str, digits: usize) -> Result<T, PeriodError> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().map_err(|_number| PeriodError::Form) } else { Err(PeriodError::Form) }
}

const EPOCH: Date = date(1970, 1, 1);
/// One offset for the whole country, all year.
const CHINA: Offset = jiff::tz::offset(8);
/// More days than this are shown by months.
const DAYS_IN_ROWS: i32 = 62;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_is_read_and_written() {
        for text in ["2026", "2026-Q4", "2026-11", "2026-11-22", "2026-11-03..2026-11-22"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        assert_eq!("2026-10-01..2026-12-31".parse::<Period>().unwrap().to_string(), "2026-Q4");
        for wrong in
            ["", "26", "2026-13", "2026-Q5", "2026-1", "2026-11-31", "2026-11-22..", "x", "2026-11-22-1", "+026"]
        {
            assert_eq!(wrong.parse::<Period>(), Err(PeriodError::Form), "{wrong}");
        }
        assert_eq!("2026-11-22..2026-11-21".parse::<Period>(), Err(PeriodError::Backwards));
        assert_eq!("2010-01-01..2026-01-01".parse::<Period>(), Err(PeriodError::TooLong));
        assert_eq!("1969".parse::<Period>(), Err(PeriodError::TooLong));
    }

    #[test]
    fn a_calendar_unit_has_one_before_it_and_one_after_it() {
        let moved = |text: &str, by| text.parse::<Period>().unwrap().moved(by).map(|period| period.to_string());
        assert_eq!(moved("2026-01", -1).as_deref(), Some("2025-12"));
        assert_eq!(moved("2026-Q4", 1).as_deref(), Some("2027-Q1"));
        assert_eq!(moved("2024-02-29", 1).as_deref(), Some("2024-03-01"));
        assert_eq!(moved("2026", -1).as_deref(), Some("2025"));
        assert_eq!(moved("2026-11-03..2026-11-22", 1), None);
        let late_evening: Timestamp = "2026-10-31T17:00:00Z".parse().unwrap();
        assert_eq!(Period::month_of(late_evening).to_string(), "2026-11", "it is November in China");
    }

    proptest! {
        #[test]
        fn any_text_is_a_period_or_is_refused(text in "\\PC{0,24}|[0-9Q.-]{0,24}") {
            if let Ok(period) = text.parse::<Period>() {
                prop_assert_eq!(period.to_string().parse(), Ok(period));
            }
        }
    }
}
