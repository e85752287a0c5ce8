//! Appending, reading, erasing and crashing.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::symlink,
    sync::Arc,
    thread,
};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    key_table::{KeyPurpose, Under},
    line::EventLine,
    secret::SecretKey,
    testing::{Site, StoppedClock, all_events, case, draft, public_key, report_draft, signer, site_draft},
    verify::verify,
};

fn bodies_of(ledger: &Ledger) -> Vec<Body> {
    all_events(ledger).into_iter().map(|event| event.body).collect()
}

#[test]
fn events_are_read_back_in_order_with_their_bodies() {
    let site = Site::new();
    let ledger = site.open();
    assert_eq!(ledger.tail(), Tail::EMPTY);
    assert!(all_events(&ledger).is_empty());
    assert_eq!(ledger.append(vec![report_draft(1), draft(1, json!([1])), report_draft(2)]).unwrap(), [1, 2, 3]);
    assert_eq!(ledger.append(vec![site_draft(json!("in"))]).unwrap(), [4]);
    drop(ledger);

    let ledger = site.open();
    let events = all_events(&ledger);
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(events.iter().map(|event| event.version).collect::<Vec<_>>(), [Some(1), Some(2), Some(1), None]);
    assert_eq!(events[1].body, Body::Open(json!([1]).into()));
    assert_eq!(events[3].body, Body::Open(json!("in").into()));
    assert_eq!((events[0].actor.as_str(), events[0].role.as_str()), ("线索员-1", "DISPATCHER"));
    assert_eq!(ledger.tail(), Tail { seq: 4, digest: events[3].digest });
    assert_eq!(ledger.case_version(case(1)), Some(2));
    assert_eq!(ledger.case_version(case(3)), None);
    assert_eq!(ledger.read(3).unwrap().map(|event| event.unwrap().seq).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(ledger.read(5).unwrap().count(), 0);
    assert_eq!(ledger.event(2).unwrap().unwrap().kind, "CASE_ROUTED");
    assert!(ledger.event(5).unwrap().is_none());
}

#[test]
fn an_identity_part_opens_apart_from_its_event() {
    let site = Site::new();
    let ledger = site.open();
    ledger.append(vec![report_draft(1), draft(1, json!({}))]).unwrap();
    assert!(ledger.event(1).unwrap().unwrap().has_identity);
    assert_eq!(ledger.identity(1).unwrap(), Some(Body::Open(json!({"name": "举报人1"}).into())));
    assert_eq!(ledger.identity(2).unwrap(), None);
    assert_eq!(ledger.identity(3).unwrap(), None);
    let text = String::from_utf8(fs::read(site.segment(1)).unwrap()).unwrap();
    assert!(!text.contains("举报人") && !text.contains("标题"));
}

#[test]
fn erasing_a_case_key_erases_bodies_identities_and_file_keys_of_that_case_only() {
    let site = Site::new();
    let ledger = site.open();
    ledger.append(vec![report_draft(1), report_draft(2), draft(1, json!(1)), site_draft(json!(2))]).unwrap();
    let file_key = SecretKey::from_slice(&[7; 16]).unwrap();
    let slot = site.keys.wrap(KeyPurpose::File, "item", Under::Store, &file_key).unwrap();
    let case_key = ledger.case_key(case(1)).unwrap();
    assert!(site.keys.rewrap(slot, KeyPurpose::File, "item", Under::Case(case_key)).unwrap());
    assert_eq!(site.keys.unwrap(slot, KeyPurpose::File, "item").unwrap().unwrap().expose(), [7; 16]);

    site.keys.erase(&[case_key]).unwrap();
    let bodies = bodies_of(&ledger);
    assert_eq!((&bodies[0], &bodies[2]), (&Body::Erased, &Body::Erased));
    assert!(bodies[1].open().is_some() && bodies[3].open().is_some());
    assert_eq!(ledger.identity(1).unwrap(), Some(Body::Erased));
    assert!(ledger.identity(2).unwrap().unwrap().open().is_some());
    assert!(site.keys.unwrap(slot, KeyPurpose::File, "item").unwrap().is_none());
    assert!(matches!(ledger.append(vec![draft(1, json!(3))]), Err(AppendError::CaseErased { .. })));
    assert!(verify(&site.ledger_folder(), &public_key(), None).is_ok());
}

#[test]
fn a_part_moved_to_another_event_does_not_open() {
    let site = Site::new();
    let ledger = site.open();
    ledger.append(vec![draft(1, json!("first")), draft(1, json!("second")), site_draft(json!("site"))]).unwrap();
    drop(ledger);
    site.forget_positions();
    let originals = site.lines(1);
    let bodies: Vec<_> =
        originals.iter().map(|line| serde_json::from_slice::<Value>(line).unwrap()["body"].clone()).collect();
    let mut prev = Digest::ZERO;
    let mut moved = Vec::new();
    for (line, body) in originals.iter().zip(bodies.iter().cycle().skip(1)) {
        let line = line.strip_suffix(b"\n").unwrap();
        let mut event = EventLine::parse(line).unwrap();
        event.body = body.as_str().unwrap().into();
        event.prev = prev;
        let bytes = event.to_bytes().unwrap();
        prev = Digest::of(&bytes);
        moved.push([bytes.as_slice(), b"\n"].concat());
    }
    site.write_lines(1, &moved);
    assert!(verify(&site.ledger_folder(), &public_key(), None).is_ok(), "the chain was made good again");
    // The last event is looked at when the ledger is opened.
    assert!(matches!(site.try_open(), Err(OpenError::LastEvent(ReadError::Sealed { seq: 3 }))));
    let mut last = EventLine::parse(originals[2].strip_suffix(b"\n").unwrap()).unwrap();
    let before = moved[1].strip_suffix(b"\n").unwrap();
    last.prev = Digest::of(before);
    moved[2] = [last.to_bytes().unwrap().as_slice(), b"\n"].concat();
    site.write_lines(1, &moved);
    let ledger = site.open();
    for seq in 1..=2 {
        assert!(matches!(ledger.event(seq), Err(ReadError::Sealed { seq: sealed }) if sealed == seq));
    }
}

#[test]
fn a_key_table_of_another_ledger_is_refused() {
    let (site, other) = (Site::new(), Site::new());
    let ledger = site.open();
    ledger.append(vec![report_draft(1), report_draft(2)]).unwrap();
    drop(ledger);
    let opened = Ledger::open(site.ledger_folder(), Arc::clone(&other.keys), signer(), Arc::new(StoppedClock));
    assert!(matches!(opened.err(), Some(OpenError::LastEvent(ReadError::Keys { seq: 2, .. }))));
    // An erased last event is no reason to stay shut.
    let ledger = site.open();
    site.keys.erase(&[ledger.case_key(case(2)).unwrap()]).unwrap();
    drop(ledger);
    site.open();
}

#[test]
fn a_version_conflict_appends_nothing_of_the_batch() {
    let site = Site::new();
    let ledger = site.open();
    ledger.append(vec![report_draft(1)]).unwrap();
    let expecting = |number, version| Draft { expected_version: Some(version), ..draft(number, json!({})) };
    let refused = ledger.append(vec![expecting(2, 0), expecting(1, 0)]);
    assert!(matches!(refused, Err(AppendError::VersionConflict { expected: 0, found: 1, .. })), "{refused:?}");
    assert_eq!(ledger.tail().seq, 1);
    assert_eq!(ledger.case_version(case(2)), None);
    // Within a batch each event sees the ones before it.
    assert_eq!(ledger.append(vec![expecting(1, 1), expecting(2, 0), expecting(1, 2)]).unwrap(), [2, 3, 4]);
    assert_eq!(ledger.case_version(case(1)), Some(3));
}

#[test]
fn drafts_outside_the_bounds_are_refused() {
    let site = Site::new();
    let ledger = site.open();
    let refused =
        |draft: Draft| assert!(matches!(ledger.append(vec![draft]), Err(AppendError::Draft { index: 0, .. })));
    refused(Draft { kind: "case-routed".to_owned(), ..draft(1, json!({})) });
    refused(Draft { kind: String::new(), ..draft(1, json!({})) });
    refused(Draft { actor: "a\nb".to_owned(), ..draft(1, json!({})) });
    refused(Draft { role: "R".repeat(129), ..draft(1, json!({})) });
    refused(draft(1, json!("x".repeat(600 * 1024))));
    refused(Draft { identity: Some(json!({}).into()), ..site_draft(json!({})) });
    refused(Draft { expected_version: Some(0), ..site_draft(json!({})) });
    assert!(matches!(ledger.append(vec![]), Err(AppendError::BatchSize)));
    let largest = draft(1, json!("x".repeat(500 * 1024)));
    let largest = Draft { identity: Some(largest.body.clone()), ..largest };
    assert_eq!(ledger.append(vec![largest]).unwrap(), [1]);
    assert_eq!(all_events(&ledger).len(), 1);
}

#[test]
fn a_batch_never_spans_two_segments_and_readers_cross_them() {
    let site = Site::with_segments_of(3000);
    let ledger = site.open();
    for number in 0..40 {
        ledger.append(vec![draft(number % 5, json!(number)), draft(number % 7, json!(number))]).unwrap();
    }
    let segments = segments::segment_numbers(&site.ledger_folder()).unwrap();
    assert!(segments.len() > 5, "{segments:?}");
    for &segment in &segments {
        let last: Value = serde_json::from_slice(site.lines(segment).last().unwrap()).unwrap();
        assert_eq!(last["left"], 0);
        assert!(fs::metadata(site.segment(segment)).unwrap().len() <= 3000);
    }
    assert_eq!(all_events(&ledger).len(), 80);
    for from in 1..=80 {
        assert_eq!(ledger.read(from).unwrap().next().unwrap().unwrap().seq, from);
    }
    assert_eq!(verify(&site.ledger_folder(), &public_key(), None).unwrap().tail, ledger.tail());
}

#[test]
fn a_crash_at_any_byte_of_an_append_leaves_all_of_the_batch_or_nothing() {
    let site = Site::new();
    let ledger = site.open();
    ledger.append(vec![report_draft(1), report_draft(2)]).unwrap();
    drop(ledger);
    let before = fs::read(site.segment(1)).unwrap();
    let positions_before = fs::read(site.ledger_folder().join("positions.cache")).unwrap();
    let ledger = site.open();
    ledger.append(vec![draft(1, json!(1)), report_draft(3), draft(2, json!(2))]).unwrap();
    drop(ledger);
    let after = fs::read(site.segment(1)).unwrap();

    for written in before.len()..=after.len() {
        // File systems may also leave zeros where data was still to come; some samples of that.
        for zeros in [0, 700].into_iter().take(if written % 16 == 0 { 2 } else { 1 }) {
            let mut torn = after[..written].to_vec();
            torn.extend(vec![0; zeros]);
            fs::write(site.segment(1), &torn).unwrap();
            fs::write(site.ledger_folder().join("positions.cache"), &positions_before).unwrap();
            let recovered = recovery::recover(&site.ledger_folder(), &public_key()).unwrap();
            let events = if written == after.len() { 5 } else { 2 };
            assert_eq!(recovered.positions.end.seq, events, "{written} of {} bytes", after.len());
            let kept = if events == 5 { after.len() } else { before.len() };
            assert_eq!(recovered.cut, (torn.len() - kept) as u64);
            assert_eq!(fs::read(site.segment(1)).unwrap(), after[..kept]);
        }
    }
}

#[test]
fn after_a_crash_the_ledger_goes_on_where_it_was() {
    let site = Site::new();
    let ledger = site.open();
    ledger.append(vec![report_draft(1)]).unwrap();
    drop(ledger);
    OpenOptions::new().append(true).open(site.segment(1)).unwrap().write_all(b"{\"actor\":\"half a li").unwrap();
    let ledger = site.open();
    assert_eq!(ledger.append(vec![draft(1, json!(1))]).unwrap(), [2]);
    assert_eq!(all_events(&ledger).len(), 2);
    assert!(verify(&site.ledger_folder(), &public_key(), None).is_ok());
}

#[test]
fn damage_that_no_crash_explains_is_refused_and_left_alone() {
    let site = Site::new();
    let ledger = site.open();
    for number in 0..4 {
        ledger.append(vec![report_draft(number)]).unwrap();
    }
    drop(ledger);
    site.forget_positions();
    let lines = site.lines(1);
    for changed in [1, 3] {
        let mut damaged = lines.clone();
        let middle = damaged[changed].len() / 2;
        damaged[changed][middle] ^= 1;
        // The last line's own damage shows only in its parse or in a head; so break its chain here.
        if changed == 3 {
            damaged[changed] = lines[1].clone();
        }
        site.write_lines(1, &damaged);
        assert!(matches!(site.try_open(), Err(OpenError::Damaged { segment: 1, .. })));
        assert_eq!(site.lines(1), damaged);
    }
}

#[test]
fn a_tail_or_head_that_disagree_with_the_newest_signed_head_are_refused() {
    let site = Site::new();
    let ledger = site.open();
    ledger.append(vec![report_draft(1)]).unwrap();
    ledger.append(vec![report_draft(2)]).unwrap();
    let head = ledger.sign_head().unwrap();
    assert_eq!(head.verify(&public_key()).unwrap().sha256, ledger.tail().digest);
    drop(ledger);
    let lines = site.lines(1);
    site.write_lines(1, &lines[..1]);
    assert!(matches!(site.try_open(), Err(OpenError::TailCut { tail: 1, head: 2 })));
    fs::remove_file(site.segment(1)).unwrap();
    assert!(matches!(site.try_open(), Err(OpenError::TailCut { tail: 0, head: 2 })));
    // Another event in its place, well chained.
    let heads: Vec<_> = fs::read_dir(site.ledger_folder().join("heads")).unwrap().map(|e| e.unwrap().path()).collect();
    let kept = fs::read(&heads[0]).unwrap();
    fs::remove_file(&heads[0]).unwrap();
    let ledger = site.open();
    ledger.append(vec![report_draft(1)]).unwrap();
    ledger.append(vec![report_draft(3)]).unwrap();
    drop(ledger);
    fs::write(&heads[0], kept).unwrap();
    assert!(matches!(site.try_open(), Err(OpenError::HeadMismatch { seq: 2 })));
}

#[test]
fn a_missing_segment_is_refused() {
    let site = Site::with_segments_of(1000);
    let ledger = site.open();
    for number in 0..8 {
        ledger.append(vec![report_draft(number)]).unwrap();
    }
    drop(ledger);
    fs::remove_file(site.segment(2)).unwrap();
    assert!(matches!(site.try_open(), Err(OpenError::MissingSegment { number: 2 })));
}

#[test]
fn one_process_writes() {
    let site = Site::new();
    let ledger = site.open();
    assert!(matches!(site.try_open(), Err(OpenError::InUse { .. })));
    drop(ledger);
    site.open();
}

#[test]
fn a_full_disk_fails_the_batch_and_nothing_else() {
    let site = Site::with_segments_of(600);
    let ledger = site.open();
    ledger.append(vec![report_draft(1)]).unwrap();
    // The next segment is a device that is always full.
    symlink("/dev/full", site.segment(2)).unwrap();
    assert!(matches!(ledger.append(vec![report_draft(2), draft(1, json!(1))]), Err(AppendError::Disk(_))));
    assert_eq!(ledger.tail().seq, 1);
    assert_eq!((ledger.case_version(case(1)), ledger.case_version(case(2))), (Some(1), None));
    assert!(!site.segment(2).exists());
    assert_eq!(ledger.append(vec![report_draft(2)]).unwrap(), [2]);
    drop(ledger);
    site.forget_positions();
    assert_eq!(all_events(&site.open()).len(), 2);
}

#[test]
fn many_threads_share_syncs_and_every_batch_stays_whole() {
    let site = Site::with_segments_of(100_000);
    let ledger = Arc::new(site.open());
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || {
                for round in 0..30 {
                    let numbers = ledger.append(vec![draft(thread, json!(round)), draft(99, json!(thread))]).unwrap();
                    assert_eq!(numbers[1], numbers[0] + 1);
                    assert!(ledger.tail().seq >= numbers[1]);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(ledger.tail().seq, 480);
    assert_eq!(ledger.case_version(case(99)), Some(240));
    let events = all_events(&ledger);
    for pair in events.chunks(2) {
        assert_eq!(pair[1].case, Some(case(99)));
        assert_eq!(Some(case(pair[1].body.open().unwrap().read().unwrap())), pair[0].case);
    }
    assert!(verify(&site.ledger_folder(), &public_key(), None).is_ok());
}

#[test]
fn of_two_who_change_a_case_at_once_one_wins() {
    let site = Site::new();
    let ledger = Arc::new(site.open());
    ledger.append(vec![report_draft(1)]).unwrap();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || {
                ledger.append(vec![Draft { expected_version: Some(1), ..draft(1, json!({})) }]).is_ok()
            })
        })
        .collect();
    let won = threads.into_iter().map(|thread| thread.join().unwrap()).filter(|&won| won).count();
    assert_eq!(won, 1);
    assert_eq!(ledger.case_version(case(1)), Some(2));
}

