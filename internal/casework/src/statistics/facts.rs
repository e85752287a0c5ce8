//! What is counted of one case: small, without a word of the report and without the case's number.
//!
//! Written as one line of text, the day first, so that lines in order are cases by day: the index keeps it, and nothing of a
//! case is decrypted to count it. What depends on the hour of the question, such as what is overdue, stands in it as the
//! hour until when.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nightsafe_schema::{calendar::Calendar, intake::Channel, unit::UnitId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::period::{day_number, day_of};
use crate::{
    case::CaseState,
    linking::LinkKind,
    workflow::{
        self, Disposal, DueKind, Gate, Opinion, Progress, PublicStatus, Stage, Verdict, VerificationResult, result_due,
    },
};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The day of acceptance by the gateway, in China, as days since 1970; stands before the rest in a line.
    #[serde(skip)]
    pub day: i32,
    /// Flow code.
    #[serde(rename = "f")]
    pub flow: String,
    /// How it came.
    #[serde(rename = "c")]
    pub channel: Channel,
    /// The first two digits of the place's division; empty without a place.
    #[serde(rename = "p", default, skip_serializing_if = "String::is_empty")]
    pub province: String,
    /// Identity mode code.
    #[serde(rename = "i")]
    pub identity: String,
    /// Whether it was admitted.
    #[serde(rename = "a")]
    pub admission: Admission,
    /// What it is to other cases.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<LinkKind>,
    /// What else it stands out by.
    #[serde(rename = "g", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub signs: BTreeSet<Sign>,
    /// The highest rank of anybody accused, as a class of DOMAIN 4.5; empty if none is given.
    #[serde(rename = "k", default, skip_serializing_if = "String::is_empty")]
    pub rank: String,
    /// Sector codes.
    #[serde(rename = "s", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sectors: BTreeSet<String>,
    /// Internet type codes.
    #[serde(rename = "n", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub internet: BTreeSet<String>,
    /// Kinds of gang crime, as codes of the catalog.
    #[serde(rename = "h", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub gangs: BTreeSet<String>,
    /// The bands of the rewards that were approved.
    #[serde(rename = "b", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rewards: BTreeSet<String>,
    /// Its parts that a unit was given, and has not given back.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartFacts>,
}

/// Something that a case stands out by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Sign {
    /// It says that officials shield the accused.
    #[serde(rename = "u")]
    Umbrella,
    /// It is about a leak.
    #[serde(rename = "l")]
    Leak,
    /// It is about retaliation.
    #[serde(rename = "r")]
    Retaliation,
    /// A part of it went to a higher unit at least once.
    #[serde(rename = "e")]
    Escalated,
    /// Who reported it became known to somebody who must not know it.
    #[serde(rename = "i")]
    Known,
}

/// Whether a case was admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Admission {
    /// 受理: an analyst let at least one part go on.
    #[serde(rename = "y")]
    Accepted,
    /// 不予受理: every part was refused.
    #[serde(rename = "n")]
    NotAdmitted,
    /// Nobody has assessed it yet.
    #[serde(rename = "u")]
    Undecided,
}

/// What is counted of one part of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartFacts {
    /// Who has it.
    #[serde(rename = "u")]
    pub unit: UnitId,
    /// How far it is.
    #[serde(rename = "s")]
    pub standing: Standing,
    /// What the verification found, once it is closed.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub result: Option<VerificationResult>,
    /// What was done about it, once it is closed.
    #[serde(rename = "d", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub disposals: BTreeSet<Disposal>,
    /// The result was submitted after its deadline.
    #[serde(rename = "l", default, skip_serializing_if = "is_not")]
    pub late: bool,
    /// The reporter was told the result.
    #[serde(rename = "f", default, skip_serializing_if = "is_not")]
    pub fed_back: bool,
    /// 首次联系.
    #[serde(rename = "c", default, skip_serializing_if = "Contact::is_none")]
    pub contact: Contact,
    /// 一审.
    #[serde(rename = "x", default, skip_serializing_if = "GateFacts::is_none")]
    pub first_gate: GateFacts,
    /// 二审.
    #[serde(rename = "y", default, skip_serializing_if = "GateFacts::is_none")]
    pub second_gate: GateFacts,
    /// 回访.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<Satisfaction>,
    /// It went to a higher unit at least once.
    #[serde(rename = "e", default, skip_serializing_if = "is_not")]
    pub escalated: bool,
}

