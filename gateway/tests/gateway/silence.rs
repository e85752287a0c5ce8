//! What must not rest anywhere outside: the text, the number, who sent it (promise 2).

use std::fs;
use std::path::Path;

use crate::parts::{Body, jpeg};
use crate::site::{Site, sample};
use crate::walk::Walk;

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

/// Types something into every field of the page, and what it needs beside that.
fn type_everywhere(walk: Walk<'_>) -> Walk<'_> {
    let texts = walk.texts().to_vec();
    assert!(!texts.is_empty(), "{}", walk.page.body);
    texts.iter().fold(walk, |walk, name| walk.fill(name, "canary-text-经过经过"))
}

/// What must be digits is left empty at last.
fn mend(walk: Walk<'_>) -> Walk<'_> {
    let texts = walk.texts().to_vec();
    let has_digits = |name: &&String| {
        [".y", ".m", ".d", "amount_cny", "anon_code", "sha256"].iter().any(|ending| name.ends_with(ending))
    };
    texts.iter().filter(has_digits).fold(walk, |walk, name| walk.fill(name, ""))
}

#[test]
fn nothing_typed_into_any_field_of_the_form_rests_on_disk_or_in_the_log() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let mut numbers = Vec::new();
    for slug in ["officers", "gang", "sector"] {
        let mut walk = Walk::begin(&client, &format!("/report/{slug}")).tick("notice_ack.accepted", "yes");
        let mut typed = 0;
        while !walk.has("declaration.truthful") {
            let page = type_everywhere(walk);
            typed += page.texts().len();
            // First as typed, with what is wrong in it; then mended, with a photograph where one can be added.
            let page = mend(page.press("next"));
            let category = ["PD01", "GC06", "SD06"][numbers.len()];
            let page = if page.has("facts.categories") { page.tick("facts.categories", category) } else { page };
            let page = ["subjects[0].kind", "subjects[0].system", "umbrella.known", "evidence.accounts[0].platform"]
                .into_iter()
                .zip(["individual", "POLICE", "YES", "QQ"])
                .fold(page, |page, (name, code)| if page.has(name) { page.fill(name, code) } else { page });
            walk = page.press_with("next", &[("canary-name.jpg", &jpeg(3000))]).expect(200);
        }
        assert!(typed > 20, "{slug}: {typed} fields");
        let receipt = walk.tick("declaration.truthful", "yes").press("send").expect(200);
        numbers.push(receipt.number());
        let number = numbers.last().unwrap();
        client.post_form("/receipt/check", &[("number", number), ("copy", number), ("do", "check")]);
        client.post_form("/progress", &[("number", number)]);
    }
    assert_eq!(serving.stop(), Some(0));
    let mut canaries = vec!["canary-text", "canary-name", "经过经过"];
    canaries.extend(numbers.iter().map(String::as_str));
    search(&site.path(""), &mut |path, bytes| {
        for canary in &canaries {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} in {}", path.display());
        }
    });
    // Control: they did arrive.
    assert!(site.open_report().report.get().contains("canary-text-经过经过"));
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
