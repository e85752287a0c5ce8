//! An export that is disturbed in the middle of a volume leaves no part of it, and the next one completes it.

use std::cell::Cell;
use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use nightsafe_schema::time::Clock;

use super::{ExportReport, Stopped};
use crate::config::Config;
use crate::fixture::{Gateway, Site};
use crate::low::side::LowSide;
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

fn export(site: &Site, stop: &dyn Fn() -> bool) -> ExportReport {
    let Config::Low(config) = Config::load(&site.path("low/transfer.toml")).unwrap() else {
        panic!("the low side's configuration is for the high side");
    };
    let around = Supervision { clock: &FixedClock, stop, progress: &Progress::default() };
    LowSide::open(&config).unwrap().export(around).unwrap()
}

fn site(items: usize) -> (tempfile::TempDir, Gateway, Site) {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(items);
    gateway.write_head();
    let site = Site::new(&gateway);
    (folder, gateway, site)
}

#[test]
fn a_medium_that_is_pulled_ends_the_run_and_says_how_many_wait() {
    for pulled_at in 1..=6 {
        let (_folder, _gateway, site) = site(6);
        let asked = Cell::new(0);
        let pull = || {
            asked.set(asked.get() + 1);
            if asked.get() == pulled_at {
                fs::rename(site.path("medium"), site.path("pulled")).unwrap();
            }
            false
        };
        let report = export(&site, &pull);
        assert!(matches!(report.stopped, Some(Stopped::MediumFailed { .. })), "{report:?}");
        assert_eq!((report.exit_code().number(), report.waiting, report.volumes.len()), (7, 6, 0));
        assert!(!site.path("medium").exists());
        fs::rename(site.path("pulled"), site.path("medium")).unwrap();
        let report = export(&site, &|| false);
        assert_eq!((report.exit_code().number(), report.items, report.waiting), (0, 6, 0), "{report:?}");
        assert_eq!(report.volumes, ["volume-000001"]);
        assert!(site.leftovers("medium").is_empty());
    }
}

#[test]
fn a_run_that_is_asked_to_stop_leaves_nothing_and_loses_nothing() {
    let (_folder, _gateway, site) = site(3);
    let asked = Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() == 3
    };
    let report = export(&site, &stop);
    assert_eq!((report.exit_code().number(), report.waiting), (130, 3));
    assert!(site.leftovers("medium").is_empty());
    assert_eq!(export(&site, &|| false).items, 3);
}

#[test]
fn tickets_read_the_journal_from_the_nearest_mark() {
    let (_folder, gateway, site) = site(3);
    export(&site, &|| false);
    let Config::Low(config) = Config::load(&site.path("low/transfer.toml")).unwrap() else {
        panic!("the low side's configuration is for the high side");
    };
    let mut low = LowSide::open(&config).unwrap();
    let memory = low.memory.streams.get_mut(&gateway.stream).unwrap();
    let start_of_third: usize = gateway.entries.values().take(2).map(|(line, _, _)| line.len() + 1).sum();
    memory.marks = [(3, start_of_third as u64)].into();
    assert_eq!((memory.byte_before(2), memory.byte_before(3)), (0, start_of_third as u64));
    memory.resend.insert(3.try_into().unwrap());
    memory.mark(4.try_into().unwrap(), 9);
    assert_eq!(memory.marks.len(), 1, "marks stand far apart");
    low.memory.save(&config.state).unwrap();
    drop(low);
    assert_eq!(export(&site, &|| false).items, 1);
}
