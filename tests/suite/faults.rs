//! A gateway whose disk, files or clock fail: it says so in words, leaves nothing half-written, and is itself again as
//! soon as the fault is gone, without a restart (SECURITY T3, T12).
//!
//! Faults are real ones, or injected into the running program by `strace`. Both need root; without it these tests fail.

mod clock;
mod injection;
mod small_disk;

use std::{collections::BTreeSet, fs, net::TcpStream, path::PathBuf, process::Command};

use self::{clock::MovedClock, injection::Injection, small_disk::SmallDisk};
use crate::gateway::{Gateway, Outside, assert_refused, number, report};

#[test]
fn what_the_disk_refuses_is_refused_with_words_and_taken_again_afterwards() {
    let outside = Outside::prepared();
    let mut given = BTreeSet::new();
    let mut gateway = outside.start();
    let client = outside.client(&gateway);
    given.insert(number(&client.file_report(report(0).as_bytes(), None).unwrap()));

    for (turn, faults) in (1..).zip(FAULTS) {
        let injection = Injection::into(gateway.id(), faults);
        for again in 0..3 {
            let answer = client.file_report(report(100 * turn + again).as_bytes(), None).unwrap();
            assert_refused(&answer, "busy");
        }
        assert_refused(&outside.file_with_picture(&gateway, &report(100 * turn + 10)), "busy");
        injection.end();
        for again in 0..2 {
            let answer = client.file_report(report(100 * turn + 50 + again).as_bytes(), None).unwrap();
            assert_eq!(answer.status, 201, "after {faults:?}: {}", answer.body);
            given.insert(number(&answer));
        }
        given.insert(number(&outside.file_with_picture(&gateway, &report(100 * turn + 60))));
        gateway.assert_runs();
    }
    assert!(outside.log().contains("alarm=outbox") && outside.log().contains("alarm=journal"), "{}", outside.log());
    assert_stays_whole(&outside, gateway, given);
}

#[test]
fn without_files_clients_are_told_and_nothing_is_lost() {
    let outside = Outside::prepared();
    let mut given = BTreeSet::new();
    let mut gateway = outside.start();
    let without_clients = sockets(gateway.id());
    let client = outside.client(&gateway);
    given.insert(number(&client.file_report(report(0).as_bytes(), None).unwrap()));

    // What is left is the one file that is kept for telling; idle connections take the numbers below it.
    let wait_for = |sockets_then| {
        assert!((0..100_000).any(|_| sockets(gateway.id()) == sockets_then), "the clients do not come or go");
    };
    wait_for(without_clients);
    let below: Vec<TcpStream> =
        (0..free_below_the_spare(gateway.id())).map(|_| TcpStream::connect(gateway.address).unwrap()).collect();
    wait_for(without_clients + below.len());
    let before = limit_files(gateway.id(), Some(lowest_free_file(gateway.id())));
    for one in 1..4 {
        assert_refused(&client.file_report(report(one).as_bytes(), None).unwrap(), "busy");
    }
    limit_files(gateway.id(), before);
    given.insert(number(&client.file_report(report(4).as_bytes(), None).unwrap()));
    gateway.assert_runs();
    assert_stays_whole(&outside, gateway, given);
}

#[test]
fn a_full_disk_closes_intake_in_time_and_space_opens_it_again() {
    let outside = Outside::prepared();
    let disk = SmallDisk::holding(&outside);
    let mut gateway = outside.start_by(disk.serve(&outside));
    let client = outside.client(&gateway);
    let mut given = BTreeSet::new();
    given.insert(number(&client.file_report(report(0).as_bytes(), None).unwrap()));
    // A small disk keeps a twentieth of itself.
    disk.fill_but(small_disk::SIZE / 20 - 4096);
    for one in 1..4 {
        assert_refused(&client.file_report(report(one).as_bytes(), None).unwrap(), "busy");
    }
    disk.empty();
    given.insert(number(&client.file_report(report(4).as_bytes(), None).unwrap()));
    gateway.assert_runs();
    assert_eq!(gateway.end(), Some(0));
    assert_eq!(outside.assert_is_whole(&disk.outbox(), &given), 2);
}

#[test]
fn wherever_the_last_byte_of_a_disk_goes_nothing_is_half_written() {
    let outside = Outside::prepared();
    // Without a reserve every step meets the full disk itself.
    outside.configure("disk_reserve_mib = 0");
    let disk = SmallDisk::holding(&outside);
    let mut gateway = outside.start_by(disk.serve(&outside));
    let client = outside.client(&gateway);
    let mut given = BTreeSet::new();
    let mut refused = 0;
    // A report takes eight pages, its picture a hundred, its line at times one more.
    for pages in (0..12).chain([100, 105, 110]) {
        disk.fill_but(pages * 4096);
        for again in 0..4 {
            let report = report(100 * usize::try_from(pages).unwrap() + again);
            let answer = if again == 1 {
                outside.file_with_picture(&gateway, &report)
            } else {
                client.file_report(report.as_bytes(), None).unwrap()
            };
            if answer.status == 201 {
                given.insert(number(&answer));
            } else {
                assert_refused(&answer, "busy");
                refused += 1;
            }
        }
        disk.empty();
        given.insert(number(&client.file_report(report(9_000).as_bytes(), None).unwrap()));
        gateway.assert_runs();
    }
    assert!(refused >= 12, "{refused}");
    assert_eq!(gateway.end(), Some(0));
    outside.assert_is_whole(&disk.outbox(), &given);
}

