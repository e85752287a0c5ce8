//! What must not rest anywhere outside: the text, the number, who sent it (promise 2).

use std::fs;
use std::path::Path;

use crate::parts::{Body, jpeg};
use crate::site::{Site, sample};

#[test]
fn nothing_of_a_report_or_its_sender_rests_on_disk_or_in_the_log() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let key = "c0ffeec0ffeec0ffeec0ffeec0ffee00";
    let mut report = sample("09_sector_minimal_elderly.json");
    report["facts"]["narrative"] = "canary-narrative 每天早上来收钱".into();
    let number = client.post_report(Some(key), &report.to_string()).number();
    client.post_report(Some(key), "{\"canary-narrative\":1}");
    let photo = [jpeg(700), b"canary-photo".repeat(50_000)].concat();
    let taken = || Body::of(&report).attachment("canary-name.jpg", "image/jpeg; canary-type", &photo);
    let with_attachment = client.post_parts(Some(key), &taken().end()).number();
    assert_eq!(
        client.post_parts(Some(key), &taken().attachment("canary-second.jpg", "", b"canary-text").end()).status,
        422
    );
    assert_eq!(client.post_parts(Some(key), &taken().unfinished()).status, 400);
    client.request("GET", "/canary-path?canary-query=1", &[("User-Agent", "canary-agent")], b"");
    client.raw(b"GET /canary-path HTTP/1.1\nHost: canary-host\n\n");
    assert_eq!(serving.stop(), Some(0));

    let canaries = ["canary-", key, number.as_str(), with_attachment.as_str(), "127.0.0.1:"];
    let mut looked_at = 0;
    search(&site.path(""), &mut |path, bytes| {
        looked_at += 1;
        // The configuration says where to listen.
        if path.ends_with("gateway.toml") {
            return;
        }
        for canary in canaries {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} in {}", path.display());
        }
    });
    assert!(looked_at > 8, "{looked_at} files");
    let log = site.log();
    assert!(log.contains("route=/api/v1/reports status=201"), "{log}");
    assert!(log.lines().all(|line| line.contains(":00:00Z")), "whole hours only: {log}");
}

fn search(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, look);
        } else {
            look(&path, &fs::read(&path).unwrap());
        }
    }
}
