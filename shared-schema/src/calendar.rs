//! Working days: Monday to Friday, but for the holidays and make-up days that the State Council announces each year.
//!
//! Data, because each year's are known only in the autumn before: the built-in table holds 2026 (国务院办公厅关于2026年部分
//! 节假日安排的通知, 2025-11-04), and a site imports the next. A day that no table names follows its weekday.

use std::collections::BTreeMap;

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Weekday},
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Which days are worked.
#[derive(Clone, Debug)]
pub struct Calendar {
    days: BTreeMap<Date, DayKind>,
    version: Digest,
}

/// What a table says of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// Nobody works, whatever the weekday.
    Holiday,
    /// 调休: a Saturday or Sunday that is worked.
    Workday,
}

/// Why a table of days cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// A row is malformed.
    #[error("a row of the calendar is malformed: date (2026-01-31), kind (holiday or workday), note")]
    Row(#[source] csv::Error),
    /// A day stands there twice.
    #[error("line {line}, date: {date} stands there twice")]
    Twice {
        /// The line.
        line: u64,
        /// The day.
        date: Date,
    },
    /// A make-up day that is worked anyway.
    #[error("line {line}, kind: {date} is worked anyway; a make-up day is a Saturday or Sunday")]
    WorkedAnyway {
        /// The line.
        line: u64,
        /// The day.
        date: Date,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    date: Date,
    kind: DayKind,
    #[serde(rename = "note")]
    _note: String,
}

impl Calendar {
    /// The built-in table.
    pub fn embedded() -> Result<Self, CalendarError> {
        Self::from_csv(EMBEDDED)
    }

    /// A table from CSV: `date,kind,note`.
    pub fn from_csv(text: &str) -> Result<Self, CalendarError> {
        let mut days = BTreeMap::new();
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let mut lines = Vec::new();
        for row in rows.deserialize() {
            let Row { date, kind, .. } = row.map_err(CalendarError::Row)?;
            let line = lines.len() as u64 + 2;
            if kind == DayKind::Workday && !is_weekend(date) {
                return Err(CalendarError::WorkedAnyway { line, date });
            }
            if days.insert(date, kind).is_some() {
                return Err(CalendarError::Twice { line, date });
            }
            lines.push(format!("{date} {kind:?}"));
        }
        lines.sort_unstable();
        Ok(Self { days, version: Digest::of(lines.join("\n").as_bytes()) })
    }

    /// Whether a day is worked.
    pub fn is_worked(&self, day: Date) -> bool {
        match self.days.get(&day) {
            Some(DayKind::Holiday) => false,
            Some(DayKind::Workday) => true,
            None => !is_weekend(day),
        }
    }

    /// The same time of day so many working days later, in China; none beyond the end of time.
    pub fn after_working_days(&self, from: Timestamp, days: u8) -> Option<Timestamp> {
        let mut at = from.to_zoned(TimeZone::fixed(CHINA));
        let mut left = days;
        while left > 0 {
            at = at.checked_add(1.day()).ok()?;
            left -= u8::from(self.is_worked(at.date()));
        }
        Some(at.timestamp())
    }

    /// The days that the table names.
    pub fn days(&self) -> impl Iterator<Item = (Date, DayKind)> {
        self.days.iter().map(|(date, kind)| (*date, *kind))
    }

    /// A digest of all days: what was reckoned with them cites it.
    pub const fn version(&self) -> Digest {
        self.version
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// One offset for the whole country, all year.
const CHINA: Offset = jiff::tz::offset(8);

const EMBEDDED: &str = include_str!("../calendar/working_days.csv");

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn after(from: &str, days: u8) -> String {
        Calendar::embedded().unwrap().after_working_days(from.parse().unwrap(), days).unwrap().to_string()
    }

    #[test]
    fn the_built_in_table_is_the_notice_of_the_state_council() {
        let calendar = Calendar::embedded().unwrap();
        for worked in [date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 10, 10)] {
            assert!(calendar.is_worked(worked), "{worked}");
        }
        for free in [date(2026, 1, 2), date(2026, 2, 23), date(2026, 4, 6), date(2026, 10, 7), date(2026, 11, 22)] {
            assert!(!calendar.is_worked(free), "{free}");
        }
        assert_eq!(calendar.days().count(), 39);
    }

    #[test]
    fn a_weekend_and_a_holiday_are_not_worked_and_a_make_up_day_is() {
        assert_eq!(after("2026-11-20T02:00:00Z", 1), "2026-11-23T02:00:00Z", "Friday to Monday");
        assert_eq!(after("2026-11-20T18:00:00Z", 1), "2026-11-22T18:00:00Z", "Saturday in China already");
        assert_eq!(after("2026-02-13T02:00:00Z", 1), "2026-02-14T02:00:00Z", "a Saturday that is worked");
        assert_eq!(after("2026-02-14T02:00:00Z", 1), "2026-02-24T02:00:00Z", "the spring festival");
    }

    #[test]
    fn a_bad_table_says_where() {
        let read = |rows: &str| Calendar::from_csv(&format!("date,kind,note\n{rows}"));
        assert!(matches!(
            read("2026-01-01,holiday,\n2026-01-01,holiday,\n"),
            Err(CalendarError::Twice { line: 3, .. })
        ));
        assert!(matches!(read("2026-11-23,workday,\n"), Err(CalendarError::WorkedAnyway { line: 2, .. })));
        assert!(matches!(read("tomorrow,holiday,\n"), Err(CalendarError::Row(_))));
    }
}
