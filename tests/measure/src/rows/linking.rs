//! Linking: what one more report costs when a million are there, and how much of what belongs together is found.
//!
//! The reports are appended to a ledger through its interface, so none of this is a test double: the store follows that
//! ledger, and each arrival reads its candidates from it. The last ones are arrivals, timed one by one.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, Result};
use nightsafe_casework::linking::LinkKind;
use nightsafe_generator::{Planted, Reports, Seed};
use nightsafe_index::{Arrival, FoundLink, IndexKey, LinkMarker, Links};
use nightsafe_ledger::{EventLog as _, HeadSigner, KeyTable, Ledger, StoreKey};
use nightsafe_runtime::{SystemClock, SystemRandomness};
use nightsafe_schema::time::Clock as _;

use crate::{
    bench::Bench,
    filling::{self, Source},
    rounds::Samples,
    row::{Aim, Quantity, Row},
};

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let reports = bench.size(3_000, 50_000, 1_000_000);
    let arrivals = bench.size(500, 5_000, 20_000);
    let key = IndexKey::from_bytes([3; 32]);
    let clock = SystemClock::start();
    let ledger = fill(bench, reports, &key)?;
    let before = resident()?;
    let began = clock.elapsed();
    let mut links = Links::new(&key);
    for event in ledger.read(1)? {
        links.follow(&event?);
    }
    let followed = clock.elapsed().saturating_sub(began);
    let (memory, grown) = (links.memory(), resident()?.saturating_sub(before));
    let disk = links.to_bytes().len();
    let mut took = Samples::default();
    let mut quality = Quality::default();
    for number in reports - arrivals..reports {
        if is_replay(number) {
            continue;
        }
        let arrival = Arrival { seq: number + 1, case: filling::case(number)? };
        let began = clock.elapsed();
        let found = links.resembling(&ledger, arrival)?;
        took.add(clock.elapsed().saturating_sub(began).as_secs_f64() * 1000.0);
        quality.add(number, &found);
    }
    let row = |names, value, unit, aim| Row::value("linking", names, Quantity { value, unit }, aim);
    let mean = row(("串并一件，平均", "linking an arrival, mean"), took.mean(), "ms", Aim::AtMost(1.0))
        .spread(took.range())
        .note(format!(
            "账本 ledger {reports} 件 reports，{arrivals} 次 arrivals；中位数 median {:.2} ms",
            took.median()
        ));
    let late = row(("串并一件，99 %", "linking an arrival, 99 %"), took.at(99.0), "ms", Aim::AtMost(50.0))
        .note(format!("最慢 slowest {:.1} ms", took.at(100.0)));
    #[expect(clippy::cast_precision_loss, reason = "bytes of one machine")]
    let mib = |bytes: usize| bytes as f64 / (1024.0 * 1024.0);
    let room = row(("串并占内存", "memory of linking"), mib(memory), "MiB", Aim::Told).note(format!(
        "进程增长 the process grew by {:.0} MiB；落盘 on disk {:.0} MiB；从账本重建 built from the ledger in {:.0} s",
        mib(grown),
        mib(disk),
        followed.as_secs_f64()
    ));
    let found = row(("召回", "recall"), quality.recall(), "", Aim::AtLeast(0.90)).note(quality.told());
    let right = row(("准确", "precision"), quality.precision(), "", Aim::AtLeast(0.95));
    Ok(vec![mean, late, room, found, right])
}

/// A ledger with so many reports, each the one event of its case.
fn fill(bench: &Bench, reports: u64, key: &IndexKey) -> Result<Ledger> {
    let folder = bench.fresh("linking-")?;
    let keys = KeyTable::create(&folder.join("keys.table"), StoreKey::from_bytes([1; 32]), Arc::new(SystemRandomness))?;
    let clock = Arc::new(SystemClock::start());
    let ledger = Ledger::open(folder.join("ledger"), Arc::new(keys), HeadSigner::from_bytes(&[2; 32]), clock)?;
    let source = Source::new(SEED, LinkMarker::new(key))?;
    filling::append(&ledger, reports, |number| Ok(vec![source.received(number, &source.report(number)?)?]))?;
    Ok(ledger)
}

/// Planted and found.
#[derive(Default)]
struct Quality {
    planted: BTreeMap<Planted, (u32, u32)>,
    found: u32,
    right: u32,
}

impl Quality {
    fn add(&mut self, number: u64, found: &[FoundLink]) {
        let reports = Reports::of(SEED);
        let truth = reports.truth(number);
        let mut kinds = BTreeMap::new();
        for link in found {
            let other = u64::from_be_bytes(link.other.to_bytes()) - 1;
            if is_replay(other) {
                continue;
            }
            let planted = truth.between(&reports.truth(other));
            self.found += 1;
            self.right += u32::from(planted.map(kind_of) == Some(link.verdict.kind));
            kinds.insert(other, link.verdict.kind);
        }
        if let Some((planted, target)) = truth.planted {
            let count = self.planted.entry(planted).or_default();
            count.0 += 1;
            count.1 += u32::from(kinds.get(&target) == Some(&kind_of(planted)));
        }
    }

    fn recall(&self) -> f64 {
        let (planted, found) = self.planted.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        f64::from(found) / f64::from(planted.max(1))
    }

    fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from(self.found.max(1))
    }

    fn told(&self) -> String {
        let one = |(planted, (all, found)): (&Planted, &(u32, u32))| format!("{planted:?} {found}/{all}");
        self.planted.iter().map(one).collect::<Vec<_>>().join("，")
    }
}

const fn kind_of(planted: Planted) -> LinkKind {
    match planted {
        Planted::Replay | Planted::Duplicate => LinkKind::Duplicate,
        Planted::Series => LinkKind::Series,
        Planted::Related => LinkKind::Related,
    }
}

/// The receipt records a retry and no case; what is here of it is only what is compared with.
fn is_replay(number: u64) -> bool {
    Reports::of(SEED).truth(number).planted.is_some_and(|(planted, _)| planted == Planted::Replay)
}

/// Bytes of this process that are in memory.
fn resident() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<usize>()? * 1024)
}

const SEED: Seed = Seed::Unseen(2);
