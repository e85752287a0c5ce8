//! More about a case, by its clue number.

use serde_json::{Value, json};

use crate::{
    daemon::Daemon,
    site::{Site, sample},
};

fn supplement(cites: &str) -> Value {
    json!({
        "schema": "report/1",
        "flow": "SUPPLEMENT",
        "cites": cites,
        "facts": { "narrative": "昨天晚上他们又来了，这次带了三辆没有牌照的面包车。" },
        "evidence": { "urls": [], "accounts": [], "transactions": [], "apps": [], "attachments": [] },
    })
}

#[test]
fn a_supplement_joins_the_case_whose_number_it_cites() {
    let mut site = Site::new();
    let first = site.gateway.report(&sample("01"));
    // Even in the same hand-over, before the number was ever derived.
    site.gateway.report(&supplement(&first.clue_number.grouped()));
    let done = site.ingest();
    assert_eq!((done["opened"].as_u64(), done["supplemented"].as_u64()), (Some(1), Some(1)), "{done}");
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let cases = daemon.found("面包车");
    assert_eq!(cases, daemon.found(&first.clue_number.grouped()));
    let shown = daemon.run(["show", "--json", &cases[0]]).json();
    assert_eq!(shown["supplements"][0]["cites"], "clue_number");
    assert!(!shown.to_string().contains(first.clue_number.as_str()), "no body holds the number");
}

#[test]
fn a_supplement_to_an_unknown_number_waits_in_the_national_pool() {
    let mut site = Site::new();
    let elsewhere = Site::new().gateway.report(&sample("09")).clue_number;
    site.gateway.report(&supplement(elsewhere.as_str()));
    assert_eq!(site.ingest()["opened"], 1);
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    assert_eq!(daemon.found("面包车").len(), 1);
    assert!(daemon.found(elsewhere.as_str()).is_empty(), "it does not take the number that it cites");
}
