//! What comes in becomes a case, once, and everything of it can be had back.

use std::fs;

use serde_json::json;

use crate::{
    daemon::Daemon,
    gateway::submission,
    site::{OFFICER, Site, sample},
};

#[test]
fn a_report_crosses_into_a_case_and_the_inbox_is_empty() {
    let mut site = Site::new();
    site.gateway.report(&sample("01"));
    let done = site.ingest();
    assert_eq!((done["opened"].as_u64(), done["postponed"].as_u64()), (Some(1), Some(0)), "{done}");
    assert_eq!(site.gateway.waiting(), 0);
    site.run(["ingest", "--once", "--fail-if-empty"]).expect(9);
}

#[test]
fn attachments_find_their_report_whichever_comes_first() {
    let mut site = Site::new();
    let ahead = site.gateway.media("ahead.jpg", b"\xff\xd8 first");
    let behind = site.gateway.media("behind.jpg", b"\xff\xd8 second");
    site.gateway.hand_over_media(&ahead);
    assert_eq!(site.ingest()["attachments_ahead"], 1);
    let sent = site.gateway.submit(&sample("08"), submission(), &[ahead, behind.clone()]);
    assert_eq!(site.ingest()["opened"], 1);
    {
        let daemon = Daemon::start(&site);
        daemon.become_new("national", "analyst", "OFFICE.000000");
        let case = daemon.found(sent.clue_number.as_str()).remove(0);
        let shown = daemon.run(["show", "--json", &case]).json();
        let states: Vec<_> = shown["attachments"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
        assert_eq!(states, ["arrived", "still_crossing"]);
        assert!(!shown.to_string().contains("file_key"));
    }
    site.gateway.hand_over_media(&behind);
    assert_eq!(site.ingest()["attachments"], 1);
    let daemon = Daemon::start(&site);
    daemon.log_in("national");
    let case = daemon.found(sent.clue_number.as_str()).remove(0);
    let shown = daemon.run(["show", "--json", &case]).json();
    assert!(shown["attachments"].as_array().unwrap().iter().all(|one| one["state"] == "arrived"), "{shown}");
}

#[test]
fn an_item_comes_out_as_it_went_in_with_and_without_the_daemon() {
    let mut site = Site::new();
    let media = site.gateway.media("a.jpg", &vec![7; 200_000]);
    let sent = site.gateway.submit(&sample("09"), submission(), std::slice::from_ref(&media));
    site.gateway.hand_over_media(&media);
    site.ingest();
    for (item, bytes) in [(sent.item, &sent.bytes), (media.item, &media.bytes)] {
        let out = site.path("out.age");
        let arguments = ["item", "export", &item.to_string(), "--out", out.to_str().unwrap()];
        site.run(arguments).expect(0);
        assert_eq!(&fs::read(&out).unwrap(), bytes);
        // What is there is never written over.
        assert_ne!(site.run(arguments).code, Some(0));
        fs::remove_file(&out).unwrap();

        let daemon = Daemon::start(&site);
        assert_ne!(daemon.run(arguments).code, Some(0), "nobody is logged in");
        daemon.log_in(OFFICER);
        daemon.run(arguments).expect(0);
        assert_eq!(&fs::read(&out).unwrap(), bytes);
        fs::remove_file(&out).unwrap();
        assert_eq!(daemon.stop(), Some(0));
    }
}

#[test]
fn the_same_submission_again_is_a_retry_and_another_content_a_supplement() {
    let mut site = Site::new();
    let id = submission();
    let report = sample("09");
    let first = site.gateway.submit(&report, id, &[]);
    assert_eq!(site.ingest()["opened"], 1);
    let again = site.gateway.submit(&report, id, &[]);
    assert_eq!(again.clue_number, first.clue_number);
    assert_eq!(site.ingest()["retried"], 1);
    let mut more = report;
    more["facts"]["title"] = json!("菜市场乱收费（更正）");
    site.gateway.submit(&more, id, &[]);
    assert_eq!(site.ingest()["supplemented"], 1);

    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let cases = daemon.found("菜市场");
    assert_eq!(cases.len(), 1);
    let shown = daemon.run(["show", "--json", &cases[0]]).json();
    assert_eq!(shown["retries"], 1);
    assert_eq!(shown["supplements"][0]["cites"], "submission_id");
}

#[test]
fn replayed_items_are_recorded_once() {
    let mut site = Site::new();
    let sent = site.gateway.report(&sample("09"));
    assert_eq!(site.ingest()["opened"], 1);
    for _ in 0..3 {
        site.gateway.put(sent.item, &sent.bytes);
        let done = site.ingest();
        assert_eq!((done["opened"].as_u64(), done["cleared"].as_u64()), (Some(0), Some(1)), "{done}");
    }
    assert_eq!(site.gateway.waiting(), 0);
}

#[test]
fn an_item_without_a_line_is_left_alone() {
    let mut site = Site::new();
    let media = site.gateway.media("a.jpg", b"x");
    site.gateway.put(media.item, &media.bytes);
    site.gateway.report(&sample("09"));
    assert_eq!(site.ingest()["opened"], 1);
    assert_eq!(site.gateway.waiting(), 1);
}

#[test]
fn an_item_for_an_absent_identity_waits_and_blocks_nothing() {
    let mut site = Site::new();
    site.gateway.report(&sample("09"));
    site.gateway.seal_to_strangers();
    site.gateway.report(&sample("08"));
    let run = site.run(["ingest", "--once", "--json"]).expect(6);
    let done: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((done["opened"].as_u64(), done["without_identity"].as_u64()), (Some(1), Some(1)), "{done}");
    assert_eq!(site.gateway.waiting(), 1);
}
