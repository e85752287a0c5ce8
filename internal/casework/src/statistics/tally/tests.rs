//! What is counted where, and what an earlier answer keeps back of a later one.

use super::*;
use crate::statistics::{Cell, Earlier, Shown, Statistics, period::day_number};

fn facts(day: &str, province: &str) -> Facts {
    let day = day_number(day.parse().unwrap());
    let line = format!(
        "{}{}",
        Facts::key_of_day(day),
        serde_json::json!({
            "f": "GANG_CRIME", "c": "web", "p": province, "i": "real_name", "a": "y",
        })
    );
    Facts::read(&line).unwrap()
}

fn part(unit: &str, standing: Standing) -> PartFacts {
    PartFacts {
        unit: unit.parse().unwrap(),
        standing,
        result: None,
        disposals: BTreeSet::new(),
        late: false,
        fed_back: false,
        contact: Contact::None,
        first_gate: GateFacts::None,
        second_gate: GateFacts::None,
        satisfaction: None,
        escalated: false,
    }
}

fn tally(period: &str, scope: Scope) -> Tally {
    Tally::new(period.parse().unwrap(), scope, "2026-11-22T04:00:00Z".parse().unwrap())
}

fn row(tally: &Tally, key: TableKey, row: &str) -> Vec<u64> {
    tally.tables().find(|table| table.key == key).unwrap().rows.get(row).cloned().unwrap_or_default()
}

fn shown<'a>(statistics: &'a Statistics, key: TableKey, row: &str) -> Option<&'a Cell> {
    let table: &Shown = statistics.table(key).unwrap();
    table.rows.iter().find(|shown| shown.key == row).map(|row| &row.total)
}

#[test]
fn a_case_is_counted_once_in_each_table_of_its_period_and_in_no_other() {
    let mut tally = tally("2026-11", Scope::default());
    tally.add(&facts("2026-11-01", "99"), 7);
    tally.add(&facts("2026-11-30", ""), 6);
    tally.add(&facts("2026-10-31", "99"), 5);
    tally.add(&facts("2026-12-01", "99"), 5);
    let refused = Facts { admission: Admission::NotAdmitted, ..facts("2026-11-02", "98") };
    tally.add(&refused, 9);
    assert_eq!(row(&tally, TableKey::Flow, "GANG_CRIME"), [13, 9, 0]);
    assert_eq!(row(&tally, TableKey::Channel, "web"), [13, 9, 0]);
    assert_eq!(row(&tally, TableKey::Province, "99"), [7, 0, 0]);
    assert_eq!(row(&tally, TableKey::Province, NOWHERE), [6, 0, 0]);
    assert_eq!(row(&tally, TableKey::Day, "2026-11-01"), [7, 0, 0]);
    assert_eq!(row(&tally, TableKey::Day, "2026-10-31"), [0; 0]);
    for table in tally
        .tables()
        .filter(|table| !table.key.is_of_units() && table.key.shape() == crate::statistics::Shape::Partition)
    {
        let sum: u64 = table.rows.values().flatten().sum();
        assert_eq!(sum, 22, "{:?}", table.key);
    }
    let mut year = self::tally("2026", Scope::default());
    year.add(&facts("2026-11-01", "99"), 7);
    assert_eq!(row(&year, TableKey::Day, "2026-11"), [7, 0, 0], "a long period is told apart by months");
}

#[test]
fn a_province_compares_within_itself() {
    let own: BTreeSet<UnitId> = ["POLICE.990100".parse().unwrap()].into();
    let mut tally = tally("2026-11", Scope { province: Some(("99".to_owned(), own)) });
    let parts = vec![part("POLICE.990100", Standing::Closed), part("POLICE.980100", Standing::Closed)];
    tally.add(&Facts { parts, ..facts("2026-11-01", "98") }, 5);
    tally.add(&facts("2026-11-01", "99"), 6);
    assert_eq!(row(&tally, TableKey::Province, ELSEWHERE), [5, 0, 0]);
    assert_eq!(row(&tally, TableKey::Province, "99"), [6, 0, 0]);
    assert_eq!(row(&tally, TableKey::UnitState, "POLICE.990100"), [5, 0, 0, 0]);
    assert_eq!(row(&tally, TableKey::UnitState, ELSEWHERE), [5, 0, 0, 0]);
    assert_eq!(row(&tally, TableKey::UnitState, "POLICE.980100"), [0; 0]);
}

