//! Across the gap: `nightsafe-transfer export` and `import` against `cp`, `sha256sum` and `sync` of the same files.
//!
//! The reference copies, reads again to hash, and flushes every file and the folder: what an operator would do by hand.
//! The program does that too, and verifies signatures and chain, and keeps a record.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use nightsafe_generator::{Reports, Seed};
use nightsafe_quickstart::layout::Part;

use crate::{
    bench::{Bench, Place},
    items::{self, Gateway, ItemFolder},
    process,
    profile::Profile,
    rounds::Pair,
    row::{Aim, Row},
};

/// The rows.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let small = Load { name: ("多而小", "many small"), items: bench.size(300, 2_000, 5_000), large: None };
    let large_bytes = bench.size(16, 64, 128) * 1024 * 1024;
    let large = Load { name: ("少而大", "few large"), items: bench.size(2, 8, 8), large: Some(large_bytes) };
    let mut rows = small.measure(bench)?;
    rows.extend(large.measure(bench)?);
    Ok(rows)
}

/// What is carried.
struct Load {
    name: (&'static str, &'static str),
    items: u64,
    /// Bytes of each, if they are attachments; reports otherwise.
    large: Option<u64>,
}

impl Load {
    fn measure(&self, bench: &Bench) -> Result<Vec<Row>> {
        let place = bench.site()?;
        let outbox = ItemFolder::at(place.layout().part(Part::Gateway).join("outbox"))?;
        let mut gateway = Gateway::of(place.layout())?;
        match self.large {
            None => gateway.file(Reports::of(Seed::Tuning(2)), 0..self.items, &outbox)?,
            Some(bytes) => (0..self.items).try_for_each(|_| gateway.attach(bytes, &outbox))?,
        }
        gateway.settle(&outbox)?;
        let rounds = bench.size(1, 5, 5);
        let mut rows = Vec::new();
        for (verb, part, (zh, en)) in
            [("export", Part::LowTransfer, ("导出", "export")), ("import", Part::HighTransfer, ("导入", "import"))]
        {
            let amount = self.amount();
            let pair = Pair::measure(
                rounds,
                || Ok(amount / by_hand(bench, &outbox.items())?),
                || Ok(amount / self.carry(bench, &place, part, verb)?),
            )?;
            let row = Row::ratio(
                "transfer",
                (&format!("{zh}，{}", self.name.0), &format!("{en}, {}", self.name.1)),
                if self.large.is_some() { "MiB/s" } else { "/s" },
                "cp && sha256sum && sync，同样的文件 of the same files",
                &pair,
                Aim::Ratio(0.8),
            );
            rows.push(row.explained(|| self.explain(bench, &place, part, verb)));
        }
        Ok(rows)
    }

    /// Items, or MiB of large ones.
    fn amount(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let (items, bytes) = (self.items as f64, self.large.unwrap_or(0) as f64);
        if self.large.is_some() { items * bytes / (1024.0 * 1024.0) } else { items }
    }

    /// Seconds that one run of the program takes over everything.
    fn carry(&self, bench: &Bench, place: &Place, part: Part, verb: &str) -> Result<f64> {
        afresh(bench, place, part)?;
        let (cost, _) = process::run(place.command(part, &[verb, "--once"]))?;
        let arrived = match part {
            Part::HighTransfer => ItemFolder::at(place.layout().part(part).join("inbox"))?.count()?,
            _ => items_on(&place.layout().medium())?,
        };
        ensure!(arrived == self.items, "{verb} brought {arrived} of {} items", self.items);
        Ok(cost.wall)
    }

    fn explain(&self, bench: &Bench, place: &Place, part: Part, verb: &str) -> Vec<Profile> {
        let command = || {
            afresh(bench, place, part).ok();
            place.command(part, &[verb, "--once"])
        };
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let items = self.items as f64;
        let mut profiles = vec![
            Profile::by_library("处理器时间按库 processor time by library", &command()),
            Profile::by_call("每件系统调用 system calls an item", &command(), items),
        ];
        if let Ok((cost, _)) = process::run(command()) {
            let rest = (cost.wall - cost.processor()).max(0.0);
            let parts =
                [("程序 program", cost.user), ("内核 kernel", cost.system), ("等磁盘 waiting for the disk", rest)];
            let parts = parts.map(|(name, seconds)| (name.to_owned(), seconds));
            profiles.insert(0, Profile::of("一轮用时 a round's time", parts, "s"));
        }
        profiles
    }
}

/// Seconds for the same by hand.
pub(super) fn by_hand(bench: &Bench, items: &Path) -> Result<f64> {
    let to = bench.fresh("by-hand-")?.join("items");
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", BY_HAND, "by-hand"]).arg(items).arg(&to);
    let (cost, _) = process::run(command)?;
    items::sync(bench.folder())?;
    Ok(cost.wall)
}

/// Puts a side back to where it has carried nothing; what it carried is only moved out of the way.
fn afresh(bench: &Bench, place: &Place, part: Part) -> Result<()> {
    let layout = place.layout();
    let side = layout.part(part);
    let mut folders = vec![side.join("state")];
    match part {
        Part::HighTransfer => folders.extend([side.join("inbox"), side.join("quarantine")]),
        _ => folders.push(layout.medium()),
    }
    let aside = bench.fresh("aside-")?;
    for folder in folders.iter().filter(|folder| folder.exists()) {
        let name = folder.file_name().context("a folder has a name")?;
        fs::rename(folder, aside.join(name)).with_context(|| folder.display().to_string())?;
    }
    if part != Part::HighTransfer {
        fs::create_dir_all(layout.medium())?;
    }
    items::sync(layout.root())
}

/// Items in all volumes of a medium.
fn items_on(medium: &Path) -> Result<u64> {
    let mut items = 0;
    for volume in fs::read_dir(medium)? {
        items += fs::read_dir(volume?.path().join("items")).map_or(0, Iterator::count) as u64;
    }
    Ok(items)
}

const BY_HAND: &str = r#"
cp -r "$1" "$2"
find "$2" -type f -print0 | xargs -0 sha256sum > "$2/sums"
find "$2" -type f -print0 | xargs -0 sync
sync "$2"
"#;
