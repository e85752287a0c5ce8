//! Volumes in any order, twice, damaged: every place is in the inbox byte for byte exactly once, or named missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use nightsafe_schema::time::Clock;
use proptest::prelude::*;

use crate::config::Config;
use crate::fixture::{Gateway, Site};
use crate::high::import::{ImportReport, Stopped};
use crate::high::side::HighSide;
use crate::limits;
use crate::progress::Progress;
use crate::supervision::Supervision;

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        "2026-11-22T05:30:00Z".parse().unwrap()
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

/// What happens to a volume on its way.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Intact,
    ItemLost,
    ItemAltered,
    ItemCut,
    EntriesCut,
    HeadLost,
    JunkLine,
    StrayItem,
}

#[derive(Clone, Debug)]
struct Delivery {
    first: u64,
    length: u64,
    fate: Fate,
    choice: usize,
    internal_takes: bool,
}

fn delivery(places: u64) -> impl Strategy<Value = Delivery> {
    let fate = prop_oneof![
        3 => Just(Fate::Intact),
        1 => Just(Fate::ItemLost),
        1 => Just(Fate::ItemAltered),
        1 => Just(Fate::ItemCut),
        1 => Just(Fate::EntriesCut),
        1 => Just(Fate::HeadLost),
        1 => Just(Fate::JunkLine),
        1 => Just(Fate::StrayItem),
    ];
    (1..=places, 1..=places, fate, any::<usize>(), any::<bool>()).prop_map(
        |(first, length, fate, choice, internal_takes)| Delivery { first, length, fate, choice, internal_takes },
    )
}

fn deliver(gateway: &Gateway, medium: &Path, number: u64, delivery: &Delivery) {
    let last = gateway.entries.len() as u64;
    let places: Vec<u64> = (delivery.first..delivery.first + delivery.length).filter(|place| *place <= last).collect();
    let volume = gateway.write_volume(medium, number, &places);
    let chosen = places[delivery.choice % places.len()];
    let item = volume.join("items").join(gateway.entries[&chosen].2.file_name());
    let entries = volume.join("entries.jsonl");
    let text = fs::read(&entries).unwrap();
    match delivery.fate {
        Fate::Intact => {}
        Fate::ItemLost => fs::remove_file(item).unwrap(),
        Fate::ItemAltered => {
            let mut bytes = fs::read(&item).unwrap();
            let place = delivery.choice % bytes.len();
            bytes[place] ^= 0x40;
            fs::write(item, bytes).unwrap();
        }
        Fate::ItemCut => {
            let bytes = fs::read(&item).unwrap();
            fs::write(item, &bytes[..delivery.choice % bytes.len()]).unwrap();
        }
        Fate::EntriesCut => fs::write(entries, &text[..delivery.choice % text.len()]).unwrap(),
        Fate::HeadLost => fs::remove_file(volume.join("head.json")).unwrap(),
        Fate::JunkLine => fs::write(entries, [b"{\"junk\":1}\n".to_vec(), text].concat()).unwrap(),
        Fate::StrayItem => fs::write(volume.join("items/7ZZZZZZZZZZZZZZZZZZZZZZZZZ.age"), "stray").unwrap(),
    }
}

fn side(site: &Site) -> HighSide {
    match Config::load(&site.path("high/transfer.toml")).unwrap() {
        Config::High(config) => HighSide::open(&config).unwrap(),
        Config::Low(_) => panic!("the high side's configuration is for the low side"),
    }
}

fn import(site: &Site, stop: &dyn Fn() -> bool) -> ImportReport {
    let around = Supervision { clock: &FixedClock, stop, progress: &Progress::default() };
    side(site).import(around).unwrap()
}

