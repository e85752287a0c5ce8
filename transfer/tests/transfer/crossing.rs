//! The ordinary way: export, import, again, nothing to do.

use std::fs;

use crate::fixture::{Gateway, Site};
use crate::program::{run, text};

fn site(items: usize) -> (tempfile::TempDir, Gateway, Site) {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(items);
    gateway.write_head();
    let site = Site::new(&gateway);
    (folder, gateway, site)
}

#[test]
fn everything_crosses_byte_for_byte_and_once() {
    let (_folder, mut gateway, site) = site(3);
    let exported = run(&site, "low", &["export"]);
    assert_eq!((exported.code, &exported.json["volumes"][0]), (0, &"volume-000001".into()), "{}", exported.stderr);
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, imported.json["handed_over"].as_u64()), (0, Some(3)), "{}", imported.stderr);
    for seq in 1..=3 {
        assert!(site.inbox_has(&gateway, seq));
    }
    let lines: Vec<String> =
        gateway.entries.values().map(|(line, _, _)| String::from_utf8(line.clone()).unwrap()).collect();
    assert_eq!(site.inbox_lines(&gateway.stream), lines);
    let head = fs::read(site.path(&format!("high/inbox/journal/{}.head.json", gateway.stream))).unwrap();
    assert_eq!(head, [gateway.head_line(), b"\n".to_vec()].concat());

    gateway.accept(b"one more");
    gateway.write_head();
    assert_eq!(run(&site, "low", &["export"]).json["entries"], 1);
    assert_eq!(run(&site, "high", &["import"]).json["handed_over"], 1);
    assert_eq!(site.inbox_lines(&gateway.stream).len(), 4);
    let status = run(&site, "high", &["status"]);
    assert_eq!((status.code, status.json["received"].as_u64()), (0, Some(4)));
    assert_eq!(run(&site, "low", &["verify"]).code, 0);
    assert_eq!(run(&site, "high", &["verify"]).code, 0);
}

/// No file or folder of a volume, and no item in the inbox, tells a time finer than the hour (SECURITY T16).
#[test]
fn nothing_that_crosses_tells_the_minute() {
    use std::os::unix::fs::MetadataExt as _;
    let (_folder, _gateway, site) = site(3);
    run(&site, "low", &["export"]);
    run(&site, "high", &["import"]);
    let mut looked_at = 0;
    let mut left = vec![site.path("medium/volume-000001")];
    left.extend(fs::read_dir(site.path("high/inbox/items")).unwrap().map(|entry| entry.unwrap().path()));
    while let Some(path) = left.pop() {
        let found = fs::metadata(&path).unwrap();
        assert_eq!((found.mtime() % 3600, found.mtime_nsec()), (0, 0), "{}", path.display());
        looked_at += 1;
        if found.is_dir() {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert_eq!(looked_at, 4 + 3 + 3);
}

#[test]
fn nothing_new_makes_no_volume_and_a_newer_head_makes_one() {
    let (_folder, mut gateway, site) = site(1);
    run(&site, "low", &["export"]);
    assert_eq!(run(&site, "low", &["export", "--once", "--fail-if-empty"]).code, 9);
    assert!(!site.path("medium/volume-000002").exists());
    gateway.hour = "2026-11-22T06:00:00Z";
    gateway.write_head();
    let head_only = run(&site, "low", &["export"]);
    assert_eq!((head_only.code, head_only.json["entries"].as_u64()), (0, Some(0)));
    assert!(site.path("medium/volume-000002/head.json").exists());
    run(&site, "high", &["import"]);
    let status = run(&site, "high", &["status"]);
    assert_eq!(status.json["streams"][0]["head_hour"], "2026-11-22T06:00:00Z");
}

#[test]
fn what_internal_took_away_is_not_handed_over_again() {
    let (_folder, gateway, site) = site(2);
    run(&site, "low", &["export"]);
    run(&site, "high", &["import"]);
    for entry in fs::read_dir(site.path("high/inbox/items")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    // The same items once more, in a volume that was not seen before.
    fs::remove_file(site.path("low/state/export.json")).unwrap();
    run(&site, "low", &["export"]);
    assert!(site.path("medium/volume-000002").exists());
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["handed_over"], &imported.json["known"]), (0, &0.into(), &2.into()));
    assert_eq!(fs::read_dir(site.path("high/inbox/items")).unwrap().count(), 0);
    assert_eq!(site.inbox_lines(&gateway.stream).len(), 2);
}

#[test]
fn a_lost_memory_is_derived_from_the_inbox_journal() {
    let (_folder, gateway, site) = site(3);
    run(&site, "low", &["export"]);
    run(&site, "high", &["import"]);
    fs::remove_dir_all(site.path("high/state/streams")).unwrap();
    fs::remove_file(site.path("high/state/volumes.json")).unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["handed_over"], &imported.json["known"]), (0, &0.into(), &3.into()));
    assert_eq!(site.inbox_lines(&gateway.stream).len(), 3);
}

#[test]
fn an_inbox_that_lost_its_journal_is_filled_again() {
    let (_folder, gateway, site) = site(3);
    run(&site, "low", &["export"]);
    run(&site, "high", &["import"]);
    fs::remove_dir_all(site.path("high/inbox")).unwrap();
    let imported = run(&site, "high", &["import"]);
    assert_eq!((imported.code, &imported.json["handed_over"]), (0, &3.into()), "{}", imported.stderr);
    assert!((1..=3).all(|seq| site.inbox_has(&gateway, seq)));
}

#[test]
fn a_large_backlog_takes_several_volumes() {
    let (_folder, gateway, site) = site(9);
    let config = fs::read_to_string(site.path("low/transfer.toml")).unwrap();
    let per_volume: usize = gateway.entries.values().take(3).map(|(_, bytes, _)| bytes.len()).sum();
    fs::write(site.path("low/transfer.toml"), format!("volume_bytes = {per_volume}\n{config}")).unwrap();
    let exported = run(&site, "low", &["export"]);
    assert!(exported.json["volumes"].as_array().unwrap().len() >= 3, "{}", exported.json);
    // The first volume alone names no hole that the others fill.
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    assert_eq!(site.inbox_lines(&gateway.stream).len(), 9);
}

#[test]
fn the_first_word_is_the_verdict() {
    let (_folder, gateway, site) = site(3);
    assert!(text(&site, "low", &["status"]).starts_with("● 正常 OK   待发 queue 3"));
    run(&site, "low", &["export"]);
    run(&site, "high", &["import"]);
    assert!(
        text(&site, "high", &["status"])
            .starts_with("● 正常 OK   已收 received 3   缺 missing 0   隔离 quarantine 0\n")
    );
    assert_eq!(gateway.entries.len(), 3);
}

#[test]
fn a_ring_that_too_few_officers_signed_is_a_key_failure() {
    let (_folder, _gateway, site) = site(1);
    fs::remove_file(site.path("keys/ring.json.a.minisig")).unwrap();
    assert_eq!(run(&site, "low", &["export"]).code, 6);
    assert_eq!(run(&site, "high", &["import"]).code, 6);
}

#[test]
fn a_verb_of_the_other_side_is_a_usage_error() {
    let (_folder, _gateway, site) = site(1);
    for (side, verb) in [("high", "export"), ("low", "import"), ("low", "gap")] {
        let refused = run(&site, side, &[verb]);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("side"), "{}", refused.stderr);
    }
}
