//! What operators carry between the sides: gap tickets, acknowledgements, decisions.

use std::fs;

use crate::fixture::{Gateway, Site};
use crate::program::{run, text};

fn crossed(items: usize) -> (tempfile::TempDir, Gateway, Site) {
    let folder = tempfile::tempdir().unwrap();
    let mut gateway = Gateway::new(folder.path(), 1);
    gateway.accept_many(items);
    gateway.write_head();
    let site = Site::new(&gateway);
    assert_eq!(run(&site, "low", &["export"]).code, 0);
    (folder, gateway, site)
}

fn lose(gateway: &Gateway, site: &Site, seq: u64) {
    fs::remove_file(site.path("medium/volume-000001/items").join(gateway.entries[&seq].2.file_name())).unwrap();
}

#[test]
fn a_gap_ticket_brings_exactly_what_is_missing() {
    let (_folder, gateway, site) = crossed(5);
    for seq in [2, 3, 5] {
        lose(&gateway, &site, seq);
    }
    assert_eq!(run(&site, "high", &["import"]).code, 4);
    let gap = run(&site, "high", &["gap"]);
    let ticket = gap.json["tickets"][0]["ticket"].as_str().unwrap().to_owned();
    assert!(ticket.starts_with("GAP 01010101 2-3,5 #"), "{ticket}");
    let status = text(&site, "high", &["status"]);
    assert!(status.starts_with("▲ 缺件 GAP   缺 missing 3: "), "{status}");
    assert!(status.contains(&format!("(low side) nightsafe-transfer resend \"{ticket}\"")), "{status}");
    assert_eq!(run(&site, "low", &["resend", &ticket]).json["queued"], 3);
    let exported = run(&site, "low", &["export"]);
    assert_eq!((&exported.json["items"], &exported.json["volumes"][0]), (&3.into(), &"volume-000002".into()));
    assert_eq!(run(&site, "high", &["import"]).code, 0);
    assert!((1..=5).all(|seq| site.inbox_has(&gateway, seq)));
    assert_eq!(run(&site, "low", &["export"]).json["volumes"].as_array().unwrap().len(), 0);
}

#[test]
fn a_mistyped_or_foreign_ticket_is_refused() {
    let (_folder, _gateway, site) = crossed(3);
    for ticket in ["GAP 01010101 2 #0000", "GAP", "ACK 01010101 1 0000000000000000"] {
        assert_eq!(run(&site, "low", &["resend", ticket]).code, 2, "{ticket}");
    }
    assert_eq!(run(&site, "low", &["export"]).json["volumes"].as_array().unwrap().len(), 0);
}

#[test]
fn an_acknowledgement_deletes_what_it_covers_and_never_past_a_hole() {
    let (_folder, gateway, site) = crossed(4);
    lose(&gateway, &site, 3);
    run(&site, "high", &["import"]);
    let acknowledged = run(&site, "high", &["ack"]);
    let line = acknowledged.json["acknowledgements"][0]["ticket"].as_str().unwrap().to_owned();
    assert!(line.starts_with("ACK 01010101 2 "), "{line}");
    let wrong = line.replace("ACK 01010101 2 ", "ACK 01010101 4 ");
    assert_eq!(run(&site, "low", &["ack", &wrong]).code, 2);
    assert_eq!(fs::read_dir(gateway.outbox.join("items")).unwrap().count(), 4);
    assert_eq!(run(&site, "low", &["ack", &line]).json["deleted"], 2);
    assert_eq!(fs::read_dir(gateway.outbox.join("items")).unwrap().count(), 2);
    assert_eq!(run(&site, "low", &["ack", &line]).json["deleted"], 0);
    assert_eq!(run(&site, "low", &["verify"]).code, 0);
    assert_eq!(run(&site, "low", &["status"]).json["streams"][0]["acknowledged"], 2);
}

#[test]
fn an_acknowledgement_goes_on_where_the_last_one_ended() {
    let (_folder, gateway, site) = crossed(4);
    lose(&gateway, &site, 3);
    run(&site, "high", &["import"]);
    let line = || run(&site, "high", &["ack"]).json["acknowledgements"][0]["ticket"].as_str().unwrap().to_owned();
    let first = line();
    assert_eq!(run(&site, "low", &["ack", &first]).json["deleted"], 2);
    // What was forgotten is not followed again: another line in its place is neither read nor in the way.
    let journal = gateway.outbox.join(format!("journal/{}.jsonl", gateway.stream));
    let text = fs::read_to_string(&journal).unwrap();
    let length = text.find('\n').unwrap();
    fs::write(&journal, format!("{}{}", "x".repeat(length), &text[length..])).unwrap();
    gateway.write_volume(&site.path("medium"), 7, &[3]);
    run(&site, "high", &["import"]);
    let second = line();
    assert!(second.starts_with("ACK 01010101 4 "), "{second}");
    assert_eq!(run(&site, "low", &["ack", &second]).json["deleted"], 2);
    assert_eq!(fs::read_dir(gateway.outbox.join("items")).unwrap().count(), 0);
    // Once more does nothing; an older one is no harm.
    assert_eq!(run(&site, "low", &["ack", &second]).json["deleted"], 0);
    assert_eq!(run(&site, "low", &["ack", &first]).code, 0);
    let wrong = second.replace("ACK 01010101 4 ", "ACK 01010101 3 ");
    assert_eq!(run(&site, "low", &["ack", &wrong]).code, 2);
}

#[test]
fn without_the_pair_secret_there_is_no_acknowledgement() {
    let (_folder, _gateway, site) = crossed(1);
    run(&site, "high", &["import"]);
    fs::remove_file(site.path("high/pair.secret")).unwrap();
    assert_eq!(run(&site, "high", &["ack"]).code, 6);
}

#[test]
fn an_accepted_loss_is_recorded_and_ends_the_alarm() {
    let (_folder, gateway, site) = crossed(3);
    lose(&gateway, &site, 2);
    assert_eq!(run(&site, "high", &["import"]).code, 4);
    let accept =
        |seq: &str| run(&site, "high", &["gap", "accept-loss", seq, "--stream", "01010101", "--reason", "disc broken"]);
    assert_eq!(accept("1").code, 2);
    assert_eq!(accept("2").code, 0);
    let status = run(&site, "high", &["status"]);
    assert_eq!((status.code, &status.json["streams"][0]["accepted_losses"]), (0, &1.into()));
    let losses = fs::read_to_string(site.path("high/state/losses.jsonl")).unwrap();
    assert!(losses.contains("disc broken"), "{losses}");
    // It may still come.
    let ticket = "GAP 01010101 2 #";
    assert!(!text(&site, "high", &["gap"]).contains(ticket));
    gateway.write_volume(&site.path("medium"), 7, &[2]);
    assert_eq!(run(&site, "high", &["import"]).json["handed_over"], 1);
}