/// How often each place stands in the inbox journal.
fn handed_over(site: &Site, gateway: &Gateway) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for line in site.inbox_lines(&gateway.stream) {
        let place = gateway.entries.iter().find(|(_, (known, _, _))| *known == line.as_bytes());
        *counts.entry(*place.expect("a line that the gateway never signed").0).or_default() += 1;
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_place_is_there_once_or_named_missing(
        places in 1_u64..9,
        deliveries in prop::collection::vec(delivery(8), 0..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut gateway = Gateway::new(folder.path(), 1);
        gateway.accept_many(usize::try_from(places).unwrap());
        let site = Site::new(&gateway);
        let medium = site.path("medium");
        let mut taken: Vec<u64> = Vec::new();
        for (number, one) in (1..).zip(deliveries.iter().filter(|one| one.first <= places)) {
            deliver(&gateway, &medium, number, one);
            let report = import(&site, &|| false);
            let counts = handed_over(&site, &gateway);
            prop_assert!(counts.values().all(|count| *count == 1), "{counts:?}");
            let missing: Vec<u64> =
                report.missing.iter().flat_map(|range| range.hole.first..=range.hole.last).collect();
            let known_last = counts.keys().last().copied().unwrap_or(0).max(missing.last().copied().unwrap_or(0));
            for place in 1..=known_last {
                let there = counts.contains_key(&place);
                prop_assert_ne!(there, missing.contains(&place), "place {}", place);
                if there && !taken.contains(&place) {
                    prop_assert!(site.inbox_has(&gateway, place), "place {}", place);
                }
            }
            if one.internal_takes {
                taken.extend(counts.keys());
                for entry in fs::read_dir(site.path("high/inbox/items")).unwrap() {
                    fs::remove_file(entry.unwrap().path()).unwrap();
                }
            }
            prop_assert!(site.leftovers("high").is_empty());
        }
        // Everything once more and intact: complete, whatever happened before.
        let all = Delivery { first: 1, length: places, fate: Fate::Intact, choice: 0, internal_takes: false };
        deliver(&gateway, &medium, 100, &all);
        let report = import(&site, &|| false);
        prop_assert!(report.missing.is_empty(), "{:?}", report.missing);
        let counts = handed_over(&site, &gateway);
        prop_assert_eq!(counts.len() as u64, places);
        prop_assert!(counts.values().all(|count| *count == 1));
        for place in (1..=places).filter(|place| !taken.contains(place)) {
            prop_assert!(site.inbox_has(&gateway, place));
        }
    }
}

/// An item of a few bytes, of which every one and every length is tried (SECURITY T8).
#[test]
fn every_flipped_byte_and_every_other_length_of_an_item_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept(b"age-encryption.org/v1\n-> X25519 a small item of a few dozen bytes");
    let (_, bytes, item) = &gateway.entries[&1];
    let flipped = (0..bytes.len()).map(|place| {
        let mut bytes = bytes.clone();
        bytes[place] ^= 1 << (place % 8);
        bytes
    });
    let cut = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    let longer = ["\0", "tail"].map(|tail| [bytes, tail.as_bytes()].concat());
    let site = Site::new(&gateway);
    for (number, altered) in (1..).zip(flipped.chain(cut).chain(longer)) {
        let volume = gateway.write_volume(&site.path("medium"), number, &[1]);
        fs::write(volume.join("items").join(item.file_name()), &altered).unwrap();
        let report = import(&site, &|| false);
        assert_eq!(report.handed_over, 0, "{altered:?}");
        let expected = if altered.len() < bytes.len() { "half-copied-item" } else { "bytes-differ" };
        let kinds: Vec<_> = report.troubles.as_slice().iter().map(|trouble| trouble.kind).collect();
        assert_eq!(kinds, [expected], "{altered:?}");
        assert_eq!(fs::read_dir(site.path("high/inbox/items")).unwrap().count(), 0);
        fs::remove_dir_all(volume).unwrap();
        fs::remove_dir_all(site.path("high/quarantine")).unwrap();
    }
    gateway.write_volume(&site.path("medium"), 1, &[1]);
    assert_eq!(import(&site, &|| false).handed_over, 1);
}

#[test]
fn one_volume_makes_so_many_records_and_copies_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(2);
    let site = Site::new(&gateway);
    let volume = gateway.write_volume(&site.path("medium"), 1, &[1, 2]);
    let stray = |number: usize| volume.join(format!("items/0000000000000000000000{number:04}.age"));
    // More than the room for copies, in few files; then more files than the room for records.
    let large = usize::try_from(limits::QUARANTINE_BYTES / 4).unwrap();
    for number in 0..limits::MOST_RECORDS + 40 {
        let bytes = if number < 6 { vec![b'x'; large + number] } else { format!("stray {number}").into_bytes() };
        fs::write(stray(number), bytes).unwrap();
    }
    let report = import(&site, &|| false);
    assert_eq!((report.handed_over, report.refused.len()), (2, limits::MOST_RECORDS));
    let kept: u64 = report.refused.iter().filter_map(|record| record.size).sum();
    assert_eq!(kept, limits::QUARANTINE_BYTES);
    let open = fs::read_dir(site.path("high/quarantine/open")).unwrap().count();
    assert_eq!((open, report.quarantined), (limits::MOST_RECORDS, limits::MOST_RECORDS as u64));
}

#[test]
fn a_medium_that_is_pulled_ends_the_run_and_its_return_completes_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    let count = limits::BATCH * 2 + 2;
    gateway.accept_many(count);
    let places: Vec<u64> = (1..=count as u64).collect();
    let site = Site::new(&gateway);
    gateway.write_volume(&site.path("medium"), 1, &places);
    gateway.write_volume(&site.path("medium"), 2, &[1]);
    let asked = std::cell::Cell::new(0);
    // Asked once before the volume, once at its first line, and then after each batch.
    let pull = || {
        asked.set(asked.get() + 1);
        if asked.get() == 3 {
            fs::rename(site.path("medium"), site.path("pulled")).unwrap();
        }
        false
    };
    let report = import(&site, &pull);
    assert!(matches!(report.stopped, Some(Stopped::MediumFailed { .. })), "{report:?}");
    assert_eq!((report.handed_over, report.exit_code().number()), (limits::BATCH as u64, 7));
    assert!(site.leftovers("high").is_empty());
    fs::rename(site.path("pulled"), site.path("medium")).unwrap();
    let report = import(&site, &|| false);
    assert_eq!((report.handed_over, report.exit_code().number()), ((count - limits::BATCH) as u64, 0));
    assert!(places.iter().all(|place| site.inbox_has(&gateway, *place)));
}

#[test]
fn what_is_seen_from_outside_spares_reading_only_while_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(2);
    let site = Site::new(&gateway);
    let volume = gateway.write_volume(&site.path("medium"), 1, &[1, 2]);
    assert_eq!(import(&site, &|| false).volumes.len(), 1);
    assert_eq!(import(&site, &|| false).volumes.len(), 0);
    let seen = fs::read_to_string(site.path("high/state/volumes.json")).unwrap();
    assert!(!seen.contains("\"glance\": null"), "{seen}");
    fs::write(volume.join("head.json"), "forged\n").unwrap();
    let report = import(&site, &|| false);
    assert_eq!((report.volumes.len(), report.exit_code().number()), (1, 10));
}
