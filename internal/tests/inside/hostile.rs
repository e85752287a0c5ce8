//! What is at fault itself is set aside, recorded and kept; what stands behind it comes in all the same.

use std::fs;

use nightsafe_schema::item::ItemClass;
use serde_json::{Value, json};

use crate::{
    daemon::Daemon,
    gateway::submission,
    site::{Site, sample},
};

#[test]
fn each_kind_of_bad_item_is_quarantined_with_its_reason() {
    let mut site = Site::new();
    let mut expected = Vec::new();

    let (item, _) = site.gateway.envelope("not even json");
    expected.push((item, "ENVELOPE_UNREADABLE"));
    let (item, _) = site.gateway.envelope("{\"intake\":{},\"report\":{}}");
    expected.push((item, "ENVELOPE_UNREADABLE"));
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let (item, _) = site.gateway.envelope(&format!("{{\"intake\":{{}},\"report\":{deep}}}"));
    expected.push((item, "ENVELOPE_UNREADABLE"));
    let mut unknown_field = sample("09");
    unknown_field["\u{1b}[31m"] = json!("x");
    expected.push((site.gateway.report(&unknown_field).item, "REPORT_INVALID"));
    let mut long = sample("09");
    long["facts"]["narrative"] = json!("长".repeat(5_001));
    expected.push((site.gateway.report(&long).item, "REPORT_INVALID"));

    let whole = site.gateway.media("a.jpg", &vec![1; 100_000]);
    let item = nightsafe_schema::item::ItemId::from_bytes([3; 16]);
    let mut cut = whole.bytes.clone();
    cut.truncate(cut.len() - 1);
    site.gateway.hand_over(item, &cut, ItemClass::Media);
    expected.push((item, "PAYLOAD_UNREADABLE"));
    let item = nightsafe_schema::item::ItemId::from_bytes([4; 16]);
    site.gateway.hand_over(item, b"no age file", ItemClass::Media);
    expected.push((item, "HEADER_UNREADABLE"));
    let changed = site.gateway.report(&sample("09"));
    let mut bytes = changed.bytes.clone();
    *bytes.last_mut().unwrap() ^= 1;
    site.gateway.put(changed.item, &bytes);
    expected.push((changed.item, "BYTES_DIFFER"));

    let good = site.gateway.report(&sample("08"));
    site.gateway.turn_rogue();
    expected.push((site.gateway.report(&sample("09")).item, "ENTRY_UNTRUSTED"));

    let run = site.run(["ingest", "--once", "--json"]).expect(10);
    let done: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(done["quarantined"], expected.len(), "{done} {}", run.stderr);
    assert_eq!(done["opened"], 1);
    assert_eq!(site.gateway.waiting(), 0);
    for (item, reason) in &expected {
        assert!(site.path("quarantine").join(item.file_name()).exists(), "{reason}");
        let note = fs::read_to_string(site.path("quarantine").join(format!("{item}.json"))).unwrap();
        assert!(note.contains(reason), "{reason}: {note}");
        assert!(!note.contains('\u{1b}'));
    }

    let daemon = Daemon::start(&site);
    daemon.become_new("auditor", "auditor", "OFFICE.000000");
    let events = daemon.run(["audit", "--json", "--kind", "ITEM_QUARANTINED"]).json();
    assert_eq!(events["total"], expected.len());
    daemon.become_new("national", "analyst", "OFFICE.000000");
    assert_eq!(daemon.found(good.clue_number.as_str()).len(), 1);
}

#[test]
fn swapped_missing_and_unannounced_items_harm_no_other() {
    let mut site = Site::new();
    let [one, other] = ["08", "09"].map(|start| site.gateway.report(&sample(start)));
    site.gateway.put(one.item, &other.bytes);
    site.gateway.put(other.item, &one.bytes);
    let missing = site.gateway.report(&sample("04"));
    fs::remove_file(site.gateway.path_of(missing.item)).unwrap();
    let unannounced = nightsafe_schema::item::ItemId::from_bytes([5; 16]);
    site.gateway.put(unannounced, &one.bytes);
    site.gateway.report(&sample("01"));
    let run = site.run(["ingest", "--once", "--json"]).expect(10);
    let done: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&done["opened"], &done["quarantined"], &done["postponed"]),
        (&json!(1), &json!(2), &json!(0)),
        "{done}"
    );
    // What has no line is still on its way.
    assert_eq!(site.gateway.waiting(), 1);
    // What is handed over late comes in late.
    site.gateway.put(missing.item, &missing.bytes);
    assert_eq!(site.ingest()["opened"], 1);
}

#[test]
fn an_attachment_that_is_not_the_one_its_report_names_stays_apart() {
    let mut site = Site::new();
    let named = site.gateway.media("a.jpg", b"\xff\xd8 as it was");
    let sent = site.gateway.submit(&sample("09"), submission(), std::slice::from_ref(&named));
    let other = site.gateway.media("a.jpg", b"\xff\xd8 another one");
    site.gateway.hand_over(named.item, &other.bytes, ItemClass::Media);
    let done = site.ingest();
    assert_eq!((&done["opened"], &done["attachments_ahead"]), (&json!(1), &json!(1)), "{done}");
    let daemon = Daemon::start(&site);
    daemon.become_new("national", "analyst", "OFFICE.000000");
    let cases = daemon.found(sent.clue_number.as_str());
    let shown = daemon.run(["show", "--json", &cases[0]]).json();
    assert!(shown["attachments"].to_string().contains("still_crossing"), "{shown}");
}

#[test]
fn a_quarantined_item_put_back_is_tried_anew() {
    let mut site = Site::new();
    let report = site.gateway.report(&sample("09"));
    site.gateway.put(report.item, b"cut off");
    site.run(["ingest", "--once"]).expect(10);
    let note = site.path("quarantine").join(format!("{}.json", report.item));
    let note: Value = serde_json::from_str(&fs::read_to_string(note).unwrap()).unwrap();
    assert_eq!(note["lines"][0]["item"], json!(report.item), "what it takes to hand it over again");
    site.gateway.put(report.item, &report.bytes);
    assert_eq!(site.ingest()["opened"], 1);
}

#[test]
fn nothing_of_a_report_stands_on_the_disk_in_plain() {
    let mut site = Site::new();
    let media = site.gateway.media("杏花村照片.jpg", "照片里的文字 planted canary".repeat(50).as_bytes());
    site.gateway.submit(&sample("01"), submission(), std::slice::from_ref(&media));
    site.gateway.hand_over_media(&media);
    let mut bad = sample("01");
    bad["facts"]["acts"] = json!(["霍大椿"]);
    site.gateway.report(&bad);
    site.run(["ingest", "--once"]).expect(3);
    for folder in ["vault", "ledger", "quarantine", "state", "inbox"] {
        for (path, bytes) in files_under(&site.path(folder)) {
            for canary in ["霍大椿", "苏木青", "14400000001", "planted canary", "杏花村"] {
                let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
                assert!(!found, "{canary} stands in {}", path.display());
            }
        }
    }
}

pub(crate) fn files_under(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_under(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found
}
