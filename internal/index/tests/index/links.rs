//! What is linked of generated reports whose truth is known: found, and not more than that.

use std::collections::{BTreeMap, BTreeSet};

use nightsafe_casework::{
    event::{CaseLinked, LinksFollowed, ReportReceived},
    linking::{LinkKind, RULES, marks},
};
use nightsafe_generator::{Planted, Reports, Seed, Truth};
use nightsafe_index::{Arrival, IndexKey, LinkMarker, Links};
use nightsafe_ledger::EventLog as _;
use nightsafe_schema::{
    case::CaseId,
    catalog::{Catalog, Strictness},
    report::Report,
};
use serde_json::Value;

use crate::{log::MemoryLog, site};

const KEY: [u8; 32] = [7; 32];

/// Planted pairs and found ones.
#[derive(Debug, Default)]
struct Outcome {
    planted: BTreeMap<Planted, (u32, u32)>,
    found: u32,
    right: u32,
    wrong: BTreeMap<(LinkKind, Option<Planted>), u32>,
}

fn case(number: u64) -> CaseId {
    CaseId::from_bytes((number + 1).to_be_bytes()).unwrap()
}

/// A generated report as the receipt would record it.
fn received(number: u64, document: &Value, catalog: &Catalog, marker: &LinkMarker) -> ReportReceived {
    let report = Report::try_from(catalog.check(document, Strictness::Soft).unwrap()).unwrap();
    let identity = report.identity();
    let marks = marks(&identity["reporter"], &format!("{number:024}"), document, marker);
    ReportReceived { marks, ..site::received(number, report.without_identity(), &[]) }
}

fn expected(planted: Planted) -> LinkKind {
    match planted {
        Planted::Replay | Planted::Duplicate => LinkKind::Duplicate,
        Planted::Series => LinkKind::Series,
        Planted::Related => LinkKind::Related,
    }
}

/// Takes in so many reports, one after the other, and compares each with those before it.
fn run(seed: Seed, reports: u64) -> Outcome {
    let (catalog, key) = (Catalog::embedded().unwrap(), IndexKey::from_bytes(KEY));
    let (marker, generated) = (LinkMarker::new(&key), Reports::of(seed));
    let (log, mut links) = (MemoryLog::default(), Links::new(&key));
    let mut outcome = Outcome::default();
    let mut truths: Vec<Truth> = Vec::new();
    for number in 0..reports {
        let story = generated.story(number);
        truths.push(story.truth);
        if story.truth.planted.is_some_and(|(planted, _)| planted == Planted::Replay) {
            // The receipt records a retry: no case, nothing to compare.
            continue;
        }
        let body = received(number, &story.report, &catalog, &marker);
        let seq = log.record(Some(case(number)), body);
        for event in log.read(links.position().seq + 1).unwrap() {
            links.follow(&event.unwrap());
        }
        let found = links.resembling(&log, Arrival { seq, case: case(number) }).unwrap();
        let mut kinds = BTreeMap::new();
        for link in found {
            let other = u64::from_be_bytes(link.other.to_bytes()) - 1;
            let truth = story.truth.between(&truths[usize::try_from(other).unwrap()]);
            outcome.found += 1;
            if truth.is_some_and(|planted| expected(planted) == link.verdict.kind) {
                outcome.right += 1;
            } else {
                *outcome.wrong.entry((link.verdict.kind, truth)).or_default() += 1;
            }
            kinds.insert(other, link.verdict.kind);
        }
        if let Some((planted, target)) = story.truth.planted {
            let count = outcome.planted.entry(planted).or_default();
            count.0 += 1;
            count.1 += u32::from(kinds.get(&target) == Some(&expected(planted)));
        }
    }
    outcome
}

impl Outcome {
    /// Of what was planted, how much was found as what it is, in thousandths.
    fn recall(&self) -> u32 {
        let (planted, found) = self.planted.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        found * 1000 / planted
    }

    /// Of what was found, how much is so, in thousandths.
    fn precision(&self) -> u32 {
        self.right * 1000 / self.found
    }
}

#[test]
fn planted_links_of_unseen_seeds_are_found_and_little_else() {
    let outcome = run(Seed::Unseen(1), 5_000);
    assert!(outcome.planted.values().map(|count| count.0).sum::<u32>() > 500, "{outcome:?}");
    let (recall, precision) = (outcome.recall(), outcome.precision());
    assert!(recall >= 900 && precision >= 950, "recall {recall}, precision {precision}: {outcome:?}");
}

