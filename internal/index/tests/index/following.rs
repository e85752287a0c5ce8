//! Following the ledger: once, without a gap, past what cannot be read.

use nightsafe_index::IndexError;

use crate::{
    log::nonsense,
    site::{Site, analyst, case, claimed, received, report, routed, supplement},
};

#[test]
fn an_event_that_cannot_be_read_is_named_and_stops_nothing() {
    let site = Site::new();
    site.log.record_raw(Some(case(1)), "REPORT_RECEIVED", nonsense());
    site.log.record_raw(None, "FROM_THE_FUTURE", nonsense());
    site.log.record(Some(case(2)), claimed(5));
    site.log.record(Some(case(1)), received(1, report("甲", "一"), &[]));
    site.log.record(Some(case(1)), received(2, report("甲", "二"), &[]));
    let (index, _) = site.open();
    let unreadable: Vec<u64> = index.unreadable().unwrap().into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(unreadable, [1, 2, 3, 5]);
    assert_eq!(index.position().unwrap().seq, 5);
}

#[test]
fn events_are_taken_once_and_without_a_gap() {
    let site = Site::new();
    let (index, _) = site.open();
    for number in 1..4 {
        site.log.record(Some(case(number)), received(number, report("甲", "一"), &[]));
    }
    let all = site.log.after(0);
    assert!(matches!(index.apply(&site.log, &all[1..]), Err(IndexError::Gap { at: 0, found: 2 })));
    index.apply(&site.log, &all[..2]).unwrap();
    assert_eq!(index.apply(&site.log, &all).unwrap().seq, 3);
    assert_eq!(index.apply(&site.log, &all[..1]).unwrap().seq, 3);
    assert_eq!(index.apply(&site.log, &[]).unwrap().seq, 3);
}

#[test]
fn a_case_of_many_events_has_all_of_them() {
    let site = Site::new();
    site.log.record(Some(case(1)), received(1, report("甲", "一"), &[]));
    let (index, _) = site.open();
    for number in 2..80 {
        site.log.record(Some(case(1)), supplement(number, "又来了", &[]));
        if number % 7 == 0 {
            index.catch_up(&site.log).unwrap();
        }
    }
    site.log.record(Some(case(1)), routed(&["POLICE.990100"], &[]));
    index.catch_up(&site.log).unwrap();
    let view = index.case(&analyst(NATION), case(1)).unwrap().unwrap();
    assert_eq!(view.events, (1..=80).collect::<Vec<u64>>());
    let (_place, anew) = site.built_anew();
    assert_eq!(anew.case(&analyst(NATION), case(1)).unwrap().unwrap(), view);
}

const NATION: &str = "OFFICE.000000";
