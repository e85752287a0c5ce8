//! The key ring while the gateway runs: followed, never rolled back, closed when it has ended (SECURITY T12).

use nightsafe_schema::digest::Digest;

use crate::client::Client;
use crate::site::{Serving, Site, VALID, Window, sample};

fn version(client: &Client) -> u64 {
    let keys = client.request("GET", "/keys", &[], b"").json();
    let ring: serde_json::Value = serde_json::from_str(keys["ring"].as_str().unwrap()).unwrap();
    ring["version"].as_u64().unwrap()
}

fn post(site: &Site, serving: &Serving) -> u16 {
    let report = sample("09_sector_minimal_elderly.json").to_string();
    site.client(serving).post_report(None, &report).status
}

/// Asks until the gateway has looked at its ring; each question is a round trip, and the number of them is bounded.
fn wait_for(client: &Client, what: impl Fn(u64) -> bool) {
    assert!((0..5000).any(|_| what(version(client))), "the gateway did not follow");
}

#[test]
fn a_successor_is_followed_and_an_older_ring_is_refused_even_after_a_restart() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    assert_eq!(version(&client), 1);
    let first = Digest::of(&std::fs::read(site.path("ring/ring.json")).unwrap());

    site.publish_ring(2, first, VALID, 3);
    serving.hang_up();
    wait_for(&client, |version| version == 2);

    site.publish_ring(1, Digest::ZERO, VALID, 3);
    serving.hang_up();
    wait_for(&client, |_| site.log().contains("key ring refused"));
    assert_eq!(version(&client), 2);
    assert_eq!(post(&site, &serving), 201);
    serving.kill();

    let serving = site.serve();
    assert_eq!(version(&site.client(&serving)), 2);
    assert_eq!(post(&site, &serving), 201);
}

#[test]
fn a_ring_with_one_signature_changes_nothing() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let first = Digest::of(&std::fs::read(site.path("ring/ring.json")).unwrap());
    site.publish_ring(2, first, VALID, 1);
    serving.hang_up();
    wait_for(&client, |_| site.log().contains("key ring refused"));
    assert_eq!(version(&client), 1);
    assert_eq!(post(&site, &serving), 201);
}

#[test]
fn an_ended_ring_serves_through_its_grace_and_then_closes_intake() {
    let site = Site::with_ring(Window { began_days_ago: 60, ends_in_days: -5 });
    let serving = site.serve();
    assert_eq!(post(&site, &serving), 201, "grace");
    assert!(site.log().contains("alarm=ring"), "{}", site.log());
    serving.kill();

    let site = Site::with_ring(Window { began_days_ago: 60, ends_in_days: -20 });
    let serving = site.serve();
    let report = sample("09_sector_minimal_elderly.json").to_string();
    let answer = site.client(&serving).post_report(None, &report);
    assert_eq!((answer.status, answer.field("retry-after")), (503, Some("60")));
    assert_eq!(answer.json()["type"], "urn:nightsafe:problem:closed");
    let page = site.client(&serving).get("/keys");
    assert!(page.body.contains("暂停接收"), "the page tells the truth");
    serving.kill();
    assert_eq!(site.assert_outbox_is_whole(), 0);
}

#[test]
fn a_ring_that_is_not_valid_yet_closes_intake() {
    let site = Site::with_ring(Window { began_days_ago: -10, ends_in_days: 100 });
    let serving = site.serve();
    assert_eq!(post(&site, &serving), 503);
}

#[test]
fn without_a_trusted_ring_there_is_no_start() {
    let site = Site::new();
    site.publish_ring(1, Digest::ZERO, VALID, 1);
    let refused = site.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(6), "{}", String::from_utf8_lossy(&refused.stderr));
}