#[test]
fn the_same_ledger_gives_the_same_store_however_it_was_followed_and_kept() {
    let (catalog, key) = (Catalog::embedded().unwrap(), IndexKey::from_bytes(KEY));
    let (marker, generated) = (LinkMarker::new(&key), Reports::of(Seed::Tuning(9)));
    let log = MemoryLog::default();
    for number in 0..300 {
        let body = received(number, &generated.report(number), &catalog, &marker);
        let seq = log.record(Some(case(number)), body);
        if number % 50 == 7 {
            log.record(Some(case(number)), site::supplement(1000 + number, "又来了一次，还是那几个人在门口", &[]));
            let kind = LinkKind::Series;
            let linked = CaseLinked { other: case(number - 1), kind, reasons: vec![], rules: RULES.to_owned() };
            log.record(Some(case(number)), linked);
            log.record(None, LinksFollowed { through: seq, rules: RULES.to_owned() });
        }
    }
    let at_once = |mut links: Links| {
        for event in log.read(1).unwrap() {
            links.follow(&event.unwrap());
        }
        links.to_bytes()
    };
    let whole = at_once(Links::new(&key));
    let mut kept = Links::new(&key);
    for event in log.read(1).unwrap() {
        kept.follow(&event.unwrap());
        if kept.position().seq.is_multiple_of(37) {
            kept = Links::from_bytes(&kept.to_bytes(), &key).unwrap();
        }
    }
    assert_eq!(kept.to_bytes(), whole);
    assert_eq!(at_once(kept), whole, "what it has already changes nothing");
    assert_ne!(at_once(Links::new(&IndexKey::from_bytes([8; 32]))), whole, "hashes are keyed");
    let text = String::from_utf8_lossy(&whole).into_owned();
    for number in 0..300 {
        let report = generated.report(number);
        for path in ["/subjects/0/name", "/subjects/0/phone", "/evidence/accounts/0/account", "/reporter/phone"] {
            let named = report.pointer(path).and_then(Value::as_str).unwrap_or("不清楚");
            assert!(named.len() < 6 || !text.contains(named), "{named}");
        }
    }
}

#[test]
fn bytes_that_are_no_store_are_refused() {
    let key = IndexKey::from_bytes(KEY);
    let bytes = Links::new(&key).to_bytes();
    assert!(Links::from_bytes(&bytes, &key).is_some());
    for cut in 0..bytes.len() {
        assert!(Links::from_bytes(&bytes[..cut], &key).is_none(), "{cut}");
    }
    assert!(Links::from_bytes(&[&bytes[..], b"x"].concat(), &key).is_none());
}

#[test]
fn each_pair_comes_up_once_and_what_is_said_later_is_compared_with_all() {
    let key = IndexKey::from_bytes(KEY);
    let log = MemoryLog::default();
    let account =
        |account: &str| serde_json::json!({"flow": "GANG_CRIME", "evidence": {"accounts": [{"account": account}]}});
    let put = |number: u64, account_no: &str| {
        let body = site::received(number, account(account_no), &[]);
        Arrival { seq: log.record(Some(case(number)), body), case: case(number) }
    };
    let (first, second, third) =
        (put(1, "6200123412341234"), put(2, "9999888877776666"), put(3, "6200 1234 1234 1234"));
    let mut later = site::supplement(4, "", &[]);
    later.report = account("9999-8888-7777-6666");
    let more = Arrival { seq: log.record(Some(case(1)), later), case: case(1) };
    let mut links = Links::new(&key);
    for event in log.read(1).unwrap() {
        links.follow(&event.unwrap());
    }
    assert_eq!(links.waiting(9), [first, second, third, more]);
    let of = |arrival| -> BTreeSet<CaseId> {
        links.resembling(&log, arrival).unwrap().into_iter().map(|found| found.other).collect()
    };
    assert_eq!(of(first), BTreeSet::new());
    assert_eq!(of(second), [case(1)].into());
    assert_eq!(of(third), [case(1)].into());
    assert_eq!(of(more), [case(2), case(3)].into());
    let through = log.record(None, LinksFollowed { through: third.seq, rules: RULES.to_owned() });
    links.follow(&log.read(through).unwrap().next().unwrap().unwrap());
    assert_eq!(links.waiting(9), [more]);
}
