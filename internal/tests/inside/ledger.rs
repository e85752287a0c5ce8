//! The ledger cannot be altered unseen (promise 7, SECURITY T21).

use std::fs;

use crate::{
    daemon::Daemon,
    site::{Site, sample},
};

#[test]
fn an_altered_ledger_is_named_and_the_daemon_does_not_start() {
    let mut site = Site::new();
    site.gateway.report(&sample("01"));
    site.ingest();
    // A daemon signs heads and exports one.
    assert_eq!(Daemon::start(&site).stop(), Some(0));
    let intact = site.run(["audit", "verify", "--json"]).json();
    assert!(intact["vouched_through"].as_u64().unwrap() > 1, "{intact}");
    let head = fs::read_dir(site.path("state/heads")).unwrap().next().unwrap().unwrap().path();
    let head = head.to_str().unwrap();
    site.run(["audit", "verify", "--against", head]).expect(0);

    let segment = site.path("ledger/segment-000001.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.replacen("@daemon", "@nobody", 1)).unwrap();
    let run = site.run(["audit", "verify"]).expect(10);
    assert!(run.stderr.contains("event"), "{}", run.stderr);

    // The tail cut, and every head beside it with it: only the exported one knows.
    let shorter: String = text.split_inclusive('\n').take(1).collect();
    fs::write(&segment, shorter).unwrap();
    fs::remove_dir_all(site.path("ledger/heads")).unwrap();
    site.run(["audit", "verify", "--against", head]).expect(10);
}

#[test]
fn every_look_is_in_the_log_and_the_log_is_the_auditors() {
    let mut site = Site::new();
    let sent = site.gateway.report(&sample("01"));
    site.ingest();
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let case = daemon.found("霍大椿").remove(0);
    daemon.found(sent.clue_number.as_str());
    daemon.run(["show", &case]).expect(0);
    daemon.run(["audit"]).expect(1);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let log = daemon.run(["audit", "--json", "--actor", "national"]).json();
    let rows: Vec<(String, String)> = log["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["kind"].as_str().unwrap().to_owned(), row["detail"].as_str().unwrap().to_owned()))
        .collect();
    let kinds: Vec<&str> = rows.iter().map(|(kind, _detail)| kind.as_str()).collect();
    assert_eq!(kinds, ["CASE_VIEWED", "SEARCHED", "SEARCHED", "LOGGED_IN"]);
    assert!(rows[2].1.contains("霍大椿"));
    assert!(!log.to_string().contains(sent.clue_number.as_str()), "the log holds no clue number");
}