#[test]
fn a_wrong_clock_accepts_only_what_a_key_of_that_time_opens() {
    let outside = Outside::prepared();
    let clock = MovedClock::new(&outside);
    let gateway = outside.start_by(clock.serve(&outside));
    let client = outside.client(&gateway);
    let mut given = BTreeSet::new();
    let (to_begin, to_end) = MovedClock::days_of_the_ring(&outside);
    let steps = [
        (0, None),
        (365, Some("closed")),
        (0, None),
        (-365, Some("closed")),
        // A day of skew is borne.
        (to_begin - 3, Some("closed")),
        (to_end - 2, None),
        // In the two weeks of grace.
        (to_end + 10, None),
        (to_end + 16, Some("closed")),
        (0, None),
    ];
    for (one, (days, refusal)) in (0..).zip(steps) {
        clock.move_by(days);
        let answer = client.file_report(report(one).as_bytes(), None).unwrap();
        match refusal {
            Some(kind) => assert_refused(&answer, kind),
            None => assert!(given.insert(number(&answer)), "{days} days"),
        }
    }
    // All of them open with the key that the ring named.
    assert_stays_whole(&outside, gateway, given);
}

/// Ends the gateway, looks at what is there, starts it again and looks again.
fn assert_stays_whole(outside: &Outside, gateway: Gateway, mut given: BTreeSet<String>) {
    assert_eq!(gateway.end(), Some(0));
    let outbox = outside.folder().join("outbox");
    let items = outside.assert_is_whole(&outbox, &given);
    let gateway = outside.start();
    given.insert(number(&outside.client(&gateway).file_report(report(10_000).as_bytes(), None).unwrap()));
    assert_eq!(gateway.end(), Some(0));
    assert_eq!(outside.assert_is_whole(&outbox, &given), items + 1);
}

/// The number that the next open file of a process gets.
fn lowest_free_file(id: u32) -> u64 {
    let open: BTreeSet<u64> = files_of(id).into_iter().map(|(number, _)| number).collect();
    (0..=1 << 20).find(|file| !open.contains(file)).unwrap()
}

/// How many numbers are free below the file that the gateway keeps in reserve.
fn free_below_the_spare(id: u32) -> u64 {
    let open = files_of(id);
    let spare = open.iter().filter(|(_, what)| what == "/dev/null").map(|(number, _)| *number).max().unwrap();
    spare + 1 - u64::try_from(open.iter().filter(|(number, _)| *number <= spare).count()).unwrap()
}

/// How many sockets a process has.
fn sockets(id: u32) -> usize {
    files_of(id).iter().filter(|(_, what)| what.starts_with("socket:")).count()
}

/// The open files of a process and what they are.
fn files_of(id: u32) -> Vec<(u64, String)> {
    let files = fs::read_dir(format!("/proc/{id}/fd")).expect("only root sees the files of the gateway");
    let paths = files.map(|file| file.unwrap().path());
    // One that is closed meanwhile is none.
    let what = |path: PathBuf| {
        let target = fs::read_link(&path).ok()?;
        let number = path.file_name()?.to_str()?.parse().ok()?;
        Some((number, target.to_string_lossy().into_owned()))
    };
    paths.filter_map(what).collect()
}

/// Sets how many files a process may have open; returns how many it might before.
fn limit_files(id: u32, limit: Option<u64>) -> Option<u64> {
    let before = fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
    let before = before.lines().find(|line| line.starts_with("Max open files")).unwrap().to_owned();
    let limit = limit.map_or("unlimited".to_owned(), |limit| limit.to_string());
    // The soft limit alone, so that it can be raised again.
    let set = Command::new("prlimit").arg("--pid").arg(id.to_string()).arg(format!("--nofile={limit}:")).status();
    assert!(set.unwrap().success());
    before.split_whitespace().nth(3).unwrap().parse().ok()
}

/// System calls and the errors they end with while a fault lasts. Items and folders are flushed by `fsync` and named by
/// `renameat2`; the journal is written by `pwrite64`, flushed by `fdatasync` and cut by `ftruncate`.
const FAULTS: [&[(&str, &str)]; 12] = [
    &[("fsync", "EIO")],
    &[("fsync", "ENOSPC")],
    &[("renameat2", "EIO")],
    &[("renameat2", "ENOSPC")],
    &[("fchmod", "EIO")],
    &[("openat", "EMFILE")],
    &[("openat", "EIO")],
    &[("pwrite64", "EIO")],
    &[("pwrite64", "ENOSPC")],
    &[("pwrite64", "EIO"), ("ftruncate", "EIO")],
    &[("fdatasync", "EIO")],
    &[("fdatasync", "ENOSPC"), ("ftruncate", "EIO")],
];
