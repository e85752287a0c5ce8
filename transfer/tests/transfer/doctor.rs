//! `doctor`: one line a check, each bad one with its exit code and the next step.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::fixture::{Gateway, Site};
use crate::program::{Run, run, text};

fn site() -> (tempfile::TempDir, Gateway, Site) {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(2);
    gateway.write_head();
    let site = Site::new(&gateway);
    (folder, gateway, site)
}

fn bad(report: &Run) -> Vec<(String, i64)> {
    let checks = report.json["checks"].as_array().unwrap().iter().filter(|check| check["exit"] != 0);
    let bad = |check: &Value| {
        assert!(check["next"]["zh"].is_string() && check["next"]["en"].is_string(), "{check}");
        (check["what"].as_str().unwrap().to_owned(), check["exit"].as_i64().unwrap())
    };
    checks.map(bad).collect()
}

#[test]
fn a_side_in_order_has_only_good_lines_and_is_not_changed() {
    let (_folder, _gateway, site) = site();
    for side in ["low", "high"] {
        for run_before in [false, true] {
            let report = run(&site, side, &["doctor"]);
            assert_eq!((report.code, bad(&report)), (0, vec![]), "{}", report.json);
            let made = site.path(&format!("{side}/state")).exists();
            assert_eq!(made, run_before, "doctor makes nothing");
            run(&site, side, &[if side == "low" { "export" } else { "import" }]);
        }
        let shown = text(&site, side, &["doctor"]);
        assert!(shown.starts_with("● 正常 OK   检查 checks "), "{shown}");
        assert!(shown.lines().skip(1).all(|line| line.starts_with("  ● ")), "{shown}");
    }
}

/// How one thing is spoilt, on which side, and which check says so with which code.
type Spoilt = (&'static str, fn(&Site, &mut Gateway), &'static str, i64);

const SPOILT: &[Spoilt] = &[
    ("low", |site, _| fs::remove_dir_all(site.path("medium")).unwrap(), "介质 medium", 7),
    ("high", |site, _| fs::remove_dir_all(site.path("medium")).unwrap(), "介质 medium", 7),
    ("low", |_, gateway| fs::remove_dir_all(gateway.outbox.join("items")).unwrap(), "发件箱 outbox items", 7),
    ("low", |site, _| fs::remove_file(site.path("keys/ring.json.a.minisig")).unwrap(), "密钥环 key ring", 6),
    ("high", |site, _| fs::remove_file(site.path("keys/ring.json")).unwrap(), "密钥环 key ring", 6),
    (
        "low",
        |site, _| {
            let path = site.path("low/transfer.toml");
            let text = fs::read_to_string(&path).unwrap().replace("threshold = 2", "threshold = 1");
            fs::write(path, text).unwrap();
        },
        "密钥环 key ring",
        2,
    ),
    (
        "high",
        |site, _| {
            let secret = site.path("high/pair.secret");
            fs::set_permissions(secret, fs::Permissions::from_mode(0o644)).unwrap();
        },
        "收讫密钥 pair secret",
        6,
    ),
    ("low", |site, _| fs::write(site.path("low/pair.secret"), "short").unwrap(), "收讫密钥 pair secret", 6),
    (
        "low",
        |_, gateway| {
            gateway.hour = "2126-01-01T00:00:00Z";
            gateway.write_head();
        },
        "时钟 clock",
        1,
    ),
    ("high", |site, _| site.configure("high", "metrics = \"none/metrics.prom\""), "指标 metrics", 7),
    ("high", |site, _| fs::write(site.path("high/inbox"), "a file").unwrap(), "收件箱 inbox", 7),
    (
        "low",
        |site, _| {
            fs::create_dir_all(site.path("low/state")).unwrap();
            fs::write(site.path("low/state/health.json"), "{\"newest_volume\": \"2020-01-01T00:00:00Z\"}").unwrap();
            site.configure("low", "oldest_hours = 100");
        },
        "最后一卷 newest volume",
        5,
    ),
];

#[test]
fn whatever_is_spoilt_has_its_line_its_code_and_the_next_step() {
    for (number, (side, spoil, what, code)) in SPOILT.iter().enumerate() {
        let (_folder, mut gateway, site) = site();
        spoil(&site, &mut gateway);
        let report = run(&site, side, &["doctor"]);
        let found = bad(&report);
        assert!(found.contains(&((*what).to_owned(), *code)), "{number}: {what}: {found:?}");
        let shown = text(&site, side, &["doctor"]);
        let line = shown.lines().position(|line| line.contains(what)).unwrap();
        let below = shown.lines().nth(line + 1).unwrap();
        assert!(below.starts_with("      下一步 next  "), "{number}: {shown}");
    }
}

#[test]
fn a_configuration_that_cannot_be_used_is_the_only_line() {
    let (_folder, _gateway, site) = site();
    site.configure("low", "outbocks = \"x\"");
    let report = run(&site, "low", &["doctor"]);
    assert_eq!((report.code, bad(&report)), (2, vec![("配置 configuration".to_owned(), 2)]));
    assert!(report.json["checks"][0]["finding"]["en"].as_str().unwrap().contains("outbocks"), "{}", report.json);
}

#[test]
fn an_unfinished_volume_is_a_leftover_and_no_alarm() {
    let (_folder, _gateway, site) = site();
    fs::create_dir(site.path("medium/.volume-000009.part")).unwrap();
    let shown = text(&site, "low", &["doctor"]);
    assert!(shown.contains("残留 leftovers  1 unfinished files"), "{shown}");
}
