//! An office at work: inbox and search over TLS at a million cases, for an analyst of the national office, who sees the
//! most, and for one of the local unit that holds the most cases.
//!
//! The reports are appended to the site's ledger as the receipt would record them: received, triaged, routed. Linked they
//! are not; the ledger says that they were compared.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use data_encoding::HEXLOWER;
use nightsafe_casework::{
    event::LinksFollowed,
    linking::RULES,
    routing::{Router, Tables},
    triage::triage,
};
use nightsafe_generator::Seed;
use nightsafe_index::{IndexKey, LinkMarker};
use nightsafe_ledger::{Draft, EventLog as _, HeadSigner, KeyTable, Ledger, StoreKey};
use nightsafe_quickstart::layout::Part;
use nightsafe_runtime::{SystemClock, SystemRandomness};
use nightsafe_schema::{division::Divisions, routing_table::RoutingTable, time::Clock as _, unit::UnitRegistry};

use super::search;
use crate::{
    bench::{Bench, Place},
    console::{self, Console},
    filling::{self, Source},
    process::{self, Watched},
    rounds::Samples,
    row::{Aim, Quantity, Row},
};

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let reports = bench.size(1_000, 20_000, 1_000_000);
    let place = bench.site()?;
    let accounts = console::accounts(&place)?;
    let held = fill(&place, reports)?;
    let national = console::national(&accounts)?;
    let county = accounts
        .iter()
        .filter(|account| account.is_analyst() && !account.unit.ends_with(".000000"))
        .max_by_key(|account| held.get(&account.unit).copied().unwrap_or_default())
        .context("there is no analyst of a province, city or county")?;
    let (rebuild, _) = process::run(place.command(Part::Internal, &["reindex", "--json"]))?;
    console::add(&place, &accounts, &[national, county])?;
    let clock = SystemClock::start();
    let began = clock.elapsed();
    let mut inside = place.site().start_part(Part::Internal)?;
    let address = inside.wait_until_ready()?.context("the inside said no address")?;
    let start = clock.elapsed().saturating_sub(began).as_secs_f64();
    process::put_busiest_thread_last(inside.id())?;
    let mut rows = Vec::new();
    for (who, account) in [(("全国办公室", "national office"), national), (("地方单位", "local unit"), county)]
    {
        let mut console = Console::log_in(&place, address, account)?;
        let note =
            format!("{reports} 件 reports；{} 承办 holds {}", account.unit, held.get(&account.unit).unwrap_or(&0));
        for (what, pages) in [
            (("收件箱", "inbox"), inboxes(bench.size(30, 300, 300))),
            (("检索", "search"), searches(reports, bench.size(30, 300, 300))),
        ] {
            let took = ask(&mut console, &clock, &pages)?;
            let names = (format!("{}，{}，99 %", what.0, who.0), format!("{}, {}, 99 %", what.1, who.1));
            let late = Quantity { value: took.at(99.0), unit: "ms" };
            let told = format!("{note}；{} 页 pages，中位数 median {:.1} ms", pages.len(), took.median());
            rows.push(
                Row::value("office", (&names.0, &names.1), late, Aim::AtMost(100.0)).spread(took.range()).note(told),
            );
        }
    }
    let seconds = Quantity { value: start, unit: "s" };
    rows.push(Row::value("office", ("内网启动", "the inside: start to ready"), seconds, Aim::Told).note(format!(
        "重建索引 rebuild of the index {:.0} s，处理器 processor {:.0} s",
        rebuild.wall,
        rebuild.processor()
    )));
    let memory = Quantity { value: Watched::of(inside.id()).resident()?, unit: "MiB" };
    let disk = process::bytes_below(&place.layout().part(Part::Internal))?;
    rows.push(
        Row::value("office", ("内网内存", "the inside: memory"), memory, Aim::Told)
            .note(format!("磁盘 on disk {} MiB", disk / (1024 * 1024))),
    );
    inside.end();
    Ok(rows)
}

/// Fills the site's ledger; how many cases each unit was given.
fn fill(place: &Place, reports: u64) -> Result<BTreeMap<String, u64>> {
    let text = |name: &str| fs::read_to_string(place.layout().root().join(name));
    let units = UnitRegistry::with_files([text("units.json")?.as_str()])?;
    let divisions = Divisions::with_files([text("divisions.json")?.as_str()])?;
    let table = RoutingTable::embedded()?;
    let source = Source::new(Seed::Tuning(search::SEED), LinkMarker::new(&IndexKey::from_bytes([3; 32])))?;
    let router =
        Router::new(Tables { table: &table, units: &units, divisions: &divisions, catalog: source.catalog() })?;
    let held = Mutex::new(BTreeMap::new());
    let ledger = ledger(&place.layout().part(Part::Internal))?;
    filling::append(&ledger, reports, |number| -> Result<Vec<Draft>> {
        let report = source.report(number)?;
        let found = triage(&report, &[], source.catalog());
        let decision = router.route(&report, &found);
        for task in &decision.tasks {
            *held.lock().unwrap_or_else(PoisonError::into_inner).entry(task.unit.to_string()).or_default() += 1;
        }
        let case = Some(filling::case(number)?);
        Ok(vec![source.received(number, &report)?, filling::draft(case, found)?, filling::draft(case, decision)?])
    })?;
    let compared = LinksFollowed { through: ledger.tail().seq, rules: RULES.to_owned() };
    ledger.append(vec![filling::draft(None, compared)?])?;
    Ok(held.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The ledger of a site whose daemon is down.
fn ledger(internal: &Path) -> Result<Ledger> {
    let key = |name: &str| -> Result<[u8; 32]> {
        let text = fs::read_to_string(internal.join("credentials").join(name))?;
        let bytes = HEXLOWER.decode(text.trim_end().as_bytes())?;
        bytes.try_into().map_err(|_| anyhow::anyhow!("{name} has no 32 bytes"))
    };
    let folder = internal.join("ledger");
    let store_key = StoreKey::from_bytes(key("store.key")?);
    let keys = KeyTable::open(&folder.join("keys.table"), store_key, Arc::new(SystemRandomness))?;
    let signer = HeadSigner::from_bytes(&key("ledger.key")?);
    Ok(Ledger::open(folder, Arc::new(keys), signer, Arc::new(SystemClock::start()))?)
}

/// The inbox as it comes, and narrowed by what the facets offer.
fn inboxes(count: u64) -> Vec<String> {
    const NARROWED: [&str; 8] = [
        "/q",
        "/q?show=all",
        "/q?show=all&flow=GANG_CRIME",
        "/q?show=all&priority=P1",
        "/q?show=all&overdue=yes",
        "/q?show=all&state=ROUTED",
        "/q?show=all&skip=5000",
        "/q?show=all&order=newest",
    ];
    NARROWED.iter().cycle().map(|path| (*path).to_owned()).take(usize::try_from(count).unwrap_or_default()).collect()
}

fn searches(reports: u64, count: u64) -> Vec<String> {
    let one = |query: &String| format!("/search?q={}", console::escaped(&format!("\"{query}\"")));
    search::queries(reports, count).iter().map(one).collect()
}

/// Milliseconds of each page; the first ones warm up what is read from the disk.
fn ask(console: &mut Console, clock: &SystemClock, pages: &[String]) -> Result<Samples> {
    for path in pages.iter().take(8) {
        console.page(path)?;
    }
    let mut took = Samples::default();
    for path in pages {
        let began = clock.elapsed();
        console.page(path)?;
        took.add(clock.elapsed().saturating_sub(began).as_secs_f64() * 1000.0);
    }
    Ok(took)
}
