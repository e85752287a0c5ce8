//! What an operator lives with: rebuilding the index, its size after overwrites, start-up times, memory at rest.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result};
use nightsafe_generator::{Reports, Seed};
use nightsafe_quickstart::layout::Part;
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;

use super::ingest;
use crate::{
    bench::{Bench, Place},
    items::{Gateway, ItemFolder},
    process::{self, Watched, rest},
    rounds::Samples,
    row::{Aim, Quantity, Row},
};

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = start_up(bench)?;
    rows.extend(index(bench)?);
    Ok(rows)
}

/// Every program from its start to its line `ready`, and its memory a while later.
fn start_up(bench: &Bench) -> Result<Vec<Row>> {
    let place = bench.site()?;
    let clock = SystemClock::start();
    let mut rows = Vec::new();
    for part in [Part::Gateway, Part::LowTransfer, Part::HighTransfer, Part::Internal] {
        let (mut seconds, mut memory) = (Samples::default(), Samples::default());
        for _ in 0..bench.size(2, 7, 15) {
            let began = clock.elapsed();
            let mut child = place.site().start_part(part)?;
            child.wait_until_ready()?;
            seconds.add(clock.elapsed().saturating_sub(began).as_secs_f64() * 1000.0);
            rest(SETTLED);
            memory.add(Watched::of(child.id()).resident()?);
            child.end();
        }
        let (zh, en) = part.name().split_once(' ').unwrap_or((part.name(), ""));
        let aim = if part == Part::Gateway { Aim::AtMost(50.0) } else { Aim::Told };
        let ready = Quantity { value: seconds.median(), unit: "ms" };
        rows.push(
            Row::value("upkeep", (&format!("{zh}启动"), &format!("{en}: start to ready")), ready, aim)
                .spread(seconds.range()),
        );
        let resident = Quantity { value: memory.median(), unit: "MiB" };
        rows.push(
            Row::value("upkeep", (&format!("{zh}空闲内存"), &format!("{en}: memory at rest")), resident, Aim::Told)
                .spread(memory.range()),
        );
    }
    Ok(rows)
}

/// Rebuilds of the index, and what overwriting does to it.
fn index(bench: &Bench) -> Result<Vec<Row>> {
    let reports = bench.size(300, 5_000, 20_000);
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let count = reports as f64;
    let place = bench.site()?;
    let inbox = ItemFolder::at(place.layout().part(Part::HighTransfer).join("inbox"))?;
    let mut gateway = Gateway::of(place.layout())?;
    let again = |gateway: &mut Gateway| -> Result<()> {
        gateway.file_again(Reports::of(Seed::Tuning(6)), 0..reports, &inbox)?;
        gateway.settle(&inbox)?;
        process::run(ingest::command(&place)).map(drop)
    };
    again(&mut gateway)?;
    let (mut walls, mut processors) = (Samples::default(), Samples::default());
    for _ in 0..bench.size(1, 3, 3) {
        let (cost, _) = process::run(reindex(&place))?;
        walls.add(cost.wall / count * 1e6);
        processors.add(cost.processor() / count * 1e6);
    }
    let once = size(&place)?;
    // A retry changes its case: the row of each case is written anew.
    for _ in 0..OVERWRITES {
        again(&mut gateway)?;
    }
    let overwritten = size(&place)?;
    process::run(reindex(&place))?;
    let rebuilt = size(&place)?;
    let time = Row::value(
        "upkeep",
        ("重建索引，每件", "rebuild of the index, a report"),
        Quantity { value: walls.median(), unit: "µs" },
        Aim::Told,
    )
    .spread(walls.range())
    .note(format!("{reports} 件 reports; 处理器 processor {:.0} µs 每件 each", processors.median()));
    let grown = Row::value(
        "upkeep",
        ("五次覆写后的 sled，比重建", "sled after five overwrites, by rebuilt"),
        Quantity { value: overwritten / rebuilt, unit: "×" },
        Aim::Told,
    )
    .note(format!(
        "初次 at first {once:.1} MiB，五次后 after five {overwritten:.1} MiB，重建后 rebuilt {rebuilt:.1} MiB"
    ));
    Ok(vec![time, grown])
}

fn reindex(place: &Place) -> Command {
    place.command(Part::Internal, &["reindex", "--json"])
}

/// MiB of the projections on the disk.
fn size(place: &Place) -> Result<f64> {
    let index = place.layout().part(Part::Internal).join("index");
    let projections = below(&index, "projections").with_context(|| format!("no projections in {}", index.display()))?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok(process::bytes_below(&projections)? as f64 / (1024.0 * 1024.0))
}

/// The folder of this name one generation down.
fn below(index: &Path, name: &str) -> Option<std::path::PathBuf> {
    let generations = std::fs::read_dir(index).ok()?;
    generations.filter_map(|one| Some(one.ok()?.path().join(name))).find(|path| path.is_dir())
}

const OVERWRITES: usize = 5;
/// After `ready`, until memory that only the start needed is given back.
const SETTLED: Duration = Duration::from_millis(300);