#[test]
fn kept_positions_equal_those_read_anew_and_others_are_ignored() {
    let site = Site::with_segments_of(4000);
    let ledger = site.open();
    for number in 0..200 {
        ledger.append(vec![draft(number % 13, json!(number))]).unwrap();
    }
    ledger.keep_positions().unwrap();
    let kept = ledger.state().positions.clone();
    drop(ledger);
    assert_eq!(snapshot::load(&site.ledger_folder()), Some(kept.clone()));
    site.forget_positions();
    assert_eq!(site.open().state().positions, kept);
    // Positions of a ledger that went on otherwise.
    let cache = site.ledger_folder().join("positions.cache");
    let own = fs::read(&cache).unwrap();
    let other = Site::with_segments_of(4000);
    drop({
        let ledger = other.open();
        ledger.append(vec![draft(77, json!(0))]).unwrap();
        ledger
    });
    for wrong in [fs::read(other.ledger_folder().join("positions.cache")).unwrap(), b"noise".to_vec(), Vec::new()] {
        fs::write(&cache, wrong).unwrap();
        assert_eq!(site.open().state().positions, kept);
    }
    fs::write(&cache, own).unwrap();
    assert_eq!(site.open().state().positions, kept);
}

#[test]
fn heads_are_signed_along_the_way() {
    let site = Site::new();
    let ledger = site.open();
    assert!(matches!(ledger.sign_head(), Err(HeadError::Empty)));
    for _ in 0..3 {
        ledger.append((0..500).map(|number| draft(number, json!({}))).collect()).unwrap();
    }
    let intact = verify(&site.ledger_folder(), &public_key(), None).unwrap();
    assert_eq!((intact.heads, intact.vouched_through, intact.tail.seq), (1, 1500, 1500));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any batches, any restarts with or without kept positions: what was appended is what is read.
    #[test]
    fn what_is_appended_is_what_is_read(
        batches in proptest::collection::vec((proptest::collection::vec((0_u64..6, any::<u32>()), 1..5), 0..3), 1..40),
        segment_bytes in 500_u64..6000,
    ) {
        let site = Site::with_segments_of(segment_bytes);
        let mut ledger = site.open();
        let mut expected = Vec::new();
        for (batch, restart) in batches {
            let drafts = batch.iter().map(|&(number, body)| draft(number, json!(body))).collect();
            ledger.append(drafts).unwrap();
            expected.extend(batch);
            if restart > 0 {
                drop(ledger);
                if restart == 2 {
                    site.forget_positions();
                }
                ledger = site.open();
            }
        }
        let events = all_events(&ledger);
        prop_assert_eq!(events.len(), expected.len());
        for (event, (number, body)) in events.iter().zip(&expected) {
            prop_assert_eq!(event.case, Some(case(*number)));
            prop_assert_eq!(&event.body, &Body::Open(json!(body).into()));
        }
        for number in 0..6 {
            let versions = expected.iter().filter(|(of, _)| *of == number).count() as u64;
            prop_assert_eq!(ledger.case_version(case(number)).unwrap_or_default(), versions);
        }
        prop_assert_eq!(verify(&site.ledger_folder(), &public_key(), None).unwrap().tail, ledger.tail());
    }
}
