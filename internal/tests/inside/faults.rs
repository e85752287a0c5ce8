//! What the inside does when its disk is full or fails, when it is killed, when its index is harmed: it stays up, says so,
//! loses nothing, and goes on by itself once the fault is over (SECURITY D3, T7, T23).
//!
//! Faults are real ones, or injected into the running program by `strace`. Both need root; without it these tests fail.

/// The same as for the tests of the whole.
#[path = "../../../tests/suite/faults/injection.rs"]
mod injection;
mod small_disk;

use std::{fs, path::PathBuf};

use serde_json::json;

use self::{injection::Injection, small_disk::SmallDisk};
use crate::{
    daemon::Daemon,
    gateway::Gateway,
    site::{Site, sample},
};

/// Hands over so many reports, each with a word of its own.
fn hand_over(gateway: &mut Gateway, words: &mut Vec<String>, count: usize) {
    for _ in 0..count {
        let word = word(words.len());
        let mut report = sample("09");
        report["facts"]["narrative"] = json!(format!("夜里有人在工地上拉走钢筋，装车的人叫{word}，已经三次了。"));
        gateway.report(&report);
        words.push(word);
    }
}

fn word(number: usize) -> String {
    let digits = "甲乙丙丁戊己庚辛壬癸";
    let digit = |place: usize| digits.chars().nth(number / place % 10).unwrap();
    format!("阿{}{}{}", digit(100), digit(10), digit(1))
}

/// Every report is there once, and the ledger is whole.
fn all_there(site: &Site, daemon: Daemon<'_>, words: &[String]) {
    daemon.become_new("national", "analyst", "OFFICE.000000");
    for word in words {
        assert_eq!(daemon.count(word), 1, "{word}");
    }
    assert_eq!(daemon.count("拉走钢筋"), words.len() as u64);
    assert_eq!(daemon.stop(), Some(0));
    site.run(["audit", "verify"]).expect(0);
}

#[test]
fn a_full_disk_stops_the_receipt_until_there_is_room_again() {
    let mut site = Site::new();
    let mut gateway = Gateway::new(&site.path("inbox"));
    let disk = SmallDisk::under(&mut site);
    let daemon = Daemon::start(&site);
    daemon.ingest();
    let mut words = Vec::new();
    // From nothing at all to just not enough, so that each store in turn is the first without room.
    for free in [0, 8, 40, 60, 100, 160, 300, 700_u64] {
        disk.fill_but(free * 1024);
        hand_over(&mut gateway, &mut words, 3);
        let stuck = daemon.run(["ingest", "--json"]).json();
        if free == 0 {
            assert_eq!(stuck["opened"], 0, "{stuck}");
            assert_eq!(stuck["postponed"], 3, "{stuck}");
            assert!(stuck["trouble"].as_str().unwrap().contains("No space left"), "{stuck}");
        }
        disk.empty();
        daemon.run(["ingest", "--json"]).json();
        assert_eq!(gateway.waiting(), 0, "{free} KiB");
    }
    all_there(&site, daemon, &words);
}

#[test]
fn calls_that_fail_for_a_while_lose_nothing() {
    let site = Site::new();
    let mut gateway = Gateway::new(&site.path("inbox"));
    let daemon = Daemon::start(&site);
    daemon.ingest();
    let mut words = Vec::new();
    for faults in FAULTS {
        let injection = Injection::into(daemon.id(), faults);
        // More than are synced one by one.
        hand_over(&mut gateway, &mut words, 12);
        let meanwhile = daemon.run(["ingest", "--json"]).json();
        injection.end();
        assert!(meanwhile["quarantined"] == 0, "{faults:?}: {meanwhile}");
        daemon.run(["ingest", "--json"]).json();
        assert_eq!(gateway.waiting(), 0, "{faults:?}");
    }
    all_there(&site, daemon, &words);
}

const FAULTS: [&[(&str, &str)]; 8] = [
    &[("fsync", "EIO")],
    &[("fdatasync", "EIO")],
    &[("syncfs", "EIO")],
    &[("renameat2", "EIO"), ("rename", "EIO")],
    &[("pwrite64", "EIO")],
    &[("pwrite64", "ENOSPC"), ("fdatasync", "EIO")],
    &[("mkdir", "EROFS"), ("unlink", "EROFS")],
    &[("openat", "EMFILE")],
];

/// Killed wherever it happens to be, again and again, while it takes reports in.
#[test]
fn killed_at_random_under_load_it_records_everything_once() {
    let rounds = if std::env::var_os("NIGHTSAFE_FULL").is_some() { 200 } else { 20 };
    let mut site = Site::new();
    let mut words = Vec::new();
    for round in 0..rounds {
        hand_over(&mut site.gateway, &mut words, 4);
        let mut taking_in = site.command(["ingest", "--once", "--leave-numbers"]);
        taking_in.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut taking_in = taking_in.spawn().unwrap();
        // Sooner or later by the round: some before the first write, some after the last.
        let watched = [site.path("ledger"), site.path("index"), site.path("vault")];
        let before = changes(&watched);
        while taking_in.try_wait().unwrap().is_none() && changes(&watched) < before + round % 7 {}
        let _ = taking_in.kill();
        taking_in.wait().unwrap();
    }
    site.run(["ingest", "--once", "--leave-numbers"]).expect(0);
    assert_eq!(site.gateway.waiting(), 0);
    let leftovers = fs::read_dir(site.path("vault/.incoming")).unwrap().count();
    assert_eq!(leftovers, 0);
    let vault = files_under(&site.path("vault")).len();
    assert_eq!(vault, words.len(), "one payload for each report");
    all_there(&site, Daemon::start(&site), &words);
}

/// How many files there are: enough to see that something moves.
fn changes(folders: &[PathBuf]) -> usize {
    folders.iter().map(|folder| files_under(folder).len()).sum()
}

#[test]
fn whatever_harms_the_index_it_opens_or_is_rebuilt() {
    let rounds = if std::env::var_os("NIGHTSAFE_FULL").is_some() { 200 } else { 20 };
    let mut site = Site::new();
    let mut words = Vec::new();
    hand_over(&mut site.gateway, &mut words, 6);
    site.ingest();
    let dump = |site: &Site| site.run(["reindex", "--if-damaged", "--json"]).json()["dump_sha256"].clone();
    let whole = dump(&site);
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |end: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice % u64::try_from(end.max(1)).unwrap()).unwrap()
    };
    for round in 0..rounds {
        let files = files_under(&site.path("index"));
        let file = &files[next(files.len())];
        let mut bytes = fs::read(file).unwrap();
        match next(4) {
            0 => bytes.truncate(next(bytes.len())),
            1 => fs::remove_file(file).unwrap(),
            _ => {
                let at = next(bytes.len());
                let length = 1 + next(4096);
                bytes.iter_mut().skip(at).take(length).for_each(|byte| *byte = u8::try_from(next(256)).unwrap());
            }
        }
        if file.exists() {
            fs::write(file, bytes).unwrap();
        }
        assert_eq!(dump(&site), whole, "round {round}: {}", file.display());
    }
    all_there(&site, Daemon::start(&site), &words);
}

fn files_under(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // What is renamed or removed while it is listed counts as gone.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files_under(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
