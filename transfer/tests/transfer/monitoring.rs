//! What monitoring sees: the metrics file, silence as an alarm, systemd's notifications.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Duration;

use jiff::SignedDuration;
use nightsafe_runtime::SystemClock;
use nightsafe_schema::time::Clock as _;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::fixture::{Gateway, Site};
use crate::program::{command, run};

fn site(items: usize) -> (tempfile::TempDir, Gateway, Site) {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(items);
    gateway.write_head();
    let site = Site::new(&gateway);
    for side in ["low", "high"] {
        site.configure(side, "metrics = \"metrics.prom\"");
    }
    (folder, gateway, site)
}

/// The samples of a metrics file; every one has its help and its type.
fn samples(site: &Site, on: &str) -> BTreeMap<String, f64> {
    let text = fs::read_to_string(site.path(&format!("{on}/metrics.prom"))).unwrap();
    let (mut helped, mut typed) = (Vec::new(), Vec::new());
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            helped.push(rest.split_once(' ').unwrap().0.to_owned());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            typed.push(rest.strip_suffix(" gauge").unwrap().to_owned());
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap().to_owned();
            assert!(helped.contains(&name) && typed.contains(&name), "{line}");
            assert!(samples.insert(series.to_owned(), value.parse().unwrap()).is_none(), "{line}");
        }
    }
    samples
}

fn names(samples: &BTreeMap<String, f64>) -> Vec<&str> {
    let mut names: Vec<_> = samples.keys().map(|series| series.split('{').next().unwrap()).collect();
    names.dedup();
    names
}

#[test]
fn the_metrics_are_those_of_the_specification_and_follow_each_run() {
    let (_folder, mut gateway, site) = site(3);
    assert_eq!(run(&site, "low", &["export"]).code, 0);
    let low = samples(&site, "low");
    let expected = [
        "nightsafe_transfer_disk_free_ratio",
        "nightsafe_transfer_key_days_left",
        "nightsafe_transfer_last_success_timestamp_seconds",
        "nightsafe_transfer_missing_items",
        "nightsafe_transfer_quarantine_items",
        "nightsafe_transfer_queue_items",
        "nightsafe_transfer_queue_oldest_seconds",
    ];
    assert_eq!(names(&low), [expected.as_slice(), &["nightsafe_transfer_seq_sent"]].concat());
    assert_eq!(low["nightsafe_transfer_seq_sent{stream=\"01010101\"}"].to_bits(), 3_f64.to_bits());
    assert_eq!(low["nightsafe_transfer_queue_items"].to_bits(), 0_f64.to_bits());
    assert!((0.0..=1.0).contains(&low["nightsafe_transfer_disk_free_ratio{folder=\"medium\"}"]));

    let lost = site.path("medium/volume-000001/items").join(gateway.entries[&2].2.file_name());
    fs::rename(&lost, site.path("lost")).unwrap();
    assert_eq!(run(&site, "high", &["import"]).code, 4);
    let high = samples(&site, "high");
    assert_eq!(high["nightsafe_transfer_missing_items"].to_bits(), 1_f64.to_bits());
    assert_eq!(high["nightsafe_transfer_queue_items"].to_bits(), 2_f64.to_bits());
    assert!(!high.contains_key("nightsafe_transfer_last_success_timestamp_seconds"), "{high:?}");
    fs::rename(site.path("lost"), lost).unwrap();
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    let healed = samples(&site, "high");
    assert_eq!(names(&healed), [expected.as_slice(), &["nightsafe_transfer_seq_received"]].concat());
    assert_eq!(healed["nightsafe_transfer_missing_items"].to_bits(), 0_f64.to_bits());
    assert_eq!(healed["nightsafe_transfer_seq_received{stream=\"01010101\"}"].to_bits(), 3_f64.to_bits());
    let success = healed["nightsafe_transfer_last_success_timestamp_seconds"];

    // A run that fails leaves the last success where it was, and says what waits.
    gateway.accept(b"one more");
    fs::rename(site.path("medium"), site.path("away")).unwrap();
    assert_eq!(run(&site, "high", &["import"]).code, 7);
    assert_eq!(
        samples(&site, "high")["nightsafe_transfer_last_success_timestamp_seconds"].to_bits(),
        success.to_bits()
    );
    assert_eq!(run(&site, "low", &["export"]).code, 7);
    assert_eq!(samples(&site, "low")["nightsafe_transfer_queue_items"].to_bits(), 1_f64.to_bits());
    assert!(site.leftovers("high").is_empty() && site.leftovers("low").is_empty());
}

