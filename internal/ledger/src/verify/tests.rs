//! What tampering looks like, and that each kind is named at its place.

use std::fs;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    event::EventLog,
    ledger::Ledger,
    line::EventLine,
    testing::{Site, draft, public_key, report_draft, signer, site_draft},
};

/// Eleven events in one segment, in batches of different sizes.
fn site_of_eleven() -> (Site, SignedHead) {
    let site = Site::new();
    let ledger = site.open();
    fill(&ledger);
    let head = ledger.sign_head().unwrap();
    drop(ledger);
    fs::remove_dir_all(heads_folder(&site.ledger_folder())).unwrap();
    (site, head)
}

fn fill(ledger: &Ledger) {
    ledger.append(vec![report_draft(1)]).unwrap();
    ledger.append(vec![report_draft(2), draft(2, json!({})), draft(2, json!([]))]).unwrap();
    ledger.append(vec![site_draft(json!({}))]).unwrap();
    ledger.append(vec![draft(1, json!({})), site_draft(json!(2))]).unwrap();
    for number in 3..7 {
        ledger.append(vec![draft(number, json!({}))]).unwrap();
    }
}

fn finding(site: &Site, against: Option<&SignedHead>) -> Option<Finding> {
    match verify(&site.ledger_folder(), &public_key(), against) {
        Ok(_) => None,
        Err(VerifyError::Tampered(finding)) => Some(finding),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn an_untouched_ledger_is_intact() {
    let (site, head) = site_of_eleven();
    let intact = verify(&site.ledger_folder(), &public_key(), Some(&head)).unwrap();
    assert_eq!((intact.tail.seq, intact.heads, intact.vouched_through, intact.unfinished), (11, 1, 11, 0));
    let alone = verify(&site.ledger_folder(), &public_key(), None).unwrap();
    assert_eq!((alone.tail, alone.heads, alone.vouched_through), (intact.tail, 0, 0));
}

#[test]
fn every_flipped_bit_of_every_line_is_found_at_its_line() {
    let (site, head) = site_of_eleven();
    let bytes = fs::read(site.segment(1)).unwrap();
    let mut line = 1;
    for (at, &byte) in bytes.iter().enumerate() {
        let bit = 1 << (at % 8);
        let mut changed = bytes.clone();
        changed[at] = byte ^ bit;
        fs::write(site.segment(1), &changed).unwrap();
        let found = finding(&site, Some(&head)).unwrap_or_else(|| panic!("byte {at} of line {line}"));
        assert_eq!((found.seq, found.line), (line, line), "byte {at}: {found}");
        line += u64::from(byte == b'\n');
    }
}

#[test]
fn every_removed_line_is_named() {
    let (site, head) = site_of_eleven();
    let lines = site.lines(1);
    for removed in 0..lines.len() {
        let mut left = lines.clone();
        left.remove(removed);
        site.write_lines(1, &left);
        let found = finding(&site, Some(&head)).unwrap();
        let seq = removed as u64 + 1;
        let fault = if seq == 11 { Fault::CutTail { head: 11 } } else { Fault::Removed { found: seq + 1 } };
        assert_eq!((found.seq, found.line), (seq, seq), "{found}");
        assert_eq!(found.fault, fault);
    }
}

#[test]
fn every_swap_of_two_lines_is_named() {
    let (site, head) = site_of_eleven();
    let lines = site.lines(1);
    for first in 0..lines.len() - 1 {
        let mut swapped = lines.clone();
        swapped.swap(first, first + 1);
        site.write_lines(1, &swapped);
        let seq = first as u64 + 1;
        let found = finding(&site, Some(&head)).unwrap();
        assert_eq!(found, Finding { segment: 1, line: seq, seq, fault: Fault::Reordered { found: seq + 1 } });
    }
}

#[test]
fn every_inserted_line_is_named() {
    let (site, _) = site_of_eleven();
    let lines = site.lines(1);
    for from in 0..lines.len() {
        for to in from + 1..=lines.len() {
            let mut more = lines.clone();
            more.insert(to, lines[from].clone());
            site.write_lines(1, &more);
            let found = finding(&site, None).unwrap();
            assert_eq!(found.fault, Fault::Inserted, "{from} at {to}: {found}");
            // A copy right behind its original cannot be told from it.
            let place = to as u64 + 1;
            assert!(found.line == place || (to == from + 1 && found.line == place - 1), "{from} at {to}: {found}");
        }
    }
}

#[test]
fn every_cut_of_the_tail_is_found_against_a_head() {
    let (site, head) = site_of_eleven();
    let bytes = fs::read(site.segment(1)).unwrap();
    for length in (0..bytes.len()).rev().step_by(7) {
        fs::write(site.segment(1), &bytes[..length]).unwrap();
        let whole_lines = bytes[..length].split(|&byte| byte == b'\n').count() as u64 - 1;
        let found = finding(&site, Some(&head)).unwrap();
        assert_eq!((found.seq, found.fault), (whole_lines + 1, Fault::CutTail { head: 11 }), "{length} bytes");
        // Without a head nobody can tell it from a crash; it is at least not taken for events.
        let alone = verify(&site.ledger_folder(), &public_key(), None).unwrap();
        assert!(alone.tail.seq <= whole_lines);
    }
    fs::remove_file(site.segment(1)).unwrap();
    assert_eq!(finding(&site, Some(&head)).unwrap().fault, Fault::CutTail { head: 11 });
}

#[test]
fn a_chain_written_anew_disagrees_with_the_head() {
    let (site, head) = site_of_eleven();
    for first in 0..11 {
        let original = site.lines(1);
        let mut lines = original.clone();
        let mut prev = Digest::ZERO;
        for (index, line) in lines.iter_mut().enumerate() {
            let bytes = line.strip_suffix(b"\n").unwrap().to_vec();
            let mut event = EventLine::parse(&bytes).unwrap();
            event.prev = prev;
            if index == first {
                event.actor = "someone else".into();
            }
            let bytes = event.to_bytes().unwrap();
            prev = Digest::of(&bytes);
            *line = [bytes.as_slice(), b"\n"].concat();
        }
        site.write_lines(1, &lines);
        assert!(finding(&site, None).is_none(), "a whole chain alone says nothing");
        let found = finding(&site, Some(&head)).unwrap();
        assert_eq!((found.seq, found.fault), (11, Fault::Rewritten { after: 0, head: 11 }));
        site.write_lines(1, &original);
    }
}

#[test]
fn a_missing_segment_is_named_and_what_is_amiss_before_it_comes_first() {
    let site = Site::with_segments_of(2000);
    let ledger = site.open();
    fill(&ledger);
    for number in 20..30 {
        ledger.append(vec![draft(number, json!({}))]).unwrap();
    }
    drop(ledger);
    assert!(site.lines(1).len() > 1 && site.segment(3).exists());
    let second = fs::read(site.segment(2)).unwrap();
    fs::remove_file(site.segment(2)).unwrap();
    let found = finding(&site, None).unwrap();
    assert_eq!((found.segment, found.fault), (2, Fault::MissingSegment));
    let first = site.lines(1);
    site.write_lines(1, &first[1..]);
    assert_eq!(finding(&site, None).unwrap().segment, 1);
    site.write_lines(1, &first);
    // A segment cut in the middle of the ledger.
    fs::write(site.segment(2), &second[..second.len() - 1]).unwrap();
    assert_eq!(finding(&site, None).unwrap().fault, Fault::Changed);
}

#[test]
fn heads_beside_the_ledger_count_and_a_foreign_one_is_refused() {
    let site = Site::new();
    let ledger = site.open();
    fill(&ledger);
    ledger.sign_head().unwrap();
    ledger.append(vec![draft(9, json!({}))]).unwrap();
    drop(ledger);
    let intact = verify(&site.ledger_folder(), &public_key(), None).unwrap();
    assert_eq!((intact.heads, intact.vouched_through, intact.tail.seq), (1, 11, 12));
    let foreign = crate::head::HeadSigner::from_bytes(&[9; 32]);
    let refused = verify(&site.ledger_folder(), &foreign.public_key(), None);
    assert!(matches!(refused, Err(VerifyError::Head(HeadError::WrongSignature))));
    assert_eq!(signer().public_key(), public_key());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Several changes at once: never taken for intact.
    #[test]
    fn any_tampering_is_found(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4), 1..5),
    ) {
        let (site, head) = site_of_eleven();
        let original = site.lines(1);
        let mut lines = original.clone();
        for (one, other, kind) in changes {
            if lines.is_empty() {
                break;
            }
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            match kind {
                0 => drop(lines.remove(one)),
                1 => lines.swap(one, other),
                2 => {
                    let line = lines[one].clone();
                    lines.insert(other, line);
                }
                _ => lines.truncate(one),
            }
        }
        site.write_lines(1, &lines);
        prop_assert_eq!(finding(&site, Some(&head)).is_none(), lines == original);
    }
}
