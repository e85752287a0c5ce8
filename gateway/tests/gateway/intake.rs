//! `POST /api/v1/reports` from the socket to the disk (docs/spec/intake-api.md).

use std::fs;
use std::os::unix::fs::MetadataExt;

use nightsafe_schema::clue::ClueNumber;
use nightsafe_schema::intake::Channel;

use crate::site::{Site, sample, samples};

const KEY: &str = "00112233445566778899aabbccddeeff";
const ELDERLY: &str = "09_sector_minimal_elderly.json";

#[test]
fn an_accepted_report_is_durable_journalled_and_opens_inside() {
    let site = Site::new();
    let serving = site.serve();
    let text = serde_json::to_string_pretty(&sample(ELDERLY)).unwrap();
    let number = site.client(&serving).post_report(Some(KEY), &format!("\n {text} \n")).number();
    // Nothing may be missing the moment the number is shown.
    serving.kill();

    assert!(number.parse::<ClueNumber>().is_ok());
    assert_eq!(site.assert_outbox_is_whole(), 1);
    let item = &site.items()[0];
    let facts = fs::metadata(item).unwrap();
    assert_eq!(facts.len(), 32 * 1024);
    assert_eq!(facts.mtime() % 3600, 0);
    let opened = site.open(item);
    assert_eq!(opened.report.get(), text, "the client's bytes");
    assert_eq!(opened.intake.clue_number.as_str(), number);
    assert_eq!(opened.intake.submission_id.to_string(), KEY);
    assert_eq!(opened.intake.channel, Channel::Api);
    assert_eq!(opened.intake.gateway, "gateway-1");
}

#[test]
fn a_retry_gets_the_same_number_even_from_a_restarted_gateway() {
    let site = Site::new();
    let serving = site.serve();
    let report = sample(ELDERLY).to_string();
    let first = site.client(&serving).post_report(Some(KEY), &report).number();
    assert_eq!(site.client(&serving).post_report(Some(KEY), &report).number(), first);
    serving.kill();

    let serving = site.serve();
    assert_eq!(site.client(&serving).post_report(Some(KEY), &report).number(), first);
    let other_content = report.replacen('{', "{ ", 1);
    assert_ne!(site.client(&serving).post_report(Some(KEY), &other_content).number(), first);
    let other_key = KEY.replace('0', "1");
    assert_ne!(site.client(&serving).post_report(Some(&other_key), &report).number(), first);
    assert_ne!(site.client(&serving).post_report(None, &report).number(), first);
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 6);
}

#[test]
fn every_sample_is_answered_as_it_expects() {
    let site = Site::new();
    let serving = site.serve();
    let samples = samples();
    assert!(samples.len() >= 8);
    for (name, report, expected) in samples {
        let answer = site.client(&serving).post_report(None, &report.to_string());
        assert_eq!(answer.status, expected, "{name}: {}", answer.body);
    }
}

#[test]
fn a_supplement_returns_the_number_it_cites() {
    let site = Site::new();
    let serving = site.serve();
    let number = site.client(&serving).post_report(None, &sample(ELDERLY).to_string()).number();
    let supplement = serde_json::json!({
        "schema": "report/1", "flow": "SUPPLEMENT", "cites": number,
        "facts": {"narrative": "昨天晚上他们又来了，拍了照片。"}, "declaration": {"truthful": true},
    });
    assert_eq!(site.client(&serving).post_report(None, &supplement.to_string()).number(), number);
}

#[test]
fn many_at_once_share_flushes_and_lose_nothing() {
    let site = Site::new();
    let serving = site.serve();
    let report = sample(ELDERLY).to_string();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    site.client(&serving).post_report(None, &report).number();
                }
            });
        }
    });
    serving.kill();
    assert_eq!(site.assert_outbox_is_whole(), 40);
}

#[test]
fn refusals_are_problem_documents_with_their_status() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let post = |kind: &str, key: &str, body: &str| {
        let fields = [("Content-Type", kind), ("Idempotency-Key", key)];
        client.request("POST", "/api/v1/reports", &fields, body.as_bytes())
    };
    let report = sample(ELDERLY).to_string();

    assert_eq!(post("text/plain", KEY, &report).status, 415);
    let multipart = post("multipart/form-data; boundary=x", KEY, &report);
    assert_eq!((multipart.status, multipart.field("content-type")), (400, Some("application/problem+json")));
    assert_eq!(multipart.json()["type"], "urn:nightsafe:problem:multipart");

    for key in ["", "0011", &KEY.to_uppercase(), "g0112233445566778899aabbccddeeff"] {
        let answer = post("application/json", key, &report);
        assert_eq!(answer.status, 422, "{key}");
        assert_eq!(answer.codes(), [("Idempotency-Key".to_owned(), "IDEMPOTENCY_KEY".to_owned())]);
    }
    assert_eq!(post("application/json", KEY, "not json").status, 422);
    let own_intake = report.replacen('{', "{\"intake\":{\"clue_number\":\"1\"},", 1);
    let answer = post("application/json", KEY, &own_intake);
    assert_eq!(answer.codes(), [("intake".to_owned(), "RESERVED_FIELD".to_owned())]);

    let long = " ".repeat(300 * 1024);
    assert_eq!(post("application/json", KEY, &long).status, 413);
    let missing = client.request("GET", "/nowhere", &[], b"");
    assert_eq!((missing.status, missing.json()["status"].as_u64()), (404, Some(404)));
    let wrong = client.request("GET", "/api/v1/reports", &[], b"");
    assert_eq!((wrong.status, wrong.field("allow")), (405, Some("POST")));
    assert_eq!(serving.stop(), Some(0));
    assert_eq!(site.assert_outbox_is_whole(), 0);
}

#[test]
fn people_get_the_refusal_as_a_page() {
    let site = Site::new();
    let serving = site.serve();
    let answer = site.client(&serving).get("/nowhere");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.field("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.body.contains("没有这个页面"), "{}", answer.body);
}

#[test]
fn what_can_be_submitted_is_described() {
    let site = Site::new();
    let serving = site.serve();
    let client = site.client(&serving);
    let catalog = client.request("GET", "/api/v1/catalog", &[], b"").json();
    assert_eq!(catalog["flows"].as_array().unwrap().len(), 4);
    let openapi = client.request("GET", "/api/v1/openapi.json", &[], b"").json();
    assert!(openapi["paths"]["/api/v1/reports"]["post"].is_object());
}