/// How far a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// 办结.
    #[serde(rename = "c")]
    Closed,
    /// In work; its next step is due by the end of this hour since 1970, if it is due at all.
    #[serde(rename = "o")]
    Open(Option<i64>),
    /// Transferred out, merged, held or refused.
    #[serde(rename = "e")]
    Ended,
}

/// 首次联系: thirty days from the signature, where the reporter can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Contact {
    /// Not owed.
    #[default]
    #[serde(rename = "-")]
    None,
    /// Made in time.
    #[serde(rename = "y")]
    InTime,
    /// Made later.
    #[serde(rename = "n")]
    Late,
    /// Not made; due by the end of this hour since 1970.
    #[serde(rename = "o")]
    Owed(i64),
}

/// What a gate made of the results of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GateFacts {
    /// It has not decided.
    #[default]
    #[serde(rename = "-")]
    None,
    /// It let the first one pass.
    #[serde(rename = "p")]
    Passed,
    /// It rejected at least one.
    #[serde(rename = "r")]
    Rejected,
}

/// What the reporter thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Satisfaction {
    /// 满意, 基本满意.
    #[serde(rename = "y")]
    Satisfied,
    /// 不满意.
    #[serde(rename = "n")]
    Dissatisfied,
}

/// A line is not one that this edition writes.
#[derive(Debug, thiserror::Error)]
#[error("not a line of statistics")]
pub struct UnreadableFacts(#[source] Option<serde_json::Error>);

impl Facts {
    /// What is counted of this case.
    pub fn of(state: &CaseState, calendar: Option<&Calendar>) -> Self {
        let text = |pointer: &str| state.report.pointer(pointer).and_then(Value::as_str);
        let place = state.decision.as_ref().and_then(|decision| decision.place);
        let fired = |rule: &str| {
            state.triage.as_ref().is_some_and(|triage| triage.rules.iter().any(|fired| fired.rule == rule))
        };
        let due = workflow::due(state, calendar);
        let signs = [
            (Sign::Umbrella, fired("P1_UMBRELLA")),
            (Sign::Leak, codes(&state.report, "/facts/categories").contains(LEAK)),
            (Sign::Retaliation, fired("P0_RETALIATION")),
            (Sign::Escalated, state.parts().any(|progress| progress.escalations > 0)),
            (Sign::Known, state.parts().any(|progress| !progress.leaks.is_empty())),
        ];
        Self {
            day: day_number(day_of(state.intake.accepted_hour.as_timestamp())),
            flow: short(text("/flow").unwrap_or_default()),
            channel: state.intake.channel,
            province: place.and_then(|place| place.as_str().get(..2).map(str::to_owned)).unwrap_or_default(),
            identity: state.identity_mode().to_owned(),
            admission: admission(state),
            relation: relation(state),
            signs: signs.into_iter().filter(|(_, is)| *is).map(|(sign, _)| sign).collect(),
            rank: rank(&state.report),
            sectors: sectors(&state.report),
            internet: codes(&state.report, "/facts/internet_types"),
            gangs: gangs(&state.report),
            rewards: state
                .parts()
                .filter_map(|progress| progress.reward.approved())
                .map(|amount| short(&amount.band))
                .collect(),
            parts: state
                .tasks()
                .filter_map(|task| {
                    let progress = state.progress.get(&task.part).filter(|progress| progress.assigned_at.is_some())?;
                    let next = due.iter().find(|due| due.part == Some(task.part) && due.kind != DueKind::Contact);
                    Some(part(state, &task.unit, progress, next.map(|due| due.at), calendar))
                })
                .collect(),
        }
    }

    /// The line that stands for it.
    pub fn line(&self) -> String {
        let rest = serde_json::to_string(self).unwrap_or_default();
        format!("{}{rest}", Self::key_of_day(self.day))
    }

    /// Reads a line.
    pub fn read(line: &str) -> Result<Self, UnreadableFacts> {
        let (day, rest) = line.split_at_checked(DAY_DIGITS).ok_or(UnreadableFacts(None))?;
        let day = day.parse().map_err(|_day| UnreadableFacts(None))?;
        let facts: Self = serde_json::from_str(rest).map_err(|error| UnreadableFacts(Some(error)))?;
        Ok(Self { day, ..facts })
    }

    /// What the lines of a day begin with: lines of earlier days are before it, of this day and later ones after it.
    pub fn key_of_day(day: i32) -> String {
        format!("{:0width$}", day.clamp(0, 99_999), width = DAY_DIGITS)
    }
}

impl Contact {
    const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl GateFacts {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references to skip_serializing_if")]
    const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// What a gate decided about a unit's results, in order.
    fn of(progress: &Progress, gate: Gate) -> Self {
        let since = progress.assigned_at;
        let decisions = progress.earlier.iter().chain(&progress.decisions);
        let of_unit =
            decisions.filter(|decision| decision.gate == gate && since.is_none_or(|since| decision.at >= since));
        of_unit.fold(Self::None, |so_far, decision| match (so_far, decision.verdict) {
            (_, Verdict::Rejected) | (Self::Rejected, _) => Self::Rejected,
            _ => Self::Passed,
        })
    }
}

fn admission(state: &CaseState) -> Admission {
    if state.public_status() == PublicStatus::NotAdmitted {
        Admission::NotAdmitted
    } else if state.stage() <= Stage::Screened {
        Admission::Undecided
    } else {
        Admission::Accepted
    }
}

fn relation(state: &CaseState) -> Option<LinkKind> {
    let repeats = state.triage.as_ref().is_some_and(|triage| triage.companions.repeats.is_some());
    let merged = |kind| state.merged.values().any(|merged| *merged == kind);
    if repeats || merged(LinkKind::Duplicate) {
        Some(LinkKind::Duplicate)
    } else {
        merged(LinkKind::Series).then_some(LinkKind::Series)
    }
}

fn part(
    state: &CaseState,
    unit: &UnitId,
    progress: &Progress,
    next: Option<Timestamp>,
    calendar: Option<&Calendar>,
) -> PartFacts {
    let closed = progress.closed_at.is_some()
        && matches!(progress.stage, Stage::Closed | Stage::FedBack | Stage::CalledBack | Stage::Archived);
    let standing = if closed {
        Standing::Closed
    } else if progress.stage.is_open() {
        Standing::Open(next.map(hours))
    } else {
        Standing::Ended
    };
    let record = progress.record.as_ref().filter(|_| closed);
    let submitted = progress.submitted.as_ref().filter(|_| closed);
    let late = submitted.is_some_and(|signature| result_due(progress, calendar).is_some_and(|due| signature.at > due));
    PartFacts {
        unit: unit.clone(),
        standing,
        result: record.map(|record| record.result),
        disposals: record.map(|record| record.disposals.clone()).unwrap_or_default(),
        late,
        fed_back: progress.fed_back.is_some(),
        contact: contact(state, progress, calendar),
        first_gate: GateFacts::of(progress, Gate::First),
        second_gate: GateFacts::of(progress, Gate::Second),
        satisfaction: progress.opinion.as_ref().and_then(|(opinion, _heard)| match opinion {
            Opinion::Satisfied | Opinion::Fairly => Some(Satisfaction::Satisfied),
            Opinion::Dissatisfied => Some(Satisfaction::Dissatisfied),
            Opinion::Unreached => None,
        }),
        escalated: progress.escalations > 0,
    }
}

fn contact(state: &CaseState, progress: &Progress, calendar: Option<&Calendar>) -> Contact {
    let owed = state.identity_mode() != "anonymous";
    let Some(signed) = progress.signed_at.filter(|_| owed) else { return Contact::None };
    let Some(due) = DueKind::Contact.term().after(signed, calendar) else { return Contact::None };
    match &progress.contacted {
        Some(given) if given.heard.at <= due => Contact::InTime,
        Some(_) => Contact::Late,
        // Nobody has to be called any more once it went another way.
        None if progress.stage.is_open() || progress.closed_at.is_some() => Contact::Owed(hours(due)),
        None => Contact::None,
    }
}

/// The highest rank of anybody accused, as a class.
fn rank(report: &Value) -> String {
    let people = ["/subjects", "/umbrella/persons"].into_iter().filter_map(|list| report.pointer(list)?.as_array());
    let ranks = people.flatten().filter_map(|person| person.get("rank")?.as_str());
    let class = |rank: &str| RANKS.iter().position(|(code, _class)| *code == rank);
    let highest = ranks.filter_map(class).min().and_then(|place| RANKS.get(place));
    highest.map(|(_code, class)| (*class).to_owned()).unwrap_or_default()
}

/// The sectors that a report names: the list of its own, and the categories of sector disorder.
fn sectors(report: &Value) -> BTreeSet<String> {
    let mut sectors = codes(report, "/facts/sectors");
    let categories = codes(report, "/facts/categories").into_iter();
    sectors.extend(categories.filter_map(|code| code.strip_prefix("SD").map(|number| format!("S{number}"))));
    sectors
}

/// The categories of gang crime; those of the other kinds of reports are called otherwise.
fn gangs(report: &Value) -> BTreeSet<String> {
    let mut categories = codes(report, "/facts/categories");
    categories.retain(|code| code.starts_with("GC"));
    categories
}

fn codes(report: &Value, pointer: &str) -> BTreeSet<String> {
    let list = report.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(short).take(CODES).collect()
}

/// A code is short; whatever is longer was no code.
fn short(code: &str) -> String {
    code.chars().take(CODE_CHARACTERS).collect()
}

/// The hour in which a moment lies, since 1970.
pub(super) fn hours(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3_600)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references to skip_serializing_if")]
const fn is_not(flag: &bool) -> bool {
    !*flag
}

/// DOMAIN 4.5's classes, the highest first.
const RANKS: [(&str, &str); 9] = [
    ("PROVINCIAL", "provincial"),
    ("BUREAU_CHIEF", "bureau"),
    ("BUREAU_DEPUTY", "bureau"),
    ("COUNTY_CHIEF", "county"),
    ("COUNTY_DEPUTY", "county"),
    ("TOWNSHIP_CHIEF", "township"),
    ("TOWNSHIP_DEPUTY", "township"),
    ("STAFF", "staff"),
    ("OTHER", "other"),
];
/// 泄密、通风报信.
const LEAK: &str = "PD10";
/// Digits of a day in a line: enough until 2243.
const DAY_DIGITS: usize = 5;
/// Codes that are counted of one list of a report; the catalog's lists are shorter.
const CODES: usize = 32;
const CODE_CHARACTERS: usize = 40;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written_and_the_days_are_in_order() {
        let line = format!(
            "20779{}",
            r#"{"f":"GANG_CRIME","c":"mail","p":"99","i":"anonymous","a":"u","r":"SERIES","g":["u","e"],"k":"county","s":["S04"],"w":[{"u":"POLICE.990100","s":{"o":495000},"c":{"o":495100},"x":"r"},{"u":"DISC.990100","s":"c","r":"PARTLY","d":["LETTERS"],"l":true,"f":true,"c":"y","o":"n"}]}"#
        );
        let facts = Facts::read(&line).unwrap();
        assert_eq!(facts.line(), line);
        assert_eq!((facts.day, facts.parts.len()), (20_779, 2));
        let days = [-1, 0, 9, 99, 20_779, 99_999, i32::MAX].map(Facts::key_of_day);
        assert!(days.is_sorted() && days.iter().all(|key| key.len() == DAY_DIGITS));
    }

    #[test]
    fn the_highest_rank_counts_and_sectors_are_one_list() {
        let report = serde_json::json!({
            "subjects": [{"rank": "STAFF"}, {"rank": "UNKNOWN"}],
            "umbrella": {"persons": [{"rank": "COUNTY_DEPUTY"}, {}]},
            "facts": {"sectors": ["S04"], "categories": ["SD04", "SD99"]},
        });
        assert_eq!(rank(&report), "county");
        assert_eq!(sectors(&report), BTreeSet::from(["S04".to_owned(), "S99".to_owned()]));
        assert_eq!(rank(&serde_json::json!({"subjects": "x"})), "");
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in "\\PC{0,80}") {
            drop(Facts::read(&line));
        }
    }
}
