//! Until when the next step is due (DOMAIN 4.2), in hours, days, months, and working days of the site's calendar.
//!
//! A month ends on the same day of the later month in China, or on its last day. P4 has no deadline for its assessment.

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Weekday, tz::TimeZone};
use nightsafe_schema::calendar::Calendar;
use serde::{Deserialize, Serialize};

use super::{
    earlier::EarlierCheck,
    progress::{Extension, Progress},
    protection::Protection,
    setting::CHINA,
    stage::Stage,
};
use crate::{case::CaseState, routing::Part, triage::Priority};

/// How long something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// Hours by the clock.
    Hours(i64),
    /// Working days.
    WorkingDays(u8),
    /// Days, whether worked or not.
    Days(i64),
    /// Months.
    Months(i64),
    /// Months, and days after them.
    MonthsAndDays(i64, i64),
}

/// Something that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Due {
    /// Until when.
    pub at: Timestamp,
    /// What.
    pub kind: DueKind,
    /// Of which part.
    pub part: Option<Part>,
}

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueKind {
    /// 研判.
    Assessment,
    /// 交办.
    Assignment,
    /// 签收.
    Signature,
    /// 核查结果.
    Result,
    /// 审核.
    Gate,
    /// 反馈.
    Feedback,
    /// 回访.
    CallBack,
    /// 首次联系.
    Contact,
    /// 受理告知.
    AcceptanceNotice,
    /// 交办前期举报核查.
    EarlierAssignment,
    /// 前期举报核查结论.
    EarlierCheck,
    /// 决定是否保护.
    Protection,
    /// 落实保护措施.
    Measure,
}

impl Term {
    /// The end of the term; none beyond the end of time. Without a calendar working days are Monday to Friday.
    pub fn after(self, from: Timestamp, calendar: Option<&Calendar>) -> Option<Timestamp> {
        let civil =
            |span: jiff::Span| from.to_zoned(TimeZone::fixed(CHINA)).checked_add(span).ok().map(|at| at.timestamp());
        match (self, calendar) {
            (Self::Hours(hours), _) => from.checked_add(SignedDuration::from_hours(hours)).ok(),
            (Self::WorkingDays(days), Some(calendar)) => calendar.after_working_days(from, days),
            (Self::WorkingDays(days), None) => after_weekdays(from, days),
            (Self::Days(days), _) => civil(days.days()),
            (Self::Months(months), _) => civil(months.months()),
            (Self::MonthsAndDays(months, days), _) => civil(months.months().days(days)),
        }
    }
}

/// All that is due in a case, the earliest first.
pub fn due(state: &CaseState, calendar: Option<&Calendar>) -> Vec<Due> {
    let mut due = Vec::new();
    if state.progress.is_empty() {
        let at = assessment(state).and_then(|term| term.after(state.recorded_at, calendar));
        due.extend(at.map(|at| Due { at, kind: DueKind::Assessment, part: None }));
    }
    for (&part, progress) in &state.progress {
        let mut add = |kind, from: Timestamp, term: Option<Term>| {
            let at = term.and_then(|term| term.after(from, calendar));
            due.extend(at.map(|at| Due { at, kind, part: Some(part) }));
        };
        if let Some((kind, from, term)) = next(state, progress) {
            add(kind, from, term);
        }
        if let Some((kind, from)) = earlier(state, progress) {
            add(kind, from, Some(kind.term()));
        }
        if let Some((kind, from)) = protection(state, progress) {
            let urgent = state.triage.as_ref().is_some_and(|triage| triage.priority == Priority::P0);
            add(kind, from, Some(if urgent { Term::Hours(24) } else { kind.term() }));
        }
        for (kind, from) in owed_to_the_reporter(state, progress) {
            add(kind, from, Some(kind.term()));
        }
    }
    due.sort_unstable();
    due
}

/// What is due first.
pub fn earliest(state: &CaseState, calendar: Option<&Calendar>) -> Option<Timestamp> {
    due(state, calendar).first().map(|due| due.at)
}

/// Until when the result that a unit last submitted was due, counted from its signature.
pub fn result_due(progress: &Progress, calendar: Option<&Calendar>) -> Option<Timestamp> {
    result_term(progress).after(progress.signed_at?, calendar)
}

/// The next step of the part itself: what, from when it counts, and how long it may take.
fn next(state: &CaseState, progress: &Progress) -> Option<(DueKind, Timestamp, Option<Term>)> {
    let since = progress.since;
    Some(match progress.stage {
        Stage::Screened => (DueKind::Assessment, state.recorded_at, assessment(state)),
        Stage::Assessed | Stage::Reopened | Stage::ReturnedRoute | Stage::Escalated => {
            (DueKind::Assignment, since, Some(DueKind::Assignment.term()))
        }
        Stage::Assigned | Stage::Forwarded => (DueKind::Signature, since, Some(DueKind::Signature.term())),
        Stage::Signed | Stage::Verifying | Stage::ReturnedVerify => {
            let from = progress.signed_at.unwrap_or(since);
            (DueKind::Result, result_from(progress, from), Some(result_term(progress)))
        }
        Stage::ResultSubmitted | Stage::GateProv => (DueKind::Gate, since, Some(DueKind::Gate.term())),
        Stage::Closed => (DueKind::Feedback, since, Some(DueKind::Feedback.term())),
        Stage::FedBack if progress.drawn.is_some() => (DueKind::CallBack, since, Some(DueKind::CallBack.term())),
        _ => return None,
    })
}