#[test]
fn what_a_unit_did_is_counted_from_its_parts_as_they_stand_at_that_hour() {
    let now = hours("2026-11-22T04:00:00Z".parse().unwrap());
    let unit = "POLICE.990100";
    let closed = PartFacts {
        result: Some(VerificationResult::Partly),
        late: true,
        fed_back: true,
        contact: Contact::InTime,
        first_gate: GateFacts::Rejected,
        second_gate: GateFacts::Passed,
        satisfaction: Some(Satisfaction::Dissatisfied),
        ..part(unit, Standing::Closed)
    };
    let late = PartFacts { contact: Contact::Owed(now - 1), ..part(unit, Standing::Open(Some(now - 1))) };
    let open = PartFacts { contact: Contact::Owed(now), ..part(unit, Standing::Open(Some(now))) };
    let ended = PartFacts { escalated: true, ..part(unit, Standing::Ended) };
    let mut tally = tally("2026-11", Scope::default());
    tally.add(&Facts { parts: vec![closed, late, open, ended], ..facts("2026-11-01", "99") }, 10);
    let counted = |key| row(&tally, key, unit);
    assert_eq!(counted(TableKey::UnitState), [10, 10, 10, 10]);
    assert_eq!(counted(TableKey::UnitResult), [10, 0, 30]);
    assert_eq!(counted(TableKey::UnitPunctual), [0, 10, 30]);
    assert_eq!(counted(TableKey::UnitFeedback), [10, 0, 30]);
    assert_eq!(counted(TableKey::UnitContact), [10, 10, 20]);
    assert_eq!(counted(TableKey::UnitFirstGate), [10, 0, 30]);
    assert_eq!(counted(TableKey::UnitSecondGate), [0, 10, 30]);
    assert_eq!(counted(TableKey::UnitCallback), [0, 10, 30]);
    assert_eq!(counted(TableKey::UnitEscalation), [10, 30]);
}

#[test]
fn a_period_within_another_does_not_tell_the_few_between_them() {
    let counted = |period: &str| {
        let mut tally = tally(period, Scope::default());
        tally.add(&facts("2026-11-01", "99"), 20);
        tally.add(&facts("2026-11-01", "98"), 20);
        tally.add(&facts("2026-11-15", "99"), 3);
        tally.add(&facts("2026-11-15", "98"), 30);
        tally.add(&facts("2026-11-15", "97"), 30);
        tally
    };
    let first = Statistics::of(&counted("2026-11-01"), &[]);
    assert_eq!(shown(&first, TableKey::Province, "99"), Some(&Cell::Count(20)));
    let alone = Statistics::of(&counted("2026-11"), &[]);
    assert_eq!(shown(&alone, TableKey::Province, "99"), Some(&Cell::Count(23)));
    let after = Statistics::of(&counted("2026-11"), &[Earlier::of(&first)]);
    assert_eq!(shown(&after, TableKey::Province, "99"), Some(&Cell::Hidden), "23 - 20 would be 3");
    let counts = after.table(TableKey::Province).unwrap().rows.iter().filter(|row| row.total.count().is_some());
    assert_eq!(counts.count(), 1, "a second row is kept back so that the first cannot be worked out");
    let other = Statistics::of(&counted("2026-11-15"), &[Earlier::of(&first)]);
    assert_eq!(shown(&other, TableKey::Province, "98"), Some(&Cell::Count(30)), "neither lies within the other");
}

#[test]
fn a_period_that_differs_from_another_by_a_few_cases_is_kept_back_whole() {
    let counted = |period: &str| {
        let mut tally = tally(period, Scope::default());
        tally.add(&facts("2026-11-01", "99"), 20);
        tally.add(&facts("2026-11-15", "99"), 3);
        tally
    };
    let first = Statistics::of(&counted("2026-11-01"), &[]);
    let after = Statistics::of(&counted("2026-11"), &[Earlier::of(&first)]);
    assert!(after.too_close && after.tables.iter().all(|table| table.rows.is_empty() && table.sum.is_none()));
    let same = Statistics::of(&counted("2026-11-01"), &[Earlier::of(&first)]);
    assert_eq!(same, first, "the same period is answered again");
}
