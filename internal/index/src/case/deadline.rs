//! Until when an analyst must have assessed a case (DOMAIN 4.2): P0 one hour, P1 one working day, P2 three, P3 five.
//!
//! Counted from when the inside recorded it, in working days of the site's calendar. P4 has no deadline.

use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::Weekday,
    tz::{Offset, TimeZone},
};
use nightsafe_casework::{case::CaseSummary, triage::Priority};
use nightsafe_schema::calendar::Calendar;

pub(super) fn of(summary: &CaseSummary, calendar: Option<&Calendar>) -> Option<Timestamp> {
    let from = summary.recorded_at;
    let after_working_days = |from, days| match calendar {
        Some(calendar) => calendar.after_working_days(from, days),
        None => after_weekdays(from, days),
    };
    match summary.priority? {
        Priority::P0 => from.checked_add(SignedDuration::from_hours(1)).ok(),
        Priority::P1 => after_working_days(from, 1),
        Priority::P2 => after_working_days(from, 3),
        Priority::P3 => after_working_days(from, 5),
        Priority::P4 => None,
    }
}

/// Without a calendar: Monday to Friday.
fn after_weekdays(from: Timestamp, days: u8) -> Option<Timestamp> {
    let mut at = from.to_zoned(TimeZone::fixed(CHINA));
    let mut left = days;
    while left > 0 {
        at = at.checked_add(1.day()).ok()?;
        if !matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    Some(at.timestamp())
}

/// One offset for the whole country, all year.
pub(super) const CHINA: Offset = jiff::tz::offset(8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weekend_is_not_worked() {
        let friday: Timestamp = "2026-11-20T02:00:00Z".parse().unwrap();
        assert_eq!(after_weekdays(friday, 1), Some("2026-11-23T02:00:00Z".parse().unwrap()));
        assert_eq!(after_weekdays(friday, 5), Some("2026-11-27T02:00:00Z".parse().unwrap()));
        let friday_evening_is_saturday_in_china: Timestamp = "2026-11-20T18:00:00Z".parse().unwrap();
        let monday = after_weekdays(friday_evening_is_saturday_in_china, 1);
        assert_eq!(monday, Some("2026-11-22T18:00:00Z".parse().unwrap()));
    }
}