#[test]
fn silence_of_the_other_side_is_an_alarm() {
    let (_folder, mut gateway, site) = site(2);
    gateway.hour = "2026-11-20T05:00:00Z";
    gateway.write_head();
    run(&site, "low", &["export"]);
    run(&site, "high", &["import"]);
    let kinds = |side: &str| {
        let status = run(&site, side, &["status"]);
        let troubles = status.json["troubles"].as_array().unwrap().clone();
        let kinds: Vec<_> = troubles.iter().map(|trouble| trouble["kind"].as_str().unwrap().to_owned()).collect();
        (status.code, kinds)
    };
    // The newest head is older than the limit, whatever volumes come.
    site.configure("high", "oldest_hours = 1");
    assert_eq!(kinds("high"), (5, vec!["head-old".to_owned()]));
    // No volume has brought anything new for longer than the limit.
    let long_ago = SystemClock::start().now() - SignedDuration::from_hours(100);
    for side in ["low", "high"] {
        site.configure(side, "oldest_hours = 99");
        fs::write(site.path(&format!("{side}/state/health.json")), json!({"newest_volume": long_ago}).to_string())
            .unwrap();
    }
    let (code, found) = kinds("high");
    assert!(code == 5 && found.contains(&"volume-old".to_owned()), "{found:?}");
    let (code, found) = kinds("low");
    assert!(code == 5 && found.contains(&"volume-old".to_owned()), "{found:?}");
    // What was seen before, brought again, is no sign of life.
    fs::rename(site.path("medium/volume-000001"), site.path("medium/volume-000007")).unwrap();
    run(&site, "high", &["import"]);
    assert!(kinds("high").1.contains(&"volume-old".to_owned()));
    // A newer head is.
    gateway.hour = "2026-11-20T06:00:00Z";
    gateway.write_head();
    run(&site, "low", &["export"]);
    run(&site, "high", &["import"]);
    for side in ["low", "high"] {
        assert!(!kinds(side).1.contains(&"volume-old".to_owned()), "{side}");
    }
}

#[test]
fn the_head_of_a_stream_that_was_replaced_may_be_old() {
    let (_folder, mut old, site) = site(1);
    old.hour = "2020-01-01T00:00:00Z";
    old.write_volume(&site.path("medium"), 1, &[1]);
    let mut new = old.new_stream(9, old.last());
    new.hour = "2026-11-22T05:00:00Z";
    new.accept(b"in the new stream");
    new.write_volume(&site.path("medium"), 2, &[1]);
    run(&site, "high", &["import"]);
    site.configure("high", "oldest_hours = 26000");
    let status = run(&site, "high", &["status"]);
    assert_eq!(status.code, 0, "{}", status.json);
}

#[test]
fn systemd_hears_ready_status_and_the_watchdog() {
    let (_folder, gateway, site) = site(1);
    let socket = UnixDatagram::bind(site.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut watching = command(&site, "low");
    watching.args(["export", "--watch"]).stdout(Stdio::null()).stderr(Stdio::null());
    watching.env("NOTIFY_SOCKET", site.path("notify")).env("WATCHDOG_USEC", "100000").env_remove("WATCHDOG_PID");
    let mut child = watching.spawn().unwrap();
    let mut heard = Vec::new();
    let mut hear = |wanted: &str| {
        let mut bytes = [0; 4096];
        while !heard.iter().any(|said: &String| said.contains(wanted)) {
            let length = socket.recv(&mut bytes).unwrap_or_else(|error| panic!("{wanted}: {error}: {heard:?}"));
            heard.push(String::from_utf8(bytes[..length].to_vec()).unwrap());
        }
    };
    hear("READY=1");
    hear("STATUS=● 正常 OK   待发 queue 0");
    hear("WATCHDOG=1");
    // The same words as `status`, as soon as they change.
    fs::write(gateway.outbox.join("items").join(gateway.entries[&1].2.file_name()), "altered").unwrap();
    fs::remove_file(site.path("low/state/export.json")).unwrap();
    let journal = gateway.outbox.join(format!("journal/{}.jsonl", gateway.stream));
    fs::write(&journal, fs::read(&journal).unwrap()).unwrap();
    hear("STATUS=▲ 内容不符 DIFFERS   未发 held 01010101 1   自 since 20");
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    hear("STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
