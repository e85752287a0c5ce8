//! What the receipt asks: what has been taken in, and what waits for what.

use nightsafe_casework::event::{AttachmentExpired, AttachmentUnlocked, ItemQuarantined, NumberDerived, RetryRecorded};
use nightsafe_index::{IndexError, Submitted};
use nightsafe_schema::digest::Digest;

use crate::{
    log::nonsense,
    site::{Site, case, claimed, entry, item, received, report, sealed, submission, supplement},
};

#[test]
fn items_entries_submissions_and_numbers_are_known() {
    let site = Site::new();
    let first = received(1, report("甲", "一"), &[]);
    let other = supplement(2, "二", &[]);
    let contents = (first.content, other.content);
    site.log.record(Some(case(1)), first);
    site.log.record(Some(case(1)), other);
    let accepted_hour = "2026-11-22T05:00:00Z".parse().unwrap();
    site.log.record(Some(case(1)), RetryRecorded { item: item(3), entry: entry(3), accepted_hour });
    let quarantined = ItemQuarantined { item: item(4), entry: None, reason: "X".to_owned(), detail: String::new() };
    site.log.record(None, quarantined);
    site.log.record(Some(case(1)), NumberDerived { case: case(1), lookup: Digest::of(b"n") });
    let (index, _) = site.open();
    for (number, seq) in [(1, Some(1)), (2, Some(2)), (3, Some(3)), (4, Some(4)), (5, None)] {
        assert_eq!(index.item(item(number)).unwrap(), seq);
        assert_eq!(index.entry(&entry(number)).unwrap(), seq.filter(|seq| *seq != 4));
    }
    assert_eq!(index.submitted(&submission(1)).unwrap(), [Submitted { case: case(1), content: contents.0 }]);
    assert_eq!(index.submitted(&submission(2)).unwrap(), [Submitted { case: case(1), content: contents.1 }]);
    assert_eq!(index.submitted(&submission(3)).unwrap(), []);
    assert_eq!(index.case_of_number(&Digest::of(b"n")).unwrap(), Some(case(1)));
    assert_eq!(index.case_of_number(&Digest::of(b"m")).unwrap(), None);
}

#[test]
fn attachments_wait_until_they_are_claimed_or_expire() {
    let site = Site::new();
    site.log.record(None, AttachmentUnlocked { sealed: sealed(11) });
    site.log.record(None, AttachmentUnlocked { sealed: sealed(12) });
    site.log.record(Some(case(1)), received(1, report("甲", "一"), &[11, 13]));
    let (index, _) = site.open();
    assert_eq!(index.all_waiting().unwrap(), [(item(11), 1), (item(12), 2)]);
    assert_eq!(index.wanted_by(item(11)).unwrap(), [case(1)]);
    assert_eq!(index.wanted_by(item(12)).unwrap(), []);
    site.log.record(Some(case(1)), claimed(11));
    let unlocked_at = "2026-11-22T05:00:00Z".parse().unwrap();
    site.log.record(None, AttachmentExpired { item: item(12), unlocked_at });
    index.catch_up(&site.log).unwrap();
    assert_eq!((index.waiting(item(11)).unwrap(), index.waiting(item(12)).unwrap()), (None, None));
    assert_eq!((index.wanted_by(item(11)).unwrap(), index.wanted_by(item(13)).unwrap()), (vec![], vec![case(1)]));
    assert_eq!(index.item(item(12)).unwrap(), Some(2));
}

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
    assert_eq!(index.item(item(1)).unwrap(), Some(4));
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