/// What is due beside the next step as long as a unit has the part.
fn owed_to_the_reporter(state: &CaseState, progress: &Progress) -> Vec<(DueKind, Timestamp)> {
    let mode = state.identity_mode();
    let with_unit = matches!(progress.stage, Stage::Signed | Stage::Verifying | Stage::ReturnedVerify);
    let mut owed = Vec::new();
    if let Some(signed) =
        progress.signed_at.filter(|_| with_unit && mode != "anonymous" && progress.contacted.is_none())
    {
        owed.push((DueKind::Contact, signed));
    }
    if with_unit && mode == "real_name" && progress.acceptance_told.is_none() {
        owed.push((DueKind::AcceptanceNotice, state.recorded_at));
    }
    owed
}

/// What is owed to a reporter whose earlier report came to nothing.
fn earlier(state: &CaseState, progress: &Progress) -> Option<(DueKind, Timestamp)> {
    if !progress.stage.is_open() {
        return None;
    }
    match &progress.complaint {
        EarlierCheck::Given { heard, .. } => Some((DueKind::EarlierCheck, heard.at)),
        _ => EarlierCheck::wanted_since(state).map(|at| (DueKind::EarlierAssignment, at)),
    }
}

/// What is owed to a reporter who is to be protected, as long as the part goes on or is fed back.
fn protection(state: &CaseState, progress: &Progress) -> Option<(DueKind, Timestamp)> {
    let gone = match progress.stage {
        // Long after a case was archived its reporter may become known.
        Stage::Archived => Protection::asked_by(progress).is_none(),
        other => matches!(other, Stage::NotAdmitted | Stage::TransferredOut | Stage::Sealed),
    };
    match &progress.protection {
        _ if gone => None,
        Protection::Granted { decided, taken, .. } if taken.is_empty() => Some((DueKind::Measure, decided.at)),
        _ => Protection::asked_at(progress, state).map(|at| (DueKind::Protection, at)),
    }
}

/// A result that a gate gave back counts from there; any other from the signature.
const fn result_from(progress: &Progress, signed: Timestamp) -> Timestamp {
    match progress.stage {
        Stage::ReturnedVerify => progress.since,
        _ => signed,
    }
}

fn result_term(progress: &Progress) -> Term {
    match (&progress.extension, progress.stage) {
        (_, Stage::ReturnedVerify) => Term::Days(30),
        (Extension::Granted(_), _) => Term::MonthsAndDays(3, 30),
        _ => Term::Months(3),
    }
}

/// DOMAIN 4.2: P0 one hour, P1 one working day, P2 three, P3 five.
fn assessment(state: &CaseState) -> Option<Term> {
    match state.triage.as_ref()?.priority {
        Priority::P0 => Some(Term::Hours(1)),
        Priority::P1 => Some(Term::WorkingDays(1)),
        Priority::P2 => Some(Term::WorkingDays(3)),
        Priority::P3 => Some(Term::WorkingDays(5)),
        Priority::P4 => None,
    }
}

impl DueKind {
    /// How long it may take where nothing else decides: the defaults of DOMAIN 4.2.
    pub const fn term(self) -> Term {
        match self {
            Self::Assessment | Self::Assignment | Self::EarlierAssignment => Term::WorkingDays(5),
            Self::Signature => Term::Hours(24),
            Self::Result => Term::Months(3),
            Self::Gate | Self::CallBack => Term::WorkingDays(10),
            Self::Feedback | Self::AcceptanceNotice => Term::WorkingDays(15),
            Self::Protection => Term::WorkingDays(3),
            Self::Measure => Term::WorkingDays(1),
            Self::Contact | Self::EarlierCheck => Term::Days(30),
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Assessment => ("研判", "assessment"),
            Self::Assignment => ("交办", "assignment"),
            Self::Signature => ("签收", "signature"),
            Self::Result => ("核查结果", "result"),
            Self::Gate => ("审核", "gate"),
            Self::Feedback => ("反馈", "feedback"),
            Self::CallBack => ("回访", "call-back"),
            Self::Contact => ("首次联系", "first contact"),
            Self::AcceptanceNotice => ("受理告知", "acceptance notice"),
            Self::EarlierAssignment => ("交办前期举报核查", "check of the earlier report to be given to a unit"),
            Self::EarlierCheck => ("前期举报核查", "check of the earlier report"),
            Self::Protection => ("决定保护", "decision about protection"),
            Self::Measure => ("落实保护措施", "measures of protection"),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_weekend_is_not_worked_without_a_calendar_either() {
        let friday = at("2026-11-20T02:00:00Z");
        let after = |from, days| Term::WorkingDays(days).after(from, None);
        assert_eq!(after(friday, 1), Some(at("2026-11-23T02:00:00Z")));
        assert_eq!(after(friday, 5), Some(at("2026-11-27T02:00:00Z")));
        let friday_evening_is_saturday_in_china = at("2026-11-20T18:00:00Z");
        assert_eq!(after(friday_evening_is_saturday_in_china, 1), Some(at("2026-11-22T18:00:00Z")));
    }

    #[test]
    fn months_end_on_the_same_day_or_the_last_one_and_hours_and_days_do_not_rest() {
        let calendar = Calendar::embedded().unwrap();
        let after = |term: Term, from: &str| term.after(at(from), Some(&calendar)).unwrap().to_string();
        assert_eq!(after(Term::Months(3), "2026-11-30T04:00:00Z"), "2027-02-28T04:00:00Z");
        assert_eq!(after(Term::Months(3), "2026-01-15T04:00:00Z"), "2026-04-15T04:00:00Z");
        assert_eq!(after(Term::Hours(24), "2026-11-20T04:00:00Z"), "2026-11-21T04:00:00Z");
        assert_eq!(after(Term::Days(30), "2026-11-20T04:00:00Z"), "2026-12-20T04:00:00Z");
        assert_eq!(after(Term::WorkingDays(10), "2026-09-21T04:00:00Z"), "2026-10-12T04:00:00Z", "国庆节");
    }
}
