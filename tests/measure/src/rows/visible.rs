//! Acceptance to visible: every real program runs and watches; a report is filed, and the analyst's list is asked for it.
//!
//! The clock starts when the gateway has answered 201 and stops when the console's own search finds a word of the report. It
//! does not ask for the clue number: stretching that costs tens of milliseconds a question, by design. On the way the
//! folders are watched, so that a slow stage is named. A second row does the same for alarms: a report of danger, until its
//! alarm stands on the console's list.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use anyhow::{Result, bail, ensure};
use nightsafe_generator::{Reports, Seed, dice::Dice};
use nightsafe_quickstart::{client::Client, layout::Part};
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use notify::{RecursiveMode, Watcher as _};
use serde_json::Value;

use crate::{
    bench::{Bench, Place},
    console::Console,
    process::rest,
    profile::Profile,
    rounds::Samples,
    row::{Aim, Quantity, Row},
};

/// The row.
pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let place = bench.site()?;
    let analyst = Console::account(&place)?;
    let running = place.site().start()?;
    let gateway = Client::new(&format!("https://{}", running.gateway), &place.layout().authority())?;
    let mut console = Console::log_in(&place, running.console, &analyst)?;
    let clock = SystemClock::start();
    let sightings = Sightings::of(&place, clock.clone())?;
    let mut seconds = Samples::default();
    let mut stages: BTreeMap<&'static str, Samples> = BTreeMap::new();
    for number in 0..bench.size(5, 40, 100) {
        // Whoever watches with a period must not be met at the same point of it each time.
        rest(Duration::from_millis(Dice::of(3, number).below(700)));
        sightings.forget();
        let filing = clock.elapsed();
        let (report, mark) = marked(number);
        let answer = gateway.file_report(report.to_string().as_bytes(), None)?;
        let accepted = clock.elapsed();
        ensure!(answer.status == CREATED, "answered {answer:?}");
        loop {
            if console.finds(&mark)? {
                break;
            }
            if clock.elapsed().saturating_sub(accepted) > PATIENCE {
                bail!("report {number} is not visible after {PATIENCE:?}");
            }
            rest(BETWEEN_LOOKS);
        }
        let seen = clock.elapsed();
        seconds.add(seen.saturating_sub(accepted).as_secs_f64());
        stages.entry("1 受理 accepted (201)").or_default().add(accepted.saturating_sub(filing).as_secs_f64());
        let mut at = accepted;
        for (stage, sighted) in sightings.last() {
            stages.entry(stage).or_default().add(sighted.saturating_sub(at).as_secs_f64());
            at = at.max(sighted);
        }
        stages.entry("6 可见 visible").or_default().add(seen.saturating_sub(at).as_secs_f64());
    }
    let alarm = alarms(bench, &gateway, &mut console, &clock)?;
    drop(running);
    let medians = stages.iter().map(|(stage, samples)| ((*stage).to_owned(), samples.median() * 1000.0));
    let profile = Profile::of("各段中位数 medians stage by stage", medians, "ms");
    let mut row = Row::value(
        "visible",
        ("受理到可见，中位数", "accepted to visible, median"),
        Quantity { value: seconds.median(), unit: "s" },
        Aim::AtMost(1.0),
    )
    .spread(seconds.range())
    .note(format!(
        "九成 90 %: {:.2} s, 99 %: {:.2} s; 每 {looks} ms 查一次 asked every {looks} ms",
        seconds.at(90.0),
        seconds.at(99.0),
        looks = BETWEEN_LOOKS.as_millis()
    ));
    row.profile.push(profile);
    Ok(vec![row, alarm])
}

/// From the 201 of a report of danger to its open alarm.
fn alarms(bench: &Bench, gateway: &Client, console: &mut Console, clock: &SystemClock) -> Result<Row> {
    let mut seconds = Samples::default();
    for number in 0..bench.size(3, 10, 20) {
        let (mut report, mark) = marked(ALARMS_FROM + number);
        if let Some(facts) = report.pointer_mut("/facts").and_then(Value::as_object_mut) {
            facts.insert("imminent_danger".to_owned(), true.into());
        }
        let answer = gateway.file_report(report.to_string().as_bytes(), None)?;
        let accepted = clock.elapsed();
        ensure!(answer.status == CREATED, "answered {answer:?}");
        while !console.finds(&format!("list:alarm {mark}"))? {
            if clock.elapsed().saturating_sub(accepted) > PATIENCE {
                bail!("alarm {number} is not raised after {PATIENCE:?}");
            }
            rest(BETWEEN_LOOKS);
        }
        seconds.add(clock.elapsed().saturating_sub(accepted).as_secs_f64());
    }
    Ok(Row::value(
        "visible",
        ("受理到警报，最慢", "accepted to alarm, slowest"),
        Quantity { value: seconds.at(100.0), unit: "s" },
        Aim::AtMost(2.0),
    )
    .spread(seconds.range()))
}

/// A report whose title ends in a number that no other has, and that number.
fn marked(number: u64) -> (Value, String) {
    let mut report = Reports::of(Seed::Tuning(4)).report(number);
    let mark = format!("{:09}", 700_000_000 + number);
    if let Some(title) = report.pointer_mut("/facts/title") {
        let short: String = title.as_str().unwrap_or_default().chars().take(40).collect();
        *title = format!("{short}{mark}").into();
    }
    (report, mark)
}

/// When a report was seen at which stage, by the folders it passes through.
struct Sightings {
    _watcher: notify::RecommendedWatcher,
    seen: Receiver<(&'static str, Duration)>,
}

impl Sightings {
    fn of(place: &Place, clock: SystemClock) -> Result<Self> {
        let layout = place.layout();
        let high = layout.part(Part::HighTransfer);
        let stages: [(&'static str, PathBuf); 4] = [
            ("2 介质 on the medium", layout.medium()),
            ("3 高侧 copied on the high side", high.join("inbox/items")),
            ("4 收件箱 announced in the inbox", high.join("inbox/journal")),
            ("5 账本 in the ledger", layout.part(Part::Internal).join("ledger")),
        ];
        let (sender, seen) = mpsc::channel();
        let folders: Vec<PathBuf> = stages.iter().map(|(_, folder)| folder.clone()).collect();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            // What is looked at or cleared away is no progress of a report.
            if event.kind.is_access() || event.kind.is_remove() {
                return;
            }
            let at = clock.elapsed();
            for path in &event.paths {
                if let Some((stage, _)) = stages.iter().find(|(_, folder)| path.starts_with(folder)) {
                    // Nobody listens any more once the run is over.
                    let _ = sender.send((*stage, at));
                }
            }
        })?;
        for folder in folders {
            std::fs::create_dir_all(&folder)?;
            watcher.watch(&folder, RecursiveMode::Recursive)?;
        }
        Ok(Self { _watcher: watcher, seen })
    }

    fn forget(&self) {
        while self.seen.try_recv().is_ok() {}
    }

    /// When each stage was last seen at work, in the order of the way.
    fn last(&self) -> BTreeMap<&'static str, Duration> {
        self.seen.try_iter().collect()
    }
}

/// Numbers of reports that the first row does not use.
const ALARMS_FROM: u64 = 1_000_000;
const CREATED: u16 = 201;
/// Between two searches; half of it is what the measurement adds.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_mins(1);
