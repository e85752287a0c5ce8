//! Linking: what one more report costs when a million are there, and how much of what belongs together is found.
//!
//! The reports are appended to a ledger through its interface, so none of this is a test double: the store follows that
//! ledger, and each arrival reads its candidates from it. The last ones are arrivals, timed one by one.

use std::{collections::BTreeMap, sync::Arc, thread};

use anyhow::{Context as _, Result};
use nightsafe_casework::{
    event::{Body, EntryPosition, IdentityPart, ReceivedIntake, ReportReceived, UnlockedItem},
    linking::{LinkKind, marks},
};
use nightsafe_generator::{Planted, Reports, Seed, dice::Dice};
use nightsafe_index::{Arrival, FoundLink, IndexKey, LinkMarker, Links};
use nightsafe_ledger::{Draft, EventLog as _, HeadSigner, Json, KeyTable, Ledger, StoreKey};
use nightsafe_runtime::{SystemClock, SystemRandomness};
use nightsafe_schema::{
    case::CaseId,
    catalog::{Catalog, Strictness},
    clue::ClueNumber,
    digest::Digest,
    intake::Channel,
    item::ItemId,
    journal::StreamId,
    report::Report,
    submission::SiteSecret,
    time::{Clock as _, Hour},
};
use serde_json::Value;

use crate::{
    bench::Bench,
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
        let arrival = Arrival { seq: number + 1, case: case(number)? };
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
    let (catalog, marker) = (Catalog::embedded()?, LinkMarker::new(key));
    let mut from = 0;
    while from < reports {
        let to = reports.min(from + AT_ONCE);
        let middle = from + (to - from) / 2;
        let made = |numbers: std::ops::Range<u64>| {
            numbers.map(|number| draft(number, &catalog, &marker)).collect::<Result<Vec<Draft>>>()
        };
        let drafts = thread::scope(|scope| {
            let first = scope.spawn(|| made(from..middle));
            let second = made(middle..to)?;
            let mut all = first.join().map_err(|_| anyhow::anyhow!("a thread that makes reports panicked"))??;
            all.extend(second);
            Ok::<_, anyhow::Error>(all)
        })?;
        ledger.append(drafts)?;
        from = to;
    }
    Ok(ledger)
}

fn draft(number: u64, catalog: &Catalog, marker: &LinkMarker) -> Result<Draft> {
    let document = Reports::of(SEED).report(number);
    let checked = catalog.check(&document, Strictness::Soft).map_err(|_| anyhow::anyhow!("a report is not good"))?;
    let report = Report::try_from(checked)?;
    let mut identity = report.identity();
    let reporter = identity.get_mut("reporter").map(Value::take).unwrap_or_default();
    let mut dice = Dice::of(77, number);
    let submission_id = data_encoding::HEXLOWER.encode(&dice.bytes::<16>()).parse()?;
    let content = Digest::from_bytes(dice.bytes());
    let clue_number = ClueNumber::derive(&SiteSecret::from_bytes([4; 32]), &submission_id, &content);
    let marks = marks(&reporter, &clue_number.grouped(), &document, marker);
    let now = SystemClock::start().now();
    let received = ReportReceived {
        sealed: UnlockedItem {
            item: ItemId::from_bytes(dice.bytes()),
            entry: EntryPosition { stream: StreamId::from_bytes([1; 16]), seq: number + 1 },
            size: 32 * 1024,
            sha256: Digest::from_bytes(dice.bytes()),
            header: String::new(),
            file_key: 0,
        },
        intake: ReceivedIntake {
            submission_id,
            accepted_hour: Hour::containing(now),
            gateway: "gateway-1".to_owned(),
            channel: Channel::Web,
            catalog: "2026-11-1".to_owned(),
            registered: None,
        },
        report: report.without_identity(),
        attachments: Vec::new(),
        content,
        marks,
    };
    let body = Body::from(received);
    Ok(Draft {
        case: Some(case(number)?),
        expected_version: Some(0),
        actor: "@daemon".to_owned(),
        role: "system".to_owned(),
        kind: body.kind().name().to_owned(),
        body: Json::of(&body)?,
        identity: Some(Json::of(&IdentityPart { clue_number, reporter })?),
        at: now,
    })
}

/// The case of a number; scattered, as drawn ones are.
fn case(number: u64) -> Result<CaseId> {
    CaseId::from_bytes((number + 1).to_be_bytes()).context("a case number")
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
/// Reports appended in one batch.
const AT_ONCE: u64 = 1_000;
