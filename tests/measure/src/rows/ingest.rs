//! Receipt to index: `nightsafe-internal ingest --once` over an inbox full of reports, against the sum of its parts.
//!
//! Reports a second of processor time, all threads and the kernel included. The keys of clue numbers are left to the
//! daemon: Argon2id takes tens of milliseconds by design and is off this path (DESIGN section 5).

mod parts;

use anyhow::{Result, ensure};
use nightsafe_generator::{Reports, Seed};
use nightsafe_quickstart::layout::Part;
use serde_json::Value;

use self::parts::Parts;
use crate::{
    bench::{Bench, Place},
    items::{Gateway, ItemFolder},
    process::{self, Cost},
    profile::Profile,
    rounds::{Pair, Samples},
    row::{Aim, Quantity, Row},
};

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    // The dictionary of words is loaded once a run, 0.2 s: the more reports, the less of it in the figure.
    let reports = bench.size(500, 6_000, 20_000);
    let mut walls = Samples::default();
    let mut parts = Parts::default();
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let count = reports as f64;
    let pair = Pair::measure(
        bench.size(1, 3, 3),
        || {
            parts = Parts::measure(bench, reports)?;
            Ok(1.0 / parts.sum())
        },
        || {
            let cost = ingest(bench, reports)?;
            walls.add(count / cost.wall);
            Ok(count / cost.processor())
        },
    )?;
    let profile = || {
        let mut profiles = vec![parts.profile()];
        if let Ok(place) = filled(bench, reports) {
            profiles.push(Profile::by_library("处理器时间按库 processor time by library", &command(&place)));
        }
        if let Ok(place) = filled(bench, reports) {
            profiles.push(Profile::by_call("每件系统调用 system calls a report", &command(&place), count));
        }
        profiles
    };
    let rate = Row::value(
        "ingest",
        ("收件到索引，每核每秒", "receipt to index, a core"),
        Quantity { value: pair.ours.median(), unit: "/s" },
        Aim::AtLeast(3_000.0),
    )
    .spread(pair.ours.range())
    .note(format!("{reports} 件 reports; 按墙钟 by the wall: {:.0}/s", walls.median()))
    .explained(profile);
    let by_parts = Row::ratio(
        "ingest",
        ("收件到索引，比各步之和", "receipt to index, by its parts"),
        "/s",
        "各步单独 each part alone: verify, open, check, triage+route, vault, ledger, index",
        &pair,
        Aim::Ratio(0.8),
    )
    .explained(|| vec![parts.profile()]);
    Ok(vec![rate, by_parts])
}

/// Takes in an inbox of so many reports; what the program cost.
fn ingest(bench: &Bench, reports: u64) -> Result<Cost> {
    let place = filled(bench, reports)?;
    let (cost, said) = process::run(command(&place))?;
    let pass: Value = serde_json::from_str(&said)?;
    ensure!(pass.get("opened").and_then(Value::as_u64) == Some(reports), "not all were taken in: {pass}");
    Ok(cost)
}

/// A site whose inbox holds so many reports.
pub fn filled(bench: &Bench, reports: u64) -> Result<Place> {
    let place = bench.site()?;
    let inbox = ItemFolder::at(place.layout().part(Part::HighTransfer).join("inbox"))?;
    let mut gateway = Gateway::of(place.layout())?;
    gateway.file(Reports::of(Seed::Tuning(SEED)), 0..reports, &inbox)?;
    gateway.settle(&inbox)?;
    Ok(place)
}

/// The run that takes an inbox in.
pub fn command(place: &Place) -> std::process::Command {
    place.command(Part::Internal, &["ingest", "--once", "--leave-numbers", "--json"])
}

/// The reports of this measurement.
pub const SEED: u32 = 1;
